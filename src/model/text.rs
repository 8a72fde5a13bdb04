//! Text: how wide it is on a terminal, where Chinese characters take two columns, and which industry a code means.

use std::borrow::Cow;

/// Columns that a character takes on a terminal, near enough for a caret.
#[must_use]
pub fn char_width(c: char) -> usize {
    if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}')
    {
        2
    } else {
        1
    }
}

/// Columns that a text takes on a terminal.
///
/// ```
/// assert_eq!(mujun::model::text_width("亩均 A"), 6);
/// ```
#[must_use]
pub fn text_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The division of GB/T 4754 that a code of an industry is in: the letter, if there is one, and the first two digits; what is not a code stays as it is.
///
/// ```
/// use mujun::model::division;
/// assert_eq!((division("C3411").as_ref(), division("c34").as_ref(), division(" 3411").as_ref()), ("C34", "C34", "34"));
/// assert_eq!((division("C").as_ref(), division("通用设备").as_ref()), ("C", "通用设备"));
/// ```
#[must_use]
pub fn division(code: &str) -> Cow<'_, str> {
    let code = code.trim();
    let letter = code.chars().next().filter(char::is_ascii_alphabetic);
    let digits: String = code.chars().skip(usize::from(letter.is_some())).take(2).filter(char::is_ascii_digit).collect();
    if digits.len() < 2 {
        return Cow::Borrowed(code);
    }
    letter.map(|l| l.to_ascii_uppercase()).into_iter().chain(digits.chars()).collect::<String>().into()
}

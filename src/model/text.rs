//! How wide text is on a terminal, where Chinese characters take two columns.

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

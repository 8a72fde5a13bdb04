//! The encoding of a layer's text: what is declared, what was decided, and how sure that is.

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::read::encoding::{Decided, Declared, rare_share};

/// The encoding of a layer's text.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodingSurvey {
    /// The encoding; none where none fits.
    pub name: Option<&'static str>,
    /// How it was decided.
    pub decided: Decided,
    /// Who declares which, the one that counts first.
    pub declared: Vec<Declared>,
    /// Bytes beyond ASCII in the cells and names that were looked at.
    pub beyond_ascii: usize,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
}

/// Bytes beyond ASCII.
#[must_use]
pub fn beyond_ascii(cells: &[&[u8]]) -> usize {
    cells.iter().map(|cell| cell.iter().filter(|b| !b.is_ascii()).count()).sum()
}

/// How sure it is, from 0 to 1, that `cells` are in `encoding`. A rule of thumb: what is declared and fits counts for more than a guess, many letters
/// for more than few, and an encoding that most byte sequences do not fit for more than one that all of them fit.
#[must_use]
pub fn confidence(encoding: &'static Encoding, decided: Decided, cells: &[&[u8]]) -> f64 {
    let bytes = beyond_ascii(cells);
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 bytes")]
    let enough = |most: f64| (bytes as f64 / most).min(1.0);
    let is_strict = !encoding.is_single_byte();
    let common = if encoding == GB18030 { 1.0 - rare_share(cells) } else { 1.0 };
    match decided {
        _ if bytes == 0 => 1.0,
        Decided::ByteOrderMark => 1.0,
        _ if encoding == UTF_8 => 0.6 + 0.39 * enough(24.0),
        Decided::Job | Decided::Cpg | Decided::LanguageByte if is_strict => (0.8 + 0.19 * enough(60.0)) * (0.5 + 0.5 * common),
        Decided::Job | Decided::Cpg | Decided::LanguageByte => 0.7,
        _ if is_strict => (0.4 + 0.5 * enough(200.0)) * common,
        _ => 0.2 + 0.4 * enough(200.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_letters_are_more_certain_and_guesses_less() {
        let text = GB18030.encode("浙江省杭州市工业用地调查表企业名称宗地代码").0.into_owned();
        let few: &[&[u8]] = &[&text[..4]];
        let many = vec![text.as_slice(); 20];
        assert!(confidence(GB18030, Decided::Guessed, few) < 0.5);
        assert!(confidence(GB18030, Decided::Guessed, &many) > 0.85);
        assert!(confidence(GB18030, Decided::Cpg, few) > confidence(GB18030, Decided::Guessed, few));
        assert_eq!(confidence(GB18030, Decided::Guessed, &[b"abc"]), 1.0);
        assert!(confidence(encoding_rs::WINDOWS_1252, Decided::Guessed, &many) < confidence(GB18030, Decided::Guessed, &many));
    }
}

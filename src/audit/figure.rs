//! A printed figure: number, precision, wording and unit, as `6.3 hectare`, `约10 万平方米` or `>= 2.0`.
//!
//! **Invariant:** a figure stands for the interval of half its last digit on either side. A number with a space inside is refused: who copied it lost a digit or a point.

use unicode_normalization::UnicodeNormalization;

use crate::model::M2_PER_MU;
use crate::say;

/// What a value measures: exponents of area (m²), money (万元), length (m), mass (t), energy (tce) and persons.
pub type Dimension = [i8; 6];

/// A unit: its words, its dimension, its factor, and whether it counts things, which are exact.
type UnitWords = (&'static [&'static str], Dimension, f64, bool);

const NONE: Dimension = [0; 6];
const UNITS: &[UnitWords] = &[
    (&["", "times", "倍"], NONE, 1.0, false),
    (&["%", "percent"], NONE, 0.01, false),
    (&["count", "个", "家", "户", "宗", "栋", "层"], NONE, 1.0, true),
    (&["m2", "m²", "平方米"], [1, 0, 0, 0, 0, 0], 1.0, false),
    (&["mu", "亩"], [1, 0, 0, 0, 0, 0], M2_PER_MU, false),
    (&["hectare", "ha", "公顷"], [1, 0, 0, 0, 0, 0], 10_000.0, false),
    (&["km2", "平方公里"], [1, 0, 0, 0, 0, 0], 1_000_000.0, false),
    (&["yuan", "元"], [0, 1, 0, 0, 0, 0], 0.0001, false),
    (&["m", "米"], [0, 0, 1, 0, 0, 0], 1.0, false),
    (&["t", "吨"], [0, 0, 0, 1, 0, 0], 1.0, false),
    (&["tce", "吨标煤"], [0, 0, 0, 0, 1, 0], 1.0, false),
    (&["person", "人"], [0, 0, 0, 0, 0, 1], 1.0, false),
];
const MULTIPLES: &[(&str, f64)] = &[("wan", 1e4), ("万", 1e4), ("yi", 1e8), ("亿", 1e8)];
/// Words before a number that make it loose, and those that make it a limit.
const ABOUT: &[&str] = &["about", "nearly", "over", "约", "近", "接近", "大约", "~"];
const LEAST: &[&str] = &[">=", ">", "≥", "at least", "不低于", "超过"];
const MOST: &[&str] = &["<=", "<", "≤", "at most", "不超过", "不足"];

/// How a published figure is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The value itself.
    Equal,
    /// At least the value.
    Least,
    /// At most the value.
    Most,
}

/// A unit of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureUnit {
    /// As it is written.
    pub text: String,
    /// What it measures.
    pub dimension: Dimension,
    /// What one of it is in m², 万元, m, t, tce and persons.
    pub factor: f64,
}

/// A printed figure, in the units of its dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// As it is written.
    pub text: String,
    /// The number printed; the middle of a range.
    pub value: f64,
    /// The least that it may stand for.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// Whether the wording is loose: about, nearly, a range.
    pub is_loose: bool,
    /// Value or limit.
    pub relation: Relation,
    /// The unit.
    pub unit: FigureUnit,
}

impl FigureUnit {
    /// A unit by its words: `mu`, `万元/亩`, `wan m2`.
    ///
    /// # Errors
    /// What is not known, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let normal: String = text.trim().nfkc().collect();
        let (dimension, factor, _) = unit_of(normal.trim())?;
        Ok(Self { text: text.trim().to_owned(), dimension, factor })
    }
}

impl Figure {
    /// Reads a figure.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    ///
    /// ```
    /// let land = mujun::audit::Figure::parse("6.3 hectare").unwrap();
    /// assert_eq!((land.value, land.low.round(), land.high.round()), (63_000.0, 62_500.0, 63_500.0));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let normal: String = text.nfkc().collect();
        let (mut rest, mut is_loose, mut relation) = (normal.trim(), false, Relation::Equal);
        while let Some((word, role)) = leading(rest) {
            is_loose |= role.is_none();
            relation = role.unwrap_or(relation);
            rest = rest.get(word.len()..).unwrap_or_default().trim_start();
        }
        let (number, after) = number(rest)?;
        let mut unit = after.trim().to_owned();
        for (word, role) in [("以上", Some(Relation::Least)), ("以下", Some(Relation::Most)), ("余", None), ("多", None)] {
            if unit.contains(word) {
                unit = unit.replacen(word, "", 1);
                is_loose |= role.is_none();
                relation = role.unwrap_or(relation);
            }
        }
        let unit_text = unit.trim().to_owned();
        let (dimension, factor, counts) = unit_of(&unit_text)?;
        let half = if counts { 0.0 } else { number.half };
        Ok(Self {
            text: text.trim().to_owned(),
            value: number.value * factor,
            low: (number.low - half) * factor,
            high: (number.high + half) * factor,
            is_loose: is_loose || number.low < number.high,
            relation,
            unit: FigureUnit { text: unit_text, dimension, factor },
        })
    }
}

/// The word that a figure begins with: none for a loose one, else the relation.
fn leading(text: &str) -> Option<(&'static str, Option<Relation>)> {
    let starts = |words: &'static [&'static str]| words.iter().copied().find(|word| text.starts_with(word));
    starts(LEAST)
        .map(|word| (word, Some(Relation::Least)))
        .or_else(|| starts(MOST).map(|word| (word, Some(Relation::Most))))
        .or_else(|| starts(ABOUT).map(|word| (word, None)))
}

struct Number {
    value: f64,
    low: f64,
    high: f64,
    half: f64,
}

/// The number at the begin of a text, and the rest: `1,200`, `1/3`, `6-8`.
fn number(text: &str) -> Result<(Number, &str), String> {
    let (first, digits, rest) = plain(text)?;
    let (operator, tail) = (rest.chars().next(), rest.get(1..).unwrap_or_default());
    let second = plain(tail).ok().filter(|_| tail.starts_with(|c: char| c.is_ascii_digit()));
    let (number, rest) = match (operator, second) {
        (Some('/'), Some((by, _, rest))) if by > 0.0 => (Number { value: first / by, low: first / by, high: first / by, half: 0.0 }, rest),
        (Some('-'), Some((to, _, rest))) => (Number { value: f64::midpoint(first, to), low: first, high: to, half: 0.0 }, rest),
        _ => (Number { value: first, low: first, high: first, half: 0.5 * 0.1_f64.powi(digits) }, rest),
    };
    if rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(say!("`{text}` has a space inside its number", text));
    }
    Ok((number, rest))
}

/// A number, its decimals, and the rest.
fn plain(text: &str) -> Result<(f64, i32, &str), String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let digits = digits.replace(',', "");
    let value = digits.parse().map_err(|_| say!("`{text}` has no number", text))?;
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    Ok((value, i32::try_from(decimals).unwrap_or(0), rest))
}

fn unit_of(text: &str) -> Result<(Dimension, f64, bool), String> {
    let Some((above, below)) = text.split_once('/') else { return single(text.trim()) };
    let ((mut dimension, factor, _), (under, by, _)) = (single(above.trim())?, single(below.trim())?);
    dimension.iter_mut().zip(under).for_each(|(own, under)| *own -= under);
    Ok((dimension, factor / by, false))
}

fn single(text: &str) -> Result<(Dimension, f64, bool), String> {
    let known = |word: &str| {
        UNITS.iter().find(|(words, ..)| words.contains(&word)).map(|(_, dimension, factor, counts)| (*dimension, *factor, *counts))
    };
    if let Some(found) = known(text) {
        return Ok(found);
    }
    for (word, factor) in MULTIPLES {
        let Some(rest) = text.strip_prefix(word) else { continue };
        // `wan` by itself is 万元, as in the names of columns; 万 by itself is ten thousand of anything.
        let rest = if rest.trim().is_empty() && !text.is_ascii() { "个" } else { rest.trim() };
        let rest = if rest.is_empty() { "yuan" } else { rest };
        if let Some((dimension, own, _)) = known(rest) {
            return Ok((dimension, own * factor, false));
        }
    }
    Err(say!(
        "`{text}` is no unit; there are m2, mu, hectare, km2, yuan, %, m, t, tce, person, count, with wan or yi before them and / between them",
        text
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_an_interval_of_half_its_last_digit() {
        let check = |text: &str, value: f64, half: f64, is_loose: bool| {
            let figure = Figure::parse(text).unwrap();
            assert!((figure.value - value).abs() < 1e-9 * value.abs().max(1.0), "{text}: {}", figure.value);
            assert!((figure.high - figure.value - half).abs() < 1e-9 * value.abs().max(1.0), "{text}: {}", figure.high);
            assert_eq!(figure.is_loose, is_loose, "{text}");
        };
        check("4.78 wan m2", 47_800.0, 50.0, false);
        check("约10万平方米", 100_000.0, 5000.0, true);
        check("1200余亩", 800_000.0, 0.5 * M2_PER_MU, true);
        check("３ 亩", 2000.0, 0.5 * M2_PER_MU, false);
        check("6亿元", 60_000.0, 5000.0, false);
        check("50 wan/mu", 50.0 / M2_PER_MU, 0.5 / M2_PER_MU, false);
        check("43.75%", 0.4375, 0.00005, false);
        check("41 count", 41.0, 0.0, false);
        check("1/3", 1.0 / 3.0, 0.0, false);
        check("6-8 wan", 7.0, 1.0, true);
        check("45,071.4 m2", 45_071.4, 0.05, false);
        assert_eq!(Figure::parse("2.0以上").unwrap().relation, Relation::Least);
        assert_eq!(Figure::parse("<= 1.7").unwrap().relation, Relation::Most);
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for text in ["", "about", "3 0 mu", "0 5%", "3 miles", "1.2.3 mu"] {
            assert!(Figure::parse(text).is_err(), "{text}");
        }
    }
}

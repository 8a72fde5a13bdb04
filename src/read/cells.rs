//! The meaning of one cell of text: number with unit, day, year, yes or no.
//!
//! Refused, as unreadable: two readings of equal right (`12,5`, `03/04/2024`), bounds and approximations (`>5`, `约3`), days without a day (`2024年3月`).
//!
//! **Invariant:** reading never guesses; a cell is a value, blank, or unreadable.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

use crate::model::{Unit, units::Dimension};

/// What a cell is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<T> {
    /// A value.
    Value(T),
    /// Nothing, or a mark for nothing.
    Blank,
    /// Something that cannot be read.
    Unreadable,
}

/// A number and the unit that stands with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// The unit in the cell.
    pub unit: Option<Unit>,
}

/// Powers of ten that are exact.
const EXACT: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// The most digits of a number that is read without the library: below 2⁵³.
const EXACT_DIGITS: usize = 15;

/// The plain decimal number at the beginning of `bytes`, which has at most 15 digits, and its length.
///
/// Mantissa and power of ten are exact, so that one division rounds correctly (Clinger 1990, the fast path).
#[inline]
#[must_use]
pub fn leading_number(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let sign = usize::from(negative);
    let (mantissa, whole) = digits(bytes.get(sign..)?, 0);
    let behind = bytes.get(sign + whole..)?;
    let (mantissa, after, point) = match behind.split_first() {
        Some((b'.', fraction)) => {
            let (mantissa, after) = digits(fraction, mantissa);
            (mantissa, after, 1)
        }
        _ => (mantissa, 0, 0),
    };
    let seen = whole + after;
    if seen == 0 || seen > EXACT_DIGITS {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "15 digits are below 2^53")]
    let mantissa = mantissa as f64;
    let value = mantissa / EXACT.get(after)?;
    Some((if negative { -value } else { value }, sign + seen + point))
}

/// The digits at the beginning of `bytes` behind those of `number`, and how many they are.
#[inline]
fn digits(bytes: &[u8], mut number: u64) -> (u64, usize) {
    let mut seen = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        seen += 1;
    }
    (number, seen)
}

/// A plain decimal number; none for everything else, which [`number`] may still read.
#[inline]
#[must_use]
pub fn plain_number(text: &[u8]) -> Option<f64> {
    match leading_number(text) {
        Some((value, length)) => (length == text.len()).then_some(value),
        None => long_number(text),
    }
}

/// A plain number of more digits than [`EXACT_DIGITS`].
#[cold]
fn long_number(text: &[u8]) -> Option<f64> {
    const LONGEST: usize = 40;
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let points = digits.iter().filter(|b| **b == b'.').count();
    let is_plain = digits.iter().all(|b| b.is_ascii_digit() || *b == b'.') && points <= 1;
    let is_long = digits.len() - points.min(1) > EXACT_DIGITS && digits.len() <= LONGEST;
    if is_plain && is_long { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

/// Whether the text is a mark for nothing.
#[must_use]
pub fn is_blank(plain: &str) -> bool {
    matches!(plain, "" | "-" | "--" | "—" | "——" | "/" | "\\" | "无" | "空" | "null" | "<null>" | "none" | "nan" | "n/a" | "#n/a" | "na")
}

/// A number, with full-width digits, thousands commas or a unit as they come.
///
/// ```
/// use mujun::read::cells::{Cell, Quantity, number};
/// use mujun::model::Unit;
/// assert_eq!(number("１２.5亩"), Cell::Value(Quantity { value: 12.5, unit: Some(Unit::Mu) }));
/// ```
#[must_use]
pub fn number(text: &str) -> Cell<Quantity> {
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    let plain = folded.trim();
    if is_blank(plain) {
        return Cell::Blank;
    }
    let plain = plain.trim_start_matches(['¥', '￥', '+']);
    let end = plain.find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | '-' | ' ' | '+' | 'e')).unwrap_or(plain.len());
    let (digits, suffix) = plain.split_at(end);
    let (digits, suffix) = (digits.trim(), suffix.trim());
    match (grouped(digits), suffix_of(suffix)) {
        (Some(value), Some((factor, unit))) => Cell::Value(Quantity { value: value * factor, unit }),
        _ => Cell::Unreadable,
    }
}

/// The number in `digits`, with or without thousands commas in their right places.
fn grouped(digits: &str) -> Option<f64> {
    let starts_well = digits.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !starts_well {
        return None;
    }
    if !digits.contains(',') {
        return digits.parse().ok().filter(|v: &f64| v.is_finite());
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or_default();
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    let well_grouped =
        (1..=3).contains(&first.len()) && plain(first) && groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()));
    if !well_grouped || !plain(fraction) {
        return None;
    }
    digits.replace(',', "").parse().ok()
}

/// The factor and unit of what stands behind a number.
fn suffix_of(suffix: &str) -> Option<(f64, Option<Unit>)> {
    match suffix {
        "" | "人" | "名" | "层" | "层楼" | "年" | "个" | "家" | "户" | "倍" => Some((1.0, None)),
        "万" => Some((1.0, Some(Unit::Wan))),
        "亿" => Some((1.0, Some(Unit::Yi))),
        "万人" => Some((10_000.0, None)),
        "万m2" | "万平方米" | "万平米" | "万平" => Some((10_000.0, Some(Unit::M2))),
        "万亩" => Some((10_000.0, Some(Unit::Mu))),
        "万吨" => Some((10_000.0, Some(Unit::T))),
        "万吨标准煤" | "万吨标煤" => Some((10_000.0, Some(Unit::Tce))),
        _ => unit(suffix).map(|u| (1.0, Some(u))),
    }
}

/// The unit that a heading or a cell writes.
#[must_use]
pub fn unit(text: &str) -> Option<Unit> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace() && *c != '^').collect();
    Some(match folded.as_str() {
        "m2" | "平方米" | "平米" | "平方" | "sqm" => Unit::M2,
        "亩" | "mu" => Unit::Mu,
        "公顷" | "hm2" | "ha" | "hectare" | "hectares" => Unit::Hectare,
        "平方公里" | "km2" | "平方千米" => Unit::Km2,
        "平方英尺" | "ft2" | "sqft" => Unit::Ft2,
        "米" | "m" => Unit::M,
        "英尺" | "ft" => Unit::Ft,
        "元" | "yuan" | "人民币元" | "元人民币" | "cny" | "rmb" => Unit::Yuan,
        "万元" | "wan" | "万元人民币" => Unit::Wan,
        "亿元" | "yi" => Unit::Yi,
        "吨标准煤" | "吨标煤" | "tce" => Unit::Tce,
        "千克标准煤" | "千克标煤" | "公斤标准煤" | "kgce" => Unit::Kgce,
        "吨" | "t" => Unit::T,
        "千克" | "公斤" | "kg" => Unit::Kg,
        "%" | "percent" | "百分比" => Unit::Percent,
        _ => return None,
    })
}

/// Whether a cell's unit may stand in a field of this dimension.
#[must_use]
pub fn fits(unit: Unit, dimension: Option<Dimension>) -> bool {
    Some(unit.dimension()) == dimension
}

/// A calendar year: `2024`, `2024年`, `2024年度`.
#[must_use]
pub fn year(text: &str) -> Cell<f64> {
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    let plain = folded.trim();
    if is_blank(plain) {
        return Cell::Blank;
    }
    let digits = plain.trim_end_matches('度').trim_end_matches('年').trim();
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    match digits.parse::<u16>() {
        Ok(year) if digits.len() == 4 => Cell::Value(f64::from(year)),
        _ => Cell::Unreadable,
    }
}

/// A day: `2025-12-31`, `2025/12/31`, `2025.12.31`, `20251231`, `2025年12月31日`, each with or without a time behind it.
#[must_use]
pub fn date(text: &str) -> Cell<NaiveDate> {
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    let plain = folded.trim();
    if is_blank(plain) {
        return Cell::Blank;
    }
    let day = plain.split([' ', 't']).next().unwrap_or(plain);
    let parts: Vec<&str> = match day.strip_suffix('日') {
        Some(chinese) => chinese.split(['年', '月']).collect(),
        None if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) => vec![&day[..4], &day[4..6], &day[6..]],
        None => {
            let mark = ['-', '/', '.'].into_iter().find(|m| day.contains(*m)).unwrap_or('-');
            day.split(mark).collect()
        }
    };
    from_parts(&parts).map_or(Cell::Unreadable, Cell::Value)
}

fn from_parts(parts: &[&str]) -> Option<NaiveDate> {
    let &[year, month, day] = parts else { return None };
    if year.len() != 4 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    in_reach(date).then_some(date)
}

/// Whether a day can be in a land register.
#[must_use]
pub fn in_reach(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1900..2200).contains(&date.year())
}

/// Yes or no.
#[must_use]
pub fn boolean(text: &str) -> Cell<bool> {
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    match folded.trim() {
        "是" | "有" | "y" | "yes" | "true" | "t" | "1" | "1.0" | "√" | "对" | "已" => Cell::Value(true),
        "否" | "无" | "没有" | "不是" | "n" | "no" | "false" | "f" | "0" | "0.0" | "×" | "x" | "未" => Cell::Value(false),
        plain if is_blank(plain) => Cell::Blank,
        _ => Cell::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: f64, unit: Option<Unit>) -> Cell<Quantity> {
        Cell::Value(Quantity { value, unit })
    }

    #[test]
    fn numbers_as_offices_write_them() {
        for (text, expected) in [
            ("12.5", value(12.5, None)),
            (" 12 ", value(12.0, None)),
            ("-0.5", value(-0.5, None)),
            ("1e3", value(1000.0, None)),
            ("１２３．５", value(123.5, None)),
            ("1,234.5", value(1234.5, None)),
            ("1，234，567", value(1_234_567.0, None)),
            ("12.5亩", value(12.5, Some(Unit::Mu))),
            ("3万元", value(3.0, Some(Unit::Wan))),
            ("3 万", value(3.0, Some(Unit::Wan))),
            ("1.2亿元", value(1.2, Some(Unit::Yi))),
            ("￥1,000元", value(1000.0, Some(Unit::Yuan))),
            ("800㎡", value(800.0, Some(Unit::M2))),
            ("2.5万㎡", value(25_000.0, Some(Unit::M2))),
            ("35%", value(35.0, Some(Unit::Percent))),
            ("120人", value(120.0, None)),
            ("6层", value(6.0, None)),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn blanks_and_what_cannot_be_read() {
        for text in ["", "  ", "-", "/", "无", "NULL", "null", "—", "#N/A", "　"] {
            assert_eq!(number(text), Cell::Blank, "{text:?}");
        }
        for text in ["12,5", "1,2345", "约3", ">5", "3-4", "abc", "12..5", "1.2.3", "inf", "12 亩 3", "--5", "e5", "1,234,56"] {
            assert_eq!(number(text), Cell::Unreadable, "{text:?}");
        }
    }

    #[test]
    fn the_fast_path_agrees_with_the_library() {
        for text in ["0", "1", "-1", "0.1", "123456.789", "999999999999999", "0.000000000000001", "3.14159", "5.", ".5", "1234567890.12345"]
        {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(plain_number(text.as_bytes()).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        assert_eq!(plain_number(b"310105198912345678"), Some(310_105_198_912_345_678.0));
        for text in ["", "-", ".", "1e3", "1,234", "12亩", "1.2.3", "nan", " 1"] {
            assert_eq!(plain_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn days_in_every_usual_form() {
        let expected = Cell::Value(NaiveDate::from_ymd_opt(2025, 3, 9).unwrap());
        for text in [
            "2025-03-09",
            "2025-3-9",
            "2025/3/9",
            "2025.03.09",
            "20250309",
            "2025年3月9日",
            "2025-03-09 00:00:00",
            "2025-03-09T08:00:00",
            "２０２５-０３-０９",
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
        for text in ["2025-13-01", "2025年3月", "03/04/2024", "45000", "0001-01-01", "2025-02-30", "soon"] {
            assert_eq!(date(text), Cell::Unreadable, "{text}");
        }
        assert_eq!(date("/"), Cell::Blank);
    }

    #[test]
    fn years_and_booleans() {
        assert_eq!(year("2024年度"), Cell::Value(2024.0));
        assert_eq!(year("２０２４"), Cell::Value(2024.0));
        assert_eq!(year("24"), Cell::Unreadable);
        assert_eq!(year("-"), Cell::Blank);
        for (text, expected) in
            [("是", true), ("Ｙ", true), ("1", true), ("TRUE", true), ("否", false), ("无", false), ("0", false), ("No", false)]
        {
            assert_eq!(boolean(text), Cell::Value(expected), "{text}");
        }
        assert_eq!(boolean("/"), Cell::Blank);
        assert_eq!(boolean("maybe"), Cell::Unreadable);
    }

    proptest::proptest! {
        #[test]
        fn plain_numbers_are_those_of_the_library(text in "-?[0-9]{0,20}\\.?[0-9]{0,8}[-.x]?") {
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let is_plain = digits > 0 && text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let expected = text.parse::<f64>().ok().filter(|_| is_plain);
            proptest::prop_assert_eq!(plain_number(text.as_bytes()).map(f64::to_bits), expected.map(f64::to_bits));
        }
    }
}

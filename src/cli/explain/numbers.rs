//! Numbers as a planner reads them.

use crate::cli::printer::grouped;
use crate::model::columns::INVENTORY;
use crate::model::say::spoken;
use crate::model::{Lang, lang};
use crate::say;

/// Decimals that are shown at most.
const DECIMALS: usize = 4;
/// Below this a number is shown by its leading digits, because decimals would lose them.
const SMALL: f64 = 1e-3;

/// A number with commas between thousands and one to four decimals: `14,230.5`, `0.7115`.
pub fn readable(number: f64) -> String {
    if number != 0.0 && number.abs() < SMALL {
        return format!("{number:.4e}");
    }
    let text = format!("{:.DECIMALS$}", number.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
    let sign = if number < 0.0 { "-" } else { "" };
    let decimals = decimals.trim_end_matches('0');
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    format!("{sign}{whole}.{}", if decimals.is_empty() { "0" } else { decimals })
}

/// A unit of the inventory as it is said.
pub fn unit_word(unit: &str) -> &str {
    let known = || INVENTORY.iter().map(|column| column.unit).find(|own| *own == unit);
    if spoken() == Lang::Zh { known().map_or(unit, |own| lang::unit(Lang::Zh, own)) } else { unit }
}

/// Terms joined by plus signs, those behind the sixth counted.
pub fn sum(terms: &[f64]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<String> = terms.iter().take(SHOWN).map(|&t| readable(t)).collect();
    let rest = terms.len().saturating_sub(SHOWN);
    match (shown.is_empty(), rest) {
        (true, _) => "0.0".to_owned(),
        (_, 0) => shown.join(" + "),
        (_, rest) => say!("{shown} + {rest} more", shown = shown.join(" + "), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let check = |number: f64, expected: &str| assert_eq!(readable(number), expected);
        check(14230.5, "14,230.5");
        check(0.711_525, "0.7115");
        check(20_000.0, "20,000.0");
        check(-1234.0, "-1,234.0");
        check(0.0, "0.0");
        check(0.000_012_34, "1.2340e-5");
        assert_eq!(sum(&[1.0, 2.5]), "1.0 + 2.5");
        assert_eq!(sum(&[1.0; 8]), "1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 2 more");
    }
}

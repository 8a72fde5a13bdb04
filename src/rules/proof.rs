//! Which numbers of a pack its own cases prove: each is moved by one unit of its last digit, up and down. Where neither a check of the rule files nor a
//! case then complains, the number could be wrong and nobody would notice.

use std::ops::Range;

use rayon::prelude::*;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::line_of;
use super::head::Kind;
use super::listing::Listing;
use super::pack::{Pack, file_name};

/// Keys whose texts are conditions.
const CONDITIONS: [&str; 10] = ["when", "population", "applies", "done", "stalled", "all", "any", "exempt", "not_yet", "never_started"];

/// Keys whose numbers decide nothing: they are shown.
const SHOWN: [&str; 1] = ["steps"];

/// A number that no case proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    /// `<pack>/<file>`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key whose value the number is or is in.
    pub key: String,
    /// The number as it is written.
    pub number: String,
    /// What could stand there unnoticed.
    pub instead: Vec<String>,
}

/// A number of a rule file.
struct Number {
    kind: Kind,
    file: String,
    key: String,
    span: Range<usize>,
}

impl Listing {
    /// The numbers of the rules with cases that could be other ones; `holds` says whether every case about a kind of rule holds in a pack.
    #[must_use]
    pub fn unproved(&self, holds: &(dyn Fn(&Pack, Kind) -> bool + Sync)) -> Vec<Unproved> {
        let tested = Kind::ALL.iter().filter(|kind| self.pack.cases.iter().any(|case| case.kind == **kind));
        let kinds = tested.filter_map(|kind| Some((*kind, self.text.text(&file_name(*kind))?)));
        let numbers: Vec<Number> = kinds.flat_map(|(kind, text)| numbers_of(kind, text)).collect();
        numbers.par_iter().filter_map(|number| self.unproved_number(number, holds)).collect()
    }

    fn unproved_number(&self, number: &Number, holds: &(dyn Fn(&Pack, Kind) -> bool + Sync)) -> Option<Unproved> {
        let text = self.text.text(&number.file)?;
        let written = text.get(number.span.clone())?;
        let unnoticed = |other: &String| {
            let mut changed = self.text.clone();
            let file = changed.files.iter_mut().find(|(name, _)| *name == number.file);
            file.into_iter().for_each(|(_, text)| text.replace_range(number.span.clone(), other));
            let (pack, faults) = changed.compile();
            faults.is_empty() && pack.is_some_and(|pack| holds(&pack, number.kind))
        };
        let instead: Vec<String> = [1, -1].into_iter().filter_map(|step| moved(written, step)).filter(unnoticed).collect();
        (!instead.is_empty()).then(|| Unproved {
            file: format!("{}/{}", self.text.folder, number.file),
            line: line_of(text, number.span.start),
            key: number.key.clone(),
            number: written.to_owned(),
            instead,
        })
    }
}

/// The number with its last digit moved by `step`.
fn moved(written: &str, step: i64) -> Option<String> {
    let plain = written.replace('_', "");
    let decimals = plain.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let units: i64 = plain.replace('.', "").parse().ok()?;
    let units = units + step;
    let (sign, digits) = (if units < 0 { "-" } else { "" }, format!("{:0width$}", units.abs(), width = decimals + 1));
    let (whole, rest) = digits.split_at(digits.len() - decimals);
    Some(if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") })
}

fn numbers_of(kind: Kind, text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        for (key, value) in table.get_ref() {
            gather(key.get_ref(), value, text, &mut found);
        }
    }
    found.into_iter().map(|(key, span)| Number { kind, file: file_name(kind), key, span }).collect()
}

fn gather(key: &str, value: &Spanned<DeValue<'_>>, text: &str, found: &mut Vec<(String, Range<usize>)>) {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| gather(key, item, text, found)),
        DeValue::Table(table) => table.iter().for_each(|(key, value)| gather(key.get_ref(), value, text, found)),
        DeValue::Integer(_) | DeValue::Float(_) if !SHOWN.contains(&key) => found.push((key.to_owned(), value.span())),
        DeValue::String(_) if CONDITIONS.contains(&key) => {
            let base = value.span().start;
            let condition = text.get(value.span()).unwrap_or_default();
            found.extend(numbers_in(condition).into_iter().map(|own| (key.to_owned(), base + own.start..base + own.end)));
        }
        _ => {}
    }
}

/// The numbers of a condition: neither in a text nor part of a name.
fn numbers_in(condition: &str) -> Vec<Range<usize>> {
    let bytes = condition.as_bytes();
    let outer = bytes.first().copied();
    let (mut found, mut at, mut in_text) = (Vec::new(), 0, false);
    while let Some(&byte) = bytes.get(at) {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
        if byte == b'\'' && outer != Some(b'\'') {
            in_text = !in_text;
        } else if !in_text && is_word(byte) {
            let end = bytes.iter().skip(at).position(|byte| !is_word(*byte)).map_or(bytes.len(), |length| at + length);
            if byte.is_ascii_digit() {
                found.push(at..end);
            }
            at = end;
            continue;
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_moves_both_ways() {
        let both = |written: &str| [1, -1].map(|step| moved(written, step).unwrap());
        assert_eq!(both("0.20"), ["0.21", "0.19"]);
        assert_eq!(both("2_000.0"), ["2000.1", "1999.9"]);
        assert_eq!(both("0"), ["1", "-1"]);
        assert_eq!(both("0.0"), ["0.1", "-0.1"]);
        assert_eq!(both("-0.5"), ["-0.4", "-0.6"]);
        assert_eq!(moved("1e6", 1), None, "a number with an exponent is left alone");
    }

    #[test]
    fn numbers_of_a_condition_are_no_texts_names_or_parameters() {
        let condition = "\"far >= 2.0 AND industry IN ('C26', 'C13') AND mean_3y < :limit_2 OR enterprises > 12\"";
        let found: Vec<_> = numbers_in(condition).into_iter().map(|span| &condition[span]).collect();
        assert_eq!(found, ["2.0", "12"]);
    }
}

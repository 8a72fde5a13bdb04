//! What is wrong with a file of rules of any kind beyond its shape: citations, names, dates side by side, repetitions, limits in another unit.
//!
//! **Invariant:** only the keys that every rule has and the names of other keys count, so a kind of rule that is added is checked without a line here.

use std::{collections::BTreeMap, ops::Range};

use chrono::NaiveDate;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    fault::{Checked, FaultKind, line_of},
    sense,
};

/// Keys that may not be blank, wherever they stand.
const NEEDED: [&str; 4] = ["id", "name", "name_zh", "version"];
/// Keys that say where something is printed.
const CITATION: [&str; 2] = ["document", "article"];

/// Notes the faults of a file.
pub(super) fn check(table: &DeTable<'_>, file: &mut Checked<'_>) {
    walk_table(table, file);
    let rules: Vec<&Spanned<DeValue<'_>>> =
        table.get("rule").and_then(|rules| rules.get_ref().as_array()).into_iter().flat_map(|r| r.iter()).collect();
    for rule in &rules {
        if let Some(table) = rule.get_ref().as_table() {
            check_unverified(table, rule.get_ref(), file);
        }
    }
    check_dates(&rules, file);
}

/// Keys with the name of a column, and keys with a number in its unit.
const COLUMN: [&str; 2] = ["column", "measure"];
const IN_ITS_UNIT: [&str; 3] = ["benchmark", "at_least", "at_most"];
/// Lists of which the first that is true counts.
const FIRST_COUNTS: [&str; 1] = ["cohorts"];

fn walk_table(table: &DeTable<'_>, file: &mut Checked<'_>) {
    let column = COLUMN.iter().find_map(|key| table.get(*key)?.get_ref().as_str());
    for (key, value) in table.iter() {
        let name = key.get_ref().as_ref();
        if let DeValue::String(text) = value.get_ref()
            && text.trim().is_empty()
        {
            if CITATION.contains(&name) {
                file.fault(&value.span(), FaultKind::NoCitation { key: name.to_owned() });
            } else if NEEDED.contains(&name) {
                file.fault(&value.span(), FaultKind::Blank { key: name.to_owned() });
            }
        }
        let of_column = column.filter(|_| IN_ITS_UNIT.contains(&name));
        if let Some(fault) = number(value.get_ref()).zip(of_column).and_then(|(number, column)| sense::unit_fault(column, number)) {
            file.fault(&value.span(), fault);
        }
        if FIRST_COUNTS.contains(&name) {
            check_reached(value.get_ref(), file);
        }
        if let Some(fault) = number(value.get_ref()).filter(|_| name.starts_with("max_")).and_then(|number| sense::unit_fault(name, number))
        {
            file.fault(&value.span(), fault);
        }
        walk(value, file);
    }
}

fn walk(value: &Spanned<DeValue<'_>>, file: &mut Checked<'_>) {
    match value.get_ref() {
        DeValue::Table(table) => walk_table(table, file),
        DeValue::Array(items) => {
            let mut seen = BTreeMap::new();
            for item in items.iter() {
                // Words may be paired with themselves; a phrase or a condition is written once.
                if let DeValue::String(text) = item.get_ref()
                    && text.trim().contains(' ')
                    && let Some(first) = seen.insert(normal(text), item.span())
                {
                    file.fault(&item.span(), FaultKind::Repeated { text: text.to_string(), line: line_of(file.text, first.start) });
                }
                walk(item, file);
            }
        }
        _ => {}
    }
}

/// An entry with the condition of one before it is never reached.
fn check_reached(list: &DeValue<'_>, file: &mut Checked<'_>) {
    let mut seen = BTreeMap::new();
    for when in list.as_array().into_iter().flat_map(|items| items.iter()).filter_map(|item| item.get_ref().as_table()?.get("when")) {
        let Some(text) = when.get_ref().as_str() else { continue };
        if let Some(line) = seen.insert(normal(text), line_of(file.text, when.span().start)) {
            file.fault(&when.span(), FaultKind::Repeated { text: text.to_owned(), line });
        }
    }
}

/// A text without what does not change its meaning as a condition: space beyond one.
pub(super) fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
        _ => None,
    }
}

/// `unverified` may only name keys that the rule has.
fn check_unverified(table: &DeTable<'_>, rule: &DeValue<'_>, file: &mut Checked<'_>) {
    let keys = table.get("unverified").and_then(|keys| keys.get_ref().as_array());
    for key in keys.into_iter().flat_map(|keys| keys.iter()) {
        let Some(name) = key.get_ref().as_str().filter(|name| !has(rule, name)) else { continue };
        let known = table.keys().map(|key| key.get_ref().to_string()).collect();
        file.fault(&key.span(), FaultKind::UnverifiedKey { key: name.to_owned(), known });
    }
}

/// Whether a dotted key exists; in a list it is enough that one entry has it.
fn has(value: &DeValue<'_>, key: &str) -> bool {
    match value {
        DeValue::Array(items) => items.iter().any(|item| has(item.get_ref(), key)),
        DeValue::Table(table) => {
            let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
            table.get(first).is_some_and(|under| rest.is_none_or(|rest| has(under.get_ref(), rest)))
        }
        _ => false,
    }
}

/// A rule with the days in which it is in force.
struct Dated {
    id: String,
    at: Range<usize>,
    from: NaiveDate,
    to: Option<NaiveDate>,
}

/// A rule and its successor stand side by side; where the days of both overlap, the second would wait unseen.
fn check_dates(rules: &[&Spanned<DeValue<'_>>], file: &mut Checked<'_>) {
    let dated: Vec<Dated> = rules.iter().filter_map(|rule| dated(rule.get_ref().as_table()?)).collect();
    for (at, later) in dated.iter().enumerate() {
        let overlap = dated.iter().take(at).find(|earlier| {
            let ends_first = |a: &Dated, b: &Dated| a.to.is_some_and(|to| to < b.from);
            family(&earlier.id) == family(&later.id) && !ends_first(earlier, later) && !ends_first(later, earlier)
        });
        if let Some(earlier) = overlap.filter(|earlier| earlier.id != later.id) {
            file.fault(&later.at, FaultKind::Overlap { id: later.id.clone(), other: earlier.id.clone() });
        }
    }
}

/// None for a form, which is never used.
fn dated(rule: &DeTable<'_>) -> Option<Dated> {
    let id = rule.get("id")?;
    if rule.get("template").is_some_and(|flag| matches!(flag.get_ref(), DeValue::Boolean(true))) {
        return None;
    }
    let day = |key: &str| rule.get(key).and_then(|value| day(value.get_ref()));
    Some(Dated { id: id.get_ref().as_str()?.to_owned(), at: id.span(), from: day("valid_from")?, to: day("valid_to") })
}

fn day(value: &DeValue<'_>) -> Option<NaiveDate> {
    let DeValue::Datetime(datetime) = value else { return None };
    let day = datetime.date?;
    NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))
}

/// The id without a year or a version at its end: rules that differ in nothing else follow each other.
fn family(id: &str) -> &str {
    let (stem, last) = id.rsplit_once(['-', '_']).unwrap_or((id, ""));
    let is_version = !last.is_empty() && last.trim_start_matches('v').chars().all(|c| c.is_ascii_digit());
    if is_version { stem } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_share_a_stem() {
        let check = |id: &str, stem: &str| assert_eq!(family(id), stem);
        check("opinion-2023", "opinion");
        check("opinion-v2", "opinion");
        check("opinion", "opinion");
        check("104-195-198", "104-195");
        check("below-scale", "below-scale");
    }
}

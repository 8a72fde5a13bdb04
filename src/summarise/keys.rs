//! Which parcels belong to which group.

use std::borrow::Cow;
use std::collections::HashMap;

use polars::prelude::{DataFrame, DataType, PolarsResult, StringChunked};

/// The groups of a summary in the order in which they are written.
#[derive(Default)]
pub struct Groups {
    /// The zone kind of each group, where the summary has one.
    pub kinds: Vec<Option<String>>,
    /// The key of each group, ascending; null comes last.
    pub keys: Vec<Option<String>>,
    /// Row and group, by row; a row may be in several groups or in none.
    pub members: Vec<(u32, u32)>,
}

/// A zone kind and a key; null keys sort last.
type Key<'a> = (Cow<'a, str>, bool, Cow<'a, str>);

fn key<'a>(kind: &'a str, key: Option<Cow<'a, str>>) -> Key<'a> {
    let unknown = key.is_none();
    (Cow::Borrowed(kind), unknown, key.unwrap_or_default())
}

/// Collects members in row order and puts the groups into the order of their keys.
#[derive(Default)]
struct Collector<'a> {
    numbers: HashMap<Key<'a>, u32>,
    members: Vec<(u32, u32)>,
}

impl<'a> Collector<'a> {
    fn add(&mut self, row: usize, key: Key<'a>) {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let group = *self.numbers.entry(key).or_insert(next);
        self.members.push((u32::try_from(row).unwrap_or(u32::MAX), group));
    }

    fn finish(self) -> Groups {
        let mut keys: Vec<(Key<'a>, u32)> = self.numbers.into_iter().collect();
        keys.sort();
        let mut place = vec![0; keys.len()];
        for (new, &(_, old)) in (0..).zip(&keys) {
            if let Some(slot) = place.get_mut(old as usize) {
                *slot = new;
            }
        }
        let members = self.members.into_iter().map(|(row, old)| (row, place.get(old as usize).copied().unwrap_or(old))).collect();
        let kinds = keys.iter().map(|((kind, _, _), _)| Some(kind.to_string())).collect();
        let keys = keys.into_iter().map(|((_, unknown, key), _)| (!unknown).then(|| key.into_owned())).collect();
        Groups { kinds, keys, members }
    }
}

/// Every parcel in the group `all`; no group where there is no parcel.
pub fn whole(rows: usize) -> Groups {
    let mut collector = Collector::default();
    (0..rows).for_each(|row| collector.add(row, key("", Some("all".into()))));
    collector.finish()
}

/// Parcels by the text of `column`; unknown is a group of its own.
pub fn by_column(table: &DataFrame, column: &str) -> PolarsResult<Groups> {
    by_text(&texts(table, column)?, |text| Cow::Borrowed(text))
}

/// Parcels by the division of GB/T 4754 that their industry is in: `C3411` and `C34` are both in `C34`.
pub fn by_industry(table: &DataFrame) -> PolarsResult<Groups> {
    by_text(&texts(table, "industry")?, division)
}

fn by_text(values: &StringChunked, of: impl for<'a> Fn(&'a str) -> Cow<'a, str>) -> PolarsResult<Groups> {
    let mut collector = Collector::default();
    for (row, value) in values.iter().enumerate() {
        collector.add(row, key("", value.map(&of)));
    }
    Ok(collector.finish())
}

/// Parcels by each of their candidate tools; a parcel without one is in no group.
pub fn by_tool(table: &DataFrame) -> PolarsResult<Groups> {
    let values = texts(table, "tools")?;
    let mut collector = Collector::default();
    for (row, tools) in values.iter().enumerate() {
        tools.into_iter().flat_map(str::split_whitespace).for_each(|tool| collector.add(row, key("", Some(tool.into()))));
    }
    Ok(collector.finish())
}

/// Rows of the zone ledger by kind and zone.
pub fn by_zone_name(zone_shares: &DataFrame) -> PolarsResult<Groups> {
    let (kinds, names) = (texts(zone_shares, "kind")?, texts(zone_shares, "zone_name")?);
    let mut collector = Collector::default();
    for (row, (kind, name)) in kinds.iter().zip(names.iter()).enumerate() {
        collector.add(row, key(kind.unwrap_or(""), name.map(Cow::Borrowed)));
    }
    Ok(collector.finish())
}

/// The letter, if there is one, and the first two digits; what is not a code stays as it is.
fn division(code: &str) -> Cow<'_, str> {
    let code = code.trim();
    let letter = code.chars().next().filter(char::is_ascii_alphabetic);
    let digits: String = code.chars().skip(usize::from(letter.is_some())).take(2).filter(char::is_ascii_digit).collect();
    if digits.len() < 2 {
        return Cow::Borrowed(code);
    }
    letter.map(|l| l.to_ascii_uppercase()).into_iter().chain(digits.chars()).collect::<String>().into()
}

fn texts(table: &DataFrame, column: &str) -> PolarsResult<StringChunked> {
    Ok(table.column(column)?.cast(&DataType::String)?.str()?.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn industries_fall_into_divisions() {
        let check = |code: &str, expected: &str| assert_eq!(division(code), expected);
        check("C3411", "C34");
        check("c34", "C34");
        check(" 3411", "34");
        check("C", "C");
        check("通用设备", "通用设备");
    }
}

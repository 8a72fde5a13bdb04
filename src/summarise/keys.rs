//! Which parcels belong to which group.

use std::borrow::Cow;

use polars::prelude::{DataFrame, DataType, PlHashMap, PolarsResult, StringChunked};

use crate::model::division;

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

/// The number of a zone kind and a value as the table has it. Kinds are numbered, because comparing empty texts for every row is slow: some
/// processors take a hundred nanoseconds to read nothing from nowhere.
type Raw<'a> = (usize, Option<&'a str>);

/// Numbers the values that occur, row by row. Values are hashed as they are; what they mean is worked out once for each that differs.
#[derive(Default)]
struct Collector<'a> {
    kinds: Vec<&'a str>,
    numbers: PlHashMap<Raw<'a>, u32>,
    members: Vec<(u32, u32)>,
}

impl<'a> Collector<'a> {
    fn with_rows(rows: usize) -> Self {
        Self { members: Vec::with_capacity(rows), ..Self::default() }
    }

    /// The number of a zone kind; a job has few.
    fn kind(&mut self, kind: &'a str) -> usize {
        self.kinds.iter().position(|&known| known == kind).unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        })
    }

    fn add(&mut self, row: usize, raw: Raw<'a>) {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(raw).or_insert(next);
        self.members.push((u32::try_from(row).unwrap_or(u32::MAX), number));
    }

    /// Puts values with one meaning into one group, and the groups into the order of kind and key.
    fn finish(self, meaning: impl Fn(&str) -> Cow<'_, str>) -> Groups {
        let named = self.numbers.iter().map(|((kind, value), &number)| {
            let kind = self.kinds.get(*kind).copied().unwrap_or_default();
            ((kind, value.is_none(), value.map(&meaning)), number)
        });
        let mut named: Vec<_> = named.collect();
        named.sort();
        let mut groups = Groups::default();
        let mut place = vec![0; named.len()];
        let mut last = None;
        for (name, number) in named {
            if last.as_ref() != Some(&name) {
                groups.kinds.push(Some(name.0.to_owned()));
                groups.keys.push(name.2.as_deref().map(str::to_owned));
                last = Some(name);
            }
            if let Some(slot) = place.get_mut(number as usize) {
                *slot = u32::try_from(groups.keys.len() - 1).unwrap_or(u32::MAX);
            }
        }
        groups.members = self.members.into_iter().map(|(row, old)| (row, place.get(old as usize).copied().unwrap_or(old))).collect();
        groups
    }
}

/// The value as it is.
fn as_is(value: &str) -> Cow<'_, str> {
    Cow::Borrowed(value)
}

/// Every parcel in the group `all`; no group where there is no parcel.
pub fn whole(rows: usize) -> Groups {
    let mut collector = Collector::with_rows(rows);
    (0..rows).for_each(|row| collector.add(row, (0, Some("all"))));
    collector.finish(as_is)
}

/// Parcels by the text of `column`; unknown is a group of its own.
pub fn by_column(table: &DataFrame, column: &str) -> PolarsResult<Groups> {
    Ok(by_text(&texts(table, column)?).finish(as_is))
}

/// Parcels by the division of GB/T 4754 that their industry is in: `C3411` and `C34` are both in `C34`.
pub fn by_industry(table: &DataFrame) -> PolarsResult<Groups> {
    Ok(by_text(&texts(table, "industry")?).finish(division))
}

fn by_text(values: &StringChunked) -> Collector<'_> {
    let mut collector = Collector::with_rows(values.len());
    values.iter().enumerate().for_each(|(row, value)| collector.add(row, (0, value)));
    collector
}

/// Parcels by each of their candidate tools; a parcel without one is in no group.
pub fn by_tool(table: &DataFrame) -> PolarsResult<Groups> {
    let values = texts(table, "tools")?;
    let mut collector = Collector::default();
    for (row, tools) in values.iter().enumerate() {
        tools.into_iter().flat_map(str::split_whitespace).for_each(|tool| collector.add(row, (0, Some(tool))));
    }
    Ok(collector.finish(as_is))
}

/// Rows of the zone ledger by kind and zone.
pub fn by_zone_name(zone_shares: &DataFrame) -> PolarsResult<Groups> {
    let (kinds, names) = (texts(zone_shares, "kind")?, texts(zone_shares, "zone_name")?);
    let mut collector = Collector::with_rows(zone_shares.height());
    for (row, (kind, name)) in kinds.iter().zip(names.iter()).enumerate() {
        let kind = collector.kind(kind.unwrap_or(""));
        collector.add(row, (kind, name));
    }
    Ok(collector.finish(as_is))
}

fn texts(table: &DataFrame, column: &str) -> PolarsResult<StringChunked> {
    Ok(table.column(column)?.cast(&DataType::String)?.str()?.clone())
}

//! The table of a sweep, for readers and for machines.

use polars::prelude::{AnyValue, DataFrame};
use serde_json::{Map, Value, json};

use super::printer::grouped;
use crate::model::{Lang, lang, text_width};

/// A row of the table.
struct Row<'t> {
    key: &'t str,
    value: f64,
    column: &'t str,
    states: Option<(&'t str, &'t str)>,
    parcels: u32,
    area_mu: f64,
}

/// One object a row.
pub fn machine(table: Option<&DataFrame>) -> Value {
    let object = |row: Row<'_>| {
        let (from, to) = row.states.unzip();
        let pairs = [("key", json!(row.key)), ("value", json!(row.value)), ("column", json!(row.column)), ("from", json!(from))];
        let more = [("to", json!(to)), ("parcels", json!(row.parcels)), ("area_mu", json!(row.area_mu))];
        pairs.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
    };
    table.map_or(Value::Null, |table| rows(table).map(object).map(Value::Object).collect())
}

/// A heading for every key, a line for every value and column that changes, and under it what became what.
pub fn human(table: Option<&DataFrame>, lang: Lang) -> String {
    let mut text = String::new();
    let mut key = "";
    for row in table.into_iter().flat_map(rows) {
        if row.key != key {
            key = row.key;
            let word = |key, width: usize| {
                let word = lang::text(lang, key);
                (word, " ".repeat(width.saturating_sub(text_width(word))))
            };
            let ((value, before), (column, after)) = (word("terminal:sweep_value", 12), word("terminal:sweep_column", 20));
            let ((parcels, left), (mu, gap)) = (word("terminal:sweep_parcels", 10), word("terminal:sweep_mu", 14));
            let heading = lang::filled(lang, "terminal:sweep", &[("key", &key)]);
            text.push_str(&format!("{heading}\n{before}{value}  {column}{after}{left}{parcels}{gap}{mu}\n"));
        }
        let first = if row.column == "any" { format!("{}", row.value) } else { String::new() };
        let what = row.states.map_or_else(|| row.column.to_owned(), |(from, to)| format!("  {from} → {to}"));
        text.push_str(&format!("{first:>12}  {what:<20}{:>10}{:>14.1}\n", grouped(u64::from(row.parcels)), row.area_mu));
    }
    text
}

fn rows(table: &DataFrame) -> impl Iterator<Item = Row<'_>> {
    (0..table.height()).filter_map(|at| row(table, at))
}

fn row(table: &DataFrame, at: usize) -> Option<Row<'_>> {
    let cell = |name: &str| table.column(name).ok()?.get(at).ok();
    let text = |name: &str| match cell(name)? {
        AnyValue::String(text) => Some(text),
        _ => None,
    };
    Some(Row {
        key: text("key")?,
        value: cell("value")?.try_extract().ok()?,
        column: text("column")?,
        states: text("from").zip(text("to")),
        parcels: cell("parcels")?.try_extract().ok()?,
        area_mu: cell("area_mu")?.try_extract().ok()?,
    })
}

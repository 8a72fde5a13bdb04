//! What the explanation of a parcel says: its row of the inventory, what rules said of it and what was found, in chunks of neighbouring rows that the page
//! unpacks one at a time.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use polars::prelude::DataFrame;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::error::ReportError;
use super::{files, names, pack, texts};
use crate::model::{Manifest, json_value};

/// Parcels of a chunk: few enough to unpack between a click and its answer.
const CHUNK: usize = 256;
/// Parcels of a run up to which the page explains each; above, `mujun explain` does.
const MOST_PARCELS: usize = 200_000;
/// Digits of a number that are kept.
const DIGITS: usize = 7;

/// The chunks.
pub struct Details {
    /// The columns of the inventory that the chunks have, in order.
    pub columns: Vec<String>,
    /// The rules that decisions name by number.
    pub rules: Vec<String>,
    /// Rows of a chunk.
    pub chunk: usize,
    chunks: Vec<String>,
}

impl Details {
    /// The chunks as a block of the page, a line each.
    pub fn block(&self) -> String {
        pack::block("details", &self.chunks.join("\n"))
    }

    /// Whether the page explains parcels.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// The details of every parcel of a run; none where there are too many.
pub fn of(run: &Path, manifest: &Manifest, inventory: &DataFrame) -> Result<Details, ReportError> {
    let columns = names(inventory).filter(|name| *name != "parcel_id").map(str::to_owned).collect();
    let mut details = Details { columns, rules: Vec::new(), chunk: CHUNK, chunks: Vec::new() };
    let rows = inventory.height();
    if rows > MOST_PARCELS {
        return Ok(details);
    }
    let ids = texts(inventory, "parcel_id");
    let places: HashMap<&str, usize> = ids.iter().flat_map(|ids| ids.iter()).enumerate().filter_map(|(row, id)| Some((id?, row))).collect();
    let decisions = decisions(run, &places, &mut details.rules)?;
    let findings = findings(run, manifest, &places)?;
    let starts: Vec<usize> = (0..rows).step_by(CHUNK).collect();
    details.chunks = starts
        .par_iter()
        .map(|&start| {
            let range = start..rows.min(start + CHUNK);
            let chunk = json!({
                "columns": details.columns.iter().map(|name| cells(inventory, name, range.clone())).collect::<Vec<_>>(),
                "decisions": decisions.get(range.clone()),
                "findings": findings.get(range),
            });
            pack::packed(chunk.to_string().as_bytes())
        })
        .collect();
    Ok(details)
}

/// Some cells of a column; null where all are missing.
fn cells(table: &DataFrame, name: &str, rows: Range<usize>) -> Value {
    let Ok(column) = table.column(name) else { return Value::Null };
    let slice = column.slice(i64::try_from(rows.start).unwrap_or(i64::MAX), rows.len());
    if slice.null_count() == slice.len() {
        return Value::Null;
    }
    (0..slice.len()).map(|row| slice.get(row).map_or(Value::Null, |value| shortened(json_value(&value)))).collect()
}

/// Numbers with fewer digits, wherever they stand.
pub fn shortened(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let short = format!("{:.*e}", DIGITS - 1, number.as_f64().unwrap_or_default()).parse::<f64>();
            short.ok().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
        }
        Value::Array(values) => values.into_iter().map(shortened).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, shortened(value))).collect::<Map<_, _>>().into(),
        other => other,
    }
}

/// For every parcel, what rules said of it: rule, verdict, reasons, and the facts of grading. Routes of the toolbox stand in the inventory: those that do
/// not apply would be most of the page.
fn decisions(run: &Path, places: &HashMap<&str, usize>, rules: &mut Vec<String>) -> Result<Vec<Vec<Value>>, ReportError> {
    let mut of_parcels = vec![Vec::new(); places.len()];
    files::stretches(run, "ledger/decisions.parquet", &["parcel_id", "rule_id", "verdict", "reasons", "facts"], |table| {
        let [Some(ids), Some(rule_ids), Some(verdicts), Some(reasons), Some(facts)] =
            ["parcel_id", "rule_id", "verdict", "reasons", "facts"].map(|name| texts(table, name))
        else {
            return;
        };
        let rows = ids.iter().zip(rule_ids.iter()).zip(verdicts.iter()).zip(reasons.iter()).zip(facts.iter());
        for ((((id, rule), verdict), reasons), facts) in rows {
            let (Some(rule), Some(own)) = (rule, id.and_then(|id| places.get(id)).and_then(|row| of_parcels.get_mut(*row))) else {
                continue;
            };
            if rule.contains(".toolbox.") {
                continue;
            }
            let number = rules.iter().position(|known| known == rule).unwrap_or_else(|| {
                rules.push(rule.to_owned());
                rules.len() - 1
            });
            let facts = facts.filter(|_| rule.contains(".grading.")).and_then(|facts| serde_json::from_str::<Value>(facts).ok());
            own.push(json!([number, verdict, reasons, facts.map(shortened)]));
        }
    })?;
    Ok(of_parcels)
}

/// For every parcel, what was found about it.
fn findings(run: &Path, manifest: &Manifest, places: &HashMap<&str, usize>) -> Result<Vec<Vec<Value>>, ReportError> {
    const COLUMNS: [&str; 9] = ["feature_id", "file", "layer", "severity", "code", "field", "value", "message", "hint"];
    let mut of_parcels = vec![Vec::new(); places.len()];
    let table = files::read(run, "findings.parquet")?;
    let columns = COLUMNS.map(|name| texts(&table, name));
    for row in 0..table.height() {
        let [id, file, layer, rest @ ..] = columns.each_ref().map(|column| column.as_ref().and_then(|column| column.get(row)));
        // Buildings and enterprises may have the same code.
        let is_parcel =
            manifest.inputs.iter().any(|input| input.role == "parcels" && Some(input.path.as_str()) == file && layer == Some(&input.layer));
        if let Some(own) = id.filter(|_| is_parcel).and_then(|id| places.get(id)).and_then(|row| of_parcels.get_mut(*row)) {
            own.push(json!(rest));
        }
    }
    Ok(of_parcels)
}

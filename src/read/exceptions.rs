//! Lists of corrections and waivers: tables whose rows somebody has signed.

use std::collections::BTreeMap;

use polars::prelude::{AnyValue, DataFrame, IdxCa, PolarsResult};

use super::error::{ReadError, did_you_mean, one_line};
use super::fields::{FieldPlan, Role, catalogue};
use super::table::Table;
use crate::model::{Correction, Finding, Signed, Source, Waiver};
use crate::say;

/// The corrections of a list, each value read as a cell of the parcels would be.
///
/// # Errors
/// None that the cells can cause: what cannot be read is told by a finding, and the correction says why it has no values.
pub fn corrections(table: &Table, key: &str) -> Result<(Vec<Correction>, Vec<Finding>), ReadError> {
    let cells = Cells { frame: &table.frame };
    let mut corrections = Vec::with_capacity(table.rows.len());
    let mut by_field: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let field = cells.text("field", row);
        by_field.entry(field.clone().unwrap_or_default()).or_default().push(row);
        corrections.push(Correction {
            signed: cells.signed(table, row),
            parcel_id: cells.text("parcel_id", row),
            field,
            values: Err(String::new()),
            new_text: cells.text("new_value", row),
        });
    }
    let mut findings = Vec::new();
    for (field, rows) in &by_field {
        let read = values(table, field, rows, key, &mut findings)?;
        for (row, values) in rows.iter().zip(read) {
            corrections.get_mut(*row).into_iter().for_each(|own| own.values = values.clone());
        }
    }
    Ok((corrections, findings))
}

type Values = Result<[AnyValue<'static>; 2], String>;

/// Old and new value of the rows that correct a field.
fn values(table: &Table, field: &str, rows: &[usize], key: &str, findings: &mut Vec<Finding>) -> Result<Vec<Values>, ReadError> {
    let Some(plan) = FieldPlan::of_field(Role::Parcels, field, &table.source, key).filter(|_| field != "parcel_id") else {
        let known = catalogue(Role::Parcels).iter().map(|field| field.name.as_str()).filter(|name| *name != "parcel_id");
        let hint = did_you_mean(field, known).map_or_else(String::new, |meant| say!(", did you mean `{meant}`?", meant));
        return Ok(vec![Err(say!("`{field}` is no attribute of parcels that can be corrected{hint}", field, hint)); rows.len()]);
    };
    let internal =
        |error| ReadError::Internal { file: table.source.file.to_string(), key: key.into(), detail: one_line(&format!("{error}")) };
    let numbers: Vec<i64> = rows.iter().filter_map(|row| table.rows.get(*row).copied()).collect();
    let mut sides = Vec::new();
    for side in ["old_value", "new_value"] {
        let written = take(&table.frame, rows).map_err(internal)?.column(side).cloned().map_err(internal)?;
        let (read, found) = plan.apply(std::slice::from_ref(&written), &numbers)?;
        findings.extend(found);
        let read = read.columns().first().cloned().unwrap_or(written.clone());
        sides.push((written, read));
    }
    let value = |at: usize, (written, read): &(polars::prelude::Column, polars::prelude::Column)| {
        let (text, value) = (written.get(at).map(AnyValue::into_static), read.get(at).map(AnyValue::into_static));
        match (text, value) {
            (Ok(text), Ok(AnyValue::Null)) if text != AnyValue::Null => Err(say!("{text} cannot be a value of `{field}`", text, field)),
            (_, value) => value.map_err(|error| one_line(&error.to_string())),
        }
    };
    let pair = |at: usize| sides.iter().map(|side| value(at, side)).collect::<Result<Vec<_>, _>>();
    Ok((0..rows.len()).map(|at| pair(at).and_then(|pair| pair.try_into().map_err(|_| say!("a value is missing")))).collect())
}

fn take(frame: &DataFrame, rows: &[usize]) -> PolarsResult<DataFrame> {
    let rows: Vec<u32> = rows.iter().filter_map(|row| u32::try_from(*row).ok()).collect();
    frame.take(&IdxCa::from_vec("".into(), rows))
}

/// The waivers of a list.
#[must_use]
pub fn waivers(table: &Table) -> Vec<Waiver> {
    let cells = Cells { frame: &table.frame };
    let waiver = |row: usize| Waiver {
        signed: cells.signed(table, row),
        code: cells.text("code", row),
        feature_id: cells.text("feature_id", row),
        field: cells.text("field", row),
        value: cells.text("value", row),
    };
    (0..table.rows.len()).map(waiver).collect()
}

struct Cells<'a> {
    frame: &'a DataFrame,
}

impl Cells<'_> {
    fn text(&self, name: &str, row: usize) -> Option<String> {
        self.frame.column(name).ok()?.str().ok()?.get(row).map(str::to_owned)
    }

    fn signed(&self, table: &Table, row: usize) -> Signed {
        let expires = self.frame.column("expires").ok().and_then(|column| column.get(row).ok());
        let expires = match expires {
            Some(AnyValue::Date(days)) => chrono::NaiveDate::from_epoch_days(days),
            _ => None,
        };
        let source: &Source = table.source_of(row);
        Signed {
            source: source.clone(),
            row: table.rows.get(row).copied().unwrap_or_default(),
            reason: self.text("reason", row),
            by: self.text("by", row),
            expires,
        }
    }
}

//! The facts that conditions use, as columns that can be asked row by row: what is missing, and what the ledger of decisions is to say.
//!
//! **Invariant:** a fact is what the condition saw: a state that is `unknown` and a number that is no number are missing here, too.

use std::{fmt::Write as _, sync::Arc};

use polars::prelude::{BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int32Chunked, PolarsResult, StringChunked};
use serde_json::Value;

use super::{condition::Condition, fault::RulesError};

/// The columns and looked-up numbers that conditions use, each once, by name.
#[derive(Clone, Debug, Default)]
pub struct FactColumns {
    columns: Vec<(Arc<str>, Values)>,
}

#[derive(Clone, Debug)]
enum Values {
    Number(Float64Chunked),
    Text(StringChunked),
    Flag(BooleanChunked),
    Day(Int32Chunked),
}

impl FactColumns {
    /// The facts of these conditions.
    ///
    /// # Errors
    /// [`RulesError::Evaluate`] where a column has a type that its condition cannot use.
    pub fn of<'c>(conditions: impl IntoIterator<Item = &'c Condition>, frame: &DataFrame) -> Result<Self, RulesError> {
        let mut columns: Vec<(Arc<str>, Values)> = Vec::new();
        for condition in conditions {
            let failed = |source| RulesError::Evaluate { condition: condition.text.to_string(), source };
            for column in condition.inputs(frame).map_err(failed)? {
                if columns.iter().all(|(name, _)| **name != **column.name()) {
                    columns.push((column.name().as_str().into(), values(&column).map_err(failed)?));
                }
            }
        }
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self { columns })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_ref())
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether no condition names a fact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether the fact of this place among the names is missing in a row.
    #[must_use]
    pub fn is_missing(&self, at: usize, row: usize) -> bool {
        self.columns.get(at).is_none_or(|(_, values)| match values {
            Values::Number(values) => values.get(row).is_none(),
            Values::Text(values) => values.get(row).is_none(),
            Values::Flag(values) => values.get(row).is_none(),
            Values::Day(values) => values.get(row).is_none(),
        })
    }

    /// Appends the facts of a row as members of a JSON object, without its brackets.
    pub fn write(&self, row: usize, out: &mut String) {
        for (at, (name, values)) in self.columns.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { "," });
            // Writing to a string cannot fail.
            let _ = match values {
                Values::Number(values) => write!(out, "\"{name}\":{}", values.get(row).map_or(Value::Null, Value::from)),
                Values::Text(values) => write!(out, "\"{name}\":{}", values.get(row).map_or(Value::Null, Value::from)),
                Values::Flag(values) => write!(out, "\"{name}\":{}", values.get(row).map_or(Value::Null, Value::from)),
                Values::Day(values) => write!(out, "\"{name}\":{}", values.get(row).map_or(Value::Null, day)),
            };
        }
    }
}

fn values(column: &Column) -> PolarsResult<Values> {
    // One chunk a column: cells are then found by their number alone.
    let column = column.rechunk();
    Ok(match column.dtype() {
        DataType::Float64 => Values::Number(column.f64()?.clone()),
        DataType::Boolean => Values::Flag(column.bool()?.clone()),
        DataType::Date => Values::Day(column.cast(&DataType::Int32)?.i32()?.clone()),
        _ => Values::Text(column.str()?.clone()),
    })
}

/// A day that polars counts from 1970-01-01.
fn day(days: i32) -> Value {
    let date = chrono::NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(i64::from(days)));
    date.map_or(Value::Null, |date| date.to_string().into())
}

//! Columns of days row by row.

use chrono::NaiveDate;
use polars::prelude::{BooleanChunked, DataFrame, DataType, Int32Chunked, PolarsError};

use crate::rules::{Condition, RulesError};

/// A column of days; none where no row has one.
pub struct Days(Option<Int32Chunked>);

impl Days {
    /// The column of that name; one that is not there has no days.
    pub fn of(frame: &DataFrame, name: &str) -> Result<Self, PolarsError> {
        let Ok(column) = frame.column(name) else { return Ok(Self(None)) };
        if column.null_count() == column.len() {
            return Ok(Self(None));
        }
        let days = column.as_materialized_series().rechunk().to_physical_repr().cast(&DataType::Int32)?;
        Ok(Self(Some(days.i32()?.clone())))
    }

    /// Whether any row has a day.
    pub const fn any(&self) -> bool {
        self.0.is_some()
    }

    /// The day of a row.
    pub fn get(&self, row: usize) -> Option<NaiveDate> {
        NaiveDate::from_epoch_days(self.0.as_ref()?.get(row)?)
    }
}

/// The answers of a condition that a rule may leave out.
pub fn answers(condition: Option<&Condition>, facts: &DataFrame) -> Result<Option<BooleanChunked>, RulesError> {
    condition.map(|condition| Ok(condition.evaluate(facts)?.rechunk().into_owned())).transpose()
}

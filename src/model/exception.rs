//! Exceptions that a person signs and that end on a day: corrections of attributes, and waivers of findings.

use chrono::NaiveDate;
use polars::prelude::AnyValue;

use super::Source;
use crate::say;

/// Who says so, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The list.
    pub source: Source,
    /// The row in it, from 1.
    pub row: i64,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub by: Option<String>,
    /// The last day on which it holds; none = until it is taken off the list.
    pub expires: Option<NaiveDate>,
}

impl Signed {
    /// What keeps the exception from holding on a day, if anything does.
    #[must_use]
    pub fn fault(&self, day: NaiveDate) -> Option<String> {
        match (&self.by, &self.reason, self.expires) {
            (None, ..) => Some(say!("nobody has signed it: `by` is empty")),
            (_, None, _) => Some(say!("it gives no `reason`")),
            (.., Some(last)) if last < day => Some(say!("it ended on {last}", last)),
            _ => None,
        }
    }
}

/// Another value for an attribute of a parcel.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// Who, why, until when.
    pub signed: Signed,
    /// The parcel.
    pub parcel_id: Option<String>,
    /// The attribute, by its canonical name.
    pub field: Option<String>,
    /// The value that must stand there, and the one that takes its place, in the attribute's type; or why they are none.
    pub values: Result<[AnyValue<'static>; 2], String>,
    /// The new value as it is written.
    pub new_text: Option<String>,
}

/// A finding that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Who, why, until when.
    pub signed: Signed,
    /// The code of the finding.
    pub code: Option<String>,
    /// The feature, row key or enterprise that it is about; none where it is about none.
    pub feature_id: Option<String>,
    /// The field, likewise.
    pub field: Option<String>,
    /// The value that was found when the waiver was given, likewise.
    pub value: Option<String>,
}

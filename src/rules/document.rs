//! Other TOML files, read and told their faults as rule files are.

use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{
    fault::{Checked, Fault, FaultKind},
    shape,
};

/// A fault that whoever reads the file has found.
#[derive(Clone, Debug)]
pub struct Noted {
    /// Its place in bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Reads a file into `T` and lets `check` look for more faults; every fault comes with its place.
pub fn read_document<T: DeserializeOwned + JsonSchema>(
    file: &str,
    text: &str,
    check: impl FnOnce(&T) -> Vec<Noted>,
) -> (Option<T>, Vec<Fault>) {
    let mut checked = Checked::new(file, text);
    let read: Option<T> = shape::read(&mut checked);
    for Noted { span, message, hint } in read.as_ref().map(check).unwrap_or_default() {
        checked.fault(&span, FaultKind::Noted { message, hint });
    }
    (read, checked.faults)
}

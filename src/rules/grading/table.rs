//! Numbers by industry, looked up by the longest prefix of a GB/T 4754 code.

use std::{collections::BTreeMap, sync::Arc};

use super::raw::{RawEntry, RawTable};
use crate::rules::{
    fault::{Checked, FaultKind},
    head::{Allowed, check_id, check_unique, number},
};

/// Numbers by industry.
#[derive(Clone, Debug, PartialEq)]
pub struct IndustryNumbers {
    /// The id.
    pub id: Arc<str>,
    default: Option<f64>,
    entries: BTreeMap<Box<str>, f64>,
}

impl IndustryNumbers {
    /// A table of prefixes and numbers, and the number of industries that none of them fits.
    #[must_use]
    pub fn new(id: &str, default: Option<f64>, entries: &[(&str, f64)]) -> Self {
        let entries = entries.iter().map(|(prefix, value)| (bare(prefix).into(), *value)).collect();
        Self { id: id.into(), default, entries }
    }

    /// The number of an industry: that of the longest prefix, else the default. The letter of the section may stand before the digits or not.
    ///
    /// ```
    /// # use mujun::rules::IndustryNumbers;
    /// let table = IndustryNumbers::new("tax", Some(1.0), &[("26", 2.0), ("261", 3.0), ("C", 4.0)]);
    /// assert_eq!(["C2614", "2625", "27", "C", "D44"].map(|code| table.value(code)), [Some(3.0), Some(2.0), Some(1.0), Some(4.0), Some(1.0)]);
    /// ```
    #[must_use]
    pub fn value(&self, code: &str) -> Option<f64> {
        let (whole, digits) = (code.trim(), bare(code));
        let prefixes = |text| std::iter::successors(Some(text), |text: &&str| shorter(text)).filter(|text| !text.is_empty());
        prefixes(digits).chain(prefixes(whole)).find_map(|prefix| self.entries.get(prefix)).copied().or(self.default)
    }

    pub(super) fn compile(raw: &RawTable, file: &mut Checked<'_>) -> Self {
        check_id(&raw.id, file);
        check_unique(raw.entries.iter().map(|entry| &entry.prefix), file);
        if raw.entries.is_empty() {
            file.fault(&raw.id.span(), FaultKind::Empty { key: "entries" });
        }
        let mut entry = |entry: &RawEntry| {
            let prefix = entry.prefix.get_ref();
            if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_alphanumeric()) {
                file.fault(&entry.prefix.span(), FaultKind::BadPrefix { prefix: prefix.clone() });
            }
            (Box::from(bare(prefix)), number("value", &entry.value, Allowed::Positive, file))
        };
        let entries = raw.entries.iter().map(&mut entry).collect();
        let default = raw.default.as_ref().map(|default| number("default", default, Allowed::Positive, file));
        Self { id: raw.id.get_ref().as_str().into(), default, entries }
    }
}

/// The code without the letter of its section, where digits follow.
fn bare(code: &str) -> &str {
    let code = code.trim();
    let rest = code.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(code);
    if rest.starts_with(|c: char| c.is_ascii_digit()) { rest } else { code }
}

fn shorter<'t>(text: &&'t str) -> Option<&'t str> {
    let last = text.char_indices().next_back()?.0;
    text.get(..last)
}

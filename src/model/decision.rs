//! Decisions: what a rule said of a parcel, with the facts it used.

/// The answer of a rule; SQL's true, false and null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every condition holds.
    Yes,
    /// A condition does not hold.
    No,
    /// A fact is missing.
    Unknown,
}

impl Verdict {
    /// The verdict as the ledger writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl From<Option<bool>> for Verdict {
    fn from(value: Option<bool>) -> Self {
        match value {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

/// One row of `ledger/decisions.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The row of the parcel in the inventory.
    pub parcel: u32,
    /// `<pack>.<kind>.<id>`.
    pub rule_id: std::sync::Arc<str>,
    /// The version of the pack.
    pub rule_version: std::sync::Arc<str>,
    /// The answer.
    pub verdict: Verdict,
    /// Why, in words a planner reads.
    pub reasons: String,
    /// The facts used, as a JSON object.
    pub facts: String,
}

//! The columns that a condition may name: those of the inventory that exist when its stage runs, the zone columns of any kind, and the parcel
//! attributes that an office may supply.
//!
//! **Invariant:** a stage sees only the columns that stages before it make, so no rule can depend on its own result.

use polars::prelude::DataType;

use crate::model::{ATTRIBUTES, AttributeKind, attribute_kind, columns, columns::YearsMean};
use crate::say;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number in the unit of the column.
    Number,
    /// Text.
    Text,
    /// Text in which the word `unknown` means that nothing is known; a condition sees null.
    State,
    /// True or false.
    Flag,
    /// A day.
    Date,
}

impl ColumnKind {
    /// What a message calls it.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Number => say!("a number"),
            Self::Text | Self::State => say!("text"),
            Self::Flag => say!("yes or no"),
            Self::Date => say!("a day"),
        }
    }

    /// The type of the column in a frame.
    #[must_use]
    pub const fn dtype(self) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Text | Self::State => DataType::String,
            Self::Flag => DataType::Boolean,
            Self::Date => DataType::Date,
        }
    }
}

/// How far the pipeline has come when a condition is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Location classes: everything before `location_class`.
    Location,
    /// Standards: everything before `standards_met`.
    Standards,
    /// Life cycle: everything before `term_met`.
    LifeCycle,
    /// Grading: everything before `score`.
    Grading,
    /// Grading of enterprises: what is known of an enterprise with all its land.
    Enterprises,
    /// Recognition of low efficiency: everything before `low_efficiency`.
    LowEfficiency,
    /// Policy tools: everything before `tools`.
    Tools,
}

const TEXT: &[&str] = &[
    "parcel_id",
    "town",
    "industry",
    "land_use",
    "area_basis",
    "far_basis",
    "location_class",
    "scale",
    "office_living_basis",
    "standards_failed",
    "contract_failed",
    "transfer_failed",
    "idle_basis",
    "overdue",
    "next_due",
    "grade",
    "grade_reason",
    "low_efficiency_reason",
    "tract_id",
    "sliver_status",
    "sliver_project",
    "enterprise_id",
];
const STATES: &[&str] = &["standards_met", "contract_met", "transfer_met", "term_met", "low_efficiency", "sliver_kind"];
const DATES: &[&str] = &[AS_OF, "next_due_date"];
/// The day of the job, a column like any other: `term_end <= as_of`.
pub const AS_OF: &str = "as_of";
/// Whether one of the enterprises has a veto (一票否决): known to the rules, in no output.
pub const VETO: &str = "veto";
/// What is known of an enterprise besides its figures.
const ENTERPRISE: &[&str] =
    &["enterprise_id", "town", "industry", "scale", "parcels", "area_m2", "area_mu", HOLDS_LAND, "production_years"];
/// Whether an enterprise is the declared holder of one of its parcels.
pub const HOLDS_LAND: &str = "holds_land";
const ZONE_PREFIXES: &[(&str, ColumnKind)] = &[("zone_", ColumnKind::State), ("share_", ColumnKind::Number)];

impl Scope {
    const fn first_unseen(self) -> &'static str {
        match self {
            Self::Location => "location_class",
            Self::Standards => "standards_met",
            Self::LifeCycle => "term_met",
            Self::Grading | Self::Enterprises => "score",
            Self::LowEfficiency => "low_efficiency",
            Self::Tools => "tools",
        }
    }

    /// The columns that a condition of this scope may name, besides `zone_<kind>` and `share_<kind>` of any kind.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        let enterprises = self == Self::Enterprises;
        let made = columns::INVENTORY.iter().map(|column| column.name).take_while(move |name| *name != self.first_unseen());
        let made = made.filter(move |name| !enterprises || columns::is_figure(name));
        let more = if enterprises { ENTERPRISE } else { &[] };
        let declared = ATTRIBUTES.iter().map(|(name, _)| *name).filter(move |_| !enterprises);
        made.chain(more.iter().copied()).chain(declared).chain([AS_OF, VETO])
    }

    /// What the column holds; none where a condition of this scope may not name it.
    #[must_use]
    pub fn kind(self, name: &str) -> Option<ColumnKind> {
        if self.columns().any(|known| known == name) {
            return Some(attribute_kind(name).map_or_else(|| column_kind(name), ColumnKind::from));
        }
        if self == Self::LowEfficiency && YearsMean::named(name).is_some() {
            return Some(ColumnKind::Number);
        }
        if self == Self::Enterprises {
            return None;
        }
        let zone = |(prefix, kind): &(&str, ColumnKind)| name.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(|_| *kind);
        ZONE_PREFIXES.iter().find_map(zone)
    }
}

fn column_kind(name: &str) -> ColumnKind {
    match name {
        _ if DATES.contains(&name) => ColumnKind::Date,
        VETO | HOLDS_LAND => ColumnKind::Flag,
        _ if TEXT.contains(&name) => ColumnKind::Text,
        _ if STATES.contains(&name) => ColumnKind::State,
        _ => ColumnKind::Number,
    }
}

impl From<AttributeKind> for ColumnKind {
    fn from(kind: AttributeKind) -> Self {
        match kind {
            AttributeKind::Number => Self::Number,
            AttributeKind::Text => Self::Text,
            AttributeKind::Flag => Self::Flag,
            AttributeKind::Date => Self::Date,
        }
    }
}

/// The zone kind of a `zone_<kind>` or `share_<kind>` column.
pub(super) fn zone_kind(column: &str) -> Option<&str> {
    ZONE_PREFIXES.iter().find_map(|(prefix, _)| column.strip_prefix(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_sees_what_stands_before_it() {
        assert_eq!(Scope::Grading.kind("tax_per_mu_wan"), Some(ColumnKind::Number));
        assert_eq!(Scope::Location.kind("tax_per_mu_wan"), None);
        assert_eq!(Scope::Grading.kind("grade"), None);
        assert_eq!(Scope::LowEfficiency.kind("grade"), Some(ColumnKind::Text));
        assert_eq!(Scope::Tools.kind("low_efficiency"), Some(ColumnKind::State));
        assert_eq!(Scope::Grading.kind("term_end"), Some(ColumnKind::Date));
        assert_eq!(Scope::Location.kind("zone_any_name"), Some(ColumnKind::State));
        assert_eq!(Scope::Location.kind("zone_"), None);
        assert_eq!(Scope::LowEfficiency.kind("tax_per_mu_wan_3y"), Some(ColumnKind::Number));
        assert_eq!((Scope::LowEfficiency.kind("tax_per_mu_wan_1y"), Scope::Grading.kind("tax_per_mu_wan_3y")), (None, None));
        assert_eq!(Scope::Grading.kind("veto"), Some(ColumnKind::Flag));
        let of_enterprises =
            ["holds_land", "parcels", "tax_per_mu_wan", "far", "tenure", "zone_x", "score"].map(|name| Scope::Enterprises.kind(name));
        assert_eq!(of_enterprises, [Some(ColumnKind::Flag), Some(ColumnKind::Number), Some(ColumnKind::Number), None, None, None, None]);
        assert_eq!(zone_kind("share_industrial_block"), Some("industrial_block"));
    }

    #[test]
    fn every_text_column_is_known() {
        for name in TEXT.iter().chain(STATES).chain(DATES) {
            let mut known = Scope::Tools.columns().chain(Scope::Enterprises.columns());
            assert!(known.any(|known| known == *name), "{name}");
        }
    }
}

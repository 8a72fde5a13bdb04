//! Policy as data: TOML rule packs → checked → compiled rules that the stages use.
//!
//! Every number, weight, threshold and article stands in `data/rules/<pack>/<kind>.toml` with its source, its dates and whether it was compared
//! with the document; `docs/rules.md` describes the format. Stages see the compiled structs of this module, never TOML.
//!
//! **Invariant:** a rule that is not in force at the job's date is never used. A condition over facts that are missing is unknown, neither true nor false.

mod answers;
mod cases;
mod citations;
mod condition;
mod document;
mod facts;
mod fault;
mod grading;
mod guard;
mod head;
mod indicators;
mod life_cycle;
mod lint;
mod listing;
mod load;
mod low_efficiency;
mod pack;
mod parameters;
mod patch;
mod proof;
mod raw;
mod sense;
mod shape;
mod slivers;
mod standards;
mod threshold;
mod toolbox;
mod view;
mod vocabulary;
mod zones;

pub use answers::{Answers, NO, UNKNOWN, YES, answer_all, number_of};
pub use cases::{Case, CaseFault, Expected};
pub use citations::{citations, confirmations};
pub use condition::{Condition, Match, first_match};
pub use document::{Noted, read_document};
pub use facts::FactColumns;
pub use fault::{Fault, FaultKind, RulesError};
pub use grading::{
    Absent, Band, Bands, Benchmark, BenchmarkFrom, Change, Cohort, Correction, Cut, Cuts, Edge, Ends, Exempt, Extra, Extras, Factor,
    GradedUnit, GradingRules, Holdings, Indicator, IndustryNumbers, LandShare, Missing, Normaliser, PPM, RollUp, Rounding, Shares, Step,
    Ties, Unknown,
};
pub use guard::{FUNCTIONS, first_refused};
pub use head::{Kind, RuleHead, RuleSource};
pub use indicators::{FloorInterval, IndicatorRules};
pub use life_cycle::{Due, Idle, Item, LifeCycleRules, Term};
pub use listing::{Checkup, Listing, RuleText, check, listings};
pub use load::RuleSet;
pub use low_efficiency::{Exception, Ground, LowEfficiencyRules, Membership, NamedMean, Propose, TractRules};
pub use pack::{Pack, PackInfo, embedded_packs, open_packs};
pub use parameters::NumberTable;
pub use patch::{NumberPlace, Patch};
pub use proof::Unproved;
pub use raw::{AreaKind, Mean};
pub use slivers::{
    Artefact, Denominator, HardToDevelop, Human, KindLimits, Objective, PlotLimit, RATIO_PPM, Selection, SliverKind, SliverRules, SwapRule,
    TotalLimit,
};
pub use standards::{Bound, Group, IndustryLimit, IndustryTable, Limit, Standard, StandardsRules, Target, Test};
pub use threshold::{Comparison, Quantity, Threshold};
pub use toolbox::{Document, Exclusion, Legal, Named, Note, Route, Tool, ToolboxRules};
pub use view::{Entry, Shown};
pub use vocabulary::{AS_OF, ColumnKind, HOLDS_LAND, Scope, VETO};
pub use zones::{Class, Placement, ZoneRules};

/// The JSON Schemas of the files of a pack: name and schema.
#[must_use]
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    vec![
        ("pack", shape::schema::<raw::RawPack>()),
        ("indicators", shape::schema::<raw::RawFile<raw::RawIndicators>>()),
        ("zones", shape::schema::<raw::RawFile<raw::RawZones>>()),
        ("standards", shape::schema::<raw::RawFile<standards::RawStandards>>()),
        ("life_cycle", shape::schema::<raw::RawFile<life_cycle::RawLifeCycle>>()),
        ("grading", shape::schema::<raw::RawFile<grading::RawGrading>>()),
        ("low_efficiency", shape::schema::<raw::RawFile<low_efficiency::RawLowEfficiency>>()),
        ("slivers", shape::schema::<raw::RawFile<slivers::RawSlivers>>()),
        ("toolbox", shape::schema::<raw::RawFile<toolbox::RawToolbox>>()),
        ("cases", shape::schema::<cases::RawCases>()),
    ]
}

#[cfg(test)]
mod land_tests;
#[cfg(test)]
mod spoiled_tests;
#[cfg(test)]
mod tests;

//! The nouns of the pipeline: geometry columns, layers, units, coordinate reference systems, findings, decisions, the definitions of the
//! output columns and the words for them.
//!
//! Nothing here reads or writes a file, knows a stage or holds a legal number.
//!
//! **Invariant:** a [`GeometryColumn`] and the attribute frame beside it have the same rows in the same order.

mod attempt;
pub mod attributes;
pub mod bulk_decisions;
pub mod columns;
mod coverage_limits;
pub mod crs;
pub mod decision;
pub mod decision_order;
pub mod decision_table;
pub mod exception;
pub mod finding;
pub mod geometry;
mod json;
pub mod lang;
pub mod layer;
pub mod ledgers;
pub mod manifest;
pub mod outcome;
pub mod progress;
mod rect;
pub mod say;
pub mod sql;
pub mod summaries;
pub mod sweep;
pub mod tables;
pub mod text;
pub mod truth;
pub mod units;
pub mod wkb;

pub use attempt::attempt;
pub use attributes::{ATTRIBUTES, AttributeKind, attribute_kind};
pub use bulk_decisions::{BulkDecisions, BulkRule, Fact, Pattern};
pub use coverage_limits::CoverageLimits;
pub use crs::{Crs, Ellipsoid, TransverseMercator};
pub use decision::{Decision, Verdict};
pub use decision_order::{OrderedDecisions, OrderedRow};
pub use decision_table::{BETWEEN_VALUES, DecisionRow, DecisionTable, DecisionText, FactsTemplate, RuleNumber, RuleRef};
pub use exception::{Correction, Signed, Waiver};
pub use finding::{Code, Finding, Severity};
pub use geometry::{Coord, GeometryBuilder, GeometryColumn, MOST_COORDS, Shape};
pub use json::json_value;
pub use lang::{LANGS, Lang};
pub use layer::{
    Files, Layer, MakeColumn, Reject, Source, attributes_of, columns_of, identifiers, number_column, source_at, text_at, text_column,
};
pub use manifest::{Balance, FindingCounts, InputRecord, Manifest, OutputFile, RulePackRecord, Settings, StageTiming, Timings};
pub use outcome::{Areas, Confirmations, ErrorLayer, Ledgers, Outcome, OutputFormat, Shown};
pub use progress::{Progress, Silent};
pub use rect::Rect;
pub use sweep::Sweep;
pub use text::{char_width, division, text_width};
pub use units::{M2_PER_MU, Unit, mu_from_m2};

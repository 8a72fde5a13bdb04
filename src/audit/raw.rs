//! The file of project figures as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::{Spanned, Value};

/// A figure as it is printed, or several that the report may have used: the first is the one that it states.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of a value that is read later")]
pub enum OneOrSeveral {
    /// As printed, with its unit: `6.3 hectare`, `约10 wan m2`.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// A file of project figures.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// What the figures are from.
    #[expect(dead_code, reason = "for who reads the file")]
    pub title: String,
    /// The projects.
    pub case: Vec<RawCase>,
}

/// A project.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCase {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name.
    pub name: String,
    /// Land of the project; several where the report may mean gross, granted or net land.
    #[serde(default)]
    #[schemars(with = "Option<OneOrSeveral>")]
    pub land: Option<Spanned<Value>>,
    /// Figures before; plot ratio, density and per-mu figures are computed and compared.
    #[serde(default)]
    pub before: Option<RawStage>,
    /// Figures after.
    #[serde(default)]
    pub after: Option<RawStage>,
    /// Figures that all checks of the project may name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, OneOrSeveral>")]
    pub figures: BTreeMap<String, Spanned<Value>>,
    /// Checks by formula.
    #[serde(default)]
    pub check: Vec<RawCheck>,
}

/// Figures of a project at one time; what is absent is not compared.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStage {
    /// Counted floor area.
    #[schemars(with = "Option<String>")]
    pub floor: Option<Spanned<String>>,
    /// Ground covered by buildings.
    #[schemars(with = "Option<String>")]
    pub footprint: Option<Spanned<String>>,
    /// Investment.
    #[schemars(with = "Option<String>")]
    pub investment: Option<Spanned<String>>,
    /// Output a year.
    #[schemars(with = "Option<String>")]
    pub output: Option<Spanned<String>>,
    /// Tax a year.
    #[schemars(with = "Option<String>")]
    pub tax: Option<Spanned<String>>,
    /// Plot ratio as published: floor over land.
    #[schemars(with = "Option<String>")]
    pub far: Option<Spanned<String>>,
    /// Building density as published: footprint over land.
    #[schemars(with = "Option<String>")]
    pub building_density: Option<Spanned<String>>,
    /// Investment a mu as published.
    #[schemars(with = "Option<String>")]
    pub investment_per_mu: Option<Spanned<String>>,
    /// Output a mu as published.
    #[schemars(with = "Option<String>")]
    pub output_per_mu: Option<Spanned<String>>,
    /// Tax a mu as published.
    #[schemars(with = "Option<String>")]
    pub tax_per_mu: Option<Spanned<String>>,
}

/// A figure that is computed and compared.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCheck {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// What is computed.
    pub what: String,
    /// Figures of this check.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, OneOrSeveral>")]
    pub figures: BTreeMap<String, Spanned<Value>>,
    /// Sums, differences, products and quotients of figures.
    #[schemars(with = "String")]
    pub formula: Spanned<String>,
    /// What is published, with its unit; absent = nothing to compare.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub published: Option<Spanned<String>>,
    /// The unit of the result where nothing is published; absent = a pure number.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub unit: Option<Spanned<String>>,
    /// Whether the formula adds named parts of a whole (其中), which need not be all of it.
    #[serde(default)]
    pub parts: bool,
    /// A remark for the reader.
    #[serde(default)]
    pub note: String,
    /// What must come out.
    #[serde(default)]
    pub expect: Option<RawExpected>,
}

/// What must come out of a check.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExpected {
    /// The verdict.
    pub verdict: Verdict,
    /// The result on each base with the decimals written; `12.5-20` for an interval.
    #[serde(default)]
    pub recomputed: Vec<String>,
    /// Result less published on each base, with the decimals written.
    #[serde(default)]
    pub difference: Vec<String>,
}

/// What is said of a published figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Verdict {
    /// It agrees with the figures it is made from.
    #[serde(rename = "OK")]
    Ok,
    /// It agrees only as loosely as it is worded.
    #[serde(rename = "OK~")]
    Loosely,
    /// It fails on the stated base and agrees on another one of the report.
    #[serde(rename = "BASE")]
    Base,
    /// Nothing in the report gives it.
    #[serde(rename = "NO")]
    No,
    /// Nothing is published to compare.
    #[default]
    #[serde(rename = "n/a")]
    None,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Loosely => "OK~",
            Self::Base => "BASE",
            Self::No => "NO",
            Self::None => "n/a",
        }
    }
}

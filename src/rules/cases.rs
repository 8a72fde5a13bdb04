//! Rule cases: examples in a pack with facts in and results out, so that who writes a rule can prove it and who changes one sees what moves.

use std::{collections::BTreeMap, sync::Arc};

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int32Chunked, IntoColumn, NewChunkedArray, PolarsResult, StringChunked,
};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::{
    fault::{Checked, FaultKind},
    head::Kind,
    shape,
    slivers::fact_kind,
    vocabulary::{ColumnKind, Scope},
};
use crate::say;

/// A file of cases.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCases {
    /// The kind of the rule.
    pub kind: CaseKind,
    /// The id of the rule in its pack.
    #[schemars(with = "String")]
    pub rule: Spanned<String>,
    /// The cases.
    pub case: Vec<RawCase>,
}

/// A kind of rule that is decided parcel by parcel from a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// Location classes.
    Zones,
    /// Standards of land use, contract items and transfer caps.
    Standards,
    /// Terms, due items, idle land.
    LifeCycle,
    /// Scores and grades.
    Grading,
    /// Policy tools.
    Toolbox,
    /// Left-over plots.
    Slivers,
    /// Recognition of low-efficiency land.
    LowEfficiency,
}

/// A case: parcels that are decided together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCase {
    /// What it shows.
    pub name: String,
    /// Where the expected values come from.
    #[serde(default)]
    pub source: String,
    /// The parcels.
    pub parcel: Vec<RawParcel>,
}

/// A parcel of a case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawParcel {
    /// `parcel_id`.
    pub id: String,
    /// Inventory columns and their values; what is absent is unknown.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub facts: Spanned<Table>,
    /// What must come out.
    pub expect: Expected,
}

/// What must come out for a parcel; `none` = no value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The score with the decimals that it is printed with.
    #[serde(default)]
    pub score: Option<String>,
    /// The grade.
    #[serde(default)]
    pub grade: Option<String>,
    /// The location class.
    #[serde(default)]
    pub location_class: Option<String>,
    /// Parts of the rule by id: the state of a standard, or the state and day of a due item.
    #[serde(default)]
    pub verdicts: BTreeMap<String, String>,
    /// Inventory columns that the rule makes; numbers to the decimals written.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Routes of the toolbox: `candidate`, `excluded` or `needs_data`.
    #[serde(default)]
    pub routes: BTreeMap<String, String>,
    /// Routes of the toolbox and the reasons that are given.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
    /// What is said of a left-over plot.
    #[serde(default)]
    pub sliver_status: Option<String>,
    /// The kind of a left-over plot: enclosed, interlocking, corner, none or unknown.
    #[serde(default)]
    pub sliver_kind: Option<String>,
    /// Whether a left-over plot is in the recommended set: yes or no.
    #[serde(default)]
    pub recommended: Option<String>,
    /// All counted plots over the land of the project, with the decimals that it is printed with.
    #[serde(default)]
    pub ratio_core: Option<String>,
    /// All counted plots over land and plots, likewise.
    #[serde(default)]
    pub ratio_with_slivers: Option<String>,
    /// Whether the parcel is recognised: yes, no or unknown.
    #[serde(default)]
    pub low_efficiency: Option<String>,
    /// The grounds that hold, separated by spaces.
    #[serde(default)]
    pub grounds: Option<String>,
}

/// A checked case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: Arc<str>,
    /// Where the expected values come from.
    pub source: Arc<str>,
    /// The kind of the rule.
    pub kind: Kind,
    /// The id of the rule in its pack.
    pub rule: Arc<str>,
    /// The facts, one row a parcel.
    pub frame: DataFrame,
    /// `parcel_id` and what must come out, a row.
    pub expected: Vec<(String, Expected)>,
}

/// A result that differs from what a case expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFault {
    /// The case.
    pub case: Arc<str>,
    /// `parcel_id`.
    pub parcel: String,
    /// The column.
    pub field: String,
    /// What the case expects.
    pub expected: String,
    /// What the rule gives.
    pub found: String,
}

impl std::fmt::Display for CaseFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { case, parcel, field, expected, found } = self;
        f.write_str(&say!(
            "case `{case}`, parcel `{parcel}`: {field} is `{found}`, expected `{expected}`",
            case,
            parcel,
            field,
            found,
            expected
        ))
    }
}

impl Case {
    /// Compares texts for one field of a row; `expected` none = not asked.
    pub fn compare(&self, row: usize, field: &str, expected: Option<&String>, found: Option<&str>) -> Option<CaseFault> {
        let (expected, found) = (expected?, found.unwrap_or("none"));
        let parcel = self.expected.get(row).map(|(id, _)| id.clone()).unwrap_or_default();
        (expected != found).then(|| CaseFault {
            case: Arc::clone(&self.name),
            parcel,
            field: field.to_owned(),
            expected: expected.clone(),
            found: found.to_owned(),
        })
    }

    /// Compares the columns that a row asks for with those that a rule made.
    #[must_use]
    pub fn compare_columns(&self, row: usize, made: &DataFrame) -> Vec<CaseFault> {
        let asked = self.expected.get(row).into_iter().flat_map(|(_, wanted)| &wanted.columns);
        asked.filter_map(|(name, expected)| self.compare(row, name, Some(expected), cell(made, name, (row, expected)).as_deref())).collect()
    }
}

/// A value as a case writes it: a number with as many decimals as are expected, all else as text.
fn cell(made: &DataFrame, name: &str, (row, expected): (usize, &str)) -> Option<String> {
    let column = made.column(name).ok()?;
    let decimals = expected.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if let Ok(numbers) = column.f64() {
        return numbers.get(row).map(|number| format!("{number:.decimals$}"));
    }
    column.cast(&DataType::String).ok()?.str().ok()?.get(row).map(str::to_owned)
}

/// Reads a file of cases; `rules` are the ids of the rules of a kind that the pack has, where they are known.
pub(super) fn read(file: &mut Checked<'_>, rules: impl Fn(Kind) -> Option<Vec<String>>) -> Vec<Case> {
    let Some(raw) = shape::read::<RawCases>(file) else { return Vec::new() };
    let kind = match raw.kind {
        CaseKind::Zones => Kind::Zones,
        CaseKind::Standards => Kind::Standards,
        CaseKind::LifeCycle => Kind::LifeCycle,
        CaseKind::Grading => Kind::Grading,
        CaseKind::Toolbox => Kind::Toolbox,
        CaseKind::Slivers => Kind::Slivers,
        CaseKind::LowEfficiency => Kind::LowEfficiency,
    };
    if let Some(known) = rules(kind).filter(|known| !known.contains(raw.rule.get_ref())) {
        file.fault(&raw.rule.span(), FaultKind::UnknownRule { rule: raw.rule.get_ref().clone(), known });
    }
    let rule: Arc<str> = raw.rule.into_inner().into();
    let mut cases = Vec::with_capacity(raw.case.len());
    for case in raw.case {
        let Some(frame) = frame(&case.parcel, file) else { continue };
        let expected = case.parcel.into_iter().map(|parcel| (parcel.id, parcel.expect)).collect();
        cases.push(Case { name: case.name.into(), source: case.source.into(), kind, rule: Arc::clone(&rule), frame, expected });
    }
    cases
}

/// The facts as a frame; columns that no parcel names are not there.
fn frame(parcels: &[RawParcel], file: &mut Checked<'_>) -> Option<DataFrame> {
    let mut kinds = BTreeMap::new();
    for parcel in parcels {
        for name in parcel.facts.get_ref().keys() {
            // Rules over enterprises have facts of enterprises.
            let scopes = [Scope::Tools, Scope::LowEfficiency, Scope::Enterprises];
            match scopes.into_iter().find_map(|scope| scope.kind(name)).or_else(|| fact_kind(name)) {
                Some(kind) => {
                    kinds.insert(name.as_str(), kind);
                }
                None => {
                    let known = Scope::Tools.columns().map(str::to_owned).collect();
                    file.fault(&parcel.facts.span(), FaultKind::UnknownColumn { column: name.clone(), known });
                }
            }
        }
    }
    build(parcels, &kinds).ok()
}

fn build(parcels: &[RawParcel], kinds: &BTreeMap<&str, ColumnKind>) -> PolarsResult<DataFrame> {
    let ids = StringChunked::from_iter_values("parcel_id".into(), parcels.iter().map(|parcel| parcel.id.as_str()));
    let mut columns = vec![ids.into_column()];
    columns.extend(kinds.iter().map(|(name, kind)| column(name, *kind, parcels)));
    DataFrame::new(parcels.len(), columns)
}

fn column(name: &str, kind: ColumnKind, parcels: &[RawParcel]) -> Column {
    let facts = parcels.iter().map(|parcel| parcel.facts.get_ref().get(name));
    match kind {
        ColumnKind::Number => Float64Chunked::from_iter_options(name.into(), facts.map(|fact| fact.and_then(number))).into_column(),
        ColumnKind::Text | ColumnKind::State => {
            StringChunked::from_iter_options(name.into(), facts.map(|f| f.and_then(Value::as_str))).into_column()
        }
        ColumnKind::Flag => BooleanChunked::from_iter_options(name.into(), facts.map(|fact| fact.and_then(Value::as_bool))).into_column(),
        ColumnKind::Date => {
            let days = facts.map(|fact| fact.and_then(Value::as_datetime).and_then(|d| epoch_day(d.date?)));
            Int32Chunked::from_iter_options(name.into(), days).into_date().into_column()
        }
    }
}

/// A day as polars counts it, from 1970-01-01.
fn epoch_day(day: toml::value::Date) -> Option<i32> {
    Some(chrono::NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))?.to_epoch_days())
}

#[expect(clippy::cast_precision_loss, reason = "a case writes small whole numbers")]
fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

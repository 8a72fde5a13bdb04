//! Tables made from what is not a frame yet: findings and decisions.

use polars::prelude::{Column, DataFrame, DataType, Field, IntoColumn, NamedFrom, Series, StringChunkedBuilder};
use rayon::prelude::*;

use super::parquet::{Cells, LongPages, Slices, USUAL, write_slices};
use super::{Sink, WriteError};
use crate::model::{Finding, OrderedDecisions, OrderedRow, Outcome, Reject};

/// A text column of a finding.
type FindingText = (&'static str, fn(&Finding) -> Option<&str>);

/// The columns of the findings but `row`, which follows `layer`.
pub const FINDING_TEXTS: [FindingText; 12] = [
    ("severity", |f| Some(f.severity().as_str())),
    ("code", |f| Some(f.code.as_str())),
    ("file", |f| filled(&f.file)),
    ("layer", |f| filled(&f.layer)),
    ("feature_id", |f| f.feature_id.as_deref()),
    ("field", |f| f.field.as_deref()),
    ("value", |f| f.value.as_deref()),
    ("rule_id", |f| f.rule_id.as_deref()),
    ("message", |f| Some(&f.message)),
    ("hint", |f| filled(&f.hint)),
    ("who", |f| Some(f.code.who())),
    ("waived", |f| f.waived.as_deref()),
];

/// Where `row` stands among the columns of the findings.
pub const FINDING_ROW_AT: usize = 4;

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// `findings.parquet`.
pub fn findings(findings: &[Finding]) -> Result<DataFrame, WriteError> {
    let mut columns: Vec<Column> = FINDING_TEXTS
        .par_iter()
        .map(|(name, text)| {
            let mut builder = StringChunkedBuilder::new((*name).into(), findings.len());
            findings.iter().for_each(|finding| builder.append_option(text(finding)));
            builder.finish().into_column()
        })
        .collect();
    let rows: Vec<Option<i64>> = findings.iter().map(|f| f.row).collect();
    columns.insert(FINDING_ROW_AT, Series::new("row".into(), rows).into_column());
    frame("findings.parquet", columns)
}

/// A text column of a decision but its facts; the first argument is the identifier of its parcel.
type DecisionText = (&'static str, for<'a> fn(&'a str, &OrderedRow<'a>) -> &'a str);

const DECISION_TEXTS: [DecisionText; 5] = [
    ("parcel_id", |parcel, _| parcel),
    ("rule_id", |_, d| d.rule_id()),
    ("rule_version", |_, d| d.rule_version()),
    ("verdict", |_, d| d.verdict().as_str()),
    ("reasons", |_, d| d.reasons()),
];

/// Writes `ledger/decisions.parquet`, by parcel and rule.
pub fn write_decisions(outcome: &Outcome, sink: &mut Sink) -> Result<(), WriteError> {
    let failed = |source| WriteError::Table { path: "ledger/decisions.parquet".into(), source };
    let ids = outcome.inventory.column("parcel_id").and_then(|c| c.str()).map_err(failed)?;
    let ordered = OrderedDecisions::new(&outcome.decisions);
    let cells = |number: usize, start: usize, rows: usize| match DECISION_TEXTS.get(number) {
        Some((_, text)) => {
            let decisions = ordered.rows(start).take(rows);
            Cells::Texts(decisions.map(|d| text(ids.get(d.parcel() as usize).unwrap_or_default(), &d)).collect())
        }
        None => facts(&ordered, start, rows),
    };
    let names = DECISION_TEXTS.iter().map(|(name, _)| *name).chain(["facts"]);
    let schema = names.map(|name| Field::new(name.into(), DataType::String)).collect();
    write_slices(&Slices { rows: ordered.len(), schema, cells: &cells, metadata: Vec::new() }, sink)
}

/// The facts of `rows` decisions from `start`.
fn facts<'a>(ordered: &'a OrderedDecisions<'_>, start: usize, rows: usize) -> Cells<'a> {
    let decisions = move || ordered.rows(start).take(rows);
    if !ordered.is_mostly_bulk() {
        let put = move |pages: &mut LongPages<'_>| decisions().for_each(|d| pages.put(|buffer| d.append_facts(buffer)));
        return Cells::Long(USUAL, Box::new(put));
    }
    let mut builder = StringChunkedBuilder::new("facts".into(), rows);
    let mut facts = Vec::new();
    for d in decisions() {
        facts.clear();
        d.append_facts(&mut facts);
        builder.append_value(str::from_utf8(&facts).unwrap_or_default());
    }
    Cells::Column(builder.finish().into_column())
}

/// A text column of a reject.
type RejectText = (&'static str, fn(&Reject) -> Option<&str>);

/// The columns of the rejects but `row`, which follows `layer`.
const REJECT_TEXTS: [RejectText; 7] = [
    ("role", |r| Some(r.role)),
    ("file", |r| Some(&r.source.file)),
    ("layer", |r| Some(&r.source.layer)),
    ("id", |r| r.id.as_deref()),
    ("code", |r| Some(r.code.as_str())),
    ("reason", |r| Some(&r.reason)),
    ("attributes", |r| Some(&r.attributes)),
];

const REJECT_ROW_AT: usize = 3;

/// The attributes of `rejects.gpkg`.
pub fn rejects(rejects: &[&Reject]) -> Result<DataFrame, WriteError> {
    let text = |(name, text): RejectText| {
        let mut builder = StringChunkedBuilder::new(name.into(), rejects.len());
        rejects.iter().for_each(|reject| builder.append_option(text(reject)));
        builder.finish().into_column()
    };
    let mut columns: Vec<Column> = REJECT_TEXTS.map(text).into();
    let rows: Vec<i64> = rejects.iter().map(|r| r.row).collect();
    columns.insert(REJECT_ROW_AT, Series::new("row".into(), rows).into_column());
    frame("rejects.gpkg", columns)
}

fn frame(path: &str, columns: Vec<Column>) -> Result<DataFrame, WriteError> {
    DataFrame::new_infer_height(columns).map_err(|source| WriteError::Table { path: path.into(), source })
}

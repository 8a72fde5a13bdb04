//! What the page shows at once: the manifest, the words, the summaries, lists up to a length, and where the packed columns stand.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{DataFrame, PolarsResult, SortMultipleOptions};
use serde::Serialize;
use serde_json::{Value, json};

use super::columns::Columns;
use super::details::Details;
use super::error::ReportError;
use super::outlines::Outlines;
use super::{files, names, texts, themes, towns, words};
use crate::model::{Manifest, RulePackRecord, json_value};
use crate::rules::{citations, confirmations};

/// Rows of a list that the page has; the file has all.
const LISTED: usize = 2048;
/// Findings that the page lists, the worst first; the file has all.
const WORST: usize = 500;

/// What is known of a run when its facts are put together.
pub struct Known<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The inventory.
    pub inventory: &'a DataFrame,
    /// The outlines.
    pub outlines: &'a Outlines,
    /// The packed columns.
    pub columns: &'a Columns,
    /// The details.
    pub details: &'a Details,
}

/// The facts of a run.
pub fn of(run: &Path, known: &Known<'_>) -> Result<Value, ReportError> {
    let (outlines, details) = (known.outlines, known.details);
    let towns = texts(known.inventory, "town");
    Ok(json!({
        "manifest": known.manifest,
        "words": words::texts(),
        "files": words::files(),
        "industries": words::industries(),
        "stages": pairs(known.manifest.balances.iter().map(|one| &*one.stage), words::stage),
        "quantities": pairs(known.manifest.balances.iter().map(|one| &*one.quantity), words::quantity),
        "roles": pairs(known.manifest.inputs.iter().map(|one| &*one.role), words::given_as),
        "sentences": words::sentences(),
        "parcels": known.inventory.height(),
        "grid": { "x": outlines.origin.x, "y": outlines.origin.y, "step": outlines.step_m },
        "layout": known.columns.layout,
        "inventory": names(known.inventory).map(|name| words::column("inventory", name)).collect::<Vec<_>>(),
        "details": { "columns": details.columns, "rules": details.rules, "chunk": details.chunk, "present": !details.is_empty() },
        "verdicts": words::column("decisions", "verdict"),
        "themes": themes::all(&known.manifest.settings.zone_kinds),
        "towns": towns.map(|towns| towns::hulls(&towns, outlines)),
        "tables": tables(run, &known.manifest.rule_packs)?,
        "finding_counts": finding_counts(run)?,
        "citations": citations(&known.manifest.rule_packs).into_iter()
            .map(|(rule, source)| json!([rule, source.document.as_ref(), source.article.as_ref()])).collect::<Vec<_>>(),
    }))
}

/// Words by what they stand for.
fn pairs<'c, P: Serialize>(codes: impl Iterator<Item = &'c str>, pair: fn(&'c str) -> P) -> Value {
    codes.map(|code| (code.to_owned(), json!(pair(code)))).collect::<serde_json::Map<_, _>>().into()
}

/// A table of the page: its name, its file and the columns that say which rows go first where not all do, each with whether downwards.
type PageTable = (&'static str, &'static str, &'static [(&'static str, bool)]);

const TABLES: &[PageTable] = &[
    ("overall", "summary/overall.parquet", &[]),
    ("by_grade", "summary/by_grade.parquet", &[]),
    ("by_town", "summary/by_town.parquet", &[]),
    ("by_industry", "summary/by_industry.parquet", &[]),
    ("by_zone", "summary/by_zone.parquet", &[]),
    ("by_tool", "summary/by_tool.parquet", &[]),
    ("tools", "ledger/tools.parquet", &[]),
    ("tracts", "ledger/tracts.parquet", &[("area_m2", true), ("tract_id", false)]),
    ("sliver_candidates", "ledger/sliver_candidates.parquet", &[("status", false), ("project_id", false), ("parcel_id", false)]),
    ("due_list", "ledger/due_list.parquet", &[("days", false), ("parcel_id", false)]),
];

fn tables(run: &Path, packs: &[RulePackRecord]) -> Result<Value, ReportError> {
    let mut all = serde_json::Map::new();
    for (name, path, order) in TABLES {
        all.insert(
            (*name).to_owned(),
            listed(name, path, &files::read_if_there(run, path)?, order, LISTED).map_err(|source| failed(run, path, source))?,
        );
    }
    let columns = all.get_mut("sliver_candidates").and_then(|plots| plots.get_mut("columns")).and_then(Value::as_array_mut);
    if let Some(column) = columns.into_iter().flatten().find(|column| column["name"] == "human") {
        let own = confirmations(packs).into_iter().filter(|((ledger, _), _)| *ledger == "sliver_candidates");
        column["codes"] = own.map(|((_, id), texts)| (id, json!(texts))).collect::<serde_json::Map<_, _>>().into();
        column["kind"] = "list".into();
    }
    let path = "findings.parquet";
    let mut findings = files::read(run, path)?;
    let rank = texts(&findings, "severity").into_iter().flat_map(|s| s.iter().map(severity_rank).collect::<Vec<_>>()).collect::<Vec<_>>();
    let rank = polars::prelude::Column::new("rank".into(), rank);
    findings.with_column(rank).map_err(|source| failed(run, path, source))?;
    let worst = findings.sort(["rank"], SortMultipleOptions::default().with_maintain_order(true)).map(|sorted| sorted.drop("rank"));
    let worst = worst.and_then(|sorted| sorted).map_err(|source| failed(run, path, source))?;
    all.insert("findings".to_owned(), listed("findings", path, &worst, &[], WORST).map_err(|source| failed(run, path, source))?);
    Ok(all.into())
}

fn failed(run: &Path, path: &str, source: polars::error::PolarsError) -> ReportError {
    ReportError::Table { path: run.join(path), source }
}

/// The place of a severity in a list that begins with the worst.
fn severity_rank(severity: Option<&str>) -> u32 {
    match severity {
        Some("error") => 0,
        Some("warning") => 1,
        _ => 2,
    }
}

/// A table with its words, up to `most` rows.
fn listed(name: &str, path: &str, table: &DataFrame, order: &[(&str, bool)], most: usize) -> PolarsResult<Value> {
    let sorted = if order.is_empty() || table.height() == 0 {
        table.clone()
    } else {
        let options =
            SortMultipleOptions::default().with_order_descending_multi(order.iter().map(|(_, down)| *down)).with_maintain_order(true);
        table.sort(order.iter().map(|(column, _)| *column), options)?
    };
    let first = sorted.head(Some(most));
    let row = |row: usize| first.columns().iter().map(|column| Ok(json_value(&column.get(row)?))).collect::<PolarsResult<Vec<_>>>();
    Ok(json!({
        "words": words::table(name),
        "file": path,
        "columns": names(table).map(|column| words::column(name, column)).collect::<Vec<_>>(),
        "rows": (0..first.height()).map(row).collect::<PolarsResult<Vec<_>>>()?,
        "total": table.height(),
    }))
}

/// How often each finding occurs, by severity and code, and how many are waived.
fn finding_counts(run: &Path) -> Result<Value, ReportError> {
    let table = files::read(run, "findings.parquet")?;
    let [severities, codes, who, waived] = ["severity", "code", "who", "waived"].map(|name| texts(&table, name));
    let mut counts: BTreeMap<(u32, String, String, String), [u64; 2]> = BTreeMap::new();
    for row in 0..table.height() {
        let [severity, code, who, waived] =
            [&severities, &codes, &who, &waived].map(|column| column.as_ref().and_then(|column| column.get(row)));
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let [all, answered] = counts.entry((severity_rank(severity), text(severity), text(code), text(who))).or_default();
        *all += 1;
        *answered += u64::from(waived.is_some());
    }
    Ok(counts.into_iter().map(|((_, severity, code, who), [all, waived])| json!([severity, code, who, all, waived])).collect())
}

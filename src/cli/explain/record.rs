//! What the files of a run say of one parcel.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use polars::prelude::{DataFrame, DataType, PolarsResult, SerReader};
use polars_io::parquet::read::ParquetReader;
use rayon::prelude::*;
use serde_json::{Map, Value};

use crate::cli::CliError;
use crate::model::{Manifest, json_value};
use crate::rules::{RuleSource, citations};

/// A row as JSON, in the order of its columns.
pub type Row = Map<String, Value>;

const TOOLS: &str = "ledger/tools.parquet";
const DUE_LIST: &str = "ledger/due_list.parquet";
/// Rows of decisions that are read at a time; a parcel has fewer.
const STEP: usize = 4096;
/// Codes like the one asked for that are named.
const NEAR_MATCHES: usize = 3;
/// How like a code must be to be named, from 0 to 1.
const NEAR_ENOUGH: f64 = 0.8;

/// The rows of one parcel.
pub struct Record {
    /// The parcel code.
    pub parcel: String,
    /// The manifest of the run.
    pub manifest: Manifest,
    /// Its row of the inventory without the geometry.
    pub inventory: Row,
    /// Its buildings.
    pub buildings: Vec<Row>,
    /// The enterprises on it.
    pub enterprises: Vec<Row>,
    /// What the grading rule said of those enterprises, where it grades enterprises.
    pub enterprise_grades: Vec<Row>,
    /// Its zones.
    pub zones: Vec<Row>,
    /// What rules said of it.
    pub decisions: Vec<Row>,
    /// The rules of the run's packs, each with its document and article.
    pub rules: Vec<Row>,
    /// What is due when.
    pub due: Vec<Row>,
    /// Its sliver candidacies.
    pub slivers: Vec<Row>,
    /// The routes of the toolbox.
    pub tools: Vec<Row>,
    /// Its swaps, as left-over plot or as partner.
    pub swaps: Vec<Row>,
    /// What was wrong or odd with it.
    pub findings: Vec<Row>,
}

/// Reads what `run` has of `parcel`.
pub fn load(run: &Path, parcel: &str) -> Result<Record, CliError> {
    let manifest = manifest(run)?;
    let rows = |path: &str, key: &str| rows_of(&run.join(path), key, parcel);
    let Some(inventory) = rows("inventory.parquet", "parcel_id")?.into_iter().next() else {
        return Err(CliError::UnknownParcel { id: parcel.to_owned(), near: near_matches(run, parcel)? });
    };
    let of_parcels: Vec<(String, String)> =
        manifest.inputs.iter().filter(|input| input.role == "parcels").map(|input| (input.path.clone(), input.layer.clone())).collect();
    let decisions = decisions_of(&run.join("ledger/decisions.parquet"), parcel)?;
    // A run of an earlier version has none.
    let due = if run.join(DUE_LIST).is_file() { rows(DUE_LIST, "parcel_id")? } else { Vec::new() };
    let cited = decisions.iter().chain(&due).filter_map(|row| row.get("rule_id")?.as_str()).collect();
    let enterprises = rows("ledger/enterprise_shares.parquet", "parcel_id")?;
    Ok(Record {
        parcel: parcel.to_owned(),
        enterprise_grades: enterprise_grades(run, &enterprises)?,
        rules: rules(&manifest, &cited),
        manifest,
        inventory,
        buildings: rows("ledger/building_shares.parquet", "parcel_id")?,
        enterprises,
        zones: rows("ledger/zone_shares.parquet", "parcel_id")?,
        decisions,
        due,
        slivers: rows("ledger/sliver_candidates.parquet", "parcel_id")?,
        tools: if run.join(TOOLS).is_file() { all_rows(&run.join(TOOLS))? } else { Vec::new() },
        swaps: [rows("ledger/swap_candidates.parquet", "parcel_id")?, rows("ledger/swap_candidates.parquet", "partner_id")?].concat(),
        findings: rows("findings.parquet", "feature_id")?.into_iter().filter(|row| is_of_parcels(row, &of_parcels)).collect(),
    })
}

/// The grades of the enterprises on the parcel; runs of earlier versions have none.
fn enterprise_grades(run: &Path, shares: &[Row]) -> Result<Vec<Row>, CliError> {
    let path = run.join("ledger/enterprise_grades.parquet");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let ids: std::collections::BTreeSet<&str> = shares.iter().filter_map(|row| row.get("enterprise_id")?.as_str()).collect();
    let rows = ids.into_iter().map(|id| rows_of(&path, "enterprise_id", id)).collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// Whether a finding is about a parcel: buildings and enterprises may have the same code.
fn is_of_parcels(finding: &Row, sources: &[(String, String)]) -> bool {
    let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
    sources.iter().any(|(file, layer)| file == text("file") && layer == text("layer"))
}

/// Kinds of rule with many parts, each with its own article: those that say nothing of the parcel are left out.
const OF_PARTS: [&str; 2] = ["standards", "life_cycle"];

/// The rules of the packs that the run took them from, as far as those packs are compiled in and unchanged.
fn rules(manifest: &Manifest, cited: &BTreeSet<&str>) -> Vec<Row> {
    let kind = |id: &str| id.split('.').nth(1).unwrap_or_default().to_owned();
    let says = |id: &str| !OF_PARTS.contains(&kind(id).as_str()) || cited.contains(id);
    let row = |(rule_id, source): (String, RuleSource)| {
        let pairs = [("rule_id", rule_id), ("document", source.document.to_string()), ("article", source.article.to_string())];
        pairs.map(|(name, text)| (name.to_owned(), Value::String(text))).into_iter().collect()
    };
    citations(&manifest.rule_packs).into_iter().filter(|(id, _)| says(id)).map(row).collect()
}

/// The manifest of a run.
pub fn manifest(run: &Path) -> Result<Manifest, CliError> {
    let path = run.join("run.json");
    if !path.is_file() {
        return Err(CliError::NotARun { path: run.to_path_buf() });
    }
    let text = std::fs::read_to_string(&path).map_err(|source| CliError::Io { action: "read", path: path.clone(), source })?;
    serde_json::from_str(&text).map_err(|source| CliError::Json { path, source })
}

/// The rows of the file whose `key` is `id`. The keys are read first, then the stretch of rows from the first hit to the last: ledgers are sorted, so that it
/// is short.
fn rows_of(path: &Path, key: &str, id: &str) -> Result<Vec<Row>, CliError> {
    let failed = |source| CliError::Table { path: path.to_path_buf(), source };
    let open = || File::open(path).map_err(|source| CliError::Io { action: "read", path: path.to_path_buf(), source });
    let names = column_names(open()?).map_err(failed)?;
    if !names.iter().any(|name| name == key) {
        return Ok(Vec::new());
    }
    let Some((first, last)) = stretch(open()?, key, id).map_err(failed)? else { return Ok(Vec::new()) };
    let table = ParquetReader::new(open()?).with_columns(Some(names)).with_slice(Some((first, last - first + 1))).finish();
    matching_rows(&table.map_err(failed)?, key, id).map_err(failed)
}

/// The decisions on a parcel. They are in the order of the parcels and may be many millions, so a stretch that must hold them is sought by halving
/// before all keys are read.
fn decisions_of(path: &Path, parcel: &str) -> Result<Vec<Row>, CliError> {
    let failed = |source| CliError::Table { path: path.to_path_buf(), source };
    let key = |row: usize| -> PolarsResult<Option<String>> {
        let table =
            ParquetReader::new(File::open(path)?).with_columns(Some(vec!["parcel_id".to_owned()])).with_slice(Some((row, 1))).finish()?;
        Ok(table.column("parcel_id")?.str()?.get(0).map(str::to_owned))
    };
    let halve = || -> PolarsResult<Vec<Row>> {
        let mut steps = (0, ParquetReader::new(File::open(path)?).num_rows()?.div_ceil(STEP));
        while steps.0 + 1 < steps.1 {
            let middle = usize::midpoint(steps.0, steps.1);
            if key(middle * STEP)?.as_deref() < Some(parcel) { steps.0 = middle } else { steps.1 = middle }
        }
        let table = ParquetReader::new(File::open(path)?).with_slice(Some((steps.0 * STEP, 2 * STEP))).finish()?;
        matching_rows(&table, "parcel_id", parcel)
    };
    let found = halve().map_err(failed)?;
    // A file that something else has sorted anew is searched whole.
    if found.is_empty() { rows_of(path, "parcel_id", parcel) } else { Ok(found) }
}

/// Every row of a small file.
fn all_rows(path: &Path) -> Result<Vec<Row>, CliError> {
    let failed = |source| CliError::Table { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(|source| CliError::Io { action: "read", path: path.to_path_buf(), source })?;
    let table = ParquetReader::new(file).finish().map_err(failed)?;
    (0..table.height()).map(|row| json_row(&table, row)).collect::<PolarsResult<_>>().map_err(failed)
}

/// All columns but polygons and boxes: they are not explained.
fn column_names(file: File) -> PolarsResult<Vec<String>> {
    let schema = ParquetReader::new(file).schema()?;
    let kept = schema.iter_values().filter(|field| {
        let kind = DataType::from_arrow_field(field);
        !kind.is_binary() && !kind.is_nested()
    });
    Ok(kept.map(|field| field.name.to_string()).collect())
}

fn stretch(file: File, key: &str, id: &str) -> PolarsResult<Option<(usize, usize)>> {
    let keys = ParquetReader::new(file).with_columns(Some(vec![key.to_owned()])).finish()?;
    let keys = keys.column(key)?.str()?.clone();
    let mut hits = keys.iter().enumerate().filter(|(_, value)| *value == Some(id)).map(|(row, _)| row);
    let first = hits.next();
    Ok(first.map(|first| (first, hits.next_back().unwrap_or(first))))
}

fn matching_rows(table: &DataFrame, key: &str, id: &str) -> PolarsResult<Vec<Row>> {
    let keys = table.column(key)?.str()?;
    keys.iter().enumerate().filter(|(_, value)| *value == Some(id)).map(|(row, _)| json_row(table, row)).collect()
}

fn json_row(table: &DataFrame, row: usize) -> PolarsResult<Row> {
    table.columns().iter().map(|column| Ok((column.name().to_string(), json_value(&column.get(row)?)))).collect()
}

/// The codes most like `id`, the likest first.
fn near_matches(run: &Path, id: &str) -> Result<Vec<String>, CliError> {
    let path = run.join("inventory.parquet");
    let failed = |source| CliError::Table { path: path.clone(), source };
    let file = File::open(&path).map_err(|source| CliError::Io { action: "read", path: path.clone(), source })?;
    let table = ParquetReader::new(file).with_columns(Some(vec!["parcel_id".to_owned()])).finish().map_err(failed)?;
    let codes = table.column("parcel_id").and_then(|c| c.str().cloned()).map_err(failed)?;
    let codes: Vec<&str> = codes.iter().flatten().collect();
    let mut near: Vec<(f64, &str)> =
        codes.par_iter().map(|code| (strsim::normalized_levenshtein(code, id), *code)).filter(|(like, _)| *like >= NEAR_ENOUGH).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    Ok(near.into_iter().take(NEAR_MATCHES).map(|(_, code)| code.to_owned()).collect())
}

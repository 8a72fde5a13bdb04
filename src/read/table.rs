//! Attribute tables: CSV, Excel and Parquet, as canonical frames.
//!
//! Refused: ragged rows, files that end in the middle of a record, identifiers that a spreadsheet has rounded. Every other format is left to the
//! reader of vector files ([`ReadError::Unsupported`]).
//!
//! **Invariant:** rows come in the order of files and of rows within them, at any thread count.

mod csv;
mod excel;
mod parquet;

use std::io::Read;
use std::path::Path;

use polars::prelude::{Column, DataFrame};

use super::error::ReadError;
use super::fields::{FieldPlan, Loaded, Role};
use super::job::LayerSpec;
use super::paths::{Input, expand, has_extension};
use crate::model::{Finding, Source, source_at};

pub use csv::{CsvSample, sample as sample_csv};
pub use excel::{SheetSample, sample as sample_workbook};

/// A table with canonical columns.
#[derive(Clone, Debug)]
pub struct Table {
    /// The canonical fields of the role.
    pub frame: DataFrame,
    /// The 1-based data row of each row in its file.
    pub rows: Vec<i64>,
    /// The file and sheet; the first of several.
    pub source: Source,
    /// The first row of each file in the frame, with the file.
    pub parts: Vec<(usize, Source)>,
}

impl Table {
    /// The file and sheet of the row at `position`.
    #[must_use]
    pub fn source_of(&self, position: usize) -> &Source {
        source_at(&self.parts, position).unwrap_or(&self.source)
    }
}

/// Reads a table. `key` is its place in the job file: `tables[0]`.
///
/// # Errors
/// [`ReadError::Unsupported`] for formats that GDAL reads; everything that makes a file unusable.
pub fn read_table(spec: &LayerSpec, role: Role, dir: &Path, key: &str) -> Result<(Table, Vec<Finding>), ReadError> {
    let mut whole: Option<Table> = None;
    let mut findings = Vec::new();
    let mut headings: Vec<String> = Vec::new();
    for input in expand(spec, dir, key)? {
        let part = read_one(&Request { spec, role, key, input: &input })?;
        let is_new = headings != part.headings;
        findings.extend(part.plan_findings.into_iter().filter(|_| is_new));
        findings.extend(part.findings);
        headings = part.headings;
        match &mut whole {
            None => whole = Some(part.table),
            Some(table) => table.append(part.table).map_err(|e| damaged(&input, key, &e))?,
        }
    }
    let table = whole.ok_or_else(|| ReadError::Empty { file: spec.paths.join(", "), key: key.into() })?;
    Ok((table, findings))
}

impl Table {
    fn append(&mut self, other: Self) -> Result<(), polars::prelude::PolarsError> {
        let base = self.rows.len();
        self.frame.vstack_mut_owned(other.frame)?;
        self.rows.extend(other.rows);
        self.parts.extend(other.parts.into_iter().map(|(first, source)| (first + base, source)));
        Ok(())
    }
}

/// What is to be read.
struct Request<'a> {
    spec: &'a LayerSpec,
    role: Role,
    key: &'a str,
    input: &'a Input,
}

/// One file as read.
struct Part {
    table: Table,
    headings: Vec<String>,
    plan_findings: Vec<Finding>,
    findings: Vec<Finding>,
}

/// The columns of a plan, as a format's reader hands them over.
struct Raw {
    /// The columns of [`FieldPlan::source_columns`].
    fields: Vec<Loaded>,
    /// The columns of [`FieldPlan::where_columns`].
    extra: Vec<Column>,
    /// The row numbers.
    rows: Vec<i64>,
    /// What the reader found.
    findings: Vec<Finding>,
}

/// Whether the file is a table of delimited text, by its extension.
#[must_use]
pub fn is_text(path: &Path) -> bool {
    ["csv", "tsv", "txt"].iter().any(|e| has_extension(path, e))
}

/// Whether the file is delimited text with a column that GDAL takes for geometry: `WKT`, or a name that begins with `_WKT`. GDAL opens no such `.txt`.
#[must_use]
pub fn has_wkt(path: &Path) -> bool {
    const HEAD_BYTES: u64 = 1 << 16;
    if !has_extension(path, "csv") && !has_extension(path, "tsv") {
        return false;
    }
    let mut head = Vec::new();
    let is_read = std::fs::File::open(path).is_ok_and(|file| file.take(HEAD_BYTES).read_to_end(&mut head).is_ok());
    let line = String::from_utf8_lossy(head.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default()).into_owned();
    let mut names = line.split([',', ';', '\t', '|']).map(|name| name.trim_matches(['\u{feff}', '"', ' ']));
    is_read && names.any(is_wkt_column)
}

/// Whether GDAL takes a column of delimited text with this name for geometry.
pub(super) fn is_wkt_column(name: &str) -> bool {
    const NAME: &str = "WKT";
    const BEGIN: &str = "_WKT";
    name.eq_ignore_ascii_case(NAME) || name.get(..BEGIN.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(BEGIN))
}

/// Whether the file is a workbook.
#[must_use]
pub fn is_workbook(path: &Path) -> bool {
    ["xlsx", "xlsm", "xlsb", "xls", "ods"].iter().any(|e| has_extension(path, e))
}

/// Whether the file is Parquet, with or without geometry.
#[must_use]
pub fn is_parquet(path: &Path) -> bool {
    ["parquet", "geoparquet", "pq"].iter().any(|e| has_extension(path, e))
}

fn read_one(request: &Request<'_>) -> Result<Part, ReadError> {
    let path = &request.input.path;
    if is_text(path) {
        csv::read(request)
    } else if is_workbook(path) {
        excel::read(request)
    } else if is_parquet(path) {
        parquet::read(request)
    } else {
        Err(ReadError::Unsupported { file: request.input.shown.clone(), key: format!("{}.path", request.key), detail: String::new() })
    }
}

impl Request<'_> {
    fn source(&self, layer: &str) -> Source {
        Source { file: self.input.shown.as_str().into(), layer: layer.into() }
    }

    fn file(&self) -> String {
        self.input.shown.clone()
    }

    /// The plan for a file with these columns; the partition, if there is one, is a column behind them.
    fn plan(&self, headings: &[String], source: &Source) -> Result<(FieldPlan, Vec<Finding>), ReadError> {
        let mut names = headings.to_vec();
        names.extend(self.spec.partition.clone());
        FieldPlan::new(self.role, self.spec, &names, source, self.key)
    }

    /// The column of the partition.
    fn partition(&self, rows: usize) -> Column {
        self.input.partition_column(self.spec.partition.as_deref().unwrap_or_default(), rows)
    }

    /// The canonical table, less the rows that the condition leaves out.
    fn finish(&self, plan: &FieldPlan, raw: Raw, source: Source) -> Result<(Table, Vec<Finding>), ReadError> {
        if raw.rows.is_empty() {
            return Err(ReadError::Empty { file: self.file(), key: self.key.into() });
        }
        let (mut frame, mut findings) = plan.apply_loaded(raw.fields, &raw.rows)?;
        findings.splice(0..0, raw.findings);
        let mut rows = raw.rows;
        if let Some(keep) = plan.keep(&frame, &raw.extra)? {
            frame = frame.filter(&keep).map_err(|e| damaged(self.input, self.key, &e))?;
            let mut kept = keep.iter();
            rows.retain(|_| kept.next().flatten().unwrap_or(false));
            findings.retain(|f| f.row.is_none_or(|row| rows.binary_search(&row).is_ok()));
        }
        let parts = vec![(0, source.clone())];
        Ok((Table { frame, rows, source, parts }, findings))
    }
}

fn damaged(input: &Input, key: &str, cause: &dyn std::fmt::Display) -> ReadError {
    ReadError::damaged(&input.shown, key, cause)
}

#[cfg(test)]
pub(crate) mod tests;

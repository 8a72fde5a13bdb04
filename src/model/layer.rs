//! A layer as the stages see it: geometry column and attribute frame in the same row order, with the source of every row.

use std::sync::Arc;

use polars::prelude::{
    AnyValue, ChunkTake, ChunkedCollectInferIterExt, Column, DataFrame, Float64Chunked, IdxCa, IntoColumn, IntoSeries, NewChunkedArray,
    PolarsError, PolarsResult, StringChunked, StringChunkedBuilder,
};
use rayon::prelude::*;

use super::{Code, Coord, GeometryColumn};
use crate::say;

/// Where rows come from; shared by everything that was read from there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The path as the job file gives it.
    pub file: Arc<str>,
    /// The layer or sheet, empty where the format has none.
    pub layer: Arc<str>,
}

/// The file of a row of a table whose files are given with their first rows.
#[must_use]
pub fn source_at(files: &[(usize, Source)], row: usize) -> Option<&Source> {
    let after = files.partition_point(|(first, _)| *first <= row);
    files.get(after.checked_sub(1)?).map(|(_, source)| source)
}

/// Which file each row of a layer comes from; nothing where all come from one.
#[derive(Clone, Debug, Default)]
pub struct Files {
    sources: Vec<Source>,
    of_row: Vec<u32>,
}

impl Files {
    fn source_of(&self, row: usize) -> Option<&Source> {
        self.sources.get(*self.of_row.get(row)? as usize)
    }

    /// Those of the rows `rows`, in that order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        Self { sources: self.sources.clone(), of_row: rows.iter().filter_map(|&row| self.of_row.get(row as usize).copied()).collect() }
    }
}

/// A layer with canonical attribute names.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The file and layer; of several, the first with `, …` behind it: a finding names its own ([`Self::source_of`]).
    pub source: Source,
    /// The files of the rows, where there are several.
    pub files: Files,
    /// The polygons.
    pub geometry: GeometryColumn,
    /// Attributes under canonical names and units, one row a feature.
    pub attributes: DataFrame,
    /// The feature number (fid) or 1-based row of each row in its source.
    pub rows: Vec<i64>,
}

impl Layer {
    /// The number of features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no feature.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The file and layer of a row.
    #[must_use]
    pub fn source_of(&self, row: usize) -> &Source {
        self.files.source_of(row).unwrap_or(&self.source)
    }

    /// All files and layers that rows may come from.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        if self.files.sources.is_empty() { std::slice::from_ref(&self.source) } else { &self.files.sources }
    }

    /// Notes that so many rows from another file follow those that are there.
    pub fn begin_file(&mut self, next: Source, rows: usize) {
        let files = &mut self.files;
        if files.sources.is_empty() {
            let whole = Source { file: format!("{}, …", self.source.file).into(), layer: Arc::clone(&self.source.layer) };
            files.sources.push(std::mem::replace(&mut self.source, whole));
            files.of_row = vec![0; self.rows.len()];
        }
        let number = u32::try_from(files.sources.len()).unwrap_or(u32::MAX);
        files.sources.push(next);
        files.of_row.extend(std::iter::repeat_n(number, rows));
    }

    /// The features `rows`, in that order.
    ///
    /// # Errors
    /// A row that the attributes do not have.
    pub fn take(&self, rows: &[u32]) -> PolarsResult<Self> {
        Ok(Self {
            source: self.source.clone(),
            files: self.files.take(rows),
            geometry: self.geometry.take(rows),
            attributes: self.attributes.take(&IdxCa::from_slice("".into(), rows))?,
            rows: rows.iter().filter_map(|&r| self.rows.get(r as usize).copied()).collect(),
        })
    }

    /// The same layer seen from `origin`.
    pub fn move_origin(&mut self, origin: Coord) {
        self.geometry.move_origin(origin);
    }
}

/// The identifiers of a layer: the first column of its attributes.
///
/// # Errors
/// The frame is empty or its first column is no text.
pub fn identifiers(frame: &DataFrame) -> PolarsResult<&StringChunked> {
    frame.columns().first().ok_or_else(|| PolarsError::NoData(say!("a layer without attributes").into()))?.str()
}

/// A text column from its cells.
pub fn text_column<'a>(name: &str, cells: impl Iterator<Item = Option<&'a str>>) -> Column {
    let mut builder = StringChunkedBuilder::new(name.into(), cells.size_hint().0);
    cells.for_each(|cell| builder.append_option(cell));
    builder.finish().into_series().into_column()
}

/// A text column of the cells that `texts` has in `rows`: the text is not copied.
///
/// # Errors
/// A row that `texts` does not have.
pub fn text_at(name: &str, texts: &StringChunked, rows: impl Iterator<Item = Option<u32>>) -> PolarsResult<Column> {
    let rows: IdxCa = rows.collect_ca(name.into());
    Ok(texts.take(&rows)?.with_name(name.into()).into_column())
}

/// A number column from its cells.
pub fn number_column(name: &str, cells: impl Iterator<Item = Option<f64>>) -> Column {
    let numbers: Float64Chunked = cells.collect_ca(name.into());
    numbers.into_column()
}

/// Makes a column.
pub type MakeColumn<'a> = &'a (dyn Fn() -> Column + Sync);

/// Columns that are made on all threads, the first ones first.
#[must_use]
pub fn columns_of(makers: &[MakeColumn<'_>]) -> Vec<Column> {
    makers.par_iter().map(|make| make()).collect()
}

/// The identifier (the first column) and all known attributes of a row, the latter as a JSON object.
#[must_use]
pub fn attributes_of(frame: &DataFrame, row: usize) -> (Option<String>, String) {
    let mut object = serde_json::Map::new();
    for column in frame.columns() {
        let value = match column.get(row) {
            Ok(AnyValue::Null) | Err(_) => continue,
            Ok(AnyValue::String(text)) => text.into(),
            Ok(AnyValue::StringOwned(text)) => text.as_str().into(),
            Ok(AnyValue::Boolean(flag)) => flag.into(),
            Ok(AnyValue::Float64(number)) => number.into(),
            Ok(AnyValue::Int32(number)) => number.into(),
            Ok(AnyValue::Int64(number)) => number.into(),
            Ok(other) => other.to_string().into(),
        };
        object.insert(column.name().to_string(), value);
    }
    let id = frame.columns().first().and_then(|c| c.str().ok()).and_then(|c| c.get(row)).map(ToOwned::to_owned);
    (id, serde_json::Value::Object(object).to_string())
}

/// A feature that could not be used, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Reject {
    /// The file and layer.
    pub source: Source,
    /// The role it was to play: `parcels`, `buildings`, `zones`, `projects`.
    pub role: &'static str,
    /// The feature number (fid) or row in its source.
    pub row: i64,
    /// Its identifier, where it has one.
    pub id: Option<String>,
    /// Why.
    pub code: Code,
    /// What was wrong, in words.
    pub reason: String,
    /// Its area in m², where it is a polygon with a place in the compute CRS.
    pub area_m2: Option<f64>,
    /// The geometry as its source has it, as ISO WKB; none where it has none, or where it is still to be fetched from there.
    pub wkb: Option<Vec<u8>>,
    /// The number of the CRS of its source in [`super::Outcome::reject_crs`].
    pub crs: usize,
    /// All attributes, as a JSON object of canonical names.
    pub attributes: String,
}

//! A layer as the stages see it: geometry column and attribute frame in the same row order, with the source of every row.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::{Code, GeometryColumn};

/// Where rows come from; shared by everything that was read from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the job file gives it.
    pub file: Arc<str>,
    /// The layer or sheet, empty where the format has none.
    pub layer: Arc<str>,
}

/// A layer with canonical attribute names.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The file and layer.
    pub source: Source,
    /// The polygons.
    pub geometry: GeometryColumn,
    /// Attributes under canonical names and units, one row a feature.
    pub attributes: DataFrame,
    /// The feature number (fid) or 1-based row of each row in its source.
    pub rows: Vec<i64>,
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
    /// The geometry in the coordinates of the compute CRS (as read where it could not be projected) as ISO WKB; none where there was none.
    pub wkb: Option<Vec<u8>>,
    /// All attributes, as a JSON object of canonical names.
    pub attributes: String,
}

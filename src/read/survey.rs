//! What a file holds, as it stands: layers, columns with their first cells, geometry, CRS and text encoding, without a job and without canonical names.
//!
//! Nothing is judged here, and little is refused: what cannot be read is part of what is told. Of a large file the first [`MOST_ROWS`] rows are looked at.
//!
//! **Invariant:** no file outside this machine is opened, and nothing but regular files and file geodatabases.

mod columns;
mod dbf;
mod shapes;
mod text;

use super::crs::{CrsSurvey, survey_prj};
use super::error::ReadError;
use super::paths::{Input, has_extension};
use super::table::{is_parquet, is_text, is_workbook};
use super::{geoparquet, land_txt};
use crate::say;
pub use columns::{ColumnSurvey, Stored};
pub(super) use columns::{TextBytes, dbase};
pub(super) use dbf::decimal_commas;
pub use shapes::ShapeSurvey;
pub use text::{EncodingSurvey, confidence};

/// Rows of a layer that are looked at.
pub const MOST_ROWS: usize = 16_384;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The path as given.
    pub file: String,
    /// What reads it: a GDAL driver, `CSV`, `workbook`, `Parquet`, `国土TXT`, `prj`.
    pub driver: String,
    /// Its layers, sheets or its one table.
    pub layers: Vec<LayerSurvey>,
    /// Layers that were not looked into.
    pub more_layers: usize,
}

/// What a layer, sheet or table holds.
#[derive(Clone, Debug, Default)]
pub struct LayerSurvey {
    /// Its name; empty where the format has none.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// Whether that was counted, not estimated.
    pub is_counted: bool,
    /// How many rows were looked at, from the first on.
    pub sampled: usize,
    /// Its geometry; none for a table.
    pub shapes: Option<ShapeSurvey>,
    /// The CRS that it carries.
    pub crs: Option<CrsSurvey>,
    /// The encoding of its text.
    pub encoding: Option<EncodingSurvey>,
    /// Its columns.
    pub columns: Vec<ColumnSurvey>,
    /// What stopped its reading, with the place.
    pub damage: Option<String>,
}

impl LayerSurvey {
    /// Whether all rows were looked at.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_counted && self.sampled as u64 >= self.rows
    }
}

/// Looks into a file.
///
/// # Errors
/// It is no file, cannot be opened, or has a format that is not read here.
pub fn survey(input: &Input) -> Result<Survey, ReadError> {
    let path = input.path.as_path();
    let metadata = std::fs::metadata(path).map_err(|e| ReadError::io(&input.shown, "file", &e))?;
    if !metadata.is_file() && !has_extension(path, "gdb") {
        return Err(unsupported(input, &say!("it is neither a file nor a file geodatabase")));
    }
    let one =
        |driver: &str, layer: LayerSurvey| Survey { file: input.shown.clone(), driver: driver.into(), layers: vec![layer], more_layers: 0 };
    match path {
        _ if has_extension(path, "prj") => Ok(one("prj", prj(input)?)),
        _ if land_txt::is_layer(path) => Ok(one("国土TXT", columns::land_text(input)?)),
        _ if is_text(path) => Ok(one("CSV", columns::csv(input)?)),
        _ if is_workbook(path) => {
            Ok(Survey { file: input.shown.clone(), driver: "workbook".into(), layers: columns::workbook(input)?, more_layers: 0 })
        }
        _ if is_parquet(path) && geoparquet::has_geometry(path) => Ok(one("GeoParquet", columns::parquet(input)?)),
        _ if is_parquet(path) => Ok(one("Parquet", columns::parquet(input)?)),
        _ => super::vector::look_into(input),
    }
}

fn prj(input: &Input) -> Result<LayerSurvey, ReadError> {
    let text = std::fs::read(&input.path).map_err(|e| ReadError::io(&input.shown, "file", &e))?;
    let crs = survey_prj(&String::from_utf8_lossy(&text));
    let crs =
        crs.ok_or_else(|| ReadError::damaged(&input.shown, "file", say!("its text is no definition of a coordinate reference system")))?;
    Ok(LayerSurvey { crs: Some(crs), is_counted: true, ..LayerSurvey::default() })
}

fn unsupported(input: &Input, detail: &str) -> ReadError {
    ReadError::Unsupported { file: input.shown.clone(), key: "file".into(), detail: detail.into() }
}

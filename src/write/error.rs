//! What keeps a run from being written.

use std::io;
use std::path::PathBuf;

use gdal::errors::GdalError;
use polars::error::PolarsError;

use crate::model::say::refused;
use crate::say;

/// What keeps a run from being written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk refuses.
    #[error("{}", refused(action, path, source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The target is somebody else's directory.
    #[error(
        "{}",
        say!(
            "`{path}` is not empty and holds no earlier run (no `run.json`); hint: give another directory with `--out`",
            path = path.display()
        )
    )]
    NotARun {
        /// The target.
        path: PathBuf,
    },
    /// A table cannot be written as Parquet.
    #[error("{}", refused("write", path, source))]
    Table {
        /// The file.
        path: String,
        /// Why not.
        source: PolarsError,
    },
    /// The workbook cannot be written.
    #[error("{}", refused("write", path, source))]
    Workbook {
        /// The file.
        path: String,
        /// Why not.
        source: rust_xlsxwriter::XlsxError,
    },
    /// GDAL refuses.
    #[error("{}", refused("write", path, source))]
    Gdal {
        /// The file.
        path: String,
        /// Why not.
        source: GdalError,
    },
    /// The compute CRS has a description that is not JSON.
    #[error("{}", say!("the PROJJSON of `{crs}` cannot be read: {source}", crs, source))]
    Crs {
        /// The CRS.
        crs: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// Geometry and attributes do not belong together.
    #[error("{}", say!("the inventory has {rows} rows and {shapes} polygons", rows, shapes))]
    RowCount {
        /// Rows of the table.
        rows: usize,
        /// Features of the geometry column.
        shapes: usize,
    },
    /// The report cannot be made.
    #[error(transparent)]
    Report(#[from] crate::report::ReportError),
    /// The user asked to stop.
    #[error("{}", say!("stopped before the results were put in place"))]
    Cancelled,
}

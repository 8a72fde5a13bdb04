//! What keeps a run from being written.

use std::io;
use std::path::PathBuf;

use gdal::errors::GdalError;
use polars::error::PolarsError;

/// What keeps a run from being written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk refuses.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The target is somebody else's directory.
    #[error("`{path}` is not empty and holds no earlier run (no `run.json`); hint: give another directory with `--out`")]
    NotARun {
        /// The target.
        path: PathBuf,
    },
    /// A table cannot be written as Parquet.
    #[error("cannot write `{path}`: {source}")]
    Table {
        /// The file.
        path: String,
        /// Why not.
        source: PolarsError,
    },
    /// The workbook cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Workbook {
        /// The file.
        path: String,
        /// Why not.
        source: rust_xlsxwriter::XlsxError,
    },
    /// GDAL refuses.
    #[error("cannot write `{path}`: {source}")]
    Gdal {
        /// The file.
        path: String,
        /// Why not.
        source: GdalError,
    },
    /// The compute CRS has a description that is not JSON.
    #[error("the PROJJSON of `{crs}` cannot be read: {source}")]
    Crs {
        /// The CRS.
        crs: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// Geometry and attributes do not belong together.
    #[error("the inventory has {rows} rows and {shapes} polygons")]
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
    #[error("stopped before the results were put in place")]
    Cancelled,
}

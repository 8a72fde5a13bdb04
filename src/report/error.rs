//! What keeps a report from being made.

use std::io;
use std::path::PathBuf;

use polars::error::PolarsError;

use crate::model::say::refused;
use crate::say;

/// What keeps a report from being made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file of the run cannot be read.
    #[error("{}", refused("read", path, source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A table of the run cannot be read.
    #[error("{}", refused("read", path, source))]
    Table {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: PolarsError,
    },
    /// A polygon of the inventory is none.
    #[error("{}", say!("cannot read the polygon in row {row} of `inventory.parquet`: {detail}", row, detail))]
    Polygon {
        /// The row, from 1.
        row: usize,
        /// Why not.
        detail: String,
    },
}

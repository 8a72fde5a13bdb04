//! The files of a run as tables.

use std::fs::File;
use std::path::Path;

use polars::prelude::{DataFrame, SerReader};
use polars_io::parquet::read::ParquetReader;

use super::error::ReportError;
use crate::model::{GeometryBuilder, GeometryColumn};
use crate::read::decode_wkb;
use crate::say;

const INVENTORY: &str = "inventory.parquet";
const GEOMETRY: &str = "geometry";

/// The inventory without its geometry, and the geometry.
pub fn inventory(run: &Path) -> Result<(DataFrame, GeometryColumn), ReportError> {
    let mut table = read(run, INVENTORY)?;
    let failed = |source| ReportError::Table { path: run.join(INVENTORY), source };
    let geometry = table.drop_in_place(GEOMETRY).and_then(|column| Ok(column.binary()?.clone())).map_err(failed)?;
    let mut builder = GeometryBuilder::default();
    for (row, polygon) in (1..).zip(geometry.iter()) {
        let refused = |detail| ReportError::Polygon { row, detail };
        let polygon = polygon.ok_or_else(|| refused(say!("there is none")))?;
        decode_wkb(polygon, &mut builder).map_err(|refusal| refused(refusal.detail))?;
    }
    // What is left is attributes; a covering column of boxes is none.
    let flat: Vec<_> = table.columns().iter().filter(|column| !column.dtype().is_nested()).cloned().collect();
    Ok((DataFrame::new(table.height(), flat).map_err(failed)?, builder.finish()))
}

/// A table of the run.
pub fn read(run: &Path, path: &str) -> Result<DataFrame, ReportError> {
    let path = run.join(path);
    let file = File::open(&path).map_err(|source| ReportError::Io { path: path.clone(), source })?;
    ParquetReader::new(file).finish().map_err(|source| ReportError::Table { path, source })
}

/// A table of the run; empty where it has none, as runs of earlier versions lack some.
pub fn read_if_there(run: &Path, path: &str) -> Result<DataFrame, ReportError> {
    if run.join(path).is_file() { read(run, path) } else { Ok(DataFrame::default()) }
}

/// Goes through the rows of a long table in stretches, with the columns that are named.
pub fn stretches(run: &Path, path: &str, columns: &[&str], mut take: impl FnMut(&DataFrame)) -> Result<(), ReportError> {
    /// Rows of a stretch.
    const ROWS: usize = 1 << 20;
    let path = run.join(path);
    let open = || File::open(&path).map_err(|source| ReportError::Io { path: path.clone(), source });
    let failed = |source| ReportError::Table { path: path.clone(), source };
    let rows = ParquetReader::new(open()?).num_rows().map_err(failed)?;
    for start in (0..rows).step_by(ROWS) {
        let names = columns.iter().map(|name| (*name).to_owned()).collect();
        let stretch = ParquetReader::new(open()?).with_columns(Some(names)).with_slice(Some((start, ROWS))).finish().map_err(failed)?;
        take(&stretch);
    }
    Ok(())
}

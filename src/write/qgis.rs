//! `inventory.qml` and `inventory.qgz`, and the styles inside `inventory.gpkg`.

use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Sink, WriteError};
use crate::model::tables::zone_kind;
use crate::model::{Coord, Outcome, Rect};
use crate::style::qgis::{self, LayerStyle, Map};

/// The project within its archive.
const PROJECT: &str = "inventory.qgs";
/// Where a map without parcels looks, m.
const NOWHERE: Rect = Rect { min: Coord::new(0.0, 0.0), max: Coord::new(1000.0, 1000.0) };

/// Writes the style of `inventory.geojson` and `inventory.fgb`.
pub fn write_style(outcome: &Outcome, sink: &mut Sink) -> Result<(), WriteError> {
    let text = with_map(outcome, qgis::inventory_qml).map_err(|source| sink.failed(source))?;
    sink.put(text.as_bytes())
}

/// Writes the project that shows the layers of the run.
pub fn write_project(outcome: &Outcome, sink: &mut Sink) -> Result<(), WriteError> {
    let archive = with_map(outcome, qgis::project).and_then(|text| archived(&text)).map_err(|source| sink.failed(source))?;
    sink.put(&archive)
}

/// The styles of the layers of `inventory.gpkg`.
pub fn layer_styles(outcome: &Outcome, path: &str) -> Result<Vec<LayerStyle>, WriteError> {
    with_map(outcome, qgis::layer_styles).map_err(|source| WriteError::Io { action: "write", path: path.into(), source })
}

/// A QGZ: a ZIP archive of one file, without the time of day.
fn archived(project: &str) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
    archive.start_file(PROJECT, options)?;
    archive.write_all(project.as_bytes())?;
    Ok(archive.finish()?.into_inner())
}

fn with_map<T>(outcome: &Outcome, make: impl FnOnce(&Map<'_>) -> T) -> T {
    let columns: Vec<String> = outcome.inventory.get_column_names().into_iter().map(ToString::to_string).collect();
    let kinds: Vec<String> = columns.iter().filter_map(|name| zone_kind("zone_<kind>", name)).map(ToOwned::to_owned).collect();
    let (extent, origin) = (outcome.geometry.extent(), outcome.origin);
    let in_crs = |corner: Coord| Coord::new(corner.x + origin.x, corner.y + origin.y);
    let extent = if outcome.geometry.is_empty() { NOWHERE } else { Rect { min: in_crs(extent.min), max: in_crs(extent.max) } };
    let manifest = &outcome.manifest;
    make(&Map {
        lang: manifest.settings.lang,
        job: &manifest.job,
        as_of: manifest.as_of,
        crs: &outcome.crs,
        extent,
        columns: &columns,
        kinds: &kinds,
    })
}

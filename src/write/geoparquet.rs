//! `inventory.parquet`: GeoParquet 1.1 with the polygons as WKB in the compute CRS, the last column.

use polars::prelude::{BinaryChunkedBuilder, Column, IntoColumn};
use serde_json::{Map, Value, json};

use super::parquet::{self, Last, Slices};
use super::{Sink, WriteError};
use crate::model::{Outcome, Rect, columns, wkb};

/// The name of the geometry column.
pub const GEOMETRY: &str = "geometry";
/// The key under which units and meanings of the columns stand in the file.
const COLUMNS_KEY: &str = "mujun:columns";

/// Writes the inventory with its polygons.
pub fn write(outcome: &Outcome, sink: &mut Sink) -> Result<(), WriteError> {
    let (rows, shapes) = (outcome.inventory.height(), outcome.geometry.len());
    if rows != shapes {
        return Err(WriteError::RowCount { rows, shapes });
    }
    let geo = geo_metadata(outcome)?.to_string();
    let metadata = vec![("geo".to_owned(), geo), (COLUMNS_KEY.to_owned(), column_metadata(outcome).to_string())];
    let table = &outcome.inventory;
    let column = |number: usize, start: usize, rows: usize| match number < table.width() {
        true => parquet::slice(table, number, start, rows),
        false => polygons(outcome, start, rows),
    };
    parquet::write_slices(&Slices { rows, width: table.width() + 1, column: &column, last: Last::Polygons, metadata }, sink)
}

/// The polygons of `rows` rows from `start` as WKB.
fn polygons(outcome: &Outcome, start: usize, rows: usize) -> Column {
    let mut builder = BinaryChunkedBuilder::new(GEOMETRY.into(), rows);
    let mut buffer = Vec::new();
    for row in start..start + rows {
        buffer.clear();
        wkb::append(outcome.geometry.shape(row), outcome.origin, &mut buffer);
        builder.append_value(&buffer);
    }
    builder.finish().into_column()
}

/// The `geo` key as GeoParquet 1.1 wants it.
fn geo_metadata(outcome: &Outcome) -> Result<Value, WriteError> {
    let crs: Value =
        serde_json::from_str(&outcome.crs.projjson).map_err(|source| WriteError::Crs { crs: outcome.crs.name.clone(), source })?;
    let mut column = Map::new();
    let mut set = |key: &str, value: Value| column.insert(key.to_owned(), value);
    set("encoding", "WKB".into());
    set("geometry_types", json!(geometry_types(outcome)));
    set("crs", crs);
    set("edges", "planar".into());
    set("orientation", "counterclockwise".into());
    if let Some(bbox) = bbox(outcome) {
        set("bbox", json!(bbox));
    }
    Ok(json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: column } }))
}

/// The kinds that occur, in the order of their names.
fn geometry_types(outcome: &Outcome) -> Vec<&'static str> {
    let has = |single: bool| outcome.geometry.shapes().any(|shape| (shape.part_count() == 1) == single);
    let mut types = Vec::new();
    if has(false) {
        types.push("MultiPolygon");
    }
    if has(true) {
        types.push("Polygon");
    }
    types
}

fn bbox(outcome: &Outcome) -> Option<[f64; 4]> {
    let all = outcome.geometry.bounds().iter().fold(Rect::EMPTY, |all, &one| all.union(one));
    let origin = outcome.origin;
    (all.min.x <= all.max.x).then_some([all.min.x + origin.x, all.min.y + origin.y, all.max.x + origin.x, all.max.y + origin.y])
}

/// Unit and meaning of every column that has a definition.
fn column_metadata(outcome: &Outcome) -> Value {
    let defined = columns::INVENTORY.iter().filter(|c| outcome.inventory.column(c.name).is_ok());
    defined.map(|c| (c.name.to_owned(), json!({ "unit": c.unit, "meaning": c.meaning }))).collect::<Map<_, _>>().into()
}

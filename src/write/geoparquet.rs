//! `inventory.parquet`: GeoParquet 1.1 with the polygons as WKB in the compute CRS, the last column, and their boxes before it.
//!
//! The rows are in the order of `parcel_id`, as in every other file, and not in one of space: parcel codes begin with the place (province, city, county, town,
//! block), so that the rows of a group lie together as they are, and the statistics of the boxes let a reader skip the groups that are elsewhere.

use polars::prelude::{Column, DataType, IntoColumn, NamedFrom, Series, StructChunked};
use serde_json::{Map, Value, json};

use super::parquet::{self, Cells, LongPages, POLYGONS, Slices};
use super::{Sink, WriteError};
use crate::model::{Coord, Outcome, Rect, columns, wkb};

/// The name of the geometry column.
pub const GEOMETRY: &str = "geometry";
/// The name of the column of boxes.
const BBOX: &str = "bbox";
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
    let mut schema = table.schema().as_ref().clone();
    schema.with_column(BBOX.into(), boxes(outcome, 0, 0).dtype().clone());
    schema.with_column(GEOMETRY.into(), DataType::Binary);
    let cells = |number: usize, start: usize, rows: usize| match number.checked_sub(table.width()) {
        None => Cells::Column(parquet::slice(table, number, start, rows)),
        Some(0) => Cells::Column(boxes(outcome, start, rows)),
        Some(_) => polygons(outcome, start, rows),
    };
    parquet::write_slices(&Slices { rows, schema, cells: &cells, metadata }, sink)
}

/// A side of a box, and its coordinate.
type Side = (&'static str, fn(&Rect, Coord) -> f64);

/// The boxes of `rows` rows from `start`.
fn boxes(outcome: &Outcome, start: usize, rows: usize) -> Column {
    let origin = outcome.origin;
    let bounds = || outcome.geometry.bounds().iter().skip(start).take(rows);
    let sides: [Side; 4] = [
        ("xmin", |r, origin| r.min.x + origin.x),
        ("ymin", |r, origin| r.min.y + origin.y),
        ("xmax", |r, origin| r.max.x + origin.x),
        ("ymax", |r, origin| r.max.y + origin.y),
    ];
    let fields: Vec<Series> = sides
        .iter()
        .map(|(name, side)| Series::new((*name).into(), bounds().map(|bounds| side(bounds, origin)).collect::<Vec<f64>>()))
        .collect();
    // Four columns of one length always make a struct.
    StructChunked::from_series(BBOX.into(), rows, fields.iter())
        .map_or_else(|_| Column::new_empty(BBOX.into(), &DataType::Null), IntoColumn::into_column)
}

/// The polygons of `rows` rows from `start` as WKB.
fn polygons(outcome: &Outcome, start: usize, rows: usize) -> Cells<'_> {
    let put = move |pages: &mut LongPages<'_>| {
        (start..start + rows).for_each(|row| pages.put(|buffer| wkb::append(outcome.geometry.shape(row), outcome.origin, buffer)));
    };
    Cells::Long(POLYGONS, Box::new(put))
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
    let side = |name: &str| json!([BBOX, name]);
    set("covering", json!({ BBOX: { "xmin": side("xmin"), "ymin": side("ymin"), "xmax": side("xmax"), "ymax": side("ymax") } }));
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

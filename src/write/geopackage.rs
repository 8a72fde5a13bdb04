//! `inventory.gpkg` for QGIS, `rejects.gpkg`: the features that could not be used, as they came, and `coverage.gpkg`: faults of the coverage. All in the compute CRS.
//!
//! **Invariant:** the files have no clock in them: GDAL is told the date.

use std::path::Path;

use gdal::config::{clear_thread_local_config_option, set_thread_local_config_option};
use gdal::errors::GdalError;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, DriverManager};
use polars::prelude::{DataFrame, PolarsResult};

use super::cells::{self, Cells, Values};
use super::{Staging, WriteError, sink, tables};
use crate::model::{Outcome, OutputFile, wkb};

/// Set while a file is written: the last change that it states, no second thread for its index, and no waiting for the disk, because the run waits once
/// at its end.
const OPTIONS: [(&str, &str); 3] =
    [("OGR_CURRENT_DATE", "1970-01-01T00:00:00.000Z"), ("OGR_GPKG_ALLOW_THREADED_RTREE", "NO"), ("OGR_SQLITE_SYNCHRONOUS", "OFF")];

/// The geometry of a row as WKB.
type Shapes<'a> = &'a dyn Fn(usize) -> Option<Vec<u8>>;

/// A layer to write.
struct Plan<'a> {
    name: &'static str,
    columns: Vec<Cells>,
    rows: usize,
    kind: OGRwkbGeometryType::Type,
    shapes: Shapes<'a>,
}

impl<'a> Plan<'a> {
    fn new(name: &'static str, table: &DataFrame, kind: OGRwkbGeometryType::Type, shapes: Shapes<'a>) -> PolarsResult<Self> {
        Ok(Self { name, columns: cells::of(table)?, rows: table.height(), kind, shapes })
    }
}

/// Writes the rejects alone; none is a valid file too.
pub fn write_rejects(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let failed = |source| WriteError::Table { path: path.to_owned(), source };
    let shapes = |row: usize| outcome.rejects.get(row).and_then(|reject| reject.wkb.clone());
    let table = tables::rejects(&outcome.rejects)?;
    let plan = Plan::new("rejects", &table, OGRwkbGeometryType::wkbUnknown, &shapes).map_err(failed)?;
    write(&[plan], outcome, staging, path)
}

/// Writes the faults of the coverage as one layer of polygons and points; none is a valid file too.
pub fn write_coverage(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let failed = |source| WriteError::Table { path: path.to_owned(), source };
    let shapes = |row: usize| outcome.coverage.shapes.get(row).cloned();
    let plan = Plan::new("coverage", &outcome.coverage.rows, OGRwkbGeometryType::wkbUnknown, &shapes).map_err(failed)?;
    write(&[plan], outcome, staging, path)
}

/// Writes the inventory, findings, rejects and sliver candidates as layers.
pub fn write_inventory(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let parcels = |row: usize| {
        let mut bytes = Vec::new();
        wkb::append_multi(outcome.geometry.shape(row), outcome.origin, &mut bytes);
        Some(bytes)
    };
    let rejected = |row: usize| outcome.rejects.get(row).and_then(|reject| reject.wkb.clone());
    let none = |_: usize| None;
    let (findings, rejects) = (tables::findings(&outcome.findings)?, tables::rejects(&outcome.rejects)?);
    let (multi, any, table) = (OGRwkbGeometryType::wkbMultiPolygon, OGRwkbGeometryType::wkbUnknown, OGRwkbGeometryType::wkbNone);
    let plans = [
        Plan::new("inventory", &outcome.inventory, multi, &parcels),
        Plan::new("findings", &findings, table, &none),
        Plan::new("rejects", &rejects, any, &rejected),
        Plan::new("sliver_candidates", &outcome.sliver_candidates, table, &none),
    ];
    let plans = plans.into_iter().collect::<PolarsResult<Vec<_>>>();
    write(&plans.map_err(|source| WriteError::Table { path: path.to_owned(), source })?, outcome, staging, path)
}

fn write(plans: &[Plan<'_>], outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let failed = |source| WriteError::Gdal { path: path.to_owned(), source };
    let full = staging.path(path)?;
    for (option, value) in OPTIONS {
        set_thread_local_config_option(option, value).map_err(failed)?;
    }
    let filled = fill(plans, &outcome.crs.wkt, &full);
    for (option, _) in OPTIONS {
        clear_thread_local_config_option(option).map_err(failed)?;
    }
    filled.map_err(failed)?;
    sink::adopt(staging, path)
}

fn fill(plans: &[Plan<'_>], wkt: &str, path: &Path) -> Result<(), GdalError> {
    let mut srs = SpatialRef::from_wkt(wkt)?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let mut dataset = DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)?;
    for plan in plans {
        create_layer(plan, &mut dataset, &srs)?;
        let transaction = dataset.start_transaction()?;
        add_rows(plan, &transaction)?;
        transaction.commit()?;
    }
    dataset.close()
}

fn create_layer(plan: &Plan<'_>, dataset: &mut Dataset, srs: &SpatialRef) -> Result<(), GdalError> {
    let has_geometry = plan.kind != OGRwkbGeometryType::wkbNone;
    let layer = dataset.create_layer(LayerOptions {
        name: plan.name,
        srs: has_geometry.then_some(srs),
        ty: plan.kind,
        options: Some(if has_geometry { &["GEOMETRY_NAME=geom", "FID=fid"] } else { &["FID=fid"] }),
    })?;
    plan.columns.iter().try_for_each(|column| FieldDefn::new(&column.name, field_type(&column.values))?.add_to_layer(&layer))
}

fn field_type(values: &Values) -> OGRFieldType::Type {
    match values {
        Values::Text(_) => OGRFieldType::OFTString,
        Values::Number(_) => OGRFieldType::OFTReal,
        Values::Whole(_) | Values::Truth(_) => OGRFieldType::OFTInteger64,
    }
}

fn add_rows(plan: &Plan<'_>, dataset: &Dataset) -> Result<(), GdalError> {
    let layer = dataset.layer_by_name(plan.name)?;
    for row in 0..plan.rows {
        let mut feature = Feature::new(layer.defn())?;
        for (field, column) in plan.columns.iter().enumerate() {
            set_field(&mut feature, field, (&column.values, row))?;
        }
        // A geometry that GDAL cannot decode is left out: the row and the reason still say where to look.
        if let Some(geometry) = (plan.shapes)(row).and_then(|wkb| Geometry::from_wkb(&wkb).ok()) {
            feature.set_geometry(geometry)?;
        }
        feature.create(&layer)?;
    }
    Ok(())
}

fn set_field(feature: &mut Feature<'_>, field: usize, (values, row): (&Values, usize)) -> Result<(), GdalError> {
    match values {
        // A C string ends at a zero byte; nothing behind it may be lost.
        Values::Text(texts) => texts.get(row).map(|text| feature.set_field_string(field, &text.replace('\0', "\u{fffd}"))),
        Values::Number(numbers) => numbers.get(row).filter(|n| n.is_finite()).map(|number| feature.set_field_double(field, number)),
        Values::Whole(numbers) => numbers.get(row).map(|number| feature.set_field_integer64(field, number)),
        Values::Truth(truths) => truths.get(row).map(|truth| feature.set_field_integer64(field, i64::from(truth))),
    }
    .unwrap_or_else(|| feature.set_field_null(field))
}

//! `inventory.gpkg` for QGIS, `inventory.fgb`, `rejects.gpkg`: the features that could not be used, as they came, in one layer for each CRS that they came in,
//! and `coverage.gpkg`: faults of the coverage.

use std::collections::HashMap;

use gdal::errors::GdalError;
use gdal::spatial_ref::CoordTransform;
use gdal::vector::{Geometry, OGRwkbGeometryType};
use polars::prelude::{DataFrame, PolarsResult};

use super::features::{Content, Plan, Shapes, spatial_ref, write};
use super::{Staging, WriteError, qgis, tables};
use crate::model::{GeometryColumn, Outcome, OutputFile, Reject, wkb};

const MULTI: OGRwkbGeometryType::Type = OGRwkbGeometryType::wkbMultiPolygon;
const ANY: OGRwkbGeometryType::Type = OGRwkbGeometryType::wkbUnknown;
const TABLE: OGRwkbGeometryType::Type = OGRwkbGeometryType::wkbNone;

/// Writes the rejects alone; none is a valid file too.
pub fn write_rejects(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let failed = |source| WriteError::Table { path: path.to_owned(), source };
    let mut of_crs: Vec<Vec<&Reject>> = vec![Vec::new(); outcome.reject_crs.len().max(1)];
    for reject in &outcome.rejects {
        of_crs.get_mut(reject.crs).into_iter().for_each(|own| own.push(reject));
    }
    let shapes: Vec<_> = of_crs.iter().map(|own| |row: usize| own.get(row).and_then(|reject| reject.wkb.clone())).collect();
    let mut plans = Vec::with_capacity(of_crs.len());
    for (number, (own, shapes)) in of_crs.iter().zip(&shapes).enumerate().filter(|(number, (own, _))| *number == 0 || !own.is_empty()) {
        let name = if number == 0 { "rejects".to_owned() } else { format!("rejects_{}", number + 1) };
        let plan = Plan::new(name, &tables::rejects(own)?, ANY, shapes).map_err(failed)?;
        plans.push(match outcome.reject_crs.get(number) {
            Some(definition) => plan.in_crs(definition),
            None => plan,
        });
    }
    write(&Content::GeoPackage(&plans, &[]), outcome, staging, path)
}

/// Rejects in the compute CRS, for the map: no geometry where it has no place there.
struct OnMap(Vec<Option<CoordTransform>>);

impl OnMap {
    fn new(outcome: &Outcome) -> Result<Self, GdalError> {
        let compute = spatial_ref(&outcome.crs.wkt)?;
        let way = |definition: &String| {
            let own = spatial_ref(definition)?;
            let is_same = own == compute || own.authority().is_ok_and(|code| compute.authority().is_ok_and(|other| code == other));
            Ok(if is_same { None } else { Some(CoordTransform::new(&own, &compute)?) })
        };
        Ok(Self(outcome.reject_crs.iter().map(way).collect::<Result<_, GdalError>>()?))
    }

    fn shape(&self, reject: &Reject) -> Option<Vec<u8>> {
        let wkb = reject.wkb.clone()?;
        let Some(way) = self.0.get(reject.crs).and_then(Option::as_ref) else { return Some(wkb) };
        Geometry::from_wkb(&wkb).ok()?.transform(way).ok()?.iso_wkb().ok()
    }
}

/// Writes the faults of the coverage as one layer of polygons and points; none is a valid file too.
pub fn write_coverage(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let shapes = |row: usize| outcome.coverage.shapes.get(row).cloned();
    write_one("coverage", &outcome.coverage.rows, &shapes, outcome, (staging, path))
}

fn write_one(
    name: &'static str,
    table: &DataFrame,
    shapes: Shapes<'_>,
    outcome: &Outcome,
    (staging, path): (&Staging, &str),
) -> Result<OutputFile, WriteError> {
    let plan = Plan::new(name, table, ANY, shapes).map_err(|source| WriteError::Table { path: path.to_owned(), source })?;
    write(&Content::GeoPackage(&[plan], &[]), outcome, staging, path)
}

/// Writes the inventory alone, as FlatGeobuf.
pub fn write_flatgeobuf(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let shapes = |row: usize| multi(&outcome.geometry, Some(row), outcome);
    let plan = Plan::new("inventory", &outcome.inventory, MULTI, &shapes);
    let plan = plan.map_err(|source| WriteError::Table { path: path.to_owned(), source })?;
    write(&Content::FlatGeobuf(&plan), outcome, staging, path)
}

/// Writes the inventory and everything that is shown beside it as layers, with their styles.
pub fn write_inventory(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let failed = |source| WriteError::Table { path: path.to_owned(), source };
    let places = places(&outcome.sliver_candidates, outcome).map_err(failed)?;
    let parcels = |row: usize| multi(&outcome.geometry, Some(row), outcome);
    let plots = |row: usize| multi(&outcome.geometry, places.get(row).copied().flatten(), outcome);
    let tracts = |row: usize| multi(&outcome.shown.tracts, Some(row), outcome);
    let zones = |row: usize| multi(&outcome.shown.zones.geometry, Some(row), outcome);
    let projects = |row: usize| multi(&outcome.shown.projects.geometry, Some(row), outcome);
    let on_map = OnMap::new(outcome).map_err(|source| WriteError::Gdal { path: path.to_owned(), source })?;
    let rejected = |row: usize| outcome.rejects.get(row).and_then(|reject| on_map.shape(reject));
    let none = |_: usize| None;
    let (findings, rejects) = (tables::findings(&outcome.findings)?, tables::rejects(&outcome.rejects.iter().collect::<Vec<_>>())?);
    let plans = [
        Plan::new("inventory", &outcome.inventory, MULTI, &parcels),
        Plan::new("findings", &findings, TABLE, &none),
        Plan::new("rejects", &rejects, ANY, &rejected),
        Plan::new("sliver_candidates", &outcome.sliver_candidates, MULTI, &plots),
        Plan::new("tracts", &outcome.tracts, MULTI, &tracts),
        Plan::new("zones", &outcome.shown.zones.rows, MULTI, &zones),
        Plan::new("projects", &outcome.shown.projects.rows, MULTI, &projects),
    ];
    let plans = plans.into_iter().collect::<PolarsResult<Vec<_>>>().map_err(failed)?;
    write(&Content::GeoPackage(&plans, &qgis::layer_styles(outcome, path)?), outcome, staging, path)
}

/// The polygon of a row as WKB; none where there is none.
fn multi(geometry: &GeometryColumn, row: Option<usize>, outcome: &Outcome) -> Option<Vec<u8>> {
    let row = row.filter(|row| *row < geometry.len())?;
    let mut bytes = Vec::new();
    wkb::append_multi(geometry.shape(row), outcome.origin, &mut bytes);
    Some(bytes)
}

/// The row of the inventory that each row of a table is about, by `parcel_id`.
fn places(table: &DataFrame, outcome: &Outcome) -> PolarsResult<Vec<Option<usize>>> {
    let ids = outcome.inventory.column("parcel_id")?.str()?;
    let rows: HashMap<&str, usize> = ids.iter().enumerate().filter_map(|(row, id)| Some((id?, row))).collect();
    Ok(table.column("parcel_id")?.str()?.iter().map(|id| rows.get(id?).copied()).collect())
}

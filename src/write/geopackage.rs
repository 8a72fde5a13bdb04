//! `rejects.gpkg`: the features that could not be used, as they came.
//!
//! **Invariant:** the file has no clock in it: GDAL is told the date.

use std::path::Path;

use gdal::config::{clear_thread_local_config_option, set_thread_local_config_option};
use gdal::errors::GdalError;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature, FieldDefn, Geometry, Layer, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, DriverManager};

use super::{Staging, WriteError, sink};
use crate::model::{Outcome, OutputFile, Reject};

/// What a GeoPackage says was its last change.
const FIXED_DATE: &str = "1970-01-01T00:00:00.000Z";
const DATE_OPTION: &str = "OGR_CURRENT_DATE";

const FIELDS: [(&str, OGRFieldType::Type); 8] = [
    ("role", OGRFieldType::OFTString),
    ("file", OGRFieldType::OFTString),
    ("layer", OGRFieldType::OFTString),
    ("row", OGRFieldType::OFTInteger64),
    ("id", OGRFieldType::OFTString),
    ("code", OGRFieldType::OFTString),
    ("reason", OGRFieldType::OFTString),
    ("attributes", OGRFieldType::OFTString),
];

/// Writes the rejects, none being a valid file too.
pub fn write_rejects(outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let full = staging.path(path)?;
    write(&outcome.rejects, &outcome.crs.wkt, &full).map_err(|source| WriteError::Gdal { path: path.to_owned(), source })?;
    sink::adopt(staging, path)
}

fn write(rejects: &[Reject], wkt: &str, path: &Path) -> Result<(), GdalError> {
    set_thread_local_config_option(DATE_OPTION, FIXED_DATE)?;
    let written = fill(rejects, wkt, path);
    clear_thread_local_config_option(DATE_OPTION)?;
    written
}

fn fill(rejects: &[Reject], wkt: &str, path: &Path) -> Result<(), GdalError> {
    let mut srs = SpatialRef::from_wkt(wkt)?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let mut dataset = DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)?;
    create_layer(&mut dataset, &srs)?;
    let transaction = dataset.start_transaction()?;
    let layer = transaction.layer(0)?;
    for reject in rejects {
        add(reject, &layer)?;
    }
    drop(layer);
    transaction.commit()?;
    dataset.close()
}

fn create_layer(dataset: &mut Dataset, srs: &SpatialRef) -> Result<(), GdalError> {
    let layer = dataset.create_layer(LayerOptions {
        name: "rejects",
        srs: Some(srs),
        ty: OGRwkbGeometryType::wkbUnknown,
        options: Some(&["GEOMETRY_NAME=geom", "FID=fid"]),
    })?;
    FIELDS.iter().try_for_each(|(name, kind)| FieldDefn::new(name, *kind)?.add_to_layer(&layer))
}

fn add(reject: &Reject, layer: &Layer<'_>) -> Result<(), GdalError> {
    let mut feature = Feature::new(layer.defn())?;
    let texts = [
        (0, Some(reject.role)),
        (1, Some(&*reject.source.file)),
        (2, Some(&*reject.source.layer)),
        (4, reject.id.as_deref()),
        (5, Some(reject.code.as_str())),
        (6, Some(&*reject.reason)),
        (7, Some(&*reject.attributes)),
    ];
    feature.set_field_integer64(3, reject.row)?;
    for (field, text) in texts {
        match text {
            // A C string ends at a zero byte; nothing before it is lost.
            Some(text) => feature.set_field_string(field, &text.replace('\0', "\u{fffd}"))?,
            None => feature.set_field_null(field)?,
        }
    }
    // A geometry that GDAL cannot decode is in the file without it: the row and the reason still say where to look.
    if let Some(geometry) = reject.wkb.as_deref().and_then(|wkb| Geometry::from_wkb(wkb).ok()) {
        feature.set_geometry(geometry)?;
    }
    feature.create(layer)
}

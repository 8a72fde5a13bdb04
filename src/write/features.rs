//! Layers that GDAL writes: a GeoPackage of several, or one FlatGeobuf. All in the compute CRS.
//!
//! **Invariant:** the files have no clock in them: GDAL is told the date.

use std::path::Path;

use gdal::config::{clear_thread_local_config_option, set_thread_local_config_option};
use gdal::errors::GdalError;
use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, DriverManager};
use polars::prelude::{DataFrame, PolarsResult};

use super::cells::{self, Cells, Values};
use super::{Staging, WriteError, sink};
use crate::model::{Outcome, OutputFile};
use crate::style::qgis::LayerStyle;

/// Set while a file is written: the last change that it states, no second thread for its index, and no waiting for the disk, because the run waits once
/// at its end.
const OPTIONS: [(&str, &str); 3] =
    [("OGR_CURRENT_DATE", "1970-01-01T00:00:00.000Z"), ("OGR_GPKG_ALLOW_THREADED_RTREE", "NO"), ("OGR_SQLITE_SYNCHRONOUS", "OFF")];

/// The geometry of a row as WKB.
pub type Shapes<'a> = &'a dyn Fn(usize) -> Option<Vec<u8>>;

/// A layer to write.
pub struct Plan<'a> {
    name: String,
    columns: Vec<Cells>,
    rows: usize,
    /// The definition of its CRS, where it is not the compute CRS.
    crs: Option<&'a str>,
    kind: OGRwkbGeometryType::Type,
    shapes: Shapes<'a>,
}

impl<'a> Plan<'a> {
    /// The layer `name` with the rows of `table`.
    pub fn new(name: impl Into<String>, table: &DataFrame, kind: OGRwkbGeometryType::Type, shapes: Shapes<'a>) -> PolarsResult<Self> {
        Ok(Self { name: name.into(), columns: cells::of(table)?, rows: table.height(), crs: None, kind, shapes })
    }

    /// The same layer in a CRS of its own.
    pub fn in_crs(self, crs: &'a str) -> Self {
        Self { crs: Some(crs), ..self }
    }
}

/// What a file holds.
pub enum Content<'a> {
    /// A GeoPackage of layers, with styles of them.
    GeoPackage(&'a [Plan<'a>], &'a [LayerStyle]),
    /// One layer as FlatGeobuf.
    FlatGeobuf(&'a Plan<'a>),
}

/// Writes a file and hashes it.
pub fn write(content: &Content<'_>, outcome: &Outcome, staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let failed = |source| WriteError::Gdal { path: path.to_owned(), source };
    let full = staging.path(path)?;
    for (option, value) in OPTIONS {
        set_thread_local_config_option(option, value).map_err(failed)?;
    }
    let filled = fill(content, outcome, &full);
    for (option, _) in OPTIONS {
        clear_thread_local_config_option(option).map_err(failed)?;
    }
    filled.map_err(failed)?;
    sink::adopt(staging, path)
}

fn fill(content: &Content<'_>, outcome: &Outcome, path: &Path) -> Result<(), GdalError> {
    let srs = spatial_ref(&outcome.crs.wkt)?;
    match content {
        Content::GeoPackage(plans, styles) => {
            // What later versions have is not used, and QGIS 3.22 warns of them.
            let options = RasterCreationOptions::from_iter(["VERSION=1.2"]);
            let driver = DriverManager::get_driver_by_name("GPKG")?;
            let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, 0, 0, 0, &options)?;
            for plan in *plans {
                let own = plan.crs.map(spatial_ref).transpose()?;
                create_layer(plan, &mut dataset, (own.as_ref().unwrap_or(&srs), &["GEOMETRY_NAME=geom", "FID=fid"], &["FID=fid"]))?;
                let transaction = dataset.start_transaction()?;
                add_rows(plan, &transaction)?;
                transaction.commit()?;
            }
            if !styles.is_empty() {
                add_styles(styles, &mut dataset, &outcome.manifest.as_of.to_string())?;
            }
            dataset.close()
        }
        Content::FlatGeobuf(plan) => {
            let mut dataset = DriverManager::get_driver_by_name("FlatGeobuf")?.create_vector_only(path)?;
            create_layer(plan, &mut dataset, (&srs, &[], &[]))?;
            add_rows(plan, &dataset)?;
            dataset.close()
        }
    }
}

/// A CRS whose coordinates are easting and northing, or longitude and latitude.
pub fn spatial_ref(definition: &str) -> Result<SpatialRef, GdalError> {
    let mut srs = SpatialRef::from_definition(definition)?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(srs)
}

/// Creates a layer; the options are those with a geometry, and those without.
fn create_layer(
    plan: &Plan<'_>,
    dataset: &mut Dataset,
    (srs, with_geometry, without): (&SpatialRef, &[&str], &[&str]),
) -> Result<(), GdalError> {
    let has_geometry = plan.kind != OGRwkbGeometryType::wkbNone;
    let layer = dataset.create_layer(LayerOptions {
        name: &plan.name,
        srs: has_geometry.then_some(srs),
        ty: plan.kind,
        options: Some(if has_geometry { with_geometry } else { without }),
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
    let layer = dataset.layer_by_name(&plan.name)?;
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

/// The table in which QGIS looks for the styles of a GeoPackage, with the columns that it makes itself.
fn add_styles(styles: &[LayerStyle], dataset: &mut Dataset, day: &str) -> Result<(), GdalError> {
    const TEXTS: [&str; 10] = [
        "f_table_catalog",
        "f_table_schema",
        "f_table_name",
        "f_geometry_column",
        "styleName",
        "styleQML",
        "styleSLD",
        "description",
        "owner",
        "ui",
    ];
    let none = OGRwkbGeometryType::wkbNone;
    let layer = dataset.create_layer(LayerOptions { name: "layer_styles", srs: None, ty: none, options: Some(&["FID=id"]) })?;
    for name in TEXTS {
        FieldDefn::new(name, OGRFieldType::OFTString)?.add_to_layer(&layer)?;
    }
    FieldDefn::new("useAsDefault", OGRFieldType::OFTInteger)?.add_to_layer(&layer)?;
    FieldDefn::new("update_time", OGRFieldType::OFTDateTime)?.add_to_layer(&layer)?;
    for style in styles {
        let column = if style.has_geometry { "geom" } else { "" };
        let texts = ["", "", style.layer, column, &style.name, &style.qml, "", &style.name, "", ""];
        let mut feature = Feature::new(layer.defn())?;
        for (field, text) in texts.into_iter().enumerate() {
            feature.set_field_string(field, text)?;
        }
        feature.set_field_integer(TEXTS.len(), i32::from(style.is_default))?;
        feature.set_field_string(TEXTS.len() + 1, &format!("{day}T00:00:00Z"))?;
        feature.create(&layer)?;
    }
    Ok(())
}

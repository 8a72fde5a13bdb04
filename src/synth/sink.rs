//! One vector file, written feature by feature through GDAL's C interface with a single reused feature.
//!
//! The clock is not an input: the dates that GeoPackage and DBF keep are fixed, so one seed gives one file.
//!
//! **Invariant:** a sink is made, used and closed in one thread; GDAL handles never cross threads.

use std::ffi::{CString, c_int};
use std::path::{Path, PathBuf};

use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{FieldDefn, LayerAccess, LayerOptions};
use gdal::{Dataset, DriverManager, config};
use gdal_sys::{OGRErr, OGRFeatureH, OGRFieldSubType, OGRFieldType, OGRLayerH, OGRwkbGeometryType};

use super::layers::{FieldKind, FieldSpec, LayerSpec, Value};
use super::{SynthError, SynthFormat};

const EPSG: u32 = 4528;
const FIXED_TIME: &str = "2025-12-31T00:00:00.000Z";
const FIXED_DATE_OPTION: &str = "DBF_DATE_LAST_UPDATE=2025-12-31";
/// Language driver 0x4D: code page 936, the mark of a Chinese DBF.
const GBK_OPTION: &str = "ENCODING=LDID/77";
const FEATURES_PER_TRANSACTION: u32 = 100_000;
const NO_FID: i64 = -1;

/// An open layer that takes features.
pub(super) struct Sink {
    path: PathBuf,
    format: SynthFormat,
    dataset: Option<Dataset>,
    layer: OGRLayerH,
    feature: OGRFeatureH,
    pending: u32,
}

impl Sink {
    /// Creates the file of a layer in `out_dir`, in place of one that is there.
    pub(super) fn create(spec: &LayerSpec, format: SynthFormat, out_dir: &Path) -> Result<Self, SynthError> {
        config::set_thread_local_config_option("OGR_CURRENT_DATE", FIXED_TIME)?;
        config::set_thread_local_config_option("OGR_SQLITE_SYNCHRONOUS", "OFF")?;
        // The text is encoded here; an empty value keeps GDAL from encoding it again.
        config::set_thread_local_config_option("SHAPE_ENCODING", "")?;
        remove_old(spec, out_dir)?;
        let path = out_dir.join(format!("{}.{}", spec.name, format.extension()));
        let mut dataset = DriverManager::get_driver_by_name(format.driver())?.create_vector_only(&path)?;
        let layer = create_layer(&mut dataset, spec, format)?;
        // SAFETY: the layer belongs to `dataset`, which this sink keeps open as long as it uses the handles.
        let feature = unsafe { gdal_sys::OGR_F_Create(gdal_sys::OGR_L_GetLayerDefn(layer)) };
        let mut sink = Self { path, format, dataset: Some(dataset), layer, feature, pending: 0 };
        sink.begin()?;
        Ok(sink)
    }

    /// Writes one feature; the values are in the order of the layer's fields.
    pub(super) fn write(&mut self, wkb: &[u8], values: &[Value<'_>]) -> Result<(), SynthError> {
        for (value, field) in values.iter().zip(0..) {
            self.set(field, *value)?;
        }
        // SAFETY: all handles are alive; the feature takes over the geometry, and `wkb` outlives the call.
        let outcome = unsafe {
            gdal_sys::OGR_F_SetFID(self.feature, NO_FID);
            let mut geometry = std::ptr::null_mut();
            let parsed = gdal_sys::OGR_G_CreateFromWkbEx(wkb.as_ptr().cast(), std::ptr::null_mut(), &raw mut geometry, wkb.len());
            if parsed == OGRErr::OGRERR_NONE {
                gdal_sys::OGR_F_SetGeometryDirectly(self.feature, geometry);
                gdal_sys::OGR_L_CreateFeature(self.layer, self.feature)
            } else {
                parsed
            }
        };
        self.check(outcome)?;
        self.pending += 1;
        if self.pending == FEATURES_PER_TRANSACTION {
            self.commit()?;
            self.begin()?;
        }
        Ok(())
    }

    /// Commits and closes the file, and returns its path.
    pub(super) fn close(mut self) -> Result<PathBuf, SynthError> {
        self.commit()?;
        self.release_feature();
        if let Some(dataset) = self.dataset.take() {
            dataset.close()?;
        }
        Ok(std::mem::take(&mut self.path))
    }

    fn set(&self, field: c_int, value: Value<'_>) -> Result<(), SynthError> {
        let text = match value {
            Value::Text(text) => self.encode(text)?,
            _ => CString::default(),
        };
        // SAFETY: the feature is alive and has a field for every value; GDAL copies the text.
        unsafe {
            match value {
                Value::Missing => gdal_sys::OGR_F_SetFieldNull(self.feature, field),
                Value::Text(_) => gdal_sys::OGR_F_SetFieldString(self.feature, field, text.as_ptr()),
                Value::Real(number) => gdal_sys::OGR_F_SetFieldDouble(self.feature, field, number),
                Value::Whole(number) => gdal_sys::OGR_F_SetFieldInteger(self.feature, field, number),
            }
        }
        Ok(())
    }

    fn encode(&self, text: &str) -> Result<CString, SynthError> {
        let bytes = match self.format {
            SynthFormat::Gpkg => text.as_bytes().to_vec(),
            SynthFormat::Shapefile => encoding_rs::GBK.encode(text).0.into_owned(),
        };
        CString::new(bytes).map_err(|_| SynthError::NulInText { text: text.to_owned() })
    }

    fn begin(&mut self) -> Result<(), SynthError> {
        self.pending = 0;
        self.transact(|dataset| {
            // SAFETY: the dataset is open.
            unsafe { gdal_sys::GDALDatasetStartTransaction(dataset.c_dataset(), 0) }
        })
    }

    fn commit(&mut self) -> Result<(), SynthError> {
        self.transact(|dataset| {
            // SAFETY: the dataset is open and a transaction runs since `begin`.
            unsafe { gdal_sys::GDALDatasetCommitTransaction(dataset.c_dataset()) }
        })
    }

    /// Shapefiles know no transactions.
    fn transact(&self, step: impl Fn(&Dataset) -> OGRErr::Type) -> Result<(), SynthError> {
        match (&self.dataset, self.format) {
            (Some(dataset), SynthFormat::Gpkg) => self.check(step(dataset)),
            _ => Ok(()),
        }
    }

    fn check(&self, outcome: OGRErr::Type) -> Result<(), SynthError> {
        if outcome == OGRErr::OGRERR_NONE { Ok(()) } else { Err(SynthError::Feature { path: self.path.clone(), code: outcome }) }
    }

    fn release_feature(&mut self) {
        // SAFETY: the feature is destroyed once: the handle is cleared, and a null handle is let be.
        unsafe { gdal_sys::OGR_F_Destroy(std::mem::replace(&mut self.feature, std::ptr::null_mut())) };
    }
}

impl Drop for Sink {
    /// The feature goes before the dataset whose layer defines it.
    fn drop(&mut self) {
        self.release_feature();
    }
}

fn create_layer(dataset: &mut Dataset, spec: &LayerSpec, format: SynthFormat) -> Result<OGRLayerH, SynthError> {
    let mut srs = SpatialRef::from_epsg(EPSG)?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let options: &[&str] = match format {
        SynthFormat::Gpkg => &["SPATIAL_INDEX=NO", "GEOMETRY_NAME=geom"],
        SynthFormat::Shapefile => &[GBK_OPTION, FIXED_DATE_OPTION],
    };
    let many_parts = spec.many_parts && format == SynthFormat::Gpkg;
    let ty = if many_parts { OGRwkbGeometryType::wkbMultiPolygon } else { OGRwkbGeometryType::wkbPolygon };
    let layer = dataset.create_layer(LayerOptions { name: spec.name, srs: Some(&srs), ty, options: Some(options) })?;
    for field in spec.fields {
        add_field(&layer, field, format)?;
    }
    // SAFETY: the handle stays valid while the dataset is open.
    Ok(unsafe { layer.c_layer() })
}

fn add_field(layer: &impl LayerAccess, field: &FieldSpec, format: SynthFormat) -> Result<(), SynthError> {
    let name = field.name(format);
    if matches!(field.kind, FieldKind::Flag) {
        return add_flag(layer, name);
    }
    let (ty, width, decimals) = match field.kind {
        FieldKind::Text { width } => (OGRFieldType::OFTString, width, 0),
        FieldKind::Real { width, decimals } => (OGRFieldType::OFTReal, width, decimals),
        FieldKind::Whole | FieldKind::Flag => (OGRFieldType::OFTInteger, 4, 0),
    };
    let definition = FieldDefn::new(name, ty)?;
    if format == SynthFormat::Shapefile {
        definition.set_width(width);
        definition.set_precision(decimals);
    }
    Ok(definition.add_to_layer(layer)?)
}

/// A boolean is an integer with a subtype, which the safe interface cannot set.
fn add_flag(layer: &impl LayerAccess, name: &str) -> Result<(), SynthError> {
    let c_name = CString::new(name).map_err(|_| SynthError::NulInText { text: name.to_owned() })?;
    // SAFETY: the definition is made, used and destroyed here; the layer copies it.
    let outcome = unsafe {
        let definition = gdal_sys::OGR_Fld_Create(c_name.as_ptr(), OGRFieldType::OFTInteger);
        gdal_sys::OGR_Fld_SetSubType(definition, OGRFieldSubType::OFSTBoolean);
        let outcome = gdal_sys::OGR_L_CreateField(layer.c_layer(), definition, 1);
        gdal_sys::OGR_Fld_Destroy(definition);
        outcome
    };
    if outcome == OGRErr::OGRERR_NONE { Ok(()) } else { Err(SynthError::Field { name: name.to_owned(), code: outcome }) }
}

/// Takes away what an earlier city left under the same name, in either format.
fn remove_old(spec: &LayerSpec, out_dir: &Path) -> Result<(), SynthError> {
    for extension in ["gpkg", "gpkg-journal", "gpkg-wal", "gpkg-shm", "shp", "shx", "dbf", "prj", "cpg"] {
        let path = out_dir.join(format!("{}.{extension}", spec.name));
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(SynthError::Io { path, source }),
            _ => {}
        }
    }
    Ok(())
}

//! Opening a file with GDAL: which drivers may, which layer is meant, how its text is encoded, and in which ranges its rows are read.

use std::path::PathBuf;

use gdal::vector::LayerAccess;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

pub(super) mod sources;

use super::arrow::{Field, Stream, last_error};
use super::text::TextDecoder;
use crate::model::{Finding, Source};
use crate::read::encoding;
use crate::read::error::{MOST_LAYERS, ReadError, one_line};
use crate::read::job::LayerSpec;
use crate::read::survey::decimal_commas;
use crate::say;

/// The drivers that may open a file, by their GDAL names; the last one only where the file says by its name that it is one: it reads other files.
const DRIVERS: [&str; 12] = [
    "GPKG",
    "SQLite",
    "ESRI Shapefile",
    "GeoJSON",
    "GeoJSONSeq",
    "TopoJSON",
    "OpenFileGDB",
    "FlatGeobuf",
    "MapInfo File",
    "DXF",
    "CSV",
    "OGR_VRT",
];
/// What GDAL says of the exactness of coordinates where nothing is known.
const UNKNOWN_RESOLUTION: f64 = 0.0;
/// Rows that one task reads where a file can be read in pieces.
const BLOCK_ROWS: i64 = 8_192;

/// Opens a file, once a thread, and says what is wrong with it.
pub(super) struct Opener {
    pub(super) file: PathBuf,
    pub(super) shown: String,
    pub(super) key: String,
}

impl Opener {
    pub(super) fn open(&self) -> Result<Dataset, ReadError> {
        if !self.file.exists() {
            return Err(ReadError::Missing { file: self.shown.clone(), key: format!("{}.path", self.key) });
        }
        if self.is_archive() {
            let detail = say!("it is an archive, whose content is unpacked by nobody here");
            return Err(ReadError::Unsupported { file: self.shown.clone(), key: format!("{}.path", self.key), detail });
        }
        if self.is_tab_of_tabs() {
            let detail = say!("it is a view or a seamless table, which reads tables that the job does not name: name those");
            return Err(ReadError::Unsupported { file: self.shown.clone(), key: format!("{}.path", self.key), detail });
        }
        let drivers = match self.has_extension("vrt") {
            true => {
                sources::of(self)?;
                &DRIVERS[..]
            }
            false => DRIVERS.split_last().map_or(&[][..], |(_, others)| others),
        };
        // Shapefile text is taken as bytes: what a file declares is often wrong, and GDAL's converter depends on the machine.
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
            allowed_drivers: Some(drivers),
            open_options: self.is_dbase().then_some(&["ENCODING="]),
            sibling_files: None,
        };
        let dataset = Dataset::open_ex(&self.file, options).map_err(|e| {
            let said = match e {
                gdal::errors::GdalError::NullPointer { msg, .. } => msg,
                other => other.to_string(),
            };
            let detail = one_line(&last_error().unwrap_or(said));
            if detail.contains("not recognized") {
                ReadError::Unsupported { file: self.shown.clone(), key: format!("{}.path", self.key), detail }
            } else {
                self.damaged(detail)
            }
        })?;
        if dataset.layer_count() > MOST_LAYERS {
            return Err(ReadError::TooManyLayers { file: self.shown.clone(), key: format!("{}.path", self.key) });
        }
        Ok(dataset)
    }

    /// Whether it is a ZIP file: GDAL would read one that is called `.shz`, `.shp.zip` or `.gpkg.zip`, whatever it unpacks to.
    fn is_archive(&self) -> bool {
        use std::io::Read;
        let mut head = [0; 4];
        std::fs::File::open(&self.file).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head.starts_with(b"PK")
    }

    /// Whether it is a MapInfo table that is made of others, by the lines that GDAL goes by.
    fn is_tab_of_tabs(&self) -> bool {
        let text = if self.has_extension("tab") { std::fs::read(&self.file).unwrap_or_default() } else { Vec::new() };
        text.split(|byte| *byte == b'\n')
            .map(|line| line.trim_ascii_start().to_ascii_lowercase())
            .any(|line| line.starts_with(b"create view") || line.starts_with(br#""\isseamless" = "true""#))
    }

    /// Whether its text is that of a DBF, alone or with a shapefile: bytes in an encoding that is to be worked out.
    pub(super) fn is_dbase(&self) -> bool {
        self.has_extension("shp") || self.has_extension("dbf")
    }

    /// What is wrong with a shapefile whose index has another number of rows than its table: the reader believes the index, and the rest is lost.
    pub(super) fn index_fault(&self, indexed: u64) -> Option<String> {
        use std::io::Read;
        let dbf = encoding::sidecar(&self.file, "dbf").filter(|_| self.has_extension("shp"))?;
        let mut head = [0; 8];
        std::fs::File::open(dbf).ok()?.read_exact(&mut head).ok()?;
        let [.., a, b, c, d] = head;
        let rows = u64::from(u32::from_le_bytes([a, b, c, d]));
        (rows != indexed).then(|| say!("the `.shx` file has {indexed} rows, the `.dbf` file {rows}", indexed, rows))
    }

    /// The places of columns of numbers that have a decimal comma, each with a cell: GDAL stops at it.
    pub(super) fn decimal_commas(&self) -> Vec<(usize, String)> {
        let dbf = encoding::sidecar(&self.file, "dbf").filter(|_| self.is_dbase());
        dbf.map(|dbf| decimal_commas(&dbf)).unwrap_or_default()
    }

    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.file.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
    }

    pub(super) fn damaged(&self, cause: impl std::fmt::Display) -> ReadError {
        ReadError::damaged(&self.shown, &format!("{}.path", self.key), cause)
    }

    pub(super) fn layer_index(&self, dataset: &Dataset, spec: &LayerSpec) -> Result<usize, ReadError> {
        let found: Vec<String> = dataset.layers().map(|l| l.name()).collect();
        let key = format!("{}.layer", self.key);
        match (&spec.layer, found.as_slice()) {
            (_, []) => Err(ReadError::Empty { file: self.shown.clone(), key: format!("{}.path", self.key) }),
            (None, [_]) => Ok(0),
            (None, _) => Err(ReadError::LayerUnnamed { file: self.shown.clone(), key, found }),
            (Some(wanted), _) => match found.iter().position(|name| name == wanted) {
                Some(index) => Ok(index),
                None => Err(ReadError::LayerMissing { file: self.shown.clone(), key, wanted: wanted.clone(), found }),
            },
        }
    }

    /// The decoder of the layer's text. That of a shapefile or a DBF is worked out from what stands beside it and from its first rows.
    pub(super) fn decoder(
        &self,
        layer: &mut gdal::vector::Layer<'_>,
        spec: &LayerSpec,
        fields: &[Field],
        source: &Source,
    ) -> Result<(TextDecoder, Vec<Finding>), ReadError> {
        if !self.is_dbase() {
            return Ok((TextDecoder::utf8(), Vec::new()));
        }
        let mut stream = Stream::open(layer).map_err(|e| self.damaged(e))?;
        let batch = stream.next().map_err(|e| self.damaged(e))?;
        let mut sample: Vec<&[u8]> = fields.iter().map(|f| f.name.as_slice()).collect();
        for (index, field) in fields.iter().enumerate().filter(|(_, f)| f.format == "u") {
            if let Some((batch, values)) = batch.as_ref().and_then(|b| Some((b, b.column(index, field)?))) {
                sample.extend((0..batch.len()).filter_map(|row| values.bytes(row)));
            }
        }
        let (found, decided) = encoding::for_shapefile(&self.file, spec.encoding.as_deref(), &sample)?;
        let findings = encoding::finding(found, decided, source, &self.key);
        Ok((TextDecoder::new(found), findings.into_iter().collect()))
    }
}

/// The rows in the ranges, counted one by one where the format lets them be; what a file states of itself may be out of date.
pub(super) fn counted(dataset: &Dataset, index: usize, ranges: &[(i64, i64)]) -> gdal::errors::Result<u64> {
    let mut layer = dataset.layer(index)?;
    if let Some((first, last)) = ranges.first().zip(ranges.last()) {
        set_range(&mut layer, (first.0, last.1))?;
    }
    Ok(layer.feature_count())
}

/// Lets a layer have the rows of a range only. The column is named as the file names it: SQLite knows no `FID` where it is called `id`.
pub(super) fn set_range(layer: &mut gdal::vector::Layer<'_>, range: (i64, i64)) -> gdal::errors::Result<()> {
    let column = fid_column(layer).map_or_else(|| "FID".to_owned(), |name| quoted(&name));
    layer.set_attribute_filter(&format!("{column} BETWEEN {} AND {}", range.0, range.1))
}

/// The column that holds the fids.
pub(super) fn fid_column(layer: &gdal::vector::Layer<'_>) -> Option<String> {
    // SAFETY: the layer is open; the name is a C string that lives as long.
    #[expect(unsafe_code, reason = "the call has no safe form")]
    let column = unsafe { std::ffi::CStr::from_ptr(gdal_sys::OGR_L_GetFIDColumn(layer.c_layer())) };
    column.to_str().ok().filter(|c| !c.is_empty()).map(str::to_owned)
}

/// The column that holds the geometries.
pub(super) fn geometry_column(layer: &gdal::vector::Layer<'_>) -> Option<String> {
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "the call has no safe form")]
    let column = unsafe { std::ffi::CStr::from_ptr(gdal_sys::OGR_L_GetGeometryColumn(layer.c_layer())) };
    column.to_str().ok().filter(|c| !c.is_empty()).map(str::to_owned)
}

/// Whether the layer states how exact its coordinates are: GDAL may round them then.
pub(super) fn rounds_coordinates(layer: &gdal::vector::Layer<'_>) -> bool {
    // SAFETY: the layer is open and keeps its definition, that of its geometry and the precision, which are asked for and not changed.
    #[expect(unsafe_code, reason = "the calls have no safe form")]
    unsafe {
        let field = gdal_sys::OGR_FD_GetGeomFieldDefn(gdal_sys::OGR_L_GetLayerDefn(layer.c_layer()), 0);
        field.is_null()
            || gdal_sys::OGRGeomCoordinatePrecisionGetXYResolution(gdal_sys::OGR_GFld_GetCoordinatePrecision(field)) != UNKNOWN_RESOLUTION
    }
}

/// A name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Ranges of fids that cover a layer of a GeoPackage; none for other formats.
///
/// Even a small layer is read by range: without a filter the stream believes the row count that the file states and, where rows were deleted,
/// repeats others in their place (OSGeo/gdal issue 9018).
pub(super) fn fid_ranges(dataset: &Dataset, index: usize) -> Vec<(i64, i64)> {
    let Ok(layer) = dataset.layer(index) else { return Vec::new() };
    if dataset.driver().short_name() != "GPKG" {
        return Vec::new();
    }
    let Some((first, last)) = fid_bounds(dataset, &layer) else { return Vec::new() };
    blocks_of((first, last), i64::try_from(layer.feature_count()).unwrap_or(i64::MAX))
}

/// Ranges of about [`BLOCK_ROWS`] rows that cover `first..=last`. Gaps in the numbering make blocks shorter, never longer.
fn blocks_of((first, last): (i64, i64), rows: i64) -> Vec<(i64, i64)> {
    let spread = last.saturating_sub(first) / (rows / BLOCK_ROWS).max(1);
    let step = BLOCK_ROWS.max(spread.saturating_add(1));
    let mut ranges = Vec::new();
    let mut from = first;
    while from <= last {
        let to = from.saturating_add(step - 1);
        ranges.push((from, to.min(last)));
        if to >= last {
            break;
        }
        from = to + 1;
    }
    ranges
}

/// The least and the greatest fid.
fn fid_bounds(dataset: &Dataset, layer: &gdal::vector::Layer<'_>) -> Option<(i64, i64)> {
    let column = quoted(&fid_column(layer)?);
    // One aggregate a query: SQLite looks a single one up in the index, but walks the whole table for two.
    let sql = format!("SELECT (SELECT MIN({column}) FROM {0}) AS low, (SELECT MAX({column}) FROM {0}) AS high", quoted(&layer.name()));
    let mut result = dataset.execute_sql(sql, None, gdal::vector::sql::Dialect::DEFAULT).ok()??;
    let feature = result.features().next()?;
    let number = |index| feature.field_as_integer64(index).ok().flatten();
    Some((number(0)?, number(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_fid_that_there_can_be() {
        assert_eq!(blocks_of((1, 3), 3), [(1, 3)]);
        assert_eq!(blocks_of((1, 40_000), 40_000), [(1, 10_000), (10_001, 20_000), (20_001, 30_000), (30_001, 40_000)]);
        assert_eq!(blocks_of((0, i64::MAX), 2), [(0, i64::MAX - 1), (i64::MAX, i64::MAX)]);
        assert_eq!(blocks_of((i64::MIN, i64::MAX), 2).first().map(|r| r.0), Some(i64::MIN));
    }
}

//! GeoParquet (1.0, 1.1) as a layer: geometry in WKB, CRS from the `geo` metadata.
//!
//! Refused with a clear word: native (GeoArrow) encodings. A file without `crs` is in longitude and latitude (OGC:CRS84), as the standard says; `crs: null` is a missing CRS.

use std::fs::File;
use std::path::Path;

use polars::prelude::{BinaryChunked, Column, DataFrame, IdxCa, NewChunkedArray};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use rayon::prelude::*;
use serde_json::Value;

use super::error::{ReadError, one_line};
use super::fields::FieldPlan;
use super::vector::notes::Notes;
use super::vector::{RawLayer, Refused, Request, wkb};
use crate::model::{Code, GeometryBuilder, GeometryColumn, Reject, Source, attributes_of};
use crate::say;

/// Rows that one task decodes.
const BLOCK_ROWS: usize = 16_384;

/// Whether the file declares a geometry column.
#[must_use]
pub fn has_geometry(file: &Path) -> bool {
    File::open(file).ok().and_then(|f| geo_metadata(&mut ParquetReader::new(f)).ok().flatten()).is_some()
}

/// Reads one file.
///
/// # Errors
/// The file is damaged, declares no geometry or one in another encoding, or lacks a column that the job names.
pub fn read_file(request: Request<'_>) -> Result<RawLayer, ReadError> {
    let (file, shown) = (request.input.path.as_path(), request.input.shown.as_str());
    let key = format!("{}.path", request.key);
    let damaged = |e: polars::prelude::PolarsError| ReadError::damaged(shown, &key, e);
    let handle = File::open(file).map_err(|e| ReadError::io(shown, &key, &e))?;
    let mut reader = ParquetReader::new(handle);
    let Some(geo) = geo_metadata(&mut reader).map_err(damaged)? else {
        return Err(ReadError::Unsupported { file: shown.into(), key, detail: say!("the parquet file has no `geo` metadata") });
    };
    let geometry =
        GeometryMetadata::parse(&geo).map_err(|detail| ReadError::Unsupported { file: shown.into(), key: key.clone(), detail })?;
    let names: Vec<String> = reader.schema().map_err(damaged)?.iter_names().map(ToString::to_string).collect();
    let attributes: Vec<String> = names.into_iter().filter(|n| *n != geometry.column && Some(n) != geometry.covering.as_ref()).collect();
    let source = Source { file: shown.into(), layer: "".into() };
    let partition = request.spec.partition.clone();
    let headings: Vec<String> = attributes.iter().cloned().chain(partition.clone()).collect();
    let (plan, findings) = FieldPlan::new(request.role, request.spec, &headings, &source, request.key)?;
    // The partition stands behind the columns of the file, and is not in it.
    let needed: Vec<Option<&String>> = plan.source_columns().iter().chain(plan.where_columns()).map(|&i| attributes.get(i)).collect();
    let wanted = needed.iter().copied().flatten().cloned().chain([geometry.column.clone()]).collect();
    let frame = reader.with_columns(Some(wanted)).finish().map_err(damaged)?;
    let values = frame.column(&geometry.column).and_then(|c| c.binary().cloned()).map_err(damaged)?;
    let column = |name: Option<&String>| match name {
        Some(name) => frame.column(name).cloned(),
        None => Ok(request.input.partition_column(partition.as_deref().unwrap_or_default(), frame.height())),
    };
    let columns: Result<Vec<Column>, _> = needed.into_iter().map(column).collect();
    let layer = Assembly { request, plan: &plan, source: &source, columns: columns.map_err(damaged)? };
    layer.assemble(decode(&values, &request)?, findings, geometry.crs)
}

/// The geometry of rows, counted from 1, as the file has it.
///
/// # Errors
/// The file is damaged or no longer what it was.
pub(super) fn as_stored(file: &Path, rows: &[i64]) -> Result<Vec<Option<Vec<u8>>>, String> {
    let said = |e: polars::prelude::PolarsError| one_line(&e.to_string());
    let mut reader = ParquetReader::new(File::open(file).map_err(|e| e.to_string())?);
    let column = geometry_of(&mut reader)?.ok_or_else(|| say!("it has no `geo` metadata"))?.column;
    let frame = reader.with_columns(Some(vec![column.clone()])).finish().map_err(said)?;
    let values = frame.column(&column).and_then(|c| c.binary().cloned()).map_err(said)?;
    let stored = |row: &i64| {
        let place = usize::try_from(*row - 1).ok().filter(|place| *place < values.len()).ok_or_else(|| say!("row {row} is gone", row))?;
        Ok(values.get(place).map(<[u8]>::to_vec))
    };
    rows.iter().map(stored).collect()
}

fn geo_metadata(reader: &mut ParquetReader<File>) -> polars::prelude::PolarsResult<Option<String>> {
    let metadata = reader.get_metadata()?;
    let pairs = metadata.key_value_metadata().as_deref().unwrap_or_default();
    Ok(pairs.iter().find(|p| p.key == "geo").and_then(|p| p.value.clone()))
}

/// What a file declares of its geometry; none where it declares nothing.
///
/// # Errors
/// Why its geometry is not read here.
pub(super) fn geometry_of(reader: &mut ParquetReader<File>) -> Result<Option<GeometryMetadata>, String> {
    let geo = geo_metadata(reader).map_err(|e| one_line(&e.to_string()))?;
    geo.map(|geo| GeometryMetadata::parse(&geo)).transpose()
}

/// What the `geo` metadata says of the primary column.
pub(super) struct GeometryMetadata {
    pub(super) column: String,
    /// The struct column of bounding boxes.
    pub(super) covering: Option<String>,
    pub(super) crs: Option<String>,
}

impl GeometryMetadata {
    fn parse(text: &str) -> Result<Self, String> {
        let geo: Value = serde_json::from_str(text).map_err(|error| say!("its `geo` metadata is not json: {error}", error))?;
        let column =
            geo.get("primary_column").and_then(Value::as_str).ok_or_else(|| say!("its `geo` metadata names no primary column"))?.to_owned();
        let own = geo
            .get("columns")
            .and_then(|c| c.get(&column))
            .ok_or_else(|| say!("its `geo` metadata does not describe the primary column"))?;
        match own.get("encoding").and_then(Value::as_str) {
            Some("WKB") => {}
            other => {
                let encoding = other.unwrap_or("none");
                return Err(say!("geometry encoding `{encoding}` is not read here; save it with encoding WKB", encoding));
            }
        }
        let crs = match own.get("crs") {
            None => Some("OGC:CRS84".to_owned()),
            Some(Value::Null) => None,
            Some(projjson) => Some(projjson.to_string()),
        };
        let covering = own.pointer("/covering/bbox/xmin/0").and_then(Value::as_str).map(ToOwned::to_owned);
        Ok(Self { column, covering, crs })
    }
}

/// A block of decoded geometries: which rows were kept, why the others were not, and what was put right.
pub(super) type Decoded = (GeometryColumn, Vec<u32>, Vec<Refused>, Notes);

fn decode(values: &BinaryChunked, request: &Request<'_>) -> Result<Decoded, ReadError> {
    let rows = values.len();
    let starts: Vec<usize> = (0..rows).step_by(BLOCK_ROWS).collect();
    let values = values.rechunk();
    let blocks: Vec<Decoded> = starts.par_iter().map(|&start| decode_block(&values, start, (start + BLOCK_ROWS).min(rows))).collect();
    let mut all: Decoded = (GeometryBuilder::default().finish(), Vec::with_capacity(rows), Vec::new(), Notes::default());
    let mut columns = Vec::with_capacity(blocks.len());
    for (geometry, kept, refused, notes) in blocks {
        columns.push(geometry);
        all.1.extend(kept);
        all.2.extend(refused);
        all.3.append(notes);
    }
    ReadError::if_too_large(columns.iter().map(GeometryColumn::coord_count).sum(), &request.input.shown, request.key)?;
    all.0 = GeometryColumn::concatenated(columns);
    Ok(all)
}

fn decode_block(values: &BinaryChunked, from: usize, to: usize) -> Decoded {
    let mut builder = GeometryBuilder::default();
    let (mut kept, mut refused, mut notes) = (Vec::with_capacity(to - from), Vec::new(), Notes::default());
    for row in from..to {
        let number = u32::try_from(row).unwrap_or(u32::MAX);
        let bytes = values.get(row).filter(|b| !b.is_empty());
        let result = match bytes {
            Some(bytes) => wkb::decode(bytes, &mut builder),
            None => Err(wkb::Refusal { code: Code::GeometryMissing, detail: say!("the feature has no geometry") }),
        };
        match result {
            Ok(oddities) => {
                notes.add(&oddities, || i64::from(number) + 1);
                kept.push(number);
            }
            Err(refusal) => refused.push((number, refusal, bytes.map(<[u8]>::to_vec))),
        }
    }
    (builder.finish(), kept, refused, notes)
}

/// Rows with canonical attributes, put together from source columns and decoded geometry.
pub(super) struct Assembly<'a> {
    pub(super) request: Request<'a>,
    pub(super) plan: &'a FieldPlan,
    pub(super) source: &'a Source,
    /// The columns of [`FieldPlan::source_columns`], then those of [`FieldPlan::where_columns`].
    pub(super) columns: Vec<Column>,
}

impl Assembly<'_> {
    pub(super) fn assemble(
        &self,
        decoded: Decoded,
        mut findings: Vec<crate::model::Finding>,
        crs: Option<String>,
    ) -> Result<RawLayer, ReadError> {
        let (mut geometry, mut kept, refused, notes) = decoded;
        let (frame, more, mask) = self.canonical(&kept)?;
        findings.extend(more);
        let mut attributes = frame;
        if let Some(mask) = mask {
            let places: Vec<u32> = (0..).zip(mask.iter()).filter(|(_, keep)| *keep == Some(true)).map(|(place, _)| place).collect();
            geometry = geometry.take(&places);
            kept = places.iter().filter_map(|&p| kept.get(p as usize).copied()).collect();
            attributes = attributes.filter(&mask).map_err(|e| self.internal(e))?;
        }
        let rejects = self.rejects(refused)?;
        let rows: Vec<i64> = kept.iter().map(|&r| i64::from(r) + 1).collect();
        findings.extend(notes.findings(self.source, &attributes, &rows));
        Ok(RawLayer {
            source: self.source.clone(),
            geometry,
            attributes,
            rows,
            rejects,
            findings,
            crs,
            is_table: false,
            path: self.request.input.path.clone(),
        })
    }

    /// Canonical attributes of some rows, and which of them meet the job's condition.
    fn canonical(
        &self,
        rows: &[u32],
    ) -> Result<(DataFrame, Vec<crate::model::Finding>, Option<polars::prelude::BooleanChunked>), ReadError> {
        let index = IdxCa::from_slice("".into(), rows);
        let columns: Result<Vec<Column>, _> = self.columns.iter().map(|c| c.take(&index)).collect();
        let columns = columns.map_err(|e| self.internal(e))?;
        let (own, extra) = columns.split_at(self.plan.source_columns().len().min(columns.len()));
        let numbers: Vec<i64> = rows.iter().map(|&r| i64::from(r) + 1).collect();
        let (frame, findings) = self.plan.apply(own, &numbers)?;
        let mask = self.plan.keep(&frame, extra)?;
        Ok((frame, findings, mask))
    }

    fn rejects(&self, refused: Vec<Refused>) -> Result<Vec<Reject>, ReadError> {
        let rows: Vec<u32> = refused.iter().map(|r| r.0).collect();
        let (frame, _, mask) = self.canonical(&rows)?;
        let wanted = |place: usize| mask.as_ref().is_none_or(|m| m.get(place) == Some(true));
        let reject = |(place, (row, refusal, bytes)): (usize, Refused)| {
            let (id, attributes) = attributes_of(&frame, place);
            Reject {
                source: self.source.clone(),
                role: self.request.role.as_str(),
                row: i64::from(row) + 1,
                id,
                code: refusal.code,
                reason: refusal.detail,
                area_m2: None,
                wkb: bytes,
                crs: 0,
                attributes,
            }
        };
        Ok(refused.into_iter().enumerate().filter(|(place, _)| wanted(*place)).map(reject).collect())
    }

    fn internal(&self, cause: impl std::fmt::Display) -> ReadError {
        ReadError::Internal { file: self.source.file.to_string(), key: self.request.key.into(), detail: one_line(&cause.to_string()) }
    }
}

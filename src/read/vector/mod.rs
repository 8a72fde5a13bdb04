//! Vector layers through GDAL: geometry columns and canonical attributes.
//!
//! Refused: drivers other than those named here, layers that end early, text that is not in its encoding. Features whose geometry cannot be taken
//! become rejects, not errors.
//!
//! **Invariant:** one dataset a thread; the rows of a layer come in the order of the file at any number of threads.

pub mod again;
mod arrow;
mod blocks;
mod direct;
pub mod notes;
mod open;
mod sqlite;
mod survey;
mod text;
pub mod wkb;

use std::path::PathBuf;

use gdal::Dataset;
use gdal::vector::LayerAccess;
use polars::prelude::{Column, DataFrame};

use self::arrow::{Batch, Field, Stream};
use self::blocks::Block;
use self::notes::Oddities;
use self::open::{Opener, counted, fid_ranges, set_range};
use self::text::TextDecoder;
use super::error::{ReadError, one_line};
use super::fields::{FieldPlan, Loaded, Role};
use super::job::LayerSpec;
use super::paths::Input;
use super::quiet::be_quiet;
use crate::say;
pub use survey::look_into;

use crate::model::{Code, Coord, Finding, GeometryBuilder, GeometryColumn, Reject, Source, attributes_of};

/// What came out of one layer of one file, in the coordinates of the file.
pub struct RawLayer {
    /// The file and layer.
    pub source: Source,
    /// Polygons of the rows that have one.
    pub geometry: GeometryColumn,
    /// Canonical attributes of those rows; for a layer read as a table, of all rows.
    pub attributes: DataFrame,
    /// The fid of each row.
    pub rows: Vec<i64>,
    /// Features without a usable geometry.
    pub rejects: Vec<Reject>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// The CRS that the layer carries, as PROJJSON.
    pub crs: Option<String>,
    /// Whether it was read as a table: rows without geometry.
    pub is_table: bool,
    /// The file on disk.
    pub path: PathBuf,
}

/// What to read and for what.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The file.
    pub input: &'a Input,
    /// The entry of the job.
    pub spec: &'a LayerSpec,
    /// Its role.
    pub role: Role,
    /// The key in the job file: `parcels`, `zones[0]`.
    pub key: &'a str,
    /// Whether rows without geometry are rows all the same (a table in a layer format).
    pub as_table: bool,
}

impl<'a> Request<'a> {
    /// The request for a layer with these columns: buildings without a geometry column are a table.
    fn for_columns(self, fields: &[Field]) -> Self {
        let is_table = self.role == Role::Buildings && !fields.iter().any(|f| f.is_geometry);
        Request { as_table: self.as_table || is_table, ..self }
    }
}

/// Reads one file.
///
/// # Errors
/// The file cannot be opened, has no such layer, is damaged or cut off, or lacks a column that the job names.
pub fn read_file(request: Request<'_>) -> Result<RawLayer, ReadError> {
    be_quiet();
    let (file, shown) = (request.input.path.as_path(), request.input.shown.as_str());
    let opener = Opener { file: file.to_owned(), shown: shown.to_owned(), key: request.key.to_owned() };
    let dataset = opener.open()?;
    let index = opener.layer_index(&dataset, request.spec)?;
    let mut layer = dataset.layer(index).map_err(|e| opener.damaged(e))?;
    let source = Source { file: shown.into(), layer: layer.name().into() };
    let crs = layer.spatial_ref().and_then(|srs| srs.to_projjson().ok());
    let ranges = fid_ranges(&dataset, index);
    let stated = layer.feature_count();
    if let Some(detail) = opener.index_fault(stated) {
        return Err(ReadError::Truncated { file: shown.into(), key: format!("{}.path", request.key), detail });
    }
    let fields = Stream::open(&mut layer).map_err(|e| opener.damaged(e))?.fields();
    let (decoder, mut findings) = opener.decoder(&mut layer, request.spec, &fields, &source)?;
    let names = fields.iter().map(|f| decoder.column_name(&f.name)).collect::<Vec<String>>();
    let reader = BlockReader::new(request.for_columns(&fields), &fields, &names, decoder, &source)?;
    findings.extend(reader.findings.iter().cloned());
    if opener.has_extension("vrt") {
        findings.extend(open::sources::of(&opener)?.iter().map(|named| read_through(&source, named)));
    }
    reader.refuse_decimal_commas(&opener)?;
    let all = reader.read_all(&opener, (&dataset, index), &ranges, stated)?;
    if all.seen != stated {
        let counted = counted(&dataset, index, &ranges).map_err(|e| opener.damaged(e))?;
        if all.seen != counted {
            return Err(ReadError::Truncated {
                file: shown.into(),
                key: format!("{}.path", request.key),
                detail: say!("{rows} rows read, {declared} declared", rows = all.seen, declared = counted),
            });
        }
    }
    reader.finish(all, findings, crs)
}

/// A file that a VRT reads.
fn read_through(source: &Source, named: &str) -> Finding {
    Finding::new(Code::FileReadThrough, source, say!("the vrt reads `{named}`, which the job does not name", named))
        .field("path", named)
        .hint(say!("name the file itself in the job file, so that its hash is in `run.json`"))
}

/// Reads blocks of rows of one layer.
struct BlockReader<'a> {
    request: Request<'a>,
    source: &'a Source,
    plan: FieldPlan,
    decoder: TextDecoder,
    /// The columns that the plan needs, then those that only its condition needs.
    wanted: Vec<Wanted>,
    geometry: Option<(usize, Field)>,
    fid: Option<(usize, Field)>,
    findings: Vec<Finding>,
}

/// A column that is read: its name and its place in the stream; none for the partition, which is in no file.
struct Wanted {
    name: String,
    place: Option<(usize, Field)>,
}

/// A row of a batch whose geometry was refused, why, and its bytes.
pub(super) type Refused = (u32, wkb::Refusal, Option<Vec<u8>>);

impl<'a> BlockReader<'a> {
    fn new(request: Request<'a>, fields: &[Field], names: &[String], decoder: TextDecoder, source: &'a Source) -> Result<Self, ReadError> {
        let place = |wanted: &dyn Fn(&Field) -> bool| fields.iter().position(wanted).and_then(|i| Some((i, fields.get(i)?.clone())));
        let geometry = place(&|f| f.is_geometry);
        let fid = place(&|f| f.format == "l").filter(|(i, _)| *i == 0);
        let attributes: Vec<usize> =
            (0..fields.len()).filter(|i| Some(*i) != geometry.as_ref().map(|g| g.0) && Some(*i) != fid.as_ref().map(|f| f.0)).collect();
        let mut source_names: Vec<String> = attributes.iter().filter_map(|&i| names.get(i).cloned()).collect();
        source_names.extend(request.spec.partition.clone());
        let (plan, findings) = FieldPlan::new(request.role, request.spec, &source_names, source, request.key)?;
        let needed = plan.source_columns().iter().chain(plan.where_columns());
        let place = |&c: &usize| attributes.get(c).and_then(|&i| Some((i, fields.get(i)?.clone())));
        let wanted: Vec<Wanted> = needed.filter_map(|c| Some(Wanted { name: source_names.get(*c)?.clone(), place: place(c) })).collect();
        for column in &wanted {
            if let Some(stored) = column.place.as_ref().and_then(|(_, field)| field.unreadable()) {
                let (file, key) = (source.file.to_string(), format!("{}.fields", request.key));
                return Err(ReadError::ColumnType { file, key, column: column.name.clone(), stored });
            }
        }
        Ok(Self { request, source, plan, decoder, wanted, geometry, fid, findings })
    }

    /// A column of numbers with a decimal comma would lose its decimals without a word.
    fn refuse_decimal_commas(&self, opener: &Opener) -> Result<(), ReadError> {
        let is_needed = |place: usize| self.plan.source_columns().iter().chain(self.plan.where_columns()).any(|c| *c == place);
        let Some((place, cell)) = opener.decimal_commas().into_iter().find(|(place, _)| is_needed(*place)) else { return Ok(()) };
        Err(ReadError::ColumnType {
            file: self.source.file.to_string(),
            key: format!("{}.fields", self.request.key),
            column: self.plan.name(place).to_owned(),
            stored: say!("numbers with a decimal comma (`{cell}`)", cell),
        })
    }

    fn read_block(&self, opener: &Opener, dataset: &Dataset, index: usize, range: Option<(i64, i64)>) -> Result<Block, ReadError> {
        let mut layer = dataset.layer(index).map_err(|e| opener.damaged(e))?;
        if let Some(range) = range {
            set_range(&mut layer, range).map_err(|e| opener.damaged(e))?;
        }
        let mut stream = Stream::open(&mut layer).map_err(|e| opener.damaged(e))?;
        let mut block = Block::default();
        let mut builder = GeometryBuilder::default();
        let mut columns: Vec<Column> = Vec::new();
        while let Some(batch) = stream.next().map_err(|e| opener.damaged(e))? {
            let (kept, rejected) = self.take_geometry(&batch, &mut builder, &mut block);
            self.take_attributes(&batch, &kept, &mut columns)?;
            self.take_rejects(&batch, &rejected, &mut block)?;
            block.seen += batch.len() as u64;
            self.check_size(builder.coord_count())?;
        }
        drop(stream);
        block.geometry = builder.finish();
        block.columns = columns;
        Ok(block)
    }

    /// Decodes the geometries of a batch; the numbers of the rows that are kept and those that are not, with the reason.
    fn take_geometry(&self, batch: &Batch, builder: &mut GeometryBuilder, block: &mut Block) -> (Vec<u32>, Vec<Refused>) {
        let rows = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let seen = block.seen;
        let fid = |row: u32| self.fid_of(batch, row, seen);
        if self.request.as_table {
            block.rows.extend((0..rows).map(fid));
            return ((0..rows).collect(), Vec::new());
        }
        let values = self.geometry.as_ref().and_then(|(i, f)| batch.column(*i, f));
        let bytes = |row: u32| values.and_then(|v| v.bytes(row as usize)).filter(|b| !b.is_empty());
        let (mut kept, mut refused) = (Vec::with_capacity(rows as usize), Vec::new());
        // Room for all at once: growing step by step would touch twice the memory.
        builder.reserve(rows as usize, (0..rows).filter_map(bytes).map(<[u8]>::len).sum::<usize>() / size_of::<Coord>());
        for row in 0..rows {
            let bytes = bytes(row);
            match decode(bytes, builder) {
                Ok(oddities) => {
                    block.notes.add(&oddities, || fid(row));
                    kept.push(row);
                }
                Err(refusal) => refused.push((row, refusal, bytes.map(<[u8]>::to_vec))),
            }
        }
        block.rows.extend(kept.iter().map(|&r| fid(r)));
        (kept, refused)
    }

    fn take_attributes(&self, batch: &Batch, kept: &[u32], columns: &mut Vec<Column>) -> Result<(), ReadError> {
        let new = self.columns_of(Some(batch), kept)?;
        self.append_columns(columns, new)
    }

    fn columns_of(&self, batch: Option<&Batch>, rows: &[u32]) -> Result<Vec<Column>, ReadError> {
        let column = |Wanted { name, place }: &Wanted| {
            let Some((index, field)) = place else { return Ok(self.request.input.partition_column(name, rows.len())) };
            match batch.and_then(|b| b.column(*index, field)) {
                Some(values) => values.to_column(name, rows, &self.decoder).map_err(|_| self.undecodable(name)),
                None => self.decoder.column(name, std::iter::empty()).map_err(|_| self.undecodable(name)),
            }
        };
        self.wanted.iter().map(column).collect()
    }

    fn take_rejects(&self, batch: &Batch, rejected: &[Refused], block: &mut Block) -> Result<(), ReadError> {
        if rejected.is_empty() {
            return Ok(());
        }
        let rows: Vec<u32> = rejected.iter().map(|r| r.0).collect();
        let fids: Vec<i64> = rows.iter().map(|&r| self.fid_of(batch, r, block.seen)).collect();
        let columns = self.columns_of(Some(batch), &rows)?;
        let (own, extra) = columns.split_at(self.plan.source_columns().len().min(columns.len()));
        let (frame, _) = self.plan.apply(own, &fids)?;
        let mask = self.plan.keep(&frame, extra)?;
        for (place, ((_, refusal, bytes), fid)) in rejected.iter().zip(fids).enumerate() {
            if mask.as_ref().is_none_or(|m| m.get(place) == Some(true)) {
                let (id, attributes) = attributes_of(&frame, place);
                let reject = Reject {
                    source: self.source.clone(),
                    role: self.request.role.as_str(),
                    row: fid,
                    id,
                    code: refusal.code,
                    reason: refusal.detail.clone(),
                    area_m2: None,
                    wkb: bytes.clone(),
                    crs: 0,
                    attributes,
                };
                block.rejects.push(reject);
            }
        }
        Ok(())
    }

    fn fid_of(&self, batch: &Batch, row: u32, seen: u64) -> i64 {
        let fids = self.fid.as_ref().and_then(|(i, f)| batch.column(*i, f));
        fids.and_then(|v| v.integer(row as usize)).unwrap_or_else(|| i64::try_from(seen).unwrap_or(0) + i64::from(row) + 1)
    }

    /// The layer: canonical names and units, and the `where` condition.
    fn finish(self, mut all: Block, mut findings: Vec<Finding>, crs: Option<String>) -> Result<RawLayer, ReadError> {
        if all.columns.is_empty() {
            all.columns = self.columns_of(None, &[])?;
        }
        let mut columns: Vec<Column> = std::mem::take(&mut all.columns).into_iter().map(|c| c.rechunk()).collect();
        let extra = columns.split_off(self.plan.source_columns().len().min(columns.len()));
        let (mut attributes, more) = self.plan.apply_loaded(columns.into_iter().map(Loaded::Column).collect(), &all.rows)?;
        findings.extend(more);
        if let Some(mask) = self.plan.keep(&attributes, &extra)? {
            all.keep(&mask, self.request.as_table);
            attributes = attributes.filter(&mask).map_err(|e| self.internal(e))?;
        }
        findings.extend(std::mem::take(&mut all.notes).findings(self.source, &attributes, &all.rows));
        Ok(RawLayer {
            source: self.source.clone(),
            geometry: all.geometry,
            attributes,
            rows: all.rows,
            rejects: all.rejects,
            findings,
            crs,
            is_table: self.request.as_table,
            path: self.request.input.path.clone(),
        })
    }

    /// Adds columns behind others; the first ones may be none yet.
    fn append_columns(&self, columns: &mut Vec<Column>, more: Vec<Column>) -> Result<(), ReadError> {
        if columns.is_empty() {
            *columns = more;
            return Ok(());
        }
        columns.iter_mut().zip(&more).try_for_each(|(own, more)| own.append(more).map(|_| ())).map_err(|e| self.internal(e))
    }

    fn check_size(&self, coordinates: usize) -> Result<(), ReadError> {
        ReadError::if_too_large(coordinates, &self.source.file, self.request.key)
    }

    fn undecodable(&self, column: &str) -> ReadError {
        ReadError::Undecodable {
            file: self.source.file.to_string(),
            key: format!("{}.encoding", self.request.key),
            encoding: say!("{encoding} in column `{column}`", encoding = self.decoder.name(), column),
            offset: 0,
        }
    }

    fn internal(&self, cause: impl std::fmt::Display) -> ReadError {
        ReadError::Internal { file: self.source.file.to_string(), key: self.request.key.into(), detail: one_line(&cause.to_string()) }
    }
}

fn decode(bytes: Option<&[u8]>, builder: &mut GeometryBuilder) -> Result<Oddities, wkb::Refusal> {
    match bytes {
        None => Err(wkb::Refusal { code: Code::GeometryMissing, detail: say!("the feature has no geometry") }),
        Some(bytes) if wkb::is_curved(bytes) => match stroked(bytes) {
            Some(straight) => wkb::decode(&straight, builder).map(|oddities| Oddities { was_curved: true, ..oddities }),
            None => wkb::decode(bytes, builder),
        },
        Some(bytes) => wkb::decode(bytes, builder),
    }
}

/// Arcs as chords of 4 degrees, GDAL's own step.
fn stroked(bytes: &[u8]) -> Option<Vec<u8>> {
    let geometry = gdal::vector::Geometry::from_wkb(bytes).ok()?;
    // SAFETY: the handle is alive while `geometry` is; the result is a new geometry that is destroyed here.
    #[expect(unsafe_code, reason = "the call has no safe form")]
    unsafe {
        let straight = gdal_sys::OGR_G_GetLinearGeometry(geometry.c_geometry(), 0.0, std::ptr::null_mut());
        if straight.is_null() {
            return None;
        }
        let mut out = vec![0_u8; usize::try_from(gdal_sys::OGR_G_WkbSize(straight)).ok()?];
        let code = gdal_sys::OGR_G_ExportToIsoWkb(straight, gdal_sys::OGRwkbByteOrder::wkbNDR, out.as_mut_ptr());
        gdal_sys::OGR_G_DestroyGeometry(straight);
        (code == gdal_sys::OGRErr::OGRERR_NONE).then_some(out)
    }
}

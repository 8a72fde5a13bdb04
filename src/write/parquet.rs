//! Parquet with our own order of work: the columns of a row group are encoded and compressed on all threads, while the group before is written.
//!
//! The writer of polars compresses on the thread that writes. Geometry is most of the bytes, so that one thread would set the pace.
//!
//! **Invariant:** row groups are cut by row number alone, so the bytes do not depend on the number of threads.

mod packing;
mod pages;

use std::hash::Hash;

use polars::prelude::{ArrowSchema, Column, CompatLevel, DataFrame, DataType, PlHashSet, PolarsResult, Schema, SchemaExt};
use polars_io::parquet::write::{StatisticsOptions, get_encodings};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, Encoding, FileWriter, KeyValue, Page, ParquetType, Version,
    WriteOptions, array_to_columns, fallible_streaming_iterator, schema_to_metadata_key,
};
use rayon::prelude::*;

use packing::Packing;
pub use packing::{POLYGONS, USUAL};
use pages::Leaf;
pub use pages::LongPages;

use super::{Sink, WriteError};
use crate::model::tables::{self, Table};
use crate::model::{LANGS, lang};

/// Rows of a row group: a filter on `parcel_id` reads one of them, and all threads have work at 100,000 rows. Groups of twice as many need 35 MB more and are not
/// written faster.
const GROUP_ROWS: usize = 16_384;
/// Rows that say whether a column gets a dictionary.
const SAMPLE_ROWS: usize = 4096;

/// The cells of some rows of a column.
pub enum Cells<'a> {
    /// As a frame has them.
    Column(Column),
    /// Text that stands elsewhere, none of it missing.
    Texts(Vec<&'a str>),
    /// Cells that are long, mostly differ and are not filtered by, as polygons and facts: written row by row without dictionary and bounds.
    Long(Packing, Box<dyn FnOnce(&mut LongPages<'_>) + 'a>),
}

/// A table as it is written: the columns of a range of rows are made when the range is encoded, so that a large one never stands in memory twice.
pub struct Slices<'a> {
    /// All rows.
    pub rows: usize,
    /// Names and types of the columns.
    pub schema: Schema,
    /// Makes the column of a number, the first argument, for so many rows, the third, from a row on, the second.
    pub cells: &'a (dyn Fn(usize, usize, usize) -> Cells<'a> + Sync),
    /// Key-value metadata of the file.
    pub metadata: Vec<(String, String)>,
}

/// Writes a frame.
pub fn write(table: &DataFrame, sink: &mut Sink) -> Result<(), WriteError> {
    let cells = |number: usize, start: usize, rows: usize| Cells::Column(slice(table, number, start, rows));
    write_slices(&Slices { rows: table.height(), schema: table.schema().as_ref().clone(), cells: &cells, metadata: Vec::new() }, sink)
}

/// Rows of a column of a frame.
pub fn slice(table: &DataFrame, number: usize, start: usize, rows: usize) -> Column {
    let offset = i64::try_from(start).unwrap_or(i64::MAX);
    table.columns().get(number).map_or_else(|| Column::new_empty("".into(), &DataType::Null), |column| column.slice(offset, rows))
}

/// Writes a table whose columns are made on the way.
pub fn write_slices(table: &Slices<'_>, sink: &mut Sink) -> Result<(), WriteError> {
    let path = sink.path().to_owned();
    write_groups(table, sink).map_err(|source| WriteError::Table { path, source })
}

fn write_groups(table: &Slices<'_>, sink: &mut Sink) -> PolarsResult<()> {
    let schema = table.schema.to_arrow(CompatLevel::newest());
    // What readers are told: R knows no text as views yet. The bytes are the same.
    let mut told = table.schema.to_arrow(CompatLevel::oldest());
    if let Some(defined) = tables::TABLES.iter().find(|defined| defined.path == sink.path()) {
        describe(&mut told, defined);
    }
    let mut metadata = vec![schema_to_metadata_key(&told)];
    metadata.extend(table.metadata.iter().map(|(key, value)| KeyValue { key: key.clone(), value: Some(value.clone()) }));
    let (statistics, compression) = (StatisticsOptions::default(), CompressionOptions::Lz4Raw);
    let options = WriteOptions { statistics, version: Version::V1, compression, data_page_size: None };
    let encodings = get_encodings(&schema).to_vec();
    let mut writer = FileWriter::try_new(sink, schema, options)?;
    let plan = Plan::new(table, writer.parquet_schema().fields().to_vec(), encodings, options)?;
    let mut write = |(rows, leaves): GroupPages| {
        let leaf = |pages| Ok(DynStreamingIterator::new(fallible_streaming_iterator::convert(pages)));
        writer.write(rows, DynIter::new(leaves.iter().map(|pages| leaf(pages.iter().map(PolarsResult::Ok)))))
    };
    // A group is written, and hashed, while the next one is encoded.
    let mut encoded = None;
    for start in (0..table.rows).step_by(GROUP_ROWS) {
        let (next, written) = rayon::join(|| plan.encode(table, start), || encoded.take().map_or(Ok(()), &mut write));
        written?;
        encoded = Some(next?);
    }
    encoded.map_or(Ok(()), write)?;
    writer.end(Some(metadata)).map(|_| ())
}

/// Units and words as metadata of the fields, where pyarrow, GeoPandas and R show them.
fn describe(schema: &mut ArrowSchema, table: &Table) {
    for (name, field) in schema.iter_mut() {
        let Some(column) = table.column(name) else { continue };
        let words = LANGS.into_iter().flat_map(|lang| {
            let own = |key: &str| format!("{key}@{}", lang.tag());
            [(own("title"), lang::name(lang, table.name, name)), (own("description"), lang::meaning(lang, table.name, name).into())]
        });
        let unit = (!column.unit.is_empty()).then(|| ("unit".to_owned(), column.unit.into()));
        let pairs = words.chain(unit).map(|(key, value)| (key.as_str().into(), (*value).into()));
        field.metadata = Some(std::sync::Arc::new(pairs.collect()));
    }
}

/// How each column is encoded.
struct Plan {
    types: Vec<ParquetType>,
    encodings: Vec<Vec<Encoding>>,
    options: WriteOptions,
}

type GroupPages = (u64, Vec<Vec<CompressedPage>>);

impl Plan {
    fn new(table: &Slices<'_>, types: Vec<ParquetType>, mut encodings: Vec<Vec<Encoding>>, options: WriteOptions) -> PolarsResult<Self> {
        for (own, number) in encodings.iter_mut().zip(0..) {
            if mostly_differ(&(table.cells)(number, 0, SAMPLE_ROWS.min(table.rows)))? {
                own.iter_mut().filter(|own| **own == Encoding::RleDictionary).for_each(|own| *own = Encoding::Plain);
            }
        }
        Ok(Self { types, encodings, options })
    }

    fn encode(&self, table: &Slices<'_>, start: usize) -> PolarsResult<GroupPages> {
        let rows = GROUP_ROWS.min(table.rows - start);
        // The geometry is the longest task, so it is the first.
        let columns =
            (0..table.schema.len()).into_par_iter().rev().map(|number| self.encode_column(number, (table.cells)(number, start, rows)));
        let mut pages = columns.collect::<PolarsResult<Vec<_>>>()?;
        pages.reverse();
        Ok((rows as u64, pages.into_iter().flatten().collect()))
    }

    /// The pages of the leaves of a column; a flat one has a single leaf.
    fn encode_column(&self, number: usize, cells: Cells<'_>) -> PolarsResult<Vec<Vec<CompressedPage>>> {
        let (Some(kind), Some(encodings)) = (self.types.get(number), self.encodings.get(number)) else { return Ok(Vec::new()) };
        let wants_dictionary = encodings.first() == Some(&Encoding::RleDictionary);
        let array = match cells {
            Cells::Long(packing, fill) => {
                let Some(leaf) = self.leaf(kind) else { return Ok(Vec::new()) };
                return Ok(vec![LongPages::filled(leaf.without_bounds(), packing, fill)?]);
            }
            Cells::Texts(texts) => {
                let coded = wants_dictionary.then(|| pages::text_dictionary(texts.iter().copied().map(Some), None)).flatten();
                coded.unwrap_or_else(|| Ok(pages::texts(&texts)))?
            }
            Cells::Column(column) => {
                let array = column.rechunk_to_arrow(CompatLevel::newest());
                let coded = wants_dictionary.then(|| pages::dictionary(&*array)).flatten();
                coded.unwrap_or(Ok(array))?
            }
        };
        if let Some(pages) = self.leaf(kind).and_then(|leaf| leaf.plain(&*array)) {
            return Ok(vec![pages?]);
        }
        let leaves = array_to_columns(array, kind.clone(), self.options, encodings)?;
        leaves.into_iter().map(packed).collect()
    }

    /// How the column is written where it is flat.
    fn leaf<'a>(&self, kind: &'a ParquetType) -> Option<Leaf<'a>> {
        let ParquetType::PrimitiveType(kind) = kind else { return None };
        Some(Leaf { kind, options: self.options })
    }
}

/// All pages of a leaf in a row group are packed alike.
fn packed(leaf: DynIter<'static, PolarsResult<Page>>) -> PolarsResult<Vec<CompressedPage>> {
    let mut pages = leaf.collect::<PolarsResult<Vec<_>>>()?;
    let packing = pages.first().map_or(Ok(USUAL), Packing::of_page)?;
    pages.drain(..).map(|page| packing.page(page)).collect()
}

/// Whether a dictionary would hold most cells: then finding it costs more than it saves.
fn mostly_differ(sample: &Cells<'_>) -> PolarsResult<bool> {
    let differs = |distinct: usize, rows: usize| 4 * distinct > 3 * rows;
    let column = match sample {
        Cells::Long(..) => return Ok(true),
        Cells::Texts(texts) => return Ok(differs(distinct(texts.iter()), texts.len())),
        Cells::Column(column) => column,
    };
    let distinct = match column.dtype() {
        // The one nested column has boxes, which all differ, as polygons do.
        kind if kind.is_nested() || *kind == DataType::Binary => return Ok(true),
        DataType::String => distinct(column.str()?.iter()),
        DataType::Float64 => distinct(column.f64()?.iter().map(|number| number.map(f64::to_bits))),
        _ => distinct(column.cast(&DataType::Int64)?.i64()?.iter()),
    };
    Ok(differs(distinct, column.len()))
}

/// How many cells differ. polars would sort them on its threads, and whoever waits for these takes up another file meanwhile.
fn distinct<T: Eq + Hash>(cells: impl Iterator<Item = T>) -> usize {
    cells.collect::<PlHashSet<T>>().len()
}

#[cfg(test)]
mod tests;

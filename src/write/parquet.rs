//! Parquet with our own order of work: row groups and columns are encoded and compressed on all threads, then written in order.
//!
//! The writer of polars compresses on the thread that writes. Geometry is most of the bytes, so that one thread would set the pace.
//!
//! **Invariant:** row groups are cut by row number alone, so the bytes do not depend on the number of threads.

use polars::prelude::{Column, CompatLevel, DataFrame, PolarsResult, SchemaExt};
use polars_io::parquet::write::{BatchedWriter, KeyValueMetadata, ParquetCompression, ParquetWriter, StatisticsOptions, get_encodings};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, Encoding, Page, ParquetType, Version, WriteOptions, ZstdLevel, array_to_columns,
    compress as compress_page,
};
use rayon::prelude::*;

use super::{Sink, WriteError};

/// Rows of a row group: a filter on `parcel_id` reads one of them, and two threads have work at 100,000 rows.
const GROUP_ROWS: usize = 32_768;
/// Zstandard level 1: level 3 costs twice the time for 3 % fewer bytes on coordinates.
const ZSTD_LEVEL: i32 = 1;

/// What stands beside the columns of a table.
pub struct Geometry<'a> {
    /// Makes the last column for so many rows, the second number, from the first number on.
    pub column: &'a (dyn Fn(usize, usize) -> Column + Sync),
    /// Key-value metadata of the file.
    pub metadata: Vec<(String, String)>,
}

/// Writes `table`, with a geometry column where one is given.
pub fn write(table: &DataFrame, geometry: Option<&Geometry<'_>>, sink: &mut Sink) -> Result<(), WriteError> {
    let path = sink.path().to_owned();
    write_groups(table, geometry, sink).map_err(|source| WriteError::Table { path, source })
}

fn write_groups(table: &DataFrame, geometry: Option<&Geometry<'_>>, sink: &mut Sink) -> PolarsResult<()> {
    let mut first = table.head(Some(0));
    if let Some(geometry) = geometry {
        first.with_column((geometry.column)(0, 0))?;
    }
    let compression = compression()?;
    let mut writer = ParquetWriter::new(sink)
        .with_compression(compression)
        .with_key_value_metadata(geometry.map(|g| KeyValueMetadata::from_static(g.metadata.clone())))
        .batched(first.schema())?;
    let plan = Plan::new(&mut writer, &first, geometry, compression.into())?;
    let starts: Vec<usize> = (0..table.height()).step_by(GROUP_ROWS).collect();
    for wave in starts.chunks(rayon::current_num_threads().max(1)) {
        let groups = wave.par_iter().map(|&start| plan.encode(table, geometry, start)).collect::<PolarsResult<Vec<_>>>()?;
        for (rows, pages) in groups {
            writer.write_row_group(rows, &pages)?;
        }
    }
    writer.finish().map(|_| ())
}

fn compression() -> PolarsResult<ParquetCompression> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL)?;
    Ok(ParquetCompression::Zstd(Some(level)))
}

/// How each column is encoded.
struct Plan {
    types: Vec<ParquetType>,
    encodings: Vec<Vec<Encoding>>,
    options: Vec<WriteOptions>,
}

type GroupPages = (u64, Vec<Vec<CompressedPage>>);

impl Plan {
    fn new(
        writer: &mut BatchedWriter<&mut Sink>,
        empty: &DataFrame,
        geometry: Option<&Geometry<'_>>,
        compression: CompressionOptions,
    ) -> PolarsResult<Self> {
        let types = writer.parquet_schema().fields().to_vec();
        let arrow = empty.schema().to_arrow(CompatLevel::newest());
        let mut encodings = get_encodings(&arrow).to_vec();
        let usual = WriteOptions { statistics: StatisticsOptions::default(), version: Version::V1, compression, data_page_size: None };
        let mut options = vec![usual; types.len()];
        if geometry.is_some() {
            // Every polygon differs, and the smallest string of bytes says nothing: no dictionary, and nulls alone are counted.
            if let Some(last) = options.last_mut() {
                last.statistics = StatisticsOptions { min_value: false, max_value: false, ..StatisticsOptions::default() };
            }
            if let Some(last) = encodings.last_mut() {
                *last = vec![Encoding::Plain];
            }
        }
        Ok(Self { types, encodings, options })
    }

    fn encode(&self, table: &DataFrame, geometry: Option<&Geometry<'_>>, start: usize) -> PolarsResult<GroupPages> {
        let rows = GROUP_ROWS.min(table.height() - start);
        let width = table.width() + usize::from(geometry.is_some());
        let offset = i64::try_from(start).unwrap_or(i64::MAX);
        // The geometry is the longest task, so it is the first.
        let columns = (0..width).into_par_iter().rev().map(|number| {
            let column = match (table.columns().get(number), geometry) {
                (Some(column), _) => column.slice(offset, rows),
                (None, Some(geometry)) => (geometry.column)(start, rows),
                (None, None) => Column::new_empty("".into(), &polars::prelude::DataType::Null),
            };
            self.encode_column(number, &column)
        });
        let mut pages = columns.collect::<PolarsResult<Vec<_>>>()?;
        pages.reverse();
        Ok((rows as u64, pages.into_iter().flatten().collect()))
    }

    /// The pages of the leaves of a column; a flat one has a single leaf.
    fn encode_column(&self, number: usize, column: &Column) -> PolarsResult<Vec<Vec<CompressedPage>>> {
        let (Some(kind), Some(encoding), Some(&options)) = (self.types.get(number), self.encodings.get(number), self.options.get(number))
        else {
            return Ok(Vec::new());
        };
        let array = column.clone().rechunk_to_arrow(CompatLevel::newest());
        array_to_columns(array, kind.clone(), options, encoding)?.into_iter().map(|leaf| compress(leaf, options)).collect()
    }
}

fn compress(leaf: DynIter<'static, PolarsResult<Page>>, options: WriteOptions) -> PolarsResult<Vec<CompressedPage>> {
    leaf.map(|page| Ok(compress_page(page?, Vec::new(), options.compression)?)).collect()
}

//! Pages of text, polygons and numbers, which are most of a run, made in a buffer that each thread keeps; polars makes the others.
//!
//! **Invariant:** values, levels and bounds are those that polars would write.

use std::cell::RefCell;
use std::hash::Hash;

use polars::prelude::{PlHashMap, PolarsResult};
use polars_arrow::array::{Array, BinaryViewArray, DictionaryArray, MutableBinaryViewArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, IntegerType};
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{CompressedDataPage, CompressedPage, DataPageHeader, DataPageHeaderV1, Page};
use polars_parquet::parquet::schema::Repetition;
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::parquet::statistics::ParquetStatistics;
use polars_parquet::write::{Encoding, StatisticsOptions, Version, WriteOptions, array_to_page_simple, write_def_levels};

use super::packing::{Packing, USUAL};

/// Bytes of a page, more or less.
const PAGE_BYTES: usize = 1 << 20;
/// Rows up to which a dictionary is always made.
const FEW_ROWS: usize = 128;
/// Bytes of the length before each text.
const LENGTH_BYTES: usize = size_of::<u32>();
/// Most bytes of the levels of a page without nulls: their length, a run's length and its value.
const LEVEL_BYTES: usize = 16;

thread_local! {
    static PLAIN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// How a flat column is written.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    /// Its type in the file.
    pub kind: &'a PrimitiveType,
    /// Which bounds it has.
    pub options: WriteOptions,
}

/// Text or numbers with a dictionary, the values by their first rows; none where it is neither or too many differ.
pub fn dictionary(array: &dyn Array) -> Option<PolarsResult<Box<dyn Array>>> {
    let any = array.as_any();
    if let Some(texts) = any.downcast_ref::<Utf8ViewArray>() {
        return text_dictionary(texts.iter(), texts.validity());
    }
    let numbers = any.downcast_ref::<PrimitiveArray<f64>>()?;
    let (values, keys) = keyed(numbers.iter().map(|number| number.map(|own| own.to_bits())))?;
    let values: Vec<f64> = values.into_iter().map(f64::from_bits).collect();
    Some(coded(keys, numbers.validity(), PrimitiveArray::from_vec(values).boxed()))
}

/// Text with a dictionary; none where too many differ.
pub fn text_dictionary<'a>(
    texts: impl ExactSizeIterator<Item = Option<&'a str>>,
    validity: Option<&Bitmap>,
) -> Option<PolarsResult<Box<dyn Array>>> {
    let (values, keys) = keyed(texts)?;
    let values: Utf8ViewArray = MutableBinaryViewArray::from_values_iter(values.into_iter()).into();
    Some(coded(keys, validity, values.boxed()))
}

/// Text as an array.
pub fn texts(texts: &[&str]) -> Box<dyn Array> {
    Utf8ViewArray::from_slice_values(texts).boxed()
}

fn coded(keys: Vec<u32>, validity: Option<&Bitmap>, values: Box<dyn Array>) -> PolarsResult<Box<dyn Array>> {
    let kind = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(values.dtype().clone()), false);
    let keys = PrimitiveArray::new(ArrowDataType::UInt32, keys.into(), validity.cloned());
    DictionaryArray::try_new(kind, keys, values).map(|array| array.boxed())
}

/// The cells that differ and the place of each cell among them; none where they are too many.
fn keyed<T: Copy + Eq + Hash>(cells: impl ExactSizeIterator<Item = Option<T>>) -> Option<(Vec<T>, Vec<u32>)> {
    let rows = cells.len();
    let most = if rows <= FEW_ROWS { rows } else { rows / 4 * 3 };
    let (mut places, mut values, mut keys): (PlHashMap<T, u32>, _, _) = (PlHashMap::default(), Vec::new(), Vec::with_capacity(rows));
    // Many rows say what the row before said.
    let mut last: Option<(T, u32)> = None;
    for cell in cells {
        let key = match (cell, last) {
            (None, _) => 0,
            (Some(cell), Some((last, key))) if cell == last => key,
            (Some(cell), _) => {
                let next = u32::try_from(values.len()).unwrap_or(u32::MAX);
                let key = *places.entry(cell).or_insert(next);
                if key == next {
                    values.push(cell);
                }
                last = Some((cell, key));
                key
            }
        };
        if values.len() > most {
            return None;
        }
        keys.push(key);
    }
    Some((values, keys))
}

impl Leaf<'_> {
    /// Without the least and the greatest value.
    pub fn without_bounds(self) -> Self {
        let statistics = StatisticsOptions { min_value: false, max_value: false, ..self.options.statistics };
        Self { options: WriteOptions { statistics, ..self.options }, ..self }
    }

    /// The pages of text or numbers without dictionary; none where polars is to make them.
    pub fn plain(self, array: &dyn Array) -> Option<PolarsResult<Vec<CompressedPage>>> {
        let any = array.as_any();
        if let Some(texts) = any.downcast_ref::<Utf8ViewArray>() {
            return Some(self.texts(&texts.to_binview()));
        }
        any.downcast_ref::<PrimitiveArray<f64>>().map(|numbers| self.numbers(numbers))
    }

    fn texts(self, texts: &BinaryViewArray) -> PolarsResult<Vec<CompressedPage>> {
        let cuts = cuts(texts.len(), texts.total_bytes_len());
        cuts.map(|(start, rows)| {
            let part = texts.clone().sliced(start, rows);
            self.page(
                &part,
                |_| Ok(USUAL),
                |buffer| {
                    buffer.reserve(part.total_bytes_len() + LENGTH_BYTES * rows);
                    let mut bounds: Option<(&[u8], &[u8])> = None;
                    for text in part.non_null_values_iter() {
                        buffer.extend_from_slice(&length(text.len()));
                        buffer.extend_from_slice(text);
                        bounds =
                            Some(bounds.map_or((text, text), |(min, max)| if text > max { (min, text) } else { (min.min(text), max) }));
                    }
                    let bounds: Vec<Option<&[u8]>> = bounds.into_iter().flat_map(|(min, max)| [Some(min), Some(max)]).collect();
                    BinaryViewArray::from_slice(bounds).boxed()
                },
            )
        })
        .collect()
    }

    fn numbers(self, numbers: &PrimitiveArray<f64>) -> PolarsResult<Vec<CompressedPage>> {
        // Those of a row group are one page.
        let page = self.page(numbers, Packing::of, |buffer| {
            let from = buffer.len();
            append_numbers(numbers, buffer);
            PrimitiveArray::from_slice(bounds(buffer.get(from..).unwrap_or_default())).boxed()
        });
        Ok(vec![page?])
    }

    /// A page of the rows of `part`; `append` writes the values and returns an array with the same bounds.
    fn page(
        self,
        part: &dyn Array,
        packing: impl FnOnce(&[u8]) -> PolarsResult<Packing>,
        append: impl FnOnce(&mut Vec<u8>) -> Box<dyn Array>,
    ) -> PolarsResult<CompressedPage> {
        PLAIN.with_borrow_mut(|buffer| {
            buffer.clear();
            let is_optional = self.kind.field_info.repetition == Repetition::Optional;
            write_def_levels(buffer, is_optional, part.validity(), part.len(), Version::V1)?;
            let bounds = append(buffer);
            let statistics = self.statistics(&*bounds, part.null_count())?;
            let packing = packing(buffer)?;
            Ok(self.packed(packing.pack(buffer)?, Plain { packing, bytes: buffer.len(), rows: part.len() }, statistics))
        })
    }

    /// Bounds as polars writes them: long texts are cut.
    fn statistics(self, bounds: &dyn Array, nulls: usize) -> PolarsResult<Option<ParquetStatistics>> {
        let page = array_to_page_simple(bounds, self.kind.clone(), self.options, Encoding::Plain)?;
        let Page::Data(page) = page else { return Ok(None) };
        let DataPageHeader::V1(header) = page.header() else { return Ok(None) };
        let null_count = i64::try_from(nulls).ok();
        Ok(header.statistics.clone().map(|own| ParquetStatistics { null_count, ..own }))
    }

    fn packed(self, page: Vec<u8>, plain: Plain, statistics: Option<ParquetStatistics>) -> CompressedPage {
        let header = DataPageHeaderV1 {
            num_values: i32::try_from(plain.rows).unwrap_or(i32::MAX),
            encoding: Encoding::Plain.into(),
            definition_level_encoding: Encoding::Rle.into(),
            repetition_level_encoding: Encoding::Rle.into(),
            statistics,
        };
        let descriptor = Descriptor { primitive_type: self.kind.clone(), max_def_level: 0, max_rep_level: 0 };
        let (header, page) = (DataPageHeader::V1(header), CowBuffer::Owned(page));
        CompressedPage::Data(CompressedDataPage::new(header, page, plain.packing.codec(), plain.bytes, descriptor, plain.rows))
    }
}

/// What a page was before it was packed, and how.
struct Plain {
    packing: Packing,
    bytes: usize,
    rows: usize,
}

/// First row and rows of each page, as polars cuts them.
fn cuts(rows: usize, bytes: usize) -> impl Iterator<Item = (usize, usize)> {
    let of_page = (PAGE_BYTES / (bytes / rows.max(1) + 1)).max(1);
    (0..rows).step_by(of_page).map(move |start| (start, of_page.min(rows - start)))
}

/// No text is longer than a page of 2³¹ bytes.
fn length(bytes: usize) -> [u8; LENGTH_BYTES] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

/// The numbers that are none of nulls.
fn append_numbers(numbers: &PrimitiveArray<f64>, buffer: &mut Vec<u8>) {
    let values = numbers.values().as_slice();
    let Some(validity) = numbers.validity() else { return append_run(values, buffer) };
    let (mut bits, mut rest) = (validity.iter(), values);
    while !rest.is_empty() {
        let known = bits.take_leading_ones().min(rest.len());
        let (run, behind) = rest.split_at(known);
        append_run(run, buffer);
        rest = behind.get(bits.take_leading_zeros()..).unwrap_or_default();
    }
}

fn append_run(values: &[f64], buffer: &mut Vec<u8>) {
    let from = buffer.len();
    buffer.resize(from + size_of_val(values), 0);
    let slots = buffer.get_mut(from..).unwrap_or_default().chunks_exact_mut(size_of::<f64>());
    slots.zip(values).for_each(|(slot, value)| slot.copy_from_slice(&value.to_le_bytes()));
}

/// Least and greatest of numbers, both not a number where one is; none of none.
fn bounds(bytes: &[u8]) -> Vec<f64> {
    let numbers = || bytes.chunks_exact(size_of::<f64>()).map(|own| f64::from_le_bytes(own.try_into().unwrap_or_default()));
    if bytes.is_empty() {
        return Vec::new();
    }
    let (min, max, is_nan) = numbers().fold((f64::INFINITY, f64::NEG_INFINITY, false), |(min, max, is_nan), own| {
        (if own < min { own } else { min }, if own > max { own } else { max }, is_nan | own.is_nan())
    });
    if is_nan { vec![f64::NAN; 2] } else { vec![min, max] }
}

/// The pages of a long column, filled row by row without a table before them.
pub struct LongPages<'a> {
    leaf: Leaf<'a>,
    packing: Packing,
    buffer: Vec<u8>,
    rows: usize,
    pages: PolarsResult<Vec<CompressedPage>>,
}

impl<'a> LongPages<'a> {
    /// Pages that `fill` puts the rows of, none of them null.
    pub fn filled(leaf: Leaf<'a>, packing: Packing, fill: impl FnOnce(&mut Self)) -> PolarsResult<Vec<CompressedPage>> {
        let mut pages = Self { leaf, packing, buffer: PLAIN.take(), rows: 0, pages: Ok(Vec::new()) };
        pages.begin();
        fill(&mut pages);
        pages.end_page();
        PLAIN.set(pages.buffer);
        pages.pages
    }

    /// Adds a row, which `append` writes.
    pub fn put(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        let from = self.buffer.len();
        self.buffer.extend_from_slice(&[0; LENGTH_BYTES]);
        append(&mut self.buffer);
        let length = length(self.buffer.len() - from - LENGTH_BYTES);
        if let Some(slot) = self.buffer.get_mut(from..from + LENGTH_BYTES) {
            slot.copy_from_slice(&length);
        }
        self.rows += 1;
        if self.buffer.len() >= PAGE_BYTES {
            self.end_page();
        }
    }

    /// Leaves room for the levels, whose length is known when the rows are.
    fn begin(&mut self) {
        self.buffer.clear();
        self.buffer.resize(LEVEL_BYTES, 0);
        self.rows = 0;
    }

    fn end_page(&mut self) {
        if self.rows > 0
            && let Ok(pages) = &mut self.pages
        {
            match self.leaf.long_page(&mut self.buffer, self.packing, self.rows) {
                Ok(page) => pages.push(page),
                Err(error) => self.pages = Err(error),
            }
        }
        self.begin();
    }
}

impl Leaf<'_> {
    /// The page of a buffer that begins with room for its levels.
    fn long_page(self, buffer: &mut [u8], packing: Packing, rows: usize) -> PolarsResult<CompressedPage> {
        let mut levels = Vec::with_capacity(LEVEL_BYTES);
        let is_optional = self.kind.field_info.repetition == Repetition::Optional;
        write_def_levels(&mut levels, is_optional, None, rows, Version::V1)?;
        let from = LEVEL_BYTES.saturating_sub(levels.len());
        let page = buffer.get_mut(from..).unwrap_or_default();
        if let Some(room) = page.get_mut(..levels.len()) {
            room.copy_from_slice(&levels);
        }
        let statistics = self.statistics(&*BinaryViewArray::new_empty(ArrowDataType::BinaryView).boxed(), 0)?;
        Ok(self.packed(packing.pack(page)?, Plain { packing, bytes: page.len(), rows }, statistics))
    }
}

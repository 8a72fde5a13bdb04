//! Blocks of rows, read on all threads and joined in the order of the file while later ones are still being read.
//!
//! **Invariant:** blocks are begun in their order, so that few of them wait for an earlier one; the memory of a block that is joined serves the next.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use gdal::Dataset;
use polars::prelude::{BooleanChunked, Column};
use rayon::prelude::*;

use super::BlockReader;
use super::direct::{Direct, Query};
use super::notes::Notes;
use super::open::Opener;
use crate::model::{Coord, GeometryBuilder, GeometryColumn, Reject};
use crate::read::error::ReadError;

/// Rows of a layer.
#[derive(Default)]
pub(super) struct Block {
    pub(super) geometry: GeometryColumn,
    /// Source columns as read; canonical names and units come when all blocks are joined.
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<i64>,
    pub(super) rejects: Vec<Reject>,
    pub(super) notes: Notes,
    pub(super) seen: u64,
}

/// What one thread reads blocks with; opened when it is needed.
struct Worker<'a> {
    reader: &'a BlockReader<'a>,
    opener: &'a Opener,
    index: usize,
    direct: Option<Direct>,
    dataset: Option<Dataset>,
}

/// The blocks that are joined, and those that wait for an earlier one.
struct Joined<'a> {
    reader: &'a BlockReader<'a>,
    all: Block,
    next: usize,
    waiting: BTreeMap<usize, Result<Block, ReadError>>,
    failed: Option<ReadError>,
    most: Most,
}

/// What a layer can come to at most, as far as is known.
#[derive(Clone, Copy)]
struct Most {
    rows: u64,
    file_bytes: u64,
}

impl BlockReader<'_> {
    /// All rows in file order; several blocks at once where the format finds a row by its number. `stated` are the rows that the file says it has.
    pub(super) fn read_all(
        &self,
        opener: &Opener,
        (dataset, index): (&Dataset, usize),
        ranges: &[(i64, i64)],
        stated: u64,
    ) -> Result<Block, ReadError> {
        if ranges.is_empty() {
            return self.read_block(opener, dataset, index, None);
        }
        let query = Query::of(self, dataset, index);
        let (next, threads) = (AtomicUsize::new(0), rayon::current_num_threads().min(ranges.len()));
        let most = Most { rows: stated, file_bytes: std::fs::metadata(&opener.file).map_or(0, |file| file.len()) };
        let all = Block { geometry: GeometryBuilder::default().finish(), ..Block::default() };
        let joined = Joined { reader: self, all, next: 0, waiting: BTreeMap::new(), failed: None, most };
        let joined = Mutex::new(joined);
        (0..threads).into_par_iter().with_max_len(1).for_each(|_| {
            let mut worker: Option<Worker<'_>> = None;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(range) = ranges.get(number) else { break };
                let block = worker.get_or_insert_with(|| Worker::new(self, opener, index, query.as_ref())).block(*range);
                let mut joined = joined.lock().unwrap_or_else(PoisonError::into_inner);
                joined.add(number, block);
                if joined.failed.is_some() {
                    break;
                }
            }
        });
        let joined = joined.into_inner().unwrap_or_else(PoisonError::into_inner);
        joined.failed.map_or(Ok(joined.all), Err)
    }
}

impl<'a> Worker<'a> {
    fn new(reader: &'a BlockReader<'a>, opener: &'a Opener, index: usize, query: Option<&Query>) -> Self {
        let direct = query.and_then(|query| Direct::open(&opener.file, query));
        Self { reader, opener, index, direct, dataset: None }
    }

    fn block(&mut self, range: (i64, i64)) -> Result<Block, ReadError> {
        if let Some(block) = self.direct.as_mut().and_then(|direct| direct.block(self.reader, range)) {
            return Ok(block);
        }
        let dataset = match self.dataset.take() {
            Some(dataset) => dataset,
            None => self.opener.open()?,
        };
        let dataset = self.dataset.insert(dataset);
        self.reader.read_block(self.opener, dataset, self.index, Some(range))
    }
}

impl Joined<'_> {
    /// Adds a block, and those that waited for it.
    fn add(&mut self, number: usize, block: Result<Block, ReadError>) {
        self.waiting.insert(number, block);
        while let (None, Some(block)) = (&self.failed, self.waiting.remove(&self.next)) {
            self.next += 1;
            self.failed = block.and_then(|block| self.append(block)).err();
        }
    }

    fn append(&mut self, block: Block) -> Result<(), ReadError> {
        let all = &mut self.all;
        if all.rows.is_empty() {
            let (features, coords) = self.most.room(&block);
            all.geometry.reserve(features, coords);
            all.rows.reserve(features);
        }
        all.geometry.append(&block.geometry);
        all.rows.extend(block.rows);
        all.rejects.extend(block.rejects);
        all.notes.append(block.notes);
        all.seen += block.seen;
        self.reader.append_columns(&mut all.columns, block.columns)?;
        self.reader.check_size(all.geometry.coord_count())
    }
}

impl Most {
    /// The features and coordinates for which to make room, as the first block goes; pages that stay empty cost nothing.
    fn room(&self, first: &Block) -> (usize, usize) {
        let features = usize::try_from(self.rows).unwrap_or(0).min(usize::try_from(self.file_bytes).unwrap_or(0));
        let in_file = usize::try_from(self.file_bytes).unwrap_or(0) / size_of::<Coord>();
        // A quarter more than the first block lets expect.
        let each = first.geometry.coord_count().saturating_mul(5) / first.geometry.len().max(1).saturating_mul(4) + 1;
        (features, features.saturating_mul(each).min(in_file))
    }
}

impl Block {
    /// Keeps the rows of a mask.
    pub(super) fn keep(&mut self, mask: &BooleanChunked, as_table: bool) {
        let kept: Vec<u32> =
            mask.iter().enumerate().filter(|(_, keep)| *keep == Some(true)).filter_map(|(row, _)| u32::try_from(row).ok()).collect();
        if !as_table {
            self.geometry = self.geometry.take(&kept);
        }
        self.rows = kept.iter().filter_map(|&r| self.rows.get(r as usize).copied()).collect();
    }
}

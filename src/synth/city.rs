//! Builds the blocks in parallel, a batch at a time, and hands each batch to the writers in order.
//!
//! Parcels and buildings have a thread each that owns their file, so blocks are built while others are written. At most
//! `BATCHES_WAITING` batches wait for a slow writer.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use rayon::prelude::*;

use super::block::{Block, Project};
use super::enterprises::HEADER;
use super::layers::{BUILDINGS, LayerSpec, PARCELS, PROJECTS, ZONES};
use super::layout::ParcelKind;
use super::plan::Plan;
use super::random::Dice;
use super::sink::Sink;
use super::{SynthConfig, SynthError, SynthFormat, SynthReport, whole, wkb, zones};

const BLOCKS_PER_BATCH: u64 = 128;
const BATCHES_WAITING: usize = 2;
/// Streams of the orders that `shuffle` draws.
const PARCEL_ORDER: u64 = 0;
const BUILDING_ORDER: u64 = 1;
const ROW_ORDER: u64 = 2;
const PROJECT_ORDER: u64 = 3;
const ZONE_ORDER: u64 = 4;

/// Writes all layers and the table.
pub(super) fn write(plan: &Plan, config: &SynthConfig, out_dir: &Path) -> Result<SynthReport, SynthError> {
    let mut report = SynthReport::default();
    let projects = write_blocks(plan, config, out_dir, &mut report)?;
    write_projects(projects, config, out_dir, &mut report)?;
    write_zones(plan, config, out_dir, &mut report)?;
    Ok(report)
}

fn write_blocks(plan: &Plan, config: &SynthConfig, out_dir: &Path, report: &mut SynthReport) -> Result<Vec<Project>, SynthError> {
    let mut table = Table::create(config, out_dir)?;
    let mut projects = Vec::new();
    thread::scope(|scope| {
        let (to_parcels, parcel_batches) = sync_channel::<Arc<Vec<Block>>>(BATCHES_WAITING);
        let (to_buildings, building_batches) = sync_channel::<Arc<Vec<Block>>>(BATCHES_WAITING);
        let parcel_writer = scope.spawn(|| write_parcels(parcel_batches, config, out_dir));
        let building_writer = scope.spawn(|| write_buildings(building_batches, config, out_dir));
        // A shuffled city is one batch.
        let batch_blocks = if config.shuffle.is_some() { plan.blocks } else { BLOCKS_PER_BATCH };
        for start in (0..plan.blocks).step_by(whole::size(batch_blocks)) {
            let end = plan.blocks.min(start + batch_blocks);
            let mut blocks: Vec<Block> = (start..end).into_par_iter().map(|index| Block::new(plan, index)).collect();
            projects.extend(blocks.iter_mut().filter_map(|block| block.project.take()));
            let blocks = Arc::new(blocks);
            // A closed channel means that its writer failed; its error is found when it is joined.
            if to_parcels.send(Arc::clone(&blocks)).is_err() || to_buildings.send(Arc::clone(&blocks)).is_err() {
                break;
            }
            count(&blocks, report);
            table.write(&blocks)?;
        }
        drop((to_parcels, to_buildings));
        join(parcel_writer, &PARCELS)?;
        join(building_writer, &BUILDINGS)
    })?;
    table.finish()?;
    Ok(projects)
}

fn join(writer: ScopedJoinHandle<'_, Result<(), SynthError>>, spec: &LayerSpec) -> Result<(), SynthError> {
    writer.join().map_err(|_| SynthError::Writer { layer: spec.name })?
}

fn write_parcels(batches: Receiver<Arc<Vec<Block>>>, config: &SynthConfig, out_dir: &Path) -> Result<(), SynthError> {
    let mut sink = Sink::create(&PARCELS, config.format, out_dir)?;
    for blocks in batches {
        let mut parcels: Vec<_> = blocks.iter().flat_map(|block| &block.parcels).collect();
        shuffle(&mut parcels, config, PARCEL_ORDER);
        for parcel in parcels {
            sink.write(&parcel.wkb, &parcel.values())?;
        }
    }
    sink.close().map(drop)
}

fn write_buildings(batches: Receiver<Arc<Vec<Block>>>, config: &SynthConfig, out_dir: &Path) -> Result<(), SynthError> {
    let mut sink = Sink::create(&BUILDINGS, config.format, out_dir)?;
    for blocks in batches {
        let mut buildings: Vec<_> = blocks.iter().flat_map(|block| &block.buildings).collect();
        shuffle(&mut buildings, config, BUILDING_ORDER);
        for building in buildings {
            sink.write(&building.wkb, &building.values())?;
        }
    }
    sink.close().map(drop)
}

fn write_projects(mut projects: Vec<Project>, config: &SynthConfig, out_dir: &Path, report: &mut SynthReport) -> Result<(), SynthError> {
    let mut sink = Sink::create(&PROJECTS, config.format, out_dir)?;
    shuffle(&mut projects, config, PROJECT_ORDER);
    for project in &projects {
        sink.write(&project.wkb, &project.values())?;
    }
    report.projects = projects.len() as u64;
    sink.close().map(drop)
}

fn write_zones(plan: &Plan, config: &SynthConfig, out_dir: &Path, report: &mut SynthReport) -> Result<(), SynthError> {
    let mut sink = Sink::create(&ZONES, config.format, out_dir)?;
    let mut zones = zones::of_city(plan, config.overlapping_zones);
    shuffle(&mut zones, config, ZONE_ORDER);
    for zone in &zones {
        sink.write(&wkb::polygon(&zone.polygon), &zone.values())?;
        report.zone_vertices += wkb::vertices(std::slice::from_ref(&zone.polygon));
    }
    report.zones = zones.len() as u64;
    sink.close().map(drop)
}

fn shuffle<T>(items: &mut [T], config: &SynthConfig, stream: u64) {
    if let Some(seed) = config.shuffle {
        Dice::new(seed, stream).shuffle(items);
    }
}

fn count(blocks: &[Block], report: &mut SynthReport) {
    for parcel in blocks.iter().flat_map(|block| &block.parcels) {
        report.parcels += 1;
        report.parcel_vertices += parcel.vertices;
        report.slivers += u64::from(parcel.kind == ParcelKind::Sliver);
        report.multipart_parcels += u64::from(parcel.parts > 1);
        report.parcels_with_holes += u64::from(parcel.holes > 0);
    }
    for building in blocks.iter().flat_map(|block| &block.buildings) {
        report.buildings += 1;
        report.building_vertices += building.vertices;
    }
    report.enterprise_rows += blocks.iter().map(|block| block.enterprises.len() as u64).sum::<u64>();
}

/// The enterprise table.
struct Table<'a> {
    path: PathBuf,
    out: BufWriter<File>,
    config: &'a SynthConfig,
}

impl<'a> Table<'a> {
    fn create(config: &'a SynthConfig, out_dir: &Path) -> Result<Self, SynthError> {
        let path = out_dir.join("enterprises.csv");
        let file = File::create(&path).map_err(|source| SynthError::Io { path: path.clone(), source })?;
        let mut table = Self { path, out: BufWriter::new(file), config };
        table.put(HEADER)?;
        Ok(table)
    }

    fn write(&mut self, blocks: &[Block]) -> Result<(), SynthError> {
        if self.config.shuffle.is_none() {
            return blocks.iter().try_for_each(|block| self.put(&block.enterprises.text));
        }
        let mut rows: Vec<&str> =
            blocks.iter().flat_map(|block| (0..block.enterprises.len()).map(|index| block.enterprises.row(index))).collect();
        shuffle(&mut rows, self.config, ROW_ORDER);
        rows.into_iter().try_for_each(|row| self.put(row))
    }

    fn put(&mut self, text: &str) -> Result<(), SynthError> {
        let written = match self.config.format {
            SynthFormat::Gpkg => self.out.write_all(text.as_bytes()),
            SynthFormat::Shapefile => self.out.write_all(&encoding_rs::GB18030.encode(text).0),
        };
        written.map_err(|source| SynthError::Io { path: self.path.clone(), source })
    }

    fn finish(mut self) -> Result<(), SynthError> {
        self.out.flush().map_err(|source| SynthError::Io { path: self.path, source })
    }
}

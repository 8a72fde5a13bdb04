//! Everything that one block holds, ready to be written.

use super::buildings::{Builder, Building};
use super::enterprises::{self, Rows};
use super::lattice::Lattice;
use super::layout::{Layout, ParcelKind};
use super::parcels::{self, Parcel};
use super::plan::Plan;
use super::random::{Dice, hash};
use super::trace;
use super::whole;
use super::wkb;

/// Streams of a block: one for each thing that is drawn, so that a change in one leaves the others alone.
const STREAMS: u64 = 4;

/// The features and rows of one block.
pub(super) struct Block {
    pub(super) parcels: Vec<Parcel>,
    pub(super) buildings: Vec<Building>,
    pub(super) project: Option<Project>,
    pub(super) enterprises: Rows,
}

/// A redevelopment project: its polygon is the union of its parcels, along their very vertices.
pub(super) struct Project {
    pub(super) wkb: Vec<u8>,
    pub(super) project_id: String,
    pub(super) project_name: String,
}

impl Block {
    pub(super) fn new(plan: &Plan, index: u64) -> Self {
        let dice = |stream| Dice::new(plan.seed, index * STREAMS + stream);
        let (site, count) = (plan.site(index), plan.parcel_count(index));
        let mut ground = dice(0);
        let lattice = Lattice::new(plan, site, count, &mut ground, hash(plan.seed, &[5, index]));
        let layout = Layout::new(&lattice, count, plan.has_project(index), &mut ground);
        let town = plan.town(index);
        let parcels = parcels::describe(&lattice, &layout, &town, &mut dice(1));
        let first = plan.first_building(index);
        let to_build = whole::size(plan.first_building(index + 1).saturating_sub(first));
        Self {
            buildings: Builder::new(plan, site, &lattice, &layout).build(first, to_build, &mut dice(2)),
            project: project(&lattice, &layout, index, &town.name),
            enterprises: enterprises::of_block(&parcels, index, &mut dice(3)),
            parcels,
        }
    }
}

fn project(lattice: &Lattice, layout: &Layout, index: u64, town: &str) -> Option<Project> {
    let inside = |column, row| layout.kind(layout.owner(column, row)) == Some(ParcelKind::InProject);
    let cells: Vec<_> = lattice.whole().iter().filter(|&(column, row)| inside(column, row)).collect();
    if cells.is_empty() {
        return None;
    }
    Some(Project {
        wkb: wkb::multi_polygon(&trace::union(lattice, &cells, inside)),
        project_id: format!("GX2025{:06}", index + 1),
        project_name: format!("{town}第{}号低效用地再开发项目", index + 1),
    })
}

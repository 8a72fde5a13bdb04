//! Which parcel owns which cell of a block, and which parcels make up a redevelopment project.
//!
//! The block is cut recursively into as many rectangles of cells as it has parcels. Then a project block gives single
//! cells to slivers (enclosed in a parcel, interlocking at the project's edge, at its corner), and a few other parcels
//! get a hole, an alley between two parts, or an enclave inside a neighbour.
//!
//! **Invariant:** every parcel owns at least one cell, and no cell has two owners. A cell without an owner is public ground.

use super::lattice::{CellRect, Lattice};
use super::random::Dice;
use super::trace;
use super::whole;

/// A cell that belongs to no parcel.
pub(super) const PUBLIC: u16 = u16::MAX;

const PROJECT_PARCELS_MIN: usize = 10;
/// Below the 2,000 m² (3 mu) up to which a plot counts as a sliver.
const SLIVER_AREA_MAX_M2: f64 = 1950.0;
const HOLE_CHANCE: f64 = 0.03;
const ENCLAVE_CHANCE: f64 = 0.01;
const ALLEY_CHANCE: f64 = 0.015;

/// The owners of a block's cells.
pub(super) struct Layout {
    pub(super) parcels: Vec<ParcelKind>,
    owners: Vec<u16>,
    columns: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ParcelKind {
    Plain,
    InProject,
    Sliver,
}

/// A parcel as it was first cut.
#[derive(Clone, Copy)]
struct Lot {
    rect: CellRect,
    in_project: bool,
}

impl Layout {
    pub(super) fn new(lattice: &Lattice, parcels: usize, has_project: bool, dice: &mut Dice) -> Self {
        let slivers = if has_project { (2 + dice.below(3)).min(parcels.saturating_sub(PROJECT_PARCELS_MIN)) } else { 0 };
        let (lots, project) = cut_block(lattice.whole(), parcels - slivers, has_project, dice);
        let kinds = lots.iter().map(|lot| if lot.in_project { ParcelKind::InProject } else { ParcelKind::Plain });
        let mut layout = Self { parcels: kinds.collect(), owners: vec![PUBLIC; lattice.whole().cells()], columns: lattice.columns };
        layout.settle(&lots);
        if let Some(project) = project {
            layout.carve_slivers(lattice, &lots, project, slivers, dice);
        }
        layout.vary(&lots, dice);
        layout
    }

    pub(super) fn owner(&self, column: usize, row: usize) -> u16 {
        self.owners.get(row * self.columns + column).copied().unwrap_or(PUBLIC)
    }

    pub(super) fn kind(&self, parcel: u16) -> Option<ParcelKind> {
        self.parcels.get(usize::from(parcel)).copied()
    }

    /// The cells of every parcel as (column, row), in grid order.
    pub(super) fn cells_by_parcel(&self) -> Vec<Vec<(usize, usize)>> {
        let mut cells = vec![Vec::new(); self.parcels.len()];
        for (index, &owner) in self.owners.iter().enumerate() {
            if let Some(list) = cells.get_mut(usize::from(owner)) {
                list.push((index % self.columns, index / self.columns));
            }
        }
        cells
    }

    fn give(&mut self, (column, row): (usize, usize), parcel: u16) {
        if let Some(owner) = self.owners.get_mut(row * self.columns + column) {
            *owner = parcel;
        }
    }

    fn settle(&mut self, lots: &[Lot]) {
        for (lot, parcel) in lots.iter().zip(0_u16..) {
            for cell in lot.rect.iter() {
                self.give(cell, parcel);
            }
        }
    }

    /// Adds the slivers as parcels of their own, on cells taken from the project's parcels.
    fn carve_slivers(&mut self, lattice: &Lattice, lots: &[Lot], project: CellRect, slivers: usize, dice: &mut Dice) {
        let turn = dice.below(3);
        for sliver in 0..slivers {
            let preferred = match (sliver + turn) % 3 {
                0 => enclosed_cells(lots),
                1 => edge_cells(project),
                _ => corner_cells(project),
            };
            let Ok(parcel) = u16::try_from(self.parcels.len()) else { return };
            let taken = self.take(lattice, preferred, dice).or_else(|| self.take(lattice, project.iter().collect(), dice));
            let Some(cell) = taken else { continue };
            self.give(cell, parcel);
            self.parcels.push(ParcelKind::Sliver);
            self.deepen(lattice, cell, project, parcel);
        }
    }

    /// A random cell among the candidates that its project parcel can spare.
    fn take(&self, lattice: &Lattice, mut cells: Vec<(usize, usize)>, dice: &mut Dice) -> Option<(usize, usize)> {
        dice.shuffle(&mut cells);
        cells.into_iter().find(|&cell| self.spare(cell) && cells_area_m2(lattice, &[cell]) < SLIVER_AREA_MAX_M2)
    }

    fn spare(&self, (column, row): (usize, usize)) -> bool {
        let owner = self.owner(column, row);
        self.kind(owner) == Some(ParcelKind::InProject) && self.owners.iter().filter(|&&other| other == owner).count() >= 4
    }

    /// Lets a sliver on the project's southern edge reach one cell further in, where it stays small enough.
    fn deepen(&mut self, lattice: &Lattice, (column, row): (usize, usize), project: CellRect, parcel: u16) {
        let inner = (column, row + 1);
        let both = [(column, row), inner];
        if row == project.row && self.spare(inner) && cells_area_m2(lattice, &both) < SLIVER_AREA_MAX_M2 {
            self.give(inner, parcel);
        }
    }

    /// Holes, enclaves and alleys, on lots that no sliver has touched.
    fn vary(&mut self, lots: &[Lot], dice: &mut Dice) {
        for (lot, parcel) in lots.iter().zip(0_u16..) {
            let draw = dice.unit();
            let intact = lot.rect.iter().all(|(column, row)| self.owner(column, row) == parcel);
            if !intact || lot.rect.width < 3 || lot.rect.height < 3 {
                continue;
            }
            let next = if usize::from(parcel) + 1 < lots.len() { parcel + 1 } else { 0 };
            if draw < HOLE_CHANCE {
                self.give(inner_cell(lot.rect, dice), PUBLIC);
            } else if draw < HOLE_CHANCE + ENCLAVE_CHANCE {
                self.give(inner_cell(lot.rect, dice), next);
            } else if draw < HOLE_CHANCE + ENCLAVE_CHANCE + ALLEY_CHANCE && !lot.in_project {
                self.open_alley(lot.rect);
            }
        }
    }

    fn open_alley(&mut self, rect: CellRect) {
        let alley = if rect.width >= rect.height {
            CellRect { column: rect.column + rect.width / 2, width: 1, ..rect }
        } else {
            CellRect { row: rect.row + rect.height / 2, height: 1, ..rect }
        };
        for cell in alley.iter() {
            self.give(cell, PUBLIC);
        }
    }
}

/// Cuts the block into lots; a project takes the whole block or the western part of it.
fn cut_block(block: CellRect, count: usize, has_project: bool, dice: &mut Dice) -> (Vec<Lot>, Option<CellRect>) {
    let mut lots = Vec::with_capacity(count);
    if !has_project {
        cut(block, count, false, dice, &mut lots);
        return (lots, None);
    }
    let partial = count > PROJECT_PARCELS_MIN * 3 / 2 && dice.chance(0.6);
    if !partial {
        cut(block, count, true, dice, &mut lots);
        return (lots, Some(block));
    }
    let width = whole::part(block.width as f64 * dice.between(0.68, 0.85));
    let inside = (count * width / block.width).max(PROJECT_PARCELS_MIN);
    let project = CellRect { width, ..block };
    let rest = CellRect { column: block.column + width, width: block.width - width, ..block };
    cut(project, inside, true, dice, &mut lots);
    cut(rest, count - inside, false, dice, &mut lots);
    (lots, Some(project))
}

/// Recursive cuts across the longer side, somewhere near the middle, with lots in proportion to the cells.
fn cut(rect: CellRect, count: usize, in_project: bool, dice: &mut Dice, lots: &mut Vec<Lot>) {
    if count <= 1 {
        lots.push(Lot { rect, in_project });
        return;
    }
    let across = rect.width >= rect.height;
    let (long, short) = if across { (rect.width, rect.height) } else { (rect.height, rect.width) };
    let near = whole::part((long as f64 * dice.between(0.36, 0.64)).round()).clamp(1, long.saturating_sub(1).max(1));
    let even = count as f64 * near as f64 / long as f64 + dice.between(-0.4, 0.4);
    let least = count.saturating_sub((long - near) * short).max(1);
    let most = (near * short).min(count - 1).max(least);
    let first = whole::part(even.round()).clamp(least, most);
    let (one, other) = if across {
        (CellRect { width: near, ..rect }, CellRect { column: rect.column + near, width: long - near, ..rect })
    } else {
        (CellRect { height: near, ..rect }, CellRect { row: rect.row + near, height: long - near, ..rect })
    };
    cut(one, first, in_project, dice, lots);
    cut(other, count - first, in_project, dice, lots);
}

fn inner_cell(rect: CellRect, dice: &mut Dice) -> (usize, usize) {
    (rect.column + 1 + dice.below(rect.width - 2), rect.row + 1 + dice.below(rect.height - 2))
}

fn enclosed_cells(lots: &[Lot]) -> Vec<(usize, usize)> {
    let wide = lots.iter().filter(|lot| lot.in_project && lot.rect.width >= 3 && lot.rect.height >= 3);
    wide.map(|lot| (lot.rect.column + lot.rect.width / 2, lot.rect.row + lot.rect.height / 2)).collect()
}

/// Cells along the southern and northern edge of the project, without its corners.
fn edge_cells(project: CellRect) -> Vec<(usize, usize)> {
    let columns = project.column + 1..(project.column + project.width).saturating_sub(1);
    columns.flat_map(|column| [(column, project.row), (column, project.row + project.height - 1)]).collect()
}

fn corner_cells(project: CellRect) -> Vec<(usize, usize)> {
    let (east, north) = (project.column + project.width - 1, project.row + project.height - 1);
    vec![(project.column, project.row), (east, project.row), (east, north), (project.column, north)]
}

fn cells_area_m2(lattice: &Lattice, cells: &[(usize, usize)]) -> f64 {
    let polygons = trace::union(lattice, cells, |column, row| cells.contains(&(column, row)));
    polygons.iter().map(trace::area_m2).sum()
}

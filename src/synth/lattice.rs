//! The surveyed points of one block: a bent, jittered grid of cells, each about a quarter of a hectare or less.
//!
//! Every boundary in a block runs along edges of this grid, and what lies between the two ends of an edge is a function
//! of the edge alone. Two neighbours therefore share every vertex bit for bit, and no vertex of one lies inside an
//! edge of the other.
//!
//! **Invariant:** the jitter is far smaller than a cell, so the cells tile the block without overlap.

use super::plan::{Plan, Point, Site, snap};
use super::random::{Dice, hash, signed, unit_of};
use super::whole;

const CELLS_PER_PARCEL: usize = 20;
const CELLS_MIN: usize = 320;
const JITTER_M: f64 = 0.5;
const KINK_M: f64 = 2.2;
const KINK_CHANCE: f64 = 0.04;
/// Largest distance of an extra vertex from its edge; buildings keep farther away than this and the kinks.
const EDGE_OFFSET_M: f64 = 0.25;
const ONE_EXTRA_CHANCE: f64 = 0.16;
const TWO_EXTRA_CHANCE: f64 = 0.04;

/// The grid of a block. A node's id is row × (columns + 1) + column, a cell's is row × columns + column.
pub(super) struct Lattice {
    pub(super) columns: usize,
    pub(super) rows: usize,
    nodes: Vec<Point>,
    edge_seed: u64,
}

/// A rectangle of cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellRect {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl CellRect {
    pub(super) fn cells(self) -> usize {
        self.width * self.height
    }

    /// (column, row) of every cell, row by row.
    pub(super) fn iter(self) -> impl Iterator<Item = (usize, usize)> {
        (self.row..self.row + self.height).flat_map(move |row| (self.column..self.column + self.width).map(move |column| (column, row)))
    }
}

impl Lattice {
    /// Lays out enough cells for `parcels` parcels on the site.
    pub(super) fn new(plan: &Plan, site: Site, parcels: usize, dice: &mut Dice, edge_seed: u64) -> Self {
        let cells = (parcels * CELLS_PER_PARCEL).max(CELLS_MIN) as f64;
        let columns = whole::part((cells * site.width_m / site.height_m).sqrt().ceil());
        let rows = whole::part((cells / columns as f64).ceil());
        let xs_m = lines(site.west_m, site.width_m, columns, dice);
        let ys_m = lines(site.south_m, site.height_m, rows, dice);
        let mut nodes = Vec::with_capacity(xs_m.len() * ys_m.len());
        for y_m in &ys_m {
            for x_m in &xs_m {
                let reach_m = if dice.chance(KINK_CHANCE) { KINK_M } else { JITTER_M };
                let jittered = [x_m + dice.between(-reach_m, reach_m), y_m + dice.between(-reach_m, reach_m)];
                nodes.push(plan.world(jittered));
            }
        }
        Self { columns, rows, nodes, edge_seed }
    }

    pub(super) fn whole(&self) -> CellRect {
        CellRect { column: 0, row: 0, width: self.columns, height: self.rows }
    }

    pub(super) fn cell(&self, column: usize, row: usize) -> usize {
        row * self.columns + column
    }

    pub(super) fn node(&self, column: usize, row: usize) -> usize {
        row * (self.columns + 1) + column
    }

    /// The place of a node; the origin for an id outside the grid, which no caller asks for.
    pub(super) fn point(&self, node: usize) -> Point {
        self.nodes.get(node).copied().unwrap_or_default()
    }

    /// The four corners of a rectangle of cells, counter-clockwise from the south-west.
    pub(super) fn corners(&self, rect: CellRect) -> [Point; 4] {
        let (east, north) = (rect.column + rect.width, rect.row + rect.height);
        [(rect.column, rect.row), (east, rect.row), (east, north), (rect.column, north)]
            .map(|(column, row)| self.point(self.node(column, row)))
    }

    /// Appends the start of an edge and its surveyed points, without its end.
    pub(super) fn walk_edge(&self, from: usize, to: usize, out: &mut Vec<Point>) {
        out.push(self.point(from));
        let extras = self.extras(from.min(to), from.max(to));
        if from < to {
            out.extend(extras.into_iter().flatten());
        } else {
            out.extend(extras.into_iter().rev().flatten());
        }
    }

    /// Up to two points between the ends of an edge, in the direction from the lower node to the higher.
    fn extras(&self, low: usize, high: usize) -> [Option<Point>; 2] {
        let keys = [low as u64, high as u64];
        let draw = unit_of(hash(self.edge_seed, &keys));
        let at = |slot: u64, share: f64| {
            let (a, b) = (self.point(low), self.point(high));
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let length_m = (dx * dx + dy * dy).sqrt();
            let along = share + 0.1 * signed(self.edge_seed, &[keys[0], keys[1], slot]);
            let aside = EDGE_OFFSET_M * signed(self.edge_seed, &[keys[0], keys[1], slot + 2]) / length_m;
            snap([a[0] + along * dx - aside * dy, a[1] + along * dy + aside * dx])
        };
        if draw < TWO_EXTRA_CHANCE {
            [Some(at(0, 0.33)), Some(at(1, 0.67))]
        } else if draw < TWO_EXTRA_CHANCE + ONE_EXTRA_CHANCE {
            [Some(at(0, 0.5)), None]
        } else {
            [None, None]
        }
    }
}

/// Grid lines with gaps that differ by up to a tenth from their mean.
fn lines(start_m: f64, length_m: f64, count: usize, dice: &mut Dice) -> Vec<f64> {
    let gaps: Vec<f64> = (0..count).map(|_| dice.between(0.9, 1.1)).collect();
    let total: f64 = gaps.iter().sum();
    let ends = gaps.iter().scan(0.0, |reached, gap| {
        *reached += gap;
        Some(start_m + length_m * *reached / total)
    });
    std::iter::once(start_m).chain(ends).collect()
}

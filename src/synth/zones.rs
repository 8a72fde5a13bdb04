//! Zones with fractal boundaries: one town boundary, a few strategic reserves, many industrial blocks.
//!
//! A zone is star-shaped: a ray from its middle meets the boundary once, so the ring is simple however rough it is. The
//! distance along the ray is a periodic sum of octaves, each half as wide as the one before and 0.66 times as high.
//!
//! **Invariant:** zones of one kind lie in separate squares and never overlap, unless the configuration asks for it.

use super::plan::{Plan, Point, snap};
use super::random::{hash, signed, unit_of};
use super::trace::Polygon;
use super::whole;

pub(super) const TOWN_BOUNDARY: &str = "town_boundary";
pub(super) const STRATEGIC_RESERVE: &str = "strategic_reserve";
pub(super) const INDUSTRIAL_BLOCK: &str = "industrial_block";

const RESERVES: usize = 3;
const PARCELS_PER_INDUSTRIAL_BLOCK: u64 = 300;
const INDUSTRIAL_BLOCK_VERTICES: usize = 100;
const FIRST_OCTAVE: f64 = 0.2;
const OCTAVE_RATIO: f64 = 0.66;
/// The sum of all octaves stays below this share of the mean radius: 0.2 / (1 − 0.66).
const REACH: f64 = 1.0 + FIRST_OCTAVE / (1.0 - OCTAVE_RATIO);
/// Large enough to reach into the square beside: the mean radius is then 0.9 of a square's side.
const OVERLAP_SIZE: f64 = 2.9;
const KEY_ZONE: u64 = 11;

/// One row of the zone layer.
pub(super) struct Zone {
    pub(super) kind: &'static str,
    pub(super) zone_name: String,
    pub(super) polygon: Polygon,
}

struct Star {
    seed: u64,
    middle: Point,
    radius_m: Point,
    vertices: usize,
}

/// All zones of the city, kind by kind.
pub(super) fn of_city(plan: &Plan, overlapping: bool) -> Vec<Zone> {
    let root = (plan.parcels as f64).sqrt();
    let mut zones = vec![town_boundary(plan, 6000 + whole::part(105.0 * root))];
    zones.extend((0..RESERVES).map(|index| strategic_reserve(plan, index, 280 + whole::part(11.0 * root))));
    zones.extend(industrial_blocks(plan, overlapping));
    zones
}

fn town_boundary(plan: &Plan, vertices: usize) -> Zone {
    let [width_m, height_m] = plan.extent_m();
    let star = Star {
        seed: zone_seed(plan, 0, 0),
        middle: [width_m * 0.48, height_m * 0.52],
        radius_m: [width_m * 0.36, height_m * 0.36],
        vertices,
    };
    Zone { kind: TOWN_BOUNDARY, zone_name: "城镇开发边界".to_owned(), polygon: star.draw(plan) }
}

/// Reserves stand in the southern third of the city, one beside the other.
fn strategic_reserve(plan: &Plan, index: usize, vertices: usize) -> Zone {
    let [width_m, height_m] = plan.extent_m();
    let room_m = width_m / RESERVES as f64;
    let middle = [room_m * (index as f64 + 0.5), height_m * (0.25 + 0.2 * index as f64)];
    let half_m = room_m.min(height_m) / 2.0 / REACH;
    let star = Star { seed: zone_seed(plan, 1, index as u64), middle, radius_m: [half_m * 0.95, half_m * 0.7], vertices };
    Zone { kind: STRATEGIC_RESERVE, zone_name: format!("战略留白区{}", index + 1), polygon: star.draw(plan) }
}

/// One industrial block in each square of a coarse grid, as large as the square allows or smaller.
fn industrial_blocks(plan: &Plan, overlapping: bool) -> Vec<Zone> {
    let [width_m, height_m] = plan.extent_m();
    let count = plan.parcels.div_ceil(PARCELS_PER_INDUSTRIAL_BLOCK);
    let columns = (whole::part((count as f64 * width_m / height_m).sqrt().round()) as u64).max(1);
    let rows = count.div_ceil(columns);
    let square_m = [width_m / columns as f64, height_m / rows as f64];
    let one = |index: u64| {
        let (column, row) = (index % columns, index / columns);
        let seed = zone_seed(plan, 2, index);
        let grown = overlapping && index.is_multiple_of(10);
        let size = if grown { OVERLAP_SIZE } else { 0.7 + 0.3 * unit_of(hash(seed, &[0])) };
        let star = Star {
            seed,
            middle: [(column as f64 + 0.5) * square_m[0], (row as f64 + 0.5) * square_m[1]],
            radius_m: square_m.map(|side_m| side_m / 2.0 / REACH * size),
            vertices: INDUSTRIAL_BLOCK_VERTICES,
        };
        Zone { kind: INDUSTRIAL_BLOCK, zone_name: format!("工业区块{:04}", index + 1), polygon: star.draw(plan) }
    };
    (0..count).map(one).collect()
}

fn zone_seed(plan: &Plan, kind: u64, index: u64) -> u64 {
    hash(plan.seed, &[KEY_ZONE, kind, index])
}

impl Star {
    /// The closed ring, bent like the streets.
    fn draw(&self, plan: &Plan) -> Polygon {
        let mut ring: Vec<Point> = (0..self.vertices)
            .map(|index| {
                let turn = index as f64 / self.vertices as f64;
                let [dx, dy] = direction(turn);
                let reach = self.reach(turn);
                snap(plan.world([self.middle[0] + self.radius_m[0] * reach * dx, self.middle[1] + self.radius_m[1] * reach * dy]))
            })
            .collect();
        ring.dedup();
        ring.extend(ring.first().copied());
        vec![ring]
    }

    /// Distance of the boundary at a share of the full turn, in mean radii.
    fn reach(&self, turn: f64) -> f64 {
        let (mut waves, mut height, mut sum, mut octave) = (5_u64, FIRST_OCTAVE, 1.0, 0_u64);
        while waves <= self.vertices as u64 {
            let place = turn * waves as f64;
            let (left, share) = (place.floor(), place - place.floor());
            let value = |wave: u64| signed(self.seed, &[octave, wave % waves]);
            let left_wave = whole::part(left) as u64;
            sum += height * (value(left_wave) * (1.0 - share) + value(left_wave + 1) * share);
            (waves, height, octave) = (waves * 2, height * OCTAVE_RATIO, octave + 1);
        }
        sum
    }
}

/// A unit vector that goes once around while `turn` goes from 0 to 1: along a square, then scaled to length 1.
fn direction(turn: f64) -> Point {
    let (side, share) = ((turn * 4.0).floor(), (turn * 4.0).fract() * 2.0 - 1.0);
    let [x, y] = match whole::part(side) {
        0 => [1.0, share],
        1 => [-share, 1.0],
        2 => [-1.0, -share],
        _ => [share, -1.0],
    };
    let length = (x * x + y * y).sqrt();
    [x / length, y / length]
}

//! Gaps: the holes of all parcels together, traced along open edges without uniting anything.
//!
//! Every open edge, walked backwards, has unclaimed ground on its left. Split where corners and other open edges touch them, these edges form closed walks
//! that always take the sharpest turn to the left; a walk that turns counter-clockwise goes around a hole, and clockwise walks inside it are parcels on an
//! island. Area and perimeter are those of the walks. Where parcels overlap, walks may also go around ground that others cover; that ground is measured and
//! left out.
//!
//! **Invariant:** the boundary of unclaimed ground is always traced whole: no edge of the arrangement lies in the angle that the sharpest turn leaves.

#![expect(clippy::indexing_slicing, reason = "edge numbers are places in the list of half edges, made from it")]
#![expect(clippy::cast_possible_truncation, reason = "a layer has fewer than 2^32 coordinates; tiles are clamped to their number")]
#![expect(clippy::cast_sign_loss, reason = "numbers of tiles are not negative")]

use std::collections::HashMap;

use rayon::prelude::*;

use super::contacts::{Contacts, Meetings, Split, by_place};
use super::{CoverageLimits, Fault, Ground, Kind};
use crate::model::{Coord, GeometryBuilder, GeometryColumn, Rect};
use crate::spatial::area::{length_m, planar_area_m2, signed_ring_area_m2};
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};

/// A hole with more than this part of it covered is none.
const MOST_COVERED: f64 = 0.5;
/// No half edge.
const NONE: u32 = u32::MAX;
/// Parcels a task.
const ROWS_PER_TASK: usize = 1024;
/// Half edges a tile, on average.
const HALVES_PER_TILE: usize = 512;

/// A part of an open edge, backwards: what is on its left is not its parcel's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Half {
    from: Coord,
    to: Coord,
    row: u32,
}

/// Half edges: nearly all are edges as their parcels have them, so their numbers are enough.
struct Halves<'a> {
    geometry: &'a GeometryColumn,
    /// Below the number of coordinates that of an edge; from there on a place in `changed`.
    numbers: Vec<u32>,
    /// Those that are other than their parcels have them.
    changed: Vec<Half>,
}

/// A closed walk.
struct Walk {
    halves: Vec<u32>,
    /// Positive around a hole, negative around parcels, m².
    area_m2: f64,
}

/// The gaps within the limits.
pub(super) fn faults(contacts: &Contacts<'_>, meetings: &Meetings, limits: &CoverageLimits) -> Vec<Fault> {
    let (halves, starts) = cleared(Halves::new(contacts, meetings));
    let walks = walks(&halves, &starts);
    let (holes, islands): (Vec<Walk>, Vec<Walk>) = walks.into_iter().partition(|walk| walk.area_m2 > 0.0);
    let holes: Vec<Walk> = holes.into_iter().filter(|hole| hole.area_m2 >= limits.min_gap_m2).collect();
    let inside = islands_of(&halves, &holes, &islands);
    let gaps: Vec<Fault> = holes.iter().zip(inside).filter_map(|(hole, islands)| fault(&halves, hole, &islands, limits)).collect();
    uncovered(contacts, gaps)
}

impl<'a> Halves<'a> {
    /// All open edges backwards, by parcel, split and with corners that are meant to be one made one.
    fn new(contacts: &Contacts<'a>, meetings: &Meetings) -> Self {
        let moved = moved(&meetings.same);
        let geometry = contacts.parcels.geometry;
        let of_block = |block: usize| {
            let rows = block * ROWS_PER_TASK..geometry.len().min((block + 1) * ROWS_PER_TASK);
            let (mut numbers, mut changed) = (Vec::new(), Vec::new());
            for row in rows {
                for (number, a, b) in geometry.shape(row).numbered_edges().filter(|(number, ..)| contacts.is_open(*number)) {
                    let splits = splits_of(&meetings.splits, number);
                    let parts = changed.len();
                    if splits.is_empty() && moved.is_empty() || !push_parts((row as u32, a, b), splits, &moved, &mut changed) {
                        numbers.push(number);
                    } else {
                        numbers.extend((parts..changed.len()).map(|part| (geometry.coord_count() + part) as u32));
                    }
                }
            }
            (numbers, changed)
        };
        let blocks: Vec<(Vec<u32>, Vec<Half>)> = (0..geometry.len().div_ceil(ROWS_PER_TASK)).into_par_iter().map(of_block).collect();
        let mut all = Self { geometry, numbers: Vec::with_capacity(blocks.iter().map(|b| b.0.len()).sum()), changed: Vec::new() };
        for (numbers, changed) in blocks {
            let before = all.changed.len() as u32;
            let is_changed = |number: u32| number as usize >= geometry.coord_count();
            all.numbers.extend(numbers.into_iter().map(|number| if is_changed(number) { number + before } else { number }));
            all.changed.extend(changed);
        }
        all
    }

    fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The half edge, where it is other than its parcel has it.
    fn changed(&self, half: u32) -> Option<&Half> {
        self.changed.get((self.numbers[half as usize] as usize).wrapping_sub(self.geometry.coord_count()))
    }

    /// Where a half edge comes from and goes to.
    #[inline]
    fn ends(&self, half: u32) -> [Coord; 2] {
        match self.geometry.edge(self.numbers[half as usize]) {
            Some((a, b)) => [b, a],
            // Its number is beyond the coordinates.
            None => self.changed(half).map_or_else(Default::default, |half| [half.from, half.to]),
        }
    }

    /// The parcel that a half edge belongs to.
    fn row(&self, half: u32) -> u32 {
        if let Some(half) = self.changed(half) {
            return half.row;
        }
        let (mut first, mut after) = (0, self.geometry.len());
        while after - first > 1 {
            let middle = usize::midpoint(first, after);
            let is_behind = self.geometry.shape(middle).first_coord() > self.numbers[half as usize];
            (first, after) = if is_behind { (first, middle) } else { (middle, after) };
        }
        first as u32
    }
}

/// Leaves out what stands twice, and what two parcels have in opposite directions after all; only what was changed can be so.
fn cleared(mut halves: Halves<'_>) -> (Halves<'_>, Starts) {
    let starts = Starts::new(&halves);
    let mut gone = vec![false; halves.len()];
    for bucket in starts.buckets.windows(2) {
        let own = &starts.entries[bucket[0] as usize..bucket[1] as usize];
        for (place, &half) in own.iter().enumerate().skip(1) {
            gone[half as usize] = own[..place].iter().any(|&other| halves.ends(other) == halves.ends(half));
        }
    }
    for half in (0..halves.len() as u32).filter(|half| halves.changed(*half).is_some()) {
        let [from, to] = halves.ends(half);
        let backwards = starts.at(&halves, to).filter(|&other| halves.ends(other)[1] == from);
        for back in backwards.collect::<Vec<_>>() {
            gone[back as usize] = true;
            let same = starts.at(&halves, from).filter(|&other| halves.ends(other)[1] == to);
            same.for_each(|same| gone[same as usize] = true);
        }
    }
    if !gone.contains(&true) {
        return (halves, starts);
    }
    let mut gone = gone.into_iter();
    halves.numbers.retain(|_| !gone.next().unwrap_or(false));
    let starts = Starts::new(&halves);
    (halves, starts)
}

/// Half edges by the place where they start: buckets by a hash of the place, those of a tile of the ground beside one another. Who walks along
/// parcels then stays in memory that is at hand.
struct Starts {
    tiles: Tiles,
    /// The first bucket of each tile, and the end: as many as the tile has half edges.
    firsts: Vec<u32>,
    /// The first entry of each bucket, and the end.
    buckets: Vec<u32>,
    entries: Vec<u32>,
}

/// Tiles of equal size over all half edges.
#[derive(Clone, Copy)]
struct Tiles {
    corner: Coord,
    per_m: Coord,
    across: u32,
}

impl Tiles {
    fn over(extent: Rect, halves: usize) -> Self {
        let across = ((halves / HALVES_PER_TILE) as f64).sqrt().ceil().max(1.0);
        let per_m = |size_m: f64| if size_m > 0.0 { across / size_m } else { 0.0 };
        let size = extent.size();
        Self { corner: extent.min, per_m: Coord::new(per_m(size.x), per_m(size.y)), across: across as u32 }
    }

    /// The tile of a place; those beyond the extent belong to the tiles at its edge.
    fn of(&self, c: Coord) -> usize {
        let last = f64::from(self.across - 1);
        let number = |from_m: f64, per_m: f64| (from_m * per_m).clamp(0.0, last) as usize;
        number(c.y - self.corner.y, self.per_m.y) * self.across as usize + number(c.x - self.corner.x, self.per_m.x)
    }
}

impl Starts {
    fn new(halves: &Halves<'_>) -> Self {
        let tiles = Tiles::over(halves.geometry.extent(), halves.len());
        let mut firsts = vec![0; (tiles.across * tiles.across) as usize + 1];
        let places = || (0..halves.len() as u32).map(|half| halves.ends(half)[0]);
        places().for_each(|place| firsts[tiles.of(place) + 1] += 1);
        sum_up(&mut firsts);
        let mut starts = Self { tiles, firsts, buckets: vec![0; halves.len() + 1], entries: vec![0; halves.len()] };
        let of_halves: Vec<u32> = places().map(|place| starts.bucket(place)).collect();
        of_halves.iter().for_each(|&bucket| starts.buckets[bucket as usize + 1] += 1);
        sum_up(&mut starts.buckets);
        // Each bucket is filled from its end, the last half edge first, and then begins where it should.
        for (half, &bucket) in of_halves.iter().enumerate().rev() {
            let after = &mut starts.buckets[bucket as usize + 1];
            *after -= 1;
            starts.entries[*after as usize] = half as u32;
        }
        starts.buckets.rotate_left(1);
        if let Some(end) = starts.buckets.last_mut() {
            *end = halves.len() as u32;
        }
        starts
    }

    /// The bucket of a place; of a tile without half edges the first of the next.
    fn bucket(&self, place: Coord) -> u32 {
        let tile = self.tiles.of(place);
        let (first, after) = (self.firsts[tile], self.firsts[tile + 1]);
        first + ((u64::from(after - first) * (hash(place) >> 32)) >> 32) as u32
    }

    /// The half edges that start at a place, ascending.
    fn at<'s>(&'s self, halves: &'s Halves<'_>, place: Coord) -> impl Iterator<Item = u32> + 's {
        let bucket = self.bucket(place) as usize;
        let entries = self.buckets.get(bucket..bucket + 2).map_or(&[][..], |of| &self.entries[of[0] as usize..of[1] as usize]);
        entries.iter().copied().filter(move |&entry| halves.ends(entry)[0] == place)
    }
}

/// Each number becomes the sum of those up to it.
fn sum_up(numbers: &mut [u32]) {
    (1..numbers.len()).for_each(|place| numbers[place] += numbers[place - 1]);
}

/// A number whose upper bits are spread evenly over the places.
fn hash(c: Coord) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let (x, y) = key(c);
    let mixed = (x ^ y.rotate_left(32)).wrapping_mul(ODD);
    (mixed ^ (mixed >> 29) ^ y).wrapping_mul(ODD)
}

fn splits_of(splits: &[Split], edge: u32) -> &[Split] {
    let start = splits.partition_point(|split| split.edge < edge);
    let rest = &splits[start..];
    &rest[..rest.partition_point(|split| split.edge == edge)]
}

/// Adds the parts of the edge from `a` to `b`, backwards; whether it is other than it was.
fn push_parts((row, a, b): (u32, Coord, Coord), splits: &[Split], moved: &HashMap<(u64, u64), Coord>, into: &mut Vec<Half>) -> bool {
    let axis = a.from_origin(b);
    let along = |c: &Coord| {
        let from = c.from_origin(b);
        axis.x * from.x + axis.y * from.y
    };
    let mut stops: Vec<Coord> = splits.iter().map(|split| split.at).collect();
    stops.sort_by(|p, q| along(p).total_cmp(&along(q)).then(by_place(*p, *q)));
    let settled = |c: Coord| moved.get(&key(c)).copied().unwrap_or(c);
    let mut from = settled(b);
    if stops.is_empty() && from == b && settled(a) == a && a != b {
        return false;
    }
    for to in stops.into_iter().chain([a]).map(settled) {
        if to != from {
            into.push(Half { from, to, row });
            from = to;
        }
    }
    true
}

fn key(c: Coord) -> (u64, u64) {
    // Both zeros are one place.
    ((c.x + 0.0).to_bits(), (c.y + 0.0).to_bits())
}

/// Where each corner goes that is meant to be another: to the smallest of the corners that hang together.
fn moved(same: &[(Coord, Coord)]) -> HashMap<(u64, u64), Coord> {
    let mut goes: HashMap<(u64, u64), Coord> = HashMap::new();
    let settle = |goes: &HashMap<(u64, u64), Coord>, mut c: Coord| {
        while let Some(&next) = goes.get(&key(c)) {
            c = next;
        }
        c
    };
    for &(a, b) in same {
        let (a, b) = (settle(&goes, a), settle(&goes, b));
        match by_place(a, b) {
            std::cmp::Ordering::Less => goes.insert(key(b), a),
            std::cmp::Ordering::Greater => goes.insert(key(a), b),
            std::cmp::Ordering::Equal => None,
        };
    }
    let ends: Vec<((u64, u64), Coord)> = goes.iter().map(|(from, to)| (*from, settle(&goes, *to))).collect();
    ends.into_iter().collect()
}

/// The closed walks, in the order of their first half edge.
fn walks(halves: &Halves<'_>, starts: &Starts) -> Vec<Walk> {
    let next: Vec<u32> = (0..halves.len() as u32).into_par_iter().with_min_len(1024).map(|half| next_of(halves, starts, half)).collect();
    let mut path_of = vec![NONE; halves.len()];
    let mut walks = Vec::new();
    for start in 0..halves.len() as u32 {
        let mut at = start;
        while at != NONE && path_of[at as usize] == NONE {
            path_of[at as usize] = start;
            at = next[at as usize];
        }
        // A path that comes back to itself has closed a walk, perhaps behind a tail.
        if at != NONE && path_of[at as usize] == start {
            let mut around = vec![at];
            let mut along = next[at as usize];
            while along != at {
                around.push(along);
                along = next[along as usize];
            }
            walks.push(around);
        }
    }
    walks.into_par_iter().with_min_len(64).map_init(Vec::new, |ring, around| Walk::new(halves, around, ring)).collect()
}

/// The half edge that goes on at the end of `half`, the sharpest turn to the left.
fn next_of(halves: &Halves<'_>, starts: &Starts, half: u32) -> u32 {
    let [from, to] = halves.ends(half);
    let mut onward = starts.at(halves, to);
    let (Some(first), second) = (onward.next(), onward.next()) else { return NONE };
    let Some(second) = second else { return first };
    let angle = |other: u32| clockwise(from.from_origin(to), halves.ends(other)[1].from_origin(to));
    let all = [first, second].into_iter().chain(onward);
    all.min_by(|&e, &f| angle(e).total_cmp(&angle(f))).unwrap_or(NONE)
}

/// The clockwise angle from one direction to another in radians, above 0 and at most a full turn.
fn clockwise(from: Coord, to: Coord) -> f64 {
    let angle = libm::atan2(from.y * to.x - from.x * to.y, from.x * to.x + from.y * to.y);
    if angle > 0.0 { angle } else { angle + std::f64::consts::TAU }
}

impl Walk {
    /// The walk along `around`; `corners` is a buffer.
    fn new(halves: &Halves<'_>, around: Vec<u32>, corners: &mut Vec<Coord>) -> Self {
        corners.clear();
        corners.extend(ring(halves, &around));
        Self { area_m2: signed_ring_area_m2(corners), halves: around }
    }

    fn perimeter_m(&self, halves: &Halves<'_>) -> f64 {
        let corners: Vec<Coord> = ring(halves, &self.halves).collect();
        corners.windows(2).map(|w| length_m(w[0], w[1])).sum()
    }
}

/// The corners of a walk, closed.
fn ring<'h>(halves: &'h Halves<'_>, around: &'h [u32]) -> impl Iterator<Item = Coord> + 'h {
    around.iter().chain(around.first()).map(|half| halves.ends(*half)[0])
}

/// The islands in each hole: each belongs to the smallest hole that it lies in.
fn islands_of<'w>(halves: &Halves<'_>, holes: &[Walk], islands: &'w [Walk]) -> Vec<Vec<&'w Walk>> {
    let mut inside = vec![Vec::new(); holes.len()];
    if holes.is_empty() {
        return inside;
    }
    let mut builder = GeometryBuilder::default();
    holes.iter().for_each(|hole| builder.push_polygon(&[ring(halves, &hole.halves).collect()]));
    let column = builder.finish();
    let (prepared, index) = (PreparedColumn::new(&column), BoxIndex::new(column.bounds()));
    let around = |island: &Walk| {
        let corner = halves.ends(*island.halves.first()?)[0];
        let window = Rect { min: corner, max: corner };
        let around = index.candidates(&window).into_iter().filter(|&hole| prepared.get(hole as usize).winding(corner) != 0);
        around.min_by(|&a, &b| holes[a as usize].area_m2.total_cmp(&holes[b as usize].area_m2).then(a.cmp(&b)))
    };
    let owners: Vec<Option<u32>> = islands.par_iter().with_min_len(256).map(around).collect();
    for (island, owner) in islands.iter().zip(owners) {
        if let Some(owner) = owner {
            inside[owner as usize].push(island);
        }
    }
    inside
}

fn fault(halves: &Halves<'_>, hole: &Walk, islands: &[&Walk], limits: &CoverageLimits) -> Option<Fault> {
    let all = || std::iter::once(hole).chain(islands.iter().copied());
    let area_m2: f64 = all().map(|walk| walk.area_m2).sum();
    if area_m2 < limits.min_gap_m2 || area_m2 > limits.max_gap_m2 {
        return None;
    }
    let width_m = 2.0 * area_m2 / all().map(|walk| walk.perimeter_m(halves)).sum::<f64>();
    if width_m < limits.snap_m || width_m > limits.max_gap_width_m {
        return None;
    }
    let mut rows: Vec<u32> = all().flat_map(|walk| &walk.halves).map(|half| halves.row(*half)).collect();
    rows.sort_unstable();
    rows.dedup();
    let rings: Vec<Vec<Coord>> = all().map(|walk| ring(halves, &walk.halves).collect()).collect();
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&rings);
    let ground = Ground::Polygon(builder.finish());
    Some(Fault { kind: Kind::Gap, rows, area_m2: Some(area_m2), width_m: Some(width_m), share: None, ground })
}

/// The gaps that no parcel covers.
fn uncovered(contacts: &Contacts<'_>, gaps: Vec<Fault>) -> Vec<Fault> {
    if gaps.is_empty() {
        return gaps;
    }
    let parcels = contacts.parcels;
    let index = BoxIndex::new(parcels.geometry.bounds());
    let covered_m2 = |ground: &GeometryColumn| {
        let gap = ground.shape(0);
        let gap_m2 = planar_area_m2(gap);
        let mut scratch = Scratch::default();
        let rows = index.candidates(&gap.bounds).into_iter();
        rows.map(|row| overlap_area_m2(contacts.prepared.get(row as usize), gap, gap_m2, &mut scratch)).sum::<f64>()
    };
    let is_gap = |gap: &Fault| match (&gap.ground, gap.area_m2) {
        (Ground::Polygon(ground), Some(area_m2)) => covered_m2(ground) <= MOST_COVERED * area_m2,
        _ => false,
    };
    gaps.into_par_iter().filter(|gap| is_gap(gap)).collect()
}

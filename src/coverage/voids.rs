//! Gaps: the holes of all parcels together, traced along open edges without uniting anything.
//!
//! Every open edge, walked backwards, has unclaimed ground on its left. Split where corners and other open edges touch them, these edges form closed walks
//! that always take the sharpest turn to the left; a walk that turns counter-clockwise goes around a hole, and clockwise walks inside it are parcels on an
//! island. Area and perimeter are those of the walks. Where parcels overlap, walks may also go around ground that others cover; that ground is measured and
//! left out.
//!
//! **Invariant:** the boundary of unclaimed ground is always traced whole: no edge of the arrangement lies in the angle that the sharpest turn leaves.

#![expect(clippy::indexing_slicing, reason = "edge numbers are places in the list of half edges, made from it")]
#![expect(clippy::cast_possible_truncation, reason = "a layer has fewer than 2^32 coordinates, and buckets are numbered by fewer bits")]

use std::collections::HashMap;

use rayon::prelude::*;

use super::contacts::{Contacts, Meetings, Split, by_place};
use super::{CoverageLimits, Fault, Ground, Kind};
use crate::model::{Coord, GeometryBuilder, GeometryColumn};
use crate::spatial::area::{length_m, planar_area_m2, signed_ring_area_m2};
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};

/// A hole with more than this part of it covered is none.
const MOST_COVERED: f64 = 0.5;
/// No half edge.
const NONE: u32 = u32::MAX;

/// An open edge or a part of one, backwards: what is on its left is not its parcel's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Half {
    from: Coord,
    to: Coord,
    row: u32,
    /// Whether it is other than its parcel has it.
    is_changed: bool,
}

/// A closed walk.
struct Walk {
    halves: Vec<u32>,
    /// Positive around a hole, negative around parcels, m².
    area_m2: f64,
    perimeter_m: f64,
}

/// The gaps within the limits.
pub(super) fn faults(contacts: &Contacts<'_>, meetings: &Meetings, limits: &CoverageLimits) -> Vec<Fault> {
    let (halves, starts) = halves(contacts, meetings);
    let walks = walks(&halves, &starts);
    let (holes, islands): (Vec<Walk>, Vec<Walk>) = walks.into_iter().partition(|walk| walk.area_m2 > 0.0);
    let holes: Vec<Walk> = holes.into_iter().filter(|hole| hole.area_m2 >= limits.min_gap_m2).collect();
    let inside = islands_of(&halves, &holes, &islands);
    let gaps: Vec<Fault> = holes.iter().zip(inside).filter_map(|(hole, islands)| fault(&halves, hole, &islands, limits)).collect();
    uncovered(contacts, gaps)
}

/// All open edges backwards, by parcel, split and with corners that are meant to be one made one; none twice and none both ways.
fn halves(contacts: &Contacts<'_>, meetings: &Meetings) -> (Vec<Half>, Starts) {
    let moved = moved(&meetings.same);
    let geometry = contacts.parcels.geometry;
    let of_row = |row: usize| {
        let mut halves = Vec::new();
        for (number, a, b) in geometry.shape(row).numbered_edges().filter(|(number, ..)| contacts.is_open(*number)) {
            let splits = splits_of(&meetings.splits, number);
            if splits.is_empty() && moved.is_empty() {
                halves.push(Half { from: b, to: a, row: row as u32, is_changed: false });
            } else {
                push_parts((row as u32, a, b), splits, &moved, &mut halves);
            }
        }
        halves
    };
    let halves: Vec<Half> = (0..geometry.len()).into_par_iter().with_min_len(256).flat_map_iter(of_row).collect();
    cleared(halves)
}

/// Leaves out what stands twice, and what two parcels have in opposite directions after all; only what was changed can be so.
fn cleared(mut halves: Vec<Half>) -> (Vec<Half>, Starts) {
    let starts = Starts::new(&halves);
    let is_again = |(place, half): (usize, &Half)| {
        starts.at(&halves, half.from).any(|other| (other as usize) < place && halves[other as usize].to == half.to)
    };
    let mut gone: Vec<bool> = halves.par_iter().enumerate().with_min_len(1024).map(is_again).collect();
    for half in halves.iter().filter(|half| half.is_changed) {
        let backwards = starts.at(&halves, half.to).filter(|&other| halves[other as usize].to == half.from);
        for back in backwards.collect::<Vec<_>>() {
            gone[back as usize] = true;
            let same = starts.at(&halves, half.from).filter(|&other| halves[other as usize].to == half.to);
            same.for_each(|same| gone[same as usize] = true);
        }
    }
    if !gone.contains(&true) {
        return (halves, starts);
    }
    let mut gone = gone.into_iter();
    halves.retain(|_| !gone.next().unwrap_or(false));
    let starts = Starts::new(&halves);
    (halves, starts)
}

/// Half edges by the place where they start: a table of buckets by a hash of the place.
struct Starts {
    /// The first entry of each bucket, and the end.
    buckets: Vec<u32>,
    entries: Vec<u32>,
    shift: u32,
}

impl Starts {
    fn new(halves: &[Half]) -> Self {
        let bits = (halves.len().max(2) - 1).ilog2() + 1;
        let shift = u64::BITS - bits;
        let hashes: Vec<u32> = halves.par_iter().with_min_len(4096).map(|half| (hash(half.from) >> shift) as u32).collect();
        let mut buckets = vec![0_u32; (1 << bits) + 1];
        hashes.iter().for_each(|&bucket| buckets[bucket as usize + 1] += 1);
        (1..buckets.len()).for_each(|bucket| buckets[bucket] += buckets[bucket - 1]);
        let (mut next, mut entries) = (buckets.clone(), vec![0; halves.len()]);
        for (&bucket, place) in hashes.iter().zip(0_u32..) {
            entries[next[bucket as usize] as usize] = place;
            next[bucket as usize] += 1;
        }
        Self { buckets, entries, shift }
    }

    /// The half edges that start at a place, ascending.
    fn at<'s>(&'s self, halves: &'s [Half], place: Coord) -> impl Iterator<Item = u32> + 's {
        let bucket = (hash(place) >> self.shift) as usize;
        let entries = &self.entries[self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize];
        entries.iter().copied().filter(move |&entry| halves[entry as usize].from == place)
    }
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

/// The parts of the edge from `a` to `b`.
fn push_parts((row, a, b): (u32, Coord, Coord), splits: &[Split], moved: &HashMap<(u64, u64), Coord>, into: &mut Vec<Half>) {
    let axis = a.from_origin(b);
    let along = |c: &Coord| {
        let from = c.from_origin(b);
        axis.x * from.x + axis.y * from.y
    };
    let mut stops: Vec<Coord> = splits.iter().map(|split| split.at).collect();
    stops.sort_by(|p, q| along(p).total_cmp(&along(q)).then(by_place(*p, *q)));
    let settled = |c: Coord| moved.get(&key(c)).copied().unwrap_or(c);
    let mut from = settled(b);
    let is_changed = !stops.is_empty() || from != b || settled(a) != a;
    for to in stops.into_iter().chain([a]).map(settled) {
        if to != from {
            into.push(Half { from, to, row, is_changed });
            from = to;
        }
    }
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
fn walks(halves: &[Half], starts: &Starts) -> Vec<Walk> {
    let next: Vec<u32> = halves.par_iter().with_min_len(1024).map(|half| next_of(halves, starts, half)).collect();
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
    walks.into_par_iter().with_min_len(64).map(|around| Walk::new(halves, around)).collect()
}

/// The half edge that goes on at the end of `half`, the sharpest turn to the left.
fn next_of(halves: &[Half], starts: &Starts, half: &Half) -> u32 {
    let mut onward = starts.at(halves, half.to);
    let (Some(first), second) = (onward.next(), onward.next()) else { return NONE };
    let Some(second) = second else { return first };
    let angle = |other: u32| clockwise(half.from.from_origin(half.to), halves[other as usize].to.from_origin(half.to));
    let all = [first, second].into_iter().chain(onward);
    all.min_by(|&e, &f| angle(e).total_cmp(&angle(f))).unwrap_or(NONE)
}

/// The clockwise angle from one direction to another in radians, above 0 and at most a full turn.
fn clockwise(from: Coord, to: Coord) -> f64 {
    let angle = libm::atan2(from.y * to.x - from.x * to.y, from.x * to.x + from.y * to.y);
    if angle > 0.0 { angle } else { angle + std::f64::consts::TAU }
}

impl Walk {
    fn new(halves: &[Half], around: Vec<u32>) -> Self {
        let ring = ring(halves, &around);
        let perimeter_m = ring.windows(2).map(|w| length_m(w[0], w[1])).sum();
        Self { area_m2: signed_ring_area_m2(&ring), perimeter_m, halves: around }
    }
}

/// The corners of a walk, closed.
fn ring(halves: &[Half], around: &[u32]) -> Vec<Coord> {
    around.iter().chain(around.first()).map(|half| halves[*half as usize].from).collect()
}

/// The islands in each hole: each belongs to the smallest hole that it lies in.
fn islands_of<'w>(halves: &[Half], holes: &[Walk], islands: &'w [Walk]) -> Vec<Vec<&'w Walk>> {
    let mut inside = vec![Vec::new(); holes.len()];
    if holes.is_empty() {
        return inside;
    }
    let mut builder = GeometryBuilder::default();
    holes.iter().for_each(|hole| builder.push_polygon(&[ring(halves, &hole.halves)]));
    let column = builder.finish();
    let (prepared, index) = (PreparedColumn::new(&column), BoxIndex::new(column.bounds()));
    let around = |island: &Walk| {
        let corner = halves[*island.halves.first()? as usize].from;
        let window = crate::model::Rect { min: corner, max: corner };
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

fn fault(halves: &[Half], hole: &Walk, islands: &[&Walk], limits: &CoverageLimits) -> Option<Fault> {
    let all = || std::iter::once(hole).chain(islands.iter().copied());
    let area_m2: f64 = all().map(|walk| walk.area_m2).sum();
    let width_m = 2.0 * area_m2 / all().map(|walk| walk.perimeter_m).sum::<f64>();
    if area_m2 < limits.min_gap_m2 || area_m2 > limits.max_gap_m2 || width_m < limits.snap_m || width_m > limits.max_gap_width_m {
        return None;
    }
    let mut rows: Vec<u32> = all().flat_map(|walk| &walk.halves).map(|half| halves[*half as usize].row).collect();
    rows.sort_unstable();
    rows.dedup();
    let rings: Vec<Vec<Coord>> = all().map(|walk| ring(halves, &walk.halves)).collect();
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

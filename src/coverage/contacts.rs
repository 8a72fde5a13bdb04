//! Where parcels meet: edges that two of them share exactly, and what the others run into.
//!
//! An edge is *matched* where another parcel has it the other way round, else *open*. A gap is bounded by open edges alone.
//!
//! Most pairs that share an edge are known to share no ground without being measured: where no edge of one lies in the other. The other one, being in one
//! piece, is then wholly inside or wholly outside, and the shared edge says outside. All other pairs are measured.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::Parcels;
use crate::model::{Coord, Rect, Shape};
use crate::spatial::area::length_m;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};

/// Common ground up to this is rounding, m².
const NOISE_M2: f64 = 1e-6;
/// Common ground narrower than this is rounding, m.
const NOISE_M: f64 = 1e-6;
/// Pairs a task.
const PAIRS_PER_TASK: usize = 2048;

/// An edge of a parcel, by the place of its first coordinate in the column.
#[derive(Clone, Copy, Debug)]
struct Edge {
    number: u32,
    a: Coord,
    b: Coord,
}

/// Two parcels with common ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shared {
    pub rows: (u32, u32),
    pub area_m2: f64,
}

/// What matching found.
pub(super) struct Matched {
    /// By rows.
    pub shared: Vec<Shared>,
    rest: Vec<Rest>,
}

/// Edges of a pair near one another that the pair does not share.
#[derive(Default)]
struct Rest {
    /// Rows, and how many edges are the one parcel's and how many the other's.
    pairs: Vec<((u32, u32), usize, usize)>,
    edges: Vec<u32>,
}

/// A corner on the edge of another parcel that has none there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Junction {
    pub rows: (u32, u32),
    pub at: Coord,
}

/// A place that splits an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    pub edge: u32,
    pub at: Coord,
}

/// What edges run into.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    /// By pair and place; every corner once a pair.
    pub junctions: Vec<Junction>,
    /// Of open edges; by edge and place, once each.
    pub splits: Vec<Split>,
    /// Corners that are meant to be one, the smaller first; in order, once each.
    pub same: Vec<(Coord, Coord)>,
}

/// The parcels with what is known of their edges.
pub(super) struct Contacts<'a> {
    pub parcels: Parcels<'a>,
    pub prepared: &'a PreparedColumn<'a>,
    matched: Vec<AtomicBool>,
}

/// Buffers that are used again from pair to pair.
#[derive(Default)]
struct Buffers {
    own: Vec<Edge>,
    other: Vec<Edge>,
    area: Scratch,
}

impl<'a> Contacts<'a> {
    pub fn new(parcels: Parcels<'a>, prepared: &'a PreparedColumn<'a>) -> Self {
        let matched = (0..parcels.geometry.coord_count()).into_par_iter().map(|_| AtomicBool::new(false)).collect();
        Self { parcels, prepared, matched }
    }

    /// Whether no other parcel has the edge the other way round.
    pub fn is_open(&self, edge: u32) -> bool {
        self.matched.get(edge as usize).is_none_or(|matched| !matched.load(Ordering::Relaxed))
    }

    fn set_matched(&self, edge: u32) {
        if let Some(matched) = self.matched.get(edge as usize) {
            matched.store(true, Ordering::Relaxed);
        }
    }

    /// Matches the edges of all pairs, and measures what common ground they have, in the order of the pairs.
    pub fn match_edges(&self, pairs: &[(u32, u32)], snap_m: f64) -> Matched {
        let task = |pairs: &[(u32, u32)]| {
            let (mut buffers, mut rest) = (Buffers::default(), Rest::default());
            let shared: Vec<Shared> = pairs
                .iter()
                .filter_map(|&rows| {
                    let shared = self.match_pair(Meeting { rows, snap_m }, &mut buffers);
                    rest.keep(rows, &buffers);
                    shared
                })
                .collect();
            (shared, rest)
        };
        let (shared, rest): (Vec<Vec<Shared>>, Vec<Rest>) = pairs.par_chunks(PAIRS_PER_TASK).map(task).unzip();
        let mut shared = shared.concat();
        shared.sort_unstable_by_key(|shared| shared.rows);
        Matched { shared, rest }
    }

    fn match_pair(&self, Meeting { rows, snap_m }: Meeting, buffers: &mut Buffers) -> Option<Shared> {
        let (p, q) = (self.shape(rows.0), self.shape(rows.1));
        let window = p.bounds.common(&q.bounds);
        let size = window.size();
        self.edges_in(rows, window.grown(snap_m), buffers);
        let has_shared_edge = self.match_in(buffers);
        let is_thin = size.x <= NOISE_M || size.y <= NOISE_M;
        if is_thin || (has_shared_edge && self.is_apart(rows, window, buffers)) {
            return None;
        }
        let area_m2 = self.common_m2(rows, &mut buffers.area);
        (area_m2 > NOISE_M2).then_some(Shared { rows, area_m2 })
    }

    /// Matches the edges that were gathered and takes them away; whether there was one.
    fn match_in(&self, Buffers { own, other, .. }: &mut Buffers) -> bool {
        let before = own.len();
        own.retain(|edge| match other.iter().position(|back| edge.a == back.b && edge.b == back.a) {
            None => true,
            Some(at) => {
                self.set_matched(edge.number);
                self.set_matched(other.swap_remove(at).number);
                false
            }
        });
        own.len() < before
    }

    /// Whether it is certain that two parcels with a shared edge have no common ground; the other edges in their common box were gathered.
    fn is_apart(&self, rows: (u32, u32), window: Rect, buffers: &Buffers) -> bool {
        let apart = |one: (u32, &[Edge]), other: &[Edge]| self.shape(one.0).part_count() == 1 && self.is_outside(one, other, window);
        apart((rows.0, &buffers.own), &buffers.other) || apart((rows.1, &buffers.other), &buffers.own)
    }

    /// Whether none of `others` is in the parcel with the edges `own`: they clearly do not cross, and each either leaves its box or has its middle outside.
    fn is_outside(&self, (row, own): (u32, &[Edge]), others: &[Edge], window: Rect) -> bool {
        others.iter().all(|edge| {
            let leaves = !window.holds(edge.a) || !window.holds(edge.b);
            own.iter().all(|own| are_clear(own, edge)) && (leaves || self.prepared.get(row as usize).winding(edge.middle()) == 0)
        })
    }

    /// The common ground of two parcels, m².
    fn common_m2(&self, (p, q): (u32, u32), scratch: &mut Scratch) -> f64 {
        let is_larger = self.shape(p).coord_count() >= self.shape(q).coord_count();
        let (larger, smaller) = if is_larger { (p, q) } else { (q, p) };
        let smaller_m2 = self.parcels.planar_m2.get(smaller as usize).copied().unwrap_or(0.0);
        overlap_area_m2(self.prepared.get(larger as usize), self.shape(smaller), smaller_m2, scratch)
    }

    fn shape(&self, row: u32) -> Shape<'a> {
        self.parcels.geometry.shape(row as usize)
    }

    /// Gathers the edges of both parcels whose box touches the window.
    fn edges_in(&self, rows: (u32, u32), window: Rect, buffers: &mut Buffers) {
        for (row, edges) in [(rows.0, &mut buffers.own), (rows.1, &mut buffers.other)] {
            edges.clear();
            self.prepared.get(row as usize).numbered_edges_in(&window, |number, a, b| edges.push(Edge { number, a, b }));
        }
    }

    /// What the edges of all pairs run into that the pair does not share.
    pub fn meetings(&self, matched: &Matched, snap_m: f64) -> Meetings {
        let task = |rest: &Rest| {
            let (mut buffers, mut found) = (Buffers::default(), Meetings::default());
            rest.pairs().for_each(|(rows, own, other)| self.meet_pair(Meeting { rows, snap_m }, (own, other), &mut buffers, &mut found));
            found.splits.retain(|split| self.is_open(split.edge));
            found
        };
        let parts: Vec<Meetings> = matched.rest.par_iter().map(task).collect();
        let mut all = Meetings::default();
        for mut part in parts {
            all.junctions.append(&mut part.junctions);
            all.splits.append(&mut part.splits);
            all.same.append(&mut part.same);
        }
        all.put_in_order();
        all
    }

    fn meet_pair(&self, meeting: Meeting, (own, other): (&[u32], &[u32]), buffers: &mut Buffers, found: &mut Meetings) {
        for (numbers, edges) in [(own, &mut buffers.own), (other, &mut buffers.other)] {
            edges.clear();
            edges.extend(numbers.iter().filter_map(|&number| self.edge(number)));
        }
        for own in &buffers.own {
            let near = Rect::around(&[own.a, own.b]).grown(meeting.snap_m);
            for other in buffers.other.iter().filter(|other| near.touches(&Rect::around(&[other.a, other.b]))) {
                meeting.edges(own, other, found);
            }
        }
    }

    fn edge(&self, number: u32) -> Option<Edge> {
        self.parcels.geometry.edge(number).map(|(a, b)| Edge { number, a, b })
    }
}

impl Rest {
    /// Keeps what is in the buffers, where there is something of both parcels.
    fn keep(&mut self, rows: (u32, u32), buffers: &Buffers) {
        if !buffers.own.is_empty() && !buffers.other.is_empty() {
            self.edges.extend(buffers.own.iter().chain(&buffers.other).map(|edge| edge.number));
            self.pairs.push((rows, buffers.own.len(), buffers.other.len()));
        }
    }

    /// The pairs, each with its edges of the one parcel and of the other.
    fn pairs(&self) -> impl Iterator<Item = ((u32, u32), &[u32], &[u32])> {
        self.pairs.iter().scan(&*self.edges, |edges, &(rows, own, other)| {
            let (of_own, after) = edges.split_at_checked(own)?;
            let (of_other, after) = after.split_at_checked(other)?;
            *edges = after;
            Some((rows, of_own, of_other))
        })
    }
}

/// Whether two edges certainly have no point in common but an end that both have.
fn are_clear(e: &Edge, f: &Edge) -> bool {
    if !Rect::around(&[e.a, e.b]).touches(&Rect::around(&[f.a, f.b])) {
        return true;
    }
    let (of_f, of_e) = ([e.side(f.a), e.side(f.b)], [f.side(e.a), f.side(e.b)]);
    if e.a == f.a || e.a == f.b || e.b == f.a || e.b == f.b {
        // The other ends are off the lines.
        return of_f != [0, 0] && of_e != [0, 0];
    }
    let on_one_side = |[a, b]: [i8; 2]| a != 0 && a == b;
    on_one_side(of_f) || on_one_side(of_e)
}

impl Edge {
    fn middle(&self) -> Coord {
        Coord::new(0.5 * (self.a.x + self.b.x), 0.5 * (self.a.y + self.b.y))
    }

    /// 1 left of the edge, -1 right of it, 0 on its line, to a micrometre.
    fn side(&self, c: Coord) -> i8 {
        let beside = self.cross_m2(c);
        let slack = NOISE_M * length_m(self.a, self.b);
        i8::from(beside > slack) - i8::from(beside < -slack)
    }

    /// Twice the area of the triangle with a point, positive where it is on the left, m².
    fn cross_m2(&self, c: Coord) -> f64 {
        let (axis, from) = (self.b.from_origin(self.a), c.from_origin(self.a));
        axis.x * from.y - axis.y * from.x
    }
}

/// Two parcels that are looked at.
#[derive(Clone, Copy)]
struct Meeting {
    rows: (u32, u32),
    snap_m: f64,
}

impl Meeting {
    /// What an edge of the first parcel and one of the second have to do with one another.
    fn edges(self, own: &Edge, other: &Edge, found: &mut Meetings) {
        let mut touch = false;
        for (corner, edge) in [(own.a, other), (own.b, other), (other.a, own), (other.b, own)] {
            touch |= self.corner(corner, edge, found);
        }
        if !touch && let Some(at) = crossing(own, other) {
            found.splits.extend([own.number, other.number].map(|edge| Split { edge, at }));
        }
    }

    /// Whether a corner lies at an edge; where the edge has no corner there it is split.
    fn corner(self, corner: Coord, edge: &Edge, found: &mut Meetings) -> bool {
        if corner == edge.a || corner == edge.b {
            return true;
        }
        for end in [edge.a, edge.b] {
            if length_m(corner, end) <= self.snap_m {
                found.same.push(if by_place(corner, end).is_lt() { (corner, end) } else { (end, corner) });
                return true;
            }
        }
        let (axis, from) = (edge.b.from_origin(edge.a), corner.from_origin(edge.a));
        let square = axis.x * axis.x + axis.y * axis.y;
        let along = axis.x * from.x + axis.y * from.y;
        let beside = axis.x * from.y - axis.y * from.x;
        if along <= 0.0 || along >= square || beside * beside > self.snap_m * self.snap_m * square {
            return false;
        }
        found.junctions.push(Junction { rows: self.rows, at: corner });
        found.splits.push(Split { edge: edge.number, at: corner });
        true
    }
}

/// Where two edges cross between their ends.
fn crossing(e: &Edge, f: &Edge) -> Option<Coord> {
    let (from, to) = (f.cross_m2(e.a), f.cross_m2(e.b));
    if from * to >= 0.0 || e.cross_m2(f.a) * e.cross_m2(f.b) >= 0.0 {
        return None;
    }
    let share = from / (from - to);
    Some(Coord::new(e.a.x + share * (e.b.x - e.a.x), e.a.y + share * (e.b.y - e.a.y)))
}

/// The order of places: west before east, then south before north. Both zeros are one place.
pub(super) fn by_place(a: Coord, b: Coord) -> std::cmp::Ordering {
    (a.x + 0.0).total_cmp(&(b.x + 0.0)).then((a.y + 0.0).total_cmp(&(b.y + 0.0)))
}

impl Meetings {
    fn put_in_order(&mut self) {
        self.junctions.sort_unstable_by(|a, b| a.rows.cmp(&b.rows).then(by_place(a.at, b.at)));
        self.junctions.dedup_by(|a, b| a.rows == b.rows && a.at == b.at);
        self.splits.sort_unstable_by(|a, b| a.edge.cmp(&b.edge).then(by_place(a.at, b.at)));
        self.splits.dedup_by(|a, b| a.edge == b.edge && a.at == b.at);
        self.same.sort_unstable_by(|a, b| by_place(a.0, b.0).then(by_place(a.1, b.1)));
        self.same.dedup();
    }
}

//! The area that two polygons share, without building their intersection.
//!
//! With w(p) the winding number of polygon A, |A ∩ B| is the integral of w over B. Standing at p, w counts the edges of A above p, each with
//! the sign of its direction; so the integral is a sum over the edges of A of the area of B that lies below them. Only edges that meet the
//! box of B need work: what lies above the box enters through the winding number on the box's upper side, which changes where A crosses it.
//! No point of the intersection is ever constructed, so there is no decision to get wrong: the result is continuous in the coordinates.
//!
//! Refuses invalid polygons: a part that is covered twice counts twice. `validate` comes first.
//!
//! **Invariant:** shells turn counter-clockwise and holes clockwise; coordinates are metres.

#![expect(clippy::indexing_slicing, reason = "edge numbers are written by `SlabIndex::new` from the coordinates that they index")]

use rayon::prelude::*;

use super::cells::Cells;
use super::chains::{Chains, Seen};
use super::sweep;
use crate::model::{Coord, GeometryColumn, Rect, Shape};

/// Areas below this (m²) are rounding noise of touching polygons.
const NOISE_M2: f64 = 1e-9;
/// From this many edges on, a polygon gets a [`SlabIndex`] and [`Cells`].
const INDEX_FROM_EDGES: usize = 64;
/// From this many edges on, a polygon gets [`Chains`].
const CHAINS_FROM_EDGES: usize = 1 << 16;
/// More edges than this in the rows of a window are not walked: chains are asked.
const MOST_IN_ROWS: usize = 2048;
/// Edges a slab, on average.
const EDGES_PER_SLAB: usize = 8;
/// Above this many edge pairs the sweep is cheaper than the pairwise integral.
const SWEEP_FROM_PAIRS: usize = 1 << 17;

/// The polygons of a layer made ready to be asked often: large ones get an index.
#[derive(Debug)]
pub struct PreparedColumn<'a> {
    geometry: &'a GeometryColumn,
    indexes: Vec<Option<Box<Index>>>,
}

/// A polygon made ready to be asked often.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a> {
    /// The polygon.
    pub shape: Shape<'a>,
    index: Option<&'a Index>,
}

/// What a large polygon is asked by: windows that no edge is near by its cells, all others by its slabs, or by chains where the slabs have too many edges.
#[derive(Debug)]
struct Index {
    slabs: SlabIndex,
    cells: Option<Cells>,
    chains: Option<Chains>,
}

/// The edges of a polygon by horizontal slabs of equal height.
#[derive(Debug)]
struct SlabIndex {
    bottom: f64,
    slabs_per_m: f64,
    /// Start of each slab in `edges`, and the end.
    starts: Vec<u32>,
    /// Numbers of the first coordinates of the edges.
    edges: Vec<u32>,
}

/// A part of an edge of A in the box of B; `x1 < x2`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) x1: f64,
    pub(super) y1: f64,
    pub(super) x2: f64,
    pub(super) y2: f64,
    /// +1 where the edge runs to the left, so that A is below it.
    pub(super) sign: f64,
}

/// Buffers that are used again from pair to pair.
#[derive(Debug, Default)]
pub struct Scratch {
    pieces: Vec<Piece>,
    /// Where A crosses the upper side of the box: x and +1 upward, −1 downward.
    crossings: Vec<(f64, f64)>,
    edges: Vec<Piece>,
}

impl<'a> PreparedColumn<'a> {
    /// Makes every polygon of `geometry` ready.
    #[must_use]
    pub fn new(geometry: &'a GeometryColumn) -> Self {
        let index = |row| {
            let shape = Some(geometry.shape(row)).filter(|s| s.coord_count() >= INDEX_FROM_EDGES)?;
            let chains = (shape.coord_count() >= CHAINS_FROM_EDGES).then(|| Chains::new(shape));
            Some(Box::new(Index { slabs: SlabIndex::new(shape), cells: Cells::new(shape), chains }))
        };
        Self { geometry, indexes: (0..geometry.len()).into_par_iter().map(index).collect() }
    }

    /// The polygon in row `row`.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Prepared<'_> {
        Prepared { shape: self.geometry.shape(row), index: self.indexes[row].as_deref() }
    }
}

impl Prepared<'_> {
    /// Calls `visit` with every edge that meets the rows between `low` and `high` (m), and perhaps others.
    #[inline]
    pub(super) fn edges_between(&self, low: f64, high: f64, mut visit: impl FnMut(Coord, Coord)) {
        match self.index {
            None => self.shape.edges().for_each(|(a, b)| visit(a, b)),
            Some(index) => index.slabs.edges_between(self.shape.coords(), low, high, |_, a, b| visit(a, b)),
        }
    }

    /// Calls `visit` with every edge whose box touches `window`, and the number of the edge: the place of its first coordinate in the column.
    #[inline]
    pub fn numbered_edges_in(&self, window: &Rect, mut visit: impl FnMut(u32, Coord, Coord)) {
        let mut first = self.shape.first_coord();
        match self.index {
            None => self.shape.rings().for_each(|ring| first = ring_edges_in(ring, first, window, &mut visit)),
            Some(index) => index.slabs.edges_between(self.shape.coords(), window.min.y, window.max.y, |edge, a, b| {
                if touches(a, b, window) {
                    visit(first + edge, a, b);
                }
            }),
        }
    }

    /// Tells every edge that is near the window or to its right, and perhaps others; edges to its right may be told together.
    #[inline]
    fn look(&self, window: &Rect, mut seen: impl FnMut(Seen)) {
        let many = |index: &&Index| index.slabs.count_between(window.min.y, window.max.y) > MOST_IN_ROWS;
        match self.index.filter(many).and_then(|index| index.chains.as_ref()) {
            Some(chains) => chains.look(self.shape.coords(), window, &mut seen),
            None => self.edges_between(window.min.y, window.max.y, |a, b| seen(Seen::Edge(a, b))),
        }
    }

    /// The winding number all over `window`, which overlaps the polygon's box; none where an edge is in it, or may be.
    fn winding_in(&self, window: &Rect) -> Option<i32> {
        match self.index {
            None => self.shape.rings().try_fold(0, |winding, ring| Some(winding + ring_winding_in(ring, window)?)),
            Some(index) => index.cells.as_ref()?.winding_in(window),
        }
    }

    /// The winding number at `point`: 1 inside, 0 outside; on the boundary either.
    #[must_use]
    pub fn winding(&self, point: Coord) -> i32 {
        let mut winding = 0;
        self.edges_between(point.y, point.y, |a, b| {
            if let Some((x, sign)) = crossing_of_row(a.from_origin(point), b.from_origin(point), 0.0)
                && x > 0.0
            {
                winding += if sign > 0.0 { 1 } else { -1 };
            }
        });
        winding
    }
}

impl SlabIndex {
    fn new(shape: Shape<'_>) -> Self {
        let edges = edge_numbers(shape);
        let bottom = shape.bounds.min.y;
        let height = shape.bounds.max.y - bottom;
        let mut slabs = (edges.len() / EDGES_PER_SLAB).max(1);
        loop {
            let slabs_per_m = if height > 0.0 { slabs as f64 / height } else { 0.0 };
            let index = Self { bottom, slabs_per_m, starts: vec![0; slabs + 1], edges: Vec::new() };
            let entries: usize = edges.iter().map(|&e| index.slabs_of_edge(shape.coords(), e).count()).sum();
            // Long upright edges stand in many slabs: coarser slabs keep the index linear in the polygon.
            if entries <= 4 * edges.len() || slabs == 1 {
                return index.filled(shape.coords(), &edges);
            }
            slabs /= 2;
        }
    }

    fn filled(mut self, coords: &[Coord], edges: &[u32]) -> Self {
        let mut counts = vec![0_u32; self.starts.len()];
        for &edge in edges {
            self.slabs_of_edge(coords, edge).for_each(|slab| counts[slab + 1] += 1);
        }
        for slab in 1..counts.len() {
            counts[slab] += counts[slab - 1];
        }
        self.starts.clone_from(&counts);
        self.edges = vec![0; counts[counts.len() - 1] as usize];
        for &edge in edges {
            for slab in self.slabs_of_edge(coords, edge) {
                self.edges[counts[slab] as usize] = edge;
                counts[slab] += 1;
            }
        }
        self
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the slabs there are")]
    fn slab_of(&self, y: f64) -> usize {
        let last = self.starts.len() - 2;
        (((y - self.bottom) * self.slabs_per_m).clamp(0.0, last as f64)) as usize
    }

    fn slabs_of_edge(&self, coords: &[Coord], edge: u32) -> std::ops::RangeInclusive<usize> {
        let (a, b) = (coords[edge as usize].y, coords[edge as usize + 1].y);
        self.slab_of(a.min(b))..=self.slab_of(a.max(b))
    }

    /// How many entries the rows have; an edge counts once a slab.
    #[inline]
    fn count_between(&self, low: f64, high: f64) -> usize {
        (self.starts[self.slab_of(high) + 1] - self.starts[self.slab_of(low)]) as usize
    }

    #[inline]
    fn edges_between(&self, coords: &[Coord], low: f64, high: f64, mut visit: impl FnMut(u32, Coord, Coord)) {
        let (first, last) = (self.slab_of(low), self.slab_of(high));
        for slab in first..=last {
            for &edge in &self.edges[self.starts[slab] as usize..self.starts[slab + 1] as usize] {
                let (a, b) = (coords[edge as usize], coords[edge as usize + 1]);
                // An edge that stands in several slabs is seen in the first of them that is asked for.
                if slab == first || self.slab_of(a.y.min(b.y)) == slab {
                    visit(edge, a, b);
                }
            }
        }
    }
}

/// The winding number of a ring all over `window`; none where an edge's box touches it.
///
/// The commonest question of all, of a parcel and a building: there is no branch in the loop. It says of each edge what [`collect`] does.
#[inline]
pub(super) fn ring_winding_in(ring: &[Coord], window: &Rect) -> Option<i32> {
    let (min, max) = (window.min, window.max);
    let top = max.y - min.y;
    let (mut near, mut winding) = (0_i64, 0_i64);
    for (a, b) in ring.iter().zip(ring.get(1..).unwrap_or_default()) {
        let (a_y, b_y) = (a.y - min.y, b.y - min.y);
        let is_right = (a.x > max.x) & (b.x > max.x);
        let is_left = (a.x < min.x) & (b.x < min.x);
        let (a_above, b_above) = (a_y > top, b_y > top);
        let is_below = (a.y < min.y) & (b.y < min.y);
        near |= i64::from(!(is_right | is_left | is_below | (a_above & b_above)));
        winding = winding.wrapping_add(i64::from(is_right & b_above).wrapping_sub(i64::from(is_right & a_above)));
    }
    (near == 0).then(|| i32::try_from(winding).ok()).flatten()
}

/// Whether the box around an edge touches the window.
#[inline]
fn touches(a: Coord, b: Coord, Rect { min, max }: &Rect) -> bool {
    let is_beside = ((a.x > max.x) & (b.x > max.x)) | ((a.x < min.x) & (b.x < min.x));
    !(is_beside | ((a.y > max.y) & (b.y > max.y)) | ((a.y < min.y) & (b.y < min.y)))
}

/// Calls `visit` with the edges of a ring whose boxes touch the window. `first` is the number of its first coordinate; returns that of the next ring.
///
/// Some edges are compared side by side before any is visited: few have to be.
#[inline]
fn ring_edges_in(ring: &[Coord], first: u32, window: &Rect, visit: &mut impl FnMut(u32, Coord, Coord)) -> u32 {
    const SIDE_BY_SIDE: usize = 8;
    let mut number = first;
    for (a, b) in ring.chunks(SIDE_BY_SIDE).zip(ring.get(1..).unwrap_or_default().chunks(SIDE_BY_SIDE)) {
        let mut touched = [0_u64; SIDE_BY_SIDE];
        for (touched, (a, b)) in touched.iter_mut().zip(a.iter().zip(b)) {
            *touched = u64::from(touches(*a, *b, window));
        }
        for (touched, (a, b)) in touched.iter().zip(a.iter().zip(b)) {
            if *touched != 0 {
                visit(number, *a, *b);
            }
            number += 1;
        }
    }
    if ring.is_empty() { number } else { number + 1 }
}

/// The numbers of the coordinates at which an edge begins, counted over the whole feature.
#[expect(clippy::cast_possible_truncation, reason = "a layer has fewer than 2^32 coordinates")]
fn edge_numbers(shape: Shape<'_>) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(shape.coord_count());
    let mut start = 0;
    for ring in shape.rings() {
        numbers.extend((start..start + ring.len().saturating_sub(1)).map(|i| i as u32));
        start += ring.len();
    }
    numbers
}

/// Where the edge crosses the row `y` (m), counting a coordinate on the row as below it: x and +1 upward, −1 downward.
#[inline]
fn crossing_of_row(a: Coord, b: Coord, y: f64) -> Option<(f64, f64)> {
    match (a.y > y, b.y > y) {
        (false, true) => Some((x_at(a, b, y), 1.0)),
        (true, false) => Some((x_at(a, b, y), -1.0)),
        _ => None,
    }
}

/// The x of the line through `a` and `b` at height `y`, kept between the two.
#[inline]
fn x_at(a: Coord, b: Coord, y: f64) -> f64 {
    (a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x)).clamp(a.x.min(b.x), a.x.max(b.x))
}

/// The y of a piece at `x`, kept between its ends.
#[inline]
pub(super) fn y_at(piece: &Piece, x: f64) -> f64 {
    // The share of the way comes first: the slope of an almost upright piece may be infinite.
    let y = piece.y1 + (x - piece.x1) / (piece.x2 - piece.x1) * (piece.y2 - piece.y1);
    y.clamp(piece.y1.min(piece.y2), piece.y1.max(piece.y2))
}

/// The area (m²) that `a` and `b` share; `b_area_m2` is the area of `b`. Rounding noise is cleared: touching polygons share exactly 0 and a covered `b` exactly `b_area_m2`.
///
/// # Units
/// Coordinates in metres from any origin, area in m².
pub fn overlap_area_m2(a: Prepared<'_>, b: Shape<'_>, b_area_m2: f64, scratch: &mut Scratch) -> f64 {
    let window = b.bounds;
    if !a.shape.bounds.overlaps(&window) {
        return 0.0;
    }
    match a.winding_in(&window) {
        Some(winding) => f64::from(winding) * b_area_m2,
        None => measured_m2(a, b, b_area_m2, scratch),
    }
}

/// The same from the edges in and beside the box of `b`.
fn measured_m2(a: Prepared<'_>, b: Shape<'_>, b_area_m2: f64, scratch: &mut Scratch) -> f64 {
    let window = b.bounds;
    collect(&a, window, scratch);
    if scratch.pieces.is_empty() && scratch.crossings.iter().all(|c| c.0 == f64::INFINITY) {
        let winding: f64 = scratch.crossings.iter().map(|c| c.1).sum();
        return winding * b_area_m2;
    }
    if scratch.pieces.len() * b.coord_count() > SWEEP_FROM_PAIRS {
        return clear_noise(sweep::owned_areas_m2(b, &[a]).iter().sum(), b_area_m2);
    }
    scratch.edges.clear();
    scratch.edges.extend(b.edges().filter_map(|(p, q)| piece(p.from_origin(window.min), q.from_origin(window.min))));
    let Scratch { pieces, crossings, edges } = scratch;
    let above: f64 =
        crossings.iter().map(|&(x, sign)| if x == f64::INFINITY { sign * b_area_m2 } else { sign * area_left_of(edges, x) }).sum();
    let within: f64 = pieces.iter().map(|e| e.sign * area_below(edges, e)).sum();
    clear_noise(above + within, b_area_m2)
}

fn clear_noise(area_m2: f64, whole_m2: f64) -> f64 {
    let noise = NOISE_M2 * (1.0 + 1e-4 * whole_m2);
    if area_m2 < noise {
        0.0
    } else if area_m2 > whole_m2 - noise {
        whole_m2
    } else {
        area_m2
    }
}

/// Gathers the pieces of A in the window and its crossings of the window's upper side, seen from the window's lower left corner. Crossings
/// right of the window are at infinity; those left of it play no part.
fn collect(a: &Prepared<'_>, window: Rect, scratch: &mut Scratch) {
    scratch.pieces.clear();
    scratch.crossings.clear();
    let corner = window.max.from_origin(window.min);
    a.look(&window, |seen| match seen {
        Seen::Right(upward) => scratch.crossings.push((f64::INFINITY, f64::from(upward))),
        Seen::Edge(p, q) if p.y.max(q.y) < window.min.y || p.x.max(q.x) < window.min.x => {}
        Seen::Edge(p, q) => collect_edge((p.from_origin(window.min), q.from_origin(window.min)), corner, scratch),
    });
}

#[inline]
fn collect_edge((p, q): (Coord, Coord), corner: Coord, scratch: &mut Scratch) {
    if p.x.min(q.x) > corner.x {
        if let Some((_, sign)) = crossing_of_row(p, q, corner.y) {
            scratch.crossings.push((f64::INFINITY, sign));
        }
        return;
    }
    if let Some((x, sign)) = crossing_of_row(p, q, corner.y)
        && x > 0.0
    {
        scratch.crossings.push((if x >= corner.x { f64::INFINITY } else { x }, sign));
    }
    if p.y.min(q.y) <= corner.y {
        scratch.pieces.extend(piece(p, q).and_then(|e| clip(e, corner)));
    }
}

/// The edge as a piece from left to right; none where it is upright, for then it has nothing below it.
#[inline]
fn piece(p: Coord, q: Coord) -> Option<Piece> {
    if p.x < q.x {
        Some(Piece { x1: p.x, y1: p.y, x2: q.x, y2: q.y, sign: -1.0 })
    } else if q.x < p.x {
        Some(Piece { x1: q.x, y1: q.y, x2: p.x, y2: p.y, sign: 1.0 })
    } else {
        None
    }
}

/// The part of the piece inside the box from (0, 0) to `corner`.
fn clip(mut e: Piece, corner: Coord) -> Option<Piece> {
    let whole = e;
    let x_of = |y: f64| x_at(Coord::new(whole.x1, whole.y1), Coord::new(whole.x2, whole.y2), y);
    if e.x1 < 0.0 {
        (e.x1, e.y1) = (0.0, y_at(&whole, 0.0));
    }
    if e.x2 > corner.x {
        (e.x2, e.y2) = (corner.x, y_at(&whole, corner.x));
    }
    if (e.y1 < 0.0 && e.y2 < 0.0) || (e.y1 > corner.y && e.y2 > corner.y) {
        return None;
    }
    for bound in [0.0, corner.y] {
        let outside = |y: f64| if bound == 0.0 { y < 0.0 } else { y > corner.y };
        if outside(e.y1) {
            (e.x1, e.y1) = (x_of(bound), bound);
        }
        if outside(e.y2) {
            (e.x2, e.y2) = (x_of(bound), bound);
        }
    }
    (e.x1 < e.x2).then_some(e)
}

/// The area of the polygon with these edges to the left of `x`.
fn area_left_of(edges: &[Piece], x: f64) -> f64 {
    edges
        .iter()
        .filter(|f| f.x1 < x)
        .map(|f| {
            let (end, y_end) = if f.x2 <= x { (f.x2, f.y2) } else { (x, y_at(f, x)) };
            f.sign * 0.5 * (f.y1 + y_end) * (end - f.x1)
        })
        .sum()
}

/// The area of the polygon with these edges below the piece `e`.
fn area_below(edges: &[Piece], e: &Piece) -> f64 {
    edges.iter().map(|f| f.sign * integral_of_lower(e, f)).sum()
}

/// ∫ min(e, f) dx over the x that both have.
#[inline]
fn integral_of_lower(e: &Piece, f: &Piece) -> f64 {
    let (from, to) = (e.x1.max(f.x1), e.x2.min(f.x2));
    if from >= to {
        return 0.0;
    }
    let (e1, e2, f1, f2) = (y_at(e, from), y_at(e, to), y_at(f, from), y_at(f, to));
    let (d1, d2) = (e1 - f1, e2 - f2);
    let trapezoid = |y1: f64, y2: f64, width: f64| 0.5 * (y1 + y2) * width;
    if d1 * d2 >= 0.0 {
        return if d1 + d2 <= 0.0 { trapezoid(e1, e2, to - from) } else { trapezoid(f1, f2, to - from) };
    }
    let share = d1 / (d1 - d2);
    let width = (to - from) * share;
    let meet = e1 + (e2 - e1) * share;
    let (left, right) = if d1 < 0.0 { (e1, f2) } else { (f1, e2) };
    trapezoid(left, meet, width) + trapezoid(meet, right, to - from - width)
}

#[cfg(test)]
mod tests;

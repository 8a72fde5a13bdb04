//! Who owns which ground: areas of a polygon under several others that may overlap, by a sweep from left to right; and what any rings enclose.
//!
//! The plane is cut at every end and crossing of an edge; between two cuts the edges lie one above the other, and walking upward the winding
//! numbers tell whose ground a trapezoid is. It is the exact path for overlapping buildings and zones, and for pairs with very many edges.
//!
//! **Invariant:** the areas are not negative and add up to at most the area of the subject (up to rounding).

#![expect(clippy::indexing_slicing, reason = "owners and segment numbers are made from the arrays that they index")]

use super::overlap::{Piece, Prepared, y_at};
use crate::model::{Coord, Shape};

/// A segment of the arrangement.
struct Segment {
    line: Piece,
    /// 0 for the subject, then the owners in order.
    polygon: usize,
}

/// For each of `owners` in order, the area (m²) of `subject` that it covers and none before it does.
#[must_use]
pub fn owned_areas_m2(subject: Shape<'_>, owners: &[Prepared<'_>]) -> Vec<f64> {
    let segments = segments_in_window(subject, owners);
    let mut sweep = Sweep { segments: &segments, areas: vec![0.0; owners.len()], windings: vec![0; owners.len() + 1], order: Vec::new() };
    each_strip(&segments, |active, from, to| sweep.strip(active, from, to));
    sweep.areas
}

/// The area in m² that the edges enclose by the even-odd rule, seen from `corner`; the edges are those of closed rings, in any order.
///
/// # Units
/// Coordinates in metres.
#[must_use]
pub fn enclosed_area_m2(edges: impl Iterator<Item = (Coord, Coord)>, corner: Coord) -> f64 {
    let mut segments = Vec::new();
    edges.for_each(|(p, q)| segments.extend(segment(0, p.from_origin(corner), q.from_origin(corner))));
    segments.sort_by(|a, b| a.line.x1.total_cmp(&b.line.x1));
    let mut heights: Vec<f64> = Vec::new();
    let mut area_m2 = 0.0;
    each_strip(&segments, |active, from, to| {
        let middle = from + 0.5 * (to - from);
        heights.clear();
        heights.extend(active.iter().map(|&s| y_at(&segments[s].line, middle)));
        heights.sort_unstable_by(f64::total_cmp);
        area_m2 += (to - from) * heights.chunks_exact(2).map(|pair| pair[1] - pair[0]).sum::<f64>();
    });
    area_m2
}

/// Calls `strip` with the segments, by number, that pass between each cut and the next; it may bring them into an order that suits the next strip.
fn each_strip(segments: &[Segment], mut strip: impl FnMut(&mut [usize], f64, f64)) {
    let mut active: Vec<usize> = Vec::new();
    let mut next = 0;
    for pair in cuts(segments).windows(2) {
        let (from, to) = (pair[0], pair[1]);
        active.retain(|&s| segments[s].line.x2 > from);
        while next < segments.len() && segments[next].line.x1 <= from {
            if segments[next].line.x2 > from {
                active.push(next);
            }
            next += 1;
        }
        strip(&mut active, from, to);
    }
}

/// The edge as a segment; none where it is upright.
fn segment(polygon: usize, p: Coord, q: Coord) -> Option<Segment> {
    let (l, r, sign) = if p.x < q.x { (p, q, -1.0) } else { (q, p, 1.0) };
    (p.x != q.x).then_some(Segment { line: Piece { x1: l.x, y1: l.y, x2: r.x, y2: r.y, sign }, polygon })
}

struct Sweep<'a> {
    segments: &'a [Segment],
    areas: Vec<f64>,
    windings: Vec<i32>,
    order: Vec<(f64, usize)>,
}

impl Sweep<'_> {
    /// Adds the ground between two cuts.
    fn strip(&mut self, active: &mut [usize], from: f64, to: f64) {
        // Beside all owners there is nothing to add.
        if active.iter().all(|&s| self.segments[s].polygon == 0) {
            return;
        }
        let middle = from + 0.5 * (to - from);
        self.order.clear();
        self.order.extend(active.iter().map(|&s| (y_at(&self.segments[s].line, middle), s)));
        self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // Hardly two change places from strip to strip: what is sorted now is sorted soon.
        active.iter_mut().zip(&self.order).for_each(|(segment, (_, s))| *segment = *s);
        self.windings.fill(0);
        let mut below = 0.0;
        for &(y, s) in &self.order {
            if let Some(owner) = self.owner() {
                self.areas[owner] += (y - below) * (to - from);
            }
            let segment = &self.segments[s];
            self.windings[segment.polygon] += if segment.line.sign < 0.0 { 1 } else { -1 };
            below = y;
        }
    }

    fn owner(&self) -> Option<usize> {
        let (subject, owners) = self.windings.split_first()?;
        if *subject == 0 { None } else { owners.iter().position(|w| *w != 0) }
    }
}

/// All non-upright edges seen from the lower left corner of the subject's box, sorted by their left end. What an owner has below the box is
/// replaced by segments on the box's lower side.
fn segments_in_window(subject: Shape<'_>, owners: &[Prepared<'_>]) -> Vec<Segment> {
    let window = subject.bounds;
    let corner = window.max.from_origin(window.min);
    let mut segments = Vec::with_capacity(2 * subject.coord_count() + 8 * owners.len());
    let mut add = |polygon: usize, p: Coord, q: Coord| segments.extend(segment(polygon, p, q));
    for (p, q) in subject.edges() {
        add(0, p.from_origin(window.min), q.from_origin(window.min));
    }
    for (number, owner) in owners.iter().enumerate() {
        owner.edges_between(window.min.y, window.max.y, |p, q| {
            clip_to_window(p.from_origin(window.min), q.from_origin(window.min), corner, |a, b| add(number + 1, a, b));
        });
    }
    segments.sort_by(|a, b| a.line.x1.total_cmp(&b.line.x1));
    segments
}

/// The edge inside the window. Where it crosses the row of the window's lower side, a segment on that side from the left stands for everything below.
fn clip_to_window(p: Coord, q: Coord, corner: Coord, mut add: impl FnMut(Coord, Coord)) {
    let x_of = |y: f64| (p.x + (y - p.y) * ((q.x - p.x) / (q.y - p.y))).clamp(p.x.min(q.x), p.x.max(q.x));
    if (p.y >= 0.0) != (q.y >= 0.0) {
        let x = x_of(0.0).clamp(0.0, corner.x);
        // Left of an upward crossing the polygon is entered from below.
        let (from, to) = if q.y >= 0.0 { (0.0, x) } else { (x, 0.0) };
        add(Coord::new(from, 0.0), Coord::new(to, 0.0));
    }
    if p.y.max(q.y) < 0.0 || p.y.min(q.y) > corner.y || p.x.max(q.x) <= 0.0 || p.x.min(q.x) >= corner.x {
        return;
    }
    let at_or_above = |c: Coord| if c.y < 0.0 { Coord::new(x_of(0.0), 0.0) } else { c };
    let (a, b) = (at_or_above(p), at_or_above(q));
    let slope = if a.x == b.x { 0.0 } else { (b.y - a.y) / (b.x - a.x) };
    let within = |c: Coord| {
        let x = c.x.clamp(0.0, corner.x);
        Coord::new(x, if x == c.x { c.y } else { a.y + (x - a.x) * slope })
    };
    add(within(a), within(b));
}

/// The sorted x of all ends and crossings.
fn cuts(segments: &[Segment]) -> Vec<f64> {
    let mut cuts: Vec<f64> = Vec::with_capacity(3 * segments.len());
    segments.iter().for_each(|s| cuts.extend([s.line.x1, s.line.x2]));
    let mut active: Vec<&Piece> = Vec::new();
    for segment in segments {
        let line = &segment.line;
        active.retain(|other| other.x2 > line.x1);
        cuts.extend(active.iter().filter_map(|other| crossing_x(line, other)));
        active.push(line);
    }
    cuts.sort_unstable_by(f64::total_cmp);
    cuts.dedup();
    cuts
}

/// Where two segments change places.
fn crossing_x(a: &Piece, b: &Piece) -> Option<f64> {
    if a.y1.max(a.y2) < b.y1.min(b.y2) || b.y1.max(b.y2) < a.y1.min(a.y2) {
        return None;
    }
    let (from, to) = (a.x1.max(b.x1), a.x2.min(b.x2));
    if from >= to {
        return None;
    }
    let (d1, d2) = (y_at(a, from) - y_at(b, from), y_at(a, to) - y_at(b, to));
    (d1 * d2 < 0.0).then(|| from + (to - from) * (d1 / (d1 - d2)))
}

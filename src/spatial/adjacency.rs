//! How long two boundaries run side by side.

use super::area::length_m;
use super::nearness::{covered, edges_in, merge, span_near, within};
use super::overlap::Prepared;
use crate::model::{Coord, Shape};

/// What two ways of finding the same place may differ by, m.
const ROUNDING_M: f64 = 1e-7;
/// Around a corner of up to 60 degrees two boundaries at the snap distance lie up to this many times as far apart …
const CORNER_APART: f64 = 2.0;
/// … along up to this many times its length.
const CORNER_ALONG: f64 = 4.0;

/// When two boundaries count as running together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closeness {
    /// Greatest distance in metres.
    pub snap_m: f64,
    /// Sine of the greatest angle between the edges.
    pub max_sine: f64,
}

/// Where one boundary runs along another.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SharedBoundary {
    /// Length of the shape's boundary that runs along the other, in metres.
    pub length_m: f64,
    /// The length of each separate run, in metres, in the order of the rings. A run that is broken by no more than the snap distance is one.
    pub runs_m: Vec<f64>,
}

impl SharedBoundary {
    /// The longest run, 0 without one.
    #[must_use]
    pub fn longest_m(&self) -> f64 {
        self.runs_m.iter().copied().fold(0.0, f64::max)
    }
}

/// The part of the boundary of `shape` that runs along the boundary of `other`: points whose foot on some edge of `other` lies within that
/// edge and at most `closeness.snap_m` away, where the two edges are nearly parallel.
#[must_use]
pub fn shared_boundary(shape: Shape<'_>, other: Prepared<'_>, closeness: Closeness) -> SharedBoundary {
    let window = shape.bounds.grown(CORNER_APART * closeness.snap_m);
    let mut shared = SharedBoundary::default();
    if !window.touches(&other.shape.bounds) {
        return shared;
    }
    let mut near = Vec::new();
    edges_in(&other, window, &mut near);
    let mut spans = Vec::new();
    for ring in shape.rings() {
        let mut stretches = Vec::new();
        let mut along_m = 0.0;
        for (p, q) in ring.iter().zip(ring.iter().skip(1)).map(|(p, q)| (*p, *q)) {
            spans.clear();
            spans.extend(near.iter().filter_map(|&(a, b)| span_along(p, q, a, b, closeness)));
            merge(&mut spans);
            let edge_m = length_m(p, q);
            shared.length_m += covered(&spans) * edge_m;
            stretches.extend(spans.iter().map(|(from, to)| (along_m + from * edge_m, along_m + to * edge_m)));
            along_m += edge_m;
        }
        let ring = Ring { coords: ring, length_m: along_m, near: &near, snap_m: closeness.snap_m };
        ring.runs(&stretches, &mut shared.runs_m);
    }
    shared
}

/// A ring whose shared stretches are joined to runs.
struct Ring<'a> {
    coords: &'a [Coord],
    length_m: f64,
    near: &'a [(Coord, Coord)],
    snap_m: f64,
}

impl Ring<'_> {
    /// Adds the lengths of the runs that the stretches (from and to in metres along the ring, in order) make.
    fn runs(&self, stretches: &[(f64, f64)], runs_m: &mut Vec<f64>) {
        let Some((first, last)) = stretches.first().zip(stretches.last()) else { return };
        let start = runs_m.len();
        let mut end_m = None;
        for &(from_m, to_m) in stretches {
            let joins = end_m.is_some_and(|end_m| self.is_short(from_m - end_m, || self.is_near(end_m, from_m)));
            match runs_m.last_mut().filter(|_| joins) {
                Some(run_m) => *run_m += to_m - from_m,
                None => runs_m.push(to_m - from_m),
            }
            end_m = Some(to_m);
        }
        // The ring has no beginning: the last run may go on in the first.
        let gap_m = self.length_m - last.1 + first.0;
        let closes = self.is_short(gap_m, || self.is_near(last.1, self.length_m) && self.is_near(0.0, first.0));
        if closes && runs_m.len() > start + 1 {
            let last_m = runs_m.pop().unwrap_or_default();
            runs_m.iter_mut().skip(start).take(1).for_each(|first_m| *first_m += last_m);
        }
    }

    /// Whether the ring leaves the other boundary for no more than the snap distance, or a little longer where both turn a corner: there the feet of a few
    /// points fall beside the edges.
    fn is_short(&self, gap_m: f64, is_near: impl Fn() -> bool) -> bool {
        gap_m <= self.snap_m || (gap_m <= CORNER_ALONG * self.snap_m && is_near())
    }

    /// Whether the ring stays near the other boundary between the two places (metres along it).
    fn is_near(&self, from_m: f64, to_m: f64) -> bool {
        let mut along_m = 0.0;
        let mut spans = Vec::new();
        for (p, q) in self.coords.iter().zip(self.coords.iter().skip(1)) {
            let edge_m = length_m(*p, *q);
            let (from, to) = (((from_m - along_m) / edge_m).max(0.0), ((to_m - along_m) / edge_m).min(1.0));
            along_m += edge_m;
            if edge_m > 0.0 && from < to {
                spans.clear();
                spans.extend(self.near.iter().filter_map(|&(a, b)| span_near(*p, *q, (a, b), CORNER_APART * self.snap_m)));
                merge(&mut spans);
                // Both ends were found by another formula.
                let slack = ROUNDING_M / edge_m;
                if !spans.iter().any(|span| span.0 <= from + slack && span.1 >= to - slack) {
                    return false;
                }
            }
        }
        true
    }
}

/// The part of the edge from `p` to `q`, as fractions of it, whose feet on the edge from `a` to `b` lie within it and near enough.
fn span_along(p: Coord, q: Coord, a: Coord, b: Coord, closeness: Closeness) -> Option<(f64, f64)> {
    let (edge, axis) = (q.from_origin(p), b.from_origin(a));
    let (edge_m, axis_m) = (length_m(p, q), length_m(a, b));
    if edge_m == 0.0 || axis_m == 0.0 {
        return None;
    }
    let sine = (edge.x * axis.y - edge.y * axis.x) / (edge_m * axis_m);
    if sine.abs() > closeness.max_sine {
        return None;
    }
    let start = p.from_origin(a);
    let along = |v: Coord| (v.x * axis.x + v.y * axis.y) / axis_m;
    let beside = |v: Coord| (v.y * axis.x - v.x * axis.y) / axis_m;
    let (from, to) = within(along(start), along(edge), 0.0, axis_m)?;
    let (near_from, near_to) = within(beside(start), beside(edge), -closeness.snap_m, closeness.snap_m)?;
    let (from, to) = (from.max(near_from).max(0.0), to.min(near_to).min(1.0));
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryBuilder, GeometryColumn};
    use crate::spatial::overlap::PreparedColumn;

    fn polygon(corners: &[(f64, f64)]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[corners.iter().map(|&(x, y)| Coord::new(x, y)).collect()]);
        builder.finish()
    }

    fn shared_m(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
        let (a, b) = (polygon(a), polygon(b));
        shared_boundary(a.shape(0), PreparedColumn::new(&b).get(0), Closeness { snap_m: 0.05, max_sine: 0.17 }).length_m
    }

    fn runs_m(a: &[(f64, f64)], b: &[(f64, f64)]) -> Vec<f64> {
        let (a, b) = (polygon(a), polygon(b));
        shared_boundary(a.shape(0), PreparedColumn::new(&b).get(0), Closeness { snap_m: 0.05, max_sine: 0.17 }).runs_m
    }

    /// A comb along y = 0: a bar below, with a notch of the given width from x = 10 on.
    fn notched(width: f64) -> Vec<(f64, f64)> {
        let to = 10.0 + width;
        vec![(0.0, -5.0), (40.0, -5.0), (40.0, 0.0), (to, 0.0), (to, -2.0), (10.0, -2.0), (10.0, 0.0), (0.0, 0.0)]
    }

    #[test]
    fn a_run_is_broken_by_more_than_the_snap_distance() {
        let plot = [(5.0, 0.0), (30.0, 0.0), (30.0, 10.0), (5.0, 10.0)];
        let near = |found: Vec<f64>, expected: &[f64]| {
            let same = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
            assert!(same, "{found:?}, expected {expected:?}");
        };
        near(runs_m(&plot, &notched(0.04)), &[25.0 - 0.04]);
        near(runs_m(&plot, &notched(1.0)), &[5.0, 19.0]);
        // The ring begins in the middle of a run.
        near(runs_m(&[(20.0, 0.0), (30.0, 0.0), (30.0, 10.0), (5.0, 10.0), (5.0, 0.0)], &notched(1.0)), &[19.0, 5.0]);
        // Two sides that meet at a corner are one run, from whichever corner the ring begins.
        let block = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        let hook = [(10.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0), (0.0, 10.0), (10.0, 10.0)];
        near(runs_m(&hook, &block), &[20.0]);
        let hook = [(10.0, 10.0), (10.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0), (0.0, 10.0)];
        near(runs_m(&hook, &block), &[20.0]);
        // So they are 5 cm away from the block, where the feet of 10 cm around the corner fall beside it.
        let apart = [(10.05, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0), (0.0, 10.05), (10.05, 10.05)];
        near(runs_m(&apart, &[(0.0, 0.0), (10.000_001, 0.0), (10.000_001, 10.000_001), (0.0, 10.000_001)]), &[20.000_002]);
        near(runs_m(&block, &block), &[40.0]);
    }

    #[test]
    fn lengths_side_by_side() {
        let block = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        type Corners = [(f64, f64); 4];
        let cases: [(&str, Corners, f64); 5] = [
            ("a whole side", [(10.0, 0.0), (20.0, 0.0), (20.0, 10.0), (10.0, 10.0)], 10.0),
            ("half a side, 3 cm away", [(10.03, 5.0), (20.0, 5.0), (20.0, 15.0), (10.03, 15.0)], 5.0),
            ("6 cm away", [(10.06, 0.0), (20.0, 0.0), (20.0, 10.0), (10.06, 10.0)], 0.0),
            ("a corner", [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)], 0.0),
            ("far away", [(30.0, 0.0), (40.0, 0.0), (40.0, 10.0), (30.0, 10.0)], 0.0),
        ];
        for (what, other, expected_m) in cases {
            let found_m = shared_m(&other, &block);
            assert!((found_m - expected_m).abs() < 1e-9, "{what}: {found_m} m");
        }
    }
}

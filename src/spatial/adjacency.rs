//! How long two boundaries run side by side.

use super::area::length_m;
use super::overlap::Prepared;
use crate::model::{Coord, Shape};

/// When two boundaries count as running together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closeness {
    /// Greatest distance in metres.
    pub snap_m: f64,
    /// Sine of the greatest angle between the edges.
    pub max_sine: f64,
}

/// Where one boundary runs along another.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct SharedBoundary {
    /// Length of the shape's boundary that runs along the other, in metres.
    pub length_m: f64,
}

/// The part of the boundary of `shape` that runs along the boundary of `other`: points whose foot on some edge of `other` lies within that
/// edge and at most `closeness.snap_m` away, where the two edges are nearly parallel.
#[must_use]
pub fn shared_boundary(shape: Shape<'_>, other: Prepared<'_>, closeness: Closeness) -> SharedBoundary {
    let window = shape.bounds.grown(closeness.snap_m);
    if !window.touches(&other.shape.bounds) {
        return SharedBoundary::default();
    }
    let mut near: Vec<(Coord, Coord)> = Vec::new();
    other.edges_between(window.min.y, window.max.y, |a, b| {
        let apart =
            a.x.max(b.x) < window.min.x || a.x.min(b.x) > window.max.x || a.y.max(b.y) < window.min.y || a.y.min(b.y) > window.max.y;
        if !apart {
            near.push((a, b));
        }
    });
    let mut spans = Vec::new();
    let mut shared_m = 0.0;
    for (p, q) in shape.edges() {
        spans.clear();
        spans.extend(near.iter().filter_map(|&(a, b)| span_along(p, q, a, b, closeness)));
        shared_m += covered(&mut spans) * length_m(p, q);
    }
    SharedBoundary { length_m: shared_m }
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

/// The t for which `low <= start + t * step <= high`.
fn within(start: f64, step: f64, low: f64, high: f64) -> Option<(f64, f64)> {
    if step == 0.0 {
        return (low <= start && start <= high).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let (a, b) = ((low - start) / step, (high - start) / step);
    Some((a.min(b), a.max(b)))
}

/// The length of the union of the spans.
fn covered(spans: &mut [(f64, f64)]) -> f64 {
    spans.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = 0.0_f64;
    let mut sum = 0.0;
    for &(from, to) in spans.iter() {
        let from = from.max(end);
        if to > from {
            sum += to - from;
            end = to;
        }
    }
    sum
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

//! How much of a boundary lies near other lines.
//!
//! **Invariant:** the points of an edge within a distance of another edge are one stretch of it, because what lies within a distance of an edge is convex.

use super::area::length_m;
use super::index::BoxIndex;
use super::overlap::{Prepared, PreparedColumn};
use crate::model::{Coord, GeometryColumn, Rect, Shape};

/// An edge.
pub(super) type Edge = (Coord, Coord);
/// A stretch of an edge, as fractions of it.
pub(super) type Span = (f64, f64);

/// The outlines of layers, searchable.
#[derive(Debug, Default)]
pub struct Outlines<'a> {
    layers: Vec<(PreparedColumn<'a>, BoxIndex)>,
}

impl<'a> Outlines<'a> {
    /// Makes the outlines of all polygons of `layers` ready.
    #[must_use]
    pub fn new(layers: impl Iterator<Item = &'a GeometryColumn>) -> Self {
        Self { layers: layers.map(|geometry| (PreparedColumn::new(geometry), BoxIndex::new(geometry.bounds()))).collect() }
    }

    /// Length (m) of the boundary of `shape` that lies at most `distance_m` from an outline.
    #[must_use]
    pub fn length_near_m(&self, shape: Shape<'_>, distance_m: f64) -> f64 {
        let window = shape.bounds.grown(distance_m);
        let mut edges = Vec::new();
        for (prepared, index) in &self.layers {
            index.candidates(&window).into_iter().for_each(|row| edges_in(&prepared.get(row as usize), window, &mut edges));
        }
        let mut spans = Vec::new();
        let near_m = |(p, q): Edge| {
            spans.clear();
            spans.extend(edges.iter().filter_map(|&edge| span_near(p, q, edge, distance_m)));
            merge(&mut spans);
            covered(&spans) * length_m(p, q)
        };
        shape.edges().map(near_m).sum()
    }
}

/// The edges of `shape` whose box touches the window.
pub(super) fn edges_in(shape: &Prepared<'_>, window: Rect, into: &mut Vec<Edge>) {
    shape.edges_between(window.min.y, window.max.y, |a, b| {
        let apart =
            a.x.max(b.x) < window.min.x || a.x.min(b.x) > window.max.x || a.y.max(b.y) < window.min.y || a.y.min(b.y) > window.max.y;
        if !apart {
            into.push((a, b));
        }
    });
}

/// The part of the edge from `p` to `q` that lies at most `distance_m` from the other edge.
pub(super) fn span_near(p: Coord, q: Coord, (a, b): Edge, distance_m: f64) -> Option<Span> {
    let edge_m = length_m(p, q);
    if edge_m == 0.0 {
        return None;
    }
    let (edge, axis, axis_m) = (q.from_origin(p), b.from_origin(a), length_m(a, b));
    let start = p.from_origin(a);
    let strip = || {
        let along = |v: Coord| (v.x * axis.x + v.y * axis.y) / axis_m;
        let beside = |v: Coord| (v.y * axis.x - v.x * axis.y) / axis_m;
        let (from, to) = within(along(start), along(edge), 0.0, axis_m)?;
        let (near_from, near_to) = within(beside(start), beside(edge), -distance_m, distance_m)?;
        Some((from.max(near_from), to.min(near_to))).filter(|(from, to)| from <= to)
    };
    // The edge with a disc at each end: the stretch reaches from the first of the three to the last.
    let parts = [if axis_m > 0.0 { strip() } else { None }, in_disc((p, q), a, distance_m), in_disc((p, q), b, distance_m)];
    let (from, to) = parts.into_iter().flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |s, t| (s.0.min(t.0), s.1.max(t.1)));
    let (from, to) = (from.max(0.0), to.min(1.0));
    (from < to).then_some((from, to))
}

/// The t for which `p + t (q - p)` lies in the disc around `centre`.
fn in_disc((p, q): Edge, centre: Coord, radius_m: f64) -> Option<Span> {
    let (edge, start) = (q.from_origin(p), p.from_origin(centre));
    let square = edge.x * edge.x + edge.y * edge.y;
    let half = start.x * edge.x + start.y * edge.y;
    let root = half * half - square * (start.x * start.x + start.y * start.y - radius_m * radius_m);
    (root >= 0.0).then(|| ((-half - root.sqrt()) / square, (-half + root.sqrt()) / square))
}

/// The t for which `low <= start + t * step <= high`.
pub(super) fn within(start: f64, step: f64, low: f64, high: f64) -> Option<Span> {
    if step == 0.0 {
        return (low <= start && start <= high).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let (a, b) = ((low - start) / step, (high - start) / step);
    Some((a.min(b), a.max(b)))
}

/// Puts the spans into order and joins those that meet.
pub(super) fn merge(spans: &mut Vec<Span>) {
    spans.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    spans.dedup_by(|next, kept| {
        let meet = next.0 <= kept.1;
        if meet {
            kept.1 = kept.1.max(next.1);
        }
        meet
    });
}

/// The length of spans that do not meet.
pub(super) fn covered(spans: &[Span]) -> f64 {
    spans.iter().map(|(from, to)| to - from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryBuilder;

    fn rectangle(x: f64, y: f64, width_m: f64, height_m: f64) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        let corners = [(x, y), (x + width_m, y), (x + width_m, y + height_m), (x, y + height_m)];
        builder.push_polygon(&[corners.iter().map(|&(x, y)| Coord::new(x, y)).collect()]);
        builder.finish()
    }

    fn near_m(shape: &GeometryColumn, line: &GeometryColumn, distance_m: f64) -> f64 {
        Outlines::new(std::iter::once(line)).length_near_m(shape.shape(0), distance_m)
    }

    #[test]
    fn a_boundary_beside_a_line_is_near_up_to_the_distance() {
        let plot = rectangle(0.0, 0.0, 10.0, 20.0);
        // A side of 20 m at exactly 2 m; beyond, nothing.
        assert!((near_m(&plot, &rectangle(12.0, -50.0, 5.0, 100.0), 2.0) - 20.0).abs() < 1e-12);
        assert_eq!(near_m(&plot, &rectangle(12.001, -50.0, 5.0, 100.0), 2.0), 0.0);
        // At 1 m the ends of the two other sides come near too, 1 m each.
        assert!((near_m(&plot, &rectangle(11.0, -50.0, 5.0, 100.0), 2.0) - 22.0).abs() < 1e-12);
        assert_eq!(near_m(&plot, &rectangle(500.0, 0.0, 5.0, 5.0), 2.0), 0.0);
    }

    #[test]
    fn a_disc_stands_at_the_end_of_a_line() {
        // The corner of a square 3 m to the right and 4 m above the plot's corner: 5 m away.
        let (plot, other) = (rectangle(0.0, 0.0, 10.0, 10.0), rectangle(13.0, 14.0, 5.0, 5.0));
        assert_eq!(near_m(&plot, &other, 4.999), 0.0);
        // At 6 m: √(36 − 16) − 3 along the upper side, √(36 − 9) − 4 along the right one.
        let expected_m = 20.0_f64.sqrt() - 3.0 + 27.0_f64.sqrt() - 4.0;
        assert!((near_m(&plot, &other, 6.0) - expected_m).abs() < 1e-12);
    }
}

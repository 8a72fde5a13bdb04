//! Whether two polygons are at most so far apart.

use super::overlap::Prepared;
use crate::model::{Coord, Rect};

/// What coordinates lose by rounding, m: parcels whose common corner lies on the other's edge touch.
const ROUNDING_M: f64 = 1e-6;

/// Whether some point of `a` is at most `max_m` metres from some point of `b`; polygons that share ground are 0 m apart.
#[must_use]
pub fn within(a: Prepared<'_>, b: Prepared<'_>, max_m: f64) -> bool {
    let reach_m = max_m + ROUNDING_M;
    if !a.shape.bounds.grown(reach_m).touches(&b.shape.bounds) {
        return false;
    }
    edges_within(a, b, reach_m) || holds_a_ring(a, b) || holds_a_ring(b, a)
}

fn edges_within(a: Prepared<'_>, b: Prepared<'_>, reach_m: f64) -> bool {
    let near_a = a.shape.bounds.grown(reach_m);
    let mut found = false;
    for (p, q) in b.shape.edges() {
        let window = Rect::around(&[p, q]).grown(reach_m);
        if found || !window.touches(&near_a) {
            continue;
        }
        a.edges_between(window.min.y, window.max.y, |r, s| {
            found = found || (window.touches(&Rect::around(&[r, s])) && distance_squared(p, q, r, s) <= reach_m * reach_m);
        });
    }
    found
}

/// Whether a ring of `inner`, no edge of which comes near an edge of `outer`, lies in `outer`.
fn holds_a_ring(outer: Prepared<'_>, inner: Prepared<'_>) -> bool {
    inner.shape.rings().filter_map(|ring| ring.first()).any(|&point| outer.winding(point) != 0)
}

/// The squared distance of two edges, m².
fn distance_squared(p: Coord, q: Coord, r: Coord, s: Coord) -> f64 {
    if cross(p, q, r, s) {
        return 0.0;
    }
    let ends = [to_edge(p, r, s), to_edge(q, r, s), to_edge(r, p, q), to_edge(s, p, q)];
    ends.into_iter().fold(f64::INFINITY, f64::min)
}

/// Whether the edges cross within both.
fn cross(p: Coord, q: Coord, r: Coord, s: Coord) -> bool {
    let side = |a: Coord, b: Coord, c: Coord| {
        let (ab, ac) = (b.from_origin(a), c.from_origin(a));
        ab.x * ac.y - ab.y * ac.x
    };
    side(p, q, r) * side(p, q, s) < 0.0 && side(r, s, p) * side(r, s, q) < 0.0
}

/// The squared distance of a point from an edge, m².
pub(super) fn to_edge(point: Coord, a: Coord, b: Coord) -> f64 {
    let (edge, to) = (b.from_origin(a), point.from_origin(a));
    let length = edge.x * edge.x + edge.y * edge.y;
    let along = if length > 0.0 { ((to.x * edge.x + to.y * edge.y) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (dx, dy) = (to.x - along * edge.x, to.y - along * edge.y);
    dx * dx + dy * dy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryBuilder, GeometryColumn};
    use crate::spatial::overlap::PreparedColumn;

    fn polygon(rings: &[&[(f64, f64)]]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        let rings: Vec<Vec<Coord>> = rings.iter().map(|ring| ring.iter().map(|&(x, y)| Coord::new(x, y)).collect()).collect();
        builder.push_polygon(&rings);
        builder.finish()
    }

    fn square(x: f64, y: f64, side: f64) -> [(f64, f64); 4] {
        [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    }

    fn check(a: &GeometryColumn, b: &GeometryColumn, max_m: f64) -> bool {
        let (a, b) = (PreparedColumn::new(a), PreparedColumn::new(b));
        let (there, back) = (within(a.get(0), b.get(0), max_m), within(b.get(0), a.get(0), max_m));
        assert_eq!(there, back);
        there
    }

    #[test]
    fn at_below_and_above_the_limit() {
        let block = polygon(&[&square(0.0, 0.0, 100.0)]);
        let across = |gap: f64| polygon(&[&square(100.0 + gap, 30.0, 40.0)]);
        assert!(check(&block, &across(19.999), 20.0));
        assert!(check(&block, &across(20.0), 20.0), "at most includes the limit");
        assert!(!check(&block, &across(20.001), 20.0));
        // The diagonal of a square of 12 m by 16 m is 20 m.
        let corner = |x: f64| polygon(&[&square(100.0 + x, 116.0, 40.0)]);
        assert!(check(&block, &corner(12.0), 20.0));
        assert!(!check(&block, &corner(12.01), 20.0));
    }

    #[test]
    fn polygons_that_touch_overlap_or_contain_are_0_m_apart() {
        let block = polygon(&[&square(0.0, 0.0, 100.0)]);
        for other in [square(100.0, 0.0, 50.0), square(100.0, 100.0, 50.0), square(90.0, 90.0, 50.0), square(40.0, 40.0, 10.0)] {
            assert!(check(&block, &polygon(&[&other]), 0.0), "{other:?}");
        }
        let bar = polygon(&[&[(-10.0, 40.0), (110.0, 40.0), (110.0, 60.0), (-10.0, 60.0)]]);
        assert!(check(&block, &bar, 0.0), "edges cross and no corner is inside");
    }

    #[test]
    fn what_lies_in_a_hole_is_as_far_as_the_edge_of_the_hole() {
        let mut hole = square(20.0, 20.0, 60.0);
        hole.reverse();
        let ring = polygon(&[&square(0.0, 0.0, 100.0), &hole]);
        let inner = polygon(&[&square(40.0, 40.0, 20.0)]);
        assert!(check(&ring, &inner, 20.0));
        assert!(!check(&ring, &inner, 19.9));
    }
}

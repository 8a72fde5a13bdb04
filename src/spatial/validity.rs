//! Is a polygon fit for area work, and if not, what is it meant to be?
//!
//! A quick pass clears polygons whose edges meet only at the vertices that they share and whose rings lie as they should. What it cannot clear
//! goes to `geo`'s validation, and what that refuses is rebuilt: each ring filled by the non-zero rule, the holes of a part taken from its shell,
//! the parts united — the same ground as GEOS `MakeValid` with the method `structure`, save that a hole apart from its shell stays nothing.
//!
//! **Invariant:** a polygon that [`is_valid`] accepts has winding number 0 or 1 everywhere once its rings are oriented.

#![expect(clippy::indexing_slicing, reason = "edge numbers come from the list that they index")]

use geo::orient::Direction;
use geo::{BooleanOps, LineString, MultiPolygon, Orient, Polygon, Validation, algorithm::bool_ops::FillRule, unary_union};

use super::area::length_m;
use super::overlap::PreparedColumn;
use crate::model::{Coord, GeometryBuilder, GeometryColumn, Rect, Shape};

/// Whether the polygon can be measured as it is.
#[must_use]
pub fn is_valid(shape: Shape<'_>) -> bool {
    is_plainly_valid(shape) || to_geo(shape, Coord::default()).is_valid()
}

/// Whether a quick look shows the polygon to be valid; `false` means that it must be looked at closely.
fn is_plainly_valid(shape: Shape<'_>) -> bool {
    shape.rings().all(|ring| ring.len() >= 4) && !edges_meet(shape) && rings_lie_well(shape)
}

/// Shells apart from one another, holes inside their shell and apart from one another, judged by boxes and one vertex each.
fn rings_lie_well(shape: Shape<'_>) -> bool {
    if shape.part_count() == 1 && shape.rings().count() == 1 {
        return true;
    }
    let mut shells = Vec::new();
    for part in shape.parts() {
        let mut rings = part.clone();
        let Some(shell) = rings.next() else { return false };
        shells.push(Rect::around(shell));
        if rings.clone().next().is_some() && !holes_lie_well(shell, rings) {
            return false;
        }
    }
    all_apart(&shells)
}

fn holes_lie_well<'a>(shell: &[Coord], holes: impl Iterator<Item = &'a [Coord]> + Clone) -> bool {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[shell.to_vec()]);
    let column = builder.finish();
    let prepared = PreparedColumn::new(&column);
    let prepared = prepared.get(0);
    let boxes: Vec<Rect> = holes.clone().map(Rect::around).collect();
    all_apart(&boxes) && holes.into_iter().all(|hole| hole.first().is_some_and(|&c| prepared.winding(c) != 0))
}

fn all_apart(boxes: &[Rect]) -> bool {
    let mut order: Vec<&Rect> = boxes.iter().collect();
    order.sort_unstable_by(|a, b| a.min.x.total_cmp(&b.min.x));
    let mut active: Vec<&Rect> = Vec::new();
    for rect in order {
        active.retain(|other| other.max.x >= rect.min.x);
        if active.iter().any(|other| other.touches(rect)) {
            return false;
        }
        active.push(rect);
    }
    true
}

/// Up to so many edges every pair is looked at: sorting costs more.
const FEW_EDGES: usize = 12;

struct Edge {
    a: Coord,
    b: Coord,
    ring: u32,
    place: u32,
    ring_length: u32,
}

/// Whether two edges touch elsewhere than at the vertex between neighbours, or might.
#[expect(clippy::cast_possible_truncation, reason = "a layer has fewer than 2^32 coordinates")]
fn edges_meet(shape: Shape<'_>) -> bool {
    let mut rings = shape.rings();
    if let (Some(ring), None) = (rings.next(), rings.next())
        && is_two_runs_apart(ring)
    {
        return false;
    }
    let origin = shape.bounds.min;
    let mut edges: Vec<Edge> = Vec::with_capacity(shape.coord_count());
    for (ring, coords) in shape.rings().enumerate() {
        let ring_length = coords.len() as u32 - 1;
        edges.extend(coords.windows(2).enumerate().map(|(place, w)| Edge {
            a: w[0].from_origin(origin),
            b: w[1].from_origin(origin),
            ring: ring as u32,
            place: place as u32,
            ring_length,
        }));
    }
    if edges.len() <= FEW_EDGES {
        return edges.iter().enumerate().any(|(i, e)| edges[i + 1..].iter().any(|f| may_meet(e, f)));
    }
    edges.sort_unstable_by(|e, f| e.a.x.min(e.b.x).total_cmp(&f.a.x.min(f.b.x)));
    let mut active: Vec<usize> = Vec::new();
    for i in 0..edges.len() {
        let left = edges[i].a.x.min(edges[i].b.x);
        active.retain(|&j| edges[j].a.x.max(edges[j].b.x) >= left);
        if active.iter().any(|&j| meet(&edges[i], &edges[j])) {
            return true;
        }
        active.push(i);
    }
    false
}

/// Whether the ring is two runs from its leftmost to its rightmost vertex, one wholly on one side of the other: then no two of its edges meet.
/// Most parcels are. Both runs are walked at once: every vertex of one must lie clearly on the same side of the edge of the other that it passes.
fn is_two_runs_apart(ring: &[Coord]) -> bool {
    let Some(n) = ring.len().checked_sub(1).filter(|n| *n > 2) else { return false };
    let is_before = |a: Coord, b: Coord| a.x < b.x || (a.x == b.x && a.y < b.y);
    let first = (1..n).fold(0, |first, i| if is_before(ring[i], ring[first]) { i } else { first });
    let at = |i: usize| ring[if first + i < n { first + i } else { first + i - n }];
    let there = (0..n).take_while(|&i| is_before(at(i), at(i + 1))).count();
    if !(there..n).all(|i| is_before(at(i + 1), at(i))) {
        return false;
    }
    let (back, from_back) = (n - there, |i: usize| at(n - i));
    let (mut i, mut j, mut above) = (1, 1, 0);
    while i < there || j < back {
        let (p, q) = (at(i), from_back(j));
        let which = if j == back || (i < there && is_before(p, q)) {
            i += 1;
            side(from_back(j - 1), q, p)
        } else if i == there || is_before(q, p) {
            j += 1;
            -side(at(i - 1), p, q)
        } else {
            return false;
        };
        if which == 0 || which == -above {
            return false;
        }
        above = which;
    }
    true
}

/// [`meet`] where the edges' columns overlap.
fn may_meet(e: &Edge, f: &Edge) -> bool {
    e.a.x.max(e.b.x) >= f.a.x.min(f.b.x) && f.a.x.max(f.b.x) >= e.a.x.min(e.b.x) && meet(e, f)
}

fn meet(e: &Edge, f: &Edge) -> bool {
    if e.a.y.max(e.b.y) < f.a.y.min(f.b.y) || f.a.y.max(f.b.y) < e.a.y.min(e.b.y) {
        return false;
    }
    if e.ring == f.ring {
        let (low, high) = (e.place.min(f.place), e.place.max(f.place));
        if high - low == 1 || (low == 0 && high == e.ring_length - 1) {
            return folds_back(e, f);
        }
    }
    !clearly_on_one_side(e.a, e.b, f.a, f.b) && !clearly_on_one_side(f.a, f.b, e.a, e.b)
}

/// Whether neighbours run back over one another: a spike.
fn folds_back(e: &Edge, f: &Edge) -> bool {
    let (first, second) = if e.b == f.a { (e, f) } else { (f, e) };
    let (u, v) = (first.b.from_origin(first.a), second.b.from_origin(second.a));
    side(first.a, first.b, second.b) == 0 && u.x * v.x + u.y * v.y <= 0.0
}

fn clearly_on_one_side(a: Coord, b: Coord, c: Coord, d: Coord) -> bool {
    let (s, t) = (side(a, b, c), side(a, b, d));
    s != 0 && s == t
}

/// On which side of the line from `a` to `b` the point lies; 0 where rounding cannot tell (Shewchuk's first bound, doubled).
fn side(a: Coord, b: Coord, c: Coord) -> i8 {
    let left = (b.x - a.x) * (c.y - a.y);
    let right = (b.y - a.y) * (c.x - a.x);
    let bound = 7e-16 * (left.abs() + right.abs());
    let det = left - right;
    if det > bound {
        1
    } else if det < -bound {
        -1
    } else {
        0
    }
}

/// The polygon that an invalid one is meant to be; `None` where nothing with an area is left.
#[must_use]
pub fn repaired(shape: Shape<'_>) -> Option<GeometryColumn> {
    let centre = Coord::new(0.5 * (shape.bounds.min.x + shape.bounds.max.x), 0.5 * (shape.bounds.min.y + shape.bounds.max.y));
    let parts: Vec<MultiPolygon> = to_geo(shape, centre).into_iter().map(ground_of).collect();
    let result = unary_union(&parts);
    // The overlay does not turn a hole that touches its shell.
    from_geo(&result.orient(Direction::Default), shape.coords().to_vec(), centre)
}

/// A part without its own holes: what lies in a hole of another part stays.
fn ground_of(part: Polygon) -> MultiPolygon {
    let (shell, holes) = part.into_inner();
    let ground = filled(shell);
    if holes.is_empty() {
        return ground;
    }
    let holes: Vec<MultiPolygon> = holes.into_iter().map(filled).collect();
    ground.difference(&unary_union(&holes)).orient(Direction::Default)
}

/// The ground inside a ring by the non-zero rule, with its holes turned: a union would fill one that is not.
fn filled(ring: LineString) -> MultiPolygon {
    let nothing = MultiPolygon::<f64>::new(Vec::new());
    Polygon::new(ring, Vec::new()).union_with_fill_rule(&nothing, FillRule::NonZero).orient(Direction::Default)
}

pub(super) fn to_geo(shape: Shape<'_>, origin: Coord) -> MultiPolygon {
    let line = |ring: &[Coord]| ring.iter().map(|c| c.from_origin(origin)).map(|c| geo::Coord { x: c.x, y: c.y }).collect::<LineString>();
    shape
        .parts()
        .filter_map(|mut rings| {
            let shell = line(rings.next()?);
            Some(Polygon::new(shell, rings.map(line).collect()))
        })
        .collect()
}

/// Back to a column, with the vertices that were `known` before put back on their exact places: the overlay works on a grid of about 1e-9 of the extent.
pub(super) fn from_geo(polygons: &MultiPolygon, mut known: Vec<Coord>, origin: Coord) -> Option<GeometryColumn> {
    let size = Rect::around(&known).size();
    let reach = 4e-9 * size.x.max(size.y);
    known.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let exact = |c: &geo::Coord| nearest(&known, Coord::new(c.x + origin.x, c.y + origin.y), reach);
    let parts: Vec<Vec<Vec<Coord>>> = polygons
        .iter()
        .map(|p| std::iter::once(p.exterior()).chain(p.interiors()).map(|ring| ring.coords().map(exact).collect()).collect())
        .collect();
    if parts.is_empty() {
        return None;
    }
    let mut builder = GeometryBuilder::default();
    builder.push_polygons(&parts);
    Some(builder.finish())
}

fn nearest(known: &[Coord], c: Coord, reach: f64) -> Coord {
    let start = known.partition_point(|k| k.x < c.x - reach);
    known[start..]
        .iter()
        .take_while(|k| k.x <= c.x + reach)
        .filter(|k| (k.y - c.y).abs() <= reach)
        .min_by(|a, b| length_m(**a, c).total_cmp(&length_m(**b, c)))
        .copied()
        .unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn polygon(ring: &[(i32, i32)]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[ring.iter().map(|&(x, y)| Coord::new(x.into(), y.into())).collect()]);
        builder.finish()
    }

    fn clears(ring: &[(i32, i32)]) -> bool {
        polygon(ring).shape(0).rings().all(is_two_runs_apart)
    }

    #[test]
    fn two_runs_that_touch_are_not_cleared() {
        assert!(clears(&[(0, 0), (4, 0), (4, 4), (0, 4)]), "upright edges");
        assert!(clears(&[(0, 0), (2, 1), (4, 0), (3, 5), (1, 5)]), "a dent");
        assert!(!clears(&[(0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)]), "a vertex twice");
        assert!(!clears(&[(0, 0), (2, 2), (4, 0), (4, 2), (0, 2)]), "a vertex on an edge");
        assert!(!clears(&[(0, 0), (4, 4), (4, 0), (0, 4)]), "a bow tie");
        assert!(!clears(&[(0, 0), (4, 0), (6, 0), (4, 0), (4, 4)]), "a spike");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_two_runs_clear_is_valid(ring in prop::collection::vec((0..6_i32, 0..6_i32), 3..9)) {
            if clears(&ring) {
                prop_assert!(to_geo(polygon(&ring).shape(0), Coord::default()).is_valid(), "{ring:?}");
            }
        }
    }
}

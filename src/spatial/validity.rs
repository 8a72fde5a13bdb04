//! Is a polygon fit for area work, and if not, what is it meant to be?
//!
//! A quick pass clears polygons whose edges meet only at the vertices that they share and whose rings lie as they should. What it cannot clear
//! is looked at closely ([`super::defects`]), and what has defects is rebuilt: each ring filled by the non-zero rule, the holes of a part taken
//! from its shell, the parts united — the same ground as GEOS `MakeValid` with the method `structure`, save that a hole apart from its shell
//! stays nothing. How far that may be from what was meant is the ground on which the even-odd reading differs ([`disputed_m2`]).
//!
//! **Invariant:** a polygon that [`is_valid`] accepts has winding number 0 or 1 everywhere once its rings are oriented.

#![expect(clippy::indexing_slicing, reason = "edge numbers come from the list that they index")]

use geo::orient::Direction;
use geo::{Area, BooleanOps, LineString, MultiPolygon, Orient, Polygon, algorithm::bool_ops::FillRule, unary_union};
use rayon::prelude::*;

use super::area::length_m;
use super::defects::{Defect, canonical, defects};
use super::overlap::{PreparedColumn, ring_winding_in};
use super::sweep::enclosed_area_m2;
use crate::model::{Coord, GeometryBuilder, GeometryColumn, Rect, Shape, attempt};

/// Whether the polygon can be measured as it is.
#[must_use]
pub fn is_valid(shape: Shape<'_>) -> bool {
    faults(shape).is_empty()
}

/// What keeps the polygon from being measured as it is; nothing where it is valid.
#[must_use]
pub fn faults(shape: Shape<'_>) -> Vec<Defect> {
    if is_plainly_valid(shape) { Vec::new() } else { defects(shape) }
}

/// Whether a quick look shows the polygon to be valid; `false` means that it must be looked at closely.
fn is_plainly_valid(shape: Shape<'_>) -> bool {
    is_simple_at_a_glance(shape) || (shape.rings().all(|ring| ring.len() >= 4) && !edges_meet(shape) && rings_lie_well(shape))
}

/// Whether every ring is two runs apart, every hole well inside its shell, and all shells and all holes of a shell are apart: true of nearly all
/// polygons, and told without a list of edges.
fn is_simple_at_a_glance(shape: Shape<'_>) -> bool {
    if !shape.rings().all(is_two_runs_apart) {
        return false;
    }
    let holes_lie_inside = shape.parts().all(|mut rings| {
        let Some(shell) = rings.next() else { return false };
        let boxes: Vec<Rect> = rings.map(Rect::around).collect();
        all_apart(&boxes) && boxes.iter().all(|hole| ring_winding_in(shell, hole).is_some_and(|winding| winding != 0))
    });
    let shells = || shape.parts().filter_map(|mut rings| rings.next().map(Rect::around));
    holes_lie_inside && (shape.part_count() == 1 || all_apart(&shells().collect::<Vec<_>>()))
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
/// Edges that are swept at once.
const STRIP_EDGES: usize = 512;
/// Rings with up to so many edges are swept, however many of them cross.
const SWEPT_EDGES: usize = 1000;

#[derive(Clone, Copy)]
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
    if edges.len() <= STRIP_EDGES { any_meet(&mut edges) } else { strips(&edges).any(|strip| any_meet(&mut strip.collect::<Vec<_>>())) }
}

/// The edges of each of many flat strips: where a thousand parts stand above one another, a sweep of all would hold them all at once.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a quotient from 0 to the number of strips")]
fn strips(edges: &[Edge]) -> impl ParallelIterator<Item = impl Iterator<Item = Edge>> {
    let top = edges.iter().fold(0.0, |top: f64, e| top.max(e.a.y).max(e.b.y));
    let count = edges.len() / STRIP_EDGES + 1;
    // Coordinates begin at the lower side of the polygon's box.
    let strip = |y: f64| ((y / top * count as f64) as usize).min(count - 1);
    let mut numbers: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (edge, number) in edges.iter().zip(0..) {
        numbers[strip(edge.a.y.min(edge.b.y))..=strip(edge.a.y.max(edge.b.y))].iter_mut().for_each(|own| own.push(number));
    }
    numbers.into_par_iter().map(|own| own.into_iter().map(|number| edges[number as usize]))
}

/// Whether two of the edges meet, by a sweep from left to right.
fn any_meet(edges: &mut [Edge]) -> bool {
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

/// Whether the ring is two runs from its first to its last vertex in some direction, one wholly on one side of the other: then no two of its edges
/// meet. Of two directions half a right angle apart, one sees a rectangle over its corners, whichever way it stands; the others help with dents.
fn is_two_runs_apart(ring: &[Coord]) -> bool {
    are_two_runs_apart(ring, |c| c.x + c.y)
        || are_two_runs_apart(ring, |c| c.x)
        || are_two_runs_apart(ring, |c| c.x - c.y)
        || are_two_runs_apart(ring, |c| c.y)
}

/// The same in the direction in which `along` grows. A rounded sum that is greater than another is so unrounded, too, and equal ones are refused.
///
/// Both runs are walked at once: every vertex of one must lie clearly on the same side of the edge of the other that it passes.
#[inline]
fn are_two_runs_apart(ring: &[Coord], along: impl Fn(Coord) -> f64) -> bool {
    let Some(n) = ring.len().checked_sub(1).filter(|n| *n > 2) else { return false };
    let (mut first, mut last, mut turns) = (0, 0, 0);
    let mut before = along(ring[n - 1]);
    let mut was_rising = along(ring[n - 2]) < before;
    for (i, &c) in ring[..n].iter().enumerate() {
        let here = along(c);
        let is_rising = before < here;
        turns += usize::from(is_rising != was_rising);
        if turns > 2 || here == before {
            return false;
        }
        first = if here < along(ring[first]) { i } else { first };
        last = if here > along(ring[last]) { i } else { last };
        (before, was_rising) = (here, is_rising);
    }
    let at = |i: usize| ring[if first + i < n { first + i } else { first + i - n }];
    let there = if last > first { last - first } else { last + n - first };
    let (back, from_back) = (n - there, |i: usize| at(n - i));
    let (mut i, mut j, mut above) = (1, 1, 0);
    while i < there || j < back {
        let (p, q) = (at(i), from_back(j));
        let which = if j == back || (i < there && along(p) < along(q)) {
            i += 1;
            side(from_back(j - 1), q, p)
        } else if i == there || along(q) < along(p) {
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
///
/// Vertices that were there before keep their exact places, unless that would make rings touch; then they are where the overlay's grid has them.
#[must_use]
pub fn repaired(shape: Shape<'_>) -> Option<GeometryColumn> {
    if is_speck(shape) {
        return None;
    }
    let centre = shape.bounds.centre();
    let result = attempt(|| {
        let parts: Vec<MultiPolygon> = to_geo(shape, centre).into_iter().map(ground_of).collect();
        // The overlay does not turn a hole that touches its shell.
        unary_union(&parts).orient(Direction::Default)
    })?;
    let exact = from_geo(&result, &Vertices::of(shape.coords().to_vec()), centre)?;
    if is_valid(exact.shape(0)) {
        return Some(exact);
    }
    from_geo(&result, &Vertices::default(), centre).filter(|on_grid| is_valid(on_grid.shape(0))).or(Some(exact))
}

/// Whether the polygon is smaller than a thousandth of a millimetre: it has no area that anybody could own, and the overlay, which lays a grid of whole
/// numbers over it, may not come back from one of 1e-300 m.
fn is_speck(shape: Shape<'_>) -> bool {
    const SPECK_M: f64 = 1e-6;
    shape.bounds.max.x - shape.bounds.min.x < SPECK_M && shape.bounds.max.y - shape.bounds.min.y < SPECK_M
}

/// The area by the even-odd rule, in m²: a place is ground where a way out of it crosses rings an odd number of times. Which ring is a hole
/// and which way it turns is of no account; a ring that stands twice counts once. Not a number where the overlay gives up.
///
/// # Units
/// Coordinates in metres, area in m².
#[must_use]
pub fn even_odd_area_m2(shape: Shape<'_>) -> f64 {
    if is_speck(shape) {
        return 0.0;
    }
    let rings = single_rings(shape);
    // The overlay is asked where a sweep could take long: it has lost ground (312.5 m² for 375 of two triangles and a chip between them).
    if rings.iter().map(|ring| ring.len()).sum::<usize>() <= SWEPT_EDGES {
        return enclosed_area_m2(rings.iter().flat_map(|ring| ring.windows(2).map(|w| (w[0], w[1]))), shape.bounds.min);
    }
    let nothing = MultiPolygon::<f64>::new(Vec::new());
    let area = || shells(&rings, shape.bounds.centre()).union_with_fill_rule(&nothing, FillRule::EvenOdd).unsigned_area();
    attempt(area).unwrap_or(f64::NAN)
}

/// The ground that `repaired` has and the even-odd rule does not, or the other way round, in m²: what a repair decided; all there is where the overlay
/// gives up. Both are seen on the grid of the overlay, which the repair comes from: elsewhere its rounding would count.
///
/// # Units
/// Coordinates in metres, area in m².
#[must_use]
pub fn disputed_m2(shape: Shape<'_>, repaired: Shape<'_>) -> f64 {
    let origin = shape.bounds.centre();
    let disputed = || shells(&single_rings(shape), origin).xor_with_fill_rule(&to_geo(repaired, origin), FillRule::EvenOdd).unsigned_area();
    attempt(disputed).unwrap_or(f64::INFINITY)
}

/// Rings as shells of their own.
fn shells(rings: &[&[Coord]], origin: Coord) -> MultiPolygon {
    MultiPolygon::new(rings.iter().map(|ring| Polygon::new(line(ring, origin), Vec::new())).collect())
}

/// The rings, each once.
fn single_rings(shape: Shape<'_>) -> Vec<&[Coord]> {
    let mut seen = std::collections::BTreeSet::new();
    let mut rings = Vec::new();
    for (part, part_rings) in shape.parts().enumerate() {
        for (number, ring) in part_rings.enumerate().filter(|(_, ring)| ring.len() >= 4) {
            if seen.insert((Some(part).filter(|_| number > 0), canonical(ring))) {
                rings.push(ring);
            }
        }
    }
    rings
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
    shape
        .parts()
        .filter_map(|mut rings| {
            let shell = line(rings.next()?, origin);
            Some(Polygon::new(shell, rings.map(|ring| line(ring, origin)).collect()))
        })
        .collect()
}

fn line(ring: &[Coord], origin: Coord) -> LineString {
    ring.iter().map(|c| c.from_origin(origin)).map(|c| geo::Coord { x: c.x, y: c.y }).collect()
}

/// Vertices to which those of an overlay, which works on a grid of about 1e-9 of the extent, may be put back.
#[derive(Default)]
pub(super) struct Vertices {
    /// From left to right.
    known: Vec<Coord>,
    reach: f64,
}

impl Vertices {
    pub(super) fn of(mut known: Vec<Coord>) -> Self {
        let size = Rect::around(&known).size();
        known.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        Self { known, reach: 4e-9 * size.x.max(size.y) }
    }

    /// The nearest within reach, or the place itself.
    fn nearest(&self, c: Coord) -> Coord {
        let start = self.known.partition_point(|k| k.x < c.x - self.reach);
        self.known[start..]
            .iter()
            .take_while(|k| k.x <= c.x + self.reach)
            .filter(|k| (k.y - c.y).abs() <= self.reach)
            .min_by(|a, b| length_m(**a, c).total_cmp(&length_m(**b, c)))
            .copied()
            .unwrap_or(c)
    }
}

/// Back to a column; vertices that fall together count once, and rings without an area are left out.
pub(super) fn from_geo(polygons: &MultiPolygon, vertices: &Vertices, origin: Coord) -> Option<GeometryColumn> {
    let ring = |line: &LineString| {
        let mut ring: Vec<Coord> = line.coords().map(|c| vertices.nearest(Coord::new(c.x + origin.x, c.y + origin.y))).collect();
        ring.dedup();
        ring
    };
    let rings = |p: &Polygon| {
        let shell = Some(ring(p.exterior())).filter(|ring| ring.len() >= 4)?;
        Some(std::iter::once(shell).chain(p.interiors().iter().map(ring).filter(|ring| ring.len() >= 4)).collect())
    };
    let parts: Vec<Vec<Vec<Coord>>> = polygons.iter().filter_map(rings).collect();
    if parts.is_empty() {
        return None;
    }
    let mut builder = GeometryBuilder::default();
    builder.push_polygons(&parts);
    Some(builder.finish())
}

#[cfg(test)]
mod tests {
    use geo::Validation;
    use proptest::prelude::*;

    use super::*;

    fn polygon(ring: &[(i32, i32)]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[ring.iter().map(|&(x, y)| Coord::new(x.into(), y.into())).collect()]);
        builder.finish()
    }

    /// Squares of 1 m on a grid of 2 m, 60 by 60, in one polygon; the last one is as wide as said.
    fn many(last_m: f64) -> GeometryColumn {
        let square = |(x, y): (i32, i32)| {
            let (x, y, side) = (2.0 * f64::from(x), 2.0 * f64::from(y), if (x, y) == (58, 59) { last_m } else { 1.0 });
            vec![[(x, y), (x + side, y), (x + side, y + 1.0), (x, y + 1.0), (x, y)].map(|(x, y)| Coord::new(x, y)).to_vec()]
        };
        let mut builder = GeometryBuilder::default();
        builder.push_polygons(&(0..60).flat_map(|x| (0..60).map(move |y| (x, y))).map(square).collect::<Vec<_>>());
        builder.finish()
    }

    #[test]
    fn edges_that_meet_are_found_among_many() {
        assert!(many(1.0).shape(0).coord_count() > 3 * STRIP_EDGES, "there are several strips");
        assert!(is_plainly_valid(many(1.0).shape(0)) && !edges_meet(many(1.99).shape(0)));
        assert!(edges_meet(many(2.0).shape(0)), "the last but one touches the last");
        assert!(edges_meet(many(2.5).shape(0)));
    }

    fn clears(ring: &[(i32, i32)]) -> bool {
        polygon(ring).shape(0).rings().all(is_two_runs_apart)
    }

    #[test]
    fn two_runs_that_touch_are_not_cleared() {
        assert!(clears(&[(0, 0), (4, 0), (4, 3), (0, 3)]), "upright edges");
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

        /// Rings that may touch or lie in one another, also where coordinates have seven digits and vertices are a rounding apart.
        #[test]
        fn what_is_cleared_at_a_glance_has_no_defects(
            rings in prop::collection::vec((0..9_i32, 0..9_i32, prop::collection::vec((0..6_i32, 0..6_i32), 3..6)), 1..4),
            is_one_part in any::<bool>(),
            (step, origin) in prop::sample::select(vec![(1.0, 0.0), (1e-8, 40_500_000.0), (0.7, 40_500_000.0)]),
        ) {
            let place = |x: i32, u: i32| origin + step * f64::from(x + u);
            let ring = |(x, y, corners): (i32, i32, Vec<(i32, i32)>)| -> Vec<Coord> {
                corners.into_iter().map(|(u, v)| Coord::new(place(x, u), place(y, v))).collect()
            };
            let mut rings: Vec<Vec<Coord>> = rings.into_iter().map(ring).collect();
            let frame = [(-1, -1), (20, -1), (20, 20), (-1, 20)].map(|(x, y)| Coord::new(place(x, 0), place(y, 0)));
            let mut builder = GeometryBuilder::default();
            if is_one_part {
                rings.insert(0, frame.to_vec());
                builder.push_polygon(&rings);
            } else {
                builder.push_polygons(&rings.into_iter().map(|ring| vec![ring]).collect::<Vec<_>>());
            }
            let column = builder.finish();
            if is_simple_at_a_glance(column.shape(0)) {
                prop_assert_eq!(defects(column.shape(0)), Vec::new());
            }
        }
    }
}

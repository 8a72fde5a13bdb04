//! Where edges of rings meet: every pair is looked at whose boxes touch, in one pass from left to right.

#![expect(clippy::indexing_slicing, reason = "ring and vertex numbers come from the lists that they index")]

use std::collections::{BTreeMap, BTreeSet};

use geo::kernels::{Kernel, Orientation, RobustKernel};

use super::Ring;
use crate::model::Coord;

/// The pass ends after so many crossings: a polygon with more is beyond mending one by one.
pub(super) const MOST: usize = 10_000;

/// A vertex of a ring, or a place within the edge that begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) ring: usize,
    pub(super) vertex: usize,
    pub(super) within_edge: bool,
}

/// What edges have in common.
#[derive(Default)]
pub(super) struct Contacts {
    /// Edges that cross within both.
    pub(super) crossings: Vec<(Spot, Spot, Coord)>,
    /// Edges that run along the same line, with a place where they begin to.
    pub(super) shared: Vec<(Spot, Spot, Coord)>,
    /// Points where a vertex lies on another vertex or edge, with all that pass there.
    pub(super) touches: BTreeMap<[u64; 2], BTreeSet<Spot>>,
    /// Vertices where a ring runs back over itself.
    pub(super) spikes: Vec<Spot>,
}

struct Edge {
    a: Coord,
    b: Coord,
    ring: usize,
    place: usize,
}

/// All contacts of the rings.
pub(super) fn between(rings: &[Ring<'_>]) -> Contacts {
    let mut edges: Vec<Edge> = Vec::new();
    for (ring, coords) in rings.iter().map(|r| r.coords).enumerate() {
        edges.extend(coords.windows(2).enumerate().map(|(place, w)| Edge { a: w[0], b: w[1], ring, place }));
    }
    edges.sort_unstable_by(|e, f| e.a.x.min(e.b.x).total_cmp(&f.a.x.min(f.b.x)).then((e.ring, e.place).cmp(&(f.ring, f.place))));
    let mut contacts = Contacts::default();
    let mut active: Vec<usize> = Vec::new();
    for i in 0..edges.len() {
        let left = edges[i].a.x.min(edges[i].b.x);
        active.retain(|&j| edges[j].a.x.max(edges[j].b.x) >= left);
        active.iter().for_each(|&j| contacts.look(rings, &edges[i], &edges[j]));
        if contacts.crossings.len() >= MOST {
            break;
        }
        active.push(i);
    }
    contacts
}

impl Contacts {
    fn look(&mut self, rings: &[Ring<'_>], e: &Edge, f: &Edge) {
        if e.a.y.max(e.b.y) < f.a.y.min(f.b.y) || f.a.y.max(f.b.y) < e.a.y.min(e.b.y) {
            return;
        }
        let n = rings[e.ring].len();
        if e.ring == f.ring && ((e.place + 1) % n == f.place || (f.place + 1) % n == e.place) {
            let (first, second) = if (e.place + 1) % n == f.place { (e, f) } else { (f, e) };
            if is_collinear(first.a, first.b, second.b) && dot(first.b, first.a, second.b) > 0.0 {
                self.spikes.push(Spot { ring: e.ring, vertex: second.place, within_edge: false });
            }
            return;
        }
        let of_f = [side(e.a, e.b, f.a), side(e.a, e.b, f.b)];
        let of_e = [side(f.a, f.b, e.a), side(f.a, f.b, e.b)];
        if of_f == [0, 0] {
            self.look_along(rings, e, f);
        } else if of_f[0] * of_f[1] < 0 && of_e[0] * of_e[1] < 0 {
            let within = |edge: &Edge| Spot { ring: edge.ring, vertex: edge.place, within_edge: true };
            self.crossings.push((within(e), within(f), crossing(e, f)));
        } else {
            self.look_at_ends(rings, e, f);
        }
    }

    /// Edges on one line: they share a stretch, a point or nothing.
    fn look_along(&mut self, rings: &[Ring<'_>], e: &Edge, f: &Edge) {
        let common = |p: fn(Coord) -> f64| {
            let low = p(e.a).min(p(e.b)).max(p(f.a).min(p(f.b)));
            p(e.a).max(p(e.b)).min(p(f.a).max(p(f.b))) - low
        };
        if common(|c| c.x) > 0.0 || common(|c| c.y) > 0.0 {
            let begin = [e.a, e.b].into_iter().find(|c| is_on(f, *c)).unwrap_or(f.a);
            let within = |edge: &Edge| Spot { ring: edge.ring, vertex: edge.place, within_edge: true };
            self.shared.push((within(e), within(f), begin));
        } else {
            self.look_at_ends(rings, e, f);
        }
    }

    fn look_at_ends(&mut self, rings: &[Ring<'_>], e: &Edge, f: &Edge) {
        let on_both = |c: &Coord| is_on(e, *c) && is_on(f, *c);
        for c in [e.a, e.b, f.a, f.b].into_iter().filter(on_both) {
            let key = [(c.x + 0.0).to_bits(), (c.y + 0.0).to_bits()];
            self.touches.entry(key).or_default().extend([spot(rings, e, c), spot(rings, f, c)]);
        }
    }
}

/// The place of a coordinate that lies on the edge.
fn spot(rings: &[Ring<'_>], edge: &Edge, c: Coord) -> Spot {
    let vertex = if c == edge.b { (edge.place + 1) % rings[edge.ring].len() } else { edge.place };
    Spot { ring: edge.ring, vertex, within_edge: c != edge.a && c != edge.b }
}

fn is_on(edge: &Edge, c: Coord) -> bool {
    let is_between = |a: f64, b: f64, v: f64| a.min(b) <= v && v <= a.max(b);
    is_between(edge.a.x, edge.b.x, c.x) && is_between(edge.a.y, edge.b.y, c.y) && is_collinear(edge.a, edge.b, c)
}

/// Where two edges that cross do so, to rounding.
fn crossing(e: &Edge, f: &Edge) -> Coord {
    let (u, v, w) = (e.b.from_origin(e.a), f.b.from_origin(f.a), f.a.from_origin(e.a));
    let t = ((w.x * v.y - w.y * v.x) / (u.x * v.y - u.y * v.x)).clamp(0.0, 1.0);
    Coord::new(e.a.x + t * u.x, e.a.y + t * u.y)
}

/// Whether two passages through `at` cross there: the second enters on one side of the first and leaves on the other.
pub(super) fn cross_at(rings: &[Ring<'_>], at: Coord, first: Spot, second: Spot) -> bool {
    let neighbours = |s: Spot| {
        let (ring, n) = (&rings[s.ring], rings[s.ring].len());
        let before = if s.within_edge { s.vertex } else { (s.vertex + n - 1) % n };
        (ring.coords[before], ring.coords[s.vertex + 1])
    };
    let ((from, to), (enters, leaves)) = (neighbours(first), neighbours(second));
    let is_along = |c: Coord| [from, to].iter().any(|d| is_collinear(at, *d, c) && dot(at, *d, c) > 0.0);
    !is_along(enters) && !is_along(leaves) && is_left(at, from, to, enters) != is_left(at, from, to, leaves)
}

/// Whether `c` lies left of the way from `from` over `at` to `to`.
fn is_left(at: Coord, from: Coord, to: Coord, c: Coord) -> bool {
    match side(at, to, from) {
        1 => side(at, to, c) > 0 && side(at, c, from) > 0,
        -1 => !(side(at, from, c) >= 0 && side(at, c, to) >= 0),
        _ => side(at, to, c) > 0,
    }
}

/// 1 where `c` lies left of the line from `a` to `b`, −1 right of it, 0 on it; exact.
fn side(a: Coord, b: Coord, c: Coord) -> i8 {
    let point = |c: Coord| geo::Coord { x: c.x, y: c.y };
    match RobustKernel::orient2d(point(a), point(b), point(c)) {
        Orientation::CounterClockwise => 1,
        Orientation::Clockwise => -1,
        Orientation::Collinear => 0,
    }
}

/// Whether three places lie on one line; exact.
pub(super) fn is_collinear(a: Coord, b: Coord, c: Coord) -> bool {
    side(a, b, c) == 0
}

fn dot(at: Coord, a: Coord, b: Coord) -> f64 {
    let (u, v) = (a.from_origin(at), b.from_origin(at));
    u.x * v.x + u.y * v.y
}

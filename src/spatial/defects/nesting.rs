//! Rings that lie where they must not although no edge says so: holes outside, holes and parts within one another, an interior in pieces.

#![expect(clippy::indexing_slicing, reason = "ring numbers come from the list that they index")]

use geo::LineString;
use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};

use super::{Defect, Kind, Meetings, Ring, Touching};
use crate::model::{Coord, Rect};

/// A ring that can be asked where a place lies.
struct Area {
    line: LineString,
    bounds: Rect,
}

/// Adds what is nested or outside.
pub(super) fn find(rings: &[Ring<'_>], meetings: &Meetings, found: &mut Vec<Defect>) {
    if rings.len() < 2 {
        return;
    }
    let area =
        |r: &Ring<'_>| Area { line: r.coords.iter().map(|c| geo::Coord { x: c.x, y: c.y }).collect(), bounds: Rect::around(r.coords) };
    let areas: Vec<Area> = rings.iter().map(area).collect();
    let nests = Nests { rings, areas: &areas, meetings };
    for part in rings.chunk_by(|a, b| a.part == b.part) {
        let start = rings.partition_point(|r| r.part < part[0].part);
        nests.holes(start..start + part.len(), found);
    }
    nests.parts(found);
}

struct Nests<'a> {
    rings: &'a [Ring<'a>],
    areas: &'a [Area],
    meetings: &'a Meetings,
}

impl Nests<'_> {
    /// The holes of one part: against the shell and one another.
    fn holes(&self, part: std::ops::Range<usize>, found: &mut Vec<Defect>) {
        let shell = Some(part.start).filter(|&s| self.rings[s].is_shell());
        let holes = part.start + usize::from(shell.is_some())..part.end;
        for hole in holes.clone() {
            let outside = |shell| self.probe(hole, shell, |at| self.is_at(CoordPos::Outside, shell, at));
            if let Some((shell, vertex)) = shell.and_then(|s| Some((s, outside(s)?))) {
                self.push(Kind::HoleOutside, (hole, vertex), shell, found);
            }
            for other in (hole + 1..holes.end).filter(|&o| self.areas[o].bounds.overlaps(&self.areas[hole].bounds)) {
                let inside = |a, b| self.probe(a, b, |at| self.is_at(CoordPos::Inside, b, at));
                if let Some(vertex) = inside(other, hole) {
                    self.push(Kind::HolesOverlap, (other, vertex), hole, found);
                } else if let Some(vertex) = inside(hole, other) {
                    self.push(Kind::HolesOverlap, (hole, vertex), other, found);
                }
            }
        }
    }

    /// Parts in the ground of others.
    fn parts(&self, found: &mut Vec<Defect>) {
        let shells: Vec<usize> = (0..self.rings.len()).filter(|&i| self.rings[i].is_shell()).collect();
        for (i, &a) in shells.iter().enumerate() {
            for &b in shells[i + 1..].iter().filter(|&&b| self.areas[a].bounds.overlaps(&self.areas[b].bounds)) {
                let within = |a, b| self.probe(a, b, |at| self.is_in_ground(b, at)).map(|vertex| (a, vertex, b));
                if let Some((inner, vertex, outer)) = within(b, a).or_else(|| within(a, b)) {
                    let kind = if self.meet(a, b) { Kind::PartsOverlap } else { Kind::PartNested };
                    self.push(kind, (inner, vertex), outer, found);
                }
            }
        }
    }

    /// The first vertex of `ring` that lies wrong; `is_wrong` is unknown on a boundary. Where the rings have nothing in common, one vertex speaks for
    /// all; where all vertices lie on a boundary, the middles of the edges are asked, which are on their places but for rounding.
    fn probe(&self, ring: usize, other: usize, is_wrong: impl Fn(Coord) -> Option<bool>) -> Option<usize> {
        let coords = self.rings[ring].coords;
        if !self.meet(ring, other) {
            return (is_wrong(coords[0]) == Some(true)).then_some(0);
        }
        let mut is_undecided = true;
        for (i, &c) in coords[1..].iter().enumerate() {
            match is_wrong(c) {
                Some(true) => return Some((i + 1) % (coords.len() - 1)),
                Some(false) => is_undecided = false,
                None => {}
            }
        }
        let middle = |i: usize| Coord::new(0.5 * (coords[i].x + coords[i + 1].x), 0.5 * (coords[i].y + coords[i + 1].y));
        let mut edges = (0..coords.len() - 1).filter(|&i| is_undecided && !self.meetings.edges.contains(&(ring, i)));
        edges.find(|&i| is_wrong(middle(i)) == Some(true))
    }

    /// Whether two rings meet anywhere; shells also where one meets a hole of the other's part.
    fn meet(&self, a: usize, b: usize) -> bool {
        let (p, q) = (self.rings[a].part, self.rings[b].part);
        self.meetings.rings.contains(&(a, b)) || (p != q && [(a, q), (b, p)].iter().any(|pair| self.meetings.parts.contains(pair)))
    }

    fn position(&self, ring: usize, at: Coord) -> CoordPos {
        coord_pos_relative_to_ring(geo::Coord { x: at.x, y: at.y }, &self.areas[ring].line)
    }

    /// Whether a place lies on that side of a ring; unknown on the ring.
    fn is_at(&self, side: CoordPos, ring: usize, at: Coord) -> Option<bool> {
        Some(self.position(ring, at)).filter(|found| *found != CoordPos::OnBoundary).map(|found| found == side)
    }

    /// Whether a place lies within the shell and outside all its holes; unknown on one of them.
    fn is_in_ground(&self, shell: usize, at: Coord) -> Option<bool> {
        let part = self.rings[shell].part;
        let mut holes = (shell + 1..self.rings.len()).take_while(|&r| self.rings[r].part == part);
        let is_outside = |hole| self.is_at(CoordPos::Outside, hole, at);
        match self.is_at(CoordPos::Inside, shell, at) {
            Some(true) => holes.try_fold(true, |all, hole| Some(all && is_outside(hole)?)),
            other => other,
        }
    }

    fn push(&self, kind: Kind, (ring, vertex): (usize, usize), other: usize, found: &mut Vec<Defect>) {
        let place = self.rings[ring].place(vertex);
        let other = self.rings[other].place(0);
        // A crossing of the two says the same with a better place.
        let is_known = |d: &Defect| {
            d.kind == kind && d.place.part == place.part && d.place.ring == place.ring && d.other.is_some_and(|o| o.part == other.part)
        };
        if !found.iter().any(is_known) {
            found.push(Defect { kind, place, other: Some(other), at: self.rings[ring].coords[vertex] });
        }
    }
}

/// Adds the points where the rings of a part close a circle among them: what lies within is cut off from the rest. Where rings of the part
/// cross or share an edge, that has been said, and touches say nothing more.
pub(super) fn find_cuts(rings: &[Ring<'_>], touching: &Touching, found: &mut Vec<Defect>) {
    let mut groups: Vec<usize> = (0..rings.len()).collect();
    for (point, touched) in touching {
        for part in touched.iter().copied().collect::<Vec<_>>().chunk_by(|a, b| rings[*a].part == rings[*b].part) {
            let mut roots: Vec<usize> = part.iter().map(|&r| root(&mut groups, r)).collect();
            roots.sort_unstable();
            let is_said = |d: &Defect| {
                d.place.part == rings[part[0]].part + 1 && matches!(d.kind, Kind::SharedEdge | Kind::HoleOutside | Kind::HolesOverlap)
            };
            if roots.windows(2).any(|w| w[0] == w[1]) && !found.iter().any(is_said) {
                let ring = &rings[part[part.len() - 1]];
                let at = Coord::new(f64::from_bits(point[0]), f64::from_bits(point[1]));
                let vertex = ring.coords.iter().position(|c| *c == at).unwrap_or(0);
                found.push(Defect { kind: Kind::InteriorCut, place: ring.place(vertex), other: Some(rings[part[0]].place(0)), at });
            }
            roots.windows(2).for_each(|w| groups[w[1]] = w[0]);
        }
    }
}

fn root(groups: &mut [usize], ring: usize) -> usize {
    let mut top = ring;
    while groups[top] != top {
        top = groups[top];
    }
    groups[ring] = top;
    top
}

//! What is wrong with a polygon, and where: every defect that keeps it from being valid, with part, ring, vertex and coordinate.
//!
//! Valid is what the OGC's simple features (ISO 19125-1, 6.1.11) say: rings that neither cross nor touch themselves, holes inside their shell, nothing
//! shared between rings but single points, an interior in one piece, parts apart. Decisions are exact (Shewchuk's predicates); only the place of a
//! crossing is rounded.
//!
//! Whoever asks has looked before whether the polygon is plainly valid: this look costs more.
//!
//! **Invariant:** a polygon has no defect if and only if it is valid.

#![expect(clippy::indexing_slicing, reason = "ring and vertex numbers come from the lists that they index")]

mod contacts;
mod nesting;

use std::collections::{BTreeMap, BTreeSet};

use self::contacts::{Contacts, Spot, is_collinear};
use super::area::signed_ring_area_m2;
use crate::model::{Coord, Shape};

/// What is wrong, the gravest first: ground is in doubt, then only the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Parts cover the same ground.
    PartsOverlap,
    /// A part lies wholly in the ground of another.
    PartNested,
    /// A hole lies wholly or partly outside its shell.
    HoleOutside,
    /// Holes of one part cover the same ground.
    HolesOverlap,
    /// A ring crosses itself.
    SelfCrossing,
    /// A ring crosses itself once, and its two lobes turn in opposite directions.
    BowTie,
    /// A ring stands twice.
    DuplicateRing,
    /// Two rings run along the same line.
    SharedEdge,
    /// Rings touch one another so that they cut the interior apart.
    InteriorCut,
    /// A ring touches itself, in a point or along a line.
    SelfTouch,
    /// A ring runs back over itself at a vertex.
    Spike,
    /// A ring whose vertices all lie on one line.
    RingNoArea,
    /// A ring of fewer than three different vertices.
    RingTooShort,
}

impl Kind {
    /// The word that findings use, also behind the dot of their code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PartsOverlap => "parts_overlap",
            Self::PartNested => "part_nested",
            Self::HoleOutside => "hole_outside",
            Self::HolesOverlap => "holes_overlap",
            Self::SelfCrossing => "self_crossing",
            Self::BowTie => "bow_tie",
            Self::DuplicateRing => "duplicate_ring",
            Self::SharedEdge => "shared_edge",
            Self::InteriorCut => "interior_cut",
            Self::SelfTouch => "self_touch",
            Self::Spike => "spike",
            Self::RingNoArea => "ring_no_area",
            Self::RingTooShort => "ring_too_short",
        }
    }
}

/// A place on a ring, counted from 1; ring 1 of a part is its shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The part.
    pub part: usize,
    /// The ring of the part.
    pub ring: usize,
    /// The vertex, or the one where the edge begins.
    pub vertex: usize,
}

/// One defect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Defect {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub place: Place,
    /// The other place that takes part, such as the edge that is crossed.
    pub other: Option<Place>,
    /// The coordinate, in those of the shape.
    pub at: Coord,
}

/// A ring with its place in the feature.
struct Ring<'a> {
    part: usize,
    number: usize,
    coords: &'a [Coord],
}

impl Ring<'_> {
    /// The number of its vertices, the closing one left out.
    fn len(&self) -> usize {
        self.coords.len() - 1
    }

    fn is_shell(&self) -> bool {
        self.number == 0
    }

    fn place(&self, vertex: usize) -> Place {
        Place { part: self.part + 1, ring: self.number + 1, vertex: vertex + 1 }
    }
}

/// All defects by place; none where the polygon is valid. Of more than 10,000 crossings of a polygon, some are left out.
#[must_use]
pub fn defects(shape: Shape<'_>) -> Vec<Defect> {
    let mut found = Vec::new();
    let rings = sound_rings(shape, &mut found);
    let contacts = contacts::between(&rings);
    let mut report = Report { rings: &rings, found, touching: Touching::new(), meetings: Meetings::default() };
    report.spikes(&contacts);
    report.crossings(&contacts);
    report.touches(&contacts);
    let Report { mut found, touching, meetings, .. } = report;
    nesting::find(&rings, &meetings, &mut found);
    nesting::find_cuts(&rings, &touching, &mut found);
    found.sort_by(|a, b| (a.place, a.kind, a.other).cmp(&(b.place, b.kind, b.other)).then(order(a.at, b.at)));
    found.dedup();
    name_bow_ties(&rings, &mut found);
    found
}

fn order(a: Coord, b: Coord) -> std::cmp::Ordering {
    a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
}

/// The rings that can be compared with others; the defects of the rest are noted.
fn sound_rings<'a>(shape: Shape<'a>, found: &mut Vec<Defect>) -> Vec<Ring<'a>> {
    let mut sound: Vec<Ring<'a>> = Vec::new();
    let mut seen: BTreeMap<(usize, Vec<[u64; 2]>), Place> = BTreeMap::new();
    for (part, rings) in shape.parts().enumerate() {
        for (number, coords) in rings.enumerate() {
            let place = Place { part: part + 1, ring: number + 1, vertex: 1 };
            let mut note = |kind, other| {
                let at = coords.first().copied().unwrap_or(shape.bounds.min);
                found.push(Defect { kind, place, other, at });
            };
            if coords.len() < 4 {
                note(Kind::RingTooShort, None);
                continue;
            }
            if is_flat(coords) {
                note(Kind::RingNoArea, None);
                continue;
            }
            // Shells are compared with shells, holes with those of their part.
            let role = if number == 0 { 0 } else { part + 1 };
            match seen.entry((role, canonical(coords))) {
                std::collections::btree_map::Entry::Occupied(first) => note(Kind::DuplicateRing, Some(*first.get())),
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(place);
                    sound.push(Ring { part, number, coords });
                }
            }
        }
    }
    sound
}

/// Whether all vertices lie on one line.
fn is_flat(coords: &[Coord]) -> bool {
    let first = coords[0];
    let Some(&second) = coords.iter().find(|c| **c != first) else { return true };
    coords.iter().all(|c| is_collinear(first, second, *c))
}

/// The ring from its lowest vertex on in the direction in which it is smaller: the same for rings that are equal but for start and direction.
pub(super) fn canonical(coords: &[Coord]) -> Vec<[u64; 2]> {
    let open = &coords[..coords.len() - 1];
    let turned = |ring: &mut dyn Iterator<Item = &Coord>| {
        let mut keys: Vec<[u64; 2]> = ring.map(|c| [(c.x + 0.0).to_bits(), (c.y + 0.0).to_bits()]).collect();
        let start = (0..keys.len()).min_by_key(|&i| (keys[i], keys[(i + 1) % keys.len()])).unwrap_or(0);
        keys.rotate_left(start);
        keys
    };
    turned(&mut open.iter()).min(turned(&mut open.iter().rev()))
}

/// Rings that touch in a point without crossing, by point.
type Touching = BTreeMap<[u64; 2], BTreeSet<usize>>;

/// Which rings have anything in common.
#[derive(Default)]
struct Meetings {
    /// Pairs of rings.
    rings: BTreeSet<(usize, usize)>,
    /// A ring and a part.
    parts: BTreeSet<(usize, usize)>,
    /// Edges that run along those of other rings: ring and vertex.
    edges: BTreeSet<(usize, usize)>,
}

/// Turns contacts into defects.
struct Report<'a> {
    rings: &'a [Ring<'a>],
    found: Vec<Defect>,
    touching: Touching,
    meetings: Meetings,
}

impl Report<'_> {
    fn spikes(&mut self, contacts: &Contacts) {
        for &tip in &contacts.spikes {
            let at = self.rings[tip.ring].coords[tip.vertex];
            self.found.push(Defect { kind: Kind::Spike, place: self.place(tip), other: None, at });
        }
    }

    fn crossings(&mut self, contacts: &Contacts) {
        for &(a, b, at) in &contacts.crossings {
            self.crossing(a, b, at);
        }
        for &(a, b, at) in &contacts.shared {
            let kind = if a.ring == b.ring { Kind::SelfTouch } else { Kind::SharedEdge };
            self.meetings.edges.extend([(a.ring, a.vertex), (b.ring, b.vertex)]);
            self.push(kind, a, b, at);
        }
    }

    fn touches(&mut self, contacts: &Contacts) {
        for (point, spots) in &contacts.touches {
            let at = Coord::new(f64::from_bits(point[0]), f64::from_bits(point[1]));
            let spots: Vec<Spot> = spots.iter().copied().collect();
            for (i, &a) in spots.iter().enumerate() {
                for &b in &spots[i + 1..] {
                    if contacts::cross_at(self.rings, at, a, b) {
                        self.crossing(a, b, at);
                    } else if a.ring != b.ring {
                        self.meet(a.ring, b.ring);
                        self.touching.entry(*point).or_default().extend([a.ring, b.ring]);
                    } else if !self.is_foot_of_spike(contacts, a, b) {
                        self.push(Kind::SelfTouch, a, b, at);
                    }
                }
            }
        }
    }

    /// Whether the two are the vertices before and after the tip of a spike, which is reported as such.
    fn is_foot_of_spike(&self, contacts: &Contacts, a: Spot, b: Spot) -> bool {
        let n = self.rings[a.ring].len();
        let is_beside = |s: Spot, tip: usize| (s.vertex + 1) % n == tip || s.vertex == (tip + 1) % n || s.vertex == tip;
        contacts.spikes.iter().any(|tip| tip.ring == a.ring && is_beside(a, tip.vertex) && is_beside(b, tip.vertex))
    }

    fn crossing(&mut self, a: Spot, b: Spot, at: Coord) {
        let (p, q) = (&self.rings[a.ring], &self.rings[b.ring]);
        let kind = match (a.ring == b.ring, p.part == q.part) {
            (true, _) => Kind::SelfCrossing,
            (_, true) if p.is_shell() || q.is_shell() => Kind::HoleOutside,
            (_, true) => Kind::HolesOverlap,
            _ => Kind::PartsOverlap,
        };
        self.push(kind, a, b, at);
    }

    /// The defect stands at the later place: the hole, the second of two parts.
    fn push(&mut self, kind: Kind, a: Spot, b: Spot, at: Coord) {
        let (a_place, b_place) = (self.place(a), self.place(b));
        self.meet(a.ring, b.ring);
        let (place, other) = match kind {
            Kind::SelfCrossing | Kind::SelfTouch => (a_place.min(b_place), a_place.max(b_place)),
            _ => (a_place.max(b_place), a_place.min(b_place)),
        };
        self.found.push(Defect { kind, place, other: Some(other), at });
    }

    fn meet(&mut self, a: usize, b: usize) {
        self.meetings.rings.extend([(a, b), (b, a)]);
        self.meetings.parts.extend([(a, self.rings[b].part), (b, self.rings[a].part)]);
    }

    fn place(&self, spot: Spot) -> Place {
        self.rings[spot.ring].place(spot.vertex)
    }
}

/// A ring with one crossing and two lobes of opposite direction is a bow tie.
fn name_bow_ties(rings: &[Ring<'_>], found: &mut [Defect]) {
    for ring in rings {
        let is_own = |d: &Defect| d.kind == Kind::SelfCrossing && (d.place.part, d.place.ring) == (ring.part + 1, ring.number + 1);
        let mut own = found.iter_mut().filter(|d| is_own(d));
        if let (Some(only), None) = (own.next(), own.next())
            && let Some(other) = only.other
        {
            let (start, end) = (only.place.vertex - 1, other.vertex - 1);
            let lobe = |vertices: &mut dyn Iterator<Item = usize>| {
                let mut lobe = vec![only.at];
                lobe.extend(vertices.map(|v| ring.coords[v % ring.len()]));
                lobe.push(only.at);
                signed_ring_area_m2(&lobe)
            };
            let first_m2 = lobe(&mut (start + 1..=end));
            let second_m2 = lobe(&mut (end + 1..=start + ring.len()));
            if first_m2 * second_m2 < 0.0 {
                only.kind = Kind::BowTie;
            }
        }
    }
}

#[cfg(test)]
mod tests;

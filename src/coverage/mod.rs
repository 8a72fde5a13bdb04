//! Whether the parcels are a coverage: ground that two of them claim, gaps between them, corners that the neighbour's boundary lacks, parcels that stand twice.
//!
//! Works over pairs of parcels whose boxes meet. Edges that two parcels share exactly are matched first; they settle most pairs without an overlay, and only
//! what is left open can bound a gap. `contacts` has both, `voids` traces the gaps, `overlaps` measures common ground and says whose it is.
//!
//! Refuses unvalidated geometry by its type. Changes no parcel: every fault is reported, with its place, for a person to judge.
//!
//! **Invariant:** faults come in the order of kind and parcels, whatever the number of threads.

mod contacts;
mod ledger;

mod overlaps;
mod voids;

use crate::model::{Coord, CoverageLimits, GeometryColumn};
use crate::spatial::overlap::PreparedColumn;
use crate::spatial::pairs::near_pairs;
use contacts::{Contacts, Meetings};

pub use ledger::{columns, findings, layer, net_m2};

/// The parcels, by row.
#[derive(Clone, Copy, Debug)]
pub struct Parcels<'a> {
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Their planar areas, m².
    pub planar_m2: &'a [f64],
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two parcels claim the same ground.
    Overlap,
    /// Ground between parcels belongs to none.
    Gap,
    /// A corner of a parcel lies on the edge of another that has no corner there.
    TJunction,
    /// Two parcels are the same ground.
    Duplicate,
    /// Two parcels are nearly the same ground.
    NearDuplicate,
}

impl Kind {
    /// The word that the files use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Gap => "gap",
            Self::TJunction => "t_junction",
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near_duplicate",
        }
    }
}

/// Where a fault is.
#[derive(Clone, Debug, PartialEq)]
pub enum Ground {
    /// The common ground or the gap, as one feature.
    Polygon(GeometryColumn),
    /// The corners.
    Points(Vec<Coord>),
}

impl Ground {
    /// A point of it.
    fn place(&self) -> Coord {
        let first = match self {
            Self::Polygon(column) => column.shapes().next().and_then(|shape| shape.coords().first().copied()),
            Self::Points(points) => points.first().copied(),
        };
        first.unwrap_or_default()
    }
}

/// A fault of the coverage.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What is wrong.
    pub kind: Kind,
    /// The rows of the parcels concerned, ascending: two, of a gap all around it.
    pub rows: Vec<u32>,
    /// Area of the common ground or the gap, m².
    pub area_m2: Option<f64>,
    /// Its mean width: twice the area over the perimeter, m.
    pub width_m: Option<f64>,
    /// The common ground over the larger of the two parcels.
    pub share: Option<f64>,
    /// Where it is.
    pub ground: Ground,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Checked {
    /// The faults, by kind and parcels.
    pub faults: Vec<Fault>,
    /// Ground of each parcel that a parcel before it covers as well, m², by row; counted whatever the limits say.
    pub overlap_m2: Vec<f64>,
}

/// Looks at all parcels.
///
/// # Units
/// Coordinates in metres from any origin.
#[must_use]
pub fn check(parcels: Parcels<'_>, limits: &CoverageLimits) -> Checked {
    let prepared = PreparedColumn::new(parcels.geometry);
    let pairs = near_pairs(parcels.geometry.bounds(), limits.snap_m);
    let contacts = Contacts::new(parcels, &prepared);
    let matched = contacts.match_edges(&pairs, limits.snap_m);
    let meetings = contacts.meetings(&matched, limits.snap_m);
    let mut faults = overlaps::faults(parcels, &matched.shared, limits);
    faults.extend(junctions(&meetings));
    faults.extend(voids::faults(&contacts, &meetings, limits));
    faults.sort_by(|a, b| {
        let place = |fault: &Fault| fault.ground.place();
        let (at, other) = (place(a), place(b));
        (a.kind, &a.rows).cmp(&(b.kind, &b.rows)).then(at.x.total_cmp(&other.x)).then(at.y.total_cmp(&other.y))
    });
    Checked { faults, overlap_m2: overlaps::of_earlier_m2(parcels, &prepared, &matched.shared) }
}

/// One fault a pair of parcels.
fn junctions(meetings: &Meetings) -> impl Iterator<Item = Fault> + '_ {
    meetings.junctions.chunk_by(|a, b| a.rows == b.rows).filter_map(|of_pair| {
        let rows = of_pair.first()?.rows;
        let points = of_pair.iter().map(|junction| junction.at).collect();
        let (p, q) = rows;
        Some(Fault { kind: Kind::TJunction, rows: vec![p, q], area_m2: None, width_m: None, share: None, ground: Ground::Points(points) })
    })
}

#[cfg(test)]
mod tests;

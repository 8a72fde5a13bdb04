//! What may be measured: unique, valid, sorted.
//!
//! Identity first (missing, repeated, shared identifiers), then geometry (repair or reject), then the order in which everything after is done.
//!
//! **Invariant:** features in = features out + rejects + merged rows; the result does not depend on the order of the input rows.

mod corrections;
mod geometry;
mod identity;

use polars::prelude::PolarsError;
use rayon::prelude::*;

use crate::model::{Coord, Finding, GeometryColumn, Layer, Reject, Shape};
use crate::spatial::area::planar_area_m2;

pub use corrections::correct;
pub use identity::Sharing;

/// How a layer is treated.
#[derive(Clone, Copy, Debug)]
pub struct Treatment {
    /// The role: `parcels`, `buildings`, `zones`, `projects`.
    pub role: &'static str,
    /// What happens to features that share an identifier.
    pub sharing: Sharing,
    /// Where the coordinates are seen from, so that identifiers made from geometry do not depend on it.
    pub origin: Coord,
    /// How much ground the repair of a polygon may decide on.
    pub limit: RepairLimit,
    /// Spikes up to this width are told, m.
    pub snap_m: f64,
}

/// How much ground the repair of a polygon may decide on: the greater of the two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepairLimit {
    /// In m².
    pub area_change_m2: f64,
    /// As a share of the area after the repair.
    pub area_change_share: f64,
}

impl RepairLimit {
    /// The limit for a polygon with this area after its repair, in m².
    #[must_use]
    pub fn allowed_m2(self, after_m2: f64) -> f64 {
        self.area_change_m2.max(self.area_change_share * after_m2)
    }
}

/// A layer that may be measured, sorted by identifier, and what was kept out of it.
#[derive(Debug)]
pub struct Validated {
    /// Valid features; the identifier is the first attribute.
    pub layer: Layer,
    /// Features that cannot be used.
    pub rejects: Vec<Reject>,
    /// Rows that became parts of another one's feature.
    pub merged: usize,
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// What became of the ground.
    pub ground: Ground,
    members: Option<identity::Members>,
}

/// What went in, by the shoelace sum of the rings as they were drawn, and what became of it, in m². Ground that is too far away is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ground {
    /// All that was received.
    pub received_m2: f64,
    /// What may be measured.
    pub passed_m2: f64,
    /// That of the rejects.
    pub rejected_m2: f64,
    /// What repairs took away, less what they gave.
    pub repaired_m2: f64,
}

/// The role whose ground is in the balance of a run; that of others overlaps, or is no land.
const LAND: &str = "parcels";

/// Sorts out a layer. The ground is that of parcels alone: of other layers nobody asks for it.
///
/// # Errors
/// Only a defect of this program: attributes and geometry do not have the same rows.
pub fn layer(layer: Layer, treatment: Treatment) -> Result<Validated, PolarsError> {
    let ground_m2 = |geometry: &GeometryColumn| if treatment.role == LAND { ground_m2(geometry) } else { 0.0 };
    let received_m2 = ground_m2(&layer.geometry);
    let mut validated = identity::settle(layer, treatment)?;
    validated.ground.repaired_m2 = geometry::settle(&mut validated, treatment)?;
    validated.ground.received_m2 = received_m2;
    let is_unchanged = validated.findings.is_empty() && validated.rejects.is_empty() && validated.merged == 0;
    validated.ground.passed_m2 = if is_unchanged { received_m2 } else { ground_m2(&validated.layer.geometry) };
    validated.ground.rejected_m2 = in_order(validated.rejects.iter().filter_map(|reject| reject.area_m2).collect());
    Ok(validated)
}

/// Farther from the local origin than this is no place of the same job: the longest way within a 3-degree zone of the mainland is longer only in
/// national layers, while a stray vertex at (0, 0) is 2,000 to 40,000 km away.
const FARTHEST_M: f64 = 2e6;

fn is_too_far(shape: Shape<'_>) -> bool {
    [shape.bounds.min, shape.bounds.max].iter().any(|c| c.x.abs() > FARTHEST_M || c.y.abs() > FARTHEST_M)
}

/// The shoelace sum in m²; none of a polygon that is too far away.
fn drawn_m2(shape: Shape<'_>) -> Option<f64> {
    (!is_too_far(shape)).then(|| planar_area_m2(shape))
}

fn ground_m2(geometry: &GeometryColumn) -> f64 {
    let areas: Vec<f64> = (0..geometry.len()).into_par_iter().with_min_len(1024).filter_map(|row| drawn_m2(geometry.shape(row))).collect();
    in_order(areas)
}

/// The sum, the least first, so that the order of the rows leaves no trace.
fn in_order(mut areas: Vec<f64>) -> f64 {
    areas.par_sort_unstable_by(f64::total_cmp);
    areas.iter().sum()
}

/// A place in the middle of the data on a kilometre grid: the median of the boxes' corners, so that one stray coordinate does not move it.
#[must_use]
pub fn local_origin(geometry: &GeometryColumn) -> Coord {
    let median = |mut values: Vec<f64>| {
        let middle = values.len() / 2;
        if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
    };
    let grid = |v: f64| (v / 1000.0).floor() * 1000.0;
    Coord::new(
        grid(median(geometry.bounds().iter().map(|b| b.min.x).collect())),
        grid(median(geometry.bounds().iter().map(|b| b.min.y).collect())),
    )
}

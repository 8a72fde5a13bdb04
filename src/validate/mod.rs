//! What may be measured: unique, valid, sorted.
//!
//! Identity first (missing, repeated, shared identifiers), then geometry (repair or reject), then the order in which everything after is done.
//!
//! **Invariant:** features in = features out + rejects + merged rows; the result does not depend on the order of the input rows.

mod corrections;
mod geometry;
mod identity;

use polars::prelude::PolarsError;

use crate::model::{Coord, Finding, GeometryColumn, Layer, Reject};

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
}

/// Sorts out a layer.
///
/// # Errors
/// Only a defect of this program: attributes and geometry do not have the same rows.
pub fn layer(layer: Layer, treatment: Treatment) -> Result<Validated, PolarsError> {
    let mut validated = identity::settle(layer, treatment)?;
    geometry::settle(&mut validated, treatment)?;
    Ok(validated)
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

//! Left-over plots beside a redevelopment project that may be supplied with it, and plots that may be swapped for others.
//!
//! What adjoins is measured ([`measures`]), told apart by kind ([`kind`]) and by the signs that it is hard to develop alone ([`signs`]), tested against the
//! limits of the rule ([`limits`]), and where all plots of a project are too much, some are recommended ([`select`]).
//!
//! Nothing is merged or deleted here: candidates are proposed, with the ratio on both denominators and the constraint that stops them.
//!
//! **Invariant:** a plot counts in one project only; a fault of drawing, a small plot and a left-over plot are three different answers.

mod beside;
mod cases;
mod judge;
pub mod kind;
mod ledger;
pub mod limits;
pub mod measures;
mod report;
pub mod select;
pub mod signs;
mod status;
mod swap;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use polars::prelude::{BooleanChunked, DataFrame, Float64Chunked, PolarsError, StringChunked};

use crate::model::GeometryColumn;
use crate::rules::AreaKind;

pub use beside::{Beside, find};
pub use cases::check_case;
pub use ledger::{columns, ledger};
pub use measures::{Lines, Measures};
pub use report::{decisions, findings};
pub use status::{Nature, Status};
pub use swap::{Swap, ledger as swap_ledger, swaps};

use kind::Kind;
use select::Method;
use signs::Signs;

/// The parcels, in the order of the inventory.
#[derive(Clone, Copy, Debug)]
pub struct Parcels<'a> {
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Identifiers.
    pub ids: &'a [&'a str],
    /// Planar areas, m².
    pub planar_m2: &'a [f64],
    /// Areas on the ellipsoid, m².
    pub ellipsoidal_m2: &'a [f64],
    /// Areas as registered, m².
    pub registered_m2: &'a [Option<f64>],
    /// Length of all rings, m.
    pub perimeter_m: &'a [f64],
    /// What is declared.
    pub declared: Declared<'a>,
}

/// What the parcel layer declares.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Whether a parcel is construction land.
    pub construction: &'a BooleanChunked,
    /// Who holds it.
    pub holder: &'a StringChunked,
    /// `state` or `collective`.
    pub tenure: &'a StringChunked,
    /// What it is worth, 万元.
    pub value_wan: &'a Float64Chunked,
}

impl<'a> Declared<'a> {
    /// The columns of the attribute frame.
    ///
    /// # Errors
    /// A column of the canonical frame is not there.
    pub fn of(attributes: &'a DataFrame) -> Result<Self, PolarsError> {
        Ok(Self {
            construction: attributes.column("is_construction_land")?.bool()?,
            holder: attributes.column("holder_id")?.str()?,
            tenure: attributes.column("tenure")?.str()?,
            value_wan: attributes.column("land_value_wan")?.f64()?,
        })
    }
}

impl Parcels<'_> {
    /// An area of a parcel, where it is known.
    #[must_use]
    pub fn area_m2(&self, row: usize, kind: AreaKind) -> Option<f64> {
        match kind {
            AreaKind::Registered => self.registered_m2.get(row).copied().flatten(),
            AreaKind::Ellipsoidal => self.ellipsoidal_m2.get(row).copied(),
            AreaKind::Planar => self.planar_m2.get(row).copied(),
        }
    }

    /// The area that the rule tests: the first known of its order.
    #[must_use]
    pub fn tested_m2(&self, row: usize, order: &[AreaKind]) -> Option<(f64, AreaKind)> {
        order.iter().find_map(|kind| Some((self.area_m2(row, *kind)?, *kind)))
    }
}

/// The projects, sorted by identifier.
#[derive(Clone, Copy, Debug)]
pub struct Projects<'a> {
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Land by the job's area method, m².
    pub land_m2: &'a [f64],
    /// Identifiers.
    pub ids: &'a StringChunked,
    /// Who carries each out.
    pub holder: &'a StringChunked,
}

/// A plot beside a project.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Row of the project.
    pub project: u32,
    /// Row of the parcel.
    pub parcel: u32,
    /// Area that the rule tests, m².
    pub area_m2: f64,
    /// Which one that is.
    pub area_basis: AreaKind,
    /// The figures.
    pub measures: Measures,
    /// The kind of plot.
    pub kind: Kind,
    /// What speaks for its being hard to develop alone.
    pub signs: Signs,
    /// Whether the project's own holder has it.
    pub is_own: bool,
    /// Whether it is construction land.
    pub is_construction_land: Option<bool>,
    /// The land of the project, m².
    pub land_m2: f64,
    /// All counted plots of the project over its land.
    pub ratio_core: f64,
    /// All counted plots over land and plots.
    pub ratio_with_slivers: f64,
    /// What is said of it.
    pub status: Status,
    /// Whether it is among the recommended plots of the project, and how they were found; none where it cannot be.
    pub recommended: Option<(bool, Method)>,
}

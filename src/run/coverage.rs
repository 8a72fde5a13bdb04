//! The coverage check, fed from what the run has.

use polars::prelude::{Column, PolarsError};

use super::Prepared;
use super::judge::Case;
use crate::coverage::{self, Checked, Parcels};
use crate::measure::area::Areas;
use crate::model::{CoverageLimits, ErrorLayer, Finding, Progress};

/// What the stage gives.
pub(super) struct Coverage {
    pub columns: Vec<Column>,
    pub layer: ErrorLayer,
    pub findings: Vec<Finding>,
}

/// What is checked.
#[derive(Clone, Copy)]
pub(super) struct Land<'a> {
    pub prepared: &'a Prepared,
    pub areas: &'a Areas,
    pub ids: &'a [&'a str],
}

impl<'a> From<Case<'a>> for Land<'a> {
    fn from(case: Case<'a>) -> Self {
        Self { prepared: case.prepared, areas: &case.measured.areas, ids: case.ids }
    }
}

/// Checks the parcels; where the job gives no limits the layer is empty and the columns are unknown.
pub(super) fn check(land: Land<'_>, limits: Option<CoverageLimits>, progress: &dyn Progress) -> Result<Coverage, PolarsError> {
    let Land { prepared, areas, ids } = land;
    progress.beside("coverage");
    let parcels = Parcels { geometry: &prepared.parcels.geometry, planar_m2: &areas.planar_m2 };
    let checked = limits.map(|limits| coverage::check(parcels, &limits));
    let faults = checked.as_ref().map_or(&[][..], |Checked { faults, .. }| faults);
    let found = Coverage {
        columns: coverage::columns(checked.as_ref(), &areas.planar_m2, &areas.legal_m2),
        layer: coverage::layer(faults, ids, prepared.origin)?,
        findings: coverage::findings(faults, ids, &prepared.parcels, prepared.origin),
    };
    progress.beside("coverage");
    Ok(found)
}

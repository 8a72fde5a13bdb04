//! The coverage check, fed from what the run has.

use polars::prelude::{Column, PolarsError};

use super::judge::Case;
use crate::coverage::{self, Checked, Parcels};
use crate::model::{ErrorLayer, Finding, Progress};

/// What the stage gives.
pub(super) struct Coverage {
    pub columns: Vec<Column>,
    pub layer: ErrorLayer,
    pub findings: Vec<Finding>,
}

/// Checks the parcels; where the job does not want it the layer is empty and the columns are unknown.
pub(super) fn check(case: Case<'_>, progress: &dyn Progress) -> Result<Coverage, PolarsError> {
    let Case { job, prepared, ids, .. } = case;
    let areas = &case.measured.areas;
    progress.beside("coverage");
    let parcels = Parcels { geometry: &prepared.parcels.geometry, planar_m2: &areas.planar_m2 };
    let checked = job.coverage.map(|limits| coverage::check(parcels, &limits));
    let faults = checked.as_ref().map_or(&[][..], |Checked { faults, .. }| faults);
    let found = Coverage {
        columns: coverage::columns(checked.as_ref(), &areas.planar_m2, &areas.legal_m2),
        layer: coverage::layer(faults, ids, prepared.origin)?,
        findings: coverage::findings(faults, ids, &prepared.parcels, prepared.origin),
    };
    progress.beside("coverage");
    Ok(found)
}

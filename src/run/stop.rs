//! The job's stop rule: a run whose data are too bad ends before anything is written.

use super::{Prepared, RunError};
use crate::measure::enterprises::Apportioned;
use crate::model::{Balance, say::word};
use crate::read::job::StopSpec;
use crate::say;

/// Too many features of a layer were rejected, or too much of the ground of the parcels (as far as it can be measured), or all of them.
pub(super) fn rejects(stop: &StopSpec, counts: &[Balance], prepared: &Prepared) -> Result<(), RunError> {
    let limit = stop.max_rejects_share;
    for count in counts.iter().filter(|count| count.unit.is_empty()) {
        let what = say!("the {layer} were rejected", layer = word("rejects", "role", &count.quantity));
        hold(what, "max_rejects_share", limit, (count.rejected, count.received))?;
    }
    let (rejected_m2, passed_m2) = (prepared.ground.rejected_m2, prepared.ground.passed_m2);
    let what = say!("the ground of the parcels was rejected");
    hold(what, "max_rejected_area_share", stop.max_rejected_area_share, (rejected_m2, passed_m2 + rejected_m2))?;
    if prepared.parcels.is_empty() { Err(RunError::NoParcels) } else { Ok(()) }
}

/// Too many enterprise rows name a parcel that is not there.
pub(super) fn unmatched_rows(stop: &StopSpec, apportioned: &Apportioned) -> Result<(), RunError> {
    let (rows, unmatched) = apportioned.unmatched()?;
    let what = say!("the enterprise rows name a parcel that is not in the inventory");
    hold(what, "max_unmatched_rows_share", stop.max_unmatched_rows_share, (unmatched as f64, rows as f64))
}

fn hold(what: String, key: &'static str, limit: Option<f64>, (part, whole): (f64, f64)) -> Result<(), RunError> {
    match limit {
        Some(limit) if whole > 0.0 && part > limit * whole => {
            Err(RunError::Stop { what, key, share: 100.0 * part / whole, limit: 100.0 * limit })
        }
        _ => Ok(()),
    }
}

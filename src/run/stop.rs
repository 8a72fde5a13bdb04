//! The job's stop rule: a run whose data are too bad ends before anything is written.

use super::RunError;
use crate::measure::enterprises::Apportioned;
use crate::model::{Balance, GeometryBuilder, GeometryColumn, Layer, Reject};
use crate::read::job::StopSpec;
use crate::read::vector::wkb::decode;
use crate::spatial::area::planar_area_m2;

/// Too many features of a layer were rejected, or too much of the ground of the parcels, or all of them.
pub(super) fn rejects(stop: &StopSpec, counts: &[Balance], rejects: &[Reject], parcels: &Layer) -> Result<(), RunError> {
    let limit = stop.max_rejects_share;
    for count in counts {
        hold(&format!("the {} were rejected", count.quantity), "max_rejects_share", limit, (count.rejected, count.received))?;
    }
    rejected_area(stop, rejects, parcels)?;
    if parcels.is_empty() { Err(RunError::NoParcels) } else { Ok(()) }
}

/// The rejected parcels have too much of the ground, as far as it can be measured.
fn rejected_area(stop: &StopSpec, rejects: &[Reject], parcels: &Layer) -> Result<(), RunError> {
    if stop.max_rejected_area_share.is_none() {
        return Ok(());
    }
    let mut rejected = GeometryBuilder::default();
    // What is no polygon has no area.
    rejects.iter().filter(|reject| reject.role == "parcels").filter_map(|reject| reject.wkb.as_deref()).for_each(|wkb| {
        let _ = decode(wkb, &mut rejected);
    });
    let rejected_m2: f64 = area_m2(&rejected.finish());
    let kept_m2 = area_m2(&parcels.geometry);
    let what = "the ground of the parcels was rejected";
    hold(what, "max_rejected_area_share", stop.max_rejected_area_share, (rejected_m2, kept_m2 + rejected_m2))
}

fn area_m2(geometry: &GeometryColumn) -> f64 {
    (0..geometry.len()).map(|row| planar_area_m2(geometry.shape(row))).sum()
}

/// Too many enterprise rows name a parcel that is not there.
pub(super) fn unmatched_rows(stop: &StopSpec, apportioned: &Apportioned) -> Result<(), RunError> {
    let (rows, unmatched) = apportioned.unmatched()?;
    let what = "the enterprise rows name a parcel that is not in the inventory";
    hold(what, "max_unmatched_rows_share", stop.max_unmatched_rows_share, (unmatched as f64, rows as f64))
}

fn hold(what: &str, key: &'static str, limit: Option<f64>, (part, whole): (f64, f64)) -> Result<(), RunError> {
    match limit {
        Some(limit) if whole > 0.0 && part > limit * whole => {
            Err(RunError::Stop { what: what.to_owned(), key, share: 100.0 * part / whole, limit: 100.0 * limit })
        }
        _ => Ok(()),
    }
}

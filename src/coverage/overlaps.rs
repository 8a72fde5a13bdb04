//! Common ground: which of it is a fault, and whose it is.
//!
//! Ground that several parcels cover belongs to the one whose identifier sorts first, as with zones, so that net areas add up to the ground that there is.

use rayon::prelude::*;

use super::contacts::Shared;
use super::{CoverageLimits, Fault, Ground, Kind, Parcels};
use crate::spatial::area::perimeter_m;
use crate::spatial::overlap::{Prepared, PreparedColumn};
use crate::spatial::overlay::common_ground;
use crate::spatial::sweep::owned_areas_m2;

/// Two parcels that share all but this part of their ground are the same.
const SAME_SHARE: f64 = 1e-9;

/// The faults of common ground, in the order of `shared`.
pub(super) fn faults(parcels: Parcels<'_>, shared: &[Shared], limits: &CoverageLimits) -> Vec<Fault> {
    shared
        .par_iter()
        .filter(|shared| shared.area_m2 >= limits.min_overlap_m2)
        .filter_map(|&shared| fault(parcels, shared, limits))
        .collect()
}

fn fault(parcels: Parcels<'_>, shared: Shared, limits: &CoverageLimits) -> Option<Fault> {
    let (p, q) = (shared.rows.0 as usize, shared.rows.1 as usize);
    let larger_m2 = parcels.planar_m2.get(p)?.max(*parcels.planar_m2.get(q)?);
    let share = shared.area_m2 / larger_m2;
    let kind = if share >= 1.0 - SAME_SHARE {
        Kind::Duplicate
    } else if share > limits.near_duplicate_share {
        Kind::NearDuplicate
    } else {
        Kind::Overlap
    };
    let (p, q) = (parcels.geometry.shape(p), parcels.geometry.shape(q));
    let (ground, width_m) = match common_ground(p, q) {
        Some(ground) => {
            let width_m = 2.0 * shared.area_m2 / ground.shapes().map(perimeter_m).sum::<f64>();
            (Ground::Polygon(ground), Some(width_m))
        }
        // The overlay works on a grid: what it cannot draw is still a fault.
        None => (Ground::Points(vec![p.bounds.common(&q.bounds).centre()]), None),
    };
    let is_wide = width_m.is_none_or(|width_m| width_m >= limits.min_overlap_width_m);
    let rows = vec![shared.rows.0, shared.rows.1];
    is_wide.then_some(Fault { kind, rows, area_m2: Some(shared.area_m2), width_m, share: Some(share), ground })
}

/// The ground of each parcel that parcels of smaller rows cover as well, m².
pub(super) fn of_earlier_m2(parcels: Parcels<'_>, prepared: &PreparedColumn<'_>, shared: &[Shared]) -> Vec<f64> {
    let mut by_later: Vec<Shared> = shared.to_vec();
    by_later.sort_unstable_by_key(|shared| (shared.rows.1, shared.rows.0));
    let chunks: Vec<&[Shared]> = by_later.chunk_by(|a, b| a.rows.1 == b.rows.1).collect();
    let covered = |chunk: &&[Shared]| {
        let row = chunk.first().map_or(0, |shared| shared.rows.1) as usize;
        if let [only] = chunk {
            return (row, only.area_m2);
        }
        let earlier: Vec<Prepared<'_>> = chunk.iter().map(|shared| prepared.get(shared.rows.0 as usize)).collect();
        (row, owned_areas_m2(parcels.geometry.shape(row), &earlier).iter().sum())
    };
    let mut overlap_m2 = vec![0.0; parcels.geometry.len()];
    for (row, area_m2) in chunks.par_iter().map(covered).collect::<Vec<_>>() {
        if let Some(slot) = overlap_m2.get_mut(row) {
            *slot = area_m2;
        }
    }
    overlap_m2
}

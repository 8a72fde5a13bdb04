//! What went into each stage and what became of it.

use polars::prelude::{DataFrame, DataType};

use super::{Measured, Prepared, RunError};
use crate::model::columns::FIGURES;
use crate::model::{Balance, Layer, Reject};
use crate::read::inputs::{Buildings, Inputs};

/// Features that were read, by role.
pub(super) struct Read {
    pub parcels: usize,
    buildings: Option<usize>,
    zones: usize,
    projects: usize,
}

impl Read {
    /// Counts the layers; rejects of the reader included.
    pub(super) fn of(inputs: &Inputs) -> Self {
        let rejected = |role: &str| inputs.rejects.iter().filter(|r| r.role == role).count();
        let buildings = match &inputs.buildings {
            Buildings::Footprints(layer) => Some(layer.len() + rejected("buildings")),
            Buildings::Declared(_) | Buildings::Absent => None,
        };
        Self {
            parcels: inputs.parcels.len() + rejected("parcels"),
            buildings,
            zones: inputs.zones.iter().map(|(_, z)| z.len()).sum::<usize>() + rejected("zones"),
            projects: inputs.projects.as_ref().map_or(0, Layer::len) + rejected("projects"),
        }
    }
}

/// Every balance of a run, held: the counts, then the quantities. What belongs to nothing is added up by itself, not worked out from the rest.
pub(super) fn all(
    mut balances: Vec<Balance>,
    measured: &Measured,
    in_ledger: Option<[f64; FIGURES.len()]>,
    (summaries, parcels): (&[(String, DataFrame)], usize),
) -> Result<Vec<Balance>, RunError> {
    let totals = measured.built.totals;
    balances.push(balance("measure", "footprints", "m²", [totals.ground_m2, totals.ground_on_parcels_m2, 0.0, totals.ground_outside_m2]));
    balances.push(balance(
        "measure",
        "counted floor area",
        "m²",
        [totals.floor_m2, totals.floor_on_parcels_m2, 0.0, totals.floor_outside_m2],
    ));
    for ((figure, flow), on_parcels) in FIGURES.iter().zip(&measured.apportioned.totals).zip(in_ledger.unwrap_or_default()) {
        let unit = if figure.ends_with("_wan") { "万元" } else { figure.rsplit('_').next().unwrap_or_default() };
        balances.push(balance("measure", figure, unit, [flow.received, on_parcels, 0.0, flow.unassigned]));
    }
    let land_m2: f64 = measured.areas.planar_m2.iter().sum();
    for located in &measured.located {
        let covered_m2: f64 = located.area_m2.iter().sum();
        let quantity = format!("land in zones of kind {}", located.kind);
        balances.push(balance("locate", &quantity, "m²", [land_m2, covered_m2, 0.0, located.outside_m2()]));
    }
    for (name, table) in summaries.iter().filter(|(name, _)| PARTITIONS.contains(&name.as_str())) {
        let counted: f64 = table.column("parcels")?.cast(&DataType::Float64)?.f64()?.iter().flatten().sum();
        balances.push(balance("summarise", &format!("parcels in {name}"), "", [parcels as f64, counted, 0.0, 0.0]));
    }
    gate(&balances)?;
    Ok(balances)
}

/// The summaries in which every parcel stands once.
const PARTITIONS: [&str; 4] = ["by_town", "by_grade", "by_industry", "overall"];

/// Features in = features out + rejects + rows that became parts of another one's feature.
pub(super) fn counts(read: &Read, rejects: &[Reject], prepared: &Prepared) -> Vec<Balance> {
    let rejected = |role: &str| rejects.iter().filter(|r| r.role == role).count();
    let row = |role: &str, received: usize, passed: usize| {
        let (rejected, merged) = (rejected(role), prepared.merged.get(role).copied().unwrap_or_default());
        balance("validate", role, "", [received as f64, passed as f64, rejected as f64, merged as f64])
    };
    let ground = prepared.ground;
    let ground = [ground.received_m2, ground.passed_m2, ground.rejected_m2, ground.repaired_m2];
    let mut balances =
        vec![row("parcels", read.parcels, prepared.parcels.len()), balance("validate", "ground of the parcels", "m²", ground)];
    if let (Some(received), Buildings::Footprints(layer)) = (read.buildings, &prepared.buildings) {
        balances.push(row("buildings", received, layer.len()));
    }
    balances.push(row("zones", read.zones, prepared.zones.iter().map(|(_, z)| z.len()).sum()));
    balances.push(row("projects", read.projects, prepared.projects.as_ref().map_or(0, Layer::len)));
    balances
}

/// Refuses a run in which something went in and did not come out.
///
/// Counts balance to the unit; sums to 0.01 and a relative 1e-8, which is what many roundings and remainders below 1e-6 m² may add up to.
fn gate(balances: &[Balance]) -> Result<(), RunError> {
    let missing = |b: &Balance| b.received - b.passed - b.rejected - b.unassigned;
    let leaks = |b: &&Balance| {
        let allowed = if b.unit.is_empty() { 0.0 } else { 0.01 + 1e-8 * b.received.abs() };
        // Not a number is a leak, too.
        missing(b).is_nan() || missing(b).abs() > allowed
    };
    match balances.iter().find(leaks) {
        None => Ok(()),
        Some(leak) => Err(RunError::Leak {
            stage: leak.stage.clone(),
            quantity: leak.quantity.clone(),
            unit: leak.unit.clone(),
            received: leak.received,
            missing: missing(leak),
        }),
    }
}

fn balance(stage: &str, quantity: &str, unit: &str, amounts: [f64; 4]) -> Balance {
    // The sum of nothing is -0.
    let [received, passed, rejected, unassigned] = amounts.map(|amount| amount + 0.0);
    Balance { stage: stage.into(), quantity: quantity.into(), unit: unit.into(), received, passed, rejected, unassigned }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_told_with_stage_and_amount() {
        let held =
            [balance("validate", "parcels", "", [5.0, 3.0, 1.0, 1.0]), balance("measure", "tax_wan", "万元", [1e9, 9e8, 0.0, 1e8 + 5.0])];
        assert!(gate(&held).is_ok());
        for (leak, missing) in [
            (balance("validate", "parcels", "", [5.0, 3.0, 1.0, 0.0]), "1"),
            (balance("measure", "tax_wan", "万元", [100.0, 99.0, 0.0, 0.98]), "0.02"),
            (balance("measure", "footprints", "m²", [100.0, 101.0, 0.0, 0.0]), "-1"),
            (balance("measure", "tax_wan", "万元", [100.0, f64::NAN, 0.0, 0.0]), "NaN"),
        ] {
            let told = gate(&[held[0].clone(), leak.clone()]).unwrap_err().to_string();
            assert!(told.contains(&format!("stage {}", leak.stage)) && told.contains(missing), "{told}");
        }
    }
}

//! What went into each stage and what became of it.

use super::{Measured, Prepared};
use crate::model::columns::FIGURES;
use crate::model::{Balance, Layer, Reject};
use crate::read::inputs::{Buildings, Inputs};

/// Features that were read, by role.
pub(super) struct Read {
    parcels: usize,
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

/// Every balance of a run: the counts, then the quantities.
pub(super) fn all(mut balances: Vec<Balance>, measured: &Measured) -> Vec<Balance> {
    let totals = measured.built.totals;
    balances.push(balance("measure", "footprints", "m²", [totals.ground_m2, totals.ground_on_parcels_m2, 0.0]));
    balances.push(balance("measure", "counted floor area", "m²", [totals.floor_m2, totals.floor_on_parcels_m2, 0.0]));
    for (figure, flow) in FIGURES.iter().zip(&measured.apportioned.totals) {
        let unit = if figure.ends_with("_wan") { "万元" } else { figure.rsplit('_').next().unwrap_or_default() };
        balances.push(balance("measure", figure, unit, [flow.received, flow.assigned, 0.0]));
    }
    let land_m2: f64 = measured.areas.planar_m2.iter().sum();
    for located in &measured.located {
        let covered_m2: f64 = located.area_m2.iter().sum();
        balances.push(balance("locate", &format!("land in zones of kind {}", located.kind), "m²", [land_m2, covered_m2, 0.0]));
    }
    balances
}

/// Features in = features out + rejects; merged rows are rows of the feature that they became part of.
pub(super) fn counts(read: &Read, rejects: &[Reject], prepared: &Prepared) -> Vec<Balance> {
    let rejected = |role: &str| rejects.iter().filter(|r| r.role == role).count();
    let row = |role: &str, received: usize, passed: usize| {
        let rejected = rejected(role);
        balance("validate", role, "", [received as f64, passed as f64, rejected as f64])
    };
    let mut balances = vec![row("parcels", read.parcels, prepared.parcels.len())];
    if let (Some(received), Buildings::Footprints(layer)) = (read.buildings, &prepared.buildings) {
        balances.push(row("buildings", received, layer.len()));
    }
    balances.push(row("zones", read.zones, prepared.zones.iter().map(|(_, z)| z.len()).sum()));
    balances.push(row("projects", read.projects, prepared.projects.as_ref().map_or(0, Layer::len)));
    balances
}

/// What is neither passed on nor rejected is unassigned.
fn balance(stage: &str, quantity: &str, unit: &str, [received, passed, rejected]: [f64; 3]) -> Balance {
    // The sum of nothing is -0.
    let [received, passed, rejected] = [received + 0.0, passed + 0.0, rejected + 0.0];
    let unassigned = received - passed - rejected;
    Balance { stage: stage.into(), quantity: quantity.into(), unit: unit.into(), received, passed, rejected, unassigned }
}

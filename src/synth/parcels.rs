//! Parcels as rows: outline, code and what the cadastre knows of them.

use super::lattice::Lattice;
use super::layout::{Layout, ParcelKind};
use super::plan::Town;
use super::random::Dice;
use super::trace;
use super::wkb;

/// One row of the parcel layer.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) wkb: Vec<u8>,
    pub(super) vertices: u64,
    pub(super) kind: ParcelKind,
    pub(super) parts: usize,
    pub(super) holes: usize,
    pub(super) parcel_id: String,
    pub(super) town: String,
    pub(super) industry: Option<&'static str>,
    pub(super) land_use: &'static str,
    #[cfg(test)]
    pub(super) area_m2: f64,
    pub(super) registered_area_m2: Option<f64>,
    pub(super) tenure: Option<&'static str>,
    pub(super) is_construction_land: Option<bool>,
}

/// The parcels of a block in the order of their codes.
pub(super) fn describe(lattice: &Lattice, layout: &Layout, town: &Town, dice: &mut Dice) -> Vec<Parcel> {
    let cells = layout.cells_by_parcel();
    let numbered = layout.parcels.iter().zip(&cells).zip(0_u16..);
    numbered
        .map(|((&kind, own), number)| {
            let polygons = trace::union(lattice, own, |column, row| layout.owner(column, row) == number);
            register(&polygons, kind, town, number, dice)
        })
        .collect()
}

fn register(polygons: &[trace::Polygon], kind: ParcelKind, town: &Town, number: u16, dice: &mut Dice) -> Parcel {
    const INDUSTRIES: [&str; 16] =
        ["C13", "C17", "C18", "C22", "C26", "C27", "C29", "C30", "C33", "C34", "C34", "C35", "C36", "C38", "C39", "C40"];
    const LAND_USES: [&str; 10] = ["1001", "1001", "1001", "1001", "100101", "100102", "0601", "0601", "1101", "0604"];
    let area_m2: f64 = polygons.iter().map(trace::area_m2).sum();
    let draw = dice.unit();
    let (state, tenure) = match draw {
        ..0.80 => ('G', Some("state")),
        0.80..0.99 => ('J', Some("collective")),
        _ => ('Z', None),
    };
    Parcel {
        wkb: wkb::multi_polygon(polygons),
        vertices: polygons.iter().map(|polygon| wkb::vertices(std::slice::from_ref(polygon))).sum(),
        kind,
        parts: polygons.len(),
        holes: polygons.iter().map(|rings| rings.len().saturating_sub(1)).sum(),
        parcel_id: format!("{}{state}B{:05}", town.prefix, number + 1),
        town: town.name.clone(),
        industry: dice.pick(&INDUSTRIES).filter(|_| dice.chance(0.98)),
        land_use: dice.pick(&LAND_USES).unwrap_or("1001"),
        #[cfg(test)]
        area_m2,
        registered_area_m2: registered(area_m2, dice),
        tenure,
        is_construction_land: construction(kind, dice),
    }
}

/// The area to the cent; a few per mille off where an old survey was kept, unknown on two in a hundred.
fn registered(area_m2: f64, dice: &mut Dice) -> Option<f64> {
    let draw = dice.unit();
    let factor = if draw < 0.14 { dice.between(0.996, 1.004) } else { 1.0 };
    (draw >= 0.02).then(|| (area_m2 * factor * 100.0).round() / 100.0)
}

fn construction(kind: ParcelKind, dice: &mut Dice) -> Option<bool> {
    let (yes, known) = if kind == ParcelKind::Sliver { (0.80, 0.92) } else { (0.93, 0.97) };
    let draw = dice.unit();
    (draw < known).then_some(draw < yes)
}

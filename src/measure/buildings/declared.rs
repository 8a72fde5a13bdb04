//! Buildings without geometry: rows keyed by parcel with declared areas.
//!
//! **Invariant:** a building counts once on a parcel; rows of it that differ count not at all.

#![expect(clippy::indexing_slicing, reason = "row numbers come from the frame whose columns they index")]

use std::collections::HashMap;

use super::{
    Building, Built, Code, Finding, FloorRule, PolarsError, Rows, Share, Totals, by_parcel, counted, floor_areas, ledger, number, number_of,
};
use crate::model::Source;
use polars::prelude::DataFrame;

/// The rows and where they come from.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// The canonical building columns.
    pub frame: &'a DataFrame,
    /// The row numbers of the source.
    pub rows: &'a [i64],
    /// The source.
    pub source: &'a Source,
}

/// Puts declared buildings on parcels.
///
/// # Errors
/// The table lacks a canonical column.
pub fn measure(parcel_ids: &[&str], table: Table<'_>, rule: Option<FloorRule>) -> Result<Built, PolarsError> {
    let row_of: HashMap<&str, u32> = (0..).zip(parcel_ids).map(|(row, id)| (*id, row)).collect();
    let order = order(table)?;
    let facts = facts(table.frame)?;
    let keys = table.frame.column("parcel_id")?.str()?;
    let names = table.frame.column("building_id")?.str()?;
    let mut rows = Rows { shares: Vec::with_capacity(order.len()), counted: Vec::with_capacity(order.len()) };
    let mut footprints = vec![Some(0.0); parcel_ids.len()];
    let mut findings = Vec::new();
    for (place, &row) in order.iter().enumerate() {
        let parcel = keys.get(row as usize).and_then(|k| row_of.get(k).copied());
        let building = facts[row as usize];
        let footprint_m2 = building.footprint_m2.filter(|_| building.above_ground != Some(false));
        match parcel {
            Some(p) => footprints[p as usize] = footprints[p as usize].zip(footprint_m2).map(|(sum, own): (f64, f64)| sum + own),
            None => findings.push(unmatched(table, row, keys.get(row as usize))),
        }
        rows.shares.push(Share { building: number_of(place), parcel, area_m2: building.footprint_m2.unwrap_or(f64::NAN), share: 1.0 });
        rows.counted.push(counted(building, rule));
    }
    let on_parcel = by_parcel(&rows.shares, parcel_ids.len());
    let (floor_area_m2, basis) = floor_areas(&rows, &on_parcel);
    let shown: Vec<&str> = order.iter().map(|&r| names.get(r as usize).unwrap_or_default()).collect();
    let sum = |on_parcels: bool| {
        rows.shares
            .iter()
            .filter(|s| !on_parcels || s.parcel.is_some())
            .map(|s| rows.counted[s.building as usize].map_or(0.0, |c| c.floor_area_m2))
            .sum()
    };
    let totals = Totals { floor_m2: sum(false), floor_on_parcels_m2: sum(true), ..Totals::default() };
    let mut built = Built { footprint_m2: footprints, floor_area_m2, basis, ledger: ledger(&rows, parcel_ids, &shown)?, findings, totals };
    // An unknown footprint is null in the ledger, not NaN.
    let area =
        built.ledger.column("area_m2")?.f64()?.iter().map(|v| v.filter(|v| !v.is_nan())).collect::<polars::prelude::Float64Chunked>();
    built.ledger.replace("area_m2", polars::prelude::IntoColumn::into_column(polars::prelude::IntoSeries::into_series(area)))?;
    Ok(built)
}

/// The order of the ledger: building, parcel, then everything else that tells rows apart.
fn order(table: Table<'_>) -> Result<Vec<u32>, PolarsError> {
    let names = table.frame.column("building_id")?.str()?;
    let keys = table.frame.column("parcel_id")?.str()?;
    let mut order: Vec<u32> = (0..number_of(table.rows.len())).collect();
    let content = |row: u32| crate::model::attributes_of(table.frame, row as usize).1;
    order.sort_by(|&a, &b| {
        let key = |r: u32| (names.get(r as usize), keys.get(r as usize));
        key(a).cmp(&key(b)).then_with(|| content(a).cmp(&content(b)))
    });
    Ok(order)
}

fn facts(frame: &DataFrame) -> Result<Vec<Building>, PolarsError> {
    let (declared, floors, height, footprint) =
        (number(frame, "floor_area_m2")?, number(frame, "floors")?, number(frame, "height_m")?, number(frame, "footprint_m2")?);
    let above: Vec<Option<bool>> = frame.column("above_ground")?.bool()?.iter().collect();
    let building = |row: usize| Building {
        footprint_m2: footprint[row],
        floor_area_m2: declared[row],
        floors: floors[row],
        height_m: height[row],
        above_ground: above[row],
    };
    Ok((0..frame.height()).map(building).collect())
}

fn unmatched(table: Table<'_>, row: u32, key: Option<&str>) -> Finding {
    Finding::new(Code::RowUnmatched, table.source, "the building's parcel is not in the inventory")
        .at_row(table.rows[row as usize])
        .field("parcel_id", key.unwrap_or_default())
        .hint("check the code against the parcel layer; the row is in the ledger without a parcel")
}

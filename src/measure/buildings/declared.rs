//! Buildings without geometry: rows keyed by parcel with declared areas.
//!
//! **Invariant:** a building counts once on a parcel; rows of it that differ count not at all.

#![expect(clippy::indexing_slicing, reason = "row numbers come from the frame whose columns they index")]

use std::collections::HashMap;

use super::{
    Building, Built, Code, Finding, FloorRule, PolarsError, Rows, Share, Totals, by_parcel, counted, floor_areas, floor_ranges,
    floors_unknown, ledger, number_of, ranges,
};
use crate::measure::area::number;
use crate::model::{Source, source_at};
use crate::say;
use polars::prelude::{DataFrame, NewChunkedArray, StringChunked};

/// The rows and where they come from.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// The canonical building columns.
    pub frame: &'a DataFrame,
    /// The row numbers of the source.
    pub rows: &'a [i64],
    /// The first file.
    pub source: &'a Source,
    /// All files, each with its first row.
    pub files: &'a [(usize, Source)],
}

/// Puts declared buildings on parcels.
///
/// # Errors
/// The table lacks a canonical column.
pub fn measure(parcel_ids: &[&str], table: Table<'_>, rule: Option<FloorRule>) -> Result<Built, PolarsError> {
    let row_of: HashMap<&str, u32> = (0..).zip(parcel_ids).map(|(row, id)| (*id, row)).collect();
    let mut findings = Vec::new();
    let order = without_repeats(table, &order(table)?, &mut findings)?;
    let facts = facts(table.frame)?;
    let keys = table.frame.column("parcel_id")?.str()?;
    let names = table.frame.column("building_id")?.str()?;
    let mut rows = Rows { shares: Vec::with_capacity(order.len()), counted: Vec::with_capacity(order.len()), ranges: None };
    let mut footprints = vec![Some(0.0); parcel_ids.len()];
    for (place, &row) in order.iter().enumerate() {
        let parcel = keys.get(row as usize).and_then(|k| row_of.get(k).copied());
        let building = facts[row as usize];
        let footprint_m2 = if building.above_ground == Some(false) { Some(0.0) } else { building.footprint_m2 };
        match parcel {
            Some(p) => footprints[p as usize] = footprints[p as usize].zip(footprint_m2).map(|(sum, own): (f64, f64)| sum + own),
            None => findings.push(unmatched(table, row, keys.get(row as usize))),
        }
        rows.shares.push(Share { building: number_of(place), parcel, area_m2: building.footprint_m2.unwrap_or(f64::NAN), share: 1.0 });
        let counted = counted(building, rule);
        if counted.is_none() {
            findings.push(floors_unknown(|message| note(table, row, Code::BuildingFloorsUnknown, message)));
        }
        rows.counted.push(counted);
    }
    let on_parcel = by_parcel(&rows.shares, parcel_ids.len());
    let (floor_area_m2, basis) = floor_areas(&rows, &on_parcel);
    rows.ranges = ranges(|| order.iter().map(|row| facts[*row as usize]), rule);
    let floor_range_m2 = floor_ranges(&rows, &on_parcel);
    let shown = StringChunked::from_iter_options("".into(), order.iter().map(|&r| names.get(r as usize)));
    let floor = |s: &Share| rows.counted[s.building as usize].map_or(0.0, |c| c.floor_area_m2);
    let sum = |on_parcels: bool| rows.shares.iter().filter(|s| s.parcel.is_some() == on_parcels).map(floor).sum();
    let totals = Totals {
        floor_m2: rows.counted.iter().flatten().map(|c| c.floor_area_m2).sum(),
        floor_on_parcels_m2: sum(true),
        floor_outside_m2: sum(false),
        ..Totals::default()
    };
    let mut built = Built {
        footprint_m2: footprints,
        floor_area_m2,
        floor_range_m2,
        basis,
        ledger: ledger(&rows, &StringChunked::from_slice("".into(), parcel_ids), &shown)?,
        findings,
        totals,
    };
    // An unknown footprint is null in the ledger, not NaN.
    let area =
        built.ledger.column("area_m2")?.f64()?.iter().map(|v| v.filter(|v| !v.is_nan())).collect::<polars::prelude::Float64Chunked>();
    built.ledger.replace("area_m2", polars::prelude::IntoColumn::into_column(polars::prelude::IntoSeries::into_series(area)))?;
    Ok(built)
}

/// One row for a building on a parcel: equal rows count once, rows that differ not at all. Rows without `building_id` are each a building.
fn without_repeats(table: Table<'_>, order: &[u32], findings: &mut Vec<Finding>) -> Result<Vec<u32>, PolarsError> {
    let names = table.frame.column("building_id")?.str()?;
    let keys = table.frame.column("parcel_id")?.str()?;
    let content = |row: u32| crate::model::attributes_of(table.frame, row as usize).1;
    let key = |row: u32| (names.get(row as usize), keys.get(row as usize));
    let mut kept = Vec::with_capacity(order.len());
    for same in order.chunk_by(|a, b| names.get(*a as usize).is_some() && key(*a) == key(*b)) {
        let [first, rest @ ..] = same else { continue };
        if rest.iter().all(|row| content(*row) == content(*first)) {
            kept.push(*first);
            let message = &say!("the row repeats another one in every respect");
            findings.extend(rest.iter().map(|row| note(table, *row, Code::RowRepeated, message).hint(say!("delete the copy"))));
        } else {
            let message = &say!("rows for this building and parcel differ; none was used");
            let hint = say!("keep the right row and delete the others, or give each part of the building its own `building_id`");
            findings.extend(same.iter().map(|row| note(table, *row, Code::RowDuplicate, message).hint(hint.clone())));
        }
    }
    Ok(kept)
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
    note(table, row, Code::RowUnmatched, &say!("the building's parcel is not in the inventory"))
        .field("parcel_id", key.unwrap_or_default())
        .hint(say!("check the code against the parcel layer; the row is in the ledger without a parcel"))
}

fn note(table: Table<'_>, row: u32, code: Code, message: &str) -> Finding {
    let finding =
        Finding::new(code, source_at(table.files, row as usize).unwrap_or(table.source), message).at_row(table.rows[row as usize]);
    match table.frame.column("building_id").and_then(|ids| ids.str()).ok().and_then(|ids| ids.get(row as usize)) {
        Some(id) => finding.of(id),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text_column;
    use polars::prelude::{BooleanChunked, Float64Chunked, IntoColumn, IntoSeries, NewChunkedArray};

    /// Cells of a row: building, parcel, floor area, footprint, above ground; `-` = empty.
    fn built(text: &str, rule: Option<FloorRule>) -> Built {
        let rows: Vec<Vec<Option<&str>>> =
            text.lines().map(|l| l.split_whitespace().map(|c| Some(c).filter(|c| *c != "-")).collect()).collect();
        let cells = |at: usize| rows.iter().map(move |r| r[at]);
        let number = |name: &str, at: Option<usize>| {
            let values = rows.iter().map(|r| at.and_then(|at| r[at]).map(|c| c.parse::<f64>().unwrap()));
            Float64Chunked::from_iter_options(name.into(), values).into_series().into_column()
        };
        let above = BooleanChunked::from_iter_options("above_ground".into(), cells(4).map(|c| c.map(|c| c == "yes")));
        let columns = vec![
            text_column("building_id", cells(0)),
            text_column("parcel_id", cells(1)),
            number("floor_area_m2", Some(2)),
            number("footprint_m2", Some(3)),
            number("floors", None),
            number("height_m", None),
            above.into_series().into_column(),
        ];
        let frame = DataFrame::new(rows.len(), columns).unwrap();
        let numbers: Vec<i64> = (1..).take(rows.len()).collect();
        let source = Source { file: "b.csv".into(), layer: "".into() };
        measure(&["A", "B"], Table { frame: &frame, rows: &numbers, source: &source, files: &[] }, rule).unwrap()
    }

    fn codes(built: &Built) -> Vec<(Code, Option<i64>)> {
        built.findings.iter().map(|f| (f.code, f.row)).collect()
    }

    #[test]
    fn a_repeated_row_counts_once_and_rows_that_differ_not_at_all() {
        let text = "1 A 10 5 -\n1 A 10 5 -\n2 A 10 5 -\n- A 7 1 -\n- A 7 1 -\n3 B 4 4 -\n3 B 5 4 -\n4 B 1 1 -";
        let found = built(text, None);
        assert_eq!(found.floor_area_m2, [Some(34.0), Some(1.0)]);
        assert_eq!(found.footprint_m2, [Some(12.0), Some(1.0)]);
        assert_eq!(codes(&found), [(Code::RowRepeated, Some(2)), (Code::RowDuplicate, Some(6)), (Code::RowDuplicate, Some(7))]);
    }

    #[test]
    fn what_is_below_ground_covers_and_counts_nothing() {
        let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: None, interval: None };
        for rule in [None, Some(rule)] {
            let found = built("1 A 10 5 yes\n2 A 10 5 no\n3 B - - no", rule);
            assert_eq!(found.footprint_m2, [Some(5.0), Some(0.0)]);
            assert_eq!(found.floor_area_m2, [Some(10.0), Some(0.0)]);
        }
    }

    #[test]
    fn a_row_of_unknown_floors_is_told_and_a_building_without_name_has_none() {
        let found = built("- A - 5 -\n1 B 3 1 -", None);
        assert_eq!((found.floor_area_m2.as_slice(), codes(&found)), (&[None, Some(3.0)][..], vec![(Code::BuildingFloorsUnknown, Some(1))]));
        let names: Vec<_> = found.ledger.column("building_id").unwrap().str().unwrap().iter().collect();
        assert_eq!(names, [None, Some("1")]);
    }
}

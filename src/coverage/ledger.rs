//! `coverage.gpkg` and `ledger/coverage.parquet`, the columns of the inventory, and the findings.

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsError, Series};

use super::{Checked, Fault, Ground, Kind};
use crate::model::{Code, Coord, ErrorLayer, Finding, Layer, number_column, text_column, wkb};
use crate::say;

/// The faults as rows and shapes. `origin` is what to add to a coordinate to be in the compute CRS.
///
/// # Errors
/// None that the data can cause.
pub fn layer(faults: &[Fault], ids: &[&str], origin: Coord) -> Result<ErrorLayer, PolarsError> {
    let id = |fault: &Fault, number: usize| fault.rows.get(number).and_then(|row| ids.get(*row as usize)).copied();
    let all: Vec<String> = faults.iter().map(|fault| names(fault, ids)).collect();
    let number = |name: &str, value: fn(&Fault) -> Option<f64>| number_column(name, faults.iter().map(value));
    let axis = |name: &str, value: &dyn Fn(Coord) -> f64| number_column(name, faults.iter().map(|f| Some(value(f.ground.place()))));
    let corners: Vec<Option<i64>> = faults.iter().map(corners).collect();
    let columns: Vec<Column> = vec![
        text_column("kind", faults.iter().map(|fault| Some(fault.kind.as_str()))),
        text_column("parcel_id", faults.iter().map(|fault| id(fault, 0))),
        text_column("other_id", faults.iter().map(|fault| id(fault, 1))),
        text_column("parcels", all.iter().map(|names| Some(names.as_str()))),
        number("area_m2", |fault| fault.area_m2),
        number("width_m", |fault| fault.width_m),
        number("share", |fault| fault.share),
        Series::new("corners".into(), corners).into_column(),
        axis("x", &|c| c.x + origin.x),
        axis("y", &|c| c.y + origin.y),
    ];
    let shapes = faults.iter().map(|fault| shape(&fault.ground, origin)).collect();
    Ok(ErrorLayer { rows: DataFrame::new(faults.len(), columns)?, shapes })
}

fn names(fault: &Fault, ids: &[&str]) -> String {
    fault.rows.iter().filter_map(|row| ids.get(*row as usize)).copied().collect::<Vec<_>>().join(" ")
}

fn corners(fault: &Fault) -> Option<i64> {
    match &fault.ground {
        Ground::Points(points) => i64::try_from(points.len()).ok(),
        Ground::Polygon(_) => None,
    }
}

fn shape(ground: &Ground, origin: Coord) -> Vec<u8> {
    let mut bytes = Vec::new();
    match ground {
        Ground::Polygon(column) => column.shapes().take(1).for_each(|shape| wkb::append_multi(shape, origin, &mut bytes)),
        Ground::Points(points) => wkb::append_points(points, origin, &mut bytes),
    }
    bytes
}

/// `overlap_m2` and `net_area_m2` of the inventory; unknown without a check.
///
/// Net area is the legal area less the part of the parcel, by planar area, that parcels before it cover.
#[must_use]
pub fn columns(checked: Option<&Checked>, planar_m2: &[f64], legal_m2: &[Option<f64>]) -> Vec<Column> {
    let overlap = |row: usize| checked.and_then(|checked| checked.overlap_m2.get(row).copied());
    let net = planar_m2.iter().zip(legal_m2).enumerate().map(|(row, (planar, legal))| Some(net_m2((*legal)?, overlap(row)?, *planar)));
    vec![number_column("overlap_m2", (0..planar_m2.len()).map(overlap)), number_column("net_area_m2", net)]
}

/// The area that is left of `area_m2` when `overlap_m2` of the `planar_m2` belong to other parcels.
///
/// ```
/// # use mujun::coverage::net_m2;
/// // 100 of 1000 m² in the plane belong to another: a tenth of the 990 m² registered.
/// assert_eq!(net_m2(990.0, 100.0, 1000.0), 891.0);
/// assert_eq!(net_m2(990.0, 0.0, 1000.0), 990.0);
/// ```
#[must_use]
pub fn net_m2(area_m2: f64, overlap_m2: f64, planar_m2: f64) -> f64 {
    area_m2 - area_m2 * (overlap_m2 / planar_m2).clamp(0.0, 1.0)
}

/// A finding for every fault, at its first parcel.
#[must_use]
pub fn findings(faults: &[Fault], ids: &[&str], parcels: &Layer, origin: Coord) -> Vec<Finding> {
    faults.iter().map(|fault| finding(fault, ids, parcels, origin)).collect()
}

fn finding(fault: &Fault, ids: &[&str], parcels: &Layer, origin: Coord) -> Finding {
    let row = fault.rows.first().map_or(0, |row| *row as usize);
    let (code, hint) = match fault.kind {
        Kind::Overlap => {
            (Code::CoverageOverlap, say!("correct the boundary of one of them; until then the ground counts for the first in net areas"))
        }
        Kind::Gap => (Code::CoverageGap, say!("give the ground to a parcel, or raise `min_gap_m2` if it is meant")),
        Kind::TJunction => (Code::CoverageTJunction, say!("give the boundary a corner there, so that both parcels have the same line")),
        Kind::Duplicate => (Code::CoverageDuplicate, say!("keep one of them")),
        Kind::NearDuplicate => (Code::CoverageNearDuplicate, say!("find out which is current, and keep that")),
    };
    let mut finding =
        Finding::new(code, parcels.source_of(row), message(fault, ids, origin)).of(ids.get(row).copied().unwrap_or_default()).hint(hint);
    finding.row = parcels.rows.get(row).copied();
    finding
}

fn message(fault: &Fault, ids: &[&str], origin: Coord) -> String {
    let named: Vec<String> = fault.rows.iter().filter_map(|row| ids.get(*row as usize)).map(|id| format!("`{id}`")).collect();
    let (all, area_m2, width_m) = (named.join(", "), fault.area_m2.unwrap_or_default(), fault.width_m.unwrap_or_default());
    let share = 100.0 * fault.share.unwrap_or_default();
    let (area, width) = (format!("{area_m2:.3}"), format!("{width_m:.3}"));
    let text = match fault.kind {
        Kind::Overlap => say!("parcels {all} share {area} m² of ground, {width} m wide", all, area, width),
        Kind::Gap => say!("gap of {area} m², {width} m wide, between parcels {all}", all, area, width),
        Kind::TJunction => {
            say!("parcels {all}: {corners} corners of one lie on an edge of the other", all, corners = corners(fault).unwrap_or_default())
        }
        Kind::Duplicate => say!("parcels {all} are the same ground, {area} m²", all, area),
        Kind::NearDuplicate => {
            say!("parcels {all} share {share} % of the larger, {area} m²", all, share = format_args!("{share:.2}"), area)
        }
    };
    let at = fault.ground.place();
    text + &say!(", at {x} {y}", x = format_args!("{:.3}", at.x + origin.x), y = format_args!("{:.3}", at.y + origin.y))
}

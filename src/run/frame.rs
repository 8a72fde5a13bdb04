//! The inventory as it grows from stage to stage; columns in the order of the contract at the end.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::{BooleanChunked, Column, DataFrame, DataType, IntoColumn, IntoSeries, NewChunkedArray, PolarsError, UInt32Chunked};
use rayon::prelude::*;

use super::{Measured, Prepared, indicators};
use crate::grade::Grading;
use crate::locate::{State, Thresholds};
use crate::low_efficiency::Recognition;
use crate::measure::{area::Areas, buildings::Built, coverage};
use crate::model::{Finding, Layer, MakeColumn, columns, columns_of, number_column, text_column};
use crate::rules::{Mean, RuleSet};
use crate::say;

/// Everything that is known before a rule speaks.
pub(super) fn measured(prepared: &Prepared, rules: &RuleSet, measured: &Measured, ids: &[&str]) -> Result<DataFrame, PolarsError> {
    let areas = &measured.areas;
    let built = &measured.built;
    let ratio = |over: &[Option<f64>]| -> Vec<Option<f64>> {
        over.iter().zip(&areas.legal_m2).map(|(n, d)| n.zip(*d).map(|(n, d)| n / d)).collect()
    };
    let mu = || areas.legal_m2.iter().map(|m2| m2.map(crate::model::mu_from_m2)).collect::<Vec<_>>();
    let of_parcels: [MakeColumn<'_>; 14] = [
        &|| text_column("parcel_id", ids.iter().map(|id| Some(*id))),
        &|| numbers("area_m2", &areas.legal_m2),
        &|| text_column("area_basis", areas.basis.iter().map(|b| b.map(|b| b.as_str()))),
        &|| all("area_planar_m2", &areas.planar_m2),
        &|| all("area_ellipsoidal_m2", &areas.ellipsoidal_m2),
        &|| numbers("area_registered_m2", &areas.registered_m2),
        &|| numbers("area_mu", &mu()),
        &|| numbers("footprint_m2", &built.footprint_m2),
        &|| numbers("floor_area_m2", &built.floor_area_m2),
        &|| numbers("far", &ratio(&built.floor_area_m2)),
        &|| numbers("building_density", &ratio(&built.footprint_m2)),
        &|| text_column("far_basis", built.basis.iter().map(|b| b.map(|b| b.as_str()))),
        &|| far_limit(built, areas, 0, "far_low"),
        &|| far_limit(built, areas, 1, "far_high"),
    ];
    let (mut columns, (zones, money)) =
        rayon::join(|| columns_of(&of_parcels), || rayon::join(|| zones(rules, measured), || money(rules, measured)));
    for name in ["town", "industry", "land_use"] {
        columns.push(prepared.parcels.attributes.column(name)?.clone());
    }
    columns.extend([zones, money, coverage(prepared, measured)?].into_iter().flatten());
    DataFrame::new(ids.len(), columns)
}

/// What declared areas say of land and floor.
fn coverage(prepared: &Prepared, measured: &Measured) -> Result<Vec<Column>, PolarsError> {
    let rows = measured.areas.legal_m2.len();
    let known = coverage::Known {
        attributes: &prepared.parcels.attributes,
        area_m2: &measured.areas.legal_m2,
        footprint_m2: &measured.built.footprint_m2,
    };
    let coverage::Coverage { shares, office_living_basis } = coverage::measure(known)?;
    let unknown = |name: &str| Column::full_null(name.into(), rows, &DataType::Float64);
    let mut columns: Vec<Column> =
        shares.iter().map(|(name, values)| values.as_ref().map_or_else(|| unknown(name), |values| numbers(name, values))).collect();
    const BASIS: &str = "office_living_basis";
    columns.push(office_living_basis.map_or_else(|| no_text(BASIS, rows), |bases| text_column(BASIS, bases.iter().copied())));
    Ok(columns)
}

/// Least (side 0) or greatest (side 1) plot ratio: that of the limits, or the ratio itself.
fn far_limit(built: &Built, areas: &Areas, side: usize, name: &str) -> Column {
    let floor = |row: usize| match &built.floor_range_m2 {
        Some(ranges) => ranges.get(row).copied().flatten().and_then(|range| range.get(side).copied()),
        None => built.floor_area_m2.get(row).copied().flatten(),
    };
    let far: Vec<Option<f64>> =
        areas.legal_m2.iter().enumerate().map(|(row, m2)| floor(row).zip(*m2).map(|(floor, m2)| floor / m2)).collect();
    numbers(name, &far)
}

fn zones(rules: &RuleSet, measured: &Measured) -> Vec<Column> {
    let thresholds = rules.zones.as_ref().map(|z| Thresholds {
        inside_min: z.inside_min,
        outside_max: z.outside_max,
        tolerance_m2: z.tolerance_m2,
        tolerance_m: z.tolerance_m,
    });
    let state =
        |share: f64, area_m2: f64, perimeter_m: f64| thresholds.map_or("unknown", |t| State::as_str(t.state(share, area_m2, perimeter_m)));
    let columns = measured.located.par_iter().flat_map_iter(|located| {
        let states =
            located.share.iter().zip(located.area_m2.iter().zip(&measured.areas.perimeter_m)).map(|(s, (a, p))| Some(state(*s, *a, *p)));
        let state = text_column(&format!("zone_{}", located.kind), states);
        [state, all(&format!("share_{}", located.kind), &located.share)]
    });
    columns.collect()
}

fn money(rules: &RuleSet, measured: &Measured) -> Vec<Column> {
    let apportioned = &measured.apportioned;
    let figures = indicators::measure(apportioned, &measured.areas.legal_m2, averaging(rules));
    let mut columns: Vec<Column> = figures.par_iter().map(|(name, values)| numbers(name, values)).collect();
    columns
        .push(UInt32Chunked::from_iter_options("enterprises".into(), apportioned.enterprises.iter().copied()).into_series().into_column());
    columns.push(text_column("scale", apportioned.above_scale.iter().map(|s| s.map(|above| if above { "above" } else { "below" }))));
    columns
}

/// Adds columns that a stage made.
pub(super) fn add(inventory: &mut DataFrame, columns: Vec<Column>) -> Result<(), PolarsError> {
    columns.into_iter().try_for_each(|column| inventory.with_column(column).map(|_| ()))
}

/// How the years of a window become one figure.
pub(super) fn averaging(rules: &RuleSet) -> indicators::Averaging {
    rules.indicators.as_ref().map_or(indicators::Averaging { min_years: 1, mean: Mean::SumOverLandYears }, |r| indicators::Averaging {
        min_years: r.min_years as usize,
        mean: r.mean,
    })
}

/// Adds what a grading rule said.
pub(super) fn add_grades(inventory: &mut DataFrame, grading: &Grading) -> Result<(), PolarsError> {
    let columns = columns_of(&[
        &|| text_column("grade_reason", grading.reason.iter().map(|r| Some(r.as_str()))),
        &|| text_column("grade", grading.grade.iter().map(|g| g.as_deref())),
        &|| numbers("score", &grading.score),
    ]);
    add(inventory, columns)
}

/// Says that there is no grading rule.
pub(super) fn not_graded(inventory: &mut DataFrame) -> Result<(), PolarsError> {
    let rows = inventory.height();
    inventory.with_column(numbers("score", &vec![None; rows]))?;
    inventory.with_column(text_column("grade", std::iter::repeat_n(None, rows)))?;
    let reason = say!("no grading rule in the job's packs");
    inventory.with_column(text_column("grade_reason", std::iter::repeat_n(Some(reason.as_str()), rows)))?;
    Ok(())
}

/// Adds what a low-efficiency rule said.
pub(super) fn add_recognition(inventory: &mut DataFrame, recognition: &Recognition) -> Result<(), PolarsError> {
    inventory.with_column(text_column("low_efficiency", recognition.verdict.iter().map(|v| Some(v.as_str()))))?;
    inventory.with_column(text_column("low_efficiency_reason", recognition.reason.iter().map(|r| Some(&**r))))?;
    Ok(())
}

/// Says that there is no low-efficiency rule.
pub(super) fn not_recognised(inventory: &mut DataFrame) -> Result<(), PolarsError> {
    let rows = inventory.height();
    inventory.with_column(text_column("low_efficiency", std::iter::repeat_n(Some("unknown"), rows)))?;
    let reason = say!("no low-efficiency rule in the job's packs");
    inventory.with_column(text_column("low_efficiency_reason", std::iter::repeat_n(Some(reason.as_str()), rows)))?;
    Ok(())
}

/// Says that there is no toolbox.
pub(super) fn no_tools(inventory: &mut DataFrame) -> Result<(), PolarsError> {
    let rows = inventory.height();
    for name in ["tools", "needs_data"] {
        inventory.with_column(no_text(name, rows))?;
    }
    Ok(())
}

/// The columns that a later rule kind fills, the number of findings, and the order of the contract.
pub(super) fn finish(inventory: &mut DataFrame, findings: &[Finding], parcels: &Layer) -> Result<(), PolarsError> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    let sources: BTreeSet<(&str, &str)> = parcels.sources().iter().map(|source| (&*source.file, &*source.layer)).collect();
    for id in findings.iter().filter(|f| sources.contains(&(&*f.file, &*f.layer))).filter_map(|f| f.feature_id.as_deref()) {
        *counts.entry(id).or_default() += 1;
    }
    let ids = inventory.column("parcel_id")?.str()?;
    let counted: Vec<u32> = ids.iter().map(|id| id.and_then(|id| counts.get(id).copied()).unwrap_or(0)).collect();
    inventory.with_column(UInt32Chunked::from_vec("findings".into(), counted).into_series().into_column())?;
    *inventory = inventory.select(ordered(inventory))?;
    Ok(())
}

fn ordered(inventory: &DataFrame) -> Vec<String> {
    let zones =
        inventory.get_column_names().into_iter().filter(|n| n.starts_with("zone_") || n.starts_with("share_")).map(ToString::to_string);
    let zones: Vec<String> = zones.collect();
    let mut names = Vec::new();
    for column in columns::INVENTORY {
        if column.name == "location_class" {
            names.extend(zones.iter().cloned());
        }
        names.push(column.name.to_owned());
    }
    names
}

/// A number column with unknowns; NaN, which nothing should make, would be unknown too. Adding 0 makes the −0 of an empty sum 0.
pub(super) fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    let known = |v: &Option<f64>| v.filter(|v| v.is_finite()).map(|v| v + 0.0);
    number_column(name, values.iter().map(known))
}

fn all(name: &str, values: &[f64]) -> Column {
    number_column(name, values.iter().map(|v| Some(v + 0.0).filter(|v| v.is_finite())))
}

/// A yes-no column.
pub(super) fn flags(name: &str, values: &[Option<bool>]) -> Column {
    BooleanChunked::from_iter_options(name.into(), values.iter().copied()).into_series().into_column()
}

/// A text column of nothing.
pub(super) fn no_text(name: &str, rows: usize) -> Column {
    Column::full_null(name.into(), rows, &DataType::String)
}

//! The stage of left-over plots, fed from what the run has.

use polars::prelude::{Column, DataFrame, PolarsError, StringChunked};

use super::{Prepared, RunError, geographic};
use crate::measure::area;
use crate::model::{Code, DecisionTable, Finding, GeometryBuilder, GeometryColumn, identifiers};
use crate::read::job::{AreaMethod, Job};
use crate::rules::{RuleSet, SliverRules};
use crate::say;
use crate::slivers::{self, Declared, Lines, Parcels, Projects};

/// What the stage gives.
pub(super) struct LeftOver {
    pub columns: Vec<Column>,
    pub candidates: DataFrame,
    pub swaps: DataFrame,
    /// The rows of the left-over plots that have a partner.
    pub paired: Vec<u32>,
    pub decisions: DecisionTable,
    pub findings: Vec<Finding>,
}

/// Looks for left-over plots; without a rule or without projects the tables are empty.
pub(super) fn find(job: &Job, rules: &RuleSet, prepared: &Prepared, areas: &area::Areas, ids: &[&str]) -> Result<LeftOver, RunError> {
    let parcels = Parcels {
        geometry: &prepared.parcels.geometry,
        ids,
        planar_m2: &areas.planar_m2,
        ellipsoidal_m2: &areas.ellipsoidal_m2,
        registered_m2: &areas.registered_m2,
        perimeter_m: &areas.perimeter_m,
        declared: Declared::of(&prepared.parcels.attributes)?,
    };
    let (Some(rule), Some(layer)) = (&rules.slivers, &prepared.projects) else { return Ok(nothing(parcels)?) };
    let land_m2 = land_m2(job, prepared, &layer.geometry)?;
    let projects = Projects {
        geometry: &layer.geometry,
        land_m2: &land_m2,
        ids: identifiers(&layer.attributes)?,
        holder: layer.attributes.column("holder_id")?.str()?,
    };
    let (rule, expired) = without_expired_swaps(rule, job);
    let zones: Vec<(&str, &GeometryColumn)> = prepared.zones.iter().map(|(kind, zones)| (kind.as_str(), &zones.geometry)).collect();
    let beside = slivers::find(parcels, projects, &Lines::of(&rule, &zones), &rule);
    let swaps = slivers::swaps(&beside, parcels, projects, &rule);
    let mut findings = slivers::findings(&beside.candidates, parcels, &prepared.parcels, &rule);
    findings.extend(expired);
    Ok(LeftOver {
        columns: slivers::columns(&beside.candidates, projects, ids.len()),
        candidates: slivers::ledger(&beside.candidates, ids, projects, Some(&rule))?,
        swaps: slivers::swap_ledger(&swaps, parcels, projects, Some(&rule))?,
        paired: swaps.iter().map(|swap| swap.parcel).collect(),
        decisions: slivers::decisions(&beside.candidates, ids, projects, &rule),
        findings,
    })
}

fn nothing(parcels: Parcels<'_>) -> Result<LeftOver, PolarsError> {
    let empty = GeometryBuilder::default().finish();
    let none = StringChunked::default();
    let projects = Projects { geometry: &empty, land_m2: &[], ids: &none, holder: &none };
    Ok(LeftOver {
        columns: slivers::columns(&[], projects, parcels.ids.len()),
        candidates: slivers::ledger(&[], parcels.ids, projects, None)?,
        swaps: slivers::swap_ledger(&[], parcels, projects, None)?,
        paired: Vec::new(),
        decisions: DecisionTable::default(),
        findings: Vec::new(),
    })
}

/// The land of every project by the job's area method.
fn land_m2(job: &Job, prepared: &Prepared, projects: &GeometryColumn) -> Result<Vec<f64>, RunError> {
    if job.area.method == AreaMethod::Planar {
        return Ok(projects.shapes().map(crate::spatial::area::planar_area_m2).collect());
    }
    let geographic = prepared.projects.as_ref().map(|layer| geographic(layer, prepared)).transpose()?.flatten();
    let place = area::Place { crs: &prepared.crs, origin: prepared.origin, geographic: geographic.as_ref() };
    Ok(area::ellipsoidal(projects, &place))
}

/// The basis of swaps has its own dates: outside them there are none, and a finding says so.
fn without_expired_swaps(rule: &SliverRules, job: &Job) -> (SliverRules, Option<Finding>) {
    let mut rule = rule.clone();
    let Some(swap) = rule.swap.take_if(|swap| !swap.in_force(job.as_of)) else { return (rule, None) };
    let message =
        say!("no swaps are proposed: their basis, {document}, is not in force on {day}", document = swap.source.document, day = job.as_of);
    let finding = Finding::general(Code::RuleExpired, message).rule(rule.rule_id.as_ref());
    (rule, Some(finding.hint(say!("add the dates of what follows it to `[rule.swap]`, or take the table out"))))
}

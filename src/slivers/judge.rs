//! The rule applied to what lies beside the projects: plot by plot, then one project a plot, then the sum of each project.

use std::collections::BTreeMap;

use super::limits::{capacity, hundredths, is_small, total};
use super::select::choose;
use super::{Candidate, Status};
use crate::model::Verdict;
use crate::rules::{Selection, SliverRules};

/// Fills status, ratios and recommendation of candidates that are sorted by project.
pub(super) fn judge(candidates: &mut [Candidate], ids: &[&str], rule: &SliverRules) {
    for c in candidates.iter_mut() {
        c.status = alone(c, rule);
    }
    one_project_each(candidates);
    for of_project in candidates.chunk_by_mut(|a, b| a.project == b.project) {
        together(of_project, ids, rule);
    }
}

/// What stops a plot whatever lies around it; the first that applies.
fn alone(c: &Candidate, rule: &SliverRules) -> Status {
    let is_artefact = hundredths(c.measures.inscribed_diameter_m) < hundredths(rule.artefact.min_width_m)
        || hundredths(c.measures.planar_m2) < hundredths(rule.artefact.min_area_m2);
    if is_artefact {
        return Status::Artefact;
    }
    if c.is_own {
        return Status::OwnHolder;
    }
    match c.is_construction_land {
        Some(false) if rule.require_construction_land => return Status::NotConstructionLand,
        Some(true) if rule.require_farmland => return Status::ConstructionLand,
        _ => {}
    }
    if rule.max_plot.is_some_and(|limit| !is_small(c.area_m2, limit)) {
        return Status::OverPlotLimit;
    }
    if rule.kinds.required && c.kind == super::kind::Kind::None {
        return Status::NoKind;
    }
    if c.signs.any() == Verdict::No {
        return Status::NotHardToDevelop;
    }
    let is_unknown = c.is_construction_land.is_none() && (rule.require_construction_land || rule.require_farmland);
    if is_unknown { Status::UnknownConstructionLand } else { Status::Eligible }
}

/// A plot beside several projects stays with the one it runs along longest; of equals, the first by identifier.
fn one_project_each(candidates: &mut [Candidate]) {
    let mut best: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
    for c in candidates.iter().filter(|c| c.status.is_counted()) {
        let entry = best.entry(c.parcel).or_insert((c.measures.shared_m, c.project));
        if c.measures.shared_m > entry.0 {
            *entry = (c.measures.shared_m, c.project);
        }
    }
    for c in candidates.iter_mut().filter(|c| c.status.is_counted()) {
        if best.get(&c.parcel).is_some_and(|(_, project)| *project != c.project) {
            c.status = Status::OtherProject;
        }
    }
}

/// The ratios of a project, what they mean for its plots, and which of these are recommended.
fn together(of_project: &mut [Candidate], ids: &[&str], rule: &SliverRules) {
    let Some(land_m2) = of_project.first().map(|c| c.land_m2) else { return };
    let slivers = of_project.iter().filter(|c| c.status.is_counted()).map(|c| hundredths(c.area_m2)).sum();
    let total = total(slivers, land_m2, rule.max_total.as_ref());
    for c in of_project.iter_mut() {
        (c.ratio_core, c.ratio_with_slivers) = (total.ratio_core, total.ratio_with_slivers);
        if c.status == Status::Eligible {
            c.status = total.status;
        }
    }
    let Some((limit, selection)) = rule.max_total.as_ref().zip(rule.selection.as_ref()) else { return };
    let mut pool: Vec<&mut Candidate> =
        of_project.iter_mut().filter(|c| c.status.is_counted() && c.status != Status::UnknownConstructionLand).collect();
    pool.sort_by(|a, b| {
        priority(a, selection)
            .partial_cmp(&priority(b, selection))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then_with(|| id(a, ids).cmp(id(b, ids)))
    });
    let areas: Vec<i64> = pool.iter().map(|c| hundredths(c.area_m2)).collect();
    let (taken, method) = choose(&areas, capacity(land_m2, limit, selection.denominator), selection);
    for (c, taken) in pool.into_iter().zip(taken) {
        c.recommended = Some((taken, method));
    }
}

/// The kind in the rule's order, the longest share of the boundary first, the smallest area first; then comes the identifier.
fn priority(c: &Candidate, selection: &Selection) -> (usize, f64, i64) {
    let last = selection.kind_order.len();
    let kind = c.kind.known().and_then(|kind| selection.kind_order.iter().position(|k| *k == kind)).unwrap_or(last);
    (kind, -c.measures.shared_ratio(), hundredths(c.area_m2))
}

fn id<'a>(c: &Candidate, ids: &[&'a str]) -> &'a str {
    ids.get(c.parcel as usize).copied().unwrap_or_default()
}

//! What the rule said of every candidate, with the facts, and where the choice of the area decides.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::ledger::area_word;
use super::limits::is_small;
use super::{Candidate, Parcels, Projects, Status};
use crate::model::say::word;
use crate::model::{Code, DecisionTable, DecisionText, Finding, Layer};
use crate::rules::{AreaKind, Human, PlotLimit, SliverRules};
use crate::say;

/// Areas that a plot may have.
const AREAS: [AreaKind; 3] = [AreaKind::Registered, AreaKind::Ellipsoidal, AreaKind::Planar];

/// The table that has the codes of candidates.
const CANDIDATES: &str = "sliver_candidates";

/// A decision for every candidate.
#[must_use]
pub fn decisions(candidates: &[Candidate], parcels: &[&str], projects: Projects<'_>, rule: &SliverRules) -> DecisionTable {
    let mut decisions = DecisionTable::default();
    let number = decisions.rule(&rule.rule_id, &rule.version);
    for c in candidates {
        let project = projects.ids.get(c.project as usize).unwrap_or_default();
        let facts = facts(c, (project, parcels.get(c.parcel as usize).copied().unwrap_or_default()), rule);
        let text = DecisionText { reasons: &reason(c, project), facts: &facts.to_string() };
        decisions.push(c.parcel, number, c.status.verdict(), text);
    }
    decisions
}

fn reason(c: &Candidate, project: &str) -> String {
    let status = word(CANDIDATES, "status", c.status.as_str());
    let refused = match c.status.refused_by() {
        "" => String::new(),
        key => say!(", refused by `{key}`", key = word(CANDIDATES, "refused_by", key)),
    };
    let recommended = match c.recommended {
        Some((true, _)) if c.status == Status::OverCumulative => say!(", among those recommended"),
        Some((false, _)) => say!(", not among those recommended"),
        _ => String::new(),
    };
    say!("{status} beside project `{project}`{refused}{recommended}; a person must confirm it", status, project, refused, recommended)
}

fn facts(c: &Candidate, (project, parcel): (&str, &str), rule: &SliverRules) -> Value {
    let m = &c.measures;
    let signs: Map<String, Value> = c.signs.named().map(|(name, sign)| (name.to_owned(), sign.as_str().into())).collect();
    json!({
        "project_id": project,
        "parcel_id": parcel,
        "nature": c.status.nature().as_str(),
        "kind": c.kind.as_str(),
        "area_m2": c.area_m2,
        "area_basis": area_word(c.area_basis),
        "max_plot_m2": rule.max_plot.map(|limit| limit.m2),
        "is_construction_land": c.is_construction_land,
        "shared_m": m.shared_m,
        "shared_ratio": m.shared_ratio(),
        "runs": m.runs,
        "hole_share": m.hole_share,
        "hull_share": m.hull_share,
        "line_share": m.line_share,
        "signs": signs,
        "inscribed_diameter_m": m.inscribed_diameter_m,
        "compactness": m.compactness(),
        "project_land_m2": c.land_m2,
        "ratio_core": c.ratio_core,
        "ratio_with_slivers": c.ratio_with_slivers,
        "max_total_ratio": rule.max_total.as_ref().map(super::limits::ratio_of),
        "recommended": c.recommended.map(|(taken, _)| taken),
        "selection": c.recommended.map(|(_, method)| method.as_str()),
        "supply": rule.supply_zh.as_ref(),
        "human": confirmations(&rule.human),
    })
}

/// What a person must confirm, by id.
pub(super) fn confirmations(human: &[Human]) -> Map<String, Value> {
    human.iter().map(|h| (h.id.to_string(), format!("{} ({})", h.text, h.text_zh).into())).collect()
}

/// Plots beside projects that are small enough by one of their areas and too large by another.
#[must_use]
pub fn findings(candidates: &[Candidate], parcels: Parcels<'_>, layer: &Layer, rule: &SliverRules) -> Vec<Finding> {
    let Some(limit) = rule.max_plot else { return Vec::new() };
    let plots: BTreeMap<u32, &Candidate> = candidates.iter().filter(|c| c.status != Status::Artefact).map(|c| (c.parcel, c)).collect();
    plots.into_values().filter_map(|c| flip(c, parcels, layer, limit)).map(|finding| finding.rule(rule.rule_id.as_ref())).collect()
}

fn flip(c: &Candidate, parcels: Parcels<'_>, layer: &Layer, limit: PlotLimit) -> Option<Finding> {
    let row = c.parcel as usize;
    let known: Vec<(AreaKind, f64)> = AREAS.iter().filter_map(|kind| Some((*kind, parcels.area_m2(row, *kind)?))).collect();
    let passes = |m2: f64| is_small(m2, limit);
    let tested = passes(c.area_m2);
    if known.iter().all(|(_, m2)| passes(*m2) == tested) {
        return None;
    }
    let each = |(kind, m2): &(AreaKind, f64)| {
        say!(
            "{kind} {m2} m² {verdict}",
            kind = word(CANDIDATES, "area_basis", area_word(*kind)),
            m2 = format_args!("{m2:.2}"),
            verdict = if passes(*m2) { say!("passes") } else { say!("is too much") }
        )
    };
    let all: Vec<String> = known.iter().map(each).collect();
    let message =
        say!("the limit of {limit} m² for a left-over plot depends on the area: {areas}", limit = limit.m2, areas = all.join(", "));
    Some(
        Finding::new(Code::SliverAreaFlips, layer.source_of(row), message)
            .at_row(*layer.rows.get(row)?)
            .of(*parcels.ids.get(row)?)
            .field("area_basis", area_word(c.area_basis))
            .hint(say!("settle the area with the registry before the plot is proposed or refused")),
    )
}

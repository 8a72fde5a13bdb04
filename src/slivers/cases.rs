//! The cases of a sliver rule: plots by their figures, without geometry.
//!
//! A figure that a case leaves out is that of a plot with nothing remarkable: one stretch of shared boundary, wide, regular, no line near.

use std::collections::BTreeSet;

use polars::prelude::{DataFrame, Float64Chunked, StringChunked};

use super::judge::judge;
use super::kind::kind_of;
use super::signs::Signs;
use super::{Candidate, Measures, Status};
use crate::rules::{AreaKind, Case, CaseFault, RulesError, SliverRules};

/// A plot of a case that leaves its figures out.
const PLAIN: Measures = Measures {
    planar_m2: 0.0,
    perimeter_m: 100.0,
    shared_m: 10.0,
    runs: 1,
    hole_share: 0.0,
    hull_share: 0.0,
    line_share: None,
    inscribed_diameter_m: 100.0,
    has_road: None,
};

/// What differs from what the case expects.
///
/// # Errors
/// None; the other kinds of rule evaluate conditions.
pub fn check_case(rule: &SliverRules, case: &Case) -> Result<Vec<CaseFault>, RulesError> {
    let ids: Vec<&str> = case.expected.iter().map(|(id, _)| id.as_str()).collect();
    let mut candidates = candidates(&case.frame, rule);
    candidates.sort_by_key(|c| c.project);
    judge(&mut candidates, &ids, rule);
    let mut faults = Vec::new();
    for (row, (_, wanted)) in case.expected.iter().enumerate() {
        let found = candidates.iter().find(|c| c.parcel as usize == row);
        let recommended = found.and_then(|c| c.recommended).map(|(taken, _)| if taken { "yes" } else { "no" });
        faults.extend(case.compare(row, "sliver_status", wanted.sliver_status.as_ref(), found.map(|c| c.status.as_str())));
        faults.extend(case.compare(row, "sliver_kind", wanted.sliver_kind.as_ref(), found.map(|c| c.kind.as_str())));
        faults.extend(case.compare(row, "recommended", wanted.recommended.as_ref(), recommended));
        let ratio = |value: fn(&Candidate) -> f64, wanted: Option<&String>| found.map(|c| to_decimals(value(c), wanted));
        let (core, with_slivers) = (wanted.ratio_core.as_ref(), wanted.ratio_with_slivers.as_ref());
        faults.extend(case.compare(row, "ratio_core", core, ratio(|c| c.ratio_core, core).as_deref()));
        faults.extend(case.compare(row, "ratio_with_slivers", with_slivers, ratio(|c| c.ratio_with_slivers, with_slivers).as_deref()));
    }
    Ok(faults)
}

/// The number with as many decimals as the case writes.
fn to_decimals(value: f64, wanted: Option<&String>) -> String {
    let decimals = wanted.and_then(|text| text.split_once('.')).map_or(0, |(_, decimals)| decimals.len());
    format!("{value:.decimals$}")
}

fn candidates(frame: &DataFrame, rule: &SliverRules) -> Vec<Candidate> {
    let facts = Facts { frame };
    let projects: BTreeSet<&str> = (0..frame.height()).filter_map(|row| facts.text("project_id", row)).collect();
    let number = |row: usize| facts.text("project_id", row).map_or(0, |id| projects.iter().take_while(|own| **own < id).count());
    let rows = (0..frame.height()).filter(|&row| facts.number("area_m2", row).is_some());
    rows.map(|row| facts.candidate(row, number(row), rule)).collect()
}

struct Facts<'a> {
    frame: &'a DataFrame,
}

impl<'a> Facts<'a> {
    fn number(&self, name: &str, row: usize) -> Option<f64> {
        let column: &Float64Chunked = self.frame.column(name).ok()?.f64().ok()?;
        column.get(row)
    }

    fn text(&self, name: &str, row: usize) -> Option<&'a str> {
        let column: &'a StringChunked = self.frame.column(name).ok()?.str().ok()?;
        column.get(row)
    }

    fn flag(&self, name: &str, row: usize) -> Option<bool> {
        self.frame.column(name).ok()?.bool().ok()?.get(row)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a case writes a small whole number")]
    fn measures(&self, row: usize, area_m2: f64) -> Measures {
        let figure = |name: &str, plain: f64| self.number(name, row).unwrap_or(plain);
        Measures {
            planar_m2: figure("area_planar_m2", area_m2),
            perimeter_m: figure("perimeter_m", PLAIN.perimeter_m),
            shared_m: figure("shared_m", PLAIN.shared_m),
            runs: self.number("runs", row).map_or(PLAIN.runs, |runs| runs as u32),
            hole_share: figure("hole_share", PLAIN.hole_share),
            hull_share: figure("hull_share", PLAIN.hull_share),
            line_share: self.number("line_share", row),
            inscribed_diameter_m: figure("inscribed_diameter_m", PLAIN.inscribed_diameter_m),
            has_road: self.flag("has_road", row),
        }
    }

    fn candidate(&self, row: usize, project: usize, rule: &SliverRules) -> Candidate {
        let area_m2 = self.number("area_m2", row).unwrap_or_default();
        let measures = self.measures(row, area_m2);
        let holder = self.text("project_holder_id", row);
        Candidate {
            project: u32::try_from(project).unwrap_or(u32::MAX),
            parcel: u32::try_from(row).unwrap_or(u32::MAX),
            area_m2,
            area_basis: AreaKind::Registered,
            measures,
            kind: kind_of(&measures, &rule.kinds),
            signs: Signs::of(&measures, area_m2, &rule.hard_to_develop),
            is_own: holder.is_some() && holder == self.text("holder_id", row),
            is_construction_land: self.flag("is_construction_land", row),
            land_m2: self.number("project_land_m2", row).unwrap_or_default(),
            ratio_core: 0.0,
            ratio_with_slivers: 0.0,
            status: Status::Eligible,
            recommended: None,
        }
    }
}

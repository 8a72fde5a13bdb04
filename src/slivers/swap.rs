//! Plots that may be swapped (置换): a left-over plot beside a project against another near it, of similar area or equal value.
//!
//! Pairs are ranked: what the project's own holder has to give before what others have, both measures alike before one, known tenures before unknown ones,
//! the smallest difference first, then the nearest, then by identifiers. A plot is in one pair; the better pair has it.
//!
//! Whether both holders are willing is for a person to find out.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use polars::prelude::{DataFrame, IntoColumn, IntoSeries, NewChunkedArray, PolarsError, UInt32Chunked};
use rayon::prelude::*;

use super::beside::Beside;
use super::ledger::words;
use super::measures::ROUNDING_M;
use super::{Candidate, Parcels, Projects, Status};
use crate::model::{GeometryColumn, Rect, number_column, text_column};
use crate::rules::{SliverRules, SwapRule};
use crate::spatial::nearness::Outlines;

/// Less than a hundredth of a square metre or of a yuan: what a product loses by rounding.
const NOISE: f64 = 1e-6;

/// A pair of plots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swap {
    /// Row of the project.
    pub project: u32,
    /// Row of the left-over plot.
    pub parcel: u32,
    /// Row of the plot that is given for it.
    pub partner: u32,
    /// Areas of both, m².
    pub areas_m2: [f64; 2],
    /// Values of both, 万元.
    pub values_wan: Option<[f64; 2]>,
    /// Difference of the areas over the larger.
    pub area_difference: f64,
    /// Difference of the values over the larger.
    pub value_difference: Option<f64>,
    /// Whether the areas are similar.
    pub similar_area: bool,
    /// Whether the values are equal.
    pub equal_value: bool,
    /// Whether both tenures are known.
    pub known_tenures: bool,
    /// Whether the project's holder has the partner; none where a holder is unknown.
    pub of_project_holder: Option<bool>,
    /// Distance of the middles of both plots' boxes, m.
    pub distance_m: f64,
    /// Place among the pairs of the project, from 1.
    pub rank: u32,
}

/// The pairs of all projects, by project and rank; none where the rule has no swaps.
#[must_use]
pub fn swaps(beside: &Beside, parcels: Parcels<'_>, projects: Projects<'_>, rule: &SliverRules) -> Vec<Swap> {
    let Some(swap) = &rule.swap else { return Vec::new() };
    let groups: Vec<&[Candidate]> = beside.candidates.chunk_by(|a, b| a.project == b.project).collect();
    let search = Search { beside, parcels, projects, rule, swap };
    let mut pairs: Vec<Swap> = groups.into_par_iter().flat_map_iter(|of_project| search.pairs(of_project)).collect();
    pairs.par_sort_by(|a, b| order(a, b, parcels.ids));
    let mut used = BTreeSet::new();
    pairs.retain(|pair| {
        let free = !used.contains(&pair.parcel) && !used.contains(&pair.partner);
        if free {
            used.extend([pair.parcel, pair.partner]);
        }
        free
    });
    pairs.sort_by_key(|pair| pair.project);
    for of_project in pairs.chunk_by_mut(|a, b| a.project == b.project) {
        of_project.iter_mut().zip(1..).for_each(|(pair, rank)| pair.rank = rank);
    }
    pairs
}

fn order(a: &Swap, b: &Swap, ids: &[&str]) -> Ordering {
    let words = |s: &Swap| (s.of_project_holder != Some(true), !(s.similar_area && s.equal_value), !s.known_tenures);
    let least = |s: &Swap| s.value_difference.map_or(s.area_difference, |value| value.min(s.area_difference));
    let id = |row: u32| ids.get(row as usize);
    words(a)
        .cmp(&words(b))
        .then_with(|| least(a).total_cmp(&least(b)))
        .then_with(|| a.distance_m.total_cmp(&b.distance_m))
        .then_with(|| (id(a.parcel), id(a.partner), a.project).cmp(&(id(b.parcel), id(b.partner), b.project)))
}

struct Search<'a> {
    beside: &'a Beside,
    parcels: Parcels<'a>,
    projects: Projects<'a>,
    rule: &'a SliverRules,
    swap: &'a SwapRule,
}

/// A plot that may be given for another.
#[derive(Clone, Copy)]
struct Partner {
    row: u32,
    m2: f64,
    wan: Option<f64>,
}

impl Search<'_> {
    fn pairs(&self, of_project: &[Candidate]) -> Vec<Swap> {
        let subjects: Vec<&Candidate> = of_project.iter().filter(|c| is_subject(c)).collect();
        let Some(first) = subjects.first() else { return Vec::new() };
        let project = self.projects.geometry.take(&[first.project]);
        let (by_area, by_value) = self.partners(of_project, project.extent());
        let near = Outlines::new(std::iter::once(&project));
        let mut found = Vec::new();
        for subject in subjects {
            let wan = self.value_wan(subject.parcel);
            let similar = range(&by_area, |p| p.m2, subject.area_m2, self.swap.area_tolerance);
            let equal = wan.map(|wan| range(&by_value, |p| p.wan.unwrap_or_default(), wan, self.swap.value_tolerance)).unwrap_or_default();
            let mut rows: Vec<&Partner> = similar.iter().chain(equal).collect();
            rows.sort_by_key(|p| p.row);
            rows.dedup_by_key(|p| p.row);
            let pairs = rows.into_iter().filter_map(|partner| self.pair(subject, *partner));
            found.extend(pairs.filter(|pair| self.is_near(&near, pair.partner)));
        }
        found
    }

    /// What lies within reach and is neither core nor beside the project, by area and, where it is known, by value.
    fn partners(&self, of_project: &[Candidate], project: Rect) -> (Vec<Partner>, Vec<Partner>) {
        let beside: BTreeSet<u32> = of_project.iter().map(|c| c.parcel).collect();
        let mut rows = self.beside.index.candidates(&project.grown(self.swap.reach_m + ROUNDING_M));
        rows.retain(|row| {
            let is_core = self.beside.is_core.get(*row as usize).copied().unwrap_or(true);
            !is_core && !beside.contains(row) && self.parcels.declared.construction.get(*row as usize) != Some(false)
        });
        let partner = |row: u32| {
            let (m2, _) = self.parcels.tested_m2(row as usize, &self.rule.area_order)?;
            Some(Partner { row, m2, wan: self.value_wan(row) })
        };
        let mut by_area: Vec<Partner> = rows.into_iter().filter_map(partner).collect();
        let mut by_value: Vec<Partner> = by_area.iter().filter(|p| p.wan.is_some()).copied().collect();
        by_area.sort_by(|a, b| a.m2.total_cmp(&b.m2));
        by_value.sort_by(|a, b| a.wan.unwrap_or_default().total_cmp(&b.wan.unwrap_or_default()));
        (by_area, by_value)
    }

    fn value_wan(&self, row: u32) -> Option<f64> {
        self.parcels.declared.value_wan.get(row as usize)
    }

    fn is_near(&self, project: &Outlines<'_>, partner: u32) -> bool {
        project.length_near_m(self.parcels.geometry.shape(partner as usize), self.swap.reach_m + ROUNDING_M) > 0.0
    }

    fn pair(&self, subject: &Candidate, partner: Partner) -> Option<Swap> {
        let declared = self.parcels.declared;
        let holder = |row: u32| declared.holder.get(row as usize);
        let tenures = declared.tenure.get(subject.parcel as usize).zip(declared.tenure.get(partner.row as usize));
        let one_holder = holder(subject.parcel).is_some() && holder(subject.parcel) == holder(partner.row);
        if one_holder || tenures.is_some_and(|tenures| !self.may_swap(tenures)) {
            return None;
        }
        let values_wan = self.value_wan(subject.parcel).zip(partner.wan).map(|(a, b)| [a, b]);
        let areas_m2 = [subject.area_m2, partner.m2];
        let of_project_holder = self.projects.holder.get(subject.project as usize).zip(holder(partner.row)).map(|(a, b)| a == b);
        Some(Swap {
            project: subject.project,
            parcel: subject.parcel,
            partner: partner.row,
            areas_m2,
            values_wan,
            area_difference: difference(areas_m2),
            value_difference: values_wan.map(difference),
            similar_area: is_alike(areas_m2, self.swap.area_tolerance),
            equal_value: values_wan.is_some_and(|values| is_alike(values, self.swap.value_tolerance)),
            known_tenures: tenures.is_some(),
            of_project_holder,
            distance_m: apart_m(self.parcels.geometry, [subject.parcel, partner.row]),
            rank: 0,
        })
    }

    fn may_swap(&self, (a, b): (&str, &str)) -> bool {
        self.swap.tenures.iter().any(|[c, d]| (a == &**c && b == &**d) || (b == &**c && a == &**d))
    }
}

/// A left-over plot of one of the three kinds, whose land may be swapped.
fn is_subject(c: &Candidate) -> bool {
    let is_free = !matches!(c.status, Status::Artefact | Status::OtherProject | Status::OwnHolder);
    is_free && c.kind.known().is_some() && c.is_construction_land != Some(false)
}

/// The partners, sorted by a figure, for which it is alike.
fn range(sorted: &[Partner], figure: impl Fn(&Partner) -> f64, value: f64, tolerance: f64) -> &[Partner] {
    let start = sorted.partition_point(|p| figure(p) < value && !is_alike([figure(p), value], tolerance));
    let rest = sorted.get(start..).unwrap_or_default();
    let end = rest.partition_point(|p| figure(p) <= value || is_alike([figure(p), value], tolerance));
    rest.get(..end).unwrap_or_default()
}

fn is_alike([a, b]: [f64; 2], tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.max(b) + NOISE
}

fn difference([a, b]: [f64; 2]) -> f64 {
    let most = a.max(b);
    if most > 0.0 { (a - b).abs() / most } else { 0.0 }
}

fn apart_m(geometry: &GeometryColumn, [a, b]: [u32; 2]) -> f64 {
    let middle = |row: u32| geometry.bounds().get(row as usize).map(Rect::centre).unwrap_or_default();
    crate::spatial::area::length_m(middle(a), middle(b))
}

/// `ledger/swap_candidates.parquet`.
///
/// # Errors
/// None that the data can cause.
pub fn ledger(swaps: &[Swap], parcels: Parcels<'_>, projects: Projects<'_>, rule: Option<&SliverRules>) -> Result<DataFrame, PolarsError> {
    let id = |row: u32| parcels.ids.get(row as usize).copied();
    let tenure = |row: u32| parcels.declared.tenure.get(row as usize);
    let human = rule.and_then(|rule| rule.swap.as_ref()).map(|swap| words(&swap.human));
    let number = |name: &str, value: &dyn Fn(&Swap) -> Option<f64>| number_column(name, swaps.iter().map(value));
    DataFrame::new(
        swaps.len(),
        vec![
            text_column("project_id", swaps.iter().map(|s| projects.ids.get(s.project as usize))),
            UInt32Chunked::from_iter_values("rank".into(), swaps.iter().map(|s| s.rank)).into_series().into_column(),
            text_column("parcel_id", swaps.iter().map(|s| id(s.parcel))),
            text_column("partner_id", swaps.iter().map(|s| id(s.partner))),
            text_column("basis", swaps.iter().map(|s| Some(basis(s)))),
            number("area_m2", &|s| Some(s.areas_m2[0])),
            number("partner_area_m2", &|s| Some(s.areas_m2[1])),
            number("area_difference", &|s| Some(s.area_difference)),
            number("value_wan", &|s| s.values_wan.map(|v| v[0])),
            number("partner_value_wan", &|s| s.values_wan.map(|v| v[1])),
            number("value_difference", &|s| s.value_difference),
            text_column("tenure", swaps.iter().map(|s| tenure(s.parcel))),
            text_column("partner_tenure", swaps.iter().map(|s| tenure(s.partner))),
            text_column("partner_of_project_holder", swaps.iter().map(|s| s.of_project_holder.map(|own| if own { "yes" } else { "no" }))),
            number("distance_m", &|s| Some(s.distance_m)),
            text_column("human", swaps.iter().map(|_| human.as_deref())),
        ],
    )
}

fn basis(swap: &Swap) -> &'static str {
    match (swap.similar_area, swap.equal_value) {
        (true, true) => "area_and_value",
        (false, true) => "value",
        _ => "area",
    }
}

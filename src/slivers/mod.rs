//! Small plots beside a redevelopment project that may be supplied with it: at most so large, adjoining, and together at most so much of the project.
//!
//! Nothing is merged here: candidates are proposed, with the ratio on both denominators and the constraint that stops them.
//!
//! **Invariant:** a plot counts in one project only; a plot that is known not to be construction land counts in none.

#![expect(clippy::indexing_slicing, reason = "rows come from the layers and lists that they index, which have one length")]

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, Float64Chunked, IntoColumn, IntoSeries, NewChunkedArray, PolarsError};
use rayon::prelude::*;

use crate::model::{GeometryColumn, text_column};
use crate::spatial::adjacency::{Closeness, shared_boundary};
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};

/// The numbers of the rule pack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Largest plot, m².
    pub max_plot_m2: f64,
    /// Whether a plot of exactly that size passes.
    pub max_plot_inclusive: bool,
    /// Largest sum of plots over the land of the project.
    pub max_total_ratio: f64,
    /// Whether exactly that ratio passes.
    pub max_total_inclusive: bool,
    /// Whether a plot must already be construction land.
    pub require_construction_land: bool,
    /// Shared boundary above which (strictly) a plot adjoins, m.
    pub min_shared_m: f64,
    /// Share of a parcel inside the project from which (inclusive) it is core.
    pub core_min_share: f64,
    /// When boundaries run together.
    pub closeness: Closeness,
}

/// The parcels, in the order of the inventory.
#[derive(Clone, Copy, Debug)]
pub struct Parcels<'a> {
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Planar areas, m².
    pub planar_m2: &'a [f64],
    /// The areas that the limits are tested on, m².
    pub area_m2: &'a [Option<f64>],
    /// Whether a parcel is construction land.
    pub construction: &'a [Option<bool>],
    /// Identifiers.
    pub ids: &'a [&'a str],
}

/// The projects, sorted by identifier.
#[derive(Clone, Copy, Debug)]
pub struct Projects<'a> {
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Land by the job's area method, m².
    pub land_m2: &'a [f64],
    /// Identifiers.
    pub ids: &'a [&'a str],
}

/// What is said of a small plot beside a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Both ratios pass.
    Eligible,
    /// Only the ratio to the land with slivers passes.
    EligibleIfTotalIncludesSlivers,
    /// The plots together are too much.
    OverCumulative,
    /// It is known not to be construction land.
    NotConstructionLand,
    /// Whether it is construction land is unknown; counted, but nobody may rely on it.
    UnknownConstructionLand,
    /// It runs longer along another project.
    OtherProject,
}

impl Status {
    /// The word in `sliver_status` and `status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::EligibleIfTotalIncludesSlivers => "eligible_if_total_includes_slivers",
            Self::OverCumulative => "over_cumulative",
            Self::NotConstructionLand => "not_construction_land",
            Self::UnknownConstructionLand => "unknown_construction_land",
            Self::OtherProject => "other_project",
        }
    }

    /// The constraint that stops the plot; empty where none does.
    #[must_use]
    pub const fn refused_by(self) -> &'static str {
        match self {
            Self::Eligible | Self::EligibleIfTotalIncludesSlivers => "",
            Self::OverCumulative => "max_total_ratio",
            Self::NotConstructionLand | Self::UnknownConstructionLand => "require_construction_land",
            Self::OtherProject => "one_project",
        }
    }
}

/// A small plot beside a project.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Row of the project.
    pub project: u32,
    /// Row of the parcel.
    pub parcel: u32,
    /// Boundary that both share, m.
    pub shared_m: f64,
    /// Area of the plot, m².
    pub area_m2: f64,
    /// All plots of the project over its land.
    pub ratio_core: f64,
    /// All plots over land and plots.
    pub ratio_with_slivers: f64,
    /// What is said of it.
    pub status: Status,
}

/// Every small plot that adjoins a project, by project and parcel.
#[must_use]
pub fn candidates(parcels: Parcels<'_>, projects: Projects<'_>, limits: &Limits) -> Vec<Candidate> {
    let index = BoxIndex::new(parcels.geometry.bounds());
    let prepared = PreparedColumn::new(projects.geometry);
    let rows = || (0..projects.geometry.len()).into_par_iter();
    let core: BTreeSet<u32> = rows().flat_map_iter(|project| core_of(parcels, (project, &prepared), &index, limits)).collect();
    let beside = |project| adjoining(parcels, (project, &prepared), &index, limits).into_iter().filter(|c| !core.contains(&c.parcel));
    let mut found: Vec<Candidate> = rows().flat_map_iter(beside).collect();
    one_project_each(&mut found);
    for of_project in found.chunk_by_mut(|a, b| a.project == b.project) {
        judge(of_project, projects, limits);
    }
    found
}

/// The small parcels that belong to a project: no sliver of it or of its neighbours.
fn core_of(parcels: Parcels<'_>, project: (usize, &PreparedColumn<'_>), index: &BoxIndex, limits: &Limits) -> Vec<u32> {
    let (row, prepared) = project;
    let mut scratch = Scratch::default();
    let mut is_core = |parcel: &u32| {
        let p = *parcel as usize;
        let inside_m2 = overlap_area_m2(prepared.get(row), parcels.geometry.shape(p), parcels.planar_m2[p], &mut scratch);
        inside_m2 / parcels.planar_m2[p] >= limits.core_min_share
    };
    let mut near = index.candidates(&prepared.get(row).shape.bounds);
    near.retain(|parcel| parcels.area_m2[*parcel as usize].is_some_and(|m2| is_small(m2, limits)) && is_core(parcel));
    near
}

fn adjoining(parcels: Parcels<'_>, project: (usize, &PreparedColumn<'_>), index: &BoxIndex, limits: &Limits) -> Vec<Candidate> {
    let (row, prepared) = project;
    let window = prepared.get(row).shape.bounds.grown(limits.closeness.snap_m);
    let mut found = Vec::new();
    for parcel in index.candidates(&window) {
        let p = parcel as usize;
        let Some(area_m2) = parcels.area_m2[p].filter(|m2| is_small(*m2, limits)) else { continue };
        let shape = parcels.geometry.shape(p);
        let shared_m = shared_boundary(shape, prepared.get(row), limits.closeness).length_m;
        if shared_m > limits.min_shared_m {
            let status = match (limits.require_construction_land, parcels.construction[p]) {
                (true, Some(false)) => Status::NotConstructionLand,
                (true, None) => Status::UnknownConstructionLand,
                _ => Status::Eligible,
            };
            let project = u32::try_from(row).unwrap_or(u32::MAX);
            found.push(Candidate { project, parcel, shared_m, area_m2, ratio_core: 0.0, ratio_with_slivers: 0.0, status });
        }
    }
    found
}

/// Areas are compared to the hundredth of a square metre, as registers state them.
fn is_small(area_m2: f64, limits: &Limits) -> bool {
    let hundredths = (area_m2 * 100.0).round();
    let limit = (limits.max_plot_m2 * 100.0).round();
    if limits.max_plot_inclusive { hundredths <= limit } else { hundredths < limit }
}

/// A plot beside several projects stays with the one it runs along longest; of equals, the first by identifier.
fn one_project_each(candidates: &mut [Candidate]) {
    let mut best: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
    for c in candidates.iter().filter(|c| c.status != Status::NotConstructionLand) {
        let entry = best.entry(c.parcel).or_insert((c.shared_m, c.project));
        if c.shared_m > entry.0 {
            *entry = (c.shared_m, c.project);
        }
    }
    for c in candidates.iter_mut().filter(|c| c.status != Status::NotConstructionLand) {
        if best.get(&c.parcel).is_some_and(|(_, project)| *project != c.project) {
            c.status = Status::OtherProject;
        }
    }
}

/// The ratios of a project and what they mean for its plots.
fn judge(candidates: &mut [Candidate], projects: Projects<'_>, limits: &Limits) {
    let counted = |c: &&Candidate| !matches!(c.status, Status::NotConstructionLand | Status::OtherProject);
    let slivers_m2: f64 = candidates.iter().filter(counted).map(|c| c.area_m2).sum();
    let Some(land_m2) = candidates.first().map(|c| projects.land_m2[c.project as usize]) else { return };
    let total = total(slivers_m2, land_m2, limits);
    for c in candidates {
        (c.ratio_core, c.ratio_with_slivers) = (total.ratio_core, total.ratio_with_slivers);
        if c.status == Status::Eligible {
            c.status = total.status;
        }
    }
}

/// The ten-percent test of a project on both denominators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    /// Plots over the land of the project.
    pub ratio_core: f64,
    /// Plots over land and plots.
    pub ratio_with_slivers: f64,
    /// What passes.
    pub status: Status,
}

/// Tests the sum of the plots against the land of a project, both in m².
///
/// The comparison is of areas, slivers against limit times land, rounded to the hundredth of a square metre like the areas themselves:
/// a ratio of 0.1 has no exact binary form.
#[must_use]
pub fn total(slivers_m2: f64, land_m2: f64, limits: &Limits) -> Total {
    let passes = |base_m2: f64| {
        let (sum, limit) = ((slivers_m2 * 100.0).round(), (limits.max_total_ratio * base_m2 * 100.0).round());
        if limits.max_total_inclusive { sum <= limit } else { sum < limit }
    };
    let status = match (passes(land_m2), passes(land_m2 + slivers_m2)) {
        (true, true) => Status::Eligible,
        (_, true) => Status::EligibleIfTotalIncludesSlivers,
        _ => Status::OverCumulative,
    };
    Total { ratio_core: slivers_m2 / land_m2, ratio_with_slivers: slivers_m2 / (land_m2 + slivers_m2), status }
}

/// `ledger/sliver_candidates.parquet`. The kind of a plot (corner, enclosed, interlocking) is not decided yet and null.
///
/// # Errors
/// None that the data can cause.
pub fn ledger(candidates: &[Candidate], parcels: &[&str], projects: Projects<'_>) -> Result<DataFrame, PolarsError> {
    let floats = |name: &str, value: &dyn Fn(&Candidate) -> f64| {
        Float64Chunked::from_iter_values(name.into(), candidates.iter().map(value)).into_series().into_column()
    };
    let text = |name: &str, value: &dyn Fn(&Candidate) -> Option<&'static str>| text_column(name, candidates.iter().map(value));
    DataFrame::new(
        candidates.len(),
        vec![
            text_column("project_id", candidates.iter().map(|c| Some(projects.ids[c.project as usize]))),
            text_column("parcel_id", candidates.iter().map(|c| Some(parcels[c.parcel as usize]))),
            text("kind", &|_| None),
            floats("shared_m", &|c| c.shared_m),
            floats("area_m2", &|c| c.area_m2),
            floats("project_land_m2", &|c| projects.land_m2[c.project as usize]),
            floats("ratio_core", &|c| c.ratio_core),
            floats("ratio_with_slivers", &|c| c.ratio_with_slivers),
            text("status", &|c| Some(c.status.as_str())),
            text("refused_by", &|c| Some(c.status.refused_by())),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_plot_m2: 2000.0,
        max_plot_inclusive: true,
        max_total_ratio: 0.10,
        max_total_inclusive: true,
        require_construction_land: true,
        min_shared_m: 1.0,
        core_min_share: 0.5,
        closeness: Closeness { snap_m: 0.05, max_sine: 0.17 },
    };

    #[test]
    fn three_mu_is_two_thousand_square_metres_to_the_hundredth() {
        let strict = Limits { max_plot_inclusive: false, ..LIMITS };
        for (area_m2, inclusive, exclusive) in
            [(1999.99, true, true), (2000.0, true, false), (2000.004, true, false), (2000.01, false, false)]
        {
            assert_eq!(is_small(area_m2, &LIMITS), inclusive, "{area_m2} m²");
            assert_eq!(is_small(area_m2, &strict), exclusive, "{area_m2} m², strictly");
        }
    }

    #[test]
    fn ten_percent_on_both_denominators() {
        let cases = [
            (9_000.0, 90_000.0, Status::Eligible),
            (9_000.01, 90_000.0, Status::EligibleIfTotalIncludesSlivers),
            (10_000.0, 90_000.0, Status::EligibleIfTotalIncludesSlivers),
            (10_000.02, 90_000.0, Status::OverCumulative),
        ];
        for (slivers_m2, land_m2, expected) in cases {
            assert_eq!(total(slivers_m2, land_m2, &LIMITS).status, expected, "{slivers_m2} m² beside {land_m2} m²");
        }
    }
}

//! What lies beside a project: the parcels that are not its core and that share a stretch of boundary with it.

#![expect(clippy::indexing_slicing, reason = "rows come from the layers that they index")]

use rayon::prelude::*;

use super::judge::judge;
use super::kind::kind_of;
use super::limits::hundredths;
use super::measures::{Lines, Outline, Plot, ROUNDING_M, measure};
use super::signs::Signs;
use super::{Candidate, Measures, Parcels, Projects, Status};
use crate::rules::{AreaKind, SliverRules};
use crate::spatial::adjacency::{Closeness, shared_boundary};
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};

/// What was found beside the projects.
#[derive(Debug)]
pub struct Beside {
    /// By project and parcel.
    pub candidates: Vec<Candidate>,
    /// Whether a parcel is core of a project.
    pub is_core: Vec<bool>,
    /// The parcels by their boxes.
    pub index: BoxIndex,
}

/// Every plot up to the size that the rule looks at that adjoins a project, judged.
#[must_use]
pub fn find(parcels: Parcels<'_>, projects: Projects<'_>, lines: &Lines<'_>, rule: &SliverRules) -> Beside {
    let index = BoxIndex::new(parcels.geometry.bounds());
    let prepared = PreparedColumn::new(projects.geometry);
    let search = Search { parcels, projects, prepared: &prepared, index: &index, lines, rule };
    let rows = || (0..projects.geometry.len()).into_par_iter();
    let mut is_core = vec![false; parcels.geometry.len()];
    let core: Vec<Vec<u32>> = rows().map(|project| search.core_of(project)).collect();
    core.into_iter().flatten().for_each(|parcel| is_core[parcel as usize] = true);
    let mut candidates: Vec<Candidate> = rows().flat_map_iter(|project| search.adjoining(project, &is_core)).collect();
    judge(&mut candidates, parcels.ids, rule);
    Beside { candidates, is_core, index }
}

struct Search<'a> {
    parcels: Parcels<'a>,
    projects: Projects<'a>,
    prepared: &'a PreparedColumn<'a>,
    index: &'a BoxIndex,
    lines: &'a Lines<'a>,
    rule: &'a SliverRules,
}

impl Search<'_> {
    /// The parcels that belong to a project: no plot beside it or its neighbours.
    fn core_of(&self, project: usize) -> Vec<u32> {
        let prepared = self.prepared.get(project);
        let mut scratch = Scratch::default();
        let mut near = self.index.candidates(&prepared.shape.bounds);
        near.retain(|&parcel| {
            let (shape, planar_m2) = (self.parcels.geometry.shape(parcel as usize), self.parcels.planar_m2[parcel as usize]);
            overlap_area_m2(prepared, shape, planar_m2, &mut scratch) / planar_m2 >= self.rule.core_min_share
        });
        near
    }

    fn adjoining(&self, project: usize, is_core: &[bool]) -> Vec<Candidate> {
        let prepared = self.prepared.get(project);
        let closeness = Closeness { snap_m: self.rule.snap_m + ROUNDING_M, max_sine: libm::sin(self.rule.max_angle_deg.to_radians()) };
        let outline = Outline::of(prepared.shape);
        let around = outline.prepared();
        let mut found = Vec::new();
        for parcel in self.index.candidates(&prepared.shape.bounds.grown(closeness.snap_m)) {
            let row = parcel as usize;
            let tested = self.parcels.tested_m2(row, &self.rule.area_order);
            let Some(tested) = tested.filter(|(m2, _)| !is_core[row] && hundredths(*m2) <= hundredths(self.rule.look_up_to_m2)) else {
                continue;
            };
            let plot = self.plot(row);
            let shared = shared_boundary(plot.shape, prepared, closeness);
            if shared.longest_m() > self.rule.min_shared_m {
                let measures = measure(plot, &shared, &around, self.lines, self.rule);
                let project = u32::try_from(project).unwrap_or(u32::MAX);
                found.push(self.candidate([project, parcel], tested, measures));
            }
        }
        found
    }

    fn plot(&self, row: usize) -> Plot<'_> {
        Plot { shape: self.parcels.geometry.shape(row), planar_m2: self.parcels.planar_m2[row], perimeter_m: self.parcels.perimeter_m[row] }
    }

    fn candidate(&self, [project, parcel]: [u32; 2], tested: (f64, AreaKind), measures: Measures) -> Candidate {
        let own = self.projects.holder.get(project as usize);
        Candidate {
            project,
            parcel,
            area_m2: tested.0,
            area_basis: tested.1,
            measures,
            kind: kind_of(&measures, &self.rule.kinds),
            signs: Signs::of(&measures, tested.0, &self.rule.hard_to_develop),
            is_own: own.is_some() && own == self.parcels.declared.holder.get(parcel as usize),
            is_construction_land: self.parcels.declared.construction.get(parcel as usize),
            land_m2: self.projects.land_m2[project as usize],
            ratio_core: 0.0,
            ratio_with_slivers: 0.0,
            status: Status::Eligible,
            recommended: None,
        }
    }
}

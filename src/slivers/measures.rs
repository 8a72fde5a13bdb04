//! The figures of a plot beside a project that kinds and signs are read from.

use crate::model::{GeometryColumn, Shape};
use crate::rules::{KindLimits, SliverRules};
use crate::spatial::adjacency::SharedBoundary;
use crate::spatial::inscribed::inscribed_diameter_m;
use crate::spatial::nearness::Outlines;
use crate::spatial::outline::{convex_hull, holes};
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};

/// Coordinates lose less than this by rounding, m: what is exactly at a distance is within it.
pub(super) const ROUNDING_M: f64 = 1e-6;
/// How much wider than the circle found the widest may be, m.
const CIRCLE_PRECISION_M: f64 = 0.25;

/// The figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Planar area, m².
    pub planar_m2: f64,
    /// Length of all rings, m.
    pub perimeter_m: f64,
    /// Boundary shared with the project, m.
    pub shared_m: f64,
    /// Separate stretches of it that are longer than the rule's least.
    pub runs: u32,
    /// Share of the plot in a hole of the project.
    pub hole_share: f64,
    /// Share of the plot in the project's convex hull.
    pub hull_share: f64,
    /// Share of the boundary near a planning boundary or linear structure; none where the job has none.
    pub line_share: Option<f64>,
    /// Diameter of the largest circle inside, m.
    pub inscribed_diameter_m: f64,
    /// Whether a road is near; none where the job has none.
    pub has_road: Option<bool>,
}

impl Measures {
    /// Shared boundary over the whole boundary.
    #[must_use]
    pub fn shared_ratio(&self) -> f64 {
        self.shared_m / self.perimeter_m
    }

    /// 4π × area / perimeter²: 1 for a circle.
    #[must_use]
    pub fn compactness(&self) -> f64 {
        4.0 * std::f64::consts::PI * self.planar_m2 / (self.perimeter_m * self.perimeter_m)
    }
}

/// The convex hull and the holes of a project.
pub(super) struct Outline {
    hull: GeometryColumn,
    holes: GeometryColumn,
}

impl Outline {
    pub(super) fn of(shape: Shape<'_>) -> Self {
        Self { hull: convex_hull(shape), holes: holes(shape) }
    }

    pub(super) fn prepared(&self) -> ProjectShape<'_> {
        ProjectShape { hull: PreparedColumn::new(&self.hull), holes: PreparedColumn::new(&self.holes), hole_count: self.holes.len() }
    }
}

/// What a project looks like from a plot.
pub(super) struct ProjectShape<'a> {
    hull: PreparedColumn<'a>,
    holes: PreparedColumn<'a>,
    hole_count: usize,
}

impl ProjectShape<'_> {
    fn hull_share(&self, plot: Plot<'_>) -> f64 {
        area_in_m2(&self.hull, 0, plot) / plot.planar_m2
    }

    /// The share of the plot in the hole that has most of it.
    fn hole_share(&self, plot: Plot<'_>) -> f64 {
        (0..self.hole_count).map(|row| area_in_m2(&self.holes, row, plot)).fold(0.0, f64::max) / plot.planar_m2
    }
}

fn area_in_m2(polygons: &PreparedColumn<'_>, row: usize, plot: Plot<'_>) -> f64 {
    overlap_area_m2(polygons.get(row), plot.shape, plot.planar_m2, &mut Scratch::default())
}

/// The lines of a job that kinds and signs ask for; none where the job has no zones of such a kind.
#[derive(Debug, Default)]
pub struct Lines<'a> {
    boundaries: Option<Outlines<'a>>,
    roads: Option<Outlines<'a>>,
}

impl<'a> Lines<'a> {
    /// The outlines of the zones (kind and polygons) that the rule names.
    #[must_use]
    pub fn of(rule: &SliverRules, zones: &[(&str, &'a GeometryColumn)]) -> Self {
        let named = |kinds: &[std::sync::Arc<str>]| {
            let layers: Vec<_> =
                zones.iter().filter(|(kind, _)| kinds.iter().any(|k| **k == **kind)).map(|(_, polygons)| *polygons).collect();
            (!layers.is_empty()).then(|| Outlines::new(layers.into_iter()))
        };
        Self { boundaries: named(&rule.kinds.boundary_kinds), roads: named(&rule.hard_to_develop.road_kinds) }
    }

    fn line_share(&self, plot: Shape<'_>, perimeter_m: f64, limits: &KindLimits) -> Option<f64> {
        let boundaries = self.boundaries.as_ref()?;
        Some(boundaries.length_near_m(plot, limits.corner_within_m + ROUNDING_M) / perimeter_m)
    }

    fn has_road(&self, plot: Shape<'_>, within_m: f64) -> Option<bool> {
        Some(self.roads.as_ref()?.length_near_m(plot, within_m + ROUNDING_M) > 0.0)
    }
}

/// The sizes of a plot that are known already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot<'a> {
    pub shape: Shape<'a>,
    pub planar_m2: f64,
    pub perimeter_m: f64,
}

/// All figures of a plot.
pub(super) fn measure(
    plot: Plot<'_>,
    shared: &SharedBoundary,
    project: &ProjectShape<'_>,
    lines: &Lines<'_>,
    rule: &SliverRules,
) -> Measures {
    let Plot { shape, planar_m2, perimeter_m } = plot;
    let runs = shared.runs_m.iter().filter(|run_m| **run_m > rule.min_shared_m).count();
    Measures {
        planar_m2,
        perimeter_m,
        shared_m: shared.length_m,
        runs: u32::try_from(runs).unwrap_or(u32::MAX),
        hole_share: project.hole_share(plot),
        hull_share: project.hull_share(plot),
        line_share: lines.line_share(shape, perimeter_m, &rule.kinds),
        inscribed_diameter_m: inscribed_diameter_m(shape, CIRCLE_PRECISION_M),
        has_road: lines.has_road(shape, rule.hard_to_develop.road_within_m),
    }
}

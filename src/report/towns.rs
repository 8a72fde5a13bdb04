//! Where the towns are: a hull around the parcels of each, to be drawn where single parcels are too many to see.

use std::collections::{BTreeMap, BTreeSet};

use geo::concave_hull::ConcaveHullOptions;
use geo::{ConcaveHull, MultiPoint};
use polars::prelude::StringChunked;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::outlines::{Grid, Outlines};
use crate::model::{Coord, Rect};

/// Cells along the longer side of the map that points of hulls are taken to: finer ones would not be seen.
const CELLS: f64 = 512.0;
/// Edges of hulls that are not bent inwards any further, in such cells.
const SHORTEST: f64 = 8.0;

/// The hull of every town, in cells of the outlines' grid: name and a ring as one list of x and y.
pub fn hulls(towns: &StringChunked, outlines: &Outlines) -> Value {
    let extent = outlines.bounds.iter().fold(Rect::EMPTY, |all, one| all.union(*one)).size();
    let cell_m = (extent.x.max(extent.y) / CELLS).max(outlines.step_m);
    let coarse = Grid { origin: outlines.origin, step_m: cell_m };
    let mut points: BTreeMap<&str, BTreeSet<[i64; 2]>> = BTreeMap::new();
    for (town, bounds) in towns.iter().zip(&outlines.bounds) {
        let Some(town) = town else { continue };
        let corners = [bounds.min, bounds.max, Coord::new(bounds.min.x, bounds.max.y), Coord::new(bounds.max.x, bounds.min.y)];
        points.entry(town).or_default().extend(corners.map(|corner| coarse.cell(corner)));
    }
    let scale = cell_m / outlines.step_m;
    let towns: Vec<_> = points.into_iter().collect();
    let rings = towns.par_iter().map(|(name, points)| json!({ "name": name, "ring": ring(points, scale) }));
    Value::Array(rings.collect())
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few hundred cells, and the cells of a finer grid")]
fn ring(points: &BTreeSet<[i64; 2]>, scale: f64) -> Vec<i64> {
    let points: MultiPoint = points.iter().map(|[x, y]| geo::Point::new(*x as f64, *y as f64)).collect();
    let hull = points.concave_hull_with_options(ConcaveHullOptions::default().length_threshold(SHORTEST));
    hull.exterior().coords().flat_map(|c| [(c.x * scale).round() as i64, (c.y * scale).round() as i64]).collect()
}

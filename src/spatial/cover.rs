//! Whether polygons that meet in a window cover it evenly, without measuring anything.
//!
//! Neighbours that have their common boundary alike have each of its edges in opposite directions. Where all edges in a window undo one another so, the sum
//! of the winding numbers is the same all over the window: of a building on two parcels, all of it is on as many parcels as any place of it.

use super::overlap::Prepared;
use crate::model::{Coord, Rect};

/// With more open edges than this in a window, they are not looked through.
const MOST_EDGES: usize = 64;

/// Whether every edge of the polygons whose box touches `window` is there in the other direction, too; `open` is a buffer. Where it is, the sum of the
/// polygons' winding numbers is one number all over the window, save on edges.
///
/// ```
/// # use mujun::model::{Coord, GeometryBuilder, Rect};
/// # use mujun::spatial::{cover::edges_cancel, overlap::PreparedColumn};
/// let mut builder = GeometryBuilder::default();
/// for x in [0.0, 10.0] {
///     builder.push_polygon(&[[(x, 0.0), (x + 10.0, 0.0), (x + 10.0, 10.0), (x, 10.0)].map(|(x, y)| Coord::new(x, y)).to_vec()]);
/// }
/// let column = builder.finish();
/// let prepared = PreparedColumn::new(&column);
/// let window = Rect { min: Coord::new(8.0, 4.0), max: Coord::new(13.0, 6.0) };
/// assert!(edges_cancel(&[prepared.get(0), prepared.get(1)], &window, &mut Vec::new()));
/// assert!(!edges_cancel(&[prepared.get(0)], &window, &mut Vec::new()));
/// ```
#[must_use]
pub fn edges_cancel(polygons: &[Prepared<'_>], window: &Rect, open: &mut Vec<(Coord, Coord)>) -> bool {
    open.clear();
    let mut are_few = true;
    for polygon in polygons {
        polygon.numbered_edges_in(window, |_, a, b| match open.iter().position(|&(from, to)| from == b && to == a) {
            Some(back) => {
                open.swap_remove(back);
            }
            None if open.len() < MOST_EDGES => open.push((a, b)),
            None => are_few = false,
        });
    }
    are_few && open.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{GeometryBuilder, GeometryColumn};
    use crate::spatial::area::planar_area_m2;
    use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
    use crate::spatial::sweep::owned_areas_m2;

    /// Strips of ground between lines that run upward over the same heights; a line may be drawn twice, a little apart, as one of the strips has it.
    fn strips(lines: &[Vec<i32>], apart: Option<(usize, f64)>, origin: Coord) -> GeometryColumn {
        let line = |number: usize, off: f64| {
            let places = lines[number].iter().enumerate();
            places
                .map(move |(y, x)| Coord::new(origin.x + 10.0 * number as f64 + f64::from(*x) + off, origin.y + 3.0 * y as f64))
                .collect::<Vec<_>>()
        };
        let mut builder = GeometryBuilder::default();
        for left in 0..lines.len() - 1 {
            let off = apart.filter(|(number, _)| *number == left).map_or(0.0, |(_, off)| off);
            builder.push_polygon(&[line(left + 1, 0.0).into_iter().chain(line(left, off).into_iter().rev()).collect()]);
        }
        builder.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ground_on_which_edges_cancel_is_covered_once(
            lines in prop::collection::vec(prop::collection::vec(-4..5_i32, 5), 3..5),
            apart in prop::option::of((0..3_usize, prop::sample::select(vec![1e-6, -1e-6, 0.5, -0.5, 1e-3]))),
            windows in prop::collection::vec((0..30_i32, 0..20_i32, 1..20_i32, 1..12_i32), 12),
            far in any::<bool>(),
        ) {
            let origin = if far { Coord::new(40_500_000.0, 3_400_000.0) } else { Coord::default() };
            let column = strips(&lines, apart, origin);
            let prepared = PreparedColumn::new(&column);
            for &(x, y, width, height) in &windows {
                let (x, y) = (origin.x + f64::from(x), origin.y + 0.5 * f64::from(y));
                let (right, top) = (x + f64::from(width), y + 0.5 * f64::from(height));
                let mut builder = GeometryBuilder::default();
                builder.push_polygon(&[[(x, y), (right, y), (right, top), (x, top)].map(|(x, y)| Coord::new(x, y)).to_vec()]);
                let building = builder.finish();
                let (building, area_m2) = (building.shape(0), planar_area_m2(building.shape(0)));
                let mut scratch = Scratch::default();
                let on = |row: usize, scratch: &mut Scratch| overlap_area_m2(prepared.get(row), building, area_m2, scratch);
                let owners: Vec<_> = (0..column.len()).filter(|row| on(*row, &mut scratch) > 1e-6).collect();
                let sum_m2: f64 = owners.iter().map(|row| on(*row, &mut scratch)).sum();
                let owners: Vec<_> = owners.into_iter().map(|row| prepared.get(row)).collect();
                if edges_cancel(&owners, &building.bounds, &mut Vec::new()) && (sum_m2 - area_m2).abs() < 0.5 * area_m2 {
                    let covered_m2: f64 = owned_areas_m2(building, &owners).iter().sum();
                    prop_assert!((covered_m2 - area_m2).abs() < 1e-6, "{} of {} m²", covered_m2, area_m2);
                }
            }
        }
    }
}

//! The largest circle in a polygon: how wide a plot is at its widest.
//!
//! Squares are halved where a larger circle could still have its centre, the most promising first (the method known as polylabel), and the best place is
//! then climbed to its top. The circle found always fits; the largest is at most a given length wider.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::model::{Coord, Shape};

/// Squares across the longer side of the box to begin with.
const CELLS_ACROSS: f64 = 64.0;
/// Squares that are looked at at most; a plot that needs more is finer than any survey.
const MOST_CELLS: usize = 1 << 17;
/// The step at which the climb ends, m.
const LAST_STEP_M: f64 = 1e-4;

/// A square that may hold the centre.
#[derive(Clone, Copy, Debug)]
struct Cell {
    centre: Coord,
    half_m: f64,
    /// Distance of its centre from the boundary; negative outside.
    radius_m: f64,
    /// The radius that no circle with its centre in the square exceeds.
    most_m: f64,
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Cell {}

impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cell {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |a: f64, b: f64| b.total_cmp(&a);
        self.most_m
            .total_cmp(&other.most_m)
            .then_with(|| place(self.centre.x, other.centre.x))
            .then_with(|| place(self.centre.y, other.centre.y))
    }
}

/// The diameter (m) of the largest circle in the polygon, found to `precision_m` or better and never too large.
#[must_use]
pub fn inscribed_diameter_m(shape: Shape<'_>, precision_m: f64) -> f64 {
    let (min, size) = (shape.bounds.min, shape.bounds.max.from_origin(shape.bounds.min));
    let (short_m, long_m) = (size.x.min(size.y), size.x.max(size.y));
    if short_m <= 0.0 {
        return 0.0;
    }
    let half_m = 0.5 * short_m.max(long_m / CELLS_ACROSS);
    let mut waiting = BinaryHeap::new();
    let mut x = min.x + half_m.min(0.5 * size.x);
    while x - half_m < shape.bounds.max.x {
        let mut y = min.y + half_m.min(0.5 * size.y);
        while y - half_m < shape.bounds.max.y {
            waiting.push(cell(shape, Coord::new(x, y), half_m));
            y += 2.0 * half_m;
        }
        x += 2.0 * half_m;
    }
    let best = search(shape, waiting, 0.5 * precision_m);
    2.0 * climb(shape, best, 0.5 * precision_m)
}

fn search(shape: Shape<'_>, mut waiting: BinaryHeap<Cell>, precision_m: f64) -> Cell {
    let mut best = cell(shape, shape.bounds.centre(), 0.0);
    let mut seen = waiting.len();
    while let Some(next) = waiting.pop() {
        if next.radius_m > best.radius_m {
            best = next;
        }
        if next.most_m - best.radius_m <= precision_m || seen > MOST_CELLS {
            break;
        }
        let half_m = 0.5 * next.half_m;
        for (east, north) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
            let quarter = cell(shape, Coord::new(next.centre.x + east * half_m, next.centre.y + north * half_m), half_m);
            if quarter.radius_m > best.radius_m {
                best = quarter;
            }
            waiting.push(quarter);
        }
        seen += 4;
    }
    best
}

/// The radius after climbing from the best place in ever smaller steps.
fn climb(shape: Shape<'_>, mut best: Cell, mut step_m: f64) -> f64 {
    const AROUND: [(f64, f64); 8] = [(1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (-1.0, 0.0), (-1.0, -1.0), (0.0, -1.0), (1.0, -1.0)];
    while step_m > LAST_STEP_M {
        let places =
            AROUND.map(|(east, north)| cell(shape, Coord::new(best.centre.x + east * step_m, best.centre.y + north * step_m), 0.0));
        match places.into_iter().max_by(Ord::cmp).filter(|place| place.radius_m > best.radius_m) {
            Some(better) => best = better,
            None => step_m *= 0.5,
        }
    }
    best.radius_m.max(0.0)
}

fn cell(shape: Shape<'_>, centre: Coord, half_m: f64) -> Cell {
    let mut square = f64::INFINITY;
    let mut is_inside = false;
    for (a, b) in shape.edges() {
        square = square.min(square_to_edge(centre, a, b));
        if (a.y > centre.y) != (b.y > centre.y) && centre.x < a.x + (centre.y - a.y) * ((b.x - a.x) / (b.y - a.y)) {
            is_inside = !is_inside;
        }
    }
    let radius_m = if is_inside { square.sqrt() } else { -square.sqrt() };
    Cell { centre, half_m, radius_m, most_m: radius_m + half_m * std::f64::consts::SQRT_2 }
}

/// The squared distance of a point from an edge, m².
fn square_to_edge(point: Coord, a: Coord, b: Coord) -> f64 {
    let (edge, from) = (b.from_origin(a), point.from_origin(a));
    let length = edge.x * edge.x + edge.y * edge.y;
    let share = if length > 0.0 { ((from.x * edge.x + from.y * edge.y) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (from.x - share * edge.x, from.y - share * edge.y);
    x * x + y * y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GeometryBuilder, GeometryColumn};

    fn polygon(rings: &[&[(f64, f64)]]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        let ring = |corners: &&[(f64, f64)]| corners.iter().map(|&(x, y)| Coord::new(x, y)).collect();
        builder.push_polygon(&rings.iter().map(ring).collect::<Vec<_>>());
        builder.finish()
    }

    fn check(what: &str, rings: &[&[(f64, f64)]], expected_m: f64) {
        let found_m = inscribed_diameter_m(polygon(rings).shape(0), 0.1);
        assert!(found_m <= expected_m + 1e-9 && found_m > expected_m - 1e-3, "{what}: {found_m} m");
    }

    #[test]
    fn circles_that_can_be_worked_out_by_hand() {
        check("a square", &[&[(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0)]], 20.0);
        check("a strip", &[&[(0.0, 0.0), (500.0, 0.0), (500.0, 7.5), (0.0, 7.5)]], 7.5);
        check("a strip that stands askew", &[&[(0.0, 0.0), (80.0, 60.0), (74.0, 68.0), (-6.0, 8.0)]], 10.0);
        // Legs 30 and 40, hypotenuse 50: the radius is (30 + 40 - 50) / 2.
        check("a right triangle", &[&[(0.0, 0.0), (40.0, 0.0), (0.0, 30.0)]], 20.0);
        let hole: &[(f64, f64)] = &[(10.0, 10.0), (10.0, 20.0), (20.0, 20.0), (20.0, 10.0)];
        // Between a corner of the hole and the far corner of the shell: r with r√2 + r = 10√2.
        let beside_hole_m = 2.0 * 10.0 * 2.0_f64.sqrt() / (1.0 + 2.0_f64.sqrt());
        check("a square with a hole", &[&[(0.0, 0.0), (30.0, 0.0), (30.0, 30.0), (0.0, 30.0)], hole], beside_hole_m);
    }

    #[test]
    fn nothing_fits_in_nothing() {
        assert_eq!(inscribed_diameter_m(polygon(&[&[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]]).shape(0), 0.1), 0.0);
    }
}

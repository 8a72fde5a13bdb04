//! The largest circle in a polygon: how wide a plot is at its widest.
//!
//! Squares are halved where a larger circle could still have its centre, the most promising first (the method known as polylabel), and the best place is
//! then climbed to its top. The circle found always fits; the largest is at most a given length wider.

#![expect(clippy::indexing_slicing, reason = "lanes are numbered by their constant, and a chunk has an edge")]

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
    let edges = Edges::of(shape);
    let mut waiting = BinaryHeap::new();
    let mut x = min.x + half_m.min(0.5 * size.x);
    while x - half_m < shape.bounds.max.x {
        let mut y = min.y + half_m.min(0.5 * size.y);
        while y - half_m < shape.bounds.max.y {
            waiting.push(edges.cell(Coord::new(x, y), half_m));
            y += 2.0 * half_m;
        }
        x += 2.0 * half_m;
    }
    let best = search(&edges, (shape.bounds.centre(), waiting), 0.5 * precision_m);
    2.0 * climb(&edges, best, 0.5 * precision_m)
}

fn search(edges: &Edges, (centre, mut waiting): (Coord, BinaryHeap<Cell>), precision_m: f64) -> Cell {
    let mut best = edges.cell(centre, 0.0);
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
            let quarter = edges.cell(Coord::new(next.centre.x + east * half_m, next.centre.y + north * half_m), half_m);
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
fn climb(edges: &Edges, mut best: Cell, mut step_m: f64) -> f64 {
    const AROUND: [(f64, f64); 8] = [(1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (-1.0, 0.0), (-1.0, -1.0), (0.0, -1.0), (1.0, -1.0)];
    while step_m > LAST_STEP_M {
        let places = AROUND.map(|(east, north)| edges.cell(Coord::new(best.centre.x + east * step_m, best.centre.y + north * step_m), 0.0));
        match places.into_iter().max_by(Ord::cmp).filter(|place| place.radius_m > best.radius_m) {
            Some(better) => best = better,
            None => step_m *= 0.5,
        }
    }
    best.radius_m.max(0.0)
}

/// Edges that are looked at side by side.
const LANES: usize = 4;

/// All edges of a polygon, with what does not depend on the point that asks: a plot is asked some hundred times.
struct Edges(Vec<Lanes>);

/// Some edges; where there are fewer, the first stands again.
#[derive(Clone, Copy, Default)]
struct Lanes {
    a_x: [f64; LANES],
    a_y: [f64; LANES],
    b_y: [f64; LANES],
    along_x: [f64; LANES],
    along_y: [f64; LANES],
    /// The squared length, m²; 1 of an edge without length, whose share of the way is 0.
    square: [f64; LANES],
    x_per_y: [f64; LANES],
}

impl Edges {
    fn of(shape: Shape<'_>) -> Self {
        let edges: Vec<(Coord, Coord)> = shape.edges().collect();
        Self(edges.chunks(LANES).map(Lanes::of).collect())
    }

    fn cell(&self, centre: Coord, half_m: f64) -> Cell {
        let (mut least, mut crossings) = ([f64::INFINITY; LANES], [0_u64; LANES]);
        for lanes in &self.0 {
            lanes.look(centre, &mut least, &mut crossings);
        }
        let square = least.iter().copied().fold(f64::INFINITY, f64::min);
        let is_inside = crossings.iter().fold(0, |all, own| all ^ own) & 1 == 1;
        let radius_m = if is_inside { square.sqrt() } else { -square.sqrt() };
        Cell { centre, half_m, radius_m, most_m: radius_m + half_m * std::f64::consts::SQRT_2 }
    }
}

impl Lanes {
    fn of(edges: &[(Coord, Coord)]) -> Self {
        let mut lanes = Self::default();
        for lane in 0..LANES {
            let (a, b) = *edges.get(lane).unwrap_or(&edges[0]);
            let along = b.from_origin(a);
            let square = along.x * along.x + along.y * along.y;
            (lanes.a_x[lane], lanes.a_y[lane]) = (a.x, a.y);
            // An edge that stands again is crossed by nothing.
            lanes.b_y[lane] = if lane < edges.len() { b.y } else { a.y };
            (lanes.along_x[lane], lanes.along_y[lane]) = (along.x, along.y);
            lanes.square[lane] = if square > 0.0 { square } else { 1.0 };
            lanes.x_per_y[lane] = (b.x - a.x) / (b.y - a.y);
        }
        lanes
    }

    /// Lowers `least` to the squared distances of the point from these edges, m², and counts the edges to the right of it.
    #[inline]
    fn look(&self, point: Coord, least: &mut [f64; LANES], crossings: &mut [u64; LANES]) {
        for lane in 0..LANES {
            let (from_x, from_y) = (point.x - self.a_x[lane], point.y - self.a_y[lane]);
            let share = ((from_x * self.along_x[lane] + from_y * self.along_y[lane]) / self.square[lane]).clamp(0.0, 1.0);
            let (x, y) = (from_x - share * self.along_x[lane], from_y - share * self.along_y[lane]);
            let square = x * x + y * y;
            least[lane] = if square < least[lane] { square } else { least[lane] };
            let passes = (self.a_y[lane] > point.y) != (self.b_y[lane] > point.y);
            let is_left = point.x < self.a_x[lane] + from_y * self.x_per_y[lane];
            crossings[lane] ^= u64::from(passes & is_left);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{GeometryBuilder, GeometryColumn};
    use crate::spatial::distance::to_edge;

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

    /// The distance from the boundary, negative outside, edge by edge.
    fn radius_m(shape: Shape<'_>, centre: Coord) -> f64 {
        let (mut square, mut is_inside) = (f64::INFINITY, false);
        for (a, b) in shape.edges() {
            square = square.min(to_edge(centre, a, b));
            if (a.y > centre.y) != (b.y > centre.y) && centre.x < a.x + (centre.y - a.y) * ((b.x - a.x) / (b.y - a.y)) {
                is_inside = !is_inside;
            }
        }
        if is_inside { square.sqrt() } else { -square.sqrt() }
    }

    proptest! {
        #[test]
        fn edges_side_by_side_give_the_same_distance(
            ring in prop::collection::vec((0..9_i32, 0..9_i32), 3..12),
            points in prop::collection::vec((0..18_i32, 0..18_i32), 20),
            origin in prop::sample::select(vec![0.1, 40_500_000.3]),
        ) {
            let at = |x: i32, y: i32, step: f64| (origin + step * f64::from(x), origin + step * f64::from(y));
            let corners: Vec<(f64, f64)> = ring.iter().map(|&(x, y)| at(x, y, 1.0)).collect();
            let column = polygon(&[&corners]);
            let edges = Edges::of(column.shape(0));
            for &(x, y) in &points {
                let (x, y) = at(x, y, 0.5);
                prop_assert_eq!(edges.cell(Coord::new(x, y), 1.0).radius_m, radius_m(column.shape(0), Coord::new(x, y)));
            }
        }
    }

    #[test]
    fn nothing_fits_in_nothing() {
        assert_eq!(inscribed_diameter_m(polygon(&[&[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]]).shape(0), 0.1), 0.0);
    }
}

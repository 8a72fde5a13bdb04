//! A tree of boxes over the consecutive edges of a very large polygon: what is near a window, and how often the boundary passes to its right.
//!
//! Rows alone do not help where a boundary runs along them, or where it touches every parcel. Here a chain of edges to the right of a window costs nothing but
//! a look at its two ends: whatever it does between them, it crosses a row upward once more than downward exactly where it begins below and ends above.
//!
//! **Invariant:** the tree is linear in the number of edges, and every edge is seen alone or counted with its chain, once.

#![expect(clippy::indexing_slicing, reason = "nodes and coordinates are numbered by the tree that was built of them")]
#![expect(clippy::cast_possible_truncation, reason = "a layer has fewer than 2^32 coordinates")]

use crate::model::{Coord, Rect, Shape};

/// Edges a leaf, and nodes a node above.
const FANOUT: usize = 8;

/// The edges of a polygon as a tree.
#[derive(Debug)]
pub(super) struct Chains {
    /// Leaves first; the last level is one node.
    levels: Vec<Vec<Node>>,
}

/// Edges that follow one another, perhaps over several rings.
#[derive(Clone, Copy, Debug)]
struct Node {
    bounds: Rect,
    /// The edges that are no whole ring: those of the first ring and those of the last, each from a coordinate to another.
    runs: [Run; 2],
}

/// From the coordinate of the first number to that of the second, counted over the whole feature.
type Run = (u32, u32);

/// What is seen from a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen {
    /// An edge that may be near the window.
    Edge(Coord, Coord),
    /// Edges to the right of the window that cross the row of its upper side upward so many times more than downward.
    Right(i32),
}

impl Chains {
    pub(super) fn new(shape: Shape<'_>) -> Self {
        let coords = shape.coords();
        let (mut leaves, mut start) = (Vec::with_capacity(coords.len() / FANOUT + 1), 0);
        for ring in shape.rings() {
            let end = start + ring.len();
            leaves
                .extend((start..end.saturating_sub(1)).step_by(FANOUT).map(|from| Node::leaf(coords, from, (from + FANOUT).min(end - 1))));
            start = end;
        }
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(FANOUT).map(Node::above).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// Tells what is seen from `window`; edges to the right are told together. The same as asking every edge, in the order of the rings.
    pub(super) fn look(&self, coords: &[Coord], window: &Rect, seen: &mut impl FnMut(Seen)) {
        if let Some(top) = self.levels.len().checked_sub(1).filter(|top| !self.levels[*top].is_empty()) {
            self.look_from((top, 0), coords, window, seen);
        }
    }

    fn look_from(&self, (level, number): (usize, usize), coords: &[Coord], window: &Rect, seen: &mut impl FnMut(Seen)) {
        let node = &self.levels[level][number];
        // All comparisons are made from the window's corner, as those of single edges are: rounding never turns them around.
        let (low, corner) = (node.bounds.min.from_origin(window.min), window.max.from_origin(window.min));
        if node.bounds.max.y < window.min.y || node.bounds.max.x < window.min.x || low.y > corner.y {
            return;
        }
        if low.x > corner.x {
            let is_above = |number: u32| i32::from(coords[number as usize].y - window.min.y > corner.y);
            let upward: i32 = node.runs.iter().map(|&(from, to)| is_above(to) - is_above(from)).sum();
            if upward != 0 {
                seen(Seen::Right(upward));
            }
        } else if level > 0 {
            let children = number * FANOUT..self.levels[level - 1].len().min((number + 1) * FANOUT);
            children.for_each(|child| self.look_from((level - 1, child), coords, window, seen));
        } else {
            let (from, to) = node.runs[0];
            coords[from as usize..=to as usize].windows(2).for_each(|w| seen(Seen::Edge(w[0], w[1])));
        }
    }
}

impl Node {
    fn leaf(coords: &[Coord], from: usize, to: usize) -> Self {
        Self { bounds: Rect::around(&coords[from..=to]), runs: [(from as u32, to as u32), (to as u32, to as u32)] }
    }

    fn above(children: &[Self]) -> Self {
        let mut runs: Vec<Run> = Vec::with_capacity(2 * children.len());
        for &(from, to) in children.iter().flat_map(|child| &child.runs).filter(|(from, to)| from != to) {
            match runs.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => runs.push((from, to)),
            }
        }
        // What is between the first run and the last are whole rings, which cross every row as often upward as downward.
        let first = runs.first().copied().unwrap_or_default();
        let last = runs.get(1..).and_then(<[Run]>::last).copied().unwrap_or_default();
        Self { bounds: children.iter().fold(Rect::EMPTY, |all, child| all.union(child.bounds)), runs: [first, last] }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{GeometryBuilder, GeometryColumn};

    fn column(rings: &[Vec<Coord>]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(rings);
        builder.finish()
    }

    /// Edges that are not clearly beside the window, and the sum of those to its right.
    fn told(window: &Rect, tell: impl FnOnce(&mut dyn FnMut(Seen))) -> (Vec<(Coord, Coord)>, i32) {
        let (mut near, mut right) = (Vec::new(), 0);
        let corner = window.max.from_origin(window.min);
        tell(&mut |seen| match seen {
            Seen::Right(upward) => right += upward,
            Seen::Edge(a, b) => {
                let (p, q) = (a.from_origin(window.min), b.from_origin(window.min));
                if p.y.max(q.y) < 0.0 || p.x.max(q.x) < 0.0 || p.y.min(q.y) > corner.y {
                } else if p.x.min(q.x) > corner.x {
                    right += i32::from(q.y > corner.y) - i32::from(p.y > corner.y);
                } else {
                    near.push((a, b));
                }
            }
        });
        (near, right)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Vertices stand on a grid, so that rows go through them; one ring may be much longer than others.
        #[test]
        fn chains_tell_what_edges_do(
            rings in prop::collection::vec(prop::collection::vec((0..20_i32, 0..20_i32), 3..40), 1..20),
            long in prop::collection::vec((0..20_i32, 0..20_i32), 3..400),
            windows in prop::collection::vec((-2..40_i32, -2..40_i32, 1..8_i32, 1..8_i32), 30),
            far in any::<bool>(),
        ) {
            let origin = if far { Coord::new(40_500_000.1, 3_400_000.1) } else { Coord::default() };
            let at = |x: i32, y: i32| Coord::new(origin.x + 0.5 * f64::from(x), origin.y + 0.5 * f64::from(y));
            let rings: Vec<Vec<Coord>> = rings.iter().chain([&long]).map(|ring| ring.iter().map(|&(x, y)| at(2 * x, 2 * y)).collect()).collect();
            let column = column(&rings);
            let (shape, chains) = (column.shape(0), Chains::new(column.shape(0)));
            for &(x, y, width, height) in &windows {
                let window = Rect { min: at(x, y), max: at(x + width, y + height) };
                let expected = told(&window, |seen| shape.edges().for_each(|(a, b)| seen(Seen::Edge(a, b))));
                let found = told(&window, |mut seen| chains.look(shape.coords(), &window, &mut seen));
                prop_assert_eq!(found, expected, "{:?}", window);
            }
        }
    }

    #[test]
    fn a_boundary_along_a_row_is_not_walked() {
        const VERTICES: i32 = 200_000;
        // A coast of 100 km that goes up and down by 40 m all the way, with a straight way back 50 km inland.
        let coast = (0..VERTICES).map(|i| Coord::new(0.5 * f64::from(i), if i % 2 == 0 { 0.0 } else { 40.0 }));
        let column = column(&[coast.chain([(1e5, 5e4), (0.0, 5e4)].map(|(x, y)| Coord::new(x, y))).collect()]);
        let chains = Chains::new(column.shape(0));
        let mut seen = 0;
        for parcel in 0..3000 {
            let x = 30.0 * f64::from(parcel);
            let window = Rect { min: Coord::new(x, 10.0), max: Coord::new(x + 30.0, 30.0) };
            chains.look(column.shape(0).coords(), &window, &mut |_| seen += 1);
        }
        assert!(seen < 3000 * 120, "{seen} looks for 3000 parcels at 60 edges each");
    }
}

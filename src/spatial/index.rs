//! A packed Hilbert R-tree over the boxes of a layer: it proposes, an exact test decides.
//!
//! Boxes are sorted along a Hilbert curve and packed by eights, level upon level; the eight of a node are compared side by side, without a branch. What is
//! found goes into a buffer of the caller: the parcels are asked once for every building.

#![expect(clippy::indexing_slicing, reason = "nodes are numbered by the levels that were built of them")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a layer has fewer than 2^32 features; places are clamped to the curve"
)]

use rayon::prelude::*;

use crate::model::{Coord, Rect};

/// Boxes a node.
const FANOUT: usize = 8;
/// Bits of the curve along an axis.
const CURVE_BITS: u32 = 16;

/// The boxes of a layer, searchable.
#[derive(Debug)]
pub struct BoxIndex {
    /// Features in the order of the curve.
    rows: Vec<u32>,
    /// Level by level, the features' own boxes first, the root last.
    nodes: Vec<Node>,
    /// The first node of each level.
    levels: Vec<usize>,
}

/// The boxes of what is below a node; those that are not there are empty.
#[derive(Clone, Copy, Debug)]
struct Node {
    min_x: [f64; FANOUT],
    min_y: [f64; FANOUT],
    max_x: [f64; FANOUT],
    max_y: [f64; FANOUT],
}

impl BoxIndex {
    /// Indexes `boxes`; features are numbered by their place.
    #[must_use]
    pub fn new(boxes: &[Rect]) -> Self {
        let extent = boxes.iter().fold(Rect::EMPTY, |all, b| all.union(*b));
        let mut keyed: Vec<(u32, u32)> = (0..).zip(boxes).map(|(row, b)| (place_on_curve(b.centre(), extent), row)).collect();
        keyed.par_sort_unstable();
        let rows: Vec<u32> = keyed.into_iter().map(|(_, row)| row).collect();
        let mut nodes = Vec::with_capacity(rows.len() / (FANOUT - 1) + 8);
        let mut levels = vec![0];
        nodes.extend(rows.chunks(FANOUT).map(|of_node| Node::around(of_node.iter().map(|row| boxes[*row as usize]))));
        while nodes.len() - levels[levels.len() - 1] > 1 {
            let (start, end) = (levels[levels.len() - 1], nodes.len());
            levels.push(end);
            for first in (start..end).step_by(FANOUT) {
                let node = Node::around(nodes[first..end.min(first + FANOUT)].iter().map(Node::extent));
                nodes.push(node);
            }
        }
        Self { rows, nodes, levels }
    }

    /// The features whose box touches `window`, in ascending order.
    #[must_use]
    pub fn candidates(&self, window: &Rect) -> Vec<u32> {
        let mut found = Vec::new();
        self.find(window, &mut found);
        found
    }

    /// The same in a buffer that is used again.
    pub fn find(&self, window: &Rect, found: &mut Vec<u32>) {
        found.clear();
        if !self.nodes.is_empty() {
            self.visit(self.levels.len() - 1, 0, window, found);
        }
        found.sort_unstable();
    }

    /// Adds what is below the node of a number in its level.
    fn visit(&self, level: usize, number: usize, window: &Rect, found: &mut Vec<u32>) {
        let touched = self.nodes[self.levels[level] + number].touched(window);
        for below in (0..FANOUT).filter(|slot| touched[*slot] != 0).map(|slot| FANOUT * number + slot) {
            match level {
                0 => found.push(self.rows[below]),
                _ => self.visit(level - 1, below, window, found),
            }
        }
    }
}

impl Node {
    fn around(boxes: impl Iterator<Item = Rect>) -> Self {
        let [low, high] = [[f64::INFINITY; FANOUT], [f64::NEG_INFINITY; FANOUT]];
        let mut node = Self { min_x: low, min_y: low, max_x: high, max_y: high };
        for (slot, Rect { min, max }) in boxes.enumerate() {
            (node.min_x[slot], node.min_y[slot], node.max_x[slot], node.max_y[slot]) = (min.x, min.y, max.x, max.y);
        }
        node
    }

    fn extent(&self) -> Rect {
        let least = |of: &[f64]| of.iter().copied().fold(f64::INFINITY, f64::min);
        let most = |of: &[f64]| of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Rect { min: Coord::new(least(&self.min_x), least(&self.min_y)), max: Coord::new(most(&self.max_x), most(&self.max_y)) }
    }

    /// For each box whether it touches the window: as wide as a coordinate, so that two are compared at once.
    #[inline]
    fn touched(&self, window: &Rect) -> [u64; FANOUT] {
        let mut touched = [0; FANOUT];
        for (slot, touched) in touched.iter_mut().enumerate() {
            let beside = (self.min_x[slot] <= window.max.x) & (window.min.x <= self.max_x[slot]);
            let above = (self.min_y[slot] <= window.max.y) & (window.min.y <= self.max_y[slot]);
            *touched = u64::from(beside & above);
        }
        touched
    }
}

/// How far along a Hilbert curve through the extent a point is.
fn place_on_curve(c: Coord, extent: Rect) -> u32 {
    const CELLS: f64 = ((1_u32 << CURVE_BITS) - 1) as f64;
    let size = extent.size();
    let cell = |from: f64, size: f64| if size > 0.0 { (from / size * CELLS).clamp(0.0, CELLS) as u32 } else { 0 };
    let (mut x, mut y) = (cell(c.x - extent.min.x, size.x), cell(c.y - extent.min.y, size.y));
    let mut place = 0;
    for bit in (0..CURVE_BITS).rev() {
        let (right, upper) = ((x >> bit) & 1, (y >> bit) & 1);
        place = (place << 2) | ((3 * right) ^ upper);
        // The curve in each lower quarter is turned.
        if upper == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            (x, y) = (y, x);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_curve_goes_from_neighbour_to_neighbour() {
        let extent = Rect { min: Coord::new(0.0, 0.0), max: Coord::new(65_535.0, 65_535.0) };
        let size = 32_u32;
        let mut places: Vec<(u32, u32, u32)> = (0..size)
            .flat_map(|x| (0..size).map(move |y| (x, y)))
            .map(|(x, y)| (place_on_curve(Coord::new(f64::from(x), f64::from(y)), extent), x, y))
            .collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|w| w[0].1.abs_diff(w[1].1) + w[0].2.abs_diff(w[1].2) == 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_box_that_touches_is_found(
            boxes in prop::collection::vec((0..60_i32, 0..60_i32, 0..9_i32, 0..9_i32), 0..600),
            windows in prop::collection::vec((-5..65_i32, -5..65_i32, 0..20_i32, 0..20_i32), 20),
            origin in prop::sample::select(vec![0.0, 40_500_000.0]),
        ) {
            let rect = |&(x, y, w, h): &(i32, i32, i32, i32)| {
                let at = |x: i32, y: i32| Coord::new(origin + 0.1 * f64::from(x), origin + 0.1 * f64::from(y));
                Rect { min: at(x, y), max: at(x + w, y + h) }
            };
            let boxes: Vec<Rect> = boxes.iter().map(rect).collect();
            let index = BoxIndex::new(&boxes);
            for window in windows.iter().map(rect) {
                let expected: Vec<u32> = (0..).zip(&boxes).filter(|(_, b)| b.touches(&window)).map(|(row, _)| row).collect();
                prop_assert_eq!(index.candidates(&window), expected);
            }
        }
    }
}

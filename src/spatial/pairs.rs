//! Which boxes of one layer come near one another: the layer is cut into strips of equal height, and each strip is swept from left to right.
//!
//! For a layer against itself this costs a fraction of asking a tree for every box, and all strips are swept at once.
//!
//! **Invariant:** every pair comes once, the smaller row first, in an order that does not depend on the number of threads.

use rayon::prelude::*;

use crate::model::Rect;

/// Mean box heights a strip: a box stands in two or three strips.
const HEIGHTS_PER_STRIP: f64 = 2.0;

/// A box in one of its strips.
#[derive(Clone, Copy)]
struct Entry {
    strip: u32,
    row: u32,
    left: f64,
}

/// The pairs of rows whose boxes are at most `reach_m` apart, along either axis.
#[must_use]
pub fn near_pairs(boxes: &[Rect], reach_m: f64) -> Vec<(u32, u32)> {
    let extent = boxes.iter().fold(Rect::EMPTY, |all, b| all.union(*b));
    let heights: f64 = boxes.iter().map(|b| b.size().y).sum();
    let strips = Strips::new(extent, HEIGHTS_PER_STRIP * heights / boxes.len() as f64 + reach_m, boxes.len());
    let grown: Vec<Rect> = boxes.par_iter().map(|b| b.grown(0.5 * reach_m)).collect();
    let of_row = |(row, b): (u32, &Rect)| {
        let left = b.min.x;
        (strips.of(b.min.y)..=strips.of(b.max.y)).map(move |strip| Entry { strip, row, left })
    };
    let mut entries: Vec<Entry> = (0..).zip(&grown).flat_map(of_row).collect();
    entries.par_sort_unstable_by(|a, b| a.strip.cmp(&b.strip).then(a.left.total_cmp(&b.left)).then(a.row.cmp(&b.row)));
    let in_strips: Vec<&[Entry]> = entries.chunk_by(|a, b| a.strip == b.strip).collect();
    in_strips.into_par_iter().flat_map_iter(|entries| swept(entries, &grown, strips)).collect()
}

/// The pairs that meet first in the strip of the entries.
fn swept(entries: &[Entry], boxes: &[Rect], strips: Strips) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let Some(own) = boxes.get(entry.row as usize) else { continue };
        let later = entries.iter().skip(place + 1).take_while(|later| later.left <= own.max.x);
        pairs.extend(later.filter_map(|later| {
            let other = boxes.get(later.row as usize)?;
            let meet = own.touches(other) && strips.of(own.min.y.max(other.min.y)) == entry.strip;
            meet.then_some((entry.row.min(later.row), entry.row.max(later.row)))
        }));
    }
    pairs
}

/// Strips by the northing.
#[derive(Clone, Copy)]
struct Strips {
    bottom: f64,
    per_m: f64,
}

impl Strips {
    /// Strips of `height_m` or more, at most about as many as there are boxes.
    fn new(extent: Rect, height_m: f64, boxes: usize) -> Self {
        let height_m = height_m.max(extent.size().y / boxes.max(1) as f64);
        Self { bottom: extent.min.y, per_m: if height_m > 0.0 { 1.0 / height_m } else { 0.0 } }
    }

    /// The strip of a northing; those beyond the extent belong to the first strip or come after the last.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and there are fewer strips than boxes")]
    fn of(self, y: f64) -> u32 {
        ((y - self.bottom) * self.per_m).max(0.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Coord;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_near_pair_comes_once(places in prop::collection::vec((0..40_i32, 0..40_i32, 0..9_i32, 0..30_i32), 0..60), reach in 0..4_i32) {
            let at = |x: i32, y: i32| Coord::new(x.into(), y.into());
            let boxes: Vec<Rect> = places.iter().map(|&(x, y, w, h)| Rect { min: at(x, y), max: at(x + w, y + h) }).collect();
            let mut found = near_pairs(&boxes, reach.into());
            found.sort_unstable();
            let rows = 0..u32::try_from(boxes.len()).unwrap();
            let near = |p: u32, q: u32| boxes[p as usize].grown(reach.into()).touches(&boxes[q as usize]);
            let expected: Vec<(u32, u32)> = rows.clone().flat_map(|p| rows.clone().map(move |q| (p, q))).filter(|&(p, q)| p < q && near(p, q)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

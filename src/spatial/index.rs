//! A packed Hilbert R-tree over the boxes of a layer (crate `geo-index`): it proposes, an exact test decides.

use geo_index::rtree::{RTree, RTreeBuilder, RTreeIndex, sort::HilbertSort};

use crate::model::Rect;

/// The boxes of a layer, searchable.
#[derive(Debug)]
pub struct BoxIndex {
    tree: Option<RTree<f64>>,
}

impl BoxIndex {
    /// Indexes `boxes`; features are numbered by their place.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a layer has fewer than 2^32 features")]
    pub fn new(boxes: &[Rect]) -> Self {
        if boxes.is_empty() {
            return Self { tree: None };
        }
        let mut builder = RTreeBuilder::<f64>::new(boxes.len() as u32);
        for b in boxes {
            builder.add(b.min.x, b.min.y, b.max.x, b.max.y);
        }
        Self { tree: Some(builder.finish::<HilbertSort>()) }
    }

    /// The features whose box touches `window`, in ascending order.
    #[must_use]
    pub fn candidates(&self, window: &Rect) -> Vec<u32> {
        let Some(tree) = &self.tree else { return Vec::new() };
        let mut found = tree.search(window.min.x, window.min.y, window.max.x, window.max.y);
        found.sort_unstable();
        found
    }
}

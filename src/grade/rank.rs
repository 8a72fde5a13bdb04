//! Ranks and classes from scores.
//!
//! Equal scores have one rank: the first place that they take. A class ends, inclusive, at the rank that the rule's rounding gives; a group of
//! equal scores across the end of a class gets the class of its first or of its last place, as the rule says.

use rayon::prelude::*;

use crate::rules::{Cuts, Ties};

/// Ranks and classes of the members of a cohort.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ranking {
    /// Rank from 1, and class as an index of the cuts; none where a member has no score.
    pub places: Vec<Option<(u64, usize)>>,
    /// The last rank of each class.
    pub last_ranks: Vec<u64>,
    /// How many have a rank.
    pub ranked: u64,
}

/// Ranks `scores`, highest first; NaN has no rank.
pub(super) fn rank(scores: &[f64], cuts: &Cuts) -> Ranking {
    let mut order: Vec<(f64, usize)> =
        scores.iter().enumerate().filter(|(_, score)| !score.is_nan()).map(|(member, score)| (*score, member)).collect();
    order.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let ranked = order.len() as u64;
    let last_ranks = cuts.last_ranks(ranked);
    let mut places = vec![None; scores.len()];
    let mut first = 1;
    for group in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let last = first + group.len() as u64 - 1;
        let place = match cuts.ties {
            Ties::Better => first,
            Ties::Worse => last,
        };
        let class = last_ranks.partition_point(|end| *end < place);
        for (_, member) in group {
            if let Some(slot) = places.get_mut(*member) {
                *slot = Some((first, class));
            }
        }
        first = last + 1;
    }
    Ranking { places, last_ranks, ranked }
}

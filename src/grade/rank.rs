//! Ranks and classes from scores.
//!
//! Equal scores have one rank: the first place that they take. A class by shares ends, inclusive, at the rank that the rule's rounding gives; a group
//! of equal scores across the end of a class gets the class of its first or of its last place, as the rule says. A class by bands is that of the score.

use rayon::prelude::*;

use crate::rules::{Cuts, Edge, Ties};

/// Ranks and classes of the members of a cohort.
#[derive(Debug, PartialEq)]
pub(super) struct Ranking {
    /// Rank from 1, and class as an index of the cuts; none where a member has no score.
    pub places: Vec<Option<(u64, usize)>>,
    /// The last rank of each class; empty with bands.
    pub last_ranks: Vec<u64>,
    /// From which score on each class is reached, others held; none where a class has no place, or everybody reaches it.
    pub edges: Vec<Option<Edge>>,
    /// The member at the last place of each class.
    pub last_members: Vec<Option<usize>>,
    /// How many have a rank.
    pub ranked: u64,
}

/// Ranks `scores`, highest first; NaN has no rank.
pub(super) fn rank(scores: &[f64], cuts: &Cuts) -> Ranking {
    let mut order: Vec<(f64, usize)> =
        scores.iter().enumerate().filter(|(_, score)| !score.is_nan()).map(|(member, score)| (*score, member)).collect();
    order.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let ranked = order.len() as u64;
    let (last_ranks, ties) = match cuts {
        Cuts::Shares(shares) => (shares.last_ranks(ranked), shares.ties),
        Cuts::Bands(_) => (Vec::new(), Ties::Better),
    };
    let mut places = vec![None; scores.len()];
    let mut first = 1;
    for group in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let last = first + group.len() as u64 - 1;
        let place = if ties == Ties::Better { first } else { last };
        let class = match (cuts, group) {
            (Cuts::Bands(bands), [(score, _), ..]) => bands.class(*score),
            _ => last_ranks.partition_point(|end| *end < place),
        };
        for (_, member) in group {
            if let Some(slot) = places.get_mut(*member) {
                *slot = Some((first, class));
            }
        }
        first = last + 1;
    }
    let at_end = |end: &u64| usize::try_from(*end).ok()?.checked_sub(1).and_then(|last| order.get(last)).copied();
    let edges = match cuts {
        Cuts::Shares(_) => last_ranks.iter().map(|end| at_end(end).map(|(score, _)| Edge { score, beyond: ties == Ties::Worse })).collect(),
        Cuts::Bands(bands) => (0..bands.bands.len()).map(|class| bands.edge(class)).collect(),
    };
    let last_members = last_ranks.iter().map(|end| at_end(end).map(|(_, member)| member)).collect();
    Ranking { places, last_ranks, edges, last_members, ranked }
}

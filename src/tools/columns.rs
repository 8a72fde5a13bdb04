//! The columns `tools` and `needs_data`: ids of routes, separated by spaces.
//!
//! A million parcels have few different lists; each text stands once in memory, and the rows point to it.

use std::collections::HashMap;

use polars::prelude::{ChunkTake, DataFrame, IdxCa, IntoColumn, NewChunkedArray, PolarsResult, StringChunked};

use crate::model::Verdict;
use crate::rules::{Route, ToolboxRules};

use super::route::Matched;

/// A bit a route.
type Set = u128;

/// The columns, empty texts where there is no route.
pub(super) fn columns(rules: &ToolboxRules, matched: &[Matched], rows: usize) -> PolarsResult<DataFrame> {
    let (tools, needs) = rayon::join(
        || lists("tools", (&rules.routes, matched), Verdict::Yes, rows),
        || lists("needs_data", (&rules.routes, matched), Verdict::Unknown, rows),
    );
    DataFrame::new(rows, vec![tools?.into_column(), needs?.into_column()])
}

fn lists(name: &str, (routes, matched): (&[Route], &[Matched]), wanted: Verdict, rows: usize) -> PolarsResult<StringChunked> {
    let mut known: HashMap<Set, u32> = HashMap::new();
    let mut texts = Vec::new();
    let mut places = Vec::with_capacity(rows);
    for set in sets(matched, wanted, rows) {
        let place = *known.entry(set).or_insert_with(|| {
            texts.push(text(routes, set));
            u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
        });
        places.push(place);
    }
    let texts = StringChunked::from_iter_values(name.into(), texts.into_iter());
    texts.take(&IdxCa::from_vec("".into(), places))
}

/// The routes with the verdict, parcel by parcel.
fn sets(matched: &[Matched], wanted: Verdict, rows: usize) -> Vec<Set> {
    let mut sets: Vec<Set> = vec![0; rows];
    for (place, route) in matched.iter().enumerate() {
        let bit = |has: bool| if has { 1 << place } else { 0 };
        let bits: Vec<Set> = route.patterns.iter().map(|pattern| bit(pattern.verdict == wanted)).collect();
        for (set, number) in sets.iter_mut().zip(&route.numbers) {
            *set |= bits.get(usize::from(*number)).copied().unwrap_or_default();
        }
    }
    sets
}

fn text(routes: &[Route], set: Set) -> String {
    let ids = routes.iter().enumerate().filter(|(place, _)| set & (1 << place) != 0).map(|(_, route)| &*route.named.id);
    ids.collect::<Vec<_>>().join(" ")
}

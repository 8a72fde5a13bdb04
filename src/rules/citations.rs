//! Where the rules of a run are printed.

use std::path::Path;

use super::head::RuleSource;
use super::pack::{Pack, open_packs};
use crate::model::{Confirmations, RulePackRecord};

/// The rules that a run took from its packs, each with its document and article, as far as those packs are compiled in and unchanged since.
#[must_use]
pub fn citations(used: &[RulePackRecord]) -> Vec<(String, RuleSource)> {
    used.iter().flat_map(of_pack).collect()
}

/// What people must confirm of the rows of the ledgers of slivers, as far as the packs are compiled in and unchanged since.
#[must_use]
pub fn confirmations(used: &[RulePackRecord]) -> Confirmations {
    let packs = used.iter().filter(|pack| pack.kinds.iter().any(|kind| kind == "slivers")).flat_map(unchanged);
    packs.flat_map(|pack| pack.slivers).flat_map(|rules| rules.confirmations()).collect()
}

fn of_pack(used: &RulePackRecord) -> Vec<(String, RuleSource)> {
    let kind = |id: &str| id.split('.').nth(1).unwrap_or_default().to_owned();
    unchanged(used).flat_map(|pack| sources(&pack)).filter(|(id, _)| used.kinds.contains(&kind(id))).collect()
}

fn unchanged(used: &RulePackRecord) -> impl Iterator<Item = Pack> + use<'_> {
    let packs = open_packs(std::slice::from_ref(&used.id), Path::new(".")).unwrap_or_default();
    packs.into_iter().filter(|pack| pack.info.sha256 == used.sha256)
}

fn sources(pack: &Pack) -> Vec<(String, RuleSource)> {
    let mut sources: Vec<_> = pack.indicators.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())).collect();
    sources.extend(pack.zones.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())));
    sources.extend(pack.standards.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())));
    sources.extend(pack.standards.iter().flat_map(|r| r.sources()));
    sources.extend(pack.life_cycle.iter().flat_map(|r| r.sources()));
    sources.extend(pack.grading.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())));
    sources.extend(pack.low_efficiency.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())));
    sources.extend(pack.slivers.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())));
    sources.extend(pack.toolbox.iter().map(|r| (r.rule_id.to_string(), r.head.source.clone())));
    sources
}

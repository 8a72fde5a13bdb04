//! Where the rules of a run are printed.

use std::path::Path;

use super::head::RuleSource;
use super::pack::{Pack, open_packs};
use crate::model::RulePackRecord;

/// The rules that a run took from its packs, each with its document and article, as far as those packs are compiled in and unchanged since.
#[must_use]
pub fn citations(used: &[RulePackRecord]) -> Vec<(String, RuleSource)> {
    used.iter().flat_map(of_pack).collect()
}

fn of_pack(used: &RulePackRecord) -> Vec<(String, RuleSource)> {
    let packs = open_packs(std::slice::from_ref(&used.id), Path::new(".")).unwrap_or_default();
    let same = packs.into_iter().filter(|pack| pack.info.sha256 == used.sha256);
    let kind = |id: &str| id.split('.').nth(1).unwrap_or_default().to_owned();
    same.flat_map(|pack| sources(&pack)).filter(|(id, _)| used.kinds.contains(&kind(id))).collect()
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

//! From the packs of a job to one rule a kind.
//!
//! **Invariant:** a rule that is not in force at the job's date is never used, and another pack's rule never takes its place unasked.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use chrono::NaiveDate;

use crate::model::{Code, Finding};
use crate::say;

use super::{
    GradingRules, IndicatorRules, LifeCycleRules, LowEfficiencyRules, SliverRules, StandardsRules, ToolboxRules, ZoneRules,
    fault::RulesError,
    head::{Kind, RuleHead},
    pack::{Pack, PackInfo, embedded_packs, open_patched},
    patch::Patch,
};

/// The rules of a job: at most one of each kind.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Rules of the indicators.
    pub indicators: Option<IndicatorRules>,
    /// Rules of the zones.
    pub zones: Option<ZoneRules>,
    /// Standards of land use, contract items and transfer caps.
    pub standards: Option<StandardsRules>,
    /// Terms, evaluations and idle land.
    pub life_cycle: Option<LifeCycleRules>,
    /// Rules of grading.
    pub grading: Option<GradingRules>,
    /// Rules of low-efficiency recognition.
    pub low_efficiency: Option<LowEfficiencyRules>,
    /// Rules of left-over plots.
    pub slivers: Option<SliverRules>,
    /// Policy tools.
    pub toolbox: Option<ToolboxRules>,
    /// The packs of the job in its order, then those that only `rules_for` brought in.
    pub packs: Vec<PackInfo>,
}

impl RuleSet {
    /// Reads the packs of a job and takes one rule a kind: the first in force of the first pack that defines the kind, or the one that
    /// `rules_for` (kind → pack or rule id) names.
    ///
    /// The findings say which kinds have no rule ([`Code::RuleNotRun`]), which rules are not in force ([`Code::RuleExpired`]) and which numbers
    /// are not printed in a document ([`Code::RuleUnverified`]).
    ///
    /// # Errors
    /// [`RulesError`] where a pack or a name in `rules_for` is unknown, or files have faults: then all of them.
    pub fn load(
        packs: &[String],
        rules_for: &BTreeMap<String, String>,
        base_dir: &Path,
        as_of: NaiveDate,
    ) -> Result<(Self, Vec<Finding>), RulesError> {
        Self::load_patched(packs, rules_for, base_dir, as_of, None)
    }

    /// The same with another number in one of the packs.
    ///
    /// # Errors
    /// Those of [`Self::load`]; the other number may be one that its key does not allow.
    pub fn load_patched(
        packs: &[String],
        rules_for: &BTreeMap<String, String>,
        base_dir: &Path,
        as_of: NaiveDate,
        patch: Option<&Patch>,
    ) -> Result<(Self, Vec<Finding>), RulesError> {
        check_kinds(rules_for)?;
        let mut opened = open_patched(packs, base_dir, patch)?;
        check_ids(&opened)?;
        let listed = opened.len();
        if !rules_for.is_empty() {
            let more: Vec<_> = embedded_packs().into_iter().filter(|id| opened.iter().all(|pack| *pack.info.id != **id)).collect();
            opened.extend(open_patched(&more, base_dir, patch)?);
        }
        let mut choice = Choice { packs: &opened, listed, rules_for, as_of, used: Vec::new(), findings: Vec::new() };
        let mut set = Self {
            indicators: choice.take(Kind::Indicators, |pack| &pack.indicators)?,
            zones: choice.take(Kind::Zones, |pack| &pack.zones)?,
            standards: choice.take(Kind::Standards, |pack| &pack.standards)?,
            life_cycle: choice.take(Kind::LifeCycle, |pack| &pack.life_cycle)?,
            grading: choice.take(Kind::Grading, |pack| &pack.grading)?,
            low_efficiency: choice.take(Kind::LowEfficiency, |pack| &pack.low_efficiency)?,
            slivers: choice.take(Kind::Slivers, |pack| &pack.slivers)?,
            toolbox: choice.take(Kind::Toolbox, |pack| &pack.toolbox)?,
            packs: Vec::new(),
        };
        let Choice { used, findings, .. } = choice;
        let is_used = |(index, pack): &(usize, &Pack)| *index < listed || used.contains(&pack.info.id);
        set.packs = opened.iter().enumerate().filter(is_used).map(|(_, pack)| pack.info.clone()).collect();
        Ok((set, findings))
    }

    /// Who the rules are, in the order of the kinds.
    #[must_use]
    pub fn heads(&self) -> Vec<&RuleHead> {
        Kind::ALL.iter().filter_map(|kind| self.head(*kind)).collect()
    }

    fn head(&self, kind: Kind) -> Option<&RuleHead> {
        match kind {
            Kind::Indicators => self.indicators.as_ref().map(|rule| &rule.head),
            Kind::Zones => self.zones.as_ref().map(|rule| &rule.head),
            Kind::Standards => self.standards.as_ref().map(|rule| &rule.head),
            Kind::LifeCycle => self.life_cycle.as_ref().map(|rule| &rule.head),
            Kind::Toolbox => self.toolbox.as_ref().map(|rule| &rule.head),
            Kind::Grading => self.grading.as_ref().map(|rule| &rule.head),
            Kind::LowEfficiency => self.low_efficiency.as_ref().map(|rule| &rule.head),
            Kind::Slivers => self.slivers.as_ref().map(|rule| &rule.head),
        }
    }
}

/// A compiled rule of any kind.
trait Compiled: Clone {
    fn head(&self) -> &RuleHead;
}

macro_rules! compiled {
    ($($rules:ty),+) => { $(impl Compiled for $rules { fn head(&self) -> &RuleHead { &self.head } })+ };
}

compiled!(IndicatorRules, ZoneRules, StandardsRules, LifeCycleRules, GradingRules, LowEfficiencyRules, SliverRules, ToolboxRules);

fn check_kinds(rules_for: &BTreeMap<String, String>) -> Result<(), RulesError> {
    let known = Kind::ALL.map(|kind| kind.as_str().to_owned());
    match rules_for.keys().find(|kind| !known.contains(kind)) {
        Some(kind) => Err(RulesError::UnknownKind { kind: kind.clone(), known: known.to_vec() }),
        None => Ok(()),
    }
}

fn check_ids(packs: &[Pack]) -> Result<(), RulesError> {
    let mut seen = std::collections::BTreeSet::new();
    match packs.iter().find(|pack| !seen.insert(&pack.info.id)) {
        Some(pack) => Err(RulesError::DuplicatePack { id: pack.info.id.to_string() }),
        None => Ok(()),
    }
}

/// The choice of one rule a kind, with what is to be said about it.
struct Choice<'p> {
    packs: &'p [Pack],
    listed: usize,
    rules_for: &'p BTreeMap<String, String>,
    as_of: NaiveDate,
    used: Vec<Arc<str>>,
    findings: Vec<Finding>,
}

impl<'p> Choice<'p> {
    fn take<R: Compiled>(&mut self, kind: Kind, of: fn(&Pack) -> &Vec<R>) -> Result<Option<R>, RulesError> {
        let candidates = match self.rules_for.get(kind.as_str()) {
            Some(wanted) => self.wanted(kind, wanted, of)?,
            None => self
                .packs
                .iter()
                .take(self.listed)
                .map(of)
                .find(|rules| !rules.is_empty())
                .map_or_else(Vec::new, |rules| rules.iter().collect()),
        };
        let chosen = candidates.iter().find(|rule| rule.head().in_force(self.as_of) && !rule.head().template);
        match chosen {
            Some(rule) => self.note_used(rule.head()),
            None => self.note_absent(kind, &candidates.iter().map(|rule| rule.head()).collect::<Vec<_>>()),
        }
        Ok(chosen.map(|rule| (*rule).clone()))
    }

    fn wanted<R: Compiled>(&self, kind: Kind, wanted: &str, of: fn(&Pack) -> &Vec<R>) -> Result<Vec<&'p R>, RulesError> {
        let rules = || self.packs.iter().flat_map(of);
        let of_pack: Vec<_> = rules().filter(|rule| *rule.head().pack == *wanted).collect();
        if !of_pack.is_empty() {
            return Ok(of_pack);
        }
        let named = rules().find(|rule| *rule.head().id == *wanted || *rule.head().rule_id() == *wanted);
        named.map(|rule| vec![rule]).ok_or_else(|| {
            let known = rules().flat_map(|rule| [rule.head().id.to_string(), rule.head().pack.to_string()]).collect();
            RulesError::UnknownRule { kind: kind.as_str(), wanted: wanted.to_owned(), known }
        })
    }

    fn note_used(&mut self, head: &RuleHead) {
        self.used.push(Arc::clone(&head.pack));
        let rule_id = head.rule_id();
        let message = match (head.verified, head.unverified.join(", ")) {
            (true, keys) if keys.is_empty() => return,
            (true, keys) => say!("rule `{rule_id}` has values that its document does not print: {keys}", rule_id, keys),
            (false, _) => say!("rule `{rule_id}` was not compared with a published document", rule_id),
        };
        let finding = Finding::general(Code::RuleUnverified, message).rule(rule_id.as_ref());
        self.findings.push(finding.hint(say!("check the values against your local document and set `verified` in the rule pack")));
    }

    fn note_absent(&mut self, kind: Kind, unusable: &[&RuleHead]) {
        let (templates, expired): (Vec<&RuleHead>, Vec<&RuleHead>) =
            unusable.iter().copied().partition(|head| head.template && head.in_force(self.as_of));
        for head in &templates {
            let rule_id = head.rule_id();
            let finding = Finding::general(Code::RuleTemplate, say!("rule `{rule_id}` is a form to be filled in and is not used", rule_id));
            let hint = say!("copy the pack, fill in the numbers of your document and take `template` away");
            self.findings.push(finding.rule(rule_id.as_ref()).hint(hint));
        }
        for head in &expired {
            let (rule_id, period) = (head.rule_id(), head.period());
            let message = say!("rule `{rule_id}` is not in force on {day}: it is valid from {period}", rule_id, day = self.as_of, period);
            let finding = Finding::general(Code::RuleExpired, message).rule(rule_id.as_ref());
            self.findings.push(finding.hint(say!("add the rule that follows it to a pack, or check the job's `as_of`")));
        }
        let kind = kind.as_str();
        let message = match (templates.is_empty(), expired.is_empty()) {
            (true, true) => say!("no pack of the job has rules for {kind}", kind),
            (true, false) => say!("no rule for {kind} is in force", kind),
            (false, _) => say!("no rule for {kind} is filled in", kind),
        };
        let finding = Finding::general(Code::RuleNotRun, message).field("rules", kind);
        self.findings.push(finding.hint(say!("add a pack with {kind}.toml to `rules`, or name one under `[rules_for]`", kind)));
    }
}

//! What the stage says: reasons in words and facts as JSON, written for every parcel in parallel, in row order.
//!
//! What is the same for all members of a cohort is written once, because a province has a million facts of some 500 bytes.

use std::{fmt::Write as _, sync::Arc};

use rayon::prelude::*;
use serde_json::json;

use crate::model::{DecisionTable, DecisionText, Verdict};
use crate::rules::{Class, Condition, GradingRules, Missing, Normaliser};

use super::{
    Grading,
    population::Standing,
    score::{Item, Scored, Without},
};

/// Parcels that one task writes down.
const BLOCK: usize = 4096;

/// Room for the text of a decision.
const TEXT_BYTES: usize = 768;

/// Writes everything down.
pub(super) fn report(rules: &GradingRules, standings: &[Standing], cohorts: &[Scored<'_>]) -> Grading {
    let cohorts: Vec<_> = cohorts.iter().map(Sheet::new).collect();
    let blocks = standings.par_chunks(BLOCK).enumerate().map(|(block, standings)| report_block(rules, block * BLOCK, standings, &cohorts));
    let mut all = Grading { score: Vec::new(), grade: Vec::new(), reason: Vec::new(), decisions: DecisionTable::default() };
    for block in blocks.collect::<Vec<_>>() {
        all.score.extend(block.score);
        all.grade.extend(block.grade);
        all.reason.extend(block.reason);
        all.decisions.append(block.decisions);
    }
    all
}

fn report_block(rules: &GradingRules, first: usize, standings: &[Standing], cohorts: &[Sheet<'_>]) -> Grading {
    let mut decisions = DecisionTable::with_room(standings.len(), standings.len() * TEXT_BYTES);
    let rule = decisions.rule(&rules.rule_id, &rules.version);
    let (mut score, mut grade, mut reason) = (Vec::new(), Vec::new(), Vec::new());
    for (row, standing) in (first..).zip(standings) {
        let said = say(rules, *standing, cohorts);
        let parcel = u32::try_from(row).unwrap_or(u32::MAX);
        decisions.push(parcel, rule, said.verdict, DecisionText { reasons: &said.reason, facts: &said.facts });
        score.push(said.score);
        grade.push(said.grade);
        reason.push(said.reason);
    }
    Grading { score, grade, reason, decisions }
}

/// What is said of one parcel.
struct Said {
    verdict: Verdict,
    score: Option<f64>,
    grade: Option<Arc<str>>,
    reason: String,
    facts: String,
}

impl Said {
    fn ungraded(verdict: Verdict, reason: String, facts: &serde_json::Value) -> Self {
        Self { verdict, score: None, grade: None, reason, facts: facts.to_string() }
    }
}

fn say(rules: &GradingRules, standing: Standing, cohorts: &[Sheet<'_>]) -> Said {
    let class = |classes: &[Class], index: usize| classes.get(index).map(|class| (class.id.to_string(), class.when.clone()));
    let cohort = |index: usize| rules.cohorts.get(index).map(|cohort| (cohort.class.id.to_string(), cohort.class.when.clone()));
    match standing {
        Standing::Member { cohort, index } => cohorts.get(cohort).map_or_else(|| undecided("cohort", None), |sheet| sheet.say(index)),
        Standing::Outside => {
            let condition = rules.population.as_ref().map_or("", |condition| &condition.text);
            Said::ungraded(Verdict::No, format!("outside the population: not {condition}"), &json!({ "population": false }))
        }
        Standing::PopulationUnknown => undecided("population", rules.population.clone().map(|condition| (String::new(), condition))),
        Standing::Exempt(index) => {
            let (id, condition) = class(&rules.exempt, index).map_or_else(Default::default, |(id, when)| (id, when.text.to_string()));
            Said::ungraded(Verdict::No, format!("exempt as {id}: {condition}"), &json!({ "exempt": id }))
        }
        Standing::ExemptUnknown(index) => undecided("exemption", class(&rules.exempt, index)),
        Standing::NoCohort => Said::ungraded(Verdict::No, "in no cohort of the rule".to_owned(), &json!({ "cohort": null })),
        Standing::CohortUnknown(index) => undecided("cohort", cohort(index)),
    }
}

fn undecided(what: &str, condition: Option<(String, Condition)>) -> Said {
    let (id, names) = condition.map_or_else(Default::default, |(id, condition)| (id, condition.names()));
    let space = if id.is_empty() { "" } else { " " };
    let reason = format!("{what}{space}{id} cannot be decided, a value is missing among {names}");
    Said::ungraded(Verdict::Unknown, reason, &json!({ "undecided": what, "id": id }))
}

/// A cohort with the texts that its members share.
struct Sheet<'s> {
    scored: &'s Scored<'s>,
    head: String,
    items: Vec<String>,
    tail: String,
    left_out: String,
}

impl<'s> Sheet<'s> {
    fn new(scored: &'s Scored<'s>) -> Self {
        let Scored { cohort, items, ranking, scores, scaled_by } = scored;
        let head = json!({ "cohort": *cohort.class.id, "cohort_size": scores.len(), "ranked": ranking.ranked }).to_string();
        let cuts = cohort.cuts.grades.iter().zip(&ranking.last_ranks);
        let cuts: serde_json::Map<_, _> = cuts.map(|(cut, last)| (cut.grade.to_string(), json!(last))).collect();
        let scaled = scaled_by.is_finite().then_some(*scaled_by);
        Self {
            scored,
            head: head.trim_end_matches('}').to_owned(),
            items: items.iter().map(item_head).collect(),
            tail: format!("}},\"scaled_by\":{},\"last_ranks\":{}}}", json!(scaled), json!(cuts)),
            left_out: left_out(items, *scaled_by),
        }
    }

    fn say(&self, member: usize) -> Said {
        let facts = self.facts(member);
        let score = self.scored.scores.get(member).copied().unwrap_or(f64::NAN);
        let Some((rank, class)) = self.place(member) else {
            return Said { verdict: Verdict::Unknown, score: None, grade: None, reason: self.lacks(member), facts };
        };
        let grade = self.scored.cohort.cuts.grades.get(class).map(|cut| Arc::clone(&cut.grade));
        let reason = self.reason(member, score, rank, class);
        Said { verdict: Verdict::Yes, score: Some(score), grade, reason, facts }
    }

    fn place(&self, member: usize) -> Option<(u64, usize)> {
        self.scored.ranking.places.get(member).copied().flatten()
    }

    fn reason(&self, member: usize, score: f64, rank: u64, class: usize) -> String {
        let ranking = &self.scored.ranking;
        let (cohort, ranked) = (&self.scored.cohort.class.id, ranking.ranked);
        let grade = self.scored.cohort.cuts.grades.get(class).map_or("", |cut| &cut.grade);
        let last = ranking.last_ranks.get(class).copied().unwrap_or_default();
        let mut reason = format!("score {score:.4} is rank {rank} of {ranked} in cohort {cohort}: {grade} is up to rank {last}");
        for item in &self.scored.items {
            if let (None, Without::Points(points)) = (item.value(member), item.without) {
                let what = if item.indicator.missing == Missing::Zero { "the rule gives" } else { "the cohort's mean is" };
                let _ = write!(reason, "; `{}` is unknown, {what} {points:.4} points", item.indicator.column);
            }
        }
        reason.push_str(&self.left_out);
        reason
    }

    /// Why a member has no score.
    fn lacks(&self, member: usize) -> String {
        let lacks = |item: &&Item<'_>| item.points(member).is_none() && item.without == Without::NotGraded;
        let names: Vec<_> = self.scored.items.iter().filter(lacks).map(|item| format!("`{}`", item.indicator.column)).collect();
        if names.is_empty() {
            return format!("not graded: nobody in cohort {} has a value of any indicator", self.scored.cohort.class.id);
        }
        format!("not graded: {} unknown, and the rule requires it in cohort {}", names.join(", "), self.scored.cohort.class.id)
    }

    fn facts(&self, member: usize) -> String {
        let size = self.head.len() + self.tail.len() + self.items.iter().map(|item| item.len() + 56).sum::<usize>() + 64;
        let mut out = Vec::with_capacity(size);
        out.extend_from_slice(self.head.as_bytes());
        out.extend_from_slice(b",\"rank\":");
        push(&mut out, &self.place(member).map(|(rank, _)| rank));
        out.extend_from_slice(b",\"score\":");
        push(&mut out, &self.scored.scores.get(member).copied().filter(|score| !score.is_nan()));
        out.extend_from_slice(b",\"indicators\":{");
        for (index, (head, item)) in self.items.iter().zip(&self.scored.items).enumerate() {
            out.extend_from_slice(if index == 0 { b"" } else { b"," });
            out.extend_from_slice(head.as_bytes());
            push(&mut out, &item.value(member));
            out.extend_from_slice(b",\"points\":");
            push(&mut out, &item.points(member));
            out.push(b'}');
        }
        out.extend_from_slice(self.tail.as_bytes());
        String::from_utf8(out).unwrap_or_default()
    }
}

/// The facts of an indicator up to the value.
fn item_head(item: &Item<'_>) -> String {
    let Normaliser::Ratio { benchmark } = item.indicator.normaliser;
    let head = json!({ "benchmark": benchmark, "weight": item.indicator.weight }).to_string();
    format!("{}:{},\"value\":", json!(*item.indicator.column), head.trim_end_matches('}'))
}

fn left_out(items: &[Item<'_>], scaled_by: f64) -> String {
    let out: Vec<_> =
        items.iter().filter(|item| item.without == Without::LeftOut).map(|item| format!("`{}`", item.indicator.column)).collect();
    if out.is_empty() {
        return String::new();
    }
    format!(
        "; nobody in the cohort has {}: left out, the other points times {scaled_by}, not comparable with published scores",
        out.join(", ")
    )
}

/// Writing a number to memory cannot fail; a number that JSON cannot hold is null.
fn push<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

//! What the stage says of every row: grade, reasons in words and facts, written in parallel, in row order.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;
use serde_json::json;

use crate::model::{DecisionTable, DecisionText, FactsTemplate, Verdict};
use crate::rules::{Class, Condition, Cuts, Exempt, GradingRules, Missing, Unknown};
use crate::say;

use super::{
    Grading,
    adjust::Adjustments,
    facts::Sheet,
    population::Standing,
    score::{Item, Without},
};

/// Rows that one task writes down.
const BLOCK: usize = 4096;

/// Room for the text of a decision.
const TEXT_BYTES: usize = 384;

/// Writes everything down.
pub(super) fn report(rules: &GradingRules, standings: &[Standing], cohorts: &[Sheet<'_>]) -> Grading {
    write_down(rules, standings.len(), &|row| standings.get(row).map_or_else(|| undecided("cohort", None), |at| say(rules, *at, cohorts)))
}

/// What `say` says of every row.
pub(super) fn write_down<'s>(rules: &GradingRules, rows: usize, say: &(dyn Fn(usize) -> Said<'s> + Sync)) -> Grading {
    let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    let blocks = starts.into_par_iter().map(|start| write_block(rules, start..rows.min(start + BLOCK), say));
    let mut all = Grading::default();
    for block in blocks.collect::<Vec<_>>() {
        all.score.extend(block.score);
        all.grade.extend(block.grade);
        all.reason.extend(block.reason);
        all.decisions.append(block.decisions);
    }
    all
}

fn write_block<'s>(rules: &GradingRules, rows: Range<usize>, say: &(dyn Fn(usize) -> Said<'s> + Sync)) -> Grading {
    let mut decisions = DecisionTable::with_room(rows.len(), rows.len() * TEXT_BYTES);
    let rule = decisions.rule(&rules.rule_id, &rules.version);
    let (mut score, mut grade, mut reason) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let said = say(row);
        let parcel = u32::try_from(row).unwrap_or(u32::MAX);
        let template = said.template.map(|template| decisions.template(template));
        decisions.push_filled(parcel, rule, said.verdict, (DecisionText { reasons: &said.reason, facts: &said.facts }, template));
        score.push(said.score);
        grade.push(said.grade);
        reason.push(said.reason);
    }
    Grading { score, grade, reason, decisions }
}

/// What is said of one row.
pub(super) struct Said<'s> {
    pub verdict: Verdict,
    pub score: Option<f64>,
    pub grade: Option<Arc<str>>,
    pub reason: String,
    pub facts: String,
    /// What `facts` are the values for, where they are not the facts themselves.
    pub template: Option<&'s FactsTemplate>,
}

impl Said<'_> {
    pub fn ungraded(verdict: Verdict, reason: String, facts: &serde_json::Value) -> Self {
        Self { verdict, score: None, grade: None, reason, facts: facts.to_string(), template: None }
    }
}

fn say<'s>(rules: &GradingRules, standing: Standing, cohorts: &'s [Sheet<'_>]) -> Said<'s> {
    let undecided_class = |what: &str, class: Option<&Class>| undecided(what, class.map(|class| (class.id.as_ref(), &class.when)));
    match standing {
        Standing::Member { cohort, index } => cohorts.get(cohort).map_or_else(|| undecided("cohort", None), |sheet| sheet.say(index)),
        Standing::Outside => {
            let condition = rules.population.as_ref().map_or("", |condition| &condition.text);
            Said::ungraded(Verdict::No, say!("outside the population: not {condition}", condition), &json!({ "population": false }))
        }
        Standing::PopulationUnknown => undecided("population", rules.population.as_ref().map(|condition| ("", condition))),
        Standing::Exempt(index) => rules.exempt.get(index).map_or_else(|| undecided("exemption", None), exempt),
        Standing::ExemptUnknown(index) => undecided_class("exemption", rules.exempt.get(index).map(|exempt| &exempt.class)),
        Standing::NoCohort => Said::ungraded(Verdict::No, say!("in no cohort of the rule"), &json!({ "cohort": null })),
        Standing::CohortUnknown(index) => undecided_class("cohort", rules.cohorts.get(index).map(|cohort| &cohort.class)),
    }
}

fn exempt(exempt: &Exempt) -> Said<'static> {
    let Class { id, when, .. } = &exempt.class;
    let mut said = Said::ungraded(Verdict::No, say!("exempt as {id}: {condition}", id, condition = when.text), &json!({ "exempt": **id }));
    if let Some(grade) = &exempt.grade {
        said.reason.push_str(&say!("; the rule writes {grade}", grade));
        said.grade = Some(Arc::clone(grade));
    }
    said
}

fn undecided(what: &str, condition: Option<(&str, &Condition)>) -> Said<'static> {
    let (id, names) = condition.map_or_else(Default::default, |(id, condition)| (id, condition.names()));
    let subject = match what {
        "population" => say!("population"),
        "exemption" => say!("exemption {id}", id),
        _ => say!("cohort {id}", id),
    };
    let reason = say!("{subject} cannot be decided, a value is missing among {names}", subject = subject.trim_end(), names);
    Said::ungraded(Verdict::Unknown, reason, &json!({ "undecided": what, "id": id }))
}

impl Sheet<'_> {
    fn say(&self, member: usize) -> Said<'_> {
        let (facts, template) = (self.values(member), Some(&self.template));
        let Some((rank, class)) = self.place(member) else {
            return Said { verdict: Verdict::Unknown, score: None, grade: None, reason: self.lacks(member), facts, template };
        };
        let score = self.score(member);
        let mut reason = self.reason(member, score, rank, class);
        let row = self.row(member);
        if self.adjustments.change_classes() && !tell_steps(self.adjustments, row, class, &self.scored.cohort.cuts, &mut reason) {
            return Said { verdict: Verdict::Unknown, score: None, grade: None, reason, facts, template };
        }
        let grade = self.grade(self.final_class(member, class)).map(Arc::clone);
        Said { verdict: Verdict::Yes, score: Some(score), grade, reason, facts, template }
    }

    fn reason(&self, member: usize, score: f64, rank: u64, class: usize) -> String {
        let ranking = &self.scored.ranking;
        let (cohort, ranked) = (&self.scored.cohort.class.id, ranking.ranked);
        let grade = self.grade(class).map_or("", |grade| grade);
        let mut reason = match &self.scored.cohort.cuts {
            Cuts::Shares(_) => {
                let last = ranking.last_ranks.get(class).copied().unwrap_or_default();
                let score = format_args!("{score:.4}");
                say!(
                    "score {score} is rank {rank} of {ranked} in cohort {cohort}: {grade} is up to rank {last}",
                    score,
                    rank,
                    ranked,
                    cohort,
                    grade,
                    last
                )
            }
            Cuts::Bands(bands) => {
                let decimals = usize::try_from(bands.decimals).unwrap_or_default();
                let rounded = bands.rounded(score);
                say!(
                    "score {score}, rounded {rounded}, is in the band of {grade}; rank {rank} of {ranked} in cohort {cohort}",
                    score = format_args!("{score:.4}"),
                    rounded = format_args!("{rounded:.decimals$}"),
                    grade,
                    rank,
                    ranked,
                    cohort
                )
            }
        };
        for item in &self.scored.items {
            if let (None, Without::Points(points)) = (item.earned(member), item.without) {
                let (name, points) = (&item.indicator.name, format!("{points:.4}"));
                reason.push_str(&if item.indicator.missing == Missing::Zero {
                    say!("; `{name}` is unknown, the rule gives {points} points", name, points)
                } else {
                    say!("; `{name}` is unknown, the cohort's mean is {points} points", name, points)
                });
            }
        }
        reason.push_str(&self.left_out);
        self.tell_adjusted(member, &mut reason);
        reason
    }

    /// What was added to the points or taken from them.
    fn tell_adjusted(&self, member: usize, reason: &mut String) {
        if !self.adjustments.change_scores() {
            return;
        }
        let adjusted = self.adjustments.of(self.row(member));
        let differs = |value: f64, neutral: f64| (value - neutral).abs() > 0.0;
        if differs(adjusted.factor, 1.0) {
            reason.push_str(&say!("; correction ×{factor}", factor = adjusted.factor));
        }
        if differs(adjusted.bonus, 0.0) {
            reason.push_str(&say!("; bonus +{points}", points = adjusted.bonus));
        }
        if differs(adjusted.penalty, 0.0) {
            reason.push_str(&say!("; penalty -{points}", points = adjusted.penalty));
        }
    }

    /// Why a member has no score.
    fn lacks(&self, member: usize) -> String {
        let cohort = &self.scored.cohort.class.id;
        let lacks = |item: &&Item<'_>| item.points(member).is_none() && item.without == Without::NotGraded;
        let (no_benchmark, unknown): (Vec<_>, Vec<_>) =
            self.scored.items.iter().filter(lacks).partition(|item| item.value(member).is_some());
        let names = |items: &[&Item<'_>]| items.iter().map(|item| format!("`{}`", item.indicator.name)).collect::<Vec<_>>().join(", ");
        let undecided = self.adjustments.undecided(self.row(member));
        let mut parts = Vec::new();
        if !unknown.is_empty() {
            parts.push(say!("{names} unknown, and the rule requires it in cohort {cohort}", names = names(&unknown), cohort));
        }
        if !no_benchmark.is_empty() {
            parts.push(say!("{names} has no benchmark in cohort {cohort}", names = names(&no_benchmark), cohort));
        }
        if !undecided.is_empty() {
            parts.push(say!("{names} cannot be decided, and the rule requires it", names = undecided.join(", ")));
        }
        if parts.is_empty() {
            parts.push(say!("nobody in cohort {cohort} has a value of any indicator", cohort));
        }
        say!("not graded: {parts}", parts = parts.join("; "))
    }
}

/// Tells what moves and vetoes do to a class, in order; false where one that the rule wants decided cannot be.
fn tell_steps(adjustments: &Adjustments<'_>, row: u32, class: usize, cuts: &Cuts, reason: &mut String) -> bool {
    let mut class = class;
    let mut decided = true;
    for (step, applies) in adjustments.steps(row) {
        let step_name = if step.veto { say!("veto {id}", id = step.id) } else { say!("move {id}", id = step.id) };
        if applies == Some(true) {
            class = step.apply(class, cuts);
            let grade = cuts.grade(class).map_or("", |grade| grade);
            reason.push_str(&say!("; {step} makes it {grade}", step = step_name, grade));
            continue;
        }
        let names = step.when.names();
        reason.push_str(&if step.unknown == Unknown::Ignore {
            say!("; {step} cannot be decided and changes nothing, a value is missing among {names}", step = step_name, names)
        } else {
            say!("; {step} cannot be decided and leaves no grade, a value is missing among {names}", step = step_name, names)
        });
        decided &= step.unknown == Unknown::Ignore;
    }
    decided
}

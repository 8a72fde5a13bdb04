//! The facts of a grade as JSON: what `explain` needs to lead a grade back to its figures and to say what the next better one takes.
//!
//! What is the same for all members of a cohort is kept once, because a province has a million facts of some 700 bytes.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::model::{BETWEEN_VALUES, FactsTemplate};
use crate::rules::Cuts;
use crate::say;

use super::{
    adjust::Adjustments,
    normalise::Scale,
    score::{Item, Scored, Without},
};

/// One byte in UTF-8.
const BETWEEN: u8 = BETWEEN_VALUES as u8;

/// Room for the values of a member.
const VALUES_BYTES: usize = 320;

/// A cohort with the texts that its members share.
pub(super) struct Sheet<'s> {
    pub scored: &'s Scored<'s>,
    pub adjustments: &'s Adjustments<'s>,
    /// What every reason says of indicators that nobody has.
    pub left_out: String,
    /// The facts of a member but for [`Sheet::values`].
    pub template: FactsTemplate,
}

impl<'s> Sheet<'s> {
    pub fn new(scored: &'s Scored<'s>, adjustments: &'s Adjustments<'s>) -> Self {
        Self { scored, adjustments, left_out: left_out(&scored.items, scored.scaled_by), template: template(scored) }
    }

    /// Rank from 1 and class by score.
    pub fn place(&self, member: usize) -> Option<(u64, usize)> {
        self.scored.ranking.places.get(member).copied().flatten()
    }

    pub fn score(&self, member: usize) -> f64 {
        self.scored.scores.get(member).copied().unwrap_or(f64::NAN)
    }

    pub fn row(&self, member: usize) -> u32 {
        self.scored.rows.get(member).copied().unwrap_or(u32::MAX)
    }

    pub fn grade(&self, class: usize) -> Option<&'s Arc<str>> {
        self.scored.cohort.cuts.grade(class)
    }

    /// The class after moves and vetoes.
    pub fn final_class(&self, member: usize, class: usize) -> usize {
        if !self.adjustments.change_classes() {
            return class;
        }
        self.adjustments.class(self.row(member), class, &self.scored.cohort.cuts)
    }

    /// The values of a member for the template: rank, score, the figures of every indicator, and what adjustments did and the next better grade takes.
    pub fn values(&self, member: usize) -> String {
        let mut out = Vec::with_capacity(VALUES_BYTES);
        push(&mut out, &self.place(member).map(|(rank, _)| rank));
        push_next_to(&mut out, &Some(self.score(member)).filter(|score| !score.is_nan()));
        for item in &self.scored.items {
            if let Scale::RatioEach(_) = item.scale {
                push_next_to(&mut out, &item.scale.benchmark(member));
            }
            push_next_to(&mut out, &item.value(member));
            push_next_to(&mut out, &item.points(member));
        }
        out.push(BETWEEN);
        self.push_adjusted(&mut out, member);
        self.push_next(&mut out, member);
        String::from_utf8(out).unwrap_or_default()
    }

    /// What corrections, bonuses, penalties, moves and vetoes did, in rules that have any.
    fn push_adjusted(&self, out: &mut Vec<u8>, member: usize) {
        let row = self.row(member);
        if self.adjustments.change_scores() {
            out.extend_from_slice(b",\"adjusted\":");
            push(out, &self.adjustments.facts(row));
        }
        if self.adjustments.change_classes() {
            let steps: Map<_, _> = self.adjustments.steps(row).map(|(step, applies)| (step.id.to_string(), json!(applies))).collect();
            if !steps.is_empty() {
                out.extend_from_slice(b",\"by_score\":");
                push(out, &self.place(member).and_then(|(_, class)| self.grade(class)).map(|grade| &**grade));
                out.extend_from_slice(b",\"steps\":");
                push(out, &steps);
            }
        }
    }

    /// The score that the next better grade takes, the other members held; null where none leads there.
    fn push_next(&self, out: &mut Vec<u8>, member: usize) {
        let Some((_, class)) = self.place(member) else { return };
        let now = self.final_class(member, class);
        if now == 0 {
            return;
        }
        out.extend_from_slice(b",\"next\":");
        let edge = |class: usize| self.scored.ranking.edges.get(class).copied().flatten();
        let better = (0..class).rev().map(|class| (class, self.final_class(member, class)));
        let Some((by_score, reached, edge)) =
            better.filter(|(_, reached)| *reached < now).find_map(|(by, reached)| Some((by, reached, edge(by)?)))
        else {
            out.extend_from_slice(b"null");
            return;
        };
        out.extend_from_slice(b"{\"grade\":");
        push(out, &self.grade(reached).map(|grade| &**grade));
        out.extend_from_slice(b",\"score\":");
        push(out, &edge.score);
        if edge.beyond {
            out.extend_from_slice(b",\"beyond\":true");
        }
        let last = self.scored.ranking.last_members.get(by_score).copied().flatten();
        if let Some(value) = last.and_then(|last| self.scored.ranked_value(last)).filter(|_| !self.adjustments.change_scores()) {
            out.extend_from_slice(b",\"value\":");
            push(out, &value);
        }
        out.push(b'}');
    }
}

/// What the facts of all members share, with gaps for [`Sheet::values`].
fn template(scored: &Scored<'_>) -> FactsTemplate {
    let Scored { cohort, items, ranking, scores, .. } = scored;
    let head = json!({ "cohort": *cohort.class.id, "cohort_size": scores.len(), "ranked": ranking.ranked }).to_string();
    let mut texts = vec![format!("{},\"rank\":", head.trim_end_matches('}')), ",\"score\":".to_owned()];
    let mut text = String::from(",\"indicators\":{");
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(&item_head(item));
        let keys = [matches!(item.scale, Scale::RatioEach(_)).then_some("benchmark"), Some("value"), Some("points")];
        texts.extend(keys.into_iter().flatten().map(|key| std::mem::take(&mut text) + ",\"" + key + "\":"));
        text.push('}');
    }
    texts.extend([text + "}", tail(scored)]);
    texts.into()
}

/// The facts of an indicator that all members share.
fn item_head(item: &Item<'_>) -> String {
    let indicator = item.indicator;
    let mut head = Map::new();
    match item.scale {
        Scale::Ratio(benchmark) => drop(head.insert("benchmark".into(), json!(finite(benchmark)))),
        Scale::RatioEach(_) => {}
        Scale::MinMax { base, span, min, max, .. } => {
            let numbers = [("base", base), ("max", max), ("min", min), ("span", span)];
            head.extend(numbers.map(|(key, value)| (key.to_owned(), json!(finite(value)))));
        }
        Scale::Rank(_) => drop(head.insert("by".into(), json!("rank"))),
    }
    head.insert("weight".into(), json!(indicator.weight));
    head.extend(
        [("cap", indicator.cap), ("floor", indicator.floor)].into_iter().filter_map(|(key, bound)| Some((key.into(), json!(bound?)))),
    );
    let text = Value::Object(head).to_string();
    format!("{}:{}", json!(*indicator.name), text.trim_end_matches('}'))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Where the classes end, and what the points were multiplied by where indicators were left out.
fn tail(scored: &Scored<'_>) -> String {
    let grades = scored.cohort.cuts.grades().map(ToString::to_string);
    let mut facts = Map::new();
    if (scored.scaled_by - 1.0).abs() > 0.0 || scored.scaled_by.is_nan() {
        facts.insert("scaled_by".into(), json!(finite(scored.scaled_by)));
    }
    match &scored.cohort.cuts {
        Cuts::Shares(_) => {
            let ends: Map<_, _> = grades.zip(scored.ranking.last_ranks.iter().map(|last| json!(last))).collect();
            facts.insert("last_ranks".into(), Value::Object(ends));
        }
        Cuts::Bands(bands) => {
            let least: Map<_, _> = grades.zip(bands.bands.iter().map(|band| json!(finite(band.least)))).collect();
            facts.insert("least_scores".into(), Value::Object(least));
        }
    }
    let text = Value::Object(facts).to_string();
    format!(",{}", text.trim_start_matches('{'))
}

fn left_out(items: &[Item<'_>], scaled_by: f64) -> String {
    let out: Vec<_> =
        items.iter().filter(|item| item.without == Without::LeftOut).map(|item| format!("`{}`", item.indicator.name)).collect();
    if out.is_empty() {
        return String::new();
    }
    say!(
        "; nobody in the cohort has {names}: left out, the other points times {scaled_by}, not comparable with published scores",
        names = out.join(", "),
        scaled_by
    )
}

/// The separator of values and the next one.
fn push_next_to<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    out.push(BETWEEN);
    push(out, value);
}

/// Writing a number to memory cannot fail; a number that JSON cannot hold is null.
fn push<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

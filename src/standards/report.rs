//! What the stage says: verdicts of the groups, and decisions with reasons in words and facts as JSON.
//!
//! Parcels with the same states share their summary: most of a city differs in a few standards only.

use std::{collections::HashMap, fmt::Write as _, ops::Range, sync::Arc};

use chrono::NaiveDate;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::model::{DecisionTable, DecisionText, RuleNumber, Verdict};
use crate::rules::{Bound, Group, Limit, Standard, StandardsRules, Test};
use crate::say;

use super::Ids;
use super::reading::{Limited, Reader, Reading, Standing, State};

/// Parcels that one task writes down.
const BLOCK: usize = 4096;

const GROUPS: usize = Group::ALL.len();

/// The states in the order in which the facts have them; the first two are decided.
const LISTED: [State; 4] = [State::Met, State::NotMet, State::Unknown, State::NotApplicable];

/// How many parcels a standard could be decided in, and how many it could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Met or not met.
    pub decided: usize,
    /// Unknown.
    pub unknown: usize,
}

/// Everything that is said.
pub struct Told {
    /// The verdict of each group, a parcel; none where no standard of the group applies.
    pub met: [Vec<Option<Verdict>>; GROUPS],
    /// The standards of each group that fail.
    pub failed: [Vec<Option<Ids>>; GROUPS],
    /// The longest delay of the contract.
    pub days_late: Vec<Option<f64>>,
    /// The decisions.
    pub decisions: DecisionTable,
    /// The counts of each standard.
    pub counts: Vec<Count>,
}

impl Told {
    fn new(standards: usize, rows: usize) -> Self {
        Self {
            met: std::array::from_fn(|_| Vec::with_capacity(rows)),
            failed: std::array::from_fn(|_| Vec::with_capacity(rows)),
            days_late: Vec::with_capacity(rows),
            decisions: DecisionTable::default(),
            counts: vec![Count::default(); standards],
        }
    }

    fn append(&mut self, block: Self) {
        self.met.iter_mut().zip(block.met).for_each(|(all, more)| all.extend(more));
        self.failed.iter_mut().zip(block.failed).for_each(|(all, more)| all.extend(more));
        self.days_late.extend(block.days_late);
        self.decisions.append(block.decisions);
        for (all, more) in self.counts.iter_mut().zip(block.counts) {
            all.decided += more.decided;
            all.unknown += more.unknown;
        }
    }
}

/// Says everything.
pub fn report(rules: &StandardsRules, reader: &Reader<'_>) -> Told {
    let starts: Vec<usize> = (0..reader.rows).step_by(BLOCK).collect();
    let blocks = starts.par_iter().map(|&start| Block::new(rules, reader).rows(start..reader.rows.min(start + BLOCK)));
    let mut told = Told::new(rules.standards.len(), reader.rows);
    for block in blocks.collect::<Vec<_>>() {
        told.append(block);
    }
    told
}

/// The parcels that one task writes down.
struct Block<'r> {
    rules: &'r StandardsRules,
    reader: &'r Reader<'r>,
    told: Told,
    rule: RuleNumber,
    numbers: Vec<RuleNumber>,
    summaries: HashMap<Box<[State]>, Arc<Summary>>,
    words: Words,
    reasons: String,
    facts: String,
}

impl<'r> Block<'r> {
    fn new(rules: &'r StandardsRules, reader: &'r Reader<'r>) -> Self {
        let mut told = Told::new(rules.standards.len(), BLOCK);
        let rule = told.decisions.rule(&rules.rule_id, &rules.version);
        let numbers = rules.standards.iter().map(|standard| told.decisions.rule(&standard.rule_id, &rules.version)).collect();
        Self {
            rules,
            reader,
            told,
            rule,
            numbers,
            summaries: HashMap::new(),
            words: Words::new(),
            reasons: String::new(),
            facts: String::new(),
        }
    }

    fn rows(mut self, rows: Range<usize>) -> Told {
        let mut states = vec![State::Unknown; self.reader.standings.len()];
        for row in rows {
            for (state, standing) in states.iter_mut().zip(&self.reader.standings) {
                *state = standing.state(row, self.reader.as_of(row));
            }
            self.row(row, &states);
        }
        self.told
    }

    fn row(&mut self, row: usize, states: &[State]) {
        let summary = self.summary(states);
        for (group, (met, failed)) in self.told.met.iter_mut().zip(&mut self.told.failed).enumerate() {
            let said = summary.groups.get(group);
            met.push(said.and_then(|said| said.verdict));
            failed.push(said.and_then(|said| said.failed.clone()));
        }
        self.told.days_late.push(self.days_late(row, states));
        let parcel = u32::try_from(row).unwrap_or(u32::MAX);
        let reader = self.reader;
        for (at, (standing, state)) in reader.standings.iter().zip(states).enumerate() {
            self.count(at, *state);
            if let (State::Met | State::NotMet, Some(&number)) = (state, self.numbers.get(at)) {
                self.write(standing, row, *state);
                let text = DecisionText { reasons: &self.reasons, facts: &self.facts };
                self.told.decisions.push(parcel, number, if *state == State::Met { Verdict::Yes } else { Verdict::No }, text);
            }
        }
        // Where nothing could be decided there is nothing to defend; a finding says what is missing.
        if summary.decided {
            let text = DecisionText { reasons: &summary.reasons, facts: &summary.facts };
            self.told.decisions.push(parcel, self.rule, summary.verdict, text);
        }
    }

    fn count(&mut self, at: usize, state: State) {
        let Some(count) = self.told.counts.get_mut(at) else { return };
        match state {
            State::Met | State::NotMet => count.decided += 1,
            State::Unknown => count.unknown += 1,
            State::NotApplicable => {}
        }
    }

    fn days_late(&self, row: usize, states: &[State]) -> Option<f64> {
        let decided = self.reader.standings.iter().zip(states).filter(|(_, state)| matches!(state, State::Met | State::NotMet));
        let days =
            decided.filter(|(s, _)| s.standard.group == Group::Contract).filter_map(|(s, _)| s.days_late(row, self.reader.as_of(row)));
        days.map(|days| days.max(0.0)).reduce(f64::max)
    }

    fn summary(&mut self, states: &[State]) -> Arc<Summary> {
        if let Some(known) = self.summaries.get(states) {
            return Arc::clone(known);
        }
        let made = Arc::new(Summary::new(&self.rules.standards, states));
        self.summaries.insert(states.into(), Arc::clone(&made));
        made
    }

    /// Reasons and facts of one standard that was decided.
    fn write(&mut self, standing: &Standing<'_>, row: usize, state: State) {
        self.reasons.clear();
        self.facts.clear();
        self.facts.push('{');
        let told: Vec<&Reading<'_>> = match state {
            State::Met => standing.readings.iter().filter(|reading| reading.holds(row) == Some(true)).take(1).collect(),
            _ => standing.readings.iter().collect(),
        };
        for (place, reading) in told.into_iter().enumerate() {
            if place > 0 {
                self.reasons.push_str(&self.words.and);
                self.facts.push(',');
            }
            let pending = place == 0 && standing.is_pending(row);
            self.write_reading(reading, row, pending.then_some(()).and(self.reader.as_of(row)));
        }
        self.close(standing.standard, state);
    }

    /// One test; `pending` is the day of the job where what it dates has not happened.
    fn write_reading(&mut self, reading: &Reading<'_>, row: usize, pending: Option<f64>) {
        let test = reading.test;
        let (Some(value), Some(limit)) = (reading.value(row).or(pending), reading.limit(row)) else { return };
        let late = if matches!(test.limit, Limit::NotAfter(_)) { Some(value - limit.value) } else { None };
        let [said, limited] = [value, limit.value].map(|value| self.words.shown(&test.limit, value));
        match pending {
            Some(_) => {
                self.reasons += &say!("no {measure} by {day}, agreed was {agreed}", measure = test.measure, day = said, agreed = limited);
            }
            None => {
                let relation = self.words.relation(test, reading.holds(row) == Some(true));
                self.reasons.extend([&*test.measure, " ", &said, relation, &limited]);
            }
        }
        self.write_origin(test, (limit, late));
        let value = if pending.is_some() { Value::Null } else { fact(&test.limit, value) };
        let facts = reading_facts(test, value, (limit, late));
        // Writing to a string cannot fail.
        let _ = write!(self.facts, "{}:{facts}", json!(*test.measure));
    }

    /// Where the limit comes from, and by how many days it is missed.
    fn write_origin(&mut self, test: &Test, (limit, late): (Limited<'_>, Option<f64>)) {
        if let Some(name) = limit_column(test) {
            let _ = write!(self.reasons, " ({name})");
        }
        if let Some((industry, _)) = limit.industry {
            fill(&mut self.reasons, &self.words.industry, industry);
        }
        if let Some(days) = late.filter(|days| *days > 0.0) {
            self.reasons += &if days > 1.0 { say!(", {days} days late", days) } else { say!(", {days} day late", days) };
        }
    }

    fn close(&mut self, standard: &Standard, state: State) {
        let _ = write!(self.reasons, " ({})", standard.source.article);
        if let (State::NotMet, Some(human)) = (state, &standard.human) {
            fill(&mut self.reasons, &self.words.confirm, human);
        }
        let unverified = if standard.verified { "" } else { ",\"verified\":false" };
        let _ = write!(self.facts, "{unverified}}}");
    }
}

fn reading_facts(test: &Test, value: Value, (limit, late): (Limited<'_>, Option<f64>)) -> Value {
    let key = match test.limit {
        Limit::AtLeast(_) if test.strict => "more_than",
        Limit::AtLeast(_) => "at_least",
        Limit::AtMost(_) if test.strict => "less_than",
        Limit::AtMost(_) => "at_most",
        Limit::NotAfter(_) => "not_after",
        Limit::MustBe(_) => "must_be",
    };
    let mut facts = serde_json::Map::new();
    facts.insert("value".into(), value);
    facts.insert(key.into(), fact(&test.limit, limit.value));
    facts.extend(limit_column(test).map(|name| ("column".into(), json!(name))));
    if let Some((industry, printed)) = limit.industry {
        facts.insert("industry".into(), json!(industry));
        facts.insert("printed".into(), json!(printed));
    }
    facts.extend(late.map(|days| ("days_late".into(), json!(days.max(0.0)))));
    Value::Object(facts)
}

fn limit_column(test: &Test) -> Option<&str> {
    match &test.limit {
        Limit::AtLeast(Bound::Column(name)) | Limit::AtMost(Bound::Column(name)) | Limit::NotAfter(name) => Some(name),
        _ => None,
    }
}

/// The words of reasons, said once a block: a reason is written for every standard and parcel.
struct Words {
    at_least: String,
    less: String,
    more: String,
    not_more: String,
    at_most: String,
    not_less: String,
    not_after: String,
    after: String,
    is: String,
    is_not: String,
    and: String,
    yes: String,
    no: String,
    industry: String,
    confirm: String,
}

/// Where [`fill`] puts its text into a sentence.
const GAP: char = '\0';

impl Words {
    fn new() -> Self {
        Self {
            at_least: say!(" is at least "),
            less: say!(" is less than "),
            more: say!(" is more than "),
            not_more: say!(" is not more than "),
            at_most: say!(" is at most "),
            not_less: say!(" is not less than "),
            not_after: say!(" is not after "),
            after: say!(" is after "),
            is: say!(" is "),
            is_not: say!(" is not "),
            and: say!(", and "),
            yes: say!("yes"),
            no: say!("no"),
            industry: say!(" (industry {industry})", industry = GAP),
            confirm: say!("; to be confirmed: {human}", human = GAP),
        }
    }

    /// What stands between a value and its limit.
    fn relation(&self, test: &Test, holds: bool) -> &str {
        match (&test.limit, test.strict, holds) {
            (Limit::AtLeast(_), false, true) => &self.at_least,
            (Limit::AtLeast(_), false, false) | (Limit::AtMost(_), true, true) => &self.less,
            (Limit::AtLeast(_), true, true) | (Limit::AtMost(_), false, false) => &self.more,
            (Limit::AtLeast(_), true, false) => &self.not_more,
            (Limit::AtMost(_), false, true) => &self.at_most,
            (Limit::AtMost(_), true, false) => &self.not_less,
            (Limit::NotAfter(_), _, true) => &self.not_after,
            (Limit::NotAfter(_), _, false) => &self.after,
            (Limit::MustBe(_), _, true) => &self.is,
            (Limit::MustBe(_), _, false) => &self.is_not,
        }
    }

    /// A value as it is shown: days as days, numbers with at most four decimals.
    fn shown(&self, limit: &Limit, value: f64) -> String {
        match limit {
            Limit::NotAfter(_) => day(value).map_or_else(String::new, |day| day.to_string()),
            Limit::MustBe(_) => (if value > 0.0 { &self.yes } else { &self.no }).clone(),
            _ => {
                let text = format!("{value:.4}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }
}

/// Adds a sentence with `text` in its gap.
fn fill(reasons: &mut String, sentence: &str, text: &str) {
    let (before, after) = sentence.split_once(GAP).unwrap_or((sentence, ""));
    reasons.extend([before, text, after]);
}

fn fact(limit: &Limit, value: f64) -> Value {
    match limit {
        Limit::NotAfter(_) => json!(day(value).map(|day| day.to_string())),
        Limit::MustBe(_) => json!(value > 0.0),
        _ => json!(value),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole days, made from 32 bits")]
fn day(days: f64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(days as i32)
}

/// What is the same for all parcels with the same states.
struct Summary {
    decided: bool,
    verdict: Verdict,
    groups: [GroupSaid; GROUPS],
    reasons: String,
    facts: String,
}

#[derive(Default)]
struct GroupSaid {
    verdict: Option<Verdict>,
    failed: Option<Ids>,
}

impl Summary {
    fn new(standards: &[Standard], states: &[State]) -> Self {
        let ids = |group: Group, wanted: State| -> Vec<&str> {
            let all = standards.iter().zip(states).filter(|(standard, state)| standard.group == group && **state == wanted);
            all.map(|(standard, _)| standard.id.as_ref()).collect()
        };
        let (mut reasons, mut facts) = (Vec::new(), serde_json::Map::new());
        let groups = Group::ALL.map(|group| {
            let lists = LISTED.map(|state| (state, ids(group, state)));
            let [(_, met), (_, not_met), (_, unknown), _] = &lists;
            let verdict = verdict(met.len(), not_met.len(), unknown.len());
            reasons.extend(verdict.map(|verdict| in_words(group, verdict, not_met)));
            facts.insert(group.as_str().into(), group_facts(verdict, &lists));
            GroupSaid { verdict, failed: (!not_met.is_empty()).then(|| not_met.join(" ").into()) }
        });
        let verdicts = groups.iter().filter_map(|said| said.verdict);
        Self {
            decided: states.iter().any(|state| matches!(state, State::Met | State::NotMet)),
            verdict: verdicts.reduce(both).unwrap_or(Verdict::Unknown),
            reasons: reasons.join(&say!("; ")),
            facts: Value::Object(facts).to_string(),
            groups,
        }
    }
}

/// The verdict of a group; none where nothing applies.
const fn verdict(met: usize, not_met: usize, unknown: usize) -> Option<Verdict> {
    match (met, not_met, unknown) {
        (0, 0, 0) => None,
        (_, 1.., _) => Some(Verdict::No),
        (_, _, 1..) => Some(Verdict::Unknown),
        _ => Some(Verdict::Yes),
    }
}

/// SQL's `AND`.
const fn both(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
        (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
        _ => Verdict::Unknown,
    }
}

/// The standards of a group by their states; where none is decided the verdict says enough, and a finding says what is missing.
fn group_facts(verdict: Option<Verdict>, lists: &[(State, Vec<&str>); LISTED.len()]) -> Value {
    let mut facts = serde_json::Map::new();
    facts.insert("verdict".into(), json!(verdict.map(Verdict::as_str)));
    if lists.iter().take(2).any(|(_, ids)| !ids.is_empty()) {
        let filled = lists.iter().filter(|(_, ids)| !ids.is_empty());
        facts.extend(filled.map(|(state, ids)| (state.as_str().to_owned(), json!(ids))));
    }
    Value::Object(facts)
}

fn in_words(group: Group, verdict: Verdict, not_met: &[&str]) -> String {
    let ids = if not_met.is_empty() { String::new() } else { say!(", not met: {ids}", ids = not_met.join(", ")) };
    let verdict = match verdict {
        Verdict::Yes => say!("yes"),
        Verdict::No => say!("no"),
        Verdict::Unknown => say!("unknown"),
    };
    match group {
        Group::Standards => say!("standards {verdict}{ids}", verdict, ids),
        Group::Contract => say!("contract {verdict}{ids}", verdict, ids),
        Group::Transfer => say!("transfer {verdict}{ids}", verdict, ids),
    }
}

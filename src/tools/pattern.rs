//! What a set of answers means for a route: the state, the reasons in words, and which facts prove it.
//!
//! Texts are the same for all parcels with the same answers, so that a file of millions of rows holds few of them.

use std::collections::BTreeSet;

use crate::model::{Pattern, Verdict};
use crate::rules::{NO, Note, Route, ToolboxRules, UNKNOWN, YES};
use crate::say;

/// What a route is for a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every condition holds: the route could apply.
    Candidate,
    /// A condition does not hold.
    Excluded,
    /// No condition fails, and one cannot be decided.
    NeedsData,
}

impl State {
    /// The state behind a verdict.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Yes => Self::Candidate,
            Verdict::No => Self::Excluded,
            Verdict::Unknown => Self::NeedsData,
        }
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Candidate => Verdict::Yes,
            Self::Excluded => Verdict::No,
            Self::NeedsData => Verdict::Unknown,
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Candidate => "candidate",
            Self::Excluded => "excluded",
            Self::NeedsData => "needs_data",
        })
    }
}

/// The columns that the conditions of a toolbox name.
pub(super) struct Facts<'r> {
    /// By name.
    pub names: Vec<&'r str>,
}

impl<'r> Facts<'r> {
    pub(super) fn of(rules: &'r ToolboxRules) -> Self {
        let names: BTreeSet<&str> = rules.conditions.iter().flat_map(|condition| condition.columns()).collect();
        Self { names: names.into_iter().collect() }
    }

    /// The places of the columns that conditions name, ascending.
    fn behind(&self, rules: &ToolboxRules, conditions: &[usize]) -> Vec<u16> {
        let named = conditions.iter().filter_map(|condition| rules.conditions.get(*condition)).flat_map(|condition| condition.columns());
        let places: BTreeSet<usize> = named.filter_map(|name| self.names.binary_search(&name).ok()).collect();
        places.into_iter().filter_map(|place| u16::try_from(place).ok()).collect()
    }
}

/// The pattern of a route for these answers of its conditions.
pub(super) fn describe(rules: &ToolboxRules, route: &Route, answers: &[(usize, u8)], facts: &Facts<'_>) -> Pattern {
    let answer = |condition: usize| answers.iter().find(|(own, _)| *own == condition).map_or(UNKNOWN, |(_, answer)| *answer);
    let (failed, missing) = (parts(route, NO, answer), parts(route, UNKNOWN, answer));
    let (state, parts) = match (failed.is_empty(), missing.is_empty()) {
        (false, _) => (State::Excluded, failed),
        (true, false) => (State::NeedsData, missing),
        (true, true) => (State::Candidate, parts(route, YES, answer)),
    };
    let behind: Vec<usize> = parts.iter().flat_map(|part| &part.conditions).copied().collect();
    let reasons = reasons(rules, route, (state, &parts), answer);
    Pattern::new(state.verdict(), reasons.into(), facts.behind(rules, &behind))
}

/// A requirement of a route: a condition, or a group of which one must hold.
struct Part {
    conditions: Vec<usize>,
    is_group: bool,
}

/// The requirements with this answer; of a group those conditions that give it.
fn parts(route: &Route, wanted: u8, answer: impl Fn(usize) -> u8) -> Vec<Part> {
    let single = route.all.iter().filter(|condition| answer(**condition) == wanted);
    let mut parts: Vec<Part> = single.map(|condition| Part { conditions: vec![*condition], is_group: false }).collect();
    for group in &route.any {
        let has = |wanted| group.iter().any(|condition| answer(*condition) == wanted);
        let of_group = if has(YES) { YES } else { if has(UNKNOWN) { UNKNOWN } else { NO } };
        if of_group == wanted {
            let conditions = group.iter().copied().filter(|condition| answer(*condition) == wanted).collect();
            parts.push(Part { conditions, is_group: group.len() > 1 });
        }
    }
    parts
}

/// `excluded, not true: idle_years >= 2`, `needs data for: idle_cause = …`, `could apply, every condition holds; provisional, to review: line`.
fn reasons(rules: &ToolboxRules, route: &Route, (state, parts): (State, &[Part]), answer: impl Fn(usize) -> u8) -> String {
    let text = |condition: &usize| rules.conditions.get(*condition).map_or("", |condition| &condition.text).to_owned();
    let list = |part: &Part, separator: &str| part.conditions.iter().map(text).collect::<Vec<_>>().join(separator);
    let all = |group: &str, separator: &str| {
        let one = |part: &Part| if part.is_group { format!("{group}{}", list(part, separator)) } else { list(part, separator) };
        parts.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    match state {
        State::Excluded => say!("excluded, not true: {conditions}", conditions = all(&say!("none of "), " | ")),
        State::NeedsData => say!("needs data for: {conditions}", conditions = all(&say!("one of "), " | ")),
        State::Candidate => {
            let ids = |notes: &[Note], wanted: u8| -> Vec<String> {
                let given = |note: &&Note| note.when.is_some_and(|when| answer(when) == wanted);
                notes.iter().filter(given).map(|note| note.id.to_string()).collect()
            };
            let named = |title: &str, ids: Vec<String>| {
                if ids.is_empty() { String::new() } else { say!("; {title}: {ids}", title, ids = ids.join(", ")) }
            };
            let review = named(&say!("provisional, to review"), ids(&route.human, YES));
            let follows = named(&say!("follows"), ids(&route.outcomes, YES));
            let open = named(&say!("undecided"), [ids(&route.human, UNKNOWN), ids(&route.outcomes, UNKNOWN)].concat());
            say!("could apply, every condition holds{review}{follows}{open}", review, follows, open)
        }
    }
}

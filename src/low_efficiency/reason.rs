//! What decided a parcel, in words a planner reads.

use crate::model::Verdict;
use crate::rules::{Condition, FactColumns, LowEfficiencyRules};
use crate::say;

/// What the conditions say of one parcel; none = unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// Whether it may be recognised at all.
    pub population: Option<bool>,
    /// Whether each ground holds and no exception sets it aside.
    pub grounds: Vec<Option<bool>>,
}

impl State {
    /// Yes where it is in the population and a ground holds; no where it is not, or none holds; else unknown.
    pub fn verdict(&self) -> Verdict {
        let any = if self.grounds.contains(&Some(true)) {
            Some(true)
        } else if self.grounds.contains(&None) {
            None
        } else {
            Some(false)
        };
        super::and(self.population, any).into()
    }
}

/// The parts of all reasons.
pub(super) struct Reasons<'r> {
    rules: &'r LowEfficiencyRules,
    /// The names of the facts, as a reader is to see them.
    names: Vec<String>,
    /// For the population, then for every ground with its exceptions, the places of its facts.
    used: Vec<Vec<usize>>,
}

impl<'r> Reasons<'r> {
    pub fn new(rules: &'r LowEfficiencyRules, facts: &FactColumns) -> Self {
        let names: Vec<String> = facts
            .names()
            .map(|name| if name.starts_with(':') { say!("`{name}` of the industry", name) } else { format!("`{name}`") })
            .collect();
        let places = |conditions: Vec<&Condition>| {
            let named = |name: &str| {
                conditions.iter().any(|c| c.columns().any(|column| column == name) || c.tables().any(|table| table.column_name() == name))
            };
            facts.names().enumerate().filter(|(_, name)| named(name)).map(|(place, _)| place).collect::<Vec<_>>()
        };
        let mut used = vec![places(rules.population.iter().collect())];
        for (place, ground) in rules.grounds.iter().enumerate() {
            let exceptions = rules.exceptions.iter().filter(|exception| exception.sets_aside.contains(&place));
            used.push(places(std::iter::once(&ground.when).chain(exceptions.map(|exception| &exception.ground.when)).collect()));
        }
        Self { rules, names, used }
    }

    /// The reason of a state; `missing` tells of every fact whether the parcel lacks it, where the answer is unknown.
    pub fn of(&self, state: &State, missing: &[bool]) -> String {
        let held = || self.grounds(state, Some(true)).map(|(_, ground)| format!("{}: {}", ground.id, ground.when.text));
        match state.verdict() {
            Verdict::Yes => held().collect::<Vec<_>>().join("; "),
            Verdict::No if state.population == Some(false) => {
                let condition = self.rules.population.as_ref().map_or("", |condition| &condition.text);
                say!("outside the population: not {condition}", condition)
            }
            Verdict::No => say!("no ground holds"),
            Verdict::Unknown => {
                let population = (state.population.is_none()).then(|| say!("population lacks {names}", names = self.lacking(0, missing)));
                let undecided = self
                    .grounds(state, None)
                    .map(|(place, ground)| say!("{ground} lacks {names}", ground = ground.id, names = self.lacking(place + 1, missing)));
                let undecided = undecided.filter(|_| !state.grounds.contains(&Some(true)));
                let parts: Vec<_> = population.into_iter().chain(undecided).collect();
                let held: Vec<_> = held().map(|ground| format!("{ground}; ")).collect();
                held.concat() + &say!("cannot be decided: {parts}", parts = parts.join("; "))
            }
        }
    }

    fn grounds<'s>(&'s self, state: &'s State, wanted: Option<bool>) -> impl Iterator<Item = (usize, &'s crate::rules::Ground)> {
        self.rules.grounds.iter().enumerate().zip(&state.grounds).filter(move |(_, holds)| **holds == wanted).map(|(ground, _)| ground)
    }

    /// Which facts of the population (0) or a ground (from 1) are missing.
    fn lacking(&self, part: usize, missing: &[bool]) -> String {
        let used = self.used.get(part).map_or(&[][..], Vec::as_slice);
        let lacks = used.iter().filter(|place| missing.get(**place).copied().unwrap_or(false));
        let names: Vec<&str> = lacks.filter_map(|place| self.names.get(*place).map(String::as_str)).collect();
        names.join(", ")
    }
}

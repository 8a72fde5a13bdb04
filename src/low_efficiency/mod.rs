//! The low-efficiency stage (低效用地认定): whether a parcel is recognised, by which ground, and where recognised parcels lie together as a tract.
//!
//! Recognition is apart from the grade: a rule has its own list of grounds, of which one is enough, and exceptions that set a ground aside. The stage
//! proposes; an office recognises.
//!
//! **Invariant:** `yes` only where a ground holds, `no` only where every ground is known not to hold; what lacks a fact is `unknown`, and the reason names the fact.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, DataFrame};
use rayon::prelude::*;

use crate::model::{DecisionTable, DecisionText, Verdict};
use crate::rules::{Case, CaseFault, Condition, FactColumns, LowEfficiencyRules, RulesError};

mod reason;
pub mod tracts;

use reason::{Reasons, State};

/// Parcels that one task writes down.
const BLOCK: usize = 4096;

/// Room for the text of a decision.
const TEXT_BYTES: usize = 256;

/// What the stage says of every parcel, in the row order of the inventory.
#[derive(Clone, Debug, Default)]
pub struct Recognition {
    /// The answer.
    pub verdict: Vec<Verdict>,
    /// What decided it.
    pub reason: Vec<Arc<str>>,
    /// One decision a parcel.
    pub decisions: DecisionTable,
}

/// Recognises parcels by the rule; `facts` are the columns of the inventory, the attributes of parcels and the means of the rule.
///
/// # Errors
/// [`RulesError::Evaluate`] where a column has a type that a condition cannot use; missing columns are unknown values, not errors.
pub fn recognise(rules: &LowEfficiencyRules, facts: &DataFrame) -> Result<Recognition, RulesError> {
    let answers = Answers::of(rules, facts)?;
    let columns = FactColumns::of(rules.conditions(), facts)?;
    let reasons = Reasons::new(rules, &columns);
    let rows: Vec<usize> = (0..facts.height()).collect();
    let blocks = rows.par_chunks(BLOCK).map(|rows| say(rules, rows, &answers, &columns, &reasons));
    let mut all = Recognition::default();
    for block in blocks.collect::<Vec<_>>() {
        all.verdict.extend(block.verdict);
        all.reason.extend(block.reason);
        all.decisions.append(block.decisions);
    }
    Ok(all)
}

/// The verdicts alone, for who asks again and again.
///
/// # Errors
/// Those of [`recognise`].
pub fn verdicts(rules: &LowEfficiencyRules, facts: &DataFrame) -> Result<Vec<Verdict>, RulesError> {
    let answers = Answers::of(rules, facts)?;
    Ok((0..facts.height()).map(|row| answers.state(row).verdict()).collect())
}

/// Runs a case of the rule and tells what differs from what it expects.
///
/// # Errors
/// Those of [`recognise`].
pub fn check_case(rules: &LowEfficiencyRules, case: &Case) -> Result<Vec<CaseFault>, RulesError> {
    let answers = Answers::of(rules, &case.frame)?;
    let mut faults = Vec::new();
    for (row, (_, wanted)) in case.expected.iter().enumerate() {
        let state = answers.state(row);
        let held = rules.grounds.iter().zip(&state.grounds).filter(|(_, holds)| **holds == Some(true)).map(|(ground, _)| &*ground.id);
        let held = held.collect::<Vec<_>>().join(" ");
        let held = Some(held.as_str()).filter(|ids| !ids.is_empty());
        faults.extend(case.compare(row, "low_efficiency", wanted.low_efficiency.as_ref(), Some(state.verdict().as_str())));
        faults.extend(case.compare(row, "grounds", wanted.grounds.as_ref(), held));
    }
    Ok(faults)
}

/// The answers of all conditions, a column each.
struct Answers {
    population: Option<BooleanChunked>,
    /// What the condition of each ground says.
    grounds: Vec<BooleanChunked>,
    /// What the condition of each exception says, and which grounds it sets aside.
    exceptions: Vec<(BooleanChunked, Vec<usize>)>,
}

impl Answers {
    fn of(rules: &LowEfficiencyRules, facts: &DataFrame) -> Result<Self, RulesError> {
        // One chunk a column: answers are then found by their number alone.
        let answer = |condition: &Condition| Ok::<_, RulesError>(condition.evaluate(facts)?.rechunk().into_owned());
        Ok(Self {
            population: rules.population.as_ref().map(answer).transpose()?,
            grounds: rules.grounds.iter().map(|ground| answer(&ground.when)).collect::<Result<_, _>>()?,
            exceptions: rules
                .exceptions
                .iter()
                .map(|exception| Ok((answer(&exception.ground.when)?, exception.sets_aside.clone())))
                .collect::<Result<_, RulesError>>()?,
        })
    }

    fn state(&self, row: usize) -> State {
        let mut grounds: Vec<Option<bool>> = self.grounds.iter().map(|answers| answers.get(row)).collect();
        for (answers, sets_aside) in &self.exceptions {
            let applies = answers.get(row);
            for place in sets_aside {
                if let Some(holds) = grounds.get_mut(*place) {
                    *holds = and(*holds, applies.map(|applies| !applies));
                }
            }
        }
        State { population: self.population.as_ref().map_or(Some(true), |answers| answers.get(row)), grounds }
    }
}

/// SQL's `AND`.
const fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn say(rules: &LowEfficiencyRules, rows: &[usize], answers: &Answers, columns: &FactColumns, reasons: &Reasons<'_>) -> Recognition {
    let mut decisions = DecisionTable::with_room(rows.len(), rows.len() * TEXT_BYTES);
    let rule = decisions.rule(&rules.rule_id, &rules.version);
    let mut said = Recognition::default();
    // A block has few different answers: each is put into words once.
    let mut known: HashMap<(State, Vec<bool>), Arc<str>> = HashMap::new();
    let mut facts = String::new();
    for &row in rows {
        let state = answers.state(row);
        let verdict = state.verdict();
        write_facts(rules, columns, row, &state, &mut facts);
        let missing =
            if verdict == Verdict::Unknown { (0..columns.len()).map(|at| columns.is_missing(at, row)).collect() } else { Vec::new() };
        let reason = known.entry((state, missing)).or_insert_with_key(|(state, missing)| reasons.of(state, missing).into());
        let parcel = u32::try_from(row).unwrap_or(u32::MAX);
        decisions.push(parcel, rule, verdict, DecisionText { reasons: reason, facts: &facts });
        said.verdict.push(verdict);
        said.reason.push(Arc::clone(reason));
    }
    Recognition { decisions, ..said }
}

/// Writes the facts of a row and the answer of every ground as a JSON object in place of what `out` holds.
fn write_facts(rules: &LowEfficiencyRules, columns: &FactColumns, row: usize, state: &State, out: &mut String) {
    out.clear();
    out.push('{');
    columns.write(row, out);
    out.push_str(if columns.is_empty() { "\"grounds\":{" } else { ",\"grounds\":{" });
    for (at, (ground, holds)) in rules.grounds.iter().zip(&state.grounds).enumerate() {
        out.push_str(if at == 0 { "\"" } else { ",\"" });
        out.push_str(&ground.id);
        out.push_str("\":\"");
        out.push_str(Verdict::from(*holds).as_str());
        out.push('"');
    }
    out.push_str("}}");
}

#[cfg(test)]
mod tests;

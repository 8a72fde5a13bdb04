//! The tools stage: for every parcel and route of the toolbox, whether the parcel is a candidate, is excluded, or lacks data.
//!
//! Distinct conditions → answers of all parcels → one small number a parcel and route → few patterns with their reasons. No tool is ever applied: what comes
//! out are routes that could apply, each with what somebody must still confirm.
//!
//! **Invariant:** missing is not false: a fact that comes to be known turns `needs_data` into `candidate` or `excluded`, never one of these into the other.

use polars::prelude::{DataFrame, PolarsError};
use rayon::prelude::*;

use crate::model::{BulkDecisions, BulkRule, Fact};
use crate::rules::{Case, CaseFault, RulesError, ToolboxRules, answer_all};
use crate::say;

mod columns;
mod pattern;
mod reference;
mod route;

pub use self::pattern::State;
pub use self::reference::reference;
use self::route::Matched;

/// Why the toolbox could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// A condition of the rule cannot be evaluated.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A column of facts has a type that no decision can state.
    #[error("{}", say!("a fact cannot be written down: {error}", error = .0))]
    Table(#[from] PolarsError),
}

/// What the toolbox says of every parcel.
#[derive(Clone, Debug)]
pub struct Matches {
    /// A rule a route.
    pub decisions: BulkDecisions,
    /// The columns `tools` and `needs_data`.
    pub columns: DataFrame,
}

/// Matches every parcel with every route.
///
/// `facts` has the columns of the inventory and the declared attributes; those that are absent are unknown.
///
/// # Errors
/// [`ToolsError`] where a column has a type that a condition cannot use.
pub fn apply(rules: &ToolboxRules, facts: &DataFrame) -> Result<Matches, ToolsError> {
    let answers = answer_all(&rules.conditions, facts)?;
    let named = pattern::Facts::of(rules);
    let matched: Vec<Matched> =
        rules.routes.par_iter().map(|route| route::apply(rules, route, (&answers, facts.height()), &named)).collect();
    drop(answers);
    let columns = columns::columns(rules, &matched, facts.height())?;
    let absent = |name: &str| polars::prelude::Column::full_null(name.into(), facts.height(), &polars::prelude::DataType::Null);
    let fact = |name: &&str| facts.column(name).map_or_else(|_| Fact::new(&absent(name)), Fact::new);
    let facts: Vec<Fact> = named.names.iter().map(fact).collect::<Result<_, _>>()?;
    let rules = rules.routes.iter().zip(matched).map(|(route, matched)| BulkRule {
        rule_id: route.rule_id.clone(),
        rule_version: rules.version.clone(),
        numbers: matched.numbers,
        patterns: matched.patterns,
    });
    Ok(Matches { decisions: BulkDecisions::new(rules.collect(), facts), columns })
}

/// Runs a case of the rule and tells what differs from what it expects.
///
/// # Errors
/// Those of [`apply`].
pub fn check_case(rules: &ToolboxRules, case: &Case) -> Result<Vec<CaseFault>, ToolsError> {
    let found = apply(rules, &case.frame)?;
    let pattern = |route: &str, row: usize| {
        let number = rules.routes.iter().position(|known| *known.named.id == *route)?;
        found.decisions.rules.get(number)?.pattern(row)
    };
    let mut faults = Vec::new();
    for (row, (_, wanted)) in case.expected.iter().enumerate() {
        for (route, state) in &wanted.routes {
            let found = pattern(route, row).map(|found| format!("{route}: {}", State::of(found.verdict)));
            faults.extend(case.compare(row, "routes", Some(&format!("{route}: {state}")), found.as_deref()));
        }
        for (route, reasons) in &wanted.reasons {
            faults.extend(case.compare(row, "reasons", Some(reasons), pattern(route, row).map(|found| &*found.reasons)));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests;

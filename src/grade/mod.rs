//! The grading stage: score, rank and grade of every parcel under the grading rule of the job, each with its facts.
//!
//! Population → exemptions → cohort → points of each indicator → score → corrections, bonuses and penalties → rank or band → class → moves and vetoes.
//! A rule over enterprises does this for every enterprise and then rolls up to the parcel. It changes no parcel and takes no number that is not in the rule.
//!
//! **Invariant:** the grades do not depend on the order of the rows or the number of threads: points are added in the order of the indicators, a
//! cohort's mean is summed over its sorted values, and equal scores have one rank and one grade.

use std::sync::Arc;

use polars::prelude::DataFrame;

use crate::model::DecisionTable;
use crate::rules::{Case, CaseFault, GradingRules, RulesError};
use crate::say;

mod adjust;
mod enterprises;
mod facts;
mod normalise;
mod population;
mod rank;
mod report;
mod score;

pub use enterprises::{Links, Units, grade_enterprises, no_enterprises};

use adjust::Adjustments;
use facts::Sheet;
use population::Standing;
use score::Scored;

/// Why a grading could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// A condition of the rule cannot be evaluated.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A column of an indicator cannot be read as numbers.
    #[error(
        "{}\nhint: {}",
        say!("column `{column}` cannot be read as numbers: {source}", column, source),
        say!("map it to a numeric column of the source")
    )]
    Column {
        /// The column.
        column: String,
        /// What the table library says.
        source: polars::error::PolarsError,
    },
}

/// What grading says of every parcel, in the row order of the inventory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grading {
    /// The score; none where the parcel has no grade.
    pub score: Vec<Option<f64>>,
    /// The grade.
    pub grade: Vec<Option<Arc<str>>>,
    /// What decided the grade, or why there is none.
    pub reason: Vec<String>,
    /// One decision a parcel: `yes` graded, `no` outside the population or exempt, `unknown` where facts are missing.
    pub decisions: DecisionTable,
}

/// A frame that was scored and ranked.
struct Graded<'r> {
    standings: Vec<Standing>,
    cohorts: Vec<Scored<'r>>,
    adjustments: Adjustments<'r>,
}

impl<'r> Graded<'r> {
    fn new(rules: &'r GradingRules, frame: &DataFrame) -> Result<Self, GradeError> {
        let (standings, members) = population::assign(rules, frame)?;
        let columns = score::columns(rules, frame)?;
        let adjustments = Adjustments::new(rules, frame)?;
        let cohorts = rules.cohorts.iter().zip(members).map(|(cohort, rows)| Scored::new(cohort, rows, &columns, &adjustments)).collect();
        Ok(Self { standings, cohorts, adjustments })
    }

    fn report(&self, rules: &GradingRules) -> Grading {
        let sheets: Vec<_> = self.cohorts.iter().map(|cohort| Sheet::new(cohort, &self.adjustments)).collect();
        report::report(rules, &self.standings, &sheets)
    }
}

/// Grades the rows of a frame: the inventory with the attributes that conditions may name, or the facts of a case.
///
/// # Errors
/// [`GradeError`] where a column has a type that the rule cannot use; missing columns are unknown values, not errors.
pub fn grade(rules: &GradingRules, frame: &DataFrame) -> Result<Grading, GradeError> {
    Ok(Graded::new(rules, frame)?.report(rules))
}

/// Runs a case of the rule and tells what differs from what it expects.
///
/// # Errors
/// Those of [`grade`].
pub fn check_case(rules: &GradingRules, case: &Case) -> Result<Vec<CaseFault>, GradeError> {
    let got = grade(rules, &case.frame)?;
    let mut faults = Vec::new();
    for (row, ((_, wanted), (score, grade))) in case.expected.iter().zip(got.score.iter().zip(&got.grade)).enumerate() {
        let decimals = wanted.score.as_ref().and_then(|text| text.split_once('.')).map_or(0, |(_, decimals)| decimals.len());
        let score = score.map(|score| format!("{score:.decimals$}"));
        faults.extend(case.compare(row, "score", wanted.score.as_ref(), score.as_deref()));
        faults.extend(case.compare(row, "grade", wanted.grade.as_ref(), grade.as_deref()));
    }
    Ok(faults)
}

#[cfg(test)]
mod elements;
#[cfg(test)]
mod tests;

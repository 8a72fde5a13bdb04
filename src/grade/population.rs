//! Who is graded: population, exemptions and cohorts, each a three-valued condition.
//!
//! **Invariant:** an unknown condition never counts as false: the member has no grade and the reason names the facts that are missing.

use polars::prelude::DataFrame;

use crate::rules::{GradingRules, Match, RulesError, first_match};

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// In a cohort, at this place among its members.
    Member { cohort: usize, index: usize },
    /// Not in the population.
    Outside,
    /// The population condition is unknown.
    PopulationUnknown,
    /// Exempt by this condition.
    Exempt(usize),
    /// This exemption is unknown.
    ExemptUnknown(usize),
    /// In no cohort.
    NoCohort,
    /// Membership of this cohort is unknown.
    CohortUnknown(usize),
}

/// The standing of every row, and the rows of every cohort in row order.
pub(super) fn assign(rules: &GradingRules, frame: &DataFrame) -> Result<(Vec<Standing>, Vec<Vec<u32>>), RulesError> {
    let population = match &rules.population {
        Some(condition) => condition.evaluate(frame)?.iter().collect(),
        None => vec![Some(true); frame.height()],
    };
    let exempt = first_match(rules.exempt.iter().map(|exempt| &exempt.class.when), frame)?;
    let cohort = first_match(rules.cohorts.iter().map(|cohort| &cohort.class.when), frame)?;
    let mut members = vec![Vec::new(); rules.cohorts.len()];
    let rows = population.into_iter().zip(exempt).zip(cohort).zip(0_u32..);
    let standings =
        rows.map(|(((population, exempt), cohort), row)| enrol(standing(population, exempt, cohort), row, &mut members)).collect();
    Ok((standings, members))
}

const fn standing(population: Option<bool>, exempt: Match, cohort: Match) -> Standing {
    match (population, exempt, cohort) {
        (Some(false), _, _) => Standing::Outside,
        (None, _, _) => Standing::PopulationUnknown,
        (_, Match::Hit(index), _) => Standing::Exempt(index),
        (_, Match::Undecided(index), _) => Standing::ExemptUnknown(index),
        (_, _, Match::Hit(cohort)) => Standing::Member { cohort, index: 0 },
        (_, _, Match::Undecided(index)) => Standing::CohortUnknown(index),
        (_, _, Match::None) => Standing::NoCohort,
    }
}

/// Adds a member to its cohort and notes its place there.
fn enrol(standing: Standing, row: u32, members: &mut [Vec<u32>]) -> Standing {
    let Standing::Member { cohort, .. } = standing else { return standing };
    let Some(rows) = members.get_mut(cohort) else { return standing };
    rows.push(row);
    Standing::Member { cohort, index: rows.len() - 1 }
}

//! Sweeps: a number of a rule at several values, and which parcels would then be judged otherwise. Inputs are read and measured once; the rules alone are
//! asked again (and the figures measured again where the number is one of the indicators).
//!
//! **Invariant:** a sweep changes nothing of the run beside it.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, Float64Chunked, IntoColumn, NewChunkedArray, PolarsError, StringChunked, UInt32Chunked};

use super::judge::{Case, judge};
use super::{Measured, RunError};
use crate::model::{Silent, Sweep, text_column};
use crate::read::job::Job;
use crate::rules::{Kind, NumberPlace, RuleSet};

/// Text columns that no rule decides.
const FACTS: [&str; 6] = ["parcel_id", "town", "industry", "land_use", "area_basis", "far_basis"];

/// From this many different changes on, only their number is told.
const MOST_CHANGES: usize = 64;

/// A sweep with the rules of each of its values.
pub(super) struct Trial {
    key: String,
    kind: Kind,
    rules: Vec<(f64, RuleSet)>,
}

impl Trial {
    /// Whether the figures have to be measured again.
    pub fn measures(&self) -> bool {
        self.kind == Kind::Indicators
    }
}

/// Compiles the rules of every value, so that a slip of the pen is told before anything is read.
pub(super) fn prepare(job: &Job, rules: &RuleSet, sweeps: &[Sweep]) -> Result<Vec<Trial>, RunError> {
    let trial = |sweep: &Sweep| {
        let place = NumberPlace::find(rules, &job.rules, &job.dir, &sweep.key)?;
        let with = |value: &f64| {
            let patch = place.with(*value);
            let (rules, _) = RuleSet::load_patched(&job.rules, &job.rules_for, &job.dir, job.as_of, Some(&patch))?;
            Ok::<_, RunError>((*value, rules))
        };
        Ok(Trial { key: sweep.key.clone(), kind: place.kind, rules: sweep.values.iter().map(with).collect::<Result<_, _>>()? })
    };
    sweeps.iter().map(trial).collect()
}

/// Judges again with every value and tells what differs from `base`; none where there is no trial.
pub(super) fn sweep(
    case: Case<'_>,
    base: &DataFrame,
    trials: &[Trial],
    measure: &dyn Fn(&RuleSet) -> Result<Measured, RunError>,
) -> Result<Option<DataFrame>, RunError> {
    if trials.is_empty() {
        return Ok(None);
    }
    let mut rows = Vec::new();
    for trial in trials {
        for (value, rules) in &trial.rules {
            let again = if trial.measures() { Some(Measured { located: case.measured.located.clone(), ..measure(rules)? }) } else { None };
            let case = Case { rules, measured: again.as_ref().unwrap_or(case.measured), ..case };
            let judged = judge(case, &Silent)?;
            rows.extend(compare(base, &judged.inventory)?.into_iter().map(|change| (trial.key.as_str(), *value, change)));
        }
    }
    Ok(Some(ledger(&rows)?))
}

/// Parcels whose column changes; from and to are none where any change counts.
#[derive(Debug, PartialEq)]
struct Change {
    column: String,
    states: Option<(String, String)>,
    parcels: u32,
    area_mu: f64,
}

/// What differs: any column first, then column by column with its changes.
fn compare(base: &DataFrame, other: &DataFrame) -> Result<Vec<Change>, PolarsError> {
    let area_mu: Vec<f64> = base.column("area_mu")?.f64()?.iter().map(|mu| mu.unwrap_or(0.0)).collect();
    let mut any = vec![false; base.height()];
    let mut changes = Vec::new();
    for column in base.columns().iter().filter(|column| *column.dtype() == DataType::String && is_state(column.name())) {
        let (before, after) = (column.str()?, other.column(column.name())?.str()?);
        let moved = moves(before, after, &area_mu, &mut any);
        let total = sum(moved.values().copied());
        if total.0 > 0 {
            let change = |states, (parcels, area_mu)| Change { column: column.name().to_string(), states, parcels, area_mu };
            changes.push(change(None, total));
            if moved.len() <= MOST_CHANGES {
                changes.extend(moved.into_iter().map(|((from, to), counts)| change(Some((from.to_owned(), to.to_owned())), counts)));
            }
        }
    }
    let (parcels, mu) = sum(any.iter().zip(&area_mu).filter(|(any, _)| **any).map(|(_, mu)| (1, *mu)));
    changes.insert(0, Change { column: "any".into(), states: None, parcels, area_mu: mu });
    Ok(changes)
}

fn is_state(name: &str) -> bool {
    !FACTS.contains(&name) && !name.ends_with("_reason")
}

/// How many parcels and mu go from one state to another; marks who moved.
fn moves<'t>(
    before: &'t StringChunked,
    after: &'t StringChunked,
    area_mu: &[f64],
    any: &mut [bool],
) -> BTreeMap<(&'t str, &'t str), (u32, f64)> {
    let mut moved = BTreeMap::new();
    for (((from, to), mu), any) in before.iter().zip(after.iter()).zip(area_mu).zip(any) {
        if from != to {
            *any = true;
            let (parcels, sum): &mut (u32, f64) = moved.entry((from.unwrap_or("none"), to.unwrap_or("none"))).or_default();
            *parcels += 1;
            *sum += mu;
        }
    }
    moved
}

fn sum(counts: impl Iterator<Item = (u32, f64)>) -> (u32, f64) {
    counts.fold((0, 0.0), |(parcels, sum), (more, mu)| (parcels + more, sum + mu))
}

/// `sweep.parquet`.
fn ledger(rows: &[(&str, f64, Change)]) -> Result<DataFrame, PolarsError> {
    let state = |of: fn(&(String, String)) -> &String| {
        rows.iter().map(move |(.., change)| change.states.as_ref().map(|states| of(states).as_str()))
    };
    DataFrame::new(
        rows.len(),
        vec![
            text_column("key", rows.iter().map(|(key, ..)| Some(*key))),
            Float64Chunked::from_iter_values("value".into(), rows.iter().map(|(_, value, _)| *value)).into_column(),
            text_column("column", rows.iter().map(|(.., change)| Some(change.column.as_str()))),
            text_column("from", state(|states| &states.0)),
            text_column("to", state(|states| &states.1)),
            UInt32Chunked::from_iter_values("parcels".into(), rows.iter().map(|(.., change)| change.parcels)).into_column(),
            Float64Chunked::from_iter_values("area_mu".into(), rows.iter().map(|(.., change)| change.area_mu)).into_column(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(rows: &[(&str, Option<&str>, f64)]) -> DataFrame {
        let columns = vec![
            text_column("parcel_id", rows.iter().map(|row| Some(row.0))),
            text_column("low_efficiency", rows.iter().map(|row| row.1)),
            text_column("low_efficiency_reason", rows.iter().map(|row| row.1)),
            Float64Chunked::from_iter_values("area_mu".into(), rows.iter().map(|row| row.2)).into_column(),
        ];
        DataFrame::new(rows.len(), columns).unwrap()
    }

    #[test]
    fn parcels_and_mu_are_counted_by_what_they_were_and_become() {
        let base = frame(&[("a", Some("no"), 1.0), ("b", Some("no"), 2.0), ("c", None, 4.0), ("d", Some("yes"), 8.0)]);
        let other = frame(&[("a", Some("yes"), 1.0), ("b", Some("yes"), 2.0), ("c", Some("no"), 4.0), ("d", Some("yes"), 8.0)]);
        let told: Vec<_> = compare(&base, &other).unwrap().into_iter().map(|c| (c.column, c.states, c.parcels, c.area_mu)).collect();
        let states = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        let column = || "low_efficiency".to_owned();
        assert_eq!(
            told,
            [
                ("any".to_owned(), None, 3, 7.0),
                (column(), None, 3, 7.0),
                (column(), states("no", "yes"), 2, 3.0),
                (column(), states("none", "no"), 1, 4.0),
            ]
        );
        assert_eq!(compare(&base, &base).unwrap(), [Change { column: "any".into(), states: None, parcels: 0, area_mu: 0.0 }]);
    }
}

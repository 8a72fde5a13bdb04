//! Points and score of the members of a cohort.
//!
//! `points = value / benchmark × weight`, bounded by floor and cap; `score` is their sum in the order of the indicators. Inside this stage an unknown
//! value is NaN, so that a cohort is a few flat arrays.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, DataType, PolarsResult};
use rayon::prelude::*;

use crate::rules::{Absent, Cohort, GradingRules, Indicator, Missing, Normaliser};

use super::{
    GradeError,
    rank::{Ranking, rank},
};

/// The values of a column by row, NaN where unknown.
pub(super) type Values<'r> = BTreeMap<&'r str, Vec<f64>>;

/// A cohort with the points, scores and ranks of its members.
#[derive(Debug)]
pub(super) struct Scored<'r> {
    pub cohort: &'r Cohort,
    pub items: Vec<Item<'r>>,
    /// What points are multiplied by where indicators were left out; otherwise 1.
    pub scaled_by: f64,
    /// The score of each member, NaN where it has none.
    pub scores: Vec<f64>,
    pub ranking: Ranking,
}

/// An indicator with the values of the members of a cohort.
#[derive(Debug)]
pub(super) struct Item<'r> {
    pub indicator: &'r Indicator,
    pub values: Vec<f64>,
    pub without: Without,
}

/// What a member without a value gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Without {
    /// No score.
    NotGraded,
    /// These points.
    Points(f64),
    /// Nobody has a value, and the indicator is left out for all.
    LeftOut,
}

/// Points of a value.
///
/// Huangyan 2022: tax of 12 万元/mu at a benchmark of 24.097 and a weight of 30 gives 12 / 24.097 × 30 = 14.9396.
pub(super) fn points(indicator: &Indicator, value: f64) -> f64 {
    let Normaliser::Ratio { benchmark } = indicator.normaliser;
    let points = value / benchmark * indicator.weight;
    let points = indicator.cap.map_or(points, |cap| points.min(cap));
    indicator.floor.map_or(points, |floor| points.max(floor))
}

/// The columns that the rule scores.
pub(super) fn columns<'r>(rules: &'r GradingRules, inventory: &DataFrame) -> Result<Values<'r>, GradeError> {
    let names: BTreeSet<_> =
        rules.cohorts.iter().flat_map(|cohort| &cohort.indicators).map(|indicator| indicator.column.as_ref()).collect();
    let read = |name: &'r str| match values(inventory, name) {
        Ok(values) => Ok((name, values)),
        Err(source) => Err(GradeError::Column { column: name.to_owned(), source }),
    };
    names.into_par_iter().map(read).collect()
}

fn values(inventory: &DataFrame, name: &str) -> PolarsResult<Vec<f64>> {
    let Ok(column) = inventory.column(name) else { return Ok(vec![f64::NAN; inventory.height()]) };
    let numbers = column.cast(&DataType::Float64)?;
    Ok(numbers.f64()?.iter().map(|value| value.filter(|x| x.is_finite()).unwrap_or(f64::NAN)).collect())
}

impl<'r> Scored<'r> {
    pub fn new(cohort: &'r Cohort, rows: &[u32], columns: &Values<'_>) -> Self {
        let items: Vec<_> = cohort.indicators.par_iter().map(|indicator| Item::new(indicator, rows, columns)).collect();
        let scaled_by = scale(&items);
        let scores: Vec<_> = (0..rows.len()).into_par_iter().map(|member| score(&items, scaled_by, member)).collect();
        let ranking = rank(&scores, &cohort.cuts);
        Self { cohort, items, scaled_by, scores, ranking }
    }
}

impl<'r> Item<'r> {
    fn new(indicator: &'r Indicator, rows: &[u32], columns: &Values<'_>) -> Self {
        let column = columns.get(indicator.column.as_ref()).map_or(&[][..], Vec::as_slice);
        let value = |row: &u32| column.get(*row as usize).copied().unwrap_or(f64::NAN);
        let values: Vec<_> = rows.iter().map(value).collect();
        let without = without(indicator, &values);
        Self { indicator, values, without }
    }

    pub fn value(&self, member: usize) -> Option<f64> {
        self.values.get(member).copied().filter(|value| !value.is_nan())
    }

    /// The points of a member before scaling; none where it has none.
    pub fn points(&self, member: usize) -> Option<f64> {
        match (self.value(member), self.without) {
            (Some(value), _) => Some(points(self.indicator, value)),
            (None, Without::Points(points)) => Some(points),
            (None, Without::NotGraded | Without::LeftOut) => None,
        }
    }
}

fn without(indicator: &Indicator, values: &[f64]) -> Without {
    let nobody = values.iter().all(|value| value.is_nan());
    match (indicator.missing, indicator.absent) {
        (_, Absent::Rescale) if nobody => Without::LeftOut,
        (Missing::Zero, _) => Without::Points(0.0),
        (Missing::CohortMeanScore, _) if !nobody => Without::Points(mean_points(indicator, values)),
        _ => Without::NotGraded,
    }
}

/// The mean points of the members that have a value, summed from the smallest up, so that the order of the rows does not matter.
fn mean_points(indicator: &Indicator, values: &[f64]) -> f64 {
    let known = values.iter().filter(|value| !value.is_nan());
    let mut known: Vec<_> = known.map(|value| points(indicator, *value)).collect();
    if known.len() == values.len() {
        return 0.0;
    }
    known.par_sort_unstable_by(f64::total_cmp);
    known.iter().sum::<f64>() / count(known.len())
}

#[expect(clippy::cast_precision_loss, reason = "rows are counted in 32 bits")]
const fn count(rows: usize) -> f64 {
    rows as f64
}

/// Full weight over the weight of the indicators that are not left out.
fn scale(items: &[Item<'_>]) -> f64 {
    let weight =
        |kept: bool| items.iter().filter(|item| !kept || item.without != Without::LeftOut).map(|item| item.indicator.weight).sum::<f64>();
    let (all, kept) = (weight(false), weight(true));
    if kept > 0.0 { all / kept } else { f64::NAN }
}

fn score(items: &[Item<'_>], scaled_by: f64, member: usize) -> f64 {
    let kept = items.iter().filter(|item| item.without != Without::LeftOut);
    let sum: f64 = kept.map(|item| item.points(member).unwrap_or(f64::NAN)).sum();
    // Adding zero turns a negative zero into zero, so that equal scores are equal in bits.
    sum * scaled_by + 0.0
}

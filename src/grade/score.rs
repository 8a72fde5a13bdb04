//! Points and score of the members of a cohort.
//!
//! `score` = the sum of the points in the order of the indicators, scaled where indicators were left out, then corrected, with bonuses and penalties.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, PolarsResult};
use rayon::prelude::*;

use crate::rules::{Absent, Cohort, GradingRules, Indicator, Missing};

use super::{
    GradeError,
    adjust::Adjustments,
    normalise::{Scale, mean},
    rank::{Ranking, rank},
};

/// The values of an indicator by row, NaN where unknown.
pub(super) type Values<'r> = BTreeMap<&'r str, Vec<f64>>;

/// A cohort with the points, scores and ranks of its members.
#[derive(Debug)]
pub(super) struct Scored<'r> {
    pub cohort: &'r Cohort,
    /// The row of each member.
    pub rows: Vec<u32>,
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
    pub scale: Scale,
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

/// The values that the rule scores, by the names of the indicators.
pub(super) fn columns<'r>(rules: &'r GradingRules, frame: &DataFrame) -> Result<Values<'r>, GradeError> {
    let indicators = rules.cohorts.iter().flat_map(|cohort| &cohort.indicators);
    let by_name: BTreeMap<&'r str, &'r Indicator> = indicators.map(|indicator| (indicator.name.as_ref(), indicator)).collect();
    by_name.into_par_iter().map(|(name, indicator)| Ok((name, indicator_values(indicator, frame)?))).collect()
}

fn indicator_values(indicator: &Indicator, frame: &DataFrame) -> Result<Vec<f64>, GradeError> {
    let mut values = numbers(frame, &indicator.column)?;
    if let Some(over) = &indicator.over {
        for (value, below) in values.iter_mut().zip(numbers(frame, over)?) {
            *value = if below > 0.0 { *value / below } else { f64::NAN };
        }
    }
    Ok(values)
}

/// A column as numbers, NaN where unknown or not there.
pub(super) fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<f64>, GradeError> {
    values(frame, name).map_err(|source| GradeError::Column { column: name.to_owned(), source })
}

fn values(frame: &DataFrame, name: &str) -> PolarsResult<Vec<f64>> {
    let Ok(column) = frame.column(name) else { return Ok(vec![f64::NAN; frame.height()]) };
    let numbers = column.cast(&DataType::Float64)?;
    Ok(numbers.f64()?.iter().map(|value| value.filter(|x| x.is_finite()).unwrap_or(f64::NAN)).collect())
}

impl<'r> Scored<'r> {
    pub fn new(cohort: &'r Cohort, rows: Vec<u32>, columns: &Values<'_>, adjustments: &Adjustments<'_>) -> Self {
        let items: Vec<_> = cohort.indicators.par_iter().map(|indicator| Item::new(indicator, &rows, columns, adjustments)).collect();
        let scaled_by = scale(&items);
        let scores = rows.par_iter().enumerate().map(|(member, &row)| adjustments.adjust(row, points_of(&items, scaled_by, member)));
        let scores: Vec<_> = scores.collect();
        let ranking = rank(&scores, &cohort.cuts);
        Self { cohort, rows, items, scaled_by, scores, ranking }
    }

    /// The value of a member that is ranked by one indicator alone.
    pub fn ranked_value(&self, member: usize) -> Option<f64> {
        match self.items.as_slice() {
            [only] if matches!(only.scale, Scale::Rank(_)) => only.value(member),
            _ => None,
        }
    }
}

impl<'r> Item<'r> {
    fn new(indicator: &'r Indicator, rows: &[u32], columns: &Values<'_>, adjustments: &Adjustments<'_>) -> Self {
        let column = columns.get(indicator.name.as_ref()).map_or(&[][..], Vec::as_slice);
        let value = |row: &u32| column.get(*row as usize).copied().unwrap_or(f64::NAN);
        let values: Vec<_> = rows.iter().map(value).collect();
        let scale = Scale::new(indicator, &values, |table| rows.iter().map(|row| adjustments.tabled(table, *row)).collect());
        let mut item = Self { indicator, values, scale, without: Without::NotGraded };
        item.without = item.without();
        item
    }

    pub fn value(&self, member: usize) -> Option<f64> {
        self.values.get(member).copied().filter(|value| !value.is_nan())
    }

    /// The points of a member before scaling; none where it has none.
    pub fn points(&self, member: usize) -> Option<f64> {
        match (self.earned(member), self.without) {
            (Some(points), _) => Some(points),
            (None, Without::Points(points)) => Some(points),
            (None, Without::NotGraded | Without::LeftOut) => None,
        }
    }

    /// The points of a member's own value.
    pub fn earned(&self, member: usize) -> Option<f64> {
        let value = self.value(member)?;
        Some(self.scale.points(self.indicator, member, value)).filter(|points| !points.is_nan())
    }

    fn without(&self) -> Without {
        let nobody = !(0..self.values.len()).into_par_iter().any(|member| self.earned(member).is_some());
        match (self.indicator.missing, self.indicator.absent) {
            (_, Absent::Rescale) if nobody => Without::LeftOut,
            (Missing::Zero, _) => Without::Points(0.0),
            (Missing::CohortMeanScore, _) if !nobody => Without::Points(self.mean_points()),
            _ => Without::NotGraded,
        }
    }

    /// The mean points of the members that have a value, summed from the smallest up, so that the order of the rows does not matter.
    fn mean_points(&self) -> f64 {
        let mut earned: Vec<_> = (0..self.values.len()).filter_map(|member| self.earned(member)).collect();
        if earned.len() == self.values.len() {
            return 0.0;
        }
        earned.par_sort_unstable_by(f64::total_cmp);
        mean(&earned)
    }
}

/// Full weight over the weight of the indicators that are not left out.
fn scale(items: &[Item<'_>]) -> f64 {
    let weight =
        |kept: bool| items.iter().filter(|item| !kept || item.without != Without::LeftOut).map(|item| item.indicator.weight).sum::<f64>();
    let (all, kept) = (weight(false), weight(true));
    if kept > 0.0 { all / kept } else { f64::NAN }
}

fn points_of(items: &[Item<'_>], scaled_by: f64, member: usize) -> f64 {
    let kept = items.iter().filter(|item| item.without != Without::LeftOut);
    let sum: f64 = kept.map(|item| item.points(member).unwrap_or(f64::NAN)).sum();
    // Adding zero turns a negative zero into zero, so that equal scores are equal in bits.
    sum * scaled_by + 0.0
}

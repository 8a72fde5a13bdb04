//! From values to points: the benchmark, range or order of a cohort, and the points that a value earns under it.
//!
//! Inside this stage an unknown value is NaN, so that a cohort is a few flat arrays.
//!
//! **Invariant:** what is taken from the cohort does not depend on the order of its rows: means are summed over sorted values.

use rayon::prelude::*;

use crate::rules::{Benchmark, BenchmarkFrom, Indicator, Normaliser};

/// How the values of an indicator become points in a cohort.
#[derive(Debug)]
pub(super) enum Scale {
    /// value / benchmark × weight; NaN where the cohort has none.
    Ratio(f64),
    /// The same with a benchmark for each member, NaN where its industry is unknown.
    RatioEach(Vec<f64>),
    /// weight × (base + span × (value − min) / (max − min)) / 100.
    MinMax { base: f64, span: f64, equal: f64, min: f64, max: f64 },
    /// The points of each member, by its rank.
    Rank(Vec<f64>),
}

impl Scale {
    /// Of the values of a cohort; `tabled` gives the number of a table for each member.
    pub fn new(indicator: &Indicator, values: &[f64], tabled: impl FnOnce(usize) -> Vec<f64>) -> Self {
        match indicator.normaliser {
            Normaliser::Ratio { benchmark: Benchmark::Number(benchmark) } => Self::Ratio(benchmark),
            Normaliser::Ratio { benchmark: Benchmark::Cohort { from, factor } } => {
                let benchmark = factor * of_cohort(from, values);
                // Nothing can be measured against a mean that is zero or less.
                Self::Ratio(if benchmark > 0.0 { benchmark } else { f64::NAN })
            }
            Normaliser::Ratio { benchmark: Benchmark::Table { table, factor } } => {
                Self::RatioEach(tabled(table).into_iter().map(|value| value * factor).collect())
            }
            Normaliser::MinMax { base, span, equal } => {
                let (min, max) = known(values).fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), v| (min.min(v), max.max(v)));
                Self::MinMax { base, span, equal, min, max }
            }
            Normaliser::Rank => Self::Rank(rank_points(values, indicator.weight)),
        }
    }

    /// Points of the value of a member, bounded by floor and cap; NaN where it cannot be measured.
    ///
    /// Huangyan 2022: tax of 12 万元/mu at a benchmark of 24.097 and a weight of 30 gives 12 / 24.097 × 30 = 14.9396.
    pub fn points(&self, indicator: &Indicator, member: usize, value: f64) -> f64 {
        let weight = indicator.weight;
        let points = match self {
            Self::Ratio(benchmark) => value / benchmark * weight,
            Self::RatioEach(benchmarks) => value / benchmarks.get(member).copied().unwrap_or(f64::NAN) * weight,
            Self::MinMax { base, span, equal, min, max } if max > min => (base + span * (value - min) / (max - min)) / PERCENT * weight,
            Self::MinMax { equal, .. } => equal / PERCENT * weight,
            Self::Rank(points) => points.get(member).copied().unwrap_or(f64::NAN),
        };
        if points.is_nan() {
            return points;
        }
        let points = indicator.cap.map_or(points, |cap| points.min(cap));
        indicator.floor.map_or(points, |floor| points.max(floor))
    }

    /// The benchmark of a member, where the scale has one.
    pub fn benchmark(&self, member: usize) -> Option<f64> {
        match self {
            Self::Ratio(benchmark) => Some(*benchmark),
            Self::RatioEach(benchmarks) => benchmarks.get(member).copied(),
            Self::MinMax { .. } | Self::Rank(_) => None,
        }
        .filter(|benchmark| !benchmark.is_nan())
    }
}

const PERCENT: f64 = 100.0;

fn known(values: &[f64]) -> impl Iterator<Item = f64> {
    values.iter().copied().filter(|value| !value.is_nan())
}

fn of_cohort(from: BenchmarkFrom, values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = known(values).collect();
    sorted.par_sort_unstable_by(f64::total_cmp);
    match from {
        BenchmarkFrom::CohortMean => mean(&sorted),
        BenchmarkFrom::Median => median(&sorted),
    }
}

/// The mean of sorted values; NaN where there is none.
pub(super) fn mean(sorted: &[f64]) -> f64 {
    sorted.iter().sum::<f64>() / count(sorted.len())
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    if sorted.len() % 2 == 1 { at(middle) } else { at(middle.wrapping_sub(1)).midpoint(at(middle)) }
}

#[expect(clippy::cast_precision_loss, reason = "rows are counted in 32 bits")]
pub(super) const fn count(rows: usize) -> f64 {
    rows as f64
}

/// weight × (ranked − rank + 1) / ranked, equal values at the rank of the first; NaN for a member without a value.
fn rank_points(values: &[f64], weight: f64) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).filter(|(value, _)| !value.is_nan()).collect();
    order.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let ranked = count(order.len());
    let mut points = vec![f64::NAN; values.len()];
    let mut better = 0;
    for group in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        for (_, member) in group {
            if let Some(slot) = points.get_mut(*member) {
                *slot = weight * (ranked - count(better)) / ranked;
            }
        }
        better += group.len();
    }
    points
}

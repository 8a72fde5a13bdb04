//! Per-mu figures and the other ratios of `docs/method.md`, over a window of years.

use rayon::prelude::*;

use super::enterprises::Apportioned;
use crate::model::columns::{FIGURES, PER_MU, RATIOS, YearsMean};
use crate::model::mu_from_m2;
use crate::rules::Mean;

/// How the years of a window become one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Averaging {
    /// Years that must have a value.
    pub min_years: usize,
    /// Whether a ratio is that of the sums or the mean of the years'; a figure a mu is the same either way while the land does not change.
    pub mean: Mean,
}

/// A named column of figures, in the order of the parcels.
pub type Figures = (&'static str, Vec<Option<f64>>);

/// What a column is made of.
#[derive(Clone, Copy)]
enum Recipe {
    /// The mean a year of a figure.
    Mean(&'static str),
    /// That a mu.
    PerMu(&'static str),
    /// One figure over another.
    Ratio(&'static str, &'static str),
}

/// The indicators of every parcel: those a mu and year, then the ratios, then the means a year of the figures behind them.
#[must_use]
pub fn measure(apportioned: &Apportioned, area_m2: &[Option<f64>], averaging: Averaging) -> Vec<Figures> {
    let per_mu = PER_MU.iter().map(|(figure, name)| (*name, Recipe::PerMu(figure)));
    let ratios = RATIOS.iter().map(|(name, numerator, denominator)| (*name, Recipe::Ratio(numerator, denominator)));
    let means = FIGURES.iter().map(|figure| (*figure, Recipe::Mean(figure)));
    let recipes: Vec<(&str, Recipe)> = per_mu.chain(ratios).chain(means).collect();
    let parcels = area_m2.len();
    let values = |recipe| match recipe {
        Recipe::Mean(figure) => mean_a_year(apportioned.of(figure), parcels, averaging),
        Recipe::PerMu(figure) => {
            let mut values = mean_a_year(apportioned.of(figure), parcels, averaging);
            values.iter_mut().zip(area_m2).for_each(|(value, area)| *value = value.zip(*area).map(|(v, m2)| v / mu_from_m2(m2)));
            values
        }
        Recipe::Ratio(numerator, denominator) => ratio(apportioned.of(numerator), apportioned.of(denominator), parcels, averaging),
    };
    recipes.into_par_iter().map(|(name, recipe)| (name, values(recipe))).collect()
}

/// A mean over several years; unknown where fewer than `min_years` of them have a value.
#[must_use]
pub fn years_mean(apportioned: &Apportioned, area_m2: &[Option<f64>], mean: YearsMean, min_years: usize) -> Vec<Option<f64>> {
    let averaging = Averaging { min_years, mean: Mean::SumOverLandYears };
    let yearly = mean_a_year(apportioned.last_years(mean.figure, mean.years), area_m2.len(), averaging);
    let of_land = |(value, area): (Option<f64>, &Option<f64>)| value.zip(*area).map(|(v, m2)| v / mu_from_m2(m2));
    if mean.per_mu { yearly.into_iter().zip(area_m2).map(of_land).collect() } else { yearly }
}

/// The amount of a parcel in a year.
fn known(amounts: &[f64], parcel: usize) -> Option<f64> {
    amounts.get(parcel).copied().filter(|amount| !amount.is_nan())
}

/// The mean of the years that have a value; unknown where too few have one.
fn mean_a_year(years: &[Vec<f64>], parcels: usize, averaging: Averaging) -> Vec<Option<f64>> {
    let known = |parcel: usize| years.iter().filter_map(move |year| known(year, parcel));
    (0..parcels)
        .map(|parcel| {
            let count = known(parcel).count();
            (count >= averaging.min_years.max(1)).then(|| known(parcel).sum::<f64>() / count as f64)
        })
        .collect()
}

/// Sum over sum, or the mean of the years' ratios, over the years in which both are known; unknown where the denominator is not positive.
fn ratio(numerator: &[Vec<f64>], denominator: &[Vec<f64>], parcels: usize, averaging: Averaging) -> Vec<Option<f64>> {
    let pairs = |parcel: usize| {
        numerator.iter().zip(denominator).filter_map(move |(n, d): (&Vec<f64>, &Vec<f64>)| known(n, parcel).zip(known(d, parcel)))
    };
    (0..parcels)
        .map(|parcel| {
            let positive = |(_, d): &(f64, f64)| averaging.mean == Mean::SumOverLandYears || *d > 0.0;
            let years = || pairs(parcel).filter(positive);
            let count = years().count();
            let (n, d) = years().fold((0.0, 0.0), |(n, d), (a, b)| match averaging.mean {
                Mean::SumOverLandYears => (n + a, d + b),
                Mean::MeanOfRatios => (n + a / b, d + 1.0),
            });
            (count >= averaging.min_years.max(1) && d > 0.0).then(|| n / d)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_sums_is_not_the_mean_of_ratios() {
        let (numerator, denominator) = (vec![vec![10.0], vec![30.0], vec![f64::NAN]], vec![vec![1.0], vec![6.0], vec![2.0]]);
        let of = |mean, min_years| ratio(&numerator, &denominator, 1, Averaging { min_years, mean })[0];
        assert_eq!(of(Mean::SumOverLandYears, 1), Some(40.0 / 7.0));
        assert_eq!(of(Mean::MeanOfRatios, 1), Some(7.5));
        assert_eq!(of(Mean::MeanOfRatios, 3), None);
    }
}

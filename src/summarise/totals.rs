//! The sums of a group and the ratios between them.

use polars::prelude::{Column, IntoColumn, NamedFrom, Series};

use super::facts::{Facts, GRADES, MONEY, Values};
use super::keys::Groups;

/// A sum over the parcels that have the value.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    known: i64,
}

impl Sum {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.value += value;
            self.known += 1;
        }
    }

    fn get(self) -> Option<f64> {
        (self.known > 0).then_some(self.value)
    }
}

/// Two sums over the parcels that have both values.
#[derive(Clone, Copy, Default)]
struct Ratio {
    numerator: f64,
    denominator: f64,
    known: i64,
}

impl Ratio {
    fn add(&mut self, numerator: Option<f64>, denominator: Option<f64>) {
        if let (Some(numerator), Some(denominator)) = (numerator, denominator) {
            self.numerator += numerator;
            self.denominator += denominator;
            self.known += 1;
        }
    }

    fn get(self) -> Option<f64> {
        (self.known > 0 && self.denominator > 0.0).then(|| self.numerator / self.denominator)
    }
}

/// The columns of a summary behind its key.
pub fn columns(facts: &Facts, groups: &Groups) -> Vec<Column> {
    let grouped = Grouped { facts, groups };
    let far = grouped.ratio(&facts.floor_area_m2, &facts.area_m2);
    let density = grouped.ratio(&facts.footprint_m2, &facts.area_m2);
    let mut columns = vec![
        whole("parcels", grouped.count(|_| true)),
        number("area_m2", grouped.sum(&facts.area_m2)),
        number("area_mu", grouped.sum(&facts.area_mu)),
        number("footprint_m2", grouped.sum(&facts.footprint_m2)),
        number("floor_area_m2", grouped.sum(&facts.floor_area_m2)),
        number("far", far.iter().map(|r| r.get()).collect()),
        number("building_density", density.iter().map(|r| r.get()).collect()),
        whole("parcels_with_far", far.iter().map(|r| r.known).collect()),
        whole("parcels_with_density", density.iter().map(|r| r.known).collect()),
    ];
    for ((sum, per_mu), values) in MONEY.iter().zip(&facts.money_wan) {
        let ratio = grouped.ratio(values, &facts.area_mu);
        columns.push(number(sum, grouped.sum(values)));
        columns.push(number(per_mu, ratio.iter().map(|r| r.get()).collect()));
        columns.push(whole(&format!("parcels_with_{}", sum.trim_end_matches("_wan")), ratio.iter().map(|r| r.known).collect()));
    }
    columns.extend(grade_columns(&grouped));
    columns
}

/// How many parcels are graded, and what share of them has each grade.
#[expect(clippy::cast_precision_loss, reason = "counts of parcels are far below 2^53")]
fn grade_columns(grouped: &Grouped<'_>) -> Vec<Column> {
    let grade = |row: usize| grouped.facts.grade.get(row).copied().flatten();
    let graded = grouped.count(|row| grade(row).is_some());
    let mut columns = vec![whole("graded", graded.clone())];
    for (number_of, name) in (0..).zip(GRADES) {
        let counts = grouped.count(|row| grade(row) == Some(number_of));
        let shares = counts.iter().zip(&graded).map(|(&n, &of)| (of > 0).then(|| n as f64 / of as f64)).collect();
        columns.push(number(&format!("share_{}", name.to_ascii_lowercase()), shares));
    }
    columns
}

struct Grouped<'a> {
    facts: &'a Facts,
    groups: &'a Groups,
}

impl Grouped<'_> {
    /// Folds the rows of every group in row order.
    fn fold<T: Clone + Default>(&self, add: impl Fn(&mut T, usize)) -> Vec<T> {
        let mut folded = vec![T::default(); self.groups.keys.len()];
        for &(row, group) in &self.groups.members {
            if let Some(value) = folded.get_mut(group as usize) {
                add(value, row as usize);
            }
        }
        folded
    }

    fn count(&self, belongs: impl Fn(usize) -> bool) -> Vec<i64> {
        self.fold(|count: &mut i64, row| *count += i64::from(belongs(row)))
    }

    fn sum(&self, values: &Values) -> Vec<Option<f64>> {
        let sums = self.fold(|sum: &mut Sum, row| sum.add(values.get(row).copied().flatten()));
        sums.into_iter().map(Sum::get).collect()
    }

    fn ratio(&self, numerator: &Values, denominator: &Values) -> Vec<Ratio> {
        let at = |values: &Values, row: usize| values.get(row).copied().flatten();
        self.fold(|ratio: &mut Ratio, row| ratio.add(at(numerator, row), at(denominator, row)))
    }
}

fn number(name: &str, values: Vec<Option<f64>>) -> Column {
    Series::new(name.into(), values).into_column()
}

fn whole(name: &str, values: Vec<i64>) -> Column {
    Series::new(name.into(), values).into_column()
}

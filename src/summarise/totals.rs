//! The sums of a group and the ratios between them.

use polars::prelude::{Column, IntoColumn, NamedFrom, Series};

use super::facts::{Facts, GRADES, MONEY, Values};
use super::keys::Groups;

const M2_PER_HA: f64 = 10_000.0;

/// A sum over the parcels that have the value.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    known: i64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.value += value;
            self.known += 1;
        }
    }

    fn get(&self) -> Option<f64> {
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
    fn add(&mut self, numerator: f64, denominator: f64) {
        if !numerator.is_nan() && !denominator.is_nan() {
            self.numerator += numerator;
            self.denominator += denominator;
            self.known += 1;
        }
    }

    fn get(&self) -> Option<f64> {
        (self.known > 0 && self.denominator > 0.0).then(|| self.numerator / self.denominator)
    }
}

/// Everything that is added up over the parcels of a group.
#[derive(Clone, Default)]
struct Totals {
    parcels: i64,
    area_m2: Sum,
    area_mu: Sum,
    overlap_m2: Sum,
    net_area_m2: Sum,
    footprint_m2: Sum,
    floor_area_m2: Sum,
    far: Ratio,
    density: Ratio,
    money_wan: [Sum; MONEY.len()],
    per_mu: [Ratio; MONEY.len()],
    grades: [i64; GRADES.len()],
    grades_mu: [Sum; GRADES.len()],
}

impl Totals {
    fn add(&mut self, facts: &Facts, row: usize) {
        let at = |values: &Values| values.get(row).copied().unwrap_or(f64::NAN);
        let (area_m2, area_mu) = (at(&facts.area_m2), at(&facts.area_mu));
        let (footprint_m2, floor_area_m2) = (at(&facts.footprint_m2), at(&facts.floor_area_m2));
        self.parcels += 1;
        self.area_m2.add(area_m2);
        self.area_mu.add(area_mu);
        self.overlap_m2.add(at(&facts.overlap_m2));
        self.net_area_m2.add(at(&facts.net_area_m2));
        self.footprint_m2.add(footprint_m2);
        self.floor_area_m2.add(floor_area_m2);
        self.far.add(floor_area_m2, area_m2);
        self.density.add(footprint_m2, area_m2);
        for ((sum, ratio), values) in self.money_wan.iter_mut().zip(&mut self.per_mu).zip(&facts.money_wan) {
            let money = at(values);
            sum.add(money);
            ratio.add(money, area_mu);
        }
        let grade = facts.grade.get(row).copied().flatten();
        if let Some(count) = grade.and_then(|grade| self.grades.get_mut(usize::from(grade))) {
            *count += 1;
        }
        if let Some(sum) = grade.and_then(|grade| self.grades_mu.get_mut(usize::from(grade))) {
            sum.add(area_mu);
        }
    }

    fn graded(&self) -> i64 {
        self.grades.iter().sum()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of parcels are far below 2^53")]
    fn grade_share(&self, grade: usize) -> Option<f64> {
        let count = self.grades.get(grade).copied()?;
        (self.graded() > 0).then(|| count as f64 / self.graded() as f64)
    }

    /// The land of a grade: none where nothing is graded, zero where other grades are.
    fn grade_mu(&self, grade: usize) -> Option<f64> {
        (self.graded() > 0).then(|| self.grades_mu.get(grade).map_or(0.0, |sum| sum.value))
    }
}

/// The columns of a summary behind its key.
pub fn columns(facts: &Facts, groups: &Groups) -> Vec<Column> {
    let mut totals = vec![Totals::default(); groups.keys.len()];
    for &(row, group) in &groups.members {
        if let Some(totals) = totals.get_mut(group as usize) {
            totals.add(facts, row as usize);
        }
    }
    let table = Table(&totals);
    let mut columns = land_columns(&table);
    (0..MONEY.len()).for_each(|figure| columns.extend(money_columns(&table, figure)));
    columns.push(table.whole("graded", Totals::graded));
    let shares = GRADES.iter().enumerate();
    columns.extend(shares.map(|(grade, name)| table.number(&format!("share_{}", name.to_ascii_lowercase()), |t| t.grade_share(grade))));
    let land = GRADES.iter().enumerate();
    columns.extend(land.map(|(grade, name)| table.number(&format!("area_mu_{}", name.to_ascii_lowercase()), |t| t.grade_mu(grade))));
    columns
}

fn land_columns(table: &Table<'_>) -> Vec<Column> {
    vec![
        table.whole("parcels", |t| t.parcels),
        table.number("area_m2", |t| t.area_m2.get()),
        table.number("area_mu", |t| t.area_mu.get()),
        table.number("area_ha", |t| t.area_m2.get().map(|area| area / M2_PER_HA)),
        table.number("overlap_m2", |t| t.overlap_m2.get()),
        table.number("net_area_m2", |t| t.net_area_m2.get()),
        table.number("footprint_m2", |t| t.footprint_m2.get()),
        table.number("floor_area_m2", |t| t.floor_area_m2.get()),
        table.number("far", |t| t.far.get()),
        table.number("building_density", |t| t.density.get()),
        table.whole("parcels_with_far", |t| t.far.known),
        table.whole("parcels_with_density", |t| t.density.known),
    ]
}

/// The sum of a figure, the figure a mu, and how many parcels have it.
fn money_columns(table: &Table<'_>, figure: usize) -> Vec<Column> {
    let Some((sum, per_mu)) = MONEY.get(figure) else { return Vec::new() };
    vec![
        table.number(sum, |t| t.money_wan.get(figure).and_then(Sum::get)),
        table.number(per_mu, |t| t.per_mu.get(figure).and_then(Ratio::get)),
        table.whole(&format!("parcels_with_{}", sum.trim_end_matches("_wan")), |t| t.per_mu.get(figure).map_or(0, |r| r.known)),
    ]
}

/// The totals of all groups, read column by column.
struct Table<'a>(&'a [Totals]);

impl Table<'_> {
    fn number(&self, name: &str, of: impl Fn(&Totals) -> Option<f64>) -> Column {
        Series::new(name.into(), self.0.iter().map(of).collect::<Vec<_>>()).into_column()
    }

    fn whole(&self, name: &str, of: impl Fn(&Totals) -> i64) -> Column {
        Series::new(name.into(), self.0.iter().map(of).collect::<Vec<_>>()).into_column()
    }
}

//! Rules of grading: who is graded, in which cohort, by which indicators, where the classes are cut, and what moves a grade afterwards.

use std::sync::Arc;

use super::{
    condition::Condition,
    fault::Checked,
    head::{Origin, RuleHead},
    vocabulary::Scope,
    zones::Class,
};

mod compile;
mod cuts;
mod raw;
mod steps;
mod table;

pub use cuts::{Band, Bands, Cut, Cuts, Edge, PPM, Shares};
pub(super) use raw::RawGrading;
pub use raw::{Absent, BenchmarkFrom, Ends, GradedUnit, LandShare, Missing, RollUp, Rounding, Ties, Unknown};
pub use table::IndustryNumbers;

/// The grading rules of a job.
#[derive(Clone, Debug)]
pub struct GradingRules {
    /// `<pack>.grading.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// What is scored and ranked.
    pub unit: GradedUnit,
    /// How enterprises become parcels, where they are what is graded.
    pub holdings: Option<Holdings>,
    /// Who is graded at all; none = everyone.
    pub population: Option<Condition>,
    /// Who of the population is not ranked.
    pub exempt: Vec<Exempt>,
    /// Numbers by industry.
    pub tables: Vec<IndustryNumbers>,
    /// Groups ranked among themselves, in the order in which they are tried.
    pub cohorts: Vec<Cohort>,
    /// Factors on the sum of the points, in order.
    pub corrections: Vec<Correction>,
    /// Points on top.
    pub bonuses: Extras,
    /// Points taken away.
    pub penalties: Extras,
    /// Moves, then vetoes, in order.
    pub steps: Vec<Step>,
}

/// How the grades of enterprises become those of parcels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// How they are rolled up.
    pub roll_up: RollUp,
    /// Which land of a parcel is an enterprise's.
    pub land_share: LandShare,
}

/// Who is not ranked.
#[derive(Clone, Debug)]
pub struct Exempt {
    /// Identifier, name and condition.
    pub class: Class,
    /// The grade written.
    pub grade: Option<Arc<str>>,
}

/// A group that is ranked by itself.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// Identifier, names and condition of membership.
    pub class: Class,
    /// The indicators, in the order in which points are added.
    pub indicators: Vec<Indicator>,
    /// Where the classes are cut.
    pub cuts: Cuts,
}

/// An indicator of a score.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// What it is called: the column, or `column / over`.
    pub name: Arc<str>,
    /// Column with a number.
    pub column: Arc<str>,
    /// Column that it is divided by.
    pub over: Option<Arc<str>>,
    /// Points at the benchmark.
    pub weight: f64,
    /// How a value becomes points.
    pub normaliser: Normaliser,
    /// Most points.
    pub cap: Option<f64>,
    /// Fewest points.
    pub floor: Option<f64>,
    /// What a member without a value gets.
    pub missing: Missing,
    /// What happens where nobody in the cohort has a value.
    pub absent: Absent,
}

/// How a value becomes points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Normaliser {
    /// value / benchmark × weight.
    Ratio {
        /// The value that earns the whole weight, in the unit of the column.
        benchmark: Benchmark,
    },
    /// weight × (base + span × (value − min) / (max − min)) / 100.
    MinMax {
        /// Percent of the weight for the least value.
        base: f64,
        /// Percent on top for the greatest.
        span: f64,
        /// Percent for all where both are the same.
        equal: f64,
    },
    /// weight × share of the ranked members that are not better.
    Rank,
}

/// The value that earns the whole weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Benchmark {
    /// A number.
    Number(f64),
    /// A factor times the mean or median of the cohort.
    Cohort {
        /// Mean or median.
        from: BenchmarkFrom,
        /// The factor.
        factor: f64,
    },
    /// A factor times the number of the industry.
    Table {
        /// Index of [`GradingRules::tables`].
        table: usize,
        /// The factor.
        factor: f64,
    },
}

/// A factor on the sum of the points.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Identifier.
    pub id: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// Whom it concerns; none = everyone.
    pub when: Option<Condition>,
    /// The factor.
    pub factor: Factor,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

/// The factor of a correction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Factor {
    /// A number.
    Number(f64),
    /// The number of the industry: index of [`GradingRules::tables`].
    Table(usize),
}

/// Bonuses or penalties with the cap on their sum.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// The entries.
    pub entries: Vec<Extra>,
    /// Most points of all together.
    pub cap: Option<f64>,
}

/// A bonus or a penalty.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Identifier.
    pub id: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// Whom it concerns.
    pub when: Condition,
    /// The points, more than 0.
    pub points: f64,
    /// The column of which each whole unit beyond a number counts.
    pub each: Option<(Arc<str>, f64)>,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

/// A move or a veto.
#[derive(Clone, Debug)]
pub struct Step {
    /// Identifier.
    pub id: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// Whether it is a veto.
    pub veto: bool,
    /// Whom it concerns.
    pub when: Condition,
    /// Grades that it moves; empty = all.
    pub from: Vec<Arc<str>>,
    /// Where it moves them.
    pub change: Change,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

/// Where a step moves a grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many classes up.
    Up(usize),
    /// So many classes down.
    Down(usize),
    /// To a grade.
    To(Arc<str>),
    /// To a grade unless it is worse.
    NotBetterThan(Arc<str>),
}

impl Step {
    /// The class that a class becomes under the cuts of a cohort.
    #[must_use]
    pub fn apply(&self, class: usize, cuts: &Cuts) -> usize {
        let concerns = self.from.is_empty() || cuts.grade(class).is_some_and(|grade| self.from.contains(grade));
        if !concerns {
            return class;
        }
        let last = cuts.grades().count().saturating_sub(1);
        match &self.change {
            Change::Up(classes) => class.saturating_sub(*classes),
            Change::Down(classes) => class.saturating_add(*classes).min(last),
            Change::To(grade) => cuts.class(grade).unwrap_or(class),
            Change::NotBetterThan(grade) => cuts.class(grade).map_or(class, |best| class.max(best)),
        }
    }
}

impl GradingRules {
    /// The columns that it names, in conditions and as indicators.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let classes = self.exempt.iter().map(|exempt| &exempt.class).chain(self.cohorts.iter().map(|cohort| &cohort.class));
        let whens =
            classes.map(|class| &class.when).chain(self.extras().map(|extra| &extra.when)).chain(self.steps.iter().map(|step| &step.when));
        let conditions =
            self.population.iter().chain(self.corrections.iter().filter_map(|correction| correction.when.as_ref())).chain(whens);
        let indicators = self.cohorts.iter().flat_map(|cohort| &cohort.indicators);
        let scored = indicators.flat_map(|indicator| std::iter::once(&indicator.column).chain(&indicator.over));
        let counted = self.extras().filter_map(|extra| extra.each.as_ref()).map(|(column, _)| column);
        conditions.flat_map(Condition::columns).chain(scored.chain(counted).map(|name| &**name))
    }

    fn extras(&self) -> impl Iterator<Item = &Extra> {
        self.bonuses.entries.iter().chain(&self.penalties.entries)
    }

    /// The columns that a condition or an indicator of the rule may name.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        scope(self.unit)
    }

    pub(super) fn compile(raw: &RawGrading, origin: &Origin, file: &mut Checked<'_>) -> Self {
        compile::compile(raw, origin, file)
    }
}

const fn scope(unit: GradedUnit) -> Scope {
    match unit {
        GradedUnit::Parcel => Scope::Grading,
        GradedUnit::Enterprise => Scope::Enterprises,
    }
}

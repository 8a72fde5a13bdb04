//! Rules of grading: who is graded, in which cohort, by which indicators, and where the classes are cut.
//!
//! Shares are kept in millionths, so that number × share is exact: 100 × 0.07 is 7 here, where binary fractions make it a little more and a
//! rule that rounds up would give an eighth parcel.

use std::sync::Arc;

use super::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, check_id, check_unique, number},
    raw::{Absent, Missing, RawCohort, RawCut, RawCuts, RawGrading, RawIndicator, RawNormaliser, RawRule, Rounding, Ties},
    vocabulary::{ColumnKind, Scope},
    zones::{Class, compile_classes},
};

/// One, in the unit of [`Cut::up_to_ppm`].
pub const PPM: u64 = 1_000_000;

/// The grading rules of a job.
#[derive(Clone, Debug)]
pub struct GradingRules {
    /// `<pack>.grading.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// Which parcels are graded at all; none = every parcel.
    pub population: Option<Condition>,
    /// Parcels of the population that get no grade.
    pub exempt: Vec<Class>,
    /// Groups ranked among themselves, in the order in which they are tried.
    pub cohorts: Vec<Cohort>,
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
    /// Inventory column.
    pub column: Arc<str>,
    /// Points at the benchmark.
    pub weight: f64,
    /// How a value becomes points.
    pub normaliser: Normaliser,
    /// Most points.
    pub cap: Option<f64>,
    /// Fewest points.
    pub floor: Option<f64>,
    /// What a parcel without a value gets.
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
        benchmark: f64,
    },
}

/// Where the classes of a cohort are cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Cuts {
    /// The classes, best first.
    pub grades: Vec<Cut>,
    /// How number × share becomes a whole number.
    pub rounding: Rounding,
    /// Which class equal scores across a cut get.
    pub ties: Ties,
}

/// A class of the cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The grade written.
    pub grade: Arc<str>,
    /// Cumulative share at the end of the class, inclusive, in millionths.
    pub up_to_ppm: u64,
}

impl Cuts {
    /// The last rank of each class among `n` ranked parcels.
    ///
    /// ```
    /// # use mujun::rules::{Cut, Cuts, Rounding, Ties};
    /// let cut = |grade: &str, up_to_ppm| Cut { grade: grade.into(), up_to_ppm };
    /// let grades = vec![cut("A", 200_000), cut("B", 850_000), cut("C", 950_000), cut("D", 1_000_000)];
    /// let cuts = Cuts { grades, rounding: Rounding::Ceil, ties: Ties::Better };
    /// assert_eq!(cuts.last_ranks(7), [2, 6, 7, 7]);
    /// ```
    #[must_use]
    pub fn last_ranks(&self, n: u64) -> Vec<u64> {
        self.grades.iter().map(|cut| self.rounding.round(n * cut.up_to_ppm)).collect()
    }
}

impl Rounding {
    const fn round(self, millionths: u64) -> u64 {
        match self {
            Self::Ceil => millionths.div_ceil(PPM),
            Self::Floor => millionths / PPM,
            Self::Nearest => (millionths + PPM / 2) / PPM,
        }
    }
}

impl GradingRules {
    pub(super) fn compile(raw: &RawGrading, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(raw.head(), origin, file);
        let population = raw.population.as_ref().and_then(|text| Condition::compile(text, Scope::Grading, file));
        let exempt = compile_classes(&raw.exempt, Scope::Grading, file);
        check_unique(raw.cohorts.iter().map(|cohort| &cohort.id), file);
        if raw.cohorts.is_empty() {
            file.fault(&raw.id.span(), FaultKind::Empty { key: "cohorts" });
        }
        let cohorts = raw.cohorts.iter().filter_map(|cohort| compile_cohort(cohort, raw, file)).collect();
        Self { rule_id: head.rule_id(), version: Arc::clone(&origin.version), head, population, exempt, cohorts }
    }
}

fn compile_cohort(raw: &RawCohort, rule: &RawGrading, file: &mut Checked<'_>) -> Option<Cohort> {
    check_id(&raw.id, file);
    let lacks = |key| FaultKind::CohortLacks { cohort: raw.id.get_ref().clone(), key };
    let when = Condition::compile(&raw.when, Scope::Grading, file);
    let normaliser = raw.normaliser.or(rule.normaliser);
    let cuts = raw.cuts.as_ref().or(rule.cuts.as_ref());
    for (key, absent) in [("normaliser", normaliser.is_none()), ("cuts", cuts.is_none())] {
        if absent {
            file.fault(&raw.id.span(), lacks(key));
        }
    }
    if raw.indicators.is_empty() {
        file.fault(&raw.id.span(), FaultKind::Empty { key: "indicators" });
    }
    check_unique(raw.indicators.iter().map(|indicator| &indicator.column), file);
    let indicators = raw.indicators.iter().filter_map(|indicator| compile_indicator(indicator, normaliser?, file)).collect();
    let cuts = cuts.map(|cuts| compile_cuts(cuts, file));
    let class = Class { id: raw.id.get_ref().as_str().into(), name_zh: raw.name_zh.as_str().into(), when: when? };
    Some(Cohort { class, indicators, cuts: cuts? })
}

fn compile_indicator(raw: &RawIndicator, normaliser: RawNormaliser, file: &mut Checked<'_>) -> Option<Indicator> {
    check_column(&raw.column, file);
    let weight = number("weight", &raw.weight, Allowed::Positive, file);
    let cap = raw.cap.as_ref().map(|cap| number("cap", cap, Allowed::Finite, file));
    let floor = raw.floor.as_ref().map(|floor| number("floor", floor, Allowed::Finite, file));
    if let (Some(at), Some(most), Some(least)) = (&raw.floor, cap, floor)
        && least > most
    {
        file.fault(&at.span(), FaultKind::OutOfRange { key: "floor", value: least, allowed: "at most the cap" });
    }
    let normaliser = match (normaliser, &raw.benchmark) {
        (RawNormaliser::Ratio, Some(value)) => Normaliser::Ratio { benchmark: number("benchmark", value, Allowed::Positive, file) },
        (RawNormaliser::Ratio, None) => {
            file.fault(&raw.column.span(), FaultKind::MissingKey { key: "benchmark".into() });
            return None;
        }
    };
    Some(Indicator {
        column: raw.column.get_ref().as_str().into(),
        weight,
        normaliser,
        cap,
        floor,
        missing: raw.missing,
        absent: raw.absent,
    })
}

fn check_column(column: &toml::Spanned<String>, file: &mut Checked<'_>) {
    let name = column.get_ref();
    match Scope::Grading.kind(name) {
        Some(ColumnKind::Number) => {}
        Some(_) => file.fault(&column.span(), FaultKind::NotNumeric { column: name.clone() }),
        None => {
            let known = Scope::Grading.columns().map(str::to_owned).collect();
            file.fault(&column.span(), FaultKind::UnknownColumn { column: name.clone(), known });
        }
    }
}

fn compile_cuts(raw: &RawCuts, file: &mut Checked<'_>) -> Cuts {
    let grades: Vec<_> = raw.grades.get_ref().iter().map(|cut| compile_cut(cut, file)).collect();
    let rises = grades.windows(2).all(|pair| matches!(pair, [a, b] if a.up_to_ppm < b.up_to_ppm));
    if !rises || grades.last().is_none_or(|last| last.up_to_ppm != PPM) {
        file.fault(&raw.grades.span(), FaultKind::CutsOrder);
    }
    Cuts { grades, rounding: raw.rounding, ties: raw.ties }
}

fn compile_cut(raw: &RawCut, file: &mut Checked<'_>) -> Cut {
    let share = number("up_to", &raw.up_to, Allowed::Fraction, file);
    let millionths = (share * 1e6).round();
    if (share * 1e6 - millionths).abs() > 1e-6 {
        file.fault(&raw.up_to.span(), FaultKind::CutsDecimals { value: share });
    }
    Cut { grade: raw.grade.as_str().into(), up_to_ppm: to_millionths(millionths) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1,000,000 here")]
const fn to_millionths(value: f64) -> u64 {
    value.clamp(0.0, 1e6) as u64
}

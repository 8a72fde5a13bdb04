//! Values and limits of a test row by row, and the state of a standard that follows.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int32Chunked, PolarsError, StringChunked};

use crate::rules::{AS_OF, Bound, Condition, IndustryTable, Limit, Standard, StandardsRules, Test};

use super::StandardsError;

/// What a standard says of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is not for such parcels, they are exempt, or its day has not come.
    NotApplicable,
    /// The value keeps the limit.
    Met,
    /// It does not.
    NotMet,
    /// A fact is missing.
    Unknown,
}

impl State {
    /// The word in facts and cases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Unknown => "unknown",
        }
    }
}

/// A column as numbers: days since 1970-01-01 for a day, 1 and 0 for yes and no.
pub enum Cells {
    /// No row has a value.
    Absent,
    /// Numbers.
    Number(Float64Chunked),
    /// Days.
    Day(Int32Chunked),
    /// Yes and no.
    Flag(BooleanChunked),
}

impl Cells {
    /// The column of that name; one that is not there has no values.
    pub fn of(frame: &DataFrame, name: &str) -> Result<Self, PolarsError> {
        let Ok(column) = frame.column(name) else { return Ok(Self::Absent) };
        if column.null_count() == column.len() {
            return Ok(Self::Absent);
        }
        let series = column.as_materialized_series().rechunk();
        Ok(match series.dtype() {
            DataType::Date => Self::Day(series.to_physical_repr().i32()?.clone()),
            DataType::Boolean => Self::Flag(series.bool()?.clone()),
            _ => Self::Number(series.cast(&DataType::Float64)?.f64()?.clone()),
        })
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Number(values) => values.get(row).filter(|value| !value.is_nan()),
            Self::Day(days) => days.get(row).map(f64::from),
            Self::Flag(flags) => flags.get(row).map(|flag| f64::from(u8::from(flag))),
        }
    }
}

/// A limit row by row.
enum Limits<'r> {
    Number(f64),
    Column(Cells),
    ByIndustry(&'r IndustryTable, Option<StringChunked>),
}

/// A test over the rows of a frame.
pub struct Reading<'r> {
    /// The test.
    pub test: &'r Test,
    values: Cells,
    limits: Limits<'r>,
}

/// A limit of a row, and the industry that gave it.
#[derive(Clone, Copy)]
pub struct Limited<'a> {
    /// The limit.
    pub value: f64,
    /// The industry, and whether the document prints its value.
    pub industry: Option<(&'a str, bool)>,
}

impl<'r> Reading<'r> {
    fn new(test: &'r Test, facts: &DataFrame) -> Result<Self, PolarsError> {
        let bound = |bound: &'r Bound| -> Result<Limits<'r>, PolarsError> {
            Ok(match bound {
                Bound::Number(number) => Limits::Number(*number),
                Bound::Column(name) => Limits::Column(Cells::of(facts, name)?),
                Bound::ByIndustry(table) => Limits::ByIndustry(table, facts.column("industry").ok().map(text).transpose()?),
            })
        };
        let limits = match &test.limit {
            Limit::AtLeast(limit) | Limit::AtMost(limit) => bound(limit)?,
            Limit::NotAfter(name) => Limits::Column(Cells::of(facts, name)?),
            Limit::MustBe(wanted) => Limits::Number(f64::from(u8::from(*wanted))),
        };
        Ok(Self { test, values: Cells::of(facts, &test.measure)?, limits })
    }

    /// The value of a row.
    pub fn value(&self, row: usize) -> Option<f64> {
        self.values.get(row)
    }

    /// The limit of a row.
    pub fn limit(&self, row: usize) -> Option<Limited<'_>> {
        let plain = |value| Limited { value, industry: None };
        match &self.limits {
            Limits::Number(number) => Some(plain(*number)),
            Limits::Column(cells) => cells.get(row).map(plain),
            Limits::ByIndustry(table, industries) => {
                let industry = industries.as_ref()?.get(row)?;
                let limit = table.limit(industry)?;
                Some(Limited { value: limit.value, industry: Some((industry, limit.printed)) })
            }
        }
    }

    /// Whether the value of a row keeps its limit.
    pub fn holds(&self, row: usize) -> Option<bool> {
        let (value, limit) = (self.value(row)?, self.limit(row)?.value);
        Some(keeps(&self.test.limit, self.test.strict, value, limit))
    }
}

/// Whether a value keeps a limit; both as they are, unrounded.
fn keeps(limit: &Limit, strict: bool, value: f64, bound: f64) -> bool {
    match (limit, strict) {
        (Limit::AtLeast(_), false) => bound <= value,
        (Limit::AtLeast(_), true) => bound < value,
        (Limit::AtMost(_) | Limit::NotAfter(_), false) => value <= bound,
        (Limit::AtMost(_) | Limit::NotAfter(_), true) => value < bound,
        (Limit::MustBe(_), _) => (value > 0.0) == (bound > 0.0),
    }
}

fn text(column: &Column) -> Result<StringChunked, PolarsError> {
    Ok(column.as_materialized_series().rechunk().str()?.clone())
}

/// A standard over the rows of a frame.
pub struct Standing<'r> {
    /// The standard.
    pub standard: &'r Standard,
    /// Its tests; the second may hold in place of the first.
    pub readings: Vec<Reading<'r>>,
    applies: Option<BooleanChunked>,
    exempt: Option<BooleanChunked>,
    not_yet: Option<BooleanChunked>,
}

/// All standards over the rows of a frame.
pub struct Reader<'r> {
    /// The standards in the order of the rule.
    pub standings: Vec<Standing<'r>>,
    as_of: Cells,
    /// The number of rows.
    pub rows: usize,
}

impl<'r> Reader<'r> {
    pub fn new(rules: &'r StandardsRules, facts: &DataFrame) -> Result<Self, StandardsError> {
        let mut answers: HashMap<Arc<str>, BooleanChunked> = HashMap::new();
        let mut answer = |condition: &Option<Condition>| -> Result<Option<BooleanChunked>, StandardsError> {
            let Some(condition) = condition else { return Ok(None) };
            if let Some(known) = answers.get(&condition.text) {
                return Ok(Some(known.clone()));
            }
            let told = condition.evaluate(facts)?.rechunk().into_owned();
            answers.insert(Arc::clone(&condition.text), told.clone());
            Ok(Some(told))
        };
        let mut standings = Vec::with_capacity(rules.standards.len());
        for standard in &rules.standards {
            standings.push(Standing {
                standard,
                readings: standard.tests.iter().map(|test| Reading::new(test, facts)).collect::<Result<_, _>>()?,
                applies: answer(&standard.applies)?,
                exempt: answer(&standard.exempt)?,
                not_yet: answer(&standard.not_yet)?,
            });
        }
        Ok(Self { standings, as_of: Cells::of(facts, AS_OF)?, rows: facts.height() })
    }

    /// The state of the standard of that number in a row.
    pub fn state(&self, standard: usize, row: usize) -> State {
        self.standings.get(standard).map_or(State::Unknown, |standing| standing.state(row, self.as_of(row)))
    }

    /// The day of the job, as days since 1970-01-01.
    pub fn as_of(&self, row: usize) -> Option<f64> {
        self.as_of.get(row)
    }
}

impl Standing<'_> {
    /// The state in a row.
    pub fn state(&self, row: usize, as_of: Option<f64>) -> State {
        match self.applies.as_ref().map_or(Some(true), |applies| applies.get(row)) {
            None => return State::Unknown,
            Some(false) => return State::NotApplicable,
            Some(true) => {}
        }
        if self.exempt.as_ref().is_some_and(|exempt| exempt.get(row) == Some(true)) {
            return State::NotApplicable;
        }
        if self.is_pending(row) {
            return self.pending(row, as_of);
        }
        let answers = self.readings.iter().map(|reading| reading.holds(row));
        match either(answers) {
            Some(true) => State::Met,
            Some(false) => State::NotMet,
            None => State::Unknown,
        }
    }

    /// Whether what the first test dates is known not to have happened.
    pub fn is_pending(&self, row: usize) -> bool {
        let not_yet = self.not_yet.as_ref().is_some_and(|not_yet| not_yet.get(row) == Some(true));
        not_yet && self.readings.first().is_some_and(|reading| reading.value(row).is_none())
    }

    fn pending(&self, row: usize, as_of: Option<f64>) -> State {
        let due = self.readings.first().and_then(|reading| reading.limit(row));
        match due.zip(as_of) {
            Some((due, day)) if due.value < day => State::NotMet,
            Some(_) => State::NotApplicable,
            None => State::Unknown,
        }
    }

    /// Days after the agreed day; as of the day of the job where it has not happened. Negative = before.
    pub fn days_late(&self, row: usize, as_of: Option<f64>) -> Option<f64> {
        let reading = self.readings.first().filter(|reading| matches!(reading.test.limit, Limit::NotAfter(_)))?;
        let day = if self.is_pending(row) { as_of } else { reading.value(row) };
        Some(day? - reading.limit(row)?.value)
    }
}

/// SQL's `OR`.
fn either(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut any = Some(false);
    for answer in answers {
        any = match (any, answer) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (None, _) | (_, None) => None,
            _ => Some(false),
        };
    }
    any
}

/// The columns that a standard goes by.
pub fn columns(standard: &Standard) -> impl Iterator<Item = &str> {
    let conditions = [&standard.applies, &standard.not_yet].into_iter().flatten().flat_map(Condition::columns);
    let tests = standard.tests.iter().flat_map(|test| {
        let limit = match &test.limit {
            Limit::AtLeast(Bound::Column(name)) | Limit::AtMost(Bound::Column(name)) | Limit::NotAfter(name) => Some(name.as_ref()),
            Limit::AtLeast(Bound::ByIndustry(_)) | Limit::AtMost(Bound::ByIndustry(_)) => Some("industry"),
            _ => None,
        };
        std::iter::once(test.measure.as_ref()).chain(limit)
    });
    conditions.chain(tests)
}

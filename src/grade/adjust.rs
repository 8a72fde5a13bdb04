//! What changes a score after the indicators and a class after the cuts: corrections, bonuses, penalties, moves and vetoes.
//!
//! Every condition is evaluated once for all rows. Where one cannot be decided, the rule says whether it changes nothing or leaves no grade.

use polars::prelude::{BooleanChunked, DataFrame};
use serde_json::{Map, Value, json};

use crate::rules::{Condition, Cuts, Extra, Extras, Factor, GradingRules, Step, Unknown};

use super::{GradeError, score::numbers};

/// The answers of all conditions of a rule that change scores or classes.
#[derive(Debug)]
pub(super) struct Adjustments<'r> {
    rules: &'r GradingRules,
    /// The number of each table for every row, NaN where unknown.
    tables: Vec<Vec<f64>>,
    corrections: Vec<Option<BooleanChunked>>,
    bonuses: Vec<Answers<'r>>,
    penalties: Vec<Answers<'r>>,
    steps: Vec<BooleanChunked>,
}

/// The answers of a bonus or penalty, with the numbers it counts.
#[derive(Debug)]
struct Answers<'r> {
    extra: &'r Extra,
    when: BooleanChunked,
    each: Option<Vec<f64>>,
}

/// What was added to or taken from a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Adjusted {
    pub factor: f64,
    pub bonus: f64,
    pub penalty: f64,
}

impl<'r> Adjustments<'r> {
    pub fn new(rules: &'r GradingRules, frame: &DataFrame) -> Result<Self, GradeError> {
        let answers = |extras: &'r Extras| extras.entries.iter().map(|extra| Answers::new(extra, frame)).collect::<Result<Vec<_>, _>>();
        let when = |condition: &Option<Condition>| condition.as_ref().map(|when| evaluate(when, frame)).transpose();
        Ok(Self {
            rules,
            tables: tables(rules, frame),
            corrections: rules.corrections.iter().map(|correction| when(&correction.when)).collect::<Result<_, _>>()?,
            bonuses: answers(&rules.bonuses)?,
            penalties: answers(&rules.penalties)?,
            steps: rules.steps.iter().map(|step| evaluate(&step.when, frame)).collect::<Result<_, _>>()?,
        })
    }

    /// The number of a table for the industry of a row, NaN where unknown.
    pub fn tabled(&self, table: usize, row: u32) -> f64 {
        self.tables.get(table).and_then(|values| values.get(row as usize)).copied().unwrap_or(f64::NAN)
    }

    /// Whether the rule changes any score.
    pub fn change_scores(&self) -> bool {
        !(self.corrections.is_empty() && self.bonuses.is_empty() && self.penalties.is_empty())
    }

    /// A score from a sum of points; NaN where the rule wants a fact that is missing.
    pub fn adjust(&self, row: u32, sum: f64) -> f64 {
        if !self.change_scores() {
            return sum;
        }
        let Adjusted { factor, bonus, penalty } = self.of(row);
        sum * factor + bonus - penalty + 0.0
    }

    /// What changes the score of a row.
    pub fn of(&self, row: u32) -> Adjusted {
        let factors = self.rules.corrections.iter().zip(&self.corrections);
        let factor = factors.map(|(correction, when)| {
            let applies = when.as_ref().map_or(Some(true), |when| when.get(row as usize));
            let factor = match correction.factor {
                Factor::Number(factor) => factor,
                Factor::Table(table) => self.tabled(table, row),
            };
            match applies {
                Some(false) => 1.0,
                Some(true) if !factor.is_nan() => factor,
                _ if correction.unknown == Unknown::Ignore => 1.0,
                _ => f64::NAN,
            }
        });
        let sum = |answers: &[Answers<'_>], cap: Option<f64>| {
            let sum: f64 = answers.iter().map(|answer| answer.points(row)).sum();
            cap.filter(|_| !sum.is_nan()).map_or(sum, |cap| sum.min(cap)) + 0.0
        };
        Adjusted {
            factor: factor.product(),
            bonus: sum(&self.bonuses, self.rules.bonuses.cap),
            penalty: sum(&self.penalties, self.rules.penalties.cap),
        }
    }

    /// The entries that changed a score, with their points or that they are unknown; null for those that are ignored because of it.
    pub fn facts(&self, row: u32) -> Value {
        let adjusted = self.of(row);
        let mut entries = Map::new();
        for (correction, when) in self.rules.corrections.iter().zip(&self.corrections) {
            let applies = when.as_ref().map_or(Some(true), |when| when.get(row as usize));
            if applies != Some(false) {
                entries.insert(correction.id.to_string(), json!(applies.map(|_| "factor")));
            }
        }
        for (sign, answers) in [(1.0, &self.bonuses), (-1.0, &self.penalties)] {
            for answer in answers.iter().filter(|answer| answer.when.get(row as usize) != Some(false)) {
                entries.insert(answer.extra.id.to_string(), json!(answer.given(row).map(|points| sign * points)));
            }
        }
        json!({ "factor": number(adjusted.factor), "bonus": number(adjusted.bonus), "penalty": number(adjusted.penalty), "entries": entries })
    }

    /// The rule's corrections, bonuses and penalties that leave a row without a score, because a fact is missing.
    pub fn undecided(&self, row: u32) -> Vec<String> {
        let corrections = self.rules.corrections.iter().zip(&self.corrections).filter(|(correction, when)| {
            let applies = when.as_ref().map_or(Some(true), |when| when.get(row as usize));
            let unknown = match correction.factor {
                Factor::Number(_) => false,
                Factor::Table(table) => self.tabled(table, row).is_nan(),
            };
            correction.unknown == Unknown::NotGraded && (applies.is_none() || (applies == Some(true) && unknown))
        });
        let mut names: Vec<_> = corrections.map(|(correction, _)| correction.id.to_string()).collect();
        let extras = self.bonuses.iter().chain(&self.penalties).filter(|answer| answer.points(row).is_nan());
        names.extend(extras.map(|answer| answer.extra.id.to_string()));
        names
    }

    /// Moves and vetoes that concern a row, and those that cannot be decided.
    pub fn steps(&self, row: u32) -> impl Iterator<Item = (&'r Step, Option<bool>)> {
        let steps = self.rules.steps.iter().zip(&self.steps).map(move |(step, when)| (step, when.get(row as usize)));
        steps.filter(|(_, applies)| *applies != Some(false))
    }

    /// Whether there is any move or veto.
    pub fn change_classes(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The class of a row in the end.
    pub fn class(&self, row: u32, class: usize, cuts: &Cuts) -> usize {
        self.steps(row).filter(|(_, applies)| *applies == Some(true)).fold(class, |class, (step, _)| step.apply(class, cuts))
    }
}

impl<'r> Answers<'r> {
    fn new(extra: &'r Extra, frame: &DataFrame) -> Result<Self, GradeError> {
        let each = extra.each.as_ref().map(|(column, _)| numbers(frame, column)).transpose()?;
        Ok(Self { extra, when: evaluate(&extra.when, frame)?, each })
    }

    /// The points given to a row; none where they cannot be told.
    fn given(&self, row: u32) -> Option<f64> {
        match (self.when.get(row as usize)?, &self.each, &self.extra.each) {
            (false, _, _) => Some(0.0),
            (true, Some(values), Some((_, beyond))) => {
                let units = values.get(row as usize).copied().filter(|value| !value.is_nan())? - beyond;
                Some(self.extra.points * units.floor().max(0.0))
            }
            (true, _, _) => Some(self.extra.points),
        }
    }

    fn points(&self, row: u32) -> f64 {
        let otherwise = if self.extra.unknown == Unknown::Ignore { 0.0 } else { f64::NAN };
        self.given(row).unwrap_or(otherwise)
    }
}

fn evaluate(condition: &Condition, frame: &DataFrame) -> Result<BooleanChunked, GradeError> {
    // One chunk: answers are then found by their number alone.
    Ok(condition.evaluate(frame)?.rechunk().into_owned())
}

fn tables(rules: &GradingRules, frame: &DataFrame) -> Vec<Vec<f64>> {
    let industry = frame.column("industry").ok().and_then(|column| column.str().ok());
    let value = |table: &crate::rules::IndustryNumbers| match industry {
        Some(codes) => codes.iter().map(|code| code.and_then(|code| table.value(code)).unwrap_or(f64::NAN)).collect(),
        None => vec![f64::NAN; frame.height()],
    };
    rules.tables.iter().map(value).collect()
}

fn number(value: f64) -> Value {
    if value.is_nan() { Value::Null } else { json!(value) }
}

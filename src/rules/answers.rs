//! Many conditions at once: the columns that they name are brought into shape once, and a condition over columns that no parcel has a value of is
//! evaluated for one parcel instead of a million.
//!
//! **Invariant:** the answers are those of [`Condition::evaluate`], condition by condition.

use std::collections::BTreeMap;

use polars::prelude::{BooleanChunked, Column, DataFrame, PolarsResult};
use rayon::prelude::*;

use super::{
    condition::{Condition, input},
    fault::RulesError,
    vocabulary::{AS_OF, ColumnKind},
};

/// The answers of one condition for every parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The same for every parcel.
    Same(Option<bool>),
    /// [`NO`], [`YES`] or [`UNKNOWN`] a parcel.
    Each(Vec<u8>),
}

/// The condition is false.
pub const NO: u8 = 0;
/// The condition is true.
pub const YES: u8 = 1;
/// The condition cannot be decided.
pub const UNKNOWN: u8 = 2;

/// An answer as a number.
#[must_use]
pub const fn number_of(answer: Option<bool>) -> u8 {
    match answer {
        Some(false) => NO,
        Some(true) => YES,
        None => UNKNOWN,
    }
}

impl Answers {
    /// The answer for a parcel, as a number.
    #[must_use]
    pub fn get(&self, row: usize) -> u8 {
        match self {
            Self::Same(answer) => number_of(*answer),
            Self::Each(answers) => answers.get(row).copied().unwrap_or(UNKNOWN),
        }
    }
}

/// The answers of every condition, in their order.
///
/// # Errors
/// [`RulesError::Evaluate`] where the table library cannot evaluate one of them.
pub fn answer_all(conditions: &[Condition], frame: &DataFrame) -> Result<Vec<Answers>, RulesError> {
    let of = |condition: &Condition| {
        let condition = condition.text.to_string();
        move |source| RulesError::Evaluate { condition, source }
    };
    let Some(first) = conditions.first() else { return Ok(Vec::new()) };
    let shaped = Shaped::new(conditions, frame).map_err(of(first))?;
    conditions.par_iter().map(|condition| shaped.answer(condition).map_err(of(condition))).collect()
}

/// The columns that conditions name, as they see them.
struct Shaped {
    all: DataFrame,
    /// The first row alone.
    one: DataFrame,
    /// The columns that are the same in every row.
    constant: Vec<String>,
}

impl Shaped {
    fn new(conditions: &[Condition], frame: &DataFrame) -> PolarsResult<Self> {
        let named: BTreeMap<&str, ColumnKind> = conditions.iter().flat_map(Condition::kinds).collect();
        let is_constant = |name: &str| name == AS_OF || frame.column(name).map_or(true, |column| column.null_count() == frame.height());
        let constant: Vec<String> = named.keys().filter(|name| is_constant(name)).map(ToString::to_string).collect();
        let named: Vec<_> = named.into_iter().collect();
        let columns = named.par_iter().map(|(name, kind)| input(frame, name, *kind)).collect::<PolarsResult<Vec<Column>>>()?;
        let all = DataFrame::new(frame.height(), columns)?;
        Ok(Self { one: all.head(Some(1)), all, constant })
    }

    fn answer(&self, condition: &Condition) -> PolarsResult<Answers> {
        let same = condition.columns().all(|name| self.constant.iter().any(|constant| constant == name));
        if same {
            return Ok(Answers::Same(condition.evaluate_shaped(&self.one)?.get(0)));
        }
        Ok(Answers::Each(numbers(&condition.evaluate_shaped(&self.all)?)))
    }
}

fn numbers(answers: &BooleanChunked) -> Vec<u8> {
    answers.iter().map(number_of).collect()
}

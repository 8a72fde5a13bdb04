//! Whether a term is as long as its class allows at most.
//!
//! **Invariant:** a term of so many years from a day may end on the day of the same number, or the last of its month, that many years later, and no later.

use polars::prelude::{BooleanChunked, DataFrame};
use serde_json::json;

use crate::model::{DecisionTable, DecisionText, RuleNumber, Verdict};
use crate::rules::{LifeCycleRules, Term};
use crate::say;

use super::{
    LifeCycleError,
    calendar::add_years,
    days::{Days, answers},
};

/// A class over the rows of a frame.
pub struct TermClass<'r> {
    /// The class.
    pub term: &'r Term,
    when: Option<BooleanChunked>,
    from: Days,
    to: Days,
}

impl<'r> TermClass<'r> {
    /// Reads the columns of all classes.
    pub fn all(rules: &'r LifeCycleRules, facts: &DataFrame) -> Result<Vec<Self>, LifeCycleError> {
        let class = |term: &'r Term| {
            let (from, to) = (Days::of(facts, &term.from)?, Days::of(facts, &term.to)?);
            Ok(Self { term, when: answers(Some(&term.when), facts)?, from, to })
        };
        rules.terms.iter().map(class).collect()
    }

    /// Whether the term of a row is short enough; none where the class is not that of the row.
    pub fn verdict(&self, row: usize) -> Option<Verdict> {
        match self.when.as_ref()?.get(row) {
            Some(false) => None,
            None => Some(Verdict::Unknown),
            Some(true) => Some(self.holds(row).into()),
        }
    }

    fn holds(&self, row: usize) -> Option<bool> {
        let (from, to) = (self.from.get(row)?, self.to.get(row)?);
        Some(to <= add_years(from, i32::try_from(self.term.max_years).ok()?)?)
    }

    /// Writes a verdict down.
    pub fn decide(&self, row: usize, verdict: Verdict, (decisions, number): (&mut DecisionTable, RuleNumber)) {
        let (Some(from), Some(to)) = (self.from.get(row), self.to.get(row)) else { return };
        let Term { item, max_years, .. } = self.term;
        let (from_name, to_name, article) = (&self.term.from, &self.term.to, &item.source.article);
        let mut reasons = if verdict == Verdict::Yes {
            say!(
                "{from_name} {from} to {to_name} {to} is at most {max_years} years ({article})",
                from_name,
                from,
                to_name,
                to,
                max_years,
                article
            )
        } else {
            say!(
                "{from_name} {from} to {to_name} {to} is more than {max_years} years ({article})",
                from_name,
                from,
                to_name,
                to,
                max_years,
                article
            )
        };
        if let Some(human) = item.human.as_ref().filter(|_| verdict == Verdict::No) {
            reasons.push_str(&say!("; to be confirmed: {human}", human));
        }
        let facts = json!({ *self.term.from: from.to_string(), *self.term.to: to.to_string(), "max_years": max_years }).to_string();
        let parcel = u32::try_from(row).unwrap_or(u32::MAX);
        decisions.push(parcel, number, verdict, DecisionText { reasons: &reasons, facts: &facts });
    }
}

/// The verdict over the classes of a row; none where none is that of the row.
pub fn all(verdicts: impl Iterator<Item = Verdict>) -> Option<Verdict> {
    verdicts.reduce(|a, b| match (a, b) {
        (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
        (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
        _ => Verdict::Unknown,
    })
}

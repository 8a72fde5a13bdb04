//! Idle years: since works should have started and never did, or since they were left.

use chrono::NaiveDate;
use polars::prelude::{BooleanChunked, DataFrame, Float64Chunked};
use serde_json::json;

use crate::model::{DecisionTable, DecisionText, RuleNumber, Verdict};
use crate::rules::{AS_OF, Idle};
use crate::say;

use super::{
    LifeCycleError,
    calendar::years_between,
    days::{Days, answers},
};

/// What the computed years go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The parcel layer states them.
    Declared,
    /// Works never started.
    NeverStarted,
    /// Works were left.
    Stalled,
    /// Works are going on or done, or their day has not come.
    NotIdle,
}

impl Basis {
    /// The word in the inventory.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::NeverStarted => "never_started",
            Self::Stalled => "stalled",
            Self::NotIdle => "not_idle",
        }
    }
}

/// Idle years of a parcel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The years; 0 = not idle.
    pub years: f64,
    /// What they go by.
    pub basis: Basis,
    /// The day that they are counted from.
    since: Option<NaiveDate>,
}

const NOT_IDLE: Found = Found { years: 0.0, basis: Basis::NotIdle, since: None };

/// The idle-land rule over the rows of a frame.
pub struct IdleLand<'r> {
    rule: &'r Idle,
    never: Option<BooleanChunked>,
    never_from: Days,
    stalled: Option<BooleanChunked>,
    stalled_from: Days,
    declared: Option<Float64Chunked>,
    as_of: Days,
}

impl<'r> IdleLand<'r> {
    /// Reads the columns of the rule.
    pub fn new(rule: &'r Idle, facts: &DataFrame) -> Result<Self, LifeCycleError> {
        let declared = facts.column("idle_years").ok().filter(|column| column.null_count() < column.len());
        Ok(Self {
            rule,
            never: answers(Some(&rule.never_started), facts)?,
            never_from: Days::of(facts, &rule.never_started_from)?,
            stalled: answers(Some(&rule.stalled), facts)?,
            stalled_from: Days::of(facts, &rule.stalled_from)?,
            declared: declared
                .map(|column| Ok::<_, LifeCycleError>(column.as_materialized_series().rechunk().f64()?.clone()))
                .transpose()?,
            as_of: Days::of(facts, AS_OF)?,
        })
    }

    /// The computed years of a row.
    pub fn computed(&self, row: usize) -> Option<Found> {
        let as_of = self.as_of.get(row)?;
        if self.never.as_ref()?.get(row)? {
            return since((self.never_from.get(row)?, as_of), Basis::NeverStarted, 0.0);
        }
        if self.stalled.as_ref()?.get(row)? {
            return since((self.stalled_from.get(row)?, as_of), Basis::Stalled, self.rule.idle_from_years);
        }
        Some(NOT_IDLE)
    }

    /// What idle years go by in a row: what is declared before what is computed.
    pub fn basis(&self, row: usize, computed: Option<Found>) -> Option<Basis> {
        let declared = self.declared(row).map(|_| Basis::Declared);
        declared.or(computed.map(|found| found.basis))
    }

    fn declared(&self, row: usize) -> Option<f64> {
        self.declared.as_ref()?.get(row)
    }

    /// Writes down that a parcel is idle, or will be if nothing happens.
    pub fn decide(&self, row: usize, found: Found, (decisions, number): (&mut DecisionTable, RuleNumber)) {
        let Some(since) = found.since else { return };
        let is_idle = self.rule.idle_from_years <= found.years;
        let (name, what) = match found.basis {
            Basis::NeverStarted => (&self.rule.never_started_from, say!("works never started")),
            _ => (&self.rule.stalled_from, say!("works were left")),
        };
        let article = &self.rule.item.source.article;
        let mut reasons = say!(
            "{what}: {years} years since {name} {since}, idle from {limit} ({article})",
            what,
            years = format_args!("{:.4}", found.years),
            name,
            since,
            limit = self.rule.idle_from_years,
            article
        );
        if let Some(human) = &self.rule.item.human {
            reasons.push_str(&say!("; to be confirmed: {human}", human));
        }
        let mut facts = json!({ "years": found.years, "basis": found.basis.as_str(), "idle_from_years": self.rule.idle_from_years });
        if let Some(facts) = facts.as_object_mut() {
            facts.insert(name.to_string(), json!(since.to_string()));
            facts.extend(self.declared(row).map(|years| ("declared_idle_years".to_owned(), json!(years))));
        }
        let parcel = u32::try_from(row).unwrap_or(u32::MAX);
        decisions.push(
            parcel,
            number,
            if is_idle { Verdict::Yes } else { Verdict::No },
            DecisionText { reasons: &reasons, facts: &facts.to_string() },
        );
    }
}

/// Works that were left count from the day on which the rule calls the land idle; before it they may go on tomorrow.
fn since((day, as_of): (NaiveDate, NaiveDate), basis: Basis, from_years: f64) -> Option<Found> {
    let years = years_between(day, as_of)?;
    Some(if years > 0.0 && from_years <= years { Found { years, basis, since: Some(day) } } else { NOT_IDLE })
}

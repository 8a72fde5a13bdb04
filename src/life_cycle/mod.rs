//! The life-cycle stage: how long terms are, how long land has been idle, and what is due when, as of the day of the job.
//!
//! It proposes nothing and changes no parcel; it never looks at a clock.
//!
//! **Invariant:** what is not known to be undone is never overdue, and what is declared stands before what is computed.

use std::ops::Range;

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, Int32Chunked, IntoColumn, NamedFrom, NewChunkedArray, PolarsError, Series};
use rayon::prelude::*;

use crate::model::{Code, DecisionTable, Finding, Layer, Verdict, columns_of, number_column, text_column};
use crate::rules::{Case, CaseFault, Item, LifeCycleRules, RulesError};
use crate::say;

mod calendar;
mod days;
mod due;
mod idle;
mod term;

use due::{Calendar, DueState, Entry};
use idle::IdleLand;
use term::TermClass;

/// Parcels that one task writes down.
const BLOCK: usize = 4096;

/// Why the life cycle could not be told.
#[derive(Debug, thiserror::Error)]
pub enum LifeCycleError {
    /// A condition of the rule cannot be evaluated.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A column has a type that the rule cannot use.
    #[error("{}", say!("internal error: {error}", error = .0))]
    Table(#[from] PolarsError),
}

/// What the rule says of every parcel, in the row order of the inventory.
#[derive(Clone, Debug)]
pub struct LifeCycle {
    /// The columns of the inventory.
    pub columns: Vec<Column>,
    /// Terms that could be told, and idle land.
    pub decisions: DecisionTable,
    /// `ledger/due_list.parquet`.
    pub due_list: DataFrame,
    overdue: Vec<Entry>,
}

/// Tells the life cycle of every parcel. `facts` has the inventory so far, the declared attributes and the day of the job.
///
/// # Errors
/// [`LifeCycleError`] where a condition or a column cannot be used; missing columns are unknown values, not errors.
pub fn life_cycle(rules: &LifeCycleRules, facts: &DataFrame) -> Result<LifeCycle, LifeCycleError> {
    let rows = facts.height();
    let stage = Stage {
        rules,
        terms: TermClass::all(rules, facts)?,
        idle: rules.idle.as_ref().map(|idle| IdleLand::new(idle, facts)).transpose()?,
        calendar: Calendar::new(rules, facts)?,
    };
    let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    let blocks = starts.par_iter().map(|&start| stage.block(start..rows.min(start + BLOCK)));
    let mut told = Told::default();
    for block in blocks.collect::<Vec<_>>() {
        told.append(block);
    }
    let ids = facts.column("parcel_id")?.str()?.clone();
    let due_list = due_list(rules, &told.entries, |parcel| ids.get(parcel))?;
    let columns = told.columns(rules);
    let overdue = told.entries.into_iter().filter(|entry| entry.state == DueState::Overdue).collect();
    Ok(LifeCycle { columns, decisions: told.decisions, due_list, overdue })
}

impl LifeCycle {
    /// What a run has where a job has no such rule: nothing is known, nothing is due.
    ///
    /// # Errors
    /// None that a table of no rows could give.
    pub fn empty(rows: usize) -> Result<Self, PolarsError> {
        let null = |name: &str, kind: &DataType| Column::full_null(name.into(), rows, kind);
        let columns = vec![
            text_column("term_met", std::iter::repeat_n(Some("unknown"), rows)),
            null("idle_years_computed", &DataType::Float64),
            null("idle_basis", &DataType::String),
            null("overdue", &DataType::String),
            null("next_due", &DataType::String),
            null("next_due_date", &DataType::Date),
        ];
        Ok(Self { columns, decisions: DecisionTable::default(), due_list: list_of(&[], Vec::new())?, overdue: Vec::new() })
    }

    /// A finding for every overdue item. `rows` are the rows of the parcels in their source.
    #[must_use]
    pub fn findings(&self, rules: &LifeCycleRules, parcels: (&Layer, &[&str])) -> Vec<Finding> {
        let (layer, ids) = parcels;
        let finding = |entry: &Entry| {
            let item = &rules.due.get(entry.item)?.item;
            let days = if entry.days == -1 { say!("1 day") } else { say!("{days} days", days = -entry.days) };
            let message = say!("`{item}` was due on {day}, {days} ago, and is not done", item = item.id, day = entry.day, days);
            let row = entry.parcel as usize;
            let finding = Finding::new(Code::DueOverdue, layer.source_of(row), message).at_row(*layer.rows.get(row)?);
            let finding = finding.of(*ids.get(row)?).field(item.id.as_ref(), entry.day.to_string()).rule(item.rule_id.as_ref());
            let hint = item.human.as_deref().map_or_else(|| say!("do it, or declare that it was done"), str::to_owned);
            Some(finding.hint(hint))
        };
        self.overdue.iter().filter_map(finding).collect()
    }
}

/// The rule over the rows of a frame.
struct Stage<'r> {
    rules: &'r LifeCycleRules,
    terms: Vec<TermClass<'r>>,
    idle: Option<IdleLand<'r>>,
    calendar: Calendar<'r>,
}

impl Stage<'_> {
    fn block(&self, rows: Range<usize>) -> Told {
        let mut told = Told::default();
        for row in rows {
            self.terms(row, &mut told);
            self.idle(row, &mut told);
            self.due(row, &mut told);
        }
        told
    }

    fn terms(&self, row: usize, told: &mut Told) {
        let verdicts = self.terms.iter().map(|class| (class, class.verdict(row)));
        for (class, verdict) in verdicts.clone() {
            if let Some(decided) = verdict.filter(|verdict| *verdict != Verdict::Unknown) {
                let number = told.decisions.rule(&class.term.item.rule_id, &self.rules.version);
                class.decide(row, decided, (&mut told.decisions, number));
            }
        }
        told.term.push(term::all(verdicts.filter_map(|(_, verdict)| verdict)));
    }

    fn idle(&self, row: usize, told: &mut Told) {
        let found = self.idle.as_ref().and_then(|idle| idle.computed(row));
        if let (Some(idle), Some(found)) = (&self.idle, found)
            && let Some(rule) = &self.rules.idle
        {
            let number = told.decisions.rule(&rule.item.rule_id, &self.rules.version);
            idle.decide(row, found, (&mut told.decisions, number));
        }
        told.idle_years.push(found.map(|found| found.years));
        told.idle_basis.push(self.idle.as_ref().and_then(|idle| idle.basis(row, found)).map(idle::Basis::as_str));
    }

    fn due(&self, row: usize, told: &mut Told) {
        let first = told.entries.len();
        let mut next: Option<Entry> = None;
        let mut overdue = String::new();
        for entry in self.calendar.entries(row) {
            if entry.days >= 0 && next.is_none_or(|next| entry.day < next.day) {
                next = Some(entry);
            }
            if entry.state == DueState::Overdue {
                let space = if overdue.is_empty() { "" } else { " " };
                overdue.push_str(space);
                overdue.push_str(self.rules.due.get(entry.item).map_or("", |due| &due.item.id));
            }
            if self.calendar.is_listed(&entry) {
                told.entries.push(entry);
            }
        }
        if let Some(own) = told.entries.get_mut(first..) {
            own.sort_by_key(|entry| (entry.day, entry.item));
        }
        told.next.push(next.map(|entry| (entry.item, entry.day)));
        told.overdue.push((!overdue.is_empty()).then_some(overdue));
    }
}

/// What was told of some parcels.
#[derive(Default)]
struct Told {
    term: Vec<Option<Verdict>>,
    idle_years: Vec<Option<f64>>,
    idle_basis: Vec<Option<&'static str>>,
    overdue: Vec<Option<String>>,
    next: Vec<Option<(usize, NaiveDate)>>,
    entries: Vec<Entry>,
    decisions: DecisionTable,
}

impl Told {
    fn append(&mut self, block: Self) {
        self.term.extend(block.term);
        self.idle_years.extend(block.idle_years);
        self.idle_basis.extend(block.idle_basis);
        self.overdue.extend(block.overdue);
        self.next.extend(block.next);
        self.entries.extend(block.entries);
        self.decisions.append(block.decisions);
    }

    fn columns(&self, rules: &LifeCycleRules) -> Vec<Column> {
        let days = || self.next.iter().map(|next| next.map(|(_, day)| day.to_epoch_days()));
        let id = |item: usize| rules.due.get(item).map(|due| due.item.id.as_ref());
        columns_of(&[
            &|| text_column("term_met", self.term.iter().map(|term| term.map(Verdict::as_str))),
            &|| number_column("idle_years_computed", self.idle_years.iter().copied()),
            &|| text_column("idle_basis", self.idle_basis.iter().copied()),
            &|| text_column("overdue", self.overdue.iter().map(Option::as_deref)),
            &|| text_column("next_due", self.next.iter().map(|next| next.and_then(|(item, _)| id(item)))),
            &|| Int32Chunked::from_iter_options("next_due_date".into(), days()).into_date().into_column(),
        ])
    }
}

fn due_list<'i>(rules: &LifeCycleRules, entries: &[Entry], id: impl Fn(usize) -> Option<&'i str>) -> Result<DataFrame, PolarsError> {
    let ids = entries.iter().map(|entry| id(entry.parcel as usize)).collect();
    let rows: Vec<(&Entry, &Item)> = entries.iter().filter_map(|entry| rules.due.get(entry.item).map(|due| (entry, &due.item))).collect();
    list_of(&rows, ids)
}

fn list_of(rows: &[(&Entry, &Item)], ids: Vec<Option<&str>>) -> Result<DataFrame, PolarsError> {
    let text = |name: &str, of: &dyn Fn(&Item) -> String| {
        text_column(name, rows.iter().map(|(_, item)| of(item)).collect::<Vec<_>>().iter().map(|text| Some(text.as_str())))
    };
    let days: Vec<i64> = rows.iter().map(|(entry, _)| i64::from(entry.days)).collect();
    let columns = vec![
        text_column("parcel_id", ids.into_iter()),
        text("what", &|item| item.id.to_string()),
        Int32Chunked::from_iter_options("due_date".into(), rows.iter().map(|(entry, _)| Some(entry.day.to_epoch_days())))
            .into_date()
            .into_column(),
        Series::new("days".into(), days).into_column(),
        text_column("state", rows.iter().map(|(entry, _)| Some(entry.state.as_str()))),
        text("rule_id", &|item| item.rule_id.to_string()),
        text("document", &|item| item.source.document.to_string()),
        text("article", &|item| item.source.article.to_string()),
    ];
    DataFrame::new(rows.len(), columns)
}

/// Runs a case of the rule and tells what differs from what it expects. A verdict of an item is `<state> <day>`.
///
/// # Errors
/// Those of [`life_cycle`].
pub fn check_case(rules: &LifeCycleRules, case: &Case) -> Result<Vec<CaseFault>, LifeCycleError> {
    let found = life_cycle(rules, &case.frame)?;
    let columns = DataFrame::new(case.frame.height(), found.columns)?;
    let (ids, what) = (found.due_list.column("parcel_id")?.str()?, found.due_list.column("what")?.str()?);
    let (days, states) = (found.due_list.column("due_date")?.cast(&DataType::String)?, found.due_list.column("state")?.str()?);
    let said = |parcel: &str, item: &str| {
        let row = ids.iter().zip(what.iter()).position(|pair| pair == (Some(parcel), Some(item)))?;
        Some(format!("{} {}", states.get(row)?, days.str().ok()?.get(row)?))
    };
    let mut faults = Vec::new();
    for (row, (parcel, wanted)) in case.expected.iter().enumerate() {
        for (item, expected) in &wanted.verdicts {
            faults.extend(case.compare(row, item, Some(expected), said(parcel, item).as_deref()));
        }
        faults.extend(case.compare_columns(row, &columns));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests;

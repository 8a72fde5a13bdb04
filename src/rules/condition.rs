//! Conditions: SQL boolean expressions over the documented columns, compiled once, evaluated for all parcels at once.
//!
//! SQL's three values are yes, no and unknown: a comparison with an unknown value is unknown, `AND` and `OR` are Kleene's.
//!
//! Refused: functions other than [`FUNCTIONS`](super::FUNCTIONS), aggregates, windows, subqueries, wildcards and anything that reads a file.
//!
//! **Invariant:** a column that the data does not have is unknown in every row, never an error; a name that no data could have is a fault of the rule.

use std::{ops::Range, sync::Arc};

use polars::prelude::{
    AggExpr, BooleanChunked, Column, DataFrame, DataType, Expr, Float64Chunked, IntoColumn, IntoLazy, NewChunkedArray, PolarsResult,
    StringChunked,
};
use polars::sql::sql_expr;
use rayon::prelude::*;
use toml::Spanned;

use super::{
    fault::{Checked, FaultKind, RulesError},
    guard::first_refused,
    parameters::{Expanded, INDUSTRY, NumberTable},
    sense,
    vocabulary::{ColumnKind, Scope},
};
use crate::model::truth::not_a_condition;
use crate::say;

/// A compiled condition.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The SQL as the rule writes it, with the numbers of its parameters in their places.
    pub text: Arc<str>,
    columns: Vec<(Arc<str>, ColumnKind)>,
    tables: Vec<Arc<NumberTable>>,
    expr: Expr,
}

impl Condition {
    /// Compiles and checks; a fault says where it is.
    pub(super) fn compile(text: &Spanned<String>, scope: Scope, file: &mut Checked<'_>) -> Option<Self> {
        let expanded = refuse(text.get_ref()).and_then(|()| file.parameters.expand(text.get_ref()));
        match expanded.and_then(|expanded| Self::parse(expanded, scope)) {
            Ok(condition) => Some(condition),
            Err((kind, word)) => {
                let span = place(file.text, &text.span(), &word);
                file.fault(&span, kind);
                None
            }
        }
    }

    /// The columns it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_ref())
    }

    /// The columns it names and what they hold.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&str, ColumnKind)> {
        self.columns.iter().map(|(name, kind)| (name.as_ref(), *kind))
    }

    /// The answer of every row of a frame whose columns [`input`] has made.
    pub(super) fn evaluate_shaped(&self, shaped: &DataFrame) -> PolarsResult<BooleanChunked> {
        let answers = shaped.clone().lazy().select([self.expr.clone().alias("answer")]).collect()?;
        let answer = answers.column("answer")?;
        let answer = if answer.len() == shaped.height() { answer } else { &answer.new_from_index(0, shaped.height()) };
        Ok(answer.bool()?.clone())
    }

    /// The answer of every row: true, false, or null where it is unknown.
    ///
    /// # Errors
    /// [`RulesError::Evaluate`] where the table library cannot evaluate it.
    pub fn evaluate(&self, frame: &DataFrame) -> Result<BooleanChunked, RulesError> {
        self.run(frame).map_err(|source| RulesError::Evaluate { condition: self.text.to_string(), source })
    }

    /// The industry tables it looks up.
    pub fn tables(&self) -> impl Iterator<Item = &NumberTable> {
        self.tables.iter().map(AsRef::as_ref)
    }

    /// Which of the columns it names are unknown in a row, for a reason that a planner reads.
    #[must_use]
    pub fn names(&self) -> String {
        let tables = self.tables().map(|table| say!("`{name}` of the industry", name = format_args!(":{}", table.name)));
        let names: Vec<_> = self.columns().map(|name| format!("`{name}`")).chain(tables).collect();
        names.join(", ")
    }

    fn parse(Expanded { sql, text, tables }: Expanded, scope: Scope) -> Result<Self, (FaultKind, String)> {
        let bad = |e: polars::error::PolarsError| (FaultKind::Condition { message: one_line(&e) }, String::new());
        let expr = sql_expr(sql).map_err(bad)?;
        let mut columns: Vec<(Arc<str>, ColumnKind)> = Vec::new();
        let looked_up = tables.iter().map(|_| INDUSTRY).take(1).map(Ok);
        let named = (&expr).into_iter().filter_map(|node| column_of(node).transpose()).filter(|name| !is_table(name));
        for name in named.chain(looked_up) {
            let name = name.map_err(|kind| (kind, String::new()))?;
            if columns.iter().all(|(known, _)| known.as_ref() != name) {
                columns.push((name.into(), kind_of(name, scope)?));
            }
        }
        if let Some(fault) = sense::fault(&expr) {
            return Err(fault);
        }
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        let condition = Self { text: text.into(), columns, tables, expr };
        let inputs = condition.inputs(&DataFrame::empty()).and_then(|columns| DataFrame::new(0, columns)).map_err(bad)?;
        if let Some((message, column)) = not_a_condition(&condition.expr, &inputs) {
            return Err((FaultKind::Condition { message }, column));
        }
        let found = condition.typed(&DataFrame::empty()).map_err(bad)?;
        match found {
            DataType::Boolean => Ok(condition),
            other => Err((FaultKind::NotBoolean { found: other.to_string() }, String::new())),
        }
    }

    fn typed(&self, frame: &DataFrame) -> PolarsResult<DataType> {
        Ok(self.answer(frame)?.dtype().clone())
    }

    fn run(&self, frame: &DataFrame) -> PolarsResult<BooleanChunked> {
        let answer = self.answer(frame)?;
        let answer = if answer.len() == frame.height() { answer } else { answer.new_from_index(0, frame.height()) };
        Ok(answer.bool()?.clone())
    }

    /// What it sees of a frame: its columns in their documented types, null where nothing is known, and the numbers that it looks up.
    pub(super) fn inputs(&self, frame: &DataFrame) -> PolarsResult<Vec<Column>> {
        let columns = self.columns.iter().map(|(name, kind)| input(frame, name, *kind));
        columns.chain(self.tables().map(|table| table.column(frame))).collect()
    }

    fn answer(&self, frame: &DataFrame) -> PolarsResult<Column> {
        let answers = DataFrame::new(frame.height(), self.inputs(frame)?)?.lazy().select([self.expr.clone().alias("answer")]).collect()?;
        answers.column("answer").cloned()
    }
}

/// A condition of a list that decided a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The condition of this index is true, and none before it is unknown.
    Hit(usize),
    /// The condition of this index is unknown, and none before it is true.
    Undecided(usize),
    /// Every condition is false.
    None,
}

/// The first condition of a list that is not false, for every row.
///
/// # Errors
/// Those of [`Condition::evaluate`].
pub fn first_match<'c>(conditions: impl IntoIterator<Item = &'c Condition>, frame: &DataFrame) -> Result<Vec<Match>, RulesError> {
    let mut matches = vec![Match::None; frame.height()];
    let conditions: Vec<&Condition> = conditions.into_iter().collect();
    let answers = conditions.par_iter().map(|condition| condition.evaluate(frame)).collect::<Result<Vec<_>, _>>()?;
    for (index, answers) in answers.into_iter().enumerate() {
        for (found, answer) in matches.iter_mut().zip(answers.iter()) {
            match (*found, answer) {
                (Match::None, Some(true)) => *found = Match::Hit(index),
                (Match::None, None) => *found = Match::Undecided(index),
                _ => {}
            }
        }
    }
    Ok(matches)
}

/// The column as a condition sees it: its documented type, null for what is not known.
pub(super) fn input(frame: &DataFrame, name: &str, kind: ColumnKind) -> PolarsResult<Column> {
    let Ok(column) = frame.column(name) else { return Ok(Column::full_null(name.into(), frame.height(), &kind.dtype())) };
    let column = column.cast(&kind.dtype())?;
    Ok(match kind {
        ColumnKind::Number if column.f64()?.iter().flatten().any(f64::is_nan) => {
            column.f64()?.iter().map(|v| v.filter(|x| !x.is_nan())).collect::<Float64Chunked>().with_name(name.into()).into_column()
        }
        ColumnKind::State if column.str()?.iter().flatten().any(|state| state == "unknown") => {
            let known = column.str()?.iter().map(|v| v.filter(|state| *state != "unknown"));
            StringChunked::from_iter_options(name.into(), known).into_column()
        }
        _ => column,
    })
}

/// The column that a node of the expression names; a fault where the node is nothing that a condition may hold.
fn column_of(node: &Expr) -> Result<Option<&str>, FaultKind> {
    match node {
        Expr::Column(name) => Ok(Some(name.as_str())),
        Expr::Literal(_) | Expr::BinaryExpr { .. } | Expr::Cast { .. } | Expr::Ternary { .. } | Expr::Function { .. } | Expr::Alias(..) => {
            Ok(None)
        }
        // The list of `IN (…)`.
        Expr::Agg(AggExpr::Implode { input, .. }) if matches!(**input, Expr::Literal(_)) => Ok(None),
        other => Err(FaultKind::Refused { word: other.to_string() }),
    }
}

fn kind_of(name: &str, scope: Scope) -> Result<ColumnKind, (FaultKind, String)> {
    scope.kind(name).ok_or_else(|| {
        let known = scope.columns().map(str::to_owned).collect();
        (FaultKind::UnknownColumn { column: name.to_owned(), known }, name.to_owned())
    })
}

/// Whether the column is one that a table is looked up into; no other name begins with a colon.
fn is_table(name: &Result<&str, FaultKind>) -> bool {
    name.as_ref().is_ok_and(|name| name.starts_with(':'))
}

fn refuse(text: &str) -> Result<(), (FaultKind, String)> {
    match first_refused(text) {
        Some((word, _)) => Err((FaultKind::Refused { word: word.to_owned() }, word.to_owned())),
        None => Ok(()),
    }
}

/// The place of `word` in the string at `span`, or the string itself.
fn place(text: &str, span: &Range<usize>, word: &str) -> Range<usize> {
    let offset = text.get(span.clone()).filter(|_| !word.is_empty()).and_then(|inside| inside.find(word));
    let start = span.start + offset.unwrap_or_default();
    start..span.end
}

fn one_line(error: &polars::error::PolarsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

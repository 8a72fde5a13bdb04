//! A formula over named figures: sums, differences, products and quotients in the SQL of conditions, nothing else.
//!
//! The interval of a result is taken from the corners of the intervals of its figures, which is exact where the formula rises or falls with each figure,
//! as sums, products and quotients of positive figures do.

use std::collections::BTreeMap;

use polars::prelude::{Expr, LiteralValue, Operator};
use polars::sql::sql_expr;

use super::figure::{Dimension, Figure};
use crate::rules::first_refused;
use crate::say;

/// Figures that a formula may have: every one doubles the corners.
const MOST_FIGURES: usize = 16;

/// A formula.
#[derive(Clone, Debug)]
pub struct Formula {
    /// As it is written.
    pub text: String,
    /// The names in it, sorted.
    pub names: Vec<String>,
    expr: Expr,
}

/// A result with the interval of what it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// From the figures as printed.
    pub value: f64,
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((word, _)) = first_refused(text) {
            return Err(say!("`{word}` is not allowed in a formula", word));
        }
        let expr = sql_expr(text)
            .map_err(|error| say!("the formula cannot be read: {why}", why = error.to_string().lines().next().unwrap_or_default()))?;
        let mut names = Vec::new();
        gather(&expr, &mut names)?;
        names.sort();
        names.dedup();
        if names.len() > MOST_FIGURES {
            return Err(say!("a formula has at most {most} figures", most = MOST_FIGURES));
        }
        Ok(Self { text: text.to_owned(), names, expr })
    }

    /// What the result measures.
    ///
    /// # Errors
    /// Where unlike things are added.
    pub fn dimension(&self, figures: &BTreeMap<String, Figure>) -> Result<Dimension, String> {
        dimension(&self.expr, figures)
    }

    /// The result over the figures, all of which are there.
    #[must_use]
    pub fn evaluate(&self, figures: &BTreeMap<String, Figure>) -> Interval {
        let used: Vec<(&str, &Figure)> = self.names.iter().filter_map(|name| Some((name.as_str(), figures.get(name)?))).collect();
        let at = |pick: &dyn Fn(usize, &Figure) -> f64| {
            let values: BTreeMap<&str, f64> = used.iter().enumerate().map(|(i, (name, figure))| (*name, pick(i, figure))).collect();
            evaluate(&self.expr, &values)
        };
        let value = at(&|_, figure| figure.value);
        let corners = (0_u32..1 << used.len()).map(|corner| at(&|i, figure| if (corner >> i) & 1 == 0 { figure.low } else { figure.high }));
        let (low, high) = corners.fold((value, value), |(low, high), corner| (low.min(corner), high.max(corner)));
        Interval { value, low, high }
    }
}

fn gather(expr: &Expr, names: &mut Vec<String>) -> Result<(), String> {
    match expr {
        Expr::Column(name) => names.push(name.to_string()),
        Expr::Literal(literal) if number(literal).is_some() => {}
        Expr::BinaryExpr { left, op, right } if is_arithmetic(*op) => {
            gather(left, names)?;
            gather(right, names)?;
        }
        other => return Err(say!("`{part}` is not allowed in a formula, which adds, subtracts, multiplies and divides", part = other)),
    }
    Ok(())
}

const fn is_arithmetic(operator: Operator) -> bool {
    matches!(operator, Operator::Plus | Operator::Minus | Operator::Multiply | Operator::RustDivide | Operator::TrueDivide)
}

fn number(literal: &LiteralValue) -> Option<f64> {
    literal.to_any_value().filter(|value| value.is_primitive_numeric())?.extract()
}

fn evaluate(expr: &Expr, values: &BTreeMap<&str, f64>) -> f64 {
    match expr {
        Expr::Column(name) => values.get(name.as_str()).copied().unwrap_or(f64::NAN),
        Expr::Literal(literal) => number(literal).unwrap_or(f64::NAN),
        Expr::BinaryExpr { left, op, right } => {
            let (a, b) = (evaluate(left, values), evaluate(right, values));
            match op {
                Operator::Plus => a + b,
                Operator::Minus => a - b,
                Operator::Multiply => a * b,
                _ => a / b,
            }
        }
        _ => f64::NAN,
    }
}

fn dimension(expr: &Expr, figures: &BTreeMap<String, Figure>) -> Result<Dimension, String> {
    let Expr::BinaryExpr { left, op, right } = expr else {
        let Expr::Column(name) = expr else { return Ok(Dimension::default()) };
        return Ok(figures.get(name.as_str()).map(|figure| figure.unit.dimension).unwrap_or_default());
    };
    let (mut a, b) = (dimension(left, figures)?, dimension(right, figures)?);
    match op {
        Operator::Multiply => a.iter_mut().zip(b).for_each(|(own, other)| *own += other),
        Operator::Plus | Operator::Minus if a != b => {
            return Err(say!("`{left}` and `{right}` measure different things and cannot be added", left, right));
        }
        Operator::Plus | Operator::Minus => {}
        _ => a.iter_mut().zip(b).for_each(|(own, other)| *own -= other),
    }
    Ok(a)
}

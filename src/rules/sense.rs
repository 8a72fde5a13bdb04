//! Whether the numbers of a condition make sense: a threshold in another unit than its column, and comparisons that exclude each other.
//!
//! A column has its unit in its name. A number that no parcel comes near in that unit was meant in another: a share of 60, an area of 3 m², a tax of
//! 300,000 万元/mu.
//!
//! **Invariant:** the limits here decide nothing about a parcel; they only ask whoever wrote the rule to look again.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{AggExpr, AnyValue, Expr, LiteralValue, Operator};

use super::fault::FaultKind;
use crate::say;

/// What the numbers of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Fraction,
    SquareMetres,
    Mu,
    WanPerMu,
    Wan,
    PlotRatio,
}

/// Endings of names and what their numbers are; the first that fits counts.
const ENDINGS: &[(&str, Scale)] = &[
    ("_ratio", Scale::Fraction),
    ("_share", Scale::Fraction),
    ("_overlap", Scale::Fraction),
    ("_density", Scale::Fraction),
    ("_per_mu_wan", Scale::WanPerMu),
    ("_wan", Scale::Wan),
    ("_m2", Scale::SquareMetres),
    ("_mu", Scale::Mu),
];

impl Scale {
    fn of(column: &str) -> Option<Self> {
        if column == "far" || column.starts_with("far_") {
            return Some(Self::PlotRatio);
        }
        if column.starts_with("share_") {
            return Some(Self::Fraction);
        }
        ENDINGS.iter().find(|(ending, _)| column.ends_with(ending)).map(|(_, scale)| *scale)
    }

    /// Whether the number cannot be meant in the unit.
    fn is_odd(self, number: f64) -> bool {
        match self {
            Self::Fraction => number > 1.5,
            Self::SquareMetres => number > 0.0 && number < 50.0,
            Self::Mu => number > 3e4,
            Self::WanPerMu => number > 1e4,
            Self::Wan => number > 1e7,
            Self::PlotRatio => number > 40.0,
        }
    }

    /// The unit, and what to write instead.
    fn words(self, number: f64) -> (String, String) {
        match self {
            Self::Fraction => (say!("a fraction from 0 to 1"), say!("write {share} for {number} %", share = hundredths(number), number)),
            Self::SquareMetres => {
                let m2 = crate::model::Unit::Mu.to_canonical(number);
                ("m²".into(), say!("{number} mu are {m2} m²", number, m2 = format_args!("{m2:.0}")))
            }
            Self::Mu => {
                let mu = crate::model::mu_from_m2(number);
                (say!("mu"), say!("{number} m² are {mu} mu", number, mu = format_args!("{mu:.2}")))
            }
            Self::WanPerMu => (say!("万元/mu"), say!("{number} yuan/mu are {wan} 万元/mu", number, wan = number / 1e4)),
            Self::Wan => ("万元".into(), say!("{number} yuan are {wan} 万元", number, wan = number / 1e4)),
            Self::PlotRatio => (say!("a ratio such as 2.0"), say!("write {share} for {number} %", share = hundredths(number), number)),
        }
    }
}

/// A hundredth of a number, without the traces of binary fractions.
fn hundredths(number: f64) -> f64 {
    (number * 1e4).round() / 1e6
}

/// The fault of a number that cannot be meant in the unit of the column or key.
pub(super) fn unit_fault(column: &str, number: f64) -> Option<FaultKind> {
    let scale = Scale::of(column).filter(|scale| scale.is_odd(number))?;
    let (unit, instead) = scale.words(number);
    Some(FaultKind::UnitMismatch { column: column.to_owned(), unit, number, instead })
}

/// What is wrong with the numbers of a condition, and the word that it is wrong with.
pub(super) fn fault(expr: &Expr) -> Option<(FaultKind, String)> {
    expr.into_iter().find_map(|node| {
        let compared = comparisons(node);
        let unit = compared.iter().find_map(|c| Some((unit_fault(&c.column, c.bound.number()?)?, c.column.clone())));
        unit.or_else(|| contradiction(node))
    })
}

/// A column against a constant.
struct Compared {
    column: String,
    operator: Operator,
    bound: Bound,
}

#[derive(Clone, Debug, PartialEq)]
enum Bound {
    Number(f64),
    Words(BTreeSet<String>),
}

impl Bound {
    const fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

/// What a node says of columns: one comparison, two for `BETWEEN`, the words of `IN`.
fn comparisons(node: &Expr) -> Vec<Compared> {
    let one = |column: &Expr, operator, bound: &Expr| {
        let Expr::Column(name) = column else { return None };
        Some(Compared { column: name.to_string(), operator, bound: constant(bound)? })
    };
    match node {
        Expr::BinaryExpr { left, op, right } if op.is_comparison() => {
            one(left, *op, right).or_else(|| one(right, turned(*op), left)).into_iter().collect()
        }
        Expr::Function { input, function } => match (function.to_string().as_str(), input.as_slice()) {
            ("is_between", [column, low, high]) => {
                [one(column, Operator::GtEq, low), one(column, Operator::LtEq, high)].into_iter().flatten().collect()
            }
            ("is_in", [column, list]) => one(column, Operator::Eq, list).into_iter().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

const fn turned(operator: Operator) -> Operator {
    match operator {
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        other => other,
    }
}

fn constant(expr: &Expr) -> Option<Bound> {
    match expr {
        Expr::Agg(AggExpr::Implode { input, .. }) => match &**input {
            Expr::Literal(LiteralValue::Series(list)) => Some(Bound::Words(list.str().ok()?.iter().flatten().map(str::to_owned).collect())),
            _ => None,
        },
        Expr::Literal(literal) => match literal.to_any_value()? {
            AnyValue::String(word) => Some(Bound::Words([word.to_owned()].into())),
            AnyValue::StringOwned(word) => Some(Bound::Words([word.to_string()].into())),
            number if number.is_primitive_numeric() => Some(Bound::Number(number.extract::<f64>()?)),
            _ => None,
        },
        _ => None,
    }
}

/// Comparisons joined by `AND` that no value fulfils together.
fn contradiction(node: &Expr) -> Option<(FaultKind, String)> {
    let mut parts = Vec::new();
    conjuncts(node, &mut parts);
    let mut left: BTreeMap<String, Left> = BTreeMap::new();
    for compared in parts.into_iter().flat_map(comparisons) {
        let possible = left.entry(compared.column.clone()).or_default();
        possible.narrow(&compared);
        if possible.is_empty() {
            return Some((FaultKind::NeverTrue { column: compared.column.clone() }, compared.column));
        }
    }
    None
}

fn conjuncts<'e>(node: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match node {
        Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right } => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        other => parts.push(other),
    }
}

/// What is left of the values of a column.
#[derive(Default)]
struct Left {
    at_least: Option<(f64, bool)>,
    at_most: Option<(f64, bool)>,
    words: Option<BTreeSet<String>>,
}

impl Left {
    fn narrow(&mut self, compared: &Compared) {
        match (&compared.bound, compared.operator) {
            (Bound::Number(n), Operator::Gt) => self.raise(*n, false),
            (Bound::Number(n), Operator::GtEq) => self.raise(*n, true),
            (Bound::Number(n), Operator::Lt) => self.lower(*n, false),
            (Bound::Number(n), Operator::LtEq) => self.lower(*n, true),
            (Bound::Number(n), Operator::Eq) => {
                self.raise(*n, true);
                self.lower(*n, true);
            }
            (Bound::Words(words), Operator::Eq) => {
                self.words = Some(self.words.take().map_or_else(|| words.clone(), |own| own.intersection(words).cloned().collect()));
            }
            _ => {}
        }
    }

    fn raise(&mut self, to: f64, inclusive: bool) {
        if self.at_least.is_none_or(|(own, is_in)| to > own || (to == own && is_in && !inclusive)) {
            self.at_least = Some((to, inclusive));
        }
    }

    fn lower(&mut self, to: f64, inclusive: bool) {
        if self.at_most.is_none_or(|(own, is_in)| to < own || (to == own && is_in && !inclusive)) {
            self.at_most = Some((to, inclusive));
        }
    }

    fn is_empty(&self) -> bool {
        let crossed = self
            .at_least
            .zip(self.at_most)
            .is_some_and(|((low, low_in), (high, high_in))| low > high || (low == high && !(low_in && high_in)));
        crossed || self.words.as_ref().is_some_and(BTreeSet::is_empty)
    }
}

//! What `AND`, `OR` and `NOT` of a condition join: conditions, nothing else.
//!
//! The table library would take a number as bits and a warning would go to stderr; what a rule means by `far AND town = 'a'` nobody can say.

use crate::say;
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, Operator};

/// What is wrong with the first operand that is neither true nor false, and the column that it is, if it is one.
///
/// `frame` has the columns of the condition; its rows are of no account. Nothing is said of an operand whose type cannot be told: evaluating it says why.
#[must_use]
pub fn not_a_condition(expression: &Expr, frame: &DataFrame) -> Option<(String, String)> {
    let empty = frame.clear();
    let type_of = |operand: &Expr| {
        let schema = empty.clone().lazy().select([operand.clone().alias("operand")]).collect_schema().ok()?;
        schema.get("operand").cloned()
    };
    // The innermost come first: the type of an operand is asked for when all that it is made of is known to be in order.
    let nodes: Vec<&Expr> = expression.into_iter().collect();
    nodes.into_iter().rev().find_map(|node| {
        let (word, operands) = joined(node)?;
        operands.into_iter().find_map(|operand| fault(word, operand, &type_of(operand)?))
    })
}

/// The word that joins, and what it joins.
fn joined(node: &Expr) -> Option<(&'static str, Vec<&Expr>)> {
    match node {
        Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right } => Some(("AND", vec![left, right])),
        Expr::BinaryExpr { left, op: Operator::Or | Operator::LogicalOr, right } => Some(("OR", vec![left, right])),
        Expr::Function { input, function } if function.to_string() == "not" => Some(("NOT", input.iter().map(without_cast).collect())),
        _ => None,
    }
}

/// What the parser makes a truth of before it negates it.
fn without_cast(operand: &Expr) -> &Expr {
    if let Expr::Cast { expr, .. } = operand { expr } else { operand }
}

fn fault(word: &str, operand: &Expr, kind: &DataType) -> Option<(String, String)> {
    let kind = match kind {
        DataType::Boolean | DataType::Null => return None,
        DataType::String => say!("text"),
        DataType::Date => say!("a date"),
        other if other.is_numeric() => say!("a number"),
        _ => say!("no condition"),
    };
    let column = if let Expr::Column(name) = operand { name.to_string() } else { String::new() };
    let what = if column.is_empty() { say!("one of them") } else { format!("`{column}`") };
    Some((say!("{word} takes conditions, and {what} is {kind}", word, what, kind), column))
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;
    use polars::sql::sql_expr;

    use super::*;

    #[test]
    fn numbers_and_texts_are_no_conditions() {
        let frame = df!("far" => [1.0], "town" => ["a"], "flag" => [true], "floors" => [3_i64]).unwrap();
        let said = |sql: &str| not_a_condition(&sql_expr(sql).unwrap(), &frame);
        for sql in [
            "flag AND far > 1",
            "NOT flag OR town IN ('a', 'b')",
            "flag",
            "far > 1 AND NULL",
            "NOT (far > 1 AND flag)",
            "far BETWEEN 1 AND 2",
        ] {
            assert_eq!(said(sql), None, "{sql}");
        }
        assert_eq!(said("flag AND floors"), Some(("AND takes conditions, and `floors` is a number".into(), "floors".into())));
        assert_eq!(said("far > 1 OR (flag AND far)").unwrap().1, "far");
        assert_eq!(said("flag OR 1").unwrap().0, "OR takes conditions, and one of them is a number");
        assert_eq!(said("NOT floors AND flag").unwrap().1, "floors");
        assert_eq!(said("town AND flag").unwrap().0, "AND takes conditions, and `town` is text");
        assert_eq!(said("(floors AND floors) > 0").unwrap().1, "floors");
    }
}

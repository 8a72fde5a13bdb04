//! `where` conditions: SQL boolean expressions over the columns of a frame, evaluated by polars.
//!
//! **Invariant:** a row stays only where the condition is true; false and unknown both leave it out, as in SQL.

use polars::prelude::{BooleanChunked, ChunkFull, DataFrame, Expr, IntoLazy, PolarsError, polars_err};
use polars::sql::sql_expr;

use super::error::{ReadError, one_line};
use crate::model::sql::{Token, qualified_name, tokens};
use crate::model::truth::not_a_condition;
use crate::say;

/// Which rows of `frame` meet the condition.
///
/// # Errors
/// The condition is not SQL, names a column that is not there, or is not a truth value.
pub fn filter(frame: &DataFrame, sql: &str, key: &str) -> Result<BooleanChunked, ReadError> {
    let available = || frame.get_column_names().iter().map(ToString::to_string).collect::<Vec<_>>();
    let refuse = |detail: String| ReadError::Condition { key: key.into(), sql: one_line(sql), detail, columns: available() };
    let expression = parse(sql).map_err(|e| refuse(said(&e)))?;
    if let Some((detail, _)) = not_a_condition(&expression, frame) {
        return Err(refuse(detail));
    }
    let answer = frame.clone().lazy().select([expression.alias("keep")]).collect().map_err(|e| refuse(said(&e)))?;
    let answer = answer.column("keep").and_then(|c| c.bool().cloned()).map_err(|_| refuse(say!("it is not true or false")))?;
    match answer.len() {
        n if n == frame.height() => Ok(answer),
        1 => Ok(BooleanChunked::full("keep".into(), answer.get(0).unwrap_or(false), frame.height())),
        _ => Err(refuse(say!("it does not give one answer a row"))),
    }
}

/// The names of the columns that a condition uses, each once, in order of appearance.
///
/// # Errors
/// The condition is not SQL.
pub fn columns(sql: &str, key: &str) -> Result<Vec<String>, ReadError> {
    let expression =
        parse(sql).map_err(|e| ReadError::Condition { key: key.into(), sql: one_line(sql), detail: said(&e), columns: Vec::new() })?;
    let mut names: Vec<String> = Vec::new();
    for part in &expression {
        if let Expr::Column(name) = part
            && !names.iter().any(|n| n == name.as_str())
        {
            names.push(name.to_string());
        }
    }
    Ok(names)
}

fn parse(sql: &str) -> Result<Expr, PolarsError> {
    let is_query =
        |(at, token): (usize, Token<'_>)| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("select")).then_some(at);
    match tokens(sql).find_map(is_query).or(qualified_name(sql).map(|(_, at)| at)) {
        Some(at) => {
            let rest = sql.get(at..).unwrap_or_default();
            Err(polars_err!(SQLInterface: "{}", say!("it asks for more than columns of the layer at `{rest}`", rest)))
        }
        None => sql_expr(sql),
    }
}

/// The first line of what polars said: the rest is its plan.
fn said(error: &PolarsError) -> String {
    let text = error.to_string();
    one_line(text.split("\n\n").next().unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    fn kept(sql: &str) -> Vec<bool> {
        let frame = df!("kind" => ["a", "b", "a"], "size" => [Some(1.0), Some(2.0), None]).unwrap();
        filter(&frame, sql, "zones[0].where").unwrap().iter().map(|b| b.unwrap_or(false)).collect()
    }

    #[test]
    fn rows_stay_only_where_it_is_true() {
        assert_eq!(kept("kind = 'a'"), [true, false, true]);
        assert_eq!(kept("kind = 'a' AND size < 2"), [true, false, false]);
        assert_eq!(kept("kind IN ('b', 'c') OR size IS NULL"), [false, true, true]);
        assert_eq!(kept("1 = 1"), [true, true, true]);
    }

    #[test]
    fn what_it_cannot_be_is_refused_with_the_columns() {
        let frame = df!("kind" => ["a"], "size" => [1_i64]).unwrap();
        let doubling = format!("kind{} = 'a'", ".w".repeat(60));
        for sql in
            ["knd = 'a'", "kind =", "kind", "kind = 'a'; DROP TABLE x", "kind = 'a' AND size", "kind IN (SELECT kind FROM p)", &doubling]
        {
            let error = filter(&frame, sql, "zones[0].where").unwrap_err();
            assert!(error.to_string().starts_with("`zones[0].where`: condition"), "{error}");
            assert!(!error.to_string().contains('\n') && error.hint().contains("`kind`"), "{sql}: {error}");
        }
    }

    #[test]
    fn the_columns_of_a_condition_are_listed_once() {
        assert_eq!(columns("a = 1 AND (b > a OR c IS NULL)", "x").unwrap().len(), 3);
    }
}

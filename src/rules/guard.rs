//! The guard before the SQL parser: refuses what a condition has no use for before anything is parsed, because the parser of the table library
//! would look up tables, run subqueries and open files.
//!
//! **Invariant:** a text that passes holds names, literals, operators and calls of [`FUNCTIONS`] only.

use crate::model::sql::{Token, qualified_name, tokens};

/// The functions that a condition may call.
pub const FUNCTIONS: &[&str] = &["abs", "coalesce", "round", "lower", "upper", "starts_with", "ends_with", "length"];

/// Words of SQL that a bracket may follow and that are no calls.
const OPERATORS: &[&str] = &["and", "or", "not", "in", "between", "like", "ilike", "is", "case", "when", "then", "else", "end"];

const REFUSED: &[&str] = &[
    "select", "from", "with", "over", "join", "union", "table", "values", "exists", "lateral", "any", "all", "some", "filter", "array",
    "struct", "interval", "as",
];

/// The first word that a condition may not hold, with its place in bytes.
///
/// ```
/// # use mujun::rules::first_refused;
/// assert_eq!(first_refused("far < 1.0 AND town = 'select (x)'"), None);
/// assert_eq!(first_refused("far IN (SELECT x FROM read_csv('f'))"), Some(("SELECT", 8)));
/// assert_eq!(first_refused("max (far) > 1"), Some(("max", 0)));
/// ```
#[must_use]
pub fn first_refused(sql: &str) -> Option<(&str, usize)> {
    let word = tokens(sql).find_map(|(at, token)| match token {
        Token::Word(word) => refused(word, sql.get(at + word.len()..).unwrap_or_default()).then_some((word, at)),
        Token::Refused(text) => Some((text, at)),
        Token::Other(_) => None,
    });
    word.or_else(|| qualified_name(sql))
}

fn refused(word: &str, after: &str) -> bool {
    let lower = word.to_lowercase();
    let called = after.trim_start().starts_with('(');
    REFUSED.contains(&lower.as_str()) || called && !OPERATORS.contains(&lower.as_str()) && !FUNCTIONS.contains(&lower.as_str())
}

//! The guard before the SQL parser: refuses what a condition has no use for before anything is parsed, because the parser of the table library
//! would look up tables, run subqueries and open files.
//!
//! **Invariant:** a text that passes holds names, literals, operators and calls of [`FUNCTIONS`] only.

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
    tokens(sql).find_map(|(at, token)| match token {
        Token::Word(word) => refused(word, sql.get(at + word.len()..).unwrap_or_default()).then_some((word, at)),
        Token::Refused(text) => Some((text, at)),
        Token::Other(_) => None,
    })
}

/// The tokens of a text with their places in bytes.
pub(super) fn tokens(sql: &str) -> impl Iterator<Item = (usize, Token<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = sql.get(at..).filter(|rest| !rest.is_empty())?;
        let token = token(rest);
        at += token.len();
        Some((at - token.len(), token))
    })
}

/// A piece of a condition.
#[derive(Clone, Copy)]
pub(super) enum Token<'t> {
    /// A name or keyword.
    Word(&'t str),
    /// What no condition may hold.
    Refused(&'t str),
    /// Anything else, so many bytes long.
    Other(usize),
}

impl Token<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Word(text) | Self::Refused(text) => text.len(),
            Self::Other(len) => *len,
        }
    }
}

fn token(rest: &str) -> Token<'_> {
    let first = rest.chars().next().unwrap_or_default();
    match first {
        '\'' | '"' | '`' => Token::Other(quoted(rest, first)),
        ';' => Token::Refused(prefix(rest, 1)),
        '-' if rest.starts_with("--") => Token::Refused(prefix(rest, 2)),
        '/' if rest.starts_with("/*") => Token::Refused(prefix(rest, 2)),
        c if c.is_alphabetic() || c == '_' => Token::Word(prefix(rest, word_len(rest))),
        c if c.is_ascii_digit() => Token::Other(word_len(rest)),
        c => Token::Other(c.len_utf8()),
    }
}

fn prefix(text: &str, len: usize) -> &str {
    text.get(..len).unwrap_or(text)
}

fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

/// Length of a quoted text with its quotes; to the end where it is not closed, which the parser then refuses.
fn quoted(rest: &str, quote: char) -> usize {
    rest.get(1..).and_then(|inside| inside.find(quote)).map_or(rest.len(), |at| at + 2)
}

fn refused(word: &str, after: &str) -> bool {
    let lower = word.to_lowercase();
    let called = after.trim_start().starts_with('(');
    REFUSED.contains(&lower.as_str()) || called && !OPERATORS.contains(&lower.as_str()) && !FUNCTIONS.contains(&lower.as_str())
}

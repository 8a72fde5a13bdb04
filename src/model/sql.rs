//! The pieces of a SQL condition, seen without parsing it.

/// A dot behind a name, with its place in bytes: a condition names columns by themselves.
///
/// The SQL parser takes time that doubles with every two dots, so that this must be asked before it.
///
/// ```
/// # use mujun::model::sql::qualified_name;
/// assert_eq!(qualified_name("far > 0.5 AND town = 'a.b'"), None);
/// assert_eq!(qualified_name("far > .5 AND \"p\".town = 'a'"), Some((".", 16)));
/// ```
#[must_use]
pub fn qualified_name(sql: &str) -> Option<(&str, usize)> {
    let mut is_name = false;
    tokens(sql).find_map(|(at, token)| {
        let own = sql.get(at..).unwrap_or_default();
        let is_dot = own.starts_with('.') && is_name;
        is_name = matches!(token, Token::Word(_)) || own.starts_with(['"', '`']);
        is_dot.then(|| (prefix(own, 1), at))
    })
}

/// The tokens of a text with their places in bytes.
pub fn tokens(sql: &str) -> impl Iterator<Item = (usize, Token<'_>)> {
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
pub enum Token<'t> {
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

//! TOML that reports all of its faults at once: syntax, unknown keys, wrong types, missing keys, each with line, column and "did you mean".
//!
//! serde stops at the first fault. So the tree is decoded again and again, each time without the entry that was wrong, until nothing is wrong.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Error, ValueDeserializer};

use super::error::{did_you_mean, list, one_line};
use crate::model::char_width;
use crate::say;

/// One fault of a text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// How many characters are at fault; at least 1.
    pub length: usize,
    /// The line itself.
    pub excerpt: String,
    /// Where in the tree: `parcels.path`; empty for the whole file.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    /// A fault at bytes `span` of `text`.
    #[must_use]
    pub fn at(text: &str, span: &Range<usize>, key: String, message: String, hint: String) -> Self {
        let start = span.start.min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let excerpt = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let within = text.get(start..span.end.min(line_start + excerpt.len())).unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: text.get(line_start..start).unwrap_or_default().chars().count() + 1,
            length: within.chars().count().max(1),
            excerpt: excerpt.to_owned(),
            key,
            message,
            hint,
        }
    }

    /// The fault as several lines: place and message, the line, a caret, the hint.
    #[must_use]
    pub fn report(&self, file: &str) -> String {
        let indent: String =
            self.excerpt.chars().take(self.column - 1).map(|c| if char_width(c) == 2 { '\u{3000}' } else { ' ' }).collect();
        let carets: usize = self.excerpt.chars().skip(self.column - 1).take(self.length).map(char_width).sum();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let mut text = format!("{file}:{}:{}: {}\n", self.line, self.column, self.message);
        text += &format!("{number} | {}\n{margin} | {indent}{}\n", self.excerpt, "^".repeat(carets.max(1)));
        if !self.hint.is_empty() {
            text += &say!("hint: {hint}", hint = self.hint);
            text.push('\n');
        }
        text
    }
}

/// What [`decode`] found.
pub struct Decoded<'t, T> {
    /// The value, with placeholders where something was wrong; none where the search could not go on.
    pub value: Option<T>,
    /// The tree as written, for the places of further faults.
    pub tree: Tree<'t>,
    /// The faults.
    pub faults: Vec<Fault>,
}

/// A parsed file with the place of everything in it.
pub struct Tree<'t> {
    text: &'t str,
    root: Spanned<DeValue<'t>>,
}

/// One step from a value to one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// Into a table.
    Key(&'s str),
    /// Into an array.
    Index(usize),
}

/// The place of what does not stand in the file.
const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

/// What an error points at.
struct Target {
    path: Vec<(Option<String>, usize)>,
    is_key: bool,
}

/// Decodes `text` into a `T`, reporting everything that is wrong. `placeholders` are values, written as TOML, that stand in for required keys that are
/// missing or wrong, so that the search goes on behind them.
#[must_use]
pub fn decode<'t, T: DeserializeOwned>(text: &'t str, placeholders: &[(&'static str, &'static str)]) -> Decoded<'t, T> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let tree = Tree { text, root: Spanned::new(root.span(), DeValue::Table(root.into_inner())) };
    if !errors.is_empty() {
        let faults = errors.iter().map(|e| tree.fault(e)).collect();
        return Decoded { value: None, tree, faults };
    }
    let (value, faults) = tree.decode(placeholders);
    Decoded { value, tree, faults }
}

impl<'t> Tree<'t> {
    /// A fault at the value that `path` leads to, or at the last one on the way that is there.
    #[must_use]
    pub fn fault_at(&self, path: &[Step<'_>], message: String, hint: String) -> Fault {
        let mut value = &self.root;
        let mut key = String::new();
        for step in path {
            match step {
                Step::Key(name) => push_key(&mut key, name),
                Step::Index(i) => key += &format!("[{i}]"),
            }
            value = descend(value, step).unwrap_or(value);
        }
        Fault::at(self.text, &value.span(), key, message, hint)
    }

    /// A fault at the key `name` of the table that `path` leads to.
    #[must_use]
    pub fn fault_at_key(&self, path: &[Step<'_>], name: &str, message: String, hint: String) -> Fault {
        let mut fault = self.fault_at(&[path, &[Step::Key(name)]].concat(), message.clone(), hint.clone());
        let mut value = Some(&self.root);
        for step in path {
            value = value.and_then(|v| descend(v, step));
        }
        if let Some(DeValue::Table(table)) = value.map(Spanned::get_ref)
            && let Some((key, _)) = table.get_key_value(name)
        {
            fault = Fault::at(self.text, &key.span(), fault.key, message, hint);
        }
        fault
    }

    /// Whether the file has a key at its top level, right or wrong.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        matches!(self.root.get_ref(), DeValue::Table(table) if table.contains_key(name))
    }

    fn decode<T: DeserializeOwned>(&self, placeholders: &[(&'static str, &'static str)]) -> (Option<T>, Vec<Fault>) {
        const LIMIT: usize = 200;
        let mut rest = self.root.clone();
        let mut faults = Vec::new();
        for _ in 0..LIMIT {
            let error = match T::deserialize(ValueDeserializer::from(rest.clone())) {
                Ok(value) => return (Some(value), faults),
                Err(error) => error,
            };
            faults.push(self.fault(&error));
            if mend(&mut rest, &error, placeholders).is_none() {
                break;
            }
        }
        (None, faults)
    }

    fn fault(&self, error: &Error) -> Fault {
        let span = error.span().unwrap_or(0..0);
        let target = find(&self.root, &span);
        let key = target.map(|t| shown(&t.path)).unwrap_or_default();
        let names = backticked(error.message());
        let (message, hint) = reworded(error.message(), &names);
        Fault::at(self.text, &span, key, message, hint)
    }
}

fn descend<'a, 'i>(value: &'a Spanned<DeValue<'i>>, step: &Step<'_>) -> Option<&'a Spanned<DeValue<'i>>> {
    match (value.get_ref(), step) {
        (DeValue::Table(table), Step::Key(name)) => table.get(*name),
        (DeValue::Array(items), Step::Index(i)) => items.get(*i),
        _ => None,
    }
}

/// A message of serde in this program's words, with a hint.
fn reworded(message: &str, names: &[String]) -> (String, String) {
    let (name, known) = names.split_first().map_or(("", &[][..]), |(n, k)| (n.as_str(), k));
    let suggestion = || match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(meant) => say!("did you mean `{meant}`?", meant),
        None if known.is_empty() => say!("remove it"),
        None => say!("known here: {names}", names = list(known)),
    };
    if message.starts_with("unknown field") {
        (say!("unknown key `{name}`", name), suggestion())
    } else if message.starts_with("unknown variant") {
        (say!("unknown value `{name}`", name), suggestion())
    } else if message.starts_with("missing field") {
        (say!("key `{name}` is missing", name), say!("add `{name} = …` here", name))
    } else {
        let text = match message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
            Some((found, wanted)) => say!("invalid type: {found}, expected {wanted}", found = typed(found), wanted = typed(wanted)),
            None if message == "duplicate key" => say!("duplicate key"),
            None => one_line(message),
        };
        (text, say!("see `mujun schema job` for what is allowed here"))
    }
}

/// A type in this program's words, with the value where serde names one.
fn typed(text: &str) -> String {
    let text = one_line(text);
    let value = text.find(['`', '"']).and_then(|at| text.get(at..)).unwrap_or_default();
    match text.strip_suffix(value).unwrap_or(&text).trim_end() {
        "string" => say!("string {value}", value),
        "integer" => say!("integer {value}", value),
        "floating point" => say!("floating point {value}", value),
        "boolean" => say!("boolean {value}", value),
        "sequence" => say!("sequence"),
        "map" => say!("map"),
        "a string" => say!("a string"),
        "a boolean" => say!("a boolean"),
        "a sequence" => say!("a sequence"),
        "a map" => say!("a map"),
        plain => match plain.strip_prefix("struct ") {
            Some(name) => say!("struct {name}", name),
            None => text,
        },
    }
}

/// Takes the fault out of the tree; none where that is impossible.
fn mend(rest: &mut Spanned<DeValue<'_>>, error: &Error, placeholders: &[(&'static str, &'static str)]) -> Option<()> {
    let target = find(rest, &error.span().unwrap_or_else(|| rest.span()))?;
    if error.message().starts_with("missing field") {
        let name = backticked(error.message()).into_iter().next()?;
        let value = placeholder(&name, placeholders)?;
        let DeValue::Table(table) = value_at(rest.get_mut(), &target.path)? else { return None };
        return table.insert(Spanned::new(NOWHERE, name.into()), value).is_none().then_some(());
    }
    let ((name, index), parents) = target.path.split_last()?;
    match (value_at(rest.get_mut(), parents)?, name) {
        (DeValue::Table(table), Some(name)) => match placeholder(name, placeholders).filter(|_| !target.is_key) {
            Some(value) => *table.get_mut(name.as_str())? = value,
            None => drop(table.remove(name.as_str())?),
        },
        (DeValue::Array(items), None) => *items = without(items, *index),
        _ => return None,
    }
    Some(())
}

fn placeholder(key: &str, placeholders: &[(&'static str, &'static str)]) -> Option<Spanned<DeValue<'static>>> {
    let (_, toml) = placeholders.iter().find(|(name, _)| *name == key)?;
    Some(Spanned::new(NOWHERE, DeValue::parse(toml).ok()?.into_inner()))
}

fn without<'i>(items: &DeArray<'i>, index: usize) -> DeArray<'i> {
    let mut kept = DeArray::new();
    items.iter().enumerate().filter(|(i, _)| *i != index).for_each(|(_, item)| kept.push(item.clone()));
    kept
}

fn value_at<'a, 'i>(value: &'a mut DeValue<'i>, path: &[(Option<String>, usize)]) -> Option<&'a mut DeValue<'i>> {
    let Some((step, rest)) = path.split_first() else { return Some(value) };
    let next = match (value, step) {
        (DeValue::Table(table), (Some(name), _)) => table.get_mut(name.as_str())?,
        (DeValue::Array(items), (None, index)) => items.get_mut(*index)?,
        _ => return None,
    };
    value_at(next.get_mut(), rest)
}

/// The key or value that stands exactly at `span`, else the smallest value around it.
fn find(root: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Target> {
    let mut path = Vec::new();
    if let Some(is_key) = find_exact(root, span, &mut path) {
        return Some(Target { path, is_key });
    }
    path.clear();
    find_around(root, span, &mut path);
    Some(Target { path, is_key: false })
}

fn find_exact(value: &Spanned<DeValue<'_>>, span: &Range<usize>, path: &mut Vec<(Option<String>, usize)>) -> Option<bool> {
    for (key, step, child) in children(value) {
        path.push(step);
        if key.as_ref() == Some(span) {
            return Some(true);
        }
        // The first table of an array of tables may have the array's own span: the innermost is meant.
        if let Some(found) = find_exact(child, span, path) {
            return Some(found);
        }
        if child.span() == *span {
            return Some(false);
        }
        path.pop();
    }
    (path.is_empty() && value.span() == *span).then_some(false)
}

fn find_around(value: &Spanned<DeValue<'_>>, span: &Range<usize>, path: &mut Vec<(Option<String>, usize)>) {
    for (_, step, child) in children(value) {
        if child.span().start <= span.start && span.end <= child.span().end {
            path.push(step);
            find_around(child, span, path);
            return;
        }
    }
}

type Child<'a, 'i> = (Option<Range<usize>>, (Option<String>, usize), &'a Spanned<DeValue<'i>>);

fn children<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Vec<Child<'a, 'i>> {
    match value.get_ref() {
        DeValue::Table(table) => table.iter().map(|(k, v)| (Some(k.span()), (Some(k.get_ref().to_string()), 0), v)).collect(),
        DeValue::Array(items) => items.iter().enumerate().map(|(i, v)| (None, (None, i), v)).collect(),
        _ => Vec::new(),
    }
}

fn shown(path: &[(Option<String>, usize)]) -> String {
    let mut text = String::new();
    for (name, index) in path {
        match name {
            Some(name) => push_key(&mut text, name),
            None => text += &format!("[{index}]"),
        }
    }
    text
}

fn push_key(text: &mut String, name: &str) {
    if !text.is_empty() {
        text.push('.');
    }
    text.push_str(name);
}

/// The names between backticks.
fn backticked(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its faults matter")]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        items: Vec<Item>,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its faults matter")]
    #[serde(deny_unknown_fields)]
    struct Item {
        size: u8,
    }

    const STAND_INS: &[(&str, &str)] = &[("name", "'x'"), ("size", "'bad'")];

    fn faults(text: &str) -> Vec<(usize, usize, String, String, String)> {
        decode::<Sample>(text, STAND_INS).faults.into_iter().map(|f| (f.line, f.column, f.key, f.message, f.hint)).collect()
    }

    #[test]
    fn every_fault_is_found_in_one_pass() {
        let text = "nam = 'x'\n[[items]]\nsize = 3\nsise = 4\n[[items]]\ncolour = 'red'\nsize = 1\n";
        let found = faults(text);
        let heads: Vec<_> = found.iter().map(|(l, c, k, m, _)| format!("{l}:{c} {k} {m}")).collect();
        assert_eq!(
            heads,
            [
                "1:1 nam unknown key `nam`",
                "4:1 items[0].sise unknown key `sise`",
                "6:1 items[1].colour unknown key `colour`",
                "1:1  key `name` is missing"
            ]
        );
        assert_eq!(found[0].4, "did you mean `name`?");
    }

    #[test]
    fn a_caret_stands_under_wide_characters() {
        let text = "name = '亩均'\n亩 = 1\n";
        let decoded = decode::<Sample>(text, STAND_INS);
        assert!(!decoded.faults.is_empty());
        let fault = Fault::at("a = '亩均' x", &("a = '亩均' ".len().."a = '亩均' x".len()), String::new(), "odd".into(), "mend it".into());
        assert_eq!(fault.report("job.toml"), "job.toml:1:10: odd\n1 | a = '亩均' x\n  |      \u{3000}\u{3000}  ^\nhint: mend it\n");
    }

    #[test]
    fn broken_syntax_is_reported_with_its_place() {
        let found = faults("name = \n");
        assert_eq!(found[0].0, 1, "{found:?}");
    }
}

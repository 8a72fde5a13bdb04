//! `mujun rules`: what the rule packs hold, for those who write and those who defend them.

mod check;
mod list;
mod show;
mod test;

use std::path::Path;

use super::Ending;
use super::args::RulesCommand;
use super::error::CliError;
use super::printer::Printer;
use crate::rules::{Listing, RuleText, embedded_packs, listings};
use crate::say;

/// Runs a command about rule packs.
pub fn execute(command: &RulesCommand, printer: &Printer) -> Result<Ending, CliError> {
    match command {
        RulesCommand::List(command) => list::execute(command, printer),
        RulesCommand::Show(command) => show::execute(command, printer),
        RulesCommand::Check(command) => check::execute(command, printer),
        RulesCommand::Test(command) => test::execute(command, printer),
    }
}

/// The packs of those names; all that are compiled in where none is given.
fn open(names: &[String]) -> Result<Vec<Listing>, CliError> {
    let names = if names.is_empty() { embedded_packs() } else { names.to_vec() };
    Ok(listings(&names, Path::new("."))?)
}

/// Whether a rule is meant by `id`: its id, its id with kind, or with pack and kind.
fn is_meant(rule: &RuleText, id: &str) -> bool {
    let full = rule.head.rule_id();
    *rule.head.id == *id || *full == *id || full.split_once('.').is_some_and(|(_, rest)| rest == id)
}

/// The error for a name that nothing has.
fn unknown(id: &str, packs: &[Listing]) -> CliError {
    let rules = packs.iter().flat_map(|pack| &pack.rules).flat_map(|rule| [rule.head.id.to_string(), rule.head.rule_id().to_string()]);
    let mut names: Vec<(f64, String)> = packs
        .iter()
        .map(|pack| pack.info.id.to_string())
        .chain(rules)
        .map(|name| (strsim::normalized_damerau_levenshtein(id, &name), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    CliError::UnknownRule { id: id.to_owned(), near: names.into_iter().map(|(_, name)| name).take(3).collect() }
}

/// How far a rule was compared with its document, in a word; a form is to be filled in first.
fn verified(rule: &RuleText) -> String {
    match (rule.head.verified, rule.head.unverified.is_empty()) {
        _ if rule.head.template => say!("a form"),
        (true, true) => say!("yes"),
        (true, false) => say!("in part"),
        (false, _) => say!("no"),
    }
}

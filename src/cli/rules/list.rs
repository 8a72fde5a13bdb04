//! `mujun rules list`.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::super::Ending;
use super::super::args::{Format, RulesListArguments};
use super::super::error::CliError;
use super::super::printer::{Printer, aligned};
use super::{open, verified};
use crate::rules::{Listing, RuleText};
use crate::say;

/// Lists packs and rules.
pub fn execute(arguments: &RulesListArguments, printer: &Printer) -> Result<Ending, CliError> {
    let packs = open(&arguments.packs)?;
    let text = match arguments.format {
        Format::Human => packs.iter().map(|pack| human(pack, arguments.as_of)).collect::<Vec<_>>().join("\n"),
        Format::Json => format!("{}\n", json!({ "packs": packs.iter().map(|pack| machine(pack, arguments.as_of)).collect::<Vec<_>>() })),
    };
    printer.data(&text)?;
    Ok(Ending::Done)
}

fn human(pack: &Listing, as_of: Option<NaiveDate>) -> String {
    let info = &pack.info;
    let mut heading = vec![say!("rule"), say!("name"), say!("from"), say!("to"), say!("verified"), say!("cases")];
    heading.extend(as_of.map(|day| say!("in force {day}", day)));
    let mut rows = vec![heading];
    for rule in &pack.rules {
        let head = &rule.head;
        let name = [&*head.name, &*head.name_zh].join(" ");
        let to = head.valid_to.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let mut row = vec![head.rule_id().to_string(), name, head.valid_from.to_string(), to, verified(rule), rule.cases.to_string()];
        row.extend(as_of.map(|day| if head.in_force(day) { say!("yes") } else { say!("no") }));
        rows.push(row);
    }
    let rules = if pack.rules.is_empty() { say!("no rules") + "\n" } else { aligned(&rows) };
    let head = say!(
        "{pack}: {name} {name_zh}, version {version}, jurisdiction {jurisdiction}",
        pack = info.id,
        name = info.name,
        name_zh = info.name_zh,
        version = info.version,
        jurisdiction = info.jurisdiction
    );
    format!("{head}\n{rules}")
}

fn machine(pack: &Listing, as_of: Option<NaiveDate>) -> Value {
    let info = &pack.info;
    let rules: Vec<Value> = pack.rules.iter().map(|rule| rule_json(rule, as_of)).collect();
    json!({
        "id": &*info.id,
        "name": &*info.name,
        "name_zh": &*info.name_zh,
        "version": &*info.version,
        "jurisdiction": &*info.jurisdiction,
        "notes": &*info.notes,
        "sha256": info.sha256,
        "rules": rules,
    })
}

/// The head of a rule.
pub fn rule_json(rule: &RuleText, as_of: Option<NaiveDate>) -> Value {
    let head = &rule.head;
    json!({
        "rule_id": &*head.rule_id(),
        "kind": head.kind.as_str(),
        "id": &*head.id,
        "name": &*head.name,
        "name_zh": &*head.name_zh,
        "document": &*head.source.document,
        "article": &*head.source.article,
        "valid_from": head.valid_from,
        "valid_to": head.valid_to,
        "in_force": as_of.map(|day| head.in_force(day)),
        "verified": head.verified,
        "template": head.template,
        "unverified": head.unverified.iter().map(|key| &**key).collect::<Vec<_>>(),
        "cases": rule.cases,
    })
}

//! `mujun rules test`.

use std::path::Path;

use serde_json::{Value, json};

use super::super::Ending;
use super::super::args::{Format, RulesTestArguments};
use super::super::error::CliError;
use super::super::printer::Printer;
use super::{is_meant, open, unknown};
use crate::rules::{Case, CaseFault, Kind, Listing, embedded_packs};
use crate::run::check_case;

/// A case that was run.
struct Tested {
    rule_id: String,
    name: String,
    faults: Vec<CaseFault>,
}

/// Runs the cases of packs.
pub fn execute(arguments: &RulesTestArguments, printer: &Printer) -> Result<Ending, CliError> {
    let tested = run(&arguments.ids)?;
    let text = match arguments.format {
        Format::Human => human(&tested),
        Format::Json => format!("{}\n", machine(&tested)),
    };
    printer.data(&text)?;
    Ok(if tested.iter().all(|case| case.faults.is_empty()) { Ending::Done } else { Ending::Blocking })
}

/// The cases of every id: all of a pack, those of a rule.
fn run(ids: &[String]) -> Result<Vec<Tested>, CliError> {
    if ids.is_empty() {
        return test_all(&open(&[])?, |_| true);
    }
    let all = open(&[])?;
    let mut tested = Vec::new();
    for id in ids {
        if embedded_packs().contains(id) || Path::new(id).is_dir() {
            tested.extend(test_all(&open(std::slice::from_ref(id))?, |_| true)?);
            continue;
        }
        let rules: Vec<_> = all.iter().flat_map(|pack| &pack.rules).filter(|rule| is_meant(rule, id)).map(|rule| &rule.head).collect();
        if rules.is_empty() {
            return Err(unknown(id, &all));
        }
        let of_rule = |(pack, case): (&Listing, &Case)| {
            rules.iter().any(|head| (head.kind, &head.id, &head.pack) == (case.kind, &case.rule, &pack.info.id))
        };
        tested.extend(test_all(&all, of_rule)?);
    }
    Ok(tested)
}

fn test_all(packs: &[Listing], is_wanted: impl Fn((&Listing, &Case)) -> bool) -> Result<Vec<Tested>, CliError> {
    let cases = packs.iter().flat_map(|pack| pack.pack.cases.iter().map(move |case| (pack, case)));
    cases.filter(|both| is_wanted(*both)).map(|(pack, case)| test(pack, case)).collect()
}

fn test(pack: &Listing, case: &Case) -> Result<Tested, CliError> {
    let rule_id = rule_id(&pack.info.id, case.kind, &case.rule);
    Ok(Tested { rule_id, name: case.name.to_string(), faults: check_case(&pack.pack, case)? })
}

fn rule_id(pack: &str, kind: Kind, rule: &str) -> String {
    format!("{pack}.{}.{rule}", kind.as_str())
}

fn human(tested: &[Tested]) -> String {
    let mut text = String::new();
    for case in tested {
        for fault in &case.faults {
            let CaseFault { parcel, field, expected, found, .. } = fault;
            text +=
                &format!("{}, case `{}`, parcel `{parcel}`\n  {field}: expected `{expected}`, found `{found}`\n", case.rule_id, case.name);
        }
    }
    let failed = tested.iter().filter(|case| !case.faults.is_empty()).count();
    let ending = if failed == 0 { "all hold".to_owned() } else { format!("{failed} do not hold") };
    format!("{text}{} cases, {ending}\n", tested.len())
}

fn machine(tested: &[Tested]) -> Value {
    let failed = tested.iter().filter(|case| !case.faults.is_empty()).count();
    let cases: Vec<Value> = tested.iter().map(case_json).collect();
    json!({ "exit": i32::from(failed > 0), "failed": failed, "cases": cases })
}

fn case_json(case: &Tested) -> Value {
    let fault =
        |fault: &CaseFault| json!({ "parcel": fault.parcel, "field": fault.field, "expected": fault.expected, "found": fault.found });
    let faults: Vec<Value> = case.faults.iter().map(fault).collect();
    json!({ "rule_id": case.rule_id, "case": case.name, "faults": faults })
}

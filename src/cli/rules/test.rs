//! `mujun rules test`.

use std::path::Path;

use serde_json::{Value, json};

use super::super::Ending;
use super::super::args::{Format, RulesTestArguments};
use super::super::error::CliError;
use super::super::printer::Printer;
use super::{is_meant, open, unknown};
use crate::model::Lang;
use crate::model::say::{speak, spoken};
use crate::rules::{Case, CaseFault, Kind, Listing, Pack, Unproved, embedded_packs};
use crate::run::check_case;
use crate::say;

/// A case that was run.
struct Tested {
    rule_id: String,
    name: String,
    faults: Vec<CaseFault>,
}

/// Runs the cases of packs.
pub fn execute(arguments: &RulesTestArguments, printer: &Printer) -> Result<Ending, CliError> {
    // The cases of the packs say in English which reasons they expect.
    let lang = spoken();
    speak(Lang::En);
    let tested = run(&arguments.ids);
    let unproved = if arguments.numbers { unproved(&arguments.ids).map(Some) } else { Ok(None) };
    speak(lang);
    let (tested, unproved) = (tested?, unproved?);
    let text = match arguments.format {
        Format::Human => human(&tested, unproved.as_deref()),
        Format::Json => format!("{}\n", machine(&tested, unproved.as_deref())),
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

/// The numbers that no case proves, in the packs that are meant.
fn unproved(ids: &[String]) -> Result<Vec<Unproved>, CliError> {
    let meant: Vec<String> = ids.iter().filter(|id| embedded_packs().contains(id) || Path::new(id).is_dir()).cloned().collect();
    let holds = |pack: &Pack, kind: Kind| {
        let mut cases = pack.cases.iter().filter(|case| case.kind == kind);
        cases.all(|case| check_case(pack, case).is_ok_and(|faults| faults.is_empty()))
    };
    Ok(open(&meant)?.iter().flat_map(|pack| pack.unproved(&holds)).collect())
}

fn human(tested: &[Tested], unproved: Option<&[Unproved]>) -> String {
    let mut text = String::new();
    for Unproved { file, line, key, number, instead } in unproved.into_iter().flatten() {
        let instead = instead.join(&say!(" or "));
        let notice = say!("{key}: no case would notice {instead} instead of {number}", key, instead, number);
        text += &format!("{file}:{line}\n  {notice}\n");
    }
    for case in tested {
        for fault in &case.faults {
            let CaseFault { parcel, field, expected, found, .. } = fault;
            let place = say!("{rule}, case `{case}`, parcel `{parcel}`", rule = case.rule_id, case = case.name, parcel);
            let otherwise = say!("{field}: expected `{expected}`, found `{found}`", field, expected, found);
            text += &format!("{place}\n  {otherwise}\n");
        }
    }
    let failed = tested.iter().filter(|case| !case.faults.is_empty()).count();
    let ending = if failed == 0 { say!("all hold") } else { say!("{failed} do not hold", failed) };
    let numbers = unproved.map(|unproved| say!("; {numbers} numbers that no case proves", numbers = unproved.len()));
    format!("{text}{}{}\n", say!("{cases} cases, {ending}", cases = tested.len(), ending), numbers.unwrap_or_default())
}

fn machine(tested: &[Tested], unproved: Option<&[Unproved]>) -> Value {
    let failed = tested.iter().filter(|case| !case.faults.is_empty()).count();
    let cases: Vec<Value> = tested.iter().map(case_json).collect();
    let unproved = unproved.map(|unproved| unproved.iter().map(unproved_json).collect::<Vec<_>>());
    json!({ "exit": i32::from(failed > 0), "failed": failed, "cases": cases, "unproved": unproved })
}

fn unproved_json(Unproved { file, line, key, number, instead }: &Unproved) -> Value {
    json!({ "file": file, "line": line, "key": key, "number": number, "instead": instead })
}

fn case_json(case: &Tested) -> Value {
    let fault =
        |fault: &CaseFault| json!({ "parcel": fault.parcel, "field": fault.field, "expected": fault.expected, "found": fault.found });
    let faults: Vec<Value> = case.faults.iter().map(fault).collect();
    json!({ "rule_id": case.rule_id, "case": case.name, "faults": faults })
}

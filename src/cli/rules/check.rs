//! `mujun rules check`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Ending;
use super::super::args::{Format, RulesCheckArguments};
use super::super::error::CliError;
use super::super::printer::Printer;
use crate::rules::{Checkup, Fault, check};
use crate::say;

/// Checks rule files and tells every fault.
pub fn execute(arguments: &RulesCheckArguments, printer: &Printer) -> Result<Ending, CliError> {
    let checkup = check(&arguments.paths, arguments.as_of)?;
    let text = match arguments.format {
        Format::Human => human(&checkup),
        Format::Json => format!("{}\n", machine(&checkup)),
    };
    printer.data(&text)?;
    Ok(if checkup.faults.is_empty() { Ending::Done } else { Ending::Blocking })
}

fn human(checkup: &Checkup) -> String {
    let faults: String = checkup.faults.iter().map(|fault| format!("{fault}\n\n")).collect();
    let faulty: BTreeSet<&str> = checkup.faults.iter().map(|fault| fault.file.as_str()).collect();
    let files = match checkup.files.len() {
        1 => say!("1 file"),
        number => say!("{number} files", number),
    };
    let count = match checkup.faults.len() {
        0 => return say!("{files}, no fault", files) + "\n",
        1 => say!("1 fault"),
        number => say!("{number} faults", number),
    };
    format!("{faults}{}\n", say!("{count} in {faulty} of {files}", count, faulty = faulty.len(), files))
}

fn machine(checkup: &Checkup) -> Value {
    let faults: Vec<Value> = checkup.faults.iter().map(fault_json).collect();
    json!({ "exit": i32::from(!faults.is_empty()), "files": checkup.files, "faults": faults })
}

fn fault_json(fault: &Fault) -> Value {
    json!({
        "code": fault.kind.code(),
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "excerpt": fault.excerpt,
        "message": fault.kind.to_string(),
        "hint": fault.kind.hint(),
    })
}

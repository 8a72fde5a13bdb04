//! `mujun check`.

use std::path::Path;

use serde_json::{Value, json};

use super::args::{CheckArguments, Format};
use super::error::CliError;
use super::printer::{Printer, counts_line, finding_line};
use super::progress::Reporter;
use super::{Ending, interrupt, run};
use crate::model::say::speak;
use crate::model::{Finding, FindingCounts, Lang, Progress};
use crate::write::write_findings;

/// Loads the job, reads its inputs and validates them. The only place here that knows the pipeline.
fn check_inputs(arguments: &CheckArguments, lang: Option<Lang>, progress: &dyn Progress) -> Result<(Vec<Finding>, Lang), CliError> {
    let job = run::load(&arguments.job, arguments.as_of)?;
    let lang = lang.unwrap_or(job.lang);
    speak(lang);
    Ok((crate::run::check(&job, progress)?, lang))
}

/// Reads and validates the inputs of a job.
pub fn execute(arguments: &CheckArguments, printer: &Printer) -> Result<Ending, CliError> {
    interrupt::listen();
    run::start_threads(arguments.threads.map(std::num::NonZeroUsize::get))?;
    let progress = Reporter::new(printer);
    let checked = check_inputs(arguments, printer.lang(), &progress);
    progress.finish();
    let (findings, lang) = checked.map_err(|error| if interrupt::requested() { CliError::Interrupted } else { error })?;
    if let Some(path) = &arguments.out {
        save(&findings, path)?;
    }
    report(&findings, (arguments.format, lang), printer)
}

fn save(findings: &[Finding], path: &Path) -> Result<(), CliError> {
    Ok(write_findings(findings, path)?)
}

fn report(findings: &[Finding], (format, lang): (Format, Lang), printer: &Printer) -> Result<Ending, CliError> {
    let counts = FindingCounts::of(findings);
    match format {
        Format::Human => {
            let lines: String = findings.iter().map(|finding| finding_line(finding, lang) + "\n").collect();
            printer.data(&format!("{lines}{}\n", counts_line(counts, lang)))?;
        }
        Format::Json => printer.data(&format!("{}\n", machine(findings, counts)))?,
    }
    Ok(if counts.error > 0 { Ending::Blocking } else { Ending::Done })
}

fn machine(findings: &[Finding], counts: FindingCounts) -> Value {
    let rows: Vec<Value> = findings.iter().map(row).collect();
    json!({ "exit": i32::from(counts.error > 0), "counts": counts, "findings": rows })
}

fn row(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity().as_str(),
        "code": finding.code.as_str(),
        "file": &*finding.file,
        "layer": &*finding.layer,
        "row": finding.row,
        "feature_id": finding.feature_id,
        "field": finding.field,
        "value": finding.value,
        "rule_id": finding.rule_id,
        "message": finding.message,
        "hint": finding.hint,
        "who": finding.code.who(),
    })
}

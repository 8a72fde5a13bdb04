//! `mujun report`: `report.html` of a finished run, made anew from its files.

use super::Ending;
use super::args::ReportArguments;
use super::error::CliError;
use super::explain;
use super::printer::Printer;
use crate::model::say::speak;
use crate::say;
use crate::write::write_report;

/// Writes the report of a run into its directory.
pub fn execute(arguments: &ReportArguments, printer: &Printer) -> Result<Ending, CliError> {
    let manifest = explain::manifest(&arguments.run)?;
    speak(printer.lang().unwrap_or(manifest.settings.lang));
    let path = write_report(&arguments.run, &manifest)?;
    printer.summary(&(say!("written: {path}", path = path.display()) + "\n"))?;
    Ok(Ending::Done)
}

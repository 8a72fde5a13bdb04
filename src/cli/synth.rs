//! `mujun synth`.

use super::Ending;
use super::args::SynthArguments;
use super::error::CliError;
use super::printer::Printer;

/// Makes the city. The only place here that knows how.
fn synthesise(_arguments: &SynthArguments) -> Result<String, CliError> {
    Err(CliError::NotAvailable { what: "synth" })
}

/// Makes a synthetic city and prints what it has.
pub fn execute(arguments: &SynthArguments, printer: &Printer) -> Result<Ending, CliError> {
    printer.summary(&synthesise(arguments)?)?;
    Ok(Ending::Done)
}

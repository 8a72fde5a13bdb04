//! `mujun completions`.

use clap::CommandFactory;

use super::Ending;
use super::args::{Arguments, CompletionsArguments};
use super::error::CliError;
use super::printer::Printer;

/// Prints the completion script of a shell.
pub fn execute(arguments: &CompletionsArguments, printer: &Printer) -> Result<Ending, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "mujun", &mut script);
    printer.data(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Done)
}

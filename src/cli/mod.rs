//! The terminal: arguments, progress, printing and exit codes, one file a command.
//!
//! stdout is data, stderr is everything else. Exit 0: done; 1: done with blocking findings; 2: could not run; 130: stopped by the user.
//!
//! **Invariant:** nothing outside this module, `read` and `write` knows of the terminal, the clock or the environment.

pub mod args;
mod error;
mod help;
mod interrupt;
mod printer;
mod progress;

mod audit;
mod check;
mod completions;
mod demo;
mod doctor;
mod explain;
mod init;
mod man;
mod report;
mod rules;
mod run;
mod schema;
mod sweep;
mod synth;

use std::process::ExitCode;

use crate::model::say::speak;
use crate::read::quiet::be_quiet;
use args::Command;
pub use error::CliError;
use printer::Printer;
pub use schema::schemas;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was done.
    Done,
    /// Everything was done, and a finding says that land or money is missing from the results.
    Blocking,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = help::parse();
    be_quiet();
    speak(arguments.terminal.lang.unwrap_or_default());
    let printer = Printer::new(arguments.terminal);
    match dispatch(&arguments.command, &printer) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Blocking) => ExitCode::from(1),
        // The reader of our output has gone: nothing is left to say, and nobody to say it to.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            printer.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(command: &Command, printer: &Printer) -> Result<Ending, CliError> {
    match command {
        Command::Run(command) => run::execute(command, printer),
        Command::Check(command) => check::execute(command, printer),
        Command::Init(command) => init::execute(command, printer),
        Command::Doctor(command) => doctor::execute(command, printer),
        Command::Explain(command) => explain::execute(command, printer),
        Command::Report(command) => report::execute(command, printer),
        Command::Rules(command) => rules::execute(command, printer),
        Command::Audit(command) => audit::execute(command, printer),
        Command::Demo(command) => demo::execute(command, printer),
        Command::Synth(command) => synth::execute(command, printer),
        Command::Schema(command) => schema::execute(command, printer),
        Command::Completions(command) => completions::execute(command, printer),
        Command::Man => man::execute(printer),
    }
}

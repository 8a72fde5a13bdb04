//! `mujun explain`: every figure of one parcel with its formula, the rows behind it, the rules that decided and the findings.
//!
//! **Invariant:** nothing is computed from the inputs anew: all numbers come from the files of the run, and a formula that does not give the recorded value
//! is marked.

mod figures;
mod numbers;
mod record;
mod render;
mod tools;

use std::path::Path;

use super::Ending;
use super::args::{ExplainArguments, Format};
use super::error::CliError;
use super::printer::Printer;
use figures::Figure;
use record::Record;

/// What is known of a parcel.
struct Explanation {
    record: Record,
    figures: Vec<Figure>,
}

/// Explains one parcel of a run.
pub fn execute(arguments: &ExplainArguments, printer: &Printer) -> Result<Ending, CliError> {
    let explanation = explain(&arguments.run, &arguments.parcel)?;
    let text = match arguments.format {
        Format::Human => render::human(&explanation),
        Format::Json => format!("{}\n", render::machine(&explanation)),
    };
    printer.data(&text)?;
    Ok(Ending::Done)
}

fn explain(run: &Path, parcel: &str) -> Result<Explanation, CliError> {
    let record = record::load(run, parcel)?;
    let figures = figures::of(&record);
    Ok(Explanation { record, figures })
}

#[cfg(test)]
mod tests;

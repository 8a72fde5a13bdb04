//! `mujun explain`: every figure of one parcel with its formula, the rows behind it, the rules that decided and the findings.
//!
//! **Invariant:** nothing is computed from the inputs anew: all numbers come from the files of the run, and a formula that does not give the recorded value
//! is marked.

mod figures;
mod grade;
mod grade_text;
mod numbers;
mod record;
mod render;
mod tools;

use std::path::Path;

use super::Ending;
use super::args::{ExplainArguments, Format};
use super::error::CliError;
use super::printer::Printer;
use crate::model::say::speak;
use figures::Figure;
use grade::Grade;
use record::Record;
pub use record::manifest;

/// What is known of a parcel.
struct Explanation {
    record: Record,
    figures: Vec<Figure>,
    grades: Vec<Grade>,
}

/// Explains one parcel of a run.
pub fn execute(arguments: &ExplainArguments, printer: &Printer) -> Result<Ending, CliError> {
    let lang = match printer.lang() {
        Some(lang) => lang,
        None => manifest(&arguments.run)?.settings.lang,
    };
    speak(lang);
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
    let grades = grades(&record);
    Ok(Explanation { record, figures, grades })
}

/// The grade of the parcel, then those of the enterprises on it where the rule grades enterprises.
fn grades(record: &Record) -> Vec<Grade> {
    let mut grades: Vec<Grade> = record.decisions.iter().filter(|row| grade::is_grading(row)).filter_map(grade::of).collect();
    let own = record.inventory.get("grade").and_then(serde_json::Value::as_str);
    grades.iter_mut().for_each(|grade| grade.grade = own.map(str::to_owned));
    grades.extend(record.enterprise_grades.iter().filter_map(grade::of));
    grades
}

#[cfg(test)]
mod tests;

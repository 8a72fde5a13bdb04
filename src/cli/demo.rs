//! `mujun demo`: the sample that is compiled in, written and run.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::Ending;
use super::args::{DemoArguments, Format, RunArguments};
use super::error::CliError;
use super::printer::Printer;
use super::run;
use crate::model::{Lang, lang};

static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/sample");
const JOB: &str = "job.toml";
/// A parcel of the sample with buildings, zones it is partly in, an enterprise and a grade.
const EXAMPLE_PARCEL: &str = "330182001002GB00017";

/// Writes the sample to `input` and its results to `run`, and says what to do with them.
pub fn execute(arguments: &DemoArguments, printer: &Printer) -> Result<Ending, CliError> {
    let (input, results) = (arguments.out.join("input"), arguments.out.join("run"));
    extract(&SAMPLE, &input)?;
    let job = RunArguments {
        job: input.join(JOB),
        out: Some(results.clone()),
        as_of: None,
        sweep: Vec::new(),
        threads: None,
        format: arguments.format,
    };
    let ending = run::execute(&job, printer)?;
    if arguments.format == Format::Human {
        printer.summary(&what_next(&input, &results, printer.lang().unwrap_or_default()))?;
    }
    Ok(ending)
}

/// Where the results are, and a way into each.
fn what_next(input: &Path, results: &Path, lang: Lang) -> String {
    let (input, run) = (input.display(), results.display());
    let keys = [
        "terminal:demo_report",
        "terminal:demo_map",
        "terminal:demo_workbook",
        "terminal:demo_pandas",
        "terminal:demo_duckdb",
        "terminal:demo_groups",
        "terminal:demo_findings",
        "terminal:demo_parcel",
        "terminal:demo_job",
    ];
    let values: [(&str, &dyn std::fmt::Display); 4] = [("run", &run), ("input", &input), ("parcel", &EXAMPLE_PARCEL), ("job", &JOB)];
    keys.map(|key| format!("\n{}", lang::filled(lang, key, &values))).concat() + "\n"
}

fn extract(directory: &Dir<'_>, target: &Path) -> Result<(), CliError> {
    for file in directory.files() {
        write(&target.join(file.path()), file.contents())?;
    }
    directory.dirs().try_for_each(|below| extract(below, target))
}

fn write(path: &Path, contents: &[u8]) -> Result<(), CliError> {
    let failed = |action, path: PathBuf| move |source| CliError::Io { action, path, source };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed("create", parent.to_path_buf()))?;
    }
    fs::write(path, contents).map_err(failed("write", path.to_path_buf()))
}

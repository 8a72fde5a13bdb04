//! `mujun demo`: the sample that is compiled in, written and run.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::Ending;
use super::args::{DemoArguments, RunArguments};
use super::error::CliError;
use super::printer::Printer;
use super::run;

static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/sample");
const JOB: &str = "job.toml";

/// Writes the sample to `input` and its results to `run`.
pub fn execute(arguments: &DemoArguments, printer: &Printer) -> Result<Ending, CliError> {
    let input = arguments.out.join("input");
    extract(&SAMPLE, &input)?;
    let job =
        RunArguments { job: input.join(JOB), out: Some(arguments.out.join("run")), as_of: None, threads: None, format: arguments.format };
    run::execute(&job, printer)
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

//! `mujun run`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use polars::prelude::{DataFrame, DataType};
use serde_json::{Map, Value, json};

use super::args::{Format, RunArguments};
use super::error::CliError;
use super::printer::{Printer, counts_line, grouped};
use super::progress::{Reporter, Stopwatch};
use super::{Ending, interrupt, sweep};
use crate::model::say::speak;
use crate::model::{FindingCounts, Lang, Outcome, OutputFile, Progress, lang};
use crate::read::Job;
use crate::write::{RunWriter, WriteOptions};

const GRADES: [&str; 4] = ["A", "B", "C", "D"];

/// A run that is written.
pub struct Finished {
    /// Its results.
    pub outcome: Outcome,
    /// Its directory.
    pub target: PathBuf,
}

/// Loads the job, applies the arguments that go before it, runs the stages, and writes what they find. The only place here that knows the pipeline.
fn run_and_write(arguments: &RunArguments, lang: Option<Lang>, progress: &dyn Progress) -> Result<(Finished, Vec<OutputFile>), CliError> {
    let mut job = load(&arguments.job, arguments.as_of)?;
    job.lang = lang.unwrap_or(job.lang);
    speak(job.lang);
    let stopwatch = Stopwatch::new(progress);
    let target = arguments.out.clone().unwrap_or_else(|| job.output.clone());
    let writer = RunWriter::beside(&target)?;
    let outcome = rayon::in_place_scope(|scope| {
        let writer = &writer;
        crate::run::run(&job, &arguments.sweep, &|path, rows| scope.spawn(move |_| writer.ledger(path, &rows)), &stopwatch)
    })?;
    let timings = stopwatch.timings(rayon::current_num_threads());
    let formats = outcome.manifest.settings.formats.clone();
    let options = WriteOptions { formats: &formats, lang: outcome.manifest.settings.lang, timings: &timings, progress };
    let files = writer.finish(&outcome, options)?;
    Ok((Finished { outcome, target }, files))
}

/// Reads a job file; faults are reported all at once, each with its place.
pub fn load(path: &std::path::Path, as_of: Option<chrono::NaiveDate>) -> Result<Job, CliError> {
    Job::load_as_of(path, as_of).map_err(|error| crate::run::RunError::from(error).into())
}

/// Runs a job and writes its results.
pub fn execute(arguments: &RunArguments, printer: &Printer) -> Result<Ending, CliError> {
    interrupt::listen();
    start_threads(arguments.threads.map(std::num::NonZeroUsize::get))?;
    let progress = Reporter::new(printer);
    let written = run_and_write(arguments, printer.lang(), &progress);
    progress.finish();
    let (finished, files) = written.map_err(|error| if interrupt::requested() { CliError::Interrupted } else { error })?;
    let ending = report(&finished, &files, arguments.format, printer);
    // The program ends here, and the system takes back the memory faster than piece by piece.
    std::mem::forget(finished);
    ending
}

/// Sets the number of threads of both pools. It is the first thing that a command does: a pool that has started keeps its size.
pub fn start_threads(threads: Option<usize>) -> Result<(), CliError> {
    let Some(threads) = threads else { return Ok(()) };
    // SAFETY: no other thread is running yet that could read the environment.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) };
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    built.map_err(|source| CliError::Threads { threads, source })
}

fn report(finished: &Finished, files: &[OutputFile], format: Format, printer: &Printer) -> Result<Ending, CliError> {
    let outcome = &finished.outcome;
    match format {
        Format::Human => printer.summary(&format!(
            "{}{}",
            human(finished, files),
            sweep::human(outcome.sweep.as_ref(), outcome.manifest.settings.lang)
        ))?,
        Format::Json => printer.data(&format!("{}\n", machine(finished, files)))?,
    }
    printer.blocking(&outcome.findings, outcome.manifest.settings.lang);
    Ok(if FindingCounts::of(&outcome.findings).error > 0 { Ending::Blocking } else { Ending::Done })
}

fn human(finished: &Finished, files: &[OutputFile]) -> String {
    let outcome = &finished.outcome;
    let lang = outcome.manifest.settings.lang;
    let not_graded = lang::text(lang, "terminal:not_graded");
    let grades: Vec<String> = grade_counts(&outcome.inventory)
        .into_iter()
        .map(|(grade, n)| format!("{} {}", grade.as_deref().unwrap_or(not_graded), grouped(n)))
        .collect();
    let parcels = grouped(outcome.inventory.height() as u64);
    let mu = format!("{:.1}", area_mu(&outcome.inventory));
    let kib = grouped(files.iter().map(|f| f.bytes).sum::<u64>().div_ceil(1024));
    let counts = counts_line(FindingCounts::of(&outcome.findings), lang);
    let (job, grades, out, files) = (&outcome.manifest.job, grades.join(", "), finished.target.display(), files.len());
    let lines = [
        lang::filled(lang, "terminal:run_parcels", &[("job", job), ("parcels", &parcels), ("mu", &mu)]),
        lang::filled(lang, "terminal:run_grades", &[("grades", &grades)]),
        lang::filled(lang, "terminal:run_findings", &[("counts", &counts)]),
        lang::filled(lang, "terminal:run_written", &[("out", &out), ("files", &files), ("kib", &kib)]),
    ];
    lines.map(|line| line + "\n").concat()
}

fn machine(finished: &Finished, files: &[OutputFile]) -> Value {
    let outcome = &finished.outcome;
    let counts = FindingCounts::of(&outcome.findings);
    let grades: Map<String, Value> =
        grade_counts(&outcome.inventory).into_iter().map(|(grade, n)| (grade.unwrap_or_else(|| "none".to_owned()), n.into())).collect();
    json!({
        "job": outcome.manifest.job,
        "as_of": outcome.manifest.as_of,
        "out": finished.target,
        "exit": i32::from(counts.error > 0),
        "parcels": outcome.inventory.height(),
        "rejects": outcome.rejects.len(),
        "area_mu": area_mu(&outcome.inventory),
        "grades": grades,
        "findings": counts,
        "outputs": files,
        "sweep": sweep::machine(outcome.sweep.as_ref()),
    })
}

/// How many parcels have each grade, those that a rule writes for exempt parcels among them, and how many none.
fn grade_counts(inventory: &DataFrame) -> Vec<(Option<String>, u64)> {
    let grades = inventory.column("grade").and_then(|c| c.cast(&DataType::String));
    let grades = grades.as_ref().ok().and_then(|c| c.str().ok());
    let mut counts: BTreeMap<&str, u64> = GRADES.iter().map(|grade| (*grade, 0)).collect();
    let mut none = 0;
    for grade in grades.into_iter().flat_map(|grades| grades.iter()) {
        match grade {
            Some(grade) => *counts.entry(grade).or_default() += 1,
            None => none += 1,
        }
    }
    counts.into_iter().map(|(grade, count)| (Some(grade.to_owned()), count)).chain([(None, none)]).collect()
}

fn area_mu(inventory: &DataFrame) -> f64 {
    let area = inventory.column("area_mu").and_then(|c| c.cast(&DataType::Float64));
    area.ok().and_then(|c| c.f64().map(|a| a.iter().flatten().sum()).ok()).unwrap_or(0.0)
}

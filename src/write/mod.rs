//! Turns an [`Outcome`] into a run directory: files side by side in a temporary directory, then one swap.
//!
//! Refuses to replace a directory that is not empty and holds no `run.json`: it is somebody's, not a run.
//!
//! **Invariant:** a run that fails or is killed leaves the last good directory as it was, and the same outcome gives the same bytes at any thread
//! count; `timings.json` alone may differ.

mod cells;
mod chunk;
mod csv;
mod datapackage;
mod error;
mod features;
mod geojson;
mod geopackage;
mod geoparquet;
mod parquet;
mod qgis;
mod sink;
mod staging;
mod syncs;
mod tables;
mod workbook;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use polars::prelude::DataFrame;
use rayon::prelude::*;
use serde::Serialize;

use crate::model::{Finding, FindingCounts, Lang, Manifest, Outcome, OutputFile, OutputFormat, Progress, StageTiming, Timings};
use crate::report::{self, REPORT};

pub use error::WriteError;
use sink::Sink;
use staging::Staging;

/// How a run is written.
#[derive(Clone, Copy)]
pub struct WriteOptions<'a> {
    /// The forms of the inventory; GeoParquet is written in any case.
    pub formats: &'a [OutputFormat],
    /// The language of headings and words.
    pub lang: Lang,
    /// What the stages before took.
    pub timings: &'a Timings,
    /// Hears of every finished file, and may ask to stop.
    pub progress: &'a dyn Progress,
}

/// A run directory that is being written.
pub struct RunWriter {
    staging: Staging,
    /// What became of the ledgers.
    ledgers: Mutex<Vec<Result<OutputFile, WriteError>>>,
}

impl RunWriter {
    /// Begins the directory `target`; the run that is there stays until the new one is whole.
    ///
    /// # Errors
    /// The directory is somebody's and no run, or nothing can be written beside it.
    pub fn beside(target: &Path) -> Result<Self, WriteError> {
        Ok(Self { staging: Staging::beside(target)?, ledgers: Mutex::default() })
    }

    /// Writes a ledger that is whole before the run is. An error is told when the run is finished.
    pub fn ledger(&self, path: &str, rows: &DataFrame) {
        let written = Sink::create(&self.staging, path).and_then(|mut sink| {
            parquet::write(rows, &mut sink)?;
            sink.finish()
        });
        self.ledgers.lock().unwrap_or_else(PoisonError::into_inner).push(written);
    }

    /// Writes the rest of `outcome`, replaces the run that was there, and returns the files with their hashes, by path; `run.json` is the last.
    /// `timings.json` is not among them.
    ///
    /// # Errors
    /// Whatever keeps a file from being written; the previous run is then still in place.
    pub fn finish(self, outcome: &Outcome, options: WriteOptions<'_>) -> Result<Vec<OutputFile>, WriteError> {
        let ledgers = self.ledgers.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect::<Result<_, _>>()?;
        write_rest(outcome, (self.staging, ledgers), options)
    }
}

fn write_rest(
    outcome: &Outcome,
    (staging, mut outputs): (Staging, Vec<OutputFile>),
    options: WriteOptions<'_>,
) -> Result<Vec<OutputFile>, WriteError> {
    let started = Instant::now();
    let jobs = jobs(outcome, options.formats);
    let has_report = options.formats.contains(&OutputFormat::Report);
    options.progress.stage("write", u64::try_from(jobs.len() + usize::from(has_report)).ok());
    let (written, schemas) = rayon::join(
        || jobs.par_iter().map(|job| job.run(outcome, &staging, options)).collect::<Result<Vec<_>, _>>(),
        || datapackage::Schemas::of(outcome),
    );
    outputs.extend(written?);
    outputs = sorted(&outputs);
    outputs.push(write_json(&staging, "datapackage.json", &datapackage::describe(outcome, &schemas, &outputs))?);
    let manifest = |outputs: &[OutputFile]| Manifest {
        findings: FindingCounts::of(&outcome.findings),
        outputs: sorted(outputs),
        ..outcome.manifest.clone()
    };
    if has_report {
        outputs.push(write_staged_report(&staging, &manifest(&outputs))?);
        options.progress.advance(1);
    }
    let manifest = manifest(&outputs);
    outputs.clone_from(&manifest.outputs);
    outputs.push(write_json(&staging, "run.json", &manifest)?);
    write_json(&staging, "timings.json", &with_write_stage(options.timings, started))?;
    if options.progress.cancelled() {
        return Err(WriteError::Cancelled);
    }
    staging.swap_in()?;
    Ok(outputs)
}

/// The files by path.
fn sorted(outputs: &[OutputFile]) -> Vec<OutputFile> {
    let mut outputs = outputs.to_vec();
    outputs.sort_by(|a, b| a.path.cmp(&b.path));
    outputs
}

/// A file to write; independent of every other.
struct Job<'a> {
    path: String,
    content: Content<'a>,
}

enum Content<'a> {
    Inventory,
    GeoJson,
    Table(&'a DataFrame),
    TableCsv(&'a DataFrame),
    Decisions,
    Findings,
    FindingsCsv,
    Rejects,
    Coverage,
    GeoPackage,
    FlatGeobuf,
    Style,
    Project,
    Workbook,
}

/// The files of a run, the slowest first so that threads end together.
fn jobs<'a>(outcome: &'a Outcome, formats: &[OutputFormat]) -> Vec<Job<'a>> {
    let job = |path: &str, content| Job { path: path.to_owned(), content };
    let mut jobs = Vec::new();
    if formats.contains(&OutputFormat::Gpkg) {
        jobs.push(job("inventory.gpkg", Content::GeoPackage));
    }
    if formats.contains(&OutputFormat::Xlsx) {
        jobs.push(job("inventory.xlsx", Content::Workbook));
    }
    jobs.push(job("inventory.parquet", Content::Inventory));
    if formats.contains(&OutputFormat::GeoJson) {
        jobs.push(job("inventory.geojson", Content::GeoJson));
    }
    if formats.contains(&OutputFormat::FlatGeobuf) {
        jobs.push(job("inventory.fgb", Content::FlatGeobuf));
    }
    if formats.contains(&OutputFormat::GeoJson) || formats.contains(&OutputFormat::FlatGeobuf) {
        jobs.push(job("inventory.qml", Content::Style));
    }
    if formats.contains(&OutputFormat::Gpkg) {
        jobs.push(job("inventory.qgz", Content::Project));
    }
    jobs.extend([
        job("ledger/decisions.parquet", Content::Decisions),
        job("ledger/enterprise_grades.parquet", Content::Table(&outcome.enterprise_grades)),
        job("ledger/due_list.parquet", Content::Table(&outcome.due_list)),
        job("findings.parquet", Content::Findings),
        job("findings.csv", Content::FindingsCsv),
        job("rejects.gpkg", Content::Rejects),
        job("ledger/sliver_candidates.parquet", Content::Table(&outcome.sliver_candidates)),
        job("ledger/swap_candidates.parquet", Content::Table(&outcome.swap_candidates)),
        job("ledger/tools.parquet", Content::Table(&outcome.tools)),
        job("ledger/tracts.parquet", Content::Table(&outcome.tracts)),
        job("ledger/coverage.parquet", Content::Table(&outcome.coverage.rows)),
        job("coverage.gpkg", Content::Coverage),
    ]);
    if let Some(sweep) = &outcome.sweep {
        jobs.extend([job("sweep.parquet", Content::Table(sweep)), job("sweep.csv", Content::TableCsv(sweep))]);
    }
    jobs.extend(outcome.summaries.iter().map(|(name, table)| job(&format!("summary/{name}.parquet"), Content::Table(table))));
    jobs
}

impl Job<'_> {
    fn run(&self, outcome: &Outcome, staging: &Staging, options: WriteOptions<'_>) -> Result<OutputFile, WriteError> {
        if options.progress.cancelled() {
            return Err(WriteError::Cancelled);
        }
        let file = match self.content {
            Content::Rejects => geopackage::write_rejects(outcome, staging, &self.path)?,
            Content::Coverage => geopackage::write_coverage(outcome, staging, &self.path)?,
            Content::GeoPackage => geopackage::write_inventory(outcome, staging, &self.path)?,
            Content::FlatGeobuf => geopackage::write_flatgeobuf(outcome, staging, &self.path)?,
            Content::Workbook => {
                let mut sink = Sink::create(staging, &self.path)?;
                workbook::write(outcome, options.lang, staging, &mut sink)?;
                sink.finish()?
            }
            _ => self.stream(outcome, Sink::create(staging, &self.path)?)?,
        };
        options.progress.advance(1);
        Ok(file)
    }

    fn stream(&self, outcome: &Outcome, mut sink: Sink) -> Result<OutputFile, WriteError> {
        match self.content {
            Content::Inventory => geoparquet::write(outcome, &mut sink)?,
            Content::GeoJson => geojson::write(outcome, &mut sink)?,
            Content::Style => qgis::write_style(outcome, &mut sink)?,
            Content::Project => qgis::write_project(outcome, &mut sink)?,
            Content::Table(table) => parquet::write(table, &mut sink)?,
            Content::TableCsv(table) => csv::write_table(table, &mut sink).map_err(|source| sink.failed(source))?,
            Content::Decisions => tables::write_decisions(outcome, &mut sink)?,
            Content::Findings => parquet::write(&tables::findings(&outcome.findings)?, &mut sink)?,
            Content::FindingsCsv => csv::write_findings(&outcome.findings, &mut sink).map_err(|source| sink.failed(source))?,
            // These are written to their path.
            Content::Rejects | Content::Coverage | Content::GeoPackage | Content::FlatGeobuf | Content::Workbook => {}
        }
        sink.finish()
    }
}

/// Writes the report of the files that are staged.
fn write_staged_report(staging: &Staging, manifest: &Manifest) -> Result<OutputFile, WriteError> {
    let page = report::build(staging.directory(), manifest)?;
    let mut sink = Sink::create(staging, REPORT)?;
    sink.put(&page)?;
    sink.finish()
}

/// Writes the report of the finished run in the directory `run` into it, replacing an earlier one at once; `run.json` stays as it is.
///
/// # Errors
/// A file of the run cannot be read, or the report cannot be written.
pub fn write_report(run: &Path, manifest: &Manifest) -> Result<PathBuf, WriteError> {
    let (page, path) = (report::build(run, manifest)?, run.join(REPORT));
    replace(&path, |file| std::io::Write::write_all(file, &page))?;
    Ok(path)
}

/// Temporary files that others may read as any file of the user.
fn readable() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn write_json(staging: &Staging, path: &str, value: &impl Serialize) -> Result<OutputFile, WriteError> {
    let mut sink = Sink::create(staging, path)?;
    serde_json::to_writer_pretty(&mut sink, value).map_err(|source| sink.failed(source.into()))?;
    sink.put(b"\n")?;
    sink.finish()
}

fn with_write_stage(timings: &Timings, started: Instant) -> Timings {
    let mut timings = timings.clone();
    timings.stages.push(StageTiming { stage: "write".into(), seconds: started.elapsed().as_secs_f64() });
    timings
}

/// Writes `findings` as CSV to the file `path`, as `findings.csv` of a run, replacing what is there at once.
///
/// # Errors
/// Whatever keeps the file from being written.
pub fn write_findings(findings: &[Finding], path: &Path) -> Result<(), WriteError> {
    replace(path, |file| csv::write_findings(findings, file))
}

/// Writes a file beside `path` and puts it in its place when it is whole.
fn replace(path: &Path, write: impl FnOnce(&mut tempfile::NamedTempFile) -> std::io::Result<()>) -> Result<(), WriteError> {
    let failed = |source| WriteError::Io { action: "write", path: path.to_path_buf(), source };
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = readable().tempfile_in(parent).map_err(failed)?;
    write(&mut file).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map(|_| ()).map_err(|error| failed(error.error))
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

//! What keeps a command from being done.

use std::io;
use std::path::PathBuf;

use polars::error::PolarsError;

use crate::model::say::refused;
use crate::read::ReadError;
use crate::rules::{Fault, RulesError};
use crate::run::RunError;
use crate::say;
use crate::synth::SynthError;
use crate::write::WriteError;

/// What keeps a command from being done.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The results cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The job cannot be run.
    #[error("{}", report(.0))]
    Run(Box<RunError>),
    /// Rule packs cannot be read.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A file of project figures has faults.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
    Figures(Vec<Fault>),
    /// No pack and no rule has the name.
    #[error("{}{}", say!("no pack and no rule `{id}`", id), near_hint(near))]
    UnknownRule {
        /// The name asked for.
        id: String,
        /// Names like it, the likest first.
        near: Vec<String>,
    },
    /// The synthetic city cannot be made.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// A file cannot be read or written.
    #[error("{}", refused(action, path, source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The terminal or pipe refuses.
    #[error("{}", say!("cannot print: {source}", source = .0))]
    Print(io::Error),
    /// A table of a run cannot be read.
    #[error("{}", refused("read", path, source))]
    Table {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: PolarsError,
    },
    /// A JSON file of a run cannot be read.
    #[error("{}", refused("read", path, source))]
    Json {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A job file is there already.
    #[error("{}", say!("`{path}` is there already; hint: give another name with `--out`, or remove it", path = path.display()))]
    JobExists {
        /// The job file.
        path: PathBuf,
    },
    /// None of the files can be the parcels of a job.
    #[error(
        "{}",
        say!("none of the files can be parcels; hint: `mujun doctor` tells what each file is; parcels are polygons with a parcel code")
    )]
    NoParcels,
    /// The directory holds no run.
    #[error("{}", say!("`{path}` holds no run (no `run.json`); hint: give the directory that `mujun run` wrote", path = path.display()))]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
    /// No parcel has the code.
    #[error("{}{}", say!("no parcel `{id}` in this run", id), near_hint(near))]
    UnknownParcel {
        /// The code asked for.
        id: String,
        /// Codes like it, the likest first.
        near: Vec<String>,
    },
    /// No schema has the name.
    #[error("{}", say!("no schema `{name}`; hint: there are {names}", name, names = quoted(names)))]
    UnknownSchema {
        /// The name asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// Threads cannot be started.
    #[error("{}", say!("cannot start {threads} threads: {source}", threads, source))]
    Threads {
        /// How many.
        threads: usize,
        /// Why not.
        source: rayon::ThreadPoolBuildError,
    },
    /// The user stopped the run.
    #[error("{}", say!("stopped; the results of the last run are untouched"))]
    Interrupted,
}

/// Every fault of a job file with its place; other errors are one line.
fn report(error: &RunError) -> String {
    match error {
        RunError::Read(ReadError::Job(faults)) => faults.report(),
        other => other.to_string(),
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        Self::Run(Box::new(error))
    }
}

fn near_hint(near: &[String]) -> String {
    if near.is_empty() {
        return String::new();
    }
    say!("; hint: did you mean {names}", names = quoted(near))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl CliError {
    /// What the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted | Self::Write(WriteError::Cancelled) => 130,
            Self::Run(error) if matches!(**error, RunError::Cancelled) => 130,
            Self::Run(error) if matches!(**error, RunError::Leak { .. } | RunError::Stop { .. }) => 1,
            _ => 2,
        }
    }

    /// Whether the reader of stdout has gone.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

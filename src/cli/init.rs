//! `mujun init`: a job file from the files that there are.

use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate};

use super::Ending;
use super::args::InitArguments;
use super::doctor::{examine, inputs};
use super::error::CliError;
use super::printer::Printer;
use crate::doctor::{Draft, JobSettings, draft};
use crate::rules::{embedded_packs, listings};
use crate::say;

/// Works out what each file is and writes the job file.
pub fn execute(arguments: &InitArguments, printer: &Printer) -> Result<Ending, CliError> {
    let failed = |action: &'static str| {
        let path = arguments.out.clone();
        move |source| CliError::Io { action, path, source }
    };
    if arguments.out.exists() {
        return Err(CliError::JobExists { path: arguments.out.clone() });
    }
    let folder = arguments.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    std::fs::create_dir_all(&folder).map_err(failed("create the folder of"))?;
    let home = folder.canonicalize().map_err(failed("find the folder of"))?;
    let inputs = inputs(&arguments.files, &|path| relative(path, &home))?;
    let settings = JobSettings { path: arguments.out.clone(), today: today(), packs: packs()? };
    let draft = draft(&examine(&inputs), &settings).ok_or(CliError::NoParcels)?;
    std::fs::write(&arguments.out, &draft.text).map_err(failed("write"))?;
    printer.summary(&summary(&draft, &arguments.out))?;
    Ok(if draft.is_complete { Ending::Done } else { Ending::Blocking })
}

fn summary(draft: &Draft, out: &Path) -> String {
    let mut text = say!("wrote {path}", path = out.display()) + "\n";
    text.extend(draft.uses.iter().map(|(what, why)| format!("  {}\n", say!("{what}: {why}", what, why))));
    text.push_str(&(say!("not sure:") + "\n"));
    text.extend(draft.unsure.iter().map(|doubt| format!("  {doubt}\n")));
    let next = if draft.is_complete {
        say!("next: read it, then `mujun run {path}`", path = out.display())
    } else {
        say!("the job does not run before what is marked `fill in` is filled in")
    };
    text + &next + "\n"
}

/// A path as a job file in `home` names it: relative where it is below, in full elsewhere.
fn relative(path: &Path, home: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let below = full.strip_prefix(home).map(Path::to_owned).unwrap_or(full);
    let parts: PathBuf = below.components().filter(|c| !matches!(c, Component::CurDir)).collect();
    let text = parts.display().to_string();
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The rule packs that are compiled in, with their divisions.
fn packs() -> Result<Vec<(String, String)>, CliError> {
    let packs = listings(&embedded_packs(), Path::new("."))?;
    Ok(packs.iter().map(|p| (p.info.id.to_string(), p.info.jurisdiction.to_string())).collect())
}

/// The day, in UTC: only where no table has a year, and the job file says so.
fn today() -> NaiveDate {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    i64::try_from(seconds).ok().and_then(|s| DateTime::from_timestamp(s, 0)).map(|t| t.date_naive()).unwrap_or_default()
}

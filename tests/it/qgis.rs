//! A run opened in QGIS; `tests/qgis` says what is looked at there.

use std::path::Path;
use std::process::Command;

use crate::program::{Said, done, mujun, qgis, said};

/// Runs the checks of `tests/qgis` on a run.
fn check(python: &Path, run: &Path, lang: &str) -> Said {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qgis/check.py");
    let once = || said(&Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(&script).arg(run).arg(lang).output().unwrap());
    let is_whole = |said: &Said| said.stdout.contains("faults");
    // QGIS itself sometimes crashes.
    let said = Some(once()).filter(is_whole).unwrap_or_else(once);
    assert!(is_whole(&said), "the checks broke off: {}\n{}", said.stdout, said.stderr);
    said
}

/// The sample city in every format that QGIS opens, in a language.
fn sample(dir: &Path, lang: &str) {
    done(dir, &["demo", "--out", "demo"]);
    let job = dir.join("demo/input/job.toml");
    let text = std::fs::read_to_string(&job).unwrap();
    let (before, after) = text.split_once("formats = [").unwrap();
    std::fs::write(&job, format!("{before}formats = [\"flatgeobuf\", {after}")).unwrap();
    assert!(mujun(dir, &["run", "demo/input/job.toml", "--lang", lang, "--out", "run"]).code < 2);
}

#[test]
fn the_sample_opens_in_qgis_in_both_languages() {
    let Some(python) = qgis() else { return };
    for lang in ["zh", "en"] {
        let dir = tempfile::tempdir().unwrap();
        sample(dir.path(), lang);
        let said = check(&python, &dir.path().join("run"), lang);
        assert_eq!(said.code, 0, "{}", said.stdout);
    }
}

//! What other programs make of the files of a run; `tests/readers` says which.

use std::path::Path;
use std::process::Command;

use crate::program::{city, done, mujun, python_with, said};

/// Runs the readers on a run directory.
fn read(python: &Path, run: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/readers.py");
    let said = said(&Command::new(python).arg(script).arg(run).output().unwrap());
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
}

#[test]
fn the_sample_is_read_without_loss_in_both_languages() {
    let Some(python) = python_with("tests/readers", "frictionless") else { return };
    let dir = tempfile::tempdir().unwrap();
    for lang in ["zh", "en"] {
        done(dir.path(), &["demo", "--lang", lang, "--out", lang]);
        read(&python, &dir.path().join(lang).join("run"));
    }
}

#[test]
fn a_city_of_several_row_groups_is_read_without_loss() {
    let Some(python) = python_with("tests/readers", "frictionless") else { return };
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 40_000, &["--overlapping-zones"]);
    let job = std::fs::read_to_string(city.join("job.toml")).unwrap();
    std::fs::write(city.join("job.toml"), job.replacen("\"geoparquet\"]", "\"geoparquet\", \"xlsx\", \"gpkg\"]\nlang = \"zh\"", 1))
        .unwrap();
    assert!(mujun(&city, &["run", "job.toml"]).code < 2);
    read(&python, &city.join("out"));
}

#[test]
fn readers_that_lose_something_say_so() {
    let Some(python) = python_with("tests/readers", "frictionless") else { return };
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &["demo", "--out", "demo"]);
    let package = dir.path().join("demo/run/datapackage.json");
    let text = std::fs::read_to_string(&package).unwrap();
    for (from, to) in [("\"unit\": \"mu\"", "\"unit\": \"ha\""), ("\"registered\",", ""), ("ledger/tracts.parquet", "ledger/tract.parquet")]
    {
        assert!(text.contains(from), "{from}");
        std::fs::write(&package, text.replace(from, to)).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/readers.py");
        let code = said(&Command::new(&python).arg(script).arg(dir.path().join("demo/run")).output().unwrap()).code;
        assert_ne!(code, 0, "{from}");
    }
}

//! A run opened in QGIS; `tests/qgis` says what is looked at there.

use std::path::Path;
use std::process::Command;

use crate::program::{Said, done, mujun, qgis, said};

/// Runs the checks of `tests/qgis` on a run.
fn check(python: &Path, run: &Path, lang: &str) -> Said {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qgis/check.py");
    let once = || said(&Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(&script).arg(run).arg(lang).output().unwrap());
    // The checks say how many faults they have found, also where an exception ends them. Without that line the process was killed: QGIS 3.22 now and then
    // crashes while it draws with several threads or takes its window down, on sound runs as on spoiled ones. That says nothing of the run, so once is forgiven.
    let is_whole = |said: &Said| said.stdout.contains(" faults\n");
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

#[test]
fn a_fault_on_the_map_is_found() {
    let Some(python) = qgis() else { return };
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path(), "en");
    let run = dir.path().join("run");
    let package = gdal::Dataset::open_ex(
        run.join("inventory.gpkg"),
        gdal::DatasetOptions { open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE, ..Default::default() },
    )
    .unwrap();
    // The theme of grades has other colours, and whoever opens a layer alone does not see its style; QGIS then takes the QML beside the GeoPackage, which is
    // that of the inventory.
    package.execute_sql("UPDATE inventory SET grade = 'B' WHERE grade = 'A'", None, gdal::vector::sql::Dialect::DEFAULT).unwrap();
    package.execute_sql("UPDATE layer_styles SET useAsDefault = 0, styleQML = ''", None, gdal::vector::sql::Dialect::DEFAULT).unwrap();
    package.close().unwrap();
    let said = check(&python, &run, "en");
    assert_eq!(said.code, 1, "{}", said.stdout);
    let faults = [
        "pixels differ from reference/grade.png",
        "grades on the map",
        "no parcel of grade A",
        "findings alone: no alias of severity",
        "tracts alone: no alias of parcels",
    ];
    for fault in faults {
        assert!(said.stdout.contains(fault), "no word of `{fault}`:\n{}", said.stdout);
    }
    assert!(!said.stdout.contains("broke off"), "{}", said.stdout);
}

#[test]
fn a_run_without_its_maps_is_said_to_have_none() {
    let Some(python) = qgis() else { return };
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &["demo", "--out", "demo"]);
    std::fs::write(dir.path().join("demo/run/inventory.qgz"), "spoiled").unwrap();
    let said = check(&python, &dir.path().join("demo/run"), "en");
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stdout.contains("QGIS cannot read the project"), "{}", said.stdout);
}

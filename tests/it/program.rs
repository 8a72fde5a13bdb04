//! The program as its users have it: a process with arguments, an exit code, two streams and files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use polars::prelude::DataFrame;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_mujun");

/// What a run of the program left on the terminal.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The program in `dir`, deaf to the settings of whoever runs the tests.
pub fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir).args(arguments).env_remove("MUJUN_THREADS").env("MUJUN_NO_PROGRESS", "1");
    command
}

pub fn said(output: &Output) -> Said {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Said { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

pub fn mujun(dir: &Path, arguments: &[&str]) -> Said {
    said(&command(dir, arguments).output().unwrap())
}

/// As [`mujun`], and it must be done without a blocking finding.
pub fn done(dir: &Path, arguments: &[&str]) -> Said {
    let said = mujun(dir, arguments);
    assert_eq!(said.code, 0, "mujun {arguments:?}: {}", said.stderr);
    said
}

/// A synthetic city in `dir/city`.
pub fn city(dir: &Path, parcels: u32, more: &[&str]) -> PathBuf {
    let count = parcels.to_string();
    done(dir, &[&["synth", "--parcels", &count, "--out", "city"], more].concat());
    dir.join("city")
}

/// Every file below `dir` by its path.
pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(dir: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                collect(&path, &format!("{name}/"), files);
            } else {
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    collect(dir, "", &mut all);
    all
}

/// The names of the files of two runs whose bytes differ, or that one of them alone has.
pub fn different(a: &Path, b: &Path) -> Vec<String> {
    let (a, b) = (files(a), files(b));
    let names = a.keys().chain(b.keys()).collect::<std::collections::BTreeSet<_>>();
    names.into_iter().filter(|name| a.get(*name) != b.get(*name)).cloned().collect()
}

pub fn table(path: &Path) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap()
}

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn numbers(table: &DataFrame, name: &str) -> Vec<Option<f64>> {
    table.column(name).unwrap().f64().unwrap().iter().collect()
}

pub fn texts(table: &DataFrame, name: &str) -> Vec<Option<String>> {
    table.column(name).unwrap().str().unwrap().iter().map(|v| v.map(str::to_owned)).collect()
}

/// The rows of a CSV file with a heading, as maps.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let bytes = std::fs::read(path).unwrap();
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    csv::Reader::from_reader(text).deserialize().map(Result::unwrap).collect()
}

/// The Python of the independent check; `None`, said on stderr, where there is none and nobody insists.
pub fn python() -> Option<PathBuf> {
    python_with("tests/oracle", "shapely")
}

/// The Python that has a package, one of those that a folder of checks lists.
pub fn python_with(checks: &str, package: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let venv = std::env::var_os("MUJUN_VENV").map_or_else(|| root.join(".venv"), PathBuf::from);
    let python = venv.join("bin/python");
    let has = Command::new(&python).args(["-c", &format!("import {package}")]).output().is_ok_and(|output| output.status.success());
    needed(has, &format!("no Python with the packages of {checks}: run scripts/setup")).then_some(python)
}

/// Real data beside the checkout.
pub fn data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    needed(data.is_dir(), "no ../shared/data").then_some(data)
}

/// Whether the test can run. In continuous integration it must.
fn needed(there: bool, lack: &str) -> bool {
    if !there {
        assert!(std::env::var_os("CI").is_none(), "{lack}");
        eprintln!("NOT RUN: {lack}");
    }
    there
}

/// Runs the row-by-row comparison of `tests/oracle`; more arguments are tolerances.
pub fn compare(python: &Path, job: &Path, run: &Path, more: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/oracle.py");
    let output = Command::new(python).arg(script).arg("compare").arg(job).arg(run).args(more).output().unwrap();
    let said = said(&output);
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
}

//! Every layer of the public data as the parcels of a job: what a run makes of it, held against a table that was reviewed.

use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use crate::doctor::{array, public_files, told};
use crate::program::{data, files, mujun};

/// A projected CRS in which the data of all continents have a place.
const WORLD: &str = "EPSG:6933";

/// A layer of a file, as `mujun doctor` tells of it; null where it tells of none.
struct Case {
    file: String,
    layer: Value,
}

impl Case {
    /// A job that takes it for parcels; its first column is the identifier. A layer without a CRS gets one by the size of its coordinates.
    fn job(&self, data: &Path) -> String {
        let text = |value: &Value| toml::Value::String(value.as_str().unwrap_or_default().to_owned()).to_string();
        let path = toml::Value::String(data.join(&self.file).display().to_string());
        let mut job = format!("as_of = 2025-12-31\nformats = []\noutput = 'out'\n[crs]\ncompute = '{WORLD}'\n[parcels]\npath = {path}\n");
        if self.layer["name"].as_str().is_some_and(|name| !name.is_empty()) {
            job += &format!("layer = {}\n", text(&self.layer["name"]));
        }
        if self.layer["crs"].is_null() {
            let farthest = array(&self.layer["extent"]).iter().filter_map(Value::as_f64).fold(0.0, |most: f64, side| most.max(side.abs()));
            job += &format!("crs = '{}'\n", if farthest <= 180.0 { "EPSG:4326" } else { WORLD });
        }
        if let Some(column) = array(&self.layer["columns"]).first() {
            job += &format!("[parcels.fields]\nparcel_id = {}\n", text(&column["name"]));
        }
        job
    }

    /// File, layer, exit code, and what was read and found, or why nothing was.
    fn line(&self, data: &Path) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("job.toml"), self.job(data)).unwrap();
        let said = mujun(dir.path(), &["run", "job.toml", "--quiet", "--format", "json"]);
        assert!((0..=2).contains(&said.code) && !said.stderr.contains("panicked"), "{}: {}", self.file, said.stderr);
        let what = if said.code == 2 {
            assert!(said.stderr.contains("hint: "), "{}: {}", self.file, said.stderr);
            assert!(files(dir.path()).len() == 1, "{}: a refused job has written something", self.file);
            refusal(&said.stderr, data)
        } else {
            taken(&serde_json::from_str(&said.stdout).unwrap(), dir.path())
        };
        let layer = self.layer["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("-");
        format!("{}\t{layer}\t{}\t{what}", self.file, said.code)
    }
}

/// Why a job was refused, without the hint and the place of the data.
fn refusal(stderr: &str, data: &Path) -> String {
    let said = stderr.replace(&format!("{}/", data.display()), "");
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
    said.split("; hint: ").next().unwrap_or_default().replace('\t', " ")
}

/// How many features were kept and rejected, and the codes of the findings that matter.
fn taken(said: &Value, dir: &Path) -> String {
    let findings = std::fs::read_to_string(dir.join("out/findings.csv")).unwrap();
    let mut codes: Vec<String> = csv::Reader::from_reader(findings.trim_start_matches('\u{feff}').as_bytes())
        .records()
        .map(|record| record.unwrap())
        .filter(|record| &record[0] != "info")
        .map(|record| record[1].to_owned())
        .collect();
    codes.sort();
    codes.dedup();
    format!("{} kept, {} rejected\t{}", said["parcels"], said["rejects"], codes.join(" ")).trim_end().to_owned()
}

#[test]
fn public_files_are_taken_or_refused_as_was_reviewed() {
    let Some(data) = data() else { return };
    let names = public_files(&data);
    let (_, said) = told(&data, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let cases: Vec<Case> = array(&said["files"])
        .iter()
        .flat_map(|file| {
            let name = file["file"].as_str().unwrap().to_owned();
            let layers = array(&file["layers"]);
            let layers = if layers.is_empty() { vec![Value::Null] } else { layers.to_vec() };
            layers.into_iter().map(move |layer| Case { file: name.clone(), layer })
        })
        .filter(|case| !case.file.ends_with(".prj"))
        .collect();
    let mut found: Vec<String> = cases.par_iter().map(|case| case.line(&data)).collect();
    found.sort();
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/jobs.tsv");
    let head = "# What `mujun run` makes of every layer of the public data as the parcels of a job whose identifier is its first column.\n\
                # file, layer, exit code, what was read, findings but those for the record (or why the job was refused).\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&table, format!("{head}{}\n", found.join("\n"))).unwrap();
    }
    let expected = std::fs::read_to_string(&table).unwrap();
    let expected: Vec<&str> = expected.lines().filter(|line| !line.starts_with('#')).collect();
    let missing: Vec<&&str> = expected.iter().filter(|line| !found.iter().any(|own| own == **line)).collect();
    let new: Vec<&String> = found.iter().filter(|own| !expected.contains(&own.as_str())).collect();
    assert!(missing.is_empty() && new.is_empty(), "expected: {missing:#?}\nfound: {new:#?}");
}

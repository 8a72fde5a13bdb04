//! Same inputs, same bytes: at any thread count, in any order of the rows, over an earlier run.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::program::{city, different, done, files, json, mujun, rows};

#[test]
fn threads_change_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 2000, &[]);
    for threads in ["1", "8"] {
        done(&city, &["run", "job.toml", "--threads", threads, "--out", threads]);
    }
    assert_eq!(different(&city.join("1"), &city.join("8")), ["timings.json"]);
}

/// Findings without the row that they point to, which a shuffle changes.
fn findings(run: &std::path::Path) -> Vec<BTreeMap<String, String>> {
    let mut all = rows(&run.join("findings.csv"));
    all.iter_mut().for_each(|row| drop(row.remove("row").unwrap()));
    all.sort();
    all
}

/// The manifest without what tells one order of the input rows from another.
fn manifest(run: &std::path::Path) -> Value {
    let mut manifest = json(&run.join("run.json"));
    for input in manifest["inputs"].as_array_mut().unwrap() {
        input.as_object_mut().unwrap().remove("sha256").unwrap();
        input.as_object_mut().unwrap().remove("bytes").unwrap();
    }
    manifest["outputs"].as_array_mut().unwrap().retain(|o| {
        let path = o["path"].as_str().unwrap();
        !path.starts_with("findings.") && path != "datapackage.json"
    });
    manifest
}

#[test]
fn the_order_of_the_rows_changes_no_result() {
    let dir = tempfile::tempdir().unwrap();
    let plain = city(dir.path(), 2000, &[]);
    done(&plain, &["run", "job.toml", "--out", "../plain"]);
    std::fs::remove_dir_all(&plain).unwrap();
    let shuffled = city(dir.path(), 2000, &["--shuffle", "5"]);
    done(&shuffled, &["run", "job.toml", "--out", "../shuffled"]);
    let (a, b) = (dir.path().join("plain"), dir.path().join("shuffled"));
    // The package has the hashes of the findings.
    assert_eq!(different(&a, &b), ["datapackage.json", "findings.csv", "findings.parquet", "run.json", "timings.json"]);
    assert_eq!(findings(&a), findings(&b));
    assert_eq!(manifest(&a), manifest(&b));
}

#[test]
fn a_second_run_replaces_the_first_and_a_failed_one_leaves_it() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml"]);
    let first = files(&city.join("out"));
    std::fs::write(city.join("out/project.qgz"), "a user's").unwrap();
    done(&city, &["run", "job.toml"]);
    let mut second = files(&city.join("out"));
    assert_eq!(second.remove("project.qgz").unwrap(), b"a user's");
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());

    let job = std::fs::read_to_string(city.join("job.toml")).unwrap();
    std::fs::write(city.join("broken.toml"), job.replace("enterprises.csv", "enterprise.csv")).unwrap();
    let failed = mujun(&city, &["run", "broken.toml"]);
    assert_eq!((failed.code, failed.stdout.as_str()), (2, ""), "{}", failed.stderr);
    second.insert("project.qgz".into(), b"a user's".to_vec());
    assert_eq!(files(&city.join("out")), second);
    let beside: Vec<_> =
        std::fs::read_dir(&city).unwrap().map(|e| e.unwrap().file_name()).filter(|n| n.to_string_lossy().starts_with('.')).collect();
    assert!(beside.is_empty(), "{beside:?}");
}

/// Ctrl-C while results are being written.
#[test]
fn a_stopped_run_leaves_the_last_good_one() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20_000, &[]);
    std::fs::create_dir(city.join("out")).unwrap();
    for (name, text) in [("run.json", "the last good run"), ("inventory.geojson", "of another day")] {
        std::fs::write(city.join("out").join(name), text).unwrap();
    }
    let before = files(&city.join("out"));
    let hidden =
        || std::fs::read_dir(&city).unwrap().map(|e| e.unwrap().file_name()).find(|n| n.to_string_lossy().starts_with(".out.mujun-new-"));
    let mut child = crate::program::command(&city, &["run", "job.toml", "--quiet"]).spawn().unwrap();
    while hidden().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it could be stopped");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(hidden(), None);
    assert_eq!(files(&city.join("out")), before);
}

//! The demo: it runs, and what comes out is what the documents say.

use std::path::Path;
use std::process::Command;

use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use sha2::{Digest, Sha256};

use crate::source::{paths, read, root};

fn mujun(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mujun")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_demo_is_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let said = mujun(&["demo", "--no-progress", "--out", out.to_str().unwrap()]);
    let explained = said.lines().find_map(|l| l.split_once("mujun explain ")).map(|(_, rest)| rest.rsplit_once(' ').unwrap()).unwrap();
    assert_eq!(Path::new(explained.0), out.join("run"));
    assert!(mujun(&["explain", explained.0, explained.1]).contains("floor_area_m2 / area_m2"), "{said}");

    let page = read("docs/outputs.md");
    let mut missing = Vec::new();
    for name in files(&out.join("run"), "") {
        if !page.contains(&format!("`{name}`")) {
            missing.push(name.clone());
        }
        if name.ends_with(".parquet") {
            let file = std::fs::File::open(out.join("run").join(&name)).unwrap();
            let columns = ParquetReader::new(file).finish().unwrap().get_column_names_owned();
            let documented = |column: &str| {
                let pattern = if column.starts_with("zone_") && column != "zone_name" { "zone_<kind>" } else { column };
                let share = column.starts_with("share_") && column.len() > "share_x".len();
                page.contains(&format!("`{}`", if share { "share_<kind>" } else { pattern }))
            };
            missing.extend(columns.iter().filter(|c| !documented(c)).map(|c| format!("{name}: {c}")));
        }
    }
    assert!(missing.is_empty(), "docs/outputs.md lacks {}", missing.join(", "));
}

/// The files of a folder, by their paths in it.
fn files(folder: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() { found.extend(files(&entry.path(), &format!("{name}/"))) } else { found.push(name) }
    }
    found.sort();
    found
}

#[test]
fn the_sample_is_what_its_readme_says() {
    let page = read("data/sample/README.md");
    for path in paths("data/sample").iter().filter(|p| p.ends_with(".gpkg") || p.ends_with(".csv")) {
        let digest = Sha256::digest(std::fs::read(root().join(path)).unwrap());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = path.rsplit('/').next().unwrap_or_default();
        assert!(page.contains(&format!("{hex}  {name}")), "{path} has sha256 {hex}");
    }
}

#[test]
fn the_sample_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let page = read("data/sample/README.md");
    let command = page.split('`').find(|c| c.starts_with("mujun synth ")).unwrap();
    let arguments: Vec<&str> = command.split(' ').skip(1).map(|a| if a == "DIR" { folder.path().to_str().unwrap() } else { a }).collect();
    mujun(&arguments);
    for path in paths("data/sample").iter().filter(|p| p.ends_with(".gpkg") || p.ends_with(".csv")) {
        let name = path.rsplit('/').next().unwrap_or_default();
        assert!(std::fs::read(folder.path().join(name)).unwrap() == std::fs::read(root().join(path)).unwrap(), "{name} differs");
    }
}

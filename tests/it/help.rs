//! What the program says about itself.

use std::path::Path;

use crate::program::{done, json, mujun, table};

const COMMANDS: [&str; 10] = ["run", "check", "explain", "rules", "audit", "demo", "synth", "schema", "completions", "man"];

#[test]
fn short_help_fits_79_columns_and_names_every_command() {
    let here = Path::new(".");
    let root = done(here, &["-h"]).stdout;
    for name in COMMANDS {
        assert!(root.contains(&format!("\n  {name}")), "{name} is not in\n{root}");
        for line in done(here, &[name, "-h"]).stdout.lines().chain(root.lines()) {
            assert!(line.chars().count() <= 79, "mujun {name} -h: {line}");
        }
    }
}

#[test]
fn man_page_and_completions_come_from_the_arguments() {
    let here = Path::new(".");
    let man = done(here, &["man"]).stdout;
    assert!(man.starts_with(".") || man.contains("\n.TH mujun"), "{}", man.chars().take(200).collect::<String>());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = done(here, &["completions", shell]).stdout;
        assert!(COMMANDS.iter().all(|name| script.contains(name)), "{shell}");
    }
}

#[test]
fn a_wrong_word_is_answered_with_the_right_one_on_stderr() {
    let said = mujun(Path::new("."), &["rum", "job.toml"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.contains("run"), "{}", said.stderr);
}

/// What the schema of a table says are its columns are its columns, and each says what it is.
#[test]
fn every_output_column_is_documented() {
    let dir = tempfile::tempdir().unwrap();
    let city = crate::program::city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml"]);
    for (schema, file) in [
        ("inventory", "inventory.parquet"),
        ("zone_shares", "ledger/zone_shares.parquet"),
        ("building_shares", "ledger/building_shares.parquet"),
        ("decisions", "ledger/decisions.parquet"),
        ("findings", "findings.parquet"),
    ] {
        let said: serde_json::Value = serde_json::from_str(&done(&city, &["schema", schema]).stdout).unwrap();
        let (known, patterns) = (said["properties"].as_object().unwrap(), said["patternProperties"].as_object());
        for column in table(&city.join("out").join(file)).get_column_names() {
            let by_pattern =
                patterns.is_some_and(|p| p.keys().any(|p| column.starts_with(p.trim_start_matches('^').split('.').next().unwrap())));
            let described = known.get(column.as_str()).is_some_and(|c| c["description"].as_str().is_some_and(|d| !d.is_empty()));
            assert!(
                described || by_pattern || column == "geometry" || column == "bbox",
                "{file}: `{column}` is not in the schema `{schema}`"
            );
        }
    }
    let fields = json(&city.join("out/run.json"));
    assert_eq!(fields["inputs"].as_array().unwrap().len(), 7);
}

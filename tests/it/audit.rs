//! The audit of published figures.

use std::path::Path;

use crate::program::{done, mujun};

#[test]
fn the_published_cases_come_out_as_stated() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = done(root, &["audit", "data/audit/cases-2025.toml"]).stdout;
    let row = |id: &str| table.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("no {id} in\n{table}"));
    assert!(row("C04.1 ").contains("3.27") && row("C04.1 ").ends_with("OK"), "{}", row("C04.1 "));
    assert!(row("C01.2 ").contains("1.8413") && row("C01.2 ").ends_with("NO"), "{}", row("C01.2 "));
    assert!(row("C10.3 ").ends_with("BASE"));
    let json: serde_json::Value =
        serde_json::from_str(&done(root, &["audit", "data/audit/cases-2025.toml", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["checks"].as_array().unwrap().len(), 115);
}

#[test]
fn the_example_of_the_document_runs() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md")).unwrap();
    let example: Vec<&str> =
        page.lines().skip_while(|line| !line.starts_with("    ")).take_while(|line| line.is_empty() || line.starts_with("    ")).collect();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("report.toml"), example.join("\n")).unwrap();
    let table = done(dir.path(), &["audit", "report.toml"]).stdout;
    let verdicts: Vec<&str> = table.lines().skip(1).take(4).map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(verdicts, ["OK", "OK", "NO", "OK"], "{table}");
}

#[test]
fn what_is_not_as_expected_ends_with_1_and_what_cannot_be_read_with_2() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("x.toml"), text).unwrap();
    let head =
        "title = 't'\n[[case]]\nid = 'p'\nname = 'n'\n[[case.check]]\nid = 'c'\nwhat = 'w'\nfigures = { a = '2 mu' }\nformula = 'a'\n";
    write(&format!("{head}published = '4 mu'\nexpect = {{ verdict = 'OK' }}\n"));
    let said = mujun(dir.path(), &["audit", "x.toml"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("c: the verdict is NO, expected OK"), "{}", said.stdout);
    write(&format!("{head}published = '3 mile'\n"));
    let said = mujun(dir.path(), &["audit", "x.toml"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.contains("x.toml:10:13: `mile` is no unit"), "{}", said.stderr);
}

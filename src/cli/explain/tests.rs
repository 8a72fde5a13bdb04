use super::*;
use crate::write::fixture;

fn run() -> tempfile::TempDir {
    let parent = tempfile::tempdir().unwrap();
    fixture::write(&fixture::outcome(), &parent.path().join("run"));
    parent
}

#[test]
fn every_figure_is_led_back_to_its_rows() {
    let parent = run();
    let text = render::human(&explain(&parent.path().join("run"), "P1").unwrap());
    insta::assert_snapshot!(text);
}

#[test]
fn the_json_has_facts_as_an_object() {
    let parent = run();
    let json = render::machine(&explain(&parent.path().join("run"), "P1").unwrap());
    assert_eq!(json["decisions"][0]["facts"]["tax_per_mu_wan"], 10.0);
    let far = json["figures"].as_array().unwrap().iter().find(|f| f["name"] == "far").unwrap();
    assert_eq!((&far["value"], &far["formula"]["agrees"]), (&0.5.into(), &true.into()));
}

#[test]
fn an_unknown_code_gets_near_matches() {
    let parent = run();
    let error = explain(&parent.path().join("run"), "P10000000000x").err().unwrap();
    assert_eq!(error.to_string(), "no parcel `P10000000000x` in this run; hint: did you mean `P100000000000`");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_directory_without_a_run_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    assert!(matches!(explain(parent.path(), "P1"), Err(CliError::NotARun { .. })));
}

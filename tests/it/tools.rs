//! The toolbox from the job file to `explain`: three parcels of idle land, one ripe, one too young, one of which nothing is known.

use std::path::Path;

use serde_json::json;

use crate::program::{different, done, table, texts};

const JOB: &str = r#"
name = "idle"
as_of = 2025-12-31
rules = ["shanghai"]
output = "out"
formats = ["geoparquet"]
[crs]
compute = "EPSG:4528"
[parcels]
path = "parcels.geojson"
[parcels.fields]
parcel_id = "code"
tenure = "tenure"
works_started = "started"
idle_years = "idle"
idle_cause = "cause"
"#;

/// A square of some hundred metres with these attributes.
fn feature(place: u8, properties: &serde_json::Value) -> serde_json::Value {
    let west = 121.2 + f64::from(place) * 0.01;
    let ring = [[west, 31.2], [west + 0.003, 31.2], [west + 0.003, 31.203], [west, 31.203], [west, 31.2]];
    json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

fn write_job(dir: &Path) {
    let features = [
        feature(0, &json!({ "code": "ripe", "tenure": "state", "started": "否", "idle": 2.4, "cause": "enterprise" })),
        feature(1, &json!({ "code": "young", "tenure": "state", "started": "否", "idle": 1.4, "cause": "enterprise" })),
        feature(2, &json!({ "code": "blank", "tenure": null, "started": null, "idle": null, "cause": null })),
    ];
    let layer = json!({ "type": "FeatureCollection", "features": features });
    std::fs::write(dir.join("parcels.geojson"), layer.to_string()).unwrap();
    std::fs::write(dir.join("job.toml"), JOB).unwrap();
}

#[test]
fn idle_land_is_matched_explained_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    write_job(dir.path());
    done(dir.path(), &["run", "job.toml"]);
    let inventory = table(&dir.path().join("out/inventory.parquet"));
    let of = |column: &str| texts(&inventory, column).into_iter().map(Option::unwrap).collect::<Vec<_>>();
    assert_eq!(of("parcel_id"), ["blank", "ripe", "young"]);
    assert_eq!(of("tools"), ["", "1-1", ""]);
    assert!(of("needs_data")[0].starts_with("1-1 1-2 1-3 ") && !of("needs_data")[2].starts_with("1-1 "));

    let decisions = table(&dir.path().join("out/ledger/decisions.parquet"));
    let (parcels, rules) = (texts(&decisions, "parcel_id"), texts(&decisions, "rule_id"));
    let keys: Vec<_> = parcels.iter().zip(&rules).collect();
    assert!(keys.is_sorted(), "by parcel and rule");
    assert_eq!(rules.iter().flatten().filter(|id| id.starts_with("shanghai.toolbox.")).count(), 3 * 41);
    let row = keys.iter().position(|(p, r)| p.as_deref() == Some("young") && r.as_deref() == Some("shanghai.toolbox.1-1")).unwrap();
    let said = |column: &str| texts(&decisions, column)[row].clone().unwrap();
    assert_eq!(
        (said("verdict"), said("reasons"), said("facts")),
        ("no".into(), "excluded, not true: idle_years >= 2".into(), r#"{"idle_years":1.4}"#.into())
    );

    let by_tool = table(&dir.path().join("out/summary/by_tool.parquet"));
    let parcels: i64 = by_tool.column("parcels").unwrap().get(0).unwrap().try_extract().unwrap();
    assert_eq!((texts(&by_tool, "key"), parcels), (vec![Some("1-1".into())], 1));
    assert_eq!(table(&dir.path().join("out/ledger/tools.parquet")).height(), 41);
}

#[test]
fn explain_says_what_to_confirm_how_far_it_is_and_what_lacks() {
    let dir = tempfile::tempdir().unwrap();
    write_job(dir.path());
    done(dir.path(), &["run", "job.toml"]);
    let text = |parcel: &str| done(dir.path(), &["explain", "out", parcel]).stdout;
    let tools = |parcel: &str| text(parcel).split("\ntools\n").nth(1).unwrap().split("\nrules\n").next().unwrap().to_owned();
    insta::assert_snapshot!(tools("ripe").split("  excluded\n").next().unwrap());
    assert!(tools("young").contains("excluded, not true: idle_years >= 2\n      nearest change: idle_years 1.4 → 2: 0.6 years more\n"));
    assert!(tools("blank").contains("    works_started: under [parcels.fields], works_started = \"<column of the source>\"\n"));
    assert!(tools("blank").contains("  could apply\n    none\n"));
    for parcel in ["ripe", "young", "blank"] {
        assert!(!text(parcel).contains("applied"), "no tool is applied by the program");
    }
    let json: serde_json::Value = serde_json::from_str(&done(dir.path(), &["explain", "out", "ripe", "--format", "json"]).stdout).unwrap();
    let first = &json["tools"][0];
    assert_eq!((&first["route"], &first["verdict"], &first["steps"]), (&json!("1-1"), &json!("yes"), &json!(3)));
    assert_eq!(first["legal"][0]["articles"], json!(["4", "14"]));
    assert_eq!(first["lead"][0]["id"], json!("district-planning"));
}

#[test]
fn threads_change_no_byte_of_the_decisions() {
    let dir = tempfile::tempdir().unwrap();
    write_job(dir.path());
    for threads in ["1", "8"] {
        done(dir.path(), &["run", "job.toml", "--threads", threads, "--out", threads]);
    }
    assert_eq!(different(&dir.path().join("1"), &dir.path().join("8")), ["timings.json"]);
}

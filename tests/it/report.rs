//! The report as a file: the same bytes from a run and from its directory, whatever the threads; what it holds is what the run says. How it looks and what its
//! controls do is tried in a browser by `tests/report`.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::{city, done, files, json, mujun, table, texts};

/// A city whose towns and parcels have names that would be markup.
const TOWN: &str = "</script><script>alert(1)</script>";

fn with_report(dir: &Path) {
    let job = city(dir, 300, &[]).join("job.toml");
    let text = std::fs::read_to_string(&job).unwrap();
    let text = text.replace(r#"formats = ["geojson", "geoparquet"]"#, r#"formats = ["report"]"#);
    assert!(text.contains(r#"["report"]"#), "{text}");
    std::fs::write(job, text).unwrap();
}

/// A packed block of the page.
fn block(page: &str, name: &str) -> String {
    let (_, after) = page.split_once(&format!("id=\"{name}\">")).unwrap();
    after.split_once("</script>").unwrap().0.to_owned()
}

fn unpacked(text: &str) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec_zlib(&STANDARD.decode(text).unwrap()).unwrap()
}

fn facts(page: &str) -> Value {
    serde_json::from_slice(&unpacked(&block(page, "facts"))).unwrap()
}

#[test]
fn a_run_and_its_directory_give_the_same_report_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    with_report(dir.path());
    done(dir.path(), &["run", "city/job.toml", "--out", "one", "--threads", "1"]);
    done(dir.path(), &["run", "city/job.toml", "--out", "two", "--threads", "4"]);
    let of = |run: &str| std::fs::read(dir.path().join(run).join("report.html")).unwrap();
    let first = of("one");
    assert!(first == of("two"), "threads make a difference");

    let recorded = json(&dir.path().join("one/run.json"))["outputs"].as_array().unwrap().clone();
    let own = recorded.iter().find(|file| file["path"] == "report.html").unwrap();
    let hash: String = Sha256::digest(&first).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((own["sha256"].as_str(), own["bytes"].as_u64()), (Some(hash.as_str()), Some(first.len() as u64)));

    let before = files(&dir.path().join("one"));
    std::fs::remove_file(dir.path().join("one/report.html")).unwrap();
    let said = done(dir.path(), &["report", "one"]);
    assert_eq!(said.stdout, "written: one/report.html\n");
    assert!(before == files(&dir.path().join("one")), "the report that is made anew is another, or other files have changed");
}

#[test]
fn the_report_holds_what_the_run_says() {
    let dir = tempfile::tempdir().unwrap();
    with_report(dir.path());
    done(dir.path(), &["run", "city/job.toml", "--out", "run"]);
    let run = dir.path().join("run");
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let (facts, manifest) = (facts(&page), json(&run.join("run.json")));
    assert_eq!(facts["parcels"], 300);
    assert_eq!((&facts["manifest"]["inputs"], &facts["manifest"]["rule_packs"]), (&manifest["inputs"], &manifest["rule_packs"]));
    let towns = table(&run.join("summary/by_town.parquet"));
    assert_eq!(facts["tables"]["by_town"]["rows"].as_array().unwrap().len(), towns.height());
    assert_eq!(facts["tables"]["by_town"]["columns"][0]["label"], serde_json::json!(["街镇", "Town"]));

    let inventory = table(&run.join("inventory.parquet"));
    let columns = unpacked(&block(&page, "columns"));
    let place = |name: &str| facts["layout"].as_array().unwrap().iter().find(|place| place["name"] == name).unwrap().clone();
    let bytes = |place: &Value| {
        let from = usize::try_from(place["offset"].as_u64().unwrap()).unwrap();
        columns[from..from + usize::try_from(place["length"].as_u64().unwrap()).unwrap()].to_vec()
    };
    let ids: Vec<Option<String>> = serde_json::from_slice(&bytes(&place("parcel_id"))).unwrap();
    assert_eq!(ids, texts(&inventory, "parcel_id"));
    let grade = place("grade");
    let grades: Vec<Option<String>> = bytes(&grade)
        .iter()
        .map(|&number| (number > 0).then(|| grade["texts"][usize::from(number) - 1].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(grades, texts(&inventory, "grade"));

    let chunks: Vec<Value> = block(&page, "details").lines().map(|chunk| serde_json::from_slice(&unpacked(chunk)).unwrap()).collect();
    let reason = facts["details"]["columns"].as_array().unwrap().iter().position(|name| name == "grade_reason").unwrap();
    let reasons: Vec<Option<String>> = chunks
        .iter()
        .flat_map(|chunk| chunk["columns"][reason].as_array().unwrap().clone())
        .map(|cell| cell.as_str().map(str::to_owned))
        .collect();
    assert_eq!(reasons, texts(&inventory, "grade_reason"));
    let decided: usize =
        chunks.iter().flat_map(|chunk| chunk["decisions"].as_array().unwrap()).map(|own| own.as_array().unwrap().len()).sum();
    assert_eq!(decided, table(&run.join("ledger/decisions.parquet")).height());
}

#[test]
fn names_are_never_markup_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let ring = serde_json::json!([[121.2, 31.2], [121.203, 31.2], [121.203, 31.203], [121.2, 31.203], [121.2, 31.2]]);
    let feature = serde_json::json!({
        "type": "Feature", "properties": { "code": "<b>", "town": TOWN }, "geometry": { "type": "Polygon", "coordinates": [ring] },
    });
    std::fs::write(dir.path().join("p.geojson"), serde_json::json!({ "type": "FeatureCollection", "features": [feature] }).to_string())
        .unwrap();
    let job = "name = \"<script>\"\nas_of = 2025-12-31\nrules = []\noutput = \"out\"\nformats = [\"report\"]\n[parcels]\npath = \"p.geojson\"\n\
               [parcels.fields]\nparcel_id = \"code\"\ntown = \"town\"\n";
    std::fs::write(dir.path().join("job.toml"), job).unwrap();
    let said = mujun(dir.path(), &["run", "job.toml"]);
    assert!(said.code < 2, "{}", said.stderr);
    let page = std::fs::read_to_string(dir.path().join("out/report.html")).unwrap();
    assert!(!page.contains("alert(1)"), "a name stands in the page as it is");
    let facts = facts(&page);
    assert_eq!((&facts["manifest"]["job"], &facts["towns"][0]["name"]), (&"<script>".into(), &TOWN.into()));
    // Three blocks and the script of the page, no more.
    assert_eq!(page.matches("<script").count(), 4);
}

#[test]
fn a_run_of_an_earlier_version_has_a_report_and_what_is_no_run_has_none() {
    let dir = tempfile::tempdir().unwrap();
    with_report(dir.path());
    done(dir.path(), &["run", "city/job.toml", "--out", "run"]);
    for ledger in ["due_list", "tracts", "tools"] {
        std::fs::remove_file(dir.path().join(format!("run/ledger/{ledger}.parquet"))).unwrap();
    }
    // Such a run does not say its language either.
    let manifest = dir.path().join("run/run.json");
    let mut of_then = json(&manifest);
    assert_eq!(of_then["settings"].as_object_mut().unwrap().remove("lang"), Some("en".into()));
    std::fs::write(&manifest, of_then.to_string()).unwrap();
    done(dir.path(), &["report", "run"]);
    let page = std::fs::read_to_string(dir.path().join("run/report.html")).unwrap();
    assert_eq!(facts(&page)["manifest"]["settings"]["lang"], "en");
    let parcel = texts(&table(&dir.path().join("run/inventory.parquet")), "parcel_id")[0].clone().unwrap();
    assert!(done(dir.path(), &["explain", "run", &parcel]).stdout.contains("area_m2"));

    std::fs::remove_file(dir.path().join("run/inventory.parquet")).unwrap();
    let said = mujun(dir.path(), &["report", "run"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.starts_with("error: cannot read `run/inventory.parquet`"), "{}", said.stderr);
    let said = mujun(dir.path(), &["report", "city"]);
    assert_eq!((said.code, said.stderr.lines().next()), (2, Some("error: `city` holds no run (no `run.json`)")));
}

//! What people read of a Chinese run is Chinese, and what it says of the land is what the English run says.

use std::path::Path;

use polars::prelude::DataFrame;

use crate::program::{done, mujun, rows, table, texts};

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// The rows of a table without the columns that people read.
fn facts(path: &Path) -> DataFrame {
    let table = table(path);
    table.drop_many(["reasons", "reason", "grade_reason", "low_efficiency_reason", "message", "hint"])
}

#[test]
fn a_chinese_run_speaks_chinese_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for lang in ["zh", "en"] {
        done(dir.path(), &["demo", "--lang", lang, "--out", lang]);
    }
    let [zh, en] = ["zh", "en"].map(|lang| dir.path().join(lang).join("run"));
    let (chinese, english) = (rows(&zh.join("findings.csv")), rows(&en.join("findings.csv")));
    assert_eq!(chinese.len(), english.len());
    let codes = |rows: &[std::collections::BTreeMap<String, String>]| {
        let mut codes: Vec<_> = rows.iter().map(|row| (row["code"].clone(), row["row"].clone(), row["feature_id"].clone())).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes(&chinese), codes(&english));
    for row in &chinese {
        assert!(is_chinese(&row["message"]), "{row:?}");
        assert!(row["hint"].is_empty() || is_chinese(&row["hint"]), "{row:?}");
    }
    let inventory = table(&zh.join("inventory.parquet"));
    assert!(texts(&inventory, "grade_reason").iter().flatten().all(|reason| is_chinese(reason)));
    let decisions = table(&zh.join("ledger/decisions.parquet"));
    for (rule, reason) in texts(&decisions, "rule_id").iter().zip(texts(&decisions, "reasons")) {
        let (rule, reason) = (rule.clone().unwrap(), reason.unwrap_or_default());
        if [".toolbox.", ".grading.", ".standards.", ".life_cycle.", ".slivers."].iter().any(|kind| rule.contains(kind)) {
            assert!(is_chinese(&reason), "{rule}: {reason}");
        }
    }
    for file in ["inventory.parquet", "ledger/decisions.parquet", "ledger/zone_shares.parquet", "summary/by_town.parquet"] {
        assert!(facts(&zh.join(file)).equals_missing(&facts(&en.join(file))), "{file}");
    }
}

#[test]
fn errors_and_explanations_are_chinese() {
    let dir = tempfile::tempdir().unwrap();
    let said = mujun(dir.path(), &["--lang", "zh", "run", "no.toml"]);
    assert!(said.code == 2 && is_chinese(&said.stderr), "{}", said.stderr);
    let said = mujun(dir.path(), &["explain", "nowhere", "1", "--lang", "zh"]);
    assert!(said.code == 2 && is_chinese(&said.stderr), "{}", said.stderr);
    done(dir.path(), &["demo", "--lang", "zh", "--out", "demo"]);
    let inventory = table(&dir.path().join("demo/run/inventory.parquet"));
    let parcel = texts(&inventory, "parcel_id").into_iter().flatten().next().unwrap();
    let said = done(dir.path(), &["explain", "demo/run", &parcel]);
    let lines: Vec<&str> = said.stdout.lines().filter(|line| !line.trim().is_empty()).collect();
    let chinese = lines.iter().filter(|line| is_chinese(line)).count();
    assert!(chinese * 2 > lines.len(), "{chinese} of {} lines: {}", lines.len(), said.stdout);
}

#[test]
fn faults_of_rules_are_chinese() {
    let dir = tempfile::tempdir().unwrap();
    let check = |text: &str, codes: &[&str]| {
        std::fs::write(dir.path().join("zones.toml"), text).unwrap();
        let said = mujun(dir.path(), &["rules", "check", "zones.toml", "--lang", "zh", "--format", "json"]);
        let told: serde_json::Value = serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}", said.stderr));
        let faults = told["faults"].as_array().unwrap();
        let text = |fault: &serde_json::Value, key: &str| fault[key].as_str().unwrap().to_owned();
        assert_eq!(faults.iter().map(|fault| text(fault, "code")).collect::<Vec<_>>(), codes);
        assert!(faults.iter().all(|fault| is_chinese(&text(fault, "message")) && is_chinese(&text(fault, "hint"))), "{}", said.stdout);
        let said = mujun(dir.path(), &["rules", "check", "zones.toml", "--lang", "zh"]);
        assert!(!said.stdout.contains("hint") && said.stdout.matches("建议：").count() == codes.len(), "{}", said.stdout);
    };
    let rule = |rest: &str| {
        let head = "id = \"a\"\nname = \"a\"\nname_zh = \"甲\"\nsource = { document = \"文\", article = \"一\" }\nvalid_from = 2025-01-01\nverified = true\n";
        format!("[[rule]]\n{head}inside_min = 0.99\noutside_max = 0.01\ntolerance_m2 = 1.0\n{rest}")
    };
    let class = |when: &str| format!("tolerance_m = 0.1\nclasses = [{{ id = \"x\", name_zh = \"乙\", when = \"{when}\" }}]\n");
    check("[[rule]\n", &["toml"]);
    check(&rule("tolerance_m = \"0.1\"\nclasses = []\nodd = 1\n"), &["wrong_type", "unknown_key"]);
    check(&rule(&class("far > > 1")), &["condition"]);
    check(&rule(&class("far AND far > 1")), &["condition"]);
    check(&rule(&class("share_a > 60")), &["unit_mismatch"]);
    check(&rule(&class("far > 1 AND far < 1")), &["never_true"]);
    check(&rule(&class("far < 1")).replace("0.01", "-0.01"), &["out_of_range"]);
    let said = mujun(dir.path(), &["rules", "check", "nowhere", "--lang", "zh"]);
    assert!(said.code == 2 && said.stderr.lines().all(is_chinese), "{}", said.stderr);
}

#[test]
fn cases_of_rules_hold_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &["rules", "test", "--lang", "zh"]);
}

#[test]
fn refusals_of_jobs_and_features_are_chinese() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = "parcels = { path = 'https://x/a.gpkg', fields = { twon = 'a' } }\nformats = ['pdf']\ncrs = 3\n\
                 [stop]\nmax_rejects_share = 5\n[[zones]]\nkind = 'A'\npath = 'z.gpkg'\n";
    std::fs::write(dir.path().join("job.toml"), wrong).unwrap();
    let said = mujun(dir.path(), &["run", "job.toml", "--lang", "zh"]);
    let faults: Vec<&str> = said.stderr.lines().filter(|line| line.contains("job.toml:") || line.starts_with("建议")).collect();
    assert!(said.code == 2 && faults.len() > 8 && faults.iter().all(|line| is_chinese(line)), "{}", said.stderr);

    let square = "[[[40500000, 3460000], [40500100, 3460000], [40500100, 3460100], [40500000, 3460000]]]";
    let odd = [
        ("Polygon", square),
        ("Polygon", "[]"),
        ("LineString", "[[40500000, 3460000], [40500100, 3460000]]"),
        ("Polygon", "[[[1e12, 0], [1, 0], [1, 1], [1e12, 0]]]"),
    ];
    let feature = |(id, (kind, coordinates)): (usize, &(&str, &str))| {
        format!(
            "{{\"type\": \"Feature\", \"properties\": {{\"parcel_id\": \"{id}\"}}, \
             \"geometry\": {{\"type\": \"{kind}\", \"coordinates\": {coordinates}}}}}"
        )
    };
    let features: Vec<String> = odd.iter().enumerate().map(feature).collect();
    let layer = format!("{{\"type\": \"FeatureCollection\", \"features\": [{}]}}", features.join(", "));
    std::fs::write(dir.path().join("parcels.geojson"), layer).unwrap();
    let job = "as_of = 2025-12-31\nrules = ['zhejiang']\noutput = 'out'\nlang = 'zh'\n[crs]\ncompute = 'EPSG:4528'\n\
               [parcels]\npath = 'parcels.geojson'\ncrs = 'EPSG:4528'\n";
    std::fs::write(dir.path().join("job.toml"), job).unwrap();
    let said = mujun(dir.path(), &["run", "job.toml"]);
    let findings = rows(&dir.path().join("out/findings.csv"));
    let refused: Vec<_> = findings.iter().filter(|row| row["code"].starts_with("geometry.")).collect();
    assert!(refused.len() >= 3 && refused.iter().all(|row| is_chinese(&row["message"])), "{refused:?} {}", said.stderr);
    std::fs::write(dir.path().join("job.toml"), format!("{job}[stop]\nmax_rejects_share = 0.1\n")).unwrap();
    let said = mujun(dir.path(), &["run", "job.toml"]);
    assert!(said.code == 1 && said.stderr.contains("占 75.0 %，超过 `stop.max_rejects_share` 允许的 10.0 %"), "{}", said.stderr);
}

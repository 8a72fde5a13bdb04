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
        if rule.contains(".toolbox.") || rule.contains(".grading.") {
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
fn cases_of_rules_hold_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &["rules", "test", "--lang", "zh"]);
}

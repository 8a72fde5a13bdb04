//! What people read of a Chinese run is Chinese, and what it says of the land is what the English run says.

use std::path::Path;

use polars::prelude::DataFrame;

use crate::doctor::BOUNDARY_POINTS;
use crate::program::{Said, city, done, files, mujun, rows, table, texts};

/// Whether a text has Chinese characters and no English sentence.
fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) && english(text).is_none()
}

/// The first three small English words in a row; what stands in backticks is a name, and two spaces end a cell.
fn english(text: &str) -> Option<String> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let in_cell = |cell: &str| {
        let words: Vec<&str> = cell.split_whitespace().collect();
        let found = words.windows(3).find(|three| {
            let ends = [three[0].trim_start_matches(['(', '"', '#']), three[1], three[2].trim_end_matches([')', '"', ',', '.', ':', ';'])];
            ends.into_iter().all(is_word)
        });
        found.map(|three| three.join(" "))
    };
    let without_names = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    text.lines().find_map(|line| without_names(line).split("  ").find_map(in_cell))
}

/// What the program says in Chinese, which must be all that it says.
fn in_chinese(dir: &Path, arguments: &[&str]) -> Said {
    let said = mujun(dir, &[&["--lang", "zh"], arguments].concat());
    for text in [&said.stdout, &said.stderr] {
        assert_eq!(english(text), None, "mujun {arguments:?}:\n{text}");
    }
    assert!(is_chinese(&said.stdout) || is_chinese(&said.stderr), "mujun {arguments:?}: {}{}", said.stdout, said.stderr);
    said
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
fn a_file_that_cannot_be_read_is_told_without_a_key_of_a_job() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.gpkg"), "nope").unwrap();
    let said = in_chinese(dir.path(), &["doctor", "a.gpkg"]);
    assert!(said.code == 1 && !said.stdout.contains("file.path"), "{}", said.stdout);
    assert!(said.stdout.contains("：文件 `a.gpkg`"), "{}", said.stdout);
    // Machines get the same codes.
    let [zh, en] = ["zh", "en"].map(|lang| mujun(dir.path(), &["--lang", lang, "doctor", "--format", "json", "a.gpkg"]).stdout);
    let problem = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["files"][0]["problems"][0].clone();
    for key in ["severity", "code", "who"] {
        assert_eq!(problem(&zh)[key], problem(&en)[key], "{key}");
    }
}

#[test]
fn doctor_and_init_speak_chinese_of_the_sample() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    for (name, bytes) in files(&sample).into_iter().filter(|(name, _)| !name.ends_with(".md")) {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    assert_eq!(in_chinese(dir.path(), &["doctor", "."]).code, 0);
    assert_eq!(in_chinese(dir.path(), &["init", ".", "--out", "made.toml"]).code, 0);
    let made = std::fs::read_to_string(dir.path().join("made.toml")).unwrap();
    assert!(is_chinese(&made), "{:?}\n{made}", english(&made));
    done(dir.path(), &["--lang", "zh", "run", "made.toml", "--out", "out"]);
}

#[test]
fn doctor_and_init_speak_chinese_of_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    city(dir.path(), 60, &["--format", "shp"]);
    std::fs::write(dir.path().join("宗地.txt"), BOUNDARY_POINTS.replace("坐标系=2000国家大地坐标系", "坐标系=")).unwrap();
    let tax = "统一社会信用代码,宗地代码,年度,税收\n91350100M000100Y43,3.10114E+18,2024,１２３\nA,310114001001GB00002,2024,5万元\n\
        91350211M0000XUF46,310114001001GB00002,2024,约3\n91350211M0000XUF46,310114001001GB00003,2024,\"1,234\"\n";
    std::fs::write(dir.path().join("企业.csv"), tax).unwrap();
    std::fs::write(dir.path().join("notes.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(dir.path().join("nothing.csv"), "a,b\n").unwrap();
    let said = in_chinese(dir.path(), &["doctor", "city", "宗地.txt", "企业.csv", "notes.csv", "nothing.csv"]);
    assert_eq!(said.code, 1, "{}", said.stdout);
    // The names of facts are as wide as each other, counted as a terminal does.
    assert!(said.stdout.contains("\n  驱动      国土TXT，1 个图层\n  记录数    2\n"), "{}", said.stdout);
    assert_eq!(in_chinese(dir.path(), &["init", "宗地.txt", "企业.csv", "notes.csv", "nothing.csv"]).code, 0);
    let made = std::fs::read_to_string(dir.path().join("job.toml")).unwrap();
    assert!(made.contains("\n# 存疑：") && !made.contains("not sure"), "{made}");
}

#[test]
fn what_has_to_be_filled_in_is_known_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    let polygon = "\"POLYGON ((512000 3456000, 512100 3456000, 512100 3456100, 512000 3456100, 512000 3456000))\"";
    std::fs::write(dir.path().join("宗地.csv"), format!("ZDDM,DLBM,WKT\n310114001001GB00001,0601,{polygon}\n")).unwrap();
    let said = in_chinese(dir.path(), &["init", "宗地.csv", "--out", "zh.toml"]);
    assert!(said.code == 1 && said.stdout.contains("请填写 `crs`"), "{}", said.stdout);
    assert_eq!(mujun(dir.path(), &["init", "宗地.csv", "--out", "en.toml"]).code, 1);
    let keys = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap().parse::<toml::Table>().unwrap();
    let [mut zh, mut en] = ["zh.toml", "en.toml"].map(keys);
    [&mut zh, &mut en].into_iter().for_each(|job| drop(job.remove("name")));
    assert_eq!(zh.remove("lang").unwrap().as_str(), Some("zh"));
    assert_eq!(zh, en);
}

#[test]
fn help_and_wrong_arguments_are_chinese_for_who_asks_in_chinese() {
    let here = Path::new(".");
    for arguments in [&["-h"][..], &["--help"], &["run", "--help"], &["rules", "-h"], &["rules", "show", "--help"], &["synth", "-h"]] {
        let said = in_chinese(here, arguments);
        assert!(said.code == 0 && said.stdout.contains("用法：mujun") && said.stdout.contains("\n选项:\n"), "{}", said.stdout);
    }
    for (arguments, what) in [
        (&["rum", "job.toml"][..], "错误：没有命令 `rum`\n建议：是否指 `run`？"),
        (&["run", "job.toml", "--outt", "x"], "错误：没有参数 `--outt`\n建议：是否指 `--out`？"),
        (&["run"], "错误：缺少参数 `<JOB>`\n建议：参数说明见 `--help`"),
        (&["check", "job.toml", "--as-of", "today"], "错误：`today` 不是参数 `--as-of <YYYY-MM-DD>` 的有效值\n"),
        (&["check", "job.toml", "--format", "xml"], "错误：`xml` 不是参数 `--format <FORMAT>` 的有效值\n建议：可用值为 human, json"),
        (&["check", "job.toml", "--out"], "错误：参数 `--out <FILE>` 须有值\n"),
        (&["check", "job.toml", "--out", "a", "--out", "b"], "错误：参数 `--out <FILE>` 重复\n"),
    ] {
        let said = in_chinese(here, arguments);
        assert!(said.code == 2 && said.stderr.starts_with(what), "{arguments:?}: {}", said.stderr);
    }
    let said = crate::program::said(&crate::program::command(here, &["check", "-h"]).env("MUJUN_LANG", "zh").output().unwrap());
    assert!(said.stdout.contains("[默认：human] [可选：human、json]"), "{}", said.stdout);
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
    let said = mujun(dir.path(), &["run", "job.toml", "--out", "parcels.geojson/out"]);
    assert!(said.code == 2 && said.stderr.contains("（系统错误代码"), "{}", said.stderr);
    std::fs::write(dir.path().join("job.toml"), format!("{job}[stop]\nmax_rejects_share = 0.1\n")).unwrap();
    let said = mujun(dir.path(), &["run", "job.toml"]);
    assert!(said.code == 1 && said.stderr.contains("占 75.0 %，超过 `stop.max_rejects_share` 允许的 10.0 %"), "{}", said.stderr);
}

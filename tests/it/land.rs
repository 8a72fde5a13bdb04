//! Declared figures of land contracts from the file of an office to the columns, the due list, the findings and `explain`.

use std::path::Path;

use polars::prelude::DataType;

use crate::program::{done, mujun, numbers, table, texts};

/// A square of 140 m, about 19,600 m², with attributes as an office writes them.
fn parcel(number: usize, attributes: &str) -> String {
    let (x, y) = (40_500_000 + 200 * number, 3_460_000);
    let ring = [(0, 0), (140, 0), (140, 140), (0, 140), (0, 0)].map(|(u, v)| format!("[{},{}]", x + u, y + v)).join(",");
    format!(
        r#"{{"type":"Feature","properties":{{"宗地代码":"P{number}",{attributes}}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
    )
}

const JOB: &str = r#"
name = "land"
as_of = 2025-12-31
rules = ["shanghai"]
output = "out"
formats = []
[crs]
compute = "EPSG:4528"
[parcels]
path = "parcels.geojson"
crs = "EPSG:4528"
[buildings]
path = "buildings.csv"
"#;

fn office(dir: &Path) {
    let parcels = [
        parcel(1, r#""土地用途":"1001","宗地面积":20000,"是否开工":"否","约定开工时间":"2024-06-30","计划投资":6000,"约定亩均投资":300"#),
        parcel(
            2,
            r#""土地用途":"1001","宗地面积":20000,"构筑物占地面积":500,"堆场占地面积":1500,"供地方式":"出让","产业项目类型":"标准厂房类","权利人类型":"园区平台","物业转让比例":0.6,"使用期限起":"2022-01-01","使用期限止":"2072-01-02""#,
        ),
        parcel(3, r#""土地用途":"1001","宗地面积":20000,"合同容积率":1.8"#),
    ];
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, parcels.join(","));
    std::fs::write(dir.join("parcels.geojson"), text).unwrap();
    let buildings = "宗地代码,幢号,计容建筑面积,基底面积\nP1,1,24000,6000\nP2,2,40000,8000\nP3,3,36000,9000\n";
    std::fs::write(dir.join("buildings.csv"), buildings).unwrap();
    std::fs::write(dir.join("job.toml"), JOB).unwrap();
}

#[test]
fn declared_figures_become_verdicts_days_and_land() {
    let dir = tempfile::tempdir().unwrap();
    office(dir.path());
    done(dir.path(), &["run", "job.toml"]);
    let inventory = table(&dir.path().join("out/inventory.parquet"));
    let text = |name: &str| texts(&inventory, name).into_iter().map(|t| t.unwrap_or_default()).collect::<Vec<_>>();
    // 24,000, 40,000 and 36,000 m² of floor on 20,000 m² of land: 1.2, 2.0 and 1.8.
    assert_eq!(text("standards_failed"), ["far-industrial", "", "far-industrial"]);
    assert_eq!(numbers(&inventory, "floor_area_to_target_m2"), [Some(16_000.0), Some(0.0), Some(4_000.0)]);
    assert_eq!(text("contract_failed"), ["start-agreed", "", ""]);
    assert_eq!(text("transfer_failed"), ["", "sale-share", ""]);
    assert_eq!(text("term_met"), ["unknown", "no", "unknown"]);
    // 6000 万元 at 300 万元/mu need 20 of 30 mu.
    assert_eq!(numbers(&inventory, "surplus_by_intensity_mu").first().copied().flatten().map(|mu| mu.round()), Some(10.0));
    assert_eq!(numbers(&inventory, "building_coefficient"), [None, Some(0.5), None]);
    let years = numbers(&inventory, "idle_years_computed")[0].unwrap();
    assert_eq!(format!("{years:.4}"), format!("{:.4}", 1.0 + 184.0 / 365.0));
    assert_eq!(text("overdue"), ["start", "", ""]);
    let due = inventory.column("next_due_date").unwrap();
    assert_eq!((due.dtype(), due.null_count()), (&DataType::Date, 2));

    let list = table(&dir.path().join("out/ledger/due_list.parquet"));
    assert_eq!(texts(&list, "what"), [Some("start".to_owned())]);
    let findings = std::fs::read_to_string(dir.path().join("out/findings.csv")).unwrap();
    assert!(findings.contains("due.overdue,parcels.geojson,parcels,"), "{findings}");
}

#[test]
fn explain_shows_standards_contract_and_due_list_with_their_articles() {
    let dir = tempfile::tempdir().unwrap();
    office(dir.path());
    done(dir.path(), &["run", "job.toml"]);
    let said = done(dir.path(), &["explain", "out", "P1"]).stdout;
    for line in [
        "target_far × area_m2 − floor_area_m2, at least 0 = 2.0 × 20,000.0 − 24,000.0 = 16,000.0",
        "area_m2 − land_needed_m2 = 20,000.0 − 13,333.3333 = 6,666.6667",
        "what start, due_date 2024-06-30, days -549, state overdue, rule_id shanghai.life_cycle.start",
        "shanghai.standards.far-industrial (version 2026.1): no",
        "reasons: far 1.2 is less than 2 (第六条(二))",
        "no started_on by 2025-12-31, agreed was 2024-06-30 (contract_start_due), 549 days late",
        "shanghai.life_cycle.idle (version 2026.1): yes",
        "rule_id shanghai.standards.far-industrial, document 关于加强上海市产业用地出让管理的若干规定 (沪规划资源规〔2021〕6号), article 第六条(二)",
    ] {
        assert!(said.contains(line), "no `{line}` in\n{said}");
    }
    // What says nothing of the parcel is not listed.
    assert!(!said.contains("rule_id shanghai.standards.mortgage") && said.contains("rule_id shanghai.standards.6-2021, document"));
    let json: serde_json::Value = serde_json::from_str(&done(dir.path(), &["explain", "out", "P1", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["due"][0]["due_date"], "2024-06-30");
}

#[test]
fn after_its_last_day_the_rule_of_shanghai_is_a_blocking_finding() {
    let dir = tempfile::tempdir().unwrap();
    office(dir.path());
    for (as_of, code) in [("2026-09-19", 0), ("2026-09-20", 1)] {
        let said = mujun(dir.path(), &["run", "job.toml", "--as-of", as_of]);
        assert_eq!(said.code, code, "{as_of}: {}", said.stderr);
        let inventory = table(&dir.path().join("out/inventory.parquet"));
        assert_eq!(texts(&inventory, "standards_failed")[0].is_some(), code == 0, "{as_of}");
        assert_eq!(texts(&inventory, "standards_met")[0].as_deref(), Some(if code == 0 { "no" } else { "unknown" }), "{as_of}");
    }
}

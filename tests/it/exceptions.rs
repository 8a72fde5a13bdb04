//! Corrections, waivers and the stop rule, as a land office uses them.

use std::path::Path;

use crate::program::{city, done, json, mujun, numbers, table, texts};

fn add(job: &Path, text: &str) {
    let own = std::fs::read_to_string(job).unwrap();
    std::fs::write(job, format!("{own}\n{text}\n")).unwrap();
}

fn findings(run: &Path, code: &str) -> Vec<(Option<String>, String)> {
    let all = table(&run.join("findings.parquet"));
    let (codes, ids, messages) = (texts(&all, "code"), texts(&all, "feature_id"), texts(&all, "message"));
    (0..codes.len())
        .filter(|&row| codes[row].as_deref() == Some(code))
        .map(|row| (ids[row].clone(), messages[row].clone().unwrap()))
        .collect()
}

#[test]
fn a_correction_in_a_spreadsheet_of_an_office_changes_what_it_was_given_for() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml", "--out", "before"]);
    let before = table(&city.join("before/inventory.parquet"));
    let (ids, areas, uses) = (texts(&before, "parcel_id"), numbers(&before, "area_registered_m2"), texts(&before, "land_use"));
    let known = (0..ids.len()).filter(|&row| areas[row].is_some()).collect::<Vec<_>>();
    let [first, second, third] = [known[0], known[1], known[2]];
    let id = |row: usize| ids[row].clone().unwrap();
    let rows = [
        format!("{},registered_area_m2,{},3亩,复测,李,2026-12-31", id(first), areas[first].unwrap()),
        format!("{},registered_area_m2,1.5,2.5,复测,李,2026-12-31", id(second)),
        format!("{},land_use,{},0701,改变用途,王,2025-01-31", id(third), uses[third].as_deref().unwrap_or("")),
        format!("{},registered_area,1,2,复测,李,", id(third)),
        "330000000000GB99999,land_use,,0601,复测,李,".to_owned(),
    ];
    let text = format!("宗地代码,字段,原值,新值,理由,经办人,有效期至\n{}\n", rows.join("\n"));
    let (bytes, ..) = encoding_rs::GB18030.encode(&text);
    std::fs::write(city.join("corrections.csv"), &bytes).unwrap();
    add(&city.join("job.toml"), "[corrections]\npath = 'corrections.csv'");
    done(&city, &["run", "job.toml", "--out", "after"]);
    let after = table(&city.join("after/inventory.parquet"));
    let changed = numbers(&after, "area_registered_m2");
    assert_eq!(changed[first], Some(2000.0), "3 mu");
    assert_eq!((changed[second], &texts(&after, "land_use")), (areas[second], &uses));
    let applied = findings(&city.join("after"), "correction.applied");
    assert_eq!(applied.len(), 1);
    assert!(applied[0].1.contains("by 李: 复测, until 2026-12-31; row 1 of corrections.csv"), "{applied:?}");
    let refused = findings(&city.join("after"), "correction.not_applied");
    let said = |id: &str, why: &str| {
        assert!(refused.iter().any(|(own, message)| own.as_deref() == Some(id) && message.contains(why)), "{why}: {refused:?}")
    };
    said(&id(second), &format!("the value is now {:?}, not 1.5", areas[second].unwrap()));
    said(&id(third), "it ended on 2025-01-31");
    said(&id(third), "`registered_area` is no attribute of parcels that can be corrected, did you mean `registered_area_m2`?");
    said("330000000000GB99999", "the parcel is not in the inventory");
    assert_eq!(refused.len(), 4);
    assert!(json(&city.join("after/run.json"))["inputs"].as_array().unwrap().iter().any(|input| input["role"] == "corrections"));

    std::fs::write(city.join("corrections.csv"), "parcel_id,field,old_value,new_value,reason,by,expires\n").unwrap();
    done(&city, &["run", "job.toml", "--out", "none"]);
    std::fs::write(city.join("corrections.csv"), "parcel_id,field,old_value,new_value,reason,by\n").unwrap();
    let said = mujun(&city, &["run", "job.toml", "--out", "none"]);
    assert!(said.code == 2 && said.stderr.contains("expires"), "{}", said.stderr);
}

#[test]
fn a_waived_error_stays_in_the_list_and_does_not_block() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    let table_file = city.join("enterprises.csv");
    let text = std::fs::read_to_string(&table_file).unwrap();
    let first = text.lines().find(|line| line.contains(",2025,")).unwrap().to_owned();
    let heading =
        text.lines().next().unwrap().trim_start_matches('\u{feff}').split(',').position(|name| name == "纳税额" || name == "tax_wan");
    // The same row with other figures: rows that differ are an error.
    let cells: Vec<&str> = first.split(',').collect();
    let mut other: Vec<String> = cells.iter().map(ToString::to_string).collect();
    let last = heading.unwrap_or(cells.len() - 1);
    other[last] = "123456".to_owned();
    std::fs::write(&table_file, format!("{text}{}\n", other.join(","))).unwrap();
    let blocked = mujun(&city, &["run", "job.toml", "--out", "blocked"]);
    assert_eq!(blocked.code, 1, "{}", blocked.stderr);
    let all = table(&city.join("blocked/findings.parquet"));
    let (severity, codes, ids, fields, values) =
        (texts(&all, "severity"), texts(&all, "code"), texts(&all, "feature_id"), texts(&all, "field"), texts(&all, "value"));
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_default();
    let errors: Vec<usize> = (0..severity.len()).filter(|&row| severity[row].as_deref() == Some("error")).collect();
    let waivers: Vec<String> = errors
        .iter()
        .map(|&row| {
            format!(
                "{},{},{},{},known double entry,Wang,2026-06-30",
                cell(&codes[row]),
                cell(&ids[row]),
                cell(&fields[row]),
                cell(&values[row])
            )
        })
        .collect();
    let list = format!("code,feature_id,field,value,reason,by,expires\n{}\nid.duplicate,nobody,,,gone,Wang,\n", waivers.join("\n"));
    std::fs::write(city.join("waivers.csv"), list).unwrap();
    add(&city.join("job.toml"), "[waivers]\npath = 'waivers.csv'");
    done(&city, &["run", "job.toml", "--out", "waived"]);
    let counts = &json(&city.join("waived/run.json"))["findings"];
    assert_eq!((counts["error"].as_u64(), counts["waived"].as_u64()), (Some(0), Some(errors.len() as u64)));
    let waived = texts(&table(&city.join("waived/findings.parquet")), "waived");
    assert_eq!(waived.iter().flatten().filter(|text| *text == "Wang: known double entry, until 2026-06-30").count(), errors.len());
    assert!(std::fs::read_to_string(city.join("waived/findings.csv")).unwrap().contains("Wang: known double entry, until 2026-06-30"));
    assert_eq!(
        findings(&city.join("waived"), "waiver.unused"),
        [(Some("nobody".to_owned()), "the waiver of id.duplicate holds for no finding: there is no such finding".to_owned())]
    );
    assert_eq!(mujun(&city, &["run", "job.toml", "--out", "later", "--as-of", "2026-07-01"]).code, 1, "the waivers have ended");
}

#[test]
fn data_that_are_too_bad_leave_the_last_run_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml"]);
    let good = std::fs::read(city.join("out/run.json")).unwrap();
    let text = std::fs::read_to_string(city.join("enterprises.csv")).unwrap();
    let (heading, rows) = text.split_once('\n').unwrap();
    let place = heading
        .trim_start_matches('\u{feff}')
        .split(',')
        .position(|name| ["ZDDM", "宗地代码", "parcel_id"].contains(&name.trim()))
        .unwrap();
    let spoiled: Vec<String> = rows
        .lines()
        .enumerate()
        .map(|(row, line)| {
            line.split(',').enumerate().map(|(at, cell)| if at == place && row % 5 == 0 { "X" } else { cell }).collect::<Vec<_>>().join(",")
        })
        .collect();
    std::fs::write(city.join("enterprises.csv"), format!("{heading}\n{}\n", spoiled.join("\n"))).unwrap();
    add(&city.join("job.toml"), "[stop]\nmax_unmatched_rows_share = 0.1\nmax_rejects_share = 0.5\nmax_rejected_area_share = 0.5");
    let said = mujun(&city, &["run", "job.toml"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains("of the enterprise rows name a parcel that is not in the inventory, more than the 10.0 % that `stop.max_unmatched_rows_share` allows"), "{}", said.stderr);
    assert_eq!(std::fs::read(city.join("out/run.json")).unwrap(), good);
    let job = std::fs::read_to_string(city.join("job.toml")).unwrap();
    std::fs::write(city.join("job.toml"), job.replace("max_unmatched_rows_share = 0.1", "max_unmatched_rows_share = 1.1")).unwrap();
    let said = mujun(&city, &["check", "job.toml"]);
    assert!(said.code == 2 && said.stderr.contains("`max_unmatched_rows_share` = 1.1 is not from 0 to 1"), "{}", said.stderr);
}

//! The due list with its states, findings of what is overdue, decisions of terms and idle land, jobs without a rule.

use std::{collections::BTreeMap, path::Path};

use chrono::NaiveDate;
use polars::prelude::{DataFrame, DataType, df};

use super::{LifeCycle, life_cycle};
use crate::model::{Files, GeometryBuilder, Layer, Source};
use crate::rules::{LifeCycleRules, RuleSet};

fn days(text: &str) -> i32 {
    text.parse::<NaiveDate>().unwrap().to_epoch_days()
}

fn rules(pack: &str) -> LifeCycleRules {
    let as_of = "2025-12-31".parse().unwrap();
    RuleSet::load(&[pack.into()], &BTreeMap::new(), Path::new("."), as_of).unwrap().0.life_cycle.unwrap()
}

fn facts() -> DataFrame {
    let mut facts = df!(
        "parcel_id" => ["A", "B", "C"],
        "as_of" => [days("2025-12-31"); 3],
        "works_started" => [Some(false), Some(false), None],
        "contract_start_due" => [Some(days("2024-06-30")), Some(days("2026-01-15")), None],
        "term_start" => [Some(days("2016-02-29")), None, None],
        "term_end" => [Some(days("2036-03-01")), Some(days("2026-11-30")), Some(days("2025-12-30"))],
        "project_class" => [Some("industrial-project"), None, None],
        "grant_mode" => [Some("出让"), None, None],
        "major_project" => [Some(false), None, None],
        "idle_years" => [None, Some(3.0), None],
    )
    .unwrap();
    for name in ["as_of", "contract_start_due", "term_start", "term_end"] {
        let column = facts.column(name).unwrap().cast(&DataType::Date).unwrap();
        facts.with_column(column).unwrap();
    }
    facts
}

#[test]
fn the_due_list_is_by_parcel_and_day() {
    let list = life_cycle(&rules("national"), &facts()).unwrap().due_list;
    let text = |name: &str| -> Vec<String> {
        list.column(name).unwrap().cast(&DataType::String).unwrap().str().unwrap().iter().map(|v| v.unwrap().to_owned()).collect()
    };
    let rows: Vec<_> =
        text("parcel_id").into_iter().zip(text("what")).zip(text("due_date")).zip(text("days").into_iter().zip(text("state"))).collect();
    let row =
        |id: &str, what: &str, day: &str, days: &str, state: &str| (((id.into(), what.into()), day.into()), (days.into(), state.into()));
    assert_eq!(
        rows,
        [
            // 2024-06-30 to 2025-12-31: 365 days to 2025-06-30, and 184.
            row("A", "start", "2024-06-30", "-549", "overdue"),
            row("B", "start", "2026-01-15", "15", "due"),
            row("B", "expiry", "2026-11-30", "334", "upcoming"),
            row("C", "expiry", "2025-12-30", "-1", "overdue"),
        ]
    );
    assert_eq!(text("rule_id")[0], "national.life_cycle.start");
    assert_eq!(text("article"), ["第二条", "第二条", "第五十八条", "第五十八条"]);
}

#[test]
fn what_is_overdue_is_a_finding_with_its_place() {
    let rules = rules("national");
    let source = Source { file: "parcels.gpkg".into(), layer: "parcels".into() };
    let geometry = GeometryBuilder::default().finish();
    let parcels = Layer { source, files: Files::default(), geometry, attributes: DataFrame::empty(), rows: vec![11, 12, 13] };
    let findings = life_cycle(&rules, &facts()).unwrap().findings(&rules, (&parcels, &["A", "B", "C"]));
    let told: Vec<_> = findings.iter().map(|f| (f.feature_id.as_deref().unwrap(), f.row.unwrap(), f.message.as_str())).collect();
    assert_eq!(
        told,
        [
            ("A", 11, "`start` was due on 2024-06-30, 549 days ago, and is not done"),
            ("C", 13, "`expiry` was due on 2025-12-30, 1 day ago, and is not done"),
        ]
    );
}

#[test]
fn terms_and_idle_land_are_decided_with_their_days() {
    let found = life_cycle(&rules("shanghai"), &facts()).unwrap();
    let told: Vec<_> =
        found.decisions.rows().map(|row| (row.parcel, row.rule_id, row.verdict.as_str(), row.reasons().to_owned())).collect();
    assert_eq!(told.len(), 2);
    // Twenty years from 29 February 2016 end on 29 February 2036.
    let term = "term_start 2016-02-29 to term_end 2036-03-01 is more than 20 years (第十条); to be confirmed: in principle; a major or strategic project may be recognised";
    assert_eq!(told[0], (0, "shanghai.life_cycle.term-industrial-project", "no", term.to_owned()));
    let idle = "works never started: 1.5041 years since contract_start_due 2024-06-30, idle from 1 (第二条); to be confirmed: recognition as idle land, and whose fault it is";
    assert_eq!(told[1], (0, "shanghai.life_cycle.idle", "yes", idle.to_owned()));
    let basis = found.columns.iter().find(|c| c.name() == "idle_basis").unwrap().str().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(basis, [Some("never_started"), Some("declared"), None]);
}

#[test]
fn the_columns_are_the_same_with_and_without_a_rule() {
    let names = |found: &LifeCycle| found.columns.iter().map(|c| (c.name().to_string(), c.dtype().clone())).collect::<Vec<_>>();
    let (with, without) = (life_cycle(&rules("shanghai"), &facts()).unwrap(), LifeCycle::empty(3).unwrap());
    assert_eq!(names(&with), names(&without));
    assert_eq!(with.due_list.schema(), without.due_list.schema());
    let defined: Vec<&str> = crate::model::ledgers::DUE_LIST.iter().map(|column| column.name).collect();
    assert_eq!(without.due_list.get_column_names(), defined);
}

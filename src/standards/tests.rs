//! What a decision says, the columns of jobs without a rule or without data, dates of force, the form of 2023.

use std::{collections::BTreeMap, path::Path};

use chrono::NaiveDate;
use polars::prelude::{DataFrame, df};

use super::{absent, judge};
use crate::model::{Code, DecisionRow, Finding};
use crate::rules::{Bound, Limit, RuleSet, StandardsRules};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn load(pack: &str, rule: Option<&str>, as_of: &str) -> (RuleSet, Vec<Finding>) {
    let rules_for: BTreeMap<_, _> = rule.map(|rule| ("standards".to_owned(), rule.to_owned())).into_iter().collect();
    RuleSet::load(&[pack.into()], &rules_for, Path::new("."), day(as_of)).unwrap()
}

fn rules(pack: &str) -> StandardsRules {
    load(pack, None, "2025-12-31").0.standards.unwrap()
}

fn said(rules: &StandardsRules, facts: &DataFrame, rule: &str) -> Vec<(u32, &'static str, String, String)> {
    let judged = judge(rules, facts).unwrap();
    let row = |row: DecisionRow<'_>| (row.parcel, row.verdict.as_str(), row.reasons().to_owned(), row.facts());
    judged.decisions.rows().filter(|row| row.rule_id == rule).map(row).collect()
}

#[test]
fn a_decision_has_the_value_the_limit_and_the_article() {
    let facts = df!("land_use" => ["1001", "1001"], "far" => [1.25, 2.5]).unwrap();
    let told = said(&rules("shanghai"), &facts, "shanghai.standards.far-industrial");
    let reason = "far 1.25 is less than 2 (第六条(二)); to be confirmed: whether a special process allows a lower plot ratio";
    assert_eq!(told[0], (0, "no", reason.into(), r#"{"far":{"value":1.25,"at_least":2.0}}"#.into()));
    assert_eq!(told[1], (1, "yes", "far 2.5 is at least 2 (第六条(二))".into(), r#"{"far":{"value":2.5,"at_least":2.0}}"#.into()));
}

#[test]
fn a_limit_says_which_column_or_industry_it_comes_from() {
    let facts = df!("tax_per_mu_wan" => [10.0], "tax_agreed_per_mu_wan" => [12.5]).unwrap();
    let told = said(&rules("zhejiang"), &facts, "zhejiang.standards.tax-agreed");
    assert_eq!(told[0].2, "tax_per_mu_wan 10 is less than 12.5 (tax_agreed_per_mu_wan) (二(七)、三(六))");
    assert_eq!(told[0].3, r#"{"tax_per_mu_wan":{"value":10.0,"at_least":12.5,"column":"tax_agreed_per_mu_wan"}}"#);
    let facts = df!("land_use" => ["1001", "1001"], "industry" => ["C26", "C33"], "far" => [0.5, 0.7]).unwrap();
    let told = said(&rules("national"), &facts, "national.standards.far-2008");
    assert_eq!(told[0].3, r#"{"far":{"value":0.5,"at_least":0.6,"industry":"C26","printed":true}}"#);
    assert_eq!(told[1].3, r#"{"far":{"value":0.7,"at_least":0.7,"industry":"C33","printed":false}}"#);
}

#[test]
fn a_delay_is_told_in_days() {
    let days = |text: &str| day(text).to_epoch_days();
    let mut facts = df!(
        "works_started" => [Some(true), Some(false)],
        "started_on" => [Some(days("2024-03-31")), None],
        "contract_start_due" => [days("2024-02-29"), days("2025-11-30")],
        "as_of" => [days("2025-12-31"); 2],
    )
    .unwrap();
    for name in ["started_on", "contract_start_due", "as_of"] {
        let column = facts.column(name).unwrap().cast(&polars::prelude::DataType::Date).unwrap();
        facts.with_column(column).unwrap();
    }
    let told = said(&rules("shanghai"), &facts, "shanghai.standards.start-agreed");
    assert!(
        told[0].2.starts_with("started_on 2024-03-31 is after 2024-02-29 (contract_start_due), 31 days late (第十二条"),
        "{}",
        told[0].2
    );
    let facts_of = r#"{"started_on":{"value":null,"not_after":"2025-11-30","column":"contract_start_due","days_late":31.0}}"#;
    assert!(
        told[1].2.starts_with("no started_on by 2025-12-31, agreed was 2025-11-30 (contract_start_due), 31 days late"),
        "{}",
        told[1].2
    );
    assert_eq!(told[1].3, facts_of);
}

#[test]
fn the_rule_says_all_states_of_a_parcel_in_one_row() {
    let facts = df!("land_use" => ["1001", "1101"], "far" => [1.25, 2.5]).unwrap();
    let told = said(&rules("shanghai"), &facts, "shanghai.standards.6-2021");
    // Of the storage land nothing is decided, so nothing is written.
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, "no");
    assert_eq!(told[0].2, "standards no, not met: far-industrial; contract unknown; transfer unknown");
    let facts = r#"{"standards":{"verdict":"no","not_met":["far-industrial"],"unknown":["other-use-share","living-share"],"not_applicable":["far-rnd-general"]},"contract":{"verdict":"unknown"},"transfer":{"verdict":"unknown"}}"#;
    assert_eq!(told[0].3, facts);
}

#[test]
fn what_no_parcel_has_the_data_for_is_a_finding() {
    let facts = df!("far" => [1.25], "far_contract" => [1.0]).unwrap();
    let findings = judge(&rules("zhejiang"), &facts).unwrap().findings;
    assert_eq!((findings.len(), findings[0].code), (1, Code::RuleNotRun));
    assert!(
        findings[0].message.starts_with("no parcel has the data for park-makers-number, park-makers-area, invest-agreed"),
        "{}",
        findings[0].message
    );
    assert!(!findings[0].message.contains("far-agreed") && findings[0].message.contains("`contract_capacity_due`"));
}

#[test]
fn the_columns_are_the_same_with_and_without_a_rule() {
    let facts = df!("far" => [1.25]).unwrap();
    let names = |columns: &[polars::prelude::Column]| columns.iter().map(|c| (c.name().to_string(), c.dtype().clone())).collect::<Vec<_>>();
    assert_eq!(names(&judge(&rules("shanghai"), &facts).unwrap().columns), names(&absent(1)));
    assert_eq!(judge(&rules("shanghai"), &facts.clear()).unwrap().decisions.len(), 0);
}

#[test]
fn the_rule_of_shanghai_is_in_force_from_its_first_day_to_its_last() {
    for (as_of, in_force) in [("2021-09-19", false), ("2021-09-20", true), ("2026-09-19", true), ("2026-09-20", false)] {
        let (set, findings) = load("shanghai", None, as_of);
        assert_eq!((set.standards.is_some(), set.life_cycle.is_some()), (in_force, in_force), "{as_of}");
        let expired: Vec<_> = findings.iter().filter(|f| f.code == Code::RuleExpired).filter_map(|f| f.rule_id.as_deref()).collect();
        let told = ["shanghai.standards.6-2021", "shanghai.life_cycle.6-2021"].map(|rule| expired.contains(&rule));
        assert_eq!(told, [!in_force; 2], "{as_of}");
    }
}

#[test]
fn the_form_of_2023_is_not_used_until_it_is_filled_in() {
    let (set, findings) = load("national", None, "2025-12-31");
    assert_eq!(&*set.standards.unwrap().rule_id, "national.standards.control-2008");
    assert!(findings.iter().all(|f| f.code != Code::RuleTemplate));
    let (set, findings) = load("national", Some("control-2023"), "2025-12-31");
    assert!(set.standards.is_none());
    let told: Vec<_> = findings.iter().filter(|f| f.code == Code::RuleTemplate).map(|f| f.message.as_str()).collect();
    assert_eq!(told, ["rule `national.standards.control-2023` is a form to be filled in and is not used"]);
    assert!(findings.iter().any(|f| f.code == Code::RuleNotRun && f.message == "no rule for standards is filled in"));
}

#[test]
fn an_unverified_standard_says_so() {
    let facts = df!("land_use" => ["1001"], "green_rate" => [0.1]).unwrap();
    let told = said(&rules("national"), &facts, "national.standards.green-2008");
    assert_eq!(told[0].3, r#"{"green_rate":{"value":0.1,"at_most":0.2},"verified":false}"#);
}

#[test]
fn a_strict_limit_fails_itself() {
    let states = |change: fn(&mut crate::rules::Test)| {
        let mut rules = rules("shanghai");
        change(&mut rules.standards[0].tests[0]);
        let facts = df!("land_use" => ["1001"; 3], "far" => [1.9999999, 2.0, 2.0000001]).unwrap();
        said(&rules, &facts, "shanghai.standards.far-industrial").iter().map(|row| row.1).collect::<Vec<_>>()
    };
    assert_eq!(states(|_| {}), ["no", "yes", "yes"]);
    assert_eq!(states(|test| test.strict = true), ["no", "no", "yes"]);
    assert_eq!(states(|test| test.limit = Limit::AtMost(Bound::Number(2.0))), ["yes", "yes", "no"]);
    let below = |test: &mut crate::rules::Test| {
        test.limit = Limit::AtMost(Bound::Number(2.0));
        test.strict = true;
    };
    assert_eq!(states(below), ["yes", "no", "no"]);
}

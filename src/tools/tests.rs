//! The shipped toolbox, property tests of three-valued matching, and the time that a million parcels take.

use std::path::Path;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
use proptest::prelude::*;

use super::*;
use crate::model::{DecisionTable, OrderedDecisions, Verdict};
use crate::rules::{ColumnKind, Scope, open_packs};

fn shipped() -> ToolboxRules {
    open_packs(&["shanghai".into()], Path::new(".")).unwrap().remove(0).toolbox.remove(0)
}

#[test]
fn the_toolbox_has_the_tools_and_routes_of_the_document() {
    let rules = shipped();
    assert_eq!((rules.tools.len(), rules.routes.len()), (32, 41));
    let of = |category: &str| rules.tools.iter().filter(|tool| *tool.category.id == *category).count();
    let counts: Vec<usize> = (1..=12).map(|category| of(&category.to_string())).collect();
    assert_eq!(counts, [7, 1, 1, 3, 1, 2, 1, 3, 4, 2, 3, 4]);
    let steps = |route: &str| rules.routes.iter().find(|own| *own.named.id == *route).unwrap().steps;
    assert_eq!(["1-1", "1-5", "2a", "8-2", "9-1a", "9-1b", "12-2"].map(steps), [3, 4, 5, 6, 3, 4, 5].map(Some));
    assert_eq!(["1-6b", "4-3"].map(steps), [None; 2]);
    assert!(rules.routes.iter().all(|route| !route.human.is_empty() && !route.legal.is_empty() && !route.lead.is_empty()));
    assert_eq!(&*rules.routes[5].rule_id, "shanghai.toolbox.1-6a");
}

#[test]
fn a_document_that_has_ended_is_told() {
    let rules = shipped();
    let day = |y, m, d| chrono::NaiveDate::from_ymd_opt(y, m, d).unwrap();
    let ended = |day| rules.ended(day).map(|document| document.named.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ended(day(2026, 9, 19)), Vec::<String>::new());
    assert_eq!(ended(day(2026, 9, 20)), ["6-2021"]);
}

#[test]
fn every_named_column_is_known_and_no_route_depends_on_tools() {
    for condition in &shipped().conditions {
        for column in condition.columns() {
            assert!(Scope::Tools.kind(column).is_some(), "{column}");
        }
    }
}

#[test]
fn the_columns_list_routes_and_the_facts_prove_them() {
    let tenure = Series::new("tenure".into(), ["state", "collective", "state"]).into_column();
    let idle = Series::new("idle_years".into(), [Some(2.0), Some(1.5), None]).into_column();
    let started = Series::new("works_started".into(), [false; 3]).into_column();
    let cause = Series::new("idle_cause".into(), ["enterprise"; 3]).into_column();
    let found = apply(&shipped(), &DataFrame::new(3, vec![tenure, idle, started, cause]).unwrap()).unwrap();
    let tools = found.columns.column("tools").unwrap().str().unwrap().clone();
    let needs = found.columns.column("needs_data").unwrap().str().unwrap().clone();
    assert_eq!(tools.iter().flatten().collect::<Vec<_>>(), ["1-1", "", ""]);
    assert!(needs.get(0).unwrap().starts_with("1-3 1-4 1-5 1-6a 1-7a"), "{needs:?}");
    assert!(!needs.get(1).unwrap().split(' ').any(|route| route == "1-1") && needs.get(2).unwrap().starts_with("1-1 "));
    let rule = found.decisions.rules.iter().find(|rule| &*rule.rule_id == "shanghai.toolbox.1-1").unwrap();
    let mut facts = Vec::new();
    for row in 0..3 {
        let mut text = Vec::new();
        rule.pattern(row).unwrap().append_facts(&found.decisions.facts, row, &mut text);
        facts.push(String::from_utf8(text).unwrap());
    }
    let all = r#"{"idle_cause":"enterprise","idle_years":2.0,"tenure":"state","works_started":false}"#;
    assert_eq!(facts, [all, r#"{"idle_years":1.5,"tenure":"collective"}"#, r#"{"idle_years":null}"#]);
}

#[test]
fn the_reference_table_has_a_row_a_route() {
    let table = reference(Some(&shipped())).unwrap();
    assert_eq!((table.height(), table.width()), (41, crate::model::ledgers::TOOLS.len()));
    let text = |column: &str, row: usize| table.column(column).unwrap().str().unwrap().get(row).unwrap().to_owned();
    assert_eq!((text("route", 0), text("category_name", 0)), ("1-1".into(), "recovery of land".into()));
    let legal: serde_json::Value = serde_json::from_str(&text("legal", 0)).unwrap();
    assert_eq!(legal[0]["articles"], serde_json::json!(["4", "14"]));
    assert_eq!(table.column("steps").unwrap().i64().unwrap().get(6), None);
    assert_eq!(reference(None).unwrap().height(), 0);
}

/// The columns that the toolbox names, with what each holds.
fn named(rules: &ToolboxRules) -> Vec<(String, ColumnKind)> {
    let names: std::collections::BTreeSet<String> = rules.conditions.iter().flat_map(|c| c.columns().map(str::to_owned)).collect();
    names.into_iter().map(|name| (name.clone(), Scope::Tools.kind(&name).unwrap())).collect()
}

/// A value of a column by a number, among those that conditions tell apart; none for 0.
fn value(kind: ColumnKind, pick: u8) -> Option<usize> {
    let _ = kind;
    (pick > 0).then(|| usize::from(pick) - 1)
}

const WORDS: [&str; 14] = [
    "state",
    "collective",
    "enterprise",
    "government",
    "fail",
    "severe",
    "municipal",
    "none",
    "built-before-approval",
    "C",
    "yes",
    "0601",
    "split",
    "corner",
];

fn column(name: &str, kind: ColumnKind, picks: &[u8]) -> Column {
    let picked = picks.iter().map(|pick| value(kind, *pick));
    match kind {
        ColumnKind::Number => {
            const NUMBERS: [f64; 7] = [0.0, 0.3, 0.5, 0.7, 1.0, 2.0, 3.0];
            Series::new(name.into(), picked.map(|p| p.map(|p| NUMBERS[p % NUMBERS.len()])).collect::<Vec<_>>()).into_column()
        }
        ColumnKind::Text | ColumnKind::State => {
            Series::new(name.into(), picked.map(|p| p.map(|p| WORDS[p % WORDS.len()])).collect::<Vec<_>>()).into_column()
        }
        ColumnKind::Flag => Series::new(name.into(), picked.map(|p| p.map(|p| p % 2 == 0)).collect::<Vec<_>>()).into_column(),
        ColumnKind::Date => {
            let days: Vec<Option<i32>> = picked.map(|p| p.map(|p| 20_000 + i32::try_from(p).unwrap())).collect();
            Series::new(name.into(), days).cast(&polars::prelude::DataType::Date).unwrap().into_column()
        }
    }
}

fn frame(columns: &[(String, ColumnKind)], picks: &[Vec<u8>]) -> DataFrame {
    let rows = picks.len();
    let of = |place: usize| picks.iter().map(|row| row[place]).collect::<Vec<_>>();
    DataFrame::new(rows, columns.iter().enumerate().map(|(place, (name, kind))| column(name, *kind, &of(place))).collect()).unwrap()
}

fn verdicts(found: &Matches, row: usize) -> Vec<Verdict> {
    found.decisions.rules.iter().map(|rule| rule.pattern(row).unwrap().verdict).collect()
}

/// The answer of a route by the conditions one at a time, as SQL has it.
fn by_hand(rules: &ToolboxRules, route: &crate::rules::Route, frame: &DataFrame, row: usize) -> Option<bool> {
    let answer = |condition: &usize| rules.conditions[*condition].evaluate(frame).unwrap().get(row);
    let both = |a: Option<bool>, b: Option<bool>| if a == Some(false) || b == Some(false) { Some(false) } else { a.zip(b).map(|_| true) };
    let either = |a: Option<bool>, b: Option<bool>| if a == Some(true) || b == Some(true) { Some(true) } else { a.zip(b).map(|_| false) };
    let all = route.all.iter().map(answer).fold(Some(true), both);
    route.any.iter().map(|group| group.iter().map(answer).fold(Some(false), either)).fold(all, both)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn bulk_answers_are_those_of_the_conditions_one_by_one(rows in prop::collection::vec(prop::collection::vec(0_u8..15, 100), 1..4)) {
        let rules = shipped();
        let columns = named(&rules);
        let frame = frame(&columns, &rows);
        let found = apply(&rules, &frame).unwrap();
        for row in 0..rows.len() {
            let expected: Vec<Verdict> = rules.routes.iter().map(|route| by_hand(&rules, route, &frame, row).into()).collect();
            prop_assert_eq!(verdicts(&found, row), expected);
        }
    }

    #[test]
    fn a_fact_that_comes_to_be_known_never_turns_an_answer_round(rows in prop::collection::vec((prop::collection::vec(1_u8..15, 100), prop::collection::vec(any::<bool>(), 100)), 64)) {
        let rules = shipped();
        let columns = named(&rules);
        prop_assert!(columns.len() <= 100);
        let full: Vec<Vec<u8>> = rows.iter().map(|(row, _)| row.clone()).collect();
        let some: Vec<Vec<u8>> = rows.iter().map(|(row, hide)| row.iter().zip(hide).map(|(v, hide)| if *hide { 0 } else { *v }).collect()).collect();
        // `coalesce` takes the first that is known, so there a later fact may speak before an earlier one: those columns stay as they are.
        let settled: Vec<usize> = rules.conditions.iter().filter(|c| c.text.contains("coalesce") || c.text.contains("CASE"))
            .flat_map(|c| c.columns().map(|name| columns.iter().position(|(own, _)| own == name).unwrap()).collect::<Vec<_>>()).collect();
        let some: Vec<Vec<u8>> = some.into_iter().zip(&full).map(|(mut row, full)| { settled.iter().for_each(|place| row[*place] = full[*place]); row }).collect();
        let (full, some) = (apply(&rules, &frame(&columns, &full)).unwrap(), apply(&rules, &frame(&columns, &some)).unwrap());
        for row in 0..rows.len() {
            for ((route, before), after) in rules.routes.iter().zip(verdicts(&some, row)).zip(verdicts(&full, row)) {
                prop_assert!(before == Verdict::Unknown || before == after, "{}: {:?} became {:?}", route.named.id, before, after);
            }
        }
    }

    #[test]
    fn routes_that_exclude_each_other_are_never_both_candidates(rows in prop::collection::vec(prop::collection::vec(0_u8..15, 100), 64)) {
        let rules = shipped();
        let found = apply(&rules, &frame(&named(&rules), &rows)).unwrap();
        let place = |id: &str| rules.routes.iter().position(|route| *route.named.id == *id).unwrap();
        for row in 0..rows.len() {
            let verdicts = verdicts(&found, row);
            for route in rules.routes.iter().filter(|route| verdicts[place(&route.named.id)] == Verdict::Yes) {
                for other in route.excludes.iter().flat_map(|exclusion| &exclusion.routes) {
                    prop_assert!(verdicts[place(other)] != Verdict::Yes, "{} and {}", route.named.id, other);
                }
            }
        }
    }
}

#[test]
fn every_exclusion_is_told_on_both_sides() {
    let rules = shipped();
    let excludes = |id: &str, other: &str| {
        let route = rules.routes.iter().find(|route| *route.named.id == *id).unwrap();
        route.excludes.iter().any(|exclusion| exclusion.routes.iter().any(|own| **own == *other))
    };
    for route in &rules.routes {
        for other in route.excludes.iter().flat_map(|exclusion| &exclusion.routes) {
            assert!(excludes(other, &route.named.id), "{} excludes {other}", route.named.id);
        }
    }
}

/// A million parcels with every fact of the toolbox, values spread over what conditions tell apart.
fn million(rules: &ToolboxRules) -> DataFrame {
    const ROWS: usize = 1_000_000;
    let of = |(place, (name, kind)): (usize, &(String, ColumnKind))| {
        let picks: Vec<u8> = (0..ROWS).map(|row| ((row * (2 * place + 3) + row / 7919) % 15).to_le_bytes()[0]).collect();
        column(name, *kind, &picks)
    };
    DataFrame::new(ROWS, named(rules).iter().enumerate().map(of).collect()).unwrap()
}

/// Not run by default: `cargo nextest run --release --run-ignored only -E 'test(a_million_parcels)' --no-capture`.
#[test]
#[ignore = "a measurement"]
fn a_million_parcels_are_matched_in_three_seconds() {
    let rules = shipped();
    let facts = million(&rules);
    let started = std::time::Instant::now();
    let found = apply(&rules, &facts).unwrap();
    let matching = started.elapsed();
    let patterns: usize = found.decisions.rules.iter().map(|rule| rule.patterns.len()).sum();
    let mut table = DecisionTable::default();
    table.add_bulk(found.decisions);
    let ordered = OrderedDecisions::new(&table);
    eprintln!("{} decisions, {patterns} patterns, matched in {matching:?}", ordered.len());
    assert_eq!(ordered.len(), 41_000_000);
    assert!(matching.as_secs_f64() < 3.0, "{matching:?}");
}

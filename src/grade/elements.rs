//! Tests of the elements of a grading rule one by one, each on a rule of a few lines; expected values are worked out beside them.

use std::path::Path;

use polars::prelude::{BooleanChunked, Column, DataFrame, IntoColumn, NamedFrom, NewChunkedArray, Series};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::model::Verdict;
use crate::rules::{Band, Bands, GradingRules, Rounding, open_packs};

use super::{Grading, Links, Units, grade, grade_enterprises};

const HEAD: &str = "[[rule]]\nid = \"t\"\nname = \"t\"\nname_zh = \"测试\"\nsource = { document = \"d\", article = \"a\" }\nvalid_from = 2020-01-01\nverified = true\n";
const HALVES: &str = "[rule.cuts]\nrounding = \"ceil\"\nties = \"better\"\ngrades = [{ grade = \"A\", up_to = 0.2 }, { grade = \"B\", up_to = 0.5 }, { grade = \"C\", up_to = 0.8 }, { grade = \"D\", up_to = 1.0 }]\n";

/// A rule with one cohort of everyone; `indicators` are inline tables, `rest` stands before and behind the cohort.
fn rule(top: &str, cuts: &str, indicators: &str, rest: &str) -> GradingRules {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("t");
    std::fs::create_dir(&folder).unwrap();
    let pack = "id = \"t\"\nname = \"t\"\nname_zh = \"测\"\nversion = \"1\"\njurisdiction = \"33\"\n";
    std::fs::write(folder.join("pack.toml"), pack).unwrap();
    let cohort = format!("[[rule.cohorts]]\nid = \"all\"\nname_zh = \"全部\"\nwhen = \"TRUE\"\nindicators = [{indicators}]\n");
    std::fs::write(folder.join("grading.toml"), format!("{HEAD}{top}\n{cuts}\n{cohort}\n{rest}")).unwrap();
    match open_packs(&["t".to_owned()], Path::new(dir.path())) {
        Ok(mut packs) => packs.remove(0).grading.remove(0),
        Err(error) => panic!("{error}"),
    }
}

const RATIO: &str = "normaliser = \"ratio\"";
const TAX: &str = "{ column = \"tax_per_mu_wan\", benchmark = 10.0, weight = 100.0, missing = \"not_graded\" }";

fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    Series::new(name.into(), values).into_column()
}

fn known(name: &str, values: &[f64]) -> Column {
    Series::new(name.into(), values).into_column()
}

fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Series::new(name.into(), values).into_column()
}

fn flags(name: &str, values: &[Option<bool>]) -> Column {
    BooleanChunked::from_iter_options(name.into(), values.iter().copied()).into_column()
}

fn frame(columns: Vec<Column>) -> DataFrame {
    DataFrame::new(columns[0].len(), columns).unwrap()
}

fn letters(grading: &Grading) -> String {
    grading.grade.iter().map(|grade| grade.as_deref().unwrap_or("-")).collect()
}

fn scores(grading: &Grading) -> Vec<String> {
    grading.score.iter().map(|score| score.map_or_else(|| "-".to_owned(), |score| format!("{score:.4}"))).collect()
}

fn facts(grading: &Grading, row: usize) -> Value {
    serde_json::from_str(&grading.decisions.row(row).unwrap().facts()).unwrap()
}

#[test]
fn benchmarks_of_the_cohort() {
    let with = |key: &str| {
        let indicator = format!("{{ column = \"tax_per_mu_wan\", {key}, weight = 100.0, missing = \"not_graded\" }}");
        scores(&grade(&rule(RATIO, HALVES, &indicator, ""), &frame(vec![known("tax_per_mu_wan", &[1.0, 2.0, 3.0, 10.0])])).unwrap())
    };
    // Mean 4, median 2.5.
    assert_eq!(with("benchmark_from = \"cohort_mean\""), ["25.0000", "50.0000", "75.0000", "250.0000"]);
    assert_eq!(with("benchmark_from = \"cohort_mean\", benchmark_factor = 2.0"), ["12.5000", "25.0000", "37.5000", "125.0000"]);
    assert_eq!(with("benchmark_from = \"median\""), ["40.0000", "80.0000", "120.0000", "400.0000"]);
    let three =
        rule(RATIO, HALVES, "{ column = \"tax_per_mu_wan\", benchmark_from = \"median\", weight = 100.0, missing = \"not_graded\" }", "");
    assert_eq!(
        scores(&grade(&three, &frame(vec![numbers("tax_per_mu_wan", &[Some(9.0), None, Some(2.0), Some(4.0)])])).unwrap()),
        ["225.0000", "-", "50.0000", "100.0000"]
    );
    let losses = grade(&three, &frame(vec![known("tax_per_mu_wan", &[-1.0, -2.0])])).unwrap();
    assert_eq!(losses.reason[0], "not graded: `tax_per_mu_wan` has no benchmark in cohort all");
}

#[test]
fn a_benchmark_by_industry() {
    let table =
        "[[rule.industry_tables]]\nid = \"tax\"\nentries = [{ prefix = \"26\", value = 20.0 }, { prefix = \"C261\", value = 40.0 }]\n";
    let indicator = "{ column = \"tax_per_mu_wan\", benchmark_table = \"tax\", weight = 100.0, missing = \"not_graded\" }";
    let codes = [Some("C2614"), Some("2625"), Some("34"), None];
    let inventory = frame(vec![known("tax_per_mu_wan", &[10.0; 4]), texts("industry", &codes)]);
    let got = grade(&rule(RATIO, HALVES, indicator, table), &inventory).unwrap();
    assert_eq!(scores(&got), ["25.0000", "50.0000", "-", "-"]);
    assert_eq!(facts(&got, 0)["indicators"]["tax_per_mu_wan"]["benchmark"], 40.0);
    // The default is for industries without an entry, not for an industry that is unknown.
    let with_default = table.replace("id = \"tax\"\n", "id = \"tax\"\ndefault = 5.0\n");
    assert_eq!(
        scores(&grade(&rule(RATIO, HALVES, indicator, &with_default), &inventory).unwrap()),
        ["25.0000", "50.0000", "200.0000", "-"]
    );
}

#[test]
fn one_column_over_another() {
    let indicator = "{ column = \"revenue_wan\", over = \"energy_tce\", benchmark = 10.0, weight = 100.0, missing = \"not_graded\" }";
    let columns = vec![known("revenue_wan", &[300.0, 300.0, 300.0]), numbers("energy_tce", &[Some(60.0), Some(0.0), None])];
    let got = grade(&rule(RATIO, HALVES, indicator, ""), &frame(columns)).unwrap();
    assert_eq!(scores(&got), ["50.0000", "-", "-"]);
    assert_eq!(facts(&got, 0)["indicators"]["revenue_wan / energy_tce"]["value"], 5.0);
}

#[test]
fn bounds_as_multiples_of_the_weight() {
    let indicator = TAX.replace("missing", "cap_times_weight = 1.5, floor_times_weight = -0.1, missing");
    let got = grade(&rule(RATIO, HALVES, &indicator, ""), &frame(vec![known("tax_per_mu_wan", &[14.9, 15.0, 15.1, -1.0, -1.1])])).unwrap();
    assert_eq!(scores(&got), ["149.0000", "150.0000", "150.0000", "-10.0000", "-10.0000"]);
    assert_eq!(facts(&got, 0)["indicators"]["tax_per_mu_wan"]["cap"], 150.0);
}

#[test]
fn corrections_multiply_and_may_be_unknown() {
    let rest = "[[rule.industry_tables]]\nid = \"k\"\nentries = [{ prefix = \"26\", value = 0.5 }]\n
        [[rule.corrections]]\nid = \"industry\"\nname_zh = \"行业\"\ntable = \"k\"\nunknown = \"ignore\"\n
        [[rule.corrections]]\nid = \"far\"\nname_zh = \"容积率\"\nwhen = \"far >= 2\"\nfactor = 1.2\nunknown = \"not_graded\"\n";
    let columns = vec![
        known("tax_per_mu_wan", &[10.0; 5]),
        texts("industry", &[Some("26"), Some("26"), None, Some("34"), Some("26")]),
        numbers("far", &[Some(1.9), Some(2.0), Some(2.0), Some(2.0), None]),
    ];
    let got = grade(&rule(RATIO, HALVES, TAX, rest), &frame(columns)).unwrap();
    assert_eq!(scores(&got), ["50.0000", "60.0000", "120.0000", "120.0000", "-"]);
    assert_eq!(got.reason[4], "not graded: far cannot be decided, and the rule requires it");
    assert!(got.reason[1].ends_with("; correction ×0.6"), "{}", got.reason[1]);
    assert_eq!(facts(&got, 1)["adjusted"]["factor"], 0.6);
}

#[test]
fn bonuses_and_penalties_have_caps_as_a_whole() {
    let rest = "[[rule.bonuses]]\nid = \"far\"\nname_zh = \"容积率\"\nwhen = \"far >= 2\"\npoints = 4.0\nunknown = \"ignore\"\n
        [[rule.bonuses]]\nid = \"dense\"\nname_zh = \"密度\"\nwhen = \"building_density >= 0.5\"\npoints = 3.0\nunknown = \"ignore\"\n
        [[rule.penalties]]\nid = \"lets\"\nname_zh = \"出租\"\nwhen = \"enterprises > 2\"\npoints = 5.0\neach = \"enterprises\"\nbeyond = 2.0\nunknown = \"not_graded\"\n";
    let top = format!("{RATIO}\nbonus_cap = 6.0\npenalty_cap = 12.0");
    let columns = vec![
        known("tax_per_mu_wan", &[10.0; 6]),
        numbers("far", &[Some(2.0), Some(2.0), None, Some(1.0), Some(1.0), Some(1.0)]),
        numbers("building_density", &[Some(0.4), Some(0.5), Some(0.5), Some(0.1), Some(0.1), Some(0.1)]),
        numbers("enterprises", &[Some(2.0), Some(2.0), Some(2.0), Some(3.0), Some(5.0), None]),
    ];
    let got = grade(&rule(&top, HALVES, TAX, rest), &frame(columns)).unwrap();
    // 4; 4 + 3 capped at 6; 3 alone, because far is unknown; 5 for the third; 15 for three capped at 12; unknown.
    assert_eq!(scores(&got), ["104.0000", "106.0000", "103.0000", "95.0000", "88.0000", "-"]);
    assert_eq!(facts(&got, 4)["adjusted"]["entries"], json!({ "lets": -15.0 }));
    assert_eq!(facts(&got, 2)["adjusted"]["entries"], json!({ "far": null, "dense": 3.0 }));
    assert_eq!(got.reason[5], "not graded: lets cannot be decided, and the rule requires it");
}

/// Ten units with scores 100, 90 … 10: A A B B B C C C D D.
fn ten(more: Vec<Column>) -> DataFrame {
    let taxes: Vec<f64> = (1..=10).rev().map(f64::from).collect();
    let mut columns = vec![known("tax_per_mu_wan", &taxes)];
    columns.extend(more);
    frame(columns)
}

#[test]
fn moves_in_their_order_then_vetoes() {
    let far: Vec<Option<f64>> = (0..10).map(|_| Some(1.0)).collect();
    let moved = |rest: &str| letters(&grade(&rule(RATIO, HALVES, TAX, rest), &ten(vec![numbers("far", &far)])).unwrap());
    let step = |kind: &str, id: &str, keys: &str| {
        format!("[[rule.{kind}]]\nid = \"{id}\"\nname_zh = \"步\"\nwhen = \"far = 1\"\nunknown = \"ignore\"\n{keys}\n")
    };
    assert_eq!(moved(""), "AABBBCCCDD");
    assert_eq!(moved(&step("moves", "m", "up = 1")), "AAAAABBBCC");
    assert_eq!(moved(&step("moves", "m", "down = 2")), "CCDDDDDDDD");
    assert_eq!(moved(&step("moves", "m", "to = \"B\"")), "BBBBBBBBBB");
    assert_eq!(moved(&step("moves", "m", "up = 1\nfrom = [\"C\", \"D\"]")), "AABBBBBBCC");
    // Up and down is not down and up: D goes to C and back, C to D where it stays.
    let both = |first: &str, second: &str| moved(&format!("{}{}", step("moves", "a", first), step("moves", "b", second)));
    assert_eq!(both("up = 1", "down = 1"), "BBBBBCCCDD");
    assert_eq!(both("down = 1", "up = 1"), "AABBBCCCCC");
    assert_eq!(moved(&step("vetoes", "v", "not_better_than = \"B\"")), "BBBBBCCCDD");
    // A veto comes last, wherever it stands.
    assert_eq!(moved(&format!("{}{}", step("vetoes", "v", "to = \"D\""), step("moves", "m", "up = 3"))), "DDDDDDDDDD");
}

#[test]
fn a_step_that_cannot_be_decided() {
    let veto = |unknown: &str| {
        let rest = format!("[[rule.vetoes]]\nid = \"v\"\nname_zh = \"否决\"\nwhen = \"veto\"\nto = \"D\"\nunknown = \"{unknown}\"\n");
        let words: Vec<_> = (0..10).map(|row| [Some(true), Some(false), None][row % 3]).collect();
        grade(&rule(RATIO, HALVES, TAX, &rest), &ten(vec![flags("veto", &words)])).unwrap()
    };
    let ignored = veto("ignore");
    assert_eq!(letters(&ignored), "DABDBCDCDD");
    assert!(ignored.reason[0].ends_with("; veto v makes it D"), "{}", ignored.reason[0]);
    assert!(
        ignored.reason[2].ends_with("; veto v cannot be decided and changes nothing, a value is missing among `veto`"),
        "{}",
        ignored.reason[2]
    );
    let strict = veto("not_graded");
    assert_eq!(letters(&strict), "DA-DB-DC-D");
    assert_eq!((strict.score[2], strict.decisions.row(2).unwrap().verdict), (None, Verdict::Unknown));
    // No score leads a vetoed unit out of D; B of the fourth row by score.
    assert_eq!(
        (&facts(&ignored, 3)["next"], &facts(&ignored, 3)["by_score"], &facts(&ignored, 3)["steps"]),
        (&Value::Null, &json!("B"), &json!({ "v": true }))
    );
}

#[test]
fn what_the_next_grade_takes() {
    let got = grade(&rule(RATIO, HALVES, TAX, ""), &ten(Vec::new())).unwrap();
    let next = |row: usize| facts(&got, row)["next"].clone();
    assert!(facts(&got, 1).get("next").is_none(), "nothing is better than A");
    // The last of A has 90, of B 60, of C 30.
    assert_eq!(
        [next(2), next(4), next(5), next(9)],
        [
            json!({ "grade": "A", "score": 90.0 }),
            json!({ "grade": "A", "score": 90.0 }),
            json!({ "grade": "B", "score": 60.0 }),
            json!({ "grade": "C", "score": 30.0 })
        ]
    );
    let worse = grade(&rule(RATIO, &HALVES.replace("\"better\"", "\"worse\""), TAX, ""), &ten(Vec::new())).unwrap();
    assert_eq!(facts(&worse, 2)["next"], json!({ "grade": "A", "score": 90.0, "beyond": true }));
    // Of three, rounded down, A has no place (0.6): B to 1, C to 2.
    let three = frame(vec![known("tax_per_mu_wan", &[3.0, 2.0, 1.0])]);
    let down = grade(&rule(RATIO, &HALVES.replace("\"ceil\"", "\"floor\""), TAX, ""), &three).unwrap();
    assert_eq!(letters(&down), "BCD");
    assert_eq!([facts(&down, 0)["next"].clone(), facts(&down, 1)["next"].clone()], [Value::Null, json!({ "grade": "B", "score": 30.0 })]);
    // One class down for all: B by score is C, and A by score is what makes it B.
    let rest = "[[rule.moves]]\nid = \"m\"\nname_zh = \"降\"\nwhen = \"TRUE\"\ndown = 1\nunknown = \"ignore\"\n";
    let moved = grade(&rule(RATIO, HALVES, TAX, rest), &ten(Vec::new())).unwrap();
    assert_eq!((letters(&moved).as_str(), &facts(&moved, 4)["next"]), ("BBCCCDDDDD", &json!({ "grade": "B", "score": 90.0 })));
    // C and D by score are both D, so that D by score needs B by score.
    assert_eq!(facts(&moved, 9)["next"], json!({ "grade": "C", "score": 60.0 }));
    let ranked = rule("normaliser = \"rank\"", HALVES, "{ column = \"tax_per_mu_wan\", weight = 100.0, missing = \"not_graded\" }", "");
    assert_eq!(facts(&grade(&ranked, &ten(Vec::new())).unwrap(), 2)["next"], json!({ "grade": "A", "score": 90.0, "value": 9.0 }));
}

/// The next grade's score, taken, gives the next grade.
#[test]
fn who_reaches_the_score_has_the_grade() {
    for ties in ["better", "worse"] {
        let rules = rule(RATIO, &HALVES.replace("\"better\"", &format!("\"{ties}\"")), TAX, "");
        let taxes = [9.0, 8.0, 8.0, 8.0, 5.0, 5.0, 4.0, 4.0, 4.0, 1.0];
        let got = grade(&rules, &frame(vec![known("tax_per_mu_wan", &taxes)])).unwrap();
        for row in 0..taxes.len() {
            let next = facts(&got, row)["next"].clone();
            let Some(score) = next["score"].as_f64() else { continue };
            for (more, reaches) in [(-1e-6, false), (if ties == "worse" { 1e-6 } else { 0.0 }, true)] {
                let mut taxes = taxes;
                taxes[row] = score / 10.0 + more;
                let again = grade(&rules, &frame(vec![known("tax_per_mu_wan", &taxes)])).unwrap();
                let reached = again.grade[row].as_deref().unwrap() <= next["grade"].as_str().unwrap();
                assert_eq!(reached, reaches, "{ties} {row} {more}: {} → {}", letters(&got), letters(&again));
            }
        }
    }
}

proptest! {
    #[test]
    fn the_edge_of_a_band_is_where_it_begins(score in 0.0_f64..200.0, decimals in 0_u32..4, includes_least in any::<bool>(), least in 20_u32..180) {
        let band = |grade: &str, least, includes_least| Band { grade: grade.into(), least, includes_least };
        for rounding in [Rounding::Ceil, Rounding::Floor, Rounding::Nearest, Rounding::HalfEven] {
            let bands = vec![band("A", f64::from(least), includes_least), band("D", f64::NEG_INFINITY, false)];
            let bands = Bands { bands, rounding, decimals };
            let edge = bands.edge(0).unwrap();
            // A hair beside the edge both agree; on it rounding itself decides.
            if (score - edge.score).abs() > 1e-6 {
                prop_assert_eq!(edge.is_reached_by(score), bands.class(score) == 0, "{:?} {:?}", rounding, edge);
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing(taxes in proptest::collection::vec(proptest::option::weighted(0.8, 0_u32..30), 1..30), turn in 0_usize..30) {
        let values: Vec<Option<f64>> = taxes.iter().map(|tax| tax.map(|tax| f64::from(tax) / 7.0)).collect();
        let turned: Vec<Option<f64>> = (0..values.len()).map(|row| values[(row + turn) % values.len()]).collect();
        for (top, benchmark) in [(RATIO, "benchmark_from = \"cohort_mean\", "), (RATIO, "benchmark_from = \"median\", "), ("normaliser = \"rank\"", ""), ("normaliser = \"min_max\"\nmin_max = { base = 20.0, span = 80.0, equal = 100.0 }", "")] {
            let indicator = format!("{{ column = \"tax_per_mu_wan\", {benchmark}weight = 100.0, missing = \"not_graded\" }}");
            let rules = rule(top, HALVES, &indicator, "");
            let (a, b) = (grade(&rules, &frame(vec![numbers("tax_per_mu_wan", &values)])).unwrap(), grade(&rules, &frame(vec![numbers("tax_per_mu_wan", &turned)])).unwrap());
            for row in 0..values.len() {
                let from = (row + turn) % values.len();
                prop_assert_eq!(b.score[row].map(f64::to_bits), a.score[from].map(f64::to_bits));
                prop_assert_eq!(b.decisions.row(row).unwrap().facts(), a.decisions.row(from).unwrap().facts());
            }
        }
    }
}

/// Five parcels: 0 has E1; 1 has E1 and E2 on 300 and 100 m²; 2 has E2 and E3, which has no figure; 3 has none; 4 has E4, which is exempt.
fn rolled(roll_up: &str, holders: &[Option<&str>]) -> (Grading, DataFrame) {
    let rest = "[[rule.exempt]]\nid = \"x\"\nname_zh = \"免\"\nwhen = \"industry = '44'\"\ngrade = \"T\"\n";
    let top = format!("{RATIO}\nunit = \"enterprise\"\nroll_up = \"{roll_up}\"\nland_share = \"equal\"");
    let bands = "[rule.cuts]\nrounding = \"nearest\"\ndecimals = 2\nbands = [{ grade = \"A\", from = 80.0, includes = \"from\" }, { grade = \"B\", from = 60.0, to = 80.0, includes = \"from\" }, { grade = \"D\", to = 60.0, includes = \"neither\" }]\n";
    let enterprises = frame(vec![
        texts("enterprise_id", &[Some("E1"), Some("E2"), Some("E3"), Some("E4")]),
        known("parcels", &[2.0, 2.0, 1.0, 1.0]),
        known("area_mu", &[1.0; 4]),
        texts("industry", &[Some("34"), Some("34"), Some("34"), Some("44")]),
        numbers("tax_per_mu_wan", &[Some(9.0), Some(1.0), None, Some(5.0)]),
    ]);
    let holders = texts("holder_id", holders);
    let links = Links { parcels: &[0, 1, 1, 2, 2, 4], enterprises: &[0, 0, 1, 1, 2, 3], land_m2: &[500.0, 300.0, 100.0, 1.0, 1.0, 1.0] };
    let units = Units { frame: &enterprises, links, holders: Some(holders.str().unwrap()), parcels: 5 };
    grade_enterprises(&rule(&top, bands, TAX, rest), units).unwrap()
}

#[test]
fn enterprises_are_rolled_up_to_parcels() {
    let none = [None; 5];
    let (by_land, ledger) = rolled("land_weighted", &none);
    // (90 × 300 + 10 × 100) / 400 = 70.
    assert_eq!(
        (letters(&by_land).as_str(), scores(&by_land)),
        ("AB--T", vec!["90.0000".into(), "70.0000".into(), "-".into(), "-".into(), "-".into()])
    );
    assert_eq!(by_land.reason[1], "mean score 70.0000 of 2 enterprises, weighted by land, is B in cohort all; the worst of them is E2: D");
    assert_eq!(
        (facts(&by_land, 1)["worst"].clone(), facts(&by_land, 1)["enterprises"][1].clone()),
        (json!("D"), json!({ "enterprise_id": "E2", "land_m2": 100.0, "score": 10.0, "grade": "D" }))
    );
    assert!(by_land.reason[2].starts_with("an enterprise on the parcel has no grade, E3: not graded"), "{}", by_land.reason[2]);
    assert_eq!(
        by_land.decisions.rows().map(|d| d.verdict).collect::<Vec<_>>(),
        [Verdict::Yes, Verdict::Yes, Verdict::Unknown, Verdict::No, Verdict::No]
    );
    let graded: Vec<_> = ledger.column("grade").unwrap().str().unwrap().iter().collect();
    assert_eq!((ledger.height(), graded), (4, vec![Some("A"), Some("D"), None, Some("T")]));
    // The worst: E2 has the last class, so that the unknown E3 cannot make it worse.
    assert_eq!(letters(&rolled("worst", &none).0), "ADD-T");
    // The owner's: of parcel 1 E2 is declared, of parcel 2 somebody without figures; the others have one enterprise each.
    let (by_owner, _) = rolled("owner", &[None, Some("E2"), Some("E9"), None, None]);
    assert_eq!(letters(&by_owner), "AD--T");
    assert_eq!(by_owner.reason[2], "the declared holder `E9` has no figures on the parcel");
    assert_eq!(rolled("owner", &none).0.reason[1], "the parcel declares no `holder_id`, and several enterprises are on it");
}

#[test]
fn without_enterprise_rows_nothing_is_known() {
    let top = format!("{RATIO}\nunit = \"enterprise\"\nroll_up = \"worst\"\nland_share = \"whole\"");
    let none = frame(vec![texts("enterprise_id", &[]), known("parcels", &[]), known("area_mu", &[])]);
    let links = Links { parcels: &[], enterprises: &[], land_m2: &[] };
    let (got, ledger) = grade_enterprises(&rule(&top, HALVES, TAX, ""), Units { frame: &none, links, holders: None, parcels: 2 }).unwrap();
    assert_eq!(got.decisions.rows().map(|decision| decision.verdict).collect::<Vec<_>>(), [Verdict::Unknown; 2]);
    assert_eq!((letters(&got).as_str(), ledger.height()), ("--", 0));
}

//! Golden scores, the arithmetic of cuts, missing values, exemptions and order.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};
use proptest::prelude::*;

use crate::model::Verdict;
use crate::rules::{Absent, Band, Bands, Cut, Cuts, GradingRules, Missing, Rounding, RuleSet, Shares, Ties};

use super::{Graded, grade, normalise::Scale, rank::rank};

fn huangyan() -> GradingRules {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
    RuleSet::load(&["zhejiang".into()], &BTreeMap::new(), Path::new("."), day).unwrap().0.grading.unwrap()
}

fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    Series::new(name.into(), values).into_column()
}

fn texts(name: &str, values: &[&str]) -> Column {
    Series::new(name.into(), values).into_column()
}

/// Parcels below scale with these taxes a mu and taxes a megawatt-hour.
fn below(taxes: &[Option<f64>], power: &[Option<f64>]) -> DataFrame {
    let n = taxes.len();
    let columns = vec![
        numbers("enterprises", &vec![Some(1.0); n]),
        texts("scale", &vec!["below"; n]),
        numbers("tax_per_mu_wan", taxes),
        numbers("tax_per_mwh_wan", power),
    ];
    DataFrame::new(n, columns).unwrap()
}

fn grades(rules: &GradingRules, frame: &DataFrame) -> Vec<String> {
    grade(rules, frame).unwrap().grade.iter().map(|grade| grade.as_deref().unwrap_or("-").to_owned()).collect()
}

#[test]
fn points_of_the_printed_formula() {
    let rules = huangyan();
    let facts = [12.0, 100.0, 2.0, 3000.0, 15.0, 0.02];
    let points = |(indicator, value)| Scale::new(indicator, &[], |_| Vec::new()).points(indicator, 0, value);
    let each: Vec<_> = rules.cohorts[0].indicators.iter().zip(facts).map(|pair| format!("{:.4}", points(pair))).collect();
    assert_eq!(each, ["14.9396", "14.6886", "14.8478", "6.0854", "8.2690", "6.6225"]);
}

#[test]
fn golden_scores() {
    let rules = huangyan();
    let mut columns = vec![numbers("enterprises", &[Some(1.0); 3]), texts("scale", &["above", "below", "above"])];
    let facts: [(&str, [Option<f64>; 3]); 7] = [
        ("tax_per_mu_wan", [Some(12.0), Some(6.0), Some(24.097)]),
        ("value_added_per_mu_wan", [Some(100.0), None, Some(136.16)]),
        ("value_added_per_tce_wan", [Some(2.0), None, Some(2.694)]),
        ("value_added_per_t_wan", [Some(3000.0), None, Some(4929.81)]),
        ("value_added_per_employee_wan", [Some(15.0), None, Some(18.14)]),
        ("rnd_share", [Some(0.02), None, Some(0.0302)]),
        ("tax_per_mwh_wan", [None, Some(0.2), None]),
    ];
    columns.extend(facts.iter().map(|(name, values)| numbers(name, values)));
    let got = grade(&rules, &DataFrame::new(3, columns).unwrap()).unwrap();
    assert_eq!(format!("{:.4}", got.score[0].unwrap()), "65.4530");
    assert_eq!(format!("{:.4}", got.score[1].unwrap()), "68.3942");
    assert_eq!(got.score[2], Some(100.0));
    assert_eq!(got.reason[2], "score 100.0000 is rank 1 of 2 in cohort above: A is up to rank 1");
    let facts: serde_json::Value = serde_json::from_str(&got.decisions.row(0).unwrap().facts()).unwrap();
    assert_eq!(facts["cohort"], "above");
    assert_eq!((facts["rank"].as_u64(), facts["cohort_size"].as_u64(), facts["ranked"].as_u64()), (Some(2), Some(2), Some(2)));
    let first = &facts["indicators"]["tax_per_mu_wan"];
    assert_eq!((first["value"].as_f64(), first["benchmark"].as_f64(), first["weight"].as_f64()), (Some(12.0), Some(24.097), Some(30.0)));
    assert_eq!(first["points"].as_f64(), Some(12.0 / 24.097 * 30.0));
    assert_eq!(facts["last_ranks"], serde_json::json!({ "A": 1, "B": 2, "C": 2, "D": 2 }));
    assert_eq!(got.decisions.row(0).unwrap().rule_id, "zhejiang.grading.huangyan-2022");
}

fn cuts(rounding: Rounding, ties: Ties) -> Cuts {
    let cut = |grade: &str, up_to_ppm| Cut { grade: grade.into(), up_to_ppm };
    Cuts::Shares(Shares { grades: vec![cut("A", 200_000), cut("B", 850_000), cut("C", 950_000), cut("D", 1_000_000)], rounding, ties })
}

/// The classes by rational arithmetic on hundredths, written apart from the code.
fn last_ranks_by_hand(n: u64, rounding: Rounding) -> Vec<u64> {
    let whole = |percent: u64| match rounding {
        Rounding::Ceil => (n * percent).div_ceil(100),
        Rounding::Floor => n * percent / 100,
        Rounding::Nearest => (n * percent * 2 + 100) / 200,
        // An exact half takes the even one of its neighbours.
        Rounding::HalfEven if n * percent % 100 == 50 => (n * percent / 100).next_multiple_of(2),
        Rounding::HalfEven => (n * percent * 2 + 100) / 200,
    };
    [20, 85, 95, 100].map(whole).to_vec()
}

#[test]
fn cuts_of_one_to_forty_parcels() {
    for rounding in [Rounding::Ceil, Rounding::Floor, Rounding::Nearest, Rounding::HalfEven] {
        for n in 1..=40_u64 {
            let ends = last_ranks_by_hand(n, rounding);
            let scores: Vec<_> = (0..n).map(|i| (n - i) as f64).collect();
            let ranking = rank(&scores, &cuts(rounding, Ties::Better));
            assert_eq!(ranking.last_ranks, ends, "{rounding:?} {n}");
            for (place, expected) in ranking.places.iter().zip(1..) {
                let (rank, class) = place.unwrap();
                let wanted = ends.iter().filter(|end| **end < expected).count();
                assert_eq!((rank, class), (expected, wanted), "{rounding:?} {n}");
            }
        }
    }
    let grades = vec![Cut { grade: "A".into(), up_to_ppm: 70_000 }, Cut { grade: "D".into(), up_to_ppm: 1_000_000 }];
    let seven = Shares { grades, rounding: Rounding::Ceil, ties: Ties::Better };
    assert_eq!(seven.last_ranks(100), [7, 100], "100 × 0.07 is 7, not a little more");
}

#[test]
fn a_half_goes_up_or_to_the_even_number_as_the_rule_says() {
    let band = |grade: &str, least| Band { grade: grade.into(), least, includes_least: true };
    let bands = |rounding, least| Bands { bands: vec![band("A", least), band("D", f64::NEG_INFINITY)], rounding, decimals: 1 };
    for (score, half_up, half_even) in
        [(79.85, 79.9, 79.8), (79.95, 80.0, 80.0), (79.849, 79.8, 79.8), (79.851, 79.9, 79.9), (-0.25, -0.2, -0.2), (-0.35, -0.3, -0.4)]
    {
        let rounded = |rounding| (bands(rounding, 80.0).rounded(score) * 10.0).round() / 10.0;
        assert_eq!((rounded(Rounding::Nearest), rounded(Rounding::HalfEven)), (half_up, half_even), "{score}");
    }
    // 79.85 reaches a band from 79.9 by half up alone; the edge that the facts state says so too.
    let edge = |rounding, least| bands(rounding, least).edge(0).map(|edge| (edge.score, edge.beyond)).unwrap();
    assert_eq!([Rounding::Nearest, Rounding::HalfEven].map(|rounding| bands(rounding, 79.9).class(79.85)), [0, 1]);
    assert_eq!((edge(Rounding::Nearest, 79.9).1, edge(Rounding::HalfEven, 79.9).1, edge(Rounding::HalfEven, 80.0).1), (false, true, false));
    // Of 10 ranked, a quarter is 2.5: 3 or 2; of 30 it is 7.5: 8 and 8.
    let quarter = |rounding| Shares {
        grades: vec![Cut { grade: "A".into(), up_to_ppm: 250_000 }, Cut { grade: "D".into(), up_to_ppm: 1_000_000 }],
        rounding,
        ties: Ties::Better,
    };
    assert_eq!([10, 30].map(|n| quarter(Rounding::Nearest).last_ranks(n)[0]), [3, 8]);
    assert_eq!([10, 30].map(|n| quarter(Rounding::HalfEven).last_ranks(n)[0]), [2, 8]);
}

#[test]
fn ties_across_a_cut() {
    for (n, size) in (1..=40_u64).zip(1..) {
        for rounding in [Rounding::Ceil, Rounding::Floor, Rounding::Nearest, Rounding::HalfEven] {
            let all_equal = vec![50.0; size];
            let ends = last_ranks_by_hand(n, rounding);
            let first = ends.iter().filter(|end| **end < 1).count();
            let better = rank(&all_equal, &cuts(rounding, Ties::Better));
            assert!(better.places.iter().all(|place| *place == Some((1, first))), "{rounding:?} {n}");
            let worst = ends.iter().filter(|end| **end < n).count();
            let worse = rank(&all_equal, &cuts(rounding, Ties::Worse));
            assert!(worse.places.iter().all(|place| *place == Some((1, worst))), "{rounding:?} {n}");
        }
    }
    // Ten parcels, A to rank 2: ranks 2 and 3 are equal.
    let scores = [9.0, 8.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
    let class = |ties| rank(&scores, &cuts(Rounding::Ceil, ties)).places.iter().map(|place| place.unwrap().1).collect::<Vec<_>>();
    assert_eq!(class(Ties::Better), [0, 0, 0, 1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(class(Ties::Worse), [0, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
}

#[test]
fn a_score_that_is_missing_has_no_rank() {
    let ranking = rank(&[f64::NAN, 3.0, f64::NAN, 5.0], &cuts(Rounding::Ceil, Ties::Better));
    assert_eq!(ranking.places, [None, Some((2, 1)), None, Some((1, 0))]);
    assert_eq!(ranking.ranked, 2);
    assert_eq!(rank(&[], &cuts(Rounding::Ceil, Ties::Better)).last_ranks, [0, 0, 0, 0]);
}

#[test]
fn missing_values_by_each_rule() {
    let frame = below(&[Some(11.5932); 3], &[Some(0.2352), Some(0.4704), None]);
    let with = |missing, absent| {
        let mut rules = huangyan();
        rules.cohorts[1].indicators[1].missing = missing;
        rules.cohorts[1].indicators[1].absent = absent;
        rules
    };
    let mean = grade(&with(Missing::CohortMeanScore, Absent::Rescale), &frame).unwrap();
    assert_eq!(mean.score, [Some(100.0), Some(150.0), Some(125.0)]);
    assert_eq!(
        mean.reason[2],
        "score 125.0000 is rank 2 of 3 in cohort below: B is up to rank 3; `tax_per_mwh_wan` is unknown, the cohort's mean is 75.0000 points"
    );
    let zero = grade(&with(Missing::Zero, Absent::NotGraded), &frame).unwrap();
    assert_eq!(zero.score[2], Some(50.0));
    let none = grade(&with(Missing::NotGraded, Absent::NotGraded), &frame).unwrap();
    assert_eq!((none.score[2], none.grade[2].clone(), none.decisions.row(2).unwrap().verdict), (None, None, Verdict::Unknown));
    assert_eq!(none.reason[2], "not graded: `tax_per_mwh_wan` unknown, and the rule requires it in cohort below");
    assert!(none.reason[0].contains("rank 2 of 2"), "{}", none.reason[0]);
}

#[test]
fn an_indicator_that_nobody_has() {
    let frame = below(&[Some(11.5932), Some(5.7966), None], &[None; 3]).drop("tax_per_mwh_wan").unwrap();
    let got = grade(&huangyan(), &frame).unwrap();
    assert_eq!(got.score, [Some(100.0), Some(50.0), None]);
    assert!(got.reason[0].ends_with(
        "; nobody in the cohort has `tax_per_mwh_wan`: left out, the other points times 2, not comparable with published scores"
    ));
    assert_eq!(got.reason[2], "not graded: `tax_per_mu_wan` unknown, and the rule requires it in cohort below");
    let mut rules = huangyan();
    rules.cohorts[1].indicators[1].absent = Absent::NotGraded;
    assert_eq!(grades(&rules, &frame), ["-", "-", "-"]);
}

#[test]
fn who_is_not_graded_and_why() {
    let mut rules = huangyan();
    let mut class = rules.cohorts[0].class.clone();
    class.id = "utilities".into();
    rules.exempt.push(crate::rules::Exempt { class, grade: None });
    let scale: Vec<Option<&str>> = vec![Some("below"), None, Some("above"), Some("below"), Some("below")];
    let columns = vec![
        numbers("enterprises", &[Some(1.0), Some(1.0), Some(1.0), Some(0.0), None]),
        Series::new("scale".into(), scale).into_column(),
        numbers("tax_per_mu_wan", &[Some(1.0); 5]),
    ];
    let got = grade(&rules, &DataFrame::new(5, columns).unwrap()).unwrap();
    let said: Vec<_> = got.reason.iter().skip(1).map(String::as_str).collect();
    assert_eq!(
        said,
        [
            "exemption utilities cannot be decided, a value is missing among `scale`",
            "exempt as utilities: scale = 'above'",
            "outside the population: not enterprises > 0",
            "population cannot be decided, a value is missing among `enterprises`",
        ]
    );
    let verdicts: Vec<_> = got.decisions.rows().map(|decision| decision.verdict).collect();
    assert_eq!(verdicts, [Verdict::Yes, Verdict::Unknown, Verdict::No, Verdict::No, Verdict::Unknown]);
    assert!(got.decisions.rows().all(|decision| serde_json::from_str::<serde_json::Value>(&decision.facts()).is_ok()));
    assert_eq!(got.decisions.rows().map(|decision| decision.parcel).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

#[test]
fn caps_floors_and_figures_that_are_no_numbers() {
    let mut rules = huangyan();
    let tax = &mut rules.cohorts[1].indicators[0];
    tax.cap = Some(75.0);
    tax.floor = Some(0.0);
    let frame = below(&[Some(1000.0), Some(-3.0), Some(f64::NAN), Some(f64::INFINITY)], &[Some(0.2352); 4]);
    assert_eq!(grade(&rules, &frame).unwrap().score, [Some(125.0), Some(50.0), None, None]);
}

#[test]
fn an_empty_inventory_is_graded() {
    assert!(grade(&huangyan(), &DataFrame::empty()).unwrap().decisions.is_empty());
}

fn shuffled(n: usize) -> impl Strategy<Value = (Vec<Option<f64>>, Vec<Option<f64>>, Vec<usize>)> {
    let value = || proptest::option::weighted(0.8, (0_u32..30).prop_map(|x| f64::from(x) / 7.0));
    let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
    (proptest::collection::vec(value(), n), proptest::collection::vec(value(), n), order)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn row_order_does_not_matter((taxes, power, order) in (1_usize..40).prop_flat_map(shuffled)) {
        let rules = huangyan();
        let pick = |values: &[Option<f64>]| order.iter().map(|row| values[*row]).collect::<Vec<_>>();
        let straight = grade(&rules, &below(&taxes, &power)).unwrap();
        let turned = grade(&rules, &below(&pick(&taxes), &pick(&power))).unwrap();
        for (to, from) in order.iter().enumerate() {
            prop_assert_eq!(turned.score[to].map(f64::to_bits), straight.score[*from].map(f64::to_bits));
            prop_assert_eq!(&turned.grade[to], &straight.grade[*from]);
            prop_assert_eq!(&turned.reason[to], &straight.reason[*from]);
            prop_assert_eq!(turned.decisions.row(to).unwrap().facts(), straight.decisions.row(*from).unwrap().facts());
        }
    }
}

#[test]
fn thread_count_does_not_matter() {
    let n = 2000_u32;
    let taxes: Vec<_> = (0..n).map(|i| (i % 7 != 0).then(|| f64::from(i * 7919 % 997) / 13.0)).collect();
    let power: Vec<_> = (0..n).map(|i| (i % 5 != 0).then(|| f64::from(i * 104_729 % 991) / 17.0)).collect();
    let (rules, frame) = (huangyan(), below(&taxes, &power));
    let with = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| grade(&rules, &frame).unwrap());
    assert_eq!(with(1), with(4));
}

/// Run by hand: `cargo test --release --lib grade::tests::a_million -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_million_parcels_in_under_a_second() {
    let n = 1_000_000_u32;
    let number = |seed: u32| {
        (0..n).map(|i| (i % 11 != seed).then(|| f64::from(i.wrapping_mul(2_654_435_761).wrapping_add(seed)) / 1e8)).collect::<Vec<_>>()
    };
    let rules = huangyan();
    let names: Vec<Arc<str>> =
        rules.cohorts.iter().flat_map(|cohort| &cohort.indicators).map(|indicator| Arc::clone(&indicator.column)).collect();
    let scale: Vec<_> = (0..n).map(|i| if i % 4 == 0 { "above" } else { "below" }).collect();
    let mut columns = vec![numbers("enterprises", &vec![Some(1.0); n as usize]), texts("scale", &scale)];
    for (name, seed) in names.iter().zip(0_u32..).filter(|(name, seed)| *seed == 0 || &***name != "tax_per_mu_wan") {
        columns.push(numbers(name, &number(seed)));
    }
    let frame = DataFrame::new(n as usize, columns).unwrap();
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let graded = Graded::new(&rules, &frame).unwrap();
        let ranked = start.elapsed().as_secs_f64();
        let got = graded.report(&rules);
        let all = start.elapsed().as_secs_f64();
        let bytes: usize = got.decisions.rows().map(|decision| decision.facts().len() + decision.reasons().len()).sum();
        println!("ranks {ranked:.3} s, all {all:.3} s, {} MB of text", bytes / 1_000_000);
    }
}

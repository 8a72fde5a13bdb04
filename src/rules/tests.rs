//! Packs as they ship, spoiled copies of them, three-valued conditions, dates and overrides.

use std::{collections::BTreeMap, path::Path};

use chrono::NaiveDate;
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};
use toml::Spanned;

use crate::model::{Code, Finding, Verdict};

use super::{
    fault::{Checked, Fault},
    pack::{PackText, embedded},
    *,
};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn load(packs: &[&str], rules_for: &[(&str, &str)], as_of: NaiveDate) -> Result<(RuleSet, Vec<Finding>), RulesError> {
    let packs: Vec<_> = packs.iter().map(ToString::to_string).collect();
    let rules_for: BTreeMap<_, _> = rules_for.iter().map(|(kind, rule)| (kind.to_string(), rule.to_string())).collect();
    RuleSet::load(&packs, &rules_for, Path::new("."), as_of)
}

#[test]
fn every_pack_loads_clean_and_its_cases_hold() {
    let mut told = Vec::new();
    for pack in open_packs(&embedded_packs(), Path::new(".")).unwrap() {
        for case in &pack.cases {
            let faults = crate::run::check_case(&pack, case).unwrap();
            told.extend(faults.iter().map(ToString::to_string));
        }
    }
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn a_case_that_does_not_hold_is_told() {
    let mut text = embedded("zhejiang").unwrap();
    let cases = &mut text.cases.iter_mut().find(|(name, _)| name == "grading.toml").unwrap().1;
    *cases = cases.replace("65.4530", "65.4531");
    let pack = text.compile().0.unwrap();
    let case = pack.cases.iter().find(|case| &*case.name == "the printed formula, above scale").unwrap();
    let told = crate::grade::check_case(&pack.grading[0], case).unwrap();
    assert_eq!(told[0].to_string(), "case `the printed formula, above scale`, parcel `a`: score is `65.4530`, expected `65.4531`");
}

/// One spoiled copy of a shipped file: what is replaced by what, and the fault that must be told, place first.
struct Spoiled {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    fault: &'static str,
    hint: &'static str,
}

#[rustfmt::skip]
const SPOILED: &[Spoiled] = &[
    Spoiled { file: "pack.toml", from: "jurisdiction", to: "jurisdicton", fault: "zhejiang/pack.toml:5:1: unknown key `jurisdicton`", hint: "did you mean `jurisdiction`?" },
    Spoiled { file: "pack.toml", from: "id = \"zhejiang\"", to: "id = \"zj\"", fault: "zhejiang/pack.toml:1:6: pack id `zj` differs from its folder `zhejiang`", hint: "write id = \"zhejiang\"" },
    Spoiled { file: "pack.toml", from: "version = \"2026.1\"\n", to: "", fault: "zhejiang/pack.toml:1:1: key `version` is missing", hint: "add `version = …`" },
    Spoiled { file: "indicators.toml", from: "double_height_m = 8.0", to: "double_hight_m = 8.0", fault: "unknown key `double_hight_m`", hint: "did you mean `double_height_m`?" },
    Spoiled { file: "indicators.toml", from: "double_height_m = 8.0", to: "double_height_m = -8.0", fault: "`double_height_m` = -8 is not more than 0", hint: "give a number that is more than 0" },
    Spoiled { file: "indicators.toml", from: "min_years = 1", to: "min_years = 2", fault: "`min_years` = 2 is not from 1 to window_years", hint: "" },
    Spoiled { file: "indicators.toml", from: "\"sum_over_land_years\"", to: "\"median\"", fault: "unknown value `median` of `mean`", hint: "one of: sum_over_land_years, mean_of_ratios" },
    Spoiled { file: "indicators.toml", from: "\"min_years\", \"mean\"]", to: "\"min_years\", \"meen\"]", fault: "`unverified` names `meen`, which the rule does not have", hint: "did you mean `mean`?" },
    Spoiled { file: "indicators.toml", from: "2008-01-31", to: "\"yesterday\"", fault: "`valid_from` is a text, not a day", hint: "" },
    Spoiled { file: "indicators.toml", from: "double_height_m = 8.0", to: "double_height_m = = 8.0", fault: "zhejiang/indicators.toml:11:19", hint: "" },
    Spoiled { file: "zones.toml", from: "outside_max = 0.01", to: "outside_max = 0.99", fault: "`outside_max` = 0.99 is not less than inside_min", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"zone_industrial_block = 'split'  OR zone_town_boundary = 'split'\"", fault: "stands already in line 18", hint: "delete one of the two" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"share_industrial_block >= 60\"", fault: "`share_industrial_block` is a fraction from 0 to 1, and 60 is far out of its range", hint: "write 0.6 for 60 %" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"area_m2 <= 3\"", fault: "`area_m2` is m², and 3 is far out of its range", hint: "3 mu are 2000 m²" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"zone_industrial_block = 'inside' AND zone_industrial_block IN ('split', 'outside')\"", fault: "the condition is never true", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"far BETWEEN 2 AND 1\"", fault: "the condition is never true: no `far`", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"far > 1 AND far < 1\"", fault: "the condition is never true: no `far`", hint: "" },
    Spoiled { file: "grading.toml", from: "population = \"enterprises > 0\"", to: "population = \"tax_per_mu_wan >= 300000\"", fault: "`tax_per_mu_wan` is 万元/mu, and 300000 is far", hint: "300000 yuan/mu are 30 万元/mu" },
    Spoiled { file: "grading.toml", from: "benchmark = 0.0302", to: "benchmark = 3.02", fault: "`rnd_share` is a fraction from 0 to 1, and 3.02 is far out of its range", hint: "write 0.0302 for 3.02 %" },
    Spoiled { file: "grading.toml", from: "when = \"scale = 'below'\"", to: "when = \"scale = 'above'\"", fault: "`scale = 'above'` stands already in line", hint: "delete one of the two" },
    Spoiled { file: "slivers.toml", from: "max_plot_m2 = 2000.0", to: "max_plot_m2 = 3.0", fault: "`max_plot_m2` is m², and 3 is far", hint: "3 mu are 2000 m²" },
    Spoiled { file: "slivers.toml", from: "article = \"三(三)\"", to: "article = \"\"", fault: "`article` is empty", hint: "give title and number" },
    Spoiled { file: "zones.toml", from: "tolerance_m = 0.1", to: "tolerance_m = nan", fault: "`tolerance_m` = NaN is not 0 or more", hint: "" },
    Spoiled { file: "zones.toml", from: "id = \"town\"", to: "id = \"block\"", fault: "id `block` stands twice", hint: "give each its own id" },
    Spoiled { file: "zones.toml", from: "id = \"town\"", to: "id = \"The town\"", fault: "id `The town` has characters", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"zones_industrial_block = 'inside'\"", fault: "zhejiang/zones.toml:18:9: unknown column `zones_industrial_block`", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"far > 1 AND grade = 'A'\"", fault: "zhejiang/zones.toml:18:21: unknown column `grade`", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"zone_industrial_block\"", fault: "the condition gives str, not true or false", hint: "write a comparison" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"far IN (SELECT far FROM read_csv('x'))\"", fault: "zhejiang/zones.toml:18:17: `SELECT` is not allowed in a condition", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"far > max(far)\"", fault: "`max` is not allowed in a condition", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"zone_industrial_block = 'inside' AND far\"", fault: "zhejiang/zones.toml:18:46: the condition is not valid SQL: AND takes conditions, and `far` is a number", hint: "" },
    Spoiled { file: "zones.toml", from: "\"zone_industrial_block = 'inside'\"", to: "\"far > > 1\"", fault: "the condition is not valid SQL", hint: "" },
    Spoiled { file: "grading.toml", from: "scale = 'below'", to: "scal = 'below'", fault: "unknown column `scal`", hint: "did you mean `scale`?" },
    Spoiled { file: "grading.toml", from: "column = \"rnd_share\"", to: "column = \"rnd_shares\"", fault: "unknown column `rnd_shares`", hint: "did you mean `rnd_share`?" },
    Spoiled { file: "grading.toml", from: "column = \"rnd_share\"", to: "column = \"town\"", fault: "column `town` is not a number", hint: "" },
    Spoiled { file: "grading.toml", from: "column = \"rnd_share\"", to: "column = \"tax_per_mu_wan\"", fault: "id `tax_per_mu_wan` stands twice", hint: "" },
    Spoiled { file: "grading.toml", from: "benchmark = 24.097", to: "benchmark = 0.0", fault: "`benchmark` = 0 is not more than 0", hint: "" },
    Spoiled { file: "grading.toml", from: "benchmark = 24.097, ", to: "", fault: "key `benchmark` is missing", hint: "" },
    Spoiled { file: "grading.toml", from: "benchmark = 24.097", to: "benchmark = 24.097, cap = 1.0, floor = 2.0", fault: "`floor` = 2 is not at most the cap", hint: "" },
    Spoiled { file: "grading.toml", from: "up_to = 0.85", to: "up_to = 0.15", fault: "`up_to` must rise from class to class and end with 1", hint: "" },
    Spoiled { file: "grading.toml", from: "up_to = 1.0", to: "up_to = 0.99", fault: "`up_to` must rise from class to class and end with 1", hint: "" },
    Spoiled { file: "grading.toml", from: "up_to = 0.85", to: "up_to = 0.85000001", fault: "`up_to` = 0.85000001 has more than six decimals", hint: "" },
    Spoiled { file: "grading.toml", from: "total = 100.0", to: "total = 90.0", fault: "the weights of cohort `above` add up to 100, not to 90", hint: "correct the weights" },
    Spoiled { file: "grading.toml", from: "ties = \"better\"\n", to: "", fault: "key `ties` is missing", hint: "" },
    Spoiled { file: "grading.toml", from: "weight = 30.0, ", to: "", fault: "key `weight` is missing", hint: "" },
    Spoiled { file: "grading.toml", from: "land_share = \"equal\"\n", to: "", fault: "key `land_share` is missing", hint: "" },
    Spoiled { file: "grading.toml", from: "benchmark = 24.097", to: "benchmark = 24.097, benchmark_from = \"median\"", fault: "exactly one of `benchmark`, `benchmark_from`, `benchmark_table` must be given", hint: "keep one" },
    Spoiled { file: "grading.toml", from: "benchmark = 24.097", to: "benchmark_table = \"tax\"", fault: "unknown table `tax`", hint: "" },
    Spoiled { file: "grading.toml", from: "benchmark = 24.097", to: "benchmark = 24.097, benchmark_factor = 2.0", fault: "`benchmark_factor` is not used by a benchmark that is a number", hint: "take the key away" },
    Spoiled { file: "grading.toml", from: "cap_times_weight = 1.5", to: "cap = 90.0, cap_times_weight = 1.5", fault: "exactly one of `cap`, `cap_times_weight` must be given", hint: "" },
    Spoiled { file: "grading.toml", from: "when = \"scale = 'above'\"\nindicators = [", to: "when = \"scale = 'above'\"\nnormaliser = \"rank\"\nindicators = [", fault: "cohort `above` ranks by one indicator, but has several", hint: "" },
    Spoiled { file: "grading.toml", from: "when = \"scale = 'above'\"\nindicators = [", to: "when = \"scale = 'above'\"\nnormaliser = \"min_max\"\nindicators = [", fault: "key `min_max` is missing", hint: "" },
    Spoiled { file: "grading.toml", from: "to = \"D\"", to: "to = \"E\"", fault: "unknown grade `E`", hint: "one of: A, B, C, D" },
    Spoiled { file: "grading.toml", from: "to = \"D\"", to: "to = \"D\"\nnot_better_than = \"B\"", fault: "exactly one of `to`, `not_better_than` must be given", hint: "" },
    Spoiled { file: "grading.toml", from: "area_mu >= 3", to: "far >= 3", fault: "unknown column `far`", hint: "" },
    Spoiled { file: "grading.toml", from: "unit = \"enterprise\"", to: "unit = \"enterprises\"", fault: "unknown value `enterprises`", hint: "" },
    Spoiled { file: "grading.toml", from: "normaliser = \"ratio\"", to: "", fault: "cohort `above` has no `normaliser`", hint: "" },
    Spoiled { file: "grading.toml", from: "up_to = 0.20", to: "upto = 0.20", fault: "unknown key `upto`", hint: "did you mean `up_to`?" },
    Spoiled { file: "slivers.toml", from: "valid_to = 2028-03-14", to: "valid_to = 2022-03-14", fault: "valid_to 2022-03-14 is before valid_from 2023-03-15", hint: "" },
    Spoiled { file: "slivers.toml", from: "max_total_ratio = 0.10", to: "max_total_ratio = 10", fault: "`max_total_ratio` = 10 is not from 0 to 1", hint: "" },
    Spoiled { file: "slivers.toml", from: "max_angle_deg = 10.0", to: "max_angle_deg = 100.0", fault: "`max_angle_deg` = 100 is not from 0 to 90", hint: "" },
    Spoiled { file: "slivers.toml", from: "[\"registered\", \"ellipsoidal\", \"planar\"]", to: "[]", fault: "`area_order` has no entry", hint: "" },
    Spoiled { file: "slivers.toml", from: "max_total_ratio = 0.10", to: "max_total_ratio = 0.1000001", fault: "`max_total_ratio` = 0.1000001 is not a share with at most six decimals", hint: "" },
    Spoiled { file: "slivers.toml", from: "max_plot_inclusive = true", to: "", fault: "key `max_plot_inclusive` is missing", hint: "" },
    Spoiled { file: "slivers.toml", from: "max_total_inclusive = true", to: "", fault: "key `max_total_inclusive` is missing", hint: "" },
    Spoiled { file: "slivers.toml", from: "denominator = [\"core\", \"with_slivers\"]", to: "", fault: "key `denominator` is missing", hint: "" },
    Spoiled { file: "slivers.toml", from: "require_construction_land = true", to: "require_construction_land = true\nrequire_farmland = true", fault: "`require_farmland` and `require_construction_land` rule each other out", hint: "leave `require_farmland` out" },
    Spoiled { file: "slivers.toml", from: "look_up_to_m2 = 7000.0", to: "look_up_to_m2 = 1000.0", fault: "`look_up_to_m2` = 1000 is not at least max_plot_m2", hint: "" },
    Spoiled { file: "slivers.toml", from: "interlocking_max_ratio = 0.75", to: "interlocking_max_ratio = 0.1", fault: "`interlocking_max_ratio` = 0.1 is not at least interlocking_min_ratio", hint: "" },
    Spoiled { file: "slivers.toml", from: "enclosed_min_ratio = 0.75", to: "enclosed_min_ratio = 75.0", fault: "`enclosed_min_ratio` = 75 is not from 0 to 1", hint: "" },
    Spoiled { file: "slivers.toml", from: "road_within_m = 2.0", to: "", fault: "key `road_within_m` is missing", hint: "" },
    Spoiled { file: "slivers.toml", from: "exact_up_to = 20", to: "exact_up_to = 30", fault: "`exact_up_to` = 30 is not at most 24", hint: "" },
    Spoiled { file: "slivers.toml", from: "\"interlocking\", \"corner\"]", to: "\"interlocking\", \"interlocking\"]", fault: "id `kind_order` stands twice", hint: "" },
    Spoiled { file: "slivers.toml", from: "id = \"own-planning-conditions-impossible\"", to: "id = \"tract-project\"", fault: "id `tract-project` stands twice", hint: "" },
    Spoiled { file: "slivers.toml", from: "reach_m = 500.0", to: "reach_m = -1.0", fault: "`reach_m` = -1 is not 0 or more", hint: "" },
    Spoiled { file: "slivers.toml", from: "valid_to = 2027-09-04", to: "valid_to = 2020-09-04", fault: "valid_to 2020-09-04 is before valid_from 2023-09-05", hint: "" },
    Spoiled { file: "slivers.toml", from: "article = ", to: "articel = ", fault: "unknown key `articel`", hint: "did you mean `article`?" },
];

fn spoil(spoiled: &Spoiled) -> Vec<Fault> {
    let mut text = embedded("zhejiang").unwrap();
    let file = &mut text.files.iter_mut().find(|(name, _)| name == spoiled.file).unwrap().1;
    assert!(file.contains(spoiled.from), "{} has no {}", spoiled.file, spoiled.from);
    *file = file.replacen(spoiled.from, spoiled.to, 1);
    text.compile().1
}

#[test]
fn a_spoiled_file_gives_its_named_fault() {
    for spoiled in SPOILED {
        let told: Vec<_> = spoil(spoiled).iter().map(ToString::to_string).collect();
        let found = told.iter().any(|text| {
            let (first, hint) = (text.lines().next().unwrap(), text.lines().last().unwrap());
            first.contains(spoiled.fault) && hint.contains(spoiled.hint)
        });
        assert!(found, "{} → {}: wanted `{}`, `{}`, told {told:#?}", spoiled.from, spoiled.to, spoiled.fault, spoiled.hint);
    }
}

#[test]
fn all_faults_of_all_files_come_at_once_with_a_caret() {
    let mut text = embedded("zhejiang").unwrap();
    for (name, file) in &mut text.files {
        match name.as_str() {
            "indicators.toml" => *file = file.replace("double_height_m", "double_hight_m"),
            "slivers.toml" => {
                *file = file.replace("snap_m = 0.05", "snap_m = -1.0").replace("core_min_share = 0.5", "core_min_share = 5.0")
            }
            _ => {}
        }
    }
    text.files.push(("gradng.toml".into(), String::new()));
    let told: Vec<_> = text.compile().1.iter().map(ToString::to_string).collect();
    let firsts: Vec<_> = told.iter().map(|text| text.lines().next().unwrap()).collect();
    assert_eq!(
        firsts,
        [
            "zhejiang/gradng.toml:1:1: `gradng.toml` is no file of a rule pack",
            "zhejiang/indicators.toml:11:1: unknown key `double_hight_m`",
            "zhejiang/indicators.toml:1:1: key `double_height_m` is missing",
            "zhejiang/slivers.toml:41:10: `snap_m` = -1 is not 0 or more",
            "zhejiang/slivers.toml:44:18: `core_min_share` = 5 is not from 0 to 1",
        ]
    );
    assert_eq!(told[1].lines().nth(1), Some("11 | double_hight_m = 8.0"));
    assert_eq!(told[1].lines().nth(2), Some("   | ^"));
}

#[test]
fn each_kind_comes_from_the_first_pack_that_defines_it() {
    let (set, findings) = load(&["zhejiang", "shanghai"], &[], day(2025, 12, 31)).unwrap();
    assert_eq!(&*set.zones.unwrap().rule_id, "zhejiang.zones.blocks-and-town");
    assert_eq!(&*set.slivers.unwrap().rule_id, "zhejiang.slivers.opinion-2023");
    assert!(findings.iter().all(|finding| finding.code != Code::RuleExpired && !finding.hint.is_empty()));
    let (set, findings) = load(&["shanghai"], &[], day(2025, 12, 31)).unwrap();
    assert_eq!(&*set.zones.unwrap().rule_id, "shanghai.zones.104-195-198");
    assert!(set.grading.is_none() && set.slivers.is_none());
    let not_run: Vec<_> = findings.iter().filter(|f| f.code == Code::RuleNotRun).map(|f| f.value.clone().unwrap()).collect();
    assert_eq!(not_run, ["grading", "low_efficiency", "slivers"]);
    assert_eq!(set.packs.iter().map(|pack| (&*pack.id, pack.sha256.len())).collect::<Vec<_>>(), [("shanghai", 64)]);
}

#[test]
fn overrides_name_a_pack_or_a_rule() {
    let (set, _) = load(&["zhejiang"], &[("zones", "shanghai")], day(2025, 12, 31)).unwrap();
    assert_eq!(&*set.zones.unwrap().rule_id, "shanghai.zones.104-195-198");
    assert_eq!(set.packs.len(), 2);
    let (set, _) = load(&["shanghai"], &[("grading", "huangyan-2022")], day(2025, 12, 31)).unwrap();
    assert_eq!(&*set.grading.unwrap().rule_id, "zhejiang.grading.huangyan-2022");
    let told = |result: Result<_, RulesError>| result.map(|_: (RuleSet, Vec<Finding>)| ()).unwrap_err().to_string();
    assert_eq!(
        told(load(&["shanghai"], &[("grading", "huangyang-2022")], day(2025, 1, 1))),
        "no rule or pack `huangyang-2022` defines grading\nhint: did you mean `huangyan-2022`?"
    );
    assert_eq!(told(load(&["zhejiang"], &[("grade", "x")], day(2025, 1, 1))), "`grade` is no kind of rule\nhint: did you mean `grading`?");
    assert_eq!(told(load(&["zhejang"], &[], day(2025, 1, 1))), "rule pack `zhejang` is unknown\nhint: did you mean `zhejiang`?");
    assert!(told(load(&["zhejiang", "zhejiang"], &[], day(2025, 1, 1))).starts_with("two rule packs have the id `zhejiang`"));
}

#[test]
fn a_template_is_listed_and_not_used() {
    for (pack, id) in [("shanghai", "shanghai.grading.parcel-grading"), ("beijing-yizhuang", "beijing-yizhuang.grading.land-classes")] {
        let listed = open_packs(&[pack.to_owned()], Path::new(".")).unwrap();
        assert!(listed[0].grading[0].head.template && *listed[0].grading[0].rule_id == *id);
        // No other pack takes its place, asked for or not.
        for (packs, rules_for) in [(vec![pack, "zhejiang"], vec![]), (vec!["zhejiang"], vec![("grading", pack)])] {
            let (set, findings) = load(&packs, &rules_for, day(2025, 12, 31)).unwrap();
            let told: Vec<_> = findings.iter().filter(|f| f.code == Code::RuleTemplate && f.rule_id.as_deref() == Some(id)).collect();
            assert!(set.grading.is_none() && told.len() == 1, "{pack}");
            assert_eq!(told[0].rule_id.as_deref(), Some(id));
        }
        let (set, _) = load(&[pack], &[("grading", "zhejiang")], day(2025, 12, 31)).unwrap();
        assert_eq!(&*set.grading.unwrap().rule_id, "zhejiang.grading.huangyan-2022");
    }
}

#[test]
fn bands_meet_and_say_whose_the_edge_is() {
    let text = embedded("shandong").unwrap();
    let spoiled = |from: &str, to: &str| {
        let mut text = text.clone();
        let file = &mut text.files.iter_mut().find(|(name, _)| name == "grading.toml").unwrap().1;
        assert!(file.contains(from));
        *file = file.replacen(from, to, 1);
        text.compile()
            .1
            .iter()
            .map(|fault| fault.to_string().lines().next().unwrap().split(": ").nth(1).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(spoiled("decimals = 2", "decimals = 2"), Vec::<String>::new());
    assert_eq!(spoiled("decimals = 2\n", ""), ["key `decimals` is missing"]);
    assert_eq!(spoiled("to = 120.0", "to = 119.0"), ["there is a gap between the bands of `A` and `B`"]);
    assert_eq!(spoiled("to = 120.0", "to = 121.0"), ["the bands of `A` and `B` overlap"]);
    assert_eq!(spoiled("to = 120.0, includes = \"from\"", "to = 120.0, includes = \"both\""), ["the bands of `A` and `B` overlap"]);
    assert_eq!(
        spoiled("from = 120.0, includes = \"from\"", "from = 120.0, includes = \"neither\""),
        ["there is a gap between the bands of `A` and `B`"]
    );
    assert_eq!(
        spoiled("from = 60.0, to = 90.0", "from = 95.0, to = 90.0"),
        ["there is a gap between the bands of `C` and `D`", "`to` = 90 is not more than from"]
    );
    let open = "the best band must have no `to`, the last no `from`, and all others both";
    assert_eq!(spoiled("from = 120.0,", "from = 120.0, to = 200.0,"), [open]);
    assert_eq!(spoiled("{ grade = \"D\", to = 60.0", "{ grade = \"D\", from = 0.0, to = 60.0"), [open]);
    assert_eq!(spoiled("from = 90.0, to = 120.0", "from = 90.0"), [open]);
}

#[test]
fn a_rule_out_of_its_dates_is_not_used_and_said() {
    for (as_of, in_force) in [(day(2023, 3, 14), false), (day(2023, 3, 15), true), (day(2028, 3, 14), true), (day(2028, 3, 15), false)] {
        let (set, findings) = load(&["zhejiang"], &[], as_of).unwrap();
        assert_eq!(set.slivers.is_some(), in_force, "{as_of}");
        let told = |code| findings.iter().any(|finding| finding.code == code && finding.message.contains("slivers"));
        assert_eq!((told(Code::RuleExpired), told(Code::RuleNotRun)), (!in_force, !in_force), "{as_of}");
    }
}

#[test]
fn a_folder_is_a_pack_and_a_later_version_takes_over_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mine");
    std::fs::create_dir(&folder).unwrap();
    let text = embedded("zhejiang").unwrap();
    let file = |name: &str| text.files.iter().find(|(file, _)| file == name).unwrap().1.clone();
    std::fs::write(folder.join("pack.toml"), file("pack.toml").replace("id = \"zhejiang\"", "id = \"mine\"")).unwrap();
    let later = file("slivers.toml")
        .replace("opinion-2023", "opinion-2028")
        .replace("2023-03-15", "2028-03-15")
        .replace("2028-03-14", "2033-03-14");
    std::fs::write(folder.join("slivers.toml"), format!("{}\n{later}", file("slivers.toml"))).unwrap();
    let (set, findings) = RuleSet::load(&["mine".into()], &BTreeMap::new(), dir.path(), day(2030, 1, 1)).unwrap();
    assert_eq!(&*set.slivers.unwrap().rule_id, "mine.slivers.opinion-2028");
    assert!(findings.iter().all(|finding| finding.code != Code::RuleExpired));
}

fn frame() -> DataFrame {
    let far = Series::new("far".into(), [Some(0.5), Some(2.0), None, Some(f64::NAN)]).into_column();
    let town = Series::new("town".into(), [Some("东"), None, Some("西"), Some("东")]).into_column();
    let zone = Series::new("zone_block".into(), [Some("inside"), Some("split"), Some("unknown"), None]).into_column();
    DataFrame::new(4, vec![far, town, zone]).unwrap()
}

fn condition(sql: &str) -> Condition {
    let mut file = Checked::new("test", sql);
    let compiled = Condition::compile(&Spanned::new(0..sql.len(), sql.to_owned()), Scope::Grading, &mut file);
    compiled.unwrap_or_else(|| panic!("{sql}: {:?}", file.faults))
}

#[test]
fn conditions_have_three_values() {
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    let cases: &[(&str, [Option<bool>; 4])] = &[
        ("far < 1.0", [YES, NO, None, None]),
        ("NOT far < 1.0", [NO, YES, None, None]),
        ("far IS NULL", [NO, NO, YES, YES]),
        ("far < 1.0 AND town = '东'", [YES, NO, NO, None]),
        ("far < 1.0 OR town = '东'", [YES, None, None, YES]),
        ("town IN ('东', '南')", [YES, None, NO, YES]),
        ("town NOT IN ('东', '南')", [NO, None, YES, NO]),
        ("far BETWEEN 0.5 AND 1", [YES, NO, None, None]),
        ("zone_block = 'inside'", [YES, NO, None, None]),
        ("zone_other = 'inside'", [None; 4]),
        ("share_other >= 0.5 OR far > 0", [YES, YES, None, None]),
        ("zone_other IN ('inside', 'split')", [None; 4]),
        ("is_construction_land", [None; 4]),
        ("NOT is_construction_land AND far > 9", [NO, NO, None, None]),
        ("coalesce(far, 0) < 1", [YES, NO, YES, YES]),
        ("starts_with(town, '东')", [YES, None, NO, YES]),
        ("CASE WHEN far < 1 THEN town = '东' ELSE town = '西' END", [YES, None, YES, NO]),
        ("TRUE", [YES; 4]),
        ("town LIKE '东%'", [YES, None, NO, YES]),
        ("town NOT LIKE '东%'", [NO, None, YES, NO]),
        ("abs(far - 1) > 0.6", [NO, YES, None, None]),
        ("round(far + share_other, 1) > 0.6", [None; 4]),
        ("lower(town) = '东' OR upper(town) = '西'", [YES, None, YES, YES]),
        ("length(town) = 1 AND ends_with(town, '东')", [YES, None, NO, YES]),
        ("far IN (0.5, NULL)", [YES, None, None, None]),
        ("\"far\" = 0.5", [YES, NO, None, None]),
    ];
    for (sql, expected) in cases {
        let answers: Vec<_> = condition(sql).evaluate(&frame()).unwrap().iter().collect();
        assert_eq!(answers, expected, "{sql}");
    }
}

#[test]
fn a_condition_reads_no_file_and_no_other_row() {
    let sqls = [
        "far IN (SELECT far FROM read_csv('x'))",
        "EXISTS (SELECT 1)",
        "far > \"max\"(far)",
        "far > sum(far) OVER ()",
        "COLUMNS('.*')",
        "*",
        "far > 1; DROP TABLE x",
        "far > 1 -- comment",
        "read_parquet('x') > 1",
        "far >",
        "",
        "rank() > 1",
        "far",
        "1",
        "'yes'",
    ];
    for sql in sqls {
        let mut file = Checked::new("test", sql);
        assert!(Condition::compile(&Spanned::new(0..sql.len(), sql.to_owned()), Scope::Grading, &mut file).is_none(), "{sql}");
        assert_eq!(file.faults.len(), 1, "{sql}");
    }
}

#[test]
fn the_first_condition_that_is_not_false_decides() {
    let conditions = [condition("far > 1"), condition("town = '东'")];
    let matches = first_match(&conditions, &frame()).unwrap();
    assert_eq!(matches, [Match::Hit(1), Match::Hit(0), Match::Undecided(0), Match::Undecided(0)]);
    assert_eq!(first_match(&conditions, &frame().head(Some(0))).unwrap(), []);
}

#[test]
fn a_class_over_a_zone_kind_that_the_job_lacks_is_unknown() {
    let (set, _) = load(&["shanghai"], &[], day(2025, 12, 31)).unwrap();
    let zones = set.zones.unwrap();
    assert_eq!(zones.kinds_used().into_iter().collect::<Vec<_>>(), ["industrial_block", "town_boundary"]);
    let block = Series::new("zone_industrial_block".into(), [Some("inside"), Some("outside")]).into_column();
    let found = zones.classify(&DataFrame::new(2, vec![block]).unwrap()).unwrap();
    assert_eq!(
        found.iter().map(|p| (p.class.as_deref(), p.verdict)).collect::<Vec<_>>(),
        [(Some("104"), Verdict::Yes), (None, Verdict::Unknown)]
    );
    let reason = "class 195 cannot be decided, a value is missing among `zone_industrial_block`, `zone_town_boundary`";
    assert_eq!(&*found[1].reason, reason);
}

#[test]
fn a_parcel_of_no_class_is_a_no() {
    let (set, _) = load(&["shanghai"], &[], day(2025, 12, 31)).unwrap();
    let mut zones = set.zones.unwrap();
    zones.classes.truncate(1);
    let block = Series::new("zone_industrial_block".into(), [Some("outside"), Some("unknown")]).into_column();
    let found = zones.classify(&DataFrame::new(2, vec![block]).unwrap()).unwrap();
    assert_eq!(found.iter().map(|p| p.verdict).collect::<Vec<_>>(), [Verdict::No, Verdict::Unknown]);
    assert!(found.iter().all(|p| p.class.is_none()));
}

#[test]
fn the_sliver_limits_are_those_of_the_opinion() {
    let (set, _) = load(&["zhejiang"], &[], day(2025, 12, 31)).unwrap();
    let slivers = set.slivers.unwrap();
    assert_eq!(slivers.max_plot, Some(PlotLimit { m2: 3.0 * 2000.0 / 3.0, inclusive: true }));
    let total = slivers.max_total.unwrap();
    assert_eq!((total.ratio_ppm, total.inclusive, slivers.require_construction_land), (RATIO_PPM / 10, true, true));
    assert_eq!(total.denominators, [Denominator::Core, Denominator::WithSlivers]);
    assert_eq!(slivers.area_order, [AreaKind::Registered, AreaKind::Ellipsoidal, AreaKind::Planar]);
}

#[test]
fn schemas_name_every_key() {
    let schemas = schemas();
    assert_eq!(
        schemas.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["pack", "indicators", "zones", "standards", "life_cycle", "grading", "low_efficiency", "slivers", "toolbox", "cases"]
    );
    let text = serde_json::to_string(&schemas.iter().find(|(name, _)| *name == "grading").unwrap().1).unwrap();
    for key in ["cohort_mean_score", "benchmark", "up_to", "additionalProperties"] {
        assert!(text.contains(key), "{key}");
    }
}

#[test]
fn an_empty_pack_says_what_it_lacks() {
    let text = PackText { folder: "x".into(), files: Vec::new(), cases: Vec::new(), undecodable: Vec::new() };
    let (pack, faults) = text.compile();
    assert!(pack.is_none());
    assert_eq!(faults[0].to_string().lines().next(), Some("x/pack.toml:1:1: key `id` is missing"));
}

#[test]
fn every_key_is_documented() {
    let page = include_str!("../../docs/rules.md");
    for (name, schema) in schemas() {
        let text = serde_json::to_value(&schema).unwrap();
        let mut tables = vec![&text];
        tables.extend(text["$defs"].as_object().into_iter().flat_map(|defs| defs.values()));
        for key in tables.into_iter().filter_map(|table| table["properties"].as_object()).flat_map(|keys| keys.keys()) {
            assert!(page.contains(key.as_str()), "docs/rules.md lacks `{key}` of {name}");
        }
    }
}

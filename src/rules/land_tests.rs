//! Spoiled copies of the files of standards and of the life cycle, and the longest code of an industry.

use super::{
    fault::Fault,
    pack::{PackText, embedded},
    *,
};

/// A spoiled copy of a shipped file: pack, file, what is replaced by what, the fault that must be told, and its hint.
type Spoiled = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const SPOILED: &[Spoiled] = &[
    ("shanghai", "standards.toml", "measure = \"far\", at_least = 2.0", "measure = \"fra\", at_least = 2.0", "unknown column `fra`", "did you mean `far`?"),
    ("shanghai", "standards.toml", "measure = \"far\", at_least = 2.0", "measure = \"town\", at_least = 2.0", "column `town` is not a number", ""),
    ("shanghai", "standards.toml", "measure = \"far\", at_least = 2.0", "measure = \"far\"", "the test of `far` has 0 limits, not one", "write one of at_least"),
    ("shanghai", "standards.toml", "measure = \"far\", at_least = 2.0", "measure = \"far\", at_least = 2.0, at_most = 3.0", "the test of `far` has 2 limits, not one", ""),
    ("shanghai", "standards.toml", "measure = \"far\", at_least = 2.0", "measure = \"far\", atleast = 2.0", "unknown key `atleast`", "did you mean `at_least`?"),
    ("shanghai", "standards.toml", "measure = \"far\", at_least = 2.0", "measure = \"standards_met\", must_be = true", "unknown column `standards_met`", ""),
    ("shanghai", "standards.toml", "at_most = 0.30", "at_most = 30.0", "`at_most` = 30 is not from 0 to 1", "give a number that is from 0 to 1"),
    ("shanghai", "standards.toml", "at_least_column = \"far_contract\"", "at_least_column = \"contract_start_due\"", "column `contract_start_due` is not a number", ""),
    ("shanghai", "standards.toml", "not_after = \"contract_start_due\"", "not_after = \"far_contract\"", "column `far_contract` is not a day", ""),
    ("shanghai", "standards.toml", "group = \"standards\"", "group = \"plans\"", "unknown value `plans` of `group`", ""),
    ("shanghai", "standards.toml", "id = \"living-share\"", "id = \"other-use-share\"", "id `other-use-share` stands twice", ""),
    ("shanghai", "standards.toml", "project_class = 'rnd-general'\"\ntest", "project_clas = 'rnd-general'\"\ntest", "unknown column `project_clas`", "did you mean `project_class`?"),
    ("shanghai", "standards.toml", "far = 3.0", "far = 0.0", "`far` = 0 is not more than 0", ""),
    ("national", "standards.toml", "13 = 1.0", "C13 = 1.0", "industry code `C13` is not made of digits", "without the letter"),
    ("shanghai", "life_cycle.toml", "from = \"term_start\"", "from = \"term_strat\"", "unknown column `term_strat`", "did you mean `term_start`?"),
    ("shanghai", "life_cycle.toml", "from = \"term_start\"", "from = \"far\"", "column `far` is not a day", ""),
    ("shanghai", "life_cycle.toml", "max_years = 20", "max_years = 0", "`max_years` = 0 is not more than 0", ""),
    ("shanghai", "life_cycle.toml", "listed_within_days = 365", "listed_within_days = 30", "`listed_within_days` = 30 is not at least due_within_days", ""),
    ("shanghai", "life_cycle.toml", "from = [\"contract_start_due\"]", "from = []", "`from` has no entry", ""),
    ("shanghai", "life_cycle.toml", "every_months = 60\n", "", "key `every_months` is missing", ""),
    ("shanghai", "life_cycle.toml", "every_months = 60\n", "every_months = 0\n", "`every_months` = 0 is not more than 0", ""),
    ("shanghai", "life_cycle.toml", "id = \"finish\"", "id = \"start\"", "id `start` stands twice", ""),
    ("shanghai", "life_cycle.toml", "idle_from_years = 1.0", "idle_from_years = -1.0", "`idle_from_years` = -1 is not more than 0", ""),
    ("shanghai", "life_cycle.toml", "stalled = \"works_started AND", "stalled = \"overdue = 'start' AND", "unknown column `overdue`", ""),
];

fn spoil((pack, file, from, to, ..): Spoiled) -> Vec<Fault> {
    let mut text: PackText = embedded(pack).unwrap();
    let (_, content) = text.files.iter_mut().find(|(name, _)| name == file).unwrap();
    assert!(content.contains(from), "{file} has no {from}");
    *content = content.replacen(from, to, 1);
    text.compile().1
}

#[test]
fn a_spoiled_file_gives_its_named_fault() {
    for spoiled in SPOILED {
        let (_, _, from, to, fault, hint) = *spoiled;
        let told: Vec<_> = spoil(*spoiled).iter().map(ToString::to_string).collect();
        let is_told =
            |text: &String| text.lines().next().is_some_and(|l| l.contains(fault)) && text.lines().last().is_some_and(|l| l.contains(hint));
        assert!(told.iter().any(is_told), "{from} → {to}: wanted `{fault}`, `{hint}`, told {told:#?}");
    }
}

#[test]
fn the_longest_code_that_an_industry_begins_with_counts() {
    let (pack, _) = embedded("national").unwrap().compile();
    let rule = pack.unwrap().standards.remove(0);
    let Limit::AtLeast(Bound::ByIndustry(table)) = &rule.standards[0].tests[0].limit else { panic!("no table") };
    let limit = |industry: &str| table.limit(industry).map(|limit| (limit.value, limit.printed));
    assert_eq!(limit("C26"), Some((0.6, true)));
    assert_eq!(limit("2614"), Some((0.6, true)));
    assert_eq!(limit("C291"), Some((0.8, false)));
    assert_eq!(limit("2929"), Some((1.0, false)));
    assert_eq!(limit("29"), None);
    assert_eq!(limit("C"), None);
    assert_eq!(limit("电子"), None);
    assert_eq!(table.entries().filter(|(_, limit)| limit.printed).count(), 7);
}

//! No number of a rule pack stands in the program.
//!
//! Packs hold hundreds of numbers, and most small ones mean many things. So a number is looked for in two ways: one that hardly comes by chance
//! (three digits that count, an odd decimal, a round thousand) wherever it stands; any other where the statement also names its key or column.

use std::collections::BTreeSet;

use crate::source::{Source, code_of, paths, read, rust};

/// Numbers that programs use for reasons of their own.
const COMMON: &[f64] = &[0.15, 0.25, 0.75, 1.5, 2.5, 180.0, 255.0, 360.0, 365.0];

/// Literals that happen to be a rule's number: file, number, what it is there.
const SAME_BY_CHANCE: &[(&str, f64, &str)] = &[
    ("src/model/units.rs", 2000.0, "three mu in square metres: the definition of the unit"),
    ("src/model/coverage_limits.rs", 0.95, "the usual share of ground from which two parcels are one drawn twice: a key of the job"),
];

/// Keys whose numbers describe a document and decide nothing.
const DESCRIBING: &[&str] = &["steps"];

/// A number of a pack.
#[derive(Clone, Debug, PartialEq)]
struct Legal {
    /// Where it stands.
    place: String,
    /// Its key, and the column that it is compared with.
    names: Vec<String>,
    number: f64,
}

#[test]
fn no_legal_number_is_in_the_program() {
    let legal = legal_numbers();
    assert!(legal.len() > 30, "the rule packs are not where they were");
    // The synthetic city is data too: it draws figures around the thresholds.
    let faults: Vec<String> = rust().iter().filter(|s| s.module() != "synth").flat_map(|source| faults(source, &legal)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn faults(source: &Source, legal: &[Legal]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, number) in literals(&source.code) {
        let excused = SAME_BY_CHANCE.iter().any(|(file, allowed, _)| *file == source.path && same(*allowed, number));
        let words = words(statement(&source.code, at));
        let is_meant = |legal: &&Legal| {
            let is_named = || legal.names.iter().any(|name| words.iter().any(|word| is_about(word, name)));
            same(legal.number, number) && (is_distinctive(number) || is_named())
        };
        if let Some(found) = legal.iter().find(is_meant).filter(|_| !excused) {
            faults.push(format!("{}: {number} is {}", source.place(at), found.place));
        }
    }
    faults
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// Whether a number hardly comes by chance.
fn is_distinctive(number: f64) -> bool {
    let is_power = |base: f64| (number.ln() / base.ln()).fract().abs() < 1e-9 || (number.ln() / base.ln()).fract().abs() > 1.0 - 1e-9;
    if COMMON.iter().any(|common| same(*common, number)) || number <= 0.0 || is_power(10.0) || is_power(2.0) {
        return false;
    }
    let digits = number.to_string().replace('.', "");
    let counting = digits.trim_matches('0').len();
    counting >= 3 || (number.fract() != 0.0 && counting == 2) || number >= 1000.0
}

/// The statement around a place.
fn statement(code: &str, at: usize) -> &str {
    let is_end = |c: char| matches!(c, ';' | '{' | '}');
    let from = code[..at].rfind(is_end).map_or(0, |end| end + 1);
    let to = code[at..].find(is_end).map_or(code.len(), |end| at + end);
    &code[from..to]
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a word of the program is the name, or has it at its begin or end: `MAX_PLOT_M2`, `far_min`.
fn is_about(word: &str, name: &str) -> bool {
    word == name
        || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'))
        || word.strip_suffix(name).is_some_and(|rest| rest.ends_with('_'))
}

/// The numbers of all packs but 0, 1 and 2, which every program has.
fn legal_numbers() -> Vec<Legal> {
    let mut numbers = Vec::new();
    for path in paths("data/rules").iter().filter(|p| p.ends_with(".toml") && !p.contains("/cases/")) {
        collect(&toml::from_str(&read(path)).unwrap(), path, &[], &mut numbers);
    }
    numbers.retain(|legal| ![0.0, 1.0, 2.0].contains(&legal.number));
    numbers
}

fn collect(value: &toml::Value, place: &str, names: &[String], numbers: &mut Vec<Legal>) {
    let legal = |number, names: &[String]| Legal { place: place.to_owned(), names: names.to_vec(), number };
    match value {
        toml::Value::Float(number) => numbers.push(legal(*number, names)),
        toml::Value::Integer(number) => numbers.push(legal(number.to_string().parse().unwrap(), names)),
        toml::Value::String(text) => numbers.extend(compared(text).into_iter().map(|(column, number)| legal(number, &[column]))),
        toml::Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, &format!("{place}[{at}]"), names, numbers));
        }
        toml::Value::Table(table) => {
            let column = table.get("column").and_then(toml::Value::as_str).map(str::to_owned);
            for (key, item) in table.iter().filter(|(key, _)| !DESCRIBING.contains(&key.as_str())) {
                let names: Vec<String> = [key.clone()].into_iter().chain(column.clone()).collect();
                collect(item, &format!("{place}.{key}"), &names, numbers);
            }
        }
        toml::Value::Boolean(_) | toml::Value::Datetime(_) => {}
    }
}

/// The numbers of a condition, each with the name before it.
fn compared(condition: &str) -> Vec<(String, f64)> {
    if !condition.contains(['<', '>', '=']) && !condition.contains("BETWEEN") {
        return Vec::new();
    }
    let mut name = String::new();
    let mut found = Vec::new();
    let unquoted: String = condition.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    for word in unquoted.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).filter(|word| !word.is_empty()) {
        match word.parse() {
            Ok(number) => found.push((name.clone(), number)),
            Err(_) if ["AND", "OR", "NOT", "BETWEEN", "IN"].contains(&word) => {}
            Err(_) => name = word.to_lowercase(),
        }
    }
    found
}

/// The decimal literals of the code.
fn literals(code: &str) -> Vec<(usize, f64)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(at) = code[rest..].find(is_part).map(|at| rest + at) {
        let end = code[at..].find(|c| !is_part(c)).map_or(code.len(), |length| at + length);
        let word = &code[at..end];
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let plain = word.replace('_', "");
            let number =
                ["f64", "usize", "u64", "i64", "u32", "i32", "u8"].iter().fold(plain.as_str(), |w, suffix| w.trim_end_matches(suffix));
            found.extend(number.trim_end_matches('.').parse().map(|number: f64| (at, number)));
        }
        rest = end;
    }
    found
}

#[test]
fn a_planted_number_is_found_and_a_common_one_is_not() {
    let legal = legal_numbers();
    let check = |code: &str, expected: bool| {
        let source = Source { path: "src/grade/planted.rs".to_owned(), text: code.to_owned(), code: code_of(code) };
        assert_eq!(!faults(&source, &legal).is_empty(), expected, "{code}\n{:?}", faults(&source, &legal));
    };
    // The benchmark of tax, the limits of a left-over plot, the cuts of the classes, the height that counts twice.
    check("const BENCHMARK: f64 = 24.097;", true);
    check("fn passes(m2: f64) -> bool { m2 <= 2000.0 }", true);
    check("fn passes(m2: f64) -> bool { m2 <= 2_000f64 }", true);
    check("if rank <= n * 0.85 { b() }", true);
    check("const DOUBLE_HEIGHT_M: f64 = 8.0;", true);
    check("let storeys = if height_m > rules.double_height_m.max(8.0) { 2 } else { 1 };", true);
    check("let most = Limits { max_total_ratio: 0.1, snap_m };", true);
    // Numbers that mean nothing by themselves, numbers in comments, texts and tests, whole and zero.
    check("let bits = 8; let half = 0.5; let buffer = [0_u8; 4096];", false);
    check("let right_angle = 90.0 / 2.0; let circle = 360.0;", false);
    check("// 24.097 is the benchmark\nlet text = \"24.097\";", false);
    check("let max_total_ratio = rule.max_total_ratio.min(1.0);", false);
    check("#[cfg(test)]\nmod tests {\n const T: f64 = 24.097;\n}", false);
}

#[test]
fn exceptions_are_still_met() {
    let (legal, sources) = (legal_numbers(), rust());
    for (file, number, _) in SAME_BY_CHANCE {
        let source = sources.iter().find(|s| s.path == *file).unwrap_or_else(|| panic!("{file} is gone"));
        let is_met =
            literals(&source.code).iter().any(|(_, literal)| same(*literal, *number)) && legal.iter().any(|l| same(l.number, *number));
        assert!(is_met, "{file} has no {number} now, or no pack has: take it from the list");
    }
}

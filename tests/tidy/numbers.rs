//! No number of a rule pack stands in the program.

use std::collections::BTreeMap;

use crate::source::{paths, read, rust};

/// Numbers that mean too many things to tell a rule by.
///
/// Shares and weights of gradings are round numbers of hundredths, which any program has.
const COMMON: &[f64] =
    &[0.0, 0.25, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 60.0, 80.0, 90.0, 100.0];

/// Literals that happen to be a rule's number: file, number, what it is there.
const SAME_BY_CHANCE: &[(&str, f64, &str)] = &[
    ("src/read/encoding.rs", 0.25, "the share of rare characters that makes a guess of the encoding doubtful"),
    ("src/slivers/measures.rs", 0.25, "how wide the largest inscribed circle may be missed by"),
    ("src/model/units.rs", 2000.0, "three mu in square metres: the definition of the unit"),
    ("src/cli/explain/record.rs", 0.8, "how like a parcel code must be to be named"),
    ("src/read/error.rs", 0.8, "how like a name must be to be named"),
    ("src/rules/slivers.rs", 90.0, "degrees of a right angle"),
    ("src/read/vector/arrow.rs", 60.0, "minutes and seconds"),
    ("src/run/facts.rs", 0.01, "the tolerance of the finding `area.differs`, which decides nothing"),
];

#[test]
fn no_legal_number_is_in_the_program() {
    let legal = legal_numbers();
    assert!(legal.len() > 20, "the rule packs are not where they were");
    let mut faults = Vec::new();
    // The synthetic city is data too: it draws figures around the thresholds.
    for source in rust().iter().filter(|s| s.module() != "synth") {
        for (at, number) in literals(&source.code) {
            let excused = SAME_BY_CHANCE.iter().any(|(file, allowed, _)| *file == source.path && same(*allowed, number));
            if let Some((key, _)) = legal.iter().find(|(_, legal)| same(**legal, number)).filter(|_| !excused) {
                faults.push(format!("{}: {number} is {key}", source.place(at)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// The numbers of all packs but the common ones, by the place of one of them.
fn legal_numbers() -> BTreeMap<String, f64> {
    let mut numbers = BTreeMap::new();
    for path in paths("data/rules").iter().filter(|p| p.ends_with(".toml") && !p.contains("/cases/")) {
        let value: toml::Value = toml::from_str(&read(path)).unwrap();
        collect(&value, path, &mut numbers);
    }
    numbers.retain(|_, number| !COMMON.iter().any(|common| same(*common, *number)));
    numbers
}

fn collect(value: &toml::Value, place: &str, numbers: &mut BTreeMap<String, f64>) {
    match value {
        toml::Value::Float(number) => drop(numbers.insert(place.to_owned(), *number)),
        toml::Value::Integer(number) => drop(numbers.insert(place.to_owned(), number.to_string().parse().unwrap())),
        toml::Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| collect(item, &format!("{place}[{at}]"), numbers)),
        toml::Value::Table(table) => table.iter().for_each(|(key, item)| collect(item, &format!("{place}.{key}"), numbers)),
        _ => {}
    }
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

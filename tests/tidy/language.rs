//! The words of the catalogue, held against what the program writes and asks for.

use std::collections::BTreeSet;

use mujun::model::lang;

use crate::source::{paths, read};

/// Where the program writes the codes of a set: set, file, and the lines before and after the texts of the codes.
const WRITTEN: &[(&str, &str, &str, &str)] = &[
    ("verdict", "src/model/decision.rs", "match self {", "}"),
    ("area_basis", "src/measure/area.rs", "word in `area_basis`", "        }"),
    ("zone_state", "src/locate/mod.rs", "match self {", "}"),
    ("coverage_kind", "src/coverage/mod.rs", "match self {", "}"),
    ("due_state", "src/life_cycle/due.rs", "match self {", "}"),
    ("idle_basis", "src/life_cycle/idle.rs", "match self {", "}"),
    ("sliver_kind", "src/slivers/kind.rs", "match self {", "}"),
    ("sliver_status", "src/slivers/status.rs", "word in `sliver_status`", "        }"),
    ("refused_by", "src/slivers/status.rs", "The key of the rule", "        }"),
    ("sliver_nature", "src/slivers/status.rs", "impl Nature", "        }"),
    ("sliver_sign", "src/slivers/signs.rs", "[(\"narrow\"", "]"),
    ("selection", "src/slivers/select.rs", "match self {", "}"),
    ("swap_basis", "src/slivers/swap.rs", "fn basis(", "\n}"),
    ("floor_basis", "src/measure/floors.rs", "match self {", "}"),
    ("severity", "src/model/finding.rs", "match self {", "}"),
    ("scale", "src/run/frame.rs", "text_column(\"scale\"", ";"),
    ("office_living_basis", "src/measure/coverage.rs", "fn land_before_floor", "\n}"),
];

/// Codes that no line above writes: set, code, why it stands in the catalogue.
const ALSO: &[(&str, &str, &str)] = &[
    ("zone_state", "unknown", "what a parcel is where the job has no rule of zones"),
    ("floor_basis", "estimated", "readers of earlier files know it"),
];

#[test]
fn the_codes_of_the_catalogue_are_those_that_the_program_writes() {
    let mut faults = Vec::new();
    for (set, file, before, after) in WRITTEN {
        let text = read(file);
        let from = text.find(before).unwrap_or_else(|| panic!("{file} lacks {before}"));
        let rest = &text[from..];
        let arms = &rest[..rest.find(after).unwrap_or(rest.len())];
        let mut written: BTreeSet<&str> = arms.split('"').skip(1).step_by(2).filter(|word| *word != *set).collect();
        written.extend(ALSO.iter().filter(|(of, ..)| of == set).map(|(_, code, _)| *code));
        let known: BTreeSet<&str> = lang::set_codes(set).collect();
        if written != known {
            faults.push(format!("{set}: the program writes {written:?}, data/lang/values.toml has {known:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Names of things in the rule packs that ship with the program: ids of classes and items, verdicts that a range may change.
#[test]
fn what_the_packs_name_has_words() {
    let ids = |file: &str, table: &str| -> BTreeSet<String> {
        let packs = paths("data/rules").into_iter().filter(|path| path.ends_with(file));
        let packs = packs.map(|path| read(&path).parse::<toml::Table>().unwrap());
        let rules = packs.flat_map(|pack| pack["rule"].as_array().cloned().unwrap_or_default());
        let items = rules.flat_map(|rule| rule.get(table).and_then(toml::Value::as_array).cloned().unwrap_or_default());
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let check = |set: &str, ids: BTreeSet<String>| {
        let known: BTreeSet<String> = lang::set_codes(set).map(str::to_owned).collect();
        assert_eq!(known, ids, "{set}");
    };
    check("location_class", ids("/zones.toml", "classes"));
    check("due_item", ids("/life_cycle.toml", "due"));
    let flags = read("src/run/sensitivity.rs");
    check("sensitive", flags.split("flag: \"").skip(1).filter_map(|after| Some(after.split_once('"')?.0.to_owned())).collect());
}

/// The files of texts, each with the folders whose sources ask for its keys as `file:key`.
const TEXTS: &[(&str, &[&str])] = &[("workbook", &["src"]), ("report", &["src"]), ("map", &["src", "data/styles"]), ("terminal", &["src"])];

#[test]
fn every_text_that_is_asked_for_exists_and_every_text_is_asked_for() {
    let mut faults = Vec::new();
    for path in paths("data/lang") {
        let file = path.trim_start_matches("data/lang/").trim_end_matches(".toml");
        let of_program = ["messages/", "help/"].iter().any(|folder| file.starts_with(folder))
            || ["columns", "values", "findings", "tables", "files", "units", "industries"].contains(&file);
        if !of_program && !TEXTS.iter().any(|(known, _)| *known == file) {
            faults.push(format!("tests/tidy/language.rs does not know who asks for the texts of {path}"));
        }
    }
    for (file, folders) in TEXTS {
        let sources = folders.iter().flat_map(|folder| paths(folder)).filter(|p| !p.starts_with("src/model/lang")).map(|path| read(&path));
        let mark = format!("\"{file}:");
        let asked: Vec<String> = sources
            .flat_map(|text| text.split(&mark).skip(1).filter_map(|after| Some(after.split_once('"')?.0.to_owned())).collect::<Vec<_>>())
            .collect();
        let asked: BTreeSet<&str> = asked.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
        let known: BTreeSet<&str> = lang::texts(lang::Lang::En, file).map(|(key, _)| key).collect();
        faults.extend(asked.difference(&known).map(|key| format!("data/lang/{file}.toml lacks `{key}`")));
        faults.extend(known.difference(&asked).map(|key| format!("nothing asks for `{key}` of data/lang/{file}.toml")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

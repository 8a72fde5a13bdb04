//! Every column, code and finding has words, and every entry is used.

use std::collections::BTreeSet;

use super::catalogue::CATALOGUE;
use super::*;
use crate::model::columns::Codes;
use crate::model::finding::CATALOGUE as FINDINGS;
use crate::model::tables::{SHAPE_COLUMNS, TABLES, ZONE_COLUMNS};

/// Table, its family and column of every definition.
fn defined_columns() -> impl Iterator<Item = (&'static str, &'static str, &'static Column)> {
    let zones = ZONE_COLUMNS.iter().chain(SHAPE_COLUMNS).map(|column| ("inventory", "inventory", column));
    TABLES.iter().flat_map(|table| table.columns().map(|column| (table.name, table.family, column))).chain(zones)
}

fn sorted<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn every_column_has_words_and_every_entry_a_column() {
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    for (table, family, column) in defined_columns() {
        let has = |section: &&str| CATALOGUE.columns.get(section).is_some_and(|section| section.get(column.name).is_some());
        match [table, family, COMMON].into_iter().find(has) {
            Some(section) => _ = used.insert((section, column.name)),
            None => faults.push(format!("data/lang/columns.toml lacks [{table}] {}", column.name)),
        }
    }
    let entries = CATALOGUE.columns.iter().flat_map(|(section, columns)| columns.iter().map(move |(column, _)| (section, column)));
    faults.extend(entries.filter(|entry| !used.contains(entry)).map(|(section, column)| format!("nothing uses [{section}] {column}")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_table_and_unit_has_words_and_every_entry_is_used() {
    assert_eq!(sorted(TABLES.iter().map(|table| table.name)), sorted(CATALOGUE.tables.iter().map(|(name, _)| name)));
    let units = defined_columns().map(|(_, _, column)| column.unit).filter(|unit| !unit.is_empty());
    assert_eq!(sorted(units), sorted(CATALOGUE.units.iter().map(|(name, _)| name)));
}

#[test]
fn every_finding_has_a_title_and_every_title_a_finding() {
    let titles = CATALOGUE.values.get(FINDING_SET).unwrap();
    assert_eq!(sorted(FINDINGS.iter().map(|(_, code, ..)| *code)), sorted(titles.iter().map(|(code, _)| code)));
    let who = CATALOGUE.values.get("who").unwrap();
    assert_eq!(sorted(FINDINGS.iter().map(|(.., who, _)| *who)), sorted(who.iter().map(|(code, _)| code)));
}

#[test]
fn every_set_of_codes_belongs_to_a_column() {
    let sets = defined_columns().filter_map(|(_, _, column)| set_of(column));
    assert_eq!(sorted(sets), sorted(CATALOGUE.values.iter().map(|(name, _)| name)));
    let texts = defined_columns().filter(|(_, _, column)| column.codes != Codes::Free);
    assert!(texts.into_iter().all(|(_, _, column)| column.kind == crate::model::columns::ColumnType::Text));
}

#[test]
fn no_word_is_empty_and_titles_fit_a_sheet() {
    for lang in LANGS {
        for (table, _, column) in defined_columns() {
            assert!(
                !label(lang, table, column.name).trim().is_empty() && !meaning(lang, table, column.name).is_empty(),
                "{table} {}",
                column.name
            );
        }
        for table in TABLES {
            let title = table_title(lang, table.name);
            assert!((1..=31).contains(&title.chars().count()) && !title.contains(['[', ']', ':', '*', '?', '/', '\\']), "{title}");
            assert!(!table_meaning(lang, table.name).is_empty());
        }
        let words = CATALOGUE.values.iter().chain(CATALOGUE.texts.iter()).flat_map(|(_, entries)| entries.iter());
        words.for_each(|(key, word)| assert!(!word.of(lang).trim().is_empty(), "{key}"));
    }
}

#[test]
fn a_language_is_named_by_its_tag() {
    assert_eq!(("zh".parse(), "en".parse()), (Ok(Lang::Zh), Ok(Lang::En)));
    assert!("fr".parse::<Lang>().is_err());
}

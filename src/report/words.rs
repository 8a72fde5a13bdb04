//! The words of the page in both languages, from the catalogue.

use serde_json::{Map, Value, json};

use crate::model::columns::{Codes, Column, ColumnType};
use crate::model::lang::{self, LANGS, Lang};
use crate::model::say::sentences_in_both;
use crate::model::tables::{self, TABLES};

/// All texts of the page by key, each as a pair: Chinese, English.
pub fn texts() -> Value {
    let [zh, en] = LANGS.map(|lang| lang::texts(lang, "report"));
    zh.zip(en).map(|((key, zh), (_, en))| (key.to_owned(), json!([zh, en]))).collect::<Map<_, _>>().into()
}

/// Title and meaning of a table.
pub fn table(name: &str) -> Value {
    json!({ "title": LANGS.map(|lang| lang::table_title(lang, name)), "meaning": LANGS.map(|lang| lang::table_meaning(lang, name)) })
}

/// Every table of a run by its file, to say what a file holds.
pub fn files() -> Value {
    TABLES
        .iter()
        .map(|table| (table.path.to_owned(), json!(LANGS.map(|lang| lang::table_title(lang, table.name)))))
        .collect::<Map<_, _>>()
        .into()
}

/// The stage of a balance, in Chinese and English.
pub fn stage(stage: &str) -> [String; 2] {
    LANGS.map(|lang| {
        let text = match stage {
            "validate" => lang::text(lang, "report:stage_validate"),
            "measure" => lang::text(lang, "report:stage_measure"),
            "locate" => lang::text(lang, "report:stage_locate"),
            "summarise" => lang::text(lang, "report:stage_summarise"),
            other => other,
        };
        text.to_owned()
    })
}

/// What a balance counts, in Chinese and English; layers and figures have words of their own.
pub fn quantity(quantity: &str) -> [String; 2] {
    LANGS.map(|lang| {
        let filled = |key, name: &str| lang::filled(lang, key, &[("name", &name)]);
        if let Some(kind) = quantity.strip_prefix("land in zones of kind ") {
            return filled("report:land_in_zones", lang::value(lang, "zone_shares", "kind", kind).unwrap_or(kind));
        }
        if let Some(table) = quantity.strip_prefix("parcels in ") {
            return filled("report:parcels_in", lang::table_title(lang, table));
        }
        match quantity {
            "ground of the parcels" => lang::text(lang, "report:ground_of_parcels").to_owned(),
            "footprints" => lang::text(lang, "report:footprints").to_owned(),
            "counted floor area" => lang::text(lang, "report:counted_floor_area").to_owned(),
            other => role(lang, other).map_or_else(|| lang::name(lang, "enterprise_shares", other).into_owned(), str::to_owned),
        }
    })
}

fn role(lang: Lang, role: &str) -> Option<&'static str> {
    match role {
        "enterprises" => Some(lang::text(lang, "report:role_enterprises")),
        "corrections" => Some(lang::text(lang, "report:role_corrections")),
        "waivers" => Some(lang::text(lang, "report:role_waivers")),
        layer => lang::value(lang, "rejects", "role", layer),
    }
}

/// What a file was given as, in Chinese and English.
pub fn given_as(given: &str) -> [&str; 2] {
    LANGS.map(|lang| role(lang, given).unwrap_or(given))
}

/// What the program says, Chinese and English: the page tells a run's sentences back in the other language by these.
pub fn sentences() -> Value {
    sentences_in_both().map(|(english, chinese)| json!([chinese, english])).collect()
}

/// The names of industries by their codes.
pub fn industries() -> Value {
    let [zh, en] = LANGS.map(lang::industries);
    zh.zip(en).map(|((code, zh), (_, en))| (code.to_owned(), json!([zh, en]))).collect::<Map<_, _>>().into()
}

/// Name, heading, unit, meaning and codes of a column of a table.
pub fn column(table: &str, name: &str) -> Value {
    let defined = tables::table(table).and_then(|table| table.column(name));
    let codes = lang::codes(table, name).map(|code| (code.to_owned(), json!(LANGS.map(|lang| lang::value(lang, table, name, code)))));
    json!({
        "name": name,
        "kind": kind(defined),
        "label": LANGS.map(|lang| lang::name(lang, table, name)),
        "unit": LANGS.map(|lang| lang::unit(lang, defined.map_or("", |column| column.unit))),
        "meaning": LANGS.map(|lang| lang::meaning(lang, table, name)),
        "codes": codes.collect::<Map<_, _>>(),
    })
}

fn kind(column: Option<&Column>) -> &'static str {
    let Some(column) = column else { return "text" };
    match (column.kind, column.codes) {
        (ColumnType::Number, _) => "number",
        (ColumnType::Fraction, _) => "fraction",
        (ColumnType::Whole, _) => "whole",
        (ColumnType::Day, _) => "day",
        (ColumnType::Text, Codes::Industry) => "industry",
        (ColumnType::Text, Codes::Sentence) => "sentence",
        (ColumnType::Text, Codes::ListOf(_) | Codes::ListAmong(_)) => "list",
        (ColumnType::Text | ColumnType::Polygon | ColumnType::Box, _) => "text",
    }
}

//! `datapackage.json`: every file of the run with its columns in both languages, a Data Package of Frictionless Data, version 2.
//!
//! It is made from the definitions of the columns alone, but for the pairs of columns that each zone kind of the job brings. Layers of GeoPackages name the
//! resource that has their columns, because Frictionless reads no GeoPackage.

use std::collections::HashMap;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::model::columns::{Codes, Column, ColumnType};
use crate::model::tables::{self, Table};
use crate::model::{Lang, Outcome, OutputFile, OutputFormat, lang};
use crate::report::REPORT;

const PACKAGE_PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";
const RESOURCE_PROFILE: &str = "https://datapackage.org/profiles/2.0/dataresource.json";
/// Files that are written after this one, so that their size and hash are not known yet.
const LATER: [&str; 2] = ["run.json", "timings.json"];

/// The columns of every table, which take long enough to be described while files are written.
pub struct Schemas(HashMap<&'static str, Value>);

impl Schemas {
    /// Describes the columns of the tables of a run.
    pub fn of(outcome: &Outcome) -> Self {
        Self(tables::TABLES.par_iter().map(|table| (table.name, json!({ "fields": fields(table, outcome) }))).collect())
    }

    fn get(&self, table: &Table) -> Value {
        self.0.get(table.name).cloned().unwrap_or_default()
    }
}

/// The descriptor of a run with these files.
pub fn describe(outcome: &Outcome, schemas: &Schemas, files: &[OutputFile]) -> Value {
    let report = outcome.manifest.settings.formats.contains(&OutputFormat::Report).then_some(REPORT);
    let later = report.iter().chain(&LATER).map(|path| resource(schemas, path, None));
    let resources: Vec<Value> = files.iter().map(|file| resource(schemas, &file.path, Some(file))).chain(later).collect();
    let manifest = &outcome.manifest;
    json!({
        "$schema": PACKAGE_PROFILE,
        "name": "mujun-run",
        "title": manifest.job,
        "languages": [Lang::En.tag(), Lang::Zh.tag()],
        "as_of": manifest.as_of,
        "sources": manifest.inputs.iter().map(|input| json!({ "title": input.path })).collect::<Vec<_>>(),
        "resources": resources,
    })
}

fn resource(schemas: &Schemas, path: &str, file: Option<&OutputFile>) -> Value {
    // What has layers is described by them.
    let table = tables::in_file(path).next().filter(|table| table.path == path && tables::in_file(path).count() == 1);
    let (format, media_type) = format_of(path);
    let mut about = Map::new();
    let mut set = |key: &str, value: Value| about.insert(key.to_owned(), value);
    set("$schema", RESOURCE_PROFILE.into());
    set("name", table.map_or(path, |table| table.name).into());
    set("path", path.into());
    match table {
        Some(table) => bilingual(&mut set, |lang| (lang::table_title(lang, table.name), lang::table_meaning(lang, table.name))),
        None => bilingual(&mut set, |lang| (lang::file_title(lang, path), lang::file_meaning(lang, path))),
    }
    set("format", format.into());
    set("mediatype", media_type.into());
    if let Some(file) = file {
        set("bytes", file.bytes.into());
        set("hash", format!("sha256:{}", file.sha256).into());
    }
    let rows = tables::in_file(path).next();
    match (format, rows) {
        ("parquet", Some(table)) => {
            set("type", "table".into());
            set("schema", schemas.get(table));
        }
        ("csv", Some(table)) => {
            set("type", "table".into());
            set("encoding", "utf-8-sig".into());
            set("schema", schemas.get(table));
        }
        (_, Some(_)) => _ = set("layers", tables::in_file(path).map(|table| layer(table, path, schemas)).collect()),
        _ => {}
    }
    Value::Object(about)
}

fn format_of(path: &str) -> (&'static str, &'static str) {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "parquet" => ("parquet", "application/vnd.apache.parquet"),
        "csv" => ("csv", "text/csv"),
        "geojson" => ("geojson", "application/geo+json"),
        "gpkg" => ("gpkg", "application/geopackage+sqlite3"),
        "json" => ("json", "application/json"),
        "xlsx" => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "qml" => ("qml", "application/x-qgis-layer-settings"),
        "qgz" => ("qgz", "application/x-qgis-project"),
        "html" => ("html", "text/html"),
        "fgb" => ("fgb", "application/flatgeobuf"),
        _ => ("binary", "application/octet-stream"),
    }
}

/// Title and description, in English and beside it in Chinese, as the recipe for languages of the Data Package has it.
fn bilingual(set: &mut impl FnMut(&str, Value) -> Option<Value>, words: impl Fn(Lang) -> (&'static str, &'static str)) {
    for (lang, mark) in [(Lang::En, ""), (Lang::Zh, "@zh")] {
        let (title, description) = words(lang);
        set(&format!("title{mark}"), title.into());
        set(&format!("description{mark}"), description.into());
    }
}

/// A layer of a file that holds several tables, or none that Frictionless could read.
fn layer(table: &Table, path: &str, schemas: &Schemas) -> Value {
    match table.path == path {
        true => json!({ "name": table.layer, "schema": schemas.get(table) }),
        false => json!({ "name": table.layer, "resource": table.name }),
    }
}

/// The columns of a table as they are in its file; those of the zone kinds of the job are known from the inventory alone.
fn fields(table: &Table, outcome: &Outcome) -> Vec<Value> {
    if table.name != "inventory" {
        return table.columns().map(|column| field(table.name, column.name, column)).collect();
    }
    let names = outcome.inventory.get_column_names().into_iter().map(|name| name.as_str());
    let names = names.chain(tables::SHAPE_COLUMNS.iter().map(|column| column.name));
    names.filter_map(|name| Some(field(table.name, name, table.column(name)?))).collect()
}

fn field(table: &str, name: &str, column: &Column) -> Value {
    let mut about = Map::new();
    let mut set = |key: &str, value: Value| about.insert(key.to_owned(), value);
    set("name", name.into());
    set("type", kind(column.kind).into());
    for (lang, mark) in [(Lang::En, ""), (Lang::Zh, "@zh")] {
        set(&format!("title{mark}"), lang::label(lang, table, name).into());
        set(&format!("description{mark}"), lang::meaning(lang, table, name).into());
    }
    if !column.unit.is_empty() {
        set("unit", column.unit.into());
    }
    if let Codes::OneOf(set_of_codes) = column.codes {
        set("constraints", json!({ "enum": lang::set_codes(set_of_codes).collect::<Vec<_>>() }));
    }
    if column.codes != Codes::Free {
        let labels = lang::codes(table, name).map(|code| (code.to_owned(), labels(table, name, code)));
        set("labels", labels.collect::<Map<_, _>>().into());
    }
    Value::Object(about)
}

/// What a code means, in both languages.
fn labels(table: &str, column: &str, code: &str) -> Value {
    let word = |lang| lang::value(lang, table, column, code);
    json!({ Lang::En.tag(): word(Lang::En), Lang::Zh.tag(): word(Lang::Zh) })
}

const fn kind(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "string",
        ColumnType::Number | ColumnType::Fraction => "number",
        ColumnType::Whole => "integer",
        ColumnType::Day => "date",
        ColumnType::Polygon => "any",
        ColumnType::Box => "object",
    }
}

//! `mujun schema`: the JSON Schemas of the files that a user writes or reads, made from the types and column definitions.
//!
//! `schemas/` holds a copy of each; a test compares them.

use serde_json::{Map, Value, json};

use super::Ending;
use super::args::SchemaArguments;
use super::error::CliError;
use super::printer::Printer;
use crate::model::columns::{Codes, Column, ColumnType, INVENTORY};
use crate::model::tables::{TABLES, Table, ZONE_COLUMNS};
use crate::model::{Manifest, Timings, lang};

/// The dialect of the schemas that are made here.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Every schema by name.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    let mut schemas = vec![("job", crate::read::job::schema().to_value()), ("inventory", inventory())];
    schemas.extend(TABLES.iter().filter(|table| table.name != "inventory").map(|table| (table.name, row(table))));
    schemas.extend([
        ("run", schemars::schema_for!(Manifest).to_value()),
        ("timings", schemars::schema_for!(Timings).to_value()),
        ("audit", crate::audit::schema().to_value()),
    ]);
    schemas.extend(crate::rules::schemas().into_iter().map(|(name, schema)| (name, schema.to_value())));
    schemas
}

/// Prints a schema, or the names of all.
pub fn execute(arguments: &SchemaArguments, printer: &Printer) -> Result<Ending, CliError> {
    let all = schemas();
    let text = match &arguments.name {
        None => all.iter().map(|(name, _)| format!("{name}\n")).collect(),
        Some(wanted) => match all.iter().find(|(name, _)| name == wanted) {
            Some((_, schema)) => pretty(schema),
            None => return Err(unknown(wanted, &all)),
        },
    };
    printer.data(&text)?;
    Ok(Ending::Done)
}

fn unknown(name: &str, all: &[(&'static str, Value)]) -> CliError {
    CliError::UnknownSchema { name: name.to_owned(), names: all.iter().map(|(name, _)| (*name).to_owned()).collect() }
}

fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn inventory() -> Value {
    let properties: Map<String, Value> = INVENTORY.iter().map(|c| (c.name.to_owned(), property(c))).collect();
    let patterns: Map<String, Value> = ZONE_COLUMNS.iter().map(|c| (format!("^{}", c.name.replace("<kind>", "")), property(c))).collect();
    json!({
        "$schema": DIALECT,
        "title": "inventory",
        "description": "A row of inventory.parquet and the properties of a feature of inventory.geojson; null = unknown",
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "required": ["parcel_id"],
    })
}

fn row(table: &Table) -> Value {
    let properties: Map<String, Value> = table.columns().map(|c| (c.name.to_owned(), property(c))).collect();
    let names: Vec<&str> = table.columns().map(|c| c.name).collect();
    let files: Vec<&str> = std::iter::once(table.path).chain(table.copies.iter().copied()).collect();
    json!({
        "$schema": DIALECT,
        "description": format!("A row of {}", files.join(" and ")),
        "type": "object",
        "properties": properties,
        "required": names,
    })
}

fn property(column: &Column) -> Value {
    let kind = match column.kind {
        ColumnType::Text | ColumnType::Day | ColumnType::Polygon => "string",
        ColumnType::Number | ColumnType::Fraction => "number",
        ColumnType::Whole => "integer",
        ColumnType::Box => "object",
    };
    let mut property = Map::new();
    property.insert("type".to_owned(), json!([kind, "null"]));
    if let Codes::OneOf(set) = column.codes {
        let codes = lang::set_codes(set).map(Value::from).chain([Value::Null]);
        property.insert("enum".to_owned(), codes.collect());
    }
    if column.kind == ColumnType::Day {
        property.insert("format".to_owned(), json!("date"));
    }
    property.insert("description".to_owned(), json!(column.meaning));
    if !column.unit.is_empty() {
        property.insert("x-unit".to_owned(), json!(column.unit));
    }
    Value::Object(property)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copies_are_what_the_program_prints() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        for (name, schema) in schemas() {
            let copy = std::fs::read_to_string(directory.join(format!("{name}.schema.json"))).unwrap_or_default();
            assert!(
                copy == pretty(&schema),
                "schemas/{name}.schema.json is out of date; run: mujun schema {name} > schemas/{name}.schema.json"
            );
        }
    }
}

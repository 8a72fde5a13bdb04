//! `mujun schema`: the JSON Schemas of the files that a user writes or reads, made from the types and column definitions.
//!
//! `schemas/` holds a copy of each; a test compares them.

use serde_json::{Map, Value, json};

use super::Ending;
use super::args::SchemaArguments;
use super::error::CliError;
use super::printer::Printer;
use crate::model::columns::{Column, INVENTORY};
use crate::model::ledgers::{
    BUILDING_SHARES, COVERAGE, ColumnType, DECISIONS, DUE_LIST, ENTERPRISE_GRADES, ENTERPRISE_SHARES, FINDINGS, LedgerColumn,
    SLIVER_CANDIDATES, SWAP_CANDIDATES, SWEEP, TOOLS, TRACTS, ZONE_SHARES,
};
use crate::model::{Manifest, Timings};

/// The dialect of the schemas that are made here.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Columns of the inventory without a unit that are numbers all the same.
const PURE_NUMBERS: [&str; 13] = [
    "far",
    "far_low",
    "far_high",
    "building_density",
    "rnd_share",
    "building_coefficient",
    "office_living_land_share",
    "green_rate",
    "office_living_floor_share",
    "other_use_floor_share",
    "living_floor_share",
    "target_far",
    "score",
];
/// Columns of the inventory that count.
const COUNTS: [&str; 2] = ["enterprises", "findings"];

/// Every schema by name.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    let mut schemas = vec![
        ("job", crate::read::job::schema().to_value()),
        ("inventory", inventory()),
        ("zone_shares", ledger("A row of ledger/zone_shares.parquet", ZONE_SHARES)),
        ("building_shares", ledger("A row of ledger/building_shares.parquet", BUILDING_SHARES)),
        ("enterprise_shares", ledger("A row of ledger/enterprise_shares.parquet", ENTERPRISE_SHARES)),
        ("due_list", ledger("A row of ledger/due_list.parquet", DUE_LIST)),
        ("sliver_candidates", ledger("A row of ledger/sliver_candidates.parquet", SLIVER_CANDIDATES)),
        ("swap_candidates", ledger("A row of ledger/swap_candidates.parquet", SWAP_CANDIDATES)),
        ("enterprise_grades", ledger("A row of ledger/enterprise_grades.parquet", ENTERPRISE_GRADES)),
        ("decisions", ledger("A row of ledger/decisions.parquet", DECISIONS)),
        ("tools", ledger("A row of ledger/tools.parquet", TOOLS)),
        ("tracts", ledger("A row of ledger/tracts.parquet", TRACTS)),
        ("coverage", ledger("A row of ledger/coverage.parquet and coverage.gpkg", COVERAGE)),
        ("sweep", ledger("A row of sweep.parquet and sweep.csv", SWEEP)),
        ("findings", ledger("A row of findings.parquet and findings.csv", FINDINGS)),
        ("run", schemars::schema_for!(Manifest).to_value()),
        ("timings", schemars::schema_for!(Timings).to_value()),
    ];
    schemas.push(("audit", crate::audit::schema().to_value()));
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
    let properties: Map<String, Value> = INVENTORY.iter().map(|c| (c.name.to_owned(), inventory_property(c))).collect();
    json!({
        "$schema": DIALECT,
        "title": "inventory",
        "description": "A row of inventory.parquet and the properties of a feature of inventory.geojson; null = unknown",
        "type": "object",
        "properties": properties,
        "patternProperties": {
            "^zone_": { "type": ["string", "null"], "enum": ["inside", "outside", "split", "unknown", null], "description": "State of the parcel towards the zones of the kind" },
            "^share_": { "type": ["number", "null"], "minimum": 0, "description": "Share of the parcel in the zones of the kind" },
        },
        "required": ["parcel_id"],
    })
}

fn inventory_property(column: &Column) -> Value {
    let kind = match column.name {
        name if COUNTS.contains(&name) => ColumnType::Whole,
        "next_due_date" => ColumnType::Day,
        name if PURE_NUMBERS.contains(&name) || !column.unit.is_empty() => ColumnType::Number,
        _ => ColumnType::Text,
    };
    property(&LedgerColumn { name: column.name, kind, unit: column.unit, meaning: column.meaning })
}

fn ledger(description: &str, columns: &[LedgerColumn]) -> Value {
    let properties: Map<String, Value> = columns.iter().map(|c| (c.name.to_owned(), property(c))).collect();
    let names: Vec<&str> = columns.iter().map(|c| c.name).collect();
    json!({
        "$schema": DIALECT,
        "description": description,
        "type": "object",
        "properties": properties,
        "required": names,
    })
}

fn property(column: &LedgerColumn) -> Value {
    let kind = match column.kind {
        ColumnType::Text => "string",
        ColumnType::Number => "number",
        ColumnType::Whole => "integer",
        ColumnType::Day => "string",
    };
    let mut property = Map::new();
    property.insert("type".to_owned(), json!([kind, "null"]));
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

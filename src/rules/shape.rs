//! Reading a TOML file into its raw type with every unknown and missing key reported, not only the first.
//!
//! The keys that may stand in a table come from the JSON Schema of the raw type, so the reader, the schema and the check cannot differ.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::{Checked, FaultKind};

/// Reads `file` into `T`; nothing where the shape has a fault.
pub(super) fn read<T: DeserializeOwned + JsonSchema>(file: &mut Checked<'_>) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(file.text);
    for error in &errors {
        file.fault(&error.span().unwrap_or_default(), FaultKind::Toml { message: error.message().to_owned() });
    }
    if errors.is_empty() {
        let root = schema::<T>();
        let keys = Keys::of(&root, root.as_value());
        keys.check(&table.span(), table.get_ref(), file);
    }
    match toml::from_str(file.text) {
        Ok(_) if !file.faults.is_empty() => None,
        Ok(read) => Some(read),
        Err(error) => {
            let message = error.message();
            let told = message.starts_with("unknown field") || message.starts_with("missing field");
            if file.faults.is_empty() || (!told && errors.is_empty()) {
                file.fault(&error.span().unwrap_or_default(), FaultKind::Toml { message: message.to_owned() });
            }
            None
        }
    }
}

/// The JSON Schema of `T`.
pub(super) fn schema<T: JsonSchema>() -> schemars::Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>()
}

/// The keys of a table and what stands under them.
struct Keys<'s> {
    root: &'s schemars::Schema,
    known: BTreeMap<&'s str, &'s Value>,
    required: Vec<&'s str>,
}

impl<'s> Keys<'s> {
    fn of(root: &'s schemars::Schema, schema: &'s Value) -> Self {
        let mut keys = Self { root, known: BTreeMap::new(), required: Vec::new() };
        keys.gather(schema);
        keys
    }

    fn gather(&mut self, schema: &'s Value) {
        let schema = self.resolve(schema);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            self.known.extend(properties.iter().map(|(key, under)| (key.as_str(), under)));
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str));
        for branch in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
            self.gather(branch);
        }
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| self.root.pointer(r.trim_start_matches('#')));
        target.unwrap_or(schema)
    }

    fn check(&self, span: &std::ops::Range<usize>, table: &DeTable<'_>, file: &mut Checked<'_>) {
        if self.known.is_empty() {
            return;
        }
        for (key, value) in table.iter() {
            match self.known.get(key.get_ref().as_ref()) {
                Some(under) => self.descend(under, value, file),
                None => {
                    let known = self.known.keys().map(ToString::to_string).collect();
                    file.fault(&key.span(), FaultKind::UnknownKey { key: key.get_ref().to_string(), known });
                }
            }
        }
        for key in self.required.iter().filter(|key| table.get(**key).is_none()) {
            file.fault(span, FaultKind::MissingKey { key: (*key).to_owned() });
        }
    }

    fn descend(&self, schema: &'s Value, value: &Spanned<DeValue<'_>>, file: &mut Checked<'_>) {
        match value.get_ref() {
            DeValue::Table(table) => Keys::of(self.root, schema).check(&value.span(), table, file),
            DeValue::Array(array) => {
                let Some(items) = self.resolve(schema).get("items") else { return };
                for item in array.iter() {
                    self.descend(items, item, file);
                }
            }
            _ => {}
        }
    }
}

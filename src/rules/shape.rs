//! Reading a TOML file into its raw type with every fault of its shape reported: unknown and missing keys, values of another type, unknown words.
//!
//! What may stand in a table comes from the JSON Schema of the raw type, so the reader, the schema and the check cannot differ. Unknown keys are taken
//! out and a list of rules is read rule by rule, so that what is right is checked further in the same pass.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue, ValueDeserializer},
};

use super::{
    fault::{Checked, FaultKind},
    lint,
    raw::RawFile,
};
use crate::say;

/// Reads `file` into `T`; nothing where its shape has a fault.
pub(super) fn read<T: DeserializeOwned + JsonSchema>(file: &mut Checked<'_>) -> Option<T> {
    let mut table = parse(file)?;
    lint::check(table.get_ref(), file);
    let (root, before) = (schema::<T>(), file.faults.len());
    let is_whole = Shape { root: root.as_value() }.mend_table(&mut table, root.as_value(), file);
    let (span, table) = (table.span(), table.into_inner());
    let read = if is_whole { decode(Spanned::new(span, DeValue::Table(table)), file) } else { None };
    read.filter(|_| file.faults.len() == before)
}

/// Reads a file of rules; a rule whose shape has a fault that nothing can stand in for is left out.
pub(super) fn read_rules<R: DeserializeOwned + JsonSchema>(file: &mut Checked<'_>) -> Vec<R> {
    let Some(mut table) = parse(file) else { return Vec::new() };
    lint::check(table.get_ref(), file);
    let root = schema::<RawFile<R>>();
    let shape = Shape { root: root.as_value() };
    let keys = Keys::of(shape.root, shape.root);
    let Some(items) = keys.known.get("rule").and_then(|rules| shape.items(rules)) else { return Vec::new() };
    let rules = take_rules(&mut table);
    shape.mend_table(&mut table, shape.root, file);
    let whole = rules.into_iter().filter_map(|mut rule| shape.mend(&mut rule, items, "rule", file).then_some(rule));
    whole.collect::<Vec<_>>().into_iter().filter_map(|rule| decode(rule, file)).collect()
}

/// The rules, and an empty list in their place.
fn take_rules<'t>(table: &mut Spanned<DeTable<'t>>) -> Vec<Spanned<DeValue<'t>>> {
    match table.get_mut().get_mut("rule").map(Spanned::get_mut) {
        Some(DeValue::Array(rules)) => std::mem::replace(rules, DeArray::new()).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn parse<'t>(file: &mut Checked<'t>) -> Option<Spanned<DeTable<'t>>> {
    let (table, errors) = DeTable::parse_recoverable(file.text);
    for error in &errors {
        file.fault(&error.span().unwrap_or_default(), FaultKind::Toml { message: error.message().to_owned() });
    }
    errors.is_empty().then_some(table)
}

fn decode<T: DeserializeOwned>(value: Spanned<DeValue<'_>>, file: &mut Checked<'_>) -> Option<T> {
    let span = value.span();
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(read) => Some(read),
        Err(error) => {
            file.fault(&error.span().unwrap_or(span), FaultKind::Toml { message: error.message().to_owned() });
            None
        }
    }
}

/// The JSON Schema of `T`.
pub(super) fn schema<T: JsonSchema>() -> schemars::Schema {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<T>()
}

/// The schema that a reference stands for; another schema itself.
pub(super) fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| root.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(schema)
}

/// The schema itself and those it may stand for.
pub(super) fn branches<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let schema = resolve(root, schema);
    let mut found = vec![schema];
    for word in ["anyOf", "oneOf", "allOf"] {
        let under = schema.get(word).and_then(Value::as_array).into_iter().flatten();
        found.extend(under.flat_map(|branch| branches(root, branch)));
    }
    found
}

/// The keys of a table and what stands under them.
struct Keys<'s> {
    known: BTreeMap<&'s str, &'s Value>,
    required: Vec<&'s str>,
}

impl<'s> Keys<'s> {
    fn of(root: &'s Value, schema: &'s Value) -> Self {
        let mut keys = Self { known: BTreeMap::new(), required: Vec::new() };
        for branch in branches(root, schema) {
            let properties = branch.get("properties").and_then(Value::as_object).into_iter().flatten();
            keys.known.extend(properties.map(|(key, under)| (key.as_str(), under)));
            let required = branch.get("required").and_then(Value::as_array).into_iter().flatten();
            keys.required.extend(required.filter_map(Value::as_str));
        }
        keys
    }
}

/// The schema that a value is held against.
#[derive(Clone, Copy)]
struct Shape<'s> {
    root: &'s Value,
}

impl<'s> Shape<'s> {
    fn items(self, schema: &'s Value) -> Option<&'s Value> {
        branches(self.root, schema).into_iter().find_map(|branch| branch.get("items"))
    }

    /// What any key of a map may hold.
    fn entries(self, schema: &'s Value) -> Option<&'s Value> {
        branches(self.root, schema).into_iter().find_map(|branch| branch.get("additionalProperties").filter(|any| any.is_object()))
    }

    /// Notes the faults of a value and takes unknown keys out; false where what is left cannot be read.
    fn mend(self, value: &mut Spanned<DeValue<'_>>, schema: &'s Value, key: &str, file: &mut Checked<'_>) -> bool {
        let span = value.span();
        if let Some(kind) = self.misfit(value.get_ref(), schema, key) {
            file.fault(&span, kind);
            return false;
        }
        match value.get_mut() {
            DeValue::Table(table) => {
                let mut whole = Spanned::new(span, std::mem::replace(table, DeTable::new()));
                let is_whole = self.mend_table(&mut whole, schema, file);
                *table = whole.into_inner();
                is_whole
            }
            DeValue::Array(items) => {
                let Some(schema) = self.items(schema) else { return true };
                let is_whole: Vec<bool> = items.iter_mut().map(|item| self.mend(item, schema, key, file)).collect();
                !is_whole.contains(&false)
            }
            _ => true,
        }
    }

    fn mend_table(self, table: &mut Spanned<DeTable<'_>>, schema: &'s Value, file: &mut Checked<'_>) -> bool {
        let (keys, span) = (Keys::of(self.root, schema), table.span());
        let entries = self.entries(schema);
        if keys.known.is_empty() && entries.is_none() {
            return true;
        }
        let (mut is_whole, mut unknown) = (true, Vec::new());
        for (key, value) in table.get_mut().iter_mut() {
            let name = key.get_ref().to_string();
            match keys.known.get(name.as_str()).copied().or(entries) {
                Some(under) => is_whole &= self.mend(value, under, &name, file),
                None => {
                    let known = keys.known.keys().map(ToString::to_string).collect();
                    file.fault(&key.span(), FaultKind::UnknownKey { key: name.clone(), known });
                    unknown.push(name);
                }
            }
        }
        for name in unknown {
            table.get_mut().remove(name.as_str());
        }
        for key in keys.required.iter().filter(|key| table.get_ref().get(**key).is_none()) {
            file.fault(&span, FaultKind::MissingKey { key: (*key).to_owned() });
            is_whole = false;
        }
        is_whole
    }

    /// What is wrong with the type or the word of a value.
    fn misfit(self, value: &DeValue<'_>, schema: &'s Value, key: &str) -> Option<FaultKind> {
        let branches = branches(self.root, schema);
        let types: Vec<&str> = branches.iter().flat_map(|branch| types(branch)).collect();
        if types.is_empty() {
            return None;
        }
        let fits: &[&str] = match value {
            DeValue::String(_) => &["string"],
            DeValue::Integer(_) => &["integer", "number"],
            DeValue::Float(_) => &["number"],
            DeValue::Boolean(_) => &["boolean"],
            DeValue::Datetime(_) => &["date"],
            DeValue::Array(_) => &["array"],
            DeValue::Table(_) => &["object"],
        };
        if !types.iter().any(|wanted| fits.contains(wanted)) {
            return Some(FaultKind::WrongType { key: key.to_owned(), wanted: wanted(&types), found: found(value) });
        }
        let words: Vec<String> = branches.iter().flat_map(|branch| words(branch)).map(Cow::into_owned).collect();
        let word = value.as_str().filter(|word| !words.is_empty() && !words.iter().any(|known| known == word))?;
        Some(FaultKind::UnknownValue { key: key.to_owned(), value: word.to_owned(), known: words })
    }
}

/// The types that a schema names; a text in the format of a date is a `date`.
fn types(schema: &Value) -> Vec<&str> {
    let is_date = schema.get("format").and_then(Value::as_str) == Some("date");
    let named = match schema.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    named.into_iter().filter(|name| *name != "null").map(|name| if is_date && name == "string" { "date" } else { name }).collect()
}

fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => say!("a text"),
        DeValue::Integer(_) => say!("a whole number"),
        DeValue::Float(_) => say!("a number"),
        DeValue::Boolean(_) => say!("true or false"),
        DeValue::Datetime(_) => say!("a day"),
        DeValue::Array(_) => say!("a list"),
        DeValue::Table(_) => say!("a table"),
    }
}

fn wanted(types: &[&str]) -> String {
    let mut words: Vec<String> = types
        .iter()
        .map(|name| match *name {
            "string" => say!("a text"),
            "integer" => say!("a whole number"),
            "number" => say!("a number"),
            "boolean" => say!("true or false"),
            "date" => say!("a day such as 2025-12-31"),
            "array" => say!("a list"),
            _ => say!("a table"),
        })
        .collect();
    words.dedup();
    words.join(&say!(" or "))
}

/// The words that a schema allows; none where any text will do.
fn words(schema: &Value) -> Vec<Cow<'_, str>> {
    let single = schema.get("const").and_then(Value::as_str).into_iter();
    let several = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    single.chain(several).map(Cow::Borrowed).collect()
}

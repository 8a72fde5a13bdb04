//! A rule as a planner reads it: every key with its value, its meaning from the JSON Schema, its unit, and whether the document prints it.
//!
//! **Invariant:** the walk follows the table and the schema alone, so a kind of rule that is added is shown without a line here.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::{listing::RuleText, schemas, shape::branches};
use crate::model::{columns::INVENTORY, say::told};
use crate::say;

/// The keys that every rule has, which a reader sees in the head.
const HEAD: [&str; 9] = ["id", "name", "name_zh", "source", "valid_from", "valid_to", "verified", "template", "unverified"];

/// Endings of keys and the unit that they stand for; the first that fits counts.
const UNITS: &[(&str, &str)] = &[
    ("per_mu_wan", "万元/mu"),
    ("wan", "万元"),
    ("m2", "m²"),
    ("mu", "mu"),
    ("m", "m"),
    ("deg", "°"),
    ("years", "years"),
    ("months", "months"),
    ("days", "days"),
    ("tce", "tce"),
    ("t", "t"),
];

/// A key of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The keys above it and itself, with dots between them: `cohorts.indicators.weight`.
    pub path: String,
    /// What it is.
    pub meaning: String,
    /// What the value means, where it is one of a list of words.
    pub value_meaning: String,
    /// The unit; empty for pure numbers, words and texts.
    pub unit: &'static str,
    /// Whether the document of the rule prints it.
    pub printed: bool,
    /// The value.
    pub value: Shown,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A word, a text, a day.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// Several of them.
    List(Vec<String>),
    /// Keys of its own.
    Table(Vec<Entry>),
    /// Several tables.
    Rows(Vec<Vec<Entry>>),
}

impl Shown {
    /// The value on one line; none for tables and lists.
    #[must_use]
    pub fn scalar(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim().to_owned()),
            Self::Number(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(if *flag { say!("yes") } else { say!("no") }),
            Self::List(_) | Self::Table(_) | Self::Rows(_) => None,
        }
    }
}

impl RuleText {
    /// What a rule of the kind is, in a sentence.
    #[must_use]
    pub fn kind_meaning(&self) -> String {
        let schema = self.schema();
        let rule = schema.get("properties").and_then(|keys| keys.get("rule")).and_then(|rule| rule.get("items"));
        rule.map(|rule| description(&schema, rule)).unwrap_or_default()
    }

    /// Every key but those of the head, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let root = self.schema();
        let rule = root.get("properties").and_then(|keys| keys.get("rule")).and_then(|rule| rule.get("items")).cloned().unwrap_or_default();
        let walk = Walk { root: &root, rule: self };
        let mut entries = walk.table(&self.table, &rule, "");
        entries.retain(|entry| !HEAD.contains(&entry.key.as_str()));
        entries
    }

    fn schema(&self) -> Json {
        let kind = self.head.kind.as_str();
        schemas().into_iter().find(|(name, _)| *name == kind).map(|(_, schema)| schema.to_value()).unwrap_or_default()
    }

    /// Whether the document prints the key at the path, with everything under it.
    #[must_use]
    pub fn prints(&self, path: &str) -> bool {
        let is_under = |own: &str| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.head.verified && !self.head.unverified.iter().any(|own| is_under(own))
    }
}

struct Walk<'w> {
    root: &'w Json,
    rule: &'w RuleText,
}

impl Walk<'_> {
    fn table(&self, table: &Table, schema: &Json, above: &str) -> Vec<Entry> {
        table
            .iter()
            .map(|(key, value)| {
                let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
                let own = property(self.root, schema, key);
                Entry {
                    meaning: own.map(|own| description(self.root, own)).unwrap_or_default(),
                    value_meaning: own.zip(value.as_str()).and_then(|(own, word)| word_meaning(self.root, own, word)).unwrap_or_default(),
                    unit: unit(key, value),
                    printed: self.rule.prints(&path),
                    value: self.value(value, own.unwrap_or(&Json::Null), &path),
                    key: key.clone(),
                    path,
                }
            })
            .collect()
    }

    fn value(&self, value: &Value, schema: &Json, path: &str) -> Shown {
        match value {
            Value::Table(table) => Shown::Table(self.table(table, schema, path)),
            Value::Array(items) if items.iter().any(Value::is_table) => {
                let item = branches(self.root, schema).into_iter().find_map(|branch| branch.get("items")).unwrap_or(&Json::Null);
                Shown::Rows(items.iter().filter_map(Value::as_table).map(|table| self.table(table, item, path)).collect())
            }
            Value::Array(items) => Shown::List(items.iter().map(text).collect()),
            Value::Float(number) => Shown::Number(*number),
            Value::Integer(number) => number.to_string().parse().map_or_else(|_| Shown::Text(number.to_string()), Shown::Number),
            Value::Boolean(flag) => Shown::Flag(*flag),
            other => Shown::Text(text(other)),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// The schema of a key; that of any key where the table is a map.
fn property<'s>(root: &'s Json, schema: &'s Json, key: &str) -> Option<&'s Json> {
    let branches = branches(root, schema);
    let named = branches.iter().find_map(|branch| branch.get("properties")?.get(key));
    named.or_else(|| branches.iter().find_map(|branch| branch.get("additionalProperties").filter(|any| any.is_object())))
}

/// The description that stands nearest.
fn description(root: &Json, schema: &Json) -> String {
    let own = schema.get("description").and_then(Json::as_str);
    let of_branch = || branches(root, schema).into_iter().find_map(|branch| branch.get("description")?.as_str());
    told(&own.or_else(of_branch).unwrap_or_default().replace('\n', " "))
}

fn word_meaning(root: &Json, schema: &Json, word: &str) -> Option<String> {
    let branch = branches(root, schema).into_iter().find(|branch| branch.get("const").and_then(Json::as_str) == Some(word))?;
    Some(told(branch.get("description")?.as_str()?))
}

/// The unit of a number by its key, and that of a column where the value names one.
fn unit(key: &str, value: &Value) -> &'static str {
    if let Some(name) = value.as_str() {
        let column = INVENTORY.iter().find(|column| column.name == name).filter(|_| key == "column");
        return column.map_or("", |column| column.unit);
    }
    let ends = |ending: &str| key.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    UNITS.iter().find(|(ending, _)| ends(ending)).map_or("", |(_, unit)| unit)
}

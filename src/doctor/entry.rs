//! The section of a job file that reads a layer or table right, with comments that say why and what is not certain.

use std::fmt::Write as _;

use super::columns::ColumnRole;
use super::{Suggestion, roles, units};
use crate::model::Unit;
use crate::model::units::Dimension;
use crate::read::fields::{Need, catalogue};
use crate::read::survey::{LayerSurvey, Stored};
use crate::read::{Decided, Role};
use crate::say;

/// Kinds that a column may tell apart before its values are no kinds any more.
const MOST_KINDS: usize = 12;

/// Kinds of zones by the words that offices use for them.
const KINDS: [(&str, &[&str]); 5] = [
    ("town_boundary", &["town_boundary", "城镇开发边界", "czkfbj", "集中建设区", "town"]),
    ("strategic_reserve", &["strategic", "留白"]),
    ("industrial_block", &["industrial", "工业区块", "产业区块", "工业用地控制线"]),
    ("permanent_farmland", &["yjjbnt", "永久基本农田", "farmland"]),
    ("ecological_red_line", &["stbhhx", "stbhx", "生态保护红线", "ecolog"]),
];

/// A section of a job file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is the section of.
    pub role: Role,
    /// The kind of zones.
    pub kind: Option<String>,
    /// The files.
    pub paths: Vec<String>,
    /// The layer or sheet, where the file has several.
    pub layer: Option<String>,
    /// The CRS, where the layer's own is missing or wrong.
    pub crs: Option<String>,
    /// The encoding, where the file declares none or a wrong one.
    pub encoding: Option<String>,
    /// The condition that rows must meet.
    pub condition: Option<String>,
    /// Which column each field comes from.
    pub fields: Vec<EntryField>,
    /// Required fields that no column gives.
    pub lacking: Vec<String>,
    /// Whether neither the layer nor its coordinates tell the CRS.
    pub needs_crs: bool,
    /// What is not certain.
    pub unsure: Vec<String>,
    /// What the layer has, for a comment.
    pub seen: String,
    /// Names of all columns, to know files of one kind by.
    pub(super) columns: Vec<String>,
}

/// Where a field comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryField {
    /// The canonical name.
    pub field: String,
    /// The source column.
    pub column: String,
    /// Its unit, where name and heading do not say it.
    pub unit: Option<Unit>,
    /// Why, for a comment.
    pub note: String,
}

impl Entry {
    /// The sections that a layer gives: one, or one for each kind of zones that a column tells apart.
    pub(super) fn all_of(
        file: &str,
        several: bool,
        layer: &LayerSurvey,
        role: Role,
        columns: &[ColumnRole],
        crs: Option<&Suggestion>,
    ) -> Vec<Self> {
        let one = Self::of(file, several, layer, role, columns, crs);
        if role != Role::Zones {
            return vec![one];
        }
        let Some((column, values)) = kinds_of(layer) else {
            let name = format!("{} {file}", layer.name).to_lowercase();
            let mut named = Self { kind: Some(kind_of(&name)), ..one };
            let kind = named.kind.as_deref().unwrap_or_default();
            named.unsure.push(say!("the kind of zones was taken from the name: `{kind}`", kind));
            return vec![named];
        };
        let of_kind = |value: &String| {
            let sql = format!("{} = '{}'", identifier(column), value.replace('\'', "''"));
            Self { kind: Some(kind_of(&value.to_lowercase())), condition: Some(sql), ..one.clone() }
        };
        values.iter().map(of_kind).collect()
    }

    fn of(file: &str, several: bool, layer: &LayerSurvey, role: Role, columns: &[ColumnRole], crs: Option<&Suggestion>) -> Self {
        let mut unsure: Vec<String> = columns.iter().map(|c| c.doubt.clone()).filter(|d| !d.is_empty()).collect();
        unsure
            .extend(crs.filter(|s| !s.is_sure).map(|s| say!("`crs = \"{definition}\"`: {note}", definition = s.definition, note = s.note)));
        let is_table = matches!(role, Role::Enterprises) || layer.shapes.is_none();
        let needs_crs = !is_table && layer.crs.is_none() && crs.is_none();
        if needs_crs {
            unsure.push(say!("the layer carries no crs and its coordinates do not tell it: fill in `crs`"));
        }
        let fields: Vec<EntryField> = columns.iter().filter_map(|c| field(layer, c, &mut unsure)).collect();
        let has = |name: &str| columns.iter().any(|c| c.field.name == name);
        let required = catalogue(role).iter().filter(|f| f.need == Need::Required && !has(&f.name));
        let lacking: Vec<String> = required.map(|f| f.name.clone()).collect();
        unsure
            .extend(lacking.iter().map(|name| say!("no column seems to be `{name}`, which is required: fill it in under `fields`", name)));
        let guessed = layer.encoding.as_ref().filter(|e| e.decided == Decided::Guessed);
        Self {
            role,
            kind: None,
            paths: vec![file.to_owned()],
            layer: several.then(|| layer.name.clone()),
            crs: crs.filter(|_| !is_table).map(|s| s.definition.clone()),
            encoding: guessed.and_then(|e| e.name).map(|name| if name == "gb18030" { "GB18030".to_owned() } else { name.to_owned() }),
            condition: None,
            fields,
            lacking,
            needs_crs,
            unsure,
            seen: seen(layer),
            columns: layer.columns.iter().map(|c| c.name.clone()).collect(),
        }
    }

    /// Whether nothing has to be filled in before a job runs.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lacking.is_empty() && !self.needs_crs
    }

    /// Whether another entry has the same columns and the same meaning, so that both are one layer in several files.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let rest = |e: &Self| (e.role, e.kind.clone(), e.layer.clone(), e.crs.clone(), e.encoding.clone(), e.condition.clone());
        rest(self) == rest(other) && self.columns == other.columns && self.fields == other.fields
    }

    /// The section as TOML.
    #[must_use]
    pub fn toml(&self) -> String {
        let section = match self.role {
            Role::Zones => "[[zones]]",
            Role::Enterprises => "[[tables]]",
            role => return self.body(&format!("[{}]", role.as_str()), &format!("[{}.fields]", role.as_str())),
        };
        self.body(section, &format!("[{}.fields]", section.trim_matches(['[', ']'])))
    }

    fn body(&self, section: &str, fields: &str) -> String {
        let mut text = format!("{section:<36} # {}\n", self.seen);
        let mut line = |key: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{key} = {}", quoted(value));
        };
        let kind = if self.role == Role::Enterprises { Some("enterprises") } else { self.kind.as_deref() };
        kind.into_iter().for_each(|kind| line("kind", kind));
        match self.paths.as_slice() {
            [only] => line("path", only),
            several => text.push_str(&format!("path = [{}]\n", several.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", "))),
        }
        let mut line = |key: &str, value: &Option<String>| {
            let _ = value.as_ref().map(|value| writeln!(text, "{key} = {}", quoted(value)));
        };
        line("layer", &self.layer);
        line("crs", &self.crs);
        line("encoding", &self.encoding);
        line("where", &self.condition);
        self.unsure.iter().for_each(|u| text.push_str(&(say!("# not sure: {doubt}", doubt = u) + "\n")));
        if !self.fields.is_empty() || !self.lacking.is_empty() {
            text.push_str(&format!("\n{fields}\n"));
        }
        self.lacking.iter().for_each(|name| text.push_str(&format!("# {name} = \"…\"\n")));
        self.fields.iter().for_each(|f| text.push_str(&f.toml()));
        text
    }
}

impl EntryField {
    fn toml(&self) -> String {
        let value = match self.unit {
            None => quoted(&self.column),
            Some(unit) => format!("{{ column = {}, unit = \"{}\" }}", quoted(&self.column), units::word(unit)),
        };
        let note = if self.note.is_empty() { String::new() } else { format!(" # {}", self.note) };
        format!("{} = {value}{note}\n", self.field)
    }
}

/// Where a field comes from; none where the column has the canonical name and its unit.
fn field(layer: &LayerSurvey, role: &ColumnRole, unsure: &mut Vec<String>) -> Option<EntryField> {
    let column = layer.columns.get(role.column)?;
    let taken = role.unit.unwrap_or(if role.field.dimension == Some(Dimension::Money) { Unit::Wan } else { Unit::M2 });
    let guess = role.guess.as_ref();
    let other = guess.filter(|g| g.unit != taken && (g.is_proved || role.unit.is_none()));
    if other.is_none() && !role.must_be_named && column.name == role.field.name {
        return None;
    }
    if let Some(guess) = other.filter(|g| !g.is_proved) {
        let (column, evidence) = (&column.name, &guess.evidence);
        unsure.push(say!("the unit of `{column}` was guessed from the size of its values: {evidence}", column, evidence));
    }
    let note = guess.map(|g| g.evidence.clone()).unwrap_or_default();
    Some(EntryField { field: role.field.name.clone(), column: column.name.clone(), unit: other.map(|g| g.unit), note })
}

/// The column that tells kinds of zones apart, and its values.
fn kinds_of(layer: &LayerSurvey) -> Option<(&str, Vec<String>)> {
    let column = layer.columns.iter().find(|c| c.stored == Stored::Text && roles::is_kind_column(&c.name))?;
    let mut values: Vec<String> = column.cells.iter().flatten().filter(|v| !v.trim().is_empty()).cloned().collect();
    values.sort();
    values.dedup();
    (layer.is_whole() && (1..=MOST_KINDS).contains(&values.len())).then_some((column.name.as_str(), values))
}

/// A name that can be a kind: the one that the words mean, or letters and digits of the text.
fn kind_of(text: &str) -> String {
    if let Some((kind, _)) = KINDS.iter().find(|(_, words)| words.iter().any(|w| text.contains(w))) {
        return (*kind).to_owned();
    }
    let stem = text.split_whitespace().next().unwrap_or(text);
    let plain: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let plain = plain.trim_matches(|c: char| !c.is_ascii_lowercase());
    if plain.is_empty() { "zone".to_owned() } else { plain.to_owned() }
}

/// A column as SQL names it.
fn identifier(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// What a layer has, in a few words.
fn seen(layer: &LayerSurvey) -> String {
    let rows = layer.rows;
    let rows = match (layer.is_counted, layer.shapes.is_some()) {
        (true, true) => say!("{rows} features", rows),
        (true, false) => say!("{rows} rows", rows),
        (false, true) => say!("about {rows} features", rows),
        (false, false) => say!("about {rows} rows", rows),
    };
    let crs = layer.crs.as_ref().map_or(String::new(), |c| format!(", {}", c.name));
    format!("{rows}{crs}")
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

//! `mujun rules show`: a rule as a planner reads it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::super::Ending;
use super::super::args::{Format, RulesShowArguments};
use super::super::error::CliError;
use super::super::printer::{Printer, aligned};
use super::list::rule_json;
use super::{is_meant, open, unknown};
use crate::model::{Lang, char_width, lang, say::spoken, text_width};
use crate::rules::{Entry, Listing, RuleText, Shown, embedded_packs};
use crate::say;

/// Marks what the document of a rule does not print.
const NOT_PRINTED: &str = " *";
/// Columns after which a meaning goes on in the next line.
const WIDTH: usize = 100;
/// The widest cell of a table; longer texts stand on lines of their own.
const WIDEST_CELL: usize = 40;

/// Shows a rule, or every rule of a pack.
pub fn execute(arguments: &RulesShowArguments, printer: &Printer) -> Result<Ending, CliError> {
    let names: Vec<String> = embedded_packs().into_iter().chain(arguments.pack.iter().cloned()).collect();
    let packs = open(&names)?;
    let is_wanted = |pack: &Listing, rule: &RuleText| *pack.info.id == *arguments.id || is_meant(rule, &arguments.id);
    let rules: Vec<(&Listing, &RuleText)> = packs
        .iter()
        .flat_map(|pack| pack.rules.iter().map(move |rule| (pack, rule)))
        .filter(|(pack, rule)| is_wanted(pack, rule))
        .collect();
    if rules.is_empty() {
        return Err(unknown(&arguments.id, &packs));
    }
    let text = match arguments.format {
        Format::Human => rules.iter().map(|(pack, rule)| human(pack, rule, arguments.as_of)).collect::<Vec<_>>().join("\n\n"),
        Format::Json => {
            format!("{}\n", json!({ "rules": rules.iter().map(|(_, rule)| machine(rule, arguments.as_of)).collect::<Vec<_>>() }))
        }
    };
    printer.data(&text)?;
    Ok(Ending::Done)
}

fn human(pack: &Listing, rule: &RuleText, as_of: Option<NaiveDate>) -> String {
    let mut page = Page::default();
    page.head(pack, rule, as_of);
    page.entries(&rule.entries(), 0);
    if page.is_marked {
        page.text += &format!("\n{}\n", say!("* the document does not print this"));
    }
    page.text
}

/// The text so far, and the keys whose meaning it has told.
#[derive(Default)]
struct Page {
    text: String,
    told: BTreeSet<String>,
    is_marked: bool,
}

impl Page {
    fn head(&mut self, pack: &Listing, rule: &RuleText, as_of: Option<NaiveDate>) {
        let (head, info) = (&rule.head, &pack.info);
        let state = as_of.map_or_else(String::new, |day| {
            if head.in_force(day) { say!("; on {day} in force", day) } else { say!("; on {day} NOT in force", day) }
        });
        let form = if head.template {
            say!(" This is a form: it is never used until it is filled in and `template` is taken away.")
        } else {
            String::new()
        };
        let verified = match (head.verified, head.unverified.join(", ")) {
            (true, keys) if keys.is_empty() => say!("yes"),
            (true, keys) => say!("yes, but the document does not print {keys}", keys),
            (false, _) => say!("NO: not compared with a published document"),
        };
        let rows = [
            (say!("document"), head.source.document.to_string()),
            (say!("article"), head.source.article.to_string()),
            (say!("valid"), format!("{}{state}", head.period())),
            (say!("verified"), verified),
            (
                say!("pack"),
                say!(
                    "{pack} version {version}, {name} {name_zh}",
                    pack = info.id,
                    version = info.version,
                    name = info.name,
                    name_zh = info.name_zh
                ),
            ),
            (say!("cases"), rule.cases.to_string()),
        ];
        let rows: Vec<Vec<String>> = rows.into_iter().map(|(key, value)| vec![key, value]).collect();
        self.text += &format!("{}\n{} {}\n{}{form}\n\n{}\n", head.rule_id(), head.name, head.name_zh, rule.kind_meaning(), aligned(&rows));
    }

    fn entries(&mut self, entries: &[Entry], depth: usize) {
        for entry in entries {
            self.entry(entry, depth);
        }
    }

    fn entry(&mut self, entry: &Entry, depth: usize) {
        let indent = "  ".repeat(depth);
        let name = self.name(entry);
        match &entry.value {
            scalar @ (Shown::Text(_) | Shown::Number(_) | Shown::Flag(_)) => {
                let unit = if entry.unit.is_empty() { String::new() } else { format!(" {}", unit_of(entry)) };
                let value = scalar.scalar().unwrap_or_default().replace('\n', &format!("\n{indent}    "));
                self.text += &format!("{indent}{name}: {value}{unit}\n");
                self.meaning(entry, depth);
            }
            Shown::List(values) if values.iter().map(|value| text_width(value) + 2).sum::<usize>() < WIDTH => {
                self.text += &format!("{indent}{name}: {}\n", values.join(", "));
                self.meaning(entry, depth);
            }
            Shown::List(values) => {
                self.text += &format!("{indent}{name}\n");
                self.meaning(entry, depth);
                values.iter().for_each(|value| self.text += &format!("{indent}  - {value}\n"));
            }
            Shown::Table(under) => {
                self.text += &format!("{indent}{name}\n");
                self.meaning(entry, depth);
                self.entries(under, depth + 1);
            }
            Shown::Rows(rows) => {
                self.text += &format!("{indent}{name}\n");
                self.meaning(entry, depth);
                self.rows(rows, depth + 1);
            }
        }
    }

    /// A table where every cell is short, else one block a row.
    fn rows(&mut self, rows: &[Vec<Entry>], depth: usize) {
        let is_short = |entry: &Entry| entry.value.scalar().is_some_and(|text| text_width(&text) <= WIDEST_CELL);
        if rows.len() > 1 && rows.iter().flatten().all(is_short) {
            return self.grid(rows, depth);
        }
        let indent = "  ".repeat(depth);
        for (at, row) in rows.iter().enumerate() {
            self.text += &format!("{indent}{}.\n", at + 1);
            self.entries(row, depth + 1);
        }
    }

    fn grid(&mut self, rows: &[Vec<Entry>], depth: usize) {
        let indent = "  ".repeat(depth);
        let mut columns: Vec<&Entry> = Vec::new();
        for entry in rows.iter().flatten() {
            if columns.iter().all(|known| known.key != entry.key) {
                columns.push(entry);
            }
        }
        let mut grid = vec![columns.iter().map(|column| self.name(column)).collect::<Vec<_>>()];
        for row in rows {
            let cell = |column: &&Entry| row.iter().find(|entry| entry.key == column.key).map(cell_of).unwrap_or_default();
            grid.push(columns.iter().map(cell).collect());
        }
        aligned(&grid).lines().for_each(|line| self.text += &format!("{indent}{line}\n"));
        for column in columns.iter().filter(|column| !column.meaning.is_empty()) {
            if self.told.insert(column.path.clone()) {
                self.wrap(&format!("{}: {}", column.key, column.meaning), depth + 1);
            }
        }
    }

    fn name(&mut self, entry: &Entry) -> String {
        let mark = if entry.printed { "" } else { NOT_PRINTED };
        self.is_marked |= !entry.printed;
        format!("{}{mark}", entry.key)
    }

    /// What a key means, where it is met for the first time.
    fn meaning(&mut self, entry: &Entry, depth: usize) {
        let is_new = self.told.insert(entry.path.clone());
        let word = if entry.value_meaning.is_empty() { String::new() } else { say!(" Here: {meaning}", meaning = entry.value_meaning) };
        if is_new && !entry.meaning.is_empty() {
            self.wrap(&format!("{}{word}", entry.meaning), depth + 2);
        }
    }

    fn wrap(&mut self, text: &str, depth: usize) {
        let indent = "  ".repeat(depth);
        let mut line = String::new();
        // Chinese has no spaces: a line may end after any of its characters that no punctuation follows.
        for piece in text.split_inclusive(|c| c == ' ' || char_width(c) == 2) {
            let is_full = text_width(line.trim_end()) + text_width(piece.trim_end()) >= WIDTH;
            if is_full && !line.is_empty() && !piece.starts_with(['，', '。', '；', '：', '、', '）']) {
                self.text += &format!("{indent}{}\n", line.trim_end());
                line.clear();
            }
            line += piece;
        }
        self.text += &format!("{indent}{}\n", line.trim_end());
    }
}

/// A unit; in brackets where the value is the name of a column.
fn unit_of(entry: &Entry) -> String {
    let unit = match spoken() {
        Lang::En => entry.unit.to_owned(),
        Lang::Zh if entry.unit == "months" => say!("months"),
        Lang::Zh => lang::unit(Lang::Zh, entry.unit).to_owned(),
    };
    if entry.key == "column" { format!("[{unit}]") } else { unit }
}

fn cell_of(entry: &Entry) -> String {
    let text = entry.value.scalar().unwrap_or_default();
    if entry.unit.is_empty() { text } else { format!("{text} {}", unit_of(entry)) }
}

fn machine(rule: &RuleText, as_of: Option<NaiveDate>) -> Value {
    let mut json = rule_json(rule, as_of);
    if let Value::Object(object) = &mut json {
        object.insert("keys".to_owned(), entries_json(&rule.entries()));
    }
    json
}

fn entries_json(entries: &[Entry]) -> Value {
    Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry_json(entry))).collect::<Map<_, _>>())
}

fn entry_json(entry: &Entry) -> Value {
    let value = match &entry.value {
        Shown::Text(text) => json!(text),
        Shown::Number(number) => json!(number),
        Shown::Flag(flag) => json!(flag),
        Shown::List(values) => json!(values),
        Shown::Table(entries) => entries_json(entries),
        Shown::Rows(rows) => Value::Array(rows.iter().map(|row| entries_json(row)).collect()),
    };
    json!({ "value": value, "unit": entry.unit, "meaning": entry.meaning, "printed": entry.printed })
}

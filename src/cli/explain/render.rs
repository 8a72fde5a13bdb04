//! The explanation as text and as JSON.

use serde_json::{Value, json};

use super::Explanation;
use super::figures::Figure;
use super::numbers::{readable, unit_word};
use super::record::Row;
use super::{grade, grade_text, tools};
use crate::cli::printer::headline;
use crate::model::say::{spoken, word};
use crate::say;

/// Text columns that are set before the figures.
const NAME_WIDTH: usize = 28;

/// The explanation as text.
pub fn human(explanation: &Explanation) -> String {
    let record = &explanation.record;
    let manifest = &record.manifest;
    let packs: Vec<String> = manifest.rule_packs.iter().map(|p| format!("{} {}", p.id, p.version)).collect();
    let lines = [
        say!("parcel {parcel}", parcel = record.parcel),
        say!(
            "job {job}, as of {day}, {crs}, areas {method}",
            job = manifest.job,
            day = manifest.as_of,
            crs = manifest.settings.crs,
            method = method(&manifest.settings.area_method)
        ),
        say!("rule packs: {packs}", packs = if packs.is_empty() { say!("none") } else { packs.join(", ") }),
    ];
    let mut text = format!("{}\n\n{}\n", lines.join("\n"), say!("figures"));
    explanation.figures.iter().for_each(|figure| text.push_str(&figure_lines(figure)));
    text.push_str(&format!("\n{}\n", say!("grade")));
    if explanation.grades.is_empty() {
        text.push_str(&format!("  {}\n", say!("none")));
    }
    explanation.grades.iter().for_each(|grade| text.push_str(&grade_text::human(grade)));
    let sections = [
        (say!("buildings"), &record.buildings),
        (say!("enterprises"), &record.enterprises),
        (say!("zones"), &record.zones),
        (say!("due"), &record.due),
        (say!("sliver candidacies"), &record.slivers),
    ];
    for (title, rows) in sections {
        text.push_str(&section(&title, rows, |row| row_line(row, "parcel_id")));
    }
    text.push_str(&section(&say!("swaps"), &record.swaps, |row| row_line(row, "")));
    let answers = tools::of(record);
    let shown_with_tools = |row: &&Row| !answers.is_empty() && tools::is_of_toolbox(row);
    let others: Vec<Row> = record.decisions.iter().filter(|row| !shown_with_tools(row)).cloned().collect();
    text.push_str(&section(&say!("decisions"), &others, decision_lines));
    text.push_str(&tools::human(&answers));
    text.push_str(&section(&say!("rules"), &record.rules, |row| row_line(row, "")));
    text.push_str(&section(&say!("findings"), &record.findings, finding_lines));
    text
}

/// How areas were measured, in a word.
fn method(method: &str) -> String {
    match method {
        "planar" => say!("planar"),
        "ellipsoidal" => say!("ellipsoidal"),
        other => other.to_owned(),
    }
}

fn section(title: &str, rows: &[Row], line: impl Fn(&Row) -> String) -> String {
    let none = if rows.is_empty() { format!("  {}\n", say!("none")) } else { String::new() };
    format!("\n{title}\n{none}{}", rows.iter().map(line).collect::<String>())
}

/// `far  0.7115` and below it the formula.
fn figure_lines(figure: &Figure) -> String {
    let value = shown(&figure.value);
    let value = word("inventory", &figure.name, &value);
    let unit = if figure.unit.is_empty() || figure.value.is_null() { String::new() } else { format!(" {}", unit_word(figure.unit)) };
    let line = format!("  {:<NAME_WIDTH$} {value}{unit}\n", figure.name);
    let Some(formula) = &figure.formula else { return line };
    let result = formula.result.map_or_else(|| say!("unknown"), readable);
    let mark = if formula.agrees { String::new() } else { say!("  (not the recorded value)") };
    format!("{line}  {:<NAME_WIDTH$}   = {} = {result}{mark}\n", "", formula.text)
}

/// All values of a row but the parcel's code.
fn row_line(row: &Row, without: &str) -> String {
    let values: Vec<String> =
        row.iter().filter(|(name, _)| *name != without).map(|(name, value)| format!("{name} {}", shown(value))).collect();
    format!("  {}\n", values.join(", "))
}

fn decision_lines(row: &Row) -> String {
    let get = |name: &str| row.get(name).map_or_else(String::new, shown);
    let (rule, version, verdict) = (get("rule_id"), get("rule_version"), get("verdict"));
    let verdict = word("decisions", "verdict", &verdict);
    let mut text = say!("  {rule} (version {version}): {verdict}", rule, version, verdict) + "\n";
    for (name, title) in [("reasons", say!("reasons")), ("facts", say!("facts"))] {
        let value = row.get(name).and_then(Value::as_str).unwrap_or("");
        if !value.is_empty() {
            text.push_str(&format!("    {title}: {value}\n"));
        }
    }
    text
}

fn finding_lines(row: &Row) -> String {
    let get = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or("");
    let hint = if get("hint").is_empty() { String::new() } else { say!("    hint: {hint}", hint = get("hint")) + "\n" };
    format!("  {}\n{hint}", headline(spoken(), (get("severity"), get("code")), "", get("message")))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => say!("unknown"),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(|| number.to_string(), readable),
        other => other.to_string(),
    }
}

/// The explanation as one JSON object.
pub fn machine(explanation: &Explanation) -> Value {
    let record = &explanation.record;
    let decisions: Vec<Value> = record.decisions.iter().map(with_facts).collect();
    json!({
        "parcel_id": record.parcel,
        "job": record.manifest.job,
        "as_of": record.manifest.as_of,
        "settings": record.manifest.settings,
        "rule_packs": record.manifest.rule_packs,
        "figures": explanation.figures.iter().map(figure_json).collect::<Vec<_>>(),
        "grades": explanation.grades.iter().map(grade::machine).collect::<Vec<_>>(),
        "buildings": record.buildings,
        "enterprises": record.enterprises,
        "zones": record.zones,
        "due": record.due,
        "sliver_candidacies": record.slivers,
        "swaps": record.swaps,
        "decisions": decisions,
        "tools": tools::machine(&tools::of(record)),
        "rules": record.rules,
        "findings": record.findings,
    })
}

fn figure_json(figure: &Figure) -> Value {
    json!({
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "meaning": figure.meaning,
        "formula": figure.formula.as_ref().map(|f| json!({ "text": f.text, "result": f.result, "agrees": f.agrees })),
    })
}

/// A decision with its facts as an object instead of text.
fn with_facts(row: &Row) -> Value {
    let mut row = row.clone();
    let facts = row.get("facts").and_then(Value::as_str).and_then(|facts| serde_json::from_str(facts).ok());
    if let Some(facts) = facts {
        row.insert("facts".to_owned(), facts);
    }
    Value::Object(row)
}

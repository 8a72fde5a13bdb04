//! `mujun audit`.

use serde_json::{Value, json};

use super::Ending;
use super::args::{AuditArguments, Format};
use super::error::CliError;
use super::printer::{Printer, aligned};
use crate::audit::{Audited, Computed, audit};
use crate::say;

/// Checks the figures of projects.
pub fn execute(arguments: &AuditArguments, printer: &Printer) -> Result<Ending, CliError> {
    let path = &arguments.file;
    let text = std::fs::read_to_string(path).map_err(|source| CliError::Io { action: "read", path: path.clone(), source })?;
    let audited = audit(&path.display().to_string(), text.trim_start_matches('\u{feff}')).map_err(CliError::Figures)?;
    let text = match arguments.format {
        Format::Human => human(&audited),
        Format::Json => format!("{}\n", machine(&audited)),
    };
    printer.data(&text)?;
    Ok(if audited.iter().all(|check| check.unexpected.is_empty()) { Ending::Done } else { Ending::Blocking })
}

fn human(audited: &[Audited]) -> String {
    let mut rows = vec![vec![say!("check"), say!("what"), say!("published"), say!("recomputed"), say!("difference"), say!("verdict")]];
    for check in audited {
        for (at, result) in check.results.iter().enumerate() {
            rows.push(row(check, result, at == 0));
        }
    }
    let notes = audited.iter().filter(|check| !check.note.is_empty()).map(|check| format!("{}: {}\n", check.id, check.note));
    let notes: String = notes.collect();
    let unexpected: String =
        audited.iter().flat_map(|check| check.unexpected.iter().map(|what| format!("{}: {what}\n", check.id))).collect();
    let counts = ["OK", "OK~", "BASE", "NO", "n/a"].map(|word| {
        let n = audited.iter().filter(|check| check.verdict.as_str() == word).count();
        format!("{n} {word}")
    });
    let parts =
        [aligned(&rows), notes, unexpected, say!("{checks} checks: {counts}", checks = audited.len(), counts = counts.join(", ")) + "\n"];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn row(check: &Audited, result: &Computed, is_first: bool) -> Vec<String> {
    let base = if result.base.is_empty() { String::new() } else { say!(" (on {base})", base = result.base) };
    let unit = if check.unit.text.is_empty() { String::new() } else { format!(" {}", check.unit.text) };
    let published = check.published.as_ref().map_or_else(|| "-".to_owned(), |published| published.text.clone());
    let first = |text: &str| if is_first { text.to_owned() } else { String::new() };
    vec![
        first(&check.id),
        first(&check.what),
        first(&published),
        format!("{}{unit}{base}", digits(result.interval.value)),
        result
            .difference
            .map_or_else(|| "-".to_owned(), |difference| format!("{}{}", if difference < 0.0 { "" } else { "+" }, digits(difference))),
        first(check.verdict.as_str()),
    ]
}

/// A number with six digits that count, or all of those before the point.
fn digits(value: f64) -> String {
    let whole = format!("{:.0}", value.abs()).len();
    let decimals = if value.abs() < 1.0 { 4 } else { 5_usize.saturating_sub(whole) };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn machine(audited: &[Audited]) -> Value {
    let checks: Vec<Value> = audited.iter().map(check_json).collect();
    json!({ "exit": i32::from(audited.iter().any(|check| !check.unexpected.is_empty())), "checks": checks })
}

fn check_json(check: &Audited) -> Value {
    let result = |result: &Computed| {
        json!({
            "base": result.base,
            "value": result.interval.value,
            "low": result.interval.low,
            "high": result.interval.high,
            "difference": result.difference,
        })
    };
    json!({
        "case": check.case,
        "case_name": check.case_name,
        "id": check.id,
        "what": check.what,
        "formula": check.formula,
        "figures": check.figures.iter().map(|(name, text)| (name.clone(), json!(text))).collect::<serde_json::Map<_, _>>(),
        "published": check.published.as_ref().map(|published| published.text.clone()),
        "unit": check.unit.text,
        "results": check.results.iter().map(result).collect::<Vec<_>>(),
        "verdict": check.verdict.as_str(),
        "note": check.note,
        "unexpected": check.unexpected,
    })
}

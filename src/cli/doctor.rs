//! `mujun doctor`: what files are, what is wrong with them, and how to mend it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::Ending;
use super::args::{DoctorArguments, Format};
use super::error::CliError;
use super::printer::{Printer, aligned, grouped, headline};
use crate::doctor::{ColumnRole, Diagnosis, LayerDiagnosis, Problem, Suggestion, diagnose, words};
use crate::model::say::{spoken, word};
use crate::model::text_width;
use crate::read::ReadError;
use crate::read::paths::{Input, found_in, has_extension};
use crate::read::survey::{ColumnSurvey, survey};
use crate::say;

/// Extensions of files that belong to a shapefile.
const PARTS: [&str; 10] = ["shx", "dbf", "prj", "cpg", "qpj", "sbn", "sbx", "qix", "qmd", "xml"];
/// Cells of a column that are shown.
const EXAMPLES: usize = 3;

/// Looks at every file and tells what it found.
pub fn execute(arguments: &DoctorArguments, printer: &Printer) -> Result<Ending, CliError> {
    let inputs = inputs(&arguments.files, &|path| path.display().to_string())?;
    let diagnoses = examine(&inputs);
    let is_blocking = diagnoses.iter().any(Diagnosis::is_blocking);
    let text = match arguments.format {
        Format::Human => diagnoses.iter().map(human).collect::<Vec<_>>().join("\n"),
        Format::Json => {
            let files: Vec<Value> = diagnoses.iter().map(machine).collect();
            format!("{}\n", json!({ "exit": i32::from(is_blocking), "files": files }))
        }
    };
    printer.data(&text)?;
    Ok(if is_blocking { Ending::Blocking } else { Ending::Done })
}

/// The files that arguments mean, each once: those in folders, and a shapefile without its parts. `shown` says how a file is called.
pub fn inputs(files: &[PathBuf], shown: &dyn Fn(&Path) -> String) -> Result<Vec<Input>, CliError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::Io { action: "read", path, source }
    };
    let mut inputs: Vec<Input> = Vec::new();
    for path in files {
        std::fs::metadata(path).map_err(failed(path))?;
        let mut found = found_in(path, &shown(path)).map_err(failed(path))?;
        if path.is_dir() {
            // Job files and documents stand beside data.
            found.retain(|input| !input.path.components().any(|c| c.as_os_str() == "out"));
        }
        found.iter_mut().for_each(|input| input.shown = input.shown.trim_start_matches("./").to_owned());
        inputs.extend(found);
    }
    let stems = |extension: &str| {
        inputs.iter().filter(|i| has_extension(&i.path, extension)).map(|i| i.path.with_extension("")).collect::<Vec<_>>()
    };
    let (shapefiles, tables) = (stems("shp"), stems("dbf"));
    let is_part = |i: &Input| {
        let stem = i.path.with_extension("");
        (PARTS.iter().any(|e| has_extension(&i.path, e)) && shapefiles.contains(&stem))
            || (has_extension(&i.path, "cpg") && tables.contains(&stem))
    };
    inputs.retain(|i| !is_part(i));
    let mut seen = std::collections::BTreeSet::new();
    inputs.retain(|i| seen.insert(i.path.clone()));
    Ok(inputs)
}

/// The diagnoses of files in their order. A reader that panics on a damaged file is a diagnosis too.
pub fn examine(inputs: &[Input]) -> Vec<Diagnosis> {
    let one = |input: &Input| match catch_unwind(AssertUnwindSafe(|| survey(input).map(diagnose))) {
        Ok(Ok(diagnosis)) => diagnosis,
        Ok(Err(error)) => Diagnosis::unreadable(&input.shown, &error),
        Err(_) => {
            let detail = say!("the reader of this format stopped in the middle");
            let error = ReadError::Internal { file: input.shown.clone(), key: "file".into(), detail };
            Diagnosis::unreadable(&input.shown, &error)
        }
    };
    inputs.par_iter().map(one).collect()
}

fn human(diagnosis: &Diagnosis) -> String {
    let mut text = format!("{}\n", diagnosis.file);
    if !diagnosis.driver.is_empty() {
        let driver = &diagnosis.driver;
        let layers = match diagnosis.layers.len() {
            1 => say!("{driver}, 1 layer", driver),
            layers => say!("{driver}, {layers} layers", driver, layers),
        };
        text.push_str(&fact_line(&say!("driver"), &layers));
    }
    diagnosis.problems.iter().for_each(|p| text.push_str(&problem_lines(p)));
    diagnosis.layers.iter().for_each(|layer| text.push_str(&layer_lines(layer)));
    text
}

fn layer_lines(layer: &LayerDiagnosis) -> String {
    let survey = &layer.survey;
    let mut facts = vec![];
    if !survey.name.is_empty() {
        facts.push((say!("layer"), survey.name.clone()));
    }
    facts.push((say!("rows"), rows(layer)));
    if let Some(shapes) = &survey.shapes {
        facts.push((say!("geometry"), words::geometries(shapes, &grouped)));
        facts.extend(extent(layer).map(|extent| (say!("extent"), extent_text(extent))));
    }
    if survey.shapes.is_some() || survey.crs.is_some() {
        facts.push((say!("crs"), crs(layer)));
    }
    if let Some(encoding) = &survey.encoding {
        let (name, percent) = (encoding.name.map_or_else(|| say!("unknown"), str::to_owned), format!("{:.0}", 100.0 * encoding.confidence));
        let decided = words::decided(decided(encoding.decided));
        facts.push((say!("encoding"), say!("{name}, {decided}; confidence {percent} %", name, decided, percent)));
    }
    if let Some((role, _, why)) = layer.roles.first() {
        facts.push((say!("seems"), say!("{role} ({why})", role = role.word(), why)));
    }
    let mut text: String = facts.iter().map(|(name, value)| fact_line(name, value)).collect();
    if !survey.columns.is_empty() {
        let heading = vec![say!("column"), say!("stored"), say!("seems"), say!("cells")];
        let rows: Vec<Vec<String>> =
            std::iter::once(heading).chain(survey.columns.iter().enumerate().map(|(i, c)| column_row(i, c, layer))).collect();
        text.extend(aligned(&rows).lines().map(|line| format!("    {line}\n")));
    }
    layer.problems.iter().for_each(|p| text.push_str(&problem_lines(p)));
    if !layer.entries.is_empty() {
        text.push_str(&(say!("  in a job file:") + "\n"));
        text.extend(
            layer
                .entries
                .iter()
                .map(crate::doctor::Entry::toml)
                .collect::<Vec<_>>()
                .join("\n")
                .lines()
                .map(|l| format!("    {l}\n").replace("    \n", "\n")),
        );
    }
    text
}

/// What is known of a layer in one respect, the values below each other.
fn fact_line(name: &str, value: &str) -> String {
    /// Columns of the longest name.
    const WIDTH: usize = 9;
    format!("  {name}{} {value}\n", " ".repeat(WIDTH.saturating_sub(text_width(name))))
}

fn rows(layer: &LayerDiagnosis) -> String {
    let survey = &layer.survey;
    let (rows, sampled) = (grouped(survey.rows), grouped(survey.sampled as u64));
    match (survey.is_whole(), survey.is_counted) {
        (true, _) => rows,
        (false, true) => say!("{rows}; looked at the first {sampled}", rows, sampled),
        (false, false) => say!("about {rows}; looked at the first {sampled}", rows, sampled),
    }
}

fn extent_text([west, south, east, north]: [f64; 4]) -> String {
    let [west, south, east, north] = [west, south, east, north].map(|ordinate| format!("{ordinate:.6}"));
    say!("x {west} to {east}, y {south} to {north}", west, east, south, north)
}

fn column_row(index: usize, column: &ColumnSurvey, layer: &LayerDiagnosis) -> Vec<String> {
    let encoding = column.encoding.map_or(String::new(), |(name, sure)| format!(", {name} {:.0} %", 100.0 * sure));
    let own = layer.columns.iter().find(|c| c.column == index);
    vec![
        format!("{}{}", column.name, if column.is_cut { "…" } else { "" }),
        format!("{}{encoding}", words::stored(&column.stored)),
        own.map_or("-".to_owned(), seems),
        examples(column).join(" | "),
    ]
}

fn seems(column: &ColumnRole) -> String {
    let unit = column.guess.as_ref().map(|g| g.unit).or(column.unit);
    let unit =
        unit.and_then(|u| serde_json::to_value(u).ok()).and_then(|v| v.as_str().map(|unit| say!(" in {unit}", unit))).unwrap_or_default();
    format!("{}{unit}{}", column.field.name, if column.doubt.is_empty() { "" } else { "?" })
}

fn examples(column: &ColumnSurvey) -> Vec<String> {
    /// Characters of a cell that are shown.
    const SHOWN: usize = 24;
    let short = |cell: &String| {
        let line = cell.replace(['\n', '\r'], " ");
        if line.chars().count() > SHOWN { format!("{}…", line.chars().take(SHOWN).collect::<String>()) } else { line }
    };
    let mut seen: Vec<String> = Vec::new();
    for cell in column.cells.iter().flatten().map(short) {
        if !seen.contains(&cell) {
            seen.push(cell);
        }
        if seen.len() == EXAMPLES {
            break;
        }
    }
    seen
}

fn crs(layer: &LayerDiagnosis) -> String {
    let Some(crs) = &layer.survey.crs else {
        let perhaps = |s: &Suggestion| say!("none; perhaps {definition} ({note})", definition = s.definition, note = s.note);
        return layer.crs.as_ref().map_or_else(|| say!("none"), perhaps);
    };
    let code =
        crs.gauss_kruger.and_then(|g| g.epsg()).map(|code| say!("EPSG:{code} by its parameters", code)).or_else(|| crs.authority.clone());
    format!("{}, {}", crs.name, code.unwrap_or_else(|| say!("no EPSG code")))
}

fn extent(layer: &LayerDiagnosis) -> Option<[f64; 4]> {
    let extent = layer.survey.shapes.as_ref()?.extent;
    Some([extent.min.x, extent.min.y, extent.max.x, extent.max.y]).filter(|e| e.iter().all(|v| v.is_finite()))
}

fn decided(how: crate::read::Decided) -> &'static str {
    use crate::read::Decided;
    match how {
        Decided::Job => "as the job says",
        Decided::ByteOrderMark => "by its byte order mark",
        Decided::Cpg => "as the .cpg file says",
        Decided::LanguageByte => "as the language byte says",
        Decided::Ascii => "nothing beyond ASCII",
        Decided::ValidUtf8 => "valid as such",
        Decided::Guessed => "by its letters",
    }
}

fn problem_lines(problem: &Problem) -> String {
    let Problem { code, column, message, evidence, fix } = problem;
    let lang = spoken();
    let place = column.as_ref().map_or(String::new(), |column| say!("column `{column}`: ", column));
    let headline = headline(lang, (code.severity().as_str(), code.as_str()), &place, message);
    let who = word("findings", "who", code.who());
    let (evidence, fix) = (say!("    evidence: {evidence}", evidence), say!("    fix ({who}): {fix}", who, fix));
    format!("  {headline}\n{evidence}\n{fix}\n")
}

fn machine(diagnosis: &Diagnosis) -> Value {
    json!({
        "file": diagnosis.file,
        "driver": diagnosis.driver,
        "problems": diagnosis.problems.iter().map(problem_json).collect::<Vec<_>>(),
        "layers": diagnosis.layers.iter().map(layer_json).collect::<Vec<_>>(),
    })
}

fn problem_json(problem: &Problem) -> Value {
    json!({
        "severity": problem.code.severity().as_str(),
        "code": problem.code.as_str(),
        "who": problem.code.who(),
        "column": problem.column,
        "message": problem.message,
        "evidence": problem.evidence,
        "fix": problem.fix,
    })
}

fn layer_json(layer: &LayerDiagnosis) -> Value {
    let survey = &layer.survey;
    let crs = survey.crs.as_ref().map(|c| {
        json!({
            "name": c.name,
            "authority": c.authority,
            "epsg_by_parameters": c.gauss_kruger.and_then(|g| g.epsg()),
            "geographic": c.is_geographic,
            "projected": c.is_projected,
            "centre_deg": c.centre_deg.map(|p| [p.x, p.y]),
        })
    });
    let encoding = survey.encoding.as_ref().map(|e| {
        let declared: Vec<Value> = e.declared.iter().map(|d| json!({ "by": decided(d.by), "label": d.label, "encoding": d.encoding.map(|e| e.name()) })).collect();
        json!({ "name": e.name, "decided": decided(e.decided), "confidence": e.confidence, "bytes_beyond_ascii": e.beyond_ascii, "declared": declared })
    });
    json!({
        "name": survey.name,
        "rows": survey.rows,
        "rows_counted": survey.is_counted,
        "sampled": survey.sampled,
        "geometry": survey.shapes.as_ref().map(|s| &s.kinds),
        "extent": extent(layer),
        "crs": crs,
        "crs_to_state": layer.crs.as_ref().map(|s| json!({ "definition": s.definition, "sure": s.is_sure, "note": s.note })),
        "encoding": encoding,
        "seems": layer.roles.iter().map(|(role, score, why)| json!({ "role": role.as_str(), "score": score, "evidence": why })).collect::<Vec<_>>(),
        "columns": survey.columns.iter().enumerate().map(|(i, c)| column_json(i, c, layer)).collect::<Vec<_>>(),
        "problems": layer.problems.iter().map(problem_json).collect::<Vec<_>>(),
        "job": layer.entries.iter().map(crate::doctor::Entry::toml).collect::<Vec<_>>().join("\n"),
    })
}

fn column_json(index: usize, column: &ColumnSurvey, layer: &LayerDiagnosis) -> Value {
    let own = layer.columns.iter().find(|c| c.column == index);
    json!({
        "name": column.name,
        "stored": column.stored.as_str(),
        "encoding": column.encoding.map(|(name, sure)| json!({ "name": name, "confidence": sure })),
        "field": own.map(|c| c.field.name.as_str()),
        "unit_stated": own.and_then(|c| c.unit),
        "unit_by_size": own.and_then(|c| c.guess.as_ref()).map(|g| json!({ "unit": g.unit, "evidence": g.evidence, "proved": g.is_proved })),
        "doubt": own.map(|c| c.doubt.as_str()).filter(|d| !d.is_empty()),
        "cells": examples(column),
    })
}

//! What the program knows by name, the documents explain.

use clap::CommandFactory;
use mujun::model::columns::{Column, ColumnType};
use mujun::model::finding::CATALOGUE;
use mujun::model::summaries::TOTALS;
use mujun::model::tables::{TABLES, Table};

use crate::source::{paths, read, root};

#[test]
fn every_finding_is_documented() {
    let page = read("docs/findings.md");
    let missing: Vec<&str> = CATALOGUE.iter().map(|(_, code, ..)| *code).filter(|code| !page.contains(&format!("| `{code}` |"))).collect();
    assert!(missing.is_empty(), "docs/findings.md lacks {}", missing.join(", "));
}

#[test]
fn every_rule_key_is_documented() {
    let page = read("docs/rules.md");
    let mut missing = Vec::new();
    for kind in ["pack", "indicators", "zones", "standards", "life_cycle", "grading", "low_efficiency", "slivers", "toolbox"] {
        let (_, schema) = mujun::cli::schemas().into_iter().find(|(name, _)| *name == kind).unwrap();
        let mut keys = Vec::new();
        properties(&schema, &mut keys);
        keys.retain(|key| !page.contains(&format!("`{key}`")) && !page.contains(&format!("[rule.{key}]")));
        missing.extend(keys.into_iter().map(|key| format!("{kind}: {key}")));
    }
    assert!(missing.is_empty(), "docs/rules.md lacks {}", missing.join(", "));
}

/// The names of all properties of a schema.
fn properties(schema: &serde_json::Value, keys: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(object) => {
            for (name, below) in object {
                if let ("properties", serde_json::Value::Object(own)) = (name.as_str(), below) {
                    keys.extend(own.keys().filter(|key| *key != "rule").cloned());
                }
                properties(below, keys);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| properties(item, keys)),
        _ => {}
    }
}

#[test]
fn every_job_key_is_documented() {
    let page = read("docs/job.md");
    let (_, schema) = mujun::cli::schemas().into_iter().find(|(name, _)| *name == "job").unwrap();
    let mut keys = Vec::new();
    properties(&schema, &mut keys);
    keys.retain(|key| !page.contains(&format!("`{key}`")));
    assert!(keys.is_empty(), "docs/job.md lacks {}", keys.join(", "));
}

#[test]
fn the_job_of_the_readme_has_every_kind_of_layer() {
    for name in ["README.md", "README.zh.md"] {
        let page = read(name);
        let (_, after) = page.split_once("```toml\n").unwrap();
        let text = after.split_once("```").unwrap().0;
        let job = mujun::read::Job::parse(text, std::path::Path::new("job.toml"), None).unwrap();
        assert_eq!((job.zones.len(), job.tables.len(), job.projects.is_some()), (1, 1, true), "{name}");
    }
}

#[test]
fn every_command_and_flag_is_documented() {
    let page = read("docs/commands.md");
    let mut root = mujun::cli::args::Arguments::command();
    root.build();
    let mut missing = Vec::new();
    root.get_subcommands().for_each(|command| undocumented(command, "mujun", &page, &mut missing));
    assert!(missing.is_empty(), "docs/commands.md lacks {}", missing.join(", "));
}

/// The commands and flags that have no word under the heading of their command.
fn undocumented(command: &clap::Command, above: &str, page: &str, missing: &mut Vec<String>) {
    let name = format!("{above} {}", command.get_name());
    let is_heading = |section: &&str| section.trim_start_matches('#').trim_start().starts_with(&format!("`{name}"));
    let section = page.split("\n#").find(is_heading).unwrap_or_default();
    if section.is_empty() {
        missing.push(name.clone());
    }
    for argument in command.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str())) {
        let long = argument.get_long().map(|long| format!("`--{long}"));
        let word = long.unwrap_or_else(|| argument.get_value_names().and_then(|n| n.first()).map(ToString::to_string).unwrap_or_default());
        let place = if argument.is_global_set() { page } else { section };
        if !place.contains(&word) {
            missing.push(format!("{name} {word}"));
        }
    }
    command.get_subcommands().for_each(|under| undocumented(under, &name, page, missing));
}

/// The tables of `docs/outputs.md` that are made from the definitions of the columns: one a table of the run, and one of what most summaries share.
fn tables() -> Vec<(&'static str, String)> {
    let is_summary = |table: &&Table| table.family == "summary";
    let keys = |table: &'static Table| table.columns().filter(|column| !TOTALS.contains(column)).collect::<Vec<_>>();
    let mut tables: Vec<(&str, String)> = TABLES.iter().filter(|t| !is_summary(t)).map(|t| (t.name, rows(t.columns()))).collect();
    tables.extend(TABLES.iter().filter(is_summary).map(|t| (t.name, rows(keys(t).into_iter()))));
    tables.push(("summary", rows(TOTALS.iter())));
    tables
}

fn rows<'c>(columns: impl Iterator<Item = &'c Column>) -> String {
    let heading = "| column | type | unit | meaning |\n|---|---|---|---|\n".to_owned();
    let kind = |kind| match kind {
        ColumnType::Text => "text",
        ColumnType::Number | ColumnType::Fraction => "number",
        ColumnType::Whole => "whole number",
        ColumnType::Day => "day",
        ColumnType::Polygon => "polygon",
        ColumnType::Box => "box",
    };
    columns
        .fold(heading, |page, c| page + &format!("| `{}` | {} | {} | {} |\n", c.name, kind(c.kind), c.unit, c.meaning.replace('|', "\\|")))
}

/// With `UPDATE_DOCS=1` in the environment the tables are written instead.
#[test]
fn the_output_tables_are_those_of_the_program() {
    const PAGE: &str = "docs/outputs.md";
    let old = read(PAGE);
    let mut new = old.clone();
    for (name, table) in tables() {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let from = new.find(&begin).unwrap_or_else(|| panic!("{PAGE} lacks {begin}")) + begin.len();
        let to = new.find(&end).unwrap_or_else(|| panic!("{PAGE} lacks {end}"));
        new.replace_range(from..to, &table);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(root().join(PAGE), new).unwrap();
    } else {
        assert!(old == new, "{PAGE} is out of date; run: UPDATE_DOCS=1 cargo nextest run --release --test tidy");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for path in paths(".").iter().filter(|p| p.ends_with(".md")) {
        let page = read(path);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in page.split("](").skip(1).filter_map(|after| after.split_once(')').map(|(target, _)| target)) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !target.contains("://") && !root().join(folder).join(file).exists() {
                broken.push(format!("{path}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

//! The reference table of a toolbox: one row a route with everything that who decides must know, for programs that join it to the decisions.

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};
use serde_json::{Value, json};

use crate::model::ledgers::TOOLS;
use crate::rules::{Named, Note, Route, ToolboxRules};

/// `ledger/tools.parquet`; without a toolbox it has no row.
///
/// # Errors
/// A table that the table library refuses.
pub fn reference(rules: Option<&ToolboxRules>) -> PolarsResult<DataFrame> {
    let rows: Vec<Row> = rules.into_iter().flat_map(|rules| rules.routes.iter().map(|route| row(rules, route))).collect();
    let column = |name: &str, place: usize| -> Column {
        if name == "steps" {
            let steps: Vec<Option<i64>> = rows.iter().map(|row| row.steps).collect();
            return Series::new(name.into(), steps).into_column();
        }
        let texts: Vec<&str> = rows.iter().map(|row| row.texts.get(place).map_or("", String::as_str)).collect();
        Series::new(name.into(), texts).into_column()
    };
    DataFrame::new(rows.len(), TOOLS.iter().enumerate().map(|(place, defined)| column(defined.name, place)).collect())
}

/// A row: the texts in the order of the columns, with an empty one in the place of the steps.
struct Row {
    texts: Vec<String>,
    steps: Option<i64>,
}

fn row(rules: &ToolboxRules, route: &Route) -> Row {
    let tool = rules.tools.get(route.tool);
    let text = |of: fn(&crate::rules::Tool) -> &str| tool.map(of).unwrap_or_default().to_owned();
    let conditions = |list: &[usize]| -> Vec<&str> { list.iter().filter_map(|c| Some(&*rules.conditions.get(*c)?.text)).collect() };
    let any: Vec<Vec<&str>> = route.any.iter().map(|group| conditions(group)).collect();
    let texts = vec![
        route.rule_id.to_string(),
        rules.version.to_string(),
        route.named.id.to_string(),
        route.named.name.to_string(),
        route.named.name_zh.to_string(),
        text(|tool| &tool.named.id),
        text(|tool| &tool.named.name),
        text(|tool| &tool.named.name_zh),
        text(|tool| &tool.category.id),
        text(|tool| &tool.category.name),
        text(|tool| &tool.category.name_zh),
        json!(conditions(&route.all)).to_string(),
        json!(any).to_string(),
        json!(conditions(&route.unverified)).to_string(),
        notes(rules, &route.human).to_string(),
        legal(route).to_string(),
        departments(&route.lead).to_string(),
        departments(&route.cooperate).to_string(),
        String::new(),
        notes(rules, &route.outcomes).to_string(),
        excludes(route).to_string(),
    ];
    Row { texts, steps: route.steps.map(i64::from) }
}

fn notes(rules: &ToolboxRules, notes: &[Note]) -> Value {
    let when = |note: &Note| note.when.and_then(|when| Some(rules.conditions.get(when)?.text.to_string()));
    notes.iter().map(|note| json!({ "id": *note.id, "text": *note.text, "text_zh": *note.text_zh, "when": when(note) })).collect()
}

fn legal(route: &Route) -> Value {
    let row = |legal: &crate::rules::Legal| {
        let document = &legal.document;
        let articles: Vec<&str> = legal.articles.iter().map(AsRef::as_ref).collect();
        json!({ "document": *document.named.name, "document_zh": *document.named.name_zh, "articles": articles, "valid_to": document.valid_to })
    };
    route.legal.iter().map(row).collect()
}

fn departments(departments: &[std::sync::Arc<Named>]) -> Value {
    departments.iter().map(|named| json!({ "id": *named.id, "name": *named.name, "name_zh": *named.name_zh })).collect()
}

fn excludes(route: &Route) -> Value {
    let row = |exclusion: &crate::rules::Exclusion| {
        let routes: Vec<&str> = exclusion.routes.iter().map(AsRef::as_ref).collect();
        json!({ "routes": routes, "text": *exclusion.text, "text_zh": *exclusion.text_zh })
    };
    route.excludes.iter().map(row).collect()
}

//! The columns of a layer for reading: aliases with units, words for codes, decimals, widths.

use std::borrow::Cow;

use super::super::xml::{Element, entries, entry, map as options};
use super::Map;
use super::layers::Layer;
use crate::model::columns::{Codes, Column, ColumnType};
use crate::model::lang::{codes, label, value};
use crate::model::tables;

/// The number that GDAL gives every feature.
const FID: &str = "fid";

/// Everything about the columns of a layer.
pub fn fields(layer: &Layer, map: &Map<'_>) -> Vec<Element> {
    let columns = layer.columns(map);
    let all = || std::iter::once(Cow::Borrowed(FID)).chain(columns.iter().cloned());
    let alias = |(index, name): (usize, Cow<'_, str>)| {
        let text = if name == FID { Cow::Borrowed("") } else { label(map.lang, layer.table, &name) };
        Element::new("alias").with("index", index).with("field", &name).with("name", text)
    };
    let shown = |name: Cow<'_, str>| {
        let width = width(&label(map.lang, layer.table, &name), definition(layer, &name));
        Element::new("column").with("type", "field").with("name", &name).with("hidden", u8::from(name == FID)).with("width", width)
    };
    let widget = |name: Cow<'_, str>| {
        let edit = if name == FID { simple_widget("Hidden", &[]) } else { widget(layer, &name, map) };
        Element::new("field").with("name", &name).with("configurationFlags", "None").child(edit)
    };
    vec![
        Element::new("fieldConfiguration").children(all().map(widget)),
        Element::new("aliases").children(all().enumerate().map(alias)),
        Element::new("attributetableconfig")
            .with_all(&[("actionWidgetStyle", "dropDown"), ("sortExpression", ""), ("sortOrder", "0")])
            .child(Element::new("columns").children(all().map(shown))),
    ]
}

fn definition(layer: &Layer, name: &str) -> Option<&'static Column> {
    tables::table(layer.table)?.column(name)
}

/// How a column is shown in forms, tables and when a feature is asked for.
fn widget(layer: &Layer, name: &str, map: &Map<'_>) -> Element {
    let column = definition(layer, name);
    match column.map(|column| (column.kind, column.codes)) {
        Some((ColumnType::Number | ColumnType::Fraction, _)) => number_widget(decimals(name, column)),
        Some((_, Codes::OneOf(_) | Codes::Among(_))) => value_map(layer, name, map),
        Some((ColumnType::Text, _)) if is_long(name) => simple_widget("TextEdit", &[("IsMultiline", "true")]),
        _ => simple_widget("TextEdit", &[]),
    }
}

fn simple_widget(kind: &'static str, settings: &[(&str, &str)]) -> Element {
    edit_widget(kind, options(settings.iter().map(|(name, value)| entry("bool", name, value))))
}

fn edit_widget(kind: &'static str, settings: Element) -> Element {
    Element::new("editWidget").with("type", kind).child(Element::new("config").child(settings))
}

/// Numbers with so many decimals; nothing else of this widget matters, as nobody edits.
fn number_widget(decimals: u8) -> Element {
    let settings = [entry("bool", "AllowNull", "true"), entry("int", "Precision", decimals)];
    edit_widget("Range", options(settings.into_iter().chain(entries(&[("Style", "SpinBox")]))))
}

/// The words of codes, in the order of a legend.
fn value_map(layer: &Layer, name: &str, map: &Map<'_>) -> Element {
    let word = |code: &'static str| options([entry("QString", value(map.lang, layer.table, name, code).unwrap_or(code), code)]);
    let words = Element::new("Option").with("type", "List").with("name", "map").children(codes(layer.table, name).map(word));
    edit_widget("ValueMap", options([words]))
}

/// The decimals that a figure is read with; what is stored has all of them.
pub fn decimals(name: &str, column: Option<&Column>) -> u8 {
    let unit = column.map_or("", |column| column.unit);
    match unit {
        "m²" | "m" => 1,
        "" if name == "score" => 1,
        "" if name == "far" || name.starts_with("far_") || name == "target_far" => 2,
        "" => 3,
        _ => 2,
    }
}

/// Columns whose texts are sentences or lists.
fn is_long(name: &str) -> bool {
    const LONG: [&str; 9] = ["message", "hint", "attributes", "reason", "waived", "tools", "needs_data", "human", "parcels"];
    LONG.contains(&name) || name.ends_with("_reason") || name.ends_with("_failed")
}

/// The width of a column in a table, pixels: as wide as its heading, and wide enough for what is usual in it.
fn width(heading: &str, column: Option<&Column>) -> usize {
    const LATIN: usize = 8;
    const HAN: usize = 15;
    const MARGIN: usize = 24;
    let usual = match column {
        Some(column) if is_long(column.name) => 360,
        Some(column) if column.name.ends_with("_id") => 180,
        Some(column) if column.kind == ColumnType::Text => 110,
        _ => 80,
    };
    let heading: usize = heading.chars().map(|c| if c.is_ascii() { LATIN } else { HAN }).sum();
    usual.max(heading + MARGIN)
}

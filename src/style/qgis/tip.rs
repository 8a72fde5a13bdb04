//! What appears beside the mouse: grade, plot ratio, density, figures a mu, and the reasons.

use super::super::xml::Element;
use super::Map;
use super::expression::{column, literal};
use super::fields::decimals;
use super::layers::{INVENTORY, Layer};
use crate::model::columns::{Codes, ColumnType};
use crate::model::lang::{label, unit};
use crate::model::tables::{self, zone_kind};

/// The land of a parcel.
const LAND: &str = "area_mu";

/// What a parcel is asked for first, in this order; the zone states stand after the reasons.
const ASKED: [&str; 16] = [
    "town",
    "industry",
    LAND,
    "grade",
    "score",
    "grade_reason",
    "far",
    "building_density",
    "tax_per_mu_wan",
    "output_per_mu_wan",
    "value_added_per_mu_wan",
    "invest_per_mu_wan",
    "low_efficiency",
    "low_efficiency_reason",
    "sliver_status",
    "findings",
];

/// The map tip of a layer: a table of what matters of the inventory, all columns of the others.
pub fn map_tip(layer: &Layer, map: &Map<'_>) -> Option<Element> {
    if !layer.has_geometry() {
        return None;
    }
    let columns = layer.columns(map);
    let asked: Vec<&str> = if layer.name == INVENTORY.name {
        let states = columns.iter().map(AsRef::as_ref).filter(|name| zone_kind("zone_<kind>", name).is_some());
        ASKED.into_iter().filter(|name| columns.iter().any(|column| column == name)).chain(states).collect()
    } else {
        columns.iter().map(AsRef::as_ref).collect()
    };
    let row = |name: &str| {
        let heading = html(&label(map.lang, layer.table, name));
        format!("<tr><td valign=\"top\">{heading}</td><td><b>[% {} %]</b></td></tr>", shown(layer, name, map))
    };
    let rows: String = asked.into_iter().map(row).collect();
    let title = format!("[% {} %]", escaped(&format!("to_string({})", layer.display())));
    Some(Element::of("mapTip", format!("<h3>{title}</h3><table cellpadding=\"2\" width=\"360\">{rows}</table>")))
}

/// The expression that shows a value as text.
fn shown(layer: &Layer, name: &str, map: &Map<'_>) -> String {
    let defined = tables::table(layer.table).and_then(|table| table.column(name));
    let value = column(name);
    let text = match defined.map(|defined| (defined.kind, defined.codes)) {
        // Land is said in mu, measured in m², and planned in hectares.
        Some(_) if name == LAND && layer.name == INVENTORY.name => {
            let (m2, hectares) = (column("area_m2"), literal(&format!(" {}", unit(map.lang, "ha"))));
            format!(
                "format_number({value}, 2) || ' = ' || format_number({m2}, 0) || ' m² = ' || format_number({m2} / 10000, 2) || {hectares}"
            )
        }
        Some((ColumnType::Fraction, _)) => format!("format_number(100 * {value}, 1) || ' %'"),
        Some((ColumnType::Number, _)) => format!("format_number({value}, {})", decimals(name, defined)),
        Some((_, Codes::OneOf(_) | Codes::Among(_))) => format!("represent_value({value})"),
        _ => format!("to_string({value})"),
    };
    format!("if({value} IS NULL, '—', {})", escaped(&text))
}

/// Names come from elsewhere: what looks like HTML in them stays text.
fn escaped(expression: &str) -> String {
    let replace = |inner: String, (from, to): (&str, &str)| format!("replace({inner}, {}, {})", literal(from), literal(to));
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")].into_iter().fold(expression.to_owned(), replace)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! Symbols of QGIS: fills, hatches, outlines and dots. Lengths are millimetres on paper.

use super::super::xml::{Element, entries, entry, map};

/// Passes of a map that is drawn by symbol levels: every feature's fill comes before any hatch, every hatch before any outline.
const FILL: &str = "0";
const HATCH: &str = "1";
const OUTLINE: &str = "2";

/// Farther away than this, 1 : 20 000, parcels are too small to be told apart, and their boundaries would hide their colours.
const BOUNDARIES: &str = "if(@map_scale > 20000, 'no', 'solid')";

/// An area in a colour, with a thin grey boundary when it is near.
pub fn fill(name: &str, colour: &str) -> Element {
    let area = simple_fill(FILL, &[("color", colour), ("outline_color", "#737373"), ("outline_width", "0.1")]);
    symbol("fill", name).child(area.child(depending("outlineStyle", BOUNDARIES)))
}

/// A property of a symbol that an expression decides.
fn depending(property: &'static str, expression: &str) -> Element {
    const BY_EXPRESSION: &str = "3";
    let decided = [entry("bool", "active", "true"), entry("QString", "expression", expression), entry("int", "type", BY_EXPRESSION)];
    let properties = map([map(decided).with("name", property)]).with("name", "properties");
    let whole = map([entry("QString", "name", ""), properties, entry("QString", "type", "collection")]);
    Element::new("data_defined_properties").child(whole)
}

/// Slanted lines over an area.
pub fn hatch(name: &str, colour: &str) -> Element {
    let line = symbol("line", "@hatch@0").child(layer("SimpleLine", HATCH, &[("line_color", colour), ("line_width", "0.2")]));
    symbol("fill", name).child(layer("LinePatternFill", HATCH, &[("angle", "45"), ("distance", "1.4"), ("color", colour)]).child(line))
}

/// A thick boundary with nothing inside.
pub fn outline(name: &str, colour: &str) -> Element {
    let properties = [("style", "no"), ("color", colour), ("outline_color", colour), ("outline_width", "0.6")];
    symbol("fill", name).child(simple_fill(OUTLINE, &properties))
}

/// A dot.
pub fn point(name: &str, colour: &str) -> Element {
    let properties = [("name", "circle"), ("color", colour), ("outline_color", "#ffffff"), ("outline_width", "0.2"), ("size", "2")];
    symbol("marker", name).child(layer("SimpleMarker", FILL, &properties))
}

/// A line, as scale bars have.
pub fn line(colour: &str) -> Element {
    symbol("line", "").child(layer("SimpleLine", FILL, &[("line_color", colour), ("line_width", "0.3")]))
}

/// A plain area without a boundary.
pub fn plain(colour: &str) -> Element {
    symbol("fill", "").child(simple_fill(FILL, &[("color", colour), ("outline_style", "no")]))
}

fn symbol(kind: &'static str, name: &str) -> Element {
    Element::new("symbol").with("type", kind).with("name", name).with_all(&[("alpha", "1"), ("clip_to_extent", "1"), ("force_rhr", "0")])
}

fn simple_fill(pass: &str, properties: &[(&str, &str)]) -> Element {
    layer("SimpleFill", pass, properties)
}

fn layer(class: &'static str, pass: &str, properties: &[(&str, &str)]) -> Element {
    let element = Element::new("layer").with("class", class).with("pass", pass).with_all(&[("enabled", "1"), ("locked", "0")]);
    element.child(map(entries(properties)))
}

//! What is written on the map beside features, from a scale on.

use super::super::xml::Element;

/// Every machine puts a font of its own here, with Chinese where it has it.
pub const FONT: &str = "Sans Serif";

/// A text beside every feature.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The column that has the text.
    pub column: &'static str,
    /// The scale from which it is shown: 2 500 for 1 : 2 500 and nearer.
    pub nearer_than: u32,
}

/// The labels of a layer: small, with a white rim, left out where there is no room.
pub fn labeling(label: Label) -> Element {
    let rim = Element::new("text-buffer")
        .with_all(&[("bufferDraw", "1"), ("bufferSize", "0.8"), ("bufferSizeUnits", "MM"), ("bufferColor", "255,255,255,255")])
        .with_all(&[("bufferOpacity", "1"), ("bufferNoFill", "1"), ("bufferJoinStyle", "128")]);
    let style = text_style("8").with("fieldName", label.column).with("isExpression", "0").child(rim);
    let placement =
        Element::new("placement").with_all(&[("placement", "1"), ("quadOffset", "4"), ("centroidInside", "1"), ("priority", "5")]);
    let rendering = Element::new("rendering")
        .with_all(&[("scaleVisibility", "1"), ("scaleMin", "1"), ("drawLabels", "1"), ("obstacle", "1"), ("fontMaxPixelSize", "10000")])
        .with("scaleMax", label.nearer_than);
    Element::new("labeling").with("type", "simple").child(Element::new("settings").children([style, placement, rendering]))
}

/// A text of some size, points, in the font of the machine.
pub fn text_style(size: &str) -> Element {
    Element::new("text-style")
        .with_all(&[("fontSize", size), ("fontSizeUnit", "Point"), ("fontWeight", "50"), ("textColor", "#252525"), ("textOpacity", "1")])
        .with_all(&[("fontFamily", FONT), ("namedStyle", ""), ("fontKerning", "1"), ("multilineHeight", "1"), ("blendMode", "0")])
}

//! A print layout of a theme on A4, lying: title, map, legend, north arrow, scale bar, day and coordinate system.

use super::super::xml::{Element, entry, map as options};
use super::label::{FONT, text_style};
use super::project::{Theme, tree_layer};
use super::{Map, symbol};
use crate::model::lang::text;
use crate::model::{Coord, Rect};

/// Kinds of item, by the numbers of QGIS.
const PAGE: &str = "65638";
const MAP: &str = "65639";
const LABEL: &str = "65641";
const LEGEND: &str = "65642";
const SHAPE: &str = "65643";
const SCALE_BAR: &str = "65646";

/// Width and height of the map on paper, mm.
const MAP_MM: Coord = Coord::new(206.0, 158.0);
/// The map shows this much more than the parcels.
const ROOM: f64 = 1.06;
/// What the scale bar may take, mm.
const BAR_MM: f64 = 45.0;
const SEGMENTS: f64 = 2.0;
const METRES_PER_KM: f64 = 1000.0;

/// The layout of a theme.
pub fn layout(theme: &Theme, map: &Map<'_>) -> Element {
    let extent = framed(map.extent);
    Element::new("Layout")
        .with("name", &theme.title)
        .with_all(&[("units", "mm"), ("printResolution", "300"), ("worldFileMap", "")])
        .child(Element::new("PageCollection").child(symbol::plain("#ffffff")).child(page(theme)))
        .child(map_item(theme, extent))
        .child(label(theme, Place::new("title", "10,8,mm", "277,12,mm"), "18", &format!("{}  {}", map.job, theme.title)))
        .child(legend(theme, map))
        .child(arrow(theme))
        .child(label(theme, Place::new("north", "270,28,mm", "12,6,mm"), "11", text(map.lang, "map:north")))
        .child(scale_bar(theme, extent))
        .child(label(theme, Place::new("date", "10,190,mm", "75,8,mm"), "9", &state(map)))
        .child(label(theme, Place::new("source", "90,190,mm", "125,8,mm"), "9", &reference(map)))
}

/// The day of the inventory.
fn state(map: &Map<'_>) -> String {
    format!("{} {}", text(map.lang, "map:as_of"), map.as_of)
}

fn reference(map: &Map<'_>) -> String {
    format!("{}: {}", text(map.lang, "map:crs"), map.crs.name)
}

/// The sides of a box with the names that QGIS gives them.
pub fn sides(rect: Rect) -> [(&'static str, f64); 4] {
    [("xmin", rect.min.x), ("ymin", rect.min.y), ("xmax", rect.max.x), ("ymax", rect.max.y)]
}

/// The box around the parcels in the proportion of the map.
fn framed(extent: Rect) -> Rect {
    let (size, centre) = (extent.size(), extent.centre());
    let metres_per_mm = (size.x / MAP_MM.x).max(size.y / MAP_MM.y) * ROOM;
    let half = Coord::new(MAP_MM.x * metres_per_mm / 2.0, MAP_MM.y * metres_per_mm / 2.0);
    Rect { min: Coord::new(centre.x - half.x, centre.y - half.y), max: Coord::new(centre.x + half.x, centre.y + half.y) }
}

/// Name and place of an item.
#[derive(Clone, Copy)]
struct Place {
    id: &'static str,
    position: &'static str,
    size: &'static str,
}

impl Place {
    const fn new(id: &'static str, position: &'static str, size: &'static str) -> Self {
        Self { id, position, size }
    }
}

/// What tells the items of a project apart; QGIS writes random numbers here.
fn uuid(theme: &Theme, id: &str) -> String {
    format!("{{{}-{id}}}", theme.title)
}

fn item(theme: &Theme, kind: &'static str, place: Place) -> Element {
    Element::new("LayoutItem")
        .with("type", kind)
        .with("id", place.id)
        .with("uuid", uuid(theme, place.id))
        .with("templateUuid", uuid(theme, place.id))
        .with("position", place.position)
        .with("positionOnPage", place.position)
        .with("size", place.size)
        .with_all(&[("referencePoint", "0"), ("visibility", "1"), ("opacity", "1"), ("itemRotation", "0"), ("blendMode", "0")])
}

fn page(theme: &Theme) -> Element {
    item(theme, PAGE, Place::new("page", "0,0,mm", "297,210,mm")).child(symbol::plain("#ffffff"))
}

fn map_item(theme: &Theme, extent: Rect) -> Element {
    let shown = Element::new("Extent");
    item(theme, MAP, Place::new("map", "10,24,mm", "206,158,mm"))
        .with("followPreset", "true")
        .with("followPresetName", &theme.title)
        .with_all(&[
            ("frame", "true"),
            ("background", "true"),
            ("mapRotation", "0"),
            ("keepLayerSet", "false"),
            ("drawCanvasItems", "true"),
        ])
        .child(sides(extent).into_iter().fold(shown, |shown, (name, side)| shown.with(name, side)))
}

/// A text; square brackets with a per cent sign would be an expression of QGIS.
fn label(theme: &Theme, place: Place, points: &str, text: &str) -> Element {
    const MIDDLE: &str = "128";
    item(theme, LABEL, place)
        .with("labelText", text.replace("[%", "[ %"))
        .with_all(&[("halign", "1"), ("valign", MIDDLE), ("htmlState", "0"), ("marginX", "0"), ("marginY", "0")])
        .child(font("LabelFont", points))
        .child(colour("FontColor", "37"))
}

/// The font of the machine in some size.
fn font(name: &'static str, points: &str) -> Element {
    Element::new(name).with("description", format!("{FONT},{points},-1,5,50,0,0,0,0,0")).with("style", "")
}

/// A grey.
fn colour(name: &'static str, level: &str) -> Element {
    Element::new(name).with("red", level).with("green", level).with("blue", level).with("alpha", "255")
}

/// The layers of the theme as the map shows them.
fn legend(theme: &Theme, map: &Map<'_>) -> Element {
    let style = |(name, points, margin): (&str, &str, (&'static str, &str))| {
        let plain = Element::new("style").with("name", name).with_all(&[("alignment", "1"), ("indent", "0"), margin]);
        plain.child(font("styleFont", points))
    };
    let (above, below, left) = (("marginTop", "2"), ("marginBottom", "2"), ("marginLeft", "2"));
    let texts =
        [("title", "12", below), ("group", "10", above), ("subgroup", "10", above), ("symbol", "9", above), ("symbolLabel", "9", left)];
    let styles = texts.map(style);
    let layers = theme.layers.iter().map(|(layer, _)| tree_layer(layer, map, true));
    item(theme, LEGEND, Place::new("legend", "222,42,mm", "65,130,mm"))
        .with("map_uuid", uuid(theme, "map"))
        .with("title", text(map.lang, "map:legend"))
        .with_all(&[("resizeToContents", "1"), ("columnCount", "1"), ("symbolWidth", "7"), ("symbolHeight", "4"), ("boxSpace", "0")])
        .with_all(&[("titleAlignment", "1"), ("symbolAlignment", "1"), ("columnSpace", "2"), ("lineSpacing", "1"), ("wrapChar", "")])
        .child(Element::new("styles").children(styles))
        .child(Element::new("layer-tree-group").children(layers))
}

/// A triangle that points to the north of the map.
fn arrow(theme: &Theme) -> Element {
    const TRIANGLE: &str = "2";
    item(theme, SHAPE, Place::new("arrow", "262,25,mm", "6,10,mm"))
        .with("shapeType", TRIANGLE)
        .with("cornerRadiusMeasure", "0,mm")
        .child(symbol::plain("#252525"))
}

/// A bar of two segments of a round length.
fn scale_bar(theme: &Theme, extent: Rect) -> Element {
    let segment_m = round_length(extent.size().x / MAP_MM.x * BAR_MM / SEGMENTS);
    let (unit, name, per_unit) = if segment_m >= METRES_PER_KM { ("kilometers", "km", METRES_PER_KM) } else { ("meters", "m", 1.0) };
    let number = options([entry("int", "decimals", "2"), entry("bool", "show_thousand_separator", "false")]);
    item(theme, SCALE_BAR, Place::new("scale", "222,186,mm", "60,12,mm"))
        .with("mapUuid", uuid(theme, "map"))
        .with_all(&[("style", "Single Box"), ("segmentSizeMode", "0"), ("numSegments", "2"), ("numSegmentsLeft", "0"), ("height", "2.5")])
        .with_all(&[
            ("labelBarSpace", "2"),
            ("boxContentSpace", "0"),
            ("alignment", "0"),
            ("outlineWidth", "0.3"),
            ("numMapUnitsPerScaleBarUnit", "1"),
        ])
        .with_all(&[("minBarWidth", "50"), ("maxBarWidth", "150"), ("labelVerticalPlacement", "0"), ("labelHorizontalPlacement", "0")])
        .with("unitType", unit)
        .with("unitLabel", name)
        .with("numUnitsPerSegment", segment_m / per_unit)
        .child(text_style("9"))
        .child(Element::new("numericFormat").with("id", "basic").child(number))
        .child(Element::new("lineSymbol").child(symbol::line("#252525")))
        .child(Element::new("fillSymbol1").child(symbol::plain("#252525")))
        .child(Element::new("fillSymbol2").child(symbol::plain("#ffffff")))
}

/// The largest of 1, 2 and 5 times a power of ten that is no longer.
fn round_length(length_m: f64) -> f64 {
    if !(length_m.is_finite() && length_m > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(length_m.log10().floor());
    [5.0, 2.0].into_iter().map(|step| step * power).find(|round| *round <= length_m).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_have_round_lengths() {
        let check = |length_m, expected| assert_eq!(round_length(length_m), expected);
        check(730.0, 500.0);
        check(230.0, 200.0);
        check(1999.0, 1000.0);
        check(0.0, 1.0);
        check(f64::NAN, 1.0);
    }

    #[test]
    fn the_map_holds_all_parcels_in_its_proportion() {
        let extent = Rect { min: Coord::new(0.0, 0.0), max: Coord::new(100.0, 1000.0) };
        let framed = framed(extent);
        assert_eq!(framed.union(extent), framed);
        assert!((framed.size().x / framed.size().y - MAP_MM.x / MAP_MM.y).abs() < 1e-9);
    }
}

//! The project: layers in groups, themes, relations, and a print layout for each theme.

use super::super::classes::{self, Drawn};
use super::super::xml::Element;
use super::layers::{INVENTORY, LAYERS, Layer, Shape, layer_id};
use super::{Map, Named, VERSION, layout};
use crate::model::lang::text;
use crate::model::{Crs, Rect};

/// A theme: its title, and its layers from top to bottom, each with the name of its style.
pub struct Theme {
    /// The title, which is also the name of its print layout.
    pub title: String,
    /// The layers with the names of their styles.
    pub layers: Vec<(&'static Layer, String)>,
}

/// The relations of the project: id, title, layer and column that refer, layer and column that are referred to.
const RELATIONS: [(&str, &str, [&str; 2], [&str; 2]); 3] = [
    ("slivers_of_parcel", "map:relation_slivers", ["sliver_candidates", "parcel_id"], ["inventory", "parcel_id"]),
    ("findings_of_parcel", "map:relation_findings", ["findings", "feature_id"], ["inventory", "parcel_id"]),
    ("parcels_of_tract", "map:relation_tract", ["inventory", "tract_id"], ["tracts", "tract_id"]),
];

/// The root of the project.
pub fn project(map: &Map<'_>) -> Element {
    let themes = themes(map);
    let first = themes.first();
    Element::new("qgis")
        .with("version", VERSION)
        .with("projectname", map.job)
        .child(Element::of("title", map.job))
        .child(Element::new("projectCrs").child(reference_system(map.crs)))
        .child(tree(map, first))
        .child(relations(map))
        .child(canvas(map))
        .child(Element::new("projectlayers").children(LAYERS.iter().map(|layer| map_layer(layer, map))))
        .child(properties())
        .child(Element::new("visibility-presets").children(themes.iter().map(preset)))
        .child(Element::new("Layouts").children(themes.iter().map(|theme| layout::layout(theme, map))))
        .child(Element::new("ProjectViewSettings").child(reference_extent(map)))
}

/// The themes of the map, of which those of zones are one a kind.
pub fn themes(map: &Map<'_>) -> Vec<Theme> {
    classes::themes(map.kinds).into_iter().filter_map(|layers| theme(layers, map)).collect()
}

fn theme(layers: Vec<(String, Option<String>)>, map: &Map<'_>) -> Option<Theme> {
    let found = |(name, style): (String, Option<String>)| {
        let layer = LAYERS.iter().find(|layer| layer.name == name)?;
        let wanted = |drawn: &Drawn| style.as_ref().is_none_or(|id| drawn.id == *id);
        Some((layer, layer.styles(map).into_iter().find(wanted)?.title))
    };
    let layers: Vec<(&'static Layer, String)> = layers.into_iter().filter_map(found).collect();
    let title = layers.last()?.1.clone();
    Some(Theme { title, layers })
}

fn preset(theme: &Theme) -> Element {
    let layer = |(layer, style): &(&Layer, String)| {
        Element::new("layer").with("id", layer.id()).with("visible", "1").with("expanded", "1").with("style", style)
    };
    Element::new("visibility-preset").with("name", &theme.title).with("has-expanded-info", "1").children(theme.layers.iter().map(layer))
}

/// The layers in their groups; those of the first theme are visible.
fn tree(map: &Map<'_>, first: Option<&Theme>) -> Element {
    let mut groups: Vec<(&str, Vec<&Layer>)> = Vec::new();
    for layer in LAYERS {
        match groups.last_mut().filter(|(group, _)| *group == layer.group) {
            Some((_, layers)) => layers.push(layer),
            None => groups.push((layer.group, vec![layer])),
        }
    }
    let is_visible = |layer: &Layer| first.is_some_and(|theme| theme.layers.iter().any(|(own, _)| own.name == layer.name));
    let group = |(key, layers): (&'static str, Vec<&Layer>)| {
        let layers = layers.into_iter().map(|layer| tree_layer(layer, map, is_visible(layer)));
        Element::new("layer-tree-group").with("name", text(map.lang, key)).with("expanded", "1").with("checked", CHECKED).children(layers)
    };
    Element::new("layer-tree-group").children(groups.into_iter().map(group))
}

const CHECKED: &str = "Qt::Checked";

/// A layer in a tree of layers.
pub fn tree_layer(layer: &Layer, map: &Map<'_>, is_visible: bool) -> Element {
    Element::new("layer-tree-layer")
        .with("id", layer.id())
        .with("name", layer.title(map))
        .with("source", layer.source)
        .with("providerKey", "ogr")
        .with("expanded", u8::from(layer.name == INVENTORY.name))
        .with("checked", if is_visible { CHECKED } else { "Qt::Unchecked" })
}

fn map_layer(layer: &Layer, map: &Map<'_>) -> Element {
    let styles = layer.named_styles(map);
    let (geometry, wkb) = match layer.shape {
        Shape::Polygon => ("Polygon", "MultiPolygon"),
        Shape::Point => ("Point", "MultiPoint"),
        Shape::None => ("No geometry", "NoGeometry"),
    };
    let root = Element::new("maplayer")
        .with_all(&[("type", "vector"), ("geometry", geometry), ("wkbType", wkb), ("autoRefreshEnabled", "0")])
        .child(Element::of("id", layer.id()))
        .child(Element::of("datasource", layer.source))
        .child(Element::of("layername", layer.title(map)))
        .children(layer.has_geometry().then(|| Element::new("srs").child(reference_system(map.crs))))
        .child(Element::of("provider", "ogr").with("encoding", "UTF-8"))
        .child(style_manager(layer, &styles, map));
    layer.styled(root, styles.first().and_then(|style| style.drawn.as_ref()), map)
}

/// The styles of a layer; that in use stands in the layer itself.
fn style_manager(layer: &Layer, styles: &[Named], map: &Map<'_>) -> Element {
    let style = |(number, style): (usize, &Named)| {
        let own = (number > 0).then(|| layer.qml(style.drawn.as_ref(), map));
        Element::new("map-layer-style").with("name", &style.name).children(own)
    };
    let current = styles.first().map_or("", |style| style.name.as_str());
    Element::new("map-layer-style-manager").with("current", current).children(styles.iter().enumerate().map(style))
}

fn relations(map: &Map<'_>) -> Element {
    let relation = |(id, title, [layer, column], [referred, key]): (&str, &'static str, [&str; 2], [&str; 2])| {
        Element::new("relation")
            .with("id", id)
            .with("name", text(map.lang, title))
            .with("referencingLayer", layer_id(layer))
            .with("referencedLayer", layer_id(referred))
            .with("strength", "Association")
            .child(Element::new("fieldRef").with("referencingField", column).with("referencedField", key))
    };
    Element::new("relations").children(RELATIONS.map(relation))
}

/// A CRS: by its code where it has one, else by its definition.
fn reference_system(crs: &Crs) -> Element {
    let system = Element::new("spatialrefsys").child(Element::of("wkt", &crs.wkt));
    system.children(crs.epsg.map(|code| Element::of("authid", format!("EPSG:{code}"))))
}

/// What the window shows when the project is opened.
fn canvas(map: &Map<'_>) -> Element {
    Element::new("mapcanvas")
        .with_all(&[("name", "theMapCanvas"), ("annotationsVisible", "1")])
        .child(Element::of("units", "meters"))
        .child(extent(map.extent))
        .child(Element::of("rotation", "0"))
        .child(Element::new("destinationsrs").child(reference_system(map.crs)))
}

fn extent(rect: Rect) -> Element {
    Element::new("extent").children(layout::sides(rect).map(|(name, side)| Element::of(name, side)))
}

fn reference_extent(map: &Map<'_>) -> Element {
    let extent = Element::new("DefaultViewExtent");
    layout::sides(map.extent).into_iter().fold(extent, |extent, (name, side)| extent.with(name, side)).child(reference_system(map.crs))
}

/// Paths are relative to the project, and areas are shown in square metres.
fn properties() -> Element {
    let value = |name, kind: &str, value: &str| Element::of(name, value).with("type", kind);
    Element::new("properties")
        .child(Element::new("Paths").child(value("Absolute", "bool", "false")))
        .child(Element::new("SpatialRefSys").child(value("ProjectionsEnabled", "int", "1")))
        .child(Element::new("Measurement").children([value("AreaUnits", "QString", "m2"), value("DistanceUnits", "QString", "meters")]))
}

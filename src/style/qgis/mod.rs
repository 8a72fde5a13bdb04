//! QGIS styles (QML) and a QGIS project (QGS) as text, in the form of QGIS 3.22, which later versions read too.
//!
//! What QGIS fills in by itself where it is missing is left out.

mod expression;
mod fields;
mod label;
mod layers;
mod layout;
mod project;
mod renderer;
mod symbol;
mod tip;

use std::io;

use chrono::NaiveDate;

use super::classes::{Drawn, Words, of_layer};
use super::xml::Element;
use crate::model::lang::Lang;
use crate::model::{Crs, Rect};
use layers::{LAYERS, Layer};

pub use layers::GEOPACKAGE_LAYERS;

/// The version whose form the files have.
const VERSION: &str = "3.22.16";

/// What styles and project are made for.
#[derive(Clone, Copy, Debug)]
pub struct Map<'a> {
    /// The language of titles, aliases and legends.
    pub lang: Lang,
    /// The name of the job.
    pub job: &'a str,
    /// The day that the inventory is of.
    pub as_of: NaiveDate,
    /// The CRS of the layers, in metres.
    pub crs: &'a Crs,
    /// Where the parcels are, in that CRS.
    pub extent: Rect,
    /// The columns of the inventory in order, without geometry.
    pub columns: &'a [String],
    /// The zone kinds of the job, in order.
    pub kinds: &'a [String],
}

/// A style of a layer, as a GeoPackage keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerStyle {
    /// The layer.
    pub layer: &'static str,
    /// Whether the layer has a geometry.
    pub has_geometry: bool,
    /// The name, which is unique in its layer.
    pub name: String,
    /// The QML.
    pub qml: String,
    /// Whether QGIS opens the layer with it.
    pub is_default: bool,
}

/// The QML of the inventory in its default style.
///
/// # Errors
/// None but those that writing to memory may have.
pub fn inventory_qml(map: &Map<'_>) -> io::Result<String> {
    let style = layers::INVENTORY.styles(map).into_iter().next();
    layers::INVENTORY.qml(style.as_ref(), map).document()
}

/// The styles of every layer of the GeoPackage: all in the language of the map, and the default once more in each other language.
///
/// # Errors
/// None but those that writing to memory may have.
pub fn layer_styles(map: &Map<'_>) -> io::Result<Vec<LayerStyle>> {
    let mut rows = Vec::new();
    for layer in LAYERS.iter().filter(|layer| layer.is_in_geopackage()) {
        for (number, style) in layer.named_styles(map).into_iter().enumerate() {
            let qml = layer.qml(style.drawn.as_ref(), map).document()?;
            rows.push(LayerStyle { layer: layer.name, has_geometry: layer.has_geometry(), name: style.name, qml, is_default: number == 0 });
        }
        for lang in crate::model::lang::LANGS.into_iter().filter(|lang| *lang != map.lang) {
            let other = Map { lang, ..*map };
            for style in layer.named_styles(&other).into_iter().take(1) {
                let qml = layer.qml(style.drawn.as_ref(), &other).document()?;
                let name = format!("{} ({})", style.name, lang.tag());
                rows.push(LayerStyle { layer: layer.name, has_geometry: layer.has_geometry(), name, qml, is_default: false });
            }
        }
    }
    Ok(rows)
}

/// The project: every layer in its place, groups, themes, and a print layout for each theme.
///
/// # Errors
/// None but those that writing to memory may have.
pub fn project(map: &Map<'_>) -> io::Result<String> {
    project::project(map).document()
}

/// A style with the name that people see.
struct Named {
    name: String,
    drawn: Option<Drawn>,
}

impl Layer {
    fn styles(&self, map: &Map<'_>) -> Vec<Drawn> {
        of_layer(self.name, self.table, Words { lang: map.lang, kinds: map.kinds })
    }

    /// The styles with their names; a table has one, which is about its columns alone.
    fn named_styles(&self, map: &Map<'_>) -> Vec<Named> {
        let styles = self.styles(map);
        if styles.is_empty() {
            return vec![Named { name: self.title(map).to_owned(), drawn: None }];
        }
        styles.into_iter().map(|drawn| Named { name: drawn.title.clone(), drawn: Some(drawn) }).collect()
    }

    fn qml(&self, style: Option<&Drawn>, map: &Map<'_>) -> Element {
        self.styled(Element::new("qgis").with("version", VERSION), style, map)
    }

    /// Puts a style into the root of a QML or into a layer of a project.
    fn styled(&self, root: Element, style: Option<&Drawn>, map: &Map<'_>) -> Element {
        let root = root
            .with("styleCategories", "AllStyleCategories")
            .with("readOnly", "1")
            .with("labelsEnabled", u8::from(self.label.is_some()))
            .with_all(&[
                ("hasScaleBasedVisibilityFlag", "0"),
                ("simplifyDrawingHints", "1"),
                ("simplifyDrawingTol", "1"),
                ("simplifyLocal", "1"),
            ])
            .child(layers::flags())
            .children(style.map(|style| renderer::renderer(style, map)))
            .children(self.label.map(label::labeling))
            .children(fields::fields(self, map))
            .child(Element::of("previewExpression", self.display()));
        root.children(tip::map_tip(self, map))
    }
}

#[cfg(test)]
mod tests;

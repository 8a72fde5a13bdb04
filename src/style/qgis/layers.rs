//! The layers of the project, from top to bottom, and where their features are.

use std::borrow::Cow;

use super::super::xml::Element;
use super::Map;
use super::expression::column;
use super::label::Label;
use crate::model::lang::text;
use crate::model::tables;

/// A layer of the project.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Its name in files, and in `data/styles/map.toml`.
    pub name: &'static str,
    /// The table that has its columns.
    pub table: &'static str,
    /// The key of its title.
    title: &'static str,
    /// The key of the group that it stands in.
    pub group: &'static str,
    /// The file and what of it, as QGIS' provider takes it.
    pub source: &'static str,
    /// What its features are.
    pub shape: Shape,
    /// The column that names a feature.
    shown: &'static str,
    /// What is written on the map.
    pub label: Option<Label>,
}

/// What the features of a layer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Areas.
    Polygon,
    /// Points.
    Point,
    /// Rows alone.
    None,
}

/// The inventory, which stands below the others.
pub const INVENTORY: Layer = Layer {
    name: "inventory",
    table: "inventory",
    title: "map:inventory",
    group: "map:group_inventory",
    source: "./inventory.gpkg|layername=inventory",
    shape: Shape::Polygon,
    shown: "parcel_id",
    label: Some(Label { column: "parcel_id", nearer_than: 2_500 }),
};

/// Every layer.
pub const LAYERS: &[Layer] = &[
    Layer {
        name: "corners",
        table: "coverage",
        title: "map:corners",
        group: "map:group_quality",
        source: "./coverage.gpkg|layername=coverage|geometrytype=Point",
        shape: Shape::Point,
        shown: "parcels",
        label: None,
    },
    Layer {
        name: "coverage",
        table: "coverage",
        title: "map:coverage",
        group: "map:group_quality",
        source: "./coverage.gpkg|layername=coverage|geometrytype=Polygon",
        shape: Shape::Polygon,
        shown: "parcels",
        label: None,
    },
    Layer {
        name: "rejects",
        table: "rejects",
        title: "map:rejects",
        group: "map:group_quality",
        source: "./inventory.gpkg|layername=rejects|geometrytype=Polygon",
        shape: Shape::Polygon,
        shown: "id",
        label: None,
    },
    Layer {
        name: "findings",
        table: "findings",
        title: "map:finding_list",
        group: "map:group_quality",
        source: "./inventory.gpkg|layername=findings",
        shape: Shape::None,
        shown: "message",
        label: None,
    },
    Layer {
        name: "sliver_candidates",
        table: "sliver_candidates",
        title: "map:sliver_candidates",
        group: "map:group_proposals",
        source: "./inventory.gpkg|layername=sliver_candidates",
        shape: Shape::Polygon,
        shown: "parcel_id",
        label: None,
    },
    Layer {
        name: "tracts",
        table: "tracts",
        title: "map:tracts",
        group: "map:group_proposals",
        source: "./inventory.gpkg|layername=tracts",
        shape: Shape::Polygon,
        shown: "tract_id",
        label: Some(Label { column: "tract_id", nearer_than: 10_000 }),
    },
    Layer {
        name: "projects",
        table: "project_areas",
        title: "map:projects",
        group: "map:group_plan",
        source: "./inventory.gpkg|layername=projects",
        shape: Shape::Polygon,
        shown: "project_id",
        label: Some(Label { column: "project_id", nearer_than: 10_000 }),
    },
    Layer {
        name: "zones",
        table: "zone_areas",
        title: "map:zones",
        group: "map:group_plan",
        source: "./inventory.gpkg|layername=zones",
        shape: Shape::Polygon,
        shown: "zone_name",
        label: Some(Label { column: "zone_name", nearer_than: 25_000 }),
    },
    INVENTORY,
];

/// The layers of `inventory.gpkg` that have styles in it.
pub const GEOPACKAGE_LAYERS: [&str; 7] = ["inventory", "findings", "rejects", "sliver_candidates", "tracts", "zones", "projects"];

/// What the project calls the layer of a name.
pub fn layer_id(name: &str) -> String {
    format!("mujun_layer_{name}")
}

impl Layer {
    /// What the project calls it. QGIS replaces identifiers that are shorter than its own.
    pub fn id(&self) -> String {
        layer_id(self.name)
    }

    /// The title for people.
    pub fn title(&self, map: &Map<'_>) -> &'static str {
        text(map.lang, self.title)
    }

    /// Whether its features have a place.
    pub fn has_geometry(&self) -> bool {
        self.shape != Shape::None
    }

    /// Whether `inventory.gpkg` has it.
    pub fn is_in_geopackage(&self) -> bool {
        GEOPACKAGE_LAYERS.contains(&self.name)
    }

    /// What QGIS calls a feature.
    pub fn display(&self) -> String {
        column(self.shown)
    }

    /// The columns in order, without number and geometry.
    pub fn columns<'m>(&self, map: &Map<'m>) -> Vec<Cow<'m, str>> {
        if self.table == INVENTORY.table {
            return map.columns.iter().map(|name| name.as_str().into()).collect();
        }
        tables::table(self.table).into_iter().flat_map(|table| table.columns()).map(|column| column.name.into()).collect()
    }
}

/// Features may be found, and nobody removes a layer by mistake.
pub fn flags() -> Element {
    let flag = |(name, value): (&'static str, &str)| Element::of(name, value);
    Element::new("flags").children([("Identifiable", "1"), ("Removable", "1"), ("Searchable", "1"), ("Private", "0")].map(flag))
}

//! `data/styles/map.toml` as it stands there.

use std::sync::LazyLock;

use serde::Deserialize;

/// A colour, `#rrggbb`.
pub type Colour = String;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The colours of what is drawn over a fill.
    pub marks: Marks,
    /// The styles; the first one of a layer is its default.
    #[serde(rename = "style")]
    pub styles: Vec<Style>,
    /// The themes in their order.
    #[serde(rename = "theme")]
    pub themes: Vec<Theme>,
}

/// The colours of what is drawn over a fill.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// The hatch of parcels that a zone line cuts.
    pub split: Colour,
    /// The outline of sliver candidates.
    pub sliver: Colour,
}

/// How a layer is drawn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Its name in files; with `<kind>` in it there is one for each zone kind.
    pub id: String,
    /// The layer.
    pub layer: String,
    /// The key of its title; without one it is called as its column.
    pub title: Option<String>,
    /// The column that decides the colour; none = all alike.
    pub column: Option<String>,
    /// What is drawn.
    pub draw: Draw,
    /// How limits are written.
    #[serde(default)]
    pub show: Show,
    /// The colour of each code, in the order of the legend.
    #[serde(default)]
    pub codes: toml::Table,
    /// The colour of codes that are not named.
    pub other: Option<Colour>,
    /// The code that everything else looks like.
    pub rest: Option<String>,
    /// What is unknown.
    pub null: Option<Null>,
    /// Where classes of numbers begin.
    #[serde(default)]
    pub limits: Vec<f64>,
    /// The colours of these classes, that below the first limit in front.
    #[serde(default)]
    pub colours: Vec<Colour>,
    /// The colours of zone kinds in turn.
    #[serde(default)]
    pub palette: Vec<Colour>,
    /// The only zone kind that is drawn.
    pub only: Option<String>,
    /// The colour of everything, where no column decides.
    pub look: Option<Colour>,
    /// What is drawn over the fill.
    #[serde(default)]
    pub marks: Vec<Mark>,
}

/// What is drawn of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// Its area.
    Fill,
    /// Its boundary.
    Outline,
    /// A dot.
    Point,
}

/// How the limits of classes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// As they are.
    #[default]
    Number,
    /// Times 100, with a per cent sign.
    Percent,
    /// Whole numbers, each class with its last one.
    Count,
}

/// What is drawn over a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A hatch where a zone line cuts the parcel.
    Split,
    /// An outline where the parcel is a sliver candidate.
    Sliver,
}

/// How unknown values are drawn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Null {
    /// The colour.
    pub colour: Colour,
    /// The key of its title.
    pub title: String,
}

/// Layers that are visible together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// From top to bottom: `layer`, or `layer.style`.
    pub layers: Vec<String>,
}

/// The look of the program.
#[expect(clippy::expect_used, reason = "the file is part of the program, and every test of styles reads it")]
pub static LOOK: LazyLock<Look> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/styles/map.toml")).expect("data/styles/map.toml is well-formed"));

//! `slivers.toml` as it is written.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::rules::raw::{AreaKind, RawHead, RawRule, RawSource, date, rule, some_date};

rule! {
    /// When left-over plots may be developed with a project.
    RawSlivers {
        /// How a plot is supplied: a word for the ledger.
        pub supply: String,
        /// The same in Chinese.
        pub supply_zh: String,
        /// Largest plot, m²; absent = the document has no such limit.
        #[serde(default)]
        #[schemars(with = "Option<f64>")]
        pub max_plot_m2: Option<Spanned<f64>>,
        /// Whether a plot of exactly that size passes.
        #[serde(default)]
        pub max_plot_inclusive: Option<bool>,
        /// Largest sum of plots over the land of the project, at most six decimals; absent = the document has no such limit.
        #[serde(default)]
        #[schemars(with = "Option<f64>")]
        pub max_total_ratio: Option<Spanned<f64>>,
        /// Whether exactly that ratio passes.
        #[serde(default)]
        pub max_total_inclusive: Option<bool>,
        /// What the sum is divided by; a plot is eligible without reserve where the ratio to each of them passes.
        #[serde(default)]
        pub denominator: Vec<Denominator>,
        /// Whether a plot must already be construction land.
        pub require_construction_land: bool,
        /// Whether a plot must not be construction land yet.
        #[serde(default)]
        #[schemars(with = "Option<bool>")]
        pub require_farmland: Option<Spanned<bool>>,
        /// Largest adjoining plot that the ledger lists, m²; those above `max_plot_m2` are listed as refused.
        #[schemars(with = "f64")]
        pub look_up_to_m2: Spanned<f64>,
        /// Distance up to which boundaries count as shared, m.
        #[schemars(with = "f64")]
        pub snap_m: Spanned<f64>,
        /// Length above which (strictly) a stretch of shared boundary makes a plot adjoin, m.
        #[schemars(with = "f64")]
        pub min_shared_m: Spanned<f64>,
        /// Angle between edges up to which they count as shared, degrees.
        #[schemars(with = "f64")]
        pub max_angle_deg: Spanned<f64>,
        /// Share of a parcel inside the project from which it is project core, inclusive.
        #[schemars(with = "f64")]
        pub core_min_share: Spanned<f64>,
        /// Which area the limits are tested on, first available.
        #[schemars(with = "Vec<AreaKind>")]
        pub area_order: Spanned<Vec<AreaKind>>,
        /// What is no plot but a fault of drawing.
        pub artefact: RawArtefact,
        /// The kinds of plot in figures.
        pub kinds: RawKinds,
        /// What speaks for a plot being hard to develop alone.
        pub hard_to_develop: RawHardToDevelop,
        /// What is recommended where the plots together are too much.
        #[serde(default)]
        pub selection: Option<RawSelection>,
        /// What a person must confirm of every plot.
        #[serde(default)]
        pub human: Vec<RawHuman>,
        /// Which plots may be swapped for others; absent = nothing is proposed.
        #[serde(default)]
        pub swap: Option<RawSwap>,
    }
}

/// What the sum of the plots is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// The land of the project.
    Core,
    /// The land of the project and the plots.
    WithSlivers,
}

/// What a plot is smaller or narrower than that is a fault of drawing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawArtefact {
    /// Diameter of the largest inscribed circle below which a plot is no plot, m.
    #[schemars(with = "f64")]
    pub min_width_m: Spanned<f64>,
    /// Area below which a plot is no plot, m².
    #[schemars(with = "f64")]
    pub min_area_m2: Spanned<f64>,
}

/// A kind of left-over plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SliverKind {
    /// 夹心地: surrounded by the project.
    Enclosed,
    /// 插花地: wedged into the project.
    Interlocking,
    /// 边角地: cut off between the project and a planning boundary or a linear structure.
    Corner,
}

/// The kinds of plot in figures; all ends are included.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKinds {
    /// Whether a plot of no kind is refused; `false` where the document leaves its list open.
    pub required: bool,
    /// Share of the boundary that is shared from which a plot is enclosed.
    #[schemars(with = "f64")]
    pub enclosed_min_ratio: Spanned<f64>,
    /// Share of a plot in a hole of the project from which it is enclosed.
    #[schemars(with = "f64")]
    pub hole_min_share: Spanned<f64>,
    /// Separate stretches of shared boundary from which a plot may be interlocking.
    #[schemars(with = "u32")]
    pub interlocking_min_runs: Spanned<u32>,
    /// Share of a plot in the convex hull of the project from which it may be interlocking.
    #[schemars(with = "f64")]
    pub interlocking_min_hull_share: Spanned<f64>,
    /// Share of the boundary that is shared from which a plot is interlocking.
    #[schemars(with = "f64")]
    pub interlocking_min_ratio: Spanned<f64>,
    /// Share of the boundary that is shared up to which a plot is interlocking.
    #[schemars(with = "f64")]
    pub interlocking_max_ratio: Spanned<f64>,
    /// Share of the boundary near a planning boundary or linear structure from which a plot is a corner.
    #[schemars(with = "f64")]
    pub corner_min_share: Spanned<f64>,
    /// What near means there, m.
    #[schemars(with = "f64")]
    pub corner_within_m: Spanned<f64>,
    /// Zone kinds whose outlines are planning boundaries or linear structures.
    pub boundary_kinds: Vec<String>,
}

/// Signs that a plot is hard to develop alone: any of them; one that is absent is not looked at.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHardToDevelop {
    /// Diameter of the largest inscribed circle below which (strictly) a plot is too narrow, m.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub min_inscribed_diameter_m: Option<Spanned<f64>>,
    /// 4π × area / perimeter² below which (strictly) a plot is too ragged.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub min_compactness: Option<Spanned<f64>>,
    /// Zone kinds that are roads: a plot without one near has no access.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub road_kinds: Option<Spanned<Vec<String>>>,
    /// What near means there, m, inclusive.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub road_within_m: Option<Spanned<f64>>,
    /// Local least plot, m²: a plot below (strictly) is too small.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub min_area_m2: Option<Spanned<f64>>,
}

/// Which plots are recommended where all together are too much.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSelection {
    /// What is best.
    pub objective: Objective,
    /// What the sum of the recommended plots is divided by.
    pub denominator: Denominator,
    /// Plots up to which every subset is looked at.
    #[schemars(with = "u32")]
    pub exact_up_to: Spanned<u32>,
    /// The kinds, first choice first; others come last.
    #[schemars(with = "Vec<SliverKind>")]
    pub kind_order: Spanned<Vec<SliverKind>>,
}

/// What the recommended plots are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The first in order that fit.
    Priority,
    /// As much land as fits.
    MaxArea,
    /// As many plots as fit.
    MaxCount,
}

/// Something that only a person can confirm.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHuman {
    /// The word in the ledger.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// What is to be confirmed.
    pub text: String,
    /// The same in Chinese.
    pub text_zh: String,
}

/// When two plots may be swapped.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSwap {
    /// Where it is printed.
    pub source: RawSource,
    /// First day in force.
    #[serde(deserialize_with = "date")]
    pub valid_from: NaiveDate,
    /// Last day in force; absent = no end is known.
    #[serde(default, deserialize_with = "some_date")]
    pub valid_to: Option<NaiveDate>,
    /// Distance from the project within which a partner is looked for, m, inclusive.
    #[schemars(with = "f64")]
    pub reach_m: Spanned<f64>,
    /// Difference of the areas over the larger up to which they are similar, inclusive.
    #[schemars(with = "f64")]
    pub area_tolerance: Spanned<f64>,
    /// Difference of the values over the larger up to which they are equal, inclusive.
    #[schemars(with = "f64")]
    pub value_tolerance: Spanned<f64>,
    /// Pairs of tenures that may be swapped, in either order.
    #[schemars(with = "Vec<(String, String)>")]
    pub tenures: Spanned<Vec<(String, String)>>,
    /// What a person must confirm of every pair.
    #[serde(default)]
    pub human: Vec<RawHuman>,
}

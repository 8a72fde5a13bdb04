//! The rule files as they are written, before any check beyond shape: the types that TOML is read into and that the JSON Schemas are made from.
//!
//! Fields that a later check may fault keep their place in the file ([`Spanned`]).
//!
//! **Invariant:** no default here stands for a legal number: what a rule does not say is absent.

use std::collections::BTreeMap;

use crate::say;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Spanned;

/// `pack.toml`: who a pack is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPack {
    /// The name of the folder.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Version of the pack; raised with every change of a rule.
    pub version: String,
    /// Division code (GB/T 2260) or name of the place.
    pub jurisdiction: String,
    /// What a reader should know.
    #[serde(default)]
    pub notes: String,
}

/// A file of rules of one kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFile<R> {
    /// The rules; the first one in force is used unless a job names another.
    #[allow(dead_code, reason = "the file is read rule by rule; this is its schema")]
    pub rule: Vec<R>,
}

/// Where a rule is printed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    /// Title and number of the document.
    pub document: String,
    /// Article, item or page.
    pub article: String,
}

/// What every rule has.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawHead<'r> {
    pub id: &'r Spanned<String>,
    pub name: &'r str,
    pub name_zh: &'r str,
    pub source: &'r RawSource,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub verified: bool,
    pub unverified: &'r [Spanned<String>],
    pub template: bool,
    pub parameters: &'r BTreeMap<String, Spanned<f64>>,
    pub tables: &'r BTreeMap<String, BTreeMap<String, Spanned<f64>>>,
}

/// A raw rule of any kind.
pub(super) trait RawRule {
    fn head(&self) -> RawHead<'_>;
}

/// Declares a rule with the keys of every rule before its own.
macro_rules! rule {
    ($(#[$meta:meta])* $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Identifier within pack and kind: a-z, 0-9, `-`, `_`.
            #[schemars(with = "String")]
            pub id: Spanned<String>,
            /// Name in English.
            pub name: String,
            /// Name in Chinese.
            pub name_zh: String,
            /// Where it is printed.
            pub source: RawSource,
            /// First day in force.
            #[serde(deserialize_with = "date")]
            pub valid_from: NaiveDate,
            /// Last day in force; absent = no end is known.
            #[serde(default, deserialize_with = "some_date")]
            pub valid_to: Option<NaiveDate>,
            /// Whether the numbers were compared with the printed document.
            pub verified: bool,
            /// Keys of a verified rule that are not printed in the document.
            #[serde(default)]
            #[schemars(with = "Vec<String>")]
            pub unverified: Vec<Spanned<String>>,
            /// Whether the rule is a form to be filled in; it is never used.
            #[serde(default)]
            pub template: bool,
            /// Named numbers; a condition uses one as `:name`.
            #[serde(default)]
            #[schemars(with = "std::collections::BTreeMap<String, f64>")]
            pub parameters: std::collections::BTreeMap<String, Spanned<f64>>,
            /// Named tables of numbers by industry (GB/T 4754), the longest prefix counts; a condition uses one as `:name`.
            #[serde(default)]
            #[schemars(with = "std::collections::BTreeMap<String, std::collections::BTreeMap<String, f64>>")]
            pub tables: std::collections::BTreeMap<String, std::collections::BTreeMap<String, Spanned<f64>>>,
            $($body)*
        }

        impl RawRule for $name {
            fn head(&self) -> RawHead<'_> {
                RawHead {
                    id: &self.id,
                    name: &self.name,
                    name_zh: &self.name_zh,
                    source: &self.source,
                    valid_from: self.valid_from,
                    valid_to: self.valid_to,
                    verified: self.verified,
                    unverified: &self.unverified,
                    template: self.template,
                    parameters: &self.parameters,
                    tables: &self.tables,
                }
            }
        }
    };
}

pub(super) use rule;

rule! {
    /// Rules of the indicators: floors that count twice, the window of years, the mean.
    RawIndicators {
        /// A storey higher than this counts twice in the floor area, m, strictly.
        #[schemars(with = "f64")]
        pub double_height_m: Spanned<f64>,
        /// Storey height from which unknown floors are estimated by the height of a building, m; absent = never estimated.
        #[serde(default)]
        #[schemars(with = "Option<f64>")]
        pub estimate_storey_height_m: Option<Spanned<f64>>,
        /// How wrong floors and heights may be; absent = the plot ratio has no interval.
        #[serde(default)]
        pub interval: Option<RawInterval>,
        /// Years of the window of the per-mu figures.
        #[schemars(with = "u32")]
        pub window_years: Spanned<u32>,
        /// Years that must have a value for a figure to be known.
        #[schemars(with = "u32")]
        pub min_years: Spanned<u32>,
        /// How several years become one figure.
        pub mean: Mean,
    }
}

/// How wrong floors and heights may be: what the least and the greatest plot ratio follow from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawInterval {
    /// Least and greatest storey height of buildings with a height and without floors, m.
    #[serde(default)]
    #[schemars(with = "Option<[f64; 2]>")]
    pub storey_height_m: Option<Spanned<[f64; 2]>>,
    /// How much a height may be off, m.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub height_tolerance_m: Option<Spanned<f64>>,
    /// Least and greatest number of floors of buildings without floors and height.
    #[serde(default)]
    #[schemars(with = "Option<[f64; 2]>")]
    pub unknown_floors: Option<Spanned<[f64; 2]>>,
}

/// How the years of a window become one per-mu figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mean {
    /// Sum of the figure over (land × years).
    SumOverLandYears,
    /// Mean of the yearly ratios.
    MeanOfRatios,
}

rule! {
    /// Rules of the zones: when a parcel is inside, and the location classes.
    RawZones {
        /// Share from which a parcel is inside, inclusive.
        #[schemars(with = "f64")]
        pub inside_min: Spanned<f64>,
        /// Share up to which a parcel is outside, inclusive.
        #[schemars(with = "f64")]
        pub outside_max: Spanned<f64>,
        /// Overlap up to which a parcel is outside, m².
        #[schemars(with = "f64")]
        pub tolerance_m2: Spanned<f64>,
        /// Overlap a metre of perimeter up to which a parcel is outside, m.
        #[schemars(with = "f64")]
        pub tolerance_m: Spanned<f64>,
        /// The location classes in the order in which they are tried.
        #[serde(default)]
        pub classes: Vec<RawClass>,
    }
}

/// A named condition: a location class or an exemption.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClass {
    /// The value written.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
}

/// An area of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    /// As registered.
    Registered,
    /// On the ellipsoid.
    Ellipsoidal,
    /// In the compute CRS.
    Planar,
}

pub(super) fn date<'de, D: Deserializer<'de>>(input: D) -> Result<NaiveDate, D::Error> {
    let read = toml::value::Datetime::deserialize(input)?;
    let day = read.date.filter(|_| read.time.is_none());
    day.and_then(|d| NaiveDate::from_ymd_opt(i32::from(d.year), u32::from(d.month), u32::from(d.day)))
        .ok_or_else(|| D::Error::custom(say!("`{read}` is not a day", read)))
}

pub(super) fn some_date<'de, D: Deserializer<'de>>(input: D) -> Result<Option<NaiveDate>, D::Error> {
    date(input).map(Some)
}

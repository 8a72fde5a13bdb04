//! A toolbox as it is written.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::super::raw::{RawHead, RawRule, RawSource, date, rule, some_date};

rule! {
    /// A toolbox: policy tools, the routes that each may take, and when a parcel could take one.
    RawToolbox {
        /// The departments that routes name.
        pub departments: Vec<RawNamed>,
        /// The documents that routes rest on.
        pub documents: Vec<RawDocument>,
        /// The categories of the tools.
        pub categories: Vec<RawNamed>,
        /// Conditions with a name: `@name` in a condition stands for the condition in brackets.
        #[serde(default)]
        pub terms: Vec<RawTerm>,
        /// The tools, in the order of the document.
        pub tools: Vec<RawTool>,
    }
}

/// Something with a name in two languages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNamed {
    /// What other keys call it.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
}

/// A document that routes rest on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDocument {
    /// What routes call it.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Title in Chinese, with its number.
    pub name_zh: String,
    /// Last day in force; absent = no end is known.
    #[serde(default, deserialize_with = "some_date")]
    pub valid_to: Option<NaiveDate>,
}

/// A condition with a name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTerm {
    /// The name: a-z, 0-9, `_`.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// SQL condition.
    pub when: String,
}

/// A policy tool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTool {
    /// The number in the document.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The category.
    #[schemars(with = "String")]
    pub category: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// The ways in which it is used.
    #[schemars(with = "Vec<RawRoute>")]
    pub routes: Spanned<Vec<RawRoute>>,
}

/// A way in which a tool is used: when, on what basis, by whom, in how many steps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRoute {
    /// The number of the tool, with a letter where it has several routes.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English; absent = that of the tool.
    #[serde(default)]
    pub name: Option<String>,
    /// Name in Chinese; absent = that of the tool.
    #[serde(default)]
    pub name_zh: Option<String>,
    /// SQL conditions that must all hold.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub all: Vec<Spanned<String>>,
    /// Groups of SQL conditions; of each group one must hold.
    #[serde(default)]
    #[schemars(with = "Vec<Vec<String>>")]
    pub any: Vec<Vec<Spanned<String>>>,
    /// Conditions of the route that the document does not print.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub unverified: Vec<Spanned<String>>,
    /// What somebody must confirm.
    pub human: Vec<RawNote>,
    /// What it rests on.
    pub legal: Vec<RawLegal>,
    /// The departments that lead.
    #[schemars(with = "Vec<String>")]
    pub lead: Vec<Spanned<String>>,
    /// The departments that take part.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub cooperate: Vec<Spanned<String>>,
    /// The number of steps; absent = the document does not number them.
    #[serde(default)]
    pub steps: Option<u32>,
    /// What follows, and where it branches.
    #[serde(default)]
    pub outcomes: Vec<RawNote>,
    /// Routes that cannot be taken with this one.
    #[serde(default)]
    pub excludes: Vec<RawExclusion>,
}

/// A note for who decides.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNote {
    /// A short word for it.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The note in English.
    pub text: String,
    /// The note in Chinese.
    pub text_zh: String,
    /// SQL condition: the note is given unless it is false; absent = always.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
}

/// Articles of a document.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLegal {
    /// The document.
    #[schemars(with = "String")]
    pub document: Spanned<String>,
    /// The articles or items; empty = the whole document is cited.
    #[serde(default)]
    pub articles: Vec<String>,
}

/// Routes that cannot be taken with another, and why.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExclusion {
    /// The routes.
    #[schemars(with = "Vec<String>")]
    pub routes: Vec<Spanned<String>>,
    /// Why, in English.
    pub text: String,
    /// Why, in Chinese.
    pub text_zh: String,
}

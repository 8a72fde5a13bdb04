//! Words for people in two languages: headings, meanings of columns and codes, titles of tables and findings, and texts of what is written for reading.
//!
//! All words stand in `data/lang`, an entry with both languages side by side, so that one without the other does not even parse. English meanings, units and
//! types of columns stand with their definitions.
//!
//! **Invariant:** every column, coded value and finding code has an entry, and every entry is used; tests hold both.

mod catalogue;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::columns::{Codes, Column};
use super::finding::Code;
use super::tables;
use super::text::division;
use crate::say;
pub(super) use catalogue::messages;
use catalogue::{CATALOGUE, ColumnWords};

/// A language that results are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese, simplified.
    Zh,
    /// English.
    #[default]
    En,
}

/// Both languages.
pub const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

impl Lang {
    /// The tag of the language, as in BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

impl std::str::FromStr for Lang {
    type Err = String;

    fn from_str(tag: &str) -> Result<Self, String> {
        LANGS.into_iter().find(|lang| lang.tag() == tag).ok_or_else(|| say!("`{tag}` is neither `zh` nor `en`", tag))
    }
}

/// The heading of a column of a table, without its unit.
///
/// ```
/// use mujun::model::lang::{Lang, label, name};
/// assert_eq!(name(Lang::Zh, "inventory", "area_mu"), "宗地面积");
/// assert_eq!(label(Lang::Zh, "inventory", "area_mu"), "宗地面积（亩）");
/// assert_eq!(label(Lang::En, "inventory", "far"), "Plot ratio (FAR)");
/// assert_eq!(label(Lang::Zh, "inventory", "zone_industrial_block"), "产业区块位置");
/// ```
#[must_use]
pub fn name(lang: Lang, table: &str, column: &str) -> Cow<'static, str> {
    let Some(defined) = defined(table, column) else { return column.to_owned().into() };
    let Some(words) = words(table, defined.name) else { return column.to_owned().into() };
    match tables::zone_kind(defined.name, column) {
        Some(kind) => words.of(lang).replace("<kind>", code(lang, "zone_kind", kind).unwrap_or(kind)).into(),
        None => words.of(lang).into(),
    }
}

/// The heading of a column of a table, with its unit; a column that has no definition keeps its name.
#[must_use]
pub fn label(lang: Lang, table: &str, column: &str) -> Cow<'static, str> {
    let name = name(lang, table, column);
    match (lang, defined(table, column).map_or("", |defined| unit(lang, defined.unit))) {
        (_, "") => name,
        (Lang::Zh, unit) => format!("{name}（{unit}）").into(),
        (Lang::En, unit) => format!("{name} ({unit})").into(),
    }
}

/// What a column of a table says, in one sentence; empty where the column has no definition.
#[must_use]
pub fn meaning(lang: Lang, table: &str, column: &str) -> &'static str {
    let Some(defined) = defined(table, column) else { return "" };
    match lang {
        Lang::En => defined.meaning,
        Lang::Zh => words(table, defined.name).map_or("", |words| &words.meaning_zh),
    }
}

/// What a code in a column of a table means; none where the column has free text, or the code is one of a job or a rule pack.
///
/// ```
/// use mujun::model::lang::{Lang, value};
/// assert_eq!(value(Lang::Zh, "sliver_candidates", "kind", "corner"), Some("边角地"));
/// assert_eq!(value(Lang::En, "coverage", "kind", "gap"), Some("gap"));
/// assert_eq!(value(Lang::En, "inventory", "town", "gap"), None);
/// ```
#[must_use]
pub fn value(lang: Lang, table: &str, column: &str, value: &str) -> Option<&'static str> {
    code(lang, set_of(defined(table, column)?)?, value)
}

/// The name of the industry that a code of GB/T 4754 is in: that of its division, else of its section; none where it is no such code.
///
/// ```
/// use mujun::model::lang::{Lang, industry};
/// assert_eq!([industry(Lang::Zh, "C3411"), industry(Lang::Zh, "34")], [Some("通用设备制造业"); 2]);
/// assert_eq!((industry(Lang::En, "c"), industry(Lang::En, "通用设备")), (Some("Manufacturing"), None));
/// ```
#[must_use]
pub fn industry(lang: Lang, code: &str) -> Option<&'static str> {
    let division = division(code).to_ascii_uppercase();
    let digits = division.trim_start_matches(|c: char| c.is_ascii_uppercase());
    CATALOGUE.industries.get(if digits.is_empty() { &division } else { digits }).map(|word| word.of(lang))
}

/// All industries that have names, by their code.
pub fn industries(lang: Lang) -> impl Iterator<Item = (&'static str, &'static str)> {
    CATALOGUE.industries.iter().map(move |(code, word)| (code, word.of(lang)))
}

/// A cell of a table for reading: codes by their words, several separated by commas, industries with their names, everything else as it is.
///
/// ```
/// use mujun::model::lang::{Lang, cell};
/// assert_eq!(cell(Lang::Zh, "by_industry", "key", "C34"), "C34 通用设备制造业");
/// assert_eq!(cell(Lang::Zh, "sliver_candidates", "signs", "narrow no_road"), "狭窄、不临路");
/// assert_eq!(cell(Lang::Zh, "inventory", "town", "华亭镇"), "华亭镇");
/// ```
#[must_use]
pub fn cell<'v>(lang: Lang, table: &str, column: &str, value: &'v str) -> Cow<'v, str> {
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    match defined(table, column).map_or(Codes::Free, |column| column.codes) {
        Codes::Free | Codes::Sentence => value.into(),
        Codes::Industry => industry(lang, value).map_or_else(|| value.into(), |name| format!("{value} {name}").into()),
        Codes::OneOf(set) | Codes::Among(set) => code(lang, set, value).unwrap_or(value).into(),
        Codes::ListOf(set) | Codes::ListAmong(set) => {
            let words: Vec<&str> = value.split_whitespace().map(|word| code(lang, set, word).unwrap_or(word)).collect();
            words.join(comma).into()
        }
    }
}

/// The codes of a column of a table that have words, in the order of a legend; none where the column has free text.
pub fn codes(table: &str, column: &str) -> impl Iterator<Item = &'static str> + use<> {
    defined(table, column).and_then(set_of).into_iter().flat_map(set_codes)
}

/// The codes of a set, in the order of a legend.
pub fn set_codes(set: &str) -> impl Iterator<Item = &'static str> + use<> {
    CATALOGUE.values.get(set).into_iter().flat_map(|set| set.iter()).map(|(code, _)| code)
}

/// The name of a unit; empty where there is none.
#[must_use]
pub fn unit(lang: Lang, unit: &'static str) -> &'static str {
    CATALOGUE.units.get(unit).map_or(unit, |word| word.of(lang))
}

/// The title of a table of the run: `inventory`, `due_list`, `by_town`.
#[must_use]
pub fn table_title(lang: Lang, table: &str) -> &'static str {
    CATALOGUE.tables.get(table).map_or("", |words| words.of(lang))
}

/// What a table of the run holds, in one sentence.
#[must_use]
pub fn table_meaning(lang: Lang, table: &str) -> &'static str {
    CATALOGUE.tables.get(table).map_or("", |words| words.meaning(lang))
}

/// The title of a file of the run that is no table of its own: `inventory.gpkg`, `run.json`.
#[must_use]
pub fn file_title(lang: Lang, path: &str) -> &'static str {
    CATALOGUE.files.get(path).map_or("", |words| words.of(lang))
}

/// What such a file holds, in one sentence.
#[must_use]
pub fn file_meaning(lang: Lang, path: &str) -> &'static str {
    CATALOGUE.files.get(path).map_or("", |words| words.meaning(lang))
}

/// The title of a finding.
///
/// ```
/// use mujun::model::{Code, lang::{Lang, finding_title}};
/// assert_eq!(finding_title(Lang::Zh, Code::CoverageGap), "宗地间缝隙");
/// ```
#[must_use]
pub fn finding_title(lang: Lang, finding: Code) -> &'static str {
    code(lang, FINDING_SET, finding.as_str()).unwrap_or(finding.as_str())
}

/// Any other word or sentence: `workbook:legend` is `legend` of `data/lang/workbook.toml`. A key without entry is its own text; a test looks for such keys.
#[must_use]
pub fn text(lang: Lang, key: &'static str) -> &'static str {
    let entry = key.split_once(':').and_then(|(file, name)| CATALOGUE.texts.get(file)?.get(name));
    entry.map_or(key, |word| word.of(lang))
}

/// Such a text with what its names in braces stand for.
#[must_use]
pub fn filled(lang: Lang, key: &'static str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    values.iter().fold(text(lang, key).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value.to_string()))
}

/// All words of a file of texts (`report`, `map`) by their keys, for what is put together outside of the program.
pub fn texts(lang: Lang, file: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    CATALOGUE.texts.get(file).into_iter().flat_map(|file| file.iter()).map(move |(key, word)| (key, word.of(lang)))
}

/// Words of columns that are the same in every table.
const COMMON: &str = "common";
/// The set that has the codes of findings.
const FINDING_SET: &str = "finding";

/// The words of a column: under its table, under `summary` for a summary, else under `common`.
fn words(table: &str, column: &str) -> Option<&'static ColumnWords> {
    let sections = [table, tables::table(table)?.family, COMMON];
    sections.into_iter().find_map(|section| CATALOGUE.columns.get(section)?.get(column))
}

fn code(lang: Lang, set: &str, code: &str) -> Option<&'static str> {
    CATALOGUE.values.get(set)?.get(code).map(|word| word.of(lang))
}

fn set_of(column: &Column) -> Option<&'static str> {
    match column.codes {
        Codes::Free | Codes::Sentence | Codes::Industry => None,
        Codes::OneOf(set) | Codes::ListOf(set) | Codes::Among(set) | Codes::ListAmong(set) => Some(set),
    }
}

fn defined(table: &str, column: &str) -> Option<&'static Column> {
    tables::table(table)?.column(column)
}

#[cfg(test)]
mod tests;

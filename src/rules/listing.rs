//! Packs as a reader sees them: every rule of every kind with its head and its text, and the check of whole packs.
//!
//! **Invariant:** nothing here knows what a kind of rule contains: a kind that is added is listed, shown and checked without a line here.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use chrono::NaiveDate;
use serde::Deserialize;
use toml::de::DeTable;

use super::{
    fault::{Fault, FaultKind, RulesError},
    head::{Kind, RuleHead, RuleSource},
    pack::{Pack, PackInfo, PackText, at_path, file_name, find_all},
    raw::{RawSource, date, some_date},
};
use crate::say;

/// A pack with its rules as they are written.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Who the pack is.
    pub info: PackInfo,
    /// Its rules, by kind in the order of the stages, then in the order of the file.
    pub rules: Vec<RuleText>,
    /// The pack, compiled.
    pub pack: Pack,
    pub(super) text: PackText,
}

/// A rule as it is written.
#[derive(Clone, Debug)]
pub struct RuleText {
    /// Names, source and dates.
    pub head: RuleHead,
    /// Cases of the pack that test it.
    pub cases: usize,
    /// All of its keys.
    pub(super) table: toml::Table,
}

/// What a check of packs found.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// The files that were checked.
    pub files: Vec<String>,
    /// Everything that is wrong with them, in their order.
    pub faults: Vec<Fault>,
}

/// The keys that a rule of any kind has.
#[derive(Deserialize)]
struct AnyHead {
    id: String,
    name: String,
    name_zh: String,
    source: RawSource,
    #[serde(deserialize_with = "date")]
    valid_from: NaiveDate,
    #[serde(default, deserialize_with = "some_date")]
    valid_to: Option<NaiveDate>,
    verified: bool,
    #[serde(default)]
    template: bool,
    #[serde(default)]
    unverified: Vec<String>,
}

/// Opens packs for readers, each an id that is compiled in, a folder relative to `base_dir`, or a folder of packs.
///
/// # Errors
/// [`RulesError`]; the faults of all files of all packs come together.
pub fn listings(names: &[String], base_dir: &Path) -> Result<Vec<Listing>, RulesError> {
    let mut texts = Vec::with_capacity(names.len());
    for name in names {
        texts.extend(find_all(name, base_dir)?);
    }
    let (mut listings, mut faults) = (Vec::with_capacity(texts.len()), Vec::new());
    for text in &texts {
        let (pack, found) = text.compile();
        faults.extend(found);
        listings.extend(pack.map(|pack| Listing { rules: rules(text, &pack), info: pack.info.clone(), pack, text: text.clone() }));
    }
    if faults.is_empty() { Ok(listings) } else { Err(RulesError::Faulty(faults)) }
}

fn rules(text: &PackText, pack: &Pack) -> Vec<RuleText> {
    let of_kind = |kind: Kind| {
        let file = text.text(&file_name(kind)).and_then(|text| toml::from_str::<BTreeMap<String, Vec<toml::Table>>>(text).ok());
        let tables = file.and_then(|mut file| file.remove("rule")).unwrap_or_default();
        tables.into_iter().filter_map(move |table| rule(table, kind, pack))
    };
    Kind::ALL.into_iter().flat_map(of_kind).collect()
}

fn rule(table: toml::Table, kind: Kind, pack: &Pack) -> Option<RuleText> {
    let raw: AnyHead = table.clone().try_into().ok()?;
    let head = RuleHead {
        id: raw.id.into(),
        pack: Arc::clone(&pack.info.id),
        kind,
        name: raw.name.into(),
        name_zh: raw.name_zh.into(),
        source: RuleSource { document: raw.source.document.into(), article: raw.source.article.into() },
        valid_from: raw.valid_from,
        valid_to: raw.valid_to,
        verified: raw.verified,
        template: raw.template,
        unverified: raw.unverified.into_iter().map(Into::into).collect(),
    };
    let cases = pack.cases.iter().filter(|case| case.kind == kind && case.rule == head.id).count();
    Some(RuleText { head, cases, table })
}

/// Checks what is at the paths: packs, folders of packs, files of packs. A file is checked with the pack around it, and its own faults are told; with a
/// day also the rules that are not in force on it.
///
/// # Errors
/// [`RulesError`] where nothing is at a path or a folder cannot be read; a file with faults is no error.
pub fn check(paths: &[impl AsRef<Path>], as_of: Option<NaiveDate>) -> Result<Checkup, RulesError> {
    let mut checkup = Checkup::default();
    for path in paths {
        for (text, only) in at_path(path.as_ref())? {
            let is_meant = |file: &str| only.as_ref().is_none_or(|only| only == file);
            checkup.files.extend(text.labels().into_iter().filter(|file| is_meant(file)));
            let outside = as_of.into_iter().flat_map(|day| outside(&text, day));
            checkup.faults.extend(text.compile().1.into_iter().chain(outside).filter(|fault| is_meant(&fault.file)));
        }
    }
    Ok(checkup)
}

/// The rules of a pack that are not in force on a day, each at the date that says so.
fn outside(pack: &PackText, day: NaiveDate) -> Vec<Fault> {
    let mut faults = Vec::new();
    for name in Kind::ALL.map(file_name) {
        let Some(text) = pack.text(&name) else { continue };
        let Ok(table) = DeTable::parse(text) else { continue };
        let rules = table.get_ref().get("rule").and_then(|rules| rules.get_ref().as_array());
        for rule in rules.into_iter().flat_map(|rules| rules.iter()).filter_map(|rule| rule.get_ref().as_table()) {
            let date = |key: &str| {
                let value = rule.get(key)?;
                Some((text.get(value.span())?.parse::<NaiveDate>().ok()?, value.span().start))
            };
            let (from, to) = (date("valid_from"), date("valid_to"));
            let place = from.filter(|(from, _)| day < *from).or(to.filter(|(to, _)| day > *to));
            if let (Some((_, at)), Some((from, _))) = (place, from) {
                let days = to.map_or_else(|| say!("from {from}", from), |(to, _)| say!("from {from} to {to}", from, to));
                faults.push(Fault::at(&pack.label(&name), text, at, FaultKind::NotInForce { day, days }));
            }
        }
    }
    faults
}

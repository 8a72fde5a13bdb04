//! Rule packs: compiled into the program or a folder, read whole, checked whole.
//!
//! A pack is `pack.toml`, one file a kind of rule, and a folder `cases` with examples. The only place of this module that reads a disk.

use std::{path::Path, sync::Arc};

use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};

use super::{
    GradingRules, IndicatorRules, LifeCycleRules, LowEfficiencyRules, SliverRules, StandardsRules, ToolboxRules, ZoneRules,
    cases::{self, Case},
    fault::{Checked, Fault, FaultKind, RulesError},
    head::{Kind, Origin, check_unique},
    parameters::Parameters,
    raw::{RawFile, RawPack, RawRule},
    shape,
};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/rules");

/// Who a pack is, and what exactly was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackInfo {
    /// The id.
    pub id: Arc<str>,
    /// Name in English.
    pub name: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// The version.
    pub version: Arc<str>,
    /// Division code or name of the place.
    pub jurisdiction: Arc<str>,
    /// What a reader should know.
    pub notes: Arc<str>,
    /// SHA-256 of the rule files (names and contents, sorted by name), in hexadecimal; cases do not count.
    pub sha256: String,
}

/// A pack with all its rules, in force or not.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Who it is.
    pub info: PackInfo,
    /// Rules of the indicators.
    pub indicators: Vec<IndicatorRules>,
    /// Rules of the zones.
    pub zones: Vec<ZoneRules>,
    /// Standards of land use, contract items and transfer caps.
    pub standards: Vec<StandardsRules>,
    /// Terms, evaluations and idle land.
    pub life_cycle: Vec<LifeCycleRules>,
    /// Rules of grading.
    pub grading: Vec<GradingRules>,
    /// Rules of low-efficiency recognition.
    pub low_efficiency: Vec<LowEfficiencyRules>,
    /// Rules of left-over plots.
    pub slivers: Vec<SliverRules>,
    /// Policy tools.
    pub toolbox: Vec<ToolboxRules>,
    /// Examples with their results.
    pub cases: Vec<Case>,
}

/// The ids of the packs that are compiled in, sorted.
#[must_use]
pub fn embedded_packs() -> Vec<String> {
    let mut ids: Vec<_> = EMBEDDED.dirs().filter_map(|dir| Some(dir.path().to_str()?.to_owned())).collect();
    ids.sort();
    ids
}

/// Opens and checks packs, each an id that is compiled in or a folder relative to `base_dir`.
///
/// # Errors
/// [`RulesError`]; the faults of all files of all packs come together.
pub fn open_packs(names: &[String], base_dir: &Path) -> Result<Vec<Pack>, RulesError> {
    let texts = names.iter().map(|name| find(name, base_dir)).collect::<Result<Vec<_>, _>>()?;
    let mut packs = Vec::with_capacity(texts.len());
    let mut faults = Vec::new();
    for text in &texts {
        let (pack, found) = text.compile();
        packs.extend(pack);
        faults.extend(found);
    }
    if faults.is_empty() { Ok(packs) } else { Err(RulesError::Faulty(faults)) }
}

/// The files of a pack as text.
#[derive(Clone, Debug)]
pub(super) struct PackText {
    pub folder: String,
    pub files: Vec<(String, String)>,
    pub cases: Vec<(String, String)>,
}

fn find(name: &str, base_dir: &Path) -> Result<PackText, RulesError> {
    if let Some(text) = embedded(name) {
        return Ok(text);
    }
    let path = base_dir.join(name);
    if path.is_dir() { from_folder(&path) } else { Err(RulesError::UnknownPack { id: name.to_owned(), known: embedded_packs() }) }
}

pub(super) fn embedded(id: &str) -> Option<PackText> {
    let dir = EMBEDDED.dirs().find(|dir| dir.path() == Path::new(id))?;
    let texts = |dir: &Dir<'static>| {
        let text =
            |file: &include_dir::File<'static>| Some((file.path().file_name()?.to_str()?.to_owned(), file.contents_utf8()?.to_owned()));
        sorted(dir.files().filter_map(text).collect())
    };
    let cases = dir.get_dir(dir.path().join("cases")).map(texts).unwrap_or_default();
    Some(PackText { folder: id.to_owned(), files: texts(dir), cases })
}

fn from_folder(path: &Path) -> Result<PackText, RulesError> {
    let folder = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let cases = path.join("cases");
    let cases = if cases.is_dir() { toml_files(&cases)? } else { Vec::new() };
    Ok(PackText { folder, files: toml_files(path)?, cases })
}

fn toml_files(folder: &Path) -> Result<Vec<(String, String)>, RulesError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| RulesError::Unreadable { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|_| path.extension().is_some_and(|end| end == "toml")) {
            files.push((name.to_owned(), std::fs::read_to_string(&path).map_err(unreadable(&path))?));
        }
    }
    Ok(sorted(files))
}

fn sorted(mut files: Vec<(String, String)>) -> Vec<(String, String)> {
    files.retain(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

impl PackText {
    /// Everything in the pack, and every fault.
    pub fn compile(&self) -> (Option<Pack>, Vec<Fault>) {
        let mut faults = self.unknown_files();
        let Some(info) = self.info(&mut faults) else { return (None, faults) };
        let pack = Pack {
            indicators: self.rules(&info, Kind::Indicators, IndicatorRules::compile, &mut faults),
            zones: self.rules(&info, Kind::Zones, ZoneRules::compile, &mut faults),
            standards: self.rules(&info, Kind::Standards, StandardsRules::compile, &mut faults),
            life_cycle: self.rules(&info, Kind::LifeCycle, LifeCycleRules::compile, &mut faults),
            grading: self.rules(&info, Kind::Grading, GradingRules::compile, &mut faults),
            low_efficiency: self.rules(&info, Kind::LowEfficiency, LowEfficiencyRules::compile, &mut faults),
            slivers: self.rules(&info, Kind::Slivers, SliverRules::compile, &mut faults),
            toolbox: self.rules(&info, Kind::Toolbox, ToolboxRules::compile, &mut faults),
            cases: self.cases(&mut faults),
            info,
        };
        (Some(pack), faults)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_str())
    }

    fn label(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn unknown_files(&self) -> Vec<Fault> {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| file_name(*kind)).chain(["pack.toml".to_owned()]).collect();
        let unknown = self.files.iter().filter(|(name, _)| !known.contains(name));
        let mut faults: Vec<_> =
            unknown.map(|(name, _)| self.whole(name, FaultKind::UnknownFile { name: name.clone(), known: known.clone() })).collect();
        if self.text("pack.toml").is_none() {
            faults.push(self.whole("pack.toml", FaultKind::MissingKey { key: "id".to_owned() }));
        }
        faults
    }

    fn whole(&self, name: &str, kind: FaultKind) -> Fault {
        Fault { file: self.label(name), line: 1, column: 1, excerpt: String::new(), kind }
    }

    fn info(&self, faults: &mut Vec<Fault>) -> Option<PackInfo> {
        let label = self.label("pack.toml");
        let mut file = Checked::new(&label, self.text("pack.toml")?);
        let raw: Option<RawPack> = shape::read(&mut file);
        if let Some(raw) = raw.as_ref().filter(|raw| *raw.id.get_ref() != self.folder) {
            file.fault(&raw.id.span(), FaultKind::PackId { id: raw.id.get_ref().clone(), folder: self.folder.clone() });
        }
        faults.append(&mut file.faults);
        let raw = raw?;
        Some(PackInfo {
            id: raw.id.into_inner().into(),
            name: raw.name.into(),
            name_zh: raw.name_zh.into(),
            version: raw.version.into(),
            jurisdiction: raw.jurisdiction.into(),
            notes: raw.notes.into(),
            sha256: self.sha256(),
        })
    }

    fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in &self.files {
            hash.update(format!("{} {}\n{name}{text}", name.len(), text.len()));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn rules<R, C>(&self, info: &PackInfo, kind: Kind, compile: fn(&R, &Origin, &mut Checked<'_>) -> C, faults: &mut Vec<Fault>) -> Vec<C>
    where
        R: DeserializeOwned + JsonSchema + RawRule,
    {
        let name = file_name(kind);
        let (label, Some(text)) = (self.label(&name), self.text(&name)) else { return Vec::new() };
        let origin = Origin { pack: Arc::clone(&info.id), version: Arc::clone(&info.version), kind };
        let mut file = Checked::new(&label, text);
        let raw: Option<RawFile<R>> = shape::read(&mut file);
        let raw = raw.map_or_else(Vec::new, |raw| raw.rule);
        check_unique(raw.iter().map(|rule| rule.head().id), &mut file);
        check_unverified(&raw, &mut file);
        let mut rules = Vec::with_capacity(raw.len());
        for rule in &raw {
            file.parameters = Parameters::read(rule.head(), &mut file);
            rules.push(compile(rule, &origin, &mut file));
            std::mem::take(&mut file.parameters).check_used(rule.head(), &mut file);
        }
        faults.append(&mut file.faults);
        rules
    }

    fn cases(&self, faults: &mut Vec<Fault>) -> Vec<Case> {
        let mut cases = Vec::new();
        for (name, text) in &self.cases {
            let label = self.label(&format!("cases/{name}"));
            let mut file = Checked::new(&label, text);
            cases.extend(cases::read(&mut file));
            faults.append(&mut file.faults);
        }
        cases
    }
}

fn file_name(kind: Kind) -> String {
    format!("{}.toml", kind.as_str())
}

/// `unverified` may only name keys that the rule has.
fn check_unverified<R: RawRule>(raw: &[R], file: &mut Checked<'_>) {
    let Ok(table) = DeTable::parse(file.text) else { return };
    let tables = table.get_ref().get("rule").and_then(|rules| rules.get_ref().as_array());
    for (rule, value) in raw.iter().zip(tables.into_iter().flat_map(|rules| rules.iter())) {
        for key in rule.head().unverified {
            if !has(value.get_ref(), key.get_ref()) {
                let known = value.get_ref().as_table().into_iter().flat_map(|t| t.keys()).map(|k| k.get_ref().to_string()).collect();
                file.fault(&key.span(), FaultKind::UnverifiedKey { key: key.get_ref().clone(), known });
            }
        }
    }
}

/// Whether a dotted key exists; in a list it is enough that one entry has it.
fn has(value: &DeValue<'_>, key: &str) -> bool {
    match value {
        DeValue::Array(items) => items.iter().any(|item| has(item.get_ref(), key)),
        DeValue::Table(table) => {
            let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
            table.get(first).is_some_and(|under| rest.is_none_or(|rest| has(under.get_ref(), rest)))
        }
        _ => false,
    }
}

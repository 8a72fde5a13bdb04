//! Rule packs: compiled into the program or a folder, read whole, checked whole.
//!
//! A pack is `pack.toml`, one file a kind of rule, and a folder `cases` with examples. The only place of this module that reads a disk.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{
    GradingRules, IndicatorRules, LifeCycleRules, LowEfficiencyRules, SliverRules, StandardsRules, ToolboxRules, ZoneRules,
    cases::{self, Case},
    fault::{Checked, Fault, FaultKind, RulesError},
    head::{Kind, Origin, check_unique},
    parameters::Parameters,
    patch::Patch,
    raw::{RawPack, RawRule},
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
    open_patched(names, base_dir, None)
}

/// Opens packs with another number in one of them.
pub(super) fn open_patched(names: &[String], base_dir: &Path, patch: Option<&Patch>) -> Result<Vec<Pack>, RulesError> {
    let mut texts = names.iter().map(|name| find(name, base_dir)).collect::<Result<Vec<_>, _>>()?;
    if let Some(patch) = patch {
        texts.iter_mut().for_each(|text| patch.apply(text));
    }
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
    /// The files that are no text, which are in neither list.
    pub undecodable: Vec<Fault>,
}

/// The packs of that name: one that is compiled in, a folder, or those in a folder.
pub(super) fn find_all(name: &str, base_dir: &Path) -> Result<Vec<PackText>, RulesError> {
    match base_dir.join(name) {
        path if embedded(name).is_none() && path.is_dir() => Ok(at_path(&path)?.into_iter().map(|(text, _)| text).collect()),
        _ => Ok(vec![find(name, base_dir)?]),
    }
}

/// The pack of that name: one that is compiled in, or a folder.
pub(super) fn find(name: &str, base_dir: &Path) -> Result<PackText, RulesError> {
    if let Some(text) = embedded(name) {
        return Ok(text);
    }
    let path = base_dir.join(name);
    if path.is_dir() { from_folder(&path) } else { Err(RulesError::UnknownPack { id: name.to_owned(), known: embedded_packs() }) }
}

/// The packs at a path, each with the one file that is meant where the path is that of a file: a pack, a folder of packs or a file of a pack; or
/// else the pack that is compiled in under that name.
pub(super) fn at_path(path: &Path) -> Result<Vec<(PackText, Option<String>)>, RulesError> {
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() {
        let packs = if path.join("pack.toml").is_file() { Vec::new() } else { folders_of_packs(path)? };
        let packs = if packs.is_empty() { vec![path.clone()] } else { packs };
        return packs.iter().map(|folder| Ok((from_folder(folder)?, None))).collect();
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !path.is_file() {
        let known = embedded(name);
        return known.map(|text| vec![(text, None)]).ok_or_else(|| RulesError::NoSuchPath { path: path.clone(), known: embedded_packs() });
    }
    let parent = path.parent().unwrap_or(path);
    let is_case = parent.file_name().is_some_and(|folder| folder == "cases");
    let mut text = from_folder(if is_case { parent.parent().unwrap_or(parent) } else { parent })?;
    let only = text.label(&if is_case { format!("cases/{name}") } else { name.to_owned() });
    if text.text("pack.toml").is_none() {
        // A file by itself, outside any pack.
        text.files.push(("pack.toml".to_owned(), text.stub()));
    }
    Ok(vec![(text, Some(only))])
}

/// The folders in a folder that are packs, in order.
fn folders_of_packs(path: &Path) -> Result<Vec<PathBuf>, RulesError> {
    let mut folders: Vec<_> = entries(path)?.into_iter().filter(|folder| folder.join("pack.toml").is_file()).collect();
    folders.sort();
    Ok(folders)
}

pub(super) fn embedded(id: &str) -> Option<PackText> {
    let dir = EMBEDDED.dirs().find(|dir| dir.path() == Path::new(id))?;
    let texts = |dir: &Dir<'static>| {
        let text =
            |file: &include_dir::File<'static>| Some((file.path().file_name()?.to_str()?.to_owned(), file.contents_utf8()?.to_owned()));
        sorted(dir.files().filter_map(text).collect())
    };
    let cases = dir.get_dir(dir.path().join("cases")).map(texts).unwrap_or_default();
    Some(PackText { folder: id.to_owned(), files: texts(dir), cases, undecodable: Vec::new() })
}

fn from_folder(path: &Path) -> Result<PackText, RulesError> {
    let folder = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let cases = path.join("cases");
    let cases = if cases.is_dir() { toml_files(&cases)? } else { Vec::new() };
    Ok(PackText::decode(folder, toml_files(path)?, cases))
}

fn toml_files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, RulesError> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|_| path.extension().is_some_and(|end| end == "toml")) {
            let read = std::fs::read(&path);
            files.push((name.to_owned(), read.map_err(|source| RulesError::Unreadable { path: path.clone(), source })?));
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, RulesError> {
    let listed = std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
    listed.map_err(|source| RulesError::Unreadable { path: folder.to_owned(), source })
}

fn sorted(mut files: Vec<(String, String)>) -> Vec<(String, String)> {
    files.retain(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

impl PackText {
    /// A pack from the bytes of its files. A byte order mark is what an editor left behind, and is dropped.
    pub fn decode(folder: &str, files: Vec<(String, Vec<u8>)>, cases: Vec<(String, Vec<u8>)>) -> Self {
        let mut pack = Self { folder: folder.to_owned(), files: Vec::new(), cases: Vec::new(), undecodable: Vec::new() };
        let mut texts = |files: Vec<(String, Vec<u8>)>, prefix: &str| {
            let mut texts = Vec::with_capacity(files.len());
            for (name, bytes) in files {
                match std::str::from_utf8(&bytes) {
                    Ok(text) => texts.push((name, text.trim_start_matches('\u{feff}').to_owned())),
                    Err(error) => {
                        let text = String::from_utf8_lossy(&bytes);
                        let file = format!("{folder}/{prefix}{name}");
                        pack.undecodable.push(Fault::at(&file, &text, error.valid_up_to(), FaultKind::NotUtf8));
                    }
                }
            }
            sorted(texts)
        };
        let (files, cases) = (texts(files, ""), texts(cases, "cases/"));
        Self { files, cases, ..pack }
    }

    /// Everything in the pack, and every fault; no pack where it does not say who it is.
    pub fn compile(&self) -> (Option<Pack>, Vec<Fault>) {
        let mut faults = self.unknown_files();
        let told = self.info(&mut faults);
        let is_known = told.is_some();
        let info = told.unwrap_or_else(|| self.unknown_info());
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
        (is_known.then_some(pack), faults)
    }

    /// A pack.toml for a file by itself.
    fn stub(&self) -> String {
        format!("id = {:?}\nname = \"-\"\nname_zh = \"-\"\nversion = \"-\"\njurisdiction = \"-\"\n", self.folder)
    }

    /// Stands in for a pack.toml with faults, so that the other files are checked all the same.
    fn unknown_info(&self) -> PackInfo {
        let [name, name_zh, version, jurisdiction, notes] = std::array::from_fn(|_| "".into());
        PackInfo { id: self.folder.as_str().into(), name, name_zh, version, jurisdiction, notes, sha256: self.sha256() }
    }

    /// The ids of the rules of a kind; none where the file cannot be read, so that they are not known.
    fn rule_ids(&self, kind: Kind) -> Option<Vec<String>> {
        let name = file_name(kind);
        let Some(text) = self.text(&name) else {
            let label = self.label(&name);
            return self.undecodable.iter().all(|fault| fault.file != label).then(Vec::new);
        };
        let table: toml::Table = toml::from_str(text).ok()?;
        let rules = table.get("rule").and_then(toml::Value::as_array);
        Some(rules.into_iter().flatten().filter_map(|rule| Some(rule.get("id")?.as_str()?.to_owned())).collect())
    }

    /// The text of a rule file.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_str())
    }

    /// The names of all files with that of the pack before them.
    pub fn labels(&self) -> Vec<String> {
        let cases = self.cases.iter().map(|(name, _)| self.label(&format!("cases/{name}")));
        let undecodable = self.undecodable.iter().map(|fault| fault.file.clone());
        self.files.iter().map(|(name, _)| self.label(name)).chain(cases).chain(undecodable).collect()
    }

    pub fn label(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn unknown_files(&self) -> Vec<Fault> {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| file_name(*kind)).chain(["pack.toml".to_owned()]).collect();
        let unknown = self.files.iter().filter(|(name, _)| !known.contains(name));
        let mut faults: Vec<_> =
            unknown.map(|(name, _)| self.whole(name, FaultKind::UnknownFile { name: name.clone(), known: known.clone() })).collect();
        faults.extend(self.undecodable.iter().cloned());
        let is_told = |fault: &Fault| fault.file == self.label("pack.toml");
        if self.text("pack.toml").is_none() && !self.undecodable.iter().any(is_told) {
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
        let raw: Vec<R> = shape::read_rules(&mut file);
        check_unique(raw.iter().map(|rule| rule.head().id), &mut file);
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
            cases.extend(cases::read(&mut file, |kind| self.rule_ids(kind)));
            faults.append(&mut file.faults);
        }
        cases
    }
}

pub(super) fn file_name(kind: Kind) -> String {
    format!("{}.toml", kind.as_str())
}

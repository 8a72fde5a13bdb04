//! A whole job from the diagnoses of all files that an office has.
//!
//! **Invariant:** a draft that is complete is a job file that runs; what was decided without proof is in its list of doubts and in comments.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use super::entry::quoted;
use super::{Diagnosis, Entry, LayerDiagnosis, Problem};
use crate::model::{Coord, Lang, say::spoken};
use crate::read::Role;
use crate::read::job::Job;
use crate::say;

/// What a draft needs beside the files.
#[derive(Clone, Debug)]
pub struct JobSettings {
    /// Where the job file will stand.
    pub path: std::path::PathBuf,
    /// The date of the job where no table has a year.
    pub today: NaiveDate,
    /// Rule packs with the division (GB/T 2260) that they are for; empty for the whole country.
    pub packs: Vec<(String, String)>,
}

/// A job file in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The job file.
    pub text: String,
    /// What each file was taken for.
    pub uses: Vec<(String, String)>,
    /// What was not certain.
    pub unsure: Vec<String>,
    /// Whether the job runs as it is; otherwise something has to be filled in.
    pub is_complete: bool,
}

/// Makes a job from everything that was found; none where nothing can be the parcels.
#[must_use]
pub fn draft(diagnoses: &[Diagnosis], settings: &JobSettings) -> Option<Draft> {
    let mut chosen = Chosen::default();
    let mut layers: Vec<(&Diagnosis, &LayerDiagnosis)> = diagnoses.iter().flat_map(|d| d.layers.iter().map(move |l| (d, l))).collect();
    // The likeliest of several first; ties by name, so that the order of the arguments does not matter.
    layers.sort_by_key(|(d, l)| (std::cmp::Reverse(l.roles.first().map_or(0, |r| r.1)), d.file.clone(), l.survey.name.clone()));
    layers.iter().for_each(|(d, l)| chosen.take(d, l));
    let problems = diagnoses.iter().flat_map(|d| d.problems.iter().map(move |p| not_used(&d.file, &p.message)));
    chosen.unsure.extend(problems);
    let parcels = chosen.parcels.as_ref()?.1;
    let compute = compute_crs(parcels, &mut chosen.unsure);
    let (as_of, as_of_note) = as_of(&layers, settings, &mut chosen.unsure);
    let rules = rules(parcels, settings, &mut chosen.unsure);
    let name = settings.path.file_stem().map_or_else(|| "job".to_owned(), |s| s.to_string_lossy().into_owned());
    let rules = rules.iter().map(|r| quoted(r)).collect::<Vec<_>>().join(", ");
    // English is what a job without the key has.
    let lang = if spoken() == Lang::En { String::new() } else { format!("lang = {}\n", quoted(spoken().tag())) };
    let mut text = [
        say!("# Written by `mujun init`. `# not sure` marks what was decided without proof: read it, correct it, delete the mark."),
        format!("name = {}", quoted(&name)),
        format!("as_of = {as_of} # {as_of_note}"),
        format!("rules = [{rules}] # {}", say!("rule packs: `mujun rules list` has them all")),
        lang,
        "[crs]".to_owned(),
        format!(
            "compute = {} # {}",
            quoted(&compute),
            say!("a projected crs in metres; \"auto\" = the CGCS2000 3-degree zone of the parcels")
        ),
        String::new(),
        "[area]".to_owned(),
        format!("method = \"planar\" # {}", say!("or \"ellipsoidal\"")),
        format!(
            "legal = [\"registered\", \"geometric\"] # {}\n",
            say!("which area thresholds and per-mu figures use, the first that is known")
        ),
    ]
    .join("\n");
    let entries = chosen.entries();
    entries.iter().for_each(|entry| {
        text.push('\n');
        text.push_str(&entry.toml());
    });
    let mut unsure: Vec<String> = chosen.unsure.clone();
    unsure.extend(entries.iter().flat_map(|e| e.unsure.iter().map(|why| say!("{what}: {why}", what = e.paths.join(", "), why))));
    let is_complete = entries.iter().all(Entry::is_complete) && Job::parse(&text, Path::new(&settings.path), None).is_ok();
    Some(Draft { text, uses: chosen.uses, unsure, is_complete })
}

/// What is taken for what.
#[derive(Default)]
struct Chosen<'a> {
    parcels: Option<(Entry, &'a LayerDiagnosis)>,
    buildings: Option<Entry>,
    projects: Option<Entry>,
    zones: Vec<Entry>,
    tables: Vec<Entry>,
    uses: Vec<(String, String)>,
    unsure: Vec<String>,
}

impl<'a> Chosen<'a> {
    fn take(&mut self, diagnosis: &Diagnosis, layer: &'a LayerDiagnosis) {
        let place = match layer.survey.name.as_str() {
            "" => diagnosis.file.clone(),
            name if diagnosis.layers.len() > 1 => format!("{}, {name}", diagnosis.file),
            _ => diagnosis.file.clone(),
        };
        let Some((role, _, why)) = layer.roles.first() else {
            self.unsure.push(not_used(&place, &say!("what it is could not be worked out")));
            return;
        };
        for problem in layer.problems.iter().filter(|p| p.code == crate::model::Code::RoleUnclear) {
            let Problem { message, evidence, .. } = problem;
            self.unsure.push(say!("`{place}`: {message} ({evidence})", place, message, evidence));
        }
        if layer.survey.rows == 0 || layer.survey.damage.is_some() {
            let why = layer.survey.damage.clone().unwrap_or_else(|| say!("it has no rows"));
            self.unsure.push(not_used(&place, &why));
            return;
        }
        self.uses.push((place.clone(), say!("{what}: {why}", what = role.word(), why)));
        for entry in &layer.entries {
            if let Err(detail) = self.place(entry, layer) {
                self.unsure.push(not_used(&place, &detail));
                self.uses.retain(|(own, _)| *own != place);
            }
        }
    }

    /// Puts an entry where its role belongs, or says why not.
    fn place(&mut self, entry: &Entry, layer: &'a LayerDiagnosis) -> Result<(), String> {
        let second = |first: &Entry| {
            let (role, files) = (entry.role.word(), first.paths.join(", "));
            say!("it looks like {role} too, but differs from `{files}`", role, files)
        };
        match entry.role {
            Role::Parcels => match &mut self.parcels {
                None => self.parcels = Some((entry.clone(), layer)),
                Some((own, _)) if own.is_like(entry) => own.paths.extend(entry.paths.clone()),
                Some((own, _)) => return Err(second(own)),
            },
            Role::Buildings => one(&mut self.buildings, entry).map_err(second)?,
            Role::Projects => one(&mut self.projects, entry).map_err(second)?,
            Role::Enterprises => match self.tables.iter_mut().find(|t| t.is_like(entry)) {
                Some(own) => own.paths.extend(entry.paths.clone()),
                None => self.tables.push(entry.clone()),
            },
            Role::Zones => self.add_zones(entry),
            Role::Corrections | Role::Waivers => return Err(say!("a list of exceptions is named by whoever signs it")),
        }
        Ok(())
    }

    /// Zones of a kind that is there already are files of one layer, or get a kind of their own.
    fn add_zones(&mut self, entry: &Entry) {
        if let Some(own) = self.zones.iter_mut().find(|z| z.is_like(entry)) {
            own.paths.extend(entry.paths.clone());
            return;
        }
        let kind = entry.kind.clone().unwrap_or_else(|| "zone".into());
        let is_taken = |k: &str| self.zones.iter().any(|z| z.kind.as_deref() == Some(k));
        let free = (2..).map(|n| format!("{kind}_{n}"));
        let own = std::iter::once(kind.clone()).chain(free).find(|k| !is_taken(k)).unwrap_or(kind.clone());
        if own != kind {
            let files = entry.paths.join(", ");
            self.unsure.push(say!("{files}: a second layer of `{kind}` was called `{own}`", files, kind, own));
        }
        self.zones.push(Entry { kind: Some(own), ..entry.clone() });
    }

    /// All entries in the order of a job file, files in the order of their names.
    fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.parcels.iter().map(|(e, _)| e.clone()).chain(self.buildings.clone()).collect();
        let mut zones = self.zones.clone();
        zones.sort_by(|a, b| (&a.paths, &a.kind).cmp(&(&b.paths, &b.kind)));
        entries.extend(zones);
        entries.extend(self.projects.clone());
        let mut tables = self.tables.clone();
        tables.sort_by(|a, b| a.paths.cmp(&b.paths));
        entries.extend(tables);
        entries.iter_mut().for_each(|e| e.paths.sort());
        entries
    }
}

fn not_used(place: &str, why: &str) -> String {
    say!("`{place}` is not used: {why}", place, why)
}

/// Fills the place of a role that a job has once.
fn one<'p>(place: &'p mut Option<Entry>, entry: &Entry) -> Result<(), &'p Entry> {
    match place {
        None => *place = Some(entry.clone()),
        Some(own) if own.is_like(entry) => own.paths.extend(entry.paths.clone()),
        Some(own) => return Err(own),
    }
    Ok(())
}

/// The CRS to compute in: that of the parcels where it is fit, a zone of the place where it is not.
fn compute_crs(parcels: &LayerDiagnosis, unsure: &mut Vec<String>) -> String {
    let survey = &parcels.survey;
    if let Some(stated) = &parcels.crs {
        let is_projected = stated.definition != "EPSG:4490" && stated.definition != "EPSG:4326";
        let centre = survey.shapes.as_ref().and_then(crate::read::survey::ShapeSurvey::centre);
        return if is_projected { stated.definition.clone() } else { at(centre, unsure) };
    }
    let Some(crs) = &survey.crs else { return "auto".into() };
    let code = crs.gauss_kruger.and_then(|g| g.epsg()).map(|code| format!("EPSG:{code}")).or_else(|| crs.authority.clone());
    let is_fit = crs.is_projected && !crs.is_web_mercator && (crs.unit_m - 1.0).abs() < 1e-12;
    match code {
        Some(code) if is_fit => code,
        _ => at(crs.centre_deg, unsure),
    }
}

/// The zone of a place in degrees: of CGCS2000 in China, of UTM elsewhere.
fn at(place: Option<Coord>, unsure: &mut Vec<String>) -> String {
    /// Where the 3-degree zones 25 to 45 are.
    const ZONES_DEG: std::ops::RangeInclusive<f64> = 73.5..=136.5;
    match place {
        Some(c) if ZONES_DEG.contains(&c.x) && (3.0..=54.0).contains(&c.y) => "auto".into(),
        Some(c) if c.x.abs() <= 180.0 && c.y.abs() <= 84.0 => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 60")]
            let zone = (((c.x + 180.0) / 6.0).floor() as u32 + 1).min(60);
            let code = if c.y < 0.0 { 32700 } else { 32600 } + zone;
            unsure.push(say!("`crs.compute = \"EPSG:{code}\"` is the UTM zone of the parcels; the office may use another", code));
            format!("EPSG:{code}")
        }
        _ => "auto".into(),
    }
}

/// The last day of the last year of the tables, or today.
fn as_of(layers: &[(&Diagnosis, &LayerDiagnosis)], settings: &JobSettings, unsure: &mut Vec<String>) -> (NaiveDate, String) {
    let years =
        layers.iter().flat_map(|(_, l)| l.columns.iter().filter(|c| c.field.name == "year").filter_map(|c| l.survey.columns.get(c.column)));
    let last = years.flat_map(|c| c.cells.iter().flatten()).filter_map(|cell| match crate::read::cells::year(cell) {
        crate::read::cells::Cell::Value(year) => Some(year),
        _ => None,
    });
    #[expect(clippy::cast_possible_truncation, reason = "a year has four digits")]
    let last = last.fold(None, |most: Option<f64>, y| Some(most.map_or(y, |m| m.max(y)))).map(|y| y as i32);
    match last.and_then(|year| NaiveDate::from_ymd_opt(year, 12, 31)) {
        Some(day) => {
            unsure.push(say!("`as_of = {day}` is the end of the last year of the tables", day));
            (day, say!("every date rule uses this day; the end of the last year of the tables"))
        }
        None => {
            let day = settings.today;
            unsure.push(say!("`as_of = {day}` is the day on which this file was written", day));
            (day, say!("every date rule uses this day; the day on which this file was written"))
        }
    }
}

/// The packs for the division that most parcel codes begin with, the narrowest first.
fn rules(parcels: &LayerDiagnosis, settings: &JobSettings, unsure: &mut Vec<String>) -> Vec<String> {
    let column = parcels.columns.iter().find(|c| c.field.name == "parcel_id").and_then(|c| parcels.survey.columns.get(c.column));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for code in column.into_iter().flat_map(|c| c.cells.iter().flatten()) {
        if let Some(division) = code.trim().get(..6).filter(|d| d.bytes().all(|b| b.is_ascii_digit())) {
            *counts.entry(division).or_default() += 1;
        }
    }
    let division = counts.into_iter().max_by_key(|(_, n)| *n).map(|(division, _)| division);
    let significant = |j: &str| j.trim_end_matches("00").to_owned();
    let fits = |(_, own): &&(String, String)| {
        division.is_some_and(|d| !own.is_empty() && own.bytes().all(|b| b.is_ascii_digit()) && d.starts_with(&significant(own)))
    };
    let mut packs: Vec<&(String, String)> = settings.packs.iter().filter(fits).collect();
    packs.sort_by_key(|(id, own)| (std::cmp::Reverse(significant(own).len()), id.clone()));
    unsure.push(match (division, packs.is_empty()) {
        (Some(division), true) => {
            say!("no rule pack is for the division {division} of the parcel codes: name packs with `rules`", division)
        }
        (None, _) => say!("the parcel codes do not begin with a division: name rule packs with `rules`"),
        (Some(division), false) => say!("the rule packs are those for the division {division} of the parcel codes", division),
    });
    packs.into_iter().map(|(id, _)| id.clone()).collect()
}

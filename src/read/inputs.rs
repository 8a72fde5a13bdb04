//! All inputs of a job, read at once and brought into the compute CRS.
//!
//! **Invariant:** every feature of every layer is in the layer or in the rejects.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::crs::{self, Place};
use super::error::{ReadError, one_line};
use super::exceptions;
use super::fields::Role;
use super::geoparquet;
use super::job::{Job, LayerSpec};
use super::land_txt;
use super::paths::expand;
use super::rejects::Origin;
use super::table::{Table, has_wkt, is_parquet, is_text, is_workbook, read_table};
use super::vector::{self, RawLayer, Request};
use crate::model::{Code, Coord, Correction, Crs, Files, Finding, InputRecord, Layer, Rect, Reject, Source, Waiver, attributes_of};
use crate::say;
use records::{entry_records, hashes};

mod records;

/// Everything that a job reads.
#[derive(Debug)]
pub struct Inputs {
    /// The CRS of every layer here.
    pub crs: Crs,
    /// The parcels.
    pub parcels: Layer,
    /// The buildings.
    pub buildings: Buildings,
    /// The zones of each kind, in the order of the job.
    pub zones: Vec<(String, Layer)>,
    /// The redevelopment projects.
    pub projects: Option<Layer>,
    /// The enterprise tables in the order of the job.
    pub enterprises: Vec<Table>,
    /// Corrections of parcel attributes.
    pub corrections: Vec<Correction>,
    /// Waivers of findings.
    pub waivers: Vec<Waiver>,
    /// Features that could not be used.
    pub rejects: Vec<Reject>,
    /// The files that features came from.
    pub origins: Vec<Origin>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// What was read, for the manifest.
    pub records: Vec<InputRecord>,
}

/// What is known of buildings.
#[derive(Debug)]
pub enum Buildings {
    /// The job names none.
    Absent,
    /// Footprints.
    Footprints(Layer),
    /// Rows with declared areas, keyed by parcel.
    Declared(Table),
}

/// One entry of the job that is read.
struct Entry<'a> {
    role: Role,
    key: String,
    spec: &'a LayerSpec,
}

/// What an entry turned out to be.
enum Part {
    Layers(Vec<RawLayer>),
    Table(Table, Vec<Finding>),
}

/// Reads everything.
///
/// # Errors
/// The first entry in the order of the job that cannot be read, or a CRS that is missing or not fit for areas.
pub fn read(job: &Job) -> Result<Inputs, ReadError> {
    let entries = entries(job);
    let part = |entry: &Entry<'_>| match read_entry(entry, job).and_then(|part| not_empty(entry, part)) {
        // A list of exceptions begins and may end without any.
        Err(ReadError::Empty { .. }) if matches!(entry.role, Role::Corrections | Role::Waivers) => Ok(Part::Layers(Vec::new())),
        other => other,
    };
    let (parts, (records, named_crs)) = rayon::join(
        || entries.par_iter().map(part).collect::<Vec<_>>(),
        || rayon::join(|| hashes(&entries, job), || (job.crs.compute != "auto").then(|| compute_crs(job, &[], &[]))),
    );
    let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut hashes = records?;
    let crs = named_crs.unwrap_or_else(|| compute_crs(job, &entries, &parts))?;
    let mut records = Vec::new();
    let mut sorter = Sorter { crs: &crs, rejects: Vec::new(), origins: Vec::new(), findings: Vec::new() };
    let (mut parcels, mut buildings, mut projects) = (None, Buildings::Absent, None);
    let (mut corrections, mut waivers) = (Vec::new(), Vec::new());
    let (mut zones, mut enterprises, mut kinds) = (Vec::new(), Vec::new(), job.zones.iter().map(|z| z.kind.clone()));
    for (entry, part) in entries.iter().zip(parts) {
        records.extend(entry_records(entry, &part, &mut hashes));
        match (entry.role, part) {
            (Role::Parcels, Part::Layers(raw)) => parcels = Some(sorter.layer(entry, raw)?),
            (Role::Buildings, Part::Layers(raw)) => buildings = Buildings::Footprints(sorter.layer(entry, raw)?),
            (Role::Zones, Part::Layers(raw)) => zones.extend(kinds.next().zip(Some(sorter.layer(entry, raw)?))),
            (Role::Projects, Part::Layers(raw)) => projects = Some(sorter.layer(entry, raw)?),
            (Role::Buildings, Part::Table(table, findings)) => {
                sorter.findings.extend(findings);
                buildings = Buildings::Declared(table);
            }
            (Role::Corrections, Part::Table(table, findings)) => {
                sorter.findings.extend(findings);
                let (own, findings) = exceptions::corrections(&table, &entry.key)?;
                sorter.findings.extend(findings);
                corrections = own;
            }
            (Role::Waivers, Part::Table(table, findings)) => {
                sorter.findings.extend(findings);
                waivers = exceptions::waivers(&table);
            }
            (_, Part::Table(table, findings)) => {
                sorter.findings.extend(findings);
                enterprises.push(table);
            }
            (Role::Enterprises | Role::Corrections | Role::Waivers, Part::Layers(_)) => {}
        }
    }
    let parcels = parcels.ok_or_else(|| ReadError::Empty { file: String::new(), key: "parcels".into() })?;
    let Sorter { rejects, origins, mut findings, .. } = sorter;
    findings.extend(rejects.iter().map(finding_of));
    Ok(Inputs { parcels, buildings, zones, projects, enterprises, corrections, waivers, rejects, origins, findings, records, crs })
}

fn finding_of(reject: &Reject) -> Finding {
    let finding = Finding::new(reject.code, &reject.source, reject.reason.clone())
        .at_row(reject.row)
        .hint(say!("mend the feature in the source; it is in `rejects.gpkg` as it came"));
    match &reject.id {
        Some(id) => finding.of(id.clone()),
        None => finding,
    }
}

fn entries(job: &Job) -> Vec<Entry<'_>> {
    let mut entries = vec![Entry { role: Role::Parcels, key: "parcels".into(), spec: &job.parcels }];
    entries.extend(job.buildings.iter().map(|spec| Entry { role: Role::Buildings, key: "buildings".into(), spec }));
    entries.extend(job.zones.iter().enumerate().map(|(i, z)| Entry { role: Role::Zones, key: format!("zones[{i}]"), spec: &z.layer }));
    entries.extend(job.projects.iter().map(|spec| Entry { role: Role::Projects, key: "projects".into(), spec }));
    entries.extend(job.tables.iter().enumerate().map(|(i, t)| Entry {
        role: Role::Enterprises,
        key: format!("tables[{i}]"),
        spec: &t.layer,
    }));
    entries.extend(job.corrections.iter().map(|spec| Entry { role: Role::Corrections, key: "corrections".into(), spec }));
    entries.extend(job.waivers.iter().map(|spec| Entry { role: Role::Waivers, key: "waivers".into(), spec }));
    entries
}

/// A layer or a table, by what the role allows and what the file holds.
fn read_entry(entry: &Entry<'_>, job: &Job) -> Result<Part, ReadError> {
    let files = expand(entry.spec, &job.dir, &entry.key)?;
    let first = files.first().map(|f| f.path.as_path());
    let must_be_table = matches!(entry.role, Role::Enterprises | Role::Corrections | Role::Waivers);
    let may_be_table = must_be_table || entry.role == Role::Buildings;
    let is_table = may_be_table
        && first.is_some_and(|f| {
            let is_kind = (is_text(f) && !land_txt::is_layer(f)) || is_workbook(f) || is_parquet(f);
            is_kind && (must_be_table || !(has_wkt(f) || (is_parquet(f) && geoparquet::has_geometry(f))))
        });
    if is_table {
        let (table, findings) = read_table(entry.spec, entry.role, &job.dir, &entry.key)?;
        return Ok(Part::Table(table, findings));
    }
    let layers: Result<Vec<RawLayer>, ReadError> = files
        .par_iter()
        .map(|input| {
            let as_table = must_be_table;
            let request = Request { input, spec: entry.spec, role: entry.role, key: &entry.key, as_table };
            match input.path.as_path() {
                path if is_parquet(path) => geoparquet::read_file(request),
                path if land_txt::is_layer(path) => land_txt::read_file(request),
                _ => vector::read_file(request),
            }
        })
        .collect();
    let layers = layers?;
    match layers.iter().position(|l| l.is_table != layers.first().is_some_and(|f| f.is_table)) {
        Some(other) => Err(mixed(layers.get(other), &entry.key)),
        None if layers.iter().any(|l| l.is_table) => table_of(layers, &entry.key),
        None => Ok(Part::Layers(layers)),
    }
}

/// The part, unless nothing meets its condition or nothing is where zones are needed: then every parcel would be outside, without a word.
/// A layer of projects or buildings may be empty.
fn not_empty(entry: &Entry<'_>, part: Part) -> Result<Part, ReadError> {
    let is_empty = match &part {
        Part::Layers(layers) => layers.iter().all(|l| l.rows.is_empty() && l.rejects.is_empty()),
        Part::Table(table, _) => table.rows.is_empty(),
    };
    let key = match entry.spec.where_sql {
        Some(_) => "where",
        None => "path",
    };
    let must_have_rows = entry.spec.where_sql.is_some() || matches!(entry.role, Role::Parcels | Role::Zones);
    if is_empty && must_have_rows {
        return Err(ReadError::Empty { file: entry.spec.paths.join(", "), key: format!("{}.{key}", entry.key) });
    }
    Ok(part)
}

/// The refusal of a layer beside tables, or of a table beside layers.
fn mixed(other: Option<&RawLayer>, key: &str) -> ReadError {
    let (table, polygons) = (say!("rows without geometry"), say!("polygons"));
    let (found, wanted) = if other.is_some_and(|l| l.is_table) { (table, polygons) } else { (polygons, table) };
    let file = other.map(|l| l.source.file.to_string()).unwrap_or_default();
    ReadError::GeometryKind { file, key: format!("{key}.path"), wanted, found }
}

/// Layers without geometry as one table.
fn table_of(layers: Vec<RawLayer>, key: &str) -> Result<Part, ReadError> {
    let mut findings = Vec::new();
    let mut joined: Option<Table> = None;
    for layer in layers {
        findings.extend(layer.findings);
        match &mut joined {
            None => {
                joined =
                    Some(Table { frame: layer.attributes, rows: layer.rows, parts: vec![(0, layer.source.clone())], source: layer.source })
            }
            Some(table) => {
                stack(&mut table.frame, &layer.attributes, &table.source, key)?;
                table.parts.push((table.rows.len(), layer.source));
                table.rows.extend(layer.rows);
            }
        }
    }
    let table = joined.ok_or_else(|| ReadError::Empty { file: String::new(), key: key.into() })?;
    Ok(Part::Table(table, findings))
}

fn stack(frame: &mut DataFrame, more: &DataFrame, source: &Source, key: &str) -> Result<(), ReadError> {
    frame.vstack_mut(more).map(|_| ()).map_err(|e| ReadError::Internal {
        file: source.file.to_string(),
        key: key.into(),
        detail: one_line(&e.to_string()),
    })
}

/// The compute CRS of the job; `auto` looks at the parcels.
fn compute_crs(job: &Job, entries: &[Entry<'_>], parts: &[Part]) -> Result<Crs, ReadError> {
    let parcels = entries.iter().zip(parts).find_map(|(e, p)| match (e.role, p) {
        (Role::Parcels, Part::Layers(layers)) => Some((e, layers)),
        _ => None,
    });
    let centre = || {
        let (entry, layers) = parcels?;
        let mut centres: BTreeMap<&str, Vec<Coord>> = BTreeMap::new();
        for layer in layers {
            let own = centres.entry(entry.spec.crs.as_deref().or(layer.crs.as_deref())?).or_default();
            own.extend(layer.geometry.bounds().iter().map(Rect::centre).filter(|c| c.x.is_finite() && c.y.is_finite()));
        }
        centres.retain(|_, own| !own.is_empty());
        crs::median_deg(centres)
    };
    if job.crs.compute == "auto"
        && let Some((entry, layers)) = parcels
    {
        for layer in layers {
            layer_crs(entry, layer)?;
        }
    }
    crs::compute_crs(&job.crs.compute, centre, Place { file: &job.file, key: "crs.compute" })
}

/// The CRS that a layer is in: the job's word before the file's.
fn layer_crs<'a>(entry: &'a Entry<'_>, layer: &'a RawLayer) -> Result<&'a str, ReadError> {
    let carried = layer.crs.as_deref();
    entry
        .spec
        .crs
        .as_deref()
        .or(carried)
        .ok_or_else(|| ReadError::CrsMissing { file: layer.source.file.to_string(), key: format!("{}.crs", entry.key) })
}

/// Brings layers into the compute CRS and keeps what was noticed.
struct Sorter<'a> {
    crs: &'a Crs,
    rejects: Vec<Reject>,
    origins: Vec<Origin>,
    findings: Vec<Finding>,
}

impl Sorter<'_> {
    /// One layer from the files of an entry.
    fn layer(&mut self, entry: &Entry<'_>, raw: Vec<RawLayer>) -> Result<Layer, ReadError> {
        let mut joined: Option<Layer> = None;
        for mut layer in raw {
            self.findings.append(&mut layer.findings);
            self.project(entry, &mut layer)?;
            self.rejects.append(&mut layer.rejects);
            match &mut joined {
                None => {
                    let RawLayer { source, geometry, attributes, rows, .. } = layer;
                    joined = Some(Layer { source, files: Files::default(), geometry, attributes, rows });
                }
                Some(own) => {
                    let coordinates = own.geometry.coord_count() + layer.geometry.coord_count();
                    ReadError::if_too_large(coordinates, &layer.source.file, &entry.key)?;
                    own.geometry.append(&layer.geometry);
                    stack(&mut own.attributes, &layer.attributes, &own.source, &entry.key)?;
                    own.begin_file(layer.source, layer.rows.len());
                    own.rows.extend(layer.rows);
                }
            }
        }
        joined.ok_or_else(|| ReadError::Empty { file: String::new(), key: entry.key.clone() })
    }

    fn project(&mut self, entry: &Entry<'_>, layer: &mut RawLayer) -> Result<(), ReadError> {
        let definition = layer_crs(entry, layer)?.to_owned();
        self.origins.push(Origin {
            role: entry.role.as_str(),
            source: layer.source.clone(),
            path: layer.path.clone(),
            key: entry.key.clone(),
            encoding: entry.spec.encoding.clone(),
            crs: definition.clone(),
        });
        let place = |crs: &'static str| format!("{}.{crs}", entry.key);
        let file = layer.source.file.to_string();
        let from = crs::parse(&definition, Place { file: &file, key: &place("crs") })?;
        self.note_crs(entry, layer, &from);
        let to = crs::parse(&self.crs.projjson, Place { file: &file, key: "crs.compute" })?;
        if crs::same(&from, &to) {
            return Ok(());
        }
        crs::has_way(&definition, &self.crs.projjson).map_err(|why| ReadError::CrsUnknown {
            file: file.clone(),
            key: place("crs"),
            crs: from.name().unwrap_or_default(),
            detail: say!("there is no way from it to {to}: {why}", to = self.crs.name, why),
        })?;
        let message = say!("projected from {from} to {to}", from = from.name().unwrap_or_default(), to = self.crs.name);
        self.findings.push(match crs::datum_shift(&from, &to) {
            None => Finding::new(Code::CrsReprojected, &layer.source, message),
            Some((own, other)) => {
                let message = say!(
                    "{message}, from the datum of `{own}` to that of `{other}`; the shift may be a null or ballpark one",
                    message,
                    own,
                    other
                );
                Finding::new(Code::CrsDatumShift, &layer.source, message).hint(say!(
                    "compare the layer with known points; if it is out of place, convert it to the compute crs with an official shift"
                ))
            }
        });
        if crs::project(&mut layer.geometry, &definition, &self.crs.projjson).is_err() {
            self.project_one_by_one(entry, layer, &definition)?;
        }
        Ok(())
    }

    fn note_crs(&mut self, entry: &Entry<'_>, layer: &RawLayer, used: &gdal::spatial_ref::SpatialRef) {
        let Some(given) = &entry.spec.crs else { return };
        let used = used.name().unwrap_or_else(|| given.clone());
        match layer.crs.as_deref().map(gdal::spatial_ref::SpatialRef::from_definition) {
            Some(Ok(carried))
                if !crs::same(&carried, &gdal::spatial_ref::SpatialRef::from_definition(given).unwrap_or(carried.clone())) =>
            {
                let message = say!(
                    "the layer says {carried}, the job says {used}; the job's was used",
                    carried = carried.name().unwrap_or_default(),
                    used
                );
                self.findings.push(
                    Finding::new(Code::CrsOverridden, &layer.source, message)
                        .hint(say!("remove `crs` from the job file if the layer is right")),
                );
            }
            Some(_) => {}
            None => self.findings.push(Finding::new(
                Code::CrsAssumed,
                &layer.source,
                say!("the layer carries no crs; {used} was used, as the job says", used),
            )),
        }
    }

    /// Rejects the features that have no place in the compute CRS and projects the others.
    fn project_one_by_one(&mut self, entry: &Entry<'_>, layer: &mut RawLayer, from: &str) -> Result<(), ReadError> {
        let file = layer.source.file.to_string();
        let internal = |detail: &str| ReadError::Internal { file: file.clone(), key: entry.key.clone(), detail: one_line(detail) };
        let mut kept: Vec<u32> = Vec::new();
        for (row, (number, reason)) in (0..).zip(crs::unplaced(&layer.geometry, from, &self.crs.projjson)).enumerate() {
            match reason {
                None => kept.push(number),
                Some(reason) => layer.rejects.push(reject(layer, entry.role, row, Code::GeometryNotProjected, reason)),
            }
        }
        layer.geometry = layer.geometry.take(&kept);
        layer.rows = kept.iter().filter_map(|&r| layer.rows.get(r as usize).copied()).collect();
        let index = polars::prelude::IdxCa::from_vec("".into(), kept);
        layer.attributes = layer.attributes.take(&index).map_err(|e| internal(&e.to_string()))?;
        crs::project(&mut layer.geometry, from, &self.crs.projjson).map_err(|e| internal(&e))
    }
}

fn reject(layer: &RawLayer, role: Role, row: usize, code: Code, reason: String) -> Reject {
    let (id, attributes) = attributes_of(&layer.attributes, row);
    Reject {
        source: layer.source.clone(),
        role: role.as_str(),
        row: layer.rows.get(row).copied().unwrap_or_default(),
        id,
        code,
        reason,
        area_m2: None,
        wkb: None,
        crs: 0,
        attributes,
    }
}

#[cfg(test)]
mod tests;

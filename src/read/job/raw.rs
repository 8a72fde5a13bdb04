//! The job file as TOML: the structs that serde fills and the schema is made from, and the checks that types cannot express.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    AreaMethod, AreaSpec, CrsSpec, Duplicates, FieldSpec, Figures, Job, LayerSpec, LegalArea, StopSpec, TableKind, TableSpec, ValidateSpec,
    ZoneSpec, is_kind,
};
use crate::model::{CoverageLimits, Lang, OutputFormat, Unit};
use crate::read::error::{did_you_mean, list};
use crate::read::fields::{Role, catalogue};
use crate::read::paths::is_local;
use crate::read::toml_faults::{Fault, Step, Tree};
use crate::say;

/// The JSON Schema of a job file.
#[must_use]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(RawJob)
}

/// A job of mujun: inputs, rules and outputs of one inventory.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mujun job")]
pub(super) struct RawJob {
    /// The name of the job; the stem of its file where absent.
    name: Option<String>,
    /// The date that every date rule uses, never the clock.
    #[serde(default, deserialize_with = "date")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    as_of: Option<NaiveDate>,
    /// Rule packs: ids of built-in packs or paths. For each kind of rule the first pack that defines it counts.
    #[serde(default)]
    rules: Vec<String>,
    /// The pack to use for a kind of rule: grading = "huangyan-2022".
    #[serde(default)]
    rules_for: BTreeMap<String, String>,
    /// The run directory, relative to the job file; `out/<name>` where absent.
    output: Option<String>,
    /// What to write beside the tables; geojson, gpkg and geoparquet where absent.
    formats: Option<Vec<OutputFormat>>,
    /// The language of headings, aliases and words in the results; en where absent.
    lang: Option<Lang>,
    /// Where areas are computed.
    #[serde(default)]
    crs: RawCrs,
    /// Which areas count.
    #[serde(default)]
    area: RawArea,
    /// What a repair of an invalid polygon may do.
    #[serde(default)]
    validate: RawValidate,
    /// What counts as a fault where parcels meet.
    #[serde(default)]
    coverage: RawCoverage,
    /// The parcels.
    parcels: RawLayer,
    /// The buildings.
    buildings: Option<RawLayer>,
    /// The zone layers.
    #[serde(default)]
    zones: Vec<RawZone>,
    /// Redevelopment projects: polygons with `project_id`.
    projects: Option<RawProjects>,
    /// Attribute tables.
    #[serde(default)]
    tables: Vec<RawTable>,
    /// What stops a run: largest shares of data that cannot be used.
    #[serde(default)]
    stop: RawStop,
    /// Corrections of parcel attributes: rows of `parcel_id`, `field`, `old_value`, `new_value`, `reason`, `by` and `expires`.
    corrections: Option<RawList>,
    /// Waivers of findings: rows of `code`, `feature_id`, `field`, `value`, `reason`, `by` and `expires`.
    waivers: Option<RawList>,
}

/// Where areas are computed.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawCrs {
    /// A projected CRS in metres, or "auto": the CGCS2000 3-degree zone of the median of the parcels' centres.
    compute: Option<String>,
}

/// Which areas count.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawArea {
    /// How geometry is measured; planar where absent.
    method: Option<AreaMethod>,
    /// Which area legal thresholds and per-mu figures use, the first known one first; registered, then geometric where absent.
    legal: Option<Vec<LegalArea>>,
}

/// The largest shares, from 0 to 1, of data that cannot be used; a run with more of them ends with exit 1 and without results.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawStop {
    /// Of the features of each layer, those that were rejected.
    #[schemars(range(min = 0, max = 1))]
    max_rejects_share: Option<f64>,
    /// Of the ground of all parcels, that of the rejected ones, as far as it can be measured.
    #[schemars(range(min = 0, max = 1))]
    max_rejected_area_share: Option<f64>,
    /// Of the enterprise rows of the years that count, those whose parcel is not in the inventory.
    #[schemars(range(min = 0, max = 1))]
    max_unmatched_rows_share: Option<f64>,
}

impl RawStop {
    const fn shares(self) -> [(&'static str, Option<f64>); 3] {
        [
            ("max_rejects_share", self.max_rejects_share),
            ("max_rejected_area_share", self.max_rejected_area_share),
            ("max_unmatched_rows_share", self.max_unmatched_rows_share),
        ]
    }
}

/// What a repair of an invalid polygon may do; above the greater of the two limits the feature is rejected as it came.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawValidate {
    /// Ground that a repair may decide on, in m²: where the non-zero and the even-odd reading of the rings differ; 1 where absent.
    #[schemars(range(min = 0.0))]
    repair_max_area_change_m2: Option<f64>,
    /// The same as a share of the area after the repair; 0.001 where absent.
    #[schemars(range(min = 0.0))]
    repair_max_area_change_share: Option<f64>,
}

impl RawValidate {
    /// The limits by key.
    fn limits(&self) -> [(&'static str, Option<f64>); 2] {
        [("repair_max_area_change_m2", self.repair_max_area_change_m2), ("repair_max_area_change_share", self.repair_max_area_change_share)]
    }
}

/// What counts as a fault where parcels meet.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawCoverage {
    /// Whether overlaps, gaps and unlike boundaries are looked for; true where absent.
    check: Option<bool>,
    /// Common ground below this is none, m²; 0.1 where absent.
    #[schemars(range(min = 0))]
    min_overlap_m2: Option<f64>,
    /// Common ground narrower than this is none, m; 0.01 where absent.
    #[schemars(range(min = 0))]
    min_overlap_width_m: Option<f64>,
    /// Gaps below this are none, m²; 0.1 where absent.
    #[schemars(range(min = 0))]
    min_gap_m2: Option<f64>,
    /// Gaps above this are meant, m²; 100 where absent.
    #[schemars(range(min = 0))]
    max_gap_m2: Option<f64>,
    /// Gaps wider than this are meant, m; 1 where absent.
    #[schemars(range(min = 0))]
    max_gap_width_m: Option<f64>,
    /// Corners this near to one another, or to an edge, are meant to be one, m; 0.01 where absent.
    #[schemars(range(min = 0, max = 1))]
    snap_m: Option<f64>,
    /// Parcels that each share more than this part of their ground are one drawn twice; 0.95 where absent.
    #[schemars(range(min = 0, max = 1))]
    near_duplicate_share: Option<f64>,
}

impl RawCoverage {
    /// The numbers with their names and the greatest value that makes sense.
    fn numbers(&self) -> [(&'static str, Option<f64>, f64); 7] {
        [
            ("min_overlap_m2", self.min_overlap_m2, f64::MAX),
            ("min_overlap_width_m", self.min_overlap_width_m, f64::MAX),
            ("min_gap_m2", self.min_gap_m2, f64::MAX),
            ("max_gap_m2", self.max_gap_m2, f64::MAX),
            ("max_gap_width_m", self.max_gap_width_m, f64::MAX),
            ("snap_m", self.snap_m, 1.0),
            ("near_duplicate_share", self.near_duplicate_share, 1.0),
        ]
    }

    fn spec(&self) -> Option<CoverageLimits> {
        let usual = CoverageLimits::default();
        self.check.unwrap_or(true).then(|| CoverageLimits {
            min_overlap_m2: self.min_overlap_m2.unwrap_or(usual.min_overlap_m2),
            min_overlap_width_m: self.min_overlap_width_m.unwrap_or(usual.min_overlap_width_m),
            min_gap_m2: self.min_gap_m2.unwrap_or(usual.min_gap_m2),
            max_gap_m2: self.max_gap_m2.unwrap_or(usual.max_gap_m2),
            max_gap_width_m: self.max_gap_width_m.unwrap_or(usual.max_gap_width_m),
            snap_m: self.snap_m.unwrap_or(usual.snap_m),
            near_duplicate_share: self.near_duplicate_share.unwrap_or(usual.near_duplicate_share),
        })
    }
}

macro_rules! layer {
    ($(#[$doc:meta])* $name:ident { $($(#[$extra_doc:meta])* $extra:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$extra_doc])* $extra: $kind,)*
            /// A file or a directory, or several, relative to the job file; read as one layer.
            #[serde(deserialize_with = "paths")]
            #[schemars(with = "OneOrMore")]
            path: Vec<String>,
            /// The layer or sheet; optional where there is one.
            layer: Option<String>,
            /// The CRS, only where the file carries none or a wrong one.
            crs: Option<String>,
            /// The text encoding, only where the file carries none or a wrong one.
            encoding: Option<String>,
            /// A SQL condition over columns that rows must meet.
            r#where: Option<String>,
            /// Source columns by canonical field; known names are recognised without it.
            #[serde(default)]
            fields: BTreeMap<String, RawField>,
            /// The name of the partition in folder names such as `county=310114`.
            partition: Option<String>,
        }

        impl $name {
            fn layer(self) -> LayerSpec {
                let fields = self.fields.into_iter().map(|(name, field)| (name, field.0)).collect();
                LayerSpec {
                    paths: self.path,
                    layer: self.layer,
                    crs: self.crs,
                    encoding: self.encoding,
                    where_sql: self.r#where,
                    fields,
                    duplicates: Duplicates::default(),
                    partition: self.partition,
                }
            }

            fn names(&self, role: Role) -> Names<'_> {
                Names { role, paths: &self.path, fields: self.fields.keys().collect() }
            }
        }
    };
}

layer! {
    /// A layer of features with identifiers.
    RawLayer {
        /// What happens to features that share an identifier and differ; reject where absent.
        #[serde(default)]
        duplicates: Duplicates,
    }
}
layer! {
    /// A layer of redevelopment projects.
    RawProjects {}
}
layer! {
    /// A list of exceptions that somebody has signed.
    RawList {}
}
layer! {
    /// A zone layer.
    RawZone {
        /// town_boundary, strategic_reserve, industrial_block or any other name that can be part of a column name.
        #[schemars(regex(pattern = "^[a-z][a-z0-9_]*$"))]
        kind: String,
    }
}
layer! {
    /// An attribute table.
    RawTable {
        /// What its rows are.
        kind: TableKind,
        /// Whose figures a row holds: the enterprise's, repeated on each of its rows (where absent), or the row's parcel's.
        #[serde(default)]
        figures: Figures,
    }
}

impl RawLayer {
    fn identified(self) -> LayerSpec {
        let duplicates = self.duplicates;
        LayerSpec { duplicates, ..self.layer() }
    }
}

/// One path or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// A source column: its name, or its name and unit.
struct RawField(FieldSpec);

/// The schema of [`RawField`].
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawFieldTable {
    /// The source column.
    column: String,
    /// Its unit.
    unit: Option<Unit>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum FieldSchema {
    Name(String),
    Table(RawFieldTable),
}

impl JsonSchema for RawField {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        FieldSchema::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for RawField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = RawField;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&say!("a column name or a table of `column` and `unit`"))
            }

            fn visit_str<E: serde::de::Error>(self, column: &str) -> Result<RawField, E> {
                Ok(RawField(FieldSpec { column: column.to_owned(), unit: None }))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<RawField, A::Error> {
                let table = RawFieldTable::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(RawField(FieldSpec { column: table.column, unit: table.unit }))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    let text = match &value {
        toml::Value::Datetime(datetime) => datetime.to_string(),
        toml::Value::String(text) => text.clone(),
        _ => String::new(),
    };
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(Some).map_err(|_| D::Error::custom(say!("expected a date such as 2025-12-31")))
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wrong = || D::Error::custom(say!("expected a path or an array of paths"));
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(path) if !path.is_empty() => Ok(vec![path]),
        toml::Value::Array(items) if !items.is_empty() => items
            .into_iter()
            .map(|item| item.as_str().filter(|s| !s.is_empty()).map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// Values that stand in for required keys while the rest is checked.
pub(super) const PLACEHOLDERS: &[(&str, &str)] =
    &[("parcels", "{ path = 'x' }"), ("path", "'x'"), ("kind", "'enterprises'"), ("column", "'x'")];

/// What is checked of one layer.
struct Names<'a> {
    role: Role,
    paths: &'a [String],
    fields: Vec<&'a String>,
}

/// The faults that the types let pass.
pub(super) fn check(job: &RawJob, tree: &Tree<'_>, as_of: Option<NaiveDate>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if job.as_of.or(as_of).is_none() && !tree.has("as_of") {
        let hint = say!("add `as_of = 2025-12-31` (the clock is never used), or give `--as-of`");
        faults.push(tree.fault_at(&[], say!("key `{name}` is missing", name = "as_of"), hint));
    }
    for (key, share) in job.stop.shares() {
        if let Some(share) = share.filter(|share| !(0.0..=1.0).contains(share)) {
            let path = [Step::Key("stop"), Step::Key(key)];
            faults.push(tree.fault_at(&path, say!("`{key}` = {share} is not from 0 to 1", key, share), say!("0.05 stands for 5 %")));
        }
    }
    for (key, limit) in job.validate.limits().into_iter().filter(|(_, limit)| limit.is_some_and(|v| v.is_nan() || v < 0.0)) {
        let message = say!("`{key}` is {limit}, not a number from 0 on", key, limit = limit.unwrap_or_default());
        let hint = say!("0 repairs only what is beyond doubt, `inf` repairs everything");
        faults.push(tree.fault_at(&[Step::Key("validate"), Step::Key(key)], message, hint));
    }
    for (path, names) in layers(job) {
        check_layer(&path, &names, tree, &mut faults);
    }
    for (key, value, most) in job.coverage.numbers() {
        if let Some(value) = value.filter(|value| !(0.0..=most).contains(value)) {
            let hint = if most > 1.0 { say!("give 0 or more") } else { say!("give a number from 0 to {most}", most) };
            faults.push(tree.fault_at(&[Step::Key("coverage"), Step::Key(key)], say!("`{key}` cannot be {value}", key, value), hint));
        }
    }
    for (i, zone) in job.zones.iter().enumerate().filter(|(_, z)| !is_kind(&z.kind)) {
        let path = [Step::Key("zones"), Step::Index(i), Step::Key("kind")];
        let hint = say!("start with a small letter, then small letters, digits and `_`: it becomes part of column names");
        faults.push(tree.fault_at(&path, say!("zone kind `{kind}` cannot be part of a column name", kind = zone.kind), hint));
    }
    let repeated = |i: usize, kind: &str| job.zones.iter().take(i).any(|z| z.kind == kind);
    for (i, zone) in job.zones.iter().enumerate().filter(|(i, z)| is_kind(&z.kind) && repeated(*i, &z.kind)) {
        let path = [Step::Key("zones"), Step::Index(i), Step::Key("kind")];
        let hint = say!("give the files of one kind as one list: `path = [\"a.gpkg\", \"b.gpkg\"]`");
        faults.push(tree.fault_at(&path, say!("kind `{kind}` stands twice", kind = zone.kind), hint));
    }
    faults
}

fn layers(job: &RawJob) -> Vec<(Vec<Step<'static>>, Names<'_>)> {
    let mut layers = vec![(vec![Step::Key("parcels")], job.parcels.names(Role::Parcels))];
    layers.extend(job.buildings.iter().map(|l| (vec![Step::Key("buildings")], l.names(Role::Buildings))));
    layers.extend(job.zones.iter().enumerate().map(|(i, z)| (vec![Step::Key("zones"), Step::Index(i)], z.names(Role::Zones))));
    layers.extend(job.projects.iter().map(|l| (vec![Step::Key("projects")], l.names(Role::Projects))));
    layers.extend(job.tables.iter().enumerate().map(|(i, t)| (vec![Step::Key("tables"), Step::Index(i)], t.names(Role::Enterprises))));
    layers.extend(job.corrections.iter().map(|l| (vec![Step::Key("corrections")], l.names(Role::Corrections))));
    layers.extend(job.waivers.iter().map(|l| (vec![Step::Key("waivers")], l.names(Role::Waivers))));
    layers
}

fn check_layer(path: &[Step<'static>], names: &Names<'_>, tree: &Tree<'_>, faults: &mut Vec<Fault>) {
    for wrong in names.paths.iter().filter(|p| !is_local(p)) {
        let place = [path, &[Step::Key("path")]].concat();
        let hint = say!("copy the data to a local folder and name that; no input is read over a network");
        faults.push(tree.fault_at(&place, say!("`{wrong}` is not a path on this machine", wrong), hint));
    }
    let known: Vec<String> = catalogue(names.role).iter().map(|f| f.name.clone()).collect();
    for wrong in names.fields.iter().filter(|f| !known.contains(f)) {
        let place = [path, &[Step::Key("fields")]].concat();
        let hint = match did_you_mean(wrong, known.iter().map(String::as_str)) {
            Some(meant) => say!("did you mean `{meant}`?", meant),
            None => say!("the fields are {fields}", fields = list(&known)),
        };
        let message = say!("{role} have no field `{field}`", role = names.role.word(), field = wrong);
        faults.push(tree.fault_at_key(&place, wrong, message, hint));
    }
}

impl RawJob {
    /// The job, once [`check`] found nothing. `as_of` wins over the file's own date.
    pub(super) fn into_job(self, text: &str, path: &Path, as_of: Option<NaiveDate>) -> Option<Job> {
        let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
        let stem = path.file_stem().map_or_else(|| "job".into(), |s| s.to_string_lossy().into_owned());
        let name = self.name.unwrap_or(stem);
        Some(Job {
            as_of: as_of.or(self.as_of)?,
            rules: self.rules,
            rules_for: self.rules_for,
            output: dir.join(self.output.unwrap_or_else(|| format!("out/{name}"))),
            formats: self.formats.unwrap_or_else(|| vec![OutputFormat::GeoJson, OutputFormat::Gpkg, OutputFormat::GeoParquet]),
            lang: self.lang.unwrap_or_default(),
            crs: CrsSpec { compute: self.crs.compute.unwrap_or_else(|| "auto".into()) },
            area: AreaSpec {
                method: self.area.method.unwrap_or(AreaMethod::Planar),
                legal: self.area.legal.unwrap_or_else(|| vec![LegalArea::Registered, LegalArea::Geometric]),
            },
            validate: ValidateSpec {
                repair_max_area_change_m2: self.validate.repair_max_area_change_m2.unwrap_or(1.0),
                repair_max_area_change_share: self.validate.repair_max_area_change_share.unwrap_or(0.001),
            },
            coverage: self.coverage.spec(),
            parcels: self.parcels.identified(),
            buildings: self.buildings.map(RawLayer::identified),
            zones: self.zones.into_iter().map(|z| ZoneSpec { kind: z.kind.clone(), layer: z.layer() }).collect(),
            projects: self.projects.map(RawProjects::layer),
            tables: self.tables.into_iter().map(|t| TableSpec { kind: t.kind, figures: t.figures, layer: t.layer() }).collect(),
            stop: StopSpec {
                max_rejects_share: self.stop.max_rejects_share,
                max_rejected_area_share: self.stop.max_rejected_area_share,
                max_unmatched_rows_share: self.stop.max_unmatched_rows_share,
            },
            corrections: self.corrections.map(RawList::layer),
            waivers: self.waivers.map(RawList::layer),
            dir,
            file: path.display().to_string(),
            text: text.to_owned(),
            name,
        })
    }
}

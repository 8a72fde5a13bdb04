//! The job file: what the user asks for, checked once and typed.
//!
//! All faults of a file are reported together, each with line, column, a caret and the name that was probably meant. Refused here: unknown keys,
//! unknown fields and units, network paths, zone kinds that cannot be column names.
//!
//! **Invariant:** a [`Job`] holds what its file says and nothing from clock, environment or network.

mod raw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::error::ReadError;
use super::toml_faults::{Fault, decode};
use crate::model::{CoverageLimits, Lang, OutputFormat, Unit};
use crate::say;

pub use raw::schema;

/// A checked job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The name; the stem of the job file where it gives none.
    pub name: String,
    /// The date of every date rule.
    pub as_of: NaiveDate,
    /// Rule packs: ids or paths, in order of precedence.
    pub rules: Vec<String>,
    /// The pack for a kind of rule, where it is not the first that has it.
    pub rules_for: BTreeMap<String, String>,
    /// The run directory, resolved against the folder of the job file.
    pub output: PathBuf,
    /// What to write beside the tables.
    pub formats: Vec<OutputFormat>,
    /// The language of headings, aliases and words in the results.
    pub lang: Lang,
    /// Where areas are computed.
    pub crs: CrsSpec,
    /// Which areas count.
    pub area: AreaSpec,
    /// What a repair may do.
    pub validate: ValidateSpec,
    /// What counts as a fault of the coverage; none where it is not looked for.
    pub coverage: Option<CoverageLimits>,
    /// The parcels.
    pub parcels: LayerSpec,
    /// The buildings, if there are any.
    pub buildings: Option<LayerSpec>,
    /// The zone layers in file order.
    pub zones: Vec<ZoneSpec>,
    /// The redevelopment projects, if there are any.
    pub projects: Option<LayerSpec>,
    /// The attribute tables in file order.
    pub tables: Vec<TableSpec>,
    /// Corrections of parcel attributes, if there are any.
    pub corrections: Option<LayerSpec>,
    /// Waivers of findings, if there are any.
    pub waivers: Option<LayerSpec>,
    /// What stops a run.
    pub stop: StopSpec,
    /// The folder of the job file.
    pub dir: PathBuf,
    /// The job file, for messages.
    pub file: String,
    /// The text of the job file, for the manifest.
    pub text: String,
}

/// Where areas are computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrsSpec {
    /// A projected CRS in metres, or `auto`.
    pub compute: String,
}

/// Which areas count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaSpec {
    /// How geometry is measured.
    pub method: AreaMethod,
    /// The areas that legal thresholds use, the first known one first.
    pub legal: Vec<LegalArea>,
}

/// What a repair of an invalid polygon may do; above the greater of the two limits the feature is rejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValidateSpec {
    /// Ground that a repair may decide on, in m².
    pub repair_max_area_change_m2: f64,
    /// The same as a share of the area after the repair.
    pub repair_max_area_change_share: f64,
}

/// How geometry is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AreaMethod {
    /// In the plane of the compute CRS.
    Planar,
    /// On the ellipsoid.
    Ellipsoidal,
}

/// An area that legal thresholds may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LegalArea {
    /// As registered.
    Registered,
    /// As measured by [`AreaSpec::method`].
    Geometric,
}

/// The largest shares, from 0 to 1, of data that cannot be used; a run with more of them ends without results. None = any share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StopSpec {
    /// Of the features of each layer, those that were rejected.
    pub max_rejects_share: Option<f64>,
    /// Of the ground of all parcels, that of the rejected ones.
    pub max_rejected_area_share: Option<f64>,
    /// Of the enterprise rows of the years that count, those whose parcel is not in the inventory.
    pub max_unmatched_rows_share: Option<f64>,
}

/// One input layer or table.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSpec {
    /// Files or directories as the job file gives them; read as one layer.
    pub paths: Vec<String>,
    /// The layer or sheet.
    pub layer: Option<String>,
    /// The CRS, where the file carries none or a wrong one.
    pub crs: Option<String>,
    /// The text encoding, likewise.
    pub encoding: Option<String>,
    /// A SQL condition that rows must meet; the key `where`.
    pub where_sql: Option<String>,
    /// Source columns by canonical field.
    pub fields: BTreeMap<String, FieldSpec>,
    /// What happens to features that share an identifier; parcels and buildings alone may say so.
    pub duplicates: Duplicates,
    /// The name of the partition in folder names such as `county=310114`.
    pub partition: Option<String>,
}

/// The source of one canonical field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The source column.
    pub column: String,
    /// Its unit, where it is not the one that its name or the field says.
    pub unit: Option<Unit>,
}

/// What happens to features that share an identifier and differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// All of them are rejected.
    #[default]
    Reject,
    /// They become one feature.
    Merge,
}

/// A zone layer.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneSpec {
    /// The kind, part of column names: `^[a-z][a-z0-9_]*$`.
    pub kind: String,
    /// The layer.
    pub layer: LayerSpec,
}

/// An attribute table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSpec {
    /// What its rows are.
    pub kind: TableKind,
    /// The table.
    pub layer: LayerSpec,
    /// Whose figures a row holds.
    pub figures: Figures,
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// One row an enterprise, parcel and year.
    Enterprises,
}

/// Whose figures a row of an enterprise table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Figures {
    /// The enterprise's for the year, repeated on each of its rows.
    #[default]
    Enterprise,
    /// The row's parcel's.
    Row,
}

/// Every fault of a job file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobErrors {
    /// The path.
    pub file: String,
    /// The faults in file order; never empty.
    pub faults: Vec<Fault>,
}

impl std::fmt::Display for JobErrors {
    /// One line: the first fault, and how many more there are. [`JobErrors::report`] has all of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.faults.as_slice() {
            [] => f.write_str(&say!("job file `{file}` cannot be used", file = self.file)),
            [only] => write!(f, "{}:{}:{}: {}", self.file, only.line, only.column, only.message),
            [first, rest @ ..] => {
                let more = say!(" (and {more} more)", more = rest.len());
                write!(f, "{}:{}:{}: {}{more}", self.file, first.line, first.column, first.message)
            }
        }
    }
}

impl std::error::Error for JobErrors {}

impl JobErrors {
    /// What to do about the first fault.
    #[must_use]
    pub fn hint(&self) -> String {
        self.faults.first().map(|f| f.hint.clone()).unwrap_or_default()
    }

    /// Every fault with its line, a caret under it, and its hint.
    #[must_use]
    pub fn report(&self) -> String {
        self.faults.iter().map(|fault| fault.report(&self.file)).collect::<Vec<_>>().join("\n")
    }
}

impl Job {
    /// Reads and checks a job file.
    ///
    /// # Errors
    /// The file cannot be read, or [`ReadError::Job`] with every fault in it.
    pub fn load(path: &Path) -> Result<Self, ReadError> {
        Self::load_as_of(path, None)
    }

    /// Reads and checks a job file; `as_of` stands in for the file's own date, which may then be absent.
    ///
    /// # Errors
    /// As [`Job::load`].
    pub fn load_as_of(path: &Path, as_of: Option<NaiveDate>) -> Result<Self, ReadError> {
        let bytes = std::fs::read(path).map_err(|e| ReadError::io(path, "job", &e))?;
        let text = String::from_utf8(bytes).map_err(|e| ReadError::Undecodable {
            file: path.display().to_string(),
            key: "job".into(),
            encoding: "UTF-8".into(),
            offset: e.utf8_error().valid_up_to(),
        })?;
        Ok(Self::parse(&text, path, as_of)?)
    }

    /// Checks the text of a job file that stands at `path`.
    ///
    /// # Errors
    /// Every fault of the text.
    pub fn parse(text: &str, path: &Path, as_of: Option<NaiveDate>) -> Result<Self, JobErrors> {
        let decoded = decode::<raw::RawJob>(text, raw::PLACEHOLDERS);
        let mut faults = decoded.faults;
        if let Some(raw) = &decoded.value {
            faults.extend(raw::check(raw, &decoded.tree, as_of));
        }
        faults.sort_by_key(|fault| (fault.line, fault.column));
        let job = decoded.value.filter(|_| faults.is_empty()).and_then(|raw| raw.into_job(text, path, as_of));
        job.ok_or_else(|| JobErrors { file: path.display().to_string(), faults })
    }
}

/// Whether a zone kind can be part of a column name.
fn is_kind(kind: &str) -> bool {
    kind.starts_with(|c: char| c.is_ascii_lowercase()) && kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests;

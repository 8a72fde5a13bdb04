//! The manifest of a run (`run.json`) and its timings (`timings.json`).
//!
//! **Invariant:** the manifest has no time, no absolute path and no thread count in it: the same inputs give the same bytes. What may differ between two runs is in [`Timings`].

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::{Lang, OutputFormat};

/// What went into a run, how it was treated and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The version of the program.
    pub mujun_version: String,
    /// The name of the job.
    pub job: String,
    /// The date that every date rule used.
    pub as_of: NaiveDate,
    /// How the job was set.
    pub settings: Settings,
    /// The layers and tables that were read, in the order of the job file.
    pub inputs: Vec<InputRecord>,
    /// The rule packs, in the order of the job file.
    pub rule_packs: Vec<RulePackRecord>,
    /// What went into each stage and what became of it.
    pub balances: Vec<Balance>,
    /// The findings by severity.
    pub findings: FindingCounts,
    /// The files of the run but this one and `timings.json`, by path. The writer fills it in.
    pub outputs: Vec<OutputFile>,
}

/// How a job was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// The compute CRS, `EPSG:4528`.
    pub crs: String,
    /// How geometry was measured: `planar` or `ellipsoidal`.
    pub area_method: String,
    /// Which area legal thresholds use, first available: `registered`, `geometric`.
    pub legal_area: Vec<String>,
    /// The forms of the inventory.
    pub formats: Vec<OutputFormat>,
    /// The language of headings, aliases and words; runs of earlier versions do not say it.
    #[serde(default)]
    pub lang: Lang,
    /// The zone kinds of the job, in order.
    pub zone_kinds: Vec<String>,
}

/// A layer or table that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputRecord {
    /// The role: `parcels`, `buildings`, `zones`, `projects`, `enterprises`.
    pub role: String,
    /// The path as the job file gives it.
    pub path: String,
    /// The layer or sheet; empty where the format has none.
    pub layer: String,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// The features or rows that were read.
    pub features: u64,
}

/// A rule pack that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulePackRecord {
    /// The id of the pack.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its text.
    pub sha256: String,
    /// The kinds of rule that were taken from it.
    pub kinds: Vec<String>,
}

/// What became of a quantity in a stage: `in` = `out` + `rejected` + `unassigned`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Balance {
    /// The stage.
    pub stage: String,
    /// What is counted: `parcels`, `building area`, `tax_wan`.
    pub quantity: String,
    /// Its unit; empty for counts.
    pub unit: String,
    /// What the stage received.
    #[serde(rename = "in", serialize_with = "plain_number")]
    pub received: f64,
    /// What it passed on.
    #[serde(rename = "out", serialize_with = "plain_number")]
    pub passed: f64,
    /// What it rejected.
    #[serde(serialize_with = "plain_number")]
    pub rejected: f64,
    /// What belongs to nothing: land outside every parcel, money of unknown parcels.
    #[serde(serialize_with = "plain_number")]
    pub unassigned: f64,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingCounts {
    /// Findings that make the run end with exit 1.
    pub error: u64,
    /// Findings that somebody should look at.
    pub warning: u64,
    /// Findings for the record.
    pub info: u64,
    /// Findings that somebody answers for; they count in `info`.
    #[serde(default)]
    pub waived: u64,
}

impl FindingCounts {
    /// Counts `findings`.
    #[must_use]
    pub fn of(findings: &[super::Finding]) -> Self {
        findings.iter().fold(Self::default(), |mut counts, finding| {
            counts.waived += u64::from(finding.waived.is_some());
            match finding.severity() {
                super::Severity::Error => counts.error += 1,
                super::Severity::Warning => counts.warning += 1,
                super::Severity::Info => counts.info += 1,
            }
            counts
        })
    }
}

/// A file of the run directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputFile {
    /// The path within the run directory, with `/`.
    pub path: String,
    /// The size.
    pub bytes: u64,
    /// The SHA-256.
    pub sha256: String,
}

/// How long each stage took; the content of `timings.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timings {
    /// The number of threads.
    pub threads: usize,
    /// The stages in the order in which they ran.
    pub stages: Vec<StageTiming>,
}

/// How long a stage took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageTiming {
    /// The stage.
    pub stage: String,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Writes whole numbers without a fraction: counts read as counts.
#[expect(clippy::cast_possible_truncation, reason = "the guard keeps the value below 2^53")]
fn plain_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { serializer.serialize_i64(*value as i64) } else { serializer.serialize_f64(*value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction_and_come_back() {
        let balance = Balance {
            stage: "measure".into(),
            quantity: "parcels".into(),
            unit: String::new(),
            received: 400.0,
            passed: 399.5,
            rejected: 0.0,
            unassigned: 0.5,
        };
        let text = serde_json::to_string(&balance).unwrap();
        assert!(text.contains(r#""in":400,"out":399.5,"rejected":0,"unassigned":0.5"#), "{text}");
        assert_eq!(serde_json::from_str::<Balance>(&text).unwrap(), balance);
    }
}

//! What a file is and what is wrong with it, from what a look into it found: roles, units, identifiers, CRS, encoding, and the part of a job file that
//! would read it right.
//!
//! Nothing here opens a file. What cannot be known is said to be a guess, with the evidence.
//!
//! **Invariant:** every problem has a code of `model/finding.rs`, what speaks for it, and what to do about it; the same look gives the same diagnosis.

mod columns;
mod crs;
mod encoding;
mod entry;
mod ids;
mod job;
mod numbers;
mod roles;
mod units;
pub mod words;

use crate::model::{Code, Severity};
use crate::read::survey::{LayerSurvey, Survey};
use crate::read::{ReadError, Role};
use crate::say;

pub use columns::{ColumnRole, UnitGuess};
pub use crs::Suggestion;
pub use entry::{Entry, EntryField};
pub use job::{Draft, JobSettings, draft};

/// What a file is and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The path as given.
    pub file: String,
    /// What reads it; empty where nothing does.
    pub driver: String,
    /// Its layers, sheets or its one table.
    pub layers: Vec<LayerDiagnosis>,
    /// Problems of the file as a whole.
    pub problems: Vec<Problem>,
}

/// What a layer is and what is wrong with it.
#[derive(Clone, Debug)]
pub struct LayerDiagnosis {
    /// What a look into it found.
    pub survey: LayerSurvey,
    /// What it seems to be, the likeliest first, each with a score and what speaks for it.
    pub roles: Vec<(Role, u32, String)>,
    /// What its columns seem to be in the likeliest role.
    pub columns: Vec<ColumnRole>,
    /// The CRS to state in a job, where the layer's own is missing or wrong.
    pub crs: Option<Suggestion>,
    /// What is wrong, the gravest first.
    pub problems: Vec<Problem>,
    /// The parts of a job file that would read it right; none where it can be nothing.
    pub entries: Vec<Entry>,
}

/// One thing that is wrong or doubtful.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What it is about; has severity and who can mend it.
    pub code: Code,
    /// The column concerned.
    pub column: Option<String>,
    /// What is the matter.
    pub message: String,
    /// What speaks for it.
    pub evidence: String,
    /// What to do about it.
    pub fix: String,
}

impl Problem {
    fn new(code: Code, message: impl Into<String>, evidence: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code, column: None, message: message.into(), evidence: evidence.into(), fix: fix.into() }
    }

    fn of(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

impl Diagnosis {
    /// The diagnosis of a file that cannot be looked into.
    #[must_use]
    pub fn unreadable(file: &str, error: &ReadError) -> Self {
        let code = match error {
            ReadError::Unsupported { .. } | ReadError::TooManyLayers { .. } => Code::FileUnsupported,
            ReadError::Undecodable { .. } | ReadError::EncodingUnknown { .. } => Code::EncodingUnknown,
            ReadError::Empty { .. } => Code::FileEmpty,
            _ => Code::FileDamaged,
        };
        let said = error.to_string();
        // Without the key of a job file, which there is none of.
        let keyed = said.strip_prefix('`').and_then(|s| s.split_once('`'));
        let message = keyed.and_then(|(_, rest)| rest.strip_prefix(": ").or_else(|| rest.strip_prefix('：'))).unwrap_or(&said);
        let problem = Problem::new(code, message, say!("the file could not be read"), error.hint());
        Self { file: file.to_owned(), driver: String::new(), layers: Vec::new(), problems: vec![problem] }
    }

    /// Every problem with the name of its layer.
    pub fn all_problems(&self) -> impl Iterator<Item = (&str, &Problem)> {
        let of_layers = self.layers.iter().flat_map(|l| l.problems.iter().map(|p| (l.survey.name.as_str(), p)));
        self.problems.iter().map(|p| ("", p)).chain(of_layers)
    }

    /// Whether something is an error.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        self.all_problems().any(|(_, p)| p.code.severity() == Severity::Error)
    }
}

/// Diagnoses a file.
#[must_use]
pub fn diagnose(survey: Survey) -> Diagnosis {
    let mut problems = Vec::new();
    if survey.layers.is_empty() {
        problems.push(Problem::new(
            Code::FileEmpty,
            say!("the file has no layer"),
            say!("no layer or sheet with cells"),
            say!("export it again"),
        ));
    }
    let several = survey.layers.len() > 1;
    if survey.more_layers > 0 {
        let message = say!("the file has {layers} layers", layers = survey.layers.len() + survey.more_layers);
        let evidence = say!("the first {layers} were looked into", layers = survey.layers.len());
        problems.push(Problem::new(
            Code::FileManyLayers,
            message,
            evidence,
            say!("copy the layers that are meant into a file of their own"),
        ));
    }
    let (file, driver) = (survey.file, survey.driver);
    let layers = survey.layers.into_iter().map(|layer| diagnose_layer(&file, &driver, several, layer)).collect();
    Diagnosis { file, driver, layers, problems }
}

fn diagnose_layer(file: &str, driver: &str, several: bool, survey: LayerSurvey) -> LayerDiagnosis {
    let mut problems = contents(&survey, driver);
    problems.extend(encoding::problems(&survey));
    let (crs_problems, crs) = crs::examine(file, &survey);
    problems.extend(crs_problems);
    let roles = roles::of(file, &survey);
    let role = roles.first().map(|(role, ..)| *role);
    let mut columns = columns::of(file, &survey, role);
    problems.extend(numbers::problems(&survey, &columns));
    problems.extend(ids::problems(&survey, &columns, role));
    problems.extend(units::examine(&survey, &mut columns, role, crs.as_ref()));
    problems.extend(roles::problems(&roles, driver));
    problems.sort_by_key(|p| p.code.severity());
    let entries = role.map(|role| Entry::all_of(file, several, &survey, role, &columns, crs.as_ref())).unwrap_or_default();
    LayerDiagnosis { survey, roles, columns, crs, problems, entries }
}

/// What is wrong with rows and geometry as such.
fn contents(survey: &LayerSurvey, driver: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(detail) = &survey.damage {
        let evidence = say!("{rows} rows could be read", rows = survey.sampled);
        problems.push(Problem::new(Code::FileDamaged, detail.as_str(), evidence, say!("copy or export the file again")));
    } else if survey.rows == 0 && driver != "prj" {
        problems.push(Problem::new(Code::FileEmpty, say!("it has no rows"), say!("0 rows"), say!("check that the export has rows")));
    }
    let Some(shapes) = survey.shapes.as_ref().filter(|_| survey.sampled > 0) else { return problems };
    let polygons = shapes.polygons();
    let kinds = words::geometries(shapes, &|n| n.to_string());
    let unusable = survey.sampled as u64 - polygons + shapes.not_finite;
    if polygons == 0 {
        let fix = say!("name a layer of polygons; points and lines are no land");
        problems.push(Problem::new(Code::LayerNoPolygons, say!("the layer has no polygons"), kinds, fix));
    } else if unusable > 0 {
        let message = say!("{unusable} of {rows} rows have no usable polygon", unusable, rows = survey.sampled);
        let fix = say!("mend the features in the source; a run writes them to `rejects.gpkg`");
        let evidence = match shapes.not_finite {
            0 => kinds,
            rows => say!("{kinds}; {rows} with a coordinate that is not finite", kinds, rows),
        };
        problems.push(Problem::new(Code::LayerUnusableRows, message, evidence, fix));
    }
    problems
}

#[cfg(test)]
mod tests;

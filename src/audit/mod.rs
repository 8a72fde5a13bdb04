//! The audit of project figures: does what a report publishes follow from the figures that it prints?
//!
//! Every printed number is an interval of half its last digit on either side; a published value is right where it meets the interval of its formula.
//!
//! **Invariant:** no rule and no parcel is involved: a figure is compared with others of the same report alone.

mod figure;
mod formula;
mod raw;
mod stage;
mod verdict;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::{Spanned, Value};

use self::formula::{Formula, Interval};
use self::raw::{RawAudit, RawCase, RawCheck, RawExpected};
use crate::rules::{Fault, Noted, read_document};
use crate::say;

pub use self::figure::{Figure, FigureUnit, Relation};
pub use self::raw::Verdict;

/// A check that was made.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The project.
    pub case: String,
    /// Its name.
    pub case_name: String,
    /// The check.
    pub id: String,
    /// What was computed.
    pub what: String,
    /// The formula.
    pub formula: String,
    /// The figures of the formula as they are written.
    pub figures: Vec<(String, String)>,
    /// What is published.
    pub published: Option<Figure>,
    /// The unit of the results.
    pub unit: FigureUnit,
    /// The results, one a base, the stated one first.
    pub results: Vec<Computed>,
    /// What is said of the published value.
    pub verdict: Verdict,
    /// A remark.
    pub note: String,
    /// Where what came out is not what the file expects.
    pub unexpected: Vec<String>,
}

/// The result on one base, in the unit of the check.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The base, where there are several.
    pub base: String,
    /// From the figures as printed, and the least and most that it may be.
    pub interval: Interval,
    /// Less what is published.
    pub difference: Option<f64>,
}

/// The JSON Schema of a file of project figures.
#[must_use]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(RawAudit)
}

/// Checks the figures of a file.
///
/// # Errors
/// Every fault of the file, with its place.
pub fn audit(file: &str, text: &str) -> Result<Vec<Audited>, Vec<Fault>> {
    let mut audited = Vec::new();
    let (_, faults) = read_document(file, text, |raw: &RawAudit| {
        let mut notes = Vec::new();
        for case in &raw.case {
            let stages = stage::checks(case);
            audited.extend(stages.iter().chain(&case.check).filter_map(|check| check_one(case, check, &mut notes)));
        }
        notes
    });
    if faults.is_empty() { Ok(audited) } else { Err(faults) }
}

/// A check whose figures, formula and units are right; else the faults are noted.
fn check_one(case: &RawCase, raw: &RawCheck, notes: &mut Vec<Noted>) -> Option<Audited> {
    let mut note = |span: Range<usize>, message: String| notes.push(Noted { span, message, hint: say!("see docs/audit.md") });
    let formula = Formula::parse(raw.formula.get_ref()).map_err(|message| note(raw.formula.span(), message)).ok()?;
    let bases = bases(case, raw, &formula, &mut note)?;
    let published = match &raw.published {
        Some(text) => Some(Figure::parse(text.get_ref()).map_err(|message| note(text.span(), message)).ok()?),
        None => None,
    };
    let unit = match (&published, &raw.unit) {
        (_, Some(text)) => FigureUnit::parse(text.get_ref()).map_err(|message| note(text.span(), message)).ok()?,
        (Some(published), None) => published.unit.clone(),
        (None, None) => FigureUnit::parse("").ok()?,
    };
    let dimension = formula.dimension(&bases.first()?.1).map_err(|message| note(raw.formula.span(), message)).ok()?;
    let wanted = published.as_ref().map_or(unit.dimension, |published| published.unit.dimension);
    if dimension != wanted || dimension != unit.dimension {
        note(raw.formula.span(), say!("the result of `{formula}` is not measured in `{unit}`", formula = formula.text, unit = unit.text));
        return None;
    }
    let intervals: Vec<Interval> = bases.iter().map(|(_, figures)| formula.evaluate(figures)).collect();
    let is_loose = bases.iter().any(|(_, figures)| formula.names.iter().any(|name| figures.get(name).is_some_and(|f| f.is_loose)));
    let verdict = verdict::of(&intervals, published.as_ref(), verdict::Wording { is_loose, parts: raw.parts });
    let several = bases.len() > 1;
    let results = bases.iter().zip(intervals).map(|((base, _), interval)| computed(base, several, interval, published.as_ref(), &unit));
    let figures = &bases.first()?.1;
    let mut audited = Audited {
        case: case.id.get_ref().clone(),
        case_name: case.name.clone(),
        id: raw.id.get_ref().clone(),
        what: raw.what.clone(),
        figures: formula.names.iter().filter_map(|name| Some((name.clone(), figures.get(name)?.text.clone()))).collect(),
        formula: formula.text,
        results: results.collect(),
        published,
        unit,
        verdict,
        note: raw.note.clone(),
        unexpected: Vec::new(),
    };
    audited.unexpected = raw.expect.as_ref().map(|expected| unexpected(&audited, expected)).unwrap_or_default();
    Some(audited)
}

fn computed(base: &str, several: bool, interval: Interval, published: Option<&Figure>, unit: &FigureUnit) -> Computed {
    let Interval { value, low, high } = interval;
    let by = unit.factor;
    let difference = published.map(|published| (value - published.value) / by);
    let base = if several { base.to_owned() } else { String::new() };
    Computed { base, interval: Interval { value: value / by, low: low / by, high: high / by }, difference }
}

type Figures = BTreeMap<String, Figure>;

/// The figures of the formula, once for each base.
fn bases(case: &RawCase, raw: &RawCheck, formula: &Formula, note: &mut impl FnMut(Range<usize>, String)) -> Option<Vec<(String, Figures)>> {
    let mut bases = vec![(String::new(), Figures::new())];
    let mut is_whole = true;
    for name in &formula.names {
        let own = raw.figures.get(name).or_else(|| case.figures.get(name)).or_else(|| case.land.as_ref().filter(|_| name == "land"));
        let Some(own) = own else {
            let known: Vec<&str> = raw.figures.keys().chain(case.figures.keys()).map(String::as_str).collect();
            note(raw.formula.span(), say!("the formula names `{name}`, and the figures are {known}", name, known = known.join(", ")));
            is_whole = false;
            continue;
        };
        match read(own) {
            Ok(figures) if figures.len() > 1 && bases.len() > 1 => {
                note(own.span(), say!("`{name}` has several bases, and so has another figure", name));
                is_whole = false;
            }
            Ok(figures) => {
                if figures.len() > 1 {
                    let others = bases.first().map(|(_, others)| others.clone()).unwrap_or_default();
                    bases = figures.iter().map(|figure| (figure.text.clone(), others.clone())).collect();
                }
                for (base, figure) in bases.iter_mut().zip(figures.iter().cycle()) {
                    base.1.insert(name.clone(), figure.clone());
                }
            }
            Err(message) => {
                note(own.span(), message);
                is_whole = false;
            }
        }
    }
    is_whole.then_some(bases)
}

fn read(value: &Spanned<Value>) -> Result<Vec<Figure>, String> {
    let text = |value: &Value| {
        value.as_str().map(Figure::parse).unwrap_or_else(|| Err(say!("`{value}` is no text: write it as printed, \"6.3 hectare\"", value)))
    };
    match value.get_ref() {
        Value::Array(several) if several.is_empty() => Err(say!("the list has no figure")),
        Value::Array(several) => several.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

/// What came out otherwise than expected.
fn unexpected(audited: &Audited, expected: &RawExpected) -> Vec<String> {
    let mut told = Vec::new();
    if audited.verdict != expected.verdict {
        told.push(say!("the verdict is {found}, expected {wanted}", found = audited.verdict.as_str(), wanted = expected.verdict.as_str()));
    }
    let mut compare = |what: &str, wanted: &[String], found: &dyn Fn(usize, &str) -> Option<String>| {
        for (at, wanted) in wanted.iter().enumerate() {
            let found = found(at, wanted).unwrap_or_else(|| say!("nothing"));
            if found != *wanted {
                told.push(say!("{what} is {found}, expected {wanted}", what, found, wanted));
            }
        }
    };
    compare(&say!("the result"), &expected.recomputed, &|at, wanted| Some(like(audited.results.get(at)?.interval, wanted)));
    compare(&say!("the difference"), &expected.difference, &|at, wanted| Some(rounded(audited.results.get(at)?.difference?, wanted)));
    told
}

/// A result with the decimals of `wanted`; both ends where that has two.
fn like(interval: Interval, wanted: &str) -> String {
    match wanted.split_once('-').filter(|(low, _)| !low.is_empty()) {
        Some((low, high)) => format!("{}-{}", rounded(interval.low, low), rounded(interval.high, high)),
        None => rounded(interval.value, wanted),
    }
}

fn rounded(value: f64, wanted: &str) -> String {
    let decimals = wanted.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let text = format!("{value:.decimals$}");
    if text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) { text } else { text.trim_start_matches('-').to_owned() }
}

#[cfg(test)]
mod tests;

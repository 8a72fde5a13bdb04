//! The formula of every figure, with its numbers.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::numbers::{readable, sum};
use super::record::{Record, Row};
use crate::model::columns::{FIGURES, INVENTORY, RATIOS};
use crate::say;

/// How far a recorded value may be from its formula, as a share of it: sums over ledgers add in another order.
const TOLERANCE: f64 = 1e-9;

/// A column of the inventory, explained.
pub struct Figure {
    /// The column.
    pub name: String,
    /// The value recorded.
    pub value: Value,
    /// Its unit.
    pub unit: &'static str,
    /// What it is.
    pub meaning: String,
    /// How it came about.
    pub formula: Option<Formula>,
}

/// A formula with its numbers.
pub struct Formula {
    /// `floor_area_m2 / area_m2 = 14,230.5 / 20,000.0`.
    pub text: String,
    /// What it gives.
    pub result: Option<f64>,
    /// Whether that is the recorded value.
    pub agrees: bool,
}

/// Every column of the inventory of the parcel in its order.
pub fn of(record: &Record) -> Vec<Figure> {
    record.inventory.iter().map(|(name, value)| figure(record, name, value)).collect()
}

fn figure(record: &Record, name: &str, value: &Value) -> Figure {
    let defined = INVENTORY.iter().find(|column| column.name == name);
    let raw = formula(record, name);
    Figure {
        name: name.to_owned(),
        value: value.clone(),
        unit: defined.map_or("", |column| column.unit),
        meaning: defined.map_or_else(|| meaning_of(name), |column| column.meaning.to_owned()),
        formula: raw.map(|(text, result)| Formula { text, result, agrees: agrees(result, value.as_f64()) }),
    }
}

fn meaning_of(name: &str) -> String {
    if let Some(kind) = name.strip_prefix("zone_") {
        return say!("State towards the zones of kind {kind}", kind);
    }
    name.strip_prefix("share_").map_or_else(String::new, |kind| say!("Share of the parcel in zones of kind {kind}", kind))
}

fn agrees(result: Option<f64>, recorded: Option<f64>) -> bool {
    match (result, recorded) {
        (Some(result), Some(recorded)) => (result - recorded).abs() <= TOLERANCE * recorded.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}

type Worked = Option<(String, Option<f64>)>;

fn formula(record: &Record, name: &str) -> Worked {
    match name {
        "area_m2" => legal_area(record),
        "area_mu" => Some(mu(record)),
        "floor_area_m2" => floor_area(record),
        "far" => Some(ratio(&record.inventory, "floor_area_m2", "area_m2")),
        "building_density" => Some(ratio(&record.inventory, "footprint_m2", "area_m2")),
        "surplus_by_intensity_m2" => less(record, "area_m2", "land_needed_m2"),
        "surplus_by_intensity_mu" => surplus_mu(record),
        "floor_area_to_target_m2" => to_target(record),
        "score" => score(record),
        _ if FIGURES.contains(&name) => money(record, name),
        "findings" => Some((say!("rows of the findings about this parcel"), count(record.findings.len()))),
        _ => match (name.strip_prefix("share_"), RATIOS.iter().find(|(own, ..)| *own == name)) {
            (Some(kind), _) => zone_share(record, kind),
            (None, Some((_, numerator, denominator))) => known_ratio(record, numerator, denominator),
            (None, None) => per_mu(record, name),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows of one parcel")]
fn count(rows: usize) -> Option<f64> {
    Some(rows as f64)
}

/// The legal area is the first that is known in the order of the job.
fn legal_area(record: &Record) -> Worked {
    let basis = record.inventory.get("area_basis")?.as_str()?;
    let source = format!("area_{basis}_m2");
    let area = number(&record.inventory, &source)?;
    let order = record.manifest.settings.legal_area.join(&say!(", then "));
    Some((say!("{source} = {area} (the first known of {order})", source, area = readable(area), order), Some(area)))
}

fn mu(record: &Record) -> (String, Option<f64>) {
    let area = number(&record.inventory, "area_m2");
    (format!("area_m2 × 3 / 2000 = {} × 3 / 2000", shown(area)), area.map(crate::model::mu_from_m2))
}

fn less(record: &Record, all: &str, part: &str) -> Worked {
    let (above, below) = (number(&record.inventory, all), number(&record.inventory, part)?);
    Some((format!("{all} − {part} = {} − {}", shown(above), readable(below)), above.map(|above| above - below)))
}

fn surplus_mu(record: &Record) -> Worked {
    let surplus = number(&record.inventory, "surplus_by_intensity_m2")?;
    Some((format!("surplus_by_intensity_m2 × 3 / 2000 = {} × 3 / 2000", readable(surplus)), Some(crate::model::mu_from_m2(surplus))))
}

fn to_target(record: &Record) -> Worked {
    let target = number(&record.inventory, "target_far")?;
    let (area, floor) = (number(&record.inventory, "area_m2"), number(&record.inventory, "floor_area_m2"));
    let text = say!(
        "target_far × area_m2 − floor_area_m2, at least 0 = {target} × {area} − {floor}",
        target = readable(target),
        area = shown(area),
        floor = shown(floor)
    );
    Some((text, area.zip(floor).map(|(area, floor)| (target * area - floor).max(0.0))))
}

fn floor_area(record: &Record) -> Worked {
    let areas: Option<Vec<f64>> = record.buildings.iter().map(|row| number(row, "counted_floor_area_m2")).collect();
    match areas {
        None => Some((say!("unknown, because a building on the parcel has an unknown floor area"), None)),
        // Without a building layer there are no rows, and nothing is known.
        Some(areas) if areas.is_empty() && number(&record.inventory, "floor_area_m2").is_none() => None,
        Some(areas) => {
            let text = say!("sum of counted_floor_area_m2 over {rows} building rows = {terms}", rows = areas.len(), terms = sum(&areas));
            Some((text, Some(areas.iter().sum())))
        }
    }
}

fn zone_share(record: &Record, kind: &str) -> Worked {
    let rows = || record.zones.iter().filter(|row| row.get("kind").and_then(Value::as_str) == Some(kind));
    let area = |rows: Vec<&Row>| rows.into_iter().filter_map(|row| number(row, "area_m2")).sum::<f64>();
    let all = area(rows().collect());
    let inside = area(rows().filter(|row| !row.get("zone_name").is_none_or(Value::is_null)).collect());
    (all > 0.0)
        .then(|| (say!("area in zones / area = {inside} / {all}", inside = readable(inside), all = readable(all)), Some(inside / all)))
}

/// A figure a year: what the enterprise rows of the parcel give it, over the years that they are of.
fn money(record: &Record, name: &str) -> Worked {
    let recorded = number(&record.inventory, name)?;
    let values: Vec<f64> = record.enterprises.iter().filter_map(|row| number(row, name)).collect();
    let years: BTreeSet<i64> = record.enterprises.iter().filter_map(|row| row.get("year")?.as_i64()).collect();
    let total: f64 = values.iter().sum();
    let result = count(years.len()).map(|n| total / n);
    // Where a year is unknown the mean is of the others, which the rows alone do not tell.
    let result = result.filter(|mean| agrees(Some(*mean), Some(recorded)));
    let (rows, years, terms) = (values.len(), years.len(), sum(&values));
    Some((say!("sum of {name} over {rows} enterprise rows / {years} years = ({terms}) / {years}", name, rows, years, terms), result))
}

/// The points of the indicators and what was added to them, as the decision on the grade has them.
fn score(record: &Record) -> Worked {
    number(&record.inventory, "score")?;
    let facts = record.decisions.iter().find(|row| super::grade::is_grading(row))?.get("facts")?.as_str()?;
    let facts: Value = serde_json::from_str(facts).ok()?;
    if let Some(enterprises) = facts.get("enterprises").and_then(Value::as_array) {
        return rolled_up(&facts, enterprises);
    }
    let points: Vec<f64> = facts.get("indicators")?.as_object()?.values().filter_map(|i| i.get("points")?.as_f64()).collect();
    let scale = facts.get("scaled_by").and_then(Value::as_f64).unwrap_or(1.0);
    let adjusted = |name: &str, neutral: f64| facts.pointer(&format!("/adjusted/{name}")).and_then(Value::as_f64).unwrap_or(neutral);
    let (factor, bonus, penalty) = (adjusted("factor", 1.0), adjusted("bonus", 0.0), adjusted("penalty", 0.0));
    let mut steps = String::new();
    for (value, neutral, sign) in [(scale, 1.0, "×"), (factor, 1.0, "×"), (bonus, 0.0, "+"), (penalty, 0.0, "-")] {
        if (value - neutral).abs() > 0.0 {
            let _ = write!(steps, " {sign} {}", readable(value));
        }
    }
    let text = say!(
        "sum of the points of {indicators} indicators{steps} = ({terms}){steps}",
        indicators = points.len(),
        steps,
        terms = sum(&points)
    );
    Some((text, Some(points.iter().sum::<f64>() * scale * factor + bonus - penalty)))
}

/// The score of a parcel whose enterprises were graded: of one of them, or their mean by land.
fn rolled_up(facts: &Value, enterprises: &[Value]) -> Worked {
    let score = facts.get("score")?.as_f64()?;
    let ranked: Vec<(f64, f64)> =
        enterprises.iter().filter_map(|e| Some((e.get("score")?.as_f64()?, e.get("land_m2")?.as_f64()?))).collect();
    let land: f64 = ranked.iter().map(|(_, land)| land).sum();
    let mean = ranked.iter().map(|(score, land)| score * land).sum::<f64>() / land;
    let by_land = facts.get("roll_up").and_then(Value::as_str) == Some("land_weighted");
    let number = ranked.len();
    Some(if by_land {
        (say!("mean of the scores of {number} enterprises on the parcel", number), Some(mean))
    } else {
        (say!("score of one of {number} enterprises on the parcel", number), Some(score))
    })
}

/// A ratio of two figures a year, where both are known.
fn known_ratio(record: &Record, numerator: &str, denominator: &str) -> Worked {
    number(&record.inventory, numerator).zip(number(&record.inventory, denominator))?;
    Some(ratio(&record.inventory, numerator, denominator))
}

/// `tax_per_mu_wan` and its like, where the inventory has the money itself.
fn per_mu(record: &Record, name: &str) -> Worked {
    let money = format!("{}_wan", name.strip_suffix("_per_mu_wan")?);
    record.inventory.get(&money)?;
    Some(ratio(&record.inventory, &money, "area_mu"))
}

fn ratio(row: &Row, numerator: &str, denominator: &str) -> (String, Option<f64>) {
    let (above, below) = (number(row, numerator), number(row, denominator));
    let result = above.zip(below).filter(|&(_, below)| below > 0.0).map(|(above, below)| above / below);
    (format!("{numerator} / {denominator} = {} / {}", shown(above), shown(below)), result)
}

fn number(row: &Row, name: &str) -> Option<f64> {
    row.get(name)?.as_f64()
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| say!("unknown"), readable)
}

//! The unit of areas and money by the size of the values. Geometry proves the unit of an area; without it, and for money, size is only a hint.

use super::{ColumnRole, Problem, Suggestion, UnitGuess};
use crate::model::units::Dimension;
use crate::model::{Code, Unit};
use crate::read::Role;
use crate::read::cells::{self, Cell};
use crate::read::fields::catalogue;
use crate::read::survey::{ColumnSurvey, LayerSurvey, Stored};
use crate::say;

/// Units of area, the usual ones first, and how messages call them.
const AREAS: [(Unit, &str); 5] = [(Unit::M2, "m²"), (Unit::Mu, "亩"), (Unit::Hectare, "公顷"), (Unit::Ft2, "ft²"), (Unit::Km2, "km²")];
/// How far the middle ratio of stated to measured area may be from 1.
const NEAR: f64 = 0.1;
/// The share of rows whose ratio must be as near.
const MOSTLY: f64 = 0.6;
/// Rows that a guess needs.
const FEWEST: usize = 3;
/// A middle amount of tax from which 元 is likelier than 万元: half a billion yuan a row would be beyond belief.
const TAX_YUAN: f64 = 5e4;
/// The same of output, revenue and investment.
const MONEY_YUAN: f64 = 2e6;
/// Middle areas of industrial plots: from the first on m² is likely, below the second 公顷.
const PLOT_M2: f64 = 600.0;
const PLOT_HECTARE: f64 = 1.5;

/// Works out units, gives them to the columns, and says where they contradict what a job would take.
pub(super) fn examine(layer: &LayerSurvey, roles: &mut Vec<ColumnRole>, role: Option<Role>, crs: Option<&Suggestion>) -> Vec<Problem> {
    let measured = measured_m2(layer, crs);
    let mut problems = Vec::new();
    if role == Some(Role::Parcels) {
        roles.extend(registered_area(layer, roles, &measured));
    }
    for own in roles.iter_mut() {
        let Some(column) = layer.columns.get(own.column) else { continue };
        let guess = match own.field.dimension {
            Some(Dimension::Area) if is_of_geometry(role, &own.field.name) => by_geometry(column, &measured).or_else(|| by_size(column)),
            Some(Dimension::Money) if role == Some(Role::Enterprises) => money(column, &own.field.name),
            _ => None,
        };
        let Some(guess) = guess else { continue };
        let taken = own.unit.unwrap_or(if own.field.dimension == Some(Dimension::Area) { Unit::M2 } else { Unit::Wan });
        if taken != guess.unit && (guess.is_proved || own.unit.is_none()) {
            problems.push(suspected(column, own, taken, &guess));
        }
        own.guess = Some(guess);
    }
    problems
}

fn suspected(column: &ColumnSurvey, own: &ColumnRole, taken: Unit, guess: &UnitGuess) -> Problem {
    let (found, taken) = (said(guess.unit), said(taken));
    let message = if guess.is_proved {
        say!("the values are in {found}; they would be read in {taken}", found, taken)
    } else {
        say!("the values may be in {found}; they would be read in {taken}", found, taken)
    };
    let fix = say!(
        "state it: `{field} = {{ column = \"{column}\", unit = \"{unit}\" }}`",
        field = own.field.name,
        column = column.name,
        unit = word(guess.unit)
    );
    Problem::new(Code::UnitSuspected, message, guess.evidence.as_str(), fix).of(&column.name)
}

/// Whether the field is the area of the geometry beside it.
fn is_of_geometry(role: Option<Role>, field: &str) -> bool {
    matches!((role, field), (Some(Role::Parcels), "registered_area_m2") | (Some(Role::Buildings), "footprint_m2"))
}

/// A column that no known name gives, but whose values are the areas of the geometry.
fn registered_area(layer: &LayerSurvey, roles: &[ColumnRole], measured: &[Option<f64>]) -> Option<ColumnRole> {
    let field = catalogue(Role::Parcels).iter().find(|f| f.name == "registered_area_m2")?;
    if roles.iter().any(|r| r.field.name == field.name) {
        return None;
    }
    let free = layer.columns.iter().enumerate().filter(|(i, _)| roles.iter().all(|r| r.column != *i));
    let (column, guess) = free.filter_map(|(i, c)| Some((i, by_geometry(c, measured)?))).next()?;
    let name = layer.columns.get(column).map_or("", |c| c.name.as_str());
    let doubt = say!(
        "`{name}` is a guess for `{field}`: {evidence}; it may have been computed from the geometry instead of registered",
        name,
        field = field.name,
        evidence = guess.evidence
    );
    Some(ColumnRole { column, field, unit: None, guess: Some(guess), must_be_named: true, doubt })
}

/// The areas of the rows in m²: near enough to tell units apart. None where the CRS is not known.
fn measured_m2(layer: &LayerSurvey, crs: Option<&Suggestion>) -> Vec<Option<f64>> {
    let Some(shapes) = &layer.shapes else { return Vec::new() };
    let Some(centre) = shapes.centre() else { return Vec::new() };
    let lies_in_degrees = centre.x.abs() <= 180.0 && centre.y.abs() <= 90.0;
    /// Metres in a degree of latitude, on the average.
    const DEGREE_M: f64 = 111_200.0;
    let factor = match &layer.crs {
        Some(own) if own.is_geographic && lies_in_degrees => DEGREE_M * DEGREE_M * centre.y.to_radians().cos(),
        Some(own) if own.is_web_mercator => own.centre_deg.map_or(f64::NAN, |c| c.y.to_radians().cos().powi(2)),
        Some(own) if own.is_projected => own.unit_m * own.unit_m,
        None if crs.is_some() && !lies_in_degrees => 1.0,
        _ => return Vec::new(),
    };
    shapes.areas.iter().map(|a| a.map(|a| a * factor).filter(|a| a.is_finite() && *a > 0.0)).collect()
}

/// The unit in which the values are the measured areas.
fn by_geometry(column: &ColumnSurvey, measured: &[Option<f64>]) -> Option<UnitGuess> {
    let pairs = numbers(column).zip(measured).filter_map(|(stated, own)| Some((stated.filter(|v| *v > 0.0)?, (*own)?)));
    let ratios: Vec<f64> = pairs.map(|(stated, own)| stated / own).collect();
    if ratios.len() < FEWEST {
        return None;
    }
    let fits = |(unit, name): &(Unit, &str)| {
        let scaled: Vec<f64> = ratios.iter().map(|r| unit.to_canonical(*r)).collect();
        let middle = median(&scaled)?;
        let near = scaled.iter().filter(|r| (*r - 1.0).abs() <= NEAR).count();
        #[expect(clippy::cast_precision_loss, reason = "a sample is small")]
        let is_it = (middle - 1.0).abs() <= NEAR && near as f64 >= MOSTLY * scaled.len() as f64;
        let evidence = || {
            say!(
                "in {unit} they are the areas of the geometry, within 10 % in {near} of {rows} rows",
                unit = name,
                near,
                rows = scaled.len()
            )
        };
        is_it.then(|| UnitGuess { unit: *unit, evidence: evidence(), is_proved: true })
    };
    AREAS.iter().find_map(fits)
}

/// The unit that the size of plot areas speaks for.
fn by_size(column: &ColumnSurvey) -> Option<UnitGuess> {
    let middle = middle_of(column)?;
    let (unit, evidence) = match middle {
        m if m >= PLOT_M2 => (Unit::M2, say!("the middle value is {middle}: plots of that many 亩 would be beyond belief", middle)),
        m if m >= PLOT_HECTARE => {
            (Unit::Mu, say!("the middle value is {middle}: plots of that many m² would be too small, of that many 公顷 too large", middle))
        }
        _ => (Unit::Hectare, say!("the middle value is {middle}: plots of that many m² or 亩 would be too small", middle)),
    };
    Some(UnitGuess { unit, evidence, is_proved: false })
}

fn money(column: &ColumnSurvey, field: &str) -> Option<UnitGuess> {
    let middle = middle_of(column)?;
    let limit = if field == "tax_wan" { TAX_YUAN } else { MONEY_YUAN };
    let (unit, evidence) = if middle >= limit {
        (Unit::Yuan, say!("the middle amount is {middle}: in 万元 it would be beyond belief", middle))
    } else {
        (Unit::Wan, say!("the middle amount is {middle}: in 元 it would be next to nothing", middle))
    };
    Some(UnitGuess { unit, evidence, is_proved: false })
}

/// The median of the values that are not zero.
fn middle_of(column: &ColumnSurvey) -> Option<f64> {
    let values: Vec<f64> = numbers(column).flatten().filter(|v| *v > 0.0).collect();
    (values.len() >= FEWEST).then(|| median(&values)).flatten()
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The plain numbers of a column; cells with a unit of their own say nothing about the others.
fn numbers(column: &ColumnSurvey) -> impl Iterator<Item = Option<f64>> {
    let is_text = column.stored == Stored::Text;
    column.cells.iter().map(move |cell| match cell.as_deref() {
        Some(text) if is_text => match cells::number(text) {
            Cell::Value(quantity) if quantity.unit.is_none() => Some(quantity.value),
            _ => None,
        },
        Some(number) => number.parse().ok(),
        None => None,
    })
}

/// What messages call a unit.
fn said(unit: Unit) -> String {
    match unit {
        Unit::Yuan => "元".to_owned(),
        Unit::Wan => "万元".to_owned(),
        Unit::Yi => "亿元".to_owned(),
        other => AREAS.iter().find(|(own, _)| *own == other).map_or_else(|| say!("its unit"), |(_, name)| (*name).to_owned()),
    }
}

/// What a job file calls a unit.
pub(super) fn word(unit: Unit) -> String {
    serde_json::to_value(unit).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

//! Which canonical field each column seems to be, by the names that are known and, for identifiers, by what the cells look like.

use std::collections::BTreeSet;

use super::ids;
use crate::model::{Code, Source, Unit};
use crate::read::Role;
use crate::read::fields::{Field, FieldPlan, FieldType, Need, catalogue};
use crate::read::job::{Duplicates, FieldSpec, LayerSpec};
use crate::read::survey::{ColumnSurvey, LayerSurvey, Stored};
use crate::say;

/// What a column seems to be.
#[derive(Clone, Debug)]
pub struct ColumnRole {
    /// The column of the survey.
    pub column: usize,
    /// The canonical field.
    pub field: &'static Field,
    /// The unit that its name or heading states.
    pub unit: Option<Unit>,
    /// The unit that its values speak for.
    pub guess: Option<UnitGuess>,
    /// Whether a job must name the column, because its own name does not say so.
    pub must_be_named: bool,
    /// What is not certain about it; empty where nothing is.
    pub doubt: String,
}

/// A unit by the size of values.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitGuess {
    /// The unit.
    pub unit: Unit,
    /// What speaks for it.
    pub evidence: String,
    /// Whether geometry proves it.
    pub is_proved: bool,
}

impl ColumnRole {
    /// Whether its cells are to be numbers.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.field.kind == FieldType::Number
    }
}

/// The fields of a role that columns give, and the required ones that none does.
pub(super) fn plan(file: &str, layer: &LayerSurvey, role: Role) -> (Vec<ColumnRole>, Vec<&'static Field>) {
    let names: Vec<String> = layer.columns.iter().map(|c| c.name.clone()).collect();
    let source = Source { file: file.into(), layer: "".into() };
    let mut spec = blank();
    let mut lacking = Vec::new();
    // A required field that no column has gets any column, so that the others are still worked out.
    for field in catalogue(role).iter().filter(|f| f.need == Need::Required) {
        if FieldPlan::new(role, &only(field, &spec, &names), &names, &source, "").is_err() {
            lacking.push(field);
            spec.fields.insert(field.name.clone(), FieldSpec { column: names.first().cloned().unwrap_or_default(), unit: None });
        }
    }
    let Ok((plan, findings)) = FieldPlan::new(role, &spec, &names, &source, "") else { return (Vec::new(), lacking) };
    let doubt = |field: &str| {
        let found = findings.iter().find(|f| f.code == Code::FieldAmbiguous && f.field.as_deref() == Some(field));
        found.map(|f| f.message.clone()).unwrap_or_default()
    };
    let fields = plan.fields().iter().filter(|f| lacking.iter().all(|l| l.name != f.field.name));
    let roles = fields.filter_map(|f| {
        let column = f.column?;
        Some(ColumnRole { column, field: f.field, unit: f.unit, guess: None, must_be_named: false, doubt: doubt(&f.field.name) })
    });
    (roles.collect(), lacking)
}

/// A spec under which only `field` can fail: every other required field has a column.
fn only(field: &Field, spec: &LayerSpec, names: &[String]) -> LayerSpec {
    let mut alone = spec.clone();
    let required = [Role::Parcels, Role::Buildings, Role::Zones, Role::Projects, Role::Enterprises].into_iter().map(catalogue);
    let own = required.filter(|fields| fields.iter().any(|f| std::ptr::eq(f, field))).flatten();
    for other in own.filter(|f| f.need == Need::Required && !std::ptr::eq(*f, field)) {
        alone.fields.insert(other.name.clone(), FieldSpec { column: names.first().cloned().unwrap_or_default(), unit: None });
    }
    alone
}

fn blank() -> LayerSpec {
    LayerSpec {
        paths: Vec::new(),
        layer: None,
        crs: None,
        encoding: None,
        where_sql: None,
        fields: std::collections::BTreeMap::new(),
        duplicates: Duplicates::Reject,
        partition: None,
    }
}

/// What the columns seem to be in a role.
pub(super) fn of(file: &str, layer: &LayerSurvey, role: Option<Role>) -> Vec<ColumnRole> {
    let Some(role) = role else { return Vec::new() };
    let (mut roles, mut lacking) = plan(file, layer, role);
    roles.extend(abbreviated(layer, role, &roles));
    lacking.retain(|f| roles.iter().all(|r| r.field.name != f.name));
    for field in lacking.into_iter().filter(|f| f.kind == FieldType::Id) {
        let taken: BTreeSet<usize> = roles.iter().map(|r| r.column).collect();
        let free = layer.columns.iter().enumerate().filter(|(i, _)| !taken.contains(i));
        let likely = free.map(|(i, c)| (likeness(field, c), i)).max_by_key(|(score, i)| (*score, std::cmp::Reverse(*i)));
        if let Some((score, column)) = likely.filter(|(score, _)| *score > 0) {
            let name = layer.columns.get(column).map_or("", |c| c.name.as_str());
            let doubt = if score >= CODES {
                say!("`{name}` is a guess for `{field}`: its cells are codes of that form", name, field = field.name)
            } else {
                say!(
                    "`{name}` is a guess for `{field}`: its cells differ from each other and its name is that of a number",
                    name,
                    field = field.name
                )
            };
            roles.push(ColumnRole { column, field, unit: None, guess: None, must_be_named: true, doubt });
        }
    }
    roles
}

/// Columns whose names are canonical ones made short, as a DBF with its ten letters makes people do: `above_grnd`, `is_constr`.
fn abbreviated(layer: &LayerSurvey, role: Role, known: &[ColumnRole]) -> Vec<ColumnRole> {
    let free = |field: &&'static Field| known.iter().all(|r| r.field.name != field.name);
    let columns = layer.columns.iter().enumerate().filter(|(i, _)| known.iter().all(|r| r.column != *i));
    let guess = |(column, survey): (usize, &ColumnSurvey)| {
        let mut meant = catalogue(role).iter().filter(free).filter(|f| is_short_for(&survey.name.to_lowercase(), &f.name));
        let (field, None) = (meant.next()?, meant.next()) else { return None };
        let doubt = say!("`{name}` is a guess for `{field}`: it looks like the name made short", name = survey.name, field = field.name);
        Some(ColumnRole { column, field, unit: None, guess: None, must_be_named: true, doubt })
    };
    columns.filter_map(guess).collect()
}

/// Whether a name has letters of another in their order, and begins as it does.
fn is_short_for(short: &str, long: &str) -> bool {
    /// Letters that must agree at the beginning.
    const BEGINNING: usize = 4;
    let mut rest = long.chars();
    let is_in_order = short.chars().all(|c| rest.any(|own| own == c));
    (6..=10).contains(&short.len()) && short.len() < long.len() && is_in_order && short.get(..BEGINNING) == long.get(..BEGINNING)
}

/// The score of a column of codes of the right form.
const CODES: u32 = 10;

/// How much a column looks like an identifier: codes of its form, or cells that all differ under a name that numbers things.
fn likeness(field: &Field, column: &ColumnSurvey) -> u32 {
    if matches!(column.stored, Stored::Other(_) | Stored::Date | Stored::Bool) || column.cells.is_empty() {
        return 0;
    }
    if ids::form_of(column).is_some_and(|form| form.is_for(&field.name)) {
        return CODES;
    }
    let name = column.name.to_lowercase();
    let is_named = ["id", "code", "bm", "dm", "bh", "编号", "代码", "编码", "no", "reference", "ref"].iter().any(|w| name.ends_with(w));
    let cells: BTreeSet<&str> = column.cells.iter().flatten().map(String::as_str).collect();
    let differ = cells.len() * 100 >= column.cells.len() * 98;
    // Numbers of a program are identifiers, but nobody else knows them.
    let is_technical = ["gml_id", "fid", "objectid", "ogc_fid", "gid"].contains(&name.as_str());
    match is_named && differ && column.stored != Stored::Real {
        false => 0,
        true if is_technical => 1,
        true => 2,
    }
}

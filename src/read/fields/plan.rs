//! Which source column each canonical field comes from: the job's word first, then the canonical name, then a known name.

use std::collections::BTreeSet;

use polars::prelude::{BooleanChunked, Column, DataFrame};

use super::apply::{Loaded, apply};
use super::catalogue::{Field, Need, Role, catalogue, plain_name};
use crate::model::{Code, Finding, Source, Unit, units::Dimension};
use crate::read::cells;
use crate::read::condition;
use crate::read::error::{ReadError, list};
use crate::read::job::{FieldSpec, LayerSpec};
use crate::say;

/// Where one canonical field comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSource {
    /// The field.
    pub field: &'static Field,
    /// The source column; none where the source has none.
    pub column: Option<usize>,
    /// The unit of its cells that have none of their own; none for the canonical one.
    pub unit: Option<Unit>,
}

/// Which source columns are read and what becomes of them.
#[derive(Clone, Debug)]
pub struct FieldPlan {
    pub(super) source: Source,
    pub(super) key: String,
    pub(super) fields: Vec<FieldSource>,
    pub(super) columns: Vec<usize>,
    pub(super) names: Vec<String>,
    where_columns: Vec<usize>,
    where_names: Vec<String>,
    where_sql: Option<String>,
}

/// What a plan is made from.
struct Headings<'a> {
    role: Role,
    names: &'a [String],
    headings: Vec<Heading>,
    source: &'a Source,
    key: &'a str,
}

/// A source column's name, ready to be compared.
struct Heading {
    plain: String,
    /// The name without a unit in brackets, and that unit.
    base: Option<(String, Option<Unit>)>,
}

/// A source column that a field may come from.
struct Match {
    column: usize,
    unit: Option<Unit>,
}

impl FieldPlan {
    /// Works out the source column of every field of `role`. `key` is the place in the job file: `parcels`, `zones[0]`.
    ///
    /// # Errors
    /// A column that the job names, a required field or a column of the `where` condition is not there; a unit does not fit; a needed heading
    /// stands twice; the condition is not SQL.
    pub fn new(
        role: Role,
        spec: &LayerSpec,
        source_names: &[String],
        source: &Source,
        key: &str,
    ) -> Result<(Self, Vec<Finding>), ReadError> {
        let headings = source_names.iter().map(|n| Heading::new(n)).collect();
        let headings = Headings { role, names: source_names, headings, source, key };
        let mut findings = Vec::new();
        let mut fields = Vec::new();
        for field in catalogue(role) {
            fields.push(headings.source_of(field, spec.fields.get(&field.name), &mut findings)?);
        }
        headings.refuse_unknown(spec)?;
        let columns: BTreeSet<usize> = fields.iter().filter_map(|f| f.column).collect();
        headings.refuse_repeated(&columns)?;
        let (where_columns, where_names) = headings.where_columns(spec)?;
        let plan = Self {
            source: source.clone(),
            key: key.to_owned(),
            fields,
            columns: columns.into_iter().collect(),
            names: source_names.to_vec(),
            where_columns,
            where_names,
            where_sql: spec.where_sql.clone(),
        };
        Ok((plan, findings))
    }

    /// A plan of one field whose cells are the only column; none where the role has no such field.
    #[must_use]
    pub fn of_field(role: Role, field: &str, source: &Source, key: &str) -> Option<Self> {
        let field = catalogue(role).iter().find(|own| own.name == field)?;
        Some(Self {
            source: source.clone(),
            key: key.to_owned(),
            fields: vec![FieldSource { field, column: Some(0), unit: None }],
            columns: vec![0],
            names: vec![field.name.clone()],
            where_columns: Vec::new(),
            where_names: Vec::new(),
            where_sql: None,
        })
    }

    /// The source columns that fields need, ascending.
    #[must_use]
    pub fn source_columns(&self) -> &[usize] {
        &self.columns
    }

    /// The source columns that the `where` condition needs beside the canonical ones, in the order in which [`Self::keep`] takes them.
    #[must_use]
    pub fn where_columns(&self) -> &[usize] {
        &self.where_columns
    }

    /// The name of a source column.
    #[must_use]
    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// Where each canonical field comes from, in the order of the frame.
    #[must_use]
    pub fn fields(&self) -> &[FieldSource] {
        &self.fields
    }

    /// Whether every field that comes from a source column is a number, so that a reader may keep numbers only.
    #[must_use]
    pub fn is_numeric(&self, column: usize) -> bool {
        let mut users = self.fields.iter().filter(|f| f.column == Some(column)).peekable();
        users.peek().is_some() && users.all(|f| f.field.kind.is_numeric())
    }

    /// The canonical frame from the columns of [`Self::source_columns`] in that order; `rows` are the row numbers for findings.
    ///
    /// # Errors
    /// Identifiers that are stored as floating-point numbers, or a column type that has no meaning here.
    pub fn apply(&self, raw: &[Column], rows: &[i64]) -> Result<(DataFrame, Vec<Finding>), ReadError> {
        apply(self, raw.iter().cloned().map(Loaded::Column).collect(), rows)
    }

    /// As [`Self::apply`], from columns that a reader has parsed already.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn apply_loaded(&self, raw: Vec<Loaded>, rows: &[i64]) -> Result<(DataFrame, Vec<Finding>), ReadError> {
        apply(self, raw, rows)
    }

    /// Which rows of a canonical frame meet the `where` condition; none without one. `extra` are the source columns of [`Self::where_columns`].
    ///
    /// # Errors
    /// The condition cannot be evaluated.
    pub fn keep(&self, frame: &DataFrame, extra: &[Column]) -> Result<Option<BooleanChunked>, ReadError> {
        let Some(sql) = &self.where_sql else { return Ok(None) };
        let named = extra.iter().zip(&self.where_names).map(|(column, name)| column.clone().with_name(name.as_str().into()));
        let own = frame.columns().iter().filter(|c| !self.where_names.iter().any(|n| n == c.name().as_str())).cloned();
        let columns = own.chain(named).collect();
        let wide = DataFrame::new(frame.height(), columns).map_err(|e| self.internal(&e))?;
        condition::filter(&wide, sql, &format!("{}.where", self.key)).map(Some)
    }

    pub(super) fn internal(&self, cause: &dyn std::fmt::Display) -> ReadError {
        ReadError::Internal {
            file: self.source.file.to_string(),
            key: self.key.clone(),
            detail: crate::read::error::one_line(&cause.to_string()),
        }
    }
}

impl Headings<'_> {
    fn source_of(&self, field: &'static Field, spec: Option<&FieldSpec>, findings: &mut Vec<Finding>) -> Result<FieldSource, ReadError> {
        if let Some(spec) = spec {
            return self.declared(field, spec);
        }
        if let Some(found) = self.canonical(field) {
            return Ok(FieldSource { field, column: Some(found.column), unit: found.unit });
        }
        let mut matches = self.aliased(field);
        if matches.is_empty() {
            matches.extend(self.cut_off(field));
        }
        let Some(first) = matches.first() else { return self.absent(field, findings) };
        findings.push(self.recognised(field, first));
        if matches.len() > 1 {
            findings.push(self.ambiguous(field, &matches));
        }
        Ok(FieldSource { field, column: Some(first.column), unit: first.unit })
    }

    fn declared(&self, field: &'static Field, spec: &FieldSpec) -> Result<FieldSource, ReadError> {
        let key = self.field_key(&field.name);
        if let Some(unit) = spec.unit.filter(|u| !cells::fits(*u, field.dimension)) {
            let dimension = field.dimension.map_or_else(|| say!("a value without a unit"), word);
            return Err(ReadError::UnitMismatch { key, field: field.name.clone(), dimension, unit: format!("{unit:?}").to_lowercase() });
        }
        let exact = self.names.iter().position(|n| *n == spec.column);
        let plain = plain_name(&spec.column);
        let column =
            exact.or_else(|| self.headings.iter().position(|h| h.plain == plain)).ok_or_else(|| self.missing(&key, &spec.column))?;
        let unit = spec.unit.or_else(|| self.heading_unit(column, field));
        Ok(FieldSource { field, column: Some(column), unit })
    }

    fn canonical(&self, field: &Field) -> Option<Match> {
        let plain = plain_name(&field.name);
        let column = self.headings.iter().position(|h| h.plain == plain)?;
        Some(Match { column, unit: None })
    }

    fn aliased(&self, field: &Field) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        for alias in &field.aliases {
            for (column, heading) in self.headings.iter().enumerate() {
                let unit = match &heading.base {
                    _ if heading.plain == alias.plain => alias.unit,
                    Some((base, unit)) if *base == alias.plain && unit.is_none_or(|u| cells::fits(u, field.dimension)) => {
                        unit.or(alias.unit)
                    }
                    _ => continue,
                };
                if matches.iter().all(|m| m.column != column) {
                    matches.push(Match { column, unit });
                }
            }
        }
        matches
    }

    /// The column of a shapefile whose name is the first ten letters of the field's, where that says which field it is.
    fn cut_off(&self, field: &Field) -> Option<Match> {
        const LIMIT: usize = 10;
        let file = self.source.file.to_lowercase();
        let cut = field.name.get(..LIMIT).filter(|_| field.name.len() > LIMIT && (file.ends_with(".shp") || file.ends_with(".dbf")))?;
        let alone = catalogue(self.role).iter().filter(|f| f.name.starts_with(cut)).count() == 1;
        let column = self.names.iter().position(|n| n.eq_ignore_ascii_case(cut)).filter(|_| alone)?;
        Some(Match { column, unit: None })
    }

    fn heading_unit(&self, column: usize, field: &Field) -> Option<Unit> {
        let (_, unit) = self.headings.get(column)?.base.as_ref()?;
        unit.filter(|u| cells::fits(*u, field.dimension))
    }

    fn absent(&self, field: &'static Field, findings: &mut Vec<Finding>) -> Result<FieldSource, ReadError> {
        match field.need {
            Need::Required => return Err(self.missing(&self.field_key(&field.name), &field.name)),
            Need::Expected => {
                let message = say!("no column for `{field}`; it is unknown for every row", field = field.name);
                let hint = say!(
                    "name the column with `{field} = \"…\"` under `{table}`, if there is one",
                    field = field.name,
                    table = self.fields_key()
                );
                findings.push(Finding::new(Code::FieldNotFound, self.source, message).field(&field.name, "").hint(hint));
            }
            Need::Optional => {}
        }
        Ok(FieldSource { field, column: None, unit: None })
    }

    fn recognised(&self, field: &Field, found: &Match) -> Finding {
        let unit = found.unit.map_or(String::new(), |u| say!(" in {unit}", unit = format!("{u:?}").to_lowercase()));
        let column = self.name(found.column);
        let message = say!("column `{column}` was read as `{field}`{unit}", column, field = field.name, unit);
        Finding::new(Code::FieldRecognised, self.source, message)
            .field(&field.name, column)
            .hint(say!("if it is something else, name the right column under `{table}`", table = self.fields_key()))
    }

    fn ambiguous(&self, field: &Field, matches: &[Match]) -> Finding {
        let names: Vec<String> = matches.iter().map(|m| self.name(m.column).to_owned()).collect();
        let taken = names.first().cloned().unwrap_or_default();
        let message = say!("`{field}` could come from {columns}; `{taken}` was taken", field = field.name, columns = list(&names), taken);
        let hint = say!("state it: `{field} = \"{taken}\"` under `{table}`", field = field.name, taken, table = self.fields_key());
        Finding::new(Code::FieldAmbiguous, self.source, message).field(&field.name, taken).hint(hint)
    }

    fn refuse_unknown(&self, spec: &LayerSpec) -> Result<(), ReadError> {
        let known = || catalogue(self.role).iter().map(|f| f.name.clone());
        match spec.fields.keys().find(|name| known().all(|k| k != **name)) {
            Some(field) => {
                let (key, role) = (self.field_key(field), self.role.word());
                Err(ReadError::FieldUnknown { key, role, field: field.clone(), known: known().collect() })
            }
            None => Ok(()),
        }
    }

    fn refuse_repeated(&self, columns: &BTreeSet<usize>) -> Result<(), ReadError> {
        let repeated = columns.iter().map(|&c| self.name(c)).find(|name| self.names.iter().filter(|n| n == name).count() > 1);
        match repeated {
            Some(column) => {
                Err(ReadError::ColumnRepeated { file: self.source.file.to_string(), key: self.key.into(), column: column.to_owned() })
            }
            None => Ok(()),
        }
    }

    /// The source columns that the condition names and no canonical field answers to, with their names there.
    fn where_columns(&self, spec: &LayerSpec) -> Result<(Vec<usize>, Vec<String>), ReadError> {
        let Some(sql) = &spec.where_sql else { return Ok(Default::default()) };
        let key = format!("{}.where", self.key);
        let mut columns = (Vec::new(), Vec::new());
        for name in condition::columns(sql, &key)? {
            let is_canonical = catalogue(self.role).iter().any(|f| f.name == name);
            let exact = self.names.iter().position(|n| *n == name);
            let found = exact.or_else(|| self.names.iter().position(|n| n.eq_ignore_ascii_case(&name)));
            match found {
                _ if is_canonical => {}
                Some(column) => {
                    columns.0.push(column);
                    columns.1.push(name);
                }
                None => return Err(self.missing(&key, &name)),
            }
        }
        Ok(columns)
    }

    fn missing(&self, key: &str, wanted: &str) -> ReadError {
        let found = self.names.iter().filter(|n| !n.is_empty()).cloned().collect();
        ReadError::ColumnMissing { file: self.source.file.to_string(), key: key.into(), wanted: wanted.into(), found }
    }

    fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    fn fields_key(&self) -> String {
        format!("{}.fields", self.key)
    }

    fn field_key(&self, field: &str) -> String {
        format!("{}.fields.{field}", self.key)
    }
}

impl Heading {
    fn new(name: &str) -> Self {
        let plain = plain_name(name);
        let bracketed = plain.strip_suffix([')', ']']).and_then(|rest| rest.rsplit_once(['(', '[']));
        let base = bracketed.and_then(|(base, inside)| {
            let inside = inside.trim_start_matches("单位:").trim_start_matches("单位");
            match cells::unit(inside) {
                Some(unit) => Some((base.to_owned(), Some(unit))),
                None => matches!(inside, "人" | "层" | "个" | "年" | "名" | "家").then(|| (base.to_owned(), None)),
            }
        });
        Self { plain, base }
    }
}

/// What a field measures.
fn word(dimension: Dimension) -> String {
    match dimension {
        Dimension::Area => say!("area"),
        Dimension::Length => say!("length"),
        Dimension::Money => say!("money"),
        Dimension::Energy => say!("energy"),
        Dimension::Mass => say!("mass"),
        Dimension::Fraction => say!("fraction"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::job::Duplicates;

    fn spec(fields: &[(&str, &str, Option<Unit>)]) -> LayerSpec {
        let fields = fields.iter().map(|(f, c, u)| ((*f).to_owned(), FieldSpec { column: (*c).to_owned(), unit: *u })).collect();
        LayerSpec {
            paths: vec!["x.csv".into()],
            layer: None,
            crs: None,
            encoding: None,
            where_sql: None,
            fields,
            duplicates: Duplicates::Reject,
            partition: None,
        }
    }

    fn plan(role: Role, names: &[&str], spec: &LayerSpec) -> Result<(FieldPlan, Vec<Finding>), ReadError> {
        let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
        FieldPlan::new(role, spec, &names, &Source { file: "x.csv".into(), layer: "".into() }, "tables[0]")
    }

    fn column(plan: &FieldPlan, field: &str) -> (Option<usize>, Option<Unit>) {
        plan.fields.iter().find(|f| f.field.name == field).map(|f| (f.column, f.unit)).unwrap()
    }

    #[test]
    fn the_job_comes_before_the_canonical_name_and_that_before_known_names() {
        let names = ["zdmj", "registered_area_m2", "AREA", "ZDDM"];
        let (by_name, _) = plan(Role::Parcels, &names, &spec(&[])).unwrap();
        assert_eq!(column(&by_name, "registered_area_m2"), (Some(1), None));
        let (by_job, _) = plan(Role::Parcels, &names, &spec(&[("registered_area_m2", "AREA", Some(Unit::Mu))])).unwrap();
        assert_eq!(column(&by_job, "registered_area_m2"), (Some(2), Some(Unit::Mu)));
        assert_eq!(by_job.source_columns(), [2, 3]);
        let (by_alias, findings) = plan(Role::Parcels, &["ＺＤＭＪ", "zddm"], &spec(&[])).unwrap();
        assert_eq!(column(&by_alias, "registered_area_m2"), (Some(0), None));
        assert_eq!(findings.iter().filter(|f| f.code == Code::FieldRecognised).count(), 2);
    }

    #[test]
    fn units_in_headings_count() {
        let names = ["统一社会信用代码", "宗地代码", "年度", "税收（元）", "总产值(万元)", "从业人员(人)", "综合能耗 (千克标准煤)"];
        let (plan, _) = plan(Role::Enterprises, &names, &spec(&[])).unwrap();
        assert_eq!(column(&plan, "tax_wan"), (Some(3), Some(Unit::Yuan)));
        assert_eq!(column(&plan, "output_wan"), (Some(4), Some(Unit::Wan)));
        assert_eq!(column(&plan, "employees"), (Some(5), None));
        assert_eq!(column(&plan, "energy_tce"), (Some(6), Some(Unit::Kgce)));
    }

    #[test]
    fn several_candidates_are_a_finding() {
        let (plan, findings) = plan(Role::Parcels, &["ZDH", "宗地代码"], &spec(&[])).unwrap();
        assert_eq!(column(&plan, "parcel_id"), (Some(1), None));
        let ambiguous = findings.iter().find(|f| f.code == Code::FieldAmbiguous).unwrap();
        assert_eq!(ambiguous.message, "`parcel_id` could come from `宗地代码`, `ZDH`; `宗地代码` was taken");
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_refused() {
        let missing = plan(Role::Parcels, &["a"], &spec(&[])).unwrap_err();
        assert_eq!(missing.to_string(), "`tables[0].fields.parcel_id`: file `x.csv` has no column `parcel_id`; it has `a`");
        let misspelt = plan(Role::Parcels, &["ZDDM", "parcel_id"], &spec(&[("town", "ZDDN", None)])).unwrap_err();
        assert_eq!(misspelt.hint(), "did you mean `ZDDM`?");
        let unit = plan(Role::Parcels, &["parcel_id", "a"], &spec(&[("registered_area_m2", "a", Some(Unit::Wan))])).unwrap_err();
        assert_eq!(
            unit.to_string(),
            "`tables[0].fields.registered_area_m2`: field `registered_area_m2` is area, which `wan` does not measure"
        );
        let twice = plan(Role::Parcels, &["parcel_id", "parcel_id"], &spec(&[])).unwrap_err();
        assert!(matches!(twice, ReadError::ColumnRepeated { .. }));
        let unknown = plan(Role::Parcels, &["parcel_id"], &spec(&[("twon", "parcel_id", None)])).unwrap_err();
        assert_eq!(unknown.hint(), "did you mean `town`?");
        assert!(plan(Role::Parcels, &["parcel_id", "x", "x"], &spec(&[])).is_ok(), "a repeated column that nobody needs");
    }

    #[test]
    fn names_that_a_shapefile_cut_off_are_recognised() {
        let names: Vec<String> = ["PARCEL_ID", "REGISTERED", "contract_s", "contract_f"].map(String::from).to_vec();
        let source = Source { file: "a.shp".into(), layer: "a".into() };
        let (plan, _) = FieldPlan::new(Role::Parcels, &spec(&[]), &names, &source, "parcels").unwrap();
        assert_eq!(column(&plan, "registered_area_m2").0, Some(1));
        assert_eq!(column(&plan, "contract_start_due").0, Some(2));
        assert_eq!(column(&plan, "contract_finish_due").0, None, "could be contract_forced_exit");
    }

    #[test]
    fn a_condition_brings_its_source_columns() {
        let with = LayerSpec { where_sql: Some("kind = 'town' AND zone_name <> 'x'".into()), ..spec(&[]) };
        let (zones, _) = plan(Role::Zones, &["fid", "KIND", "name"], &with).unwrap();
        assert_eq!(zones.where_columns(), [1]);
        let wrong = LayerSpec { where_sql: Some("knd = 'town'".into()), ..spec(&[]) };
        let error = plan(Role::Zones, &["fid", "kind", "name"], &wrong).unwrap_err();
        assert_eq!(error.hint(), "did you mean `kind`?");
    }
}

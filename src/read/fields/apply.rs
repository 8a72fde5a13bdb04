//! From the cells of source columns to the canonical frame.
//!
//! **Invariant:** a cell that cannot be read or cannot be true is null and has a finding; no cell is guessed and no row is dropped.

use chrono::NaiveDate;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int32Chunked, IntoColumn, IntoSeries, PlHashMap, StringChunked,
    StringChunkedBuilder,
};
use rayon::prelude::*;

use super::catalogue::{Field, FieldType, plain_word};
use super::plan::{FieldPlan, FieldSource};
use crate::model::{Code, Finding, Unit};
use crate::read::cells::{self, Cell, Quantity};
use crate::read::error::ReadError;
use crate::say;

/// Whole numbers up to here are exact as `f64`.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// Findings of one kind for one field that name their row; one more counts the rest.
const SHOWN: usize = 100;

/// One source column as a reader hands it over.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// As polars has it.
    Column(Column),
    /// Text that was read as numbers.
    Numbers(Numbers),
}

/// Text that was read as numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// The numbers, NaN for blank and for [`Self::odd`] cells.
    pub values: Vec<f64>,
    /// The cells that are not plain numbers, by position.
    pub odd: Vec<(usize, String)>,
}

impl Numbers {
    /// Adds the next cell.
    #[inline]
    pub fn push(&mut self, cell: &str) {
        let value = Self::value_of(cell).unwrap_or_else(|text| {
            self.odd.extend((!text.is_empty()).then(|| (self.values.len(), text.to_owned())));
            f64::NAN
        });
        self.values.push(value);
    }

    /// The number in a cell.
    ///
    /// # Errors
    /// The text of a cell that is not a plain number.
    #[inline]
    pub fn value_of(cell: &str) -> Result<f64, &str> {
        let trimmed = || cell.trim();
        cells::plain_number(cell.as_bytes()).or_else(|| cells::plain_number(trimmed().as_bytes())).ok_or_else(trimmed)
    }
}

impl Loaded {
    fn len(&self) -> usize {
        match self {
            Self::Column(column) => column.len(),
            Self::Numbers(numbers) => numbers.values.len(),
        }
    }

    /// The cells as polars has them; odd ones are null.
    #[must_use]
    pub fn into_column(self) -> Column {
        match self {
            Self::Column(column) => column,
            Self::Numbers(numbers) => nullable(numbers.values).into_column(),
        }
    }
}

/// The canonical frame of a plan; `raw` are the columns of [`FieldPlan::source_columns`] in that order.
pub(super) fn apply(plan: &FieldPlan, raw: Vec<Loaded>, rows: &[i64]) -> Result<(DataFrame, Vec<Finding>), ReadError> {
    if raw.len() != plan.columns.len() || raw.iter().any(|c| c.len() != rows.len()) {
        return Err(plan.internal(&say!("columns of the reader do not match the plan")));
    }
    let convert = |(source, cells): (&FieldSource, Option<Loaded>)| match cells {
        Some(cells) => Converter { plan, source, rows }.convert(cells),
        None => Ok((Column::full_null(source.field.name.as_str().into(), rows.len(), &source.field.kind.dtype()), Vec::new())),
    };
    let cells = cells_of(plan, raw);
    let converted: Vec<Result<(Column, Vec<Finding>), ReadError>> = plan.fields.par_iter().zip(cells).map(convert).collect();
    let mut columns = Vec::new();
    let mut findings = Vec::new();
    for result in converted {
        let (column, found) = result?;
        columns.push(column);
        findings.extend(found);
    }
    let frame = DataFrame::new(rows.len(), columns).map_err(|e| plan.internal(&e))?;
    Ok((frame, findings))
}

/// The cells of each field; a column that several fields read is copied for all but the last.
fn cells_of(plan: &FieldPlan, raw: Vec<Loaded>) -> Vec<Option<Loaded>> {
    let mut raw: Vec<Option<Loaded>> = raw.into_iter().map(Some).collect();
    let take = |(number, source): (usize, &FieldSource)| {
        let column = raw.get_mut(plan.columns.binary_search(&source.column?).ok()?)?;
        let is_last = plan.fields.iter().skip(number + 1).all(|other| other.column != source.column);
        if is_last { column.take() } else { column.clone() }
    };
    plan.fields.iter().enumerate().map(take).collect()
}

/// Cells at fault: how many, and the first of them.
#[derive(Default)]
struct Faults {
    count: usize,
    shown: Vec<(usize, String)>,
}

impl Faults {
    fn add(&mut self, position: usize, value: impl FnOnce() -> String) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((position, value()));
        }
    }
}

/// Makes the canonical column of one field.
struct Converter<'a> {
    plan: &'a FieldPlan,
    source: &'a FieldSource,
    rows: &'a [i64],
}

/// What was wrong with the cells of a field.
#[derive(Default)]
struct Report {
    unreadable: Faults,
    impossible: Faults,
    cleaned: Faults,
}

impl Converter<'_> {
    fn convert(&self, cells: Loaded) -> Result<(Column, Vec<Finding>), ReadError> {
        let mut report = Report::default();
        let column = match self.field().kind {
            FieldType::Id => self.id(&cells)?,
            FieldType::Text => trimmed(&self.text(&cells)?).into_column(),
            FieldType::Word => self.word(&self.text(&cells)?, &mut report).into_column(),
            FieldType::Number => self.number(cells, &mut report)?.into_column(),
            FieldType::Year => self.year(cells, &mut report)?.into_column(),
            FieldType::Bool => self.boolean(&cells, &mut report)?.into_column(),
            FieldType::Date => self.date(&cells, &mut report)?,
        };
        Ok((column.with_name(self.field().name.as_str().into()), self.findings(report)))
    }

    fn field(&self) -> &'static Field {
        self.source.field
    }

    fn id(&self, cells: &Loaded) -> Result<Column, ReadError> {
        if let Loaded::Column(column) = cells
            && column.dtype().is_float()
        {
            self.refuse_lost_digits(column)?;
        }
        Ok(trimmed(&self.text(cells)?).into_column())
    }

    fn refuse_lost_digits(&self, column: &Column) -> Result<(), ReadError> {
        let values = self.cast(column, &DataType::Float64)?;
        let values = values.f64().map_err(|e| self.plan.internal(&e))?;
        let lost = values.iter().enumerate().find_map(|(i, v)| v.filter(|v| v.fract() != 0.0 || v.abs() >= EXACT_INTEGERS).map(|v| (i, v)));
        match lost {
            Some((position, value)) => Err(ReadError::PrecisionLost {
                file: self.plan.source.file.to_string(),
                key: format!("{}.fields.{}", self.plan.key, self.field().name),
                column: self.column_name(),
                stored: say!("floating-point numbers"),
                value: format!("{value:e}"),
                row: self.row(position),
            }),
            None => Ok(()),
        }
    }

    /// The cells as text; whole numbers without a decimal point.
    fn text(&self, cells: &Loaded) -> Result<StringChunked, ReadError> {
        let column = match cells {
            Loaded::Column(column) => column,
            Loaded::Numbers(_) => return Err(self.plan.internal(&say!("numbers where text is needed"))),
        };
        if column.dtype().is_float() {
            let values = self.cast(column, &DataType::Float64)?;
            let values = values.f64().map_err(|e| self.plan.internal(&e))?;
            return Ok(values.iter().map(|v| v.filter(|v| !v.is_nan()).map(|v| v.to_string())).collect());
        }
        let text = self.cast(column, &DataType::String)?;
        text.str().cloned().map_err(|e| self.plan.internal(&e))
    }

    fn cast(&self, column: &Column, dtype: &DataType) -> Result<Column, ReadError> {
        let refuse = || ReadError::ColumnType {
            file: self.plan.source.file.to_string(),
            key: format!("{}.fields.{}", self.plan.key, self.field().name),
            column: self.column_name(),
            stored: column.dtype().to_string(),
        };
        if column.dtype().is_nested() || matches!(column.dtype(), DataType::Binary) {
            return Err(refuse());
        }
        column.cast(dtype).map_err(|_| refuse())
    }

    fn word(&self, text: &StringChunked, report: &mut Report) -> StringChunked {
        let field = self.field();
        let read = |cell: &str| {
            let plain = plain_word(cell);
            match field.words.get(&plain) {
                Some(word) => Cell::Value(word.clone()),
                None if cells::is_blank(&plain) => Cell::Blank,
                None if field.open => Cell::Value(cell.trim().to_owned()),
                None => Cell::Unreadable,
            }
        };
        let mut words = StringChunkedBuilder::new(text.name().clone(), text.len());
        each(text, read, &mut report.unreadable, |word| words.append_option(word));
        words.finish()
    }

    fn boolean(&self, cells: &Loaded, report: &mut Report) -> Result<BooleanChunked, ReadError> {
        if let Loaded::Column(column) = cells
            && let Ok(values) = column.bool()
        {
            return Ok(values.clone());
        }
        let text = self.text(cells)?;
        let mut truths = Vec::with_capacity(text.len());
        each(&text, cells::boolean, &mut report.unreadable, |truth| truths.push(truth.copied()));
        Ok(truths.into_iter().collect())
    }

    fn date(&self, cells: &Loaded, report: &mut Report) -> Result<Column, ReadError> {
        let days: Int32Chunked = match cells {
            Loaded::Column(column) if column.dtype().is_temporal() => self.temporal(column, report)?,
            _ => {
                let text = self.text(cells)?;
                let mut days = Vec::with_capacity(text.len());
                each(&text, cells::date, &mut report.unreadable, |day| days.push(day.copied().map(days_since_epoch)));
                days.into_iter().collect()
            }
        };
        Ok(days.into_date().into_series().into_column())
    }

    fn temporal(&self, column: &Column, report: &mut Report) -> Result<Int32Chunked, ReadError> {
        let days = self.cast(&self.cast(column, &DataType::Date)?, &DataType::Int32)?;
        let days = days.i32().map_err(|e| self.plan.internal(&e))?;
        let (first, last) = (days_since_epoch(day(1900, 1, 1)), days_since_epoch(day(2199, 12, 31)));
        let checked = days.iter().enumerate().map(|(i, d)| {
            let d = d?;
            let can_be = (first..=last).contains(&d);
            if !can_be {
                report.impossible.add(i, || say!("{days} days from 1970-01-01", days = d));
            }
            can_be.then_some(d)
        });
        Ok(checked.collect())
    }

    fn number(&self, cells: Loaded, report: &mut Report) -> Result<Float64Chunked, ReadError> {
        let mut numbers = self.numbers(cells)?;
        let field = self.field();
        self.convert_unit(&mut numbers.values);
        for (position, text) in &numbers.odd {
            match (self.quantity(text), numbers.values.get_mut(*position)) {
                (Cell::Value(value), Some(slot)) => {
                    *slot = value;
                    if text.parse::<f64>().is_err() {
                        report.cleaned.add(*position, || text.clone());
                    }
                }
                (Cell::Unreadable, _) => report.unreadable.add(*position, || text.clone()),
                _ => {}
            }
        }
        for (position, value) in numbers.values.iter_mut().enumerate() {
            if !value.is_nan() && !field.range.contains(*value) {
                report.impossible.add(position, || value.to_string());
                *value = f64::NAN;
            }
        }
        Ok(nullable(numbers.values))
    }

    fn convert_unit(&self, values: &mut [f64]) {
        if let Some(unit) = self.source.unit.filter(|u| u.to_canonical(1.0) != 1.0) {
            values.iter_mut().for_each(|v| *v = unit.to_canonical(*v));
        }
    }

    /// The number in a cell that is not plain, in the canonical unit.
    fn quantity(&self, text: &str) -> Cell<f64> {
        match cells::number(text) {
            Cell::Value(Quantity { value, unit: Some(unit) }) if cells::fits(unit, self.field().dimension) => {
                Cell::Value(unit.to_canonical(value))
            }
            Cell::Value(Quantity { value, unit: None }) => Cell::Value(self.source.unit.unwrap_or(Unit::One).to_canonical(value)),
            Cell::Value(_) | Cell::Unreadable => Cell::Unreadable,
            Cell::Blank => Cell::Blank,
        }
    }

    fn numbers(&self, cells: Loaded) -> Result<Numbers, ReadError> {
        let column = match cells {
            Loaded::Numbers(numbers) => return Ok(numbers),
            Loaded::Column(column) => column,
        };
        if let Ok(text) = column.str() {
            let mut numbers = Numbers::default();
            text.iter().for_each(|cell| numbers.push(cell.unwrap_or("")));
            return Ok(numbers);
        }
        if column.dtype().is_temporal() {
            return Err(self.type_refused(&column));
        }
        let values = self.cast(&column, &DataType::Float64)?;
        let values = values.f64().map_err(|e| self.plan.internal(&e))?;
        // In one piece and without a gap they are copied as they stand.
        let values = values.cont_slice().map_or_else(|_| values.iter().map(|v| v.unwrap_or(f64::NAN)).collect(), <[f64]>::to_vec);
        Ok(Numbers { values, odd: Vec::new() })
    }

    fn type_refused(&self, column: &Column) -> ReadError {
        ReadError::ColumnType {
            file: self.plan.source.file.to_string(),
            key: format!("{}.fields.{}", self.plan.key, self.field().name),
            column: self.column_name(),
            stored: column.dtype().to_string(),
        }
    }

    fn year(&self, cells: Loaded, report: &mut Report) -> Result<Int32Chunked, ReadError> {
        let mut numbers = self.numbers(cells)?;
        for (position, text) in &numbers.odd {
            match (cells::year(text), numbers.values.get_mut(*position)) {
                (Cell::Value(year), Some(slot)) => *slot = year,
                (Cell::Unreadable, _) => report.unreadable.add(*position, || text.clone()),
                _ => {}
            }
        }
        let whole = numbers.values.iter().enumerate().map(|(position, &value)| {
            let can_be = self.field().range.contains(value) && value.fract() == 0.0;
            if !can_be && !value.is_nan() {
                report.impossible.add(position, || value.to_string());
            }
            #[expect(clippy::cast_possible_truncation, reason = "a whole number within the range of years")]
            can_be.then_some(value as i32)
        });
        Ok(whole.collect())
    }

    fn findings(&self, report: Report) -> Vec<Finding> {
        let name = &self.field().name;
        let mut findings = Vec::new();
        let unreadable = |value: &str| say!("`{value}` cannot be read as `{name}`; it counts as unknown", value, name);
        self.list(Code::FieldBadValue, &report.unreadable, &unreadable, &say!("correct the cell in the source"), &mut findings);
        let impossible = |value: &str| {
            say!("`{name}` of {value} cannot be: it must be {range}; it counts as unknown", name, value, range = self.field().range)
        };
        let hint = say!("correct the cell, or state the unit of the column under `{table}.fields`", table = self.plan.key);
        self.list(Code::FieldOutOfRange, &report.impossible, &impossible, &hint, &mut findings);
        if let Some((position, value)) = report.cleaned.shown.first() {
            let message = say!(
                "{cells} cells of column `{column}` were cleaned, the first is `{value}`",
                cells = report.cleaned.count,
                column = self.column_name(),
                value
            );
            findings.push(self.finding(Code::FieldConverted, message).field(name, value).at_row(self.row(*position)));
        }
        findings
    }

    fn list(&self, code: Code, faults: &Faults, message: &dyn Fn(&str) -> String, hint: &str, findings: &mut Vec<Finding>) {
        for (position, value) in &faults.shown {
            let finding = self.finding(code, message(value)).field(&self.field().name, value);
            findings.push(finding.at_row(self.row(*position)).hint(hint));
        }
        if faults.count > faults.shown.len() {
            let more = faults.count - faults.shown.len();
            let text =
                say!("{more} more cells of column `{column}` like this one; they count as unknown", more, column = self.column_name());
            findings.push(self.finding(code, text).field(&self.field().name, "").hint(hint));
        }
    }

    fn finding(&self, code: Code, message: String) -> Finding {
        Finding::new(code, &self.plan.source, message)
    }

    fn row(&self, position: usize) -> i64 {
        self.rows.get(position).copied().unwrap_or(0)
    }

    fn column_name(&self) -> String {
        self.source.column.and_then(|c| self.plan.names.get(c)).cloned().unwrap_or_default()
    }
}

/// Reads every cell, each different text once, and hands the values over in order.
fn each<T>(text: &StringChunked, read: impl Fn(&str) -> Cell<T>, faults: &mut Faults, mut put: impl FnMut(Option<&T>)) {
    let mut known: PlHashMap<&str, Cell<T>> = PlHashMap::default();
    for (position, cell) in text.iter().enumerate() {
        let Some(cell) = cell else {
            put(None);
            continue;
        };
        match known.entry(cell).or_insert_with(|| read(cell)) {
            Cell::Value(value) => put(Some(value)),
            Cell::Blank => put(None),
            Cell::Unreadable => {
                faults.add(position, || cell.trim().to_owned());
                put(None);
            }
        }
    }
}

/// The text without space around it, null where nothing is left.
fn trimmed(text: &StringChunked) -> StringChunked {
    if text.iter().flatten().all(is_trimmed) {
        return text.clone();
    }
    let mut builder = StringChunkedBuilder::new(text.name().clone(), text.len());
    for cell in text.iter() {
        builder.append_option(cell.map(str::trim).filter(|c| !c.is_empty()));
    }
    builder.finish()
}

/// Whether a text is not empty and has no space around it. Most begin and end with a visible ASCII character, which says so at once.
fn is_trimmed(cell: &str) -> bool {
    let is_seen = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = cell.as_bytes();
    (is_seen(bytes.first()) && is_seen(bytes.last())) || (!cell.is_empty() && cell.trim().len() == cell.len())
}

/// A column with null for NaN.
fn nullable(values: Vec<f64>) -> Float64Chunked {
    let known = values.iter().any(|v| v.is_nan()).then(|| values.iter().map(|v| !v.is_nan()).collect());
    Float64Chunked::from_vec_validity("".into(), values, known)
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

fn days_since_epoch(date: NaiveDate) -> i32 {
    i32::try_from(date.signed_duration_since(day(1970, 1, 1)).num_days()).unwrap_or(i32::MIN)
}

#[cfg(test)]
mod tests;

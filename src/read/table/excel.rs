//! Workbooks: Excel and OpenDocument. The first row of the sheet is the heading.
//!
//! Refused: identifiers that are numbers of more than 15 digits, because a spreadsheet keeps no more than that.

use std::fmt::Write;

use calamine::{Data, ExcelDateTime, Range, Reader, open_workbook_auto};
use polars::prelude::{Column, IntoColumn, NamedFrom, Series, StringChunkedBuilder};

use super::{Part, Raw, Request, damaged};
use crate::read::error::ReadError;
use crate::read::fields::{FieldPlan, FieldType, Loaded};

/// Whole numbers from here on have more than 15 digits.
const TOO_LONG: f64 = 1e15;

pub(super) fn read(request: &Request<'_>) -> Result<Part, ReadError> {
    let refuse = |e: &dyn std::fmt::Display| damaged(request.input, request.key, e);
    let mut workbook = open_workbook_auto(&request.input.path).map_err(|e| refuse(&e))?;
    let names = workbook.sheet_names();
    let (name, range) = match &request.spec.layer {
        Some(wanted) if !names.contains(wanted) => return Err(layer_missing(request, wanted, names)),
        Some(wanted) => (wanted.clone(), workbook.worksheet_range(wanted).map_err(|e| refuse(&e))?),
        None => only_sheet(request, workbook.worksheets().into_iter().filter(|(_, range)| !range.is_empty()).collect())?,
    };
    let source = request.source(&name);
    let sheet = Sheet::new(&range);
    let (plan, plan_findings) = request.plan(&sheet.headings, &source)?;
    let raw = sheet.raw(request, &plan)?;
    let (table, findings) = request.finish(&plan, raw, source)?;
    Ok(Part { table, headings: sheet.headings, plan_findings, findings })
}

fn layer_missing(request: &Request<'_>, wanted: &str, found: Vec<String>) -> ReadError {
    ReadError::LayerMissing { file: request.file(), key: format!("{}.layer", request.key), wanted: wanted.into(), found }
}

fn only_sheet(request: &Request<'_>, mut sheets: Vec<(String, Range<Data>)>) -> Result<(String, Range<Data>), ReadError> {
    match (sheets.len(), sheets.pop()) {
        (1, Some(sheet)) => Ok(sheet),
        (_, None) => Err(ReadError::Empty { file: request.file(), key: request.key.into() }),
        (_, Some((last, _))) => {
            let found = sheets.into_iter().map(|(name, _)| name).chain([last]).collect();
            Err(ReadError::LayerUnnamed { file: request.file(), key: format!("{}.layer", request.key), found })
        }
    }
}

/// The cells of a sheet, without rows that have none.
struct Sheet<'a> {
    headings: Vec<String>,
    rows: Vec<(i64, &'a [Data])>,
}

impl<'a> Sheet<'a> {
    fn new(range: &'a Range<Data>) -> Self {
        let mut rows = range.rows();
        let headings = rows.next().unwrap_or_default().iter().map(|cell| shown(cell).unwrap_or_default().trim().to_owned()).collect();
        let rows = (1..).zip(rows).filter(|(_, cells)| cells.iter().any(|c| !matches!(c, Data::Empty))).collect();
        Self { headings, rows }
    }

    fn raw(&self, request: &Request<'_>, plan: &FieldPlan) -> Result<Raw, ReadError> {
        let column = |&c: &usize| if c < self.headings.len() { self.column(c) } else { request.partition(self.rows.len()) };
        for field in plan.fields().iter().filter(|f| f.field.kind == FieldType::Id) {
            if let Some(column) = field.column {
                self.refuse_lost_digits(request, column, &field.field.name)?;
            }
        }
        Ok(Raw {
            fields: plan.source_columns().iter().map(|c| Loaded::Column(column(c))).collect(),
            extra: plan.where_columns().iter().map(column).collect(),
            rows: self.rows.iter().map(|(row, _)| *row).collect(),
            findings: Vec::new(),
        })
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &'a Data> {
        self.rows.iter().map(move |(_, cells)| cells.get(column).unwrap_or(&Data::Empty))
    }

    fn refuse_lost_digits(&self, request: &Request<'_>, column: usize, field: &str) -> Result<(), ReadError> {
        let lost = self.rows.iter().zip(self.cells(column)).find_map(|((row, _), cell)| match cell {
            Data::Float(value) if value.abs() >= TOO_LONG => Some((*row, *value)),
            _ => None,
        });
        let Some((row, value)) = lost else { return Ok(()) };
        Err(ReadError::PrecisionLost {
            file: request.file(),
            key: format!("{}.fields.{field}", request.key),
            column: self.headings.get(column).cloned().unwrap_or_default(),
            stored: "numbers of a spreadsheet, which keeps 15 digits".into(),
            value: value.to_string(),
            row,
        })
    }

    /// Numbers where every cell is one or empty, otherwise text.
    fn column(&self, column: usize) -> Column {
        let number = |cell: &Data| match cell {
            Data::Float(value) => Some(Some(*value)),
            #[expect(clippy::cast_precision_loss, reason = "a spreadsheet computes in f64")]
            Data::Int(value) => Some(Some(*value as f64)),
            Data::Empty => Some(None),
            _ => None,
        };
        if let Some(numbers) = self.cells(column).map(number).collect::<Option<Vec<Option<f64>>>>() {
            return Series::new("".into(), numbers).into_column();
        }
        let mut builder = StringChunkedBuilder::new("".into(), self.rows.len());
        self.cells(column).for_each(|cell| builder.append_option(shown(cell)));
        builder.finish().into_column()
    }
}

/// The text of a cell; days as 2025-12-31.
fn shown(cell: &Data) -> Option<String> {
    Some(match cell {
        Data::Empty => return None,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(value) => day(value),
        Data::Error(error) => error.to_string(),
    })
}

fn day(value: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) != (0, 0, 0) {
        // Writing to a string cannot fail.
        let _ = write!(text, " {hour:02}:{minute:02}:{second:02}");
    }
    text
}

//! `inventory.xlsx`: summaries and lists for who works in a spreadsheet, in the language of the job.
//!
//! Headings have their units, codes stand as words, and the last sheet says what every column and code means. Text is text: nothing that a cell begins with
//! makes a formula of it. A list that is longer than a sheet goes on in the next one.
//!
//! **Invariant:** the file has no clock in it: its day is that of the job.

mod lists;
mod sheet;

use polars::prelude::{DataFrame, NamedFrom, PolarsResult, Series};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::{Sink, Staging, WriteError, tables};
use crate::model::{Lang, Outcome, lang};
use chrono::Datelike;
use sheet::{Column, Sheet, Styles};

/// Rows below the heading that a sheet of Excel has.
const SHEET_ROWS: usize = 1_048_575;

/// Writes the workbook of a run; temporary files stand beside it.
pub fn write(outcome: &Outcome, lang: Lang, staging: &Staging, sink: &mut Sink) -> Result<(), WriteError> {
    let path = sink.path().to_owned();
    let sheets = sheets(outcome, lang).map_err(|source| WriteError::Table { path: path.clone(), source })?;
    let failed = |source| WriteError::Workbook { path: path.clone(), source };
    let mut book = start(outcome, staging).map_err(failed)?;
    fill(&mut book, &sheets, SHEET_ROWS).and_then(|()| book.save_to_writer(sink)).map_err(failed)
}

fn start(outcome: &Outcome, staging: &Staging) -> Result<Workbook, XlsxError> {
    let day = outcome.manifest.as_of;
    let year = u16::try_from(day.year()).unwrap_or(u16::MAX);
    // A sheet of Excel has no days before 1900.
    let created = ExcelDateTime::from_ymd(year, day.month().try_into().unwrap_or(1), day.day().try_into().unwrap_or(1));
    let mut book = Workbook::new();
    let mut properties = DocProperties::new().set_title(&outcome.manifest.job);
    if let Ok(created) = created {
        properties = properties.set_creation_datetime(&created);
    }
    book.set_properties(&properties);
    book.set_tempdir(staging.directory())?;
    Ok(book)
}

/// Writes every sheet, and goes on in another where one is full.
fn fill(book: &mut Workbook, sheets: &[Sheet], rows: usize) -> Result<(), XlsxError> {
    let styles = Styles::new();
    for sheet in sheets {
        for (part, start) in (0..sheet.height().max(1)).step_by(rows).enumerate() {
            let page = book.add_worksheet_with_constant_memory()?;
            page.set_name(sheet.title_of(part))?;
            sheet.write(page, start..sheet.height().min(start + rows), &styles)?;
        }
    }
    Ok(())
}

/// The sheets in the order of their tabs.
fn sheets(outcome: &Outcome, lang: Lang) -> PolarsResult<Vec<Sheet>> {
    let mut sheets = Vec::new();
    if let Some((_, overall)) = outcome.summaries.iter().find(|(name, _)| name == "overall") {
        sheets.push(lists::overall(overall, lang)?);
    }
    for (name, table) in outcome.summaries.iter().filter(|(name, _)| name != "overall") {
        sheets.push(Sheet::of_table(table, name, lang)?);
    }
    sheets.push(lists::low_efficiency(&outcome.inventory, lang)?);
    sheets.push(Sheet::of_table(&outcome.tracts, "tracts", lang)?);
    for (table, name) in [(&outcome.sliver_candidates, "sliver_candidates"), (&outcome.swap_candidates, "swap_candidates")] {
        sheets.push(Sheet::of_table(table, name, lang)?.with_confirmations(name, &outcome.confirmations, lang));
    }
    sheets.push(lists::tool_candidates(outcome, lang)?);
    sheets.push(Sheet::of_table(&outcome.due_list, "due_list", lang)?);
    let findings = tables::findings(&outcome.findings).map_err(|error| polars::prelude::polars_err!(ComputeError: "{error}"))?;
    sheets.push(Sheet::of_table(&findings, "findings", lang)?);
    sheets.push(legend(&sheets, lang)?);
    Ok(sheets)
}

/// What every column of the sheets means, and every code that stands as a word.
fn legend(sheets: &[Sheet], lang: Lang) -> PolarsResult<Sheet> {
    let mut rows: [Vec<String>; 4] = Default::default();
    let mut push = |cells: [&str; 4]| rows.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell.to_owned()));
    for sheet in sheets {
        for column in &sheet.columns {
            let Some((table, name)) = column.source else { continue };
            push([&sheet.title, &column.heading, "", lang::meaning(lang, table, name)]);
            for code in lang::codes(table, name) {
                push([&sheet.title, &column.heading, code, lang::value(lang, table, name, code).unwrap_or(code)]);
            }
        }
    }
    let keys = ["workbook:sheet", "workbook:heading", "workbook:code", "workbook:meaning"];
    let columns = keys.iter().zip(&rows).map(|(key, cells)| Series::new((*key).into(), cells).into()).collect();
    let headings = keys.iter().map(|key| Column::text(lang::text(lang, key))).collect();
    Sheet::new(lang::text(lang, "workbook:legend"), &DataFrame::new_infer_height(columns)?, headings)
}

#[cfg(test)]
mod tests;

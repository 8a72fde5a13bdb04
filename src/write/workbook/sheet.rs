//! One sheet: a heading that stays in sight, a filter, and cells in the type of their column.

use std::collections::HashMap;
use std::ops::Range;

use polars::prelude::{ChunkApply, DataFrame, DataType, PolarsResult};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::super::cells::{self, Values};
use crate::model::columns::{Codes, Column as Defined, ColumnType};
use crate::model::{Confirmations, Lang, char_width, lang, tables};

/// Characters that a cell of Excel holds.
const CELL_CHARS: usize = 32_767;
/// Characters that the name of a sheet may have.
const TITLE_CHARS: usize = 31;
/// Rows that say how wide a column is.
const WIDTH_ROWS: usize = 500;
/// The narrowest and the widest column, in characters.
const WIDTHS: [usize; 2] = [9, 60];
/// Characters of a day.
const DAY_CHARS: usize = 10;
/// The day 1970-01-01 as Excel counts days.
const EPOCH_DAY: i64 = 25_569;
/// The first day that Excel counts as everybody else, 1900-03-01.
const FIRST_DAY: i64 = 61;
/// A4, as Excel numbers papers.
const A4: u8 = 9;

/// How the cells of a column look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Look {
    Text,
    Quantity,
    Ratio,
    Percent,
    Whole,
    Day,
}

/// The looks of cells, as the workbook knows them.
pub struct Styles {
    heading: Format,
    looks: HashMap<Look, Format>,
}

impl Styles {
    /// Those of all sheets.
    pub fn new() -> Self {
        let heading = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Thin);
        let patterns = [
            (Look::Text, "@"),
            (Look::Quantity, "#,##0.00"),
            (Look::Ratio, "0.00"),
            (Look::Percent, "0.00%"),
            (Look::Whole, "0"),
            (Look::Day, "yyyy-mm-dd"),
        ];
        let looks = patterns.map(|(look, pattern)| (look, Format::new().set_num_format(pattern)));
        Self { heading: heading.set_background_color(Color::RGB(0x00E7_ECEF)), looks: looks.into() }
    }
}

/// A column of a sheet.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading, with the unit.
    pub heading: String,
    /// Table and name of the column that it shows, where it is one.
    pub source: Option<(&'static str, &'static str)>,
    look: Look,
    codes: Codes,
}

impl Column {
    /// A column of text with a heading of its own.
    pub fn text(heading: &str) -> Self {
        Self { heading: heading.to_owned(), source: None, look: Look::Text, codes: Codes::Free }
    }

    /// A column of one of the tables that has it; text where none has.
    pub fn of(sources: &[&'static str], name: &str, lang: Lang) -> Self {
        let found = sources.iter().find_map(|source| Some((*source, tables::table(source)?.column(name)?)));
        let Some((table, defined)) = found else { return Self::text(name) };
        Self {
            heading: lang::label(lang, table, name).into_owned(),
            source: Some((table, defined.name)),
            look: look(defined),
            codes: defined.codes,
        }
    }
}

fn look(column: &Defined) -> Look {
    match column.kind {
        ColumnType::Fraction => Look::Percent,
        ColumnType::Number if column.unit.is_empty() => Look::Ratio,
        ColumnType::Number => Look::Quantity,
        ColumnType::Whole => Look::Whole,
        ColumnType::Day => Look::Day,
        ColumnType::Text | ColumnType::Polygon | ColumnType::Box => Look::Text,
    }
}

/// A sheet as it is written.
pub struct Sheet {
    /// The name on its tab.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    cells: Vec<Values>,
    /// Looks by row instead of by column, where every row is another figure.
    looks: Option<Vec<Look>>,
    rows: usize,
}

impl Sheet {
    /// A sheet of a frame, with a heading a column.
    pub fn new(title: &str, frame: &DataFrame, columns: Vec<Column>) -> PolarsResult<Self> {
        let cells = frame.columns().iter().map(|column| match column.dtype() {
            DataType::Date => Ok(Values::Whole(column.cast(&DataType::Int32)?.cast(&DataType::Int64)?.i64()?.rechunk().into_owned())),
            _ => cells::cells(column).map(|cells| cells.values),
        });
        Ok(Self { title: title.to_owned(), columns, cells: cells.collect::<PolarsResult<_>>()?, looks: None, rows: frame.height() })
    }

    /// A sheet of a whole table of the run.
    pub fn of_table(frame: &DataFrame, table: &str, lang: Lang) -> PolarsResult<Self> {
        let table = tables::table(table).map_or("", |table| table.name);
        Self::of_columns(lang::table_title(lang, table), frame, &[table], lang)
    }

    /// A sheet of columns that are those of the tables; codes become words.
    pub fn of_columns(title: &str, frame: &DataFrame, sources: &[&'static str], lang: Lang) -> PolarsResult<Self> {
        let columns: Vec<Column> = frame.get_column_names().into_iter().map(|name| Column::of(sources, name, lang)).collect();
        let mut sheet = Self::new(title, frame, columns)?;
        for (column, cells) in sheet.columns.iter().zip(&mut sheet.cells) {
            if let (Some((table, name)), Values::Text(texts), true) =
                (column.source, &mut *cells, !matches!(column.codes, Codes::Free | Codes::Sentence))
            {
                *texts = texts.apply_values(|code| lang::cell(lang, table, name, code));
            }
        }
        Ok(sheet)
    }

    /// Tells in words what people must confirm, where the ledger has it by id.
    pub fn with_confirmations(mut self, ledger: &'static str, words: &Confirmations, lang: Lang) -> Self {
        let word = |id: &str| {
            words.get(&(ledger, id.to_owned())).map_or_else(|| id.to_owned(), |[zh, en]| if lang == Lang::Zh { zh } else { en }.clone())
        };
        for (column, cells) in self.columns.iter().zip(&mut self.cells) {
            if let (Some((_, "human")), Values::Text(texts)) = (column.source, cells) {
                *texts = texts.apply_values(|ids| {
                    ids.split_whitespace().map(word).collect::<Vec<_>>().join(if lang == Lang::Zh { "；" } else { "; " }).into()
                });
            }
        }
        self
    }

    /// Gives every row the look of a column of a table.
    pub fn with_looks_of(mut self, columns: &[&Defined]) -> Self {
        self.looks = Some(columns.iter().map(|column| look(column)).collect());
        self
    }

    /// The number of rows below the heading.
    pub const fn height(&self) -> usize {
        self.rows
    }

    /// The name of the sheet that has a part of the rows: `Findings`, `Findings (2)`.
    pub fn title_of(&self, part: usize) -> String {
        if part == 0 {
            return self.title.clone();
        }
        let number = format!(" ({})", part + 1);
        self.title.chars().take(TITLE_CHARS - number.len()).chain(number.chars()).collect()
    }

    /// Writes the heading and the rows of a range.
    pub fn write(&self, page: &mut Worksheet, rows: Range<usize>, styles: &Styles) -> Result<(), XlsxError> {
        page.set_freeze_panes(1, 1)?.set_repeat_rows(0, 0)?;
        page.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        for (at, (column, values)) in (0_u16..).zip(self.columns.iter().zip(&self.cells)) {
            page.set_column_width(at, width(column, values, rows.clone()))?;
            page.write_string_with_format(0, at, &column.heading, &styles.heading)?;
        }
        for (line, row) in (1_u32..).zip(rows.clone()) {
            for (at, (column, values)) in (0_u16..).zip(self.columns.iter().zip(&self.cells)) {
                let look = self.looks.as_ref().and_then(|looks| looks.get(row)).filter(|_| !matches!(values, Values::Text(_)));
                let look = *look.unwrap_or(&column.look);
                if let Some(format) = styles.looks.get(&look) {
                    write_cell(page, (line, at), (values, row), (look, format))?;
                }
            }
        }
        let last = (u32::try_from(rows.len()).unwrap_or(u32::MAX), u16::try_from(self.columns.len()).unwrap_or(1).saturating_sub(1));
        page.autofilter(0, 0, last.0, last.1).map(|_| ())
    }
}

fn write_cell(
    page: &mut Worksheet,
    (line, at): (u32, u16),
    (values, row): (&Values, usize),
    (look, format): (Look, &Format),
) -> Result<(), XlsxError> {
    match values {
        Values::Text(texts) => {
            if let Some(text) = texts.get(row).filter(|text| !text.is_empty()) {
                page.write_string_with_format(line, at, fitting(text), format)?;
            }
        }
        Values::Number(numbers) => {
            if let Some(number) = numbers.get(row).filter(|number| number.is_finite()) {
                page.write_number_with_format(line, at, number, format)?;
            }
        }
        Values::Whole(numbers) => match numbers.get(row) {
            Some(day) if look == Look::Day => write_day(page, (line, at), day, format)?,
            #[expect(clippy::cast_precision_loss, reason = "counts and row numbers are far below 2^53")]
            Some(number) => _ = page.write_number_with_format(line, at, number as f64, format)?,
            None => {}
        },
        Values::Truth(truths) => {
            if let Some(truth) = truths.get(row) {
                page.write_boolean(line, at, truth)?;
            }
        }
    }
    Ok(())
}

/// A day of the calendar, counted from 1970.
fn write_day(page: &mut Worksheet, (line, at): (u32, u16), day: i64, format: &Format) -> Result<(), XlsxError> {
    let serial = day + EPOCH_DAY;
    if serial >= FIRST_DAY {
        #[expect(clippy::cast_precision_loss, reason = "days of the calendar are far below 2^53")]
        page.write_number_with_format(line, at, serial as f64, format)?;
    } else if let Some(day) = i32::try_from(day).ok().and_then(chrono::NaiveDate::from_epoch_days) {
        page.write_string(line, at, day.to_string())?;
    }
    Ok(())
}

/// The text as far as a cell holds it; a dot says that there is more.
fn fitting(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= CELL_CHARS || text.chars().count() <= CELL_CHARS {
        return text.into();
    }
    text.chars().take(CELL_CHARS - 1).chain(['…']).collect::<String>().into()
}

/// Characters of a number with two decimals, a sign and commas between thousands.
fn number_width(most: f64) -> usize {
    let digits = format!("{most:.2}").len();
    1 + digits + digits / 3
}

/// The width of a column: that of its longest word, within limits.
fn width(column: &Column, values: &Values, rows: Range<usize>) -> f64 {
    let wide = |text: &str| text.chars().map(char_width).sum::<usize>();
    let [least, most] = WIDTHS;
    // A heading may take two lines.
    let heading = wide(&column.heading).div_ceil(2) + 2;
    let cells = match values {
        Values::Text(texts) => rows.take(WIDTH_ROWS).filter_map(|row| texts.get(row)).map(wide).max().unwrap_or(0),
        Values::Number(numbers) => number_width(rows.filter_map(|row| numbers.get(row)).fold(0.0, |most, number| number.abs().max(most))),
        Values::Whole(_) if column.look == Look::Day => DAY_CHARS,
        Values::Whole(_) | Values::Truth(_) => 0,
    };
    let width = heading.max(cells + 1).clamp(least, most);
    u16::try_from(width).map_or(0.0, f64::from)
}

//! Workbooks: Excel and OpenDocument. The first row of the sheet is the heading.
//!
//! Refused: identifiers that are numbers of more than 15 digits, because a spreadsheet keeps no more than that.

use std::fmt::Write;

use calamine::{Data, ExcelDateTime, Range, Reader, open_workbook_auto};
use polars::prelude::{Column, IntoColumn, NamedFrom, Series, StringChunkedBuilder};

mod bounds;

use super::{Part, Raw, Request, damaged};
use crate::model::attempt;
use crate::read::error::ReadError;
use crate::read::fields::{FieldPlan, FieldType, Loaded};
use crate::read::paths::Input;
use crate::say;

/// Whole numbers from here on have more than 15 digits.
const TOO_LONG: f64 = 1e15;

pub(super) fn read(request: &Request<'_>) -> Result<Part, ReadError> {
    unless_given_up(request.input, request.key, || read_whole(request))
}

/// What reading gives; the reader gives up on some damaged workbooks.
fn unless_given_up<T>(input: &Input, key: &str, read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    attempt(read).unwrap_or_else(|| Err(damaged(input, key, &say!("its cells cannot be made out"))))
}

fn read_whole(request: &Request<'_>) -> Result<Part, ReadError> {
    let refuse = |e: &dyn std::fmt::Display| damaged(request.input, request.key, e);
    bounds::unpacked(request.input, request.key)?;
    let mut workbook = open_workbook_auto(&request.input.path).map_err(|e| refuse(&e))?;
    let names = workbook.sheet_names();
    let wanted = request.spec.layer.as_ref().map_or(&names[..], std::slice::from_ref);
    bounds::cells((request.input, request.key), &mut workbook, wanted)?;
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

/// The beginning of a sheet.
pub struct SheetSample {
    /// Its name.
    pub name: String,
    /// How many rows it has below the heading.
    pub rows: usize,
    /// Headings with the first cells.
    pub columns: Vec<(String, Column)>,
}

/// Looks at every sheet that is not empty.
///
/// # Errors
/// The workbook cannot be opened, or holds too much.
pub fn sample(input: &Input, most_rows: usize) -> Result<Vec<SheetSample>, ReadError> {
    unless_given_up(input, "file", || {
        bounds::unpacked(input, "file")?;
        let mut workbook = open_workbook_auto(&input.path).map_err(|e| ReadError::damaged(&input.shown, "file", e))?;
        let names = workbook.sheet_names();
        bounds::cells((input, "file"), &mut workbook, &names)?;
        let sheets = workbook.worksheets().into_iter().filter(|(_, range)| !range.is_empty());
        Ok(sheets.map(|(name, range)| Sheet::new(&range).sample(name, most_rows)).collect())
    })
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

    fn sample(mut self, name: String, most_rows: usize) -> SheetSample {
        let rows = self.rows.len();
        self.rows.truncate(most_rows);
        let columns = self.headings.iter().enumerate().map(|(i, heading)| (heading.clone(), self.column(i))).collect();
        SheetSample { name, rows, columns }
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
            stored: say!("numbers of a spreadsheet, which keeps 15 digits"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::job::LayerSpec;
    use crate::read::table::tests::{folder, read, spec, texts};

    /// The check sum of a ZIP entry.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
        })
    }

    /// A ZIP archive without compression.
    fn zip(files: &[(&str, String)]) -> Vec<u8> {
        let (mut body, mut directory) = (Vec::new(), Vec::new());
        let size = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        for (name, content) in files {
            let offset = size(body.len());
            let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
            let entry = [
                &[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
                &crc(content.as_bytes()).to_le_bytes(),
                &size(content.len()),
                &size(content.len()),
                &name_length,
                &[0, 0],
            ]
            .concat();
            body.extend([b"PK\x03\x04", entry.as_slice(), name.as_bytes(), content.as_bytes()].concat());
            directory.extend([b"PK\x01\x02\x14\x00", entry.as_slice(), &[0; 10], &offset, name.as_bytes()].concat());
        }
        let count = u16::try_from(files.len()).unwrap().to_le_bytes();
        let end = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size(directory.len()), &size(body.len()), &[0, 0]].concat();
        [body, directory, end].concat()
    }

    /// A workbook; cells are the insides of `<c>` elements.
    fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
        const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
        const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
        const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let mut files = Vec::new();
        let (mut list, mut links) = (String::new(), String::new());
        for (n, (name, rows)) in sheets.iter().enumerate() {
            list += &format!("<sheet name=\"{name}\" sheetId=\"{}\" r:id=\"r{n}\"/>", n + 1);
            links += &format!("<Relationship Id=\"r{n}\" Type=\"{REL}/worksheet\" Target=\"worksheets/s{n}.xml\"/>");
            let mut body = String::new();
            for (i, row) in rows.iter().enumerate() {
                let cells: String = row.iter().zip('A'..).map(|(cell, c)| format!("<c r=\"{c}{}\" {cell}</c>", i + 1)).collect();
                body += &format!("<row r=\"{}\">{cells}</row>", i + 1);
            }
            files.push((format!("xl/worksheets/s{n}.xml"), format!("<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>")));
        }
        links += &format!("<Relationship Id=\"style\" Type=\"{REL}/styles\" Target=\"styles.xml\"/>");
        let office = format!("<Relationship Id=\"w\" Type=\"{REL}/officeDocument\" Target=\"xl/workbook.xml\"/>");
        files.push(("_rels/.rels".into(), format!("<Relationships xmlns=\"{PACKAGE}\">{office}</Relationships>")));
        files.push(("xl/workbook.xml".into(), format!("<workbook {MAIN} xmlns:r=\"{REL}\"><sheets>{list}</sheets></workbook>")));
        files.push(("xl/_rels/workbook.xml.rels".into(), format!("<Relationships xmlns=\"{PACKAGE}\">{links}</Relationships>")));
        files.push((
            "xl/styles.xml".into(),
            format!("<styleSheet {MAIN}><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
        ));
        zip(&files.iter().map(|(name, content)| (name.as_str(), content.clone())).collect::<Vec<_>>())
    }

    fn text(value: &str) -> String {
        format!("t=\"inlineStr\"><is><t>{value}</t></is>")
    }

    fn number(value: &str) -> String {
        format!("><v>{value}</v>")
    }

    fn sheet(rows: &[Vec<String>]) -> Vec<Vec<&str>> {
        rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect()
    }

    fn written(rows: &[Vec<String>], also: &[(&str, &[&[&str]])]) -> tempfile::TempDir {
        let cells = sheet(rows);
        let rows: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let sheets: Vec<(&str, &[&[&str]])> = [("企业", rows.as_slice())].into_iter().chain(also.iter().copied()).collect();
        folder(&[("e.xlsx", &workbook(&sheets))])
    }

    fn heading() -> Vec<String> {
        ["统一社会信用代码", "宗地代码", "年度", "税收(万元)", "企业名称"].map(text).to_vec()
    }

    #[test]
    fn a_sheet_is_read_with_numbers_and_days_and_row_numbers() {
        let rows = [
            heading(),
            vec![text("A"), number("310114"), number("2024"), number("12.5"), "s=\"1\"><v>45657</v>".into()],
            vec![],
            vec![text("B"), text("3101141230012345678"), text("2024年"), text("3,000元"), text("乙")],
        ];
        let dir = written(&rows, &[("空", &[])]);
        let (table, _) = read(&dir, &spec("e.xlsx")).unwrap();
        assert_eq!(table.rows, [1, 3]);
        assert_eq!(&*table.source.layer, "企业");
        let some = |texts: [&str; 2]| texts.map(|t| Some(t.to_owned()));
        assert_eq!(texts(&table, "parcel_id"), some(["310114", "3101141230012345678"]));
        assert_eq!(texts(&table, "enterprise_name"), some(["2024-12-31", "乙"]));
        let tax: Vec<_> = table.frame.column("tax_wan").unwrap().f64().unwrap().iter().collect();
        assert_eq!(tax, [Some(12.5), Some(0.3)]);
    }

    #[test]
    fn identifiers_that_the_spreadsheet_rounded_are_refused() {
        let rows = [
            heading(),
            vec![text("A"), text("x"), number("2024"), number("1"), text("甲")],
            vec![text("B"), number("3.101141230012346E+18"), number("2024"), number("1"), text("乙")],
        ];
        let error = read(&written(&rows, &[]), &spec("e.xlsx")).unwrap_err();
        assert!(matches!(&error, ReadError::PrecisionLost { row: 2, column, .. } if column == "宗地代码"), "{error}");
    }

    #[test]
    fn the_sheet_must_be_clear() {
        let rows = [heading(), vec![text("A"), text("x"), number("2024"), number("1"), text("甲")]];
        let note = number("1");
        let second: &[&str] = &[&note];
        let dir = written(&rows, &[("说明", &[second])]);
        let error = read(&dir, &spec("e.xlsx")).unwrap_err();
        assert_eq!(error.to_string(), "`tables[0].layer`: file `e.xlsx` has several layers: `企业`, `说明`");
        let named = |layer: &str| LayerSpec { layer: Some(layer.into()), ..spec("e.xlsx") };
        assert!(read(&dir, &named("企业")).is_ok());
        assert!(matches!(read(&dir, &named("企")).unwrap_err(), ReadError::LayerMissing { .. }));
        let damaged = folder(&[("e.xlsx", b"PK\x03\x04 nothing")]);
        assert!(matches!(read(&damaged, &spec("e.xlsx")).unwrap_err(), ReadError::Damaged { .. }));
    }
}

//! How much a workbook may hold: a file of a megabyte can unpack to a terabyte, and two cells in opposite corners of a sheet are a table of 17 billion.
//!
//! **Invariant:** nothing of a workbook is held in memory before it is known to be within these bounds.

use std::fs::File;
use std::io::{BufReader, Read, Seek, copy, sink};

use calamine::Sheets;

use crate::read::error::ReadError;
use crate::read::paths::{Input, has_extension};
use crate::say;

/// Bytes that all parts of a workbook may unpack to.
const MOST_BYTES: u64 = 1 << 30;
/// Cells that a sheet may span from its first to its last, empty ones included: 64 columns of as many rows as a sheet can have.
const MOST_CELLS: u64 = 64 << 20;

/// Refuses a workbook that unpacks to too much. It is unpacked once for that, because what it says of its size may be wrong.
pub fn unpacked(input: &Input, key: &str) -> Result<(), ReadError> {
    let path = &input.path;
    if has_extension(path, "xls") {
        return Ok(());
    }
    let damaged = |e: &dyn std::fmt::Display| super::damaged(input, key, e);
    let file = File::open(path).map_err(|e| ReadError::io(&input.shown, key, &e))?;
    // What is no archive is for the reader to refuse.
    let Ok(mut archive) = zip::ZipArchive::new(BufReader::new(file)) else { return Ok(()) };
    let mut left = MOST_BYTES;
    for number in 0..archive.len() {
        let part = archive.by_index(number).map_err(|e| damaged(&e))?;
        let read = copy(&mut part.take(left + 1), &mut sink()).map_err(|e| damaged(&e))?;
        let Some(rest) = left.checked_sub(read) else {
            let detail = say!("it unpacks to more than {most} MiB", most = MOST_BYTES >> 20);
            return Err(ReadError::Oversized { file: input.shown.clone(), key: key.into(), detail });
        };
        left = rest;
    }
    Ok(())
}

/// Refuses sheets whose cells span too much.
pub fn cells<R: Read + Seek>((input, key): (&Input, &str), workbook: &mut Sheets<R>, names: &[String]) -> Result<(), ReadError> {
    for name in names {
        // What cannot be read is for the reader to refuse.
        let mut last = (0_u64, 0_u64);
        let mut reach = |(row, column): (u32, u32)| last = (last.0.max(u64::from(row)), last.1.max(u64::from(column)));
        match workbook {
            Sheets::Xlsx(book) => {
                let Ok(mut reader) = book.worksheet_cells_reader(name) else { continue };
                while let Ok(Some(cell)) = reader.next_cell() {
                    reach(cell.get_position());
                }
            }
            Sheets::Xlsb(book) => {
                let Ok(mut reader) = book.worksheet_cells_reader(name) else { continue };
                while let Ok(Some(cell)) = reader.next_cell() {
                    reach(cell.get_position());
                }
            }
            Sheets::Xls(_) | Sheets::Ods(_) => return Ok(()),
        }
        let (rows, columns) = (last.0 + 1, last.1 + 1);
        if rows.saturating_mul(columns) > MOST_CELLS {
            let most = MOST_CELLS;
            let detail = say!("sheet `{name}` spans {rows} rows and {columns} columns, more than {most} cells", name, rows, columns, most);
            return Err(ReadError::Oversized { file: input.shown.clone(), key: key.into(), detail });
        }
    }
    Ok(())
}

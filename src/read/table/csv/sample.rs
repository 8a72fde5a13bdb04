//! The beginning of a delimited text, cell by cell, for those who ask what it is.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::mem::{decode_latin1, encode_latin1_lossy};
use encoding_rs::{Encoding, GB18030, UTF_8};
use memchr::memchr_iter;

use super::{Fault, Scan, likely_delimiter, separator_line, skip_blank};
use crate::read::encoding::{self, Decided};
use crate::read::error::ReadError;
use crate::read::paths::Input;
use crate::read::survey::confidence;
use crate::say;

/// Bytes of the file that are looked at.
const MOST_BYTES: u64 = 1 << 22;

/// A cell as it stands in the file; UTF-16 as UTF-8.
type Cell = Vec<u8>;

/// The beginning of a delimited text.
pub struct CsvSample {
    /// The heading.
    pub headings: Vec<Cell>,
    /// Its first rows.
    pub rows: Vec<Vec<Cell>>,
    /// Lines of the file.
    pub lines: u64,
    /// Whether that was all.
    pub is_whole: bool,
    /// The encoding, and how it was decided; none where none fits all of it.
    pub encoding: Option<(&'static Encoding, Decided)>,
    /// The encoding in which the cells are best read.
    pub cells_in: &'static Encoding,
    /// Bytes beyond ASCII in what was looked at.
    pub beyond_ascii: usize,
    /// How sure the encoding is.
    pub confidence: f64,
    /// What is wrong with a row.
    pub damage: Option<String>,
}

/// Looks at the beginning of a file.
///
/// # Errors
/// It cannot be read, is damaged UTF-16, or has no heading.
pub fn sample(input: &Input, most_rows: usize) -> Result<CsvSample, ReadError> {
    let failed = |e: std::io::Error| ReadError::io(&input.shown, "file", &e);
    let mut file = std::fs::File::open(&input.path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.by_ref().take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    let rest = count_lines(&mut file).map_err(failed)?;
    let is_all = rest.is_none();
    let (more, last) = rest.unwrap_or((0, bytes.last().copied()));
    let lines = memchr_iter(b'\n', &bytes).count() as u64 + more + u64::from(last.is_some_and(|b| b != b'\n'));
    if !is_all {
        let end = memchr::memrchr(b'\n', &bytes).map_or(bytes.len(), |i| i + 1);
        bytes.truncate(end - end % 2 * usize::from(bytes.starts_with(&[0xFF, 0xFE])));
    }
    let mark = Encoding::for_bom(&bytes);
    let (found, skip) = match encoding::for_text(&bytes, None, &input.shown, "file") {
        Ok((chosen, decided, skip)) => (Some((chosen, decided)), skip),
        // A table may be put together from columns in several encodings.
        Err(ReadError::Undecodable { .. }) if mark.is_none_or(|(marked, _)| marked == UTF_8) => (None, mark.map_or(0, |(_, skip)| skip)),
        Err(other) => return Err(other),
    };
    let body = bytes.get(skip..).unwrap_or_default();
    let chosen = found.map_or(GB18030, |(chosen, _)| chosen);
    let (plain, cells_in) = match chosen.is_ascii_compatible() {
        true => (Cow::Borrowed(body), chosen),
        false => (Cow::Owned(chosen.decode_without_bom_handling(body).0.into_owned().into_bytes()), UTF_8),
    };
    // One character a byte: delimiters and quotes are the same in every encoding that is left.
    let (mut records, is_end, damage) = records(&decode_latin1(&plain), most_rows);
    let headings = if records.is_empty() { Vec::new() } else { records.remove(0) };
    if headings.iter().all(|heading| heading.trim_ascii().is_empty()) {
        return Err(ReadError::Empty { file: input.shown.clone(), key: "file".into() });
    }
    Ok(CsvSample {
        headings,
        rows: records,
        lines,
        is_whole: is_all && is_end && damage.is_none(),
        encoding: found,
        cells_in,
        beyond_ascii: body.iter().filter(|b| !b.is_ascii()).count(),
        confidence: found.map_or(0.0, |(chosen, decided)| confidence(chosen, decided, &[body])),
        damage,
    })
}

/// Ends of lines behind the beginning and the last byte; none where nothing is there.
fn count_lines(file: &mut std::fs::File) -> std::io::Result<Option<(u64, Option<u8>)>> {
    let mut room = vec![0; 1 << 20];
    let mut lines = None;
    loop {
        let read = file.read(&mut room)?;
        if read == 0 {
            return Ok(lines);
        }
        let part = room.get(..read).unwrap_or_default();
        let before = lines.map_or(0, |(count, _)| count);
        lines = Some((before + memchr_iter(b'\n', part).count() as u64, part.last().copied()));
    }
}

/// The heading and the first rows, whether they are all, and what is wrong with the row behind them.
fn records(text: &str, most_rows: usize) -> (Vec<Vec<Cell>>, bool, Option<String>) {
    let bytes = text.as_bytes();
    let start = skip_blank(bytes, separator_line(bytes).map_or(0, |(_, end)| end));
    let delimiter = separator_line(bytes).map_or_else(|| likely_delimiter(bytes.get(start..).unwrap_or_default()), |(d, _)| d);
    let mut scan = Scan { text, at: start, delimiter };
    let mut records: Vec<Vec<Cell>> = Vec::new();
    let line = |at: usize| memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count() + 1;
    loop {
        scan.at = skip_blank(bytes, scan.at);
        let at = scan.at;
        if at >= bytes.len() || records.len() > most_rows {
            return (records, at >= bytes.len(), None);
        }
        let Ok(record) = record(&mut scan) else {
            return (records, false, Some(say!("line {line}: a quoted cell does not end", line = line(at))));
        };
        let width = records.first().map_or(record.len(), Vec::len);
        if record.len() != width {
            let damage =
                say!("line {line}: {found} cells where the heading has {wanted}", line = line(at), found = record.len(), wanted = width);
            return (records, false, Some(damage));
        }
        records.push(record);
    }
}

fn record(scan: &mut Scan<'_>) -> Result<Vec<Cell>, Fault> {
    let mut cells = Vec::new();
    loop {
        let cell = scan.cell()?;
        cells.push(encode_latin1_lossy(&cell.text).into_owned());
        if cell.ends_record {
            return Ok(cells);
        }
    }
}

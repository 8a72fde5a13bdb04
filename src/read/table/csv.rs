//! Delimited text: `,`, `;` or tab, with quoted cells; UTF-8 or whatever [`super::super::encoding`] works out.
//!
//! The file is read once, cut at ends of records, and its parts are scanned in parallel straight into typed columns: no cell becomes a `String`
//! of its own.
//!
//! **Invariant:** the same rows at any number of parts; a row has as many cells as the heading, or the file is refused with its line.

mod columns;
mod sample;
mod scan;

use memchr::{memchr, memchr_iter};
use rayon::prelude::*;

use self::columns::{Builders, Columns, Layout, Room};
use self::scan::Scan;
use super::{Part, Raw, Request, damaged};
use crate::model::{Finding, Source};
use crate::read::encoding;
use crate::read::error::ReadError;
use crate::read::fields::FieldPlan;
use crate::say;

pub use sample::{CsvSample, sample};

/// Bytes of a part, about: small enough to keep all cores busy, large enough to forget the seams.
const PART: usize = 1 << 20;

pub(super) fn read(request: &Request<'_>) -> Result<Part, ReadError> {
    let source = request.source("");
    let (parsed, guessed) = parsed(request, &source)?;
    // The bytes of the file are gone by now: the columns need the room.
    let mut part = parsed.finish(request, &source)?;
    part.findings.extend(guessed);
    Ok(part)
}

/// The columns of the file, and the finding that its encoding was guessed.
fn parsed(request: &Request<'_>, source: &Source) -> Result<(Parsed, Option<Finding>), ReadError> {
    let bytes = std::fs::read(&request.input.path).map_err(|e| ReadError::io(request.file(), request.key, &e))?;
    if request.spec.encoding.is_none()
        && let Some(parsed) = utf8(request, &bytes, source)?
    {
        return Ok((parsed, None));
    }
    let (chosen, decided, skip) = encoding::for_text(&bytes, request.spec.encoding.as_deref(), &request.file(), request.key)?;
    let text = chosen.decode_without_bom_handling(bytes.get(skip..).unwrap_or_default()).0;
    let parsed = Csv { request, source, body: text.as_bytes() }.read()?;
    let parsed = parsed.ok_or_else(|| damaged(request.input, request.key, &say!("decoded text is not utf-8")))?;
    Ok((parsed, encoding::finding(chosen, decided, source, request.key)))
}

/// The file as UTF-8; none where it is something else.
fn utf8(request: &Request<'_>, bytes: &[u8], source: &Source) -> Result<Option<Parsed>, ReadError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Ok(None);
    }
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Csv { request, source, body }.read()
}

/// The columns of a file, part by part.
struct Parsed {
    headings: Vec<String>,
    plan: FieldPlan,
    plan_findings: Vec<Finding>,
    room: Room,
    parts: Vec<Columns>,
}

/// A file in hand.
struct Csv<'a> {
    request: &'a Request<'a>,
    source: &'a Source,
    body: &'a [u8],
}

/// Why a part cannot be used.
enum Fault {
    /// It is not UTF-8.
    Encoding,
    /// The record at this byte has another number of cells.
    Ragged { at: usize, found: usize },
    /// The quoted cell at this byte does not end.
    Open { at: usize },
}

impl Csv<'_> {
    /// The file; none where it is not UTF-8.
    fn read(&self) -> Result<Option<Parsed>, ReadError> {
        let start = skip_blank(self.body, separator_line(self.body).map_or(0, |(_, end)| end));
        let delimiter = separator_line(self.body).map_or_else(|| likely_delimiter(self.body.get(start..).unwrap_or_default()), |(d, _)| d);
        let Some((headings, body_start)) = self.headings(start, delimiter)? else { return Ok(None) };
        let (plan, plan_findings) = self.request.plan(&headings, self.source)?;
        let layout = Layout::new(&plan, headings.len(), delimiter);
        let body = self.body.get(body_start..).unwrap_or_default();
        let parts: Vec<(usize, &[u8])> =
            cuts(body, delimiter).into_iter().map(|range| (body_start + range.start, body.get(range).unwrap_or_default())).collect();
        let most: Vec<usize> = parts.par_iter().map(|(_, bytes)| most_rows(bytes)).collect();
        let mut room = Room::new(&plan, most.clone());
        let parse =
            |((&(base, bytes), &most), places)| parse(bytes, &layout, Builders::new(&plan, places, most)).map_err(|fault| (base, fault));
        let read: Vec<Result<Columns, (usize, Fault)>> = parts.par_iter().zip(&most).zip(room.split()).map(parse).collect();
        let mut parts = Vec::with_capacity(read.len());
        for part in read {
            match part {
                Ok(part) => parts.push(part),
                Err((_, Fault::Encoding)) => return Ok(None),
                Err((base, fault)) => return self.refuse(base, &fault, headings.len()),
            }
        }
        Ok(Some(Parsed { headings, plan, plan_findings, room, parts }))
    }

    /// The names of the columns and where the rows begin.
    fn headings(&self, start: usize, delimiter: u8) -> Result<Option<(Vec<String>, usize)>, ReadError> {
        let end = record_end(self.body, start, delimiter);
        let Ok(line) = std::str::from_utf8(self.body.get(start..end).unwrap_or_default()) else { return Ok(None) };
        let mut names = Vec::new();
        let mut scan = Scan { text: line, at: 0, delimiter };
        loop {
            let cell = scan.cell().map_err(|_| self.open(start))?;
            names.push(cell.text.trim().to_owned());
            if cell.ends_record {
                break;
            }
        }
        match names.iter().all(String::is_empty) {
            true => Err(ReadError::Empty { file: self.request.file(), key: self.request.key.into() }),
            false => Ok(Some((names, end))),
        }
    }

    fn refuse(&self, base: usize, fault: &Fault, wanted: usize) -> Result<Option<Parsed>, ReadError> {
        match *fault {
            Fault::Encoding => Ok(None),
            Fault::Open { at } => Err(self.open(base + at)),
            Fault::Ragged { at, found } => {
                let (file, key) = (self.request.file(), self.request.key.to_owned());
                Err(ReadError::Ragged { file, key, line: self.line(base + at), found, wanted })
            }
        }
    }

    fn open(&self, at: usize) -> ReadError {
        let detail = say!("line {line}: a quoted cell does not end", line = self.line(at));
        ReadError::Truncated { file: self.request.file(), key: self.request.key.into(), detail }
    }

    fn line(&self, at: usize) -> usize {
        memchr_iter(b'\n', self.body.get(..at).unwrap_or_default()).count() + 1
    }
}

impl Parsed {
    fn finish(self, request: &Request<'_>, source: &Source) -> Result<Part, ReadError> {
        let rows: usize = self.parts.iter().map(|part| part.rows).sum();
        if rows == 0 {
            return Err(ReadError::Empty { file: request.file(), key: request.key.into() });
        }
        let (fields, extra) = columns::joined((request, &self.plan), self.room, self.parts, self.headings.len());
        let raw = Raw { fields, extra, rows: (1..=i64::try_from(rows).unwrap_or(i64::MAX)).collect(), findings: Vec::new() };
        let (table, findings) = request.finish(&self.plan, raw, source.clone())?;
        Ok(Part { table, headings: self.headings, plan_findings: self.plan_findings, findings })
    }
}

/// How many records there can be: as many as lines.
fn most_rows(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count() + usize::from(!bytes.ends_with(b"\n"))
}

/// Reads the records of one part.
fn parse<'t>(bytes: &'t [u8], layout: &Layout, mut builders: Builders<'t, '_>) -> Result<Columns, Fault> {
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Fault::Encoding)?;
    let mut scan = Scan { text, at: 0, delimiter: layout.delimiter };
    loop {
        scan.at = skip_blank(bytes, scan.at);
        let at = scan.at;
        if at >= bytes.len() {
            return Ok(builders.finish());
        }
        let found = record(&mut scan, layout, &mut builders)?;
        if found != layout.targets.len() {
            return Err(Fault::Ragged { at, found });
        }
        builders.rows += 1;
    }
}

/// Reads one record and says how many cells it has.
#[inline]
fn record<'t>(scan: &mut Scan<'t>, layout: &Layout, builders: &mut Builders<'t, '_>) -> Result<usize, Fault> {
    let mut found = 0;
    loop {
        let target = layout.targets.get(found);
        found += 1;
        let ends_record = match (target, target.filter(|target| target.is_number).and_then(|_| scan.number())) {
            (Some(target), Some((value, ends_record))) => {
                builders.push_number(target, value);
                ends_record
            }
            (target, _) => {
                let cell = scan.cell()?;
                if let Some(target) = target {
                    builders.push(target, cell.text);
                }
                cell.ends_record
            }
        };
        if ends_record {
            return Ok(found);
        }
    }
}

/// Where the next record begins: behind lines without anything.
#[inline]
fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The `sep=;` line that Excel writes and reads: the delimiter, and where the line ends.
fn separator_line(bytes: &[u8]) -> Option<(u8, usize)> {
    let rest = bytes.strip_prefix(b"sep=").or_else(|| bytes.strip_prefix(b"SEP="))?;
    let delimiter = *rest.first()?;
    let end = memchr(b'\n', bytes)? + 1;
    Some((delimiter, end))
}

/// The delimiter that stands most often in the first line, outside quotes; the comma where none does.
fn likely_delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.get(..memchr(b'\n', bytes).unwrap_or(bytes.len())).unwrap_or_default();
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in line {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(d, _)| *d == byte && !quoted) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0);
    counts.iter().find(|(_, n)| *n == most).map_or(b',', |(d, _)| *d)
}

/// Where the record that begins at `start` ends, its line break included.
fn record_end(bytes: &[u8], start: usize, delimiter: u8) -> usize {
    let body = bytes.get(start..).unwrap_or_default();
    let mut quotes = QuotedSpans { bytes: body, at: 0, delimiter };
    let mut at = 0;
    loop {
        let Some(found) = memchr(b'\n', body.get(at..).unwrap_or_default()) else { return bytes.len() };
        let newline = at + found;
        match quotes.span_around(newline) {
            Some(end) => at = end,
            None => return start + newline + 1,
        }
    }
}

/// Ranges of about [`PART`] bytes that begin and end with a record.
fn cuts(body: &[u8], delimiter: u8) -> Vec<std::ops::Range<usize>> {
    let mut quotes = QuotedSpans { bytes: body, at: 0, delimiter };
    let mut cuts = Vec::new();
    let mut start = 0;
    while start < body.len() {
        let mut at = (start + PART).min(body.len());
        let end = loop {
            let Some(found) = memchr(b'\n', body.get(at..).unwrap_or_default()) else { break body.len() };
            match quotes.span_around(at + found) {
                Some(end) => at = end,
                None => break at + found + 1,
            }
        };
        cuts.push(start..end);
        start = end;
    }
    cuts
}

/// The quoted cells of a text, asked for in rising order of place.
struct QuotedSpans<'a> {
    bytes: &'a [u8],
    /// Everything before is done, and outside quotes.
    at: usize,
    delimiter: u8,
}

impl QuotedSpans<'_> {
    /// The end of the quoted cell around `place`; none where there is none.
    fn span_around(&mut self, place: usize) -> Option<usize> {
        while self.at <= place {
            // No further than `place`: a search to the end of the text for every cut would take quadratic time.
            let found = self.bytes.get(self.at..place).and_then(|rest| memchr(b'"', rest)).map(|i| self.at + i);
            let Some(open) = found else {
                self.at = self.at.max(place);
                return None;
            };
            let before = open.checked_sub(1).and_then(|i| self.bytes.get(i));
            if before.is_some_and(|&b| b != self.delimiter && b != b'\n') {
                self.at = open + 1;
                continue;
            }
            self.at = self.closing(open + 1);
        }
        Some(self.at)
    }

    /// Behind the quote that closes the cell whose content begins at `from`; the end of the text where none does.
    fn closing(&self, mut from: usize) -> usize {
        loop {
            let Some(found) = self.bytes.get(from..).and_then(|rest| memchr(b'"', rest)) else { return self.bytes.len() };
            let quote = from + found;
            if self.bytes.get(quote + 1) != Some(&b'"') {
                return quote + 1;
            }
            from = quote + 2;
        }
    }
}

#[cfg(test)]
mod tests;

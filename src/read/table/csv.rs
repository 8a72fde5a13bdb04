//! Delimited text: `,`, `;` or tab, with quoted cells; UTF-8 or whatever [`super::super::encoding`] works out.
//!
//! The file is read once, cut at ends of records, and its parts are scanned in parallel straight into typed columns: no cell becomes a `String`
//! of its own.
//!
//! **Invariant:** the same rows at any number of parts; a row has as many cells as the heading, or the file is refused with its line.

mod sample;

use memchr::{memchr, memchr_iter};
use polars::prelude::StringChunkedBuilder;
use rayon::prelude::*;

use super::{Part, Raw, Request, damaged, text_column};
use crate::model::{Finding, Source};
use crate::read::encoding;
use crate::read::error::ReadError;
use crate::read::fields::{FieldPlan, Loaded, Numbers};
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
    parts: Vec<Builders>,
}

/// A file in hand.
struct Csv<'a> {
    request: &'a Request<'a>,
    source: &'a Source,
    body: &'a [u8],
}

/// What is done with the cells of one source column.
#[derive(Clone, Default)]
struct Target {
    field: Option<usize>,
    extra: Option<usize>,
}

/// The columns of one part.
struct Builders {
    fields: Vec<Builder>,
    extra: Vec<Builder>,
    rows: usize,
}

/// A column that is being read.
enum Builder {
    Text(StringChunkedBuilder),
    Numbers(Numbers),
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
        let layout = Layout { delimiter, targets: targets(&plan, headings.len()), width: headings.len() };
        let body = self.body.get(body_start..).unwrap_or_default();
        let cuts = cuts(body, delimiter);
        let parts: Vec<Result<Builders, (usize, Fault)>> = cuts
            .par_iter()
            .map(|range| {
                parse(body.get(range.clone()).unwrap_or_default(), &layout, &plan).map_err(|fault| (body_start + range.start, fault))
            })
            .collect();
        let mut builders = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Ok(part) => builders.push(part),
                Err((_, Fault::Encoding)) => return Ok(None),
                Err((base, fault)) => return self.refuse(base, &fault, headings.len()),
            }
        }
        Ok(Some(Parsed { headings, plan, plan_findings, parts: builders }))
    }

    /// The names of the columns and where the rows begin.
    fn headings(&self, start: usize, delimiter: u8) -> Result<Option<(Vec<String>, usize)>, ReadError> {
        let end = record_end(self.body, start, delimiter);
        let Ok(line) = std::str::from_utf8(self.body.get(start..end).unwrap_or_default()) else { return Ok(None) };
        let mut names = Vec::new();
        let mut scan = Scan { text: line, at: 0, delimiter, scratch: String::new() };
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
        let raw = raw(request, self.parts, &self.plan, self.headings.len())?;
        let (table, findings) = request.finish(&self.plan, raw, source.clone())?;
        Ok(Part { table, headings: self.headings, plan_findings: self.plan_findings, findings })
    }
}

/// The columns of all parts, put together.
fn raw(request: &Request<'_>, parts: Vec<Builders>, plan: &FieldPlan, width: usize) -> Result<Raw, ReadError> {
    let rows: usize = parts.iter().map(|p| p.rows).sum();
    if rows == 0 {
        return Err(ReadError::Empty { file: request.file(), key: request.key.into() });
    }
    let mut fields: Vec<Vec<Builder>> = plan.source_columns().iter().map(|_| Vec::new()).collect();
    let mut extra: Vec<Vec<Builder>> = plan.where_columns().iter().map(|_| Vec::new()).collect();
    for part in parts {
        fields.iter_mut().zip(part.fields).for_each(|(all, one)| all.push(one));
        extra.iter_mut().zip(part.extra).for_each(|(all, one)| all.push(one));
    }
    let join = |column: usize, parts: Vec<Builder>| {
        let is_partition = column >= width;
        let joined = if is_partition { Some(Loaded::Column(request.partition(rows))) } else { joined(parts) };
        joined.ok_or_else(|| damaged(request.input, request.key, &say!("columns do not fit together")))
    };
    let fields = plan.source_columns().par_iter().zip(fields).map(|(&c, parts)| join(c, parts)).collect::<Result<_, _>>()?;
    let extra =
        plan.where_columns().iter().zip(extra).map(|(&c, parts)| join(c, parts).map(Loaded::into_column)).collect::<Result<_, _>>()?;
    let last = i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(Raw { fields, extra, rows: (1..=last).collect(), findings: Vec::new() })
}

/// What every part needs to know.
struct Layout {
    delimiter: u8,
    targets: Vec<Target>,
    width: usize,
}

fn targets(plan: &FieldPlan, width: usize) -> Vec<Target> {
    let mut targets = vec![Target::default(); width];
    for (i, &column) in plan.source_columns().iter().enumerate() {
        if let Some(target) = targets.get_mut(column) {
            target.field = Some(i);
        }
    }
    for (i, &column) in plan.where_columns().iter().enumerate() {
        if let Some(target) = targets.get_mut(column) {
            target.extra = Some(i);
        }
    }
    targets
}

impl Builders {
    fn new(plan: &FieldPlan, rows: usize) -> Self {
        let text = || Builder::Text(StringChunkedBuilder::new("".into(), rows));
        let numbers = || Builder::Numbers(Numbers { values: Vec::with_capacity(rows), odd: Vec::new() });
        Self {
            fields: plan.source_columns().iter().map(|&c| if plan.is_numeric(c) { numbers() } else { text() }).collect(),
            extra: plan.where_columns().iter().map(|_| text()).collect(),
            rows: 0,
        }
    }

    #[inline]
    fn push(&mut self, target: &Target, cell: &str) {
        if let Some(builder) = target.field.and_then(|i| self.fields.get_mut(i)) {
            builder.push(cell);
        }
        if let Some(builder) = target.extra.and_then(|i| self.extra.get_mut(i)) {
            builder.push(cell);
        }
    }
}

impl Builder {
    #[inline]
    fn push(&mut self, cell: &str) {
        match self {
            Self::Text(text) if cell.is_empty() => text.append_null(),
            Self::Text(text) => text.append_value(cell),
            Self::Numbers(numbers) => numbers.push(cell),
        }
    }
}

fn joined(parts: Vec<Builder>) -> Option<Loaded> {
    let count = parts.iter().map(|part| if let Builder::Numbers(numbers) = part { numbers.values.len() } else { 0 }).sum();
    let mut texts = Vec::new();
    let mut numbers: Option<Numbers> = None;
    for part in parts {
        match (part, &mut numbers) {
            (Builder::Text(text), _) => texts.push(text.finish()),
            (Builder::Numbers(part), Some(all)) => all.append(part),
            (Builder::Numbers(part), None) => {
                let mut all = Numbers { values: Vec::with_capacity(count), odd: Vec::new() };
                all.append(part);
                numbers = Some(all);
            }
        }
    }
    numbers.map(Loaded::Numbers).or_else(|| text_column(texts).map(Loaded::Column))
}

/// Reads the records of one part.
fn parse(bytes: &[u8], layout: &Layout, plan: &FieldPlan) -> Result<Builders, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Encoding)?;
    let mut builders = Builders::new(plan, bytes.len() / 64);
    let mut scan = Scan { text, at: 0, delimiter: layout.delimiter, scratch: String::new() };
    loop {
        scan.at = skip_blank(bytes, scan.at);
        let at = scan.at;
        if at >= bytes.len() {
            return Ok(builders);
        }
        let found = record(&mut scan, layout, &mut builders)?;
        if found != layout.width {
            return Err(Fault::Ragged { at, found });
        }
        builders.rows += 1;
    }
}

/// Reads one record and says how many cells it has.
#[inline]
fn record(scan: &mut Scan<'_>, layout: &Layout, builders: &mut Builders) -> Result<usize, Fault> {
    let mut found = 0;
    loop {
        let cell = scan.cell()?;
        if let Some(target) = layout.targets.get(found) {
            builders.push(target, cell.text);
        }
        found += 1;
        if cell.ends_record {
            return Ok(found);
        }
    }
}

/// A place in text of delimited records.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    delimiter: u8,
    scratch: String,
}

/// One cell.
struct ScannedCell<'s> {
    text: &'s str,
    ends_record: bool,
}

impl Scan<'_> {
    /// The next cell, without quotes; behind the end of the text an empty one.
    #[inline]
    fn cell(&mut self) -> Result<ScannedCell<'_>, Fault> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'"') {
            return self.quoted();
        }
        let start = self.at;
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().position(|&b| b == self.delimiter || b == b'\n').unwrap_or(rest.len());
        let end = start + length;
        let ends_record = bytes.get(end) != Some(&self.delimiter);
        self.at = end + 1;
        let text = self.text.get(start..end).unwrap_or_default();
        let text = if ends_record { text.strip_suffix('\r').unwrap_or(text) } else { text };
        Ok(ScannedCell { text, ends_record })
    }

    /// A cell in quotes; `""` is a quote, and what follows the closing quote belongs to the cell.
    #[cold]
    #[inline(never)]
    fn quoted(&mut self) -> Result<ScannedCell<'_>, Fault> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut from = start;
        self.scratch.clear();
        let close = loop {
            let found = memchr(b'"', bytes.get(from..).unwrap_or_default()).ok_or(Fault::Open { at: self.at })?;
            let quote = from + found;
            if bytes.get(quote + 1) != Some(&b'"') {
                break quote;
            }
            self.scratch.push_str(self.text.get(from..=quote).unwrap_or_default());
            from = quote + 2;
        };
        let rest = bytes.get(close + 1..).unwrap_or_default();
        let tail = rest.iter().position(|&b| b == self.delimiter || b == b'\n').unwrap_or(rest.len());
        let end = close + 1 + tail;
        let ends_record = bytes.get(end) != Some(&self.delimiter);
        self.at = end + 1;
        let after = self.text.get(close + 1..end).unwrap_or_default();
        let after = if ends_record { after.strip_suffix('\r').unwrap_or(after) } else { after };
        let last = self.text.get(from..close).unwrap_or_default();
        if self.scratch.is_empty() && after.is_empty() {
            return Ok(ScannedCell { text: last, ends_record });
        }
        self.scratch.push_str(last);
        self.scratch.push_str(after);
        Ok(ScannedCell { text: &self.scratch, ends_record })
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

//! Cells of delimited text, one after the other.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::Fault;
use crate::read::cells::leading_number;

/// A place in text of delimited records.
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) delimiter: u8,
}

/// One cell.
pub(super) struct ScannedCell<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) ends_record: bool,
}

impl<'t> Scan<'t> {
    /// The next cell, without quotes; behind the end of the text an empty one.
    #[inline]
    pub(super) fn cell(&mut self) -> Result<ScannedCell<'t>, Fault> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'"') {
            return self.quoted();
        }
        let (text, ends_record) = self.rest_of_cell(self.at);
        Ok(ScannedCell { text: text.into(), ends_record })
    }

    /// The next cell where it is a plain number, with whether it ends its record; NaN where it is empty. Of any other cell nothing is read.
    #[inline]
    pub(super) fn number(&mut self) -> Option<(f64, bool)> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let (value, length) = match rest.first() {
            Some(&byte) if byte == self.delimiter || byte == b'\n' => (f64::NAN, 0),
            _ => leading_number(rest)?,
        };
        let (ends_record, behind) = match rest.get(length..)? {
            [byte, ..] if *byte == self.delimiter => (false, 1),
            [b'\n', ..] | [] => (true, 1),
            [b'\r', b'\n', ..] | [b'\r'] => (true, 2),
            _ => return None,
        };
        self.at += length + behind;
        Some((value, ends_record))
    }

    /// What is left of a cell from `start` on, and whether it ends its record.
    #[inline]
    fn rest_of_cell(&mut self, start: usize) -> (&'t str, bool) {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(start..).unwrap_or_default();
        let end = start + memchr2(self.delimiter, b'\n', rest).unwrap_or(rest.len());
        let ends_record = bytes.get(end) != Some(&self.delimiter);
        self.at = end + 1;
        let text = self.text.get(start..end).unwrap_or_default();
        (if ends_record { text.strip_suffix('\r').unwrap_or(text) } else { text }, ends_record)
    }

    /// A cell in quotes; `""` is a quote, and what follows the closing quote belongs to the cell.
    #[cold]
    #[inline(never)]
    fn quoted(&mut self) -> Result<ScannedCell<'t>, Fault> {
        let bytes = self.text.as_bytes();
        let mut from = self.at + 1;
        let mut before = String::new();
        let close = loop {
            let found = memchr(b'"', bytes.get(from..).unwrap_or_default()).ok_or(Fault::Open { at: self.at })?;
            let quote = from + found;
            if bytes.get(quote + 1) != Some(&b'"') {
                break quote;
            }
            before.push_str(self.text.get(from..=quote).unwrap_or_default());
            from = quote + 2;
        };
        let (after, ends_record) = self.rest_of_cell(close + 1);
        let last = self.text.get(from..close).unwrap_or_default();
        let text = if before.is_empty() && after.is_empty() { last.into() } else { (before + last + after).into() };
        Ok(ScannedCell { text, ends_record })
    }
}

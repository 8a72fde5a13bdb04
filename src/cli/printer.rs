//! What goes to stdout and stderr. Nothing here has a colour: the words carry the meaning, so `NO_COLOR` has nothing to take away.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use super::args::Terminal;
use super::error::CliError;
use crate::model::{Finding, FindingCounts, Lang, Severity, lang, text_width};
use crate::say;

/// Findings that are listed on stderr before the files are pointed to.
const LISTED_FINDINGS: usize = 5;

/// The terminal as the commands see it.
pub struct Printer {
    options: Terminal,
}

impl Printer {
    /// A printer for the options given.
    pub fn new(options: Terminal) -> Self {
        Self { options }
    }

    /// The language that is asked for, if one is.
    pub fn lang(&self) -> Option<Lang> {
        self.options.lang
    }

    /// Whether progress is wanted.
    pub fn shows_progress(&self) -> bool {
        !self.options.quiet && !self.options.no_progress
    }

    /// Whether stderr is a terminal, where a line can be drawn over.
    pub fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Prints data.
    pub fn data(&self, text: &str) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Print)
    }

    /// Prints a summary for readers: data that `--quiet` silences.
    pub fn summary(&self, text: &str) -> Result<(), CliError> {
        if self.options.quiet { Ok(()) } else { self.data(text) }
    }

    /// Prints an error, its hint on a line of its own.
    pub fn error(&self, error: &CliError) {
        self.stderr(&said(error));
    }

    /// Prints the first blocking findings.
    pub fn blocking(&self, findings: &[Finding], lang: Lang) {
        let blocking = || findings.iter().filter(|f| f.severity() == Severity::Error);
        blocking().take(LISTED_FINDINGS).for_each(|finding| self.stderr(&finding_line(finding, lang)));
        let rest = blocking().count().saturating_sub(LISTED_FINDINGS);
        if rest > 0 {
            self.stderr(&lang::filled(lang, "terminal:more_errors", &[("rest", &rest)]));
        }
    }

    /// Stderr that has gone leaves nowhere to complain to.
    fn stderr(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// An error as it is printed.
fn said(error: &CliError) -> String {
    let error = error.to_string();
    let mut parts = error.split("; hint: ");
    let what = parts.next().unwrap_or_default();
    let hints: String = parts.map(|hint| format!("\n{}", say!("hint: {hint}", hint))).collect();
    say!("error: {what}", what) + &hints
}

/// A finding on one line, with its hint on a second.
pub fn finding_line(finding: &Finding, lang: Lang) -> String {
    let mut place: Vec<String> = [&*finding.file, &*finding.layer].iter().filter(|p| !p.is_empty()).map(|p| (*p).to_owned()).collect();
    place.extend(finding.row.map(|row| lang::filled(lang, "terminal:finding_row", &[("row", &row)])));
    place.extend(finding.feature_id.as_ref().map(|id| format!("`{id}`")));
    place.extend(finding.field.clone());
    let colon = if lang == Lang::Zh { "：" } else { ": " };
    let place = if place.is_empty() { String::new() } else { format!("{}{colon}", place.join(", ")) };
    let line = headline(lang, (finding.severity().as_str(), finding.code.as_str()), &place, &finding.message);
    if finding.hint.is_empty() {
        return line;
    }
    format!("{line}\n  {}", lang::filled(lang, "terminal:finding_hint", &[("hint", &finding.hint)]))
}

/// What a finding is, where and why, on one line.
pub fn headline(lang: Lang, (severity, code): (&str, &str), place: &str, message: &str) -> String {
    let word = |column, code| lang::value(lang, "findings", column, code).filter(|_| lang == Lang::Zh).unwrap_or(code);
    let (title, severity) = (word("code", code), word("severity", severity));
    let values: [(&str, &dyn Display); 5] =
        [("severity", &severity), ("title", &title), ("code", &code), ("place", &place), ("message", &message)];
    lang::filled(lang, "terminal:finding", &values)
}

/// How many findings there are, by severity.
pub fn counts_line(counts: FindingCounts, lang: Lang) -> String {
    let [errors, warnings, infos] = [counts.error, counts.warning, counts.info].map(grouped);
    lang::filled(lang, "terminal:counts", &[("errors", &errors), ("warnings", &warnings), ("infos", &infos)])
}

/// A whole number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    digits.chars().enumerate().fold(String::new(), |mut text, (at, digit)| {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
        text
    })
}

/// A table with aligned columns, two spaces between them; the first row is the heading.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| text_width(cell)).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - text_width(cell))));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Code;

    #[test]
    fn thousands_are_grouped() {
        let check = |number: u64, expected: &str| assert_eq!(grouped(number), expected);
        check(0, "0");
        check(999, "999");
        check(1000, "1,000");
        check(12_345_678, "12,345,678");
    }

    #[test]
    fn a_finding_says_where_it_is_and_what_to_do() {
        let finding = Finding::general(Code::IdMissing, "the row has no `parcel_id`").at_row(7).hint("fill the field");
        assert_eq!(finding_line(&finding, Lang::En), "error id.missing: row 7: the row has no `parcel_id`\n  hint: fill the field");
        let chinese = "错误 缺少标识码（id.missing）：第 7 行：the row has no `parcel_id`\n  建议：fill the field";
        assert_eq!(finding_line(&finding, Lang::Zh), chinese);
    }
}

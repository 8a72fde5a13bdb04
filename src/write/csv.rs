//! `findings.csv`, for the spreadsheet of whoever has to mend the data, and `sweep.csv`.
//!
//! It begins with a byte-order mark: without one, Excel on a Chinese system reads UTF-8 as GBK. A cell that a spreadsheet would take for a formula gets
//! an apostrophe before it, because values come from files of unknown origin. `findings.parquet` has them as they are.

use std::borrow::Cow;
use std::io::{self, Write};

use polars::prelude::{AnyValue, DataFrame};

use super::tables::{FINDING_ROW_AT, FINDING_TEXTS};
use crate::model::Finding;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes all findings in their order.
pub fn write_findings(findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK)?;
    let mut writer = csv::Writer::from_writer(out);
    let mut names = FINDING_TEXTS.map(|(name, _)| name).to_vec();
    names.insert(FINDING_ROW_AT, "row");
    writer.write_record(&names)?;
    findings.iter().try_for_each(|finding| record(finding, &mut writer))?;
    writer.flush()
}

fn record(finding: &Finding, writer: &mut csv::Writer<&mut impl Write>) -> io::Result<()> {
    let (before, after) = FINDING_TEXTS.split_at(FINDING_ROW_AT);
    for (_, text) in before {
        writer.write_field(&*harmless(text(finding).unwrap_or("")))?;
    }
    writer.write_field(finding.row.map(|row| row.to_string()).unwrap_or_default())?;
    for (_, text) in after {
        writer.write_field(&*harmless(text(finding).unwrap_or("")))?;
    }
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

/// Writes a table; null is an empty cell.
pub fn write_table(table: &DataFrame, out: &mut impl Write) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK)?;
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(table.get_column_names())?;
    let cell = |value: AnyValue<'_>| match value {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => harmless(text).into_owned(),
        number => number.to_string(),
    };
    for row in 0..table.height() {
        let cells = table.columns().iter().map(|column| column.get(row).map_or_else(|_| String::new(), cell));
        writer.write_record(cells)?;
    }
    writer.flush()
}

/// The cell as a spreadsheet can show it without running it.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused() {
        let check = |cell: &str, expected: &str| assert_eq!(harmless(cell), expected);
        check("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")");
        check("+1", "'+1");
        check("-2+3", "'-2+3");
        check("@SUM(A1)", "'@SUM(A1)");
        check("上海 = 1", "上海 = 1");
        check("", "");
    }
}

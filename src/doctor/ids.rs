//! Identifiers: the form of parcel codes, unit numbers and credit codes, digits that a format lost, rows that share one.
//!
//! Forms: parcel code of 19 characters (six digits of the county, three of the cadastral district, three of the sub-district, two letters, five digits:
//! TD/T 1001), real-estate unit number of 28 (a parcel code and nine more), unified social credit code of 18 (GB 32100). Real credit codes exist whose
//! check character is another than it should be, so that a failed check is a warning.

use std::collections::BTreeMap;

use super::{ColumnRole, Problem, words};
use crate::model::Code;
use crate::read::Role;
use crate::read::fields::{FieldType, Need};
use crate::read::survey::{ColumnSurvey, LayerSurvey, Stored};
use crate::say;

/// The letters and digits of a credit code in the order of their values.
const CREDIT_ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The form of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Parcel,
    Unit,
    Credit,
}

impl Form {
    const ALL: [Self; 3] = [Self::Parcel, Self::Unit, Self::Credit];

    fn lacking(self, cells: usize) -> String {
        match self {
            Self::Parcel => say!("{cells} cells are no parcel codes of 19 characters, as the others are", cells),
            Self::Unit => say!("{cells} cells are no real-estate unit numbers of 28 characters, as the others are", cells),
            Self::Credit => say!("{cells} cells are no unified social credit codes of 18 characters, as the others are", cells),
        }
    }

    /// Whether a code has the form.
    fn matches(self, code: &str) -> bool {
        let bytes = code.as_bytes();
        match self {
            Self::Parcel => bytes.len() == 19 && is_parcel_code(bytes),
            Self::Unit => {
                let (parcel, rest) = bytes.split_at(bytes.len().min(19));
                let is_rest =
                    rest.split_first().is_some_and(|(kind, digits)| b"FLQW".contains(kind) && digits.iter().all(u8::is_ascii_digit));
                bytes.len() == 28 && is_parcel_code(parcel) && is_rest
            }
            Self::Credit => {
                bytes.len() == 18 && bytes.iter().all(|b| CREDIT_ALPHABET.contains(b)) && bytes.get(2..8).is_some_and(is_digits)
            }
        }
    }

    /// Whether the field holds codes of the form.
    pub(super) fn is_for(self, field: &str) -> bool {
        matches!((self, field), (Self::Parcel, "parcel_id") | (Self::Credit, "enterprise_id" | "holder_id"))
    }
}

fn is_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// Twelve digits, whose land and which right, a serial of five digits.
fn is_parcel_code(bytes: &[u8]) -> bool {
    let (district, rest) = bytes.split_at(bytes.len().min(12));
    match rest {
        [owner, right, serial @ ..] => is_digits(district) && b"GJZ".contains(owner) && right.is_ascii_uppercase() && is_digits(serial),
        _ => false,
    }
}

/// The check character that a credit code should end in (GB 32100: weights are powers of 3 modulo 31); none where a character cannot stand in one.
pub(super) fn credit_check(code: &str) -> Option<char> {
    let body = code.as_bytes().get(..17)?;
    let mut weight = 1;
    let mut sum = 0;
    for byte in body {
        sum += weight * CREDIT_ALPHABET.iter().position(|c| c == byte)?;
        weight = weight * 3 % 31;
    }
    CREDIT_ALPHABET.get((31 - sum % 31) % 31).map(|b| char::from(*b))
}

/// The form that most cells of a column have.
pub(super) fn form_of(column: &ColumnSurvey) -> Option<Form> {
    let full = column.cells.iter().flatten().filter(|c| !c.trim().is_empty()).count();
    let matching = |form: Form| column.cells.iter().flatten().filter(|c| form.matches(c.trim())).count();
    Form::ALL.into_iter().find(|form| full > 0 && 2 * matching(*form) >= full)
}

/// What is wrong with identifiers.
pub(super) fn problems(layer: &LayerSurvey, roles: &[ColumnRole], role: Option<Role>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, column) in layer.columns.iter().enumerate() {
        let own = roles.iter().find(|r| r.column == index && r.field.kind == FieldType::Id);
        problems.extend(digits_lost(column, own.is_some()));
        if let Some(form) = form_of(column) {
            problems.extend(malformed(column, form));
            problems.extend((form == Form::Credit).then(|| check_characters(column)).flatten());
        }
        let is_key = own.is_some_and(|r| r.field.need == Need::Required) && matches!(role, Some(Role::Parcels | Role::Projects));
        problems.extend(is_key.then(|| not_unique(column)).flatten());
    }
    problems
}

/// Codes as floating-point numbers of more digits than those keep, or as `3.1E+18`.
fn digits_lost(column: &ColumnSurvey, is_id: bool) -> Option<Problem> {
    /// Whole numbers from here on have more digits than a floating-point number keeps.
    const TOO_LONG: f64 = 1e15;
    let is_scientific = |cell: &str| {
        let (mantissa, exponent) = cell.trim().split_once(['E', 'e']).unwrap_or(("", ""));
        mantissa.contains('.') && mantissa.parse::<f64>().is_ok() && exponent.trim_start_matches('+').parse::<u32>().is_ok_and(|e| e >= 15)
    };
    let is_lost = |cell: &&String| match column.stored {
        Stored::Real => is_id && cell.parse::<f64>().is_ok_and(|v| v.abs() >= TOO_LONG),
        Stored::Text => is_scientific(cell),
        _ => false,
    };
    let lost: Vec<&String> = column.cells.iter().flatten().filter(is_lost).collect();
    let (cells, first, stored) = (lost.len(), lost.first()?, words::stored(&column.stored));
    let evidence = say!("{cells} cells, first `{first}`, stored as {stored}", cells, first, stored);
    let fix = say!("export the column as text from the register; the digits cannot be recovered from this file");
    Some(Problem::new(Code::IdDigitsLost, say!("identifiers have lost digits"), evidence, fix).of(&column.name))
}

fn malformed(column: &ColumnSurvey, form: Form) -> Option<Problem> {
    let is_odd = |(_, cell): &(usize, &str)| !cell.is_empty() && !form.matches(cell);
    let cells = column.cells.iter().enumerate().filter_map(|(row, c)| Some((row, c.as_deref()?.trim())));
    let odd: Vec<(usize, &str)> = cells.filter(is_odd).collect();
    let (row, first) = odd.first()?;
    let evidence = say!("first `{first}` ({characters} characters) in row {row}", first, characters = first.chars().count(), row = row + 1);
    Some(
        Problem::new(
            Code::IdMalformed,
            form.lacking(odd.len()),
            evidence,
            say!("correct them in the register; tables are joined by the code to the letter"),
        )
        .of(&column.name),
    )
}

fn check_characters(column: &ColumnSurvey) -> Option<Problem> {
    let wrong = |(row, cell): (usize, &String)| {
        let code = cell.trim();
        let expected = credit_check(code).filter(|c| Form::Credit.matches(code) && !code.ends_with(*c))?;
        Some((row, code.to_owned(), expected))
    };
    let cells = column.cells.iter().enumerate().filter_map(|(row, c)| Some((row, c.as_ref()?)));
    let wrong: Vec<(usize, String, char)> = cells.filter_map(wrong).collect();
    let (row, first, expected) = wrong.first()?;
    let message = say!("{codes} credit codes have another check character than follows from the rest", codes = wrong.len());
    let evidence = say!("first `{first}` in row {row}, expected `{expected}` at its end", first, row = row + 1, expected);
    Some(
        Problem::new(
            Code::IdCheckDigit,
            message,
            evidence,
            say!("compare them with the register; a slip of the pen is likely, but real codes do so too"),
        )
        .of(&column.name),
    )
}

fn not_unique(column: &ColumnSurvey) -> Option<Problem> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    column.cells.iter().flatten().for_each(|c| *counts.entry(c.trim()).or_default() += 1);
    let shared: Vec<(&str, usize)> = counts.into_iter().filter(|(id, n)| *n > 1 && !id.is_empty()).collect();
    let (first, count) = shared.first()?;
    let rows: usize = shared.iter().map(|(_, n)| n).sum();
    let message = say!("{rows} rows share {identifiers} identifiers", rows, identifiers = shared.len());
    let fix = say!("correct them in the source; where they are parts of one feature, set `duplicates = \"merge\"` in the job");
    Some(Problem::new(Code::IdNotUnique, message, say!("first `{first}`, {count} times", first, count), fix).of(&column.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_of_the_standard() {
        for (code, check) in
            [("91350100M000100Y43", '3'), ("91350100M0001TGQXM", '1'), ("91350211M0000XUF46", 'R'), ("91350203M0001FUE2P", 'J')]
        {
            assert_eq!(credit_check(code), Some(check), "{code}");
            assert!(Form::Credit.matches(code), "{code}");
        }
        assert_eq!(credit_check("91350100M000I00Y43"), None, "I is not of the alphabet");
        assert!(!Form::Credit.matches("91350100M000100Y4"));
    }

    #[test]
    fn forms_of_codes() {
        for (form, code, expected) in [
            (Form::Parcel, "310114001001GB00001", true),
            (Form::Parcel, "310114001001XB00001", false),
            (Form::Parcel, "3101140010010000001", false),
            (Form::Unit, "310114001001GB00001F00010001", true),
            (Form::Unit, "310114001001GB00001W00000000", true),
            (Form::Unit, "310114001001GB00001A00010001", false),
            (Form::Unit, "GB", false),
        ] {
            assert_eq!(form.matches(code), expected, "{code}");
        }
    }
}

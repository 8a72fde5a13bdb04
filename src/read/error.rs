//! What can stop a file from being read. Every variant names the file, the key of the job file that led to it, what was found, and the fix.
//!
//! **Invariant:** the text is one line, lower case, without a final stop; [`ReadError::hint`] says what to do about it.

use std::path::Path;

use super::job::JobErrors;
use crate::model::{MOST_COORDS, say::cause as said};
use crate::say;

/// Layers that a file may have.
pub const MOST_LAYERS: usize = 1000;

/// A failure to read an input.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// No such file.
    #[error("{}", say!("`{key}`: file `{file}` does not exist", key, file))]
    Missing {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
    },
    /// The file cannot be opened, or its structure is broken.
    #[error("{}", say!("`{key}`: file `{file}` cannot be read: {detail}", key, file, detail))]
    Damaged {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// What the library or the system said, in one line.
        detail: String,
    },
    /// The file has no such layer or sheet.
    #[error("{}", say!("`{key}`: file `{file}` has no layer `{wanted}`; it has {layers}", key, file, wanted, layers = list(found)))]
    LayerMissing {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The layer asked for.
        wanted: String,
        /// The layers there.
        found: Vec<String>,
    },
    /// The file has several layers and the job names none.
    #[error("{}", say!("`{key}`: file `{file}` has several layers: {layers}", key, file, layers = list(found)))]
    LayerUnnamed {
        /// The path.
        file: String,
        /// The key of the job file, as in `parcels.layer`.
        key: String,
        /// The layers there.
        found: Vec<String>,
    },
    /// The source has no such column.
    #[error("{}", say!("`{key}`: file `{file}` has no column `{wanted}`; it has {columns}", key, file, wanted, columns = list(found)))]
    ColumnMissing {
        /// The path.
        file: String,
        /// The key of the job file, as in `parcels.fields.parcel_id`.
        key: String,
        /// The column asked for.
        wanted: String,
        /// The columns there.
        found: Vec<String>,
    },
    /// A column heading stands twice.
    #[error("{}", say!("`{key}`: file `{file}` has more than one column `{column}`", key, file, column))]
    ColumnRepeated {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The heading.
        column: String,
    },
    /// An identifier column is stored in a type that has lost digits.
    #[error("{}", say!("`{key}`: file `{file}` keeps identifiers in column `{column}` as {stored}, first `{value}` in row {row}: digits are lost", key, file, column, stored, value, row))]
    PrecisionLost {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The column.
        column: String,
        /// How it is stored: `floating-point numbers`, `numbers of excel`.
        stored: String,
        /// The first value that shows it.
        value: String,
        /// Its row.
        row: i64,
    },
    /// A column of a type that has no meaning for its field.
    #[error("{}", say!("`{key}`: file `{file}` keeps column `{column}` as {stored}, which cannot be read", key, file, column, stored))]
    ColumnType {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The column.
        column: String,
        /// How it is stored.
        stored: String,
    },
    /// A unit does not measure what the field holds.
    #[error("{}", say!("`{key}`: field `{field}` is {dimension}, which `{unit}` does not measure", key, field, dimension, unit))]
    UnitMismatch {
        /// The key of the job file.
        key: String,
        /// The canonical field.
        field: String,
        /// What the field measures.
        dimension: String,
        /// The unit given.
        unit: String,
    },
    /// The job maps a field that the role does not have.
    #[error("{}", say!("`{key}`: {role} have no field `{field}`", key, role, field))]
    FieldUnknown {
        /// The key of the job file.
        key: String,
        /// The role: `parcels`, `enterprises`.
        role: String,
        /// The name given.
        field: String,
        /// The canonical names of the role.
        known: Vec<String>,
    },
    /// The layer carries no CRS and the job gives none.
    #[error("{}", say!("`{key}`: file `{file}` carries no coordinate reference system", key, file))]
    CrsMissing {
        /// The path.
        file: String,
        /// The key of the job file, as in `parcels.crs`.
        key: String,
    },
    /// A CRS that cannot be used.
    #[error("{}", say!("`{key}`: coordinate reference system `{crs}` of file `{file}` cannot be used: {detail}", key, crs, file, detail))]
    CrsUnknown {
        /// The path; the job file where the job gives the CRS.
        file: String,
        /// The key of the job file.
        key: String,
        /// The CRS as given.
        crs: String,
        /// Why not.
        detail: String,
    },
    /// A layer has another kind of geometry than its role needs.
    #[error("{}", say!("`{key}`: file `{file}` has {found} where {wanted} are needed", key, file, found, wanted))]
    GeometryKind {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The kind needed: `polygons`.
        wanted: String,
        /// The kind found.
        found: String,
    },
    /// No reader for the format.
    #[error("{}", say!("`{key}`: file `{file}` has a format that is not read here{detail}", key, file, detail = colon(detail)))]
    Unsupported {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// What it seems to be; may be empty.
        detail: String,
    },
    /// Text that is not in the encoding it is said to be in, or in none that is known.
    #[error("{}", say!("`{key}`: text of file `{file}` is not valid {encoding}, first at byte {offset}", key, file, encoding, offset))]
    Undecodable {
        /// The path.
        file: String,
        /// The key of the job file, as in `parcels.encoding`.
        key: String,
        /// The encoding tried.
        encoding: String,
        /// The first byte that does not fit.
        offset: usize,
    },
    /// The name of an encoding that is not known.
    #[error("{}", say!("`{key}`: encoding `{encoding}` is not known", key, encoding))]
    EncodingUnknown {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The name given.
        encoding: String,
    },
    /// A row has another number of cells than the heading.
    #[error("{}", say!("`{key}`: file `{file}`, line {line}: {found} cells where the heading has {wanted}", key, file, line, found, wanted))]
    Ragged {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The 1-based line of the file.
        line: usize,
        /// Cells of the row.
        found: usize,
        /// Cells of the heading.
        wanted: usize,
    },
    /// More coordinates than a layer may have.
    #[error("{}", say!("`{key}`: file `{file}` brings the layer to {coordinates} coordinates; at most {limit} can be held", key, file, coordinates, limit = MOST_COORDS))]
    TooLarge {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// The coordinates so far.
        coordinates: usize,
    },
    /// More layers than a file may have.
    #[error("{}", say!("`{key}`: file `{file}` has more than {limit} layers", key, file, limit = MOST_LAYERS))]
    TooManyLayers {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
    },
    /// A workbook that unpacks to more than can be held.
    #[error("{}", say!("`{key}`: file `{file}` is refused: {detail}", key, file, detail))]
    Oversized {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// What there is too much of.
        detail: String,
    },
    /// A file that names other sources than files on this machine.
    #[error("{}", say!("`{key}`: file `{file}` names `{source_path}`, which is not a file on this machine{detail}", key, file, source_path, detail = colon(detail)))]
    Foreign {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// What it names.
        source_path: String,
        /// What is wrong with that; may be empty.
        detail: String,
    },
    /// Fewer or more rows than the file declares, or an end in the middle of a record.
    #[error("{}", say!("`{key}`: file `{file}` is cut off: {detail}", key, file, detail))]
    Truncated {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// `1,203 rows read, 2,000 declared`, or `line 17: a quoted cell does not end`.
        detail: String,
    },
    /// Nothing in it, or nothing that meets the condition.
    #[error("{}", no_rows(file, key))]
    Empty {
        /// The path.
        file: String,
        /// The key of the job file; as in `zones[0].where` where there are rows, but a condition leaves them all out.
        key: String,
    },
    /// A path that would leave the machine, or that is handled by a driver that does.
    #[error("{}", say!("`{key}`: `{path}` is not a path on this machine", key, path))]
    NotLocal {
        /// The key of the job file.
        key: String,
        /// The path as given.
        path: String,
    },
    /// A `where` condition that cannot be evaluated.
    #[error("{}", say!("`{key}`: condition `{sql}` cannot be evaluated: {detail}", key, sql, detail))]
    Condition {
        /// The key of the job file, as in `zones[0].where`.
        key: String,
        /// The condition.
        sql: String,
        /// Why not, in one line.
        detail: String,
        /// The columns that it may use.
        columns: Vec<String>,
    },
    /// Something that only a defect of this program can cause.
    #[error("{}", say!("`{key}`: internal error while reading `{file}`: {detail}", key, file, detail))]
    Internal {
        /// The path.
        file: String,
        /// The key of the job file.
        key: String,
        /// What went wrong.
        detail: String,
    },
    /// The job file itself.
    #[error(transparent)]
    Job(#[from] JobErrors),
}

impl ReadError {
    /// What to do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::LayerMissing { wanted, found, .. } | Self::ColumnMissing { wanted, found, .. } => {
                meant_or(wanted, found, &say!("name one that is there"))
            }
            Self::FieldUnknown { field, known, .. } => meant_or(field, known, &say!("the fields are {fields}", fields = list(known))),
            Self::LayerUnnamed { key, .. } => say!("name one of them with `{key}`", key),
            Self::ColumnRepeated { .. } => say!("rename one of the columns in the source"),
            Self::Unsupported { .. } => say!("save it as geopackage, geojson, shapefile, parquet, csv or xlsx"),
            Self::EncodingUnknown { .. } => say!("use a name such as `UTF-8`, `GB18030`, `GBK` or `Big5`"),
            Self::NotLocal { .. } => say!("copy the data to a local folder and name that; no input is read over a network"),
            Self::Condition { columns, .. } => {
                say!(
                    "write a SQL condition over {columns}; text columns need `CAST(x AS DOUBLE)` to be compared as numbers",
                    columns = list(columns)
                )
            }
            Self::Internal { .. } => say!("report it with the file, if it can be shared"),
            Self::Job(errors) => errors.hint(),
            _ => self.plain_hint(),
        }
    }

    fn plain_hint(&self) -> String {
        match self {
            Self::Missing { .. } => say!("check the path; relative paths start at the folder of the job file"),
            Self::Damaged { .. } => say!("check that the file opens in qgis or a spreadsheet, and copy it again from its source"),
            Self::PrecisionLost { .. } => {
                say!("export the column as text from the original register; the digits cannot be recovered from this file")
            }
            Self::ColumnType { .. } => say!("store the column as text or as plain numbers, or name another column"),
            Self::UnitMismatch { .. } => say!(
                "use m2, mu, hectare, km2, ft2 (area), m, ft (length), yuan, wan, yi (money), tce, kgce (energy), t, kg (mass) or % (fraction)"
            ),
            Self::CrsMissing { .. } => say!("state it with `crs`, for example crs = \"EPSG:4528\""),
            Self::CrsUnknown { .. } => say!("use an EPSG code such as \"EPSG:4528\", or a PROJ or WKT definition"),
            Self::GeometryKind { .. } => say!("name a layer of the right kind with `layer`"),
            Self::Undecodable { .. } => say!("state the encoding with `encoding`, for example encoding = \"GB18030\""),
            Self::Ragged { .. } => {
                say!("a cell with a delimiter or line break needs quotes; a short last line means that the file was cut off")
            }
            Self::TooLarge { .. } => say!("split the area into several jobs, or simplify the layer if it has more vertices than it needs"),
            Self::TooManyLayers { .. } => say!("copy the layer that is meant into a file of its own, and name that file"),
            Self::Oversized { .. } => say!("save the table as csv or parquet, or take the empty rows and columns away"),
            Self::Foreign { .. } => say!("copy the data to a local folder, and name it there"),
            Self::Truncated { .. } => say!("copy or export the file again"),
            Self::Empty { key, .. } if is_condition(key) => {
                say!("compare the condition with the values in the source, or remove the entry from the job file")
            }
            Self::Empty { .. } => say!("check that the export has rows, or remove the entry from the job file"),
            _ => String::new(),
        }
    }
}

impl ReadError {
    /// A file that the system or a library could not read.
    #[must_use]
    pub fn damaged(file: impl AsRef<Path>, key: &str, cause: impl std::fmt::Display) -> Self {
        Self::Damaged { file: shown(file), key: key.into(), detail: one_line(&cause.to_string()) }
    }

    /// Refuses a layer of more coordinates than one may have, before they are put together.
    ///
    /// # Errors
    /// [`Self::TooLarge`] above [`MOST_COORDS`].
    pub fn if_too_large(coordinates: usize, file: &str, key: &str) -> Result<(), Self> {
        if coordinates <= MOST_COORDS {
            return Ok(());
        }
        Err(Self::TooLarge { file: file.into(), key: format!("{key}.path"), coordinates })
    }

    /// A failure of the system to open or read a file.
    #[must_use]
    pub fn io(file: impl AsRef<Path>, key: &str, cause: &std::io::Error) -> Self {
        match cause.kind() {
            std::io::ErrorKind::NotFound => Self::Missing { file: shown(file), key: key.into() },
            _ => Self::damaged(file, key, said(cause)),
        }
    }
}

fn shown(file: impl AsRef<Path>) -> String {
    file.as_ref().display().to_string()
}

/// `text` without line breaks, with a small first letter and no final stop, as messages are written here.
#[must_use]
pub fn one_line(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.trim_end_matches('.').to_owned()
}

/// Names in backticks, at most twelve of them.
#[must_use]
pub fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => text.push_str(&say!("none")),
        n if n > SHOWN => text.push_str(&say!(" and {more} more", more = n - SHOWN)),
        _ => {}
    }
    text
}

/// The name that was most likely meant, if one is near enough.
#[must_use]
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wanted.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

fn meant_or(wanted: &str, known: &[String], otherwise: &str) -> String {
    match did_you_mean(wanted, known.iter().map(String::as_str)) {
        Some(name) => say!("did you mean `{name}`?", name),
        None => otherwise.to_owned(),
    }
}

fn no_rows(file: &str, key: &str) -> String {
    if is_condition(key) {
        say!("`{key}`: file `{file}` has no rows that meet the condition", key, file)
    } else {
        say!("`{key}`: file `{file}` has no rows", key, file)
    }
}

/// Whether a key of the job file is a condition.
fn is_condition(key: &str) -> bool {
    key.ends_with(".where")
}

fn colon(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { say!(": {detail}", detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn a_missing_column_says_what_is_there_and_what_was_meant() {
        let error = ReadError::ColumnMissing {
            file: "a.csv".into(),
            key: "tables[0].fields.tax_wan".into(),
            wanted: "SSZE".into(),
            found: names(&["QYMC", "SSZE2"]),
        };
        assert_eq!(error.to_string(), "`tables[0].fields.tax_wan`: file `a.csv` has no column `SSZE`; it has `QYMC`, `SSZE2`");
        assert_eq!(error.hint(), "did you mean `SSZE2`?");
    }

    #[test]
    fn long_lists_are_cut_and_empty_ones_say_none() {
        assert_eq!(list(&[]), "none");
        let many: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
        assert!(list(&many).ends_with("`c11` and 8 more"), "{}", list(&many));
    }

    #[test]
    fn a_layer_that_offsets_cannot_count_is_refused() {
        assert_eq!(ReadError::if_too_large(MOST_COORDS, "a.gpkg", "parcels"), Ok(()));
        let error = ReadError::if_too_large(MOST_COORDS + 1, "a.gpkg", "parcels").unwrap_err();
        let text = "`parcels.path`: file `a.gpkg` brings the layer to 2147483649 coordinates; at most 2147483648 can be held";
        assert_eq!(error.to_string(), text);
        assert!(error.hint().starts_with("split the area"));
    }

    #[test]
    fn nothing_alike_gets_no_suggestion() {
        assert_eq!(did_you_mean("parcel", ["building_id", "ZDMJ"]), None);
        assert_eq!(did_you_mean("PARCEL_id", ["parcel_id", "parcel"]), Some("parcel_id"));
    }
}

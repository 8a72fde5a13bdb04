//! Columns with their first cells as text, and the formats that the program reads itself.

use std::fs::File;
use std::path::Path;

use encoding_rs::{Encoding, GB18030, UTF_8};
use polars::prelude::{Column, DataType};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use super::text::{EncodingSurvey, beyond_ascii, confidence};
use super::{LayerSurvey, MOST_ROWS, ShapeSurvey};
use crate::read::crs::survey_definition;
use crate::read::encoding::{self, Decided};
use crate::read::error::ReadError;
use crate::read::paths::Input;
use crate::read::table::{CsvSample, has_wkt, is_wkt_column, sample_csv, sample_workbook};
use crate::read::{geoparquet, land_txt};

/// How the cells of a column are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Floating-point numbers.
    Real,
    /// Days or times.
    Date,
    /// Yes or no.
    Bool,
    /// Something that no field can be read from.
    Other(String),
}

impl Stored {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Whole => "whole numbers",
            Self::Real => "real numbers",
            Self::Date => "dates",
            Self::Bool => "yes or no",
            Self::Other(what) => what,
        }
    }
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSurvey {
    /// Its name.
    pub name: String,
    /// Whether its name ends in the middle of a character.
    pub is_cut: bool,
    /// How its cells are stored.
    pub stored: Stored,
    /// Its cells as text; none where a cell is null.
    pub cells: Vec<Option<String>>,
    /// The encoding of its text by itself and how sure that is; none for ASCII and for formats that are UTF-8 by definition.
    pub encoding: Option<(&'static str, f64)>,
    /// Whether every cell fits the encoding of the layer.
    pub fits: bool,
    /// A number as a DBF has it, where it has a decimal comma: its decimals are not in [`Self::cells`].
    pub decimal_comma: Option<String>,
}

impl ColumnSurvey {
    /// A column of text that has been decoded already.
    #[must_use]
    pub fn of_text(name: String, cells: Vec<Option<String>>) -> Self {
        Self { name, is_cut: false, stored: Stored::Text, cells, encoding: None, fits: true, decimal_comma: None }
    }

    /// A column of a typed table.
    #[must_use]
    pub fn of_column(name: String, column: &Column) -> Self {
        let stored = match column.dtype() {
            DataType::String => Stored::Text,
            DataType::Boolean => Stored::Bool,
            DataType::Float32 | DataType::Float64 => Stored::Real,
            DataType::Date | DataType::Datetime(..) | DataType::Time => Stored::Date,
            other if other.is_integer() => Stored::Whole,
            other => Stored::Other(other.to_string()),
        };
        let cells = match (&stored, column.f64()) {
            (Stored::Other(_), _) => Vec::new(),
            // Not by way of polars, which writes `1e6`.
            (_, Ok(numbers)) => numbers.iter().map(|v| v.map(|v| v.to_string())).collect(),
            _ => texts(column),
        };
        Self { stored, ..Self::of_text(name, cells) }
    }
}

fn texts(column: &Column) -> Vec<Option<String>> {
    let text = column.cast(&DataType::String);
    let cells = text.as_ref().ok().and_then(|c| c.str().ok()).map(|c| c.iter().map(|v| v.map(str::to_owned)).collect());
    cells.unwrap_or_default()
}

/// A delimited text.
pub(super) fn csv(input: &Input) -> Result<LayerSurvey, ReadError> {
    let CsvSample { headings, rows, lines, is_whole, encoding, cells_in, beyond_ascii, confidence, damage } = sample_csv(input, MOST_ROWS)?;
    let mut layer = LayerSurvey { rows: if is_whole { rows.len() as u64 } else { lines.saturating_sub(1) }, ..LayerSurvey::default() };
    for (place, name) in headings.into_iter().enumerate() {
        let cell = |row: &Vec<Vec<u8>>| row.get(place).filter(|cell| !cell.is_empty()).cloned();
        let bytes = TextBytes { name: name.trim_ascii().to_vec(), cells: rows.iter().map(cell).collect() };
        let column = text_column(&bytes, cells_in, None);
        if is_wkt_column(&column.name) && layer.shapes.is_none() && has_wkt(&input.path) {
            let mut shapes = ShapeSurvey::default();
            column.cells.iter().for_each(|text| shapes.push_wkt(text.as_deref()));
            layer.shapes = Some(shapes);
        } else {
            layer.columns.push(column);
        }
    }
    let (name, decided) = encoding.map_or((None, Decided::Guessed), |(chosen, decided)| (Some(chosen.name()), decided));
    let encoding = Some(EncodingSurvey { name, decided, declared: Vec::new(), beyond_ascii, confidence });
    Ok(LayerSurvey { is_counted: is_whole, sampled: rows.len(), encoding, damage, ..layer })
}

/// A workbook: every sheet that is not empty.
pub(super) fn workbook(input: &Input) -> Result<Vec<LayerSurvey>, ReadError> {
    let sheets = sample_workbook(input, MOST_ROWS)?;
    let layer = |sheet: crate::read::table::SheetSample| LayerSurvey {
        name: sheet.name,
        rows: sheet.rows as u64,
        is_counted: true,
        sampled: sheet.rows.min(MOST_ROWS),
        columns: sheet.columns.iter().map(|(name, column)| ColumnSurvey::of_column(name.clone(), column)).collect(),
        ..LayerSurvey::default()
    };
    Ok(sheets.into_iter().map(layer).collect())
}

/// Parquet, with or without geometry.
pub(super) fn parquet(input: &Input) -> Result<LayerSurvey, ReadError> {
    let refuse = |e: polars::prelude::PolarsError| ReadError::damaged(&input.shown, "file", e);
    let open = || File::open(&input.path).map_err(|e| ReadError::io(&input.shown, "file", &e));
    let mut reader = ParquetReader::new(open()?);
    let rows = reader.num_rows().map_err(refuse)?;
    let geometry = geoparquet::geometry_of(&mut reader);
    let frame = reader.with_slice(Some((0, MOST_ROWS))).finish().map_err(refuse)?;
    let mut layer = LayerSurvey { rows: rows as u64, is_counted: true, sampled: frame.height(), ..LayerSurvey::default() };
    let (name, covering, crs) = match geometry {
        Ok(found) => found.map_or((None, None, None), |g| (Some(g.column), g.covering, g.crs)),
        Err(detail) => {
            layer.damage = Some(detail);
            (None, None, None)
        }
    };
    for column in frame.columns() {
        let own = column.name().as_str();
        match column.binary() {
            Ok(values) if Some(own) == name.as_deref() => {
                let mut shapes = ShapeSurvey::default();
                values.iter().for_each(|wkb| shapes.push(wkb));
                layer.shapes = Some(shapes);
            }
            _ if Some(own) == covering.as_deref() => {}
            _ => layer.columns.push(ColumnSurvey::of_column(own.to_owned(), column)),
        }
    }
    layer.crs = crs.and_then(|definition| survey_definition(&definition, layer.shapes.as_ref()));
    Ok(layer)
}

/// Boundary points.
pub(super) fn land_text(input: &Input) -> Result<LayerSurvey, ReadError> {
    let text = land_txt::load(&input.path, &input.shown, "file", None, false)?;
    let mut shapes = ShapeSurvey::default();
    for polygon in text.geometry.iter().take(MOST_ROWS) {
        match polygon {
            Ok(wkb) => shapes.push(Some(wkb)),
            Err(refusal) => shapes.push_unplaced(refusal.code.as_str(), None),
        }
    }
    let sampled = text.cells.len().min(MOST_ROWS);
    let cells = |i: usize| text.cells.iter().take(sampled).map(|row| row.get(i).cloned().flatten()).collect();
    let columns: Vec<ColumnSurvey> =
        text.headings.iter().enumerate().map(|(i, name)| ColumnSurvey::of_text(name.clone(), cells(i))).collect();
    let letters: Vec<&[u8]> = columns.iter().flat_map(|c| c.cells.iter().flatten()).map(String::as_bytes).collect();
    let (chosen, decided) = text.encoding;
    // The head is beyond ASCII always, so that a few letters of the plots weigh more than they do elsewhere.
    let sure = if decided == Decided::Guessed { 0.9 } else { confidence(chosen, decided, &letters) };
    let encoding =
        EncodingSurvey { name: Some(chosen.name()), decided, declared: Vec::new(), beyond_ascii: beyond_ascii(&letters), confidence: sure };
    Ok(LayerSurvey {
        rows: text.cells.len() as u64,
        is_counted: true,
        sampled,
        crs: text.crs.as_deref().and_then(|definition| survey_definition(definition, Some(&shapes))),
        shapes: Some(shapes),
        encoding: Some(encoding),
        columns,
        ..LayerSurvey::default()
    })
}

/// A column of text in whatever encoding.
pub(in crate::read) struct TextBytes {
    pub(in crate::read) name: Vec<u8>,
    pub(in crate::read) cells: Vec<Option<Vec<u8>>>,
}

impl TextBytes {
    fn texts(&self, encoding: &'static Encoding) -> Vec<Option<String>> {
        self.cells.iter().map(|cell| cell.as_deref().map(|bytes| decoded(encoding, bytes))).collect()
    }
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding::decode(encoding, bytes).into_owned()
}

/// A column in the encoding of its layer, and what its cells would be by themselves.
///
/// Text in UTF-8 often fits another encoding by chance, as other characters; hardly any other text is valid UTF-8.
fn text_column(column: &TextBytes, chosen: &'static Encoding, hint: Option<(&'static Encoding, Decided)>) -> ColumnSurvey {
    let own: Vec<&[u8]> = column.cells.iter().flatten().map(Vec::as_slice).collect();
    let by_itself = (beyond_ascii(&own) > 0).then(|| encoding::decide(hint, &own)).flatten();
    let is_utf8 = by_itself.is_some_and(|(own, _)| own == UTF_8) && beyond_ascii(&own) >= encoding::CERTAIN;
    ColumnSurvey {
        is_cut: encoding::is_cut(chosen, &column.name),
        encoding: by_itself.map(|(own_encoding, decided)| (own_encoding.name(), confidence(own_encoding, decided, &own))),
        fits: (chosen == UTF_8 || !is_utf8) && own.iter().all(|cell| encoding::fits(chosen, cell)),
        ..ColumnSurvey::of_text(decoded(chosen, &column.name), column.texts(chosen))
    }
}

/// The encoding of the text, its columns, and the names of the other columns, each with whether it is cut.
type Decoded = (Option<EncodingSurvey>, Vec<ColumnSurvey>, Vec<(String, bool)>);

/// Text from bytes: in the encoding that is worked out for the DBF at `dbf`, in UTF-8 without one.
pub(in crate::read) fn dbase(dbf: Option<&Path>, text: Vec<TextBytes>, other_names: &[&[u8]]) -> Decoded {
    let names = text.iter().map(|c| c.name.as_slice()).chain(other_names.iter().copied());
    let all: Vec<&[u8]> = names.chain(text.iter().flat_map(|c| c.cells.iter().flatten().map(Vec::as_slice))).collect();
    let declared = dbf.map(encoding::declared_beside).unwrap_or_default();
    let hint = declared.iter().find_map(|d| d.encoding.map(|e| (e, d.by)));
    let found = if dbf.is_some() { encoding::decide(hint, &all) } else { Some((UTF_8, Decided::ValidUtf8)) };
    // Where nothing fits, what can be read is still shown.
    let (chosen, decided) = found.unwrap_or((GB18030, Decided::Guessed));
    let survey = dbf.map(|_| EncodingSurvey {
        name: found.map(|(encoding, _)| encoding.name()),
        decided,
        beyond_ascii: beyond_ascii(&all),
        confidence: found.map_or(0.0, |(encoding, decided)| confidence(encoding, decided, &all)),
        declared,
    });
    let columns = text.iter().map(|column| match dbf {
        Some(_) => text_column(column, chosen, hint),
        None => ColumnSurvey::of_text(decoded(chosen, &column.name), column.texts(chosen)),
    });
    let names = other_names.iter().map(|name| (decoded(chosen, name), encoding::is_cut(chosen, name)));
    (survey, columns.collect(), names.collect())
}

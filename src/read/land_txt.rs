//! 国土TXT, the text format in which survey offices exchange boundary points, as a layer.
//!
//! A block `[属性描述]` says in which CRS the points are, a block `[地块坐标]` has the plots: a line of attributes that ends in `@`
//! (points, area in 公顷, number, name, 面, sheet, use, …; 7 to 13 of them, as places have it), then a line a point: name, ring, north, east. The first
//! ring is the shell, the others are holes.
//!
//! Refused: a line that is neither, points that are fewer or more than their plot states, ordinates whose order or zone contradicts the head. A plot
//! that is no polygon, or whose ring lies outside its shell, becomes a reject.

mod crs;
mod parse;

use std::io::Read;
use std::path::Path;

use encoding_rs::{Encoding, GB18030};
use polars::prelude::Column;

use self::parse::{Fault, Plot, Sheet};
use super::encoding;
use super::error::ReadError;
use super::fields::{FieldPlan, Role};
use super::geoparquet::Assembly;
use super::paths::has_extension;
use super::vector::notes::Notes;
use super::vector::{RawLayer, Refused, Request, wkb};
use crate::model::{Code, Coord, Finding, GeometryBuilder, Source, text_column};
use crate::say;

/// The section that makes a text file one of this format.
const PLOTS: &str = "[地块坐标]";
/// The names of the attributes in their order. The area is in hectares, by the definition of the format.
const ATTRIBUTES: [&str; 13] = [
    "界址点数",
    "地块面积(公顷)",
    "地块编号",
    "地块名称",
    "图形属性",
    "图幅号",
    "地块用途",
    "地类编码",
    "图斑类型",
    "地类",
    "改造前质量等别",
    "改造后质量等别",
    "备注",
];

/// A file of this format, read but not yet under canonical names.
#[derive(Clone, Debug)]
pub struct LandText {
    /// The names of the attributes that the file has.
    pub headings: Vec<String>,
    /// The attributes of every plot, as many as [`Self::headings`].
    pub cells: Vec<Vec<Option<String>>>,
    /// The polygon of every plot as WKB, or why it has none.
    pub geometry: Vec<Result<Vec<u8>, wkb::Refusal>>,
    /// The CRS of the head, `EPSG:4528`; none where it names none that is known.
    pub crs: Option<String>,
    /// The encoding of the text and how it was decided.
    pub encoding: (&'static Encoding, encoding::Decided),
}

/// Whether the file is of this format: a `.txt` whose beginning has the section of plots.
#[must_use]
pub fn is_layer(path: &Path) -> bool {
    const HEAD_BYTES: u64 = 1 << 16;
    if !has_extension(path, "txt") {
        return false;
    }
    let mut head = Vec::new();
    let is_read = std::fs::File::open(path).is_ok_and(|file| file.take(HEAD_BYTES).read_to_end(&mut head).is_ok());
    let has = |needle: &[u8]| memchr::memmem::find(&head, needle).is_some();
    let marked = || Encoding::for_bom(&head).is_some_and(|(encoding, _)| encoding.decode_with_bom_removal(&head).0.contains(PLOTS));
    is_read && (has(PLOTS.as_bytes()) || has(&GB18030.encode(PLOTS).0) || marked())
}

/// Reads a file without giving its attributes canonical names. `key` is the place in the job file, `has_crs` whether the job states the CRS, so that
/// that of the head does not matter.
///
/// # Errors
/// The file cannot be read or decoded, or a line of it cannot be understood; the message has its number.
pub fn load(path: &Path, shown: &str, key: &str, declared: Option<&str>, has_crs: bool) -> Result<LandText, ReadError> {
    let path_key = format!("{key}.path");
    let bytes = std::fs::read(path).map_err(|e| ReadError::io(shown, &path_key, &e))?;
    let (chosen, decided, skip) = encoding::for_text(&bytes, declared, shown, key)?;
    let text = chosen.decode_without_bom_handling(bytes.get(skip..).unwrap_or_default()).0;
    let refuse = |fault: Fault| match fault {
        Fault::Cut { line, detail } => {
            ReadError::Truncated { file: shown.into(), key: path_key.clone(), detail: say!("line {line}: {detail}", line, detail) }
        }
        Fault::Line { line, detail } => ReadError::damaged(shown, &path_key, say!("line {line}: {detail}", line, detail)),
    };
    let sheet = parse::parse(&text).map_err(refuse)?;
    let crs = if has_crs { None } else { crs::of(&sheet.head, &sheet.plots).map_err(refuse)? };
    Ok(LandText::new(sheet, crs, (chosen, decided)))
}

impl LandText {
    fn new(sheet: Sheet, crs: Option<String>, encoding: (&'static Encoding, encoding::Decided)) -> Self {
        let width = sheet.plots.iter().map(|p| p.attributes.len()).max().unwrap_or_default();
        let cells = sheet.plots.iter().map(|p| {
            let cell = |i: usize| p.attributes.get(i).filter(|c| !c.is_empty()).cloned();
            (0..width).map(cell).collect()
        });
        Self {
            headings: ATTRIBUTES.iter().take(width).map(|&name| name.to_owned()).collect(),
            cells: cells.collect(),
            geometry: sheet.plots.iter().map(geometry).collect(),
            crs,
            encoding,
        }
    }

    /// One attribute of every plot, as a text column.
    fn column(&self, index: usize) -> Column {
        let name = self.headings.get(index).map_or("", String::as_str);
        text_column(name, self.cells.iter().map(|row| row.get(index).and_then(Option::as_deref)))
    }
}

/// The geometry of plots, counted from 1, as the file has it.
///
/// # Errors
/// The file cannot be read any more or is no longer what it was.
pub(super) fn as_stored(path: &Path, encoding: Option<&str>, rows: &[i64]) -> Result<Vec<Option<Vec<u8>>>, String> {
    let text = load(path, "", "", encoding, true).map_err(|e| e.to_string())?;
    let stored = |row: &i64| {
        let plot =
            usize::try_from(*row - 1).ok().and_then(|place| text.geometry.get(place)).ok_or_else(|| say!("plot {row} is gone", row))?;
        Ok(plot.as_ref().ok().cloned())
    };
    rows.iter().map(stored).collect()
}

/// Reads one file as a layer.
///
/// # Errors
/// As [`load`]; the role takes no polygons; the file lacks a column that the job names.
pub fn read_file(request: Request<'_>) -> Result<RawLayer, ReadError> {
    let (input, spec, key) = (request.input, request.spec, request.key);
    if request.role == Role::Enterprises {
        let (wanted, found) = (say!("rows without geometry"), say!("polygons"));
        return Err(ReadError::GeometryKind { file: input.shown.clone(), key: format!("{key}.path"), wanted, found });
    }
    let text = load(&input.path, &input.shown, key, spec.encoding.as_deref(), spec.crs.is_some())?;
    let source = Source { file: input.shown.as_str().into(), layer: "".into() };
    let names: Vec<String> = text.headings.iter().cloned().chain(spec.partition.clone()).collect();
    let (plan, mut findings) = FieldPlan::new(request.role, spec, &names, &source, key)?;
    findings.extend(guessed(&text, &source, key));
    let column = |&i: &usize| match i < text.headings.len() {
        true => text.column(i),
        false => input.partition_column(spec.partition.as_deref().unwrap_or_default(), text.cells.len()),
    };
    let columns = plan.source_columns().iter().chain(plan.where_columns()).map(column).collect();
    let mut builder = GeometryBuilder::default();
    let (mut kept, mut refused, mut notes): (Vec<u32>, Vec<Refused>, Notes) = (Vec::new(), Vec::new(), Notes::default());
    for (row, polygon) in (0..).zip(&text.geometry) {
        match polygon.as_ref().map_err(Clone::clone).and_then(|bytes| wkb::decode(bytes, &mut builder)) {
            Ok(oddities) => {
                notes.add(&oddities, || i64::from(row) + 1);
                kept.push(row);
            }
            Err(refusal) => refused.push((row, refusal, polygon.as_ref().ok().cloned())),
        }
    }
    let layer = Assembly { request, plan: &plan, source: &source, columns };
    layer.assemble((builder.finish(), kept, refused, notes), findings, text.crs.clone())
}

fn guessed(text: &LandText, source: &Source, key: &str) -> Option<Finding> {
    encoding::finding(text.encoding.0, text.encoding.1, source, key)
}

/// The polygon of a plot as WKB.
fn geometry(plot: &Plot) -> Result<Vec<u8>, wkb::Refusal> {
    let refuse = |code, detail: String| Err(wkb::Refusal { code, detail });
    let kind = plot.attributes.get(4).map_or("", String::as_str);
    if !matches!(kind, "面" | "") {
        return refuse(
            Code::GeometryNotPolygonal,
            say!("line {line}: a plot of the kind `{kind}` is not a polygon", line = plot.line, kind),
        );
    }
    let Some((_, shell)) = plot.rings.first() else {
        return refuse(Code::GeometryMissing, say!("line {line}: the plot has no points", line = plot.line));
    };
    let outside = plot.rings.iter().skip(1).find(|(_, ring)| !ring.iter().any(|c| is_inside(*c, shell)));
    if let Some((number, _)) = outside {
        let detail = say!(
            "line {line}: ring {number} lies outside the first one, so it is not a hole; a separate part needs an attribute line of its own",
            line = plot.line,
            number
        );
        return refuse(Code::GeometryUndecodable, detail);
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = [&[1_u8][..], &3_u32.to_le_bytes(), &count(plot.rings.len())].concat();
    for (_, ring) in &plot.rings {
        bytes.extend(count(ring.len()));
        bytes.extend(ring.iter().flat_map(|c| [c.x, c.y]).flat_map(f64::to_le_bytes));
    }
    Ok(bytes)
}

/// Whether a place is inside a ring, by the number of edges that a ray to the east crosses.
fn is_inside(place: Coord, ring: &[Coord]) -> bool {
    let ends = ring.iter().skip(1).chain(ring.first());
    let crossed = ring
        .iter()
        .zip(ends)
        .filter(|(a, b)| (a.y > place.y) != (b.y > place.y) && place.x < (b.x - a.x) * (place.y - a.y) / (b.y - a.y) + a.x);
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests;

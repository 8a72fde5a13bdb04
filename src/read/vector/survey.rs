//! Looking into a file with GDAL, for those who ask what it is: the first rows of every layer, damage and all.

use gdal::Dataset;
use gdal::vector::LayerAccess;

use super::arrow::{Batch, Field, Stream};
use super::open::{Opener, counted, fid_ranges, set_range};
use super::text::TextDecoder;
use crate::read::crs;
use crate::read::error::ReadError;
use crate::read::paths::Input;
use crate::read::quiet::be_quiet;
use crate::read::survey::{ColumnSurvey, EncodingSurvey, LayerSurvey, MOST_ROWS, ShapeSurvey, Stored, Survey, TextBytes, dbase};
use crate::say;

/// Layers of a file that are looked into.
const LAYERS_SEEN: usize = 64;

/// Looks into every layer of a file.
///
/// # Errors
/// GDAL does not open it.
pub fn look_into(input: &Input) -> Result<Survey, ReadError> {
    be_quiet();
    let opener = Opener { file: input.path.clone(), shown: input.shown.clone(), key: "file".into() };
    let dataset = opener.open()?;
    let seen = dataset.layer_count().min(LAYERS_SEEN);
    let layers = (0..seen).map(|index| look(&opener, &dataset, index)).collect::<Result<_, _>>()?;
    Ok(Survey { file: input.shown.clone(), driver: dataset.driver().short_name(), layers, more_layers: dataset.layer_count() - seen })
}

fn look(opener: &Opener, dataset: &Dataset, index: usize) -> Result<LayerSurvey, ReadError> {
    let mut layer = dataset.layer(index).map_err(|e| opener.damaged(e))?;
    let stated = layer.feature_count();
    let ranges = fid_ranges(dataset, index);
    // Two ranges without gaps have as many rows as are looked at.
    if let Some((first, last)) = ranges.first().zip(ranges.get(1).or(ranges.first())) {
        set_range(&mut layer, (first.0, last.1)).map_err(|e| opener.damaged(e))?;
    }
    let name = layer.name();
    let (sample, mut damage) = match Stream::open(&mut layer) {
        Ok(stream) => Sample::read(stream),
        Err(detail) => (Sample::default(), Some(detail)),
    };
    // What a file states of itself may be out of date.
    let rows = if sample.rows as u64 == stated { stated } else { counted(dataset, index, &ranges).unwrap_or(stated) };
    if damage.is_none() && sample.rows < MOST_ROWS && (sample.rows as u64) < rows && ranges.len() < 2 {
        damage = Some(say!("{rows} rows read, {declared} declared", rows = sample.rows, declared = rows));
    }
    damage = damage.or_else(|| opener.index_fault(stated));
    let shapes = sample.geometry.is_some().then_some(&sample.shapes);
    let crs = layer.spatial_ref().and_then(|srs| crs::survey(&srs, shapes));
    let (sampled, shapes) = (sample.rows, shapes.cloned());
    let (encoding, mut columns) = sample.columns(opener);
    for (place, cell) in opener.decimal_commas() {
        columns.iter_mut().skip(place).take(1).for_each(|column| column.decimal_comma = Some(cell.clone()));
    }
    Ok(LayerSurvey { name, rows, is_counted: true, sampled, shapes, crs, encoding, columns, damage })
}

/// The rows of a layer that are looked at.
#[derive(Default)]
struct Sample {
    rows: usize,
    fields: Vec<Field>,
    /// The place of the geometry in the stream.
    geometry: Option<usize>,
    shapes: ShapeSurvey,
    /// The cells of every column: bytes of text, everything else as text.
    cells: Vec<Cells>,
}

enum Cells {
    Skipped,
    Bytes(Vec<Option<Vec<u8>>>),
    Other(Option<ColumnSurvey>),
}

impl Sample {
    /// Reads the first rows, and says what stopped it.
    fn read(mut stream: Stream) -> (Self, Option<String>) {
        let fields = stream.fields();
        let geometry = fields.iter().position(|f| f.is_geometry);
        let is_fid = |(i, field): (usize, &Field)| i == 0 && field.format == "l";
        let cells = fields.iter().enumerate().map(|(i, field)| match field.format.as_str() {
            _ if field.is_geometry || is_fid((i, field)) => Cells::Skipped,
            "u" | "U" => Cells::Bytes(Vec::new()),
            _ => Cells::Other(None),
        });
        let mut sample = Self { geometry, cells: cells.collect(), fields, ..Self::default() };
        while sample.rows < MOST_ROWS {
            match stream.next() {
                Ok(Some(batch)) => sample.take(&batch),
                Ok(None) => break,
                Err(detail) => return (sample, Some(detail)),
            }
        }
        (sample, None)
    }

    fn take(&mut self, batch: &Batch) {
        let rows = batch.len().min(MOST_ROWS - self.rows);
        let numbers: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect();
        for (index, (field, cells)) in self.fields.iter().zip(&mut self.cells).enumerate() {
            let Some(values) = batch.column(index, field) else { continue };
            match cells {
                Cells::Skipped if field.is_geometry => (0..rows).for_each(|row| self.shapes.push(values.bytes(row))),
                Cells::Skipped => {}
                Cells::Bytes(bytes) => bytes.extend((0..rows).map(|row| values.bytes(row).map(<[u8]>::to_vec))),
                Cells::Other(column) => {
                    let more = match field.unreadable() {
                        Some(what) => {
                            Some(ColumnSurvey { stored: Stored::Other(what), ..ColumnSurvey::of_text(String::new(), Vec::new()) })
                        }
                        None => {
                            values.to_column("", &numbers, &TextDecoder::utf8()).ok().map(|c| ColumnSurvey::of_column(String::new(), &c))
                        }
                    };
                    match (column.as_mut(), more) {
                        (Some(own), Some(more)) => own.cells.extend(more.cells),
                        (None, more) => *column = more,
                        _ => {}
                    }
                }
            }
        }
        self.rows += rows;
    }

    /// The columns in the order of the file, and the encoding of their text where the format leaves it open.
    fn columns(self, opener: &Opener) -> (Option<EncodingSurvey>, Vec<ColumnSurvey>) {
        let mut text: Vec<(usize, TextBytes)> = Vec::new();
        let mut other: Vec<(usize, Vec<u8>, ColumnSurvey)> = Vec::new();
        for (place, (field, cells)) in self.fields.into_iter().zip(self.cells).enumerate() {
            match cells {
                Cells::Skipped => {}
                Cells::Bytes(cells) => text.push((place, TextBytes { name: field.name, cells })),
                Cells::Other(column) => {
                    let blank =
                        || ColumnSurvey { stored: Stored::Other("empty".into()), ..ColumnSurvey::of_text(String::new(), Vec::new()) };
                    other.push((place, field.name, column.unwrap_or_else(blank)));
                }
            }
        }
        let (places, bytes): (Vec<usize>, Vec<TextBytes>) = text.into_iter().unzip();
        let names: Vec<&[u8]> = other.iter().map(|(_, name, _)| name.as_slice()).collect();
        let (encoding, texts, names) = dbase(opener.is_dbase().then_some(opener.file.as_path()), bytes, &names);
        let named =
            other.into_iter().zip(names).map(|((place, _, column), (name, is_cut))| (place, ColumnSurvey { name, is_cut, ..column }));
        let mut columns: Vec<(usize, ColumnSurvey)> = places.into_iter().zip(texts).chain(named).collect();
        columns.sort_by_key(|(place, _)| *place);
        (encoding, columns.into_iter().map(|(_, column)| column).collect())
    }
}

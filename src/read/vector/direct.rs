//! Blocks of a GeoPackage that need nothing of GDAL: polygons in GeoPackage binary, and cells that are stored as what their columns are declared.
//!
//! **Invariant:** a block is what [`BlockReader::read_block`] makes of the same rows, or none: whatever is unusual is left to that.

use std::path::Path;

use gdal::Dataset;
use gdal::vector::LayerAccess;
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, Float64Type, Int64Type, IntoColumn, IntoSeries, PrimitiveChunkedBuilder,
    StringChunkedBuilder,
};

use super::blocks::Block;
use super::open::{fid_column, geometry_column, quoted, rounds_coordinates};
use super::sqlite::{Cell, Rows};
use super::{BlockReader, Wanted, decode};
use crate::model::GeometryBuilder;
use crate::model::geometry::MOST_COORDS;

/// The columns of the query before those of the attributes.
const FID: usize = 0;
const GEOMETRY: usize = 1;
const ATTRIBUTES: usize = 2;

/// How the rows of a layer are asked for.
pub(super) struct Query {
    sql: String,
}

impl Query {
    /// The query for the columns that a reader wants; none where GDAL has to read the layer.
    pub(super) fn of(reader: &BlockReader<'_>, dataset: &Dataset, index: usize) -> Option<Self> {
        let layer = dataset.layer(index).ok().filter(|layer| !rounds_coordinates(layer))?;
        if reader.request.as_table || reader.geometry.is_none() || reader.fid.is_none() {
            return None;
        }
        let own = |name: &str| format!("m.{}", quoted(name));
        let fid = own(&fid_column(&layer)?);
        let mut columns = vec![fid.clone(), own(&geometry_column(&layer)?)];
        for (_, field) in reader.wanted.iter().filter_map(|wanted| wanted.place.as_ref()) {
            Cells::of(&field.format, 0)?;
            columns.push(own(std::str::from_utf8(&field.name).ok()?));
        }
        let (columns, table) = (columns.join(", "), quoted(&layer.name()));
        Some(Self { sql: format!("SELECT {columns} FROM {table} m WHERE {fid} BETWEEN ? AND ?") })
    }
}

/// A connection that blocks are read with.
pub(super) struct Direct {
    rows: Rows,
    /// Coordinates of a feature for which room is made.
    usual_coords: usize,
}

impl Direct {
    pub(super) fn open(file: &Path, query: &Query) -> Option<Self> {
        Some(Self { rows: Rows::open(file, &query.sql)?, usual_coords: USUAL_COORDS })
    }

    /// The rows of a range; none where GDAL has to read them.
    pub(super) fn block(&mut self, reader: &BlockReader<'_>, range: (i64, i64)) -> Option<Block> {
        let rows = &mut self.rows;
        rows.begin(range)?;
        let most = usize::try_from(range.1.saturating_sub(range.0)).map_or(MOST_ROWS, |n| n.saturating_add(1).min(MOST_ROWS));
        let mut block = Block::default();
        let mut builder = GeometryBuilder::default();
        builder.reserve(most, most * self.usual_coords);
        let formats = reader.wanted.iter().filter_map(|wanted| Some(&wanted.place.as_ref()?.1.format));
        let mut columns = formats.map(|format| Cells::of(format, most)).collect::<Option<Vec<Cells>>>()?;
        while rows.next()? {
            let (Cell::Whole(fid), Cell::Bytes(blob)) = (rows.cell(FID)?, rows.cell(GEOMETRY)?) else { return None };
            let oddities = decode(Some(wkb_of(blob)?), &mut builder).ok()?;
            block.notes.add(&oddities, || fid);
            block.rows.push(fid);
            if builder.coord_count() > MOST_COORDS {
                return None;
            }
            for (place, cells) in (ATTRIBUTES..).zip(&mut columns) {
                cells.push(rows.cell(place)?)?;
            }
        }
        block.seen = block.rows.len() as u64;
        block.geometry = builder.finish();
        self.usual_coords = block.geometry.coord_count() / block.rows.len().max(1) + 1;
        let mut columns = columns.into_iter();
        let column = |Wanted { name, place }: &Wanted| match place {
            Some(_) => columns.next().map(|cells| cells.finish(name)),
            None => Some(reader.request.input.partition_column(name, block.rows.len())),
        };
        block.columns = reader.wanted.iter().map(column).collect::<Option<_>>()?;
        Some(block)
    }
}

/// Rows for which room is made at first; fids may have wide gaps.
const MOST_ROWS: usize = 1 << 14;
/// Coordinates of a feature for which room is made at first.
const USUAL_COORDS: usize = 8;

/// The geometry in a blob, as GDAL finds it; none where it would look further.
fn wkb_of(blob: &[u8]) -> Option<&[u8]> {
    const HEAD_BYTES: usize = 8;
    let (&[b'G', b'P', 0, flags, ..], _) = blob.split_first_chunk::<HEAD_BYTES>()? else { return None };
    let envelope_bytes = match flags >> 1 & 7 {
        0 => 0,
        1 => 4 * size_of::<f64>(),
        2 | 3 => 6 * size_of::<f64>(),
        4 => 8 * size_of::<f64>(),
        _ => return None,
    };
    blob.get(HEAD_BYTES + envelope_bytes..)
}

/// A column that is being read, of the type that [`super::arrow::Values::to_column`] gives it.
enum Cells {
    Text(StringChunkedBuilder),
    Whole { cells: PrimitiveChunkedBuilder<Int64Type>, least: i64, most: i64 },
    Real(PrimitiveChunkedBuilder<Float64Type>),
    Flag(BooleanChunkedBuilder),
}

impl Cells {
    /// For a column of this Arrow format; none for those that GDAL reads by rules of its own.
    fn of(format: &str, rows: usize) -> Option<Self> {
        let whole = |least, most| Self::Whole { cells: PrimitiveChunkedBuilder::new("".into(), rows), least, most };
        Some(match format {
            "u" => Self::Text(StringChunkedBuilder::new("".into(), rows)),
            "s" => whole(i16::MIN.into(), i16::MAX.into()),
            "i" => whole(i32::MIN.into(), i32::MAX.into()),
            "l" => whole(i64::MIN, i64::MAX),
            "g" => Self::Real(PrimitiveChunkedBuilder::new("".into(), rows)),
            "b" => Self::Flag(BooleanChunkedBuilder::new("".into(), rows)),
            _ => return None,
        })
    }

    /// Adds a cell; none where it is not of the declared type, so that GDAL would convert it.
    #[inline]
    fn push(&mut self, cell: Cell<'_>) -> Option<()> {
        match (self, cell) {
            // GDAL takes a zero for the end of a text.
            (Self::Text(cells), Cell::Text(text)) if memchr::memchr(0, text).is_none() => {
                cells.append_value(std::str::from_utf8(text).ok()?);
            }
            (Self::Whole { cells, least, most }, Cell::Whole(number)) if (*least..=*most).contains(&number) => cells.append_value(number),
            (Self::Real(cells), Cell::Real(number)) => cells.append_value(number),
            #[expect(clippy::cast_precision_loss, reason = "as SQLite converts it")]
            (Self::Real(cells), Cell::Whole(number)) => cells.append_value(number as f64),
            (Self::Flag(cells), Cell::Whole(number @ (0 | 1))) => cells.append_value(number == 1),
            (Self::Text(cells), Cell::Null) => cells.append_null(),
            (Self::Whole { cells, .. }, Cell::Null) => cells.append_null(),
            (Self::Real(cells), Cell::Null) => cells.append_null(),
            (Self::Flag(cells), Cell::Null) => cells.append_null(),
            _ => return None,
        }
        Some(())
    }

    fn finish(self, name: &str) -> Column {
        let series = match self {
            Self::Text(cells) => cells.finish().into_series(),
            Self::Whole { cells, .. } => cells.finish().into_series(),
            Self::Real(cells) => cells.finish().into_series(),
            Self::Flag(cells) => cells.finish().into_series(),
        };
        series.into_column().with_name(name.into())
    }
}

#[cfg(test)]
mod tests;

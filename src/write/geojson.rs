//! `inventory.geojson`: RFC 7946, that is WGS 84 longitude and latitude, shells counter-clockwise, one feature a line.
//!
//! Coordinates have nine decimals: 1e-9 degree is 0.1 mm, below the millimetre that cadastral coordinates are kept in, so that a corner comes back to its
//! millimetre. Eight (1.1 mm) would move it.

use std::cell::RefCell;

use gdal::errors::GdalError;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use polars::prelude::{DataFrame, PolarsResult};
use rayon::prelude::*;

use super::cells::{self, Cells, Values};
use super::{Sink, WriteError};
use crate::model::{Coord, Crs, Outcome, Shape, wkb};

/// Features that one thread turns into text at a time.
const BLOCK_ROWS: usize = 1024;
const DECIMALS: usize = 9;
const PER_DEGREE: f64 = 1e9;
const WGS84: u32 = 4326;

/// Writes the inventory; blocks are made on all threads while the blocks before them go to the disk.
pub fn write(outcome: &Outcome, sink: &mut Sink) -> Result<(), WriteError> {
    let properties = properties(&outcome.inventory).map_err(|source| WriteError::Table { path: sink.path().to_owned(), source })?;
    let path = sink.path().to_owned();
    let starts: Vec<usize> = (0..outcome.geometry.len()).step_by(BLOCK_ROWS).collect();
    sink.put(b"{\"type\":\"FeatureCollection\",\"name\":\"inventory\",\"features\":[")?;
    let mut ready: Vec<Vec<u8>> = Vec::new();
    for wave in starts.chunks(4 * rayon::current_num_threads().max(1)) {
        let (written, made) = rayon::join(
            || ready.iter().try_for_each(|block| sink.put(block)),
            || wave.par_iter().map(|&start| block(outcome, &properties, start)).collect::<Result<Vec<_>, _>>(),
        );
        written?;
        ready = made.map_err(|source| WriteError::Gdal { path: path.clone(), source })?;
    }
    ready.iter().try_for_each(|block| sink.put(block))?;
    sink.put(b"\n]}\n")
}

/// The lines of the features from `start`.
fn block(outcome: &Outcome, properties: &[Property], start: usize) -> Result<Vec<u8>, GdalError> {
    let end = (start + BLOCK_ROWS).min(outcome.geometry.len());
    let shapes = || (start..end).map(|row| outcome.geometry.shape(row));
    let degrees = degrees(shapes(), outcome)?;
    let mut text = Vec::with_capacity(degrees.len() * 28 + (end - start) * 1024);
    let mut rest = degrees.as_slice();
    for (row, shape) in (start..end).zip(shapes()) {
        text.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
        text.extend_from_slice(b"{\"type\":\"Feature\",\"properties\":{");
        append_properties(properties, row, &mut text);
        text.extend_from_slice(b"},\"geometry\":");
        rest = append_geometry(shape, rest, &mut text);
        text.push(b'}');
    }
    Ok(text)
}

/// All coordinates of `shapes` as longitude and latitude, one call of PROJ for all.
fn degrees<'a>(shapes: impl Iterator<Item = Shape<'a>>, outcome: &Outcome) -> Result<Vec<Coord>, GdalError> {
    let (mut x, mut y): (Vec<f64>, Vec<f64>) =
        shapes.flat_map(Shape::coords).map(|c| (c.x + outcome.origin.x, c.y + outcome.origin.y)).unzip();
    with_transform(&outcome.crs, |transform| transform.transform_coords(&mut x, &mut y, &mut []))?;
    Ok(x.into_iter().zip(y).map(|(x, y)| Coord::new(x, y)).collect())
}

/// Runs `work` with the transformation to WGS 84 of this thread: PROJ objects belong to one thread and cost milliseconds to make.
fn with_transform<T>(crs: &Crs, work: impl FnOnce(&CoordTransform) -> Result<T, GdalError>) -> Result<T, GdalError> {
    thread_local! {
        static TRANSFORM: RefCell<Option<(String, CoordTransform)>> = const { RefCell::new(None) };
    }
    TRANSFORM.with_borrow_mut(|kept| {
        let transform = match kept.take() {
            Some((wkt, transform)) if wkt == crs.wkt => transform,
            _ => to_wgs84(crs)?,
        };
        let (_, transform) = kept.insert((crs.wkt.clone(), transform));
        work(transform)
    })
}

fn to_wgs84(crs: &Crs) -> Result<CoordTransform, GdalError> {
    let mut from = SpatialRef::from_wkt(&crs.wkt)?;
    let mut to = SpatialRef::from_epsg(WGS84)?;
    from.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    to.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    CoordTransform::new(&from, &to)
}

/// Writes `shape` with its coordinates taken from the front of `degrees`, and returns those behind.
fn append_geometry<'a>(shape: Shape<'_>, mut degrees: &'a [Coord], text: &mut Vec<u8>) -> &'a [Coord] {
    let single = shape.part_count() == 1;
    text.extend_from_slice(if single {
        b"{\"type\":\"Polygon\",\"coordinates\":"
    } else {
        b"{\"type\":\"MultiPolygon\",\"coordinates\":["
    });
    for (part, rings) in shape.parts().enumerate() {
        text.extend_from_slice(if part == 0 { b"[" } else { b",[" });
        for (number, ring) in rings.enumerate() {
            let (own, behind) = degrees.split_at(ring.len());
            text.extend_from_slice(if number == 0 { b"[" } else { b",[" });
            append_ring(own, number == 0, text);
            text.push(b']');
            degrees = behind;
        }
        text.push(b']');
    }
    text.extend_from_slice(if single { b"}" } else { b"]}" });
    degrees
}

fn append_ring(ring: &[Coord], counter_clockwise: bool, text: &mut Vec<u8>) {
    let from = text.len();
    let mut put = |c: &Coord| {
        text.extend_from_slice(if text.len() == from { b"[" } else { b",[" });
        append_degrees(c.x, text);
        text.push(b',');
        append_degrees(c.y, text);
        text.push(b']');
    };
    if wkb::runs_counter_clockwise(ring) == counter_clockwise {
        ring.iter().for_each(&mut put)
    } else {
        ring.iter().rev().for_each(&mut put)
    }
}

/// Writes an angle with [`DECIMALS`] decimals, without the zeros at its end.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an angle is at most 360 degrees, far below 2^53 steps")]
fn append_degrees(angle: f64, text: &mut Vec<u8>) {
    let steps = (angle * PER_DEGREE).round();
    if steps < 0.0 {
        text.push(b'-');
    }
    let steps = steps.abs() as u64;
    let whole = steps / 1_000_000_000;
    let mut rest = steps % 1_000_000_000;
    append_whole(whole, text);
    if rest == 0 {
        return;
    }
    let mut digits = [b'0'; DECIMALS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let kept = digits.iter().rposition(|&d| d != b'0').map_or(0, |last| last + 1);
    text.push(b'.');
    text.extend(digits.iter().take(kept));
}

fn append_whole(value: u64, text: &mut Vec<u8>) {
    if value >= 10 {
        append_whole(value / 10, text);
    }
    text.push(b'0' + u8::try_from(value % 10).unwrap_or(0));
}

/// A column with its name as a JSON key.
struct Property {
    key: Vec<u8>,
    cells: Cells,
}

fn properties(table: &DataFrame) -> PolarsResult<Vec<Property>> {
    Ok(cells::of(table)?.into_iter().map(Property::of).collect())
}

impl Property {
    fn of(cells: Cells) -> Self {
        let mut key = Vec::new();
        append_json(&cells.name, &mut key);
        key.push(b':');
        Self { key, cells }
    }

    fn append(&self, row: usize, text: &mut Vec<u8>) {
        text.extend_from_slice(&self.key);
        match &self.cells.values {
            Values::Text(values) => append_json(&values.get(row), text),
            // serde_json writes a number that is not finite as null, which is what unknown is.
            Values::Number(values) => append_json(&values.get(row), text),
            Values::Whole(values) => append_json(&values.get(row), text),
            Values::Truth(values) => append_json(&values.get(row), text),
        }
    }
}

fn append_properties(properties: &[Property], row: usize, text: &mut Vec<u8>) {
    for (number, property) in properties.iter().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        property.append(row, text);
    }
}

fn append_json(value: &impl serde::Serialize, text: &mut Vec<u8>) {
    let before = text.len();
    if serde_json::to_writer(&mut *text, value).is_err() {
        text.truncate(before);
        text.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_have_nine_decimals_and_no_idle_zeros() {
        let check = |angle: f64, expected: &str| {
            let mut text = Vec::new();
            append_degrees(angle, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        };
        check(121.123_456_789_4, "121.123456789");
        check(-0.5, "-0.5");
        check(30.0, "30");
        check(0.000_000_001, "0.000000001");
        check(-0.000_000_000_1, "0");
        check(179.999_999_999_9, "180");
    }
}

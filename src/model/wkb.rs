//! Polygons as ISO WKB, little-endian: the form in which geometry leaves the program.
//!
//! **Invariant:** shells run counter-clockwise and holes clockwise, whatever the column says: readers are told so.

use super::{Coord, Shape};

const LITTLE_ENDIAN: u8 = 1;
const POINT: u32 = 1;
const POLYGON: u32 = 3;
const MULTI_POINT: u32 = 4;
const MULTI_POLYGON: u32 = 6;

/// `shape`, moved by `origin`: a polygon where it has one part, else a multipolygon.
#[must_use]
pub fn encode(shape: Shape<'_>, origin: Coord) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(16 * shape.coord_count() + 64);
    append(shape, origin, &mut buffer);
    buffer
}

/// Appends `shape`, moved by `origin`, to `buffer`: a polygon where it has one part, else a multipolygon.
pub fn append(shape: Shape<'_>, origin: Coord, buffer: &mut Vec<u8>) {
    if shape.part_count() == 1 {
        append_parts(shape, origin, buffer);
    } else {
        append_multi(shape, origin, buffer);
    }
}

/// Appends `shape`, moved by `origin`, to `buffer` as a multipolygon, for formats with one kind of geometry a layer.
pub fn append_multi(shape: Shape<'_>, origin: Coord, buffer: &mut Vec<u8>) {
    header(MULTI_POLYGON, shape.part_count(), buffer);
    append_parts(shape, origin, buffer);
}

/// Appends `points`, moved by `origin`, to `buffer` as a multipoint.
pub fn append_points(points: &[Coord], origin: Coord, buffer: &mut Vec<u8>) {
    header(MULTI_POINT, points.len(), buffer);
    for point in points {
        buffer.push(LITTLE_ENDIAN);
        buffer.extend_from_slice(&POINT.to_le_bytes());
        buffer.extend_from_slice(&(point.x + origin.x).to_le_bytes());
        buffer.extend_from_slice(&(point.y + origin.y).to_le_bytes());
    }
}

fn append_parts(shape: Shape<'_>, origin: Coord, buffer: &mut Vec<u8>) {
    for rings in shape.parts() {
        header(POLYGON, rings.clone().count(), buffer);
        for (number, ring) in rings.enumerate() {
            append_ring(ring, &Placement { origin, counter_clockwise: number == 0 }, buffer);
        }
    }
}

struct Placement {
    origin: Coord,
    counter_clockwise: bool,
}

fn append_ring(ring: &[Coord], placement: &Placement, buffer: &mut Vec<u8>) {
    count(ring.len(), buffer);
    buffer.reserve(size_of_val(ring));
    let mut put = |c: &Coord| {
        buffer.extend_from_slice(&(c.x + placement.origin.x).to_le_bytes());
        buffer.extend_from_slice(&(c.y + placement.origin.y).to_le_bytes());
    };
    if runs_counter_clockwise(ring) == placement.counter_clockwise {
        ring.iter().for_each(&mut put)
    } else {
        ring.iter().rev().for_each(&mut put)
    }
}

/// Whether a closed ring runs counter-clockwise; a ring without an area counts as such.
#[must_use]
pub fn runs_counter_clockwise(ring: &[Coord]) -> bool {
    let Some(&first) = ring.first() else { return true };
    let pairs = ring.iter().zip(ring.iter().skip(1));
    let doubled: f64 = pairs.map(|(a, b)| (a.x - first.x) * (b.y - first.y) - (b.x - first.x) * (a.y - first.y)).sum();
    doubled >= 0.0
}

fn header(kind: u32, members: usize, buffer: &mut Vec<u8>) {
    buffer.push(LITTLE_ENDIAN);
    buffer.extend_from_slice(&kind.to_le_bytes());
    count(members, buffer);
}

/// A geometry column has fewer than 2³² coordinates, so no count of one is cut.
fn count(members: usize, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(&u32::try_from(members).unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryBuilder;

    #[test]
    fn rings_are_turned_and_moved() {
        let ring = |points: &[(f64, f64)]| points.iter().map(|&(x, y)| Coord::new(x, y)).collect::<Vec<_>>();
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[ring(&[(0.0, 0.0), (0.0, 4.0), (4.0, 0.0)]), ring(&[(1.0, 1.0), (2.0, 1.0), (1.0, 2.0)])]);
        let mut bytes = Vec::new();
        append(builder.finish().shape(0), Coord::new(100.0, 0.0), &mut bytes);
        let wkt = gdal::vector::Geometry::from_wkb(&bytes).unwrap().wkt().unwrap();
        assert_eq!(wkt, "POLYGON ((100 0,104 0,100 4,100 0),(101 1,101 2,102 1,101 1))");
    }
}

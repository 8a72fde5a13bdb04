//! Polygons as well-known binary, little-endian, two-dimensional.

use super::trace::Polygon;

const LITTLE_ENDIAN: u8 = 1;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// One polygon.
pub(super) fn polygon(rings: &Polygon) -> Vec<u8> {
    let mut out = Vec::new();
    push_polygon(&mut out, rings);
    out
}

/// Several polygons as one multipolygon.
pub(super) fn multi_polygon(polygons: &[Polygon]) -> Vec<u8> {
    let mut out = Vec::new();
    push_header(&mut out, MULTI_POLYGON, polygons.len());
    for rings in polygons {
        push_polygon(&mut out, rings);
    }
    out
}

/// Coordinates in all rings, closing points counted.
pub(super) fn vertices(polygons: &[Polygon]) -> u64 {
    polygons.iter().flatten().map(|ring| ring.len() as u64).sum()
}

fn push_polygon(out: &mut Vec<u8>, rings: &Polygon) {
    push_header(out, POLYGON, rings.len());
    for ring in rings {
        out.extend_from_slice(&count_bytes(ring.len()));
        for ordinate in ring.iter().flatten() {
            out.extend_from_slice(&ordinate.to_le_bytes());
        }
    }
}

fn push_header(out: &mut Vec<u8>, kind: u32, count: usize) {
    out.push(LITTLE_ENDIAN);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&count_bytes(count));
}

/// Counts are 32-bit in this format; no ring of a city comes near that limit.
fn count_bytes(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes()
}

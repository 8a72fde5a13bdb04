//! A feature as well-known binary, the form in which geometry leaves the program.

use super::{Coord, Shape};

/// A feature as ISO WKB, moved by `origin`: one polygon as POLYGON, several as MULTIPOLYGON.
#[must_use]
pub fn encode(shape: Shape<'_>, origin: Coord) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 * shape.coord_count() + 64);
    let header = |out: &mut Vec<u8>, kind: u32, count: usize| {
        out.push(1);
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    };
    if shape.part_count() != 1 {
        header(&mut out, 6, shape.part_count());
    }
    for rings in shape.parts() {
        header(&mut out, 3, rings.clone().count());
        for ring in rings {
            out.extend_from_slice(&u32::try_from(ring.len()).unwrap_or(u32::MAX).to_le_bytes());
            for c in ring {
                out.extend_from_slice(&(c.x + origin.x).to_le_bytes());
                out.extend_from_slice(&(c.y + origin.y).to_le_bytes());
            }
        }
    }
    out
}

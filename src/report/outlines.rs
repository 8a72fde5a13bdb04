//! The parcels as the map draws them: simplified, on a grid, each vertex as the step from the one before.
//!
//! Boundaries are simplified parcel by parcel, so neighbours may part by as much as the tolerance; the figures of the page never come from these outlines.

use geo::{LineString, Simplify};
use rayon::prelude::*;

use crate::model::{Coord, GeometryColumn, Rect, Shape};

/// Parcels that are drawn finely; more would make the page too large.
const FINE_PARCELS: usize = 200_000;
/// The grid of few parcels (m): below what a plan at 1:500 shows.
const FINE_M: f64 = 0.25;
/// The grid of many parcels (m).
const COARSE_M: f64 = 1.0;
/// How far a line may be from the vertices that are left out, in steps of the grid.
const TOLERANCE: f64 = 2.0;

/// The parcels on a grid.
pub struct Outlines {
    /// Lower left corner of the grid in the compute CRS (m).
    pub origin: Coord,
    /// Width of a cell (m).
    pub step_m: f64,
    /// The boxes of the parcels in the compute CRS (m).
    pub bounds: Vec<Rect>,
    /// For every parcel the number of its rings, for every ring the number of its vertices and their steps: variable-length numbers.
    pub bytes: Vec<u8>,
}

impl Outlines {
    /// The outlines of a layer.
    pub fn of(geometry: &GeometryColumn) -> Self {
        let step_m = if geometry.len() <= FINE_PARCELS { FINE_M } else { COARSE_M };
        let origin = if geometry.is_empty() { Coord::new(0.0, 0.0) } else { geometry.extent().min };
        let grid = Grid { origin, step_m };
        let parcels: Vec<Vec<Vec<[i64; 2]>>> = (0..geometry.len()).into_par_iter().map(|row| grid.rings(geometry.shape(row))).collect();
        Self { origin, step_m, bounds: geometry.bounds().to_vec(), bytes: steps(&parcels) }
    }
}

/// A grid over the compute CRS.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Its lower left corner.
    pub origin: Coord,
    /// The width of a cell (m).
    pub step_m: f64,
}

impl Grid {
    /// The grid point nearest to a place.
    #[expect(clippy::cast_possible_truncation, reason = "coordinates on a map are far below 2^63 cells")]
    pub fn cell(&self, place: Coord) -> [i64; 2] {
        let place = place.from_origin(self.origin);
        [(place.x / self.step_m).round() as i64, (place.y / self.step_m).round() as i64]
    }

    /// The rings of a parcel, without their closing vertices.
    fn rings(&self, shape: Shape<'_>) -> Vec<Vec<[i64; 2]>> {
        let rings: Vec<_> = shape.rings().filter_map(|ring| self.ring(ring)).collect();
        if rings.is_empty() { vec![self.least(shape.bounds)] } else { rings }
    }

    /// A ring on the grid; none where nothing is left of it.
    fn ring(&self, ring: &[Coord]) -> Option<Vec<[i64; 2]>> {
        let line: LineString = ring.iter().map(|c| c.from_origin(self.origin)).map(|c| geo::Coord { x: c.x, y: c.y }).collect();
        let simple = line.simplify(TOLERANCE * self.step_m);
        let mut cells: Vec<_> = simple.coords().map(|c| self.cell(Coord::new(c.x + self.origin.x, c.y + self.origin.y))).collect();
        cells.dedup();
        if cells.len() > 1 && cells.first() == cells.last() {
            cells.pop();
        }
        (cells.len() > 2).then_some(cells)
    }

    /// The box of a parcel that is smaller than the grid.
    fn least(&self, bounds: Rect) -> Vec<[i64; 2]> {
        let ([left, bottom], [right, top]) = (self.cell(bounds.min), self.cell(bounds.max));
        let (right, top) = (right.max(left + 1), top.max(bottom + 1));
        vec![[left, bottom], [right, bottom], [right, top], [left, top]]
    }
}

fn steps(parcels: &[Vec<Vec<[i64; 2]>>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = [0, 0];
    for rings in parcels {
        put(&mut bytes, rings.len() as u64);
        for ring in rings {
            put(&mut bytes, ring.len() as u64);
            for cell in ring {
                let [dx, dy] = [cell[0] - at[0], cell[1] - at[1]];
                put(&mut bytes, zigzag(dx));
                put(&mut bytes, zigzag(dy));
                at = *cell;
            }
        }
    }
    bytes
}

/// Whole numbers near zero as small ones: 0, -1, 1, -2 become 0, 1, 2, 3.
#[expect(clippy::cast_sign_loss, reason = "the bits are what is wanted")]
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
#[expect(clippy::cast_possible_truncation, reason = "the seven bits that are meant")]
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryBuilder;

    fn ring(corners: &[(f64, f64)]) -> Vec<Coord> {
        corners.iter().chain(corners.first()).map(|&(x, y)| Coord::new(x, y)).collect()
    }

    fn outlines(rings: &[Vec<Coord>]) -> Outlines {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(rings);
        Outlines::of(&builder.finish())
    }

    #[test]
    fn a_square_is_four_steps_and_its_needless_vertex_goes() {
        let square = outlines(&[ring(&[(100.0, 50.0), (105.0, 50.1), (110.0, 50.0), (110.0, 60.0), (100.0, 60.0)])]);
        // One ring, four vertices: (0, 0), 40 cells right, 40 up, 40 left.
        assert_eq!(square.bytes, [1, 4, 0, 0, 80, 0, 0, 80, 79, 0]);
        assert_eq!((square.origin, square.step_m), (Coord::new(100.0, 50.0), FINE_M));
    }

    #[test]
    fn a_parcel_below_the_grid_is_one_cell() {
        let speck = outlines(&[ring(&[(0.0, 0.0), (0.01, 0.0), (0.01, 0.01)])]);
        assert_eq!(speck.bytes, [1, 4, 0, 0, 2, 0, 0, 2, 1, 0]);
    }

    #[test]
    fn long_steps_take_more_bytes() {
        let mut bytes = Vec::new();
        put(&mut bytes, zigzag(-300));
        assert_eq!(bytes, [0xd7, 0x04]);
    }
}

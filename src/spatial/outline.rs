//! What lies around and within a polygon: its convex hull and its holes.

use geo::{ConvexHull, MultiPoint};

use super::validity::repaired;
use crate::model::{Coord, GeometryBuilder, GeometryColumn, Shape};

/// The convex hull as a layer of one feature.
#[must_use]
pub fn convex_hull(shape: Shape<'_>) -> GeometryColumn {
    let centre = shape.bounds.centre();
    let points: MultiPoint = shape.coords().iter().map(|c| geo::Point::new(c.x - centre.x, c.y - centre.y)).collect();
    let ring = points.convex_hull();
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[ring.exterior().coords().map(|c| Coord::new(c.x + centre.x, c.y + centre.y)).collect()]);
    builder.finish()
}

/// The holes, each a feature. Parts that enclose ground between them make a hole too.
#[must_use]
pub fn holes(shape: Shape<'_>) -> GeometryColumn {
    if shape.part_count() > 1
        && let Some(united) = repaired(shape)
    {
        return holes_as_drawn(united.shape(0));
    }
    holes_as_drawn(shape)
}

fn holes_as_drawn(shape: Shape<'_>) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    for ring in shape.parts().flat_map(|rings| rings.skip(1)) {
        // Holes turn the other way than ground.
        builder.push_polygon(&[ring.iter().rev().copied().collect()]);
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spatial::area::planar_area_m2;

    fn ring(x: f64, y: f64, width: f64, height: f64) -> Vec<Coord> {
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height)].iter().map(|&(x, y)| Coord::new(x, y)).collect()
    }

    fn reversed(mut ring: Vec<Coord>) -> Vec<Coord> {
        ring.reverse();
        ring
    }

    fn column(parts: &[Vec<Vec<Coord>>]) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        builder.push_polygons(parts);
        builder.finish()
    }

    fn areas_m2(column: &GeometryColumn) -> Vec<f64> {
        column.shapes().map(planar_area_m2).collect()
    }

    #[test]
    fn the_hull_of_two_squares() {
        let squares = column(&[vec![ring(0.0, 0.0, 10.0, 10.0)], vec![ring(20.0, 0.0, 10.0, 10.0)]]);
        assert_eq!(areas_m2(&convex_hull(squares.shape(0))), [300.0]);
    }

    #[test]
    fn holes_are_those_of_the_union() {
        let drawn = column(&[vec![ring(0.0, 0.0, 10.0, 10.0), reversed(ring(2.0, 2.0, 3.0, 4.0))]]);
        assert_eq!(areas_m2(&holes(drawn.shape(0))), [12.0]);
        assert!(holes(column(&[vec![ring(0.0, 0.0, 10.0, 10.0)]]).shape(0)).is_empty());
        // Four bars around a yard of 10 m by 10 m.
        let bars = column(&[
            vec![ring(0.0, 0.0, 30.0, 10.0)],
            vec![ring(0.0, 20.0, 30.0, 10.0)],
            vec![ring(0.0, 10.0, 10.0, 10.0)],
            vec![ring(20.0, 10.0, 10.0, 10.0)],
        ]);
        let found = areas_m2(&holes(bars.shape(0)));
        assert!(found.len() == 1 && (found[0] - 100.0).abs() < 1e-6, "{found:?}");
    }
}

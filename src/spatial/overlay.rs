//! The overlay of `geo`: only for polygons that are repaired and for ground that is to be shown. Areas that polygons share are the work of
//! [`super::overlap`].

use geo::{Area, BooleanOps, MultiPolygon, unary_union};

use super::validity::{Vertices, from_geo, to_geo};
use crate::model::{Coord, GeometryColumn, Rect, Shape, attempt};

/// Parts of the common ground up to this are rounding along a boundary that both have, m²; a long one would pass for a very narrow strip.
const NOISE_M2: f64 = 1e-6;

/// The ground that both polygons cover as one feature; none where it has no area.
#[must_use]
pub fn common_ground(a: Shape<'_>, b: Shape<'_>) -> Option<GeometryColumn> {
    let centre = a.bounds.common(&b.bounds).centre();
    let mut common = attempt(|| to_geo(a, centre).intersection(&to_geo(b, centre)))?;
    common.0.retain(|part| part.unsigned_area() > NOISE_M2);
    from_geo(&common, &Vertices::of([a.coords(), b.coords()].concat()), centre)
}

/// The ground that the polygons cover together as one feature; none where the overlay gives up or there is no ground.
#[must_use]
pub fn united(shapes: &[Shape<'_>]) -> Option<GeometryColumn> {
    let centre = shapes.iter().fold(Rect::EMPTY, |all, shape| all.union(shape.bounds)).centre();
    let known: Vec<Coord> = shapes.iter().flat_map(|shape| shape.coords()).copied().collect();
    let united = attempt(|| {
        let polygons: Vec<MultiPolygon> = shapes.iter().map(|shape| to_geo(*shape, centre)).collect();
        unary_union(&polygons)
    })?;
    from_geo(&united, &Vertices::of(known), centre)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryBuilder;
    use crate::spatial::area::planar_area_m2;

    fn square(x: f64) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        let ring = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)].map(|(u, v)| Coord::new(x + u, v));
        builder.push_polygon(&[ring.to_vec()]);
        builder.finish()
    }

    #[test]
    fn neighbours_become_one_part_and_others_stay_apart() {
        let check = |other: f64, parts: usize, area_m2: f64| {
            let (a, b) = (square(0.0), square(other));
            let united = united(&[a.shape(0), b.shape(0)]).unwrap();
            assert_eq!(united.shape(0).part_count(), parts, "{other}");
            assert!((planar_area_m2(united.shape(0)) - area_m2).abs() < 1e-9, "{other}");
        };
        check(10.0, 1, 200.0);
        check(5.0, 1, 150.0);
        check(30.0, 2, 200.0);
        assert!(united(&[]).is_none());
    }
}

//! The polygon of what two polygons share, by the overlay of `geo`. Only for ground that is to be shown: its area is the work of [`super::overlap`].

use geo::{Area, BooleanOps};

use super::validity::{Vertices, from_geo, to_geo};
use crate::model::{GeometryColumn, Shape};

/// Parts of the common ground up to this are rounding along a boundary that both have, m²; a long one would pass for a very narrow strip.
const NOISE_M2: f64 = 1e-6;

/// The ground that both polygons cover as one feature; none where it has no area.
#[must_use]
pub fn common_ground(a: Shape<'_>, b: Shape<'_>) -> Option<GeometryColumn> {
    let centre = a.bounds.common(&b.bounds).centre();
    let mut common = to_geo(a, centre).intersection(&to_geo(b, centre));
    common.0.retain(|part| part.unsigned_area() > NOISE_M2);
    from_geo(&common, &Vertices::of([a.coords(), b.coords()].concat()), centre)
}

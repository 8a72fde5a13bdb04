//! The polygon of what two polygons share, by the overlay of `geo`. Only for ground that is to be shown: its area is the work of [`super::overlap`].

use geo::BooleanOps;

use super::validity::{from_geo, to_geo};
use crate::model::{GeometryColumn, Shape};

/// The ground that both polygons cover as one feature; none where it has no area.
#[must_use]
pub fn common_ground(a: Shape<'_>, b: Shape<'_>) -> Option<GeometryColumn> {
    let centre = a.bounds.common(&b.bounds).centre();
    let common = to_geo(a, centre).intersection(&to_geo(b, centre));
    from_geo(&common, [a.coords(), b.coords()].concat(), centre)
}

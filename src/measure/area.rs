//! The areas of parcels side by side: planar, ellipsoidal, registered, and the legal one with its basis.

use polars::prelude::{DataFrame, PolarsError};
use rayon::prelude::*;

use crate::model::{Coord, Crs, GeometryColumn, Layer, Shape};
use crate::spatial::area::{InverseMercator, SurveyFormula, length_m, perimeter_m, planar_area_m2};
use crate::spatial::nearby::{self, NearbySurvey};

/// Which area legal thresholds and per-mu figures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// As declared in the register.
    Registered,
    /// In the plane of the compute CRS.
    Planar,
    /// On the ellipsoid.
    Ellipsoidal,
}

impl Basis {
    /// The word in `area_basis`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Planar => "planar",
            Self::Ellipsoidal => "ellipsoidal",
        }
    }
}

/// The areas of all parcels, in their order; m².
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// Planar area in the compute CRS.
    pub planar_m2: Vec<f64>,
    /// Area on the ellipsoid by the survey formula.
    pub ellipsoidal_m2: Vec<f64>,
    /// Area as registered; unknown where it is not.
    pub registered_m2: Vec<Option<f64>>,
    /// The legal area: the first known of the job's order.
    pub legal_m2: Vec<Option<f64>>,
    /// Which one that is.
    pub basis: Vec<Option<Basis>>,
    /// Length of all rings, m.
    pub perimeter_m: Vec<f64>,
}

/// Measures every parcel. `geographic` has the same polygons in degrees where the CRS is no transverse Mercator.
///
/// # Errors
/// The attributes lack the canonical column `registered_area_m2`.
pub fn measure(parcels: &Layer, place: &Place<'_>, order: &[Basis]) -> Result<Areas, PolarsError> {
    let registered_m2: Vec<Option<f64>> = number(&parcels.attributes, "registered_area_m2")?;
    let geometry = &parcels.geometry;
    let planar_m2: Vec<f64> = (0..geometry.len()).into_par_iter().map(|row| planar_area_m2(geometry.shape(row))).collect();
    let ellipsoidal_m2 = ellipsoidal(geometry, place);
    let (legal_m2, basis) = registered_m2
        .iter()
        .zip(planar_m2.iter().zip(&ellipsoidal_m2))
        .map(|(registered, (planar, ellipsoidal))| {
            let known = order.iter().find_map(|basis| {
                let area_m2 = match basis {
                    Basis::Registered => *registered,
                    Basis::Planar => Some(*planar),
                    Basis::Ellipsoidal => Some(*ellipsoidal).filter(|m2| m2.is_finite()),
                };
                Some((area_m2?, *basis))
            });
            known.unzip()
        })
        .unzip();
    let perimeter_m = (0..geometry.len()).into_par_iter().map(|row| perimeter_m(geometry.shape(row))).collect();
    Ok(Areas { planar_m2, ellipsoidal_m2, registered_m2, legal_m2, basis, perimeter_m })
}

/// Where the polygons are on the ellipsoid.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The compute CRS.
    pub crs: &'a Crs,
    /// What the coordinates are seen from.
    pub origin: Coord,
    /// The same polygons in degrees of longitude and latitude; needed where the CRS is no transverse Mercator.
    pub geographic: Option<&'a GeometryColumn>,
}

/// The area of every polygon on the ellipsoid, m².
#[must_use]
pub fn ellipsoidal(geometry: &GeometryColumn, place: &Place<'_>) -> Vec<f64> {
    let formula = SurveyFormula::new(place.crs.ellipsoid);
    let inverse = place.crs.transverse_mercator.as_ref().map(|tm| InverseMercator::new(tm, place.crs.ellipsoid));
    let rows = (0..geometry.len()).into_par_iter();
    match (place.geographic, &inverse) {
        (Some(degrees), _) => rows.map(|row| in_degrees(degrees.shape(row), &formula)).collect(),
        (None, Some(inverse)) => rows.map(|row| in_plane(geometry.shape(row), place.origin, &formula, inverse)).collect(),
        (None, None) => rows.map(|_| f64::NAN).collect(),
    }
}

fn in_degrees(shape: Shape<'_>, formula: &SurveyFormula) -> f64 {
    let to_radians = |c: &Coord| Coord::new(c.x.to_radians(), c.y.to_radians());
    shape.rings().map(|ring| formula.ring_area_m2(&ring.iter().map(to_radians).collect::<Vec<_>>())).sum()
}

/// Small polygons by series around the middle of their box, large ones vertex by vertex.
fn in_plane(shape: Shape<'_>, origin: Coord, formula: &SurveyFormula, inverse: &InverseMercator) -> f64 {
    let centre = shape.bounds.centre();
    let plane = |c: Coord| Coord::new(c.x + origin.x, c.y + origin.y);
    if length_m(centre, shape.bounds.max) <= nearby::REACH_M
        && let Some(nearby) = NearbySurvey::new(inverse, formula, plane(centre))
    {
        return shape.rings().map(|ring| nearby.ring_area_m2(ring.iter().map(|c| c.from_origin(centre)))).sum();
    }
    shape.rings().map(|ring| formula.ring_area_m2(&ring.iter().map(|c| inverse.geographic(plane(*c))).collect::<Vec<_>>())).sum()
}

/// A canonical number column as a vector.
///
/// # Errors
/// The frame has no such column, or not as numbers.
pub fn number(frame: &DataFrame, name: &str) -> Result<Vec<Option<f64>>, PolarsError> {
    Ok(frame.column(name)?.f64()?.iter().collect())
}

//! The survey formula of small polygons on a transverse Mercator projection, by power series around one place.
//!
//! With the isometric latitude q and the longitude λ, q + iλ is an analytic function of northing + i easting, and the area between the
//! equator and a parallel, a radian of longitude, is a function G of q alone. Both are expanded to the third order in the distance, so that
//! a vertex costs some twenty multiplications instead of two dozen sines. Being differences from the place, they also keep more digits.
//!
//! Refuses places above a latitude of 80°, where the series converge too slowly.
//!
//! **Invariant:** within [`REACH_M`] of the place the area is that of [`SurveyFormula`] to a relative 1e-11.

use super::area::{InverseMercator, SurveyFormula};
use crate::model::Coord;

/// How far from the place a vertex may lie, m.
pub const REACH_M: f64 = 512.0;

/// Sine of the highest latitude that is taken.
const HIGHEST_SINE: f64 = 0.985;

/// The survey formula near one place.
#[derive(Clone, Copy, Debug)]
pub struct NearbySurvey {
    /// Of q + iλ: what a distance, its square and its cube in metres add.
    position: [Complex; 3],
    /// Of the area of the strip a radian of longitude, m²: what a difference in q, its square and its cube add.
    strip_m2: [f64; 3],
}

impl NearbySurvey {
    /// The formula around `place`, a position in the plane of the projection; none where the latitude is too high.
    #[must_use]
    pub fn new(inverse: &InverseMercator, formula: &SurveyFormula, place: Coord) -> Option<Self> {
        let latitude = inverse.geographic(place).y;
        let sine = libm::sin(latitude);
        (sine.abs() <= HIGHEST_SINE).then(|| Self {
            position: inverse.isometric_derivatives(place).map_with([1.0, 0.5, 1.0 / 6.0]),
            strip_m2: formula.isometric_terms_m2(latitude, sine),
        })
    }

    /// The area inside a closed ring in m², positive where it turns counter-clockwise. The coordinates are metres from the place.
    pub fn ring_area_m2(&self, ring: impl Iterator<Item = Coord>) -> f64 {
        let mut sum = 0.0;
        let mut before: Option<(f64, f64)> = None;
        for c in ring {
            let (longitude, strip_m2) = self.at(c);
            if let Some((last_longitude, last_m2)) = before {
                sum += 0.5 * (last_longitude + longitude) * (strip_m2 - last_m2);
            }
            before = Some((longitude, strip_m2));
        }
        sum
    }

    /// Longitude in radians and area of the strip a radian in m², both from the place.
    #[inline]
    fn at(&self, c: Coord) -> (f64, f64) {
        let [a, b, d] = self.position;
        let z = Complex { re: c.y, im: c.x };
        let w = z.times(a.plus(z.times(b.plus(z.times(d)))));
        let [e, f, g] = self.strip_m2;
        (w.im, w.re * (e + w.re * (f + w.re * g)))
    }
}

/// A complex number, of which three operations are needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f64,
    pub(super) im: f64,
}

impl Complex {
    #[inline]
    pub(super) fn times(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    #[inline]
    pub(super) fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    #[inline]
    pub(super) fn scaled(self, by: f64) -> Self {
        Self { re: self.re * by, im: self.im * by }
    }

    /// 1 over the number.
    pub(super) fn inverted(self) -> Self {
        let square = self.re * self.re + self.im * self.im;
        Self { re: self.re / square, im: -self.im / square }
    }
}

/// First, second and third derivative.
pub(super) struct Derivatives(pub(super) [Complex; 3]);

impl Derivatives {
    fn map_with(self, factors: [f64; 3]) -> [Complex; 3] {
        let [first, second, third] = self.0;
        [first.scaled(factors[0]), second.scaled(factors[1]), third.scaled(factors[2])]
    }

    /// Those of the outer function of the inner one: Faà di Bruno's formula.
    pub(super) fn of(self, inner: &Self) -> Self {
        let ([f1, f2, f3], [g1, g2, g3]) = (self.0, inner.0);
        let square = g1.times(g1);
        Self([
            f1.times(g1),
            f2.times(square).plus(f1.times(g2)),
            f3.times(square.times(g1)).plus(f2.times(g1.times(g2)).scaled(3.0)).plus(f1.times(g3)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Ellipsoid, TransverseMercator};

    const CGCS2000: Ellipsoid = Ellipsoid { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 };

    proptest! {
        #[test]
        fn the_series_give_the_area_of_the_formula(
            northing in -8.8e6..8.8e6_f64,
            easting in 200_000.0..800_000.0_f64,
            radii in proptest::collection::vec(20.0..REACH_M, 3..12),
        ) {
            let projection = TransverseMercator {
                central_meridian_deg: 120.0,
                latitude_of_origin_deg: 0.0,
                scale: 1.0,
                false_easting_m: 500_000.0,
                false_northing_m: 0.0,
            };
            let inverse = InverseMercator::new(&projection, CGCS2000);
            let formula = SurveyFormula::new(CGCS2000);
            let place = Coord::new(easting, northing);
            let step = std::f64::consts::TAU / radii.len() as f64;
            let mut ring: Vec<Coord> =
                radii.iter().enumerate().map(|(i, r)| Coord::new(r * (step * i as f64).cos(), r * (step * i as f64).sin())).collect();
            ring.push(ring[0]);
            let degrees: Vec<Coord> =
                ring.iter().map(|c| inverse.geographic(Coord::new(place.x + c.x, place.y + c.y))).collect();
            let exact_m2 = formula.ring_area_m2(&degrees);
            let nearby = NearbySurvey::new(&inverse, &formula, place).unwrap();
            let series_m2 = nearby.ring_area_m2(ring.into_iter());
            // The exact path itself loses digits: radians near 1 to the last bit are 1.4e-9 m.
            let rounding_m2 = 4e-9 * radii.iter().sum::<f64>();
            prop_assert!((series_m2 - exact_m2).abs() <= 1e-11 * exact_m2 + rounding_m2, "{series_m2} m² is not {exact_m2} m²");
        }
    }
}

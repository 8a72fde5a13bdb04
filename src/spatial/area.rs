//! Areas of single polygons: planar by the shoelace sum, ellipsoidal by the formula of the national land survey.
//!
//! The survey formula (国土调查办发〔2008〕32号) closes every edge to a fixed meridian and takes the area of the
//! strip on the ellipsoid from five terms. The edges are straight in latitude and longitude.
//!
//! Sines come from `libm`, not from the C library, whose last bits depend on the processor.
//!
//! **Invariant:** planar sums are taken from a vertex of the ring, never from the raw coordinates: at eastings of 40 million metres the latter are off by 0.1 m².

#![expect(clippy::indexing_slicing, reason = "windows of two have two elements and the series are arrays of fixed length")]

use super::nearby::{Complex, Derivatives};
use crate::model::{Coord, Ellipsoid, Shape, TransverseMercator};

/// The planar area of a polygon in m²: shells positive, holes negative.
///
/// # Units
/// Coordinates in metres, area in m².
#[must_use]
pub fn planar_area_m2(shape: Shape<'_>) -> f64 {
    shape.rings().map(signed_ring_area_m2).sum()
}

/// The area inside a closed ring in m², positive where it turns counter-clockwise.
#[must_use]
pub fn signed_ring_area_m2(ring: &[Coord]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    let twice: f64 = ring
        .windows(2)
        .map(|w| {
            let (a, b) = (w[0].from_origin(origin), w[1].from_origin(origin));
            a.x * b.y - b.x * a.y
        })
        .sum();
    0.5 * twice
}

/// The length of all rings in metres.
#[must_use]
pub fn perimeter_m(shape: Shape<'_>) -> f64 {
    shape.edges().map(|(a, b)| length_m(a, b)).sum()
}

/// The distance between two places in metres.
#[must_use]
pub fn length_m(a: Coord, b: Coord) -> f64 {
    let d = b.from_origin(a);
    (d.x * d.x + d.y * d.y).sqrt()
}

/// The survey formula on one ellipsoid.
#[derive(Clone, Copy, Debug)]
pub struct SurveyFormula {
    /// 2 b² times each of the five coefficients, in m².
    terms_m2: [f64; 5],
    /// Square of the first eccentricity.
    e2: f64,
}

impl SurveyFormula {
    /// The formula for an ellipsoid.
    ///
    /// ```
    /// use mujun::{model::{Coord, Ellipsoid}, spatial::area::SurveyFormula};
    /// // One thousandth of a degree each way from 31.2° N on CGCS2000: 10,566.6165 m².
    /// let cell = [(0.0, 31.2), (0.001, 31.2), (0.001, 31.201), (0.0, 31.201), (0.0, 31.2)].map(|(l, b): (f64, f64)| Coord::new(l.to_radians(), b.to_radians()));
    /// let cgcs2000 = Ellipsoid { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 };
    /// let area_m2 = SurveyFormula::new(cgcs2000).ring_area_m2(&cell);
    /// assert!((area_m2 - 10_566.6165).abs() < 5e-5);
    /// ```
    #[must_use]
    pub fn new(ellipsoid: Ellipsoid) -> Self {
        let f = 1.0 / ellipsoid.inverse_flattening;
        let b = ellipsoid.semi_major_m * (1.0 - f);
        let e2 = f * (2.0 - f);
        let (e4, e6, e8) = (e2 * e2, e2 * e2 * e2, e2 * e2 * e2 * e2);
        let coefficients = [
            1.0 + 3.0 / 6.0 * e2 + 30.0 / 80.0 * e4 + 35.0 / 112.0 * e6 + 630.0 / 2304.0 * e8,
            1.0 / 6.0 * e2 + 15.0 / 80.0 * e4 + 21.0 / 112.0 * e6 + 420.0 / 2304.0 * e8,
            3.0 / 80.0 * e4 + 7.0 / 112.0 * e6 + 180.0 / 2304.0 * e8,
            1.0 / 112.0 * e6 + 45.0 / 2304.0 * e8,
            5.0 / 2304.0 * e8,
        ];
        let signs = [1.0, -1.0, 1.0, -1.0, 1.0];
        let mut terms_m2 = [0.0; 5];
        for (term, (c, s)) in terms_m2.iter_mut().zip(coefficients.iter().zip(signs)) {
            *term = 2.0 * b * b * c * s;
        }
        Self { terms_m2, e2 }
    }

    /// The area of a closed ring of longitudes (x) and latitudes (y) in radians, positive where it turns counter-clockwise, in m².
    #[must_use]
    pub fn ring_area_m2(&self, ring: &[Coord]) -> f64 {
        let Some(meridian) = ring.first().map(|c| c.x) else { return 0.0 };
        ring.windows(2).map(|w| (0.5 * ((w[0].x - meridian) + (w[1].x - meridian))) * self.strip_m2(w[0].y, w[1].y)).sum()
    }

    /// The area of the strip between two latitudes for each radian of longitude, in m².
    fn strip_m2(&self, from: f64, to: f64) -> f64 {
        let (half, middle) = (0.5 * (to - from), 0.5 * (to + from));
        if half == 0.0 {
            return 0.0;
        }
        // sin((k+2)h) and cos((k+2)m) from the two before, k = 1, 3, 5, 7, 9.
        let (mut sine, mut cosine) = (libm::sin(half), libm::cos(middle));
        let (step_sine, step_cosine) = (2.0 - 4.0 * sine * sine, 4.0 * cosine * cosine - 2.0);
        let (mut sine_before, mut cosine_before) = (-sine, cosine);
        let mut sum = 0.0;
        for term in self.terms_m2 {
            sum += term * sine * cosine;
            (sine, sine_before) = (step_sine * sine - sine_before, sine);
            (cosine, cosine_before) = (step_cosine * cosine - cosine_before, cosine);
        }
        sum
    }

    /// What a difference in isometric latitude, its square and its cube add to the area of a strip, m² for each radian of longitude.
    ///
    /// The first is the derivative of the formula by the latitude times that of the latitude; with s = sin φ the next follow from
    /// A' = −2 s A and s' = (1 − s²)(1 − e² s²) / (1 − e²), which are exact on the ellipsoid.
    pub(super) fn isometric_terms_m2(&self, latitude: f64, sine: f64) -> [f64; 3] {
        let cosine = libm::cos(latitude);
        let step = 4.0 * cosine * cosine - 2.0;
        // cos kφ from the two before, k = 1, 3, 5, 7, 9.
        let (mut cos_k, mut before, mut k, mut by_latitude_m2) = (cosine, cosine, 1.0, 0.0);
        for term in self.terms_m2 {
            by_latitude_m2 += 0.5 * term * k * cos_k;
            (cos_k, before) = (step * cos_k - before, cos_k);
            k += 2.0;
        }
        let flat = 1.0 - self.e2 * sine * sine;
        let first = by_latitude_m2 * cosine * flat / (1.0 - self.e2);
        let sine_by_q = (1.0 - sine * sine) * flat / (1.0 - self.e2);
        [first, -sine * first, -(sine_by_q - 2.0 * sine * sine) * first / 3.0]
    }
}

/// The inverse of a transverse Mercator projection by Krüger's series to the sixth order in n (Karney, 2011, "Transverse Mercator with an
/// accuracy of a few nanometers", J. Geodesy 85, eq. 36; conformal to geographic latitude: eq. for δ in the same order).
#[derive(Clone, Copy, Debug)]
pub struct InverseMercator {
    false_easting_m: f64,
    /// Northing of the equator.
    northing_m: f64,
    per_m: f64,
    to_sphere: [f64; 6],
    to_latitude: [f64; 6],
}

impl InverseMercator {
    /// Makes ready the inverse of `projection`.
    #[must_use]
    pub fn new(projection: &TransverseMercator, ellipsoid: Ellipsoid) -> Self {
        let f = 1.0 / ellipsoid.inverse_flattening;
        let n = f / (2.0 - f);
        let p = |coefficients: [f64; 6]| coefficients.iter().rev().fold(0.0, |sum, c| (sum + c) * n);
        let rectifying = ellipsoid.semi_major_m / (1.0 + n) * (1.0 + n.powi(2) / 4.0 + n.powi(4) / 64.0 + n.powi(6) / 256.0);
        let mut inverse = Self {
            false_easting_m: projection.false_easting_m,
            northing_m: projection.false_northing_m,
            per_m: 1.0 / (projection.scale * rectifying),
            to_sphere: [
                p([0.5, -2.0 / 3.0, 37.0 / 96.0, -1.0 / 360.0, -81.0 / 512.0, 96_199.0 / 604_800.0]),
                p([0.0, 1.0 / 48.0, 1.0 / 15.0, -437.0 / 1440.0, 46.0 / 105.0, -1_118_711.0 / 3_870_720.0]),
                p([0.0, 0.0, 17.0 / 480.0, -37.0 / 840.0, -209.0 / 4480.0, 5569.0 / 90_720.0]),
                p([0.0, 0.0, 0.0, 4397.0 / 161_280.0, -11.0 / 504.0, -830_251.0 / 7_257_600.0]),
                p([0.0, 0.0, 0.0, 0.0, 4583.0 / 161_280.0, -108_847.0 / 3_991_680.0]),
                p([0.0, 0.0, 0.0, 0.0, 0.0, 20_648_693.0 / 638_668_800.0]),
            ],
            to_latitude: [
                p([2.0, -2.0 / 3.0, -2.0, 116.0 / 45.0, 26.0 / 45.0, -2854.0 / 675.0]),
                p([0.0, 7.0 / 3.0, -8.0 / 5.0, -227.0 / 45.0, 2704.0 / 315.0, 2323.0 / 945.0]),
                p([0.0, 0.0, 56.0 / 15.0, -136.0 / 35.0, -1262.0 / 105.0, 73_814.0 / 2835.0]),
                p([0.0, 0.0, 0.0, 4279.0 / 630.0, -332.0 / 35.0, -399_572.0 / 14_175.0]),
                p([0.0, 0.0, 0.0, 0.0, 4174.0 / 315.0, -144_838.0 / 6237.0]),
                p([0.0, 0.0, 0.0, 0.0, 0.0, 601_676.0 / 22_275.0]),
            ],
        };
        // With a latitude of origin the northing of the equator is where the meridian arc to that latitude ends.
        if projection.latitude_of_origin_deg != 0.0 {
            inverse.northing_m -= meridian_arc_m(projection, n, rectifying);
        }
        inverse
    }

    /// Longitude from the central meridian (x) and latitude (y) in radians.
    #[must_use]
    pub fn geographic(&self, position: Coord) -> Coord {
        let xi = (position.y - self.northing_m) * self.per_m;
        let eta = (position.x - self.false_easting_m) * self.per_m;
        let (sin2, cos2) = libm::sincos(2.0 * xi);
        let (sinh2, cosh2) = sinh_cosh(2.0 * eta);
        // Clenshaw's recurrence for Σ βⱼ sin 2j(ξ + iη).
        let (re, im) = (2.0 * cos2 * cosh2, -2.0 * sin2 * sinh2);
        let (mut y0, mut y1) = ((0.0, 0.0), (0.0, 0.0));
        for c in self.to_sphere.iter().rev() {
            (y0, y1) = ((re * y0.0 - im * y0.1 - y1.0 + c, re * y0.1 + im * y0.0 - y1.1), y0);
        }
        let (s_re, s_im) = (sin2 * cosh2, cos2 * sinh2);
        let xi = xi - (s_re * y0.0 - s_im * y0.1);
        let eta = eta - (s_re * y0.1 + s_im * y0.0);
        let (sinh, cosh) = sinh_cosh(eta);
        let (sin, cos) = libm::sincos(xi);
        // The conformal latitude χ has sin χ = sin ξ / cosh η.
        let sine = sin / cosh;
        let conformal = libm::asin(sine);
        let double = (2.0 * sine * (1.0 - sine * sine).sqrt(), 1.0 - 2.0 * sine * sine);
        Coord::new(libm::atan2(sinh, cos), conformal + sine_series(&self.to_latitude, double))
    }

    /// The derivatives of isometric latitude + i longitude by northing + i easting at `position`, a metre.
    ///
    /// On the sphere of the conformal latitude sin ζ = tanh(q + iλ), whose inverse has the derivatives sec ζ, sec ζ tan ζ, sec ζ (1 + 2 tan² ζ).
    pub(super) fn isometric_derivatives(&self, position: Coord) -> Derivatives {
        let xi = (position.y - self.northing_m) * self.per_m;
        let eta = (position.x - self.false_easting_m) * self.per_m;
        let (one, step) = (Complex { re: 1.0, im: 0.0 }, complex_sin_cos(2.0 * xi, 2.0 * eta));
        let (mut sin, mut cos) = step;
        let mut zeta = Complex { re: xi, im: eta };
        let mut by_z = [one, Complex { re: 0.0, im: 0.0 }, Complex { re: 0.0, im: 0.0 }];
        let mut double = 2.0;
        for c in self.to_sphere {
            zeta = zeta.plus(sin.scaled(-c));
            by_z[0] = by_z[0].plus(cos.scaled(-c * double));
            by_z[1] = by_z[1].plus(sin.scaled(c * double * double));
            by_z[2] = by_z[2].plus(cos.scaled(c * double * double * double));
            (sin, cos) = (sin.times(step.1).plus(cos.times(step.0)), cos.times(step.1).plus(sin.times(step.0).scaled(-1.0)));
            double += 2.0;
        }
        let (sin, cos) = complex_sin_cos(zeta.re, zeta.im);
        let sec = cos.inverted();
        let tan = sin.times(sec);
        let outer = Derivatives([sec, sec.times(tan), sec.times(one.plus(tan.times(tan).scaled(2.0)))]);
        let m = self.per_m;
        let inner = Derivatives([by_z[0].scaled(m), by_z[1].scaled(m * m), by_z[2].scaled(m * m * m)]);
        outer.of(&inner)
    }
}

/// Sine and cosine of x + iy.
fn complex_sin_cos(x: f64, y: f64) -> (Complex, Complex) {
    let ((sin, cos), (sinh, cosh)) = (libm::sincos(x), sinh_cosh(y));
    (Complex { re: sin * cosh, im: cos * sinh }, Complex { re: cos * cosh, im: -sin * sinh })
}

/// Hyperbolic sine and cosine. Within an eighth of a radian of the meridian, where every zone ends, five terms of the series give it to the last bit.
fn sinh_cosh(x: f64) -> (f64, f64) {
    let sinh = if x.abs() < 0.125 {
        let x2 = x * x;
        x * (1.0 + x2 / 6.0 * (1.0 + x2 / 20.0 * (1.0 + x2 / 42.0 * (1.0 + x2 / 72.0))))
    } else {
        libm::sinh(x)
    };
    (sinh, (1.0 + sinh * sinh).sqrt())
}

/// Σ cⱼ sin 2jx by Clenshaw's recurrence, from sin 2x and cos 2x.
fn sine_series(coefficients: &[f64; 6], (sin2, cos2): (f64, f64)) -> f64 {
    let (mut y0, mut y1) = (0.0, 0.0);
    for c in coefficients.iter().rev() {
        (y0, y1) = (2.0 * cos2 * y0 - y1 + c, y0);
    }
    sin2 * y0
}

/// The projected length of the meridian from the equator to the latitude of origin.
fn meridian_arc_m(projection: &TransverseMercator, n: f64, rectifying_m: f64) -> f64 {
    let latitude = projection.latitude_of_origin_deg.to_radians();
    // Rectifying latitude to the sixth order in n: μ = φ + Σ cⱼ sin 2jφ.
    let p = |coefficients: [f64; 6]| coefficients.iter().rev().fold(0.0, |sum, c| (sum + c) * n);
    let series = [
        p([-1.5, 0.0, 9.0 / 16.0, 0.0, -3.0 / 32.0, 0.0]),
        p([0.0, 15.0 / 16.0, 0.0, -15.0 / 32.0, 0.0, 135.0 / 2048.0]),
        p([0.0, 0.0, -35.0 / 48.0, 0.0, 105.0 / 256.0, 0.0]),
        p([0.0, 0.0, 0.0, 315.0 / 512.0, 0.0, -189.0 / 512.0]),
        p([0.0, 0.0, 0.0, 0.0, -693.0 / 1280.0, 0.0]),
        p([0.0, 0.0, 0.0, 0.0, 0.0, 1001.0 / 2048.0]),
    ];
    projection.scale * rectifying_m * (latitude + sine_series(&series, libm::sincos(2.0 * latitude)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GeometryBuilder;

    const CGCS2000: Ellipsoid = Ellipsoid { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 };

    fn degrees(corners: &[(f64, f64)]) -> Vec<Coord> {
        corners.iter().map(|(l, b)| Coord::new(l.to_radians(), b.to_radians())).collect()
    }

    #[test]
    fn golden_cells_of_the_survey_formula() {
        let formula = SurveyFormula::new(CGCS2000);
        let big = degrees(&[(120.0, 31.0), (121.0, 31.0), (121.0, 32.0), (120.0, 32.0), (120.0, 31.0)]);
        assert!((formula.ring_area_m2(&big) - 10_533_542_701.6).abs() < 0.05);
        let small = degrees(&[(121.0, 31.2), (121.001, 31.2), (121.001, 31.201), (121.0, 31.201), (121.0, 31.2)]);
        assert!((formula.ring_area_m2(&small) - 10_566.616_5).abs() < 5e-5);
    }

    #[test]
    fn planar_area_keeps_its_digits_far_from_the_origin() {
        let mut builder = GeometryBuilder::default();
        let at = |x: f64, y: f64| Coord::new(40_500_000.0 + x, 3_450_000.0 + y);
        builder.push_polygon(&[
            vec![at(0.0, 0.0), at(40.0, 0.0), at(40.0, 50.0), at(0.0, 50.0)],
            vec![at(10.0, 10.0), at(10.0, 20.0), at(20.0, 20.0), at(20.0, 10.0)],
        ]);
        assert_eq!(planar_area_m2(builder.finish().shape(0)), 1900.0);
    }
}

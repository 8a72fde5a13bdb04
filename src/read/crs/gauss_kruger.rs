//! The Gauss-Krüger systems of China: which code a datum, a width of zones and a zone have, and what a coordinate says of its zone.
//!
//! A zone number may stand before the easting (39,500,000 instead of 500,000 on the central meridian); each has its own code.

/// A geodetic datum of these systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datum {
    /// China Geodetic Coordinate System 2000.
    Cgcs2000,
    /// Xian 1980.
    Xian1980,
    /// Beijing 1954.
    Beijing1954,
}

/// One system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaussKruger {
    /// The datum.
    pub datum: Datum,
    /// The width of a zone in degrees: 3 or 6.
    pub width_deg: u32,
    /// The zone: 25 to 45 of 3 degrees, 13 to 23 of 6 degrees.
    pub zone: u32,
    /// Whether the zone number stands before the easting.
    pub has_prefix: bool,
}

impl Datum {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cgcs2000, Self::Xian1980, Self::Beijing1954];

    /// The datum that a name in Chinese or English means.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|w| name.contains(w));
        if has(&["2000"]) {
            Some(Self::Cgcs2000)
        } else if has(&["1980", "80", "西安", "Xian"]) {
            Some(Self::Xian1980)
        } else if has(&["1954", "54", "北京", "Beijing"]) {
            Some(Self::Beijing1954)
        } else {
            None
        }
    }

    /// What the datum is called in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cgcs2000 => "CGCS2000",
            Self::Xian1980 => "Xian 1980",
            Self::Beijing1954 => "Beijing 1954",
        }
    }

    /// The semi-major axis of its ellipsoid in metres.
    #[must_use]
    pub const fn semi_major_m(self) -> f64 {
        match self {
            Self::Cgcs2000 => 6_378_137.0,
            Self::Xian1980 => 6_378_140.0,
            Self::Beijing1954 => 6_378_245.0,
        }
    }

    /// Codes of the first zone: 3 degrees with and without prefix, 6 degrees with and without.
    const fn first_codes(self) -> [u32; 4] {
        match self {
            Self::Cgcs2000 => [4513, 4534, 4491, 4502],
            Self::Xian1980 => [2349, 2370, 2327, 2338],
            Self::Beijing1954 => [2401, 2422, 21413, 21453],
        }
    }
}

impl GaussKruger {
    /// The system in the zone whose central meridian is `meridian_deg`; none where no zone of that width has it.
    #[must_use]
    pub fn of_meridian(datum: Datum, width_deg: u32, meridian_deg: f64, has_prefix: bool) -> Option<Self> {
        let first = if width_deg == 6 { 3.0 } else { 0.0 };
        let zone = (meridian_deg + first) / f64::from(width_deg);
        if zone.fract() != 0.0 || !(1.0..=60.0).contains(&zone) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 1 to 60")]
        let system = Self { datum, width_deg, zone: zone as u32, has_prefix };
        system.first_zone().map(|_| system)
    }

    fn first_zone(self) -> Option<u32> {
        match (self.width_deg, self.zone) {
            (3, 25..=45) => Some(25),
            (6, 13..=23) => Some(13),
            _ => None,
        }
    }

    /// Its EPSG code; none where the zone is not one of China.
    ///
    /// ```
    /// use mujun::read::crs::{Datum, GaussKruger};
    /// let system = GaussKruger { datum: Datum::Cgcs2000, width_deg: 3, zone: 40, has_prefix: true };
    /// assert_eq!(system.epsg(), Some(4528));
    /// ```
    #[must_use]
    pub fn epsg(self) -> Option<u32> {
        let [with_3, without_3, with_6, without_6] = self.datum.first_codes();
        let first = match (self.width_deg, self.has_prefix) {
            (3, true) => with_3,
            (3, false) => without_3,
            (_, true) => with_6,
            (_, false) => without_6,
        };
        self.first_zone().map(|zone| first + self.zone - zone)
    }

    /// Its central meridian in degrees.
    #[must_use]
    pub fn meridian_deg(self) -> f64 {
        f64::from(self.width_deg * self.zone) - if self.width_deg == 6 { 3.0 } else { 0.0 }
    }

    /// Its false easting in metres.
    #[must_use]
    pub fn false_easting_m(self) -> f64 {
        500_000.0 + if self.has_prefix { f64::from(self.zone) * 1e6 } else { 0.0 }
    }
}

/// The zone number that an easting in metres carries: 25 to 45 for zones of 3 degrees, 13 to 23 for zones of 6.
#[must_use]
pub fn zone_prefix(easting_m: f64) -> Option<u32> {
    let zone = (easting_m / 1e6).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 13 to 45")]
    ((25.0..=45.0).contains(&zone) || (13.0..=23.0).contains(&zone)).then_some(zone as u32)
}

/// The width in degrees of the zones that a zone number belongs to: the numbers of China do not overlap.
#[must_use]
pub const fn width_of(zone: u32) -> u32 {
    if zone >= 25 { 3 } else { 6 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::spatial_ref::SpatialRef;

    #[test]
    fn every_code_has_the_parameters_of_its_zone() {
        let zones = (25..=45).map(|z| (3, z)).chain((13..=23).map(|z| (6, z)));
        for (datum, (width_deg, zone)) in zones.flat_map(|z| Datum::ALL.map(|d| (d, z))) {
            for has_prefix in [true, false] {
                let system = GaussKruger { datum, width_deg, zone, has_prefix };
                let srs = SpatialRef::from_epsg(system.epsg().unwrap()).unwrap();
                let parameter = |name| srs.get_proj_param(name).unwrap().unwrap();
                assert_eq!(parameter("central_meridian"), system.meridian_deg(), "{system:?}");
                assert_eq!(parameter("false_easting"), system.false_easting_m(), "{system:?}");
                assert_eq!(srs.semi_major().unwrap(), datum.semi_major_m(), "{system:?}");
                assert_eq!(GaussKruger::of_meridian(datum, width_deg, system.meridian_deg(), has_prefix), Some(system));
            }
        }
        assert_eq!(GaussKruger::of_meridian(Datum::Cgcs2000, 3, 121.5, false), None);
        assert_eq!(GaussKruger::of_meridian(Datum::Cgcs2000, 6, 120.0, false), None);
    }

    #[test]
    fn eastings_say_their_zone() {
        for (easting, zone) in [(40_512_345.6, Some(40)), (25_000_000.0, Some(25)), (20_500_000.0, Some(20)), (500_000.0, None)] {
            assert_eq!(zone_prefix(easting), zone, "{easting}");
        }
        for easting in [24_500_000.0, 46_000_000.0, 12_999_999.0, -1.0, f64::NAN] {
            assert_eq!(zone_prefix(easting), None, "{easting}");
        }
    }

    #[test]
    fn datums_are_known_by_their_names() {
        for (name, datum) in [
            ("2000国家大地坐标系", Datum::Cgcs2000),
            ("1980西安坐标系", Datum::Xian1980),
            ("80国家大地坐标系", Datum::Xian1980),
            ("北京54", Datum::Beijing1954),
        ] {
            assert_eq!(Datum::named(name), Some(datum));
        }
        assert_eq!(Datum::named("地方坐标系"), None);
    }
}

//! What a coordinate reference system is by its parameters, whatever it calls itself.

use gdal::spatial_ref::SpatialRef;

use super::{Datum, GaussKruger, median_deg, transverse_mercator};
use crate::model::{Coord, TransverseMercator};
use crate::read::survey::ShapeSurvey;
use crate::say;

/// A CRS as a file carries it.
#[derive(Clone, Debug, PartialEq)]
pub struct CrsSurvey {
    /// Its name.
    pub name: String,
    /// Its definition as PROJJSON.
    pub definition: String,
    /// The code that the file states, `EPSG:4528`.
    pub authority: Option<String>,
    /// Whether its ordinates are degrees.
    pub is_geographic: bool,
    /// Whether its ordinates are lengths in a plane.
    pub is_projected: bool,
    /// Metres in a unit of its lengths.
    pub unit_m: f64,
    /// Whether it is Web Mercator.
    pub is_web_mercator: bool,
    /// Its parameters where it is a transverse Mercator.
    pub transverse_mercator: Option<TransverseMercator>,
    /// The system of China that it is by its parameters.
    pub gauss_kruger: Option<GaussKruger>,
    /// How its parameters differ from what its name says.
    pub misnamed: Vec<String>,
    /// Where it may be used: west, south, east, north in degrees.
    pub area_of_use_deg: Option<[f64; 4]>,
    /// Longitude and latitude of the middle of the rows that were looked at.
    pub centre_deg: Option<Coord>,
}

/// The CRS of a definition, with the places that are in it.
#[must_use]
pub fn survey_definition(definition: &str, shapes: Option<&ShapeSurvey>) -> Option<CrsSurvey> {
    survey(&SpatialRef::from_definition(definition).ok()?, shapes)
}

/// The CRS of the text of a `.prj` file.
#[must_use]
pub fn survey_prj(text: &str) -> Option<CrsSurvey> {
    let srs = SpatialRef::from_wkt(text.trim()).or_else(|_| SpatialRef::from_definition(text.trim())).ok()?;
    survey(&srs, None)
}

/// The CRS that GDAL found.
#[must_use]
pub fn survey(srs: &SpatialRef, shapes: Option<&ShapeSurvey>) -> Option<CrsSurvey> {
    let definition = srs.to_projjson().ok()?;
    let proj4 = srs.to_proj4().unwrap_or_default();
    let name = srs.name().unwrap_or_default();
    let is_transverse = proj4.contains("+proj=tmerc") || proj4.contains("+proj=utm") || is_gauss_kruger(srs);
    let parameters = if is_transverse { transverse_mercator(srs) } else { None };
    let area = srs.area_of_use().map(|a| [a.west_lon_degree, a.south_lat_degree, a.east_lon_degree, a.north_lat_degree]);
    let centres = shapes.map(|s| s.centres.clone()).unwrap_or_default();
    Some(CrsSurvey {
        authority: srs.authority().ok().filter(|a| a.contains(':')),
        is_geographic: srs.is_geographic(),
        is_projected: srs.is_projected(),
        unit_m: if srs.is_projected() { srs.linear_units() } else { 1.0 },
        is_web_mercator: definition.contains("Pseudo-Mercator") || definition.contains("Web_Mercator") || proj4.contains("+nadgrids=@null"),
        gauss_kruger: parameters.and_then(|p| by_parameters(srs, &name, p)),
        misnamed: parameters.map(|p| differences(&name, p)).unwrap_or_default(),
        transverse_mercator: parameters,
        area_of_use_deg: area.filter(|a| a.iter().all(|v| v.abs() <= 360.0)),
        centre_deg: median_deg([(definition.as_str(), centres)].into()).filter(|c| c.x.is_finite() && c.y.is_finite()),
        name,
        definition,
    })
}

fn is_gauss_kruger(srs: &SpatialRef) -> bool {
    srs.get_attr_value("PROJECTION", 0).ok().flatten().is_some_and(|m| m.contains("Gauss_Kruger") || m.contains("Transverse_Mercator"))
}

/// The system of China with these parameters; none where one of them is local.
fn by_parameters(srs: &SpatialRef, name: &str, p: TransverseMercator) -> Option<GaussKruger> {
    let geographic = srs.geog_cs().ok()?.name()?.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|w| geographic.contains(w));
    let datum = match () {
        () if is(&["china geodetic", "china_geodetic", "china_2000", "cgcs2000"]) => Datum::Cgcs2000,
        () if is(&["xian"]) => Datum::Xian1980,
        () if is(&["beijing"]) => Datum::Beijing1954,
        () => return None,
    };
    let is_plain = same(p.scale, 1.0) && same(p.latitude_of_origin_deg, 0.0) && same(p.false_northing_m, 0.0);
    if !is_plain || !same(srs.semi_major().ok()?, datum.semi_major_m()) {
        return None;
    }
    let says_6 = name.contains("6_Degree") || name.contains("6-degree") || (!name.contains('3') && name.contains("Gauss-Kruger"));
    let widths = if says_6 { [6, 3] } else { [3, 6] };
    let systems = widths.into_iter().flat_map(|width| [false, true].map(|prefix| (width, prefix)));
    let system = |(width, prefix)| GaussKruger::of_meridian(datum, width, p.central_meridian_deg, prefix);
    systems.filter_map(system).find(|s| same(s.false_easting_m(), p.false_easting_m))
}

/// Parameters that are not what the name says: `CM_120E`, `Zone_37`, `UTM Zone 50`.
fn differences(name: &str, p: TransverseMercator) -> Vec<String> {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric() && c != '.').map(str::to_lowercase).collect();
    let number_after = |word: &str| {
        let behind = words.iter().position(|w| w == word).and_then(|i| words.get(i + 1));
        behind.and_then(|w| w.trim_end_matches(char::is_alphabetic).parse::<f64>().ok())
    };
    let is_utm = words.iter().any(|w| w == "utm");
    let is_south = words.iter().any(|w| w == "southern") || words.last().is_some_and(|w| w.ends_with('s') && w.len() < 4 && is_utm);
    let is_chinese = ["cgcs2000", "xian", "beijing"].iter().any(|w| words.iter().any(|own| own == w));
    let (meridian, easting) = match (number_after("zone"), number_after("cm")) {
        (Some(zone), _) if is_utm => (6.0 * zone - 183.0, 500_000.0),
        (Some(zone), _) if is_chinese && zone >= 25.0 => (3.0 * zone, zone * 1e6 + 500_000.0),
        (Some(zone), _) if is_chinese => (6.0 * zone - 3.0, zone * 1e6 + 500_000.0),
        (None, Some(meridian)) if is_chinese => (meridian, 500_000.0),
        _ => return Vec::new(),
    };
    let wanted = [
        (say!("central meridian"), meridian, p.central_meridian_deg),
        (say!("false easting"), easting, p.false_easting_m),
        (say!("false northing"), if is_south { 1e7 } else { 0.0 }, p.false_northing_m),
        (say!("latitude of origin"), 0.0, p.latitude_of_origin_deg),
        (say!("scale"), if is_utm { 0.9996 } else { 1.0 }, p.scale),
    ];
    let differs = wanted.into_iter().filter(|(_, named, own)| !same(*named, *own));
    differs.map(|(what, named, own)| say!("{what} {own}, by its name {named}", what, own, named)).collect()
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_count_and_names_do_not() {
        let codes = |code: u32| survey(&SpatialRef::from_epsg(code).unwrap(), None).unwrap();
        for code in [4528, 4549, 4498, 2364, 2342, 2416] {
            let own = codes(code);
            assert_eq!(own.gauss_kruger.and_then(GaussKruger::epsg), Some(code), "{}", own.name);
            assert!(own.misnamed.is_empty(), "{code}: {:?}", own.misnamed);
        }
        for code in [32650, 32750, 3826, 3857, 4326, 4490, 32628] {
            let own = codes(code);
            assert_eq!((own.gauss_kruger, own.misnamed.len()), (None, 0), "{code}: {:?}", own.misnamed);
        }
        assert!(codes(3857).is_web_mercator && !codes(3395).is_web_mercator);
        let local =
            SpatialRef::from_epsg(4549).unwrap().to_wkt().unwrap().replace("\"central_meridian\",120", "\"central_meridian\",121.5");
        let local = survey_prj(&local).unwrap();
        assert_eq!(local.gauss_kruger, None);
        assert_eq!(local.misnamed, ["central meridian 121.5, by its name 120"]);
    }
}

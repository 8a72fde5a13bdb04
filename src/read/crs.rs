//! Coordinate reference systems: which one a layer has, which one areas are computed in, and the way between them.
//!
//! Refused: a compute CRS that is not projected, not in metres, or Web Mercator, in which areas are 1/cos² φ too large. Nothing is guessed: a layer without a CRS needs one from the job.
//!
//! **Invariant:** coordinates are (easting, northing) or (longitude, latitude), whatever axis order an authority lists.

mod gauss_kruger;
mod survey;

use std::cell::RefCell;
use std::collections::BTreeMap;

use gdal::spatial_ref::SpatialRef;
use proj::Proj;
use rayon::prelude::*;

use super::error::{ReadError, one_line};
use crate::model::{Coord, Crs, Ellipsoid, GeometryColumn, TransverseMercator};
use crate::say;

pub use gauss_kruger::{Datum, GaussKruger, width_of, zone_prefix};
pub use survey::{CrsSurvey, survey, survey_definition, survey_prj};

impl proj::Coord<f64> for Coord {
    fn x(&self) -> f64 {
        self.x
    }
    fn y(&self) -> f64 {
        self.y
    }
    fn from_xy(x: f64, y: f64) -> Self {
        Self::new(x, y)
    }
}

/// Where a CRS was named, for messages.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The file concerned.
    pub file: &'a str,
    /// The key of the job file.
    pub key: &'a str,
}

/// A definition (`EPSG:4528`, WKT, PROJ string, PROJJSON) understood.
///
/// # Errors
/// GDAL does not know it.
pub fn parse(definition: &str, place: Place<'_>) -> Result<SpatialRef, ReadError> {
    // A job names the same few for all its layers, and PROJ takes milliseconds for each.
    thread_local! { static KNOWN: RefCell<BTreeMap<String, SpatialRef>> = const { RefCell::new(BTreeMap::new()) } }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(definition).cloned()) {
        return Ok(known);
    }
    super::quiet::be_quiet();
    let parsed =
        SpatialRef::from_definition(definition).map_err(|_| unusable(definition, place, &say!("it is not a known code or definition")))?;
    KNOWN.with_borrow_mut(|known| known.insert(definition.to_owned(), parsed.clone()));
    Ok(parsed)
}

/// Whether two definitions mean the same CRS, axis order aside.
#[must_use]
pub fn same(a: &SpatialRef, b: &SpatialRef) -> bool {
    let code = |s: &SpatialRef| s.authority().ok();
    a == b || code(a).is_some_and(|own| code(b).as_ref() == Some(&own))
}

/// The names of the geographic CRSs of the two, where they are not on one datum.
#[must_use]
pub fn datum_shift(from: &SpatialRef, to: &SpatialRef) -> Option<(String, String)> {
    let (from, to) = (from.geog_cs().ok()?, to.geog_cs().ok()?);
    let (own, other) = (from.name()?, to.name()?);
    (own != other && !same(&from, &to)).then_some((own, other))
}

/// The compute CRS. `auto` is the CGCS2000 3-degree zone (without zone prefix in the northing, with it in the easting) of `centre`, in degrees.
///
/// # Errors
/// A definition that is not known or not fit for areas; `auto` outside China.
pub fn compute_crs(definition: &str, centre: impl Fn() -> Option<Coord>, place: Place<'_>) -> Result<Crs, ReadError> {
    if definition != "auto" {
        return checked(definition, place);
    }
    let zone = centre().map(|c| (c.x / 3.0).round());
    match zone {
        Some(zone) if (25.0..=45.0).contains(&zone) => checked(&format!("EPSG:{}", 4513.0 + (zone - 25.0)), place),
        _ => {
            let detail = say!("the data lie outside the CGCS2000 3-degree zones 25 to 45; name a projected CRS in metres");
            Err(unusable("auto", place, &detail))
        }
    }
}

fn checked(definition: &str, place: Place<'_>) -> Result<Crs, ReadError> {
    let srs = parse(definition, place)?;
    let wkt = srs.to_wkt().map_err(|e| unusable(definition, place, &e.to_string()))?;
    let refuse = |why: String| Err(unusable(definition, place, &why));
    if !srs.is_projected() {
        return refuse(say!("it is not projected: areas cannot be taken in degrees"));
    }
    if (srs.linear_units() - 1.0).abs() > 1e-12 {
        return refuse(say!("its unit is not the metre"));
    }
    let method = srs.get_attr_value("PROJECTION", 0).ok().flatten().unwrap_or_default();
    let proj4 = srs.to_proj4().unwrap_or_default();
    if wkt.contains("Pseudo-Mercator")
        || proj4.contains("+nadgrids=@null")
        || method.contains("Mercator_1SP") && proj4.contains("+proj=merc")
    {
        return refuse(say!("areas in it are far too large away from the equator; name a transverse mercator or equal-area CRS"));
    }
    let epsg = srs.auth_name().filter(|n| n == "EPSG").and_then(|_| srs.auth_code().ok()).and_then(|c| u32::try_from(c).ok());
    Ok(Crs {
        name: epsg.map_or_else(|| definition.to_owned(), |code| format!("EPSG:{code}")),
        epsg,
        projjson: srs.to_projjson().map_err(|e| unusable(definition, place, &e.to_string()))?,
        geographic: srs.geog_cs().and_then(|g| g.to_projjson()).map_err(|e| unusable(definition, place, &e.to_string()))?,
        ellipsoid: ellipsoid(&srs).ok_or_else(|| unusable(definition, place, &say!("it has no ellipsoid")))?,
        transverse_mercator: (method == "Transverse_Mercator").then(|| transverse_mercator(&srs)).flatten(),
        wkt,
    })
}

fn ellipsoid(srs: &SpatialRef) -> Option<Ellipsoid> {
    // SAFETY: the handle is alive while `srs` is; the error code is optional.
    #[expect(unsafe_code, reason = "the flattening has no safe form")]
    let inverse_flattening = unsafe { gdal_sys::OSRGetInvFlattening(srs.to_c_hsrs(), std::ptr::null_mut()) };
    Some(Ellipsoid { semi_major_m: srs.semi_major().ok()?, inverse_flattening }).filter(|e| e.inverse_flattening > 1.0)
}

fn transverse_mercator(srs: &SpatialRef) -> Option<TransverseMercator> {
    let parameter = |name: &str| srs.get_proj_param(name).ok().flatten();
    Some(TransverseMercator {
        central_meridian_deg: parameter("central_meridian")?,
        latitude_of_origin_deg: parameter("latitude_of_origin").unwrap_or(0.0),
        scale: parameter("scale_factor").unwrap_or(1.0),
        false_easting_m: parameter("false_easting").unwrap_or(0.0),
        false_northing_m: parameter("false_northing").unwrap_or(0.0),
    })
}

/// Whether there is a way from one CRS to another. It is asked before PROJ's own interface is, which stops the program where PROJ gives no reason.
///
/// # Errors
/// Why there is none.
pub fn has_way(from: &str, to: &str) -> Result<(), String> {
    let [from, to] = [SpatialRef::from_definition(from), SpatialRef::from_definition(to)];
    let said = |e: gdal::errors::GdalError| one_line(&e.to_string());
    let (from, to) = (from.map_err(said)?, to.map_err(said)?);
    if from.is_local() || to.is_local() {
        return Err(say!("it is a local system, which has no place on the Earth"));
    }
    gdal::spatial_ref::CoordTransform::new(&from, &to).map(drop).map_err(said)
}

/// Projects a column, where there [is a way](has_way); where a coordinate has no place in the target, the column stays as it is.
///
/// # Errors
/// There is no way between the two, or a coordinate has no place in the target. The caller may then try feature by feature.
pub fn project(geometry: &mut GeometryColumn, from: &str, to: &str) -> Result<(), String> {
    // One transformation a block: PROJ contexts are not shared between threads.
    geometry.transform(|coords| Projector::new(from, to)?.project(coords))
}

/// For every feature, why it has no place in the target; none where it has one.
#[must_use]
pub fn unplaced(geometry: &GeometryColumn, from: &str, to: &str) -> Vec<Option<String>> {
    /// Features that share a transformation at least: making one takes about as long as projecting thousands of coordinates.
    const SHARED: usize = 1024;
    let place = |(projector, coords): &mut (Result<Projector, String>, Vec<Coord>), row: usize| {
        let projector = projector.as_ref().map_err(String::clone)?;
        coords.clear();
        coords.extend_from_slice(geometry.shape(row).coords());
        projector.project(coords)
    };
    let rows = (0..geometry.len()).into_par_iter().with_min_len(SHARED);
    rows.map_init(|| (Projector::new(from, to), Vec::new()), |state, row| place(state, row).err()).collect()
}

/// A way from one CRS to another, for one thread.
struct Projector(Proj);

impl Projector {
    fn new(from: &str, to: &str) -> Result<Self, String> {
        Proj::new_known_crs(from, to, None).map(Self).map_err(|e| one_line(&e.to_string()))
    }

    fn project(&self, coords: &mut [Coord]) -> Result<(), String> {
        self.0.convert_array(coords).map_err(|e| one_line(&e.to_string()))?;
        match coords.iter().all(|c| c.x.is_finite() && c.y.is_finite()) {
            true => Ok(()),
            false => Err(say!("a coordinate has no place in the target")),
        }
    }
}

/// The column in degrees of longitude and latitude on the datum of `crs`; `origin` is what its coordinates are seen from.
///
/// # Errors
/// A coordinate has no place on the ellipsoid.
pub fn to_geographic(geometry: &GeometryColumn, origin: Coord, crs: &Crs) -> Result<GeometryColumn, ReadError> {
    let mut degrees = geometry.clone();
    degrees.move_origin(Coord::new(-origin.x, -origin.y));
    let unusable = |detail: String| unusable(&crs.name, Place { file: "", key: "crs.compute" }, &detail);
    project(&mut degrees, &crs.projjson, &crs.geographic).map_err(unusable)?;
    Ok(degrees)
}

/// The median of `centres` (of each ordinate by itself), given by CRS, in degrees: a few features astray do not move it.
#[must_use]
pub fn median_deg(mut centres: BTreeMap<&str, Vec<Coord>>) -> Option<Coord> {
    let degrees = |crs: &str| has_way(crs, "EPSG:4490").ok().and_then(|()| Proj::new_known_crs(crs, "EPSG:4490", None).ok());
    if let (1, Some((crs, own))) = (centres.len(), centres.iter_mut().next()) {
        return degrees(crs)?.convert(median(own)?).ok();
    }
    let mut all = Vec::new();
    for (crs, own) in centres {
        let proj = degrees(crs)?;
        all.extend(own.into_iter().filter_map(|c| proj.convert(c).ok()).filter(|c| c.x.is_finite() && c.y.is_finite()));
    }
    median(&mut all)
}

fn median(coords: &mut [Coord]) -> Option<Coord> {
    let middle = coords.len() / 2;
    let mut ordinate = |of: fn(&Coord) -> f64| {
        let place = coords.get(middle).is_some();
        place.then(|| of(coords.select_nth_unstable_by(middle, |a, b| of(a).total_cmp(&of(b))).1))
    };
    Some(Coord::new(ordinate(|c| c.x)?, ordinate(|c| c.y)?))
}

fn unusable(crs: &str, place: Place<'_>, detail: &str) -> ReadError {
    ReadError::CrsUnknown { file: place.file.into(), key: place.key.into(), crs: crs.into(), detail: one_line(detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_astray_does_not_move_the_median() {
        let near = [(119.9, 31.0), (120.1, 31.2), (120.2, 31.4), (0.0, 0.0), (120.3, 31.3)].map(|(x, y)| Coord::new(x, y));
        let middle = median_deg([("EPSG:4490", near.to_vec())].into()).unwrap();
        assert!((middle.x - 120.1).abs() < 1e-9 && (middle.y - 31.2).abs() < 1e-9, "{middle:?}");
        let metres = Coord::new(40_500_000.0, 3_400_000.0);
        let middle = median_deg([("EPSG:4490", near.to_vec()), ("EPSG:4528", vec![metres; 9])].into()).unwrap();
        assert!((middle.x - 120.0).abs() < 1e-9, "{middle:?}");
        assert_eq!(median_deg(BTreeMap::new()), None);
    }

    #[test]
    fn another_datum_is_named() {
        let shift = |from: &str, to: &str| {
            let parse = |definition| parse(definition, Place { file: "", key: "" }).unwrap();
            datum_shift(&parse(from), &parse(to))
        };
        assert_eq!(shift("EPSG:4326", "EPSG:4528"), Some(("WGS 84".into(), "China Geodetic Coordinate System 2000".into())));
        assert_eq!(shift("EPSG:4490", "EPSG:4528"), None);
        assert_eq!(shift("OGC:CRS84", "EPSG:32651"), None);
        assert!(shift("EPSG:4269", "EPSG:32615").is_some());
    }
}

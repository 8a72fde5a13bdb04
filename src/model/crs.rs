//! Coordinate reference systems as the stages need them: what they are called, how they are written to files, and whether areas can be taken in them.

/// A projected CRS in metres that areas are computed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Crs {
    /// `EPSG:4528`, or the definition as given where it has no code.
    pub name: String,
    /// The EPSG code, where it has one.
    pub epsg: Option<u32>,
    /// WKT 2, for PROJ and GDAL.
    pub wkt: String,
    /// PROJJSON, for GeoParquet.
    pub projjson: String,
    /// Its geographic CRS (longitude, latitude), as PROJJSON.
    pub geographic: String,
    /// The ellipsoid.
    pub ellipsoid: Ellipsoid,
    /// The parameters where the CRS is a transverse Mercator, for the fast inverse.
    pub transverse_mercator: Option<TransverseMercator>,
}

/// An ellipsoid of revolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipsoid {
    /// Semi-major axis in metres.
    pub semi_major_m: f64,
    /// Inverse flattening.
    pub inverse_flattening: f64,
}

/// A transverse Mercator projection; angles in degrees, lengths in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransverseMercator {
    /// Longitude of the central meridian in degrees.
    pub central_meridian_deg: f64,
    /// Latitude of origin in degrees.
    pub latitude_of_origin_deg: f64,
    /// Scale on the central meridian.
    pub scale: f64,
    /// False easting in metres.
    pub false_easting_m: f64,
    /// False northing in metres.
    pub false_northing_m: f64,
}

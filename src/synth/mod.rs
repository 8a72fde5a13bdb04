//! A synthetic city of any size: parcels, buildings, zones, redevelopment projects, enterprises and the job that runs it.
//!
//! It stands in for the confidential layers of an office in demonstrations, tests and benchmarks. The city has what makes
//! the real ones hard: parcels that share every vertex of their common boundaries, holes, several parts, slivers beside
//! projects, buildings across lines, on each other and in the street, zone boundaries with very many vertices, registers
//! with gaps. It has no defects: every polygon is valid and every key unique.
//!
//! The city is built block by block (about 24 parcels). Each block is a function of the seed and its index, so blocks are
//! built in parallel, written in order and forgotten: memory does not grow with the city.
//!
//! **Invariant:** one configuration gives the same bytes at any thread count, on any machine and on any day.

mod block;
mod buildings;
mod city;
mod enterprises;
mod job;
mod lattice;
mod layers;
mod layout;
mod parcels;
mod plan;
mod random;
mod sink;
#[cfg(test)]
mod tests;
mod trace;
mod whole;
mod wkb;
mod zones;

use std::path::{Path, PathBuf};

use crate::say;
use plan::Plan;

/// The most parcels that keep the city inside its three-degree zone.
pub const PARCELS_MAX: u64 = 5_000_000;

/// What to build.
#[derive(Clone, Debug)]
pub struct SynthConfig {
    /// The exact number of parcels, from 1 to [`PARCELS_MAX`].
    pub parcels: u64,
    /// One seed, one city.
    pub seed: u64,
    /// The format of the layers.
    pub format: SynthFormat,
    /// Writes the same features and rows in an order drawn from this seed. The whole city is then held in memory.
    pub shuffle: Option<u64>,
    /// Lets every tenth industrial block reach into its neighbours.
    pub overlapping_zones: bool,
}

/// The format of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SynthFormat {
    /// GeoPackage, and UTF-8 in `enterprises.csv`.
    Gpkg,
    /// Shapefile with a GBK table and short field names, and GB18030 in `enterprises.csv`.
    Shapefile,
}

impl SynthFormat {
    fn extension(self) -> &'static str {
        match self {
            Self::Gpkg => "gpkg",
            Self::Shapefile => "shp",
        }
    }

    fn driver(self) -> &'static str {
        match self {
            Self::Gpkg => "GPKG",
            Self::Shapefile => "ESRI Shapefile",
        }
    }
}

/// What was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SynthReport {
    /// Rows of the parcel layer.
    pub parcels: u64,
    /// Coordinates in parcel rings, closing points counted.
    pub parcel_vertices: u64,
    /// Parcels carved out of or at the edge of a project, each below 2,000 m².
    pub slivers: u64,
    /// Parcels in more than one part.
    pub multipart_parcels: u64,
    /// Parcels with at least one hole.
    pub parcels_with_holes: u64,
    /// Rows of the building layer.
    pub buildings: u64,
    /// Coordinates in building rings, closing points counted.
    pub building_vertices: u64,
    /// Rows of the zone layer.
    pub zones: u64,
    /// Coordinates in zone rings, closing points counted.
    pub zone_vertices: u64,
    /// Rows of the project layer.
    pub projects: u64,
    /// Rows of the enterprise table: one for each enterprise, parcel and year.
    pub enterprise_rows: u64,
    /// The job file, which names all others.
    pub job: PathBuf,
}

/// Why a city could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// The number of parcels is 0 or too large for one zone.
    #[error("{}", say!("cannot build `{parcels}` parcels: the number must lie between 1 and {most}", parcels, most = PARCELS_MAX))]
    ParcelCount {
        /// The number asked for.
        parcels: u64,
    },
    /// A file or directory could not be written.
    #[error("{}", say!("cannot write `{path}`", path = path.display()))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// GDAL refused to make a file or layer.
    #[error("{}", say!("cannot create a layer"))]
    Gdal(#[from] gdal::errors::GdalError),
    /// GDAL refused a feature or a transaction.
    #[error("{}", say!("cannot write a feature to `{path}` (code {code})", path = path.display(), code))]
    Feature {
        /// The file.
        path: PathBuf,
        /// GDAL's error code.
        code: u32,
    },
    /// GDAL refused a field.
    #[error("{}", say!("cannot create the field `{name}` (code {code})", name, code))]
    Field {
        /// The field.
        name: String,
        /// GDAL's error code.
        code: u32,
    },
    /// A text holds a NUL character.
    #[error("{}", say!("text `{text}` holds a nul character", text))]
    NulInText {
        /// The text.
        text: String,
    },
    /// A writing thread ended without a result.
    #[error("{}", say!("the writer of `{layer}` stopped", layer))]
    Writer {
        /// The layer it wrote.
        layer: &'static str,
    },
}

/// Builds the city of a configuration in `out_dir`, which is created where it is missing.
///
/// Writes `parcels`, `buildings`, `zones` and `projects` in the chosen format, `enterprises.csv` and `job.toml`. Files of
/// an earlier city in the directory are replaced.
///
/// # Units
///
/// Coordinates are metres in EPSG:4528 (CGCS2000, three-degree zone 40, easting with zone prefix), rounded to the millimetre.
///
/// # Errors
///
/// [`SynthError::ParcelCount`] for a number of parcels outside 1..=[`PARCELS_MAX`]; otherwise what the disk or GDAL refused.
///
/// # Examples
///
/// ```
/// use mujun::synth::{SynthConfig, SynthFormat, synthesise};
///
/// let directory = tempfile::tempdir()?;
/// let config = SynthConfig { parcels: 100, seed: 1, format: SynthFormat::Gpkg, shuffle: None, overlapping_zones: false };
/// let report = synthesise(&config, directory.path())?;
/// assert_eq!((report.parcels, report.buildings), (100, 320));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn synthesise(config: &SynthConfig, out_dir: &Path) -> Result<SynthReport, SynthError> {
    if config.parcels == 0 || config.parcels > PARCELS_MAX {
        return Err(SynthError::ParcelCount { parcels: config.parcels });
    }
    let io = |path: &Path| {
        let path = path.to_path_buf();
        |source| SynthError::Io { path, source }
    };
    std::fs::create_dir_all(out_dir).map_err(io(out_dir))?;
    let plan = Plan::new(config.parcels, config.seed);
    let mut report = city::write(&plan, config, out_dir)?;
    report.job = out_dir.join("job.toml");
    std::fs::write(&report.job, job::text(config)).map_err(io(&report.job))?;
    Ok(report)
}

//! The result of a run: everything that `write` turns into files but the [`Ledgers`] that it has already, and nothing that it would have to look up.
//!
//! **Invariant:** `inventory` and `geometry` have the same rows in the same order, by `parcel_id`; every other table is in the order in which it is written.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Coord, Crs, DecisionTable, Finding, GeometryColumn, Manifest, Reject};

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One row a parcel: the columns of [`super::columns`] in their order, `zone_<kind>` and `share_<kind>` among them; no geometry.
    pub inventory: DataFrame,
    /// The polygons of the parcels, in metres from `origin`.
    pub geometry: GeometryColumn,
    /// What to add to a coordinate of `geometry` to be in `crs`.
    pub origin: Coord,
    /// The compute CRS.
    pub crs: Crs,
    /// `ledger/due_list.parquet`.
    pub due_list: DataFrame,
    /// `ledger/enterprise_grades.parquet`.
    pub enterprise_grades: DataFrame,
    /// `ledger/decisions.parquet`.
    pub decisions: DecisionTable,
    /// `ledger/sliver_candidates.parquet`.
    pub sliver_candidates: DataFrame,
    /// `ledger/swap_candidates.parquet`.
    pub swap_candidates: DataFrame,
    /// `ledger/tools.parquet`.
    pub tools: DataFrame,
    /// `ledger/tracts.parquet`.
    pub tracts: DataFrame,
    /// What maps show beside the parcels.
    pub shown: Shown,
    /// `ledger/coverage.parquet` and `coverage.gpkg`.
    pub coverage: ErrorLayer,
    /// `sweep.parquet`; none where no sweep was asked for.
    pub sweep: Option<DataFrame>,
    /// `summary/<name>.parquet`, by name.
    pub summaries: Vec<(String, DataFrame)>,
    /// What people must confirm, as ledgers have it by id.
    pub confirmations: Confirmations,
    /// Every finding, sorted with [`super::finding::sort`].
    pub findings: Vec<Finding>,
    /// Every feature that could not be used, in the order of role, file, layer and row.
    pub rejects: Vec<Reject>,
    /// The CRSs that rejects came in, as definitions; that of the first file of parcels is the first.
    pub reject_crs: Vec<String>,
    /// What went in and how; the writer adds the files that came out.
    pub manifest: Manifest,
}

/// Takes the ledgers that are whole before the rules are asked, by path in the run directory: they are most of the rows of a run, and are written while it
/// goes on.
pub type Ledgers<'a> = &'a (dyn Fn(&'static str, DataFrame) + Sync);

/// What people must confirm, in Chinese and in English, by ledger and id.
pub type Confirmations = BTreeMap<(&'static str, String), [String; 2]>;

/// What maps show beside the parcels.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The ground of each row of `tracts`, in metres from the origin of the outcome; no row where no format shows it.
    pub tracts: GeometryColumn,
    /// The zones of the job, by kind in the order of the job.
    pub zones: Areas,
    /// The projects of the job.
    pub projects: Areas,
}

/// Input areas that are shown beside the inventory.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// One row an area.
    pub rows: DataFrame,
    /// Its polygon, in metres from the origin of the outcome, by row.
    pub geometry: GeometryColumn,
}

/// Faults with their places.
#[derive(Clone, Debug, Default)]
pub struct ErrorLayer {
    /// One row a fault.
    pub rows: DataFrame,
    /// Its place as ISO WKB in the compute CRS, by row.
    pub shapes: Vec<Vec<u8>>,
}

/// A form that the inventory is written in; what a job file says under `formats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// `inventory.geojson`, RFC 7946 in WGS 84.
    GeoJson,
    /// `inventory.gpkg` in the compute CRS.
    Gpkg,
    /// `inventory.fgb` in the compute CRS, which QGIS opens at once at any size.
    FlatGeobuf,
    /// `inventory.parquet`, GeoParquet 1.1. It is written in any case: `explain` reads it.
    GeoParquet,
    /// `report.html`, the whole run as one page.
    Report,
    /// `inventory.xlsx`, summaries and lists.
    Xlsx,
}

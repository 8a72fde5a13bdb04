//! Industrial-land inventory: from parcels, buildings, zones and enterprise tables to plot ratio, density, per-mu figures, zone membership, grades and slivers.
//!
//! Read [`run`] first: it is the only place that knows the order of the stages. `ARCHITECTURE.md` has the invariants.

use gdal_src as _;
use libsqlite3_sys as _;

pub mod model;
pub mod rules;
pub mod spatial;
pub mod read;
pub mod validate;
pub mod measure;
pub mod locate;
pub mod grade;
pub mod slivers;
pub mod summarise;
pub mod write;
pub mod run;
pub mod synth;
pub mod cli;

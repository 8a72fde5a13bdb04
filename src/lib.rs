//! Industrial-land inventory: from parcels, buildings, zones and enterprise tables to plot ratio, density, per-mu figures, zone membership, grades and slivers.
//!
//! Read [`run`] first: it is the only place that knows the order of the stages. `ARCHITECTURE.md` has the invariants.

use gdal_src as _;
use libsqlite3_sys as _;

pub mod audit;
pub mod cli;
pub mod coverage;
pub mod doctor;
pub mod grade;
pub mod life_cycle;
pub mod locate;
pub mod low_efficiency;
pub mod measure;
pub mod model;
pub mod read;
pub mod report;
pub mod rules;
pub mod run;
pub mod slivers;
pub mod spatial;
pub mod standards;
pub mod style;
pub mod summarise;
pub mod synth;
pub mod tools;
pub mod validate;
pub mod write;

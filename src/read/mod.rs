//! Everything that comes from disk: the job file, the mapping of source columns to canonical fields, text encodings and tables.
//!
//! **Invariant:** what leaves this module has canonical names, canonical units and fixed types; a cell that cannot be read is null and has a
//! finding, a file that cannot be read is a [`ReadError`] and nothing of it is used.

pub mod cells;
pub mod condition;
pub mod crs;
pub mod encoding;
pub mod error;
mod exceptions;
pub mod fields;
pub mod geoparquet;
pub mod inputs;
pub mod job;
pub mod land_txt;
pub mod paths;
pub mod quiet;
pub mod rejects;
pub mod survey;
pub mod table;
pub mod toml_faults;
pub mod vector;

pub use condition::filter;
pub use encoding::{Decided, for_shapefile};
pub use error::ReadError;
pub use fields::{FieldPlan, Role};
pub use inputs::{Buildings, Inputs, read};
pub use job::{Job, JobErrors, LayerSpec};
pub use table::{Table, read_table};
pub use vector::wkb::decode as decode_wkb;

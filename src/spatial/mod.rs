//! Geometry kernels that the stages share. Pure functions over [`crate::model::Shape`]s; nothing here reads a file or knows a rule.

pub mod area;
pub mod index;
pub mod overlap;
pub mod sweep;
pub mod adjacency;
pub mod validity;

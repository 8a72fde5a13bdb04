//! Geometry kernels that the stages share. Pure functions over [`crate::model::Shape`]s; nothing here reads a file or knows a rule.

pub mod adjacency;
pub mod area;
mod cells;
mod chains;
pub mod cover;
pub mod defects;
pub mod distance;
pub mod index;
pub mod inscribed;
pub mod nearby;
pub mod nearness;
pub mod outline;
pub mod overlap;
pub mod overlay;
pub mod pairs;
pub mod spikes;
pub mod sweep;
pub mod validity;

//! The figures of a parcel: areas, footprint and floor area, money and people. One measure, one file.
//!
//! Refuses unvalidated geometry by its type: every function takes what `validate` returned, seen from the local origin.
//!
//! **Invariant:** sums run in the order of identifiers, so that row order and thread count leave no trace.

pub mod area;
pub mod buildings;
pub mod coverage;
pub mod enterprises;
pub mod floors;
pub mod indicators;

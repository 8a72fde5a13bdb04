//! What maps of a run look like: styles and themes from `data/styles/map.toml`, and QGIS styles and a QGIS project made of them.
//!
//! Everything here is text made from the names of columns and the words of the catalogue; nothing is read or written, and no feature is looked at.
//!
//! **Invariant:** the same run gives the same text: no clock, no user name, no random identifier, which QGIS itself would put in.

mod classes;
mod look;
pub mod qgis;
mod xml;

pub use classes::{Class, Drawn, Members, Words, of_layer};
pub use look::Draw;

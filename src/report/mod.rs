//! `report.html`: a run as one page that needs no network, in both languages.
//!
//! The page itself is written in TypeScript and stands, bundled, in `data/report`; this module reads the files of a run directory and puts them into it as
//! packed blocks: what is shown at once (`facts`), what the map and the plots draw (`columns`), and what the explanation of a parcel says (`details`), which the
//! page unpacks when it is asked for. What is left out of the page for its size is counted in it.
//!
//! **Invariant:** the page is made from the written files and the manifest alone, so that a run and `mujun report` on its directory give the same bytes.
//!
//! **Invariant:** what a run says stands in the page packed, never as markup or script; the page shows it as text.

mod columns;
mod details;
mod error;
mod facts;
mod files;
mod outlines;
mod pack;
mod themes;
mod towns;
mod words;

use std::path::Path;

use polars::prelude::DataFrame;

use crate::model::{Manifest, OutputFile};

use columns::Columns;
pub use error::ReportError;
use outlines::Outlines;

/// The name of the report within a run directory.
pub const REPORT: &str = "report.html";

/// The page without its data; `scripts/page` makes it from `src/report/page`.
const PAGE: &str = include_str!("../../data/report/page.html");
/// Where the blocks stand in the page.
const PLACE: &str = "<!-- data -->";

/// Makes the report of the run in the directory `run`, of which `manifest` is the manifest, as far as the report is not in it.
///
/// # Errors
/// A file of the run is missing or cannot be read.
pub fn build(run: &Path, manifest: &Manifest) -> Result<Vec<u8>, ReportError> {
    let outputs: Vec<OutputFile> = manifest.outputs.iter().filter(|file| file.path != REPORT).cloned().collect();
    let manifest = Manifest { outputs, ..manifest.clone() };
    let (inventory, geometry) = files::inventory(run)?;
    let outlines = Outlines::of(&geometry);
    drop(geometry);
    let columns = Columns::of(&inventory, &outlines);
    let details = details::of(run, &manifest, &inventory)?;
    let facts = facts::of(
        run,
        &facts::Known { manifest: &manifest, inventory: &inventory, outlines: &outlines, columns: &columns, details: &details },
    )?;
    let blocks = [
        pack::block("facts", &pack::packed(facts.to_string().as_bytes())),
        pack::block("columns", &pack::packed(&columns.bytes)),
        details.block(),
    ];
    Ok(fill(&blocks))
}

fn fill(blocks: &[String]) -> Vec<u8> {
    let (before, after) = PAGE.split_once(PLACE).unwrap_or((PAGE, ""));
    [before, &blocks.concat(), after].concat().into_bytes()
}

/// The names of the columns of a table.
fn names(table: &DataFrame) -> impl Iterator<Item = &str> {
    table.columns().iter().map(|column| column.name().as_str())
}

/// The texts of a column; none where the table lacks it.
fn texts(table: &DataFrame, column: &str) -> Option<polars::prelude::StringChunked> {
    let column = table.column(column).ok()?.cast(&polars::prelude::DataType::String).ok()?;
    Some(column.str().ok()?.clone())
}

#[cfg(test)]
mod tests;

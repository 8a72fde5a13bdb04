//! Every table that a run writes: its name, the file that has all of it, and its columns.
//!
//! `docs/outputs.md`, the schemas, `datapackage.json`, headings and legends are made from this list.

use super::columns::{Codes, Column, ColumnType, INVENTORY};
use super::ledgers::{
    BUILDING_SHARES, COVERAGE, DECISIONS, DUE_LIST, ENTERPRISE_GRADES, ENTERPRISE_SHARES, FINDINGS, REJECTS, SLIVER_CANDIDATES,
    SWAP_CANDIDATES, SWEEP, TOOLS, TRACTS, ZONE_SHARES,
};
use super::summaries::{BY_GRADE, BY_INDUSTRY, BY_TOOL, BY_TOWN, BY_ZONE, BY_ZONE_NAME, OVERALL, TOTALS};

/// A table of a run.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in the catalogue of words.
    pub name: &'static str,
    /// The file that has all of it, within the run directory.
    pub path: &'static str,
    /// Files that have its rows as well, in other forms.
    pub copies: &'static [&'static str],
    /// The tables that it has most of its columns in common with; its own name where there are none.
    pub family: &'static str,
    /// Its columns, in two parts where it shares the second with others.
    parts: [&'static [Column]; 2],
}

impl Table {
    const fn new(name: &'static str, path: &'static str, columns: &'static [Column]) -> Self {
        Self { name, path, copies: &[], family: name, parts: [columns, &[]] }
    }

    const fn summary(name: &'static str, path: &'static str, key: &'static [Column]) -> Self {
        Self { name, path, copies: &[], family: "summary", parts: [key, TOTALS] }
    }

    const fn also(mut self, copies: &'static [&'static str]) -> Self {
        self.copies = copies;
        self
    }

    /// Its columns in order; those of the inventory without the pairs of each zone kind.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.parts.into_iter().flatten()
    }

    /// The definition of a column by its name in the file; of the inventory also `zone_<kind>`, `share_<kind>` and the shapes.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        let of_inventory = || {
            let own = self.name == INVENTORY_TABLE;
            let zones = ZONE_COLUMNS.iter().filter(|pattern| zone_kind(pattern.name, name).is_some());
            zones.chain(SHAPE_COLUMNS.iter().filter(|shape| shape.name == name)).find(|_| own)
        };
        self.columns().find(|column| column.name == name).or_else(of_inventory)
    }
}

const INVENTORY_TABLE: &str = "inventory";

/// Every table, the inventory first.
pub const TABLES: &[Table] = &[
    Table::new(INVENTORY_TABLE, "inventory.parquet", INVENTORY).also(&["inventory.geojson", "inventory.gpkg"]),
    Table::summary("by_town", "summary/by_town.parquet", BY_TOWN),
    Table::summary("by_grade", "summary/by_grade.parquet", BY_GRADE),
    Table::summary("by_industry", "summary/by_industry.parquet", BY_INDUSTRY),
    Table::summary("by_zone", "summary/by_zone.parquet", BY_ZONE),
    Table::new("by_zone_name", "summary/by_zone_name.parquet", BY_ZONE_NAME),
    Table::summary("by_tool", "summary/by_tool.parquet", BY_TOOL),
    Table::summary("overall", "summary/overall.parquet", OVERALL),
    Table::new("zone_shares", "ledger/zone_shares.parquet", ZONE_SHARES),
    Table::new("building_shares", "ledger/building_shares.parquet", BUILDING_SHARES),
    Table::new("enterprise_shares", "ledger/enterprise_shares.parquet", ENTERPRISE_SHARES),
    Table::new("due_list", "ledger/due_list.parquet", DUE_LIST),
    Table::new("enterprise_grades", "ledger/enterprise_grades.parquet", ENTERPRISE_GRADES),
    Table::new("decisions", "ledger/decisions.parquet", DECISIONS),
    Table::new("sliver_candidates", "ledger/sliver_candidates.parquet", SLIVER_CANDIDATES).also(&["inventory.gpkg"]),
    Table::new("swap_candidates", "ledger/swap_candidates.parquet", SWAP_CANDIDATES),
    Table::new("tools", "ledger/tools.parquet", TOOLS),
    Table::new("tracts", "ledger/tracts.parquet", TRACTS),
    Table::new("coverage", "ledger/coverage.parquet", COVERAGE).also(&["coverage.gpkg"]),
    Table::new("sweep", "sweep.parquet", SWEEP).also(&["sweep.csv"]),
    Table::new("findings", "findings.parquet", FINDINGS).also(&["findings.csv", "inventory.gpkg"]),
    Table::new("rejects", "rejects.gpkg", REJECTS).also(&["inventory.gpkg"]),
];

/// The columns that `inventory.parquet` has at its end and no other form of the inventory.
pub const SHAPE_COLUMNS: &[Column] = &[
    Column::shape(
        "bbox",
        ColumnType::Box,
        "Box of the parcel in the compute CRS: `xmin`, `ymin`, `xmax`, `ymax`; a filter on it skips what is elsewhere",
    ),
    Column::shape("geometry", ColumnType::Polygon, "Polygon of the parcel in the compute CRS, WKB"),
];

/// The columns of the inventory that each zone kind of the job has; `<kind>` stands for its name.
pub const ZONE_COLUMNS: &[Column] = &[
    Column::text("zone_<kind>", "State of the parcel towards the zones of the kind: inside, outside, split or unknown")
        .codes(Codes::OneOf("zone_state")),
    Column::fraction("share_<kind>", "Fraction of the parcel in the zones of the kind"),
];

/// The zone kind in a column's name, where it is one of the pattern.
///
/// ```
/// use mujun::model::tables::zone_kind;
/// assert_eq!(zone_kind("zone_<kind>", "zone_industrial_block"), Some("industrial_block"));
/// assert_eq!(zone_kind("zone_<kind>", "far"), None);
/// ```
#[must_use]
pub fn zone_kind<'n>(pattern: &str, name: &'n str) -> Option<&'n str> {
    let (before, after) = pattern.split_once("<kind>")?;
    name.strip_prefix(before)?.strip_suffix(after)
}

/// A table by its name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// The tables that a file holds; several where it has layers.
pub fn in_file(path: &str) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.path == path || table.copies.contains(&path))
}

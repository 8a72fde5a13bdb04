//! The columns of the summaries, as `columns` has those of the inventory. Each summary begins with its key; [`TOTALS`] follow, but in `by_zone_name`.

use super::columns::{Codes, Column};

const KIND: Column = Column::text("kind", "Zone kind").codes(Codes::Among("zone_kind"));

/// `summary/by_town.parquet`.
pub const BY_TOWN: &[Column] = &[Column::text("key", "Town or street; null = unknown")];
/// `summary/by_grade.parquet`.
pub const BY_GRADE: &[Column] = &[Column::text("key", "Grade; null = not graded").codes(Codes::Among("grade"))];
/// `summary/by_industry.parquet`.
pub const BY_INDUSTRY: &[Column] =
    &[Column::text("key", "First two digits of the industry by GB/T 4754; null = unknown").codes(Codes::Industry)];
/// `summary/by_zone.parquet`.
pub const BY_ZONE: &[Column] =
    &[KIND, Column::text("key", "State of the parcels towards the zones of the kind").codes(Codes::OneOf("zone_state"))];
/// `summary/by_tool.parquet`.
pub const BY_TOOL: &[Column] = &[Column::text("key", "Route of the toolbox that is a candidate")];
/// `summary/overall.parquet`.
pub const OVERALL: &[Column] = &[Column::text("key", "The whole inventory: all").codes(Codes::OneOf("overall"))];

/// `summary/by_zone_name.parquet`: land, not parcels, so a parcel may be in several rows.
pub const BY_ZONE_NAME: &[Column] = &[
    KIND,
    Column::text("key", "Zone; null = outside every zone of the kind"),
    Column::whole("parcels", "", "Parcels with ground in the zone"),
    Column::number("area_m2", "m²", "Planar area of the parcels in the zone"),
    Column::number("area_mu", "mu", "Planar area of the parcels in the zone, in mu"),
    Column::number("net_area_m2", "m²", "Planar area in the zone less ground that is counted for other parcels; null = not checked"),
];

/// What every other summary says of a group. Ratios are ratios of sums over the parcels for which both sides are known; a sum over no known value is null.
pub const TOTALS: &[Column] = &[
    Column::whole("parcels", "", "Parcels of the group"),
    Column::number("area_m2", "m²", "Sum of legal area"),
    Column::number("area_mu", "mu", "Sum of legal area in mu"),
    Column::number("area_ha", "ha", "Sum of legal area in hectares"),
    Column::number("overlap_m2", "m²", "Ground of the parcels that is counted for others"),
    Column::number("net_area_m2", "m²", "Legal area less the overlap: no ground counts twice; null = not checked"),
    Column::number("footprint_m2", "m²", "Sum of the ground covered by above-ground buildings"),
    Column::number("floor_area_m2", "m²", "Sum of counted floor area"),
    Column::number("far", "", "Plot ratio: sum of floor area over sum of area"),
    Column::fraction("building_density", "Sum of footprint over sum of area, a fraction"),
    Column::whole("parcels_with_far", "", "Parcels of which floor area and area are known"),
    Column::whole("parcels_with_density", "", "Parcels of which footprint and area are known"),
    Column::number("tax_wan", "万元", "Sum of tax a year"),
    Column::number("tax_per_mu_wan", "万元/mu", "Sum of tax over sum of area"),
    Column::whole("parcels_with_tax", "", "Parcels of which tax and area are known"),
    Column::number("output_wan", "万元", "Sum of output value a year"),
    Column::number("output_per_mu_wan", "万元/mu", "Sum of output value over sum of area"),
    Column::whole("parcels_with_output", "", "Parcels of which output value and area are known"),
    Column::number("revenue_wan", "万元", "Sum of revenue a year"),
    Column::number("revenue_per_mu_wan", "万元/mu", "Sum of revenue over sum of area"),
    Column::whole("parcels_with_revenue", "", "Parcels of which revenue and area are known"),
    Column::number("invest_wan", "万元", "Sum of investment a year"),
    Column::number("invest_per_mu_wan", "万元/mu", "Sum of investment over sum of area"),
    Column::whole("parcels_with_invest", "", "Parcels of which investment and area are known"),
    Column::number("value_added_wan", "万元", "Sum of value added a year"),
    Column::number("value_added_per_mu_wan", "万元/mu", "Sum of value added over sum of area"),
    Column::whole("parcels_with_value_added", "", "Parcels of which value added and area are known"),
    Column::whole("graded", "", "Parcels with a grade from A to D"),
    Column::fraction("share_a", "Share of grade A among them"),
    Column::fraction("share_b", "Share of grade B among them"),
    Column::fraction("share_c", "Share of grade C among them"),
    Column::fraction("share_d", "Share of grade D among them"),
    Column::number("area_mu_a", "mu", "Legal area of the parcels of grade A"),
    Column::number("area_mu_b", "mu", "Legal area of the parcels of grade B"),
    Column::number("area_mu_c", "mu", "Legal area of the parcels of grade C"),
    Column::number("area_mu_d", "mu", "Legal area of the parcels of grade D"),
];

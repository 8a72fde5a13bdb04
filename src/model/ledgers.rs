//! The columns of the ledgers and of the findings, as `columns` has those of the inventory.

/// The type of a column in Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A 64-bit floating-point number.
    Number,
    /// A whole number.
    Whole,
    /// A day.
    Day,
}

/// A column of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerColumn {
    /// The name in every file.
    pub name: &'static str,
    /// The type.
    pub kind: ColumnType,
    /// The unit; empty for text, counts and shares.
    pub unit: &'static str,
    /// What the value is.
    pub meaning: &'static str,
}

const fn text(name: &'static str, meaning: &'static str) -> LedgerColumn {
    LedgerColumn { name, kind: ColumnType::Text, unit: "", meaning }
}

const fn number(name: &'static str, unit: &'static str, meaning: &'static str) -> LedgerColumn {
    LedgerColumn { name, kind: ColumnType::Number, unit, meaning }
}

const fn whole(name: &'static str, meaning: &'static str) -> LedgerColumn {
    LedgerColumn { name, kind: ColumnType::Whole, unit: "", meaning }
}

/// `ledger/zone_shares.parquet`; the shares of a parcel and kind add up to 1.
pub const ZONE_SHARES: &[LedgerColumn] = &[
    text("parcel_id", "Parcel code"),
    text("kind", "Zone kind"),
    text("zone_name", "Zone; null = outside every zone of the kind"),
    number("area_m2", "m²", "Planar area of the parcel in the zone"),
    number("share", "", "That area over the planar area of the parcel"),
    whole("pieces", "Zone features that contribute"),
];

/// `ledger/building_shares.parquet`; the shares of a building add up to 1.
pub const BUILDING_SHARES: &[LedgerColumn] = &[
    text("building_id", "Building code"),
    text("parcel_id", "Parcel code; null = outside every parcel"),
    number("area_m2", "m²", "Planar area of the footprint on the parcel"),
    number("share", "", "That area over the planar area of the footprint"),
    number("counted_floors", "", "Floors that count for the plot ratio; null = unknown or declared"),
    number("counted_floor_area_m2", "m²", "Floor area of the building that belongs to the parcel"),
    text("basis", "Where the floor area comes from: declared, floors, height or estimated"),
];

/// `ledger/enterprise_shares.parquet`; the weights of an enterprise and year add up to at most 1.
pub const ENTERPRISE_SHARES: &[LedgerColumn] = &[
    text("enterprise_id", "Enterprise code"),
    text("parcel_id", "Parcel code; null = not in the inventory"),
    whole("year", "Calendar year, within the window of the indicator rule"),
    number("weight", "", "Part of the enterprise's figures that the row carries; null = by land, which is unknown"),
    number("tax_wan", "万元", "Tax that belongs to the parcel: the row's figure times the weight; null = unknown or in conflict"),
    number("output_wan", "万元", "Output value, likewise"),
    number("invest_wan", "万元", "Investment, likewise"),
    number("value_added_wan", "万元", "Value added, likewise"),
    number("revenue_wan", "万元", "Revenue, likewise"),
    number("rnd_wan", "万元", "R&D spending, likewise"),
    number("energy_tce", "tce", "Energy, likewise"),
    number("emission_t", "t", "Main pollutants, likewise"),
    number("employees", "person", "Employees, likewise"),
    number("electricity_mwh", "MWh", "Electricity, likewise"),
];

/// `ledger/due_list.parquet`, by parcel and day.
pub const DUE_LIST: &[LedgerColumn] = &[
    text("parcel_id", "Parcel code"),
    text("what", "Item of the life-cycle rule"),
    LedgerColumn { name: "due_date", kind: ColumnType::Day, unit: "", meaning: "The day on which it is due" },
    whole("days", "Days from the day of the job until then; negative = past"),
    text("state", "overdue, unconfirmed (past, and nothing says whether it was done), due or upcoming"),
    text("rule_id", "Rule, `<pack>.<kind>.<id>`"),
    text("document", "Where the rule is printed"),
    text("article", "Its article"),
];

/// `ledger/sliver_candidates.parquet`: a row for each project and plot beside it.
pub const SLIVER_CANDIDATES: &[LedgerColumn] = &[
    text("project_id", "Project"),
    text("parcel_id", "Parcel code"),
    text("kind", "Kind of plot: enclosed, interlocking, corner, none, or unknown where the job lacks the lines that would tell a corner"),
    number("shared_m", "m", "Length of boundary that runs along the project's"),
    number("area_m2", "m²", "Area that the rule tests"),
    number("project_land_m2", "m²", "Area of the project polygon"),
    number("ratio_core", "", "All counted plots of the project over its land"),
    number("ratio_with_slivers", "", "All counted plots of the project over its land with them"),
    text(
        "status",
        "eligible, eligible_if_total_includes_slivers, over_cumulative, other_project, unknown_construction_land, not_construction_land, construction_land, over_plot_limit, no_kind, not_hard_to_develop, own_holder_merge or artefact",
    ),
    text("refused_by", "The constraint that refused it, a key of the rule, `one_project` or `own_holder`; empty = none"),
    text("nature", "artefact, small_plot or legal_sliver"),
    text("recommended", "yes or no: whether the plot is in the recommended set of its project; null = it cannot be"),
    text("selection", "How that set was found: all (everything passes), exact (the best of all sets) or greedy"),
    text("area_basis", "Which area was tested: registered, ellipsoidal or planar"),
    number("perimeter_m", "m", "Length of the plot's boundary"),
    number("shared_ratio", "", "Shared boundary over the whole boundary"),
    whole("runs", "Separate stretches of shared boundary"),
    number("hole_share", "", "Share of the plot in a hole of the project"),
    number("hull_share", "", "Share of the plot in the convex hull of the project"),
    number("line_share", "", "Share of the boundary near a planning boundary or linear structure; null = the job has none"),
    text("hard_to_develop", "yes, no or unknown: whether a sign says that the plot is hard to develop alone"),
    text("signs", "The signs that say so, separated by spaces: narrow, ragged, no_road, below_least_plot"),
    number("inscribed_diameter_m", "m", "Diameter of the largest circle in the plot"),
    number("compactness", "", "4π × area / perimeter²"),
    text("road_access", "yes, no or unknown: whether a road is near"),
    text("supply", "How the plot is supplied"),
    text("human", "What a person must confirm, ids separated by spaces"),
];

/// `ledger/swap_candidates.parquet`: pairs of plots; a plot is in one pair.
pub const SWAP_CANDIDATES: &[LedgerColumn] = &[
    text("project_id", "Project"),
    whole("rank", "Place among the pairs of the project"),
    text("parcel_id", "The left-over plot"),
    text("partner_id", "The plot that is given for it"),
    text("basis", "area (similar), value (equal) or area_and_value"),
    number("area_m2", "m²", "Area of the left-over plot"),
    number("partner_area_m2", "m²", "Area of the partner"),
    number("area_difference", "", "Difference of the areas over the larger"),
    number("value_wan", "万元", "Declared value of the left-over plot"),
    number("partner_value_wan", "万元", "Declared value of the partner"),
    number("value_difference", "", "Difference of the values over the larger; null = a value is unknown"),
    text("tenure", "Tenure of the left-over plot"),
    text("partner_tenure", "Tenure of the partner"),
    text("partner_of_project_holder", "yes or no: whether the project's own holder has the partner; null = a holder is unknown"),
    number("distance_m", "m", "Distance of the middles of both plots"),
    text("human", "What a person must confirm, ids separated by spaces"),
];

/// `ledger/tracts.parquet`; the members are the parcels of the inventory with the `tract_id`.
pub const TRACTS: &[LedgerColumn] = &[
    text("tract_id", "The first of its parcels by identifier"),
    whole("parcels", "Parcels of the tract"),
    text("towns", "Their towns, separated by `; `"),
    number("area_m2", "m²", "Legal area; null = unknown of a parcel"),
    number("area_mu", "mu", "The same in mu"),
    number("floor_area_m2", "m²", "Counted floor area; null = unknown of a parcel"),
    number("far", "", "Sum of floor area over sum of area, over the parcels of which both are known"),
    whole("parcels_with_far", "How many these are"),
    number("low_efficiency_share", "", "Land of the parcels that are recognised over land of the tract"),
    number("tax_per_mu_wan", "万元/mu", "Sum of tax a year over sum of area, over the parcels of which both are known"),
    whole("parcels_with_tax", "How many these are"),
    number("output_per_mu_wan", "万元/mu", "Output value, likewise"),
    whole("parcels_with_output", "How many these are"),
    whole("enclosed_parcels", "Parcels wholly within the convex hull of the tract that do not belong to it"),
    number("enclosed_area_m2", "m²", "Their legal area; null = unknown of one"),
];

/// `ledger/coverage.parquet` and, with a geometry, `coverage.gpkg`: a row a fault.
pub const COVERAGE: &[LedgerColumn] = &[
    text("kind", "overlap, gap, t_junction, duplicate or near_duplicate"),
    text("parcel_id", "The first parcel concerned, by identifier"),
    text("other_id", "The second; null = a gap inside one parcel"),
    text("parcels", "All parcels concerned, separated by spaces"),
    number("area_m2", "m²", "Planar area of the common ground or the gap; null = corners"),
    number("width_m", "m", "Its mean width: twice the area over the perimeter"),
    number("share", "", "Common ground over the larger of the two parcels; null = no common ground"),
    whole("corners", "Corners of one parcel on an edge of the other; null = a polygon"),
    number("x", "m", "Easting of a place of the fault in the compute CRS"),
    number("y", "m", "Northing, likewise"),
];

/// `ledger/enterprise_grades.parquet`; empty unless the grading rule is over enterprises.
pub const ENTERPRISE_GRADES: &[LedgerColumn] = &[
    text("enterprise_id", "Enterprise code"),
    whole("parcels", "Parcels of the inventory that it is on"),
    number("area_mu", "mu", "Its land: its share of their legal areas"),
    text("cohort", "Group that it was ranked in; null = in none"),
    number("score", "", "Score of the grading rule; null = not graded"),
    text("grade", "Its grade; null = not graded"),
    text("verdict", "yes graded, no outside the population or exempt, unknown where facts are missing"),
    text("reason", "What decided the grade, or why there is none"),
    text("facts", "The facts used, a JSON object"),
];

/// `sweep.parquet` and `sweep.csv`, where a run was asked for a sweep.
pub const SWEEP: &[LedgerColumn] = &[
    text("key", "Kind of rule and dotted key of the number"),
    number("value", "", "The value tried, in the unit of the number"),
    text("column", "Column of the inventory that changes; any = at least one of them"),
    text("from", "What the run says; null = whatever, none = no value"),
    text("to", "What the other value says, likewise"),
    whole("parcels", "Parcels that change"),
    number("area_mu", "mu", "Their legal area, as far as it is known"),
];

/// `ledger/decisions.parquet`.
pub const DECISIONS: &[LedgerColumn] = &[
    text("parcel_id", "Parcel code"),
    text("rule_id", "Rule, `<pack>.<kind>.<id>`"),
    text("rule_version", "Version of the pack"),
    text("verdict", "yes, no or unknown"),
    text("reasons", "What decided it"),
    text("facts", "The facts used, a JSON object"),
];

/// `ledger/tools.parquet`; lists are JSON.
pub const TOOLS: &[LedgerColumn] = &[
    text("rule_id", "Rule of the route, as decisions cite it"),
    text("rule_version", "Version of the pack"),
    text("route", "Route, as `tools` and `needs_data` of the inventory cite it"),
    text("name", "Name of the route in English"),
    text("name_zh", "Name of the route in Chinese"),
    text("tool", "Tool that the route belongs to"),
    text("tool_name", "Name of the tool in English"),
    text("tool_name_zh", "Name of the tool in Chinese"),
    text("category", "Category of the tool"),
    text("category_name", "Name of the category in English"),
    text("category_name_zh", "Name of the category in Chinese"),
    text("conditions", "Conditions that must all hold, a list"),
    text("any", "Groups of conditions, of each of which one must hold, a list of lists"),
    text("unverified", "Conditions that the document does not print, a list"),
    text("human", "What somebody must confirm: a list of `id`, `text`, `text_zh`, `when` (null = always)"),
    text("legal", "Legal basis: a list of `document`, `document_zh`, `articles`, `valid_to`"),
    text("lead", "Departments that lead: a list of `id`, `name`, `name_zh`"),
    text("cooperate", "Departments that take part, likewise"),
    whole("steps", "Steps of the procedure; null = the document does not number them"),
    text("outcomes", "What follows and where it branches: a list as `human`"),
    text("excludes", "Routes that cannot be taken with this one: a list of `routes`, `text`, `text_zh`"),
];

/// `findings.parquet` and `findings.csv`.
pub const FINDINGS: &[LedgerColumn] = &[
    text("severity", "error, warning or info"),
    text("code", "What the finding is about"),
    text("file", "The path as the job file gives it"),
    text("layer", "Layer or sheet"),
    whole("row", "Feature number (fid) or row"),
    text("feature_id", "Identifier of the feature"),
    text("field", "Field concerned"),
    text("value", "Value found"),
    text("rule_id", "Rule concerned"),
    text("message", "What is the matter"),
    text("hint", "What to do about it"),
    text("who", "Who can mend it"),
    text("waived", "Who answers for it, why and until when; null where it counts"),
];

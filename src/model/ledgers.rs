//! The columns of the ledgers and of the findings, as `columns` has those of the inventory.

use super::columns::{Codes, Column};

/// `ledger/zone_shares.parquet`; the shares of a parcel and kind add up to 1.
pub const ZONE_SHARES: &[Column] = &[
    Column::text("parcel_id", "Parcel code"),
    Column::text("kind", "Zone kind").codes(Codes::Among("zone_kind")),
    Column::text("zone_name", "Zone; null = outside every zone of the kind"),
    Column::number("area_m2", "m²", "Planar area of the parcel in the zone"),
    Column::fraction("share", "Area in the zone over the planar area of the parcel"),
    Column::whole("pieces", "", "Zone features that contribute"),
];

/// `ledger/building_shares.parquet`; the shares of a building add up to 1.
pub const BUILDING_SHARES: &[Column] = &[
    Column::text("building_id", "Building code"),
    Column::text("parcel_id", "Parcel code; null = outside every parcel"),
    Column::number("area_m2", "m²", "Planar area of the footprint on the parcel"),
    Column::fraction("share", "Area on the parcel over the planar area of the footprint"),
    Column::number("counted_floors", "", "Floors that count for the plot ratio; null = unknown or declared"),
    Column::number("counted_floor_area_m2", "m²", "Floor area of the building that belongs to the parcel"),
    Column::text("basis", "Where the floor area comes from: declared, floors, height or estimated").codes(Codes::OneOf("floor_basis")),
];

/// `ledger/enterprise_shares.parquet`; the weights of an enterprise and year add up to at most 1.
pub const ENTERPRISE_SHARES: &[Column] = &[
    Column::text("enterprise_id", "Enterprise code"),
    Column::text("parcel_id", "Parcel code; null = not in the inventory"),
    Column::whole("year", "", "Calendar year, within the window of the indicator rule"),
    Column::fraction("weight", "Part of the enterprise's figures that the row carries; null = by land, which is unknown"),
    Column::number("tax_wan", "万元", "Tax that belongs to the parcel: the row's figure times the weight; null = unknown or in conflict"),
    Column::number("output_wan", "万元", "Output value that belongs to the parcel, as with tax"),
    Column::number("invest_wan", "万元", "Investment that belongs to the parcel, as with tax"),
    Column::number("value_added_wan", "万元", "Value added that belongs to the parcel, as with tax"),
    Column::number("revenue_wan", "万元", "Revenue that belongs to the parcel, as with tax"),
    Column::number("rnd_wan", "万元", "R&D spending that belongs to the parcel, as with tax"),
    Column::number("energy_tce", "tce", "Energy that belongs to the parcel, as with tax"),
    Column::number("emission_t", "t", "Main pollutants that belong to the parcel, as with tax"),
    Column::number("employees", "person", "Employees that belong to the parcel, as with tax"),
    Column::number("electricity_mwh", "MWh", "Electricity that belongs to the parcel, as with tax"),
];

/// `ledger/due_list.parquet`, by parcel and day.
pub const DUE_LIST: &[Column] = &[
    Column::text("parcel_id", "Parcel code"),
    Column::text("what", "Item of the life-cycle rule").codes(Codes::Among("due_item")),
    Column::day("due_date", "The day on which it is due"),
    Column::whole("days", "days", "Days from the day of the job until then; negative = past"),
    Column::text("state", "overdue, unconfirmed (past, and nothing says whether it was done), due or upcoming")
        .codes(Codes::OneOf("due_state")),
    Column::text("rule_id", "Rule, `<pack>.<kind>.<id>`"),
    Column::text("document", "Where the rule is printed"),
    Column::text("article", "Article of the document"),
];

/// `ledger/sliver_candidates.parquet`: a row for each project and plot beside it.
pub const SLIVER_CANDIDATES: &[Column] = &[
    Column::text("project_id", "Project"),
    Column::text("parcel_id", "Parcel code"),
    Column::text("kind", "Kind of plot: enclosed, interlocking, corner, none, or unknown where the job lacks the lines that would tell a corner").codes(Codes::OneOf("sliver_kind")),
    Column::number("shared_m", "m", "Length of boundary that runs along the project's"),
    Column::number("area_m2", "m²", "Area that the rule tests"),
    Column::number("project_land_m2", "m²", "Area of the project polygon"),
    Column::fraction("ratio_core", "All counted plots of the project over its land"),
    Column::fraction("ratio_with_slivers", "All counted plots of the project over its land with them"),
    Column::text("status", "eligible, eligible_if_total_includes_slivers, over_cumulative, other_project, unknown_construction_land, not_construction_land, construction_land, over_plot_limit, no_kind, not_hard_to_develop, own_holder_merge or artefact").codes(Codes::OneOf("sliver_status")),
    Column::text("refused_by", "The constraint that refused it, a key of the rule, `one_project` or `own_holder`; empty = none").codes(Codes::OneOf("refused_by")),
    Column::text("nature", "artefact, small_plot or legal_sliver").codes(Codes::OneOf("sliver_nature")),
    Column::text("recommended", "yes or no: whether the plot is in the recommended set of its project; null = it cannot be").codes(Codes::OneOf("yes_no")),
    Column::text("selection", "How the recommended set was found: all (everything passes), exact (the best of all sets) or greedy").codes(Codes::OneOf("selection")),
    Column::text("area_basis", "Which area was tested: registered, ellipsoidal or planar").codes(Codes::OneOf("area_basis")),
    Column::number("perimeter_m", "m", "Length of the plot's boundary"),
    Column::fraction("shared_ratio", "Shared boundary over the whole boundary"),
    Column::whole("runs", "", "Separate stretches of shared boundary"),
    Column::fraction("hole_share", "Share of the plot in a hole of the project"),
    Column::fraction("hull_share", "Share of the plot in the convex hull of the project"),
    Column::fraction("line_share", "Share of the boundary near a planning boundary or linear structure; null = the job has none"),
    Column::text("hard_to_develop", "yes, no or unknown: whether a sign says that the plot is hard to develop alone").codes(Codes::OneOf("verdict")),
    Column::text("signs", "Signs that the plot is hard to develop alone, separated by spaces: narrow, ragged, no_road, below_least_plot").codes(Codes::ListOf("sliver_sign")),
    Column::number("inscribed_diameter_m", "m", "Diameter of the largest circle in the plot"),
    Column::number("compactness", "", "4π × area / perimeter²"),
    Column::text("road_access", "yes, no or unknown: whether a road is near").codes(Codes::OneOf("verdict")),
    Column::text("supply", "How the plot is supplied"),
    Column::text("human", "What a person must confirm, ids separated by spaces"),
];

/// `ledger/swap_candidates.parquet`: pairs of plots; a plot is in one pair.
pub const SWAP_CANDIDATES: &[Column] = &[
    Column::text("project_id", "Project"),
    Column::whole("rank", "", "Place among the pairs of the project"),
    Column::text("parcel_id", "The left-over plot"),
    Column::text("partner_id", "The plot that is given for it"),
    Column::text("basis", "area (similar), value (equal) or area_and_value").codes(Codes::OneOf("swap_basis")),
    Column::number("area_m2", "m²", "Area of the left-over plot"),
    Column::number("partner_area_m2", "m²", "Area of the partner"),
    Column::fraction("area_difference", "Difference of the areas over the larger"),
    Column::number("value_wan", "万元", "Declared value of the left-over plot"),
    Column::number("partner_value_wan", "万元", "Declared value of the partner"),
    Column::fraction("value_difference", "Difference of the values over the larger; null = a value is unknown"),
    Column::text("tenure", "Tenure of the left-over plot").codes(Codes::Among("tenure")),
    Column::text("partner_tenure", "Tenure of the partner").codes(Codes::Among("tenure")),
    Column::text("partner_of_project_holder", "yes or no: whether the project's own holder has the partner; null = a holder is unknown")
        .codes(Codes::OneOf("yes_no")),
    Column::number("distance_m", "m", "Distance of the middles of both plots"),
    Column::text("human", "What a person must confirm, ids separated by spaces"),
];

/// `ledger/tracts.parquet`; the members are the parcels of the inventory with the `tract_id`.
pub const TRACTS: &[Column] = &[
    Column::text("tract_id", "The first of its parcels by identifier"),
    Column::whole("parcels", "", "Parcels of the tract"),
    Column::text("towns", "Towns of its parcels, separated by `; `"),
    Column::number("area_m2", "m²", "Legal area; null = unknown of a parcel"),
    Column::number("area_mu", "mu", "Legal area in mu; null = unknown of a parcel"),
    Column::number("floor_area_m2", "m²", "Counted floor area; null = unknown of a parcel"),
    Column::number("far", "", "Sum of floor area over sum of area, over the parcels of which both are known"),
    Column::whole("parcels_with_far", "", "Parcels of which floor area and area are known"),
    Column::fraction("low_efficiency_share", "Land of the parcels that are recognised over land of the tract"),
    Column::number("tax_per_mu_wan", "万元/mu", "Sum of tax a year over sum of area, over the parcels of which both are known"),
    Column::whole("parcels_with_tax", "", "Parcels of which tax and area are known"),
    Column::number("output_per_mu_wan", "万元/mu", "Sum of output value a year over sum of area, over the parcels of which both are known"),
    Column::whole("parcels_with_output", "", "Parcels of which output value and area are known"),
    Column::whole("enclosed_parcels", "", "Parcels wholly within the convex hull of the tract that do not belong to it"),
    Column::number("enclosed_area_m2", "m²", "Legal area of the enclosed parcels; null = unknown of one"),
];

/// `ledger/coverage.parquet` and, with a geometry, `coverage.gpkg`: a row a fault.
pub const COVERAGE: &[Column] = &[
    Column::text("kind", "overlap, gap, t_junction, duplicate or near_duplicate").codes(Codes::OneOf("coverage_kind")),
    Column::text("parcel_id", "The first parcel concerned, by identifier"),
    Column::text("other_id", "The second parcel concerned; null = a gap inside one parcel"),
    Column::text("parcels", "All parcels concerned, separated by spaces"),
    Column::number("area_m2", "m²", "Planar area of the common ground or the gap; null = corners"),
    Column::number("width_m", "m", "Mean width of the common ground or the gap: twice the area over the perimeter"),
    Column::fraction("share", "Common ground over the larger of the two parcels; null = no common ground"),
    Column::whole("corners", "", "Corners of one parcel on an edge of the other; null = a polygon"),
    Column::number("x", "m", "Easting of a place of the fault in the compute CRS"),
    Column::number("y", "m", "Northing of that place in the compute CRS"),
];

/// `ledger/enterprise_grades.parquet`; empty unless the grading rule is over enterprises.
pub const ENTERPRISE_GRADES: &[Column] = &[
    Column::text("enterprise_id", "Enterprise code"),
    Column::whole("parcels", "", "Parcels of the inventory that it is on"),
    Column::number("area_mu", "mu", "Its land: its share of their legal areas"),
    Column::text("cohort", "Group that it was ranked in; null = in none"),
    Column::number("score", "", "Score of the grading rule; null = not graded"),
    Column::text("grade", "Its grade; null = not graded").codes(Codes::Among("grade")),
    Column::text("verdict", "yes graded, no outside the population or exempt, unknown where facts are missing")
        .codes(Codes::OneOf("verdict")),
    Column::text("reason", "What decided the grade, or why there is none").codes(Codes::Sentence),
    Column::text("facts", "The facts used, a JSON object"),
];

/// `sweep.parquet` and `sweep.csv`, where a run was asked for a sweep.
pub const SWEEP: &[Column] = &[
    Column::text("key", "Kind of rule and dotted key of the number"),
    Column::number("value", "", "The value tried, in the unit of the number"),
    Column::text("column", "Column of the inventory that changes; any = at least one of them"),
    Column::text("from", "What the run says; null = whatever, none = no value"),
    Column::text("to", "What the other value says; null = whatever, none = no value"),
    Column::whole("parcels", "", "Parcels that change"),
    Column::number("area_mu", "mu", "Legal area of the parcels that change, as far as it is known"),
];

/// `ledger/decisions.parquet`.
pub const DECISIONS: &[Column] = &[
    Column::text("parcel_id", "Parcel code"),
    Column::text("rule_id", "Rule, `<pack>.<kind>.<id>`"),
    Column::text("rule_version", "Version of the pack"),
    Column::text("verdict", "yes, no or unknown").codes(Codes::OneOf("verdict")),
    Column::text("reasons", "What decided it").codes(Codes::Sentence),
    Column::text("facts", "The facts used, a JSON object"),
];

/// `ledger/tools.parquet`; lists are JSON.
pub const TOOLS: &[Column] = &[
    Column::text("rule_id", "Rule of the route, as decisions cite it"),
    Column::text("rule_version", "Version of the pack"),
    Column::text("route", "Route, as `tools` and `needs_data` of the inventory cite it"),
    Column::text("name", "Name of the route in English"),
    Column::text("name_zh", "Name of the route in Chinese"),
    Column::text("tool", "Tool that the route belongs to"),
    Column::text("tool_name", "Name of the tool in English"),
    Column::text("tool_name_zh", "Name of the tool in Chinese"),
    Column::text("category", "Category of the tool"),
    Column::text("category_name", "Name of the category in English"),
    Column::text("category_name_zh", "Name of the category in Chinese"),
    Column::text("conditions", "Conditions that must all hold, a list"),
    Column::text("any", "Groups of conditions, of each of which one must hold, a list of lists"),
    Column::text("unverified", "Conditions that the document does not print, a list"),
    Column::text("human", "What somebody must confirm: a list of `id`, `text`, `text_zh`, `when` (null = always)"),
    Column::text("legal", "Legal basis: a list of `document`, `document_zh`, `articles`, `valid_to`"),
    Column::text("lead", "Departments that lead: a list of `id`, `name`, `name_zh`"),
    Column::text("cooperate", "Departments that take part: a list of `id`, `name`, `name_zh`"),
    Column::whole("steps", "", "Steps of the procedure; null = the document does not number them"),
    Column::text("outcomes", "What follows and where it branches: a list as `human`"),
    Column::text("excludes", "Routes that cannot be taken with this one: a list of `routes`, `text`, `text_zh`"),
];

/// `findings.parquet` and `findings.csv`.
pub const FINDINGS: &[Column] = &[
    Column::text("severity", "error, warning or info").codes(Codes::OneOf("severity")),
    Column::text("code", "What the finding is about").codes(Codes::OneOf("finding")),
    Column::text("file", "The path as the job file gives it"),
    Column::text("layer", "Layer or sheet"),
    Column::whole("row", "", "Feature number (fid) or row"),
    Column::text("feature_id", "Identifier of the feature"),
    Column::text("field", "Field concerned"),
    Column::text("value", "Value found"),
    Column::text("rule_id", "Rule concerned"),
    Column::text("message", "What is the matter").codes(Codes::Sentence),
    Column::text("hint", "What to do about it").codes(Codes::Sentence),
    Column::text("who", "Who can mend it").codes(Codes::OneOf("who")),
    Column::text("waived", "Who answers for it, why and until when; null where it counts"),
];

/// `rejects.gpkg` and the layer `rejects` of `inventory.gpkg`.
pub const REJECTS: &[Column] = &[
    Column::text("role", "What it was given as: parcels, buildings, zones or projects").codes(Codes::OneOf("role")),
    Column::text("file", "The path as the job file gives it"),
    Column::text("layer", "Layer or sheet"),
    Column::whole("row", "", "Feature number (fid)"),
    Column::text("id", "Identifier of the feature; null = it has none"),
    Column::text("code", "Code of the finding about it").codes(Codes::OneOf("finding")),
    Column::text("reason", "What is the matter").codes(Codes::Sentence),
    Column::text("attributes", "Its attributes as they came, a JSON object"),
];

/// The layer `zones` of `inventory.gpkg`: the zones of the job as they were read.
pub const ZONE_AREAS: &[Column] = &[
    Column::text("kind", "Zone kind").codes(Codes::Among("zone_kind")),
    Column::text("zone_name", "Name of the zone; that of its kind where it has none"),
];

/// The layer `projects` of `inventory.gpkg`: the projects of the job as they were read.
pub const PROJECT_AREAS: &[Column] =
    &[Column::text("project_id", "Project"), Column::text("project_name", "Name of the project; null = it has none")];

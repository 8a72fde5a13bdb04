//! The one definition of the output columns: name, unit and meaning. Writers, summaries, `explain` and the schema of the inventory are made from it.
//!
//! **Invariant:** names here are those of the contract; a column is never renamed.

/// An output column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name in every file.
    pub name: &'static str,
    /// The unit; empty for text and codes.
    pub unit: &'static str,
    /// What the value is.
    pub meaning: &'static str,
}

const fn column(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, unit, meaning }
}

/// The columns of the inventory that every job has, in order. `zone_<kind>` and `share_<kind>` stand before `location_class`.
pub const INVENTORY: &[Column] = &[
    column("parcel_id", "", "Parcel code, text"),
    column("town", "", "Town or street"),
    column("industry", "", "Industry by GB/T 4754"),
    column("land_use", "", "Land-use code"),
    column("area_m2", "m²", "Legal area: the first known of the job's order"),
    column("area_basis", "", "Which area that is: registered, planar or ellipsoidal"),
    column("area_planar_m2", "m²", "Planar area in the compute CRS"),
    column("area_ellipsoidal_m2", "m²", "Area on the ellipsoid by the survey formula"),
    column("area_registered_m2", "m²", "Area as registered"),
    column("area_mu", "mu", "Legal area in mu of 2000/3 m²"),
    column("overlap_m2", "m²", "Planar area of the parcel that parcels before it by identifier cover as well"),
    column("net_area_m2", "m²", "Legal area less that part of it: sums of it count no ground twice"),
    column("footprint_m2", "m²", "Ground covered by above-ground buildings, overlaps dissolved"),
    column("floor_area_m2", "m²", "Counted floor area (计容建筑面积)"),
    column("far", "", "Plot ratio (容积率): counted floor area over legal area"),
    column("building_density", "", "Footprint over legal area, a fraction"),
    column("far_basis", "", "Weakest basis of the floor area: declared, floors, height or estimated"),
    column("far_low", "", "Least plot ratio within the limits of the indicator rule; that of `far` where it gives none"),
    column("far_high", "", "Greatest plot ratio, likewise"),
    column("location_class", "", "Location class of the rule pack"),
    column("tax_per_mu_wan", "万元/mu", "Tax a mu and year"),
    column("output_per_mu_wan", "万元/mu", "Output value a mu and year"),
    column("revenue_per_mu_wan", "万元/mu", "Revenue a mu and year"),
    column("invest_per_mu_wan", "万元/mu", "Investment a mu and year"),
    column("value_added_per_mu_wan", "万元/mu", "Value added a mu and year"),
    column("value_added_per_tce_wan", "万元/tce", "Value added a tonne of standard coal"),
    column("value_added_per_t_wan", "万元/t", "Value added a tonne of main pollutants"),
    column("value_added_per_employee_wan", "万元/person", "Value added a person and year (全员劳动生产率)"),
    column("tax_per_mwh_wan", "万元/MWh", "Tax a megawatt-hour of electricity (单位电耗税收); its published benchmark has no unit"),
    column("rnd_share", "", "R&D spending over revenue, a fraction"),
    column("tax_wan", "万元", "Tax a year, the mean over the window"),
    column("output_wan", "万元", "Output value a year"),
    column("invest_wan", "万元", "Investment a year"),
    column("value_added_wan", "万元", "Value added a year"),
    column("revenue_wan", "万元", "Revenue a year"),
    column("rnd_wan", "万元", "R&D spending a year"),
    column("energy_tce", "tce", "Energy a year"),
    column("emission_t", "t", "Main pollutants a year"),
    column("employees", "person", "Employees, the mean over the window"),
    column("electricity_mwh", "MWh", "Electricity a year"),
    column("enterprises", "", "Enterprises with a row in the window"),
    column("scale", "", "above where one of the enterprises is above scale, below where all are known to be below, else unknown"),
    column("building_coefficient", "", "Building coefficient (建筑系数): footprint, structures and yards over legal area, a fraction"),
    column("office_living_land_share", "", "Office and living land over legal area, a fraction"),
    column("office_living_basis", "", "Where that share comes from: land, or floor where only the floor is declared"),
    column("green_rate", "", "Green land (绿地率) over legal area, a fraction"),
    column("office_living_floor_share", "", "Office and living floor over above-ground floor, a fraction"),
    column("other_use_floor_share", "", "Floor of other uses and living facilities over above-ground floor, a fraction"),
    column("living_floor_share", "", "Floor of living facilities over above-ground floor, a fraction"),
    column("land_needed_m2", "m²", "Land that the planned investment needs at the agreed intensity"),
    column("surplus_by_intensity_m2", "m²", "Legal area less the land needed; negative = too little land"),
    column("surplus_by_intensity_mu", "mu", "The same in mu"),
    column("standards_met", "", "yes, no or unknown: whether every standard of land use that applies is met; null = none applies"),
    column("standards_failed", "", "Standards that are not met, ids separated by spaces"),
    column("target_far", "", "Target plot ratio of the rule for the use of the parcel"),
    column("floor_area_to_target_m2", "m²", "Floor area that could still be built up to the target plot ratio of the rule"),
    column("contract_met", "", "yes, no or unknown: whether every item of the land contract is kept; null = none applies"),
    column("contract_failed", "", "Items of the contract that are not kept, ids separated by spaces"),
    column("contract_days_late", "days", "The longest delay among the agreed days; 0 = none was late"),
    column(
        "transfer_met",
        "",
        "yes, no or unknown: whether every cap on transfers and every public contribution is kept; null = none applies",
    ),
    column("transfer_failed", "", "Caps and contributions that are not kept, ids separated by spaces"),
    column("term_met", "", "yes, no or unknown: whether the term is no longer than its class allows; null = no class applies"),
    column("idle_years_computed", "years", "Years since the agreed start or since the works stopped; 0 = not idle"),
    column("idle_basis", "", "What idle years go by: declared, never_started, stalled or not_idle"),
    column("overdue", "", "Items of the life cycle that are overdue, ids separated by spaces"),
    column("next_due", "", "The next item of the life cycle on or after the day of the job"),
    column("next_due_date", "", "Its day"),
    column("score", "", "Score of the grading rule"),
    column("grade", "", "A, B, C or D, or the letter that the rule writes for exempt parcels, such as T; null = not graded"),
    column("grade_reason", "", "What decided the grade, or why there is none"),
    column("low_efficiency", "", "yes, no or unknown"),
    column("low_efficiency_reason", "", "What decided it"),
    column("tract_id", "", "Candidate tract of low-efficiency land; null = in none"),
    column("sliver_status", "", "Status under the sliver rule; null = not a candidate"),
    column(
        "sliver_kind",
        "",
        "enclosed, interlocking, corner, none, or unknown where the lines are missing that would tell a corner; null = not a candidate",
    ),
    column("sliver_project", "", "The project that the sliver adjoins"),
    column("tools", "", "Candidate policy tools: routes of the toolbox that could apply, ids separated by spaces; empty = none"),
    column("needs_data", "", "Policy tools that lack facts: routes, ids separated by spaces; empty = none"),
    column(
        "sensitive",
        "",
        "Verdicts that change between `far_low` and `far_high`, separated by spaces; null = none, or no limits are known",
    ),
    column("findings", "", "Findings about the parcel"),
];

/// The figures that are apportioned, by their canonical columns.
pub const FIGURES: [&str; 10] = [
    "tax_wan",
    "output_wan",
    "invest_wan",
    "value_added_wan",
    "revenue_wan",
    "rnd_wan",
    "energy_tce",
    "emission_t",
    "employees",
    "electricity_mwh",
];

/// Indicators that are one figure over another: column, numerator, denominator.
pub const RATIOS: [(&str, &str, &str); 5] = [
    ("value_added_per_tce_wan", "value_added_wan", "energy_tce"),
    ("value_added_per_t_wan", "value_added_wan", "emission_t"),
    ("value_added_per_employee_wan", "value_added_wan", "employees"),
    ("tax_per_mwh_wan", "tax_wan", "electricity_mwh"),
    ("rnd_share", "rnd_wan", "revenue_wan"),
];

/// Indicators that are a figure a mu and year: figure, column.
pub const PER_MU: [(&str, &str); 5] = [
    ("tax_wan", "tax_per_mu_wan"),
    ("output_wan", "output_per_mu_wan"),
    ("revenue_wan", "revenue_per_mu_wan"),
    ("invest_wan", "invest_per_mu_wan"),
    ("value_added_wan", "value_added_per_mu_wan"),
];

/// A mean over several years that a rule asks for by its name: `tax_per_mu_wan_3y`, `output_wan_5y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearsMean {
    /// The figure of [`FIGURES`].
    pub figure: &'static str,
    /// Whether it is a mu of legal area.
    pub per_mu: bool,
    /// The years, the last full one the last of them.
    pub years: u32,
}

impl YearsMean {
    /// What a name asks for; none where it is no such name.
    ///
    /// ```
    /// use mujun::model::columns::YearsMean;
    /// let mean = YearsMean::named("tax_per_mu_wan_3y").unwrap();
    /// assert_eq!((mean.figure, mean.per_mu, mean.years), ("tax_wan", true, 3));
    /// assert_eq!(YearsMean::named("far_3y"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (column, years) = name.strip_suffix('y')?.rsplit_once('_')?;
        let years = years.parse().ok().filter(|years| (2..=9).contains(years))?;
        let per_mu = PER_MU.iter().find(|(_, own)| *own == column).map(|(figure, _)| (*figure, true));
        let figure = FIGURES.iter().find(|figure| **figure == column).map(|figure| (*figure, false));
        per_mu.or(figure).map(|(figure, per_mu)| Self { figure, per_mu, years })
    }
}

/// Whether a column is a figure, a figure a mu or a ratio of figures: what an enterprise has like a parcel.
#[must_use]
pub fn is_figure(name: &str) -> bool {
    FIGURES.contains(&name) || RATIOS.iter().any(|(own, ..)| *own == name) || name.ends_with("_per_mu_wan")
}

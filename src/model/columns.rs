//! The one definition of the output columns: name, unit and meaning. Writers, summaries, `explain` and the schema of the inventory are made from it.
//!
//! **Invariant:** names here are those of the contract; a column is never renamed.

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A 64-bit floating-point number.
    Number,
    /// Such a number that people read in per cent; it is stored as it is, 0.25 for 25 %.
    Fraction,
    /// A whole number.
    Whole,
    /// A day.
    Day,
    /// A polygon as WKB.
    Polygon,
    /// A box: least and greatest easting and northing.
    Box,
}

/// What the texts of a column may be; the codes of a set and their words stand in `data/lang/values.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Any text.
    Free,
    /// A code of the set and no other.
    OneOf(&'static str),
    /// Codes of the set and no other, separated by spaces.
    ListOf(&'static str),
    /// A code; those of the set have words, a job or a rule pack may bring others.
    Among(&'static str),
    /// Such codes, separated by spaces.
    ListAmong(&'static str),
    /// A sentence in the language of the run.
    Sentence,
    /// A code of GB/T 4754, or what the source has in its place.
    Industry,
}

/// An output column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name in every file.
    pub name: &'static str,
    /// The type.
    pub kind: ColumnType,
    /// The unit; empty for text, counts, ratios and shares.
    pub unit: &'static str,
    /// What its texts may be.
    pub codes: Codes,
    /// What the value is.
    pub meaning: &'static str,
}

impl Column {
    /// A column of text.
    pub(super) const fn text(name: &'static str, meaning: &'static str) -> Self {
        Self { name, kind: ColumnType::Text, unit: "", codes: Codes::Free, meaning }
    }

    /// A column of numbers.
    pub(super) const fn number(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self { name, kind: ColumnType::Number, unit, codes: Codes::Free, meaning }
    }

    /// A column of fractions.
    pub(super) const fn fraction(name: &'static str, meaning: &'static str) -> Self {
        Self { name, kind: ColumnType::Fraction, unit: "", codes: Codes::Free, meaning }
    }

    /// A column of counts.
    pub(super) const fn whole(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self { name, kind: ColumnType::Whole, unit, codes: Codes::Free, meaning }
    }

    /// A column of days.
    pub(super) const fn day(name: &'static str, meaning: &'static str) -> Self {
        Self { name, kind: ColumnType::Day, unit: "", codes: Codes::Free, meaning }
    }

    /// A column of shapes in metres.
    pub(super) const fn shape(name: &'static str, kind: ColumnType, meaning: &'static str) -> Self {
        Self { name, kind, unit: "m", codes: Codes::Free, meaning }
    }

    /// The same with texts that are codes.
    pub(super) const fn codes(mut self, codes: Codes) -> Self {
        self.codes = codes;
        self
    }
}

/// The columns of the inventory that every job has, in order. `zone_<kind>` and `share_<kind>` stand before `location_class`.
pub const INVENTORY: &[Column] = &[
    Column::text("parcel_id", "Parcel code, text"),
    Column::text("town", "Town or street"),
    Column::text("industry", "Industry by GB/T 4754").codes(Codes::Industry),
    Column::text("land_use", "Land-use code"),
    Column::number("area_m2", "m²", "Legal area: the first known of the job's order"),
    Column::text("area_basis", "Which area the legal area is: registered, planar or ellipsoidal").codes(Codes::OneOf("area_basis")),
    Column::number("area_planar_m2", "m²", "Planar area in the compute CRS"),
    Column::number("area_ellipsoidal_m2", "m²", "Area on the ellipsoid by the survey formula"),
    Column::number("area_registered_m2", "m²", "Area as registered"),
    Column::number("area_mu", "mu", "Legal area in mu of 2000/3 m²"),
    Column::number("overlap_m2", "m²", "Planar area of the parcel that parcels before it by identifier cover as well"),
    Column::number("net_area_m2", "m²", "Legal area less the overlap: sums of it count no ground twice"),
    Column::number("footprint_m2", "m²", "Ground covered by above-ground buildings, overlaps dissolved"),
    Column::number("floor_area_m2", "m²", "Counted floor area (计容建筑面积)"),
    Column::number("far", "", "Plot ratio (容积率): counted floor area over legal area"),
    Column::fraction("building_density", "Footprint over legal area, a fraction"),
    Column::text("far_basis", "Weakest basis of the floor area: declared, floors, height or estimated").codes(Codes::OneOf("floor_basis")),
    Column::number("far_low", "", "Least plot ratio within the limits of the indicator rule; that of `far` where it gives none"),
    Column::number("far_high", "", "Greatest plot ratio within the limits of the indicator rule; that of `far` where it gives none"),
    Column::text("location_class", "Location class of the rule pack").codes(Codes::Among("location_class")),
    Column::number("tax_per_mu_wan", "万元/mu", "Tax a mu and year"),
    Column::number("output_per_mu_wan", "万元/mu", "Output value a mu and year"),
    Column::number("revenue_per_mu_wan", "万元/mu", "Revenue a mu and year"),
    Column::number("invest_per_mu_wan", "万元/mu", "Investment a mu and year"),
    Column::number("value_added_per_mu_wan", "万元/mu", "Value added a mu and year"),
    Column::number("value_added_per_tce_wan", "万元/tce", "Value added a tonne of standard coal"),
    Column::number("value_added_per_t_wan", "万元/t", "Value added a tonne of main pollutants"),
    Column::number("value_added_per_employee_wan", "万元/person", "Value added a person and year (全员劳动生产率)"),
    Column::number("tax_per_mwh_wan", "万元/MWh", "Tax a megawatt-hour of electricity (单位电耗税收); its published benchmark has no unit"),
    Column::fraction("rnd_share", "R&D spending over revenue, a fraction"),
    Column::number("tax_wan", "万元", "Tax a year, the mean over the window"),
    Column::number("output_wan", "万元", "Output value a year"),
    Column::number("invest_wan", "万元", "Investment a year"),
    Column::number("value_added_wan", "万元", "Value added a year"),
    Column::number("revenue_wan", "万元", "Revenue a year"),
    Column::number("rnd_wan", "万元", "R&D spending a year"),
    Column::number("energy_tce", "tce", "Energy a year"),
    Column::number("emission_t", "t", "Main pollutants a year"),
    Column::number("employees", "person", "Employees, the mean over the window"),
    Column::number("electricity_mwh", "MWh", "Electricity a year"),
    Column::whole("enterprises", "", "Enterprises with a row in the window"),
    Column::text("scale", "above where one of the enterprises is above scale, below where all are known to be below, else unknown")
        .codes(Codes::OneOf("scale")),
    Column::fraction(
        "building_coefficient",
        "Building coefficient (建筑系数): footprint, structures and yards over legal area, a fraction",
    ),
    Column::fraction("office_living_land_share", "Office and living land over legal area, a fraction"),
    Column::text(
        "office_living_basis",
        "Where the share of office and living land comes from: land, or floor where only the floor is declared",
    )
    .codes(Codes::OneOf("office_living_basis")),
    Column::fraction("green_rate", "Green land (绿地率) over legal area, a fraction"),
    Column::fraction("office_living_floor_share", "Office and living floor over above-ground floor, a fraction"),
    Column::fraction("other_use_floor_share", "Floor of other uses and living facilities over above-ground floor, a fraction"),
    Column::fraction("living_floor_share", "Floor of living facilities over above-ground floor, a fraction"),
    Column::number("land_needed_m2", "m²", "Land that the planned investment needs at the agreed intensity"),
    Column::number("surplus_by_intensity_m2", "m²", "Legal area less the land needed; negative = too little land"),
    Column::number("surplus_by_intensity_mu", "mu", "Legal area less the land needed, in mu; negative = too little land"),
    Column::text("standards_met", "yes, no or unknown: whether every standard of land use that applies is met; null = none applies")
        .codes(Codes::OneOf("verdict")),
    Column::text("standards_failed", "Standards that are not met, ids separated by spaces"),
    Column::number("target_far", "", "Target plot ratio of the rule for the use of the parcel"),
    Column::number("floor_area_to_target_m2", "m²", "Floor area that could still be built up to the target plot ratio of the rule"),
    Column::text("contract_met", "yes, no or unknown: whether every item of the land contract is kept; null = none applies")
        .codes(Codes::OneOf("verdict")),
    Column::text("contract_failed", "Items of the contract that are not kept, ids separated by spaces"),
    Column::number("contract_days_late", "days", "The longest delay among the agreed days; 0 = none was late"),
    Column::text(
        "transfer_met",
        "yes, no or unknown: whether every cap on transfers and every public contribution is kept; null = none applies",
    )
    .codes(Codes::OneOf("verdict")),
    Column::text("transfer_failed", "Caps and contributions that are not kept, ids separated by spaces"),
    Column::text("term_met", "yes, no or unknown: whether the term is no longer than its class allows; null = no class applies")
        .codes(Codes::OneOf("verdict")),
    Column::number("idle_years_computed", "years", "Years since the agreed start or since the works stopped; 0 = not idle"),
    Column::text("idle_basis", "What idle years go by: declared, never_started, stalled or not_idle").codes(Codes::OneOf("idle_basis")),
    Column::text("overdue", "Items of the life cycle that are overdue, ids separated by spaces").codes(Codes::ListAmong("due_item")),
    Column::text("next_due", "The next item of the life cycle on or after the day of the job").codes(Codes::Among("due_item")),
    Column::day("next_due_date", "Day of the next item of the life cycle"),
    Column::number("score", "", "Score of the grading rule"),
    Column::text("grade", "A, B, C or D, or the letter that the rule writes for exempt parcels, such as T; null = not graded")
        .codes(Codes::Among("grade")),
    Column::text("grade_reason", "What decided the grade, or why there is none").codes(Codes::Sentence),
    Column::text("low_efficiency", "yes, no or unknown").codes(Codes::OneOf("verdict")),
    Column::text("low_efficiency_reason", "What decided whether it is low-efficiency land").codes(Codes::Sentence),
    Column::text("tract_id", "Candidate tract of low-efficiency land; null = in none"),
    Column::text("sliver_status", "Status under the sliver rule; null = not a candidate").codes(Codes::OneOf("sliver_status")),
    Column::text(
        "sliver_kind",
        "enclosed, interlocking, corner, none, or unknown where the lines are missing that would tell a corner; null = not a candidate",
    )
    .codes(Codes::OneOf("sliver_kind")),
    Column::text("sliver_project", "The project that the sliver adjoins"),
    Column::text("tools", "Candidate policy tools: routes of the toolbox that could apply, ids separated by spaces; empty = none"),
    Column::text("needs_data", "Policy tools that lack facts: routes, ids separated by spaces; empty = none"),
    Column::text(
        "sensitive",
        "Verdicts that change between `far_low` and `far_high`, separated by spaces; null = none, or no limits are known",
    )
    .codes(Codes::ListOf("sensitive")),
    Column::whole("findings", "", "Findings about the parcel"),
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

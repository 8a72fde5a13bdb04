//! The parcel attributes that an office may declare beside the measured figures: land contracts, use, compliance. Rules name them; the program computes none.
//!
//! `data/mapping/fields.toml` has the same names with types, source names and ranges; a test compares them.
//!
//! **Invariant:** an attribute that a job does not declare is unknown in every parcel, never a default.

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// A number in the unit of its name.
    Number,
    /// Text or one of a list of words.
    Text,
    /// Yes or no.
    Flag,
    /// A day.
    Date,
}

/// The attributes by their canonical names, in the order of the mapping file.
pub const ATTRIBUTES: &[(&str, AttributeKind)] = &[
    ("tenure", AttributeKind::Text),
    ("is_construction_land", AttributeKind::Flag),
    ("grant_mode", AttributeKind::Text),
    ("use_now", AttributeKind::Text),
    ("use_planned", AttributeKind::Text),
    ("contract_start_due", AttributeKind::Date),
    ("contract_finish_due", AttributeKind::Date),
    ("contract_production_due", AttributeKind::Date),
    ("works_started", AttributeKind::Flag),
    ("started_area_ratio", AttributeKind::Number),
    ("invested_ratio", AttributeKind::Number),
    ("idle_years", AttributeKind::Number),
    ("idle_cause", AttributeKind::Text),
    ("term_start", AttributeKind::Date),
    ("term_end", AttributeKind::Date),
    ("renewal_status", AttributeKind::Text),
    ("contract_forced_exit", AttributeKind::Flag),
    ("eval_stage", AttributeKind::Text),
    ("eval_result", AttributeKind::Text),
    ("breach_notified", AttributeKind::Flag),
    ("breach_cured", AttributeKind::Flag),
    ("far_contract", AttributeKind::Number),
    ("far_planned", AttributeKind::Number),
    ("height_contract", AttributeKind::Number),
    ("surplus_land_m2", AttributeKind::Number),
    ("surplus_floor_m2", AttributeKind::Number),
    ("low_eff", AttributeKind::Flag),
    ("soe_owner", AttributeKind::Text),
    ("catalogue_flag", AttributeKind::Flag),
    ("pollution_flag", AttributeKind::Text),
    ("safety_flag", AttributeKind::Text),
    ("fire_flag", AttributeKind::Text),
    ("land_violation", AttributeKind::Text),
    ("building_violation", AttributeKind::Flag),
    ("in_park", AttributeKind::Flag),
    ("conforms_to_plan", AttributeKind::Flag),
    ("public_project_overlap", AttributeKind::Number),
    ("housing_on_site", AttributeKind::Flag),
    ("holder_consent", AttributeKind::Flag),
    ("judicial_enforcement", AttributeKind::Flag),
    ("leased_to_platform", AttributeKind::Flag),
    ("project_class", AttributeKind::Text),
    ("holder_kind", AttributeKind::Text),
    ("major_project", AttributeKind::Flag),
    ("special_process", AttributeKind::Flag),
    ("structures_m2", AttributeKind::Number),
    ("yards_m2", AttributeKind::Number),
    ("green_m2", AttributeKind::Number),
    ("office_living_land_m2", AttributeKind::Number),
    ("above_ground_floor_m2", AttributeKind::Number),
    ("office_living_floor_m2", AttributeKind::Number),
    ("other_use_floor_m2", AttributeKind::Number),
    ("living_floor_m2", AttributeKind::Number),
    ("planned_invest_wan", AttributeKind::Number),
    ("invest_agreed_per_mu_wan", AttributeKind::Number),
    ("output_agreed_per_mu_wan", AttributeKind::Number),
    ("tax_agreed_per_mu_wan", AttributeKind::Number),
    ("value_added_per_tce_agreed_wan", AttributeKind::Number),
    ("value_added_per_t_agreed_wan", AttributeKind::Number),
    ("started_on", AttributeKind::Date),
    ("finished_on", AttributeKind::Date),
    ("production_on", AttributeKind::Date),
    ("contract_capacity_due", AttributeKind::Date),
    ("capacity_on", AttributeKind::Date),
    ("works_stopped_on", AttributeKind::Date),
    ("last_evaluation_on", AttributeKind::Date),
    ("lease_start", AttributeKind::Date),
    ("lease_end", AttributeKind::Date),
    ("land_price_wan", AttributeKind::Number),
    ("secured_debt_wan", AttributeKind::Number),
    ("share_held", AttributeKind::Number),
    ("share_sold", AttributeKind::Number),
    ("direct_sale_share", AttributeKind::Number),
    ("land_sold_apart", AttributeKind::Flag),
    ("split_sold", AttributeKind::Flag),
    ("resold", AttributeKind::Flag),
    ("resale_years", AttributeKind::Number),
    ("self_conversion", AttributeKind::Flag),
    ("public_land_share", AttributeKind::Number),
    ("public_floor_share", AttributeKind::Number),
];

/// What the attribute of that name holds; none where there is no such attribute.
#[must_use]
pub fn attribute_kind(name: &str) -> Option<AttributeKind> {
    ATTRIBUTES.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind)
}

//! What a case of a sliver rule may state of a plot, besides the columns of the inventory and what a parcel layer declares.

use crate::rules::ColumnKind;

/// The facts by name.
const FACTS: &[(&str, ColumnKind)] = &[
    ("project_id", ColumnKind::Text),
    ("project_holder_id", ColumnKind::Text),
    ("project_land_m2", ColumnKind::Number),
    ("perimeter_m", ColumnKind::Number),
    ("shared_m", ColumnKind::Number),
    ("runs", ColumnKind::Number),
    ("hole_share", ColumnKind::Number),
    ("hull_share", ColumnKind::Number),
    ("line_share", ColumnKind::Number),
    ("inscribed_diameter_m", ColumnKind::Number),
    ("has_road", ColumnKind::Flag),
];

/// What the fact holds; none where there is no such fact.
pub(in crate::rules) fn fact_kind(name: &str) -> Option<ColumnKind> {
    FACTS.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind)
}

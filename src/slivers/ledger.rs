//! `ledger/sliver_candidates.parquet` and the sliver columns of the inventory.

use polars::prelude::{Column, DataFrame, IntoColumn, IntoSeries, NewChunkedArray, PolarsError, UInt32Chunked};

use super::{Candidate, Projects, Status};
use crate::model::{Verdict, number_column, text_column};
use crate::rules::{AreaKind, Human, SliverRules};

/// The ledger; without a rule it has no row.
///
/// # Errors
/// None that the data can cause.
pub fn ledger(
    candidates: &[Candidate],
    parcels: &[&str],
    projects: Projects<'_>,
    rule: Option<&SliverRules>,
) -> Result<DataFrame, PolarsError> {
    let human = rule.map(|rule| words(&rule.human));
    let supply = rule.map(|rule| rule.supply.as_ref());
    let rows = Rows { candidates };
    DataFrame::new(
        candidates.len(),
        vec![
            rows.text("project_id", |c| projects.ids.get(c.project as usize)),
            rows.text("parcel_id", |c| parcels.get(c.parcel as usize).copied()),
            rows.text("kind", |c| Some(c.kind.as_str())),
            rows.number("shared_m", |c| Some(c.measures.shared_m)),
            rows.number("area_m2", |c| Some(c.area_m2)),
            rows.number("project_land_m2", |c| Some(c.land_m2)),
            rows.number("ratio_core", |c| Some(c.ratio_core)),
            rows.number("ratio_with_slivers", |c| Some(c.ratio_with_slivers)),
            rows.text("status", |c| Some(c.status.as_str())),
            rows.text("refused_by", |c| Some(c.status.refused_by())),
            rows.text("nature", |c| Some(c.status.nature().as_str())),
            rows.text("recommended", |c| c.recommended.map(|(taken, _)| if taken { "yes" } else { "no" })),
            rows.text("selection", |c| c.recommended.map(|(_, method)| method.as_str())),
            rows.text("area_basis", |c| Some(area_word(c.area_basis))),
            rows.number("perimeter_m", |c| Some(c.measures.perimeter_m)),
            rows.number("shared_ratio", |c| Some(c.measures.shared_ratio())),
            UInt32Chunked::from_iter_values("runs".into(), candidates.iter().map(|c| c.measures.runs)).into_series().into_column(),
            rows.number("hole_share", |c| Some(c.measures.hole_share)),
            rows.number("hull_share", |c| Some(c.measures.hull_share)),
            rows.number("line_share", |c| c.measures.line_share),
            rows.text("hard_to_develop", |c| Some(c.signs.any().as_str())),
            text_column("signs", candidates.iter().map(|c| c.signs.words()).collect::<Vec<_>>().iter().map(|words| Some(words.as_str()))),
            rows.number("inscribed_diameter_m", |c| Some(c.measures.inscribed_diameter_m)),
            rows.number("compactness", |c| Some(c.measures.compactness())),
            rows.text("road_access", |c| Some(Verdict::from(c.measures.has_road).as_str())),
            rows.text("supply", |_| supply),
            rows.text("human", |_| human.as_deref()),
        ],
    )
}

/// The ids of what a person must confirm.
pub(super) fn words(human: &[Human]) -> String {
    human.iter().map(|h| h.id.as_ref()).collect::<Vec<_>>().join(" ")
}

/// The word of an area.
pub(super) const fn area_word(kind: AreaKind) -> &'static str {
    match kind {
        AreaKind::Registered => "registered",
        AreaKind::Ellipsoidal => "ellipsoidal",
        AreaKind::Planar => "planar",
    }
}

struct Rows<'a> {
    candidates: &'a [Candidate],
}

impl<'a> Rows<'a> {
    fn text<'v>(&self, name: &str, value: impl Fn(&'a Candidate) -> Option<&'v str>) -> Column {
        text_column(name, self.candidates.iter().map(value))
    }

    fn number(&self, name: &str, value: impl Fn(&'a Candidate) -> Option<f64>) -> Column {
        number_column(name, self.candidates.iter().map(value))
    }
}

/// `sliver_status`, `sliver_kind` and `sliver_project` for `rows` parcels: those of the project that a plot belongs to, which is the one it runs along longest
/// among those that count it, else among all.
#[must_use]
pub fn columns(candidates: &[Candidate], projects: Projects<'_>, rows: usize) -> Vec<Column> {
    let mut own: Vec<Option<&Candidate>> = vec![None; rows];
    let rank = |c: &Candidate| (c.status.is_counted(), c.status != Status::OtherProject, c.measures.shared_m);
    for candidate in candidates {
        if let Some(slot) = own.get_mut(candidate.parcel as usize)
            && slot.is_none_or(|c| rank(candidate) > rank(c))
        {
            *slot = Some(candidate);
        }
    }
    vec![
        text_column("sliver_status", own.iter().map(|c| c.map(|c| c.status.as_str()))),
        text_column("sliver_kind", own.iter().map(|c| c.map(|c| c.kind.as_str()))),
        text_column("sliver_project", own.iter().map(|c| c.and_then(|c| projects.ids.get(c.project as usize)))),
    ]
}

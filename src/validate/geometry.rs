//! Polygons that cannot be measured as they are: repaired where that decides little, else rejected.
//!
//! Every defect is named with its place. A repair is made where it leaves an area and where the ground that it decides on — that on which the
//! non-zero and the even-odd reading of the rings differ — is within the job's limit; else the feature goes to the rejects.

use std::collections::BTreeMap;

use polars::prelude::PolarsError;
use rayon::prelude::*;

use super::identity::reject_of;
use super::{FARTHEST_M, RepairLimit, Treatment, Validated, drawn_m2, is_too_far};
use crate::model::{
    Code, Coord, Finding, GeometryBuilder, GeometryColumn, Lang, Layer, Shape, Source, attributes_of, lang::finding_title, say::spoken,
};
use crate::say;
use crate::spatial::area::planar_area_m2;
use crate::spatial::defects::{Defect, Kind, Place};
use crate::spatial::{spikes, validity};

/// So many defects of a feature are named.
const NAMED: usize = 3;

/// What is the matter with a feature, and what becomes of it.
struct Case {
    row: usize,
    defects: Vec<Defect>,
    /// By the even-odd rule, m².
    before_m2: f64,
    fate: Fate,
}

enum Fate {
    Repaired {
        after: GeometryColumn,
        after_m2: f64,
        disputed_m2: f64,
    },
    /// Why, with what goes into the message behind it.
    Rejected {
        code: Code,
        reason: String,
        hint: String,
    },
}

/// Repairs and rejects. Returns what repairs took away, less what they gave, in m².
pub(super) fn settle(validated: &mut Validated, treatment: Treatment) -> Result<f64, PolarsError> {
    let layer = &validated.layer;
    let case = |row| case(layer.geometry.shape(row), row, treatment);
    let cases: Vec<Case> = (0..layer.len()).into_par_iter().with_min_len(256).filter_map(case).collect();
    if cases.is_empty() {
        validated.findings.extend(near_spikes(layer, treatment));
        return Ok(0.0);
    }
    let mut taken_m2 = 0.0;
    for case in &cases {
        match &case.fate {
            Fate::Repaired { after_m2, disputed_m2, .. } => {
                taken_m2 += drawn_m2(layer.geometry.shape(case.row)).unwrap_or_default() - after_m2;
                let finding = repaired(layer, case, (*after_m2, *disputed_m2), treatment.origin);
                validated.findings.push(with_kinds(finding, &case.defects));
            }
            Fate::Rejected { code, reason, hint } => {
                let reason = format!("{reason}{}", listed(&case.defects, treatment.origin));
                // A merged feature is rejected row by row, as its rows came.
                let merged = validated.members.as_ref().and_then(|members| Some((&members.rows, members.of_feature(case.row)?)));
                let (rows, own) = merged.unwrap_or((layer, case.row..case.row + 1));
                validated.merged -= own.len() - 1;
                for row in own {
                    validated.rejects.push(reject_of(rows, row, treatment, (*code, &reason)));
                    validated.findings.push(with_kinds(finding(rows, row, *code, reason.clone()).hint(hint.clone()), &case.defects));
                }
            }
        }
    }
    validated.findings.extend(summaries(layer, &cases));
    validated.layer = rebuilt(layer, &cases)?;
    validated.findings.extend(near_spikes(&validated.layer, treatment));
    Ok(taken_m2)
}

/// What is valid and may be measured, but that nobody drew on purpose: one finding a feature.
fn near_spikes(layer: &Layer, treatment: Treatment) -> Vec<Finding> {
    let look = |row: usize| {
        let spikes = spikes::near_spikes(layer.geometry.shape(row), treatment.snap_m);
        let first = spikes.first()?;
        let (place, at) = (first.place, Coord::new(first.at.x + treatment.origin.x, first.at.y + treatment.origin.y));
        let message = say!(
            "near-spikes: {spikes}; the first: {length} m long and {width} m wide at {place} ({x}, {y})",
            spikes = spikes.len(),
            length = format_args!("{:.3}", first.length_m),
            width = format_args!("{:.4}", first.width_m),
            place = place_words(place),
            x = format_args!("{:.3}", at.x),
            y = format_args!("{:.3}", at.y)
        );
        let finding = finding(layer, row, Code::GeometryNearSpike, message).field("geometry", "near_spike");
        Some(finding.hint(say!("take the spike out of the boundary in the source; the polygon was left as it is")))
    };
    (0..layer.len()).into_par_iter().with_min_len(1024).filter_map(look).collect()
}

fn case(shape: Shape<'_>, row: usize, treatment: Treatment) -> Option<Case> {
    if is_too_far(shape) {
        let reason = say!("a coordinate lies more than {distance} km from the middle of the data", distance = FARTHEST_M / 1000.0);
        let hint = say!("correct the coordinate, or the crs of the layer, in the source");
        return Some(Case { row, defects: Vec::new(), before_m2: 0.0, fate: Fate::Rejected { code: Code::GeometryAbsurd, reason, hint } });
    }
    let defects = validity::faults(shape);
    if defects.is_empty() && planar_area_m2(shape) > 0.0 {
        return None;
    }
    let repaired = validity::repaired(shape).filter(|_| !defects.is_empty());
    let before_m2 = validity::even_odd_area_m2(shape);
    let fate = match repaired.map(|after| (planar_area_m2(after.shape(0)), after)) {
        Some((after_m2, after)) if after_m2 > 0.0 => judged(shape, after, (before_m2, after_m2), treatment.limit),
        _ => Fate::Rejected {
            code: Code::GeometryNoArea,
            reason: say!("the polygon has no area, or none that a repair could find"),
            hint: say!("digitise the feature again or delete it in the source"),
        },
    };
    Some(Case { row, defects, before_m2, fate })
}

/// Whether a repair is within the limit.
fn judged(shape: Shape<'_>, after: GeometryColumn, (before_m2, after_m2): (f64, f64), limit: RepairLimit) -> Fate {
    let disputed_m2 = validity::disputed_m2(shape, after.shape(0));
    let allowed_m2 = limit.allowed_m2(after_m2);
    if disputed_m2 <= allowed_m2 {
        return Fate::Repaired { after, after_m2, disputed_m2 };
    }
    let reason = say!(
        "the repair would decide on {disputed} m², more than the {allowed} m² allowed: area before {before} m², after {after} m²",
        disputed = format_args!("{disputed_m2:.4}"),
        allowed = format_args!("{allowed_m2:.4}"),
        before = format_args!("{before_m2:.4}"),
        after = format_args!("{after_m2:.4}")
    );
    let hint = say!(
        "mend the polygon in the source, or allow more by `repair_max_area_change_m2` or `repair_max_area_change_share` under `[validate]`"
    );
    Fate::Rejected { code: Code::GeometryRepairTooLarge, reason, hint }
}

fn repaired(layer: &Layer, case: &Case, (after_m2, disputed_m2): (f64, f64), origin: Coord) -> Finding {
    let message = say!(
        "invalid polygon was repaired: area before {before} m², after {after} m², {disputed} m² decided{defects}",
        before = format_args!("{:.4}", case.before_m2),
        after = format_args!("{after_m2:.4}"),
        disputed = format_args!("{disputed_m2:.4}"),
        defects = listed(&case.defects, origin)
    );
    let code = case.defects.iter().map(|d| d.kind).min().map_or(Code::GeometryRepaired, code_of);
    finding(layer, case.row, code, message)
        .hint(say!("check the polygon in the source; rings were filled by the non-zero rule, shells united, holes taken away"))
}

fn finding(layer: &Layer, row: usize, code: Code, message: String) -> Finding {
    let (id, _) = attributes_of(&layer.attributes, row);
    Finding::new(code, layer.source_of(row), message).at_row(layer.rows.get(row).copied().unwrap_or_default()).of(id.unwrap_or_default())
}

/// All kinds of defects of a feature, as the value of the finding.
fn with_kinds(finding: Finding, defects: &[Defect]) -> Finding {
    let kinds: std::collections::BTreeSet<Kind> = defects.iter().map(|d| d.kind).collect();
    if kinds.is_empty() {
        return finding;
    }
    finding.field("geometry", kinds.into_iter().map(Kind::as_str).collect::<Vec<_>>().join(", "))
}

/// The first defects with their places, and how many there are.
fn listed(defects: &[Defect], origin: Coord) -> String {
    let one = |d: &Defect| {
        let other = d.other.map(|other| say!(" with {place}", place = place_words(other))).unwrap_or_default();
        let (x, y) = (format!("{:.3}", d.at.x + origin.x), format!("{:.3}", d.at.y + origin.y));
        let kind = if spoken() == Lang::En { d.kind.as_str() } else { finding_title(spoken(), code_of(d.kind)) };
        say!("{kind} at {place}{other} ({x}, {y})", kind, place = place_words(d.place), other, x, y)
    };
    let named: Vec<String> = defects.iter().take(NAMED).map(one).collect();
    match (named.is_empty(), defects.len().saturating_sub(NAMED)) {
        (true, _) => String::new(),
        (_, 0) => format!("; {}", named.join("; ")),
        (_, more) => format!("; {}{}", named.join("; "), say!("; and {more} more", more)),
    }
}

fn place_words(place: Place) -> String {
    say!("part {part}, ring {ring}, vertex {vertex}", part = place.part, ring = place.ring, vertex = place.vertex)
}

/// All repairs of a file in one finding.
fn summaries(layer: &Layer, cases: &[Case]) -> Vec<Finding> {
    let mut repairs: BTreeMap<&Source, Vec<[f64; 3]>> = BTreeMap::new();
    for case in cases {
        if let Fate::Repaired { after_m2, disputed_m2, .. } = case.fate {
            repairs.entry(layer.source_of(case.row)).or_default().push([case.before_m2, after_m2, disputed_m2]);
        }
    }
    repairs.into_iter().map(|(source, repairs)| summary(source, &repairs)).collect()
}

/// Before, after and decided of every repair of a file, in m².
fn summary(source: &Source, repairs: &[[f64; 3]]) -> Finding {
    let [before, after, disputed] = repairs.iter().fold([0.0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z]);
    let message = say!(
        "{polygons} invalid polygons were repaired: area before {before} m², after {after} m², {disputed} m² decided",
        polygons = repairs.len(),
        before = format_args!("{before:.4}"),
        after = format_args!("{after:.4}"),
        disputed = format_args!("{disputed:.4}")
    );
    let hint = say!("filter the findings of this layer by the field `geometry` for each of them");
    Finding::new(Code::GeometryRepaired, source, message).hint(hint)
}

const fn code_of(kind: Kind) -> Code {
    match kind {
        Kind::PartsOverlap => Code::GeometryPartsOverlap,
        Kind::PartNested => Code::GeometryPartNested,
        Kind::HoleOutside => Code::GeometryHoleOutside,
        Kind::HolesOverlap => Code::GeometryHolesOverlap,
        Kind::SelfCrossing => Code::GeometrySelfCrossing,
        Kind::BowTie => Code::GeometryBowTie,
        Kind::DuplicateRing => Code::GeometryDuplicateRing,
        Kind::SharedEdge => Code::GeometrySharedEdge,
        Kind::InteriorCut => Code::GeometryInteriorCut,
        Kind::SelfTouch => Code::GeometrySelfTouch,
        Kind::Spike => Code::GeometrySpike,
        Kind::RingNoArea => Code::GeometryRingNoArea,
        Kind::RingTooShort => Code::GeometryRingTooShort,
    }
}

/// The layer with repaired polygons in place and rejected rows gone.
fn rebuilt(layer: &Layer, cases: &[Case]) -> Result<Layer, PolarsError> {
    let mut builder = GeometryBuilder::default();
    builder.reserve(layer.len(), layer.geometry.coord_count());
    let mut kept = Vec::with_capacity(layer.len());
    let mut next = cases.iter().peekable();
    for row in 0..layer.len() {
        match next.next_if(|c| c.row == row).map(|c| &c.fate) {
            None => builder.push_shape(layer.geometry.shape(row)),
            Some(Fate::Repaired { after, .. }) => builder.push_shape(after.shape(0)),
            Some(Fate::Rejected { .. }) => continue,
        }
        kept.push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    let attributes = if kept.len() == layer.len() {
        layer.attributes.clone()
    } else {
        layer.attributes.take(&polars::prelude::IdxCa::from_vec("".into(), kept.clone()))?
    };
    let rows = kept.iter().filter_map(|&r| layer.rows.get(r as usize).copied()).collect();
    Ok(Layer { source: layer.source.clone(), files: layer.files.take(&kept), geometry: builder.finish(), attributes, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_and_its_code_have_the_same_word() {
        let kinds = [
            Kind::PartsOverlap,
            Kind::PartNested,
            Kind::HoleOutside,
            Kind::HolesOverlap,
            Kind::SelfCrossing,
            Kind::BowTie,
            Kind::DuplicateRing,
            Kind::SharedEdge,
            Kind::InteriorCut,
            Kind::SelfTouch,
            Kind::Spike,
            Kind::RingNoArea,
            Kind::RingTooShort,
        ];
        for kind in kinds {
            assert_eq!(code_of(kind).as_str(), format!("geometry.{}", kind.as_str()));
        }
    }
}

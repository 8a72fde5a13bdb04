//! Polygons that cannot be measured as they are: repaired where that decides little, else rejected.
//!
//! Every defect is named with its place. A repair is made where it leaves an area and where the ground that it decides on — that on which the
//! non-zero and the even-odd reading of the rings differ — is within the job's limit; else the feature goes to the rejects.

use polars::prelude::PolarsError;
use rayon::prelude::*;

use super::{RepairLimit, Treatment, Validated};
use crate::model::{Code, Coord, Finding, GeometryBuilder, GeometryColumn, Layer, Shape, attributes_of};
use crate::spatial::area::planar_area_m2;
use crate::spatial::defects::{Defect, Kind, Place};
use crate::spatial::validity;

/// Farther from the local origin than this is no place of the same job: the longest way within a 3-degree zone of the mainland is longer only in
/// national layers, while a stray vertex at (0, 0) is 2,000 to 40,000 km away.
const FARTHEST_M: f64 = 2e6;
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
        hint: &'static str,
    },
}

/// Repairs and rejects.
pub(super) fn settle(validated: &mut Validated, treatment: Treatment) -> Result<(), PolarsError> {
    let layer = &validated.layer;
    let case = |row| case(layer.geometry.shape(row), row, treatment);
    let cases: Vec<Case> = (0..layer.len()).into_par_iter().with_min_len(256).filter_map(case).collect();
    if cases.is_empty() {
        return Ok(());
    }
    for case in &cases {
        let finding = match &case.fate {
            Fate::Repaired { after_m2, disputed_m2, .. } => repaired(layer, case, (*after_m2, *disputed_m2), treatment.origin),
            Fate::Rejected { code, reason, hint } => {
                let reason = format!("{reason}{}", listed(&case.defects, treatment.origin));
                validated.rejects.push(super::identity::reject_of(layer, case.row, treatment, (*code, &reason)));
                finding(layer, case.row, *code, reason).hint(*hint)
            }
        };
        validated.findings.push(with_kinds(finding, &case.defects));
    }
    validated.findings.extend(summary(layer, &cases));
    validated.layer = rebuilt(layer, &cases)?;
    Ok(())
}

fn case(shape: Shape<'_>, row: usize, treatment: Treatment) -> Option<Case> {
    let bounds = [shape.bounds.min.x, shape.bounds.min.y, shape.bounds.max.x, shape.bounds.max.y];
    if bounds.iter().any(|v| v.abs() > FARTHEST_M) {
        let reason = format!("a coordinate lies more than {} km from the middle of the data", FARTHEST_M / 1000.0);
        let hint = "correct the coordinate, or the crs of the layer, in the source";
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
            reason: "the polygon has no area, or none that a repair could find".into(),
            hint: "digitise the feature again or delete it in the source",
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
    let reason = format!(
        "the repair would decide on {disputed_m2:.4} m², more than the {allowed_m2:.4} m² allowed: area before {before_m2:.4} m², \
         after {after_m2:.4} m²"
    );
    let hint =
        "mend the polygon in the source, or allow more by `repair_max_area_change_m2` or `repair_max_area_change_share` under `[validate]`";
    Fate::Rejected { code: Code::GeometryRepairTooLarge, reason, hint }
}

fn repaired(layer: &Layer, case: &Case, (after_m2, disputed_m2): (f64, f64), origin: Coord) -> Finding {
    let message = format!(
        "invalid polygon was repaired: area before {:.4} m², after {after_m2:.4} m², {disputed_m2:.4} m² decided{}",
        case.before_m2,
        listed(&case.defects, origin)
    );
    let code = case.defects.iter().map(|d| d.kind).min().map_or(Code::GeometryRepaired, code_of);
    finding(layer, case.row, code, message)
        .hint("check the polygon in the source; rings were filled by the non-zero rule, shells united, holes taken away")
}

fn finding(layer: &Layer, row: usize, code: Code, message: String) -> Finding {
    let (id, _) = attributes_of(&layer.attributes, row);
    Finding::new(code, &layer.source, message).at_row(layer.rows.get(row).copied().unwrap_or_default()).of(id.unwrap_or_default())
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
    let place = |p: Place| format!("part {}, ring {}, vertex {}", p.part, p.ring, p.vertex);
    let one = |d: &Defect| {
        let other = d.other.map(|other| format!(" with {}", place(other))).unwrap_or_default();
        format!("{} at {}{other} ({:.3}, {:.3})", d.kind.as_str(), place(d.place), d.at.x + origin.x, d.at.y + origin.y)
    };
    let named: Vec<String> = defects.iter().take(NAMED).map(one).collect();
    match (named.is_empty(), defects.len().saturating_sub(NAMED)) {
        (true, _) => String::new(),
        (_, 0) => format!("; {}", named.join("; ")),
        (_, more) => format!("; {}; and {more} more", named.join("; ")),
    }
}

/// All repairs of the layer in one finding.
fn summary(layer: &Layer, cases: &[Case]) -> Option<Finding> {
    let areas = |c: &Case| match c.fate {
        Fate::Repaired { after_m2, disputed_m2, .. } => Some((c.before_m2, after_m2, disputed_m2)),
        Fate::Rejected { .. } => None,
    };
    let repairs: Vec<(f64, f64, f64)> = cases.iter().filter_map(areas).collect();
    let sum = |value: fn(&(f64, f64, f64)) -> f64| repairs.iter().map(value).sum::<f64>();
    let message = format!(
        "{} invalid polygons were repaired: area before {:.4} m², after {:.4} m², {:.4} m² decided",
        repairs.len(),
        sum(|r| r.0),
        sum(|r| r.1),
        sum(|r| r.2)
    );
    let hint = "filter the findings of this layer by the field `geometry` for each of them";
    (!repairs.is_empty()).then(|| Finding::new(Code::GeometryRepaired, &layer.source, message).hint(hint))
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
    Ok(Layer { source: layer.source.clone(), geometry: builder.finish(), attributes, rows })
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

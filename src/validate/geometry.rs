//! Polygons that cannot be measured as they are: repaired where that leaves an area, else rejected.

use polars::prelude::PolarsError;
use rayon::prelude::*;

use super::{Treatment, Validated};
use crate::model::{Code, Finding, GeometryBuilder, GeometryColumn, Layer, Reject, attributes_of};
use crate::spatial::area::planar_area_m2;
use crate::spatial::validity;

/// What becomes of an invalid polygon.
enum Fate {
    Repaired(GeometryColumn),
    Rejected,
}

/// Repairs and rejects.
pub(super) fn settle(validated: &mut Validated, treatment: Treatment) -> Result<(), PolarsError> {
    let layer = &validated.layer;
    let fates: Vec<(usize, Fate)> =
        (0..layer.len()).into_par_iter().with_min_len(256).filter_map(|row| Some((row, fate(&layer.geometry, row)?))).collect();
    if fates.is_empty() {
        return Ok(());
    }
    for (row, fate) in &fates {
        match fate {
            Fate::Repaired(after) => validated.findings.push(repaired(layer, *row, after)),
            Fate::Rejected => {
                let (finding, reject) = rejected(layer, *row, treatment);
                validated.findings.push(finding);
                validated.rejects.push(reject);
            }
        }
    }
    validated.layer = rebuilt(layer, &fates)?;
    Ok(())
}

fn fate(geometry: &GeometryColumn, row: usize) -> Option<Fate> {
    let shape = geometry.shape(row);
    if validity::is_valid(shape) && planar_area_m2(shape) > 0.0 {
        return None;
    }
    let repaired = validity::repaired(shape).filter(|after| planar_area_m2(after.shape(0)) > 0.0);
    Some(repaired.map_or(Fate::Rejected, Fate::Repaired))
}

fn repaired(layer: &Layer, row: usize, after: &GeometryColumn) -> Finding {
    let (before_m2, after_m2) = (planar_area_m2(layer.geometry.shape(row)), planar_area_m2(after.shape(0)));
    let (id, _) = attributes_of(&layer.attributes, row);
    let message = format!("invalid polygon was repaired: signed area before {before_m2:.4} m², area after {after_m2:.4} m²");
    Finding::new(Code::GeometryRepaired, &layer.source, message)
        .at_row(layer.rows.get(row).copied().unwrap_or_default())
        .of(id.unwrap_or_default())
        .hint("check the polygon in the source; rings were filled by the non-zero rule, shells united, holes taken away")
}

fn rejected(layer: &Layer, row: usize, treatment: Treatment) -> (Finding, Reject) {
    let reject = super::identity::reject_of(layer, row, treatment, (Code::GeometryNoArea, "the polygon has no area"));
    let finding = Finding::new(Code::GeometryNoArea, &layer.source, reject.reason.clone())
        .at_row(reject.row)
        .of(reject.id.clone().unwrap_or_default())
        .hint("digitise the feature again or delete it in the source");
    (finding, reject)
}

/// The layer with repaired polygons in place and rejected rows gone.
fn rebuilt(layer: &Layer, fates: &[(usize, Fate)]) -> Result<Layer, PolarsError> {
    let mut builder = GeometryBuilder::default();
    builder.reserve(layer.len(), layer.geometry.coord_count());
    let mut kept = Vec::with_capacity(layer.len());
    let mut next = fates.iter().peekable();
    for row in 0..layer.len() {
        match next.next_if(|f| f.0 == row) {
            None => builder.push_shape(layer.geometry.shape(row)),
            Some((_, Fate::Repaired(after))) => builder.push_shape(after.shape(0)),
            Some((_, Fate::Rejected)) => continue,
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

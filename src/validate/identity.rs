//! One feature, one identifier: rows without one, rows that stand twice, rows that share one and differ.

#![expect(clippy::indexing_slicing, reason = "rows and columns come from the layer that they index; windows of two have two elements")]

use std::collections::BTreeMap;
use std::ops::Range;

use polars::prelude::{AnyValue, IntoColumn, PolarsError, Series, StringChunked};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Ground, Treatment, Validated, drawn_m2};
use crate::model::{Code, Coord, Finding, GeometryBuilder, Layer, Reject, Shape, attributes_of, identifiers};
use crate::say;

/// What identifiers mean to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Rows that share an identifier and differ are all rejected; a row without one is rejected.
    Reject,
    /// Rows that share an identifier are parts of one feature; a row without one is rejected.
    Merge,
    /// As `Reject`, but a row without an identifier gets one made from its geometry.
    RejectOrName,
    /// Names may repeat: no row is rejected.
    Free,
}

/// Sorts by identifier and settles what is missing or shared.
pub(super) fn settle(layer: Layer, treatment: Treatment) -> Result<Validated, PolarsError> {
    let (layer, mut rejects, mut findings) = with_identifiers(layer, treatment)?;
    let ids = identifiers(&layer.attributes)?.clone();
    let ids: Vec<&str> = ids.iter().map(Option::unwrap_or_default).collect();
    let order = order(&layer, &ids);
    let mut kept: Vec<u32> = Vec::with_capacity(order.len());
    let mut merges: Vec<(usize, Vec<u32>)> = Vec::new();
    for group in order.chunk_by(|a, b| treatment.sharing != Sharing::Free && ids.get(*a as usize) == ids.get(*b as usize)) {
        match (group, treatment.sharing) {
            ([only], _) => kept.push(*only),
            (_, Sharing::Merge) => {
                merges.push((kept.len(), group.to_vec()));
                kept.extend(group.first());
                findings.extend(group.iter().map(|&r| note(&layer, r, Code::IdMerged, &say!("rows with this identifier were merged"), "")));
            }
            (_, _) => settle_shared(&layer, group, treatment, &mut kept, (&mut rejects, &mut findings)),
        }
    }
    if merges.is_empty() && kept.len() == layer.len() && kept.is_sorted() {
        return Ok(Validated { layer, rejects, merged: 0, findings, ground: Ground::default(), members: None });
    }
    let mut settled = layer.take(&kept)?;
    merge(&layer, &mut settled, &merges);
    merge_attributes(&layer, &mut settled, &merges)?;
    let merged = merges.iter().map(|(_, group)| group.len() - 1).sum();
    let members = if merges.is_empty() { None } else { Some(Members::of(&layer, &merges)?) };
    Ok(Validated { layer: settled, rejects, merged, findings, ground: Ground::default(), members })
}

/// The rows of merged features as they were, for those features that are rejected: they go to the rejects as they came, row by row.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) rows: Layer,
    /// The rows of a feature, by its place in the merged layer.
    of: BTreeMap<usize, Range<usize>>,
}

impl Members {
    fn of(layer: &Layer, merges: &[(usize, Vec<u32>)]) -> Result<Self, PolarsError> {
        let all: Vec<u32> = merges.iter().flat_map(|(_, group)| group).copied().collect();
        let mut end = 0;
        let ranges = merges.iter().map(|(place, group)| {
            end += group.len();
            (*place, end - group.len()..end)
        });
        Ok(Self { of: ranges.collect(), rows: layer.take(&all)? })
    }

    pub(super) fn of_feature(&self, place: usize) -> Option<Range<usize>> {
        self.of.get(&place).cloned()
    }
}

/// Rows that share an identifier: one of several that are equal, none of several that differ.
fn settle_shared(layer: &Layer, group: &[u32], treatment: Treatment, kept: &mut Vec<u32>, out: (&mut Vec<Reject>, &mut Vec<Finding>)) {
    let equal = group.windows(2).all(|w| matches!(w, [a, b] if same_content(layer, *a, *b)));
    let (code, why, hint) = if equal {
        (Code::IdRepeated, say!("the row repeats another one in every respect"), say!("delete the copy in the source"))
    } else {
        (
            Code::IdDuplicate,
            say!("rows that differ share this identifier"),
            say!("correct the identifiers, or say `duplicates = \"merge\"` if the rows are parts of one feature"),
        )
    };
    let rejected = if equal { group.get(1..).unwrap_or_default() } else { group };
    kept.extend(group.first().filter(|_| equal));
    for &row in rejected {
        out.0.push(reject_of(layer, row as usize, treatment, (code, &why)));
        out.1.push(note(layer, row, code, &why, &hint));
    }
}

fn same_content(layer: &Layer, a: u32, b: u32) -> bool {
    let (own, other) = (layer.geometry.shape(a as usize), layer.geometry.shape(b as usize));
    own.rings().eq(other.rings())
        && own.part_count() == other.part_count()
        && attributes_of(&layer.attributes, a as usize) == attributes_of(&layer.attributes, b as usize)
}

/// Rows by identifier; rows that share one by what they hold, so that the order of the file does not matter.
fn order(layer: &Layer, ids: &[&str]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(ids.len()).unwrap_or(u32::MAX)).collect();
    if ids.is_sorted_by(|a, b| a < b) {
        return order;
    }
    let id = |row: u32| ids.get(row as usize).copied().unwrap_or_default();
    let content = |row: u32| attributes_of(&layer.attributes, row as usize).1;
    order.par_sort_by(|&a, &b| {
        id(a)
            .cmp(id(b))
            .then_with(|| compare(layer.geometry.shape(a as usize), layer.geometry.shape(b as usize)))
            .then_with(|| content(a).cmp(&content(b)))
    });
    order
}

fn compare(a: Shape<'_>, b: Shape<'_>) -> std::cmp::Ordering {
    let key = |c: &Coord| (c.x, c.y);
    let pairs = a.coords().iter().zip(b.coords());
    let unequal = pairs.map(|(p, q)| key(p).0.total_cmp(&key(q).0).then(key(p).1.total_cmp(&key(q).1))).find(|o| o.is_ne());
    unequal.unwrap_or_else(|| a.coord_count().cmp(&b.coord_count()))
}

/// Puts all parts of merged rows into the first of them.
fn merge(before: &Layer, settled: &mut Layer, merges: &[(usize, Vec<u32>)]) {
    if merges.is_empty() {
        return;
    }
    let mut builder = GeometryBuilder::default();
    let mut next = merges.iter().peekable();
    for row in 0..settled.len() {
        match next.next_if(|m| m.0 == row) {
            None => builder.push_shape(settled.geometry.shape(row)),
            Some((_, group)) => {
                let parts: Vec<Vec<Vec<Coord>>> = group
                    .iter()
                    .flat_map(|&r| {
                        before.geometry.shape(r as usize).parts().map(|rings| rings.map(<[Coord]>::to_vec).collect()).collect::<Vec<_>>()
                    })
                    .collect();
                builder.push_polygons(&parts);
            }
        }
    }
    settled.geometry = builder.finish();
}

/// What the rows of a merged feature say together: areas add up where all are known, everything else holds where all rows say the same.
fn merge_attributes(before: &Layer, settled: &mut Layer, merges: &[(usize, Vec<u32>)]) -> Result<(), PolarsError> {
    const ADDITIVE: [&str; 3] = ["registered_area_m2", "floor_area_m2", "footprint_m2"];
    if merges.is_empty() {
        return Ok(());
    }
    for (number, column) in before.attributes.columns().iter().enumerate().skip(1) {
        let mut values: Vec<AnyValue<'_>> =
            (0..settled.len()).map(|row| settled.attributes.columns()[number].get(row)).collect::<Result<_, _>>()?;
        for (place, group) in merges {
            let rows: Vec<AnyValue<'_>> = group.iter().map(|r| column.get(*r as usize)).collect::<Result<_, _>>()?;
            let known: Option<Vec<f64>> = rows.iter().map(AnyValue::extract).collect();
            values[*place] = match (ADDITIVE.contains(&column.name().as_str()), known) {
                (true, Some(areas)) => AnyValue::Float64(areas.iter().sum()),
                (false, _) if rows.windows(2).all(|w| w[0] == w[1]) => continue,
                _ => AnyValue::Null,
            };
        }
        let merged = Series::from_any_values_and_dtype(column.name().clone(), &values, column.dtype(), true)?;
        settled.attributes.replace_column(number, merged.into_column())?;
    }
    Ok(())
}

/// Gives names to rows without one, or rejects them.
fn with_identifiers(mut layer: Layer, treatment: Treatment) -> Result<(Layer, Vec<Reject>, Vec<Finding>), PolarsError> {
    let ids = identifiers(&layer.attributes)?.clone();
    if ids.null_count() == 0 || treatment.sharing == Sharing::Free {
        return Ok((layer, Vec::new(), Vec::new()));
    }
    if treatment.sharing == Sharing::RejectOrName {
        let named: StringChunked = ids
            .iter()
            .enumerate()
            .map(|(row, id)| id.map_or_else(|| name_from_geometry(&layer, row, treatment.origin), ToOwned::to_owned))
            .map(Some)
            .collect();
        let name = ids.name().clone();
        layer
            .attributes
            .replace_column(0, polars::prelude::IntoColumn::into_column(polars::prelude::IntoSeries::into_series(named.with_name(name))))?;
        return Ok((layer, Vec::new(), Vec::new()));
    }
    let missing: Vec<u32> = (0..).zip(ids.iter()).filter(|(_, id)| id.is_none()).map(|(row, _)| row).collect();
    let kept: Vec<u32> = (0..).zip(ids.iter()).filter(|(_, id)| id.is_some()).map(|(row, _)| row).collect();
    let why = &say!("the row has no identifier");
    let rejects = missing.iter().map(|&r| reject_of(&layer, r as usize, treatment, (Code::IdMissing, why))).collect();
    let findings = missing.iter().map(|&r| note(&layer, r, Code::IdMissing, why, &say!("give the row its code in the source"))).collect();
    Ok((layer.take(&kept)?, rejects, findings))
}

/// `g:` and 16 hexadecimal digits from the coordinates on a grid of 0.1 mm and the attributes.
fn name_from_geometry(layer: &Layer, row: usize, origin: Coord) -> String {
    let mut hasher = Sha256::new();
    for c in layer.geometry.shape(row).coords() {
        for (local, start) in [(c.x, origin.x), (c.y, origin.y)] {
            hasher.update(((local + start) * 1e4).round().to_le_bytes());
        }
    }
    hasher.update(attributes_of(&layer.attributes, row).1);
    let digest = hasher.finalize();
    std::iter::once("g:".to_owned()).chain(digest.iter().take(8).map(|b| format!("{b:02x}"))).collect()
}

fn note(layer: &Layer, row: u32, code: Code, message: &str, hint: &str) -> Finding {
    let (id, _) = attributes_of(&layer.attributes, row as usize);
    Finding::new(code, layer.source_of(row as usize), message)
        .at_row(layer.rows.get(row as usize).copied().unwrap_or_default())
        .of(id.unwrap_or_default())
        .hint(hint)
}

/// The row as a reject.
pub(super) fn reject_of(layer: &Layer, row: usize, treatment: Treatment, why: (Code, &str)) -> Reject {
    let (id, attributes) = attributes_of(&layer.attributes, row);
    Reject {
        source: layer.source_of(row).clone(),
        role: treatment.role,
        row: layer.rows.get(row).copied().unwrap_or_default(),
        id,
        code: why.0,
        reason: why.1.to_owned(),
        area_m2: drawn_m2(layer.geometry.shape(row)),
        wkb: None,
        crs: 0,
        attributes,
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::model::{Files, Source};

    fn layer(ids: &[Option<&str>], areas_m2: &[Option<f64>], towns: &[&str]) -> Layer {
        let mut builder = GeometryBuilder::default();
        for row in 0..ids.len() {
            let x = row as f64 * 10.0;
            builder.push_polygon(&[[(x, 0.0), (x + 10.0, 0.0), (x + 10.0, 10.0)].map(|(x, y)| Coord::new(x, y)).to_vec()]);
        }
        Layer {
            source: Source { file: "p.gpkg".into(), layer: "p".into() },
            files: Files::default(),
            geometry: builder.finish(),
            attributes: df!("parcel_id" => ids, "registered_area_m2" => areas_m2, "town" => towns).unwrap(),
            rows: (1..).take(ids.len()).collect(),
        }
    }

    fn treated(layer: Layer, sharing: Sharing) -> Validated {
        let limit = crate::validate::RepairLimit { area_change_m2: 1.0, area_change_share: 0.001 };
        settle(layer, Treatment { role: "parcels", sharing, origin: Coord::default(), limit, snap_m: 0.01 }).unwrap()
    }

    #[test]
    fn rows_that_share_an_identifier_and_differ_are_all_rejected() {
        let validated = treated(layer(&[Some("b"), Some("a"), Some("b"), None], &[None; 4], &["t"; 4]), Sharing::Reject);
        assert_eq!(validated.layer.rows, [2]);
        assert_eq!(
            validated.rejects.iter().map(|r| (r.row, r.code)).collect::<Vec<_>>(),
            [(4, Code::IdMissing), (1, Code::IdDuplicate), (3, Code::IdDuplicate)]
        );
    }

    #[test]
    fn merged_rows_add_their_areas_and_keep_what_they_agree_on() {
        let rows = layer(&[Some("a"), Some("a"), Some("b")], &[Some(30.0), Some(20.0), Some(7.0)], &["t", "u", "v"]);
        let validated = treated(rows, Sharing::Merge);
        let attributes = &validated.layer.attributes;
        assert_eq!(validated.layer.geometry.shape(0).part_count(), 2);
        assert_eq!(attributes.column("registered_area_m2").unwrap().f64().unwrap().to_vec(), [Some(50.0), Some(7.0)]);
        assert_eq!(attributes.column("town").unwrap().str().unwrap().iter().collect::<Vec<_>>(), [None, Some("v")]);
    }

    #[test]
    fn the_order_of_the_rows_leaves_no_trace() {
        let straight = treated(layer(&[Some("a"), Some("b")], &[Some(1.0), Some(2.0)], &["t", "u"]), Sharing::Reject);
        let turned = {
            let rows = layer(&[Some("a"), Some("b")], &[Some(1.0), Some(2.0)], &["t", "u"]);
            treated(rows.take(&[1, 0]).unwrap(), Sharing::Reject)
        };
        assert_eq!(straight.layer.geometry, turned.layer.geometry);
        assert!(straight.layer.attributes.equals_missing(&turned.layer.attributes));
    }
}

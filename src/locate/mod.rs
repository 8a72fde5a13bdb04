//! Which zones a parcel lies in, and with how much of its ground: shares, states, the full ledger.
//!
//! Zones of one kind are one cover: where they overlap, the ground belongs to the zone that comes first by name, so that the shares of a parcel add up to 1.
//!
//! **Invariant:** for every parcel and kind the ledger's areas add up to the parcel's planar area, to rounding.

#![expect(clippy::indexing_slicing, reason = "rows come from the layers and lists that they index, which have one length")]

use polars::prelude::{Column, DataFrame, Float64Chunked, IntoColumn, NewChunkedArray, PolarsError, StringChunked, UInt32Chunked};
use rayon::prelude::*;

use crate::model::{Code, Finding, GeometryColumn, Layer, columns_of, identifiers, text_at, text_column};
use crate::say;
use crate::spatial::area::planar_area_m2;
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use crate::spatial::sweep::owned_areas_m2;

/// Shares below this area (m²) are no shares.
const LEAST_M2: f64 = 1e-6;

/// From which shares a parcel is inside or outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Share from which (inclusive) a parcel is inside.
    pub inside_min: f64,
    /// Share up to which (inclusive) a parcel is outside.
    pub outside_max: f64,
    /// Overlap up to which (inclusive) a parcel is outside, m².
    pub tolerance_m2: f64,
    /// The same for each metre of the parcel's perimeter, m.
    pub tolerance_m: f64,
}

/// Parcels that one task locates.
const BLOCK: usize = 1024;

/// Where a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the zone.
    Inside,
    /// Out of it.
    Outside,
    /// Across its boundary.
    Split,
}

impl State {
    /// The word in `zone_<kind>`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
            Self::Split => "split",
        }
    }
}

impl Thresholds {
    /// The state of a parcel by its share, the area behind it and its perimeter.
    #[must_use]
    pub fn state(&self, share: f64, area_m2: f64, perimeter_m: f64) -> State {
        let tolerance_m2 = self.tolerance_m2.max(self.tolerance_m * perimeter_m);
        if share >= self.inside_min {
            State::Inside
        } else if share <= self.outside_max || area_m2 <= tolerance_m2 {
            State::Outside
        } else {
            State::Split
        }
    }
}

/// The parcels to locate, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Parcels<'a> {
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Their planar areas, m².
    pub area_m2: &'a [f64],
}

/// The share of every parcel in the zones of one kind.
#[derive(Clone, Debug)]
pub struct Located {
    /// The kind.
    pub kind: String,
    /// Ground in zones of the kind over all ground.
    pub share: Vec<f64>,
    /// That ground, m².
    pub area_m2: Vec<f64>,
    /// The ledger: parcel, zone, m², share, features; parcels in order, zones by name, the remainder last.
    pieces: Vec<Piece>,
    names: Vec<String>,
    /// Zones that overlap.
    pub findings: Vec<Finding>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    parcel: u32,
    /// Index into the names; `None` = outside every zone of the kind.
    zone: Option<u32>,
    area_m2: f64,
    share: f64,
    features: u32,
}

impl Located {
    /// The ground outside every zone of the kind, by the ledger, m².
    #[must_use]
    pub fn outside_m2(&self) -> f64 {
        self.pieces.iter().filter(|piece| piece.zone.is_none()).map(|piece| piece.area_m2).sum()
    }
}

/// Locates every parcel in the zones of one kind. The zones are sorted by name; see [`named`].
///
/// # Errors
/// The zone layer lacks its name column.
pub fn locate(parcels: Parcels<'_>, kind: &str, zones: &Layer) -> Result<Located, PolarsError> {
    let names = identifiers(&zones.attributes)?.iter().map(|n| n.unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let cover = Cover::new(zones, &names);
    let whole_m2 = parcels.area_m2;
    let blocks: Vec<(Vec<Piece>, Vec<f64>)> = (0..whole_m2.len().div_ceil(BLOCK))
        .into_par_iter()
        .map_init(Workbench::default, |bench, block| {
            let (mut pieces, mut covered_m2) = (Vec::with_capacity(2 * BLOCK), Vec::with_capacity(BLOCK));
            let rows = block * BLOCK..whole_m2.len().min((block + 1) * BLOCK);
            covered_m2.extend(rows.map(|parcel| cover.add_pieces(parcels, parcel, bench, &mut pieces)));
            (pieces, covered_m2)
        })
        .collect();
    let mut located = Located {
        kind: kind.to_owned(),
        share: Vec::with_capacity(whole_m2.len()),
        area_m2: Vec::with_capacity(whole_m2.len()),
        pieces: Vec::with_capacity(blocks.iter().map(|b| b.0.len()).sum()),
        findings: cover.findings(zones),
        names: Vec::new(),
    };
    for (pieces, covered_m2) in blocks {
        located.area_m2.extend(covered_m2);
        located.pieces.extend(pieces);
    }
    let share = |(covered_m2, whole_m2): (&f64, &f64)| if covered_m2 >= whole_m2 { 1.0 } else { covered_m2 / whole_m2 };
    located.share.extend(located.area_m2.iter().zip(whole_m2).map(share));
    located.names = names;
    Ok(located)
}

/// The zones with the kind as the name of those that have none, so that they are sorted by the name that they go by.
///
/// # Errors
/// The layer lacks its name column.
pub fn named(mut zones: Layer, kind: &str) -> Result<Layer, PolarsError> {
    let names = identifiers(&zones.attributes)?;
    if names.null_count() > 0 {
        let column = text_column(names.name(), names.iter().map(|name| Some(name.unwrap_or(kind))));
        zones.attributes.replace_column(0, column)?;
    }
    Ok(zones)
}

/// Buffers that are used again from parcel to parcel.
#[derive(Default)]
struct Workbench {
    scratch: Scratch,
    /// Zones whose box touches the parcel's.
    near: Vec<u32>,
    /// Zones on the parcel with their areas, m².
    owned: Vec<(u32, f64)>,
}

/// The zones of one kind, ready to be asked.
struct Cover<'a> {
    index: BoxIndex,
    prepared: PreparedColumn<'a>,
    names: &'a [String],
    /// For each zone the later ones that it overlaps.
    overlaps: Vec<Vec<u32>>,
}

impl<'a> Cover<'a> {
    fn new(zones: &'a Layer, names: &'a [String]) -> Self {
        let index = BoxIndex::new(zones.geometry.bounds());
        let prepared = PreparedColumn::new(&zones.geometry);
        let overlaps = (0..zones.len())
            .into_par_iter()
            .map_init(Scratch::default, |s, zone| overlapping(&zones.geometry, (&index, &prepared), zone, s))
            .collect();
        Self { index, prepared, names, overlaps }
    }

    /// Adds the ledger rows of a parcel to `pieces` and returns the ground that zones cover, m².
    fn add_pieces(&self, parcels: Parcels<'_>, parcel: usize, bench: &mut Workbench, pieces: &mut Vec<Piece>) -> f64 {
        let shape = parcels.geometry.shape(parcel);
        let whole_m2 = parcels.area_m2[parcel];
        let Workbench { scratch, near, owned } = bench;
        owned.clear();
        self.index.find(&shape.bounds, near);
        for &zone in near.iter() {
            let area_m2 = overlap_area_m2(self.prepared.get(zone as usize), shape, whole_m2, scratch);
            if area_m2 > LEAST_M2 {
                owned.push((zone, area_m2));
            }
        }
        if self.any_overlap(owned) {
            let owners: Vec<_> = owned.iter().map(|(zone, _)| self.prepared.get(*zone as usize)).collect();
            for (own, area_m2) in owned.iter_mut().zip(owned_areas_m2(shape, &owners)) {
                own.1 = area_m2;
            }
            owned.retain(|(_, area_m2)| *area_m2 > LEAST_M2);
        }
        let covered_m2: f64 = owned.iter().map(|(_, area_m2)| area_m2).sum();
        let parcel = number_of(parcel);
        let name = |zone: u32| &self.names[zone as usize];
        pieces.extend(owned.chunk_by(|a, b| name(a.0) == name(b.0)).map(|same| {
            let area_m2: f64 = same.iter().map(|(_, m2)| m2).sum();
            let features = number_of(same.len());
            Piece { parcel, zone: same.first().map(|(zone, _)| *zone), area_m2, share: area_m2 / whole_m2, features }
        }));
        let outside_m2 = whole_m2 - covered_m2;
        if outside_m2 > LEAST_M2 {
            pieces.push(Piece { parcel, zone: None, area_m2: outside_m2, share: outside_m2 / whole_m2, features: 0 });
        }
        covered_m2
    }

    fn any_overlap(&self, owned: &[(u32, f64)]) -> bool {
        let has = |zone: u32| owned.iter().any(|(other, _)| *other == zone);
        owned.len() > 1 && owned.iter().any(|(zone, _)| self.overlaps[*zone as usize].iter().any(|other| has(*other)))
    }

    fn findings(&self, zones: &Layer) -> Vec<Finding> {
        let pairs = self.overlaps.iter().enumerate().flat_map(|(zone, others)| others.iter().map(move |other| (zone, *other as usize)));
        pairs
            .map(|(zone, other)| {
                let message = say!(
                    "zone `{first}` overlaps zone `{second}`; the common ground belongs to the former",
                    first = self.names[zone],
                    second = self.names[other]
                );
                Finding::new(Code::ZoneOverlap, zones.source_of(other), message)
                    .at_row(zones.rows[other])
                    .of(&self.names[other])
                    .hint(say!("cut the zones at their common line"))
            })
            .collect()
    }
}

/// The zones after `zone` that share ground with it.
fn overlapping(geometry: &GeometryColumn, zones: (&BoxIndex, &PreparedColumn<'_>), zone: usize, scratch: &mut Scratch) -> Vec<u32> {
    let bounds = geometry.bounds()[zone];
    let later = zones.0.candidates(&bounds).into_iter().filter(|other| *other as usize > zone);
    later
        .filter(|&other| {
            // The one with fewer vertices is the one that is measured.
            let (own, its) = (geometry.shape(zone), geometry.shape(other as usize));
            let (large, small) = if own.coord_count() >= its.coord_count() { (zone, its) } else { (other as usize, own) };
            overlap_area_m2(zones.1.get(large), small, planar_area_m2(small), scratch) > LEAST_M2
        })
        .collect()
}

/// `ledger/zone_shares.parquet`: every kind after the other, by parcel within the kind, then sorted by parcel.
///
/// # Errors
/// A parcel that has no identifier.
pub fn ledger(parcel_ids: &StringChunked, kinds: &[Located]) -> Result<DataFrame, PolarsError> {
    // The kind of each row, and where the names of its zones begin among those of all kinds.
    let mut rows: Vec<([u32; 2], &Piece)> = Vec::with_capacity(kinds.iter().map(|k| k.pieces.len()).sum());
    let mut next: Vec<usize> = vec![0; kinds.len()];
    let first_names = kinds.iter().scan(0, |names, kind| Some(std::mem::replace(names, *names + number_of(kind.names.len()))));
    let first_names: Vec<u32> = first_names.collect();
    for parcel in 0..parcel_ids.len() {
        for (number, (kind, start)) in kinds.iter().zip(&mut next).enumerate() {
            while let Some(piece) = kind.pieces.get(*start).filter(|p| p.parcel as usize == parcel) {
                rows.push(([number_of(number), first_names[number]], piece));
                *start += 1;
            }
        }
    }
    let floats = |name: &str, value: fn(&Piece) -> f64| {
        Float64Chunked::from_iter_values(name.into(), rows.iter().map(|(_, p)| value(p))).into_column()
    };
    let kind_words = StringChunked::from_iter_values("".into(), kinds.iter().map(|k| k.kind.as_str()));
    let names = StringChunked::from_iter_values("".into(), kinds.iter().flat_map(|k| &k.names).map(String::as_str));
    let texts = || {
        Ok([
            text_at("parcel_id", parcel_ids, rows.iter().map(|(_, p)| Some(p.parcel)))?,
            text_at("kind", &kind_words, rows.iter().map(|([kind, _], _)| Some(*kind)))?,
            text_at("zone_name", &names, rows.iter().map(|([_, first], p)| Some(first + p.zone?)))?,
        ])
    };
    let numbers = || {
        columns_of(&[&|| floats("area_m2", |p| p.area_m2), &|| floats("share", |p| p.share), &|| {
            UInt32Chunked::from_iter_values("pieces".into(), rows.iter().map(|(_, p)| p.features)).into_column()
        }])
    };
    let (texts, numbers): (Result<[Column; 3], PolarsError>, _) = rayon::join(texts, numbers);
    DataFrame::new(rows.len(), texts?.into_iter().chain(numbers).collect())
}

fn number_of(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_include_their_ends() {
        let t = Thresholds { inside_min: 0.99, outside_max: 0.01, tolerance_m2: 1.0, tolerance_m: 0.1 };
        let cases = [
            (1.0, 1000.0, 10.0, State::Inside),
            (0.99, 990.0, 10.0, State::Inside),
            (0.989_999, 989.999, 10.0, State::Split),
            (0.01, 10.0, 10.0, State::Outside),
            (0.010_001, 10.001, 10.0, State::Split),
            (0.5, 1.0, 10.0, State::Outside),
            (0.5, 4.0, 40.0, State::Outside),
            (0.5, 4.000_001, 40.0, State::Split),
        ];
        for (share, area_m2, perimeter_m, expected) in cases {
            assert_eq!(t.state(share, area_m2, perimeter_m), expected, "share {share}, {area_m2} m²");
        }
    }
}

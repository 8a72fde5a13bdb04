//! Buildings on parcels: who stands on whose ground, by area; footprint and counted floor area of every parcel; the ledger behind both.
//!
//! **Invariant:** the shares of a building add up to at most 1; what is missing stands in the ledger with a null parcel.

#![expect(clippy::indexing_slicing, reason = "rows come from the layers and lists that they index, which have one length")]

use polars::prelude::{BooleanChunked, Column, DataFrame, Float64Chunked, NewChunkedArray, PolarsError, StringChunked};
use rayon::prelude::*;

use super::floors::{Basis, Building, Counted, FloorRule, count, range_m2};
use crate::model::{Code, Coord, Finding, Layer, columns_of, identifiers, number_column, text_at};
use crate::say;
use crate::spatial::area::planar_area_m2;
use crate::spatial::cover::edges_cancel;
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use crate::spatial::sweep::owned_areas_m2;

pub mod declared;

/// What is the matter with a building that has no floor area, and what to do.
fn floors_unknown(finding: impl FnOnce(&str) -> Finding) -> Finding {
    finding(&say!("floor area, floors and a usable height are all unknown"))
        .hint(say!("add `floors` or `floor_area_m2`, or let the rule pack estimate floors from height"))
}

/// Shares below this area (m²) are no shares.
const LEAST_M2: f64 = 1e-6;

/// Buildings that one task joins.
const BLOCK: usize = 1024;

/// One building on one parcel.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share {
    building: u32,
    /// `None` = outside every parcel.
    parcel: Option<u32>,
    area_m2: f64,
    share: f64,
}

/// The built figures of all parcels, in their order.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// Ground covered by above-ground buildings, m².
    pub footprint_m2: Vec<Option<f64>>,
    /// Counted floor area, m².
    pub floor_area_m2: Vec<Option<f64>>,
    /// Least and greatest floor area, m²; none where the rule gives no limits, or no building has any.
    pub floor_range_m2: Option<Vec<Option<[f64; 2]>>>,
    /// Weakest basis.
    pub basis: Vec<Option<Basis>>,
    /// `ledger/building_shares.parquet`.
    pub ledger: DataFrame,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Sums for the balance.
    pub totals: Totals,
}

/// Ground and floor area of all buildings, and what of it is outside every parcel; m².
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Footprints of all buildings.
    pub ground_m2: f64,
    /// Footprints on parcels.
    pub ground_on_parcels_m2: f64,
    /// Footprints outside every parcel.
    pub ground_outside_m2: f64,
    /// Known floor area of all buildings.
    pub floor_m2: f64,
    /// Known floor area on parcels.
    pub floor_on_parcels_m2: f64,
    /// Known floor area outside every parcel.
    pub floor_outside_m2: f64,
}

/// No building data: everything is unknown.
///
/// # Errors
/// None that the data can cause.
pub fn absent(parcels: usize) -> Result<Built, PolarsError> {
    let none = Rows { shares: Vec::new(), counted: Vec::new(), ranges: None };
    let unknown = vec![None; parcels];
    Ok(Built {
        footprint_m2: unknown.clone(),
        floor_area_m2: unknown,
        basis: vec![None; parcels],
        ledger: ledger(&none, &StringChunked::default(), &StringChunked::default())?,
        ..Built::default()
    })
}

/// Puts footprints on parcels.
///
/// # Errors
/// The attributes lack a canonical column.
pub fn from_footprints(parcels: &Layer, parcel_areas_m2: &[f64], buildings: &Layer, rule: Option<FloorRule>) -> Result<Built, PolarsError> {
    let areas_m2: Vec<f64> = (0..buildings.len()).into_par_iter().map(|row| planar_area_m2(buildings.geometry.shape(row))).collect();
    let facts = Facts::new(&buildings.attributes, &areas_m2)?;
    let ((shares, overshared), (counted, ranges, is_below)) = rayon::join(
        || shares(parcels, buildings, &areas_m2),
        || {
            let counted: Vec<Option<Counted>> = facts.all().map(|building| counted(building, rule)).collect();
            let is_below: Vec<bool> = facts.all().map(|building| building.above_ground == Some(false)).collect();
            (counted, ranges(|| facts.all(), rule), is_below)
        },
    );
    let rows = Rows { shares, counted, ranges };
    let parcel_ids = identifiers(&parcels.attributes)?;
    let building_ids = identifiers(&buildings.attributes)?;
    let of_parcels = || {
        let on_parcel = by_parcel(&rows.shares, parcels.len());
        let prepared = PreparedColumn::new(&buildings.geometry);
        let footprint = |bench: &mut Workbench, parcel: usize| {
            bench.own.clear();
            bench.own.extend(on_parcel.of(parcel).map(|s| rows.shares[s]).filter(|s| !is_below[s.building as usize]));
            Some(footprint_m2(parcels, parcel, &prepared, bench).min(parcel_areas_m2[parcel]))
        };
        let footprint_m2: Vec<Option<f64>> = (0..parcels.len()).into_par_iter().map_init(Workbench::default, footprint).collect();
        (footprint_m2, floor_areas(&rows, &on_parcel), floor_ranges(&rows, &on_parcel))
    };
    let of_buildings = || {
        let tables = || (ledger(&rows, parcel_ids, building_ids), totals(&rows, &areas_m2));
        rayon::join(tables, || findings(&rows, buildings, building_ids, &overshared))
    };
    let ((footprint_m2, (floor_area_m2, basis), floor_range_m2), ((ledger, totals), findings)) = rayon::join(of_parcels, of_buildings);
    Ok(Built { footprint_m2, floor_area_m2, floor_range_m2, basis, ledger: ledger?, findings, totals })
}

/// Buffers that are used again from building to building, or from parcel to parcel.
#[derive(Default)]
struct Workbench {
    scratch: Scratch,
    /// Parcels near a building.
    near: Vec<u32>,
    edges: Vec<(Coord, Coord)>,
    /// The shares of a parcel, and its buildings from left to right.
    own: Vec<Share>,
    order: Vec<u32>,
}

/// What a building counts; without a rule only a declared area is known, and that what is below ground counts nothing.
fn counted(building: Building, rule: Option<FloorRule>) -> Option<Counted> {
    match rule {
        Some(rule) => count(building, rule),
        None if building.above_ground == Some(false) => Some(Counted { floors: Some(0.0), floor_area_m2: 0.0, basis: Basis::Declared }),
        None => building.floor_area_m2.map(|floor_area_m2| Counted { floors: None, floor_area_m2, basis: Basis::Declared }),
    }
}

/// Shares and what the buildings count.
struct Rows {
    /// In the order of building, then parcel, the remainder last.
    shares: Vec<Share>,
    counted: Vec<Option<Counted>>,
    /// Least and greatest floor area of each building, where one of them has such limits.
    ranges: Option<Vec<Option<[f64; 2]>>>,
}

/// Least and greatest floor area of every building; none where these are all equal, which needs no sums of their own.
fn ranges<I: Iterator<Item = Building>>(buildings: impl Fn() -> I, rule: Option<FloorRule>) -> Option<Vec<Option<[f64; 2]>>> {
    let rule = rule.filter(|rule| rule.interval.is_some())?;
    let uncertain = buildings().any(|building| range_m2(building, rule).is_some_and(|[low, high]| low < high));
    uncertain.then(|| buildings().map(|building| range_m2(building, rule)).collect())
}

/// What is known of each building.
struct Facts<'a> {
    areas_m2: &'a [f64],
    declared: &'a Float64Chunked,
    floors: &'a Float64Chunked,
    height: &'a Float64Chunked,
    above_ground: &'a BooleanChunked,
}

impl<'a> Facts<'a> {
    fn new(frame: &'a DataFrame, areas_m2: &'a [f64]) -> Result<Self, PolarsError> {
        let number = |name: &str| frame.column(name)?.f64();
        let (declared, floors, height) = (number("floor_area_m2")?, number("floors")?, number("height_m")?);
        Ok(Self { areas_m2, declared, floors, height, above_ground: frame.column("above_ground")?.bool()? })
    }

    fn all(&self) -> impl Iterator<Item = Building> + '_ {
        let numbers = self.declared.iter().zip(self.floors.iter()).zip(self.height.iter());
        let footprints = self.areas_m2.iter().map(|area_m2| Some(*area_m2));
        footprints.zip(numbers).zip(self.above_ground.iter()).map(|((footprint_m2, ((floor_area_m2, floors), height_m)), above_ground)| {
            Building { footprint_m2, floor_area_m2, floors, height_m, above_ground }
        })
    }
}

/// The shares of every building, and the buildings whose shares had to be scaled because parcels overlap.
fn shares(parcels: &Layer, buildings: &Layer, areas_m2: &[f64]) -> (Vec<Share>, Vec<u32>) {
    let land = Land { index: BoxIndex::new(parcels.geometry.bounds()), prepared: PreparedColumn::new(&parcels.geometry) };
    let blocks: Vec<(Vec<Share>, Vec<u32>)> = areas_m2
        .par_chunks(BLOCK)
        .enumerate()
        .map_init(Workbench::default, |bench, (block, areas_m2)| {
            let (mut shares, mut overshared) = (Vec::with_capacity(BLOCK + BLOCK / 4), Vec::new());
            for (building, &area_m2) in (block * BLOCK..).zip(areas_m2) {
                let from = shares.len();
                land.add_shares((building, area_m2), buildings, bench, &mut shares);
                let covered_m2 = |own: &[Share]| land.covered_m2((building, area_m2), own, buildings, bench);
                if settle(&mut shares, from, (building, area_m2), covered_m2) {
                    overshared.push(number_of(building));
                }
            }
            (shares, overshared)
        })
        .collect();
    let mut all = (Vec::with_capacity(blocks.iter().map(|b| b.0.len()).sum()), Vec::new());
    for (shares, overshared) in blocks {
        all.0.extend_from_slice(&shares);
        all.1.extend(overshared);
    }
    all
}

/// The parcels, ready to be asked.
struct Land<'a> {
    index: BoxIndex,
    prepared: PreparedColumn<'a>,
}

impl Land<'_> {
    fn add_shares(&self, (building, area_m2): (usize, f64), buildings: &Layer, bench: &mut Workbench, out: &mut Vec<Share>) {
        let shape = buildings.geometry.shape(building);
        self.index.find(&shape.bounds, &mut bench.near);
        for &parcel in &bench.near {
            let shared_m2 = overlap_area_m2(self.prepared.get(parcel as usize), shape, area_m2, &mut bench.scratch);
            if shared_m2 > LEAST_M2 {
                out.push(Share { building: number_of(building), parcel: Some(parcel), area_m2: shared_m2, share: shared_m2 / area_m2 });
            }
        }
    }

    /// How much of a building lies on the parcels of its shares. Parcels that overlap count common ground twice, so the sum does not tell; but where their
    /// edges undo one another the sum is a multiple of the whole.
    fn covered_m2(&self, (building, area_m2): (usize, f64), own: &[Share], buildings: &Layer, bench: &mut Workbench) -> f64 {
        let shape = buildings.geometry.shape(building);
        let owners: Vec<_> = own.iter().filter_map(|s| Some(self.prepared.get(s.parcel? as usize))).collect();
        let sum_m2: f64 = own.iter().map(|s| s.area_m2).sum();
        if (sum_m2 - area_m2).abs() < 0.5 * area_m2 && edges_cancel(&owners, &shape.bounds, &mut bench.edges) {
            return area_m2;
        }
        owned_areas_m2(shape, &owners).iter().sum()
    }
}

/// Adds what is outside and scales shares that then add up to more than 1; whether it had to scale.
fn settle(shares: &mut Vec<Share>, from: usize, (building, area_m2): (usize, f64), covered_m2: impl FnOnce(&[Share]) -> f64) -> bool {
    let own = &shares[from..];
    let on_parcels_m2: f64 = own.iter().map(|s| s.area_m2).sum();
    let outside_m2 = area_m2 - if own.len() < 2 { on_parcels_m2 } else { covered_m2(own) };
    if outside_m2 > LEAST_M2 {
        shares.push(Share { building: number_of(building), parcel: None, area_m2: outside_m2, share: outside_m2 / area_m2 });
    }
    let own = &mut shares[from..];
    let sum_m2: f64 = own.iter().map(|s| s.area_m2).sum();
    let too_much = sum_m2 > area_m2 + LEAST_M2.max(1e-9 * area_m2);
    if too_much {
        own.iter_mut().for_each(|s| s.share = s.area_m2 / sum_m2);
    }
    too_much
}

/// The ground of `parcel` under the buildings on the bench: the sum of their areas, or a sweep where they overlap one another.
fn footprint_m2(parcels: &Layer, parcel: usize, buildings: &PreparedColumn<'_>, bench: &mut Workbench) -> f64 {
    if bench.own.len() < 2 || !any_overlap(buildings, bench) {
        return bench.own.iter().map(|s| s.area_m2).sum();
    }
    let owners: Vec<_> = bench.own.iter().map(|s| buildings.get(s.building as usize)).collect();
    owned_areas_m2(parcels.geometry.shape(parcel), &owners).iter().sum()
}

fn any_overlap(buildings: &PreparedColumn<'_>, Workbench { scratch, own, order, .. }: &mut Workbench) -> bool {
    order.clear();
    order.extend(own.iter().map(|s| s.building));
    let bounds = |b: u32| buildings.get(b as usize).shape.bounds;
    order.sort_unstable_by(|a, b| bounds(*a).min.x.total_cmp(&bounds(*b).min.x).then(a.cmp(b)));
    for (place, &a) in order.iter().enumerate() {
        let near =
            order[place + 1..].iter().take_while(|b| bounds(**b).min.x < bounds(a).max.x).filter(|b| bounds(**b).overlaps(&bounds(a)));
        for &b in near {
            let shape = buildings.get(b as usize).shape;
            if overlap_area_m2(buildings.get(a as usize), shape, planar_area_m2(shape), scratch) > LEAST_M2 {
                return true;
            }
        }
    }
    false
}

/// The shares of each parcel, by counting.
struct ByParcel {
    starts: Vec<u32>,
    shares: Vec<u32>,
}

impl ByParcel {
    fn of(&self, parcel: usize) -> impl Iterator<Item = usize> {
        self.shares[self.starts[parcel] as usize..self.starts[parcel + 1] as usize].iter().map(|s| *s as usize)
    }
}

fn by_parcel(shares: &[Share], parcels: usize) -> ByParcel {
    let mut starts = vec![0_u32; parcels + 1];
    shares.iter().filter_map(|s| s.parcel).for_each(|p| starts[p as usize + 1] += 1);
    for p in 0..parcels {
        starts[p + 1] += starts[p];
    }
    let mut next = starts.clone();
    let mut sorted = vec![0; starts[parcels] as usize];
    for (number, share) in shares.iter().enumerate() {
        if let Some(p) = share.parcel {
            sorted[next[p as usize] as usize] = number_of(number);
            next[p as usize] += 1;
        }
    }
    ByParcel { starts, shares: sorted }
}

/// Floor area and weakest basis of every parcel; unknown where one of its buildings is.
fn floor_areas(rows: &Rows, on_parcel: &ByParcel) -> (Vec<Option<f64>>, Vec<Option<Basis>>) {
    (0..on_parcel.starts.len() - 1)
        .into_par_iter()
        .map(|parcel| {
            let own = || on_parcel.of(parcel).map(|s| (&rows.shares[s], rows.counted[rows.shares[s].building as usize]));
            let sum = own().map(|(share, counted)| Some(counted?.floor_area_m2 * share.share)).sum::<Option<f64>>();
            let basis =
                own().map(|(_, counted)| counted.map(|c| c.basis)).try_fold(None, |weakest, basis| basis.map(|b| weakest.max(Some(b))));
            (sum, basis.flatten().filter(|_| sum.is_some()))
        })
        .unzip()
}

/// Least and greatest floor area of every parcel; unknown where that of one of its buildings is.
fn floor_ranges(rows: &Rows, on_parcel: &ByParcel) -> Option<Vec<Option<[f64; 2]>>> {
    let ranges = rows.ranges.as_ref()?;
    let sum = |parcel: usize, side: usize| {
        let own = on_parcel.of(parcel).map(|s| &rows.shares[s]);
        own.map(|share| Some(ranges[share.building as usize]?[side] * share.share)).sum::<Option<f64>>()
    };
    let parcels = (0..on_parcel.starts.len() - 1).into_par_iter();
    Some(parcels.map(|parcel| sum(parcel, 0).zip(sum(parcel, 1)).map(|(low, high)| [low, high])).collect())
}

fn totals(rows: &Rows, areas_m2: &[f64]) -> Totals {
    let floor = |s: &Share| rows.counted[s.building as usize].map_or(0.0, |c| c.floor_area_m2) * s.share;
    let ground = |s: &Share| s.share * areas_m2[s.building as usize];
    let shares = |on_parcels: bool| rows.shares.iter().filter(move |s| s.parcel.is_some() == on_parcels);
    Totals {
        ground_m2: areas_m2.iter().sum(),
        ground_on_parcels_m2: shares(true).map(ground).sum(),
        ground_outside_m2: shares(false).map(ground).sum(),
        floor_m2: rows.counted.iter().flatten().map(|c| c.floor_area_m2).sum(),
        floor_on_parcels_m2: shares(true).map(floor).sum(),
        floor_outside_m2: shares(false).map(floor).sum(),
    }
}

fn findings(rows: &Rows, buildings: &Layer, ids: &StringChunked, overshared: &[u32]) -> Vec<Finding> {
    let note = |building: u32, code: Code, message: String| {
        Finding::new(code, buildings.source_of(building as usize), message)
            .at_row(buildings.rows[building as usize])
            .of(ids.get(building as usize).unwrap_or_default())
    };
    let mut findings: Vec<Finding> = Vec::new();
    for share in rows.shares.iter().filter(|s| s.parcel.is_none()) {
        let message = say!(
            "{area} m² ({share} %) of the building are outside every parcel",
            area = format_args!("{:.2}", share.area_m2),
            share = format_args!("{:.1}", 100.0 * share.share)
        );
        findings.push(
            note(share.building, Code::BuildingOutside, message)
                .hint(say!("check whether a parcel is missing or the footprint is misplaced")),
        );
    }
    for (building, _) in rows.counted.iter().enumerate().filter(|(_, c)| c.is_none()) {
        findings.push(floors_unknown(|message| note(number_of(building), Code::BuildingFloorsUnknown, message.to_owned())));
    }
    for &building in overshared {
        let message = say!("the parcels under the building overlap; its shares were scaled to add up to 1");
        findings.push(note(building, Code::ParcelOverlap, message).hint(say!("correct the parcel boundaries")));
    }
    findings
}

fn ledger(rows: &Rows, parcel_ids: &StringChunked, building_ids: &StringChunked) -> Result<DataFrame, PolarsError> {
    const BASES: [Basis; 3] = [Basis::Declared, Basis::Floors, Basis::Height];
    let shares = &rows.shares;
    let counted = |s: &Share| rows.counted[s.building as usize];
    let floats = |name: &str, value: &dyn Fn(&Share) -> Option<f64>| number_column(name, shares.iter().map(value));
    let basis = |s: &Share| counted(s).and_then(|counted| BASES.iter().position(|basis| *basis == counted.basis)).map(number_of);
    let words = StringChunked::from_slice("".into(), &BASES.map(Basis::as_str));
    let texts = || {
        Ok([
            text_at("building_id", building_ids, shares.iter().map(|s| Some(s.building)))?,
            text_at("parcel_id", parcel_ids, shares.iter().map(|s| s.parcel))?,
            text_at("basis", &words, shares.iter().map(basis))?,
        ])
    };
    let numbers = || {
        columns_of(&[
            &|| floats("area_m2", &|s| Some(s.area_m2)),
            &|| floats("share", &|s| Some(s.share)),
            &|| floats("counted_floors", &|s| counted(s)?.floors),
            &|| floats("counted_floor_area_m2", &|s| Some(counted(s)?.floor_area_m2 * s.share)),
        ])
    };
    let (texts, numbers): (Result<[Column; 3], PolarsError>, _) = rayon::join(texts, numbers);
    let [building_id, parcel_id, basis] = texts?;
    let columns = [building_id, parcel_id].into_iter().chain(numbers).chain([basis]).collect();
    DataFrame::new(shares.len(), columns)
}

fn number_of(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_is_told_even_where_parcels_overlap() {
        let on = |parcel| Share { building: 0, parcel: Some(parcel), area_m2: 60.0, share: 0.6 };
        let mut shares = vec![on(0), on(1)];
        assert!(settle(&mut shares, 0, (0, 100.0), |_| 80.0));
        let found: Vec<_> = shares.iter().map(|s| (s.parcel, s.area_m2, s.share)).collect();
        assert_eq!(found, [(Some(0), 60.0, 60.0 / 140.0), (Some(1), 60.0, 60.0 / 140.0), (None, 20.0, 20.0 / 140.0)]);
    }

    #[test]
    fn one_parcel_needs_no_sweep() {
        let mut shares = vec![Share { building: 0, parcel: Some(0), area_m2: 60.0, share: 0.6 }];
        assert!(!settle(&mut shares, 0, (0, 100.0), |_| unreachable!()));
        assert_eq!((shares[1].parcel, shares[1].area_m2, shares[1].share), (None, 40.0, 0.4));
    }
}

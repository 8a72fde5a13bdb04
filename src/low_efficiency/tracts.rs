//! Candidate tracts for redevelopment (连片改造): recognised parcels that lie at most so far apart, across roads and water.
//!
//! Parcels between the members that are not recognised are counted as enclosed and never taken in.
//!
//! **Invariant:** which parcels form a tract, and its name, depend on neither the order of the rows nor the number of threads: the name is that of its
//! first parcel by identifier.

#![expect(clippy::indexing_slicing, reason = "rows come from the layers and lists that they index, which have one length")]

use std::collections::HashMap;

use polars::prelude::{DataFrame, IntoColumn, NewChunkedArray, PolarsError, StringChunked, UInt32Chunked};
use rayon::prelude::*;

use crate::model::{Coord, GeometryBuilder, GeometryColumn, Rect, Shape, Verdict, mu_from_m2, number_column, text_column};
use crate::rules::{Membership, TractRules};
use crate::spatial::area::length_m;
use crate::spatial::distance::within;
use crate::spatial::index::BoxIndex;
use crate::spatial::overlap::PreparedColumn;
use crate::spatial::overlay::united;

/// Members that one task looks around.
const BLOCK: usize = 1024;

/// The parcels, sorted by identifier.
#[derive(Clone, Copy, Debug)]
pub struct Parcels<'a> {
    /// Identifiers.
    pub ids: &'a [&'a str],
    /// The polygons.
    pub geometry: &'a GeometryColumn,
    /// Whether they are recognised.
    pub verdicts: &'a [Verdict],
    /// `town`, `area_m2`, `floor_area_m2`, `tax_wan` and `output_wan` of the inventory.
    pub inventory: &'a DataFrame,
}

/// A candidate tract.
#[derive(Clone, Debug, PartialEq)]
pub struct Tract {
    /// Rows of its parcels, ascending.
    pub members: Vec<u32>,
    /// Rows of the parcels between them that are no members, ascending.
    pub enclosed: Vec<u32>,
}

/// Finds the tracts, in the order of their first parcels.
///
/// # Errors
/// The inventory lacks a column.
pub fn find(parcels: Parcels<'_>, rules: &TractRules) -> Result<Vec<Tract>, PolarsError> {
    let counts = |verdict: &Verdict| match verdict {
        Verdict::Yes => rules.verdicts.contains(&Membership::Yes),
        Verdict::Unknown => rules.verdicts.contains(&Membership::Unknown),
        Verdict::No => false,
    };
    let members: Vec<u32> = (0..).zip(parcels.verdicts).filter(|(_, verdict)| counts(verdict)).map(|(row, _)| row).collect();
    let area_m2 = numbers(parcels.inventory, "area_m2")?;
    let known_m2 = |rows: &[u32]| rows.iter().filter_map(|row| area_m2[*row as usize]).sum::<f64>();
    let mut groups = groups(&members, parcels.geometry, rules.max_gap_m);
    groups.retain(|rows| rows.len() >= rules.min_parcels as usize && known_m2(rows) >= rules.min_area_m2);
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let index = BoxIndex::new(parcels.geometry.bounds());
    Ok(groups.into_par_iter().map(|members| Tract { enclosed: enclosed(&members, parcels.geometry, &index), members }).collect())
}

/// The members that are connected by steps of at most `max_gap_m`, by their first rows.
fn groups(members: &[u32], geometry: &GeometryColumn, max_gap_m: f64) -> Vec<Vec<u32>> {
    let boxes: Vec<Rect> = members.iter().map(|row| geometry.bounds()[*row as usize]).collect();
    let index = BoxIndex::new(&boxes);
    let prepared = PreparedColumn::new(geometry);
    let places: Vec<u32> = (0..).take(members.len()).collect();
    let near = |&place: &u32| {
        let own = prepared.get(members[place as usize] as usize);
        // A little more than the distance: boxes round, too.
        let others = index.candidates(&boxes[place as usize].grown(max_gap_m + 1.0));
        let later = others.into_iter().filter(move |other| *other > place);
        later
            .filter(|other| within(own, prepared.get(members[*other as usize] as usize), max_gap_m))
            .map(move |other| (place, other))
            .collect::<Vec<_>>()
    };
    let pairs: Vec<Vec<(u32, u32)>> = places.par_chunks(BLOCK).map(|block| block.iter().flat_map(near).collect()).collect();
    let mut sets = Sets::new(members.len());
    pairs.into_iter().flatten().for_each(|(a, b)| sets.unite(a, b));
    sets.into_groups().into_iter().map(|group| group.into_iter().map(|place| members[place as usize]).collect()).collect()
}

/// Union-find over numbers; the root of a set is its smallest number.
struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    fn new(len: usize) -> Self {
        Self { parent: (0..).take(len).collect() }
    }

    fn root(&mut self, mut number: u32) -> u32 {
        while self.parent[number as usize] != number {
            // Halving the path keeps later searches short.
            let above = self.parent[number as usize];
            self.parent[number as usize] = self.parent[above as usize];
            number = above;
        }
        number
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }

    /// The sets in the order of their roots, each ascending.
    fn into_groups(mut self) -> Vec<Vec<u32>> {
        let mut groups: Vec<Vec<u32>> = Vec::new();
        let mut place_of = vec![u32::MAX; self.parent.len()];
        for number in (0_u32..).take(self.parent.len()) {
            let root = self.root(number) as usize;
            // A root comes before the rest of its set.
            if root == number as usize {
                place_of[root] = u32::try_from(groups.len()).unwrap_or(u32::MAX);
                groups.push(Vec::new());
            }
            groups[place_of[root] as usize].push(number);
        }
        groups
    }
}

/// Parcels that lie wholly within the convex hull of the members and are none.
fn enclosed(members: &[u32], geometry: &GeometryColumn, index: &BoxIndex) -> Vec<u32> {
    let hull = hull(members.iter().flat_map(|row| geometry.shape(*row as usize).coords().iter().copied()).collect());
    let inside = |row: &u32| geometry.shape(*row as usize).coords().iter().all(|point| in_hull(&hull, *point));
    let others = index.candidates(&Rect::around(&hull)).into_iter().filter(|row| members.binary_search(row).is_err());
    others.filter(inside).collect()
}

/// The convex hull of some points, counter-clockwise, by monotone chains.
fn hull(mut points: Vec<Coord>) -> Vec<Coord> {
    points.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    let mut hull: Vec<Coord> = Vec::new();
    let mut chain = |points: &mut dyn Iterator<Item = &Coord>, least: usize| {
        for point in points {
            while hull.len() >= least + 2 && turn(hull[hull.len() - 2], hull[hull.len() - 1], *point) <= 0.0 {
                hull.pop();
            }
            hull.push(*point);
        }
        hull.len().saturating_sub(1)
    };
    let lower = chain(&mut points.iter(), 0);
    chain(&mut points.iter().rev().skip(1), lower);
    hull.pop();
    hull
}

/// Positive where the way from `a` over `b` to `c` turns left.
fn turn(a: Coord, b: Coord, c: Coord) -> f64 {
    let (ab, ac) = (b.from_origin(a), c.from_origin(a));
    ab.x * ac.y - ab.y * ac.x
}

/// Whether a point lies in or on a hull, to rounding: left of every edge.
fn in_hull(hull: &[Coord], point: Coord) -> bool {
    const ROUNDING_M: f64 = 1e-6;
    let next = hull.iter().cycle().skip(1);
    hull.iter().zip(next).all(|(a, b)| turn(*a, *b, point) >= -ROUNDING_M * length_m(*a, *b))
}

/// The tract of every parcel of the inventory by its name.
#[must_use]
pub fn names<'a>(tracts: &[Tract], ids: &'a [&'a str]) -> Vec<Option<&'a str>> {
    let mut names = vec![None; ids.len()];
    for tract in tracts {
        tract.members.iter().for_each(|row| names[*row as usize] = tract.members.first().map(|first| ids[*first as usize]));
    }
    names
}

/// The ground of every tract as one feature, in the order of the ledger; `names` is the tract of every parcel, as [`names`] gives it.
#[must_use]
pub fn ground(names: &StringChunked, geometry: &GeometryColumn) -> GeometryColumn {
    let mut place_of = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (row, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let place = *place_of.entry(name).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        members[place].push(row);
    }
    let of_tract = |rows: &Vec<usize>| {
        let shapes: Vec<Shape<'_>> = rows.iter().map(|row| geometry.shape(*row)).collect();
        united(&shapes).unwrap_or_else(|| side_by_side(&shapes))
    };
    GeometryColumn::concatenated(members.par_iter().map(of_tract).collect())
}

/// All parts of some polygons as those of one.
fn side_by_side(shapes: &[Shape<'_>]) -> GeometryColumn {
    let parts = shapes.iter().flat_map(|shape| shape.parts()).map(|rings| rings.map(<[Coord]>::to_vec).collect()).collect::<Vec<_>>();
    let mut builder = GeometryBuilder::default();
    builder.push_polygons(&parts);
    builder.finish()
}

/// `ledger/tracts.parquet`.
///
/// # Errors
/// The inventory lacks a column.
pub fn ledger(tracts: &[Tract], parcels: Parcels<'_>) -> Result<DataFrame, PolarsError> {
    let column = |name: &str| numbers(parcels.inventory, name);
    let (area, floor, tax, output) = (column("area_m2")?, column("floor_area_m2")?, column("tax_wan")?, column("output_wan")?);
    let towns = parcels.inventory.column("town")?.str()?.rechunk().into_owned();
    let sums: Vec<Sums> = tracts.iter().map(|tract| Sums::of(tract, parcels.verdicts, &area, &floor)).collect();
    let number = |name: &str, values: Vec<Option<f64>>| number_column(name, values.into_iter());
    let count = |name: &str, values: Vec<usize>| {
        UInt32Chunked::from_iter_values(name.into(), values.into_iter().map(|n| u32::try_from(n).unwrap_or(u32::MAX))).into_column()
    };
    let sum = |of: fn(&Sums) -> Option<f64>| sums.iter().map(of).collect::<Vec<_>>();
    let area_mu: Vec<Option<f64>> = area.iter().map(|m2| m2.map(mu_from_m2)).collect();
    let per_mu =
        |money: &[Option<f64>]| -> Vec<(Option<f64>, usize)> { tracts.iter().map(|tract| ratio(tract, money, &area_mu)).collect() };
    let (tax, output) = (per_mu(&tax), per_mu(&output));
    DataFrame::new(
        tracts.len(),
        vec![
            text_column("tract_id", tracts.iter().map(|tract| tract.members.first().map(|row| parcels.ids[*row as usize]))),
            count("parcels", tracts.iter().map(|tract| tract.members.len()).collect()),
            text_column("towns", tracts.iter().map(|tract| Some(towns_of(tract, &towns))).collect::<Vec<_>>().iter().map(|t| t.as_deref())),
            number("area_m2", sum(|s| s.area_m2)),
            number("area_mu", sum(|s| s.area_m2.map(mu_from_m2))),
            number("floor_area_m2", sum(|s| s.floor_area_m2)),
            number("far", sum(|s| s.far)),
            count("parcels_with_far", sums.iter().map(|s| s.with_far).collect()),
            number("low_efficiency_share", sum(|s| s.recognised)),
            number("tax_per_mu_wan", tax.iter().map(|(value, _)| *value).collect()),
            count("parcels_with_tax", tax.iter().map(|(_, with)| *with).collect()),
            number("output_per_mu_wan", output.iter().map(|(value, _)| *value).collect()),
            count("parcels_with_output", output.iter().map(|(_, with)| *with).collect()),
            count("enclosed_parcels", tracts.iter().map(|tract| tract.enclosed.len()).collect()),
            number("enclosed_area_m2", sum(|s| s.enclosed_m2)),
        ],
    )
}

/// The land and floor area of a tract; unknown where one of its parcels is.
struct Sums {
    area_m2: Option<f64>,
    floor_area_m2: Option<f64>,
    /// Sum over sum, over the parcels of which both are known.
    far: Option<f64>,
    with_far: usize,
    /// Land of recognised parcels over land.
    recognised: Option<f64>,
    enclosed_m2: Option<f64>,
}

impl Sums {
    fn of(tract: &Tract, verdicts: &[Verdict], area: &[Option<f64>], floor: &[Option<f64>]) -> Self {
        // The sum of nothing is -0.
        let sum =
            |rows: &[u32], values: &[Option<f64>]| rows.iter().map(|row| values[*row as usize]).sum::<Option<f64>>().map(|sum| sum + 0.0);
        let yes: Vec<u32> = tract.members.iter().copied().filter(|row| verdicts[*row as usize] == Verdict::Yes).collect();
        let area_m2 = sum(&tract.members, area);
        let (far, with_far) = ratio(tract, floor, area);
        Self {
            area_m2,
            floor_area_m2: sum(&tract.members, floor),
            far,
            with_far,
            recognised: sum(&yes, area).zip(area_m2).filter(|(_, all)| *all > 0.0).map(|(own, all)| own / all),
            enclosed_m2: sum(&tract.enclosed, area),
        }
    }
}

/// Sum over sum, over the members of which both are known, and how many these are.
fn ratio(tract: &Tract, above: &[Option<f64>], below: &[Option<f64>]) -> (Option<f64>, usize) {
    let both = || tract.members.iter().filter_map(|row| above[*row as usize].zip(below[*row as usize]));
    let (n, d) = both().fold((0.0, 0.0), |(n, d), (a, b)| (n + a, d + b));
    (Some(n / d).filter(|_| d > 0.0), both().count())
}

fn towns_of(tract: &Tract, towns: &polars::prelude::StringChunked) -> String {
    let names: std::collections::BTreeSet<&str> = tract.members.iter().filter_map(|row| towns.get(*row as usize)).collect();
    names.into_iter().collect::<Vec<_>>().join("; ")
}

fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<Option<f64>>, PolarsError> {
    Ok(frame.column(name)?.f64()?.iter().collect())
}

#[cfg(test)]
mod tests;

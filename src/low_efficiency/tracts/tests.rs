//! Parcels on paper, joined by hand and by brute force.

use polars::prelude::{NamedFrom, Series};
use proptest::prelude::*;

use super::*;
use crate::model::GeometryBuilder;
use crate::rules::Propose;

/// Squares by their lower left corner and side.
fn squares(squares: &[(f64, f64, f64)]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    for &(x, y, side) in squares {
        builder.push_polygon(&[vec![Coord::new(x, y), Coord::new(x + side, y), Coord::new(x + side, y + side), Coord::new(x, y + side)]]);
    }
    builder.finish()
}

struct City {
    geometry: GeometryColumn,
    ids: Vec<String>,
    verdicts: Vec<Verdict>,
    inventory: DataFrame,
}

impl City {
    /// Squares with their verdicts; area is that of the square, floor area half of it, tax 3 万元 and output unknown.
    fn new(parcels: &[((f64, f64, f64), Verdict)]) -> Self {
        let area: Vec<f64> = parcels.iter().map(|((.., side), _)| side * side).collect();
        let number = |name: &str, values: Vec<Option<f64>>| Series::new(name.into(), values).into_column();
        let columns = vec![
            Series::new("town".into(), vec!["东"; parcels.len()]).into_column(),
            number("area_m2", area.iter().map(|m2| Some(*m2)).collect()),
            number("floor_area_m2", area.iter().map(|m2| Some(0.5 * m2)).collect()),
            number("tax_wan", vec![Some(3.0); parcels.len()]),
            number("output_wan", vec![None; parcels.len()]),
        ];
        Self {
            geometry: squares(&parcels.iter().map(|(square, _)| *square).collect::<Vec<_>>()),
            ids: (1..=parcels.len()).map(|n| format!("P{n:03}")).collect(),
            verdicts: parcels.iter().map(|(_, verdict)| *verdict).collect(),
            inventory: DataFrame::new(parcels.len(), columns).unwrap(),
        }
    }

    fn find(&self, rules: &TractRules) -> (Vec<Tract>, DataFrame) {
        let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        let parcels = Parcels { ids: &ids, geometry: &self.geometry, verdicts: &self.verdicts, inventory: &self.inventory };
        let tracts = find(parcels, rules).unwrap();
        let ledger = ledger(&tracts, parcels).unwrap();
        (tracts, ledger)
    }
}

fn rules(max_gap_m: f64, min_area_m2: f64) -> TractRules {
    TractRules { max_gap_m, min_area_m2, min_parcels: 1, verdicts: vec![Membership::Yes], propose: Propose::Always }
}

fn members(tracts: &[Tract]) -> Vec<&[u32]> {
    tracts.iter().map(|tract| tract.members.as_slice()).collect()
}

#[test]
fn a_road_joins_or_parts_by_its_width() {
    // 100 m squares in a row with roads of 20 m and 20.01 m.
    let city = City::new(&[((0.0, 0.0, 100.0), Verdict::Yes), ((120.0, 0.0, 100.0), Verdict::Yes), ((240.01, 0.0, 100.0), Verdict::Yes)]);
    assert_eq!(members(&city.find(&rules(19.99, 0.0)).0), [&[0][..], &[1], &[2]]);
    assert_eq!(members(&city.find(&rules(20.0, 0.0)).0), [&[0, 1][..], &[2]]);
    assert_eq!(members(&city.find(&rules(20.01, 0.0)).0), [&[0, 1, 2][..]]);
}

#[test]
fn a_tract_has_the_least_area_or_more() {
    let city = City::new(&[((0.0, 0.0, 100.0), Verdict::Yes), ((100.0, 0.0, 100.0), Verdict::Yes), ((900.0, 0.0, 100.0), Verdict::Yes)]);
    assert_eq!(members(&city.find(&rules(0.0, 20_000.0)).0), [&[0, 1][..]], "exactly the least area is enough");
    assert!(city.find(&rules(0.0, 20_000.01)).0.is_empty());
    assert_eq!(members(&city.find(&rules(0.0, 10_000.0)).0), [&[0, 1][..], &[2]]);
    let several = |min_parcels| TractRules { min_parcels, ..rules(0.0, 10_000.0) };
    assert_eq!(members(&city.find(&several(2)).0), [&[0, 1][..]], "one parcel is no tract where two are asked for");
    assert!(city.find(&several(3)).0.is_empty());
}

#[test]
fn the_limits_of_the_shipped_packs_include_themselves() {
    for pack in crate::rules::open_packs(&["national".into(), "taizhou".into()], std::path::Path::new(".")).unwrap() {
        let rules = pack.low_efficiency[0].tracts.clone().unwrap();
        let side = (rules.min_area_m2 / 2.0).sqrt();
        let found = |gap_m: f64, side: f64| {
            City::new(&[((0.0, 0.0, side), Verdict::Yes), ((side + gap_m, 0.0, side), Verdict::Yes)]).find(&rules).0.len()
        };
        assert_eq!((rules.min_parcels, found(rules.max_gap_m, side + 1e-6)), (2, 1), "{}", pack.info.id);
        assert_eq!(found(rules.max_gap_m + 0.01, side + 1e-6), 0, "a centimetre too far");
        assert_eq!(found(rules.max_gap_m, side - 1e-6), 0, "a few mm² too small");
        let alone = City::new(&[((0.0, 0.0, 2.0 * side), Verdict::Yes)]).find(&rules).0.len();
        assert_eq!(alone, 0, "one parcel is no tract");
    }
}

#[test]
fn what_is_between_is_told_and_not_taken_in() {
    let city = City::new(&[
        ((0.0, 0.0, 100.0), Verdict::Yes),
        ((100.0, 0.0, 100.0), Verdict::No),
        ((200.0, 0.0, 100.0), Verdict::Yes),
        ((200.0, 100.0, 100.0), Verdict::Unknown),
        ((0.0, 100.0, 100.0), Verdict::Yes),
    ]);
    let (tracts, ledger) = city.find(&rules(100.0, 0.0));
    assert_eq!(members(&tracts), [&[0, 2, 4][..]]);
    assert_eq!(tracts[0].enclosed, [1], "the unknown one has a corner outside the hull");
    let number = |name: &str| ledger.column(name).unwrap().f64().unwrap().get(0);
    assert_eq!((number("area_m2"), number("area_mu"), number("far")), (Some(30_000.0), Some(45.0), Some(0.5)));
    assert_eq!((number("low_efficiency_share"), number("enclosed_area_m2")), (Some(1.0), Some(10_000.0)));
    // 9 万元 over 45 mu; of the output nothing is known.
    assert_eq!((number("tax_per_mu_wan"), number("output_per_mu_wan")), (Some(0.2), None));
    assert_eq!(ledger.column("tract_id").unwrap().str().unwrap().get(0), Some("P001"));
    let both = TractRules { verdicts: vec![Membership::Yes, Membership::Unknown], ..rules(100.0, 0.0) };
    let (tracts, ledger) = city.find(&both);
    assert_eq!((members(&tracts), tracts[0].enclosed.as_slice()), (vec![&[0, 2, 3, 4][..]], &[1][..]));
    assert_eq!(ledger.column("low_efficiency_share").unwrap().f64().unwrap().get(0), Some(0.75));
}

/// The connected groups by trying every pair until nothing changes; squares have an exact distance.
fn brute_force(squares: &[(f64, f64, f64)], max_gap_m: f64) -> Vec<Vec<u32>> {
    let gap = |a: f64, a_side: f64, b: f64, b_side: f64| (b - a - a_side).max(a - b - b_side).max(0.0);
    let near = |a: &(f64, f64, f64), b: &(f64, f64, f64)| gap(a.0, a.2, b.0, b.2).hypot(gap(a.1, a.2, b.1, b.2)) <= max_gap_m;
    let mut label: Vec<usize> = (0..squares.len()).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for a in 0..squares.len() {
            for b in 0..squares.len() {
                if near(&squares[a], &squares[b]) && label[b] < label[a] {
                    label[a] = label[b];
                    changed = true;
                }
            }
        }
    }
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); squares.len()];
    (0_u32..).zip(&label).for_each(|(row, label)| groups[*label].push(row));
    groups.retain(|group| !group.is_empty());
    groups
}

proptest! {
    #[test]
    fn groups_are_those_of_brute_force(
        squares in prop::collection::vec((0.0..600.0_f64, 0.0..600.0_f64, 5.0..60.0_f64), 1..60),
        max_gap_m in 0.0..40.0_f64,
    ) {
        let rows: Vec<u32> = (0..).take(squares.len()).collect();
        prop_assert_eq!(groups(&rows, &self::squares(&squares), max_gap_m), brute_force(&squares, max_gap_m));
    }

    /// Whatever the order of the rows and the number of threads: the same parcels together.
    #[test]
    fn the_order_of_the_rows_does_not_matter(
        squares in prop::collection::vec((0.0..400.0_f64, 0.0..400.0_f64, 5.0..60.0_f64), 1..40),
        turn in 0_usize..40,
    ) {
        let sets = |squares: &[(f64, f64, f64)], threads: usize| {
            let rows: Vec<u32> = (0..).take(squares.len()).collect();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| groups(&rows, &self::squares(squares), 20.0));
            let corner = |row: &u32| { let square = squares[*row as usize]; (square.0.to_bits(), square.1.to_bits()) };
            let mut sets: Vec<Vec<_>> = found.iter().map(|group| { let mut set: Vec<_> = group.iter().map(corner).collect(); set.sort_unstable(); set }).collect();
            sets.sort_unstable();
            sets
        };
        let mut turned = squares.clone();
        turned.rotate_left(turn % squares.len());
        prop_assert_eq!(sets(&squares, 1), sets(&turned, 3));
    }
}

#[test]
fn the_hull_of_a_square_has_its_corners() {
    let points = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (1.0, 1.0), (0.0, 0.0)];
    let hull = hull(points.iter().map(|&(x, y)| Coord::new(x, y)).collect());
    assert_eq!(hull.len(), 4);
    assert!(in_hull(&hull, Coord::new(1.0, 0.0)) && in_hull(&hull, Coord::new(2.0, 2.0)) && in_hull(&hull, Coord::new(0.5, 1.9)));
    assert!(!in_hull(&hull, Coord::new(2.1, 1.0)) && !in_hull(&hull, Coord::new(1.0, -0.001)));
}

#[test]
fn the_ground_of_a_tract_is_that_of_its_parcels_joined() {
    use crate::spatial::area::planar_area_m2;
    // The first tract has two neighbours and one across a road; the second, whose name comes later, begins before the first ends.
    let geometry = squares(&[(0.0, 0.0, 10.0), (10.0, 0.0, 10.0), (50.0, 50.0, 5.0), (0.0, 90.0, 1.0), (30.0, 0.0, 10.0)]);
    let names: StringChunked = [Some("P001"), Some("P001"), Some("P003"), None, Some("P001")].into_iter().collect();
    let ground = ground(&names, &geometry);
    let found: Vec<(usize, f64)> = ground.shapes().map(|shape| (shape.part_count(), planar_area_m2(shape).round())).collect();
    assert_eq!(found, [(2, 300.0), (1, 25.0)]);
    assert!(super::ground(&StringChunked::from_iter([None::<&str>; 5]), &geometry).is_empty());
}

#[test]
fn what_cannot_be_joined_lies_side_by_side() {
    let geometry = squares(&[(0.0, 0.0, 10.0), (10.0, 0.0, 10.0)]);
    let both = side_by_side(&[geometry.shape(0), geometry.shape(1)]);
    assert_eq!((both.len(), both.shape(0).part_count()), (1, 2));
}

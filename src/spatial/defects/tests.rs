use geo::Validation;
use proptest::prelude::*;

use super::*;
use crate::model::{GeometryBuilder, GeometryColumn};

type Rings = Vec<Vec<(i32, i32)>>;

fn column(parts: &[Rings]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    for part in parts {
        for (number, ring) in part.iter().enumerate() {
            let mut ring: Vec<Coord> = ring.iter().map(|&(x, y)| Coord::new(x.into(), y.into())).collect();
            ring.dedup();
            let closed: Vec<Coord> = ring.iter().chain(ring.first()).copied().collect();
            if (signed_ring_area_m2(&closed) < 0.0) == (number == 0) {
                ring.reverse();
            }
            ring.iter().for_each(|&c| builder.push_coord(c));
            builder.end_ring();
        }
        builder.end_part();
    }
    builder.end_feature();
    builder.finish()
}

fn square(x: i32, y: i32, size: i32) -> Vec<(i32, i32)> {
    vec![(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
}

/// Every defect as `kind part.ring.vertex (x y)`.
fn check(parts: &[Rings], expected: &[&str]) {
    let found: Vec<String> = defects(column(parts).shape(0))
        .iter()
        .map(|d| format!("{} {}.{}.{} ({} {})", d.kind.as_str(), d.place.part, d.place.ring, d.place.vertex, d.at.x, d.at.y))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_kind_with_its_place() {
    check(&[vec![square(0, 0, 9)]], &[]);
    check(&[vec![vec![(0, 0), (4, 4), (4, 0), (0, 4)]]], &["bow_tie 1.1.1 (2 2)"]);
    check(&[vec![vec![(0, 0), (4, 0), (4, 4), (1, 4), (1, 2), (6, 2), (6, 6), (0, 6)]]], &["self_crossing 1.1.2 (4 2)"]);
    check(&[vec![vec![(0, 0), (4, 0), (7, 0), (4, 0), (4, 4)]]], &["spike 1.1.3 (7 0)"]);
    check(&[vec![vec![(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)]]], &["self_touch 1.1.1 (2 0)"]);
    check(&[vec![vec![(0, 0), (8, 0), (4, 3), (6, 8), (2, 8), (4, 3)]]], &["self_touch 1.1.3 (4 3)"]);
    check(&[vec![vec![(0, 0), (4, 0)]]], &["ring_too_short 1.1.1 (0 0)"]);
    check(&[vec![vec![(0, 0), (4, 0), (8, 0)]]], &["ring_no_area 1.1.1 (0 0)"]);
}

#[test]
fn rings_against_rings() {
    check(&[vec![square(0, 0, 9), square(20, 0, 5)]], &["hole_outside 1.2.1 (20 5)"]);
    check(&[vec![square(0, 0, 9), square(0, 3, 2)]], &["shared_edge 1.2.4 (0 3)"]);
    check(&[vec![square(0, 0, 9), square(1, 1, 5), square(2, 2, 2)]], &["holes_overlap 1.3.1 (2 4)"]);
    check(&[vec![square(0, 0, 9), square(2, 2, 2), square(2, 2, 2)]], &["duplicate_ring 1.3.1 (2 4)"]);
    check(&[vec![square(0, 0, 9)], vec![square(0, 0, 9)]], &["duplicate_ring 2.1.1 (0 0)"]);
    check(&[vec![square(0, 0, 9)], vec![square(3, 3, 2)]], &["part_nested 2.1.1 (3 3)"]);
    check(&[vec![square(0, 0, 9)], vec![square(9, 0, 9)]], &["shared_edge 2.1.4 (9 9)"]);
    check(&[vec![square(0, 0, 9)], vec![square(5, 5, 9)]], &["parts_overlap 2.1.1 (9 5)", "parts_overlap 2.1.4 (5 9)"]);
}

#[test]
fn what_may_touch() {
    check(&[vec![square(0, 0, 9), vec![(0, 4), (3, 2), (3, 6)]]], &[]);
    check(&[vec![square(0, 0, 9)], vec![square(9, 9, 9)]], &[]);
    check(&[vec![square(0, 0, 9), square(2, 2, 5)], vec![square(3, 3, 2)]], &[]);
    check(&[vec![square(0, 0, 9), vec![(0, 4), (4, 2), (9, 4), (4, 6)]]], &["interior_cut 1.2.2 (9 4)"]);
    check(&[vec![square(0, 0, 20), square(2, 2, 4), square(6, 6, 4), square(10, 10, 4)]], &[]);
}

fn ring() -> impl Strategy<Value = Vec<(i32, i32)>> {
    prop::collection::vec((0..7_i32, 0..7_i32), 3..8)
}

/// What `geo` says, which does not see an interior that is cut apart.
fn is_valid_to_geo(geometry: &GeometryColumn) -> bool {
    let line = |ring: &[Coord]| ring.iter().map(|c| geo::Coord { x: c.x, y: c.y }).collect::<geo::LineString>();
    let polygons =
        geometry.shape(0).parts().filter_map(|mut rings| Some(geo::Polygon::new(line(rings.next()?), rings.map(line).collect())));
    polygons.collect::<geo::MultiPolygon>().is_valid()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_defect_is_what_geo_calls_valid(parts in prop::collection::vec(prop::collection::vec(ring(), 1..3), 1..3)) {
        let geometry = column(&parts);
        let found = defects(geometry.shape(0));
        // A flat triangle is valid to `geo`; here it never is, whatever its other rings are.
        if found.iter().any(|d| matches!(d.kind, Kind::RingNoArea | Kind::RingTooShort)) {
            return Ok(());
        }
        let sound = found.iter().all(|d| d.kind == Kind::InteriorCut);
        prop_assert_eq!(sound, is_valid_to_geo(&geometry), "{:?} {:?}", parts, found);
    }
}

//! Faults that can be worked out by hand, and a random city with faults put into it.

use std::collections::HashMap;

use super::*;
use crate::model::GeometryBuilder;
use crate::read::{inputs, job::Job};
use crate::spatial::area::{length_m, planar_area_m2};
use crate::synth::{SynthConfig, SynthFormat, synthesise};
use crate::validate;

const LIMITS: CoverageLimits = CoverageLimits {
    min_overlap_m2: 0.1,
    min_overlap_width_m: 0.01,
    min_gap_m2: 0.1,
    max_gap_m2: 100.0,
    max_gap_width_m: 1.0,
    snap_m: 0.01,
    near_duplicate_share: 0.95,
};

type Ring = Vec<Coord>;

fn ring(corners: &[(f64, f64)]) -> Ring {
    corners.iter().map(|&(x, y)| Coord::new(x, y)).collect()
}

fn rectangle(x: f64, y: f64, width_m: f64, height_m: f64) -> Ring {
    ring(&[(x, y), (x + width_m, y), (x + width_m, y + height_m), (x, y + height_m)])
}

/// A hole: the corners the other way round.
fn hole(mut corners: Ring) -> Ring {
    corners.reverse();
    corners
}

fn column(parcels: &[Vec<Ring>]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    parcels.iter().for_each(|rings| builder.push_polygon(rings));
    builder.finish()
}

fn checked(geometry: &GeometryColumn) -> Checked {
    let planar_m2: Vec<f64> = geometry.shapes().map(planar_area_m2).collect();
    check(Parcels { geometry, planar_m2: &planar_m2 }, &LIMITS)
}

/// Kind, rows, area and mean width, rounded to a millionth; area 0 stands for corners, with their number as width.
type Told = (Kind, Vec<u32>, f64, f64);

fn told(fault: &Fault) -> Told {
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    match &fault.ground {
        Ground::Points(points) => (fault.kind, fault.rows.clone(), 0.0, points.len() as f64),
        Ground::Polygon(ground) => {
            let (area_m2, width_m) = (fault.area_m2.unwrap(), fault.width_m.unwrap());
            let drawn_m2 = planar_area_m2(ground.shape(0));
            assert!((drawn_m2 - area_m2).abs() < 1e-6 * area_m2, "the polygon of {fault:?} has {drawn_m2} m²");
            (fault.kind, fault.rows.clone(), rounded(area_m2), rounded(width_m))
        }
    }
}

fn finds(what: &str, parcels: &[Vec<Ring>], expected: &[Told]) {
    let found: Vec<Told> = checked(&column(parcels)).faults.iter().map(told).collect();
    assert_eq!(found, expected, "{what}");
}

fn plain(rings: impl IntoIterator<Item = Ring>) -> Vec<Vec<Ring>> {
    rings.into_iter().map(|ring| vec![ring]).collect()
}

#[test]
fn what_is_shared_exactly_or_far_apart_is_no_fault() {
    let row = (0..5).map(|i| rectangle(f64::from(i) * 10.0, 0.0, 10.0, 20.0));
    finds(
        "a row and, over a street of 4 m, another",
        &plain(row.clone().chain(row.map(|r| r.iter().map(|c| Coord::new(c.x + 3.0, c.y + 24.0)).collect()))),
        &[],
    );
    // A dent that both have.
    let left = ring(&[(0.0, 0.0), (10.0, 0.0), (9.0, 5.0), (10.0, 10.0), (0.0, 10.0)]);
    let right = ring(&[(10.0, 0.0), (20.0, 0.0), (20.0, 10.0), (10.0, 10.0), (9.0, 5.0)]);
    finds("a boundary that is not straight", &plain([left, right]), &[]);
    finds("corner to corner", &plain([rectangle(0.0, 0.0, 10.0, 10.0), rectangle(10.0, 10.0, 10.0, 10.0)]), &[]);
    let around = vec![rectangle(0.0, 0.0, 30.0, 30.0), hole(rectangle(10.0, 10.0, 10.0, 10.0))];
    finds("an enclave", &[around, vec![rectangle(10.0, 10.0, 10.0, 10.0)]], &[]);
}

#[test]
fn common_ground_by_area_and_width() {
    let (a, b) = (rectangle(0.0, 0.0, 10.0, 10.0), rectangle(9.5, 0.0, 10.0, 10.0));
    let corners = (Kind::TJunction, vec![0, 1], 0.0, 4.0);
    finds("a strip", &plain([a.clone(), b]), &[(Kind::Overlap, vec![0, 1], 5.0, round6(10.0 / 21.0)), corners]);
    finds(
        "a parcel on another",
        &plain([a.clone(), rectangle(2.0, 2.0, 3.0, 4.0)]),
        &[(Kind::Overlap, vec![0, 1], 12.0, round6(24.0 / 14.0))],
    );
    finds("a strip below the limit", &plain([a.clone(), rectangle(9.995, 1.0, 10.0, 8.0)]), &[(Kind::TJunction, vec![0, 1], 0.0, 2.0)]);
    finds("the same ground", &plain([a.clone(), a.clone()]), &[(Kind::Duplicate, vec![0, 1], 100.0, 5.0)]);
    let redrawn = ring(&[(0.1, 0.1), (9.9, 0.1), (9.9, 9.9), (0.1, 9.9)]);
    finds("nearly", &plain([a.clone(), redrawn]), &[(Kind::NearDuplicate, vec![0, 1], round6(9.8 * 9.8), 4.9)]);
    let half = rectangle(0.0, 0.0, 10.0, 5.0);
    let corners = (Kind::TJunction, vec![0, 1], 0.0, 2.0);
    finds("one in the other is no duplicate", &plain([a, half]), &[(Kind::Overlap, vec![0, 1], 50.0, round6(100.0 / 30.0)), corners]);
}

fn round6(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[test]
fn a_coverage_upon_another_overlaps_inside_too() {
    // All edges inside either are matched.
    let grid = |by: f64| (0..9).map(move |i| rectangle(f64::from(i % 3) * 10.0 + by, f64::from(i / 3) * 10.0 + by, 10.0, 10.0));
    let found = checked(&column(&plain(grid(0.0).chain(grid(4.0)))));
    let overlaps: Vec<&Fault> = found.faults.iter().filter(|fault| fault.kind == Kind::Overlap).collect();
    let sum_m2: f64 = overlaps.iter().filter_map(|fault| fault.area_m2).sum();
    assert_eq!((overlaps.len(), round6(sum_m2)), (25, 26.0 * 26.0));
    // Two grids of 30 m by 30 m on a ground of 900 + 900 - 676 m².
    let net_m2: f64 = found.overlap_m2.iter().map(|m2| 100.0 - m2).sum();
    assert_eq!(round6(net_m2), 1124.0);
}

#[test]
fn ground_under_three_counts_once() {
    let found =
        checked(&column(&plain([rectangle(0.0, 0.0, 10.0, 10.0), rectangle(5.0, 0.0, 10.0, 10.0), rectangle(4.0, 0.0, 10.0, 10.0)])));
    assert_eq!(found.overlap_m2.iter().map(|m2| round6(*m2)).collect::<Vec<_>>(), [0.0, 50.0, 100.0]);
}

#[test]
fn gaps_by_area_and_width() {
    // Four parcels around a slot of 8 m by 0.5 m, which all of them have as corners.
    let slot = [(6.0, 5.0), (14.0, 5.0), (14.0, 5.5), (6.0, 5.5)];
    let below = ring(&[(0.0, 0.0), (20.0, 0.0), (14.0, 5.0), (6.0, 5.0)]);
    let right = ring(&[(20.0, 0.0), (20.0, 10.0), (14.0, 5.5), (14.0, 5.0)]);
    let above = ring(&[(20.0, 10.0), (0.0, 10.0), (6.0, 5.5), (14.0, 5.5)]);
    let left = ring(&[(0.0, 10.0), (0.0, 0.0), (6.0, 5.0), (6.0, 5.5)]);
    let around = plain([below, right, above, left]);
    let gap = |rows: Vec<u32>| (Kind::Gap, rows, 4.0, round6(8.0 / 17.0));
    finds("a slot between four", &around, &[gap(vec![0, 1, 2, 3])]);
    finds("a slot that is a parcel", &[around.clone(), plain([ring(&slot)])].concat(), &[]);
    finds("a slot in one parcel", &[vec![rectangle(0.0, 0.0, 20.0, 10.0), hole(ring(&slot))]], &[gap(vec![0])]);
    // Nothing in it is unclaimed, but everything is claimed twice.
    let covered = [around, plain([rectangle(-1.0, -1.0, 22.0, 12.0)])].concat();
    assert!(checked(&column(&covered)).faults.iter().all(|fault| fault.kind == Kind::Overlap));
    let courtyard = vec![rectangle(0.0, 0.0, 20.0, 10.0), hole(rectangle(5.0, 2.0, 5.0, 5.0))];
    finds("a courtyard", std::slice::from_ref(&courtyard), &[]);
    // An island in it leaves 25 - 4.6² m² around it.
    let island = rectangle(5.2, 2.2, 4.6, 4.6);
    let ring_m2 = 25.0 - 4.6 * 4.6;
    finds("a ring", &[courtyard, vec![island]], &[(Kind::Gap, vec![0, 1], round6(ring_m2), round6(2.0 * ring_m2 / (20.0 + 18.4)))]);
}

#[test]
fn a_boundary_drawn_twice_leaves_gaps_and_overlaps_in_turn() {
    // The left one bulges by 0.4 m at a third, the right one at two thirds; in the middle they cross.
    let left = ring(&[(0.0, 0.0), (10.0, 0.0), (10.4, 10.0), (9.6, 20.0), (10.0, 30.0), (0.0, 30.0)]);
    let right = ring(&[(10.0, 0.0), (20.0, 0.0), (20.0, 30.0), (10.0, 30.0)]);
    let part_m2 = 0.4 * 15.0 / 2.0;
    let found = checked(&column(&plain([left, right])));
    let parts: Vec<(Kind, f64)> = found.faults.iter().map(|fault| (fault.kind, round6(fault.area_m2.unwrap()))).collect();
    assert_eq!(parts, [(Kind::Overlap, part_m2), (Kind::Gap, part_m2)]);
}

#[test]
fn corners_that_the_other_lacks() {
    let wide = rectangle(0.0, -10.0, 20.0, 10.0);
    let row = |by: f64| [rectangle(0.0, by, 8.0, 10.0), rectangle(8.0, by, 12.0, 10.0)];
    let both = [(Kind::TJunction, vec![0, 1], 0.0, 1.0), (Kind::TJunction, vec![0, 2], 0.0, 1.0)];
    finds("on the edge", &plain([vec![wide.clone()], row(0.0).into()].concat()), &both);
    let above = ring(&[(0.0, 0.0), (8.0, 0.009), (8.0, 10.0), (0.0, 10.0)]);
    finds("within the snap distance", &plain([wide.clone(), above]), &[(Kind::TJunction, vec![0, 1], 0.0, 1.0)]);
    let above = ring(&[(0.0, 0.0), (8.0, 0.011), (8.0, 10.0), (0.0, 10.0)]);
    finds("beyond it", &plain([wide, above]), &[]);
}

#[test]
fn cracks_within_the_snap_distance_are_closed() {
    // A slot of 0.3 m by 8 m; at its right end the parcels are 8 mm apart, and only there is it open.
    let below = ring(&[(0.0, 0.0), (20.0, 0.0), (20.0, 5.0), (10.0, 5.0), (6.0, 4.7), (0.0, 5.0)]);
    let above = ring(&[(20.0, 5.008), (20.0, 10.0), (0.0, 10.0), (0.0, 5.0), (10.0, 5.007)]);
    let found: Vec<Told> = checked(&column(&plain([below, above]))).faults.iter().map(told).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, &found[0].1), (Kind::Gap, &vec![0, 1]));
    assert!((found[0].2 - 0.15 * 10.0).abs() < 0.05, "{found:?}");
}

/// A random city with faults of known size.
struct Injected {
    parcels: Vec<Vec<Vec<Ring>>>,
    expected: Vec<(Kind, Vec<u32>, f64)>,
}

impl Injected {
    /// The edge from `a` to `b` of a parcel, by way of `over`.
    fn bend(&mut self, row: u32, (a, b): (Coord, Coord), over: Coord) {
        for ring in self.parcels[row as usize].iter_mut().flatten() {
            if let Some(at) = ring.windows(2).position(|w| (w[0], w[1]) == (a, b)) {
                ring.insert(at + 1, over);
                return;
            }
        }
        panic!("parcel {row} has no such edge");
    }

    fn column(&self) -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        self.parcels.iter().for_each(|parts| builder.push_polygons(parts));
        builder.finish()
    }
}

fn city() -> GeometryColumn {
    let dir = tempfile::tempdir().unwrap();
    let config = SynthConfig { parcels: 3000, seed: 11, format: SynthFormat::Gpkg, shuffle: None, overlapping_zones: false };
    let job = Job::load(&synthesise(&config, dir.path()).unwrap().job).unwrap();
    let mut layer = inputs::read(&job).unwrap().parcels;
    let origin = validate::local_origin(&layer.geometry);
    layer.move_origin(origin);
    let treatment = validate::Treatment {
        role: "parcels",
        sharing: validate::Sharing::Reject,
        origin,
        limit: validate::RepairLimit { area_change_m2: 1.0, area_change_share: 0.001 },
        snap_m: 0.01,
    };
    validate::layer(layer, treatment).unwrap().layer.geometry
}

/// Edges that two parcels of one ring share, at most one a parcel, each with both rows.
fn shared_edges(city: &GeometryColumn) -> Vec<((Coord, Coord), u32, u32)> {
    let bits = |a: Coord, b: Coord| [a.x, a.y, b.x, b.y].map(f64::to_bits);
    let rows = || city.shapes().zip(0_u32..).filter(|(shape, _)| shape.rings().count() == 1);
    let edges: HashMap<[u64; 4], u32> = rows().flat_map(|(shape, row)| shape.edges().map(move |(a, b)| (bits(a, b), row))).collect();
    let mut used = vec![false; city.len()];
    let mut found = Vec::new();
    for (shape, row) in rows() {
        for (a, b) in shape.edges().filter(|(a, b)| length_m(*a, *b) > 6.0) {
            if let Some(&other) = edges.get(&bits(b, a))
                && !used[row as usize]
                && !used[other as usize]
            {
                (used[row as usize], used[other as usize]) = (true, true);
                found.push(((a, b), row, other));
            }
        }
    }
    found
}

fn inject(city: &GeometryColumn) -> Injected {
    let parts = |row: usize| city.shape(row).parts().map(|rings| rings.map(<[Coord]>::to_vec).collect()).collect();
    let mut injected = Injected { parcels: (0..city.len()).map(parts).collect(), expected: Vec::new() };
    for (number, ((a, b), row, other)) in shared_edges(city).into_iter().step_by(3).enumerate() {
        let (edge, edge_m) = (b.from_origin(a), length_m(a, b));
        // A point beside the middle of the edge, to the left of it: in the parcel.
        let beside = |by_m: f64| Coord::new(0.5 * (a.x + b.x) - by_m * edge.y / edge_m, 0.5 * (a.y + b.y) + by_m * edge.x / edge_m);
        let by_m = 0.1 + 0.01 * (number % 30) as f64;
        let pair = vec![row.min(other), row.max(other)];
        let triangle_m2 = 0.5 * edge_m * by_m;
        match number % 5 {
            0 => {
                injected.bend(row, (a, b), beside(by_m));
                injected.expected.push((Kind::Gap, pair, triangle_m2));
            }
            1 => {
                injected.bend(row, (a, b), beside(-by_m));
                injected.expected.push((Kind::Overlap, pair, triangle_m2));
            }
            2 => {
                injected.bend(row, (a, b), beside(0.001));
                injected.expected.push((Kind::TJunction, pair, 0.0));
            }
            3 => {
                let copy = injected.parcels[row as usize].clone();
                injected.expected.push((
                    Kind::Duplicate,
                    vec![row, u32::try_from(injected.parcels.len()).unwrap()],
                    planar_area_m2(city.shape(row as usize)),
                ));
                injected.parcels.push(copy);
            }
            _ => {
                // The edge taken in by 0.2 m: the copy lacks a triangle.
                let mut copy = injected.parcels[row as usize].clone();
                let ring = &mut copy[0][0];
                let at = ring.windows(2).position(|w| (w[0], w[1]) == (a, b)).unwrap();
                ring.insert(at + 1, beside(0.2));
                let area_m2 = planar_area_m2(city.shape(row as usize)) - 0.1 * edge_m;
                injected.expected.push((Kind::NearDuplicate, vec![row, u32::try_from(injected.parcels.len()).unwrap()], area_m2));
                injected.parcels.push(copy);
            }
        }
    }
    injected.expected.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    injected
}

#[test]
fn every_fault_put_into_a_city_is_found_and_no_other() {
    let city = city();
    assert_eq!(checked(&city).faults, [], "the city is clean");
    let injected = inject(&city);
    let count = |kind: Kind| injected.expected.iter().filter(|expected| expected.0 == kind).count();
    assert!(
        [Kind::Overlap, Kind::Gap, Kind::TJunction, Kind::Duplicate, Kind::NearDuplicate].into_iter().all(|kind| count(kind) > 20),
        "{}",
        injected.expected.len()
    );
    let geometry = injected.column();
    let found = checked(&geometry);
    let told: Vec<(Kind, &[u32])> = found.faults.iter().map(|fault| (fault.kind, fault.rows.as_slice())).collect();
    assert_eq!(told, injected.expected.iter().map(|(kind, rows, _)| (*kind, rows.as_slice())).collect::<Vec<_>>());
    for (fault, (kind, rows, area_m2)) in found.faults.iter().zip(&injected.expected) {
        let found_m2 = fault.area_m2.unwrap_or(0.0);
        assert!((found_m2 - area_m2).abs() <= 1e-6 * area_m2, "{kind:?} of {rows:?}: {found_m2} m², not {area_m2}");
    }
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| checked(&geometry)), found, "the number of threads changes nothing");
}

//! Wrong geometry: every defect that is put in is found in its place; kept, repaired and rejected features are all there were; a repair stays within
//! its limit, by an area that is computed here.

use mujun::model::{Code, Coord, Files, GeometryBuilder, GeometryColumn, Layer, Shape, Source};
use mujun::spatial::area::planar_area_m2;
use mujun::spatial::defects::Kind;
use mujun::spatial::validity;
use mujun::validate::{self, RepairLimit, Sharing, Treatment};
use polars::prelude::df;
use proptest::prelude::*;

pub type Ring = Vec<(f64, f64)>;
pub type Part = Vec<Ring>;

fn column(features: &[Vec<Part>]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    for parts in features {
        let parts: Vec<Vec<Vec<Coord>>> =
            parts.iter().map(|p| p.iter().map(|r| r.iter().map(|&(x, y)| Coord::new(x, y)).collect()).collect()).collect();
        builder.push_polygons(&parts);
    }
    builder.finish()
}

/// Nearly a circle of 95 to 100 m around (0, 0), counter-clockwise: valid, and whatever lies within 60 m is inside.
fn round(radii: &[f64]) -> Ring {
    let step = std::f64::consts::TAU / radii.len() as f64;
    radii.iter().enumerate().map(|(i, r)| (r * (step * i as f64).cos(), r * (step * i as f64).sin())).collect()
}

fn square(x: f64, y: f64, size: f64) -> Ring {
    vec![(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
}

/// Clockwise, as holes are.
fn hole(mut ring: Ring) -> Ring {
    ring.reverse();
    ring
}

/// A polygon with one defect: what it is called, and where it must be found, if at a place of its own.
pub struct Injected {
    pub parts: Vec<Part>,
    pub kinds: &'static [Kind],
    pub at: Option<(f64, f64)>,
}

pub fn injected(which: usize, radii: &[f64], place: usize) -> Injected {
    let ring = round(radii);
    let n = ring.len();
    let i = place % n;
    let corner = ring[i];
    let out = |by: f64, aside: f64| (corner.0 * by - corner.1 * aside, corner.1 * by + corner.0 * aside);
    let from_corner: Ring = (0..n).map(|k| ring[(i + k) % n]).collect();
    let with = |more: &[(f64, f64)]| [from_corner.as_slice(), &[corner], more].concat();
    let single = |kinds, ring, at| Injected { parts: vec![vec![ring]], kinds, at };
    let with_holes = |kinds, holes: Vec<Ring>, at| Injected {
        parts: vec![std::iter::once(ring.clone()).chain(holes.into_iter().map(hole)).collect()],
        kinds,
        at,
    };
    let two = |kinds, other: Ring, at| Injected { parts: vec![vec![ring.clone()], vec![other]], kinds, at };
    match which {
        0 => {
            let tip = out(1.3, 0.0);
            single(&[Kind::Spike], [[corner, tip].as_slice(), &from_corner].concat(), Some(tip))
        }
        1 => {
            let mut swapped = from_corner.clone();
            swapped.swap(1, 2);
            single(&[Kind::SelfCrossing, Kind::BowTie], swapped, None)
        }
        2 => single(&[Kind::SelfTouch], with(&[out(1.3, -0.1), out(1.3, 0.1)]), Some(corner)),
        3 => single(&[Kind::BowTie], with(&[out(1.3, 0.1), out(1.3, -0.1)]), Some(corner)),
        4 => with_holes(&[Kind::HoleOutside], vec![square(200.0, 0.0, 9.0)], None),
        5 => with_holes(&[Kind::HoleOutside], vec![square(corner.0 - 3.0, corner.1 - 3.0, 6.0)], None),
        6 => with_holes(&[Kind::HolesOverlap], vec![square(0.0, 0.0, 20.0), square(10.0, 5.0, 20.0)], None),
        7 => with_holes(&[Kind::HolesOverlap], vec![square(0.0, 0.0, 20.0), square(5.0, 5.0, 5.0)], None),
        8 => with_holes(&[Kind::RingTooShort], vec![vec![(0.0, 0.0), (5.0, 5.0)]], Some((5.0, 5.0))),
        9 => with_holes(&[Kind::RingNoArea], vec![vec![(0.0, 0.0), (5.0, 5.0), (9.0, 9.0)]], Some((9.0, 9.0))),
        10 => {
            let far = ring[(i + n / 2) % n];
            with_holes(&[Kind::InteriorCut], vec![vec![corner, out(0.0, 0.1), far, out(0.0, -0.1)]], None)
        }
        11 => with_holes(&[Kind::DuplicateRing], vec![square(0.0, 0.0, 9.0), square(0.0, 0.0, 9.0)], None),
        12 => two(&[Kind::DuplicateRing], from_corner, None),
        13 => two(&[Kind::PartNested], square(0.0, 0.0, 20.0), None),
        14 => two(&[Kind::PartsOverlap], square(corner.0 - 3.0, corner.1 - 3.0, 6.0), None),
        _ => two(&[Kind::SharedEdge], vec![ring[(i + 1) % n], corner, out(1.5, 0.0)], None),
    }
}

pub const KINDS: usize = 16;

fn radii() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(95.0..100.0, 6..11)
}

/// Rings with corners on a grid, one or two parts of one or two rings: anything can be wrong with them.
fn scribble() -> impl Strategy<Value = Vec<Part>> {
    let ring = prop::collection::vec((0..8_i32, 0..8_i32), 3..9)
        .prop_map(|ring| ring.into_iter().map(|(x, y)| (5.0 * f64::from(x), 5.0 * f64::from(y))).collect::<Ring>());
    let without_repeats = ring.prop_map(|mut ring| {
        ring.dedup();
        ring
    });
    prop::collection::vec(prop::collection::vec(without_repeats, 1..3), 1..3)
}

fn any_feature() -> impl Strategy<Value = Vec<Part>> {
    let injection = (0..KINDS, radii(), 0..12_usize).prop_map(|(which, radii, place)| injected(which, &radii, place).parts);
    prop_oneof![injection, scribble(), radii().prop_map(|radii| vec![vec![round(&radii)]])]
}

/// The even-odd area, strip by strip between the heights at which edges begin, end or cross.
fn even_odd_m2(shape: Shape<'_>) -> f64 {
    let edges: Vec<(Coord, Coord)> = shape.edges().collect();
    let mut heights: Vec<f64> = shape.coords().iter().map(|c| c.y).collect();
    for (k, (a, b)) in edges.iter().enumerate() {
        for (c, d) in &edges[k + 1..] {
            let (u, v, w) = ((b.x - a.x, b.y - a.y), (d.x - c.x, d.y - c.y), (c.x - a.x, c.y - a.y));
            let cross = u.0 * v.1 - u.1 * v.0;
            let t = (w.0 * v.1 - w.1 * v.0) / cross;
            if cross != 0.0 && (0.0..=1.0).contains(&t) {
                heights.push(a.y + t * u.1);
            }
        }
    }
    heights.sort_by(f64::total_cmp);
    let strip = |low: f64, high: f64| {
        let y = 0.5 * (low + high);
        let passes = edges.iter().filter(|(a, b)| (a.y <= y) != (b.y <= y));
        let mut xs: Vec<f64> = passes.map(|(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x)).collect();
        xs.sort_by(f64::total_cmp);
        (high - low) * xs.chunks(2).map(|pair| pair[1] - pair[0]).sum::<f64>()
    };
    heights.windows(2).map(|w| strip(w[0], w[1])).sum()
}

fn layer(features: &[Vec<Part>]) -> Layer {
    let ids: Vec<String> = (0..features.len()).map(|i| format!("p{i:04}")).collect();
    Layer {
        source: Source { file: "p.gpkg".into(), layer: "p".into() },
        files: Files::default(),
        geometry: column(features),
        attributes: df!("parcel_id" => ids).unwrap(),
        rows: (1..).take(features.len()).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_injected_defect_is_found_in_its_place(which in 0..KINDS, radii in radii(), place in 0..12_usize) {
        let wanted = injected(which, &radii, place);
        let geometry = column(std::slice::from_ref(&wanted.parts));
        let shape = geometry.shape(0);
        let found = validity::faults(shape);
        let is_meant = |d: &&mujun::spatial::defects::Defect| {
            wanted.kinds.contains(&d.kind) && wanted.at.is_none_or(|(x, y)| (d.at.x - x).hypot(d.at.y - y) < 1e-9)
        };
        let meant = found.iter().find(is_meant);
        prop_assert!(meant.is_some(), "{which} {:?}: {found:?}", wanted.kinds);
        // The place is the vertex with the coordinate, or the one before it.
        for d in &found {
            let ring = shape.parts().nth(d.place.part - 1).unwrap().nth(d.place.ring - 1).unwrap();
            let (a, b) = (ring[d.place.vertex - 1], ring[d.place.vertex % ring.len()]);
            let off = (b.x - a.x).hypot(b.y - a.y) - (d.at.x - a.x).hypot(d.at.y - a.y) - (b.x - d.at.x).hypot(b.y - d.at.y);
            prop_assert!(off.abs() < 1e-6 , "{d:?} is not between {a:?} and {b:?}");
        }
    }

    #[test]
    fn the_even_odd_area_is_that_of_the_strips(parts in scribble()) {
        let geometry = column(&[parts]);
        let shape = geometry.shape(0);
        if validity::faults(shape).iter().all(|d| d.kind != Kind::DuplicateRing) {
            let (found_m2, wanted_m2) = (validity::even_odd_area_m2(shape), even_odd_m2(shape));
            prop_assert!((found_m2 - wanted_m2).abs() < 1e-5, "{found_m2} {wanted_m2}");
        }
    }
}

#[test]
fn ground_that_the_overlay_loses_counts() {
    let bow = vec![(25.0, 35.0), (10.0, 10.0), (10.0, 15.0), (30.0, 35.0)];
    let geometry = column(&[vec![vec![bow], vec![vec![(35.0, 25.0), (0.0, 20.0), (5.0, 0.0)]]]]);
    assert!((validity::even_odd_area_m2(geometry.shape(0)) - 375.0).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kept_repaired_and_rejected_are_all_there_were(
        features in prop::collection::vec(any_feature(), 1..30), area_change_m2 in 0.0..60.0, area_change_share in 0.0..0.1
    ) {
        let limit = RepairLimit { area_change_m2, area_change_share };
        let before = layer(&features);
        let input = before.geometry.clone();
        let treatment = Treatment { role: "parcels", sharing: Sharing::Reject, origin: Coord::default(), limit, snap_m: 0.01 };
        let after = validate::layer(before, treatment).unwrap();

        let mut rows: Vec<i64> = after.layer.rows.iter().copied().chain(after.rejects.iter().map(|r| r.row)).collect();
        rows.sort_unstable();
        prop_assert_eq!(rows, (1..).take(features.len()).collect::<Vec<i64>>());
        let has_finding = |row: i64, code: Option<Code>| {
            let is_meant = |c: Code| code.map_or(c != Code::GeometryNearSpike, |wanted| c == wanted);
            after.findings.iter().any(|f| f.row == Some(row) && is_meant(f.code))
        };
        for reject in &after.rejects {
            prop_assert!(has_finding(reject.row, Some(reject.code)), "{}", reject.reason);
        }
        for (place, &row) in after.layer.rows.iter().enumerate() {
            let (was, is) = (input.shape(usize::try_from(row).unwrap() - 1), after.layer.geometry.shape(place));
            let faults = validity::faults(was);
            prop_assert!(validity::is_valid(is), "{:?}", validity::faults(is));
            prop_assert_eq!(faults.is_empty(), !has_finding(row, None));
            let (before_m2, after_m2) = (even_odd_m2(was), planar_area_m2(is));
            if faults.is_empty() {
                prop_assert_eq!(was.coords(), is.coords());
            } else if faults.iter().all(|d| d.kind != Kind::DuplicateRing) {
                prop_assert!((after_m2 - before_m2).abs() <= limit.allowed_m2(after_m2) + 1e-5, "{before_m2} {after_m2} {faults:?}");
            }
        }
    }
}

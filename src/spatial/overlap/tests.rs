use proptest::prelude::*;

use super::*;
use crate::model::GeometryBuilder;
use crate::spatial::area::planar_area_m2;

fn column(rings: &[Vec<Coord>]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(rings);
    builder.finish()
}

/// A ring around `centre` whose vertices are as far from it as said, in even steps of angle.
fn star(centre: Coord, radii_m: &[f64]) -> Vec<Coord> {
    let step = std::f64::consts::TAU / radii_m.len() as f64;
    let place = |(i, r): (usize, &f64)| Coord::new(centre.x + r * (step * i as f64).cos(), centre.y + r * (step * i as f64).sin());
    radii_m.iter().enumerate().map(place).collect()
}

/// Where coordinates are as a projection with the number of its zone has them.
const FAR: Coord = Coord::new(40_500_000.0, 3_400_000.0);

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Vertices stand on a grid, so that many windows touch edges and vertices; rings may be anything.
    #[test]
    fn windows_without_edges_are_what_is_measured(
        ring in prop::collection::vec((0..12_i32, 0..12_i32), 3..100),
        hole in prop::collection::vec((0..12_i32, 0..12_i32), 3..80),
        windows in prop::collection::vec((0..24_i32, 0..24_i32, 1..5_i32, 1..5_i32), 40),
        (far, nudge) in (any::<bool>(), -1..2_i32),
    ) {
        let origin = if far { FAR } else { Coord::default() };
        let at = |(x, y): (i32, i32)| Coord::new(origin.x + f64::from(x), origin.y + f64::from(y));
        let polygon = column(&[ring, hole].map(|ring| ring.into_iter().map(at).collect()));
        same_as_measured(&polygon, windows.iter().map(|&(x, y, width, height)| {
            let low = Coord::new(origin.x + 0.5 * f64::from(x) + 1e-7 * f64::from(nudge), origin.y + 0.5 * f64::from(y));
            [low, Coord::new(low.x + 0.5 * f64::from(width), low.y), Coord::new(low.x, low.y + 0.5 * f64::from(height))]
        }))?;
    }

    #[test]
    fn windows_in_and_around_a_large_polygon_are_what_is_measured(
        radii_m in prop::collection::vec(500.0..1000.0_f64, 3..600),
        windows in prop::collection::vec((-1100.0..1100.0_f64, -1100.0..1100.0_f64, 1e-6..60.0_f64), 60),
        far in any::<bool>(),
    ) {
        let origin = if far { FAR } else { Coord::default() };
        let polygon = column(&[star(origin, &radii_m)]);
        same_as_measured(&polygon, windows.iter().map(|&(x, y, side)| {
            let low = Coord::new(origin.x + x, origin.y + y);
            [low, Coord::new(low.x + side, low.y), Coord::new(low.x, low.y + side)]
        }))?;
    }
}

fn same_as_measured(polygon: &GeometryColumn, windows: impl Iterator<Item = [Coord; 3]>) -> Result<(), TestCaseError> {
    let prepared = PreparedColumn::new(polygon);
    let mut scratch = Scratch::default();
    for corners in windows {
        let b = column(&[corners.to_vec()]);
        let (b, area_m2) = (b.shape(0), planar_area_m2(b.shape(0)));
        if !polygon.bounds()[0].overlaps(&b.bounds) {
            continue;
        }
        let plain = Prepared { index: None, ..prepared.get(0) };
        for a in [prepared.get(0), plain] {
            let found_m2 = overlap_area_m2(a, b, area_m2, &mut scratch);
            prop_assert_eq!(found_m2, measured_m2(a, b, area_m2, &mut scratch), "{:?}", corners);
        }
    }
    Ok(())
}

#[test]
fn a_boundary_is_not_walked_for_every_parcel() {
    const VERTICES: usize = 200_000;
    const ACROSS: i32 = 100;
    let wave = |i: usize| 1000.0 + 20.0 * (0.01 * i as f64).sin();
    let zone = column(&[star(FAR, &(0..VERTICES).map(wave).collect::<Vec<_>>())]);
    let prepared = PreparedColumn::new(&zone);
    let prepared = prepared.get(0);
    let (mut visited, mut asked) = (0_usize, 0);
    for (x, y) in (-ACROSS..ACROSS).flat_map(|x| (-ACROSS..ACROSS).map(move |y| (x, y))) {
        let low = Coord::new(FAR.x + 10.0 * f64::from(x), FAR.y + 10.0 * f64::from(y));
        let window = Rect { min: low, max: Coord::new(low.x + 10.0, low.y + 10.0) };
        if prepared.shape.bounds.overlaps(&window) && prepared.winding_in(&window).is_none() {
            prepared.edges_between(window.min.y, window.max.y, |_, _| visited += 1);
            asked += 1;
        }
    }
    // The boundary and its waves take some four of the 200 rows on each side; each parcel there sees the edges in its own row, a hundredth.
    assert!(asked < 3_500, "{asked} parcels look at edges");
    assert!(visited < 50 * VERTICES, "{visited} edges of {VERTICES} were looked at for 40,000 parcels");
}

/// A zone whose boundary touches every parcel of a city has many edges in every row; it is asked by chains, and rows give the same.
#[test]
fn chains_and_rows_share_the_same_area() {
    const ACROSS: usize = 60;
    const TEETH: usize = 100;
    let mut rings = Vec::new();
    for row in 0..ACROSS {
        let y = FAR.y + 50.0 * row as f64;
        let top = |i: usize| Coord::new(FAR.x + 0.3 * i as f64, y + 20.0 + 7.0 * (0.7 * i as f64).sin());
        let teeth = (0..=ACROSS * TEETH).rev().map(top);
        rings.push(
            [Coord::new(FAR.x, y), Coord::new(FAR.x + 0.3 * (ACROSS * TEETH) as f64, y)].into_iter().chain(teeth).collect::<Vec<_>>(),
        );
    }
    let mut builder = GeometryBuilder::default();
    builder.push_polygons(&rings.into_iter().map(|ring| vec![ring]).collect::<Vec<_>>());
    let zone = builder.finish();
    let prepared = PreparedColumn::new(&zone);
    let (with, mut scratch) = (prepared.get(0), Scratch::default());
    let slabs = SlabIndex::new(zone.shape(0));
    let rows_only = Index { slabs, cells: None, chains: None };
    let without = Prepared { shape: zone.shape(0), index: Some(&rows_only) };
    let mut many = 0;
    for (x, y) in (0..ACROSS).flat_map(|x| (0..ACROSS).map(move |y| (x, y))) {
        let low = Coord::new(FAR.x + 30.0 * x as f64 - 5.0, FAR.y + 50.0 * y as f64 + 3.0);
        let parcel =
            column(&[[(0.0, 0.0), (28.0, 1.0), (27.0, 31.0), (2.0, 33.0)].map(|(u, v)| Coord::new(low.x + u, low.y + v)).to_vec()]);
        let (parcel, area_m2) = (parcel.shape(0), planar_area_m2(parcel.shape(0)));
        many += usize::from(rows_only.slabs.count_between(parcel.bounds.min.y, parcel.bounds.max.y) > MOST_IN_ROWS);
        let found_m2 = overlap_area_m2(with, parcel, area_m2, &mut scratch);
        let expected_m2 = overlap_area_m2(without, parcel, area_m2, &mut scratch);
        assert!((found_m2 - expected_m2).abs() <= 1e-9 * area_m2, "{found_m2} m² and {expected_m2} m²");
    }
    assert!(many > ACROSS * ACROSS / 2, "only {many} parcels have so many edges in their rows");
}

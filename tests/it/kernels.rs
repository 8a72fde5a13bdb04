//! Areas against GEOS and PROJ: `tests/oracle/{overlaps,areas,validity}.json`, which name the command that made them; and properties.

use std::path::Path;

use mujun::measure::area::{Place, ellipsoidal};
use mujun::model::{Coord, Crs, GeometryBuilder, GeometryColumn, Shape};
use mujun::read::vector::wkb;
use mujun::spatial::area::{InverseMercator, planar_area_m2};
use mujun::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use mujun::spatial::sweep::owned_areas_m2;
use mujun::spatial::validity;
use proptest::prelude::*;
use serde_json::Value;

/// Two areas agree that differ by no more than this share of the greater, or by [`NEAR_M2`].
const NEAR: f64 = 1e-9;
const NEAR_M2: f64 = 1e-6;

fn answers(file: &str, key: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(file);
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json[key].as_array().unwrap().clone()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap()
}

/// One feature, taken in as the reader does.
fn column(wkt: &str) -> GeometryColumn {
    let bytes = gdal::vector::Geometry::from_wkt(wkt).unwrap().wkb().unwrap();
    let mut builder = GeometryBuilder::default();
    wkb::decode(&bytes, &mut builder).unwrap();
    builder.finish()
}

fn polygon(ring: &[(f64, f64)]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[ring.iter().map(|&(x, y)| Coord::new(x, y)).collect()]);
    builder.finish()
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> GeometryColumn {
    polygon(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
}

fn joined(columns: &[GeometryColumn]) -> GeometryColumn {
    let mut all = GeometryBuilder::default().finish();
    columns.iter().for_each(|c| all.append(c));
    all
}

fn overlap_m2(a: &GeometryColumn, b: &GeometryColumn) -> f64 {
    let whole_m2 = planar_area_m2(b.shape(0));
    overlap_area_m2(PreparedColumn::new(a).get(0), b.shape(0), whole_m2, &mut Scratch::default())
}

fn swept_m2(a: &GeometryColumn, b: &GeometryColumn) -> f64 {
    owned_areas_m2(b.shape(0), &[PreparedColumn::new(a).get(0)]).iter().sum()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= NEAR_M2.max(NEAR * a.abs().max(b.abs()))
}

#[test]
fn overlaps_are_those_of_geos() {
    let cases = answers("overlaps.json", "pairs");
    assert!(cases.len() >= 300, "{} pairs", cases.len());
    let mut worst: f64 = 0.0;
    for (number_of_case, case) in cases.iter().enumerate() {
        let (a, b) = (column(text(case, "a")), column(text(case, "b")));
        let expected_m2 = number(case, "area_m2");
        let ways = [
            ("a under b", overlap_m2(&a, &b)),
            ("b under a", overlap_m2(&b, &a)),
            ("a over b, swept", swept_m2(&a, &b)),
            ("b over a, swept", swept_m2(&b, &a)),
        ];
        for (way, found_m2) in ways {
            assert!(near(found_m2, expected_m2), "pair {number_of_case}, {}, {way}: {found_m2} m², GEOS {expected_m2}", text(case, "name"));
            worst = worst.max((found_m2 - expected_m2).abs());
        }
    }
    println!("{} pairs, greatest difference {worst:.2e} m²", cases.len());
}

fn crs(epsg: i64) -> Crs {
    let place = mujun::read::crs::Place { file: "a test", key: "crs.compute" };
    mujun::read::crs::compute_crs(&format!("EPSG:{epsg}"), || None, place).unwrap()
}

/// The survey formula is the same formula as in the file; the geodesic area has other edges, so they may differ by what the file says they do.
#[test]
fn areas_are_those_of_the_survey_formula_and_near_the_geodesic_ones() {
    for case in answers("areas.json", "polygons") {
        let name = text(&case, "name");
        let crs = crs(case["epsg"].as_i64().unwrap());
        let mut geometry = column(text(&case, "wkt"));
        let origin =
            Coord::new((geometry.bounds()[0].min.x / 1000.0).floor() * 1000.0, (geometry.bounds()[0].min.y / 1000.0).floor() * 1000.0);
        geometry.move_origin(origin);
        let planar_m2 = planar_area_m2(geometry.shape(0));
        assert!(near(planar_m2, number(&case, "planar_m2")), "{name}: planar {planar_m2} m²");
        let survey_m2 = ellipsoidal(&geometry, &Place { crs: &crs, origin, geographic: None })[0];
        let expected_m2 = number(&case, "survey_m2");
        assert!(near(survey_m2, expected_m2), "{name}: survey {survey_m2} m², {expected_m2}");
        let geodesic_m2 = number(&case, "geodesic_m2");
        let allowed = number(&case, "survey_vs_geodesic").abs() + 1e-9 + NEAR_M2 / geodesic_m2;
        assert!((survey_m2 / geodesic_m2 - 1.0).abs() <= allowed, "{name}: survey {survey_m2} m², geodesic {geodesic_m2}");
    }
}

#[test]
fn the_inverse_projection_is_that_of_proj() {
    let mut worst: f64 = 0.0;
    for (epsg, geographic, easting, meridian_deg) in [
        (4528, "EPSG:4490", 40_500_000.0, 120.0_f64),
        (4549, "EPSG:4490", 500_000.0, 120.0),
        (3826, "EPSG:3824", 250_000.0, 121.0),
        (32633, "EPSG:4326", 500_000.0, 15.0),
    ] {
        let crs = crs(epsg);
        let inverse = InverseMercator::new(crs.transverse_mercator.as_ref().unwrap(), crs.ellipsoid);
        let proj = proj::Proj::new_known_crs(&format!("EPSG:{epsg}"), geographic, None).unwrap();
        for northing_km in [0, 1, 300, 2500, 3450, 5500, 6100] {
            for offset_km in [-330, -150, -40, 0, 1, 75, 166, 330] {
                let at = Coord::new(easting + 1000.0 * f64::from(offset_km), 1000.0 * f64::from(northing_km) + 0.123);
                let expected = proj.convert(at).unwrap();
                let found = inverse.geographic(at);
                let (off_l, off_b) = (found.x + meridian_deg.to_radians() - expected.x.to_radians(), found.y - expected.y.to_radians());
                let off_m = 6.4e6 * off_l.hypot(off_b);
                worst = worst.max(off_m);
                assert!(off_m < 1e-8, "EPSG:{epsg} at {at:?}: {off_m:.2e} m from PROJ");
            }
        }
    }
    println!("greatest distance from PROJ {worst:.2e} m");
}

/// What is not as GEOS has it: a hole that lies wholly outside its shell is nothing here and becomes ground there (`docs/method.md`, "Rows that
/// enter"). Place in the file, name, and the area that it has here, m². The test fails when one of them starts to be as GEOS has it.
const NOT_AS_GEOS: [(usize, &str, f64); 2] = [(2, "hole outside", 100.0), (84, "random hole over the shell", 1_760.062_750_7)];

#[test]
fn validity_and_repair_are_those_of_geos() {
    let (mut faults, mut worst) = (Vec::new(), 0.0_f64);
    for (place, case) in answers("validity.json", "polygons").iter().enumerate() {
        let name = text(case, "name");
        let mut geometry = column(text(case, "wkt"));
        geometry.move_origin(Coord::new(40_500_000.0, 3_450_000.0));
        let shape = geometry.shape(0);
        let valid = validity::is_valid(shape) && planar_area_m2(shape) > 0.0;
        let found_m2 = if valid { planar_area_m2(shape) } else { validity::repaired(shape).map_or(0.0, |r| planar_area_m2(r.shape(0))) };
        let known = NOT_AS_GEOS.iter().find(|known| known.0 == place);
        let geos_m2 = case["repaired_area_m2"].as_f64().unwrap_or(0.0);
        let wanted_m2 = known.map_or(geos_m2, |known| known.2);
        // The overlay that repairs works on a grid: what it makes is off by up to about 1e-9 of the extent along each new edge.
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-6 + 1e-8 * b;
        if known.is_some_and(|known| known.1 != name || same(found_m2, geos_m2)) {
            faults.push(format!("{place} {name}: as GEOS has it now, so take it from the list"));
        }
        if valid != case["valid"].as_bool().unwrap() || !same(found_m2, wanted_m2) {
            faults.push(format!("{place} {name}: valid {valid}, {found_m2} m², wanted {wanted_m2}"));
        }
        worst = worst.max((found_m2 - wanted_m2).abs());
        let even_odd_m2 = validity::even_odd_area_m2(shape);
        if !same(even_odd_m2, case["even_odd_area_m2"].as_f64().unwrap()) {
            faults.push(format!("{place} {name}: even-odd {even_odd_m2} m², wanted {}", case["even_odd_area_m2"]));
        }
        // What the repair decides depends on the repair.
        let repaired = validity::repaired(shape).filter(|_| !valid && known.is_none());
        let disputed_m2 = repaired.map(|repaired| validity::disputed_m2(shape, repaired.shape(0)));
        if disputed_m2.is_some_and(|m2| (m2 - case["disputed_m2"].as_f64().unwrap()).abs() > 1e-5) {
            faults.push(format!("{place} {name}: {disputed_m2:?} m² decided, wanted {}", case["disputed_m2"]));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    println!("greatest difference {worst:.2e} m²");
}

/// An island in a hole is ground, also where the repair was called for by something else.
#[test]
fn an_island_in_a_hole_outlives_the_repair() {
    let shell = "(0 0, 100 0, 100 100, 0 100, 0 0), (20 20, 20 80, 80 80, 80 20, 20 20)";
    let geometry =
        column(&format!("MULTIPOLYGON(({shell}), ((40 40, 60 40, 60 60, 40 60, 40 40)), ((200 0, 210 10, 210 0, 200 10, 200 0)))"));
    assert!(!validity::is_valid(geometry.shape(0)));
    let found_m2 = planar_area_m2(validity::repaired(geometry.shape(0)).unwrap().shape(0));
    assert!((found_m2 - (10_000.0 - 3600.0 + 400.0 + 50.0)).abs() < 1e-5, "{found_m2} m²");
}

/// A ring that runs back to one of its vertices around a court, as cadastres draw it: the court is no ground (a footprint of the Taipei set).
#[test]
fn a_court_whose_ring_touches_the_shell_in_a_vertex_stays_open() {
    let ring = "0 0, 0.269 -0.109, -1.55 -7.093, -0.037 -0.899, -3.867 0.72, -5.443 -5.449, -1.55 -7.093, -2.351 -10.169, -2.47 -10.625, \
                -3.032 -10.397, -5.951 -9.214, -13.136 -6.303, -16.244 -5.043, -16.79 -4.822, -14.051 5.694, 0 0";
    let geometry = column(&format!("POLYGON(({ring}))"));
    assert!(!validity::is_valid(geometry.shape(0)));
    let repaired = validity::repaired(geometry.shape(0)).unwrap();
    let (signed_m2, found_m2) = (planar_area_m2(geometry.shape(0)), planar_area_m2(repaired.shape(0)));
    assert!((found_m2 - signed_m2).abs() < 1e-5, "{found_m2} m², {signed_m2} m²");
}

/// A star-shaped polygon around (x, y): its radii make it valid.
fn star(x: f64, y: f64, radii: &[f64]) -> GeometryColumn {
    let step = std::f64::consts::TAU / radii.len() as f64;
    let ring: Vec<(f64, f64)> =
        radii.iter().enumerate().map(|(i, r)| (x + r * (i as f64 * step).cos(), y + r * (i as f64 * step).sin())).collect();
    polygon(&ring)
}

fn any_star(vertices: std::ops::Range<usize>) -> impl Strategy<Value = GeometryColumn> {
    (-60.0..60.0, -60.0..60.0, prop::collection::vec(10.0..100.0, vertices)).prop_map(|(x, y, radii)| star(x, y, &radii))
}

/// What lies left of and right of the upright line at `x` in a box of 10 km: two polygons with one common edge.
fn halves(x: f64, slant: f64) -> [GeometryColumn; 2] {
    let far = 5000.0;
    [
        polygon(&[(-far, -far), (x - slant, -far), (x + slant, far), (-far, far)]),
        polygon(&[(x - slant, -far), (far, -far), (far, far), (x + slant, far)]),
    ]
}

/// The same corners with a vertex on each edge: enough edges for an index.
fn densified(shape: Shape<'_>, times: u32) -> GeometryColumn {
    let mut ring: Vec<(f64, f64)> = Vec::new();
    for (a, b) in shape.edges() {
        let at = |i: u32| f64::from(i) / f64::from(times);
        ring.extend((0..times).map(|i| (a.x + (b.x - a.x) * at(i), a.y + (b.y - a.y) * at(i))));
    }
    polygon(&ring)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_two_does_not_matter(a in any_star(3..40), b in any_star(3..40)) {
        prop_assert!(near(overlap_m2(&a, &b), overlap_m2(&b, &a)));
    }

    #[test]
    fn the_sweep_and_the_integral_agree(a in any_star(3..90), b in any_star(3..40)) {
        prop_assert!(near(overlap_m2(&a, &b), swept_m2(&a, &b)));
    }

    #[test]
    fn the_parts_of_a_cut_add_up(b in any_star(3..60), x in -50.0..50.0, slant in -200.0..200.0) {
        let [left, right] = halves(x, slant);
        let whole_m2 = planar_area_m2(b.shape(0));
        prop_assert!(near(overlap_m2(&left, &b) + overlap_m2(&right, &b), whole_m2));
        let both = joined(&[left, right]);
        let prepared = PreparedColumn::new(&both);
        let owned_m2 = owned_areas_m2(b.shape(0), &[prepared.get(0), prepared.get(1)]);
        prop_assert!(near(owned_m2.iter().sum(), whole_m2));
    }

    #[test]
    fn an_index_changes_nothing(a in any_star(8..20), b in any_star(3..30)) {
        prop_assert!(near(overlap_m2(&densified(a.shape(0), 12), &b), overlap_m2(&a, &b)));
    }

    #[test]
    fn overlapping_rectangles_own_what_inclusion_and_exclusion_say(
        sides in prop::collection::vec((-40_i32..40, -40_i32..40, 1_i32..60, 1_i32..60), 1..5)
    ) {
        let subject = rectangle(-20.0, -20.0, 40.0, 40.0);
        let columns: Vec<GeometryColumn> =
            sides.iter().map(|&(x, y, w, h)| rectangle(x.into(), y.into(), w.into(), h.into())).collect();
        let all = joined(&columns);
        let prepared = PreparedColumn::new(&all);
        let owners: Vec<_> = (0..all.len()).map(|i| prepared.get(i)).collect();
        let found = owned_areas_m2(subject.shape(0), &owners);
        // Whole metres: the ground can be counted square by square.
        let mut expected = vec![0.0; sides.len()];
        for x in -20..20 {
            for y in -20..20 {
                let owner = sides.iter().position(|&(left, low, w, h)| x >= left && x < left + w && y >= low && y < low + h);
                if let Some(owner) = owner { expected[owner] += 1.0 }
            }
        }
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn far_from_the_origin_nothing_changes(a in any_star(3..30), b in any_star(3..30)) {
        let moved = |g: &GeometryColumn| { let mut g = g.clone(); g.move_origin(Coord::new(-40_500_000.0, -3_450_000.0)); g };
        let (far_a, far_b) = (moved(&a), moved(&b));
        // Coordinates of 4e7 are rounded to 7e-9 m, along perhaps 1 km of boundary.
        prop_assert!((overlap_m2(&far_a, &far_b) - overlap_m2(&a, &b)).abs() < 2e-5);
    }

    #[test]
    fn neighbours_share_nothing(b in any_star(3..30), x in -5.0..5.0, slant in -200.0..200.0) {
        let [left, right] = halves(x, slant);
        let _ = b;
        prop_assert_eq!(overlap_m2(&left, &right), 0.0);
        prop_assert_eq!(overlap_m2(&right, &left), 0.0);
    }
}

#[test]
fn near_degenerate_pairs() {
    let block = rectangle(0.0, 0.0, 100.0, 100.0);
    let cases = [
        ("shared edge", rectangle(100.0, 0.0, 50.0, 100.0), 0.0),
        ("shared vertex", rectangle(100.0, 100.0, 50.0, 50.0), 0.0),
        ("a micrometre in", rectangle(99.999_999, 0.0, 50.0, 100.0), 1e-4),
        ("a micrometre apart", rectangle(100.000_001, 0.0, 50.0, 100.0), 0.0),
        ("itself", rectangle(0.0, 0.0, 100.0, 100.0), 10_000.0),
        ("needle across", rectangle(-10.0, 50.0, 120.0, 1e-6), 1e-4),
        ("vertex on the edge", polygon(&[(100.0, 50.0), (150.0, 0.0), (150.0, 100.0)]), 0.0),
        ("vertex in the edge from inside", polygon(&[(100.0, 50.0), (50.0, 60.0), (50.0, 40.0)]), 500.0),
    ];
    let mut tall = block.clone();
    tall.move_origin(Coord::new(-40_500_000.0, -3_450_000.0));
    for (what, other, expected_m2) in &cases {
        for (way, found_m2) in
            [("", overlap_m2(&block, other)), (", turned", overlap_m2(other, &block)), (", swept", swept_m2(other, &block))]
        {
            assert!(near(found_m2, *expected_m2), "{what}{way}: {found_m2} m², {expected_m2} m²");
        }
        let mut far = other.clone();
        far.move_origin(Coord::new(-40_500_000.0, -3_450_000.0));
        let (found_m2, rounding_m2) = (overlap_m2(&tall, &far), 2.0 * 100.0 * 7.5e-9);
        assert!((found_m2 - expected_m2).abs() <= rounding_m2 + NEAR_M2, "{what} at 40,500,000: {found_m2} m², {expected_m2} m²");
    }
}

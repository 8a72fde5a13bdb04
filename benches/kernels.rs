//! The kernels, each beside a reference that does the same in another way: `cargo bench --bench kernels`.
//!
//! What goes in is the synthetic city of 2,000 parcels. Before anything is timed the results of both are compared, so that no figure is that of a wrong answer.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot read its city must fail"
)]

mod city;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use geo::{Area, BooleanOps, Validation, unary_union};
use mujun::coverage;
use mujun::model::{CoverageLimits, GeometryBuilder, wkb};
use mujun::read::fields::Role;
use mujun::spatial::index::BoxIndex;
use mujun::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use mujun::spatial::{area, pairs, sweep, validity};

use city::{City, polygon};

/// Sums of areas agree to this, m² of each pair: the overlay of `geo` works on a grid.
const GEO_M2: f64 = 1e-3;

fn agree(what: &str, ours: f64, reference: f64, tolerance: f64) {
    assert!((ours - reference).abs() <= tolerance, "{what}: {ours} and {reference} differ by more than {tolerance}");
}

fn shared_area(c: &mut Criterion) {
    let city = City::get();
    let (parcels, buildings) = (&city.parcels.geometry, &city.buildings.geometry);
    let prepared = PreparedColumn::new(parcels);
    let index = BoxIndex::new(parcels.bounds());
    let mut scratch = Scratch::default();
    let building_m2: Vec<f64> = buildings.shapes().map(area::planar_area_m2).collect();
    let mut across = Vec::new();
    for (b, m2) in building_m2.iter().enumerate() {
        for p in index.candidates(&buildings.bounds()[b]) {
            let common = overlap_area_m2(prepared.get(p as usize), buildings.shape(b), *m2, &mut scratch);
            if common > 0.0 && common < *m2 {
                across.push((p as usize, b));
            }
        }
    }
    let polygons: Vec<_> = across.iter().map(|&(p, b)| (polygon(parcels.shape(p)), polygon(buildings.shape(b)))).collect();
    let mut ours =
        || -> f64 { across.iter().map(|&(p, b)| overlap_area_m2(prepared.get(p), buildings.shape(b), building_m2[b], &mut scratch)).sum() };
    let reference = || -> f64 { polygons.iter().map(|(p, b)| p.intersection(b).unsigned_area()).sum() };
    agree("shared area", ours(), reference(), GEO_M2 * across.len() as f64);
    let mut group = c.benchmark_group("shared area of two polygons, pairs across a line");
    group.throughput(criterion::Throughput::Elements(across.len() as u64));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("geo", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn zone_shares(c: &mut Criterion) {
    let city = City::get();
    let (parcels, zones) = (&city.parcels.geometry, &city.town.geometry);
    let prepared = PreparedColumn::new(zones);
    let mut scratch = Scratch::default();
    let parcel_m2: Vec<f64> = parcels.shapes().map(area::planar_area_m2).collect();
    let mut share = |row: usize| -> f64 {
        (0..zones.len()).map(|z| overlap_area_m2(prepared.get(z), parcels.shape(row), parcel_m2[row], &mut scratch)).sum()
    };
    // The overlay of a boundary of thousands of vertices takes a while: a few parcels on it do.
    let split: Vec<usize> = (0..parcels.len()).filter(|&row| (1e-3..parcel_m2[row] - 1e-3).contains(&share(row))).take(20).collect();
    assert!(!split.is_empty(), "no parcel lies across the town boundary");
    let town: Vec<_> = zones.shapes().map(polygon).collect();
    let polygons: Vec<_> = split.iter().map(|&row| polygon(parcels.shape(row))).collect();
    let reference = || -> f64 { polygons.iter().flat_map(|p| town.iter().map(|t| t.intersection(p).unsigned_area())).sum() };
    let mut ours = || -> f64 { split.iter().map(|&row| share(row)).sum() };
    agree("zone shares", ours(), reference(), GEO_M2 * split.len() as f64);
    let mut group = c.benchmark_group("zone shares, parcels across the town boundary");
    group.sample_size(10).throughput(criterion::Throughput::Elements(split.len() as u64));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("geo", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn footprint_union(c: &mut Criterion) {
    let city = City::get();
    let buildings = &city.buildings.geometry;
    let prepared = PreparedColumn::new(buildings);
    let index = BoxIndex::new(buildings.bounds());
    let parcels: Vec<(usize, Vec<usize>)> = (0..city.parcels.len())
        .map(|row| (row, index.candidates(&city.parcels.geometry.bounds()[row]).into_iter().map(|b| b as usize).collect::<Vec<_>>()))
        .filter(|(_, own)| own.len() > 1)
        .take(300)
        .collect();
    let ours = || -> f64 {
        let owned = |(row, own): &(usize, Vec<usize>)| {
            let owners: Vec<_> = own.iter().map(|&b| prepared.get(b)).collect();
            sweep::owned_areas_m2(city.parcels.geometry.shape(*row), &owners).iter().sum::<f64>()
        };
        parcels.iter().map(owned).sum()
    };
    let polygons: Vec<_> = parcels
        .iter()
        .map(|(row, own)| {
            (polygon(city.parcels.geometry.shape(*row)), own.iter().map(|&b| polygon(buildings.shape(b))).collect::<Vec<_>>())
        })
        .collect();
    let reference = || -> f64 { polygons.iter().map(|(p, own)| unary_union(own).intersection(p).unsigned_area()).sum() };
    agree("footprints", ours(), reference(), GEO_M2 * parcels.len() as f64);
    let mut group = c.benchmark_group("footprint union, parcels with several buildings");
    group.throughput(criterion::Throughput::Elements(parcels.len() as u64));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("geo", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn ellipsoidal_area(c: &mut Criterion) {
    let city = City::get();
    let place = mujun::measure::area::Place { crs: &city.crs, origin: city.origin, geographic: None };
    let formula = area::SurveyFormula::new(city.crs.ellipsoid);
    let projection = city.crs.transverse_mercator.as_ref().unwrap();
    let inverse = area::InverseMercator::new(projection, city.crs.ellipsoid);
    // The formula as the survey writes it: every vertex to latitude and longitude.
    let reference = || -> Vec<f64> {
        let vertex = |c: &mujun::model::Coord| inverse.geographic(mujun::model::Coord::new(c.x + city.origin.x, c.y + city.origin.y));
        let ring = |ring: &[mujun::model::Coord]| formula.ring_area_m2(&ring.iter().map(vertex).collect::<Vec<_>>());
        city.parcels.geometry.shapes().map(|shape| shape.rings().map(ring).sum()).collect()
    };
    let ours = || mujun::measure::area::ellipsoidal(&city.parcels.geometry, &place);
    for (own, other) in ours().iter().zip(reference()) {
        agree("ellipsoidal area", *own, other, 1e-6_f64.max(1e-9 * other));
    }
    let mut group = c.benchmark_group("ellipsoidal area");
    group.throughput(criterion::Throughput::Elements(city.parcels.len() as u64));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("vertex by vertex", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn coverage_check(c: &mut Criterion) {
    let city = City::get();
    let geometry = &city.parcels.geometry;
    let planar_m2: Vec<f64> = geometry.shapes().map(area::planar_area_m2).collect();
    let limits = CoverageLimits::default();
    let parcels = coverage::Parcels { geometry, planar_m2: &planar_m2 };
    let ours = || coverage::check(parcels, &limits).overlap_m2.iter().sum::<f64>();
    let polygons: Vec<_> = geometry.shapes().map(polygon).collect();
    let near = pairs::near_pairs(geometry.bounds(), 0.0);
    // Overlaps alone, pair by pair, and of no more than two parcels at a place.
    let reference = || -> f64 { near.iter().map(|&(a, b)| polygons[a as usize].intersection(&polygons[b as usize]).unsigned_area()).sum() };
    agree("coverage check", ours(), reference(), GEO_M2 * near.len() as f64);
    let mut group = c.benchmark_group("coverage check");
    group.sample_size(10).throughput(criterion::Throughput::Elements(geometry.len() as u64));
    group.bench_function("ours, with gaps and corners", |b| b.iter(|| black_box(ours())));
    group.bench_function("geo, overlaps alone", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn adjacency(c: &mut Criterion) {
    let city = City::get();
    let boxes = city.parcels.geometry.bounds();
    let ours = || {
        let mut found = pairs::near_pairs(boxes, 0.05);
        found.sort_unstable();
        found
    };
    let reference = || {
        let index = BoxIndex::new(boxes);
        let of_row = |(row, own): (u32, &mujun::model::Rect)| {
            index
                .candidates(&own.grown(0.05))
                .into_iter()
                .filter(move |&other| other > row)
                .map(move |other| (row, other))
                .collect::<Vec<_>>()
        };
        let mut found: Vec<(u32, u32)> = (0..).zip(boxes).flat_map(of_row).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(ours(), reference(), "neighbours");
    let mut group = c.benchmark_group("adjacency, pairs of neighbours");
    group.throughput(criterion::Throughput::Elements(boxes.len() as u64));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("R-tree", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn ring_validation(c: &mut Criterion) {
    let city = City::get();
    let geometry = &city.parcels.geometry;
    let polygons: Vec<_> = geometry.shapes().map(polygon).collect();
    let ours = || geometry.shapes().filter(|shape| validity::is_valid(*shape)).count();
    let reference = || polygons.iter().filter(|polygon| polygon.is_valid()).count();
    assert_eq!(ours(), reference(), "valid parcels");
    let mut group = c.benchmark_group("ring validation");
    group.throughput(criterion::Throughput::Elements(geometry.len() as u64));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("geo", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn csv_scan(c: &mut Criterion) {
    let city = City::get();
    let table = &city.job.tables[0];
    let path = city.dir.path().join("enterprises.csv");
    let ours = || -> f64 {
        let (read, _) = mujun::read::table::read_table(&table.layer, Role::Enterprises, &city.job.dir, "tables[0]").unwrap();
        read.frame.column("tax_wan").unwrap().f64().unwrap().iter().flatten().sum()
    };
    // The strings of all cells, and one of the numbers.
    let reference = || -> f64 {
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let tax = reader.headers().unwrap().iter().position(|name| name == "tax_wan").unwrap();
        reader.records().filter_map(|record| record.unwrap().get(tax).and_then(|cell| cell.parse::<f64>().ok())).sum()
    };
    agree("tax", ours(), reference(), 1e-6 * ours().abs());
    let mut group = c.benchmark_group("CSV scan");
    group.throughput(criterion::Throughput::Bytes(std::fs::metadata(&path).unwrap().len()));
    group.bench_function("ours, every column typed", |b| b.iter(|| black_box(ours())));
    group.bench_function("csv, one column typed", |b| b.iter(|| black_box(reference())));
    group.finish();
}

fn wkb_decode(c: &mut Criterion) {
    let city = City::get();
    let blobs: Vec<Vec<u8>> = city.parcels.geometry.shapes().map(|shape| wkb::encode(shape, mujun::model::Coord::new(0.0, 0.0))).collect();
    let ours = || {
        let mut builder = GeometryBuilder::default();
        for blob in &blobs {
            mujun::read::vector::wkb::decode(blob, &mut builder).unwrap_or_else(|refusal| panic!("{}", refusal.detail));
        }
        builder.finish()
    };
    let reference = || blobs.iter().map(|blob| gdal::vector::Geometry::from_wkb(blob).unwrap()).collect::<Vec<_>>();
    let ours_m2: f64 = ours().shapes().map(area::planar_area_m2).sum();
    agree("decoded area", ours_m2, reference().iter().map(gdal::vector::Geometry::area).sum(), 1e-9 * ours_m2);
    let mut group = c.benchmark_group("WKB decode");
    group.throughput(criterion::Throughput::Bytes(blobs.iter().map(|blob| blob.len() as u64).sum()));
    group.bench_function("ours", |b| b.iter(|| black_box(ours())));
    group.bench_function("GDAL", |b| b.iter(|| black_box(reference())));
    group.finish();
}

criterion_group!(
    kernels,
    shared_area,
    zone_shares,
    footprint_union,
    ellipsoidal_area,
    coverage_check,
    adjacency,
    ring_validation,
    csv_scan,
    wkb_decode
);
criterion_main!(kernels);

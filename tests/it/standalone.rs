//! One file, no network: the program alone, in an empty directory, with an empty environment.

use std::path::Path;
use std::process::Command;

use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};

use crate::program::{PROGRAM, numbers, said, table};

/// One parcel of 0.01° by 0.01° at 120° E 31° N in a GeoPackage in EPSG:4490.
fn parcels_in_degrees(path: &Path) {
    let mut dataset = gdal::DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(path).unwrap();
    let mut srs = SpatialRef::from_epsg(4490).unwrap();
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let layer =
        dataset.create_layer(LayerOptions { name: "parcels", srs: Some(&srs), ty: OGRwkbGeometryType::wkbPolygon, options: None }).unwrap();
    FieldDefn::new("parcel_id", OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
    let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
    feature.set_field_string(0, "310114001001GB00001").unwrap();
    feature.set_geometry(Geometry::from_wkt("POLYGON((120 31, 120.01 31, 120.01 31.01, 120 31.01, 120 31))").unwrap()).unwrap();
    feature.create(&layer).unwrap();
}

#[test]
fn the_program_alone_opens_a_geopackage_and_projects_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(PROGRAM, dir.path().join("mujun")).unwrap();
    parcels_in_degrees(&dir.path().join("parcels.gpkg"));
    let job = "name = 'alone'\nas_of = 2025-12-31\nrules = ['zhejiang']\noutput = 'out'\n\
               [crs]\ncompute = 'EPSG:4528'\n[parcels]\npath = 'parcels.gpkg'\n";
    std::fs::write(dir.path().join("job.toml"), job).unwrap();
    let output = Command::new(dir.path().join("mujun"))
        .args(["run", "job.toml"])
        .current_dir(dir.path())
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("PROJ_DATA", "/nonexistent")
        .env("PROJ_LIB", "/nonexistent")
        .env("GDAL_DATA", "/nonexistent")
        .output()
        .unwrap();
    let said = said(&output);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let inventory = table(&dir.path().join("out/inventory.parquet"));
    // Geodesic area of the cell by GeographicLib (pyproj 3.7.2, PROJ 9.5.1), m²; the edges of the survey formula differ by some 1e-9 of it.
    let ellipsoidal_m2 = numbers(&inventory, "area_ellipsoidal_m2")[0].unwrap();
    assert!((ellipsoidal_m2 / GEODESIC_M2 - 1.0).abs() < 1e-6, "{ellipsoidal_m2} m²");
    let planar_m2 = numbers(&inventory, "area_planar_m2")[0].unwrap();
    assert!((planar_m2 / GEODESIC_M2 - 1.0).abs() < 1e-6, "{planar_m2} m²");
}

const GEODESIC_M2: f64 = 1058796.2089648247;

#[test]
fn only_the_systems_own_libraries_are_linked() {
    let output = Command::new("ldd").arg(PROGRAM).output().unwrap();
    let said = said(&output);
    let libraries: Vec<&str> = said.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(!libraries.is_empty(), "{}", said.stderr);
    for library in libraries {
        let name = library.rsplit('/').next().unwrap();
        let known = ["linux-vdso", "libstdc++", "libgcc_s", "libm.", "libc.", "libdl", "libpthread", "librt", "ld-linux"];
        assert!(known.iter().any(|k| name.starts_with(k)), "{library}");
    }
}

//! Rejects are as they came: to the bit, in the CRS of their source, whatever the format.

use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use polars::prelude::{NamedFrom, Series, df};

use crate::program::{done, json, mujun};

/// Identifier and geometry: two rows that share one and differ, each drawn as nothing that is measured is: clockwise, with a vertex twice, with heights,
/// not closed, as a collection, with arcs; and parcels that are in order.
const ROWS: [(&str, &str); 8] = [
    ("good", "POLYGON ((40500000 3460000,40500100 3460000,40500100 3460100,40500000 3460000))"),
    ("two", "POLYGON ((40501000 3460000,40501000 3460100,40501100 3460100,40501100 3460100,40501000 3460000))"),
    ("two", "MULTIPOLYGON (((40502000 3460000,40502000 3460100.125,40502100 3460100,40502000 3460000)))"),
    ("heights", "POLYGON Z ((40503000 3460000 1,40503000 3460100 2,40503100 3460100 3,40503000 3460000 1))"),
    ("heights", "POLYGON ((40504000 3460000,40504000 3460100,40504100 3460100,40504000 3460000))"),
    ("line", "POLYGON ((40505000 3460000,40505050 3460060,40505100 3460100,40505050 3460060,40505000 3460000))"),
    ("arcs", "CURVEPOLYGON (CIRCULARSTRING (40506000 3460000,40506100 3460000,40506000 3460000))"),
    ("arcs", "GEOMETRYCOLLECTION (POLYGON ((40507000 3460000,40507000 3460100,40507100 3460100,40507000 3460000)))"),
];
const GOOD: &str = "good";

const JOB: &str = r#"
name = "rejects"
as_of = 2025-12-31
rules = ["zhejiang"]
output = "out"
formats = ["gpkg"]
[crs]
compute = "EPSG:4528"
[parcels]
path = "FILE"
"#;

fn job(dir: &Path, file: &str, more: &str) {
    std::fs::write(dir.join("job.toml"), format!("{}{more}", JOB.replace("FILE", file))).unwrap();
}

/// The rows in a CRS, where it takes them.
fn drawn(crs: u32, takes_all: bool) -> Vec<(&'static str, Vec<u8>)> {
    let reference = |code: u32| {
        let mut reference = SpatialRef::from_epsg(code).unwrap();
        reference.set_axis_mapping_strategy(gdal::spatial_ref::AxisMappingStrategy::TraditionalGisOrder);
        reference
    };
    let way = gdal::spatial_ref::CoordTransform::new(&reference(4528), &reference(crs)).unwrap();
    let rows = ROWS.iter().filter(|(id, _)| takes_all || !["heights", "arcs"].contains(id));
    let geometry = |wkt: &str| {
        let geometry = Geometry::from_wkt(wkt).unwrap();
        if crs == 4528 { geometry } else { geometry.transform(&way).unwrap() }
    };
    rows.map(|(id, wkt)| (*id, geometry(wkt).iso_wkb().unwrap())).collect()
}

fn write(driver: &str, path: &Path, crs: u32, options: Option<&[&str]>, rows: &[(&str, Vec<u8>)]) {
    let mut dataset = gdal::DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(path).unwrap();
    let mut srs = SpatialRef::from_epsg(crs).unwrap();
    srs.set_axis_mapping_strategy(gdal::spatial_ref::AxisMappingStrategy::TraditionalGisOrder);
    let ty = if driver == "ESRI Shapefile" { OGRwkbGeometryType::wkbPolygon } else { OGRwkbGeometryType::wkbUnknown };
    let layer = dataset.create_layer(LayerOptions { name: "parcels", srs: Some(&srs), ty, options }).unwrap();
    FieldDefn::new("parcel_id", OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
    for (id, wkb) in rows {
        let mut feature = Feature::new(layer.defn()).unwrap();
        feature.set_geometry(Geometry::from_wkb(wkb).unwrap()).unwrap();
        feature.set_field_string(0, id).unwrap();
        feature.create(&layer).unwrap();
    }
    dataset.close().unwrap();
}

/// Every feature of a layer of a file: the row that it is of, and its geometry.
fn features(file: &Path, layer: &str) -> Vec<(i64, Option<Vec<u8>>)> {
    let dataset = gdal::Dataset::open(file).unwrap();
    let mut layer = dataset.layer_by_name(layer).unwrap();
    let row = layer.defn().field_index("row").ok();
    let one = |feature: Feature<'_>| {
        let number = match row {
            Some(row) => feature.field_as_integer64(row).unwrap().unwrap(),
            None => i64::try_from(feature.fid().unwrap()).unwrap(),
        };
        (number, feature.geometry().and_then(|geometry| geometry.iso_wkb().ok()))
    };
    layer.features().map(one).collect()
}

/// Runs the job; all rows but the good one must be in the rejects as `stored`, by row.
fn check(dir: &Path, what: &str, stored: &[(i64, Option<Vec<u8>>)], good: i64) {
    let said = mujun(dir, &["run", "job.toml", "--quiet"]);
    assert_eq!(said.code, 1, "{what}: {}", said.stderr);
    let wanted: Vec<_> = stored.iter().filter(|(row, _)| *row != good).cloned().collect();
    assert_eq!(features(&dir.join("out/rejects.gpkg"), "rejects"), wanted, "{what}");
    // On the map all of them have a place.
    let shown = features(&dir.join("out/inventory.gpkg"), "rejects");
    assert_eq!(shown.len(), wanted.len(), "{what}");
    let is_near = |wkb: &[u8]| (40_500_000.0..40_508_001.0).contains(&Geometry::from_wkb(wkb).unwrap().envelope().MinX);
    assert!(shown.iter().all(|(_, wkb)| wkb.as_deref().is_some_and(is_near)), "{what}");
}

#[test]
fn every_format_gives_them_back_to_the_bit() {
    for (driver, file, crs, options) in [
        ("GPKG", "parcels.gpkg", 4528, None),
        ("GPKG", "degrees.gpkg", 4490, None),
        ("FlatGeobuf", "parcels.fgb", 4528, None),
        ("FlatGeobuf", "stream.fgb", 4490, Some(&["SPATIAL_INDEX=NO"][..])),
        ("ESRI Shapefile", "parcels.shp", 4490, None),
        ("GeoJSON", "parcels.geojson", 4326, None),
        ("GeoJSONSeq", "parcels.geojsonl", 4326, None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file);
        write(driver, &path, crs, options, &drawn(crs, driver == "GPKG"));
        job(dir.path(), file, "");
        let name = gdal::Dataset::open(&path).unwrap().layer(0).unwrap().name();
        let mut stored = features(&path, &name);
        stored.sort();
        // FlatGeobuf with an index has the rows in an order of its own.
        let dataset = gdal::Dataset::open(&path).unwrap();
        let good =
            dataset.layer(0).unwrap().features().find(|f| f.field_as_string(0).unwrap().as_deref() == Some(GOOD)).unwrap().fid().unwrap();
        check(dir.path(), file, &stored, i64::try_from(good).unwrap());
    }
}

#[test]
fn geoparquet_gives_them_back_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<_> = drawn(4528, true).into_iter().filter(|(id, _)| *id != "arcs").collect();
    let (ids, wkbs): (Vec<&str>, Vec<&[u8]>) = rows.iter().map(|(id, wkb)| (*id, wkb.as_slice())).unzip();
    let mut frame = df!("parcel_id" => ids).unwrap();
    frame.with_column(Series::new("geometry".into(), wkbs).into()).unwrap();
    let geo = format!(
        r#"{{"version":"1.1.0","primary_column":"geometry","columns":{{"geometry":{{"encoding":"WKB","geometry_types":[],"crs":{}}}}}}}"#,
        SpatialRef::from_epsg(4528).unwrap().to_projjson().unwrap()
    );
    let metadata = polars_io::parquet::write::KeyValueMetadata::from_static(vec![("geo".into(), geo)]);
    let file = std::fs::File::create(dir.path().join("parcels.parquet")).unwrap();
    polars_io::parquet::write::ParquetWriter::new(file).with_key_value_metadata(Some(metadata)).finish(&mut frame).unwrap();
    job(dir.path(), "parcels.parquet", "");
    let stored: Vec<_> = (1..).zip(rows).map(|(row, (_, wkb))| (row, Some(wkb))).collect();
    check(dir.path(), "geoparquet", &stored, 1);
}

#[test]
fn boundary_points_and_text_give_them_back_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let rings = [
        ("good", vec![(40_500_000.0, 3_460_000.0), (40_500_100.0, 3_460_000.0), (40_500_100.0, 3_460_100.0), (40_500_000.0, 3_460_000.0)]),
        ("two", vec![(40_501_000.0, 3_460_000.0), (40_501_000.0, 3_460_100.5), (40_501_000.0, 3_460_100.5), (40_501_100.0, 3_460_100.0)]),
        ("two", vec![(40_502_000.0, 3_460_000.0), (40_502_000.0, 3_460_100.0), (40_502_100.0, 3_460_100.0), (40_502_000.0, 3_460_000.0)]),
    ];
    let mut text =
        "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n[地块坐标]\r\n"
            .to_owned();
    let mut csv = "parcel_id,WKT\n".to_owned();
    let mut stored = Vec::new();
    for (row, (id, ring)) in (1..).zip(&rings) {
        text += &format!("{},1.0,{id},名,面,,,@\r\n", ring.len());
        (1..).zip(ring).for_each(|(point, (x, y))| text += &format!("J{point},1,{y},{x}\r\n"));
        let corners: Vec<String> = ring.iter().map(|(x, y)| format!("{x} {y}")).collect();
        let wkt = format!("POLYGON (({}))", corners.join(","));
        csv += &format!("{id},\"{wkt}\"\n");
        stored.push((row, Some(Geometry::from_wkt(&wkt).unwrap().iso_wkb().unwrap())));
    }
    std::fs::write(dir.path().join("parcels.txt"), text).unwrap();
    std::fs::write(dir.path().join("parcels.csv"), csv).unwrap();
    job(dir.path(), "parcels.txt", "");
    check(dir.path(), "boundary points", &stored, 1);
    job(dir.path(), "parcels.csv", "crs = \"EPSG:4528\"\n");
    check(dir.path(), "csv with wkt", &stored, 1);
}

#[test]
fn each_crs_has_a_layer_and_merged_rows_come_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let rows = drawn(4528, false);
    write("GPKG", &dir.path().join("parcels.gpkg"), 4528, None, &rows[..1]);
    // Two rows of one project that cross each other more than a repair may decide on, and one far away.
    let square = |x: i32, y: i32| {
        let corners = [(x, y), (x, y + 100), (x + 100, y + 100), (x + 100, y), (x, y)].map(|(x, y)| format!("{x} {y}"));
        Geometry::from_wkt(&format!("POLYGON (({}))", corners.join(","))).unwrap().iso_wkb().unwrap()
    };
    let projects = [("P", square(500_000, 3_460_000)), ("P", square(500_050, 3_460_050)), ("Q", square(500_500, 3_460_000))];
    write("GPKG", &dir.path().join("projects.gpkg"), 4549, None, &projects);
    job(dir.path(), "parcels.gpkg", "[projects]\npath = \"projects.gpkg\"\n[projects.fields]\nproject_id = \"parcel_id\"\n");
    let said = mujun(dir.path(), &["run", "job.toml", "--quiet"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    let out = dir.path().join("out");
    let stored: Vec<_> = (1..).zip(&projects[..2]).map(|(row, (_, wkb))| (row, Some(wkb.clone()))).collect();
    assert_eq!(features(&out.join("rejects.gpkg"), "rejects"), []);
    assert_eq!(features(&out.join("rejects.gpkg"), "rejects_2"), stored);
    let dataset = gdal::Dataset::open(out.join("rejects.gpkg")).unwrap();
    assert_eq!(dataset.layer_by_name("rejects_2").unwrap().spatial_ref().unwrap().auth_code().unwrap(), 4549);
    let balances = json(&out.join("run.json"))["balances"].clone();
    let projects = balances.as_array().unwrap().iter().find(|b| b["quantity"] == "projects").unwrap();
    assert_eq!(["in", "out", "rejected", "unassigned"].map(|key| projects[key].as_f64().unwrap()), [3.0, 1.0, 2.0, 0.0]);
}

#[test]
fn shuffled_rows_are_rejected_alike() {
    let found = |turn: usize| {
        let dir = tempfile::tempdir().unwrap();
        let mut rows = drawn(4490, true);
        rows.rotate_left(turn);
        write("GPKG", &dir.path().join("parcels.gpkg"), 4490, None, &rows);
        job(dir.path(), "parcels.gpkg", "");
        mujun(dir.path(), &["run", "job.toml", "--quiet"]);
        let mut found: Vec<_> = features(&dir.path().join("out/rejects.gpkg"), "rejects").into_iter().map(|(_, wkb)| wkb).collect();
        found.sort();
        found
    };
    assert_eq!(found(0).len(), ROWS.len() - 1);
    assert_eq!(found(0), found(3));
}

#[test]
fn what_the_condition_leaves_out_is_neither_told_nor_rejected() {
    let dir = tempfile::tempdir().unwrap();
    write("GPKG", &dir.path().join("parcels.gpkg"), 4528, None, &drawn(4528, true));
    let geometry_codes = |condition: &str| {
        job(dir.path(), "parcels.gpkg", condition);
        let said = mujun(dir.path(), &["run", "job.toml", "--quiet"]);
        assert!(said.code < 2, "{}", said.stderr);
        let findings = crate::program::rows(&dir.path().join("out/findings.csv"));
        findings.into_iter().map(|f| f["code"].clone()).filter(|code| code.starts_with("geometry.") || code.starts_with("id.")).count()
    };
    assert!(geometry_codes("") > 8);
    assert_eq!(geometry_codes("where = \"parcel_id = 'good'\"\n"), 0);
    assert_eq!(features(&dir.path().join("out/rejects.gpkg"), "rejects"), []);
}

#[test]
fn none_are_a_file_too() {
    let dir = tempfile::tempdir().unwrap();
    write("GPKG", &dir.path().join("parcels.gpkg"), 4490, None, &drawn(4490, false)[..1]);
    job(dir.path(), "parcels.gpkg", "");
    done(dir.path(), &["run", "job.toml", "--quiet"]);
    assert_eq!(features(&dir.path().join("out/rejects.gpkg"), "rejects"), []);
}

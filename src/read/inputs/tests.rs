use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};

use super::records::{hash, hash_with_siblings};
use super::*;
use crate::read::table::tests::folder;

/// Columns of text and the rows of a layer: the WKT of a polygon, or nothing for a row of a table, and the cells.
struct Sample<'a> {
    columns: &'a [&'a str],
    rows: &'a [(&'a str, &'a [&'a str])],
}

/// A square of 20 m by 20 m in zone 40 of CGCS2000, in metres.
const SQUARE: &str = "POLYGON ((40510000 3460000,40510020 3460000,40510020 3460020,40510000 3460020,40510000 3460000))";

fn write(driver: &str, path: &Path, epsg: Option<u32>, sample: &Sample<'_>) {
    let srs = epsg.map(|code| SpatialRef::from_epsg(code).unwrap());
    let is_table = !sample.rows.is_empty() && sample.rows.iter().all(|r| r.0.is_empty());
    let ty = if is_table { OGRwkbGeometryType::wkbNone } else { OGRwkbGeometryType::wkbPolygon };
    let mut dataset = gdal::DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(path).unwrap();
    let encoding: Option<&[&str]> = (driver == "ESRI Shapefile").then_some(&["ENCODING="]);
    let layer = dataset.create_layer(LayerOptions { name: "layer", srs: srs.as_ref(), ty, options: encoding }).unwrap();
    for name in sample.columns {
        FieldDefn::new(name, OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
    }
    for (wkt, cells) in sample.rows {
        let mut feature = Feature::new(layer.defn()).unwrap();
        if !wkt.is_empty() {
            feature.set_geometry(Geometry::from_wkt(wkt).unwrap()).unwrap();
        }
        cells.iter().enumerate().for_each(|(i, cell)| feature.set_field_string(i, cell).unwrap());
        feature.create(&layer).unwrap();
    }
    dataset.flush_cache().unwrap();
}

/// What a job reads in `dir`, which has a layer of one parcel.
fn read_job(dir: &Path, more: &str) -> Result<Inputs, ReadError> {
    let parcels = Sample { columns: &["parcel_id"], rows: &[(SQUARE, &["P1"])] };
    if !dir.join("parcels.gpkg").exists() {
        write("GPKG", &dir.join("parcels.gpkg"), Some(4528), &parcels);
    }
    let toml = format!("as_of = 2025-12-31\nparcels = {{ path = 'parcels.gpkg' }}\n{more}");
    read(&Job::parse(&toml, &dir.join("job.toml"), None).unwrap())
}

#[test]
fn buildings_without_a_geometry_column_are_a_table_in_any_format() {
    let dir = folder(&[]);
    let rows = Sample { columns: &["parcel_id", "building_i", "floors"], rows: &[("", &["P1", "B1", "3"]), ("", &["P1", "B2", "2"])] };
    write("GPKG", &dir.path().join("b.gpkg"), None, &rows);
    write("ESRI Shapefile", &dir.path().join("b.dbf"), None, &rows);
    write("GPKG", &dir.path().join("polygons.gpkg"), Some(4528), &Sample { columns: &["building_i"], rows: &[(SQUARE, &["B3"])] });
    for file in ["b.gpkg", "b.dbf"] {
        let fields = "fields = { building_id = 'building_i' }";
        let inputs = read_job(dir.path(), &format!("buildings = {{ path = '{file}', {fields} }}")).unwrap();
        let Buildings::Declared(table) = inputs.buildings else { panic!("{file} is no table") };
        assert_eq!((table.frame.height(), inputs.rejects.len()), (2, 0), "{file}");
        assert_eq!(table.frame.column("floors").unwrap().f64().unwrap().get(0), Some(3.0), "{file}");
    }
    let mixed = read_job(dir.path(), "buildings = { path = ['b.gpkg', 'polygons.gpkg'] }").unwrap_err();
    assert_eq!(mixed.to_string(), "`buildings.path`: file `polygons.gpkg` has polygons where rows without geometry are needed");
}

#[test]
fn zones_and_what_a_condition_keeps_are_never_nothing() {
    let dir = folder(&[("e.csv", b"enterprise_id,parcel_id,year\nE,P1,2024\n")]);
    write("GPKG", &dir.path().join("z.gpkg"), Some(4528), &Sample { columns: &["zone_name"], rows: &[(SQUARE, &["Z"])] });
    write("GPKG", &dir.path().join("none.gpkg"), Some(4528), &Sample { columns: &["zone_name", "project_id"], rows: &[] });
    let said = |more: &str| read_job(dir.path(), more).map(|_| ()).map_err(|e| e.to_string());
    let zones = |more: &str| said(&format!("zones = [{{ kind = 'town_boundary', {more} }}]"));
    assert_eq!(zones("path = 'z.gpkg', where = \"zone_name = 'Z'\""), Ok(()));
    assert_eq!(
        zones("path = 'z.gpkg', where = \"zone_name = 'Y'\""),
        Err("`zones[0].where`: file `z.gpkg` has no rows that meet the condition".into())
    );
    assert_eq!(zones("path = 'none.gpkg'"), Err("`zones[0].path`: file `none.gpkg` has no rows".into()));
    assert_eq!(said("projects = { path = 'none.gpkg' }"), Ok(()));
    assert_eq!(
        said("tables = [{ kind = 'enterprises', path = 'e.csv', where = 'year = 2023' }]"),
        Err("`tables[0].where`: file `e.csv` has no rows that meet the condition".into())
    );
}

#[test]
fn the_text_of_a_dbf_is_in_its_own_encoding() {
    let dir = folder(&[]);
    let placeholder = Sample { columns: &["parcel_id", "use"], rows: &[("", &["P1", "[factory]"])] };
    let path = dir.path().join("b.dbf");
    write("ESRI Shapefile", &path, None, &placeholder);
    let bytes = std::fs::read(&path).unwrap();
    let place = bytes.windows(9).position(|w| w == b"[factory]").unwrap();
    let uses = |encoding: &'static encoding_rs::Encoding, text: &str, more: &str| {
        let mut bytes = bytes.clone();
        let cell = encoding.encode(text).0;
        bytes[place..place + 9].fill(b' ');
        bytes[place..place + cell.len()].copy_from_slice(&cell);
        std::fs::write(&path, bytes).unwrap();
        match read_job(dir.path(), &format!("buildings = {{ path = 'b.dbf'{more} }}")).map(|inputs| inputs.buildings) {
            Ok(Buildings::Declared(table)) => Ok(table.frame.column("use").unwrap().str().unwrap().get(0).map(str::to_owned)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    };
    assert_eq!(uses(encoding_rs::GB18030, "工业厂房", ", encoding = 'GBK'"), Ok(Some("工业厂房".into())));
    assert_eq!(uses(encoding_rs::GB18030, "工业厂房", ""), Ok(Some("工业厂房".into())));
    assert!(uses(encoding_rs::GB18030, "工业厂房", ", encoding = 'UTF-8'").is_err());
}

#[test]
fn the_partition_is_a_column_of_layers_too() {
    let dir = folder(&[("in/county=1/x", b""), ("in/county=2/x", b"")]);
    for (place, id) in [("in/county=1/p.gpkg", "P1"), ("in/county=2/p.gpkg", "P2")] {
        write("GPKG", &dir.path().join(place), Some(4528), &Sample { columns: &["parcel_id"], rows: &[(SQUARE, &[id])] });
    }
    geoparquet_file(&dir.path().join("in/county=2/q.parquet"));
    let towns = |more: &str| {
        let toml = format!(
            "as_of = 2025-12-31\n[parcels]\npath = 'in'\npartition = 'county'\ncrs = 'EPSG:4528'\n{more}\nfields = {{ town = 'county' }}"
        );
        let parcels = read(&Job::parse(&toml, &dir.path().join("job.toml"), None).unwrap()).unwrap().parcels;
        let texts =
            |name: &str| parcels.attributes.column(name).unwrap().str().unwrap().iter().map(|t| t.unwrap().to_owned()).collect::<Vec<_>>();
        (texts("parcel_id"), texts("town"))
    };
    let owned = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
    assert_eq!(towns(""), (owned(&["P1", "P2", "P3"]), owned(&["1", "2", "2"])));
    assert_eq!(towns("where = \"county = '2'\""), (owned(&["P2", "P3"]), owned(&["2", "2"])));
}

/// A GeoParquet file of one parcel, `P3`.
fn geoparquet_file(path: &Path) {
    use polars::prelude::{IntoColumn, NamedFrom, Series};
    let wkb = Geometry::from_wkt(SQUARE).unwrap().wkb().unwrap();
    let columns =
        vec![Series::new("parcel_id".into(), ["P3"]).into_column(), Series::new("geometry".into(), [wkb.as_slice()]).into_column()];
    let mut frame = DataFrame::new(1, columns).unwrap();
    let geo = r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["Polygon"],"crs":null}}}"#;
    let metadata = polars_io::parquet::write::KeyValueMetadata::from_static(vec![("geo".into(), geo.into())]);
    let writer = polars_io::parquet::write::ParquetWriter::new(std::fs::File::create(path).unwrap());
    writer.with_key_value_metadata(Some(metadata)).finish(&mut frame).unwrap();
}

#[test]
fn every_file_of_a_table_and_every_file_beside_one_is_recorded() {
    let csv = b"enterprise_id,parcel_id,year\nA,P1,2024\nB,P1,2024\n";
    let dir = folder(&[("in/a.csv", csv), ("in/b.csv", b"enterprise_id,parcel_id,year\nC,P1,2024\n")]);
    let inputs = read_job(dir.path(), "tables = [{ kind = 'enterprises', path = 'in' }]").unwrap();
    let found: Vec<_> = inputs.records.iter().map(|r| (r.path.as_str(), r.features, r.sha256.len())).collect();
    assert_eq!(found, [("parcels.gpkg", 1, 64), ("in/a.csv", 2, 64), ("in/b.csv", 1, 64)]);
    assert_ne!(inputs.records[1].sha256, inputs.records[2].sha256);

    let dir = folder(&[
        ("p.shp", b"1"),
        ("P.Dbf", b"2"),
        ("p.SHX", b"3"),
        ("q.dbf", b"4"),
        ("m.tab", b"5"),
        ("m.DAT", b"6"),
        ("n.MIF", b""),
        ("n.mid", b""),
    ]);
    let names = |file: &str| {
        let records = hash_with_siblings(&dir.path().join(file), &format!("in/{file}")).unwrap();
        records.into_iter().map(|r| r.0).collect::<Vec<_>>()
    };
    assert_eq!(names("p.shp"), ["in/p.shp", "in/P.Dbf", "in/p.SHX"]);
    assert_eq!((names("m.tab"), names("n.MIF").len()), (vec!["in/m.tab".to_owned(), "in/m.DAT".into()], 2));

    // `printf abc | sha256sum`
    let dir = folder(&[("x.gdb/b", b"c"), ("x.gdb/a/z", b"b"), ("x.gdb/a/y", b"a"), ("x.gdb/a.lock", b"!")]);
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hash(&dir.path().join("x.gdb"), "x.gdb").unwrap(), ("x.gdb".into(), 3, sum.into()));
}

use std::path::{Path, PathBuf};

use gdal::vector::{Feature, FieldDefn, Geometry, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{DatasetOptions, GdalOpenFlags};

use super::super::arrow::Stream;
use super::super::open::Opener;
use super::super::text::TextDecoder;
use super::super::{RawLayer, Request, read_file};
use super::*;
use crate::model::Source;
use crate::read::fields::Role;
use crate::read::paths::Input;
use crate::read::table::tests::{folder, spec};

const RANGE: (i64, i64) = (1, 7);

/// Four buildings with a column of each kind, one of them with a hole, changed by SQL.
fn buildings(dir: &Path, change: &str) -> PathBuf {
    let path = dir.join("b.gpkg");
    let _ = std::fs::remove_file(&path);
    let mut dataset = gdal::DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(&path).unwrap();
    let ty = OGRwkbGeometryType::wkbUnknown;
    let layer = dataset.create_layer(LayerOptions { name: "own \"layer", srs: None, ty, options: None }).unwrap();
    let column = |name: &str, ty| FieldDefn::new(name, ty).unwrap();
    column("building_id", OGRFieldType::OFTString).add_to_layer(&layer).unwrap();
    column("floors", OGRFieldType::OFTInteger).add_to_layer(&layer).unwrap();
    column("floors_below", OGRFieldType::OFTInteger64).add_to_layer(&layer).unwrap();
    column("height_m", OGRFieldType::OFTReal).add_to_layer(&layer).unwrap();
    column("use", OGRFieldType::OFTString).add_to_layer(&layer).unwrap();
    for number in 1..=4_i32 {
        let mut feature = Feature::new(layer.defn()).unwrap();
        let x = f64::from(number);
        let hole = if number == 2 { ", (2.2 0.2, 2.2 0.4, 2.4 0.2, 2.2 0.2)" } else { "" };
        let wkt = format!("POLYGON (({x} 0, {x} 0, {} 0, {x} 1, {x} 0){hole})", x + 1.0);
        feature.set_geometry(Geometry::from_wkt(&wkt).unwrap()).unwrap();
        feature.set_field_string(0, &format!("building {number} 号楼")).unwrap();
        feature.set_field_integer(1, number).unwrap();
        feature.set_field_integer64(2, i64::from(number) << 40).unwrap();
        feature.set_field_double(3, x + 0.25).unwrap();
        feature.create(&layer).unwrap();
    }
    dataset.close().unwrap();
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_UPDATE | GdalOpenFlags::GDAL_OF_VECTOR, ..DatasetOptions::default() };
    let dataset = gdal::Dataset::open_ex(&path, options).unwrap();
    for change in ["ALTER TABLE LAYER ADD COLUMN above_ground BOOLEAN", "UPDATE LAYER SET above_ground = fid % 2", change] {
        let change = change.replace("LAYER", "\"own \"\"layer\"");
        dataset.execute_sql(if change.is_empty() { "SELECT 1" } else { &change }, None, gdal::vector::sql::Dialect::DEFAULT).unwrap();
    }
    dataset.close().unwrap();
    path
}

/// The rows as GDAL gives them, and as SQLite does, where it may.
fn both(path: &Path) -> (Block, Option<Block>) {
    let opener = Opener { file: path.to_owned(), shown: "b.gpkg".into(), key: "buildings".into() };
    let input = Input { path: path.to_owned(), shown: "b.gpkg".into(), partition: None };
    let (spec, source) = (spec("b.gpkg"), Source { file: "b.gpkg".into(), layer: "".into() });
    let request = Request { input: &input, spec: &spec, role: Role::Buildings, key: "buildings", as_table: false };
    let dataset = opener.open().unwrap();
    let fields = Stream::open(&mut dataset.layer(0).unwrap()).unwrap().fields();
    let names: Vec<String> = fields.iter().map(|f| String::from_utf8(f.name.clone()).unwrap()).collect();
    let reader = BlockReader::new(request, &fields, &names, TextDecoder::utf8(), &source).unwrap();
    let query = Query::of(&reader, &dataset, 0).unwrap();
    let direct = Direct::open(path, &query).and_then(|mut direct| direct.block(&reader, RANGE));
    (reader.read_block(&opener, &dataset, 0, Some(RANGE)).unwrap(), direct)
}

#[test]
fn blocks_are_those_of_gdal() {
    let dir = folder(&[]);
    for change in [
        "",
        "DELETE FROM LAYER WHERE fid IN (1, 3)",
        "DELETE FROM LAYER",
        "UPDATE LAYER SET building_id = NULL, floors = NULL, floors_below = NULL, height_m = NULL, above_ground = NULL WHERE fid = 2",
        "UPDATE LAYER SET height_m = 3, floors = '12', use = 7, floors_below = -9223372036854775808 WHERE fid = 4",
        "UPDATE LAYER SET use = '', above_ground = 0, height_m = 1e300, floors = -2147483648 WHERE fid = 1",
        "UPDATE LAYER SET fid = 3 + fid WHERE fid > 2",
    ] {
        let (gdal, direct) = both(&buildings(dir.path(), change));
        let direct = direct.unwrap_or_else(|| panic!("not read: {change}"));
        assert_eq!(direct.geometry, gdal.geometry, "{change}");
        assert_eq!((direct.rows, direct.seen), (gdal.rows, gdal.seen), "{change}");
        assert_eq!(format!("{:?}", direct.notes), format!("{:?}", gdal.notes), "{change}");
        for (direct, gdal) in direct.columns.iter().zip(&gdal.columns) {
            assert_eq!((direct.name(), direct.dtype()), (gdal.name(), gdal.dtype()), "{change}");
            assert!(direct.equals_missing(gdal), "{change}: {direct:?} {gdal:?}");
        }
    }
}

#[test]
fn what_is_unusual_is_left_to_gdal() {
    let dir = folder(&[]);
    for change in [
        "UPDATE LAYER SET floors = 'abc' WHERE fid = 2",
        "UPDATE LAYER SET floors = 2.5 WHERE fid = 2",
        "UPDATE LAYER SET floors = 3000000000 WHERE fid = 2",
        "UPDATE LAYER SET above_ground = 2 WHERE fid = 2",
        "UPDATE LAYER SET height_m = 'tall' WHERE fid = 2",
        "UPDATE LAYER SET use = X'6162' WHERE fid = 2",
        "UPDATE LAYER SET use = 'a' || char(0) || 'b' WHERE fid = 2",
        "UPDATE LAYER SET geom = NULL WHERE fid = 2",
        "UPDATE LAYER SET geom = X'4750' WHERE fid = 2",
        "UPDATE LAYER SET geom = zeroblob(64) WHERE fid = 2",
        "PRAGMA journal_mode = WAL",
    ] {
        let (_, direct) = both(&buildings(dir.path(), change));
        assert!(direct.is_none(), "{change}");
    }
    let path = buildings(dir.path(), "");
    std::fs::write(dir.path().join("b.gpkg-journal"), "").unwrap();
    assert!(Rows::open(&path, "SELECT 1 WHERE 0 BETWEEN ? AND ?").is_none(), "a journal may have to be rolled back");
}

#[test]
fn text_that_is_none_is_an_error_as_ever() {
    let dir = folder(&[]);
    let read = |path: &Path| -> Result<RawLayer, String> {
        let input = Input { path: path.to_owned(), shown: "b.gpkg".into(), partition: None };
        let spec = spec("b.gpkg");
        let request = Request { input: &input, spec: &spec, role: Role::Buildings, key: "buildings", as_table: false };
        read_file(request).map_err(|e| e.to_string())
    };
    assert_eq!(read(&buildings(dir.path(), "")).unwrap().rows, [1, 2, 3, 4]);
    let path = buildings(dir.path(), "UPDATE LAYER SET use = CAST(X'FF' AS TEXT) WHERE fid = 2");
    assert!(read(&path).err().unwrap().contains("`use`"));
}

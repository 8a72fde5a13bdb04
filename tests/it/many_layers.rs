//! Files with 30,000 layers and folders with thousands of files: told or refused in a bounded time.

use std::path::Path;

use gdal::vector::LayerAccess;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use crate::hostile::{refused, told};
use crate::program::{city, done};

const LAYERS: u32 = 30_000;

/// Puts as many layers without rows into a GeoPackage. They share the table of one that is there: to create so many takes minutes.
fn add_layers(path: &Path, layers: u32) {
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_UPDATE, ..DatasetOptions::default() };
    let mut dataset = Dataset::open_ex(path, options).unwrap();
    let srs = dataset.layer(0).unwrap().spatial_ref().unwrap().auth_code().unwrap();
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {layers})");
    let table = "'CREATE TABLE t' || i || ' (fid INTEGER PRIMARY KEY, geom POLYGON, ZDDM TEXT)'";
    for sql in [
        "PRAGMA writable_schema = ON".to_owned(),
        format!(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) {numbers} \
             SELECT 'table', 't' || i, 't' || i, (SELECT rootpage FROM sqlite_master WHERE name = 'parcels'), {table} FROM n"
        ),
        format!(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) {numbers} \
             SELECT 't' || i, 'features', 't' || i, {srs} FROM n"
        ),
        format!("INSERT INTO gpkg_geometry_columns {numbers} SELECT 't' || i, 'geom', 'POLYGON', {srs}, 0, 0 FROM n"),
    ] {
        drop(dataset.execute_sql(&sql, None, gdal::vector::sql::Dialect::DEFAULT).unwrap());
    }
    dataset.flush_cache().unwrap();
}

#[test]
fn files_of_many_layers_are_refused_and_others_told_as_far_as_they_were_seen() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 60, &[]);
    let whole = std::fs::read(city.join("parcels.gpkg")).unwrap();
    done(&city, &["check", "job.toml"]);

    add_layers(&city.join("parcels.gpkg"), LAYERS);
    let said = refused(&city, "thousands of layers");
    assert!(said.contains("`parcels.path`: file `parcels.gpkg` has more than 1000 layers"), "{said}");
    let (code, said) = told(&city, &["doctor", "parcels.gpkg"]);
    assert!(code == 1 && said.contains("error file.unsupported: file `parcels.gpkg` has more than 1000 layers"), "{said}");

    std::fs::write(city.join("parcels.gpkg"), whole).unwrap();
    add_layers(&city.join("parcels.gpkg"), 99);
    done(&city, &["check", "job.toml"]);
    let (code, said) = told(&city, &["doctor", "parcels.gpkg"]);
    assert!(code == 0 && said.contains("warning file.many_layers: the file has 100 layers"), "{said}");
    assert!(said.contains("the first 64 were looked into"), "{said}");

    let layers: String =
        (0..LAYERS / 10).map(|i| format!("<OGRVRTLayer name=\"v{i}\"><SrcDataSource>p.csv</SrcDataSource></OGRVRTLayer>")).collect();
    std::fs::write(city.join("p.csv"), "ZDDM,WKT\n").unwrap();
    std::fs::write(city.join("many.vrt"), format!("<OGRVRTDataSource>{layers}</OGRVRTDataSource>")).unwrap();
    let (code, said) = told(&city, &["doctor", "many.vrt"]);
    assert!(code == 1 && said.contains("file `many.vrt` has more than 1000 layers"), "{said}");
}

#[test]
fn folders_of_many_files_are_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    for number in 0..5_000 {
        std::fs::write(dir.path().join(format!("folder/f{number}.csv")), "enterprise_id,parcel_id,year,tax_wan\nA,P1,2024,5\n").unwrap();
    }
    let (code, said) = told(dir.path(), &["doctor", "folder"]);
    assert_eq!((code, said.matches("f4999.csv").count() > 0), (0, true));
}

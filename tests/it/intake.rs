//! What comes in: nothing that is cut off, damaged or misnamed is read as something smaller, and the format makes no difference.
//!
//! A CSV that was cut exactly between two lines has no mark of it, so that one case is beyond any reader.

use std::ffi::CString;
use std::io::Cursor;
use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, LayerAccess, LayerOptions, OGRwkbGeometryType};
use polars::prelude::{Column, DataFrame, IntoColumn, IntoSeries, NewChunkedArray};

use crate::program::{city, done, mujun, numbers, table, texts};

/// A job in a directory of its own, spoiled by `change`; what the program says of it.
fn refusal(city: &Path, what: &str, change: impl FnOnce(&Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in crate::program::files(city) {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    change(dir.path());
    let said = mujun(dir.path(), &["run", "job.toml", "--quiet"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{what}: {}", said.stderr);
    assert!(!dir.path().join("out").exists(), "{what}: results all the same");
    assert_eq!(said.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{what}: {}", said.stderr);
    assert!(said.stderr.contains("\nhint: "), "{what}: {}", said.stderr);
    format!("{what}\n{}\n\n", said.stderr.trim_end())
}

/// Puts `new` in the place of `old`, which must be there, in the job file.
fn edit(dir: &Path, old: &str, new: &str) {
    let path = dir.join("job.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{old}");
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}

fn cut(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() * 2 / 3]).unwrap();
}

/// Writes the parcels of a city in another format, or as another layer of a GeoPackage.
fn convert(dir: &Path, driver: &str, to: &str, srs: Option<&SpatialRef>) {
    let from = gdal::Dataset::open(dir.join("parcels.gpkg")).unwrap();
    let mut layer = from.layer(0).unwrap();
    let mut dataset = gdal::DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(dir.join(to)).unwrap();
    let made = dataset.create_layer(LayerOptions { name: "parcels", srs, ty: OGRwkbGeometryType::wkbMultiPolygon, options: None }).unwrap();
    let fields: Vec<(String, u32)> = layer.defn().fields().map(|f| (f.name(), f.field_type())).collect();
    for (name, kind) in &fields {
        FieldDefn::new(name, *kind).unwrap().add_to_layer(&made).unwrap();
    }
    for feature in layer.features() {
        let mut copy = Feature::new(made.defn()).unwrap();
        copy.set_geometry(feature.geometry().unwrap().clone()).unwrap();
        for place in 0..fields.len() {
            if let Some(value) = feature.field(place).unwrap() {
                copy.set_field(place, &value).unwrap();
            }
        }
        copy.create(&made).unwrap();
    }
    dataset.flush_cache().unwrap();
}

fn gauss_kruger() -> SpatialRef {
    SpatialRef::from_epsg(4528).unwrap()
}

#[test]
fn nothing_damaged_is_read_as_something_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    let mut said = String::new();
    said += &refusal(&city, "a page of the GeoPackage is overwritten", |dir| {
        let path = dir.join("parcels.gpkg");
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 4096 / 2 * 4096;
        bytes[middle..middle + 4096].fill(0xFF);
        std::fs::write(path, bytes).unwrap();
    });
    for file in ["parcels.gpkg", "enterprises.csv"] {
        said += &refusal(&city, &format!("{file} is cut"), |dir| cut(&dir.join(file)));
    }
    for (driver, file) in [("FlatGeobuf", "parcels.fgb"), ("GeoJSON", "parcels.geojson")] {
        said += &refusal(&city, &format!("{file} is cut"), |dir| {
            convert(dir, driver, file, Some(&gauss_kruger()));
            edit(dir, "parcels.gpkg", file);
            cut(&dir.join(file));
        });
    }
    for (file, write) in [("enterprises.parquet", parquet as fn(&Path) -> Vec<u8>), ("enterprises.xlsx", xlsx)] {
        said += &refusal(&city, &format!("{file} is cut"), |dir| {
            std::fs::write(dir.join(file), write(dir)).unwrap();
            edit(dir, "enterprises.csv", file);
            cut(&dir.join(file));
        });
    }
    insta::assert_snapshot!(said);
}

#[test]
fn no_part_of_a_shapefile_may_be_cut() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &["--format", "shp"]);
    let said: String = ["shp", "shx", "dbf"]
        .map(|e| refusal(&city, &format!("parcels.{e} is cut"), |dir| cut(&dir.join(format!("parcels.{e}")))))
        .concat();
    insta::assert_snapshot!(said);
}

#[test]
fn a_wrong_job_is_refused_with_key_file_and_fix() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    let mut said = String::new();
    for (what, old, new) in [
        ("missing file", "path  = \"parcels.gpkg\"", "path  = \"parcel.gpkg\""),
        ("missing layer", "layer = \"parcels\"", "layer = \"parcel\""),
        ("missing column", "parcel_id = \"ZDDM\"", "parcel_id = \"ZDDN\""),
        ("missing column in a condition", "kind = 'town_boundary'\"", "kinds = 'town_boundary'\""),
        ("unknown CRS", "EPSG:4528", "EPSG:999999"),
        ("geographic compute CRS", "EPSG:4528", "EPSG:4490"),
        ("Web Mercator as compute CRS", "EPSG:4528", "EPSG:3857"),
        ("unknown key", "method = ", "methud = "),
        ("unknown kind of table", "kind = \"enterprises\"", "kind = \"enterprize\""),
        ("unknown rule pack", "zhejiang", "zhejang"),
        ("no such day", "2025-12-31", "2025-13-31"),
        ("a path over the network", "parcels.gpkg", "/vsicurl/http://example.com/parcels.gpkg"),
    ] {
        said += &refusal(&city, what, |dir| edit(dir, old, new));
    }
    said += &refusal(&city, "several layers, none named", |dir| {
        let mut dataset = gdal::Dataset::open_ex(
            dir.join("parcels.gpkg"),
            gdal::DatasetOptions { open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE, ..Default::default() },
        )
        .unwrap();
        let options = LayerOptions { name: "more", srs: Some(&gauss_kruger()), ty: OGRwkbGeometryType::wkbPolygon, options: None };
        dataset.create_layer(options).unwrap();
        edit(dir, "layer = \"parcels\"\n", "");
    });
    said += &refusal(&city, "no CRS", |dir| {
        convert(dir, "FlatGeobuf", "parcels.fgb", None);
        edit(dir, "parcels.gpkg", "parcels.fgb");
    });
    insta::assert_snapshot!(said);
}

/// Runs SQL over a GeoPackage without GDAL, which would put its counts right.
fn sqlite(path: &Path, sql: &str) {
    use libsqlite3_sys::{SQLITE_OK, sqlite3_close, sqlite3_exec, sqlite3_open};
    let (path, sql) = (CString::new(path.to_str().unwrap()).unwrap(), CString::new(sql).unwrap());
    let mut database = std::ptr::null_mut();
    // SAFETY: the strings outlive the calls, and the handle is closed once.
    unsafe {
        assert_eq!(sqlite3_open(path.as_ptr(), &raw mut database), SQLITE_OK);
        let code = sqlite3_exec(database, sql.as_ptr(), None, std::ptr::null_mut(), std::ptr::null_mut());
        sqlite3_close(database);
        assert_eq!(code, SQLITE_OK);
    }
}

/// OSGeo/gdal issue 9018: rows were repeated in the place of deleted ones where the stated count was wrong.
#[test]
fn deleted_rows_and_a_wrong_row_count_repeat_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    for (out, count) in [("high", 300), ("low", 10)] {
        sqlite(
            &city.join("parcels.gpkg"),
            &format!("DELETE FROM parcels WHERE fid % 7 = 3; UPDATE gpkg_ogr_contents SET feature_count = {count};"),
        );
        done(&city, &["run", "job.toml", "--out", out]);
        let ids = texts(&table(&city.join(out).join("inventory.parquet")), "parcel_id");
        let unique: std::collections::BTreeSet<_> = ids.iter().flatten().collect();
        assert_eq!((ids.len(), unique.len()), (257, 257), "{count} stated");
    }
}

/// The enterprises of a city as text, and which columns are numbers.
fn enterprises(dir: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(dir.join("enterprises.csv")).unwrap();
    let headings = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
    (headings, rows)
}

fn is_number(heading: &str) -> bool {
    !["enterprise_id", "enterprise_name", "parcel_id", "scale", "veto"].contains(&heading)
}

fn parquet(dir: &Path) -> Vec<u8> {
    use polars::prelude::{Float64Chunked, StringChunked};
    let (headings, rows) = enterprises(dir);
    let column = |(place, name): (usize, &String)| -> Column {
        let cells = rows.iter().map(|row| Some(row[place].as_str()).filter(|cell| !cell.is_empty()));
        if is_number(name) {
            let numbers: Vec<Option<f64>> = cells.map(|cell| cell.map(|c| c.parse().unwrap())).collect();
            Float64Chunked::from_iter_options(name.as_str().into(), numbers.into_iter()).into_series().into_column()
        } else {
            StringChunked::from_iter_options(name.as_str().into(), cells).into_series().into_column()
        }
    };
    let mut frame = DataFrame::new(rows.len(), headings.iter().enumerate().map(column).collect()).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    polars_io::parquet::write::ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes.into_inner()
}

/// A workbook of one sheet: text as inline strings, numbers as numbers.
fn xlsx(dir: &Path) -> Vec<u8> {
    let (headings, rows) = enterprises(dir);
    let text = |cell: &str| format!("<c t=\"inlineStr\"><is><t>{}</t></is></c>", cell.replace('&', "&amp;").replace('<', "&lt;"));
    let mut sheet: String = headings.iter().map(|h| text(h)).collect();
    sheet = format!("<row>{sheet}</row>");
    for row in &rows {
        let cells: String = row
            .iter()
            .zip(&headings)
            .map(|(cell, heading)| match cell.as_str() {
                "" => "<c/>".to_owned(),
                number if is_number(heading) => format!("<c><v>{number}</v></c>"),
                words => text(words),
            })
            .collect();
        sheet.push_str(&format!("<row>{cells}</row>"));
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{relations}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    zip(&[
        (
            "[Content_Types].xml",
            format!("<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"),
        ),
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>")),
    ])
}

/// Files in a ZIP archive, stored as they are.
fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        !bytes
            .iter()
            .fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 }))
    };
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        // Version, flags, method 0 (stored), time, date; then sizes and the length of the name.
        let mut header = [20_u16.to_le_bytes(), [0; 2], [0; 2], [0; 2], 33_u16.to_le_bytes()].concat();
        header.extend([crc(content.as_bytes()).to_le_bytes(), size, size].concat());
        header.extend([u16::try_from(name.len()).unwrap().to_le_bytes(), [0; 2]].concat());
        directory.extend([b"PK\x01\x02".as_slice(), &20_u16.to_le_bytes(), &header, &[0; 10]].concat());
        directory.extend([&u32::try_from(body.len()).unwrap().to_le_bytes(), name.as_bytes()].concat());
        body.extend([b"PK\x03\x04".as_slice(), &header, name.as_bytes(), content.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let place = [u32::try_from(directory.len()).unwrap().to_le_bytes(), u32::try_from(body.len()).unwrap().to_le_bytes()].concat();
    [body, directory, [b"PK\x05\x06".as_slice(), &[0; 4], &count, &count, &place, &[0; 2]].concat()].concat()
}

#[test]
fn the_form_of_the_enterprise_table_makes_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml", "--out", "utf8"]);
    let plain = std::fs::read_to_string(city.join("enterprises.csv")).unwrap();
    assert!(!plain.is_ascii());
    let forms: [(&str, &str, Vec<u8>); 4] = [
        ("bom", "enterprises.csv", format!("\u{feff}{plain}").into_bytes()),
        ("gb18030", "enterprises.csv", encoding_rs::GB18030.encode(&plain).0.into_owned()),
        ("parquet", "enterprises.parquet", parquet(&city)),
        ("xlsx", "enterprises.xlsx", xlsx(&city)),
    ];
    let mut job = "enterprises.csv";
    for (out, file, bytes) in &forms {
        std::fs::write(city.join(file), bytes).unwrap();
        if job != *file {
            edit(&city, job, file);
            job = file;
        }
        done(&city, &["run", "job.toml", "--out", out]);
        for result in ["inventory.parquet", "inventory.geojson", "ledger/decisions.parquet", "summary/overall.parquet"] {
            let same = std::fs::read(city.join(out).join(result)).unwrap() == std::fs::read(city.join("utf8").join(result)).unwrap();
            assert!(same, "{out}: {result}");
        }
    }
}

#[test]
fn a_shapefile_in_gbk_is_read_with_and_without_cpg() {
    let dir = tempfile::tempdir().unwrap();
    let geopackage = city(dir.path(), 300, &[]);
    done(&geopackage, &["run", "job.toml", "--out", "../gpkg"]);
    std::fs::remove_dir_all(&geopackage).unwrap();
    let shapefile = city(dir.path(), 300, &["--format", "shp"]);
    done(&shapefile, &["run", "job.toml", "--out", "../guessed"]);
    for layer in ["parcels", "buildings", "zones", "projects"] {
        std::fs::write(shapefile.join(format!("{layer}.cpg")), "GBK").unwrap();
    }
    done(&shapefile, &["run", "job.toml", "--out", "../declared"]);
    let read = |out: &str| table(&dir.path().join(out).join("inventory.parquet"));
    let bytes = |out: &str| std::fs::read(dir.path().join(out).join("inventory.geojson")).unwrap();
    assert!(bytes("guessed") == bytes("declared"));
    let (plain, gbk) = (read("gpkg"), read("guessed"));
    for column in ["parcel_id", "town", "industry", "grade", "zone_town_boundary"] {
        assert_eq!(texts(&plain, column), texts(&gbk, column), "{column}");
    }
    assert!(texts(&gbk, "town").iter().flatten().any(|town| !town.is_ascii()));
}

/// The results of a run are a layer like any other.
#[test]
fn geoparquet_and_other_formats_give_the_areas_of_the_geopackage() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml"]);
    let wanted = table(&city.join("out/inventory.parquet"));
    std::fs::copy(city.join("out/inventory.parquet"), city.join("parcels.parquet")).unwrap();
    convert(&city, "FlatGeobuf", "parcels.fgb", Some(&gauss_kruger()));
    for (form, fields) in [
        ("parquet", "parcel_id = 'parcel_id'\nland_use = 'land_use'\nregistered_area_m2 = 'area_registered_m2'\n"),
        ("fgb", "parcel_id = 'ZDDM'\nland_use = 'DLBM'\nregistered_area_m2 = 'ZDMJ'\n"),
    ] {
        let job = format!(
            "as_of = 2025-12-31\nrules = ['zhejiang']\n[crs]\ncompute = 'EPSG:4528'\n[parcels]\npath = 'parcels.{form}'\n[parcels.fields]\n{fields}"
        );
        std::fs::write(city.join("other.toml"), job).unwrap();
        done(&city, &["run", "other.toml", "--out", form]);
        let found = table(&city.join(form).join("inventory.parquet"));
        assert_eq!(texts(&found, "parcel_id"), texts(&wanted, "parcel_id"), "{form}");
        for column in ["area_m2", "area_planar_m2", "area_ellipsoidal_m2", "area_registered_m2"] {
            for (found, wanted) in numbers(&found, column).into_iter().zip(numbers(&wanted, column)) {
                let same = found.zip(wanted).map_or(found == wanted, |(found, wanted)| (found - wanted).abs() <= 1e-9 * wanted);
                assert!(same, "{form}, {column}: {found:?} {wanted:?}");
            }
        }
    }
}

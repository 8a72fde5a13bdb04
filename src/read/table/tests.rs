use std::path::PathBuf;

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};
use polars_io::parquet::write::ParquetWriter;

use super::*;
use crate::model::Code;
use crate::read::job::{Duplicates, FieldSpec};

pub(crate) fn spec(path: &str) -> LayerSpec {
    LayerSpec {
        paths: vec![path.into()],
        layer: None,
        crs: None,
        encoding: None,
        where_sql: None,
        fields: [].into(),
        duplicates: Duplicates::Reject,
        partition: None,
    }
}

/// A folder with files in it.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    dir
}

pub(super) fn read(dir: &tempfile::TempDir, spec: &LayerSpec) -> Result<(Table, Vec<Finding>), ReadError> {
    read_table(spec, Role::Enterprises, dir.path(), "tables[0]")
}

pub(super) fn texts(table: &Table, name: &str) -> Vec<Option<String>> {
    table.frame.column(name).unwrap().str().unwrap().iter().map(|t| t.map(str::to_owned)).collect()
}

fn floats(table: &Table, name: &str) -> Vec<Option<f64>> {
    table.frame.column(name).unwrap().f64().unwrap().iter().collect()
}

#[test]
fn several_files_and_folders_are_one_table() {
    let head = "enterprise_id,parcel_id,year,tax_wan\n";
    let dir = folder(&[
        ("in/b.csv", format!("{head}B,p,2024,2\nC,p,2024,3\n").as_bytes()),
        ("in/a.csv", format!("{head}A,p,2024,1\n").as_bytes()),
        ("c.csv", "year,税收(元),parcel_id,enterprise_id\n2024,40000,p,D\n".as_bytes()),
    ]);
    let (table, findings) = read(&dir, &LayerSpec { paths: vec!["in".into(), "c.csv".into()], ..spec("in") }).unwrap();
    assert_eq!(texts(&table, "enterprise_id"), ["A", "B", "C", "D"].map(|s| Some(s.to_owned())));
    assert_eq!(floats(&table, "tax_wan"), [1.0, 2.0, 3.0, 4.0].map(Some));
    assert_eq!(table.rows, [1, 1, 2, 1]);
    assert_eq!((&*table.source_of(2).file, &*table.source_of(3).file), ("in/b.csv", "c.csv"));
    assert_eq!(findings.iter().filter(|f| f.code == Code::FieldNotFound).count(), 2, "one for each kind of heading: {findings:#?}");
}

#[test]
fn a_condition_keeps_rows_with_their_numbers() {
    let csv = "enterprise_id,parcel_id,year,tax_wan,QX\nA,p,2024,1,嘉定\nB,p,2024,x,青浦\nC,p,2023,3,嘉定\n";
    let dir = folder(&[("e.csv", csv.as_bytes())]);
    let with = |sql: &str| LayerSpec { where_sql: Some(sql.into()), ..spec("e.csv") };
    let (table, findings) = read(&dir, &with("QX = '嘉定' AND year >= 2023")).unwrap();
    assert_eq!((table.rows.as_slice(), table.frame.height()), ([1, 3].as_slice(), 2));
    assert!(findings.iter().all(|f| f.code != Code::FieldBadValue), "a row that is left out has no findings");
    let (table, _) = read(&dir, &with("tax_wan > 2")).unwrap();
    assert_eq!(table.rows, [3]);
    assert!(matches!(read(&dir, &with("QZ = 1")).unwrap_err(), ReadError::ColumnMissing { .. }));
    assert!(matches!(read(&dir, &with("tax_wan")).unwrap_err(), ReadError::Condition { .. }));
}

#[test]
fn the_partition_is_a_column() {
    let csv = b"enterprise_id,parcel_id,year\nA,p,2024\n";
    let dir = folder(&[("in/county=310114/e.csv", csv), ("in/county=310118/e.csv", csv)]);
    let whole = LayerSpec { partition: Some("county".into()), ..spec("in") };
    let with_town =
        LayerSpec { fields: [("enterprise_name".into(), FieldSpec { column: "county".into(), unit: None })].into(), ..whole.clone() };
    let (table, _) = read(&dir, &with_town).unwrap();
    assert_eq!(texts(&table, "enterprise_name"), ["310114", "310118"].map(|s| Some(s.to_owned())));
    let (table, _) = read(&dir, &LayerSpec { where_sql: Some("county = '310118' OR year = 1".into()), ..whole }).unwrap();
    assert_eq!(table.parts.len(), 2);
    assert_eq!(table.frame.height(), 1);
}

fn parquet(dir: &tempfile::TempDir, name: &str, columns: Vec<Series>) -> PathBuf {
    let mut frame = DataFrame::new_infer_height(columns.into_iter().map(IntoColumn::into_column).collect()).unwrap();
    let path = dir.path().join(name);
    ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
    path
}

#[test]
fn parquet_keeps_types_and_long_codes() {
    let dir = folder(&[]);
    let columns = |tax: Series| {
        vec![
            Series::new("enterprise_id".into(), ["A", "B"]),
            Series::new("ZDDM".into(), [3_101_141_230_012_345_678_i64, 1]),
            Series::new("year".into(), [2024_i64, 2023]),
            tax.with_name("SS".into()),
            Series::new("other".into(), [1.0, 2.0]),
        ]
    };
    parquet(&dir, "e.parquet", columns(Series::new("".into(), [Some(1.5), None])));
    let (table, _) = read(&dir, &LayerSpec { where_sql: Some("other < 3".into()), ..spec("e.parquet") }).unwrap();
    assert_eq!(texts(&table, "parcel_id"), ["3101141230012345678", "1"].map(|s| Some(s.to_owned())));
    assert_eq!(floats(&table, "tax_wan"), [Some(1.5), None]);
    let path = parquet(&dir, "cut.parquet", columns(Series::new("".into(), [1.0, 2.0])));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let error = read(&dir, &spec("cut.parquet")).unwrap_err();
    assert!(matches!(error, ReadError::Damaged { .. }) && !error.to_string().contains('\n'), "{error}");
}

#[test]
fn other_formats_are_left_to_others_and_missing_files_named() {
    let dir = folder(&[("e.gpkg", b""), ("e.csv", b"enterprise_id,parcel_id,year\n"), ("none.csv", b"")]);
    assert!(matches!(read(&dir, &spec("e.gpkg")).unwrap_err(), ReadError::Unsupported { .. }));
    assert!(matches!(read(&dir, &spec("e.csv")).unwrap_err(), ReadError::Empty { .. }));
    assert!(matches!(read(&dir, &spec("none.csv")).unwrap_err(), ReadError::Empty { .. }));
    assert_eq!(read(&dir, &spec("x.csv")).unwrap_err().to_string(), "`tables[0].path`: file `x.csv` does not exist");
}

#[test]
fn polygons_in_text_are_seen_by_the_name_of_their_column() {
    let dir = tempfile::tempdir().unwrap();
    let check = |name: &str, head: &str, expected: bool| {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("{head}\n1,2,3\n")).unwrap();
        assert_eq!(has_wkt(&path), expected, "{name}: {head}");
    };
    check("a.csv", "\u{feff}building_id,floors,\"wkt\"", true);
    check("a.csv", "_WKT_geom;id", true);
    check("a.tsv", "id\tWKT", true);
    check("a.csv", "building_id,parcel_id,wkt_source", false);
    check("register.txt", "building_id,parcel_id,WKT", false);
    assert!(!has_wkt(&dir.path().join("absent.csv")));
}

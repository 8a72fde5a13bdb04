//! Parsers and kernels of our own, each as a function of bytes with what must hold for all of them: they may refuse an input, they may not stop the
//! program, and they must come back.

use std::path::Path;
use std::sync::LazyLock;

use mujun::coverage::{self, Parcels};
use mujun::model::{CoverageLimits, GeometryBuilder, GeometryColumn};
use mujun::read::vector::wkb;
use mujun::read::{Job, LayerSpec, Role, cells, condition, read_table, survey};
use mujun::rules::RuleSet;
use mujun::spatial::area::planar_area_m2;
use mujun::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use mujun::spatial::{spikes, validity};
use polars::prelude::{DataFrame, df};

/// A parser or kernel.
pub struct Target {
    /// Its name, and that of the folder of its corpus.
    pub name: &'static str,
    /// What it should understand.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Takes an input, and checks what must hold.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "wkb", seeds: polygons, run: wkb_and_validity },
    Target { name: "overlap", seeds: pairs, run: overlap },
    Target { name: "coverage", seeds: pairs, run: coverage_of_polygons },
    Target { name: "cells", seeds: cell_texts, run: cells_of_tables },
    Target { name: "csv", seeds: tables, run: csv },
    Target { name: "land_txt", seeds: boundary_points, run: land_txt },
    Target { name: "workbook", seeds: sheets, run: workbook },
    Target { name: "vrt", seeds: vrts, run: vrt },
    Target { name: "prj", seeds: definitions, run: prj },
    Target { name: "condition", seeds: conditions, run: condition },
    Target { name: "job", seeds: jobs, run: job },
    Target { name: "rules", seeds: rule_files, run: rules },
    Target { name: "cases", seeds: case_files, run: cases },
    Target { name: "dbf", seeds: dbfs, run: dbf },
    Target { name: "geoparquet", seeds: geo_metadata, run: geoparquet },
    Target { name: "audit", seeds: audits, run: audit },
];

/// A folder for parsers that take a path.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The files below a folder of the project whose names end so.
fn files(folder: &str, end: &str) -> Vec<Vec<u8>> {
    fn collect(folder: &Path, end: &str, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, end, found);
            } else if path.to_str().is_some_and(|name| name.ends_with(end)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), end, &mut found);
    found.sort();
    found.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A multipolygon as WKB: per part its rings.
fn bytes_of(parts: &[&[&[(f64, f64)]]]) -> Vec<u8> {
    let count = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let mut wkb = [&[1][..], &count(6), &count(parts.len())].concat();
    for rings in parts {
        wkb.extend([&[1][..], &count(3), &count(rings.len())].concat());
        for ring in *rings {
            wkb.extend(count(ring.len()));
            ring.iter().for_each(|(x, y)| wkb.extend([x.to_le_bytes(), y.to_le_bytes()].concat()));
        }
    }
    wkb
}

fn polygons() -> Vec<Vec<u8>> {
    let square = |x: f64, side: f64| [(x, 0.0), (x + side, 0.0), (x + side, side), (x, side), (x, 0.0)];
    let (large, small, other) = (square(0.0, 10.0), square(2.0, 3.0), square(20.0, 5.0));
    let bow = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0), (0.0, 0.0)];
    let spike = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (10.0, 30.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)];
    vec![
        bytes_of(&[&[&large]]),
        bytes_of(&[&[&large, &small], &[&other]]),
        bytes_of(&[&[&bow]]),
        bytes_of(&[&[&spike]]),
        bytes_of(&[&[&large], &[&small]]),
    ]
}

/// Two polygons, the length of the first before it.
fn pairs() -> Vec<Vec<u8>> {
    let pair = |a: &[u8], b: &[u8]| [&u32::try_from(a.len()).unwrap().to_le_bytes()[..], a, b].concat();
    let all = polygons();
    all.iter().flat_map(|a| all.iter().map(|b| pair(a, b))).collect()
}

fn decoded(bytes: &[u8]) -> Option<GeometryColumn> {
    let mut builder = GeometryBuilder::default();
    wkb::decode(bytes, &mut builder).ok()?;
    Some(builder.finish())
}

/// Both polygons of a pair, where they are valid.
fn valid_pair(bytes: &[u8]) -> Option<(GeometryColumn, GeometryColumn)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let cut = usize::try_from(u32::from_le_bytes(*length)).unwrap().min(rest.len());
    let (a, b) = (decoded(&rest[..cut])?, decoded(&rest[cut..])?);
    (validity::is_valid(a.shape(0)) && validity::is_valid(b.shape(0))).then_some((a, b))
}

fn wkb_and_validity(bytes: &[u8]) {
    let Some(column) = decoded(bytes) else { return };
    let shape = column.shape(0);
    assert!(planar_area_m2(shape).is_finite() || shape.coords().iter().any(|c| c.x.abs() > 1e150 || c.y.abs() > 1e150));
    for spike in spikes::near_spikes(shape, 0.01) {
        assert!(spike.width_m <= 0.01 && spike.length_m.is_finite() && shape.coords().contains(&spike.at), "{spike:?}");
    }
    if validity::is_valid(shape) {
        return;
    }
    if let Some(repaired) = validity::repaired(shape) {
        assert!(repaired.shape(0).coords().iter().all(|c| c.x.is_finite() && c.y.is_finite()));
    }
}

/// How far from the origin the coordinates go, at least 1.
fn reach(column: &GeometryColumn) -> f64 {
    column.shape(0).coords().iter().fold(1.0, |reach: f64, c| reach.max(c.x.abs()).max(c.y.abs()))
}

fn overlap(bytes: &[u8]) {
    let Some((a, b)) = valid_pair(bytes) else { return };
    let (area_a, area_b) = (planar_area_m2(a.shape(0)), planar_area_m2(b.shape(0)));
    let overlap_m2 = overlap_area_m2(PreparedColumn::new(&a).get(0), b.shape(0), area_b, &mut Scratch::default());
    let reach = reach(&a).max(reach(&b));
    if reach < 1e6 {
        let rounding = 1e-9 * reach * reach;
        let is_possible = overlap_m2 >= -rounding && overlap_m2 <= area_a.min(area_b) + rounding;
        assert!(is_possible, "{overlap_m2} of {area_a} and {area_b}");
    }
}

fn coverage_of_polygons(bytes: &[u8]) {
    let Some((a, b)) = valid_pair(bytes) else { return };
    let planar_m2 = [planar_area_m2(a.shape(0)), planar_area_m2(b.shape(0))];
    if planar_m2.iter().any(|area| *area <= 0.0) || reach(&a).max(reach(&b)) > 1e6 {
        return;
    }
    let both = GeometryColumn::concatenated(vec![a, b]);
    let checked = coverage::check(Parcels { geometry: &both, planar_m2: &planar_m2 }, &CoverageLimits::default());
    for fault in &checked.faults {
        assert!(fault.rows.iter().all(|row| *row < 2) && fault.area_m2.is_none_or(|area| area.is_finite() && area >= 0.0), "{fault:?}");
    }
}

fn cell_texts() -> Vec<Vec<u8>> {
    texts(&[
        "1,234.5 亩",
        "３.５公顷",
        "-0",
        "2025年12月31日",
        "20251231",
        "1e5",
        "是",
        "2,000.00㎡",
        "0.5 %",
        "12/31/2025",
        "4,096",
        "<5",
        "二〇二五",
    ])
}

fn cells_of_tables(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let cells::Cell::Value(quantity) = cells::number(&text) {
        assert!(quantity.value.is_finite(), "{text}");
    }
    let _ = (cells::plain_number(bytes), cells::date(&text), cells::year(&text), cells::boolean(&text), cells::unit(&text));
}

fn tables() -> Vec<Vec<u8>> {
    let rows = "enterprise_id,parcel_id,year,tax_wan,output_wan\nA,p1,2024,\"1,234.5\",3\nB,p2,2024,,\"x \"\"y\"\"\"\n";
    let chinese = "企业名称;宗地代码;年份;税收\n甲厂;330182001001GB00011;2024年;１２.５万元\n";
    let (gbk, ..) = encoding_rs::GB18030.encode(chinese);
    let wide: Vec<u8> = "\u{feff}enterprise_id\tyear\r\nA\t2024\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![rows.into(), chinese.into(), gbk.into_owned(), wide, b"sep=;\nenterprise_id;year\nA;2024\n".to_vec()]
}

/// The survey of a file with this content.
fn surveyed(name: &str, bytes: &[u8]) -> Option<survey::Survey> {
    let path = FOLDER.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    survey::survey(&mujun::read::paths::Input { path, shown: name.into(), partition: None }).ok()
}

fn csv(bytes: &[u8]) {
    let seen = surveyed("t.csv", bytes);
    let spec = LayerSpec {
        paths: vec!["t.csv".into()],
        layer: None,
        crs: None,
        encoding: None,
        where_sql: None,
        fields: [].into(),
        duplicates: mujun::read::job::Duplicates::Reject,
        partition: None,
    };
    if let Ok((table, _)) = read_table(&spec, Role::Enterprises, FOLDER.path(), "tables[0]") {
        let seen = &seen.unwrap().layers[0];
        assert_eq!(table.rows.len(), table.frame.height());
        assert!(!seen.is_whole() || seen.rows == table.rows.len() as u64, "{} rows seen, {} read", seen.rows, table.rows.len());
    }
}

fn boundary_points() -> Vec<Vec<u8>> {
    let text = "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n精度=0.001\r\n\
        转换参数=,,,,,,\r\n[地块坐标]\r\n5,1.0,310114001001GB00001,甲,面,,工业用地,0601,@\r\n\
        J1,1,3456000,40512000\r\nJ2,1,3456100,40512000\r\nJ3,1,3456100,40512100\r\nJ4,1,3456000,40512100\r\nJ1,1,3456000,40512000\r\n";
    vec![text.into(), encoding_rs::GB18030.encode(text).0.into_owned()]
}

fn land_txt(bytes: &[u8]) {
    let path = FOLDER.path().join("t.txt");
    std::fs::write(&path, bytes).unwrap();
    if let Ok(text) = mujun::read::land_txt::load(&path, "t.txt", "parcels", None, true) {
        assert_eq!(text.geometry.len(), text.cells.len());
        text.geometry.iter().flatten().for_each(|wkb| drop(decoded(wkb)));
    }
}

/// The sheet of a workbook.
fn sheets() -> Vec<Vec<u8>> {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>enterprise_id</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>year</t></is></c></row>\
        <row r=\"2\"><c r=\"A2\"><v>7</v></c><c r=\"B2\" t=\"b\"><v>1</v></c><c r=\"C2\" t=\"e\"><v>#REF!</v></c></row>";
    let sheet = |inside: &str| {
        format!("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{inside}</worksheet>").into_bytes()
    };
    vec![
        sheet(&format!("<dimension ref=\"A1:C2\"/><sheetData>{rows}</sheetData>")),
        sheet(&format!("<sheetData>{rows}</sheetData><mergeCells count=\"1\"><mergeCell ref=\"A1:B1\"/></mergeCells>")),
    ]
}

fn workbook(bytes: &[u8]) {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let of = "http://schemas.openxmlformats.org";
    let parts: [(&str, String); 4] = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{of}/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{of}/package/2006/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{of}/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{of}/spreadsheetml/2006/main\" xmlns:r=\"{of}/officeDocument/2006/relationships\"><sheets>\
                 <sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{of}/package/2006/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{of}/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
    ];
    for (name, text) in &parts {
        archive.start_file(*name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.start_file("xl/worksheets/sheet1.xml", stored).unwrap();
    archive.write_all(bytes).unwrap();
    drop(surveyed("t.xlsx", archive.finish().unwrap().get_ref()));
}

fn vrts() -> Vec<Vec<u8>> {
    texts(&[
        "<OGRVRTDataSource><OGRVRTLayer name=\"p\"><SrcDataSource relativeToVRT=\"1\">p.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "<OGRVRTDataSource><OGRVRTUnionLayer name=\"u\"><OGRVRTLayer name=\"p\"><SrcDataSource>/vsicurl/http://h/p.gpkg</SrcDataSource>\
         <SrcSQL>SELECT * FROM p</SrcSQL></OGRVRTLayer></OGRVRTUnionLayer></OGRVRTDataSource>",
    ])
}

fn vrt(bytes: &[u8]) {
    drop(surveyed("t.vrt", bytes));
}

fn definitions() -> Vec<Vec<u8>> {
    let wkt = mujun::read::crs::parse("EPSG:4528", mujun::read::crs::Place { file: "t.prj", key: "crs" }).unwrap().to_wkt().unwrap();
    vec![wkt.into_bytes(), b"EPSG:4490".to_vec(), b"+proj=tmerc +lon_0=120 +x_0=40500000 +ellps=GRS80 +units=m".to_vec()]
}

fn prj(bytes: &[u8]) {
    drop(surveyed("t.prj", bytes));
}

static FRAME: LazyLock<DataFrame> =
    LazyLock::new(|| df!("town" => ["甲", "乙"], "far" => [Some(0.5), None], "year" => [2024_i32, 2025]).unwrap());

fn conditions() -> Vec<Vec<u8>> {
    texts(&[
        "town = '甲' AND far >= 0.8",
        "NOT (far IS NULL) OR year IN (2023, 2024)",
        "CASE WHEN far < 1 THEN true ELSE town LIKE '%乙' END",
        "year BETWEEN 2020 AND 2024 AND coalesce(far, 0) * 2 > abs(-1)",
    ])
}

fn condition(bytes: &[u8]) {
    let sql = String::from_utf8_lossy(bytes);
    if let Ok(columns) = condition::columns(&sql, "where") {
        assert!(columns.iter().all(|name| sql.contains(name.as_str())), "{columns:?} of {sql}");
    }
    if let Ok(mask) = condition::filter(&FRAME, &sql, "where") {
        assert_eq!(mask.len(), FRAME.height(), "{sql}");
    }
}

fn jobs() -> Vec<Vec<u8>> {
    let small = b"as_of = 2025-12-31\n[parcels]\npath = 'p.gpkg'\n[stop]\nmax_rejects_share = 0.5\n".to_vec();
    [files("data/sample", "job.toml"), vec![small]].concat()
}

fn job(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(errors) = Job::parse(&text, Path::new("job.toml"), None) {
        assert!(!errors.faults.is_empty() && !errors.report().is_empty());
    }
}

/// The kinds of rule files; the first byte of an input says which one it is.
const KINDS: [&str; 9] = ["grading", "slivers", "standards", "life_cycle", "low_efficiency", "toolbox", "zones", "indicators", "pack"];

fn rule_files() -> Vec<Vec<u8>> {
    let of_kind = |(number, kind): (u8, &&str)| {
        files("data/rules", &format!("/{kind}.toml")).into_iter().map(move |text| [&[number][..], &text].concat()).collect::<Vec<_>>()
    };
    (0..).zip(&KINDS).flat_map(of_kind).filter(|text| text.len() < 8_000).collect()
}

fn rules(bytes: &[u8]) {
    let Some((number, text)) = bytes.split_first() else { return };
    let kind = KINDS[usize::from(*number) % KINDS.len()];
    let pack = FOLDER.path().join("pack");
    drop(std::fs::remove_dir_all(&pack));
    std::fs::create_dir_all(&pack).unwrap();
    let head = "id = \"fuzz\"\nname = \"Fuzz\"\nname_zh = \"试\"\nversion = \"2026.1\"\njurisdiction = \"341825\"\nnotes = \"none\"\n";
    std::fs::write(pack.join("pack.toml"), head).unwrap();
    std::fs::write(pack.join(format!("{kind}.toml")), text).unwrap();
    let day = "2025-12-31".parse().unwrap();
    if let Err(error) = RuleSet::load(&["pack".into()], &[].into(), FOLDER.path(), day) {
        assert!(!error.to_string().is_empty());
    }
}

/// The examples of a pack for its own rules.
fn case_files() -> Vec<Vec<u8>> {
    files("data/rules/shanghai/cases", "zones.toml")
}

fn cases(bytes: &[u8]) {
    let pack = FOLDER.path().join("cases_pack");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules/shanghai");
    std::fs::create_dir_all(pack.join("cases")).unwrap();
    for name in ["pack.toml", "zones.toml"] {
        std::fs::copy(rules.join(name), pack.join(name)).unwrap();
    }
    std::fs::write(pack.join("cases/zones.toml"), bytes).unwrap();
    let day = "2025-12-31".parse().unwrap();
    if let Err(error) = RuleSet::load(&["cases_pack".into()], &[].into(), FOLDER.path(), day) {
        assert!(!error.to_string().is_empty());
    }
}

/// Tables of one text and one number, some with a decimal comma.
fn dbfs() -> Vec<Vec<u8>> {
    let field = |name: &str, kind: u8, length: u8| {
        let mut bytes = [0; 32];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        (bytes[11], bytes[16]) = (kind, length);
        bytes
    };
    let file = |rows: &[&str]| {
        let mut head = [0; 32];
        (head[0], head[8], head[10]) = (3, 97, 12);
        head[4..8].copy_from_slice(&u32::try_from(rows.len()).unwrap().to_le_bytes());
        let rows = rows.iter().flat_map(|row| row.bytes()).chain([0x1A]);
        head.into_iter().chain(field("ID", b'C', 4)).chain(field("AREA", b'N', 7)).chain([0x0D]).chain(rows).collect::<Vec<u8>>()
    };
    vec![file(&[" A001 120.50", " A002   3.25"]), file(&[" A001 120,50", "*A002   3,25"])]
}

fn dbf(bytes: &[u8]) {
    drop(surveyed("t.dbf", bytes));
}

fn geo_metadata() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["Polygon"],"crs":null,"covering":{"bbox":{"xmin":["bbox","xmin"]}}}}}"#,
        r#"{"version":"1.0.0","primary_column":"geometry","columns":{"geometry":{"encoding":"point"}}}"#,
    ])
}

/// A GeoParquet file whose metadata are the input.
fn geoparquet(bytes: &[u8]) {
    use polars_io::parquet::write::{KeyValueMetadata, ParquetWriter};
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let metadata = KeyValueMetadata::from_static(vec![("geo".into(), text.into())]);
    let mut frame = df!("parcel_id" => ["a"], "geometry" => [polygons()[0].as_slice()]).unwrap();
    let mut file = Vec::new();
    ParquetWriter::new(&mut file).with_key_value_metadata(Some(metadata)).finish(&mut frame).unwrap();
    drop(surveyed("t.parquet", &file));
}

fn audits() -> Vec<Vec<u8>> {
    files("data/audit", ".toml")
}

fn audit(bytes: &[u8]) {
    if let Err(faults) = mujun::audit::audit("a.toml", &String::from_utf8_lossy(bytes)) {
        assert!(!faults.is_empty());
    }
}

//! What a land office has, told and turned into a job: `mujun doctor`, `mujun init`, the boundary points of 国土TXT.

use std::path::Path;

use encoding_rs::GB18030;
use serde_json::Value;

use crate::program::{city, done, mujun, numbers, rows, table, texts};

/// Two plots of 1 ha as survey software writes them, GBK and all.
pub const BOUNDARY_POINTS: &str = "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n精度=0.001\r\n转换参数=,,,,,,\r\n\
    [地块坐标]\r\n\
    5,1.0,310114001001GB00001,甲,面,,工业用地,0601,@\r\n\
    J1,1,3456000,40512000\r\nJ2,1,3456100,40512000\r\nJ3,1,3456100,40512100\r\nJ4,1,3456000,40512100\r\nJ1,1,3456000,40512000\r\n\
    5,1.0,310114001001GB00002,乙,面,,工业用地,0601,@\r\n\
    J1,1,3456000,40512200\r\nJ2,1,3456100,40512200\r\nJ3,1,3456100,40512300\r\nJ4,1,3456000,40512300\r\nJ1,1,3456000,40512200\r\n";

fn boundary_points(dir: &Path) {
    std::fs::write(dir.join("宗地.txt"), GB18030.encode(BOUNDARY_POINTS).0).unwrap();
}

#[test]
fn a_job_runs_from_boundary_points() {
    let dir = tempfile::tempdir().unwrap();
    boundary_points(dir.path());
    let job = "as_of = 2025-12-31\noutput = \"out\"\n[crs]\ncompute = \"auto\"\n[parcels]\npath = \"宗地.txt\"\n";
    std::fs::write(dir.path().join("job.toml"), job).unwrap();
    done(dir.path(), &["run", "job.toml", "--quiet"]);
    let inventory = table(&dir.path().join("out/inventory.parquet"));
    assert_eq!(texts(&inventory, "parcel_id"), ["310114001001GB00001", "310114001001GB00002"].map(|id| Some(id.to_owned())));
    assert_eq!(texts(&inventory, "land_use"), [Some("0601".to_owned()), Some("0601".to_owned())]);
    for column in ["area_registered_m2", "area_planar_m2", "area_m2"] {
        assert_eq!(numbers(&inventory, column), [Some(10_000.0), Some(10_000.0)], "{column}");
    }
}

/// What doctor says in JSON, and its exit code.
pub fn told(dir: &Path, files: &[&str]) -> (i32, Value) {
    let said = mujun(dir, &[&["doctor", "--format", "json"], files].concat());
    assert!(!said.stderr.contains("panicked"), "{files:?}: {}", said.stderr);
    (said.code, serde_json::from_str(&said.stdout).unwrap_or_else(|e| panic!("{files:?}: {e}: {}", said.stderr)))
}

pub fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The codes of problems, each with its column.
fn codes(of: &Value) -> Vec<String> {
    let code = |p: &Value| match p["column"].as_str() {
        Some(column) => format!("{}({column})", p["code"].as_str().unwrap()),
        None => p["code"].as_str().unwrap().to_owned(),
    };
    array(&of["problems"]).iter().map(code).collect()
}

#[test]
fn a_file_is_told_with_its_problems_and_a_job() {
    let dir = tempfile::tempdir().unwrap();
    let text = BOUNDARY_POINTS
        .replace("带号=40", "带号=")
        .replace("坐标系=2000国家大地坐标系", "坐标系=")
        .replace("5,1.0,310114001001GB00002", "5,1.0,3101140010");
    std::fs::write(dir.path().join("宗地.txt"), GB18030.encode(&text).0).unwrap();
    let said = mujun(dir.path(), &["doctor", "宗地.txt"]);
    assert_eq!(said.code, 1);
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn whatever_a_file_is_doctor_ends_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..5000_u64).map(|i| i.wrapping_mul(6_364_136_223_846_793_005).to_le_bytes()[4]).collect();
    let city = city(dir.path(), 60, &["--format", "shp"]);
    let mut names = Vec::new();
    for extension in [
        "shp", "dbf", "gpkg", "geojson", "json", "topojson", "fgb", "tab", "mif", "dxf", "vrt", "sqlite", "csv", "txt", "xlsx", "xls",
        "ods", "xlsb", "parquet", "prj", "gz", "bin",
    ] {
        for (kind, bytes) in [
            ("empty", &[][..]),
            ("noise", &noise),
            ("zip", b"PK\x03\x04 nothing"),
            ("dbase", b"\x03\x7b\x01\x01\xff\xff\xff\x7f\x41\x00\xff\xff"),
        ] {
            names.push(format!("{kind}.{extension}"));
            std::fs::write(dir.path().join(names.last().unwrap()), bytes).unwrap();
        }
    }
    for part in ["shp", "shx", "dbf", "csv"] {
        let stem = if part == "csv" { "enterprises" } else { "parcels" };
        let bytes = std::fs::read(city.join(format!("{stem}.{part}"))).unwrap();
        std::fs::write(city.join(format!("{stem}.{part}")), &bytes[..bytes.len() * 2 / 3]).unwrap();
    }
    names.push("city".into());
    let (code, all) = told(dir.path(), &names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(code, 1);
    let healthy = |f: &&Value| codes(f).is_empty() && array(&f["layers"]).iter().all(|l| codes(l).is_empty());
    let healthy: Vec<&str> = array(&all["files"]).iter().filter(healthy).filter_map(|f| f["file"].as_str()).collect();
    assert_eq!(healthy, ["city/buildings.shp", "city/projects.shp", "city/zones.shp"]);
    assert_eq!(mujun(dir.path(), &["doctor", "nowhere.shp"]).code, 2);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe.shp");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (code, said) = told(dir.path(), &["pipe.shp"]);
    assert_eq!((code, codes(&said["files"][0])), (1, vec!["file.unsupported".to_owned()]));
}

#[test]
fn large_files_are_sampled_and_it_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20_000, &[]);
    let (code, said) = told(&city, &["parcels.gpkg", "enterprises.csv"]);
    assert_eq!(code, 0, "{said}");
    let [parcels, table] = array(&said["files"]) else { panic!("{said}") };
    let (parcels, table) = (&parcels["layers"][0], &table["layers"][0]);
    assert_eq!((parcels["rows"].as_u64(), parcels["sampled"].as_u64()), (Some(20_000), Some(16_384)));
    assert_eq!(parcels["crs"]["epsg_by_parameters"].as_u64(), Some(4528));
    let rows = rows(&city.join("enterprises.csv")).len() as u64;
    assert_eq!(
        (table["rows"].as_u64(), table["sampled"].as_u64(), table["rows_counted"].as_bool()),
        (Some(rows), Some(16_384), Some(false))
    );
}

/// A job that `mujun init` wrote, run; its figures by parcel.
fn figures(dir: &Path, job: &str) -> Vec<(String, Vec<Option<f64>>)> {
    let said = mujun(dir, &["run", job, "--quiet", "--out", "out"]);
    assert!(said.code == 0 || said.code == 1, "{}", said.stderr);
    let inventory = table(&dir.join("out/inventory.parquet"));
    std::fs::remove_dir_all(dir.join("out")).unwrap();
    let columns = ["area_m2", "far", "tax_per_mu_wan", "share_town_boundary", "share_strategic_reserve", "share_industrial_block"];
    let columns: Vec<Vec<Option<f64>>> = columns.iter().map(|c| numbers(&inventory, c)).collect();
    let row = |(i, id): (usize, Option<String>)| (id.unwrap_or_default(), columns.iter().map(|c| c[i]).collect());
    texts(&inventory, "parcel_id").into_iter().enumerate().map(row).collect()
}

/// `init` on a folder without its job; the same figures must come out as from the job that was there.
fn the_same_job(dir: &Path, job: &str) -> String {
    let expected = figures(dir, job);
    std::fs::rename(dir.join(job), dir.join("kept")).unwrap();
    let said = mujun(dir, &["init", ".", "--out", "made.toml"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert_eq!(figures(dir, "made.toml"), expected);
    let unsure = said.stdout.split_once("not sure:\n").unwrap().1;
    assert!(unsure.contains("`as_of = 2025-12-31` is the end of the last year of the tables"), "{unsure}");
    assert!(unsure.contains("division 330182"), "{unsure}");
    said.stdout
}

#[test]
fn init_on_the_sample_makes_the_job_of_the_sample() {
    let dir = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    for (name, bytes) in crate::program::files(&sample).into_iter().filter(|(name, _)| !name.ends_with(".md")) {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    the_same_job(dir.path(), "job.toml");
    let said = mujun(dir.path(), &["init", ".", "--out", "made.toml"]);
    assert_eq!(said.code, 2, "a job file that is there is not written over");
    assert!(said.stderr.contains("is there already"), "{}", said.stderr);
}

#[test]
fn init_on_gbk_shapefiles_makes_their_job() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &["--format", "shp"]);
    let said = the_same_job(&city, "job.toml");
    assert!(said.contains("  parcels.shp: parcels: "), "{said}");
    let made = std::fs::read_to_string(city.join("made.toml")).unwrap();
    assert!(made.contains("parcel_id = \"ZDDM\"") && made.contains("floors = \"DSCS\""), "{made}");
}

#[test]
fn init_lists_what_it_was_not_sure_of() {
    let dir = tempfile::tempdir().unwrap();
    boundary_points(dir.path());
    let money = "统一社会信用代码,宗地代码,年度,税收\n91350100M000100Y43,310114001001GB00001,2024,1200000\nA,310114001001GB00002,2024,3400000\nB,310114001001GB00002,2024,2500000\n";
    std::fs::write(dir.path().join("企业.csv"), money).unwrap();
    std::fs::write(dir.path().join("notes.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(dir.path().join("broken.gpkg"), "nothing").unwrap();
    let said = mujun(dir.path(), &["init", "宗地.txt", "企业.csv", "notes.csv", "broken.gpkg"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    for doubt in [
        "`notes.csv` is not used: what it is could not be worked out",
        "`broken.gpkg` is not used: ",
        "企业.csv: the unit of `税收` was guessed from the size of its values: the middle amount is 2500000",
        "`as_of = 2024-12-31`",
        "division 310114",
    ] {
        assert!(said.stdout.contains(doubt), "{doubt}\n{}", said.stdout);
    }
    let run = mujun(dir.path(), &["run", "job.toml", "--quiet", "--out", "out"]);
    assert!(run.code == 0 || run.code == 1, "{}", run.stderr);
    let inventory = table(&dir.path().join("out/inventory.parquet"));
    assert_eq!(numbers(&inventory, "area_registered_m2"), [Some(10_000.0), Some(10_000.0)]);
    assert_eq!(numbers(&inventory, "tax_per_mu_wan"), [Some(120.0 / 15.0), Some(590.0 / 15.0)]);
    assert_eq!(mujun(dir.path(), &["init", "企业.csv", "--out", "x.toml"]).code, 2, "no parcels");
}

/// One line a layer: file, driver, layer, rows, geometry, encoding, CRS, role, problems.
fn verdicts(said: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for file in array(&said["files"]) {
        let name = file["file"].as_str().unwrap();
        if !codes(file).is_empty() {
            lines.push(format!("{name}\t-\t-\t-\t-\t-\t-\t-\t{}", codes(file).join(" ")));
        }
        for layer in array(&file["layers"]) {
            let kinds: Vec<String> = layer["geometry"].as_object().into_iter().flatten().map(|(kind, n)| format!("{n} {kind}")).collect();
            let crs = &layer["crs"];
            let code =
                crs["epsg_by_parameters"].as_u64().map(|code| format!("EPSG:{code}")).or(crs["authority"].as_str().map(str::to_owned));
            let cells = [
                file["driver"].as_str().unwrap().to_owned(),
                layer["name"].as_str().filter(|n| !n.is_empty()).unwrap_or("-").to_owned(),
                layer["rows"].to_string(),
                if kinds.is_empty() { "-".to_owned() } else { kinds.join(", ") },
                layer["encoding"]["name"]
                    .as_str()
                    .filter(|_| layer["encoding"]["bytes_beyond_ascii"].as_u64() > Some(0))
                    .unwrap_or("-")
                    .to_owned(),
                code.unwrap_or_else(|| crs["name"].as_str().unwrap_or("-").to_owned()),
                layer["seems"][0]["role"].as_str().unwrap_or("-").to_owned(),
                codes(layer).join(" "),
            ];
            lines.push(format!("{name}\t{}", cells.join("\t")).trim_end().to_owned());
        }
    }
    lines.sort();
    lines
}

/// Every file of the public data that is no document.
pub fn public_files(data: &Path) -> Vec<String> {
    let folders = ["bubenec", "cambridge", "china", "nasty", "spain", "taipei"];
    let below = |folder: &str| {
        crate::program::files(&data.join(folder)).into_keys().map(move |name| format!("{folder}/{name}")).collect::<Vec<_>>()
    };
    let is_document = |name: &String| ["md", "LICENSE", "LGPL"].iter().any(|end| name.ends_with(end));
    folders.into_iter().flat_map(below).filter(|name| !is_document(name)).collect()
}

#[test]
fn public_files_get_the_verdicts_that_were_reviewed() {
    let Some(data) = crate::program::data() else { return };
    let files = public_files(&data);
    let (code, said) = told(&data, &files.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(code, 1);
    let found = verdicts(&said);
    let table = include_str!("../doctor/verdicts.tsv");
    let expected: Vec<&str> = table.lines().filter(|l| !l.starts_with('#')).collect();
    let missing: Vec<&&str> = expected.iter().filter(|e| !found.iter().any(|f| f == **e)).collect();
    let new: Vec<&String> = found.iter().filter(|f| !expected.contains(&f.as_str())).collect();
    assert!(missing.is_empty() && new.is_empty(), "expected: {missing:#?}\nfound: {new:#?}");
}

#[test]
fn encodings_of_public_files_are_what_their_names_say() {
    let Some(data) = crate::program::data() else { return };
    let home = data.join("nasty/mapshaper/test/data");
    for (file, encoding) in [
        ("dbf/gbk.dbf", "gb18030"),
        ("dbf/gb2312.dbf", "gb18030"),
        ("dbf/big5.dbf", "Big5"),
        ("dbf/shiftjis.dbf", "Shift_JIS"),
        ("dbf/eucjp.dbf", "EUC-JP"),
        ("dbf/latin1.dbf", "windows-1252"),
        ("dbf/utf8.dbf", "UTF-8"),
        ("dbf/cpg/big5.dbf", "Big5"),
        ("dbf/cpg/euckr.dbf", "EUC-KR"),
        ("dbf/cpg/koi8r.dbf", "KOI8-R"),
        ("dbf/cpg/latin2.dbf", "ISO-8859-2"),
        ("dbf/cpg/shiftjis.dbf", "Shift_JIS"),
        ("dbf/cpg/utf16.dbf", "UTF-16LE"),
        ("dbf/cpg/win1251.dbf", "windows-1251"),
        ("dbf/cpg/win874.dbf", "windows-874"),
        ("dbf/ldid/chinese.dbf", "gb18030"),
        ("shapefile/utf8-property.shp", "UTF-8"),
        ("shapefile/latin1-property.shp", "windows-1252"),
    ] {
        let (_, said) = told(&home, &[file]);
        assert_eq!(said["files"][0]["layers"][0]["encoding"]["name"].as_str(), Some(encoding), "{file}");
    }
}

#[test]
fn names_of_crs_are_held_against_their_parameters() {
    let Some(data) = crate::program::data() else { return };
    let home = data.join("nasty/prj_from_public_code");
    for (file, epsg, evidence) in [
        ("foshan_CM_113E_FE700000.prj", None, Some("false easting 700000, by its name 500000")),
        (
            "named_CM_120E_but_121.5E_local.prj",
            None,
            Some(
                "central meridian 121.5, by its name 120; false easting 3175.49, by its name 500000; false northing -26091.448, by its name 0; latitude of origin 31, by its name 0",
            ),
        ),
        ("named_UTM50N_but_GK_CM114.prj", Some(4547), Some("central meridian 114, by its name 117; scale 1, by its name 0.9996")),
        ("nanshan_CM_114E_local_offset.prj", None, Some("false easting 11038, by its name 500000; false northing -2486635, by its name 0")),
        (
            "xian80_CM_120E_local_offset.prj",
            None,
            Some("false easting 200048.066, by its name 500000; false northing -3889958.45, by its name 0"),
        ),
        ("zone37_prefixed.prj", Some(4525), None),
    ] {
        let (_, said) = told(&home, &[file]);
        let layer = &said["files"][0]["layers"][0];
        assert_eq!(layer["crs"]["epsg_by_parameters"].as_u64(), epsg, "{file}");
        let found = array(&layer["problems"]).iter().find(|p| p["code"] == "crs.misnamed").and_then(|p| p["evidence"].as_str());
        assert_eq!(found, evidence, "{file}");
    }
}

#[test]
fn decimal_commas_of_a_dbf_are_refused_not_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 60, &["--format", "shp"]);
    let table = city.join("parcels.dbf");
    let mut bytes = std::fs::read(&table).unwrap();
    bytes.iter_mut().filter(|b| **b == b'.').for_each(|b| *b = b',');
    std::fs::write(&table, bytes).unwrap();
    let run = mujun(&city, &["run", "job.toml", "--quiet"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("file `parcels.shp` keeps column `ZDMJ` as numbers with a decimal comma (`"), "{}", run.stderr);
    let (_, said) = told(&city, &["parcels.shp"]);
    assert!(codes(&said["files"][0]["layers"][0]).contains(&"number.unreadable(ZDMJ)".to_owned()), "{said}");
}

#[test]
fn a_geopackage_whose_fids_have_another_name_is_read() {
    use gdal::vector::{Feature, FieldDefn, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
    let dir = tempfile::tempdir().unwrap();
    let srs = gdal::spatial_ref::SpatialRef::from_epsg(4528).unwrap();
    let mut dataset = gdal::DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(dir.path().join("p.gpkg")).unwrap();
    let options = Some(&["FID=object number"][..]);
    let layer = dataset.create_layer(LayerOptions { name: "p", srs: Some(&srs), ty: OGRwkbGeometryType::wkbPolygon, options }).unwrap();
    FieldDefn::new("ZDDM", OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
    let square = "POLYGON ((40512000 3456000, 40512100 3456000, 40512100 3456100, 40512000 3456100, 40512000 3456000))";
    let mut feature = Feature::new(layer.defn()).unwrap();
    feature.set_geometry(gdal::vector::Geometry::from_wkt(square).unwrap()).unwrap();
    feature.set_field_string(0, "310114001001GB00001").unwrap();
    feature.create(&layer).unwrap();
    drop(feature);
    dataset.close().unwrap();
    assert_eq!(told(dir.path(), &["p.gpkg"]).0, 0);
    std::fs::write(dir.path().join("job.toml"), "as_of = 2025-12-31\n[parcels]\npath = \"p.gpkg\"\n").unwrap();
    done(dir.path(), &["run", "job.toml", "--quiet", "--out", "out"]);
    assert_eq!(numbers(&table(&dir.path().join("out/inventory.parquet")), "area_planar_m2"), [Some(10_000.0)]);
}

#[test]
fn a_shapefile_whose_index_lost_rows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 60, &["--format", "shp"]);
    let index = city.join("parcels.shx");
    let mut bytes = std::fs::read(&index).unwrap();
    // The length of the file in words of 16 bits: a head of 50, then 4 a row.
    bytes[24..28].copy_from_slice(&(50_i32 + 4 * 10).to_be_bytes());
    std::fs::write(&index, bytes).unwrap();
    let run = mujun(&city, &["run", "job.toml", "--quiet"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is cut off: the `.shx` file has 10 rows, the `.dbf` file 60"), "{}", run.stderr);
    assert_eq!(told(&city, &["parcels.shp"]).0, 1);
}

#[test]
fn a_table_put_together_from_two_encodings_is_told_by_column() {
    let dir = tempfile::tempdir().unwrap();
    let (town, name) = ("海沙街道工业园区东区", "盛正机械有限公司杭州分公司");
    let gbk = |text: &str| GB18030.encode(text).0.into_owned();
    let row = |number: u32| [format!("E{number},2024,{town},").as_bytes(), &gbk(name), b"\n"].concat();
    let table: Vec<u8> = [b"enterprise_id,year,town,enterprise_name\n".to_vec(), row(1), row(2), row(3)].concat();
    std::fs::write(dir.path().join("mixed.csv"), table).unwrap();
    let (code, said) = told(dir.path(), &["mixed.csv"]);
    let layer = &said["files"][0]["layers"][0];
    let of = |name: &str| array(&layer["columns"]).iter().find(|c| c["name"] == name).unwrap()["encoding"]["name"].clone();
    assert_eq!((code, of("town"), of("enterprise_name")), (1, "UTF-8".into(), "gb18030".into()));
    let found = codes(layer);
    assert!(found.iter().any(|code| code == "encoding.unknown(town)" || code == "encoding.unknown(enterprise_name)"), "{found:?}");

    // One encoding throughout is told for every column, and no problem.
    let whole = gbk(&format!("enterprise_id,year,town,enterprise_name\nE1,2024,{town},{name}\nE2,2024,\"{town}\",{name}\n"));
    std::fs::write(dir.path().join("whole.csv"), whole).unwrap();
    let (_, said) = told(dir.path(), &["whole.csv"]);
    let layer = &said["files"][0]["layers"][0];
    let encodings: Vec<&Value> = array(&layer["columns"]).iter().map(|c| &c["encoding"]["name"]).collect();
    assert_eq!(encodings, [&Value::Null, &Value::Null, &"gb18030".into(), &"gb18030".into()]);
    assert!(!codes(layer).iter().any(|code| code.starts_with("encoding.unknown")), "{said}");
}

#[test]
fn init_takes_a_table_with_polygons_for_a_layer() {
    let dir = tempfile::tempdir().unwrap();
    let parcel = |id: u32, x: u32| {
        let (y, right) = (3_460_000, x + 100);
        format!("33018200100{id},1001,\"POLYGON (({x} {y}, {right} {y}, {right} {0}, {x} {0}, {x} {y}))\"\n", y + 100)
    };
    let text = format!("ZDDM,DLBM,WKT\n{}{}", parcel(10_000_001, 40_530_000), parcel(10_000_002, 40_530_100));
    std::fs::write(dir.path().join("宗地.csv"), text).unwrap();
    let (_, said) = told(dir.path(), &["宗地.csv"]);
    assert_eq!(said["files"][0]["layers"][0]["geometry"]["polygon"], 2, "{said}");
    let job = mujun(dir.path(), &["init", "宗地.csv"]);
    assert!(job.code <= 1, "{}", job.stderr);
    done(dir.path(), &["run", "job.toml", "--quiet", "--out", "out"]);
    assert_eq!(numbers(&table(&dir.path().join("out/inventory.parquet")), "area_planar_m2"), [Some(1e4), Some(1e4)]);
}

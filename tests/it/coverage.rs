//! Where parcels meet: from the file of an office to the error layer, the ledger and the summaries; and real cadastres against GEOS.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use gdal::vector::{LayerAccess, OGRwkbGeometryType};

use crate::program::{data, different, done, json, mujun, numbers, python, rows, said, table, texts};

/// A parcel as a row of CSV, its corners in metres from a place in zone 40.
fn parcel(id: &str, town: &str, corners: &[(f64, f64)]) -> String {
    let closed = corners.iter().chain(corners.first());
    let wkt: Vec<String> = closed.map(|(x, y)| format!("{} {}", 40_530_000.0 + x, 3_460_000.0 + y)).collect();
    format!("{id},{town},\"POLYGON (({}))\"\n", wkt.join(", "))
}

/// Two parcels that share a strip of 0.5 m, one below both, and one twice with a gap of 0.2 m by 6 m between it and its neighbour.
fn office(dir: &Path, more: &str) {
    let parcels = [
        "parcel_id,town,WKT\n".to_owned(),
        parcel("A", "north", &[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]),
        parcel("B", "south", &[(9.5, 0.0), (20.0, 0.0), (20.0, 10.0), (9.5, 10.0)]),
        parcel("C", "south", &[(0.0, -10.0), (20.0, -10.0), (20.0, 0.0), (0.0, 0.0)]),
        parcel("D", "south", &[(40.0, 0.0), (50.0, 0.0), (50.0, 2.0), (49.8, 5.0), (50.0, 8.0), (50.0, 10.0), (40.0, 10.0)]),
        parcel("E", "south", &[(50.0, 0.0), (60.0, 0.0), (60.0, 10.0), (50.0, 10.0), (50.0, 8.0), (50.0, 2.0)]),
        parcel("F", "south", &[(50.0, 0.0), (60.0, 0.0), (60.0, 10.0), (50.0, 10.0), (50.0, 8.0), (50.0, 2.0)]),
    ];
    std::fs::write(dir.join("parcels.csv"), parcels.concat()).unwrap();
    let job =
        "as_of = 2025-12-31\noutput = \"out\"\n[crs]\ncompute = \"EPSG:4528\"\n[parcels]\npath = \"parcels.csv\"\ncrs = \"EPSG:4528\"\n";
    std::fs::write(dir.join("job.toml"), format!("{job}{more}")).unwrap();
}

#[test]
fn faults_are_in_the_layer_the_ledger_and_the_findings() {
    let dir = tempfile::tempdir().unwrap();
    office(dir.path(), "");
    done(dir.path(), &["run", "job.toml", "--threads", "1"]);
    done(dir.path(), &["run", "job.toml", "--threads", "8", "--out", "again"]);
    let out = dir.path().join("out");
    assert_eq!(different(&out, &dir.path().join("again")), ["timings.json"]);

    let ledger = table(&out.join("ledger/coverage.parquet"));
    let told: Vec<String> =
        texts(&ledger, "kind").into_iter().zip(texts(&ledger, "parcels")).map(|(k, p)| format!("{} {}", k.unwrap(), p.unwrap())).collect();
    assert_eq!(told, ["overlap A B", "gap D E", "t_junction A B", "t_junction A C", "t_junction B C", "duplicate E F"]);
    let rounded = |name: &str| numbers(&ledger, name).into_iter().map(|v| v.map(|v| (v * 1e6).round() / 1e6)).collect::<Vec<_>>();
    assert_eq!(rounded("area_m2"), [Some(5.0), Some(0.6), None, None, None, Some(100.0)]);
    assert_eq!(rounded("width_m")[0], Some(0.47619));

    let dataset = gdal::Dataset::open(out.join("coverage.gpkg")).unwrap();
    let mut layer = dataset.layer_by_name("coverage").unwrap();
    let shapes: Vec<u32> = layer.features().map(|feature| feature.geometry().unwrap().geometry_type()).collect();
    let (polygons, points) = (OGRwkbGeometryType::wkbMultiPolygon, OGRwkbGeometryType::wkbMultiPoint);
    assert_eq!(shapes, [polygons, polygons, points, points, points, polygons]);

    let findings = rows(&out.join("findings.csv"));
    let count = |code: &str| findings.iter().filter(|row| row["code"] == code).count();
    assert_eq!(["overlap", "gap", "t_junction", "duplicate"].map(|kind| count(&format!("coverage.{kind}"))), [1, 1, 3, 1]);
    let overlap = findings.iter().find(|row| row["code"] == "coverage.overlap").unwrap();
    assert!(overlap["message"].starts_with("parcels `A`, `B` share 5.000 m² of ground, 0.476 m wide, at 40530"), "{}", overlap["message"]);
    assert_eq!(json(&out.join("run.json"))["findings"]["error"], 0);

    done(dir.path(), &["check", "job.toml", "--out", "checked.csv"]);
    let checked = rows(&dir.path().join("checked.csv"));
    let of_coverage = |all: &[BTreeMap<String, String>]| -> Vec<String> {
        all.iter().filter(|row| row["code"].starts_with("coverage.")).map(|row| row["message"].clone()).collect()
    };
    assert_eq!(of_coverage(&checked), of_coverage(&findings));
}

#[test]
fn parcels_of_which_a_register_says_nothing_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    office(
        dir.path(),
        "[buildings]\npath = \"buildings.csv\"\ncrs = \"EPSG:4528\"\n[[tables]]\nkind = \"enterprises\"\npath = \"e.csv\"\n",
    );
    let building = parcel("1", "3", &[(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)]);
    std::fs::write(dir.path().join("buildings.csv"), format!("building_id,floors,WKT\n{building}")).unwrap();
    std::fs::write(dir.path().join("e.csv"), "enterprise_id,parcel_id,year,tax_wan\nX,C,2025,5\nY,D,2025,5\nZ,Q,2025,5\n").unwrap();
    let job = std::fs::read_to_string(dir.path().join("job.toml")).unwrap();
    std::fs::write(dir.path().join("job.toml"), format!("rules = [\"zhejiang\"]\n{job}")).unwrap();
    mujun(dir.path(), &["run", "job.toml"]);
    let findings = rows(&dir.path().join("out/findings.csv"));
    let told: Vec<&str> = findings.iter().filter(|row| row["code"] == "parcel.unnamed").map(|row| row["message"].as_str()).collect();
    let of_tables = "4 of 6 parcels (405.00 m²) are named by no row of the enterprise tables in the years that count: A, B, E";
    assert_eq!(told, [of_tables, "5 of 6 parcels (604.40 m²) carry no building: B, C, D"]);
    assert_eq!(findings.iter().filter(|row| row["code"] == "row.unmatched").count(), 1);
}

#[test]
fn no_summary_counts_ground_twice() {
    let dir = tempfile::tempdir().unwrap();
    office(dir.path(), "");
    done(dir.path(), &["run", "job.toml"]);
    // 10 × 10 + 10.5 × 10 − 5, 20 × 10, 20 × 10 less the gap; F is E again.
    let net_m2 = |name: &str| numbers(&table(&dir.path().join(format!("out/summary/{name}.parquet"))), "net_area_m2");
    let close = |found: Vec<Option<f64>>, expected: &[f64]| {
        assert!(found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| (f.unwrap() - e).abs() < 1e-6), "{found:?}");
    };
    close(net_m2("overall"), &[600.0 - 0.6]);
    close(net_m2("by_town"), &[100.0, 500.0 - 0.6]);
}

#[test]
fn a_job_may_go_without_or_set_its_limits() {
    let dir = tempfile::tempdir().unwrap();
    office(dir.path(), "[coverage]\ncheck = false\n");
    done(dir.path(), &["run", "job.toml"]);
    assert_eq!(table(&dir.path().join("out/ledger/coverage.parquet")).height(), 0);
    assert!(numbers(&table(&dir.path().join("out/inventory.parquet")), "net_area_m2").iter().all(Option::is_none));
    office(dir.path(), "[coverage]\nmin_overlap_width_m = 0.5\nmin_gap_m2 = 0.7\n");
    done(dir.path(), &["run", "job.toml"]);
    let kinds = texts(&table(&dir.path().join("out/ledger/coverage.parquet")), "kind");
    assert!(kinds.iter().flatten().all(|kind| kind != "overlap" && kind != "gap"), "{kinds:?}");
    office(dir.path(), "[coverage]\nsnap_m = 2\nmax_gap_m2 = -1\n");
    let said = mujun(dir.path(), &["run", "job.toml"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("`snap_m` cannot be 2") && said.stderr.contains("`max_gap_m2` cannot be -1"), "{}", said.stderr);
}

/// The layer of QGIS' own test of its gap check (`testGapCheck`), in map units, with the areas that it expects below 0.01; the ends of some gaps are apart by rounding.
#[test]
fn gaps_are_those_that_qgis_finds() {
    let Some(data) = data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let layer = data.join("nasty/qgis/geometry_checker/gap_layer.shp");
    let job = format!(
        "as_of = 2025-12-31\noutput = \"out\"\n[crs]\ncompute = \"EPSG:32632\"\n\
         [coverage]\nmin_gap_m2 = 0.0001\nmax_gap_m2 = 0.01\nsnap_m = 0.0000001\n\
         [parcels]\npath = '{}'\ncrs = \"EPSG:32632\"\nfields = {{ parcel_id = \"id\" }}\n",
        layer.canonicalize().unwrap().display()
    );
    std::fs::write(dir.path().join("job.toml"), job).unwrap();
    done(dir.path(), &["run", "job.toml"]);
    let ledger = table(&dir.path().join("out/ledger/coverage.parquet"));
    let mut areas: Vec<f64> = numbers(&ledger, "area_m2").into_iter().flatten().map(|m2| (m2 * 1e4).floor() / 1e4).collect();
    areas.sort_by(f64::total_cmp);
    assert_eq!(areas, [0.0018, 0.0027, 0.0033, 0.0053, 0.0071]);
    assert!(texts(&ledger, "kind").iter().flatten().all(|kind| kind == "gap"));
}

#[test]
fn real_cadastres_are_as_geos_has_them() {
    let (Some(python), Some(_)) = (python(), data()) else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for city in ["spain", "bubenec", "cambridge"] {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        mujun(&root.join("tests/cities").join(city), &["run", "job.toml", "--out", out.to_str().unwrap()]);
        let checked = said(&Command::new(&python).arg(root.join("tests/oracle/coverage.py")).arg(&out).output().unwrap());
        assert_eq!(checked.code, 0, "{city}: {}\n{}", checked.stdout, checked.stderr);
    }
}

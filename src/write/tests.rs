use std::fs::{self, File};

use polars::prelude::{DataFrame, SerReader};
use polars_io::parquet::read::ParquetReader;
use serde_json::Value;

use super::*;
use crate::model::Silent;

fn written() -> (tempfile::TempDir, Vec<OutputFile>) {
    let parent = tempfile::tempdir().unwrap();
    let files = fixture::write(&fixture::outcome(), &parent.path().join("run"));
    (parent, files)
}

fn parquet(parent: &tempfile::TempDir, path: &str) -> DataFrame {
    ParquetReader::new(File::open(parent.path().join("run").join(path)).unwrap()).finish().unwrap()
}

fn names(table: &DataFrame) -> Vec<String> {
    table.get_column_names().iter().map(|name| name.to_string()).collect()
}

fn geojson(parent: &tempfile::TempDir) -> Value {
    serde_json::from_slice(&fs::read(parent.path().join("run/inventory.geojson")).unwrap()).unwrap()
}

#[test]
fn every_file_is_there_with_its_hash() {
    let (parent, files) = written();
    let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "coverage.gpkg",
            "datapackage.json",
            "findings.csv",
            "findings.parquet",
            "inventory.fgb",
            "inventory.geojson",
            "inventory.gpkg",
            "inventory.parquet",
            "inventory.qgz",
            "inventory.qml",
            "inventory.xlsx",
            "ledger/building_shares.parquet",
            "ledger/coverage.parquet",
            "ledger/decisions.parquet",
            "ledger/due_list.parquet",
            "ledger/enterprise_grades.parquet",
            "ledger/enterprise_shares.parquet",
            "ledger/sliver_candidates.parquet",
            "ledger/swap_candidates.parquet",
            "ledger/tools.parquet",
            "ledger/tracts.parquet",
            "ledger/zone_shares.parquet",
            "rejects.gpkg",
            "summary/overall.parquet",
            "run.json",
        ]
    );
    for file in &files {
        assert_eq!(fs::metadata(parent.path().join("run").join(&file.path)).unwrap().len(), file.bytes, "{}", file.path);
    }
    let manifest: Manifest = serde_json::from_slice(&fs::read(parent.path().join("run/run.json")).unwrap()).unwrap();
    assert_eq!(manifest.outputs, files[..files.len() - 1]);
    assert_eq!((manifest.findings.error, manifest.findings.warning), (1, 1));
    assert!(parent.path().join("run/timings.json").is_file());
}

#[test]
fn every_file_is_described_in_both_languages() {
    let (parent, files) = written();
    let package: Value = serde_json::from_slice(&fs::read(parent.path().join("run/datapackage.json")).unwrap()).unwrap();
    let resources = package["resources"].as_array().unwrap();
    let described: Vec<&str> = resources.iter().map(|resource| resource["path"].as_str().unwrap()).collect();
    let written = files.iter().map(|file| file.path.as_str()).filter(|path| *path != "datapackage.json" && *path != "run.json");
    assert_eq!(described, written.chain(["run.json", "timings.json"]).collect::<Vec<_>>());
    for resource in resources {
        for key in ["title", "description", "title@zh", "description@zh"] {
            assert!(!resource[key].as_str().unwrap().is_empty(), "data/lang/files.toml has no {key} of {}", resource["path"]);
        }
        let hash = files.iter().find(|file| resource["path"] == *file.path).map(|file| format!("sha256:{}", file.sha256));
        assert!(resource["path"] == "timings.json" || resource["path"] == "run.json" || resource["hash"].as_str() == hash.as_deref());
    }
    let inventory = resources.iter().find(|resource| resource["name"] == "inventory").unwrap();
    let fields = inventory["schema"]["fields"].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    assert_eq!(field("zone_block")["constraints"]["enum"], serde_json::json!(["inside", "outside", "split", "unknown"]));
    assert_eq!((&field("area_mu")["unit"], &field("area_mu")["title@zh"]), (&"mu".into(), &"宗地面积（亩）".into()));
    assert_eq!(field("grade")["labels"]["A"]["zh"], "A 类");
}

#[test]
fn the_inventory_comes_back_with_its_geometry_last() {
    let (parent, _) = written();
    let table = parquet(&parent, "inventory.parquet");
    let outcome = fixture::outcome();
    assert!(table.drop_many(["bbox", "geometry"]).equals_missing(&outcome.inventory));
    assert_eq!(names(&table)[table.width() - 2..], ["bbox", "geometry"]);
    let sides = table.column("bbox").unwrap().struct_().unwrap().field_by_name("xmax").unwrap();
    assert_eq!(sides.f64().unwrap().iter().flatten().collect::<Vec<_>>(), [40_530_100.0, 40_530_350.0, 40_530_410.0]);
    let wkb = table.column("geometry").unwrap().binary().unwrap().get(2).unwrap().to_vec();
    let wkt = gdal::vector::Geometry::from_wkb(&wkb).unwrap().wkt().unwrap();
    assert_eq!(wkt, "POLYGON ((40530400 3460010,40530400 3460000,40530410 3460000,40530410 3460010,40530400 3460010))");
}

#[test]
fn the_geo_metadata_is_that_of_geoparquet() {
    let (parent, _) = written();
    let mut reader = ParquetReader::new(File::open(parent.path().join("run/inventory.parquet")).unwrap());
    let metadata = reader.get_metadata().unwrap().key_value_metadata().clone().unwrap();
    let get = |key: &str| metadata.iter().find(|kv| kv.key == key).unwrap().value.clone().unwrap();
    let geo: Value = serde_json::from_str(&get("geo")).unwrap();
    let column = &geo["columns"]["geometry"];
    assert_eq!((&geo["version"], &geo["primary_column"]), (&"1.1.0".into(), &"geometry".into()));
    assert_eq!(column["geometry_types"], serde_json::json!(["MultiPolygon", "Polygon"]));
    assert_eq!(column["bbox"], serde_json::json!([40_530_000.0, 3_460_000.0, 40_530_410.0, 3_460_100.0]));
    assert_eq!((&column["encoding"], &column["orientation"]), (&"WKB".into(), &"counterclockwise".into()));
    assert_eq!(column["crs"]["id"]["code"], 4528);
    let columns: Value = serde_json::from_str(&get("mujun:columns")).unwrap();
    assert_eq!(columns["area_m2"]["unit"], "m²");
}

#[test]
fn geojson_is_in_degrees_and_right_handed() {
    let (parent, _) = written();
    let collection = geojson(&parent);
    let features = collection["features"].as_array().unwrap();
    assert_eq!(features.len(), 3);
    assert_eq!(features[1]["geometry"]["type"], "MultiPolygon");
    assert_eq!(features[1]["geometry"]["coordinates"].as_array().unwrap().len(), 2);
    let signed = |ring: &Value| {
        let points: Vec<(f64, f64)> = ring.as_array().unwrap().iter().map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap())).collect();
        points.windows(2).map(|w| (w[0].0 - 121.0) * (w[1].1 - 31.0) - (w[1].0 - 121.0) * (w[0].1 - 31.0)).sum::<f64>()
    };
    assert!(signed(&features[0]["geometry"]["coordinates"][0]) > 0.0);
    assert!(signed(&features[0]["geometry"]["coordinates"][1]) < 0.0);
    assert!(signed(&features[2]["geometry"]["coordinates"][0]) > 0.0);
    // Easting 40530000, northing 3460000 by Krüger's series to the fifth order on the ellipsoid of CGCS2000, worked out apart from PROJ.
    assert_eq!(features[0]["geometry"]["coordinates"][0][0], serde_json::json!([120.314_983_888, 31.261_409_171]));
}

#[test]
fn geojson_has_null_for_unknown_and_escapes_text() {
    let (parent, _) = written();
    let collection = geojson(&parent);
    let properties = &collection["features"][1]["properties"];
    assert_eq!(properties["town"], "say \"hi\"\n");
    assert!(properties["far"].is_null() && properties["building_density"].is_null());
    assert_eq!(collection["features"][0]["properties"]["findings"], 1);
}

#[test]
fn findings_are_safe_in_a_spreadsheet() {
    let (parent, _) = written();
    let text = fs::read_to_string(parent.path().join("run/findings.csv")).unwrap();
    insta::assert_snapshot!(text.trim_start_matches('\u{feff}'));
    assert!(text.starts_with('\u{feff}'));
    let table = parquet(&parent, "findings.parquet");
    let names: Vec<&str> = crate::model::ledgers::FINDINGS.iter().map(|c| c.name).collect();
    assert_eq!(self::names(&table), names);
    assert_eq!(table.column("value").unwrap().str().unwrap().get(0), Some("=1+1"));
    assert_eq!(table.column("row").unwrap().i64().unwrap().get(0), Some(-7));
}

#[test]
fn decisions_are_by_parcel() {
    let (parent, _) = written();
    let table = parquet(&parent, "ledger/decisions.parquet");
    let names: Vec<&str> = crate::model::ledgers::DECISIONS.iter().map(|c| c.name).collect();
    assert_eq!(self::names(&table), names);
    let parcels: Vec<_> = table.column("parcel_id").unwrap().str().unwrap().iter().flatten().map(str::to_owned).collect();
    assert_eq!(parcels, ["P1", "P100000000000"]);
}

#[test]
fn the_geopackage_has_all_layers() {
    use gdal::vector::LayerAccess;
    let (parent, _) = written();
    let dataset = gdal::Dataset::open(parent.path().join("run/inventory.gpkg")).unwrap();
    let counts: Vec<_> = dataset.layers().map(|layer| (layer.name(), layer.feature_count())).collect();
    // GDAL lists layers with geometry first.
    let with_geometry = [("inventory", 3), ("rejects", 2), ("sliver_candidates", 1), ("tracts", 1), ("zones", 1), ("projects", 1)];
    let expected: Vec<_> = with_geometry.into_iter().chain([("findings", 2), ("layer_styles", 8 + 7 + 7)]).collect();
    assert_eq!(counts, expected.into_iter().map(|(name, count)| (name.to_owned(), count)).collect::<Vec<_>>());
    let mut layer = dataset.layer_by_name("inventory").unwrap();
    let feature = layer.features().next().unwrap();
    assert_eq!(feature.field_as_double(feature.field_index("far").unwrap()).unwrap(), Some(0.5));
    let geometry = feature.geometry().unwrap();
    assert_eq!((geometry.geometry_name(), geometry.area()), ("MULTIPOLYGON".to_owned(), 9600.0));
}

#[test]
fn plots_tracts_zones_and_projects_are_where_they_belong() {
    use gdal::vector::LayerAccess;
    let (parent, _) = written();
    let dataset = gdal::Dataset::open(parent.path().join("run/inventory.gpkg")).unwrap();
    let areas_m2 = |name: &str| -> Vec<f64> {
        dataset.layer_by_name(name).unwrap().features().map(|feature| feature.geometry().unwrap().area()).collect()
    };
    // The candidate is the parcel P2.
    assert_eq!(areas_m2("sliver_candidates"), [100.0]);
    assert_eq!((areas_m2("tracts"), areas_m2("zones"), areas_m2("projects")), (vec![1e4], vec![1e4], vec![1e4]));
}

#[test]
fn styles_in_the_geopackage_are_of_the_day_of_the_job() {
    use gdal::vector::LayerAccess;
    let (parent, _) = written();
    let dataset = gdal::Dataset::open(parent.path().join("run/inventory.gpkg")).unwrap();
    let mut layer = dataset.layer_by_name("layer_styles").unwrap();
    let mut defaults = Vec::new();
    for feature in layer.features() {
        let text = |name: &str| feature.field_as_string(feature.field_index(name).unwrap()).unwrap().unwrap_or_default();
        assert!(text("update_time").starts_with("2025/12/31"), "{}", text("update_time"));
        assert!(text("styleQML").contains("<qgis "), "{}", text("styleName"));
        if text("useAsDefault") == "1" {
            defaults.push((text("f_table_name"), text("f_geometry_column")));
        }
    }
    defaults.sort();
    let expected = ["findings", "inventory", "projects", "rejects", "sliver_candidates", "tracts", "zones"];
    let geometry = |name: &str| if name == "findings" { "" } else { "geom" };
    assert_eq!(defaults, expected.map(|name| (name.to_owned(), geometry(name).to_owned())));
}

#[test]
fn flatgeobuf_has_every_parcel_with_its_figures() {
    use gdal::vector::LayerAccess;
    let (parent, _) = written();
    let dataset = gdal::Dataset::open(parent.path().join("run/inventory.fgb")).unwrap();
    let mut layer = dataset.layer(0).unwrap();
    let mut rows: Vec<(String, f64)> = layer
        .features()
        .map(|feature| {
            let id = feature.field_as_string(feature.field_index("parcel_id").unwrap()).unwrap().unwrap();
            (id, feature.geometry().unwrap().area())
        })
        .collect();
    // The format puts near features side by side.
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(rows, [("P1".to_owned(), 9600.0), ("P100000000000".to_owned(), 5000.0), ("P2".to_owned(), 100.0)]);
    let mut count = |condition: &str| {
        layer.set_attribute_filter(condition).unwrap();
        layer.feature_count()
    };
    // What is unknown is not 0.
    assert_eq!((count("far = 0.5"), count("far = 0"), count("far IS NULL")), (1, 1, 1));
}

#[test]
fn the_project_is_an_archive_without_a_clock() {
    let (parent, _) = written();
    let file = File::open(parent.path().join("run/inventory.qgz")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let project = archive.by_name("inventory.qgs").unwrap();
    assert_eq!(project.last_modified(), Some(zip::DateTime::default()));
    let text = std::io::read_to_string(project).unwrap();
    assert!(text.contains("./inventory.gpkg|layername=zones") && text.contains("2025-12-31"));
}

#[test]
fn rejects_keep_what_came() {
    use gdal::vector::LayerAccess;
    let (parent, _) = written();
    let dataset = gdal::Dataset::open(parent.path().join("run/rejects.gpkg")).unwrap();
    let mut layer = dataset.layer_by_name("rejects").unwrap();
    assert_eq!(layer.feature_count(), 2);
    let feature = layer.features().next().unwrap();
    let text = |name: &str| feature.field_as_string(feature.field_index(name).unwrap()).unwrap();
    assert_eq!(text("code").as_deref(), Some("id.missing"));
    assert_eq!(text("attributes").as_deref(), Some(r#"{"town":"华亭"}"#));
    assert_eq!(text("id"), None);
    assert_eq!(feature.geometry().unwrap().wkt().unwrap(), "POINT (40530000 3460000)");
}

#[test]
fn no_reject_and_no_parcel_are_a_run_too() {
    let parent = tempfile::tempdir().unwrap();
    let mut outcome = fixture::outcome();
    outcome.rejects.clear();
    outcome.findings.clear();
    outcome.decisions = crate::model::DecisionTable::default();
    outcome.inventory = outcome.inventory.head(Some(0));
    outcome.geometry = outcome.geometry.take(&[]);
    fixture::write(&outcome, &parent.path().join("run"));
    assert_eq!(parquet(&parent, "inventory.parquet").height(), 0);
    assert_eq!(parquet(&parent, "inventory.parquet").width(), outcome.inventory.width() + 2);
    assert_eq!(geojson(&parent)["features"], serde_json::json!([]));
    assert!(gdal::Dataset::open(parent.path().join("run/rejects.gpkg")).is_ok());
}

#[test]
fn bytes_do_not_depend_on_threads_or_time() {
    let outcome = large();
    let hashes = |threads: usize| {
        let parent = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fixture::write(&outcome, &parent.path().join("run")))
    };
    let one = hashes(1);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(one, hashes(4));
}

/// More rows than a row group of Parquet and a block of GeoJSON.
fn large() -> Outcome {
    let mut outcome = fixture::outcome();
    let rows: Vec<u32> = (0..40_000).map(|row| row % 3).collect();
    let index = polars::prelude::IdxCa::from_vec("row".into(), rows.clone());
    outcome.inventory = outcome.inventory.take(&index).unwrap();
    outcome.geometry = outcome.geometry.take(&rows);
    outcome
}

#[test]
fn what_a_user_put_beside_the_results_stays() {
    let (parent, _) = written();
    let run = parent.path().join("run");
    for name in ["map.qgz", "inventory.gpkg-wal"] {
        fs::write(run.join(name), "").unwrap();
    }
    let formats = [OutputFormat::GeoParquet];
    fixture::write_run(
        &fixture::outcome(),
        &run,
        WriteOptions { formats: &formats, lang: Lang::Zh, timings: &Timings::default(), progress: &Silent },
    )
    .unwrap();
    let exists = |name: &str| run.join(name).exists();
    assert!(exists("map.qgz") && exists("inventory.parquet"));
    assert!(!exists("inventory.gpkg") && !exists("inventory.gpkg-wal") && !exists("inventory.geojson"));
}

struct Stop;

impl Progress for Stop {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _n: u64) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_run_that_is_stopped_or_fails_leaves_the_old_one() {
    let (parent, _) = written();
    let target = parent.path().join("run");
    let before = fs::read(target.join("run.json")).unwrap();
    let formats = [OutputFormat::GeoParquet];
    let timings = Timings::default();
    let stopped = fixture::write_run(
        &fixture::outcome(),
        &target,
        WriteOptions { formats: &formats, lang: Lang::Zh, timings: &timings, progress: &Stop },
    );
    assert!(matches!(stopped, Err(WriteError::Cancelled)));
    let mut broken = fixture::outcome();
    broken.geometry = broken.geometry.take(&[0]);
    let failed =
        fixture::write_run(&broken, &target, WriteOptions { formats: &formats, lang: Lang::Zh, timings: &timings, progress: &Silent });
    assert!(matches!(failed, Err(WriteError::RowCount { rows: 3, shapes: 1 })));
    assert_eq!(fs::read(target.join("run.json")).unwrap(), before);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

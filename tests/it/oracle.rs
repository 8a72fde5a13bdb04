//! Row by row against the independent check in `tests/oracle`.

use crate::program::{city, compare, done, python, table, texts};

#[test]
fn a_city_of_10_000_parcels_is_as_the_oracle_has_it() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 10_000, &[]);
    done(&city, &["run", "job.toml"]);
    compare(&python, &city.join("job.toml"), &city.join("out"), &[]);
}

#[test]
fn zones_that_overlap_and_shapefiles_are_as_the_oracle_has_them() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 1500, &["--seed", "7", "--overlapping-zones", "--format", "shp"]);
    done(&city, &["run", "job.toml"]);
    compare(&python, &city.join("job.toml"), &city.join("out"), &[]);
}

#[test]
fn left_over_plots_of_another_rule_are_as_the_oracle_has_them() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 3000, &["--seed", "5"]);
    // A pack of one's own: projects whose plots are too much, signs that speak, roads and lines that the city has.
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules/zhejiang");
    let mut text = std::fs::read_to_string(shipped.join("slivers.toml")).unwrap();
    for (from, to) in [
        ("max_total_ratio = 0.10", "max_total_ratio = 0.005"),
        ("objective = \"priority\"", "objective = \"max_area\""),
        ("denominator = \"core\"", "denominator = \"with_slivers\""),
        ("min_compactness = 0.2", "min_compactness = 0.6"),
        ("road_kinds = [\"road\"]", "road_kinds = [\"industrial_block\"]"),
        ("\"pipeline\"]", "\"pipeline\", \"strategic_reserve\"]"),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    std::fs::create_dir(city.join("mine")).unwrap();
    std::fs::write(city.join("mine/slivers.toml"), text).unwrap();
    let pack = std::fs::read_to_string(shipped.join("pack.toml")).unwrap().replacen("\"zhejiang\"", "\"mine\"", 1);
    std::fs::write(city.join("mine/pack.toml"), pack).unwrap();
    let job = std::fs::read_to_string(city.join("job.toml")).unwrap().replacen("[\"zhejiang\"]", "[\"mine\", \"zhejiang\"]", 1);
    std::fs::write(city.join("job.toml"), job).unwrap();
    done(&city, &["run", "job.toml"]);
    compare(&python, &city.join("job.toml"), &city.join("out"), &[]);
    let ledger = table(&city.join("out/ledger/sliver_candidates.parquet"));
    let of = |column: &str, word: &str| texts(&ledger, column).iter().filter(|value| value.as_deref() == Some(word)).count();
    assert!(of("status", "over_cumulative") > 0 && of("selection", "exact") > 0, "the rule refuses some and chooses among them");
    assert!(of("recommended", "yes") > 0 && of("recommended", "no") > 0);
}

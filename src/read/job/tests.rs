use std::path::Path;

use super::*;

const WHOLE: &str = r#"
name   = "jiading-2025"
as_of  = 2025-12-31
rules  = ["zhejiang", "shanghai"]
output = "out/jiading-2025"
formats = ["geojson", "gpkg", "geoparquet"]

[rules_for]
grading = "huangyan-2022"
[crs]
compute = "EPSG:4528"
[area]
method = "planar"
legal  = ["registered", "geometric"]

[parcels]
path = "parcels.gpkg"
layer = "parcels"
crs = "EPSG:4528"
encoding = "GB18030"
duplicates = "merge"
partition = "county"
[parcels.fields]
parcel_id = "ZDDM"
registered_area_m2 = { column = "ZDMJ", unit = "mu" }

[buildings]
path = ["a.gpkg", "b.gpkg"]

[[zones]]
kind = "town_boundary"
path = "zones.gpkg"
where = "kind = 'town_boundary'"

[projects]
path = "projects.gpkg"
[[tables]]
kind = "enterprises"
path = "enterprises.csv"
figures = "row"
"#;

fn parse(text: &str) -> Result<Job, JobErrors> {
    Job::parse(text, Path::new("jobs/jiading.toml"), None)
}

#[test]
fn a_whole_job_is_read() {
    let job = parse(WHOLE).unwrap();
    assert_eq!((job.name.as_str(), job.as_of.to_string().as_str()), ("jiading-2025", "2025-12-31"));
    assert_eq!(job.output, Path::new("jobs/out/jiading-2025"));
    assert_eq!(job.dir, Path::new("jobs"));
    assert_eq!(job.rules_for["grading"], "huangyan-2022");
    assert_eq!(job.area.legal, [LegalArea::Registered, LegalArea::Geometric]);
    assert_eq!(job.parcels.fields["parcel_id"], FieldSpec { column: "ZDDM".into(), unit: None });
    assert_eq!(job.parcels.fields["registered_area_m2"].unit, Some(Unit::Mu));
    assert_eq!(job.parcels.duplicates, Duplicates::Merge);
    assert_eq!(job.parcels.partition.as_deref(), Some("county"));
    assert_eq!(job.buildings.unwrap().paths, ["a.gpkg", "b.gpkg"]);
    assert_eq!(job.zones[0].layer.where_sql.as_deref(), Some("kind = 'town_boundary'"));
    assert_eq!((job.tables[0].kind, job.tables[0].figures), (TableKind::Enterprises, Figures::Row));
}

#[test]
fn a_short_job_gets_what_does_not_change_results() {
    let job = parse("as_of = '2025-12-31'\nparcels = { path = 'p.gpkg' }").unwrap();
    assert_eq!((job.name.as_str(), job.output.as_path()), ("jiading", Path::new("jobs/out/jiading")));
    assert_eq!(job.formats.len(), 3);
    assert!(job.rules.is_empty() && job.buildings.is_none() && job.zones.is_empty());
}

#[test]
fn every_fault_is_reported_with_its_place_and_what_was_meant() {
    let text = r#"nam = "x"
as_of = 2025-12-31
formats = ["geojsn", "gpkg"]
[parcels]
path = "https://example.org/p.gpkg"
[parcels.fields]
parcelid = "ZDDM"
tenure = { column = "QSXZ", unit = "acre" }
[[zones]]
kind = "Town"
path = 3
[[tables]]
kind = "enterprise"
path = "e.csv"
"#;
    let errors = parse(text).unwrap_err();
    let found: Vec<_> = errors.faults.iter().map(|f| format!("{}:{} {} {} | {}", f.line, f.column, f.key, f.message, f.hint)).collect();
    assert_eq!(found.len(), 8, "{found:#?}");
    assert_eq!(found[0], "1:1 nam unknown key `nam` | did you mean `name`?");
    assert_eq!(found[1], "3:12 formats[0] unknown value `geojsn` | did you mean `geojson`?");
    assert_eq!(
        found[2],
        "5:8 parcels.path `https://example.org/p.gpkg` is not a path on this machine | copy the data to a local folder and name that; no input is read over a network"
    );
    assert_eq!(found[3], "7:1 parcels.fields.parcelid parcels have no field `parcelid` | did you mean `parcel_id`?");
    assert!(found[4].starts_with("8:36 parcels.fields.tenure.unit unknown value `acre`"), "{}", found[4]);
    assert!(found[5].starts_with("10:8 zones[0].kind zone kind `Town` cannot be part of a column name"), "{}", found[5]);
    assert!(found[6].starts_with("11:8 zones[0].path expected a path or an array of paths"), "{}", found[6]);
    assert!(found[7].starts_with("13:8 tables[0].kind unknown value `enterprise` | did you mean `enterprises`?"), "{}", found[7]);
    assert_eq!(errors.to_string(), "jobs/jiading.toml:1:1: unknown key `nam` (and 7 more)");
    let report = errors.report();
    assert!(report.contains("3 | formats = [\"geojsn\", \"gpkg\"]\n  |            ^^^^^^^^\nhint: did you mean `geojson`?\n"), "{report}");
}

#[test]
fn a_kind_of_zones_stands_once() {
    let zone = |kind: &str| format!("[[zones]]\nkind = '{kind}'\npath = 'z.gpkg'\n");
    let job = |kinds: [&str; 3]| format!("as_of = 2025-12-31\nparcels = {{ path = 'p' }}\n{}", kinds.map(zone).concat());
    assert!(parse(&job(["a", "b", "c"])).is_ok());
    let errors = parse(&job(["a", "b", "a"])).unwrap_err();
    let found: Vec<_> = errors.faults.iter().map(|f| (f.line, f.key.as_str(), f.message.as_str())).collect();
    assert_eq!(found, [(10, "zones[2].kind", "kind `a` stands twice")]);
    assert_eq!(errors.hint(), "give the files of one kind as one list: `path = [\"a.gpkg\", \"b.gpkg\"]`");
}

#[test]
fn duplicates_are_a_matter_of_parcels_and_buildings() {
    let with = |more: &str| parse(&format!("as_of = 2025-12-31\nparcels = {{ path = 'p' }}\n{more}"));
    assert_eq!(with("buildings = { path = 'b', duplicates = 'merge' }").unwrap().buildings.unwrap().duplicates, Duplicates::Merge);
    for more in [
        "zones = [{ kind = 'a', path = 'z', duplicates = 'merge' }]",
        "projects = { path = 'j', duplicates = 'merge' }",
        "tables = [{ kind = 'enterprises', path = 'e.csv', duplicates = 'reject' }]",
    ] {
        let found: Vec<_> = with(more).unwrap_err().faults.into_iter().map(|f| f.message).collect();
        assert_eq!(found, ["unknown key `duplicates`"], "{more}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let errors = parse("name = 'x'\n[[zones]]\nkind = 'a'\n").unwrap_err();
    let found: Vec<_> = errors.faults.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    for key in ["parcels", "path", "as_of"] {
        assert!(found.contains(&format!("key `{key}` is missing").as_str()), "{found:?}");
    }
}

#[test]
fn the_command_line_may_give_the_date() {
    let date = NaiveDate::from_ymd_opt(2024, 6, 30);
    let job = Job::parse("parcels = { path = 'p' }", Path::new("j.toml"), date).unwrap();
    assert_eq!((Some(job.as_of), job.dir.as_path()), (date, Path::new(".")));
    let wrong = Job::parse("as_of = 'soon'\nparcels = { path = 'p' }", Path::new("j.toml"), date).unwrap_err();
    assert_eq!(wrong.faults[0].message, "expected a date such as 2025-12-31");
}

#[test]
fn broken_syntax_is_a_fault_and_not_a_crash() {
    for text in ["[parcels", "= 3", "a = \"", "[[zones]]\nkind = 'a'\n[zones]\n", "\u{0}", "parcels = 3", "parcels = [1]", "zones = {}"] {
        assert!(!parse(text).unwrap_err().faults.is_empty(), "{text}");
    }
}

#[test]
fn the_schema_names_every_key() {
    let schema = serde_json::to_string(&schema()).unwrap();
    for key in [
        "as_of",
        "rules_for",
        "formats",
        "compute",
        "legal",
        "parcels",
        "where",
        "duplicates",
        "partition",
        "encoding",
        "figures",
        "hectare",
        "additionalProperties",
    ] {
        assert!(schema.contains(&format!("\"{key}\"")), "{key}: {schema}");
    }
}

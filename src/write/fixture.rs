//! A tiny outcome for tests: three parcels near Shanghai, one of two parts, one with a hole.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::df;

use super::{RunWriter, WriteError, WriteOptions};
use crate::model::wkb;
use crate::model::{
    Areas, Balance, Code, Coord, Crs, Decision, Ellipsoid, ErrorLayer, Finding, FindingCounts, GeometryBuilder, GeometryColumn, Lang,
    Manifest, Outcome, OutputFile, OutputFormat, Reject, RulePackRecord, Settings, Shown, Silent, Source, Timings, Verdict,
};

/// CGCS2000, 3-degree zone 40.
pub fn crs() -> Crs {
    let srs = gdal::spatial_ref::SpatialRef::from_epsg(4528).unwrap();
    Crs {
        name: "EPSG:4528".into(),
        epsg: Some(4528),
        wkt: srs.to_wkt().unwrap(),
        projjson: srs.to_projjson().unwrap(),
        geographic: String::new(),
        ellipsoid: Ellipsoid { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 },
        transverse_mercator: None,
    }
}

fn square(x: f64, y: f64, size: f64) -> Vec<Coord> {
    [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].iter().map(|(u, v)| Coord::new(x + u * size, y + v * size)).collect()
}

fn clockwise(mut ring: Vec<Coord>) -> Vec<Coord> {
    ring.reverse();
    ring
}

/// A square of 100 m.
fn area(x: f64) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[square(x, 0.0, 100.0)]);
    builder.finish()
}

/// A corner and a strip of common ground.
fn coverage() -> ErrorLayer {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[square(90.0, 0.0, 10.0)]);
    let origin = Coord::new(40_530_000.0, 3_460_000.0);
    let (mut strip, mut corners) = (Vec::new(), Vec::new());
    wkb::append_multi(builder.finish().shape(0), origin, &mut strip);
    wkb::append_points(&[Coord::new(100.0, 50.0)], origin, &mut corners);
    let rows =
        df!("kind" => ["overlap", "t_junction"], "parcel_id" => ["P1", "P1"], "other_id" => ["P2", "P2"], "area_m2" => [Some(100.0), None]);
    ErrorLayer { rows: rows.unwrap(), shapes: vec![strip, corners] }
}

/// The outcome.
pub fn outcome() -> Outcome {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[square(0.0, 0.0, 100.0), clockwise(square(10.0, 10.0, 20.0))]);
    builder.push_polygons(&[vec![square(200.0, 0.0, 50.0)], vec![square(300.0, 0.0, 50.0)]]);
    // A shell the wrong way round: the files have it right.
    builder.push_polygon(&[clockwise(square(400.0, 0.0, 10.0))]);
    let source = Source { file: "parcels.gpkg".into(), layer: "parcels".into() };
    let findings = vec![
        Finding::new(Code::IdMissing, &source, "the row has no `parcel_id`").at_row(-7).field("parcel_id", "=1+1").hint("fill the field"),
        Finding::new(Code::AreaDiffers, &source, "registered 2000 m², measured 9600 m²").of("P1").hint("ask the registry"),
    ];
    Outcome {
        inventory: inventory(),
        geometry: builder.finish(),
        origin: Coord::new(40_530_000.0, 3_460_000.0),
        crs: crs(),
        due_list: df!("parcel_id" => ["P1"], "what" => ["expiry"], "days" => [-1_i64], "state" => ["overdue"]).unwrap(),
        enterprise_grades: df!("enterprise_id" => ["E1"], "score" => [71.5], "grade" => ["A"]).unwrap(),
        decisions: [decision(1, "unknown", Verdict::Unknown), decision(0, "A", Verdict::Yes)].into_iter().collect(),
        coverage: coverage(),
        sweep: None,
        tracts: df!("tract_id" => ["P1"], "parcels" => [1_u32]).unwrap(),
        shown: Shown {
            tracts: area(0.0),
            zones: Areas { rows: df!("kind" => ["block"], "zone_name" => ["north"]).unwrap(), geometry: area(50.0) },
            projects: Areas { rows: df!("project_id" => ["J"], "project_name" => [None::<&str>]).unwrap(), geometry: area(200.0) },
        },
        sliver_candidates: df!("project_id" => ["J"], "parcel_id" => ["P2"], "status" => ["eligible"], "human" => ["approval other"])
            .unwrap(),
        swap_candidates: df!("project_id" => ["J"], "parcel_id" => ["P2"], "partner_id" => ["P1"]).unwrap(),
        tools: df!("rule_id" => ["shanghai.toolbox.1-1"], "route" => ["1-1"], "steps" => [3_i64]).unwrap(),
        summaries: vec![("overall".into(), df!("key" => ["all"], "parcels" => [3_i64]).unwrap())],
        confirmations: BTreeMap::from([(("sliver_candidates", "approval".to_owned()), ["经批准".to_owned(), "it is approved".to_owned()])]),
        findings,
        rejects: vec![reject(source.clone(), Some(wkb())), reject(source, None)],
        reject_crs: vec!["EPSG:4528".into()],
        manifest: manifest(),
    }
}

/// A point: what a reject may well be.
fn wkb() -> Vec<u8> {
    gdal::vector::Geometry::from_wkt("POINT (40530000 3460000)").unwrap().wkb().unwrap()
}

fn reject(source: Source, wkb: Option<Vec<u8>>) -> Reject {
    Reject {
        source,
        role: "parcels",
        row: 7,
        id: None,
        code: Code::IdMissing,
        reason: "the row has no `parcel_id`".into(),
        area_m2: None,
        wkb,
        crs: 0,
        attributes: r#"{"town":"华亭"}"#.into(),
    }
}

fn decision(parcel: u32, grade: &str, verdict: Verdict) -> Decision {
    Decision {
        parcel,
        rule_id: "shanghai.grading.class".into(),
        rule_version: "2025.1".into(),
        verdict,
        reasons: format!("grade {grade}"),
        facts: r#"{"tax_per_mu_wan":10.0}"#.into(),
    }
}

fn inventory() -> polars::prelude::DataFrame {
    df!(
        "parcel_id" => ["P1", "P100000000000", "P2"],
        "town" => [Some("华亭"), Some("say \"hi\"\n"), None],
        "area_m2" => [2000.0, 5000.0, 100.0],
        "area_basis" => ["registered", "planar", "planar"],
        "area_planar_m2" => [9600.0, 5000.0, 100.0],
        "area_registered_m2" => [Some(2000.0), None, None],
        "area_mu" => [3.0, 7.5, 0.15],
        "footprint_m2" => [Some(500.0), None, Some(0.0)],
        "floor_area_m2" => [Some(1000.0), None, Some(0.0)],
        "far" => [Some(0.5), None, Some(0.0)],
        "building_density" => [Some(0.25), Some(f64::NAN), Some(0.0)],
        "zone_block" => ["split", "inside", "outside"],
        "share_block" => [0.5, 1.0, 0.0],
        "tax_per_mu_wan" => [Some(10.0), None, None],
        "tax_wan" => [Some(30.0), None, None],
        "grade" => [Some("A"), None, None],
        "findings" => [1_u32, 0, 0],
    )
    .unwrap()
}

fn zone_shares() -> polars::prelude::DataFrame {
    df!(
        "parcel_id" => ["P1", "P1", "P100000000000", "P2"],
        "kind" => ["block"; 4],
        "zone_name" => [None, Some("north"), Some("north"), None],
        "area_m2" => [4800.0, 4800.0, 5000.0, 100.0],
        "share" => [0.5, 0.5, 1.0, 1.0],
        "pieces" => [1_i64, 1, 1, 1],
    )
    .unwrap()
}

fn enterprise_shares() -> polars::prelude::DataFrame {
    df!("enterprise_id" => ["E1"], "parcel_id" => ["P1"], "year" => [2025_i32], "weight" => [1.0], "tax_wan" => [12.0]).unwrap()
}

fn building_shares() -> polars::prelude::DataFrame {
    df!(
        "building_id" => ["B1", "B2", "B3"],
        "parcel_id" => [Some("P1"), Some("P1"), None],
        "area_m2" => [300.0, 200.0, 50.0],
        "share" => [1.0, 1.0, 1.0],
        "counted_floors" => [Some(2.0), Some(2.0), None],
        "counted_floor_area_m2" => [Some(600.0), Some(400.0), None],
        "basis" => [Some("floors"), Some("floors"), None],
    )
    .unwrap()
}

fn manifest() -> Manifest {
    Manifest {
        mujun_version: "0.1.0".into(),
        job: "fixture".into(),
        as_of: chrono::NaiveDate::from_ymd_opt(2025, 12, 31).unwrap(),
        settings: Settings {
            crs: "EPSG:4528".into(),
            area_method: "planar".into(),
            legal_area: vec!["registered".into(), "geometric".into()],
            formats: vec![OutputFormat::GeoJson, OutputFormat::GeoParquet],
            lang: Lang::Zh,
            zone_kinds: vec!["block".into()],
        },
        inputs: Vec::new(),
        rule_packs: vec![RulePackRecord {
            id: "shanghai".into(),
            version: "2025.1".into(),
            sha256: "0".repeat(64),
            kinds: vec!["grading".into()],
        }],
        balances: vec![Balance {
            stage: "validate".into(),
            quantity: "parcels".into(),
            unit: String::new(),
            received: 5.0,
            passed: 3.0,
            rejected: 2.0,
            unassigned: 0.0,
        }],
        findings: FindingCounts::default(),
        outputs: Vec::new(),
    }
}

/// Writes `outcome` with every format to `target`.
pub fn write(outcome: &Outcome, target: &Path) -> Vec<OutputFile> {
    let options = WriteOptions {
        formats: &[OutputFormat::GeoJson, OutputFormat::Gpkg, OutputFormat::FlatGeobuf, OutputFormat::GeoParquet, OutputFormat::Xlsx],
        lang: Lang::Zh,
        timings: &Timings::default(),
        progress: &Silent,
    };
    write_run(outcome, target, options).unwrap()
}

/// Writes `outcome` and the ledgers that a run has before.
pub fn write_run(outcome: &Outcome, target: &Path, options: WriteOptions<'_>) -> Result<Vec<OutputFile>, WriteError> {
    let writer = RunWriter::beside(target)?;
    for (name, rows) in [("zone", zone_shares()), ("building", building_shares()), ("enterprise", enterprise_shares())] {
        writer.ledger(&format!("ledger/{name}_shares.parquet"), &rows);
    }
    writer.finish(outcome, options)
}

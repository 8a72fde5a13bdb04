//! The promises of the city: exact counts, one seed one city, shared vertices, slivers beside every project.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use gdal::Dataset;
use gdal::vector::LayerAccess;
use geo::{Intersects, Polygon, coord};

use super::block::Block;
use super::layout::ParcelKind;
use super::plan::{Plan, Point};
use super::{SynthConfig, SynthError, SynthFormat, SynthReport, synthesise, wkb, zones};

type Outcome = Result<(), Box<dyn Error>>;
/// The key of a feature and its geometry as WKB.
type Keyed = (String, Vec<u8>);
/// The bits of an edge's ends, in its direction.
type EdgeBits = [u64; 4];

fn config(parcels: u64, seed: u64) -> SynthConfig {
    SynthConfig { parcels, seed, format: SynthFormat::Gpkg, shuffle: None, overlapping_zones: false }
}

fn blocks(plan: &Plan) -> Vec<Block> {
    (0..plan.blocks).map(|index| Block::new(plan, index)).collect()
}

fn build(config: &SynthConfig, threads: usize, out_dir: &Path) -> Result<SynthReport, Box<dyn Error>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    Ok(pool.install(|| synthesise(config, out_dir))?)
}

fn contents(directory: &Path) -> Result<BTreeMap<String, Vec<u8>>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        files.insert(name, std::fs::read(path)?);
    }
    Ok(files)
}

/// The rings of a polygon or multipolygon as this module writes it.
fn rings(bytes: &[u8]) -> Vec<Vec<Point>> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let (mut at, mut polygons) = if word(1) == 6 { (9, word(5)) } else { (0, 1) };
    let mut found = Vec::new();
    while polygons > 0 {
        let count = word(at + 5);
        at += 9;
        for _ in 0..count {
            let points = word(at);
            found.push((0..points).map(|point| [number(at + 4 + 16 * point), number(at + 12 + 16 * point)]).collect());
            at += 4 + 16 * points;
        }
        polygons -= 1;
    }
    assert_eq!(at, bytes.len());
    found
}

fn edges(bytes: &[u8]) -> Vec<EdgeBits> {
    let bits = |pair: &[Point]| [pair[0][0].to_bits(), pair[0][1].to_bits(), pair[1][0].to_bits(), pair[1][1].to_bits()];
    rings(bytes).iter().flat_map(|ring| ring.windows(2).map(bits).collect::<Vec<_>>()).collect()
}

#[test]
fn counts_are_exact() {
    for parcels in [1, 2, 13, 23, 24, 25, 47, 48, 200, 499] {
        let plan = Plan::new(parcels, 5);
        let city = blocks(&plan);
        let built: usize = city.iter().map(|block| block.parcels.len()).sum();
        let buildings: usize = city.iter().map(|block| block.buildings.len()).sum();
        assert_eq!((built as u64, buildings as u64), (parcels, parcels * 16 / 5));
        assert!(city.iter().all(|block| block.parcels.iter().all(|parcel| parcel.area_m2 > 0.0)));
    }
}

#[test]
fn a_number_of_parcels_outside_the_limits_is_refused() {
    for parcels in [0, super::PARCELS_MAX + 1] {
        let outcome = synthesise(&config(parcels, 1), Path::new("never-created"));
        assert!(matches!(outcome, Err(SynthError::ParcelCount { .. })));
    }
}

#[test]
fn parcel_codes_are_well_formed_and_unique() {
    let city = blocks(&Plan::new(500, 8));
    let codes: Vec<&str> = city.iter().flat_map(|block| &block.parcels).map(|parcel| parcel.parcel_id.as_str()).collect();
    for code in &codes {
        let (digits, rest) = code.split_at(12);
        let (features, serial) = rest.split_at(2);
        assert!(digits.bytes().chain(serial.bytes()).all(|byte| byte.is_ascii_digit()) && serial.len() == 5, "{code}");
        assert!(features.starts_with(['G', 'J', 'Z']) && features.ends_with(|last: char| last.is_ascii_uppercase()), "{code}");
    }
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 500);
}

/// An edge that two parcels share has the same bits in both and runs in opposite directions; none is used twice in
/// one direction, so parcels neither overlap nor meet in the middle of an edge.
#[test]
fn neighbours_share_every_vertex() {
    let city = blocks(&Plan::new(300, 3));
    let mut seen = BTreeSet::new();
    for edge in city.iter().flat_map(|block| &block.parcels).flat_map(|parcel| edges(&parcel.wkb)) {
        assert!(seen.insert(edge), "an edge has two owners on one side");
    }
    let shared = seen.iter().filter(|&&[a, b, c, d]| seen.contains(&[c, d, a, b])).count();
    assert!(shared * 2 > seen.len(), "{shared} of {} edges are shared", seen.len());
}

#[test]
fn every_project_adjoins_a_sliver_and_follows_parcel_boundaries() {
    for seed in 0..6 {
        let plan = Plan::new(500, seed);
        let city = blocks(&plan);
        let mut projects = 0;
        for block in &city {
            let Some(project) = &block.project else { continue };
            let own = |kind| block.parcels.iter().filter(move |parcel| parcel.kind == kind);
            let boundary: BTreeSet<EdgeBits> = edges(&project.wkb).into_iter().collect();
            let parcels: BTreeSet<EdgeBits> = own(ParcelKind::InProject).flat_map(|parcel| edges(&parcel.wkb)).collect();
            assert!(boundary.is_subset(&parcels));
            let mut facing = own(ParcelKind::Sliver).flat_map(|parcel| edges(&parcel.wkb));
            assert!(facing.any(|[a, b, c, d]| boundary.contains(&[c, d, a, b])));
            assert!((10..=40).contains(&own(ParcelKind::InProject).count()));
            assert!(own(ParcelKind::Sliver).all(|parcel| parcel.area_m2 < 2000.0));
            projects += 1;
        }
        assert!(projects >= 2, "seed {seed}: {projects} projects");
    }
}

#[test]
fn zone_vertices_grow_as_planned() {
    for (parcels, wanted) in [(10_000, 24_000.0), (100_000, 84_000.0), (1_000_000, 480_000.0)] {
        let city = zones::of_city(&Plan::new(parcels, 1), false);
        let vertices: u64 = city.iter().map(|zone| wkb::vertices(std::slice::from_ref(&zone.polygon))).sum();
        assert!((vertices as f64 / wanted - 1.0).abs() < 0.02, "{parcels}: {vertices}");
    }
}

/// Pairs of zones of one kind that share ground.
fn overlapping_pairs(overlapping: bool) -> usize {
    let city = zones::of_city(&Plan::new(6000, 2), overlapping);
    let outlines: Vec<(&str, Polygon)> = city
        .iter()
        .map(|zone| (zone.kind, Polygon::new(zone.polygon[0].iter().map(|&[x, y]| coord! { x: x, y: y }).collect(), Vec::new())))
        .collect();
    let pairs = outlines.iter().enumerate().flat_map(|(index, one)| outlines.iter().skip(index + 1).map(move |other| (one, other)));
    pairs.filter(|((kind, one), (other_kind, other))| kind == other_kind && one.intersects(other)).count()
}

#[test]
fn zones_of_a_kind_overlap_only_on_request() {
    assert_eq!(overlapping_pairs(false), 0);
    assert!(overlapping_pairs(true) >= 2);
}

#[test]
fn one_seed_gives_the_same_bytes_at_any_thread_count() -> Outcome {
    for format in [SynthFormat::Gpkg, SynthFormat::Shapefile] {
        let (one, four) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let config = SynthConfig { format, ..config(400, 42) };
        build(&config, 1, one.path())?;
        build(&config, 4, four.path())?;
        let (one, four) = (contents(one.path())?, contents(four.path())?);
        assert_eq!(one.keys().collect::<Vec<_>>(), four.keys().collect::<Vec<_>>());
        let different: Vec<_> = one.iter().filter(|(name, bytes)| four.get(*name) != Some(bytes)).map(|(name, _)| name).collect();
        assert!(different.is_empty(), "{different:?}");
    }
    Ok(())
}

#[test]
fn another_seed_gives_another_city_and_replaces_the_first() -> Outcome {
    let directory = tempfile::tempdir()?;
    build(&config(200, 1), 2, directory.path())?;
    let first = contents(directory.path())?;
    build(&config(200, 2), 2, directory.path())?;
    let second = contents(directory.path())?;
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    assert!(first.iter().all(|(name, bytes)| second.get(name) != Some(bytes)));
    Ok(())
}

/// Key and geometry of every feature of a layer.
fn features(path: &Path) -> Result<Vec<Keyed>, Box<dyn Error>> {
    let dataset = Dataset::open(path)?;
    let mut layer = dataset.layer(0)?;
    let read = |feature: gdal::vector::Feature<'_>| {
        let key = feature.field_as_string(0)?.unwrap_or_default();
        Ok((key, feature.geometry().ok_or("no geometry")?.wkb()?))
    };
    layer.features().map(read).collect()
}

#[test]
fn a_shuffled_city_has_the_same_rows() -> Outcome {
    let (plain, shuffled) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let report = build(&config(300, 9), 2, plain.path())?;
    let again = build(&SynthConfig { shuffle: Some(1), ..config(300, 9) }, 2, shuffled.path())?;
    assert_eq!(SynthReport { job: report.job.clone(), ..again }, report);
    for layer in ["parcels.gpkg", "buildings.gpkg", "projects.gpkg", "zones.gpkg"] {
        let (mut before, mut after) = (features(&plain.path().join(layer))?, features(&shuffled.path().join(layer))?);
        assert!(before.len() < 3 || before != after, "{layer} keeps its order");
        before.sort();
        after.sort();
        assert_eq!(before, after, "{layer}");
    }
    let rows = |directory: &Path| -> Result<Vec<String>, std::io::Error> {
        let text = std::fs::read_to_string(directory.join("enterprises.csv"))?;
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        rows.sort();
        Ok(rows)
    };
    assert_eq!(rows(plain.path())?, rows(shuffled.path())?);
    Ok(())
}

#[test]
fn a_report_counts_what_the_files_hold() -> Outcome {
    let directory = tempfile::tempdir()?;
    let report = build(&config(200, 4), 2, directory.path())?;
    let count = |name: &str| -> Result<u64, Box<dyn Error>> { Ok(Dataset::open(directory.path().join(name))?.layer(0)?.feature_count()) };
    assert_eq!((report.parcels, report.buildings), (200, 640));
    assert_eq!(count("parcels.gpkg")?, 200);
    assert_eq!(count("buildings.gpkg")?, 640);
    assert_eq!(count("zones.gpkg")?, report.zones);
    assert_eq!(count("projects.gpkg")?, report.projects);
    let table = std::fs::read_to_string(directory.path().join("enterprises.csv"))?;
    assert_eq!(table.lines().count() as u64, report.enterprise_rows + 1);
    assert!((4.0..4.4).contains(&(report.enterprise_rows as f64 / 200.0)));
    Ok(())
}

#[test]
fn layers_carry_their_reference_system() -> Outcome {
    let directory = tempfile::tempdir()?;
    build(&config(30, 4), 2, directory.path())?;
    let dataset = Dataset::open(directory.path().join("parcels.gpkg"))?;
    let layer = dataset.layer_by_name("parcels")?;
    assert_eq!(layer.spatial_ref().ok_or("no reference system")?.auth_code()?, 4528);
    let extent = layer.get_extent()?;
    assert!(extent.MinX > 40_400_000.0 && extent.MaxX < 40_600_000.0 && extent.MinY > 3_400_000.0);
    Ok(())
}

#[test]
fn a_shapefile_is_gbk_without_a_cpg() -> Outcome {
    const LANGUAGE_DRIVER_OFFSET: usize = 29;
    let directory = tempfile::tempdir()?;
    let report = build(&SynthConfig { format: SynthFormat::Shapefile, ..config(60, 4) }, 2, directory.path())?;
    let files = contents(directory.path())?;
    assert!(!files.keys().any(|name| name.ends_with(".cpg")));
    let table = files.get("parcels.dbf").ok_or("no table")?;
    assert_eq!(table.get(LANGUAGE_DRIVER_OFFSET), Some(&0x4D));
    let town = Plan::new(60, 4).town(0).name;
    let gbk = encoding_rs::GBK.encode(&town).0.into_owned();
    assert!(table.windows(gbk.len()).any(|window| window == gbk), "{town}");
    let csv = files.get("enterprises.csv").ok_or("no enterprises")?;
    assert!(std::str::from_utf8(csv).is_err());
    assert!(encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(csv).is_some());
    assert_eq!(report.parcels, 60);
    Ok(())
}

#[test]
fn the_job_names_every_input() -> Outcome {
    for format in [SynthFormat::Gpkg, SynthFormat::Shapefile] {
        let directory = tempfile::tempdir()?;
        let report = build(&SynthConfig { format, ..config(30, 4) }, 2, directory.path())?;
        let job: toml::Table = toml::from_str(&std::fs::read_to_string(&report.job)?)?;
        let mut paths: Vec<&str> =
            ["parcels", "buildings", "projects"].iter().filter_map(|key| job.get(*key)?.get("path")?.as_str()).collect();
        for list in ["zones", "tables"] {
            let entries = job.get(list).and_then(toml::Value::as_array).ok_or("no list")?;
            paths.extend(entries.iter().filter_map(|entry| entry.get("path")?.as_str()));
        }
        assert_eq!(paths.len(), 7);
        assert!(paths.iter().all(|path| directory.path().join(path).exists()), "{paths:?}");
    }
    Ok(())
}

//! A random city with every defect that the data of land offices have: each is told in its place, nothing is lost, and what was not spoiled is measured
//! as before.

mod defects;
mod layers;
mod oracle;
mod several_files;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gdal::vector::LayerAccess;
use proptest::prelude::*;

use self::defects::{Defect, Done, Layer, Mark};
use self::layers::{Cells, Rows};
use crate::program::{city, json, mujun, numbers, rows, table, texts};

/// The inputs of a job.
#[derive(Clone)]
pub struct City {
    parcels: Rows,
    buildings: Rows,
    zones: Rows,
    enterprises: Cells,
}

impl City {
    fn read(dir: &Path) -> Self {
        Self {
            parcels: Rows::read(&dir.join("parcels.gpkg")),
            buildings: Rows::read(&dir.join("buildings.gpkg")),
            zones: Rows::read(&dir.join("zones.gpkg")),
            enterprises: Cells::read(&dir.join("enterprises.csv")),
        }
    }

    fn write(&self, dir: &Path) {
        self.parcels.write(&dir.join("parcels.gpkg"));
        self.buildings.write(&dir.join("buildings.gpkg"));
        self.zones.write(&dir.join("zones.gpkg"));
        self.enterprises.write(&dir.join("enterprises.csv"));
    }

    fn parcel_id(&self, row: usize) -> String {
        self.parcels.text(row, "ZDDM")
    }

    fn rows(&self, layer: Layer) -> usize {
        match layer {
            Layer::Parcels => self.parcels.rows.len(),
            Layer::Buildings => self.buildings.rows.len(),
            Layer::Zones => self.zones.rows.len(),
            Layer::Enterprises { .. } => self.enterprises.rows.len(),
        }
    }

    /// Whether a row can have a defect: of parcels and enterprises those that have an identifier, of enterprises the rows of the last year.
    fn counts(&self, layer: Layer, row: usize) -> bool {
        match layer {
            Layer::Parcels => !self.parcel_id(row).is_empty(),
            Layer::Enterprises { .. } => self.enterprises.get(row, "year") == "2025" && !self.key(layer, row).is_empty(),
            Layer::Buildings | Layer::Zones => true,
        }
    }

    /// What may have one defect alone: a parcel, a building, a zone, an enterprise.
    fn key(&self, layer: Layer, row: usize) -> String {
        match layer {
            Layer::Parcels => self.parcel_id(row),
            Layer::Enterprises { .. } => self.enterprises.get(row, "enterprise_id").into(),
            Layer::Buildings | Layer::Zones => format!("{layer:?} {row}"),
        }
    }
}

/// Random numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(below).unwrap()).unwrap()
    }

    fn shuffled(&mut self, below: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..below).collect();
        (1..below).rev().for_each(|last| all.swap(last, self.roll(last + 1)));
        all
    }
}

/// Puts a defect into one row of so many of its layer, at least into one, never into what has one already.
fn spoil(city: &mut City, defect: &Defect, one_of: usize, dice: &mut Dice, taken: &mut BTreeSet<String>) -> Vec<Done> {
    let rows = city.rows(defect.layer);
    let wanted = (rows / one_of).max(1);
    let mut done = Vec::new();
    for row in dice.shuffled(rows) {
        let key = city.key(defect.layer, row);
        if done.len() == wanted || taken.contains(&key) || !city.counts(defect.layer, row) {
            continue;
        }
        if let Some(one) = (defect.put)(city, row) {
            taken.insert(key);
            taken.extend(one.touched.iter().chain(&one.spared).cloned());
            done.push(one);
        }
    }
    assert!(!done.is_empty(), "{}: no row can have it", defect.name);
    done
}

/// What a run says and leaves.
struct Run {
    findings: Vec<BTreeMap<String, String>>,
    /// Planar area in m² by parcel.
    areas: BTreeMap<String, f64>,
    /// Geometry of the rejects by role and row.
    rejects: BTreeMap<(String, i64), Option<Vec<u8>>>,
    /// What was received, by quantity.
    received: BTreeMap<String, f64>,
}

fn run(dir: &Path) -> Run {
    let said = mujun(dir, &["run", "job.toml", "--quiet"]);
    let out = dir.join("out");
    assert!(said.code == 0 || said.code == 1, "{}", said.stderr);
    let findings = rows(&out.join("findings.csv"));
    let has_error = findings.iter().any(|f| f["severity"] == "error");
    assert_eq!(said.code, i32::from(has_error), "{}", said.stderr);
    let inventory = table(&out.join("inventory.parquet"));
    let ids = texts(&inventory, "parcel_id").into_iter().flatten();
    let areas = ids.zip(numbers(&inventory, "area_planar_m2").into_iter().flatten()).collect();
    let dataset = gdal::Dataset::open(out.join("rejects.gpkg")).unwrap();
    let mut layer = dataset.layer_by_name("rejects").unwrap();
    let place = |name: &str| layer.defn().field_index(name).unwrap();
    let (role, row) = (place("role"), place("row"));
    let reject = |f: gdal::vector::Feature<'_>| {
        let place = (f.field_as_string(role).unwrap().unwrap(), f.field_as_integer64(row).unwrap().unwrap());
        // A feature without geometry has one that cannot be asked.
        (place, f.geometry().and_then(|geometry| geometry.iso_wkb().ok()))
    };
    let rejects = layer.features().map(reject).collect();
    let mut received = BTreeMap::new();
    for balance in json(&out.join("run.json"))["balances"].as_array().unwrap() {
        let amount = |name: &str| balance[name].as_f64().unwrap();
        let (all, kept) = (amount("in"), amount("out") + amount("rejected") + amount("unassigned"));
        assert!((all - kept).abs() <= 0.01 + 1e-8 * all.abs(), "{balance}");
        received.insert(balance["quantity"].as_str().unwrap().to_owned(), all);
    }
    Run { findings, areas, rejects, received }
}

/// Every defect is told; every parcel is in the inventory or in the rejects; what was not touched is as in `before`.
fn check(what: &str, city: &City, done: &[Done], before: &Run, after: &Run) {
    for one in done {
        let is_there = |f: &&BTreeMap<String, String>| {
            let is_row = |row: usize| f["row"] == row.to_string();
            let is_here = match one.mark {
                Mark::Row(file, row) => f["file"] == file && is_row(row),
                Mark::Either(file, row, other) => f["file"] == file && (is_row(row) || is_row(other)),
                Mark::File(file) => f["file"] == file,
            };
            let says = one.words.is_empty() || f["value"].split(", ").any(|word| one.words.contains(&word));
            is_here && says && one.codes.iter().any(|code| f["code"].starts_with(code))
        };
        assert!(after.findings.iter().any(|f| is_there(&f)), "{what}: not told: {one:?}");
    }

    as_they_came(what, city, after);
    let is_rejected = |row: usize| after.rejects.contains_key(&("parcels".to_owned(), i64::try_from(row).unwrap() + 1));
    let (rejected, kept): (Vec<usize>, Vec<usize>) = (0..city.parcels.rows.len()).partition(|&row| is_rejected(row));
    let kept: Vec<String> = kept.into_iter().map(|row| city.parcel_id(row)).collect();
    let unique: BTreeSet<&String> = kept.iter().collect();
    assert_eq!(unique.len(), kept.len(), "{what}: an identifier twice");
    assert_eq!(unique, after.areas.keys().collect(), "{what}: neither kept nor rejected, or both");
    let of_parcels = after.rejects.keys().filter(|(role, _)| role == "parcels").count();
    assert_eq!(of_parcels, rejected.len(), "{what}: rejects of rows that there are not");
    for (role, rows) in [("parcels", &city.parcels), ("buildings", &city.buildings), ("zones", &city.zones)] {
        assert_eq!(after.received[role], rows.rows.len() as f64, "{what}: {role}");
    }

    let touched: BTreeSet<&String> = done.iter().flat_map(|one| &one.touched).collect();
    for (id, area) in before.areas.iter().filter(|(id, _)| !touched.contains(id)) {
        assert_eq!(after.areas.get(id), Some(area), "{what}: {id} was not spoiled");
    }
}

/// Every reject has the geometry that its source has, to the bit.
fn as_they_came(what: &str, city: &City, after: &Run) {
    for ((role, row), wkb) in &after.rejects {
        let source = match role.as_str() {
            "parcels" => &city.parcels,
            "buildings" => &city.buildings,
            _ => &city.zones,
        };
        let stored = &source.rows[usize::try_from(*row).unwrap() - 1].wkb;
        assert_eq!(wkb, stored, "{what}: row {row} of {role} is not as it came");
    }
}

/// A synthetic city and what a run says of it before it is spoiled.
fn clean(dir: &Path, parcels: u32, seed: u64) -> (std::path::PathBuf, City, Run) {
    let dir = city(dir, parcels, &["--seed", &seed.to_string()]);
    let before = run(&dir);
    let city = City::read(&dir);
    (dir, city, before)
}

#[test]
fn each_defect_alone_in_a_twentieth_of_the_rows() {
    let home = tempfile::tempdir().unwrap();
    let (dir, clean, before) = clean(home.path(), 200, 11);
    for (seed, defect) in (1..).zip(defects::all()) {
        let mut city = clean.clone();
        let done = spoil(&mut city, &defect, 20, &mut Dice(seed), &mut BTreeSet::new());
        city.write(&dir);
        let after = run(&dir);
        check(&defect.name, &city, &done, &before, &after);
        let same = |quantity: &str| {
            let (old, new) = (before.received[quantity], after.received[quantity]);
            assert!((old - new).abs() < 0.005, "{}: {quantity} was {old}, is {new}", defect.name);
        };
        if defect.layer != Layer::Buildings {
            same("footprints");
            same("counted floor area");
        }
        if defect.layer != (Layer::Enterprises { keeps_money: false }) {
            same("tax_wan");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn all_defects_in_one_city(seed in 1..1_000_000_u64) {
        let home = tempfile::tempdir().unwrap();
        let (dir, mut city, before) = clean(home.path(), 400, seed);
        let (mut dice, mut taken) = (Dice(seed), BTreeSet::new());
        let mut done = Vec::new();
        for defect in defects::all() {
            done.extend(spoil(&mut city, &defect, 100, &mut dice, &mut taken));
        }
        city.write(&dir);
        let after = run(&dir);
        check(&format!("seed {seed}"), &city, &done, &before, &after);

        mujun(&dir, &["check", "job.toml", "--quiet", "--out", "checked.csv"]);
        // What comes of asking the rules about parcels; that a rule has no data is seen there, too.
        let is_of_rules = |f: &&BTreeMap<String, String>| {
            ["due.", "sliver."].iter().any(|stage| f["code"].starts_with(stage)) || (f["code"] == "rule.not_run" && !f["rule_id"].is_empty())
        };
        let wanted: BTreeSet<_> = after.findings.iter().filter(|f| !is_of_rules(f)).collect();
        let checked = rows(&dir.join("checked.csv"));
        let checked: BTreeSet<_> = checked.iter().filter(|f| !is_of_rules(f)).collect();
        let differ: Vec<_> = checked.symmetric_difference(&wanted).collect();
        assert!(differ.is_empty(), "seed {seed}: `check` and `run` differ: {differ:?}");
    }
}

//! A spoiled city whose layers and tables are each cut into two files: every finding names the file of its row.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::Cells;
use super::{Dice, clean, defects, spoil};
use crate::program::{mujun, rows};

#[test]
fn every_finding_names_the_file_of_its_row() {
    let home = tempfile::tempdir().unwrap();
    let (dir, mut city, _) = clean(home.path(), 300, 5);
    let (mut dice, mut taken) = (Dice(5), BTreeSet::new());
    for defect in defects::all() {
        spoil(&mut city, &defect, 100, &mut dice, &mut taken);
    }
    // What is in each row of each file.
    let mut ids: BTreeMap<(String, usize), String> = BTreeMap::new();
    for (folder, is_first) in [("a", true), ("b", false)] {
        std::fs::create_dir(dir.join(folder)).unwrap();
        let own = |all: usize| if is_first { 0..all / 2 } else { all / 2..all };
        for (name, all, field) in [("parcels", &city.parcels, "ZDDM"), ("buildings", &city.buildings, "building_id")] {
            let part = all.part(own(all.rows.len()));
            let file = format!("{folder}/{name}.gpkg");
            part.write(&dir.join(&file));
            ids.extend((0..part.rows.len()).map(|row| ((file.clone(), row + 1), part.text(row, field))));
        }
        let all = &city.enterprises;
        let part = Cells { names: all.names.clone(), rows: all.rows[own(all.rows.len())].to_vec() };
        let file = format!("{folder}/enterprises.csv");
        part.write(&dir.join(&file));
        ids.extend((0..part.rows.len()).map(|row| ((file.clone(), row + 1), part.get(row, "enterprise_id").into())));
    }
    let mut job = std::fs::read_to_string(dir.join("job.toml")).unwrap();
    for file in ["parcels.gpkg", "buildings.gpkg", "enterprises.csv"] {
        job = job.replace(&format!("\"{file}\""), &format!("[\"a/{file}\", \"b/{file}\"]"));
    }
    std::fs::write(dir.join("job.toml"), job).unwrap();

    let said = mujun(&dir, &["run", "job.toml", "--quiet"]);
    assert!(said.code == 0 || said.code == 1, "{}", said.stderr);
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in rows(&dir.join("out/findings.csv")) {
        let file = &finding["file"];
        assert!(!file.contains('…'), "{finding:?}");
        let Ok(row) = finding["row"].parse() else { continue };
        if file.starts_with("a/") || file.starts_with("b/") {
            let id = ids.get(&(file.clone(), row)).unwrap_or_else(|| panic!("no such row: {finding:?}"));
            // A building without an identifier gets one from its geometry.
            if !id.is_empty() && !finding["feature_id"].is_empty() {
                assert_eq!(finding["feature_id"], *id, "{finding:?}");
            }
            codes.entry(file.clone()).or_default().insert(finding["code"].clone());
        }
    }
    for file in ["a/parcels.gpkg", "b/parcels.gpkg", "a/buildings.gpkg", "a/enterprises.csv", "b/enterprises.csv"] {
        assert!(codes.get(file).is_some_and(|codes| codes.len() > 1), "{file}: {codes:?}");
    }
}

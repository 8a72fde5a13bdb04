//! A city of invalid polygons against the independent check: which of them are repaired, which are rejected because the repair would decide too much,
//! and every figure of those that stay.

use std::collections::BTreeSet;

use super::{Dice, clean, defects, run, spoil};
use crate::program::{compare, python};

/// The polygon of which program and GEOS make different ground: its hole lies wholly outside its shell (`docs/method.md`, "Rows that enter").
const NOT_AS_GEOS: &str = "invalid polygon 4";

#[test]
fn repairs_and_their_limit_are_as_the_oracle_has_them() {
    let Some(python) = python() else { return };
    let home = tempfile::tempdir().unwrap();
    for (seed, limit) in [(21, ""), (22, "[validate]\nrepair_max_area_change_m2 = 0.0\nrepair_max_area_change_share = 0.01\n")] {
        let _ = std::fs::remove_dir_all(home.path().join("city"));
        let (dir, mut city, _) = clean(home.path(), 600, seed);
        let (mut dice, mut taken) = (Dice(seed), BTreeSet::new());
        for defect in defects::all().iter().filter(|d| d.name.starts_with("invalid polygon") && d.name != NOT_AS_GEOS) {
            spoil(&mut city, defect, 60, &mut dice, &mut taken);
        }
        city.write(&dir);
        let job = dir.join("job.toml");
        let text = std::fs::read_to_string(&job).unwrap();
        std::fs::write(&job, format!("{text}{limit}")).unwrap();
        let after = run(&dir);
        let told = |code: &str| after.findings.iter().filter(|f| f["code"] == code).count();
        assert!(told("geometry.repair_too_large") > 0 && told("geometry.bow_tie") > 0, "seed {seed}: some are rejected, some repaired");
        // The overlay that repairs works on a grid of 1e-9 of the extent.
        compare(&python, &job, &dir.join("out"), &["--rtol", "1e-7"]);
    }
}

//! The error stream has lines of the program alone: nothing that a library says comes through.

use std::path::Path;

use crate::program::{city, mujun};

/// The surface of the Moon: PROJ has a word to say on every try to leave it.
const MOON: &str = "GEOGCS[\"Moon 2000\",DATUM[\"D_Moon_2000\",SPHEROID[\"Moon_2000_IAU_IAG\",1737400.0,0.0]],PRIMEM[\"Reference_Meridian\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
/// A projection that no ellipsoid can hold, and one that is nothing.
const ODD: [&str; 3] = [
    "PROJCS[\"odd\",GEOGCS[\"odd\",DATUM[\"odd\",SPHEROID[\"odd\",0.0,0.0]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],UNIT[\"metre\",1.0]]",
    "PROJCS[\"half",
    "LOCAL_CS[\"nowhere\",UNIT[\"metre\",1.0]]",
];

/// Whether every line is one that the program prints.
fn only_own_lines(what: &str, stderr: &str) {
    for line in stderr.lines() {
        let is_own =
            line.is_empty() || ["error: ", "warning: ", "hint: ", "  ", "read ", "wrote "].iter().any(|begin| line.starts_with(begin));
        assert!(is_own && !line.contains("proj_") && !line.contains("ERROR "), "{what}: `{line}` in {stderr}");
    }
}

fn with_prj(dir: &Path, prj: &str) {
    std::fs::write(dir.join("parcels.prj"), prj).unwrap();
}

#[test]
fn odd_definitions_of_a_crs_are_told_in_words_of_the_program() {
    let home = tempfile::tempdir().unwrap();
    let dir = city(home.path(), 40, &["--format", "shp"]);
    for prj in std::iter::once(MOON).chain(ODD) {
        with_prj(&dir, prj);
        for arguments in [
            &["run", "job.toml", "--quiet"][..],
            &["check", "job.toml", "--quiet"],
            &["doctor", "parcels.shp"],
            &["init", "parcels.shp", "--out", "x.toml"],
        ] {
            let said = mujun(&dir, arguments);
            only_own_lines(&format!("{arguments:?} {prj}"), &said.stderr);
        }
    }
    // The Moon is no place that parcels could be brought from.
    with_prj(&dir, MOON);
    let said = mujun(&dir, &["run", "job.toml", "--quiet"]);
    assert_ne!(said.code, 0, "{}", said.stderr);
}

//! Row by row against the independent check in `tests/oracle`.

use crate::program::{city, compare, done, python};

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

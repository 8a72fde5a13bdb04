//! What depends on a number: limits of the plot ratio, sweeps of a rule, tracts.

use std::path::{Path, PathBuf};

use crate::program::{city, done, mujun, numbers, table, texts};

/// A city whose job asks a pack of its own first: the indicators of Zhejiang with limits, the low-efficiency rule of the national pack with tracts always.
fn city_with_limits(dir: &Path, parcels: u32) -> PathBuf {
    let city = city(dir, parcels, &[]);
    let shipped = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules").join(path)).unwrap();
    let pack = city.join("mine");
    std::fs::create_dir(&pack).unwrap();
    std::fs::write(pack.join("pack.toml"), shipped("zhejiang/pack.toml").replace("id = \"zhejiang\"", "id = \"mine\"")).unwrap();
    let limits = "\n[rule.interval]\nstorey_height_m = [3.0, 6.0]\nheight_tolerance_m = 1.0\nunknown_floors = [1, 4]\n";
    std::fs::write(pack.join("indicators.toml"), shipped("zhejiang/indicators.toml") + limits).unwrap();
    // The city declares no special processes: without the exception, and with a limit for every industry, the plot ratio decides.
    let low =
        shipped("national/low_efficiency.toml").replace("\"without_projects\"", "\"always\"").replace("\"special_process\"", "\"FALSE\"");
    let low = low.replace("[rule.tables.far_min]\n", "[rule.tables.far_min]\nother = 1.2\n");
    std::fs::write(pack.join("low_efficiency.toml"), low).unwrap();
    let job = std::fs::read_to_string(city.join("job.toml")).unwrap();
    std::fs::write(city.join("job.toml"), job.replace("rules = [", "rules = [\"mine\", ").replace("rules   = [", "rules   = [\"mine\", "))
        .unwrap();
    city
}

#[test]
fn the_plot_ratio_lies_within_its_limits_and_flags_what_changes_there() {
    let dir = tempfile::tempdir().unwrap();
    let city = city_with_limits(dir.path(), 1500);
    done(&city, &["run", "job.toml", "--out", "limits"]);
    let inventory = table(&city.join("limits/inventory.parquet"));
    let [far, low, high] = ["far", "far_low", "far_high"].map(|name| numbers(&inventory, name));
    let sensitive = texts(&inventory, "sensitive");
    let mut wide = 0;
    for row in 0..far.len() {
        if let (Some(far), Some(low), Some(high)) = (far[row], low[row], high[row]) {
            assert!(low <= far && far <= high, "row {row}: {low} {far} {high}");
        }
        let differs = low[row].zip(high[row]).is_some_and(|(low, high)| low < high);
        wide += usize::from(differs);
        assert!(differs || sensitive[row].is_none(), "row {row}");
    }
    assert!(
        wide > 10 && sensitive.iter().flatten().any(|flags| flags.contains("low_efficiency")),
        "{wide} parcels have limits that differ"
    );
}

#[test]
fn a_sweep_tells_what_changes_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let city = city_with_limits(dir.path(), 600);
    done(&city, &["run", "job.toml", "--out", "plain"]);
    let key = "low_efficiency.parameters.tax_3y_min_wan";
    let said = done(
        &city,
        &["run", "job.toml", "--out", "swept", "--sweep", &format!("{key}=1,9"), "--sweep", "slivers.max_plot_m2=1000..2000:500"],
    );
    assert!(said.stdout.contains(&format!("sweep of {key}, changes against the run")), "{}", said.stdout);
    let same = |path: &str| {
        assert!(std::fs::read(city.join("plain").join(path)).unwrap() == std::fs::read(city.join("swept").join(path)).unwrap(), "{path}")
    };
    ["inventory.parquet", "ledger/decisions.parquet", "ledger/tracts.parquet", "findings.csv"].iter().for_each(|path| same(path));
    let sweep = table(&city.join("swept/sweep.parquet"));
    let (keys, values, columns) = (texts(&sweep, "key"), numbers(&sweep, "value"), texts(&sweep, "column"));
    let parcels: Vec<u32> = sweep.column("parcels").unwrap().u32().unwrap().iter().flatten().collect();
    let any = |wanted: &str, value: f64| {
        let row = (0..parcels.len())
            .find(|&r| keys[r].as_deref() == Some(wanted) && values[r] == Some(value) && columns[r].as_deref() == Some("any"));
        parcels[row.unwrap()]
    };
    assert_eq!((any(key, 1.0), any("slivers.max_plot_m2", 2000.0)), (0, 0), "the number of the rule itself changes nothing");
    assert!(any(key, 9.0) > 0, "nine times the least tax must change something");
    let csv = std::fs::read_to_string(city.join("swept/sweep.csv")).unwrap();
    assert!(csv.contains("key,value,column,from,to,parcels,area_mu"), "{csv}");
    let wrong = mujun(&city, &["run", "job.toml", "--sweep", "slivers.max_plot=1,2"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("did you mean `slivers.max_plot_m2`?"), "{}", wrong.stderr);
}

#[test]
fn tracts_and_members_agree_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let city = city_with_limits(dir.path(), 1500);
    done(&city, &["run", "job.toml", "--out", "one", "--threads", "1"]);
    done(&city, &["run", "job.toml", "--out", "two", "--threads", "2"]);
    let read = |run: &str, path: &str| std::fs::read(city.join(run).join(path)).unwrap();
    assert!(read("one", "ledger/tracts.parquet") == read("two", "ledger/tracts.parquet"));
    let (tracts, inventory) = (table(&city.join("one/ledger/tracts.parquet")), table(&city.join("one/inventory.parquet")));
    let members = texts(&inventory, "tract_id");
    let sizes = tracts.column("parcels").unwrap().u32().unwrap();
    assert!(tracts.height() > 0, "the city has low-efficiency land that lies together");
    for (tract, size) in texts(&tracts, "tract_id").into_iter().zip(sizes.iter()) {
        assert_eq!(u32::try_from(members.iter().filter(|m| **m == tract).count()).ok(), size);
    }
    let states = texts(&inventory, "low_efficiency");
    assert!((0..members.len()).all(|row| members[row].is_none() || states[row].as_deref() == Some("yes")), "a member is recognised");
}

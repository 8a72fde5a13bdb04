//! Every figure of a parcel is led back to its rows and rules.

use crate::program::{city, done, mujun, numbers, table, texts};

#[test]
fn one_parcel_of_each_grade_has_its_formulas_with_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 2000, &[]);
    done(&city, &["run", "job.toml"]);
    let inventory = table(&city.join("out/inventory.parquet"));
    let (ids, grades) = (texts(&inventory, "parcel_id"), texts(&inventory, "grade"));
    let (far, area, score) = (numbers(&inventory, "far"), numbers(&inventory, "area_m2"), numbers(&inventory, "score"));
    for grade in [Some("A"), Some("B"), Some("C"), Some("D"), None] {
        let row = (0..ids.len()).find(|&r| grades[r].as_deref() == grade && far[r].is_some_and(|far| far > 0.0)).unwrap();
        let id = ids[row].as_deref().unwrap();
        let text = done(&city, &["explain", "out", id]).stdout;
        let shown = |needle: &str| assert!(text.contains(needle), "no `{needle}` in\n{text}");
        shown(&format!("parcel {id}\n"));
        shown("= floor_area_m2 / area_m2 = ");
        shown("= area_m2 × 3 / 2000 = ");
        shown("= sum of counted_floor_area_m2 over ");
        shown(grade.unwrap_or("grade                        unknown"));
        if grade.is_some() {
            shown("zhejiang.grading.huangyan-2022");
            shown("is rank ");
        }
        let json: serde_json::Value = serde_json::from_str(&done(&city, &["explain", "out", id, "--format", "json"]).stdout).unwrap();
        let value = |name: &str| json["figures"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap()["value"].as_f64();
        assert_eq!([value("far"), value("area_m2"), value("score")], [far[row], area[row], score[row]]);
    }
}

#[test]
fn what_cannot_be_explained_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 300, &[]);
    done(&city, &["run", "job.toml"]);
    let id = texts(&table(&city.join("out/inventory.parquet")), "parcel_id")[0].clone().unwrap();
    let none = mujun(&city, &["explain", "out", &format!("{id}0")]);
    assert_eq!((none.code, none.stdout.as_str()), (2, ""));
    assert!(none.stderr.contains(&format!("error: no parcel `{id}0` in this run\nhint: did you mean `{id}`")), "{}", none.stderr);
    let nowhere = mujun(&city, &["explain", ".", "x"]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.stderr.contains("holds no run"), "{}", nowhere.stderr);
}

#[test]
fn enterprises_are_graded_and_their_parcels_by_them() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 1500, &[]);
    let job = std::fs::read_to_string(city.join("job.toml")).unwrap();
    std::fs::write(city.join("job.toml"), format!("{job}\n[rules_for]\ngrading = \"zhejiang-typical\"\n")).unwrap();
    done(&city, &["run", "job.toml"]);
    let (inventory, ledger) = (table(&city.join("out/inventory.parquet")), table(&city.join("out/ledger/enterprise_grades.parquet")));
    let shares = table(&city.join("out/ledger/enterprise_shares.parquet"));
    let (owners, parcels) = (texts(&shares, "enterprise_id"), texts(&shares, "parcel_id"));
    // The land of the parcels that have enterprises is shared out among them.
    let on: std::collections::BTreeSet<_> = parcels.iter().flatten().collect();
    let land = texts(&inventory, "parcel_id").into_iter().flatten().zip(numbers(&inventory, "area_mu"));
    let land: f64 = land.filter(|(id, _)| on.contains(id)).filter_map(|(_, mu)| mu).sum();
    let shared: f64 = numbers(&ledger, "area_mu").into_iter().flatten().sum();
    assert!((land - shared).abs() < 1e-6 * land, "{land} {shared}");

    let (ids, grades) = (texts(&ledger, "enterprise_id"), texts(&ledger, "grade"));
    let id = ids.iter().zip(&grades).find(|(_, grade)| grade.as_deref() == Some("B")).unwrap().0.as_deref().unwrap();
    let parcel = owners.iter().zip(&parcels).find(|(owner, parcel)| owner.as_deref() == Some(id) && parcel.is_some()).unwrap().1.clone();
    let parcel = parcel.unwrap();
    let text = done(&city, &["explain", "out", &parcel]).stdout;
    for needle in [&format!("enterprise {id}: B, decided by rank"), "decided by roll up land_weighted", "to reach A: a score of at least "]
    {
        assert!(text.contains(needle), "no `{needle}` in\n{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&done(&city, &["explain", "out", &parcel, "--format", "json"]).stdout).unwrap();
    let own = json["grades"].as_array().unwrap().iter().find(|grade| grade["enterprise_id"] == *id).unwrap();
    assert_eq!((&own["grade"], &own["next"]["grade"]), (&"B".into(), &"A".into()));
    assert!(own["next"]["more"].as_f64().unwrap() > 0.0);
}

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

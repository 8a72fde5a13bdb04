use polars::prelude::df;

use super::*;

fn inventory() -> DataFrame {
    df!(
        "parcel_id" => ["1", "2", "3"],
        "town" => [Some("b"), Some("a"), None],
        "industry" => [Some("C3411"), Some("C34"), Some("C17")],
        "area_m2" => [2000.0, 4000.0, 1000.0],
        "area_mu" => [3.0, 6.0, 1.5],
        "area_planar_m2" => [2000.0, 4000.0, 1000.0],
        "overlap_m2" => [0.0, 400.0, 0.0],
        "net_area_m2" => [2000.0, 3600.0, 1000.0],
        "footprint_m2" => [Some(500.0), None, Some(100.0)],
        "floor_area_m2" => [Some(1000.0), Some(6000.0), None],
        "tax_per_mu_wan" => [Some(10.0), None, Some(0.0)],
        "output_per_mu_wan" => [None::<f64>, None, None],
        "revenue_per_mu_wan" => [None::<f64>, None, None],
        "invest_per_mu_wan" => [None::<f64>, None, None],
        "value_added_per_mu_wan" => [None::<f64>, None, None],
        "grade" => [Some("A"), Some("D"), None],
        "zone_block" => ["inside", "split", "inside"],
        "tools" => [None, Some("x.t.1 x.t.2"), Some("x.t.1")],
    )
    .unwrap()
}

fn ledger() -> DataFrame {
    df!(
        "parcel_id" => ["1", "2", "2", "3"],
        "kind" => ["block"; 4],
        "zone_name" => [Some("z"), Some("z"), None, Some("y")],
        "area_m2" => [2000.0, 1000.0, 3000.0, 1000.0],
    )
    .unwrap()
}

fn table(name: &str) -> DataFrame {
    let all = summarise(&inventory(), &ledger(), &["block".to_owned()]).unwrap();
    all.into_iter().find(|(n, _)| n == name).unwrap().1
}

fn numbers(name: &str, column: &str) -> Vec<Option<f64>> {
    table(name).column(column).unwrap().cast(&polars::prelude::DataType::Float64).unwrap().f64().unwrap().iter().collect()
}

fn keys(name: &str) -> Vec<Option<String>> {
    table(name).column("key").unwrap().str().unwrap().iter().map(|k| k.map(str::to_owned)).collect()
}

#[test]
fn ratios_are_ratios_of_sums_over_parcels_that_have_both() {
    assert_eq!(numbers("overall", "parcels"), [Some(3.0)]);
    assert_eq!(numbers("overall", "far"), [Some(7000.0 / 6000.0)]);
    assert_eq!(numbers("overall", "parcels_with_far"), [Some(2.0)]);
    assert_eq!(numbers("overall", "building_density"), [Some(600.0 / 3000.0)]);
    assert_eq!(numbers("overall", "tax_wan"), [Some(30.0)]);
    assert_eq!(numbers("overall", "tax_per_mu_wan"), [Some(30.0 / 4.5)]);
    assert_eq!(numbers("overall", "output_wan"), [None]);
    assert_eq!(numbers("overall", "share_a"), [Some(0.5)]);
    assert_eq!(numbers("overall", "area_ha"), [Some(0.7)]);
    // Land of a grade is zero where others are given, and unknown where none is.
    assert_eq!(
        ["a", "b", "c", "d"].map(|grade| numbers("overall", &format!("area_mu_{grade}"))[0]),
        [Some(3.0), Some(0.0), Some(0.0), Some(6.0)]
    );
    assert_eq!(numbers("by_grade", "area_mu_d"), [Some(0.0), Some(6.0), None]);
}

#[test]
fn groups_are_in_order_and_unknown_is_the_last() {
    assert_eq!(keys("by_town"), [Some("a".into()), Some("b".into()), None]);
    assert_eq!(keys("by_industry"), [Some("C17".into()), Some("C34".into())]);
    assert_eq!(numbers("by_industry", "area_m2"), [Some(1000.0), Some(6000.0)]);
    assert_eq!(keys("by_grade"), [Some("A".into()), Some("D".into()), None]);
    assert_eq!(keys("by_tool"), [Some("x.t.1".into()), Some("x.t.2".into())]);
    assert_eq!(numbers("by_tool", "parcels"), [Some(2.0), Some(1.0)]);
}

#[test]
fn zones_have_states_and_land() {
    assert_eq!(keys("by_zone"), [Some("inside".into()), Some("split".into())]);
    assert_eq!(numbers("by_zone", "area_m2"), [Some(3000.0), Some(4000.0)]);
    assert_eq!(keys("by_zone_name"), [Some("y".into()), Some("z".into()), None]);
    assert_eq!(numbers("by_zone_name", "area_m2"), [Some(1000.0), Some(3000.0), Some(3000.0)]);
}

#[test]
fn net_areas_count_no_ground_twice() {
    assert_eq!(numbers("overall", "area_m2"), [Some(7000.0)]);
    assert_eq!(numbers("overall", "overlap_m2"), [Some(400.0)]);
    assert_eq!(numbers("overall", "net_area_m2"), [Some(6600.0)]);
    assert_eq!(numbers("by_town", "net_area_m2"), [Some(3600.0), Some(2000.0), Some(1000.0)]);
    // A tenth of parcel 2 is another's, in each of its zones.
    assert_eq!(numbers("by_zone_name", "net_area_m2"), [Some(1000.0), Some(2900.0), Some(2700.0)]);
}

#[test]
fn without_a_check_net_areas_are_unknown() {
    let mut unchecked = inventory();
    for name in ["overlap_m2", "net_area_m2"] {
        unchecked.with_column(Column::new(name.into(), [None::<f64>; 3])).unwrap();
    }
    let all = summarise(&unchecked, &ledger(), &["block".to_owned()]).unwrap();
    assert!(all.iter().all(|(_, table)| table.column("net_area_m2").unwrap().null_count() == table.height()));
}

#[test]
fn nothing_gives_empty_tables_with_all_columns() {
    let all = summarise(&inventory().head(Some(0)), &ledger().head(Some(0)), &["block".to_owned()]).unwrap();
    assert!(all.iter().all(|(_, table)| table.height() == 0 && table.width() >= 5));
}

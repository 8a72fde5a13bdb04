use polars::prelude::{NamedFrom, Series, TimeUnit};

use super::*;
use crate::model::Source;
use crate::read::fields::Role;
use crate::read::job::{Duplicates, FieldSpec, LayerSpec};

fn series<T, P: AsRef<T>>(values: P) -> Column
where
    Series: NamedFrom<P, T>,
    T: ?Sized,
{
    Series::new("x".into(), values).into_column()
}

/// The canonical column and findings of one field of parcels or enterprises from one source column in `unit`.
fn run(role: Role, field: &str, unit: Option<Unit>, cells: Column) -> Result<(Column, Vec<Finding>), ReadError> {
    let required: &[&str] = match role {
        Role::Enterprises => &["enterprise_id", "parcel_id", "year"],
        _ => &["parcel_id"],
    };
    let mut names: Vec<String> = required.iter().filter(|n| **n != field).map(|n| (*n).to_owned()).collect();
    let mut raw: Vec<Column> = names.iter().map(|_| Column::full_null("n".into(), cells.len(), &DataType::String)).collect();
    names.push("SOURCE".into());
    raw.push(cells);
    let spec = LayerSpec {
        paths: vec!["t.csv".into()],
        layer: None,
        crs: None,
        encoding: None,
        where_sql: None,
        fields: [(field.to_owned(), FieldSpec { column: "SOURCE".into(), unit })].into(),
        duplicates: Duplicates::Reject,
        partition: None,
    };
    let source = Source { file: "t.csv".into(), layer: "".into() };
    let (plan, _) = FieldPlan::new(role, &spec, &names, &source, "tables[0]").unwrap();
    let rows: Vec<i64> = (1..).take(raw[0].len()).collect();
    let (frame, findings) = plan.apply(&raw, &rows)?;
    Ok((frame.column(field).unwrap().clone(), findings))
}

fn numbers(role: Role, field: &str, unit: Option<Unit>, cells: Column) -> (Vec<Option<f64>>, Vec<Finding>) {
    let (column, findings) = run(role, field, unit, cells).unwrap();
    (column.f64().unwrap().iter().collect(), findings)
}

fn texts(role: Role, field: &str, cells: Column) -> (Vec<Option<String>>, Vec<Finding>) {
    let (column, findings) = run(role, field, None, cells).unwrap();
    (column.str().unwrap().iter().map(|t| t.map(str::to_owned)).collect(), findings)
}

#[test]
fn text_becomes_numbers_in_the_canonical_unit() {
    let cells =
        series::<[Option<&str>], _>([Some("20,000"), Some("３００００"), Some("3万元"), Some(" 10000 "), Some("/"), None, Some("about 5")]);
    let (values, findings) = numbers(Role::Enterprises, "tax_wan", Some(Unit::Yuan), cells);
    assert_eq!(values, [Some(2.0), Some(3.0), Some(3.0), Some(1.0), None, None, None]);
    let heads: Vec<_> = findings.iter().map(|f| (f.code, f.row, f.value.as_deref().unwrap())).collect();
    assert_eq!(heads, [(Code::FieldBadValue, Some(7), "about 5"), (Code::FieldConverted, Some(1), "20,000")]);
    assert_eq!(findings[1].message, "3 cells of column `SOURCE` were cleaned, the first is `20,000`");
}

#[test]
fn a_unit_in_the_cell_wins_and_one_that_does_not_fit_is_unreadable() {
    let cells = series::<[&str], _>(["3亩", "1公顷", "2000", "5万元"]);
    let (values, findings) = numbers(Role::Parcels, "registered_area_m2", Some(Unit::M2), cells);
    assert_eq!(values, [Some(2000.0), Some(10_000.0), Some(2000.0), None]);
    assert_eq!(findings[0].message, "`5万元` cannot be read as `registered_area_m2`; it counts as unknown");
}

#[test]
fn what_cannot_be_is_unknown() {
    let (values, findings) =
        numbers(Role::Parcels, "registered_area_m2", None, series::<[f64], _>([0.0, -3.0, f64::NAN, f64::INFINITY, 1.0]));
    assert_eq!(values, [None, None, None, None, Some(1.0)]);
    assert_eq!(findings.len(), 3);
    assert_eq!(
        findings[0].message,
        "`registered_area_m2` of 0 cannot be: it must be above 0 and at most 10000000000; it counts as unknown"
    );
    let (shares, findings) = numbers(Role::Enterprises, "share", Some(Unit::Percent), series::<[f64], _>([100.0, 40.0, 140.0]));
    assert_eq!(shares, [Some(1.0), Some(0.4), None]);
    assert_eq!((findings[0].code, findings[0].row), (Code::FieldOutOfRange, Some(3)));
}

#[test]
fn findings_of_a_field_are_bounded() {
    let (_, findings) = numbers(Role::Enterprises, "tax_wan", None, series::<[&str], _>(["?"; 250]));
    assert_eq!(findings.len(), 101);
    assert_eq!(findings[100].message, "150 more cells of column `SOURCE` like this one; they count as unknown");
}

#[test]
fn identifiers_stay_as_they_are() {
    let long = "3101141230012345678";
    let (ids, _) = texts(Role::Parcels, "parcel_id", series::<[&str], _>([" 0012 ", long, "", "　", "１２"]));
    assert_eq!(ids, [Some("0012".into()), Some(long.into()), None, None, Some("１２".into())]);
    let (ids, _) = texts(Role::Parcels, "parcel_id", series::<[i64], _>([3_101_141_230_012_345_678]));
    assert_eq!(ids, [Some("3101141230012345678".into())]);
    let (ids, _) = texts(Role::Parcels, "parcel_id", series::<[f64], _>([310_114.0]));
    assert_eq!(ids, [Some("310114".into())]);
    let error = run(Role::Parcels, "parcel_id", None, series::<[f64], _>([1.0, 3.101_05e18])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`tables[0].fields.parcel_id`: file `t.csv` keeps identifiers in column `SOURCE` as floating-point numbers, first `3.10105e18` in row 2: digits are lost"
    );
}

#[test]
fn codes_that_became_numbers_lose_no_more_than_they_have() {
    let (codes, _) = texts(Role::Parcels, "land_use", series::<[f64], _>([601.0, 601.5]));
    assert_eq!(codes, [Some("601".into()), Some("601.5".into())]);
}

#[test]
fn words_are_mapped_and_others_refused_or_kept() {
    let (tenure, findings) = texts(Role::Parcels, "tenure", series::<[&str], _>(["国有", " 集体土地 ", "Ｇ", "state", "20", "/", "moon"]));
    let expected = ["state", "collective", "state", "state", "state"].map(|w| Some(w.to_owned()));
    assert_eq!(tenure[..5], expected);
    assert_eq!(tenure[5..], [None, None]);
    assert_eq!(findings.len(), 1);
    let (modes, findings) = texts(Role::Parcels, "grant_mode", series::<[&str], _>(["有偿出让", "102", "作价出资"]));
    assert_eq!(modes, ["出让", "出让", "作价出资"].map(|w| Some(w.to_owned())));
    assert!(findings.is_empty());
}

#[test]
fn truth_in_words_and_numbers() {
    let truth = |cells| run(Role::Parcels, "is_construction_land", None, cells).unwrap().0.bool().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(truth(series::<[&str], _>(["是", "否", "Y", "0", "?"])), [Some(true), Some(false), Some(true), Some(false), None]);
    assert_eq!(truth(series::<[i32], _>([1, 0, 2])), [Some(true), Some(false), None]);
    assert_eq!(truth(series::<[bool], _>([true, false])), [Some(true), Some(false)]);
    assert_eq!(truth(series::<[f64], _>([1.0, 0.0])), [Some(true), Some(false)]);
}

#[test]
fn years_and_days() {
    let years = |cells| run(Role::Enterprises, "year", None, cells).unwrap().0.i32().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(years(series::<[&str], _>(["2024", "2023年", "24", "x", ""])), [Some(2024), Some(2023), None, None, None]);
    assert_eq!(years(series::<[f64], _>([2024.0, 2024.5])), [Some(2024), None]);
    assert_eq!(years(series::<[i64], _>([2024, 20_240])), [Some(2024), None]);
    let days = |cells: Column| {
        let (column, findings) = run(Role::Parcels, "term_end", None, cells).unwrap();
        assert_eq!(column.dtype(), &DataType::Date);
        let text = column.cast(&DataType::String).unwrap();
        (text.str().unwrap().iter().map(|t| t.map(str::to_owned)).collect::<Vec<_>>(), findings.len())
    };
    let expected = vec![Some("2050-12-31".to_owned()), None];
    assert_eq!(days(series::<[&str], _>(["2050年12月31日", "永久"])), (expected.clone(), 1));
    assert_eq!(days(series::<[i32], _>([20_501_231, 45_000])), (expected.clone(), 1));
    let stamps =
        series::<[i64], _>([2_556_057_600_000, -99_999_999_999_999]).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
    assert_eq!(days(stamps), (expected, 1));
}

#[test]
fn the_frame_has_every_field_with_its_type() {
    let names: Vec<String> = vec!["parcel_id".into()];
    let spec = LayerSpec {
        paths: vec![],
        layer: None,
        crs: None,
        encoding: None,
        where_sql: None,
        fields: [].into(),
        duplicates: Duplicates::Reject,
        partition: None,
    };
    let source = Source { file: "t.csv".into(), layer: "".into() };
    let (plan, findings) = FieldPlan::new(Role::Parcels, &spec, &names, &source, "parcels").unwrap();
    assert_eq!(findings.iter().filter(|f| f.code == Code::FieldNotFound).count(), 6);
    let (frame, _) = plan.apply(&[series::<[&str], _>(["a", "b"])], &[1, 2]).unwrap();
    let fields = crate::read::fields::catalogue(Role::Parcels);
    assert_eq!(frame.width(), fields.len());
    for (column, field) in frame.columns().iter().zip(fields) {
        assert_eq!((column.name().as_str(), column.dtype(), column.len()), (field.name.as_str(), &field.kind.dtype(), 2));
    }
    assert!(plan.apply(&[], &[]).is_err(), "another number of columns than planned");
}

//! Rows written out, and what becomes of them.

use super::*;
use crate::model::{Code, text_column};
use polars::prelude::{BooleanChunked, Float64Chunked, IntoSeries};

/// Cells of a row: enterprise, parcel, year, share, tax, output, scale; `-` = empty.
fn frame(text: &str) -> DataFrame {
    let rows: Vec<Vec<Option<&str>>> =
        text.trim().lines().map(|l| l.split_whitespace().map(|c| Some(c).filter(|c| *c != "-")).collect()).collect();
    let cells = |at: usize| rows.iter().map(move |r| r.get(at).copied().flatten());
    let number = |name: &str, at: Option<usize>| {
        let value = |cell: Option<&str>| cell.map(|c| c.parse::<f64>().unwrap());
        let values = rows.iter().enumerate().map(|(row, _)| value(at.and_then(|at| cells(at).nth(row).flatten())));
        Float64Chunked::from_iter_options(name.into(), values).into_series().into_column()
    };
    let years = cells(2).map(|c| c.map(|c| c.parse::<i32>().unwrap()));
    let mut columns = vec![
        text_column("enterprise_id", cells(0)),
        text_column("parcel_id", cells(1)),
        Int32Chunked::from_iter_options("year".into(), years).into_series().into_column(),
        number("share", Some(3)),
        text_column("scale", cells(6)),
        BooleanChunked::from_iter_options("veto".into(), cells(6).map(|c| c.map(|c| c == "above"))).into_series().into_column(),
    ];
    let places = |figure: &str| [("tax_wan", 4), ("output_wan", 5)].iter().find(|(f, _)| *f == figure).map(|(_, at)| *at);
    columns.extend(FIGURES.iter().map(|f| number(f, places(f))));
    DataFrame::new(rows.len(), columns).unwrap()
}

/// Parcels A (100 m²), B (300 m²), C (unknown land) in the window 2024 to 2025.
fn apportion_as(holder: Holder, tables: &[&str]) -> Apportioned {
    let mut apportioned = Apportioned::empty(3, Window { first: 2024, last: 2025 }, &[]);
    let source = Source { file: "t.csv".into(), layer: "".into() };
    for text in tables {
        let frame = frame(text);
        let rows: Vec<i64> = (1..).take(frame.height()).collect();
        let parcels = Parcels { ids: &["A", "B", "C"], area_m2: &[Some(100.0), Some(300.0), None] };
        apportioned.add(Table { frame: &frame, rows: &rows, source: &source, files: &[], holder }, parcels).unwrap();
    }
    apportioned
}

fn apportion(tables: &[&str]) -> Apportioned {
    apportion_as(Holder::Enterprise, tables)
}

fn known(amounts: &[f64]) -> Vec<Option<f64>> {
    amounts.iter().map(|amount| Some(*amount).filter(|amount| !amount.is_nan())).collect()
}

impl Apportioned {
    /// The amounts of a figure in 2025.
    fn in_2025(&self, figure: &str) -> Vec<Option<f64>> {
        known(&self.of(figure)[1])
    }
}

#[test]
fn tables_add_up_whatever_columns_they_have() {
    let both = apportion(&["E1 A 2025 - 10 7 -", "E2 A 2025 - 5 - -\nE1 B 2025 - - - -"]);
    assert_eq!(both.in_2025("tax_wan"), [Some(15.0), None, None]);
    assert_eq!(both.in_2025("output_wan"), [Some(7.0), None, None]);
    assert_eq!(both.enterprises, [Some(2), Some(1), Some(0)]);
}

#[test]
fn an_enterprise_in_two_tables_counts_once_a_parcel() {
    let both = apportion(&["E1 A 2025 - 10 - -", "E0 B 2025 - 1 - -\nE1 A 2025 - - 3 -\nE2 A 2025 - - 4 -"]);
    assert_eq!(both.enterprises, [Some(2), Some(1), Some(0)]);
}

#[test]
fn unknown_scale_beside_below_stays_unknown() {
    let found = apportion(&[
        "E1 A 2025 - - - below\nE2 A 2025 - - - -\nE1 B 2025 - - - above\nE2 B 2025 - - - -\nE1 C 2025 - - - below",
        "E9 C 2025 - 1 - -",
    ]);
    assert_eq!(found.above_scale, [None, Some(true), Some(false)]);
    assert_eq!(found.veto, [None, Some(true), Some(false)]);
}

#[test]
fn without_a_table_nobody_knows_how_many_enterprises_there_are() {
    assert_eq!(apportion(&[]).enterprises, [None; 3]);
}

#[test]
fn one_unknown_land_makes_every_share_by_land_unknown() {
    let found = apportion(&["E1 A 2025 - 10 - -\nE1 C 2025 - 10 - -\nE2 B 2025 - 10 - -\nE2 X 2025 - 10 - -\nE3 C 2025 - 10 - -"]);
    assert_eq!(found.in_2025("tax_wan"), [None, Some(10.0), None]);
    assert_eq!(found.totals[0], Flow { received: 30.0, assigned: 20.0, unassigned: 10.0 });
}

#[test]
fn an_empty_cell_contradicts_nothing() {
    let found = apportion(&["E1 A 2025 0.5 10 - -\nE1 B 2025 0.5 - - -"]);
    assert_eq!(found.in_2025("tax_wan"), [Some(5.0), Some(5.0), None]);
    assert_eq!((found.totals[0].received, found.findings.len()), (10.0, 0));
}

#[test]
fn of_contradicting_figures_the_largest_was_received() {
    let found = apportion(&["E1 A 2025 0.5 3 - -\nE1 B 2025 0.5 -10 - -"]);
    assert_eq!(found.in_2025("tax_wan"), [None; 3]);
    assert_eq!(found.totals[0], Flow { received: -10.0, assigned: 0.0, unassigned: -10.0 });
    assert!(found.findings.iter().any(|f| f.code == Code::FigureConflict));
}

#[test]
fn rows_that_were_dropped_leave_their_part_to_nobody() {
    let by_land = apportion(&["E1 A 2025 - 8 - -\nE1 B 2025 - 8 - above\nE1 B 2025 - 8 - below"]);
    assert_eq!(by_land.in_2025("tax_wan"), [Some(2.0), None, None]);
    assert_eq!(by_land.totals[0], Flow { received: 8.0, assigned: 2.0, unassigned: 6.0 });
    let by_share = apportion(&["E1 A 2025 - 8 - -\nE1 B 2025 0.5 8 - above\nE1 B 2025 0.5 8 - below"]);
    assert_eq!(by_share.in_2025("tax_wan"), [Some(4.0), None, None]);
}

#[test]
fn money_of_rows_that_are_not_used_was_received() {
    let all =
        "E1 A 2025 - 8 - -\nE1 A 2025 - -9 - -\nE2 A - - 4 - -\nE2 B - - 4 - -\n- A 2025 - 1 - -\n- B 2025 - 1 - -\n- A 1999 - 64 - -";
    assert_eq!(apportion(&[all]).totals[0], Flow { received: -3.0, assigned: 0.0, unassigned: -3.0 });
    assert_eq!(apportion_as(Holder::Row, &[all]).totals[0], Flow { received: 1.0, assigned: 0.0, unassigned: 1.0 });
}

#[test]
fn what_no_parcel_has_is_told_once_an_enterprise_and_year() {
    let found = apportion(&["E1 A 2025 0.4 10 20 -\nE1 X 2025 0.6 10 20 -\nE2 A 2025 - 10 20 -"]);
    let told: Vec<_> = found.findings.iter().filter(|f| f.code == Code::MoneyUnassigned).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].feature_id.as_deref(), told[0].field.as_deref(), told[0].value.as_deref()),
        (Some("E1"), Some("tax_wan"), Some("6"))
    );
    assert!(told[0].message.ends_with("for 2025 is not wholly on parcels of the inventory; figures concerned: 2"), "{}", told[0].message);
}

#[test]
fn a_table_of_other_years_is_told() {
    let found = apportion(&["E1 A 2021 - 10 - -\nE1 A 2019 - 10 - -", "E1 A 2025 - 1 - -\nE1 A 2019 - 1 - -"]);
    let told: Vec<_> = found.findings.iter().map(|f| (f.code, f.message.as_str())).collect();
    assert_eq!(told, [(Code::RowOutsideWindow, "the years that count are 2024 to 2025, but the table has years 2019 to 2021 alone")]);
}

#[test]
fn years_before_the_window_count_in_the_means_that_want_them_and_nowhere_else() {
    let table = frame("E1 A 2022 - 1 5 above\nE1 A 2023 - 2 5 above\nE1 A 2024 - 3 5 below\nE1 A 2025 - 6 5 below\nE2 B 2023 - 9 - above");
    let rows: Vec<i64> = (1..).take(table.height()).collect();
    let source = Source { file: "t.csv".into(), layer: "".into() };
    let give = |wanted: &[(&str, u32)]| {
        let mut apportioned = Apportioned::empty(2, Window { first: 2024, last: 2025 }, wanted);
        let parcels = Parcels { ids: &["A", "B"], area_m2: &[Some(100.0), Some(300.0)] };
        apportioned.add(Table { frame: &table, rows: &rows, source: &source, files: &[], holder: Holder::Enterprise }, parcels).unwrap();
        apportioned
    };
    let (plain, more) = (give(&[]), give(&[("tax_wan", 3)]));
    let years: Vec<_> = more.last_years("tax_wan", 3).iter().map(|year| known(year)).collect();
    assert_eq!(years, [[Some(2.0), Some(9.0)], [Some(3.0), None], [Some(6.0), None]]);
    assert_eq!((more.last_years("output_wan", 3).len(), plain.last_years("tax_wan", 3).len()), (2, 2), "only what is wanted is kept");
    let mean = |min_years: usize| {
        let tax = crate::model::columns::YearsMean { figure: "tax_wan", per_mu: false, years: 3 };
        crate::measure::indicators::years_mean(&more, &[Some(100.0), Some(300.0)], tax, min_years)
    };
    assert_eq!((mean(1), mean(2)), (vec![Some(11.0 / 3.0), Some(9.0)], vec![Some(11.0 / 3.0), None]), "one year is fewer than two");
    assert_eq!((mean(3), mean(4)), (vec![Some(11.0 / 3.0), None], vec![None, None]), "three years are three and no four");
    for apportioned in [&plain, &more] {
        let years: Vec<_> = apportioned.of("tax_wan").iter().map(|year| known(year)).collect();
        assert_eq!(years, [[Some(3.0), None], [Some(6.0), None]]);
        assert_eq!((apportioned.enterprises.as_slice(), apportioned.above_scale[0]), (&[Some(1), Some(0)][..], Some(false)));
        assert_eq!(apportioned.totals[0], Flow { received: 9.0, assigned: 9.0, unassigned: 0.0 });
    }
    assert_eq!(plain.ledger, more.ledger);
}

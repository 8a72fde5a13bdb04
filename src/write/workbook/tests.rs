//! The workbook read back by calamine.

use calamine::{Data, Reader, Xlsx, open_workbook};
use polars::prelude::df;
use rust_xlsxwriter::Workbook;

use super::*;
use crate::write::fixture;

type Book = Xlsx<std::io::BufReader<std::fs::File>>;

fn written(outcome: &Outcome) -> (Book, Vec<u8>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    fixture::write(outcome, &dir.path().join("out"));
    let path = dir.path().join("out/inventory.xlsx");
    (open_workbook(&path).unwrap(), std::fs::read(&path).unwrap(), dir)
}

fn column(book: &mut Book, sheet: &str, heading: &str) -> Vec<Data> {
    let range = book.worksheet_range(sheet).unwrap();
    let at = range.rows().next().unwrap().iter().position(|cell| cell == heading).unwrap_or_else(|| panic!("no {heading}"));
    range.rows().skip(1).map(|row| row[at].clone()).collect()
}

#[test]
fn headings_have_units_and_codes_are_words() {
    let (mut book, ..) = written(&fixture::outcome());
    assert_eq!(column(&mut book, "零星用地清单", "认定状态"), [Data::String("符合条件".into())]);
    assert_eq!(column(&mut book, "到期事项清单", "剩余天数（天）"), [Data::Float(-1.0)]);
    assert_eq!(column(&mut book, "数据问题清单", "问题类型")[1], Data::String("登记面积与量算面积不符".into()));
    let legend = column(&mut book, "图例说明", "含义");
    assert!(legend.contains(&Data::String("按零星用地规则的认定状态".into())) && legend.contains(&Data::String("累计面积超限".into())));
}

#[test]
fn what_looks_like_a_formula_is_text() {
    let (mut book, ..) = written(&fixture::outcome());
    let sheet = book.worksheet_formula("数据问题清单").unwrap();
    assert!(sheet.cells().all(|(.., formula)| formula.is_empty()));
    let values = column(&mut book, "数据问题清单", "值");
    assert!(values.contains(&Data::String("=1+1".into())), "{values:?}");
}

#[test]
fn two_runs_give_the_same_bytes() {
    assert_eq!(written(&fixture::outcome()).1, written(&fixture::outcome()).1);
}

#[test]
fn what_is_longer_than_a_sheet_goes_on_in_another() {
    let frame = df!("parcel_id" => ["a", "b", "c", "d", "e"], "town" => ["-1", "@x", "+y", "\u{1}", "z"]).unwrap();
    let title = "A title of thirty-one characters";
    let sheet = Sheet::of_columns(&title[..31], &frame, &["inventory"], Lang::En).unwrap();
    let mut book = Workbook::new();
    fill(&mut book, &[sheet], 2).unwrap();
    let path = tempfile::tempdir().unwrap().keep().join("split.xlsx");
    book.save(&path).unwrap();
    let mut read: Book = open_workbook(&path).unwrap();
    assert_eq!(
        read.sheet_names(),
        ["A title of thirty-one character", "A title of thirty-one chara (2)", "A title of thirty-one chara (3)"]
    );
    let parcels: Vec<String> =
        read.sheet_names().iter().flat_map(|name| column(&mut read, name, "Parcel")).map(|cell| cell.to_string()).collect();
    assert_eq!(parcels, ["a", "b", "c", "d", "e"]);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[test]
fn a_text_that_is_too_long_is_cut_and_a_day_is_a_day() {
    let long = "长".repeat(40_000);
    let day = chrono::NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
    let old = chrono::NaiveDate::from_ymd_opt(1899, 1, 2).unwrap();
    let frame = df!("parcel_id" => [long.as_str(), "b"], "due_date" => [day, old]).unwrap();
    let sheet = Sheet::of_columns("due", &frame, &["due_list"], Lang::En).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut book = Workbook::new();
    fill(&mut book, &[sheet], SHEET_ROWS).unwrap();
    book.save(dir.path().join("long.xlsx")).unwrap();
    let mut read: Book = open_workbook(dir.path().join("long.xlsx")).unwrap();
    let Data::String(cell) = &column(&mut read, "due", "Parcel")[0] else { panic!("no text") };
    assert!(cell.chars().count() == 32_767 && cell.ends_with('…'));
    let days = column(&mut read, "due", "Due on");
    let Data::DateTime(first) = &days[0] else { panic!("{days:?}") };
    assert_eq!((first.to_ymd_hms_milli().0, days[1].clone()), (2025, Data::String("1899-01-02".into())));
}

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
    assert_eq!(column(&mut book, "零星用地清单", "待人工确认事项"), [Data::String("经批准；other".into())]);
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

#[test]
fn the_list_of_low_efficiency_land_has_what_is_recognised() {
    let inventory = df!(
        "parcel_id" => ["P1", "P2", "P3", "P4"],
        "far" => [Some(0.3), None, Some(0.5), Some(0.9)],
        "low_efficiency" => [Some("yes"), Some("no"), None, Some("unknown")],
        "low_efficiency_reason" => ["far", "", "", ""],
    )
    .unwrap();
    let sheet = lists::low_efficiency(&inventory, Lang::Zh).unwrap();
    let headings: Vec<&str> = sheet.columns.iter().map(|column| column.heading.as_str()).collect();
    assert_eq!((sheet.title.as_str(), sheet.height()), ("低效用地台账", 1));
    assert_eq!(headings, ["宗地代码", "低效认定理由", "容积率"]);
}

#[test]
fn large_figures_of_the_whole_are_said_in_larger_units_too() {
    let table = df!("key" => ["all"], "area_m2" => [123_460.0], "floor_area_m2" => [99_999.0], "footprint_m2" => [9_999.0], "tax_wan" => [234_567.0], "output_wan" => [9_999.4])
        .unwrap();
    let check = |lang, title: &str, expected: [&str; 5]| {
        let mut book = Workbook::new();
        fill(&mut book, &[lists::overall(&table, lang).unwrap()], SHEET_ROWS).unwrap();
        let dir = tempfile::tempdir().unwrap();
        book.save(dir.path().join("whole.xlsx")).unwrap();
        let mut read: Book = open_workbook(dir.path().join("whole.xlsx")).unwrap();
        let name = read.sheet_names()[0].clone();
        let cells: Vec<String> = column(&mut read, &name, title).iter().map(ToString::to_string).collect();
        assert_eq!(cells, expected);
        let values = column(&mut read, &name, lang::text(lang, "workbook:value"));
        assert_eq!(values[3], Data::Float(234_567.0), "the figure itself stays in its unit");
    };
    check(Lang::Zh, "折合", ["12.35 公顷", "10.00 万平方米", "", "23.46 亿元", ""]);
    check(Lang::En, "In larger units", ["12.35 ha", "10.00 × 10,000 m²", "", "23.46 × 100 million CNY", ""]);
}

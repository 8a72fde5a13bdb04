use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::model::Code;
use crate::read::fields::{Loaded, Numbers};
use crate::read::job::LayerSpec;
use crate::read::table::Table;
use crate::read::table::tests::{folder, read as read_folder, spec, texts};

fn read(csv: &[u8]) -> Result<(Table, Vec<crate::model::Finding>), ReadError> {
    read_folder(&folder(&[("e.csv", csv)]), &spec("e.csv"))
}

fn names(csv: &[u8]) -> Vec<Option<String>> {
    texts(&read(csv).unwrap().0, "enterprise_name")
}

const HEAD: &str = "enterprise_id,parcel_id,year,enterprise_name";

fn file(rows: &str) -> Vec<u8> {
    format!("{HEAD}\n{rows}").into_bytes()
}

#[test]
fn quotes_line_breaks_and_blank_lines() {
    let some = |texts: &[&str]| texts.iter().map(|t| if t.is_empty() { None } else { Some((*t).to_owned()) }).collect::<Vec<_>>();
    for (rows, expected) in [
        ("a,p,2024,x\nb,p,2024,y\n", some(&["x", "y"])),
        ("a,p,2024,x\r\nb,p,2024,y", some(&["x", "y"])),
        ("\n\na,p,2024,x\n\r\n\nb,p,2024,\n", some(&["x", ""])),
        ("a,p,2024,", some(&[""])),
        ("a,p,2024,\"x,\"\"y\"\"\nz\"\nb,p,2024,\"\"\n", some(&["x,\"y\"\nz", ""])),
        ("a,p,2024,5\" pipe\nb,p,2024,y\"\n", some(&["5\" pipe", "y\""])),
        ("a,p,2024,\"x\"y\r\n", some(&["xy"])),
        ("a,p,2024,\"x\"\r\n", some(&["x"])),
        ("\"a\",\"p\",\"2024\",\"\"\"\"\n", some(&["\""])),
    ] {
        assert_eq!(names(&file(rows)), expected, "{rows:?}");
    }
}

#[test]
fn the_delimiter_is_worked_out() {
    for (delimiter, before) in [(",", ""), (";", ""), ("\t", ""), (";", "sep=;\r\n"), ("|", "sep=|\n")] {
        let csv = format!("{before}{HEAD}\na,p,2024,x\n").replace(',', delimiter);
        assert_eq!(names(csv.as_bytes()), [Some("x".to_owned())], "{delimiter} {before}");
    }
    let comma_in_quotes = "\"a,b,c,d,e\";enterprise_id;parcel_id;year;enterprise_name\n1;a;p;2024;x\n";
    assert_eq!(names(comma_in_quotes.as_bytes()), [Some("x".to_owned())]);
}

#[test]
fn encodings_give_the_same_rows() {
    let text = format!("{HEAD}\na,p,2024,上海嘉定工业区有限公司\nb,p,2024,㐀䶵龥\n");
    let expected = names(text.as_bytes());
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let gb = encoding_rs::GB18030.encode(&text).0.into_owned();
    for bytes in [[b"\xEF\xBB\xBF", text.as_bytes()].concat(), gb.clone(), utf16] {
        assert_eq!(names(&bytes), expected);
    }
    assert_eq!(expected[0].as_deref(), Some("上海嘉定工业区有限公司"));
    let (_, findings) = read(&gb).unwrap();
    assert!(findings.iter().any(|f| f.code == Code::EncodingGuessed));
    let dir = folder(&[("e.csv", &gb)]);
    let (table, findings) = read_folder(&dir, &LayerSpec { encoding: Some("GBK".into()), ..spec("e.csv") }).unwrap();
    assert_eq!(texts(&table, "enterprise_name"), expected);
    assert!(findings.iter().all(|f| f.code != Code::EncodingGuessed));
    let wrong = read_folder(&dir, &LayerSpec { encoding: Some("UTF-8".into()), ..spec("e.csv") }).unwrap_err();
    assert!(matches!(wrong, ReadError::Undecodable { .. }), "{wrong}");
}

#[test]
fn ragged_and_cut_rows_are_refused_with_their_line() {
    for (rows, message) in [
        ("a,p,2024,x\nb,p,2024\n", "line 3: 3 cells where the heading has 4"),
        ("a,p,2024,\"x\ny\"\nb,p,2024,y,z\n", "line 4: 5 cells where the heading has 4"),
        ("a,p,2024,x\nb,p,20", "line 3: 3 cells where the heading has 4"),
        ("a,p,2024,x\nb,p,2024,\"y\nc,p,2024,z\n", "line 3: a quoted cell does not end"),
    ] {
        let error = read(&file(rows)).unwrap_err().to_string();
        assert!(error.ends_with(message), "{rows:?}: {error}");
    }
}

#[test]
fn a_needed_heading_that_stands_twice_is_refused() {
    let twice = read(b"enterprise_id,parcel_id,year,tax_wan,tax_wan\na,p,2024,1,2\n").unwrap_err();
    assert_eq!(twice.to_string(), "`tables[0]`: file `e.csv` has more than one column `tax_wan`");
    assert!(read(b"enterprise_id,parcel_id,year,,\na,p,2024,1,2\n").is_ok());
}

#[test]
fn numbers_read_in_parts_are_the_same_as_in_one() {
    let long = "长".repeat(200);
    let rows: String = (0..20_000).map(|i| format!("e{i},p{i},2024,\"{long}\n{i}\"\n")).collect();
    let (table, _) = read(&file(&rows)).unwrap();
    assert_eq!(table.rows.len(), 20_000);
    let found = texts(&table, "enterprise_name");
    assert!(found.iter().enumerate().all(|(i, t)| t.as_deref() == Some(&format!("{long}\n{i}"))));
    assert_eq!(texts(&table, "enterprise_id")[19_999].as_deref(), Some("e19999"));
}

#[test]
fn parts_begin_and_end_with_records() {
    let body = "a,\"x\ny\",5\"\n".repeat(PART / 4).into_bytes();
    let cuts = cuts(&body, b',');
    assert!(cuts.len() > 1);
    assert_eq!((cuts[0].start, cuts[cuts.len() - 1].end), (0, body.len()));
    for pair in cuts.windows(2) {
        assert_eq!(pair[0].end, pair[1].start);
        assert!(body[..pair[0].end].ends_with(b"5\"\n"));
    }
}

fn cell() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::sample::select(vec!["\"", "\n", "\r\n", ",", ";", "亩", "年", "3.5", " "]).prop_map(String::from)
    ];
    prop::collection::vec(piece, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_reads_back(cells in prop::collection::vec(cell(), 1..40), in_gb in any::<bool>()) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(HEAD.split(',')).unwrap();
        for (i, cell) in cells.iter().enumerate() {
            writer.write_record([&format!("e{i}"), "p", "2024", cell]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let (bytes, _, lossy) = encoding_rs::GB18030.encode(&text);
        // Some private-use characters share their bytes with a later character, which these then decode to.
        let returns = !lossy && encoding_rs::GB18030.decode_without_bom_handling(&bytes).0 == text;
        let in_gb = in_gb && returns && std::str::from_utf8(&bytes).is_err();
        let bytes = if in_gb { bytes.into_owned() } else { text.into_bytes() };
        let dir = folder(&[("e.csv", &bytes)]);
        let encoding = in_gb.then(|| "GB18030".to_owned());
        let (table, _) = read_folder(&dir, &LayerSpec { encoding, ..spec("e.csv") }).unwrap();
        let expected: Vec<Option<String>> = cells.iter().map(|c| Some(c.trim().to_owned()).filter(|c| !c.is_empty())).collect();
        prop_assert_eq!(texts(&table, "enterprise_name"), expected);
    }
}

proptest! {
    /// Numbers that are read where they stand are those that are read cell by cell.
    #[test]
    fn numbers_are_read_in_place_as_they_are_as_cells(
        cells in prop::collection::vec("-?[0-9]{0,17}(\\.[0-9]{0,6})?(\r|x| )?", 1..40),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        line_break in prop::sample::select(vec!["\n", "\r\n"]),
        gaps in any::<bool>(),
    ) {
        let sides = if delimiter == '|' { "sep=|\n" } else { "" };
        let gap = if gaps { "\n\n" } else { "" };
        let row = |cell: &String| format!("e{delimiter}p{delimiter}2024{delimiter}{cell}{delimiter}{cell}{line_break}{gap}");
        let head = "enterprise_id,parcel_id,year,tax_wan,output_wan".replace(',', &delimiter.to_string());
        let text = format!("{sides}{head}\n{}", cells.iter().map(row).collect::<String>());
        // A carriage return belongs to the line break where the cell is the last, and to white space elsewhere.
        let expected = cells.iter().map(|cell| Numbers::value_of(cell).unwrap_or(f64::NAN));
        let request = (spec("e.csv"), folder(&[("e.csv", text.as_bytes())]));
        let input = crate::read::paths::expand(&request.0, request.1.path(), "tables[0]").unwrap().remove(0);
        let request = Request { spec: &request.0, role: crate::read::Role::Enterprises, key: "tables[0]", input: &input };
        let source = request.source("");
        let parsed = Csv { request: &request, source: &source, body: text.as_bytes() }.read().unwrap().unwrap();
        let width = parsed.headings.len();
        let (fields, _) = columns::joined((&request, &parsed.plan), parsed.room, parsed.parts, width);
        for found in fields.iter().skip(3) {
            let Loaded::Numbers(found) = found else { panic!("{found:?}") };
            let (found, expected): (Vec<u64>, Vec<u64>) = found.values.iter().map(|v| v.to_bits()).zip(expected.clone().map(f64::to_bits)).unzip();
            prop_assert_eq!(found, expected);
        }
    }
}

use std::fs::File;

use polars::prelude::{DataFrame, SerReader, df};
use polars_io::parquet::read::ParquetReader;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter};
use proptest::prelude::*;

use super::super::staging::Staging;
use super::*;

/// The table as written, and the bounds of its columns.
fn read(path: &std::path::Path) -> (DataFrame, Vec<String>) {
    let mut reader = ParquetReader::new(File::open(path).unwrap());
    let metadata = reader.get_metadata().unwrap().clone();
    let columns = metadata.row_groups.iter().flat_map(|group| group.parquet_columns());
    let bounds = columns.map(|column| format!("{:?}", column.statistics(&metadata.footer_buf).map(Result::unwrap))).collect();
    (reader.finish().unwrap(), bounds)
}

fn check(table: &mut DataFrame) {
    let parent = tempfile::tempdir().unwrap();
    let staging = Staging::beside(&parent.path().join("run")).unwrap();
    let mut sink = Sink::create(&staging, "ours.parquet").unwrap();
    write(table, &mut sink).unwrap();
    sink.finish().unwrap();
    let by_polars = parent.path().join("polars.parquet");
    let writer = ParquetWriter::new(File::create(&by_polars).unwrap());
    writer.with_compression(ParquetCompression::Uncompressed).finish(table).unwrap();
    let (ours, bounds) = read(&staging.path("ours.parquet").unwrap());
    assert!(ours.equals_missing(table), "{ours:?} and {table:?}");
    assert_eq!((bounds, ours.dtypes()), (read(&by_polars).1, table.dtypes()));
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![3 => any::<f64>(), 3 => (0_u8..4).prop_map(f64::from), 1 => Just(-0.0), 1 => Just(f64::NAN)]
}

/// Words that repeat, and texts of any length.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "[a-z东门]{5,90}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_table_has_the_values_and_bounds_that_polars_writes(
        rows in prop::collection::vec((prop::option::weighted(0.8, text()), prop::option::weighted(0.8, number()), any::<bool>()), 0..400),
        repeats in 1_usize..40,
    ) {
        let times = |index: usize| index / repeats % rows.len().max(1);
        let texts: Vec<Option<&str>> = rows.iter().map(|row| row.0.as_deref()).collect();
        let numbers: Vec<Option<f64>> = rows.iter().map(|row| row.1).collect();
        check(&mut df!(
            "text" => &texts,
            "number" => &numbers,
            "truth" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            "repeated" => (0..rows.len()).map(|row| texts[times(row)]).collect::<Vec<_>>(),
            "known" => (0..rows.len()).map(|row| numbers[times(row)].unwrap_or(0.5)).collect::<Vec<_>>(),
            "whole" => (0..rows.len()).map(|row| numbers[times(row)].map(|own| i64::from(own > 1.0))).collect::<Vec<_>>(),
        ).unwrap());
    }
}

#[test]
fn many_pages_and_row_groups_come_back() {
    let rows = GROUP_ROWS + 7;
    let table = df!(
        "long" => (0..rows).map(|row| (row % 3 > 0).then(|| format!("{row:0>200}"))).collect::<Vec<_>>(),
        "null" => vec![None::<f64>; rows],
        "none" => vec![None::<&str>; rows],
        "same" => vec![1.5; rows],
        "differs" => (0..rows).map(|row| (row as f64).sin()).collect::<Vec<_>>(),
    )
    .unwrap();
    let parent = tempfile::tempdir().unwrap();
    let staging = Staging::beside(&parent.path().join("run")).unwrap();
    let mut sink = Sink::create(&staging, "ours.parquet").unwrap();
    write(&table, &mut sink).unwrap();
    let file = sink.finish().unwrap();
    let path = staging.path("ours.parquet").unwrap();
    assert!(read(&path).0.equals_missing(&table));
    assert_eq!(file.bytes, path.metadata().unwrap().len());
    // The hash is that of the file, though a part of it went past the page cache.
    let again = super::super::sink::adopt(&staging, "ours.parquet").unwrap();
    assert_eq!(file.sha256, again.sha256);
}

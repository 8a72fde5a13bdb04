//! Which files an entry of the job file means.
//!
//! Refused: everything that is not a path on this machine. **Invariant:** files come in the order of their paths, whatever the file system says.

use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, Column, DataType, Scalar};

use super::error::ReadError;
use super::job::LayerSpec;
use crate::say;

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// The path as the job file gives it, with the rest below a directory.
    pub shown: String,
    /// The value of the entry's partition, from a folder name such as `county=310114`.
    pub partition: Option<String>,
}

impl Input {
    /// The value of the partition as a column called `name`; null where no folder has it.
    #[must_use]
    pub fn partition_column(&self, name: &str, rows: usize) -> Column {
        let value = self.partition.as_deref().map_or(AnyValue::Null, |value| AnyValue::StringOwned(value.into()));
        Column::new_scalar(name.into(), Scalar::new(DataType::String, value), rows)
    }
}

/// Extensions of files that hold a layer or a table by themselves, for the readers there are. `.db` is not among them: folders shared with Windows
/// have a `Thumbs.db`.
const EXTENSIONS: &[&str] = &[
    "csv",
    "dxf",
    "fgb",
    "geojson",
    "geojsonl",
    "geojsons",
    "geoparquet",
    "gpkg",
    "json",
    "mif",
    "ods",
    "parquet",
    "pq",
    "shp",
    "sqlite",
    "sqlite3",
    "tab",
    "topojson",
    "tsv",
    "txt",
    "vrt",
    "xls",
    "xlsb",
    "xlsm",
    "xlsx",
];

/// Whether a path of the job file is a path on this machine. Prefixes such as `http:`, `PG:` and `/vsicurl/` make GDAL leave it.
#[must_use]
pub fn is_local(path: &str) -> bool {
    let lower = path.trim_start().to_lowercase();
    let scheme = lower.split_once(':').map(|(scheme, _)| scheme);
    let is_prefix = |s: &str| s.len() > 1 && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-' | b'_'));
    let is_virtual = lower.replace('\\', "/").starts_with("/vsi");
    !(scheme.is_some_and(is_prefix) || is_virtual || lower.starts_with(['<', '{']))
}

/// The files of an entry, in order. `key` is its place in the job file.
///
/// # Errors
/// A path is not on this machine or does not exist; a directory has no file that can be read.
pub fn expand(spec: &LayerSpec, dir: &Path, key: &str) -> Result<Vec<Input>, ReadError> {
    let key = format!("{key}.path");
    let mut inputs = Vec::new();
    for given in &spec.paths {
        if !is_local(given) {
            return Err(ReadError::NotLocal { key, path: given.clone() });
        }
        let path = dir.join(given);
        if !path.exists() {
            return Err(ReadError::Missing { file: given.clone(), key });
        }
        let before = inputs.len();
        collect(&path, given, &mut inputs).map_err(|e| ReadError::io(given, &key, &e))?;
        if inputs.len() == before {
            return Err(ReadError::Unsupported { file: given.clone(), key, detail: say!("no file in this folder can be read") });
        }
    }
    if let Some(name) = &spec.partition {
        inputs.iter_mut().for_each(|input| input.partition = partition(&input.shown, name));
    }
    Ok(inputs)
}

/// The files that can be read at `path`: itself, or those of a folder. `shown` is how messages call it.
///
/// # Errors
/// A folder cannot be read.
pub fn found_in(path: &Path, shown: &str) -> std::io::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    collect(path, shown, &mut inputs)?;
    Ok(inputs)
}

fn collect(path: &Path, shown: &str, inputs: &mut Vec<Input>) -> std::io::Result<()> {
    if !path.is_dir() || has_extension(path, "gdb") {
        inputs.push(Input { path: path.to_path_buf(), shown: shown.to_owned(), partition: None });
        return Ok(());
    }
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(path)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    for name in names.iter().filter(|n| !n.starts_with(['.', '~', '_'])) {
        let child = path.join(name);
        if child.is_dir() || is_layer(&child) {
            collect(&child, &format!("{}/{name}", shown.trim_end_matches('/')), inputs)?;
        }
    }
    Ok(())
}

fn is_layer(path: &Path) -> bool {
    let alone = has_extension(path, "dbf") && ["shp", "SHP"].iter().all(|e| !path.with_extension(e).exists());
    alone || EXTENSIONS.iter().any(|e| has_extension(path, e))
}

/// Whether a path ends in `.extension`, in small or capital letters.
#[must_use]
pub fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

fn partition(shown: &str, name: &str) -> Option<String> {
    let value = shown.split('/').filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name)?;
    Some(value.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_machine() {
        for path in ["a.gpkg", "../数据/a.shp", "/data/a.csv", "C:\\data\\a.shp", "d:/a.gpkg", "\\\\server\\share\\a.shp", "a:b.csv"] {
            assert!(is_local(path), "{path}");
        }
        for path in [
            "http://x/a.gpkg",
            "HTTPS://x",
            "/vsicurl/http://x",
            "/VSIS3/x",
            "\\vsicurl\\x",
            "PG:dbname=x",
            "s3://x",
            "file:///a",
            "<OGRVRT/>",
            "{\"a\":1}",
        ] {
            assert!(!is_local(path), "{path}");
        }
    }

    #[test]
    fn folders_give_what_can_be_read_and_nothing_else() {
        for name in ["a.GPKG", "a.geojsons", "a.pq", "a.sqlite3", "a.tab", "a.vrt", "a.fgb", "a.dxf", "nowhere/a.dbf"] {
            assert!(is_layer(Path::new(name)), "{name}");
        }
        for name in ["a.gml", "a.kml", "Thumbs.db", "a.prj", "a.dat"] {
            assert!(!is_layer(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_directory_is_its_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "notes.md", ".hidden.csv", "p.shp", "p.dbf", "q.dbf", "county=2/x.parquet", "county=1/x.parquet"] {
            let path = dir.path().join("in").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let toml = "parcels = { path = 'in', partition = 'county' }\nas_of = 2025-01-01";
        let job = crate::read::Job::parse(toml, Path::new("job.toml"), None).unwrap();
        let inputs = expand(&job.parcels, dir.path(), "parcels").unwrap();
        let shown: Vec<_> = inputs.iter().map(|i| (i.shown.as_str(), i.partition.as_deref())).collect();
        assert_eq!(
            shown,
            [
                ("in/a.csv", None),
                ("in/b.csv", None),
                ("in/county=1/x.parquet", Some("1")),
                ("in/county=2/x.parquet", Some("2")),
                ("in/p.shp", None),
                ("in/q.dbf", None),
            ]
        );
        let error = expand(&job.parcels, Path::new("/nowhere"), "parcels").unwrap_err();
        assert_eq!(error.to_string(), "`parcels.path`: file `in` does not exist");
    }
}

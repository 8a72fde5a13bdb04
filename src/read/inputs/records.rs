//! What was read, file by file, with sizes and hashes: the manifest's list of inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Entry, Part};
use crate::model::{InputRecord, Source};
use crate::read::error::ReadError;
use crate::read::job::Job;
use crate::read::paths::{expand, has_extension};

/// SHA-256 and size of every file, and of those that belong to it, by path as shown.
pub(super) type Hashes = BTreeMap<String, Vec<(String, u64, String)>>;

pub(super) fn hashes(entries: &[Entry<'_>], job: &Job) -> Result<Hashes, ReadError> {
    let mut wanted: BTreeMap<String, PathBuf> = BTreeMap::new();
    for entry in entries {
        wanted.extend(expand(entry.spec, &job.dir, &entry.key)?.into_iter().map(|input| (input.shown, input.path)));
    }
    let hashed: Result<Vec<_>, ReadError> =
        wanted.into_par_iter().map(|(shown, file)| Ok((shown.clone(), hash_with_siblings(&file, &shown)?))).collect();
    Ok(hashed?.into_iter().collect())
}

/// Extensions of the files that belong to one with the first extension.
const SIBLINGS: &[(&str, &[&str])] =
    &[("shp", &["dbf", "shx", "prj", "cpg"]), ("dbf", &["cpg"]), ("tab", &["dat", "map", "id"]), ("mif", &["mid"])];

pub(super) fn hash_with_siblings(file: &Path, shown: &str) -> Result<Vec<(String, u64, String)>, ReadError> {
    let mut records = vec![hash(file, shown)?];
    let belonging = SIBLINGS.iter().find(|(own, _)| has_extension(file, own)).map_or(&[][..], |(_, others)| *others);
    for extension in belonging {
        for sibling in siblings(file, extension).map_err(|e| ReadError::io(shown, "path", &e))? {
            let name = Path::new(shown).with_file_name(sibling.file_name().unwrap_or_default()).display().to_string();
            records.push(hash(&sibling, &name)?);
        }
    }
    Ok(records)
}

/// The files beside `file` with its name and another extension, in small or capital letters, in the order of their names.
fn siblings(file: &Path, extension: &str) -> std::io::Result<Vec<PathBuf>> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let wanted = file.with_extension(extension);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().zip(wanted.file_name()).is_some_and(|(own, wanted)| own.eq_ignore_ascii_case(wanted)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Bytes that are hashed at a time: they stay in the processor's cache, and take 7,600 calls a gigabyte instead of 122,000 at the usual 8 KiB.
const HASH_BYTES: usize = 1 << 17;

/// The size and hash of a file; of a folder (a file geodatabase), of the bytes of its files one after the other in the order of their paths.
pub(super) fn hash(file: &Path, shown: &str) -> Result<(String, u64, String), ReadError> {
    let failed = |e: &std::io::Error| ReadError::io(shown, "path", e);
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    for part in files_of(file).map_err(|e| failed(&e))? {
        let input = std::fs::File::open(part).map_err(|e| failed(&e))?;
        let mut input = std::io::BufReader::with_capacity(HASH_BYTES, input);
        bytes += std::io::copy(&mut input, &mut HashSink(&mut hasher)).map_err(|e| failed(&e))?;
    }
    Ok((shown.to_owned(), bytes, hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

/// A file, or the files of a folder but for locks.
fn files_of(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut names = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    names.sort();
    let mut files = Vec::new();
    for name in names.iter().filter(|name| !has_extension(name, "lock")) {
        files.extend(files_of(name)?);
    }
    Ok(files)
}

/// Lets `std::io::copy` feed a hasher.
struct HashSink<'a>(&'a mut Sha256);

impl std::io::Write for HashSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The manifest's records of an entry: one a file, and one for each file beside it.
pub(super) fn entry_records(entry: &Entry<'_>, part: &Part, hashes: &mut Hashes) -> Vec<InputRecord> {
    let layers: Vec<(Source, u64)> = match part {
        Part::Layers(layers) => layers.iter().map(|l| (l.source.clone(), (l.rows.len() + l.rejects.len()) as u64)).collect(),
        Part::Table(table, _) => {
            let ends = table.parts.iter().skip(1).map(|p| p.0).chain([table.rows.len()]);
            table.parts.iter().zip(ends).map(|((first, source), end)| (source.clone(), end.saturating_sub(*first) as u64)).collect()
        }
    };
    let mut records = Vec::new();
    for (source, features) in layers {
        for (place, (path, bytes, sha256)) in hashes.get(source.file.as_ref()).into_iter().flatten().enumerate() {
            records.push(InputRecord {
                role: entry.role.as_str().into(),
                path: path.clone(),
                layer: source.layer.to_string(),
                bytes: *bytes,
                sha256: sha256.clone(),
                features: if place == 0 { features } else { 0 },
            });
        }
    }
    records
}

//! Rejects as they came: the geometry of a rejected row is fetched from its source again, because what was read has been closed, turned and projected,
//! and because to keep the bytes of every row for the few that are rejected would double the memory of a run.
//!
//! **Invariant:** what a row has in `rejects.gpkg` is what its source has, in the CRS of the source; it depends on the source alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;

use super::crs::{self, Place};
use super::error::ReadError;
use super::table::is_parquet;
use super::{geoparquet, land_txt, vector};
use crate::model::{Reject, Source};
use crate::say;

/// Where the features of a file came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The role that they play.
    pub role: &'static str,
    /// The file and layer as findings name it.
    pub source: Source,
    /// The file on disk.
    pub path: PathBuf,
    /// The key in the job file: `parcels`, `zones[0]`.
    pub key: String,
    /// The encoding that the job states.
    pub encoding: Option<String>,
    /// The CRS that its coordinates are in: the job's word before the file's.
    pub crs: String,
}

/// Gives every reject its CRS, and the geometry of its source where it has none yet. Returns the CRSs, that of the first file first.
///
/// # Errors
/// A source cannot be read again or is no longer what it was; a CRS is not known.
pub fn complete(origins: &[Origin], rejects: &mut [Reject]) -> Result<Vec<String>, ReadError> {
    let (definitions, numbers) = distinct(origins)?;
    let mut of_origin: BTreeMap<usize, Vec<&mut Reject>> = BTreeMap::new();
    for reject in rejects {
        let is_its = |origin: &Origin| origin.role == reject.role && origin.source == reject.source;
        let Some(number) = origins.iter().position(is_its) else { continue };
        reject.crs = numbers.get(number).copied().unwrap_or_default();
        if reject.wkb.is_none() {
            of_origin.entry(number).or_default().push(reject);
        }
    }
    let work: Vec<(&Origin, Vec<&mut Reject>)> = of_origin.into_iter().filter_map(|(n, own)| Some((origins.get(n)?, own))).collect();
    work.into_par_iter().try_for_each(|(origin, own)| fetch(origin, own))?;
    Ok(definitions)
}

/// The different CRSs, and the number of that of each file.
fn distinct(origins: &[Origin]) -> Result<(Vec<String>, Vec<usize>), ReadError> {
    let mut known: Vec<(gdal::spatial_ref::SpatialRef, String)> = Vec::new();
    let mut numbers = Vec::with_capacity(origins.len());
    for origin in origins {
        let key = format!("{}.crs", origin.key);
        let own = crs::parse(&origin.crs, Place { file: &origin.source.file, key: &key })?;
        numbers.push(known.iter().position(|(other, _)| crs::same(other, &own)).unwrap_or(known.len()));
        if numbers.last() == Some(&known.len()) {
            known.push((own, origin.crs.clone()));
        }
    }
    Ok((known.into_iter().map(|(_, definition)| definition).collect(), numbers))
}

/// Fetches the geometry of rejects of one file.
fn fetch(origin: &Origin, rejects: Vec<&mut Reject>) -> Result<(), ReadError> {
    let mut rows: Vec<i64> = rejects.iter().map(|reject| reject.row).collect();
    rows.sort_unstable();
    rows.dedup();
    let stored = match origin.path.as_path() {
        path if is_parquet(path) => geoparquet::as_stored(path, &rows),
        path if land_txt::is_layer(path) => land_txt::as_stored(path, origin.encoding.as_deref(), &rows),
        path => vector::again::as_stored(path, &origin.source.layer, &rows),
    };
    let changed = |detail: String| {
        let detail = say!("it changed while it was read: {detail}", detail);
        ReadError::damaged(&*origin.source.file, &format!("{}.path", origin.key), detail)
    };
    let stored: BTreeMap<i64, Option<Vec<u8>>> = rows.iter().copied().zip(stored.map_err(changed)?).collect();
    for reject in rejects {
        reject.wkb = stored.get(&reject.row).cloned().flatten();
    }
    Ok(())
}

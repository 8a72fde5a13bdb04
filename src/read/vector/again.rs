//! Single features once more: the geometry of rows that a later stage rejects, as their source has it.

use std::path::Path;

use gdal::vector::{Feature, LayerAccess, LayerCaps};

use super::open::Opener;
use crate::read::error::one_line;
use crate::read::quiet::be_quiet;
use crate::say;

/// The geometry of the features `fids`, which are in order, of a layer of a file.
///
/// # Errors
/// The file is damaged or no longer what it was.
pub fn as_stored(file: &Path, layer: &str, fids: &[i64]) -> Result<Vec<Option<Vec<u8>>>, String> {
    be_quiet();
    let opener = Opener { file: file.to_owned(), shown: file.display().to_string(), key: String::new() };
    let dataset = opener.open().map_err(|e| e.to_string())?;
    let index = dataset.layers().position(|own| own.name() == layer).ok_or_else(|| say!("the layer `{layer}` is gone", layer))?;
    let mut layer = dataset.layer(index).map_err(|e| one_line(&e.to_string()))?;
    let gone = |fid: &i64| say!("feature {fid} is gone", fid);
    // A format that does not find a feature by its number would look through the whole file for each.
    if layer.has_capability(LayerCaps::OLCRandomRead) {
        let stored = |fid: &i64| layer.feature(u64::try_from(*fid).ok()?).map(|feature| stored(&feature));
        return fids.iter().map(|fid| stored(fid).ok_or_else(|| gone(fid))?).collect();
    }
    let mut found: Vec<Option<Vec<u8>>> = vec![None; fids.len()];
    let mut missing = fids.len();
    for feature in layer.features() {
        let place = feature.fid().and_then(|fid| fids.binary_search(&i64::try_from(fid).ok()?).ok());
        if let Some(own) = place.and_then(|place| found.get_mut(place)) {
            *own = stored(&feature)?;
            missing -= 1;
        }
    }
    if missing == 0 { Ok(found) } else { Err(say!("{missing} features are gone", missing)) }
}

fn stored(feature: &Feature<'_>) -> Result<Option<Vec<u8>>, String> {
    // SAFETY: the feature is alive; what comes back is only compared with nothing.
    #[expect(unsafe_code, reason = "the safe form takes a feature without geometry for one with an empty handle")]
    if unsafe { gdal_sys::OGR_F_GetGeometryRef(feature.c_feature()) }.is_null() {
        return Ok(None);
    }
    feature.geometry().map(|geometry| geometry.iso_wkb().map_err(|e| one_line(&e.to_string()))).transpose()
}

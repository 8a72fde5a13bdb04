//! What a VRT may read: files on this machine, and none that leads back to itself. GDAL would follow it to any driver or address.

use std::path::{Path, PathBuf};

use super::Opener;
use crate::read::error::ReadError;
use crate::read::paths::{has_extension, is_local};
use crate::say;

/// VRTs that may stand one behind the other.
const DEEPEST: usize = 4;

/// The files that a VRT reads, as it names them.
///
/// # Errors
/// It names something else than a file on this machine, or leads back to itself.
pub(in crate::read::vector) fn of(opener: &Opener) -> Result<Vec<String>, ReadError> {
    let whole = std::fs::canonicalize(&opener.file).map_err(|e| ReadError::io(&opener.shown, &format!("{}.path", opener.key), &e))?;
    let mut read = Vec::new();
    follow(opener, &whole, &mut Vec::new(), &mut read)?;
    read.sort();
    read.dedup();
    Ok(read)
}

fn follow(opener: &Opener, file: &Path, above: &mut Vec<PathBuf>, read: &mut Vec<String>) -> Result<(), ReadError> {
    let foreign = |source_path: &str, detail: &str| ReadError::Foreign {
        file: opener.shown.clone(),
        key: format!("{}.path", opener.key),
        source_path: source_path.to_owned(),
        detail: detail.to_owned(),
    };
    if above.len() >= DEEPEST || above.iter().any(|own| own == file) {
        return Err(foreign(&file.display().to_string(), &say!("vrts lead from one to the other without end")));
    }
    above.push(file.to_owned());
    let folder = file.parent().unwrap_or(Path::new("."));
    let text = std::fs::read_to_string(file).map_err(|e| opener.damaged(e))?;
    for named in sources(&text) {
        let named = named.trim();
        if !is_local(named) || named.contains('&') {
            return Err(foreign(named, ""));
        }
        let path = std::fs::canonicalize(folder.join(named)).map_err(|e| foreign(named, &e.to_string()))?;
        if !(path.is_file() || has_extension(&path, "gdb")) {
            return Err(foreign(named, &say!("it is no file")));
        }
        if has_extension(&path, "vrt") {
            follow(opener, &path, above, read)?;
        }
        read.push(named.to_owned());
    }
    above.pop();
    Ok(())
}

/// What the elements of a VRT that name a source say, in any spelling that GDAL takes.
fn sources(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for name in ["srcdatasource", "sourcefilename", "sourcedataset"] {
        for (at, _) in lower.match_indices(&format!("<{name}")) {
            let Some(begin) = lower.get(at..).and_then(|rest| rest.find('>')).map(|length| at + length + 1) else { continue };
            let end = lower.get(begin..).and_then(|rest| rest.find("</")).map_or(text.len(), |length| begin + length);
            found.extend(text.get(begin..end).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("in")).unwrap();
        std::fs::write(dir.path().join("other.csv"), "a\n").unwrap();
        std::fs::write(dir.path().join("in/data.csv"), "a\n").unwrap();
        let file = dir.path().join("in/a.vrt");
        std::fs::write(&file, text).unwrap();
        std::fs::write(dir.path().join("in/b.vrt"), "<SrcDataSource>a.vrt</SrcDataSource>").unwrap();
        of(&Opener { file, shown: "in/a.vrt".into(), key: "parcels".into() }).map_err(|e| e.to_string())
    }

    #[test]
    fn only_files_may_be_named_and_all_are_told() {
        let data = "<OGRVRTDataSource><SrcDataSource relativeToVRT=\"1\"> data.csv </SrcDataSource></OGRVRTDataSource>";
        assert_eq!(read(data), Ok(vec!["data.csv".to_owned()]));
        assert_eq!(read("<srcdatasource>../other.csv</srcdatasource>"), Ok(vec!["../other.csv".to_owned()]));
        for named in ["..", "/vsicurl/http://x/y.csv", "http://x/y", "PG:dbname=x", "missing.csv", "&lt;OGRVRT&gt;"] {
            let said = read(&format!("<SrcDataSource>{named}</SrcDataSource>")).unwrap_err();
            assert!(said.contains(&format!("names `{named}`")), "{said}");
        }
        assert!(read("<SrcDataSource>b.vrt</SrcDataSource>").unwrap_err().contains("without end"));
    }
}

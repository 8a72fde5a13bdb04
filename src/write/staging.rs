//! The temporary directory that a run is written to, and the swap that puts it in place.
//!
//! **Invariant:** at any moment a whole run is under the name of the target. Where the system cannot exchange two directories at once, it is under
//! `.<name>.mujun-old-<pid>` between two renames, from where the next run brings it back.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::WriteError;
use super::syncs::Syncs;
use crate::model::Manifest;

/// Held locked in a temporary directory while its run lives: what is not locked is left over.
const LOCK: &str = ".mujun-lock";

/// A directory beside the target; removed when it is dropped before the swap.
pub struct Staging {
    target: PathBuf,
    temporary: PathBuf,
    previous: PathBuf,
    _lock: File,
    syncs: Syncs,
    swapped: bool,
}

impl Staging {
    /// Makes the temporary directory for `target`, after clearing what killed runs left.
    pub fn beside(target: &Path) -> Result<Self, WriteError> {
        let target = std::path::absolute(target).map_err(failed("find", target))?;
        let parent = target.parent().unwrap_or(Path::new("/")).to_path_buf();
        fs::create_dir_all(&parent).map_err(failed("create", &parent))?;
        let name = target.file_name().ok_or_else(|| WriteError::NotARun { path: target.clone() })?.to_owned();
        clear_leftovers(&parent, &name, &target)?;
        refuse_foreign(&target)?;
        let temporary = parent.join(marked(&name, &format!("new-{}", unique())));
        let previous = parent.join(marked(&name, &format!("old-{}", unique())));
        fs::create_dir(&temporary).map_err(failed("create", &temporary))?;
        let lock = lock(&temporary).map_err(failed("lock", &temporary))?;
        Ok(Self { target, temporary, previous, _lock: lock, syncs: Syncs::default(), swapped: false })
    }

    /// The full path of the file `path` of the run; its directory exists afterwards.
    pub fn path(&self, path: &str) -> Result<PathBuf, WriteError> {
        let full = self.temporary.join(path);
        if let Some(directory) = full.parent() {
            fs::create_dir_all(directory).map_err(failed("create", directory))?;
        }
        Ok(full)
    }

    /// Where files go on their way to the disk.
    pub fn syncs(&self) -> &Syncs {
        &self.syncs
    }

    /// The temporary directory.
    pub fn directory(&self) -> &Path {
        &self.temporary
    }

    /// Puts the temporary directory in the place of the target.
    pub fn swap_in(mut self) -> Result<(), WriteError> {
        self.syncs.finish()?;
        sync_tree(&self.temporary)?;
        self.exchange()?;
        self.swapped = true;
        let lock = self.target.join(LOCK);
        fs::remove_file(&lock).map_err(failed("remove", &lock))?;
        if let Some(parent) = self.target.parent() {
            sync_directory(parent)?;
        }
        if self.previous.exists() {
            keep_foreign(&self.previous, &self.target)?;
            fs::remove_dir_all(&self.previous).map_err(failed("remove", &self.previous))?;
        }
        Ok(())
    }

    fn exchange(&self) -> Result<(), WriteError> {
        let replaces = self.target.exists();
        if replaces {
            // What is called old may be removed: until the exchange it is the new run, afterwards it is the old one.
            fs::rename(&self.temporary, &self.previous).map_err(failed("move", &self.temporary))?;
            let at_once = exchanged(&self.previous, &self.target).map_err(failed("put in place", &self.target));
            if matches!(at_once, Ok(true)) {
                return Ok(());
            }
            fs::rename(&self.previous, &self.temporary).map_err(failed("move", &self.previous))?;
            at_once?;
            fs::rename(&self.target, &self.previous).map_err(failed("move away", &self.target))?;
        }
        let moved = fs::rename(&self.temporary, &self.target).map_err(failed("put in place", &self.target));
        if moved.is_err() && replaces {
            fs::rename(&self.previous, &self.target).map_err(failed("put back", &self.target))?;
        }
        moved
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.swapped {
            // Nothing more can be done about a directory that cannot be removed: the next run tries again.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

/// Exchanges two directories at once; `false`, and nothing done, where the system or the disk cannot.
#[cfg(target_os = "linux")]
fn exchanged(a: &Path, b: &Path) -> io::Result<bool> {
    use std::os::unix::ffi::OsStrExt;
    let name = |path: &Path| std::ffi::CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other);
    let (a, b) = (name(a)?, name(b)?);
    // SAFETY: the names end with a zero byte and outlive the call, which changes no memory. The C library has the call by name only since glibc 2.28.
    #[expect(unsafe_code, reason = "the standard library cannot exchange")]
    let code = unsafe { libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, a.as_ptr(), libc::AT_FDCWD, b.as_ptr(), libc::RENAME_EXCHANGE) };
    match io::Error::last_os_error() {
        _ if code == 0 => Ok(true),
        error if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL | libc::EPERM | libc::EXDEV | libc::EOPNOTSUPP)) => {
            Ok(false)
        }
        error => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchanged(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

fn failed(action: &'static str, path: &Path) -> impl Fn(io::Error) -> WriteError + use<> {
    let path = path.to_path_buf();
    move |source| WriteError::Io { action, path: path.clone(), source }
}

/// `.<name>.mujun-<kind>`: hidden, and nobody else's.
fn marked(name: &OsStr, kind: &str) -> OsString {
    let mut marked = OsString::from(".");
    marked.push(name);
    marked.push(".mujun-");
    marked.push(kind);
    marked
}

/// Different for every run that may write to the target at the same time.
fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn lock(directory: &Path) -> io::Result<File> {
    let lock = File::create(directory.join(LOCK))?;
    lock.lock()?;
    Ok(lock)
}

/// Whether the run that made `directory` is gone.
fn is_abandoned(directory: &Path) -> bool {
    File::open(directory.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

fn clear_leftovers(parent: &Path, name: &OsStr, target: &Path) -> Result<(), WriteError> {
    let (new, old) = (marked(name, "new-"), marked(name, "old-"));
    let begins = |entry: &OsStr, with: &OsStr| entry.as_encoded_bytes().starts_with(with.as_encoded_bytes());
    for entry in fs::read_dir(parent).map_err(failed("read", parent))? {
        let entry = entry.map_err(failed("read", parent))?;
        let path = entry.path();
        if begins(&entry.file_name(), &new) && is_abandoned(&path) {
            fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
        } else if begins(&entry.file_name(), &old) {
            restore_or_remove(&path, target)?;
        }
    }
    Ok(())
}

/// A run that was killed between its two renames left no target: the one that it moved away comes back. Where there is a target, what a user has put
/// beside the results goes to it.
fn restore_or_remove(previous: &Path, target: &Path) -> Result<(), WriteError> {
    if previous.join(LOCK).exists() && !is_abandoned(previous) {
        return Ok(());
    }
    if target.exists() {
        keep_foreign(previous, target)?;
        fs::remove_dir_all(previous).map_err(failed("remove", previous))
    } else {
        fs::rename(previous, target).map_err(failed("put back", target))
    }
}

fn refuse_foreign(target: &Path) -> Result<(), WriteError> {
    if !target.exists() || target.join("run.json").is_file() {
        return Ok(());
    }
    let is_empty = fs::read_dir(target).map_err(failed("read", target))?.next().is_none();
    if is_empty { Ok(()) } else { Err(WriteError::NotARun { path: target.to_path_buf() }) }
}

/// Moves what a user has put beside the results of the previous run (a QGIS project) to the new one. Results that the new run no longer has stay behind.
fn keep_foreign(previous: &Path, target: &Path) -> Result<(), WriteError> {
    let results = results_of(previous);
    for entry in fs::read_dir(previous).map_err(failed("read", previous))? {
        let entry = entry.map_err(failed("read", previous))?;
        let (name, kept) = (entry.file_name(), target.join(entry.file_name()));
        let is_result = name.to_str().is_some_and(|name| results.iter().any(|result| is_part_of(result, name)));
        if !is_result && !kept.exists() {
            fs::rename(entry.path(), &kept).map_err(failed("keep", &entry.path()))?;
        }
    }
    Ok(())
}

/// The files that a run wrote, as its manifest has them.
fn results_of(run: &Path) -> Vec<String> {
    let manifest = fs::read(run.join("run.json")).ok().and_then(|text| serde_json::from_slice::<Manifest>(&text).ok());
    let outputs = manifest.into_iter().flat_map(|manifest| manifest.outputs).map(|output| output.path);
    outputs.chain(["run.json", "timings.json", LOCK].map(str::to_owned)).collect()
}

/// Whether `name` is the result itself, its directory or what SQLite has left beside it (`inventory.gpkg-wal`).
fn is_part_of(result: &str, name: &str) -> bool {
    result == name || result.split('/').next() == Some(name) || name.strip_prefix(result).is_some_and(|rest| rest.starts_with('-'))
}

/// Brings the names in `directory` and below to the disk; the files themselves are there.
fn sync_tree(directory: &Path) -> Result<(), WriteError> {
    for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
        let path = entry.map_err(failed("read", directory))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_directory(directory)
}

fn sync_directory(directory: &Path) -> Result<(), WriteError> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(failed("sync", directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old_run(parent: &Path) -> PathBuf {
        let target = parent.join("out");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("run.json"), "old").unwrap();
        target
    }

    fn names(parent: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(parent).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_that_stops_before_the_swap_leaves_the_old_one() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        let staging = Staging::beside(&target).unwrap();
        fs::write(staging.path("ledger/a").unwrap(), "half").unwrap();
        drop(staging);
        assert_eq!(fs::read_to_string(target.join("run.json")).unwrap(), "old");
        assert_eq!(names(parent.path()), ["out"]);
    }

    #[test]
    fn the_new_run_takes_the_place_and_nothing_else_stays() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        let staging = Staging::beside(&target).unwrap();
        fs::write(staging.path("run.json").unwrap(), "new").unwrap();
        staging.swap_in().unwrap();
        assert_eq!(fs::read_to_string(target.join("run.json")).unwrap(), "new");
        assert_eq!((names(parent.path()), names(&target)), (vec!["out".to_owned()], vec!["run.json".to_owned()]));
    }

    #[test]
    fn a_swap_that_fails_puts_the_old_run_back() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        let staging = Staging::beside(&target).unwrap();
        fs::remove_dir_all(&staging.temporary).unwrap();
        assert!(staging.exchange().is_err());
        drop(staging);
        assert_eq!(fs::read_to_string(target.join("run.json")).unwrap(), "old");
        assert_eq!(names(parent.path()), ["out"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn there_is_a_run_at_every_moment_of_a_swap() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        let is_done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..300 {
                    let staging = Staging::beside(&target).unwrap();
                    fs::write(staging.path("run.json").unwrap(), "{}").unwrap();
                    staging.swap_in().unwrap();
                }
                is_done.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                assert!(target.join("run.json").exists());
            }
        });
        assert_eq!(names(parent.path()), ["out"]);
    }

    #[test]
    fn what_a_user_put_beside_the_results_outlives_a_kill_behind_the_swap() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        let previous = parent.path().join(".out.mujun-old-1-0");
        fs::create_dir(&previous).unwrap();
        fs::write(previous.join("run.json"), "older").unwrap();
        fs::write(previous.join("mine.qgz"), "map").unwrap();
        drop(Staging::beside(&target).unwrap());
        assert_eq!(fs::read_to_string(target.join("mine.qgz")).unwrap(), "map");
        assert_eq!(
            (names(parent.path()), fs::read_to_string(target.join("run.json")).unwrap()),
            (vec!["out".to_owned()], "old".to_owned())
        );
    }

    #[test]
    fn leftovers_of_killed_runs_go_and_those_of_live_ones_stay() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        let dead = parent.path().join(".out.mujun-new-1-0");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::create_dir(parent.path().join(".out.elsewhere")).unwrap();
        let live = Staging::beside(&target).unwrap();
        let other = Staging::beside(&target).unwrap();
        assert!(!dead.exists() && live.temporary.exists() && other.temporary.exists());
        assert!(parent.path().join(".out.elsewhere").exists());
    }

    #[test]
    fn a_run_killed_between_its_renames_is_mended() {
        let parent = tempfile::tempdir().unwrap();
        let target = old_run(parent.path());
        fs::rename(&target, parent.path().join(".out.mujun-old-1-0")).unwrap();
        drop(Staging::beside(&target).unwrap());
        assert_eq!(fs::read_to_string(target.join("run.json")).unwrap(), "old");
    }

    #[test]
    fn a_directory_of_somebody_else_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("thesis.docx"), "").unwrap();
        assert!(matches!(Staging::beside(parent.path()), Err(WriteError::NotARun { .. })));
    }
}

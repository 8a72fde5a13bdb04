//! Files on their way to the disk: who writes the next one does not wait for it.
//!
//! **Invariant:** after [`Syncs::finish`] every file that was begun is on the disk, or the run is not put in place.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::WriteError;

/// The files of a run that are on their way.
#[derive(Clone, Default)]
pub struct Syncs(Arc<Mutex<Vec<Begun>>>);

struct Begun {
    path: PathBuf,
    synced: JoinHandle<io::Result<()>>,
}

impl Syncs {
    /// Sends a file on its way, on a thread of its own; where there is none to be had, waits for it.
    pub fn begin(&self, file: File, path: PathBuf) -> Result<(), WriteError> {
        let file = Arc::new(file);
        let own = Arc::clone(&file);
        match Builder::new().spawn(move || own.sync_all()) {
            Ok(synced) => self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Begun { path, synced }),
            Err(_) => file.sync_all().map_err(|source| WriteError::Io { action: "sync", path, source })?,
        }
        Ok(())
    }

    /// Waits for all of them.
    pub fn finish(&self) -> Result<(), WriteError> {
        let begun = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        begun.into_iter().try_for_each(|Begun { path, synced }| {
            let synced = synced.join().unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::Other)));
            synced.map_err(|source| WriteError::Io { action: "sync", path, source })
        })
    }
}

//! A file of the run directory that is hashed while it is written.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest, Sha256};

use super::WriteError;
use super::staging::Staging;
use super::syncs::Syncs;
use crate::model::OutputFile;

const BUFFER_BYTES: usize = 1 << 20;

/// A file of the run directory that is hashed while it is written.
pub struct Sink {
    inner: BufWriter<Hashed>,
    path: String,
    syncs: Syncs,
}

struct Hashed {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file.write_all(data)?;
        self.hash.update(data);
        self.bytes += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink {
    /// Creates the file `path` of the run.
    pub fn create(staging: &Staging, path: &str) -> Result<Self, WriteError> {
        let full = staging.path(path)?;
        let file = File::create_new(&full).map_err(|source| WriteError::Io { action: "create", path: full, source })?;
        let hashed = Hashed { file, hash: Sha256::new(), bytes: 0 };
        Ok(Self { inner: BufWriter::with_capacity(BUFFER_BYTES, hashed), path: path.to_owned(), syncs: staging.syncs().clone() })
    }

    /// The path within the run directory.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Writes `data`.
    pub fn put(&mut self, data: &[u8]) -> Result<(), WriteError> {
        self.inner.write_all(data).map_err(|source| self.failed(source))
    }

    /// The error of a write that failed.
    pub fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Io { action: "write", path: self.path.clone().into(), source }
    }

    /// Sends the file on its way to the disk.
    pub fn finish(self) -> Result<OutputFile, WriteError> {
        let Self { inner, path, syncs } = self;
        let failed = |source: io::Error| WriteError::Io { action: "write", path: path.clone().into(), source };
        let Hashed { file, hash, bytes } = inner.into_inner().map_err(|error| failed(error.into_error()))?;
        syncs.begin(file, path.clone().into())?;
        Ok(OutputFile { path, bytes, sha256: hex(&hash.finalize()) })
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.inner.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes a file that something else has written, and brings it to the disk.
pub fn adopt(staging: &Staging, path: &str) -> Result<OutputFile, WriteError> {
    let full = staging.path(path)?;
    let failed = |source| WriteError::Io { action: "read", path: full.clone(), source };
    let mut file = File::open(&full).map_err(failed)?;
    let mut hashed = Hashing { hash: Sha256::new(), bytes: 0 };
    io::copy(&mut file, &mut hashed).map_err(failed)?;
    staging.syncs().begin(file, full)?;
    Ok(OutputFile { path: path.to_owned(), bytes: hashed.bytes, sha256: hex(&hashed.hash.finalize()) })
}

struct Hashing {
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.hash.update(data);
        self.bytes += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('?'));
        }
        text
    })
}

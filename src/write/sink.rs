//! A file of the run directory, written and hashed on a thread of its own while its content is made.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use sha2::{Digest, Sha256};

use super::WriteError;
use super::chunk::Chunk;
use super::staging::Staging;
use super::syncs::Syncs;
use crate::model::OutputFile;

/// Chunks that wait for the disk.
const WAITING: usize = 2;

/// A file of the run directory that is hashed while it is written.
pub struct Sink {
    /// What is filled.
    chunk: Chunk,
    target: Target,
    path: String,
    syncs: Syncs,
}

/// Where full chunks go.
enum Target {
    /// Of a file that has room in a chunk so far.
    Small(Hashed, PathBuf),
    /// A thread that writes: whoever makes the content does not wait for the disk.
    Large(Writer),
    /// After a failure.
    None,
}

struct Writer {
    full: SyncSender<Chunk>,
    written: Receiver<Chunk>,
    thread: JoinHandle<io::Result<Hashed>>,
}

struct Hashed {
    file: File,
    /// The same file past the page cache, which would be filled with what nobody reads again soon: memory that is touched for the first time costs more than
    /// the disk. Not every disk can.
    direct: Option<File>,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create_new(path)?, direct: None, hash: Sha256::new(), bytes: 0 })
    }

    /// Writes a chunk behind the others.
    fn put(&mut self, chunk: &Chunk) -> io::Result<()> {
        let data = chunk.bytes();
        self.hash.update(data);
        let is_written = chunk.is_full() && self.direct.as_ref().is_some_and(|direct| write_at(direct, data, self.bytes).is_ok());
        if !is_written {
            // A disk that cannot, and whatever keeps any file from being written.
            self.direct = None;
            write_at(&self.file, data, self.bytes)?;
        }
        self.bytes += data.len() as u64;
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn open_direct(path: &Path) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).custom_flags(libc::O_DIRECT).open(path).ok()
}

#[cfg(not(target_os = "linux"))]
fn open_direct(_: &Path) -> Option<File> {
    None
}

#[cfg(unix)]
fn write_at(file: &File, data: &[u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, data, place)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, data: &[u8], place: u64) -> io::Result<()> {
    io::Seek::seek(&mut file, io::SeekFrom::Start(place))?;
    file.write_all(data)
}

impl Writer {
    /// Begins to write; without a thread to be had there is no writing.
    fn begin(mut hashed: Hashed) -> io::Result<Self> {
        let (full, queue): (_, Receiver<Chunk>) = sync_channel(WAITING);
        let (done, written): (Sender<Chunk>, _) = channel();
        let thread = Builder::new().spawn(move || {
            for chunk in queue {
                hashed.put(&chunk)?;
                // Whoever fills chunks may have gone.
                let _ = done.send(chunk);
            }
            Ok(hashed)
        })?;
        Ok(Self { full, written, thread })
    }

    /// Hands over a chunk.
    fn put(&self, chunk: Chunk) -> bool {
        self.full.send(chunk).is_ok()
    }

    /// Waits until all is written.
    fn finish(self) -> io::Result<Hashed> {
        drop(self.full);
        self.thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    }
}

impl Sink {
    /// Creates the file `path` of the run.
    pub fn create(staging: &Staging, path: &str) -> Result<Self, WriteError> {
        let full = staging.path(path)?;
        let hashed = Hashed::create(&full).map_err(|source| WriteError::Io { action: "create", path: full.clone(), source })?;
        Ok(Self { chunk: Chunk::default(), target: Target::Small(hashed, full), path: path.to_owned(), syncs: staging.syncs().clone() })
    }

    /// The path within the run directory.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Writes `data`.
    pub fn put(&mut self, data: &[u8]) -> Result<(), WriteError> {
        self.write_all(data).map_err(|source| self.failed(source))
    }

    /// The error of a write that failed.
    pub fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Io { action: "write", path: self.path.clone().into(), source }
    }

    /// Sends the file on its way to the disk.
    pub fn finish(mut self) -> Result<OutputFile, WriteError> {
        let Hashed { file, hash, bytes, .. } = self.written().map_err(|source| self.failed(source))?;
        let Self { path, syncs, .. } = self;
        syncs.begin(file, path.clone().into())?;
        Ok(OutputFile { path, bytes, sha256: hex(&hash.finalize()) })
    }

    /// The whole file.
    fn written(&mut self) -> io::Result<Hashed> {
        let mut hashed = match std::mem::replace(&mut self.target, Target::None) {
            Target::Small(hashed, _) => hashed,
            Target::Large(writer) => writer.finish()?,
            Target::None => return Err(io::ErrorKind::Other.into()),
        };
        hashed.put(&self.chunk)?;
        Ok(hashed)
    }

    /// Hands the full chunk over and takes another.
    fn hand_over(&mut self) -> io::Result<()> {
        let writer = match std::mem::replace(&mut self.target, Target::None) {
            Target::Small(hashed, path) => Writer::begin(Hashed { direct: open_direct(&path), ..hashed })?,
            Target::Large(writer) => writer,
            Target::None => return Err(io::ErrorKind::Other.into()),
        };
        let next = writer.written.try_recv().unwrap_or_default();
        if !writer.put(std::mem::replace(&mut self.chunk, next)) {
            // The thread has ended: it says why.
            return Err(writer.finish().err().unwrap_or_else(|| io::ErrorKind::Other.into()));
        }
        self.chunk.clear();
        self.target = Target::Large(writer);
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.chunk.is_full() {
            self.hand_over()?;
        }
        Ok(self.chunk.fill(data))
    }

    /// Nothing reads the file before it is finished.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

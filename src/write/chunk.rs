//! A piece of a file in memory that a disk can fetch for itself: at a whole number of its pages, and as long.

/// Bytes of a full chunk.
pub const CHUNK_BYTES: usize = 1 << 20;
/// What disks fetch at once divides this.
const PAGE_BYTES: usize = 4096;

/// Up to [`CHUNK_BYTES`] of a file.
#[derive(Default)]
pub struct Chunk {
    /// None before the first byte.
    memory: Vec<u8>,
    /// Where the chunk begins in its memory.
    start: usize,
    length: usize,
}

impl Chunk {
    /// Takes what it has room for from the front of `data`, and says how many bytes that was.
    pub fn fill(&mut self, data: &[u8]) -> usize {
        if self.memory.is_empty() {
            self.memory = vec![0; CHUNK_BYTES + PAGE_BYTES];
            // Where a place is not known, the chunk is one like any other.
            self.start = self.memory.as_ptr().align_offset(PAGE_BYTES).min(PAGE_BYTES);
        }
        let bytes = data.len().min(CHUNK_BYTES - self.length);
        let from = self.start + self.length;
        if let (Some(room), Some(data)) = (self.memory.get_mut(from..from + bytes), data.get(..bytes)) {
            room.copy_from_slice(data);
        }
        self.length += bytes;
        bytes
    }

    /// Whether there is no room.
    pub const fn is_full(&self) -> bool {
        self.length == CHUNK_BYTES
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..self.start + self.length).unwrap_or_default()
    }

    /// Holds nothing again.
    pub const fn clear(&mut self) {
        self.length = 0;
    }
}

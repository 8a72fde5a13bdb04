//! Numbers that a DBF writes with a decimal comma: readers stop at it, and the decimals are gone without a word.

use std::io::Read;
use std::path::Path;

/// Bytes of the file that are looked at.
const MOST_BYTES: u64 = 1 << 22;
/// Bytes of the file's head, and of the description of each field behind it.
const HEAD: usize = 32;

/// The places of columns of numbers with a comma in one of their first cells, each with the cell. Nothing where the file cannot be read.
pub(in crate::read) fn decimal_commas(dbf: &Path) -> Vec<(usize, String)> {
    let mut bytes = Vec::new();
    let is_read = std::fs::File::open(dbf).is_ok_and(|file| file.take(MOST_BYTES).read_to_end(&mut bytes).is_ok());
    let number = |at: usize| bytes.get(at..at + 2).and_then(|b| Some(usize::from(u16::from_le_bytes(b.try_into().ok()?))));
    let (Some(head), Some(width), true) = (number(8), number(10), is_read) else { return Vec::new() };
    let described =
        bytes.get(HEAD..head.min(bytes.len())).unwrap_or_default().chunks_exact(HEAD).take_while(|field| field.first() != Some(&0x0D));
    let rows = bytes.get(head..).unwrap_or_default();
    let mut found = Vec::new();
    // The mark of deletion stands first.
    let mut start = 1;
    for (place, field) in described.enumerate() {
        let length = usize::from(field.get(16).copied().unwrap_or_default());
        let is_number = matches!(field.get(11), Some(b'N' | b'F'));
        let cells = rows.chunks_exact(width.max(1)).filter_map(|row| row.get(start..start + length));
        let comma = cells.filter(|_| is_number).find(|cell| cell.contains(&b','));
        found.extend(comma.map(|cell| (place, String::from_utf8_lossy(cell).trim().to_owned())));
        start += length;
    }
    found
}

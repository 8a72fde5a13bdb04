//! Rows of a GeoPackage straight from SQLite: one copy of each cell less than through GDAL, and no thread that hands batches over.
//!
//! Refused, so that GDAL reads them or says what is wrong: files with a journal beside them, files in write-ahead mode, names that are no UTF-8.

#![expect(unsafe_code, reason = "SQLite is a C interface; every pointer comes from it and is used as its documentation allows")]

use std::ffi::{CString, c_int};
use std::io::Read;
use std::path::Path;
use std::ptr;

use libsqlite3_sys as ffi;

/// The rows that a query gives for one range of numbers after the other.
pub(super) struct Rows {
    connection: *mut ffi::sqlite3,
    statement: *mut ffi::sqlite3_stmt,
}

/// A cell of the row that was reached last, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Whole(i64),
    Real(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

impl Rows {
    /// Opens a file for a query whose two parameters are the ends of a range; none where either cannot be.
    pub(super) fn open(file: &Path, sql: &str) -> Option<Self> {
        if !is_at_rest(file) {
            return None;
        }
        let (file, sql) = (CString::new(file.to_str()?).ok()?, CString::new(sql).ok()?);
        let mut rows = Self { connection: ptr::null_mut(), statement: ptr::null_mut() };
        // SAFETY: the strings end with a zero and outlive the calls; what was opened is closed in `drop`, also after a failure.
        let is_ready = unsafe {
            // No mutex: a connection stays with its thread.
            let flags = ffi::SQLITE_OPEN_READONLY | ffi::SQLITE_OPEN_NOMUTEX;
            ffi::sqlite3_open_v2(file.as_ptr(), &raw mut rows.connection, flags, ptr::null()) == ffi::SQLITE_OK
                && ffi::sqlite3_prepare_v2(rows.connection, sql.as_ptr(), -1, &raw mut rows.statement, ptr::null_mut()) == ffi::SQLITE_OK
        };
        (is_ready && !rows.statement.is_null()).then_some(rows)
    }

    /// Begins with the rows of a range; none where SQLite refuses it.
    pub(super) fn begin(&mut self, (first, last): (i64, i64)) -> Option<()> {
        // SAFETY: the statement is prepared and has two parameters.
        let is_bound = unsafe {
            ffi::sqlite3_reset(self.statement);
            ffi::sqlite3_bind_int64(self.statement, 1, first) == ffi::SQLITE_OK
                && ffi::sqlite3_bind_int64(self.statement, 2, last) == ffi::SQLITE_OK
        };
        is_bound.then_some(())
    }

    /// Whether there is a next row, which is gone to; none where the file is damaged.
    pub(super) fn next(&mut self) -> Option<bool> {
        // SAFETY: the statement is prepared; nothing is borrowed from its last row.
        match unsafe { ffi::sqlite3_step(self.statement) } {
            ffi::SQLITE_ROW => Some(true),
            ffi::SQLITE_DONE => Some(false),
            _ => None,
        }
    }

    /// A cell of this row; none where there is no memory for it.
    #[inline]
    pub(super) fn cell(&self, column: usize) -> Option<Cell<'_>> {
        let column = c_int::try_from(column).ok()?;
        // SAFETY: a column that the query does not have is a value too, null. The value belongs to the statement and is asked for its content by the
        // only thread that uses the connection. Text is asked for as text alone and blobs as blobs, so that nothing is converted.
        unsafe {
            let value = ffi::sqlite3_column_value(self.statement, column);
            Some(match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Cell::Whole(ffi::sqlite3_value_int64(value)),
                ffi::SQLITE_FLOAT => Cell::Real(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_TEXT => Cell::Text(bytes(ffi::sqlite3_value_text(value), value)?),
                ffi::SQLITE_BLOB => Cell::Bytes(bytes(ffi::sqlite3_value_blob(value).cast(), value)?),
                _ => Cell::Null,
            })
        }
    }
}

/// The bytes of a value from its start on; none where there was no memory for them.
///
/// # Safety
/// `start` is what SQLite gave for `value` last, and the row is not left while the bytes are used.
#[inline]
unsafe fn bytes<'a>(start: *const u8, value: *mut ffi::sqlite3_value) -> Option<&'a [u8]> {
    // SAFETY: that many bytes are at the start, by the word of the caller.
    unsafe {
        match (start.is_null(), usize::try_from(ffi::sqlite3_value_bytes(value)).ok()?) {
            (_, 0) => Some(&[]),
            (true, _) => None,
            (false, length) => Some(std::slice::from_raw_parts(start, length)),
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // SAFETY: both are this value's own, or null, which is no fault.
        unsafe {
            ffi::sqlite3_finalize(self.statement);
            ffi::sqlite3_close(self.connection);
        }
    }
}

/// Whether the file is all there is: no journal is to be rolled back, none is written to.
fn is_at_rest(file: &Path) -> bool {
    /// Where a file says how it is written and read; both 1 without a write-ahead log.
    const MODES: std::ops::Range<usize> = 18..20;
    const HEAD_BYTES: usize = 100;
    let mut head = [0; HEAD_BYTES];
    let is_read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut head)).is_ok();
    let beside = |ending: &str| {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        Path::new(&path).exists()
    };
    is_read && head.get(MODES) == Some(&[1, 1]) && !beside("-journal") && !beside("-wal")
}

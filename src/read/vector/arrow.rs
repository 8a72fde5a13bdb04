//! GDAL's Arrow stream: batches of rows as columns, without a detour over features.
//!
//! **Invariant:** a short read is an error. The stream itself hides damage (a corrupt page ends it early with no code), so the error state of
//! GDAL is looked at after every batch and the caller compares the rows with the layer's count.

#![expect(unsafe_code, reason = "the stream is a C interface; every pointer is checked or follows from the Arrow C data interface")]

use std::ffi::{CStr, c_void};
use std::ptr;

use gdal::vector::LayerAccess;
use gdal_sys::{ArrowArray, ArrowArrayStream, ArrowSchema};
use polars::prelude::{Column, IntoColumn, NewChunkedArray};

use super::text::TextDecoder;
use crate::say;

/// Rows of a batch: small, so that its buffers are used again instead of being mapped anew.
const BATCH_ROWS: &str = "MAX_FEATURES_IN_BATCH=8192";

/// A stream over a layer.
pub struct Stream {
    stream: ArrowArrayStream,
    schema: ArrowSchema,
}

/// A batch of rows.
pub struct Batch {
    array: ArrowArray,
}

/// One column of a batch.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    array: &'a ArrowArray,
    format: u8,
}

/// What the stream says of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as stored, in whatever encoding the file has.
    pub name: Vec<u8>,
    /// The Arrow format string.
    pub format: String,
    /// Whether it holds the geometry as WKB.
    pub is_geometry: bool,
}

impl Stream {
    /// Opens a stream. A layer has one at a time.
    ///
    /// # Errors
    /// GDAL's message.
    pub fn open(layer: &mut gdal::vector::Layer<'_>) -> Result<Self, String> {
        let mut stream = empty_stream();
        let mut options = gdal::cpl::CslStringList::new();
        for option in [BATCH_ROWS, "INCLUDE_FID=YES"] {
            options.add_string(option).map_err(|e| e.to_string())?;
        }
        // SAFETY: `stream` is an empty stream that GDAL fills; it is released in `drop`.
        unsafe { layer.read_arrow_stream(&raw mut stream, &options) }.map_err(|e| last_error().unwrap_or(e.to_string()))?;
        let mut schema = empty_schema();
        let get_schema = stream.get_schema.ok_or_else(|| say!("no schema"))?;
        // SAFETY: the function pointer comes from the stream that it is called with.
        let code = unsafe { get_schema(&raw mut stream, &raw mut schema) };
        if code == 0 { Ok(Self { stream, schema }) } else { Err(last_error().unwrap_or_else(|| say!("code {code}", code))) }
    }

    /// The columns.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        // SAFETY: a filled schema has `n_children` valid children, each with C strings.
        unsafe { children(self.schema.children.cast_const().cast(), self.schema.n_children).iter().map(|c| field(&**c)).collect() }
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// GDAL's message, also where the stream ends as if nothing were wrong but an error was raised.
    pub fn next(&mut self) -> Result<Option<Batch>, String> {
        let mut array = empty_array();
        let get_next = self.stream.get_next.ok_or_else(|| say!("stream is closed"))?;
        // SAFETY: as above; the array is released when the batch is dropped.
        let code = unsafe {
            gdal_sys::CPLErrorReset();
            get_next(&raw mut self.stream, &raw mut array)
        };
        let batch = Batch { array };
        match last_error() {
            Some(message) => Err(message),
            None if code != 0 => Err(say!("code {code}", code)),
            None => Ok(batch.array.release.is_some().then_some(batch)),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: release callbacks belong to the structs they are called with and are called once.
        unsafe {
            if let Some(release) = self.schema.release {
                release(&raw mut self.schema);
            }
            if let Some(release) = self.stream.release {
                release(&raw mut self.stream);
            }
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if let Some(release) = self.array.release {
            // SAFETY: as above.
            unsafe { release(&raw mut self.array) }
        }
    }
}

impl Batch {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.array.length).unwrap_or(0)
    }

    /// The column at `index`, whose field is `field`.
    #[must_use]
    pub fn column<'a>(&'a self, index: usize, field: &Field) -> Option<Values<'a>> {
        // SAFETY: a filled struct array has `n_children` valid children.
        let array = unsafe {
            children(self.array.children.cast_const().cast::<*const ArrowArray>(), self.array.n_children).get(index).map(|c| &**c)?
        };
        Some(Values { array, format: format_letter(&field.format) })
    }
}

impl Field {
    /// What the column holds, where it is nothing that a field can be read from.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        match format_letter(&self.format) {
            b'z' | b'Z' => Some(say!("binary data")),
            b'?' if self.format.starts_with('+') => Some(say!("lists")),
            b'?' | b'e' => Some(say!("values of the arrow format `{format}`", format = self.format)),
            _ => None,
        }
    }
}

/// One letter for each format that is read: dates and timestamps in upper case, times of day as `h`, `H`, `k`, `K` from seconds to nanoseconds.
fn format_letter(format: &str) -> u8 {
    match format {
        "tdD" => b'D',
        "tdm" => b'M',
        "tts" => b'h',
        "ttm" => b'H',
        "ttu" => b'k',
        "ttn" => b'K',
        f if f.starts_with("tsm") => b'T',
        f if f.starts_with("tss") => b'E',
        f if f.starts_with("tsu") => b'V',
        f if f.starts_with("tsn") => b'N',
        f => f.bytes().next().filter(|_| f.len() == 1).unwrap_or(b'?'),
    }
}

impl<'a> Values<'a> {
    /// The bytes of row `row`; `None` where it is null.
    #[must_use]
    pub fn bytes(&self, row: usize) -> Option<&'a [u8]> {
        if !self.is_valid(row) {
            return None;
        }
        let at = row + self.offset();
        let (from, to) = match self.format {
            b'u' | b'z' => self.buffer::<i32>(1, at + 2)?.get(at..)?.first_chunk::<2>().map(|w| w.map(i64::from))?,
            b'U' | b'Z' => *self.buffer::<i64>(1, at + 2)?.get(at..)?.first_chunk::<2>()?,
            _ => return None,
        }
        .map(|offset| usize::try_from(offset).unwrap_or(usize::MAX))
        .into();
        self.buffer::<u8>(2, to).map_or(Some(&[][..]), |data| data.get(from..to))
    }

    /// The whole number in row `row`.
    #[must_use]
    pub fn integer(&self, row: usize) -> Option<i64> {
        if !self.is_valid(row) {
            return None;
        }
        let at = row + self.offset();
        Some(match self.format {
            b'c' => i64::from(*self.buffer::<i8>(1, at + 1)?.get(at)?),
            b'C' => i64::from(*self.buffer::<u8>(1, at + 1)?.get(at)?),
            b's' => i64::from(*self.buffer::<i16>(1, at + 1)?.get(at)?),
            b'S' => i64::from(*self.buffer::<u16>(1, at + 1)?.get(at)?),
            b'i' | b'D' | b'h' | b'H' => i64::from(*self.buffer::<i32>(1, at + 1)?.get(at)?),
            b'I' => i64::from(*self.buffer::<u32>(1, at + 1)?.get(at)?),
            b'l' | b'M' | b'E' | b'T' | b'V' | b'N' | b'k' | b'K' => *self.buffer::<i64>(1, at + 1)?.get(at)?,
            b'b' => i64::from(self.buffer::<u8>(1, at / 8 + 1)?.get(at / 8)? >> (at % 8) & 1),
            _ => return None,
        })
    }

    fn unsigned(&self, row: usize) -> Option<u64> {
        let at = row + self.offset();
        if self.is_valid(row) { self.buffer::<u64>(1, at + 1)?.get(at).copied() } else { None }
    }

    fn float(&self, row: usize) -> Option<f64> {
        let at = row + self.offset();
        match self.format {
            _ if !self.is_valid(row) => None,
            b'f' => self.buffer::<f32>(1, at + 1)?.get(at).map(|v| f64::from(*v)),
            _ => self.buffer::<f64>(1, at + 1)?.get(at).copied(),
        }
    }

    /// The rows `rows` as a polars column called `name`.
    ///
    /// # Errors
    /// Text that the decoder refuses.
    pub fn to_column(self, name: &str, rows: &[u32], decoder: &TextDecoder) -> Result<Column, usize> {
        use polars::prelude::{BooleanChunked, DataType, Float64Chunked, Int64Chunked, IntoSeries, StringChunked, UInt64Chunked};
        let rows = rows.iter().map(|&r| r as usize);
        let days = |v: i64, per_day: i64| i32::try_from(v.div_euclid(per_day)).ok();
        let per_day = match self.format {
            b'D' => 1,
            b'E' => 86_400,
            b'M' | b'T' => 86_400_000,
            b'V' => 86_400_000_000,
            _ => 86_400_000_000_000,
        };
        Ok(match self.format {
            b'u' | b'U' => decoder.column(name, rows.map(|r| self.bytes(r)))?,
            b'f' | b'g' => Float64Chunked::from_iter_options(name.into(), rows.map(|r| self.float(r))).into_series().into_column(),
            b'b' => {
                BooleanChunked::from_iter_options(name.into(), rows.map(|r| self.integer(r).map(|v| v != 0))).into_series().into_column()
            }
            b'D' | b'M' | b'E' | b'T' | b'V' | b'N' => {
                let dates = rows.map(|r| self.integer(r).and_then(|v| days(v, per_day)));
                let series = polars::prelude::Int32Chunked::from_iter_options(name.into(), dates).into_series();
                series.cast(&DataType::Date).unwrap_or(series).into_column()
            }
            b'h' | b'H' | b'k' | b'K' => {
                let per_second = match self.format {
                    b'h' => 1,
                    b'H' => 1_000,
                    b'k' => 1_000_000,
                    _ => 1_000_000_000,
                };
                let times = rows.map(|r| self.integer(r).map(|v| time_of_day(v.div_euclid(per_second))));
                StringChunked::from_iter_options(name.into(), times).into_series().into_column()
            }
            b'L' => UInt64Chunked::from_iter_options(name.into(), rows.map(|r| self.unsigned(r))).into_series().into_column(),
            _ => Int64Chunked::from_iter_options(name.into(), rows.map(|r| self.integer(r))).into_series().into_column(),
        })
    }

    fn offset(&self) -> usize {
        usize::try_from(self.array.offset).unwrap_or(0)
    }

    fn is_valid(&self, row: usize) -> bool {
        let at = row + self.offset();
        // SAFETY: buffer 0 is the validity bitmap of `length + offset` bits, or null where every row is valid.
        match unsafe { buffer::<u8>(self.array, 0, at / 8 + 1) } {
            None => true,
            Some(bits) => bits.get(at / 8).is_some_and(|b| b >> (at % 8) & 1 == 1),
        }
    }

    fn buffer<T>(&self, index: usize, length: usize) -> Option<&'a [T]> {
        // SAFETY: callers ask for a type and length that the format and `length + offset` promise.
        unsafe { buffer(self.array, index, length) }
    }
}

/// A time of day as text, `09:30:00`; parts of a second are left out.
fn time_of_day(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// # Safety
/// `length` elements of `T` must be in buffer `index`.
unsafe fn buffer<'a, T>(array: &ArrowArray, index: usize, length: usize) -> Option<&'a [T]> {
    if i64::try_from(index).ok()? >= array.n_buffers || array.buffers.is_null() {
        return None;
    }
    // SAFETY: `buffers` has `n_buffers` pointers; the caller vouches for the rest.
    unsafe {
        let start: *const c_void = *array.buffers.add(index);
        (!start.is_null()).then(|| std::slice::from_raw_parts(start.cast::<T>(), length))
    }
}

/// # Safety
/// `start` must point to `count` valid pointers.
unsafe fn children<'a, T>(start: *const *const T, count: i64) -> &'a [*const T] {
    match usize::try_from(count) {
        // SAFETY: the caller vouches for it.
        Ok(count) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, count) },
        _ => &[],
    }
}

/// # Safety
/// `schema` must be filled.
unsafe fn field(schema: &ArrowSchema) -> Field {
    // SAFETY: name and format are C strings; metadata is the length-prefixed block of the interface or null.
    unsafe {
        let format = CStr::from_ptr(schema.format).to_string_lossy().into_owned();
        let name = CStr::from_ptr(schema.name).to_bytes().to_vec();
        Field { name, format, is_geometry: extension_name(schema.metadata.cast()).is_some_and(|e| e == b"ogc.wkb" || e == b"geoarrow.wkb") }
    }
}

/// The value of `ARROW:extension:name` in a metadata block: a count, then key and value with their lengths.
///
/// # Safety
/// `block` must be null or a metadata block.
unsafe fn extension_name<'a>(block: *const u8) -> Option<&'a [u8]> {
    if block.is_null() {
        return None;
    }
    // SAFETY: lengths are followed as the interface lays them down.
    unsafe {
        let pairs = block.cast::<i32>().read_unaligned();
        let mut place = block.add(4);
        for _ in 0..pairs {
            let mut text = || {
                let length = usize::try_from(place.cast::<i32>().read_unaligned()).unwrap_or(0);
                let bytes = std::slice::from_raw_parts(place.add(4), length);
                place = place.add(4 + length);
                bytes
            };
            let (key, value) = (text(), text());
            if key == b"ARROW:extension:name" {
                return Some(value);
            }
        }
        None
    }
}

/// The last error that GDAL raised on this thread, in one line.
#[must_use]
pub fn last_error() -> Option<String> {
    // SAFETY: the calls read thread-local state; the message is a C string.
    unsafe {
        if gdal_sys::CPLGetLastErrorType() < gdal_sys::CPLErr::CE_Failure {
            return None;
        }
        Some(crate::read::error::one_line(&CStr::from_ptr(gdal_sys::CPLGetLastErrorMsg()).to_string_lossy()))
    }
}

const fn empty_stream() -> ArrowArrayStream {
    ArrowArrayStream { get_schema: None, get_next: None, get_last_error: None, release: None, private_data: ptr::null_mut() }
}

const fn empty_schema() -> ArrowSchema {
    ArrowSchema {
        format: ptr::null(),
        name: ptr::null(),
        metadata: ptr::null(),
        flags: 0,
        n_children: 0,
        children: ptr::null_mut(),
        dictionary: ptr::null_mut(),
        release: None,
        private_data: ptr::null_mut(),
    }
}

const fn empty_array() -> ArrowArray {
    ArrowArray {
        length: 0,
        null_count: 0,
        offset: 0,
        n_buffers: 0,
        n_children: 0,
        buffers: ptr::null_mut(),
        children: ptr::null_mut(),
        dictionary: ptr::null_mut(),
        release: None,
        private_data: ptr::null_mut(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_not_read_are_known_as_such() {
        let said = |format: &str| Field { name: Vec::new(), format: format.into(), is_geometry: false }.unreadable();
        for format in
            ["u", "U", "b", "c", "C", "s", "S", "i", "I", "l", "L", "f", "g", "tdD", "tdm", "tsm:", "tsu:UTC", "tts", "ttm", "ttu", "ttn"]
        {
            assert_eq!(said(format), None, "{format}");
        }
        assert_eq!(said("+l").as_deref(), Some("lists"));
        assert_eq!(said("z").as_deref(), Some("binary data"));
        assert_eq!(said("w:16").as_deref(), Some("values of the arrow format `w:16`"));
    }

    #[test]
    fn numbers_without_a_sign_and_times_are_read() {
        let column = |format: &str, length: i64, data: *const c_void| {
            let mut buffers = [ptr::null(), data];
            let array = ArrowArray { length, n_buffers: 2, buffers: buffers.as_mut_ptr(), ..empty_array() };
            let values = Values { array: &array, format: format_letter(format) };
            values.to_column("x", &[0, 1], &TextDecoder::utf8()).unwrap()
        };
        let codes = [3_101_141_230_012_345_678_u64, u64::MAX];
        let codes = column("L", 2, codes.as_ptr().cast());
        assert_eq!(codes.cast(&polars::prelude::DataType::String).unwrap().str().unwrap().get(1), Some("18446744073709551615"));
        let times = [34_200_000_i32, 86_399_999];
        let times = column("ttm", 2, times.as_ptr().cast());
        assert_eq!(times.str().unwrap().iter().collect::<Vec<_>>(), [Some("09:30:00"), Some("23:59:59")]);
    }
}

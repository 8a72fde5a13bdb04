//! Text cells from bytes: the encoding is decided once for a layer, then every cell is decoded by it.

use encoding_rs::{Encoding, UTF_8};
use polars::prelude::{Column, IntoColumn, IntoSeries, StringChunkedBuilder};

/// Decodes the text of one layer.
#[derive(Clone, Copy, Debug)]
pub struct TextDecoder {
    encoding: &'static Encoding,
}

impl TextDecoder {
    /// A decoder for `encoding`.
    #[must_use]
    pub const fn new(encoding: &'static Encoding) -> Self {
        Self { encoding }
    }

    /// UTF-8, which all formats but the DBF family use.
    #[must_use]
    pub const fn utf8() -> Self {
        Self::new(UTF_8)
    }

    /// The name of the encoding.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.encoding.name()
    }

    /// The name of a column. A DBF cuts names after ten bytes, in the middle of a character if need be; what is left of it is not of the name.
    #[must_use]
    pub fn column_name(&self, bytes: &[u8]) -> String {
        crate::read::encoding::decode(self.encoding, bytes).into_owned()
    }

    /// One text.
    ///
    /// # Errors
    /// The byte at which it cannot be decoded.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> Result<std::borrow::Cow<'a, str>, usize> {
        if self.encoding == UTF_8 {
            return std::str::from_utf8(bytes).map(Into::into).map_err(|e| e.valid_up_to());
        }
        self.encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or(0)
    }

    /// A text column.
    ///
    /// # Errors
    /// The row that cannot be decoded.
    pub fn column<'a>(&self, name: &str, cells: impl ExactSizeIterator<Item = Option<&'a [u8]>>) -> Result<Column, usize> {
        let mut builder = StringChunkedBuilder::new(name.into(), cells.len());
        for (row, cell) in cells.enumerate() {
            match cell {
                Some(bytes) => builder.append_value(self.text(bytes).map_err(|_| row)?),
                None => builder.append_null(),
            }
        }
        Ok(builder.finish().into_series().into_column())
    }
}

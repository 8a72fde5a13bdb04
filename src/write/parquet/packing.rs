//! How pages are packed: with LZ4 where that saves a third, else not at all, in a buffer that each thread keeps.
//!
//! A fresh buffer for every page, as polars has it, is zeroed, touched for the first time and given back for the few bytes that stay.

use std::cell::RefCell;

use lz4::block::{CompressionMode, compress_bound, compress_to_buffer};
use polars::prelude::PolarsResult;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::page::{CompressedDataPage, CompressedDictPage, CompressedPage, Page};

/// How the pages of a column are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    None,
    /// With LZ4, which skips so many bytes the sooner where it finds nothing the higher the number; 1 is usual.
    Lz4(i32),
}

/// Text and codes.
pub const USUAL: Packing = Packing::Lz4(1);
/// Polygons: coordinates repeat in their first bytes alone, and looking closely takes a third longer for a tenth less.
pub const POLYGONS: Packing = Packing::Lz4(4);
/// Bytes that say whether the others get smaller.
const SAMPLE_BYTES: usize = 1 << 14;

thread_local! {
    static PACKED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Packing {
    /// For numbers that begin like this: most are measured and save little, for which they would be read and written again.
    pub fn of(plain: &[u8]) -> PolarsResult<Self> {
        let sample = plain.get(..SAMPLE_BYTES).unwrap_or(plain);
        Ok(if USUAL.pack(sample)?.len() < sample.len() / 3 * 2 { USUAL } else { Self::None })
    }

    /// For a column that begins with this page.
    pub fn of_page(page: &Page) -> PolarsResult<Self> {
        match page {
            Page::Data(page) => Self::of(page.buffer()),
            Page::Dict(_) => Ok(USUAL),
        }
    }

    /// What the file says of it.
    pub const fn codec(self) -> Compression {
        match self {
            Self::None => Compression::Uncompressed,
            Self::Lz4(_) => Compression::Lz4Raw,
        }
    }

    /// `plain` as it is written, in memory of just the size.
    pub fn pack(self, plain: &[u8]) -> PolarsResult<Vec<u8>> {
        let Self::Lz4(acceleration) = self else { return Ok(plain.to_vec()) };
        PACKED.with_borrow_mut(|buffer| {
            let most = compress_bound(plain.len())?;
            if buffer.len() < most {
                buffer.resize(most, 0);
            }
            let bytes = compress_to_buffer(plain, Some(CompressionMode::FAST(acceleration)), false, buffer)?;
            Ok(buffer.get(..bytes).unwrap_or_default().to_vec())
        })
    }

    /// A page as it is written.
    pub fn page(self, page: Page) -> PolarsResult<CompressedPage> {
        let codec = self.codec();
        Ok(match page {
            Page::Data(mut page) => {
                let (header, bytes) = (page.header().clone(), page.buffer().len());
                let rows = page.num_rows().unwrap_or(0);
                let packed = if self == Self::None { std::mem::take(page.buffer_mut()) } else { self.pack(page.buffer())? };
                CompressedPage::Data(CompressedDataPage::new(header, CowBuffer::Owned(packed), codec, bytes, page.descriptor, rows))
            }
            Page::Dict(page) => {
                let bytes = page.buffer.len();
                let packed = if self == Self::None { page.buffer.into_vec() } else { self.pack(&page.buffer)? };
                CompressedPage::Dict(CompressedDictPage::new(CowBuffer::Owned(packed), codec, bytes, page.num_values, page.is_sorted))
            }
        })
    }
}

//! Blocks of the page: deflated, in base64, in elements that no browser runs.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How hard `deflate` tries, from 0 to 10: beyond this the page gets 2 % smaller in twice the time.
const LEVEL: u8 = 5;

/// Bytes as a zlib stream in base64.
pub fn packed(bytes: &[u8]) -> String {
    STANDARD.encode(miniz_oxide::deflate::compress_to_vec_zlib(bytes, LEVEL))
}

/// An element of the page that holds packed text.
pub fn block(name: &str, text: &str) -> String {
    let mut block = String::with_capacity(text.len() + 64);
    // Writing to a string does not fail.
    let _ = writeln!(block, "<script type=\"text/plain\" id=\"{name}\">{text}</script>");
    block
}

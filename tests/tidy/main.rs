//! What `ARCHITECTURE.md` and the documents promise, held against the text of the sources, and the demo against what is written about it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read its subject must fail")]

mod architecture;
mod demo;
mod documents;
mod language;
mod numbers;
mod sentences;
mod source;
mod words;

//! Checks of the whole program and of its kernels against answers that were made without it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops where something is not as it should be, those it calls included"
)]

mod audit;
mod chinese;
mod cities;
mod city;
mod coverage;
mod defects;
mod doctor;
mod exceptions;
mod explain;
mod fuzz;
mod guides;
mod help;
mod hostile;
mod intake;
mod kernels;
mod land;
mod many_layers;
mod oracle;
mod program;
mod public_files;
mod qgis;
mod readers;
mod rejects;
mod report;
mod rules;
mod spoiled_city;
mod spoiled_files;
mod standalone;
mod streams;
mod suites;
mod tools;
mod what_if;

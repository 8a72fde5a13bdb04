//! Parsers and kernels of our own on spoiled input: the corpus (`tests/corpus`, what they should understand and what once went wrong or led farthest),
//! and copies of it that are spoiled the same way in every run. `scripts/fuzz` looks for more.

#[path = "../fuzz/engine.rs"]
mod engine;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::time::Duration;

use rayon::prelude::*;

#[test]
fn parsers_and_kernels_of_our_own_come_back_from_anything() {
    targets::TARGETS.par_iter().for_each(|target| {
        let (inputs, _) = engine::explore(target, Duration::from_secs(1), &mut engine::Dice(3), || false);
        println!("{}: {inputs} inputs", target.name);
    });
}

//! Parsers and kernels of our own on spoiled input: the corpus (`tests/corpus`, what they should understand and what once went wrong or led farthest),
//! and copies of it that are spoiled the same way in every run. `scripts/fuzz` looks for more.

#[path = "../fuzz/engine.rs"]
mod engine;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Threads of its own: one of the pool would take up another target while it waits for the table library, and its input would not come back in time.
#[test]
fn parsers_and_kernels_of_our_own_come_back_from_anything() {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(target) = targets::TARGETS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (inputs, _) = engine::explore(target, Duration::from_secs(1), &mut engine::Dice(3), || false);
            println!("{}: {inputs} inputs", target.name);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
}

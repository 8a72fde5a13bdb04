//! Looks for inputs that reach new code, guided by counters in the code: `scripts/fuzz`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it stops where something is not as it should be"
)]

mod coverage;
mod engine;
mod targets;

use std::time::Duration;

use coverage::Reached;
use engine::{Dice, PACKED, explore, folder};
use targets::{TARGETS, Target};

const USAGE: &str = "usage: fuzz [--seconds N] [--seed N] [--keep] [TARGET…]\n\n\
    --seconds N  time for each target [default: 4]\n\
    --seed N     another sequence of inputs [default: 3]\n\
    --keep       write the smallest inputs that reach what was reached to tests/corpus, in place of those that are there";

fn main() {
    let (mut time, mut seed, mut is_kept, mut names) = (Duration::from_secs(4), 3, false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => time = Duration::from_secs(number(arguments.next())),
            "--seed" => seed = number(arguments.next()),
            "--keep" => is_kept = true,
            name if TARGETS.iter().any(|target| target.name == name) => names.push(argument),
            _ => {
                eprintln!("{USAGE}\n\nTARGET: {}", TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", "));
                std::process::exit(2);
            }
        }
    }
    for target in TARGETS.iter().filter(|target| names.is_empty() || names.iter().any(|name| name == target.name)) {
        let mut reached = Reached::default();
        let (inputs, corpus) = explore(target, time, &mut Dice(seed), || reached.takes_new());
        let (blocks, known) = (reached.blocks(), reached.count());
        assert!(blocks > 0, "the code is not counted: run scripts/fuzz");
        println!("{}: {inputs} inputs, {known} of {blocks} blocks reached, {} inputs reach what all do", target.name, corpus.len());
        if is_kept {
            replace(target, corpus);
        }
    }
}

fn number(argument: Option<String>) -> u64 {
    argument.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{USAGE}"))
}

/// Puts the inputs that lead far in the place of those that were kept before.
fn pack(target: &Target, inputs: &[Vec<u8>]) {
    std::fs::create_dir_all(folder(target)).unwrap();
    let packed = inputs.iter().flat_map(|input| [&u32::try_from(input.len()).unwrap().to_le_bytes()[..], input].concat());
    std::fs::write(folder(target).join(PACKED), packed.collect::<Vec<u8>>()).unwrap();
}

/// Keeps the inputs that are needed to reach the blocks that all of them reach, beyond those of the seeds; the shortest first.
fn replace(target: &Target, mut corpus: Vec<Vec<u8>>) {
    let mut reached = Reached::default();
    let mut is_needed = |bytes: &Vec<u8>| {
        (target.run)(bytes);
        reached.takes_new_blocks()
    };
    for seed in (target.seeds)() {
        is_needed(&seed);
    }
    corpus.sort_by_key(Vec::len);
    corpus.retain(is_needed);
    pack(target, &corpus);
    println!("{}: {} inputs kept", target.name, corpus.len());
}

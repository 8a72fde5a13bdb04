//! Runs a target on its corpus and on spoiled copies of it, and keeps the copies that reach new code.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use super::targets::Target;

/// The longest that one input may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer inputs are not kept: they cost time and tell no more.
const LONGEST: usize = 1 << 14;

/// Random numbers that are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(below.max(1)).unwrap()).unwrap()
    }
}

/// A spoiled copy: bits, bytes, numbers, pieces taken out, doubled, or from another input.
fn spoiled(corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = corpus[dice.roll(corpus.len())].clone();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len());
        let end = (at + 1 + dice.roll(16)).min(bytes.len());
        match dice.roll(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.roll(8),
            1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\n', b'-', b'9'][dice.roll(9)],
            2 => drop(bytes.drain(at.min(end)..end)),
            3 => {
                let piece = bytes[at.min(end)..end].to_vec();
                (0..=dice.roll(8)).for_each(|_| drop(bytes.splice(at.min(bytes.len())..at.min(bytes.len()), piece.iter().copied())));
            }
            4 => {
                let other = &corpus[dice.roll(corpus.len())];
                let from = dice.roll(other.len());
                let piece = other[from..(from + dice.roll(32)).min(other.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            5 => bytes.truncate(at),
            _ => {
                let value = [f64::NAN, f64::INFINITY, -0.0, 1e308, 5e-324, 1e9, 0.0][dice.roll(7)].to_le_bytes();
                let end = (at + 8).min(bytes.len());
                drop(bytes.splice(at.min(end)..end, value));
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// Where the kept inputs of a target are.
pub fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target.name)
}

/// The inputs that lead far, in one file of a folder: each with its length before it.
pub const PACKED: &str = "reaches.bin";

/// The seeds of a target, then what was kept.
pub fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let mut kept: Vec<PathBuf> = std::fs::read_dir(folder(target)).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    let inputs = kept.iter().flat_map(|path| {
        let bytes = std::fs::read(path).unwrap();
        if path.ends_with(PACKED) { unpacked(&bytes) } else { vec![bytes] }
    });
    (target.seeds)().into_iter().chain(inputs).collect()
}

fn unpacked(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let (input, others) = rest.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
        inputs.push(input.to_vec());
        bytes = others;
    }
    inputs
}

/// Writes an input that stops the target to its corpus, under a name made from its bytes.
fn keep(target: &Target, bytes: &[u8]) -> PathBuf {
    let folder = folder(target);
    std::fs::create_dir_all(&folder).unwrap();
    let hash = bytes.iter().fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let name = folder.join(format!("found-{hash:016x}.bin"));
    std::fs::write(&name, bytes).unwrap();
    name
}

/// Runs the corpus, then spoiled copies for so long. `is_new` says after each input whether it reached code that none before it did.
///
/// Returns how many inputs there were, and the corpus with those that reached new code.
///
/// # Panics
/// An input stops the target; it is in the corpus then. One that takes too long ends the process.
pub fn explore(target: &Target, time: Duration, dice: &mut Dice, mut is_new: impl FnMut() -> bool) -> (u64, Vec<Vec<u8>>) {
    let (started, mut inputs, mut corpus) = (Instant::now(), 0, corpus(target));
    let running: Mutex<Option<(Instant, Vec<u8>)>> = Mutex::new(None);
    let mut reaches_new = |bytes: &[u8]| {
        *running.lock().unwrap() = Some((Instant::now(), bytes.to_vec()));
        let outcome = std::panic::catch_unwind(|| (target.run)(bytes));
        assert!(outcome.is_ok(), "{}: stops the program on {}", target.name, keep(target, bytes).display());
        inputs += 1;
        is_new()
    };
    std::thread::scope(|scope| {
        let (ended, end) = mpsc::channel::<()>();
        scope.spawn(|| {
            let end = end;
            while end.recv_timeout(Duration::from_millis(500)) == Err(mpsc::RecvTimeoutError::Timeout) {
                if let Some((_, bytes)) = running.lock().unwrap().as_ref().filter(|(begun, _)| begun.elapsed() > PATIENCE) {
                    eprintln!("{}: does not come back from {}", target.name, keep(target, bytes).display());
                    std::process::abort();
                }
            }
        });
        let _ended = ended;
        for bytes in &corpus {
            reaches_new(bytes);
        }
        while started.elapsed() < time {
            let bytes = spoiled(&corpus, dice);
            if reaches_new(&bytes) {
                corpus.push(bytes);
            }
        }
    });
    (inputs, corpus)
}

//! Parsers and kernels of our own on spoiled input: they may refuse it, they may not stop the program, and they must come back.
//!
//! Every target takes bytes. The corpus (`tests/corpus/<target>`) is what it should understand and what once went wrong; spoiled copies are made from it,
//! the same ones in every run. `MUJUN_FUZZ_SECONDS` gives each target so much time instead of its usual second.

use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use mujun::model::{GeometryBuilder, GeometryColumn};
use mujun::read::vector::wkb;
use mujun::read::{Job, cells};
use mujun::spatial::area::planar_area_m2;
use mujun::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use mujun::spatial::validity;

/// The longest that one input may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Random numbers that are the same in every run.
struct Dice(u64);

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
    bytes
}

fn fuzz(target: &str, seeds: Vec<Vec<u8>>, run: impl Fn(&[u8])) {
    let mut corpus = seeds;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
    let mut kept: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    corpus.extend(kept.iter().map(|path| std::fs::read(path).unwrap()));
    let seconds = std::env::var("MUJUN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (started, mut dice, mut inputs) = (Instant::now(), Dice(3), 0_u64);
    let keep = |bytes: &[u8]| {
        std::fs::create_dir_all(&folder).unwrap();
        let hash = bytes.iter().fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        let name = folder.join(format!("found-{hash:016x}.bin"));
        std::fs::write(&name, bytes).unwrap();
        name
    };
    let running: Mutex<Option<(Instant, Vec<u8>)>> = Mutex::new(None);
    let mut check = |bytes: &[u8]| {
        *running.lock().unwrap() = Some((Instant::now(), bytes.to_vec()));
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(bytes)));
        assert!(outcome.is_ok(), "{target}: stops the program on {}", keep(bytes).display());
        inputs += 1;
    };
    std::thread::scope(|scope| {
        let (ended, end) = mpsc::channel::<()>();
        scope.spawn(|| {
            let end = end;
            while end.recv_timeout(Duration::from_millis(500)) == Err(mpsc::RecvTimeoutError::Timeout) {
                if let Some((_, bytes)) = running.lock().unwrap().as_ref().filter(|(begun, _)| begun.elapsed() > PATIENCE) {
                    eprintln!("{target}: does not come back from {}", keep(bytes).display());
                    std::process::abort();
                }
            }
        });
        let _ended = ended;
        corpus.iter().for_each(|bytes| check(bytes));
        while started.elapsed() < Duration::from_secs(seconds) {
            check(&spoiled(&corpus, &mut dice));
        }
    });
    println!("{target}: {inputs} inputs");
}

/// A multipolygon as WKB: per part its rings.
fn bytes_of(parts: &[&[&[(f64, f64)]]]) -> Vec<u8> {
    let count = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let mut wkb = [&[1][..], &count(6), &count(parts.len())].concat();
    for rings in parts {
        wkb.extend([&[1][..], &count(3), &count(rings.len())].concat());
        for ring in *rings {
            wkb.extend(count(ring.len()));
            ring.iter().for_each(|(x, y)| wkb.extend([x.to_le_bytes(), y.to_le_bytes()].concat()));
        }
    }
    wkb
}

fn polygons() -> Vec<Vec<u8>> {
    let square = |x: f64, side: f64| [(x, 0.0), (x + side, 0.0), (x + side, side), (x, side), (x, 0.0)];
    let (large, small, other) = (square(0.0, 10.0), square(2.0, 3.0), square(20.0, 5.0));
    let bow = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0), (0.0, 0.0)];
    let spike = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (10.0, 30.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)];
    vec![
        bytes_of(&[&[&large]]),
        bytes_of(&[&[&large, &small], &[&other]]),
        bytes_of(&[&[&bow]]),
        bytes_of(&[&[&spike]]),
        bytes_of(&[&[&large], &[&small]]),
    ]
}

fn decoded(bytes: &[u8]) -> Option<GeometryColumn> {
    let mut builder = GeometryBuilder::default();
    wkb::decode(bytes, &mut builder).ok()?;
    Some(builder.finish())
}

#[test]
fn wkb_and_the_kernels_behind_it() {
    fuzz("wkb", polygons(), |bytes| {
        let Some(column) = decoded(bytes) else { return };
        let shape = column.shape(0);
        assert!(planar_area_m2(shape).is_finite() || shape.coords().iter().any(|c| c.x.abs() > 1e150 || c.y.abs() > 1e150));
        if validity::is_valid(shape) {
            return;
        }
        if let Some(repaired) = validity::repaired(shape) {
            assert!(repaired.shape(0).coords().iter().all(|c| c.x.is_finite() && c.y.is_finite()));
        }
    });
}

#[test]
fn overlaps_of_valid_polygons() {
    let pair = |a: &[u8], b: &[u8]| [&u32::try_from(a.len()).unwrap().to_le_bytes()[..], a, b].concat();
    let all = polygons();
    let seeds = all.iter().flat_map(|a| all.iter().map(|b| pair(a, b))).collect();
    fuzz("overlap", seeds, |bytes| {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return };
        let cut = usize::try_from(u32::from_le_bytes(*length)).unwrap().min(rest.len());
        let (Some(a), Some(b)) = (decoded(&rest[..cut]), decoded(&rest[cut..])) else { return };
        if !validity::is_valid(a.shape(0)) || !validity::is_valid(b.shape(0)) {
            return;
        }
        let (area_a, area_b) = (planar_area_m2(a.shape(0)), planar_area_m2(b.shape(0)));
        let overlap_m2 = overlap_area_m2(PreparedColumn::new(&a).get(0), b.shape(0), area_b, &mut Scratch::default());
        let reach = a.shape(0).coords().iter().chain(b.shape(0).coords()).fold(1.0, |reach: f64, c| reach.max(c.x.abs()).max(c.y.abs()));
        if reach < 1e6 {
            assert!(
                overlap_m2 >= -1e-9 * reach * reach && overlap_m2 <= area_a.min(area_b) + 1e-9 * reach * reach,
                "{overlap_m2} of {area_a} and {area_b}"
            );
        }
    });
}

#[test]
fn cells_of_tables() {
    let seeds = [
        "1,234.5 亩",
        "３.５公顷",
        "-0",
        "2025年12月31日",
        "20251231",
        "1e5",
        "是",
        "2,000.00㎡",
        "0.5 %",
        "12/31/2025",
        "4,096",
        "<5",
        "二〇二五",
    ];
    fuzz("cells", seeds.map(|text| text.as_bytes().to_vec()).into(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let cells::Cell::Value(quantity) = cells::number(&text) {
            assert!(quantity.value.is_finite(), "{text}");
        }
        let _ = (cells::plain_number(bytes), cells::date(&text), cells::year(&text), cells::boolean(&text), cells::unit(&text));
    });
}

#[test]
fn job_files() {
    let sample = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/job.toml")).unwrap();
    fuzz("job", vec![sample, b"as_of = 2025-12-31\n[parcels]\npath = 'p.gpkg'\n[stop]\nmax_rejects_share = 0.5\n".to_vec()], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Err(errors) = Job::parse(&text, Path::new("job.toml"), None) {
            assert!(!errors.faults.is_empty() && !errors.report().is_empty());
        }
    });
}

#[test]
fn files_of_project_figures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/audit");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    fuzz("audit", files.iter().map(|path| std::fs::read(path).unwrap()).collect(), |bytes| {
        if let Err(faults) = mujun::audit::audit("a.toml", &String::from_utf8_lossy(bytes)) {
            assert!(!faults.is_empty());
        }
    });
}

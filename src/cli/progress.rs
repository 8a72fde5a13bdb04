//! Progress: a bar with rate and time left on a terminal, spaced lines in a log.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt;
use super::printer::{Printer, grouped};
use crate::model::{Progress, StageTiming, Timings};
use crate::say;

/// A log gets a line of a stage that goes on at most this often.
const LOG_EVERY: Duration = Duration::from_secs(10);
const BAR: &str = "{msg:<10} {wide_bar} {human_pos}/{human_len} {per_sec} ";
const SPINNER: &str = "{spinner} {msg:<10} {elapsed}";

/// What the run tells the user.
pub enum Reporter {
    /// Nothing, but it can be stopped.
    Silent,
    /// A line that is drawn over.
    Bar(Mutex<Option<ProgressBar>>),
    /// Lines in a log.
    Log(Log),
}

/// The stage that a log is in.
#[derive(Default)]
pub struct Log {
    stage: Mutex<Option<LoggedStage>>,
    done: AtomicU64,
}

struct LoggedStage {
    name: String,
    total: Option<u64>,
    started: Instant,
    last_line: Instant,
}

impl Reporter {
    /// The reporter that fits where stderr goes.
    pub fn new(printer: &Printer) -> Self {
        match (printer.shows_progress(), printer.is_terminal()) {
            (false, _) => Self::Silent,
            (true, true) => Self::Bar(Mutex::default()),
            (true, false) => Self::Log(Log::default()),
        }
    }

    /// Ends the last stage.
    pub fn finish(&self) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => replace_bar(bar, None),
            Self::Log(log) => log.end_stage(),
        }
    }
}

impl Progress for Reporter {
    fn stage(&self, name: &str, total: Option<u64>) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => replace_bar(bar, Some(new_bar(&stage_word(name), total))),
            Self::Log(log) => log.begin_stage(&stage_word(name), total),
        }
    }

    fn advance(&self, n: u64) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                if let Some(bar) = locked(bar).as_ref() {
                    bar.inc(n);
                }
            }
            Self::Log(log) => log.advance(n),
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

/// What a stage is called.
fn stage_word(name: &str) -> String {
    match name {
        "read" => say!("read"),
        "validate" => say!("validate"),
        "measure" => say!("measure"),
        "locate" => say!("locate"),
        "standards" => say!("standards"),
        "life_cycle" => say!("life_cycle"),
        "grade" => say!("grade"),
        "low_efficiency" => say!("low_efficiency"),
        "tools" => say!("tools"),
        "summarise" => say!("summarise"),
        "write" => say!("write"),
        other => other.to_owned(),
    }
}

/// Passes everything on and notes what each stage took.
pub struct Stopwatch<'a> {
    inner: &'a dyn Progress,
    laps: Mutex<Vec<(String, Instant)>>,
    /// What ran beside the stages, with its begin and end.
    beside: Mutex<Vec<(String, Instant, Option<Instant>)>>,
}

impl<'a> Stopwatch<'a> {
    /// A stopwatch before `inner`.
    pub fn new(inner: &'a dyn Progress) -> Self {
        Self { inner, laps: Mutex::default(), beside: Mutex::default() }
    }

    /// What every stage so far took, the last one until now; then what ran beside them.
    pub fn timings(&self, threads: usize) -> Timings {
        let laps = locked(&self.laps);
        let ends = laps.iter().skip(1).map(|(_, start)| *start).chain([Instant::now()]);
        let stages =
            laps.iter().zip(ends).map(|((stage, start), end)| StageTiming { stage: stage.clone(), seconds: (end - *start).as_secs_f64() });
        let beside = locked(&self.beside);
        let beside = beside
            .iter()
            .filter_map(|(name, begun, ended)| Some(StageTiming { stage: name.clone(), seconds: ((*ended)? - *begun).as_secs_f64() }));
        Timings { threads, stages: stages.chain(beside).collect() }
    }
}

impl Progress for Stopwatch<'_> {
    fn stage(&self, name: &str, total: Option<u64>) {
        locked(&self.laps).push((name.to_owned(), Instant::now()));
        self.inner.stage(name, total);
    }

    fn beside(&self, name: &str) {
        let mut beside = locked(&self.beside);
        match beside.iter_mut().find(|(own, _, ended)| own == name && ended.is_none()) {
            Some((_, _, ended)) => *ended = Some(Instant::now()),
            None => beside.push((name.to_owned(), Instant::now(), None)),
        }
    }

    fn advance(&self, n: u64) {
        self.inner.advance(n);
    }

    fn cancelled(&self) -> bool {
        self.inner.cancelled()
    }
}

/// Progress goes on after a thread has died: what it shows is no result.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn replace_bar(slot: &Mutex<Option<ProgressBar>>, bar: Option<ProgressBar>) {
    if let Some(old) = std::mem::replace(&mut *locked(slot), bar) {
        old.finish_and_clear();
    }
}

fn new_bar(name: &str, total: Option<u64>) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = if total.is_some() { BAR.to_owned() + &say!("{{eta}} left") } else { SPINNER.to_owned() };
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Log {
    fn begin_stage(&self, name: &str, total: Option<u64>) {
        self.end_stage();
        let now = Instant::now();
        *locked(&self.stage) = Some(LoggedStage { name: name.to_owned(), total, started: now, last_line: now });
    }

    fn advance(&self, n: u64) {
        let done = self.done.fetch_add(n, Ordering::Relaxed) + n;
        // Whoever finds the stage taken leaves the line to the other.
        if let Ok(mut stage) = self.stage.try_lock()
            && let Some(stage) = stage.as_mut()
            && stage.last_line.elapsed() >= LOG_EVERY
        {
            stage.last_line = Instant::now();
            line(&going_on(&stage.name, done, stage.total, stage.started.elapsed()));
        }
    }

    fn end_stage(&self) {
        let done = self.done.swap(0, Ordering::Relaxed);
        if let Some(stage) = locked(&self.stage).take() {
            let seconds = stage.started.elapsed().as_secs_f64();
            let (name, seconds) = (stage.name, format!("{seconds:.1}"));
            line(&match done {
                0 => say!("{name}: {seconds} s", name, seconds),
                _ => say!("{name}: {done}, {seconds} s", name, done = grouped(done), seconds),
            });
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
fn going_on(name: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-3);
    match total {
        Some(total) if rate > 0.0 => {
            let left = total.saturating_sub(done) as f64 / rate;
            let (rate, left) = (format_args!("{rate:.0}"), format_args!("{left:.0}"));
            say!("{name}: {done} of {total}, {rate}/s, {left} s left", name, done = grouped(done), total = grouped(total), rate, left)
        }
        _ => say!("{name}: {done}, {rate}/s", name, done = grouped(done), rate = format_args!("{rate:.0}")),
    }
}

fn line(text: &str) {
    // A log that cannot be written does not stop the work.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_rate_and_time_left() {
        let check = |total, expected: &str| assert_eq!(going_on("measure", 4000, total, Duration::from_secs(2)), expected);
        check(Some(10_000), "measure: 4,000 of 10,000, 2000/s, 3 s left");
        check(None, "measure: 4,000, 2000/s");
    }
}

//! Ctrl-C and the signal to end: the first asks the run to stop, so that it can clean up; the second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// What a process ends with that was stopped by Ctrl-C.
const EXIT_CODE: i32 = 130;

/// Listens from now on. A system without signals is none that this program could be stopped on.
pub fn listen() {
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            // What is left of the temporary directory is removed by the next run.
            std::process::exit(EXIT_CODE);
        }
    });
}

/// Whether the user has asked to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

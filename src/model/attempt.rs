//! Work of a library that may give up by a panic: what is caught is an answer.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static ATTEMPTS: Cell<bool> = const { Cell::new(false) };
}

/// What the work gives; none where it panics, without a word on stderr. Overlays do on some polygons whose rings meet in many places, readers of
/// workbooks on damaged ones.
pub fn attempt<T>(work: impl FnOnce() -> T) -> Option<T> {
    static SILENT: Once = Once::new();
    // What is caught is an answer, and needs no message on stderr.
    SILENT.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !ATTEMPTS.get() {
                usual(panic);
            }
        }));
    });
    let before = ATTEMPTS.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    ATTEMPTS.set(before);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer() {
        assert_eq!(attempt(|| 1), Some(1));
        assert_eq!(attempt(|| attempt(|| [1_usize].into_iter().map(|n| 1 / (n - 1)).sum::<usize>())), Some(None));
    }
}

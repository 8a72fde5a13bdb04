//! How a run tells what it is doing. The terminal and the clock are on the other side of [`Progress`]: stages know neither.

/// Hears how far a run is.
pub trait Progress: Sync {
    /// The stage `name` begins; `total` is how many units it will report, where that is known.
    fn stage(&self, name: &str, total: Option<u64>);
    /// Work beside the stages begins or, when it is named again, ends.
    fn beside(&self, _name: &str) {}
    /// `n` more units of the stage are done.
    fn advance(&self, n: u64);
    /// Whether the user has asked to stop; a run looks between stages and ends with an error of its own.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _n: u64) {}
}

//! What is said of a published value.

use super::figure::{Figure, Relation};
use super::formula::Interval;
use super::raw::Verdict;

/// How near a loosely worded value must be to count as right without reserve.
const NEAR: f64 = 0.01;

/// How the figures of a formula are worded.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// Whether one of them is loose.
    pub is_loose: bool,
    /// Whether they are named parts of a whole.
    pub parts: bool,
}

/// The verdict over the results on all bases, the stated one first.
pub fn of(results: &[Interval], published: Option<&Figure>, wording: Wording) -> Verdict {
    let Some(published) = published else { return Verdict::None };
    let mut said = results.iter().map(|result| on_base(*result, published, wording));
    match said.next() {
        Some(Verdict::No) | None if said.any(|other| other != Verdict::No) => Verdict::Base,
        Some(verdict) => verdict,
        None => Verdict::No,
    }
}

fn on_base(result: Interval, published: &Figure, wording: Wording) -> Verdict {
    let slack = 1e-12 * published.value.abs();
    let (low, high) = (published.low - slack, published.high + slack);
    let (agrees, may_agree) = match published.relation {
        Relation::Equal => {
            let near = published.is_loose && (result.value - published.value).abs() <= NEAR * published.value.abs();
            let meets = result.low <= high && low <= result.high;
            (near || (low <= result.value && result.value <= high), meets || (wording.parts && result.low <= high))
        }
        Relation::Least => (result.value >= low, result.high >= low),
        Relation::Most => (result.value <= high, result.low <= high),
    };
    let is_loose = wording.is_loose || wording.parts || published.is_loose;
    match (agrees, may_agree) {
        (true, _) => Verdict::Ok,
        (false, true) if is_loose => Verdict::Loosely,
        (false, true) => Verdict::Ok,
        (false, false) => Verdict::No,
    }
}

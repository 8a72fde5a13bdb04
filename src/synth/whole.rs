//! Whole numbers from other numbers, in one place.

/// The whole part of a number that is not negative; 0 for one that is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` drops the fraction and saturates, which is what is asked for"
)]
pub(super) fn part(value: f64) -> usize {
    value as usize
}

/// A grid line, which may be negative, as a key for hashing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only the bits count")]
pub(super) fn key(line: f64) -> u64 {
    line as i64 as u64
}

/// A count as a size in memory.
pub(super) fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

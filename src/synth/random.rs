//! Chance that depends on nothing but the seed and a place in the city.
//!
//! **Invariant:** every draw comes from a stream keyed by (seed, stream) or from a hash of the seed and keys, never
//! from the order in which threads run. Only `+ - * /` and `sqrt` are used on the way to a coordinate, which IEEE 754
//! rounds alike on every machine; `sin`, `exp` and the like differ between C libraries.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;

/// A deterministic stream of draws.
pub(super) struct Dice(Pcg64);

impl Dice {
    /// The stream of one place (a block, a zone) in the city of `seed`.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg64::new(u128::from(seed), u128::from(stream)))
    }

    /// A number in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        unit_of(self.0.next_u64())
    }

    /// A number in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number in [0, end); 0 when `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * end as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Yes with the given probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of the items, or nothing when there is none.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).copied()
    }

    /// Puts the items in a random order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Mixes the seed and keys into 64 bits (the finaliser of SplitMix64 over each key).
pub(super) fn hash(seed: u64, keys: &[u64]) -> u64 {
    keys.iter().fold(mix(seed), |state, &key| mix(state ^ mix(key.wrapping_add(0x9e37_79b9_7f4a_7c15))))
}

/// The top 53 bits as a number in [0, 1).
pub(super) fn unit_of(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A hash as a number in [-1, 1).
pub(super) fn signed(seed: u64, keys: &[u64]) -> f64 {
    2.0 * unit_of(hash(seed, keys)) - 1.0
}

fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

//! Which code was reached, where the compiler was asked to count (`scripts/fuzz` does).
//!
//! LLVM gives every block of code a counter of one byte and hands the counters over before `main`.

use std::sync::Mutex;

/// Where the counters of each part of the program begin, and how many they are.
static COUNTERS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// LLVM calls it with the first counter of a part of the program and the end of its counters.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    COUNTERS.lock().unwrap().push((start as usize, end as usize - start as usize));
}

/// What was reached so far: of each counter, the orders of magnitude that it had.
#[derive(Default)]
pub struct Reached {
    orders: Vec<u8>,
}

impl Reached {
    /// How many blocks of code there are; none where the compiler did not count.
    pub fn blocks(&self) -> usize {
        COUNTERS.lock().unwrap().iter().map(|(_, length)| length).sum()
    }

    /// How many of them were reached.
    pub fn count(&self) -> usize {
        self.orders.iter().filter(|orders| **orders != 0).count()
    }

    /// Takes the counters and sets them to zero; whether one has an order of magnitude that it never had.
    pub fn takes_new(&mut self) -> bool {
        self.takes(|count| count.checked_ilog2().map_or(0, |order| 1 << order))
    }

    /// The same; whether one is not zero that always was.
    pub fn takes_new_blocks(&mut self) -> bool {
        self.takes(|count| u8::from(count > 0))
    }

    fn takes(&mut self, order: impl Fn(u8) -> u8 + Copy) -> bool {
        self.orders.resize(self.blocks(), 0);
        let (mut is_new, mut rest) = (false, self.orders.as_mut_slice());
        for &(start, length) in COUNTERS.lock().unwrap().iter() {
            // SAFETY: LLVM hands over memory that lives as long as the program; a count that another thread makes meanwhile may get lost.
            let counters = unsafe { std::slice::from_raw_parts_mut(start as *mut u8, length) };
            let (orders, others) = rest.split_at_mut(length);
            rest = others;
            // Nearly all are zero.
            for (counters, orders) in counters.chunks_mut(32).zip(orders.chunks_mut(32)) {
                if counters.iter().any(|counter| *counter != 0) {
                    is_new |= take(counters, orders, order);
                }
            }
        }
        is_new
    }
}

fn take(counters: &mut [u8], orders: &mut [u8], order: impl Fn(u8) -> u8) -> bool {
    let mut is_new = false;
    for (counter, seen) in counters.iter_mut().zip(orders) {
        // Taken once: this code is counted, too.
        let order = order(std::mem::take(counter));
        is_new |= order & !*seen != 0;
        *seen |= order;
    }
    is_new
}

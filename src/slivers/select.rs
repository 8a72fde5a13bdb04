//! Which plots are recommended where all together are too much.
//!
//! Areas are whole hundredths of a square metre. Among sets that serve the objective equally well the one is taken that has the first plot in order of
//! priority, then the second, and so on: the answer never depends on the order of rows.

#![expect(clippy::indexing_slicing, reason = "plots are numbered by their place in the list of areas")]

use crate::rules::{Objective, Selection};

/// How a recommendation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All plots together pass.
    All,
    /// The best of all sets.
    Exact,
    /// One plot after the other, as long as it fits.
    Greedy,
}

impl Method {
    /// The word in `selection`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exact => "exact",
            Self::Greedy => "greedy",
        }
    }
}

/// Whether each plot is recommended. `areas` are in order of priority; their sum may be at most `capacity`.
#[must_use]
pub fn choose(areas: &[i64], capacity: i64, selection: &Selection) -> (Vec<bool>, Method) {
    if areas.iter().sum::<i64>() <= capacity {
        return (vec![true; areas.len()], Method::All);
    }
    if areas.len() <= selection.exact_up_to {
        (exact(areas, capacity, selection.objective), Method::Exact)
    } else {
        (greedy(areas, capacity, selection.objective), Method::Greedy)
    }
}

/// One plot after the other: by priority, the largest first or the smallest first.
fn greedy(areas: &[i64], capacity: i64, objective: Objective) -> Vec<bool> {
    let mut order: Vec<usize> = (0..areas.len()).collect();
    match objective {
        Objective::Priority => {}
        Objective::MaxArea => order.sort_by_key(|&plot| std::cmp::Reverse(areas[plot])),
        Objective::MaxCount => order.sort_by_key(|&plot| areas[plot]),
    }
    let mut taken = vec![false; areas.len()];
    let mut left = capacity;
    for plot in order {
        if areas[plot] <= left {
            left -= areas[plot];
            taken[plot] = true;
        }
    }
    taken
}

/// The best of all sets. By priority that is what taking one plot after the other gives: the first that fits is in the best set.
fn exact(areas: &[i64], capacity: i64, objective: Objective) -> Vec<bool> {
    let gains = match objective {
        Objective::Priority => return greedy(areas, capacity, objective),
        Objective::MaxArea => areas.to_vec(),
        Objective::MaxCount => vec![1; areas.len()],
    };
    let mut rest = vec![0; areas.len() + 1];
    for plot in (0..areas.len()).rev() {
        rest[plot] = rest[plot + 1] + gains[plot];
    }
    let mut search = Search { areas, gains: &gains, rest: &rest, best: -1, best_set: 0 };
    search.from(Set { next: 0, left: capacity, gain: 0, set: 0 });
    (0..areas.len()).map(|plot| search.best_set & (1 << plot) != 0).collect()
}

/// A search through all sets, those with an earlier plot first, so that the first of equals stays.
struct Search<'a> {
    areas: &'a [i64],
    gains: &'a [i64],
    /// The gain of all plots from each on.
    rest: &'a [i64],
    best: i64,
    best_set: u32,
}

/// A set whose plots from `next` on are undecided.
#[derive(Clone, Copy)]
struct Set {
    next: usize,
    left: i64,
    gain: i64,
    set: u32,
}

impl Search<'_> {
    /// Depth is at most the number of plots, which rules hold to 24.
    fn from(&mut self, at: Set) {
        if at.gain + self.rest[at.next] <= self.best {
            return;
        }
        if at.next == self.areas.len() {
            (self.best, self.best_set) = (at.gain, at.set);
            return;
        }
        let area = self.areas[at.next];
        if area <= at.left {
            self.from(Set { next: at.next + 1, left: at.left - area, gain: at.gain + self.gains[at.next], set: at.set | (1 << at.next) });
        }
        self.from(Set { next: at.next + 1, ..at });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::slivers::fixture;

    fn selection(objective: Objective) -> Selection {
        Selection { objective, ..fixture::rule().selection.unwrap() }
    }

    fn chosen(areas: &[i64], capacity: i64, objective: Objective) -> (Vec<usize>, Method) {
        let (taken, method) = choose(areas, capacity, &selection(objective));
        ((0..areas.len()).filter(|&plot| taken[plot]).collect(), method)
    }

    #[test]
    fn each_objective_has_its_set() {
        let areas = [60, 50, 50, 10];
        assert_eq!(chosen(&areas, 100, Objective::Priority), (vec![0, 3], Method::Exact));
        assert_eq!(chosen(&areas, 100, Objective::MaxArea), (vec![1, 2], Method::Exact));
        assert_eq!(chosen(&areas, 110, Objective::MaxCount), (vec![1, 2, 3], Method::Exact));
        assert_eq!(chosen(&areas, 170, Objective::Priority), (vec![0, 1, 2, 3], Method::All));
        assert_eq!(chosen(&areas, 9, Objective::MaxArea), (vec![], Method::Exact));
    }

    #[test]
    fn of_equal_sets_the_one_with_the_first_plot_is_taken() {
        assert_eq!(chosen(&[30, 30, 30], 60, Objective::MaxArea).0, [0, 1]);
        assert_eq!(chosen(&[30, 30, 30], 60, Objective::MaxCount).0, [0, 1]);
        // 70 by the first and third or by the second and fourth.
        assert_eq!(chosen(&[40, 50, 30, 20], 70, Objective::MaxArea).0, [0, 2]);
        assert_eq!(chosen(&[50, 40, 20, 30], 70, Objective::MaxArea).0, [0, 2]);
        // Two plots either way: the first one fits with the third.
        assert_eq!(chosen(&[50, 40, 20, 30], 70, Objective::MaxCount).0, [0, 2]);
    }

    #[test]
    fn above_twenty_plots_every_set_is_no_longer_looked_at() {
        // Nineteen or twenty plots of 2 and, last in order, one of 5: 5 is the best that fits into 5.
        let areas = |twos: usize| [vec![2; twos], vec![5]].concat();
        assert_eq!(chosen(&areas(19), 5, Objective::MaxArea), (vec![19], Method::Exact));
        assert_eq!(chosen(&areas(20), 5, Objective::MaxArea), (vec![20], Method::Greedy));
        assert_eq!(chosen(&areas(20), 7, Objective::MaxCount), (vec![0, 1, 2], Method::Greedy));
        // The largest first does not fill the room: 6 alone, where 5 and 5 would.
        let traps = [vec![6, 5, 5], vec![11; 17]].concat();
        assert_eq!(chosen(&traps, 10, Objective::MaxArea), (vec![1, 2], Method::Exact));
        assert_eq!(chosen(&[traps, vec![11]].concat(), 10, Objective::MaxArea), (vec![0], Method::Greedy));
    }

    /// Every set, the better by `gain`, then by the plots in order.
    fn brute_force(areas: &[i64], capacity: i64, gain: impl Fn(&[bool]) -> i64) -> Vec<bool> {
        let sets = (0..1_u32 << areas.len()).map(|set| (0..areas.len()).map(|plot| set & (1 << plot) != 0).collect::<Vec<_>>());
        let sum = |set: &[bool]| areas.iter().zip(set).filter(|(_, taken)| **taken).map(|(area, _)| *area).sum::<i64>();
        sets.filter(|set| sum(set) <= capacity).max_by_key(|set| (gain(set), set.clone())).unwrap()
    }

    proptest! {
        #[test]
        fn the_exact_set_is_that_of_brute_force(areas in proptest::collection::vec(1_i64..40, 1..10), capacity in 0_i64..200) {
            prop_assume!(areas.iter().sum::<i64>() > capacity);
            let sum = |set: &[bool]| areas.iter().zip(set).filter(|(_, taken)| **taken).map(|(area, _)| *area).sum::<i64>();
            let count = |set: &[bool]| i64::try_from(set.iter().filter(|taken| **taken).count()).unwrap();
            prop_assert_eq!(choose(&areas, capacity, &selection(Objective::MaxArea)).0, brute_force(&areas, capacity, sum));
            prop_assert_eq!(choose(&areas, capacity, &selection(Objective::MaxCount)).0, brute_force(&areas, capacity, count));
            prop_assert_eq!(choose(&areas, capacity, &selection(Objective::Priority)).0, brute_force(&areas, capacity, |_| 0));
        }
    }
}

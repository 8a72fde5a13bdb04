//! All decisions of a run by parcel and rule, those of bulk rules among the others, from any row on.
//!
//! **Invariant:** the order depends on the decisions alone: parcel, then rule id and version, then as pushed.

use std::collections::BTreeSet;

use super::bulk_decisions::{BulkRule, Fact};
use super::{DecisionRow, DecisionTable, RuleRef, Verdict};

/// The decisions in their order.
#[derive(Debug)]
pub struct OrderedDecisions<'a> {
    table: &'a DecisionTable,
    /// The rows that were pushed, ordered, each with the place of the id of its rule among all.
    pushed: Vec<(u32, u32)>,
    /// How many of them are of the parcels before each parcel.
    before: Vec<u32>,
    /// The bulk rules, ordered, each with the place of its id among all.
    bulk: Vec<(u32, &'a BulkRule, &'a [Fact])>,
}

/// A decision, as the ledger has it.
#[derive(Clone, Copy, Debug)]
pub enum OrderedRow<'a> {
    /// A decision that was pushed.
    Pushed(DecisionRow<'a>),
    /// The decision of a bulk rule on a parcel.
    Bulk(&'a BulkRule, &'a [Fact], u32),
}

impl<'a> OrderedRow<'a> {
    /// The row of the parcel in the inventory.
    #[must_use]
    pub const fn parcel(&self) -> u32 {
        match self {
            Self::Pushed(row) => row.parcel,
            Self::Bulk(_, _, parcel) => *parcel,
        }
    }

    /// `<pack>.<kind>.<id>`.
    #[must_use]
    pub fn rule_id(&self) -> &'a str {
        match self {
            Self::Pushed(row) => row.rule_id,
            Self::Bulk(rule, ..) => &rule.rule_id,
        }
    }

    /// The version of the pack.
    #[must_use]
    pub fn rule_version(&self) -> &'a str {
        match self {
            Self::Pushed(row) => row.rule_version,
            Self::Bulk(rule, ..) => &rule.rule_version,
        }
    }

    /// The answer.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Pushed(row) => row.verdict,
            Self::Bulk(rule, _, parcel) => rule.pattern(*parcel as usize).map_or(Verdict::Unknown, |pattern| pattern.verdict),
        }
    }

    /// Why, in words a planner reads.
    #[must_use]
    pub fn reasons(&self) -> &'a str {
        match self {
            Self::Pushed(row) => row.reasons(),
            Self::Bulk(rule, _, parcel) => rule.pattern(*parcel as usize).map_or("", |pattern| &pattern.reasons),
        }
    }

    /// Appends the facts used, a JSON object, to `out`.
    pub fn append_facts(&self, out: &mut Vec<u8>) {
        match self {
            Self::Pushed(row) => row.append_facts(out),
            Self::Bulk(rule, facts, parcel) => {
                if let Some(pattern) = rule.pattern(*parcel as usize) {
                    pattern.append_facts(facts, *parcel as usize, out);
                }
            }
        }
    }
}

impl<'a> OrderedDecisions<'a> {
    /// Orders the decisions of a table.
    #[must_use]
    pub fn new(table: &'a DecisionTable) -> Self {
        let bulk = || table.bulk().iter().flat_map(|bulk| bulk.rules.iter().map(|rule| (rule, &*bulk.facts)));
        let of = |rule: &BulkRule| RuleRef { rule_id: rule.rule_id.clone(), rule_version: rule.rule_version.clone() };
        let all: BTreeSet<RuleRef> = table.rules().iter().cloned().chain(bulk().map(|(rule, _)| of(rule))).collect();
        let all: Vec<RuleRef> = all.into_iter().collect();
        let rank = |rule: &RuleRef| all.binary_search(rule).map_or(u32::MAX, |place| u32::try_from(place).unwrap_or(u32::MAX));
        let mut ordered: Vec<_> = bulk().map(|(rule, facts)| (rank(&of(rule)), rule, facts)).collect();
        ordered.sort_by_key(|(rank, ..)| *rank);
        let ranks: Vec<u32> = table.rules().iter().map(rank).collect();
        let rank_of = |row: u32| table.row(row as usize).and_then(|row| ranks.get(row.rule_number()).copied()).unwrap_or(u32::MAX);
        let pushed: Vec<(u32, u32)> = table.order().into_iter().map(|row| (row, rank_of(row))).collect();
        let before = if ordered.is_empty() { Vec::new() } else { counts(table, &pushed, parcels(table, &ordered)) };
        Self { table, pushed, before, bulk: ordered }
    }

    /// The number of decisions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pushed.len() + self.bulk.len() * self.before.len().saturating_sub(1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether most decisions are of bulk rules, so that texts repeat.
    #[must_use]
    pub fn is_mostly_bulk(&self) -> bool {
        self.len() > 4 * self.pushed.len()
    }

    /// The decisions from row `start` on.
    pub fn rows(&self, start: usize) -> impl Iterator<Item = OrderedRow<'a>> + '_ {
        let mut at = self.seek(start);
        std::iter::from_fn(move || self.next(&mut at))
    }

    /// Where row `start` stands.
    fn seek(&self, start: usize) -> Place {
        if self.bulk.is_empty() {
            return Place { parcel: 0, pushed: start, bulk: 0 };
        }
        let first = |parcel: usize| self.before.get(parcel).map_or(usize::MAX, |n| *n as usize + parcel * self.bulk.len());
        let (mut low, mut high) = (0, self.before.len());
        while low + 1 < high {
            let middle = usize::midpoint(low, high);
            if first(middle) <= start { low = middle } else { high = middle }
        }
        let mut at = Place { parcel: low, pushed: self.before.get(low).map_or(0, |n| *n as usize), bulk: 0 };
        for _ in first(low)..start {
            self.next(&mut at);
        }
        at
    }

    fn next(&self, at: &mut Place) -> Option<OrderedRow<'a>> {
        if self.bulk.is_empty() {
            return self.push_on(at);
        }
        loop {
            let end = *self.before.get(at.parcel + 1)? as usize;
            let bulk = self.bulk.get(at.bulk);
            let rank = self.pushed.get(at.pushed).filter(|_| at.pushed < end).map(|(_, rank)| rank);
            if rank.is_some_and(|rank| bulk.is_none_or(|(own, ..)| rank <= own)) {
                return self.push_on(at);
            }
            if let Some((_, rule, facts)) = bulk {
                at.bulk += 1;
                return Some(OrderedRow::Bulk(rule, facts, u32::try_from(at.parcel).unwrap_or(u32::MAX)));
            }
            *at = Place { parcel: at.parcel + 1, pushed: at.pushed, bulk: 0 };
        }
    }

    /// The next row that was pushed.
    fn push_on(&self, at: &mut Place) -> Option<OrderedRow<'a>> {
        let (row, _) = self.pushed.get(at.pushed)?;
        at.pushed += 1;
        self.table.row(*row as usize).map(OrderedRow::Pushed)
    }
}

/// A place between two decisions.
struct Place {
    parcel: usize,
    pushed: usize,
    bulk: usize,
}

/// How many parcels have decisions.
fn parcels(table: &DecisionTable, bulk: &[(u32, &BulkRule, &[Fact])]) -> usize {
    let of_bulk = bulk.iter().map(|(_, rule, _)| rule.numbers.len()).max().unwrap_or(0);
    let of_pushed = table.rows().map(|row| row.parcel as usize + 1).max().unwrap_or(0);
    of_bulk.max(of_pushed)
}

/// How many of the pushed rows are of the parcels before each parcel, and of all.
fn counts(table: &DecisionTable, pushed: &[(u32, u32)], parcels: usize) -> Vec<u32> {
    let mut before = Vec::with_capacity(parcels + 1);
    let mut rows = pushed.iter().filter_map(|(row, _)| table.row(*row as usize)).peekable();
    let mut count = 0_u32;
    for parcel in 0..parcels {
        before.push(count);
        while rows.next_if(|row| row.parcel as usize == parcel).is_some() {
            count += 1;
        }
    }
    before.push(count);
    before
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{BulkDecisions, DecisionText, Pattern};
    use super::*;

    fn bulk(ids: &[&str], numbers: &[&[u16]]) -> BulkDecisions {
        let pattern = |verdict, reasons: &str| Pattern::new(verdict, reasons.into(), Vec::new());
        let rules = ids.iter().zip(numbers).map(|(id, numbers)| BulkRule {
            rule_id: (*id).into(),
            rule_version: "1".into(),
            numbers: numbers.to_vec(),
            patterns: vec![pattern(Verdict::Yes, "one"), pattern(Verdict::No, "two")],
        });
        BulkDecisions::new(rules.collect(), Vec::new())
    }

    fn listed(ordered: &OrderedDecisions<'_>, start: usize) -> Vec<(u32, String, Verdict, String)> {
        ordered.rows(start).map(|row| (row.parcel(), row.rule_id().to_owned(), row.verdict(), row.reasons().to_owned())).collect()
    }

    #[test]
    fn bulk_and_pushed_decisions_are_one_order() {
        let mut table = DecisionTable::default();
        let rule = table.rule(&"p.grading.g".into(), &"1".into());
        table.push(1, rule, Verdict::Unknown, DecisionText { reasons: "pushed", facts: "{\"a\":1}" });
        table.add_bulk(bulk(&["p.toolbox.1", "p.a.x"], &[&[0, 1], &[1, 0]]));
        let ordered = OrderedDecisions::new(&table);
        let ids: Vec<_> = listed(&ordered, 0).into_iter().map(|(parcel, id, ..)| (parcel, id)).collect();
        let expected = [(0, "p.a.x"), (0, "p.toolbox.1"), (1, "p.a.x"), (1, "p.grading.g"), (1, "p.toolbox.1")];
        assert_eq!(ids, expected.map(|(parcel, id)| (parcel, id.to_owned())));
        assert_eq!(ordered.len(), 5);
        let mut facts = Vec::new();
        ordered.rows(3).next().unwrap().append_facts(&mut facts);
        assert_eq!(facts, b"{\"a\":1}");
        assert_eq!(listed(&ordered, 1)[0].2, Verdict::Yes);
    }

    proptest! {
        #[test]
        fn any_row_may_be_the_first(pushed in prop::collection::vec((0_u32..6, 0_usize..3), 0..12), numbers in prop::collection::vec(0_u16..2, 0..5)) {
            let mut table = DecisionTable::default();
            for (parcel, rule) in &pushed {
                let number = table.rule(&["a.k.r", "m.k.r", "z.k.r"][*rule].into(), &"1".into());
                table.push(*parcel, number, Verdict::Yes, DecisionText::default());
            }
            table.add_bulk(bulk(&["b.k.r", "y.k.r"], &[&numbers, &numbers]));
            let ordered = OrderedDecisions::new(&table);
            let all = listed(&ordered, 0);
            prop_assert!(all.is_sorted_by_key(|(parcel, id, ..)| (*parcel, id.clone())));
            prop_assert!(all.len() >= pushed.len() + 2 * numbers.len());
            for start in 0..=all.len() {
                prop_assert_eq!(&listed(&ordered, start)[..], &all[start..]);
            }
        }
    }
}

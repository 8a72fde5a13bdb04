//! Decisions as columns: a million parcels have several each, and a struct with two strings for every one would be most of the memory of a run.
//!
//! **Invariant:** all columns have the same length; `ends` never falls and its last value is the length of `text`.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Decision, Verdict};

/// A rule that decided, numbered within one [`DecisionTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleNumber(u32);

/// The id and version of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleRef {
    /// `<pack>.<kind>.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub rule_version: Arc<str>,
}

/// All decisions of a run, in any order; the ledger is sorted by parcel and rule when it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionTable {
    rules: Vec<RuleRef>,
    numbers: HashMap<RuleRef, u32>,
    parcels: Vec<u32>,
    rule_of: Vec<u32>,
    verdicts: Vec<Verdict>,
    /// Reasons and facts, one after the other.
    text: String,
    /// Where the reasons and where the facts of each row end in `text`.
    ends: Vec<[usize; 2]>,
}

/// One row of a [`DecisionTable`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecisionRow<'a> {
    /// The row of the parcel in the inventory.
    pub parcel: u32,
    /// `<pack>.<kind>.<id>`.
    pub rule_id: &'a str,
    /// The version of the pack.
    pub rule_version: &'a str,
    /// The answer.
    pub verdict: Verdict,
    /// Why, in words a planner reads.
    pub reasons: &'a str,
    /// The facts used, as a JSON object.
    pub facts: &'a str,
}

impl DecisionTable {
    /// The number of a rule, the same for the same id and version.
    pub fn rule(&mut self, rule_id: &Arc<str>, rule_version: &Arc<str>) -> RuleNumber {
        let rule = RuleRef { rule_id: Arc::clone(rule_id), rule_version: Arc::clone(rule_version) };
        if let Some(&number) = self.numbers.get(&rule) {
            return RuleNumber(number);
        }
        let number = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        self.rules.push(rule.clone());
        self.numbers.insert(rule, number);
        RuleNumber(number)
    }

    /// Adds a decision of `rule` on the parcel in row `parcel` of the inventory.
    pub fn push(&mut self, parcel: u32, rule: RuleNumber, verdict: Verdict, text: DecisionText<'_>) {
        self.parcels.push(parcel);
        self.rule_of.push(rule.0);
        self.verdicts.push(verdict);
        self.text.push_str(text.reasons);
        let middle = self.text.len();
        self.text.push_str(text.facts);
        self.ends.push([middle, self.text.len()]);
    }

    /// Adds the rows of `other`.
    pub fn append(&mut self, other: &Self) {
        let numbers: Vec<u32> = other.rules.iter().map(|r| self.rule(&r.rule_id, &r.rule_version).0).collect();
        let base = self.text.len();
        self.parcels.extend_from_slice(&other.parcels);
        self.rule_of.extend(other.rule_of.iter().filter_map(|&r| numbers.get(r as usize)));
        self.verdicts.extend_from_slice(&other.verdicts);
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|e| e.map(|end| end + base)));
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parcels.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// The row at `index`, counted as pushed.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<DecisionRow<'_>> {
        let rule = self.rules.get(*self.rule_of.get(index)? as usize)?;
        let start = if index == 0 { 0 } else { self.ends.get(index - 1)?[1] };
        let [middle, end] = *self.ends.get(index)?;
        Some(DecisionRow {
            parcel: *self.parcels.get(index)?,
            rule_id: &rule.rule_id,
            rule_version: &rule.rule_version,
            verdict: *self.verdicts.get(index)?,
            reasons: self.text.get(start..middle)?,
            facts: self.text.get(middle..end)?,
        })
    }

    /// The rows as pushed.
    pub fn rows(&self) -> impl Iterator<Item = DecisionRow<'_>> {
        (0..self.len()).filter_map(|index| self.row(index))
    }

    /// The order by parcel, then rule id and version, then as pushed.
    #[must_use]
    pub fn order(&self) -> Vec<u32> {
        let mut ranks: Vec<usize> = vec![0; self.rules.len()];
        let mut by_id: Vec<(usize, &RuleRef)> = self.rules.iter().enumerate().collect();
        by_id.sort_by_key(|&(_, rule)| rule);
        for (rank, (number, _)) in by_id.into_iter().enumerate() {
            if let Some(slot) = ranks.get_mut(number) {
                *slot = rank;
            }
        }
        let key = |&row: &u32| {
            let parcel = self.parcels.get(row as usize).copied();
            let rule = self.rule_of.get(row as usize).and_then(|&r| ranks.get(r as usize)).copied();
            (parcel, rule)
        };
        let mut order: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        if !order.is_sorted_by_key(key) {
            order.sort_by_key(key);
        }
        order
    }
}

/// The words of a decision.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecisionText<'a> {
    /// Why, in words a planner reads.
    pub reasons: &'a str,
    /// The facts used, as a JSON object.
    pub facts: &'a str,
}

impl Extend<Decision> for DecisionTable {
    fn extend<I: IntoIterator<Item = Decision>>(&mut self, decisions: I) {
        for d in decisions {
            let rule = self.rule(&d.rule_id, &d.rule_version);
            self.push(d.parcel, rule, d.verdict, DecisionText { reasons: &d.reasons, facts: &d.facts });
        }
    }
}

impl FromIterator<Decision> for DecisionTable {
    fn from_iter<I: IntoIterator<Item = Decision>>(decisions: I) -> Self {
        let mut table = Self::default();
        table.extend(decisions);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(parcel: u32, rule: &str, reasons: &str) -> Decision {
        Decision {
            parcel,
            rule_id: rule.into(),
            rule_version: "1".into(),
            verdict: Verdict::Yes,
            reasons: reasons.into(),
            facts: format!("{{\"n\":{parcel}}}"),
        }
    }

    #[test]
    fn rows_come_back_and_are_ordered_by_parcel_and_rule() {
        let mut table: DecisionTable = [decision(1, "b.x", "one"), decision(0, "b.x", "")].into_iter().collect();
        table.append(&[decision(0, "a.x", "three")].into_iter().collect());
        let read: Vec<_> =
            table.order().iter().filter_map(|&r| table.row(r as usize)).map(|r| (r.parcel, r.rule_id, r.reasons, r.facts)).collect();
        assert_eq!(read, [(0, "a.x", "three", "{\"n\":0}"), (0, "b.x", "", "{\"n\":0}"), (1, "b.x", "one", "{\"n\":1}")]);
    }
}

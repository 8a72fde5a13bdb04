//! Decisions as columns: a million parcels have several each, and a struct with two strings for every one would be most of the memory of a run.
//!
//! **Invariant:** all columns of a part have the same length; `ends` never falls and its last value is the length of `text`.

use std::collections::HashMap;
use std::sync::Arc;

use super::{BulkDecisions, Decision, Verdict};

/// A rule that decided, numbered within one [`DecisionTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleNumber(u32);

/// Facts that many decisions share but for some values: the texts before, between and behind these.
pub type FactsTemplate = Arc<[String]>;

/// A [`FactsTemplate`], numbered within one [`DecisionTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateNumber(u32);

/// Stands between the values for a template. JSON holds it escaped alone.
pub const BETWEEN_VALUES: char = '\u{1f}';

/// The id and version of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleRef {
    /// `<pack>.<kind>.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub rule_version: Arc<str>,
}

/// All decisions of a run, in any order; the ledger is sorted by parcel and rule when it is written
/// ([`OrderedDecisions`](super::OrderedDecisions)). Rows are those that were pushed; rules that speak of every parcel are added in bulk.
#[derive(Clone, Debug, Default)]
pub struct DecisionTable {
    rules: Vec<RuleRef>,
    numbers: HashMap<RuleRef, u32>,
    templates: Vec<FactsTemplate>,
    /// Tables that were appended stay where they are: their text is most of the memory of a run.
    parts: Vec<Part>,
    /// The first row of each part.
    starts: Vec<usize>,
    bulk: Vec<BulkDecisions>,
}

/// Bulk rules are compared by their numbers and patterns; the columns of their facts are those of the inventory.
impl PartialEq for DecisionTable {
    fn eq(&self, other: &Self) -> bool {
        let bulk = self.bulk.iter().flat_map(|bulk| &bulk.rules).eq(other.bulk.iter().flat_map(|bulk| &bulk.rules));
        self.rules == other.rules && self.templates == other.templates && self.parts == other.parts && self.starts == other.starts && bulk
    }
}

/// Decisions that were pushed one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
struct Part {
    parcels: Vec<u32>,
    rule_of: Vec<u32>,
    verdicts: Vec<Verdict>,
    /// Which template the facts of each row are the values for, where they are not the facts themselves.
    template_of: Vec<Option<TemplateNumber>>,
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
    rule: u32,
    /// Reasons and facts of this row and its neighbours.
    text: &'a str,
    template: Option<&'a [String]>,
    /// Where the reasons begin, where the facts begin, where they end.
    cuts: [usize; 3],
}

impl<'a> DecisionRow<'a> {
    /// The place of the rule among [`DecisionTable::rules`].
    pub(super) const fn rule_number(&self) -> usize {
        self.rule as usize
    }

    /// Why, in words a planner reads.
    #[must_use]
    pub fn reasons(&self) -> &'a str {
        self.text.get(self.cuts[0]..self.cuts[1]).unwrap_or_default()
    }

    /// The facts used, as a JSON object.
    #[must_use]
    pub fn facts(&self) -> String {
        let mut out = Vec::new();
        self.append_facts(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Appends the facts to `out`.
    pub fn append_facts(&self, out: &mut Vec<u8>) {
        let facts = self.text.get(self.cuts[1]..self.cuts[2]).unwrap_or_default();
        let Some(template) = self.template else { return out.extend_from_slice(facts.as_bytes()) };
        let mut values = facts.split(BETWEEN_VALUES);
        for text in template {
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(values.next().unwrap_or_default().as_bytes());
        }
    }
}

impl DecisionTable {
    /// A table with room for `rows` decisions of so many bytes of text: growing step by step would touch twice the memory.
    #[must_use]
    pub fn with_room(rows: usize, text_bytes: usize) -> Self {
        let mut table = Self::default();
        table.add_part(Part {
            parcels: Vec::with_capacity(rows),
            rule_of: Vec::with_capacity(rows),
            verdicts: Vec::with_capacity(rows),
            template_of: Vec::with_capacity(rows),
            text: String::with_capacity(text_bytes),
            ends: Vec::with_capacity(rows),
        });
        table
    }

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

    /// The number of a template, the same for the same one.
    pub fn template(&mut self, template: &FactsTemplate) -> TemplateNumber {
        let known = self.templates.iter().position(|known| Arc::ptr_eq(known, template));
        let number = known.unwrap_or_else(|| {
            self.templates.push(Arc::clone(template));
            self.templates.len() - 1
        });
        TemplateNumber(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Adds a decision of `rule` on the parcel in row `parcel` of the inventory.
    pub fn push(&mut self, parcel: u32, rule: RuleNumber, verdict: Verdict, text: DecisionText<'_>) {
        self.push_filled(parcel, rule, verdict, (text, None));
    }

    /// The same; with a template, the facts are the values for it, [`BETWEEN_VALUES`] between them.
    pub fn push_filled(
        &mut self,
        parcel: u32,
        rule: RuleNumber,
        verdict: Verdict,
        (text, template): (DecisionText<'_>, Option<TemplateNumber>),
    ) {
        if self.parts.is_empty() {
            self.add_part(Part::default());
        }
        if let Some(part) = self.parts.last_mut() {
            part.push(parcel, rule, verdict, text);
            part.template_of.push(template);
        }
    }

    /// Adds the rows of `other`.
    pub fn append(&mut self, other: Self) {
        let numbers: Vec<u32> = other.rules.iter().map(|r| self.rule(&r.rule_id, &r.rule_version).0).collect();
        let templates: Vec<TemplateNumber> = other.templates.iter().map(|template| self.template(template)).collect();
        self.bulk.extend(other.bulk);
        for mut part in other.parts {
            part.template_of.iter_mut().flatten().for_each(|t| *t = templates.get(t.0 as usize).copied().unwrap_or(*t));
            part.rule_of.iter_mut().for_each(|r| *r = numbers.get(*r as usize).copied().unwrap_or(u32::MAX));
            self.add_part(part);
        }
    }

    /// Adds the decisions of rules on every parcel.
    pub fn add_bulk(&mut self, bulk: BulkDecisions) {
        self.bulk.push(bulk);
    }

    /// The decisions of rules on every parcel.
    #[must_use]
    pub fn bulk(&self) -> &[BulkDecisions] {
        &self.bulk
    }

    /// The rules of the rows that were pushed, by their numbers.
    pub(super) fn rules(&self) -> &[RuleRef] {
        &self.rules
    }

    fn add_part(&mut self, part: Part) {
        self.starts.push(self.len());
        self.parts.push(part);
    }

    /// The number of rows that were pushed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.last().zip(self.parts.last()).map_or(0, |(start, part)| start + part.parcels.len())
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at `index`, counted as pushed.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<DecisionRow<'_>> {
        let (part, row) = self.place(index)?;
        let number = *part.rule_of.get(row)?;
        let rule = self.rules.get(number as usize)?;
        let start = if row == 0 { 0 } else { part.ends.get(row - 1)?[1] };
        let [middle, end] = *part.ends.get(row)?;
        Some(DecisionRow {
            parcel: *part.parcels.get(row)?,
            rule_id: &rule.rule_id,
            rule_version: &rule.rule_version,
            verdict: *part.verdicts.get(row)?,
            rule: number,
            text: &part.text,
            template: part.template_of.get(row)?.and_then(|number| self.templates.get(number.0 as usize)).map(|template| &**template),
            cuts: [start, middle, end],
        })
    }

    /// The part that row `index` stands in, and its place there.
    fn place(&self, index: usize) -> Option<(&Part, usize)> {
        let number = self.starts.partition_point(|start| *start <= index).checked_sub(1)?;
        Some((self.parts.get(number)?, index - self.starts.get(number)?))
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
        let keys: Vec<(u32, usize)> = self.parts.iter().flat_map(|part| part.keys(&ranks)).collect();
        let key = |&row: &u32| keys.get(row as usize);
        let mut order: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        if !order.is_sorted_by_key(key) {
            order.sort_by_key(key);
        }
        order
    }
}

impl Part {
    fn push(&mut self, parcel: u32, rule: RuleNumber, verdict: Verdict, text: DecisionText<'_>) {
        self.parcels.push(parcel);
        self.rule_of.push(rule.0);
        self.verdicts.push(verdict);
        self.text.push_str(text.reasons);
        let middle = self.text.len();
        self.text.push_str(text.facts);
        self.ends.push([middle, self.text.len()]);
    }

    /// Parcel and rank of the rule of each row.
    fn keys(&self, ranks: &[usize]) -> impl Iterator<Item = (u32, usize)> {
        self.parcels.iter().zip(&self.rule_of).map(|(parcel, rule)| (*parcel, ranks.get(*rule as usize).copied().unwrap_or(usize::MAX)))
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
        table.append([decision(0, "a.x", "three")].into_iter().collect());
        let read: Vec<_> =
            table.order().iter().filter_map(|&r| table.row(r as usize)).map(|r| (r.parcel, r.rule_id, r.reasons(), r.facts())).collect();
        let expected = [(0, "a.x", "three", "{\"n\":0}"), (0, "b.x", "", "{\"n\":0}"), (1, "b.x", "one", "{\"n\":1}")];
        assert_eq!(read, expected.map(|(parcel, rule, reasons, facts)| (parcel, rule, reasons, facts.into())));
    }

    #[test]
    fn templates_are_filled_with_the_values_of_a_row() {
        let templates = ["{\"a\":|,\"b\":|}", "{}"].map(|text| text.split('|').map(str::to_owned).collect::<FactsTemplate>());
        let filled = |parcel: u32, template: &FactsTemplate, facts: &str| {
            let mut table = DecisionTable::default();
            let (rule, template) = (table.rule(&"a.x".into(), &"1".into()), table.template(template));
            table.push_filled(parcel, rule, Verdict::Yes, (DecisionText { reasons: "why", facts }, Some(template)));
            table
        };
        let mut all = filled(0, &templates[1], "");
        all.append([decision(1, "b.x", "one")].into_iter().collect());
        all.append(filled(2, &templates[0], "1\u{1f}null"));
        all.append(filled(3, &templates[0], "2\u{1f}\"x\""));
        assert_eq!(all.templates.len(), 2);
        let facts: Vec<_> = all.rows().map(|row| (row.reasons(), row.facts())).collect();
        let expected = [("why", "{}"), ("one", "{\"n\":1}"), ("why", "{\"a\":1,\"b\":null}"), ("why", "{\"a\":2,\"b\":\"x\"}")];
        assert_eq!(facts, expected.map(|(reasons, facts)| (reasons, facts.into())));
    }
}

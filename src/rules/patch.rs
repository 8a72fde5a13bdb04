//! A number of a rule file by its dotted key, and the rule set with another number in its place.
//!
//! The number is replaced in the text of the file, so that everything that a rule file is checked for holds for the other number, too.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{
    fault::RulesError,
    head::{Kind, RuleHead},
    load::RuleSet,
    pack::{PackText, embedded, find},
};

/// Keys by which an entry of a list may be called, beside its place from 0.
const NAMES: [&str; 3] = ["id", "column", "grade"];

/// Where a number stands in the file of a rule that is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberPlace {
    /// The kind of the rule.
    pub kind: Kind,
    /// The number that stands there.
    pub number: f64,
    pack: String,
    file: String,
    span: Range<usize>,
    whole: bool,
}

/// Another number in the place of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    pack: String,
    file: String,
    span: Range<usize>,
    text: String,
}

impl NumberPlace {
    /// Finds `key`, the kind of the rule before the first dot: `slivers.max_plot_m2`, `grading.cuts.grades.A.up_to`, `low_efficiency.parameters.far_min`.
    ///
    /// # Errors
    /// [`RulesError`] where no rule of the kind is in force or it has no such number.
    pub fn find(rules: &RuleSet, packs: &[String], base_dir: &Path, key: &str) -> Result<Self, RulesError> {
        let (kind, path) = key.split_once('.').unwrap_or((key, ""));
        let heads = rules.heads();
        let Some(head) = heads.iter().find(|head| head.kind.as_str() == kind) else {
            return Err(RulesError::UnknownNumber {
                key: key.to_owned(),
                known: heads.iter().map(|head| format!("{}.…", head.kind.as_str())).collect(),
            });
        };
        let pack = pack_of(head, packs, base_dir)?;
        let file = format!("{kind}.toml");
        let text = pack.text(&file).unwrap_or_default();
        let mut known = Vec::new();
        numbers_of(head, text, &mut known);
        let Some((_, span)) = known.iter().find(|(name, _)| name == path).cloned() else {
            let known = known.into_iter().map(|(name, _)| format!("{kind}.{name}")).collect();
            return Err(RulesError::UnknownNumber { key: key.to_owned(), known });
        };
        let written = text.get(span.clone()).unwrap_or_default().replace('_', "");
        Ok(Self {
            kind: head.kind,
            number: written.parse().unwrap_or(f64::NAN),
            pack: pack.folder.clone(),
            file,
            span,
            whole: !written.contains(['.', 'e', 'E']),
        })
    }

    /// The patch that puts `number` there.
    #[must_use]
    pub fn with(&self, number: f64) -> Patch {
        let text = if self.whole && number.fract() == 0.0 { format!("{number}") } else { format!("{number:?}") };
        Patch { pack: self.pack.clone(), file: self.file.clone(), span: self.span.clone(), text }
    }
}

impl Patch {
    /// Puts the number into the pack that it is of.
    pub(super) fn apply(&self, pack: &mut PackText) {
        let files = pack.files.iter_mut().filter(|(name, _)| *name == self.file && pack.folder == self.pack);
        files.for_each(|(_, text)| text.replace_range(self.span.clone(), &self.text));
    }
}

/// The pack that a rule came from: one of the job's, or one that is compiled in.
fn pack_of(head: &RuleHead, packs: &[String], base_dir: &Path) -> Result<PackText, RulesError> {
    for name in packs {
        let text = find(name, base_dir)?;
        if *text.folder == *head.pack {
            return Ok(text);
        }
    }
    embedded(&head.pack).ok_or_else(|| RulesError::UnknownPack { id: head.pack.to_string(), known: packs.to_vec() })
}

/// The numbers of a rule with their keys and places.
fn numbers_of(head: &RuleHead, text: &str, found: &mut Vec<(String, Range<usize>)>) {
    let Ok(table) = DeTable::parse(text) else { return };
    let rules = table.get_ref().get("rule").and_then(|rules| rules.get_ref().as_array());
    let own = rules.into_iter().flat_map(|rules| rules.iter()).find(|rule| name_of(rule.get_ref()) == Some(&head.id));
    if let Some(rule) = own {
        numbers(rule.get_ref(), rule.span(), "", found);
    }
}

fn numbers(value: &DeValue<'_>, span: Range<usize>, key: &str, found: &mut Vec<(String, Range<usize>)>) {
    let under = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        DeValue::Float(_) | DeValue::Integer(_) => found.push((key.to_owned(), span)),
        DeValue::Table(table) => {
            for (name, value) in table.iter() {
                numbers(value.get_ref(), value.span(), &under(name.get_ref()), found);
            }
        }
        DeValue::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let at = at.to_string();
                numbers(item.get_ref(), item.span(), &under(name_of(item.get_ref()).unwrap_or(&at)), found);
            }
        }
        _ => {}
    }
}

/// What an entry of a list is called.
fn name_of<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    let table = value.as_table()?;
    NAMES.iter().find_map(|name| table.get(*name)?.get_ref().as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn zhejiang(patch: Option<&Patch>) -> Result<RuleSet, RulesError> {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
        RuleSet::load_patched(&["zhejiang".into()], &BTreeMap::new(), Path::new("."), day, patch).map(|(rules, _)| rules)
    }

    fn place(key: &str) -> Result<NumberPlace, RulesError> {
        NumberPlace::find(&zhejiang(None).unwrap(), &["zhejiang".into()], Path::new("."), key)
    }

    #[test]
    fn a_number_is_found_by_its_key_and_replaced_alone() {
        let found = place("slivers.max_plot_m2").unwrap();
        assert_eq!(found.number, 2000.0);
        let (base, other) = (zhejiang(None).unwrap(), zhejiang(Some(&found.with(1500.0))).unwrap());
        let (base, other) = (base.slivers.unwrap(), other.slivers.unwrap());
        assert_eq!((other.max_plot.unwrap().m2, other.snap_m), (1500.0, base.snap_m));
    }

    #[test]
    fn entries_of_lists_go_by_name_and_whole_numbers_stay_whole() {
        assert_eq!(place("grading.cohorts.above.indicators.tax_per_mu_wan.benchmark").unwrap().number, 24.097);
        assert_eq!(place("grading.cuts.grades.A.up_to").unwrap().number, 0.2);
        let window = place("indicators.window_years").unwrap();
        assert_eq!(zhejiang(Some(&window.with(3.0))).unwrap().indicators.unwrap().window_years, 3);
    }

    #[test]
    fn what_is_not_there_is_told_and_what_may_not_stand_there_too() {
        let told = |result: Result<_, RulesError>| result.map(|_: NumberPlace| ()).unwrap_err().to_string();
        assert_eq!(
            told(place("slivers.max_plot")),
            "the rules in force have no number `slivers.max_plot`\nhint: did you mean `slivers.max_plot_m2`?"
        );
        assert!(told(place("sliver.max_plot_m2")).contains("no number `sliver.max_plot_m2`"));
        assert!(told(place("slivers.id")).contains("no number `slivers.id`"), "a text is no number");
        let ratio = place("slivers.max_total_ratio").unwrap();
        assert!(zhejiang(Some(&ratio.with(1.5))).unwrap_err().to_string().contains("`max_total_ratio` = 1.5 is not from 0 to 1"));
    }
}

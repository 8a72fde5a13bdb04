//! Findings that somebody answers for: they stay in the list, and no longer stop the run.
//!
//! **Invariant:** a waiver holds for one finding as it was when it was given: code, feature, field and value; when one of them changes, or its last day is
//! past, the finding counts again.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::{Code, Finding, Waiver, finding};
use crate::say;

/// Marks the findings that are waived on a day, adds one for every waiver that holds for none, and puts all into their order.
pub(super) fn waive(findings: &mut Vec<Finding>, waivers: &[Waiver], day: NaiveDate) {
    type Place<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);
    let mut by_place: BTreeMap<Place<'_>, Vec<usize>> = BTreeMap::new();
    for (number, waiver) in waivers.iter().enumerate() {
        by_place.entry((waiver.code.as_deref(), waiver.feature_id.as_deref(), waiver.field.as_deref())).or_default().push(number);
    }
    let mut found: Vec<Option<String>> = vec![None; waivers.len()];
    let mut used = vec![false; waivers.len()];
    for finding in findings.iter_mut() {
        let place = (Some(finding.code.as_str()), finding.feature_id.as_deref(), finding.field.as_deref());
        for (number, waiver) in by_place.get(&place).into_iter().flatten().filter_map(|number| Some((*number, waivers.get(*number)?))) {
            let (Some(found), Some(used)) = (found.get_mut(number), used.get_mut(number)) else { continue };
            *found = finding.value.clone().or_else(|| Some(say!("none")));
            if waiver.value == finding.value && waiver.signed.fault(day).is_none() {
                *used = true;
                finding.waived = Some(words(waiver));
            }
        }
    }
    let unused = waivers.iter().zip(used.into_iter().zip(found)).filter(|(_, (used, _))| !used);
    findings.extend(unused.map(|(waiver, (_, found))| unused_waiver(waiver, found, day)).collect::<Vec<_>>());
    finding::sort(findings);
}

/// Who, why, until when.
fn words(waiver: &Waiver) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let until = waiver.signed.expires.map(|last| say!(", until {last}", last)).unwrap_or_default();
    format!("{}: {}{until}", text(&waiver.signed.by), text(&waiver.signed.reason))
}

fn unused_waiver(waiver: &Waiver, found: Option<String>, day: NaiveDate) -> Finding {
    let why = match (waiver.signed.fault(day), found) {
        (Some(fault), _) => fault,
        (None, Some(value)) => {
            say!("the value is now {value}, not {stated}", value, stated = waiver.value.clone().unwrap_or_else(|| say!("none")))
        }
        (None, None) => say!("there is no such finding"),
    };
    let code = waiver.code.as_deref().map_or_else(|| say!("without a code"), str::to_owned);
    let finding =
        Finding::new(Code::WaiverUnused, &waiver.signed.source, say!("the waiver of {code} holds for no finding: {why}", code, why));
    let finding = finding.at_row(waiver.signed.row).hint(say!("look at the finding again, then change the row or take it off the list"));
    let finding = match &waiver.feature_id {
        Some(id) => finding.of(id.clone()),
        None => finding,
    };
    match &waiver.field {
        Some(field) => finding.field(field.clone(), waiver.value.clone().unwrap_or_default()),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FindingCounts, Severity, Signed, Source};

    fn source(file: &str) -> Source {
        Source { file: file.into(), layer: "".into() }
    }

    fn waiver(value: &str, last: Option<NaiveDate>) -> Waiver {
        let (reason, by) = (Some("plan 12".into()), Some("Wang".into()));
        let signed = Signed { source: source("w.csv"), row: 3, reason, by, expires: last };
        let code = Some("figure.conflict".into());
        Waiver { signed, code, feature_id: Some("E1".into()), field: Some("tax_wan".into()), value: Some(value.into()) }
    }

    fn after(waivers: &[Waiver], day: NaiveDate) -> (FindingCounts, Vec<Finding>) {
        let finding = |id: &str| Finding::new(Code::FigureConflict, &source("e.csv"), "rows differ").of(id).field("tax_wan", "5");
        let mut findings = vec![finding("E1"), finding("E2")];
        waive(&mut findings, waivers, day);
        (FindingCounts::of(&findings), findings)
    }

    #[test]
    fn a_waiver_holds_for_one_finding_as_it_was_until_its_last_day() {
        let day = |d: u32| NaiveDate::from_ymd_opt(2025, 6, d).unwrap();
        let (counts, findings) = after(&[waiver("5", Some(day(2)))], day(2));
        assert_eq!((counts.error, counts.warning, counts.waived), (1, 0, 1));
        assert_eq!((findings[1].severity(), findings[1].waived.as_deref()), (Severity::Info, Some("Wang: plan 12, until 2025-06-02")));
        let (counts, findings) = after(&[waiver("5", Some(day(2)))], day(3));
        assert_eq!((counts.error, counts.warning, counts.waived), (2, 1, 0));
        assert!(findings[2].message.ends_with("it ended on 2025-06-02"), "{}", findings[2].message);
        let (counts, findings) = after(&[waiver("6", None)], day(1));
        assert_eq!(counts.error, 2);
        assert_eq!((findings[2].code, findings[2].row), (Code::WaiverUnused, Some(3)));
        assert!(findings[2].message.ends_with("the value is now 5, not 6"));
        let mut other = waiver("5", None);
        other.feature_id = Some("E3".into());
        assert!(after(&[other], day(1)).1[2].message.ends_with("there is no such finding"));
    }
}

//! Three-valued answers and the words for them.

use std::path::Path;

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};
use proptest::prelude::*;

use super::*;
use crate::rules::open_packs;

fn taizhou() -> LowEfficiencyRules {
    open_packs(&["taizhou".into()], Path::new(".")).unwrap().remove(0).low_efficiency.remove(0)
}

/// Parcels inside the town on industrial land: plot ratio, whether the industry needs it, the elimination catalogue.
fn parcels(rows: &[(Option<f64>, Option<bool>, Option<bool>)]) -> DataFrame {
    let columns = vec![
        Series::new("share_town_boundary".into(), vec![1.0; rows.len()]).into_column(),
        Series::new("land_use".into(), vec!["1001"; rows.len()]).into_column(),
        Series::new("far".into(), rows.iter().map(|row| row.0).collect::<Vec<_>>()).into_column(),
        Series::new("special_process".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()).into_column(),
        Series::new("catalogue_flag".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into_column(),
        Series::new("industry".into(), vec!["C34"; rows.len()]).into_column(),
        Series::new("tax_per_mu_wan".into(), vec![9.0; rows.len()]).into_column(),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

#[test]
fn the_reason_names_the_grounds_that_hold_and_the_facts_that_are_missing() {
    let frame = parcels(&[
        (Some(0.8), Some(false), Some(true)),
        (Some(0.8), None, Some(false)),
        (None, Some(false), Some(false)),
        (Some(1.2), Some(false), Some(false)),
    ]);
    let mut rule = taizhou();
    rule.grounds.retain(|ground| ["tax", "far", "banned"].contains(&&*ground.id));
    rule.exceptions[0].sets_aside = vec![1];
    let said = recognise(&rule, &frame).unwrap();
    let told: Vec<_> = said.verdict.iter().zip(&said.reason).map(|(verdict, reason)| (verdict.as_str(), &**reason)).collect();
    assert_eq!(
        told,
        [
            ("yes", "far: far < 1.0; banned: catalogue_flag"),
            ("unknown", "cannot be decided: tax lacks `:tax_min` of the industry; far lacks `special_process`"),
            ("unknown", "cannot be decided: tax lacks `:tax_min` of the industry; far lacks `far`"),
            ("unknown", "cannot be decided: tax lacks `:tax_min` of the industry"),
        ]
    );
    rule.grounds.remove(0);
    rule.exceptions[0].sets_aside = vec![0];
    let said = recognise(&rule, &frame).unwrap();
    assert_eq!((said.verdict[3], &*said.reason[3]), (Verdict::No, "no ground holds"));
    let facts = said.decisions.row(0).unwrap().facts();
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(
        (facts["far"].as_f64(), facts["grounds"]["far"].as_str(), facts["catalogue_flag"].as_bool()),
        (Some(0.8), Some("yes"), Some(true))
    );
}

#[test]
fn a_parcel_outside_the_population_is_not_recognised() {
    let mut frame = parcels(&[(Some(0.8), Some(false), Some(true)); 2]);
    frame.with_column(Series::new("share_town_boundary".into(), [Some(0.1), None]).into_column()).unwrap();
    let said = recognise(&taizhou(), &frame).unwrap();
    assert!(said.reason[0].starts_with("outside the population: not share_town_boundary > 0.5 AND"), "{}", said.reason[0]);
    assert_eq!(said.verdict, [Verdict::No, Verdict::Unknown]);
    assert_eq!(&*said.reason[1], "far: far < 1.0; banned: catalogue_flag; cannot be decided: population lacks `share_town_boundary`");
}

#[test]
fn nothing_known_is_neither_yes_nor_no() {
    for pack in open_packs(&crate::rules::embedded_packs(), Path::new(".")).unwrap() {
        for rule in &pack.low_efficiency {
            let ids = Series::new("parcel_id".into(), ["a", "b"]).into_column();
            let said = recognise(rule, &DataFrame::new(2, vec![ids]).unwrap()).unwrap();
            assert_eq!(said.verdict, [Verdict::Unknown; 2], "{}", rule.rule_id);
            assert!(said.reason[0].contains("cannot be decided"), "{}", said.reason[0]);
        }
    }
}

proptest! {
    /// A fact that becomes known may settle an answer, and never turns yes into no or no into yes.
    #[test]
    fn a_further_fact_only_settles(far in 0.0..2.0_f64, process: bool, catalogue: bool, hide in 0_u8..8) {
        let hidden = |bit: u8| hide >> bit & 1 == 1;
        let partly = (Some(far).filter(|_| !hidden(0)), Some(process).filter(|_| !hidden(1)), Some(catalogue).filter(|_| !hidden(2)));
        let mut rule = taizhou();
        rule.grounds.retain(|ground| ["far", "banned"].contains(&&*ground.id));
        rule.exceptions[0].sets_aside = vec![0];
        let found = verdicts(&rule, &parcels(&[partly, (Some(far), Some(process), Some(catalogue))])).unwrap();
        prop_assert_ne!(found[1], Verdict::Unknown);
        prop_assert!(found[0] == found[1] || found[0] == Verdict::Unknown);
        prop_assert_eq!(found[1] == Verdict::Yes, (far < 1.0 && !process) || catalogue);
    }
}

//! The checks that a project has without a formula: plot ratio, density and per-mu figures before and after.

use std::collections::BTreeMap;

use toml::{Spanned, Value};

use super::raw::{RawCase, RawCheck, RawStage};
use crate::say;

/// The checks of both stages; a value that is published without the figures it is made from is left alone.
pub fn checks(case: &RawCase) -> Vec<RawCheck> {
    let stages = [("before", &case.before), ("after", &case.after)];
    stages
        .into_iter()
        .filter_map(|(name, stage)| Some((name, stage.as_ref()?)))
        .flat_map(|(name, stage)| of_stage(case, name, stage))
        .collect()
}

/// What is computed, its key, the figure above the line, its value, what is published, and the unit.
type Ratio<'s> = (String, &'s str, &'s str, &'s Option<Spanned<String>>, &'s Option<Spanned<String>>, &'s str);

fn of_stage(case: &RawCase, name: &str, stage: &RawStage) -> Vec<RawCheck> {
    let said = |before: String, after: String| if name == "before" { before } else { after };
    let ratios = [
        (said(say!("plot ratio before"), say!("plot ratio after")), "far", "floor", &stage.floor, &stage.far, ""),
        (
            said(say!("building density before"), say!("building density after")),
            "building_density",
            "footprint",
            &stage.footprint,
            &stage.building_density,
            "%",
        ),
        (
            said(say!("investment a mu before"), say!("investment a mu after")),
            "investment_per_mu",
            "investment",
            &stage.investment,
            &stage.investment_per_mu,
            "wan/mu",
        ),
        (
            said(say!("output a mu before"), say!("output a mu after")),
            "output_per_mu",
            "output",
            &stage.output,
            &stage.output_per_mu,
            "wan/mu",
        ),
        (said(say!("tax a mu before"), say!("tax a mu after")), "tax_per_mu", "tax", &stage.tax, &stage.tax_per_mu, "wan/mu"),
    ];
    let check = |(what, key, figure, value, published, unit): Ratio<'_>| {
        let value = value.as_ref().filter(|_| case.land.is_some())?;
        let place = value.span();
        let value = Spanned::new(place.clone(), Value::String(value.get_ref().clone()));
        Some(RawCheck {
            id: Spanned::new(place.clone(), format!("{}.{name}.{key}", case.id.get_ref())),
            what,
            figures: BTreeMap::from([(figure.to_owned(), value)]),
            formula: Spanned::new(place.clone(), format!("{figure} / land")),
            published: published.clone(),
            unit: published.is_none().then(|| Spanned::new(place, unit.to_owned())),
            parts: false,
            note: String::new(),
            expect: None,
        })
    };
    ratios.into_iter().filter_map(check).collect()
}

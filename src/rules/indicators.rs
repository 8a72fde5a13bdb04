//! Rules of the indicators: which floors count twice, which years form a figure.

use std::sync::Arc;

use super::{
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, number},
    raw::{Mean, RawIndicators},
};

/// The indicator rules of a job.
#[derive(Clone, Debug)]
pub struct IndicatorRules {
    /// `<pack>.indicators.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// A storey higher than this (strictly) counts twice, m.
    pub double_height_m: f64,
    /// Storey height from which unknown floors are estimated, m; none = never estimated.
    pub estimate_storey_height_m: Option<f64>,
    /// Years of the window.
    pub window_years: u32,
    /// Years that must have a value.
    pub min_years: u32,
    /// How several years become one figure.
    pub mean: Mean,
}

impl IndicatorRules {
    pub(super) fn compile(raw: &RawIndicators, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(super::raw::RawRule::head(raw), origin, file);
        let window_years = *raw.window_years.get_ref();
        let mut years = |key, value: &toml::Spanned<u32>, most: u32, allowed| {
            if !(1..=most).contains(value.get_ref()) {
                file.fault(&value.span(), FaultKind::OutOfRange { key, value: f64::from(*value.get_ref()), allowed });
            }
            *value.get_ref()
        };
        years("window_years", &raw.window_years, 100, "from 1 to 100");
        let min_years = years("min_years", &raw.min_years, window_years, "from 1 to window_years");
        Self {
            rule_id: head.rule_id(),
            version: Arc::clone(&origin.version),
            double_height_m: number("double_height_m", &raw.double_height_m, Allowed::Positive, file),
            estimate_storey_height_m: raw
                .estimate_storey_height_m
                .as_ref()
                .map(|height| number("estimate_storey_height_m", height, Allowed::Positive, file)),
            window_years,
            min_years,
            mean: raw.mean,
            head,
        }
    }
}

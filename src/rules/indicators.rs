//! Rules of the indicators: which floors count twice, which years form a figure.

use std::sync::Arc;

use super::{
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, number},
    raw::{Mean, RawIndicators, RawInterval},
};
use crate::say;

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
    /// How wrong floors and heights may be; none = the plot ratio has no interval.
    pub interval: Option<FloorInterval>,
    /// Years of the window.
    pub window_years: u32,
    /// Years that must have a value.
    pub min_years: u32,
    /// How several years become one figure.
    pub mean: Mean,
}

/// How wrong floors and heights may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FloorInterval {
    /// Least and greatest storey height of buildings with a height and without floors, m.
    pub storey_height_m: Option<[f64; 2]>,
    /// How much a height may be off, m.
    pub height_tolerance_m: f64,
    /// Least and greatest number of floors of buildings without floors and height.
    pub unknown_floors: Option<[f64; 2]>,
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
        years("window_years", &raw.window_years, 100, say!("from 1 to 100"));
        let min_years = years("min_years", &raw.min_years, window_years, say!("from 1 to window_years"));
        Self {
            rule_id: head.rule_id(),
            version: Arc::clone(&origin.version),
            double_height_m: number("double_height_m", &raw.double_height_m, Allowed::Positive, file),
            estimate_storey_height_m: raw
                .estimate_storey_height_m
                .as_ref()
                .map(|height| number("estimate_storey_height_m", height, Allowed::Positive, file)),
            interval: raw.interval.as_ref().map(|interval| compile_interval(interval, file)),
            window_years,
            min_years,
            mean: raw.mean,
            head,
        }
    }
}

fn compile_interval(raw: &RawInterval, file: &mut Checked<'_>) -> FloorInterval {
    let mut range = |key, range: &toml::Spanned<[f64; 2]>| {
        let [low, high] = *range.get_ref();
        if !(low.is_finite() && high.is_finite() && low > 0.0) {
            file.fault(&range.span(), FaultKind::OutOfRange { key, value: low, allowed: say!("more than 0") });
        } else if high < low {
            file.fault(&range.span(), FaultKind::OutOfRange { key, value: high, allowed: say!("at least the first of the two") });
        }
        [low, high]
    };
    let storey_height_m = raw.storey_height_m.as_ref().map(|heights| range("storey_height_m", heights));
    let unknown_floors = raw.unknown_floors.as_ref().map(|floors| range("unknown_floors", floors));
    let tolerance = raw.height_tolerance_m.as_ref();
    FloorInterval {
        storey_height_m,
        height_tolerance_m: tolerance.map_or(0.0, |tolerance| number("height_tolerance_m", tolerance, Allowed::NotNegative, file)),
        unknown_floors,
    }
}

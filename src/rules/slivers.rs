//! Rules of left-over plots (零星用地): limits, and what adjoining means in metres and degrees.

use std::sync::Arc;

use super::{
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, number},
    raw::{AreaKind, RawRule, RawSlivers},
};

/// The sliver rules of a job.
#[derive(Clone, Debug)]
pub struct SliverRules {
    /// `<pack>.slivers.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// Largest plot, m².
    pub max_plot_m2: f64,
    /// Whether a plot of exactly that size passes.
    pub max_plot_inclusive: bool,
    /// Largest sum of plots over the land of the project.
    pub max_total_ratio: f64,
    /// Whether exactly that ratio passes.
    pub max_total_inclusive: bool,
    /// Whether a plot must already be construction land.
    pub require_construction_land: bool,
    /// Distance up to which boundaries count as shared, m.
    pub snap_m: f64,
    /// Shared boundary above which (strictly) a plot adjoins, m.
    pub min_shared_m: f64,
    /// Angle between edges up to which they count as shared, degrees.
    pub max_angle_deg: f64,
    /// Share of a parcel inside the project from which (inclusive) it is core.
    pub core_min_share: f64,
    /// Which area the limits are tested on, first available.
    pub area_order: Vec<AreaKind>,
}

impl SliverRules {
    pub(super) fn compile(raw: &RawSlivers, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(raw.head(), origin, file);
        if raw.area_order.get_ref().is_empty() {
            file.fault(&raw.area_order.span(), FaultKind::Empty { key: "area_order" });
        }
        let max_angle_deg = number("max_angle_deg", &raw.max_angle_deg, Allowed::NotNegative, file);
        if max_angle_deg > 90.0 {
            let kind = FaultKind::OutOfRange { key: "max_angle_deg", value: max_angle_deg, allowed: "from 0 to 90" };
            file.fault(&raw.max_angle_deg.span(), kind);
        }
        Self {
            rule_id: head.rule_id(),
            version: Arc::clone(&origin.version),
            max_plot_m2: number("max_plot_m2", &raw.max_plot_m2, Allowed::Positive, file),
            max_plot_inclusive: raw.max_plot_inclusive,
            max_total_ratio: number("max_total_ratio", &raw.max_total_ratio, Allowed::Fraction, file),
            max_total_inclusive: raw.max_total_inclusive,
            require_construction_land: raw.require_construction_land,
            snap_m: number("snap_m", &raw.snap_m, Allowed::NotNegative, file),
            min_shared_m: number("min_shared_m", &raw.min_shared_m, Allowed::NotNegative, file),
            max_angle_deg,
            core_min_share: number("core_min_share", &raw.core_min_share, Allowed::Fraction, file),
            area_order: raw.area_order.get_ref().clone(),
            head,
        }
    }
}

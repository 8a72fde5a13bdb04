//! Rules of left-over plots (零星用地): limits, the kinds of plot in figures, what adjoining means in metres and degrees, and which plots may be swapped.

mod facts;
mod raw;

use std::sync::Arc;

use chrono::NaiveDate;
use toml::Spanned;

use super::{
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, RuleSource, check_id, check_unique, number},
    raw::{AreaKind, RawRule},
};
use crate::model::Confirmations;
use crate::say;
pub(super) use facts::fact_kind;
pub(super) use raw::RawSlivers;
pub use raw::{Denominator, Objective, SliverKind};
use raw::{RawHardToDevelop, RawHuman, RawKinds, RawSelection, RawSwap};

/// Ratios are counted in millionths.
pub const RATIO_PPM: i64 = 1_000_000;

/// The sliver rules of a job.
#[derive(Clone, Debug)]
pub struct SliverRules {
    /// `<pack>.slivers.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// How a plot is supplied.
    pub supply: Arc<str>,
    /// The same in Chinese.
    pub supply_zh: Arc<str>,
    /// Largest plot.
    pub max_plot: Option<PlotLimit>,
    /// Largest sum of the plots of a project.
    pub max_total: Option<TotalLimit>,
    /// Whether a plot must already be construction land.
    pub require_construction_land: bool,
    /// Whether a plot must not be construction land yet.
    pub require_farmland: bool,
    /// Largest plot that is listed, m².
    pub look_up_to_m2: f64,
    /// Distance up to which boundaries count as shared, m.
    pub snap_m: f64,
    /// Length above which (strictly) a stretch of shared boundary makes a plot adjoin, m.
    pub min_shared_m: f64,
    /// Angle between edges up to which they count as shared, degrees.
    pub max_angle_deg: f64,
    /// Share of a parcel inside the project from which (inclusive) it is core.
    pub core_min_share: f64,
    /// Which area the limits are tested on, first available.
    pub area_order: Vec<AreaKind>,
    /// Width (m) and area (m²) below which a plot is a fault of drawing.
    pub artefact: Artefact,
    /// The kinds of plot in figures.
    pub kinds: KindLimits,
    /// Signs that a plot is hard to develop alone.
    pub hard_to_develop: HardToDevelop,
    /// What is recommended where the plots together are too much.
    pub selection: Option<Selection>,
    /// What a person must confirm of every plot.
    pub human: Vec<Human>,
    /// Which plots may be swapped.
    pub swap: Option<SwapRule>,
}

/// The largest plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlotLimit {
    /// Area, m².
    pub m2: f64,
    /// Whether a plot of exactly that size passes.
    pub inclusive: bool,
}

/// The largest sum of plots.
#[derive(Clone, Debug, PartialEq)]
pub struct TotalLimit {
    /// Sum over land, in millionths.
    pub ratio_ppm: i64,
    /// Whether exactly that ratio passes.
    pub inclusive: bool,
    /// What the sum is divided by.
    pub denominators: Vec<Denominator>,
}

/// Below which a plot is a fault of drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Artefact {
    /// Diameter of the largest inscribed circle, m.
    pub min_width_m: f64,
    /// Area, m².
    pub min_area_m2: f64,
}

/// The kinds of plot in figures; all ends are included.
#[derive(Clone, Debug, PartialEq)]
pub struct KindLimits {
    /// Whether a plot of no kind is refused.
    pub required: bool,
    /// Share of the boundary that is shared from which a plot is enclosed.
    pub enclosed_min_ratio: f64,
    /// Share of a plot in a hole of the project from which it is enclosed.
    pub hole_min_share: f64,
    /// Separate stretches from which a plot may be interlocking.
    pub interlocking_min_runs: u32,
    /// Share in the convex hull from which a plot may be interlocking.
    pub interlocking_min_hull_share: f64,
    /// Share of the boundary that is shared from which a plot is interlocking.
    pub interlocking_min_ratio: f64,
    /// Share of the boundary that is shared up to which a plot is interlocking.
    pub interlocking_max_ratio: f64,
    /// Share of the boundary near a line from which a plot is a corner.
    pub corner_min_share: f64,
    /// What near means there, m.
    pub corner_within_m: f64,
    /// Zone kinds whose outlines are such lines.
    pub boundary_kinds: Vec<Arc<str>>,
}

/// Signs that a plot is hard to develop alone; what is none is not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct HardToDevelop {
    /// Diameter of the largest inscribed circle below which a plot is too narrow, m.
    pub min_inscribed_diameter_m: Option<f64>,
    /// Compactness below which a plot is too ragged.
    pub min_compactness: Option<f64>,
    /// Zone kinds that are roads.
    pub road_kinds: Vec<Arc<str>>,
    /// Distance up to which a road gives access, m.
    pub road_within_m: f64,
    /// Local least plot, m².
    pub min_area_m2: Option<f64>,
}

/// Which plots are recommended where all together are too much.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// What is best.
    pub objective: Objective,
    /// What the sum of the recommended plots is divided by.
    pub denominator: Denominator,
    /// Plots up to which every subset is looked at.
    pub exact_up_to: usize,
    /// The kinds, first choice first.
    pub kind_order: Vec<SliverKind>,
}

/// Something that only a person can confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human {
    /// The word in the ledger.
    pub id: Arc<str>,
    /// What is to be confirmed.
    pub text: Arc<str>,
    /// The same in Chinese.
    pub text_zh: Arc<str>,
}

/// When two plots may be swapped.
#[derive(Clone, Debug, PartialEq)]
pub struct SwapRule {
    /// Where it is printed.
    pub source: RuleSource,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force.
    pub valid_to: Option<NaiveDate>,
    /// Distance from the project within which a partner is looked for, m.
    pub reach_m: f64,
    /// Difference of areas over the larger up to which they are similar.
    pub area_tolerance: f64,
    /// Difference of values over the larger up to which they are equal.
    pub value_tolerance: f64,
    /// Pairs of tenures that may be swapped, in either order.
    pub tenures: Vec<[Arc<str>; 2]>,
    /// What a person must confirm of every pair.
    pub human: Vec<Human>,
}

impl SliverRules {
    /// What people must confirm of the rows of each ledger.
    #[must_use]
    pub fn confirmations(&self) -> Confirmations {
        let plots = self.human.iter().map(|own| ("sliver_candidates", own));
        let pairs = self.swap.iter().flat_map(|swap| &swap.human).map(|own| ("swap_candidates", own));
        plots.chain(pairs).map(|(ledger, own)| ((ledger, own.id.to_string()), [&own.text_zh, &own.text].map(ToString::to_string))).collect()
    }

    pub(super) fn compile(raw: &RawSlivers, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(raw.head(), origin, file);
        let area_order = raw.area_order.get_ref().clone();
        if area_order.is_empty() {
            file.fault(&raw.area_order.span(), FaultKind::Empty { key: "area_order" });
        }
        let farmland = raw.require_farmland.as_ref().filter(|required| *required.get_ref());
        if let Some(farmland) = farmland.filter(|_| raw.require_construction_land) {
            let kind = FaultKind::Contrary { key: "require_farmland", other: "require_construction_land" };
            file.fault(&farmland.span(), kind);
        }
        let max_total = total_limit(raw, file);
        Self {
            rule_id: head.rule_id(),
            version: Arc::clone(&origin.version),
            supply: raw.supply.as_str().into(),
            supply_zh: raw.supply_zh.as_str().into(),
            max_plot: plot_limit(raw, file),
            selection: selection(raw, max_total.is_some(), file),
            max_total,
            require_construction_land: raw.require_construction_land,
            require_farmland: farmland.is_some(),
            look_up_to_m2: number("look_up_to_m2", &raw.look_up_to_m2, Allowed::Positive, file),
            snap_m: number("snap_m", &raw.snap_m, Allowed::NotNegative, file),
            min_shared_m: number("min_shared_m", &raw.min_shared_m, Allowed::NotNegative, file),
            max_angle_deg: angle(&raw.max_angle_deg, file),
            core_min_share: number("core_min_share", &raw.core_min_share, Allowed::Fraction, file),
            area_order,
            artefact: Artefact {
                min_width_m: number("min_width_m", &raw.artefact.min_width_m, Allowed::NotNegative, file),
                min_area_m2: number("min_area_m2", &raw.artefact.min_area_m2, Allowed::NotNegative, file),
            },
            kinds: kinds(&raw.kinds, file),
            hard_to_develop: hard_to_develop(&raw.hard_to_develop, file),
            human: human(&raw.human, file),
            swap: raw.swap.as_ref().map(|swap| swap_rule(swap, file)),
            head,
        }
    }
}

impl SwapRule {
    /// Whether the basis of swaps is in force on the day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

fn angle(value: &Spanned<f64>, file: &mut Checked<'_>) -> f64 {
    let degrees = number("max_angle_deg", value, Allowed::NotNegative, file);
    if degrees > 90.0 {
        let kind = FaultKind::OutOfRange { key: "max_angle_deg", value: degrees, allowed: say!("from 0 to 90") };
        file.fault(&value.span(), kind);
    }
    degrees
}

fn plot_limit(raw: &RawSlivers, file: &mut Checked<'_>) -> Option<PlotLimit> {
    let value = raw.max_plot_m2.as_ref()?;
    let m2 = number("max_plot_m2", value, Allowed::Positive, file);
    if m2 > *raw.look_up_to_m2.get_ref() {
        let kind =
            FaultKind::OutOfRange { key: "look_up_to_m2", value: *raw.look_up_to_m2.get_ref(), allowed: say!("at least max_plot_m2") };
        file.fault(&raw.look_up_to_m2.span(), kind);
    }
    let inclusive = given("max_plot_inclusive", raw.max_plot_inclusive, value, file);
    Some(PlotLimit { m2, inclusive })
}

/// Whether a limit is included: a limit without that word is a fault, whatever its value.
fn given(key: &str, word: Option<bool>, limit: &Spanned<f64>, file: &mut Checked<'_>) -> bool {
    if word.is_none() {
        file.fault(&limit.span(), FaultKind::MissingKey { key: key.to_owned() });
    }
    word.unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "a fraction in millionths")]
fn total_limit(raw: &RawSlivers, file: &mut Checked<'_>) -> Option<TotalLimit> {
    let value = raw.max_total_ratio.as_ref()?;
    let ratio = number("max_total_ratio", value, Allowed::Fraction, file);
    let millionths = ratio * RATIO_PPM as f64;
    if (millionths - millionths.round()).abs() > 1e-6 {
        let kind = FaultKind::OutOfRange { key: "max_total_ratio", value: ratio, allowed: say!("a share with at most six decimals") };
        file.fault(&value.span(), kind);
    }
    if raw.denominator.is_empty() {
        file.fault(&value.span(), FaultKind::MissingKey { key: "denominator".to_owned() });
    }
    let inclusive = given("max_total_inclusive", raw.max_total_inclusive, value, file);
    Some(TotalLimit { ratio_ppm: millionths.round() as i64, inclusive, denominators: raw.denominator.clone() })
}

fn selection(raw: &RawSlivers, limited: bool, file: &mut Checked<'_>) -> Option<Selection> {
    if let Some(ratio) = raw.max_total_ratio.as_ref().filter(|_| limited && raw.selection.is_none()) {
        file.fault(&ratio.span(), FaultKind::MissingKey { key: "selection".to_owned() });
    }
    let RawSelection { objective, denominator, exact_up_to, kind_order } = raw.selection.as_ref()?;
    // The number of subsets doubles with every plot.
    const MOST: u32 = 24;
    if *exact_up_to.get_ref() > MOST {
        let kind = FaultKind::OutOfRange { key: "exact_up_to", value: f64::from(*exact_up_to.get_ref()), allowed: say!("at most 24") };
        file.fault(&exact_up_to.span(), kind);
    }
    let kinds = kind_order.get_ref();
    if (1..kinds.len()).any(|i| kinds.get(..i).zip(kinds.get(i)).is_some_and(|(before, kind)| before.contains(kind))) {
        file.fault(&kind_order.span(), FaultKind::DuplicateId { id: "kind_order".to_owned() });
    }
    Some(Selection {
        objective: *objective,
        denominator: *denominator,
        exact_up_to: *exact_up_to.get_ref() as usize,
        kind_order: kinds.clone(),
    })
}

fn kinds(raw: &RawKinds, file: &mut Checked<'_>) -> KindLimits {
    let mut share = |key, value| number(key, value, Allowed::Fraction, file);
    let limits = KindLimits {
        required: raw.required,
        enclosed_min_ratio: share("enclosed_min_ratio", &raw.enclosed_min_ratio),
        hole_min_share: share("hole_min_share", &raw.hole_min_share),
        interlocking_min_runs: *raw.interlocking_min_runs.get_ref(),
        interlocking_min_hull_share: share("interlocking_min_hull_share", &raw.interlocking_min_hull_share),
        interlocking_min_ratio: share("interlocking_min_ratio", &raw.interlocking_min_ratio),
        interlocking_max_ratio: share("interlocking_max_ratio", &raw.interlocking_max_ratio),
        corner_min_share: share("corner_min_share", &raw.corner_min_share),
        corner_within_m: number("corner_within_m", &raw.corner_within_m, Allowed::NotNegative, file),
        boundary_kinds: raw.boundary_kinds.iter().map(|kind| kind.as_str().into()).collect(),
    };
    if limits.interlocking_max_ratio < limits.interlocking_min_ratio {
        let value = limits.interlocking_max_ratio;
        let kind = FaultKind::OutOfRange { key: "interlocking_max_ratio", value, allowed: say!("at least interlocking_min_ratio") };
        file.fault(&raw.interlocking_max_ratio.span(), kind);
    }
    limits
}

fn hard_to_develop(raw: &RawHardToDevelop, file: &mut Checked<'_>) -> HardToDevelop {
    match (&raw.road_kinds, &raw.road_within_m) {
        (None, Some(within)) => file.fault(&within.span(), FaultKind::MissingKey { key: "road_kinds".to_owned() }),
        (Some(kinds), None) => file.fault(&kinds.span(), FaultKind::MissingKey { key: "road_within_m".to_owned() }),
        _ => {}
    }
    let roads = raw.road_kinds.as_ref().map(|kinds| kinds.get_ref().as_slice()).unwrap_or_default();
    let mut limit = |key, value: &Option<Spanned<f64>>| value.as_ref().map(|v| number(key, v, Allowed::Positive, file));
    HardToDevelop {
        min_inscribed_diameter_m: limit("min_inscribed_diameter_m", &raw.min_inscribed_diameter_m),
        min_compactness: limit("min_compactness", &raw.min_compactness),
        road_kinds: roads.iter().map(|kind| kind.as_str().into()).collect(),
        road_within_m: limit("road_within_m", &raw.road_within_m).unwrap_or_default(),
        min_area_m2: limit("min_area_m2", &raw.min_area_m2),
    }
}

fn human(raw: &[RawHuman], file: &mut Checked<'_>) -> Vec<Human> {
    check_unique(raw.iter().map(|human| &human.id), file);
    let compiled = |human: &RawHuman| Human {
        id: human.id.get_ref().as_str().into(),
        text: human.text.as_str().into(),
        text_zh: human.text_zh.as_str().into(),
    };
    raw.iter()
        .map(|human| {
            check_id(&human.id, file);
            compiled(human)
        })
        .collect()
}

fn swap_rule(raw: &RawSwap, file: &mut Checked<'_>) -> SwapRule {
    if let Some(to) = raw.valid_to.filter(|to| *to < raw.valid_from) {
        file.fault(&raw.reach_m.span(), FaultKind::Dates { from: raw.valid_from, to });
    }
    if raw.tenures.get_ref().is_empty() {
        file.fault(&raw.tenures.span(), FaultKind::Empty { key: "tenures" });
    }
    SwapRule {
        source: RuleSource { document: raw.source.document.as_str().into(), article: raw.source.article.as_str().into() },
        valid_from: raw.valid_from,
        valid_to: raw.valid_to,
        reach_m: number("reach_m", &raw.reach_m, Allowed::NotNegative, file),
        area_tolerance: number("area_tolerance", &raw.area_tolerance, Allowed::Fraction, file),
        value_tolerance: number("value_tolerance", &raw.value_tolerance, Allowed::Fraction, file),
        tenures: raw.tenures.get_ref().iter().map(|(a, b)| [a.as_str().into(), b.as_str().into()]).collect(),
        human: human(&raw.human, file),
    }
}

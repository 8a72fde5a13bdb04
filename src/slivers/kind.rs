//! Which kind of left-over plot it is: enclosed before interlocking before corner.
//!
//! Shares are compared as they are, but for the noise of sums: what is a billionth below a limit is at it.

use super::measures::Measures;
use crate::rules::{KindLimits, SliverKind};

/// What a sum of lengths may lose by rounding, as a share.
const NOISE: f64 = 1e-9;

/// What is known of the kind of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of the three.
    Of(SliverKind),
    /// None of them.
    None,
    /// It may be a corner: the job has no layer of the lines that would tell.
    Unknown,
}

impl Kind {
    /// The word in `sliver_kind` and `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Of(SliverKind::Enclosed) => "enclosed",
            Self::Of(SliverKind::Interlocking) => "interlocking",
            Self::Of(SliverKind::Corner) => "corner",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    /// The kind, where there is one.
    #[must_use]
    pub const fn known(self) -> Option<SliverKind> {
        match self {
            Self::Of(kind) => Some(kind),
            Self::None | Self::Unknown => None,
        }
    }
}

/// The kind of a plot.
#[must_use]
pub fn kind_of(m: &Measures, limits: &KindLimits) -> Kind {
    let ratio = m.shared_ratio();
    if at_least(ratio, limits.enclosed_min_ratio) || at_least(m.hole_share, limits.hole_min_share) {
        return Kind::Of(SliverKind::Enclosed);
    }
    let is_wedged = m.runs >= limits.interlocking_min_runs || at_least(m.hull_share, limits.interlocking_min_hull_share);
    if is_wedged && at_least(ratio, limits.interlocking_min_ratio) && at_least(limits.interlocking_max_ratio, ratio) {
        return Kind::Of(SliverKind::Interlocking);
    }
    match m.line_share {
        _ if m.runs != 1 => Kind::None,
        Some(share) if at_least(share, limits.corner_min_share) => Kind::Of(SliverKind::Corner),
        Some(_) => Kind::None,
        None => Kind::Unknown,
    }
}

fn at_least(share: f64, limit: f64) -> bool {
    share >= limit - NOISE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slivers::fixture;

    /// Shared ratio, runs, share in the hull, share in a hole, share near a line.
    fn found(ratio: f64, runs: u32, hull_share: f64, hole_share: f64, line_share: Option<f64>) -> &'static str {
        let m = Measures { shared_m: 100.0 * ratio, runs, hull_share, hole_share, line_share, ..fixture::measures() };
        kind_of(&m, &fixture::rule().kinds).as_str()
    }

    #[test]
    fn each_limit_at_below_and_above() {
        assert_eq!(found(0.75, 1, 0.0, 0.0, Some(0.0)), "enclosed");
        assert_eq!(found(0.7499, 1, 0.0, 0.0, Some(0.0)), "none");
        assert_eq!(found(0.1, 1, 0.0, 0.99, Some(0.0)), "enclosed");
        assert_eq!(found(0.1, 1, 0.0, 0.98, Some(0.0)), "none");
        assert_eq!(found(0.25, 2, 0.0, 0.0, Some(0.0)), "interlocking");
        assert_eq!(found(0.2499, 2, 0.0, 0.0, Some(0.0)), "none");
        assert_eq!(found(0.7499, 2, 0.0, 0.0, Some(0.0)), "interlocking");
        assert_eq!(found(0.5, 1, 0.5, 0.0, Some(0.0)), "interlocking");
        assert_eq!(found(0.5, 1, 0.4999, 0.0, Some(0.0)), "none");
        assert_eq!(found(0.2, 1, 0.9, 0.0, Some(0.0)), "none");
        assert_eq!(found(0.2, 1, 0.0, 0.0, Some(0.25)), "corner");
        assert_eq!(found(0.2, 1, 0.0, 0.0, Some(0.2499)), "none");
        assert_eq!(found(0.2, 2, 0.0, 0.0, Some(0.5)), "none");
        assert_eq!(found(0.2, 1, 0.0, 0.0, None), "unknown");
        assert_eq!(found(0.2, 2, 0.0, 0.0, None), "none");
    }

    #[test]
    fn the_first_of_the_three_is_taken() {
        assert_eq!(found(0.75, 2, 1.0, 1.0, Some(1.0)), "enclosed");
        assert_eq!(found(0.5, 1, 1.0, 0.0, Some(1.0)), "interlocking");
    }
}

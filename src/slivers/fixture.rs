//! The rule of Zhejiang and a plain plot, for tests.

use std::path::Path;

use super::Measures;
use crate::rules::{SliverRules, open_packs};

/// The sliver rule of a pack that is compiled in.
pub(super) fn rule_of(pack: &str) -> SliverRules {
    let packs = open_packs(&[pack.to_owned()], Path::new(".")).unwrap();
    packs[0].slivers[0].clone()
}

/// The default rule.
pub(super) fn rule() -> SliverRules {
    rule_of("zhejiang")
}

/// A square of 25 m with nothing remarkable.
pub(super) fn measures() -> Measures {
    Measures {
        planar_m2: 625.0,
        perimeter_m: 100.0,
        shared_m: 25.0,
        runs: 1,
        hole_share: 0.0,
        hull_share: 0.0,
        line_share: Some(0.0),
        inscribed_diameter_m: 25.0,
        has_road: Some(true),
    }
}

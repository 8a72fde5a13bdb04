//! The limits of the rule: for one plot, and for all plots of a project on both denominators.
//!
//! Areas are whole hundredths of a square metre, as registers state them, and ratios whole millionths, so that every comparison is exact: 0.1 has no exact
//! binary form, a tenth of a whole number of hundredths has.

use super::status::Status;
use crate::rules::{Denominator, PlotLimit, RATIO_PPM, TotalLimit};

/// Hundredths of a square metre in one.
const HUNDREDTHS: f64 = 100.0;

/// An area in hundredths of a square metre.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "no area on Earth has more than 2^63 hundredths")]
pub fn hundredths(area_m2: f64) -> i64 {
    (area_m2 * HUNDREDTHS).round() as i64
}

/// Whether one plot is small enough.
#[must_use]
pub fn is_small(area_m2: f64, limit: PlotLimit) -> bool {
    let (area, most) = (hundredths(area_m2), hundredths(limit.m2));
    if limit.inclusive { area <= most } else { area < most }
}

/// The test of the sum of a project's plots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    /// Plots over the land of the project.
    pub ratio_core: f64,
    /// Plots over land and plots.
    pub ratio_with_slivers: f64,
    /// What passes.
    pub status: Status,
}

/// Tests the sum of the plots (hundredths of m²) against the land of a project (m²); without a limit any sum passes.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "below 2^53 hundredths")]
pub fn total(slivers: i64, land_m2: f64, limit: Option<&TotalLimit>) -> Total {
    let slivers_m2 = slivers as f64 / HUNDREDTHS;
    let passes = |denominator| limit.is_none_or(|limit| slivers <= capacity(land_m2, limit, denominator));
    let asked = |denominator| limit.is_none_or(|limit| limit.denominators.contains(&denominator));
    let (core, with_slivers) = (Denominator::Core, Denominator::WithSlivers);
    let status = match (passes(core) || !asked(core), passes(with_slivers) || !asked(with_slivers)) {
        (true, true) => Status::Eligible,
        (false, true) if asked(with_slivers) => Status::EligibleIfTotalIncludesSlivers,
        _ => Status::OverCumulative,
    };
    Total { ratio_core: slivers_m2 / land_m2, ratio_with_slivers: slivers_m2 / (land_m2 + slivers_m2), status }
}

/// The largest sum of plots (hundredths of m²) that passes. Over land and plots together the land of a chosen set counts too: S ≤ r (P + S) is
/// S ≤ P × r / (1 − r).
#[must_use]
pub fn capacity(land_m2: f64, limit: &TotalLimit, denominator: Denominator) -> i64 {
    let land = i128::from(hundredths(land_m2));
    let (ratio, whole) = (i128::from(limit.ratio_ppm), i128::from(RATIO_PPM));
    let per = match denominator {
        Denominator::Core => whole,
        Denominator::WithSlivers => whole - ratio,
    };
    if per <= 0 {
        return i64::MAX;
    }
    let product = ratio * land;
    let most = if limit.inclusive { product.div_euclid(per) } else { (product - 1).div_euclid(per) };
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The ratio of a limit as a fraction.
#[expect(clippy::cast_precision_loss, reason = "millionths")]
pub(super) fn ratio_of(limit: &TotalLimit) -> f64 {
    limit.ratio_ppm as f64 / RATIO_PPM as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slivers::fixture;

    #[test]
    fn three_mu_is_two_thousand_square_metres_to_the_hundredth() {
        let inclusive = fixture::rule().max_plot.unwrap();
        let strict = PlotLimit { inclusive: false, ..inclusive };
        for (area_m2, passes, passes_strictly) in [
            (1999.99, true, true),
            (1999.994, true, true),
            (1999.996, true, false),
            (2000.0, true, false),
            (2000.004, true, false),
            (2000.006, false, false),
            (2000.01, false, false),
        ] {
            assert_eq!(is_small(area_m2, inclusive), passes, "{area_m2} m²");
            assert_eq!(is_small(area_m2, strict), passes_strictly, "{area_m2} m², strictly");
        }
        // Three plots of 21.1 mu in one project (Dehua, case 13): 7.03 mu each, more than 3.
        assert!(!is_small(21.1 / 3.0 * 2000.0 / 3.0, inclusive));
    }

    fn limit() -> TotalLimit {
        fixture::rule().max_total.unwrap()
    }

    fn status(slivers_m2: f64, land_m2: f64, limit: &TotalLimit) -> Status {
        total(hundredths(slivers_m2), land_m2, Some(limit)).status
    }

    #[test]
    fn a_tenth_and_a_ninth_on_both_denominators() {
        for land_m2 in [90_000.0, 43_383.0, 100_000.0, 90_000.05, 12_345.67] {
            let (tenth, ninth) = (hundredths(land_m2) / 10, hundredths(land_m2) / 9);
            for (slivers, expected) in [
                (tenth - 1, Status::Eligible),
                (tenth, Status::Eligible),
                (tenth + 1, Status::EligibleIfTotalIncludesSlivers),
                (ninth, Status::EligibleIfTotalIncludesSlivers),
                (ninth + 1, Status::OverCumulative),
            ] {
                assert_eq!(total(slivers, land_m2, Some(&limit())).status, expected, "{slivers} / 100 m² beside {land_m2} m²");
            }
        }
        // P = 90,000: exactly P / 10 and P / 9, strictly below too.
        let strict = TotalLimit { inclusive: false, ..limit() };
        assert_eq!(status(9_000.0, 90_000.0, &limit()), Status::Eligible);
        assert_eq!(status(9_000.0, 90_000.0, &strict), Status::EligibleIfTotalIncludesSlivers);
        assert_eq!(status(8_999.99, 90_000.0, &strict), Status::Eligible);
        assert_eq!(status(10_000.0, 90_000.0, &limit()), Status::EligibleIfTotalIncludesSlivers);
        assert_eq!(status(10_000.0, 90_000.0, &strict), Status::OverCumulative);
        assert_eq!(status(9_999.99, 90_000.0, &strict), Status::EligibleIfTotalIncludesSlivers);
    }

    #[test]
    fn one_denominator_alone_decides_alone() {
        let only = |denominator| TotalLimit { denominators: vec![denominator], ..limit() };
        assert_eq!(status(9_500.0, 90_000.0, &only(Denominator::Core)), Status::OverCumulative);
        assert_eq!(status(9_500.0, 90_000.0, &only(Denominator::WithSlivers)), Status::Eligible);
        assert_eq!(status(10_000.01, 90_000.0, &only(Denominator::WithSlivers)), Status::OverCumulative);
        assert_eq!(total(hundredths(1e6), 10.0, None).status, Status::Eligible);
    }

    #[test]
    fn published_ratios() {
        // Tianjin, case 3: 1,688.4 m² beside 43,383.0 m², printed as 4 %.
        let tianjin = total(hundredths(1_688.4), 43_383.0, Some(&limit()));
        assert_eq!(format!("{:.5} {:.5}", tianjin.ratio_core, tianjin.ratio_with_slivers), "0.03892 0.03746");
        assert_eq!(tianjin.status, Status::Eligible);
        // Lanxi, case 10: 2.41 mu of 97.34.
        let lanxi = total(hundredths(2.41 * 2000.0 / 3.0), 94.93 * 2000.0 / 3.0, Some(&limit()));
        assert_eq!(format!("{:.4}", lanxi.ratio_with_slivers), "0.0248");
        // Dehua, case 13: 21.1 mu of 306, or beside 284.9.
        let dehua = total(hundredths(21.1 * 2000.0 / 3.0), 284.9 * 2000.0 / 3.0, Some(&limit()));
        assert_eq!(format!("{:.5} {:.5}", dehua.ratio_core, dehua.ratio_with_slivers), "0.07406 0.06895");
    }
}

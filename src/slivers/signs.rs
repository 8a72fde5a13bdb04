//! Signs that a plot is hard to develop alone. They speak, they do not decide: a person confirms each.

use super::measures::Measures;
use crate::model::Verdict;
use crate::rules::HardToDevelop;

/// What every sign says; `Unknown` where its figure is, none where the rule does not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Signs {
    /// The largest inscribed circle is below the limit.
    pub narrow: Option<Verdict>,
    /// The compactness is below the limit.
    pub ragged: Option<Verdict>,
    /// No road is near.
    pub no_road: Option<Verdict>,
    /// The area is below the local least plot.
    pub below_least: Option<Verdict>,
}

impl Signs {
    /// Reads the signs of a plot of the tested area (m²).
    #[must_use]
    pub fn of(m: &Measures, area_m2: f64, rule: &HardToDevelop) -> Self {
        let below = |limit: Option<f64>, value: f64| limit.map(|limit| Verdict::from(Some(to_hundredths(value) < to_hundredths(limit))));
        Self {
            narrow: below(rule.min_inscribed_diameter_m, m.inscribed_diameter_m),
            ragged: rule.min_compactness.map(|limit| Verdict::from(Some(m.compactness() < limit))),
            no_road: (!rule.road_kinds.is_empty()).then(|| Verdict::from(m.has_road.map(|has| !has))),
            below_least: below(rule.min_area_m2, area_m2),
        }
    }

    /// Each sign that the rule looks at, by its word.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Verdict)> + use<> {
        [("narrow", self.narrow), ("ragged", self.ragged), ("no_road", self.no_road), ("below_least_plot", self.below_least)]
            .into_iter()
            .filter_map(|(name, sign)| Some((name, sign?)))
    }

    /// Any of them; a rule that looks at none says nothing.
    #[must_use]
    pub fn any(&self) -> Verdict {
        let mut all = self.named().map(|(_, sign)| sign).peekable();
        if all.peek().is_none() {
            return Verdict::Unknown;
        }
        all.fold(Verdict::No, |so_far, sign| match (so_far, sign) {
            (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
            (Verdict::No, Verdict::No) => Verdict::No,
        })
    }

    /// The words of the signs that hold, separated by spaces.
    #[must_use]
    pub fn words(&self) -> String {
        let holding: Vec<&str> = self.named().filter(|(_, sign)| *sign == Verdict::Yes).map(|(name, _)| name).collect();
        holding.join(" ")
    }
}

fn to_hundredths(value: f64) -> f64 {
    (value * 100.0).round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slivers::fixture;

    fn signs(m: Measures) -> Signs {
        Signs::of(&m, 500.0, &fixture::rule().hard_to_develop)
    }

    #[test]
    fn limits_are_strict() {
        let wide = Measures { has_road: Some(true), ..fixture::measures() };
        for (inscribed_diameter_m, narrow) in [(19.99, Verdict::Yes), (20.0, Verdict::No), (20.01, Verdict::No)] {
            assert_eq!(signs(Measures { inscribed_diameter_m, ..wide }).narrow, Some(narrow), "{inscribed_diameter_m} m");
        }
        // A strip of 100 m around has compactness 0.2 at 500 / π m².
        let at_limit_m2 = 0.2 * 100.0 * 100.0 / (4.0 * std::f64::consts::PI);
        for (planar_m2, ragged) in [(at_limit_m2 - 0.01, Verdict::Yes), (at_limit_m2 + 0.01, Verdict::No)] {
            assert_eq!(signs(Measures { planar_m2, ..wide }).ragged, Some(ragged), "{planar_m2} m²");
        }
        let mut rule = fixture::rule().hard_to_develop;
        rule.min_area_m2 = Some(500.0);
        for (area_m2, below) in [(499.99, Verdict::Yes), (500.0, Verdict::No)] {
            assert_eq!(Signs::of(&wide, area_m2, &rule).below_least, Some(below), "{area_m2} m²");
        }
    }

    #[test]
    fn one_sign_is_enough_and_an_unknown_one_leaves_it_open() {
        let wide = fixture::measures();
        assert_eq!(signs(Measures { has_road: Some(true), ..wide }).any(), Verdict::No);
        assert_eq!(signs(Measures { has_road: None, ..wide }).any(), Verdict::Unknown);
        let ringed = signs(Measures { has_road: Some(false), ..wide });
        assert_eq!((ringed.any(), ringed.words().as_str()), (Verdict::Yes, "no_road"));
        let narrow = signs(Measures { has_road: None, inscribed_diameter_m: 5.0, ..wide });
        assert_eq!((narrow.any(), narrow.words().as_str()), (Verdict::Yes, "narrow"));
        assert_eq!(Signs::default().any(), Verdict::Unknown);
    }
}

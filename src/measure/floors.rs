//! Counted floors of one building (计容层数): what is declared, what is counted, what is estimated, what is unknown, and within which limits.

use crate::rules::FloorInterval;

/// The numbers of the rule pack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorRule {
    /// A storey higher than this (m, strictly) counts twice.
    pub double_height_m: f64,
    /// Height of a storey (m) for buildings whose floors are unknown; none = they stay unknown.
    pub estimate_storey_height_m: Option<f64>,
    /// How wrong floors and heights may be; none = as they are.
    pub interval: Option<FloorInterval>,
}

/// What is known of a building.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Building {
    /// Area of the polygon, m².
    pub footprint_m2: Option<f64>,
    /// Declared floor area, m².
    pub floor_area_m2: Option<f64>,
    /// Floors above ground.
    pub floors: Option<f64>,
    /// Height, m.
    pub height_m: Option<f64>,
    /// Whether it stands above ground; unknown counts as yes.
    pub above_ground: Option<bool>,
}

/// What a floor area rests on, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// A declared floor area.
    Declared,
    /// Floors times footprint.
    Floors,
    /// Height over storey height times footprint.
    Height,
}

impl Basis {
    /// The word in `basis` and `far_basis`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Floors => "floors",
            Self::Height => "height",
        }
    }
}

/// The floors of a building as they count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// Counted floors; unknown where the floor area was declared.
    pub floors: Option<f64>,
    /// Counted floor area of the whole building, m².
    pub floor_area_m2: f64,
    /// What it rests on.
    pub basis: Basis,
}

/// Counts the floors of a building; `None` = unknown.
///
/// ```
/// use mujun::measure::floors::{Building, FloorRule, count};
/// let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: None, interval: None };
/// let hall = Building { footprint_m2: Some(1000.0), floors: Some(1.0), height_m: Some(8.1), ..Building::default() };
/// assert_eq!(count(hall, rule).unwrap().floor_area_m2, 2000.0);
/// ```
#[must_use]
pub fn count(building: Building, rule: FloorRule) -> Option<Counted> {
    if building.above_ground == Some(false) {
        let basis = count(Building { above_ground: None, ..building }, rule).map_or(Basis::Declared, |c| c.basis);
        return Some(Counted { floors: Some(0.0), floor_area_m2: 0.0, basis });
    }
    if let Some(floor_area_m2) = building.floor_area_m2 {
        return Some(Counted { floors: None, floor_area_m2, basis: Basis::Declared });
    }
    let (floors, basis) = match (building.floors, building.height_m, rule.estimate_storey_height_m) {
        (Some(floors), _, _) => (floors, Basis::Floors),
        (None, Some(height_m), Some(storey_m)) => ((height_m / storey_m).floor().max(1.0), Basis::Height),
        _ => return None,
    };
    let counted = counted_floors(floors, building.height_m, rule);
    Some(Counted { floors: Some(counted), floor_area_m2: counted * building.footprint_m2?, basis })
}

/// Floors, each twice where they are high. The storey height is the mean one: registers have one height a building.
fn counted_floors(floors: f64, height_m: Option<f64>, rule: FloorRule) -> f64 {
    let double = height_m.is_some_and(|h| floors > 0.0 && h / floors > rule.double_height_m);
    if double { 2.0 * floors } else { floors }
}

/// The least and the greatest floor area that a building may have, m²; `None` = unknown. What [`count`] gives lies between them.
///
/// A hall of 7.9 m whose height may be off by 0.2 m counts once or twice:
///
/// ```
/// use mujun::measure::floors::{Building, FloorRule, range_m2};
/// use mujun::rules::FloorInterval;
/// let interval = FloorInterval { height_tolerance_m: 0.2, ..FloorInterval::default() };
/// let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: None, interval: Some(interval) };
/// let hall = Building { footprint_m2: Some(1000.0), floors: Some(1.0), height_m: Some(7.9), ..Building::default() };
/// assert_eq!(range_m2(hall, rule), Some([1000.0, 2000.0]));
/// ```
#[must_use]
pub fn range_m2(building: Building, rule: FloorRule) -> Option<[f64; 2]> {
    let best = count(building, rule).map(|counted| counted.floor_area_m2);
    let certain = building.above_ground == Some(false) || building.floor_area_m2.is_some();
    let Some(interval) = rule.interval.filter(|_| !certain) else { return best.map(|m2| [m2, m2]) };
    let off_m = interval.height_tolerance_m;
    let heights_m = building.height_m.map(|h| [(h - off_m).max(0.0), h + off_m]);
    let Some([fewest, most]) = floors_between(building, heights_m, rule, interval) else { return best.map(|m2| [m2, m2]) };
    let footprint_m2 = building.footprint_m2?;
    let heights = heights_m.map_or([None; 2], |heights| heights.map(Some));
    let counted = whole_steps(fewest, most).flat_map(|floors| heights.map(|height| counted_floors(floors, height, rule) * footprint_m2));
    Some(counted.chain(best).fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], m2| [low.min(m2), high.max(m2)]))
}

/// The fewest and the most floors.
fn floors_between(building: Building, heights_m: Option<[f64; 2]>, rule: FloorRule, interval: FloorInterval) -> Option<[f64; 2]> {
    if let Some(floors) = building.floors {
        return Some([floors, floors]);
    }
    let storeys_m = interval.storey_height_m.or(rule.estimate_storey_height_m.map(|storey_m| [storey_m, storey_m]));
    match (heights_m, storeys_m) {
        (Some([least_m, greatest_m]), Some([low_m, high_m])) => {
            Some([(least_m / high_m).floor().max(1.0), (greatest_m / low_m).floor().max(1.0)])
        }
        _ => interval.unknown_floors,
    }
}

/// From the first number to the last by steps of 1, both included.
fn whole_steps(first: f64, last: f64) -> impl Iterator<Item = f64> {
    let inner = std::iter::successors(Some(first), |floors| Some(floors + 1.0)).take_while(move |floors| *floors < last);
    inner.chain([last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts() {
        let plain = Building { footprint_m2: Some(100.0), ..Building::default() };
        let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: None, interval: None };
        let guess = FloorRule { estimate_storey_height_m: Some(4.0), ..rule };
        let cases = [
            (
                "declared wins",
                Building { floor_area_m2: Some(70.0), floors: Some(3.0), ..plain },
                rule,
                Some((None, 70.0, Basis::Declared)),
            ),
            ("floors", Building { floors: Some(3.0), ..plain }, rule, Some((Some(3.0), 300.0, Basis::Floors))),
            (
                "a storey of exactly 8 m counts once",
                Building { floors: Some(2.0), height_m: Some(16.0), ..plain },
                rule,
                Some((Some(2.0), 200.0, Basis::Floors)),
            ),
            (
                "above 8 m twice",
                Building { floors: Some(2.0), height_m: Some(16.1), ..plain },
                rule,
                Some((Some(4.0), 400.0, Basis::Floors)),
            ),
            (
                "no floor above ground",
                Building { floors: Some(0.0), height_m: Some(3.0), ..plain },
                rule,
                Some((Some(0.0), 0.0, Basis::Floors)),
            ),
            (
                "underground",
                Building { floors: Some(2.0), above_ground: Some(false), ..plain },
                rule,
                Some((Some(0.0), 0.0, Basis::Floors)),
            ),
            ("height alone", Building { height_m: Some(12.0), ..plain }, rule, None),
            ("height by rule", Building { height_m: Some(11.9), ..plain }, guess, Some((Some(2.0), 200.0, Basis::Height))),
            ("a 2.9 m shed has a floor", Building { height_m: Some(2.9), ..plain }, guess, Some((Some(1.0), 100.0, Basis::Height))),
            ("nothing", plain, guess, None),
        ];
        for (what, building, rule, expected) in cases {
            assert_eq!(count(building, rule).map(|c| (c.floors, c.floor_area_m2, c.basis)), expected, "{what}");
        }
    }

    #[test]
    fn within_which_limits() {
        let plain = Building { footprint_m2: Some(100.0), ..Building::default() };
        let interval = FloorInterval { storey_height_m: Some([3.0, 5.0]), height_tolerance_m: 0.2, unknown_floors: Some([1.0, 3.0]) };
        let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: Some(4.0), interval: Some(interval) };
        let cases = [
            ("declared is certain", Building { floor_area_m2: Some(70.0), ..plain }, Some([70.0, 70.0])),
            ("below ground is nothing", Building { above_ground: Some(false), ..plain }, Some([0.0, 0.0])),
            ("floors without height are certain", Building { floors: Some(3.0), ..plain }, Some([300.0, 300.0])),
            ("7.7 m + 0.2 m is not above 8 m", Building { floors: Some(1.0), height_m: Some(7.7), ..plain }, Some([100.0, 100.0])),
            ("7.9 m + 0.2 m is", Building { floors: Some(1.0), height_m: Some(7.9), ..plain }, Some([100.0, 200.0])),
            ("8.1 m − 0.2 m is not", Building { floors: Some(1.0), height_m: Some(8.1), ..plain }, Some([100.0, 200.0])),
            ("8.3 m − 0.2 m is", Building { floors: Some(1.0), height_m: Some(8.3), ..plain }, Some([200.0, 200.0])),
            // 11.8 / 5 = 2.36 and 12.2 / 3 = 4.07; no storey of 2 to 4 floors is above 8 m.
            ("12 m without floors", Building { height_m: Some(12.0), ..plain }, Some([200.0, 400.0])),
            // 8.8 / 5 = 1.76 is one floor of more than 8 m, which counts twice; 9.2 / 3 = 3.07.
            ("9 m without floors", Building { height_m: Some(9.0), ..plain }, Some([200.0, 300.0])),
            ("nothing known", plain, Some([100.0, 300.0])),
        ];
        for (what, building, expected) in cases {
            assert_eq!(range_m2(building, rule), expected, "{what}");
        }
        let bare = FloorRule { interval: None, ..rule };
        assert_eq!(range_m2(Building { height_m: Some(12.0), ..plain }, bare), Some([300.0, 300.0]), "without limits it is what it is");
        assert_eq!(range_m2(plain, bare), None);
        assert_eq!(range_m2(plain, FloorRule { interval: Some(FloorInterval::default()), ..rule }), None);
    }
}

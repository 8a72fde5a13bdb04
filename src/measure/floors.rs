//! Counted floors of one building (计容层数): what is declared, what is counted, what is estimated, what is unknown.

/// The numbers of the rule pack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorRule {
    /// A storey higher than this (m, strictly) counts twice.
    pub double_height_m: f64,
    /// Height of a storey (m) for buildings whose floors are unknown; none = they stay unknown.
    pub estimate_storey_height_m: Option<f64>,
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
/// let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: None };
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
    // The storey height is the mean one: registers have one height a building.
    let double = building.height_m.is_some_and(|h| floors > 0.0 && h / floors > rule.double_height_m);
    let counted = if double { 2.0 * floors } else { floors };
    Some(Counted { floors: Some(counted), floor_area_m2: counted * building.footprint_m2?, basis })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts() {
        let plain = Building { footprint_m2: Some(100.0), ..Building::default() };
        let rule = FloorRule { double_height_m: 8.0, estimate_storey_height_m: None };
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
}

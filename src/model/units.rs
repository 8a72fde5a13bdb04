//! Units of measure and their exact factors.
//!
//! **Invariant:** a quantity has its unit in its type or last in its name; conversion happens once, when a field is read.

use serde::{Deserialize, Serialize};

/// Square metres in a mu: 2000/3. The 666.67 in common use is refused here: 3 × 666.67 is not 2000.
pub const M2_PER_MU: f64 = 2000.0 / 3.0;

/// Mu from square metres, exact at whole multiples of 2000 m².
///
/// ```
/// assert_eq!(mujun::model::mu_from_m2(2000.0), 3.0);
/// ```
#[must_use]
pub fn mu_from_m2(area_m2: f64) -> f64 {
    area_m2 * 3.0 / 2000.0
}

/// A unit that a source column may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Square metre.
    M2,
    /// 亩, 2000/3 m².
    Mu,
    /// 公顷, 10,000 m².
    Hectare,
    /// Square kilometre.
    Km2,
    /// Square foot (international), 0.09290304 m².
    Ft2,
    /// Metre.
    M,
    /// Foot (international), 0.3048 m.
    Ft,
    /// 元.
    Yuan,
    /// 万元, 10,000 yuan.
    Wan,
    /// 亿元, 10⁸ yuan.
    Yi,
    /// Tonne of standard coal.
    Tce,
    /// Kilogram of standard coal.
    Kgce,
    /// Tonne.
    T,
    /// Kilogram.
    Kg,
    /// Hundredth.
    #[serde(rename = "%", alias = "percent")]
    Percent,
    /// Pure number.
    One,
}

/// What a unit measures; conversion stays within one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Kept in m².
    Area,
    /// Kept in m.
    Length,
    /// Kept in 万元.
    Money,
    /// Kept in tce.
    Energy,
    /// Kept in t.
    Mass,
    /// Kept as a fraction.
    Fraction,
}

impl Unit {
    /// What the unit measures.
    #[must_use]
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::M2 | Self::Mu | Self::Hectare | Self::Km2 | Self::Ft2 => Dimension::Area,
            Self::M | Self::Ft => Dimension::Length,
            Self::Yuan | Self::Wan | Self::Yi => Dimension::Money,
            Self::Tce | Self::Kgce => Dimension::Energy,
            Self::T | Self::Kg => Dimension::Mass,
            Self::Percent | Self::One => Dimension::Fraction,
        }
    }

    /// `value` in the unit that the pipeline keeps for the dimension. Divisions where the factor has no exact binary form, so that 20,000 yuan are 2 万元 to the last bit.
    ///
    /// ```
    /// use mujun::model::Unit;
    /// assert_eq!(Unit::Mu.to_canonical(3.0), 2000.0);
    /// assert_eq!(Unit::Yuan.to_canonical(20_000.0), 2.0);
    /// ```
    #[must_use]
    pub fn to_canonical(self, value: f64) -> f64 {
        match self {
            Self::M2 | Self::M | Self::Wan | Self::Tce | Self::T | Self::One => value,
            Self::Mu => value * 2000.0 / 3.0,
            Self::Hectare | Self::Yi => value * 10_000.0,
            Self::Km2 => value * 1_000_000.0,
            Self::Ft2 => value * 0.092_903_04,
            Self::Ft => value * 0.3048,
            Self::Yuan => value / 10_000.0,
            Self::Kgce | Self::Kg => value / 1000.0,
            Self::Percent => value / 100.0,
        }
    }
}

//! Where classes are cut: by shares of the ranked or by bands of the score.
//!
//! Shares are kept in millionths, so that number × share is exact: 100 × 0.07 is 7 here, where binary fractions make it a little more and a
//! rule that rounds up would give an eighth parcel. Bands take the score rounded to the stated decimals, a hair above an edge counted as on it.

use std::sync::Arc;

use super::raw::{Ends, RawBand, RawCut, RawCuts, Rounding, Ties};
use crate::rules::{
    fault::{Checked, FaultKind},
    head::{Allowed, number},
};
use crate::say;

/// One, in the unit of [`Cut::up_to_ppm`].
pub const PPM: u64 = 1_000_000;

/// How far a score may be from an edge of rounding to be on it: sums of decimals are not exact in binary.
const HAIR: f64 = 1e-9;

/// Where the classes of a cohort are cut.
#[derive(Clone, Debug, PartialEq)]
pub enum Cuts {
    /// By shares of the ranked.
    Shares(Shares),
    /// By the score itself.
    Bands(Bands),
}

/// Classes by cumulative share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// The classes, best first.
    pub grades: Vec<Cut>,
    /// How number × share becomes a whole number.
    pub rounding: Rounding,
    /// Which class equal scores across a cut get.
    pub ties: Ties,
}

/// A class by cumulative share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The grade written.
    pub grade: Arc<str>,
    /// Cumulative share at the end of the class, inclusive, in millionths.
    pub up_to_ppm: u64,
}

/// Classes by score.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// The classes, best first.
    pub bands: Vec<Band>,
    /// How the score is rounded.
    pub rounding: Rounding,
    /// Decimals that it is rounded to.
    pub decimals: u32,
}

/// A class by score.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The grade written.
    pub grade: Arc<str>,
    /// Its lower end; negative infinity for the last.
    pub least: f64,
    /// Whether the lower end belongs to it.
    pub includes_least: bool,
}

/// The score from which on a class is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The score.
    pub score: f64,
    /// Whether the score itself is not enough.
    pub beyond: bool,
}

impl Edge {
    /// Whether a score reaches the class.
    #[must_use]
    pub fn is_reached_by(&self, score: f64) -> bool {
        if self.beyond { score > self.score } else { score >= self.score }
    }
}

impl Cuts {
    /// The grades, best first.
    pub fn grades(&self) -> impl Iterator<Item = &Arc<str>> {
        let (shares, bands) = match self {
            Self::Shares(shares) => (shares.grades.as_slice(), [].as_slice()),
            Self::Bands(bands) => ([].as_slice(), bands.bands.as_slice()),
        };
        shares.iter().map(|cut| &cut.grade).chain(bands.iter().map(|band| &band.grade))
    }

    /// The grade of a class.
    #[must_use]
    pub fn grade(&self, class: usize) -> Option<&Arc<str>> {
        self.grades().nth(class)
    }

    /// The class of a grade.
    #[must_use]
    pub fn class(&self, grade: &str) -> Option<usize> {
        self.grades().position(|own| **own == *grade)
    }
}

impl Shares {
    /// The last rank of each class among `n` that are ranked.
    ///
    /// ```
    /// # use mujun::rules::{Cut, Shares, Rounding, Ties};
    /// let cut = |grade: &str, up_to_ppm| Cut { grade: grade.into(), up_to_ppm };
    /// let grades = vec![cut("A", 200_000), cut("B", 850_000), cut("C", 950_000), cut("D", 1_000_000)];
    /// let shares = Shares { grades, rounding: Rounding::Ceil, ties: Ties::Better };
    /// assert_eq!(shares.last_ranks(7), [2, 6, 7, 7]);
    /// ```
    #[must_use]
    pub fn last_ranks(&self, n: u64) -> Vec<u64> {
        self.grades.iter().map(|cut| self.rounding.round(n * cut.up_to_ppm)).collect()
    }
}

impl Bands {
    /// The class of a score.
    ///
    /// ```
    /// # use mujun::rules::{Band, Bands, Rounding};
    /// let band = |grade: &str, least| Band { grade: grade.into(), least, includes_least: true };
    /// let bands = Bands { bands: vec![band("A", 80.0), band("D", f64::NEG_INFINITY)], rounding: Rounding::Nearest, decimals: 1 };
    /// assert_eq!([79.94, 79.95, 80.0].map(|score| bands.class(score)), [1, 0, 0]);
    /// ```
    #[must_use]
    pub fn class(&self, score: f64) -> usize {
        let rounded = self.rounded(score);
        let holds = |band: &Band| rounded > band.least || (rounded >= band.least && band.includes_least);
        self.bands.iter().position(holds).unwrap_or(self.bands.len().saturating_sub(1))
    }

    /// The score as it is put into a band.
    #[must_use]
    pub fn rounded(&self, score: f64) -> f64 {
        let scale = self.scale();
        let scaled = score * scale;
        let whole = match self.rounding {
            Rounding::Ceil => (scaled - HAIR * scale).ceil(),
            Rounding::Floor => (scaled + HAIR * scale).floor(),
            Rounding::Nearest => (scaled + 0.5 + HAIR * scale).floor(),
            Rounding::HalfEven if ((scaled - scaled.floor()) - 0.5).abs() <= HAIR * scale => even_of(scaled.floor()),
            Rounding::HalfEven => scaled.round(),
        };
        whole / scale
    }

    /// The unrounded score from which on a class is reached; none for the last, which everybody reaches.
    #[must_use]
    pub fn edge(&self, class: usize) -> Option<Edge> {
        let band = self.bands.get(class).filter(|band| band.least.is_finite())?;
        let step = 1.0 / self.scale();
        // The least score on the grid of decimals that is in the band.
        let least = if band.includes_least { band.least } else { band.least + step };
        Some(match self.rounding {
            Rounding::Ceil => Edge { score: least - step, beyond: true },
            Rounding::Floor => Edge { score: least, beyond: false },
            Rounding::Nearest => Edge { score: least - step * 0.5, beyond: false },
            // Half a step below an odd number goes down to the even one.
            Rounding::HalfEven => {
                let whole = (least * self.scale()).round();
                Edge { score: least - step * 0.5, beyond: even_of(whole) > whole }
            }
        })
    }

    fn scale(&self) -> f64 {
        10_f64.powi(i32::try_from(self.decimals).unwrap_or_default())
    }
}

impl Rounding {
    const fn round(self, millionths: u64) -> u64 {
        match self {
            Self::Ceil => millionths.div_ceil(PPM),
            Self::Floor => millionths / PPM,
            Self::Nearest => (millionths + PPM / 2) / PPM,
            Self::HalfEven => {
                let (whole, rest) = (millionths / PPM, millionths % PPM);
                let is_up = rest > PPM / 2 || rest == PPM / 2 && whole % 2 == 1;
                whole + is_up as u64
            }
        }
    }
}

/// A whole number where it is even, else the next.
fn even_of(whole: f64) -> f64 {
    2.0 * (whole / 2.0).ceil()
}

/// Cuts by `grades` or by `bands`; a fault where there are both or neither.
pub(super) fn compile(raw: &RawCuts, at: &std::ops::Range<usize>, file: &mut Checked<'_>) -> Option<Cuts> {
    match (&raw.grades, &raw.bands) {
        (Some(grades), None) => {
            let Some(ties) = raw.ties else {
                file.fault(&grades.span(), FaultKind::MissingKey { key: "ties".into() });
                return None;
            };
            Some(Cuts::Shares(Shares { grades: compile_shares(grades, file), rounding: raw.rounding, ties }))
        }
        (None, Some(bands)) => {
            let Some(decimals) = &raw.decimals else {
                file.fault(&bands.span(), FaultKind::MissingKey { key: "decimals".into() });
                return None;
            };
            // More decimals than a score has digits would leave nothing to round.
            if *decimals.get_ref() > 9 {
                let kind = FaultKind::OutOfRange { key: "decimals", value: f64::from(*decimals.get_ref()), allowed: say!("from 0 to 9") };
                file.fault(&decimals.span(), kind);
            }
            let bands = compile_bands(bands, file);
            Some(Cuts::Bands(Bands { bands, rounding: raw.rounding, decimals: *decimals.get_ref() }))
        }
        _ => {
            file.fault(at, FaultKind::OneOf { keys: "`grades`, `bands`" });
            None
        }
    }
}

fn compile_shares(raw: &toml::Spanned<Vec<RawCut>>, file: &mut Checked<'_>) -> Vec<Cut> {
    let grades: Vec<_> = raw.get_ref().iter().map(|cut| compile_cut(cut, file)).collect();
    let rises = grades.windows(2).all(|pair| matches!(pair, [a, b] if a.up_to_ppm < b.up_to_ppm));
    if !rises || grades.last().is_none_or(|last| last.up_to_ppm != PPM) {
        file.fault(&raw.span(), FaultKind::CutsOrder);
    }
    grades
}

fn compile_cut(raw: &RawCut, file: &mut Checked<'_>) -> Cut {
    let share = number("up_to", &raw.up_to, Allowed::Fraction, file);
    let millionths = (share * 1e6).round();
    if (share * 1e6 - millionths).abs() > 1e-6 {
        file.fault(&raw.up_to.span(), FaultKind::CutsDecimals { value: share });
    }
    Cut { grade: raw.grade.as_str().into(), up_to_ppm: to_millionths(millionths) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1,000,000 here")]
const fn to_millionths(value: f64) -> u64 {
    value.clamp(0.0, 1e6) as u64
}

fn compile_bands(raw: &toml::Spanned<Vec<RawBand>>, file: &mut Checked<'_>) -> Vec<Band> {
    let list = raw.get_ref();
    if list.is_empty() {
        file.fault(&raw.span(), FaultKind::Empty { key: "bands" });
    }
    for pair in list.windows(2) {
        if let [above, below] = pair {
            check_meeting(above, below, file);
        }
    }
    let open = |band: Option<&RawBand>, end: fn(&RawBand) -> bool| band.is_none_or(end);
    if !open(list.first(), |band| band.to.is_none()) || !open(list.last(), |band| band.from.is_none()) {
        file.fault(&raw.span(), FaultKind::BandsOpen);
    }
    list.iter().map(|band| compile_band(band, file)).collect()
}

/// Each band ends where the next begins, and the edge belongs to one of them.
fn check_meeting(above: &RawBand, below: &RawBand, file: &mut Checked<'_>) {
    let (Some(from), Some(to)) = (&above.from, &below.to) else {
        return file.fault(&below.grade.span(), FaultKind::BandsOpen);
    };
    let names = || (above.grade.get_ref().clone(), below.grade.get_ref().clone());
    let (high, low) = (*from.get_ref(), *to.get_ref());
    let from_in = matches!(above.includes, Ends::From | Ends::Both);
    let to_in = matches!(below.includes, Ends::To | Ends::Both);
    let (gap, overlap) = (high > low || (high >= low && !from_in && !to_in), high < low || (high <= low && from_in && to_in));
    if gap {
        let (above, below) = names();
        file.fault(&to.span(), FaultKind::BandsGap { above, below });
    } else if overlap {
        let (above, below) = names();
        file.fault(&to.span(), FaultKind::BandsOverlap { above, below });
    }
}

fn compile_band(raw: &RawBand, file: &mut Checked<'_>) -> Band {
    let least = raw.from.as_ref().map_or(f64::NEG_INFINITY, |from| number("from", from, Allowed::Finite, file));
    if let Some(to) = raw.to.as_ref().filter(|to| *to.get_ref() <= least) {
        file.fault(&to.span(), FaultKind::OutOfRange { key: "to", value: *to.get_ref(), allowed: say!("more than from") });
    }
    Band { grade: raw.grade.get_ref().as_str().into(), least, includes_least: matches!(raw.includes, Ends::From | Ends::Both) }
}

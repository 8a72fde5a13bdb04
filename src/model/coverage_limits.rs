//! The limits of the coverage check, as the job states them and the stage applies them.

/// What counts as a fault where parcels meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoverageLimits {
    /// Common ground below this is none, m².
    pub min_overlap_m2: f64,
    /// Common ground narrower than this is none, m.
    pub min_overlap_width_m: f64,
    /// Gaps below this are none, m².
    pub min_gap_m2: f64,
    /// Gaps above this are meant, m².
    pub max_gap_m2: f64,
    /// Gaps wider than this are meant, m.
    pub max_gap_width_m: f64,
    /// Corners this near to one another, or to an edge, are meant to be one, m.
    pub snap_m: f64,
    /// Parcels that each share more than this part of their ground are one drawn twice.
    pub near_duplicate_share: f64,
}

impl Default for CoverageLimits {
    fn default() -> Self {
        Self {
            min_overlap_m2: 0.1,
            min_overlap_width_m: 0.01,
            min_gap_m2: 0.1,
            max_gap_m2: 100.0,
            max_gap_width_m: 1.0,
            snap_m: 0.01,
            near_duplicate_share: 0.95,
        }
    }
}

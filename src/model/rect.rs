//! Boxes: what indexes and quick tests work with.

use super::Coord;

/// An axis-parallel box, closed on all sides; empty when `min > max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Lower left corner.
    pub min: Coord,
    /// Upper right corner.
    pub max: Coord,
}

impl Rect {
    /// The box that holds nothing.
    pub const EMPTY: Self = Self { min: Coord::new(f64::INFINITY, f64::INFINITY), max: Coord::new(f64::NEG_INFINITY, f64::NEG_INFINITY) };

    /// The smallest box around `coords`.
    #[must_use]
    pub fn around(coords: &[Coord]) -> Self {
        coords.iter().fold(Self::EMPTY, |r, c| Self {
            min: Coord::new(r.min.x.min(c.x), r.min.y.min(c.y)),
            max: Coord::new(r.max.x.max(c.x), r.max.y.max(c.y)),
        })
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            min: Coord::new(self.min.x.min(other.min.x), self.min.y.min(other.min.y)),
            max: Coord::new(self.max.x.max(other.max.x), self.max.y.max(other.max.y)),
        }
    }

    /// Width and height.
    #[must_use]
    pub fn size(&self) -> Coord {
        self.max.from_origin(self.min)
    }

    /// Whether the point lies in the box or on its boundary.
    #[inline]
    #[must_use]
    pub fn holds(&self, c: Coord) -> bool {
        self.min.x <= c.x && c.x <= self.max.x && self.min.y <= c.y && c.y <= self.max.y
    }

    /// The box of the points that both have; empty where there is none.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self {
            min: Coord::new(self.min.x.max(other.min.x), self.min.y.max(other.min.y)),
            max: Coord::new(self.max.x.min(other.max.x), self.max.y.min(other.max.y)),
        }
    }

    /// The middle of the box.
    #[must_use]
    pub fn centre(&self) -> Coord {
        Coord::new(0.5 * (self.min.x + self.max.x), 0.5 * (self.min.y + self.max.y))
    }

    /// Whether the boxes share at least a point.
    #[inline]
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }

    /// Whether the boxes share an area.
    #[inline]
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min.x < other.max.x && other.min.x < self.max.x && self.min.y < other.max.y && other.min.y < self.max.y
    }

    /// The box grown by `by_m` metres on every side.
    #[must_use]
    pub fn grown(&self, by_m: f64) -> Self {
        Self { min: Coord::new(self.min.x - by_m, self.min.y - by_m), max: Coord::new(self.max.x + by_m, self.max.y + by_m) }
    }
}

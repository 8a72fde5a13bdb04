//! The geometry of the rows that are looked at: kinds, places and areas, as the file has them.

use std::collections::BTreeMap;

use gdal::vector::Geometry;

use crate::model::{Coord, Rect};

/// Coordinates that are kept.
const MOST_COORDS: usize = 4096;
/// How deep collections are followed.
const DEEPEST: usize = 8;

/// The geometry of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeSurvey {
    /// Rows by kind: `polygon`, `multipolygon`, `point`, …, `missing`, `empty`, `damaged`.
    pub kinds: BTreeMap<String, u64>,
    /// The box of the rows that were looked at.
    pub extent: Rect,
    /// The middle of the box of each row that has one.
    pub centres: Vec<Coord>,
    /// The plane area of each row, in the square of the unit of its coordinates; none where it is no polygon.
    pub areas: Vec<Option<f64>>,
    /// Some of the coordinates.
    pub coords: Vec<Coord>,
    /// Rows with a coordinate that is not finite.
    pub not_finite: u64,
}

impl Default for ShapeSurvey {
    fn default() -> Self {
        let (kinds, centres, areas, coords) = Default::default();
        Self { kinds, extent: Rect::EMPTY, centres, areas, coords, not_finite: 0 }
    }
}

impl ShapeSurvey {
    /// Adds the geometry of the next row.
    pub fn push(&mut self, wkb: Option<&[u8]>) {
        self.push_read(wkb.filter(|b| !b.is_empty()).map(Geometry::from_wkb));
    }

    /// Adds the geometry of the next row from text.
    pub fn push_wkt(&mut self, wkt: Option<&str>) {
        self.push_read(wkt.map(Geometry::from_wkt));
    }

    fn push_read(&mut self, geometry: Option<gdal::errors::Result<Geometry>>) {
        let (kind, area) = match geometry {
            None => ("missing".to_owned(), None),
            Some(Err(_)) => ("damaged".to_owned(), None),
            Some(Ok(geometry)) if geometry.is_empty() => ("empty".to_owned(), None),
            Some(Ok(geometry)) => self.place(&geometry),
        };
        self.push_unplaced(&kind, area);
    }

    /// Adds a row of a kind without looking at its place.
    pub fn push_unplaced(&mut self, kind: &str, area: Option<f64>) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        self.areas.push(area);
    }

    fn place(&mut self, geometry: &Geometry) -> (String, Option<f64>) {
        let kind = geometry.geometry_name().to_lowercase();
        let envelope = geometry.envelope();
        let bounds = Rect { min: Coord::new(envelope.MinX, envelope.MinY), max: Coord::new(envelope.MaxX, envelope.MaxY) };
        if ![bounds.min.x, bounds.min.y, bounds.max.x, bounds.max.y].iter().all(|v| v.is_finite()) {
            self.not_finite += 1;
            return (kind, None);
        }
        self.extent = self.extent.union(bounds);
        self.centres.push(bounds.centre());
        self.keep_coords(geometry, 0);
        let is_areal = is_areal(&kind);
        (kind, is_areal.then(|| geometry.area()).filter(|a| a.is_finite()))
    }

    fn keep_coords(&mut self, geometry: &Geometry, depth: usize) {
        let parts = geometry.geometry_count();
        if parts == 0 || depth > DEEPEST {
            let mut points = Vec::new();
            geometry.get_points(&mut points);
            let room = MOST_COORDS.saturating_sub(self.coords.len());
            self.coords.extend(points.iter().take(room).map(|p| Coord::new(p.0, p.1)));
            return;
        }
        for part in 0..parts {
            if self.coords.len() >= MOST_COORDS {
                return;
            }
            self.keep_coords(&geometry.get_geometry(part), depth + 1);
        }
    }

    /// Rows that are polygons.
    #[must_use]
    pub fn polygons(&self) -> u64 {
        self.kinds.iter().filter(|(kind, _)| is_areal(kind)).map(|(_, n)| n).sum()
    }

    /// The middle place: the median of each ordinate.
    #[must_use]
    pub fn centre(&self) -> Option<Coord> {
        let median = |of: fn(&Coord) -> f64| {
            let mut values: Vec<f64> = self.centres.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        Some(Coord::new(median(|c| c.x)?, median(|c| c.y)?))
    }
}

fn is_areal(kind: &str) -> bool {
    matches!(kind, "polygon" | "multipolygon" | "curvepolygon" | "multisurface")
}

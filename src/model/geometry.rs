//! Geometry as a column: flat coordinates with ring, part and feature offsets, and a bounding box for each feature.
//!
//! Refuses nothing: any rings can be stored. What a stage may rely on is the work of `validate`.
//!
//! **Invariant:** offsets start at 0, never fall, and end at the length of the array that they cut; every ring of a [`GeometryBuilder`] is
//! closed (its first and last coordinates are equal) or empty.

#![expect(
    clippy::indexing_slicing,
    reason = "offsets are written by this module alone and keep the invariant above; feature numbers come from `0..len()`"
)]

use rayon::prelude::*;

use super::Rect;

/// A position: easting and northing in metres, or longitude and latitude in degrees before projection.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(C)]
pub struct Coord {
    /// Easting in metres (longitude in degrees before projection).
    pub x: f64,
    /// Northing in metres (latitude in degrees before projection).
    pub y: f64,
}

impl Coord {
    /// The coordinate at `x`, `y`.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// This coordinate seen from `origin`.
    #[inline]
    #[must_use]
    pub fn from_origin(self, origin: Self) -> Self {
        Self::new(self.x - origin.x, self.y - origin.y)
    }
}

/// Coordinates of a block of [`GeometryColumn::transform`].
const TRANSFORM_COORDS: usize = 1 << 16;

/// The most coordinates of a layer that is read: 32 GiB of them, and half of what offsets can count, so that the next batch always fits.
pub const MOST_COORDS: usize = 1 << 31;

/// The polygons of a whole layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeometryColumn {
    coords: Vec<Coord>,
    rings: Vec<u32>,
    parts: Vec<u32>,
    features: Vec<u32>,
    bounds: Vec<Rect>,
}

/// The polygons of one feature, borrowed from its column.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    coords: &'a [Coord],
    rings: &'a [u32],
    parts: &'a [u32],
    /// The smallest box around the feature.
    pub bounds: Rect,
}

impl GeometryColumn {
    /// The number of features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Whether there is no feature.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The number of coordinates, closing ones included.
    #[must_use]
    pub fn coord_count(&self) -> usize {
        self.coords.len()
    }

    /// The edge of a number that [`Shape::numbered_edges`] gave; none beyond the last.
    #[must_use]
    pub fn edge(&self, number: u32) -> Option<(Coord, Coord)> {
        Some((*self.coords.get(number as usize)?, *self.coords.get(number as usize + 1)?))
    }

    /// The bounding boxes, one a feature.
    #[must_use]
    pub fn bounds(&self) -> &[Rect] {
        &self.bounds
    }

    /// The smallest box around everything.
    #[must_use]
    pub fn extent(&self) -> Rect {
        self.bounds.iter().fold(Rect::EMPTY, |a, b| a.union(*b))
    }

    /// The polygons of feature `row`.
    #[inline]
    #[must_use]
    pub fn shape(&self, row: usize) -> Shape<'_> {
        let parts = &self.parts[self.features[row] as usize..=self.features[row + 1] as usize];
        let (first, last) = (parts[0] as usize, parts[parts.len() - 1] as usize);
        Shape { coords: &self.coords, rings: &self.rings[first..=last], parts, bounds: self.bounds[row] }
    }

    /// All features in order.
    pub fn shapes(&self) -> impl Iterator<Item = Shape<'_>> {
        (0..self.len()).map(|row| self.shape(row))
    }

    /// Moves every coordinate so that `origin` becomes (0, 0).
    pub fn move_origin(&mut self, origin: Coord) {
        let shift = |c: Coord| c.from_origin(origin);
        self.coords.par_iter_mut().for_each(|c| *c = shift(*c));
        self.bounds.par_iter_mut().for_each(|r| *r = Rect { min: shift(r.min), max: shift(r.max) });
    }

    /// Replaces every coordinate by `change` of it, block by block, and measures the boxes anew; where a block fails, nothing is replaced.
    ///
    /// # Errors
    /// The error of the first block that has one.
    pub fn transform<E: Send>(&mut self, change: impl Fn(&mut [Coord]) -> Result<(), E> + Sync) -> Result<(), E> {
        let mut coords = self.coords.clone();
        let changed: Vec<Result<(), E>> = coords.par_chunks_mut(TRANSFORM_COORDS).map(&change).collect();
        changed.into_iter().collect::<Result<(), E>>()?;
        self.coords = coords;
        let bounds = (0..self.len()).into_par_iter().map(|row| self.shape(row).measured_bounds()).collect();
        self.bounds = bounds;
        Ok(())
    }

    /// The features `rows`, in that order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        let mut builder = GeometryBuilder::default();
        let coords = rows.iter().map(|&r| self.shape(r as usize).coord_count()).sum();
        builder.reserve(rows.len(), coords);
        for &row in rows {
            builder.push_shape(self.shape(row as usize));
        }
        builder.finish()
    }

    /// Makes room.
    pub fn reserve(&mut self, features: usize, coords: usize) {
        self.coords.reserve(coords);
        for offsets in [&mut self.rings, &mut self.parts, &mut self.features] {
            offsets.reserve(features);
        }
        self.bounds.reserve(features);
    }

    /// The features of all `columns`, one after the other, in memory of just the size.
    #[must_use]
    pub fn concatenated(columns: Vec<Self>) -> Self {
        let sum = |length: fn(&Self) -> usize| columns.iter().map(length).sum::<usize>();
        let mut all = GeometryBuilder::default().finish();
        all.coords.reserve_exact(sum(|c| c.coords.len()));
        all.rings.reserve_exact(sum(|c| c.rings.len()));
        all.parts.reserve_exact(sum(|c| c.parts.len()));
        all.features.reserve_exact(sum(|c| c.features.len()));
        all.bounds.reserve_exact(sum(|c| c.bounds.len()));
        columns.into_iter().for_each(|column| all.append(&column));
        all
    }

    /// Adds the features of `other` behind these.
    pub fn append(&mut self, other: &Self) {
        if self.features.is_empty() {
            *self = other.clone();
            return;
        }
        let extend = |own: &mut Vec<u32>, theirs: &[u32]| {
            let base = own.last().copied().unwrap_or(0);
            own.extend(theirs.iter().skip(1).map(|o| o + base));
        };
        if other.is_empty() {
            return;
        }
        extend(&mut self.rings, &other.rings);
        extend(&mut self.parts, &other.parts);
        extend(&mut self.features, &other.features);
        self.coords.extend_from_slice(&other.coords);
        self.bounds.extend_from_slice(&other.bounds);
    }
}

impl<'a> Shape<'a> {
    /// The rings of one part: the shell first, then its holes.
    pub fn parts(self) -> impl Iterator<Item = impl Iterator<Item = &'a [Coord]> + Clone> {
        let base = self.parts[0];
        self.parts.windows(2).map(move |w| self.ring_slices((w[0] - base) as usize, (w[1] - base) as usize))
    }

    /// All rings, shells and holes alike, in order.
    pub fn rings(self) -> impl Iterator<Item = &'a [Coord]> + Clone {
        self.ring_slices(0, self.rings.len() - 1)
    }

    fn ring_slices(self, from: usize, to: usize) -> impl Iterator<Item = &'a [Coord]> + Clone {
        self.rings[from..=to].windows(2).map(move |w| &self.coords[w[0] as usize..w[1] as usize])
    }

    /// The directed edges of all rings.
    #[inline]
    pub fn edges(self) -> impl Iterator<Item = (Coord, Coord)> + 'a {
        self.rings().flat_map(|ring| ring.windows(2).map(|w| (w[0], w[1])))
    }

    /// The directed edges of all rings, each with the place of its first coordinate in the column.
    #[inline]
    pub fn numbered_edges(self) -> impl Iterator<Item = (u32, Coord, Coord)> + 'a {
        let (coords, rings) = (self.coords, self.rings);
        rings
            .windows(2)
            .flat_map(move |w| (w[0]..w[1].saturating_sub(1).max(w[0])).map(move |i| (i, coords[i as usize], coords[i as usize + 1])))
    }

    /// The place of the first coordinate in the column.
    #[must_use]
    pub fn first_coord(self) -> u32 {
        self.rings[0]
    }

    /// The number of coordinates, closing ones included.
    #[must_use]
    pub fn coord_count(self) -> usize {
        (self.rings[self.rings.len() - 1] - self.rings[0]) as usize
    }

    /// The number of parts.
    #[must_use]
    pub fn part_count(self) -> usize {
        self.parts.len() - 1
    }

    /// All coordinates, ring after ring.
    #[must_use]
    pub fn coords(self) -> &'a [Coord] {
        &self.coords[self.rings[0] as usize..self.rings[self.rings.len() - 1] as usize]
    }

    fn measured_bounds(self) -> Rect {
        Rect::around(self.coords())
    }
}

/// A place in a [`GeometryBuilder`].
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    coords: usize,
    rings: usize,
    parts: usize,
}

/// Writes a [`GeometryColumn`] feature by feature.
#[derive(Debug)]
pub struct GeometryBuilder {
    column: GeometryColumn,
}

impl Default for GeometryBuilder {
    fn default() -> Self {
        Self { column: GeometryColumn { rings: vec![0], parts: vec![0], features: vec![0], ..GeometryColumn::default() } }
    }
}

impl GeometryBuilder {
    /// Makes room.
    pub fn reserve(&mut self, features: usize, coords: usize) {
        self.column.reserve(features, coords);
    }

    /// Adds a coordinate to the open ring.
    #[inline]
    pub fn push_coord(&mut self, coord: Coord) {
        self.column.coords.push(coord);
    }

    /// Adds coordinates to the open ring.
    #[inline]
    pub fn push_coords(&mut self, coords: impl ExactSizeIterator<Item = Coord>) {
        self.column.coords.extend(coords);
    }

    /// The coordinates of the ring that is open.
    #[must_use]
    pub fn open_ring(&mut self) -> &mut [Coord] {
        let start = self.column.rings[self.column.rings.len() - 1] as usize;
        &mut self.column.coords[start..]
    }

    /// Closes the open ring, repeating its first coordinate where it is not the last.
    pub fn end_ring(&mut self) {
        if let [first, .., last] = *self.open_ring()
            && first != last
        {
            self.push_coord(first);
        }
        self.column.rings.push(offset(self.column.coords.len()));
    }

    /// Ends a part (a shell and its holes).
    pub fn end_part(&mut self) {
        self.column.parts.push(offset(self.column.rings.len() - 1));
    }

    /// Ends a feature.
    pub fn end_feature(&mut self) {
        let column = &mut self.column;
        let first_part = column.features[column.features.len() - 1] as usize;
        let start = column.rings[column.parts[first_part] as usize] as usize;
        column.bounds.push(Rect::around(&column.coords[start..]));
        column.features.push(offset(column.parts.len() - 1));
    }

    /// A place to come back to.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let column = &self.column;
        Mark { coords: column.coords.len(), rings: column.rings.len(), parts: column.parts.len() }
    }

    /// Whether a part was ended since `mark`.
    #[must_use]
    pub fn has_open_part(&self, mark: Mark) -> bool {
        self.column.parts.len() > mark.parts
    }

    /// Forgets what was added since `mark`; no feature may have been ended since.
    pub fn rewind(&mut self, mark: Mark) {
        self.column.coords.truncate(mark.coords);
        self.column.rings.truncate(mark.rings);
        self.column.parts.truncate(mark.parts);
    }

    /// Adds a whole feature.
    pub fn push_shape(&mut self, shape: Shape<'_>) {
        let column = &mut self.column;
        let (ring_base, part_base) = (shape.rings[0], shape.parts[0]);
        let (coords, rings) = (offset(column.coords.len()), offset(column.rings.len() - 1));
        column.rings.extend(shape.rings[1..].iter().map(|r| r - ring_base + coords));
        column.parts.extend(shape.parts[1..].iter().map(|p| p - part_base + rings));
        column.features.push(offset(column.parts.len() - 1));
        column.coords.extend_from_slice(shape.coords());
        column.bounds.push(shape.bounds);
    }

    /// Adds a feature of one part from its rings, the shell first.
    pub fn push_polygon(&mut self, rings: &[Vec<Coord>]) {
        self.push_polygons(&[rings.to_vec()]);
    }

    /// Adds a feature from its parts, each the rings of one polygon.
    pub fn push_polygons(&mut self, parts: &[Vec<Vec<Coord>>]) {
        for part in parts {
            for ring in part {
                ring.iter().for_each(|&c| self.push_coord(c));
                self.end_ring();
            }
            self.end_part();
        }
        self.end_feature();
    }

    /// The number of coordinates so far, closing ones included.
    #[must_use]
    pub fn coord_count(&self) -> usize {
        self.column.coord_count()
    }

    /// The number of features so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether there is no feature yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// The finished column.
    #[must_use]
    pub fn finish(self) -> GeometryColumn {
        self.column
    }
}

/// Array length as an offset.
///
/// # Panics
/// From 2³² coordinates a layer on. Readers refuse a layer above [`MOST_COORDS`].
#[expect(clippy::expect_used, reason = "readers refuse a layer of half as many coordinates")]
fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than 2^32 coordinates a layer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, size: f64) -> Vec<Coord> {
        [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].iter().map(|(u, v)| Coord::new(x + u * size, y + v * size)).collect()
    }

    fn sample() -> GeometryColumn {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[square(0.0, 0.0, 10.0), square(2.0, 2.0, 3.0)]);
        builder.push_polygons(&[vec![square(20.0, 0.0, 1.0)], vec![square(30.0, 0.0, 1.0)]]);
        builder.finish()
    }

    #[test]
    fn rings_are_closed_and_parts_kept() {
        let column = sample();
        assert_eq!(column.len(), 2);
        assert_eq!(column.shape(0).rings().map(<[Coord]>::len).collect::<Vec<_>>(), [5, 5]);
        assert_eq!(column.shape(1).part_count(), 2);
        assert_eq!(column.shape(1).parts().map(Iterator::count).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(column.bounds()[1], Rect { min: Coord::new(20.0, 0.0), max: Coord::new(31.0, 1.0) });
    }

    #[test]
    fn taking_and_appending_undo_each_other() {
        let column = sample();
        let mut joined = column.take(&[1]);
        joined.append(&column.take(&[0]));
        assert_eq!(joined.take(&[1, 0]), column);
        let mut empty = GeometryBuilder::default().finish();
        empty.append(&column);
        assert_eq!(empty, column);
    }

    #[test]
    fn a_change_that_fails_anywhere_changes_nothing() {
        let mut builder = GeometryBuilder::default();
        (0..30_000).for_each(|i| builder.push_polygon(&[square(f64::from(i), 0.0, 1.0)]));
        let mut column = builder.finish();
        assert!(column.coord_count() > 2 * TRANSFORM_COORDS);
        let before = column.clone();
        let up_to = |limit: f64| {
            move |coords: &mut [Coord]| {
                coords.iter_mut().for_each(|c| c.y += 1.0);
                coords.iter().find(|c| c.x > limit).map_or(Ok(()), |c| Err(c.x))
            }
        };
        assert_eq!(column.transform(up_to(20_000.0)), Err(20_001.0));
        assert_eq!(column, before);
        assert_eq!(column.transform(up_to(40_000.0)), Ok(()));
        assert_eq!(column.bounds()[29_999].min, Coord::new(29_999.0, 1.0));
    }

    #[test]
    fn moving_the_origin_moves_boxes_too() {
        let mut column = sample();
        column.move_origin(Coord::new(10.0, -5.0));
        assert_eq!(column.bounds()[0].min, Coord::new(-10.0, 5.0));
        assert_eq!(column.shape(0).coords()[0], Coord::new(-10.0, 5.0));
    }
}

//! A grid over one large polygon that tells at once of most windows that no edge is near them, and what the winding number is there.
//!
//! Of the parcels in a town few stand at its boundary. For all others the area that they share with it needs no edge at all: the number of cells with
//! edges in a window is the difference of four sums, however many cells there are.
//!
//! **Invariant:** every edge stands, with some slack, in every cell that it touches; grid and sums are linear in the number of edges.

#![expect(clippy::indexing_slicing, reason = "cells are numbered from the size of the grid")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of cells are clamped to the grid before they are cut"
)]

use crate::model::{Coord, Rect, Shape};

/// Cells an edge, on average.
const CELLS_PER_EDGE: f64 = 4.0;
/// An edge stands in at most so many cells on average, or the grid is made coarser.
const ENTRIES_PER_EDGE: usize = 8;
/// How far around an edge cells count as touched, in cells: much more than rounding, much less than a cell.
const SLACK: f64 = 1e-3;
/// The smallest cell for each metre of the greatest coordinate, m: a hundred thousand times what rounding moves a place.
const LEAST_SIDE: f64 = 1e-9;

/// The cells of a polygon.
#[derive(Debug)]
pub(super) struct Cells {
    grid: Grid,
    /// How many cells below and left of each corner of the grid have edges; one column and one row more than cells.
    touched: Vec<u32>,
    /// The winding number in the middle of each cell.
    windings: Vec<i32>,
}

/// Where the cells are.
#[derive(Clone, Copy, Debug)]
struct Grid {
    corner: Coord,
    /// Cells a metre, along both axes.
    per_m: Coord,
    columns: usize,
    rows: usize,
}

impl Cells {
    /// The cells of a polygon; none where its box has no area.
    pub(super) fn new(shape: Shape<'_>) -> Option<Self> {
        let mut grid = Grid::new(shape)?;
        while grid.columns * grid.rows > 1
            && shape.edges().map(|(a, b)| grid.span(a, b)).sum::<usize>() > ENTRIES_PER_EDGE * shape.coord_count()
        {
            grid = grid.halved();
        }
        let mut touched = vec![0; (grid.columns + 1) * (grid.rows + 1)];
        shape.edges().for_each(|(a, b)| grid.each_touched(a, b, |column, row| touched[(row + 1) * (grid.columns + 1) + column + 1] = 1));
        for row in 1..=grid.rows {
            let (below, own) = touched[(row - 1) * (grid.columns + 1)..(row + 1) * (grid.columns + 1)].split_at_mut(grid.columns + 1);
            let mut in_row = 0;
            for (own, below) in own.iter_mut().zip(below) {
                in_row += *own;
                *own = in_row + *below;
            }
        }
        Some(Self { grid, touched, windings: grid.windings(shape) })
    }

    /// The winding number all over the part of `window` that lies in the polygon's box, which must not be empty; none where an edge may be near.
    #[inline]
    pub(super) fn winding_in(&self, window: &Rect) -> Option<i32> {
        let ((left, bottom), (right, top)) = (self.grid.cell_of(window.min), self.grid.cell_of(window.max));
        let below = |column: usize, row: usize| self.touched[row * (self.grid.columns + 1) + column];
        let edges = below(right + 1, top + 1) + below(left, bottom) - below(left, top + 1) - below(right + 1, bottom);
        (edges == 0).then(|| self.windings[top * self.grid.columns + right])
    }
}

impl Grid {
    fn new(shape: Shape<'_>) -> Option<Self> {
        let (Rect { min, max }, size) = (shape.bounds, shape.bounds.size());
        let farthest_m = [min.x, min.y, max.x, max.y].iter().fold(0.0, |far: f64, v| far.max(v.abs()));
        let cells = CELLS_PER_EDGE * shape.coord_count() as f64;
        let side_m = (size.x * size.y / cells).sqrt().max(size.x.max(size.y) / cells).max(LEAST_SIDE * farthest_m);
        let count = |size_m: f64| (size_m / side_m).ceil().max(1.0);
        let (columns, rows) = (count(size.x), count(size.y));
        (size.x > 0.0 && size.y > 0.0 && side_m.is_finite()).then(|| Self::of(min, size, (columns as usize, rows as usize)))
    }

    fn of(corner: Coord, size: Coord, (columns, rows): (usize, usize)) -> Self {
        Self { corner, per_m: Coord::new(columns as f64 / size.x, rows as f64 / size.y), columns, rows }
    }

    /// The same ground in cells of twice the size.
    fn halved(self) -> Self {
        let size = Coord::new(self.columns as f64 / self.per_m.x, self.rows as f64 / self.per_m.y);
        Self::of(self.corner, size, (self.columns.div_ceil(2), self.rows.div_ceil(2)))
    }

    /// A place in cells from the corner.
    #[inline]
    fn place(&self, c: Coord) -> Coord {
        Coord::new((c.x - self.corner.x) * self.per_m.x, (c.y - self.corner.y) * self.per_m.y)
    }

    #[inline]
    fn column(&self, x: f64) -> usize {
        x.clamp(0.0, (self.columns - 1) as f64) as usize
    }

    #[inline]
    fn row(&self, y: f64) -> usize {
        y.clamp(0.0, (self.rows - 1) as f64) as usize
    }

    #[inline]
    fn cell_of(&self, c: Coord) -> (usize, usize) {
        let c = self.place(c);
        (self.column(c.x), self.row(c.y))
    }

    /// About as many cells as the edge touches, or more.
    fn span(&self, a: Coord, b: Coord) -> usize {
        let ((left, bottom), (right, top)) = (self.cell_of(a), self.cell_of(b));
        1 + left.abs_diff(right) + bottom.abs_diff(top)
    }

    /// Calls `visit` with column and row of every cell that the edge touches.
    fn each_touched(&self, a: Coord, b: Coord, mut visit: impl FnMut(usize, usize)) {
        let (a, b) = (self.place(a), self.place(b));
        let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
        let per_row = if high.y > low.y { (high.x - low.x) / (high.y - low.y) } else { 0.0 };
        let x_at = |y: f64| (low.x + (y - low.y) * per_row).clamp(low.x.min(high.x), low.x.max(high.x));
        for row in self.row(low.y - SLACK)..=self.row(high.y + SLACK) {
            // The edge from the lower to the upper side of the row; all of it where the edge is almost level.
            let (from, to) = (x_at(low.y.max(row as f64 - SLACK)), x_at(high.y.min(row as f64 + 1.0 + SLACK)));
            let (from, to) = if high.y - low.y < SLACK { (low.x, high.x) } else { (from, to) };
            (self.column(from.min(to) - SLACK)..=self.column(from.max(to) + SLACK)).for_each(|column| visit(column, row));
        }
    }

    /// The winding number in the middle of every cell: crossings of the middle of each row, from left to right.
    fn windings(&self, shape: Shape<'_>) -> Vec<i32> {
        let mut crossings: Vec<(u32, f64, i32)> = Vec::new();
        for (a, b) in shape.edges() {
            let (a, b) = (self.place(a), self.place(b));
            let (low, high, sign) = if a.y <= b.y { (a, b, 1) } else { (b, a, -1) };
            for row in self.row(low.y - 0.5)..=self.row(high.y) {
                let middle = row as f64 + 0.5;
                if low.y <= middle && high.y > middle {
                    let x = low.x + (middle - low.y) / (high.y - low.y) * (high.x - low.x);
                    crossings.push((row as u32, x, sign));
                }
            }
        }
        crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut crossings = crossings.into_iter().peekable();
        let mut windings = vec![0; self.columns * self.rows];
        for (number, of_row) in (0_u32..).zip(windings.chunks_exact_mut(self.columns)) {
            let mut winding = 0;
            for (column, cell) in of_row.iter_mut().enumerate() {
                while let Some((.., sign)) = crossings.next_if(|(row, x, _)| *row == number && *x <= column as f64 + 0.5) {
                    // An edge that runs upward has the polygon on its left.
                    winding -= sign;
                }
                *cell = winding;
            }
            while crossings.next_if(|(row, ..)| *row == number).is_some() {}
        }
        windings
    }
}

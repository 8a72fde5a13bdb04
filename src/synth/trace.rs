//! From a set of cells to polygons whose boundary follows the cells' shared edges.
//!
//! Each cell contributes its four directed edges; an edge between two cells of the set cancels out, the rest chain
//! into rings. A chain that meets itself at a node is taken apart there, so every ring is simple: counter-clockwise
//! rings are shells, clockwise ones holes. This is what makes parcels with holes, in several parts, or touching
//! themselves at a corner come out valid.

use super::lattice::Lattice;
use super::plan::Point;

/// A polygon as closed rings, the shell first.
pub(super) type Polygon = Vec<Vec<Point>>;

type NodeRing = Vec<usize>;

struct Edge {
    from: usize,
    to: usize,
    used: bool,
}

/// The union of the cells for which `inside` holds; `cells` lists them as (column, row).
pub(super) fn union(lattice: &Lattice, cells: &[(usize, usize)], inside: impl Fn(usize, usize) -> bool) -> Vec<Polygon> {
    let (holes, shells): (Vec<_>, Vec<_>) = rings(lattice, cells, inside).into_iter().partition(|ring| doubled_area(lattice, ring) < 0);
    let mut polygons: Vec<Polygon> = shells.iter().map(|shell| vec![survey(lattice, shell)]).collect();
    for hole in &holes {
        if let Some(polygon) = home_of(lattice, &shells, hole).and_then(|home| polygons.get_mut(home)) {
            polygon.push(survey(lattice, hole));
        }
    }
    polygons
}

/// Area of a polygon in m²: its rings together, where holes count negative.
pub(super) fn area_m2(polygon: &Polygon) -> f64 {
    polygon.iter().map(|ring| ring_area_m2(ring)).sum()
}

fn ring_area_m2(ring: &[Point]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let doubled: f64 = ring.iter().zip(ring.iter().skip(1)).map(|(a, b)| (a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0)).sum();
    doubled / 2.0
}

fn rings(lattice: &Lattice, cells: &[(usize, usize)], inside: impl Fn(usize, usize) -> bool) -> Vec<NodeRing> {
    let mut edges = boundary_edges(lattice, cells, inside);
    edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
    let mut found = Vec::new();
    for start in 0..edges.len() {
        if edges.get(start).is_some_and(|edge| !edge.used) {
            chain(&mut edges, start, &mut found);
        }
    }
    found
}

fn boundary_edges(lattice: &Lattice, cells: &[(usize, usize)], inside: impl Fn(usize, usize) -> bool) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(2 * cells.len() + 8);
    for &(column, row) in cells {
        let south_west = lattice.node(column, row);
        let north_west = lattice.node(column, row + 1);
        let mut side = |open: bool, from: usize, to: usize| {
            if open {
                edges.push(Edge { from, to, used: false });
            }
        };
        side(row == 0 || !inside(column, row - 1), south_west, south_west + 1);
        side(column + 1 == lattice.columns || !inside(column + 1, row), south_west + 1, north_west + 1);
        side(row + 1 == lattice.rows || !inside(column, row + 1), north_west + 1, north_west);
        side(column == 0 || !inside(column - 1, row), north_west, south_west);
    }
    edges
}

/// Follows edges from `start` until the chain closes, cutting off a ring whenever it comes back to a node.
fn chain(edges: &mut [Edge], start: usize, found: &mut Vec<NodeRing>) {
    let mut path: Vec<usize> = Vec::new();
    let mut next = Some(start);
    while let Some(edge) = next.and_then(|index| edges.get_mut(index)) {
        edge.used = true;
        path.push(edge.from);
        let to = edge.to;
        if let Some(position) = path.iter().position(|&node| node == to) {
            found.push(path.drain(position..).collect());
        }
        next = unused_from(edges, to);
        if path.is_empty() {
            return;
        }
    }
}

fn unused_from(edges: &[Edge], node: usize) -> Option<usize> {
    let first = edges.partition_point(|edge| edge.from < node);
    let same = edges.iter().skip(first).take_while(|edge| edge.from == node);
    same.enumerate().find(|(_, edge)| !edge.used).map(|(offset, _)| first + offset)
}

/// The coordinates of a ring of nodes, closed.
fn survey(lattice: &Lattice, ring: &[usize]) -> Vec<Point> {
    let mut points = Vec::with_capacity(ring.len() * 3 / 2 + 2);
    for (position, &from) in ring.iter().enumerate() {
        let to = ring.get((position + 1) % ring.len()).copied().unwrap_or(from);
        lattice.walk_edge(from, to, &mut points);
    }
    points.extend(points.first().copied());
    points
}

fn grid(lattice: &Lattice, node: usize) -> (i64, i64) {
    let across = lattice.columns + 1;
    ((node % across) as i64, (node / across) as i64)
}

/// Twice the signed area of a ring in cells.
fn doubled_area(lattice: &Lattice, ring: &[usize]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(&a, &b)| {
            let ((ax, ay), (bx, by)) = (grid(lattice, a), grid(lattice, b));
            ax * by - bx * ay
        })
        .sum()
}

/// The smallest shell around a hole.
fn home_of(lattice: &Lattice, shells: &[NodeRing], hole: &[usize]) -> Option<usize> {
    if shells.len() == 1 {
        return Some(0);
    }
    let around = shells.iter().enumerate().filter(|(_, shell)| encloses(lattice, shell, hole));
    around.min_by_key(|(_, shell)| doubled_area(lattice, shell)).map(|(index, _)| index)
}

/// Whether the cell north-east of the hole's lowest, westernmost node (a cell of the hole) lies in the shell.
fn encloses(lattice: &Lattice, shell: &[usize], hole: &[usize]) -> bool {
    let Some(&lowest) = hole.iter().min() else { return false };
    let (column, row) = grid(lattice, lowest);
    let crossings = shell.iter().zip(shell.iter().cycle().skip(1)).filter(|&(&a, &b)| {
        let ((ax, ay), (_, by)) = (grid(lattice, a), grid(lattice, b));
        ay != by && ay.min(by) == row && ax > column
    });
    crossings.count() % 2 == 1
}

//! The buildings of one block: most inside a parcel, some across a line, some on each other, some in the street.
//!
//! A building takes a rectangle of free cells, keeps `MARGIN_M` from its sides (farther than a boundary can stray) and is
//! drawn square to it. A building across a line takes two cells of different parcels and always reaches over their edge.

use super::lattice::{CellRect, Lattice};
use super::layout::{Layout, PUBLIC};
use super::plan::{BLOCK_PITCH_M, Plan, Point, Site, snap};
use super::random::Dice;
use super::trace::{self, Polygon};
use super::wkb;

const MARGIN_M: f64 = 3.5;
const SIDE_MIN_M: f64 = 5.0;
const STREET_CHANCE: f64 = 0.008;
const OVERLAP_CHANCE: f64 = 0.01;
const ACROSS_CHANCE: f64 = 0.04;

/// One row of the building layer.
#[derive(Clone, Debug)]
pub(super) struct Building {
    pub(super) wkb: Vec<u8>,
    pub(super) vertices: u64,
    pub(super) building_id: String,
    pub(super) floors: Option<i32>,
    pub(super) floors_below: Option<i32>,
    pub(super) height_m: Option<f64>,
    pub(super) above_ground: bool,
    pub(super) floor_area_m2: Option<f64>,
    pub(super) purpose: &'static str,
}

/// A rectangle in the world: middle, unit vector along its length, half length and half width.
#[derive(Clone, Copy)]
struct Frame {
    middle: Point,
    along: Point,
    half_length_m: f64,
    half_width_m: f64,
}

/// Builds all buildings of a block, numbered from `first`.
pub(super) struct Builder<'a> {
    plan: &'a Plan,
    site: Site,
    lattice: &'a Lattice,
    layout: &'a Layout,
    used: Vec<bool>,
    frames: Vec<Frame>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(plan: &'a Plan, site: Site, lattice: &'a Lattice, layout: &'a Layout) -> Self {
        Self { plan, site, lattice, layout, used: vec![false; lattice.whole().cells()], frames: Vec::new() }
    }

    pub(super) fn build(mut self, first: u64, count: usize, dice: &mut Dice) -> Vec<Building> {
        let cells = self.layout.cells_by_parcel();
        let weighted: Vec<usize> = cells.iter().enumerate().flat_map(|(parcel, own)| std::iter::repeat_n(parcel, 4 + own.len())).collect();
        let place = |number: u64| {
            let frame = self.site_for(&cells, &weighted, dice);
            self.frames.push(frame);
            raise(frame, number, dice)
        };
        (first..first + count as u64).map(place).collect()
    }

    fn site_for(&mut self, cells: &[Vec<(usize, usize)>], weighted: &[usize], dice: &mut Dice) -> Frame {
        let draw = dice.unit();
        let special = if draw < STREET_CHANCE {
            Some(self.in_street(dice))
        } else if draw < STREET_CHANCE + OVERLAP_CHANCE {
            self.on_another(dice)
        } else if draw < STREET_CHANCE + OVERLAP_CHANCE + ACROSS_CHANCE {
            self.across_a_line(dice)
        } else {
            None
        };
        special
            .or_else(|| (0..8).find_map(|_| self.in_parcel(cells.get(dice.pick(weighted)?)?, dice)))
            .or_else(|| self.on_another(dice))
            .unwrap_or_else(|| self.in_street(dice))
    }

    /// A kiosk in the eastern street, clear of every parcel.
    fn in_street(&self, dice: &mut Dice) -> Frame {
        let site = self.site;
        let east_m = site.west_m + site.width_m + dice.between(0.45, 0.55) * site.east_street_m * 2.0;
        let north_m = site.south_m + dice.between(0.02, 0.98) * site.height_m.min(BLOCK_PITCH_M);
        Frame {
            middle: self.plan.world([east_m, north_m]),
            along: [0.0, 1.0],
            half_length_m: dice.between(2.0, 4.0),
            half_width_m: dice.between(1.5, 2.5),
        }
    }

    /// An earlier building of the block, moved by part of its size.
    fn on_another(&self, dice: &mut Dice) -> Option<Frame> {
        let frame = dice.pick(&self.frames)?;
        let (a, b) = (frame.half_length_m * dice.between(0.3, 0.8), frame.half_width_m * dice.between(0.3, 0.8));
        let [ux, uy] = frame.along;
        let middle = [frame.middle[0] + a * ux - b * uy, frame.middle[1] + a * uy + b * ux];
        Some(Frame { middle, half_length_m: frame.half_length_m * 0.7, half_width_m: frame.half_width_m * 0.7, ..frame })
    }

    fn across_a_line(&mut self, dice: &mut Dice) -> Option<Frame> {
        let whole = self.lattice.whole();
        for _ in 0..40 {
            let flat = dice.chance(0.5);
            let (width, height) = if flat { (2, 1) } else { (1, 2) };
            let rect = CellRect { column: dice.below(whole.width + 1 - width), row: dice.below(whole.height + 1 - height), width, height };
            let here = self.layout.owner(rect.column, rect.row);
            let there = self.layout.owner(rect.column + width - 1, rect.row + height - 1);
            if here != there && here != PUBLIC && there != PUBLIC && self.is_free(rect) {
                return self.claim(rect, dice);
            }
        }
        None
    }

    /// Tries halls of several cells first, then sheds of one or two.
    fn in_parcel(&mut self, cells: &[(usize, usize)], dice: &mut Dice) -> Option<Frame> {
        const HALLS: [(usize, usize); 10] = [(1, 1), (2, 2), (3, 2), (2, 3), (3, 3), (3, 3), (4, 2), (2, 4), (4, 3), (3, 4)];
        const SHEDS: [(usize, usize); 3] = [(1, 1), (2, 1), (1, 2)];
        for attempt in 0..10 {
            let sizes = if attempt < 6 { &HALLS[..] } else { &SHEDS[..] };
            let ((column, row), (width, height)) = (dice.pick(cells)?, dice.pick(sizes)?);
            let rect = CellRect { column, row, width, height };
            let owner = self.layout.owner(column, row);
            let own = column + width <= self.lattice.columns && rect.iter().all(|(column, row)| self.layout.owner(column, row) == owner);
            if own && self.is_free(rect) {
                return self.claim(rect, dice);
            }
        }
        None
    }

    fn is_free(&self, rect: CellRect) -> bool {
        rect.iter().all(|(column, row)| self.used.get(self.lattice.cell(column, row)) == Some(&false))
    }

    fn claim(&mut self, rect: CellRect, dice: &mut Dice) -> Option<Frame> {
        let frame = self.fit(rect, dice)?;
        for (column, row) in rect.iter() {
            if let Some(used) = self.used.get_mut(self.lattice.cell(column, row)) {
                *used = true;
            }
        }
        Some(frame)
    }

    /// A rectangle inside the cells, square to their southern and northern sides.
    fn fit(&self, rect: CellRect, dice: &mut Dice) -> Option<Frame> {
        let [a, b, c, d] = self.lattice.corners(rect);
        let along = unit([b[0] - a[0] + c[0] - d[0], b[1] - a[1] + c[1] - d[1]]);
        let x = |p: Point| p[0] * along[0] + p[1] * along[1];
        let y = |p: Point| p[1] * along[0] - p[0] * along[1];
        let (west_m, east_m) = (x(a).max(x(d)) + MARGIN_M, x(b).min(x(c)) - MARGIN_M);
        let (south_m, north_m) = (y(a).max(y(b)) + MARGIN_M, y(c).min(y(d)) - MARGIN_M);
        let (length_m, half_length_m) = side(east_m - west_m, dice)?;
        let (width_m, half_width_m) = side(north_m - south_m, dice)?;
        let (mx, my) = (west_m + length_m + half_length_m, south_m + width_m + half_width_m);
        let middle = [mx * along[0] - my * along[1], mx * along[1] + my * along[0]];
        Some(Frame { middle, along, half_length_m, half_width_m })
    }
}

/// How far into the room a side starts, and half its length; nothing where the room is too small.
fn side(room_m: f64, dice: &mut Dice) -> Option<(f64, f64)> {
    let length_m = room_m * dice.between(0.7, 1.0);
    (length_m >= SIDE_MIN_M).then(|| (dice.unit() * (room_m - length_m), length_m / 2.0))
}

fn unit([x, y]: Point) -> Point {
    let length = (x * x + y * y).sqrt();
    [x / length, y / length]
}

/// Draws the footprint in its frame and gives it its attributes: one in a hundred has neither floors nor height, four
/// have a height alone, fifteen have floors alone.
fn raise(frame: Frame, number: u64, dice: &mut Dice) -> Building {
    let polygon = footprint(frame, dice);
    let floors = storeys(dice);
    let storey_m = if floors == 1 { dice.between(5.0, 11.0) } else { dice.between(3.2, 5.5) };
    let gap = dice.unit();
    let declared = dice.chance(0.2).then(|| trace::area_m2(&polygon) * f64::from(floors) * dice.between(0.96, 1.05));
    let underground = dice.chance(0.008);
    Building {
        wkb: wkb::polygon(&polygon),
        vertices: wkb::vertices(std::slice::from_ref(&polygon)),
        building_id: format!("F{:010}", number + 1),
        floors: if underground { Some(0) } else { (gap >= 0.05).then_some(floors) },
        floors_below: if underground { Some(1) } else { dice.chance(0.97).then(|| i32::from(dice.chance(0.06))) },
        height_m: (!underground && (0.01..0.85).contains(&gap)).then_some(tenth(f64::from(floors) * storey_m)),
        above_ground: !underground,
        floor_area_m2: declared.filter(|_| gap >= 0.05).map(|area_m2| (area_m2 * 100.0).round() / 100.0),
        purpose: dice.pick(&["厂房", "厂房", "厂房", "仓库", "办公", "宿舍", "配套"]).unwrap_or("厂房"),
    }
}

fn storeys(dice: &mut Dice) -> i32 {
    let draw = dice.unit();
    match draw {
        ..0.42 => 1,
        0.42..0.60 => 2,
        0.60..0.76 => 3,
        0.76..0.88 => 4,
        0.88..0.97 => dice.pick(&[5, 6]).unwrap_or(5),
        _ => dice.pick(&[7, 8, 9, 11, 12, 15, 18]).unwrap_or(7),
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// An outline in the unit square, put into the frame. About seven points on average, the closing one counted.
fn footprint(frame: Frame, dice: &mut Dice) -> Polygon {
    let (p, q) = (dice.between(0.3, 0.7), dice.between(0.3, 0.7));
    let wing = dice.between(0.2, 0.4);
    let square: &[Point] = &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let ell: &[Point] = &[[0.0, 0.0], [1.0, 0.0], [1.0, p], [q, p], [q, 1.0], [0.0, 1.0]];
    let you: &[Point] = &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0 - wing, 1.0], [1.0 - wing, p], [wing, p], [wing, 1.0], [0.0, 1.0]];
    let tee: &[Point] = &[[0.0, 0.0], [1.0, 0.0], [1.0, p], [1.0 - wing, p], [1.0 - wing, 1.0], [wing, 1.0], [wing, p], [0.0, p]];
    let yard: &[Point] = &[[0.3, 0.3], [0.3, 0.7], [0.7, 0.7], [0.7, 0.3]];
    let rings: &[&[Point]] = match dice.unit() {
        ..0.40 => &[square],
        0.40..0.73 => &[ell],
        0.73..0.85 => &[you],
        0.85..0.95 => &[tee],
        _ => &[square, yard],
    };
    rings.iter().map(|ring| place(frame, ring)).collect()
}

fn place(frame: Frame, ring: &[Point]) -> Vec<Point> {
    let [ux, uy] = frame.along;
    let put = |[s, t]: Point| {
        let (a, b) = ((2.0 * s - 1.0) * frame.half_length_m, (2.0 * t - 1.0) * frame.half_width_m);
        snap([frame.middle[0] + a * ux - b * uy, frame.middle[1] + a * uy + b * ux])
    };
    ring.iter().chain(ring.first()).map(|&point| put(point)).collect()
}

//! The plan of the city: how many blocks, where each lies, which parcels it holds, which town it is in.
//!
//! Everything here is a formula of the seed and a block's index, so that any block can be built alone.
//!
//! **Invariant:** the parcel ranges of the blocks are consecutive and cover 0..N exactly.

use super::random::{hash, signed, unit_of};
use super::whole;

/// A position in EPSG:4528: easting (with zone prefix) and northing, in metres.
pub(super) type Point = [f64; 2];

/// Side of the square that a block and half of the streets around it fill, in metres.
pub(super) const BLOCK_PITCH_M: f64 = 600.0;
/// Smallest block that can hold a project of ten parcels beside its slivers.
const PROJECT_BLOCK_PARCELS_MIN: u64 = 13;
const PARCELS_PER_BLOCK: u64 = 24;
const BLOCKS_PER_PROJECT: u64 = 8;
const TOWN_SIDE_BLOCKS: u64 = 6;
const SMALL_TOWN_SIDE_BLOCKS: u64 = 2;
const TOWNS_PER_COUNTY: u64 = 999;
const ORIGIN_EAST_M: f64 = 40_500_000.0;
const ORIGIN_NORTH_M: f64 = 3_450_000.0;
/// Sub-keys that keep the hashes of different questions apart.
const KEY_OFFSET: u64 = 1;
const KEY_STREET: u64 = 2;
const KEY_WARP: u64 = 3;
const KEY_TOWN: u64 = 4;

/// The frame that every block is built in.
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) parcels: u64,
    pub(super) blocks: u64,
    pub(super) columns: u64,
    pub(super) rows: u64,
}

/// The rectangle of a block before the city is bent, in metres from the city's south-west corner.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) west_m: f64,
    pub(super) south_m: f64,
    pub(super) width_m: f64,
    pub(super) height_m: f64,
    /// Half of the street along the block's eastern side.
    pub(super) east_street_m: f64,
}

/// Where a block belongs administratively.
pub(super) struct Town {
    /// County, cadastral district and sub-district: the first twelve digits of a parcel code.
    pub(super) prefix: String,
    pub(super) name: String,
}

impl Plan {
    pub(super) fn new(parcels: u64, seed: u64) -> Self {
        let blocks = (parcels / PARCELS_PER_BLOCK).max(1);
        let columns = blocks.isqrt() + u64::from(blocks.isqrt().pow(2) < blocks);
        Self { seed, parcels, blocks, columns, rows: blocks.div_ceil(columns) }
    }

    /// East-west and north-south extent of the city in metres.
    pub(super) fn extent_m(&self) -> Point {
        [self.columns as f64 * BLOCK_PITCH_M, self.rows as f64 * BLOCK_PITCH_M]
    }

    /// Index of the first parcel of a block; of the block after the last one, N.
    pub(super) fn first_parcel(&self, block: u64) -> u64 {
        // Below 2⁵³ by far: at most `PARCELS_MAX` squared.
        let even = block * self.parcels / self.blocks;
        even.saturating_add_signed(self.boundary_shift(block))
    }

    pub(super) fn parcel_count(&self, block: u64) -> usize {
        whole::size(self.first_parcel(block + 1).saturating_sub(self.first_parcel(block)))
    }

    /// 3.2 buildings a parcel, counted over the whole city.
    pub(super) fn first_building(&self, block: u64) -> u64 {
        self.first_parcel(block) * 16 / 5
    }

    pub(super) fn has_project(&self, block: u64) -> bool {
        let last_of_few = self.blocks < BLOCKS_PER_PROJECT && block + 1 == self.blocks;
        let chosen = last_of_few || block % BLOCKS_PER_PROJECT == BLOCKS_PER_PROJECT / 2 - 1;
        chosen && self.parcel_count(block) as u64 >= PROJECT_BLOCK_PARCELS_MIN
    }

    /// Blocks differ in size; a project block (every eighth) is never smaller than the average.
    fn boundary_shift(&self, block: u64) -> i64 {
        let bits = hash(self.seed, &[KEY_OFFSET, block]);
        if block == 0 || block >= self.blocks {
            return 0;
        }
        match block % BLOCKS_PER_PROJECT {
            3 => -(bits % 9).cast_signed(),
            4 => (bits % 9).cast_signed(),
            _ => (bits % 13).cast_signed() - 6,
        }
    }

    pub(super) fn site(&self, block: u64) -> Site {
        let (column, row) = (block % self.columns, block / self.columns);
        let west_m = column as f64 * BLOCK_PITCH_M + self.half_street_m(0, column);
        let south_m = row as f64 * BLOCK_PITCH_M + self.half_street_m(1, row);
        let east_street_m = self.half_street_m(0, column + 1);
        let east_m = (column + 1) as f64 * BLOCK_PITCH_M - east_street_m;
        let north_m = (row + 1) as f64 * BLOCK_PITCH_M - self.half_street_m(1, row + 1);
        Site { west_m, south_m, width_m: east_m - west_m, height_m: north_m - south_m, east_street_m }
    }

    /// Every sixth street is a trunk road.
    fn half_street_m(&self, axis: u64, line: u64) -> f64 {
        if line.is_multiple_of(TOWN_SIDE_BLOCKS) {
            return 30.0;
        }
        12.0 + 8.0 * unit_of(hash(self.seed, &[KEY_STREET, axis, line]))
    }

    /// Bends the street grid and places it in EPSG:4528, rounded to the millimetre.
    pub(super) fn world(&self, [x_m, y_m]: Point) -> Point {
        let bend = |axis| 80.0 * self.noise(axis, x_m / 2500.0, y_m / 2500.0) + 6.0 * self.noise(axis + 2, x_m / 400.0, y_m / 400.0);
        let west_m = self.columns as f64 * BLOCK_PITCH_M / 2.0;
        snap([ORIGIN_EAST_M - west_m + x_m + bend(0), ORIGIN_NORTH_M + y_m + bend(1)])
    }

    /// Smooth value noise in [-1, 1]: random values on a unit grid, blended by the cubic 3t² − 2t³.
    fn noise(&self, channel: u64, x: f64, y: f64) -> f64 {
        let (column, row) = (x.floor(), y.floor());
        let value = |dx: f64, dy: f64| {
            let keys = [KEY_WARP, channel, whole::key(column + dx), whole::key(row + dy)];
            signed(self.seed, &keys)
        };
        let (s, t) = (smooth(x - column), smooth(y - row));
        let south = value(0.0, 0.0) * (1.0 - s) + value(1.0, 0.0) * s;
        let north = value(0.0, 1.0) * (1.0 - s) + value(1.0, 1.0) * s;
        south * (1.0 - t) + north * t
    }

    pub(super) fn town(&self, block: u64) -> Town {
        let (column, row) = (block % self.columns, block / self.columns);
        // A city that one town would fill has several small ones, as towns are compared with each other.
        let side = if self.columns <= TOWN_SIDE_BLOCKS { SMALL_TOWN_SIDE_BLOCKS } else { TOWN_SIDE_BLOCKS };
        let index = (row / side) * self.columns.div_ceil(side) + column / side;
        let sub_district = (row % side) * side + column % side + 1;
        let county = 330_182 + index / TOWNS_PER_COUNTY;
        let district = index % TOWNS_PER_COUNTY + 1;
        Town { prefix: format!("{county:06}{district:03}{sub_district:03}"), name: self.town_name(index) }
    }

    /// Two-syllable names, all different for the first 1,024 towns, numbered after that.
    fn town_name(&self, index: u64) -> String {
        const FIRST: [&str; 32] = [
            "安", "北", "长", "城", "东", "丰", "高", "海", "和", "湖", "华", "江", "金", "锦", "九", "龙", "马", "南", "宁", "平", "青",
            "清", "三", "双", "太", "天", "西", "新", "兴", "盐", "永", "云",
        ];
        const SECOND: [&str; 32] = [
            "坝", "浜", "仓", "川", "渡", "墩", "坊", "港", "沟", "关", "河", "荡", "家", "桥", "泾", "口", "岭", "浦", "泉", "沙", "山",
            "潭", "塘", "亭", "屯", "湾", "溪", "堰", "洋", "源", "寨", "庄",
        ];
        let start = hash(self.seed, &[KEY_TOWN]) % 1024;
        let (round, place) = (index / 1024, (start + (index % 1024) * 371) % 1024);
        let first = FIRST.get(whole::size(place / 32)).copied().unwrap_or("安");
        let second = SECOND.get(whole::size(place % 32)).copied().unwrap_or("庄");
        let rank = if hash(self.seed, &[KEY_TOWN, index]).is_multiple_of(3) { "街道" } else { "镇" };
        let number = if round == 0 { String::new() } else { (round + 1).to_string() };
        format!("{first}{second}{number}{rank}")
    }
}

/// Rounds to the millimetre, the last digit that a survey keeps.
pub(super) fn snap([x_m, y_m]: Point) -> Point {
    [(x_m * 1000.0).round() / 1000.0, (y_m * 1000.0).round() / 1000.0]
}

fn smooth(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}

//! Well-known binary to a geometry column: polygons and multipolygons, in ISO and EWKB forms, Z and M dropped.
//!
//! Shells are turned counter-clockwise and holes clockwise, rings closed and repeated vertices left out; none of these changes an area.

use super::notes::Oddities;
use crate::model::{Code, Coord, GeometryBuilder};
use crate::say;

/// Coordinates beyond this are on no map (m or degrees).
const FARTHEST: f64 = 1e9;
/// How deep collections may be nested.
const DEEPEST: usize = 8;

/// Why a geometry could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The finding.
    pub code: Code,
    /// What was found.
    pub detail: String,
}

fn refuse<T>(code: Code, detail: String) -> Result<T, Refusal> {
    Err(Refusal { code, detail })
}

/// Adds the geometry in `bytes` to `builder` as one feature, and tells what was put right. Nothing is added where it is refused.
///
/// # Errors
/// Bytes that are no WKB, a geometry that is not polygonal, an empty one, a coordinate that is not finite.
pub fn decode(bytes: &[u8], builder: &mut GeometryBuilder) -> Result<Oddities, Refusal> {
    let mut reader = Reader { bytes, little: true, part: 0, oddities: Oddities::default() };
    let mark = builder.mark();
    let result = reader.geometry(builder, 0).and_then(|()| match builder.has_open_part(mark) {
        true => Ok(()),
        false => refuse(Code::GeometryMissing, say!("the geometry is empty")),
    });
    match result {
        Ok(()) => builder.end_feature(),
        Err(_) => builder.rewind(mark),
    }
    result.map(|()| reader.oddities)
}

struct Reader<'a> {
    bytes: &'a [u8],
    little: bool,
    /// The number of polygons begun.
    part: u32,
    oddities: Oddities,
}

impl Reader<'_> {
    fn geometry(&mut self, builder: &mut GeometryBuilder, depth: usize) -> Result<(), Refusal> {
        self.little = self.take::<1>()? == [1];
        let raw = self.count()?;
        if raw & 0x2000_0000 != 0 {
            self.count()?;
        }
        let (kind, dimension) = kind_of(raw);
        match kind {
            3 => self.polygon(builder, dimension),
            6 | 7 | 12 if depth < DEEPEST => {
                self.oddities.is_collection |= kind == 7;
                let parts = self.count()?;
                (0..parts).try_for_each(|_| self.geometry(builder, depth + 1))
            }
            _ => refuse(Code::GeometryNotPolygonal, say!("a {kind} is not a polygon", kind = name_of(kind))),
        }
    }

    fn polygon(&mut self, builder: &mut GeometryBuilder, dimension: usize) -> Result<(), Refusal> {
        let rings = self.count()?;
        self.part += 1;
        self.oddities.has_z_or_m |= dimension > 2;
        let mark = builder.mark();
        let mut has_shell = false;
        for ring in 0..rings {
            let has_vertices = self.ring(builder, ring, dimension)?;
            if has_vertices {
                orient(builder.open_ring(), ring == 0);
                builder.end_ring();
            }
            has_shell |= has_vertices && ring == 0;
        }
        if has_shell {
            builder.end_part();
        } else {
            builder.rewind(mark);
        }
        Ok(())
    }

    /// Adds the vertices of a ring; whether there are any.
    fn ring(&mut self, builder: &mut GeometryBuilder, ring: u32, dimension: usize) -> Result<bool, Refusal> {
        let points = self.count()?;
        let size = 8 * dimension;
        let Some(block) = (points as usize).checked_mul(size).and_then(|n| self.bytes.get(..n)) else {
            return refuse(Code::GeometryUndecodable, say!("the bytes end inside a ring"));
        };
        self.bytes = self.bytes.get(block.len()..).unwrap_or_default();
        if !(self.little && dimension == 2 && plain_ring(block, builder)) {
            self.ring_with_oddities(builder, (ring, dimension), block)?;
        }
        let vertices = builder.open_ring();
        if let (Some(&first), Some(&end), true) = (vertices.first(), vertices.last(), points > 2)
            && first != end
        {
            self.oddities.unclosed.add([self.part, ring + 1, points], end);
        }
        Ok(points > 0)
    }

    /// Adds the vertices of a ring one by one, and notes what is odd.
    fn ring_with_oddities(&mut self, builder: &mut GeometryBuilder, (ring, dimension): (u32, usize), block: &[u8]) -> Result<(), Refusal> {
        let mut last = None;
        for (vertex, point) in (1_u32..).zip(block.chunks_exact(8 * dimension)) {
            let coord = self.coord(point);
            // One comparison refuses NaN, infinities and the absurd.
            if !(coord.x.abs() <= FARTHEST && coord.y.abs() <= FARTHEST) {
                let (x, y, part, ring) = (coord.x, coord.y, self.part, ring + 1);
                let detail = say!("coordinate ({x}, {y}) at part {part}, ring {ring}, vertex {vertex}", x, y, part, ring, vertex);
                return refuse(Code::GeometryNotFinite, detail);
            }
            if last == Some(coord) {
                self.oddities.repeated.add([self.part, ring + 1, vertex], coord);
            } else {
                builder.push_coord(coord);
                last = Some(coord);
            }
        }
        Ok(())
    }

    #[inline]
    fn coord(&self, point: &[u8]) -> Coord {
        let number = |bytes: Option<&[u8]>| {
            let array = bytes.and_then(|b| <[u8; 8]>::try_from(b).ok()).unwrap_or([0xFF; 8]);
            if self.little { f64::from_le_bytes(array) } else { f64::from_be_bytes(array) }
        };
        Coord::new(number(point.get(..8)), number(point.get(8..16)))
    }

    fn count(&mut self) -> Result<u32, Refusal> {
        let bytes = self.take::<4>()?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<N>() else {
            return refuse(Code::GeometryUndecodable, say!("the bytes end inside the geometry"));
        };
        self.bytes = rest;
        Ok(*head)
    }
}

/// Adds the vertices of a ring in one go; nothing, and false, where one of them is odd.
fn plain_ring(block: &[u8], builder: &mut GeometryBuilder) -> bool {
    let mark = builder.mark();
    let number = |bytes: Option<&[u8; 8]>| bytes.map_or(f64::NAN, |bytes| f64::from_le_bytes(*bytes));
    let points = block.as_chunks::<16>().0;
    builder.push_coords(points.iter().map(|point| Coord::new(number(point.first_chunk()), number(point.last_chunk()))));
    let vertices = builder.open_ring();
    // No way out within the loops: the whole is looked at four vertices at a time.
    let is_near = vertices.iter().fold(true, |all, c| all & (c.x.abs() <= FARTHEST) & (c.y.abs() <= FARTHEST));
    let moves = vertices.iter().zip(vertices.iter().skip(1)).fold(true, |all, (a, b)| all & ((a.x != b.x) | (a.y != b.y)));
    if !(is_near && moves) {
        builder.rewind(mark);
    }
    is_near && moves
}

/// Kind without dimension flags, and the numbers a coordinate has.
fn kind_of(raw: u32) -> (u32, usize) {
    let flags = usize::from(raw & 0x8000_0000 != 0) + usize::from(raw & 0x4000_0000 != 0);
    let plain = raw & 0x0FFF_FFFF;
    let iso = match plain / 1000 {
        1 | 2 => 1,
        3 => 2,
        _ => 0,
    };
    (plain % 1000, 2 + flags + iso)
}

fn name_of(kind: u32) -> String {
    match kind {
        1 => say!("point"),
        2 => say!("line"),
        4 => say!("multipoint"),
        5 => say!("multiline"),
        8 | 9 | 11 => say!("curve"),
        10 => say!("curve polygon"),
        15 => say!("polyhedral surface"),
        16 => say!("triangulated surface"),
        _ => say!("geometry of an unknown kind"),
    }
}

/// Whether the geometry has arcs, which GDAL has to stroke first.
#[must_use]
pub fn is_curved(bytes: &[u8]) -> bool {
    let kind = match bytes {
        [0, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]),
        [_, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => return false,
    };
    matches!(kind_of(kind).0, 10 | 12)
}

/// Turns a ring counter-clockwise (shell) or clockwise (hole).
fn orient(ring: &mut [Coord], shell: bool) {
    let Some(&origin) = ring.first() else { return };
    let mut twice = 0.0;
    let mut before = Coord::default();
    for c in ring.iter() {
        let c = c.from_origin(origin);
        twice += before.x * c.y - c.x * before.y;
        before = c;
    }
    if twice != 0.0 && (twice > 0.0) != shell {
        ring.reverse();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, prop_assert_eq, prop_oneof, proptest};

    use super::super::notes::Mishaps;
    use super::*;
    use crate::model::wkb::encode;

    fn column(bytes: &[u8]) -> Result<crate::model::GeometryColumn, Code> {
        let mut builder = GeometryBuilder::default();
        decode(bytes, &mut builder).map_err(|r| r.code)?;
        Ok(builder.finish())
    }

    fn triangle() -> Vec<u8> {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[vec![Coord::new(0.0, 0.0), Coord::new(4.0, 0.0), Coord::new(0.0, 3.0)]]);
        encode(builder.finish().shape(0), Coord::default())
    }

    #[test]
    fn a_polygon_comes_back() {
        let bytes = triangle();
        let read = column(&bytes).unwrap();
        assert_eq!(encode(read.shape(0), Coord::default()), bytes);
    }

    #[test]
    fn every_cut_is_noticed_and_leaves_nothing_behind() {
        let bytes = triangle();
        for end in 0..bytes.len() {
            let mut builder = GeometryBuilder::default();
            assert_eq!(decode(&bytes[..end], &mut builder).unwrap_err().code, Code::GeometryUndecodable, "cut at {end}");
            assert_eq!(builder.finish(), GeometryBuilder::default().finish());
        }
    }

    #[test]
    fn refusals() {
        let mut infinite = triangle();
        infinite[13..21].copy_from_slice(&f64::INFINITY.to_le_bytes());
        let point = [[1_u8].as_slice(), &1_u32.to_le_bytes(), &[0; 16]].concat();
        let empty = [[1_u8].as_slice(), &6_u32.to_le_bytes(), &0_u32.to_le_bytes()].concat();
        assert_eq!(column(&infinite).unwrap_err(), Code::GeometryNotFinite);
        assert_eq!(column(&point).unwrap_err(), Code::GeometryNotPolygonal);
        assert_eq!(column(&empty).unwrap_err(), Code::GeometryMissing);
    }

    #[test]
    fn clockwise_shells_with_z_are_turned_and_flattened() {
        let ring = [(0.0, 0.0), (0.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0)];
        let mut bytes = vec![0_u8];
        bytes.extend(1003_u32.to_be_bytes());
        bytes.extend(1_u32.to_be_bytes());
        bytes.extend(5_u32.to_be_bytes());
        for (x, y) in ring {
            bytes.extend([x, y, 7.0_f64].iter().flat_map(|v| v.to_be_bytes()));
        }
        let mut builder = GeometryBuilder::default();
        let oddities = decode(&bytes, &mut builder).unwrap();
        assert_eq!(
            oddities,
            Oddities {
                repeated: Mishaps { count: 1, first: Some(([1, 1, 3], Coord::new(0.0, 1.0))) },
                has_z_or_m: true,
                ..Oddities::default()
            }
        );
        let read = builder.finish();
        assert_eq!(read.shape(0).coords(), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)].map(|(x, y)| Coord::new(x, y)));
    }

    fn polygon(rings: &[&[(f64, f64)]]) -> Vec<u8> {
        let count = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let mut bytes = [[1_u8].as_slice(), &3_u32.to_le_bytes(), &count(rings.len())].concat();
        for ring in rings {
            bytes.extend(count(ring.len()));
            bytes.extend(ring.iter().flat_map(|(x, y)| [x.to_le_bytes(), y.to_le_bytes()].concat()));
        }
        bytes
    }

    /// Coordinates that often repeat, and some that no map has.
    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![20 => (0_u8..4).prop_map(f64::from), 1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, 2e9, -1e9, -0.0])]
    }

    proptest! {
        /// Numbers with the highest byte first are read one by one.
        #[test]
        fn rings_in_one_go_are_rings_vertex_by_vertex(rings in prop::collection::vec(prop::collection::vec((number(), number()), 0..7), 0..4)) {
            let rings: Vec<&[(f64, f64)]> = rings.iter().map(Vec::as_slice).collect();
            let little = polygon(&rings);
            let mut big = [[0_u8].as_slice(), &3_u32.to_be_bytes(), &u32::try_from(rings.len()).unwrap().to_be_bytes()].concat();
            for ring in rings {
                big.extend(u32::try_from(ring.len()).unwrap().to_be_bytes());
                big.extend(ring.iter().flat_map(|(x, y)| [x.to_be_bytes(), y.to_be_bytes()].concat()));
            }
            let (mut own, mut other) = (GeometryBuilder::default(), GeometryBuilder::default());
            prop_assert_eq!(format!("{:?}", decode(&little, &mut own)), format!("{:?}", decode(&big, &mut other)));
            prop_assert_eq!(own.finish(), other.finish());
        }
    }

    #[test]
    fn rings_that_do_not_end_where_they_begin_are_told() {
        let mut builder = GeometryBuilder::default();
        let bytes = polygon(&[&[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)], &[(4.0, 2.0), (5.0, 2.0), (5.0, 3.0)]]);
        let unclosed = decode(&bytes, &mut builder).unwrap().unclosed;
        assert_eq!(unclosed, Mishaps { count: 1, first: Some(([1, 2, 3], Coord::new(5.0, 3.0))) });
        assert!(builder.finish().shape(0).rings().all(|ring| ring.first() == ring.last()));
    }

    #[test]
    fn rings_without_vertices_are_none() {
        assert_eq!(column(&polygon(&[&[]])).unwrap_err(), Code::GeometryMissing);
        assert_eq!(column(&polygon(&[&[], &[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]])).unwrap_err(), Code::GeometryMissing);
        let read = column(&polygon(&[&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], &[]])).unwrap();
        assert_eq!(read.shape(0).rings().count(), 1);
    }
}

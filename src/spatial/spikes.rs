//! Near-spikes: places where a ring runs out and nearly back over itself. The polygon is valid and the ground between is next to nothing, but nobody drew
//! a boundary like that. One that runs back exactly is a defect ([`super::defects`]).
//!
//! Refused: nothing. **Invariant:** a look, never a change.

use super::defects::Place;
use crate::model::{Coord, Shape};

/// A spike is so many times as long as it is wide, at least: the angle at its tip is below 5.7 degrees.
const SLENDER: f64 = 10.0;

/// A spike that is not quite one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearSpike {
    /// The vertex at the tip; of a tip with two, the first.
    pub place: Place,
    /// The tip, in the coordinates of the shape.
    pub at: Coord,
    /// The length of the shorter of the two edges that lead to the tip, m.
    pub length_m: f64,
    /// How far that edge begins from the other, m.
    pub width_m: f64,
}

/// The near-spikes of a polygon that are at most `widest_m` wide. A tip may have two vertices, as far apart as a spike may be wide.
///
/// # Units
/// Coordinates in metres.
///
/// ```
/// # use mujun::model::{Coord, GeometryBuilder};
/// # use mujun::spatial::spikes::near_spikes;
/// let mut builder = GeometryBuilder::default();
/// builder.push_polygon(&[[(0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (14.0, 5.0), (10.0, 5.005), (10.0, 10.0), (0.0, 10.0)].map(|(x, y)| Coord::new(x, y)).to_vec()]);
/// let found = near_spikes(builder.finish().shape(0), 0.01);
/// assert_eq!((found.len(), found[0].at, found[0].length_m), (1, Coord::new(14.0, 5.0), 4.0));
/// ```
#[must_use]
pub fn near_spikes(shape: Shape<'_>, widest_m: f64) -> Vec<NearSpike> {
    let mut found = Vec::new();
    for (part, rings) in shape.parts().enumerate() {
        for (ring, coords) in rings.enumerate() {
            of_ring(coords, widest_m, &mut |vertex, at, [length_m, width_m]| {
                found.push(NearSpike { place: Place { part: part + 1, ring: ring + 1, vertex: vertex + 1 }, at, length_m, width_m });
            });
        }
    }
    found
}

fn of_ring(coords: &[Coord], widest_m: f64, tell: &mut impl FnMut(usize, Coord, [f64; 2])) {
    if any_is_sharp(coords, widest_m) {
        each_vertex(coords, widest_m, tell);
    }
}

fn each_vertex(coords: &[Coord], widest_m: f64, tell: &mut impl FnMut(usize, Coord, [f64; 2])) {
    let open = coords.split_last().map_or(coords, |(_, open)| open);
    let vertex = |number: usize| open.get(number % open.len().max(1)).copied().unwrap_or_default();
    for number in 0..open.len() {
        let (before, tip, after) = (vertex(number + open.len() - 1), vertex(number), vertex(number + 1));
        let found = spike(before, [tip, tip], after, widest_m).or_else(|| {
            let step = after.from_origin(tip);
            let is_tip = open.len() > 3 && step.x.abs() <= widest_m && step.y.abs() <= widest_m && step.x.hypot(step.y) <= widest_m;
            is_tip.then(|| spike(before, [tip, after], vertex(number + 2), widest_m)).flatten()
        });
        if let Some(size) = found {
            tell(number, tip, size);
        }
    }
}

/// Whether a vertex may be the tip of a spike: the edges at it run near to one another, or one of them is short. Hardly a ring has one, and the look
/// at all vertices has no branch and no root.
fn any_is_sharp(ring: &[Coord], widest_m: f64) -> bool {
    // A little more than the square of the width: what rounding hides is looked at.
    let widest_m2 = 1.000_001 * widest_m * widest_m;
    let is_sharp = |before: Coord, tip: Coord, after: Coord| {
        let (out, back) = (before.from_origin(tip), after.from_origin(tip));
        let (out_m2, back_m2) = (out.x * out.x + out.y * out.y, back.x * back.x + back.y * back.y);
        let beside_m2 = out.x * back.y - out.y * back.x;
        let is_acute = out.x * back.x + out.y * back.y > 0.0;
        (is_acute & (beside_m2 * beside_m2 <= widest_m2 * out_m2.max(back_m2))) | (back_m2 <= widest_m2)
    };
    let [first, second, .., last_but_one, _] = *ring else { return true };
    let inner = ring.windows(3).fold(false, |any, w| any | matches!(*w, [before, tip, after] if is_sharp(before, tip, after)));
    inner | is_sharp(last_but_one, first, second)
}

/// Length and width of what lies between the edge to a tip and the one back from it, where that is a near-spike.
fn spike(before: Coord, tip: [Coord; 2], after: Coord, widest_m: f64) -> Option<[f64; 2]> {
    let (out, back) = (before.from_origin(tip[0]), after.from_origin(tip[1]));
    if out.x * back.x + out.y * back.y <= 0.0 {
        return None;
    }
    let (out_m, back_m) = (out.x.hypot(out.y), back.x.hypot(back.y));
    // Where the shorter edge begins, seen from the tip of the longer, and that edge.
    let (begin, along, length_m, long_m) =
        if out_m <= back_m { (before.from_origin(tip[1]), back, out_m, back_m) } else { (after.from_origin(tip[0]), out, back_m, out_m) };
    let width_m = (begin.x * along.y - begin.y * along.x).abs() / long_m;
    let blunt = tip[1].from_origin(tip[0]);
    (width_m <= widest_m && SLENDER * width_m.max(blunt.x.hypot(blunt.y)) <= length_m).then_some([length_m, width_m])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::GeometryBuilder;

    fn found(ring: &[(f64, f64)]) -> Vec<NearSpike> {
        let mut builder = GeometryBuilder::default();
        builder.push_polygon(&[ring.iter().map(|&(x, y)| Coord::new(x, y)).collect()]);
        near_spikes(builder.finish().shape(0), 0.01)
    }

    #[test]
    fn only_what_is_long_and_narrow_is_one() {
        let with = |tip: &[(f64, f64)]| {
            let corners = [(0.0, 0.0), (10.0, 0.0), (10.0, 5.0)];
            found(&[&corners[..], tip, &[(10.0, 10.0), (0.0, 10.0)]].concat())
        };
        assert_eq!(with(&[]), []);
        // 4 m long, 5 mm wide at its foot; 11 mm; 5 mm, but only 4 cm long.
        assert_eq!(with(&[(14.0, 5.0), (10.0, 5.005)]).len(), 1);
        assert_eq!(with(&[(14.0, 5.0), (10.0, 5.011)]), []);
        assert_eq!(with(&[(10.04, 5.0), (10.0, 5.005)]), []);
        // To the inside, and with a blunt tip.
        assert_eq!(with(&[(6.0, 5.0), (10.0, 5.005)]).len(), 1);
        let blunt = with(&[(14.0, 5.0), (14.0, 5.008), (10.0, 5.008)]);
        assert_eq!(blunt.len(), 1);
        assert_eq!((blunt[0].place.vertex, blunt[0].at), (4, Coord::new(14.0, 5.0)));
        assert!((blunt[0].width_m - 0.008).abs() < 1e-12 && (blunt[0].length_m - 4.0).abs() < 1e-12);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_ring_with_a_spike_is_looked_at(corners in prop::collection::vec((0..8_i32, 0..8_i32, -2..3_i32), 3..9), far in any::<bool>()) {
            let origin = if far { 40_500_000.0 } else { 0.0 };
            // Corners that are a millimetre or two off a grid, so that many edges run nearly back over others.
            let ring: Vec<(f64, f64)> =
                corners.iter().map(|&(x, y, off)| (origin + f64::from(x) + 1e-3 * f64::from(off), f64::from(y) - 2e-3 * f64::from(off))).collect();
            let closed: Vec<Coord> = ring.iter().chain(ring.first()).map(|&(x, y)| Coord::new(x, y)).collect();
            let mut spikes = 0;
            each_vertex(&closed, 0.01, &mut |_, _, _| spikes += 1);
            prop_assert!(spikes == 0 || any_is_sharp(&closed, 0.01));
        }
    }

    #[test]
    fn the_first_vertex_may_be_the_tip() {
        let ring = found(&[(14.0, 5.0), (10.0, 5.005), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0), (10.0, 0.0), (10.0, 5.0)]);
        assert_eq!(ring.iter().map(|spike| spike.place.vertex).collect::<Vec<_>>(), [1]);
    }
}

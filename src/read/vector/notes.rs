//! What is put right while geometries are read: repeated vertices, rings that are not closed, heights, arcs, collections. None of it changes an area
//! but the arcs (by up to 0.08 % of a circle) and the closing of a ring, before which there is none.

use std::collections::{HashMap, HashSet};

use polars::prelude::DataFrame;

use crate::model::{Code, Coord, Finding, Source, identifiers};
use crate::say;

/// So many features of a layer with repeated vertices, which do no harm, are named one by one; of more, the first.
const NAMED: usize = 20;

/// What was put right in one geometry.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Oddities {
    /// Vertices that stand twice in a row.
    pub repeated: Mishaps,
    /// Rings that do not end where they begin.
    pub unclosed: Mishaps,
    /// Whether it has heights or measures.
    pub has_z_or_m: bool,
    /// Whether it is a geometry collection.
    pub is_collection: bool,
    /// Whether it had arcs.
    pub was_curved: bool,
}

/// How often something is wrong in a geometry, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mishaps {
    /// How often.
    pub count: u32,
    /// Part, ring and vertex, counted from 1 as in the source, and the coordinate.
    pub first: Option<([u32; 3], Coord)>,
}

impl Mishaps {
    /// One more.
    pub fn add(&mut self, place: [u32; 3], at: Coord) {
        self.count += 1;
        self.first.get_or_insert((place, at));
    }
}

/// What was put right in a layer; the rows are those of the source.
#[derive(Debug, Default)]
pub struct Notes {
    repeated: Vec<(i64, Mishaps)>,
    unclosed: Vec<(i64, Mishaps)>,
    flattened: Vec<i64>,
    collections: Vec<i64>,
    curved: Vec<i64>,
}

/// A kind of mishap in words: one, several, and what was done.
struct Words {
    code: Code,
    one: fn(u32, &str) -> String,
    several: fn(u64, usize, &str) -> String,
    hint: fn() -> String,
    /// So many features are named one by one; of more, the first.
    named: usize,
}

const REPEATED: Words = Words {
    code: Code::GeometryDuplicateVertex,
    one: |count, first| say!("repeated vertices: {count}, left out; the first: {first}", count, first),
    several: |count, features, first| {
        say!("{count} repeated vertices in {features} features were left out; the first: {first}", count, features, first)
    },
    hint: || say!("remove repeated vertices in the source; areas do not depend on them"),
    named: NAMED,
};
const UNCLOSED: Words = Words {
    code: Code::GeometryUnclosed,
    one: |count, first| {
        say!("rings that do not end where they begin: {count}, closed by a straight edge; the first: {first}", count, first)
    },
    several: |count, features, first| {
        say!(
            "{count} rings that do not end where they begin in {features} features were closed by a straight edge; the first: {first}",
            count,
            features,
            first
        )
    },
    hint: || say!("check in the source whether the end of the ring is missing"),
    named: usize::MAX,
};

impl Notes {
    /// Adds what was put right in a row, which is asked for only where there is anything.
    #[inline]
    pub fn add(&mut self, oddities: &Oddities, row: impl Fn() -> i64) {
        if *oddities == Oddities::default() {
            return;
        }
        for (mishaps, all) in [(oddities.repeated, &mut self.repeated), (oddities.unclosed, &mut self.unclosed)] {
            if mishaps.count > 0 {
                all.push((row(), mishaps));
            }
        }
        let counted = [
            (oddities.has_z_or_m, &mut self.flattened),
            (oddities.is_collection, &mut self.collections),
            (oddities.was_curved, &mut self.curved),
        ];
        counted.into_iter().filter(|(is_so, _)| *is_so).for_each(|(_, all)| all.push(row()));
    }

    /// Adds those of a later block.
    pub fn append(&mut self, mut later: Self) {
        self.repeated.append(&mut later.repeated);
        self.unclosed.append(&mut later.unclosed);
        self.flattened.append(&mut later.flattened);
        self.collections.append(&mut later.collections);
        self.curved.append(&mut later.curved);
    }

    /// The findings of a layer with these rows.
    #[must_use]
    pub fn findings(self, source: &Source, attributes: &DataFrame, rows: &[i64]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (mut cases, words) in [(self.repeated, REPEATED), (self.unclosed, UNCLOSED)] {
            let places = places(rows, cases.iter().map(|(row, _)| *row));
            // What the job's condition leaves out is no row of the layer.
            cases.retain(|(row, _)| places.contains_key(row));
            if cases.len() <= words.named {
                let ids = identifiers(attributes).ok();
                let id = |row: &i64| ids.and_then(|ids| ids.get(*places.get(row)?)).map(str::to_owned);
                let one = |(row, mishaps): &(i64, Mishaps)| {
                    let finding = words.finding(source, words.of_one(mishaps)).at_row(*row);
                    id(row).into_iter().fold(finding, Finding::of)
                };
                findings.extend(cases.iter().map(one));
            } else if let Some((row, first)) = cases.first() {
                let count: u64 = cases.iter().map(|(_, m)| u64::from(m.count)).sum();
                let message = (words.several)(count, cases.len(), &place(first));
                findings.push(words.finding(source, message).at_row(*row));
            }
        }
        let counted = [
            (self.flattened, Code::GeometryZMDropped, say!("geometries have heights or measures, which were left out")),
            (self.curved, Code::GeometryCurvesStroked, say!("geometries have arcs, which were replaced by chords of 4 degrees")),
            (self.collections, Code::GeometryCollection, say!("geometry collections of polygons were read as multipolygons")),
        ];
        findings.extend(counted.into_iter().filter_map(|(all, code, what)| {
            let places = places(rows, all.iter().copied());
            let first = all.iter().find(|row| places.contains_key(row))?;
            Some(
                Finding::new(code, source, say!("{features} {what}; the first: row {first}", features = places.len(), what, first))
                    .at_row(*first),
            )
        }));
        findings
    }
}

/// Where some rows of the source stand among those of the layer; not those that do not.
fn places(rows: &[i64], wanted: impl Iterator<Item = i64>) -> HashMap<i64, usize> {
    let wanted: HashSet<i64> = wanted.collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    rows.iter().zip(0..).filter(|(row, _)| wanted.contains(row)).map(|(row, place)| (*row, place)).collect()
}

impl Words {
    fn finding(&self, source: &Source, message: String) -> Finding {
        Finding::new(self.code, source, message).hint((self.hint)())
    }

    fn of_one(&self, mishaps: &Mishaps) -> String {
        (self.one)(mishaps.count, &place(mishaps))
    }
}

fn place(mishaps: &Mishaps) -> String {
    let Some(([part, ring, vertex], at)) = mishaps.first else { return String::new() };
    say!("part {part}, ring {ring}, vertex {vertex} ({x}, {y})", part, ring, vertex, x = at.x, y = at.y)
}

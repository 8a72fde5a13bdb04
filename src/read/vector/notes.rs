//! What is put right while geometries are read: repeated vertices, rings that are not closed, heights, arcs, collections. None of it changes an area
//! but the arcs (by up to 0.08 % of a circle) and the closing of a ring, before which there is none.

use std::collections::HashSet;

use polars::prelude::DataFrame;

use crate::model::{Code, Coord, Finding, Source, attributes_of};

/// So many features of a layer are named one by one; of more, the first.
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
    flattened: u64,
    collections: u64,
    curved: u64,
}

/// A kind of mishap in words: one, several, and what was done.
struct Words {
    code: Code,
    several: &'static str,
    done: &'static str,
    hint: &'static str,
}

const REPEATED: Words = Words {
    code: Code::GeometryDuplicateVertex,
    several: "repeated vertices",
    done: "left out",
    hint: "remove repeated vertices in the source; areas do not depend on them",
};
const UNCLOSED: Words = Words {
    code: Code::GeometryUnclosed,
    several: "rings that do not end where they begin",
    done: "closed by a straight edge",
    hint: "check in the source whether the end of the ring is missing",
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
        self.flattened += u64::from(oddities.has_z_or_m);
        self.collections += u64::from(oddities.is_collection);
        self.curved += u64::from(oddities.was_curved);
    }

    /// Adds those of a later block.
    pub fn append(&mut self, mut later: Self) {
        self.repeated.append(&mut later.repeated);
        self.unclosed.append(&mut later.unclosed);
        self.flattened += later.flattened;
        self.collections += later.collections;
        self.curved += later.curved;
    }

    /// The findings of a layer with these rows.
    #[must_use]
    pub fn findings(self, source: &Source, attributes: &DataFrame, rows: &[i64]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (mut cases, words) in [(self.repeated, REPEATED), (self.unclosed, UNCLOSED)] {
            if !cases.is_empty() {
                let kept: HashSet<i64> = rows.iter().copied().collect();
                cases.retain(|(row, _)| kept.contains(row));
            }
            if cases.len() <= NAMED {
                let id = |row: i64| rows.iter().position(|r| *r == row).and_then(|place| attributes_of(attributes, place).0);
                let one = |&(row, mishaps): &(i64, Mishaps)| {
                    let finding = words.finding(source, words.of_one(&mishaps)).at_row(row);
                    id(row).into_iter().fold(finding, Finding::of)
                };
                findings.extend(cases.iter().map(one));
            } else if let Some((row, first)) = cases.first() {
                let count: u64 = cases.iter().map(|(_, m)| u64::from(m.count)).sum();
                let (several, features) = (words.several, cases.len());
                let message = format!("{count} {several} in {features} features were {}; the first: {}", words.done, place(first));
                findings.push(words.finding(source, message).at_row(*row));
            }
        }
        let counted = [
            (self.flattened, Code::GeometryZMDropped, "geometries have heights or measures, which were left out"),
            (self.curved, Code::GeometryCurvesStroked, "geometries have arcs, which were replaced by chords of 4 degrees"),
            (self.collections, Code::GeometryCollection, "geometry collections of polygons were read as multipolygons"),
        ];
        let more = counted.into_iter().filter(|(count, ..)| *count > 0);
        findings.extend(more.map(|(count, code, what)| Finding::new(code, source, format!("{count} {what}"))));
        findings
    }
}

impl Words {
    fn finding(&self, source: &Source, message: String) -> Finding {
        Finding::new(self.code, source, message).hint(self.hint)
    }

    fn of_one(&self, mishaps: &Mishaps) -> String {
        format!("{}: {}, {}; the first: {}", self.several, mishaps.count, self.done, place(mishaps))
    }
}

fn place(mishaps: &Mishaps) -> String {
    let Some(([part, ring, vertex], at)) = mishaps.first else { return String::new() };
    format!("part {part}, ring {ring}, vertex {vertex} ({}, {})", at.x, at.y)
}

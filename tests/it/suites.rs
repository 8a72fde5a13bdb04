//! The XML suites of GEOS and JTS (`../shared/data/peer_tests`): the verdict on every polygon and the area of every overlay of two, case by case.
//!
//! What the suites state is read from them; shared areas by GEOS, for the overlays of which they state no result, stand in
//! `tests/oracle/suites.json`. `tests/oracle/suites_exceptions.tsv` lists what differs and why, and is held to it: an entry that starts to agree
//! fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mujun::model::{Code, Coord, GeometryBuilder, GeometryColumn};
use mujun::read::vector::wkb;
use mujun::spatial::area::{perimeter_m, planar_area_m2};
use mujun::spatial::overlap::{PreparedColumn, Scratch, overlap_area_m2};
use mujun::spatial::sweep::owned_areas_m2;
use mujun::spatial::validity;

use crate::program::{data, json};

/// A case of a suite: what it is given and what it asks.
struct Case {
    /// The file, and the number of the case in it, from 1.
    place: (String, usize),
    given: BTreeMap<String, String>,
    operations: Vec<Operation>,
}

struct Operation {
    name: String,
    arguments: Vec<String>,
    expected: String,
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("<!--") {
        out += before;
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out + rest
}

/// What stands in every element `name`: attributes and content.
fn elements<'a>(text: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = text;
    let mut all = Vec::new();
    while let Some(start) = rest.find(&open) {
        rest = &rest[start + open.len()..];
        if !rest.starts_with([' ', '>', '\t', '\n', '\r']) {
            continue;
        }
        let (attributes, content) = rest.split_once('>').unwrap();
        if attributes.ends_with('/') {
            continue;
        }
        let (content, after) = content.split_once(&close).unwrap();
        all.push((attributes, content));
        rest = after;
    }
    all
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let quote = attributes.split_once(&format!("{name}="))?.1;
    let mark = quote.chars().next()?;
    Some(quote[1..].split_once(mark)?.0.to_owned())
}

fn cases(suites: &Path, file: &str) -> Vec<Case> {
    let bytes = std::fs::read(suites.join(file)).unwrap();
    let text = without_comments(&String::from_utf8_lossy(&bytes));
    let case = |(number, (_, content)): (usize, (&str, &str))| {
        let given = |name: &str| elements(content, name).first().map(|(_, text)| (name.to_owned(), text.trim().to_owned()));
        let operation = |(attributes, expected): (&str, &str)| Operation {
            name: attribute(attributes, "name").unwrap_or_default().to_lowercase(),
            arguments: ["arg1", "arg2"].iter().filter_map(|a| attribute(attributes, a)).map(|a| a.to_lowercase()).collect(),
            expected: expected.trim().to_owned(),
        };
        Case {
            place: (file.to_owned(), number + 1),
            given: ["a", "b"].into_iter().filter_map(given).collect(),
            operations: elements(content, "op").into_iter().map(operation).collect(),
        }
    };
    elements(&text, "case").into_iter().enumerate().map(case).collect()
}

fn files(suites: &Path) -> Vec<String> {
    fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|e| e == "xml") {
                files.push(path);
            }
        }
    }
    let mut all = Vec::new();
    collect(&suites.join("geos"), &mut all);
    collect(&suites.join("jts"), &mut all);
    all.sort();
    all.iter().map(|p| p.strip_prefix(suites).unwrap().to_str().unwrap().to_owned()).collect()
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let is_hexadecimal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hexadecimal {
        return (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()).collect();
    }
    gdal::vector::Geometry::from_wkt(&text.split_whitespace().collect::<Vec<_>>().join(" ")).ok()?.wkb().ok()
}

/// One feature as the reader takes it, or why not.
fn feature(text: &str) -> Result<GeometryColumn, Code> {
    let mut builder = GeometryBuilder::default();
    wkb::decode(&bytes_of(text).ok_or(Code::GeometryUndecodable)?, &mut builder).map_err(|refusal| refusal.code)?;
    Ok(builder.finish())
}

fn is_fit(geometry: &GeometryColumn) -> bool {
    validity::is_valid(geometry.shape(0)) && planar_area_m2(geometry.shape(0)) > 0.0
}

/// The answers found so far: those that agree, and those that do not with both sides.
#[derive(Default)]
struct Tally {
    agree: BTreeSet<String>,
    differ: BTreeMap<String, String>,
}

impl Tally {
    fn add(&mut self, what: String, agrees: bool, sides: impl Fn() -> String) {
        if agrees {
            self.agree.insert(what);
        } else {
            self.differ.insert(what, sides());
        }
    }

    /// Compares with the list of exceptions whose lines begin with `topic`: `topic file case question`, tab, reason.
    fn settle(&self, topic: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/suites_exceptions.tsv");
        let list = std::fs::read_to_string(path).unwrap();
        let known: BTreeMap<&str, &str> = list.lines().filter(|l| l.starts_with(topic)).map(|l| l.split_once('\t').unwrap()).collect();
        let mut faults: Vec<String> = self
            .differ
            .iter()
            .filter(|(what, _)| !known.contains_key(what.as_str()))
            .map(|(what, sides)| format!("{what}: {sides}"))
            .collect();
        faults.extend(known.keys().filter(|what| !self.differ.contains_key(**what)).map(|what| {
            let why = if self.agree.contains(*what) { "agrees now: take it from the list" } else { "is asked by no suite" };
            format!("{what}: {why}")
        }));
        faults.extend(known.iter().filter(|(_, reason)| reason.trim().is_empty()).map(|(what, _)| format!("{what}: no reason")));
        println!("{topic}: {} agree, {} differ for a known reason", self.agree.len(), known.len());
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn verdicts_are_those_of_the_suites() {
    let Some(data) = data() else { return };
    let suites = data.join("peer_tests");
    let mut tally = Tally::default();
    let mut others = 0;
    for case in files(&suites).iter().flat_map(|file| cases(&suites, file)) {
        for (number, operation) in case.operations.iter().enumerate().filter(|(_, o)| o.name == "isvalid") {
            let given = &case.given[&operation.arguments[0]];
            if !["POLYGON", "MULTIPOLYGON", "GEOMETRYCOLLECTION", "0"].iter().any(|kind| given.starts_with(kind)) {
                others += 1;
                continue;
            }
            let expected = operation.expected.trim() == "true";
            let (valid, found) = match feature(given) {
                Err(Code::GeometryNotPolygonal) => {
                    others += 1;
                    continue;
                }
                Err(code) => (false, code.as_str().to_owned()),
                Ok(geometry) => (is_fit(&geometry), format!("{:?}", validity::faults(geometry.shape(0)).first().map(|d| d.kind))),
            };
            let what = format!("verdict {} {} {}", case.place.0, case.place.1, number + 1);
            tally.add(what, valid == expected, || format!("valid {valid} ({found}), the suite says {expected}"));
        }
    }
    println!("{others} points, lines and mixed collections are not asked");
    assert!(tally.agree.len() > 700, "{} polygons", tally.agree.len());
    tally.settle("verdict");
}

/// The areas of two polygons and what they share, by four ways, in the units of the suite.
struct Pair {
    areas: [f64; 2],
    shared: [f64; 4],
    /// Twice the last place of a coordinate along both boundaries, and 1e-9 of the smaller area.
    allowed: f64,
}

fn scaled(geometry: &mut GeometryColumn, scale: f64) {
    let scaling = |coords: &mut [Coord]| {
        coords.iter_mut().for_each(|c| *c = Coord::new(scale * c.x, scale * c.y));
        Ok::<(), ()>(())
    };
    geometry.transform(scaling).unwrap();
}

impl Pair {
    fn new(mut a: GeometryColumn, mut b: GeometryColumn) -> Self {
        let (low, high) = (a.bounds()[0].union(b.bounds()[0]).min, a.bounds()[0].union(b.bounds()[0]).max);
        let farthest = [low.x, low.y, high.x, high.y].iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        // Degrees become about metres, for which the kernels are made: a power of two changes no bit.
        let scale = if (high.x - low.x).max(high.y - low.y) < 100.0 { 131_072.0 } else { 1.0 };
        let origin = Coord::new(a.bounds()[0].min.x.trunc(), a.bounds()[0].min.y.trunc());
        for g in [&mut a, &mut b] {
            g.move_origin(origin);
            scaled(g, scale);
        }
        let around = perimeter_m(a.shape(0)) + perimeter_m(b.shape(0));
        let areas = [planar_area_m2(a.shape(0)), planar_area_m2(b.shape(0))];
        let allowed = 2.0 * f64::EPSILON * farthest * scale * around + 1e-9 * areas[0].min(areas[1]);
        let overlap = |x: &GeometryColumn, y: &GeometryColumn| {
            overlap_area_m2(PreparedColumn::new(x).get(0), y.shape(0), planar_area_m2(y.shape(0)), &mut Scratch::default())
        };
        let swept = |x: &GeometryColumn, y: &GeometryColumn| owned_areas_m2(y.shape(0), &[PreparedColumn::new(x).get(0)]).iter().sum();
        let shared = [overlap(&a, &b), overlap(&b, &a), swept(&a, &b), swept(&b, &a)];
        let in_their_units = |v: f64| v / (scale * scale);
        let areas = areas.map(in_their_units);
        Self { areas, shared: shared.map(in_their_units), allowed: in_their_units(allowed) }
    }

    fn agrees(&self, shared: f64) -> bool {
        self.shared.iter().all(|found| (found - shared).abs() <= self.allowed)
    }

    /// The area that the operation should have, for each of the four shared ones.
    fn result(&self, operation: &Operation) -> Option<[f64; 4]> {
        let [a, b] = self.areas;
        let first = if operation.arguments[0] == "a" { a } else { b };
        let of = |shared: f64| match operation.name.trim_end_matches("ng") {
            "intersection" => Some(shared),
            "union" => Some(a + b - shared),
            "difference" => Some(first - shared),
            "symdifference" => Some(a + b - 2.0 * shared),
            _ => None,
        };
        let [p, q, r, s] = self.shared;
        Some([of(p)?, of(q)?, of(r)?, of(s)?])
    }
}

/// The area of what a suite states as the result of an overlay; none where that is no geometry.
fn stated_area(text: &str) -> Option<f64> {
    match feature(text) {
        Ok(mut geometry) => {
            let low = geometry.bounds()[0].min;
            geometry.move_origin(Coord::new(low.x.trunc(), low.y.trunc()));
            Some(planar_area_m2(geometry.shape(0)))
        }
        Err(Code::GeometryMissing) => Some(0.0),
        Err(Code::GeometryNotPolygonal) => Some(gdal::vector::Geometry::from_wkt(text).ok()?.area()),
        Err(_) => None,
    }
}

#[test]
fn overlay_areas_are_those_of_the_suites() {
    let Some(data) = data() else { return };
    let suites = data.join("peer_tests");
    let answers = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/suites.json"));
    let by_file: BTreeMap<&str, &serde_json::Value> =
        answers["files"].as_array().unwrap().iter().map(|f| (f["file"].as_str().unwrap(), &f["shared"])).collect();
    let mut tally = Tally::default();
    let mut invalid = 0;
    for case in files(&suites).iter().flat_map(|file| cases(&suites, file)) {
        let (file, number) = (case.place.0.as_str(), case.place.1);
        let geos = by_file.get(file).and_then(|areas| areas[number - 1].as_f64());
        let given = |name: &str| case.given.get(name).map(|text| feature(text));
        let (Some(Ok(a)), Some(Ok(b))) = (given("a"), given("b")) else {
            if geos.is_some() {
                tally.add(format!("shared {file} {number}"), false, || "one of the two is not taken".into());
            }
            continue;
        };
        if !is_fit(&a) || !is_fit(&b) {
            invalid += 1;
            if geos.is_some() {
                let faults = |g: &GeometryColumn| format!("{:?}", validity::faults(g.shape(0)).first());
                tally.add(format!("shared {file} {number}"), false, || format!("invalid: {} {}", faults(&a), faults(&b)));
            }
            continue;
        }
        let pair = Pair::new(a, b);
        let what = format!("shared {file} {number}");
        tally.add(what, geos.is_some_and(|geos| pair.agrees(geos)), || format!("{:?}, GEOS {geos:?} ± {}", pair.shared, pair.allowed));
        for (question, operation) in case.operations.iter().enumerate() {
            if operation.arguments != ["a", "b"] && operation.arguments != ["b", "a"] {
                continue;
            }
            let Some((found, stated)) = pair.result(operation).zip(stated_area(&operation.expected)) else { continue };
            let agrees = found.iter().all(|f| (f - stated).abs() <= pair.allowed);
            let what = format!("shared {file} {number} {} {}", operation.name, question + 1);
            tally.add(what, agrees, || format!("{found:?}, the suite says {stated} ± {}", pair.allowed));
        }
    }
    println!("{invalid} pairs with an invalid polygon are not asked");
    assert!(tally.agree.len() > 4000, "{} overlays", tally.agree.len());
    tally.settle("shared");
}

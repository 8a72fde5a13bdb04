//! What is wrong with the data of land offices, one function a defect.

use gdal::vector::FieldValue;

use super::City;
use super::layers::{Row, circle, count, geometry, multipolygon, polygon};
use crate::defects::{Injected, KINDS, Part, Ring, injected};

/// Where a finding must be.
#[derive(Debug)]
pub enum Mark {
    /// Of a feature or row: its file, and its fid or row number.
    Row(&'static str, usize),
    /// Of one of two rows.
    Either(&'static str, usize, usize),
    /// Of the whole file.
    File(&'static str),
}

/// What a defect did.
#[derive(Debug)]
pub struct Done {
    /// The finding has one of these codes...
    pub codes: Vec<&'static str>,
    /// ...and, where stated, one of these words in its value...
    pub words: Vec<&'static str>,
    /// ...here.
    pub mark: Mark,
    /// Parcels that may be measured otherwise than before, or not at all.
    pub touched: Vec<String>,
    /// Parcels or enterprises that must get no other defect.
    pub spared: Vec<String>,
}

/// How a row gets a defect; `None` where it cannot.
type Put = dyn Fn(&mut City, usize) -> Option<Done>;

/// A defect: its name, and how a row of its layer gets it; `None` where it cannot be put there.
pub struct Defect {
    pub name: String,
    pub layer: Layer,
    pub put: Box<Put>,
}

/// What a defect spoils.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    Parcels,
    Buildings,
    Zones,
    /// Enterprises, with the money of the row unharmed or not.
    Enterprises {
        keeps_money: bool,
    },
}

fn defect(name: &str, layer: Layer, put: impl Fn(&mut City, usize) -> Option<Done> + 'static) -> Defect {
    Defect { name: name.into(), layer, put: Box::new(put) }
}

/// The invalid polygons of the kernel's tests are made as small as this, so that they lie inside a parcel; a power of two keeps lines straight.
const SMALLER: f64 = 0.25;

/// The middle of the corners of a row, on a whole metre.
fn middle(row: &Row) -> (f64, f64) {
    let ring = row.shell();
    let mean = |pick: fn(&(f64, f64)) -> f64| (ring.iter().map(pick).sum::<f64>() / ring.len() as f64).round();
    (mean(|c| c.0), mean(|c| c.1))
}

fn is_inside((x, y): (f64, f64), parts: &[Part]) -> bool {
    let edges = parts.iter().flatten().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let crossed = edges.filter(|(a, b)| (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0));
    crossed.count() % 2 == 1
}

fn square((x, y): (f64, f64), size: f64) -> Ring {
    vec![(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
}

fn moved(parts: &[Part], to: impl Fn((f64, f64)) -> (f64, f64)) -> Vec<Part> {
    parts.iter().map(|part| part.iter().map(|ring| ring.iter().copied().map(&to).collect()).collect()).collect()
}

/// A defect of the drawing of a parcel.
fn drawn(name: &str, code: &'static str, mark: fn(&'static str, usize) -> Mark, draw: fn(&Row) -> Option<Vec<u8>>) -> Defect {
    defect(name, Layer::Parcels, move |city, at| {
        city.parcels.rows[at].wkb = draw(&city.parcels.rows[at]);
        Some(Done {
            codes: vec![code],
            words: vec![],
            mark: mark("parcels.gpkg", at + 1),
            touched: vec![city.parcel_id(at)],
            spared: vec![],
        })
    })
}

fn file(name: &'static str, _: usize) -> Mark {
    Mark::File(name)
}

fn drawings() -> Vec<Defect> {
    vec![
        drawn("no geometry", "geometry.missing", Mark::Row, |_| None),
        drawn("an empty geometry", "geometry.missing", Mark::Row, |_| Some(multipolygon(&[], true))),
        drawn("a point", "geometry.not_polygonal", Mark::Row, |row| {
            let (x, y) = middle(row);
            Some(geometry(1, &[x.to_le_bytes(), y.to_le_bytes()].concat()))
        }),
        drawn("a coordinate that is not a number", "geometry.not_finite", Mark::Row, |row| {
            let mut parts = row.parts.clone();
            parts[0][0][1].0 = f64::NAN;
            Some(multipolygon(&parts, true))
        }),
        drawn("a vertex at (0, 0)", "geometry.absurd", Mark::Row, |row| {
            let mut parts = row.parts.clone();
            parts[0][0][1] = (0.0, 0.0);
            Some(multipolygon(&parts, true))
        }),
        drawn("all vertices on one line", "geometry.no_area", Mark::Row, |row| {
            let (x, y) = middle(row);
            Some(multipolygon(&[vec![vec![(x, y), (x + 5.0, y + 5.0), (x + 9.0, y + 9.0)]]], true))
        }),
        drawn("a ring that is not closed", "geometry.unclosed", Mark::Row, |row| Some(multipolygon(&row.parts, false))),
        drawn("a vertex twice", "geometry.duplicate_vertex", Mark::Row, |row| {
            let mut parts = row.parts.clone();
            let twice = parts[0][0][1];
            parts[0][0].insert(1, twice);
            Some(multipolygon(&parts, true))
        }),
        drawn("a near-spike", "geometry.near_spike", Mark::Row, |row| {
            let mut parts = row.parts.clone();
            let ((x, y), (mx, my)) = (parts[0][0][1], middle(row));
            let long = (x - mx).hypot(y - my);
            let (dx, dy) = ((x - mx) / long, (y - my) / long);
            // A metre out, and back 5 mm beside where it began.
            parts[0][0].splice(2..2, [(x + dx, y + dy), (x - 0.005 * dy, y + 0.005 * dx)]);
            Some(multipolygon(&parts, true))
        }),
        drawn("heights", "geometry.z_m_dropped", file, |row| Some(polygon(&row.parts[0], true, Some(4.0)))),
        drawn("a collection", "geometry.collection", file, |row| {
            Some(geometry(7, &[&count(1)[..], &polygon(&row.parts[0], true, None)].concat()))
        }),
        drawn("a circle", "geometry.curves_stroked", file, |row| Some(circle(middle(row), 20.0))),
    ]
}

/// The invalid polygons of the tests of the kernel, in the place of a parcel.
fn invalid() -> impl Iterator<Item = Defect> {
    (0..KINDS).map(|which| {
        defect(&format!("invalid polygon {which}"), Layer::Parcels, move |city, at| {
            let radii: Vec<f64> = (0..7).map(|i| 95.0 + ((at * 7 + i * 3) % 5) as f64).collect();
            let Injected { parts, kinds, .. } = injected(which, &radii, at);
            let (x, y) = middle(&city.parcels.rows[at]);
            city.parcels.rows[at].draw(moved(&parts, |c| (x + SMALLER * c.0, y + SMALLER * c.1)));
            let words = kinds.iter().map(|kind| kind.as_str()).collect();
            Some(Done {
                codes: vec!["geometry."],
                words,
                mark: Mark::Row("parcels.gpkg", at + 1),
                touched: vec![city.parcel_id(at)],
                spared: vec![],
            })
        })
    })
}

fn of_parcel(code: &'static str, row: usize, touched: Vec<String>) -> Option<Done> {
    Some(Done { codes: vec![code], words: vec![], mark: Mark::Row("parcels.gpkg", row + 1), touched, spared: vec![] })
}

fn text(value: &str) -> Option<FieldValue> {
    Some(FieldValue::StringValue(value.into()))
}

fn identities() -> Vec<Defect> {
    vec![
        defect("no identifier", Layer::Parcels, |city, at| {
            let id = city.parcel_id(at);
            *city.parcels.field(at, "ZDDM") = None;
            of_parcel("id.missing", at, vec![id])
        }),
        defect("an identifier of another parcel", Layer::Parcels, |city, at| {
            let mut copy = city.parcels.rows[at].clone();
            let (x, y) = middle(&copy);
            copy.draw(vec![vec![square((x, y), 30.0)]]);
            city.parcels.rows.push(copy);
            of_parcel("id.duplicate", at, vec![city.parcel_id(at)])
        }),
        defect("a row twice", Layer::Parcels, |city, at| {
            let copy = city.parcels.rows[at].clone();
            city.parcels.rows.push(copy);
            let last = city.parcels.rows.len() - 1;
            of_parcel("id.repeated", last, vec![])
        }),
        defect("a negative area", Layer::Parcels, |city, at| {
            *city.parcels.field(at, "ZDMJ") = Some(FieldValue::RealValue(-5.0));
            of_parcel("field.out_of_range", at, vec![])
        }),
        defect("a registered area that is half as large again", Layer::Parcels, |city, at| {
            let Some(FieldValue::RealValue(area)) = city.parcels.field(at, "ZDMJ") else { return None };
            *area = 1.5 * *area + 20.0;
            of_parcel("area.differs", at, vec![])
        }),
    ]
}

/// A new parcel with this ground beside `at`; the finding of the coverage must name both.
fn beside(city: &mut City, at: usize, code: &'static str, parts: Vec<Part>) -> Option<Done> {
    let mut copy = city.parcels.rows[at].clone();
    copy.draw(parts);
    city.parcels.rows.push(copy);
    let last = city.parcels.rows.len() - 1;
    *city.parcels.field(last, "ZDDM") = text(&format!("9{}", &city.parcel_id(at)[1..]));
    // The finding stands at one of the two.
    let (mark, spared) = (Mark::Either("parcels.gpkg", at + 1, last + 1), vec![city.parcel_id(last)]);
    Some(Done { mark, spared, ..of_parcel(code, at, vec![])? })
}

/// An edge that a neighbour has the other way round: the vertex before it, and the neighbour.
fn shared_edge(city: &City, at: usize) -> Option<(usize, usize)> {
    let ring = city.parcels.rows[at].shell();
    let edge = |ring: &Ring, k: usize| (ring[k], ring[(k + 1) % ring.len()]);
    (0..ring.len()).find_map(|k| {
        let (a, b) = edge(ring, k);
        let is_back = |other: &Row| (0..other.shell().len()).any(|m| edge(other.shell(), m) == (b, a));
        let neighbour = city.parcels.rows.iter().position(is_back)?;
        ((b.0 - a.0).hypot(b.1 - a.1) > 20.0).then_some((k, neighbour))
    })
}

/// Vertices between the ends of a shared edge: its share of the way, and how far to the inside of the parcel in metres.
fn bent(city: &mut City, at: usize, code: &'static str, places: &[(f64, f64)]) -> Option<Done> {
    let (k, neighbour) = shared_edge(city, at)?;
    let mut ring = city.parcels.rows[at].shell().clone();
    let (a, b) = (ring[k], ring[(k + 1) % ring.len()]);
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let long = dx.hypot(dy);
    let more = places.iter().map(|(along, inside)| (a.0 + along * dx - inside * dy / long, a.1 + along * dy + inside * dx / long));
    ring.splice(k + 1..k + 1, more.collect::<Ring>());
    let mut parts = city.parcels.rows[at].parts.clone();
    parts[0][0] = ring;
    city.parcels.rows[at].draw(parts);
    // The neighbour stays as it is, or there is nothing that the edge could contradict.
    let mark = Mark::Either("parcels.gpkg", at + 1, neighbour + 1);
    Some(Done { mark, spared: vec![city.parcel_id(neighbour)], ..of_parcel(code, at, vec![city.parcel_id(at)])? })
}

fn meetings() -> Vec<Defect> {
    vec![
        defect("a parcel under two identifiers", Layer::Parcels, |city, at| {
            let parts = city.parcels.rows[at].parts.clone();
            beside(city, at, "coverage.duplicate", parts)
        }),
        defect("an older drawing of a parcel", Layer::Parcels, |city, at| {
            let parts = moved(&city.parcels.rows[at].parts, |(x, y)| (x + 0.03125, y));
            beside(city, at, "coverage.near_duplicate", parts)
        }),
        defect("ground of two parcels", Layer::Parcels, |city, at| {
            let ring = square(middle(&city.parcels.rows[at]), 5.0);
            if !ring.iter().all(|corner| is_inside(*corner, &city.parcels.rows[at].parts)) {
                return None;
            }
            beside(city, at, "coverage.overlap", vec![vec![ring]])
        }),
        defect("a gap", Layer::Parcels, |city, at| bent(city, at, "coverage.gap", &[(0.25, 0.2), (0.75, 0.2)])),
        defect("a corner that the neighbour lacks", Layer::Parcels, |city, at| bent(city, at, "coverage.t_junction", &[(0.5, 0.0)])),
    ]
}

fn of_building(code: &'static str, row: usize) -> Option<Done> {
    Some(Done { codes: vec![code], words: vec![], mark: Mark::Row("buildings.gpkg", row + 1), touched: vec![], spared: vec![] })
}

fn buildings() -> Vec<Defect> {
    vec![
        defect("a building outside", Layer::Buildings, |city, at| {
            let parts = moved(&city.buildings.rows[at].parts, |(x, y)| (x + 50_000.0, y));
            city.buildings.rows[at].draw(parts);
            of_building("building.outside", at)
        }),
        defect("a building without floors", Layer::Buildings, |city, at| {
            for name in ["floors", "height_m", "floor_area_m2"] {
                *city.buildings.field(at, name) = None;
            }
            *city.buildings.field(at, "above_ground") = Some(FieldValue::IntegerValue(1));
            of_building("building.floors_unknown", at)
        }),
        defect("a building without geometry", Layer::Buildings, |city, at| {
            city.buildings.rows[at].wkb = None;
            of_building("geometry.missing", at)
        }),
        defect("a building with the identifier of another", Layer::Buildings, |city, at| {
            let mut copy = city.buildings.rows[at].clone();
            let (x, y) = middle(&copy);
            copy.draw(vec![vec![square((x, y), 3.0)]]);
            city.buildings.rows.push(copy);
            let spared = vec![city.key(Layer::Buildings, city.buildings.rows.len() - 1)];
            Some(Done { spared, ..of_building("id.duplicate", at)? })
        }),
        defect("a zone twice", Layer::Zones, |city, at| {
            let mut copy = city.zones.rows[at].clone();
            copy.draw(copy.parts.clone());
            city.zones.rows.push(copy);
            let last = city.zones.rows.len() - 1;
            *city.zones.field(last, "zone_name") = text("another name");
            Some(Done { codes: vec!["zone.overlap"], words: vec![], mark: Mark::File("zones.gpkg"), touched: vec![], spared: vec![] })
        }),
    ]
}

const SPOILT: Layer = Layer::Enterprises { keeps_money: false };
const KEPT: Layer = Layer::Enterprises { keeps_money: true };

fn of_row(code: &'static str, row: usize) -> Option<Done> {
    Some(Done { codes: vec![code], words: vec![], mark: Mark::Row("enterprises.csv", row + 1), touched: vec![], spared: vec![] })
}

fn cell(name: &str, layer: Layer, column: &'static str, value: &'static str, code: &'static str) -> Defect {
    defect(name, layer, move |city, at| {
        *city.enterprises.cell(at, column) = value.into();
        of_row(code, at)
    })
}

/// The other rows of the enterprise and year of a row.
fn siblings(city: &City, at: usize) -> usize {
    let key = |row: usize| (city.enterprises.get(row, "enterprise_id"), city.enterprises.get(row, "year"));
    (0..city.enterprises.rows.len()).filter(|&row| row != at && key(row) == key(at)).count()
}

fn tables() -> Vec<Defect> {
    vec![
        cell("a row of an unknown parcel", KEPT, "parcel_id", "000000000000GB00000", "row.unmatched"),
        cell("a row without enterprise", SPOILT, "enterprise_id", "", "row.key_missing"),
        cell("a row without year", SPOILT, "year", "", "row.key_missing"),
        cell("a figure that is no number", SPOILT, "tax_wan", "about ten", "field.bad_value"),
        cell("a negative number of people", KEPT, "employees", "-3", "field.out_of_range"),
        defect("a row twice", KEPT, |city, at| {
            let copy = city.enterprises.rows[at].clone();
            city.enterprises.rows.push(copy);
            Some(Done { mark: Mark::File("enterprises.csv"), ..of_row("row.repeated", at)? })
        }),
        defect("a row twice that differs", SPOILT, |city, at| {
            let copy = city.enterprises.rows[at].clone();
            city.enterprises.rows.push(copy);
            let last = city.enterprises.rows.len() - 1;
            *city.enterprises.cell(last, "tax_wan") = "123456.78".into();
            of_row("row.duplicate", at)
        }),
        defect("figures that contradict each other", SPOILT, |city, at| {
            if siblings(city, at) == 0 {
                return None;
            }
            *city.enterprises.cell(at, "tax_wan") = "123456.78".into();
            Some(Done { mark: Mark::File("enterprises.csv"), ..of_row("figure.conflict", at)? })
        }),
        defect("shares that do not add up", KEPT, |city, at| {
            if siblings(city, at) == 0 || city.enterprises.get(at, "share").is_empty() {
                return None;
            }
            *city.enterprises.cell(at, "share") = "0.001".into();
            Some(Done { mark: Mark::File("enterprises.csv"), ..of_row("share.sum", at)? })
        }),
        defect("a figure in full-width digits with commas", KEPT, |city, at| {
            let cell = city.enterprises.cell(at, "output_wan");
            let (whole, cents) = cell.split_once('.').unwrap_or((cell, "00"));
            let wide = |text: &str| text.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect::<String>();
            let split = whole.len().saturating_sub(3);
            let (thousands, rest) = whole.split_at(split);
            let comma = if split > 0 { "," } else { "" };
            *cell = format!("{}{comma}{}.{}", wide(thousands), wide(rest), wide(cents));
            Some(Done { mark: Mark::File("enterprises.csv"), ..of_row("field.converted", at)? })
        }),
    ]
}

/// All of them.
pub fn all() -> Vec<Defect> {
    // Those that need a neighbour come first.
    let lists = [meetings(), drawings(), invalid().collect(), identities(), buildings(), tables()];
    lists.into_iter().flatten().collect()
}

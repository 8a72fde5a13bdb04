//! The files of a city, taken apart into rows that can be spoiled one by one, and put together again.

use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Feature, FieldDefn, FieldValue, Geometry, LayerAccess, LayerOptions, OGRwkbGeometryType};
use mujun::model::{Coord, GeometryBuilder};
use mujun::read::vector::wkb;

use crate::defects::{Part, Ring};

/// A row of a polygon layer.
#[derive(Clone)]
pub struct Row {
    /// What it was drawn as; rings without the vertex that closes them.
    pub parts: Vec<Part>,
    /// What the file has.
    pub wkb: Option<Vec<u8>>,
    pub fields: Vec<Option<FieldValue>>,
}

impl Row {
    pub fn shell(&self) -> &Ring {
        &self.parts[0][0]
    }

    pub fn draw(&mut self, parts: Vec<Part>) {
        self.wkb = Some(multipolygon(&parts, true));
        self.parts = parts;
    }
}

/// A polygon layer; the fid of a row is its place, from 1.
#[derive(Clone)]
pub struct Rows {
    pub names: Vec<String>,
    kinds: Vec<u32>,
    pub rows: Vec<Row>,
}

impl Rows {
    pub fn read(path: &Path) -> Self {
        let dataset = gdal::Dataset::open(path).unwrap();
        let mut layer = dataset.layer(0).unwrap();
        let (names, kinds): (Vec<String>, Vec<u32>) = layer.defn().fields().map(|f| (f.name(), f.field_type())).unzip();
        let rows = layer.features().map(|feature| {
            let wkb = feature.geometry().unwrap().wkb().unwrap();
            let fields = (0..names.len()).map(|place| feature.field(place).unwrap()).collect();
            Row { parts: parts_of(&wkb), wkb: Some(wkb), fields }
        });
        Self { rows: rows.collect(), names, kinds }
    }

    pub fn write(&self, path: &Path) {
        let _ = std::fs::remove_file(path);
        let mut dataset = gdal::DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(path).unwrap();
        let srs = SpatialRef::from_epsg(4528).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let layer =
            dataset.create_layer(LayerOptions { name, srs: Some(&srs), ty: OGRwkbGeometryType::wkbUnknown, options: None }).unwrap();
        for (name, kind) in self.names.iter().zip(&self.kinds) {
            FieldDefn::new(name, *kind).unwrap().add_to_layer(&layer).unwrap();
        }
        let transaction = dataset.start_transaction().unwrap();
        let layer = transaction.layer(0).unwrap();
        for row in &self.rows {
            let mut feature = Feature::new(layer.defn()).unwrap();
            if let Some(wkb) = &row.wkb {
                feature.set_geometry(Geometry::from_wkb(wkb).unwrap()).unwrap();
            }
            for (place, value) in row.fields.iter().enumerate() {
                if let Some(value) = value {
                    feature.set_field(place, value).unwrap();
                }
            }
            feature.create(&layer).unwrap();
        }
        transaction.commit().unwrap();
    }

    /// Some of the rows.
    pub fn part(&self, rows: std::ops::Range<usize>) -> Self {
        Self { names: self.names.clone(), kinds: self.kinds.clone(), rows: self.rows[rows].to_vec() }
    }

    pub fn field(&mut self, row: usize, name: &str) -> &mut Option<FieldValue> {
        let place = self.names.iter().position(|n| n == name).unwrap();
        &mut self.rows[row].fields[place]
    }

    /// The text of a field; empty where there is none.
    pub fn text(&self, row: usize, name: &str) -> String {
        let place = self.names.iter().position(|n| n == name).unwrap();
        match &self.rows[row].fields[place] {
            Some(FieldValue::StringValue(text)) => text.clone(),
            _ => String::new(),
        }
    }
}

fn parts_of(bytes: &[u8]) -> Vec<Part> {
    let mut builder = GeometryBuilder::default();
    wkb::decode(bytes, &mut builder).unwrap();
    let column = builder.finish();
    let open = |ring: &[Coord]| ring[..ring.len() - 1].iter().map(|c| (c.x, c.y)).collect();
    column.shape(0).parts().map(|rings| rings.map(open).collect()).collect()
}

/// A little-endian geometry with its kind and what follows it.
pub fn geometry(kind: u32, body: &[u8]) -> Vec<u8> {
    [&[1_u8], kind.to_le_bytes().as_slice(), body].concat()
}

pub fn count(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
}

fn vertices(ring: &[(f64, f64)], has_end: bool, height: Option<f64>) -> Vec<u8> {
    let closed: Vec<&(f64, f64)> = ring.iter().chain(ring.first().filter(|_| has_end)).collect();
    let numbers = closed.iter().flat_map(|(x, y)| [Some(*x), Some(*y), height].into_iter().flatten());
    [count(closed.len()).to_vec(), numbers.flat_map(f64::to_le_bytes).collect()].concat()
}

pub fn polygon(part: &Part, has_end: bool, height: Option<f64>) -> Vec<u8> {
    let rings: Vec<u8> = part.iter().flat_map(|ring| vertices(ring, has_end, height)).collect();
    geometry(if height.is_some() { 1003 } else { 3 }, &[&count(part.len())[..], &rings].concat())
}

pub fn multipolygon(parts: &[Part], has_end: bool) -> Vec<u8> {
    let polygons: Vec<u8> = parts.iter().flat_map(|part| polygon(part, has_end, None)).collect();
    geometry(6, &[&count(parts.len())[..], &polygons].concat())
}

/// A curve polygon: a circle of this radius in metres around a place.
pub fn circle((x, y): (f64, f64), radius: f64) -> Vec<u8> {
    let ring: Vec<u8> =
        [(x - radius, y), (x + radius, y), (x - radius, y)].iter().flat_map(|(x, y)| [*x, *y]).flat_map(f64::to_le_bytes).collect();
    geometry(10, &[&count(1)[..], &geometry(8, &[&count(3)[..], &ring].concat())].concat())
}

/// A table of text with a heading.
#[derive(Clone)]
pub struct Cells {
    pub names: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Cells {
    pub fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        Self { names: texts(reader.headers().unwrap()), rows: reader.records().map(|r| texts(&r.unwrap())).collect() }
    }

    pub fn write(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(&self.names).unwrap();
        self.rows.iter().for_each(|row| writer.write_record(row).unwrap());
        writer.flush().unwrap();
    }

    pub fn cell(&mut self, row: usize, name: &str) -> &mut String {
        let place = self.names.iter().position(|n| n == name).unwrap();
        &mut self.rows[row][place]
    }

    pub fn get(&self, row: usize, name: &str) -> &str {
        let place = self.names.iter().position(|n| n == name).unwrap();
        &self.rows[row][place]
    }
}

//! The synthetic city as the kernels get it: read from its files, seen from a local origin.

use std::sync::OnceLock;

use geo::{Coord as GeoCoord, LineString, MultiPolygon, Polygon};
use mujun::model::{Coord, Crs, Layer, Shape};
use mujun::read::inputs::{self, Buildings};
use mujun::read::job::Job;
use mujun::synth::{SynthConfig, SynthFormat, synthesise};
use mujun::validate::local_origin;

/// The layers of a city.
pub struct City {
    pub dir: tempfile::TempDir,
    pub job: Job,
    pub crs: Crs,
    pub origin: Coord,
    pub parcels: Layer,
    pub buildings: Layer,
    pub town: Layer,
}

impl City {
    /// The city of all benches; made once.
    pub fn get() -> &'static Self {
        static CITY: OnceLock<City> = OnceLock::new();
        CITY.get_or_init(Self::new)
    }

    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = SynthConfig { parcels: 2000, seed: 7, format: SynthFormat::Gpkg, shuffle: None, overlapping_zones: false };
        synthesise(&config, dir.path()).unwrap();
        let job = Job::load(&dir.path().join("job.toml")).unwrap();
        let inputs = inputs::read(&job).unwrap();
        let (mut parcels, Buildings::Footprints(mut buildings)) = (inputs.parcels, inputs.buildings) else { panic!("no footprints") };
        let mut town = inputs.zones.into_iter().find(|(kind, _)| kind == "town_boundary").unwrap().1;
        let origin = local_origin(&parcels.geometry);
        for layer in [&mut parcels, &mut buildings, &mut town] {
            layer.move_origin(origin);
        }
        Self { dir, job, crs: inputs.crs, origin, parcels, buildings, town }
    }
}

/// The same polygon for `geo`.
pub fn polygon(shape: Shape<'_>) -> MultiPolygon {
    let line = |ring: &[Coord]| -> LineString { ring.iter().map(|c| GeoCoord { x: c.x, y: c.y }).collect() };
    shape.parts().filter_map(|mut rings| Some(Polygon::new(line(rings.next()?), rings.map(line).collect()))).collect()
}

//! The layers of the city: their fields, under the names that each format carries, and their rows as values.

use super::SynthFormat;
use super::block::Project;
use super::buildings::Building;
use super::parcels::Parcel;
use super::zones::Zone;

/// A layer and its fields.
pub(super) struct LayerSpec {
    pub(super) name: &'static str,
    pub(super) many_parts: bool,
    pub(super) fields: &'static [FieldSpec],
}

/// A field. Offices name parcel fields in pinyin; a DBF field name has at most ten bytes.
pub(super) struct FieldSpec {
    pub(super) canonical: &'static str,
    geopackage: &'static str,
    shapefile: &'static str,
    pub(super) kind: FieldKind,
}

/// What a field holds, with the width a DBF gives it.
#[derive(Clone, Copy)]
pub(super) enum FieldKind {
    Text { width: i32 },
    Real { width: i32, decimals: i32 },
    Whole,
    Flag,
}

/// One value of a row.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Missing,
    Text(&'a str),
    Real(f64),
    Whole(i32),
}

impl FieldSpec {
    const fn new(canonical: &'static str, geopackage: &'static str, shapefile: &'static str, kind: FieldKind) -> Self {
        Self { canonical, geopackage, shapefile, kind }
    }

    pub(super) fn name(&self, format: SynthFormat) -> &'static str {
        match format {
            SynthFormat::Gpkg => self.geopackage,
            SynthFormat::Shapefile => self.shapefile,
        }
    }
}

const SHORT: FieldKind = FieldKind::Text { width: 30 };
const LONG: FieldKind = FieldKind::Text { width: 120 };
const AREA: FieldKind = FieldKind::Real { width: 18, decimals: 2 };

pub(super) const PARCELS: LayerSpec = LayerSpec {
    name: "parcels",
    many_parts: true,
    fields: &[
        FieldSpec::new("parcel_id", "ZDDM", "ZDDM", SHORT),
        FieldSpec::new("town", "town", "town", SHORT),
        FieldSpec::new("industry", "industry", "industry", SHORT),
        FieldSpec::new("land_use", "DLBM", "DLBM", SHORT),
        FieldSpec::new("registered_area_m2", "ZDMJ", "ZDMJ", AREA),
        FieldSpec::new("tenure", "tenure", "tenure", SHORT),
        FieldSpec::new("is_construction_land", "is_construction_land", "is_constr", FieldKind::Flag),
    ],
};

pub(super) const BUILDINGS: LayerSpec = LayerSpec {
    name: "buildings",
    many_parts: false,
    fields: &[
        FieldSpec::new("building_id", "building_id", "ZRZH", SHORT),
        FieldSpec::new("floors", "floors", "DSCS", FieldKind::Whole),
        FieldSpec::new("floors_below", "floors_below", "DXCS", FieldKind::Whole),
        FieldSpec::new("height_m", "height_m", "JZWGD", FieldKind::Real { width: 8, decimals: 1 }),
        FieldSpec::new("above_ground", "above_ground", "above_grnd", FieldKind::Flag),
        FieldSpec::new("floor_area_m2", "floor_area_m2", "SCJZMJ", AREA),
        FieldSpec::new("use", "use", "use", SHORT),
    ],
};

pub(super) const ZONES: LayerSpec = LayerSpec {
    name: "zones",
    many_parts: false,
    fields: &[FieldSpec::new("kind", "kind", "kind", SHORT), FieldSpec::new("zone_name", "zone_name", "zone_name", LONG)],
};

pub(super) const PROJECTS: LayerSpec = LayerSpec {
    name: "projects",
    many_parts: true,
    fields: &[
        FieldSpec::new("project_id", "project_id", "project_id", SHORT),
        FieldSpec::new("project_name", "project_name", "proj_name", LONG),
    ],
};

impl Parcel {
    /// In the order of [`PARCELS`].
    pub(super) fn values(&self) -> [Value<'_>; 7] {
        [
            Value::Text(&self.parcel_id),
            Value::Text(&self.town),
            text(self.industry),
            Value::Text(self.land_use),
            real(self.registered_area_m2),
            text(self.tenure),
            self.is_construction_land.map_or(Value::Missing, |yes| Value::Whole(yes.into())),
        ]
    }
}

impl Building {
    /// In the order of [`BUILDINGS`].
    pub(super) fn values(&self) -> [Value<'_>; 7] {
        [
            Value::Text(&self.building_id),
            whole(self.floors),
            whole(self.floors_below),
            real(self.height_m),
            Value::Whole(self.above_ground.into()),
            real(self.floor_area_m2),
            Value::Text(self.purpose),
        ]
    }
}

impl Zone {
    /// In the order of [`ZONES`].
    pub(super) fn values(&self) -> [Value<'_>; 2] {
        [Value::Text(self.kind), Value::Text(&self.zone_name)]
    }
}

impl Project {
    /// In the order of [`PROJECTS`].
    pub(super) fn values(&self) -> [Value<'_>; 2] {
        [Value::Text(&self.project_id), Value::Text(&self.project_name)]
    }
}

fn text<'a>(value: Option<&'a str>) -> Value<'a> {
    value.map_or(Value::Missing, Value::Text)
}

fn real<'a>(value: Option<f64>) -> Value<'a> {
    value.map_or(Value::Missing, Value::Real)
}

fn whole<'a>(value: Option<i32>) -> Value<'a> {
    value.map_or(Value::Missing, Value::Whole)
}

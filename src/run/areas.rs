//! What maps show beside the parcels: zones, projects, and the ground of tracts.

use polars::prelude::{Column, DataFrame, DataType, PolarsError};

use crate::low_efficiency::tracts;
use crate::model::{Areas, GeometryColumn, Layer, OutputFormat, Shown, identifiers, text_column};

/// Everything that the formats of the job show.
pub(super) fn shown(
    inventory: &DataFrame,
    parcels: &GeometryColumn,
    (zone_layers, project_layer): (Vec<(String, Layer)>, Option<Layer>),
    formats: &[OutputFormat],
) -> Result<Shown, PolarsError> {
    // Joining parcels takes time, and only a map shows the result.
    let is_mapped = formats.contains(&OutputFormat::Gpkg);
    let tracts = if is_mapped { tracts::ground(inventory.column("tract_id")?.str()?, parcels) } else { GeometryColumn::default() };
    Ok(Shown { tracts, zones: zones(zone_layers)?, projects: projects(project_layer)? })
}

/// The zones of all kinds, in the order of the job.
fn zones(layers: Vec<(String, Layer)>) -> Result<Areas, PolarsError> {
    let (mut kinds, mut names) = (Vec::new(), Vec::new());
    let mut geometry = Vec::new();
    for (kind, layer) in layers {
        names.extend(identifiers(&layer.attributes)?.iter().map(|name| name.map(ToOwned::to_owned)));
        kinds.resize(names.len(), kind);
        geometry.push(layer.geometry);
    }
    let columns = vec![
        text_column("kind", kinds.iter().map(|kind| Some(kind.as_str()))),
        text_column("zone_name", names.iter().map(Option::as_deref)),
    ];
    Ok(Areas { rows: DataFrame::new(names.len(), columns)?, geometry: GeometryColumn::concatenated(geometry) })
}

/// The projects, none of them where the job has no such layer.
fn projects(layer: Option<Layer>) -> Result<Areas, PolarsError> {
    let Some(layer) = layer else {
        let columns = ["project_id", "project_name"].map(|name| text_column(name, std::iter::empty()));
        return Ok(Areas { rows: DataFrame::new(0, columns.into())?, geometry: GeometryColumn::default() });
    };
    let rows = layer.len();
    let name = match layer.attributes.column("project_name") {
        Ok(name) => name.cast(&DataType::String)?,
        Err(_) => Column::full_null("project_name".into(), rows, &DataType::String),
    };
    let columns = vec![text_column("project_id", identifiers(&layer.attributes)?.iter()), name];
    Ok(Areas { rows: DataFrame::new(rows, columns)?, geometry: layer.geometry })
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::model::{Coord, Files, GeometryBuilder, Source};

    fn layer(attributes: DataFrame) -> Layer {
        let mut builder = GeometryBuilder::default();
        for row in 0..u32::try_from(attributes.height()).unwrap() {
            let x = f64::from(row);
            builder.push_polygon(&[vec![Coord::new(x, 0.0), Coord::new(x + 1.0, 0.0), Coord::new(x, 1.0)]]);
        }
        let rows = (0..).take(attributes.height()).collect();
        Layer {
            source: Source { file: "a".into(), layer: "a".into() },
            files: Files::default(),
            geometry: builder.finish(),
            attributes,
            rows,
        }
    }

    fn texts<'a>(areas: &'a Areas, column: &str) -> Vec<Option<&'a str>> {
        areas.rows.column(column).unwrap().str().unwrap().iter().collect()
    }

    #[test]
    fn zones_keep_their_kind_and_order() {
        let blocks = layer(df!("zone_name" => ["b", "a"]).unwrap());
        let reserve = layer(df!("zone_name" => ["c"]).unwrap());
        let areas = zones(vec![("block".into(), blocks), ("reserve".into(), reserve)]).unwrap();
        assert_eq!(texts(&areas, "kind"), [Some("block"), Some("block"), Some("reserve")]);
        assert_eq!(texts(&areas, "zone_name"), [Some("b"), Some("a"), Some("c")]);
        assert_eq!(areas.geometry.len(), 3);
        assert_eq!(zones(Vec::new()).unwrap().rows.width(), 2);
    }

    #[test]
    fn projects_may_have_no_name_or_be_absent() {
        let named = projects(Some(layer(df!("project_id" => ["J"], "project_name" => ["east"]).unwrap()))).unwrap();
        let unnamed = projects(Some(layer(df!("project_id" => ["J"]).unwrap()))).unwrap();
        let absent = projects(None).unwrap();
        assert_eq!((texts(&named, "project_name"), texts(&unnamed, "project_name")), (vec![Some("east")], vec![None]));
        assert_eq!((absent.rows.height(), absent.rows.width(), absent.geometry.len()), (0, 2, 0));
    }
}

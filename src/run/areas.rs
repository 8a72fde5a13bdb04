//! What maps show beside the parcels: zones, projects, and the ground of tracts.

use polars::prelude::{Column, DataFrame, DataType, PolarsError};

use crate::low_efficiency::tracts;
use crate::model::{Areas, GeometryColumn, Layer, identifiers, text_column};

/// The zones of all kinds, in the order of the job.
pub(super) fn zones(layers: Vec<(String, Layer)>) -> Result<Areas, PolarsError> {
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
pub(super) fn projects(layer: Option<Layer>) -> Result<Areas, PolarsError> {
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

/// The ground of every tract.
pub(super) fn tracts(inventory: &DataFrame, parcels: &GeometryColumn) -> Result<GeometryColumn, PolarsError> {
    Ok(tracts::ground(inventory.column("tract_id")?.str()?, parcels))
}

use polars::prelude::{BooleanChunked, Column, DataFrame};

use crate::model::{Finding, Source};
use crate::read::error::ReadError;
use crate::read::job::LayerSpec;

/// The role that a layer or table plays in a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role { Parcels, Buildings, Zones, Projects, Enterprises }

/// Which source columns are read and what becomes of them.
pub struct FieldPlan {}

impl FieldPlan {
    /// Works out the source column of every field. `key` is the place in the job file: `parcels`, `zones[0]`.
    pub fn new(role: Role, spec: &LayerSpec, source_names: &[String], source: &Source, key: &str) -> Result<(Self, Vec<Finding>), ReadError> { todo!() }
    /// The source columns that fields need, ascending.
    pub fn source_columns(&self) -> &[usize] { todo!() }
    /// The source columns that only the `where` condition needs, ascending.
    pub fn where_columns(&self) -> &[usize] { todo!() }
    /// The canonical frame from the columns of [`Self::source_columns`] in that order.
    pub fn apply(&self, raw: &[Column], rows: &[i64]) -> Result<(DataFrame, Vec<Finding>), ReadError> { todo!() }
    /// Which rows meet the `where` condition (None = no condition); `extra` are the columns of [`Self::where_columns`].
    pub fn keep(&self, frame: &DataFrame, extra: &[Column]) -> Result<Option<BooleanChunked>, ReadError> { todo!() }
}

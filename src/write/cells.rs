//! Columns as the writers of features read them, cell by cell.

use polars::prelude::{BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int64Chunked, PolarsResult, StringChunked};

/// A column in one piece.
pub struct Cells {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// The values of a column in one of the types that every format has.
pub enum Values {
    /// Text, and whatever is none of the others.
    Text(StringChunked),
    /// Floating-point numbers.
    Number(Float64Chunked),
    /// Whole numbers.
    Whole(Int64Chunked),
    /// Truth values.
    Truth(BooleanChunked),
}

/// All columns of `table`.
pub fn of(table: &DataFrame) -> PolarsResult<Vec<Cells>> {
    table.columns().iter().map(cells).collect()
}

/// One column.
pub fn cells(column: &Column) -> PolarsResult<Cells> {
    let column = column.as_materialized_series().rechunk();
    let values = match column.dtype() {
        DataType::Float32 | DataType::Float64 => Values::Number(column.cast(&DataType::Float64)?.f64()?.clone()),
        DataType::Boolean => Values::Truth(column.bool()?.clone()),
        kind if kind.is_integer() => Values::Whole(column.cast(&DataType::Int64)?.i64()?.clone()),
        _ => Values::Text(column.cast(&DataType::String)?.str()?.clone()),
    };
    Ok(Cells { name: column.name().to_string(), values })
}

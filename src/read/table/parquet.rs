//! Parquet: plain columns, only those that the plan needs.

use std::fs::File;

use polars::prelude::{Column, DataFrame, PolarsError, SerReader};
use polars_io::parquet::read::ParquetReader;

use super::{Part, Raw, Request, damaged};
use crate::read::error::ReadError;
use crate::read::fields::{FieldPlan, Loaded};
use crate::say;

pub(super) fn read(request: &Request<'_>) -> Result<Part, ReadError> {
    let refuse = |e: PolarsError| damaged(request.input, request.key, &e);
    let file = File::open(&request.input.path).map_err(|e| ReadError::io(request.file(), request.key, &e))?;
    let mut reader = ParquetReader::new(file);
    let headings: Vec<String> = reader.schema().map_err(refuse)?.iter_names().map(ToString::to_string).collect();
    let declared = reader.num_rows().map_err(refuse)?;
    let source = request.source("");
    let (plan, plan_findings) = request.plan(&headings, &source)?;
    let mut needed: Vec<usize> =
        plan.source_columns().iter().chain(plan.where_columns()).copied().filter(|c| *c < headings.len()).collect();
    needed.sort_unstable();
    needed.dedup();
    let frame = reader.with_projection(Some(needed)).finish().map_err(refuse)?;
    if frame.height() != declared {
        let detail = say!("{rows} rows read, {declared} declared", rows = frame.height(), declared);
        return Err(ReadError::Truncated { file: request.file(), key: request.key.into(), detail });
    }
    let raw = raw(request, &plan, &frame, &headings)?;
    let (table, findings) = request.finish(&plan, raw, source)?;
    Ok(Part { table, headings, plan_findings, findings })
}

fn raw(request: &Request<'_>, plan: &FieldPlan, frame: &DataFrame, headings: &[String]) -> Result<Raw, ReadError> {
    let column = |&c: &usize| -> Result<Column, ReadError> {
        match headings.get(c) {
            Some(name) => frame.column(name).cloned().map_err(|e| damaged(request.input, request.key, &e)),
            None => Ok(request.partition(frame.height())),
        }
    };
    let last = i64::try_from(frame.height()).unwrap_or(i64::MAX);
    Ok(Raw {
        fields: plan.source_columns().iter().map(|c| column(c).map(Loaded::Column)).collect::<Result<_, _>>()?,
        extra: plan.where_columns().iter().map(column).collect::<Result<_, _>>()?,
        rows: (1..=last).collect(),
        findings: Vec::new(),
    })
}

//! Columns that are being read: numbers straight into their place in the whole column, texts part by part.

use std::borrow::Cow;
use std::ops::Range;

use polars::prelude::{IntoColumn, StringChunked};
use polars_arrow::array::{MutableBinaryViewArray, Utf8ViewArray};
use rayon::prelude::*;

use super::super::Request;
use crate::read::fields::{FieldPlan, Loaded, Numbers};

/// What every part needs to know.
pub(super) struct Layout {
    pub(super) delimiter: u8,
    pub(super) targets: Vec<Target>,
}

/// What is done with the cells of one source column.
#[derive(Clone, Default)]
pub(super) struct Target {
    field: Option<usize>,
    extra: Option<usize>,
    /// Whether nothing but the number is wanted, and no part of a number can be the delimiter.
    pub(super) is_number: bool,
}

impl Layout {
    pub(super) fn new(plan: &FieldPlan, width: usize, delimiter: u8) -> Self {
        let mut targets = vec![Target::default(); width];
        for (i, &column) in plan.source_columns().iter().enumerate() {
            if let Some(target) = targets.get_mut(column) {
                target.field = Some(i);
                target.is_number = plan.is_numeric(column) && matches!(delimiter, b',' | b';' | b'\t' | b'|');
            }
        }
        for (i, &column) in plan.where_columns().iter().enumerate() {
            if let Some(target) = targets.get_mut(column) {
                target.extra = Some(i);
                target.is_number = false;
            }
        }
        Self { delimiter, targets }
    }
}

/// The columns of numbers of a whole file, with room for as many rows as each part may have.
pub(super) struct Room {
    /// A column for each of [`FieldPlan::source_columns`]; without rows where it is text.
    columns: Vec<Vec<f64>>,
    /// The most rows of each part.
    rows: Vec<usize>,
}

impl Room {
    pub(super) fn new(plan: &FieldPlan, rows: Vec<usize>) -> Self {
        let all: usize = rows.iter().sum();
        // Zeros from the system: no page is touched before its numbers are there.
        let columns = plan.source_columns().iter().map(|&c| if plan.is_numeric(c) { vec![0.0; all] } else { Vec::new() }).collect();
        Self { columns, rows }
    }

    /// The place of each part in each column.
    pub(super) fn split(&mut self) -> Vec<Vec<&mut [f64]>> {
        let mut places: Vec<Vec<&mut [f64]>> = self.rows.iter().map(|_| Vec::with_capacity(self.columns.len())).collect();
        for column in &mut self.columns {
            let mut rest = column.as_mut_slice();
            for (part, rows) in places.iter_mut().zip(&self.rows) {
                let (first, others) = rest.split_at_mut((*rows).min(rest.len()));
                part.push(first);
                rest = others;
            }
        }
        places
    }

    /// The columns without the rows that parts did not need.
    fn close_gaps(&mut self, parts: &[Columns]) {
        if parts.iter().zip(&self.rows).all(|(part, most)| part.rows == *most) {
            return;
        }
        for column in self.columns.iter_mut().filter(|column| !column.is_empty()) {
            let (mut from, mut to) = (0, 0);
            for (part, most) in parts.iter().zip(&self.rows) {
                column.copy_within(Range { start: from, end: from + part.rows }, to);
                (from, to) = (from + most, to + part.rows);
            }
            column.truncate(to);
        }
    }
}

/// What one part came to, but for its plain numbers.
pub(super) struct Columns {
    fields: Vec<Column>,
    extra: Vec<Utf8ViewArray>,
    pub(super) rows: usize,
}

enum Column {
    Text(Utf8ViewArray),
    /// The cells that are not plain numbers, by position in the part.
    Numbers(Vec<(usize, String)>),
}

/// Takes the cells of one part.
pub(super) struct Builders<'t, 'n> {
    fields: Vec<Builder<'t, 'n>>,
    extra: Vec<Texts<'t>>,
    pub(super) rows: usize,
}

enum Builder<'t, 'n> {
    Text(Texts<'t>),
    Numbers { cells: &'n mut [f64], odd: Vec<(usize, String)> },
}

impl<'t, 'n> Builders<'t, 'n> {
    /// `places` are those of the part in [`Room`].
    pub(super) fn new(plan: &FieldPlan, places: Vec<&'n mut [f64]>, most_rows: usize) -> Self {
        let builder = |(&column, cells)| match plan.is_numeric(column) {
            true => Builder::Numbers { cells, odd: Vec::new() },
            false => Builder::Text(Texts::new(most_rows)),
        };
        Self {
            fields: plan.source_columns().iter().zip(places).map(builder).collect(),
            extra: plan.where_columns().iter().map(|_| Texts::new(most_rows)).collect(),
            rows: 0,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, target: &Target, cell: Cow<'t, str>) {
        if let Some(texts) = target.extra.and_then(|i| self.extra.get_mut(i)) {
            texts.push(cell.clone());
        }
        match target.field.and_then(|i| self.fields.get_mut(i)) {
            Some(Builder::Text(texts)) => texts.push(cell),
            Some(Builder::Numbers { cells, odd }) => {
                let value = Numbers::value_of(&cell).unwrap_or_else(|text| {
                    odd.extend((!text.is_empty()).then(|| (self.rows, text.to_owned())));
                    f64::NAN
                });
                if let Some(place) = cells.get_mut(self.rows) {
                    *place = value;
                }
            }
            None => {}
        }
    }

    #[inline]
    pub(super) fn push_number(&mut self, target: &Target, value: f64) {
        if let Some(Builder::Numbers { cells, .. }) = target.field.and_then(|i| self.fields.get_mut(i))
            && let Some(place) = cells.get_mut(self.rows)
        {
            *place = value;
        }
    }

    pub(super) fn finish(self) -> Columns {
        let finish = |builder| match builder {
            Builder::Text(texts) => Column::Text(texts.finish()),
            Builder::Numbers { odd, .. } => Column::Numbers(odd),
        };
        Columns {
            fields: self.fields.into_iter().map(finish).collect(),
            extra: self.extra.into_iter().map(Texts::finish).collect(),
            rows: self.rows,
        }
    }
}

/// A column of text. Equal cells that follow each other, as those of an enterprise over the years, are kept once.
struct Texts<'t> {
    cells: MutableBinaryViewArray<str>,
    last: Option<&'t str>,
    times: usize,
}

impl<'t> Texts<'t> {
    fn new(rows: usize) -> Self {
        Self { cells: MutableBinaryViewArray::with_capacity(rows), last: None, times: 0 }
    }

    #[inline]
    fn push(&mut self, cell: Cow<'t, str>) {
        let cell = match cell {
            Cow::Borrowed(cell) => (!cell.is_empty()).then_some(cell),
            Cow::Owned(cell) => {
                self.put_down();
                return self.cells.push(Some(cell));
            }
        };
        if cell != self.last {
            self.put_down();
            self.last = cell;
        }
        self.times += 1;
    }

    fn put_down(&mut self) {
        match self.last {
            _ if self.times == 0 => {}
            Some(cell) => self.cells.extend_constant(self.times, Some(cell)),
            None => self.cells.extend_null(self.times),
        }
        self.times = 0;
    }

    fn finish(mut self) -> Utf8ViewArray {
        self.put_down();
        self.cells.into()
    }
}

/// The columns of all parts, put together: those of [`FieldPlan::source_columns`], and those of [`FieldPlan::where_columns`].
pub(super) fn joined(
    (request, plan): (&Request<'_>, &FieldPlan),
    mut room: Room,
    parts: Vec<Columns>,
    width: usize,
) -> (Vec<Loaded>, Vec<polars::prelude::Column>) {
    room.close_gaps(&parts);
    let rows: usize = parts.iter().map(|part| part.rows).sum();
    let mut fields: Vec<Found> = plan.source_columns().iter().map(|_| Found::default()).collect();
    let mut extra: Vec<Vec<Utf8ViewArray>> = plan.where_columns().iter().map(|_| Vec::new()).collect();
    let mut first = 0;
    for part in parts {
        for (found, column) in fields.iter_mut().zip(part.fields) {
            match column {
                Column::Text(texts) => found.texts.push(texts),
                Column::Numbers(odd) => found.odd.extend(odd.into_iter().map(|(row, cell)| (first + row, cell))),
            }
        }
        extra.iter_mut().zip(part.extra).for_each(|(all, texts)| all.push(texts));
        first += part.rows;
    }
    let field = |(&column, (found, values)): (&usize, (Found, Vec<f64>))| match found {
        _ if column >= width => Loaded::Column(request.partition(rows)),
        Found { odd, .. } if plan.is_numeric(column) => Loaded::Numbers(Numbers { values, odd }),
        Found { texts, .. } => Loaded::Column(in_one_piece(texts)),
    };
    let of_condition = |(&column, texts)| if column >= width { request.partition(rows) } else { in_one_piece(texts) };
    let found: Vec<(Found, Vec<f64>)> = fields.into_iter().zip(room.columns).collect();
    (plan.source_columns().par_iter().zip(found).map(field).collect(), plan.where_columns().iter().zip(extra).map(of_condition).collect())
}

/// What the parts have of one column.
#[derive(Default)]
struct Found {
    texts: Vec<Utf8ViewArray>,
    odd: Vec<(usize, String)>,
}

/// In one piece: whatever looks cells up by their numbers would put them together each time.
fn in_one_piece(parts: Vec<Utf8ViewArray>) -> polars::prelude::Column {
    StringChunked::from_chunk_iter("".into(), parts).rechunk().into_owned().into_column()
}

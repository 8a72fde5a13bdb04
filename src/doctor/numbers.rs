//! Numbers that are stored as text.

use super::{ColumnRole, Problem};
use crate::model::Code;
use crate::read::cells::{self, Cell};
use crate::read::survey::{ColumnSurvey, LayerSurvey, Stored};
use crate::say;

/// The share of readable cells from which a column is one of numbers.
const MOSTLY: f64 = 0.8;

/// What is wrong with columns of numbers.
pub(super) fn problems(layer: &LayerSurvey, roles: &[ColumnRole]) -> Vec<Problem> {
    let is_number = |i: usize| roles.iter().any(|r| r.column == i && r.is_number());
    let is_known = |i: usize| roles.iter().any(|r| r.column == i);
    let columns = layer.columns.iter().enumerate().filter(|(i, c)| c.stored == Stored::Text && (is_number(*i) || !is_known(*i)));
    let commas = layer.columns.iter().filter_map(|c| Some(with_comma(c, c.decimal_comma.as_ref()?)));
    commas.chain(columns.flat_map(|(i, column)| of_column(column, is_number(i)))).collect()
}

/// A DBF whose numbers have a decimal comma.
fn with_comma(column: &ColumnSurvey, cell: &str) -> Problem {
    let message = say!("numbers are written with a decimal comma; what is behind it is not read");
    let fix = say!("export the table again with a decimal point; until then do not use the column");
    Problem::new(Code::NumberUnreadable, message, say!("as `{cell}`", cell), fix).of(&column.name)
}

/// How many cells of a column are what, with an example of each.
#[derive(Default)]
struct Tally<'a> {
    full: usize,
    read: usize,
    odd: [(usize, &'a str); 3],
    unreadable: (usize, &'a str, usize),
}

fn of_column(column: &ColumnSurvey, is_number: bool) -> Vec<Problem> {
    let mut tally = Tally::default();
    for (row, cell) in column.cells.iter().enumerate() {
        let Some(cell) = cell.as_deref() else { continue };
        tally.take(row, cell);
    }
    #[expect(clippy::cast_precision_loss, reason = "a sample is small")]
    let is_mostly = tally.full > 0 && tally.read as f64 >= MOSTLY * tally.full as f64;
    let [wide, commas, units] = tally.odd.map(|(cells, first)| Some((cells, first)).filter(|_| cells > 0));
    let odd = [
        wide.map(|(cells, first)| say!("full-width digits in {cells} cells, as `{first}`", cells, first)),
        commas.map(|(cells, first)| say!("thousands commas in {cells} cells, as `{first}`", cells, first)),
        units.map(|(cells, first)| say!("units in {cells} cells, as `{first}`", cells, first)),
    ];
    let odd: Vec<String> = odd.into_iter().flatten().collect();
    let mut problems = Vec::new();
    if (is_number || is_mostly) && !odd.is_empty() {
        let fix = say!("nothing: they are read; store them as plain numbers in the source");
        problems.push(Problem::new(Code::NumberAsText, say!("numbers are stored as text"), odd.join(&say!("; ")), fix).of(&column.name));
    }
    let (count, first, row) = tally.unreadable;
    if count > 0 && (is_number || (is_mostly && !odd.is_empty())) {
        let message = say!("{count} of {cells} cells cannot be read as numbers", count, cells = tally.full);
        let evidence = say!("first `{first}` in row {row}", first, row = row + 1);
        problems.push(
            Problem::new(Code::NumberUnreadable, message, evidence, say!("correct them in the source; until then they count as unknown"))
                .of(&column.name),
        );
    }
    problems
}

impl<'a> Tally<'a> {
    fn take(&mut self, row: usize, cell: &'a str) {
        match cells::number(cell) {
            Cell::Blank => {}
            Cell::Unreadable => {
                self.full += 1;
                if self.unreadable.0 == 0 {
                    self.unreadable = (0, cell, row);
                }
                self.unreadable.0 += 1;
            }
            Cell::Value(quantity) => {
                self.full += 1;
                self.read += 1;
                let has = |chars: std::ops::RangeInclusive<char>| cell.chars().any(|c| chars.contains(&c));
                let is_odd = [has('０'..='９'), cell.contains([',', '，']), quantity.unit.is_some()];
                for ((count, first), _) in self.odd.iter_mut().zip(is_odd).filter(|(_, odd)| *odd) {
                    if *count == 0 {
                        *first = cell;
                    }
                    *count += 1;
                }
            }
        }
    }
}

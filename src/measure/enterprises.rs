//! Enterprise figures on parcels: many enterprises a parcel, many parcels an enterprise, several years.
//!
//! **Invariant:** received = assigned + unassigned for every figure, to rounding: nothing is counted twice, nothing is dropped in silence.

#![expect(clippy::indexing_slicing, reason = "row numbers come from the frame whose columns they index")]

use polars::prelude::{Column, DataFrame, DataType, Int32Chunked, IntoColumn, NewChunkedArray, PlHashSet, PolarsError};
use rayon::prelude::*;

use crate::model::columns::FIGURES;
use crate::model::{Finding, MakeColumn, Source, columns_of, number_column, source_at, text_at};
use settle::{Columns, Gifts, Keyed, Settled, outside};

pub mod holdings;
mod settle;

/// Enterprises and years that one task settles.
const BLOCK: usize = 4096;

/// Whose figures a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The enterprise's for the year, repeated on each of its rows.
    Enterprise,
    /// The row's parcel's.
    Row,
}

/// The years that count: the last `years` that end with the last full year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First year.
    pub first: i32,
    /// Last year.
    pub last: i32,
}

impl Window {
    /// The `years` years that end with the last year that is over at `as_of`.
    ///
    /// ```
    /// use mujun::measure::enterprises::Window;
    /// let date = |y, m, d| chrono::NaiveDate::from_ymd_opt(y, m, d).unwrap();
    /// assert_eq!(Window::ending(date(2025, 12, 31), 3), Window { first: 2023, last: 2025 });
    /// assert_eq!(Window::ending(date(2025, 12, 30), 1), Window { first: 2024, last: 2024 });
    /// ```
    #[must_use]
    pub fn ending(as_of: chrono::NaiveDate, years: u32) -> Self {
        use chrono::Datelike;
        let over = as_of.month() == 12 && as_of.day() == 31;
        let last = if over { as_of.year() } else { as_of.year() - 1 };
        Self { first: last - i32::try_from(years).unwrap_or(1) + 1, last }
    }

    fn years(self) -> usize {
        usize::try_from(self.last - self.first + 1).unwrap_or(0)
    }

    fn has(self, year: i32) -> bool {
        (self.first..=self.last).contains(&year)
    }
}

/// The years of the window and those before it that a rule wants some figures of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Years {
    /// What everything but the wanted means is of.
    window: Window,
    /// The first year that is wanted of any figure.
    first: i32,
}

impl Years {
    /// All of them.
    fn count(self) -> usize {
        Window { first: self.first, last: self.window.last }.years()
    }

    /// Those before the window.
    fn before(self) -> usize {
        self.count() - self.window.years()
    }

    /// Where a year stands among them.
    fn place(self, year: i32) -> Option<usize> {
        usize::try_from(year - self.first).ok().filter(|_| year <= self.window.last)
    }

    /// Whether the place is one of the window.
    fn in_window(self, place: usize) -> bool {
        place >= self.before()
    }
}

/// A table of enterprise rows.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// Canonical columns.
    pub frame: &'a DataFrame,
    /// Row numbers of the source.
    pub rows: &'a [i64],
    /// The first file.
    pub source: &'a Source,
    /// All files, each with its first row.
    pub files: &'a [(usize, Source)],
    /// Whose figures a row holds.
    pub holder: Holder,
}

impl<'a> Table<'a> {
    fn source_of(&self, row: usize) -> &'a Source {
        source_at(self.files, row).unwrap_or(self.source)
    }
}

/// The parcels that figures go to, in the order of the inventory.
#[derive(Clone, Copy, Debug)]
pub struct Parcels<'a> {
    /// Their identifiers.
    pub ids: &'a [&'a str],
    /// Their legal areas, m²; shares that are not declared follow it.
    pub area_m2: &'a [Option<f64>],
}

/// What became of the figures of all tables.
#[derive(Clone, Debug)]
pub struct Apportioned {
    /// The years.
    years: Years,
    /// For each figure of [`FIGURES`] and each year that is wanted of it, the last of them the last of the window, the amount of every parcel; NaN
    /// where a row of the parcel has none, or no row speaks of it.
    amounts: Vec<Vec<Vec<f64>>>,
    /// Likewise, whether a row has spoken of it.
    told: Vec<Vec<Vec<bool>>>,
    /// The same for scale and veto, whatever the year.
    judged: Vec<[bool; 2]>,
    /// Enterprises with a row in the window; unknown without any table.
    pub enterprises: Vec<Option<u32>>,
    /// Whether one of them is above scale; unknown where none is known to be and one is unknown.
    pub above_scale: Vec<Option<bool>>,
    /// Whether one of them has a veto; unknown likewise.
    pub veto: Vec<Option<bool>>,
    /// For each figure what was received in the window, and what of it no parcel has.
    pub totals: [Flow; FIGURES.len()],
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// The rows of the window; none where there was no table.
    ledger: Option<DataFrame>,
    /// For each table the row of the ledger behind its last, and the figures that it says anything of, one bit each.
    stated: Vec<(usize, u16)>,
}

/// Received and unassigned amount of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// What the tables hold, each enterprise and year once.
    pub received: f64,
    /// What went to parcels.
    pub assigned: f64,
    /// What went nowhere.
    pub unassigned: f64,
}

impl Apportioned {
    /// Nothing known, for a job without tables; `wanted` are figures of which so many years are wanted, if these are more than the window has.
    #[must_use]
    pub fn empty(parcels: usize, window: Window, wanted: &[(&str, u32)]) -> Self {
        let of = |figure: &str| {
            let more = wanted.iter().filter(|(own, _)| *own == figure).map(|(_, years)| *years as usize);
            more.fold(window.years(), usize::max)
        };
        let most = FIGURES.iter().map(|figure| of(figure)).fold(window.years(), usize::max);
        let years = Years { window, first: window.last + 1 - i32::try_from(most).unwrap_or(1) };
        Self {
            years,
            amounts: FIGURES.iter().map(|figure| vec![vec![f64::NAN; parcels]; of(figure)]).collect(),
            told: FIGURES.iter().map(|figure| vec![vec![false; parcels]; of(figure)]).collect(),
            judged: vec![[false; 2]; parcels],
            enterprises: vec![None; parcels],
            above_scale: vec![None; parcels],
            veto: vec![None; parcels],
            totals: [Flow::default(); FIGURES.len()],
            findings: Vec::new(),
            ledger: None,
            stated: Vec::new(),
        }
    }

    /// `ledger/enterprise_shares.parquet`: by enterprise, year and parcel.
    ///
    /// # Errors
    /// None that the data can cause.
    pub fn take_ledger(&mut self) -> Result<DataFrame, PolarsError> {
        self.ledger.take().map_or_else(|| ledger(None, &[], self.years), Ok)
    }

    /// What the rows of the ledger give to parcels, by figure; none without a table.
    ///
    /// # Errors
    /// None that the data can cause.
    pub fn in_ledger(&self) -> Result<Option<[f64; FIGURES.len()]>, PolarsError> {
        let Some(ledger) = &self.ledger else { return Ok(None) };
        let on_parcel = ledger.column("parcel_id")?.is_not_null();
        let mut sums = [0.0; FIGURES.len()];
        sums.par_iter_mut().zip(FIGURES).try_for_each(|(sum, figure)| {
            let column = ledger.column(figure)?;
            if column.null_count() < column.len() {
                let on_parcels = column.f64()?.iter().zip(on_parcel.iter()).filter(|(_, on_parcel)| *on_parcel == Some(true));
                *sum = on_parcels.filter_map(|(amount, _)| amount).sum();
            }
            Ok::<_, PolarsError>(())
        })?;
        Ok(Some(sums))
    }

    /// The rows of the window, and those of them whose parcel is not in the inventory.
    ///
    /// # Errors
    /// None that the data can cause.
    pub fn unmatched(&self) -> Result<(usize, usize), PolarsError> {
        let Some(ledger) = &self.ledger else { return Ok((0, 0)) };
        Ok((ledger.height(), ledger.column("parcel_id")?.null_count()))
    }

    /// The amounts of a figure for the years of the window, each a column over the parcels; NaN = unknown.
    #[must_use]
    pub fn of(&self, figure: &str) -> &[Vec<f64>] {
        self.last_years(figure, u32::try_from(self.years.window.years()).unwrap_or(u32::MAX))
    }

    /// The amounts of a figure for the last `years` years; fewer where no more were wanted.
    #[must_use]
    pub fn last_years(&self, figure: &str, years: u32) -> &[Vec<f64>] {
        let amounts = FIGURES.iter().position(|f| *f == figure).map_or(&[][..], |f| self.amounts[f].as_slice());
        &amounts[amounts.len().saturating_sub(years as usize)..]
    }

    /// Adds the rows of a table.
    ///
    /// # Errors
    /// The table lacks a canonical column.
    pub fn add(&mut self, table: Table<'_>, parcels: Parcels<'_>) -> Result<(), PolarsError> {
        self.findings.extend(outside(&table, self.years.window)?);
        let columns = Columns::new(table, parcels, self.years)?;
        let order = columns.order();
        let groups: Vec<&[Keyed]> = order.chunk_by(|a, b| (a.enterprise, a.year) == (b.enterprise, b.year)).collect();
        let settled: Vec<Settled> = groups.par_chunks(BLOCK).map(|block| columns.settle_all(block, self.years)).collect();
        let rows = ledger(Some(&columns), &settled, self.years)?;
        let earlier = self.ledger.take();
        self.count_enterprises(&columns, &settled, earlier.as_ref())?;
        self.ledger = match earlier {
            Some(ledger) => Some(ledger.vstack(&rows)?),
            None => Some(rows),
        };
        let stated = columns.stated.iter().fold(0, |bits, f| bits | 1 << f);
        self.stated.push((self.ledger.as_ref().map_or(0, DataFrame::height), stated));
        self.collect(&columns, settled);
        Ok(())
    }

    /// Counts the enterprises of each parcel; one that an earlier table has on the parcel is not new.
    fn count_enterprises(&mut self, columns: &Columns<'_>, blocks: &[Settled], earlier: Option<&DataFrame>) -> Result<(), PolarsError> {
        let counted: PlHashSet<(&str, &str)> = match earlier {
            Some(ledger) => {
                let (parcels, enterprises) = (ledger.column("parcel_id")?.str()?, ledger.column("enterprise_id")?.str()?);
                parcels.iter().zip(enterprises.iter()).filter_map(|(parcel, enterprise)| parcel.zip(enterprise)).collect()
            }
            None => PlHashSet::default(),
        };
        self.enterprises.iter_mut().for_each(|count| *count = count.or(Some(0)));
        // The rows of an enterprise stand together, whatever their year: it is new to a parcel that saw another one last.
        let mut last_of = vec![None; self.enterprises.len()];
        for Gifts { rows, parcels, years, .. } in blocks.iter().map(|block| &block.gifts) {
            for ((&row, parcel), year) in rows.iter().zip(parcels).zip(years) {
                let Some(parcel) = parcel.filter(|_| self.years.in_window(*year)).map(|parcel| parcel as usize) else { continue };
                let enterprise = Some(columns.enterprise[row as usize]);
                let is_next = std::mem::replace(&mut last_of[parcel], enterprise) != enterprise;
                let new = is_next && (counted.is_empty() || !counted.contains(&(columns.parcels.ids[parcel], columns.enterprise_id(row))));
                self.enterprises[parcel] = self.enterprises[parcel].map(|count| count + u32::from(new));
            }
        }
        Ok(())
    }

    /// Adds up what the groups give to each parcel, in the order of enterprise and year.
    ///
    /// A figure of which the table says nothing at all stays as the other tables have it.
    fn collect(&mut self, columns: &Columns<'_>, blocks: Vec<Settled>) {
        let years = self.years.count();
        let figures = self.amounts.par_iter_mut().zip(&mut self.told).enumerate();
        figures.filter(|(figure, _)| columns.stated.contains(figure)).for_each(|(figure, (amounts, told))| {
            for Gifts { parcels, years: places, amounts: given, .. } in blocks.iter().map(|block| &block.gifts) {
                for ((parcel, year), amount) in parcels.iter().zip(places).zip(&given[figure]) {
                    let (Some(parcel), Some(wanted)) = (*parcel, (year + amounts.len()).checked_sub(years)) else { continue };
                    let (sum, told) = (&mut amounts[wanted][parcel as usize], &mut told[wanted][parcel as usize]);
                    *sum = if *told { *sum + amount } else { *amount };
                    *told = true;
                }
            }
        });
        for block in blocks {
            self.findings.extend(block.findings);
            for (total, flow) in self.totals.iter_mut().zip(&block.flows) {
                total.add(flow);
            }
            let Gifts { rows, parcels, years: places, .. } = &block.gifts;
            for ((row, parcel), year) in rows.iter().zip(parcels).zip(places) {
                let Some(parcel) = parcel.filter(|_| self.years.in_window(*year)).map(|parcel| parcel as usize) else { continue };
                let words = [columns.above_scale(*row), columns.veto.get(*row as usize)];
                let slots = [&mut self.above_scale[parcel], &mut self.veto[parcel]];
                for (at, slot) in slots.into_iter().enumerate().filter(|(at, _)| columns.judges[*at]) {
                    *slot = if self.judged[parcel][at] { or(*slot, words[at]) } else { words[at] };
                    self.judged[parcel][at] = true;
                }
            }
        }
    }
}

/// The rows of a table that count, with what each gives to its parcel; none without a table.
fn ledger(columns: Option<&Columns<'_>>, blocks: &[Settled], years: Years) -> Result<DataFrame, PolarsError> {
    let counted = |gifts: &'_ Gifts| (0..gifts.rows.len()).filter(|at| years.in_window(gifts.years[*at])).collect::<Vec<_>>();
    let counted: Vec<(&Gifts, Vec<usize>)> = blocks.par_iter().map(|block| (&block.gifts, counted(&block.gifts))).collect();
    let rows = || counted.iter().flat_map(|(gifts, counted)| counted.iter().map(move |at| (*gifts, *at)));
    let numbers = |name: &str, values: &dyn Fn(&Gifts) -> &[f64]| {
        let known = |(gifts, at): (&Gifts, usize)| Some(values(gifts)[at]).filter(|value| !value.is_nan());
        number_column(name, rows().map(known))
    };
    let year = |(gifts, at): (&Gifts, usize)| i32::try_from(gifts.years[at]).ok().map(|place| years.first + place);
    let ids = || {
        let [enterprises, parcels] = columns.map(Columns::ids).unwrap_or_default();
        let of_enterprises = rows().map(|(gifts, at)| Some(gifts.rows[at]));
        let of_parcels = rows().map(|(gifts, at)| gifts.parcels[at].map(|_| gifts.rows[at]));
        Ok::<_, PolarsError>([text_at("enterprise_id", &enterprises, of_enterprises)?, text_at("parcel_id", &parcels, of_parcels)?])
    };
    let others: [MakeColumn<'_>; 2] = [&|| Int32Chunked::from_iter_options("year".into(), rows().map(year)).into_column(), &|| {
        numbers("weight", &|gifts| &gifts.weights)
    }];
    let height = counted.iter().map(|(_, counted)| counted.len()).sum();
    let figures = FIGURES.par_iter().enumerate().map(|(f, name)| match columns {
        Some(columns) if columns.stated.contains(&f) => numbers(name, &|gifts| &gifts.amounts[f]),
        _ => Column::full_null((*name).into(), height, &DataType::Float64),
    });
    let (ids, (others, figures)) = rayon::join(ids, || rayon::join(|| columns_of(&others), || figures.collect::<Vec<_>>()));
    DataFrame::new(height, ids?.into_iter().chain(others).chain(figures).collect())
}

/// Yes where one says yes, no where all say no, else unknown.
fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

impl Flow {
    fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.assigned += other.assigned;
        self.unassigned += other.unassigned;
    }
}

#[cfg(test)]
mod tests;

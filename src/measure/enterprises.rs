//! Enterprise figures on parcels: many enterprises a parcel, many parcels an enterprise, several years.
//!
//! **Invariant:** received = assigned + unassigned for every figure, to rounding: nothing is counted twice, nothing is dropped in silence.

#![expect(clippy::indexing_slicing, reason = "row numbers come from the frame whose columns they index")]

use polars::prelude::{Column, DataFrame, Float64Chunked, Int32Chunked, IntoColumn, IntoSeries, NewChunkedArray, PlHashSet, PolarsError};
use rayon::prelude::*;

use crate::model::columns::FIGURES;
use crate::model::{Finding, Source, text_column};
use settle::{Columns, Gift, Keyed, Settled, outside};

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

    fn in_window(self, gift: &Gift) -> bool {
        gift.year as usize >= self.before()
    }
}

/// A table of enterprise rows.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// Canonical columns.
    pub frame: &'a DataFrame,
    /// Row numbers of the source.
    pub rows: &'a [i64],
    /// The source.
    pub source: &'a Source,
    /// Whose figures a row holds.
    pub holder: Holder,
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
    /// For each figure of [`FIGURES`] and each year that is wanted of it, the last of them the last of the window, the amount of every parcel; unknown
    /// where a row of the parcel has none.
    amounts: Vec<Vec<Vec<Option<f64>>>>,
    /// For each year and each parcel, the figures that a row has spoken of, one bit each.
    told: Vec<Vec<u16>>,
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
            amounts: FIGURES.iter().map(|figure| vec![vec![None; parcels]; of(figure)]).collect(),
            told: vec![vec![0; parcels]; years.count()],
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
        self.ledger.take().map_or_else(|| ledger_frame(&[], &|_, _| None, &|_| None), Ok)
    }

    /// The amounts of a figure for the years of the window, each a column over the parcels.
    #[must_use]
    pub fn of(&self, figure: &str) -> &[Vec<Option<f64>>] {
        self.last_years(figure, u32::try_from(self.years.window.years()).unwrap_or(u32::MAX))
    }

    /// The amounts of a figure for the last `years` years; fewer where no more were wanted.
    #[must_use]
    pub fn last_years(&self, figure: &str, years: u32) -> &[Vec<Option<f64>>] {
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
        let rows = ledger(&columns, &settled, self.years)?;
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
        let row = |gift: &Gift| Some((gift.parcel?, columns.enterprise[gift.row as usize], gift.row));
        let mut seen: Vec<(u32, u32, u32)> =
            blocks.iter().flat_map(|b| &b.gifts).filter(|g| self.years.in_window(g)).filter_map(row).collect();
        seen.par_sort_unstable();
        seen.dedup_by_key(|(parcel, enterprise, _)| (*parcel, *enterprise));
        self.enterprises.iter_mut().for_each(|count| *count = count.or(Some(0)));
        for (parcel, _, row) in seen {
            let id = columns.enterprise_ids.get(row as usize).unwrap_or_default();
            let new = counted.is_empty() || !counted.contains(&(columns.parcels.ids[parcel as usize], id));
            self.enterprises[parcel as usize] = self.enterprises[parcel as usize].map(|count| count + u32::from(new));
        }
        Ok(())
    }

    /// Adds up what the groups give to each parcel, in the order of enterprise and year.
    ///
    /// A figure of which the table says nothing at all stays as the other tables have it.
    fn collect(&mut self, columns: &Columns<'_>, blocks: Vec<Settled>) {
        for block in blocks {
            self.findings.extend(block.findings);
            for (total, flow) in self.totals.iter_mut().zip(&block.flows) {
                total.add(flow);
            }
            for (gift, number) in block.gifts.iter().filter_map(|g| Some((g, g.parcel?))) {
                let (parcel, year) = (number as usize, gift.year as usize);
                let told = &mut self.told[year][parcel];
                for &figure in &columns.stated {
                    let Some(wanted) = (year + self.amounts[figure].len()).checked_sub(self.years.count()) else { continue };
                    let (sum, amount) = (&mut self.amounts[figure][wanted][parcel], gift.amounts[figure]);
                    *sum = if *told >> figure & 1 == 1 { sum.zip(amount).map(|(a, b)| a + b) } else { amount };
                    *told |= 1 << figure;
                }
                if !self.years.in_window(gift) {
                    continue;
                }
                let words = [columns.above_scale(gift.row), columns.veto.get(gift.row as usize)];
                for (at, slot) in
                    [&mut self.above_scale[parcel], &mut self.veto[parcel]].into_iter().enumerate().filter(|(at, _)| columns.judges[*at])
                {
                    *slot = if self.judged[parcel][at] { or(*slot, words[at]) } else { words[at] };
                    self.judged[parcel][at] = true;
                }
            }
        }
    }
}

/// The rows of a table that count, with what each gives to its parcel.
fn ledger(columns: &Columns<'_>, blocks: &[Settled], years: Years) -> Result<DataFrame, PolarsError> {
    let gifts: Vec<&Gift> = blocks.iter().flat_map(|b| &b.gifts).filter(|gift| years.in_window(gift)).collect();
    let text = |enterprise: bool, gift: &Gift| match enterprise {
        true => columns.enterprise_ids.get(gift.row as usize),
        false => gift.parcel.map(|p| columns.parcels.ids[p as usize]),
    };
    ledger_frame(&gifts, &text, &|gift| i32::try_from(gift.year).ok().map(|year| years.first + year))
}

/// The frame of the ledger; `text` gives the enterprise or the parcel of a row.
fn ledger_frame<'t>(
    gifts: &[&Gift],
    text: &(dyn Fn(bool, &Gift) -> Option<&'t str> + Sync),
    year: &(dyn Fn(&Gift) -> Option<i32> + Sync),
) -> Result<DataFrame, PolarsError> {
    let numbers = |name: &str, value: &dyn Fn(&Gift) -> Option<f64>| {
        Float64Chunked::from_iter_options(name.into(), gifts.iter().map(|g| value(g))).into_series().into_column()
    };
    let keys: [&(dyn Fn() -> Column + Sync); 4] = [
        &|| text_column("enterprise_id", gifts.iter().map(|g| text(true, g))),
        &|| text_column("parcel_id", gifts.iter().map(|g| text(false, g))),
        &|| Int32Chunked::from_iter_options("year".into(), gifts.iter().map(|g| year(g))).into_series().into_column(),
        &|| numbers("weight", &|g| g.weight),
    ];
    let keys = keys.par_iter().map(|column| column());
    let figures = FIGURES.par_iter().enumerate().map(|(f, name)| numbers(name, &|g| g.amounts[f]));
    DataFrame::new(gifts.len(), keys.chain(figures).collect())
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

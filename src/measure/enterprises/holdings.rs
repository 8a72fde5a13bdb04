//! Enterprises with all their land: the same figures as of parcels, one row an enterprise, and which parcels each is on.
//!
//! Made only for rules that grade enterprises, from what was settled: the figures of an enterprise are those that its parcels in the inventory got, so
//! that they belong to the land that is counted.
//!
//! **Invariant:** rows are in the order of the identifiers; links are sorted by parcel and enterprise and hold a pair once.

#![expect(clippy::indexing_slicing, reason = "row numbers come from the frame whose columns they index")]

use polars::prelude::{
    BooleanChunked, Column, DataFrame, Float64Chunked, IntoColumn, NewChunkedArray, PlHashMap, PolarsError, StringChunked, UInt32Chunked,
};
use rayon::prelude::*;

use super::{Apportioned, FIGURES, Table, Window, or, settle::numbered};
use crate::measure::indicators::{self, Averaging};
use crate::model::{mu_from_m2, number_column, text_column};
use crate::rules::{HOLDS_LAND, LandShare, VETO};

/// Enterprises and their parcels.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// One row an enterprise.
    pub frame: DataFrame,
    /// Of each link the row of the parcel.
    pub parcels: Vec<u32>,
    /// The row of the enterprise.
    pub enterprises: Vec<u32>,
    /// The land of the parcel that is the enterprise's, m²; NaN where unknown.
    pub land_m2: Vec<f64>,
}

/// What is known of the parcels.
#[derive(Clone, Copy, Debug)]
pub struct Land<'a> {
    /// Their identifiers.
    pub ids: &'a [&'a str],
    /// Their legal areas, m².
    pub area_m2: &'a [Option<f64>],
    /// Their towns.
    pub town: &'a StringChunked,
    /// Their industries.
    pub industry: &'a StringChunked,
    /// Their declared holders.
    pub holder: Option<&'a StringChunked>,
    /// How many years they have been in production, as declared.
    pub production_years: Option<&'a Float64Chunked>,
}

/// How figures and land become those of an enterprise.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How years become one figure.
    pub averaging: Averaging,
    /// Which land of a parcel is an enterprise's.
    pub land_share: LandShare,
}

/// Gathers the enterprises of the ledger; `tables` say what is known of them besides figures.
///
/// # Errors
/// A table lacks a canonical column.
pub fn gather(apportioned: &Apportioned, tables: &[Table<'_>], land: Land<'_>, terms: Terms) -> Result<Holdings, PolarsError> {
    let Some(ledger) = &apportioned.ledger else { return Holdings::empty() };
    let rows = Rows::new(ledger, land.ids)?;
    let mut holdings = Holdings::default();
    (holdings.parcels, holdings.enterprises) = rows.links();
    holdings.land_m2 = land_of(&holdings.parcels, land.area_m2, terms.land_share);
    let area_m2 = holdings.area_m2(rows.names.len());
    let figures = rows.figures(apportioned, ledger)?;
    let told = Told::of(tables, &rows.names, apportioned)?;
    let mut columns = vec![text_column("enterprise_id", rows.names.iter().map(|name| Some(*name)))];
    columns.extend(holdings.places(&rows.names, land, &told));
    columns.push(numbers("area_m2", &area_m2));
    columns.push(numbers("area_mu", &area_m2.iter().map(|area| area.map(mu_from_m2)).collect::<Vec<_>>()));
    columns.extend(indicators::measure(&figures, &area_m2, terms.averaging).iter().map(|(name, values)| numbers(name, values)));
    columns.push(text_column("scale", told.above.iter().map(|above| above.map(|above| if above { "above" } else { "below" }))));
    columns.push(flags(VETO, &told.veto));
    holdings.frame = DataFrame::new(rows.names.len(), columns)?;
    Ok(holdings)
}

impl Holdings {
    fn empty() -> Result<Self, PolarsError> {
        let columns = vec![
            text_column("enterprise_id", std::iter::empty()),
            UInt32Chunked::from_slice("parcels".into(), &[]).into_column(),
            numbers("area_mu", &[]),
        ];
        Ok(Self { frame: DataFrame::new(0, columns)?, ..Self::default() })
    }

    /// The land of each enterprise; unknown where that of one of its parcels is, or where it has none.
    fn area_m2(&self, enterprises: usize) -> Vec<Option<f64>> {
        let mut area_m2 = vec![None; enterprises];
        for (&enterprise, &land_m2) in self.enterprises.iter().zip(&self.land_m2) {
            let sum = &mut area_m2[enterprise as usize];
            *sum = Some(sum.unwrap_or(0.0) + land_m2);
        }
        area_m2.into_iter().map(|sum| sum.filter(|sum: &f64| sum.is_finite())).collect()
    }

    /// Number of parcels; town, industry and years in production of the largest of them; whether the enterprise holds one.
    fn places(&self, names: &[&str], land: Land<'_>, told: &Told<'_>) -> Vec<Column> {
        let mut parcels = vec![0_u32; names.len()];
        let mut largest: Vec<Option<(f64, u32)>> = vec![None; names.len()];
        let mut holds: Vec<Option<bool>> = vec![None; names.len()];
        for ((&parcel, &enterprise), &land_m2) in self.parcels.iter().zip(&self.enterprises).zip(&self.land_m2) {
            let at = enterprise as usize;
            let holder = land.holder.and_then(|holder| holder.get(parcel as usize));
            let is_holder = holder.map(|holder| holder == names[at]);
            holds[at] = if parcels[at] == 0 { is_holder } else { or(holds[at], is_holder) };
            parcels[at] += 1;
            if largest[at].is_none_or(|(most, _)| land_m2 > most) {
                largest[at] = Some((land_m2, parcel));
            }
        }
        let of = |column: &'_ StringChunked, at: usize| largest[at].and_then(|(_, parcel)| column.get(parcel as usize).map(str::to_owned));
        let industry: Vec<_> = (0..names.len()).map(|at| told.industry[at].map(str::to_owned).or_else(|| of(land.industry, at))).collect();
        let years = |at: usize| largest[at].and_then(|(_, parcel)| land.production_years?.get(parcel as usize));
        let years: Vec<_> = (0..names.len()).map(years).collect();
        let town: Vec<_> = (0..names.len()).map(|at| of(land.town, at)).collect();
        vec![
            text_column("town", town.iter().map(Option::as_deref)),
            text_column("industry", industry.iter().map(Option::as_deref)),
            UInt32Chunked::from_vec("parcels".into(), parcels).into_column(),
            flags(HOLDS_LAND, &holds),
            numbers("production_years", &years),
        ]
    }
}

/// The rows of the ledger by enterprise and parcel.
struct Rows<'a> {
    /// The identifiers, in their order.
    names: Vec<&'a str>,
    enterprise: Vec<u32>,
    parcel: Vec<Option<u32>>,
}

impl<'a> Rows<'a> {
    fn new(ledger: &'a DataFrame, parcel_ids: &[&str]) -> Result<Self, PolarsError> {
        let ids = ledger.column("enterprise_id")?.str()?;
        let enterprise = numbered(ids.iter());
        let mut names = vec![""; enterprise.iter().max().map_or(0, |last| *last as usize + 1)];
        for (id, &number) in ids.iter().zip(&enterprise) {
            names[number as usize] = id.unwrap_or_default();
        }
        let row_of: PlHashMap<&str, u32> = parcel_ids.iter().copied().zip(0..).collect();
        let parcel = ledger.column("parcel_id")?.str()?.iter().map(|id| id.and_then(|id| row_of.get(id).copied())).collect();
        Ok(Self { names, enterprise, parcel })
    }

    /// Parcel and enterprise of every pair.
    fn links(&self) -> (Vec<u32>, Vec<u32>) {
        let mut pairs: Vec<(u32, u32)> =
            self.parcel.iter().zip(&self.enterprise).filter_map(|(parcel, e)| Some(((*parcel)?, *e))).collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs.into_iter().unzip()
    }

    /// The figures of each enterprise and year: what its parcels in the inventory have; unknown where a row has none that its table states.
    fn figures(&self, apportioned: &Apportioned, ledger: &DataFrame) -> Result<Apportioned, PolarsError> {
        let window = apportioned.years.window;
        let mut figures = Apportioned::empty(self.names.len(), window, &[]);
        let years: Vec<Option<usize>> = ledger.column("year")?.i32()?.iter().map(|year| place(window, year?)).collect();
        let columns =
            FIGURES.iter().map(|f| Ok(ledger.column(f)?.f64()?.rechunk().into_owned())).collect::<Result<Vec<_>, PolarsError>>()?;
        figures.amounts.par_iter_mut().zip(&columns).enumerate().for_each(|(figure, (amounts, column))| {
            let mut seen: Vec<Vec<bool>> = amounts.iter().map(|of_year| vec![false; of_year.len()]).collect();
            let mut start = 0;
            for &(end, stated) in &apportioned.stated {
                for row in (start..end).filter(|row| stated >> figure & 1 == 1 && self.parcel[*row].is_some()) {
                    let (Some(year), at) = (years[row], self.enterprise[row] as usize) else { continue };
                    let sum = &mut amounts[year][at];
                    let amount = column.get(row).unwrap_or(f64::NAN);
                    *sum = if seen[year][at] { *sum + amount } else { amount };
                    seen[year][at] = true;
                }
                start = end;
            }
        });
        Ok(figures)
    }
}

/// Where a year stands in the window.
fn place(window: Window, year: i32) -> Option<usize> {
    usize::try_from(year - window.first).ok().filter(|_| year <= window.last)
}

/// The land of each link.
fn land_of(parcels: &[u32], area_m2: &[Option<f64>], share: LandShare) -> Vec<f64> {
    let part = |group: &[u32]| {
        let area = group.first().and_then(|parcel| area_m2[*parcel as usize]).unwrap_or(f64::NAN);
        let land = match share {
            LandShare::Equal => area / group.len() as f64,
            LandShare::Whole => area,
        };
        std::iter::repeat_n(land, group.len())
    };
    parcels.chunk_by(|a, b| a == b).flat_map(part).collect()
}

/// What the rows of the window say of each enterprise besides figures.
struct Told<'a> {
    above: Vec<Option<bool>>,
    veto: Vec<Option<bool>>,
    industry: Vec<Option<&'a str>>,
}

impl<'a> Told<'a> {
    fn of(tables: &[Table<'a>], names: &[&str], apportioned: &Apportioned) -> Result<Self, PolarsError> {
        let number_of: PlHashMap<&str, u32> = names.iter().copied().zip(0..).collect();
        let n = names.len();
        let (mut above, mut veto) = (Judged::new(n), Judged::new(n));
        let mut industry: Vec<Option<(i32, &'a str)>> = vec![None; n];
        for table in tables {
            let text = |name: &str| table.frame.column(name).and_then(|column| column.str());
            let (ids, scales, industries) = (text("enterprise_id")?, text("scale")?, text("industry").ok());
            let (years, vetoes) = (table.frame.column("year")?.i32()?, table.frame.column("veto")?.bool()?);
            let judges = [scales.null_count() < scales.len(), vetoes.null_count() < vetoes.len()];
            for row in 0..table.frame.height() {
                let (Some(year), Some(at)) = (years.get(row), ids.get(row).and_then(|id| number_of.get(id))) else { continue };
                if place(apportioned.years.window, year).is_none() {
                    continue;
                }
                let at = *at as usize;
                if judges[0] {
                    above.add(at, scales.get(row).map(|scale| scale == "above"));
                }
                if judges[1] {
                    veto.add(at, vetoes.get(row));
                }
                // The latest year counts; of its rows the code that sorts first, so that their order does not matter.
                if let Some(code) = industries.and_then(|codes| codes.get(row))
                    && industry[at].is_none_or(|(last, known)| year > last || (year == last && code < known))
                {
                    industry[at] = Some((year, code));
                }
            }
        }
        let industry = industry.into_iter().map(|told| told.map(|(_, code)| code)).collect();
        Ok(Self { above: above.answers, veto: veto.answers, industry })
    }
}

/// Yes where one row says yes, no where all say no, else unknown.
struct Judged {
    answers: Vec<Option<bool>>,
    seen: Vec<bool>,
}

impl Judged {
    fn new(enterprises: usize) -> Self {
        Self { answers: vec![None; enterprises], seen: vec![false; enterprises] }
    }

    fn add(&mut self, at: usize, word: Option<bool>) {
        self.answers[at] = if self.seen[at] { or(self.answers[at], word) } else { word };
        self.seen[at] = true;
    }
}

fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    number_column(name, values.iter().map(|value| value.filter(|x| x.is_finite())))
}

fn flags(name: &str, values: &[Option<bool>]) -> Column {
    BooleanChunked::from_iter_options(name.into(), values.iter().copied()).into_column()
}

//! The rows of one table, apportioned: for each enterprise and year, what each row gives to its parcel.
//!
//! **Invariant:** a row that is not used gives nothing to the others: its share or its land stays its own.

#![expect(clippy::indexing_slicing, reason = "row numbers come from the frame whose columns they index")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use polars::prelude::{
    BooleanChunked, Column, Float64Type, IdxCa, IdxSize, Int32Type, PlHashMap, PolarsDataType, PolarsError, StaticArray, StringChunked,
    StringType,
};
use rayon::prelude::*;

use super::{FIGURES, Flow, Holder, Parcels, Table, Window, Years};
use crate::model::{Code, Finding, Source};
use crate::say;

/// Rows of enterprises and years, apportioned.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) gifts: Gifts,
    pub(super) flows: [Flow; FIGURES.len()],
    pub(super) findings: Vec<Finding>,
}

impl Settled {
    /// Room for so many rows that state some figures.
    fn with_room(rows: usize, stated: &[usize]) -> Self {
        let mut settled = Self::default();
        let Gifts { rows: numbers, parcels, years, weights, amounts } = &mut settled.gifts;
        numbers.reserve(rows);
        parcels.reserve(rows);
        years.reserve(rows);
        weights.reserve(rows);
        stated.iter().for_each(|f| amounts[*f].reserve(rows));
        settled
    }
}

/// What rows give to their parcels, a column a part; NaN = unknown.
#[derive(Default)]
pub(super) struct Gifts {
    pub(super) rows: Vec<u32>,
    /// `None` = not in the inventory.
    pub(super) parcels: Vec<Option<u32>>,
    /// Places of the years among those that are wanted.
    pub(super) years: Vec<usize>,
    /// The part of the figures that the row carries; unknown where it goes by land and the land is unknown.
    pub(super) weights: Vec<f64>,
    /// Of figures that the table says nothing of, nothing.
    pub(super) amounts: [Vec<f64>; FIGURES.len()],
}

/// Columns in one piece: cells are found by their number alone.
type Numbers = <Float64Type as PolarsDataType>::Array;
type Texts = <StringType as PolarsDataType>::Array;
type Years32 = <Int32Type as PolarsDataType>::Array;

/// What the rows of an enterprise and year state of a figure.
#[derive(Clone, Copy, Default)]
struct Stated {
    /// The first value.
    value: Option<f64>,
    /// Whether another row states another one.
    conflict: bool,
}

/// The value that is farthest from 0; 0 where there is none.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |most: f64, value| if value.abs() > most.abs() { value } else { most })
}

/// The rows of an enterprise and year: those that are used, one a parcel, and those of the parcels whose rows differ.
struct Used<'r> {
    kept: Cow<'r, [u32]>,
    dropped: Vec<&'r [u32]>,
}

impl Used<'_> {
    /// A row for every parcel; of rows that were dropped the one with the largest share, which is the last.
    fn rows(&self) -> impl Iterator<Item = u32> {
        self.kept.iter().copied().chain(self.dropped.iter().filter_map(|same| same.last().copied()))
    }
}

/// A row and what it is sorted by.
#[derive(Clone, Copy)]
pub(super) struct Keyed {
    pub(super) enterprise: u32,
    pub(super) year: Option<i32>,
    parcel: u32,
    row: u32,
}

/// The rows of a table that may count, and where they belong.
pub(super) struct Columns<'a> {
    table: Table<'a>,
    /// The row of the table that each row here is.
    rows: Vec<IdxSize>,
    /// The figures of which the table says something, be it for years that do not count.
    pub(super) stated: Vec<usize>,
    /// The same of scale and veto.
    pub(super) judges: [bool; 2],
    pub(super) parcels: Parcels<'a>,
    enterprise_ids: Texts,
    parcel_ids: Texts,
    /// Enterprises numbered by identifier, so that their order is that of the identifiers.
    pub(super) enterprise: Vec<u32>,
    parcel: Vec<Option<u32>>,
    year: Years32,
    share: Numbers,
    figures: Vec<Numbers>,
    scale: Texts,
    pub(super) veto: BooleanChunked,
}

impl<'a> Columns<'a> {
    /// The rows of the window, and those without enterprise or year; of the others nothing is asked.
    pub(super) fn new(table: Table<'a>, parcels: Parcels<'a>, years: Years) -> Result<Self, PolarsError> {
        let year = table.frame.column("year")?.i32()?;
        let without_enterprise = table.frame.column("enterprise_id")?.is_null();
        let counts = |(year, nobody): (Option<i32>, Option<bool>)| nobody == Some(true) || year.is_none_or(|y| years.place(y).is_some());
        let rows: Vec<IdxSize> =
            (0..).zip(year.iter().zip(without_enterprise.iter())).filter(|(_, row)| counts(*row)).map(|(row, _)| row).collect();
        let taken = IdxCa::from_vec("".into(), rows.clone());
        let says = |name: &str| table.frame.column(name).is_ok_and(|column| column.null_count() < column.len());
        let column = |name: &str| -> Result<Column, PolarsError> { Ok(table.frame.column(name)?.take(&taken)?.rechunk()) };
        let text = |name: &str| -> Result<Texts, PolarsError> { Ok(column(name)?.str()?.downcast_as_array().clone()) };
        let number = |name: &str| -> Result<Numbers, PolarsError> { Ok(column(name)?.f64()?.downcast_as_array().clone()) };
        let (enterprise_ids, parcel_ids) = (text("enterprise_id")?, text("parcel_id")?);
        let (enterprise, parcel) = rayon::join(|| numbered(enterprise_ids.iter()), || rows_of(&parcel_ids, parcels.ids));
        Ok(Self {
            enterprise,
            parcel,
            year: column("year")?.i32()?.downcast_as_array().clone(),
            share: number("share")?,
            figures: FIGURES.par_iter().map(|f| number(f)).collect::<Result<_, _>>()?,
            scale: text("scale")?,
            veto: column("veto")?.bool()?.clone(),
            enterprise_ids,
            parcel_ids,
            table,
            rows,
            stated: (0..FIGURES.len()).filter(|f| says(FIGURES[*f])).collect(),
            judges: [says("scale"), says("veto")],
            parcels,
        })
    }

    /// Rows by enterprise, year and parcel, with enterprise and year beside them; equal keys by what the rows hold.
    pub(super) fn order(&self) -> Vec<Keyed> {
        let key = |row: u32| {
            let at = row as usize;
            // The inventory is sorted by identifier, so a row number stands for its parcel's; the others are compared as text.
            Keyed { enterprise: self.enterprise[at], year: self.year.get(at), parcel: self.parcel[at].unwrap_or(u32::MAX), row }
        };
        let mut order: Vec<Keyed> = (0..u32::try_from(self.year.len()).unwrap_or(u32::MAX)).into_par_iter().map(key).collect();
        let by_text = |a: u32, b: u32| self.parcel_ids.get(a as usize).cmp(&self.parcel_ids.get(b as usize));
        order.par_sort_unstable_by(|a, b| {
            let keys = |k: &Keyed| (k.enterprise, k.year, k.parcel);
            keys(a)
                .cmp(&keys(b))
                .then_with(|| by_text(a.row, b.row))
                .then_with(|| self.compare_content(a.row, b.row))
                .then(a.row.cmp(&b.row))
        });
        order
    }

    fn compare_content(&self, a: u32, b: u32) -> std::cmp::Ordering {
        let numbers = |row: u32| std::iter::once(self.share.get(row as usize)).chain(self.figures.iter().map(move |f| f.get(row as usize)));
        let unequal = numbers(a).zip(numbers(b)).map(|(x, y)| x.partial_cmp(&y).unwrap_or(std::cmp::Ordering::Equal)).find(|o| o.is_ne());
        unequal.unwrap_or_else(|| {
            self.scale.get(a as usize).cmp(&self.scale.get(b as usize)).then(self.veto.get(a as usize).cmp(&self.veto.get(b as usize)))
        })
    }

    pub(super) fn above_scale(&self, row: u32) -> Option<bool> {
        self.scale.get(row as usize).map(|s| s == "above")
    }

    /// The enterprises and the parcels that the rows name.
    pub(super) fn ids(&self) -> [StringChunked; 2] {
        [&self.enterprise_ids, &self.parcel_ids].map(|ids| StringChunked::with_chunk("".into(), ids.clone()))
    }

    /// The enterprise that a row names.
    pub(super) fn enterprise_id(&self, row: u32) -> &str {
        self.enterprise_ids.get(row as usize).unwrap_or_default()
    }

    /// Apportions the rows of several enterprises and years.
    pub(super) fn settle_all(&self, groups: &[&[Keyed]], years: Years) -> Settled {
        let mut settled = Settled::with_room(groups.iter().map(|group| group.len()).sum(), &self.stated);
        let mut rows = Vec::new();
        for group in groups {
            rows.clear();
            rows.extend(group.iter().map(|k| k.row));
            self.settle(&rows, years, &mut settled);
        }
        settled
    }

    /// Apportions the rows of one enterprise and year. Years that nothing wants are left alone; those before the window count in no balance.
    fn settle(&self, rows: &[u32], years: Years, settled: &mut Settled) {
        let Some(&first) = rows.first() else { return };
        let (Some(_), Some(year)) = (self.enterprise_ids.get(first as usize), self.year.get(first as usize)) else {
            return self.without_key(rows, years.window, settled);
        };
        let Some(place) = years.place(year) else { return };
        let used = self.without_repeats(rows, &mut settled.findings);
        let weights = self.weights(&used, &mut settled.findings);
        let stated = self.give(&used, &weights, place, settled);
        if years.window.has(year) {
            self.balance(&used, &stated, settled);
        }
    }

    /// What rows without enterprise or year hold was received, but goes nowhere.
    ///
    /// An enterprise's figures without a year count once; a row of nobody stands for itself.
    fn without_key(&self, rows: &[u32], window: Window, settled: &mut Settled) {
        let note = |&row: &u32| {
            self.note(row, Code::RowKeyMissing, &say!("the row lacks `enterprise_id` or `year`")).hint(say!("complete the row"))
        };
        settled.findings.extend(rows.iter().map(note));
        let Some(&first) = rows.first() else { return };
        if self.year.get(first as usize).is_some_and(|year| !window.has(year)) {
            return;
        }
        let once = self.table.holder == Holder::Enterprise && self.enterprise_ids.get(first as usize).is_some();
        for (values, flow) in self.figures.iter().zip(&mut settled.flows) {
            let values = rows.iter().filter_map(|&r| values.get(r as usize));
            let received = if once { largest(values) } else { values.sum() };
            flow.add(&Flow { received, assigned: 0.0, unassigned: received });
        }
    }

    /// One row a parcel: equal rows count once, rows that differ not at all.
    fn without_repeats<'r>(&self, rows: &'r [u32], findings: &mut Vec<Finding>) -> Used<'r> {
        let is_repeat = |a: &u32, b: &u32| self.parcel_ids.get(*a as usize) == self.parcel_ids.get(*b as usize);
        if rows.windows(2).all(|pair| !is_repeat(&pair[0], &pair[1])) {
            return Used { kept: Cow::Borrowed(rows), dropped: Vec::new() };
        }
        let (mut kept, mut dropped) = (Vec::with_capacity(rows.len()), Vec::new());
        for same in rows.chunk_by(is_repeat) {
            match same {
                [only] => kept.push(*only),
                [first, rest @ ..] if rest.iter().all(|&r| self.compare_content(*first, r).is_eq()) => {
                    kept.push(*first);
                    let note = |&r: &u32| {
                        self.note(r, Code::RowRepeated, &say!("the row repeats another one in every respect")).hint(say!("delete the copy"))
                    };
                    findings.extend(rest.iter().map(note));
                }
                _ => {
                    let message = say!("rows for this enterprise, parcel and year differ; none was used");
                    let hint = say!("keep the right row and delete the others");
                    findings.extend(same.iter().map(|&r| self.note(r, Code::RowDuplicate, &message).hint(hint.as_str())));
                    dropped.push(same);
                }
            }
        }
        Used { kept: Cow::Owned(kept), dropped }
    }

    /// The part of the enterprise's figures that each kept row carries; `None` = by land, but the land is unknown.
    ///
    /// A parcel whose rows were dropped keeps its part, which then nobody gets: the others have no claim to it.
    fn weights(&self, used: &Used<'_>, findings: &mut Vec<Finding>) -> Vec<Option<f64>> {
        if self.table.holder == Holder::Row {
            return vec![Some(1.0); used.kept.len()];
        }
        let (share, land) = (|row: u32| self.share.get(row as usize), |row: u32| self.land_m2(row));
        let declared: f64 = used.rows().filter_map(share).sum();
        let undeclared = || used.rows().filter(|&r| share(r).is_none());
        let complete = undeclared().next().is_none();
        let off = declared > 1.0 + 1e-9 || (complete && declared < 1.0 - 1e-9);
        if let Some(row) = used.rows().next().filter(|_| off) {
            let finding =
                self.note(row, Code::ShareSum, &say!("the shares of the enterprise's rows of the year add up to {declared}", declared));
            findings.push(finding.hint(say!("correct the shares; what is below 1 is unassigned, what is above 1 was scaled down")));
        }
        let land_sum_m2: f64 = undeclared().filter_map(land).sum();
        // One unknown part makes all parts unknown; a parcel outside the inventory has none.
        let measured = undeclared().all(|r| self.parcel[r as usize].is_none() || land(r).is_some());
        let (scale, rest) = if declared > 1.0 { (1.0 / declared, 0.0) } else { (1.0, 1.0 - declared) };
        let alone = used.rows().nth(1).is_none();
        let weight = |&row: &u32| match share(row) {
            Some(share) => Some(share * scale),
            None if alone => Some(rest),
            None => land(row).filter(|_| measured).map(|m2| rest * m2 / land_sum_m2),
        };
        used.kept.iter().map(weight).collect()
    }

    /// The land of the row's parcel.
    fn land_m2(&self, row: u32) -> Option<f64> {
        self.parcel[row as usize].and_then(|parcel| self.parcels.area_m2[parcel as usize])
    }

    fn give(&self, used: &Used<'_>, weights: &[Option<f64>], year: usize, settled: &mut Settled) -> [Stated; FIGURES.len()] {
        let stated = self.stated(&used.kept, &mut settled.findings);
        let gifts = &mut settled.gifts;
        for (&row, weight) in used.kept.iter().zip(weights) {
            let parcel = self.parcel[row as usize];
            if parcel.is_none() {
                settled.findings.push(self.unmatched(row));
            }
            let weight = weight.unwrap_or(f64::NAN);
            gifts.rows.push(row);
            gifts.parcels.push(parcel);
            gifts.years.push(year);
            gifts.weights.push(weight);
            for &f in &self.stated {
                let value = match self.table.holder {
                    Holder::Row => self.figures[f].get(row as usize),
                    Holder::Enterprise => stated[f].value.filter(|_| !stated[f].conflict),
                };
                gifts.amounts[f].push(value.unwrap_or(f64::NAN) * weight);
            }
        }
        stated
    }

    /// What was received and what of it the last gifts, one a kept row, assign.
    fn balance(&self, used: &Used<'_>, stated: &[Stated; FIGURES.len()], settled: &mut Settled) {
        let last = settled.gifts.rows.len() - used.kept.len()..;
        let parcels = &settled.gifts.parcels[last.clone()];
        let mut lacking = (0, None);
        for &f in &self.stated {
            let received = self.received(used, f, stated[f]);
            let given = settled.gifts.amounts[f][last.clone()].iter().zip(parcels);
            let assigned: f64 = given.filter(|(amount, parcel)| parcel.is_some() && !amount.is_nan()).map(|(amount, _)| amount).sum();
            let unassigned = received - assigned;
            settled.flows[f].add(&Flow { received, assigned, unassigned });
            if unassigned.abs() > 1e-9 * received.abs() {
                lacking = (lacking.0 + 1, lacking.1.or(Some((FIGURES[f], unassigned))));
            }
        }
        if let ((figures, Some(first)), Some(row)) = (lacking, used.rows().next()) {
            settled.findings.push(self.unassigned(row, figures, first));
        }
    }

    /// What an enterprise has in a year and no parcel gets: the first figure, and how many there are.
    fn unassigned(&self, row: u32, figures: usize, (figure, amount): (&str, f64)) -> Finding {
        let year = self.year.get(row as usize).unwrap_or_default();
        let message = say!(
            "`{figure}` of the enterprise for {year} is not wholly on parcels of the inventory; figures concerned: {figures}",
            figure,
            year,
            figures
        );
        self.note(row, Code::MoneyUnassigned, &message)
            .field(figure, amount.to_string())
            .hint(say!("the other findings on the enterprise's rows say why; `value` is what no parcel has"))
    }

    /// What the rows hold of a figure, an enterprise's total once; where they disagree, the largest. Rows that were dropped hold theirs, too.
    fn received(&self, used: &Used<'_>, figure: usize, stated: Stated) -> f64 {
        let value = |row: &u32| self.figures[figure].get(*row as usize);
        let dropped = || used.dropped.iter().map(|same| largest(same.iter().filter_map(value)));
        match self.table.holder {
            Holder::Row => used.kept.iter().filter_map(value).chain(dropped()).sum(),
            Holder::Enterprise if stated.conflict => largest(used.kept.iter().filter_map(value)),
            Holder::Enterprise => stated.value.unwrap_or_else(|| largest(dropped())),
        }
    }

    /// What an enterprise's rows state of each figure; an empty cell states nothing.
    fn stated(&self, rows: &[u32], findings: &mut Vec<Finding>) -> [Stated; FIGURES.len()] {
        if self.table.holder == Holder::Row {
            return [Stated::default(); FIGURES.len()];
        }
        let mut all = [Stated::default(); FIGURES.len()];
        for &f in &self.stated {
            let mut values = rows.iter().filter_map(|&r| self.figures[f].get(r as usize));
            let value = values.next();
            let conflict = values.any(|v| Some(v) != value);
            if let (true, Some(&row)) = (conflict, rows.first()) {
                let message = say!("the enterprise's rows of the year state different values of `{field}`", field = FIGURES[f]);
                let finding = self.note(row, Code::FigureConflict, &message).field(FIGURES[f], value.unwrap_or_default().to_string());
                findings.push(finding.hint(say!(
                    "repeat the enterprise's total on each row, or say `figures = \"row\"` if the figures are the parcel's own"
                )));
            }
            all[f] = Stated { value, conflict };
        }
        all
    }

    fn unmatched(&self, row: u32) -> Finding {
        let key = self.parcel_ids.get(row as usize).unwrap_or_default();
        self.note(row, Code::RowUnmatched, &say!("the row's parcel is not in the inventory"))
            .field("parcel_id", key)
            .hint(say!("check the code against the parcel layer"))
    }

    fn note(&self, row: u32, code: Code, message: &str) -> Finding {
        let place = self.rows[row as usize] as usize;
        let finding = Finding::new(code, self.table.source_of(place), message).at_row(self.table.rows[place]);
        match self.enterprise_ids.get(row as usize) {
            Some(id) => finding.of(id),
            None => finding,
        }
    }
}

/// A table with years, none of which counts: one finding a file.
pub(super) fn outside(table: &Table<'_>, window: Window) -> Result<Vec<Finding>, PolarsError> {
    let years = table.frame.column("year")?.i32()?;
    if years.iter().flatten().any(|year| window.has(year)) {
        return Ok(Vec::new());
    }
    let mut of_file: BTreeMap<&Source, Vec<i32>> = BTreeMap::new();
    for (row, year) in years.iter().enumerate() {
        of_file.entry(table.source_of(row)).or_default().extend(year);
    }
    Ok(of_file.into_iter().filter_map(|(source, years)| outside_file(source, &years, window)).collect())
}

fn outside_file(source: &Source, years: &[i32], window: Window) -> Option<Finding> {
    let (first, last) = years.iter().min().zip(years.iter().max())?;
    let message = say!(
        "the years that count are {from} to {to}, but the table has years {first} to {last} alone",
        from = window.first,
        to = window.last,
        first,
        last
    );
    let finding = Finding::new(Code::RowOutsideWindow, source, message);
    Some(finding.field("year", format!("{first}..{last}")).hint(say!("add rows for these years, or correct `as_of` of the job")))
}

/// The rows of the inventory that identifiers name. Registers tend to have the rows of a parcel together.
fn rows_of(parcel_ids: &Texts, ids: &[&str]) -> Vec<Option<u32>> {
    let row_of: PlHashMap<&str, u32> = ids.iter().copied().zip(0..).collect();
    let mut last = (None, None);
    let mut rows = Vec::with_capacity(parcel_ids.len());
    for id in parcel_ids.iter() {
        if last.0 != id {
            last = (id, id.and_then(|id| row_of.get(id).copied()));
        }
        rows.push(last.1);
    }
    rows
}

/// Numbers in the order of the identifiers; missing ones come first.
pub(super) fn numbered<'a>(ids: impl Iterator<Item = Option<&'a str>>) -> Vec<u32> {
    let mut number_of: PlHashMap<Option<&str>, u32> = PlHashMap::default();
    let mut distinct: Vec<(Option<&str>, u32)> = Vec::new();
    let mut number = |id| {
        *number_of.entry(id).or_insert_with(|| {
            let number = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
            distinct.push((id, number));
            number
        })
    };
    // A register tends to have the rows of an enterprise together.
    let mut last = None;
    let as_met = ids.map(|id| match last {
        Some((same, number)) if same == id => number,
        _ => last.insert((id, number(id))).1,
    });
    let mut numbers: Vec<u32> = as_met.collect();
    distinct.par_sort_unstable();
    let mut place = vec![0; distinct.len()];
    for ((_, met), sorted) in distinct.into_iter().zip(0..) {
        place[met as usize] = sorted;
    }
    numbers.par_iter_mut().for_each(|number| *number = place[*number as usize]);
    numbers
}

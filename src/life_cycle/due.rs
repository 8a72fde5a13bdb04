//! What is due when: the calendar of every item and parcel, seen from the day of the job.
//!
//! **Invariant:** an item that nobody knows the fate of is never called overdue: once its day is past it is unconfirmed.

use chrono::NaiveDate;
use polars::prelude::{BooleanChunked, DataFrame};

use crate::rules::{AS_OF, Due, LifeCycleRules};

use super::{
    LifeCycleError,
    calendar::add_months,
    days::{Days, answers},
};

/// How an item stands on the day of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueState {
    /// Past, and not done.
    Overdue,
    /// Past, and nothing says whether it was done.
    Unconfirmed,
    /// Today or within the days of the rule.
    Due,
    /// Later.
    Upcoming,
}

impl DueState {
    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Unconfirmed => "unconfirmed",
            Self::Due => "due",
            Self::Upcoming => "upcoming",
        }
    }
}

/// An item of a parcel with its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The row of the parcel.
    pub parcel: u32,
    /// The number of the item in the rule.
    pub item: usize,
    /// Its day.
    pub day: NaiveDate,
    /// Days from the day of the job until then.
    pub days: i32,
    /// How it stands.
    pub state: DueState,
}

/// An item over the rows of a frame.
struct Column<'r> {
    number: usize,
    due: &'r Due,
    when: Option<BooleanChunked>,
    done: Option<BooleanChunked>,
    from: Vec<Days>,
    last: Option<Days>,
    until: Option<Days>,
}

/// The items of a rule over the rows of a frame; those that no row has a day for are left out.
pub struct Calendar<'r> {
    rules: &'r LifeCycleRules,
    columns: Vec<Column<'r>>,
    as_of: Days,
}

impl<'r> Calendar<'r> {
    /// Reads the columns of all items.
    pub fn new(rules: &'r LifeCycleRules, facts: &DataFrame) -> Result<Self, LifeCycleError> {
        let mut columns = Vec::new();
        for (number, due) in rules.due.iter().enumerate() {
            let from: Vec<Days> = due.from.iter().map(|name| Days::of(facts, name)).collect::<Result<_, _>>()?;
            if !from.iter().any(Days::any) {
                continue;
            }
            let days = |name: &Option<std::sync::Arc<str>>| name.as_ref().map(|name| Days::of(facts, name)).transpose();
            let (last, until) = (days(&due.last)?, days(&due.until)?);
            let (when, done) = (answers(due.when.as_ref(), facts)?, answers(due.done.as_ref(), facts)?);
            columns.push(Column { number, due, when, done, from, last, until });
        }
        Ok(Self { rules, columns, as_of: Days::of(facts, AS_OF)? })
    }

    /// The items of a row in the order of the rule, however far ahead.
    pub fn entries(&self, row: usize) -> impl Iterator<Item = Entry> {
        let as_of = self.as_of.get(row);
        self.columns.iter().filter_map(move |column| {
            let as_of = as_of?;
            let planned = column.planned(row, as_of)?;
            let days = planned.day.to_epoch_days() - as_of.to_epoch_days();
            let parcel = u32::try_from(row).unwrap_or(u32::MAX);
            Some(Entry { parcel, item: column.number, day: planned.day, days, state: self.state(days, planned.certain) })
        })
    }

    /// Whether an entry is near enough to be listed.
    pub fn is_listed(&self, entry: &Entry) -> bool {
        i64::from(entry.days) <= i64::from(self.rules.listed_within_days)
    }

    fn state(&self, days: i32, certain: bool) -> DueState {
        match (days < 0, certain) {
            (true, true) => DueState::Overdue,
            (true, false) => DueState::Unconfirmed,
            (false, _) if i64::from(days) <= i64::from(self.rules.due_within_days) => DueState::Due,
            (false, _) => DueState::Upcoming,
        }
    }
}

/// The day of an item, and whether it is certain that it has not been done.
struct Planned {
    day: NaiveDate,
    certain: bool,
}

impl Column<'_> {
    fn planned(&self, row: usize, as_of: NaiveDate) -> Option<Planned> {
        if self.when.as_ref().is_some_and(|when| when.get(row) != Some(true)) {
            return None;
        }
        let from = self.from.iter().find_map(|days| days.get(row))?;
        let done = self.done.as_ref().and_then(|done| done.get(row));
        let last = self.last.as_ref().and_then(|days| days.get(row)).filter(|last| from <= *last);
        let planned = match self.due.every_months.and_then(|months| i32::try_from(months).ok()) {
            None => self.once(from, done),
            Some(every) => self.again((from, every), (done, last), as_of),
        }?;
        let is_over = self.until.as_ref().and_then(|days| days.get(row)).is_some_and(|until| until < planned.day);
        (!is_over).then_some(planned)
    }

    fn once(&self, from: NaiveDate, done: Option<bool>) -> Option<Planned> {
        let day = add_months(from, self.due.after_months)?;
        (done != Some(true)).then_some(Planned { day, certain: done == Some(false) })
    }

    /// After the last time that is known; at the first time where it was never done; else at the next time of the series.
    fn again(&self, (from, every): (NaiveDate, i32), (done, last): (Option<bool>, Option<NaiveDate>), as_of: NaiveDate) -> Option<Planned> {
        if let Some(last) = last {
            return Some(Planned { day: add_months(last, every)?, certain: true });
        }
        let time = |number: i32| add_months(from, self.due.after_months.checked_add(every.checked_mul(number)?)?);
        if done == Some(false) {
            return Some(Planned { day: time(1)?, certain: true });
        }
        let day = (1..).map_while(time).find(|day| as_of <= *day)?;
        Some(Planned { day, certain: false })
    }
}

//! Months and years by the calendar.
//!
//! **Invariant:** a month or year after a day is the day of that number; where the month has no such day (29 February, 31 April), its last day. A series is
//! counted from its first day, so that one of 29 February is on 28 February in common years and on 29 February in leap years.

use chrono::{Datelike, Months, NaiveDate};

const MONTHS_A_YEAR: i32 = 12;

/// So many months after the day; negative = before. None beyond the calendar.
pub fn add_months(day: NaiveDate, months: i32) -> Option<NaiveDate> {
    let by = Months::new(months.unsigned_abs());
    if months < 0 { day.checked_sub_months(by) } else { day.checked_add_months(by) }
}

/// So many years after the day.
pub fn add_years(day: NaiveDate, years: i32) -> Option<NaiveDate> {
    add_months(day, years.checked_mul(MONTHS_A_YEAR)?)
}

/// Years from one day to the other: whole years, and the days since the last anniversary over the days from it to the next. 0 where `to` is not after `from`.
pub fn years_between(from: NaiveDate, to: NaiveDate) -> Option<f64> {
    if to <= from {
        return Some(0.0);
    }
    let mut whole = to.year() - from.year();
    if add_years(from, whole)? > to {
        whole -= 1;
    }
    let (last, next) = (add_years(from, whole)?, add_years(from, whole.checked_add(1)?)?);
    Some(f64::from(whole) + days(last, to) / days(last, next))
}

fn days(from: NaiveDate, to: NaiveDate) -> f64 {
    f64::from(to.to_epoch_days() - from.to_epoch_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn months_end_with_the_month() {
        let check = |from: &str, months: i32, to: &str| assert_eq!(add_months(day(from), months), Some(day(to)), "{from} {months}");
        check("2024-02-29", 12, "2025-02-28");
        check("2024-02-29", 48, "2028-02-29");
        check("2024-02-29", -12, "2023-02-28");
        check("2025-02-28", 12, "2026-02-28");
        check("2025-01-31", 1, "2025-02-28");
        check("2025-03-31", -1, "2025-02-28");
        check("2025-12-31", 60, "2030-12-31");
    }

    #[test]
    fn years_are_whole_on_the_anniversary() {
        let check = |from: &str, to: &str, years: f64| assert_eq!(years_between(day(from), day(to)), Some(years), "{from} {to}");
        check("2023-06-30", "2025-06-29", 1.0 + 364.0 / 365.0);
        check("2023-06-30", "2025-06-30", 2.0);
        // From 2025-06-30 to 2026-06-30 are 365 days.
        check("2023-06-30", "2025-07-01", 2.0 + 1.0 / 365.0);
        check("2024-02-29", "2025-02-27", 364.0 / 365.0);
        check("2024-02-29", "2025-02-28", 1.0);
        check("2024-02-29", "2028-02-28", 3.0 + 365.0 / 366.0);
        check("2024-02-29", "2028-02-29", 4.0);
        check("2025-06-30", "2025-06-30", 0.0);
        check("2025-06-30", "2024-06-30", 0.0);
    }
}

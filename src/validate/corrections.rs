//! Corrections of attributes that somebody has signed: applied only where the value that they were given for still stands.
//!
//! **Invariant:** a correction is applied whole or told as not applied with the value found; two for one attribute of one parcel cancel each other.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::{AnyValue, Column, IntoColumn, PolarsError, Series};

use crate::model::{Code, Correction, Finding, Layer, identifiers};
use crate::say;

/// Applies corrections to the parcels, which are sorted by identifier.
///
/// # Errors
/// Only a defect of this program: a value of another type than its column.
pub fn correct(parcels: &mut Layer, corrections: &[Correction], day: NaiveDate) -> Result<Vec<Finding>, PolarsError> {
    if corrections.is_empty() {
        return Ok(Vec::new());
    }
    let rows: BTreeMap<String, usize> = identifiers(&parcels.attributes)?.iter().flatten().map(str::to_owned).zip(0..).collect();
    let mut wanted: BTreeMap<(&str, &str), Vec<&Correction>> = BTreeMap::new();
    for correction in corrections {
        let place = (correction.field.as_deref().unwrap_or_default(), correction.parcel_id.as_deref().unwrap_or_default());
        wanted.entry(place).or_default().push(correction);
    }
    let mut findings = Vec::new();
    let mut changes: BTreeMap<&str, Vec<(usize, AnyValue<'static>)>> = BTreeMap::new();
    for ((field, parcel), own) in wanted {
        let row = rows.get(parcel).copied();
        let current = row.map(|row| Ok::<_, PolarsError>(parcels.attributes.column(field)?.get(row)?.into_static()));
        let several =
            (own.len() > 1).then(|| say!("{corrections} corrections are for this attribute of this parcel", corrections = own.len()));
        for correction in own {
            let why_not = several.clone().or_else(|| correction.signed.fault(day));
            match why_not.map_or_else(|| apply(correction, current.as_ref()), Err) {
                Ok(value) => {
                    changes.entry(field).or_default().extend(row.map(|row| (row, value)));
                    findings.push(applied(correction, row.map_or(&parcels.source, |row| parcels.source_of(row))));
                }
                Err(why) => findings.push(not_applied(correction, &why)),
            }
        }
    }
    for (field, values) in changes {
        let corrected = with(parcels.attributes.column(field)?, &values)?;
        parcels.attributes.with_column(corrected)?;
    }
    Ok(findings)
}

/// The new value, where the old one still stands.
fn apply(correction: &Correction, current: Option<&Result<AnyValue<'static>, PolarsError>>) -> Result<AnyValue<'static>, String> {
    let [old, new] = correction.values.as_ref().map_err(Clone::clone)?;
    match current {
        None => Err(say!("the parcel is not in the inventory")),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(current)) if current != old => Err(say!("the value is now {current}, not {old}", current, old)),
        Some(Ok(_)) => Ok(new.clone()),
    }
}

fn with(column: &Column, values: &[(usize, AnyValue<'static>)]) -> Result<Column, PolarsError> {
    let mut cells: Vec<AnyValue<'_>> = (0..column.len()).map(|row| column.get(row)).collect::<Result<_, _>>()?;
    for (row, value) in values {
        cells.get_mut(*row).into_iter().for_each(|cell| *cell = value.clone());
    }
    Ok(Series::from_any_values_and_dtype(column.name().clone(), &cells, column.dtype(), true)?.into_column())
}

fn applied(correction: &Correction, parcels: &crate::model::Source) -> Finding {
    let signed = &correction.signed;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let old = correction.values.as_ref().map(|[old, _]| old.to_string()).unwrap_or_default();
    let new = correction.new_text.clone().unwrap_or_else(|| say!("unknown"));
    let until = signed.expires.map(|last| say!(", until {last}", last)).unwrap_or_default();
    let message = say!(
        "corrected from {old} to {new} by {by}: {reason}{until}; row {row} of {file}",
        old,
        new,
        by = text(&signed.by),
        reason = text(&signed.reason),
        until,
        row = signed.row,
        file = signed.source.file
    );
    Finding::new(Code::CorrectionApplied, parcels, message)
        .of(text(&correction.parcel_id))
        .field(text(&correction.field), new)
        .hint(say!("correct the source, and take the row off the list"))
}

fn not_applied(correction: &Correction, why: &str) -> Finding {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Finding::new(Code::CorrectionNotApplied, &correction.signed.source, say!("the correction was not applied: {why}", why))
        .at_row(correction.signed.row)
        .of(text(&correction.parcel_id))
        .field(text(&correction.field), text(&correction.new_text))
        .hint(say!("look at the parcel again, then change the row or take it off the list"))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DataFrame, NamedFrom};

    use super::*;
    use crate::model::{Coord, Files, GeometryBuilder, Signed, Source, text_column};

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn parcels() -> Layer {
        let mut builder = GeometryBuilder::default();
        let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)].map(|(x, y)| Coord::new(x, y)).to_vec();
        (0..2).for_each(|_| builder.push_polygon(std::slice::from_ref(&square)));
        let columns = vec![
            text_column("parcel_id", [Some("A"), Some("B")].into_iter()),
            text_column("land_use", [Some("1001"), None].into_iter()),
            Series::new("registered_area_m2".into(), [Some(2000.0), Some(10.0)]).into_column(),
        ];
        let source = Source { file: "p.gpkg".into(), layer: "p".into() };
        Layer {
            source,
            files: Files::default(),
            geometry: builder.finish(),
            attributes: DataFrame::new(2, columns).unwrap(),
            rows: vec![1, 2],
        }
    }

    fn correction(parcel: &str, field: &str, old: AnyValue<'static>, new: AnyValue<'static>) -> Correction {
        let signed = Signed {
            source: Source { file: "c.csv".into(), layer: "".into() },
            row: 1,
            reason: Some("survey".into()),
            by: Some("Li".into()),
            expires: Some(day(2025, 12, 31)),
        };
        let new_text = Some(new.to_string());
        Correction { signed, parcel_id: Some(parcel.into()), field: Some(field.into()), values: Ok([old, new]), new_text }
    }

    fn told(parcels: &mut Layer, corrections: &[Correction], on: NaiveDate) -> Vec<(&'static str, String)> {
        correct(parcels, corrections, on).unwrap().into_iter().map(|f| (f.code.as_str(), f.message)).collect()
    }

    fn area(parcels: &Layer) -> Vec<Option<f64>> {
        parcels.attributes.column("registered_area_m2").unwrap().f64().unwrap().iter().collect()
    }

    #[test]
    fn only_what_still_stands_is_corrected() {
        let mut parcels = parcels();
        let number = AnyValue::Float64;
        let list = [
            correction("A", "registered_area_m2", number(2000.0), number(2001.5)),
            correction("B", "registered_area_m2", number(11.0), number(12.0)),
            correction("X", "registered_area_m2", number(1.0), number(2.0)),
            correction("B", "land_use", AnyValue::Null, AnyValue::StringOwned("0601".into())),
        ];
        let told = told(&mut parcels, &list, day(2025, 12, 31));
        assert_eq!(area(&parcels), [Some(2001.5), Some(10.0)]);
        assert_eq!(parcels.attributes.column("land_use").unwrap().str().unwrap().get(1), Some("0601"));
        assert_eq!(told.iter().filter(|(code, _)| *code == "correction.applied").count(), 2, "{told:?}");
        assert!(told.iter().any(|(_, message)| message.ends_with("the value is now 10.0, not 11.0")), "{told:?}");
        assert!(told.iter().any(|(_, message)| message.ends_with("the parcel is not in the inventory")));
    }

    #[test]
    fn what_has_ended_is_unsigned_or_stands_twice_is_not_applied() {
        let number = AnyValue::Float64;
        let one = || correction("A", "registered_area_m2", number(2000.0), number(3.0));
        let refused = |list: &[Correction], on: NaiveDate, why: &str| {
            let mut parcels = parcels();
            let told = told(&mut parcels, list, on);
            assert_eq!(area(&parcels), [Some(2000.0), Some(10.0)]);
            assert!(told.iter().all(|(code, message)| *code == "correction.not_applied" && message.contains(why)), "{told:?}");
        };
        refused(&[one()], day(2026, 1, 1), "it ended on 2025-12-31");
        refused(&[one(), correction("A", "registered_area_m2", number(2000.0), number(4.0))], day(2025, 1, 1), "2 corrections are for");
        let mut unsigned = one();
        unsigned.signed.by = None;
        refused(&[unsigned], day(2025, 1, 1), "nobody has signed it");
        let mut unreadable = one();
        unreadable.values = Err("`area` is no attribute of parcels".into());
        refused(&[unreadable], day(2025, 1, 1), "is no attribute");
    }
}

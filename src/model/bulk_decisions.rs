//! Decisions of rules that speak of every parcel: a number a parcel and rule, few texts, and facts that are written down only when the file is.
//!
//! Forty routes on a million parcels are forty million rows; as texts they would be most of the memory of a machine.
//!
//! **Invariant:** every rule of one [`BulkDecisions`] has a number for each parcel, and a pattern for each number.

use std::fmt::Write as _;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataType, Float64Chunked, Int32Chunked, Int64Chunked, PolarsResult, StringChunked};
use serde_json::Value;

use super::Verdict;

/// What several rules said of every parcel.
#[derive(Clone, Debug, Default)]
pub struct BulkDecisions {
    /// The rules.
    pub rules: Vec<BulkRule>,
    /// The columns that the facts are taken from.
    pub facts: Arc<[Fact]>,
}

/// What one rule said of every parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRule {
    /// `<pack>.<kind>.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub rule_version: Arc<str>,
    /// The pattern of each parcel.
    pub numbers: Vec<u16>,
    /// What the numbers mean.
    pub patterns: Vec<Pattern>,
}

/// A verdict with its reasons, and the columns whose values are its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The answer.
    pub verdict: Verdict,
    /// Why, in words a planner reads.
    pub reasons: Arc<str>,
    /// The facts, by their places in [`BulkDecisions::facts`].
    pub facts: Vec<u16>,
    /// The facts as text, where they are the same for every parcel of the pattern.
    constant: Option<Arc<str>>,
}

/// A column that facts are taken from.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The name with quotes and colon.
    key: String,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// One value, as JSON.
    Same(String),
    Number(Float64Chunked),
    Whole(Int64Chunked),
    Text(StringChunked),
    Flag(BooleanChunked),
    /// Days since 1970-01-01.
    Day(Int32Chunked),
}

impl Fact {
    /// The fact of a column of numbers, texts, flags or days.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn new(column: &Column) -> PolarsResult<Self> {
        let key = format!("{}:", Value::from(column.name().as_str()));
        let all = Values::of(column)?;
        let same = column.null_count() == column.len() || matches!(column, Column::Scalar(_));
        let values = if same { Values::Same(all.text(0)) } else { all };
        Ok(Self { key, values })
    }

    fn write(&self, row: usize, out: &mut String) {
        out.push_str(&self.key);
        self.values.write(row, out);
    }
}

impl Values {
    fn of(column: &Column) -> PolarsResult<Self> {
        let column = column.rechunk();
        Ok(match column.dtype() {
            DataType::String => Self::Text(column.str()?.clone()),
            DataType::Boolean => Self::Flag(column.bool()?.clone()),
            DataType::Date => Self::Day(column.cast(&DataType::Int32)?.i32()?.clone()),
            dtype if dtype.is_integer() => Self::Whole(column.cast(&DataType::Int64)?.i64()?.clone()),
            _ => Self::Number(column.cast(&DataType::Float64)?.f64()?.clone()),
        })
    }

    fn text(&self, row: usize) -> String {
        let mut out = String::new();
        self.write(row, &mut out);
        out
    }

    fn write(&self, row: usize, out: &mut String) {
        let written = match self {
            Self::Same(text) => Some(text).map(|text| put(out, text)),
            Self::Number(values) => values.get(row).map(|value| put(out, &Value::from(value))),
            Self::Whole(values) => values.get(row).map(|value| put(out, &value)),
            Self::Text(values) => values.get(row).map(|value| put(out, &Value::from(value))),
            Self::Flag(values) => values.get(row).map(|yes| put(out, &yes)),
            Self::Day(values) => {
                let day = values.get(row).and_then(chrono::NaiveDate::from_epoch_days);
                day.map(|day| put(out, &format_args!("\"{day}\"")))
            }
        };
        if written.is_none() {
            out.push_str("null");
        }
    }
}

/// Writing to a string cannot fail.
fn put(out: &mut String, value: &dyn std::fmt::Display) {
    let _ = write!(out, "{value}");
}

impl BulkDecisions {
    /// The decisions of these rules with facts from these columns.
    #[must_use]
    pub fn new(mut rules: Vec<BulkRule>, facts: Vec<Fact>) -> Self {
        for pattern in rules.iter_mut().flat_map(|rule| &mut rule.patterns) {
            let mut used = pattern.facts.iter().filter_map(|fact| facts.get(usize::from(*fact)));
            if used.all(|fact| matches!(fact.values, Values::Same(_))) {
                let mut text = String::new();
                pattern.write_facts(&facts, 0, &mut text);
                pattern.constant = Some(text.into());
            }
        }
        Self { rules, facts: facts.into() }
    }
}

impl Pattern {
    /// A pattern; the facts by their places among the columns.
    #[must_use]
    pub const fn new(verdict: Verdict, reasons: Arc<str>, facts: Vec<u16>) -> Self {
        Self { verdict, reasons, facts, constant: None }
    }

    /// Writes the facts of the parcel in `row` as a JSON object in place of what `out` holds.
    pub fn write_facts(&self, facts: &[Fact], row: usize, out: &mut String) {
        out.clear();
        if let Some(text) = &self.constant {
            out.push_str(text);
            return;
        }
        out.push('{');
        for (place, fact) in self.facts.iter().filter_map(|fact| facts.get(usize::from(*fact))).enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            fact.write(row, out);
        }
        out.push('}');
    }
}

impl BulkRule {
    /// The pattern of a parcel.
    #[must_use]
    pub fn pattern(&self, parcel: usize) -> Option<&Pattern> {
        self.patterns.get(usize::from(*self.numbers.get(parcel)?))
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{AnyValue, IntoColumn, NamedFrom, Scalar, Series};

    use super::*;

    #[test]
    fn facts_of_every_type_are_json() {
        let day = Scalar::new(DataType::Date, AnyValue::Date(20_453));
        let columns = [
            Series::new("far".into(), [Some(0.5), None, Some(f64::NAN)]).into_column(),
            Series::new("town \"east\"".into(), [Some("东\"门"), None, Some("西")]).into_column(),
            Series::new("works_started".into(), [Some(true), Some(false), None]).into_column(),
            Series::new("enterprises".into(), [Some(3_u32), None, Some(0)]).into_column(),
            Column::new_scalar("as_of".into(), day, 3),
            Column::full_null("grade".into(), 3, &DataType::String),
            Series::new("term_end".into(), [Some(0_i32), None, Some(365)]).cast(&DataType::Date).unwrap().into_column(),
        ];
        let facts: Vec<Fact> = columns.iter().map(|column| Fact::new(column).unwrap()).collect();
        let pattern = Pattern::new(Verdict::Yes, "".into(), (0..7).collect());
        let mut out = String::from("old");
        let mut texts = Vec::new();
        for row in 0..3 {
            pattern.write_facts(&facts, row, &mut out);
            assert!(serde_json::from_str::<Value>(&out).is_ok(), "{out}");
            texts.push(out.clone());
        }
        assert_eq!(
            texts,
            [
                r#"{"far":0.5,"town \"east\"":"东\"门","works_started":true,"enterprises":3,"as_of":"2025-12-31","grade":null,"term_end":"1970-01-01"}"#,
                r#"{"far":null,"town \"east\"":null,"works_started":false,"enterprises":null,"as_of":"2025-12-31","grade":null,"term_end":null}"#,
                r#"{"far":null,"town \"east\"":"西","works_started":null,"enterprises":0,"as_of":"2025-12-31","grade":null,"term_end":"1971-01-01"}"#,
            ]
        );
        let same = Pattern::new(Verdict::Unknown, "".into(), vec![4, 5]);
        let rule = BulkRule { rule_id: "p.k.r".into(), rule_version: "1".into(), numbers: vec![0, 1], patterns: vec![pattern, same] };
        let settled = BulkDecisions::new(vec![rule], facts);
        assert_eq!(settled.rules[0].patterns[0].constant, None);
        settled.rules[0].pattern(1).unwrap().write_facts(&settled.facts, 1, &mut out);
        assert_eq!(
            (out.as_str(), settled.rules[0].patterns[1].constant.as_deref()),
            (r#"{"as_of":"2025-12-31","grade":null}"#, Some(out.as_str()))
        );
    }
}

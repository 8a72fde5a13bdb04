//! Decisions of rules that speak of every parcel: a number a parcel and rule, few texts, and facts that are written down only when the file is.
//!
//! Forty routes on a million parcels are forty million rows; as texts they would be most of the memory of a machine.
//!
//! **Invariant:** every rule of one [`BulkDecisions`] has a number for each parcel, and a pattern for each number.

use std::io::Write as _;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataType, Float64Chunked, Int32Chunked, Int64Chunked, PolarsResult, StringChunked};
use serde::Serialize;
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
    constant: Option<Arc<[u8]>>,
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
    Same(Vec<u8>),
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

    fn append(&self, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.key.as_bytes());
        self.values.append(row, out);
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

    fn text(&self, row: usize) -> Vec<u8> {
        let mut out = Vec::new();
        self.append(row, &mut out);
        out
    }

    fn append(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Same(text) => out.extend_from_slice(text),
            Self::Number(values) => put(values.get(row), out),
            Self::Whole(values) => put(values.get(row), out),
            Self::Text(values) => put(values.get(row), out),
            Self::Flag(values) => put(values.get(row), out),
            Self::Day(values) => match values.get(row).and_then(chrono::NaiveDate::from_epoch_days) {
                // Writing to memory cannot fail.
                Some(day) => drop(write!(out, "\"{day}\"")),
                None => put(None::<i32>, out),
            },
        }
    }
}

/// Appends a value as JSON; numbers that are none are null. Writing to memory cannot fail.
fn put(value: Option<impl Serialize>, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, &value);
}

impl BulkDecisions {
    /// The decisions of these rules with facts from these columns.
    #[must_use]
    pub fn new(mut rules: Vec<BulkRule>, facts: Vec<Fact>) -> Self {
        for pattern in rules.iter_mut().flat_map(|rule| &mut rule.patterns) {
            let mut used = pattern.facts.iter().filter_map(|fact| facts.get(usize::from(*fact)));
            if used.all(|fact| matches!(fact.values, Values::Same(_))) {
                let mut text = Vec::new();
                pattern.append_facts(&facts, 0, &mut text);
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

    /// Appends the facts of the parcel in `row`, a JSON object, to `out`.
    pub fn append_facts(&self, facts: &[Fact], row: usize, out: &mut Vec<u8>) {
        if let Some(text) = &self.constant {
            out.extend_from_slice(text);
            return;
        }
        out.push(b'{');
        for (place, fact) in self.facts.iter().filter_map(|fact| facts.get(usize::from(*fact))).enumerate() {
            if place > 0 {
                out.push(b',');
            }
            fact.append(row, out);
        }
        out.push(b'}');
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
        let mut texts = Vec::new();
        for row in 0..3 {
            let mut out = Vec::new();
            pattern.append_facts(&facts, row, &mut out);
            let text = String::from_utf8(out).unwrap();
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
            texts.push(text);
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
        let mut out = Vec::new();
        settled.rules[0].pattern(1).unwrap().append_facts(&settled.facts, 1, &mut out);
        assert_eq!(out, br#"{"as_of":"2025-12-31","grade":null}"#);
        assert_eq!(settled.rules[0].patterns[1].constant.as_deref(), Some(&out[..]));
    }
}

//! Cells of tables as JSON.

use polars::prelude::AnyValue;
use serde_json::Value;

/// A cell as JSON: what is missing or not finite is null, a day is text.
#[must_use]
pub fn json_value(value: &AnyValue<'_>) -> Value {
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(truth) => Value::Bool(*truth),
        AnyValue::String(text) => Value::String((*text).to_owned()),
        AnyValue::StringOwned(text) => Value::String(text.to_string()),
        AnyValue::Date(_) => Value::String(value.to_string()),
        AnyValue::Float64(number) => serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number),
        AnyValue::Float32(number) => serde_json::Number::from_f64(f64::from(*number)).map_or(Value::Null, Value::Number),
        other => other.extract::<i64>().map_or_else(|| Value::String(other.to_string()), Value::from),
    }
}

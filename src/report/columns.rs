//! What the map and the plots draw of every parcel: a few columns as packed numbers, one after the other.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType};
use serde_json::{Value, json};

use super::outlines::Outlines;
use super::{names, texts};
use crate::model::division;

/// Columns of few different texts. Those of zones follow by the job.
const CATEGORIES: &[&str] = &[
    "town",
    "grade",
    "location_class",
    "far_basis",
    "low_efficiency",
    "tract_id",
    "sliver_status",
    "sliver_project",
    "standards_met",
    "contract_met",
    "transfer_met",
    "sensitive",
];
/// Columns of numbers, and the decimals that are kept of them.
const NUMBERS: &[(&str, i32)] = &[
    ("area_mu", 2),
    ("far", 3),
    ("building_density", 4),
    ("tax_per_mu_wan", 3),
    ("output_per_mu_wan", 2),
    ("value_added_per_mu_wan", 2),
    ("score", 2),
    ("findings", 0),
];
/// Digits before the point that may be dropped where a number is huge: the largest of all have 309.
const FEWEST: i32 = -300;
/// The number that stands for a missing one.
const MISSING: i32 = i32::MIN;

/// The columns and where each stands in the bytes.
#[derive(Default)]
pub struct Columns {
    /// Name, kind and place of each.
    pub layout: Vec<Value>,
    /// All of them.
    pub bytes: Vec<u8>,
}

impl Columns {
    /// The columns of an inventory.
    pub fn of(inventory: &DataFrame, outlines: &Outlines) -> Self {
        let mut columns = Self::default();
        columns.put("outlines", "outlines", &outlines.bytes, json!({}));
        let ids: Vec<_> = texts(inventory, "parcel_id").iter().flat_map(|ids| ids.iter()).map(|id| json!(id)).collect();
        columns.put("parcel_id", "json", Value::Array(ids).to_string().as_bytes(), json!({}));
        let zones = names(inventory).filter(|name| name.starts_with("zone_"));
        for name in CATEGORIES.iter().copied().chain(zones) {
            let values = texts(inventory, name);
            columns.category(name, values.iter().flat_map(|values| values.iter()).map(|value| value.map(str::to_owned)));
        }
        let industries = texts(inventory, "industry");
        let divisions = industries.iter().flat_map(|codes| codes.iter()).map(|code| code.map(|code| division(code).into_owned()));
        columns.category("industry", divisions);
        for (name, decimals) in NUMBERS {
            let column = inventory.column(name).and_then(|column| column.cast(&DataType::Float64));
            let values = column.as_ref().ok().and_then(|column| column.f64().ok());
            columns.number(name, *decimals, &values.into_iter().flat_map(|values| values.iter()).collect::<Vec<_>>());
        }
        columns
    }

    fn put(&mut self, name: &str, kind: &str, bytes: &[u8], more: Value) {
        let mut entry = json!({ "name": name, "kind": kind, "offset": self.bytes.len(), "length": bytes.len() });
        if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), more) {
            entry.extend(more);
        }
        self.layout.push(entry);
        self.bytes.extend_from_slice(bytes);
    }

    /// Numbers of a list of the texts that occur, from 1; 0 = missing.
    fn category(&mut self, name: &str, values: impl Iterator<Item = Option<String>>) {
        let values: Vec<Option<String>> = values.collect();
        let mut numbers: BTreeMap<&str, u32> = values.iter().flatten().map(|value| (value.as_str(), 0)).collect();
        numbers.values_mut().zip(1..).for_each(|(number, next)| *number = next);
        let texts: Vec<&str> = numbers.keys().copied().collect();
        let width = 1 + usize::from(texts.len() > 0xff) + 2 * usize::from(texts.len() > 0xffff);
        let number = |value: &Option<String>| value.as_deref().and_then(|value| numbers.get(value)).copied().unwrap_or_default();
        let bytes = planes(&values.iter().map(number).collect::<Vec<_>>(), width);
        self.put(name, "category", &bytes, json!({ "width": width, "texts": texts }));
    }

    /// Whole numbers of the last decimal that is kept; fewer decimals where the largest would not fit.
    #[expect(clippy::cast_possible_truncation, reason = "the largest fits")]
    fn number(&mut self, name: &str, decimals: i32, values: &[Option<f64>]) {
        let largest = values.iter().flatten().filter(|value| value.is_finite()).fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let fits = |decimals: &i32| largest * 10_f64.powi(*decimals) < f64::from(i32::MAX);
        let decimals = (FEWEST..=decimals).rev().find(fits).unwrap_or_default();
        let whole = |value: f64| (value * 10_f64.powi(decimals)).round() as i32;
        let numbers: Vec<u32> = values.iter().map(|value| value.filter(|v| v.is_finite()).map_or(MISSING, whole).cast_unsigned()).collect();
        self.put(name, "number", &planes(&numbers, 4), json!({ "decimals": decimals }));
    }
}

/// The lowest bytes of all numbers, then the next: like bytes side by side deflate well.
fn planes(numbers: &[u32], width: usize) -> Vec<u8> {
    (0..width).flat_map(|plane| numbers.iter().map(move |number| number.to_le_bytes().get(plane).copied().unwrap_or_default())).collect()
}

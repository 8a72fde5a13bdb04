//! The sheets that are no table of the run: one row a figure of the whole, the land that is recognised, and a row for each parcel and tool.

use std::collections::HashMap;

use polars::prelude::{BooleanChunked, DataFrame, DataType, NamedFrom, PolarsResult, Series, StringChunked};
use serde_json::Value;

use super::sheet::{Column, Sheet};
use crate::model::columns::Column as Defined;
use crate::model::{Lang, Outcome, lang, tables};

/// The columns of the list of low-efficiency land, as far as the inventory has them.
const LOW_EFFICIENCY: [&str; 18] = [
    "parcel_id",
    "town",
    "industry",
    "land_use",
    "low_efficiency_reason",
    "area_m2",
    "area_mu",
    "floor_area_m2",
    "far",
    "building_density",
    "tax_per_mu_wan",
    "output_per_mu_wan",
    "invest_per_mu_wan",
    "idle_years_computed",
    "grade",
    "tract_id",
    "tools",
    "needs_data",
];

/// The whole inventory, a figure a row.
pub fn overall(table: &DataFrame, lang: Lang) -> PolarsResult<Sheet> {
    const TABLE: &str = "overall";
    let numbers = table.columns().iter().filter(|column| column.dtype().is_primitive_numeric());
    let (mut names, mut values, mut larger, mut meanings, mut defined) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in numbers {
        let Some(own) = tables::table(TABLE).and_then(|table| table.column(column.name())) else { continue };
        names.push(lang::label(lang, TABLE, own.name).into_owned());
        let value = column.cast(&DataType::Float64)?.f64()?.get(0);
        values.push(value);
        larger.push(value.and_then(|value| in_larger_units(own, value, lang)));
        meanings.push(lang::meaning(lang, TABLE, own.name));
        defined.push(own);
    }
    let keys = ["workbook:indicator", "workbook:value", "workbook:larger", "workbook:meaning"];
    let columns = vec![
        Series::new(keys[0].into(), names).into(),
        Series::new(keys[1].into(), values).into(),
        Series::new(keys[2].into(), larger).into(),
        Series::new(keys[3].into(), meanings).into(),
    ];
    let headings = keys.iter().map(|key| Column::text(lang::text(lang, key))).collect();
    Ok(Sheet::new(lang::table_title(lang, TABLE), &DataFrame::new_infer_height(columns)?, headings)?.with_looks_of(&defined))
}

/// A large figure as people say it: hectares, 万平方米 of floor area, 亿元.
fn in_larger_units(column: &Defined, value: f64, lang: Lang) -> Option<String> {
    /// m² of a hectare, m² of 万平方米, 万元 of 亿元.
    const TIMES: f64 = 10_000.0;
    let key = match column.unit {
        "m²" if column.name == "floor_area_m2" => "workbook:ten_thousand_m2",
        "m²" => "workbook:ha",
        "万元" => "workbook:hundred_million_cny",
        _ => return None,
    };
    let number = format!("{:.2}", value / TIMES);
    (value.abs() >= TIMES).then(|| lang::filled(lang, key, &[("n", &number)]))
}

/// The parcels that are recognised as low-efficiency land.
pub fn low_efficiency(inventory: &DataFrame, lang: Lang) -> PolarsResult<Sheet> {
    let names = LOW_EFFICIENCY.into_iter().filter(|name| inventory.column(name).is_ok());
    let recognised: BooleanChunked = match inventory.column("low_efficiency") {
        Ok(verdicts) => verdicts.str()?.iter().map(|verdict| Some(verdict == Some("yes"))).collect(),
        Err(_) => std::iter::repeat_n(Some(false), inventory.height()).collect(),
    };
    let rows = inventory.select(names)?.filter(&recognised)?;
    Sheet::of_columns(lang::text(lang, "workbook:low_efficiency"), &rows, &["inventory"], lang)
}

/// A row for each parcel and route of the toolbox that is a candidate for it.
pub fn tool_candidates(outcome: &Outcome, lang: Lang) -> PolarsResult<Sheet> {
    let routes = Routes::of(&outcome.tools, lang)?;
    let texts = |name: &str| outcome.inventory.column(name).ok().and_then(|column| column.str().ok());
    let (ids, towns, tools) = (texts("parcel_id"), texts("town"), texts("tools"));
    let mut cells: Vec<Vec<Option<&str>>> = vec![Vec::new(); 3 + ROUTE_COLUMNS];
    for row in 0..outcome.inventory.height() {
        for route in cell(tools, row).into_iter().flat_map(str::split_whitespace) {
            let about = routes.about(route);
            let line = [cell(ids, row), cell(towns, row), Some(route)].into_iter().chain(about);
            cells.iter_mut().zip(line).for_each(|(column, cell)| column.push(cell));
        }
    }
    let names = ["parcel_id", "town", "route"].into_iter().chain(Routes::columns(lang));
    let columns = names.zip(cells).map(|(name, cells)| Series::new(name.into(), cells).into()).collect();
    let title = lang::text(lang, "workbook:tool_candidates");
    Sheet::of_columns(title, &DataFrame::new_infer_height(columns)?, &["inventory", "tools"], lang)
}

fn cell(texts: Option<&StringChunked>, row: usize) -> Option<&str> {
    texts.and_then(|texts| texts.get(row))
}

/// Columns behind the route.
const ROUTE_COLUMNS: usize = 5;

/// What the toolbox says of each route, in a language.
struct Routes<'t>(HashMap<&'t str, [Option<String>; ROUTE_COLUMNS]>);

impl<'t> Routes<'t> {
    const fn columns(lang: Lang) -> [&'static str; ROUTE_COLUMNS] {
        match lang {
            Lang::En => ["name", "tool_name", "category_name", "lead", "human"],
            Lang::Zh => ["name_zh", "tool_name_zh", "category_name_zh", "lead", "human"],
        }
    }

    fn of(tools: &'t DataFrame, lang: Lang) -> PolarsResult<Self> {
        let mut routes = HashMap::new();
        for (row, route) in tools.column("route")?.str()?.iter().enumerate() {
            let cell = |name: &str| tools.column(name).ok()?.str().ok()?.get(row);
            let about = Self::columns(lang).map(|name| match name {
                "lead" => cell(name).map(|list| listed(list, if lang == Lang::Zh { "name_zh" } else { "name" })),
                "human" => cell(name).map(|list| listed(list, if lang == Lang::Zh { "text_zh" } else { "text" })),
                _ => cell(name).map(str::to_owned),
            });
            routes.extend(route.map(|route| (route, about)));
        }
        Ok(Self(routes))
    }

    fn about(&self, route: &str) -> [Option<&str>; ROUTE_COLUMNS] {
        self.0.get(route).map_or([None; ROUTE_COLUMNS], |about| about.each_ref().map(Option::as_deref))
    }
}

/// One text of every object of a JSON list, separated by semicolons; what is no such list stays as it is.
fn listed(list: &str, key: &str) -> String {
    let Ok(Value::Array(items)) = serde_json::from_str(list) else { return list.to_owned() };
    items.iter().filter_map(|item| item.get(key)?.as_str()).collect::<Vec<_>>().join("; ")
}

//! The figures of the parcels that summaries add up.

use polars::prelude::{DataFrame, DataType, PlHashMap, PolarsResult};

/// Money columns: the name of the sum, of the figure a mu, and of the group's ratio.
pub const MONEY: [(&str, &str); 5] = [
    ("tax_wan", "tax_per_mu_wan"),
    ("output_wan", "output_per_mu_wan"),
    ("revenue_wan", "revenue_per_mu_wan"),
    ("invest_wan", "invest_per_mu_wan"),
    ("value_added_wan", "value_added_per_mu_wan"),
];

/// The classes that shares are given of.
pub const GRADES: [&str; 4] = ["A", "B", "C", "D"];

/// A value a parcel; unknown is not a number, so that a value is eight bytes.
pub type Values = Vec<f64>;

/// The figures of the parcels, by row of the inventory.
pub struct Facts {
    /// Legal area in m².
    pub area_m2: Values,
    /// Legal area in mu.
    pub area_mu: Values,
    /// Planar area that other parcels count, in m².
    pub overlap_m2: Values,
    /// Legal area less that part of it, in m².
    pub net_area_m2: Values,
    /// Ground covered by buildings in m².
    pub footprint_m2: Values,
    /// Counted floor area in m².
    pub floor_area_m2: Values,
    /// 万元 a year, in the order of [`MONEY`].
    pub money_wan: [Values; MONEY.len()],
    /// The number of the grade in [`GRADES`].
    pub grade: Vec<Option<u8>>,
}

impl Facts {
    /// Reads the figures from the inventory. A sum of money that has no column of its own is the figure a mu times the mu.
    pub fn of(inventory: &DataFrame) -> PolarsResult<Self> {
        const AREAS: [&str; 5] = ["area_m2", "overlap_m2", "net_area_m2", "footprint_m2", "floor_area_m2"];
        let area_mu = numbers(inventory, "area_mu")?;
        let (areas, (money, grade)) = rayon::join(
            || AREAS.map(|name| numbers(inventory, name)),
            || (MONEY.map(|names| money(inventory, names, &area_mu)), grades(inventory)),
        );
        let ([area_m2, overlap_m2, net_area_m2, footprint_m2, floor_area_m2], [tax, output, revenue, invest, value_added]) = (areas, money);
        Ok(Self {
            area_m2: area_m2?,
            overlap_m2: overlap_m2?,
            net_area_m2: net_area_m2?,
            footprint_m2: footprint_m2?,
            floor_area_m2: floor_area_m2?,
            money_wan: [tax?, output?, revenue?, invest?, value_added?],
            grade: grade?,
            area_mu,
        })
    }

    /// The part of each parcel that others count, by identifier, where there is one; nothing where no parcel was checked.
    pub fn counted_elsewhere(inventory: &DataFrame) -> PolarsResult<Option<PlHashMap<&str, f64>>> {
        let ids = inventory.column("parcel_id")?.str()?;
        let (overlap, planar) = (numbers(inventory, "overlap_m2")?, numbers(inventory, "area_planar_m2")?);
        if overlap.iter().all(|m2| m2.is_nan()) {
            return Ok(None);
        }
        let rows = ids.iter().zip(overlap.iter().zip(&planar)).filter(|(_, (m2, _))| **m2 > 0.0);
        Ok(Some(rows.filter_map(|(id, (m2, planar))| Some((id?, (m2 / planar).min(1.0)))).collect()))
    }
}

fn money(inventory: &DataFrame, (sum, per_mu): (&str, &str), area_mu: &Values) -> PolarsResult<Values> {
    if inventory.column(sum).is_ok() {
        return numbers(inventory, sum);
    }
    let per_mu = numbers(inventory, per_mu)?;
    Ok(per_mu.iter().zip(area_mu).map(|(figure, mu)| figure * mu).collect())
}

/// A column as numbers; what is not finite is unknown.
fn numbers(table: &DataFrame, name: &str) -> PolarsResult<Values> {
    let column = table.column(name)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().map(|value| value.filter(|v| v.is_finite()).unwrap_or(f64::NAN)).collect())
}

fn grades(table: &DataFrame) -> PolarsResult<Vec<Option<u8>>> {
    let column = table.column("grade")?.cast(&DataType::String)?;
    let number = |grade: Option<&str>| (0..).zip(GRADES).find(|(_, name)| Some(*name) == grade).map(|(number, _)| number);
    Ok(column.str()?.iter().map(number).collect())
}

//! What covers the land and fills the floor of a parcel, from declared areas: building coefficient (建筑系数), office and living land, green rate, shares of
//! the floor; and the land that an agreed intensity leaves over.
//!
//! **Invariant:** a ratio is unknown where one of its parts is undeclared; nothing that is not declared counts as zero.

use polars::prelude::{DataFrame, Float64Chunked, PolarsError};

use crate::model::{M2_PER_MU, mu_from_m2};

/// What is measured before.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The declared attributes, one row a parcel.
    pub attributes: &'a DataFrame,
    /// Legal area, m².
    pub area_m2: &'a [Option<f64>],
    /// Ground covered by above-ground buildings, m².
    pub footprint_m2: &'a [Option<f64>],
}

/// The values of all parcels; none where it is unknown in every one.
pub type Values = Option<Vec<Option<f64>>>;

/// The words of all parcels; none where none has one.
pub type Words = Option<Vec<Option<&'static str>>>;

/// A column of the inventory by its name.
pub type Share = (&'static str, Values);

/// The shares, and where that of office and living land comes from: `land`, or `floor` where only the floor is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The columns in their order.
    pub shares: Vec<Share>,
    /// `land` or `floor`.
    pub office_living_basis: Words,
}

/// Measures every parcel.
///
/// # Errors
/// An attribute that is not a number.
pub fn measure(known: Known<'_>) -> Result<Coverage, PolarsError> {
    let declared = |name: &str| declared(known.attributes, name);
    let floor = declared("above_ground_floor_m2")?;
    let of_floor = |part: &str| Ok::<_, PolarsError>(quotient(declared(part)?.as_ref(), floor.as_ref()));
    let of_land = |part: &str| -> Result<_, PolarsError> {
        let Some(part) = declared(part)? else { return Ok(None) };
        Ok(Some(part.iter().zip(known.area_m2).map(|(part, area)| share(part, *area)).collect::<Vec<_>>()))
    };
    let office_floor = of_floor("office_living_floor_m2")?;
    let (office_land, office_living_basis) = land_before_floor(of_land("office_living_land_m2")?, office_floor.as_deref());
    let needed = land_needed(declared("planned_invest_wan")?.as_ref(), declared("invest_agreed_per_mu_wan")?.as_ref());
    let surplus = needed.as_ref().map(|needed| needed.iter().zip(known.area_m2).map(|(n, a)| a.zip(*n).map(|(a, n)| a - n)).collect());
    let surplus_mu = surplus.as_ref().map(|all: &Vec<Option<f64>>| all.iter().map(|m2| m2.map(mu_from_m2)).collect());
    let shares = vec![
        ("building_coefficient", building_coefficient(known, declared("structures_m2")?.as_ref(), declared("yards_m2")?.as_ref())),
        ("office_living_land_share", office_land),
        ("green_rate", of_land("green_m2")?),
        ("office_living_floor_share", office_floor),
        ("other_use_floor_share", of_floor("other_use_floor_m2")?),
        ("living_floor_share", of_floor("living_floor_m2")?),
        ("land_needed_m2", needed),
        ("surplus_by_intensity_m2", surplus),
        ("surplus_by_intensity_mu", surplus_mu),
    ];
    Ok(Coverage { shares, office_living_basis })
}

/// A declared area or sum; none where no parcel declares it.
fn declared(attributes: &DataFrame, name: &str) -> Result<Option<Float64Chunked>, PolarsError> {
    let Ok(column) = attributes.column(name) else { return Ok(None) };
    if column.null_count() == column.len() {
        return Ok(None);
    }
    Ok(Some(column.f64()?.clone()))
}

/// Part over whole; unknown where either is, or the whole is nothing.
///
/// ```
/// # use mujun::measure::coverage::share;
/// assert_eq!(share(Some(700.0), Some(10_000.0)), Some(0.07));
/// assert_eq!(share(Some(700.0), Some(0.0)), None);
/// ```
#[must_use]
pub fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    part.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| part / whole)
}

fn quotient(part: Option<&Float64Chunked>, whole: Option<&Float64Chunked>) -> Values {
    let (part, whole) = part.zip(whole)?;
    Some(part.iter().zip(whole.iter()).map(|(part, whole)| share(part, whole)).collect())
}

/// 建筑系数: (buildings + production structures + open yards) / land.
fn building_coefficient(known: Known<'_>, structures: Option<&Float64Chunked>, yards: Option<&Float64Chunked>) -> Values {
    let (structures, yards) = structures.zip(yards)?;
    let open = structures.iter().zip(yards.iter());
    let rows = known.footprint_m2.iter().zip(open).zip(known.area_m2);
    Some(
        rows.map(|((built, (structures, yards)), area)| share(built.zip(structures.zip(yards)).map(|(b, (s, y))| b + s + y), *area))
            .collect(),
    )
}

/// The share of the land where it is declared, else that of the floor: office and living rooms inside a factory have no land of their own, and get the part
/// of it that they have of the floor.
fn land_before_floor(land: Values, floor: Option<&[Option<f64>]>) -> (Values, Words) {
    let rows = land.as_ref().map(Vec::len).or(floor.map(<[_]>::len));
    let Some(rows) = rows else { return (None, None) };
    let land = land.unwrap_or_else(|| vec![None; rows]);
    let unknown = vec![None; rows];
    let floor = floor.unwrap_or(&unknown);
    let taken = land.iter().zip(floor).map(|(land, floor)| match (land, floor) {
        (Some(land), _) => (Some(*land), Some("land")),
        (None, Some(floor)) => (Some(*floor), Some("floor")),
        (None, None) => (None, None),
    });
    let (shares, bases) = taken.unzip();
    (Some(shares), Some(bases))
}

/// 标准地指标倒推: planned investment (万元) over agreed intensity (万元/mu), in m².
fn land_needed(invest: Option<&Float64Chunked>, intensity: Option<&Float64Chunked>) -> Values {
    let mu = quotient(invest, intensity)?;
    Some(mu.into_iter().map(|mu| mu.map(|mu| mu * M2_PER_MU)).collect())
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;

    fn of<'c>(coverage: &'c Coverage, name: &str) -> Option<&'c Vec<Option<f64>>> {
        coverage.shares.iter().find(|(own, _)| *own == name).and_then(|(_, values)| values.as_ref())
    }

    #[test]
    fn every_part_must_be_declared() {
        let attributes = df!(
            "structures_m2" => [Some(500.0), None, Some(0.0)],
            "yards_m2" => [Some(500.0), Some(0.0), Some(0.0)],
            "office_living_land_m2" => [Some(700.0), None, None],
            "office_living_floor_m2" => [Some(1.0), Some(300.0), None],
            "above_ground_floor_m2" => [Some(2000.0), Some(2000.0), Some(2000.0)],
        )
        .unwrap();
        let known = Known { attributes: &attributes, area_m2: &[Some(10_000.0); 3], footprint_m2: &[Some(2000.0), Some(2000.0), None] };
        let coverage = measure(known).unwrap();
        assert_eq!(of(&coverage, "building_coefficient"), Some(&vec![Some(0.3), None, None]));
        // 700 of 10,000 m² land; 300 of 2000 m² floor; nothing.
        assert_eq!(of(&coverage, "office_living_land_share"), Some(&vec![Some(0.07), Some(0.15), None]));
        assert_eq!(coverage.office_living_basis, Some(vec![Some("land"), Some("floor"), None]));
        assert_eq!(of(&coverage, "green_rate"), None);
    }

    #[test]
    fn land_needed_and_left_over() {
        // 6000 万元 at 300 万元/mu need 20 mu = 13,333.33 m²; of 20,000 m² (30 mu) 10 mu are left. At 600 万元/mu 30 mu would do for 18,000 万元.
        let attributes = df!(
            "planned_invest_wan" => [Some(6000.0), Some(18_000.0), Some(18_000.0), None],
            "invest_agreed_per_mu_wan" => [Some(300.0), Some(600.0), Some(0.0), Some(300.0)],
        )
        .unwrap();
        let known = Known { attributes: &attributes, area_m2: &[Some(20_000.0); 4], footprint_m2: &[None; 4] };
        let coverage = measure(known).unwrap();
        let rounded = |name: &str| of(&coverage, name).unwrap().iter().map(|v| v.map(|v| (v * 1e6).round() / 1e6)).collect::<Vec<_>>();
        assert_eq!(rounded("land_needed_m2"), [Some(13_333.333_333), Some(20_000.0), None, None]);
        assert_eq!(rounded("surplus_by_intensity_mu"), [Some(10.0), Some(0.0), None, None]);
        assert_eq!(rounded("surplus_by_intensity_m2"), [Some(6_666.666_667), Some(0.0), None, None]);
    }
}

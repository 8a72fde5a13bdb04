//! Summaries: counts, areas, money and grades by town, grade, industry, zone state, zone, candidate tool, and of the whole.
//!
//! Ratios of a group are ratios of sums over the parcels for which both sides are known; a column beside them counts those parcels. A sum over no known
//! value is unknown, not zero.
//!
//! **Invariant:** every sum adds in the order of the inventory, on one thread, so that bytes do not depend on the number of threads; summaries beside each
//! other are what runs in parallel.

mod facts;
mod keys;
mod totals;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsError, PolarsResult, Series};
use rayon::prelude::*;

use crate::say;
use facts::Facts;
use keys::Groups;

/// What keeps a summary from being made.
#[derive(Debug, thiserror::Error)]
pub enum SummariseError {
    /// A table lacks a column, or has it in another type.
    #[error("{}", say!("cannot summarise `{summary}`: {source}", summary, source))]
    Table {
        /// The summary.
        summary: String,
        /// Why not.
        source: PolarsError,
    },
}

type Maker<'a> = (&'static str, Box<dyn Fn() -> PolarsResult<DataFrame> + Sync + 'a>);

/// The summaries of a run by name: `by_town`, `by_grade`, `by_industry`, `by_zone`, `by_zone_name`, `by_tool`, `overall`.
///
/// # Units
/// As the last part of each column name says: m², mu, 万元, 万元/mu; shares are fractions.
///
/// # Errors
/// A column of the inventory or the ledger that is missing or has another type.
pub fn summarise(
    inventory: &DataFrame,
    zone_shares: &DataFrame,
    zone_kinds: &[String],
) -> Result<Vec<(String, DataFrame)>, SummariseError> {
    let failed = |summary: &str| {
        let summary = summary.to_owned();
        move |source| SummariseError::Table { summary, source }
    };
    let facts = Facts::of(inventory).map_err(failed("overall"))?;
    let makers: [Maker<'_>; 7] = [
        ("by_town", Box::new(|| by_key(&facts, keys::by_column(inventory, "town")?))),
        ("by_grade", Box::new(|| by_key(&facts, keys::by_column(inventory, "grade")?))),
        ("by_industry", Box::new(|| by_key(&facts, keys::by_industry(inventory)?))),
        ("by_zone", Box::new(|| by_zone(&facts, inventory, zone_kinds))),
        ("by_zone_name", Box::new(|| by_zone_name(inventory, zone_shares))),
        ("by_tool", Box::new(|| by_key(&facts, keys::by_tool(inventory)?))),
        ("overall", Box::new(|| by_key(&facts, keys::whole(inventory.height())))),
    ];
    makers.par_iter().map(|(name, make)| Ok(((*name).to_owned(), make().map_err(failed(name))?))).collect()
}

fn by_key(facts: &Facts, groups: Groups) -> PolarsResult<DataFrame> {
    let mut columns = vec![text("key", &groups.keys)];
    columns.extend(totals::columns(facts, &groups));
    DataFrame::new(groups.keys.len(), columns)
}

/// One row for each zone kind of the job and state that occurs.
fn by_zone(facts: &Facts, inventory: &DataFrame, kinds: &[String]) -> PolarsResult<DataFrame> {
    let mut all = zone_rows(facts, &Groups::default(), "")?;
    for kind in kinds {
        let groups = keys::by_column(inventory, &format!("zone_{kind}"))?;
        all.vstack_mut_owned(zone_rows(facts, &groups, kind)?)?;
    }
    Ok(all)
}

fn zone_rows(facts: &Facts, groups: &Groups, kind: &str) -> PolarsResult<DataFrame> {
    let kinds = vec![Some(kind.to_owned()); groups.keys.len()];
    let mut columns = vec![text("kind", &kinds), text("key", &groups.keys)];
    columns.extend(totals::columns(facts, groups));
    DataFrame::new(groups.keys.len(), columns)
}

/// Land by zone kind and zone from the ledger; a null key is the land outside every zone of the kind. What other parcels count of a parcel is taken from its
/// zones in proportion.
fn by_zone_name(inventory: &DataFrame, zone_shares: &DataFrame) -> PolarsResult<DataFrame> {
    let elsewhere = Facts::counted_elsewhere(inventory)?;
    let ids = zone_shares.column("parcel_id")?.str()?;
    let groups = keys::by_zone_name(zone_shares)?;
    let area = zone_shares.column("area_m2")?.cast(&polars::prelude::DataType::Float64)?;
    let area: Vec<Option<f64>> = area.f64()?.iter().collect();
    let mut parcels = vec![0_i64; groups.keys.len()];
    let mut area_m2 = vec![0.0; groups.keys.len()];
    let mut overlap_m2 = vec![0.0; groups.keys.len()];
    for &(row, group) in &groups.members {
        let (Some(count), Some(sum)) = (parcels.get_mut(group as usize), area_m2.get_mut(group as usize)) else { continue };
        let own = area.get(row as usize).copied().flatten().unwrap_or(0.0);
        *count += 1;
        *sum += own;
        let share = elsewhere.as_ref().filter(|e| !e.is_empty()).and_then(|e| e.get(ids.get(row as usize)?));
        if let (Some(share), Some(sum)) = (share, overlap_m2.get_mut(group as usize)) {
            *sum += own * share;
        }
    }
    let net_area_m2 = area_m2.iter().zip(&overlap_m2).map(|(area, overlap)| elsewhere.as_ref().map(|_| area - overlap));
    let net_area_m2: Vec<Option<f64>> = net_area_m2.collect();
    let area_mu: Vec<f64> = area_m2.iter().map(|&a| crate::model::mu_from_m2(a)).collect();
    let columns = vec![
        text("kind", &groups.kinds),
        text("key", &groups.keys),
        Series::new("parcels".into(), parcels).into_column(),
        Series::new("area_m2".into(), area_m2).into_column(),
        Series::new("area_mu".into(), area_mu).into_column(),
        Series::new("net_area_m2".into(), net_area_m2).into_column(),
    ];
    DataFrame::new(groups.keys.len(), columns)
}

fn text(name: &str, values: &[Option<String>]) -> Column {
    Series::new(name.into(), values.iter().map(Option::as_deref).collect::<Vec<_>>()).into_column()
}

#[cfg(test)]
mod tests;

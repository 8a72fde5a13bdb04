//! Grading in the order of the stages: over parcels, or over enterprises whose grades are rolled up.

use polars::prelude::{DataFrame, PolarsError};

use super::judge::Case;
use super::{Measured, Prepared, RunError, facts, frame};
use crate::grade::{self, Grading, Links, Units};
use crate::measure::enterprises::holdings::{self, Holdings, Land, Terms};
use crate::measure::enterprises::{Holder, Table};
use crate::model::DecisionTable;
use crate::read::job::{Figures, Job};
use crate::rules::{GradingRules, RuleSet};

/// The enterprises with all their land, where the grading rule is over enterprises.
pub(super) fn holdings(
    rules: &RuleSet,
    tables: &[Table<'_>],
    prepared: &Prepared,
    measured: &Measured,
    ids: &[&str],
) -> Result<Option<Holdings>, PolarsError> {
    let Some(terms) = rules.grading.as_ref().and_then(|rule| rule.holdings) else { return Ok(None) };
    let attributes = &prepared.parcels.attributes;
    let land = Land {
        ids,
        area_m2: &measured.areas.legal_m2,
        town: attributes.column("town")?.str()?,
        industry: attributes.column("industry")?.str()?,
        holder: attributes.column("holder_id").and_then(|column| column.str()).ok(),
        production_years: attributes.column("production_years").and_then(|column| column.f64()).ok(),
    };
    let terms = Terms { averaging: frame::averaging(rules), land_share: terms.land_share };
    holdings::gather(&measured.apportioned, tables, land, terms).map(Some)
}

/// The tables of a job as the measures take them.
pub(super) fn tables<'a>(job: &Job, tables: &'a [crate::read::Table]) -> Vec<Table<'a>> {
    let holder = |figures: &Figures| match figures {
        Figures::Enterprise => Holder::Enterprise,
        Figures::Row => Holder::Row,
    };
    let table = |(table, figures): (&'a crate::read::Table, &Figures)| Table {
        frame: &table.frame,
        rows: &table.rows,
        source: &table.source,
        files: &table.parts,
        holder: holder(figures),
    };
    tables.iter().zip(job.tables.iter().map(|spec| &spec.figures)).map(table).collect()
}

/// Grades the parcels, adds score, grade and reason to the inventory, and returns `ledger/enterprise_grades.parquet`.
pub(super) fn grade(case: Case<'_>, inventory: &mut DataFrame, decisions: &mut DecisionTable) -> Result<DataFrame, RunError> {
    let Case { job, rules, prepared, measured, .. } = case;
    let Some(rule) = &rules.grading else {
        frame::not_graded(inventory)?;
        return Ok(grade::no_enterprises()?);
    };
    let (grading, ledger) = match &measured.holdings {
        Some(holdings) => by_enterprises(job, rule, holdings, prepared)?,
        None => {
            let facts = facts::for_rules(inventory, &prepared.parcels, &measured.apportioned, job.as_of)?;
            (grade::grade(rule, &facts)?, grade::no_enterprises()?)
        }
    };
    frame::add_grades(inventory, &grading)?;
    decisions.append(grading.decisions);
    Ok(ledger)
}

fn by_enterprises(job: &Job, rule: &GradingRules, holdings: &Holdings, prepared: &Prepared) -> Result<(Grading, DataFrame), RunError> {
    let attributes = &prepared.parcels.attributes;
    let mut enterprises = holdings.frame.clone();
    enterprises.with_column(facts::day(job.as_of, enterprises.height()))?;
    let units = Units {
        frame: &enterprises,
        links: Links { parcels: &holdings.parcels, enterprises: &holdings.enterprises, land_m2: &holdings.land_m2 },
        holders: attributes.column("holder_id").and_then(|column| column.str()).ok(),
        parcels: attributes.height(),
    };
    Ok(grade::grade_enterprises(rule, units)?)
}

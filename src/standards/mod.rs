//! The standards stage: what every standard of the job's rule says of every parcel, the verdict of each group of standards, and the floor area that is still
//! missing to a target plot ratio.
//!
//! A standard is met, not met, unknown or not applicable. It changes no parcel, and takes no number that is not in the rule or declared.
//!
//! **Invariant:** a value, a limit or a condition that is missing makes a standard unknown; it is never met, failed or passed over for want of data. Values are
//! compared as they are, not as they are shown.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, DataType, PolarsError};

use crate::model::{Code, DecisionTable, Finding, Verdict, number_column, text_column};
use crate::rules::{Case, CaseFault, Group, Match, RulesError, StandardsRules, first_match};
use crate::say;

mod reading;
mod report;

use reading::{Cells, Reader};

/// Why the standards could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum StandardsError {
    /// A condition of the rule cannot be evaluated.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A column has a type that a test cannot use.
    #[error("{}", say!("internal error: {error}", error = .0))]
    Table(#[from] PolarsError),
}

/// What the standards say of every parcel, in the row order of the inventory.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// The columns of the inventory.
    pub columns: Vec<Column>,
    /// A row a parcel and standard that is met or not met, and one a parcel for the rule with all standards by their states.
    pub decisions: DecisionTable,
    /// Standards that no parcel has the data for.
    pub findings: Vec<Finding>,
}

/// Judges every parcel. `facts` has the inventory so far, the declared attributes and the day of the job.
///
/// # Errors
/// [`StandardsError`] where a condition or a column cannot be used; missing columns are unknown values, not errors.
pub fn judge(rules: &StandardsRules, facts: &DataFrame) -> Result<Judged, StandardsError> {
    let reader = Reader::new(rules, facts)?;
    let told = report::report(rules, &reader);
    let mut columns = targets(rules, facts)?;
    columns.push(numbers("contract_days_late", told.days_late));
    for ((group, met), failed) in Group::ALL.iter().zip(told.met).zip(told.failed) {
        let name = |end: &str| format!("{}_{end}", group.as_str());
        columns.push(text_column(&name("met"), met.into_iter().map(|verdict| verdict.map(Verdict::as_str))));
        columns.push(text_column(&name("failed"), failed.iter().map(|ids| ids.as_deref())));
    }
    Ok(Judged { columns, decisions: told.decisions, findings: no_data(rules, &told.counts).into_iter().collect() })
}

/// What the inventory has where a job has no standards: nothing is known.
#[must_use]
pub fn absent(rows: usize) -> Vec<Column> {
    let number = |name: &str| Column::full_null(name.into(), rows, &DataType::Float64);
    let mut columns = vec![number("target_far"), number("floor_area_to_target_m2"), number("contract_days_late")];
    for group in Group::ALL {
        columns.push(text_column(&format!("{}_met", group.as_str()), std::iter::repeat_n(Some("unknown"), rows)));
        columns.push(Column::full_null(format!("{}_failed", group.as_str()).into(), rows, &DataType::String));
    }
    columns
}

fn numbers(name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Column {
    number_column(name, values.into_iter())
}

/// The target plot ratio, and target × land − floor, or 0 where that much is built; unknown where the target or an area is.
fn targets(rules: &StandardsRules, facts: &DataFrame) -> Result<Vec<Column>, StandardsError> {
    let found = first_match(rules.targets.iter().map(|target| &target.when), facts)?;
    let far = |found: Match| if let Match::Hit(index) = found { rules.targets.get(index).map(|target| target.far) } else { None };
    let fars: Vec<Option<f64>> = found.into_iter().map(far).collect();
    let (area, floor) = (Cells::of(facts, "area_m2")?, Cells::of(facts, "floor_area_m2")?);
    let missing = fars.iter().enumerate().map(|(row, far)| Some(((*far)? * area.get(row)? - floor.get(row)?).max(0.0)));
    let missing = numbers("floor_area_to_target_m2", missing);
    Ok(vec![numbers("target_far", fars), missing])
}

/// One finding for all standards that could be decided nowhere.
fn no_data(rules: &StandardsRules, counts: &[report::Count]) -> Option<Finding> {
    let lacks = |count: &report::Count| count.decided == 0 && count.unknown > 0;
    let lacking: Vec<_> = rules.standards.iter().zip(counts).filter(|(_, count)| lacks(count)).map(|(standard, _)| standard).collect();
    if lacking.is_empty() {
        return None;
    }
    let ids: Vec<&str> = lacking.iter().map(|standard| standard.id.as_ref()).collect();
    let columns: std::collections::BTreeSet<&str> = lacking.iter().flat_map(|standard| reading::columns(standard)).collect();
    let columns: Vec<String> = columns.into_iter().map(|name| format!("`{name}`")).collect();
    let message = say!(
        "no parcel has the data for {standards}: in each a value is missing among {columns}",
        standards = ids.join(", "),
        columns = columns.join(", ")
    );
    let finding = Finding::general(Code::RuleNotRun, message).rule(rules.rule_id.as_ref());
    Some(finding.hint(say!("declare these attributes in the parcel layer, or leave the standards out of the rule")))
}

/// Runs a case of the rule and tells what differs from what it expects.
///
/// # Errors
/// Those of [`judge`].
pub fn check_case(rules: &StandardsRules, case: &Case) -> Result<Vec<CaseFault>, StandardsError> {
    let reader = Reader::new(rules, &case.frame)?;
    let judged = DataFrame::new(case.frame.height(), judge(rules, &case.frame)?.columns)?;
    let mut faults = Vec::new();
    for (row, (_, wanted)) in case.expected.iter().enumerate() {
        for (id, state) in &wanted.verdicts {
            let found = rules.standards.iter().position(|standard| *standard.id == **id).map(|at| reader.state(at, row).as_str());
            faults.extend(case.compare(row, id, Some(state), found));
        }
        faults.extend(case.compare_columns(row, &judged));
    }
    Ok(faults)
}

/// The ids of standards, for the columns of those that fail.
type Ids = Arc<str>;

#[cfg(test)]
mod tests;

//! The rule stages in their order: location classes → standards → life cycle → grades → low efficiency, beside them slivers, then tools. What they see was measured; what they say are columns, decisions and ledgers.
//!
//! They stand apart from reading and measuring, so that they can be asked again with other rules or other figures.
//!
//! **Invariant:** a stage sees the columns of the stages before it; nothing here changes a measured figure.

use polars::prelude::DataFrame;

use super::slivers::{self, LeftOver};
use super::{Measured, Prepared, RunError, begin, facts, frame, grading, sensitivity};
use crate::life_cycle::{self, LifeCycle};
use crate::low_efficiency::{self, tracts};
use crate::measure::indicators;
use crate::model::{DecisionTable, Finding, Progress, text_column};
use crate::read::job::Job;
use crate::rules::{Propose, RuleSet};
use crate::standards;
use crate::tools;

/// What is judged, and by which rules.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub job: &'a Job,
    pub rules: &'a RuleSet,
    pub prepared: &'a Prepared,
    pub measured: &'a Measured,
    pub ids: &'a [&'a str],
}

/// What the rules say.
pub(super) struct Judged {
    /// The measured columns and those of the rules.
    pub inventory: DataFrame,
    pub decisions: DecisionTable,
    pub findings: Vec<Finding>,
    pub due_list: DataFrame,
    pub enterprise_grades: DataFrame,
    pub left_over: LeftOver,
    pub tracts: DataFrame,
    pub tools: DataFrame,
}

/// Asks every rule stage in its order.
pub(super) fn judge(case: Case<'_>, progress: &dyn Progress) -> Result<Judged, RunError> {
    let Case { job, rules, prepared, measured, ids } = case;
    // Left-over plots are found from the ground alone, so nothing waits for them before the tools.
    let left_over = || {
        progress.beside("slivers");
        let found = slivers::find(job, rules, prepared, &measured.areas, ids);
        progress.beside("slivers");
        found
    };
    let (left_over, parcels) = rayon::join(left_over, || judge_parcels(case, progress));
    let (mut left_over, OfParcels { mut inventory, mut decisions, mut findings, due_list, enterprise_grades, tracts }) =
        (left_over?, parcels?);
    decisions.append(std::mem::take(&mut left_over.decisions));
    findings.append(&mut left_over.findings);
    std::mem::take(&mut left_over.columns).into_iter().try_for_each(|column| inventory.with_column(column).map(drop))?;

    begin(progress, "tools")?;
    match_tools(case, &mut inventory, &left_over.paired, &mut decisions)?;

    let tools = tools::reference(rules.toolbox.as_ref())?;
    sensitivity::flag(case, &mut inventory, &left_over.paired)?;
    Ok(Judged { inventory, decisions, findings, due_list, enterprise_grades, left_over, tracts, tools })
}

/// What is said of parcels by their figures.
struct OfParcels {
    inventory: DataFrame,
    decisions: DecisionTable,
    findings: Vec<Finding>,
    due_list: DataFrame,
    enterprise_grades: DataFrame,
    tracts: DataFrame,
}

/// Location classes, standards, life cycle, grades and low efficiency.
fn judge_parcels(case: Case<'_>, progress: &dyn Progress) -> Result<OfParcels, RunError> {
    let Case { rules, prepared, measured, ids, .. } = case;
    let mut inventory = frame::measured(prepared, rules, measured, ids)?;
    let mut decisions = DecisionTable::default();
    begin(progress, "standards")?;
    facts::classify(rules, &mut inventory, &mut decisions)?;
    let mut findings = test_standards(case, &mut inventory, &mut decisions)?;
    begin(progress, "life_cycle")?;
    let life = live(case, &mut inventory)?;
    if let Some(rule) = &rules.life_cycle {
        findings.extend(life.findings(rule, (&prepared.parcels, ids)));
    }
    decisions.append(life.decisions);
    begin(progress, "grade")?;
    let enterprise_grades = grading::grade(case, &mut inventory, &mut decisions)?;
    begin(progress, "low_efficiency")?;
    let tracts = recognise(case, &mut inventory, &mut decisions)?;
    Ok(OfParcels { inventory, decisions, findings, due_list: life.due_list, enterprise_grades, tracts })
}

fn test_standards(case: Case<'_>, inventory: &mut DataFrame, decisions: &mut DecisionTable) -> Result<Vec<Finding>, RunError> {
    let Some(rule) = &case.rules.standards else {
        frame::add(inventory, standards::absent(inventory.height()))?;
        return Ok(Vec::new());
    };
    let facts = facts::for_rules(inventory, &case.prepared.parcels, &case.measured.apportioned, case.job.as_of)?;
    let judged = standards::judge(rule, &facts)?;
    frame::add(inventory, judged.columns)?;
    decisions.append(judged.decisions);
    Ok(judged.findings)
}

fn live(case: Case<'_>, inventory: &mut DataFrame) -> Result<LifeCycle, RunError> {
    let mut life = match &case.rules.life_cycle {
        None => LifeCycle::empty(inventory.height())?,
        Some(rule) => {
            let facts = facts::for_rules(inventory, &case.prepared.parcels, &case.measured.apportioned, case.job.as_of)?;
            life_cycle::life_cycle(rule, &facts)?
        }
    };
    frame::add(inventory, std::mem::take(&mut life.columns))?;
    Ok(life)
}

/// Recognises low-efficiency land and joins it to tracts; the ledger of the tracts.
fn recognise(case: Case<'_>, inventory: &mut DataFrame, decisions: &mut DecisionTable) -> Result<DataFrame, RunError> {
    let (mut verdicts, mut rule_of_tracts) = (Vec::new(), None);
    if let Some(rule) = &case.rules.low_efficiency {
        let mut facts = facts::for_rules(inventory, &case.prepared.parcels, &case.measured.apportioned, case.job.as_of)?;
        add_means(case, &mut facts)?;
        let recognition = low_efficiency::recognise(rule, &facts)?;
        frame::add_recognition(inventory, &recognition)?;
        decisions.append(recognition.decisions);
        verdicts = recognition.verdict;
        rule_of_tracts = rule.tracts.as_ref().filter(|tracts| tracts.propose == Propose::Always || case.prepared.projects.is_none());
    } else {
        frame::not_recognised(inventory)?;
    }
    let parcels =
        tracts::Parcels { ids: case.ids, geometry: &case.prepared.parcels.geometry, verdicts: &verdicts, inventory: &inventory.clone() };
    let found = rule_of_tracts.map_or_else(|| Ok(Vec::new()), |rule| tracts::find(parcels, rule))?;
    inventory.with_column(text_column("tract_id", tracts::names(&found, case.ids).into_iter()))?;
    Ok(tracts::ledger(&found, parcels)?)
}

/// Adds the means over several years that the low-efficiency rule asks for.
pub(super) fn add_means(case: Case<'_>, facts: &mut DataFrame) -> Result<(), RunError> {
    let Measured { apportioned, areas, .. } = case.measured;
    for named in case.rules.low_efficiency.iter().flat_map(|rule| &rule.means) {
        let mean = indicators::years_mean(apportioned, &areas.legal_m2, named.mean, named.min_years as usize);
        facts.with_column(frame::numbers(&named.column, &mean))?;
    }
    Ok(())
}

/// Which tools could apply to which parcel; the columns are unknown without a toolbox.
fn match_tools(case: Case<'_>, inventory: &mut DataFrame, paired: &[u32], decisions: &mut DecisionTable) -> Result<(), RunError> {
    let Some(rule) = &case.rules.toolbox else { return Ok(frame::no_tools(inventory)?) };
    let matches = tools::apply(rule, &facts_of_tools(case, inventory, paired)?)?;
    for column in matches.columns.columns() {
        inventory.with_column(column.clone())?;
    }
    decisions.add_bulk(matches.decisions);
    Ok(())
}

/// What the toolbox sees; `paired` are the rows of plots with a partner for a swap.
pub(super) fn facts_of_tools(case: Case<'_>, inventory: &DataFrame, paired: &[u32]) -> Result<DataFrame, RunError> {
    let Case { job, rules, prepared, measured, .. } = case;
    let paired = (rules.slivers.is_some() && job.projects.is_some()).then_some(paired);
    Ok(facts::for_tools(inventory, &prepared.parcels, &measured.apportioned, (job.as_of, paired))?)
}

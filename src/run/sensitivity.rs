//! Which verdicts change within the limits of the plot ratio: the rule stages are asked again with the least and with the greatest ratio of every parcel.
//!
//! A rule that names neither the plot ratio nor the floor area, nor a verdict that does, is not asked again. Only parcels whose limits differ are flagged.
//!
//! **Invariant:** nothing here changes a verdict: the columns of the inventory stay as the rules said with the best figure.

use polars::prelude::{BooleanChunked, DataFrame, IntoColumn, NewChunkedArray, PolarsError};

use super::judge::{Case, add_means, facts_of_tools};
use super::{RunError, frame};
use crate::model::{number_column, text_column};
use crate::rules::RuleSet;
use crate::{grade, low_efficiency, standards, tools};

/// The columns that follow the plot ratio.
const BUILT: [&str; 4] = ["far", "floor_area_m2", "far_low", "far_high"];

/// A rule stage that may be asked again: what a flag calls it, the column of its verdict, the columns that it makes.
struct Stage {
    flag: &'static str,
    verdict: &'static str,
    makes: &'static [&'static str],
    /// Whether its rule names one of these columns.
    names: fn(&RuleSet, &[&str]) -> bool,
    ask: fn(Case<'_>, &mut DataFrame) -> Result<(), RunError>,
}

/// In the order of [`super::judge::judge`].
const STAGES: &[Stage] = &[
    Stage {
        flag: "standards",
        verdict: "standards_met",
        makes: &[
            "standards_met",
            "standards_failed",
            "contract_met",
            "contract_failed",
            "transfer_met",
            "transfer_failed",
            "floor_area_to_target_m2",
        ],
        // A standard may be on any figure of the land: every rule is asked.
        names: |rules, _| rules.standards.is_some(),
        ask: |case, facts| {
            let Some(rule) = &case.rules.standards else { return Ok(()) };
            let judged = standards::judge(rule, facts)?;
            Ok(frame::add(facts, judged.columns)?)
        },
    },
    Stage {
        flag: "grade",
        verdict: "grade",
        makes: &["score", "grade", "grade_reason"],
        // What is graded over enterprises sees no plot ratio.
        names: |rules, columns| {
            let rule = rules.grading.as_ref().filter(|rule| rule.holdings.is_none());
            rule.is_some_and(|rule| rule.columns().any(|name| columns.contains(&name)))
        },
        ask: |case, facts| {
            let Some(rule) = &case.rules.grading else { return Ok(()) };
            let grading = grade::grade(rule, facts)?;
            Ok(frame::add_grades(facts, &grading)?)
        },
    },
    Stage {
        flag: "low_efficiency",
        verdict: "low_efficiency",
        makes: &["low_efficiency", "low_efficiency_reason"],
        names: |rules, columns| {
            let rule = rules.low_efficiency.as_ref();
            rule.is_some_and(|rule| rule.conditions().flat_map(|condition| condition.columns()).any(|name| columns.contains(&name)))
        },
        ask: |case, facts| {
            let Some(rule) = &case.rules.low_efficiency else { return Ok(()) };
            let verdicts = low_efficiency::verdicts(rule, facts)?;
            facts.with_column(text_column("low_efficiency", verdicts.iter().map(|verdict| Some(verdict.as_str()))))?;
            Ok(())
        },
    },
    Stage {
        flag: "tools",
        verdict: "tools",
        makes: &["tools", "needs_data"],
        names: |rules, columns| {
            let rule = rules.toolbox.as_ref();
            rule.is_some_and(|rule| rule.conditions.iter().flat_map(|condition| condition.columns()).any(|name| columns.contains(&name)))
        },
        ask: |case, facts| {
            let Some(rule) = &case.rules.toolbox else { return Ok(()) };
            for column in tools::apply(rule, facts)?.columns.columns() {
                facts.with_column(column.clone())?;
            }
            Ok(())
        },
    },
];

/// Adds the column `sensitive`; `paired` are the rows of plots with a partner for a swap.
pub(super) fn flag(case: Case<'_>, inventory: &mut DataFrame, paired: &[u32]) -> Result<(), RunError> {
    let rows = uncertain(inventory)?;
    let stages = concerned(case.rules);
    let mut flags: Vec<Option<String>> = vec![None; inventory.height()];
    if !rows.is_empty() && !stages.is_empty() {
        let mut facts = facts_of_tools(case, inventory, paired)?;
        add_means(case, &mut facts)?;
        // A rank depends on the others of its cohort; every other verdict is that of the parcel alone.
        let all = stages.iter().any(|stage| stage.flag == "grade");
        let (facts, places) = if all { (facts, rows.clone()) } else { (only(&facts, &rows)?, (0..rows.len()).collect()) };
        let sides = [ask(case, &facts, "far_low", &stages)?, ask(case, &facts, "far_high", &stages)?];
        let known = facts.column("far")?.is_not_null();
        for stage in stages {
            let text = |frame: &DataFrame| Ok::<_, PolarsError>(frame.column(stage.verdict)?.str()?.rechunk().into_owned());
            let (best, low, high) = (text(&facts)?, text(&sides[0])?, text(&sides[1])?);
            for (row, place) in rows.iter().zip(&places) {
                let changes =
                    low.get(*place) != high.get(*place) || (known.get(*place) == Some(true) && best.get(*place) != low.get(*place));
                if let (true, Some(flag)) = (changes, flags.get_mut(*row)) {
                    let words = flag.get_or_insert_default();
                    words.push_str(if words.is_empty() { "" } else { " " });
                    words.push_str(stage.flag);
                }
            }
        }
    }
    inventory.with_column(text_column("sensitive", flags.iter().map(Option::as_deref)))?;
    Ok(())
}

/// The rows whose limits differ.
fn uncertain(inventory: &DataFrame) -> Result<Vec<usize>, PolarsError> {
    let (low, high) = (inventory.column("far_low")?.f64()?, inventory.column("far_high")?.f64()?);
    let differ = low.iter().zip(high.iter()).enumerate().filter(|(_, (low, high))| low.zip(*high).is_some_and(|(low, high)| low < high));
    Ok(differ.map(|(row, _)| row).collect())
}

/// The stages whose rules name the plot ratio, or the verdict of one that does.
fn concerned(rules: &RuleSet) -> Vec<&'static Stage> {
    let mut columns = BUILT.to_vec();
    let mut found = Vec::new();
    for stage in STAGES {
        if (stage.names)(rules, &columns) {
            columns.extend(stage.makes);
            found.push(stage);
        }
    }
    found
}

fn only(facts: &DataFrame, rows: &[usize]) -> Result<DataFrame, PolarsError> {
    let mut mask = vec![false; facts.height()];
    for row in rows {
        if let Some(kept) = mask.get_mut(*row) {
            *kept = true;
        }
    }
    facts.filter(&BooleanChunked::from_iter_values("mask".into(), mask.into_iter()))
}

/// The facts with the plot ratio of one side, and what the stages say of them.
fn ask(case: Case<'_>, facts: &DataFrame, side: &str, stages: &[&Stage]) -> Result<DataFrame, RunError> {
    let mut facts = facts.clone();
    let (far, area_m2) = (facts.column(side)?.f64()?.clone(), facts.column("area_m2")?.f64()?.clone());
    let floor = far.iter().zip(area_m2.iter()).map(|(far, m2)| far.zip(m2).map(|(far, m2)| far * m2));
    facts.with_column(number_column("floor_area_m2", floor))?;
    facts.with_column(far.with_name("far".into()).into_column())?;
    for stage in stages {
        (stage.ask)(case, &mut facts)?;
    }
    Ok(facts)
}

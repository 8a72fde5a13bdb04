//! The explanation of a grade as a planner reads it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::grade::{Distance, Grade, Indicator, Next};
use super::numbers::{readable, unit_word};
use crate::say;

/// Decimals of an amount that is needed; it is rounded up, so that it is enough.
const STEP: f64 = 1e4;

/// The lines of a grade.
pub fn human(grade: &Grade) -> String {
    let whose = grade.enterprise.as_ref().map_or_else(|| say!("the parcel"), |id| say!("enterprise {id}", id));
    let under = grade.rule_id.as_ref().map_or_else(String::new, |id| say!(" under {id}", id));
    let own = grade.grade.clone().unwrap_or_else(|| say!("no grade"));
    let mut text =
        say!("  {whose}: {grade}{under}, decided by {decider}", whose, grade = own, under, decider = decider(&grade.decided_by)) + "\n";
    if !grade.reason.is_empty() {
        let _ = writeln!(text, "    {}", grade.reason);
    }
    text.push_str(&standing(&grade.facts));
    grade.indicators.iter().for_each(|indicator| text.push_str(&indicator_line(indicator)));
    text.push_str(&next_lines(grade));
    text
}

/// What decided a grade, in words where it is not the id of a step.
fn decider(decided_by: &str) -> String {
    match decided_by {
        "rank" => say!("rank"),
        "band" => say!("band"),
        "population" => say!("population"),
        "roll up land_weighted" => say!("roll up land_weighted"),
        "roll up worst" => say!("roll up worst"),
        "roll up owner" => say!("roll up owner"),
        "roll up none" => say!("roll up none"),
        "undecided population" => say!("undecided population"),
        "undecided exemption" => say!("undecided exemption"),
        "undecided cohort" => say!("undecided cohort"),
        other => other.strip_prefix("exempt ").map_or_else(|| other.to_owned(), |id| say!("exempt {id}", id)),
    }
}

/// Cohort and where its classes end.
fn standing(facts: &Map<String, Value>) -> String {
    let Some(cohort) = facts.get("cohort").and_then(Value::as_str) else { return String::new() };
    let count = |name: &str| facts.get(name).map_or_else(|| say!("none"), ToString::to_string);
    let mut text =
        say!("    cohort {cohort}: {members} members, {ranked} ranked", cohort, members = count("cohort_size"), ranked = count("ranked"));
    for key in ["last_ranks", "least_scores"] {
        let ends = facts.get(key).and_then(Value::as_object).into_iter().flatten();
        let ends: Vec<_> = ends.filter(|(_, end)| !end.is_null()).map(|(grade, end)| class_end(key, grade, end)).collect();
        if !ends.is_empty() {
            let _ = write!(text, "; {}", ends.join(", "));
        }
    }
    text.push('\n');
    text
}

/// Where a class ends: `A to rank 3`, `A from score 80`.
fn class_end(key: &str, grade: &str, end: &Value) -> String {
    if key == "last_ranks" { say!("{grade} to rank {end}", grade, end) } else { say!("{grade} from score {end}", grade, end) }
}

/// `tax_per_mu_wan: 12.0 万元/mu at benchmark 24.097 gives 14.9396 of 30.0 points`.
fn indicator_line(indicator: &Indicator) -> String {
    let number = |name: &str| indicator.facts.get(name).and_then(Value::as_f64);
    let shown = |name: &str| number(name).map_or_else(|| say!("unknown"), readable);
    let unit =
        if indicator.unit.is_empty() || number("value").is_none() { String::new() } else { format!(" {}", unit_word(&indicator.unit)) };
    let measured = match (number("benchmark"), number("min").zip(number("max"))) {
        (Some(benchmark), _) => say!(" at benchmark {benchmark}", benchmark = readable(benchmark)),
        (None, Some((min, max))) => say!(" between {min} and {max}", min = readable(min), max = readable(max)),
        (None, None) if indicator.facts.contains_key("by") => say!(" by rank"),
        (None, None) => String::new(),
    };
    let cap = number("cap").map_or_else(String::new, |cap| say!(", cap {cap}", cap = readable(cap)));
    let floor = number("floor").map_or_else(String::new, |floor| say!(", floor {floor}", floor = readable(floor)));
    let (name, value, points, weight) = (&indicator.name, shown("value"), shown("points"), shown("weight"));
    let line = say!("    {name}: {value}{unit}{measured} gives {points} of {weight} points", name, value, unit, measured, points, weight);
    format!("{line}{cap}{floor}\n")
}

fn next_lines(grade: &Grade) -> String {
    match &grade.next {
        Next::None => String::new(),
        Next::Blocked => say!("    no score leads to a better grade: {step} stands before it", step = decider(&grade.decided_by)) + "\n",
        Next::Score { grade: better, score, beyond, more } => {
            let (score, more) = (readable(*score), readable(up(*more)));
            let line = if *beyond {
                say!(
                    "    to reach {better}: a score of more than {score}, {more} points more; one of these, all else held",
                    better,
                    score,
                    more
                )
            } else {
                say!(
                    "    to reach {better}: a score of at least {score}, {more} points more; one of these, all else held",
                    better,
                    score,
                    more
                )
            };
            let mut text = line + "\n";
            grade.indicators.iter().filter_map(distance_line).for_each(|line| text.push_str(&line));
            text
        }
    }
}

fn distance_line(indicator: &Indicator) -> Option<String> {
    let unit = if indicator.unit.is_empty() { String::new() } else { format!(" {}", unit_word(&indicator.unit)) };
    let name = &indicator.name;
    let line = match indicator.distance.as_ref()? {
        Distance::To { value, more: Some(more) } => {
            say!("      {more}{unit} more {name} ({value} in all)", more = readable(up(*more)), unit, name, value = readable(up(*value)))
        }
        Distance::To { value, more: None } => {
            say!("      {name} of {value}{unit}, which is unknown now", name, value = readable(up(*value)), unit)
        }
        Distance::Never(why) => say!("      no amount of {name}: {why}", name, why),
    };
    Some(line + "\n")
}

/// Rounded up at the last decimal shown; what is too small for that stays as it is.
fn up(amount: f64) -> f64 {
    let rounded = (amount * STEP).ceil() / STEP;
    // A hair above a round number is the number.
    if ((amount * STEP).round() / STEP - amount).abs() < 1e-9 * amount.abs().max(1.0) { (amount * STEP).round() / STEP } else { rounded }
}

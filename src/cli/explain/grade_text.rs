//! The explanation of a grade as a planner reads it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::grade::{Distance, Grade, Indicator, Next};
use super::numbers::readable;

/// Decimals of an amount that is needed; it is rounded up, so that it is enough.
const STEP: f64 = 1e4;

/// The lines of a grade.
pub fn human(grade: &Grade) -> String {
    let whose = grade.enterprise.as_ref().map_or_else(|| "the parcel".to_owned(), |id| format!("enterprise {id}"));
    let under = grade.rule_id.as_ref().map_or_else(String::new, |id| format!(" under {id}"));
    let mut text = format!("  {whose}: {}{under}, decided by {}\n", grade.grade.as_deref().unwrap_or("no grade"), grade.decided_by);
    if !grade.reason.is_empty() {
        let _ = writeln!(text, "    {}", grade.reason);
    }
    text.push_str(&standing(&grade.facts));
    grade.indicators.iter().for_each(|indicator| text.push_str(&indicator_line(indicator)));
    text.push_str(&next_lines(grade));
    text
}

/// Cohort and where its classes end.
fn standing(facts: &Map<String, Value>) -> String {
    let Some(cohort) = facts.get("cohort").and_then(Value::as_str) else { return String::new() };
    let count = |name: &str| facts.get(name).map_or_else(|| "none".to_owned(), ToString::to_string);
    let mut text = format!("    cohort {cohort}: {} members, {} ranked", count("cohort_size"), count("ranked"));
    for (key, words) in [("last_ranks", "to rank"), ("least_scores", "from score")] {
        let ends = facts.get(key).and_then(Value::as_object).into_iter().flatten();
        let ends: Vec<_> = ends.filter(|(_, end)| !end.is_null()).map(|(grade, end)| format!("{grade} {words} {end}")).collect();
        if !ends.is_empty() {
            let _ = write!(text, "; {}", ends.join(", "));
        }
    }
    text.push('\n');
    text
}

/// `tax_per_mu_wan: 12.0 万元/mu at benchmark 24.097 gives 14.9396 of 30.0 points`.
fn indicator_line(indicator: &Indicator) -> String {
    let number = |name: &str| indicator.facts.get(name).and_then(Value::as_f64);
    let shown = |name: &str| number(name).map_or_else(|| "unknown".to_owned(), readable);
    let unit = if indicator.unit.is_empty() || number("value").is_none() { String::new() } else { format!(" {}", indicator.unit) };
    let measured = match (number("benchmark"), number("min").zip(number("max"))) {
        (Some(benchmark), _) => format!(" at benchmark {}", readable(benchmark)),
        (None, Some((min, max))) => format!(" between {} and {}", readable(min), readable(max)),
        (None, None) if indicator.facts.contains_key("by") => " by rank".to_owned(),
        (None, None) => String::new(),
    };
    let bounds: String = ["cap", "floor"].into_iter().filter_map(|name| Some(format!(", {name} {}", readable(number(name)?)))).collect();
    format!("    {}: {}{unit}{measured} gives {} of {} points{bounds}\n", indicator.name, shown("value"), shown("points"), shown("weight"))
}

fn next_lines(grade: &Grade) -> String {
    match &grade.next {
        Next::None => String::new(),
        Next::Blocked => format!("    no score leads to a better grade: {} stands before it\n", grade.decided_by),
        Next::Score { grade: better, score, beyond, more } => {
            let than = if *beyond { "more than" } else { "at least" };
            let mut text = format!(
                "    to reach {better}: a score of {than} {}, {} points more; one of these, all else held\n",
                readable(*score),
                readable(up(*more))
            );
            grade.indicators.iter().filter_map(distance_line).for_each(|line| text.push_str(&line));
            text
        }
    }
}

fn distance_line(indicator: &Indicator) -> Option<String> {
    let unit = if indicator.unit.is_empty() { String::new() } else { format!(" {}", indicator.unit) };
    Some(match indicator.distance.as_ref()? {
        Distance::To { value, more: Some(more) } => {
            format!("      {}{unit} more {} ({} in all)\n", readable(up(*more)), indicator.name, readable(up(*value)))
        }
        Distance::To { value, more: None } => format!("      {} of {}{unit}, which is unknown now\n", indicator.name, readable(up(*value))),
        Distance::Never(why) => format!("      no amount of {}: {why}\n", indicator.name),
    })
}

/// Rounded up at the last decimal shown; what is too small for that stays as it is.
fn up(amount: f64) -> f64 {
    let rounded = (amount * STEP).ceil() / STEP;
    // A hair above a round number is the number.
    if ((amount * STEP).round() / STEP - amount).abs() < 1e-9 * amount.abs().max(1.0) { (amount * STEP).round() / STEP } else { rounded }
}

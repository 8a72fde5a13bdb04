//! The grade of a parcel or an enterprise, led back to its indicators, and what the next better one takes.
//!
//! Everything comes from the facts of the decision. The score that is needed is that of the last member of the better class, or the edge of its band; what an
//! indicator would have to be is worked out with all other indicators, the other members and the benchmarks held as they are.

use serde_json::{Map, Value, json};

use super::record::Row;
use crate::model::columns::INVENTORY;
use crate::say;

/// How far a sum of points may miss a bound by rounding alone, as a share of it.
const ROUNDING: f64 = 1e-9;
const PERCENT: f64 = 100.0;

/// A grade, explained.
pub struct Grade {
    /// The enterprise; none = the parcel itself.
    pub enterprise: Option<String>,
    /// The rule, where the ledger names it.
    pub rule_id: Option<String>,
    /// The grade; none = not graded.
    pub grade: Option<String>,
    /// What decided it in the end: `rank`, `band`, or the ids of moves and vetoes.
    pub decided_by: String,
    /// What decided it, in words.
    pub reason: String,
    /// The facts as recorded.
    pub facts: Map<String, Value>,
    /// The indicators, in the order of the facts.
    pub indicators: Vec<Indicator>,
    /// What the next better grade takes.
    pub next: Next,
}

/// An indicator of the score.
pub struct Indicator {
    /// The column, or `column / column`.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Value, benchmark or range, weight, bounds and points.
    pub facts: Map<String, Value>,
    /// What it would have to be for the next better grade.
    pub distance: Option<Distance>,
}

/// What the next better grade takes.
pub enum Next {
    /// There is none, or there is no grade to begin with.
    None,
    /// No score leads there; a move or a veto stands before it, or a class has no place.
    Blocked,
    /// A score.
    Score {
        /// The grade.
        grade: String,
        /// The score.
        score: f64,
        /// Whether the score itself is not enough.
        beyond: bool,
        /// How much more than now.
        more: f64,
    },
}

/// What an indicator would have to be for the next better grade.
#[derive(Debug, PartialEq)]
pub enum Distance {
    /// This value, so much more than now; the difference is unknown where the value is.
    To {
        /// The value.
        value: f64,
        /// How much more than now.
        more: Option<f64>,
    },
    /// No amount leads there.
    Never(String),
}

/// The grade in a row of `decisions` or `enterprise_grades`; none where it is about something else.
pub fn of(row: &Row) -> Option<Grade> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let facts: Map<String, Value> = serde_json::from_str(row.get("facts")?.as_str()?).ok()?;
    let next = next(&facts);
    Some(Grade {
        enterprise: text("enterprise_id"),
        rule_id: text("rule_id"),
        grade: text("grade"),
        decided_by: decided_by(&facts),
        reason: text("reason").or_else(|| text("reasons")).unwrap_or_default(),
        indicators: indicators(&facts, &next),
        facts,
        next,
    })
}

/// Whether a decision is one on a grade.
pub fn is_grading(row: &Row) -> bool {
    row.get("rule_id").and_then(Value::as_str).is_some_and(|id| id.split('.').nth(1) == Some("grading"))
}

fn number(facts: &Map<String, Value>, name: &str) -> Option<f64> {
    facts.get(name)?.as_f64()
}

/// The moves and vetoes that hold, else what cut the classes.
fn decided_by(facts: &Map<String, Value>) -> String {
    let steps = facts.get("steps").and_then(Value::as_object);
    let holding: Vec<&str> =
        steps.into_iter().flatten().filter(|(_, applies)| **applies == Value::Bool(true)).map(|(id, _)| id.as_str()).collect();
    if !holding.is_empty() {
        return holding.join(", ");
    }
    let other = ["roll_up", "exempt", "undecided"].into_iter().find(|key| facts.contains_key(*key));
    match other {
        Some(key) => format!("{} {}", key.replace('_', " "), facts.get(key).and_then(Value::as_str).unwrap_or_default()),
        None if facts.contains_key("least_scores") => "band".to_owned(),
        None if facts.contains_key("rank") => "rank".to_owned(),
        None => "population".to_owned(),
    }
}

fn next(facts: &Map<String, Value>) -> Next {
    match (facts.get("next"), number(facts, "score")) {
        (Some(Value::Object(next)), Some(score)) => {
            let Some(needed) = number(next, "score") else { return Next::Blocked };
            Next::Score {
                grade: next.get("grade").and_then(Value::as_str).unwrap_or_default().to_owned(),
                score: needed,
                beyond: next.get("beyond") == Some(&Value::Bool(true)),
                more: (needed - score).max(0.0),
            }
        }
        (Some(Value::Null), Some(_)) => Next::Blocked,
        _ => Next::None,
    }
}

fn indicators(facts: &Map<String, Value>, next: &Next) -> Vec<Indicator> {
    let known = facts.get("indicators").and_then(Value::as_object);
    let story = |(name, value): (&String, &Value)| {
        let own = value.as_object().cloned().unwrap_or_default();
        Indicator { name: name.clone(), unit: unit(name), distance: distance(facts, &own, next), facts: own }
    };
    known.into_iter().flatten().map(story).collect()
}

/// The unit of a column, or of one over another.
fn unit(name: &str) -> String {
    let of = |name: &str| INVENTORY.iter().find(|column| column.name == name).map_or("", |column| column.unit);
    match name.split_once(" / ") {
        Some((above, below)) => format!("{}/{}", of(above), of(below)),
        None => of(name).to_owned(),
    }
}

/// What an indicator would have to be, the others held.
fn distance(facts: &Map<String, Value>, own: &Map<String, Value>, next: &Next) -> Option<Distance> {
    let Next::Score { more, .. } = next else { return None };
    // An indicator that was left out for all has no points.
    let points = number(own, "points")?;
    if own.get("by").and_then(Value::as_str) == Some("rank") {
        return Some(by_rank(facts, own));
    }
    let factor = facts.get("adjusted").and_then(Value::as_object).and_then(|adjusted| number(adjusted, "factor")).unwrap_or(1.0);
    let wanted = points + more / (number(facts, "scaled_by").unwrap_or(1.0) * factor);
    if let Some(cap) = number(own, "cap").filter(|cap| wanted > cap * (1.0 + ROUNDING)) {
        return Some(Distance::Never(say!(
            "it gives at most {cap} points and {wanted} are needed",
            cap,
            wanted = format_args!("{wanted:.4}")
        )));
    }
    match needed_value(own, wanted) {
        Ok(value) => Some(Distance::To { value, more: number(own, "value").map(|now| (value - now).max(0.0)) }),
        Err(why) => Some(Distance::Never(why)),
    }
}

/// The value that earns so many points.
fn needed_value(own: &Map<String, Value>, wanted: f64) -> Result<f64, String> {
    let weight = number(own, "weight").unwrap_or(f64::NAN);
    if let Some(benchmark) = number(own, "benchmark") {
        return Ok(wanted / weight * benchmark);
    }
    let range = ["base", "span", "min", "max"].map(|name| number(own, name));
    let [Some(base), Some(span), Some(min), Some(max)] = range else { return Err(say!("there is no benchmark")) };
    let most = weight * (base + span) / PERCENT;
    if max <= min {
        return Err(say!("all members have the same value"));
    }
    if wanted > most * (1.0 + ROUNDING) {
        return Err(say!("the greatest value gives {most} points and {wanted} are needed", most, wanted = format_args!("{wanted:.4}")));
    }
    Ok(min + (wanted / weight * PERCENT - base) / span * (max - min))
}

/// Ranked by one indicator alone, it is the value of the last member of the better class that is needed.
fn by_rank(facts: &Map<String, Value>, own: &Map<String, Value>) -> Distance {
    let value = facts.get("next").and_then(Value::as_object).and_then(|next| number(next, "value"));
    match value {
        Some(value) => Distance::To { value, more: number(own, "value").map(|now| (value - now).max(0.0)) },
        None => Distance::Never(say!("points are added or taken away, so that no value of it alone can be told")),
    }
}

/// The grade as JSON.
pub fn machine(grade: &Grade) -> Value {
    let indicator = |indicator: &Indicator| {
        let mut own = indicator.facts.clone();
        own.insert("name".into(), json!(indicator.name));
        own.insert("unit".into(), json!(indicator.unit));
        match &indicator.distance {
            Some(Distance::To { value, more }) => own.insert("to_next".into(), json!({ "value": value, "more": more })),
            Some(Distance::Never(why)) => own.insert("to_next".into(), json!({ "never": why })),
            None => None,
        };
        Value::Object(own)
    };
    let next = match &grade.next {
        Next::None => Value::Null,
        Next::Blocked => json!({ "never": say!("no score leads to a better grade") }),
        Next::Score { grade, score, beyond, more } => json!({ "grade": grade, "score": score, "beyond": beyond, "more": more }),
    };
    let mut facts = grade.facts.clone();
    facts.remove("indicators");
    facts.remove("next");
    let own = json!({
        "enterprise_id": grade.enterprise,
        "rule_id": grade.rule_id,
        "grade": grade.grade,
        "decided_by": grade.decided_by,
        "reason": grade.reason,
        "indicators": grade.indicators.iter().map(indicator).collect::<Vec<_>>(),
        "next": next,
    });
    if let Value::Object(own) = own {
        facts.extend(own);
    }
    Value::Object(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(facts: &Value) -> Row {
        [("enterprise_id", json!("E1")), ("grade", json!("B")), ("reason", json!("…")), ("facts", json!(facts.to_string()))]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn ratio(cap: Option<f64>) -> Value {
        json!({ "benchmark": 24.0, "weight": 30.0, "cap": cap, "value": 12.0, "points": 15.0 })
    }

    #[test]
    fn the_distance_is_in_the_unit_of_the_indicator() {
        // 2.5 points more of 30 at a benchmark of 24 are 2 万元/mu.
        let facts = json!({ "rank": 3, "score": 65.0, "next": { "grade": "A", "score": 67.5 }, "last_ranks": { "A": 1, "B": 5 },
            "indicators": { "tax_per_mu_wan": ratio(None), "rnd_share": { "benchmark": 0.03, "weight": 10.0, "value": null, "points": 10.0 } } });
        let grade = of(&row(&facts)).unwrap();
        assert_eq!(grade.indicators[0].distance, Some(Distance::To { value: 14.0, more: Some(2.0) }));
        assert_eq!(grade.indicators[1].distance, Some(Distance::To { value: 0.0375, more: None }));
        assert_eq!((grade.indicators[0].unit.as_str(), grade.decided_by.as_str()), ("万元/mu", "rank"));
        assert_eq!(machine(&grade)["next"], json!({ "grade": "A", "score": 67.5, "beyond": false, "more": 2.5 }));
    }

    #[test]
    fn scaling_and_correction_are_taken_back() {
        // 10 points of the score are 10 / (2 × 1.25) = 4 points of the indicator, 3.2 万元/mu.
        let facts = json!({ "rank": 3, "score": 65.0, "scaled_by": 2.0, "adjusted": { "factor": 1.25, "bonus": 3.0, "penalty": 0.0 },
            "next": { "grade": "A", "score": 75.0 }, "indicators": { "tax_per_mu_wan": ratio(None) } });
        let Some(Distance::To { more: Some(more), .. }) = of(&row(&facts)).unwrap().indicators.remove(0).distance else { panic!() };
        assert!((more - 3.2).abs() < 1e-12, "{more}");
    }

    #[test]
    fn a_cap_may_stand_before_it() {
        let with = |cap: f64| {
            let facts = json!({ "rank": 3, "score": 65.0, "next": { "grade": "A", "score": 67.5 }, "indicators": { "tax_per_mu_wan": ratio(Some(cap)) } });
            of(&row(&facts)).unwrap().indicators.remove(0).distance.unwrap()
        };
        assert_eq!(with(17.5), Distance::To { value: 14.0, more: Some(2.0) });
        assert_eq!(with(17.49), Distance::Never("it gives at most 17.49 points and 17.5000 are needed".into()));
    }

    #[test]
    fn within_a_range_and_beyond_it() {
        let own = json!({ "base": 20.0, "span": 80.0, "min": 2.0, "max": 10.0, "weight": 30.0, "value": 2.0, "points": 6.0 });
        let to = |score: f64| {
            let facts =
                json!({ "rank": 3, "score": 60.0, "next": { "grade": "A", "score": score }, "indicators": { "tax_per_mu_wan": own } });
            of(&row(&facts)).unwrap().indicators.remove(0).distance.unwrap()
        };
        // 12 points more are half of the span of 24: 4 万元/mu.
        assert_eq!(to(72.0), Distance::To { value: 6.0, more: Some(4.0) });
        assert_eq!(to(84.0), Distance::To { value: 10.0, more: Some(8.0) });
        assert_eq!(to(85.0), Distance::Never("the greatest value gives 30 points and 31.0000 are needed".into()));
    }

    #[test]
    fn ranks_of_one_indicator_and_what_blocks() {
        let own = json!({ "by": "rank", "weight": 100.0, "value": 5.0, "points": 50.0 });
        let facts = json!({ "rank": 3, "score": 50.0, "next": { "grade": "A", "score": 75.0, "value": 6.32, "beyond": true }, "indicators": { "tax_per_mu_wan": own } });
        let Some(Distance::To { value, more: Some(more) }) = of(&row(&facts)).unwrap().indicators.remove(0).distance else { panic!() };
        assert_eq!((value, format!("{more:.2}")), (6.32, "1.32".into()));
        let blocked = json!({ "rank": 1, "score": 99.0, "by_score": "A", "steps": { "veto": true, "late": null }, "next": null, "indicators": { "tax_per_mu_wan": ratio(None) } });
        let grade = of(&row(&blocked)).unwrap();
        assert!(matches!(grade.next, Next::Blocked) && grade.indicators[0].distance.is_none());
        assert_eq!(grade.decided_by, "veto");
        let best = of(&row(&json!({ "rank": 1, "score": 99.0, "indicators": {} }))).unwrap();
        assert!(matches!(best.next, Next::None));
    }
}

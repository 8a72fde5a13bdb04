//! The routes of the toolbox for one parcel: what could apply and what then must be confirmed, what is excluded and by how much, what lacks which data.
//!
//! Everything comes from `ledger/tools.parquet` and the decisions of the run.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::numbers::unit_word;
use super::record::{Record, Row};
use crate::model::attribute_kind;
use crate::model::columns::INVENTORY;
use crate::model::say::translated;
use crate::rules::{Comparison, Quantity, Threshold};
use crate::say;

/// Decimals that a change is shown with at most.
const DECIMALS: f64 = 1e4;

/// What stands between the parts of the reasons, in the language of the run.
const PARTS: [char; 2] = [';', '；'];

/// What the run says of one route for the parcel.
pub struct Answer<'a> {
    /// The row of the reference table.
    pub route: &'a Row,
    /// `yes`, `no` or `unknown`.
    pub verdict: &'a str,
    /// The reasons recorded.
    pub reasons: &'a str,
    facts: Map<String, Value>,
}

/// The answers in the order of the toolbox.
pub fn of(record: &Record) -> Vec<Answer<'_>> {
    let answer = |route| {
        let decision = record.decisions.iter().find(|decision| text(decision, "rule_id") == text(route, "rule_id"))?;
        let facts = serde_json::from_str(text(decision, "facts")).unwrap_or_default();
        Some(Answer { route, verdict: text(decision, "verdict"), reasons: text(decision, "reasons"), facts })
    };
    record.tools.iter().filter_map(answer).collect()
}

/// Whether a decision is one of the toolbox.
pub fn is_of_toolbox(decision: &Row) -> bool {
    text(decision, "rule_id").split('.').nth(1) == Some("toolbox")
}

/// The answers as text; nothing where the run had no toolbox.
pub fn human(answers: &[Answer<'_>]) -> String {
    if answers.is_empty() {
        return String::new();
    }
    let lines = |verdict: &str, line: fn(&Answer<'_>) -> String| {
        let lines: String = answers.iter().filter(|answer| answer.verdict == verdict).map(line).collect();
        if lines.is_empty() { format!("    {}\n", say!("none")) } else { lines }
    };
    let mut out = format!("\n{}\n  {}\n", say!("tools"), say!("could apply"));
    out.push_str(&lines("yes", candidate));
    out.push_str(&format!("  {}\n", say!("excluded")));
    out.push_str(&lines("no", excluded));
    out.push_str(&format!("  {}\n", say!("lack data")));
    out.push_str(&lines("unknown", lacking));
    let mut missing: Vec<&String> = answers.iter().flat_map(Answer::missing).collect();
    missing.sort();
    missing.dedup();
    if !missing.is_empty() {
        out.push_str(&format!("  {}\n", say!("what would supply the data")));
        missing.iter().for_each(|column| out.push_str(&format!("    {column}: {}\n", supply(column))));
    }
    out
}

/// The answers as JSON.
pub fn machine(answers: &[Answer<'_>]) -> Vec<Value> {
    let answer = |answer: &Answer<'_>| {
        let list = |key: &str| answer.list(key);
        let missing: Vec<Value> = answer.missing().map(|column| json!({ "column": column, "supply": supply(column) })).collect();
        json!({
            "route": text(answer.route, "route"),
            "rule_id": text(answer.route, "rule_id"),
            "name": text(answer.route, "name"),
            "name_zh": text(answer.route, "name_zh"),
            "verdict": answer.verdict,
            "reasons": answer.reasons,
            "facts": answer.facts,
            "human": answer.notes("human"),
            "legal": list("legal"),
            "lead": list("lead"),
            "cooperate": list("cooperate"),
            "steps": answer.route.get("steps"),
            "outcomes": answer.notes("outcomes"),
            "excludes": list("excludes"),
            "unverified": list("unverified"),
            "nearest_change": answer.changes(),
            "missing": missing,
        })
    };
    answers.iter().map(answer).collect()
}

fn candidate(answer: &Answer<'_>) -> String {
    let mut out = format!("{}: {}\n", head(answer), answer.reasons);
    let mut line = |title: String, text: String| {
        if !text.is_empty() {
            out.push_str(&format!("      {title}: {text}\n"));
        }
    };
    for note in answer.notes("human") {
        line(say!("confirm"), note_text(&note));
    }
    line(say!("legal basis"), answer.list("legal").iter().map(legal_text).collect::<Vec<_>>().join("; "));
    line(say!("lead"), names(&answer.list("lead")));
    line(say!("with"), names(&answer.list("cooperate")));
    let steps = answer.route.get("steps").and_then(Value::as_i64);
    line(say!("steps"), steps.map_or_else(|| say!("not numbered"), |steps| steps.to_string()));
    for note in answer.notes("outcomes") {
        line(say!("what follows"), note_text(&note));
    }
    for exclusion in answer.list("excludes") {
        line(say!("not with"), format!("{}: {}", strings(exclusion.get("routes")).join(", "), field(&exclusion, "text")));
    }
    let unverified = answer.list("unverified").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
    line(say!("not printed in the document"), unverified);
    out
}

fn excluded(answer: &Answer<'_>) -> String {
    let changes = answer.changes();
    let nearest =
        if changes.is_empty() { String::new() } else { say!("      nearest change: {changes}", changes = changes.join("; ")) + "\n" };
    format!("{}: {}\n{nearest}", head(answer), answer.reasons)
}

fn lacking(answer: &Answer<'_>) -> String {
    let missing: Vec<&str> = answer.missing().map(String::as_str).collect();
    let unknown = say!("      unknown: {columns}", columns = missing.join(", "));
    format!("{}: {}\n{unknown}\n", head(answer), answer.reasons)
}

fn head(answer: &Answer<'_>) -> String {
    let own = |key| text(answer.route, key);
    say!("    {route} {name} ({name_zh})", route = own("route"), name = own("name"), name_zh = own("name_zh"))
}

impl Answer<'_> {
    /// The columns behind the answer that are unknown, where the route lacks data.
    fn missing(&self) -> impl Iterator<Item = &String> {
        let lacks = self.verdict == "unknown";
        self.facts.iter().filter(move |(_, value)| lacks && value.is_null()).map(|(name, _)| name)
    }

    /// For each condition that fails, what would make it hold; thresholds by how much.
    fn changes(&self) -> Vec<String> {
        let failing = titled(self.reasons).filter(|_| self.verdict == "no").map_or("", |(_, failing)| failing);
        let groups = failing.split(PARTS).map(str::trim).filter(|group| !group.is_empty());
        let none_of = translated("none of ", &[]);
        let change = |condition: &str| self.change(condition.trim());
        let of_group = |group: &str| {
            let conditions = group.strip_prefix("none of ").or_else(|| group.strip_prefix(none_of.trim())).unwrap_or(group);
            let known: Vec<String> = conditions.split(" | ").filter_map(change).collect();
            (!known.is_empty()).then(|| known.join(&say!(", or ")))
        };
        groups.filter_map(of_group).collect()
    }

    /// `idle_years 1.4 → 2: 0.6 years more`; none where the condition is no threshold.
    fn change(&self, condition: &str) -> Option<String> {
        let Threshold { left, comparison, right } = Threshold::parse(condition)?;
        let ((name, from), (_, to)) = (self.quantity(&left)?, self.quantity(&right)?);
        let (distance, unit) = match (from, to) {
            (Amount::Number(from), Amount::Number(to)) => (short((to - from).abs()), unit_of(&name)),
            (Amount::Day(from), Amount::Day(to)) => ((to - from).num_days().abs().to_string(), say!("days")),
            _ => return None,
        };
        let unit = if unit.is_empty() { String::new() } else { format!("{unit} ") };
        let change = match comparison {
            Comparison::More => say!("{name} {from} → above {to}: more than {distance} {unit}more", name, from, to, distance, unit),
            Comparison::Less => say!("{name} {from} → below {to}: more than {distance} {unit}less", name, from, to, distance, unit),
            Comparison::AtLeast => say!("{name} {from} → {to}: {distance} {unit}more", name, from, to, distance, unit),
            _ => say!("{name} {from} → {to}: {distance} {unit}less", name, from, to, distance, unit),
        };
        Some(change.trim_end().to_owned())
    }

    /// The column that gives a quantity, and its value.
    fn quantity(&self, quantity: &Quantity) -> Option<(String, Amount)> {
        match quantity {
            Quantity::Number(number) => Some((String::new(), Amount::Number(*number))),
            Quantity::Columns(names) => names.iter().find_map(|name| Some((name.clone(), amount(self.facts.get(name)?)?))),
        }
    }

    /// A list of the reference table.
    fn list(&self, key: &str) -> Vec<Value> {
        serde_json::from_str(text(self.route, key)).unwrap_or_default()
    }

    /// The notes that are given for this parcel; those whose condition cannot be decided say so.
    fn notes(&self, key: &str) -> Vec<Value> {
        let ids = |is_wanted: &dyn Fn(&str) -> bool| -> Vec<&str> {
            let parts = self.reasons.split(PARTS).filter_map(titled);
            parts.filter(|(title, _)| is_wanted(title)).flat_map(|(_, ids)| ids.split([',', '、'])).map(str::trim).collect()
        };
        // A run may have been written in the other language.
        let is_given = |title: &str| matches!(title, "provisional, to review" | "follows");
        let given = ids(&|title| is_given(title) || title == say!("provisional, to review") || title == say!("follows"));
        let undecided = ids(&|title| title == "undecided" || title == say!("undecided"));
        let keep = |mut note: Value| {
            let id = field(&note, "id").to_owned();
            if note.get("when").is_none_or(Value::is_null) || given.contains(&id.as_str()) || self.verdict != "yes" {
                return Some(note);
            }
            let open = undecided.contains(&id.as_str());
            note.as_object_mut()?.insert("undecided".to_owned(), Value::Bool(true));
            open.then_some(note)
        };
        self.list(key).into_iter().filter_map(keep).collect()
    }
}

/// The title of a part of the reasons, in the language of the run, and what stands under it.
fn titled(part: &str) -> Option<(&str, &str)> {
    let (at, colon) = part.match_indices([':', '：']).next()?;
    Some((part.get(..at)?.trim(), part.get(at + colon.len()..)?.trim()))
}

/// A number or a day.
#[derive(Clone, Copy)]
enum Amount {
    Number(f64),
    Day(NaiveDate),
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&short(*number)),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

fn amount(value: &Value) -> Option<Amount> {
    value.as_f64().map(Amount::Number).or_else(|| Some(Amount::Day(value.as_str()?.parse().ok()?)))
}

/// A number without needless decimals: `2`, `0.6`.
fn short(number: f64) -> String {
    ((number * DECIMALS).round() / DECIMALS).to_string()
}

fn unit_of(column: &str) -> String {
    const SUFFIXES: [(&str, &str); 4] = [("_years", "years"), ("_m2", "m²"), ("_m", "m"), ("_wan", "万元")];
    let defined = INVENTORY.iter().find(|own| own.name == column).map(|own| own.unit);
    let by_name = || SUFFIXES.iter().find(|(suffix, _)| column.ends_with(suffix)).map_or("", |(_, unit)| unit);
    match defined.unwrap_or_else(by_name) {
        "years" => say!("years"),
        unit => unit_word(unit).to_owned(),
    }
}

/// Where a job says what fills a column.
fn supply(column: &str) -> String {
    let zone = column.strip_prefix("zone_").or_else(|| column.strip_prefix("share_"));
    match (zone, column) {
        _ if attribute_kind(column).is_some() => say!("under [parcels.fields], {column} = \"<column of the source>\"", column),
        (Some(kind), _) => say!("a [[zones]] entry with kind = \"{kind}\", and a zone rule", kind),
        (_, "town" | "industry" | "land_use") => say!("under [parcels.fields], {column} = \"<column of the source>\"", column),
        (_, "far" | "floor_area_m2" | "footprint_m2" | "building_density") => say!("[buildings] with floors or floor areas"),
        (_, "enterprises" | "scale") => say!("a [[tables]] entry with kind = \"enterprises\""),
        (_, "grade" | "score") => say!("a grading rule, and the figures that it needs"),
        (_, "low_efficiency") => say!("a low-efficiency rule; or declare low_eff"),
        (_, "sliver_kind" | "sliver_status") => say!("a sliver rule and [projects]"),
        _ => say!("see docs/method.md"),
    }
}

/// `that both sides are willing (双方是否自愿)`.
fn note_text(note: &Value) -> String {
    let open = if note.get("undecided").is_some() { say!(", if {condition}", condition = field(note, "when")) } else { String::new() };
    say!("{text} ({text_zh})", text = field(note, "text"), text_zh = field(note, "text_zh")) + &open
}

fn legal_text(legal: &Value) -> String {
    let articles = strings(legal.get("articles"));
    let ended = legal.get("valid_to").and_then(Value::as_str).map_or_else(String::new, |day| say!(", in force to {day}", day));
    let articles = if articles.is_empty() { String::new() } else { format!(" {}", articles.join(", ")) };
    format!("{}{articles}{ended}", field(legal, "document_zh"))
}

fn names(departments: &[Value]) -> String {
    let name = |department: &Value| say!("{name} ({name_zh})", name = field(department, "name"), name_zh = field(department, "name_zh"));
    departments.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn strings(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn field<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn text<'r>(row: &'r Row, key: &str) -> &'r str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pairs: &[(&str, &str)]) -> Row {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), Value::String((*text).to_owned()))).collect()
    }

    fn answer<'a>(route: &'a Row, verdict: &'a str, reasons: &'a str, facts: &str) -> Answer<'a> {
        Answer { route, verdict, reasons, facts: serde_json::from_str(facts).unwrap() }
    }

    #[test]
    fn the_nearest_change_of_a_threshold_has_number_and_unit() {
        let route = row(&[]);
        let check = |failing: &str, facts: &str, expected: &[&str]| {
            let reasons = format!("excluded, not true: {failing}");
            assert_eq!(answer(&route, "no", &reasons, facts).changes(), expected, "{failing}");
        };
        check("idle_years >= 2", r#"{"idle_years":1.4}"#, &["idle_years 1.4 → 2: 0.6 years more"]);
        check(
            "share_industrial_block > 0.5",
            r#"{"share_industrial_block":0.48}"#,
            &["share_industrial_block 0.48 → above 0.5: more than 0.02 more"],
        );
        check("far < far_planned", r#"{"far":2.0,"far_planned":2.0}"#, &["far 2 → below 2: more than 0 less"]);
        check(
            "coalesce(far_proposed, far) <= far_contract",
            r#"{"far":2.3,"far_contract":2.0,"far_proposed":null}"#,
            &["far 2.3 → 2: 0.3 less"],
        );
        check(
            "term_end <= as_of",
            r#"{"as_of":"2025-12-31","term_end":"2026-01-10"}"#,
            &["term_end 2026-01-10 → 2025-12-31: 10 days less"],
        );
        check("surplus_land_m2 > 0", r#"{"surplus_land_m2":-5.0}"#, &["surplus_land_m2 -5 → above 0: more than 5 m² more"]);
        check("tenure = 'state'", r#"{"tenure":"collective"}"#, &[]);
        let group = "tenure = 'state'; none of far > 1 | height_proposed > height_contract";
        let facts = r#"{"tenure":"collective","far":0.5,"height_proposed":20.0,"height_contract":24.0}"#;
        check(group, facts, &["far 0.5 → above 1: more than 0.5 more, or height_proposed 20 → above 24: more than 4 more"]);
    }

    #[test]
    fn conditional_notes_are_given_where_they_hold_or_cannot_be_decided() {
        let notes = r#"[{"id":"a","text":"always","text_zh":"","when":null},{"id":"line","text":"line","text_zh":"","when":"x = 1"},
            {"id":"open","text":"open","text_zh":"","when":"y = 1"},{"id":"no","text":"no","text_zh":"","when":"z = 1"}]"#;
        let route = row(&[("human", notes)]);
        let reasons = "could apply, every condition holds; provisional, to review: line; undecided: open";
        let texts: Vec<String> = answer(&route, "yes", reasons, "{}").notes("human").iter().map(note_text).collect();
        assert_eq!(texts, ["always ()", "line ()", "open (), if y = 1"]);
    }

    #[test]
    fn what_lacks_is_named_with_what_would_supply_it() {
        let route = row(&[("route", "1-1"), ("name", "idle land"), ("name_zh", "闲置土地")]);
        let facts = r#"{"idle_cause":null,"idle_years":2.0,"share_industrial_block":null,"grade":null}"#;
        let text = human(&[answer(&route, "unknown", "needs data for: …", facts)]);
        assert!(text.contains("unknown: idle_cause, share_industrial_block, grade"), "{text}");
        assert!(text.contains("idle_cause: under [parcels.fields], idle_cause = "), "{text}");
        assert!(text.contains("share_industrial_block: a [[zones]] entry with kind = \"industrial_block\""), "{text}");
        assert_eq!(human(&[]), "");
    }
}

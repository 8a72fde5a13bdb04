//! The life of a land contract: how long a term may be, what is due when, and when land is idle.
//!
//! **Invariant:** periods are counted by the calendar, in months; no rule here has a number of days a year.

use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, RuleSource, check_id, check_unique, number, spoken_text},
    raw::{RawHead, RawRule, RawSource, date, rule, some_date},
    standards::column_of_kind,
    vocabulary::{ColumnKind, Scope},
};
use crate::say;

rule! {
    /// Terms, the calendar of evaluations, idle land.
    RawLifeCycle {
        /// Days before its day from which an item is due, inclusive.
        #[schemars(with = "u32")]
        pub due_within_days: Spanned<u32>,
        /// Days before its day from which an item is listed, inclusive.
        #[schemars(with = "u32")]
        pub listed_within_days: Spanned<u32>,
        /// Longest terms by class.
        #[serde(default)]
        pub terms: Vec<RawTerm>,
        /// What is due when.
        #[serde(default)]
        pub due: Vec<RawDue>,
        /// When land is idle.
        #[serde(default)]
        pub idle: Option<RawIdle>,
    }
}

/// The longest term of a class.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTerm {
    /// Identifier within the pack.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Its document, where that is not the rule's.
    #[serde(default)]
    pub document: Option<String>,
    /// Its article, where that is not the rule's.
    #[serde(default)]
    pub article: Option<String>,
    /// SQL condition: the class.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The column with the first day.
    #[schemars(with = "String")]
    pub from: Spanned<String>,
    /// The column with the last day.
    #[schemars(with = "String")]
    pub to: Spanned<String>,
    /// The longest term in years, inclusive.
    #[schemars(with = "u32")]
    pub max_years: Spanned<u32>,
    /// What somebody has to confirm or decide.
    #[serde(default)]
    pub human: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub human_zh: Option<String>,
}

/// Something that is due once or again and again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDue {
    /// Identifier within the pack.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Its document, where that is not the rule's.
    #[serde(default)]
    pub document: Option<String>,
    /// Its article, where that is not the rule's.
    #[serde(default)]
    pub article: Option<String>,
    /// SQL condition: which parcels it is for; absent = every parcel.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
    /// The columns with the day that it is counted from; the first that is known.
    #[schemars(with = "Vec<String>")]
    pub from: Vec<Spanned<String>>,
    /// Months after that day; negative = before.
    #[serde(default)]
    pub after_months: i32,
    /// Months from one time to the next; absent = once.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub every_months: Option<Spanned<u32>>,
    /// The column with the day on which it was last done.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub last: Option<Spanned<String>>,
    /// The column with the day after which it is due no more.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub until: Option<Spanned<String>>,
    /// SQL condition: it was done.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub done: Option<Spanned<String>>,
    /// What somebody has to confirm or decide.
    #[serde(default)]
    pub human: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub human_zh: Option<String>,
}

/// When land is idle.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIdle {
    /// Its document, where that is not the rule's.
    #[serde(default)]
    pub document: Option<String>,
    /// Its article, where that is not the rule's.
    #[serde(default)]
    pub article: Option<String>,
    /// SQL condition: works never started.
    #[schemars(with = "String")]
    pub never_started: Spanned<String>,
    /// The column with the day by which they should have started.
    #[schemars(with = "String")]
    pub never_started_from: Spanned<String>,
    /// SQL condition: works started and were left.
    #[schemars(with = "String")]
    pub stalled: Spanned<String>,
    /// The column with the day on which they were left.
    #[schemars(with = "String")]
    pub stalled_from: Spanned<String>,
    /// Years from either day from which the land is idle, inclusive.
    #[schemars(with = "f64")]
    pub idle_from_years: Spanned<f64>,
    /// What somebody has to confirm or decide.
    #[serde(default)]
    pub human: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub human_zh: Option<String>,
}

/// The life-cycle rules of a job.
#[derive(Clone, Debug)]
pub struct LifeCycleRules {
    /// `<pack>.life_cycle.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// Days before its day from which an item is due, inclusive.
    pub due_within_days: u32,
    /// Days before its day from which an item is listed, inclusive.
    pub listed_within_days: u32,
    /// Longest terms by class.
    pub terms: Vec<Term>,
    /// What is due when.
    pub due: Vec<Due>,
    /// When land is idle.
    pub idle: Option<Idle>,
}

/// A part of the rule: its ids, names and source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The id within the pack.
    pub id: Arc<str>,
    /// `<pack>.life_cycle.<id>`, what decisions cite.
    pub rule_id: Arc<str>,
    /// Name in English.
    pub name: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// Where it is printed.
    pub source: RuleSource,
    /// What somebody has to confirm or decide.
    pub human: Option<Arc<str>>,
}

/// The longest term of a class.
#[derive(Clone, Debug)]
pub struct Term {
    /// Ids, names and source.
    pub item: Item,
    /// The class.
    pub when: Condition,
    /// The column with the first day.
    pub from: Arc<str>,
    /// The column with the last day.
    pub to: Arc<str>,
    /// The longest term in years, inclusive.
    pub max_years: u32,
}

/// Something that is due once or again and again.
#[derive(Clone, Debug)]
pub struct Due {
    /// Ids, names and source.
    pub item: Item,
    /// Which parcels it is for; none = every parcel.
    pub when: Option<Condition>,
    /// The columns with the day that it is counted from; the first that is known.
    pub from: Vec<Arc<str>>,
    /// Months after that day; negative = before.
    pub after_months: i32,
    /// Months from one time to the next; none = once.
    pub every_months: Option<u32>,
    /// The column with the day on which it was last done.
    pub last: Option<Arc<str>>,
    /// The column with the day after which it is due no more.
    pub until: Option<Arc<str>>,
    /// Whether it was done.
    pub done: Option<Condition>,
}

/// When land is idle.
#[derive(Clone, Debug)]
pub struct Idle {
    /// Ids, names and source.
    pub item: Item,
    /// Works never started.
    pub never_started: Condition,
    /// The column with the day by which they should have started.
    pub never_started_from: Arc<str>,
    /// Works started and were left.
    pub stalled: Condition,
    /// The column with the day on which they were left.
    pub stalled_from: Arc<str>,
    /// Years from either day from which the land is idle, inclusive.
    pub idle_from_years: f64,
}

/// The id of the idle-land part of a rule.
const IDLE: &str = "idle";

impl LifeCycleRules {
    pub(super) fn compile(raw: &RawLifeCycle, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(raw.head(), origin, file);
        check_unique(raw.terms.iter().map(|term| &term.id).chain(raw.due.iter().map(|due| &due.id)), file);
        let (due_within_days, listed_within_days) = (*raw.due_within_days.get_ref(), *raw.listed_within_days.get_ref());
        if listed_within_days < due_within_days {
            let kind = FaultKind::OutOfRange {
                key: "listed_within_days",
                value: listed_within_days.into(),
                allowed: say!("at least due_within_days"),
            };
            file.fault(&raw.listed_within_days.span(), kind);
        }
        if raw.terms.is_empty() && raw.due.is_empty() && raw.idle.is_none() {
            file.fault(&raw.id.span(), FaultKind::Empty { key: "due" });
        }
        let mut parts = Parts { head: &head, file };
        let terms = raw.terms.iter().filter_map(|term| parts.term(term)).collect();
        let due = raw.due.iter().map(|due| parts.due(due)).collect();
        let idle = raw.idle.as_ref().and_then(|idle| parts.idle(idle));
        Self { rule_id: head.rule_id(), version: Arc::clone(&origin.version), due_within_days, listed_within_days, terms, due, idle, head }
    }

    /// The source of each part by the id that decisions cite.
    pub fn sources(&self) -> impl Iterator<Item = (String, RuleSource)> {
        let items = self.terms.iter().map(|term| &term.item).chain(self.due.iter().map(|due| &due.item));
        items.chain(self.idle.as_ref().map(|idle| &idle.item)).map(|item| (item.rule_id.to_string(), item.source.clone()))
    }
}

/// The parts of a rule while they are checked.
struct Parts<'a, 'f> {
    head: &'a RuleHead,
    file: &'a mut Checked<'f>,
}

impl Parts<'_, '_> {
    fn condition(&mut self, text: &Spanned<String>) -> Option<Condition> {
        Condition::compile(text, Scope::LifeCycle, self.file)
    }

    fn day(&mut self, name: &Spanned<String>) -> Arc<str> {
        column_of_kind(name, ColumnKind::Date, (Scope::LifeCycle, self.file))
    }

    fn source(&self, document: Option<&str>, article: Option<&str>) -> RuleSource {
        self.head.source.or(document, article)
    }

    fn term(&mut self, raw: &RawTerm) -> Option<Term> {
        check_id(&raw.id, self.file);
        let when = self.condition(&raw.when);
        let id = raw.id.get_ref().as_str();
        let item = Item {
            id: id.into(),
            rule_id: self.head.item_id(id),
            name: raw.name.as_str().into(),
            name_zh: raw.name_zh.as_str().into(),
            source: self.source(raw.document.as_deref(), raw.article.as_deref()),
            human: spoken_text(raw.human.as_deref(), raw.human_zh.as_deref()),
        };
        let (from, to) = (self.day(&raw.from), self.day(&raw.to));
        self.positive("max_years", &raw.max_years);
        Some(Term { item, when: when?, from, to, max_years: *raw.max_years.get_ref() })
    }

    fn due(&mut self, raw: &RawDue) -> Due {
        check_id(&raw.id, self.file);
        let id = raw.id.get_ref().as_str();
        if raw.from.is_empty() {
            self.file.fault(&raw.id.span(), FaultKind::Empty { key: "from" });
        }
        match (&raw.every_months, &raw.last) {
            (Some(months), _) => self.positive("every_months", months),
            (None, Some(last)) => self.file.fault(&last.span(), FaultKind::MissingKey { key: "every_months".into() }),
            (None, None) => {}
        }
        Due {
            item: Item {
                id: id.into(),
                rule_id: self.head.item_id(id),
                name: raw.name.as_str().into(),
                name_zh: raw.name_zh.as_str().into(),
                source: self.source(raw.document.as_deref(), raw.article.as_deref()),
                human: spoken_text(raw.human.as_deref(), raw.human_zh.as_deref()),
            },
            when: raw.when.as_ref().and_then(|when| self.condition(when)),
            from: raw.from.iter().map(|name| self.day(name)).collect(),
            after_months: raw.after_months,
            every_months: raw.every_months.as_ref().map(|months| *months.get_ref()),
            last: raw.last.as_ref().map(|name| self.day(name)),
            until: raw.until.as_ref().map(|name| self.day(name)),
            done: raw.done.as_ref().and_then(|done| self.condition(done)),
        }
    }

    fn idle(&mut self, raw: &RawIdle) -> Option<Idle> {
        let (never_started, stalled) = (self.condition(&raw.never_started), self.condition(&raw.stalled));
        let item = Item {
            id: IDLE.into(),
            rule_id: self.head.item_id(IDLE),
            name: "Idle land".into(),
            name_zh: "闲置土地".into(),
            source: self.source(raw.document.as_deref(), raw.article.as_deref()),
            human: spoken_text(raw.human.as_deref(), raw.human_zh.as_deref()),
        };
        let (never_started_from, stalled_from) = (self.day(&raw.never_started_from), self.day(&raw.stalled_from));
        let idle_from_years = number("idle_from_years", &raw.idle_from_years, Allowed::Positive, self.file);
        Some(Idle { item, never_started: never_started?, never_started_from, stalled: stalled?, stalled_from, idle_from_years })
    }

    fn positive(&mut self, key: &'static str, value: &Spanned<u32>) {
        if *value.get_ref() == 0 {
            self.file.fault(&value.span(), FaultKind::OutOfRange { key, value: 0.0, allowed: say!("more than 0") });
        }
    }
}

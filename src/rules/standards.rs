//! Standards of land use, items of a land contract, caps on transfers: named tests of a documented column against a number, an industry table, another
//! column or a day, each with its article.
//!
//! **Invariant:** a standard that does not say whether it was compared with its document takes that from its rule; a value of an industry table that the
//! document does not print stands apart and is never taken for a printed one.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, RuleSource, check_id, check_unique, number, spoken_text},
    raw::{RawHead, RawRule, RawSource, date, rule, some_date},
    vocabulary::{ColumnKind, Scope},
};

rule! {
    /// Standards of land use, contract items and transfer caps.
    RawStandards {
        /// The standards.
        pub standards: Vec<RawStandard>,
        /// Target plot ratios; the first whose condition is true.
        #[serde(default)]
        pub targets: Vec<RawTarget>,
    }
}

/// A named standard.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStandard {
    /// Identifier within the pack.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// What it belongs to.
    pub group: Group,
    /// Its document, where that is not the rule's.
    #[serde(default)]
    pub document: Option<String>,
    /// Its article, where that is not the rule's.
    #[serde(default)]
    pub article: Option<String>,
    /// Whether its number was compared with the document, where that differs from the rule.
    #[serde(default)]
    pub verified: Option<bool>,
    /// SQL condition: which parcels it applies to; absent = every parcel.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub applies: Option<Spanned<String>>,
    /// SQL condition: which parcels a confirmed exemption takes out.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub exempt: Option<Spanned<String>>,
    /// What somebody has to confirm or decide.
    #[serde(default)]
    pub human: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub human_zh: Option<String>,
    /// SQL condition: what the test dates has not happened yet.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub not_yet: Option<Spanned<String>>,
    /// What must hold.
    pub test: RawTest,
    /// What may hold in its place.
    #[serde(default)]
    pub otherwise: Option<RawTest>,
}

/// What a standard belongs to; each group has its own verdict a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// How land must be used.
    Standards,
    /// What the holder agreed to.
    Contract,
    /// What may be sold or mortgaged, and what is owed to the public.
    Transfer,
}

impl Group {
    /// Every group, in the order of the columns.
    pub const ALL: [Self; 3] = [Self::Standards, Self::Contract, Self::Transfer];

    /// The word in facts and in the names of the columns.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standards => "standards",
            Self::Contract => "contract",
            Self::Transfer => "transfer",
        }
    }
}

/// A test of a column; it has one of the limits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTest {
    /// The column that is tested.
    #[schemars(with = "String")]
    pub measure: Spanned<String>,
    /// The least value, in the unit of the column.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub at_least: Option<Spanned<f64>>,
    /// The greatest value, in the unit of the column.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub at_most: Option<Spanned<f64>>,
    /// The column that holds the least value.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub at_least_column: Option<Spanned<String>>,
    /// The column that holds the greatest value.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub at_most_column: Option<Spanned<String>>,
    /// The least value by industry.
    #[serde(default)]
    pub at_least_by: Option<RawByIndustry>,
    /// The greatest value by industry.
    #[serde(default)]
    pub at_most_by: Option<RawByIndustry>,
    /// The column with the last day.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub not_after: Option<Spanned<String>>,
    /// What a yes-no column must say.
    #[serde(default)]
    pub must_be: Option<bool>,
    /// Whether the limit itself fails.
    #[serde(default)]
    pub strict: bool,
}

/// Limits by the digits of GB/T 4754; the longest that an industry begins with counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawByIndustry {
    /// Values that the document prints.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub printed: BTreeMap<String, Spanned<f64>>,
    /// Values from elsewhere.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, f64>")]
    pub unprinted: BTreeMap<String, Spanned<f64>>,
}

/// A target plot ratio.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTarget {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition: which parcels it is for.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The plot ratio to build up to.
    #[schemars(with = "f64")]
    pub far: Spanned<f64>,
}

/// The standards of a job.
#[derive(Clone, Debug)]
pub struct StandardsRules {
    /// `<pack>.standards.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// The standards in their order.
    pub standards: Vec<Standard>,
    /// Target plot ratios; the first whose condition is true.
    pub targets: Vec<Target>,
}

/// A named standard.
#[derive(Clone, Debug)]
pub struct Standard {
    /// The id within the pack.
    pub id: Arc<str>,
    /// `<pack>.standards.<id>`, what decisions cite.
    pub rule_id: Arc<str>,
    /// Name in English.
    pub name: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// What it belongs to.
    pub group: Group,
    /// Where it is printed.
    pub source: RuleSource,
    /// Whether its number was compared with the document.
    pub verified: bool,
    /// Which parcels it applies to; none = every parcel.
    pub applies: Option<Condition>,
    /// Which parcels a confirmed exemption takes out.
    pub exempt: Option<Condition>,
    /// What somebody has to confirm or decide.
    pub human: Option<Arc<str>>,
    /// Whether what the test dates has not happened yet.
    pub not_yet: Option<Condition>,
    /// What must hold, and what may hold in its place.
    pub tests: Vec<Test>,
}

/// A test of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The column.
    pub measure: Arc<str>,
    /// What it must keep.
    pub limit: Limit,
    /// Whether the limit itself fails.
    pub strict: bool,
}

/// What a column must keep.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// No less.
    AtLeast(Bound),
    /// No more.
    AtMost(Bound),
    /// No later than the day in this column.
    NotAfter(Arc<str>),
    /// Exactly this.
    MustBe(bool),
}

/// Where a limit comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// The rule.
    Number(f64),
    /// A column.
    Column(Arc<str>),
    /// The industry of the parcel.
    ByIndustry(IndustryTable),
}

/// Limits by the digits of GB/T 4754.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndustryTable(BTreeMap<Arc<str>, IndustryLimit>);

/// A value of an industry table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndustryLimit {
    /// The value.
    pub value: f64,
    /// Whether the document prints it.
    pub printed: bool,
}

impl IndustryTable {
    /// The limit of an industry: that of the longest code that it begins with. A letter of a section before the digits does not count.
    #[must_use]
    pub fn limit(&self, industry: &str) -> Option<IndustryLimit> {
        let code = industry.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let digits = code.find(|c: char| !c.is_ascii_digit()).unwrap_or(code.len());
        (1..=digits).rev().find_map(|length| self.0.get(code.get(..length)?)).copied()
    }

    /// Codes and limits in the order of the codes.
    pub fn entries(&self) -> impl Iterator<Item = (&str, IndustryLimit)> {
        self.0.iter().map(|(code, limit)| (code.as_ref(), *limit))
    }
}

/// A target plot ratio.
#[derive(Clone, Debug)]
pub struct Target {
    /// Identifier.
    pub id: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// Which parcels it is for.
    pub when: Condition,
    /// The plot ratio to build up to.
    pub far: f64,
}

impl StandardsRules {
    pub(super) fn compile(raw: &RawStandards, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(raw.head(), origin, file);
        if raw.standards.is_empty() {
            file.fault(&raw.id.span(), FaultKind::Empty { key: "standards" });
        }
        check_unique(raw.standards.iter().map(|standard| &standard.id), file);
        check_unique(raw.targets.iter().map(|target| &target.id), file);
        let standards = raw.standards.iter().map(|standard| compile_standard(standard, &head, file)).collect();
        let targets = raw.targets.iter().filter_map(|target| compile_target(target, file)).collect();
        Self { rule_id: head.rule_id(), version: Arc::clone(&origin.version), head, standards, targets }
    }

    /// The source of each standard by the id that decisions cite.
    pub fn sources(&self) -> impl Iterator<Item = (String, RuleSource)> {
        self.standards.iter().map(|standard| (standard.rule_id.to_string(), standard.source.clone()))
    }
}

fn compile_standard(raw: &RawStandard, head: &RuleHead, file: &mut Checked<'_>) -> Standard {
    check_id(&raw.id, file);
    let mut condition = |text: &Option<Spanned<String>>| text.as_ref().and_then(|text| Condition::compile(text, Scope::Standards, file));
    let (applies, exempt, not_yet) = (condition(&raw.applies), condition(&raw.exempt), condition(&raw.not_yet));
    let id = raw.id.get_ref().as_str();
    Standard {
        id: id.into(),
        rule_id: head.item_id(id),
        name: raw.name.as_str().into(),
        name_zh: raw.name_zh.as_str().into(),
        group: raw.group,
        source: head.source.or(raw.document.as_deref(), raw.article.as_deref()),
        verified: raw.verified.unwrap_or(head.verified),
        applies,
        exempt,
        human: spoken_text(raw.human.as_deref(), raw.human_zh.as_deref()),
        not_yet,
        tests: [Some(&raw.test), raw.otherwise.as_ref()].into_iter().flatten().filter_map(|test| compile_test(test, file)).collect(),
    }
}

fn compile_test(raw: &RawTest, file: &mut Checked<'_>) -> Option<Test> {
    let measure = raw.measure.get_ref();
    let mut limits = Vec::new();
    limits.extend(raw.at_least.as_ref().map(|value| Limit::AtLeast(Bound::Number(limit_of(measure, "at_least", value, file)))));
    limits.extend(raw.at_most.as_ref().map(|value| Limit::AtMost(Bound::Number(limit_of(measure, "at_most", value, file)))));
    let mut bound = |name: &Spanned<String>| Bound::Column(column_of_kind(name, ColumnKind::Number, (Scope::Standards, file)));
    limits.extend(raw.at_least_column.as_ref().map(|name| Limit::AtLeast(bound(name))));
    limits.extend(raw.at_most_column.as_ref().map(|name| Limit::AtMost(bound(name))));
    limits.extend(raw.at_least_by.as_ref().map(|table| Limit::AtLeast(Bound::ByIndustry(by_industry(measure, table, file)))));
    limits.extend(raw.at_most_by.as_ref().map(|table| Limit::AtMost(Bound::ByIndustry(by_industry(measure, table, file)))));
    limits.extend(raw.not_after.as_ref().map(|name| Limit::NotAfter(column_of_kind(name, ColumnKind::Date, (Scope::Standards, file)))));
    limits.extend(raw.must_be.map(Limit::MustBe));
    let found = limits.len();
    let Some(limit) = limits.pop().filter(|_| found == 1) else {
        file.fault(&raw.measure.span(), FaultKind::Limits { measure: measure.clone(), found });
        return None;
    };
    let kind = match limit {
        Limit::AtLeast(_) | Limit::AtMost(_) => ColumnKind::Number,
        Limit::NotAfter(_) => ColumnKind::Date,
        Limit::MustBe(_) => ColumnKind::Flag,
    };
    Some(Test { measure: column_of_kind(&raw.measure, kind, (Scope::Standards, file)), limit, strict: raw.strict })
}

/// A fraction may not be written as a percentage.
fn limit_of(measure: &str, key: &'static str, value: &Spanned<f64>, file: &mut Checked<'_>) -> f64 {
    let is_fraction = ["_share", "_ratio", "_rate", "_density", "_coefficient"].iter().any(|end| measure.ends_with(end));
    number(key, value, if is_fraction { Allowed::Fraction } else { Allowed::NotNegative }, file)
}

/// The name of a column of the kind; a fault where it is none.
pub(super) fn column_of_kind(name: &Spanned<String>, kind: ColumnKind, (scope, file): (Scope, &mut Checked<'_>)) -> Arc<str> {
    let known = || scope.columns().map(str::to_owned).collect();
    match scope.kind(name.get_ref()) {
        Some(found) if found == kind => {}
        Some(_) => file.fault(&name.span(), FaultKind::WrongKind { column: name.get_ref().clone(), wanted: kind.words() }),
        None => file.fault(&name.span(), FaultKind::UnknownColumn { column: name.get_ref().clone(), known: known() }),
    }
    name.get_ref().as_str().into()
}

fn by_industry(measure: &str, raw: &RawByIndustry, file: &mut Checked<'_>) -> IndustryTable {
    let mut table = BTreeMap::new();
    for (codes, printed) in [(&raw.unprinted, false), (&raw.printed, true)] {
        for (code, value) in codes {
            if code.is_empty() || !code.chars().all(|c| c.is_ascii_digit()) {
                file.fault(&value.span(), FaultKind::IndustryCode { code: code.clone() });
            }
            let value = limit_of(measure, if printed { "printed" } else { "unprinted" }, value, file);
            table.insert(code.as_str().into(), IndustryLimit { value, printed });
        }
    }
    IndustryTable(table)
}

fn compile_target(raw: &RawTarget, file: &mut Checked<'_>) -> Option<Target> {
    check_id(&raw.id, file);
    let when = Condition::compile(&raw.when, Scope::Standards, file);
    let far = number("far", &raw.far, Allowed::Positive, file);
    Some(Target { id: raw.id.get_ref().as_str().into(), name_zh: raw.name_zh.as_str().into(), when: when?, far })
}

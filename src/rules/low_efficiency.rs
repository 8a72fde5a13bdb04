//! Rules of low-efficiency recognition (低效用地认定): grounds of which one is enough, exceptions, means over several years, and how recognised
//! parcels become a tract.
//!
//! **Invariant:** a condition names a mean over several years only if the rule says how many of them must be known.

use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, RuleHead, check_id, check_unique, number},
    raw::{RawHead, RawRule, RawSource, date, rule, some_date},
    vocabulary::Scope,
};
use crate::model::columns::YearsMean;
use crate::say;

rule! {
    /// Recognition of low-efficiency land.
    RawLowEfficiency {
        /// SQL condition: which parcels may be recognised at all; absent = every parcel.
        #[serde(default)]
        #[schemars(with = "Option<String>")]
        pub population: Option<Spanned<String>>,
        /// The means over several years that conditions name.
        #[serde(default)]
        pub means: Vec<RawMean>,
        /// The grounds: one is enough.
        pub any_of: Vec<RawGround>,
        /// Exceptions: a ground does not count where one of them applies.
        #[serde(default)]
        pub none_of: Vec<RawException>,
        /// When recognised parcels are proposed as a tract; absent = never.
        #[serde(default)]
        pub tracts: Option<RawTracts>,
    }
}

/// A mean over several years.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMean {
    /// A figure and its years: `tax_per_mu_wan_3y`.
    #[schemars(with = "String")]
    pub column: Spanned<String>,
    /// Years of them that must have a value.
    #[schemars(with = "u32")]
    pub min_years: Spanned<u32>,
}

/// A ground of recognition.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGround {
    /// Identifier of the ground.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// Article or item of the rule's document.
    pub article: String,
    /// Whether the condition was compared with the printed document.
    pub verified: bool,
}

/// An exception.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawException {
    /// Identifier of the exception.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in English.
    pub name: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The grounds that it sets aside; absent = all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub grounds: Vec<Spanned<String>>,
    /// Article or item of the rule's document.
    pub article: String,
    /// Whether the condition was compared with the printed document.
    pub verified: bool,
}

/// How parcels become a tract.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTracts {
    /// Greatest distance between parcels of a tract, across roads and water, m, inclusive.
    #[schemars(with = "f64")]
    pub max_gap_m: Spanned<f64>,
    /// Smallest area of a tract, m², inclusive.
    #[schemars(with = "f64")]
    pub min_area_m2: Spanned<f64>,
    /// Fewest parcels of a tract.
    #[schemars(with = "u32")]
    pub min_parcels: Spanned<u32>,
    /// Which verdicts make a parcel a member.
    #[schemars(with = "Vec<Membership>")]
    pub verdicts: Spanned<Vec<Membership>>,
    /// When tracts are proposed.
    pub propose: Propose,
}

/// A verdict that makes a parcel a member of a tract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// It is recognised.
    Yes,
    /// That cannot be decided.
    Unknown,
}

/// When tracts are proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Propose {
    /// Where the job names no projects.
    WithoutProjects,
    /// In every job.
    Always,
}

/// The recognition rules of a job.
#[derive(Clone, Debug)]
pub struct LowEfficiencyRules {
    /// `<pack>.low_efficiency.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// Which parcels may be recognised; none = every parcel.
    pub population: Option<Condition>,
    /// The means over several years that conditions name.
    pub means: Vec<NamedMean>,
    /// The grounds: one is enough.
    pub grounds: Vec<Ground>,
    /// What sets a ground aside.
    pub exceptions: Vec<Exception>,
    /// When recognised parcels are proposed as a tract.
    pub tracts: Option<TractRules>,
}

/// A mean over several years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMean {
    /// The name of its column.
    pub column: Arc<str>,
    /// Which mean it is.
    pub mean: YearsMean,
    /// Years that must have a value.
    pub min_years: u32,
}

/// A ground of recognition.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Identifier.
    pub id: Arc<str>,
    /// Name in English.
    pub name: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// When it holds.
    pub when: Condition,
    /// Article or item of the document.
    pub article: Arc<str>,
    /// Whether it was compared with the document.
    pub verified: bool,
}

/// An exception.
#[derive(Clone, Debug)]
pub struct Exception {
    /// What it is and when it applies.
    pub ground: Ground,
    /// Which grounds, by their places, it sets aside.
    pub sets_aside: Vec<usize>,
}

/// How parcels become a tract.
#[derive(Clone, Debug, PartialEq)]
pub struct TractRules {
    /// Greatest distance between parcels of a tract, m, inclusive.
    pub max_gap_m: f64,
    /// Smallest area of a tract, m², inclusive.
    pub min_area_m2: f64,
    /// Fewest parcels of a tract.
    pub min_parcels: u32,
    /// Which verdicts make a parcel a member.
    pub verdicts: Vec<Membership>,
    /// When tracts are proposed.
    pub propose: Propose,
}

impl LowEfficiencyRules {
    pub(super) fn compile(raw: &RawLowEfficiency, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let mut head = head::compile(raw.head(), origin, file);
        let population = raw.population.as_ref().and_then(|text| Condition::compile(text, Scope::LowEfficiency, file));
        let means: Vec<_> = raw.means.iter().filter_map(|mean| compile_mean(mean, file)).collect();
        check_unique(raw.means.iter().map(|mean| &mean.column), file);
        check_unique(raw.any_of.iter().map(|ground| &ground.id).chain(raw.none_of.iter().map(|exception| &exception.id)), file);
        if raw.any_of.is_empty() {
            file.fault(&raw.id.span(), FaultKind::Empty { key: "any_of" });
        }
        let grounds: Vec<_> = raw.any_of.iter().filter_map(|ground| compile_ground(ground, file)).collect();
        let exceptions: Vec<_> = raw.none_of.iter().filter_map(|exception| compile_exception(exception, &grounds, file)).collect();
        let doubted = grounds.iter().map(|ground| ("any_of", ground)).chain(exceptions.iter().map(|e| ("none_of", &e.ground)));
        head.unverified.extend(doubted.filter(|(_, ground)| !ground.verified).map(|(key, ground)| format!("{key}.{}", ground.id).into()));
        let tracts = raw.tracts.as_ref().map(|tracts| compile_tracts(tracts, file));
        let rules =
            Self { rule_id: head.rule_id(), version: Arc::clone(&origin.version), head, population, means, grounds, exceptions, tracts };
        rules.check_means(raw, file);
        rules
    }

    /// Every condition of the rule.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let grounds = self.grounds.iter().chain(self.exceptions.iter().map(|exception| &exception.ground));
        self.population.iter().chain(grounds.map(|ground| &ground.when))
    }

    /// How many years of which figure the rule looks back on.
    #[must_use]
    pub fn years_wanted(&self) -> Vec<(&'static str, u32)> {
        self.means.iter().map(|named| (named.mean.figure, named.mean.years)).collect()
    }

    /// A mean that is named has to be listed, and one that is listed has to be named.
    fn check_means(&self, raw: &RawLowEfficiency, file: &mut Checked<'_>) {
        let listed = |name: &str| raw.means.iter().any(|mean| mean.column.get_ref() == name);
        let named = |name: &str| self.conditions().flat_map(Condition::columns).any(|column| column == name);
        let conditions = raw.population.iter().chain(raw.any_of.iter().map(|g| &g.when)).chain(raw.none_of.iter().map(|e| &e.when));
        for text in conditions {
            let unlisted = self.conditions().flat_map(Condition::columns).filter(|name| YearsMean::named(name).is_some() && !listed(name));
            for name in unlisted.filter(|name| text.get_ref().contains(name)) {
                file.fault(&text.span(), FaultKind::MeanNotListed { column: name.to_owned() });
            }
        }
        for mean in raw.means.iter().filter(|mean| !named(mean.column.get_ref())) {
            file.fault(&mean.column.span(), FaultKind::UnusedParameter { name: mean.column.get_ref().clone() });
        }
    }
}

fn compile_mean(raw: &RawMean, file: &mut Checked<'_>) -> Option<NamedMean> {
    let Some(mean) = YearsMean::named(raw.column.get_ref()) else {
        file.fault(&raw.column.span(), FaultKind::NoMean { column: raw.column.get_ref().clone() });
        return None;
    };
    let min_years = *raw.min_years.get_ref();
    if !(1..=mean.years).contains(&min_years) {
        let kind =
            FaultKind::OutOfRange { key: "min_years", value: f64::from(min_years), allowed: say!("from 1 to the years of the mean") };
        file.fault(&raw.min_years.span(), kind);
    }
    Some(NamedMean { column: raw.column.get_ref().as_str().into(), mean, min_years })
}

fn compile_ground(raw: &RawGround, file: &mut Checked<'_>) -> Option<Ground> {
    check_id(&raw.id, file);
    let when = Condition::compile(&raw.when, Scope::LowEfficiency, file)?;
    Some(Ground {
        id: raw.id.get_ref().as_str().into(),
        name: raw.name.as_str().into(),
        name_zh: raw.name_zh.as_str().into(),
        when,
        article: raw.article.as_str().into(),
        verified: raw.verified,
    })
}

fn compile_exception(raw: &RawException, grounds: &[Ground], file: &mut Checked<'_>) -> Option<Exception> {
    let known = || grounds.iter().map(|ground| ground.id.to_string()).collect();
    for wanted in raw.grounds.iter().filter(|wanted| grounds.iter().all(|ground| *ground.id != **wanted.get_ref())) {
        file.fault(&wanted.span(), FaultKind::UnknownGround { id: wanted.get_ref().clone(), known: known() });
    }
    let concerned = |ground: &Ground| raw.grounds.is_empty() || raw.grounds.iter().any(|wanted| **wanted.get_ref() == *ground.id);
    let sets_aside = grounds.iter().enumerate().filter(|(_, ground)| concerned(ground)).map(|(place, _)| place).collect();
    let RawException { id, name, name_zh, when, article, verified, .. } = raw.clone();
    let ground = compile_ground(&RawGround { id, name, name_zh, when, article, verified }, file)?;
    Some(Exception { ground, sets_aside })
}

fn compile_tracts(raw: &RawTracts, file: &mut Checked<'_>) -> TractRules {
    if raw.verdicts.get_ref().is_empty() {
        file.fault(&raw.verdicts.span(), FaultKind::Empty { key: "verdicts" });
    }
    TractRules {
        max_gap_m: number("max_gap_m", &raw.max_gap_m, Allowed::NotNegative, file),
        min_area_m2: number("min_area_m2", &raw.min_area_m2, Allowed::NotNegative, file),
        min_parcels: *raw.min_parcels.get_ref(),
        verdicts: raw.verdicts.get_ref().clone(),
        propose: raw.propose,
    }
}

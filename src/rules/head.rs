//! What every compiled rule carries: who it is, where it is printed, when it is in force.

use std::sync::Arc;

use chrono::NaiveDate;
use toml::Spanned;

use super::{
    fault::{Checked, FaultKind},
    raw::{RawHead, RawSource},
};
use crate::model::{Lang, say::spoken};
use crate::say;

/// A kind of rule; each is one file of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Floors, years and means.
    Indicators,
    /// Membership of zones and location classes.
    Zones,
    /// Standards of land use, contract items, transfer caps.
    Standards,
    /// Terms, evaluations, idle land.
    LifeCycle,
    /// Scores and grades.
    Grading,
    /// Recognition of low-efficiency land.
    LowEfficiency,
    /// Left-over plots.
    Slivers,
    /// Policy tools.
    Toolbox,
}

impl Kind {
    /// Every kind, in the order of the stages.
    pub const ALL: [Self; 8] =
        [Self::Indicators, Self::Zones, Self::Standards, Self::LifeCycle, Self::Grading, Self::LowEfficiency, Self::Slivers, Self::Toolbox];

    /// The word in rule ids, in `rules_for` and in the file name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Indicators => "indicators",
            Self::Zones => "zones",
            Self::Standards => "standards",
            Self::LifeCycle => "life_cycle",
            Self::Grading => "grading",
            Self::LowEfficiency => "low_efficiency",
            Self::Slivers => "slivers",
            Self::Toolbox => "toolbox",
        }
    }
}

/// Where a rule is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSource {
    /// Title and number of the document.
    pub document: Arc<str>,
    /// Article, item or page.
    pub article: Arc<str>,
}

impl RuleSource {
    /// The source of a part of a rule: what it says itself, else what the rule says.
    #[must_use]
    pub fn or(&self, document: Option<&str>, article: Option<&str>) -> Self {
        let own = |own: Option<&str>, of_rule: &Arc<str>| own.map_or_else(|| Arc::clone(of_rule), Into::into);
        Self { document: own(document, &self.document), article: own(article, &self.article) }
    }
}

/// A rule's identity, source and dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHead {
    /// The id within pack and kind.
    pub id: Arc<str>,
    /// The pack.
    pub pack: Arc<str>,
    /// The kind.
    pub kind: Kind,
    /// Name in English.
    pub name: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// Where it is printed.
    pub source: RuleSource,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; none = no end is known.
    pub valid_to: Option<NaiveDate>,
    /// Whether the numbers were compared with the document.
    pub verified: bool,
    /// The keys that the document does not print.
    pub unverified: Vec<Arc<str>>,
    /// Whether it is a form to be filled in, which is never used.
    pub template: bool,
}

impl RuleHead {
    /// `<pack>.<kind>.<id>`.
    #[must_use]
    pub fn rule_id(&self) -> Arc<str> {
        self.item_id(&self.id)
    }

    /// The id that decisions cite for a part of the rule: `<pack>.<kind>.<part>`.
    #[must_use]
    pub fn item_id(&self, part: &str) -> Arc<str> {
        format!("{}.{}.{part}", self.pack, self.kind.as_str()).into()
    }

    /// Whether the rule is in force on the day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// `2023-03-15 to 2028-03-14`.
    #[must_use]
    pub fn period(&self) -> String {
        match self.valid_to {
            Some(to) => say!("{from} to {to}", from = self.valid_from, to),
            None => say!("{from} to no known end", from = self.valid_from),
        }
    }
}

/// What the rules of one file share.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub pack: Arc<str>,
    pub version: Arc<str>,
    pub kind: Kind,
}

/// Checks what every rule has.
pub(super) fn compile(raw: RawHead<'_>, origin: &Origin, file: &mut Checked<'_>) -> RuleHead {
    check_id(raw.id, file);
    if let Some(to) = raw.valid_to.filter(|to| *to < raw.valid_from) {
        file.fault(&raw.id.span(), FaultKind::Dates { from: raw.valid_from, to });
    }
    let RawSource { document, article } = raw.source;
    RuleHead {
        id: raw.id.get_ref().as_str().into(),
        pack: Arc::clone(&origin.pack),
        kind: origin.kind,
        name: raw.name.into(),
        name_zh: raw.name_zh.into(),
        source: RuleSource { document: document.as_str().into(), article: article.as_str().into() },
        valid_from: raw.valid_from,
        valid_to: raw.valid_to,
        verified: raw.verified,
        unverified: raw.unverified.iter().map(|key| key.get_ref().as_str().into()).collect(),
        template: raw.template,
    }
}

/// A text of a rule in the language that the process speaks; in English where it has no Chinese.
pub(super) fn spoken_text(text: Option<&str>, text_zh: Option<&str>) -> Option<Arc<str>> {
    text_zh.filter(|_| spoken() == Lang::Zh).or(text).map(Into::into)
}

pub(super) fn check_id(id: &Spanned<String>, file: &mut Checked<'_>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if id.get_ref().is_empty() || !id.get_ref().chars().all(plain) {
        file.fault(&id.span(), FaultKind::BadId { id: id.get_ref().clone() });
    }
}

pub(super) fn check_unique<'i>(ids: impl IntoIterator<Item = &'i Spanned<String>>, file: &mut Checked<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id.get_ref()) {
            file.fault(&id.span(), FaultKind::DuplicateId { id: id.get_ref().clone() });
        }
    }
}

/// A range that a number must lie in.
#[derive(Clone, Copy)]
pub(super) enum Allowed {
    Positive,
    NotNegative,
    Fraction,
    Finite,
}

/// The number, with a fault where it lies outside its range.
pub(super) fn number(key: &'static str, value: &Spanned<f64>, allowed: Allowed, file: &mut Checked<'_>) -> f64 {
    let x = *value.get_ref();
    let holds = match allowed {
        Allowed::Positive => x.is_finite() && x > 0.0,
        Allowed::NotNegative => x.is_finite() && x >= 0.0,
        Allowed::Fraction => (0.0..=1.0).contains(&x),
        Allowed::Finite => x.is_finite(),
    };
    if !holds {
        let allowed = match allowed {
            Allowed::Positive => say!("more than 0"),
            Allowed::NotNegative => say!("0 or more"),
            Allowed::Fraction => say!("from 0 to 1"),
            Allowed::Finite => say!("finite"),
        };
        file.fault(&value.span(), FaultKind::OutOfRange { key, value: x, allowed });
    }
    x
}

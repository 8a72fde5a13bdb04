//! Rules of the zones: when a parcel is inside, and which location class it has.
//!
//! **Invariant:** a class whose condition cannot be decided stops the search: a later class is never given in its place.

use std::{collections::BTreeSet, sync::Arc};

use polars::prelude::DataFrame;

use super::{
    cases::{Case, CaseFault},
    condition::{Condition, Match, first_match},
    fault::{Checked, FaultKind, RulesError, line_of},
    head::{self, Allowed, Origin, RuleHead, check_id, check_unique, number},
    lint,
    raw::{RawClass, RawRule, RawZones},
    vocabulary::{Scope, zone_kind},
};
use crate::model::Verdict;
use crate::say;

/// The zone rules of a job.
#[derive(Clone, Debug)]
pub struct ZoneRules {
    /// `<pack>.zones.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// Share from which (inclusive) a parcel is inside.
    pub inside_min: f64,
    /// Share up to which (inclusive) a parcel is outside.
    pub outside_max: f64,
    /// Overlap up to which a parcel is outside, m².
    pub tolerance_m2: f64,
    /// Overlap a metre of perimeter up to which a parcel is outside, m.
    pub tolerance_m: f64,
    /// The location classes in the order in which they are tried.
    pub classes: Vec<Class>,
}

/// A named condition.
#[derive(Clone, Debug)]
pub struct Class {
    /// The value written.
    pub id: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
    /// When a parcel is of the class.
    pub when: Condition,
}

/// What the classes say of a parcel.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The class; none where none applies or that cannot be told.
    pub class: Option<Arc<str>>,
    /// `yes` with a class, `no` where the conditions of all classes are false, `unknown` where one cannot be decided.
    pub verdict: Verdict,
    /// Why.
    pub reason: Arc<str>,
}

impl ZoneRules {
    /// The location class of every parcel: the first class whose condition is true; none where an earlier condition cannot be decided.
    ///
    /// `frame` has the `zone_<kind>` and `share_<kind>` columns of the job; kinds that it lacks are unknown.
    ///
    /// # Errors
    /// [`RulesError::Evaluate`] where the table library cannot evaluate a condition.
    pub fn classify(&self, frame: &DataFrame) -> Result<Vec<Placement>, RulesError> {
        let matches = first_match(self.classes.iter().map(|class| &class.when), frame)?;
        let answers: Vec<_> = self.classes.iter().map(answers).collect();
        let none = Placement { class: None, verdict: Verdict::No, reason: say!("no class of the rule applies").into() };
        let answer = |found| match found {
            Match::Hit(index) => answers.get(index).map(|(yes, _)| yes),
            Match::Undecided(index) => answers.get(index).map(|(_, unknown)| unknown),
            Match::None => None,
        };
        Ok(matches.into_iter().map(|found| answer(found).unwrap_or(&none).clone()).collect())
    }

    /// The zone kinds that the classes name, so that a run can say which of them a job lacks.
    #[must_use]
    pub fn kinds_used(&self) -> BTreeSet<&str> {
        self.classes.iter().flat_map(|class| class.when.columns()).filter_map(zone_kind).collect()
    }

    /// Runs a case of location classes.
    ///
    /// # Errors
    /// Those of [`Self::classify`].
    pub fn check_case(&self, case: &Case) -> Result<Vec<CaseFault>, RulesError> {
        let placements = self.classify(&case.frame)?;
        let rows = case.expected.iter().zip(&placements).enumerate();
        Ok(rows
            .filter_map(|(row, ((_, wanted), found))| {
                case.compare(row, "location_class", wanted.location_class.as_ref(), found.class.as_deref())
            })
            .collect())
    }

    pub(super) fn compile(raw: &RawZones, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let head = head::compile(raw.head(), origin, file);
        let inside_min = number("inside_min", &raw.inside_min, Allowed::Fraction, file);
        let outside_max = number("outside_max", &raw.outside_max, Allowed::Fraction, file);
        if outside_max >= inside_min {
            let kind = FaultKind::OutOfRange { key: "outside_max", value: outside_max, allowed: say!("less than inside_min") };
            file.fault(&raw.outside_max.span(), kind);
        }
        Self {
            rule_id: head.rule_id(),
            version: Arc::clone(&origin.version),
            inside_min,
            outside_max,
            tolerance_m2: number("tolerance_m2", &raw.tolerance_m2, Allowed::NotNegative, file),
            tolerance_m: number("tolerance_m", &raw.tolerance_m, Allowed::NotNegative, file),
            classes: compile_classes(&raw.classes, Scope::Location, file),
            head,
        }
    }
}

/// What is said where the class applies and where it cannot be decided.
fn answers(class: &Class) -> (Placement, Placement) {
    let (id, when) = (&class.id, &class.when);
    let undecided = say!("class {id} cannot be decided, a value is missing among {names}", id, names = when.names());
    let yes = Placement { class: Some(Arc::clone(id)), verdict: Verdict::Yes, reason: format!("{id}: {}", when.text).into() };
    (yes, Placement { class: None, verdict: Verdict::Unknown, reason: undecided.into() })
}

pub(super) fn compile_classes(raw: &[RawClass], scope: Scope, file: &mut Checked<'_>) -> Vec<Class> {
    check_unique(raw.iter().map(|class| &class.id), file);
    let mut classes = Vec::with_capacity(raw.len());
    let mut seen = std::collections::BTreeMap::new();
    for class in raw {
        check_id(&class.id, file);
        // The first that is true counts, so a second one with the same condition is never reached.
        if let Some(line) = seen.insert(lint::normal(class.when.get_ref()), line_of(file.text, class.when.span().start)) {
            file.fault(&class.when.span(), FaultKind::Repeated { text: class.when.get_ref().clone(), line });
        }
        let when = Condition::compile(&class.when, scope, file);
        classes.extend(when.map(|when| Class { id: class.id.get_ref().as_str().into(), name_zh: class.name_zh.as_str().into(), when }));
    }
    classes
}

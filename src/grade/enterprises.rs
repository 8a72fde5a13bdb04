//! Rules over enterprises: each enterprise is graded with all its land, and a parcel gets its grade from those that are on it.
//!
//! **Invariant:** an enterprise whose grade cannot be told makes that of its parcel unknown, unless the others decide it.

use std::{ops::Range, sync::Arc};

use polars::prelude::{DataFrame, Float64Chunked, IntoColumn, NewChunkedArray, PolarsError, StringChunked, UInt32Chunked};
use serde_json::{Value, json};

use crate::model::columns::ColumnType;
use crate::model::ledgers::ENTERPRISE_GRADES;
use crate::model::{Verdict, number_column, text_column};
use crate::rules::{Cuts, GradingRules, RollUp};
use crate::say;

use super::{
    GradeError, Graded, Grading,
    population::Standing,
    report::{Said, write_down},
    score::Scored,
};

/// Which enterprise is on which parcel, sorted by parcel and enterprise.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    /// Rows of the inventory.
    pub parcels: &'a [u32],
    /// Rows of the enterprises.
    pub enterprises: &'a [u32],
    /// The land of the parcel that is the enterprise's, m²; NaN where unknown.
    pub land_m2: &'a [f64],
}

/// Enterprises and their parcels.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    /// What is known of each enterprise; `enterprise_id`, `parcels` and `area_mu` are there.
    pub frame: &'a DataFrame,
    /// Which parcels each is on.
    pub links: Links<'a>,
    /// The declared holder of each parcel.
    pub holders: Option<&'a StringChunked>,
    /// The number of parcels.
    pub parcels: usize,
}

/// Grades enterprises, then parcels by them; the frame is `ledger/enterprise_grades.parquet`.
///
/// # Errors
/// Those of [`grade`](super::grade).
pub fn grade_enterprises(rules: &GradingRules, units: Units<'_>) -> Result<(Grading, DataFrame), GradeError> {
    let graded = Graded::new(rules, units.frame)?;
    let of_enterprises = graded.report(rules);
    let column = |source| GradeError::Column { column: "enterprise_id".to_owned(), source };
    let ids = units.frame.column("enterprise_id").and_then(|ids| ids.str().cloned()).map_err(column)?;
    let ledger = ledger(&graded, &of_enterprises, units.frame).map_err(column)?;
    let rolled = RolledUp {
        roll_up: rules.holdings.map(|holdings| holdings.roll_up),
        graded: &graded,
        of_enterprises: &of_enterprises,
        ids: &ids,
        units,
    };
    let ranges = ranges(units.links.parcels, units.parcels);
    let parcels = write_down(rules, units.parcels, &|row| rolled.say(row, ranges.get(row).cloned().unwrap_or_default()));
    Ok((parcels, ledger))
}

/// The ledger of a job whose rule is not over enterprises.
///
/// # Errors
/// None that the data can cause.
pub fn no_enterprises() -> Result<DataFrame, PolarsError> {
    let columns = ENTERPRISE_GRADES.iter().map(|column| match column.kind {
        ColumnType::Number | ColumnType::Fraction => Float64Chunked::from_slice(column.name.into(), &[]).into_column(),
        ColumnType::Whole => UInt32Chunked::from_slice(column.name.into(), &[]).into_column(),
        _ => text_column(column.name, std::iter::empty()),
    });
    DataFrame::new(0, columns.collect())
}

fn ledger(graded: &Graded<'_>, grading: &Grading, frame: &DataFrame) -> Result<DataFrame, PolarsError> {
    let cohort = |standing: &Standing| match standing {
        Standing::Member { cohort, .. } => graded.cohorts.get(*cohort).map(|scored| &*scored.cohort.class.id),
        _ => None,
    };
    let decisions = || grading.decisions.rows();
    let columns = vec![
        frame.column("enterprise_id")?.clone(),
        frame.column("parcels")?.clone(),
        frame.column("area_mu")?.clone(),
        text_column("cohort", graded.standings.iter().map(cohort)),
        number_column("score", grading.score.iter().copied()),
        text_column("grade", grading.grade.iter().map(Option::as_deref)),
        text_column("verdict", decisions().map(|decision| Some(decision.verdict.as_str()))),
        text_column("reason", grading.reason.iter().map(|reason| Some(reason.as_str()))),
        StringChunked::from_iter_values("facts".into(), decisions().map(|decision| decision.facts())).into_column(),
    ];
    DataFrame::new(frame.height(), columns)
}

/// The links of each parcel.
fn ranges(parcels: &[u32], rows: usize) -> Vec<Range<usize>> {
    let mut ranges = vec![0..0; rows];
    let mut start = 0;
    for group in parcels.chunk_by(|a, b| a == b) {
        let end = start + group.len();
        if let Some(slot) = group.first().and_then(|parcel| ranges.get_mut(*parcel as usize)) {
            *slot = start..end;
        }
        start = end;
    }
    ranges
}

/// What parcels get from their enterprises.
struct RolledUp<'a> {
    roll_up: Option<RollUp>,
    graded: &'a Graded<'a>,
    of_enterprises: &'a Grading,
    ids: &'a StringChunked,
    units: Units<'a>,
}

/// An enterprise on a parcel.
struct Tenant<'a> {
    id: &'a str,
    row: usize,
    land_m2: f64,
    verdict: Verdict,
    score: Option<f64>,
    grade: Option<Arc<str>>,
}

impl RolledUp<'_> {
    fn say(&self, parcel: usize, links: Range<usize>) -> Said<'static> {
        let tenants: Vec<_> = links.filter_map(|link| self.tenant(link)).collect();
        if self.ids.is_empty() {
            let reason = say!("no enterprise is known: the job has no enterprise rows in the years that count");
            return Said::ungraded(Verdict::Unknown, reason, &json!({ "enterprises": null }));
        }
        if tenants.is_empty() {
            return Said::ungraded(Verdict::No, say!("no enterprise is on the parcel"), &json!({ "enterprises": [] }));
        }
        let mut said = match self.roll_up {
            Some(RollUp::Owner) => self.by_owner(parcel, &tenants),
            Some(roll_up) => self.by_all(roll_up, &tenants),
            None => Said::ungraded(Verdict::Unknown, say!("the rule does not say how enterprises become parcels"), &Value::Null),
        };
        said.facts = self.facts(&tenants, &said).to_string();
        said
    }

    fn tenant(&self, link: usize) -> Option<Tenant<'_>> {
        let row = *self.units.links.enterprises.get(link)? as usize;
        Some(Tenant {
            id: self.ids.get(row)?,
            row,
            land_m2: self.units.links.land_m2.get(link).copied().unwrap_or(f64::NAN),
            verdict: self.of_enterprises.decisions.row(row)?.verdict,
            score: self.of_enterprises.score.get(row).copied().flatten(),
            grade: self.of_enterprises.grade.get(row).cloned().flatten(),
        })
    }

    fn by_owner(&self, parcel: usize, tenants: &[Tenant<'_>]) -> Said<'static> {
        let holder = self.units.holders.and_then(|holders| holders.get(parcel));
        let unknown = |reason: String| Said::ungraded(Verdict::Unknown, reason, &Value::Null);
        match (holder, tenants) {
            (Some(holder), _) => match tenants.iter().find(|tenant| tenant.id == holder) {
                Some(owner) => self.of_one(owner, &say!("grade of its holder")),
                None => unknown(say!("the declared holder `{holder}` has no figures on the parcel", holder)),
            },
            (None, [only]) => self.of_one(only, &say!("grade of its only enterprise")),
            (None, _) => unknown(say!("the parcel declares no `holder_id`, and several enterprises are on it")),
        }
    }

    fn by_all(&self, roll_up: RollUp, tenants: &[Tenant<'_>]) -> Said<'static> {
        let graded: Vec<_> = tenants.iter().filter(|tenant| tenant.verdict == Verdict::Yes).collect();
        let worst = graded.iter().copied().max_by_key(|tenant| self.class(tenant));
        if let (RollUp::Worst, Some(worst)) = (roll_up, worst)
            && self.is_last_class(worst)
        {
            return self.of_one(worst, &say!("grade of the worst of its enterprises"));
        }
        if let Some(open) = tenants.iter().find(|tenant| tenant.verdict == Verdict::Unknown) {
            return Said { grade: None, score: None, ..self.of_one(open, &say!("an enterprise on the parcel has no grade")) };
        }
        match (graded.as_slice(), worst) {
            ([], _) => self.exempt(tenants),
            ([only], _) => self.of_one(only, &say!("grade of its only enterprise that is ranked")),
            (_, Some(worst)) if roll_up == RollUp::Worst => self.of_one(worst, &say!("grade of the worst of its enterprises")),
            (all, worst) => self.by_land(all, worst),
        }
    }

    /// The class of the mean score, weighted by land, among those of the enterprise with the most land.
    fn by_land(&self, tenants: &[&Tenant<'_>], worst: Option<&Tenant<'_>>) -> Said<'static> {
        let land_m2: f64 = tenants.iter().map(|tenant| tenant.land_m2).sum();
        let sum: f64 = tenants.iter().map(|tenant| tenant.land_m2 * tenant.score.unwrap_or(f64::NAN)).sum();
        let score = sum / land_m2;
        let main = tenants.iter().copied().reduce(|most, tenant| if tenant.land_m2 > most.land_m2 { tenant } else { most });
        let scored = main.and_then(|main| self.scored(main)).filter(|_| score.is_finite());
        let Some(scored) = scored else {
            let reason = say!("the land of an enterprise on the parcel is unknown");
            return Said::ungraded(Verdict::Unknown, reason, &Value::Null);
        };
        let grade = scored.cohort.cuts.grade(class_of(score, scored)).cloned();
        let shown = grade.as_deref().unwrap_or_default();
        let none = say!("none");
        let worst = worst.map_or_else(String::new, |worst| {
            say!("; the worst of them is {id}: {grade}", id = worst.id, grade = worst.grade.as_deref().unwrap_or(&none))
        });
        let reason = say!(
            "mean score {score} of {enterprises} enterprises, weighted by land, is {grade} in cohort {cohort}{worst}",
            score = format_args!("{score:.4}"),
            enterprises = tenants.len(),
            grade = shown,
            cohort = scored.cohort.class.id,
            worst
        );
        Said { verdict: Verdict::Yes, score: Some(score), grade, reason, facts: String::new(), template: None }
    }

    /// Nobody is ranked; where all are exempt with one grade, that is written.
    fn exempt(&self, tenants: &[Tenant<'_>]) -> Said<'static> {
        let first = tenants.first();
        let same =
            first.and_then(|first| first.grade.clone()).filter(|grade| tenants.iter().all(|tenant| tenant.grade.as_ref() == Some(grade)));
        let said = first.map(|first| self.of_one(first, &say!("no enterprise on the parcel is ranked")));
        let said = said.unwrap_or_else(|| Said::ungraded(Verdict::No, String::new(), &Value::Null));
        Said { verdict: Verdict::No, score: None, grade: same, ..said }
    }

    fn of_one(&self, tenant: &Tenant<'_>, why: &str) -> Said<'static> {
        let reason = self.of_enterprises.reason.get(tenant.row).map_or("", String::as_str);
        let reason = say!("{why}, {id}: {reason}", why, id = tenant.id, reason);
        Said { verdict: tenant.verdict, score: tenant.score, grade: tenant.grade.clone(), reason, facts: String::new(), template: None }
    }

    fn facts(&self, tenants: &[Tenant<'_>], said: &Said) -> Value {
        let tenant = |tenant: &Tenant<'_>| json!({ "enterprise_id": tenant.id, "land_m2": finite(tenant.land_m2), "score": tenant.score, "grade": tenant.grade.as_deref() });
        let graded = tenants.iter().filter(|tenant| tenant.verdict == Verdict::Yes);
        let worst = graded.max_by_key(|tenant| self.class(tenant)).and_then(|worst| worst.grade.as_deref());
        let roll_up = match self.roll_up {
            Some(RollUp::LandWeighted) => "land_weighted",
            Some(RollUp::Worst) => "worst",
            Some(RollUp::Owner) => "owner",
            None => "none",
        };
        json!({ "roll_up": roll_up, "score": said.score, "worst": worst, "enterprises": tenants.iter().map(tenant).collect::<Vec<_>>() })
    }

    fn scored(&self, tenant: &Tenant<'_>) -> Option<&Scored<'_>> {
        match self.graded.standings.get(tenant.row)? {
            Standing::Member { cohort, .. } => self.graded.cohorts.get(*cohort),
            _ => None,
        }
    }

    /// The class of a graded enterprise, 0 the best.
    fn class(&self, tenant: &Tenant<'_>) -> Option<usize> {
        self.scored(tenant)?.cohort.cuts.class(tenant.grade.as_deref()?)
    }

    fn is_last_class(&self, tenant: &Tenant<'_>) -> bool {
        self.scored(tenant).is_some_and(|scored| self.class(tenant) == scored.cohort.cuts.grades().count().checked_sub(1))
    }
}

/// The class that a score has among the members of a cohort.
fn class_of(score: f64, scored: &Scored<'_>) -> usize {
    if let Cuts::Bands(bands) = &scored.cohort.cuts {
        return bands.class(score);
    }
    let edges = &scored.ranking.edges;
    let reached = edges.iter().position(|edge| edge.is_some_and(|edge| edge.is_reached_by(score)));
    reached.unwrap_or(edges.len().saturating_sub(1))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

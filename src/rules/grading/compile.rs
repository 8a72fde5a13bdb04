//! From the rule as written to the rule as used, with every fault on the way.

use std::{ops::Range, sync::Arc};

use toml::Spanned;

use super::{
    Benchmark, Cohort, Exempt, GradedUnit, GradingRules, Holdings, Indicator, IndustryNumbers, Normaliser, cuts,
    raw::{RawCohort, RawExempt, RawGrading, RawIndicator, RawMinMax, RawNormaliser},
    scope, steps,
};
use crate::rules::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{self, Allowed, Origin, check_id, check_unique, number},
    raw::RawRule,
    vocabulary::{ColumnKind, Scope},
    zones::Class,
};
use crate::say;

/// How far the weights of a cohort may be from their total.
const SAME_TOTAL: f64 = 1e-9;

/// What the parts of a rule share.
pub(super) struct Context<'r> {
    pub(super) rule: &'r RawGrading,
    pub(super) scope: Scope,
    pub(super) tables: &'r [IndustryNumbers],
}

pub(super) fn compile(raw: &RawGrading, origin: &Origin, file: &mut Checked<'_>) -> GradingRules {
    let head = head::compile(raw.head(), origin, file);
    check_unique(raw.industry_tables.iter().map(|table| &table.id), file);
    let tables: Vec<_> = raw.industry_tables.iter().map(|table| IndustryNumbers::compile(table, file)).collect();
    let context = Context { rule: raw, scope: scope(raw.unit), tables: &tables };
    let population = raw.population.as_ref().and_then(|text| Condition::compile(text, context.scope, file));
    let exempt = compile_exempt(&raw.exempt, &context, file);
    check_unique(raw.cohorts.iter().map(|cohort| &cohort.id), file);
    if raw.cohorts.is_empty() {
        file.fault(&raw.id.span(), FaultKind::Empty { key: "cohorts" });
    }
    let cohorts: Vec<_> = raw.cohorts.iter().filter_map(|cohort| compile_cohort(cohort, &context, file)).collect();
    let cap =
        |key, cap: &Option<Spanned<f64>>, file: &mut Checked<'_>| cap.as_ref().map(|cap| number(key, cap, Allowed::NotNegative, file));
    GradingRules {
        rule_id: head.rule_id(),
        version: Arc::clone(&origin.version),
        unit: raw.unit,
        holdings: holdings(raw, file),
        population,
        exempt,
        corrections: steps::corrections(&context, file),
        bonuses: steps::extras(&raw.bonuses, cap("bonus_cap", &raw.bonus_cap, file), &context, file),
        penalties: steps::extras(&raw.penalties, cap("penalty_cap", &raw.penalty_cap, file), &context, file),
        steps: steps::steps(&context, &cohorts, file),
        cohorts,
        tables,
        head,
    }
}

/// A rule over enterprises says how they become parcels; one over parcels has nothing to say of it.
fn holdings(raw: &RawGrading, file: &mut Checked<'_>) -> Option<Holdings> {
    if raw.unit == GradedUnit::Parcel {
        return None;
    }
    for (key, absent) in [("roll_up", raw.roll_up.is_none()), ("land_share", raw.land_share.is_none())] {
        if absent {
            file.fault(&raw.id.span(), FaultKind::MissingKey { key: key.into() });
        }
    }
    Some(Holdings { roll_up: raw.roll_up?, land_share: raw.land_share? })
}

fn compile_exempt(raw: &[RawExempt], context: &Context<'_>, file: &mut Checked<'_>) -> Vec<Exempt> {
    check_unique(raw.iter().map(|exempt| &exempt.id), file);
    let mut all = Vec::with_capacity(raw.len());
    for exempt in raw {
        let class = class(&exempt.id, &exempt.name_zh, &exempt.when, context.scope, file);
        let grade = exempt.grade.as_deref().map(Arc::from);
        all.extend(class.map(|class| Exempt { class, grade }));
    }
    all
}

fn class(id: &Spanned<String>, name_zh: &str, when: &Spanned<String>, scope: Scope, file: &mut Checked<'_>) -> Option<Class> {
    check_id(id, file);
    let when = Condition::compile(when, scope, file)?;
    Some(Class { id: id.get_ref().as_str().into(), name_zh: name_zh.into(), when })
}

fn compile_cohort(raw: &RawCohort, context: &Context<'_>, file: &mut Checked<'_>) -> Option<Cohort> {
    let lacks = |key| FaultKind::CohortLacks { cohort: raw.id.get_ref().clone(), key };
    let class = class(&raw.id, &raw.name_zh, &raw.when, context.scope, file);
    let normaliser = raw.normaliser.or(context.rule.normaliser);
    let cuts = raw.cuts.as_ref().or(context.rule.cuts.as_ref());
    for (key, absent) in [("normaliser", normaliser.is_none()), ("cuts", cuts.is_none())] {
        if absent {
            file.fault(&raw.id.span(), lacks(key));
        }
    }
    if raw.indicators.is_empty() {
        file.fault(&raw.id.span(), FaultKind::Empty { key: "indicators" });
    }
    let names: Vec<_> = raw.indicators.iter().map(|raw| Spanned::new(raw.column.span(), indicator_name(raw))).collect();
    check_unique(&names, file);
    if normaliser == Some(RawNormaliser::Rank) && raw.indicators.len() > 1 {
        file.fault(&raw.id.span(), FaultKind::RankOfOne { cohort: raw.id.get_ref().clone() });
    }
    check_total(raw, context, file);
    let indicators = raw.indicators.iter().filter_map(|indicator| compile_indicator(indicator, normaliser?, context, file)).collect();
    let cuts = cuts.and_then(|cuts| cuts::compile(cuts, &raw.id.span(), file));
    Some(Cohort { class: class?, indicators, cuts: cuts? })
}

/// The weights of a cohort add up to what the rule says they do.
fn check_total(raw: &RawCohort, context: &Context<'_>, file: &mut Checked<'_>) {
    let Some(total) = &context.rule.total else { return };
    let sum: f64 = raw.indicators.iter().filter_map(|indicator| indicator.weight.as_ref()).map(Spanned::get_ref).sum();
    if !context.rule.template && (sum - total.get_ref()).abs() > SAME_TOTAL {
        let (cohort, total) = (raw.id.get_ref().clone(), *total.get_ref());
        file.fault(&raw.id.span(), FaultKind::WeightsTotal { cohort, sum, total });
    }
}

fn compile_indicator(raw: &RawIndicator, normaliser: RawNormaliser, context: &Context<'_>, file: &mut Checked<'_>) -> Option<Indicator> {
    std::iter::once(&raw.column).chain(&raw.over).for_each(|column| check_column(column, context.scope, file));
    let weight = match &raw.weight {
        Some(weight) => number("weight", weight, Allowed::Positive, file),
        None if context.rule.template => f64::NAN,
        None => return missing_key(&raw.column.span(), "weight", file),
    };
    let cap = bound(["cap", "cap_times_weight"], [&raw.cap, &raw.cap_times_weight], weight, file);
    let floor = bound(["floor", "floor_times_weight"], [&raw.floor, &raw.floor_times_weight], weight, file);
    if let (Some((_, most)), Some((at, least))) = (&cap, &floor)
        && least > most
    {
        file.fault(at, FaultKind::OutOfRange { key: "floor", value: *least, allowed: say!("at most the cap") });
    }
    Some(Indicator {
        name: indicator_name(raw).into(),
        column: raw.column.get_ref().as_str().into(),
        over: raw.over.as_ref().map(|over| over.get_ref().as_str().into()),
        weight,
        normaliser: compile_normaliser(raw, normaliser, context, file)?,
        cap: cap.map(|(_, cap)| cap),
        floor: floor.map(|(_, floor)| floor),
        missing: raw.missing,
        absent: raw.absent,
    })
}

fn indicator_name(raw: &RawIndicator) -> String {
    let column = raw.column.get_ref();
    raw.over.as_ref().map_or_else(|| column.clone(), |over| format!("{column} / {}", over.get_ref()))
}

fn missing_key<T>(span: &Range<usize>, key: &str, file: &mut Checked<'_>) -> Option<T> {
    file.fault(span, FaultKind::MissingKey { key: key.to_owned() });
    None
}

/// A bound in points or as a multiple of the weight, with its place.
fn bound(keys: [&'static str; 2], raw: [&Option<Spanned<f64>>; 2], weight: f64, file: &mut Checked<'_>) -> Option<(Range<usize>, f64)> {
    let [points, times] = keys;
    match raw {
        [Some(value), None] => Some((value.span(), number(points, value, Allowed::Finite, file))),
        [None, Some(value)] => Some((value.span(), number(times, value, Allowed::Finite, file) * weight)),
        [Some(_), Some(value)] => {
            let keys = if points == "cap" { "`cap`, `cap_times_weight`" } else { "`floor`, `floor_times_weight`" };
            file.fault(&value.span(), FaultKind::OneOf { keys });
            None
        }
        [None, None] => None,
    }
}

fn compile_normaliser(raw: &RawIndicator, normaliser: RawNormaliser, context: &Context<'_>, file: &mut Checked<'_>) -> Option<Normaliser> {
    let stray = [raw.benchmark.as_ref().map(Spanned::span), raw.benchmark_table.as_ref().map(Spanned::span)];
    if normaliser != RawNormaliser::Ratio
        && let Some(span) = stray.into_iter().flatten().next()
    {
        file.fault(&span, FaultKind::NotUsed { key: "benchmark", by: say!("a normaliser other than `ratio`") });
    }
    match normaliser {
        RawNormaliser::Ratio => Some(Normaliser::Ratio { benchmark: benchmark(raw, context, file)? }),
        RawNormaliser::MinMax => match &context.rule.min_max {
            Some(numbers) => Some(min_max(numbers, file)),
            None => missing_key(&context.rule.id.span(), "min_max", file),
        },
        RawNormaliser::Rank => Some(Normaliser::Rank),
    }
}

fn min_max(raw: &RawMinMax, file: &mut Checked<'_>) -> Normaliser {
    Normaliser::MinMax {
        base: number("base", &raw.base, Allowed::NotNegative, file),
        span: number("span", &raw.span, Allowed::Positive, file),
        equal: number("equal", &raw.equal, Allowed::NotNegative, file),
    }
}

/// One of `benchmark`, `benchmark_from` and `benchmark_table`.
fn benchmark(raw: &RawIndicator, context: &Context<'_>, file: &mut Checked<'_>) -> Option<Benchmark> {
    let factor = raw.benchmark_factor.as_ref().map_or(1.0, |factor| number("benchmark_factor", factor, Allowed::Positive, file));
    match (&raw.benchmark, raw.benchmark_from, &raw.benchmark_table) {
        (Some(value), None, None) => {
            if let Some(stray) = &raw.benchmark_factor {
                file.fault(&stray.span(), FaultKind::NotUsed { key: "benchmark_factor", by: say!("a benchmark that is a number") });
            }
            Some(Benchmark::Number(number("benchmark", value, Allowed::Positive, file)))
        }
        (None, Some(from), None) => Some(Benchmark::Cohort { from, factor }),
        (None, None, Some(id)) => Some(Benchmark::Table { table: context.table(id, file)?, factor }),
        (None, None, None) if context.rule.template => Some(Benchmark::Number(f64::NAN)),
        (None, None, None) => missing_key(&raw.column.span(), "benchmark", file),
        _ => {
            file.fault(&raw.column.span(), FaultKind::OneOf { keys: "`benchmark`, `benchmark_from`, `benchmark_table`" });
            None
        }
    }
}

impl Context<'_> {
    /// The index of a table.
    pub(super) fn table(&self, id: &Spanned<String>, file: &mut Checked<'_>) -> Option<usize> {
        let found = self.tables.iter().position(|table| *table.id == **id.get_ref());
        if found.is_none() {
            let known = self.tables.iter().map(|table| table.id.to_string()).collect();
            file.fault(&id.span(), FaultKind::UnknownName { what: "table", name: id.get_ref().clone(), known });
        }
        found
    }
}

/// A column with a number that the rule may name.
pub(super) fn check_column(column: &Spanned<String>, scope: Scope, file: &mut Checked<'_>) {
    let name = column.get_ref();
    match scope.kind(name) {
        Some(ColumnKind::Number) => {}
        Some(_) => file.fault(&column.span(), FaultKind::NotNumeric { column: name.clone() }),
        None => {
            let known = scope.columns().map(str::to_owned).collect();
            file.fault(&column.span(), FaultKind::UnknownColumn { column: name.clone(), known });
        }
    }
}

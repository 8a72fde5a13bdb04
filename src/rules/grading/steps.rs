//! What changes a score or a grade after the indicators: corrections, bonuses, penalties, moves and vetoes.

use std::sync::Arc;

use toml::Spanned;

use super::{
    Change, Cohort, Correction, Extra, Extras, Factor, Step,
    compile::{Context, check_column},
    raw::{RawCorrection, RawExtra, RawMove, RawVeto},
};
use crate::rules::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{Allowed, check_id, check_unique, number},
};
use crate::say;

pub(super) fn corrections(context: &Context<'_>, file: &mut Checked<'_>) -> Vec<Correction> {
    let raw = &context.rule.corrections;
    check_unique(raw.iter().map(|correction| &correction.id), file);
    raw.iter().filter_map(|raw| correction(raw, context, file)).collect()
}

fn correction(raw: &RawCorrection, context: &Context<'_>, file: &mut Checked<'_>) -> Option<Correction> {
    check_id(&raw.id, file);
    let when = raw.when.as_ref().map(|when| Condition::compile(when, context.scope, file));
    let factor = match (&raw.factor, &raw.table) {
        (Some(factor), None) => Some(Factor::Number(number("factor", factor, Allowed::Positive, file))),
        (None, Some(id)) => context.table(id, file).map(Factor::Table),
        _ => {
            file.fault(&raw.id.span(), FaultKind::OneOf { keys: "`factor`, `table`" });
            None
        }
    };
    let when = when.map_or(Some(None), |compiled| compiled.map(Some))?;
    Some(Correction { id: name(&raw.id), name_zh: raw.name_zh.as_str().into(), when, factor: factor?, unknown: raw.unknown })
}

pub(super) fn extras(raw: &[RawExtra], cap: Option<f64>, context: &Context<'_>, file: &mut Checked<'_>) -> Extras {
    check_unique(raw.iter().map(|extra| &extra.id), file);
    Extras { entries: raw.iter().filter_map(|raw| extra(raw, context, file)).collect(), cap }
}

fn extra(raw: &RawExtra, context: &Context<'_>, file: &mut Checked<'_>) -> Option<Extra> {
    check_id(&raw.id, file);
    let when = Condition::compile(&raw.when, context.scope, file);
    let points = number("points", &raw.points, Allowed::Positive, file);
    let beyond = raw.beyond.as_ref().map_or(0.0, |beyond| number("beyond", beyond, Allowed::NotNegative, file));
    let each = raw.each.as_ref().map(|column| {
        check_column(column, context.scope, file);
        (name(column), beyond)
    });
    if let (None, Some(stray)) = (&raw.each, &raw.beyond) {
        file.fault(&stray.span(), FaultKind::NotUsed { key: "beyond", by: say!("an entry without `each`") });
    }
    Some(Extra { id: name(&raw.id), name_zh: raw.name_zh.as_str().into(), when: when?, points, each, unknown: raw.unknown })
}

/// Moves, then vetoes.
pub(super) fn steps(context: &Context<'_>, cohorts: &[Cohort], file: &mut Checked<'_>) -> Vec<Step> {
    let rule = context.rule;
    check_unique(rule.moves.iter().map(|step| &step.id).chain(rule.vetoes.iter().map(|step| &step.id)), file);
    let mut steps: Vec<_> = rule.moves.iter().filter_map(|raw| move_step(raw, context, cohorts, file)).collect();
    steps.extend(rule.vetoes.iter().filter_map(|raw| veto_step(raw, context, cohorts, file)));
    steps
}

fn move_step(raw: &RawMove, context: &Context<'_>, cohorts: &[Cohort], file: &mut Checked<'_>) -> Option<Step> {
    check_id(&raw.id, file);
    let when = Condition::compile(&raw.when, context.scope, file);
    raw.from.iter().chain(&raw.to).for_each(|grade| check_grade(grade, cohorts, file));
    let change = match (&raw.up, &raw.down, &raw.to) {
        (Some(up), None, None) => Some(Change::Up(classes("up", up, file))),
        (None, Some(down), None) => Some(Change::Down(classes("down", down, file))),
        (None, None, Some(to)) => Some(Change::To(name(to))),
        _ => {
            file.fault(&raw.id.span(), FaultKind::OneOf { keys: "`up`, `down`, `to`" });
            None
        }
    };
    let from = raw.from.iter().map(name).collect();
    let (id, name_zh) = (name(&raw.id), raw.name_zh.as_str().into());
    Some(Step { id, name_zh, veto: false, when: when?, from, change: change?, unknown: raw.unknown })
}

fn veto_step(raw: &RawVeto, context: &Context<'_>, cohorts: &[Cohort], file: &mut Checked<'_>) -> Option<Step> {
    check_id(&raw.id, file);
    let when = Condition::compile(&raw.when, context.scope, file);
    raw.to.iter().chain(&raw.not_better_than).for_each(|grade| check_grade(grade, cohorts, file));
    let change = match (&raw.to, &raw.not_better_than) {
        (Some(to), None) => Some(Change::To(name(to))),
        (None, Some(best)) => Some(Change::NotBetterThan(name(best))),
        _ => {
            file.fault(&raw.id.span(), FaultKind::OneOf { keys: "`to`, `not_better_than`" });
            None
        }
    };
    let (id, name_zh) = (name(&raw.id), raw.name_zh.as_str().into());
    Some(Step { id, name_zh, veto: true, when: when?, from: Vec::new(), change: change?, unknown: raw.unknown })
}

fn classes(key: &'static str, raw: &Spanned<u32>, file: &mut Checked<'_>) -> usize {
    if *raw.get_ref() == 0 {
        file.fault(&raw.span(), FaultKind::OutOfRange { key, value: 0.0, allowed: say!("1 or more") });
    }
    usize::try_from(*raw.get_ref()).unwrap_or(usize::MAX)
}

/// A grade that every cohort has.
fn check_grade(grade: &Spanned<String>, cohorts: &[Cohort], file: &mut Checked<'_>) {
    if let Some(cohort) = cohorts.iter().find(|cohort| cohort.cuts.class(grade.get_ref()).is_none()) {
        let known = cohort.cuts.grades().map(ToString::to_string).collect();
        file.fault(&grade.span(), FaultKind::UnknownName { what: "grade", name: grade.get_ref().clone(), known });
    }
}

fn name(text: &Spanned<String>) -> Arc<str> {
    text.get_ref().as_str().into()
}

//! What the rules see, and what they said, as decisions with the facts they used.

use std::collections::BTreeMap;

use polars::prelude::{AnyValue, Column, DataFrame, DataType, PolarsError, Scalar};

use super::{Measured, Prepared, RunError, frame};
use crate::measure::area::Areas;
use crate::measure::enterprises::Apportioned;
use crate::model::{BulkDecisions, BulkRule, Code, DecisionTable, Fact, Finding, Layer, Pattern, Source, text_column};
use crate::read::inputs::Buildings;
use crate::read::job::Job;
use crate::rules::{AS_OF, Placement, RuleSet, VETO};
use crate::say;

/// So many parcels of a register that says nothing of them are named.
const UNNAMED: usize = 3;

/// The inventory with the parcel attributes that conditions may name.
pub(super) fn for_rules(
    inventory: &DataFrame,
    parcels: &Layer,
    apportioned: &Apportioned,
    as_of: chrono::NaiveDate,
) -> Result<DataFrame, PolarsError> {
    let mut facts = inventory.clone();
    for column in parcels.attributes.columns() {
        if facts.column(column.name()).is_err() {
            facts.with_column(column.clone())?;
        }
    }
    fill_idle_years(&mut facts)?;
    facts.with_column(frame::flags(VETO, &apportioned.veto))?;
    facts.with_column(day(as_of, inventory.height()))?;
    Ok(facts)
}

/// Idle years as they are declared, else as the life-cycle stage computed them.
fn fill_idle_years(facts: &mut DataFrame) -> Result<(), PolarsError> {
    const NAME: &str = "idle_years";
    let (Ok(declared), Ok(computed)) = (facts.column(NAME), facts.column("idle_years_computed")) else { return Ok(()) };
    if computed.null_count() == computed.len() {
        return Ok(());
    }
    let years = declared.f64()?.iter().zip(computed.f64()?.iter()).map(|(declared, computed)| declared.or(computed));
    let years: Vec<Option<f64>> = years.collect();
    facts.with_column(frame::numbers(NAME, &years))?;
    Ok(())
}

/// What the toolbox sees: where left-over plots were looked for, a parcel that is none has the kind `none`, and one of the rows `paired` a partner for a swap,
/// unless it is declared to have none.
pub(super) fn for_tools(
    inventory: &DataFrame,
    parcels: &Layer,
    apportioned: &Apportioned,
    (as_of, paired): (chrono::NaiveDate, Option<&[u32]>),
) -> Result<DataFrame, PolarsError> {
    let mut facts = for_rules(inventory, parcels, apportioned, as_of)?;
    if let Some(paired) = paired {
        let (status, kind) = (facts.column("sliver_status")?.str()?, facts.column("sliver_kind")?.str()?);
        let kinds = status.iter().zip(kind.iter()).map(|(status, kind)| kind.or(if status.is_none() { Some("none") } else { None }));
        let kinds = text_column("sliver_kind", kinds);
        facts.with_column(kinds)?;
        let mut has_partner = vec![None; facts.height()];
        for &row in paired {
            has_partner.get_mut(row as usize).into_iter().for_each(|has| *has = Some(true));
        }
        let declared = facts.column("swap_partner")?.bool()?;
        let partners: Vec<Option<bool>> = declared.iter().zip(has_partner).map(|(declared, found)| declared.or(found)).collect();
        facts.with_column(frame::flags("swap_partner", &partners))?;
    }
    Ok(facts)
}

/// The day of the job, the same in every row.
pub(super) fn day(as_of: chrono::NaiveDate, rows: usize) -> Column {
    Column::new_scalar(AS_OF.into(), Scalar::new(DataType::Date, AnyValue::Date(as_of.to_epoch_days())), rows)
}

/// The location class of every parcel.
pub(super) fn classify(rules: &RuleSet, inventory: &mut DataFrame, decisions: &mut DecisionTable) -> Result<(), RunError> {
    let Some(rule) = &rules.zones else {
        inventory.with_column(frame::no_text("location_class", inventory.height()))?;
        return Ok(());
    };
    let placements = rule.classify(inventory)?;
    let shares = inventory.columns().iter().filter(|c| c.name().starts_with("share_"));
    let shares = shares.map(Fact::new).collect::<Result<Vec<_>, _>>()?;
    let behind: Vec<u16> = (0..).take(shares.len()).collect();
    let mut patterns: Vec<Pattern> = Vec::new();
    let mut numbers = Vec::with_capacity(placements.len());
    for Placement { verdict, reason, .. } in &placements {
        let known = patterns.iter().position(|pattern| pattern.verdict == *verdict && pattern.reasons == *reason);
        let number = known.unwrap_or_else(|| {
            patterns.push(Pattern::new(*verdict, reason.clone(), behind.clone()));
            patterns.len() - 1
        });
        numbers.push(u16::try_from(number).unwrap_or(u16::MAX));
    }
    let rule = BulkRule { rule_id: rule.rule_id.clone(), rule_version: rule.version.clone(), numbers, patterns };
    decisions.add_bulk(BulkDecisions::new(vec![rule], shares));
    inventory.with_column(text_column("location_class", placements.iter().map(|p| p.class.as_deref())))?;
    Ok(())
}

/// Rules that can say nothing, because the job has not the data that they need.
pub(super) fn lacking(rules: &RuleSet, job: &Job) -> Vec<Finding> {
    let note = |rule: &str, message: String, hint: &str| Finding::general(Code::RuleNotRun, message).rule(rule).hint(hint);
    let mut findings = Vec::new();
    if let Some(rule) = &rules.zones {
        let lacks = rule.kinds_used().into_iter().filter(|kind| job.zones.iter().all(|zone| zone.kind != *kind));
        let message = |kind: &str| {
            say!(
                "the location classes need zones of kind `{kind}`, which the job does not have; classes that depend on them are unknown",
                kind
            )
        };
        findings.extend(lacks.map(|kind| note(&rule.rule_id, message(kind), &say!("add a `[[zones]]` entry of this kind"))));
    }
    if let Some(rule) = rules.slivers.as_ref().filter(|_| job.projects.is_none()) {
        findings.push(note(
            &rule.rule_id,
            say!("no slivers are looked for, because the job has no projects"),
            &say!("add `[projects]` to the job file"),
        ));
    }
    if let Some(rule) = rules.grading.as_ref().filter(|_| job.tables.is_empty()) {
        findings.push(note(
            &rule.rule_id,
            say!("nothing is graded, because the job has no enterprise table"),
            &say!("add a `[[tables]]` entry to the job file"),
        ));
    }
    findings
}

/// Documents that routes of the toolbox rest on and that are no longer in force.
pub(super) fn ended_documents(rules: &RuleSet, as_of: chrono::NaiveDate) -> Vec<Finding> {
    let Some(rule) = &rules.toolbox else { return Vec::new() };
    let ended = rule.ended(as_of).map(|document| {
        let rests = rule.routes.iter().filter(|route| route.legal.iter().any(|legal| *legal.document == *document));
        let routes: Vec<&str> = rests.map(|route| &*route.named.id).collect();
        let last = document.valid_to.map(|day| day.to_string()).unwrap_or_default();
        let message = say!(
            "{document} ended on {last}; it is a basis of the tool routes {routes}",
            document = document.named.name_zh,
            last,
            routes = routes.join(", ")
        );
        let finding = Finding::general(Code::RuleExpired, message).rule(rule.rule_id.as_ref());
        finding.hint(say!("check which document follows it before one of these routes is taken"))
    });
    ended.collect()
}

/// Parcels of which a register says nothing: the other way round of a row or a building without a parcel. One finding a register and file of parcels.
pub(super) fn unnamed(prepared: &Prepared, measured: &Measured, ids: &[&str]) -> Vec<Finding> {
    let Measured { areas, built, apportioned, .. } = measured;
    let mut of_file: BTreeMap<&Source, Vec<usize>> = BTreeMap::new();
    (0..ids.len()).for_each(|row| of_file.entry(prepared.parcels.source_of(row)).or_default().push(row));
    let told = |(source, own): (&Source, &Vec<usize>), field: &str, what: &str, is_unnamed: &dyn Fn(usize) -> bool| {
        let rows: Vec<usize> = own.iter().copied().filter(|&row| is_unnamed(row)).collect();
        let area_m2: f64 = rows.iter().filter_map(|&row| areas.legal_m2.get(row).copied().flatten()).sum();
        let first: Vec<&str> = rows.iter().take(UNNAMED).filter_map(|&row| ids.get(row).copied()).collect();
        let message = say!(
            "{rows} of {all} parcels ({area_m2} m²) {what}: {first}",
            rows = rows.len(),
            all = own.len(),
            area_m2 = format_args!("{area_m2:.2}"),
            what,
            first = first.join(", ")
        );
        let finding = Finding::new(Code::ParcelUnnamed, source, message).field(field, rows.len().to_string());
        (!rows.is_empty()).then(|| finding.hint(say!("filter the inventory by `{field}` for all of them; a register may lack rows", field)))
    };
    let no_enterprise = |row: usize| apportioned.enterprises.get(row) == Some(&Some(0));
    let no_building = |row: usize| {
        let footprint_m2 = built.footprint_m2.get(row).copied().flatten();
        footprint_m2.is_none_or(|m2| m2 <= 0.0) && built.basis.get(row).is_none_or(Option::is_none)
    };
    let has_buildings = !matches!(prepared.buildings, Buildings::Absent);
    let by_tables =
        |file| told(file, "enterprises", &say!("are named by no row of the enterprise tables in the years that count"), &no_enterprise);
    let by_buildings = |file| told(file, "footprint_m2", &say!("carry no building"), &no_building).filter(|_| has_buildings);
    of_file
        .iter()
        .filter_map(|(source, own)| by_tables((source, own)))
        .chain(of_file.iter().filter_map(|(source, own)| by_buildings((source, own))))
        .collect()
}

/// Parcels whose registered and measured areas differ by more than the larger of 1 % and 5 m².
pub(super) fn area_differences(parcels: &Layer, areas: &Areas, ids: &[&str]) -> Vec<Finding> {
    const SHARE: f64 = 0.01;
    const LEAST_M2: f64 = 5.0;
    let rows = areas.registered_m2.iter().zip(&areas.planar_m2).zip(ids.iter().zip(&parcels.rows)).enumerate();
    rows.filter_map(|(place, ((registered, planar), (id, row)))| {
        let difference_m2 = (*registered)? - planar;
        if difference_m2.abs() <= (SHARE * planar).max(LEAST_M2) {
            return None;
        }
        let message = say!(
            "registered area is {difference_m2} m² ({percent} %) off the planar one",
            difference_m2 = format_args!("{difference_m2:+.2}"),
            percent = format_args!("{:+.1}", 100.0 * difference_m2 / planar)
        );
        let finding = Finding::new(Code::AreaDiffers, parcels.source_of(place), message).at_row(*row).of(*id);
        Some(
            finding
                .field("registered_area_m2", registered.map(|r| r.to_string()).unwrap_or_default())
                .hint(say!("check unit, boundary and register")),
        )
    })
    .collect()
}

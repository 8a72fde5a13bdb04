//! The order of the stages, and nothing else knows it:
//! read → validate → measure → coverage → locate → the rule stages (`run/judge.rs`) → summarise; `write` turns the [`Outcome`] into files, and the [`Ledgers`] before it.
//!
//! **Invariant:** the outcome depends on the inputs, the rules and the job's date alone: not on the clock, the number of threads or the order of rows.

mod areas;
mod balances;
mod cases;
mod coverage;
mod facts;
mod frame;
mod grading;
mod judge;
mod sensitivity;
mod slivers;
mod stop;
mod sweep;
mod waivers;

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, PolarsError};
use rayon::prelude::*;

use crate::grade::GradeError;
use crate::life_cycle::LifeCycleError;
use crate::locate::{self, Located};
use crate::measure::enterprises::{self, holdings::Holdings};
use crate::measure::{area, buildings, indicators};
use crate::model::{
    Balance, Coord, Crs, Finding, FindingCounts, InputRecord, Layer, Ledgers, Manifest, Outcome, Progress, Reject, RulePackRecord,
    Settings, Sweep, identifiers,
};
use crate::read::error::ReadError;
use crate::read::inputs::{self, Buildings, Inputs};
use crate::read::job::{AreaMethod, Job, LegalArea};
use crate::read::rejects::Origin;
use crate::rules::{LowEfficiencyRules, RuleSet, RulesError, SliverRules};
use crate::say;
use crate::standards::StandardsError;
use crate::summarise::{SummariseError, summarise};
use crate::tools::ToolsError;
use crate::validate;
use judge::{Case, Judged};
use sweep::Trial;

pub use cases::check_case;

/// What keeps a job from being run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An input cannot be read.
    #[error("{0}; hint: {hint}", hint = .0.hint())]
    Read(#[from] ReadError),
    /// The rules cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The standards cannot be applied.
    #[error(transparent)]
    Standards(#[from] StandardsError),
    /// The life-cycle rule cannot be applied.
    #[error(transparent)]
    LifeCycle(#[from] LifeCycleError),
    /// The grading rule cannot be applied.
    #[error(transparent)]
    Grade(#[from] GradeError),
    /// The toolbox cannot be applied.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// A summary cannot be made.
    #[error(transparent)]
    Summarise(#[from] SummariseError),
    /// A table lacks a column that a stage was promised.
    #[error("{}", say!("internal error: {error}", error = .0))]
    Table(#[from] PolarsError),
    /// Something went into a stage and did not come out of it.
    #[error("{}", say!(
        "nothing was written: of {received} {unit} {quantity} that went into stage {stage}, {missing} are neither in the results nor among the rejects nor told as \
         unassigned; hint: this is a defect of the program, please report it with the job; the results of the last run are untouched",
        received, unit, quantity, stage, missing
    ))]
    Leak {
        /// The stage.
        stage: String,
        /// What is missing.
        quantity: String,
        /// Its unit; empty for counts.
        unit: String,
        /// What went in.
        received: f64,
        /// What is missing of it; negative where more came out.
        missing: f64,
    },
    /// The data are worse than the job allows.
    #[error("{}", say!(
        "nothing was written: {share} % of {what}, more than the {limit} % that `stop.{key}` allows; hint: `mujun check` tells what is wrong; mend the \
         data or raise the limit; the results of the last run are untouched",
        share = format_args!("{share:.1}"), what, limit = format_args!("{limit:.1}"), key
    ))]
    Stop {
        /// What is too much.
        what: String,
        /// The key of the job file.
        key: &'static str,
        /// The share found, %.
        share: f64,
        /// The share allowed, %.
        limit: f64,
    },
    /// No parcel is left to measure.
    #[error("{}", say!("`parcels`: no parcel can be used; hint: the findings of `mujun check` say why each was rejected"))]
    NoParcels,
    /// The user asked to stop.
    #[error("{}", say!("stopped"))]
    Cancelled,
}

/// The validated layers of a job, seen from a common origin.
struct Prepared {
    crs: Crs,
    origin: Coord,
    parcels: Layer,
    buildings: Buildings,
    zones: Vec<(String, Layer)>,
    projects: Option<Layer>,
    /// Rows that became parts of another one's feature, by role.
    merged: BTreeMap<&'static str, usize>,
    /// What became of the ground of the parcels.
    ground: validate::Ground,
}

/// What the stages before the rules found.
struct Measured {
    areas: area::Areas,
    built: buildings::Built,
    apportioned: enterprises::Apportioned,
    located: Vec<Located>,
    /// Enterprises with all their land, where the grading rule is over enterprises.
    holdings: Option<Holdings>,
}

impl Measured {
    /// What was noticed while measuring and locating.
    fn take_findings(&mut self) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.built.findings);
        findings.append(&mut self.apportioned.findings);
        findings.extend(self.located.iter_mut().flat_map(|located| std::mem::take(&mut located.findings)));
        findings
    }
}

/// What needs no rule.
struct Beside {
    checked: coverage::Coverage,
    zone_shares: DataFrame,
    /// Where registered and measured areas differ.
    differences: Vec<Finding>,
}

impl Beside {
    fn of(case: Case<'_>, ledgers: Ledgers<'_>, progress: &dyn Progress) -> Result<Self, PolarsError> {
        let zone_shares = locate::ledger(identifiers(&case.prepared.parcels.attributes)?, &case.measured.located)?;
        ledgers("ledger/zone_shares.parquet", zone_shares.clone());
        let checked = coverage::check(case.into(), case.job.coverage, progress)?;
        Ok(Self { checked, zone_shares, differences: facts::area_differences(&case.prepared.parcels, &case.measured.areas, case.ids) })
    }
}

/// How the codes of findings begin that come from the stages of the rules.
const OF_RULES: [&str; 3] = ["due.", "rule.not_run", "sliver."];

/// Reads, validates, measures and looks where parcels meet: all that a run finds before it applies the rules.
///
/// # Errors
/// An input that cannot be read, rules that cannot be used.
pub fn check(job: &Job, progress: &dyn Progress) -> Result<Vec<Finding>, RunError> {
    let (rules, mut findings) = load(job)?;
    begin(progress, "read")?;
    let mut inputs = inputs::read(job)?;
    findings.append(&mut inputs.findings);
    let (tables, mut waivers) = (std::mem::take(&mut inputs.enterprises), std::mem::take(&mut inputs.waivers));
    begin(progress, "validate")?;
    let (prepared, _, more) = prepare(inputs, job)?;
    findings.extend(more);
    let ids: Vec<&str> = identifiers(&prepared.parcels.attributes)?.iter().map(Option::unwrap_or_default).collect();
    begin(progress, "measure")?;
    let mut measured = measure(job, &rules, &prepared, &tables, &ids)?;
    measured.located = locate(&prepared, &measured.areas)?;
    let land = coverage::Land { prepared: &prepared, areas: &measured.areas, ids: &ids };
    let checked = coverage::check(land, job.coverage, progress)?;
    let differences = facts::area_differences(&prepared.parcels, &measured.areas, &ids);
    findings.extend([measured.take_findings(), differences, checked.findings].into_iter().flatten());
    // Nobody can say here whether a waiver of what the rules find is of use.
    waivers.retain(|waiver| waiver.code.as_deref().is_none_or(|code| !OF_RULES.iter().any(|stage| code.starts_with(stage))));
    waivers::waive(&mut findings, &waivers, job.as_of);
    Ok(findings)
}

/// Runs a job up to the point of writing, and asks what would change with the numbers of `sweeps` in the rules.
///
/// # Errors
/// An input that cannot be read, rules that cannot be used, a request to stop; a sweep of a number that the rules in force do not have, or with a value
/// that they do not allow.
pub fn run(job: &Job, sweeps: &[Sweep], ledgers: Ledgers<'_>, progress: &dyn Progress) -> Result<Outcome, RunError> {
    let (rules, mut findings) = load(job)?;
    let trials = sweep::prepare(job, &rules, sweeps)?;
    begin(progress, "read")?;
    let mut inputs = inputs::read(job)?;
    findings.append(&mut inputs.findings);
    let (records, waivers) = (std::mem::take(&mut inputs.records), std::mem::take(&mut inputs.waivers));
    let (mut tables, origins) = (std::mem::take(&mut inputs.enterprises), std::mem::take(&mut inputs.origins));
    let read = balances::Read::of(&inputs);

    begin(progress, "validate")?;
    let (mut prepared, mut rejects, more) = prepare(inputs, job)?;
    findings.extend(more);
    let counts = balances::counts(&read, &rejects, &prepared);
    let reject_crs = settle_rejects(job, (&counts, &prepared), &origins, &mut rejects)?;
    let ids: Vec<&str> = identifiers(&prepared.parcels.attributes)?.iter().map(Option::unwrap_or_default).collect();

    begin(progress, "measure")?;
    let mut measured = measure(job, &rules, &prepared, &tables, &ids)?;
    stop::unmatched_rows(&job.stop, &measured.apportioned)?;
    let in_ledger = measured.apportioned.in_ledger()?;
    ledgers("ledger/building_shares.parquet", std::mem::take(&mut measured.built.ledger));
    ledgers("ledger/enterprise_shares.parquet", measured.apportioned.take_ledger()?);
    if !trials.iter().any(Trial::measures) {
        // Neither is needed again, and together they are half of the memory of a run.
        tables = Vec::new();
        prepared.buildings = Buildings::Absent;
    }
    begin(progress, "locate")?;
    measured.located = locate(&prepared, &measured.areas)?;
    let case = Case { job, rules: &rules, prepared: &prepared, measured: &measured, ids: &ids };
    // The rules leave a thread idle now and then, and nobody waits for these.
    let (beside, judged) = rayon::join(|| Beside::of(case, ledgers, progress), || judge::judge(case, progress));
    let (Beside { checked, zone_shares, differences }, judged) = (beside?, judged?);
    let Judged { mut inventory, decisions, findings: judged, due_list, enterprise_grades, left_over, tracts, tools } = judged;
    let swept = sweep::sweep(case, &inventory, &trials, &|rules| measure(job, rules, &prepared, &tables, &ids))?;
    findings.extend([judged, measured.take_findings(), differences, checked.findings].into_iter().flatten());
    waivers::waive(&mut findings, &waivers, job.as_of);
    frame::add(&mut inventory, checked.columns)?;
    frame::finish(&mut inventory, &findings, &prepared.parcels)?;
    begin(progress, "summarise")?;
    let kinds: Vec<String> = measured.located.iter().map(|l| l.kind.clone()).collect();
    let summaries = summarise(&inventory, &zone_shares, &kinds)?;
    let balances = balances::all(counts, &measured, in_ledger, (&summaries, inventory.height()))?;
    let manifest = manifest(job, settings(job, &prepared.crs, kinds), records, &rules, balances, &findings);
    let Prepared { crs, origin, parcels, zones, projects, .. } = prepared;
    Ok(Outcome {
        shown: areas::shown(&inventory, &parcels.geometry, (zones, projects), &job.formats)?,
        inventory,
        geometry: parcels.geometry,
        origin,
        crs,
        due_list,
        enterprise_grades,
        decisions,
        sliver_candidates: left_over.candidates,
        swap_candidates: left_over.swaps,
        tools,
        tracts,
        coverage: checked.layer,
        sweep: swept,
        summaries,
        confirmations: rules.slivers.as_ref().map(SliverRules::confirmations).unwrap_or_default(),
        findings,
        rejects,
        reject_crs,
        manifest,
    })
}

/// The rules, and what is to be said of them before there is land.
fn load(job: &Job) -> Result<(RuleSet, Vec<Finding>), RunError> {
    let (rules, mut findings) = RuleSet::load(&job.rules, &job.rules_for, &job.dir, job.as_of)?;
    findings.extend(facts::ended_documents(&rules, job.as_of));
    findings.extend(facts::lacking(&rules, job));
    Ok((rules, findings))
}

fn begin(progress: &dyn Progress, stage: &str) -> Result<(), RunError> {
    if progress.cancelled() {
        return Err(RunError::Cancelled);
    }
    progress.stage(stage, None);
    Ok(())
}

/// Stops the run where there are too many rejects, else fetches them as they came. Returns the CRSs that they came in.
fn settle_rejects(
    job: &Job,
    (counts, prepared): (&[Balance], &Prepared),
    origins: &[Origin],
    rejects: &mut [Reject],
) -> Result<Vec<String>, RunError> {
    stop::rejects(&job.stop, counts, prepared)?;
    Ok(crate::read::rejects::complete(origins, rejects)?)
}

/// Brings every layer to the local origin and validates it.
fn prepare(inputs: Inputs, job: &Job) -> Result<(Prepared, Vec<Reject>, Vec<Finding>), RunError> {
    use crate::read::job::Duplicates;
    use validate::{RepairLimit, Sharing, Treatment};
    let origin = validate::local_origin(&inputs.parcels.geometry);
    let limit = RepairLimit {
        area_change_m2: job.validate.repair_max_area_change_m2,
        area_change_share: job.validate.repair_max_area_change_share,
    };
    let settle = |mut layer: Layer, role: &'static str, sharing: Sharing| {
        layer.move_origin(origin);
        validate::layer(layer, Treatment { role, sharing, origin, limit, snap_m: job.coverage.unwrap_or_default().snap_m })
    };
    let sharing = |duplicates: Duplicates, otherwise: Sharing| if duplicates == Duplicates::Merge { Sharing::Merge } else { otherwise };
    let of_buildings = job.buildings.as_ref().map(|b| b.duplicates).unwrap_or_default();
    let (footprints, others) = match inputs.buildings {
        Buildings::Footprints(layer) => (Some(layer), Buildings::Absent),
        other => (None, other),
    };
    let ((parcels, footprints), (zones, projects)) = rayon::join(
        || {
            rayon::join(
                || settle(inputs.parcels, "parcels", sharing(job.parcels.duplicates, Sharing::Reject)),
                || footprints.map(|layer| settle(layer, "buildings", sharing(of_buildings, Sharing::RejectOrName))).transpose(),
            )
        },
        || {
            let zone = |(kind, layer): (String, Layer)| Ok((settle(locate::named(layer, &kind)?, "zones", Sharing::Free)?, kind));
            let zones = inputs.zones.into_par_iter().map(zone).collect::<Result<Vec<_>, PolarsError>>();
            (zones, inputs.projects.map(|layer| settle(layer, "projects", Sharing::Merge)).transpose())
        },
    );
    let (mut rejects, mut findings) = (inputs.rejects, Vec::new());
    let mut merged = BTreeMap::new();
    let mut keep = |mut validated: validate::Validated, role: &'static str| {
        *merged.entry(role).or_default() += validated.merged;
        rejects.append(&mut validated.rejects);
        findings.append(&mut validated.findings);
        validated.layer
    };
    let parcels = parcels?;
    let ground = parcels.ground;
    let mut parcels = keep(parcels, "parcels");
    let buildings = footprints?.map_or(others, |layer| Buildings::Footprints(keep(layer, "buildings")));
    let zones = zones?.into_iter().map(|(zone, kind)| (kind, keep(zone, "zones"))).collect();
    let projects = projects?.map(|projects| keep(projects, "projects"));
    findings.extend(validate::correct(&mut parcels, &inputs.corrections, job.as_of)?);
    rejects.sort_by(|a, b| (a.role, &a.source.file, &a.source.layer, a.row).cmp(&(b.role, &b.source.file, &b.source.layer, b.row)));
    Ok((Prepared { crs: inputs.crs, origin, parcels, buildings, zones, projects, merged, ground }, rejects, findings))
}

fn measure(job: &Job, rules: &RuleSet, prepared: &Prepared, tables: &[crate::read::Table], ids: &[&str]) -> Result<Measured, RunError> {
    let areas = areas(job, prepared)?;
    let rule = rules.indicators.as_ref().map(|r| crate::measure::floors::FloorRule {
        double_height_m: r.double_height_m,
        estimate_storey_height_m: r.estimate_storey_height_m,
        interval: r.interval,
    });
    let tables = grading::tables(job, tables);
    let (built, apportioned) = rayon::join(|| built(prepared, &areas, ids, rule), || apportion(job, rules, &tables, ids, &areas));
    let mut measured = Measured { built: built?, apportioned: apportioned?, areas, located: Vec::new(), holdings: None };
    measured.holdings = grading::holdings(rules, &tables, prepared, &measured, ids)?;
    let unnamed = facts::unnamed(prepared, &measured, ids);
    measured.built.findings.extend(unnamed);
    Ok(measured)
}

fn areas(job: &Job, prepared: &Prepared) -> Result<area::Areas, RunError> {
    let geometric = match job.area.method {
        AreaMethod::Planar => area::Basis::Planar,
        AreaMethod::Ellipsoidal => area::Basis::Ellipsoidal,
    };
    let order: Vec<area::Basis> =
        job.area.legal.iter().map(|l| if *l == LegalArea::Registered { area::Basis::Registered } else { geometric }).collect();
    let geographic = geographic(&prepared.parcels, prepared)?;
    let place = area::Place { crs: &prepared.crs, origin: prepared.origin, geographic: geographic.as_ref() };
    Ok(area::measure(&prepared.parcels, &place, &order)?)
}

/// The polygons in degrees, where the compute CRS has no fast inverse.
fn geographic(layer: &Layer, prepared: &Prepared) -> Result<Option<crate::model::GeometryColumn>, RunError> {
    if prepared.crs.transverse_mercator.is_some() {
        return Ok(None);
    }
    Ok(Some(crate::read::crs::to_geographic(&layer.geometry, prepared.origin, &prepared.crs)?))
}

fn built(
    prepared: &Prepared,
    areas: &area::Areas,
    ids: &[&str],
    rule: Option<crate::measure::floors::FloorRule>,
) -> Result<buildings::Built, PolarsError> {
    match &prepared.buildings {
        Buildings::Absent => buildings::absent(ids.len()),
        Buildings::Footprints(layer) => buildings::from_footprints(&prepared.parcels, &areas.planar_m2, layer, rule),
        Buildings::Declared(table) => buildings::declared::measure(
            ids,
            buildings::declared::Table { frame: &table.frame, rows: &table.rows, source: &table.source, files: &table.parts },
            rule,
        ),
    }
}

fn apportion(
    job: &Job,
    rules: &RuleSet,
    tables: &[enterprises::Table<'_>],
    ids: &[&str],
    areas: &area::Areas,
) -> Result<enterprises::Apportioned, PolarsError> {
    let years = rules.indicators.as_ref().map_or(1, |r| r.window_years);
    let window = enterprises::Window::ending(job.as_of, years);
    let wanted = rules.low_efficiency.as_ref().map(LowEfficiencyRules::years_wanted).unwrap_or_default();
    let mut apportioned = enterprises::Apportioned::empty(ids.len(), window, &wanted);
    for table in tables {
        apportioned.add(*table, enterprises::Parcels { ids, area_m2: &areas.legal_m2 })?;
    }
    Ok(apportioned)
}

fn locate(prepared: &Prepared, areas: &area::Areas) -> Result<Vec<Located>, PolarsError> {
    let parcels = locate::Parcels { geometry: &prepared.parcels.geometry, area_m2: &areas.planar_m2 };
    prepared.zones.par_iter().map(|(kind, zones)| locate::locate(parcels, kind, zones)).collect()
}

fn manifest(
    job: &Job,
    settings: Settings,
    inputs: Vec<InputRecord>,
    rules: &RuleSet,
    balances: Vec<Balance>,
    findings: &[Finding],
) -> Manifest {
    Manifest {
        mujun_version: env!("CARGO_PKG_VERSION").into(),
        job: job.name.clone(),
        as_of: job.as_of,
        settings,
        inputs,
        rule_packs: rule_packs(rules),
        balances,
        findings: FindingCounts::of(findings),
        outputs: Vec::new(),
    }
}

fn settings(job: &Job, crs: &Crs, zone_kinds: Vec<String>) -> Settings {
    Settings {
        crs: crs.name.clone(),
        area_method: if job.area.method == AreaMethod::Planar { "planar".into() } else { "ellipsoidal".into() },
        legal_area: job
            .area
            .legal
            .iter()
            .map(|l| if *l == LegalArea::Registered { "registered".into() } else { "geometric".into() })
            .collect(),
        formats: job.formats.clone(),
        lang: job.lang,
        zone_kinds,
    }
}

fn rule_packs(rules: &RuleSet) -> Vec<RulePackRecord> {
    let kinds = [
        ("indicators", rules.indicators.as_ref().map(|r| &r.rule_id)),
        ("zones", rules.zones.as_ref().map(|r| &r.rule_id)),
        ("standards", rules.standards.as_ref().map(|r| &r.rule_id)),
        ("life_cycle", rules.life_cycle.as_ref().map(|r| &r.rule_id)),
        ("grading", rules.grading.as_ref().map(|r| &r.rule_id)),
        ("low_efficiency", rules.low_efficiency.as_ref().map(|r| &r.rule_id)),
        ("slivers", rules.slivers.as_ref().map(|r| &r.rule_id)),
        ("toolbox", rules.toolbox.as_ref().map(|r| &r.rule_id)),
    ];
    let used = |pack: &str| {
        kinds.iter().filter(|(_, id)| id.is_some_and(|id| id.split('.').next() == Some(pack))).map(|(kind, _)| (*kind).to_owned()).collect()
    };
    let record = |pack: &crate::rules::PackInfo| RulePackRecord {
        id: pack.id.to_string(),
        version: pack.version.to_string(),
        sha256: pack.sha256.clone(),
        kinds: used(&pack.id),
    };
    rules.packs.iter().map(record).collect()
}

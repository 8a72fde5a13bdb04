//! The cases of the rule packs, each run by the stage that applies its kind of rule.

use super::RunError;
use crate::rules::{Case, CaseFault, Kind, Pack, RulesError, ZoneRules};
use crate::{grade, life_cycle, low_efficiency, slivers, standards, tools};

/// Runs a case of a pack and tells what differs from what it expects.
///
/// # Errors
/// Those of the stage; [`RulesError::NoCases`] for a kind of rule that has no cases.
pub fn check_case(pack: &Pack, case: &Case) -> Result<Vec<CaseFault>, RunError> {
    macro_rules! run {
        ($rules:expr, $check:expr) => {
            match $rules.iter().find(|rule| rule.head.id == case.rule) {
                Some(rule) => Ok($check(rule, case)?),
                None => Err(unknown(case, $rules.iter().map(|rule| rule.head.id.to_string()).collect())),
            }
        };
    }
    match case.kind {
        Kind::Zones => run!(pack.zones, ZoneRules::check_case),
        Kind::Grading => run!(pack.grading, grade::check_case),
        Kind::Standards => run!(pack.standards, standards::check_case),
        Kind::LifeCycle => run!(pack.life_cycle, life_cycle::check_case),
        Kind::Toolbox => run!(pack.toolbox, tools::check_case),
        Kind::Slivers => run!(pack.slivers, slivers::check_case),
        Kind::LowEfficiency => run!(pack.low_efficiency, low_efficiency::check_case),
        kind => Err(RulesError::NoCases { kind: kind.as_str() }.into()),
    }
}

fn unknown(case: &Case, known: Vec<String>) -> RunError {
    RulesError::UnknownRule { kind: case.kind.as_str(), wanted: case.rule.to_string(), known }.into()
}

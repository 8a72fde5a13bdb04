//! `mujun synth`.

use super::Ending;
use super::args::{LayerFormat, SynthArguments};
use super::error::CliError;
use super::printer::{Printer, grouped};
use crate::say;
use crate::synth::{SynthConfig, SynthFormat, SynthReport, synthesise};

/// Makes a synthetic city and prints what it has.
pub fn execute(arguments: &SynthArguments, printer: &Printer) -> Result<Ending, CliError> {
    let config = SynthConfig {
        parcels: arguments.parcels,
        seed: arguments.seed,
        format: match arguments.format {
            LayerFormat::Gpkg => SynthFormat::Gpkg,
            LayerFormat::Shp => SynthFormat::Shapefile,
        },
        shuffle: arguments.shuffle,
        overlapping_zones: arguments.overlapping_zones,
    };
    let report = synthesise(&config, &arguments.out)?;
    printer.summary(&summary(&report))?;
    Ok(Ending::Done)
}

fn summary(report: &SynthReport) -> String {
    let lines = [
        say!("parcels: {parcels} ({slivers} slivers)", parcels = grouped(report.parcels), slivers = grouped(report.slivers)),
        say!("buildings: {buildings}", buildings = grouped(report.buildings)),
        say!(
            "zones: {zones}, projects: {projects}, enterprise rows: {rows}",
            zones = grouped(report.zones),
            projects = grouped(report.projects),
            rows = grouped(report.enterprise_rows)
        ),
        say!("job: {path}", path = report.job.display()),
    ];
    lines.map(|line| line + "\n").concat()
}

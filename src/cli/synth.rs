//! `mujun synth`.

use super::Ending;
use super::args::{LayerFormat, SynthArguments};
use super::error::CliError;
use super::printer::{Printer, grouped};
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
    format!(
        "parcels: {} ({} slivers)\nbuildings: {}\nzones: {}, projects: {}, enterprise rows: {}\njob: {}\n",
        grouped(report.parcels),
        grouped(report.slivers),
        grouped(report.buildings),
        grouped(report.zones),
        grouped(report.projects),
        grouped(report.enterprise_rows),
        report.job.display(),
    )
}

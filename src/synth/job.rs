//! The job file that runs the city.

use std::fmt::Write as _;

use super::layers::{BUILDINGS, LayerSpec, PARCELS, PROJECTS};
use super::zones::{INDUSTRIAL_BLOCK, STRATEGIC_RESERVE, TOWN_BOUNDARY};
use super::{SynthConfig, SynthFormat};

/// The text of `job.toml`: paths are relative to it, so the directory can be moved.
pub(super) fn text(config: &SynthConfig) -> String {
    let mut job = format!(
        "# A synthetic city: {parcels} parcels, seed {seed}.\n\
         name    = \"synth-{parcels}-{seed}\"\n\
         as_of   = 2025-12-31\n\
         rules   = [\"zhejiang\"]\n\
         output  = \"out\"\n\
         formats = [\"geojson\", \"geoparquet\"]\n\n\
         [crs]\ncompute = \"EPSG:4528\"\n\n\
         [area]\nmethod = \"planar\"\nlegal  = [\"registered\", \"geometric\"]\n\n",
        parcels = config.parcels,
        seed = config.seed,
    );
    push_layer(&mut job, &PARCELS, config.format);
    push_layer(&mut job, &BUILDINGS, config.format);
    for kind in [TOWN_BOUNDARY, STRATEGIC_RESERVE, INDUSTRIAL_BLOCK] {
        let extension = config.format.extension();
        // Writing into a `String` cannot fail.
        let _ = write!(job, "[[zones]]\nkind  = \"{kind}\"\npath  = \"zones.{extension}\"\nwhere = \"kind = '{kind}'\"\n\n");
    }
    push_layer(&mut job, &PROJECTS, config.format);
    job.push_str("[[tables]]\nkind = \"enterprises\"\npath = \"enterprises.csv\"\n");
    job
}

/// A layer's section, and its field mapping where a name is not the canonical one.
fn push_layer(job: &mut String, spec: &LayerSpec, format: SynthFormat) {
    let name = spec.name;
    let _ = write!(job, "[{name}]\npath  = \"{name}.{}\"\nlayer = \"{name}\"\n\n", format.extension());
    let renamed: Vec<_> = spec.fields.iter().filter(|field| field.name(format) != field.canonical).collect();
    if renamed.is_empty() {
        return;
    }
    let _ = writeln!(job, "[{name}.fields]");
    for field in renamed {
        let _ = writeln!(job, "{} = \"{}\"", field.canonical, field.name(format));
    }
    job.push('\n');
}

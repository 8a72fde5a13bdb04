//! The arguments. Their doc comments are the help, the man page and the completions.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::Lang;

/// Industrial-land inventory: plot ratio, density, per-mu figures, zones, grades and slivers, each figure with its proof.
#[derive(Debug, Parser)]
#[command(name = "mujun", version, max_term_width = 79, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to talk.
    #[command(flatten)]
    pub terminal: Terminal,
}

/// How to talk on the terminal.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Terminal {
    /// Language of messages, headings, aliases and words, instead of the job's `lang`
    #[arg(long, global = true, value_name = "zh|en", env = "MUJUN_LANG", hide_env_values = true)]
    pub lang: Option<Lang>,
    /// Show no progress
    #[arg(long, global = true, env = "MUJUN_NO_PROGRESS", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_progress: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a job: read, measure, grade and write everything
    Run(RunArguments),
    /// Read and validate the inputs of a job, and print the findings
    Check(CheckArguments),
    /// Work out what files are, and write a job file that reads them
    Init(InitArguments),
    /// Tell what files are, what is wrong with them and how to mend it
    Doctor(DoctorArguments),
    /// Show where every figure of one parcel comes from
    Explain(ExplainArguments),
    /// Write the report of a finished run anew: one page for a browser
    Report(ReportArguments),
    /// List, show, check and test rule packs
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Check the published figures of projects against each other
    Audit(AuditArguments),
    /// Write the built-in sample and run it
    Demo(DemoArguments),
    /// Make a synthetic city with its job file
    Synth(SynthArguments),
    /// Print the JSON Schema of a file; list the names when none is given
    Schema(SchemaArguments),
    /// Print the completion script of a shell
    Completions(CompletionsArguments),
    /// Print the man page
    Man,
}

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text to read
    #[default]
    Human,
    /// One JSON object
    Json,
}

/// `mujun run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The job file (TOML)
    #[arg(value_name = "JOB")]
    pub job: PathBuf,
    /// Directory for the results, instead of the job's `output`
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Date that every date rule uses, instead of the job's `as_of`
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Try other values of a number of a rule, and tell what changes
    ///
    /// KEY is the kind of rule and the dotted key of the number, VALUES are FROM..TO:STEP or a list: slivers.max_plot_m2=1500..2500:100
    #[arg(long, value_name = "KEY=VALUES")]
    pub sweep: Vec<crate::model::Sweep>,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", env = "MUJUN_THREADS", hide_env_values = true)]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Form of the summary on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The job file (TOML)
    #[arg(value_name = "JOB")]
    pub job: PathBuf,
    /// File for the findings as CSV
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Date that every date rule uses, instead of the job's `as_of`
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", env = "MUJUN_THREADS", hide_env_values = true)]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Form of the findings on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The job file to write
    #[arg(long, value_name = "JOB", default_value = "job.toml")]
    pub out: PathBuf,
}

/// `mujun doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Form of the diagnosis on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The directory of a run
    #[arg(value_name = "RUN_DIR")]
    pub run: PathBuf,
    /// The parcel code
    #[arg(value_name = "PARCEL_ID")]
    pub parcel: String,
    /// Form of the explanation on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The directory of a run
    #[arg(value_name = "RUN_DIR")]
    pub run: PathBuf,
}

/// `mujun rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List packs and their rules with their dates
    List(RulesListArguments),
    /// Show a rule with all of its keys and what they mean
    Show(RulesShowArguments),
    /// Check rule files and tell every fault with its place
    Check(RulesCheckArguments),
    /// Run the cases of packs: facts in, results out
    Test(RulesTestArguments),
}

/// `mujun rules list`.
#[derive(Debug, Args)]
pub struct RulesListArguments {
    /// Packs: ids that are compiled in, or folders [default: all ids]
    #[arg(value_name = "PACK")]
    pub packs: Vec<String>,
    /// Also say which rules are in force on that day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Form of the list on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun rules show`.
#[derive(Debug, Args)]
pub struct RulesShowArguments {
    /// A rule, as `opinion-2023` or `zhejiang.slivers.opinion-2023`; a pack
    #[arg(value_name = "ID")]
    pub id: String,
    /// Folder of a pack to look in as well
    #[arg(long, value_name = "DIR")]
    pub pack: Vec<String>,
    /// Also say whether the rule is in force on that day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Form of the rule on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun rules check`.
#[derive(Debug, Args)]
pub struct RulesCheckArguments {
    /// Packs, folders of packs or single files of a pack
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Also tell the rules that are not in force on that day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Form of the faults on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun rules test`.
#[derive(Debug, Args)]
pub struct RulesTestArguments {
    /// Packs, folders of packs or rules [default: all that is compiled in]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Also tell the numbers of the packs that no case proves: moved by one unit of their last digit, nothing complains
    #[arg(long)]
    pub numbers: bool,
    /// Form of the results on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun audit`.
#[derive(Debug, Args)]
pub struct AuditArguments {
    /// The file of project figures (TOML)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Form of the table on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mujun demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Directory for the sample (`input`) and its results (`run`)
    #[arg(long, value_name = "DIR", default_value = "mujun-demo")]
    pub out: PathBuf,
    /// Form of the summary on stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The format of synthetic layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LayerFormat {
    /// GeoPackage, UTF-8
    #[default]
    Gpkg,
    /// Shapefile, GBK
    Shp,
}

/// `mujun synth`.
#[derive(Debug, Args)]
pub struct SynthArguments {
    /// Number of parcels
    #[arg(long, value_name = "N")]
    pub parcels: u64,
    /// Seed: the same seed makes the same city
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Directory for the city
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Format of the layers
    #[arg(long, value_enum, default_value_t)]
    pub format: LayerFormat,
    /// Write the same city in an order drawn from this seed
    #[arg(long, value_name = "SEED")]
    pub shuffle: Option<u64>,
    /// Let zones of one kind overlap
    #[arg(long)]
    pub overlapping_zones: bool,
}

/// `mujun schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The name of a schema
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `mujun completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The short help of every command.
    fn helps() -> Vec<String> {
        let mut root = Arguments::command();
        root.build();
        help_of(&mut root)
    }

    fn help_of(command: &mut clap::Command) -> Vec<String> {
        let mut all = vec![command.render_help().to_string()];
        all.extend(command.get_subcommands_mut().flat_map(help_of));
        all
    }

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_fits_79_columns() {
        for line in helps().iter().flat_map(|help| help.lines()) {
            assert!(line.chars().count() <= 79, "{line}");
        }
    }

    #[test]
    fn help_is_as_reviewed() {
        insta::assert_snapshot!(helps().join("\n---\n"));
    }
}

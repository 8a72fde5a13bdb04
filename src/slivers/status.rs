//! What is said of a small plot beside a project.

use crate::model::Verdict;

/// What stands in the way of a plot, or what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every limit is kept.
    Eligible,
    /// Only the ratio to the land with slivers passes.
    EligibleIfTotalIncludesSlivers,
    /// The plots together are too much.
    OverCumulative,
    /// It runs longer along another project.
    OtherProject,
    /// Whether it is construction land is unknown; counted, but nobody may rely on it.
    UnknownConstructionLand,
    /// It is known not to be construction land.
    NotConstructionLand,
    /// It is known to be construction land, where the rule is about other land.
    ConstructionLand,
    /// It is larger than one plot may be.
    OverPlotLimit,
    /// It is of no kind that the rule names.
    NoKind,
    /// No sign says that it is hard to develop alone.
    NotHardToDevelop,
    /// The project's own holder has it: that is a merger of his own land, not a supply.
    OwnHolder,
    /// It is a fault of drawing.
    Artefact,
}

/// What a feature beside a project is; three answers that are never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A fault of drawing.
    Artefact,
    /// A plot that is small, and no more.
    SmallPlot,
    /// A left-over plot in the sense of the rule, as far as figures tell.
    LegalSliver,
}

impl Status {
    /// The word in `sliver_status` and `status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::EligibleIfTotalIncludesSlivers => "eligible_if_total_includes_slivers",
            Self::OverCumulative => "over_cumulative",
            Self::OtherProject => "other_project",
            Self::UnknownConstructionLand => "unknown_construction_land",
            Self::NotConstructionLand => "not_construction_land",
            Self::ConstructionLand => "construction_land",
            Self::OverPlotLimit => "over_plot_limit",
            Self::NoKind => "no_kind",
            Self::NotHardToDevelop => "not_hard_to_develop",
            Self::OwnHolder => "own_holder_merge",
            Self::Artefact => "artefact",
        }
    }

    /// The key of the rule, or the principle, that stops the plot; empty where none does.
    #[must_use]
    pub const fn refused_by(self) -> &'static str {
        match self {
            Self::Eligible | Self::EligibleIfTotalIncludesSlivers => "",
            Self::OverCumulative => "max_total_ratio",
            Self::OtherProject => "one_project",
            Self::UnknownConstructionLand | Self::NotConstructionLand => "require_construction_land",
            Self::ConstructionLand => "require_farmland",
            Self::OverPlotLimit => "max_plot_m2",
            Self::NoKind => "kinds",
            Self::NotHardToDevelop => "hard_to_develop",
            Self::OwnHolder => "own_holder",
            Self::Artefact => "artefact",
        }
    }

    /// Whether the plot counts in the sum of its project.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        use Status::{Eligible, EligibleIfTotalIncludesSlivers, OverCumulative, UnknownConstructionLand};
        matches!(self, Eligible | EligibleIfTotalIncludesSlivers | OverCumulative | UnknownConstructionLand)
    }

    /// The answer of the rule.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Eligible => Verdict::Yes,
            Self::EligibleIfTotalIncludesSlivers | Self::UnknownConstructionLand => Verdict::Unknown,
            _ => Verdict::No,
        }
    }

    /// What the feature is.
    #[must_use]
    pub const fn nature(self) -> Nature {
        match self {
            Self::Artefact => Nature::Artefact,
            Self::Eligible
            | Self::EligibleIfTotalIncludesSlivers
            | Self::OverCumulative
            | Self::OtherProject
            | Self::UnknownConstructionLand => Nature::LegalSliver,
            _ => Nature::SmallPlot,
        }
    }
}

impl Nature {
    /// The word in `nature`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Artefact => "artefact",
            Self::SmallPlot => "small_plot",
            Self::LegalSliver => "legal_sliver",
        }
    }
}

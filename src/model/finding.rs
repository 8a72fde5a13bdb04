//! Findings: everything that was wrong, odd or decided about the input, with its place and who can mend it.
//!
//! **Invariant:** every code stands in [`CATALOGUE`] and in `docs/findings.md`; a test holds both.

use std::sync::Arc;

use super::Source;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run ends with exit 1: land or money is missing from the results.
    Error,
    /// The results hold, but somebody should look.
    Warning,
    /// For the record.
    Info,
}

impl Severity {
    /// The word that the files use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

macro_rules! codes {
    ($($variant:ident = $code:literal, $severity:ident, $who:literal, $meaning:literal;)+) => {
        /// What a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant,)+ }

        /// Every code: text, severity, who can mend it, meaning.
        pub const CATALOGUE: &[(Code, &str, Severity, &str, &str)] =
            &[$((Code::$variant, $code, Severity::$severity, $who, $meaning),)+];

        impl Code {
            /// The code as text.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// How much it matters.
            #[must_use]
            pub const fn severity(self) -> Severity { match self { $(Self::$variant => Severity::$severity,)+ } }
            /// Who can mend it.
            #[must_use]
            pub const fn who(self) -> &'static str { match self { $(Self::$variant => $who,)+ } }
            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str { match self { $(Self::$variant => $meaning,)+ } }
        }
    };
}

codes! {
    GeometryMissing = "geometry.missing", Error, "data owner", "A feature has no geometry, or an empty one; it is in the rejects.";
    GeometryNotPolygonal = "geometry.not_polygonal", Error, "data owner", "A feature is a point, a line or a mixed collection where a polygon is needed; it is in the rejects.";
    GeometryNotFinite = "geometry.not_finite", Error, "data owner", "A coordinate is not a number, infinite or beyond any place on Earth; the feature is in the rejects.";
    GeometryUndecodable = "geometry.undecodable", Error, "data owner", "The bytes of a geometry are damaged; the feature is in the rejects.";
    GeometryRepaired = "geometry.repaired", Warning, "data owner", "An invalid polygon was repaired; the area before and after is in the message.";
    GeometryNoArea = "geometry.no_area", Error, "data owner", "A polygon has no area, before or after repair; it is in the rejects.";
    GeometryNotProjected = "geometry.not_projected", Error, "data owner", "A feature lies where the compute CRS is not defined; it is in the rejects.";
    IdMissing = "id.missing", Error, "data owner", "A row has no identifier; it is in the rejects.";
    IdDuplicate = "id.duplicate", Error, "data owner", "Rows that differ share an identifier; all of them are in the rejects, none was chosen.";
    IdRepeated = "id.repeated", Warning, "data owner", "A row stands twice, equal in every respect; one is kept, the other is in the rejects.";
    IdMerged = "id.merged", Info, "data owner", "Rows with one identifier were merged into one feature, as the job asks.";
    FieldBadValue = "field.bad_value", Warning, "data owner", "A cell cannot be read as its field's type; it counts as unknown.";
    FieldOutOfRange = "field.out_of_range", Warning, "data owner", "A value is impossible for its field; it counts as unknown.";
    FieldConverted = "field.converted", Info, "nobody", "Cells were cleaned before they were read: full-width digits, thousands commas or units inside.";
    FieldNotFound = "field.not_found", Info, "GIS team", "A canonical field has no column in the source; it is unknown throughout.";
    FieldRecognised = "field.recognised", Info, "nobody", "A source column was recognised by its name.";
    FieldAmbiguous = "field.ambiguous", Warning, "GIS team", "Several source columns could be one field; the first in the mapping's order was taken.";
    EncodingGuessed = "encoding.guessed", Info, "GIS team", "A text encoding was worked out from the content, because the file does not declare one or declares a wrong one.";
    CrsOverridden = "crs.overridden", Warning, "GIS team", "The job file gives another CRS than the layer carries.";
    CrsAssumed = "crs.assumed", Info, "GIS team", "The layer carries no CRS; the job file's was used.";
    CrsReprojected = "crs.reprojected", Info, "nobody", "The layer was projected to the compute CRS.";
    CrsDatumShift = "crs.datum_shift", Warning, "GIS team", "The layer was projected to a compute CRS on another datum; the shift between the datums may be a null or ballpark one.";
    AreaDiffers = "area.differs", Warning, "registry", "Registered and measured area of a parcel differ by more than the larger of 1 % and 5 m².";
    SliverAreaFlips = "sliver.area_flips", Warning, "registry", "A plot beside a project is small enough by one of its areas and too large by another; the rule tested the one that the finding names.";
    ParcelOverlap = "parcel.overlap", Warning, "data owner", "The parcels under a building overlap; its shares were scaled so that nothing counts twice. The finding names the building.";
    BuildingOutside = "building.outside", Warning, "data owner", "A building lies wholly or partly outside every parcel; the ledger has the area.";
    BuildingFloorsUnknown = "building.floors_unknown", Warning, "data owner", "A building has no declared floor area, no floors and no usable height; the floor area of its parcel is unknown.";
    CoverageOverlap = "coverage.overlap", Warning, "data owner", "Two parcels share ground; the layer `coverage` has it.";
    CoverageGap = "coverage.gap", Warning, "data owner", "Narrow ground between parcels belongs to none of them.";
    CoverageTJunction = "coverage.t_junction", Warning, "data owner", "Corners of a parcel lie on an edge of another that has no corner there; the boundary is not the same line in both.";
    CoverageDuplicate = "coverage.duplicate", Warning, "data owner", "Two parcels are the same ground under two identifiers.";
    CoverageNearDuplicate = "coverage.near_duplicate", Warning, "data owner", "Two parcels are nearly the same ground: one is probably an older drawing of the other.";
    ZoneOverlap = "zone.overlap", Warning, "planning", "Zones of one kind overlap; the common ground belongs to the one whose name sorts first.";
    RowUnmatched = "row.unmatched", Warning, "data owner", "A table row names a parcel that is not in the inventory; what it carries is unassigned.";
    RowDuplicate = "row.duplicate", Error, "data owner", "Rows for one enterprise, parcel and year, or for one building and parcel, differ; none of them was used.";
    RowRepeated = "row.repeated", Warning, "data owner", "A table row stands twice, equal in every respect; it counts once.";
    RowKeyMissing = "row.key_missing", Error, "data owner", "A table row lacks a key (enterprise, year); it was not used.";
    RowOutsideWindow = "row.outside_window", Warning, "data owner", "No row of an enterprise table lies in the years that count; nothing of it was used.";
    FigureConflict = "figure.conflict", Error, "data owner", "Rows of one enterprise and year state different figures; the figure was not assigned.";
    ShareSum = "share.sum", Warning, "data owner", "The declared shares of an enterprise and year do not add up to 1.";
    MoneyUnassigned = "money.unassigned", Warning, "data owner", "Part of an enterprise figure belongs to no parcel of the inventory.";
    DueOverdue = "due.overdue", Warning, "land manager", "An item of the life cycle of a parcel is past its day and not done; the message has the day.";
    RuleExpired = "rule.expired", Error, "rule author", "A rule is not in force at the job's date.";
    RuleTemplate = "rule.template", Warning, "rule author", "A rule is a form whose numbers are not filled in; it was not used.";
    RuleUnverified = "rule.unverified", Info, "rule author", "A number of a rule was not verified against a published document.";
    RuleNotRun = "rule.not_run", Warning, "rule author", "A kind of rule has no pack in the job, or lacks the data that it needs; its columns are empty.";
}

/// One row of `findings.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub code: Code,
    /// The path as the job file gives it; empty where no file is concerned.
    pub file: Arc<str>,
    /// The layer or sheet.
    pub layer: Arc<str>,
    /// The feature number (fid) or row.
    pub row: Option<i64>,
    /// The identifier of the feature.
    pub feature_id: Option<String>,
    /// The field concerned.
    pub field: Option<String>,
    /// The value found.
    pub value: Option<String>,
    /// The rule concerned.
    pub rule_id: Option<String>,
    /// What is the matter: one line, lower case, no final stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Finding {
    /// A finding about a whole source; add the place with the other methods.
    #[must_use]
    pub fn new(code: Code, source: &Source, message: impl Into<String>) -> Self {
        Self {
            code,
            file: Arc::clone(&source.file),
            layer: Arc::clone(&source.layer),
            row: None,
            feature_id: None,
            field: None,
            value: None,
            rule_id: None,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// A finding about no file: the job, a rule.
    #[must_use]
    pub fn general(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, &Source { file: "".into(), layer: "".into() }, message)
    }

    /// Names the row.
    #[must_use]
    pub fn at_row(mut self, row: i64) -> Self {
        self.row = Some(row);
        self
    }

    /// Names the feature.
    #[must_use]
    pub fn of(mut self, feature_id: impl Into<String>) -> Self {
        self.feature_id = Some(feature_id.into());
        self
    }

    /// Names the field and the value found in it.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, value: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self.value = Some(value.into());
        self
    }

    /// Names the rule.
    #[must_use]
    pub fn rule(mut self, rule_id: impl Into<String>) -> Self {
        self.rule_id = Some(rule_id.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// Puts findings into the order in which they are written: gravest first, then by place, so that row order and thread count do not matter.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.code.severity(), f.code.as_str(), Arc::clone(&f.file), Arc::clone(&f.layer));
        key(a).cmp(&key(b)).then_with(|| {
            (&a.feature_id, a.row, &a.field, &a.value, &a.message).cmp(&(&b.feature_id, b.row, &b.field, &b.value, &b.message))
        })
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_comes_first_and_places_are_in_order() {
        let mut findings = vec![
            Finding::general(Code::FieldRecognised, "a"),
            Finding::general(Code::IdMissing, "b").at_row(7),
            Finding::general(Code::IdMissing, "b").at_row(3),
        ];
        sort(&mut findings);
        assert_eq!(
            findings.iter().map(|f| (f.code, f.row)).collect::<Vec<_>>(),
            [(Code::IdMissing, Some(3)), (Code::IdMissing, Some(7)), (Code::FieldRecognised, None)]
        );
    }

    #[test]
    fn every_code_is_documented() {
        let page = include_str!("../../docs/findings.md");
        for (_, code, severity, who, meaning) in CATALOGUE {
            assert!(page.contains(&format!("| `{code}` | {} | {who} | {meaning} |", severity.as_str())), "docs/findings.md lacks `{code}`");
        }
    }
}

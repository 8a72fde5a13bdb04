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
    GeometryAbsurd = "geometry.absurd", Error, "data owner", "A coordinate lies farther from the middle of the data than any place of one job can; the feature is in the rejects.";
    GeometryNoArea = "geometry.no_area", Error, "data owner", "A polygon has no area, before or after repair; it is in the rejects.";
    GeometryRepairTooLarge = "geometry.repair_too_large", Error, "data owner", "The repair of a polygon would decide on more ground than the job allows; the feature is in the rejects.";
    GeometryPartsOverlap = "geometry.parts_overlap", Warning, "data owner", "Parts of a feature cover the same ground; it was repaired, as the message says.";
    GeometryPartNested = "geometry.part_nested", Warning, "data owner", "A part of a feature lies in the ground of another part; it was repaired, as the message says.";
    GeometryHoleOutside = "geometry.hole_outside", Warning, "data owner", "A hole lies wholly or partly outside its shell; the feature was repaired, as the message says.";
    GeometryHolesOverlap = "geometry.holes_overlap", Warning, "data owner", "Holes of one part cover the same ground; the feature was repaired, as the message says.";
    GeometrySelfCrossing = "geometry.self_crossing", Warning, "data owner", "A ring crosses itself; the feature was repaired, as the message says.";
    GeometryBowTie = "geometry.bow_tie", Warning, "data owner", "A ring crosses itself once and has two lobes of opposite direction; the feature was repaired, as the message says.";
    GeometryDuplicateRing = "geometry.duplicate_ring", Warning, "data owner", "A ring stands twice; it counts once.";
    GeometrySharedEdge = "geometry.shared_edge", Warning, "data owner", "Two rings of a feature run along the same line; it was repaired, as the message says.";
    GeometryInteriorCut = "geometry.interior_cut", Warning, "data owner", "Rings touch so that they cut the interior apart; the feature was repaired, as the message says.";
    GeometrySelfTouch = "geometry.self_touch", Warning, "data owner", "A ring touches itself in a point or along a line; the feature was repaired, as the message says.";
    GeometryNearSpike = "geometry.near_spike", Warning, "data owner", "A ring runs out and nearly back over itself, within the snap tolerance of the coverage check; it was left as it is.";
    GeometrySpike = "geometry.spike", Warning, "data owner", "A ring runs back over itself; the spike was left out.";
    GeometryRingNoArea = "geometry.ring_no_area", Warning, "data owner", "All vertices of a ring lie on one line; the ring was left out.";
    GeometryRingTooShort = "geometry.ring_too_short", Warning, "data owner", "A ring has fewer than three different vertices; it was left out.";
    GeometryRepaired = "geometry.repaired", Warning, "data owner", "Polygons of the layer were repaired; the message has their number and their area before and after. Each has a finding of its own, whose code names the gravest defect.";
    GeometryUnclosed = "geometry.unclosed", Warning, "data owner", "A ring does not end where it begins; it was closed by a straight edge.";
    GeometryDuplicateVertex = "geometry.duplicate_vertex", Info, "data owner", "A vertex stands twice in a row; it counts once.";
    GeometryZMDropped = "geometry.z_m_dropped", Info, "nobody", "Geometries have heights or measures, which take no part and were left out.";
    GeometryCurvesStroked = "geometry.curves_stroked", Info, "nobody", "Arcs were replaced by chords of 4 degrees, which takes up to 0.08 % of the area of a circle.";
    GeometryCollection = "geometry.collection", Info, "data owner", "A geometry collection that holds nothing but polygons was read as a multipolygon.";
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
    FileReadThrough = "file.read_through", Info, "GIS team", "A VRT of the job reads another file, which the job does not name; the manifest has the hash of the VRT alone.";
    EncodingGuessed = "encoding.guessed", Info, "GIS team", "A text encoding was worked out from the content, because the file does not declare one or declares a wrong one.";
    CrsOverridden = "crs.overridden", Warning, "GIS team", "The job file gives another CRS than the layer carries.";
    CrsAssumed = "crs.assumed", Info, "GIS team", "The layer carries no CRS; the job file's was used.";
    CrsReprojected = "crs.reprojected", Info, "nobody", "The layer was projected to the compute CRS.";
    CrsDatumShift = "crs.datum_shift", Warning, "GIS team", "The layer was projected to a compute CRS on another datum; the shift between the datums may be a null or ballpark one.";
    FileDamaged = "file.damaged", Error, "data owner", "A file cannot be opened, is damaged or was cut off.";
    FileUnsupported = "file.unsupported", Error, "GIS team", "A file has a format that is not read, or more layers than are read.";
    FileManyLayers = "file.many_layers", Warning, "GIS team", "A file has more layers than are looked into; nothing is told of the others.";
    FileEmpty = "file.empty", Warning, "data owner", "A layer, sheet or table has no rows.";
    LayerNoPolygons = "layer.no_polygons", Warning, "GIS team", "A layer has geometry but no polygons, so it can be neither parcels nor buildings, zones or projects.";
    LayerUnusableRows = "layer.unusable_rows", Error, "data owner", "Rows of a polygon layer have no polygon (missing, empty, damaged, of another kind); a run rejects them.";
    EncodingWrong = "encoding.wrong", Warning, "data owner", "The encoding that a file declares does not fit its text.";
    EncodingUncertain = "encoding.uncertain", Warning, "GIS team", "The text has too few letters beyond ASCII for its encoding to be certain.";
    EncodingUnknown = "encoding.unknown", Error, "data owner", "The text of a file, or of a column, fits no encoding that is known.";
    NameCut = "name.cut", Warning, "data owner", "The name of a column was cut in the middle of a character, as a DBF does after ten bytes.";
    CrsMissing = "crs.missing", Error, "GIS team", "A layer carries no CRS and needs one from the job file.";
    CrsContradicted = "crs.contradicted", Error, "data owner", "The coordinates cannot be in the CRS that the layer carries: another zone, degrees for metres, swapped axes, another part of the world.";
    CrsMisnamed = "crs.misnamed", Warning, "GIS team", "The parameters of a CRS are not those that its name says; the parameters count.";
    CrsCustom = "crs.custom", Info, "GIS team", "A CRS has parameters of its own and no EPSG code.";
    CrsWebMercator = "crs.web_mercator", Warning, "GIS team", "A layer is in Web Mercator, in which areas are far too large; a run projects it before it measures.";
    CrsOffsetSuspected = "crs.offset_suspected", Warning, "GIS team", "A suspicion: coordinates may come from a web map (GCJ-02, BD-09), some hundred metres from their place.";
    NumberAsText = "number.as_text", Info, "data owner", "Numbers are stored as text with full-width digits, thousands commas or units; they are read.";
    NumberUnreadable = "number.unreadable", Warning, "data owner", "Cells of a column of numbers cannot be read as numbers; they count as unknown.";
    UnitSuspected = "unit.suspected", Warning, "GIS team", "The size of the values speaks for another unit than the one that they would be read in.";
    IdMalformed = "id.malformed", Warning, "registry", "Identifiers have another form than those around them.";
    IdCheckDigit = "id.check_digit", Warning, "registry", "Unified social credit codes have a check character that does not follow from the rest; real codes do so too.";
    IdDigitsLost = "id.digits_lost", Error, "data owner", "Identifiers are stored as floating-point numbers or in scientific notation: digits are lost.";
    IdNotUnique = "id.not_unique", Error, "data owner", "Rows of a layer share an identifier; a run rejects those that differ.";
    RoleUnclear = "role.unclear", Warning, "GIS team", "What a layer or table is could not be worked out with certainty.";
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
    ParcelUnnamed = "parcel.unnamed", Info, "data owner", "Parcels that no row of the enterprise tables names in the years that count, or on which no building stands; the message has their number, their area and the first of them.";
    RowDuplicate = "row.duplicate", Error, "data owner", "Rows for one enterprise, parcel and year, or for one building and parcel, differ; none of them was used.";
    RowRepeated = "row.repeated", Warning, "data owner", "A table row stands twice, equal in every respect; it counts once.";
    RowKeyMissing = "row.key_missing", Error, "data owner", "A table row lacks a key (enterprise, year); it was not used.";
    RowOutsideWindow = "row.outside_window", Warning, "data owner", "No row of an enterprise table lies in the years that count; nothing of it was used.";
    FigureConflict = "figure.conflict", Error, "data owner", "Rows of one enterprise and year state different figures; the figure was not assigned.";
    ShareSum = "share.sum", Warning, "data owner", "The declared shares of an enterprise and year do not add up to 1.";
    MoneyUnassigned = "money.unassigned", Warning, "data owner", "Part of an enterprise figure belongs to no parcel of the inventory.";
    CorrectionApplied = "correction.applied", Info, "data owner", "An attribute of a parcel was corrected by the job's list; the message has the old and the new value, who signed and why.";
    CorrectionNotApplied = "correction.not_applied", Warning, "GIS team", "A row of the list of corrections was not applied: the value has changed since, the row has ended, nobody signed it, or it cannot be read.";
    WaiverUnused = "waiver.unused", Warning, "GIS team", "A row of the list of waivers holds for no finding: it is gone, its value has changed, the row has ended, or nobody signed it.";
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
    /// Who answers for it, why and until when; none where it counts.
    pub waived: Option<String>,
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
            waived: None,
        }
    }

    /// A finding about no file: the job, a rule.
    #[must_use]
    pub fn general(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, &Source { file: "".into(), layer: "".into() }, message)
    }

    /// How much it matters: what is waived is for the record.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        if self.waived.is_some() { Severity::Info } else { self.code.severity() }
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
        let key = |f: &Finding| (f.severity(), f.code.as_str(), Arc::clone(&f.file), Arc::clone(&f.layer));
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

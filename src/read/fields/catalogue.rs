//! The canonical fields as the mapping file states them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use polars::prelude::DataType;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::model::{Unit, units::Dimension};
use crate::say;

/// The role that a layer or table plays in a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Parcel polygons.
    Parcels,
    /// Building footprints, or a building table.
    Buildings,
    /// Zones of one kind.
    Zones,
    /// Redevelopment projects.
    Projects,
    /// Enterprise rows.
    Enterprises,
    /// Corrections of parcel attributes.
    Corrections,
    /// Waivers of findings.
    Waivers,
}

impl Role {
    /// The word that files and messages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parcels => "parcels",
            Self::Buildings => "buildings",
            Self::Zones => "zones",
            Self::Projects => "projects",
            Self::Enterprises => "enterprises",
            Self::Corrections => "corrections",
            Self::Waivers => "waivers",
        }
    }

    /// The word in the language that the process speaks.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Parcels => say!("parcels"),
            Self::Buildings => say!("buildings"),
            Self::Zones => say!("zones"),
            Self::Projects => say!("projects"),
            Self::Enterprises => say!("enterprises"),
            Self::Corrections => say!("corrections"),
            Self::Waivers => say!("waivers"),
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// An identifier: text to the letter.
    Id,
    /// Text.
    Text,
    /// One of a list of words.
    Word,
    /// A number in the canonical unit.
    Number,
    /// A calendar year.
    Year,
    /// Yes or no.
    Bool,
    /// A day.
    Date,
}

impl FieldType {
    /// The type of the column in the canonical frame.
    #[must_use]
    pub const fn dtype(self) -> DataType {
        match self {
            Self::Id | Self::Text | Self::Word => DataType::String,
            Self::Number => DataType::Float64,
            Self::Year => DataType::Int32,
            Self::Bool => DataType::Boolean,
            Self::Date => DataType::Date,
        }
    }

    /// Whether the cells are numbers.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Year)
    }
}

/// What it means that a source lacks a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Nothing can be done without it.
    Required,
    /// Its absence is worth a finding.
    Expected,
    /// Nothing.
    #[default]
    Optional,
}

/// A source name that is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name, as [`plain_name`] gives it.
    pub plain: String,
    /// The unit that the name implies.
    pub unit: Option<Unit>,
}

/// A canonical field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The canonical name.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
    /// What it measures; none for counts and everything that is not a number.
    pub dimension: Option<Dimension>,
    /// The values that can be.
    pub range: Range,
    /// What it means that a source lacks it.
    pub need: Need,
    /// Source names in order of preference.
    pub aliases: Vec<Alias>,
    /// Canonical words by what sources write, small letters.
    pub words: BTreeMap<String, String>,
    /// Whether other words are kept.
    pub open: bool,
}

/// The values that a number can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// Whether the lower end itself can be.
    pub low_included: bool,
    /// The upper end, included.
    pub high: f64,
}

impl Range {
    /// Whether `value` can be.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        value <= self.high && if self.low_included { self.low <= value } else { self.low < value }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = (self.low, self.high);
        f.write_str(&match (low.is_finite(), high.is_finite()) {
            (true, true) if self.low_included => say!("at least {low} and at most {high}", low, high),
            (true, true) => say!("above {low} and at most {high}", low, high),
            (true, false) if self.low_included => say!("at least {low}", low),
            (true, false) => say!("above {low}", low),
            (false, true) => say!("at most {high}", high),
            (false, false) => say!("finite"),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    parcels: Vec<RawField>,
    buildings: Vec<RawField>,
    zones: Vec<RawField>,
    projects: Vec<RawField>,
    enterprises: Vec<RawField>,
    corrections: Vec<RawField>,
    waivers: Vec<RawField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    name: String,
    #[serde(rename = "type")]
    kind: FieldType,
    measures: Option<RawDimension>,
    above: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    need: Need,
    names: Vec<RawAlias>,
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    open: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawDimension {
    Area,
    Length,
    Money,
    Energy,
    Mass,
    Fraction,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawAlias {
    Name(String),
    WithUnit { name: String, unit: Unit },
}

impl From<RawField> for Field {
    fn from(raw: RawField) -> Self {
        let words = raw.words.into_iter().flat_map(|(word, variants)| {
            let own = (word.to_lowercase(), word.clone());
            variants.into_iter().map(move |v| (plain_word(&v), word.clone())).chain([own])
        });
        let range = Range {
            low: raw.above.or(raw.min).unwrap_or(f64::NEG_INFINITY),
            low_included: raw.above.is_none(),
            high: raw.max.unwrap_or(f64::MAX),
        };
        Self {
            name: raw.name,
            kind: raw.kind,
            dimension: raw.measures.map(RawDimension::model),
            range,
            need: raw.need,
            aliases: raw.names.into_iter().map(RawAlias::alias).collect(),
            words: words.collect(),
            open: raw.open,
        }
    }
}

impl RawAlias {
    fn alias(self) -> Alias {
        match self {
            Self::Name(name) => Alias { plain: plain_name(&name), unit: None },
            Self::WithUnit { name, unit } => Alias { plain: plain_name(&name), unit: Some(unit) },
        }
    }
}

impl RawDimension {
    const fn model(self) -> Dimension {
        match self {
            Self::Area => Dimension::Area,
            Self::Length => Dimension::Length,
            Self::Money => Dimension::Money,
            Self::Energy => Dimension::Energy,
            Self::Mass => Dimension::Mass,
            Self::Fraction => Dimension::Fraction,
        }
    }
}

struct Catalogue([Vec<Field>; 7]);

#[expect(clippy::expect_used, reason = "the mapping is compiled in, and a test reads it")]
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let raw: RawCatalogue = toml::from_str(include_str!("../../../data/mapping/fields.toml")).expect("a valid mapping");
    Catalogue(
        [raw.parcels, raw.buildings, raw.zones, raw.projects, raw.enterprises, raw.corrections, raw.waivers]
            .map(|fields| fields.into_iter().map(Field::from).collect()),
    )
});

/// The canonical fields of a role, in the order of its frame.
#[must_use]
pub fn catalogue(role: Role) -> &'static [Field] {
    let [parcels, buildings, zones, projects, enterprises, corrections, waivers] = &CATALOGUE.0;
    match role {
        Role::Parcels => parcels,
        Role::Buildings => buildings,
        Role::Zones => zones,
        Role::Projects => projects,
        Role::Enterprises => enterprises,
        Role::Corrections => corrections,
        Role::Waivers => waivers,
    }
}

/// A column name for comparison: compatibility forms united, small letters, without spaces, `_` and `-`.
#[must_use]
pub fn plain_name(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}')).collect()
}

/// A word for comparison: compatibility forms united, trimmed, small letters.
#[must_use]
pub fn plain_word(word: &str) -> String {
    word.nfkc().collect::<String>().trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 7] =
        [Role::Parcels, Role::Buildings, Role::Zones, Role::Projects, Role::Enterprises, Role::Corrections, Role::Waivers];

    #[test]
    fn names_are_unambiguous_within_a_role() {
        for role in ROLES {
            let mut names: Vec<String> = Vec::new();
            for field in catalogue(role) {
                names.push(plain_name(&field.name));
                names.extend(field.aliases.iter().map(|a| a.plain.clone()));
            }
            let count = names.len();
            names.sort();
            let twice: Vec<_> = names.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0].clone()).collect();
            assert!(twice.is_empty(), "{}: {twice:?} of {count}", role.as_str());
        }
    }

    #[test]
    fn the_contract_names_are_there() {
        let has = |role, names: &[&str]| {
            for name in names {
                assert!(catalogue(role).iter().any(|f| f.name == *name), "{name}");
            }
        };
        has(Role::Parcels, &["parcel_id", "town", "industry", "land_use", "registered_area_m2", "tenure", "is_construction_land"]);
        has(
            Role::Buildings,
            &["building_id", "parcel_id", "floors", "floors_below", "height_m", "above_ground", "floor_area_m2", "footprint_m2", "use"],
        );
        has(Role::Zones, &["zone_name"]);
        has(Role::Projects, &["project_id", "project_name"]);
        let enterprises = "enterprise_id parcel_id year share tax_wan output_wan invest_wan value_added_wan revenue_wan energy_tce emission_t rnd_wan employees scale veto";
        has(Role::Enterprises, &enterprises.split(' ').collect::<Vec<_>>());
    }

    #[test]
    fn the_attributes_are_those_of_the_model() {
        use crate::model::{ATTRIBUTES, AttributeKind};
        let kind = |field: &Field| match field.kind {
            FieldType::Number | FieldType::Year => AttributeKind::Number,
            FieldType::Bool => AttributeKind::Flag,
            FieldType::Date => AttributeKind::Date,
            FieldType::Id | FieldType::Text | FieldType::Word => AttributeKind::Text,
        };
        // What stands before them is measured or copied into the inventory.
        let fields = catalogue(Role::Parcels).iter().skip_while(|f| f.name != "tenure");
        assert_eq!(fields.map(|f| (f.name.as_str(), kind(f))).collect::<Vec<_>>(), ATTRIBUTES);
    }

    #[test]
    fn only_numbers_have_units_and_only_words_have_words() {
        for field in ROLES.into_iter().flat_map(catalogue) {
            assert!(field.dimension.is_none() || field.kind == FieldType::Number, "{}", field.name);
            assert_eq!(field.words.is_empty(), field.kind != FieldType::Word, "{}", field.name);
            assert!(field.aliases.iter().all(|a| a.unit.is_none_or(|u| Some(u.dimension()) == field.dimension)), "{}", field.name);
        }
    }

    #[test]
    fn ranges_say_which_end_they_include() {
        let above = Range { low: 0.0, low_included: false, high: 10.0 };
        assert!(!above.contains(0.0) && above.contains(1e-9) && above.contains(10.0) && !above.contains(f64::INFINITY));
        assert!(!Range { low: f64::NEG_INFINITY, low_included: true, high: f64::MAX }.contains(f64::INFINITY));
        assert_eq!(above.to_string(), "above 0 and at most 10");
    }
}

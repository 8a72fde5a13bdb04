//! Grading rules as they are written.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::super::raw::{RawHead, RawRule, RawSource, date, rule, some_date};

rule! {
    /// A grading: who is graded, by which indicators, cut where, and what moves a grade.
    RawGrading {
        /// What is scored and ranked: parcels, or enterprises whose grades are then rolled up.
        #[serde(default)]
        pub unit: GradedUnit,
        /// How the grades of enterprises become that of their parcel (unit `enterprise`).
        #[serde(default)]
        pub roll_up: Option<RollUp>,
        /// Which land of a parcel with several enterprises is an enterprise's (unit `enterprise`).
        #[serde(default)]
        pub land_share: Option<LandShare>,
        /// SQL condition: who is graded at all; absent = everyone.
        #[serde(default)]
        #[schemars(with = "Option<String>")]
        pub population: Option<Spanned<String>>,
        /// Who of the population is not ranked.
        #[serde(default)]
        pub exempt: Vec<RawExempt>,
        /// How a value becomes points, for cohorts that do not say.
        #[serde(default)]
        pub normaliser: Option<RawNormaliser>,
        /// The numbers of the normaliser `min_max`.
        #[serde(default)]
        pub min_max: Option<RawMinMax>,
        /// What the weights of each cohort add up to; absent = not checked.
        #[serde(default)]
        #[schemars(with = "Option<f64>")]
        pub total: Option<Spanned<f64>>,
        /// Where the classes are cut, for cohorts that do not say.
        #[serde(default)]
        pub cuts: Option<RawCuts>,
        /// Numbers by industry that indicators and corrections name.
        #[serde(default)]
        pub industry_tables: Vec<RawTable>,
        /// Groups ranked among themselves, in the order in which they are tried.
        pub cohorts: Vec<RawCohort>,
        /// Factors on the sum of the points, in order.
        #[serde(default)]
        pub corrections: Vec<RawCorrection>,
        /// Points on top.
        #[serde(default)]
        pub bonuses: Vec<RawExtra>,
        /// Most points that all bonuses give together; absent = no cap.
        #[serde(default)]
        #[schemars(with = "Option<f64>")]
        pub bonus_cap: Option<Spanned<f64>>,
        /// Points that are taken away.
        #[serde(default)]
        pub penalties: Vec<RawExtra>,
        /// Most points that all penalties take together; absent = no cap.
        #[serde(default)]
        #[schemars(with = "Option<f64>")]
        pub penalty_cap: Option<Spanned<f64>>,
        /// Promotions and demotions, in order, after the cuts.
        #[serde(default)]
        pub moves: Vec<RawMove>,
        /// Vetoes, in order, after the moves.
        #[serde(default)]
        pub vetoes: Vec<RawVeto>,
    }
}

/// What is scored and ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GradedUnit {
    /// A parcel with all its enterprises.
    #[default]
    Parcel,
    /// An enterprise with all its land.
    Enterprise,
}

/// How the grades of the enterprises of a parcel become its grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollUp {
    /// The class of the mean score, weighted by land.
    LandWeighted,
    /// The worst.
    Worst,
    /// That of the enterprise that the parcel declares as its holder.
    Owner,
}

/// Which land of a parcel is an enterprise's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandShare {
    /// Equal parts for all enterprises on it.
    Equal,
    /// The whole parcel for each.
    Whole,
}

/// Who is not ranked, and the grade that is written instead.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExempt {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The grade written, such as T; absent = none.
    #[serde(default)]
    pub grade: Option<String>,
}

/// How a value becomes points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawNormaliser {
    /// value / benchmark × weight.
    Ratio,
    /// weight × (base + span × (value − min) / (max − min)) / 100 over the cohort.
    MinMax,
    /// weight × share of the ranked members that are not better; a cohort has one such indicator.
    Rank,
}

/// The numbers of `min_max`, in percent of the weight.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMinMax {
    /// What the least value earns.
    #[schemars(with = "f64")]
    pub base: Spanned<f64>,
    /// What the greatest value earns on top.
    #[schemars(with = "f64")]
    pub span: Spanned<f64>,
    /// What all earn where the greatest value is the least.
    #[schemars(with = "f64")]
    pub equal: Spanned<f64>,
}

/// Numbers by industry.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The number of industries without an entry; absent = unknown.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub default: Option<Spanned<f64>>,
    /// The entries; of several that fit, the longest prefix counts.
    pub entries: Vec<RawEntry>,
}

/// The number of an industry.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEntry {
    /// First characters of the code (GB/T 4754), with or without the letter of the section.
    #[schemars(with = "String")]
    pub prefix: Spanned<String>,
    /// The number.
    #[schemars(with = "f64")]
    pub value: Spanned<f64>,
}

/// A group that is ranked by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCohort {
    /// Identifier of the cohort.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition of membership.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// How a value becomes points here.
    #[serde(default)]
    pub normaliser: Option<RawNormaliser>,
    /// The indicators, in the order in which points are added.
    pub indicators: Vec<RawIndicator>,
    /// Where the classes are cut here.
    #[serde(default)]
    pub cuts: Option<RawCuts>,
}

/// An indicator of a score.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIndicator {
    /// Column with a number.
    #[schemars(with = "String")]
    pub column: Spanned<String>,
    /// Column that it is divided by; unknown where that is not more than 0.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub over: Option<Spanned<String>>,
    /// Value that earns the whole weight, in the unit of the column (normaliser `ratio`).
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub benchmark: Option<Spanned<f64>>,
    /// That value taken from the cohort itself.
    #[serde(default)]
    pub benchmark_from: Option<BenchmarkFrom>,
    /// That value by industry: the id of a table.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub benchmark_table: Option<Spanned<String>>,
    /// What `benchmark_from` or the number of the table is multiplied by; absent = 1.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub benchmark_factor: Option<Spanned<f64>>,
    /// Points at the benchmark; only a template leaves it out.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub weight: Option<Spanned<f64>>,
    /// Most points it may give; absent = no cap.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub cap: Option<Spanned<f64>>,
    /// Most points as a multiple of the weight.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub cap_times_weight: Option<Spanned<f64>>,
    /// Fewest points it may give; absent = no floor.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub floor: Option<Spanned<f64>>,
    /// Fewest points as a multiple of the weight.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub floor_times_weight: Option<Spanned<f64>>,
    /// What a member without a value gets.
    pub missing: Missing,
    /// What happens where no member of the cohort has a value.
    #[serde(default)]
    pub absent: Absent,
}

/// Where a benchmark comes from in the cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BenchmarkFrom {
    /// The mean of the values that are known.
    CohortMean,
    /// Their median; of an even number the mean of the two in the middle.
    Median,
}

/// What a member gets for an indicator whose value is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The mean points of the members that have a value.
    CohortMeanScore,
    /// No score and no grade.
    NotGraded,
    /// No points.
    Zero,
}

/// What happens with an indicator that no member of a cohort has a value of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// Nobody in the cohort is graded, unless `missing` is `zero`.
    #[default]
    NotGraded,
    /// The indicator is left out for the whole cohort and the other points are scaled up to the full weight; every reason says so.
    Rescale,
}

/// Where classes are cut: by shares of the ranked (`grades`, `ties`) or by the score itself (`bands`, `decimals`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCuts {
    /// How number × share, or the score before it is put into a band, is rounded.
    pub rounding: Rounding,
    /// Which class equal scores across a cut get (`grades`).
    #[serde(default)]
    pub ties: Option<Ties>,
    /// The classes by cumulative share, best first.
    #[serde(default)]
    #[schemars(with = "Option<Vec<RawCut>>")]
    pub grades: Option<Spanned<Vec<RawCut>>>,
    /// Decimals that a score is rounded to before it is put into a band.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub decimals: Option<Spanned<u32>>,
    /// The classes by score, best first.
    #[serde(default)]
    #[schemars(with = "Option<Vec<RawBand>>")]
    pub bands: Option<Spanned<Vec<RawBand>>>,
}

/// A class by cumulative share.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCut {
    /// The grade written.
    pub grade: String,
    /// Cumulative share of the ranked at the end of the class, inclusive; the last is 1.
    #[schemars(with = "f64")]
    pub up_to: Spanned<f64>,
}

/// A class by score.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBand {
    /// The grade written.
    #[schemars(with = "String")]
    pub grade: Spanned<String>,
    /// Lower end; the last class has none.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub from: Option<Spanned<f64>>,
    /// Upper end; the first class has none.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub to: Option<Spanned<f64>>,
    /// Which of its ends belong to the class.
    pub includes: Ends,
}

/// Which ends of a band belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// The lower one.
    From,
    /// The upper one.
    To,
    /// Both.
    Both,
    /// Neither.
    Neither,
}

/// How a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Up.
    Ceil,
    /// Down.
    Floor,
    /// To the nearest, a half up (四舍五入).
    Nearest,
    /// To the nearest, a half to the even one (四舍六入五成双, GB/T 8170).
    HalfEven,
}

/// Which class equal scores get that a cut divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// That of the first of them.
    Better,
    /// That of the last of them.
    Worse,
}

/// What happens where a condition cannot be decided, because a fact is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// It changes nothing, and the reason says so.
    Ignore,
    /// No grade.
    NotGraded,
}

/// A factor on the sum of the points.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCorrection {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition; absent = everyone.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
    /// The factor.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub factor: Option<Spanned<f64>>,
    /// The factor by industry: the id of a table.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub table: Option<Spanned<String>>,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

/// Points on top or taken away.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExtra {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The points; more than 0 for bonuses and penalties alike.
    #[schemars(with = "f64")]
    pub points: Spanned<f64>,
    /// A column with a number: the points are given for each whole unit of it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub each: Option<Spanned<String>>,
    /// Units of `each` that count nothing.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub beyond: Option<Spanned<f64>>,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

/// A promotion or demotion; one of `up`, `down` and `to`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMove {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// Grades that it moves; absent = all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub from: Vec<Spanned<String>>,
    /// Classes up, at most to the best.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub up: Option<Spanned<u32>>,
    /// Classes down, at most to the worst.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub down: Option<Spanned<u32>>,
    /// The grade that it gives.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub to: Option<Spanned<String>>,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

/// A veto; one of `to` and `not_better_than`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawVeto {
    /// Identifier.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Name in Chinese.
    pub name_zh: String,
    /// SQL condition.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
    /// The grade that it gives.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub to: Option<Spanned<String>>,
    /// The best grade that it leaves.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub not_better_than: Option<Spanned<String>>,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
}

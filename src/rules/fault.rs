//! What can be wrong with a rule pack, and where: every fault has file, line and column, the line itself and, where one is near, "did you mean".
//!
//! **Invariant:** a pass over packs reports every fault it meets, not the first; [`RulesError::Faulty`] holds them in the order of the files.

use std::{ops::Range, path::PathBuf};

use super::parameters::Parameters;
use crate::model::char_width;
use crate::say;

/// Why no rule set could be made.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A job names a pack that is neither compiled in nor a folder.
    #[error("{}", hinted(say!("rule pack `{id}` is unknown", id), &hint(id, known)))]
    UnknownPack {
        /// The name in the job.
        id: String,
        /// The packs that are compiled in.
        known: Vec<String>,
    },
    /// `rules_for` names a kind of rule that does not exist.
    #[error("{}", hinted(say!("`{kind}` is no kind of rule", kind), &hint(kind, known)))]
    UnknownKind {
        /// The name in the job.
        kind: String,
        /// The kinds there are.
        known: Vec<String>,
    },
    /// `rules_for` names a pack or rule that defines nothing of the kind.
    #[error("{}", hinted(say!("no rule or pack `{wanted}` defines {kind}", wanted, kind), &hint(wanted, known)))]
    UnknownRule {
        /// The kind asked for.
        kind: &'static str,
        /// The name in the job.
        wanted: String,
        /// The rules of the kind, and their packs.
        known: Vec<String>,
    },
    /// Two packs of one job share an id.
    #[error("{}", hinted(say!("two rule packs have the id `{id}`", id), &say!("give one of them another id in its pack.toml")))]
    DuplicatePack {
        /// The id.
        id: String,
    },
    /// A file or folder of a pack cannot be read.
    #[error("{}", hinted(
        say!("`{path}` cannot be read: {source}", path = path.display(), source),
        &say!("a pack is a folder with pack.toml and one file a kind of rule")
    ))]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A path where no pack and no file of a pack is.
    #[error("{}", hinted(
        say!("`{path}` is no pack, no folder of packs and no file of a pack", path = path.display()),
        &say!("packs that are compiled in: {names}", names = known.join(", "))
    ))]
    NoSuchPath {
        /// The path.
        path: PathBuf,
        /// The packs that are compiled in.
        known: Vec<String>,
    },
    /// A kind of rule that cases cannot test.
    #[error("{}", say!("rules of the kind {kind} have no cases", kind))]
    NoCases {
        /// The kind.
        kind: &'static str,
    },
    /// Files of packs have faults.
    #[error("{}", list(.0))]
    Faulty(Vec<Fault>),
    /// A key that names no number of the rules in force.
    #[error("{}", hinted(say!("the rules in force have no number `{key}`", key), &hint(key, known)))]
    UnknownNumber {
        /// The key asked for.
        key: String,
        /// The numbers there are, or the kinds of rule.
        known: Vec<String>,
    },
    /// A condition could not be evaluated on the data.
    #[error("{}", hinted(
        say!("condition `{condition}` cannot be evaluated: {source}", condition, source),
        &say!("compare text with text and numbers with numbers")
    ))]
    Evaluate {
        /// The SQL of the condition.
        condition: String,
        /// What the table library says.
        source: polars::error::PolarsError,
    },
}

/// One fault of a rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The file: `<pack>/<name>.toml`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub excerpt: String,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a rule file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FaultKind {
    /// The text is not TOML, or a value has the wrong type.
    #[error("{}", say!("{message}", message))]
    Toml {
        /// What the parser says.
        message: String,
    },
    /// A key that the format does not have.
    #[error("{}", say!("unknown key `{key}`", key))]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that may stand there.
        known: Vec<String>,
    },
    /// A key that the format requires.
    #[error("{}", say!("key `{key}` is missing", key))]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A file that is no kind of rule.
    #[error("{}", say!("`{name}` is no file of a rule pack", name))]
    UnknownFile {
        /// The file name.
        name: String,
        /// The names a pack may have.
        known: Vec<String>,
    },
    /// The id in pack.toml is not the name of the folder.
    #[error("{}", say!("pack id `{id}` differs from its folder `{folder}`", id, folder))]
    PackId {
        /// The id.
        id: String,
        /// The folder.
        folder: String,
    },
    /// An identifier with characters that ids do not have.
    #[error("{}", say!("id `{id}` has characters other than a-z, 0-9, `-` and `_`", id))]
    BadId {
        /// The id.
        id: String,
    },
    /// An identifier that stands twice.
    #[error("{}", say!("id `{id}` stands twice", id))]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A number outside its range.
    #[error("{}", say!("`{key}` = {value} is not {allowed}", key, value, allowed))]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The number.
        value: f64,
        /// What it may be, in words.
        allowed: String,
    },
    /// `valid_to` before `valid_from`.
    #[error("{}", say!("valid_to {to} is before valid_from {from}", to, from))]
    Dates {
        /// First day in force.
        from: chrono::NaiveDate,
        /// Last day in force.
        to: chrono::NaiveDate,
    },
    /// The rule is not in force on the day that was asked for.
    #[error("{}", say!("not in force on {day}: the rule is in force {days}", day, days))]
    NotInForce {
        /// The day.
        day: chrono::NaiveDate,
        /// Its days, in words.
        days: String,
    },
    /// A condition names a column that does not exist, or not yet at its stage.
    #[error("{}", say!("unknown column `{column}`", column))]
    UnknownColumn {
        /// The column.
        column: String,
        /// The columns that a rule of the kind may name.
        known: Vec<String>,
    },
    /// An indicator is scored on a column that holds no number.
    #[error("{}", say!("column `{column}` is not a number", column))]
    NotNumeric {
        /// The column.
        column: String,
    },
    /// A condition calls something that a condition may not call.
    #[error("{}", say!("`{word}` is not allowed in a condition", word))]
    Refused {
        /// The function or keyword.
        word: String,
    },
    /// A condition is no SQL expression, or compares things that do not compare.
    #[error("{}", say!("the condition is not valid SQL: {message}", message))]
    Condition {
        /// What the SQL parser says.
        message: String,
    },
    /// A condition whose result is not true, false or null.
    #[error("{}", say!("the condition gives {found}, not true or false", found))]
    NotBoolean {
        /// The type it gives.
        found: String,
    },
    /// Cumulative shares that do not rise to 1.
    #[error("{}", say!("`up_to` must rise from class to class and end with 1"))]
    CutsOrder,
    /// A share that is not a whole number of millionths.
    #[error("{}", say!("`up_to` = {value} has more than six decimals", value))]
    CutsDecimals {
        /// The share.
        value: f64,
    },
    /// Keys of which exactly one must stand there.
    #[error("{}", say!("exactly one of {keys} must be given", keys))]
    OneOf {
        /// The keys.
        keys: &'static str,
    },
    /// A key that has no effect where it stands.
    #[error("{}", say!("`{key}` is not used by {by}", key, by))]
    NotUsed {
        /// The key.
        key: &'static str,
        /// What does not use it, in words.
        by: String,
    },
    /// Bands of scores between which a score has no class.
    #[error("{}", say!("there is a gap between the bands of `{above}` and `{below}`", above, below))]
    BandsGap {
        /// The better class.
        above: String,
        /// The next class.
        below: String,
    },
    /// Bands of scores that have a score in common.
    #[error("{}", say!("the bands of `{above}` and `{below}` overlap", above, below))]
    BandsOverlap {
        /// The better class.
        above: String,
        /// The next class.
        below: String,
    },
    /// Bands that do not reach to every score.
    #[error("{}", say!("the best band must have no `to`, the last no `from`, and all others both"))]
    BandsOpen,
    /// Weights that do not add up.
    #[error("{}", say!("the weights of cohort `{cohort}` add up to {sum}, not to {total}", cohort, sum, total))]
    WeightsTotal {
        /// The cohort.
        cohort: String,
        /// What they add up to.
        sum: f64,
        /// What the rule says.
        total: f64,
    },
    /// A ranking by several indicators.
    #[error("{}", say!("cohort `{cohort}` ranks by one indicator, but has several", cohort))]
    RankOfOne {
        /// The cohort.
        cohort: String,
    },
    /// A prefix that no industry code has.
    #[error("{}", say!("`{prefix}` is no beginning of an industry code", prefix))]
    BadPrefix {
        /// The prefix.
        prefix: String,
    },
    /// Something that stands neither on the cohort nor on the rule.
    #[error("{}", say!("cohort `{cohort}` has no `{key}`, and the rule has none for all cohorts", cohort, key))]
    CohortLacks {
        /// The cohort.
        cohort: String,
        /// What it lacks.
        key: &'static str,
    },
    /// A column that holds something else than the key needs.
    #[error("{}", say!("column `{column}` is not {wanted}", column, wanted))]
    WrongKind {
        /// The column.
        column: String,
        /// What the key needs, in words.
        wanted: String,
    },
    /// A test with no limit or with several.
    #[error("{}", say!("the test of `{measure}` has {found} limits, not one", measure, found))]
    Limits {
        /// The column that is tested.
        measure: String,
        /// The number of limits.
        found: usize,
    },
    /// A code of an industry table that is no run of digits.
    #[error("{}", say!("industry code `{code}` is not made of digits", code))]
    IndustryCode {
        /// The code.
        code: String,
    },
    /// A key names something that the rule does not define.
    #[error("{}", unknown(what, name))]
    UnknownName {
        /// What it should be.
        what: &'static str,
        /// The name.
        name: String,
        /// What the rule defines.
        known: Vec<String>,
    },
    /// A list with more entries than the program can hold.
    #[error("{}", say!("`{key}` has more than {most} entries", key, most))]
    TooMany {
        /// The list.
        key: &'static str,
        /// How many it may have.
        most: usize,
    },
    /// The id of a route that does not begin with that of its tool.
    #[error("{}", say!("id `{route}` is not `{tool}` with at most a letter", route, tool))]
    RouteId {
        /// The route.
        route: String,
        /// Its tool.
        tool: String,
    },
    /// A list that needs entries.
    #[error("{}", say!("`{key}` has no entry", key))]
    Empty {
        /// The list.
        key: &'static str,
    },
    /// Two keys that rule each other out.
    #[error("{}", say!("`{key}` and `{other}` rule each other out", key, other))]
    Contrary {
        /// One key.
        key: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A condition names a parameter or table that the rule does not have.
    #[error("{}", say!("the rule has no parameter or table `{name}`", name))]
    UnknownParameter {
        /// The name.
        name: String,
        /// The parameters and tables of the rule.
        known: Vec<String>,
    },
    /// A parameter or table that no condition of the rule uses.
    #[error("{}", say!("no condition uses `:{name}`", name))]
    UnusedParameter {
        /// The name.
        name: String,
    },
    /// A condition names a mean over several years that the rule does not list.
    #[error("{}", say!("the rule does not list the mean `{column}`", column))]
    MeanNotListed {
        /// The column.
        column: String,
    },
    /// A name under `means` that is no mean over several years.
    #[error("{}", say!("`{column}` is no mean over several years", column))]
    NoMean {
        /// The name.
        column: String,
    },
    /// An exception sets a ground aside that the rule does not have.
    #[error("{}", say!("the rule has no ground `{id}`", id))]
    UnknownGround {
        /// The name.
        id: String,
        /// The grounds of the rule.
        known: Vec<String>,
    },
    /// A name of a parameter or table that a condition could not hold.
    #[error("{}", say!("`{name}` is no name of a parameter", name))]
    BadParameter {
        /// The name.
        name: String,
    },
    /// A value of another type than its key needs.
    #[error("{}", say!("`{key}` is {found}, not {wanted}", key, found, wanted))]
    WrongType {
        /// The key.
        key: String,
        /// What it needs.
        wanted: String,
        /// What it is, in words.
        found: String,
    },
    /// A word that is none of those that a key may have.
    #[error("{}", say!("unknown value `{value}` of `{key}`", value, key))]
    UnknownValue {
        /// The key.
        key: String,
        /// The word.
        value: String,
        /// The words that it may have.
        known: Vec<String>,
    },
    /// A rule that does not say where it is printed.
    #[error("{}", say!("`{key}` is empty: nobody can look the rule up", key))]
    NoCitation {
        /// `document` or `article`.
        key: String,
    },
    /// A name without a letter.
    #[error("{}", say!("`{key}` is empty", key))]
    Blank {
        /// The key.
        key: String,
    },
    /// An entry that stands twice in a list.
    #[error("{}", say!("`{text}` stands already in line {line}", text, line))]
    Repeated {
        /// The entry.
        text: String,
        /// The line of the first.
        line: usize,
    },
    /// Two rules that follow each other by their ids are in force at once.
    #[error("{}", say!("the days of `{id}` overlap those of `{other}`, which stands before it", id, other))]
    Overlap {
        /// The later one.
        id: String,
        /// The one that would be used.
        other: String,
    },
    /// A number that cannot be meant in the unit of its column or key.
    #[error("{}", say!("`{column}` is {unit}, and {number} is far out of its range", column, unit, number))]
    UnitMismatch {
        /// The column or key.
        column: String,
        /// Its unit, in words.
        unit: String,
        /// The number.
        number: f64,
        /// What it would be in the unit.
        instead: String,
    },
    /// Comparisons that exclude each other.
    #[error("{}", say!("the condition is never true: no `{column}` fulfils all of it", column))]
    NeverTrue {
        /// The column.
        column: String,
    },
    /// What a reader of another file has found.
    #[error("{message}")]
    Noted {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The bytes of a file are no UTF-8.
    #[error("{}", say!("the file is not UTF-8 text"))]
    NotUtf8,
    /// A case names a rule that its pack does not have.
    #[error("{}", say!("the pack has no rule `{rule}` of this kind", rule))]
    UnknownRule {
        /// The name in the case.
        rule: String,
        /// The rules of the kind.
        known: Vec<String>,
    },
    /// `unverified` names a key that the rule does not have.
    #[error("{}", say!("`unverified` names `{key}`, which the rule does not have", key))]
    UnverifiedKey {
        /// The key.
        key: String,
        /// The keys of the rule.
        known: Vec<String>,
    },
}

impl FaultKind {
    /// The kind of fault in one word, for programs: `unknown_column`.
    #[must_use]
    pub fn code(&self) -> String {
        let debug = format!("{self:?}");
        let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let mut code = String::with_capacity(variant.len() + 4);
        for (at, letter) in variant.char_indices() {
            if at > 0 && letter.is_ascii_uppercase() {
                code.push('_');
            }
            code.push(letter.to_ascii_lowercase());
        }
        code
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownKey { key: name, known }
            | Self::UnknownFile { name, known }
            | Self::UnknownColumn { column: name, known }
            | Self::UnknownName { name, known, .. }
            | Self::UnknownRule { rule: name, known }
            | Self::UnknownValue { value: name, known, .. }
            | Self::UnverifiedKey { key: name, known } => hint(name, known),
            Self::UnknownParameter { known, .. } if known.is_empty() => say!("add it under `[rule.parameters]`"),
            Self::UnknownParameter { name, known } | Self::UnknownGround { id: name, known } => hint(name, known),
            Self::MeanNotListed { column } => say!("add {{ column = \"{column}\", min_years = … }} to `means`", column),
            Self::NoMean { .. } => say!("write a figure and its years from 2 to 9, for example `tax_per_mu_wan_3y`"),
            Self::UnusedParameter { name } => say!("write `:{name}` in a condition, or delete it", name),
            Self::BadParameter { .. } => say!("begin with a-z, go on with a-z, 0-9 and `_`"),
            Self::Toml { .. } => say!("see `mujun schema` for the keys and types of the file"),
            Self::MissingKey { key } => say!("add `{key} = …`", key),
            Self::PackId { folder, .. } => say!("write id = \"{folder}\" or rename the folder", folder),
            Self::BadId { .. } => say!("rule ids become part of file names and decisions: keep them plain"),
            Self::DuplicateId { .. } => say!("give each its own id"),
            Self::OutOfRange { allowed, .. } => say!("give a number that is {allowed}", allowed),
            Self::Dates { .. } => say!("a rule is in force from the first day to the last, both included"),
            Self::NotInForce { .. } => say!("a run on that day leaves the rule out; find the document that follows it, or the one before"),
            Self::NotNumeric { .. } => say!("an indicator needs a column with a number, such as `tax_per_mu_wan`"),
            Self::Refused { .. } => {
                say!("a condition compares columns row by row; it calls abs, coalesce, round, lower, upper, starts_with or length")
            }
            Self::Condition { .. } => say!("compare text with text ('above') and numbers with numbers"),
            Self::NotBoolean { .. } => say!("write a comparison, for example `far < 1.0`"),
            Self::CutsOrder => say!("write cumulative shares: 0.20, 0.85, 0.95, 1.0"),
            Self::CutsDecimals { .. } => say!("write the share with at most six decimals"),
            Self::OneOf { .. } => say!("keep one of them and take the others away"),
            Self::NotUsed { .. } => say!("take the key away"),
            Self::BandsGap { .. } | Self::BandsOverlap { .. } => {
                say!("let `to` be the `from` of the band before, and the edge belong to one of both")
            }
            Self::BandsOpen => say!("write the best class first: {{ grade = \"A\", from = 80.0, includes = \"from\" }}"),
            Self::WeightsTotal { .. } => say!("correct the weights, or `total`"),
            Self::RankOfOne { .. } => say!("keep one indicator, or take another `normaliser`"),
            Self::BadPrefix { .. } => say!("write digits of GB/T 4754, or the letter of a section"),
            Self::CohortLacks { key, .. } => say!("add `{key}` to the cohort or to the rule", key),
            Self::TooMany { key, .. } => say!("write fewer `{key}`, or join some with OR", key),
            Self::RouteId { tool, .. } => say!("call the only route `{tool}`, and several `{tool}a`, `{tool}b`", tool),
            Self::Empty { key } => say!("add at least one `{key}`", key),
            Self::WrongKind { .. } => say!("the columns and what they hold are in docs/outputs.md and data/mapping/fields.toml"),
            Self::Limits { .. } => {
                say!("write one of at_least, at_most, at_least_column, at_most_column, at_least_by, at_most_by, not_after and must_be")
            }
            Self::IndustryCode { .. } => say!("write the digits of GB/T 4754 without the letter of the section"),
            Self::Contrary { key, .. } => say!("leave `{key}` out", key),
            Self::WrongType { key, wanted, .. } => say!("give `{key}` {wanted}", key, wanted),
            Self::NoCitation { .. } => say!("give title and number of the document, and the article, item or page"),
            Self::Blank { key } => say!("give `{key}` a text", key),
            Self::Repeated { .. } => say!("delete one of the two"),
            Self::Overlap { .. } => say!("end the first with `valid_to` on the day before the second begins"),
            Self::UnitMismatch { instead, .. } => instead.clone(),
            Self::NeverTrue { .. } => say!("compare with bounds that leave something between them, or join with OR"),
            Self::Noted { hint, .. } => hint.clone(),
            Self::NotUtf8 => say!("save the file as UTF-8; some editors call GBK or Latin-1 `ANSI`"),
        }
    }
}

impl Fault {
    /// A fault at a byte of a text.
    pub(super) fn at(file: &str, text: &str, byte: usize, kind: FaultKind) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = line_of(text, byte);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        let excerpt = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        Self { file: file.to_owned(), line, column, excerpt, kind }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gutter = self.line.to_string().len();
        let before = self.excerpt.chars().take(self.column.saturating_sub(1));
        let indent: String = before.map(|c| if char_width(c) == 2 { '\u{3000}' } else { ' ' }).collect();
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.kind)?;
        writeln!(f, "{} | {}", self.line, self.excerpt)?;
        writeln!(f, "{:gutter$} | {indent}^", "")?;
        f.write_str(&say!("hint: {hint}", hint = self.kind.hint()))
    }
}

/// One file while it is checked: its label, its text and the faults met so far.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub file: &'a str,
    pub text: &'a str,
    pub faults: Vec<Fault>,
    /// What `:name` stands for in the conditions of the rule that is being compiled.
    pub parameters: Parameters,
}

impl<'a> Checked<'a> {
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, faults: Vec::new(), parameters: Parameters::default() }
    }

    /// Notes a fault at the start of `span`; a second one of the same kind and place is not repeated.
    pub fn fault(&mut self, span: &Range<usize>, kind: FaultKind) {
        let fault = Fault::at(self.file, self.text, span.start, kind);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// The line of a byte, from 1.
pub(super) fn line_of(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or(text).matches('\n').count() + 1
}

/// The nearest of `known` to `name`, if one is near.
pub(super) fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let near = |k: &&String| strsim::normalized_damerau_levenshtein(name, k);
    let best = known.iter().max_by(|a, b| near(a).total_cmp(&near(b)).then_with(|| b.cmp(a)))?;
    (near(&best) >= 0.5).then_some(best.as_str())
}

/// An error with a line that says what to do about it.
fn hinted(what: String, hint: &str) -> String {
    what + "\n" + &say!("hint: {hint}", hint)
}

/// What a name should be that nothing has.
fn unknown(what: &str, name: &str) -> String {
    match what {
        "category" => say!("unknown category `{name}`", name),
        "condition" => say!("unknown condition `{name}`", name),
        "department" => say!("unknown department `{name}`", name),
        "document" => say!("unknown document `{name}`", name),
        "grade" => say!("unknown grade `{name}`", name),
        "route" => say!("unknown route `{name}`", name),
        "table" => say!("unknown table `{name}`", name),
        "term" => say!("unknown term `{name}`", name),
        _ => say!("unknown name `{name}`", name),
    }
}

/// "did you mean", or what there is.
pub(super) fn hint(name: &str, known: &[String]) -> String {
    match nearest(name, known) {
        Some(near) => say!("did you mean `{name}`?", name = near),
        None if known.len() > 16 => say!("the names that may stand here are in docs/rules.md"),
        None => say!("one of: {names}", names = known.join(", ")),
    }
}

fn list(faults: &[Fault]) -> String {
    let texts: Vec<_> = faults.iter().map(ToString::to_string).collect();
    let what = if faults.len() == 1 { say!("a fault in the rule packs") } else { say!("faults in the rule packs") };
    what + "\n" + &texts.join("\n")
}

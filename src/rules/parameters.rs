//! Named numbers of a rule: `[rule.parameters]` and, by industry, `[rule.tables.<name>]`. A condition uses either as `:name`, so that a legal number
//! stands as a number with a name and not within a text.
//!
//! **Invariant:** an industry that is unknown, or that a table does not have, gives no number: what is compared with it is unknown.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use polars::prelude::{Column, DataFrame, DataType, PlHashMap, PolarsResult};

use super::{
    fault::{Checked, FaultKind},
    raw::RawHead,
};
use crate::model::number_column;
use crate::model::sql::{Token, tokens};
use crate::say;

/// The column that an industry table is looked up by.
pub(super) const INDUSTRY: &str = "industry";

/// The key of a table for the industries that no other key is a prefix of.
const OTHER: &str = "other";

/// Numbers by industry (GB/T 4754): the longest key that the industry begins with counts.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberTable {
    /// The name in the rule.
    pub name: Arc<str>,
    numbers: BTreeMap<String, f64>,
}

impl NumberTable {
    /// The table of these keys; a letter before digits does not count: `C26` is `26`.
    pub fn new<'k>(name: &str, numbers: impl IntoIterator<Item = (&'k str, f64)>) -> Self {
        Self { name: name.into(), numbers: numbers.into_iter().map(|(key, number)| (digits(key).to_lowercase(), number)).collect() }
    }

    /// The number of an industry; none where the table has none.
    ///
    /// ```
    /// use mujun::rules::NumberTable;
    /// let table = NumberTable::new("far_min", [("26", 0.6), ("261", 0.7), ("C", 0.5)]);
    /// assert_eq!(table.get("C2612"), Some(0.7));
    /// assert_eq!(table.get("2650"), Some(0.6));
    /// assert_eq!((table.get("C30"), table.get("30")), (Some(0.5), None));
    /// ```
    #[must_use]
    pub fn get(&self, industry: &str) -> Option<f64> {
        let industry = industry.trim().to_lowercase();
        let code = digits(&industry);
        let prefixes = (1..=code.len()).rev().filter_map(|end| code.get(..end));
        let letter = industry.get(..1).filter(|_| code.len() < industry.len());
        let known = !industry.is_empty();
        prefixes.chain(letter).chain(known.then_some(OTHER)).find_map(|key| self.numbers.get(key).copied())
    }

    /// The number of every row, by its industry.
    ///
    /// # Errors
    /// The industry column is no text.
    pub fn column(&self, frame: &DataFrame) -> PolarsResult<Column> {
        let name = self.column_name();
        let Ok(industry) = frame.column(INDUSTRY) else {
            return Ok(Column::full_null(name.into(), frame.height(), &DataType::Float64));
        };
        let industry = industry.cast(&DataType::String)?;
        let mut known: PlHashMap<&str, Option<f64>> = PlHashMap::default();
        let numbers: Vec<Option<f64>> =
            industry.str()?.iter().map(|code| code.and_then(|code| *known.entry(code).or_insert_with(|| self.get(code)))).collect();
        Ok(number_column(&name, numbers.into_iter()))
    }

    /// What a condition calls it: `:name`.
    #[must_use]
    pub fn column_name(&self) -> String {
        format!(":{}", self.name)
    }
}

/// A code without the letter of its section, where digits follow it.
fn digits(code: &str) -> &str {
    let rest = code.get(1..).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    rest.filter(|_| code.starts_with(|c: char| c.is_ascii_alphabetic())).unwrap_or(code)
}

/// What `:name` may stand for in the conditions of one rule.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    numbers: BTreeMap<String, f64>,
    tables: BTreeMap<String, Arc<NumberTable>>,
    used: BTreeSet<String>,
}

/// A condition with the parameters in their places.
#[derive(Debug)]
pub(super) struct Expanded {
    /// For the parser: tables are quoted columns.
    pub sql: String,
    /// For the reader: numbers in the place of their names.
    pub text: String,
    /// The tables that are looked up.
    pub tables: Vec<Arc<NumberTable>>,
}

impl Parameters {
    /// Reads those of a rule; a name that no condition could hold is a fault.
    pub fn read(head: RawHead<'_>, file: &mut Checked<'_>) -> Self {
        let mut read = Self::default();
        for (name, number) in head.parameters {
            check_name(name, &number.span(), file);
            if !number.get_ref().is_finite() {
                file.fault(&number.span(), FaultKind::OutOfRange { key: "parameters", value: *number.get_ref(), allowed: say!("finite") });
            }
            read.numbers.insert(name.clone(), *number.get_ref());
        }
        for (name, table) in head.tables {
            check_name(name, &head.id.span(), file);
            if head.parameters.contains_key(name) {
                file.fault(&head.id.span(), FaultKind::DuplicateId { id: name.clone() });
            }
            let numbers = table.iter().map(|(key, number)| (key.as_str(), *number.get_ref()));
            read.tables.insert(name.clone(), Arc::new(NumberTable::new(name, numbers)));
        }
        read
    }

    /// Puts numbers and tables in the places of `:name`; the fault comes with the word it is about.
    pub fn expand(&mut self, text: &str) -> Result<Expanded, (FaultKind, String)> {
        let mut done = Expanded { sql: String::with_capacity(text.len()), text: String::with_capacity(text.len()), tables: Vec::new() };
        let mut copied = 0;
        let mut colon = None;
        let mut unknown = None;
        for (at, token) in tokens(text) {
            match (token, colon) {
                (Token::Word(word), Some(start)) if start + 1 == at => {
                    done.copy(text.get(copied..start).unwrap_or_default());
                    unknown = unknown.or(self.put(word, &mut done).err());
                    copied = at + word.len();
                    colon = None;
                }
                // Two colons are a cast.
                (Token::Other(1), None) if text.get(at..).is_some_and(|rest| rest.starts_with(':') && !rest.starts_with("::")) => {
                    colon = Some(at).filter(|_| text.get(..at).is_none_or(|before| !before.ends_with(':')));
                }
                _ => colon = None,
            }
        }
        done.copy(text.get(copied..).unwrap_or_default());
        unknown.map_or(Ok(done), Err)
    }

    fn put(&mut self, name: &str, done: &mut Expanded) -> Result<(), (FaultKind, String)> {
        self.used.insert(name.to_owned());
        if let Some(number) = self.numbers.get(name) {
            // With a decimal point, so that SQL divides numbers, not whole numbers.
            done.copy(&if *number < 0.0 { format!("({number:?})") } else { format!("{number:?}") });
            return Ok(());
        }
        let Some(table) = self.tables.get(name) else {
            let known = self.numbers.keys().chain(self.tables.keys()).cloned().collect();
            return Err((FaultKind::UnknownParameter { name: name.to_owned(), known }, format!(":{name}")));
        };
        done.sql.push_str(&format!("\"{}\"", table.column_name()));
        done.text.push_str(&table.column_name());
        if done.tables.iter().all(|known| known.name != table.name) {
            done.tables.push(Arc::clone(table));
        }
        Ok(())
    }

    /// Faults for what no condition uses.
    pub fn check_used(&self, head: RawHead<'_>, file: &mut Checked<'_>) {
        let unused = |name: &String| FaultKind::UnusedParameter { name: name.clone() };
        for (name, number) in head.parameters.iter().filter(|(name, _)| !self.used.contains(*name)) {
            file.fault(&number.span(), unused(name));
        }
        for name in head.tables.keys().filter(|name| !self.used.contains(*name)) {
            file.fault(&head.id.span(), unused(name));
        }
    }
}

impl Expanded {
    fn copy(&mut self, text: &str) {
        self.sql.push_str(text);
        self.text.push_str(text);
    }
}

fn check_name(name: &str, span: &std::ops::Range<usize>, file: &mut Checked<'_>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        file.fault(span, FaultKind::BadParameter { name: name.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoColumn, NamedFrom, Series};
    use toml::Spanned;

    use super::*;
    use crate::rules::{Condition, Scope, raw::RawZones, shape};

    const HEAD: &str = "[[rule]]\nid = \"x\"\nname = \"n\"\nname_zh = \"n\"\nvalid_from = 2020-01-01\nverified = true\n\
                        source = { document = \"d\", article = \"a\" }\ninside_min = 0.9\noutside_max = 0.1\ntolerance_m2 = 1.0\ntolerance_m = 0.1\n";

    /// A zone rule with these further lines, and its first condition compiled; the faults by their first lines.
    fn compiled(more: &str, condition: &str) -> (Option<Condition>, Vec<String>) {
        let text = format!("{HEAD}{more}");
        let mut file = Checked::new("x/zones.toml", &text);
        let raw: crate::rules::raw::RawFile<RawZones> = shape::read(&mut file).unwrap();
        let head = crate::rules::raw::RawRule::head(&raw.rule[0]);
        file.parameters = Parameters::read(head, &mut file);
        let when = Condition::compile(&Spanned::new(0..text.len(), condition.to_owned()), Scope::Grading, &mut file);
        std::mem::take(&mut file.parameters).check_used(head, &mut file);
        (when, file.faults.iter().map(|fault| format!("{}; {}", fault.kind, fault.kind.hint())).collect())
    }

    fn frame() -> DataFrame {
        let far = Series::new("far".into(), [Some(0.9), Some(1.0), Some(1.1), None]).into_column();
        let industry = Series::new("industry".into(), [Some("C26"), Some("C2611"), Some("99"), Some("2611")]).into_column();
        DataFrame::new(4, vec![far, industry]).unwrap()
    }

    #[test]
    fn a_number_stands_where_its_name_stood() {
        let (when, faults) = compiled("[rule.parameters]\nfar_min = 1\nbelow = -0.5\n", "far < :far_min AND far>:below");
        assert_eq!(faults, Vec::<String>::new());
        let when = when.unwrap();
        assert_eq!(&*when.text, "far < 1.0 AND far>(-0.5)");
        assert_eq!(when.evaluate(&frame()).unwrap().iter().collect::<Vec<_>>(), [Some(true), Some(false), Some(false), None]);
    }

    #[test]
    fn a_table_gives_the_number_of_the_industry_and_no_other() {
        let (when, faults) = compiled("[rule.tables.far_min]\n26 = 1.0\n2611 = 1.1\n", "far < :far_min");
        assert_eq!(faults, Vec::<String>::new());
        let when = when.unwrap();
        assert_eq!(when.columns().collect::<Vec<_>>(), ["far", "industry"]);
        assert_eq!(when.names(), "`far`, `industry`, `:far_min` of the industry");
        assert_eq!(when.evaluate(&frame()).unwrap().iter().collect::<Vec<_>>(), [Some(true), Some(true), None, None]);
        let (when, _) = compiled("[rule.tables.far_min]\nother = 1.2\n", "far < :far_min");
        assert_eq!(when.unwrap().evaluate(&frame()).unwrap().iter().collect::<Vec<_>>(), [Some(true), Some(true), Some(true), None]);
    }

    #[test]
    fn what_is_not_there_or_not_used_is_a_fault() {
        let told = |more: &str, condition: &str| compiled(more, condition).1.join("\n");
        let some = "[rule.parameters]\nfar_min = 1.0\n";
        assert_eq!(told(some, "far < :far_mn AND far < :far_min"), "the rule has no parameter or table `far_mn`; did you mean `far_min`?");
        assert_eq!(told("", "far < :x"), "the rule has no parameter or table `x`; add it under `[rule.parameters]`");
        assert_eq!(told(some, "far < 2"), "no condition uses `:far_min`; write `:far_min` in a condition, or delete it");
        assert_eq!(told("[rule.tables.t]\n26 = 1.0\n", "far < 2"), "no condition uses `:t`; write `:t` in a condition, or delete it");
        assert!(told("[rule.parameters]\nFar = 1.0\n", "far < :Far").starts_with("`Far` is no name of a parameter"));
        assert!(told("[rule.parameters]\nx = nan\n", "far < :x").starts_with("`parameters` = NaN is not finite"));
        assert!(told("[rule.parameters]\nx = 1.0\n[rule.tables.x]\n26 = 1.0\n", "far < :x").starts_with("id `x` stands twice"));
        assert!(told("", "far < ':x'").contains("not valid SQL"), "a quoted text is no parameter");
    }
}

//! The catalogue of words as it stands in `data/lang`: `columns.toml`, `values.toml`, `findings.toml`, `tables.toml`,
//! `files.toml`, `units.toml` and `industries.toml`; every other file there has texts, which are asked for by the name of the file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{FINDING_SET, Lang};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/lang");

/// A word or sentence in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    en: String,
    zh: String,
}

/// The heading of a column and its meaning; the English meaning stands with the definition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnWords {
    en: String,
    zh: String,
    /// One sentence.
    pub meaning_zh: String,
}

/// The title of a table and what it holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableWords {
    en: String,
    zh: String,
    meaning_en: String,
    meaning_zh: String,
}

fn pick<'w>(lang: Lang, en: &'w str, zh: &'w str) -> &'w str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

impl Word {
    /// The word in a language.
    pub fn of(&self, lang: Lang) -> &str {
        pick(lang, &self.en, &self.zh)
    }
}

impl ColumnWords {
    /// The heading in a language.
    pub fn of(&self, lang: Lang) -> &str {
        pick(lang, &self.en, &self.zh)
    }
}

impl TableWords {
    /// The title in a language.
    pub fn of(&self, lang: Lang) -> &str {
        pick(lang, &self.en, &self.zh)
    }

    /// What the table holds.
    pub fn meaning(&self, lang: Lang) -> &str {
        pick(lang, &self.meaning_en, &self.meaning_zh)
    }
}

/// Entries by their keys, in the order of their file.
#[derive(Debug)]
pub struct Entries<T>(Vec<(String, T)>);

impl<T> Entries<T> {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, entry)| entry)
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, entry)| (key.as_str(), entry))
    }
}

/// All words.
#[derive(Debug)]
pub struct Catalogue {
    /// Columns by table, or by `common` and `summary`.
    pub columns: Entries<Entries<ColumnWords>>,
    /// Codes by set.
    pub values: Entries<Entries<Word>>,
    /// Tables by name.
    pub tables: Entries<TableWords>,
    /// Files that are no table of their own, by path.
    pub files: Entries<TableWords>,
    /// Units.
    pub units: Entries<Word>,
    /// Industries by section or division of GB/T 4754.
    pub industries: Entries<Word>,
    /// Texts by file and key.
    pub texts: Entries<Entries<Word>>,
}

/// The catalogue of the program.
#[expect(clippy::expect_used, reason = "the files are part of the program, and every test of words reads them")]
pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| parse().expect("data/lang is well-formed"));

fn parse() -> Result<Catalogue, String> {
    let mut values: Entries<Entries<Word>> = nested("values")?;
    values.0.push((FINDING_SET.to_owned(), flat(read("findings")?)?));
    let mut texts = Vec::new();
    let known = ["columns", "values", "findings", "tables", "files", "units", "industries"];
    let names = FILES.files().filter_map(|file| file.path().file_stem()?.to_str()).filter(|name| !known.contains(name));
    for name in names {
        texts.push((name.to_owned(), flat(read(name)?)?));
    }
    Ok(Catalogue {
        columns: nested("columns")?,
        values,
        tables: flat(read("tables")?)?,
        files: flat(read("files")?)?,
        units: flat(read("units")?)?,
        industries: flat(read("industries")?)?,
        texts: Entries(texts),
    })
}

/// The sentences in Chinese by the English ones, of every file of `data/lang/messages`.
#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
pub fn messages() -> BTreeMap<String, String> {
    let files = FILES.get_dir("messages").into_iter().flat_map(Dir::files).filter_map(include_dir::File::contents_utf8);
    files.flat_map(|text| toml::from_str::<BTreeMap<String, String>>(text).expect("data/lang/messages is well-formed")).collect()
}

fn read(name: &str) -> Result<toml::Table, String> {
    let file = FILES.get_file(format!("{name}.toml")).and_then(include_dir::File::contents_utf8);
    file.ok_or_else(|| format!("{name}.toml is missing"))?.parse().map_err(|error| format!("{name}.toml: {error}"))
}

fn flat<T: DeserializeOwned>(table: toml::Table) -> Result<Entries<T>, String> {
    let entries = table.into_iter().map(|(key, value)| {
        let entry = value.try_into().map_err(|error| format!("`{key}`: {error}"))?;
        Ok((key, entry))
    });
    entries.collect::<Result<_, String>>().map(Entries)
}

fn nested<T: DeserializeOwned>(name: &str) -> Result<Entries<Entries<T>>, String> {
    let sections = read(name)?.into_iter().map(|(section, entries)| match entries {
        toml::Value::Table(entries) => Ok((section, flat(entries)?)),
        _ => Err(format!("{name}.toml: `{section}` is no section")),
    });
    sections.collect::<Result<_, String>>().map(Entries)
}

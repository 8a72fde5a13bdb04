//! Every sentence of `say!` stands in `data/lang/messages` with the same names in braces, and everything there is said; what people read stands nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;

use serde_json::Value;

use crate::source::{code_of, read, root, rust, strings};

/// Files with sentences that are not said, and why.
const NOT_SAID: &[(&str, &str)] = &[
    ("src/cli/schema.rs", "descriptions of JSON Schemas, for programs"),
    ("src/model/columns.rs", "the meanings of columns, whose Chinese is in data/lang/columns.toml"),
    ("src/model/finding.rs", "what findings mean, for docs/findings.md; their titles are in data/lang/findings.toml"),
    ("src/model/lang/catalogue.rs", "faults of data/lang, which stop every test"),
    ("src/model/ledgers.rs", "the meanings of columns, whose Chinese is in data/lang/columns.toml"),
    ("src/model/summaries.rs", "the meanings of columns, whose Chinese is in data/lang/columns.toml"),
    ("src/model/tables.rs", "the meanings of columns, whose Chinese is in data/lang/columns.toml"),
    ("src/read/survey/columns.rs", "how cells are stored, for programs; people read src/doctor/words.rs"),
    ("src/report/words.rs", "the quantities of run.json, which get their words there"),
    ("src/run/balances.rs", "the quantities of run.json, for programs"),
    ("src/synth/job.rs", "the comments of the job of a synthetic city"),
];

/// Kinds of rules, whose keys `mujun rules show` explains by the schemas of their files.
const RULES: [&str; 8] = ["indicators", "zones", "standards", "life_cycle", "grading", "low_efficiency", "slivers", "toolbox"];

/// What a string may stand in without being said: it is for programmers.
const UNREAD: &[&str] = &["say!(", "expect(", "expect_err(", "panic!(", "unreachable!("];

/// The names in braces, without the braces that stand for themselves.
fn names(sentence: &str) -> BTreeSet<&str> {
    let mut rest = sentence;
    let mut found = BTreeSet::new();
    while let Some((_, after)) = rest.split_once(['{', '}']) {
        if let Some(doubled) = after.strip_prefix(['{', '}']) {
            rest = doubled;
        } else {
            let (name, after) = after.split_once('}').unwrap_or_else(|| panic!("`{sentence}` has a brace without its other"));
            found.insert(name);
            rest = after;
        }
    }
    found
}

/// The text of the literal that `source` begins with, if it begins with one.
fn literal(source: &str) -> Option<String> {
    let (mut text, mut chars) = (String::new(), source.trim_start().strip_prefix('"')?.chars().peekable());
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                '\n' => while chars.next_if(|next| next.is_whitespace()).is_some() {},
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// The descriptions of a JSON Schema.
fn descriptions(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(keys) => {
            found.extend(keys.get("description").and_then(Value::as_str).map(str::to_owned));
            keys.values().for_each(|under| descriptions(under, found));
        }
        Value::Array(items) => items.iter().for_each(|item| descriptions(item, found)),
        _ => {}
    }
}

/// The sentences of a source, without those of its comments and tests; `code` is [`code_of`] the text.
fn said(text: &str, code: &str) -> Vec<String> {
    let calls =
        code.match_indices("say!(").filter(|(at, _)| !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'));
    let sentence = |(at, call): (usize, &str)| {
        let rest = &text[at + call.len()..];
        literal(rest).unwrap_or_else(|| panic!("`say!` without a sentence: {rest:.80}"))
    };
    calls.map(sentence).collect()
}

/// The lower-case words of a text without what stands in braces and backticks, and without keys of TOML.
fn words(text: &str) -> usize {
    let (mut plain, mut end) = (String::new(), None);
    for c in text.replace("\\n", " ").chars() {
        match (end, c) {
            (None, '{') => end = Some('}'),
            (None, '`') => end = Some('`'),
            (None, _) => plain.push(c),
            (Some(last), _) if last == c => {
                end = None;
                plain.push('@');
            }
            _ => {}
        }
    }
    let bare = |word: &str| word.trim_matches(|c: char| "(),.;:?!\"'\\".contains(c)).to_owned();
    let is_word =
        |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| c.is_ascii_lowercase() || "'-".contains(c));
    let parts: Vec<&str> = plain.split_whitespace().collect();
    let is_key = |at: usize| parts.get(at + 1) == Some(&"=");
    parts.iter().enumerate().filter(|(at, part)| is_word(&bare(part)) && !is_key(*at)).count()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{3000}'..='\u{9fff}').contains(&c))
}

/// The strings of a source that look like sentences and are not said, with their places.
fn unsaid<'t>(text: &'t str, code: &str) -> Vec<(usize, &'t str)> {
    let is_sentence = |string: &str| {
        let is_sql =
            ["SELECT ", "CREATE ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|verb| string.trim_start_matches('"').starts_with(verb));
        words(string) >= 3 && !is_sql
    };
    let is_read = |at: usize| {
        let before = code[..at].trim_end();
        let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default().trim_start();
        let is_assertion = statement.starts_with("assert") || statement.starts_with("debug_assert");
        !is_assertion
            && !UNREAD.iter().any(|call| before.ends_with(call))
            && attribute(before).is_none_or(|name| name.starts_with("error("))
    };
    strings(text, code)
        .into_iter()
        .map(|place| (place.start, &text[place]))
        .filter(|(at, string)| is_sentence(string) && is_read(*at))
        .collect()
}

/// The strings of a source that a `match` goes by.
fn patterns<'t>(text: &'t str, code: &str) -> Vec<&'t str> {
    let is_pattern = |place: &Range<usize>| ["=>", "|"].iter().any(|sign| code[place.end..].trim_start().starts_with(sign));
    strings(text, code).into_iter().filter(is_pattern).map(|place| &text[place]).collect()
}

/// The attribute that `code` ends inside of.
fn attribute(code: &str) -> Option<&str> {
    let at = code.rfind("#[").max(code.rfind("#!["))?;
    let attribute = code[at..].trim_start_matches(['#', '!', '[']);
    let mut depth = 1;
    let ends = |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth == 0
    };
    (!attribute.contains(ends)).then_some(attribute)
}

#[test]
fn what_people_read_is_said() {
    let mut faults = Vec::new();
    let mut excused = BTreeSet::new();
    let sources = rust();
    // Such a word is told apart in the code, and said there.
    let matched: BTreeSet<&str> = sources.iter().flat_map(|source| patterns(&source.text, &source.code)).collect();
    for source in &sources {
        for (at, sentence) in unsaid(&source.text, &source.code).into_iter().filter(|(_, sentence)| !matched.contains(sentence)) {
            match NOT_SAID.iter().find(|(file, _)| *file == source.path) {
                Some((file, _)) => {
                    excused.insert(*file);
                }
                None => faults.push(format!("{}: not in `say!`: {sentence:.120}", source.place(at))),
            }
        }
    }
    faults.extend(NOT_SAID.iter().filter(|(file, _)| !excused.contains(file)).map(|(file, _)| format!("{file}: needs no excuse")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_sentence_is_said_in_both_languages() {
    let mut chinese = BTreeMap::new();
    let mut faults = Vec::new();
    for file in fs::read_dir(root().join("data/lang/messages")).unwrap() {
        let path = file.unwrap().path();
        let table: BTreeMap<String, String> =
            toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for (english, translation) in table {
            if names(&english) != names(&translation) {
                faults.push(format!("{}: other names in braces: {english}", path.display()));
            }
            if words(&english) > 0 && !is_chinese(&translation) {
                faults.push(format!("{}: not in Chinese: {english}", path.display()));
            }
            if chinese.insert(english.clone(), translation).is_some() {
                faults.push(format!("{}: stands twice: {english}", path.display()));
            }
        }
    }
    let mut said: BTreeSet<String> = rust().iter().flat_map(|source| said(&source.text, &source.code)).collect();
    for kind in RULES {
        descriptions(&serde_json::from_str(&read(&format!("schemas/{kind}.schema.json"))).unwrap(), &mut said);
    }
    faults.extend(said.iter().filter(|sentence| !chinese.contains_key(*sentence)).map(|sentence| format!("no Chinese for: {sentence}")));
    faults.extend(chinese.keys().filter(|sentence| !said.contains(*sentence)).map(|sentence| format!("nothing says: {sentence}")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_sentence_is_read_as_the_compiler_reads_it() {
    let source =
        "say!(\"a {x} \\\"b\\\"\", x); // say nothing\n    say!(\n \"one \\\n   two {{}}\");\n#[cfg(test)] fn f() { say!(\"left out\") }";
    assert_eq!(said(source, &code_of(source)), ["a {x} \"b\"", "one two {{}}"]);
    assert_eq!(names("a {x} {{y}} {z}").into_iter().collect::<Vec<_>>(), ["x", "z"]);
}

#[test]
fn a_sentence_outside_of_say_is_found() {
    let source = "#[error(\"cannot read the {file}\")] #[expect(x, reason = \"it is no text\")] struct A; // \"what a comment says\"\n\
                  fn f() { say!(\"that is said\"); x.expect(\"it is never so\"); g(\"one of `two` words\", \"{a} of the two\") }\n\
                  fn g() { sql(\"SELECT what is there\"); assert!(x, \"this is not so\"); h(\"亩 is not a metre\") }\n\
                  #[cfg(test)] fn t() { h(\"left out of it\") }";
    let found = unsaid(source, &code_of(source));
    assert_eq!(
        found.into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>(),
        ["\"cannot read the {file}\"", "\"one of `two` words\"", "\"{a} of the two\"", "\"亩 is not a metre\""]
    );
    let source = "match x { \"put it in place\" | \"put it back\" => 1, _ => f(\"the rest of it\") }";
    assert_eq!(patterns(source, &code_of(source)), ["\"put it in place\"", "\"put it back\""]);
    assert_eq!(words("the first\\n`a b` of {c d}, isn't it? 5 m²\\nkey = of"), 6);
}

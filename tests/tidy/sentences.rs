//! Every sentence of `say!` stands in `data/lang/messages` with the same names in braces, and everything there is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::source::{code_of, root, rust};

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

/// The sentences of a source, without those of its comments and tests; `code` is [`code_of`] the text, with as many characters.
fn said(text: &str, code: &str) -> Vec<String> {
    let calls =
        code.match_indices("say!(").filter(|(at, _)| !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'));
    let sentence = |(at, call): (usize, &str)| {
        let rest: String = text.chars().skip(code[..at + call.len()].chars().count()).collect();
        literal(&rest).unwrap_or_else(|| panic!("`say!` without a sentence: {rest:.80}"))
    };
    calls.map(sentence).collect()
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
            if translation.is_ascii() && english.chars().any(char::is_alphabetic) && translation.contains(' ') {
                faults.push(format!("{}: not in Chinese: {english}", path.display()));
            }
            if chinese.insert(english.clone(), translation).is_some() {
                faults.push(format!("{}: stands twice: {english}", path.display()));
            }
        }
    }
    let said: BTreeSet<String> = rust().iter().flat_map(|source| said(&source.text, &source.code)).collect();
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

//! The sources as text: comments and literals blanked, test code cut, line numbers kept.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file of the project.
pub struct Source {
    /// The path from the root, with `/`.
    pub path: String,
    /// The text as it is.
    pub text: String,
    /// For Rust: the text without comments, string and character literals and without what is compiled for tests alone; as many lines and bytes as `text`.
    pub code: String,
}

impl Source {
    /// The top-level module a file of `src` belongs to: `read` for `src/read/table/csv.rs`.
    pub fn module(&self) -> &str {
        let inner = self.path.trim_start_matches("src/");
        inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
    }

    /// How many modules deep the file is: 1 for `src/run.rs` and `src/read/mod.rs`.
    pub fn depth(&self) -> usize {
        let inner = self.path.trim_start_matches("src/");
        inner.split('/').count() - usize::from(inner.ends_with("/mod.rs"))
    }

    /// Places in the code, as `path:line`, for messages.
    pub fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.path, self.code[..offset].matches('\n').count() + 1)
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files under `src`; those that are compiled for tests alone have no code.
pub fn rust() -> Vec<Source> {
    let mut sources: Vec<Source> = paths("src").into_iter().filter(|p| p.ends_with(".rs")).map(load).collect();
    let only_tests: Vec<String> = sources.iter().flat_map(test_modules).collect();
    for source in sources.iter_mut().filter(|s| only_tests.contains(&s.path)) {
        source.code = blank(&source.code);
    }
    assert!(sources.len() > 50, "the sources are not where they were");
    sources
}

fn load(path: String) -> Source {
    let text = read(&path);
    let code = code_of(&text);
    Source { path, text, code }
}

/// A text of Rust without comments, literals and tests.
pub fn code_of(text: &str) -> String {
    without_tests(&without_literals(text))
}

/// Every file below a folder, in order; not what is built or hidden.
pub fn paths(below: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut names: Vec<PathBuf> = std::fs::read_dir(root().join(below)).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    for path in names {
        let name = path.strip_prefix(root()).unwrap_or(Path::new("")).to_string_lossy().replace('\\', "/");
        let last = name.rsplit('/').next().unwrap_or_default();
        if ["target", "out", "mujun-demo", "__pycache__"].contains(&last) || (last.starts_with('.') && last != ".ci") {
            continue;
        }
        if path.is_dir() { found.extend(paths(&name)) } else { found.push(name) }
    }
    found
}

/// The files of `#[cfg(test)] mod name;` in a file.
fn test_modules(source: &Source) -> Vec<String> {
    let text = without_literals(&source.text);
    let folder = match source.path.strip_suffix("/mod.rs") {
        Some(folder) => folder.to_owned(),
        None if source.path == "src/lib.rs" => "src".to_owned(),
        None => source.path.trim_end_matches(".rs").to_owned(),
    };
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let item = after.split_once(';')?.0.trim();
        let name = item.split_whitespace().last()?;
        (item.ends_with(&format!("mod {name}"))).then(|| format!("{folder}/{name}.rs"))
    });
    declared.collect()
}

/// A space for every byte but line ends.
fn blank(text: &str) -> String {
    text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect()
}

/// Cuts every item after `#[cfg(test)]`: to its closing brace, or to the `;` before any brace.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut rest = code;
    let mut kept = String::new();
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = item_end(&item[MARK.len()..]) + MARK.len();
        kept.push_str(&blank(&item[..end]));
        rest = &item[end..];
    }
    kept + rest
}

/// Where the item that starts here ends.
pub fn item_end(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    item.len()
}

/// The strings of a text outside of its comments and tests, as places in bytes; `code` is [`code_of`] the text.
pub fn strings(text: &str, code: &str) -> Vec<Range<usize>> {
    let bare = without_literals(text);
    let counts = |place: &Range<usize>| {
        let is_code = bare[..place.start].trim_end().len() == code[..place.start].trim_end().len();
        is_code && !text[place.clone()].starts_with(['/', '\''])
    };
    literals(text).into_iter().filter(counts).collect()
}

/// Blanks comments, strings and characters.
fn without_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for place in literals(text) {
        code.push_str(&text[code.len()..place.start]);
        code.push_str(&blank(&text[place]));
    }
    code.push_str(&text[code.len()..]);
    code
}

/// The comments, strings and characters of a text in their order, as places in bytes.
fn literals(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let previous = text[..at].chars().next_back().unwrap_or(' ');
        let starts_word = !(previous.is_alphanumeric() || previous == '_');
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            '"' => string_end(rest, 0),
            'r' | 'b' | 'c' if starts_word => prefixed_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if length > 0 {
            found.push(at..at + length);
        }
        at += length.max(first.len_utf8());
    }
    found
}

/// The end of the string whose quote stands at `open`.
fn string_end(text: &str, open: usize) -> usize {
    let mut escaped = false;
    for (at, c) in text[open + 1..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return open + 1 + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a literal such as `r#"…"#` or `b"…"`; 0 where it is none.
fn prefixed_string(text: &str) -> usize {
    let prefix = text.len() - text.trim_start_matches(['r', 'b', 'c']).len();
    let after = &text[prefix..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    if prefix > 2 || !after[hashes..].starts_with('"') {
        return 0;
    }
    if !text[..prefix].contains('r') {
        return if hashes == 0 { string_end(text, prefix) } else { 0 };
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let start = prefix + hashes + 1;
    text[start..].find(&closing).map_or(text.len(), |at| start + at + closing.len())
}

/// The length of a character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_)) => chars.find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

#[test]
fn literals_comments_and_tests_are_no_code() {
    let check = |text: &str, expected: &str| {
        let code = without_tests(&without_literals(text));
        assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), expected, "{text}");
        assert_eq!(code.matches('\n').count(), text.matches('\n').count());
    };
    check("a // std::fs\nb", "a b");
    check("f(\"} \\\" {\", '{', '\\'', b'x')", "f( , , , b )");
    check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
    check("r#\"a \" b\"# c r\"x\" der", "c der");
    check("a\n#[cfg(test)]\nmod tests {\n fn f() { {} }\n}\nb", "a b");
    check("#[cfg(test)]\nmod tests;\nb", "b");
}

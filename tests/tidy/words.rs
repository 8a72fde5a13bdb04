//! Nothing unfinished, and nothing that is true on one machine only.

use crate::source::{paths, read};

/// Files that are text and ours.
fn texts() -> Vec<(String, String)> {
    let ours = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let known = ["rs", "md", "toml", "py", "json", "vrt", "txt", "snap", "lock"];
        // Made by npm: hashes may spell any word.
        name != "package-lock.json" && (!name.contains('.') || name.rsplit('.').next().is_some_and(|e| known.contains(&e)))
    };
    paths(".").into_iter().filter(ours).filter(|p| !p.starts_with("tests/tidy/")).map(|path| (path.clone(), read(&path))).collect()
}

fn faults(texts: &[(String, String)], wrong: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let lines = texts.iter().flat_map(|(path, text)| text.lines().enumerate().map(move |(at, line)| (path, at + 1, line)));
    lines.filter_map(|(path, at, line)| Some(format!("{path}:{at}: {}", wrong(path, line)?))).collect()
}

#[test]
fn nothing_is_left_unfinished() {
    let found = faults(&texts(), |path, line| {
        let is_rust = path.ends_with(".rs");
        let macros = ["todo!", "unimplemented!", "#[ignore]"].iter().find(|m| is_rust && line.contains(**m));
        let marks = ["FIXME", "XXX", "TODO"].iter().find(|m| line.contains(**m));
        macros.or(marks).map(|what| (*what).to_owned())
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_about_one_machine() {
    let places = [
        "/work/",
        "/root/",
        "/home/",
        "/Users/",
        "C:\\Users",
        "localhost",
        "127.0.0.1",
        ".internal/",
        ".internal:",
        "artifactory",
        "worktree",
        "DOMAIN ",
    ];
    let words = [
        "session",
        "sessions",
        "helper",
        "helpers",
        "assistant",
        "chatbot",
        "subagent",
        "DOMAIN.md",
        "DESIGN.md",
        "CONTRACT.md",
        "STYLE.md",
    ];
    let found = faults(&texts(), |_, line| {
        let place = places.iter().find(|p| line.contains(**p));
        place.or_else(|| words.iter().find(|w| has_word(line, w))).map(|what| format!("`{what}` in: {}", line.trim()))
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_lock_file_names_one_registry() {
    let lock = read("Cargo.lock");
    let others: Vec<&str> =
        lock.lines().filter(|l| l.starts_with("source") && !l.contains("github.com/rust-lang/crates.io-index")).collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// Whether a line has the word, in any case, with no letter beside it.
fn has_word(line: &str, word: &str) -> bool {
    let (line, word) = (line.to_lowercase(), word.to_lowercase());
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(&word)
        .any(|(at, _)| !is_letter(line[..at].chars().next_back()) && !is_letter(line[at + word.len()..].chars().next()))
}

//! Who may use whom, who may touch the world, and how long things may get.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, item_end, read, rust};

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;

/// Files that are longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[("src/rules/fault.rs", "a variant and a hint for every fault, which are read side by side")];
/// Functions that are longer: file, name, reason.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// Uses that the table does not allow: file, module, reason.
const USES: &[(&str, &str, &str)] = &[];

/// The modules that may touch disk, clock, environment, terminal and GDAL.
const OUTER: &[&str] = &["read", "write", "report", "cli", "synth"];

/// What else may touch the world: file, what, reason.
const TOUCHES: &[(&str, &str, &str)] = &[
    ("src/rules/pack.rs", "std::fs", "a job may name a folder as a rule pack"),
    ("src/rules/pack.rs", ".is_dir()", "a job may name a folder as a rule pack"),
    ("src/rules/pack.rs", ".is_file()", "a check may be asked for one file of a pack"),
    ("src/lib.rs", "gdal", "links the GDAL that is compiled in"),
    ("src/main.rs", "std::process", "the exit code"),
];

/// The third column of the table in `ARCHITECTURE.md`: module → modules that it may use.
fn allowed_uses() -> BTreeMap<String, BTreeSet<String>> {
    let page = read("ARCHITECTURE.md");
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut table = BTreeMap::new();
    for line in page.lines().filter(|l| l.starts_with("| `src/")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, places, _, uses, _] = cells[..] else { panic!("not three columns: {line}") };
        for place in quoted(places) {
            let module = place.trim_start_matches("src/").trim_end_matches('/').trim_end_matches(".rs").to_owned();
            table.insert(module, quoted(uses).into_iter().collect());
        }
    }
    table
}

#[test]
fn modules_use_what_the_architecture_allows() {
    let allowed = allowed_uses();
    let sources = rust();
    let modules: BTreeSet<&str> = sources.iter().map(Source::module).filter(|m| !["lib", "main"].contains(m)).collect();
    assert_eq!(allowed.keys().map(String::as_str).collect::<BTreeSet<_>>(), modules, "the table of ARCHITECTURE.md has every module, once");
    let mut faults = Vec::new();
    for source in sources.iter().filter(|s| !["src/lib.rs", "src/main.rs"].contains(&s.path.as_str())) {
        for (at, used) in uses(source) {
            let known = modules.contains(used.as_str()) && used != source.module();
            let excused = USES.iter().any(|(file, module, _)| *file == source.path && *module == used);
            if known && !excused && !allowed[source.module()].contains(&used) {
                faults.push(format!("{}: `{}` uses `{used}`", source.place(at), source.module()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The top-level modules that a file names, by `crate::` or by enough `super::`.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = names_after(&source.code, "crate::");
    let to_root = "super::".repeat(source.depth());
    found.extend(names_after(&source.code, &to_root));
    found
}

/// The first names of paths that start with `prefix`; several where braces follow.
fn names_after(code: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        if before.is_alphanumeric() || before == '_' || before == ':' {
            continue;
        }
        let after = &code[at + prefix.len()..];
        match after.strip_prefix('{') {
            None => names.push((at, first_name(after))),
            Some(_) => names.extend(group(&after[..item_end(after)]).into_iter().map(|name| (at, name))),
        }
    }
    names
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first names of the paths in `{a::b, c::{d, e}}`.
fn group(braces: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut paths = vec![String::new()];
    for c in braces.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => paths.push(String::new()),
            _ if depth == 1 => paths.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    paths.iter().map(|path| first_name(path)).filter(|name| !name.is_empty()).collect()
}

#[test]
fn only_the_outer_modules_touch_the_world() {
    let mut faults = Vec::new();
    for source in rust().iter().filter(|s| !OUTER.contains(&s.module())) {
        for (at, what) in touches(source) {
            if !TOUCHES.iter().any(|(file, allowed, _)| *file == source.path && what == *allowed) {
                faults.push(format!("{}: {what}", source.place(at)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn touches(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, name) in names_after(&source.code, "std::") {
        if ["fs", "env", "time", "net", "process", "thread"].contains(&name.as_str()) {
            found.push((at, format!("std::{name}")));
        }
    }
    let words = [
        "gdal",
        "println!",
        "eprintln!",
        "print!",
        "eprint!",
        "dbg!",
        "Instant",
        "SystemTime",
        "Utc::now",
        "Local::now",
        "stdin",
        "stdout",
        "stderr",
    ];
    let calls = [".is_dir()", ".is_file()", ".exists()", ".canonicalize()", ".metadata()"];
    for what in words.iter().chain(&calls) {
        for (at, _) in source.code.match_indices(what) {
            let before = source.code[..at].chars().next_back().unwrap_or(' ');
            if what.starts_with('.') || !(before.is_alphanumeric() || before == '_') {
                found.push((at, (*what).to_owned()));
            }
        }
    }
    found
}

#[test]
fn files_and_functions_are_short() {
    let mut faults = Vec::new();
    for source in rust() {
        let lines = source.text.lines().count();
        if lines > MAX_FILE_LINES && !LONG_FILES.iter().any(|(file, _)| *file == source.path) {
            faults.push(format!("{}: {lines} lines", source.path));
        }
        for (at, name, lines) in functions(&source) {
            let excused = LONG_FUNCTIONS.iter().any(|(file, function, _)| *file == source.path && *function == name);
            if lines > MAX_FUNCTION_LINES && !excused {
                faults.push(format!("{}: `{name}` has {lines} lines", source.place(at)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Place, name and length of every function.
fn functions(source: &Source) -> Vec<(usize, String, usize)> {
    let named = names_after(&source.code, "fn ");
    named
        .into_iter()
        .filter(|(_, name)| !name.is_empty())
        .map(|(at, name)| {
            let body = &source.code[at..];
            let lines = body[..item_end(body)].matches('\n').count() + 1;
            (at, name, lines)
        })
        .collect()
}

#[test]
fn exceptions_are_still_needed() {
    let sources = rust();
    let find = |path: &str| sources.iter().find(|s| s.path == path).unwrap_or_else(|| panic!("{path} is gone"));
    for (file, _) in LONG_FILES {
        assert!(find(file).text.lines().count() > MAX_FILE_LINES, "{file} is short now: take it from the list");
    }
    for (file, name, _) in LONG_FUNCTIONS {
        let long = functions(find(file)).into_iter().any(|(_, function, lines)| function == *name && lines > MAX_FUNCTION_LINES);
        assert!(long, "{name} in {file} is short now: take it from the list");
    }
    for (file, module, _) in USES {
        assert!(uses(find(file)).iter().any(|(_, used)| used == module), "{file} does without `{module}` now: take it from the list");
    }
    for (file, what, _) in TOUCHES {
        assert!(touches(find(file)).iter().any(|(_, used)| used == what), "{file} does without {what} now: take it from the list");
    }
}

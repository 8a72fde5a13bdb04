//! The documents that people follow line by line: every command in them runs, from top to bottom in one folder, as its reader would run it.
//!
//! A block of code says what it is: `sh` (runs; `sh NAME.sh` is
//! a script that is saved first), `python` and `sql` (run with what tests/readers installs), `toml` (must be a job file), `text` (what the block
//! before it prints, `...` for what is left out), `cron` and `r` (their files must be there: neither is installed here), `sh checkout` (a script of this repository,
//! which `scripts/test` runs itself). A block that says nothing else fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{PROGRAM, Said, python_with, said};

/// A block of code in a document.
struct Block {
    line: usize,
    kind: String,
    text: String,
}

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of code between fences, which may stand in lists.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        let text = line.trim_start();
        match (text.strip_prefix("```"), open.as_mut()) {
            (Some(""), Some(_)) => blocks.extend(open.take().map(|(block, _)| block)),
            (Some(kind), None) => {
                open = Some((Block { line: number, kind: kind.to_owned(), text: String::new() }, line.len() - text.len()))
            }
            (None, Some((block, indent))) => block.text += &format!("{}\n", line.get(*indent..).unwrap_or_default()),
            (None, None) => {
                assert!(!line.starts_with("    ") || text.is_empty(), "line {number}: code without a fence and its kind: {line}")
            }
            (Some(_), Some(_)) => panic!("line {number}: a fence in a fence"),
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// Whoever follows a document: a folder, a shell that finds the program, a Python.
struct Reader {
    dir: tempfile::TempDir,
    python: Option<PathBuf>,
    last: String,
}

impl Reader {
    fn shell(&self, script: &str) -> Said {
        let mut path = vec![root().join("tests/report/bin"), Path::new(PROGRAM).parent().unwrap().to_path_buf()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = Command::new("sh");
        command.args(["-euc", script]).current_dir(self.dir.path()).env("PATH", std::env::join_paths(path).unwrap());
        said(&command.env_remove("MUJUN_THREADS").env_remove("MUJUN_LANG").env("MUJUN_NO_PROGRESS", "1").output().unwrap())
    }

    fn python(&self, script: &str) -> Option<Said> {
        let python = self.python.as_ref()?;
        Some(said(
            &Command::new(python)
                .args(["-W", "error::DeprecationWarning:__main__", "-c", script])
                .current_dir(self.dir.path())
                .output()
                .unwrap(),
        ))
    }

    /// Follows a block, and says what went wrong.
    fn follow(&mut self, block: &Block) {
        let at = format!("line {}", block.line);
        let ran = match block.kind.as_str() {
            "sh" => Some(self.shell(&block.text)),
            script if script.ends_with(".sh") => {
                let name = script.strip_prefix("sh ").unwrap();
                std::fs::write(self.dir.path().join(name), &block.text).unwrap();
                Some(self.shell(&format!("sh ./{name}")))
            }
            "python" => self.python(&block.text),
            "sql" => {
                self.python(&format!("import duckdb\nfor one in duckdb.extract_statements({:?}): print(duckdb.sql(one.query))", block.text))
            }
            kind => {
                self.look(kind, &at, &block.text);
                None
            }
        };
        if let Some(ran) = ran {
            assert_eq!(ran.code, 0, "{at}: {}\n{}\n{}", block.text, ran.stdout, ran.stderr);
            self.last = ran.stdout;
        }
    }

    /// A block that is not run.
    fn look(&self, kind: &str, at: &str, text: &str) {
        match kind {
            "toml" => {
                let job = mujun::read::Job::parse(text, Path::new("job.toml"), None);
                assert!(job.is_ok(), "{at}: {job:?}");
            }
            "text" => printed(&self.last, text, at),
            "sh checkout" => {
                for script in text.lines().filter_map(|line| line.split_whitespace().next()) {
                    assert!(
                        read("scripts/test").contains(&format!("step {script} ")) || script == "scripts/test",
                        "{at}: nothing runs {script}"
                    );
                }
            }
            "cron" => {
                for line in text.lines() {
                    let script = line.split_whitespace().nth(5).unwrap();
                    let name = script.rsplit('/').next().unwrap();
                    assert!(self.dir.path().join(name).is_file(), "{at}: no {name}");
                }
            }
            "r" => {
                for path in text.split('"').filter(|quoted| quoted.contains('/')) {
                    assert!(self.dir.path().join(path).is_file(), "{at}: no {path}");
                }
            }
            other => panic!("{at}: nobody knows what a block of `{other}` is"),
        }
    }
}

/// The lines are in what was printed, in this order; `...` stands for others, and the width of gaps does not count.
fn printed(whole: &str, lines: &str, at: &str) {
    let plain = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = whole.lines().map(plain);
    for line in lines.lines().map(plain).filter(|line| line != "...") {
        assert!(rest.any(|own| own == line), "{at}: `{line}` is not printed there:\n{whole}");
    }
}

fn follow(page: &str) {
    let mut reader = Reader { dir: tempfile::tempdir().unwrap(), python: python_with("tests/readers", "duckdb"), last: String::new() };
    let blocks = blocks(&read(page));
    assert!(blocks.iter().any(|block| block.kind == "sh"), "{page} has no command");
    // What depends on no language is run from the English page; `both_languages_tell_the_same` holds that it is the same.
    let is_translation = page.ends_with(".zh.md");
    let is_the_same = |block: &&Block| is_translation && ["python", "sql"].contains(&block.kind.as_str());
    blocks.iter().filter(|block| !is_the_same(block)).for_each(|block| reader.follow(block));
}

macro_rules! documents {
    ($($name:ident: $page:literal),* $(,)?) => {
        const DOCUMENTS: &[&str] = &[$($page),*];
        $(#[test] fn $name() { follow($page); })*
    };
}

documents! {
    the_readme: "README.md",
    the_readme_in_chinese: "README.zh.md",
    the_guide_of_the_gis_team: "docs/guides/gis-team.md",
    the_guide_of_the_gis_team_in_chinese: "docs/guides/gis-team.zh.md",
    the_guide_of_the_planner: "docs/guides/planner.md",
    the_guide_of_the_planner_in_chinese: "docs/guides/planner.zh.md",
    the_guide_of_the_statistician: "docs/guides/statistician.md",
    the_guide_of_the_statistician_in_chinese: "docs/guides/statistician.zh.md",
    the_page_on_qgis: "docs/qgis.md",
}

#[test]
fn every_guide_is_followed() {
    for entry in std::fs::read_dir(root().join("docs/guides")).unwrap() {
        let name = format!("docs/guides/{}", entry.unwrap().file_name().to_str().unwrap());
        assert!(DOCUMENTS.contains(&name.as_str()), "nobody follows {name}");
    }
}

/// What is the same in a document and its translation: the code without comments, and the number of headings.
#[test]
fn both_languages_tell_the_same() {
    let code = |block: &Block| {
        let lines = block
            .text
            .lines()
            .map(|line| line.split_once(" #").map_or(line, |(code, _)| code).split_whitespace().collect::<Vec<_>>().join(" "));
        (
            block.kind.clone(),
            lines
                .filter(|line| !line.starts_with('#'))
                .collect::<Vec<_>>()
                .join("\n")
                .replace("lang en", "lang zh")
                .replace("lang=en", "lang=zh"),
        )
    };
    for zh in DOCUMENTS.iter().filter(|page| page.ends_with(".zh.md")) {
        let [zh_page, en_page] = [read(zh), read(&zh.replace(".zh.md", ".md"))];
        // Words that the program prints are in the language of the run.
        let codes = |page: &str| blocks(page).iter().filter(|block| block.kind != "text").map(code).collect::<Vec<_>>();
        for (zh_code, en_code) in codes(&zh_page).iter().zip(&codes(&en_page)) {
            assert_eq!(zh_code, en_code, "{zh}");
        }
        let kinds = |page: &str| blocks(page).iter().map(|block| block.kind.clone()).collect::<Vec<_>>();
        assert_eq!(kinds(&zh_page), kinds(&en_page), "{zh}");
        let headings = |page: &str| page.lines().filter_map(|line| line.find("# ").filter(|_| line.starts_with('#'))).collect::<Vec<_>>();
        assert_eq!(headings(&zh_page), headings(&en_page), "{zh}");
    }
}

#[test]
fn a_command_that_fails_and_words_that_nobody_says_are_noticed() {
    let fails = |page: &str| {
        let page = page.to_owned();
        std::panic::catch_unwind(move || {
            let mut reader = Reader { dir: tempfile::tempdir().unwrap(), python: None, last: String::new() };
            blocks(&page).iter().for_each(|block| reader.follow(block));
        })
        .is_err()
    };
    assert!(!fails("```sh\nmujun --version\necho of it\n```\n\n```text\n...\nof  it\n```\n"));
    assert!(fails("```sh\nmujun run no-such-job.toml\n```\n"), "a command that fails");
    assert!(fails("```sh\nmujun no-such-command | cat; false\n```\n"), "the last command fails");
    assert!(fails("```sh\necho one\n```\n\n```text\ntwo\n```\n"), "other words");
    assert!(fails("```toml\nparcel = 1\n```\n"), "no job");
    assert!(fails("```\nmujun demo\n```\n"), "no kind");
    assert!(fails("    mujun demo\n"), "no fence");
}

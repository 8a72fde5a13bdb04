//! What is said to people (messages, hints, reasons, errors) in the language that the process speaks.
//!
//! The sentence stands in English where it is said, as [`say!`](crate::say) has it; `data/lang/messages` has it in Chinese, by the English sentence.
//!
//! **Invariant:** every sentence that is said has an entry with the same names in braces, and every entry is said; `tests/tidy` holds both.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::lang::{self, Lang, messages};

static CHINESE: AtomicBool = AtomicBool::new(false);
static SENTENCES: LazyLock<BTreeMap<String, String>> = LazyLock::new(messages);

/// From now on the process speaks this language. It is set before anything is said: what has been said stays as it is.
pub fn speak(lang: Lang) {
    CHINESE.store(lang == Lang::Zh, Ordering::Relaxed);
}

/// The language that the process speaks; English until [`speak`] says otherwise.
#[must_use]
pub fn spoken() -> Lang {
    if CHINESE.load(Ordering::Relaxed) { Lang::Zh } else { Lang::En }
}

/// Every sentence, English and Chinese.
pub fn sentences_in_both() -> impl Iterator<Item = (&'static str, &'static str)> {
    SENTENCES.iter().map(|(english, chinese)| (english.as_str(), chinese.as_str()))
}

/// A sentence in the language that the process speaks. Names in braces are filled in: `say!("{a} of {b}", a, b = 2 * a)`; numbers that need a format
/// come as `format_args!`.
#[macro_export]
macro_rules! say {
    ($sentence:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        if $crate::model::say::spoken() == $crate::model::Lang::En {
            // Through `concat!`, so that no name is filled in that the other language would not get.
            format!(concat!($sentence) $(, $name = $crate::said!($name $(= $value)?))*)
        } else {
            $crate::model::say::translated($sentence, &[$((stringify!($name), &$crate::said!($name $(= $value)?))),*])
        }
    };
}

/// The value of a name of [`say!`](crate::say).
#[doc(hidden)]
#[macro_export]
macro_rules! said {
    ($name:ident) => {
        $name
    };
    ($name:ident = $value:expr) => {
        $value
    };
}

/// A sentence that does not stand in the code, such as the description of a key, in the language that the process speaks.
#[must_use]
pub fn told(sentence: &str) -> String {
    if spoken() == Lang::En { sentence.to_owned() } else { translated(sentence, &[]) }
}

/// The sentence in Chinese; one without entry stays as it is.
#[doc(hidden)]
#[must_use]
pub fn translated(sentence: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut rest = SENTENCES.get(sentence).map_or(sentence, String::as_str);
    let mut out = String::with_capacity(rest.len() * 2);
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        out.push_str(before);
        if let Some(doubled) = after.strip_prefix(['{', '}']) {
            out.push_str(&after[..1]);
            rest = doubled;
            continue;
        }
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(own, _)| *own == name);
        let _ = value.map_or(Ok(()), |(_, value)| write!(out, "{value}"));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The code of a column of a table in words; in English it stays as it is.
#[must_use]
pub fn word<'c>(table: &str, column: &str, code: &'c str) -> &'c str {
    match spoken() {
        Lang::En => code,
        Lang::Zh => lang::value(Lang::Zh, table, column, code).unwrap_or(code),
    }
}

/// What the system or a library says; in Chinese for what is usual of the system.
#[must_use]
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let system = error.downcast_ref::<io::Error>().filter(|_| spoken() == Lang::Zh);
    let Some((kind, code)) = system.and_then(|system| Some((system.kind(), system.raw_os_error()?))) else { return error.to_string() };
    let what = match kind {
        io::ErrorKind::NotFound => say!("entity not found"),
        io::ErrorKind::PermissionDenied => say!("permission denied"),
        io::ErrorKind::AlreadyExists => say!("entity already exists"),
        io::ErrorKind::NotADirectory => say!("not a directory"),
        io::ErrorKind::IsADirectory => say!("is a directory"),
        io::ErrorKind::DirectoryNotEmpty => say!("directory not empty"),
        io::ErrorKind::StorageFull => say!("no storage space"),
        io::ErrorKind::ReadOnlyFilesystem => say!("read-only filesystem or storage medium"),
        io::ErrorKind::ResourceBusy => say!("resource busy"),
        _ => return error.to_string(),
    };
    say!("{what} (os error {code})", what, code)
}

/// What was tried with a file or folder, and why it was not done.
#[must_use]
pub fn refused(action: &str, path: impl AsRef<Path>, source: &(dyn Error + 'static)) -> String {
    let (path, source) = (path.as_ref().display(), cause(source));
    match action {
        "create" => say!("cannot create `{path}`: {source}", path, source),
        "create the folder of" => say!("cannot create the folder of `{path}`: {source}", path, source),
        "find" => say!("cannot find `{path}`: {source}", path, source),
        "find the folder of" => say!("cannot find the folder of `{path}`: {source}", path, source),
        "keep" => say!("cannot keep `{path}`: {source}", path, source),
        "lock" => say!("cannot lock `{path}`: {source}", path, source),
        "move" => say!("cannot move `{path}`: {source}", path, source),
        "move away" => say!("cannot move away `{path}`: {source}", path, source),
        "put back" => say!("cannot put back `{path}`: {source}", path, source),
        "put in place" => say!("cannot put in place `{path}`: {source}", path, source),
        "remove" => say!("cannot remove `{path}`: {source}", path, source),
        "sync" => say!("cannot sync `{path}`: {source}", path, source),
        "write" => say!("cannot write `{path}`: {source}", path, source),
        _ => say!("cannot read `{path}`: {source}", path, source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_braces_are_filled_in_alike() {
        let (rows, file) = (3, "a{b}.gpkg");
        let english = say!("no such sentence: {rows} of `{file}`, {{whole}}, {share} %", rows, file, share = format_args!("{:.1}", 12.34));
        assert_eq!(english, "no such sentence: 3 of `a{b}.gpkg`, {whole}, 12.3 %");
        let values: [(&str, &dyn Display); 3] = [("share", &"12.3"), ("rows", &rows), ("file", &file)];
        assert_eq!(translated("no such sentence: {rows} of `{file}`, {{whole}}, {share} %", &values), english);
    }
}

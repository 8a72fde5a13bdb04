//! Which encoding text is in: what is declared, as long as the bytes agree; then UTF-8, which hardly any other text happens to be; then a guess by
//! letter frequencies that must decode without a fault.
//!
//! **Invariant:** a guess always shows ([`Decided::Guessed`]), and text that does not fit its encoding is refused, not patched.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, DecoderResult, EUC_KR, Encoding, GB18030, GBK, IBM866, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1254,
};

use super::error::ReadError;
use crate::model::{Code, Finding, Source};
use crate::say;

/// How an encoding was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The job file states it.
    Job,
    /// A byte order mark.
    ByteOrderMark,
    /// The `.cpg` file beside a shapefile.
    Cpg,
    /// The language byte of a DBF.
    LanguageByte,
    /// Plain ASCII: nothing to decide.
    Ascii,
    /// Nothing is declared and the bytes are valid UTF-8.
    ValidUtf8,
    /// From the content, because nothing is declared or what is declared does not fit.
    Guessed,
}

/// As many bytes beyond ASCII make it certain that text that is valid UTF-8 was meant as such: short GBK words can be valid UTF-8 by chance.
pub(super) const CERTAIN: usize = 9;

/// The encoding of a shapefile's attributes. `declared` is the job's word; `sample` are cells as raw bytes, best all of them.
///
/// # Errors
/// The declared encoding is unknown or does not fit, or no encoding fits.
pub fn for_shapefile(shp: &Path, declared: Option<&str>, sample: &[&[u8]]) -> Result<(&'static Encoding, Decided), ReadError> {
    let file = shp.display().to_string();
    if let Some(label) = declared {
        let encoding = named(label).ok_or_else(|| unknown(&file, "encoding", label))?;
        return match sample.iter().find(|cell| !fits(encoding, cell)) {
            Some(cell) => Err(undecodable(&file, "encoding", encoding, fault(encoding, cell))),
            None => Ok((encoding, Decided::Job)),
        };
    }
    let hint = declared_beside(shp).into_iter().find_map(|d| d.encoding.map(|e| (e, d.by)));
    decide(hint, sample).ok_or_else(|| {
        undecodable(&file, "encoding", UTF_8, sample.iter().find_map(|c| std::str::from_utf8(c).err()).map_or(0, |e| e.valid_up_to()))
    })
}

/// The encoding of cells for which `hint` is declared.
#[must_use]
pub fn decide(hint: Option<(&'static Encoding, Decided)>, sample: &[&[u8]]) -> Option<(&'static Encoding, Decided)> {
    let hint_fits = hint.filter(|(encoding, _)| sample.iter().all(|cell| fits(encoding, cell)));
    let beyond_ascii: usize = sample.iter().map(|cell| cell.iter().filter(|b| !b.is_ascii()).count()).sum();
    if beyond_ascii == 0 {
        return Some(hint_fits.unwrap_or((UTF_8, Decided::Ascii)));
    }
    let is_utf8 = sample.iter().all(|cell| fits(UTF_8, cell));
    match hint_fits {
        Some((encoding, _)) if is_utf8 && beyond_ascii >= CERTAIN && encoding != UTF_8 && encoding.is_ascii_compatible() => {
            Some((UTF_8, Decided::Guessed))
        }
        Some(hint) => Some(hint),
        None if is_utf8 => Some((UTF_8, if hint.is_none() { Decided::ValidUtf8 } else { Decided::Guessed })),
        None => guess(sample).map(|encoding| (encoding, Decided::Guessed)),
    }
}

/// The encoding that the letters speak for, if it fits.
fn guess(sample: &[&[u8]]) -> Option<&'static Encoding> {
    const ENOUGH: usize = 1 << 18;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut seen = 0;
    for cell in sample.iter().filter(|c| !c.is_ascii()) {
        let start = cell.iter().position(|b| !b.is_ascii()).unwrap_or(0);
        let part = cell.get(start..).unwrap_or_default();
        detector.feed(part.get(..ENOUGH).unwrap_or(part), false);
        detector.feed(b"\n", false);
        seen += part.len();
        if seen > ENOUGH {
            break;
        }
    }
    detector.feed(b"", true);
    let at_home = widened(detector.guess(Some(b"cn"), Utf8Detection::Deny));
    let is_doubtful = at_home == GB18030 && rare_share(sample) > 0.25;
    let likely = if is_doubtful { widened(detector.guess(None, Utf8Detection::Deny)) } else { at_home };
    [likely, GB18030].into_iter().find(|encoding| sample.iter().all(|cell| fits(encoding, cell)))
}

/// The share of double-byte characters that GBK has beyond GB2312: rare in mainland text, every second one in Big5 that is read as GBK.
#[must_use]
pub fn rare_share(sample: &[&[u8]]) -> f64 {
    let (mut all, mut rare) = (0_u32, 0_u32);
    for cell in sample {
        let mut bytes = cell.iter();
        while let Some(lead) = bytes.next() {
            if lead.is_ascii() {
                continue;
            }
            let trail = bytes.next().copied().unwrap_or(0xFF);
            all += 1;
            rare += u32::from(trail < 0xA1 || *lead < 0xB0);
        }
    }
    f64::from(rare) / f64::from(all.max(1))
}

/// The encoding of a whole text file, and how many bytes its byte order mark takes.
///
/// # Errors
/// As [`for_shapefile`].
pub fn for_text(bytes: &[u8], declared: Option<&str>, file: &str, key: &str) -> Result<(&'static Encoding, Decided, usize), ReadError> {
    let key = format!("{key}.encoding");
    let mark = Encoding::for_bom(bytes);
    let body = |mark: usize| bytes.get(mark..).unwrap_or_default();
    if let Some(label) = declared {
        let encoding = named(label).ok_or_else(|| unknown(file, &key, label))?;
        let skip = mark.filter(|(e, _)| *e == encoding).map_or(0, |(_, n)| n);
        return check(encoding, body(skip), file, &key).map(|()| (encoding, Decided::Job, skip));
    }
    if let Some((encoding, skip)) = mark {
        return check(encoding, body(skip), file, &key).map(|()| (encoding, Decided::ByteOrderMark, skip));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((UTF_8, if text.is_ascii() { Decided::Ascii } else { Decided::ValidUtf8 }, 0));
    }
    let encoding = guess(&[bytes]).ok_or_else(|| undecodable(file, &key, GB18030, fault(GB18030, bytes)))?;
    Ok((encoding, Decided::Guessed, 0))
}

fn check(encoding: &'static Encoding, bytes: &[u8], file: &str, key: &str) -> Result<(), ReadError> {
    let fits = match encoding == UTF_8 {
        true => std::str::from_utf8(bytes).is_ok(),
        false => encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some(),
    };
    if fits { Ok(()) } else { Err(undecodable(file, key, encoding, fault(encoding, bytes))) }
}

/// The text of a cell. A character that the width of the field cut in two is left out at its end.
#[must_use]
pub fn decode<'a>(encoding: &'static Encoding, cell: &'a [u8]) -> Cow<'a, str> {
    let whole = whole_characters(encoding, cell).unwrap_or(cell);
    encoding.decode_without_bom_handling(whole).0
}

/// Whether a cell is text of the encoding, but for a character that is cut in two at its end.
#[must_use]
pub fn fits(encoding: &'static Encoding, cell: &[u8]) -> bool {
    whole_characters(encoding, cell).is_some()
}

/// Whether a text ends in the middle of a character.
#[must_use]
pub fn is_cut(encoding: &'static Encoding, text: &[u8]) -> bool {
    whole_characters(encoding, text).is_some_and(|whole| whole.len() < text.len())
}

/// The cell without a character that is cut in two at its end; none where it does not decode.
fn whole_characters<'a>(encoding: &'static Encoding, cell: &'a [u8]) -> Option<&'a [u8]> {
    if encoding == UTF_8 {
        return match std::str::from_utf8(cell) {
            Ok(_) => Some(cell),
            Err(e) if e.error_len().is_none() => cell.get(..e.valid_up_to()),
            Err(_) => None,
        };
    }
    let decodes = |part: &&[u8]| encoding.decode_without_bom_handling_and_without_replacement(part).is_some();
    (0..=3.min(cell.len())).filter_map(|cut| cell.get(..cell.len() - cut)).find(decodes)
}

/// The first byte that does not fit.
fn fault(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    if encoding == UTF_8 {
        return std::str::from_utf8(bytes).err().map_or(0, |e| e.valid_up_to());
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut room = vec![0; 1 << 14];
    let mut at = 0;
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(bytes.get(at..).unwrap_or_default(), &mut room, true);
        at += read;
        match result {
            DecoderResult::Malformed(length, after) => return at.saturating_sub(usize::from(length) + usize::from(after)),
            DecoderResult::InputEmpty => return at,
            DecoderResult::OutputFull => {}
        }
    }
}

/// The encoding of a name, as job files and `.cpg` files write it: `UTF-8`, `GBK`, `936`, `cp936`, `ANSI 936`, `ISO 88591`.
#[must_use]
pub fn named(label: &str) -> Option<&'static Encoding> {
    let lower = label.trim().to_lowercase();
    let plain = ["ansi", "oem", "ldid/", "cp", "ms", "windows-", "windows", "ibm"]
        .iter()
        .fold(lower.as_str(), |l, p| l.strip_prefix(p).unwrap_or(l).trim());
    let by_page = match plain.trim_start_matches(['-', '_', ' ']) {
        "936" | "54936" | "gbk" | "gb2312" | "gb 2312" | "gb18030" | "gb 18030" | "gb-18030" => GB18030,
        "950" | "big5" | "big-5" => BIG5,
        "65001" | "utf-8" | "utf8" | "utf 8" => UTF_8,
        "932" | "shiftjis" => SHIFT_JIS,
        "949" => EUC_KR,
        "866" => IBM866,
        "koi8r" => KOI8_R,
        "874" => WINDOWS_874,
        "1250" => WINDOWS_1250,
        "1251" => WINDOWS_1251,
        "1252" | "88591" | "8859-1" | "iso 88591" | "iso88591" => WINDOWS_1252,
        "1253" => WINDOWS_1253,
        "1254" => WINDOWS_1254,
        _ => Encoding::for_label(lower.as_bytes()).or_else(|| Encoding::for_label(lower.replace(' ', "-").as_bytes()))?,
    };
    Some(widened(by_page))
}

/// GB18030 for its subsets.
fn widened(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

/// An encoding that a file declares beside a DBF or in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Who says so.
    pub by: Decided,
    /// The words: `936`, `0x4D`.
    pub label: String,
    /// The encoding that they mean; none where they mean nothing.
    pub encoding: Option<&'static Encoding>,
}

/// What the `.cpg` beside a shapefile or a DBF and its language byte declare, the one that counts first. A language byte of 0 declares nothing.
#[must_use]
pub fn declared_beside(shp: &Path) -> Vec<Declared> {
    let label = sidecar(shp, "cpg").and_then(|p| std::fs::read_to_string(p).ok()).map(|label| label.trim().to_owned());
    let cpg = label.map(|label| Declared { by: Decided::Cpg, encoding: named(&label), label });
    let byte = language_byte(shp).filter(|byte| *byte != 0);
    let language = byte.map(|byte| Declared { by: Decided::LanguageByte, label: format!("0x{byte:02X}"), encoding: of_language(byte) });
    cpg.into_iter().chain(language).collect()
}

/// The byte at offset 29 of the DBF.
fn language_byte(shp: &Path) -> Option<u8> {
    use std::io::Read;
    let mut header = [0; 30];
    std::fs::File::open(sidecar(shp, "dbf")?).ok()?.read_exact(&mut header).ok()?;
    header.last().copied()
}

/// The encoding of a language byte; none for 0 and for `current ANSI` (0x57), which says nothing.
fn of_language(byte: u8) -> Option<&'static Encoding> {
    Some(match byte {
        0x4D | 0x7A => GB18030,
        0x4F | 0x78 => BIG5,
        0x4E | 0x79 => EUC_KR,
        0x13 | 0x7B => SHIFT_JIS,
        0x50 | 0x7C => WINDOWS_874,
        0x26 | 0x65 => IBM866,
        0x03 | 0x58 | 0x59 => WINDOWS_1252,
        0xC8 => WINDOWS_1250,
        0xC9 => WINDOWS_1251,
        0xCA => WINDOWS_1254,
        0xCB => WINDOWS_1253,
        _ => return None,
    })
}

/// The file beside a shapefile or DBF with another extension, in small or capital letters.
pub(super) fn sidecar(shp: &Path, extension: &str) -> Option<PathBuf> {
    [extension.to_owned(), extension.to_uppercase()].into_iter().map(|e| shp.with_extension(e)).find(|p| p.exists())
}

/// The finding that an encoding was guessed; none where it was not.
#[must_use]
pub fn finding(encoding: &'static Encoding, decided: Decided, source: &Source, key: &str) -> Option<Finding> {
    if decided != Decided::Guessed {
        return None;
    }
    let message = say!("text was read as {encoding}, worked out from its content", encoding = encoding.name());
    let hint = say!("if names look wrong, state it: `encoding = \"…\"` under `{key}`", key);
    Some(Finding::new(Code::EncodingGuessed, source, message).hint(hint))
}

fn unknown(file: &str, key: &str, label: &str) -> ReadError {
    ReadError::EncodingUnknown { file: file.into(), key: key.into(), encoding: label.into() }
}

fn undecodable(file: &str, key: &str, encoding: &'static Encoding, offset: usize) -> ReadError {
    ReadError::Undecodable { file: file.into(), key: key.into(), encoding: encoding.name().into(), offset }
}

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::*;

/// 嘉定工业区 and 上海市 in GBK.
const JIADING_GBK: &[u8] = b"\xBC\xCE\xB6\xA8\xB9\xA4\xD2\xB5\xC7\xF8";
const SHANGHAI_GBK: &[u8] = b"\xC9\xCF\xBA\xA3\xCA\xD0";

fn nowhere() -> PathBuf {
    PathBuf::from("no-such-folder/a.shp")
}

fn dbf(language: u8, cpg: Option<&str>) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut header = [0_u8; 32];
    header[29] = language;
    std::fs::write(dir.path().join("a.dbf"), header).unwrap();
    if let Some(label) = cpg {
        std::fs::write(dir.path().join("a.cpg"), label).unwrap();
    }
    let shp = dir.path().join("a.shp");
    (dir, shp)
}

#[test]
fn labels_as_files_write_them() {
    for label in ["GBK", "gb2312", "936", "CP936", "ANSI 936", "OEM 936", "GB18030", "gb 18030", "54936", "windows-936"] {
        assert_eq!(named(label), Some(GB18030), "{label}");
    }
    for (label, encoding) in
        [("UTF-8\r\n", UTF_8), ("65001", UTF_8), ("ISO 88591", WINDOWS_1252), ("1251", WINDOWS_1251), ("Big5", BIG5), ("950", BIG5)]
    {
        assert_eq!(named(label), Some(encoding), "{label}");
    }
    assert_eq!(named("klingon"), None);
}

#[test]
fn what_is_declared_counts_as_long_as_it_fits() {
    let (_dir, shp) = dbf(0x4D, None);
    assert_eq!(for_shapefile(&shp, None, &[JIADING_GBK]).unwrap(), (GB18030, Decided::LanguageByte));
    let (_dir, shp) = dbf(0, Some("GBK"));
    assert_eq!(for_shapefile(&shp, None, &[JIADING_GBK]).unwrap(), (GB18030, Decided::Cpg));
    let (_dir, shp) = dbf(0, Some("UTF-8"));
    assert_eq!(for_shapefile(&shp, None, &[JIADING_GBK, SHANGHAI_GBK]).unwrap(), (GB18030, Decided::Guessed));
    let (_dir, shp) = dbf(0x4D, None);
    assert_eq!(for_shapefile(&shp, None, &["嘉定工业区".as_bytes()]).unwrap(), (UTF_8, Decided::Guessed), "a language byte that is wrong");
    let (_dir, shp) = dbf(0, Some("UTF-8"));
    assert_eq!(for_shapefile(&shp, None, &["嘉定".as_bytes()]).unwrap(), (UTF_8, Decided::Cpg));
}

#[test]
fn without_a_declaration_utf8_comes_first_and_then_a_guess() {
    assert_eq!(for_shapefile(&nowhere(), None, &[b"abc"]).unwrap(), (UTF_8, Decided::Ascii));
    assert_eq!(for_shapefile(&nowhere(), None, &["上海市".as_bytes()]).unwrap(), (UTF_8, Decided::ValidUtf8));
    assert_eq!(for_shapefile(&nowhere(), None, &[SHANGHAI_GBK, JIADING_GBK]).unwrap(), (GB18030, Decided::Guessed));
    let source = Source { file: "a.shp".into(), layer: "a".into() };
    assert!(finding(GB18030, Decided::Guessed, &source, "parcels").is_some_and(|f| f.message.contains("gb18030")));
    assert!(finding(UTF_8, Decided::ValidUtf8, &source, "parcels").is_none());
}

#[test]
fn the_word_of_the_job_is_checked() {
    assert_eq!(for_shapefile(&nowhere(), Some("gbk"), &[JIADING_GBK]).unwrap(), (GB18030, Decided::Job));
    let wrong = for_shapefile(&nowhere(), Some("UTF-8"), &[JIADING_GBK]).unwrap_err();
    assert_eq!(wrong.to_string(), "`encoding`: text of file `no-such-folder/a.shp` is not valid UTF-8, first at byte 0");
    assert!(matches!(for_shapefile(&nowhere(), Some("klingon"), &[]).unwrap_err(), ReadError::EncodingUnknown { .. }));
}

#[test]
fn a_character_that_the_field_cut_in_two_is_left_out() {
    let cut = &"上海市".as_bytes()[..8];
    assert_eq!(for_shapefile(&nowhere(), None, &[cut]).unwrap().0, UTF_8);
    assert_eq!(decode(UTF_8, cut), "上海");
    assert_eq!(decode(GB18030, &SHANGHAI_GBK[..5]), "上海");
}

#[test]
fn text_files_by_mark_content_and_word() {
    let marked = [b"\xEF\xBB\xBF".as_slice(), "年".as_bytes()].concat();
    assert_eq!(for_text(&marked, None, "a.csv", "t").unwrap(), (UTF_8, Decided::ByteOrderMark, 3));
    assert_eq!(for_text(JIADING_GBK, None, "a.csv", "t").unwrap(), (GB18030, Decided::Guessed, 0));
    assert_eq!(for_text(JIADING_GBK, Some("GB2312"), "a.csv", "t").unwrap(), (GB18030, Decided::Job, 0));
    assert_eq!(for_text("年".as_bytes(), None, "a.csv", "t").unwrap().1, Decided::ValidUtf8);
    let broken = [JIADING_GBK, b"\xFF\xFF\n"].concat();
    let error = for_text(&broken, Some("GBK"), "a.csv", "tables[0]").unwrap_err();
    assert_eq!(error.to_string(), "`tables[0].encoding`: text of file `a.csv` is not valid gb18030, first at byte 10");
}

/// The cells of a DBF file as raw bytes.
fn cells(dbf: &[u8]) -> Vec<Vec<u8>> {
    let number = |at: usize| usize::from(u16::from_le_bytes([dbf[at], dbf[at + 1]]));
    let (header, width) = (number(8), number(10));
    let mut fields = Vec::new();
    let (mut at, mut start) = (32, 1);
    while dbf[at] != 0x0D {
        let length = usize::from(dbf[at + 16]);
        if dbf[at + 11] == b'C' {
            fields.push(start..start + length);
        }
        start += length;
        at += 32;
    }
    let records = dbf[header..].chunks_exact(width);
    records.flat_map(|r| fields.iter().map(|f| r[f.clone()].trim_ascii().to_vec())).filter(|c| !c.is_empty()).collect()
}

/// The real files; none where they are not on this machine, which a continuous build refuses.
fn shared(path: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if folder.exists() {
        return Some(folder.join(path));
    }
    assert!(std::env::var_os("CI").is_none(), "the folder of real data is missing");
    println!("not run: no folder of real data");
    None
}

fn read(path: &Path) -> (&'static Encoding, Decided, Vec<String>) {
    let bytes = std::fs::read(path.with_extension("dbf")).unwrap();
    let cells = cells(&bytes);
    let sample: Vec<&[u8]> = cells.iter().map(Vec::as_slice).collect();
    let (encoding, decided) = for_shapefile(path, None, &sample).unwrap();
    (encoding, decided, sample.iter().map(|c| decode(encoding, c).trim().to_owned()).collect())
}

#[test]
fn real_shapefiles_decode() {
    let Some(folder) = shared("nasty/mapshaper/test/data") else { return };
    let mut wrong = Vec::new();
    for (file, name, decided, word) in SAMPLES {
        let (encoding, how, texts) = read(&folder.join(file).with_extension("shp"));
        if (encoding.name(), how) != (*name, *decided) || !(word.is_empty() || texts.iter().any(|t| t.contains(word))) {
            wrong.push(format!("{file}: {} {how:?} {:?}", encoding.name(), texts.iter().take(3).collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn utf8_with_neither_cpg_nor_language_byte_is_not_taken_for_gbk() {
    let Some(file) = shared("china/gary_2021_gcj02/上海市.shp") else { return };
    let (encoding, decided, texts) = read(&file);
    assert_eq!((encoding, decided), (UTF_8, Decided::ValidUtf8));
    assert!(texts.iter().any(|t| t == "浦东新区"), "{texts:?}");
}

/// File, encoding, how it is decided, a word in it.
const SAMPLES: &[(&str, &str, Decided, &str)] = &[
    ("dbf/gb2312", "gb18030", Decided::Guessed, "简体国语"),
    ("dbf/gbk", "gb18030", Decided::Guessed, "简体国语"),
    ("dbf/ldid/chinese", "gb18030", Decided::LanguageByte, "简体"),
    ("dbf/utf8", "UTF-8", Decided::ValidUtf8, "国语國語"),
    ("dbf/big5", "Big5", Decided::Guessed, "繁體國語"),
    ("dbf/cpg/big5", "Big5", Decided::Cpg, "國語"),
    ("dbf/cpg/euckr", "EUC-KR", Decided::Cpg, "한국말"),
    ("dbf/cpg/koi8r", "KOI8-R", Decided::Cpg, "русский"),
    ("dbf/cpg/latin2", "ISO-8859-2", Decided::Cpg, "čeština"),
    ("dbf/cpg/shiftjis", "Shift_JIS", Decided::Cpg, "カタカナ"),
    ("dbf/cpg/win1251", "windows-1251", Decided::Cpg, "РУССКИЙ"),
    ("dbf/cpg/win874", "windows-874", Decided::Cpg, "ภ"),
    ("dbf/cpg/utf16", "UTF-16LE", Decided::Cpg, ""),
    ("dbf/eucjp", "EUC-JP", Decided::Guessed, "ひたちなか市"),
    ("dbf/shiftjis", "Shift_JIS", Decided::Guessed, "ひたちなか市"),
    ("dbf/latin1", "windows-1252", Decided::Guessed, "México"),
    ("dbf/ne_10m_time_zones", "windows-1252", Decided::Guessed, "UTC±00:00"),
    ("dbf/periphereies", "windows-1253", Decided::Guessed, "ΚΕΝΤΡΙΚΗΣ"),
    ("shapefile/geo_lines", "windows-1252", Decided::Guessed, "23.4° S"),
    ("shapefile/latin1-property", "windows-1252", Decided::Guessed, "México"),
];

//! Spoiled copies of every file of rules that ships, found by walking the packs: each kind of spoiling must give its named fault in its line.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    fault::{Checked, Fault, line_of},
    pack::{PackText, embedded},
    vocabulary::Scope,
    *,
};

/// In the place of a line: the fault may be told in any.
const ANYWHERE: usize = 0;

/// A spoiled text, with the codes of the faults of which one must be told, and its line.
struct Spoiled {
    what: String,
    text: String,
    codes: &'static [&'static str],
    line: usize,
}

/// A value without values below it.
struct Leaf {
    key: String,
    span: Range<usize>,
    value: String,
    kind: Type,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Number,
    Flag,
    Day,
}

/// A file of rules with the places of its parts.
struct Shipped {
    pack: String,
    name: String,
    text: String,
    leaves: Vec<Leaf>,
    rules: Vec<(Range<usize>, Vec<Leaf>)>,
}

fn shipped() -> Vec<Shipped> {
    let mut found = Vec::new();
    for pack in embedded_packs() {
        for (name, text) in embedded(&pack).unwrap().files.into_iter().filter(|(name, _)| name != "pack.toml") {
            let table = DeTable::parse(&text).unwrap();
            let mut leaves = Vec::new();
            table.get_ref().iter().for_each(|(key, value)| gather(key.get_ref(), value, &mut leaves));
            let rules = table.get_ref().get("rule").unwrap().get_ref().as_array().unwrap();
            let rules = rules.iter().map(|rule| (rule.span(), own(rule.get_ref().as_table().unwrap()))).collect();
            found.push(Shipped { pack: pack.clone(), name, text: text.clone(), leaves, rules });
        }
    }
    assert!(found.len() > 8, "the packs are not where they were");
    found
}

fn gather(key: &str, value: &Spanned<DeValue<'_>>, leaves: &mut Vec<Leaf>) {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| gather(key, item, leaves)),
        DeValue::Table(table) => table.iter().for_each(|(key, value)| gather(key.get_ref(), value, leaves)),
        _ => leaves.extend(leaf(key, value)),
    }
}

fn leaf(key: &str, value: &Spanned<DeValue<'_>>) -> Option<Leaf> {
    let (kind, text) = match value.get_ref() {
        DeValue::String(text) => (Type::Text, text.to_string()),
        DeValue::Integer(number) => (Type::Number, number.to_string()),
        DeValue::Float(number) => (Type::Number, number.to_string()),
        DeValue::Boolean(flag) => (Type::Flag, flag.to_string()),
        DeValue::Datetime(day) => (Type::Day, day.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    Some(Leaf { key: key.to_owned(), span: value.span(), value: text, kind })
}

/// The leaves that stand directly in a rule.
fn own(rule: &DeTable<'_>) -> Vec<Leaf> {
    rule.iter().filter_map(|(key, value)| leaf(key.get_ref(), value)).collect()
}

impl Shipped {
    fn spoiled(&self, what: &str, at: Range<usize>, by: &str, codes: &'static [&'static str], line: usize) -> Spoiled {
        let mut text = self.text.clone();
        text.replace_range(at.clone(), by);
        Spoiled { what: format!("{what} at `{}`", &self.text[at]), text, codes, line }
    }

    fn line(&self, byte: usize) -> usize {
        line_of(&self.text, byte)
    }

    /// The faults of a text in the place of this file; the other files of the pack are left out.
    fn faults(&self, text: &str) -> Vec<Fault> {
        let mut pack: PackText = embedded(&self.pack).unwrap();
        pack.files.retain(|(name, _)| name == "pack.toml" || *name == self.name);
        pack.cases.clear();
        pack.files.iter_mut().filter(|(name, _)| *name == self.name).for_each(|(_, own)| text.clone_into(own));
        pack.compile().1
    }

    fn hold(&self, spoiled: &[Spoiled]) {
        for Spoiled { what, text, codes, line } in spoiled {
            let faults = self.faults(text);
            let is_told = |fault: &Fault| {
                (fault.line == *line || *line == ANYWHERE) && (codes.is_empty() || codes.contains(&fault.kind.code().as_str()))
            };
            let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.kind.code(), fault)).collect();
            assert!(faults.iter().any(is_told), "{}/{}: {what}: wanted {codes:?} in line {line}, told {told:#?}", self.pack, self.name);
        }
    }
}

#[test]
fn the_files_as_they_ship_have_no_fault() {
    for file in shipped() {
        assert_eq!(file.faults(&file.text), [], "{}/{}", file.pack, file.name);
    }
}

#[test]
fn keys_ids_dates_and_citations() {
    for file in shipped() {
        let mut spoiled = Vec::new();
        for (span, leaves) in &file.rules {
            let leaf = |key: &str| leaves.iter().find(|leaf| leaf.key == key);
            let (id, from) = (leaf("id").unwrap(), leaf("valid_from").unwrap());
            let after = |leaf: &Leaf| leaf.span.end..leaf.span.end;
            spoiled.push(file.spoiled("an unknown key", after(id), "\nzz_unknown = 1", &["unknown_key"], file.line(id.span.start) + 1));
            spoiled.push(file.spoiled("an id with spaces", id.span.clone(), "\"The rule\"", &["bad_id"], file.line(id.span.start)));
            for key in ["id", "name", "name_zh", "valid_from", "verified"] {
                let start = file.text[..leaf(key).unwrap().span.start].rfind('\n').map_or(0, |end| end + 1);
                spoiled.push(file.spoiled("a missing key", start..start, "# ", &["missing_key"], file.line(span.start)));
            }
            spoiled.push(match leaf("valid_to") {
                Some(to) => file.spoiled("dates turned round", to.span.clone(), "1900-01-01", &["dates"], file.line(id.span.start)),
                None => file.spoiled("dates turned round", after(from), "\nvalid_to = 1900-01-01", &["dates"], file.line(id.span.start)),
            });
        }
        for leaf in file.leaves.iter().filter(|leaf| ["document", "article"].contains(&leaf.key.as_str()) && leaf.kind == Type::Text) {
            spoiled.push(file.spoiled("an empty citation", leaf.span.clone(), "\" \"", &["no_citation"], file.line(leaf.span.start)));
        }
        file.hold(&spoiled);
    }
}

#[test]
fn an_id_that_stands_twice() {
    for file in shipped() {
        let (_, leaves) = &file.rules[0];
        let id = leaves.iter().find(|leaf| leaf.key == "id").unwrap();
        let line = file.text.matches('\n').count() + 1 + file.line(id.span.start);
        let text = format!("{}\n{}", file.text, file.text);
        file.hold(&[Spoiled { what: "a rule twice".into(), text, codes: &["duplicate_id"], line }]);
    }
}

#[test]
fn values_of_another_type() {
    for file in shipped() {
        let wrong = |leaf: &Leaf| if leaf.kind == Type::Day { "\"yesterday\"" } else { "1999-01-01T00:00:00" };
        let spoil =
            |leaf: &Leaf| file.spoiled("another type", leaf.span.clone(), wrong(leaf), &["wrong_type", "toml"], file.line(leaf.span.start));
        file.hold(&file.leaves.iter().map(spoil).collect::<Vec<_>>());
    }
}

#[test]
fn shares_above_1_and_cuts_that_do_not_reach_it() {
    for file in shipped() {
        let is_share = |leaf: &&Leaf| {
            let is_named =
                ["up_to", "inside_min"].contains(&leaf.key.as_str()) || leaf.key.split('_').any(|word| ["share", "ratio"].contains(&word));
            leaf.kind == Type::Number && is_named && leaf.value.parse::<f64>().is_ok_and(|x| x > 0.0 && x <= 1.0)
        };
        let spoil = |leaf: &Leaf| {
            // A parameter is told where a condition compares a share with it.
            let named = file.text.contains(&format!(":{}", leaf.key));
            let (codes, line): (&'static [&'static str], usize) =
                if named { (&["unit_mismatch"], ANYWHERE) } else { (&["out_of_range"], file.line(leaf.span.start)) };
            file.spoiled("a share of 1.75", leaf.span.clone(), "1.75", codes, line)
        };
        file.hold(&file.leaves.iter().filter(is_share).map(spoil).collect::<Vec<_>>());
        for leaf in file.leaves.iter().filter(|leaf| leaf.key == "up_to" && leaf.value.parse() == Ok(1.0_f64)) {
            let spoiled = file.spoiled("cuts to 0.999", leaf.span.clone(), "0.999", &[], ANYWHERE);
            assert!(file.faults(&spoiled.text).iter().any(|fault| fault.kind == FaultKind::CutsOrder), "{}/{}", file.pack, file.name);
        }
    }
}

/// Whether a text of a file is a condition: it compiles as one and compares something.
fn is_condition(leaf: &Leaf) -> bool {
    let mut file = Checked::new("test", &leaf.value);
    let text = Spanned::new(0..leaf.value.len(), leaf.value.clone());
    leaf.kind == Type::Text && leaf.value.contains(' ') && Condition::compile(&text, Scope::Tools, &mut file).is_some()
}

#[test]
fn conditions_with_unknown_columns_functions_and_queries() {
    let mut conditions = 0;
    for file in shipped() {
        let mut spoiled = Vec::new();
        for leaf in file.leaves.iter().filter(|leaf| is_condition(leaf) && leaf.key != "unverified") {
            conditions += 1;
            let raw = &file.text[leaf.span.clone()];
            let end =
                leaf.span.end - (raw.len() - raw.trim_end_matches(['"', '\'']).len()).min(if raw.starts_with("\"\"\"") { 3 } else { 1 });
            // A condition with a name is told where a route uses it.
            let entry = file.text[..leaf.span.start].rfind("[[rule.").map_or("", |at| &file.text[at..]);
            let line = if entry.starts_with("[[rule.terms]]") { ANYWHERE } else { file.line(end) };
            for (what, by, codes) in [
                ("an unknown column", " OR zz_unknown > 1", &["unknown_column"][..]),
                ("an unknown function", " OR median(far) > 1", &["refused"]),
                ("a query", " OR far IN (SELECT far FROM parcels)", &["refused"]),
                // Beside an upper bound of its own the condition can also never be true.
                ("a number in another unit", " AND area_mu > 2000000", &["unit_mismatch", "never_true"]),
                ("a contradiction", " AND area_mu > 9 AND area_mu < 1", &["never_true"]),
            ] {
                spoiled.push(file.spoiled(what, end..end, by, codes, line));
            }
        }
        file.hold(&spoiled);
    }
    assert!(conditions > 20, "{conditions} conditions were found");
}

#[test]
fn bytes_that_are_no_text_and_a_byte_order_mark() {
    for file in shipped() {
        let mut pack = embedded(&file.pack).unwrap();
        pack.files.retain(|(name, _)| name == "pack.toml");
        let decode = |bytes: Vec<u8>| {
            let mut files: Vec<(String, Vec<u8>)> =
                pack.files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
            files.push((file.name.clone(), bytes));
            PackText::decode(&file.pack, files, Vec::new()).compile().1
        };
        let at = file.rules[0].0.start;
        let latin_1 = [file.text.as_bytes().split_at(at).0, b"\n# caf\xe9\n", file.text.as_bytes().split_at(at).1].concat();
        let faults = decode(latin_1);
        assert_eq!(faults.iter().map(|f| (f.kind.code(), f.line)).collect::<Vec<_>>(), [("not_utf8".to_owned(), file.line(at) + 1)]);
        let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(file.text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(utf_16).iter().map(|f| (f.kind.code(), f.line)).collect::<Vec<_>>(), [("not_utf8".to_owned(), 1)]);
        assert_eq!(decode([b"\xef\xbb\xbf", file.text.as_bytes()].concat()), []);
    }
}

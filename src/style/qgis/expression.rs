//! Expressions of QGIS: names, texts, and which features are of a class.

use super::super::classes::Members;

/// A name.
pub fn column(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// What holds of the features of a class by the column `name`; none where all are of it.
pub fn filter(name: &str, members: &Members) -> Option<String> {
    let column = column(name);
    match members {
        Members::All => None,
        Members::Code(code) => Some(format!("{column} = {}", literal(code))),
        Members::Between(from, to) => {
            let bounds = [from.map(|from| format!("{column} >= {from}")), to.map(|to| format!("{column} < {to}"))];
            Some(bounds.into_iter().flatten().collect::<Vec<_>>().join(" AND "))
        }
        Members::Missing => Some(format!("{column} IS NULL")),
        Members::Rest => Some("ELSE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_by_the_column() {
        let check = |members, expected: Option<&str>| assert_eq!(filter("ki\"nd", &members).as_deref(), expected);
        check(Members::All, None);
        check(Members::Code("it's".into()), Some("\"ki\"\"nd\" = 'it''s'"));
        check(Members::Between(Some(0.3), Some(0.6)), Some("\"ki\"\"nd\" >= 0.3 AND \"ki\"\"nd\" < 0.6"));
        check(Members::Between(None, Some(0.3)), Some("\"ki\"\"nd\" < 0.3"));
        check(Members::Between(Some(2.0), None), Some("\"ki\"\"nd\" >= 2"));
        check(Members::Missing, Some("\"ki\"\"nd\" IS NULL"));
        check(Members::Rest, Some("ELSE"));
    }
}

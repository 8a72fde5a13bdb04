//! The published cases, verdicts at their limits, and faults with their places.

use super::*;

const CASES: &str = include_str!("../../data/audit/cases-2025.toml");

fn one(check: &str) -> Audited {
    let text = format!("title = \"t\"\n[[case]]\nid = \"p\"\nname = \"n\"\n[[case.check]]\nid = \"c\"\nwhat = \"w\"\n{check}\n");
    let mut audited = audit("t.toml", &text).unwrap_or_else(|faults| panic!("{faults:?}"));
    audited.remove(0)
}

#[test]
fn the_published_cases_come_out_as_stated() {
    let audited = audit("cases-2025.toml", CASES)
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    let unexpected: Vec<String> = audited.iter().flat_map(|a| a.unexpected.iter().map(move |what| format!("{}: {what}", a.id))).collect();
    assert_eq!(unexpected, Vec::<String>::new());
    let cases: std::collections::BTreeSet<&str> = audited.iter().map(|a| a.case.as_str()).collect();
    assert_eq!(cases.len(), 18);
    let of = |verdict: Verdict| audited.iter().filter(|a| a.verdict == verdict).map(|a| a.id.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Verdict::Base), ["C10.3"]);
    assert_eq!(of(Verdict::Loosely), ["C01.5", "C04.3", "C10.5", "C11.2-tax"]);
    assert!(["C01.2", "C02.1", "C05.1", "C09.1", "C12.1", "C15.2", "C16.2", "C17.2"].iter().all(|id| of(Verdict::No).contains(id)));
}

#[test]
fn a_changed_figure_changes_the_verdict() {
    let changed = CASES.replacen("floor = \"4.78万平方米\"", "floor = \"4.98万平方米\"", 1);
    let audited = audit("cases-2025.toml", &changed).unwrap();
    let first = audited.iter().find(|a| a.id == "C01.1").unwrap();
    assert_eq!(first.unexpected[0], "the verdict is NO, expected OK");
}

#[test]
fn verdicts_at_their_limits() {
    let check = |figures: &str, formula: &str, published: &str, verdict: Verdict| {
        let made = one(&format!("figures = {{ {figures} }}\nformula = \"{formula}\"\npublished = \"{published}\""));
        assert_eq!(made.verdict, verdict, "{figures} {published}: {:?}", made.results);
    };
    // 10 ± 0.5 over 4 is 2.375 to 2.625; 2.3 ± 0.05 and 2.7 ± 0.05 reach 2.35 and 2.65.
    check("a = \"10 m2\", b = \"4 count\"", "a / b", "2.4 m2", Verdict::Ok);
    check("a = \"10 m2\", b = \"4 count\"", "a / b", "2.6 m2", Verdict::Ok);
    check("a = \"10 m2\", b = \"4 count\"", "a / b", "2.7 m2", Verdict::No);
    check("a = \"10 m2\", b = \"4 count\"", "a / b", "2.3 m2", Verdict::No);
    check("a = \"about 10 m2\", b = \"4 count\"", "a / b", "2.6 m2", Verdict::Loosely);
    check("a = \"10 m2\", b = [\"5 count\", \"4 count\"]", "a / b", "2.5 m2", Verdict::Base);
    check("a = \"10 count\"", "a", ">= 10 count", Verdict::Ok);
    check("a = \"10 count\"", "a", ">= 11 count", Verdict::No);
    check("a = \"10 count\"", "a", "<= 9 count", Verdict::No);
}

#[test]
fn a_project_needs_no_formula() {
    let text = "title = 't'\n[[case]]\nid = 'p'\nname = 'n'\nland = '165 mu'\n[case.before]\nfloor = '9 wan m2'\nfar = '0.82'\n[case.after]\nfloor = '36 wan m2'\n\
                far = '3.00'\ntax = '1650 wan'\nfootprint = '5.5 wan m2'\nbuilding_density = '50%'\n";
    let audited = audit("p.toml", text).unwrap();
    let said: Vec<_> = audited.iter().map(|a| (a.id.as_str(), a.verdict.as_str(), format!("{:.2}", a.results[0].interval.value))).collect();
    let expected = [
        ("p.before.far", "OK", "0.82"),
        ("p.after.far", "NO", "3.27"),
        ("p.after.building_density", "OK", "50.00"),
        ("p.after.tax_per_mu", "n/a", "10.00"),
    ];
    assert_eq!(said, expected.map(|(id, verdict, value)| (id, verdict, value.to_owned())));
}

#[test]
fn every_fault_has_its_place() {
    let text = "title = 't'\n[[case]]\nid = 'p'\nname = 'n'\nfigures = { a = '3 0 mu', b = '2 miles', c = '1 mu', d = '1 yuan' }\n[[case.check]]\nid = 'x'\nwhat = 'w'\n\
                formula = 'a + b'\n[[case.check]]\nid = 'y'\nwhat = 'w'\nformula = 'c + d'\nunit = 'mu'\n[[case.check]]\nid = 'z'\nwhat = 'w'\nformula = 'sum(c)'\n[[case.check]]\n\
                id = 'u'\nwhat = 'w'\nformula = 'e / c'\npublishd = '1'\n[[case.check]]\nid = 'v'\nwhat = 'w'\nformula = 'c / c'\nunit = 'mu'\n";
    let faults = audit("p.toml", text).unwrap_err();
    assert_eq!(faults.iter().map(|f| (f.line, f.kind.code())).collect::<Vec<_>>(), [(23, "unknown_key".to_owned())]);
    let faults = audit("p.toml", &text.replace("publishd = '1'\n", "")).unwrap_err();
    let told: Vec<_> = faults.iter().map(|f| format!("{}: {}", f.line, f.kind)).collect();
    let starts = [
        "5: `3 0 mu` has a space",
        "5: `miles` is no unit",
        "13: `col(\"c\")` and",
        "18: `sum` is not allowed",
        "22: the formula names `e`",
        "26: the result of `c / c` is not measured in `mu`",
    ];
    assert_eq!(told.len(), starts.len(), "{told:?}");
    assert!(told.iter().zip(starts).all(|(told, start)| told.starts_with(start)), "{told:?}");
}

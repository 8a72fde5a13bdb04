//! What QGIS is given, looked at without QGIS; `tests/qgis` opens it there.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::model::columns::INVENTORY;
use crate::model::{Coord, Ellipsoid};

fn crs() -> Crs {
    Crs {
        name: "EPSG:4528".into(),
        epsg: Some(4528),
        wkt: "PROJCRS[\"CGCS2000\"]".into(),
        projjson: String::new(),
        geographic: String::new(),
        ellipsoid: Ellipsoid { semi_major_m: 6_378_137.0, inverse_flattening: 298.257_222_101 },
        transverse_mercator: None,
    }
}

/// Asks for what is made of a job with a nasty name and a nasty zone kind.
fn with_map<T>(lang: Lang, ask: impl FnOnce(&Map<'_>) -> T) -> T {
    let kinds = ["industrial_block".to_owned(), "it's <\"&\">".to_owned()];
    let zones = kinds.iter().flat_map(|kind| [format!("zone_{kind}"), format!("share_{kind}")]);
    let columns: Vec<String> = INVENTORY.iter().map(|column| column.name.to_owned()).chain(zones).collect();
    let crs = crs();
    let extent = Rect { min: Coord::new(0.0, 0.0), max: Coord::new(2000.0, 1000.0) };
    let as_of = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
    ask(&Map { lang, job: "a <job> [% now() %]", as_of, crs: &crs, extent, columns: &columns, kinds: &kinds })
}

/// Every element with its attributes; fails where the text is no XML.
fn elements(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) => {
                let attribute = |a: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
                    let a = a.unwrap();
                    let value = quick_xml::escape::unescape(&a.value).unwrap().into_owned();
                    (a.key.as_ref().to_owned(), value)
                };
                found.push((start.name().as_ref().to_owned(), start.attributes().map(attribute).collect()));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn all(text: &str, element: &str, attribute: &str) -> Vec<String> {
    let of = |(name, attributes): (String, Vec<(String, String)>)| {
        (name == element).then(|| attributes.into_iter().find(|(key, _)| key == attribute).map(|(_, value)| value)).flatten()
    };
    elements(text).into_iter().filter_map(of).collect()
}

#[test]
fn every_column_of_every_layer_has_an_alias_in_both_languages() {
    for lang in crate::model::lang::LANGS {
        with_map(lang, |map| {
            for layer in LAYERS {
                let qml = layer.qml(layer.styles(map).first(), map).document().unwrap();
                let columns = layer.columns(map);
                assert!(!columns.is_empty(), "{} has no column", layer.name);
                let expected: Vec<&str> = std::iter::once("fid").chain(columns.iter().map(AsRef::as_ref)).collect();
                assert_eq!(all(&qml, "alias", "field"), expected);
                let names = all(&qml, "alias", "name");
                for (column, name) in expected.iter().zip(&names).skip(1) {
                    assert!(!name.is_empty() && name != column, "{}: {column} has no alias", layer.name);
                }
                let once: BTreeSet<&String> = names.iter().collect();
                assert_eq!(once.len(), names.len(), "{}: two columns have one alias", layer.name);
            }
        });
    }
}

#[test]
fn the_grade_has_a_class_for_every_letter_and_for_none() {
    with_map(Lang::Zh, |map| {
        let qml = inventory_qml(map).unwrap();
        let filters = all(&qml, "rule", "filter");
        for letter in ["A", "B", "C", "D"] {
            assert!(filters.contains(&format!("\"grade\" = '{letter}'")), "{filters:?}");
        }
        assert!(filters.contains(&"\"grade\" IS NULL".to_owned()) && filters.contains(&"ELSE".to_owned()));
        assert!(filters.iter().any(|filter| filter.contains("\"zone_it's <\"\"&\"\">\" = 'split'")), "{filters:?}");
        assert!(filters.contains(&"\"sliver_status\" IS NOT NULL".to_owned()));
        assert!(all(&qml, "rule", "label").contains(&"D 类".to_owned()));
    });
}

#[test]
fn every_symbol_that_a_rule_names_exists() {
    with_map(Lang::En, |map| {
        for style in LAYERS.iter().flat_map(|layer| layer.styles(map)) {
            let text = renderer::renderer(&style, map).document().unwrap();
            let named: BTreeSet<String> = all(&text, "rule", "symbol").into_iter().collect();
            let made: BTreeSet<String> = all(&text, "symbol", "name").into_iter().filter(|name| !name.starts_with('@')).collect();
            assert!(!named.is_empty() && named == made, "{}: {named:?} {made:?}", style.id);
        }
    });
}

#[test]
fn a_geopackage_has_one_default_a_layer_and_no_name_twice() {
    with_map(Lang::Zh, |map| {
        let styles = layer_styles(map).unwrap();
        for layer in GEOPACKAGE_LAYERS {
            let own: Vec<&LayerStyle> = styles.iter().filter(|style| style.layer == layer).collect();
            assert_eq!(own.iter().filter(|style| style.is_default).count(), 1, "{layer}");
            let names: BTreeSet<&String> = own.iter().map(|style| &style.name).collect();
            assert_eq!(names.len(), own.len(), "{layer}");
            assert!(names.iter().any(|name| name.ends_with(" (en)")), "{layer}: {names:?}");
        }
    });
}

#[test]
fn the_project_has_every_layer_once_and_a_layout_a_theme() {
    with_map(Lang::En, |map| {
        let text = project(map).unwrap();
        let themes = all(&text, "visibility-preset", "name");
        assert_eq!(all(&text, "Layout", "name"), themes);
        assert!(
            ["Grade", "Plot ratio", "Building density", "Low efficiency", "Slivers", "Findings"]
                .iter()
                .all(|t| themes.contains(&(*t).to_owned()))
        );
        let once: BTreeSet<&String> = themes.iter().collect();
        assert_eq!(once.len(), themes.len());
        let ids: Vec<String> = text.split("<id>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
        assert_eq!(ids, LAYERS.iter().map(Layer::id).collect::<Vec<_>>());
        // What a job is called is no expression.
        assert!(all(&text, "LayoutItem", "labelText").iter().all(|label| !label.contains("[%")));
        let styles: BTreeSet<String> = all(&text, "map-layer-style", "name").into_iter().collect();
        let preset_styles = all(&text, "layer", "style");
        assert!(!preset_styles.is_empty() && preset_styles.iter().all(|style| styles.contains(style)), "{preset_styles:?} {styles:?}");
    });
}

#[test]
fn map_tips_keep_names_text() {
    with_map(Lang::En, |map| {
        let qml = inventory_qml(map).unwrap();
        let tip = qml.split("<mapTip>").nth(1).unwrap().split("</mapTip>").next().unwrap();
        for column in
            ["grade", "far", "building_density", "tax_per_mu_wan", "grade_reason", "low_efficiency_reason", "zone_industrial_block"]
        {
            assert!(tip.contains("replace(replace(replace(") && tip.contains(column), "{column}");
        }
    });
}

//! The themes of the map: the styles of parcels that QGIS draws by as well, from the one description of `style`.

use serde_json::{Map, Value, json};

use crate::model::lang::LANGS;
use crate::style::{Class, Draw, Drawn, Members, Words, of_layer};

/// Every style of parcels that colours them by a column, for the zone kinds of the job.
pub fn all(zone_kinds: &[String]) -> Vec<Value> {
    let [zh, en] = LANGS.map(|lang| of_layer("inventory", "inventory", Words { lang, kinds: zone_kinds }));
    let coloured = zh.iter().zip(&en).filter(|(style, _)| style.draw == Draw::Fill);
    coloured.filter_map(|(zh, en)| theme(zh, en)).collect()
}

/// A style in both languages; none where all parcels look alike.
fn theme(zh: &Drawn, en: &Drawn) -> Option<Value> {
    let column = zh.column.as_ref()?;
    let classes: Vec<Value> = zh.classes.iter().zip(&en.classes).map(|(zh, en)| class(zh, en)).collect();
    Some(json!({ "id": zh.id, "column": column, "title": [zh.title, en.title], "classes": classes }))
}

fn class(zh: &Class, en: &Class) -> Value {
    let mut class = Map::new();
    class.insert("title".to_owned(), json!([zh.title, en.title]));
    class.insert("colour".to_owned(), json!(zh.colour));
    class.extend(members(&zh.members));
    class.into()
}

/// How the page tells the parcels of a class.
fn members(members: &Members) -> Map<String, Value> {
    let entry = |key: &str, value: Value| (key.to_owned(), value);
    match members {
        Members::Code(code) => Map::from_iter([entry("code", json!(code))]),
        Members::Between(from, to) => {
            [("from", from), ("to", to)].into_iter().filter_map(|(key, limit)| Some(entry(key, json!((*limit)?)))).collect()
        }
        Members::Missing => Map::from_iter([entry("missing", json!(true))]),
        Members::All | Members::Rest => Map::from_iter([entry("rest", json!(true))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_are_those_of_the_maps_in_qgis() {
        let kinds = ["industrial_block".to_owned()];
        let themes = all(&kinds);
        let theme = |id: &str| themes.iter().find(|theme| theme["id"] == id).unwrap();
        assert_eq!(theme("zone_industrial_block")["column"], "zone_industrial_block");
        let unknown = json!({ "title": ["未知", "unknown"], "colour": "#d9d9d9", "rest": true });
        assert!(theme("zone_industrial_block")["classes"].as_array().unwrap().contains(&unknown), "{}", theme("zone_industrial_block"));
        let first = json!({ "title": ["< 0.3", "< 0.3"], "colour": "#ffffcc", "to": 0.3 });
        assert_eq!(theme("far")["classes"][0], first);
        assert_eq!(theme("far")["classes"][1]["from"], 0.3);
        let styles = of_layer("inventory", "inventory", Words { lang: LANGS[1], kinds: &kinds });
        assert_eq!(themes.len(), styles.len());
        for (theme, style) in themes.iter().zip(&styles) {
            assert_eq!(theme["classes"].as_array().unwrap().len(), style.classes.len(), "{}", style.id);
            // The page puts every parcel into a class.
            assert!(style.classes.iter().any(|class| matches!(class.members, Members::Missing | Members::Rest)), "{}", style.id);
        }
    }
}

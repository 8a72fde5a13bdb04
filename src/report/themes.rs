//! The themes of the map: the styles of parcels in `data/styles/map.toml`, which QGIS draws by as well.

use serde_json::{Value, json};

use crate::model::lang::{self, LANGS, Lang};

const STYLES: &str = include_str!("../../data/styles/map.toml");
/// What stands for the name of a zone kind.
const KIND: &str = "<kind>";

/// Every style of parcels that colours them by a column, for the zone kinds of the job.
pub fn all(zone_kinds: &[String]) -> Vec<Value> {
    let file: toml::Table = STYLES.parse().unwrap_or_default();
    let styles = file.get("style").and_then(toml::Value::as_array).into_iter().flatten();
    let of_parcels = styles.filter(|style| text(style, "layer") == Some("inventory") && text(style, "draw") == Some("fill"));
    of_parcels.flat_map(|style| expanded(style, zone_kinds)).collect()
}

fn text<'s>(style: &'s toml::Value, key: &str) -> Option<&'s str> {
    style.get(key)?.as_str()
}

/// A style, once for each zone kind where it is of zones.
fn expanded(style: &toml::Value, zone_kinds: &[String]) -> Vec<Value> {
    let column = text(style, "column").unwrap_or_default();
    if column.contains(KIND) {
        zone_kinds.iter().filter_map(|kind| theme(style, &column.replace(KIND, kind))).collect()
    } else {
        theme(style, column).into_iter().collect()
    }
}

fn theme(style: &toml::Value, column: &str) -> Option<Value> {
    let mut theme = serde_json::to_value(style).ok()?;
    let title = text(style, "title");
    let titles = LANGS.map(|lang| title.map_or_else(|| lang::name(lang, "inventory", column), |key| titled(lang, key).into()));
    let missing = style.get("null").and_then(|null| text(null, "title")).map(|key| LANGS.map(|lang| titled(lang, key)));
    let own = theme.as_object_mut()?;
    own.insert("id".to_owned(), json!(text(style, "id")?.replace("zone_<kind>", column)));
    own.insert("column".to_owned(), json!(column));
    own.insert("title".to_owned(), json!(titles));
    own.get_mut("null")?.as_object_mut()?.insert("title".to_owned(), json!(missing));
    Some(theme)
}

/// The words of a key of the file.
fn titled(lang: Lang, key: &str) -> String {
    let (file, name) = key.split_once(':').unwrap_or_default();
    lang::texts(lang, file).find(|(known, _)| *known == name).map_or(name, |(_, word)| word).to_owned()
}

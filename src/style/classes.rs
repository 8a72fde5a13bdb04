//! The classes of a style: which features have which colour, and what the legend says of them.

use super::look::{Draw, LOOK, Mark, Show, Style};
use crate::model::lang::{self, Lang};

/// A style with its classes, of one zone kind where it is about one.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The name in files: `grade`, `zone_industrial_block`.
    pub id: String,
    /// The name for people.
    pub title: String,
    /// What the legend says above the classes; empty where all features look alike.
    pub heading: String,
    /// The column that decides the class; none where all features look alike.
    pub column: Option<String>,
    /// What is drawn of a feature.
    pub draw: Draw,
    /// The classes, in the order of the legend.
    pub classes: Vec<Class>,
    /// What is drawn over them.
    pub marks: &'static [Mark],
}

/// Features that look alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// What the legend says.
    pub title: String,
    /// The colour, `#rrggbb`.
    pub colour: &'static str,
    /// Which features.
    pub members: Members,
}

/// The features of a class, by the value that the style's column has.
#[derive(Clone, Debug, PartialEq)]
pub enum Members {
    /// All.
    All,
    /// Those with this code.
    Code(String),
    /// Those with a number from one limit, inclusive, up to the next, exclusive.
    Between(Option<f64>, Option<f64>),
    /// Those without a value.
    Missing,
    /// Those of no other class.
    Rest,
}

/// What styles are made for.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The language of titles.
    pub lang: Lang,
    /// The zone kinds of the job, in order.
    pub kinds: &'a [String],
}

/// The styles of a layer, whose columns have the words of `table`; the default first.
#[must_use]
pub fn of_layer(layer: &str, table: &str, words: Words<'_>) -> Vec<Drawn> {
    let own = LOOK.styles.iter().filter(|style| style.layer == layer);
    own.flat_map(|style| kinds_of(&style.id, words.kinds).into_iter().map(move |kind| drawn(style, table, kind, words))).collect()
}

/// The layers of each theme from top to bottom, each with the id of a style or none for its default.
pub fn themes(kinds: &[String]) -> Vec<Vec<(String, Option<String>)>> {
    let part = |layer: &String, kind: Option<&str>| match layer.split_once('.') {
        Some((layer, style)) => (layer.to_owned(), Some(filled(style, kind))),
        None => (layer.clone(), None),
    };
    let all = LOOK.themes.iter().flat_map(|theme| kinds_of(&theme.layers.concat(), kinds).into_iter().map(move |kind| (theme, kind)));
    all.map(|(theme, kind)| theme.layers.iter().map(|layer| part(layer, kind)).collect()).collect()
}

const KIND: &str = "<kind>";

fn kinds_of<'k>(pattern: &str, kinds: &'k [String]) -> Vec<Option<&'k str>> {
    if pattern.contains(KIND) { kinds.iter().map(|kind| Some(kind.as_str())).collect() } else { vec![None] }
}

fn filled(pattern: &str, kind: Option<&str>) -> String {
    kind.map_or_else(|| pattern.to_owned(), |kind| pattern.replace(KIND, kind))
}

fn drawn(style: &'static Style, table: &str, kind: Option<&str>, words: Words<'_>) -> Drawn {
    let name = style.column.as_deref().map(|column| filled(column, kind));
    let named = |column: &String| lang::name(words.lang, table, column).into_owned();
    let own = style.title.as_deref().map(|key| lang::text(words.lang, key).to_owned());
    let only = style.only.as_ref().and(kind);
    let title = match (own, only) {
        (Some(own), Some(kind)) => format!("{own}: {}", lang::value(words.lang, table, "kind", kind).unwrap_or(kind)),
        (Some(own), None) => own,
        (None, _) => name.as_ref().map(named).unwrap_or_default(),
    };
    let classes = match &name {
        None => style.look.iter().map(|colour| Class { title: title.clone(), colour, members: Members::All }).collect(),
        Some(_) if !style.palette.is_empty() => palette(style, table, only, words),
        Some(name) if style.limits.is_empty() => codes(style, table, name, words.lang),
        Some(_) => numbers(style, words.lang),
    };
    let heading = name.as_ref().map(|name| lang::label(words.lang, table, name).into_owned()).unwrap_or_default();
    Drawn { id: filled(&style.id, kind), title, heading, column: name, draw: style.draw, classes, marks: &style.marks }
}

fn codes(style: &'static Style, table: &str, name: &str, language: Lang) -> Vec<Class> {
    let class = |(code, colour): (&'static String, &'static toml::Value)| {
        let title = lang::value(language, table, name, code).unwrap_or(code).to_owned();
        let members = if style.rest.as_ref() == Some(code) { Members::Rest } else { Members::Code(code.clone()) };
        Some(Class { title, colour: colour.as_str()?, members })
    };
    let mut classes: Vec<Class> = style.codes.iter().filter_map(class).collect();
    let other = style.other.as_deref().map(|colour| (colour, lang::text(language, "map:other")));
    classes.extend(unknown(style, language));
    classes.extend(other.map(|(colour, title)| Class { title: title.to_owned(), colour, members: Members::Rest }));
    classes
}

fn palette(style: &'static Style, table: &str, only: Option<&str>, words: Words<'_>) -> Vec<Class> {
    let coloured = words.kinds.iter().zip(style.palette.iter().cycle());
    let shown = coloured.filter(|(kind, _)| only.is_none_or(|only| only == *kind));
    let class = |(kind, colour): (&String, &'static String)| Class {
        title: lang::value(words.lang, table, "kind", kind).unwrap_or(kind).to_owned(),
        colour,
        members: Members::Code(kind.clone()),
    };
    shown.map(class).collect()
}

fn numbers(style: &'static Style, language: Lang) -> Vec<Class> {
    let begins = std::iter::once(None).chain(style.limits.iter().copied().map(Some));
    let ends = style.limits.iter().copied().map(Some).chain(std::iter::once(None));
    let class = |((from, to), colour): ((Option<f64>, Option<f64>), &'static String)| Class {
        title: interval(from, to, style.show),
        colour,
        members: Members::Between(from, to),
    };
    begins.zip(ends).zip(&style.colours).map(class).chain(unknown(style, language)).collect()
}

fn unknown(style: &'static Style, language: Lang) -> Option<Class> {
    let null = style.null.as_ref()?;
    Some(Class { title: lang::text(language, &null.title).to_owned(), colour: &null.colour, members: Members::Missing })
}

/// An interval that holds its begin and not its end.
fn interval(from: Option<f64>, to: Option<f64>, show: Show) -> String {
    const PER_CENT: f64 = 100.0;
    let last = |to: f64| if show == Show::Count { to - 1.0 } else { to };
    let number = |n: f64| match show {
        Show::Percent => format!("{} %", (n * PER_CENT * 10.0).round() / 10.0),
        Show::Number | Show::Count => n.to_string(),
    };
    match (from.or((show == Show::Count).then_some(0.0)), to) {
        (Some(from), Some(to)) if show == Show::Count && last(to) <= from => number(from),
        (Some(from), Some(to)) => format!("{} – {}", number(from), number(last(to))),
        (Some(from), None) => format!("≥ {}", number(from)),
        (None, Some(to)) => format!("< {}", number(to)),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn words(kinds: &[String]) -> Words<'_> {
        Words { lang: Lang::En, kinds }
    }

    fn table_of(layer: &str) -> &str {
        match layer {
            "corners" => "coverage",
            "zones" => "zone_areas",
            "projects" => "project_areas",
            other => other,
        }
    }

    #[test]
    fn intervals_say_what_is_in_them() {
        let check = |from, to, show, expected: &str| assert_eq!(interval(from, to, show), expected);
        check(None, Some(0.3), Show::Number, "< 0.3");
        check(Some(0.3), Some(0.6), Show::Number, "0.3 – 0.6");
        check(Some(0.35), None, Show::Percent, "≥ 35 %");
        check(None, Some(1.0), Show::Count, "0");
        check(Some(1.0), Some(2.0), Show::Count, "1");
        check(Some(2.0), Some(4.0), Show::Count, "2 – 3");
    }

    #[test]
    fn every_code_of_a_style_is_one_of_its_column() {
        for style in &LOOK.styles {
            let table = table_of(&style.layer);
            let column = style.column.as_deref().unwrap_or_default().replace(KIND, "industrial_block");
            let known: BTreeSet<&str> = lang::codes(table, &column).collect();
            let unknown: Vec<&String> = style.codes.keys().filter(|code| !known.contains(code.as_str())).collect();
            assert!(unknown.is_empty(), "{}: {unknown:?} is none of {known:?}", style.id);
            // What no class takes would be missing on the map.
            let all_named = known.iter().all(|code| style.codes.contains_key(*code));
            let complete = all_named || style.other.is_some() || !style.limits.is_empty() || !style.palette.is_empty();
            assert!(style.column.is_none() || complete, "{}: a code has no colour", style.id);
        }
    }

    #[test]
    fn classes_of_numbers_have_one_colour_each_and_rise() {
        for style in LOOK.styles.iter().filter(|style| !style.limits.is_empty()) {
            assert_eq!(style.colours.len(), style.limits.len() + 1, "{}", style.id);
            assert!(style.limits.is_sorted_by(|a, b| a < b), "{}", style.id);
        }
    }

    #[test]
    fn themes_show_styles_that_exist() {
        let kinds = ["industrial_block".to_owned(), "it's".to_owned()];
        let themes = themes(&kinds);
        assert_eq!(themes.len(), LOOK.themes.len() + 1);
        for (layer, style) in themes.iter().flatten() {
            let styles = of_layer(layer, table_of(layer), words(&kinds));
            assert!(!styles.is_empty(), "{layer} has no style");
            assert!(style.as_ref().is_none_or(|id| styles.iter().any(|style| style.id == *id)), "{layer}: no style {style:?}");
        }
    }

    #[test]
    fn a_kind_has_a_style_of_its_own() {
        let kinds = ["it's".to_owned()];
        let styles = of_layer("zones", "zone_areas", words(&kinds));
        assert_eq!(styles.iter().map(|style| style.id.as_str()).collect::<Vec<_>>(), ["zones", "zones_it's"]);
        assert_eq!(styles[1].classes[0].members, Members::Code("it's".into()));
    }
}

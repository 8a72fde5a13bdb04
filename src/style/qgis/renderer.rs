//! How QGIS draws the features of a layer: a rule for each class, and rules for what is drawn over them.

use super::super::classes::Drawn;
use super::super::look::{Draw, LOOK, Mark};
use super::super::xml::Element;
use super::expression::{column, filter, literal};
use super::{Map, symbol};
use crate::model::lang::text;
use crate::model::tables::zone_kind;

/// The renderer of a style.
pub fn renderer(style: &Drawn, map: &Map<'_>) -> Element {
    let mut rules = Vec::new();
    let mut symbols = Vec::new();
    for class in &style.classes {
        let name = symbols.len().to_string();
        let members = filter(style.column.as_deref().unwrap_or_default(), &class.members);
        rules.push(rule(&style.id, &class.title, &name, members.as_deref()));
        symbols.push(match style.draw {
            Draw::Fill => symbol::fill(&name, class.colour),
            Draw::Outline => symbol::outline(&name, class.colour),
            Draw::Point => symbol::point(&name, class.colour),
        });
    }
    if !style.heading.is_empty() {
        let group = Element::new("rule").with("key", key(&style.id, "classes")).with("label", &style.heading);
        rules = vec![group.children(rules)];
    }
    for mark in style.marks {
        let name = symbols.len().to_string();
        if let Some((members, title, drawn)) = marked(*mark, &name, map) {
            rules.push(rule(&style.id, title, &name, Some(&members)));
            symbols.push(drawn);
        }
    }
    Element::new("renderer-v2")
        .with("type", "RuleRenderer")
        .with("symbollevels", u8::from(!style.marks.is_empty()))
        .with_all(&[("enableorderby", "0"), ("forceraster", "0"), ("referencescale", "-1")])
        .child(Element::new("rules").with("key", key(&style.id, "all")).children(rules))
        .child(Element::new("symbols").children(symbols))
}

fn rule(style: &str, title: &str, symbol: &str, filter: Option<&str>) -> Element {
    let rule = Element::new("rule").with("key", key(style, symbol)).with("symbol", symbol).with("label", title);
    match filter {
        Some(filter) => rule.with("filter", filter),
        None => rule,
    }
}

/// What tells rules apart; QGIS writes random numbers here.
fn key(style: &str, rule: &str) -> String {
    format!("{{{style}-{rule}}}")
}

/// Which parcels a mark is for, its title and its symbol; none where the job has nothing to mark.
fn marked(mark: Mark, name: &str, map: &Map<'_>) -> Option<(String, &'static str, Element)> {
    match mark {
        Mark::Split => {
            let states = map.columns.iter().filter(|name| zone_kind("zone_<kind>", name).is_some());
            let split: Vec<String> = states.map(|name| format!("{} = {}", column(name), literal("split"))).collect();
            let any = (!split.is_empty()).then(|| split.join(" OR "))?;
            Some((any, text(map.lang, "map:split"), symbol::hatch(name, &LOOK.marks.split)))
        }
        Mark::Sliver => {
            let candidates = format!("{} IS NOT NULL", column("sliver_status"));
            Some((candidates, text(map.lang, "map:sliver"), symbol::outline(name, &LOOK.marks.sliver)))
        }
    }
}

//! The toolbox: policy tools as routes, each with the conditions under which a parcel could take it and everything that who decides must know.
//!
//! Conditions that several routes name are compiled and evaluated once. Nothing here applies a tool: a route is a candidate, excluded, or lacks data.
//!
//! **Invariant:** a route names at most [`MOST_CONDITIONS`] conditions, so that the answers of a parcel fit into one small number.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;
use toml::Spanned;

use super::{
    condition::Condition,
    fault::{Checked, FaultKind},
    head::{self, Origin, RuleHead, check_id, check_unique},
    raw::RawRule,
    vocabulary::Scope,
};

mod raw;

use crate::say;
pub use raw::RawToolbox;
use raw::{RawDocument, RawExclusion, RawLegal, RawNamed, RawNote, RawRoute, RawTerm, RawTool};

/// Conditions that one route may name, its notes among them.
pub const MOST_CONDITIONS: usize = 10;
/// Routes that a toolbox may have.
pub const MOST_ROUTES: usize = 128;

/// The toolbox of a job.
#[derive(Clone, Debug)]
pub struct ToolboxRules {
    /// `<pack>.toolbox.<id>`.
    pub rule_id: Arc<str>,
    /// The version of the pack.
    pub version: Arc<str>,
    /// Names, source and dates.
    pub head: RuleHead,
    /// The documents that routes rest on.
    pub documents: Vec<Arc<Document>>,
    /// Every condition that a route names, once.
    pub conditions: Vec<Condition>,
    /// The tools in their order.
    pub tools: Vec<Tool>,
    /// The routes in the order of their tools.
    pub routes: Vec<Route>,
}

/// Something with a name in two languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What the rule calls it.
    pub id: Arc<str>,
    /// Name in English.
    pub name: Arc<str>,
    /// Name in Chinese.
    pub name_zh: Arc<str>,
}

/// A document that routes rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its names.
    pub named: Named,
    /// Last day in force; none = no end is known.
    pub valid_to: Option<NaiveDate>,
}

/// A policy tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its number and names.
    pub named: Named,
    /// Its category.
    pub category: Arc<Named>,
}

/// A way in which a tool is used. Conditions are numbers in [`ToolboxRules::conditions`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its number and names.
    pub named: Named,
    /// `<pack>.toolbox.<route>`, as decisions cite it.
    pub rule_id: Arc<str>,
    /// The tool, by its place in [`ToolboxRules::tools`].
    pub tool: usize,
    /// Conditions that must all hold.
    pub all: Vec<usize>,
    /// Groups of conditions; of each group one must hold.
    pub any: Vec<Vec<usize>>,
    /// Conditions that the document does not print.
    pub unverified: Vec<usize>,
    /// What somebody must confirm.
    pub human: Vec<Note>,
    /// What it rests on.
    pub legal: Vec<Legal>,
    /// The departments that lead.
    pub lead: Vec<Arc<Named>>,
    /// The departments that take part.
    pub cooperate: Vec<Arc<Named>>,
    /// The number of steps; none = the document does not number them.
    pub steps: Option<u32>,
    /// What follows, and where it branches.
    pub outcomes: Vec<Note>,
    /// Routes that cannot be taken with this one.
    pub excludes: Vec<Exclusion>,
}

/// A note for who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// A short word for it.
    pub id: Arc<str>,
    /// The note in English.
    pub text: Arc<str>,
    /// The note in Chinese.
    pub text_zh: Arc<str>,
    /// The note is given unless this condition is false.
    pub when: Option<usize>,
}

/// Articles of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legal {
    /// The document.
    pub document: Arc<Document>,
    /// The articles or items; empty = the whole document is cited.
    pub articles: Vec<Arc<str>>,
}

/// Routes that cannot be taken with another, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The routes.
    pub routes: Vec<Arc<str>>,
    /// Why, in English.
    pub text: Arc<str>,
    /// Why, in Chinese.
    pub text_zh: Arc<str>,
}

impl Route {
    /// The conditions that decide, then those of notes; each once.
    #[must_use]
    pub fn conditions(&self) -> Vec<usize> {
        let notes = self.human.iter().chain(&self.outcomes).filter_map(|note| note.when);
        let mut seen = Vec::new();
        for condition in self.all.iter().chain(self.any.iter().flatten()).copied().chain(notes) {
            if !seen.contains(&condition) {
                seen.push(condition);
            }
        }
        seen
    }
}

impl ToolboxRules {
    /// The documents that are no longer in force on the day.
    pub fn ended(&self, day: NaiveDate) -> impl Iterator<Item = &Document> {
        self.documents.iter().map(AsRef::as_ref).filter(move |document| document.valid_to.is_some_and(|last| last < day))
    }

    pub(super) fn compile(raw: &RawToolbox, origin: &Origin, file: &mut Checked<'_>) -> Self {
        let mut head = head::compile(raw.head(), origin, file);
        let documents = documents(&raw.documents, file);
        let mut names = Names {
            departments: named(&raw.departments, file),
            categories: named(&raw.categories, file),
            documents,
            terms: &raw.terms,
            conditions: Conditions::default(),
            pack: Arc::clone(&origin.pack),
            routes: raw.tools.iter().flat_map(|tool| tool.routes.get_ref()).map(|route| route.id.get_ref().clone()).collect(),
        };
        check_terms(&raw.terms, file);
        let (mut tools, mut routes) = (Vec::new(), Vec::new());
        for tool in &raw.tools {
            names.tool(tool, &mut tools, &mut routes, file);
        }
        check_unique(raw.tools.iter().map(|tool| &tool.id), file);
        check_unique(raw.tools.iter().flat_map(|tool| tool.routes.get_ref()).map(|route| &route.id), file);
        if routes.len() > MOST_ROUTES {
            file.fault(&raw.id.span(), FaultKind::TooMany { key: "routes", most: MOST_ROUTES });
        }
        let Names { documents, conditions: Conditions { compiled, .. }, .. } = names;
        head.unverified.extend(unverified(&routes, &compiled));
        Self { rule_id: head.rule_id(), version: Arc::clone(&origin.version), head, documents, conditions: compiled, tools, routes }
    }
}

/// `idle_years >= 1 of 1-2`: the conditions of routes that the document does not print.
fn unverified<'r>(routes: &'r [Route], conditions: &'r [Condition]) -> impl Iterator<Item = Arc<str>> + 'r {
    routes.iter().flat_map(|route| {
        route
            .unverified
            .iter()
            .filter_map(|own| Some(say!("`{condition}` of {route}", condition = conditions.get(*own)?.text, route = route.named.id).into()))
    })
}

fn named(raw: &[RawNamed], file: &mut Checked<'_>) -> Vec<Arc<Named>> {
    check_unique(raw.iter().map(|raw| &raw.id), file);
    raw.iter()
        .map(|RawNamed { id, name, name_zh }| {
            check_id(id, file);
            Arc::new(Named { id: id.get_ref().as_str().into(), name: name.as_str().into(), name_zh: name_zh.as_str().into() })
        })
        .collect()
}

fn documents(raw: &[RawDocument], file: &mut Checked<'_>) -> Vec<Arc<Document>> {
    check_unique(raw.iter().map(|raw| &raw.id), file);
    raw.iter()
        .map(|RawDocument { id, name, name_zh, valid_to }| {
            check_id(id, file);
            let named = Named { id: id.get_ref().as_str().into(), name: name.as_str().into(), name_zh: name_zh.as_str().into() };
            Arc::new(Document { named, valid_to: *valid_to })
        })
        .collect()
}

fn check_terms(terms: &[RawTerm], file: &mut Checked<'_>) {
    check_unique(terms.iter().map(|term| &term.id), file);
    for term in terms {
        check_id(&term.id, file);
    }
}

/// The distinct conditions of a toolbox, by the text that the rule writes.
#[derive(Default)]
struct Conditions {
    numbers: HashMap<String, Option<usize>>,
    compiled: Vec<Condition>,
}

/// What the routes of a toolbox may name.
struct Names<'r> {
    departments: Vec<Arc<Named>>,
    categories: Vec<Arc<Named>>,
    documents: Vec<Arc<Document>>,
    terms: &'r [RawTerm],
    conditions: Conditions,
    pack: Arc<str>,
    routes: Vec<String>,
}

impl Names<'_> {
    fn tool(&mut self, raw: &RawTool, tools: &mut Vec<Tool>, routes: &mut Vec<Route>, file: &mut Checked<'_>) {
        check_id(&raw.id, file);
        let Some(category) = find("category", &raw.category, &self.categories, |named| &named.id, file) else { return };
        let named = Named { id: raw.id.get_ref().as_str().into(), name: raw.name.as_str().into(), name_zh: raw.name_zh.as_str().into() };
        if raw.routes.get_ref().is_empty() {
            file.fault(&raw.routes.span(), FaultKind::Empty { key: "routes" });
        }
        for route in raw.routes.get_ref() {
            routes.push(self.route(route, (tools.len(), &named), file));
        }
        tools.push(Tool { named, category });
    }

    fn route(&mut self, raw: &RawRoute, (tool, of): (usize, &Named), file: &mut Checked<'_>) -> Route {
        check_id(&raw.id, file);
        if raw.id.get_ref().strip_prefix(&*of.id).is_none_or(|letter| letter.len() > 1) {
            file.fault(&raw.id.span(), FaultKind::RouteId { route: raw.id.get_ref().clone(), tool: of.id.to_string() });
        }
        let named = Named {
            id: raw.id.get_ref().as_str().into(),
            name: raw.name.as_deref().map_or_else(|| Arc::clone(&of.name), Into::into),
            name_zh: raw.name_zh.as_deref().map_or_else(|| Arc::clone(&of.name_zh), Into::into),
        };
        let all = self.list(&raw.all, file);
        let any: Vec<_> = raw.any.iter().map(|group| self.list(group, file)).collect();
        if raw.all.is_empty() && raw.any.iter().all(Vec::is_empty) {
            file.fault(&raw.id.span(), FaultKind::Empty { key: "all" });
        }
        let route = Route {
            rule_id: format!("{}.toolbox.{}", self.pack, named.id).into(),
            tool,
            unverified: self.own(raw, &all, &any, file),
            human: self.notes(&raw.human, file),
            legal: self.legal(&raw.legal, file),
            lead: self.departments(&raw.lead, file),
            cooperate: self.departments(&raw.cooperate, file),
            steps: raw.steps,
            outcomes: self.notes(&raw.outcomes, file),
            excludes: raw.excludes.iter().map(|exclusion| self.exclusion(exclusion, file)).collect(),
            named,
            all,
            any,
        };
        if route.conditions().len() > MOST_CONDITIONS {
            file.fault(&raw.id.span(), FaultKind::TooMany { key: "conditions", most: MOST_CONDITIONS });
        }
        route
    }

    fn list(&mut self, texts: &[Spanned<String>], file: &mut Checked<'_>) -> Vec<usize> {
        texts.iter().filter_map(|text| self.condition(text, file)).collect()
    }

    /// The number of a condition, compiled where it stands for the first time.
    fn condition(&mut self, text: &Spanned<String>, file: &mut Checked<'_>) -> Option<usize> {
        if let Some(number) = self.conditions.numbers.get(text.get_ref()) {
            return *number;
        }
        let sql = self.expand(text, file)?;
        let known = self.conditions.compiled.iter().position(|condition| *condition.text == *sql.get_ref());
        let number = known.or_else(|| {
            self.conditions.compiled.push(Condition::compile(&sql, Scope::Tools, file)?);
            Some(self.conditions.compiled.len() - 1)
        });
        self.conditions.numbers.insert(text.get_ref().clone(), number);
        number
    }

    /// The condition with its terms in their places.
    fn expand(&self, text: &Spanned<String>, file: &mut Checked<'_>) -> Option<Spanned<String>> {
        let mut parts = text.get_ref().split('@');
        let mut sql = parts.next().unwrap_or_default().to_owned();
        let whole = sql.trim().is_empty();
        for part in parts {
            let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            let Some(term) = self.terms.iter().find(|term| term.id.get_ref() == name) else {
                let known = self.terms.iter().map(|term| term.id.get_ref().clone()).collect();
                file.fault(&text.span(), FaultKind::UnknownName { what: "term", name: name.to_owned(), known });
                return None;
            };
            let brackets = if whole && rest.trim().is_empty() { ("", "") } else { ("(", ")") };
            sql.push_str(&[brackets.0, &term.when, brackets.1, rest].concat());
        }
        Some(Spanned::new(text.span(), sql))
    }

    /// The conditions that the route marks as its own.
    fn own(&mut self, raw: &RawRoute, all: &[usize], any: &[Vec<usize>], file: &mut Checked<'_>) -> Vec<usize> {
        let mut own = Vec::new();
        for text in &raw.unverified {
            let number = self.conditions.numbers.get(text.get_ref()).copied().flatten();
            match number.filter(|number| all.contains(number) || any.iter().flatten().any(|of| of == number)) {
                Some(number) => own.push(number),
                None => {
                    let known = raw.all.iter().chain(raw.any.iter().flatten()).map(|text| text.get_ref().clone()).collect();
                    file.fault(&text.span(), FaultKind::UnknownName { what: "condition", name: text.get_ref().clone(), known });
                }
            }
        }
        own
    }

    fn notes(&mut self, raw: &[RawNote], file: &mut Checked<'_>) -> Vec<Note> {
        check_unique(raw.iter().map(|note| &note.id), file);
        let mut notes = Vec::with_capacity(raw.len());
        for RawNote { id, text, text_zh, when } in raw {
            check_id(id, file);
            let when = when.as_ref().and_then(|when| self.condition(when, file));
            notes.push(Note { id: id.get_ref().as_str().into(), text: text.as_str().into(), text_zh: text_zh.as_str().into(), when });
        }
        notes
    }

    fn legal(&self, raw: &[RawLegal], file: &mut Checked<'_>) -> Vec<Legal> {
        raw.iter()
            .filter_map(|RawLegal { document, articles }| {
                let document = find("document", document, &self.documents, |document| &document.named.id, file)?;
                Some(Legal { document, articles: articles.iter().map(|article| article.as_str().into()).collect() })
            })
            .collect()
    }

    fn departments(&self, raw: &[Spanned<String>], file: &mut Checked<'_>) -> Vec<Arc<Named>> {
        raw.iter().filter_map(|id| find("department", id, &self.departments, |named| &named.id, file)).collect()
    }

    fn exclusion(&self, raw: &RawExclusion, file: &mut Checked<'_>) -> Exclusion {
        for route in raw.routes.iter().filter(|route| !self.routes.contains(route.get_ref())) {
            file.fault(&route.span(), FaultKind::UnknownName { what: "route", name: route.get_ref().clone(), known: self.routes.clone() });
        }
        Exclusion {
            routes: raw.routes.iter().map(|route| route.get_ref().as_str().into()).collect(),
            text: raw.text.as_str().into(),
            text_zh: raw.text_zh.as_str().into(),
        }
    }
}

/// The one of `known` with the id; a fault where there is none.
fn find<T>(
    what: &'static str,
    id: &Spanned<String>,
    known: &[Arc<T>],
    of: impl Fn(&T) -> &Arc<str>,
    file: &mut Checked<'_>,
) -> Option<Arc<T>> {
    let found = known.iter().find(|one| **of(one) == **id.get_ref());
    if found.is_none() {
        let known = known.iter().map(|one| of(one).to_string()).collect();
        file.fault(&id.span(), FaultKind::UnknownName { what, name: id.get_ref().clone(), known });
    }
    found.cloned()
}

#[cfg(test)]
mod tests {
    use super::super::pack::embedded;

    /// The faults of a copy of the shipped toolbox with a text replaced, first line and hint.
    fn spoiled(from: &str, to: &str) -> Vec<String> {
        let mut text = embedded("shanghai").unwrap();
        let file = &mut text.files.iter_mut().find(|(name, _)| name == "toolbox.toml").unwrap().1;
        assert!(file.contains(from), "no {from}");
        *file = file.replacen(from, to, 1);
        let faults = text.compile().1;
        faults.iter().map(|fault| format!("{}; {}", fault.kind, fault.kind.hint())).collect()
    }

    #[test]
    fn a_spoiled_toolbox_gives_its_named_fault() {
        let check = |from: &str, to: &str, fault: &str| {
            let told = spoiled(from, to);
            assert!(told.iter().any(|told| told.starts_with(fault)), "{from} → {to}: wanted {fault}, told {told:#?}");
        };
        check(
            "lead = [\"district-planning\"]",
            "lead = [\"district-planing\"]",
            "unknown department `district-planing`; did you mean `district-planning`?",
        );
        check("document = \"idle-land\"", "document = \"idel-land\"", "unknown document `idel-land`; did you mean `idle-land`?");
        check("category = \"12\"", "category = \"13\"", "unknown category `13`");
        check("@low_efficiency", "@low_eficiency", "unknown term `low_eficiency`; did you mean `low_efficiency`?");
        check("routes = [\"1-2\"]", "routes = [\"1-22\"]", "unknown route `1-22`; did you mean `1-2`?");
        check(
            "unverified = [\"idle_years >= 1\"]",
            "unverified = [\"idle_years >= 3\"]",
            "unknown condition `idle_years >= 3`; did you mean `idle_years >= 1`?",
        );
        check("id = \"1-6a\"", "id = \"1-5a\"", "id `1-5a` is not `1-6` with at most a letter; call the only route `1-6`");
        check("id = \"2b\"", "id = \"2a\"", "id `2a` stands twice");
        check("all = [\"building_violation\"]", "", "`all` has no entry");
        check("idle_years >= 2", "idle_year >= 2", "unknown column `idle_year`; did you mean `idle_years`?");
        check("tenure = 'state'", "tools = '1-1'", "unknown column `tools`");
        check("steps = 3", "step = 3", "unknown key `step`; did you mean `steps`?");
        let many = (0..11).map(|far| format!("\"far > {far}\"")).collect::<Vec<_>>().join(", ");
        check(
            "all = [\"building_violation\"]",
            &format!("all = [{many}]"),
            "`conditions` has more than 10 entries; write fewer `conditions`",
        );
        assert_eq!(spoiled("name = \"recovery of land\"", "name = \"recovery\""), Vec::<String>::new());
    }

    #[test]
    fn a_term_stands_in_brackets_within_a_condition() {
        let pack = embedded("shanghai").unwrap().compile().0.unwrap();
        let rules = &pack.toolbox[0];
        let route = rules.routes.iter().find(|route| &*route.named.id == "4-2a").unwrap();
        let texts: Vec<&str> = route.all.iter().map(|condition| &*rules.conditions[*condition].text).collect();
        assert!(texts[0].starts_with("starts_with(coalesce(use_now, land_use), '0601') OR"), "{texts:?}");
        assert!(texts[1].starts_with("NOT (starts_with(use_planned, '0601')") && texts[1].ends_with(')'), "{texts:?}");
        assert!(rules.head.unverified.iter().any(|own| &**own == "`idle_years >= 1` of 1-2"), "{:?}", rules.head.unverified);
    }
}

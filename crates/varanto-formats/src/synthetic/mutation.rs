//! Single changes that break a sound document, each with the fault that must follow.

use std::borrow::Cow;

use varanto_domain::faults::FaultKind;
use varanto_domain::structures::{Content, Field, FieldKind, FieldObligation, Structure};

/// One change that makes a sound document unsound, and what must be said of it.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// What the change is, for a test's message.
    pub what: &'static str,
    /// The element that the fault must name: `structured:/asia_asiakirja/asiakas/0/sukunimi`.
    pub element: String,
    /// The kind of fault that must follow, alone.
    pub kind: FaultKind,
    path: Vec<Step>,
    edit: Edit,
}

#[derive(Debug, Clone)]
enum Step {
    Member(String),
    Entry(usize),
}

#[derive(Debug, Clone)]
enum Edit {
    Set(Content<'static>),
    Remove(String),
    Add(String),
}

impl Mutation {
    /// The document with this one change.
    ///
    /// # Panics
    /// When the document is not the one that the change was made for.
    #[must_use]
    pub fn apply(&self, document: &Content) -> Content<'static> {
        let mut changed = to_owned(document);
        let mut node = &mut changed;
        for step in &self.path {
            node = match (node, step) {
                (Content::Object(members), Step::Member(name)) => {
                    let member = members.iter_mut().find(|(known, _)| known == name);
                    &mut member.expect("the document the change was made for").1
                }
                (Content::List(entries), Step::Entry(index)) => &mut entries[*index],
                _ => panic!("another document than the change was made for"),
            };
        }
        match (&self.edit, node) {
            (Edit::Set(value), node) => *node = value.clone(),
            (Edit::Remove(name), Content::Object(members)) => {
                members.retain(|(known, _)| known != name);
            }
            (Edit::Add(name), Content::Object(members)) => {
                members.push((Cow::Owned(name.clone()), Content::Null));
            }
            _ => panic!("another document than the change was made for"),
        }
        changed
    }
}

/// Every single change of a sound document that its structure's check must refuse.
#[must_use]
pub fn mutations(structure: &Structure, document: &Content) -> Vec<Mutation> {
    let mut breaker = Breaker { path: Vec::new(), found: Vec::new() };
    breaker.any(NOT_AN_OBJECT, number());
    breaker.unknown_member();
    breaker.remove(&structure.root);
    if let Some(root) = document.member(&structure.root) {
        breaker.path.push(Step::Member(structure.root.to_string()));
        breaker.any(NOT_AN_OBJECT, Content::List(Vec::new()));
        breaker.rows(&structure.fields, root);
    }
    breaker.found
}

const NOT_AN_OBJECT: &str = "no object";
const UNKNOWN: &str = "kentta_jota_ei_ole";

struct Breaker {
    path: Vec<Step>,
    found: Vec<Mutation>,
}

impl Breaker {
    /// A change at the present place: the value becomes `value`, which has the wrong type.
    fn any(&mut self, what: &'static str, value: Content<'static>) {
        self.set(what, FaultKind::WrongType, value);
    }

    fn set(&mut self, what: &'static str, kind: FaultKind, value: Content<'static>) {
        let path = self.path.clone();
        self.found.push(Mutation {
            what,
            element: element(&path),
            kind,
            path,
            edit: Edit::Set(value),
        });
    }

    fn remove(&mut self, name: &str) {
        self.member(name, "an obligatory member is missing", FaultKind::MissingElement, |name| {
            Edit::Remove(name)
        });
    }

    fn unknown_member(&mut self) {
        self.member(UNKNOWN, "an unknown member", FaultKind::UnknownElement, Edit::Add);
    }

    fn member(
        &mut self,
        name: &str,
        what: &'static str,
        kind: FaultKind,
        edit: impl Fn(String) -> Edit,
    ) {
        let path = self.path.clone();
        let element = format!("{}/{name}", element(&path));
        self.found.push(Mutation { what, element, kind, path, edit: edit(name.to_owned()) });
    }

    fn at(&mut self, step: Step, change: impl FnOnce(&mut Self)) {
        self.path.push(step);
        change(self);
        self.path.pop();
    }

    fn part(&mut self, name: &str, change: impl FnOnce(&mut Self)) {
        self.at(Step::Member(name.to_owned()), change);
    }

    fn rows(&mut self, fields: &[Field], content: &Content) {
        self.unknown_member();
        for field in fields {
            let Some(value) = content.member(&field.key) else { continue };
            if field.obligation == FieldObligation::Obligatory {
                self.remove(&field.key);
            }
            self.part(&field.key, |breaker| breaker.row(field, value));
        }
    }

    fn row(&mut self, field: &Field, content: &Content) {
        let Content::List(entries) = content else { return self.value(field, content) };
        self.any("a list is no list", Content::Object(Vec::new()));
        if field.obligation == FieldObligation::Obligatory {
            let none = Content::List(Vec::new());
            self.set("an obligatory list is empty", FaultKind::TooFewEntries, none);
        }
        for (index, entry) in entries.iter().enumerate() {
            self.at(Step::Entry(index), |breaker| breaker.value(field, entry));
        }
    }

    fn value(&mut self, field: &Field, content: &Content) {
        self.any("null", Content::Null);
        match &field.kind {
            FieldKind::Text | FieldKind::Name | FieldKind::SignatureLine => {
                self.any("a text is a number", number());
                if field.obligation == FieldObligation::Obligatory
                    && field.kind != FieldKind::SignatureLine
                {
                    self.set("an obligatory text is empty", FaultKind::EmptyText, text(""));
                }
            }
            FieldKind::Date => self.dates(&["31.12.2025", "2025-13-01", "2025-12-32", ""]),
            FieldKind::Moment => {
                self.dates(&["2025-06-01T10:00:00", "2025-06-01T24:00:00Z", "2025-06T10:00:00Z"]);
            }
            FieldKind::Switch => self.any("a switch is a text", text("true")),
            FieldKind::Number => self.any("a number is a text", text("7")),
            FieldKind::Quantity => {
                self.parts(&["value", "code"]);
                self.part("value", |value| value.any("a number is a text", text("7")));
                self.part("code", |code| code.any("a unit is a number", number()));
            }
            FieldKind::Code { code_set, system, allowed } => {
                let bound = code_set.is_some() || system.is_some();
                self.code(bound, !allowed.is_empty());
            }
            FieldKind::Identifier { .. } => {
                self.parts(&["value"]);
                self.part("value", |value| value.any("an identifier is a number", number()));
            }
            FieldKind::Phrase(_) => {
                self.any("a text is a number", number());
                self.set("another phrase", FaultKind::WrongPhrase, text("Muu lause."));
            }
            FieldKind::Group(fields) => {
                self.any(NOT_AN_OBJECT, text("ryhmä"));
                self.rows(fields, content);
            }
        }
    }

    fn dates(&mut self, wrong: &[&str]) {
        self.any("a date is a number", number());
        for form in wrong {
            self.set("a date in a wrong form", FaultKind::WrongForm, text(form));
        }
    }

    fn parts(&mut self, obligatory: &[&str]) {
        self.any(NOT_AN_OBJECT, text("osa"));
        self.unknown_member();
        for name in obligatory {
            self.remove(name);
        }
    }

    fn code(&mut self, bound: bool, listed: bool) {
        self.parts(&["system", "code", "display"]);
        self.part("display", |display| display.any("a name is a number", number()));
        if bound {
            let other = text("urn:oid:1.2.246.537.6.99999");
            self.part("system", |system| {
                system.set("another code system", FaultKind::WrongCodeSystem, other);
            });
        }
        if listed {
            self.part("code", |code| {
                code.set("a code that is not listed", FaultKind::UnknownCode, text("ei-ole"));
            });
        }
    }
}

fn element(path: &[Step]) -> String {
    let mut element = String::from("structured:");
    for step in path {
        element.push('/');
        match step {
            Step::Member(name) => element.push_str(name),
            Step::Entry(index) => element.push_str(&index.to_string()),
        }
    }
    element
}

fn text(value: &str) -> Content<'static> {
    Content::Text(Cow::Owned(value.to_owned()))
}

fn number() -> Content<'static> {
    Content::Number(Cow::Borrowed("7"))
}

fn to_owned(content: &Content) -> Content<'static> {
    let own = |text: &Cow<str>| Cow::Owned(text.clone().into_owned());
    match content {
        Content::Null => Content::Null,
        Content::Switch(value) => Content::Switch(*value),
        Content::Number(text) => Content::Number(own(text)),
        Content::Text(text) => Content::Text(own(text)),
        Content::List(entries) => Content::List(entries.iter().map(to_owned).collect()),
        Content::Object(members) => Content::Object(
            members.iter().map(|(name, value)| (own(name), to_owned(value))).collect(),
        ),
    }
}

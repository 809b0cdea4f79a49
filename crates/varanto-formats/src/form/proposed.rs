//! What a new form has in it already, and where it was taken from.

use std::borrow::Cow;

use varanto_domain::structures::{Content, Field, FieldKind, Structure};

use super::posted::laid;

/// Where a proposed value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The document of the case.
    Case,
    /// Who is logged in.
    Login,
    /// The organisation register.
    Register,
    /// The day on which the form was begun.
    Today,
}

/// A value that a form had in it when it was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The name of its control.
    pub name: String,
    /// The value.
    pub value: Content<'static>,
    /// Where it comes from.
    pub source: Source,
}

/// What is known of a document before anybody has written a word of it.
#[derive(Debug, Clone)]
pub struct Known {
    /// The client's family name and given names.
    pub client: (String, String),
    /// The client's identity code or temporary identifier: the row that holds it, the system and the value.
    pub identifier: (&'static str, String, String),
    /// The writer's family name and given names.
    pub writer: (String, String),
    /// The unit where the writer works, as a code.
    pub unit: Option<Content<'static>>,
    /// The unit's name.
    pub unit_name: Option<String>,
    /// The case's service task, as a code.
    pub service_task: Content<'static>,
    /// Today.
    pub today: String,
}

/// The content of a new form: what registers and the case tell, in the rows that the shared groups of the national
/// structures have for it. A row that wants another kind of value than the one known is left empty.
///
/// Source: REL-9.
#[must_use]
pub fn proposed(structure: &Structure, known: &Known) -> (Content<'static>, Vec<Proposal>) {
    let mut content = laid(structure, &Content::Null);
    let mut taken = Vec::new();
    let root = format!("/{}", structure.root);
    for field in &structure.fields {
        let name = format!("{root}/{}", field.key);
        let name = if field.repeats { format!("{name}/0") } else { name };
        match (&*field.key, &field.kind) {
            ("asiakas", FieldKind::Group(rows)) => client(rows, &name, known, &mut taken),
            ("laatija", FieldKind::Group(rows)) => writer(rows, &name, known, &mut taken),
            ("asiakaskertomusmerkinta", FieldKind::Group(rows)) => {
                for row in rows {
                    let name = format!("{name}/{}", row.key);
                    let name = if row.repeats { format!("{name}/0") } else { name };
                    of_document(row, name, known, &mut taken);
                }
            }
            _ => of_document(field, name, known, &mut taken),
        }
    }
    taken.retain(|proposal| match content.at_mut(&proposal.name) {
        Some(place) => {
            *place = proposal.value.clone();
            true
        }
        None => false,
    });
    (content, taken)
}

/// What of the proposals stands unchanged.
#[must_use]
pub fn unchanged(proposals: &[Proposal], content: &Content) -> Vec<(String, Source)> {
    let mut content = content.to_owned_content();
    let stands =
        |proposal: &&Proposal| content.at_mut(&proposal.name).as_deref() == Some(&proposal.value);
    let standing: Vec<&Proposal> = proposals.iter().filter(stands).collect();
    standing.into_iter().map(|one| (one.name.clone(), one.source)).collect()
}

fn text(text: &str) -> Content<'static> {
    Content::Text(Cow::Owned(text.to_owned()))
}

fn client(rows: &[Field], at: &str, known: &Known, taken: &mut Vec<Proposal>) {
    let (row, system, value) = &known.identifier;
    for field in rows {
        let value = match (&*field.key, &field.kind) {
            ("sukunimi", FieldKind::Name | FieldKind::Text) => text(&known.client.0),
            ("etunimet", FieldKind::Name | FieldKind::Text) => text(&known.client.1),
            (key, FieldKind::Identifier { .. }) if key == *row => {
                Content::object([("system", text(system)), ("value", text(value))])
            }
            _ => continue,
        };
        taken.push(Proposal { name: format!("{at}/{}", field.key), value, source: Source::Case });
    }
}

fn writer(rows: &[Field], at: &str, known: &Known, taken: &mut Vec<Proposal>) {
    for field in rows {
        let (value, source) = match (&*field.key, &field.kind) {
            ("sukunimi", FieldKind::Name | FieldKind::Text) => {
                (text(&known.writer.0), Source::Login)
            }
            ("etunimet", FieldKind::Name | FieldKind::Text) => {
                (text(&known.writer.1), Source::Login)
            }
            ("palveluyksikko", FieldKind::Code { .. }) => match &known.unit {
                Some(unit) => (unit.clone(), Source::Register),
                None => continue,
            },
            ("palveluyksikko", FieldKind::Name | FieldKind::Text) => match &known.unit_name {
                Some(name) => (text(name), Source::Register),
                None => continue,
            },
            _ => continue,
        };
        taken.push(Proposal { name: format!("{at}/{}", field.key), value, source });
    }
}

fn of_document(field: &Field, name: String, known: &Known, taken: &mut Vec<Proposal>) {
    let (value, source) = match (&*field.key, &field.kind) {
        ("paivamaara", FieldKind::Date) => (text(&known.today), Source::Today),
        ("palvelutehtava", FieldKind::Code { allowed, .. }) if allowed.is_empty() => {
            (known.service_task.clone(), Source::Case)
        }
        _ => return,
    };
    taken.push(Proposal { name, value, source });
}

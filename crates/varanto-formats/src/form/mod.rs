//! A structured document as a form that people fill in: a structure and what stands in it so far to rows
//! with their controls, and what a browser posts back to content.
//!
//! A form is one more way in which content is written down, so it is here, among the formats: it reads and prints, and
//! judges nothing. What is obligatory under a condition is asked of the domain
//! ([`asked_for`](structures::asked_for())), and every fault comes from the checks that archiving uses.
//!
//! * A control is named by its row's JSON pointer: `/merkinta/asiakas/0/sukunimi`. The element of a fault is that
//!   name after `structured:`, so fault and field find each other without a table; see [`name_of`] and [`element_of`].
//! * Nothing typed is lost. What does not read as its row's kind stays in the content as text, where the checks
//!   find it, and is shown as it was typed.
//! * A value is shown as people write it (`23.3.2026`, `1,5`) where that reads back as the same value, and else as
//!   it stands, so a document that was turned into a form and back is the same document.
//!
//! Source: CAS-1, ARC-5.

mod choices;
mod earlier;
mod posted;
mod proposed;
mod typed;

use std::collections::HashMap;

use varanto_domain::faults::Fault;
use varanto_domain::structures::{
    self, Asked, ConditionFacts, Content, Field, FieldKind, FieldObligation, Names, Structure,
};

use crate::view::ViewLanguage;

pub use choices::{Choice, Choices, CodeLists};
pub use earlier::{Earlier, EarlierValue, earlier, take_over};
pub use posted::{MAX_ENTRIES, MAX_FIELDS, PostedFault, add_entry, finished, read, remove_entry};
pub use proposed::{Known, Proposal, Source, proposed, unchanged};

/// What stands before a pointer in the element of a fault.
const PART: &str = "structured:";

/// The name that a control of the element of a fault has, whether or not there is such a control.
#[must_use]
pub fn name_of(element: &str) -> Option<&str> {
    element.strip_prefix(PART).filter(|name| name.starts_with('/'))
}

/// The element that a fault in the control of this name has.
#[must_use]
pub fn element_of(name: &str) -> String {
    format!("{PART}{name}")
}

/// A document of a structure as a form.
#[derive(Debug, Clone)]
pub struct Form {
    /// The document's name.
    pub title: Names,
    /// The rows under the root.
    pub rows: Vec<Row>,
    /// Faults of no row: of the document as a whole, or of its metadata.
    pub faults: Vec<Fault>,
}

/// A row of the form: a control, a group of rows, or the entries of what repeats.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name: the JSON pointer of its content.
    pub name: String,
    /// What it is called.
    pub names: Names,
    /// What the structure's own file says to who fills it in.
    pub help: Option<Names>,
    /// Which entry of a repeating row it is, from 1.
    pub entry: Option<usize>,
    /// Whether it must be filled in.
    pub need: Need,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// What it holds.
    pub holds: Holds,
}

/// Whether a row must be filled in, where the group that holds it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// It must.
    Obligatory,
    /// A condition asks for it now.
    Asked,
    /// A condition asks for it or for another row.
    AskedOrAnother,
    /// A condition may ask for it, and does not now.
    NotAsked,
    /// It may.
    Optional,
}

/// What a row holds.
#[derive(Debug, Clone)]
pub enum Holds {
    /// Further rows.
    Group {
        /// The rows.
        rows: Vec<Row>,
        /// Whether there is something in it, or must be.
        open: bool,
    },
    /// The entries of a row that repeats.
    Entries(Vec<Row>),
    /// Text of any length.
    Text(String),
    /// One line of text.
    Line(String),
    /// A date that may lack its day, or month and day.
    Date(String),
    /// A date or an instant.
    Moment(String),
    /// A number.
    Number(String),
    /// Yes or no, or not answered.
    Switch(Option<bool>),
    /// A number with its unit, whose control is named as the row with `/code` after it; the number's with
    /// `/value`.
    Quantity {
        /// The number.
        value: String,
        /// The unit.
        unit: String,
    },
    /// A code.
    Code {
        /// As it is shown.
        typed: String,
        /// The code as it stands, where what is shown would read as another one; posted back beside it.
        kept: Option<String>,
        /// What it is chosen from.
        choices: Choices,
    },
    /// An identifier.
    Identifier {
        /// As it is shown.
        typed: String,
        /// Its system as it stands, empty for none; posted back beside it. `None`: there is no
        /// identifier yet, and the structure's system holds.
        kept: Option<String>,
    },
    /// Fixed texts.
    Phrase {
        /// The texts; one is taken by its number, from 0.
        texts: Vec<String>,
        /// The number of the one that stands.
        chosen: Option<usize>,
        /// Whether the one text stands always, so that there is nothing to choose.
        fixed: bool,
    },
}

/// What a form is made with.
#[derive(Clone, Copy)]
pub struct MadeWith<'a> {
    /// What codes are chosen from.
    pub lists: &'a CodeLists<'a>,
    /// What the conditions need to know from outside the content.
    pub facts: &'a ConditionFacts,
}

impl Form {
    /// The form of a document. `content` is what was read of a form, a document, or nothing yet; members that the
    /// structure does not have are not shown. Each fault stands at its row, or at the nearest one around it.
    #[must_use]
    pub fn of(structure: &Structure, content: &Content, faults: &[Fault], with: &MadeWith) -> Self {
        let laid = posted::laid(structure, content);
        let asked = structures::asked_for(structure, &laid, with.facts);
        let asked = asked.iter().filter_map(|asked| Some((name_of(&asked.element)?, asked)));
        let maker = Maker { with, asked: asked.collect() };
        let root = format!("/{}", structure.root);
        let nothing = Content::Object(Vec::new());
        let content = laid.member(&structure.root).unwrap_or(&nothing);
        let rows = maker.rows(&structure.fields, content, &root, true);
        let mut form = Self { title: structure.title.clone(), rows, faults: Vec::new() };
        form.place(faults);
        form
    }

    /// Every row that has faults, in the order of the form.
    #[must_use]
    pub fn faulty(&self) -> Vec<&Row> {
        let mut found = Vec::new();
        self.each(&mut |row| {
            if !row.faults.is_empty() {
                found.push(row);
            }
        });
        found
    }

    /// Hands every row to `visit`, a group before what is in it.
    pub fn each<'f>(&'f self, visit: &mut impl FnMut(&'f Row)) {
        fn walk<'f>(rows: &'f [Row], visit: &mut impl FnMut(&'f Row)) {
            for row in rows {
                visit(row);
                walk(row.below(), visit);
            }
        }
        walk(&self.rows, visit);
    }

    fn place(&mut self, faults: &[Fault]) {
        for fault in faults {
            let row = name_of(&fault.element).and_then(|name| nearest(&mut self.rows, name));
            match row {
                Some(row) => row.faults.push(fault.clone()),
                None => self.faults.push(fault.clone()),
            }
        }
    }
}

/// The row of this name, or the innermost one around it.
fn nearest<'r>(rows: &'r mut [Row], name: &str) -> Option<&'r mut Row> {
    let around = |row: &&mut Row| {
        name.strip_prefix(row.name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let row = rows.iter_mut().find(around)?;
    let within = row.below().iter().any(|below| {
        name.strip_prefix(below.name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if !within {
        return Some(row);
    }
    match &mut row.holds {
        Holds::Group { rows, .. } | Holds::Entries(rows) => nearest(rows, name),
        _ => None,
    }
}

impl Row {
    /// The rows in it.
    #[must_use]
    pub fn below(&self) -> &[Row] {
        match &self.holds {
            Holds::Group { rows, .. } | Holds::Entries(rows) => rows,
            _ => &[],
        }
    }

    /// What the form posts when nobody changes anything: the name and value of each control of this row and of
    /// those in it. What stands beside a control, and is posted with it, is named as it with `~` before.
    pub fn post(&self, out: &mut Vec<(String, String)>) {
        let mut control = |name: String, value: &str| out.push((name, value.to_owned()));
        match &self.holds {
            Holds::Group { rows, .. } | Holds::Entries(rows) => {
                for row in rows {
                    row.post(out);
                }
            }
            Holds::Text(typed)
            | Holds::Line(typed)
            | Holds::Date(typed)
            | Holds::Moment(typed)
            | Holds::Number(typed) => control(self.name.clone(), typed),
            Holds::Switch(answer) => {
                control(
                    self.name.clone(),
                    answer.map_or("", |yes| if yes { "true" } else { "false" }),
                );
            }
            Holds::Quantity { value, unit } => {
                control(format!("{}/value", self.name), value);
                control(format!("{}/code", self.name), unit);
            }
            Holds::Code { typed, kept, .. } | Holds::Identifier { typed, kept } => {
                control(self.name.clone(), typed);
                if let Some(kept) = kept {
                    control(format!("~{}", self.name), kept);
                }
            }
            Holds::Phrase { chosen, .. } => {
                if let Some(chosen) = chosen {
                    control(self.name.clone(), &chosen.to_string());
                }
            }
        }
    }
}

struct Maker<'m> {
    with: &'m MadeWith<'m>,
    /// The rows with conditions, by name.
    asked: HashMap<&'m str, &'m Asked>,
}

impl Maker<'_> {
    /// `within` tells whether the group that holds the rows must be there.
    fn rows(&self, fields: &[Field], content: &Content, at: &str, within: bool) -> Vec<Row> {
        let row = |field: &Field| {
            let name = format!("{at}/{}", field.key);
            let value = content.member(&field.key);
            let within = within && field.obligation == FieldObligation::Obligatory;
            if !field.repeats {
                return self.row(field, value, name, None, within);
            }
            let entries = value.map(Content::entries).unwrap_or_default();
            let entries = entries.iter().enumerate().map(|(at, entry)| {
                // Further entries are taken out when nothing is filled in, so nothing in them stands by itself.
                self.row(
                    field,
                    Some(entry),
                    format!("{name}/{at}"),
                    Some(at + 1),
                    within && at == 0,
                )
            });
            Row { holds: Holds::Entries(entries.collect()), ..self.frame(field, name, None) }
        };
        fields.iter().map(row).collect()
    }

    fn frame(&self, field: &Field, name: String, entry: Option<usize>) -> Row {
        let need = match (field.obligation, self.asked.get(name.as_str())) {
            (FieldObligation::Obligatory, _) => Need::Obligatory,
            (_, Some(Asked { holds: true, or_another: false, .. })) => Need::Asked,
            (_, Some(Asked { holds: true, or_another: true, .. })) => Need::AskedOrAnother,
            (_, Some(_)) => Need::NotAsked,
            (_, None) => Need::Optional,
        };
        Row {
            help: self.with.lists.notes.help(field.row).cloned(),
            names: field.names.clone(),
            faults: Vec::new(),
            holds: Holds::Line(String::new()),
            name,
            entry,
            need,
        }
    }

    fn row(
        &self,
        field: &Field,
        value: Option<&Content>,
        name: String,
        entry: Option<usize>,
        within: bool,
    ) -> Row {
        let lists = self.with.lists;
        let shown = || value.map(|value| typed::shown(field, value, lists)).unwrap_or_default();
        let holds = match &field.kind {
            FieldKind::Group(fields) => {
                let nothing = Content::Object(Vec::new());
                let content = value.unwrap_or(&nothing);
                let rows = self.rows(fields, content, &name, within);
                let open = within || entry.is_some() || posted::is_filled(&field.kind, content);
                Holds::Group { rows, open }
            }
            FieldKind::Text => Holds::Text(shown()),
            FieldKind::Name | FieldKind::SignatureLine => Holds::Line(shown()),
            FieldKind::Date => Holds::Date(shown()),
            FieldKind::Moment => Holds::Moment(shown()),
            FieldKind::Number => Holds::Number(shown()),
            FieldKind::Switch => Holds::Switch(match value {
                Some(Content::Switch(yes)) => Some(*yes),
                _ => None,
            }),
            FieldKind::Quantity => {
                let (value, unit) = value.map(typed::quantity_shown).unwrap_or_default();
                Holds::Quantity { value, unit }
            }
            FieldKind::Code { .. } => Holds::Code {
                typed: shown(),
                kept: value.and_then(|value| typed::code_kept(field, value, lists)),
                choices: lists.of(field),
            },
            FieldKind::Identifier { .. } => {
                Holds::Identifier { typed: shown(), kept: value.and_then(typed::system_kept) }
            }
            FieldKind::Phrase(texts) => {
                let fixed = within && entry.is_none() && texts.len() == 1;
                let standing = value.and_then(Content::text);
                let chosen = texts.iter().position(|text| Some(text.as_str()) == standing);
                let chosen = if fixed { Some(0) } else { chosen };
                Holds::Phrase { texts: texts.clone(), chosen, fixed }
            }
        };
        Row { holds, ..self.frame(field, name, entry) }
    }
}

/// A row's name in the language, and the language that it is in: Finnish where no Swedish one is published.
#[must_use]
pub fn name_in(names: &Names, language: ViewLanguage) -> (&str, &'static str) {
    match (language, &names.sv) {
        (ViewLanguage::Swedish, Some(name)) => (name, "sv"),
        _ => (&names.fi, "fi"),
    }
}

#[cfg(test)]
mod tests;

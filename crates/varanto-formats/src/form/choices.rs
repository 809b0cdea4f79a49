//! What codes are chosen from.

use std::borrow::Cow;

use varanto_domain::codes::{CodeSets, ValidationLevel, sets};
use varanto_domain::ids::Oid;
use varanto_domain::structures::{Content, Field, FieldKind, Names};
use varanto_domain::time::FinnishDay;

use super::name_in;
use crate::structure_notes::StructureNotes;
use crate::view::ViewLanguage;

/// What the codes of a form are chosen from.
pub struct CodeLists<'a> {
    /// The code sets.
    pub code_sets: &'a CodeSets,
    /// The organisations and units that may be chosen, with their names.
    pub organisations: &'a [(Oid, String)],
    /// What the structure's own file says beside its rows.
    pub notes: &'a StructureNotes,
    /// The day whose values are offered.
    pub day: FinnishDay,
    /// The language of the names that go into the document.
    pub language: ViewLanguage,
}

/// The values that a row may take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// Names the list: the same for every row that is chosen from it.
    pub list: String,
    /// The values, in the order of the set.
    pub values: Vec<Choice>,
    /// Whether another one may be typed: the set is not known whole.
    pub open: bool,
    /// The code system of a value that is typed.
    pub system: String,
}

/// A value that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// Its name; empty where none is known.
    pub name: String,
}

impl Choice {
    /// As a control shows it: `Lapsiperheiden palvelut (24)`.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.name.is_empty() || self.name == self.code {
            self.code.clone()
        } else {
            format!("{} ({})", self.name, self.code)
        }
    }

    /// As a list names it: its name, else the code.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.code } else { &self.name }
    }

    pub(super) fn content(&self) -> Content<'static> {
        let text = |text: &str| Content::Text(Cow::Owned(text.to_owned()));
        Content::object([
            ("system", text(&self.system)),
            ("code", text(&self.code)),
            ("display", text(self.label())),
        ])
    }
}

impl CodeLists<'_> {
    /// The values of a code row; none of any other row.
    #[must_use]
    pub fn of(&self, field: &Field) -> Choices {
        let FieldKind::Code { code_set, system, allowed } = &field.kind else {
            return Choices::default();
        };
        let set = code_set.as_ref().and_then(|set| self.code_sets.choices_on(set, self.day));
        let version = set.as_ref().map(|(set, _)| set.version.as_str()).unwrap_or_default();
        let system = match (code_set, system) {
            (Some(set), _) if version.is_empty() => format!("urn:oid:{set}"),
            (Some(set), _) => format!("urn:oid:{set}.{version}"),
            (None, Some(system)) => system.clone(),
            (None, None) => field.key.to_string(),
        };
        let named = |code: &str, names: Option<&Names>| Choice {
            system: system.clone(),
            code: code.to_owned(),
            name: names.map(|names| name_in(names, self.language).0.to_owned()).unwrap_or_default(),
        };
        if !allowed.is_empty() {
            let values = allowed.iter().map(|code| {
                let known = code_set.as_ref();
                let known = known.and_then(|set| self.code_sets.name_of(set, code, self.day));
                let known = known.filter(|names| !names.fi.is_empty());
                named(code, known.or_else(|| self.notes.value(field.row, code)))
            });
            let list = format!("{}-{}", field.row, field.key);
            return Choices { list, values: values.collect(), open: false, system };
        }
        let Some(oid) = code_set else {
            return Choices { list: String::new(), values: Vec::new(), open: true, system };
        };
        let list = oid.to_string();
        if oid.as_str() == sets::ORGANISATIONS {
            let values = self.organisations.iter().map(|(oid, name)| Choice {
                system: system.clone(),
                code: oid.to_string(),
                name: name.clone(),
            });
            return Choices { list, values: values.collect(), open: true, system };
        }
        let open = set.as_ref().is_none_or(|(set, _)| set.level != ValidationLevel::Closed);
        let values = set.map(|(_, values)| values).unwrap_or_default();
        let values = values.iter().map(|value| named(&value.code, Some(&value.names)));
        Choices { list, values: values.collect(), open, system }
    }
}

impl Choices {
    /// The value that a text names: as it is shown, by its code, or by a name that no other one has.
    #[must_use]
    pub fn find(&self, typed: &str) -> Option<&Choice> {
        let exact = self.values.iter().find(|choice| choice.shown() == typed);
        exact.or_else(|| self.values.iter().find(|choice| choice.code == typed)).or_else(|| {
            let mut named = self
                .values
                .iter()
                .filter(|choice| choice.name.to_lowercase() == typed.to_lowercase());
            named.next().filter(|_| named.next().is_none())
        })
    }

    /// A value that nobody listed, typed as `Vammaispalvelu (45)` or as `45 Vammaispalvelu` or as `45`.
    pub(super) fn typed(&self, typed: &str) -> Option<Choice> {
        let is_code = |text: &str| {
            let formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
            text.chars().all(formed) && text.bytes().any(|byte| byte.is_ascii_digit())
        };
        let bracketed = typed.strip_suffix(')').and_then(|typed| typed.rsplit_once(" ("));
        let (code, name) = match bracketed {
            Some((name, code)) if is_code(code) => (code, name),
            _ => typed.split_once(' ').unwrap_or((typed, "")),
        };
        (self.open && is_code(code)).then(|| Choice {
            system: self.system.clone(),
            code: code.to_owned(),
            name: name.trim().to_owned(),
        })
    }
}

//! Names and plain words: what codes and identifiers are called in a reader's language.

use varanto_app::Registry;
use varanto_domain::access::{Basis, Reason, Role};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::codes::sets;
use varanto_domain::ids::Oid;
use varanto_domain::oversight::own_view::{Onlooker, ShownLook, TouchedStatements};
use varanto_domain::structures;
use varanto_domain::time::FinnishDay;
use varanto_formats::view::ViewLanguage;

use crate::texts::{self, Language};
use crate::tokens::Person;

/// Names and texts in a reader's language.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) language: Language,
}

impl<'a> Names<'a> {
    /// Those of a page or print in one of the languages that these have.
    pub(crate) const fn spoken(registry: &'a Registry, language: ViewLanguage) -> Self {
        let language = match language {
            ViewLanguage::Finnish => Language::Finnish,
            ViewLanguage::Swedish => Language::Swedish,
        };
        Self { registry, language }
    }

    /// The name of a code on a day, where the set has it.
    pub(crate) fn coded(&self, set: &str, code: &str, day: FinnishDay) -> Option<String> {
        let set = Oid::parse(set).ok()?;
        let names = self.registry.code_sets().name_of(&set, code, day)?;
        Some(self.name(names)).filter(|name| !name.is_empty())
    }

    pub(crate) fn of(&self, key: &str) -> String {
        texts::text(self.language, key)
    }

    fn name(&self, names: &structures::Names) -> String {
        let swedish = names.sv.as_ref().filter(|_| self.language == Language::Swedish);
        swedish.unwrap_or(&names.fi).clone()
    }

    /// The name of an organisation; its identifier where the register has it no more.
    pub(crate) fn organisation(&self, id: &str) -> String {
        let known = Oid::parse(id).ok();
        let known = known.as_ref().and_then(|oid| self.registry.registers().organisation(oid));
        known.map_or_else(|| id.to_owned(), |one| self.name(&one.names))
    }

    /// The name of a client-information system; its identifier where the register has it no more.
    pub(crate) fn system(&self, id: &str) -> String {
        let known = self.registry.registers().system(id);
        known.map_or_else(|| id.to_owned(), |one| self.name(&one.names))
    }

    pub(crate) fn unit(&self, id: &Oid) -> String {
        let known = self.registry.registers().unit(id);
        known.map_or_else(|| id.to_string(), |one| self.name(&one.names))
    }

    /// Whether a unit is an organisation's.
    pub(crate) fn is_of(&self, unit: &Oid, organisation: &Oid) -> bool {
        let of = self.registry.registers().organisation_of(unit);
        of.is_some_and(|one| one.oid == *organisation)
    }

    /// A unit with its organisation, where that has another name.
    pub(crate) fn unit_of(&self, id: &Oid) -> String {
        let name = self.unit(id);
        let organisation = self.registry.registers().organisation_of(id);
        let place = organisation.map(|one| self.name(&one.names));
        match place.filter(|place| *place != name) {
            Some(place) => format!("{name}, {place}"),
            None => name,
        }
    }

    /// Who looked, as a client is told it.
    pub(crate) fn who(&self, look: &ShownLook) -> String {
        match &look.onlooker {
            Onlooker::Person(Some(role), _) => self.of(&format!("role.{}", role.code())),
            Onlooker::Person(None, _) => self.of("own-log.person"),
            Onlooker::System => self.of("own-log.system"),
            Onlooker::Masked => self.of("own-log.masked"),
            Onlooker::Citizen => match look.ground {
                Basis::Guardianship => self.of("own-log.guardian"),
                _ => self.of("own-log.mandate"),
            },
        }
    }

    /// At what kinds of documents, each once.
    pub(crate) fn what(&self, look: &ShownLook) -> Vec<String> {
        let kind = |(group, kind): &(DocumentGroup, Option<std::sync::Arc<str>>)| {
            let of = |set: &str, code: &str| self.coded(set, code, FinnishDay::of(look.at));
            let kind = kind.as_deref().and_then(|kind| of(sets::DOCUMENT_TYPE, kind));
            let kind = kind.or_else(|| of(sets::DOCUMENT_GROUP, group.code()));
            kind.unwrap_or_else(|| group.code().to_owned())
        };
        look.kinds.iter().map(kind).collect()
    }

    /// What was done about what the client tells, in the language of the page.
    pub(crate) fn told(&self, look: &ShownLook) -> Option<String> {
        look.statements.map(|touched| match touched {
            TouchedStatements::Seen => self.of("own-log.statements-seen"),
            TouchedStatements::Told => self.of("own-log.statements-told"),
            TouchedStatements::Picked => self.of("own-log.choice-picked"),
            TouchedStatements::SeenChoices => self.of("own-log.choices-seen"),
        })
    }

    /// On what ground, in plain words.
    pub(crate) fn why(&self, look: &ShownLook) -> String {
        let mut why = self.of(&format!("looked.{}", look.ground.code()));
        if let Some(reason) = look.reason {
            why.push_str(": ");
            why.push_str(&self.of(&format!("reason.{}", Reason::code(reason))));
        }
        match &look.handed_to {
            Some(to) => {
                let kind = self.of(&format!("receiver.{}", to.kind.code()));
                let organisation = to.organisation.as_ref().map(|id| self.organisation(id));
                let told = [Some(kind), organisation, to.reference.clone()];
                let told: Vec<String> = told.into_iter().flatten().collect();
                why.push_str(". ");
                why.push_str(&self.of("own-log.handed-to"));
                why.push_str(": ");
                why.push_str(&told.join(", "));
            }
            None if look.disclosed => {
                why.push_str(". ");
                why.push_str(&self.of("own-log.disclosed"));
            }
            None => {}
        }
        why
    }

    /// The name of a service task.
    pub(crate) fn task(&self, code: &str, day: FinnishDay) -> String {
        self.coded(sets::SERVICE_TASK, code, day).unwrap_or_else(|| code.to_owned())
    }

    /// The name of a document's kind: the specific type's, else the general one's, else the group's.
    pub(crate) fn kind(
        &self,
        specific: Option<&str>,
        general: Option<&str>,
        day: FinnishDay,
    ) -> Option<String> {
        let of = |code: &str| self.coded(sets::DOCUMENT_TYPE, code, day);
        specific.and_then(of).or_else(|| general.and_then(of))
    }

    /// Where a professional works, and as what.
    pub(crate) fn place(&self, person: &Person) -> String {
        let oid = |text: &str| Oid::parse(text).ok();
        let unit = person.unit.as_deref().and_then(oid).map(|unit| self.unit(&unit));
        let role = Role::of_code(&person.role)
            .map_or_else(|| person.role.clone(), |role| self.of(&format!("role.{}", role.code())));
        let organisation = self.organisation(&person.organisation);
        let mut told = vec![role];
        told.extend(unit.filter(|unit| *unit != organisation));
        told.push(organisation);
        told.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// LOG-2: grounds, reasons and roles have their plain words in each language, and none is unused.
    #[test]
    fn every_part_of_an_own_log_has_its_text_and_no_text_is_unused() {
        let families: [(&str, BTreeSet<&str>); 3] = [
            ("looked", Basis::ALL.map(Basis::code).into()),
            ("reason", Reason::all().map(Reason::code).collect()),
            ("role", Role::ALL.map(Role::code).into()),
        ];
        for language in Language::ALL {
            for (family, known) in &families {
                let told: BTreeSet<&str> = texts::keys(language)
                    .into_iter()
                    .filter_map(|key| key.strip_prefix(family)?.strip_prefix('.'))
                    .collect();
                assert_eq!(told, *known, "{family} {language}");
            }
        }
    }
}

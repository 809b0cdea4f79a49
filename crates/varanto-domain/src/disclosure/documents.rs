//! What refusals (kieltoasiakirja) and disclosure permissions (luovutuslupa-asiakirja) say.
//!
//! Each document tells the whole state of its day: a withdrawal is a new version without the entry.

use std::sync::Arc;

use crate::archive::documents::{DocumentGroup, VersionState};
use crate::archive::metadata::Metadata;
use crate::archive::register_documents::{ClientIdentifiers, client_disagreement, client_of};
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::joining::Registers;
use crate::structures::Content;
use crate::time::FinnishDay;

/// Roles of a legal representative (asiakkuuteen liittyvä rooli, 1284) who may give and refuse.
pub const REPRESENTATIVES: [&str; 4] = ["31", "32", "33", "34"];

/// The role of one who acts by mandate (valtuutettu).
pub const MANDATED: &str = "34";

/// What is refused: one entry of one of the three lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// Everything in a controller's registers.
    Controller(Oid),
    /// Everything of a service task, as its code.
    ServiceTask(Arc<str>),
    /// One document, in all its versions.
    Document(Oid),
}

/// Who made an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Giver {
    /// The client.
    Client,
    /// A legal representative (laillinen edustaja).
    Representative,
}

/// One refusal in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalEntry {
    /// What.
    pub refused: Refused,
    /// Since when.
    pub set_on: Option<FinnishDay>,
    /// By whom.
    pub by: Giver,
}

/// What a refusal document says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RefusalContent {
    /// The refusals in force, in the document's order.
    pub entries: Vec<RefusalEntry>,
    /// The client, as written in the content.
    pub client: ClientIdentifiers,
    /// Where each entry stands, in their order.
    places: Vec<String>,
    /// What cannot be acted upon.
    pub(super) faults: Vec<Fault>,
}

/// What a permission document says.
#[derive(Debug, Clone, PartialEq)]
pub struct PermissionContent {
    /// Whether disclosure is permitted.
    pub granted: bool,
    /// Since when.
    pub given_on: Option<FinnishDay>,
    /// The day of the document, on which the client was informed: it holds the text of informing.
    pub informed_on: Option<FinnishDay>,
    /// By whom.
    pub by: Giver,
    /// The client, as written in the content.
    pub client: ClientIdentifiers,
    pub(super) faults: Vec<Fault>,
}

/// A disclosure permission in force: it covers all that is archived and all that will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisclosurePermission {
    /// Its first day; `None` when the document does not say: in force since it was archived.
    pub given_on: Option<FinnishDay>,
}

impl DisclosurePermission {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn in_force_on(&self, day: FinnishDay) -> bool {
        self.given_on.is_none_or(|given| given <= day)
    }
}

/// What one version of a permission document says, as the rows keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PermissionSaid {
    /// Whether disclosure is permitted.
    pub granted: bool,
    /// Since when.
    pub given_on: Option<FinnishDay>,
    /// The day on which the client was informed.
    pub informed_on: FinnishDay,
    /// By whom.
    pub by: Giver,
}

/// What a client permits, and since when the client knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions {
    /// The permission, as the version in force leaves it.
    pub permission: Option<DisclosurePermission>,
    /// The day on which the client was first informed.
    pub informed_on: Option<FinnishDay>,
}

impl Permissions {
    /// What the versions of a client's permission document say together. The version in force says
    /// whether disclosure is permitted; that a client was informed once is not undone by a later version,
    /// only by an invalidation.
    ///
    /// Source: DIS-1, DIS-2; national-specs 6.4, annex A.3.
    #[must_use]
    pub fn of(versions: &[(VersionState, PermissionSaid)]) -> Self {
        let valid = || versions.iter().filter(|(state, _)| *state != VersionState::Invalidated);
        let in_force = valid().rfind(|(state, _)| *state == VersionState::InForce);
        Self {
            permission: in_force
                .filter(|(_, said)| said.granted)
                .map(|(_, said)| DisclosurePermission { given_on: said.given_on }),
            informed_on: valid().map(|(_, said)| said.informed_on).min(),
        }
    }
}

/// Everything that a client refuses, from all documents in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals(pub Vec<Refused>);

impl Refusals {
    /// Whether a document falls under one of them: by its register, by its service task, or by its
    /// own identifier or that of its versions. They act from the moment they are known.
    ///
    /// Source: DIS-2; national-specs 6.4.
    #[must_use]
    pub fn cover(&self, controller: &Oid, service_task: Option<&str>, id: &Oid, set: &Oid) -> bool {
        self.0.iter().any(|refused| match refused {
            Refused::Controller(one) => one == controller,
            Refused::ServiceTask(task) => service_task == Some(task),
            Refused::Document(document) => document == id || document == set,
        })
    }
}

const REFUSAL: &str = "kieltoasiakirja";
const PERMISSION: &str = "luovutuslupa_asiakirja";

impl RefusalContent {
    /// Reads the content of a refusal document that its structure has accepted.
    #[must_use]
    pub fn read(content: &Content<'_>) -> Self {
        let mut read = Self::default();
        let Some(root) = content.member(REFUSAL) else { return read };
        read.client = client_of(root.member("asiakas"));
        let lists = [
            (
                "rekisterinpitajaa_koskevat_luovutuskiellot",
                "rekisterinpitajaa_koskeva_luovutuskielto",
                "rekisterinpitaja_jonka_tietojen_luovutus_kielletaan",
            ),
            (
                "palvelutehtavaa_koskevat_luovutuskiellot",
                "palvelutehtavaa_koskeva_luovutuskielto",
                "palvelutehtava_jonka_tietojen_luovutus_kielletaan",
            ),
            (
                "asiakirjoja_koskevat_luovutuskiellot",
                "asiakirjaa_koskeva_luovutuskielto",
                "asiakirja_jonka_luovutus_kielletaan",
            ),
        ];
        for (list, entry, refused) in lists {
            let entries = root.member(list).and_then(|list| list.member(entry));
            for (at, one) in entries.map(Content::entries).unwrap_or_default().iter().enumerate() {
                let pointer = format!("/{REFUSAL}/{list}/{entry}/{at}");
                read.entry(one, refused, &pointer);
            }
        }
        read
    }

    /// One entry of a list: it may refuse several things at once.
    fn entry(&mut self, entry: &Content<'_>, member: &'static str, pointer: &str) {
        let set_on = day(entry, "kiellon_asettamisen_ajankohta");
        let represented = switch(entry, "kieltaja_on_laillinen_edustaja");
        if represented {
            const PEOPLE: &str = "henkilo_joka_kieltaa_asiakastietojen_luovuttamisen";
            let people = entry.member(PEOPLE);
            self.faults.extend(representatives(people, &format!("{pointer}/{PEOPLE}")));
        }
        let by = if represented { Giver::Representative } else { Giver::Client };
        let all = entry.member(member).map(Content::entries).unwrap_or_default();
        for (at, one) in all.iter().enumerate() {
            let place = format!("structured:{pointer}/{member}/{at}");
            match refused(one, member) {
                Some(refused) => {
                    self.entries.push(RefusalEntry { refused, set_on, by });
                    self.places.push(place);
                }
                None => self.faults.push(Fault::new(FaultKind::NotAnOid, place, "DIS-2")),
            }
        }
    }

    /// What is refused, each thing once.
    #[must_use]
    pub fn refused(&self) -> Vec<Refused> {
        let mut all: Vec<Refused> = self.entries.iter().map(|one| one.refused.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The refusals for controllers that the register does not know as such: they would act on nothing.
    /// Whether a document exists is not asked, for the answer would tell it.
    #[must_use]
    pub fn unknown_controllers(&self, registers: &Registers) -> Vec<Fault> {
        let unknown = |(entry, place): (&RefusalEntry, &String)| {
            let Refused::Controller(one) = &entry.refused else { return None };
            let known = registers.organisation(one).is_some_and(|found| found.controller);
            (!known).then(|| {
                Fault::new(FaultKind::UnknownOrganisation, place.clone(), "DIS-2")
                    .value(one.as_str())
                    .arg("role", "controller")
            })
        };
        self.entries.iter().zip(&self.places).filter_map(unknown).collect()
    }

    /// The faults for which it cannot be acted upon, or names another client than the metadata.
    #[must_use]
    pub fn disagreements(&self, metadata: &Metadata) -> Vec<Fault> {
        let mut faults = self.faults.clone();
        let pointer = format!("/{REFUSAL}/asiakas");
        faults.extend(client_disagreement(&self.client, metadata, &pointer));
        faults
    }
}

fn refused(content: &Content<'_>, member: &str) -> Option<Refused> {
    let code = |key: &str| content.member(key)?.text();
    let oid = |text: &str| Oid::parse_either(text).ok();
    match member {
        "rekisterinpitaja_jonka_tietojen_luovutus_kielletaan" => {
            code("code").and_then(oid).map(Refused::Controller)
        }
        "palvelutehtava_jonka_tietojen_luovutus_kielletaan" => {
            code("code").map(|task| Refused::ServiceTask(task.into()))
        }
        _ => {
            let id = content.member("oid_tunnus")?.member("value")?.text()?;
            oid(id).map(Refused::Document)
        }
    }
}

impl PermissionContent {
    /// Reads the content of a permission document that its structure has accepted.
    #[must_use]
    pub fn read(content: &Content<'_>) -> Self {
        let root = content.member(PERMISSION);
        let heading = root.and_then(|root| root.member("voimassa_oleva_luovutuslupa"));
        let represented =
            root.is_some_and(|root| switch(root, "luovutusluvan_antaja_on_laillinen_edustaja"));
        let people = root.and_then(|root| root.member("luovutusluvan_antaja"));
        let pointer = format!("/{PERMISSION}/luovutusluvan_antaja");
        Self {
            granted: heading.is_some_and(|heading| switch(heading, "luovutuslupa")),
            informed_on: root.and_then(|root| day(root, "laatimispaivamaara")),
            given_on: heading.and_then(|heading| day(heading, "luovutusluvan_antamisen_ajankohta")),
            by: if represented { Giver::Representative } else { Giver::Client },
            client: client_of(root.and_then(|root| root.member("asiakas"))),
            faults: if represented { representatives(people, &pointer) } else { Vec::new() },
        }
    }

    /// What the rows keep of it. A document that does not tell its day is of the day it was written.
    #[must_use]
    pub fn said(&self, written_on: FinnishDay) -> PermissionSaid {
        PermissionSaid {
            granted: self.granted,
            given_on: self.given_on,
            informed_on: self.informed_on.unwrap_or(written_on),
            by: self.by,
        }
    }

    /// The faults for which it cannot be acted upon, or names another client than the metadata.
    #[must_use]
    pub fn disagreements(&self, metadata: &Metadata) -> Vec<Fault> {
        let mut faults = self.faults.clone();
        let pointer = format!("/{PERMISSION}/asiakas");
        faults.extend(client_disagreement(&self.client, metadata, &pointer));
        faults
    }
}

/// Whether documents of a group say what a client allows or refuses.
#[must_use]
pub const fn is_will(group: DocumentGroup) -> bool {
    matches!(group, DocumentGroup::Permission | DocumentGroup::Refusal)
}

/// Representatives of other roles than the law knows. Source: national-specs 6.4.
fn representatives(people: Option<&Content<'_>>, pointer: &str) -> Vec<Fault> {
    let people = people.map(Content::entries).unwrap_or_default();
    let role =
        |person: &Content<'_>| person.member("rooli")?.member("code")?.text().map(str::to_owned);
    people
        .iter()
        .enumerate()
        .filter_map(|(at, person)| {
            let role = role(person)?;
            (!REPRESENTATIVES.contains(&role.as_str())).then(|| {
                Fault::new(
                    FaultKind::WrongValue,
                    format!("structured:{pointer}/{at}/rooli/code"),
                    "DIS-2",
                )
                .value(role)
                .arg("expected", REPRESENTATIVES.join(", "))
            })
        })
        .collect()
}

fn switch(parent: &Content<'_>, key: &str) -> bool {
    matches!(parent.member(key), Some(Content::Switch(true)))
}

fn day(parent: &Content<'_>, key: &str) -> Option<FinnishDay> {
    FinnishDay::parse(parent.member(key)?.text()?)
}

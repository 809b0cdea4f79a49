//! What the archive reads out of relationship and case documents, because references and rights
//! hang on it. Everything here is derived: the documents are the truth.
//!
//! Source: national-specs annexes A.1 and A.2.

use std::sync::Arc;

use super::metadata::Metadata;
use crate::codes::CodeSets;
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier};
use crate::relationship::RelationshipUnits;
use crate::structures::Content;
use crate::time::{FinnishDay, Instant};

/// What a relationship document says.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationshipContent {
    /// Asiakkuuden yksilöintitunnus; an old relationship may lack it.
    pub id: Option<Oid>,
    /// Vanha asiakkuus.
    pub old: bool,
    /// The first day.
    pub first_day: Option<FinnishDay>,
    /// The last day, once it has ended.
    pub last_day: Option<FinnishDay>,
    /// Whether it is an old one of a client who has died, by the word of the system that it comes from: see
    /// [`CLIENT_HAS_DIED`].
    pub of_deceased: bool,
    /// The service tasks, as codes.
    pub service_tasks: Vec<Arc<str>>,
    /// The client's identifiers, as written in the content.
    pub client: ClientIdentifiers,
    /// The units that serve the client.
    pub units: RelationshipUnits,
}

/// Why an old relationship ended whose client has died: the structure has no field for a death, so that its grounds of ending
/// (asiakkuuden päättymisen perustelu) say it, in these words alone.
///
/// Source: OLD-3; an own choice.
pub const CLIENT_HAS_DIED: &str = "Asiakas on kuollut.";

/// How the further information on a closed case ends of which nobody knows when it was closed: the structure asks for a
/// day, so that one stands there, and this says that it is none to count from.
///
/// Source: OLD-2, ARC-12; an own choice.
pub const CLOSING_IS_SUPPOSED: &str =
    " (päättymispäivä ei tiedossa, viimeisimmän asiakirjan päivä)";

/// What a case document says.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseContent {
    /// Asiatunnus.
    pub id: Option<Oid>,
    /// Whether it is closed.
    pub closed: bool,
    /// Yhteinen asia.
    pub joint: bool,
    /// The service task's code.
    pub service_task: Option<Arc<str>>,
    /// Avauspäivä.
    pub opened_on: Option<FinnishDay>,
    /// Päättymispäivä, as the document says it.
    pub closed_on: Option<FinnishDay>,
    /// Whether that day is none that anybody said: see [`CLOSING_IS_SUPPOSED`].
    pub closing_is_supposed: bool,
    /// The clients; several only in a joint case.
    pub clients: Vec<CaseClient>,
    /// On the long road, the units that serve in it.
    pub units: RelationshipUnits,
}

/// A client of a case, and its time in it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseClient {
    /// The identifiers.
    pub identifiers: ClientIdentifiers,
    /// Asiaan liittymishetki.
    pub joined_at: Option<Instant>,
    /// Asiasta poistumishetki.
    pub left_at: Option<Instant>,
}

/// By what a client of a case is known.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownBy {
    /// It is the client of the case document itself.
    Own,
    /// The identity code, else the whole temporary identifier.
    Identifier(ClientIdentifier),
}

/// The identifiers of one client in a document's content. `Debug` is masked.
#[derive(Clone, PartialEq, Default)]
pub struct ClientIdentifiers {
    /// Henkilötunnus.
    pub code: Option<String>,
    /// Tilapäinen yksilöintitunnus: the extension alone.
    pub temporary: Option<String>,
    /// The root of the temporary identifier, where the content names it.
    pub temporary_root: Option<Oid>,
}

impl ClientIdentifiers {
    /// The temporary identifier, if it is whole and in its form.
    fn temporary_identifier(&self) -> Option<TemporaryIdentifier> {
        let root = self.temporary_root.as_ref()?;
        TemporaryIdentifier::new(root, self.temporary.as_deref()?).ok()
    }
}

impl std::fmt::Debug for ClientIdentifiers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

fn identifier(parent: Option<&Content<'_>>, key: &str) -> Option<String> {
    parent?.member(key)?.member("value")?.text().map(str::to_owned)
}

fn code(parent: Option<&Content<'_>>, key: &str) -> Option<Arc<str>> {
    parent?.member(key)?.member("code")?.text().map(Arc::from)
}

fn switch(parent: Option<&Content<'_>>, key: &str) -> bool {
    matches!(parent.and_then(|parent| parent.member(key)), Some(Content::Switch(true)))
}

/// A full date; a partial one says nothing about days.
fn day(parent: Option<&Content<'_>>, key: &str) -> Option<FinnishDay> {
    FinnishDay::parse(parent?.member(key)?.text()?)
}

/// A moment; a full date is the beginning of its day, a partial one says nothing.
fn moment(entry: &Content<'_>, key: &str) -> Option<Instant> {
    let text = entry.member(key)?.text()?;
    Instant::parse(text).or_else(|| FinnishDay::parse(text).map(FinnishDay::start))
}

fn oid(text: Option<String>) -> Option<Oid> {
    Oid::parse_either(text?.as_str()).ok()
}

pub(crate) fn client_of(of: Option<&Content<'_>>) -> ClientIdentifiers {
    const TEMPORARY: &str = "tilapainen_yksilointitunnus";
    let root = of.and_then(|of| of.member(TEMPORARY)?.member("system")?.text());
    ClientIdentifiers {
        code: identifier(of, "henkilotunnus"),
        temporary: identifier(of, TEMPORARY),
        temporary_root: root.and_then(|root| Oid::parse_either(root).ok()),
    }
}

/// The fault in which a client document's content, under its one member `root`, names another client
/// than the metadata. Of several clients one must be the metadata's.
#[must_use]
pub fn client_document_disagreement(
    root: &str,
    content: &Content<'_>,
    metadata: &Metadata,
) -> Option<Fault> {
    let clients = content.member(root)?.member("asiakas")?.entries();
    let pointer = format!("/{root}/asiakas");
    let differs =
        |entry| client_disagreement(&client_of(Some(entry)), metadata, &pointer).is_some();
    (!clients.is_empty() && clients.iter().all(differs)).then(|| disagrees(&pointer, "client"))
}

impl RelationshipContent {
    /// Reads the content of a relationship document that its structure has accepted.
    #[must_use]
    pub fn read(content: &Content<'_>) -> Self {
        let root = content.member("asiakkuusasiakirja");
        let heading = root.and_then(|root| root.member("sosiaalihuollon_asiakkuus"));
        let tasks = root.and_then(|root| root.member("sosiaalihuollon_palvelutehtava"));
        let old = switch(heading, "vanha_asiakkuus");
        let grounds =
            heading.and_then(|heading| heading.member("asiakkuuden_paattymisen_perustelu"));
        Self {
            id: oid(identifier(root, "asiakkuuden_yksilointitunnus")),
            old,
            of_deceased: old && grounds.and_then(Content::text) == Some(CLIENT_HAS_DIED),
            first_day: day(heading, "asiakkuuden_alkamispvm"),
            last_day: day(heading, "asiakkuuden_paattymispvm"),
            service_tasks: tasks
                .map(Content::entries)
                .unwrap_or_default()
                .iter()
                .filter_map(|task| code(Some(task), "palvelutehtava"))
                .collect(),
            client: client_of(root.and_then(|root| root.member("asiakas"))),
            units: RelationshipUnits::read(content),
        }
    }

    /// The faults in which metadata and content disagree.
    #[must_use]
    pub fn disagreements(&self, metadata: &Metadata) -> Vec<Fault> {
        let mut faults = Vec::new();
        let id = metadata.relationship_id.as_ref();
        if self.id.is_some() && self.id.as_ref() != id {
            faults.push(disagrees(
                "/asiakkuusasiakirja/asiakkuuden_yksilointitunnus",
                "relationship_id",
            ));
        }
        faults.extend(client_disagreement(&self.client, metadata, "/asiakkuusasiakirja/asiakas"));
        faults
    }
}

impl CaseContent {
    /// Reads the content of a case document that its structure has accepted. The code set tells
    /// which state means closed, on `today`.
    #[must_use]
    pub fn read(content: &Content<'_>, code_sets: &CodeSets, today: FinnishDay) -> Self {
        let root = content.member("asia_asiakirja");
        let heading = root.and_then(|root| root.member("asian_tiedot"));
        let clients = root.and_then(|root| root.member("asiakas"));
        Self {
            id: oid(identifier(heading, "asiatunnus")),
            closed: code(heading, "tila")
                .and_then(|state| code_sets.case_state_is_closed(&state, today))
                .unwrap_or(false),
            joint: switch(heading, "yhteinen_asia"),
            service_task: code(heading, "palvelutehtava"),
            opened_on: day(heading, "avauspaiva"),
            closed_on: day(heading, "paattymispaiva"),
            closing_is_supposed: heading
                .and_then(|heading| heading.member("lisatieto_luokkaan_muu"))
                .and_then(Content::text)
                .is_some_and(|text| text.ends_with(CLOSING_IS_SUPPOSED)),
            clients: clients
                .map(Content::entries)
                .unwrap_or_default()
                .iter()
                .map(|entry| CaseClient {
                    identifiers: client_of(Some(entry)),
                    joined_at: moment(entry, "asiaan_liittymishetki"),
                    left_at: moment(entry, "asiasta_poistumishetki"),
                })
                .collect(),
            units: RelationshipUnits::read_case(content),
        }
    }

    /// The day of closing, where it is known: what an import supposed is none, and starts no period.
    ///
    /// Source: ARC-12.
    #[must_use]
    pub fn known_closing(&self) -> Option<FinnishDay> {
        self.closed_on.filter(|_| !self.closing_is_supposed)
    }

    /// By what the clients are known, and the time of each in a joint case. `own` is the temporary identifier
    /// of the document's client; a single client is the document's, however the content knows it.
    ///
    /// Source: REL-4.
    #[must_use]
    pub fn known_clients(&self, own: Option<&TemporaryIdentifier>) -> Vec<(KnownBy, &CaseClient)> {
        let several = self.clients.len() > 1;
        let known = |client: &CaseClient| {
            let named = &client.identifiers;
            if let Some(code) = named.code.as_deref() {
                let code = PersonalIdentityCode::parse(code).ok()?;
                return Some(KnownBy::Identifier(ClientIdentifier::Code(code)));
            }
            match named.temporary_identifier() {
                Some(given) if several && Some(&given) != own => {
                    Some(KnownBy::Identifier(ClientIdentifier::Temporary(given)))
                }
                _ => Some(KnownBy::Own),
            }
        };
        self.clients.iter().filter_map(|client| Some((known(client)?, client))).collect()
    }

    /// The faults in which metadata and content disagree.
    #[must_use]
    pub fn disagreements(&self, metadata: &Metadata) -> Vec<Fault> {
        const HEADING: &str = "/asia_asiakirja/asian_tiedot";
        let mut faults = Vec::new();
        if self.id != metadata.case_id {
            faults.push(disagrees(&format!("{HEADING}/asiatunnus"), "case_id"));
        }
        if self.service_task != metadata.service_task {
            faults.push(disagrees(&format!("{HEADING}/palvelutehtava"), "service_task"));
        }
        if self.opened_on != metadata.case_opened_on {
            faults.push(disagrees(&format!("{HEADING}/avauspaiva"), "case_opened_on"));
        }
        if self.closed_on != metadata.case_closed_on {
            faults.push(disagrees(&format!("{HEADING}/paattymispaiva"), "case_closed_on"));
        }
        if self.clients.len() > 1 && !self.joint {
            faults.push(
                Fault::new(
                    FaultKind::WrongValue,
                    "structured:/asia_asiakirja/asiakas",
                    "1505.2 row 2",
                )
                .value(format!("{} clients", self.clients.len()))
                .arg("expected", "yhteinen_asia: true"),
            );
        }
        let named = self.clients.iter().any(|client| {
            client_disagreement(&client.identifiers, metadata, "/asia_asiakirja/asiakas").is_none()
        });
        if !named {
            faults.push(disagrees("/asia_asiakirja/asiakas", "client"));
        }
        faults
    }
}

fn disagrees(pointer: &str, element: &str) -> Fault {
    Fault::new(FaultKind::Disagreement, format!("structured:{pointer}"), "nat 9")
        .arg("other", element)
        .arg("expected", element)
}

/// Whether the client that the content names is another than the metadata's. A content that names
/// nobody disagrees with nothing: its structure and conditions say whether it may.
pub(crate) fn client_disagreement(
    named: &ClientIdentifiers,
    metadata: &Metadata,
    pointer: &str,
) -> Option<Fault> {
    use ClientIdentifier::{Code, Temporary};
    let differs = match &metadata.client.identifier {
        Code(code) => named.code.as_deref().is_some_and(|found| found != code.reveal()),
        Temporary(temporary) => {
            named.temporary.as_deref().is_some_and(|found| found != temporary.reveal())
        }
    };
    differs.then(|| disagrees(pointer, "client"))
}

//! What a document may hang on: relationships, cases, main documents and earlier versions (ARC-7).
//!
//! Facts in, faults out; the store is asked for the facts beforehand, in the same transaction that
//! archives.

use std::sync::Arc;

use super::documents::{DocumentGroup, VersionState};
use super::elements::Element;
use super::metadata::{Metadata, RawMetadata, RawValue};
use super::register_documents::{CaseContent, RelationshipContent};
use crate::disclosure::{PermissionContent, RefusalContent};
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientIdentifier, ClientKey, Oid};
use crate::relationship::{InCase, Road};
use crate::time::{FinnishDay, Instant};

/// A client relationship as the newest version of its document states it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRelationship {
    /// Asiakkuuden yksilöintitunnus.
    pub id: Oid,
    /// Whose it is.
    pub client: ClientKey,
    /// In whose register.
    pub controller: Oid,
    /// Vanha asiakkuus.
    pub old: bool,
    /// The last day, once it has ended.
    pub last_day: Option<FinnishDay>,
    /// Whether it is an old one of a client who has died, as the system said that it comes from.
    pub of_deceased: bool,
    /// Its service tasks, as codes; on the long road those of its cases.
    pub service_tasks: Vec<String>,
    /// Where the units are told that serve the client.
    pub road: Road,
}

/// A case as the newest version of its document states it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownCase {
    /// Asiatunnus.
    pub id: Oid,
    /// Its clients, and the time of each in it, in their order.
    pub clients: Vec<InCase>,
    /// In whose register.
    pub controller: Oid,
    /// The relationship it belongs to.
    pub relationship: KnownRelationship,
    /// Whether it is closed.
    pub closed: bool,
    /// The day it was closed, where somebody knows it.
    pub closed_on: Option<FinnishDay>,
    /// Yhteinen asia.
    pub joint: bool,
    /// The service task's code.
    pub service_task: String,
}

impl KnownCase {
    /// Whether somebody is one of its clients, or was.
    #[must_use]
    pub fn has(&self, client: ClientKey) -> bool {
        self.clients.iter().any(|one| one.client == client)
    }

    /// Whether a document that is written at a moment may be about somebody: of a joint case about those who
    /// are in it then.
    ///
    /// Source: REL-4.
    #[must_use]
    pub fn takes(&self, client: ClientKey, written_at: Instant) -> bool {
        let then = |one: &InCase| one.client == client && (!self.joint || one.lasts_at(written_at));
        self.clients.iter().any(then)
    }
}

/// An earlier version or a main document.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownVersion {
    /// Its own identifier.
    pub id: Oid,
    /// What all its versions share.
    pub set_id: Oid,
    /// Its number.
    pub version: u32,
    /// Whose it is.
    pub client: ClientKey,
    /// In whose register.
    pub controller: Oid,
    /// Its group.
    pub group: DocumentGroup,
    /// The case it hangs on, or is.
    pub case: Option<Oid>,
    /// The relationship it belongs to, or is.
    pub relationship: Option<Oid>,
    /// Where it stands.
    pub state: VersionState,
    /// The version of the set that is in force.
    pub newest: Oid,
    /// The highest version number of the set, invalidated versions included.
    pub highest: u32,
    /// Whether it is itself an attachment.
    pub attachment: bool,
}

/// What the store knows about everything a submission refers to.
#[derive(Debug, Default)]
pub struct ReferenceFacts {
    /// The client, if known already.
    pub client: Option<ClientKey>,
    /// The relationship named in the metadata.
    pub relationship: Option<KnownRelationship>,
    /// Another active relationship of the client in the same register.
    pub active_relationship: Option<Oid>,
    /// The open cases of the relationship.
    pub open_cases: Vec<Oid>,
    /// The case named in the metadata.
    pub case: Option<KnownCase>,
    /// The version to be replaced.
    pub predecessor: Option<KnownVersion>,
    /// The main document of an attachment.
    pub main: Option<KnownVersion>,
    /// The road on which the controller opens relationships on the day of writing.
    pub road: Road,
    /// Another document of the client's will, of the same group, that is in force.
    pub other_will: Option<Oid>,
    /// The clients whom a case document's content names, so far as they are known.
    pub named_clients: Vec<ClientKey>,
    /// Whether old documents hang on the case.
    pub case_holds_old: bool,
}

/// What the content of a register document says; nothing for client documents.
#[derive(Debug, Clone, PartialEq)]
pub enum RegisterContent {
    /// A relationship document's.
    Relationship(RelationshipContent),
    /// A case document's.
    Case(CaseContent),
    /// A refusal document's.
    Refusals(RefusalContent),
    /// A permission document's.
    Permission(PermissionContent),
    /// Any other document's.
    None,
}

/// What a submission's metadata say that its references hang on.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the metadata element of the same name")]
pub struct Naming {
    pub group: DocumentGroup,
    pub client: ClientIdentifier,
    pub controller: Oid,
    pub written_at: Instant,
    pub version: Option<u32>,
    pub set_id: Option<Oid>,
    pub replaces: Option<Oid>,
    pub main_document: Option<Oid>,
    pub case_id: Option<Oid>,
    pub relationship_id: Option<Oid>,
    pub service_task: Option<Arc<str>>,
    pub structure: Option<Oid>,
}

impl Naming {
    /// What sound metadata say.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            group: metadata.group,
            client: metadata.client.identifier.clone(),
            controller: metadata.controller.id.clone(),
            written_at: metadata.written_at,
            version: Some(metadata.version),
            set_id: Some(metadata.set_id.clone()),
            replaces: metadata.replaces.as_ref().map(|replaces| replaces.document.clone()),
            main_document: metadata.main_document.clone(),
            case_id: metadata.case_id.clone(),
            relationship_id: metadata.relationship_id.clone(),
            service_task: metadata.service_task.clone(),
            structure: metadata.structure.clone(),
        }
    }

    /// The road that the document is on.
    #[must_use]
    pub fn road(&self) -> Road {
        self.structure.as_ref().map(Road::of_structure).unwrap_or_default()
    }

    /// What metadata with faults say, as far as it can be relied on; `None` when one of the elements
    /// on which every reference hangs is missing or has a fault itself.
    #[must_use]
    pub fn of_faulty(raw: &RawMetadata<'_>, faults: &[Fault]) -> Option<Self> {
        use Element as E;
        const NEEDED: [E; 7] = [
            E::Group,
            E::ClientIdentityCode,
            E::ClientTemporaryRoot,
            E::ClientTemporaryId,
            E::ControllerId,
            E::WrittenAt,
            E::ReplacesDocument,
        ];
        let unsound = |element: E| has_fault(faults, element.path());
        if NEEDED.into_iter().any(unsound) {
            return None;
        }
        let oid = |element: E| raw.text(element).and_then(|text| Oid::parse(text).ok());
        Some(Self {
            group: raw.text(E::Group).and_then(DocumentGroup::of_code)?,
            client: raw.client_identifier()?,
            controller: oid(E::ControllerId)?,
            written_at: raw.text(E::WrittenAt).and_then(Instant::parse)?,
            version: match raw.get(E::Version) {
                Some(RawValue::Whole(version)) => u32::try_from(*version).ok(),
                _ => None,
            },
            set_id: oid(E::SetId),
            replaces: oid(E::ReplacesDocument),
            // Of which case it is cannot be compared when the case itself is in doubt.
            main_document: oid(E::MainDocument).filter(|_| !unsound(E::CaseId)),
            case_id: oid(E::CaseId),
            relationship_id: oid(E::RelationshipId),
            service_task: raw.text(E::ServiceTask).map(Arc::from),
            structure: oid(E::Structure).filter(|_| !unsound(E::Structure)),
        })
    }
}

fn has_fault(faults: &[Fault], element: &str) -> bool {
    faults.iter().any(|fault| fault.element == element)
}

/// The references that do not hold, of metadata that have other faults too: those alone whose own
/// elements are sound, so that no fault is told twice in other words.
///
/// Source: ARC-2, ARC-7.
#[must_use]
pub fn check_beside(
    naming: &Naming,
    content: &RegisterContent,
    facts: &ReferenceFacts,
    today: FinnishDay,
    told: &[Fault],
) -> Vec<Fault> {
    let mut found = check(naming, content, facts, today);
    found.retain(|fault| !has_fault(told, &fault.element));
    found
}

/// Every reference that does not hold.
///
/// Source: ARC-3, ARC-4, ARC-7, REL-3, OLD-2, OLD-5; national-specs 3.4 and 4.
#[must_use]
pub fn check(
    naming: &Naming,
    content: &RegisterContent,
    facts: &ReferenceFacts,
    today: FinnishDay,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_predecessor(naming, facts, &mut faults);
    check_main_document(naming, facts, &mut faults);
    match content {
        RegisterContent::Relationship(relationship) => {
            check_relationship(naming, relationship, facts, today, &mut faults);
        }
        RegisterContent::Case(case) => check_case(naming, case, facts, &mut faults),
        RegisterContent::None if naming.group.hangs_on_a_case() => {
            check_client_document(naming, facts, &mut faults);
        }
        RegisterContent::Refusals(_) | RegisterContent::Permission(_) => {
            check_will(facts, &mut faults);
        }
        RegisterContent::None => {}
    }
    faults
}

fn fault(kind: FaultKind, element: &str, rule: &'static str) -> Fault {
    Fault::new(kind, element, rule)
}

fn check_predecessor(naming: &Naming, facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    const AT: &str = "replaces.document_id";
    let Some(replaces) = &naming.replaces else { return };
    let Some(earlier) = facts.predecessor.as_ref().filter(|e| e.controller == naming.controller)
    else {
        let unknown = fault(FaultKind::UnknownPredecessor, AT, "ARC-3");
        return faults.push(unknown.value(replaces.as_str()));
    };
    if earlier.state == VersionState::Invalidated {
        faults.push(fault(FaultKind::PredecessorInvalidated, AT, "ARC-3"));
    }
    if earlier.newest != earlier.id && earlier.state != VersionState::Invalidated {
        faults.push(
            fault(FaultKind::NotTheNewest, AT, "ARC-3")
                .value(earlier.id.as_str())
                .arg("newest", &earlier.newest),
        );
    }
    if naming.version != Some(earlier.highest + 1) {
        faults.push(
            fault(FaultKind::WrongValue, "version", "nat 3.4")
                .value(naming.version.map(|version| version.to_string()).unwrap_or_default())
                .arg("expected", earlier.highest + 1),
        );
    }
    if earlier.group == DocumentGroup::Relationship
        && facts.relationship.as_ref().is_some_and(|relationship| relationship.old)
    {
        faults.push(fault(FaultKind::OldRelationshipNotUpdatable, AT, "OLD-2"));
    }
    let shared = [
        ("set_id", Some(&earlier.set_id) == naming.set_id.as_ref(), earlier.set_id.to_string()),
        ("group", earlier.group == naming.group, earlier.group.code().to_owned()),
        ("client", facts.client == Some(earlier.client), "client".to_owned()),
        (
            "case_id",
            naming.group != DocumentGroup::Case || earlier.case == naming.case_id,
            earlier.case.as_ref().map(Oid::to_string).unwrap_or_default(),
        ),
        (
            "relationship_id",
            naming.group != DocumentGroup::Relationship
                || earlier.relationship == naming.relationship_id,
            earlier.relationship.as_ref().map(Oid::to_string).unwrap_or_default(),
        ),
    ];
    for (element, same, expected) in shared {
        if !same {
            faults.push(
                fault(FaultKind::SharedByVersions, element, "nat 3.4").arg("expected", expected),
            );
        }
    }
}

fn check_main_document(naming: &Naming, facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    const AT: &str = "main_document";
    let Some(id) = &naming.main_document else { return };
    // Of documents in other registers nothing is told, not even that they exist.
    let known = facts.main.as_ref().filter(|main| main.controller == naming.controller);
    let Some(main) = known.filter(|main| main.state != VersionState::Invalidated) else {
        return faults.push(fault(FaultKind::UnknownMainDocument, AT, "ARC-4").value(id.as_str()));
    };
    let same_case = main.case == naming.case_id && main.group.hangs_on_a_case();
    if facts.client != Some(main.client) || !same_case {
        faults.push(fault(FaultKind::MainDocumentOfAnother, AT, "ARC-4").value(id.as_str()));
    } else if main.attachment {
        faults.push(fault(FaultKind::AttachmentOfAttachment, AT, "ARC-4").value(id.as_str()));
    }
}

/// Each document of the client's will says the whole state of its day, so there is one of each group:
/// what changes is a new version of it.
///
/// Source: DIS-2; national-specs 6.4.
fn check_will(facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    if let Some(other) = &facts.other_will {
        faults.push(fault(FaultKind::WillExists, "set_id", "DIS-2").arg("existing", other));
    }
}

fn check_relationship(
    naming: &Naming,
    content: &RelationshipContent,
    facts: &ReferenceFacts,
    today: FinnishDay,
    faults: &mut Vec<Fault>,
) {
    const AT: &str = "relationship_id";
    const OLD: &str = "structured:/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/vanha_asiakkuus";
    match (&naming.replaces, &facts.relationship) {
        (None, Some(_)) => {
            let id = naming.relationship_id.as_ref().map_or("", Oid::as_str);
            return faults.push(fault(FaultKind::RelationshipExists, AT, "REL-1").value(id));
        }
        (Some(_), Some(known)) if known.old != content.old => {
            let old = fault(FaultKind::SharedByVersions, OLD, "OLD-2");
            faults.push(old.arg("expected", known.old));
        }
        _ => {}
    }
    // An old relationship carries no rights, so it has one road alone.
    let road = match &facts.relationship {
        _ if content.old => Road::Short,
        Some(known) => known.road,
        None => facts.road,
    };
    faults.extend(other_road(naming, road));
    if content.last_day.is_some() && !content.old {
        let element =
            "structured:/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymispvm";
        let open = |case: &Oid| fault(FaultKind::OpenCase, element, "REL-3").value(case.as_str());
        faults.extend(facts.open_cases.iter().map(open));
        faults.extend(content.units.still_serving());
    }
    // A later version may not bring an ended relationship back beside a new one either.
    let active = !content.old && content.last_day.is_none_or(|last| last >= today);
    if let (true, Some(existing)) = (active, &facts.active_relationship) {
        faults.push(fault(FaultKind::RelationshipExists, AT, "REL-1").arg("existing", existing));
    }
}

fn check_case(
    naming: &Naming,
    content: &CaseContent,
    facts: &ReferenceFacts,
    faults: &mut Vec<Fault>,
) {
    const AT: &str = "relationship_id";
    let id = naming.relationship_id.as_ref().map_or("", Oid::as_str);
    let known = facts.relationship.as_ref().filter(|r| r.controller == naming.controller);
    let Some(relationship) = known else {
        return faults.push(fault(FaultKind::UnknownRelationship, AT, "ARC-7").value(id));
    };
    if facts.client != Some(relationship.client) {
        return faults.push(fault(FaultKind::RelationshipOfAnotherClient, AT, "ARC-7").value(id));
    }
    faults.extend(other_road(naming, relationship.road));
    if content.closed {
        faults.extend(content.units.still_serving());
    }
    if relationship.old {
        check_old_case(naming, content, relationship, faults);
    } else if !content.closed {
        // A closed case may be told of after the end: it was closed in time, or because of it.
        faults.extend(after_the_end(naming, relationship, AT, id));
    }
    check_joint_case(naming, content, facts, faults);
    if naming.replaces.is_none() && facts.case.is_some() {
        let id = naming.case_id.as_ref().map_or("", Oid::as_str);
        faults.push(
            fault(FaultKind::SharedByVersions, "case_id", "REL-2")
                .value(id)
                .arg("expected", "replaces.document_id"),
        );
    }
}

/// A relationship is opened on the road that its controller is on that day, and stays on its road with its
/// cases until it is moved with all of them.
///
/// Source: REL-7.
fn other_road(naming: &Naming, road: Road) -> Option<Fault> {
    let structure = naming.structure.as_ref().filter(|_| naming.road() != road)?;
    let other = fault(FaultKind::OtherRoad, Element::Structure.path(), "REL-7");
    Some(other.value(structure.as_str()).arg("expected", road.structures_of(naming.group)))
}

/// A joint case never holds old documents; and who was in it stays in its document, with the moment of leaving:
/// what was written meanwhile concerns them for good.
///
/// Source: REL-4; national-specs 4, rule 5 and annex A.2 rows 8 and 9.
fn check_joint_case(
    naming: &Naming,
    content: &CaseContent,
    facts: &ReferenceFacts,
    faults: &mut Vec<Fault>,
) {
    const JOINT: &str = "structured:/asia_asiakirja/asian_tiedot/yhteinen_asia";
    const CLIENTS: &str = "structured:/asia_asiakirja/asiakas";
    if content.joint && facts.case_holds_old {
        faults.push(fault(FaultKind::JointCase, JOINT, "REL-4"));
    }
    let known = facts.case.as_ref().filter(|case| case.joint && naming.replaces.is_some());
    let Some(case) = known else { return };
    if !content.joint {
        faults.push(fault(FaultKind::SharedByVersions, JOINT, "REL-4").arg("expected", true));
    }
    if case.clients.iter().any(|one| !facts.named_clients.contains(&one.client)) {
        let missing = fault(FaultKind::SharedByVersions, CLIENTS, "REL-4");
        faults.push(missing.arg("expected", "asiasta_poistumishetki"));
    }
}

fn check_old_case(
    naming: &Naming,
    content: &CaseContent,
    relationship: &KnownRelationship,
    faults: &mut Vec<Fault>,
) {
    const HEADING: &str = "structured:/asia_asiakirja/asian_tiedot";
    if !content.closed {
        faults.push(fault(FaultKind::CaseNotClosed, &format!("{HEADING}/tila"), "ARC-7"));
    }
    if content.joint {
        faults.push(fault(FaultKind::JointCase, &format!("{HEADING}/yhteinen_asia"), "REL-4"));
    }
    let task = naming.service_task.as_deref().unwrap_or_default();
    if !relationship.service_tasks.iter().any(|known| known == task) {
        faults.push(
            fault(FaultKind::ServiceTaskDiffers, "service_task", "OLD-2")
                .value(task)
                .arg("expected", relationship.service_tasks.join(", ")),
        );
    }
}

fn check_client_document(naming: &Naming, facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    const AT: &str = "case_id";
    let id = naming.case_id.as_ref().map_or("", Oid::as_str);
    let known = facts.case.as_ref().filter(|case| case.controller == naming.controller);
    let Some(case) = known else {
        return faults.push(fault(FaultKind::UnknownCase, AT, "ARC-7").value(id));
    };
    // A correction comes when it comes.
    let takes = |client| match naming.replaces {
        None => case.takes(client, naming.written_at),
        Some(_) => case.has(client),
    };
    if !facts.client.is_some_and(takes) {
        return faults.push(fault(FaultKind::CaseOfAnotherClient, AT, "ARC-7").value(id));
    }
    if naming.service_task.as_deref() != Some(&case.service_task) {
        faults.push(
            fault(FaultKind::ServiceTaskDiffers, "service_task", "nat 9")
                .value(naming.service_task.as_deref().unwrap_or_default())
                .arg("expected", &case.service_task),
        );
    }
    if let Some(named) = &naming.relationship_id
        && *named != case.relationship.id
    {
        // Which relationship another client of a joint case has is not told.
        let own = facts.client == Some(case.relationship.client);
        faults.push(
            fault(FaultKind::Disagreement, "relationship_id", "ARC-7")
                .value(named.as_str())
                .arg("other", AT)
                .arg("expected", if own { case.relationship.id.as_str() } else { AT }),
        );
    }
    if naming.group == DocumentGroup::Old {
        if !case.closed {
            faults.push(fault(FaultKind::CaseNotClosed, AT, "OLD-5").value(id));
        }
        if case.joint {
            faults.push(fault(FaultKind::JointCase, AT, "REL-4").value(id));
        }
    } else {
        check_new_document(naming, facts, case, id, faults);
    }
}

fn check_new_document(
    naming: &Naming,
    facts: &ReferenceFacts,
    case: &KnownCase,
    id: &str,
    faults: &mut Vec<Fault>,
) {
    const AT: &str = "case_id";
    let written = FinnishDay::of(naming.written_at);
    if case.relationship.old {
        faults.push(fault(FaultKind::OldRelationshipTakesOldOnly, AT, "OLD-2").value(id));
        return;
    }
    // A correction of a document that was in time may come after the end.
    if naming.replaces.is_some() {
        return;
    }
    if let Some(day) = case.closed_on.filter(|day| case.closed && *day < written) {
        faults.push(fault(FaultKind::ClosedCase, AT, "REL-3").value(id).arg("day", day));
    }
    // When the relationship of another client of a joint case ended is not told; no case outlasts it open.
    let relationship = &case.relationship;
    if facts.client == Some(relationship.client) {
        faults.extend(after_the_end(naming, relationship, AT, relationship.id.as_str()));
    }
}

/// Cases and documents alike are held against a relationship's end by the day they were written:
/// what was written in time may be archived later.
///
/// Source: REL-3.
fn after_the_end(
    naming: &Naming,
    relationship: &KnownRelationship,
    at: &str,
    id: &str,
) -> Option<Fault> {
    let written = FinnishDay::of(naming.written_at);
    let last = relationship.last_day.filter(|last| *last < written)?;
    Some(fault(FaultKind::ClosedRelationship, at, "REL-3").value(id).arg("day", last))
}

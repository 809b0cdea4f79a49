//! What a document may hang on: relationships, cases, main documents and earlier versions (ARC-7).
//!
//! Facts in, faults out; the store is asked for the facts beforehand, in the same transaction that
//! archives.

use super::documents::{DocumentGroup, VersionState};
use super::metadata::Metadata;
use super::register_documents::{CaseContent, RelationshipContent};
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientKey, Oid};
use crate::time::FinnishDay;

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
    /// Its service tasks, as codes.
    pub service_tasks: Vec<String>,
}

/// A case as the newest version of its document states it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownCase {
    /// Asiatunnus.
    pub id: Oid,
    /// Its clients.
    pub clients: Vec<ClientKey>,
    /// In whose register.
    pub controller: Oid,
    /// The relationship it belongs to.
    pub relationship: KnownRelationship,
    /// Whether it is closed.
    pub closed: bool,
    /// The day it was closed.
    pub closed_on: Option<FinnishDay>,
    /// Yhteinen asia.
    pub joint: bool,
    /// The service task's code.
    pub service_task: String,
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
    /// The case named in the metadata.
    pub case: Option<KnownCase>,
    /// The version to be replaced.
    pub predecessor: Option<KnownVersion>,
    /// The main document of an attachment.
    pub main: Option<KnownVersion>,
}

/// What the content of a register document says; nothing for client documents.
#[derive(Debug, Clone, PartialEq)]
pub enum RegisterContent {
    /// A relationship document's.
    Relationship(RelationshipContent),
    /// A case document's.
    Case(CaseContent),
    /// Any other document's.
    None,
}

/// Every reference that does not hold.
///
/// Source: ARC-3, ARC-4, ARC-7, REL-3, OLD-2, OLD-5; national-specs 3.4 and 4.
#[must_use]
pub fn check(
    metadata: &Metadata,
    content: &RegisterContent,
    facts: &ReferenceFacts,
    today: FinnishDay,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_predecessor(metadata, facts, &mut faults);
    check_main_document(metadata, facts, &mut faults);
    match content {
        RegisterContent::Relationship(relationship) => {
            check_relationship(metadata, relationship, facts, today, &mut faults);
        }
        RegisterContent::Case(case) => check_case(metadata, case, facts, &mut faults),
        RegisterContent::None if metadata.group.hangs_on_a_case() => {
            check_client_document(metadata, facts, &mut faults);
        }
        RegisterContent::None => {}
    }
    faults
}

fn fault(kind: FaultKind, element: &str, rule: &'static str) -> Fault {
    Fault::new(kind, element, rule)
}

fn check_predecessor(metadata: &Metadata, facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    const AT: &str = "replaces.document_id";
    let Some(replaces) = &metadata.replaces else { return };
    let Some(earlier) =
        facts.predecessor.as_ref().filter(|e| e.controller == metadata.controller.id)
    else {
        let unknown = fault(FaultKind::UnknownPredecessor, AT, "ARC-3");
        return faults.push(unknown.value(replaces.document.as_str()));
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
    if metadata.version != earlier.highest + 1 {
        faults.push(
            fault(FaultKind::WrongValue, "version", "nat 3.4")
                .value(metadata.version.to_string())
                .arg("expected", earlier.highest + 1),
        );
    }
    if earlier.group == DocumentGroup::Relationship
        && facts.relationship.as_ref().is_some_and(|relationship| relationship.old)
    {
        faults.push(fault(FaultKind::OldRelationshipNotUpdatable, AT, "OLD-2"));
    }
    let shared = [
        ("set_id", earlier.set_id == metadata.set_id, earlier.set_id.to_string()),
        ("group", earlier.group == metadata.group, earlier.group.code().to_owned()),
        ("client", facts.client == Some(earlier.client), "client".to_owned()),
        (
            "case_id",
            metadata.group != DocumentGroup::Case || earlier.case == metadata.case_id,
            earlier.case.as_ref().map(Oid::to_string).unwrap_or_default(),
        ),
        (
            "relationship_id",
            metadata.group != DocumentGroup::Relationship
                || earlier.relationship == metadata.relationship_id,
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

fn check_main_document(metadata: &Metadata, facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    const AT: &str = "main_document";
    let Some(id) = &metadata.main_document else { return };
    // Of documents in other registers nothing is told, not even that they exist.
    let known = facts.main.as_ref().filter(|main| main.controller == metadata.controller.id);
    let Some(main) = known.filter(|main| main.state != VersionState::Invalidated) else {
        return faults.push(fault(FaultKind::UnknownMainDocument, AT, "ARC-4").value(id.as_str()));
    };
    let same_case = main.case == metadata.case_id && main.group.hangs_on_a_case();
    if facts.client != Some(main.client) || !same_case {
        faults.push(fault(FaultKind::MainDocumentOfAnother, AT, "ARC-4").value(id.as_str()));
    } else if main.attachment {
        faults.push(fault(FaultKind::AttachmentOfAttachment, AT, "ARC-4").value(id.as_str()));
    }
}

fn check_relationship(
    metadata: &Metadata,
    content: &RelationshipContent,
    facts: &ReferenceFacts,
    today: FinnishDay,
    faults: &mut Vec<Fault>,
) {
    const AT: &str = "relationship_id";
    const OLD: &str = "structured:/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/vanha_asiakkuus";
    match (&metadata.replaces, &facts.relationship) {
        (None, Some(_)) => {
            let id = metadata.relationship_id.as_ref().map_or("", Oid::as_str);
            return faults.push(fault(FaultKind::RelationshipExists, AT, "REL-1").value(id));
        }
        (Some(_), Some(known)) if known.old != content.old => {
            let old = fault(FaultKind::SharedByVersions, OLD, "OLD-2");
            faults.push(old.arg("expected", known.old));
        }
        _ => {}
    }
    // A later version may not bring an ended relationship back beside a new one either.
    let active = !content.old && content.last_day.is_none_or(|last| last >= today);
    if let (true, Some(existing)) = (active, &facts.active_relationship) {
        faults.push(fault(FaultKind::RelationshipExists, AT, "REL-1").arg("existing", existing));
    }
}

fn check_case(
    metadata: &Metadata,
    content: &CaseContent,
    facts: &ReferenceFacts,
    faults: &mut Vec<Fault>,
) {
    const AT: &str = "relationship_id";
    let id = metadata.relationship_id.as_ref().map_or("", Oid::as_str);
    let known = facts.relationship.as_ref().filter(|r| r.controller == metadata.controller.id);
    let Some(relationship) = known else {
        return faults.push(fault(FaultKind::UnknownRelationship, AT, "ARC-7").value(id));
    };
    if facts.client != Some(relationship.client) {
        return faults.push(fault(FaultKind::RelationshipOfAnotherClient, AT, "ARC-7").value(id));
    }
    if relationship.old {
        check_old_case(metadata, content, relationship, faults);
    } else if !content.closed {
        // A closed case may be told of after the end: it was closed in time, or because of it.
        faults.extend(after_the_end(metadata, relationship, AT, id));
    }
    if metadata.replaces.is_none() && facts.case.is_some() {
        let id = metadata.case_id.as_ref().map_or("", Oid::as_str);
        faults.push(
            fault(FaultKind::SharedByVersions, "case_id", "REL-2")
                .value(id)
                .arg("expected", "replaces.document_id"),
        );
    }
}

fn check_old_case(
    metadata: &Metadata,
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
    let task = metadata.service_task.as_deref().unwrap_or_default();
    if !relationship.service_tasks.iter().any(|known| known == task) {
        faults.push(
            fault(FaultKind::ServiceTaskDiffers, "service_task", "OLD-2")
                .value(task)
                .arg("expected", relationship.service_tasks.join(", ")),
        );
    }
}

fn check_client_document(metadata: &Metadata, facts: &ReferenceFacts, faults: &mut Vec<Fault>) {
    const AT: &str = "case_id";
    let id = metadata.case_id.as_ref().map_or("", Oid::as_str);
    let known = facts.case.as_ref().filter(|case| case.controller == metadata.controller.id);
    let Some(case) = known else {
        return faults.push(fault(FaultKind::UnknownCase, AT, "ARC-7").value(id));
    };
    if !facts.client.is_some_and(|client| case.clients.contains(&client)) {
        return faults.push(fault(FaultKind::CaseOfAnotherClient, AT, "ARC-7").value(id));
    }
    if metadata.service_task.as_deref() != Some(&case.service_task) {
        faults.push(
            fault(FaultKind::ServiceTaskDiffers, "service_task", "nat 9")
                .value(metadata.service_task.as_deref().unwrap_or_default())
                .arg("expected", &case.service_task),
        );
    }
    if let Some(named) = &metadata.relationship_id
        && *named != case.relationship.id
    {
        faults.push(
            fault(FaultKind::Disagreement, "relationship_id", "ARC-7")
                .value(named.as_str())
                .arg("other", AT)
                .arg("expected", &case.relationship.id),
        );
    }
    if metadata.group == DocumentGroup::Old {
        if !case.closed {
            faults.push(fault(FaultKind::CaseNotClosed, AT, "OLD-5").value(id));
        }
        if case.joint {
            faults.push(fault(FaultKind::JointCase, AT, "REL-4").value(id));
        }
    } else {
        check_new_document(metadata, case, id, faults);
    }
}

fn check_new_document(metadata: &Metadata, case: &KnownCase, id: &str, faults: &mut Vec<Fault>) {
    const AT: &str = "case_id";
    let written = FinnishDay::of(metadata.written_at);
    if case.relationship.old {
        faults.push(fault(FaultKind::OldRelationshipTakesOldOnly, AT, "OLD-2").value(id));
        return;
    }
    // A correction of a document that was in time may come after the end.
    if metadata.replaces.is_some() {
        return;
    }
    if let Some(day) = case.closed_on.filter(|day| case.closed && *day < written) {
        faults.push(fault(FaultKind::ClosedCase, AT, "REL-3").value(id).arg("day", day));
    }
    let relationship = &case.relationship;
    faults.extend(after_the_end(metadata, relationship, AT, relationship.id.as_str()));
}

/// Cases and documents alike are held against a relationship's end by the day they were written:
/// what was written in time may be archived later.
///
/// Source: REL-3.
fn after_the_end(
    metadata: &Metadata,
    relationship: &KnownRelationship,
    at: &str,
    id: &str,
) -> Option<Fault> {
    let written = FinnishDay::of(metadata.written_at);
    let last = relationship.last_day.filter(|last| *last < written)?;
    Some(fault(FaultKind::ClosedRelationship, at, "REL-3").value(id).arg("day", last))
}

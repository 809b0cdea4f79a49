//! What the store keeps in rows of relationship and case documents and of clients' will, read anew from
//! the documents.

use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::archive::references::{KnownCase, KnownRelationship};
use varanto_domain::archive::register_documents::{CaseContent, KnownBy, RelationshipContent};
use varanto_domain::codes::CodeSets;
use varanto_domain::disclosure::{PermissionContent, RefusalContent};
use varanto_domain::ids::{
    ClientIdentifier, ClientKey, Oid, PersonalIdentityCode, TemporaryIdentifier,
};
use varanto_domain::oversight::hints::Name;
use varanto_domain::relationship::{
    InCase, Parties, RegisterUseRight, RelationshipUnits, RightChange, Road, changes,
};
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{content, metadata};
use varanto_store::{
    Derived, DerivedRows, ReadTx, RegisterDocument, Reindexed, RelationshipRow, StoreError,
    VersionRow, WriteTx,
};

use crate::relationship::notices::keep_notices;
use crate::{App, AppError};

impl App {
    /// Makes every derived row anew from the documents alone: relationships, rights, cases, wills and
    /// counts; and from the lines of the log which identifiers are joined.
    /// One line tells of it in the log; nobody is shown anything of what is read.
    ///
    /// # Errors
    /// When a document does not open; nothing has changed then.
    pub fn reindex(&self) -> Result<Reindexed, AppError> {
        let registry = self.registry();
        let now = self.clock.now();
        let today = FinnishDay::of(now);
        let done = self.store.write::<_, AppError>(move |tx| {
            let derive = |tx: &ReadTx<'_>, document: &RegisterDocument| {
                derived_rows(tx, document, registry.code_sets(), today)
            };
            let done = tx.reindex::<AppError>(&mut { derive })?;
            let detail = format!(
                "reindex relationships={} cases={} wills={}",
                done.relationships, done.cases, done.wills
            );
            tx.log(&crate::administer::administration(now, &detail))?;
            Ok(done)
        })?;
        Ok(done.value)
    }
}

/// The names of the client of a document, as its metadata have them.
pub(crate) fn name_of_client(raw: &RawMetadata<'_>) -> Name {
    let name = |element| text(raw, element).unwrap_or_default().to_owned();
    Name { given: name(Element::ClientGivenNames), family: name(Element::ClientFamilyName) }
}

fn derived_rows(
    tx: &ReadTx<'_>,
    document: &RegisterDocument,
    code_sets: &CodeSets,
    today: FinnishDay,
) -> Result<Option<Derived>, AppError> {
    let Ok((raw, _)) = metadata::read(&document.record) else { return Ok(None) };
    let part = document.parts.first();
    let Some(read) = part.and_then(|part| content::read(part, "structured").ok()) else {
        return Ok(None);
    };
    let row = &document.row;
    let code = identity_code(&raw);
    match row.group {
        DocumentGroup::Relationship => {
            let said = RelationshipContent::read(&read);
            let derived = relationship(tx, row, &raw, &said)?;
            return Ok(
                derived.map(|(known, rights)| (DerivedRows::Relationship(known, rights), code))
            );
        }
        DocumentGroup::Refusal => {
            let entries = RefusalContent::read(&read).entries;
            return Ok(Some((DerivedRows::Refusals(entries), code)));
        }
        DocumentGroup::Permission => {
            let said = PermissionContent::read(&read).said(FinnishDay::of(row.written_at));
            return Ok(Some((DerivedRows::Permission(said), code)));
        }
        _ => {}
    }
    let said = CaseContent::read(&read, code_sets, today);
    let own = temporary_identifier(&raw);
    let Some(mut known) = case(tx, row, &raw, &said, own.as_ref())? else { return Ok(None) };
    known.clients.retain(|one| one.client != NOBODY);
    Ok(Some((DerivedRows::Case(known), code)))
}

/// The key of a client whom no identifier leads to.
const NOBODY: ClientKey = ClientKey(0);

/// The OID of an element in kept metadata.
pub(crate) fn oid(raw: &RawMetadata<'_>, element: Element) -> Option<Oid> {
    Oid::parse(text(raw, element)?).ok()
}

/// The text of an element in kept metadata.
pub(crate) fn text<'a>(raw: &'a RawMetadata<'_>, element: Element) -> Option<&'a str> {
    match raw.get(element) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}

/// The identity code of a document's client.
pub(crate) fn identity_code(raw: &RawMetadata<'_>) -> Option<PersonalIdentityCode> {
    PersonalIdentityCode::parse(text(raw, Element::ClientIdentityCode)?).ok()
}

/// The temporary identifier of a document's client.
pub(crate) fn temporary_identifier(raw: &RawMetadata<'_>) -> Option<TemporaryIdentifier> {
    let root = oid(raw, Element::ClientTemporaryRoot)?;
    TemporaryIdentifier::new(&root, text(raw, Element::ClientTemporaryId)?).ok()
}

/// The road that kept metadata name a structure of.
pub(crate) fn road(raw: &RawMetadata<'_>) -> Road {
    oid(raw, Element::Structure).as_ref().map(Road::of_structure).unwrap_or_default()
}

/// What a relationship document in force says, on the long road with its cases' documents: the
/// relationship, and the rights.
///
/// Source: REL-5, REL-6, RUR-1.
pub(crate) fn relationship(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    raw: &RawMetadata<'_>,
    said: &RelationshipContent,
) -> Result<Option<(KnownRelationship, Vec<RegisterUseRight>)>, StoreError> {
    let Some(id) = oid(raw, Element::RelationshipId) else { return Ok(None) };
    let road = road(raw);
    let mut tasks: Vec<String> = said.service_tasks.iter().map(ToString::to_string).collect();
    let mut units = said.units.clone();
    if let (Road::Long, Some(key)) = (road, row.relationship_key) {
        let cases = units_of_cases(tx, key)?;
        tasks = cases.iter().map(|case| case.service_task.clone()).collect();
        tasks.sort_unstable();
        tasks.dedup();
        units = units.with_cases(cases.into_iter().map(|case| case.units));
    }
    let organiser = oid(raw, Element::OrganiserId);
    let rights = units.rights(&Parties::of(&row.controller, organiser.as_ref(), &id));
    let known = KnownRelationship {
        id,
        client: row.client,
        controller: row.controller.clone(),
        old: said.old,
        last_day: said.last_day,
        of_deceased: said.of_deceased,
        service_tasks: tasks,
        road,
    };
    Ok(Some((known, rights)))
}

/// The units that serve in a case of the long road.
struct UnitsOfCase {
    case_key: Option<i64>,
    service_task: String,
    units: RelationshipUnits,
}

/// What the documents in force of a relationship's cases say of units, oldest first.
fn units_of_cases(tx: &ReadTx<'_>, relationship_key: i64) -> Result<Vec<UnitsOfCase>, StoreError> {
    let mut cases = Vec::new();
    tx.read_case_documents(relationship_key, |document| {
        let read = document.parts.first().and_then(|part| content::read(part, "structured").ok());
        if let (Some(content), Some(task)) = (read, document.row.service_task.as_deref()) {
            cases.push(UnitsOfCase {
                case_key: document.row.case_key,
                service_task: task.to_owned(),
                units: RelationshipUnits::read_case(&content),
            });
        }
    })?;
    Ok(cases)
}

/// The rights of a relationship as if one of its documents said this instead: its own, or that of the case
/// that is named.
///
/// Source: RUR-1, REL-6.
pub(crate) fn rights_as_if(
    tx: &ReadTx<'_>,
    parties: &Parties,
    content: &Content<'_>,
    case: Option<&Oid>,
) -> Result<Vec<RegisterUseRight>, StoreError> {
    let Some(kept) = tx.find_relationship(&parties.relationship)? else {
        return Ok(RelationshipContent::read(content).units.rights(parties));
    };
    if kept.known.road == Road::Short {
        // Its cases carry no rights.
        return Ok(match case {
            Some(_) => Vec::new(),
            None => RelationshipContent::read(content).units.rights(parties),
        });
    }
    let case_key = match case {
        Some(case) => tx.find_case(case)?.map(|row| row.key),
        None => None,
    };
    let mut cases = units_of_cases(tx, kept.key)?;
    let whole = if case.is_some() {
        cases.retain(|one| case_key.is_none() || one.case_key != case_key);
        let units = RelationshipUnits::read_case(content);
        cases.push(UnitsOfCase { case_key, service_task: String::new(), units });
        let units = tx.read_register_document(kept.from, |document| {
            let read = content::read(document.parts.first()?, "structured").ok()?;
            Some(RelationshipUnits::read(&read))
        })?;
        units.flatten().unwrap_or_default()
    } else {
        RelationshipUnits::read(content)
    };
    Ok(whole.with_cases(cases.into_iter().map(|case| case.units)).rights(parties))
}

/// Keeps the rows of a relationship of the long road anew, after one of its documents changed; the
/// producers are told what follows for them.
///
/// Source: REL-6, RUR-5.
pub(crate) fn keep_long_road(
    tx: &mut WriteTx<'_>,
    relationship_key: i64,
    at: Instant,
) -> Result<Vec<RightChange>, StoreError> {
    let Some((client, changed)) = derive_long_road(tx, relationship_key)? else {
        return Ok(Vec::new());
    };
    keep_notices(tx, relationship_key, client, &changed, at)?;
    Ok(changed)
}

/// As [`keep_long_road`], and tells nobody. Answers whose relationship it is and what changed; `None` on the short road.
pub(crate) fn derive_long_road(
    tx: &mut WriteTx<'_>,
    relationship_key: i64,
) -> Result<Option<(ClientKey, Vec<RightChange>)>, StoreError> {
    let kept = tx.relationship_of_key(relationship_key)?;
    if kept.known.road == Road::Short {
        return Ok(None);
    }
    let Some((known, rights)) = said_together(tx, &kept)? else { return Ok(None) };
    let before: Vec<_> =
        tx.list_rights(relationship_key)?.into_iter().map(|row| row.right).collect();
    let changed = changes(&before, &rights);
    tx.upsert_relationship(Some(relationship_key), &known, kept.from)?;
    tx.replace_rights(relationship_key, known.client, &rights)?;
    Ok(Some((known.client, changed)))
}

/// What the documents in force of a relationship say together.
pub(crate) fn said_together(
    tx: &ReadTx<'_>,
    kept: &RelationshipRow,
) -> Result<Option<(KnownRelationship, Vec<RegisterUseRight>)>, StoreError> {
    let read = tx.read_register_document(kept.from, |document| {
        let (raw, _) = metadata::read(&document.record).ok()?;
        let content = content::read(document.parts.first()?, "structured").ok()?;
        let said = RelationshipContent::read(&content);
        relationship(tx, &document.row, &raw, &said).transpose()
    })?;
    read.flatten().transpose()
}

/// What a case document in force says. `own` is the temporary identifier of the document's client; a
/// client whom no identifier leads to has the key nought.
pub(crate) fn case(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    raw: &RawMetadata<'_>,
    said: &CaseContent,
    own: Option<&TemporaryIdentifier>,
) -> Result<Option<KnownCase>, StoreError> {
    let (Some(id), Some(relationship)) = (oid(raw, Element::CaseId), row.relationship_key) else {
        return Ok(None);
    };
    let find = |identifier: &_| Ok::<_, StoreError>(tx.find_client(identifier)?.unwrap_or(NOBODY));
    Ok(Some(KnownCase {
        id,
        clients: clients_of_case(said, row.client, own, find)?,
        controller: row.controller.clone(),
        relationship: tx.relationship_of_key(relationship)?.known,
        closed: said.closed,
        closed_on: said.known_closing(),
        joint: said.joint,
        service_task: said.service_task.as_deref().unwrap_or_default().to_owned(),
    }))
}

/// The clients of a case, and the time of each in it, in their order: the document's client, whose temporary
/// identifier `own` is, and those whom `find` finds by the identity code or the temporary identifier that the
/// content gives.
///
/// Source: REL-4.
pub(crate) fn clients_of_case<E>(
    said: &CaseContent,
    client: ClientKey,
    own: Option<&TemporaryIdentifier>,
    mut find: impl FnMut(&ClientIdentifier) -> Result<ClientKey, E>,
) -> Result<Vec<InCase>, E> {
    let mut clients = Vec::new();
    for (known, named) in said.known_clients(own) {
        let client = match known {
            KnownBy::Own => client,
            KnownBy::Identifier(identifier) => find(&identifier)?,
        };
        let [joined_at, left_at] =
            [named.joined_at, named.left_at].map(|at| at.filter(|_| said.joint));
        clients.push(InCase { client, joined_at, left_at });
    }
    if clients.iter().all(|one| one.client != client) {
        clients.push(InCase { client, joined_at: None, left_at: None });
    }
    clients.sort_unstable();
    clients.dedup();
    Ok(clients)
}

//! What the store keeps in rows of relationship and case documents and of clients' will, read anew from
//! the documents.

use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::archive::references::{KnownCase, KnownRelationship};
use varanto_domain::archive::register_documents::{CaseContent, RelationshipContent};
use varanto_domain::codes::CodeSets;
use varanto_domain::disclosure::{PermissionContent, RefusalContent};
use varanto_domain::ids::{ClientKey, Oid, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::relationship::{Parties, RegisterUseRight};
use varanto_domain::time::FinnishDay;
use varanto_formats::{content, metadata};
use varanto_store::{
    Derived, DerivedRows, ReadTx, RegisterDocument, Reindexed, StoreError, VersionRow,
};

use crate::{App, AppError};

impl App {
    /// Makes every derived row anew from the documents alone: relationships, rights, cases, wills and
    /// counts.
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
            let derived = relationship(row, &raw, &said);
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
    known.clients.retain(|client| *client != NOBODY);
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

/// What a relationship document in force says: the relationship, and the rights it makes.
pub(crate) fn relationship(
    row: &VersionRow,
    raw: &RawMetadata<'_>,
    said: &RelationshipContent,
) -> Option<(KnownRelationship, Vec<RegisterUseRight>)> {
    let id = oid(raw, Element::RelationshipId)?;
    let organiser = oid(raw, Element::OrganiserId);
    let rights = said.units.rights(&Parties::of(&row.controller, organiser.as_ref(), &id));
    let known = KnownRelationship {
        id,
        client: row.client,
        controller: row.controller.clone(),
        old: said.old,
        last_day: said.last_day,
        service_tasks: said.service_tasks.iter().map(ToString::to_string).collect(),
    };
    Some((known, rights))
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
    let mut clients = vec![row.client];
    for identifier in said.known_clients(own) {
        clients.push(tx.find_client(&identifier)?.unwrap_or(NOBODY));
    }
    clients.sort_unstable();
    clients.dedup();
    Ok(Some(KnownCase {
        id,
        clients,
        controller: row.controller.clone(),
        relationship: tx.relationship_of_key(relationship)?.known,
        closed: said.closed,
        closed_on: said.closed_on,
        joint: said.joint,
        service_task: said.service_task.as_deref().unwrap_or_default().to_owned(),
    }))
}

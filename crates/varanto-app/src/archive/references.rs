//! Asking the store for what a submission refers to.

use varanto_domain::archive::documents::VersionState;
use varanto_domain::archive::references::{
    KnownCase, KnownVersion, Naming, ReferenceFacts, RegisterContent,
};
use varanto_domain::archive::register_documents::{CaseContent, KnownBy};
use varanto_domain::disclosure::is_will;
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, VersionKey};
use varanto_domain::time::FinnishDay;
use varanto_store::{ReadTx, StoreError, VersionRow};

use crate::inquiry::Inquiry;

/// The facts, and the keys under which the store has them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) facts: ReferenceFacts,
    pub(super) relationship_key: Option<i64>,
    pub(super) case_key: Option<i64>,
    /// The relationship of the case.
    pub(super) case_relationship_key: Option<i64>,
    pub(super) predecessor: Option<VersionRow>,
    pub(super) main: Option<VersionKey>,
}

/// Finds everything that the metadata name, so far as its sender may know of it: nothing of another
/// register's, and in a register that is not the sender's own nothing beside the very client, case and
/// task that the document is about.
pub(super) fn find(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    naming: &Naming,
    content: &RegisterContent,
    today: FinnishDay,
) -> Result<Found, StoreError> {
    let mut found = Found::default();
    found.facts.client = tx.find_client(&naming.client)?;
    let owns = inquiry.caller().owns(&naming.controller);
    let here = |controller: &Oid| *controller == naming.controller;
    // The identifier of a first version lies under the sender's own node: that it is taken may be told.
    let first = naming.version == Some(1);
    // A client document's relationship is its case's.
    if let Some(id) = &naming.relationship_id
        && !naming.group.hangs_on_a_case()
        && let Some(row) = tx.find_relationship(id)?
        && (first || here(&row.known.controller))
    {
        found.relationship_key = Some(row.key);
        found.facts.relationship = Some(row.known);
    }
    if let Some(id) = &naming.case_id
        && let Some(row) = tx.find_case(id)?
        && (first && owns || here(&row.known.controller))
        && (owns || is_about(naming, found.facts.client, &row.known))
    {
        found.case_key = Some(row.key);
        found.case_relationship_key = Some(row.relationship_key);
        found.facts.case = Some(row.known);
    }
    if let RegisterContent::Case(said) = content
        && let Some(key) = found.case_key
        && said.joint | found.facts.case.as_ref().is_some_and(|case| case.joint)
    {
        found.facts.case_holds_old = tx.holds_old_documents(key)?;
        found.facts.named_clients = named_clients(tx, naming, said, found.facts.client)?;
    }
    if let (RegisterContent::Relationship(_), Some(key)) = (content, found.relationship_key)
        && found.facts.relationship.as_ref().is_some_and(|known| here(&known.controller))
    {
        found.facts.open_cases = tx.list_open_cases(key)?;
    }
    let written = FinnishDay::of(naming.written_at);
    found.facts.road = inquiry.roads().of_controller(&naming.controller).on(written);
    if let (RegisterContent::Relationship(_), Some(client)) = (content, found.facts.client) {
        found.facts.active_relationship = active_relationship(tx, client, naming, today)?;
    }
    if is_will(naming.group)
        && let Some(client) = found.facts.client
        && let Some(row) = tx.find_will(client, naming.group)?
    {
        let set = tx.oid_of(row.set)?;
        found.facts.other_will = (Some(&set) != naming.set_id.as_ref()).then_some(set);
    }
    if let Some(replaces) = &naming.replaces
        && let Some(row) = tx.find_version(replaces)?
        && here(&row.controller)
        && (owns || inquiry.may_replace(tx, &row)?.is_ok())
    {
        found.facts.predecessor = Some(known_version(tx, &row, replaces)?);
        found.predecessor = Some(row);
    }
    if let Some(id) = &naming.main_document
        && let Some(row) = tx.find_version(id)?
        && here(&row.controller)
    {
        let known = known_version(tx, &row, id)?;
        if owns || found.facts.client == Some(known.client) && known.case == naming.case_id {
            found.main = Some(row.set);
            found.facts.main = Some(known);
        }
    }
    Ok(found)
}

/// Those of the clients whom a case document's content names that are known.
fn named_clients(
    tx: &ReadTx<'_>,
    naming: &Naming,
    said: &CaseContent,
    client: Option<ClientKey>,
) -> Result<Vec<ClientKey>, StoreError> {
    let own = match &naming.client {
        ClientIdentifier::Temporary(own) => Some(own),
        ClientIdentifier::Code(_) => None,
    };
    let mut clients: Vec<ClientKey> = client.into_iter().collect();
    for (known, _) in said.known_clients(own) {
        if let KnownBy::Identifier(identifier) = known {
            clients.extend(tx.find_client(&identifier)?);
        }
    }
    Ok(clients)
}

/// Whether a case is the client's and of the document's service task.
fn is_about(naming: &Naming, client: Option<ClientKey>, case: &KnownCase) -> bool {
    client.is_some_and(|client| case.has(client))
        && naming.service_task.as_deref() == Some(&case.service_task)
}

/// An active relationship of the client in the register, under whichever of the client's keys, other than the one named.
///
/// Source: REL-1, ARC-11.
fn active_relationship(
    tx: &ReadTx<'_>,
    client: ClientKey,
    naming: &Naming,
    today: FinnishDay,
) -> Result<Option<Oid>, StoreError> {
    for key in tx.identities_of(client)? {
        let active = tx.list_relationships(key)?.into_iter().find(|row| {
            let known = &row.known;
            !known.old
                && known.controller == naming.controller
                && known.last_day.is_none_or(|last| last >= today)
                && Some(&known.id) != naming.relationship_id.as_ref()
        });
        if let Some(row) = active {
            return Ok(Some(row.known.id));
        }
    }
    Ok(None)
}

/// What is known of a version that is named by its OID.
fn known_version(tx: &ReadTx<'_>, row: &VersionRow, id: &Oid) -> Result<KnownVersion, StoreError> {
    let versions = tx.list_versions(row.set)?;
    let in_force = versions.iter().find(|version| version.state == VersionState::InForce);
    let case = match row.case_key {
        Some(key) => Some(tx.case_of_key(key)?.known.id),
        None => None,
    };
    let relationship = match row.relationship_key {
        Some(key) => Some(tx.relationship_of_key(key)?.known.id),
        None => None,
    };
    Ok(KnownVersion {
        id: id.clone(),
        set_id: tx.oid_of(row.set)?,
        version: row.number,
        client: row.client,
        controller: row.controller.clone(),
        group: row.group,
        case,
        relationship,
        state: row.state,
        newest: match in_force {
            Some(newest) => newest.oid.clone(),
            _ => id.clone(),
        },
        highest: tx.next_number(row.set)? - 1,
        attachment: row.main.is_some(),
    })
}

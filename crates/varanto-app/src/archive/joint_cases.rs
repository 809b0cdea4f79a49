//! Where the documents of joint cases are found that concern a client and are not the client's own (REL-4).

use varanto_domain::ids::ClientKey;
use varanto_store::{CaseRow, ReadTx, Scope, StoreError};

/// Where to look for the documents that concern a client: the own ones, and in each joint case those of the
/// others that were written while the client was in it.
///
/// Source: REL-4.
pub(crate) fn scopes_of_client(
    tx: &ReadTx<'_>,
    client: ClientKey,
) -> Result<Vec<Scope>, StoreError> {
    let mut scopes = vec![Scope::Client(client)];
    for (case_key, time) in tx.list_times_in_joint_cases(client)? {
        let mut others: Vec<ClientKey> =
            tx.list_joint_clients(case_key)?.into_iter().map(|one| one.client).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|other| *other != client);
        scopes.extend(others.into_iter().map(|other| Scope::InCase {
            client: other,
            case_key,
            time,
        }));
    }
    Ok(scopes)
}

/// The joint cases of others' relationships that a client is in, or was.
pub(crate) fn joint_cases_of_others(
    tx: &ReadTx<'_>,
    client: ClientKey,
) -> Result<Vec<CaseRow>, StoreError> {
    let mut keys: Vec<i64> =
        tx.list_times_in_joint_cases(client)?.into_iter().map(|(key, _)| key).collect();
    keys.dedup();
    let mut cases = Vec::new();
    for key in keys {
        let case = tx.case_of_key(key)?;
        if case.known.relationship.client != client {
            cases.push(case);
        }
    }
    Ok(cases)
}

//! Where the documents of joint cases are found that concern a client and are not the client's own (REL-4).

use varanto_domain::ids::ClientKey;
use varanto_domain::relationship::InCase;
use varanto_store::{CaseRow, ReadTx, Scope, StoreError};

/// Where to look for the documents that concern a client, by all of the client's keys: the own ones, and in each
/// joint case those of the others that were written while the client was in it.
///
/// Source: REL-4, ARC-11.
pub(crate) fn scopes_of_client(
    tx: &ReadTx<'_>,
    identities: &[ClientKey],
) -> Result<Vec<Scope>, StoreError> {
    let mut scopes: Vec<Scope> = identities.iter().copied().map(Scope::Client).collect();
    for (case_key, time) in times_in_joint_cases(tx, identities)? {
        let mut others: Vec<ClientKey> =
            tx.list_joint_clients(case_key)?.into_iter().map(|one| one.client).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|other| !identities.contains(other));
        scopes.extend(others.into_iter().map(|other| Scope::InCase {
            client: other,
            case_key,
            time,
        }));
    }
    Ok(scopes)
}

/// The joint cases of others' relationships that a client is in, or was, by whichever of the client's keys.
pub(crate) fn joint_cases_of_others(
    tx: &ReadTx<'_>,
    identities: &[ClientKey],
) -> Result<Vec<CaseRow>, StoreError> {
    let times = times_in_joint_cases(tx, identities)?.into_iter();
    let mut keys: Vec<i64> = times.map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut cases = Vec::new();
    for key in keys {
        let case = tx.case_of_key(key)?;
        if !identities.contains(&case.known.relationship.client) {
            cases.push(case);
        }
    }
    Ok(cases)
}

/// The joint cases that a client is in, or was, each with the time.
fn times_in_joint_cases(
    tx: &ReadTx<'_>,
    identities: &[ClientKey],
) -> Result<Vec<(i64, InCase)>, StoreError> {
    let mut times = Vec::new();
    for key in identities {
        times.extend(tx.list_times_in_joint_cases(*key)?);
    }
    Ok(times)
}

//! How long a version is kept, of the facts as they stand: nothing of it is stored, so that a death, a closed case or a
//! correction counts from the next question on (ARC-12).

use varanto_domain::archive::retention::{
    CasesStand, KeptClient, KindsOfRecords, Retention, RetentionFacts,
};
use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::ClientKey;
use varanto_domain::time::FinnishDay;
use varanto_store::{CaseRow, ReadTx, StoreError, VersionRow};

use super::joint_cases::joint_cases_of_others;
use crate::inquiry::{facts_of_version, person_facts};

/// How long a version is kept by the rules of a day.
///
/// Source: ARC-12.
pub(crate) fn retention_of(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    kinds: &KindsOfRecords,
    day: FinnishDay,
) -> Result<Retention, StoreError> {
    let named = facts_of_version(tx, row)?.document.named();
    let case = row.case_key.map(|key| tx.case_of_key(key)).transpose()?;
    let task = row.service_task.as_deref();
    let task = task.or(case.as_ref().map(|case| case.known.service_task.as_str()));
    let service_task = task.and_then(ServiceTask::from_code);
    let mut clients = Vec::new();
    for client in &named {
        clients.push(kept_client(tx, *client)?);
    }
    // Of a joint case that does not say who is in it when, anybody might be: nothing ends.
    if case.as_ref().is_some_and(|case| {
        case.known.joint && case.known.clients.iter().any(|one| one.joined_at.is_none())
    }) {
        clients.push(KeptClient::default());
    }
    let case = case.map(|case| stand(&[case]));
    let cases_of_task = match service_task {
        // The only one whose period hangs on the client's other cases.
        Some(task @ ServiceTask::Disability) => stand(&cases_of_task(tx, row, &named, task)?),
        _ => case.unwrap_or(CasesStand::Open),
    };
    let facts = RetentionFacts {
        group: row.group,
        kind: kinds.of(row.specific_type.as_deref()),
        service_task,
        written_on: FinnishDay::of(row.written_at),
        clients: &clients,
        case,
        cases_of_task,
    };
    Ok(Retention::on(day, &facts))
}

/// The birth and death of a client: as the population register told last, else the birth that the identity code states.
fn kept_client(tx: &ReadTx<'_>, client: ClientKey) -> Result<KeptClient, StoreError> {
    let person = tx.person_of(client)?;
    let told = person_facts(tx, person)?.map(|(facts, _)| facts).unwrap_or_default();
    let stated = tx.find_person(person)?.map(|row| row.code.birth_day());
    Ok(KeptClient { born_on: told.born_on.or(stated), died_on: told.died_on })
}

/// The cases of a service task that clients have in a version's register, joint ones of others too.
fn cases_of_task(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    clients: &[ClientKey],
    task: ServiceTask,
) -> Result<Vec<CaseRow>, StoreError> {
    let mut cases = Vec::new();
    for client in clients {
        let identities = tx.identities_of(*client)?;
        let joint = joint_cases_of_others(tx, &identities)?.into_iter();
        cases.extend(joint.filter(|case| case.known.controller == row.controller));
        for key in identities {
            for relationship in tx.list_relationships(key)? {
                if relationship.known.controller == row.controller {
                    cases.extend(tx.list_cases(relationship.key)?);
                }
            }
        }
    }
    cases.retain(|case| case.known.service_task == task.code());
    Ok(cases)
}

fn stand(cases: &[CaseRow]) -> CasesStand {
    let closed = |case: &CaseRow| case.known.closed_on.filter(|_| case.known.closed);
    let days: Option<Vec<FinnishDay>> = cases.iter().map(closed).collect();
    days.and_then(|days| days.into_iter().max()).map_or(CasesStand::Open, CasesStand::Closed)
}

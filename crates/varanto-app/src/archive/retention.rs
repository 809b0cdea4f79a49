//! How long a version is kept, of the facts as they stand: nothing of it is stored, so that a death, a closed case or a
//! correction counts from the next question on (ARC-12).

use varanto_domain::archive::elements::Element;
use varanto_domain::archive::retention::{
    CasesStand, FamilyMatter, KeptClient, KindsOfRecords, Orderable, Retention, RetentionFacts,
};
use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::ClientKey;
use varanto_domain::time::FinnishDay;
use varanto_formats::metadata;
use varanto_store::{CaseRow, ReadTx, StoreError, VersionRow};

use super::joint_cases::joint_cases_of_others;
use crate::derived::text;
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
    let written_on = FinnishDay::of(row.written_at);
    let ordered = is_ordered(tx, row, kinds, task)?;
    let (matter, case_opened) = match service_task {
        Some(ServiceTask::FamilyLaw) => {
            let is_of_adults = kinds.is_of_adults(row.specific_type.as_deref());
            (matter_of(tx, row, is_of_adults)?, opening_of(tx, case.as_ref())?)
        }
        _ => (FamilyMatter::Unknown, None),
    };
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
        written_on,
        clients: &clients,
        ordered,
        matter,
        case,
        case_opened,
        cases_of_task,
    };
    Ok(Retention::on(day, &facts))
}

/// Whether the National Archives order a version to be kept.
fn is_ordered(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    kinds: &KindsOfRecords,
    service_task: Option<&str>,
) -> Result<bool, StoreError> {
    let asked = kinds.ask_for_general_type();
    let [general_type] = if asked { said(tx, row, [Element::GeneralType])? } else { [None] };
    Ok(kinds.is_permanent(&Orderable {
        service_task,
        general_type: general_type.as_deref(),
        specific_type: row.specific_type.as_deref(),
        written_on: FinnishDay::of(row.written_at),
    }))
}

/// Whose matter of family law a version is of, as far as its original service task and its type tell.
fn matter_of(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    is_of_adults: bool,
) -> Result<FamilyMatter, StoreError> {
    let [set, code] = said(tx, row, [Element::OriginalTaskSet, Element::OriginalTaskCode])?;
    Ok(FamilyMatter::of(set.as_deref().zip(code.as_deref()), is_of_adults))
}

/// The day on which a case was opened, as its document says.
fn opening_of(tx: &ReadTx<'_>, case: Option<&CaseRow>) -> Result<Option<FinnishDay>, StoreError> {
    let Some(case) = case else { return Ok(None) };
    let [day] = said(tx, &tx.version_of_key(case.from)?, [Element::CaseOpened])?;
    Ok(day.as_deref().and_then(FinnishDay::parse))
}

/// The retention class that a version was sent with.
///
/// Source: ARC-12.
pub(crate) fn class_as_sent(
    tx: &ReadTx<'_>,
    row: &VersionRow,
) -> Result<Option<String>, StoreError> {
    let [class] = said(tx, row, [Element::RetentionClass])?;
    Ok(class)
}

/// What the metadata of a version say that its period turns on; nothing of a version that does not read.
fn said<const N: usize>(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    elements: [Element; N],
) -> Result<[Option<String>; N], StoreError> {
    tx.fact_of_record(row, |record| {
        let Ok((raw, _)) = metadata::read(record) else { return elements.map(|_| None) };
        elements.map(|element| text(&raw, element).map(str::to_owned))
    })
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

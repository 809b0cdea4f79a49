//! What a producer has left unfinished in a right that is about to end (RUR-5).

use std::collections::BTreeMap;

use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::relationship::{RegisterUseRight, RightChange, Side};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{Filter, Scope, VersionRow};

use crate::{App, AppError};

impl App {
    /// What the producers whose rights the changes end have left unfinished, as remarks: documents that
    /// they took back and have not recorded anew, and that nothing was recorded at all.
    ///
    /// Source: RUR-5; own-choices.
    pub(super) fn unfinished(
        &self,
        caller: &Caller,
        relationship: &Oid,
        changes: &[RightChange],
        rights: &[RegisterUseRight],
        now: Instant,
    ) -> Result<Vec<Fault>, AppError> {
        let today = FinnishDay::of(now);
        let ending = changes.iter().filter_map(|change| ending(change, today));
        let ending: Vec<&RegisterUseRight> = ending.collect();
        if ending.is_empty() {
            return Ok(Vec::new());
        }
        let inquiry = self.inquiry(caller, Purpose::READ_INVALIDATED, now);
        self.store.read(|tx| {
            let mut found = Vec::new();
            let Some(row) = tx.find_relationship(relationship)? else { return Ok(found) };
            let documents = |unit: &Oid, right: &RegisterUseRight| {
                let filter = Filter {
                    relationship_key: Some(row.key),
                    unit: Some(unit.clone()),
                    service_task: right.branch.service_task().map(str::to_owned),
                    states: VersionState::ALL.to_vec(),
                    ..Filter::default()
                };
                tx.find_versions(&Scope::Client(row.known.client), &filter, None, usize::MAX)
            };
            for right in ending {
                let mut sets: BTreeMap<VersionKey, Vec<VersionRow>> = BTreeMap::new();
                for version in documents(&right.holder, right)? {
                    sets.entry(version.set).or_default().push(version);
                }
                let taken_back = |versions: &&Vec<VersionRow>| {
                    versions.iter().all(|one| one.state == VersionState::Invalidated)
                };
                for versions in sets.values().filter(taken_back) {
                    let newest = versions.iter().max_by_key(|version| version.number);
                    if let Some(newest) = newest
                        && inquiry.may_list(tx, newest)?.is_ok()
                    {
                        let fault = Fault::new(FaultKind::TakenBack, "unit", "RUR-5");
                        found.push(fault.value(newest.oid.as_str()).arg("unit", &right.holder));
                    }
                }
                let mut recorded = !sets.is_empty();
                // An implementer records for its producer.
                for one in implementers(right, rights) {
                    recorded |= !documents(&one.holder, right)?.is_empty();
                }
                if !recorded {
                    let fault = Fault::new(FaultKind::NothingRecorded, "unit", "RUR-5");
                    found.push(fault.value(right.holder.as_str()));
                }
            }
            Ok(found)
        })
    }
}

/// The right that a change ends, or brings to an earlier end, of one who serves for the organiser and has
/// begun to.
fn ending(change: &RightChange, today: FinnishDay) -> Option<&RegisterUseRight> {
    let before = change.before.as_ref()?;
    let sooner = match &change.after {
        None => true,
        Some(after) => after
            .validity
            .last
            .is_some_and(|last| before.validity.last.is_none_or(|earlier| last < earlier)),
    };
    let begun = before.side != Side::Organiser && before.validity.first <= today;
    (sooner && begun).then_some(before)
}

fn implementers<'r>(
    right: &'r RegisterUseRight,
    rights: &'r [RegisterUseRight],
) -> impl Iterator<Item = &'r RegisterUseRight> {
    rights.iter().filter(move |one| {
        one.branch == right.branch
            && matches!(&one.side, Side::Implementer { producer } if *producer == right.holder)
    })
}

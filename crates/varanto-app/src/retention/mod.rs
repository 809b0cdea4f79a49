//! Retention to its end: holds, lists of documents to be destroyed, and their destruction (ARC-12).

mod carry_out;
mod holds;
mod lists;

use std::collections::HashSet;

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{self, Caller, DestroyPermit, LookReason, Purpose, Reason, Situation};
use varanto_domain::archive::destruction::{DestructionFacts, Entry, KeptBecause, Over, may_go};
use varanto_domain::archive::retention::KindsOfRecords;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::VersionKey;
use varanto_domain::time::Instant;
use varanto_store::{ReadTx, StoreError, VersionRow};

use crate::archive::retention::retention_of;
use crate::inquiry::Inquiry;
use crate::{App, AppError};

pub(crate) use holds::held_because;
pub use holds::{HoldPage, HoldQuery, HoldRequest, HoldView};
pub use lists::{DestructionPage, DestructionQuery, DestructionView, ListedEntry, Proposal};
pub use varanto_store::Remains;

const RULE: &str = "ARC-12";

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who, as the log names the actor.
    pub by: String,
    /// When.
    pub at: Instant,
}

impl Act {
    /// What a line tells.
    fn of(tx: &ReadTx<'_>, line: i64) -> Result<Self, StoreError> {
        let (actor, at) = tx.who_and_when(line)?;
        Ok(Self { by: actor.name, at })
    }
}

/// In which situation documents are looked at to say whether they are kept: the keeper of the archive supervises. What was
/// invalidated is looked at, too.
const PURPOSE: Purpose = Purpose {
    situation: Some(Situation::Archivist),
    reason: Some(Reason::Look(LookReason::Supervision)),
    invalidated_too: true,
};

impl App {
    /// Denies whoever does not keep the archive, with a line.
    fn keeps_retention(&self, caller: &Caller) -> Result<(), AppError> {
        match access::may_keep_retention(caller) {
            Ok(()) => Ok(()),
            Err(denial) => {
                self.log(caller, Event::Retention, Outcome::Denied(denial), self.clock.now())?;
                Err(AppError::Denied(denial))
            }
        }
    }
}

/// A document that may go: its versions, oldest first, with the permit for each.
struct MayGo {
    versions: Vec<(VersionRow, DestroyPermit)>,
    over: Over,
}

/// Whether a document may go today, of the facts as they stand. `with` are the documents that go before it.
///
/// Source: ARC-12.
fn judge(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    kinds: &KindsOfRecords,
    set: VersionKey,
    with: &HashSet<VersionKey>,
    approved: Option<&Entry>,
) -> Result<Result<MayGo, KeptBecause>, StoreError> {
    let today = inquiry.today();
    let rows = tx.list_versions(set)?;
    let (Some(first), Some(newest)) = (rows.first(), rows.last()) else {
        return Ok(Err(KeptBecause::NotPermitted));
    };
    let mut versions = Vec::with_capacity(rows.len());
    for row in &rows {
        versions.push(retention_of(tx, row, kinds, today)?);
    }
    let mut being_recorded = false;
    for case in rows.iter().filter_map(|row| row.case_key) {
        being_recorded = being_recorded || tx.is_recorded_in(case)?;
    }
    let facts = DestructionFacts {
        set: &first.oid,
        newest: &newest.oid,
        versions: &versions,
        held: !tx.holds_on(&rows)?.is_empty(),
        others_hang: tx.sets_hanging_on(newest)?.iter().any(|one| !with.contains(one)),
        being_recorded,
        approved: approved.map(|entry| (&entry.document, entry.because)),
    };
    let over = match may_go(today, &facts) {
        Ok(over) => over,
        Err(why) => return Ok(Err(why)),
    };
    let mut permitted = Vec::with_capacity(rows.len());
    for row in rows {
        match inquiry.may_destroy(tx, &row, &over)? {
            Ok(permit) => permitted.push((row, permit)),
            Err(_) => return Ok(Err(KeptBecause::NotPermitted)),
        }
    }
    Ok(Ok(MayGo { versions: permitted, over }))
}

/// The fault of a document that is kept.
fn fault_of(why: KeptBecause, element: String) -> Fault {
    let kind = match why {
        KeptBecause::PeriodRuns | KeptBecause::Changed => FaultKind::PeriodRuns,
        KeptBecause::Held => FaultKind::DocumentHeld,
        KeptBecause::OthersHang => FaultKind::OthersHang,
        KeptBecause::BeingRecorded => FaultKind::BeingRecorded,
        KeptBecause::NotPermitted | KeptBecause::Stopped | KeptBecause::Unreadable => {
            FaultKind::UnknownDocument
        }
    };
    Fault::new(kind, element, RULE)
}

/// How many of a page.
fn page(limit: usize) -> usize {
    match limit {
        0 => 20,
        more => more.min(varanto_formats::search::MOST),
    }
}

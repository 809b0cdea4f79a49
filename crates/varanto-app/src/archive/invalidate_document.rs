//! Invalidating a version (mitätöinti): hidden from normal use, kept, its reason recorded (ARC-3).

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::codes::{CodeSets, CodeVerdict, sets};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{REASON_CHARACTERS, VersionRow, WriteTx};

use crate::inquiry::Inquiry;
use crate::{App, AppError};

/// Why a version is to be invalidated.
#[derive(Debug, Clone)]
pub struct InvalidationRequest {
    /// The reason's code.
    pub reason: String,
    /// What else there is to say; kept encrypted.
    pub explanation: Option<String>,
}

/// The longest explanation, in characters.
const LONGEST_EXPLANATION: usize = 2000;

impl App {
    /// Invalidates one version. When it was the one in force, the version before it comes back into
    /// force. Relationship and case documents are corrected by new versions, never invalidated.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`], [`AppError::Refused`],
    /// [`AppError::AlreadyInvalidated`]; each logged.
    pub fn invalidate_document(
        &self,
        caller: &Caller,
        document: &Oid,
        request: &InvalidationRequest,
    ) -> Result<(), AppError> {
        self.invalidate_as_asked(caller, document, request, Vec::new())
    }

    /// As [`App::invalidate_document`], for a request that a door found faults in: these refuse it, told
    /// with all others.
    pub(super) fn invalidate_as_asked(
        &self,
        caller: &Caller,
        document: &Oid,
        request: &InvalidationRequest,
        mut faults: Vec<Fault>,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        faults.extend(request.faults(self.registry().code_sets(), now));
        let (document, request, caller) = (document.clone(), request.clone(), caller.clone());
        let registry = self.registry();
        let turn = move |tx: &mut WriteTx<'_>| {
            let registry = Arc::clone(&registry);
            let inquiry = Inquiry::new(&caller, Purpose::READ, registry, now);
            invalidate(tx, &inquiry, &document, &request, faults.clone(), now)
        };
        self.store.write::<(), AppError>(turn).map(|done| done.value)
    }
}

impl InvalidationRequest {
    /// What is wrong with the request itself.
    pub(super) fn faults(&self, code_sets: &CodeSets, now: Instant) -> Vec<Fault> {
        let request = self;
        let mut faults = Vec::new();
        let set = Oid::parse(sets::INVALIDATION_REASON).expect("a constant OID");
        let verdict = code_sets.judge(&set, &request.reason, FinnishDay::of(now));
        let fault = |kind| {
            let fault = Fault::new(kind, "reason", "ARC-3");
            fault.value(shown(&request.reason)).arg("code_set", sets::INVALIDATION_REASON)
        };
        match verdict {
            CodeVerdict::Known(_) => {}
            CodeVerdict::Unknown { allowed, .. } => {
                faults.push(fault(FaultKind::UnknownCode).arg("allowed", allowed.join(", ")));
            }
            CodeVerdict::NotInForce { .. } => {
                let day = FinnishDay::of(now);
                faults.push(fault(FaultKind::CodeNotInForce).arg("day", day));
            }
            CodeVerdict::UnknownSet => {
                faults.push(fault(FaultKind::UnknownCode).arg("allowed", ""));
            }
        }
        let explanation = request.explanation.as_deref().unwrap_or_default();
        if explanation.chars().count() > LONGEST_EXPLANATION {
            faults.push(
                Fault::new(FaultKind::TooLarge, "explanation", "ARC-3")
                    .arg("limit", LONGEST_EXPLANATION),
            );
        }
        faults
    }
}

/// A reason as faults show it: what does not look like a code might be anything.
fn shown(reason: &str) -> String {
    let code =
        reason.len() <= REASON_CHARACTERS && reason.bytes().all(|b| b.is_ascii_alphanumeric());
    if code { reason.to_owned() } else { format!("text of {} characters", reason.chars().count()) }
}

/// Other documents hang on relationship and case documents.
pub(super) fn held_by_others(row: &VersionRow) -> Option<Fault> {
    matches!(row.group, DocumentGroup::Relationship | DocumentGroup::Case).then(|| {
        Fault::new(FaultKind::HeldByOthers, "document_id", "ARC-3").value(row.oid.as_str())
    })
}

fn invalidate(
    tx: &mut WriteTx<'_>,
    inquiry: &Inquiry<'_>,
    document: &Oid,
    request: &InvalidationRequest,
    mut faults: Vec<Fault>,
    now: Instant,
) -> Result<(), AppError> {
    // Only a code of the set goes into the log: anything might have been written in its place.
    let judged = faults.iter().all(|fault| fault.element != "reason");
    let line = |outcome, row: Option<&VersionRow>| LogLine {
        at: now,
        event: Event::Invalidate,
        outcome,
        actor: Actor::of(inquiry.caller()),
        client: row.map(|row| row.client),
        version: row.map(|row| row.version),
        detail: if judged {
            format!("reason={}", request.reason.chars().take(REASON_CHARACTERS).collect::<String>())
        } else {
            "reason unknown".to_owned()
        },
    };
    let Some(row) = tx.find_version(document)? else {
        tx.log(&line(Outcome::Refused(vec!["not-found"]), None))?;
        return Err(AppError::NotFound);
    };
    let permit = match inquiry.may_invalidate(tx, &row)? {
        Ok(permit) => permit,
        Err(denial) => {
            tx.log(&line(Outcome::Denied(denial), Some(&row)))?;
            return Err(AppError::Denied(denial));
        }
    };
    if row.state == VersionState::Invalidated {
        tx.log(&line(Outcome::Refused(vec!["already-invalidated"]), Some(&row)))?;
        return Err(AppError::AlreadyInvalidated(document.clone()));
    }
    faults.extend(held_by_others(&row));
    if !faults.is_empty() {
        let codes = faults.iter().map(Fault::code).collect();
        tx.log(&line(Outcome::Refused(codes), Some(&row)))?;
        return Err(AppError::Refused(faults));
    }
    let logged = tx.log(&line(Outcome::Permitted(permit.basis()), Some(&row)))?;
    let explanation = request.explanation.as_deref();
    let told = (logged.number, now);
    tx.invalidate_version(&permit, row.client, &request.reason, explanation, told)?;
    if row.state == VersionState::InForce {
        let versions = tx.list_versions(row.set)?;
        let before = versions.iter().rfind(|version| {
            version.number < row.number && version.state == VersionState::Replaced
        });
        if let Some(before) = before {
            tx.restore_version(before.version)?;
        }
    }
    Ok(())
}

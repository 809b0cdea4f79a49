//! Invalidating a version (mitätöinti): hidden from normal use, kept, its reason recorded (ARC-3).

use std::fmt::Write;
use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Basis, Caller, InvalidatePermit, Purpose, may_show_more};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::codes::{CodeSets, CodeVerdict, sets};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{REASON_CHARACTERS, ReadTx, StoreError, VersionRow, WriteTx};

use super::corrections::waiting_about;
use super::open_document::{DocumentView, Seen, view};
use super::shown_after::{ShownAfter, shown_after};
use super::{LookedAt, whereabouts};
use crate::inquiry::{Inquiry, Learnt};
use crate::{App, AppError};

/// Why a version is to be invalidated.
#[derive(Debug, Clone)]
pub struct InvalidationRequest {
    /// The reason's code.
    pub reason: String,
    /// What else there is to say; kept encrypted.
    pub explanation: Option<String>,
}

/// Why, when and by which line of the use log a version was invalidated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidationDone {
    /// The reason's code.
    pub reason: String,
    /// When.
    pub at: Instant,
    /// The number of the line.
    pub line: i64,
}

/// What invalidating a version comes to, or came to.
#[derive(Debug, Clone)]
pub struct InvalidationTold {
    /// The version.
    pub view: DocumentView,
    /// That it was invalidated; `None`: it is not.
    pub done: Option<InvalidationDone>,
    /// What is in force once this version is not.
    pub afterwards: Afterwards,
    /// What the client's side sees before and after, of the version in force.
    pub shown: Option<ShownAfter>,
    /// What keeps the version from being invalidated by the caller, whatever the reason.
    pub kept_from: Vec<Fault>,
    /// How the document stands: what a confirmation holds for.
    pub stands: Stands,
    /// The attachments that hang on the document and stay in force: those that the caller may see.
    pub attachments: Vec<Oid>,
    /// The requests to correct the document that wait, by identifier: told to those who answer them.
    pub corrections: Vec<String>,
}

/// Which version of a document is in force once one is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Afterwards {
    /// None.
    NoVersion,
    /// One that the caller may not see.
    Withheld,
    /// This one.
    Version(Oid),
}

/// How a document stands when it is told what invalidating a version comes to. A confirmation holds for that alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stands {
    /// Where the version stands.
    pub state: VersionState,
    /// The number of the version that is in force once this one is not.
    pub afterwards: Option<u32>,
}

impl Stands {
    /// As a form carries it.
    #[must_use]
    pub fn code(&self) -> String {
        let number = self.afterwards.map_or_else(|| "-".to_owned(), |number| number.to_string());
        format!("{} {number}", self.state.name())
    }
}

/// The longest explanation, in characters.
const LONGEST_EXPLANATION: usize = 2000;

impl App {
    /// Tells one who may invalidate a version what that would come to, and of one that is invalidated what it came to. A
    /// request is tried with it, and invalidates nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; [`AppError::Refused`] with everything that is wrong with the request, with
    /// what keeps the version from being invalidated at all, which is told without one; each logged.
    ///
    /// Source: ARC-3, CAS-1.
    pub fn tell_invalidation<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
        request: Option<&InvalidationRequest>,
    ) -> Result<InvalidationTold, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let mut faults = request.map_or_else(Vec::new, |one| one.faults(registry.code_sets(), now));
        let purpose = Purpose { invalidated_too: true, ..purpose };
        let told = self.look(caller, document, purpose, "invalidation", |seen| {
            let permit = seen.inquiry.may_invalidate(seen.tx, seen.row)?;
            told(seen, &permit.map_err(AppError::Denied)?)
        })?;
        if request.is_some() {
            faults.extend(told.kept_from.iter().cloned());
        }
        if let (Some(_), Some(_)) = (request, &told.done) {
            let error = AppError::AlreadyInvalidated(told.view.document);
            self.log(caller, Event::Check, Outcome::Refused(vec!["already-invalidated"]), now)?;
            return Err(error);
        }
        let outcome = if faults.is_empty() {
            Outcome::Done
        } else {
            Outcome::Refused(faults.iter().map(Fault::code).collect())
        };
        if request.is_some() {
            self.log(caller, Event::Check, outcome, now)?;
        }
        if faults.is_empty() { Ok(told) } else { Err(AppError::Refused(faults)) }
    }

    /// Invalidates one version. When it was the one in force, the version before it comes back into
    /// force. Relationship and case documents are corrected by new versions, never invalidated.
    ///
    /// # Errors
    /// [`AppError::NotFound`], also for one that is looked at as another client's; [`AppError::Denied`],
    /// [`AppError::Refused`], [`AppError::AlreadyInvalidated`]; each logged.
    pub fn invalidate_document<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        request: &InvalidationRequest,
    ) -> Result<(), AppError> {
        self.invalidate_as_told(caller, document, request, None)
    }

    /// As [`App::invalidate_document`], confirmed for how the document stood when it was told what that comes to, as
    /// [`Stands::code`] says it: where it stands otherwise now, nothing is done.
    ///
    /// # Errors
    /// As [`App::invalidate_document`]; [`AppError::Refused`] also with [`FaultKind::ChangedMeanwhile`].
    ///
    /// Source: ARC-3.
    pub fn invalidate_as_told<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        request: &InvalidationRequest,
        stood: Option<&str>,
    ) -> Result<(), AppError> {
        let looked_at = document.into();
        let inquiry = self.inquiry(caller, Purpose::READ, self.clock.now());
        if !self.narrow_to_client(&inquiry, looked_at)? {
            self.log_not_found(caller, Event::Invalidate)?;
            return Err(AppError::NotFound);
        }
        let asked = (request, stood);
        self.invalidate_as_asked(caller, looked_at.document, asked, Vec::new())
    }

    /// As [`App::invalidate_document`], for a request that a door found faults in: these refuse it, told
    /// with all others.
    pub(super) fn invalidate_as_asked(
        &self,
        caller: &Caller,
        document: &Oid,
        (request, stood): (&InvalidationRequest, Option<&str>),
        mut faults: Vec<Fault>,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        faults.extend(request.faults(self.registry().code_sets(), now));
        let learnt = {
            let inquiry = self.inquiry(caller, Purpose::READ, now);
            self.learn_before_deciding(&inquiry, document)?;
            inquiry.learnt()
        };
        let (document, request, caller) = (document.clone(), request.clone(), caller.clone());
        let (registry, stood) = (self.registry(), stood.map(str::to_owned));
        let turn = move |tx: &mut WriteTx<'_>| {
            let registry = Arc::clone(&registry);
            let inquiry = Inquiry::new(&caller, Purpose::READ, registry, now);
            let inquiry = inquiry.with(Learnt::clone(&learnt));
            let asked = (&request, stood.as_deref());
            invalidate(tx, &inquiry, &document, asked, faults.clone())
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
    (request, stood): (&InvalidationRequest, Option<&str>),
    mut faults: Vec<Fault>,
) -> Result<(), AppError> {
    let now = inquiry.now();
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
    let afterwards = afterwards(tx, &row)?;
    let stands = Stands::of(&row, afterwards.as_ref());
    if stood.is_some_and(|stood| *stood != stands.code()) {
        faults.push(Fault::new(FaultKind::ChangedMeanwhile, "document_id", "ARC-3"));
    }
    let lifts = may_show_more(inquiry.caller(), is_keepers(&permit), &row.controller);
    faults.extend(held_by_others(&row));
    if row.state == VersionState::InForce
        && !lifts
        && shown_after(tx, inquiry, &row, afterwards.as_ref())?.more
    {
        faults.push(shows_more(&row));
    }
    if !faults.is_empty() {
        let codes = faults.iter().map(Fault::code).collect();
        tx.log(&line(Outcome::Refused(codes), Some(&row)))?;
        return Err(AppError::Refused(faults));
    }
    let logged = tx.log(&line(Outcome::Permitted(permit.basis()), Some(&row)))?;
    let explanation = request.explanation.as_deref();
    let told = (logged.number, now);
    tx.invalidate_version(&permit, row.client, &request.reason, explanation, told)?;
    if row.state == VersionState::InForce
        && let Some(before) = afterwards
    {
        tx.restore_version(before.version)?;
    }
    Ok(())
}

/// The version that comes back into force when the one in force is invalidated: the newest replaced one before it.
fn before(tx: &ReadTx<'_>, row: &VersionRow) -> Result<Option<VersionRow>, StoreError> {
    let is_before =
        |one: &VersionRow| one.number < row.number && one.state == VersionState::Replaced;
    Ok(tx.list_versions(row.set)?.into_iter().rfind(is_before))
}

/// The version that is in force once one is not.
fn afterwards(tx: &ReadTx<'_>, row: &VersionRow) -> Result<Option<VersionRow>, StoreError> {
    if row.state == VersionState::InForce {
        before(tx, row)
    } else {
        let mut versions = tx.list_versions(row.set)?.into_iter();
        Ok(versions.find(|one| one.state == VersionState::InForce))
    }
}

impl Stands {
    fn of(row: &VersionRow, afterwards: Option<&VersionRow>) -> Self {
        Self { state: row.state, afterwards: afterwards.map(|one| one.number) }
    }
}

/// Whether it is as the keeper of the archive that somebody may invalidate.
fn is_keepers(permit: &InvalidatePermit) -> bool {
    permit.basis() == Basis::Archivist
}

/// The client's side would see more afterwards.
fn shows_more(row: &VersionRow) -> Fault {
    Fault::new(FaultKind::ShowsMore, "document_id", "CIT-3").value(row.oid.as_str())
}

/// What invalidating a version comes to; what is named beside it is decided by itself.
fn told(seen: &mut Seen<'_, '_>, may: &InvalidatePermit) -> Result<InvalidationTold, AppError> {
    let (tx, row, permit) = (seen.tx, seen.row, seen.permit);
    let comes = afterwards(tx, row)?;
    let stands = Stands::of(row, comes.as_ref());
    let shown = match row.state {
        VersionState::InForce => Some(shown_after(tx, seen.inquiry, row, comes.as_ref())?),
        _ => None,
    };
    let mut kept_from: Vec<Fault> = held_by_others(row).into_iter().collect();
    let lifts = may_show_more(seen.inquiry.caller(), is_keepers(may), &row.controller);
    if shown.is_some_and(|shown| shown.more) && !lifts {
        kept_from.push(shows_more(row));
    }
    let mut named = |others: Vec<VersionRow>| {
        let mut shown = Vec::new();
        for other in others {
            let listed = seen.inquiry.may_list(tx, &other)?;
            if listed.is_ok_and(|permit| whereabouts::may_name(&permit, &other)) {
                let _ = write!(seen.detail, " {}", other.version.0);
                shown.push(other.oid);
            }
        }
        Ok::<_, StoreError>(shown)
    };
    let afterwards = match comes {
        None => Afterwards::NoVersion,
        Some(one) => named(vec![one])?.pop().map_or(Afterwards::Withheld, Afterwards::Version),
    };
    Ok(InvalidationTold {
        afterwards,
        shown,
        kept_from,
        stands,
        attachments: named(tx.list_attachments(row.set)?)?,
        view: view(tx, permit, row)?,
        done: tx.find_invalidation(permit)?.map(|row| InvalidationDone {
            reason: row.reason,
            at: row.at,
            line: row.line,
        }),
        corrections: waiting_about(tx, seen.inquiry, row, permit)?,
    })
}

//! Invalidating a version by a national message: the frame must name the very version that it invalidates
//! (ARC-3).

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_formats::metadata;
use varanto_formats::national::frame::Frame;
use varanto_formats::national::message::{self, Message};
use varanto_store::StoreError;

use super::invalidate_document::{InvalidationRequest, held_by_others};
use crate::{App, AppError};

/// The invalidation that a frame asks for.
pub(super) struct AskedInvalidation {
    /// The version.
    pub(super) document: Oid,
    /// Why.
    pub(super) request: InvalidationRequest,
}

impl AskedInvalidation {
    /// What the message's frame asks for, if it is this.
    pub(super) fn of(message: &mut Message) -> Option<Self> {
        let (document, why) = message.frame.nullification.take()?;
        let request = InvalidationRequest { reason: why.reason, explanation: why.explanation };
        Some(Self { document, request })
    }
}

impl App {
    /// Invalidates the version, unless the frame has faults or names another one than it means.
    pub(super) fn invalidate_by_message(
        &self,
        caller: &Caller,
        frame: &Frame,
        asked: &AskedInvalidation,
        mut faults: Vec<Fault>,
    ) -> Result<(), AppError> {
        faults.extend(self.faults_of_naming(caller, frame, &asked.document)?);
        self.invalidate_as_asked(caller, &asked.document, (&asked.request, None), faults)
    }

    /// What invalidating would be refused for; invalidates nothing.
    ///
    /// # Errors
    /// As [`App::invalidate_document`].
    pub(super) fn check_invalidation(
        &self,
        caller: &Caller,
        frame: &Frame,
        asked: &AskedInvalidation,
    ) -> Result<Vec<Fault>, AppError> {
        let now = self.clock.now();
        let inquiry = self.inquiry(caller, Purpose::READ, now);
        let found = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_version(&asked.document)? else { return Ok(None) };
            let answer = inquiry.may_invalidate(tx, &row)?;
            Ok(Some((row, answer)))
        })?;
        let refuse = |outcome, error| {
            self.log(caller, Event::Check, outcome, now)?;
            Err(error)
        };
        let Some((row, answer)) = found else {
            return refuse(Outcome::Refused(vec!["not-found"]), AppError::NotFound);
        };
        if let Err(denial) = answer {
            return refuse(Outcome::Denied(denial), AppError::Denied(denial));
        }
        if row.state == VersionState::Invalidated {
            let error = AppError::AlreadyInvalidated(row.oid.clone());
            return refuse(Outcome::Refused(vec!["already-invalidated"]), error);
        }
        let mut faults = asked.request.faults(self.registry().code_sets(), now);
        faults.extend(held_by_others(&row));
        faults.extend(self.faults_of_naming(caller, frame, &asked.document)?);
        Ok(faults)
    }

    /// Where the frame's copy of the metadata differs from the version that its identifier names. That
    /// there is none, or that the caller may not invalidate it (again), is told by the invalidation itself.
    fn faults_of_naming(
        &self,
        caller: &Caller,
        frame: &Frame,
        document: &Oid,
    ) -> Result<Vec<Fault>, AppError> {
        let inquiry = self.inquiry(caller, Purpose::READ, self.clock.now());
        let compared = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_version(document)? else { return Ok(false) };
            let known = row.state == VersionState::Invalidated;
            Ok(!known && inquiry.may_invalidate(tx, &row)?.is_ok())
        })?;
        if !compared {
            return Ok(Vec::new());
        }
        // What differs tells of the record, so this is a look at it.
        self.look(caller, document, Purpose::READ, "compared", |seen| {
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let record = seen.tx.record(&whole, seen.row)?;
            let version = seen.row.version.0;
            let damaged = || StoreError::Damaged(format!("the record of version {version}"));
            let (metadata, _) = metadata::read(&record).map_err(|_| damaged())?;
            Ok(message::naming_faults(frame, &metadata))
        })
    }
}

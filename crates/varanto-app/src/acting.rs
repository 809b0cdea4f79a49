//! What every act begins with: who acts, when and about whom, by what it is decided, and the line that tells how it ended.

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Basis, Caller, Denial, Purpose};
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientKey, PersonalIdentityCode, VersionKey};
use varanto_domain::time::Instant;
use varanto_store::{StoreError, VersionRow, WriteTx};

use crate::inquiry::{Inquiry, Learnt};
use crate::{App, AppError, Registry};

/// Who acts, when, and about whom: what every line of an act begins with. The version of a document makes the line one of its
/// controller's register.
#[derive(Clone)]
pub(crate) struct Acting {
    pub(crate) actor: Actor,
    pub(crate) now: Instant,
    event: Event,
    client: Option<ClientKey>,
    version: Option<VersionKey>,
}

impl Acting {
    pub(crate) fn of(caller: &Caller, event: Event, now: Instant) -> Self {
        Self { actor: Actor::of(caller), now, event, client: None, version: None }
    }

    /// The same act, about a version of a document of its client's.
    pub(crate) fn about(&self, row: &VersionRow) -> Self {
        self.about_version(Some((row.client, row.version)))
    }

    /// As [`Acting::about`]; `None`: about nobody's.
    pub(crate) fn about_version(&self, about: Option<(ClientKey, VersionKey)>) -> Self {
        let (client, version) = about.unzip();
        Self { client, version, ..self.clone() }
    }

    /// The same act, about a client and no document; `None`: about nobody who is known.
    pub(crate) fn about_client(&self, client: Option<ClientKey>) -> Self {
        Self { client, ..self.clone() }
    }

    /// The line that tells how it ended.
    pub(crate) fn line(&self, outcome: Outcome, detail: impl Into<String>) -> LogLine {
        let Self { actor, now, event, client, version } = self.clone();
        LogLine { at: now, event, outcome, actor, client, version, detail: detail.into() }
    }

    /// Notes what was done, and answers the number of its line.
    pub(crate) fn permit(
        &self,
        tx: &mut WriteTx<'_>,
        basis: Basis,
        detail: impl Into<String>,
    ) -> Result<i64, StoreError> {
        Ok(tx.log(&self.line(Outcome::Permitted(basis), detail))?.number)
    }

    /// Refuses with every fault; the line commits with the answer.
    pub(crate) fn refuse(
        &self,
        tx: &mut WriteTx<'_>,
        faults: Vec<Fault>,
    ) -> Result<AppError, StoreError> {
        let codes = faults.iter().map(Fault::code).collect();
        tx.log(&self.line(Outcome::Refused(codes), ""))?;
        Ok(AppError::Refused(faults))
    }

    /// Denies; the line commits with the answer.
    pub(crate) fn deny(
        &self,
        tx: &mut WriteTx<'_>,
        denial: Denial,
    ) -> Result<AppError, StoreError> {
        tx.log(&self.line(Outcome::Denied(denial), ""))?;
        Ok(AppError::Denied(denial))
    }

    /// Tells that there is nothing of that name; the line commits with the answer.
    pub(crate) fn not_found(&self, tx: &mut WriteTx<'_>) -> Result<AppError, StoreError> {
        tx.log(&self.line(Outcome::Refused(vec!["not-found"]), ""))?;
        Ok(AppError::NotFound)
    }
}

/// By what an act is decided in its turn on the writer, which may come more than once.
pub(crate) struct Decider {
    caller: Caller,
    purpose: Purpose,
    registry: Arc<Registry>,
    learnt: Learnt,
    now: Instant,
}

impl Decider {
    /// What is asked within one turn.
    pub(crate) fn inquiry(&self) -> Inquiry<'_> {
        let inquiry = Inquiry::new(&self.caller, self.purpose, self.registry.clone(), self.now);
        inquiry.with(self.learnt.clone())
    }

    /// Who acts.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The registers, structures and code sets by which it is decided.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl App {
    /// What an act is decided by, with what was learnt for it before.
    pub(crate) fn decider(
        &self,
        caller: &Caller,
        purpose: Purpose,
        now: Instant,
        learnt: Learnt,
    ) -> Decider {
        Decider { caller: caller.clone(), purpose, registry: self.registry(), learnt, now }
    }

    /// As [`App::decider`] of what a citizen does about a client: the registers of persons and mandates are asked.
    pub(crate) fn decider_of_citizen(
        &self,
        caller: &Caller,
        purpose: Purpose,
        now: Instant,
        client: PersonalIdentityCode,
    ) -> Result<Decider, AppError> {
        let inquiry = self.inquiry(caller, purpose, now);
        self.learn_of_principal(&inquiry, client)?;
        Ok(self.decider(caller, purpose, now, inquiry.learnt()))
    }

    /// Refuses for one fault outside any turn; the line is on disk then.
    pub(crate) fn refuse(&self, acting: &Acting, fault: Fault) -> Result<AppError, AppError> {
        self.write_line(acting.line(Outcome::Refused(vec![fault.code()]), ""))?;
        Ok(AppError::Refused(vec![fault]))
    }

    /// Denies outside any turn; the line is on disk then.
    pub(crate) fn deny(&self, acting: &Acting, denial: Denial) -> Result<AppError, AppError> {
        self.write_line(acting.line(Outcome::Denied(denial), ""))?;
        Ok(AppError::Denied(denial))
    }
}

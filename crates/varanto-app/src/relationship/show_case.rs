//! A case as the archive knows it, for one who may read its document.

use varanto_domain::access::log::Event;
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_store::StoreError;

use crate::archive::whereabouts;
use crate::{App, AppError};

/// A case as the newest version of its document states it.
#[derive(Debug, Clone)]
pub struct CaseState {
    /// Its identifier.
    pub case: Oid,
    /// The relationship it belongs to; `None` where its identifier tells who serves the client, and that is masked,
    /// and for one who is told nothing of the other clients of a joint case.
    pub relationship: Option<Oid>,
    /// The version that states it; `None` where its identifier is masked.
    pub document: Option<Oid>,
    /// Whether something is left out: what tells where the client is, or the other clients.
    pub masked: bool,
    /// The version's number.
    pub version: u32,
    /// In whose register.
    pub controller: Oid,
    /// The service task's code.
    pub service_task: String,
    /// Whether it is closed.
    pub closed: bool,
    /// Since when.
    pub closed_on: Option<FinnishDay>,
    /// Whether it is a joint one.
    pub joint: bool,
}

impl App {
    /// Shows a case.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    ///
    /// Source: REL-2, REL-4.
    pub fn show_case(
        &self,
        caller: &Caller,
        case: &Oid,
        purpose: Purpose,
    ) -> Result<CaseState, AppError> {
        let found = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_case(case)? else { return Ok(None) };
            Ok(Some(tx.oid_of(row.from)?))
        })?;
        let Some(document) = found else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        self.look(caller, &document, purpose, "case", |seen| {
            let damaged = || StoreError::Damaged("the row of a case document".to_owned());
            let known = seen.tx.case_of_key(seen.row.case_key.ok_or_else(damaged)?)?.known;
            let permit = seen.permit;
            let masks = permit.grant().masks();
            let shown = |id| whereabouts::identifier(masks, id, &known.controller);
            let of_another = permit.grant().hides_others() && !permit.is_through_its_own();
            Ok(CaseState {
                relationship: shown(&known.relationship.id).filter(|_| !of_another),
                document: shown(&document),
                masked: permit.whole().is_err(),
                case: known.id,
                version: seen.row.number,
                controller: known.controller,
                service_task: known.service_task,
                closed: known.closed,
                closed_on: known.closed_on,
                joint: known.joint,
            })
        })
    }
}

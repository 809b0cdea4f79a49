//! Who is and was responsible for a client's services, for one who may read the relationship document (REL-11).

use std::fmt::Write;

use varanto_domain::access::log::Event;
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{Responsibility, WorkersOfVersion, responsibilities};
use varanto_domain::time::FinnishDay;
use varanto_formats::content;
use varanto_store::StoreError;

use crate::archive::whereabouts;
use crate::{App, AppError};

/// Who was responsible, and when.
#[derive(Debug, Clone)]
pub struct WorkersShown {
    /// The newest version of the relationship's document; `None` where it tells who serves the client, and that is
    /// masked.
    pub document: Option<Oid>,
    /// Whether what tells where the client is is masked: the workers' units, and with them the service tasks.
    pub masked: bool,
    /// Whether every version was the caller's to read: of one that is not nothing is told.
    pub complete: bool,
    /// The day that was asked for; `None`: every day.
    pub on: Option<FinnishDay>,
    /// Who, for what, on which days, in the order in which they began.
    pub responsible: Vec<Responsibility>,
}

impl App {
    /// Shows the own worker and the responsible workers of a relationship, for each service task, with the days
    /// of each; or those of one day. Read from the versions of the document, each of which is decided for itself, and
    /// masked as the relationship is.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    ///
    /// Source: REL-11, ARC-10.
    pub fn show_workers(
        &self,
        caller: &Caller,
        relationship: &Oid,
        on: Option<FinnishDay>,
        purpose: Purpose,
    ) -> Result<WorkersShown, AppError> {
        let registry = self.registry();
        let found = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_relationship(relationship)? else { return Ok(None) };
            Ok(Some(tx.oid_of(row.from)?))
        })?;
        let Some(document) = found else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        self.look(caller, &document, purpose, "workers", |seen| {
            let mut versions = Vec::new();
            let (mut complete, mut masked) = (true, false);
            for row in seen.tx.list_versions(seen.row.set)? {
                let Ok(permit) = seen.inquiry.may_read(seen.tx, &row)? else {
                    complete = false;
                    continue;
                };
                let damaged =
                    |_| StoreError::Damaged(format!("the content of version {}", row.version.0));
                masked |= permit.grant().masks();
                let parts = whereabouts::content(seen.tx, &permit, &row, &registry)?;
                let part = parts.iter().find(|(part, _)| *part == Part::Structured);
                let bytes = part.map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
                let told = content::read(bytes, Part::Structured.name()).map_err(damaged)?;
                versions.push(WorkersOfVersion::read(&told, FinnishDay::of(row.written_at)));
                let _ = write!(seen.detail, " {}", row.version.0);
            }
            let mut responsible = responsibilities(&versions);
            responsible.retain(|one| on.is_none_or(|day| one.days.contains(day)));
            let document = whereabouts::identifier(masked, &document, &seen.row.controller);
            Ok(WorkersShown { document, masked, complete, on, responsible })
        })
    }
}

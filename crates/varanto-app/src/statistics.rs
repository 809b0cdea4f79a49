//! How much is inside, and how fast it came: counts that tell of nobody (ARC-13, OPS-4).

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{self, Basis, Caller, Denial};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::ids::Oid;
pub use varanto_store::{DelayRow, TallyRow};

use crate::{App, AppError};

/// What is inside, over all registers.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Clients about whom anything is archived.
    pub clients: u64,
    /// Versions of documents.
    pub versions: u64,
    /// Bytes of content as sent.
    pub content_bytes: u64,
    /// Versions by group.
    pub by_group: Vec<(DocumentGroup, u64)>,
    /// Versions by document type, most first.
    pub by_type: Vec<(String, u64)>,
    /// Versions by the month in which they were written, oldest first.
    pub by_month: Vec<((i16, i8), u64)>,
    /// Versions by controller.
    pub by_controller: Vec<(Oid, u64)>,
    /// Lines of the use log.
    pub log_lines: u64,
    /// Leaves of the proof log.
    pub proof_leaves: u64,
}

impl App {
    /// Counts what is inside.
    pub fn contents(&self) -> Result<Contents, AppError> {
        use std::collections::BTreeMap;
        self.store.read(|tx| {
            let mut contents = Contents {
                clients: tx.count_clients()?,
                log_lines: tx.count_log_lines()?,
                proof_leaves: tx.log_size()?,
                ..Contents::default()
            };
            let mut by_group: BTreeMap<DocumentGroup, u64> = BTreeMap::new();
            let mut by_type: BTreeMap<String, u64> = BTreeMap::new();
            let mut by_month: BTreeMap<(i16, i8), u64> = BTreeMap::new();
            let mut by_controller: BTreeMap<Oid, u64> = BTreeMap::new();
            for row in tx.list_tallies()? {
                contents.versions += row.versions;
                contents.content_bytes += row.content_bytes;
                *by_group.entry(row.group).or_default() += row.versions;
                *by_month.entry(row.month).or_default() += row.versions;
                *by_controller.entry(row.controller).or_default() += row.versions;
                if let Some(document_type) = row.document_type {
                    *by_type.entry(document_type).or_default() += row.versions;
                }
            }
            contents.by_group = by_group.into_iter().collect();
            contents.by_month = by_month.into_iter().collect();
            contents.by_controller = by_controller.into_iter().collect();
            contents.by_type = by_type.into_iter().collect();
            contents.by_type.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            Ok(contents)
        })
    }

    /// The delays between ready and archived in one of the caller's own registers, newest day
    /// first. Logged.
    ///
    /// # Errors
    /// [`AppError::Denied`] for another's register.
    pub fn archiving_delays(
        &self,
        caller: &Caller,
        controller: &Oid,
        days: usize,
    ) -> Result<Vec<DelayRow>, AppError> {
        let own = caller.registers.contains(controller);
        let barred =
            access::may_look(caller).and(if own { Ok(()) } else { Err(Denial::AnotherRegister) });
        let outcome = match barred {
            Ok(()) => Outcome::Permitted(Basis::OwnRegister),
            Err(denial) => Outcome::Denied(denial),
        };
        self.log(caller, Event::Search, outcome, self.clock.now())?;
        barred.map_err(AppError::Denied)?;
        self.store.read(|tx| Ok(tx.list_delays(controller, days)?))
    }
}

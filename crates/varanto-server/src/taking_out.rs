//! Registers that the keepers of their archives take out at the desk: into a folder of the machine that the configuration names,
//! one register once at a time, beside the doors. How far each is stands in memory; what became of it the use log tells for good.
//!
//! Source: OPS-3, CAS-6.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use varanto_app::App;
use varanto_app::transfer::{ExportedRegister, TransferError, TransferRequest, TransferStep};
use varanto_domain::access::Caller;
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

use crate::doors::Doors;

/// Where a register is on its way out.
#[derive(Debug, Clone)]
pub(crate) enum Taking {
    /// It goes, and so far.
    Goes { since: Instant, step: Option<TransferStep> },
    /// It is in a file of this name.
    Done { at: Instant, file: String, package: ExportedRegister },
    /// There is no package; the code says why.
    Failed { at: Instant, why: &'static str },
}

/// The registers that were taken out since the program began.
#[derive(Debug, Default)]
pub struct Takings(Mutex<BTreeMap<Oid, Taking>>);

impl Takings {
    /// Where a register is.
    pub(crate) fn of(&self, controller: &Oid) -> Option<Taking> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(controller).cloned()
    }

    fn set(&self, controller: &Oid, taking: Taking) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(controller.clone(), taking);
    }

    /// Begins a register's way out; whether it was not on it already.
    fn begin(&self, controller: &Oid, since: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(all.get(controller), Some(Taking::Goes { .. })) {
            return false;
        }
        all.insert(controller.clone(), Taking::Goes { since, step: None });
        true
    }
}

/// Takes a register out in the background; whether it was not going already. Whoever may not is told by the archive's own
/// decision, which comes before anything goes.
pub(crate) fn begin(doors: &Doors, caller: Caller, request: TransferRequest) -> bool {
    let now = doors.clock.now();
    if !doors.takings.begin(&request.controller, now) {
        return false;
    }
    let file = format!("{}-{}.tar", request.controller, now.millis());
    let place = doors.config.transfer.folder.join(&file);
    let ends = Ends { doors: doors.clone(), controller: request.controller.clone() };
    doors.aside(move |app| {
        let done = take_out(app, &ends, &caller, &request, &place);
        let at = ends.doors.clock.now();
        let taking = match done {
            Ok(package) => Taking::Done { at, file, package },
            Err(error) => {
                tracing::error!(%error, "a register was not taken out");
                Taking::Failed { at, why: error.code() }
            }
        };
        ends.doors.takings.set(&ends.controller, taking);
    });
    true
}

fn take_out(
    app: &App,
    ends: &Ends,
    caller: &Caller,
    request: &TransferRequest,
    place: &Path,
) -> Result<ExportedRegister, TransferError> {
    if let Some(folder) = place.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|why| TransferError::File { path: folder.to_owned(), why })?;
    }
    let since = ends.doors.clock.now();
    app.export_register(caller, request, place, |step| {
        ends.doors.takings.set(&ends.controller, Taking::Goes { since, step: Some(step) });
    })
}

/// Tells that a register does not go any more, also when what takes it out breaks down.
struct Ends {
    doors: Doors,
    controller: Oid,
}

impl Drop for Ends {
    fn drop(&mut self) {
        let takings = &self.doors.takings;
        if matches!(takings.of(&self.controller), Some(Taking::Goes { .. })) {
            let at = self.doors.clock.now();
            takings.set(&self.controller, Taking::Failed { at, why: "archive" });
        }
    }
}

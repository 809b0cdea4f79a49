//! What is kept of the archive that a register was taken in from, on its way out: its proofs, and the lines of its log.

use std::path::Path;

use varanto_domain::access::{Caller, TransferPermit};
use varanto_domain::ids::VersionKey;
use varanto_store::ReadTx;

use super::files::{Writer, Written};
use super::{TransferError, TransferRequest};
use crate::App;

/// The name of what the other archive kept of a version, in a folder of the taking in.
const VERSIONS: &str = "versions";

impl App {
    /// Takes out what is kept of the archives that a controller's register was taken in from, each in a folder named by the line
    /// that its taking in began with: the files of the package beside its documents, and what was kept there of each version.
    /// It is asked for as the register itself is. Answers how many files there are.
    ///
    /// # Errors
    /// As [`App::export_register`].
    ///
    /// Source: OPS-3, ARC-15, LOG-1.
    pub fn export_taken_in(
        &self,
        caller: &Caller,
        request: &TransferRequest,
        place: &Path,
    ) -> Result<u64, TransferError> {
        let permit = self.may_transfer(caller, request)?;
        let words = request.words("export-taken-in");
        self.write_line(self.transfer_line(caller, format!("{words} begun")))?;
        let seconds = u64::try_from(self.clock.now().millis() / 1000).unwrap_or_default();
        let written = self.store.read::<_, TransferError>(|tx| {
            write_out(tx, &permit, Writer::begin(place, "taken-in", seconds)?)
        });
        let told = match &written {
            Ok((files, _)) => format!("{words} files={files}"),
            Err(error) => format!("{words} failed={}", error.code()),
        };
        let told = self.write_line(self.transfer_line(caller, told));
        let (files, written) = written?;
        told?;
        written.name()?;
        Ok(files)
    }
}

fn write_out(
    tx: &ReadTx<'_>,
    permit: &TransferPermit,
    mut writer: Writer,
) -> Result<(u64, Written), TransferError> {
    let mut files = 0;
    for taken in tx.list_taken()?.iter().filter(|one| one.controller == *permit.controller()) {
        for name in tx.list_taken_files(permit, taken)? {
            let Some(data) = tx.taken_file(permit, taken, &name)? else { continue };
            writer.put(&format!("{}/{name}", taken.line.number), &data)?;
            files += 1;
        }
    }
    let mut last = VersionKey(i64::MIN);
    loop {
        let found = tx.list_register(permit, last)?;
        let Some((newest, _)) = found.last() else { break };
        last = *newest;
        for (version, document) in found {
            let Some((taken, data)) = tx.taken_version(permit, version)? else { continue };
            writer.put(&format!("{taken}/{VERSIONS}/{document}.json"), &data)?;
            files += 1;
        }
    }
    Ok((files, writer.finish()?))
}

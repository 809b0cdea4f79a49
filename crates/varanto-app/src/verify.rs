//! Verifying: that nothing in the store was changed or lost, and that a receipt holds (ARC-15).

use varanto_domain::archive::documents::{DocumentGroup, Part, VersionState};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::archive::receipt::Receipt;
use varanto_domain::archive::register_documents::{CaseContent, RelationshipContent};
use varanto_domain::disclosure::{PermissionContent, RefusalContent, is_will};
use varanto_domain::ids::{ClientIdentifier, TemporaryIdentifier};
use varanto_domain::time::FinnishDay;
use varanto_formats::checkpoints::{self, ExportedCheckpoint};
use varanto_formats::national::message;
use varanto_formats::{content, metadata};
pub use varanto_store::Damage;
use varanto_store::{ReadTx, ReadVersion, StoreError, VersionRow};

pub use self::certificate::{CertificateFault, CertificateVerdict, verify_certificate};
use self::offline::body_of;
pub use self::offline::{Held, ReceiptProblem, ReceiptVerdict, verify_receipt};
pub use self::package::{PackageFault, PackageVerdict, verify_package};
pub use self::register::{RegisterVerdict, verify_register};
use self::signatures::SignatureCheck;
use crate::{App, AppError, derived, users};

mod certificate;
mod offline;
mod package;
mod register;
mod signatures;

/// What a verification of the whole store found.
#[derive(Debug, Clone)]
pub struct StoreVerdict {
    /// Versions read.
    pub versions: u64,
    /// Log lines read.
    pub lines: u64,
    /// Versions of clients whose key was destroyed by intent.
    pub erased: u64,
    /// Versions that were destroyed, as the log tells: nothing is left of them but their leaves.
    pub destroyed: u64,
    /// Leaves of the proof log.
    pub leaves: u64,
    /// Tiles read.
    pub tiles: u64,
    /// The newest signed checkpoint.
    pub checkpoint: String,
    /// What is damaged, and where.
    pub damage: Vec<Damage>,
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The database checks its own pages.
    Database,
    /// So many tiles of the proof log were read.
    Tiles(u64),
    /// So many rows were read.
    Rows(u64),
}

impl App {
    /// Verifies the whole store: the database's own structure, the proof log up to its signature,
    /// and every version and log line against it. Nobody is shown anything of what is read. Keys and
    /// recurring texts that are in memory are not read again, so open the archive anew for it.
    ///
    /// # Errors
    /// Only when the store cannot be read at all; damage is in the verdict.
    pub fn verify_store(
        &self,
        mut progress: impl FnMut(Progress),
    ) -> Result<StoreVerdict, AppError> {
        let registry = self.registry();
        let today = FinnishDay::of(self.clock.now());
        self.store.read(|tx| {
            progress(Progress::Database);
            let mut damage = tx.verify_database()?;
            damage.extend(tx.verify_schema()?);
            let log = tx.verify_log(|tiles| progress(Progress::Tiles(tiles)))?;
            damage.extend(log.damage);
            let mut signatures = SignatureCheck::default();
            let mut judge = |tx: &ReadTx<'_>, read: &ReadVersion<'_>| {
                let mut judge = Judge { tx, row: read.row, damage: Vec::new() };
                judge.version(read.record, read.parts, registry.code_sets(), today)?;
                judge.header(read);
                judge.damage.extend(signatures.version(tx, read)?);
                Ok(judge.damage)
            };
            let rows = tx.verify_rows(&mut judge, |rows| progress(Progress::Rows(rows)))?;
            damage.extend(rows.damage);
            match users::damage_of(tx) {
                Err(StoreError::Damaged(what)) => damage.push(Damage::at("users", what)),
                found => damage.extend(found?),
            }
            Ok(StoreVerdict {
                versions: rows.versions,
                lines: rows.lines,
                erased: rows.erased,
                destroyed: rows.destroyed,
                leaves: log.leaves,
                tiles: log.tiles,
                checkpoint: tx.newest_checkpoint()?.note,
                damage,
            })
        })
    }

    /// The newest checkpoint with what an outsider needs to use it: the key that it is signed with,
    /// and the proof that it continues the checkpoint of a receipt.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the receipt is of a larger log than this.
    pub fn export_checkpoint(&self, receipt: Option<&Receipt>) -> Result<String, AppError> {
        let from = receipt.and_then(|receipt| body_of(&receipt.checkpoint)).map(|body| body.size);
        let (note, path) = self.store.read::<_, AppError>(|tx| {
            let newest = tx.newest_checkpoint()?;
            let path = match from {
                Some(from) if from > newest.body.size => return Err(AppError::NotFound),
                Some(from) => Some((from, tx.consistency(from, newest.body.size)?)),
                None => None,
            };
            Ok((newest.note, path))
        })?;
        Ok(checkpoints::write(&ExportedCheckpoint {
            verifier_key: self.verifier_key(),
            checkpoint: note,
            continues: path,
        }))
    }
}

/// The checks that follow from what a record and a content say.
struct Judge<'t> {
    tx: &'t ReadTx<'t>,
    row: &'t VersionRow,
    damage: Vec<Damage>,
}

impl Judge<'_> {
    fn version(
        &mut self,
        kept: &[u8],
        parts: &[Vec<u8>],
        code_sets: &varanto_domain::codes::CodeSets,
        today: FinnishDay,
    ) -> Result<(), StoreError> {
        let place = format!("version {}", self.row.version.0);
        let raw = metadata::read(kept).ok();
        let Some((raw, _)) = raw else {
            self.damage.push(Damage::at(place, "its record does not read"));
            return Ok(());
        };
        let temporary = derived::temporary_identifier(&raw);
        let identifier = derived::identity_code(&raw)
            .map(ClientIdentifier::Code)
            .or_else(|| temporary.clone().map(ClientIdentifier::Temporary));
        let client = identifier.map(|identifier| self.tx.find_client(&identifier)).transpose()?;
        if client.flatten() != Some(self.row.client) {
            self.damage
                .push(Damage::at(place, "its client is not found by the client's identifier"));
        }
        // Documents of the will have rows for every version, the others for the one in force.
        if self.row.state == VersionState::InForce || is_will(self.row.group) {
            let structured = parts.first().and_then(|part| content::read(part, "structured").ok());
            match (self.row.group, structured) {
                (DocumentGroup::Relationship, Some(read)) => {
                    self.relationship(&raw, &RelationshipContent::read(&read))?;
                }
                (DocumentGroup::Case, Some(read)) => {
                    let said = CaseContent::read(&read, code_sets, today);
                    self.case(&raw, &said, temporary.as_ref())?;
                }
                (DocumentGroup::Refusal, Some(read)) => {
                    let said = RefusalContent::read(&read).entries;
                    let place = format!("refusals of version {}", self.row.version.0);
                    let kept = self.kept(&place, self.tx.refusals_of(self.row.version))?;
                    self.same(place, kept.is_none_or(|kept| kept == said));
                }
                (DocumentGroup::Permission, Some(read)) => {
                    let written_on = FinnishDay::of(self.row.written_at);
                    let said = PermissionContent::read(&read).said(written_on);
                    let place = format!("permission of version {}", self.row.version.0);
                    let kept = self.kept(&place, self.tx.permission_of(self.row.version))?;
                    self.same(place, kept.is_none_or(|kept| kept == Some(said)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Holds the metadata against the header of the national document that they were read from.
    fn header(&mut self, read: &ReadVersion<'_>) {
        let place = self.row.parts.iter().position(|part| *part == Part::National);
        let national = place.and_then(|place| read.parts.get(place));
        let (Some(national), Ok((archived, _))) = (national, metadata::read(read.record)) else {
            return;
        };
        let header = message::read_document(national).document.metadata;
        if !header.differences(&archived).is_empty() {
            let place = format!("version {}", self.row.version.0);
            let what = "its metadata are not those of its national document's header";
            self.damage.push(Damage::at(place, what));
        }
    }

    /// Notes rows that are not the same as their document.
    fn same(&mut self, place: String, same: bool) {
        if !same {
            self.damage.push(Damage::at(place, "differs from its document"));
        }
    }

    /// Holds the rows of a relationship and of its rights against the document.
    fn relationship(
        &mut self,
        raw: &RawMetadata<'_>,
        said: &RelationshipContent,
    ) -> Result<(), StoreError> {
        let derived = derived::relationship(self.tx, self.row, raw, said);
        let place = format!("relationship of version {}", self.row.version.0);
        let Some(Some((known, rights))) = self.kept(&place, derived)? else { return Ok(()) };
        let place = format!("relationship {}", known.id);
        let Some(row) = self.kept(&place, self.tx.find_relationship(&known.id))? else {
            return Ok(());
        };
        let same = row.is_some_and(|row| {
            Some(row.key) == self.row.relationship_key
                && row.from == self.row.version
                && row.known == known
        });
        if !same {
            self.damage.push(Damage::at(place, "differs from its document"));
        }
        let Some(key) = self.row.relationship_key else { return Ok(()) };
        let place = format!("rights of relationship {}", known.id);
        let Some(kept) = self.kept(&place, self.tx.list_rights(key))? else { return Ok(()) };
        let same = kept.len() == rights.len()
            && (0i64..).zip(kept).zip(rights).all(|((place, row), right)| {
                row.place == place && row.client == self.row.client && row.right == right
            });
        if !same {
            self.damage.push(Damage::at(place, "differ from its document"));
        }
        Ok(())
    }

    /// `own` is the temporary identifier of the document's client.
    fn case(
        &mut self,
        raw: &RawMetadata<'_>,
        said: &CaseContent,
        own: Option<&TemporaryIdentifier>,
    ) -> Result<(), StoreError> {
        let Some(id) = derived::oid(raw, Element::CaseId) else { return Ok(()) };
        let place = format!("case {id}");
        let derived = derived::case(self.tx, self.row, raw, said, own);
        let Some(known) = self.kept(&place, derived)? else { return Ok(()) };
        let Some(row) = self.kept(&place, self.tx.find_case(&id))? else { return Ok(()) };
        let same = row.is_some_and(|row| {
            Some(row.key) == self.row.case_key
                && Some(row.relationship_key) == self.row.relationship_key
                && row.from == self.row.version
                && Some(row.known) == known
        });
        if !same {
            self.damage.push(Damage::at(place, "differs from its document"));
        }
        Ok(())
    }

    /// What was read of rows; `None`, and noted, when they are damaged.
    fn kept<T>(
        &mut self,
        place: &str,
        read: Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match read {
            Err(StoreError::Damaged(what)) => {
                self.damage.push(Damage::at(place, what));
                Ok(None)
            }
            read => read.map(Some),
        }
    }
}

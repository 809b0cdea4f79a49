//! A document version that is ready to be kept: examined, and sealed before its turn on the writer.

use varanto_domain::archive::documents::{Form, Part, archiving_delay_millis};
use varanto_domain::archive::metadata::Metadata;
use varanto_domain::archive::references::RegisterContent;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientKey, VersionKey};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{
    DataKey, NewVersion, SealedContent, SealedRecord, SealedSignatures, Store, VersionEvidence,
    WriteTx,
};

use super::archive_document::Submission;
use super::examine::{ExaminedBy, examine};
use super::signatures::{Kept as KeptSignatures, judge_signatures};
use crate::{App, AppError, Registry};

/// A version and all that is kept of it.
pub(crate) struct Parcel {
    pub(crate) version: VersionKey,
    /// The dictionaries of content and record.
    pub(super) dictionaries: [i64; 2],
    pub(super) record: Vec<u8>,
    pub(super) arrival: String,
    pub(super) content: RegisterContent,
    pub(crate) metadata: Metadata,
    pub(super) submission: Submission,
    pub(super) signatures: Option<KeptSignatures>,
    pub(super) form: Form,
    pub(super) received: Instant,
}

/// What is sealed before the writer's turn, under the client's key.
pub(crate) struct Sealed {
    content: SealedContent,
    record: SealedRecord,
    signatures: Option<SealedSignatures>,
}

/// What a version hangs on.
pub(crate) struct Place {
    pub(crate) client: ClientKey,
    /// The first version's key; `None`: it is the first one itself.
    pub(crate) set: Option<VersionKey>,
    pub(crate) main: Option<VersionKey>,
    /// Of its relationship, and of its case.
    pub(crate) keys: (Option<i64>, Option<i64>),
}

impl Parcel {
    /// Compresses and encrypts it under the client's key.
    pub(crate) fn seal(&self, store: &Store, key: &DataKey) -> Result<Sealed, AppError> {
        let parts = self.submission.kept_parts(self.form);
        let content = store.seal_content(key, self.version, self.dictionaries[0], &parts)?;
        let record = store.seal_record(key, self.version, self.dictionaries[1], &self.record)?;
        let signatures = self
            .signatures
            .as_ref()
            .map(|kept| store.seal_signatures(key, self.version, 0, kept.evidence.as_bytes()));
        Ok(Sealed { content, record, signatures: signatures.transpose()? })
    }

    /// Keeps it with what its signatures name, and counts it.
    pub(crate) fn insert(
        &self,
        tx: &mut WriteTx<'_>,
        place: &Place,
        sealed: &Sealed,
    ) -> Result<VersionEvidence, AppError> {
        let parts: Vec<Part> =
            self.submission.kept_parts(self.form).into_iter().map(|(part, _)| part).collect();
        let metadata = &self.metadata;
        let evidence = tx.insert_version(&NewVersion {
            version: self.version,
            oid: &metadata.document_id,
            client: place.client,
            set: place.set.unwrap_or(self.version),
            number: metadata.version,
            group: metadata.group,
            form: self.form,
            parts: &parts,
            codes: [
                metadata.general_type.as_deref(),
                metadata.specific_type.as_deref(),
                metadata.service_task.as_deref(),
            ],
            controller: &metadata.controller.id,
            parties: [
                metadata.organiser.as_ref().map(|party| &party.id),
                metadata.unit().map(|party| &party.id),
            ],
            case_key: place.keys.1,
            relationship_key: place.keys.0,
            main: place.main,
            written_at: metadata.written_at,
            archived_at: self.received,
            arrival: &self.arrival,
            content_bytes: self.submission.content_bytes(),
            content: &sealed.content,
            record: &sealed.record,
            signatures: sealed.signatures.as_ref(),
        })?;
        for (digest, bytes) in self.signatures.iter().flat_map(|kept| &kept.material) {
            tx.keep_material(digest, bytes)?;
        }
        self.count(tx)?;
        Ok(evidence)
    }

    fn count(&self, tx: &mut WriteTx<'_>) -> Result<(), AppError> {
        let metadata = &self.metadata;
        let kind = metadata.specific_type.as_deref().or(metadata.general_type.as_deref());
        tx.count_version(
            &metadata.controller.id,
            FinnishDay::of(metadata.written_at),
            (metadata.group, kind),
            self.submission.content_bytes(),
        )?;
        let delay = archiving_delay_millis(metadata.group, metadata.written_at, self.received);
        if let Some(millis) = delay {
            let day = FinnishDay::of(self.received);
            tx.count_delay(&metadata.controller.id, day, millis)?;
        }
        Ok(())
    }
}

impl App {
    /// Examines a version that the archive itself composed for no caller, as it would one that is sent. What is
    /// asked of signatures is asked of it too: the archive signs nothing that it composes.
    ///
    /// # Errors
    /// Within the answer, every fault.
    pub(crate) fn examine_composed(
        &self,
        submission: Submission,
        (arrival, to_be_kept): (&str, bool),
        registry: &Registry,
        now: Instant,
    ) -> Result<Result<Parcel, Vec<Fault>>, AppError> {
        let trust = self.signature_trust();
        let by = ExaminedBy { caller: None, registry, pdf: &self.pdf, now };
        let mut examined = examine(&submission, Vec::new(), &by);
        let mut judged = judge_signatures(&submission, &examined, None, &trust, now);
        let mut faults = std::mem::take(&mut examined.faults);
        faults.append(&mut judged.faults);
        let (Some(metadata), Some(form), true) =
            (examined.metadata, examined.form, faults.is_empty())
        else {
            return Ok(Err(faults));
        };
        Ok(Ok(Parcel {
            version: VersionKey(self.store.ids().next_key()),
            // What is only rehearsed trains no dictionary.
            dictionaries: if to_be_kept {
                self.dictionaries_for(examined.structure.as_deref(), registry)?
            } else {
                [0, 0]
            },
            record: varanto_formats::metadata::write(&metadata).into_bytes(),
            arrival: arrival.to_owned(),
            content: examined.register_content,
            signatures: judged.kept(&submission, &trust.trust, now),
            metadata,
            submission,
            form,
            received: now,
        }))
    }
}

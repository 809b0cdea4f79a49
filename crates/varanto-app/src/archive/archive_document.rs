//! Archiving one document (ARC-1 to ARC-7, ARC-13 to ARC-15).

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{ArchivePermit, Caller, Denial, Purpose};
use varanto_domain::archive::documents::{Form, Part};
use varanto_domain::archive::metadata::Metadata;
use varanto_domain::archive::receipt::Receipt;
use varanto_domain::archive::references::{
    self as reference_rules, KnownCase, KnownRelationship, Naming, RegisterContent,
};
use varanto_domain::archive::register_documents::CaseContent;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::relationship::{InCase, Parties, Road, changes};
use varanto_domain::structures::Structure;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{Durable, LineEvidence, Store, VersionEvidence, WriteTx};

use super::examine::{ExaminedBy, examine};
use super::parcel::{Parcel, Place, Sealed};
use super::references::{Found, find};
use super::signatures::judge_signatures;
use super::{prove_document, record};
use crate::derived::{clients_of_case, keep_long_road};
use crate::inquiry::{Inquiry, Learnt};
use crate::oversight::{StatedLook, queue_looks, stated_look};
use crate::relationship::notices::keep_notices;
use crate::{App, AppError, Registry};

/// A document as it was sent: its metadata, and the parts of its content.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The metadata, JSON.
    pub metadata: Vec<u8>,
    /// The parts, each at most once.
    pub parts: Vec<(Part, Vec<u8>)>,
}

impl Submission {
    /// The form that the parts make.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        let parts: Vec<Part> = self.parts.iter().map(|(part, _)| *part).collect();
        Form::of_parts(&parts)
    }

    /// The bytes of a part, if it was sent.
    #[must_use]
    pub fn part(&self, wanted: Part) -> Option<&[u8]> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, bytes)| bytes.as_slice())
    }

    /// The parts, borrowed.
    pub(super) fn slices(&self) -> Vec<(Part, &[u8])> {
        self.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect()
    }

    /// The parts in the order in which they are kept: those of the form, then those beside.
    pub(super) fn kept_parts(&self, form: Form) -> Vec<(Part, &[u8])> {
        let order = form.parts().iter().chain(&Part::BESIDE);
        order.filter_map(|part| Some((*part, self.part(*part)?))).collect()
    }

    pub(super) fn content_bytes(&self) -> u64 {
        let content = self.parts.iter().filter(|(part, _)| part.is_content());
        content.map(|(_, bytes)| bytes.len() as u64).sum()
    }
}

/// What archiving answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Archived {
    /// The receipt.
    pub receipt: Receipt,
    /// Whether the same version with the same bytes had been archived before.
    pub resent: bool,
    /// What did not keep the document out and should be known all the same.
    pub remarks: Vec<Fault>,
}

impl App {
    /// Archives one document, or tells every fault in it.
    ///
    /// Sending the same version with the same bytes again answers the same receipt. The answer comes
    /// when document, log line and proof are on disk.
    ///
    /// # Errors
    /// [`AppError::Refused`] with every fault, [`AppError::Denied`],
    /// [`AppError::DuplicateWithOtherBytes`]; each has left one log line and nothing else.
    pub fn archive_document(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Archived, AppError> {
        self.archive_sent(caller, submission, Vec::new())
    }

    /// As [`App::archive_document`], for a submission that a door could not read without faults:
    /// these are told with all others. An empty metadata with a fault at `metadata` was not sent.
    ///
    /// # Errors
    /// As there.
    pub fn archive_sent(
        &self,
        caller: &Caller,
        submission: Submission,
        sent: Vec<Fault>,
    ) -> Result<Archived, AppError> {
        self.archive_as(caller, submission, sent, (Purpose::READ, Learnt::default()))
    }

    /// As [`App::archive_sent`], in the situation that a caller names, with what was learnt for it.
    pub(crate) fn archive_as(
        &self,
        caller: &Caller,
        submission: Submission,
        sent: Vec<Fault>,
        (purpose, learnt): (Purpose, Learnt),
    ) -> Result<Archived, AppError> {
        let received = self.clock.now();
        let registry = self.registry();
        let well_sent = sent.is_empty();
        let trust = self.signature_trust();
        let by =
            ExaminedBy { caller: Some(caller), registry: &registry, pdf: &self.pdf, now: received };
        let mut examined = examine(&submission, sent, &by);
        let mut judged = judge_signatures(&submission, &examined, Some(caller), &trust, received);
        let mut faults = std::mem::take(&mut examined.faults);
        faults.append(&mut judged.faults);
        let inquiry = self.inquiry(caller, purpose, received).with(learnt.clone());
        let (Some(metadata), Some(naming)) = (examined.metadata, &examined.naming) else {
            // References are told to those alone who might have archived into the register.
            if let Some(naming) = &examined.naming
                && self.may_archive(&inquiry, naming, None)?.is_ok()
            {
                let content = &examined.register_content;
                self.add_reference_faults(&inquiry, naming, content, received, &mut faults)?;
            }
            let naming = examined.naming.as_ref();
            return Err(self.refuse_submission(caller, naming, faults, received)?);
        };
        if let Err(denial) = self.may_archive(&inquiry, naming, Some(&metadata))? {
            self.write_line(denied(Actor::of(caller), &naming.controller, denial, received))?;
            return Err(AppError::Denied(denial));
        }
        if !faults.is_empty() {
            // What was archived stays so, although it might be refused today; a message that is itself
            // wrong asked for something else.
            if well_sent && examined.form.is_some() && self.is_archived_here(&inquiry, &metadata)? {
                return self.answer_known(caller, &metadata, &submission, received);
            }
            let content = &examined.register_content;
            self.add_reference_faults(&inquiry, naming, content, received, &mut faults)?;
            return Err(self.refuse_submission(caller, Some(naming), faults, received)?);
        }
        let form = examined.form.expect("without a form there is a fault");
        let mut remarks = examined.remarks;
        remarks.extend(judged.remarks.iter().cloned());
        let signatures = judged.kept(&submission, &trust.trust, received);
        let parcel = Parcel {
            version: VersionKey(self.store.ids().next_key()),
            dictionaries: self.dictionaries_for(examined.structure.as_deref(), &registry)?,
            record: varanto_formats::metadata::write(&metadata).into_bytes(),
            arrival: record::arrival(&Actor::of(caller)),
            content: examined.register_content,
            metadata,
            submission,
            signatures,
            form,
            received,
        };
        let work = Work {
            store: self.store.clone(),
            caller: caller.clone(),
            registry: Arc::clone(&registry),
            actor: Actor::of(caller),
            purpose,
            learnt,
            parcel,
        };
        Ok(Archived { remarks, ..self.keep(caller, work)? })
    }

    pub(super) fn may_archive(
        &self,
        inquiry: &Inquiry<'_>,
        naming: &Naming,
        metadata: Option<&Metadata>,
    ) -> Result<Result<ArchivePermit, Denial>, AppError> {
        self.store.read(|tx| Ok(inquiry.may_archive(tx, naming, metadata)?))
    }

    /// Whether the document is archived in a register of the caller's own. Of others nothing is told.
    fn is_archived_here(
        &self,
        inquiry: &Inquiry<'_>,
        metadata: &Metadata,
    ) -> Result<bool, AppError> {
        self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_version(&metadata.document_id)? else { return Ok(false) };
            Ok(inquiry.may_compare_resent(tx, &row)?.is_ok())
        })
    }

    /// The dictionaries for content and record.
    pub(crate) fn dictionaries_for(
        &self,
        structure: Option<&Structure>,
        registry: &Registry,
    ) -> Result<[i64; 2], AppError> {
        let content = match structure {
            Some(structure) => self.dictionaries.of_structure(&self.store, structure)?,
            None => 0,
        };
        Ok([content, self.dictionaries.of_records(&self.store, registry)?])
    }

    /// Compresses and encrypts here, where the client is known, then keeps the document in its turn
    /// on the writer.
    fn keep(&self, caller: &Caller, work: Work) -> Result<Archived, AppError> {
        let key = self.store.find_data_key(&work.parcel.metadata.client.identifier)?;
        let sealed = key.map(|key| work.parcel.seal(&self.store, &key)).transpose()?;
        let work = Arc::new(work);
        let turn = Arc::clone(&work);
        let kept = self.store.write(move |tx| turn.keep(tx, sealed.as_ref()))?;
        match &kept.value {
            Kept::New(new) => {
                let receipt = new.receipt(&kept, &work.parcel.metadata, work.parcel.received);
                Ok(Archived { receipt, resent: false, remarks: Vec::new() })
            }
            Kept::Known => {
                let parcel = &work.parcel;
                self.answer_known(caller, &parcel.metadata, &parcel.submission, parcel.received)
            }
        }
    }

    /// The same receipt for the same bytes; a conflict for others.
    fn answer_known(
        &self,
        caller: &Caller,
        metadata: &Metadata,
        submission: &Submission,
        received: Instant,
    ) -> Result<Archived, AppError> {
        let document = metadata.document_id.clone();
        let inquiry = self.inquiry(caller, Purpose::READ, received);
        let compared = self.store.read::<_, AppError>(|tx| {
            let row = tx.find_version(&document)?.ok_or(AppError::NotFound)?;
            let permit = inquiry.may_compare_resent(tx, &row)?.map_err(AppError::Denied)?;
            let whole = permit.whole().map_err(AppError::Denied)?;
            let archived = tx.record(&whole, &row)?;
            let mut differs = Vec::new();
            let sent = varanto_formats::metadata::write(metadata);
            if archived != sent.as_bytes() {
                differs.push("metadata");
            }
            let parts = tx.content(&whole)?;
            // The same document may come again in another frame: a new message, with a new number.
            for part in Part::ALL.into_iter().filter(|part| *part != Part::Frame) {
                let kept = parts.iter().find(|(kept, _)| *kept == part).map(|(_, b)| b.as_slice());
                if kept != submission.part(part) {
                    differs.push(part.name());
                }
            }
            let receipt = prove_document::receipt(tx, whole, &document)?;
            Ok((row, differs, receipt, permit.basis()))
        });
        let (row, differs, receipt, basis) = match compared {
            Ok(compared) => compared,
            Err(AppError::Denied(denial)) => {
                self.log(caller, Event::Archive, Outcome::Denied(denial), received)?;
                return Err(AppError::Denied(denial));
            }
            Err(error) => return Err(error),
        };
        let outcome = if differs.is_empty() {
            Outcome::Permitted(basis)
        } else {
            Outcome::Refused(vec!["duplicate-with-other-bytes"])
        };
        let line = LogLine {
            at: received,
            event: Event::Archive,
            outcome,
            actor: Actor::of(caller),
            client: Some(row.client),
            version: Some(row.version),
            detail: "resent".to_owned(),
        };
        self.write_line(line)?;
        if differs.is_empty() {
            Ok(Archived { receipt, resent: true, remarks: Vec::new() })
        } else {
            Err(AppError::DuplicateWithOtherBytes { document, differs })
        }
    }

    /// Tells the references that do not hold with the other faults.
    pub(super) fn add_reference_faults(
        &self,
        inquiry: &Inquiry<'_>,
        naming: &Naming,
        content: &RegisterContent,
        now: Instant,
        faults: &mut Vec<Fault>,
    ) -> Result<(), AppError> {
        let today = FinnishDay::of(now);
        let found =
            self.store.read::<_, AppError>(|tx| Ok(find(tx, inquiry, naming, content, today)?))?;
        let more = reference_rules::check_beside(naming, content, &found.facts, today, faults);
        faults.extend(more.into_iter().map(|fault| fault.at(Stage::References)));
        Ok(())
    }

    /// Logs a refused submission, with what it names as far as that was read; answers the error to give.
    pub(crate) fn refuse_submission(
        &self,
        caller: &Caller,
        naming: Option<&Naming>,
        faults: Vec<Fault>,
        received: Instant,
    ) -> Result<AppError, AppError> {
        let client = match naming {
            Some(Naming { client, .. }) => {
                self.store.read::<_, AppError>(|tx| Ok(tx.find_client(client)?))?
            }
            None => None,
        };
        let register = naming.map(|naming| &naming.controller);
        let line = refusal(Actor::of(caller), (client, register), &faults, received);
        self.write_line(line)?;
        Ok(AppError::Refused(faults))
    }

    /// Appends a line about nobody and waits until it is on disk.
    pub(crate) fn log(
        &self,
        caller: &Caller,
        event: Event,
        outcome: Outcome,
        at: Instant,
    ) -> Result<Durable<LineEvidence>, AppError> {
        self.write_line(LogLine {
            at,
            event,
            outcome,
            actor: Actor::of(caller),
            client: None,
            version: None,
            detail: String::new(),
        })
    }

    /// Appends a line and waits until it is on disk.
    pub(crate) fn write_line(&self, line: LogLine) -> Result<Durable<LineEvidence>, AppError> {
        self.write_lines(vec![line])
    }

    /// Appends lines, at least one, and waits until all are on disk. Answers the first.
    pub(crate) fn write_lines(
        &self,
        lines: Vec<LogLine>,
    ) -> Result<Durable<LineEvidence>, AppError> {
        self.write_looks(lines, Vec::new())
    }

    /// As [`App::write_lines`], and puts those looks into the registers' queues that were made without case
    /// context.
    pub(crate) fn write_looks(
        &self,
        lines: Vec<LogLine>,
        stated: Vec<StatedLook>,
    ) -> Result<Durable<LineEvidence>, AppError> {
        self.store.write(move |tx| {
            let mut written =
                lines.iter().map(|line| tx.log(line)).collect::<Result<Vec<_>, _>>()?;
            if !stated.is_empty() {
                let numbers: Vec<i64> = written.iter().map(|line| line.number).collect();
                queue_looks(tx, &stated, &numbers)?;
            }
            Ok(written.swap_remove(0))
        })
    }
}

/// The line of a submission that has faults: whose client and which register it names, where that is known.
fn refusal(
    actor: Actor,
    (client, register): (Option<ClientKey>, Option<&Oid>),
    faults: &[Fault],
    received: Instant,
) -> LogLine {
    LogLine {
        at: received,
        event: Event::Archive,
        outcome: Outcome::Refused(faults.iter().map(Fault::code).collect()),
        actor,
        client,
        version: None,
        detail: match register {
            Some(register) => format!("faults={} register={register}", faults.len()),
            None => format!("faults={}", faults.len()),
        },
    }
}

fn denied(actor: Actor, register: &Oid, denial: Denial, received: Instant) -> LogLine {
    LogLine {
        at: received,
        event: Event::Archive,
        outcome: Outcome::Denied(denial),
        actor,
        client: None,
        version: None,
        detail: format!("register={register}"),
    }
}

/// Everything that keeping a document needs, examined and permitted.
struct Work {
    store: Store,
    caller: Caller,
    registry: Arc<Registry>,
    actor: Actor,
    /// In what situation it is archived.
    purpose: Purpose,
    learnt: Learnt,
    parcel: Parcel,
}

/// What the writer answers.
enum Kept {
    /// The document is archived already.
    Known,
    New(Box<NewlyKept>),
}

struct NewlyKept {
    version: VersionEvidence,
    line: LineEvidence,
}

impl NewlyKept {
    fn receipt(&self, kept: &Durable<Kept>, metadata: &Metadata, received: Instant) -> Receipt {
        let proof_of = |leaf: u64| {
            let proof = kept.seal.leaves.iter().find(|proof| proof.index == leaf);
            proof.cloned().expect("the seal proves every leaf of the operation")
        };
        Receipt {
            document: metadata.document_id.clone(),
            set: metadata.set_id.clone(),
            version: metadata.version,
            archived_at: received,
            content_salt: self.version.content.0,
            content: self.version.content.1,
            metadata_salt: self.version.metadata.0,
            metadata: self.version.metadata.1,
            version_leaf: proof_of(self.version.leaf),
            line: self.line.text.clone(),
            line_salt: self.line.salt,
            line_leaf: proof_of(self.line.leaf),
            checkpoint: kept.seal.checkpoint.note.clone(),
        }
    }
}

impl Work {
    fn denied(&self, naming: &Naming, denial: Denial) -> LogLine {
        denied(self.actor.clone(), &naming.controller, denial, self.parcel.received)
    }

    /// The fault of a document that was destroyed: its identifier names it for good.
    fn was_destroyed(&self) -> Fault {
        let fault = Fault::new(FaultKind::DestroyedDocument, "document_id", "ARC-12");
        fault.value(self.parcel.metadata.document_id.as_str())
    }

    /// The turn on the writer: facts, rule, act, log. What is not yet `sealed` is so under the new
    /// client's key.
    fn keep(&self, tx: &mut WriteTx<'_>, sealed: Option<&Sealed>) -> Result<Kept, AppError> {
        if tx.find_version(&self.parcel.metadata.document_id)?.is_some() {
            return Ok(Kept::Known);
        }
        let today = FinnishDay::of(self.parcel.received);
        // What the rows of the client tell may have changed since the caller's thread asked.
        let inquiry = {
            let registry = Arc::clone(&self.registry);
            Inquiry::new(&self.caller, self.purpose, registry, self.parcel.received)
                .with(self.learnt.clone())
        };
        let naming = Naming::of(&self.parcel.metadata);
        let permit = match inquiry.may_archive(tx, &naming, Some(&self.parcel.metadata))? {
            Ok(permit) => permit,
            Err(denial) => {
                tx.log(&self.denied(&naming, denial))?;
                return Err(AppError::Denied(denial));
            }
        };
        let found = find(tx, &inquiry, &naming, &self.parcel.content, today)?;
        let destroyed = tx.destroyed_in(&self.parcel.metadata.document_id)?;
        if destroyed.as_ref().is_some_and(|register| *register != naming.controller) {
            let denial = Denial::AnotherRegister;
            tx.log(&self.denied(&naming, denial))?;
            return Err(AppError::Denied(denial));
        }
        let destroyed = destroyed.map(|_| self.was_destroyed());
        let faults = reference_rules::check(&naming, &self.parcel.content, &found.facts, today);
        let faults: Vec<Fault> =
            faults.into_iter().chain(destroyed).map(|fault| fault.at(Stage::References)).collect();
        if !faults.is_empty() {
            let about = (found.facts.client, Some(&naming.controller));
            tx.log(&refusal(self.actor.clone(), about, &faults, self.parcel.received))?;
            return Err(AppError::Refused(faults));
        }
        let client = match found.facts.client {
            Some(client) => client,
            None => tx.insert_client(&self.parcel.metadata.client.identifier)?,
        };
        let sealed_here;
        let sealed = if let Some(sealed) = sealed {
            sealed
        } else {
            sealed_here = self.parcel.seal(&self.store, &*tx.make_client_key(client)?)?;
            &sealed_here
        };
        let keys = self.keep_register_facts(tx, client, &found)?;
        let place = Place {
            client,
            set: found.predecessor.as_ref().map(|row| row.set),
            main: found.main,
            keys,
        };
        let version = self.parcel.insert(tx, &place, sealed)?;
        if let Some(replaced) = &found.predecessor {
            tx.replace_version(replaced.version)?;
        }
        if let (RegisterContent::Relationship(_) | RegisterContent::Case(_), Some(key)) =
            (&self.parcel.content, keys.0)
        {
            keep_long_road(tx, key, self.parcel.received)?;
        }
        let line = tx.log(&LogLine {
            at: self.parcel.received,
            event: Event::Archive,
            outcome: Outcome::Permitted(permit.basis()),
            actor: self.actor.clone(),
            client: Some(client),
            version: Some(self.parcel.version),
            detail: permit.grant().log_words().trim_start().to_owned(),
        })?;
        let place = (0, client, &self.parcel.metadata.controller.id);
        let stated = stated_look(&self.caller, permit.grant(), place, self.parcel.received);
        queue_looks(tx, stated.as_slice(), &[line.number])?;
        Ok(Kept::New(Box::new(NewlyKept { version, line })))
    }

    /// Keeps what a relationship or case document says, or one of the client's will, and answers the keys
    /// that the version hangs on: of its relationship, and of its case.
    fn keep_register_facts(
        &self,
        tx: &mut WriteTx<'_>,
        client: ClientKey,
        found: &Found,
    ) -> Result<(Option<i64>, Option<i64>), AppError> {
        match &self.parcel.content {
            RegisterContent::Relationship(content) => {
                let id =
                    self.parcel.metadata.relationship_id.clone().expect("obligatory in the group");
                let known = KnownRelationship {
                    id,
                    client,
                    controller: self.parcel.metadata.controller.id.clone(),
                    old: content.old,
                    last_day: content.last_day,
                    of_deceased: content.of_deceased,
                    service_tasks: content.service_tasks.iter().map(ToString::to_string).collect(),
                    road: Naming::of(&self.parcel.metadata).road(),
                };
                if known.road == Road::Long {
                    // Its rights and tasks follow from its cases, once all is kept.
                    let key = tx.upsert_relationship(
                        found.relationship_key,
                        &known,
                        self.parcel.version,
                    )?;
                    return Ok((Some(key), None));
                }
                let organiser = self.parcel.metadata.organiser.as_ref().map(|party| &party.id);
                let parties = Parties::of(&known.controller, organiser, &known.id);
                let before = match found.relationship_key {
                    Some(key) => tx.list_rights(key)?.into_iter().map(|row| row.right).collect(),
                    None => Vec::new(),
                };
                let rights = content.units.rights(&parties);
                let key =
                    tx.upsert_relationship(found.relationship_key, &known, self.parcel.version)?;
                tx.replace_rights(key, client, &rights)?;
                keep_notices(tx, key, client, &changes(&before, &rights), self.parcel.received)?;
                Ok((Some(key), None))
            }
            RegisterContent::Case(content) => {
                let relationship =
                    found.facts.relationship.clone().expect("a case's relationship was checked");
                let relationship_key = found.relationship_key.expect("it was found");
                let known = KnownCase {
                    id: self.parcel.metadata.case_id.clone().expect("obligatory in the group"),
                    clients: self.clients_of_case(tx, client, content)?,
                    controller: self.parcel.metadata.controller.id.clone(),
                    relationship,
                    closed: content.closed,
                    closed_on: content.known_closing(),
                    joint: content.joint,
                    service_task: self
                        .parcel
                        .metadata
                        .service_task
                        .as_deref()
                        .unwrap_or("")
                        .to_owned(),
                };
                let key =
                    tx.upsert_case(found.case_key, relationship_key, &known, self.parcel.version)?;
                Ok((Some(relationship_key), Some(key)))
            }
            RegisterContent::Refusals(content) => {
                tx.keep_refusals(client, self.parcel.version, &content.entries)?;
                Ok((None, None))
            }
            RegisterContent::Permission(content) => {
                let said = content.said(FinnishDay::of(self.parcel.metadata.written_at));
                tx.keep_permission(client, self.parcel.version, &said)?;
                Ok((None, None))
            }
            RegisterContent::None => Ok((found.case_relationship_key, found.case_key)),
        }
    }

    /// The document's client, and the other clients of a joint case; whoever is not known yet is from now on.
    fn clients_of_case(
        &self,
        tx: &mut WriteTx<'_>,
        client: ClientKey,
        content: &CaseContent,
    ) -> Result<Vec<InCase>, AppError> {
        let own = self.parcel.metadata.client.temporary_identifier();
        clients_of_case(content, client, own, |identifier| {
            Ok(match tx.find_client(identifier)? {
                Some(other) => other,
                None => tx.insert_client(identifier)?,
            })
        })
    }
}

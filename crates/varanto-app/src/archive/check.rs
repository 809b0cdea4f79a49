//! Checking a submission as archiving would, and keeping nothing (ARC-2, ARC-5, ARC-6).

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::metadata::Metadata;
use varanto_domain::archive::references::{Naming, RegisterContent};
use varanto_domain::faults::Fault;
use varanto_domain::time::Instant;
use varanto_formats::national::document;
use varanto_formats::national::message::{self, Message};

use super::archive_document::Submission;
use super::examine::{Examined, ExaminedBy, examine};
use super::invalidate_by_message::AskedInvalidation;
use super::pdf_file::PdfRules;
use super::signatures::{SignatureTrust, judge_signatures};
use super::take_message::{Sent, fault_of_sender, submission_of};
use crate::{App, AppError, Registry};

/// How a submission is checked.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions<'a> {
    /// The moment to judge by.
    pub now: Instant,
    /// Who would send it; without one, organisations and who may archive for them are not judged.
    pub caller: Option<&'a Caller>,
    /// How PDF files are judged.
    pub pdf: &'a PdfRules,
    /// What signatures are checked against, and how much they are asked for.
    pub signatures: &'a SignatureTrust,
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Every fault, in the order of the stages; empty when the submission is sound so far as it was
    /// checked.
    pub faults: Vec<Fault>,
    /// What keeps nothing out, and should be known all the same.
    pub remarks: Vec<Fault>,
    /// The metadata, when they hold.
    pub metadata: Option<Metadata>,
    naming: Option<Naming>,
    register_content: RegisterContent,
}

impl Checked {
    /// What was found where no metadata could be read, or none came.
    pub(super) fn without_metadata(faults: Vec<Fault>, remarks: Vec<Fault>) -> Self {
        let register_content = RegisterContent::None;
        Self { faults, remarks, metadata: None, naming: None, register_content }
    }
}

/// Checks metadata and parts, but for what they refer to in an archive. Needs no store.
#[must_use]
pub fn check_submission(
    submission: &Submission,
    registry: &Registry,
    options: &CheckOptions<'_>,
) -> Checked {
    checked(submission, registry, options, Vec::new(), Vec::new())
}

/// Checks a national message: a frame with its document, or a document alone. Needs no store.
#[must_use]
pub fn check_message(
    frame: Option<&[u8]>,
    document: Option<&[u8]>,
    registry: &Registry,
    options: &CheckOptions<'_>,
) -> Checked {
    let mut message = match (frame, document) {
        (Some(frame), document) => message::read(frame, document),
        (None, document) => message::read_document(document.unwrap_or_default()),
    };
    let sender = options.caller.and_then(|caller| fault_of_sender(&message, caller));
    message.faults.extend(sender);
    if let Some(asked) = AskedInvalidation::of(&mut message) {
        message.faults.extend(asked.request.faults(registry.code_sets(), options.now));
    }
    check_read(message, frame.map(<[u8]>::to_vec), registry, options)
}

/// Checks a message that was read, with the faults told of it.
fn check_read(
    mut message: Message,
    frame: Option<Vec<u8>>,
    registry: &Registry,
    options: &CheckOptions<'_>,
) -> Checked {
    let (faults, remarks) =
        (std::mem::take(&mut message.faults), std::mem::take(&mut message.remarks));
    match submission_of(&mut message, frame) {
        Some(submission) => checked(&submission, registry, options, faults, remarks),
        None => Checked::without_metadata(faults, remarks),
    }
}

pub(super) fn checked(
    submission: &Submission,
    registry: &Registry,
    options: &CheckOptions<'_>,
    sent: Vec<Fault>,
    mut remarks: Vec<Fault>,
) -> Checked {
    let CheckOptions { now, caller, pdf, signatures } = *options;
    let examined = examine(submission, sent, &ExaminedBy { caller, registry, pdf, now });
    let judged = judge_signatures(submission, &examined, caller, signatures, now);
    let Examined { metadata, naming, register_content, mut faults, .. } = examined;
    faults.extend(judged.faults);
    remarks.extend(examined.remarks);
    remarks.extend(judged.remarks);
    if submission.part(Part::National).is_some() {
        document::place_faults(&mut faults);
        document::place_faults(&mut remarks);
    }
    faults.sort_by_key(|fault| fault.stage);
    Checked { faults, remarks, metadata, naming, register_content }
}

impl App {
    /// Checks a national message as archiving it would, what it refers to included, and keeps nothing
    /// but a line in the use log.
    ///
    /// # Errors
    /// What the store answers; faults are the answer itself.
    pub fn check_message(&self, caller: &Caller, sent: &Sent) -> Result<Checked, AppError> {
        let now = self.clock.now();
        let trust = self.signature_trust();
        let options =
            CheckOptions { now, caller: Some(caller), pdf: &self.pdf, signatures: &trust };
        let registry = self.registry();
        let mut message = sent.read(caller);
        if let Some(asked) = AskedInvalidation::of(&mut message) {
            let found = self.check_invalidation(caller, &message.frame, &asked)?;
            message.faults.extend(found);
        }
        let mut checked = check_read(message, Some(sent.frame.clone()), &registry, &options);
        self.check_references(caller, &mut checked, now)?;
        let outcome = if checked.faults.is_empty() {
            Outcome::Done
        } else {
            Outcome::Refused(checked.faults.iter().map(Fault::code).collect())
        };
        self.log(caller, Event::Check, outcome, now)?;
        Ok(checked)
    }

    /// Checks a submission that is only in the making, as archiving it would, what it refers to
    /// included. Nobody can have signed it yet.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may not archive in that register; logged.
    pub(crate) fn check_in_the_making(
        &self,
        caller: &Caller,
        submission: &Submission,
        sent: Vec<Fault>,
        now: Instant,
    ) -> Result<Checked, AppError> {
        let signatures = SignatureTrust::not_asked_for();
        let options =
            CheckOptions { now, caller: Some(caller), pdf: &self.pdf, signatures: &signatures };
        let mut checked = checked(submission, &self.registry(), &options, sent, Vec::new());
        self.check_references(caller, &mut checked, now)?;
        Ok(checked)
    }

    /// Adds the references that do not hold; only for one who may archive in that register, so that
    /// nobody learns of what another one holds.
    pub(super) fn check_references(
        &self,
        caller: &Caller,
        checked: &mut Checked,
        now: Instant,
    ) -> Result<(), AppError> {
        let Some(naming) = &checked.naming else { return Ok(()) };
        let inquiry = self.inquiry(caller, Purpose::READ, now);
        if let Err(denial) = self.may_archive(&inquiry, naming, checked.metadata.as_ref())? {
            self.log(caller, Event::Check, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let content = &checked.register_content;
        self.add_reference_faults(&inquiry, naming, content, now, &mut checked.faults)?;
        document::place_faults(&mut checked.faults);
        Ok(())
    }
}

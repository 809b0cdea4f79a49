//! Taking a national message: the frame says what is asked, the document is archived by the same
//! operation as over REST (ARC-1 to ARC-6).

use varanto_domain::access::Caller;
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::Oid;
use varanto_formats::metadata as metadata_format;
use varanto_formats::national::document;
use varanto_formats::national::frame::{Id, Interaction};
use varanto_formats::national::message::{self, Message};
use varanto_formats::national::soap;

use super::archive_document::{Archived, Submission};
use super::invalidate_by_message::AskedInvalidation;
use crate::{App, AppError};

/// A message as it was sent.
#[derive(Clone, Default)]
pub struct Sent {
    /// The frame, alone or in a SOAP envelope.
    pub frame: Vec<u8>,
    /// The document, when it came beside the frame and not in it.
    pub document: Option<Vec<u8>>,
    /// The service request that the sender names beside the frame, if it does.
    pub request: Option<String>,
}

impl Sent {
    /// The message, with the faults of how it was sent and of who sent it.
    pub(super) fn read(&self, caller: &Caller) -> Message {
        let mut message = message::read(&self.frame, self.document.as_deref());
        let declared = self.request.as_deref();
        let differs =
            declared.and_then(|declared| message::declared_request_fault(&message.frame, declared));
        let sender = fault_of_sender(&message, caller);
        message.faults.extend(differs.into_iter().chain(sender));
        message
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// The document is archived.
    Archived(Box<Archived>),
    /// The version is invalidated.
    Invalidated(Oid),
}

/// What became of a message, and to whom that is to be told.
#[derive(Debug, Clone)]
pub struct TakenMessage {
    /// The message's own identifier, if it was read.
    pub id: Option<Id>,
    /// The organisation that the frame names as its sender, if it was read.
    pub sender: Option<String>,
    /// The version of the envelope, if there was one.
    pub envelope: Option<soap::Version>,
    /// Everything that changes nothing and should be known: of the message and of what it brought.
    pub remarks: Vec<Fault>,
    /// What was done, or why not.
    pub result: Result<Taken, AppError>,
}

impl App {
    /// Archives the document of a message, or invalidates the version that it names.
    ///
    /// # Errors
    /// In the answer's `result`: what [`App::archive_document`] and [`App::invalidate_document`]
    /// answer; each logged.
    #[must_use]
    pub fn take_message(&self, caller: &Caller, sent: Sent) -> TakenMessage {
        let mut message = sent.read(caller);
        let faults = std::mem::take(&mut message.faults);
        let mut remarks = std::mem::take(&mut message.remarks);
        let (id, sender) = (message.frame.id.clone(), message.frame.sender.clone());
        let envelope = message.envelope;
        let mut result = self.do_as_asked(caller, message, sent.frame, faults);
        if let Ok(Taken::Archived(archived)) = &mut result {
            remarks.append(&mut archived.remarks);
            document::place_faults(&mut remarks);
        }
        TakenMessage { id, sender, envelope, remarks, result }
    }

    fn do_as_asked(
        &self,
        caller: &Caller,
        mut message: Message,
        frame: Vec<u8>,
        faults: Vec<Fault>,
    ) -> Result<Taken, AppError> {
        if let Some(asked) = AskedInvalidation::of(&mut message) {
            return match self.invalidate_by_message(caller, &message.frame, &asked, faults) {
                Ok(()) => Ok(Taken::Invalidated(asked.document)),
                Err(error) => Err(error),
            };
        }
        let Some(submission) = submission_of(&mut message, Some(frame)) else {
            return Err(self.refuse_submission(caller, None, faults, self.clock.now())?);
        };
        match self.archive_sent(caller, submission, faults) {
            Ok(archived) => Ok(Taken::Archived(Box::new(archived))),
            Err(AppError::Refused(mut faults)) => {
                document::place_faults(&mut faults);
                faults.sort_by_key(|fault| fault.stage);
                Err(AppError::Refused(faults))
            }
            Err(error) => Err(error),
        }
    }
}

/// The message as a submission; `None` when no document could be read from it.
pub(super) fn submission_of(message: &mut Message, frame: Option<Vec<u8>>) -> Option<Submission> {
    if !message.document.formed {
        return None;
    }
    let metadata = metadata_format::write_raw(&message.document.metadata).into_bytes();
    let mut parts = std::mem::take(&mut message.document.parts);
    parts.push((Part::National, message.document_bytes.take()?));
    parts.extend(frame.map(|frame| (Part::Frame, frame)));
    Some(Submission { metadata, parts })
}

/// The organisation that a frame names as its sender is one that the caller works for.
pub(super) fn fault_of_sender(message: &Message, caller: &Caller) -> Option<Fault> {
    let sender = message.frame.sender.as_deref()?;
    let mut own = std::iter::once(&caller.organisation).chain(&caller.registers);
    let fits = own.any(|own| own.as_str() == sender) || Oid::parse(sender).is_err();
    (!fits).then(|| {
        let root = message.frame.interaction.map_or("", Interaction::code);
        let place = format!("{root}/sender/device/id/@root");
        Fault::new(FaultKind::NotOwnRegister, place.clone(), "nat 3.1")
            .value(sender)
            .path(place)
            .at(Stage::Frame)
    })
}

//! Making the view of a structured document that is about to be sent (ARC-1, ARC-5).

use varanto_domain::access::Caller;
use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::Oid;
use varanto_formats::view::{self, Heading, ViewLanguage};
use varanto_formats::{content, metadata};

use super::archive_document::Submission;
use super::show_document::Facts;
use crate::{App, AppError, Registry};

impl App {
    /// Makes the view of structured content in the nation's form, after checking the two as archiving
    /// would. Keeps nothing but a line in the use log.
    ///
    /// `sent` are the faults of how it was sent, told with the rest.
    ///
    /// # Errors
    /// [`AppError::Refused`] with every fault that archiving would tell; [`AppError::Denied`] for one
    /// who may not archive in that register. Each logged.
    pub fn make_view(
        &self,
        caller: &Caller,
        mut submission: Submission,
        sent: Vec<Fault>,
        language: ViewLanguage,
    ) -> Result<String, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let mut faults = sent;
        faults.extend(other_parts(&submission));
        submission.parts.retain(|(part, _)| *part == Part::Structured);
        let made = made(&submission, &registry, language);
        // What is made takes the place of what will be sent, so that the whole is checked.
        let view = made.clone().unwrap_or_default().into_bytes();
        submission.parts.push((Part::View, view));

        let mut checked = self.check_in_the_making(caller, &submission, faults, now)?;
        if made.is_none() {
            checked.faults.retain(|fault| !fault.element.starts_with("view:"));
        }
        let (outcome, answer) = match made {
            Some(view) if checked.faults.is_empty() => (Outcome::Done, Ok(view)),
            _ => {
                let codes = checked.faults.iter().map(Fault::code).collect();
                (Outcome::Refused(codes), Err(AppError::Refused(checked.faults)))
            }
        };
        self.log(caller, Event::Check, outcome, now)?;
        answer
    }
}

/// A view is made of structured content and of nothing else.
fn other_parts(submission: &Submission) -> Option<Fault> {
    let sent: Vec<&str> = submission.parts.iter().map(|(part, _)| part.name()).collect();
    (sent != [Part::Structured.name()]).then(|| {
        Fault::new(FaultKind::WrongParts, "parts", "ARC-1")
            .value(sent.join(" + "))
            .arg("expected", Part::Structured.name())
            .at(Stage::Mime)
    })
}

/// The view; `None` where metadata, structure or content cannot be read, which the check tells.
pub(crate) fn made(
    submission: &Submission,
    registry: &Registry,
    language: ViewLanguage,
) -> Option<String> {
    let (raw, _) = metadata::read(&submission.metadata).ok()?;
    let facts = Facts::of(&raw, registry, language);
    let structure = &registry.structure(facts.structure.as_ref()?)?.structure;
    let bytes = submission.part(Part::Structured)?;
    let content = content::read(bytes, Part::Structured.name()).ok()?;
    let document: &Oid = facts.document.as_ref()?;
    let heading = Heading {
        document,
        organisation: &facts.organisation,
        document_type: &structure.document_type,
        made_on: facts.written_on,
        language,
    };
    Some(view::render(structure, &content, &heading))
}

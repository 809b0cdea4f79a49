//! From a content and metadata to a submission, archived or only tried.

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, Denial, Purpose, Reason};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{Asked, Making, RightChange, Wording};
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{content, metadata};

use crate::archive::make_view::made;
use crate::archive::{Archived, Submission};
use crate::derived::{oid, text};
use crate::{App, AppError, Registry};

/// How an act is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct How {
    /// Whether it is only tried: everything is checked, nothing is kept but a line in the log.
    pub dry_run: bool,
    /// Whether a right is to end although its producer has left something unfinished.
    pub confirmed: bool,
    /// For which reason the document is looked at, where one is wanted.
    pub reason: Option<Reason>,
}

impl How {
    /// What is said of the look at the document that the act is done on.
    pub(super) const fn purpose(self) -> Purpose {
        Purpose { reason: self.reason, ..Purpose::READ }
    }
}

/// What an act answers.
#[derive(Debug, Clone)]
pub struct Written {
    /// The receipt of the version that was archived, or what would be.
    pub outcome: Result<Archived, Preview>,
    /// The rights that are not as they were.
    pub changes: Vec<RightChange>,
    /// What the producers whose rights end have left unfinished.
    pub unfinished: Vec<Fault>,
}

/// The version that would be archived.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Its metadata and parts, byte for byte; they can be signed and sent as they are.
    pub submission: Submission,
    /// What would be remarked on.
    pub remarks: Vec<Fault>,
}

/// The version of this program, which stands in the documents that it writes.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// How the version that is asked for is made at a moment.
pub(super) fn making<T>(asked: &Asked<T>, written_at: Instant) -> Making {
    Making {
        document: asked.document.clone(),
        written_at,
        maker: asked.maker.clone(),
        program: PROGRAM,
    }
}

/// Where names come from on a day.
pub(crate) fn wording(registry: &Registry, at: Instant) -> Wording<'_> {
    Wording {
        registers: registry.registers(),
        code_sets: registry.code_sets(),
        day: FinnishDay::of(at),
    }
}

/// The submission of a metadata and a content, with the view that is made of them.
pub(crate) fn submission(
    raw: &RawMetadata<'_>,
    structured: &Content<'_>,
    registry: &Registry,
) -> Submission {
    let language = text(raw, Element::Language).and_then(|tag| tag.parse().ok());
    let language = language.unwrap_or(varanto_formats::view::ViewLanguage::Finnish);
    let mut submission = Submission {
        metadata: metadata::write_raw(raw).into_bytes(),
        parts: vec![(Part::Structured, content::write(structured).into_bytes())],
    };
    // Without a view the checks tell what keeps it from being made.
    if let Some(view) = made(&submission, registry, language) {
        submission.parts.push((Part::View, view.into_bytes()));
    }
    submission
}

impl App {
    /// An identifier for what a caller is about to write: a document, a relationship or a case.
    #[must_use]
    pub fn identifier_for(&self, caller: &Caller) -> Oid {
        self.new_identifier(caller, &self.registry(), self.clock.now())
    }

    /// Archives what was composed, signed by the organisation's system where the archive has its key, or tries it.
    pub(super) fn send_composed(
        &self,
        caller: &Caller,
        (submission, raw): (Submission, &RawMetadata<'_>),
        (changes, unfinished): (Vec<RightChange>, Vec<Fault>),
        how: How,
        now: Instant,
    ) -> Result<Written, AppError> {
        let outcome = if how.dry_run {
            Err(self.try_composed(caller, submission, now)?)
        } else {
            let named = oid(raw, Element::ControllerId).zip(oid(raw, Element::DocumentId));
            let submission = match &named {
                Some((controller, document)) => {
                    self.signed_by_system(caller, submission, (controller, document), now)?
                }
                None => submission,
            };
            Ok(self.archive_document(caller, submission).map_err(meanwhile)?)
        };
        Ok(Written { outcome, changes, unfinished })
    }

    fn try_composed(
        &self,
        caller: &Caller,
        submission: Submission,
        now: Instant,
    ) -> Result<Preview, AppError> {
        let checked = self.check_in_the_making(caller, &submission, Vec::new(), now)?;
        let sound = checked.faults.is_empty();
        let codes = checked.faults.iter().map(Fault::code).collect();
        let outcome = if sound { Outcome::Done } else { Outcome::Refused(codes) };
        self.log(caller, Event::Check, outcome, now)?;
        if sound {
            Ok(Preview { submission, remarks: checked.remarks })
        } else {
            Err(meanwhile(AppError::Refused(checked.faults)))
        }
    }

    /// Logs what the act's own rules say against it; answers the error to give.
    pub(super) fn refuse_act(
        &self,
        caller: &Caller,
        faults: Vec<Fault>,
        now: Instant,
    ) -> Result<AppError, AppError> {
        self.refuse_submission(caller, None, faults, now)
    }

    /// Logs that the law denies the act; answers the error to give.
    pub(super) fn deny_act(
        &self,
        caller: &Caller,
        denial: Denial,
        now: Instant,
    ) -> Result<AppError, AppError> {
        self.log(caller, Event::Archive, Outcome::Denied(denial), now)?;
        Ok(AppError::Denied(denial))
    }
}

/// A version that came between is no fault of what was asked.
fn meanwhile(error: AppError) -> AppError {
    let AppError::Refused(faults) = &error else { return error };
    let between = faults.iter().find(|fault| fault.kind == FaultKind::NotTheNewest);
    let newest = between.and_then(|fault| {
        fault.args.iter().find(|(name, _)| *name == "newest").map(|(_, value)| value.as_str())
    });
    match newest.and_then(|newest| Oid::parse(newest).ok()) {
        Some(newest) => AppError::ChangedMeanwhile { newest },
        None => error,
    }
}

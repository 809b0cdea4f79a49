//! Restricting how a client's document is shown in the citizen's view: delayed to a day, hidden for good, given to a minor's
//! guardians or not (CIT-3, CIT-4). What was written stays as it is; the next version says how it is shown.

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, Display, DocumentFacts, InTheView, Purpose};
use varanto_domain::archive::conformance::ConformanceLevel;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::archive::signatures::{Needed, needed};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::metadata;
use varanto_formats::view::ViewLanguage;

use super::make_view::made;
use super::next_version::{next_of, put};
use super::{Archived, LookedAt, Submission};
use crate::derived::{oid, text};
use crate::relationship::How;
use crate::{App, AppError, Registry};

/// How a document is to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Showing {
    /// The last day on which it is not shown; `None`: it is not delayed.
    pub delayed_until: Option<FinnishDay>,
    /// Whether it is hidden for good.
    pub hidden: bool,
    /// What is said of a minor's guardians, a code; `None`: what was said before.
    pub guardians: Option<String>,
    /// Why it is delayed or hidden, a code.
    pub reason: Option<String>,
    /// Why, in words.
    pub argument: Option<String>,
}

/// A restriction to be made.
#[derive(Debug, Clone)]
pub struct ShowingAsked {
    /// The identifier that the next version will have.
    pub version: Oid,
    /// How it is to be shown.
    pub showing: Showing,
}

/// What a restriction answers.
#[derive(Debug, Clone)]
pub struct Restricted {
    /// The receipt; `None` when it was only tried.
    pub archived: Option<Archived>,
    /// What is seen before.
    pub before: InTheView,
    /// What is seen with it.
    pub after: InTheView,
    /// What was said before.
    pub said: Showing,
    /// Whether the client is a minor.
    pub minor: bool,
    /// Of a document that needs a professional's own signature, which the next version does not have: how much that
    /// weighs.
    pub loses_signature: Option<ConformanceLevel>,
}

const RULE: &str = "CIT-3";

/// Metadata are put right: the reason of replacement. Source: own-choices.
const METADATA_PUT_RIGHT: &str = "4";

impl App {
    /// Tells how a document is shown to the client's side, for one who may write its next version.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    ///
    /// Source: CIT-3, CIT-4.
    pub fn show_showing(
        &self,
        caller: &Caller,
        document: LookedAt<'_>,
        purpose: Purpose,
    ) -> Result<Restricted, AppError> {
        let now = self.clock.now();
        let base = self.base_of_showing(caller, document, None, purpose)?;
        let (raw, _) = metadata::read(&base.record).map_err(|_| damaged())?;
        let seen = base.seen(&raw, &self.registry(), now);
        Ok(self.showing_told(&base, &raw, [seen, seen], now))
    }

    /// Restricts how a document is shown, or lets it be shown again: archives its next version, of the same content, written when
    /// it was written and by whom it was. Only tried, it tells what the client's side would see.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; [`AppError::Refused`] with every reason why not; each logged.
    ///
    /// Source: CIT-3, CIT-4, ARC-3.
    pub fn restrict_showing(
        &self,
        caller: &Caller,
        document: LookedAt<'_>,
        asked: &ShowingAsked,
        how: How,
    ) -> Result<Restricted, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let purpose = Purpose { reason: how.reason, ..Purpose::READ };
        let base = self.base_of_showing(caller, document, Some(&asked.version), purpose)?;
        let (before, _) = metadata::read(&base.record).map_err(|_| damaged())?;
        let seen = base.seen(&before, &registry, now);
        if base.is_done {
            return Ok(self.showing_told(&base, &before, [seen, seen], now));
        }
        let next = base.next(before.clone(), asked, caller, &registry, now);
        let mut sent = base.submission(&next, &registry);
        let mut faults = base.faults(&before, &asked.showing, &registry, now);
        faults.extend(self.check_in_the_making(caller, &sent, Vec::new(), now)?.faults);
        if !faults.is_empty() {
            return Err(self.refuse_submission(caller, None, faults, now)?);
        }
        let then = base.seen(&next, &registry, now);
        let mut told = self.showing_told(&base, &before, [seen, then], now);
        if how.dry_run {
            self.log(caller, Event::Check, Outcome::Done, now)?;
        } else {
            let named = (&base.facts.controller, &asked.version);
            sent = self.signed_by_system(caller, sent, named, now)?;
            told.archived = Some(self.archive_document(caller, sent)?);
        }
        Ok(told)
    }

    fn showing_told(
        &self,
        base: &Base,
        raw: &RawMetadata<'_>,
        [before, after]: [InTheView; 2],
        now: Instant,
    ) -> Restricted {
        let (group, controller) = (base.facts.group, &base.facts.controller);
        let own = needed(group, text(raw, Element::GeneralType)) == Needed::Professional;
        let level = self.signature_trust().levels.level_for(Some(controller), Some(group));
        Restricted {
            archived: None,
            before,
            after,
            said: said(raw),
            minor: base.minor(now),
            loses_signature: own.then_some(level),
        }
    }

    /// Reads the version whose showing is asked about, for one who may write the next one.
    fn base_of_showing(
        &self,
        caller: &Caller,
        document: LookedAt<'_>,
        next: Option<&Oid>,
        purpose: Purpose,
    ) -> Result<Base, AppError> {
        self.look(caller, document, purpose, "showing", |seen| {
            seen.inquiry.may_replace(seen.tx, seen.row)?.map_err(AppError::Denied)?;
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let parts = seen.tx.content(&whole)?.into_iter();
            let next = next.map(|next| seen.tx.find_version(next)).transpose()?.flatten();
            Ok(Base {
                is_done: next.is_some_and(|next| next.set == seen.row.set),
                next: seen.tx.next_number(seen.row.set)?,
                document: document.document.clone(),
                record: seen.tx.record(&whole, seen.row)?,
                parts: parts.filter(|(part, _)| part.is_content()).collect(),
                facts: crate::inquiry::facts_of_version(seen.tx, seen.row)?.document,
            })
        })
    }
}

/// The version whose showing changes.
struct Base {
    document: Oid,
    record: Vec<u8>,
    parts: Vec<(Part, Vec<u8>)>,
    facts: DocumentFacts,
    /// Whether the version that is asked for is archived already.
    is_done: bool,
    /// The number of the version that is asked for.
    next: u32,
}

impl Base {
    /// What is wrong with what is asked for, but for what archiving tells.
    fn faults(
        &self,
        raw: &RawMetadata<'_>,
        showing: &Showing,
        registry: &Registry,
        now: Instant,
    ) -> Vec<Fault> {
        let (before, today) = (said(raw), FinnishDay::of(now));
        let mut faults = Vec::new();
        let unit = oid(raw, Element::ServiceUnitId);
        let decided = self.is_by_organiser(unit.as_ref(), registry);
        let says = |code: &String| decided && before.guardians.as_ref() == Some(code);
        let held = showing.holds_back();
        if showing.guardians.as_ref().is_none_or(says)
            && before.hidden == showing.hidden
            && before.delayed_until == showing.delayed_until
            && before.reason.as_deref() == showing.reason.as_deref().filter(|_| held)
            && before.argument == showing.argument
        {
            faults.push(Fault::new(FaultKind::NothingChanges, "showing", RULE));
        }
        let over = showing.delayed_until.filter(|day| *day < today);
        if let Some(day) = over.filter(|_| before.delayed_until != over) {
            let fault = Fault::new(FaultKind::WrongTime, "display_delay_until", RULE);
            faults.push(fault.value(day.to_string()).arg("expected", format!(">= {today}")));
        }
        faults
    }

    /// The metadata of the next version: how it is shown is what changes.
    fn next<'a>(
        &self,
        mut raw: RawMetadata<'a>,
        asked: &ShowingAsked,
        caller: &Caller,
        registry: &Registry,
        now: Instant,
    ) -> RawMetadata<'a> {
        let showing = &asked.showing;
        let raw_unit = oid(&raw, Element::ServiceUnitId);
        raw = next_of(raw, &asked.version, (&self.document, METADATA_PUT_RIGHT), self.next, now);
        let mut put = |element, value: Option<&str>| put(&mut raw, element, value);
        put(Element::SpecialContent, Some(if showing.hidden { "K" } else { "E" }));
        let delay = showing.delayed_until.map(|day| day.to_string());
        put(Element::DisplayDelay, delay.as_deref());
        put(
            Element::InaccessibleReason,
            showing.reason.as_deref().filter(|_| showing.holds_back()),
        );
        put(Element::RestrictionArgument, showing.argument.as_deref());
        if let Some(code) = &showing.guardians {
            put(Element::GuardianDisclosure, Some(code));
            // What the organiser decides of guardians stands in a version of a unit of its own.
            let own = registry.units_of(&self.facts.controller);
            let unit = caller.units.iter().find(|unit| own.contains(unit));
            if let Some(unit) = unit.filter(|_| !self.is_by_organiser(raw_unit.as_ref(), registry))
            {
                put(Element::ServiceUnitId, Some(unit.as_str()));
                let name = registry.registers().unit(unit).map(|unit| unit.names.fi.as_str());
                put(Element::ServiceUnitName, name);
                for of_producer in [
                    Element::ProducerId,
                    Element::ProducerName,
                    Element::OperatingUnitId,
                    Element::OperatingUnitName,
                ] {
                    put(of_producer, None);
                }
            }
        }
        raw
    }

    /// The next version: of the same content, with a view that names the version.
    fn submission(&self, next: &RawMetadata<'_>, registry: &Registry) -> Submission {
        let mut parts = self.parts.clone();
        parts.retain(|(part, _)| *part != Part::View || !self.is_structured());
        let metadata = metadata::write_raw(next).into_bytes();
        let mut submission = Submission { metadata, parts };
        if self.is_structured() {
            let language = text(next, Element::Language).and_then(|tag| tag.parse().ok());
            let language = language.unwrap_or(ViewLanguage::Finnish);
            // Without a view the checks tell what keeps it from being made.
            if let Some(view) = made(&submission, registry, language) {
                submission.parts.push((Part::View, view.into_bytes()));
            }
        }
        submission
    }

    fn is_structured(&self) -> bool {
        self.parts.iter().any(|(part, _)| *part == Part::Structured)
    }

    /// What the client's side sees by these metadata.
    fn seen(&self, raw: &RawMetadata<'_>, registry: &Registry, now: Instant) -> InTheView {
        let today = FinnishDay::of(now);
        let unit = oid(raw, Element::ServiceUnitId);
        let by_organiser = self.is_by_organiser(unit.as_ref(), registry);
        let display = Display::of(raw, by_organiser);
        InTheView::of(self.facts.subject, self.facts.group, &display, today)
    }

    /// Whether a unit is one of the controller's own, so that what a version of it says of guardians is decided.
    fn is_by_organiser(&self, unit: Option<&Oid>, registry: &Registry) -> bool {
        let own = registry.units_of(&self.facts.controller);
        unit.is_some_and(|unit| own.contains(unit))
    }

    fn minor(&self, now: Instant) -> bool {
        metadata::read(&self.record).is_ok_and(|(raw, _)| is_of_minor(&raw, now))
    }
}

/// Whether a document is a minor's, by what it says of its client.
pub(super) fn is_of_minor(raw: &RawMetadata<'_>, now: Instant) -> bool {
    let born = text(raw, Element::ClientBirthDate).and_then(FinnishDay::parse);
    let code = crate::derived::identity_code(raw).map(|code| code.birth_day());
    born.or(code).is_some_and(|born| born.years_until(FinnishDay::of(now)) < 18)
}

impl Showing {
    /// Whether anything is held back from the client.
    #[must_use]
    pub const fn holds_back(&self) -> bool {
        self.hidden || self.delayed_until.is_some()
    }
}

/// What metadata say of showing.
fn said(raw: &RawMetadata<'_>) -> Showing {
    let given = |element| text(raw, element).map(str::to_owned);
    Showing {
        delayed_until: text(raw, Element::DisplayDelay).and_then(FinnishDay::parse),
        hidden: text(raw, Element::SpecialContent) == Some("K"),
        guardians: given(Element::GuardianDisclosure),
        reason: given(Element::InaccessibleReason),
        argument: given(Element::RestrictionArgument),
    }
}

pub(super) fn damaged() -> varanto_store::StoreError {
    varanto_store::StoreError::Damaged("the record of a document".to_owned())
}

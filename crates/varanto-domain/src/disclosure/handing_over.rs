//! Requests from outside: to whom the controller hands over documents, outside the electronic way.
//!
//! Whether a document may be handed over at all is decided in [`crate::access`]. Here is what turns on who asks.

use crate::access::{Denial, Display, GuardianMark, Reason, RequestGround, Subject};
use crate::ids::{ClientIdentifier, Oid};
use crate::time::FinnishDay;

/// In which form documents are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandedAs {
    /// A package of files: the originals, pages for people, proofs.
    Package,
    /// Prints alone, to be given on paper.
    Paper,
}

impl HandedAs {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Package, Self::Paper];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Paper => "paper",
        }
    }

    /// The form with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// Who asks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiverKind {
    /// The client.
    Client,
    /// A guardian of the client.
    Guardian,
    /// Another who acts for the client: a trustee, or one with a mandate.
    Representative,
    /// One close to the client; after a death, one who sees to a right of the own.
    Relative,
    /// Another person: a party.
    Person,
    /// An authority or a court.
    Authority,
    /// Another organisation.
    Organisation,
}

impl ReceiverKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Client,
        Self::Guardian,
        Self::Representative,
        Self::Relative,
        Self::Person,
        Self::Authority,
        Self::Organisation,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Guardian => "guardian",
            Self::Representative => "representative",
            Self::Relative => "relative",
            Self::Person => "person",
            Self::Authority => "authority",
            Self::Organisation => "organisation",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Whether a receiver of this kind can ask on a legal basis: the client alone for the own data, those who act for
    /// the client as such, nobody for the client after a death; an authority or another organisation by a section.
    ///
    /// Source: DIS-6; own-choices.
    #[must_use]
    pub const fn may_name(self, ground: Reason) -> bool {
        match ground {
            Reason::Request(RequestGround::DataSubject) => matches!(self, Self::Client),
            Reason::Request(RequestGround::Representative) => {
                matches!(self, Self::Guardian | Self::Representative)
            }
            Reason::Request(RequestGround::AfterDeath) => !self.is_on_the_clients_side(),
            Reason::Request(
                RequestGround::Party | RequestGround::Consent | RequestGround::ByLaw,
            ) => true,
            Reason::Statutory(_) => self.is_organisation(),
            Reason::Look(_) => false,
        }
    }

    /// Whether it is the client, or one who acts for the client.
    const fn is_on_the_clients_side(self) -> bool {
        matches!(self, Self::Client | Self::Guardian | Self::Representative)
    }

    /// Whether it is no person: then the log tells which one, by its identifier.
    #[must_use]
    pub const fn is_organisation(self) -> bool {
        matches!(self, Self::Authority | Self::Organisation)
    }
}

/// Who is given the documents. The name stands on what is given, and nowhere else: the log tells a person by
/// kind, and an organisation by its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What kind of receiver.
    pub kind: ReceiverKind,
    /// The name.
    pub name: String,
    /// The identifier, of an organisation.
    pub organisation: Option<Oid>,
}

/// A request from outside (tietopyyntö), as whoever handles it for the controller records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideRequest {
    /// Whose documents are asked for.
    pub client: ClientIdentifier,
    /// Who asks.
    pub receiver: Receiver,
    /// On what legal basis.
    pub ground: Reason,
    /// Under which reference the controller keeps the request: letters, digits and signs, nobody's name.
    pub reference: String,
    /// Who handles it, as it stands on what is given; of a person who logged in `None` is enough.
    pub handler: Option<String>,
    /// What is asked for.
    pub asked: AskedFor,
    /// In which form it is given.
    pub form: HandedAs,
}

/// What is asked for. Nothing narrowed: every document in force. Named documents are asked for alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedFor {
    /// In the registers of these controllers; empty: in all.
    pub registers: Vec<Oid>,
    /// Of these service tasks; empty: of all.
    pub service_tasks: Vec<String>,
    /// Of these types, general or specific; empty: of all.
    pub types: Vec<String>,
    /// Written on this day or after.
    pub from: Option<FinnishDay>,
    /// Written on this day or before.
    pub until: Option<FinnishDay>,
    /// These very versions.
    pub documents: Vec<Oid>,
}

/// Whether a document that may be handed over goes to this receiver without being named. What is kept from the client's
/// view by its subject, or was held back by a professional, goes to the client, and to those who act for the client, only
/// when whoever handles the request names the very document; to guardians goes what says that they may see it.
///
/// # Errors
/// [`Denial::ExcludedFromView`], [`Denial::SpecialContent`], [`Denial::Delayed`], and what the document says of guardians.
///
/// Source: DIS-6, CIT-2, CIT-3, CIT-4; national-specs 6.7; own-choices.
pub fn goes_unnamed(
    kind: ReceiverKind,
    subject: Subject,
    display: &Display,
    day: FinnishDay,
) -> Result<(), Denial> {
    if !kind.is_on_the_clients_side() {
        return Ok(());
    }
    if !subject.is_in_the_view(display) {
        return Err(Denial::ExcludedFromView);
    }
    if display.special_content {
        return Err(Denial::SpecialContent);
    }
    if display.delayed_until.is_some_and(|until| day <= until) {
        return Err(Denial::Delayed);
    }
    match display.guardians {
        _ if kind != ReceiverKind::Guardian => Ok(()),
        GuardianMark::Shown => Ok(()),
        GuardianMark::NotSaid => Err(Denial::GuardiansNotSaid),
        GuardianMark::Hidden => Err(Denial::HiddenFromGuardians),
        GuardianMark::HiddenByProducer => Err(Denial::GuardianDecisionOpen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{LookReason, StatutoryGround};

    fn check(kind: ReceiverKind, display: Display, expected: &str) {
        check_about(kind, Subject::Ordinary, display, expected);
    }

    fn check_about(kind: ReceiverKind, about: Subject, display: Display, expected: &str) {
        let day = FinnishDay::new(2026, 11, 2).unwrap();
        let told = goes_unnamed(kind, about, &display, day).map_or_else(Denial::code, |()| "goes");
        assert_eq!(told, expected, "{kind:?} {about:?} {display:?}");
    }

    /// DIS-6, CIT-2: what is kept from the client's view by its subject goes to the client's side only when it is named; to
    /// others it goes. Of adoption counselling goes what a worker has let be shown.
    #[test]
    fn what_is_kept_from_the_view_by_its_subject_does_not_go_unnamed() {
        let plain = Display { guardians: GuardianMark::Shown, ..Display::default() };
        for kind in ReceiverKind::ALL {
            for about in Subject::ALL {
                let kept = kind.is_on_the_clients_side() && about != Subject::Ordinary;
                check_about(kind, about, plain, if kept { "excluded-from-view" } else { "goes" });
            }
            let shown = Display { adoption_shown: true, ..plain };
            check_about(kind, Subject::Adoption, shown, "goes");
        }
    }

    /// DIS-6: what is held back from the client's view goes to the client's side only when it is named; to others it
    /// goes as their right says.
    #[test]
    fn what_is_held_back_from_the_client_does_not_go_unnamed() {
        let plain = Display { guardians: GuardianMark::Shown, ..Display::default() };
        let special = Display { special_content: true, ..plain };
        let until = |day| Display { delayed_until: FinnishDay::new(2026, 11, day), ..plain };
        for kind in [ReceiverKind::Client, ReceiverKind::Guardian, ReceiverKind::Representative] {
            check(kind, plain, "goes");
            check(kind, special, "special-content");
            check(kind, until(2), "showing-delayed");
            check(kind, until(1), "goes");
        }
        for kind in [ReceiverKind::Relative, ReceiverKind::Person, ReceiverKind::Authority] {
            check(kind, special, "goes");
            check(kind, until(2), "goes");
        }
    }

    /// DIS-6, CIT-4: to guardians goes what says that they may see it, and to nobody else does it matter.
    #[test]
    fn to_guardians_goes_what_says_so() {
        let of = |guardians| Display { guardians, ..Display::default() };
        for (mark, expected) in [
            (GuardianMark::Shown, "goes"),
            (GuardianMark::NotSaid, "guardians-not-said"),
            (GuardianMark::Hidden, "hidden-from-guardians"),
            (GuardianMark::HiddenByProducer, "guardian-decision-open"),
        ] {
            check(ReceiverKind::Guardian, of(mark), expected);
            check(ReceiverKind::Client, of(mark), "goes");
            check(ReceiverKind::Authority, of(mark), "goes");
        }
    }

    /// DIS-6: the own data are the client's to ask for, acting for the client is for those who do, and nobody acts for the
    /// dead; a section of the law is an authority's.
    #[test]
    fn a_receiver_names_a_ground_of_its_own() {
        let check = |ground: Reason, expected: &[&str]| {
            let fit = ReceiverKind::ALL.into_iter().filter(|kind| kind.may_name(ground));
            assert_eq!(fit.map(ReceiverKind::code).collect::<Vec<_>>(), expected, "{ground:?}");
        };
        let all = ReceiverKind::ALL.map(ReceiverKind::code);
        check(Reason::Request(RequestGround::DataSubject), &["client"]);
        check(Reason::Request(RequestGround::Representative), &["guardian", "representative"]);
        check(Reason::Request(RequestGround::AfterDeath), &all[3..]);
        for ground in [RequestGround::Party, RequestGround::Consent, RequestGround::ByLaw] {
            check(Reason::Request(ground), &all);
        }
        check(Reason::Statutory(StatutoryGround::Section64), &["authority", "organisation"]);
        check(Reason::Look(LookReason::Urgent), &[]);
    }

    /// DIS-6: forms and receivers are found by their names, and no two share one.
    #[test]
    fn forms_and_receivers_have_their_names() {
        for form in HandedAs::ALL {
            assert_eq!(HandedAs::of_code(form.code()), Some(form));
        }
        for kind in ReceiverKind::ALL {
            assert_eq!(ReceiverKind::of_code(kind.code()), Some(kind));
            let organisation = matches!(kind.code(), "authority" | "organisation");
            assert_eq!(kind.is_organisation(), organisation);
        }
    }
}

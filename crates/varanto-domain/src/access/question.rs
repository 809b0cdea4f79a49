//! The question: who wants to do what, in which situation, on which day (design 3).

use super::caller::{Caller, Role, Who};
use super::facts::{ClientFacts, DocumentFacts};
use crate::disclosure::is_will;
use crate::relationship::Side;
use crate::time::FinnishDay;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Open a document: its metadata, content, versions or proof.
    Read,
    /// Show it in a list.
    List,
    /// Archive a new document.
    Store,
    /// Archive a new version of it.
    Version,
    /// Invalidate a version.
    Invalidate,
    /// Hand it to somebody outside the electronic way: a print, a package.
    Disclose,
    /// Load registers, structures and code sets, look after the store: nobody's data.
    Administer,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::List,
        Self::Store,
        Self::Version,
        Self::Invalidate,
        Self::Disclose,
        Self::Administer,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Store => "store",
            Self::Version => "version",
            Self::Invalidate => "invalidate",
            Self::Disclose => "disclose",
            Self::Administer => "administer",
        }
    }

    /// The action with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.code() == code)
    }

    /// Whether it only looks.
    #[must_use]
    pub const fn looks(self) -> bool {
        matches!(self, Self::Read | Self::List)
    }

    /// Whether it records.
    #[must_use]
    pub const fn records(self) -> bool {
        matches!(self, Self::Store | Self::Version)
    }
}

/// In which situation it is asked (käyttötilanne); each has its own ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Situation {
    /// In a register of the caller's own organisation.
    OwnRegister,
    /// A producer in the organiser's register.
    RegisterUse,
    /// A producer that does the organiser's work too (laaja rekisterinkäyttöoikeus).
    WideRegisterUse,
    /// From another controller, because the client permits it.
    Disclosure,
    /// From another controller, because the law gives the right.
    StatutoryDisclosure,
    /// The client's will, permissions and refusals, as whoever serves the client reads and records it.
    ClientWill,
    /// The keeper of the archive.
    Archivist,
    /// A citizen about themself.
    Citizen,
    /// A guardian about a child.
    Guardian,
    /// A citizen about another adult who has given a mandate.
    Mandate,
    /// A data-protection officer's review.
    DataProtectionReview,
}

impl Situation {
    /// Every situation.
    pub const ALL: [Self; 11] = [
        Self::OwnRegister,
        Self::RegisterUse,
        Self::WideRegisterUse,
        Self::Disclosure,
        Self::StatutoryDisclosure,
        Self::ClientWill,
        Self::Archivist,
        Self::Citizen,
        Self::Guardian,
        Self::Mandate,
        Self::DataProtectionReview,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OwnRegister => "own-register",
            Self::RegisterUse => "register-use",
            Self::WideRegisterUse => "wide-register-use",
            Self::Disclosure => "disclosure",
            Self::StatutoryDisclosure => "statutory-disclosure",
            Self::ClientWill => "client-will",
            Self::Archivist => "archivist",
            Self::Citizen => "citizen",
            Self::Guardian => "guardian",
            Self::Mandate => "mandate",
            Self::DataProtectionReview => "data-protection-review",
        }
    }

    /// The situation with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|situation| situation.code() == code)
    }

    /// Whether the document comes from another controller.
    #[must_use]
    pub const fn discloses(self) -> bool {
        matches!(self, Self::Disclosure | Self::StatutoryDisclosure)
    }

    /// Whether a citizen asks.
    #[must_use]
    pub const fn of_citizens(self) -> bool {
        matches!(self, Self::Citizen | Self::Guardian | Self::Mandate)
    }

    /// Whether a producer works in another's register.
    #[must_use]
    pub const fn uses_register(self) -> bool {
        matches!(self, Self::RegisterUse | Self::WideRegisterUse)
    }

    /// The situation of a caller who names none: by role, and by whose register it is; of what the
    /// client permits and refuses, whether the caller serves the client. A disclosure is never guessed.
    #[must_use]
    pub fn usual(
        caller: &Caller,
        document: &DocumentFacts,
        client: &ClientFacts,
        day: FinnishDay,
    ) -> Self {
        match &caller.who {
            Who::Person { role: Role::Archivist, .. } => Self::Archivist,
            Who::Person { role: Role::DataProtectionOfficer, .. } => Self::DataProtectionReview,
            Who::Citizen { .. } => Self::Citizen,
            _ if is_will(document.group) && client.is_served_by(caller, day) => Self::ClientWill,
            _ if caller.owns(&document.controller) => Self::OwnRegister,
            _ if client
                .rights_of(caller, &document.controller)
                .all(|right| right.side == Side::Organiser) =>
            {
                Self::OwnRegister
            }
            _ if client.wide_in.contains(&document.controller) => Self::WideRegisterUse,
            _ => Self::RegisterUse,
        }
    }
}

/// A coded reason for a look, where the rules want one (ACC-3, DIS-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Within the own register.
    Look(LookReason),
    /// From another controller by law.
    Statutory(StatutoryGround),
    /// Of a request from outside: its legal basis.
    Request(RequestGround),
}

/// Why a worker looks without a case context, or at an ended or deceased client's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LookReason {
    /// A first contact or an assessment of need, before the relationship shows it.
    FirstContact,
    /// Help that cannot wait.
    Urgent,
    /// The client, or who has the right after a death, asks for information.
    InformationRequest,
    /// An error is looked into or corrected.
    Correction,
    /// A complaint, an appeal, or an authority's inquiry.
    OfficialInquiry,
    /// Supervision, self-monitoring or the review of looks.
    Supervision,
}

impl LookReason {
    /// Every reason of a look.
    pub const ALL: [Self; 6] = [
        Self::FirstContact,
        Self::Urgent,
        Self::InformationRequest,
        Self::Correction,
        Self::OfficialInquiry,
        Self::Supervision,
    ];
}

/// On what section of Act 703/2023 an official has the right to a document of another controller in
/// spite of a refusal and without a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatutoryGround {
    /// Section 56.
    Section56,
    /// Section 62.
    Section62,
    /// Section 63.
    Section63,
    /// Section 64.
    Section64,
}

/// The legal basis on which somebody outside asks the controller for documents (tietopyynnön peruste).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestGround {
    /// The client asks for the own data.
    DataSubject,
    /// Who acts for the client asks: a guardian, or one with a mandate.
    Representative,
    /// A party whose right, benefit or duty the matter is about (asianosainen).
    Party,
    /// The client has consented to it.
    Consent,
    /// An authority or another has the right by law.
    ByLaw,
    /// After the client's death: one who needs it to find out or see to a weighty interest or right.
    AfterDeath,
}

impl RequestGround {
    /// Every ground.
    pub const ALL: [Self; 6] = [
        Self::DataSubject,
        Self::Representative,
        Self::Party,
        Self::Consent,
        Self::ByLaw,
        Self::AfterDeath,
    ];

    /// Whether it can be the ground for a client who lives, or who has died: the dead neither ask nor consent,
    /// and nobody acts for them any more.
    ///
    /// Source: DIS-6, OLD-3; own-choices.
    #[must_use]
    pub const fn fits(self, client_is_dead: bool) -> bool {
        match self {
            Self::DataSubject | Self::Representative | Self::Consent => !client_is_dead,
            Self::AfterDeath => client_is_dead,
            Self::Party | Self::ByLaw => true,
        }
    }
}

impl Reason {
    /// The reasons that a look may give.
    pub const OF_LOOKS: [Self; 10] = [
        Self::Look(LookReason::FirstContact),
        Self::Look(LookReason::Urgent),
        Self::Look(LookReason::InformationRequest),
        Self::Look(LookReason::Correction),
        Self::Look(LookReason::OfficialInquiry),
        Self::Look(LookReason::Supervision),
        Self::Statutory(StatutoryGround::Section56),
        Self::Statutory(StatutoryGround::Section62),
        Self::Statutory(StatutoryGround::Section63),
        Self::Statutory(StatutoryGround::Section64),
    ];

    /// The legal bases that a request from outside may name: its own, and a section by which an official has the
    /// right.
    ///
    /// Source: DIS-6.
    pub const OF_REQUESTS: [Self; 10] = [
        Self::Request(RequestGround::DataSubject),
        Self::Request(RequestGround::Representative),
        Self::Request(RequestGround::Party),
        Self::Request(RequestGround::Consent),
        Self::Request(RequestGround::ByLaw),
        Self::Request(RequestGround::AfterDeath),
        Self::Statutory(StatutoryGround::Section56),
        Self::Statutory(StatutoryGround::Section62),
        Self::Statutory(StatutoryGround::Section63),
        Self::Statutory(StatutoryGround::Section64),
    ];

    /// Every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        let requests = RequestGround::ALL.map(Self::Request);
        Self::OF_LOOKS.into_iter().chain(requests)
    }

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Look(LookReason::FirstContact) => "first-contact",
            Self::Look(LookReason::Urgent) => "urgent",
            Self::Look(LookReason::InformationRequest) => "information-request",
            Self::Look(LookReason::Correction) => "correction",
            Self::Look(LookReason::OfficialInquiry) => "official-inquiry",
            Self::Look(LookReason::Supervision) => "supervision",
            Self::Statutory(StatutoryGround::Section56) => "act-703-2023-56",
            Self::Statutory(StatutoryGround::Section62) => "act-703-2023-62",
            Self::Statutory(StatutoryGround::Section63) => "act-703-2023-63",
            Self::Statutory(StatutoryGround::Section64) => "act-703-2023-64",
            Self::Request(RequestGround::DataSubject) => "data-subject",
            Self::Request(RequestGround::Representative) => "representative",
            Self::Request(RequestGround::Party) => "party",
            Self::Request(RequestGround::Consent) => "consent",
            Self::Request(RequestGround::ByLaw) => "by-law",
            Self::Request(RequestGround::AfterDeath) => "after-death",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::all().find(|reason| reason.code() == code)
    }

    /// The reason with this name, of those that a look may give.
    #[must_use]
    pub fn of_look(code: &str) -> Option<Self> {
        Self::OF_LOOKS.into_iter().find(|reason| reason.code() == code)
    }

    /// The legal basis with this name, of those that a request from outside may name.
    #[must_use]
    pub fn of_request(code: &str) -> Option<Self> {
        Self::OF_REQUESTS.into_iter().find(|reason| reason.code() == code)
    }
}

/// What the caller says of the look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purpose {
    /// The situation; `None`: the usual one of the caller.
    pub situation: Option<Situation>,
    /// The reason, where one is wanted.
    pub reason: Option<Reason>,
    /// Whether invalidated versions are asked for expressly.
    pub invalidated_too: bool,
}

impl Purpose {
    /// The caller says nothing more.
    pub const READ: Self = Self { situation: None, reason: None, invalidated_too: false };
    /// The caller asks for invalidated versions expressly.
    pub const READ_INVALIDATED: Self = Self { invalidated_too: true, ..Self::READ };

    /// In a situation.
    #[must_use]
    pub const fn in_situation(self, situation: Situation) -> Self {
        Self { situation: Some(situation), ..self }
    }

    /// For a reason.
    #[must_use]
    pub const fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

/// The whole question but for the action.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// About which document: facts of its metadata alone.
    pub document: &'a DocumentFacts,
    /// What is known of the client through whom it is asked: the document's, or another whom it concerns.
    pub client: &'a ClientFacts,
    /// What is known of the other clients whom the document names.
    pub others: &'a [&'a ClientFacts],
    /// In which situation.
    pub situation: Situation,
    /// The coded reason, where the caller gave one.
    pub reason: Option<Reason>,
    /// Whether invalidated versions are asked for expressly.
    pub invalidated_too: bool,
    /// On which day.
    pub day: FinnishDay,
}

impl<'a> Question<'a> {
    /// The question that a caller asks with a purpose.
    #[must_use]
    pub fn new(
        caller: &'a Caller,
        document: &'a DocumentFacts,
        client: &'a ClientFacts,
        purpose: Purpose,
        day: FinnishDay,
    ) -> Self {
        let usual = || Situation::usual(caller, document, client, day);
        Self {
            caller,
            document,
            client,
            others: &[],
            situation: purpose.situation.unwrap_or_else(usual),
            reason: purpose.reason,
            invalidated_too: purpose.invalidated_too,
            day,
        }
    }

    /// With what is known of the other clients whom the document names.
    #[must_use]
    pub const fn beside(self, others: &'a [&'a ClientFacts]) -> Self {
        Self { others, ..self }
    }

    /// The reason of a look, if one was given.
    #[must_use]
    pub const fn look_reason(&self) -> Option<Reason> {
        match self.reason {
            Some(reason @ Reason::Look(_)) => Some(reason),
            _ => None,
        }
    }

    /// The reason of a look in the own register: the one given, or the one for which the caller opened the
    /// client's documents there for some hours.
    ///
    /// Source: ACC-3.
    #[must_use]
    pub fn stated_reason(&self) -> Option<Reason> {
        let opened = || {
            let here = |(register, _): &&(_, _)| *register == self.document.controller;
            self.client.opened.iter().find(here).map(|(_, reason)| Reason::Look(*reason))
        };
        let own = self.situation == Situation::OwnRegister;
        self.look_reason().or_else(|| if own { opened() } else { None })
    }

    /// The statutory reason, if one was given.
    #[must_use]
    pub const fn statutory_reason(&self) -> Option<Reason> {
        match self.reason {
            Some(reason @ Reason::Statutory(_)) => Some(reason),
            _ => None,
        }
    }

    /// The legal basis of a request from outside, if one was given.
    ///
    /// Source: DIS-6.
    #[must_use]
    pub const fn request_reason(&self) -> Option<Reason> {
        match self.reason {
            Some(reason @ (Reason::Request(_) | Reason::Statutory(_))) => Some(reason),
            _ => None,
        }
    }

    /// Whether a worker asks about what another unit recorded, which is not a worker's to invalidate.
    ///
    /// Source: ARC-3; own-choices.
    #[must_use]
    pub fn is_anothers_to_take_back(&self) -> bool {
        self.caller.role().is_some_and(Role::serves_clients) && !self.is_own_work()
    }

    /// Whether the document was made by a unit of the caller's.
    #[must_use]
    pub fn is_own_work(&self) -> bool {
        self.document.unit.as_ref().is_some_and(|unit| self.caller.units.contains(unit))
    }
}

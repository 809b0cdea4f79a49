//! The facts that decisions turn on: of the document, and of its client.

use std::sync::Arc;

use super::caller::Caller;
use super::question::LookReason;
use crate::archive::documents::{DocumentGroup, VersionState};
use crate::archive::elements::Element;
use crate::archive::metadata::{RawMetadata, RawValue};
use crate::disclosure::{DisclosurePermission, Refusals};
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::mandates::HeldMandate;
use crate::relationship::{InCase, RegisterUseRight};
use crate::time::{FinnishDay, Instant, Validity};

/// A version that is archived, and what a decision needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionFacts {
    /// The version.
    pub version: VersionKey,
    /// Whose it is.
    pub client: ClientKey,
    /// Its facts.
    pub document: DocumentFacts,
}

/// What a decision needs to know of a document: metadata only.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentFacts {
    /// Its identifier.
    pub id: Oid,
    /// What its versions share.
    pub set: Oid,
    /// Whose it is; `None` for a client of whom nothing is archived yet.
    pub client: Option<ClientKey>,
    /// In whose register it is.
    pub controller: Oid,
    /// The unit that made it.
    pub unit: Option<Oid>,
    /// Its group.
    pub group: DocumentGroup,
    /// Where it stands.
    pub state: VersionState,
    /// Its service task's code.
    pub service_task: Option<Arc<str>>,
    /// What it is about, as far as the citizen's view turns on it.
    pub subject: Subject,
    /// How the citizen's view is held back.
    pub display: Display,
    /// Whether it needs a professional's electronic signature.
    pub signed: bool,
    /// When it was written.
    pub written_at: Instant,
    /// Who is in the joint case that it hangs on or is, and when; nobody when it is of no joint case.
    pub joint: Arc<[InCase]>,
}

impl DocumentFacts {
    /// Whether the document concerns a client: the one whose it is, and of a joint case everybody who was in
    /// it when the document was written.
    ///
    /// Source: REL-4.
    #[must_use]
    pub fn concerns(&self, client: Option<ClientKey>) -> bool {
        let then = |one: &InCase| Some(one.client) == client && one.lasts_at(self.written_at);
        client == self.client || self.joint.iter().any(then)
    }

    /// The clients whom the document concerns: first the one whose it is.
    #[must_use]
    pub fn concerned(&self) -> Vec<ClientKey> {
        self.clients(|one| one.lasts_at(self.written_at))
    }

    /// The clients whom the document names: those whom it concerns; of a case document all who ever were in
    /// the case, for it lists them.
    ///
    /// Source: REL-4; national-specs annex A.2.
    #[must_use]
    pub fn named(&self) -> Vec<ClientKey> {
        let lists_all = self.group == DocumentGroup::Case;
        self.clients(|one| lists_all || one.lasts_at(self.written_at))
    }

    fn clients(&self, counts: impl Fn(&InCase) -> bool) -> Vec<ClientKey> {
        let mut clients: Vec<ClientKey> = self.client.into_iter().collect();
        for one in self.joint.iter().filter(|one| counts(one)) {
            if !clients.contains(&one.client) {
                clients.push(one.client);
            }
        }
        clients
    }

    /// The document as that of another client of its joint case: what it says of guardians is said of the
    /// client whose it is, and of nobody else's.
    ///
    /// Source: REL-4, CIT-4.
    pub(super) fn as_of(&self, client: Option<ClientKey>) -> Self {
        let own = client == self.client;
        let guardians = if own { self.display.guardians } else { GuardianMark::NotSaid };
        let display = Display { guardians, ..self.display };
        Self { client, display, ..self.clone() }
    }
}

/// Subjects of documents that the citizen's view turns on (CIT-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Subject {
    /// Any other.
    #[default]
    Ordinary,
    /// Vanhemmuuden selvittäminen.
    Parenthood,
    /// Turvakotipalvelu.
    Shelter,
    /// Lähisuhde- ja perheväkivallan ehkäisytyö.
    Violence,
    /// Adoptioneuvonta.
    Adoption,
    /// Lapsen huolto- ja tapaamisoikeusselvitys, olosuhdeselvitys.
    Custody,
}

impl Subject {
    /// Whether documents of it are in the citizen's view at all: of adoption counselling those that a worker has let be
    /// shown, of the others none.
    ///
    /// Source: CIT-2; national-specs 6.7.
    #[must_use]
    pub const fn is_in_the_view(self, display: &Display) -> bool {
        match self {
            Self::Ordinary => true,
            Self::Adoption => display.adoption_shown,
            Self::Parenthood | Self::Shelter | Self::Violence | Self::Custody => false,
        }
    }

    /// Every subject.
    pub const ALL: [Self; 6] = [
        Self::Ordinary,
        Self::Parenthood,
        Self::Shelter,
        Self::Violence,
        Self::Adoption,
        Self::Custody,
    ];

    /// The subject of a specific document type, by the subject groups of the published structures.
    ///
    /// Source: CIT-2; national-specs 6.7, annex B.
    #[must_use]
    pub fn of_type(specific: &str) -> Self {
        match specific {
            "4025" | "5007" | "7016" | "7017" | "8002" | "8003" | "10001" | "11062" | "11063"
            | "12011" | "12012" | "12013" | "12014" | "12015" | "14002" | "14009" | "16008" => {
                Self::Parenthood
            }
            "1011" | "15019" => Self::Shelter,
            "1014" | "1016" | "1017" | "15025" => Self::Violence,
            "4000" | "7000" | "7008" | "7010" | "11005" | "11007" | "12000" | "12004" | "14001"
            | "14006" | "15000" | "16000" => Self::Adoption,
            "7005" => Self::Custody,
            _ => Self::Ordinary,
        }
    }
}

/// How a document is held back from the citizen's view, case by case (CIT-3, CIT-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Display {
    /// The last day on which it is not shown yet (viivästyksen päättymispäivä).
    pub delayed_until: Option<FinnishDay>,
    /// Hidden for good (erityissisältö).
    pub special_content: bool,
    /// What is said of guardians.
    pub guardians: GuardianMark,
    /// Whether a worker has let a document of adoption counselling be shown.
    pub adoption_shown: bool,
}

impl Display {
    /// What the metadata say. `by_organiser` tells whether a unit of the controller's own made the document.
    /// Of adoption counselling nothing is read here: no element says that a worker has let it be shown.
    ///
    /// Source: CIT-3, CIT-4.
    #[must_use]
    pub fn of(metadata: &RawMetadata<'_>, by_organiser: bool) -> Self {
        let text = |element| match metadata.get(element) {
            Some(RawValue::Text(text)) => Some(text.as_ref()),
            _ => None,
        };
        Self {
            delayed_until: text(Element::DisplayDelay).and_then(FinnishDay::parse),
            special_content: text(Element::SpecialContent) == Some("K"),
            guardians: GuardianMark::of(text(Element::GuardianDisclosure), by_organiser),
            adoption_shown: false,
        }
    }

    /// As if nothing held the document back: what is denied even so needs no record to be read.
    pub const OPEN: Self = Self {
        delayed_until: None,
        special_content: false,
        guardians: GuardianMark::Shown,
        adoption_shown: true,
    };

    /// Of a document whose record was not read: hidden from every citizen.
    pub const UNREAD: Self = Self {
        delayed_until: None,
        special_content: true,
        guardians: GuardianMark::NotSaid,
        adoption_shown: false,
    };
}

/// What a minor's document says of its guardians (CIT-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GuardianMark {
    /// Nothing.
    #[default]
    NotSaid,
    /// They may see it.
    Shown,
    /// They may not: the organiser's responsible worker has decided so.
    Hidden,
    /// They may not, says the producer alone; the organiser has not decided yet.
    HiddenByProducer,
}

impl GuardianMark {
    /// What a document's mark says (code set 1286: `1` lets it be given to guardians), by whose document it
    /// is. The organiser's decision alone lets guardians see a document: a producer's mark that they may is
    /// none, and one that they may not holds until the organiser has decided in a version of its own.
    ///
    /// Source: CIT-4; national-specs 6.7.
    #[must_use]
    pub fn of(code: Option<&str>, by_organiser: bool) -> Self {
        match (code, by_organiser) {
            (Some("1"), true) => Self::Shown,
            (Some(_), true) => Self::Hidden,
            (Some("1"), false) | (None, _) => Self::NotSaid,
            (Some(_), false) => Self::HiddenByProducer,
        }
    }
}

/// What is known of a client.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientFacts {
    /// By which key a document names the client; `None` for one of whom nothing is archived.
    pub key: Option<ClientKey>,
    /// Every key of the client: several while temporary identifiers are joined to the identity code. What is known
    /// of the client is then known by all of them.
    pub identities: Vec<ClientKey>,
    /// Which units serve the client in which registers: the organisers' own, and those of producers.
    pub rights: Vec<RegisterUseRight>,
    /// Client relationships.
    pub relationships: Vec<RelationshipSpan>,
    /// Controllers whose producers do the organiser's work too.
    pub wide_in: Vec<Oid>,
    /// What the client refuses.
    pub refusals: Refusals,
    /// What the client permits.
    pub permission: Option<DisclosurePermission>,
    /// The day on which the client was informed of the archive.
    pub informed_on: Option<FinnishDay>,
    /// The days of a consent to health care.
    pub health_consent: Option<Validity>,
    /// Controllers that are joined and able to disclose.
    pub able: Vec<Oid>,
    /// Whether what the population register says of the client is known today: death, safety order,
    /// guardians. Without it nothing may turn on there being none.
    pub person_known: bool,
    /// Whether it has ever told of the client, today or before.
    pub person_told: bool,
    /// The day of birth.
    pub born_on: Option<FinnishDay>,
    /// The day of death.
    pub died_on: Option<FinnishDay>,
    /// Whether a personal-safety non-disclosure order is in force (turvakielto).
    pub safety_order: bool,
    /// The guardians, and the days of each: those who have custody, and those with a right to information alone.
    pub guardians: Vec<(ClientKey, Validity)>,
    /// Those of them who have custody.
    pub custody: Vec<(ClientKey, Validity)>,
    /// The mandates that the client has given, as far as the register was asked.
    pub mandates: Vec<HeldMandate>,
    /// In whose registers the caller has opened the client's documents for some hours that last, and why
    /// (see [`crate::oversight::openings`]).
    pub opened: Vec<(Oid, LookReason)>,
}

/// A client relationship and its days.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationshipSpan {
    /// In whose register.
    pub controller: Oid,
    /// Vanha asiakkuus: never active.
    pub old: bool,
    /// The last day, once one is set.
    pub last_day: Option<FinnishDay>,
    /// Whether it is an old one of a client who has died, as the system said that it comes from.
    pub of_deceased: bool,
}

impl ClientFacts {
    /// Whether a key names the client: the one by which the document does, or another of the same person.
    ///
    /// Source: ARC-11.
    #[must_use]
    pub fn is(&self, key: ClientKey) -> bool {
        self.key == Some(key) || self.identities.contains(&key)
    }

    /// Whether the client has an active relationship in a controller's register on a day.
    #[must_use]
    pub fn is_active_in(&self, controller: &Oid, day: FinnishDay) -> bool {
        self.relationships.iter().any(|one| {
            one.controller == *controller && !one.old && one.last_day.is_none_or(|last| day <= last)
        })
    }

    /// Whether the client is dead on a day: as the population register told. Of whom it has never told anything, an old
    /// relationship says it whose source knew the client for dead, unless somebody serves the client today.
    ///
    /// Source: OLD-3; own-choices.
    #[must_use]
    pub fn is_dead(&self, day: FinnishDay) -> bool {
        match self.died_on {
            Some(died) => died <= day,
            None => !self.person_told && self.relationships_say_dead(day),
        }
    }

    fn relationships_say_dead(&self, day: FinnishDay) -> bool {
        let runs = |one: &RelationshipSpan| !one.old && one.last_day.is_none_or(|last| day <= last);
        self.relationships.iter().any(|one| one.of_deceased) && !self.relationships.iter().any(runs)
    }

    /// Whether the client is under 18 on a day; nobody is of whom the day of birth is not known.
    #[must_use]
    pub fn is_minor(&self, day: FinnishDay) -> bool {
        self.born_on.is_some_and(|born| born.years_until(day) < 18)
    }

    /// Whether the client is the caller's: an active relationship in one of its registers, and for a
    /// worker, a unit of the worker's that serves the client there.
    ///
    /// Source: DIS-1; national-specs 6.3, 6.4.
    #[must_use]
    pub fn is_served_by(&self, caller: &Caller, day: FinnishDay) -> bool {
        caller.registers.iter().any(|register| {
            self.is_active_in(register, day)
                && (caller.is_system()
                    || self.rights_of(caller, register).any(|right| right.in_force_on(day)))
        })
    }

    /// Whether what tells where the client is must be masked from those whom it is masked from: a safety
    /// order is in force, or it is not known whether one is.
    ///
    /// Source: ARC-10.
    #[must_use]
    pub const fn hides_whereabouts(&self) -> bool {
        self.safety_order || !self.person_known
    }

    /// The rights that the caller's units hold in a controller's register, on any day.
    pub fn rights_of<'f>(
        &'f self,
        caller: &'f Caller,
        controller: &'f Oid,
    ) -> impl Iterator<Item = &'f RegisterUseRight> {
        self.rights.iter().filter(move |right| {
            right.controller == *controller && caller.acts_for(&right.holder, controller)
        })
    }
}

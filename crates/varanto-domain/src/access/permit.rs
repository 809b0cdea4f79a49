//! Permits: made here alone, asked for by everything that gives out or takes in client data.

use super::denial::Denial;
use super::question::Reason;
use super::{Caller, Role, VersionFacts};
use crate::archive::documents::Part;
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::statements::{Statement, StatementKind, Voice};

/// On what ground a permit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// A system in a register of its own organisation.
    OwnRegister,
    /// A worker whose unit serves the client.
    CaseContext,
    /// A worker of the controller who has given a reason.
    StatedReason,
    /// A register-use right.
    RegisterUse,
    /// A wide register-use right.
    WideRegisterUse,
    /// The client was informed: the rule until the end of 2023.
    Informed,
    /// The client's disclosure permission.
    Permission,
    /// The client's consent to health care.
    HealthConsent,
    /// A right to information by law.
    Statutory,
    /// The client is one of the caller's: for the documents of the client's will.
    ServesClient,
    /// The keeper of the archive.
    Archivist,
    /// The citizen's own data.
    OwnData,
    /// Guardianship of a minor.
    Guardianship,
    /// Another adult's mandate.
    Mandate,
    /// A data-protection officer's review.
    Review,
    /// The controller's own handing over, on request.
    OnRequest,
    /// The operator's work, on nobody's data.
    Operation,
    /// A main user's work on the register of users.
    KeepsUsers,
}

impl Basis {
    /// Every ground.
    pub const ALL: [Self; 18] = [
        Self::OwnRegister,
        Self::CaseContext,
        Self::StatedReason,
        Self::RegisterUse,
        Self::WideRegisterUse,
        Self::Informed,
        Self::Permission,
        Self::HealthConsent,
        Self::Statutory,
        Self::ServesClient,
        Self::Archivist,
        Self::OwnData,
        Self::Guardianship,
        Self::Mandate,
        Self::Review,
        Self::OnRequest,
        Self::Operation,
        Self::KeepsUsers,
    ];

    /// Its stable name, as the log keeps it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OwnRegister => "own-register",
            Self::CaseContext => "case-context",
            Self::StatedReason => "stated-reason",
            Self::RegisterUse => "register-use",
            Self::WideRegisterUse => "wide-register-use",
            Self::Informed => "informed",
            Self::Permission => "disclosure-permission",
            Self::HealthConsent => "health-consent",
            Self::Statutory => "statutory",
            Self::ServesClient => "serves-client",
            Self::Archivist => "archivist",
            Self::OwnData => "own-data",
            Self::Guardianship => "guardianship",
            Self::Mandate => "mandate",
            Self::Review => "review",
            Self::OnRequest => "on-request",
            Self::Operation => "operation",
            Self::KeepsUsers => "keeps-users",
        }
    }
}

/// What a permit obliges to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obligation {
    /// Mask what tells where the client is: the personal-safety order does not allow it to be seen.
    MaskWhereabouts,
    /// Tell nothing of the other clients whom the document names: no content, and of the metadata what says
    /// nothing of anybody.
    HideOthers,
    /// Write into the log that the client is under a personal-safety order, and that the look was at the
    /// whole.
    LogSafetyOrder,
    /// Write the reason into the log.
    LogReason(Reason),
    /// Write a line of disclosure: who, to whom, what, why.
    LogDisclosure,
    /// Let the client follow it.
    TellClient,
    /// Give it on paper, once the controller has checked it.
    OnPaperAlone,
}

impl Obligation {
    /// The codes of all, for the tables of texts.
    pub const CODES: [&'static str; 7] = [
        "mask-whereabouts",
        "hide-others",
        "log-safety-order",
        "log-reason",
        "log-disclosure",
        "tell-client",
        "on-paper-alone",
    ];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MaskWhereabouts => "mask-whereabouts",
            Self::HideOthers => "hide-others",
            Self::LogSafetyOrder => "log-safety-order",
            Self::LogReason(_) => "log-reason",
            Self::LogDisclosure => "log-disclosure",
            Self::TellClient => "tell-client",
            Self::OnPaperAlone => "on-paper-alone",
        }
    }
}

/// The answer yes: its ground, and what it obliges to. It opens nothing by itself; the permits below
/// do, and are made of it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The ground.
    pub basis: Basis,
    /// What it obliges to, each once.
    pub obligations: Vec<Obligation>,
    /// The grounds for the other clients whom the document names, where there is one for each.
    pub beside: Vec<(ClientKey, Grant)>,
}

impl Grant {
    /// A grant without obligations.
    pub(crate) const fn on(basis: Basis) -> Self {
        Self { basis, obligations: Vec::new(), beside: Vec::new() }
    }

    /// With an obligation more.
    pub(crate) fn obliging(mut self, obligation: Obligation) -> Self {
        self.obligations.push(obligation);
        self
    }

    /// With an obligation more, if there is a case for it.
    pub(crate) fn obliging_if(self, is_so: bool, obligation: Obligation) -> Self {
        if is_so { self.obliging(obligation) } else { self }
    }

    /// With a ground for each of the other clients whom the document names: what one of them obliges to, all
    /// are seen by.
    pub(super) fn beside(mut self, mut others: Vec<(ClientKey, Self)>) -> Self {
        let masks = self.masks() || others.iter().any(|(_, grant)| grant.masks());
        for obligation in others.iter().flat_map(|(_, grant)| &grant.obligations) {
            if self.obligations.iter().all(|own| own.code() != obligation.code()) {
                self.obligations.push(*obligation);
            }
        }
        if masks {
            self = self.masking();
            others = others.into_iter().map(|(client, grant)| (client, grant.masking())).collect();
        }
        Self { beside: others, ..self }
    }

    /// With the same ground for other identifiers by which the document names the client.
    pub(super) fn named_again(mut self, keys: &[ClientKey]) -> Self {
        let own = Self { obligations: self.obligations.clone(), ..Self::on(self.basis) };
        self.beside.extend(keys.iter().map(|key| (*key, own.clone())));
        self
    }

    /// Without what tells where the client is: then nobody has seen it.
    pub(super) fn masking(mut self) -> Self {
        self.obligations.retain(|one| *one != Obligation::LogSafetyOrder);
        if self.masks() { self } else { self.obliging(Obligation::MaskWhereabouts) }
    }

    /// Whether what tells where the client is must be masked.
    #[must_use]
    pub fn masks(&self) -> bool {
        self.obligations.contains(&Obligation::MaskWhereabouts)
    }

    /// Whether nothing may be told of the other clients whom the document names.
    #[must_use]
    pub fn hides_others(&self) -> bool {
        self.obligations.contains(&Obligation::HideOthers)
    }

    /// What the log keeps of the obligations: the reason, that it is a disclosure, and whether what tells
    /// where the client is was masked, or seen in spite of a safety order.
    #[must_use]
    pub fn log_words(&self) -> String {
        let mut words = String::new();
        for obligation in &self.obligations {
            match obligation {
                Obligation::LogReason(reason) => {
                    words.push_str(" reason=");
                    words.push_str(reason.code());
                }
                Obligation::LogDisclosure => words.push_str(" disclosed"),
                Obligation::MaskWhereabouts => words.push_str(" masked"),
                Obligation::HideOthers => words.push_str(" others-hidden"),
                Obligation::LogSafetyOrder => words.push_str(" safety-order"),
                _ => {}
            }
        }
        words
    }
}

/// The right to read one version. Only the decisions of [`crate::access`] make it:
///
/// ```compile_fail
/// use varanto_domain::access::{Grant, ReadPermit, VersionFacts};
/// fn forge(facts: &VersionFacts, grant: Grant) -> ReadPermit {
///     ReadPermit::new(facts, grant)
/// }
/// ```
///
/// ```compile_fail
/// use varanto_domain::access::{Grant, ReadPermit};
/// use varanto_domain::ids::{ClientKey, VersionKey};
/// fn forge(grant: Grant) -> ReadPermit {
///     ReadPermit { version: VersionKey(1), client: ClientKey(1), through: ClientKey(1), grant }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a permit that opens nothing was asked for in vain"]
pub struct ReadPermit {
    version: VersionKey,
    client: ClientKey,
    through: ClientKey,
    grant: Grant,
}

/// The right to read one version as it was archived: nothing of it needs to be masked. Only
/// [`ReadPermit::whole`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct WholePermit<'p>(&'p ReadPermit);

/// The right to archive one document. Only [`super::may_archive`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePermit {
    grant: Grant,
}

/// The right to make the next version of one document, and to take over into it what the one before says: that goes
/// into the next version and to nobody. Only [`super::may_continue`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContinuePermit {
    version: VersionKey,
}

/// The right to invalidate one version. Only [`super::may_invalidate`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidatePermit {
    version: VersionKey,
    grant: Grant,
}

/// The right to destroy one version. Only [`super::may_destroy`] makes it:
///
/// ```compile_fail
/// use varanto_domain::access::DestroyPermit;
/// use varanto_domain::ids::{ClientKey, VersionKey};
/// fn forge() -> DestroyPermit {
///     DestroyPermit { version: VersionKey(1), client: ClientKey(1) }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a permit that destroys nothing was asked for in vain"]
pub struct DestroyPermit {
    version: VersionKey,
    client: ClientKey,
}

/// The right to see what was told of one client, as far as somebody hears it. Only [`super::may_see_statements`],
/// [`super::may_make_statement`] and [`super::statements_beside`] make it:
///
/// ```compile_fail
/// use varanto_domain::access::{Basis, StatementPermit};
/// fn forge() -> StatementPermit {
///     StatementPermit { basis: Basis::OwnData, clients: Vec::new(), heard: Default::default() }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a permit that opens nothing was asked for in vain"]
pub struct StatementPermit {
    basis: Basis,
    clients: Vec<ClientKey>,
    heard: Heard,
}

/// What of a client's statements somebody hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// The client: the own ones, and of those of guardians the plans. Where a guardian lives is not the child's to be told here,
    /// nor that of whoever stands beside the child.
    Client,
    /// Who has the client's mandate: what the client told, as it stands now.
    Mandate,
    /// A guardian: what that guardian told.
    Guardian(ClientKey),
    /// Who serves the client: what the client told, and those who have custody of a minor, as it stands now.
    Serving(Vec<ClientKey>),
}

impl StatementPermit {
    /// `clients`: every key of the client.
    pub(super) const fn new(basis: Basis, clients: Vec<ClientKey>, heard: Heard) -> Self {
        Self { basis, clients, heard }
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// Whether it opens a statement.
    #[must_use]
    pub fn opens(&self, statement: &Statement) -> bool {
        let heard = match (&self.heard, statement.voice) {
            (Heard::Client | Heard::Mandate | Heard::Serving(_), Voice::Client) => true,
            (Heard::Client, Voice::Guardian(_)) => statement.kind == StatementKind::Plan,
            (Heard::Guardian(own), Voice::Guardian(speaker)) => *own == speaker,
            (Heard::Serving(guardians), Voice::Guardian(speaker)) => guardians.contains(&speaker),
            (Heard::Mandate, Voice::Guardian(_)) | (Heard::Guardian(_), Voice::Client) => false,
        };
        heard && self.clients.contains(&statement.client)
    }

    /// Whether it opens what was told before, too: that is for whoever told it alone.
    #[must_use]
    pub const fn opens_earlier(&self) -> bool {
        matches!(self.heard, Heard::Client | Heard::Guardian(_))
    }
}

/// The right to take out, or to take in, all that is in one controller's register. Only [`super::may_transfer_register`]
/// makes it:
///
/// ```compile_fail
/// use varanto_domain::access::TransferPermit;
/// use varanto_domain::ids::Oid;
/// fn forge(controller: Oid) -> TransferPermit {
///     TransferPermit { controller }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a permit that opens nothing was asked for in vain"]
pub struct TransferPermit {
    controller: Oid,
}

impl TransferPermit {
    pub(super) fn new(controller: &Oid) -> Self {
        Self { controller: controller.clone() }
    }

    /// Whose register.
    #[must_use]
    pub const fn controller(&self) -> &Oid {
        &self.controller
    }

    /// The right to the lines of the log that are the controller's business: they are of its register, and go with it.
    #[must_use]
    pub fn lines(&self) -> LogPermit {
        LogPermit {
            organisation: self.controller.clone(),
            registers: vec![self.controller.clone()],
            masks: false,
            client: None,
        }
    }
}

/// The right to look at old client data of these controllers that are not archived yet, and to complete them. Only
/// [`super::may_complete_old_data`] makes it.
///
/// ```compile_fail
/// use varanto_domain::access::OldDataPermit;
/// fn forge() -> OldDataPermit {
///     OldDataPermit { controllers: Vec::new() }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a permit that opens nothing was asked for in vain"]
pub struct OldDataPermit {
    controllers: Vec<Oid>,
}

impl OldDataPermit {
    pub(super) fn new(controllers: &[Oid]) -> Self {
        Self { controllers: controllers.to_vec() }
    }

    /// Whether it is of all these controllers.
    #[must_use]
    pub fn covers(&self, controllers: &[Oid]) -> bool {
        controllers.iter().all(|one| self.controllers.contains(one))
    }
}

/// The right to read those lines of the use log that are the business of a controller, or of the client whose own
/// documents they tell of. Only [`super::may_review_log`] and [`super::may_see_own_looks`] make it.
///
/// ```compile_fail
/// use varanto_domain::access::LogPermit;
/// use varanto_domain::ids::Oid;
/// fn forge(organisation: Oid, registers: Vec<Oid>) -> LogPermit {
///     LogPermit { organisation, registers, masks: false, client: None }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPermit {
    organisation: Oid,
    registers: Vec<Oid>,
    masks: bool,
    client: Option<ClientKey>,
}

impl LogPermit {
    pub(super) fn new(caller: &Caller) -> Self {
        Self {
            organisation: caller.organisation.clone(),
            registers: caller.registers.clone(),
            masks: caller.role() != Some(Role::Archivist),
            client: None,
        }
    }

    pub(super) fn of_client(caller: &Caller, client: ClientKey, controllers: Vec<Oid>) -> Self {
        Self {
            organisation: caller.organisation.clone(),
            registers: controllers,
            masks: false,
            client: Some(client),
        }
    }

    /// Whose own looks alone may be read; `None`: those that are a reviewer's business.
    #[must_use]
    pub const fn client(&self) -> Option<ClientKey> {
        self.client
    }

    /// Whether what tells where clients are is masked from the reviewer, where it is masked: from all but the
    /// keeper of the archive.
    ///
    /// Source: ARC-10.
    #[must_use]
    pub const fn masks_whereabouts(&self) -> bool {
        self.masks
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        if self.client.is_some() { Basis::OwnData } else { Basis::Review }
    }

    /// The controllers whose lines may be read.
    #[must_use]
    pub fn registers(&self) -> &[Oid] {
        &self.registers
    }

    /// The organisations for whose people the reviewer answers: the own one, and the controllers of its line.
    pub fn organisations(&self) -> impl Iterator<Item = &Oid> {
        let others = self.registers.iter().filter(|one| **one != self.organisation);
        std::iter::once(&self.organisation).chain(others)
    }

    /// Whether a controller's lines may be read.
    #[must_use]
    pub fn covers(&self, controller: &Oid) -> bool {
        self.registers.contains(controller)
    }

    /// The permit to read out of a version's record how it is held back from its client, so that it is known
    /// whether the client may be told of looks at it; and the client's names, so that looks at those who are close
    /// to the worker are found. Nothing of the record is shown.
    ///
    /// Source: LOG-2, CIT-3.
    #[must_use]
    pub fn for_the_record(&self, version: &VersionFacts) -> Option<ReadPermit> {
        self.covers(&version.document.controller)
            .then(|| ReadPermit::new(version, Some(version.client), Grant::on(Basis::Review)))
    }

    /// Whether whoever acts for an organisation acts under the reviewer's eyes: the own organisation
    /// and the controllers of its line. A client answers for nobody.
    #[must_use]
    pub fn answers_for(&self, organisation: &str) -> bool {
        if self.client.is_some() {
            return false;
        }
        self.organisation.as_str() == organisation
            || self.registers.iter().any(|one| one.as_str() == organisation)
    }
}

/// The right to be told the notices to one unit. Only [`super::may_be_told`] makes it:
///
/// ```compile_fail
/// use varanto_domain::access::NoticePermit;
/// use varanto_domain::ids::Oid;
/// fn forge(holder: Oid) -> NoticePermit {
///     NoticePermit { holder }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePermit {
    holder: Oid,
}

impl NoticePermit {
    pub(super) fn new(holder: &Oid) -> Self {
        Self { holder: holder.clone() }
    }

    /// The unit.
    #[must_use]
    pub const fn holder(&self) -> &Oid {
        &self.holder
    }
}

impl ReadPermit {
    pub(super) fn new(facts: &VersionFacts, through: Option<ClientKey>, grant: Grant) -> Self {
        let through = through.unwrap_or(facts.client);
        Self { version: facts.version, client: facts.client, through, grant }
    }

    /// The version that may be read.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.version
    }

    /// Whose it is.
    #[must_use]
    pub const fn client(&self) -> ClientKey {
        self.client
    }

    /// The clients at whose data the look is, each with the ground for it: the one through whom the document
    /// is reached, and where all of it is shown the others whom it names. Each one's log tells of the look.
    ///
    /// Source: REL-4, DIS-4.
    pub fn looks_at(&self) -> impl Iterator<Item = (ClientKey, &Grant)> {
        let others = self.grant.beside.iter().map(|(client, grant)| (*client, grant));
        std::iter::once((self.through, &self.grant)).chain(others)
    }

    /// Whether the document is reached through the client whose it is.
    #[must_use]
    pub const fn is_through_its_own(&self) -> bool {
        self.through.0 == self.client.0
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.grant.basis
    }

    /// The ground, and what it obliges to.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The right to see the version as it was archived.
    ///
    /// # Errors
    /// [`Denial::NamesOthers`] when nothing may be told of other clients; [`Denial::CannotBeMasked`] when
    /// what tells where the client is must be masked.
    ///
    /// Source: REL-4, ARC-10.
    pub fn whole(&self) -> Result<WholePermit<'_>, Denial> {
        if self.grant.hides_others() {
            Err(Denial::NamesOthers)
        } else if self.grant.masks() {
            Err(Denial::CannotBeMasked)
        } else {
            Ok(WholePermit(self))
        }
    }
}

impl WholePermit<'_> {
    /// The version that may be read.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.0.version
    }

    /// Whose it is.
    #[must_use]
    pub const fn client(&self) -> ClientKey {
        self.0.client
    }

    /// Whether a part is opened with the version. A frame names the worker who sent it by identity code:
    /// it is the controller's own and its archivist's alone, whoever else reads the document.
    ///
    /// Source: ACC-2, LOG-1.
    #[must_use]
    pub const fn opens(&self, part: Part) -> bool {
        let of_the_controller = matches!(
            self.0.grant.basis,
            Basis::OwnRegister | Basis::CaseContext | Basis::StatedReason | Basis::Archivist
        );
        of_the_controller || !matches!(part, Part::Frame)
    }
}

impl ContinuePermit {
    pub(super) const fn new(version: &VersionFacts) -> Self {
        Self { version: version.version }
    }

    /// The version that is followed by the next.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.version
    }
}

impl ArchivePermit {
    pub(super) const fn new(grant: Grant) -> Self {
        Self { grant }
    }

    /// The ground, and what it obliges to.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.grant.basis
    }
}

impl InvalidatePermit {
    pub(super) fn new(facts: &VersionFacts, grant: Grant) -> Self {
        Self { version: facts.version, grant }
    }

    /// The version that may be invalidated.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.version
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.grant.basis
    }
}

impl DestroyPermit {
    pub(super) fn new(facts: &VersionFacts) -> Self {
        Self { version: facts.version, client: facts.client }
    }

    /// The version that may be destroyed.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.version
    }

    /// Whose it is.
    #[must_use]
    pub const fn client(&self) -> ClientKey {
        self.client
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::LookReason;

    /// ACC-2: the frame tells who sent it by identity code, and opens for the controller and its archivist
    /// alone; every other part opens with the document.
    #[test]
    fn a_frame_opens_for_the_controller_alone() {
        let of_the_controller =
            [Basis::OwnRegister, Basis::CaseContext, Basis::StatedReason, Basis::Archivist];
        for basis in Basis::ALL {
            let (version, client) = (VersionKey(1), ClientKey(1));
            let permit = ReadPermit { version, client, through: client, grant: Grant::on(basis) };
            for part in Part::ALL {
                let opens = part != Part::Frame || of_the_controller.contains(&basis);
                let whole = permit.whole().unwrap();
                assert_eq!(whole.opens(part), opens, "{basis:?} {part:?}");
            }
        }
    }
    /// ARC-10: what must be masked is not opened as it was archived.
    #[test]
    fn what_must_be_masked_is_not_opened_whole() {
        let (version, client) = (VersionKey(1), ClientKey(1));
        let grant = Grant::on(Basis::StatedReason).obliging(Obligation::MaskWhereabouts);
        let permit = ReadPermit { version, client, through: client, grant };
        assert_eq!(permit.whole().unwrap_err(), Denial::CannotBeMasked);
    }

    /// REL-4, DIS-4: who sees all of a joint document looks at each client whom it names, on a ground of that client's own,
    /// at one with two identifiers by both; what one of them obliges to, all are seen by.
    #[test]
    fn each_client_of_a_joint_document_is_looked_at() {
        let reason = Obligation::LogReason(Reason::Look(LookReason::Urgent));
        let masked = Obligation::MaskWhereabouts;
        let other = |obligations: &[Obligation]| Grant {
            basis: Basis::StatedReason,
            obligations: obligations.to_vec(),
            beside: Vec::new(),
        };
        let own = Grant::on(Basis::CaseContext).obliging(Obligation::LogSafetyOrder);
        let grant = own.beside(vec![(ClientKey(2), other(&[reason, masked]))]);
        let grant = grant.named_again(&[ClientKey(3)]);
        let seen = |client: i64, basis: Basis, obligations: &[Obligation]| {
            (ClientKey(client), basis, obligations.to_vec())
        };
        let client = ClientKey(1);
        let permit = ReadPermit { version: VersionKey(1), client, through: client, grant };
        let looks: Vec<_> = permit
            .looks_at()
            .map(|(client, grant)| (client, grant.basis, grant.obligations.clone()))
            .collect();
        let expected = [
            seen(1, Basis::CaseContext, &[reason, masked]),
            seen(2, Basis::StatedReason, &[reason, masked]),
            seen(3, Basis::CaseContext, &[reason, masked]),
        ];
        assert_eq!(looks, expected);
        assert!(permit.grant().beside.iter().all(|(_, grant)| grant.beside.is_empty()));
    }

    /// REL-4, LOG-2: a joint document reached through another client is told apart from one reached through its own, and the
    /// log says that nothing was told of the others.
    #[test]
    fn a_look_through_another_client_is_told_apart() {
        let (version, client) = (VersionKey(1), ClientKey(1));
        let grant = Grant::on(Basis::CaseContext).obliging(Obligation::HideOthers);
        assert_eq!(grant.log_words(), " others-hidden");
        for (through, own) in [(ClientKey(1), true), (ClientKey(2), false)] {
            let permit = ReadPermit { version, client, through, grant: grant.clone() };
            assert_eq!(permit.is_through_its_own(), own);
        }
    }
}

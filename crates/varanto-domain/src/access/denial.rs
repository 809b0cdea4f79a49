//! Why not: the law says no. Each denial names its rule, what is missing, its law, and whom to ask.

use crate::joining::Function;

/// What would have to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A certification for the function, or a role that allows it.
    Certification,
    /// A strong authentication.
    StrongAuthentication,
    /// A role that fits.
    FittingRole,
    /// A situation that fits.
    FittingSituation,
    /// The own organisation's being the controller.
    OwnRegister,
    /// A version in force.
    VersionInForce,
    /// The service task in the worker's duty.
    ServiceTask,
    /// A unit of the worker's that serves the client.
    CaseContext,
    /// A coded reason.
    CodedReason,
    /// A register-use right in force that covers it.
    RegisterUseRight,
    /// A document of the own unit's making.
    OwnDocument,
    /// A document that may be disclosed.
    DisclosableDocument,
    /// The client's disclosure permission.
    DisclosurePermission,
    /// The client's having been informed.
    Informing,
    /// The client's consent to health care.
    HealthConsent,
    /// The client's relationship with the one who asks.
    ClientRelationship,
    /// The controller's joining and ability to disclose.
    ControllersJoining,
    /// The asker's own controller's joining and ability to receive.
    ReceiversJoining,
    /// The section of the law.
    StatutoryReason,
    /// A document that may be shown.
    ShownDocument,
    /// The responsible worker's decision.
    WorkersDecision,
    /// Guardianship of the client.
    Guardianship,
    /// A mandate of the client.
    Mandate,
    /// A ground for each client whom the document names.
    GroundForEach,
    /// Who the person is, in the register of users.
    IdentityCode,
    /// A form in which it can be printed.
    PrintableForm,
    /// Another person.
    AnotherPerson,
}

impl Missing {
    /// Every missing fact, for the tables of texts.
    pub const ALL: [Self; 27] = [
        Self::Certification,
        Self::StrongAuthentication,
        Self::FittingRole,
        Self::FittingSituation,
        Self::OwnRegister,
        Self::VersionInForce,
        Self::ServiceTask,
        Self::CaseContext,
        Self::CodedReason,
        Self::RegisterUseRight,
        Self::OwnDocument,
        Self::DisclosableDocument,
        Self::DisclosurePermission,
        Self::Informing,
        Self::HealthConsent,
        Self::ClientRelationship,
        Self::ControllersJoining,
        Self::ReceiversJoining,
        Self::StatutoryReason,
        Self::ShownDocument,
        Self::WorkersDecision,
        Self::Guardianship,
        Self::Mandate,
        Self::GroundForEach,
        Self::IdentityCode,
        Self::PrintableForm,
        Self::AnotherPerson,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Certification => "certification",
            Self::StrongAuthentication => "strong-authentication",
            Self::FittingRole => "fitting-role",
            Self::FittingSituation => "fitting-situation",
            Self::OwnRegister => "own-register",
            Self::VersionInForce => "version-in-force",
            Self::ServiceTask => "service-task",
            Self::CaseContext => "case-context",
            Self::CodedReason => "coded-reason",
            Self::RegisterUseRight => "register-use-right",
            Self::OwnDocument => "own-document",
            Self::DisclosableDocument => "disclosable-document",
            Self::DisclosurePermission => "disclosure-permission",
            Self::Informing => "informing",
            Self::HealthConsent => "health-consent",
            Self::ClientRelationship => "client-relationship",
            Self::ControllersJoining => "controllers-joining",
            Self::ReceiversJoining => "receivers-joining",
            Self::StatutoryReason => "statutory-reason",
            Self::ShownDocument => "shown-document",
            Self::WorkersDecision => "workers-decision",
            Self::Guardianship => "guardianship",
            Self::Mandate => "mandate",
            Self::GroundForEach => "ground-for-each",
            Self::IdentityCode => "identity-code",
            Self::PrintableForm => "printable-form",
            Self::AnotherPerson => "another-person",
        }
    }
}

/// Whom to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// The main user of one's own organisation.
    MainUser,
    /// The operator of the archive.
    Operator,
    /// The document's controller.
    Controller,
    /// The organiser of the service.
    Organiser,
    /// The client.
    Client,
    /// The client's responsible worker.
    ResponsibleWorker,
}

impl Ask {
    /// Everybody to ask, for the tables of texts.
    pub const ALL: [Self; 6] = [
        Self::MainUser,
        Self::Operator,
        Self::Controller,
        Self::Organiser,
        Self::Client,
        Self::ResponsibleWorker,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MainUser => "main-user",
            Self::Operator => "operator",
            Self::Controller => "controller",
            Self::Organiser => "organiser",
            Self::Client => "client",
            Self::ResponsibleWorker => "responsible-worker",
        }
    }
}

/// The Act on the processing of client data (asiakastietolaki).
const ACT: &str = "703/2023";
/// Its section on users and their rights.
const DUTY: &str = "703/2023 § 9";
/// Its sections on rights to information in spite of a refusal.
const BY_LAW: &str = "703/2023 §§ 56, 62–64";
/// The Act on population information, on personal-safety non-disclosure orders.
const SAFETY: &str = "661/2009 §§ 36–37";
/// The order on essential requirements of information systems.
const ORDER: &str = "THL 5/2024";

macro_rules! denials {
    ($($(#[$doc:meta])* $name:ident $code:literal $rule:literal $law:ident $missing:ident $ask:ident;)*) => {
        /// Why not. Each has a code that never changes; texts in three languages hang on it.
        ///
        /// Source: ACC-4.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Denial {
            /// The system is not certified for this, or the role does not allow it.
            NotCertified(Function),
            $($(#[$doc])* $name,)*
        }

        impl Denial {
            /// Every kind of denial, for the tables of texts.
            pub const ALL: &'static [Self] = &[Self::NotCertified(Function::Read), $(Self::$name,)*];

            /// Its stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    Self::NotCertified(_) => "not-certified",
                    $(Self::$name => $code,)*
                }
            }

            /// The requirement behind it.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self {
                    Self::NotCertified(_) => "JOI-4",
                    $(Self::$name => $rule,)*
                }
            }

            /// Its legal basis: the act or order, with the section where one is known.
            #[must_use]
            pub const fn law(self) -> &'static str {
                match self {
                    Self::NotCertified(_) => ORDER,
                    $(Self::$name => $law,)*
                }
            }

            /// What would have to be there.
            #[must_use]
            pub const fn missing(self) -> Missing {
                match self {
                    Self::NotCertified(_) => Missing::Certification,
                    $(Self::$name => Missing::$missing,)*
                }
            }

            /// Whom to ask.
            #[must_use]
            pub const fn ask(self) -> Ask {
                match self {
                    Self::NotCertified(_) => Ask::MainUser,
                    $(Self::$name => Ask::$ask,)*
                }
            }
        }
    };
}

denials! {
    /// Operators see no content.
    OperatorSeesNothing "operator-sees-nothing" "ACC-5" DUTY FittingRole Controller;
    /// Registers and the store are looked after by operators alone.
    OperatorsAlone "operators-alone" "ACC-5" DUTY FittingRole Operator;
    /// The person must be strongly authenticated for this.
    WeakLogin "weak-login" "ACC-1" ORDER StrongAuthentication MainUser;
    /// The role, or the kind of caller, does not fit the situation or the action.
    RoleDoesNotFit "role-does-not-fit" "ACC-2" DUTY FittingRole MainUser;
    /// The register is the caller's own where the situation is about another's.
    SituationDoesNotFit "situation-does-not-fit" "ACC-3" DUTY FittingSituation MainUser;
    /// The document is in another organisation's register.
    AnotherRegister "another-register" "ACC-2" DUTY OwnRegister Controller;
    /// The version was invalidated and is hidden from normal use.
    Invalidated "version-invalidated" "ARC-3" ACT VersionInForce Controller;
    /// The version was replaced; here the newest one alone counts.
    Replaced "version-replaced" "ARC-3" ACT VersionInForce Controller;
    /// Nobody judges the own look.
    OwnLook "own-look" "LOG-2" DUTY FittingRole Controller;
    /// Two different archivists approve that documents are destroyed.
    ApprovedBefore "approved-before" "ARC-12" ACT AnotherPerson Controller;
    /// Who keeps the users in this register gives the worker no right here.
    NoUserHere "no-user-right-here" "JOI-3" DUTY FittingRole MainUser;
    /// Who the main user is as a person was never told: under another login the own rights could be kept.
    MainUserWithoutCode "main-user-without-identity-code" "JOI-3" DUTY IdentityCode Operator;
    /// The users of this organisation are somebody else's to keep.
    NotTheirUsers "another-keepers-users" "JOI-3" DUTY FittingRole Organiser;
    /// The document's service task is not in the worker's duty.
    OutsideDuty "outside-duty" "ACC-2" DUTY ServiceTask MainUser;
    /// No unit of the worker's serves the client, and no reason was given.
    NoCaseContext "case-context-missing" "ACC-3" DUTY CaseContext ResponsibleWorker;
    /// Old documents of an ended client: a look wants a reason.
    EndedWantsReason "ended-wants-reason" "OLD-3" DUTY CodedReason MainUser;
    /// The client has died: a look wants a reason.
    DeceasedWantsReason "deceased-wants-reason" "OLD-3" DUTY CodedReason MainUser;
    /// What is asked wants a coded reason.
    ReasonNeeded "reason-needed" "ACC-3" DUTY CodedReason MainUser;
    /// The unit has no register-use right.
    RightMissing "register-use-right-missing" "RUR-1" ACT RegisterUseRight Organiser;
    /// The register-use right has not begun.
    RightNotYet "register-use-right-not-yet" "RUR-3" ACT RegisterUseRight Organiser;
    /// The register-use right is interrupted.
    RightSuspended "register-use-right-suspended" "RUR-8" ACT RegisterUseRight Organiser;
    /// The register-use right has ended.
    RightEnded "register-use-right-ended" "RUR-3" ACT RegisterUseRight Organiser;
    /// The register-use right is for another service.
    RightForOtherService "register-use-right-elsewhere" "RUR-2" ACT RegisterUseRight Organiser;
    /// The register is none in which producers do the organiser's work.
    NoWideRight "wide-right-missing" "RUR-6" ACT RegisterUseRight Organiser;
    /// Documents of this group are no part of what the service needs.
    NotOfTheService "not-of-the-service" "RUR-2" ACT OwnDocument Organiser;
    /// Relationship and case documents are the organiser's to write.
    OrganisersDocument "organisers-document" "RUR-4" ACT OwnDocument Organiser;
    /// A producer writes and corrects its own documents alone.
    AnotherMakersDocument "another-makers-document" "RUR-4" ACT OwnDocument Organiser;
    /// A worker takes back what a unit of the worker's own recorded; what others did is the keeper's of the archive.
    AnotherUnitsDocument "another-units-document" "ARC-3" ACT OwnDocument Controller;
    /// Documents of this group are not disclosed by default.
    HeldBack "held-back-by-default" "DIS-3" ACT DisclosableDocument Controller;
    /// The client refuses the disclosure.
    RefusedByClient "refused-by-client" "DIS-2" ACT DisclosableDocument Client;
    /// The client has not given the disclosure permission.
    PermissionMissing "disclosure-permission-missing" "DIS-1" ACT DisclosurePermission Client;
    /// The client has not been informed.
    NotInformed "client-not-informed" "DIS-1" ACT Informing Client;
    /// The client has not consented to disclosure to health care.
    HealthConsentMissing "health-consent-missing" "DIS-1" ACT HealthConsent Client;
    /// The client has no relationship with the one who asks.
    NoRelationship "receiver-without-relationship" "DIS-1" ACT ClientRelationship MainUser;
    /// No controller that the asker works for is joined and able to receive.
    ReceiverNotAble "receiver-not-able" "DIS-1" ACT ReceiversJoining MainUser;
    /// The controller is not joined, or not able to disclose.
    ControllerNotAble "controller-not-able" "DIS-1" ACT ControllersJoining Controller;
    /// No law allowed electronic disclosure on that day.
    NoDisclosureYet "no-disclosure-yet" "DIS-1" ACT DisclosableDocument Controller;
    /// A statutory disclosure wants the section of the law.
    StatutoryReasonNeeded "statutory-reason-needed" "DIS-3" BY_LAW StatutoryReason MainUser;
    /// A deceased client's documents are given on paper, after the controller's check.
    OnPaperAlone "on-paper-alone" "OLD-3" ACT DisclosableDocument Controller;
    /// The legal basis of a request does not fit: the dead neither ask nor consent, and the living are asked first.
    RequestGroundDoesNotFit "request-ground-does-not-fit" "DIS-6" ACT CodedReason Controller;
    /// Citizens look, and say what they allow and refuse; nothing else.
    NotForCitizens "not-for-citizens" "CIT-1" ACT FittingRole Controller;
    /// The client was not in the joint case when the document was written; or it is another client's to change.
    AnotherClients "another-clients-document" "REL-4" ACT GroundForEach Controller;
    /// The document names other clients too, and there is no ground for each of them.
    NamesOthers "names-other-clients" "REL-4" ACT GroundForEach Controller;
    /// The document is about another person.
    AnotherPersons "another-persons-document" "CIT-1" ACT OwnDocument Controller;
    /// Documents of this kind are never in the citizen's view.
    ExcludedFromView "excluded-from-view" "CIT-2" ACT ShownDocument Controller;
    /// A professional has delayed its showing.
    Delayed "showing-delayed" "CIT-3" ACT ShownDocument ResponsibleWorker;
    /// A professional has hidden it for good.
    SpecialContent "special-content" "CIT-3" ACT ShownDocument ResponsibleWorker;
    /// Nobody has said that guardians may see it.
    GuardiansNotSaid "guardians-not-said" "CIT-4" ACT WorkersDecision ResponsibleWorker;
    /// Guardians may not see it.
    HiddenFromGuardians "hidden-from-guardians" "CIT-4" ACT ShownDocument ResponsibleWorker;
    /// The producer would hide it from guardians; the organiser has not decided yet.
    GuardianDecisionOpen "guardian-decision-open" "CIT-4" ACT WorkersDecision ResponsibleWorker;
    /// The caller is no guardian of the client.
    NotAGuardian "not-a-guardian" "DIS-5" ACT Guardianship Controller;
    /// The client is not known to be a minor.
    NotAMinor "not-a-minor" "DIS-5" ACT Mandate Client;
    /// The caller has no mandate of the client.
    MandateMissing "mandate-missing" "DIS-5" ACT Mandate Client;
    /// No mandate of the client that the caller has covers this.
    MandateDoesNotCover "mandate-does-not-cover" "DIS-5" ACT Mandate Client;
    /// The client is a minor, for whom guardians act, or is not known to be an adult.
    NotAnAdult "not-an-adult" "DIS-5" ACT Guardianship Controller;
    /// What one who asks for a disclosure is told of a document that is refused, held back, replaced
    /// or invalidated: which of them it is stays between client and archive.
    NotDisclosed "not-disclosed" "DIS-3" ACT DisclosableDocument Client;
    /// What tells where the client is must be masked, and in this form it cannot be.
    CannotBeMasked "cannot-be-masked" "ARC-10" SAFETY DisclosableDocument Controller;
    /// No print can be made of it, and on paper nothing else is given.
    CannotBePrinted "cannot-be-printed" "DIS-6" ACT PrintableForm Controller;
}

impl Denial {
    /// What one is told who has no business in the register: nothing of what a client refuses and of
    /// where the document stands. The log keeps the denial itself.
    #[must_use]
    pub const fn as_told_outside(self) -> Self {
        match self {
            Self::HeldBack
            | Self::RefusedByClient
            | Self::Replaced
            | Self::Invalidated
            | Self::AnotherClients
            | Self::CannotBeMasked => Self::NotDisclosed,
            other => other,
        }
    }
}

//! The metadata elements and which document group needs which: one table.
//!
//! The nation's own table of obligations is not public. What it says where real messages or the
//! handbook show it is followed; where they are silent, the choice and its reason stand in
//! `docs/own-choices.md`. Source: ARC-2, OLD-1, OLD-4; national-specs 2.1 to 2.3.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::documents::DocumentGroup;
use crate::codes::sets;

/// Which values an element takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementKind {
    /// An OID.
    Oid,
    /// An OID that the sender numbers: it must lie under a node of the sending organisation.
    OwnOid,
    /// An OID of an organisation or unit in the register.
    PartyOid,
    /// A text of one to this many characters.
    Text(u16),
    /// A code of the code set with this OID (no version arc).
    Code(&'static str),
    /// A code of a short list that the element itself has.
    Choice(&'static [&'static str]),
    /// An instant, RFC 3339 with an offset.
    Instant,
    /// A day, `2026-03-23`.
    Day,
    /// A whole number from 1.
    Number,
    /// Yes or no.
    Switch,
    /// A personal identity code.
    IdentityCode,
    /// The eleven characters of a temporary identifier.
    TemporaryIdentifier,
    /// A professional's registration number: one to eleven digits.
    RegistrationNumber,
    /// Two letters of ISO 639-1, in either case.
    Language,
}

/// When a conditional element must be there; where the condition does not hold, it may not be,
/// unless [`Condition::optional_otherwise`] says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// The version is not the first.
    LaterVersion,
    /// The content is structured.
    Structured,
    /// No temporary identifier is given.
    NoTemporaryIdentifier,
    /// No identity code is given.
    NoIdentityCode,
    /// The client was under 18 on the day the document was written.
    Minor,
    /// The document was written before 1.3.2016.
    BeforeServiceTasksOf2016,
    /// The document is held back from the citizen's view, for good or to a date.
    HeldBack,
    /// No service unit is given.
    NoServiceUnit,
    /// The case is closed.
    CaseClosed,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::LaterVersion,
        Self::Structured,
        Self::NoTemporaryIdentifier,
        Self::NoIdentityCode,
        Self::Minor,
        Self::BeforeServiceTasksOf2016,
        Self::HeldBack,
        Self::NoServiceUnit,
        Self::CaseClosed,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LaterVersion => "later-version",
            Self::Structured => "structured",
            Self::NoTemporaryIdentifier => "no-temporary-identifier",
            Self::NoIdentityCode => "no-identity-code",
            Self::Minor => "minor",
            Self::BeforeServiceTasksOf2016 => "before-service-tasks-of-2016",
            Self::HeldBack => "held-back",
            Self::NoServiceUnit => "no-service-unit",
            Self::CaseClosed => "case-closed",
        }
    }

    /// Whether the element may be there when the condition does not hold.
    #[must_use]
    pub const fn optional_otherwise(self) -> bool {
        matches!(
            self,
            Self::Minor
                | Self::BeforeServiceTasksOf2016
                | Self::HeldBack
                | Self::NoServiceUnit
                | Self::NoTemporaryIdentifier
                | Self::NoIdentityCode
        )
    }
}

/// Whether an element must, may or may not be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obligation {
    /// Must be there.
    Obligatory,
    /// Must be there under a condition.
    Conditional(Condition),
    /// May be there.
    Optional,
    /// May not be there.
    Forbidden,
}

/// One row of the table.
#[derive(Debug)]
pub struct ElementRow {
    /// Its place in the metadata, such as `client.identity_code`.
    pub path: &'static str,
    /// Its national name.
    pub finnish: &'static str,
    /// What it holds.
    pub kind: ElementKind,
    /// Whether its value is client data and never shown in faults.
    pub personal: bool,
    /// What each document group needs, in the order of [`DocumentGroup::ALL`].
    obligations: [Obligation; 7],
}

use Condition as C;
use ElementKind as K;
use Obligation::{Conditional, Forbidden as X, Obligatory as M, Optional as O};

macro_rules! elements {
    ($($name:ident $path:literal $finnish:literal $kind:expr, $personal:literal,
       [$r:expr, $c:expr, $f:expr, $o:expr, $l:expr, $p:expr, $b:expr];)*) => {
        /// A metadata element (kuvailutieto), by its row in the table.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each row's national name and kind are its documentation")]
        pub enum Element { $($name,)* }

        static TABLE: &[ElementRow] = &[$(ElementRow {
            path: $path, finnish: $finnish, kind: $kind, personal: $personal,
            obligations: [$r, $c, $f, $o, $l, $p, $b],
        },)*];

        impl Element {
            /// Every element, in the table's order.
            pub const ALL: &'static [Element] = &[$(Element::$name,)*];
        }
    };
}

const LATER: Obligation = Conditional(C::LaterVersion);
const STRUCT: Obligation = Conditional(C::Structured);
const CODE: Obligation = Conditional(C::NoTemporaryIdentifier);
const TEMP: Obligation = Conditional(C::NoIdentityCode);
const MINOR: Obligation = Conditional(C::Minor);
const OLD_TASK: Obligation = Conditional(C::BeforeServiceTasksOf2016);
const HELD: Obligation = Conditional(C::HeldBack);
const NO_UNIT: Obligation = Conditional(C::NoServiceUnit);
const CLOSED: Obligation = Conditional(C::CaseClosed);

// Columns: relationship, case, phase one, old, later phase, permission, refusal.
elements! {
    DocumentId "document_id" "asiakirjan yksilöintitunnus" K::OwnOid, false, [M, M, M, M, M, M, M];
    SetId "set_id" "alkuperäisen asiakirjan tunniste" K::OwnOid, false, [M, M, M, M, M, M, M];
    Version "version" "versio" K::Number, false, [M, M, M, M, M, M, M];
    ReplacesDocument "replaces.document_id" "korvattavan asiakirjan tunniste" K::Oid, false,
        [LATER, LATER, LATER, LATER, LATER, LATER, LATER];
    ReplacesReason "replaces.reason" "korvauksen syy" K::Code(sets::REPLACEMENT_REASON), false,
        [O, O, LATER, LATER, LATER, O, O];
    ReplacesReasonSet "replaces.reason_set" "korvauksen syyn koodisto" K::Oid, false,
        [O, O, O, O, O, O, O];
    Group "group" "asiakirjaryhmä" K::Code(sets::DOCUMENT_GROUP), false, [M, M, M, M, M, M, M];
    GeneralType "general_type" "yleinen asiakirjatyyppi" K::Code(sets::DOCUMENT_TYPE), false,
        [X, X, M, M, M, X, X];
    SpecificType "specific_type" "tarkennettu asiakirjatyyppi" K::Code(sets::DOCUMENT_TYPE), false,
        [X, X, O, O, M, X, X];
    Structure "structure" "sisältömäärityksen tunnus" K::Oid, false,
        [M, M, X, X, STRUCT, M, M];
    WrittenAt "written_at" "asiakirjan laatimisaika" K::Instant, false, [M, M, M, M, M, M, M];
    CreatedAt "created_at" "luontiaika" K::Instant, false, [M, M, M, M, M, M, M];
    Language "language" "asiakirjan kieli" K::Language, false, [M, M, M, O, M, M, M];
    Confidentiality "confidentiality" "luottamuksellisuus" K::Code(sets::CONFIDENTIALITY), false,
        [M, M, M, M, M, M, M];
    ClientIdentityCode "client.identity_code" "asiakkaan henkilötunnus" K::IdentityCode, true,
        [CODE, CODE, CODE, CODE, CODE, M, M];
    ClientTemporaryRoot "client.temporary_id.root" "tilapäisen yksilöintitunnuksen juuri" K::Oid,
        true, [TEMP, TEMP, TEMP, TEMP, TEMP, X, X];
    ClientTemporaryId "client.temporary_id.extension" "tilapäinen yksilöintitunnus"
        K::TemporaryIdentifier, true, [TEMP, TEMP, TEMP, TEMP, TEMP, X, X];
    ClientGivenNames "client.given_names" "asiakkaan etunimet" K::Text(200), true,
        [M, M, M, M, M, M, M];
    ClientCallName "client.call_name" "asiakkaan kutsumanimi" K::Text(100), true,
        [O, O, O, O, O, O, O];
    ClientFamilyName "client.family_name" "asiakkaan sukunimi" K::Text(200), true,
        [M, M, M, M, M, M, M];
    ClientSex "client.sex" "sukupuoli" K::Code(sets::SEX), true, [O, O, O, O, O, O, O];
    ClientBirthDate "client.birth_date" "syntymäaika" K::Day, true, [M, M, O, O, M, O, O];
    ClientNonDisclosure "client.non_disclosure" "turvakielto" K::Switch, true,
        [O, O, O, O, O, O, O];
    ProfessionalNumber "professional.registration_number" "ammattihenkilön rekisteröintinumero"
        K::RegistrationNumber, false, [O, O, O, O, O, O, O];
    ProfessionalGivenNames "professional.given_names" "ammattihenkilön etunimet" K::Text(200), false,
        [O, O, O, O, M, O, O];
    ProfessionalFamilyName "professional.family_name" "ammattihenkilön sukunimi" K::Text(200), false,
        [O, O, O, O, M, O, O];
    ControllerId "controller.id" "rekisterinpitäjä" K::PartyOid, false, [M, M, M, M, M, M, M];
    ControllerName "controller.name" "rekisterinpitäjän nimi" K::Text(300), false,
        [M, M, M, O, M, M, M];
    OrganiserId "organiser.id" "palvelunjärjestäjän organisaatiokoodi" K::PartyOid, false,
        [M, M, M, M, M, O, O];
    OrganiserName "organiser.name" "palvelunjärjestäjän nimi" K::Text(300), false,
        [M, M, M, O, M, O, O];
    ServiceUnitId "service_unit.id" "palveluyksikkö" K::PartyOid, false, [M, M, M, O, M, O, O];
    ServiceUnitName "service_unit.name" "palveluyksikön nimi" K::Text(300), false,
        [M, M, M, O, M, O, O];
    OperatingUnitId "operating_unit.id" "toimintayksikkö" K::PartyOid, false,
        [O, O, O, NO_UNIT, O, O, O];
    OperatingUnitName "operating_unit.name" "toimintayksikön nimi" K::Text(300), false,
        [O, O, O, O, O, O, O];
    ProducerId "producer.id" "palveluntuottaja" K::PartyOid, false, [X, X, O, O, O, X, X];
    ProducerName "producer.name" "palveluntuottajan nimi" K::Text(300), false,
        [X, X, O, O, O, X, X];
    GuardianDisclosure "guardian_disclosure"
        "alaikäisen asiakastietojen luovuttaminen huoltajille" K::Code(sets::MINOR_DISCLOSURE), false,
        [O, O, O, O, MINOR, O, O];
    CaseId "case_id" "asiatunnus" K::Oid, false, [X, M, M, M, M, X, X];
    CaseOpened "case_opened_on" "asian avauspäivä" K::Day, false, [X, M, X, X, X, X, X];
    CaseClosed "case_closed_on" "asian päättymispäivä" K::Day, false, [X, CLOSED, X, X, X, X, X];
    RelationshipId "relationship_id" "asiakkuuden yksilöintitunnus" K::Oid, false,
        [M, M, O, O, O, X, X];
    ViewFormat "view_format" "näyttömuodon formaatti" K::Code(sets::VIEW_FORMAT), false,
        [M, M, M, M, M, M, M];
    StructuredFormat "structured_format" "rakenteisen muodon formaatti" K::Code(sets::FILE_FORMAT),
        false, [STRUCT, STRUCT, X, X, STRUCT, STRUCT, STRUCT];
    SoftwareManufacturer "software.manufacturer" "ohjelmistoympäristö: valmistaja" K::Text(200),
        false, [M, M, M, O, M, M, M];
    SoftwareProduct "software.product" "ohjelmistoympäristö: tuote" K::Text(200), false,
        [M, M, M, O, M, M, M];
    SoftwareVersion "software.version" "ohjelmistoympäristö: versio" K::Text(60), false,
        [M, M, M, O, M, M, M];
    ServiceTask "service_task" "palvelutehtävä" K::Code(sets::SERVICE_TASK), false,
        [X, M, M, M, M, X, X];
    OriginalTaskSet "original_service_task.code_set" "alkuperäisen palvelutehtävän luokitus"
        K::Choice(&["1989", "2011"]), false, [X, X, X, OLD_TASK, X, X, X];
    OriginalTaskCode "original_service_task.code" "alkuperäinen palvelutehtävä" K::Text(10), false,
        [X, X, X, OLD_TASK, X, X, X];
    RecordState "record_state" "valmistumisen tila" K::Code(sets::READINESS), false,
        [M, M, M, M, M, M, M];
    RegisterType "register_type" "rekisterityyppi" K::Code(sets::REGISTER), false,
        [M, M, M, M, M, M, M];
    RetentionClass "retention_class" "kokonaissäilytysaika" K::Code(sets::RETENTION_CLASS), false,
        [M, M, M, M, M, M, M];
    SpecialContent "special_content" "erityissisältö" K::Code(sets::YES_NO), false,
        [M, M, O, O, M, O, O];
    InaccessibleReason "inaccessible_reason" "perustelut rajaamiselle Omakannassa"
        K::Code(sets::HIDING_REASON), false, [HELD, HELD, X, X, HELD, X, X];
    RestrictionArgument "restriction_argument"
        "perustelut (alaikäisen pyyntö, viivästys, piilottaminen)" K::Text(2000), true,
        [O, O, O, X, O, X, X];
    DisplayDelay "display_delay_until" "viivästyksen päättymispäivä" K::Day, false,
        [O, O, X, X, O, X, X];
    ServiceProcess "service_process" "palveluprosessi" K::Code(sets::SERVICE_PROCESS), false,
        [O, O, O, O, O, X, X];
    MainDocument "main_document" "pääasiakirjan tunniste" K::Oid, false, [X, X, O, O, O, X, X];
}

impl Element {
    /// The row.
    #[must_use]
    pub fn row(self) -> &'static ElementRow {
        &TABLE[self as usize]
    }

    /// Its place in the metadata, such as `client.identity_code`.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.row().path
    }

    /// What a document group needs of it.
    #[must_use]
    pub fn obligation(self, group: DocumentGroup) -> Obligation {
        self.row().obligations[group as usize]
    }

    /// The element at a path.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        static BY_PATH: OnceLock<HashMap<&str, Element>> = OnceLock::new();
        let by_path = BY_PATH
            .get_or_init(|| Self::ALL.iter().map(|element| (element.path(), *element)).collect());
        by_path.get(path).copied()
    }
}

//! Where each metadata element stands in the header of a national document: one table, read by the
//! reader, the printer and the texts of faults.

use varanto_domain::archive::elements::Element;
use varanto_domain::codes::sets;

use Element as E;

/// An element and its path in the document. A path that ends in `/@name` names an attribute, another
/// one the text of an element. The client's identifiers and names, the professional's names and the
/// service tasks need more than a path; their reading is `document`'s.
pub(super) const PATHS: &[(Element, &str)] = &[
    (E::DocumentId, "ClinicalDocument/id/@root"),
    (E::SetId, "ClinicalDocument/setId/@root"),
    (E::Version, "ClinicalDocument/versionNumber/@value"),
    (
        E::ReplacesDocument,
        "ClinicalDocument/relatedDocument[@typeCode=RPLC]/parentDocument/id/@root",
    ),
    (E::ReplacesReason, "ClinicalDocument/localSocialHeader/reasonOfCorrection/@code"),
    (E::ReplacesReasonSet, "ClinicalDocument/localSocialHeader/reasonOfCorrection/@codeSystem"),
    (E::Group, "ClinicalDocument/localSocialHeader/documentGroup/@code"),
    (E::GeneralType, "ClinicalDocument/code/@code"),
    (E::SpecificType, "ClinicalDocument/localSocialHeader/specificDocumentType/@code"),
    (E::Structure, "ClinicalDocument/localSocialHeader/contentSpecificationId"),
    (E::WrittenAt, "ClinicalDocument/effectiveTime/@value"),
    (E::CreatedAt, "ClinicalDocument/localSocialHeader/creationTime/@value"),
    (E::Language, "ClinicalDocument/languageCode/@code"),
    (E::Confidentiality, "ClinicalDocument/confidentialityCode/@code"),
    (E::ClientIdentityCode, "ClinicalDocument/recordTarget/patientRole/id/@extension"),
    (E::ClientTemporaryRoot, "ClinicalDocument/recordTarget/patientRole/id/@root"),
    (E::ClientTemporaryId, "ClinicalDocument/recordTarget/patientRole/id/@extension"),
    (E::ClientGivenNames, "ClinicalDocument/recordTarget/patientRole/patient/name/given"),
    (
        E::ClientCallName,
        "ClinicalDocument/recordTarget/patientRole/patient/name/given[@qualifier=CL]",
    ),
    (E::ClientFamilyName, "ClinicalDocument/recordTarget/patientRole/patient/name/family"),
    (
        E::ClientSex,
        "ClinicalDocument/recordTarget/patientRole/patient/administrativeGenderCode/@code",
    ),
    (E::ClientBirthDate, "ClinicalDocument/recordTarget/patientRole/patient/birthTime/@value"),
    (E::ClientNonDisclosure, "ClinicalDocument/localSocialHeader/clientNonDisclosure/@value"),
    (E::ProfessionalNumber, "ClinicalDocument/author/assignedAuthor/id/@extension"),
    (E::ProfessionalGivenNames, "ClinicalDocument/author/assignedAuthor/assignedPerson/name/given"),
    (
        E::ProfessionalFamilyName,
        "ClinicalDocument/author/assignedAuthor/assignedPerson/name/family",
    ),
    (
        E::ControllerId,
        "ClinicalDocument/custodian/assignedCustodian/representedCustodianOrganization/id/@root",
    ),
    (
        E::ControllerName,
        "ClinicalDocument/custodian/assignedCustodian/representedCustodianOrganization/name",
    ),
    (E::OrganiserId, "ClinicalDocument/localSocialHeader/outsourcingServiceCustomer/@root"),
    (E::OrganiserName, "ClinicalDocument/localSocialHeader/outsourcingServiceCustomerName"),
    (
        E::ServiceUnitId,
        "ClinicalDocument/componentOf/encompassingEncounter/encounterParticipant[@typeCode=ADM]/\
         assignedEntity/representedOrganization/id/@root",
    ),
    (
        E::ServiceUnitName,
        "ClinicalDocument/componentOf/encompassingEncounter/encounterParticipant[@typeCode=ADM]/\
         assignedEntity/representedOrganization/name",
    ),
    (
        E::OperatingUnitId,
        "ClinicalDocument/componentOf/encompassingEncounter/location/healthCareFacility/\
         serviceProviderOrganization/id/@root",
    ),
    (
        E::OperatingUnitName,
        "ClinicalDocument/componentOf/encompassingEncounter/location/healthCareFacility/\
         serviceProviderOrganization/name",
    ),
    (
        E::ProducerId,
        "ClinicalDocument/participant[@typeCode=PRF]/associatedEntity/scopingOrganization/id/@root",
    ),
    (
        E::ProducerName,
        "ClinicalDocument/participant[@typeCode=PRF]/associatedEntity/scopingOrganization/name",
    ),
    (E::GuardianDisclosure, "ClinicalDocument/authorization/consent/code/@code"),
    (E::CaseId, "ClinicalDocument/componentOf/encompassingEncounter/id/@root"),
    (E::CaseOpened, "ClinicalDocument/componentOf/encompassingEncounter/effectiveTime/low/@value"),
    (E::CaseClosed, "ClinicalDocument/componentOf/encompassingEncounter/effectiveTime/high/@value"),
    (E::RelationshipId, "ClinicalDocument/localSocialHeader/encompassingClientRelationship/@root"),
    (E::ViewFormat, "ClinicalDocument/localSocialHeader/fileFormat/@code"),
    (E::StructuredFormat, "ClinicalDocument/localSocialHeader/structuredFileFormat/@code"),
    (E::SoftwareManufacturer, "ClinicalDocument/localSocialHeader/softwareSupport/@moderator"),
    (E::SoftwareProduct, "ClinicalDocument/localSocialHeader/softwareSupport/@product"),
    (E::SoftwareVersion, "ClinicalDocument/localSocialHeader/softwareSupport/@version"),
    (E::ServiceTask, "ClinicalDocument/localSocialHeader/functionCode/@code"),
    (E::OriginalTaskSet, "ClinicalDocument/localSocialHeader/functionCode/@codeSystem"),
    (E::OriginalTaskCode, "ClinicalDocument/localSocialHeader/functionCode/@code"),
    (E::RecordState, "ClinicalDocument/localSocialHeader/recordStatus/@code"),
    (E::RegisterType, "ClinicalDocument/localSocialHeader/registryType/@code"),
    (E::RetentionClass, "ClinicalDocument/localSocialHeader/totalRetentionPeriodClass/@code"),
    (E::SpecialContent, "ClinicalDocument/localSocialHeader/specialContent/@code"),
    (E::InaccessibleReason, "ClinicalDocument/localSocialHeader/inaccessibleArgument/@code"),
    (E::RestrictionArgument, "ClinicalDocument/localSocialHeader/authorizationRestrictionArgument"),
    (E::DisplayDelay, "ClinicalDocument/localSocialHeader/releaseDateForPatientViewing/@value"),
    (E::ServiceProcess, "ClinicalDocument/localSocialHeader/serviceProcess/code/@code"),
    (E::MainDocument, "ClinicalDocument/relatedDocument[@typeCode=APND]/parentDocument/id/@root"),
];

/// The path of a metadata element in a national document.
#[must_use]
pub fn path_of(element: Element) -> Option<&'static str> {
    PATHS.iter().find(|(known, _)| *known == element).map(|(_, path)| *path)
}

/// The elements that more than a path is needed for.
pub(super) const APART: &[Element] = &[
    E::ClientIdentityCode,
    E::ClientTemporaryRoot,
    E::ClientTemporaryId,
    E::ClientGivenNames,
    E::ClientCallName,
    E::ClientFamilyName,
    E::ProfessionalNumber,
    E::ProfessionalGivenNames,
    E::ProfessionalFamilyName,
    E::ReplacesReason,
    E::ReplacesReasonSet,
    E::ServiceTask,
    E::OriginalTaskSet,
    E::OriginalTaskCode,
];

/// A code set as messages name it: with its version arc, and its name.
pub(super) struct Named {
    pub(super) oid: &'static str,
    pub(super) version: &'static str,
    pub(super) name: &'static str,
}

const NAMED: &[Named] = &[
    named(sets::DOCUMENT_TYPE, ".201701", "Sosiaalihuolto - Asiakasasiakirjatyyppi"),
    named(sets::DOCUMENT_GROUP, ".201601", "Sosiaalihuolto - Asiakirjaryhmä"),
    named(sets::VIEW_FORMAT, ".201601", "Sosiaalihuolto - Asiakirjan näyttömuodon formaatti"),
    named(sets::FILE_FORMAT, ".2008", "eArkisto - Asiakirjan tiedostomuoto"),
    named(sets::SERVICE_TASK, ".201601", "Sosiaalihuolto - Palvelutehtävä"),
    named(sets::SERVICE_TASK_1989, ".201601", ""),
    named(sets::SERVICE_TASK_2011, ".201101", ""),
    named(sets::READINESS, ".2008", "eArkisto - Asiakirjan valmistumisen tila"),
    named(sets::REGISTER, ".201701", "Sosiaalihuolto - Asiakirjan rekisteritunnus"),
    named(sets::RETENTION_CLASS, ".201601", "Sosiaalihuolto - asiakirjan kokonaissäilytysaika"),
    named(sets::YES_NO, ".2007", "AR/YDIN - Kyllä/EI/Ei tietoa"),
    named(sets::SERVICE_PROCESS, ".201701", "Sosiaalihuolto - Sosiaalihuollon palveluprosessi"),
    named(
        sets::MINOR_DISCLOSURE,
        ".201901",
        "Sosiaalihuolto - Alaikäisen asiakastietojen luovuttaminen huoltajille",
    ),
    named(
        sets::HIDING_REASON,
        ".201901",
        "Sosiaalihuolto - Perustelut asiakirjan näyttämisen rajaamiselle Omakannassa",
    ),
    named(sets::CONFIDENTIALITY, ".2006", "KanTa-palvelut - Asiakirjan luottamuksellisuus"),
    named(sets::SEX, ".1997", "AR/YDIN - Sukupuoli"),
    named(sets::INVALIDATION_REASON, "", ""),
];

const fn named(oid: &'static str, version: &'static str, name: &'static str) -> Named {
    Named { oid, version, name }
}

/// How messages name a code set.
pub(super) fn named_set(oid: &str) -> Option<&'static Named> {
    NAMED.iter().find(|set| set.oid == oid)
}

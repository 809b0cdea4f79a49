//! What was sent is wrong: every fault of a submission, each with its element, value and rule.
//!
//! A fault holds facts, no sentences: the doors turn `code`, `element`, `value` and `args` into text
//! in the reader's language. The texts hang on the codes, so a code never changes once released.

use std::borrow::Cow;

macro_rules! fault_kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal;)*) => {
        /// What kind of fault it is. `code()` is its stable name.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub enum FaultKind { $($(#[doc = $doc])* $name,)* }

        impl FaultKind {
            /// Every kind, for tables of texts and the tests that keep them whole.
            pub const ALL: &'static [FaultKind] = &[$(FaultKind::$name,)*];

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(FaultKind::$name => $code,)* }
            }
        }
    };
}

fault_kinds! {
    /// The text is not JSON, or breaks off. Args: `reason`.
    NotJson = "not-json";
    /// A member occurs twice in one JSON object.
    DuplicateMember = "duplicate-member";
    /// A member, part or element that nobody defined. Args: `known` (what is defined there).
    UnknownElement = "unknown-element";
    /// A header of a SOAP envelope that must be understood, and is not.
    HeaderNotUnderstood = "header-not-understood";
    /// An obligatory element is missing. Args: `name`.
    MissingElement = "missing-element";
    /// A conditionally obligatory element is missing. Args: `name`, `condition` (a rule's code).
    MissingConditionalElement = "missing-conditional-element";
    /// An element that this document group may not have. Args: `name`.
    ForbiddenElement = "forbidden-element";
    /// The value has the wrong type. Args: `expected`.
    WrongType = "wrong-type";
    /// The value breaks its form. Args: `expected`.
    WrongForm = "wrong-form";
    /// The text is empty where it may not be.
    EmptyText = "empty-text";
    /// Too few entries in a list. Args: `least`.
    TooFewEntries = "too-few-entries";
    /// A fixed phrase differs from the published one.
    WrongPhrase = "wrong-phrase";
    /// The code system is not the one bound to the element. Args: `expected`.
    WrongCodeSystem = "wrong-code-system";
    /// The code is not in its code set. Args: `code_set`, `allowed`.
    UnknownCode = "unknown-code";
    /// The code was not in force on the day it should have been. Args: `code_set`, `day`.
    CodeNotInForce = "code-not-in-force";
    /// The element must hold one certain value here. Args: `expected`.
    WrongValue = "wrong-value";
    /// Two elements that must agree do not. Args: `other`, `expected`.
    Disagreement = "disagreement";
    /// A moment lies in the future, or before what it must follow. Args: `expected`.
    WrongTime = "wrong-time";

    /// The text is not an OID in dotted form.
    NotAnOid = "not-an-oid";
    /// The OID is not under a node of the sending organisation. Args: `expected`.
    OidNotOwned = "oid-not-owned";
    /// A wrong personal identity code: its form. Args: `expected`.
    IdentityCodeForm = "identity-code-form";
    /// A wrong personal identity code: its century sign.
    IdentityCodeCentury = "identity-code-century";
    /// A wrong personal identity code: no such day of birth.
    IdentityCodeBirthDate = "identity-code-birth-date";
    /// A wrong personal identity code: its individual number.
    IdentityCodeNumber = "identity-code-number";
    /// A wrong personal identity code: its check character.
    IdentityCodeCheck = "identity-code-check";
    /// A wrong temporary identifier. Args: `expected`.
    TemporaryIdentifierForm = "temporary-identifier-form";

    /// The structure is not published here. Args: `known` (versions known of the same type).
    UnknownStructure = "unknown-structure";
    /// The structure was withdrawn, or is not yet in force. Args: `first`, `last`.
    StructureNotInForce = "structure-not-in-force";
    /// A structure file is loaded whose structure was withdrawn.
    StructureWithdrawn = "structure-withdrawn";
    /// A structure file is loaded whose OID was published with other content.
    StructurePublished = "structure-published";
    /// The relationship or its controller is on the other road. Args: `expected` (what the structure's OID
    /// is under on the right one).
    OtherRoad = "other-road";
    /// Whoever is named is no controller in the organisation register.
    NoController = "no-controller";
    /// Relationships that are not moved yet. Args: `count`.
    RelationshipsLeft = "relationships-left";
    /// The client has no open case of the service task in which the service could stand.
    NoOpenCase = "no-open-case";
    /// The service may stand in several cases, and none is named. Args: `cases`.
    SeveralCases = "several-cases";
    /// A service task of the relationship has no case, so that its services have no place on the long road.
    ServiceWithoutCase = "service-without-case";
    /// A service runs until further notice, and every case of its task is closed.
    ServiceWithoutOpenCase = "service-without-open-case";
    /// The only cases of the service task are joint ones: other clients would be told who serves this one.
    ServiceInJointCase = "service-in-joint-case";
    /// How a service is bought has no place on the short road. The version before keeps it.
    PurchaseNotCarried = "purchase-not-carried";
    /// The rights would not be the same after the move. Args: `day` (the first on which they differ).
    RightsDiffer = "rights-differ";
    /// The controller has not begun to take the long road.
    RoadNotBegun = "road-not-begun";
    /// The controller's move to the long road is confirmed: there is no way back.
    RoadConfirmed = "road-confirmed";

    /// The content parts are not one of the three storage forms. Args: `expected`.
    WrongParts = "wrong-parts";
    /// The text is not well-formed XML, or not within the limits. Args: `reason`, `line`.
    NotXml = "not-xml";
    /// The text is not a MIME message with one document in it. Args: `reason`.
    NotMime = "not-mime";
    /// The text is not base64. Args: `reason`.
    NotBase64 = "not-base64";
    /// The view is not well-formed XHTML. Args: `reason`.
    NotXhtml = "not-xhtml";
    /// An element, attribute or style that a kept view may not have. Args: `reason`.
    ForbiddenMarkup = "forbidden-markup";
    /// The view refers to something outside itself.
    OutsideReference = "outside-reference";
    /// The view deviates from the national form of views. Args: `expected`.
    ViewForm = "view-form";
    /// The view shows a personal identity code in full.
    UnmaskedIdentityCode = "unmasked-identity-code";
    /// The view does not show what the content holds. Args: `name`.
    NotShown = "not-shown";
    /// The document cannot be printed as a PDF file. Args: `reason`.
    Unprintable = "unprintable";
    /// The bytes are not a PDF file. Args: `reason`.
    NotPdf = "not-pdf";
    /// The PDF file does not claim to be PDF/A.
    NotPdfA = "not-pdf-a";
    /// The PDF file holds what an archived one may not. Args: `reason`.
    ForbiddenInPdf = "forbidden-in-pdf";
    /// The PDF file breaks a clause of the part of PDF/A that it says to keep. Args: `flavour`,
    /// `clause`, `asked` (what the clause asks for), `name` (the clause's stable name).
    PdfAClause = "pdf-a-clause";
    /// The PDF file was not looked through to its end: it draws too much.
    PdfNotLookedThrough = "pdf-not-looked-through";
    /// The validator outside the program says that the PDF file does not conform. Args: `flavour`,
    /// `reason` (its words).
    PdfValidatorRefused = "pdf-validator-refused";
    /// The validator outside the program could not be asked. Args: `flavour`, `reason`.
    PdfValidatorSilent = "pdf-validator-silent";
    /// A part is larger than this archive takes. Args: `limit`.
    TooLarge = "too-large";
    /// A text has too many characters. Args: `limit`.
    TooManyCharacters = "too-many-characters";
    /// As many versions as are kept are there. Args: `limit`.
    TooManyVersions = "too-many-versions";
    /// Somebody has begun more documents than anybody finishes. Args: `limit`.
    TooManyDrafts = "too-many-drafts";

    /// A signature of a kind that the document needs is missing. Args: `expected`.
    SignatureMissing = "signature-missing";
    /// What was signed is not what came, or the signature is another key's. Args: `what`.
    SignatureBroken = "signature-broken";
    /// A signature of another form than those that are verified. Args: `reason`.
    SignatureForm = "signature-form";
    /// A signature that was recognised and is not verified. Args: `reason`.
    SignatureNotVerified = "signature-not-verified";
    /// An identifier of an XML element occurs twice.
    DuplicateId = "duplicate-id";
    /// No chain leads from the signer's certificate to an anchor of this archive.
    IssuerNotTrusted = "issuer-not-trusted";
    /// The signer's certificate was not in force. Args: `first`, `last`.
    CertificateNotInForce = "certificate-not-in-force";
    /// The signer's certificate was in force when signing, and has ended since. Args: `last`.
    CertificateEndedSince = "certificate-ended-since";
    /// The signer's certificate is revoked. Args: `since`.
    CertificateRevoked = "certificate-revoked";
    /// No current revocation list speaks of the signer's certificate.
    RevocationUnknown = "revocation-unknown";
    /// The certificate is not one for such a signature. Args: `expected`.
    CertificatePurpose = "certificate-purpose";
    /// The certificate, or one above it, breaks the rules of certificates. Args: `reason`.
    CertificateMalformed = "certificate-malformed";
    /// The signer is not whom the metadata name. Args: `expected` (the element).
    SignerDiffers = "signer-differs";

    /// No such client relationship in this register.
    UnknownRelationship = "unknown-relationship";
    /// The client relationship has ended. Args: `day`.
    ClosedRelationship = "closed-relationship";
    /// The client relationship belongs to another client.
    RelationshipOfAnotherClient = "relationship-of-another-client";
    /// No such case in this register.
    UnknownCase = "unknown-case";
    /// The case belongs to another client.
    CaseOfAnotherClient = "case-of-another-client";
    /// The case is closed, and the document is not one that a closed case takes.
    ClosedCase = "closed-case";
    /// An old relationship or an old document needs a closed case.
    CaseNotClosed = "case-not-closed";
    /// The case is joint where it may not be.
    JointCase = "joint-case";
    /// The service task is not the case's, or not one of the relationship's. Args: `expected`.
    ServiceTaskDiffers = "service-task-differs";
    /// The client relationship cannot end: a case is open.
    OpenCase = "open-case";
    /// The client relationship cannot end: a unit serves the client until further notice. Args: `role`.
    ServiceRuns = "service-runs";
    /// What is to begin is there already on these days. Args: `day` (since when).
    AlreadyThere = "already-there";
    /// What is to end, stop or change is not there on these days.
    NotThere = "not-there";
    /// The act would leave the document as it is.
    NothingChanges = "nothing-changes";
    /// A producer whose right is about to end took a document back and has not recorded it anew. Args:
    /// `unit`.
    TakenBack = "taken-back";
    /// A producer whose right is about to end has recorded nothing.
    NothingRecorded = "nothing-recorded";
    /// The registers hold nothing under the identifier of a client.
    UnknownClient = "unknown-client";
    /// An active client relationship of this client exists already. Args: `existing`.
    RelationshipExists = "relationship-exists";
    /// The client's permission or refusals are in another document already. Args: `existing`.
    WillExists = "will-exists";
    /// The client's name is another than in the newest document in the sender's own registers.
    NameNotAsKnown = "name-not-as-known";
    /// The mandate register does not say that the representative may say it for the client.
    MandateNotConfirmed = "mandate-not-confirmed";
    /// A child has said it personally, and a guardian would change it.
    SaidByClient = "said-by-client";
    /// An old-relationship document cannot be updated.
    OldRelationshipNotUpdatable = "old-relationship-not-updatable";
    /// Only old documents may hang on an old relationship.
    OldRelationshipTakesOldOnly = "old-relationship-takes-old-only";
    /// The main document of an attachment is not in the archive.
    UnknownMainDocument = "unknown-main-document";
    /// The main document belongs to another client or register.
    MainDocumentOfAnother = "main-document-of-another";
    /// An attachment cannot have attachments.
    AttachmentOfAttachment = "attachment-of-attachment";

    /// The document to be replaced is not in the archive.
    UnknownPredecessor = "unknown-predecessor";
    /// The version to be replaced is not the newest one. Args: `newest`.
    NotTheNewest = "not-the-newest";
    /// The version replaced is invalidated.
    PredecessorInvalidated = "predecessor-invalidated";
    /// A relationship or case document cannot be invalidated: cases and documents hang on it. A new
    /// version corrects it.
    HeldByOthers = "held-by-others";
    /// Invalidating the version would bring back one of which the client or the guardians see more, or sooner.
    ShowsMore = "shows-more";
    /// The new version changes what all versions share. Args: `expected`.
    SharedByVersions = "shared-by-versions";

    /// The organisation is not in the register, or not in force. Args: `role`.
    UnknownOrganisation = "unknown-organisation";
    /// The unit is not in the register, not in force, or not of the right organisation.
    UnknownUnit = "unknown-unit";
    /// The controller is not one that the sender may archive for.
    NotOwnRegister = "not-own-register";

    /// It is no private producer that could work in the system of a public organiser: one of them is of another kind,
    /// or they stand in one hierarchy.
    NoParallelJoining = "no-parallel-joining";
    /// A main user keeps the rights of others, not the own ones.
    OwnUserRight = "own-user-right";
    /// The right goes beyond what the organiser's delegation allows. Args: `allowed`.
    BeyondDelegation = "beyond-delegation";
    /// No delegation of this number is in force for the producer.
    NoDelegation = "no-delegation";
    /// The unit has no register-use right in the organiser's register that lasts or is to come.
    NoRegisterUse = "no-register-use";
    /// A document with this identifier was destroyed when its retention period was over.
    DestroyedDocument = "destroyed-document";
    /// No such document in a register of the caller's.
    UnknownDocument = "unknown-document";
    /// The document's retention period is not over.
    PeriodRuns = "period-runs";
    /// The document is held, or what it hangs on is.
    DocumentHeld = "document-held";
    /// Documents hang on it that are kept, or are not on the list.
    OthersHang = "others-hang";
    /// Somebody is recording in the document's case.
    BeingRecorded = "being-recorded";
    /// The document is on another list already that waits. Args: `list`.
    ListedAlready = "listed-already";
    /// What a person completed of a row of old data waits for another one's check.
    AnswerNotChecked = "answer-not-checked";
    /// Whoever completed a row of old data does not check it.
    OwnAnswer = "own-answer";
    /// No row was chosen for what is done with those that are.
    NoRowChosen = "no-row-chosen";
    /// What a person completed of a row of old data was completed with another file than the delivery has now.
    AnswerOfAnotherFile = "answer-of-another-file";
    /// Archiving of a batch of old data has begun: nothing is completed any more.
    BatchBegun = "batch-begun";
    /// A batch of old data is being rehearsed or archived at this moment.
    BatchBusy = "batch-busy";
    /// A decision on a row of old data that the row gives no cause for. Args: `decision`.
    DecisionDoesNotFit = "decision-does-not-fit";
    /// A row of old data of which the values are shifted or cut off: the source alone mends it.
    MendedInTheSource = "mended-in-the-source";
    /// Nothing was changed in a form, and nothing is kept.
    NothingChanged = "nothing-changed";
    /// It was changed since it was looked at.
    ChangedMeanwhile = "changed-meanwhile";
    /// Something that touches many was not said to be meant. Args: `count`.
    NotConfirmed = "not-confirmed";
    /// The documents of a list are in more than one register.
    SeveralRegisters = "several-registers";
    /// The list or hold stands otherwise than what is asked needs. Args: `state`.
    StandsOtherwise = "stands-otherwise";
    /// What an answer to a correction request says was done has not been done.
    NotCorrected = "not-corrected";
    /// What was ended is ended already.
    EndedAlready = "ended-already";

    /// A file or proof of a register's package does not hold. Args: `what` (the code of the package's fault).
    PackageDoesNotHold = "package-does-not-hold";
    /// The package is of a form that does not hold what another archive needs to take it in.
    PackageOfBefore = "package-of-before";
    /// The package came out of this archive.
    PackageOfThisArchive = "package-of-this-archive";
    /// A document of a package lacks versions. Args: `missing` (their numbers).
    VersionsMissing = "versions-missing";
    /// A version of a package is not in the state that follows from its document's other versions. Args: `expected`.
    StateDoesNotFollow = "state-does-not-follow";
    /// The archive has something else under an identifier of the package. Args: `differs` (what of it).
    IdentifierTaken = "identifier-taken";
    /// The archive has documents in the register that its package has not. Args: `count`, `first`.
    RegisterGoesOn = "register-goes-on";
    /// The client's key was destroyed in this archive: nothing of the client is kept any more.
    KeyDestroyed = "key-destroyed";
    /// Metadata, or what stands beside a document in a package, do not say what is needed. Args: `name`.
    NotTold = "not-told";

    /// An entry of a register or code-set file stands twice. Args: `first` (where it stood first).
    DuplicateEntry = "duplicate-entry";
    /// The hierarchy of organisations or units runs in a circle.
    HierarchyCycle = "hierarchy-cycle";
    /// A private organisation or unit stands under a public one. Args: `public` (its OID).
    PrivateUnderPublic = "private-under-public";
    /// An OID lies under a node of another organisation. Args: `owner`.
    NodeOfAnother = "node-of-another";
    /// A CSV line has the wrong number of columns, or cannot be read. Args: `expected`.
    WrongLine = "wrong-line";

    /// A query parameter or search member that nobody defined. Args: `known`.
    UnknownParameter = "unknown-parameter";
    /// A search that takes longer than it may. Args: `expected` (what narrows it).
    SearchTooWide = "search-too-wide";
    /// A value of an index that the mapping does not name. Args: `column`.
    UnmappedValue = "unmapped-value";
    /// A value of an index that is no day in any form that the mapping names. Args: `column`.
    UnreadableDay = "unreadable-day";
    /// A value of an index with letters that its encoding does not have. Args: `column`.
    Undecodable = "undecodable";
    /// What a spreadsheet writes where a formula came to nothing, in place of a value. Args: `column`.
    ErrorOfSheet = "error-of-sheet";
    /// A row of an index that does not read: what stands in it is not known. Args: `reason`.
    UnreadableRow = "unreadable-row";
    /// A row of an index with more values than there are columns. Args: `count`.
    SurplusValues = "surplus-values";
    /// A row of an index with fewer values than there are columns. Args: `count`.
    MissingValues = "missing-values";
    /// A table beside the index has no row of this one's value. Args: `column`.
    NoRowBeside = "no-row-beside";
    /// A table beside the index has rows of one value that do not say the same. Args: `column`.
    RowsBesideDiffer = "rows-beside-differ";
    /// The archive knows no active relationship of a client with the controller, or several. Args: `count`.
    NotOneRelationship = "not-one-relationship";
    /// One client of the source stands in two ways. Args: `first` (the other row).
    ClientOfTwoStates = "client-of-two-states";
    /// One client has an order of non-disclosure on another row, and none on this one. Args: `first` (the other row).
    OrderOnAnotherRow = "order-on-another-row";
    /// Two persons by their given names have one identity code. Args: `first` (the other row).
    CodeOfTwoNames = "code-of-two-names";
    /// The file is another than when it was rehearsed.
    ChangedSinceRehearsal = "changed-since-rehearsal";
    /// What was to be handed over was decided otherwise before it went.
    DecidedOtherwise = "decided-otherwise";
    /// The archive has the document otherwise: from another batch, or by another mapping. Args: none; the value
    /// names the parts that differ.
    ArchivedOtherwise = "archived-otherwise";
    /// The delivery does not hold the file that the index names.
    MissingFile = "missing-file";
    /// Several files of the delivery fit the name in the index. Args: `count`.
    AmbiguousFile = "ambiguous-file";
    /// Two rows of the index name one file. Args: `first` (the other row).
    FileOfAnotherRow = "file-of-another-row";
    /// A file that cannot be read. Args: `reason`.
    UnreadableFile = "unreadable-file";
    /// A file that is larger than the archive takes of any part. Args: `size`, `limit` (both in bytes).
    FileTooLarge = "file-too-large";
    /// The archive failed at a document each time that it was handed in. The value is what it answered.
    ArchiveFailed = "archive-failed";
    /// A file without a byte in it.
    EmptyFile = "empty-file";
    /// A file that is neither PDF nor XHTML, of a kind that nobody chose to convert. Args: `found`.
    FileWantsConversion = "file-wants-conversion";
    /// The file was not converted. Args: `reason`.
    NotConverted = "not-converted";
    /// The file has content that what is made of it would not have. Args: `what`.
    ConversionLoses = "conversion-loses";
    /// Two documents of a source have one identifier. Args: `first` (the other row).
    SameSourceIdentifier = "same-source-identifier";
    /// One client of the source has two identity codes. Args: `first` (the other row).
    ClientOfTwoCodes = "client-of-two-codes";
    /// The same content comes twice for one client and day. Args: `first` (the other row).
    SameContent = "same-content";
    /// The document was written before its client was born.
    WrittenBeforeBirth = "written-before-birth";
    /// The document was written after the organisation joined. Args: `day`.
    NotOldData = "not-old-data";
    /// The document that this one is an attachment of is not brought.
    MainDocumentNotBrought = "main-document-not-brought";
    /// A page cursor that this archive did not give, or gave for another search.
    BadCursor = "bad-cursor";
}

/// A stage of checking a submission. All are gone through that what was sent allows; the faults of
/// each are told together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Stage {
    /// The text is what it says to be: XML, JSON, UTF-8.
    WellFormed,
    /// The frame of a national message.
    Frame,
    /// The document's place in the frame: MIME and base64.
    Mime,
    /// The metadata: a national document's header.
    Header,
    /// The codes of the metadata and of the content.
    CodeSets,
    /// The electronic signatures.
    Signature,
    /// The view or the file: XHTML, PDF/A.
    View,
    /// The content by its structure's schema.
    Schema,
    /// The conditional rules of the structure, and those between content and metadata.
    Conditions,
    /// What the submission refers to in the archive.
    References,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 10] = [
        Self::WellFormed,
        Self::Frame,
        Self::Mime,
        Self::Header,
        Self::CodeSets,
        Self::Signature,
        Self::View,
        Self::Schema,
        Self::Conditions,
        Self::References,
    ];

    /// Its stable name, in kebab case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WellFormed => "well-formed",
            Self::Frame => "frame",
            Self::Mime => "mime",
            Self::Header => "header",
            Self::CodeSets => "code-sets",
            Self::Signature => "signature",
            Self::View => "view",
            Self::Schema => "json-schema",
            Self::Conditions => "conditional-rules",
            Self::References => "references",
        }
    }
}

/// One fault of a submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What kind of fault.
    pub kind: FaultKind,
    /// Where: the metadata element (`client.identity_code`), or the part and path in it
    /// (`structured:/asia_asiakirja/asiakas/0/henkilotunnus`).
    pub element: String,
    /// The value found, when it is short and no client data; free text and identifiers of persons
    /// are told by length or masked.
    pub value: Option<String>,
    /// The requirement or national rule broken: `ARC-2`, `1505.2 row 13`.
    pub rule: Cow<'static, str>,
    /// What the texts need to say what would be right.
    pub args: Vec<(&'static str, String)>,
    /// In which stage of the checking it was found, where checking has stages.
    pub stage: Option<Stage>,
    /// Where in the message that was sent, when `element` names it by another form's name:
    /// `ClinicalDocument/setId/@root`.
    pub path: Option<Box<str>>,
}

impl Fault {
    /// A fault at an element under a rule.
    pub fn new(
        kind: FaultKind,
        element: impl Into<String>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            element: element.into(),
            value: None,
            rule: rule.into(),
            args: Vec::new(),
            stage: None,
            path: None,
        }
    }

    /// Adds the value found. The caller answers for its holding no client data.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        let mut value: String = value.into();
        if let Some((cut, _)) = value.char_indices().nth(120) {
            value.truncate(cut);
            value.push('…');
        }
        self.value = Some(value);
        self
    }

    /// Adds something that the text of the fault speaks of.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Says in which stage it was found, unless that was said before.
    #[must_use]
    pub fn at(mut self, stage: Stage) -> Self {
        self.stage.get_or_insert(stage);
        self
    }

    /// Says where in the message it is.
    #[must_use]
    pub fn path(mut self, path: impl Into<Box<str>>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The stable name of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

//! The deployment test of old-data archiving (käyttöönottokoe): a trial archiving through an archive's door, each step
//! with what it expects and what came.
//!
//! Production may begin when the test case of old-data archiving has gone through; its steps are not public, and these
//! are our own choice, each after a rule of document 002. The client is a test person. What it archives is invalidated
//! at the end; the emptied case and old relationship stay, as they do after any undo.
//! Source: OLD-10, OLD-1 to OLD-5, ARC-4; document 002, "Kanta-palveluihin liittyminen".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use varanto_app::Registry;
use varanto_app::archive::Submission;
use varanto_app::verify::{Held, ReceiptProblem, verify_receipt};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::receipts;
use varanto_formats::render::{self, Cover};
use varanto_formats::sheet::Sheet;
use varanto_formats::view::ViewLanguage;

use crate::documents::{Composer, OldCase, OldDocument, OldRelationship, Values, read_document};
use crate::door::{Answer, Door, Invalidated, NotRead, Signer};
use crate::identifiers;
use crate::mapping::{self, Mapping, Target};

/// Why a test cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum CannotTest {
    /// What was given makes no mapping.
    #[error("{0}")]
    Given(String),
    /// The client is no test person.
    #[error("the identity code is none of a test person: its number is to be between 900 and 999")]
    NoTestPerson,
}

/// Who archives, and for whom.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The node below which identifiers are made.
    pub node: Oid,
    /// The controller, and its name.
    pub controller: (Oid, String),
    /// The operating unit, and its name.
    pub unit: (Oid, String),
    /// The test person's identity code.
    pub client: PersonalIdentityCode,
    /// The moment: each test makes documents of its own.
    pub now: Instant,
}

/// A step of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The archive lets the system in, and shows its signed state.
    Door,
    /// An old relationship is archived.
    Relationship,
    /// A closed case on it.
    Case,
    /// A PDF/A document of before 1.3.2016, with two service tasks.
    Pdf,
    /// An XHTML document of after it, with one.
    Xhtml,
    /// An attachment of its own that names its main document.
    Attachment,
    /// Each receipt proves its document.
    Receipts,
    /// What is handed in once more is there once.
    Again,
    /// Each is read back byte for byte, with a reason.
    ReadBack,
    /// Without a reason it is not shown.
    WithoutReason,
    /// A PDF file that is no PDF/A is refused.
    NoPdfA,
    /// A document of before 1.3.2016 without its original service task is refused.
    OneTask,
    /// An attachment of a document that is not there is refused.
    NoMain,
    /// An old relationship is not updated.
    NoUpdate,
    /// What the test archived is invalidated.
    Invalidation,
}

impl Step {
    /// Each of them, in their order.
    pub const ALL: [Self; 15] = [
        Self::Door,
        Self::Relationship,
        Self::Case,
        Self::Pdf,
        Self::Xhtml,
        Self::Attachment,
        Self::Receipts,
        Self::Again,
        Self::ReadBack,
        Self::WithoutReason,
        Self::NoPdfA,
        Self::OneTask,
        Self::NoMain,
        Self::NoUpdate,
        Self::Invalidation,
    ];

    /// Its word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Relationship => "relationship",
            Self::Case => "case",
            Self::Pdf => "pdf",
            Self::Xhtml => "xhtml",
            Self::Attachment => "attachment",
            Self::Receipts => "receipts",
            Self::Again => "again",
            Self::ReadBack => "read-back",
            Self::WithoutReason => "without-reason",
            Self::NoPdfA => "no-pdf-a",
            Self::OneTask => "one-task",
            Self::NoMain => "no-main",
            Self::NoUpdate => "no-update",
            Self::Invalidation => "invalidation",
        }
    }

    /// The rule that it is after.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Door | Self::Again | Self::ReadBack => "OLD-9",
            Self::Relationship | Self::NoUpdate => "OLD-2",
            Self::Case => "OLD-5",
            Self::Pdf | Self::OneTask => "OLD-4",
            Self::Xhtml | Self::NoPdfA => "OLD-1",
            Self::Attachment | Self::NoMain => "ARC-4",
            Self::Receipts => "ARC-15",
            Self::WithoutReason => "OLD-3",
            Self::Invalidation => "ARC-3",
        }
    }
}

/// What came of a step: `Err` tells why it failed.
pub type Outcome = (Step, Result<(), String>);

/// Runs the test, all steps of it: what hangs on a step that failed fails with it.
///
/// # Errors
/// What keeps it from beginning.
pub fn run(
    trial: &Trial,
    registry: &Registry,
    signer: &dyn Signer,
    door: &mut dyn Door,
) -> Result<Vec<Outcome>, CannotTest> {
    if !trial.client.is_artificial() {
        return Err(CannotTest::NoTestPerson);
    }
    let mapping = mapping_of(trial)?;
    let papers = Papers::new(trial, &mapping, registry)?;
    let mut test =
        Test { signer, door, receipts: BTreeMap::new(), checkpoint: Err(NOT_REACHED.to_owned()) };
    Ok(Step::ALL.into_iter().map(|step| (step, test.step(step, &papers))).collect())
}

const NOT_REACHED: &str = "an earlier step failed";

/// The trial as a mapping file would say it: what archives in earnest archives here too.
fn mapping_of(trial: &Trial) -> Result<Mapping, CannotTest> {
    let mut text = format!(
        "form = 1\nsource = \"kayttoonottokoe\"\nbatch = \"{}\"\ncreated_at = \"{}\"\nnode = \"{}\"\n\
         joined_on = \"{}\"\n[index]\nfile = \"-\"\nform = \"csv\"\n[document]\n",
        trial.now.millis(),
        trial.now,
        trial.node,
        FinnishDay::of(trial.now),
    );
    for target in Target::ALL.iter().filter(|target| target.is_required()) {
        let _ = writeln!(text, "\"{}\" = {{ column = \"-\" }}", target.name());
    }
    mapping::read(&text).map_err(|bad| CannotTest::Given(bad.to_string()))
}

/// Everything that the test hands in.
struct Papers {
    relationship: Submission,
    update: Submission,
    case: Submission,
    pdf: Submission,
    xhtml: Submission,
    attachment: Submission,
    no_pdf_a: Submission,
    one_task: Submission,
    no_main: Submission,
}

impl Papers {
    fn new(trial: &Trial, mapping: &Mapping, registry: &Registry) -> Result<Self, CannotTest> {
        let paper = Paper { trial, mapping };
        let view = sheet("Koeasiakirja");
        let pdf = printed(&view, trial)?;
        // The same file without the word that makes it PDF/A.
        let no_pdf_a = replaced(&pdf, b"pdfaid:part", b"pdfaid:port");
        let first = paper.document("1", "2009-03-12", Some("1989:13"), None)?;
        let second = paper.document("2", "2017-05-02", None, None)?;
        let attachment = paper.document("3", "2009-03-02", Some("1989:13"), Some("1"))?;
        let composer = Composer { mapping, registry };
        let id = identifiers::relationship(mapping, &first)
            .ok_or_else(|| CannotTest::Given("no relationship".to_owned()))?;
        let (opened, closed) = (attachment.day(), second.day());
        let relationship = composer.relationship(&OldRelationship {
            one: &first,
            id: id.clone(),
            first: opened,
            last: closed,
            tasks: vec![first.service_task.clone()],
            non_disclosure: false,
        });
        let case = composer.case(&OldCase {
            one: &first,
            opened,
            closed,
            closing_is_known: true,
            relationship: id,
        });
        let made = |number: &str, day, task, main, part, bytes: &[u8]| {
            Ok::<_, CannotTest>(paper.document(number, day, task, main)?.submission(
                mapping,
                part,
                bytes.to_vec(),
            ))
        };
        Ok(Self {
            update: next_version(&relationship, mapping),
            relationship,
            case,
            pdf: first.submission(mapping, Part::Pdf, pdf.clone()),
            xhtml: second.submission(mapping, Part::View, view.clone()),
            attachment: attachment.submission(mapping, Part::Pdf, pdf.clone()),
            no_pdf_a: made("4", "2009-03-12", Some("1989:13"), None, Part::Pdf, &no_pdf_a)?,
            one_task: made("5", "2009-03-12", None, None, Part::View, &view)?,
            no_main: made("6", "2009-03-12", Some("1989:13"), Some("7"), Part::View, &view)?,
        })
    }
}

struct Paper<'a> {
    trial: &'a Trial,
    mapping: &'a Mapping,
}

impl Paper<'_> {
    fn document(
        &self,
        number: &str,
        day: &str,
        original: Option<&str>,
        main: Option<&str>,
    ) -> Result<OldDocument, CannotTest> {
        let own = |number: &str| format!("{}-{number}", self.mapping.batch);
        let (controller, unit) = (&self.trial.controller, &self.trial.unit);
        let mut values: Values = [
            (Target::Document, own(number).as_str()),
            (Target::IdentityCode, self.trial.client.reveal()),
            (Target::FamilyName, "Koehenkilö"),
            (Target::GivenNames, "Käyttöönotto"),
            (Target::State, "ended"),
            (Target::Controller, controller.0.as_str()),
            (Target::ControllerName, &controller.1),
            (Target::OperatingUnit, unit.0.as_str()),
            (Target::OperatingUnitName, &unit.1),
            (Target::ServiceTask, "26"),
            (Target::WrittenAt, day),
            (Target::GeneralType, "2"),
            (Target::Language, "fi"),
        ]
        .into_iter()
        .map(|(target, value)| (target, value.to_owned()))
        .collect();
        values.extend(original.map(|task| (Target::OriginalTask, task.to_owned())));
        values.extend(main.map(|main| (Target::MainDocument, own(main))));
        let mut faults = Vec::new();
        read_document(values, &mut faults).ok_or_else(|| {
            let codes: Vec<String> =
                faults.iter().map(|fault| format!("{} {}", fault.code(), fault.element)).collect();
            CannotTest::Given(codes.join(", "))
        })
    }
}

fn sheet(title: &str) -> Vec<u8> {
    let mut sheet = Sheet::new(title);
    sheet.paragraph("Vanhan asiakastiedon arkistoinnin käyttöönottokoe. Ei koske ketään.");
    sheet.finish().into_bytes()
}

fn printed(view: &[u8], trial: &Trial) -> Result<Vec<u8>, CannotTest> {
    let cover = Cover {
        title: "Koeasiakirja",
        document_type: "Asiakaskertomus",
        organisation: &trial.controller.1,
        client: "Koehenkilö Käyttöönotto",
        written_on: None,
        archived: "",
        archived_at: trial.now,
        language: ViewLanguage::Finnish,
    };
    render::view(view, &cover).map_err(|fault| CannotTest::Given(fault.code().to_owned()))
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(from.len()) {
        if bytes[at..].starts_with(from) {
            changed[at..at + to.len()].copy_from_slice(to);
        }
    }
    changed
}

/// The second version of a document, as a system would send one.
fn next_version(first: &Submission, mapping: &Mapping) -> Submission {
    let mut metadata: serde_json::Value =
        serde_json::from_slice(&first.metadata).unwrap_or_default();
    let before = metadata["document_id"].clone();
    let id = identifiers::document(mapping, "next version");
    metadata["document_id"] = id.as_str().into();
    metadata["version"] = 2.into();
    metadata["replaces"] = serde_json::json!({ "document_id": before, "reason": "2" });
    Submission { metadata: metadata.to_string().into_bytes(), parts: first.parts.clone() }
}

struct Test<'t> {
    signer: &'t dyn Signer,
    door: &'t mut dyn Door,
    /// The receipts so far, by document.
    receipts: BTreeMap<String, String>,
    checkpoint: Result<String, String>,
}

impl Test<'_> {
    fn step(&mut self, step: Step, papers: &Papers) -> Result<(), String> {
        match step {
            Step::Door => self.door.checkpoint().map(drop),
            Step::Relationship => self.archive(&papers.relationship),
            Step::Case => self.archive(&papers.case),
            Step::Pdf => self.archive(&papers.pdf),
            Step::Xhtml => self.archive(&papers.xhtml),
            Step::Attachment => self.archive(&papers.attachment),
            Step::Receipts => {
                self.checkpoint = self.door.checkpoint();
                documents(papers).iter().try_for_each(|paper| self.prove(paper))
            }
            Step::Again => {
                let before = arrival(self.receipt_of(&papers.pdf)?)?;
                self.archive(&papers.pdf)?;
                let same = arrival(self.receipt_of(&papers.pdf)?)? == before;
                if same { Ok(()) } else { Err("it was archived once more".to_owned()) }
            }
            Step::ReadBack => documents(papers).iter().try_for_each(|paper| {
                self.receipt_of(paper)?;
                let (part, bytes) = &paper.parts[0];
                let back = self.door.read(&id_of(paper)?, *part).map_err(NotRead::words)?;
                if back == *bytes { Ok(()) } else { Err("other bytes came back".to_owned()) }
            }),
            Step::WithoutReason => {
                self.receipt_of(&papers.pdf)?;
                match self.door.read_without_reason(&id_of(&papers.pdf)?, Part::Pdf) {
                    Ok(_) => Err("it was shown".to_owned()),
                    Err(why) if why.contains("reason") => Ok(()),
                    Err(why) => Err(format!("refused for another cause: {why}")),
                }
            }
            Step::NoPdfA => self.refused(&papers.no_pdf_a, &[FaultKind::NotPdfA]),
            Step::OneTask => {
                self.refused(&papers.one_task, &[FaultKind::MissingConditionalElement])
            }
            Step::NoMain => self.refused(&papers.no_main, &[FaultKind::UnknownMainDocument]),
            Step::NoUpdate => {
                self.refused(&papers.update, &[FaultKind::OldRelationshipNotUpdatable])
            }
            Step::Invalidation => self.invalidate(papers),
        }
    }

    fn archive(&mut self, paper: &Submission) -> Result<(), String> {
        let id = id_of(paper)?;
        match self.hand_in(paper)? {
            Answer::Archived(receipt) => drop(self.receipts.insert(id.to_string(), receipt)),
            // The signature of the first time has another moment.
            Answer::Otherwise(differs) if differs == ["signature"] => {
                let receipt = self.door.receipt(&id)?;
                self.receipts.insert(id.to_string(), receipt);
            }
            other => return Err(words(&other)),
        }
        Ok(())
    }

    fn hand_in(&mut self, paper: &Submission) -> Result<Answer, String> {
        let mut paper = paper.clone();
        if let Some(signature) = self.signer.sign(&paper)? {
            paper.parts.push((Part::Signature, signature));
        }
        Ok(self.door.archive(&paper))
    }

    /// What must be refused, and for which cause. What is taken all the same is invalidated with the rest.
    fn refused(&mut self, paper: &Submission, kinds: &[FaultKind]) -> Result<(), String> {
        match self.hand_in(paper)? {
            Answer::Archived(receipt) => {
                self.receipts.insert(id_of(paper)?.to_string(), receipt);
                Err("it was taken".to_owned())
            }
            Answer::Refused(told) => {
                let found = told.iter().any(|one| kinds.iter().any(|kind| kind.code() == one.code));
                let codes: Vec<&str> = told.iter().map(|one| one.code.as_str()).collect();
                if found {
                    Ok(())
                } else {
                    Err(format!("refused for another cause: {}", codes.join(", ")))
                }
            }
            other => Err(words(&other)),
        }
    }

    fn receipt_of(&self, paper: &Submission) -> Result<&String, String> {
        self.receipts.get(id_of(paper)?.as_str()).ok_or_else(|| NOT_REACHED.to_owned())
    }

    fn prove(&mut self, paper: &Submission) -> Result<(), String> {
        let receipt = self.receipt_of(paper)?.clone();
        let id = id_of(paper)?;
        let mut parts = paper.parts.clone();
        parts.extend(self.door.read(&id, Part::Signature).ok().map(|own| (Part::Signature, own)));
        let held = Held { parts, ..Held::default() };
        let checkpoint = self.checkpoint.clone()?;
        let verdict = verify_receipt(receipt.as_bytes(), checkpoint.as_bytes(), &held)
            .map_err(|problem| problem.code().to_owned())?;
        let faults: Vec<&str> = verdict
            .faults
            .iter()
            .filter(|fault| **fault != ReceiptProblem::NotContinued)
            .map(ReceiptProblem::code)
            .collect();
        if faults.is_empty() && verdict.receipt.document == id {
            Ok(())
        } else {
            Err(format!("the receipt does not hold: {}", faults.join(", ")))
        }
    }

    /// Attachments go before what they are attached to; the case and the relationship stay. A document whose answer was
    /// lost may be in the archive too, and one that stays keeps none of the others there.
    fn invalidate(&mut self, papers: &Papers) -> Result<(), String> {
        if self.receipts.is_empty() {
            return Err(NOT_REACHED.to_owned());
        }
        let all = [&papers.attachment, &papers.pdf, &papers.xhtml];
        let refused = [&papers.no_pdf_a, &papers.one_task, &papers.no_main];
        let mut stay = Vec::new();
        for paper in all.into_iter().chain(refused) {
            let id = id_of(paper)?;
            match self.door.invalidate(&id, "käyttöönottokoe") {
                Ok(Invalidated::Unknown) if self.receipts.contains_key(id.as_str()) => {
                    stay.push(format!("{id} (the archive does not know it, though it took it)"));
                }
                Ok(_) => {}
                Err(why) => stay.push(format!("{id} ({})", why.words())),
            }
        }
        if stay.is_empty() { Ok(()) } else { Err(format!("not invalidated: {}", stay.join(", "))) }
    }
}

/// The documents that the test archives.
fn documents(papers: &Papers) -> [&Submission; 3] {
    [&papers.pdf, &papers.xhtml, &papers.attachment]
}

fn id_of(paper: &Submission) -> Result<Oid, String> {
    let metadata: serde_json::Value =
        serde_json::from_slice(&paper.metadata).map_err(|error| error.to_string())?;
    Oid::parse(metadata["document_id"].as_str().unwrap_or_default())
        .map_err(|_| "no identifier".to_owned())
}

/// What a receipt tells of an arrival; its proof leads to the log of the moment that it is asked for.
fn arrival(receipt: &str) -> Result<(Oid, u32, Instant, String), String> {
    let receipt = receipts::read(receipt.as_bytes()).map_err(|fault| fault.code().to_owned())?;
    Ok((receipt.document, receipt.version, receipt.archived_at, receipt.line))
}

fn words(answer: &Answer) -> String {
    match answer {
        Answer::Archived(_) => "it was taken".to_owned(),
        Answer::Otherwise(differs) => format!("archived otherwise: {}", differs.join(", ")),
        Answer::Refused(told) => {
            let told: Vec<String> = told
                .iter()
                .map(|one| format!("{} {} ({})", one.code, one.element, one.rule))
                .collect();
            format!("refused: {}", told.join(", "))
        }
        Answer::Shut(why) => format!("not let in: {why}"),
        Answer::Later(_) => "the archive is busy; test again".to_owned(),
        Answer::NoAnswer(why) => format!("no answer: {why}"),
        Answer::Failed(why) => format!("the archive failed: {why}"),
    }
}

//! Recording at the desk: drafts that only their author reads, and the document that one becomes (CAS-1, CAS-2).
//!
//! A draft is no document: it is in no list, search, count or export, and no leaf of the proof log covers it. Beginning
//! and opening one is a look at the document of its case, decided and logged as such; whoever may not archive into
//! the case opens no draft of it. Saving asks for the author alone, so that what was typed is kept even when a right
//! ends in the middle of a sentence.

mod archive_draft;
mod earlier;

use std::sync::Arc;

use varanto_domain::access::log::Event;
use varanto_domain::access::{ArchivePermit, Caller, Purpose, Who};
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::references::Naming;
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, PersonalIdentityCode};
use varanto_domain::oversight::hints::Name;
use varanto_domain::structures::{ConditionFacts, Content, Structure};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::drafts::{self, Draft};
use varanto_formats::form::{self, Known, Proposal};
use varanto_formats::structure_notes::StructureNotes;
use varanto_formats::view::ViewLanguage;
use varanto_formats::{content, metadata};
use varanto_store::{DraftRow, ReadTx, StoreError};

use crate::archive::{LookedAt, whereabouts};
use crate::derived::{name_of_client, oid, text};
use crate::disclosure::record_will::known_name;
use crate::inquiry::Made;
use crate::relationship::served_clients::identifier;
use crate::{App, AppError, Registry, StructureState};

pub use archive_draft::{Looked, ToSign};
pub use earlier::{EarlierDocument, FoundEarlier, MOST_EARLIER};

/// The most bytes that are kept of one draft.
pub const MAX_DRAFT_BYTES: usize = 512 * 1024;

/// The most drafts that one author has.
pub const MAX_DRAFTS: i64 = 200;

/// How many days a draft is kept that nobody saves.
pub const DRAFT_DAYS: i32 = 90;

const RULE: &str = "CAS-1";

/// An error is corrected: the usual reason of replacement. Source: own-choices.
const ERROR_CORRECTED: &str = "3";

/// Who records, as the login tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Given names.
    pub given_names: String,
    /// Family name.
    pub family_name: String,
    /// The registration number, where there is one.
    pub registration_number: Option<String>,
}

/// What somebody begins to record.
#[derive(Debug, Clone)]
pub struct Begun {
    /// About whom.
    pub client: ClientIdentifier,
    /// In which case.
    pub case: Oid,
    /// On which structure.
    pub structure: Oid,
    /// In which language the document is written.
    pub language: ViewLanguage,
}

/// A draft in a list: nothing of what is written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSeen {
    /// Its number.
    pub number: i64,
    /// The structure.
    pub structure: Oid,
    /// The version that its document replaces; `None`: it is new.
    pub replaces: Option<Oid>,
    /// When it was saved last.
    pub saved_at: Instant,
    /// The last day on which it is kept unless it is saved again.
    pub kept_until: FinnishDay,
}

/// What a draft is written on: nothing of what is written.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The structure.
    pub structure: Arc<Structure>,
    /// What the structure's own file says to people.
    pub notes: Arc<StructureNotes>,
    /// The identifier that the document will have.
    pub document: Oid,
    /// In which language it is written.
    pub language: ViewLanguage,
    /// What the conditions need to know.
    pub facts: ConditionFacts,
}

/// A draft, open.
#[derive(Debug, Clone)]
pub struct OpenDraft {
    /// Its number.
    pub number: i64,
    /// How often it was saved.
    pub edition: i64,
    /// When it was begun.
    pub begun_at: Instant,
    /// When it was saved last.
    pub saved_at: Instant,
    /// What it is written on.
    pub paper: Paper,
    /// What is written in it.
    pub draft: Draft,
    /// What registers and the case tell today.
    pub proposals: Vec<Proposal>,
    /// Whether the client is a minor, so that it must be said whether guardians may be given the document.
    pub minor: bool,
    pub(crate) facts_of_case: CaseFacts,
    pub(crate) corrects: Option<Corrected>,
}

/// The version that a draft is to replace.
#[derive(Debug, Clone)]
pub(crate) struct Corrected {
    pub(crate) document: Oid,
    pub(crate) set: Oid,
    pub(crate) number: u32,
    /// The number that the version to be has.
    pub(crate) next: u32,
    case: Oid,
    structure: Oid,
    /// Its metadata.
    pub(crate) record: Vec<u8>,
    /// What is written in it.
    content: Vec<u8>,
    /// Whether a producer's unit wrote it and the organiser's own corrects it.
    pub(crate) is_others: bool,
    /// Whether its case is a joint one, in which the time of writing says whom a document concerns.
    pub(crate) joint: bool,
}

impl OpenDraft {
    /// The case that it belongs to.
    #[must_use]
    pub fn case(&self) -> &Oid {
        &self.facts_of_case.case
    }

    /// The version that its document replaces, and the number of that; `None`: it is new.
    #[must_use]
    pub fn replaces(&self) -> Option<(&Oid, u32)> {
        self.corrects.as_ref().map(|one| (&one.document, one.number))
    }

    /// The service task of the case, a code.
    #[must_use]
    pub fn service_task(&self) -> &str {
        &self.facts_of_case.service_task
    }
}

/// What opening a draft answers.
#[derive(Debug, Clone)]
pub enum Opened {
    /// The draft.
    Draft(Box<OpenDraft>),
    /// Its document is archived already, and the draft gone.
    Archived(Oid),
}

/// What saving a draft answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is on disk, in this edition.
    Kept {
        /// The edition.
        edition: i64,
        /// When.
        at: Instant,
    },
    /// It was saved elsewhere since; nothing was changed.
    ChangedMeanwhile {
        /// The edition that it has now.
        edition: i64,
    },
}

/// What the archive knows of a case and its client, for one who may archive into it.
#[derive(Debug, Clone)]
pub(crate) struct CaseFacts {
    key: i64,
    pub(crate) case: Oid,
    pub(crate) controller: Oid,
    pub(crate) service_task: String,
    client_key: ClientKey,
    pub(crate) client: ClientIdentifier,
    pub(crate) name: Name,
}

impl CaseFacts {
    fn identifier(&self) -> (&'static str, String, String) {
        match &self.client {
            ClientIdentifier::Code(code) => (
                "henkilotunnus",
                format!("urn:oid:{}", PersonalIdentityCode::ROOT),
                code.reveal().to_owned(),
            ),
            ClientIdentifier::Temporary(id) => (
                "tilapainen_yksilointitunnus",
                format!("urn:oid:{}", id.root()),
                id.reveal().to_owned(),
            ),
        }
    }
}

/// The client's day of birth, where the identifier tells it.
fn born(client: &ClientIdentifier) -> Option<FinnishDay> {
    match client {
        ClientIdentifier::Code(code) => Some(code.birth_day()),
        ClientIdentifier::Temporary(_) => None,
    }
}

/// By what a draft's author is known; `None`: only people write drafts.
fn author(caller: &Caller) -> Option<String> {
    match &caller.who {
        Who::Person { subject, .. } => Some(format!("{} {subject}", caller.organisation)),
        _ => None,
    }
}

impl App {
    /// Begins a draft: a form with what registers and the case tell in it already. Answers its number.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`], each logged; [`AppError::Refused`] for a structure that is not
    /// in use, and for an author with too many drafts.
    ///
    /// Source: CAS-1, CAS-2, REL-9.
    pub fn begin_draft(
        &self,
        caller: &Caller,
        writer: &Writer,
        begun: &Begun,
    ) -> Result<i64, AppError> {
        let author = author(caller).ok_or(AppError::NotFound)?;
        let registry = self.registry();
        let now = self.clock.now();
        let structure = structure_in_use(&registry, &begun.structure, now)?;
        let (facts, ()) = self.look_at_case(
            caller,
            &begun.client,
            &begun.case,
            &begun.structure,
            None,
            |_, _| Ok(()),
        )?;
        let known = known(&registry, caller, writer, &facts, begun.language, now);
        let document = self.new_identifier(caller, &registry, now);
        let content = form::proposed(&structure, &known).0;
        let (guardians, reason, taken) = (String::new(), String::new(), Vec::new());
        let draft = Draft { guardians, reason, content, taken };
        let paper = (&begun.structure, &document, begun.language);
        self.keep_new_draft(author, &facts, paper, None, &draft)
    }

    /// Begins a draft of the next version of a document, with what the version in force says; or goes on with the caller's own
    /// that was begun. Answers its number.
    ///
    /// # Errors
    /// As [`App::begin_draft`]; [`AppError::NotFound`] also for a document that is none of a case, or has no structured
    /// content, or is another client's of a joint case.
    ///
    /// Source: CAS-1, ARC-3, RUR-4.
    pub fn begin_correction(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        document: &Oid,
    ) -> Result<i64, AppError> {
        let begun = self.list_own_drafts(caller)?;
        let begun = begun.into_iter().find(|draft| draft.replaces.as_ref() == Some(document));
        match begun {
            Some(draft) => Ok(draft.number),
            None => self.begin_correction_anew(caller, client, document),
        }
    }

    /// As [`App::begin_correction`], whatever was begun before.
    ///
    /// # Errors
    /// As [`App::begin_correction`].
    pub fn begin_correction_anew(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        document: &Oid,
    ) -> Result<i64, AppError> {
        let author = author(caller).ok_or(AppError::NotFound)?;
        let (registry, now) = (self.registry(), self.clock.now());
        let before = self.corrected(caller, client, document)?;
        structure_in_use(&registry, &before.structure, now)?;
        let replaces = Some(&before);
        let (facts, ()) = self.look_at_case(
            caller,
            client,
            &before.case,
            &before.structure,
            replaces,
            |_, _| Ok(()),
        )?;
        let damaged = || StoreError::Damaged(format!("the content of {document}"));
        let (raw, _) = metadata::read(&before.record).map_err(|_| damaged())?;
        let written = content::read(&before.content, Part::Structured.name());
        let language = text(&raw, Element::Language).and_then(|tag| tag.parse().ok());
        let draft = Draft {
            guardians: text(&raw, Element::GuardianDisclosure)
                .filter(|_| !before.is_others)
                .unwrap_or_default()
                .to_owned(),
            reason: ERROR_CORRECTED.to_owned(),
            content: written.map_err(|_| damaged())?.to_owned_content(),
            taken: Vec::new(),
        };
        let next = self.new_identifier(caller, &registry, now);
        let paper = (&before.structure, &next, language.unwrap_or(ViewLanguage::Finnish));
        self.keep_new_draft(author, &facts, paper, Some(&before.document), &draft)
    }

    /// One look at a version that is to be replaced, by one who may replace it.
    fn corrected(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        document: &Oid,
    ) -> Result<Corrected, AppError> {
        let looked_at = LookedAt { document, of: Some(client) };
        self.look(caller, looked_at, Purpose::READ, "correct", |seen| {
            let (tx, row) = (seen.tx, seen.row);
            // As the client's whose it is alone: whether guardians see it turns on that one's age.
            let client = tx.find_client(client)?.ok_or(AppError::NotFound)?;
            if !tx.identities_of(client)?.contains(&row.client) {
                return Err(AppError::NotFound);
            }
            seen.inquiry.may_replace(tx, row)?.map_err(AppError::Denied)?;
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let parts = tx.content(&whole)?;
            let content = parts.into_iter().find(|(part, _)| *part == Part::Structured);
            let record = tx.record(&whole, row)?;
            let damaged =
                || StoreError::Damaged(format!("the record of version {}", row.version.0));
            let (raw, _) = metadata::read(&record).map_err(|_| damaged())?;
            let named = (oid(&raw, Element::CaseId), oid(&raw, Element::Structure));
            let (Some((_, content)), (Some(case), Some(structure)), DocumentGroup::LaterPhase) =
                (content, named, row.group)
            else {
                return Err(AppError::NotFound);
            };
            let facts = crate::inquiry::facts_of_version(tx, row)?.document;
            Ok(Corrected {
                document: row.oid.clone(),
                set: tx.oid_of(row.set)?,
                number: row.number,
                next: tx.next_number(row.set)?,
                case,
                structure,
                joint: !facts.joint.is_empty(),
                is_others: caller.owns(&row.controller) && !seen.inquiry.is_organisers(row),
                record,
                content,
            })
        })
    }

    /// Keeps a draft that nobody has written in yet.
    fn keep_new_draft(
        &self,
        author: String,
        facts: &CaseFacts,
        (structure, document, language): (&Oid, &Oid, ViewLanguage),
        replaces: Option<&Oid>,
        draft: &Draft,
    ) -> Result<i64, AppError> {
        let (written, now) = (drafts::write(draft), self.clock.now());
        if written.len() > MAX_DRAFT_BYTES {
            let fault = Fault::new(FaultKind::TooLarge, "draft", RULE);
            return Err(AppError::Refused(vec![fault.arg("limit", MAX_DRAFT_BYTES)]));
        }
        let (key, number) = (self.key_of(facts.client_key)?, self.store.ids().next_key());
        let row = DraftRow {
            key: number,
            client: facts.client_key,
            case: facts.key,
            structure: structure.clone(),
            document: document.clone(),
            language: language.tag().to_owned(),
            replaces: replaces.cloned(),
            edition: 1,
            begun_at: now,
            saved_at: now,
        };
        let sealed = self.store.seal_draft(&key, &row.by(&author), 1, written.as_bytes())?;
        let oldest = FinnishDay::of(row.begun_at).plus_days(-DRAFT_DAYS).start();
        self.store
            .write::<_, AppError>(move |tx| {
                tx.delete_drafts_before(oldest)?;
                if tx.count_drafts(&author)? >= MAX_DRAFTS {
                    let fault = Fault::new(FaultKind::TooManyDrafts, "drafts", RULE);
                    return Err(AppError::Refused(vec![fault.arg("limit", MAX_DRAFTS)]));
                }
                tx.insert_draft(&row.by(&author), &sealed)?;
                Ok(number)
            })
            .map(|kept| kept.value)
    }

    /// The caller's own drafts about a client, the last saved one first.
    ///
    /// # Errors
    /// What the store answers.
    pub fn list_drafts(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
    ) -> Result<Vec<DraftSeen>, AppError> {
        let Some(author) = author(caller) else { return Ok(Vec::new()) };
        let oldest = FinnishDay::of(self.clock.now()).plus_days(-DRAFT_DAYS).start();
        let rows = self.store.read::<_, AppError>(|tx| {
            let Some(client) = tx.find_client(client)? else { return Ok(Vec::new()) };
            Ok(tx.list_drafts(&author, client)?)
        })?;
        Ok(rows.into_iter().filter(|row| row.saved_at >= oldest).map(seen).collect())
    }

    /// All of the caller's own drafts, about whomever, the last saved one first: whom they are about is not told.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// Source: CAS-3.
    pub fn list_own_drafts(&self, caller: &Caller) -> Result<Vec<DraftSeen>, AppError> {
        let Some(author) = author(caller) else { return Ok(Vec::new()) };
        let oldest = FinnishDay::of(self.clock.now()).plus_days(-DRAFT_DAYS).start();
        let rows = self.store.read::<_, AppError>(|tx| Ok(tx.list_drafts_of_author(&author)?))?;
        Ok(rows.into_iter().filter(|row| row.saved_at >= oldest).map(seen).collect())
    }

    /// Who the client of the caller's own draft is, for one who may read the document of its case. A look at it, logged
    /// as such.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a draft that is another's or gone, and where the case's document is another client's of a joint
    /// case; [`AppError::Denied`] when the right has ended: the draft stays.
    ///
    /// Source: CAS-3, RUR-3.
    pub fn client_of_draft(
        &self,
        caller: &Caller,
        number: i64,
    ) -> Result<ClientIdentifier, AppError> {
        let author = author(caller).ok_or(AppError::NotFound)?;
        let found = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_draft(&author, number)? else { return Ok(None) };
            Ok(Some((tx.oid_of(tx.case_of_key(row.case)?.from)?, row.client)))
        })?;
        let (document, client) = found.ok_or(AppError::NotFound)?;
        self.look(caller, &document, Purpose::READ, "draft", |seen| {
            if !seen.tx.identities_of(client)?.contains(&seen.row.client) {
                return Err(AppError::NotFound);
            }
            let record = whereabouts::record(seen.tx, seen.permit, seen.row)?;
            identifier(&record).ok_or(AppError::NotFound)
        })
    }

    /// Opens the caller's own draft about this client. A look at its case, logged as such.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that is another's, another client's, or gone; [`AppError::Denied`] when the
    /// caller may not archive into the case any more: the draft stays.
    pub fn open_draft(
        &self,
        caller: &Caller,
        writer: &Writer,
        client: &ClientIdentifier,
        number: i64,
    ) -> Result<Opened, AppError> {
        let author = author(caller).ok_or(AppError::NotFound)?;
        let row = self.own_draft(&author, client, number)?;
        let case = self.store.read::<_, AppError>(|tx| Ok(tx.case_of_key(row.case)?.known.id))?;
        let before = row.replaces.as_ref();
        let before = before.map(|version| self.corrected(caller, client, version)).transpose()?;
        let (facts, written) = self.look_at_case(
            caller,
            client,
            &case,
            &row.structure,
            before.as_ref(),
            |tx, permit| tx.draft_written(permit, &row),
        )?;
        let archived =
            self.store.read::<_, AppError>(|tx| Ok(tx.find_version(&row.document)?.is_some()))?;
        if archived {
            self.store.write::<_, AppError>(move |tx| Ok(tx.delete_draft(number)?))?;
            return Ok(Opened::Archived(row.document));
        }
        let draft = drafts::read(&written).ok_or_else(|| damaged(number))?;
        let now = self.clock.now();
        let paper = self.paper(client, &row)?;
        let known = known(&self.registry(), caller, writer, &facts, paper.language, now);
        let born = paper.facts.client_birth_day;
        Ok(Opened::Draft(Box::new(OpenDraft {
            number,
            edition: row.edition,
            begun_at: row.begun_at,
            saved_at: row.saved_at,
            // What a version before says is said already.
            proposals: match &before {
                Some(_) => Vec::new(),
                None => form::proposed(&paper.structure, &known).1,
            },
            minor: born.is_some_and(|born| born.years_until(FinnishDay::of(now)) < 18),
            paper,
            draft,
            facts_of_case: facts,
            corrects: before,
        })))
    }

    /// What the caller's own draft is written on. Nothing of what is written is told, so it is no look.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that is another's, another client's, or gone.
    pub fn paper_of_draft(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        number: i64,
    ) -> Result<Paper, AppError> {
        let author = author(caller).ok_or(AppError::NotFound)?;
        self.paper(client, &self.own_draft(&author, client, number)?)
    }

    fn paper(&self, client: &ClientIdentifier, row: &DraftRow) -> Result<Paper, AppError> {
        let registry = self.registry();
        let entry = registry.structure(&row.structure).ok_or(AppError::NotFound)?;
        let today = FinnishDay::of(self.clock.now());
        Ok(Paper {
            structure: Arc::clone(&entry.structure),
            notes: Arc::clone(&entry.notes),
            document: row.document.clone(),
            language: row.language.parse().map_err(|()| damaged(row.key))?,
            facts: ConditionFacts { client_birth_day: born(client), ..ConditionFacts::on(today) },
        })
    }

    /// Saves what was typed into the caller's own draft, if nobody saved it since `seen`. The answer comes when it
    /// is on disk.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a draft that is another's or gone, [`AppError::Refused`] for one that is too large.
    pub fn save_draft(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        number: i64,
        seen: i64,
        draft: &Draft,
    ) -> Result<Saved, AppError> {
        let written = drafts::write(draft);
        if written.len() > MAX_DRAFT_BYTES {
            let fault = Fault::new(FaultKind::TooLarge, "draft", RULE);
            return Err(AppError::Refused(vec![fault.arg("limit", MAX_DRAFT_BYTES)]));
        }
        let author = author(caller).ok_or(AppError::NotFound)?;
        let row = self.own_draft(&author, client, number)?;
        let key = self.key_of(row.client)?;
        let sealed = self.store.seal_draft(&key, &row.by(&author), seen + 1, written.as_bytes())?;
        let saved = self.store.write::<_, AppError>(move |tx| {
            let row = tx.find_draft(&author, number)?.ok_or(AppError::NotFound)?;
            if !tx.update_draft(number, seen, &sealed)? {
                return Ok(Saved::ChangedMeanwhile { edition: row.edition });
            }
            Ok(Saved::Kept { edition: seen + 1, at: tx.now() })
        })?;
        Ok(saved.value)
    }

    /// Throws the caller's own draft away.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a draft that is another's or gone.
    pub fn discard_draft(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        number: i64,
    ) -> Result<(), AppError> {
        let author = author(caller).ok_or(AppError::NotFound)?;
        self.own_draft(&author, client, number)?;
        self.store.write::<_, AppError>(move |tx| Ok(tx.delete_draft(number)?)).map(drop)
    }

    fn own_draft(
        &self,
        author: &str,
        client: &ClientIdentifier,
        number: i64,
    ) -> Result<DraftRow, AppError> {
        let row = self.store.read::<_, AppError>(|tx| {
            let client = tx.find_client(client)?;
            let row = tx.find_draft(author, number)?;
            Ok(row.filter(|row| Some(row.client) == client))
        })?;
        row.ok_or(AppError::NotFound)
    }

    fn key_of(&self, client: ClientKey) -> Result<Arc<varanto_store::DataKey>, AppError> {
        let key = self.store.read::<_, AppError>(|tx| Ok(tx.client_data_key(client)?))?;
        key.ok_or(AppError::NotFound)
    }

    /// One look at the document of a case, by one who may archive into it: logged as every look is, and `read` is
    /// given out after that. The client must be one of the case's.
    fn look_at_case<T>(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        case: &Oid,
        structure: &Oid,
        before: Option<&Corrected>,
        read: impl FnOnce(&ReadTx<'_>, &ArchivePermit) -> Result<T, StoreError>,
    ) -> Result<(CaseFacts, T), AppError> {
        let document = self.store.read::<_, AppError>(|tx| {
            let found = tx.find_case(case)?;
            Ok(found.map(|row| tx.oid_of(row.from)).transpose()?)
        })?;
        let Some(document) = document else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        let now = self.clock.now();
        self.look(caller, &document, Purpose::READ, "draft", |seen| {
            let (tx, inquiry) = (seen.tx, seen.inquiry);
            let row = tx.find_case(case)?.ok_or(AppError::NotFound)?;
            let client_key = tx.find_client(client)?.ok_or(AppError::NotFound)?;
            let identities = tx.identities_of(client_key)?;
            if !row.known.clients.iter().any(|one| identities.contains(&one.client)) {
                return Err(AppError::NotFound);
            }
            let own = identities.contains(&seen.row.client);
            let name = if own {
                let record = whereabouts::record(tx, seen.permit, seen.row)?;
                metadata::read(&record).ok().map(|(raw, _)| name_of_client(&raw))
            } else {
                known_name(tx, inquiry, client_key)?
            };
            let naming = Naming {
                group: DocumentGroup::LaterPhase,
                client: client.clone(),
                controller: row.known.controller.clone(),
                written_at: now,
                version: Some(before.map_or(1, |one| one.next)),
                set_id: before.map(|one| one.set.clone()),
                replaces: before.map(|one| one.document.clone()),
                main_document: None,
                case_id: Some(case.clone()),
                relationship_id: None,
                service_task: Some(row.known.service_task.as_str().into()),
                structure: Some(structure.clone()),
            };
            let kind = self.registry().structure(structure).cloned();
            let made = Made {
                document: None,
                unit: unit_of(caller),
                specific_type: kind.as_ref().and_then(|kind| kind.structure.specific_type()),
            };
            let permit = inquiry.may_archive_made(tx, &naming, &made)?.map_err(AppError::Denied)?;
            let facts = CaseFacts {
                key: row.key,
                case: row.known.id,
                controller: row.known.controller,
                service_task: row.known.service_task,
                client_key,
                client: client.clone(),
                name: name.unwrap_or_else(nameless),
            };
            Ok((facts, read(tx, &permit)?))
        })
    }
}

/// A draft as a list has it.
fn seen(row: DraftRow) -> DraftSeen {
    DraftSeen {
        number: row.key,
        structure: row.structure,
        replaces: row.replaces,
        saved_at: row.saved_at,
        kept_until: FinnishDay::of(row.saved_at).plus_days(DRAFT_DAYS),
    }
}

/// The structure, when documents are written on it today.
fn structure_in_use(
    registry: &Registry,
    structure: &Oid,
    now: Instant,
) -> Result<Arc<Structure>, AppError> {
    let today = FinnishDay::of(now);
    let entry = registry.structure(structure).filter(|entry| {
        entry.state == StructureState::Ready
            && entry.structure.first_day <= today
            && entry.structure.specific_type().is_some()
    });
    entry.map(|entry| Arc::clone(&entry.structure)).ok_or_else(|| {
        let fault = Fault::new(FaultKind::UnknownStructure, "structure", RULE);
        AppError::Refused(vec![fault.value(structure.as_str()).arg("known", "")])
    })
}

/// What is known of a document before a word of it is written.
fn known(
    registry: &Registry,
    caller: &Caller,
    writer: &Writer,
    facts: &CaseFacts,
    language: ViewLanguage,
    now: Instant,
) -> Known {
    let day = FinnishDay::of(now);
    let coded = |set: &str, code: &str, name: Option<String>| {
        let set = Oid::parse(set).expect("a constant OID");
        let version = registry.code_sets().choices_on(&set, day);
        let version = version.map(|(set, _)| set.version.clone()).unwrap_or_default();
        let dot = if version.is_empty() { "" } else { "." };
        Content::object([
            ("system", Content::of_text(&format!("urn:oid:{set}{dot}{version}"))),
            ("code", Content::of_text(code)),
            ("display", Content::of_text(&name.unwrap_or_else(|| code.to_owned()))),
        ])
    };
    let tasks = Oid::parse(sets::SERVICE_TASK).expect("a constant OID");
    let task = registry.code_sets().name_of(&tasks, &facts.service_task, day);
    let task = task.map(|names| form::name_in(names, language).0.to_owned());
    let unit = unit_of(caller);
    let unit_name = unit.map(|unit| name_of_party(registry, unit));
    Known {
        client: (facts.name.family.clone(), facts.name.given.clone()),
        identifier: facts.identifier(),
        writer: (writer.family_name.clone(), writer.given_names.clone()),
        unit: unit.map(|unit| coded(sets::ORGANISATIONS, unit.as_str(), unit_name.clone())),
        unit_name,
        service_task: coded(sets::SERVICE_TASK, &facts.service_task, task),
        today: day.to_string(),
    }
}

/// The unit where the caller works: the one that the login told, or the only one.
fn unit_of(caller: &Caller) -> Option<&Oid> {
    match (&caller.who, &*caller.units) {
        (Who::Person { unit: Some(unit), .. }, _) => Some(unit),
        (_, [only]) => Some(only),
        _ => None,
    }
}

/// What the register calls an organisation or a unit.
fn name_of_party(registry: &Registry, party: &Oid) -> String {
    let registers = registry.registers();
    let organisation = registers.organisation(party).map(|one| &one.names.fi);
    let name = organisation.or_else(|| registers.unit(party).map(|unit| &unit.names.fi));
    name.cloned().unwrap_or_else(|| party.to_string())
}

/// A client whose name the caller may read nowhere: the checks tell that it is missing.
fn nameless() -> Name {
    Name { given: String::new(), family: String::new() }
}

fn damaged(draft: i64) -> StoreError {
    StoreError::Damaged(format!("draft {draft}"))
}

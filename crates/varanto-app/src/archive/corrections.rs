//! Correction requests: asked for in the citizen's view, answered by who may correct the document or keeps the archive (CIT-6).
//!
//! Whether a document may be asked about, and whether somebody sees a request, is the decision about the document itself. What
//! was asked and answered is told to who asked as long as that one may say the client's will, whatever became of the document.

use std::sync::Arc;

use varanto_domain::access::log::{Event, LogLine, Outcome};
use varanto_domain::access::{
    self, Action, Basis, Caller, Denial, Grant, LookReason, Purpose, ReadPermit, Reason, Role,
    Situation,
};
use varanto_domain::archive::corrections::{
    Answer, CorrectionRequest, Ended, Ending, Since, answer_by, answers_of, ending,
};
use varanto_domain::archive::documents::{DocumentGroup, Part, VersionState};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, PersonalIdentityCode, VersionKey};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{ReadTx, StoreError, VersionRow, Words, WriteTx};

use super::open_document::view;
use super::whereabouts;
use super::{DocumentView, LookedAt};
use crate::acting::Acting;
use crate::inquiry::{Inquiry, Learnt};
use crate::oversight::stated_look;
use crate::relationship::served_clients::identifier;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// The most characters of what is asked or answered.
pub const MOST_WORDS: usize = 2000;

/// The most requests that are looked through at once for a list.
const ROWS: usize = 500;

const RULE: &str = "CIT-6";
const LIST: &[u8] = b"varanto/corrections/1";

/// A request, as who may see it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its identifier.
    pub id: String,
    /// The version that was shown.
    pub document: Oid,
    /// Its specific type, a code.
    pub kind: Option<Arc<str>>,
    /// Its group.
    pub group: DocumentGroup,
    /// When it was written.
    pub written_at: Instant,
    /// When it was asked.
    pub asked_at: Instant,
    /// On what ground: as the client, a guardian, or by mandate.
    pub asked_as: Basis,
    /// The last day on which it is answered in time.
    pub answer_by: FinnishDay,
    /// What is asked.
    pub wanted: String,
    /// How it ended; `None` while it waits.
    pub answered: Option<Answered>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// How.
    pub how: Ending,
    /// When.
    pub at: Instant,
    /// What was said.
    pub words: Option<String>,
    /// The version that corrects.
    pub by: Option<Oid>,
}

/// A request with the document that it is about.
#[derive(Debug, Clone)]
pub struct CorrectionSeen {
    /// The request.
    pub correction: Correction,
    /// The version in force, else the one that was shown.
    pub document: DocumentView,
    /// Whose it is.
    pub client: ClientIdentifier,
    /// The answers that the caller may give; none once it has ended.
    pub answers: &'static [Answer],
}

/// A page of requests that wait, oldest first.
#[derive(Debug, Clone)]
pub struct Corrections {
    /// The requests.
    pub corrections: Vec<CorrectionSeen>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl App {
    /// Asks for a document to be corrected, as who sees it in the citizen's view and may say the client's will. While a
    /// request waits nobody asks about the same document anew; the same words once more are the same request.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; [`AppError::Refused`] for words that are missing or too long, and while
    /// another request waits. Each logged.
    ///
    /// Source: CIT-6, CIT-1; General Data Protection Regulation, article 16.
    pub fn ask_correction(
        &self,
        caller: &Caller,
        document: LookedAt<'_>,
        situation: Situation,
        wanted: &str,
    ) -> Result<Correction, AppError> {
        let now = self.clock.now();
        let purpose = Purpose::READ.in_situation(situation);
        let learnt = self.look(caller, document, purpose, "correction", |seen| {
            let asks = may_ask(seen.tx, seen.inquiry, seen.row)?;
            asks.map(|_| seen.inquiry.learnt()).map_err(AppError::Denied)
        })?;
        let acting = Acting::of(caller, Event::Correction, now);
        let wanted = self.words(&acting, "wanted", wanted, true)?.unwrap_or_default();
        let document = document.document.clone();
        let decider = self.decider(caller, purpose, now, learnt);
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let row = tx.find_version(&document)?.ok_or(AppError::NotFound)?;
            let acting = acting.about(&row);
            let basis = match may_ask(tx, &inquiry, &row)? {
                Ok(permit) => permit.basis(),
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            if let Some(waits) = waiting(tx, &acting, row.set)? {
                if tx.words_of_correction(&waits, Words::Wanted)?.as_ref() == Some(&wanted) {
                    return told(tx, &waits)?.ok_or(AppError::NotFound);
                }
                return Err(acting.refuse(tx, vec![stands_otherwise("waiting")])?);
            }
            let key = tx.next_key();
            let digest = tx.digest_of_words(row.client, key, Words::Wanted, &wanted)?;
            let mut request = CorrectionRequest {
                key,
                controller: row.controller.clone(),
                unit: row.unit.clone(),
                client: row.client,
                set: row.set,
                version: row.version,
                wanted: digest,
                asked: 0,
                ended: None,
            };
            request.asked = acting.permit(tx, basis, request.detail())?;
            tx.insert_correction(&request, &wanted)?;
            told(tx, &request)?.ok_or(AppError::NotFound)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }

    /// The requests that the caller made about a client's documents, newest first.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may not say the client's will; logged.
    ///
    /// Source: CIT-6, CIT-1.
    pub fn own_corrections(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
    ) -> Result<Vec<Correction>, AppError> {
        let acting = Acting::of(caller, Event::Correction, self.clock.now());
        let purpose = Purpose::READ.in_situation(situation);
        let inquiry = self.inquiry(caller, purpose, acting.now);
        self.learn_of_principal(&inquiry, client)?;
        let (known, answer) = self.store.read::<_, AppError>(|tx| {
            let identifier = ClientIdentifier::Code(client);
            let known = tx.find_client(&identifier)?;
            let asked = inquiry.client_of(tx, &identifier)?;
            let group = DocumentGroup::Permission;
            let sees = inquiry.decide_of_will(tx, asked, group, Action::Read)?;
            let answer = match may_speak(tx, &inquiry, asked)?.and(sees) {
                Ok(grant) => {
                    let masked = grant.masks();
                    let own = asked_by(tx, &acting, known, masked)?;
                    Ok((grant.basis, Withheld::new(own)))
                }
                Err(denial) => Err(denial),
            };
            Ok((known, answer))
        })?;
        let outcome = match &answer {
            Ok((basis, _)) => Outcome::Permitted(*basis),
            Err(denial) => Outcome::Denied(*denial),
        };
        let line = self.write_line(acting.about_client(known).line(outcome, "act=show"))?;
        answer.map(|(_, told)| told.release(&line)).map_err(AppError::Denied)
    }

    /// Takes back a request that the caller made and nobody has answered.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that another made; [`AppError::Denied`]; [`AppError::Refused`] when it has ended. Each
    /// logged.
    ///
    /// Source: CIT-6.
    pub fn withdraw_correction(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
        id: &str,
    ) -> Result<(), AppError> {
        let acting = Acting::of(caller, Event::Correction, self.clock.now());
        let purpose = Purpose::READ.in_situation(situation);
        let decider = self.decider_of_citizen(caller, purpose, acting.now, client)?;
        let key = id.parse().ok();
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let asked = inquiry.client_of(tx, &ClientIdentifier::Code(client))?;
            let basis = match may_speak(tx, &inquiry, asked)? {
                Ok(grant) => grant.basis,
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let identities =
                asked.map(|one| tx.identities_of(one)).transpose()?.unwrap_or_default();
            let found = key.map(|key| tx.find_correction(key)).transpose()?.flatten();
            let request = match found {
                Some(one)
                    if identities.contains(&one.client) && is_asked_by(tx, &acting, &one)? =>
                {
                    one
                }
                _ => return Err(acting.not_found(tx)?),
            };
            let acting = acting.about_version(Some((request.client, request.version)));
            if let Some(ended) = &request.ended {
                let fault = stands_otherwise(ended.how.code());
                return Err(acting.refuse(tx, vec![fault])?);
            }
            end(tx, &acting, &request, basis, (Ending::Withdrawn, None))?;
            Ok(())
        };
        self.store.write::<_, AppError>(turn).map(|done| done.value)
    }

    /// The requests that wait for an answer, oldest first: in the registers of the caller's own, and about what units of the
    /// caller's recorded. Each is decided as a look at its document, and leaves its line.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: CIT-6, CAS-1, CAS-6, ARC-8.
    pub fn list_corrections(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<Corrections, AppError> {
        let acting = Acting::of(caller, Event::Search, self.clock.now());
        if let Err(denial) = access::may_answer_corrections(caller) {
            return Err(self.deny(&acting, denial)?);
        }
        let mut after = match self.read_cursor(LIST, cursor, RULE) {
            Ok(place) => place.map_or(i64::MIN, |[key, _]| key),
            Err(fault) => return Err(self.refuse(&acting, fault)?),
        };
        let inquiry = self.inquiry(caller, purpose_of(caller), acting.now);
        let (seen, next) = loop {
            match self.list_some(&inquiry, after, most)? {
                // A page without anything would say that nothing waits.
                (seen, Some(place)) if seen.is_empty() => after = place,
                page => break page,
            }
        };
        let (mut lines, mut stated): (Vec<LogLine>, Vec<_>) = (Vec::new(), Vec::new());
        for one in &seen {
            for (client, grant) in &one.looks {
                let place = (lines.len(), *client, &one.controller);
                stated.extend(stated_look(caller, grant, place, acting.now));
                let words = grant.log_words();
                let detail = format!("by=corrections hits=1 versions={}{words}", one.version.0);
                let about = Some((*client, one.version));
                let acting = acting.about_version(about);
                lines.push(acting.line(Outcome::Permitted(grant.basis), detail));
            }
        }
        if lines.is_empty() {
            let basis = match caller.role() {
                Some(Role::Archivist) => Basis::Archivist,
                Some(Role::ProducerWorker) => Basis::RegisterUse,
                _ => Basis::OwnRegister,
            };
            lines.push(acting.line(Outcome::Permitted(basis), "by=corrections hits=0"));
        }
        let corrections = seen.into_iter().map(|one| one.seen).collect();
        let next = next.map(|key| self.write_cursor(LIST, [key, 0]));
        let page = Withheld::new(Corrections { corrections, next });
        Ok(page.release(&self.write_looks(lines, stated)?))
    }

    /// Those of the requests after a key that may be seen, and where to go on: as many as are looked through at once, for no
    /// request is decided of before the persons whom that turns on were asked about.
    fn list_some(
        &self,
        inquiry: &Inquiry<'_>,
        after: i64,
        most: usize,
    ) -> Result<(Vec<Listed>, Option<i64>), AppError> {
        self.learn_before_listing(&[inquiry], Action::List, |tx| {
            let (requests, _) = requests_for(tx, inquiry.caller(), after)?;
            let mut rows = Vec::new();
            for request in &requests {
                rows.extend(row_of(tx, request)?);
            }
            Ok(rows)
        })?;
        self.store.read_within::<_, AppError>(self.search.time, |tx| {
            let (requests, next) = requests_for(tx, inquiry.caller(), after)?;
            let (mut seen, mut last) = (Vec::new(), after);
            for request in requests {
                if seen.len() == most {
                    return Ok((seen, Some(last)));
                }
                last = request.key;
                seen.extend(listed(tx, inquiry, &request)?);
            }
            Ok((seen, next))
        })
    }

    /// A request with its document, for one who may read that whole.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for one in another's register about what none of the caller's units recorded;
    /// [`AppError::Denied`]; each logged.
    ///
    /// Source: CIT-6, ACC-4.
    pub fn show_correction(&self, caller: &Caller, id: &str) -> Result<CorrectionSeen, AppError> {
        self.look_at_correction(caller, id).map(|(seen, _)| seen)
    }

    /// Answers a request: that the document was corrected or the version invalidated since, which must be so; or that nothing
    /// is corrected, and why.
    ///
    /// # Errors
    /// As [`App::show_correction`]; [`AppError::Refused`] when it has ended, when what the answer says was not done, and for
    /// words that are missing or too long. Each logged.
    ///
    /// Source: CIT-6, RUR-4; General Data Protection Regulation, articles 12(4) and 16.
    pub fn answer_correction(
        &self,
        caller: &Caller,
        id: &str,
        answer: Answer,
        words: &str,
    ) -> Result<(), AppError> {
        let (seen, learnt) = self.look_at_correction(caller, id)?;
        let acting = Acting::of(caller, Event::Correction, self.clock.now());
        let words = self.words(&acting, "answer", words, answer == Answer::Refused)?;
        let decider = self.decider(caller, purpose_of(caller), acting.now, learnt);
        let key: i64 = seen.correction.id.parse().map_err(|_| AppError::NotFound)?;
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let request = tx.find_correction(key)?.ok_or(AppError::NotFound)?;
            let row = row_of(tx, &request)?.ok_or(AppError::NotFound)?;
            let acting = acting.about_version(Some((request.client, request.version)));
            let permit = inquiry.may_read(tx, &row)?;
            let permit = match permit.and_then(|permit| permit.whole().map(drop).map(|()| permit)) {
                Ok(permit) => permit,
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            if let Some(ended) = &request.ended {
                return Err(acting.refuse(tx, vec![stands_otherwise(ended.how.code())])?);
            }
            if !answers(tx, &inquiry, &row, &permit)?.contains(&answer) {
                let denial = match inquiry.may_replace(tx, &row)? {
                    Err(denial) => denial,
                    Ok(()) if row.state == VersionState::Invalidated => Denial::Invalidated,
                    Ok(()) => Denial::AnotherRegister,
                };
                return Err(acting.deny(tx, denial)?);
            }
            let how = match ending(answer, since(tx, &inquiry, &request)?) {
                Ok(how) => how,
                Err(kind) => {
                    let fault = Fault::new(kind, "how", RULE).value(answer.code());
                    return Err(acting.refuse(tx, vec![fault])?);
                }
            };
            end(tx, &acting, &request, permit.basis(), (how, words.as_deref()))?;
            Ok(())
        };
        self.store.write::<_, AppError>(turn).map(|done| done.value)
    }

    /// One look at a request's document, with what is told of the request.
    fn look_at_correction(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<(CorrectionSeen, Learnt), AppError> {
        let key = id.parse::<i64>().ok();
        let found = self.store.read::<_, AppError>(|tx| {
            let request = key.map(|key| tx.find_correction(key)).transpose()?.flatten();
            let request = request.filter(|one| {
                let recorded = one.unit.as_ref().is_some_and(|unit| caller.units.contains(unit));
                recorded || caller.owns(&one.controller)
            });
            let Some(request) = request else { return Ok(None) };
            Ok(row_of(tx, &request)?.map(|row| (request, row.oid)))
        })?;
        let Some((request, document)) = found else {
            self.log_not_found(caller, Event::Correction)?;
            return Err(AppError::NotFound);
        };
        let detail = format!("correction request={}", request.key);
        self.look(caller, &document, purpose_of(caller), &detail, |seen| {
            let (tx, inquiry) = (seen.tx, seen.inquiry);
            let found = shown(tx, inquiry, &request, seen.row, seen.permit)?;
            let found = found.map_err(AppError::Denied)?;
            Ok((found, inquiry.learnt()))
        })
    }

    /// Words as they are kept, cut of what stands around them; `None` when there are none.
    fn words(
        &self,
        acting: &Acting,
        element: &str,
        words: &str,
        needed: bool,
    ) -> Result<Option<String>, AppError> {
        let words = words.trim();
        let fault = if words.chars().count() > MOST_WORDS {
            Some(Fault::new(FaultKind::TooLarge, element, RULE).arg("limit", MOST_WORDS))
        } else if words.is_empty() && needed {
            Some(Fault::new(FaultKind::MissingElement, element, RULE).arg("name", element))
        } else {
            None
        };
        let Some(fault) = fault else { return Ok((!words.is_empty()).then(|| words.to_owned())) };
        Err(self.refuse(acting, fault)?)
    }
}

/// In what situation requests are looked at by who answers them; also when the version was invalidated.
fn purpose_of(caller: &Caller) -> Purpose {
    match caller.role() {
        Some(Role::Archivist) => Purpose::READ_INVALIDATED
            .in_situation(Situation::Archivist)
            .because(Reason::Look(LookReason::Correction)),
        _ => Purpose::READ_INVALIDATED,
    }
}

/// Whether somebody may ask for a version to be corrected: who sees it whole as the client does whose it is, and may say that
/// client's will.
///
/// Source: CIT-6, DIS-5; own-choices.
fn may_ask(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
) -> Result<Result<ReadPermit, Denial>, StoreError> {
    let permit = match inquiry.may_read_through(tx, row, Some(row.client))? {
        Ok(permit) => permit,
        Err(denial) => return Ok(Err(denial)),
    };
    if let Err(denial) = permit.whole() {
        return Ok(Err(denial));
    }
    Ok(may_speak(tx, inquiry, Some(row.client))?.map(|_grant| permit))
}

/// Whether somebody may say a client's will.
fn may_speak(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    client: Option<ClientKey>,
) -> Result<Result<Grant, Denial>, StoreError> {
    inquiry.decide_of_will(tx, client, DocumentGroup::Permission, Action::Store)
}

/// The caller's request about a document that waits.
fn waiting(
    tx: &ReadTx<'_>,
    acting: &Acting,
    set: VersionKey,
) -> Result<Option<CorrectionRequest>, StoreError> {
    for request in tx.corrections_of_set(set)? {
        if request.ended.is_none() && is_asked_by(tx, acting, &request)? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}

/// What the caller asked about a client's documents that stand, newest first. `masked`: without what the unit that answered
/// wrote, and without its version's identifier: both may tell where the client is.
fn asked_by(
    tx: &ReadTx<'_>,
    acting: &Acting,
    client: Option<ClientKey>,
    masked: bool,
) -> Result<Vec<Correction>, StoreError> {
    let mut own = Vec::new();
    for key in client.map(|client| tx.identities_of(client)).transpose()?.unwrap_or_default() {
        for request in tx.corrections_of_client(key)? {
            if is_asked_by(tx, acting, &request)? {
                own.extend(told(tx, &request)?);
            }
        }
    }
    for answered in own.iter_mut().filter_map(|one| one.answered.as_mut()).filter(|_| masked) {
        (answered.words, answered.by) = (None, None);
    }
    own.sort_by_key(|one| std::cmp::Reverse(one.asked_at));
    Ok(own)
}

/// The requests that wait where the caller may answer any, after a key; and where there may be more.
fn requests_for(
    tx: &ReadTx<'_>,
    caller: &Caller,
    after: i64,
) -> Result<(Vec<CorrectionRequest>, Option<i64>), StoreError> {
    let (mut all, mut end) = (Vec::new(), i64::MAX);
    let mut take = |waiting: Vec<CorrectionRequest>| {
        if let Some(last) = waiting.last().filter(|_| waiting.len() == ROWS) {
            end = end.min(last.key);
        }
        all.extend(waiting);
    };
    for register in &caller.registers {
        take(tx.waiting_in_register(register, after, ROWS)?);
    }
    for unit in caller.units.iter() {
        take(tx.waiting_for_unit(unit, after, ROWS)?);
    }
    all.retain(|one| one.key <= end);
    all.sort_by_key(|one| one.key);
    all.dedup_by_key(|one| one.key);
    Ok((all, (end != i64::MAX).then_some(end)))
}

/// The version by which a request is decided of: that in force, else the one that was shown; `None`: it is destroyed.
fn row_of(tx: &ReadTx<'_>, request: &CorrectionRequest) -> Result<Option<VersionRow>, StoreError> {
    let mut versions = tx.list_versions(request.set)?;
    let in_force = versions.iter().rposition(|row| row.state == VersionState::InForce);
    let asked = || versions.iter().position(|row| row.version == request.version);
    Ok(in_force.or_else(asked).map(|place| versions.swap_remove(place)))
}

fn since(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    request: &CorrectionRequest,
) -> Result<Since, StoreError> {
    let versions = tx.list_versions(request.set)?;
    let in_force = versions.iter().rfind(|row| row.state == VersionState::InForce);
    let shown = versions.iter().find(|row| row.version == request.version);
    let changed = match (shown, in_force) {
        (Some(shown), Some(now)) => written(tx, inquiry, shown)? != written(tx, inquiry, now)?,
        _ => true,
    };
    Ok(Since {
        asked_at: tx.log_line(request.asked)?.at,
        in_force: in_force.map(|row| (row.version, row.archived_at)),
        changed,
        invalidated: shown.is_none_or(|row| row.state == VersionState::Invalidated),
    })
}

/// Parts of a content; `None`: not for this caller.
type Written = Option<Vec<(Part, Vec<u8>)>>;

/// What is written in a version, for one who may read it whole; a view says the same in other words.
fn written(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
) -> Result<Written, StoreError> {
    let Ok(permit) = inquiry.may_read(tx, row)? else { return Ok(None) };
    let Ok(whole) = permit.whole() else { return Ok(None) };
    let mut parts = tx.content(&whole)?;
    let structured = parts.iter().any(|(part, _)| *part == Part::Structured);
    parts.retain(|(part, _)| part.is_content() && !(structured && *part == Part::View));
    Ok(Some(parts))
}

/// What is told of a request; `None`: its document is destroyed.
fn told(tx: &ReadTx<'_>, request: &CorrectionRequest) -> Result<Option<Correction>, StoreError> {
    let versions = tx.list_versions(request.set)?;
    let version = |key: VersionKey| versions.iter().find(|row| row.version == key);
    let (Some(row), Some(wanted)) =
        (version(request.version), tx.words_of_correction(request, Words::Wanted)?)
    else {
        return Ok(None);
    };
    let asked = tx.log_line(request.asked)?;
    let basis = Basis::ALL.into_iter().find(|basis| basis.code() == &*asked.reason);
    let damaged = || StoreError::Damaged(format!("log line {}", asked.number));
    let answered = match &request.ended {
        Some(ended) => Some(Answered {
            how: ended.how,
            at: tx.log_line(ended.line)?.at,
            words: tx.words_of_correction(request, Words::Answered)?,
            by: ended.how.by().and_then(version).map(|row| row.oid.clone()),
        }),
        None => None,
    };
    Ok(Some(Correction {
        id: request.key.to_string(),
        document: row.oid.clone(),
        kind: row.specific_type.clone(),
        group: row.group,
        written_at: row.written_at,
        asked_at: asked.at,
        asked_as: basis.ok_or_else(damaged)?,
        answer_by: answer_by(asked.at),
        wanted,
        answered,
    }))
}

/// A request with its document, for one who sees that whole.
fn shown(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    request: &CorrectionRequest,
    row: &VersionRow,
    permit: &ReadPermit,
) -> Result<Result<CorrectionSeen, Denial>, AppError> {
    if let Err(denial) = permit.whole() {
        return Ok(Err(denial));
    }
    let record = whereabouts::record(tx, permit, row)?;
    let client = identifier(&record);
    let damaged = || StoreError::Damaged(format!("the record of version {}", row.version.0));
    let waits = request.ended.is_none();
    Ok(Ok(CorrectionSeen {
        correction: told(tx, request)?.ok_or(AppError::NotFound)?,
        document: view(tx, permit, row)?,
        client: client.ok_or_else(damaged)?,
        answers: if waits { answers(tx, inquiry, row, permit)? } else { &[] },
    }))
}

/// The answers that the caller may give.
fn answers(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
    permit: &ReadPermit,
) -> Result<&'static [Answer], StoreError> {
    let keeper = permit.basis() == Basis::Archivist;
    let gone = row.state == VersionState::Invalidated;
    let replaces = !gone && inquiry.may_replace(tx, row)?.is_ok();
    let removes = gone && inquiry.may_invalidate(tx, row)?.is_ok();
    let decides = keeper || (replaces && inquiry.caller().owns(&row.controller));
    Ok(answers_of(decides, replaces, removes))
}

/// The identifiers of the requests about a document that wait, as they are told to the controller's own side and who may
/// answer.
pub(super) fn waiting_about(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
    permit: &ReadPermit,
) -> Result<Vec<String>, StoreError> {
    let caller = inquiry.caller();
    let is_told = access::may_answer_corrections(caller).is_ok()
        && permit.whole().is_ok()
        && (caller.owns(&row.controller) || !answers(tx, inquiry, row, permit)?.is_empty());
    if !is_told {
        return Ok(Vec::new());
    }
    let waits = tx.corrections_of_set(row.set)?.into_iter().filter(|one| one.ended.is_none());
    Ok(waits.map(|one| one.key.to_string()).collect())
}

/// A request in a list, with what its line tells.
struct Listed {
    seen: CorrectionSeen,
    controller: Oid,
    version: VersionKey,
    /// At whose data it is a look, and on what ground.
    looks: Vec<(ClientKey, Grant)>,
}

fn listed(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    request: &CorrectionRequest,
) -> Result<Option<Listed>, AppError> {
    let Some(row) = row_of(tx, request)? else { return Ok(None) };
    let Ok(permit) = inquiry.may_list(tx, &row)? else { return Ok(None) };
    let Ok(seen) = shown(tx, inquiry, request, &row, &permit)? else { return Ok(None) };
    let looks = permit.looks_at().map(|(client, grant)| (client, grant.clone())).collect();
    Ok(Some(Listed { seen, controller: row.controller.clone(), version: row.version, looks }))
}

fn stands_otherwise(state: &'static str) -> Fault {
    Fault::new(FaultKind::StandsOtherwise, "request", RULE).arg("state", state)
}

/// Whether it was the one who acts who made a request.
fn is_asked_by(
    tx: &ReadTx<'_>,
    acting: &Acting,
    request: &CorrectionRequest,
) -> Result<bool, StoreError> {
    Ok(tx.log_line(request.asked)?.actor.name == acting.actor.name)
}

fn end(
    tx: &mut WriteTx<'_>,
    acting: &Acting,
    request: &CorrectionRequest,
    basis: Basis,
    (how, words): (Ending, Option<&str>),
) -> Result<(), StoreError> {
    let answered = match words {
        Some(text) => tx.digest_of_words(request.client, request.key, Words::Answered, text)?,
        None => String::new(),
    };
    let line = acting.permit(tx, basis, request.detail_of_end(how, &answered))?;
    tx.end_correction(request, &Ended { how, answered, line }, words)
}

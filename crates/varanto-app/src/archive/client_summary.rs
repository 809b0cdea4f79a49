//! The client summary (asiakastiedon kooste): relationships, cases and key documents over all controllers, as the
//! caller may see them (ARC-9).

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{
    self, Action, Basis, Caller, Denial, Purpose, ReadPermit, Reason, SeenWith, Situation,
};
use varanto_domain::archive::documents::{Part, VersionState};
use varanto_domain::archive::key_documents::{GENERAL_TYPES, may_be_key};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::metadata;
use varanto_store::{
    After, CaseRow, Filter, ReadTx, RelationshipRow, Scope, StoreError, VersionRow,
};

use super::joint_cases::{joint_cases_of_others, scopes_of_client};
use super::show_document::structure_of_record;
use super::whereabouts;
use crate::inquiry::Inquiry;
use crate::oversight::{StatedLook, stated_look};
use crate::withheld::Withheld;
use crate::{App, AppError, Registry};

/// Whose summary, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryQuery {
    /// The client.
    pub client: ClientIdentifier,
    /// Whether the contents are asked for too: the enriched form (rikastettu kooste).
    pub enriched: bool,
    /// In which situation documents of other controllers are asked for; a disclosure is never guessed.
    pub situation: Option<Situation>,
    /// For which reason, where one is wanted.
    pub reason: Option<Reason>,
}

impl SummaryQuery {
    /// The key documents of a plain summary, newest first.
    pub const DOCUMENTS: usize = 50;
    /// The key documents of an enriched one.
    pub const ENRICHED: usize = 20;

    fn most(&self) -> usize {
        if self.enriched { Self::ENRICHED } else { Self::DOCUMENTS }
    }
}

/// A summary.
#[derive(Debug, Clone)]
pub struct ClientSummary {
    /// When it was made.
    pub made_at: Instant,
    /// The client relationships, oldest first.
    pub relationships: Vec<SummaryRelationship>,
    /// The cases, by relationship, oldest first.
    pub cases: Vec<SummaryCase>,
    /// The key documents in force, newest first.
    pub documents: Vec<SummaryDocument>,
    /// Whether there are older key documents that the caller may see.
    pub more: bool,
    /// With what more other documents would be seen: in general terms, and only where that may be known.
    pub more_with: BTreeSet<SeenWith>,
}

/// What every item of a summary tells.
#[derive(Debug, Clone)]
pub struct SummaryItem {
    /// The document.
    pub document: Oid,
    /// In whose register.
    pub controller: Oid,
    /// On what ground it is told.
    pub ground: Basis,
    /// Whether what tells where the client is is masked.
    pub masked: bool,
    /// When it was written.
    pub written_at: Instant,
    /// The structured content, in an enriched summary, with its structure; `None` for a document that has
    /// none.
    pub content: Option<(Oid, Vec<u8>)>,
}

impl SummaryItem {
    /// An identifier as the item may tell it.
    fn identifier(&self, id: &Oid) -> Option<Oid> {
        whereabouts::identifier(self.masked, id, &self.controller)
    }
}

/// A client relationship.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct SummaryRelationship {
    pub item: SummaryItem,
    /// `None` where it tells who serves the client, and that is masked.
    pub id: Option<Oid>,
    pub old: bool,
    pub last_day: Option<FinnishDay>,
    pub service_tasks: Vec<String>,
}

/// A case.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct SummaryCase {
    pub item: SummaryItem,
    /// `None` as of a relationship.
    pub id: Option<Oid>,
    /// The client's relationship that it belongs to; `None` as its own, and for a joint case of another's.
    pub relationship: Option<Oid>,
    pub closed: bool,
    pub closed_on: Option<FinnishDay>,
    pub joint: bool,
    pub service_task: String,
}

/// A key document.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct SummaryDocument {
    pub item: SummaryItem,
    pub general_type: &'static str,
    pub specific_type: Option<Arc<str>>,
    pub service_task: Option<Arc<str>>,
    pub unit: Option<Oid>,
}

impl App {
    /// Makes a client's summary of what the caller may see: each item is decided by itself and leaves its own line.
    /// Documents of other controllers are asked for in the situation that is named. Of a client of whom nothing is
    /// archived, and of one of whom the caller may see nothing, the answer is the same: empty.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may look at nothing, [`AppError::Refused`] when it takes too long; each
    /// logged.
    ///
    /// Source: ARC-9.
    pub fn client_summary(
        &self,
        caller: &Caller,
        query: &SummaryQuery,
    ) -> Result<ClientSummary, AppError> {
        let now = self.clock.now();
        if let Err(denial) = access::may_look(caller) {
            self.log(caller, Event::Search, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let purpose = Purpose { reason: query.reason, ..Purpose::READ };
        let mut making = Making {
            query,
            own: self.inquiry(caller, purpose, now),
            registry: self.registry(),
            others: self.inquiry(caller, Purpose { situation: query.situation, ..purpose }, now),
            client: None,
            lines: Vec::new(),
            stated: Vec::new(),
            denied: None,
            more_with: String::new(),
            now,
        };
        self.learn_mandates_of_client(&making.others, Some(&query.client))?;
        let learned =
            self.learn_before_listing(&[&making.own, &making.others], Action::List, |tx| {
                let Some(client) = tx.find_client(&query.client)? else { return Ok(Vec::new()) };
                let relationships = relationships_of(tx, &tx.identities_of(client)?)?.into_iter();
                relationships.map(|row| tx.version_of_key(row.from)).collect()
            });
        let read = learned
            .and_then(|()| self.store.read_within(self.search.time, |tx| making.summary(tx)));
        let summary = match read {
            Err(AppError::Store(StoreError::Overtime)) => {
                let fault = Fault::new(FaultKind::SearchTooWide, "summary", "ARC-9");
                let fault = fault.arg("expected", "form");
                self.log(caller, Event::Search, Outcome::Refused(vec![fault.code()]), now)?;
                return Err(AppError::Refused(vec![fault]));
            }
            read => Withheld::new(read?),
        };
        let (lines, stated) = making.finish();
        let line = self.write_looks(lines, stated)?;
        Ok(summary.release(&line))
    }
}

/// A summary in the making: who asks, and the lines of what is told.
struct Making<'a> {
    query: &'a SummaryQuery,
    registry: Arc<Registry>,
    /// Questions in the caller's own registers.
    own: Inquiry<'a>,
    /// Questions in those of others.
    others: Inquiry<'a>,
    client: Option<ClientKey>,
    lines: Vec<LogLine>,
    stated: Vec<StatedLook>,
    denied: Option<Denial>,
    /// With what more other documents would be seen, as the line tells it.
    more_with: String,
    now: Instant,
}

impl Making<'_> {
    fn summary(&mut self, tx: &ReadTx<'_>) -> Result<ClientSummary, AppError> {
        let mut summary = ClientSummary {
            made_at: self.now,
            relationships: Vec::new(),
            cases: Vec::new(),
            documents: Vec::new(),
            more: false,
            more_with: BTreeSet::new(),
        };
        self.client = tx.find_client(&self.query.client)?;
        let Some(client) = self.client else { return Ok(summary) };
        if !self.own.might_show(tx, client)? && !self.others.might_show(tx, client)? {
            let discloses = self.query.situation.is_some_and(Situation::discloses);
            let why = if discloses { Denial::NoRelationship } else { Denial::AnotherRegister };
            self.denied = Some(why);
            return Ok(summary);
        }
        let identities = tx.identities_of(client)?;
        for row in relationships_of(tx, &identities)? {
            if let Some(item) = self.item(tx, &tx.version_of_key(row.from)?)? {
                summary.relationships.push(SummaryRelationship {
                    id: item.identifier(&row.known.id),
                    item,
                    old: row.known.old,
                    last_day: row.known.last_day,
                    service_tasks: row.known.service_tasks.clone(),
                });
            }
            for case in tx.list_cases(row.key)? {
                summary.cases.extend(self.case(tx, case, Some(&row.known.id))?);
            }
        }
        for case in joint_cases_of_others(tx, &identities)? {
            summary.cases.extend(self.case(tx, case, None)?);
        }
        self.documents(tx, &identities, &mut summary)?;
        for key in identities {
            self.unseen(tx, key, &mut summary)?;
        }
        self.more_with = summary.more_with.iter().fold(String::new(), |told, with| {
            let comma = if told.is_empty() { "" } else { "," };
            told + comma + with.code()
        });
        Ok(summary)
    }

    /// A case that the caller may see.
    fn case(
        &mut self,
        tx: &ReadTx<'_>,
        case: CaseRow,
        relationship: Option<&Oid>,
    ) -> Result<Option<SummaryCase>, AppError> {
        let item = self.item(tx, &tx.version_of_key(case.from)?)?;
        Ok(item.map(|item| SummaryCase {
            id: item.identifier(&case.known.id),
            relationship: relationship.and_then(|id| item.identifier(id)),
            item,
            closed: case.known.closed,
            closed_on: case.known.closed_on,
            joint: case.known.joint,
            service_task: case.known.service_task,
        }))
    }

    /// Says with what more other documents in force of one of the client's keys would be seen. A summary narrows by nothing,
    /// so that it tells of none of them what it is.
    fn unseen(
        &self,
        tx: &ReadTx<'_>,
        client: ClientKey,
        summary: &mut ClientSummary,
    ) -> Result<(), AppError> {
        let filter = Filter { states: vec![VersionState::InForce], ..Filter::default() };
        let mut after: Option<After> = None;
        loop {
            let page = tx.find_versions(&Scope::Client(client), &filter, after, 256)?;
            for row in &page {
                let seen = self.inquiry_about(row).seen_with(tx, row, client)?;
                summary.more_with.extend(seen.ok().flatten());
            }
            let Some(last) = page.last().filter(|_| page.len() == 256) else { break };
            after = Some(After { written_at: last.written_at, version: last.version });
        }
        Ok(())
    }

    fn inquiry_about(&self, row: &VersionRow) -> &Inquiry<'_> {
        if self.own.caller().owns(&row.controller) { &self.own } else { &self.others }
    }

    /// The newest key documents, of all types together.
    fn documents(
        &mut self,
        tx: &ReadTx<'_>,
        identities: &[ClientKey],
        summary: &mut ClientSummary,
    ) -> Result<(), AppError> {
        let mut rows: Vec<(&'static str, VersionRow)> = Vec::new();
        let scopes = scopes_of_client(tx, identities)?;
        for general in GENERAL_TYPES {
            let filter = Filter {
                general_type: Some(general.to_owned()),
                states: vec![VersionState::InForce],
                ..Filter::default()
            };
            for scope in &scopes {
                let mut after: Option<After> = None;
                loop {
                    let page = tx.find_versions(scope, &filter, after, 256)?;
                    let full = page.len() == 256;
                    after = page
                        .last()
                        .map(|row| After { written_at: row.written_at, version: row.version });
                    rows.extend(page.into_iter().map(|row| (general, row)));
                    if !full {
                        break;
                    }
                }
            }
        }
        rows.retain(|(_, row)| may_be_key(row.group));
        rows.sort_by_key(|(_, row)| std::cmp::Reverse((row.written_at, row.version)));
        rows.dedup_by_key(|(_, row)| row.version);
        for (general_type, row) in rows {
            if summary.documents.len() == self.query.most() {
                // Whether there is more is told of documents that the caller may see alone.
                if self.permit(tx, &row)?.is_ok() {
                    summary.more = true;
                    break;
                }
                continue;
            }
            if let Some(item) = self.item(tx, &row)? {
                let unit = row.unit.clone().filter(|_| !item.masked);
                summary.documents.push(SummaryDocument {
                    item,
                    general_type,
                    specific_type: row.specific_type.clone(),
                    service_task: row.service_task.clone(),
                    unit,
                });
            }
        }
        Ok(())
    }

    /// What is decided of an item: a plain summary lists it, an enriched one opens it.
    fn permit(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
    ) -> Result<Result<ReadPermit, Denial>, StoreError> {
        let inquiry = self.inquiry_about(row);
        let permit = if self.query.enriched {
            inquiry.may_read_through(tx, row, self.client)
        } else {
            inquiry.may_list_through(tx, row, self.client)
        };
        let named = |permit: ReadPermit| {
            let may_be_named = whereabouts::may_name(&permit, row);
            may_be_named.then_some(permit).ok_or(Denial::CannotBeMasked)
        };
        Ok(permit?.and_then(named))
    }

    /// An item that the caller may see, with its line.
    fn item(&mut self, tx: &ReadTx<'_>, row: &VersionRow) -> Result<Option<SummaryItem>, AppError> {
        let permit = match self.permit(tx, row)? {
            Ok(permit) => permit,
            Err(denial) => {
                self.denied = self.denied.or(Some(denial));
                return Ok(None);
            }
        };
        let content =
            match self.query.enriched.then(|| structured(tx, &permit, row, &self.registry)) {
                Some(Err(AppError::Denied(denial))) => {
                    self.denied = self.denied.or(Some(denial));
                    return Ok(None);
                }
                content => content.transpose()?.flatten(),
            };
        self.log(row, &permit);
        Ok(Some(SummaryItem {
            document: row.oid.clone(),
            controller: row.controller.clone(),
            ground: permit.basis(),
            masked: permit.whole().is_err(),
            written_at: row.written_at,
            content,
        }))
    }

    fn log(&mut self, row: &VersionRow, permit: &ReadPermit) {
        let caller = self.own.caller();
        let form = if self.query.enriched { "enriched" } else { "plain" };
        let own = caller.owns(&row.controller);
        let discloses = !own && self.query.situation.is_some_and(Situation::discloses);
        for (client, grant) in permit.looks_at() {
            let mut detail = format!("summary {form}{}", grant.log_words());
            if discloses {
                let _ = write!(detail, " from={} to={}", row.controller, caller.organisation);
            }
            let place = (self.lines.len(), client, &row.controller);
            self.stated.extend(stated_look(caller, grant, place, self.now));
            self.lines.push(LogLine {
                at: self.now,
                event: if discloses { Event::Disclose } else { Event::Open },
                outcome: Outcome::Permitted(grant.basis),
                actor: Actor::of(caller),
                client: Some(client),
                version: Some(row.version),
                detail,
            });
        }
    }

    /// The lines: one for each item; of a summary that tells nothing one that says so, and why.
    fn finish(mut self) -> (Vec<LogLine>, Vec<StatedLook>) {
        let more_with = std::mem::take(&mut self.more_with);
        if self.lines.is_empty() {
            let nothing = || Outcome::Permitted(Basis::OwnRegister);
            self.lines.push(LogLine {
                at: self.now,
                event: Event::Search,
                outcome: self.denied.map_or_else(nothing, Outcome::Denied),
                actor: Actor::of(self.own.caller()),
                client: self.client,
                version: None,
                detail: "summary hits=0".to_owned(),
            });
        }
        if let (Some(line), false) = (self.lines.first_mut(), more_with.is_empty()) {
            let _ = write!(line.detail, " more-with={more_with}");
        }
        (self.lines, self.stated)
    }
}

/// The relationships of a client by all of the client's keys, oldest first.
fn relationships_of(
    tx: &ReadTx<'_>,
    identities: &[ClientKey],
) -> Result<Vec<RelationshipRow>, StoreError> {
    let mut rows = Vec::new();
    for key in identities {
        rows.extend(tx.list_relationships(*key)?);
    }
    rows.sort_by_key(|row| row.key);
    Ok(rows)
}

/// The structured content of a version as the permit lets it be seen, and the structure that it follows.
fn structured(
    tx: &ReadTx<'_>,
    permit: &ReadPermit,
    row: &VersionRow,
    registry: &Registry,
) -> Result<Option<(Oid, Vec<u8>)>, AppError> {
    if !row.parts.contains(&Part::Structured) {
        return Ok(None);
    }
    let record = whereabouts::record(tx, permit, row)?;
    let damaged = || StoreError::Damaged(format!("the record of version {}", row.version.0));
    let (raw, _) = metadata::read(&record).map_err(|_| damaged())?;
    let Some(structure) = structure_of_record(&raw) else { return Ok(None) };
    let parts = whereabouts::content(tx, permit, row, registry)?;
    let part = parts.into_iter().find(|(part, _)| *part == Part::Structured);
    Ok(part.map(|(_, bytes)| (structure, bytes)))
}

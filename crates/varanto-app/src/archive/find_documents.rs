//! Finding documents, in pages, newest first (ARC-8).

use std::collections::BTreeSet;
use std::fmt::Write;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{
    self, Action, Basis, Caller, Denial, Grant, Purpose, ReadPermit, Reason, Situation,
};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::archive::retention::Retention;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, VersionKey};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{After, Filter, ReadTx, Scope, StoreError, VersionRow};

use super::joint_cases::scopes_of_client;
use super::open_document::{DocumentView, view};
use super::retention::retention_of;
use super::whereabouts::may_name;
use crate::cursor::client_of_list;
use crate::inquiry::{Inquiry, person_facts};
use crate::oversight::{StatedLook, stated_look};
use crate::retention::held_because;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// What to look for. `None` narrows nothing; without client, case and relationship the caller's own
/// registers are searched.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field narrows by what it is named after")]
pub struct DocumentQuery {
    pub client: Option<ClientIdentifier>,
    pub case: Option<Oid>,
    pub relationship: Option<Oid>,
    pub main_document: Option<Oid>,
    pub controller: Option<Oid>,
    pub organiser: Option<Oid>,
    pub unit: Option<Oid>,
    pub service_task: Option<String>,
    pub general_type: Option<String>,
    pub specific_type: Option<String>,
    pub group: Option<DocumentGroup>,
    /// Written at or after this instant.
    pub from: Option<Instant>,
    /// Written before this instant.
    pub before: Option<Instant>,
    /// Whose retention period is over on this day, by its rules: what the keeper of the archive may propose to destroy.
    pub due_on: Option<FinnishDay>,
    /// Old relationships alone whose source knew the client for dead, and of whom the population register told last that the
    /// client lives: for the keeper of the archive.
    pub death_contradicted: bool,
    /// In which situation; `None`: the caller's usual one.
    pub situation: Option<Situation>,
    /// For which reason, where one is wanted.
    pub reason: Option<Reason>,
    /// These states; empty: in force only.
    pub states: Vec<VersionState>,
    /// At most so many hits, up to [`DocumentQuery::MOST`]; 0: [`DocumentQuery::USUAL`].
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

impl DocumentQuery {
    /// The most hits of one page.
    pub const MOST: usize = varanto_formats::search::MOST;
    /// The hits of a page when the caller does not say.
    pub const USUAL: usize = 20;

    /// What the query asks, without its place in the pages: a cursor belongs to it.
    fn cursor_scope(&self) -> Vec<u8> {
        let client = client_of_list(self.client.as_ref());
        let open = Self { client: None, cursor: None, limit: 0, ..self.clone() };
        format!("varanto/cursor/1 {open:?} {client:?}").into_bytes()
    }

    /// The most hits of this page.
    fn page(&self) -> usize {
        match self.limit {
            0 => Self::USUAL,
            more => more.min(Self::MOST),
        }
    }

    /// How many versions are looked through for one page: to say how long each is kept costs more than to say whether
    /// it may be shown.
    const fn rows(&self, usual: usize) -> usize {
        if self.due_on.is_some() || self.death_contradicted { usual.div_ceil(10) } else { usual }
    }

    /// What the caller says of the search.
    fn purpose(&self) -> Purpose {
        Purpose {
            situation: self.situation,
            reason: self.reason,
            invalidated_too: self.states.contains(&VersionState::Invalidated),
        }
    }

    /// Whether it is about another controller's register, and names nobody whose documents to look
    /// for.
    fn lacks_a_client(&self) -> bool {
        let elsewhere = self.situation.is_some_and(|one| one.discloses() || one.uses_register());
        let named = self.client.is_some()
            || self.case.is_some()
            || self.relationship.is_some()
            || self.main_document.is_some();
        elsewhere && !named
    }

    /// Whether it narrows by what is masked where whereabouts are: nobody finds by what nobody sees.
    ///
    /// Source: ARC-10.
    const fn narrows_by_what_is_masked(&self) -> bool {
        self.unit.is_some() || self.organiser.is_some()
    }

    /// The permit to show a hit, unless what must be masked of it is what it was found by, or its very name.
    ///
    /// Source: ARC-10.
    fn unless_masked(&self, permit: ReadPermit, row: &VersionRow) -> Result<ReadPermit, Denial> {
        let tells = || self.narrows_by_what_is_masked() || !may_name(&permit, row);
        if permit.grant().masks() && tells() { Err(Denial::CannotBeMasked) } else { Ok(permit) }
    }

    /// The names of what the query narrows by, for the log.
    fn narrowed_by(&self) -> String {
        let named = [
            ("client", self.client.is_some()),
            ("case", self.case.is_some()),
            ("relationship", self.relationship.is_some()),
            ("main_document", self.main_document.is_some()),
            ("controller", self.controller.is_some()),
            ("organiser", self.organiser.is_some()),
            ("unit", self.unit.is_some()),
            ("service_task", self.service_task.is_some()),
            ("general_type", self.general_type.is_some()),
            ("specific_type", self.specific_type.is_some()),
            ("group", self.group.is_some()),
            ("from", self.from.is_some()),
            ("before", self.before.is_some()),
            ("states", !self.states.is_empty()),
            ("due_on", self.due_on.is_some()),
            ("death_contradicted", self.death_contradicted),
        ];
        let used: Vec<&str> = named.iter().filter(|(_, by)| *by).map(|(name, _)| *name).collect();
        used.join(",")
    }
}

/// One page.
#[derive(Debug, Clone)]
pub struct FoundDocuments {
    /// The hits, newest first; each one the caller may open.
    pub hits: Vec<DocumentView>,
    /// Where the next page begins; `None` on the last one. A page may hold fewer hits than were
    /// asked for and not be the last: the archive looks through so many documents a page.
    pub next: Option<String>,
}

/// A page before its line is written, with what the line tells.
struct Page {
    found: Withheld<FoundDocuments>,
    client: Option<ClientKey>,
    shown: Vec<Shown>,
    /// Why the first version was not shown that was not.
    denied: Option<Denial>,
}

/// A hit, as the log tells of it.
struct Shown {
    client: ClientKey,
    version: VersionKey,
    controller: Oid,
    grant: Grant,
}

impl App {
    /// Finds documents and shows one page of them. Every hit is decided by the same rule that opens
    /// it; the page is shown when its log line is on disk.
    ///
    /// # Errors
    /// [`AppError::Denied`], and [`AppError::Refused`] for a cursor of another search; each logged.
    pub fn find_documents(
        &self,
        caller: &Caller,
        query: &DocumentQuery,
    ) -> Result<FoundDocuments, AppError> {
        let now = self.clock.now();
        let of_the_keeper = query.due_on.is_some() || query.death_contradicted;
        let may_ask = access::may_look(caller)
            .and_then(|()| if of_the_keeper { access::may_keep_retention(caller) } else { Ok(()) });
        if let Err(denial) = may_ask {
            self.log(caller, Event::Search, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let read = if query.lacks_a_client() {
            Err(Fault::new(FaultKind::MissingElement, "client", "DIS-1"))
        } else {
            self.read_cursor(&query.cursor_scope(), query.cursor.as_deref(), "ARC-8")
        };
        let after = match read {
            Ok(place) => place.map(|[at, key]| After {
                written_at: Instant::from_millis(at),
                version: VersionKey(key),
            }),
            Err(fault) => {
                let outcome = Outcome::Refused(vec![fault.code()]);
                self.log(caller, Event::Search, outcome, now)?;
                return Err(AppError::Refused(vec![fault]));
            }
        };
        let inquiry = self.inquiry(caller, query.purpose(), now);
        self.learn_mandates_of_client(&inquiry, query.client.as_ref())?;
        let learned = self.learn_before_listing(&[&inquiry], Action::List, |tx| {
            newest_of_clients(tx, &inquiry, query)
        });
        let page = match learned.and_then(|()| self.page_in_time(&inquiry, query, after)) {
            Err(AppError::Store(StoreError::Overtime)) => {
                let fault = Fault::new(FaultKind::SearchTooWide, "search", "ARC-8")
                    .arg("expected", "client, case, relationship, main_document, from, before");
                let outcome = Outcome::Refused(vec![fault.code()]);
                self.log(caller, Event::Search, outcome, now)?;
                return Err(AppError::Refused(vec![fault]));
            }
            page => page?,
        };
        let lines = search_lines(caller, query, &page, now);
        let stated = stated_looks(caller, &page.shown, &lines, now);
        let line = self.write_looks(lines, stated)?;
        Ok(page.found.release(&line))
    }

    fn page_in_time(
        &self,
        inquiry: &Inquiry<'_>,
        query: &DocumentQuery,
        after: Option<After>,
    ) -> Result<Page, AppError> {
        self.store.read_within(self.search.time, |tx| self.page(tx, inquiry, query, after))
    }

    /// How long a version is kept that may be shown whole, where that is over on the day that is asked about.
    fn whose_period_is_over(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        permit: Option<&ReadPermit>,
        day: Option<FinnishDay>,
    ) -> Result<Option<Retention>, StoreError> {
        let whole = permit.is_some_and(|permit| permit.whole().is_ok());
        let Some(day) = day.filter(|_| whole) else { return Ok(None) };
        let kept = retention_of(tx, row, &self.kinds_of_records, day)?;
        Ok(Some(kept).filter(|kept| kept.is_over_on(day)))
    }

    /// A page is full, or the list ends, or so many rows were looked through: then it may hold fewer
    /// hits than were asked for, even none, and its cursor goes on from where it stopped.
    fn page(
        &self,
        tx: &ReadTx<'_>,
        inquiry: &Inquiry<'_>,
        query: &DocumentQuery,
        mut after: Option<After>,
    ) -> Result<Page, AppError> {
        let Where { scopes, about: client, through, mut denied } = places(tx, inquiry, query)?;
        let filter = filter(tx, inquiry.caller(), query)?;
        let limit = query.page();
        let mut hits: Vec<DocumentView> = Vec::with_capacity(limit);
        let mut shown = Vec::with_capacity(limit);
        let (mut more, mut last_shown) = (false, None);
        let mut stretch = Stretch::of(query.rows(self.search.rows));
        while let Some(filter) = &filter {
            let filter =
                Filter { until: stretch.end(tx, &scopes, filter, after)?, ..filter.clone() };
            let rows = newest_of(tx, &scopes, &filter, after, limit + 1)?;
            let full = rows.len() > limit;
            for row in rows {
                // Whether there is more is told of documents that the caller may open alone.
                let permit = inquiry.may_list_through(tx, &row, through)?;
                let permit = permit.and_then(|permit| query.unless_masked(permit, &row));
                let place = After { written_at: row.written_at, version: row.version };
                let kept =
                    self.whose_period_is_over(tx, &row, permit.as_ref().ok(), query.due_on)?;
                let passed_over = query.due_on.is_some() && kept.is_none()
                    || query.death_contradicted && !is_contradicted(tx, &row)?;
                if permit.is_ok() && passed_over {
                    after = Some(place);
                    continue;
                }
                if permit.is_ok() && hits.len() == limit {
                    more = true;
                    break;
                }
                after = Some(place);
                match permit {
                    Ok(permit) => {
                        last_shown = Some(place);
                        let held = match kept {
                            Some(_) => held_because(tx, &row)?,
                            None => Vec::new(),
                        };
                        let told = view(tx, &permit, &row)?;
                        hits.push(DocumentView { retention: kept, held, ..told });
                        shown.extend(permit.looks_at().map(|(client, grant)| Shown {
                            client,
                            version: row.version,
                            controller: row.controller.clone(),
                            grant: grant.clone(),
                        }));
                    }
                    Err(denial) => denied = denied.or(Some(denial)),
                }
            }
            if more {
                // The page ends at what it shows: no place of a hidden document is told.
                after = last_shown;
                break;
            }
            if !full && filter.until.is_none() {
                break;
            }
            if !full {
                after = filter.until;
                more = stretch.is_last();
                if more {
                    break;
                }
            }
        }
        let place = |after: After| [after.written_at.millis(), after.version.0];
        let next = after.filter(|_| more).map(place);
        let next = next.map(|place| self.write_cursor(&query.cursor_scope(), place));
        Ok(Page { found: Withheld::new(FoundDocuments { hits, next }), client, shown, denied })
    }
}

/// Whether a version tells of an old relationship whose source knew the client for dead, and the population register told last
/// that the client lives.
///
/// Source: OLD-3.
fn is_contradicted(tx: &ReadTx<'_>, row: &VersionRow) -> Result<bool, StoreError> {
    let Some(key) = row.relationship_key.filter(|_| row.group == DocumentGroup::Relationship)
    else {
        return Ok(false);
    };
    if !tx.relationship_of_key(key)?.known.of_deceased {
        return Ok(false);
    }
    let told = person_facts(tx, tx.person_of(row.client)?)?;
    Ok(told.is_some_and(|(facts, _)| facts.died_on.is_none()))
}

/// How much of a register is looked through before a page is answered, in stretches that grow: most
/// searches find their page in the first, and one that finds nothing looks through few large ones.
struct Stretch {
    rows: usize,
    left: usize,
}

impl Stretch {
    const FIRST: usize = 256;

    fn of(rows: usize) -> Self {
        Self { rows: Self::FIRST.min(rows), left: rows }
    }

    /// Where the stretch after this place ends; `None` when the list ends before. A client's own
    /// documents are few, so they are looked through as a whole.
    fn end(
        &mut self,
        tx: &ReadTx<'_>,
        scopes: &[Scope],
        filter: &Filter,
        after: Option<After>,
    ) -> Result<Option<After>, StoreError> {
        let mut end = None;
        for scope in scopes {
            if let Scope::Register(register) = scope {
                end = end.max(tx.place_further(register, filter, after, self.rows)?);
            }
        }
        Ok(end)
    }

    /// Counts the stretch as looked through; true when no other may follow on this page.
    fn is_last(&mut self) -> bool {
        self.left -= self.rows;
        self.rows = (self.rows * 4).min(self.left);
        self.left == 0
    }
}

/// The lines that tell of a search: one for each ground on which something was shown of the one client
/// that it is about; or one of the search itself, and one more for each client and ground, so that each
/// client's own log tells of the look.
fn search_lines(caller: &Caller, query: &DocumentQuery, page: &Page, at: Instant) -> Vec<LogLine> {
    let disclosing = query.situation.is_some_and(Situation::discloses);
    let line = |client: Option<ClientKey>, outcome: Outcome, seen: &[&Shown]| {
        // A document of several clients is one hit.
        let mut keys: Vec<String> = seen.iter().map(|one| one.version.0.to_string()).collect();
        keys.dedup();
        let by = query.narrowed_by();
        let mut detail = format!("by={by} hits={} versions={}", keys.len(), keys.join(","));
        if client.is_some() {
            // What obliges one of the hits is logged, whichever of them it is.
            let words: Vec<String> = seen.iter().map(|one| one.grant.log_words()).collect();
            let words: BTreeSet<&str> =
                words.iter().flat_map(|words| words.split_whitespace()).collect();
            for word in words {
                let _ = write!(detail, " {word}");
            }
        }
        if disclosing {
            let from: BTreeSet<&Oid> = seen.iter().map(|one| &one.controller).collect();
            let from: Vec<&str> = from.into_iter().map(Oid::as_str).collect();
            let _ = write!(detail, " from={} to={}", from.join(","), caller.organisation);
        }
        let event = if disclosing { Event::Disclose } else { Event::Search };
        let actor = Actor::of(caller);
        LogLine { at, event, outcome, actor, client, version: None, detail }
    };
    let all: Vec<&Shown> = page.shown.iter().collect();
    let first = all.first().map_or(Basis::OwnRegister, |one| one.grant.basis);
    let whole = match page.denied {
        Some(denial) if disclosing && all.is_empty() => Outcome::Denied(denial),
        _ => Outcome::Permitted(first),
    };
    let groups: BTreeSet<(ClientKey, &str)> =
        all.iter().map(|one| (one.client, one.grant.basis.code())).collect();
    let of_group = |(client, basis): (ClientKey, &str)| {
        let seen: Vec<&Shown> = all
            .iter()
            .filter(|one| one.client == client && one.grant.basis.code() == basis)
            .copied()
            .collect();
        line(Some(client), Outcome::Permitted(seen[0].grant.basis), &seen)
    };
    let mut lines = match page.client {
        Some(_) if !groups.is_empty() => Vec::new(),
        client => vec![line(client, whole, &all)],
    };
    lines.extend(groups.into_iter().map(of_group));
    lines
}

/// Those of the hits that were shown for a stated reason: one look for each client and register, told of by
/// that client's line.
fn stated_looks(
    caller: &Caller,
    shown: &[Shown],
    lines: &[LogLine],
    now: Instant,
) -> Vec<StatedLook> {
    let mut seen = BTreeSet::new();
    let stated = shown.iter().filter(|one| {
        one.grant.basis == Basis::StatedReason && seen.insert((one.client, &one.controller))
    });
    let looks = stated.filter_map(|one| {
        let line = lines.iter().position(|line| {
            line.client == Some(one.client)
                && line.outcome == Outcome::Permitted(Basis::StatedReason)
        });
        stated_look(caller, &one.grant, (line?, one.client, &one.controller), now)
    });
    looks.collect()
}

/// Where to look.
struct Where {
    scopes: Vec<Scope>,
    /// The one client it is about, if it is one.
    about: Option<ClientKey>,
    /// The client through whom alone documents are shown: the one named, or the one of the relationship.
    through: Option<ClientKey>,
    /// Why it is looked nowhere, where nothing of the client could be shown.
    denied: Option<Denial>,
}

fn places(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    query: &DocumentQuery,
) -> Result<Where, StoreError> {
    let named = match &query.client {
        Some(identifier) => Some(tx.find_client(identifier)?),
        None => None,
    };
    let of_relationship = match &query.relationship {
        Some(id) => Some(tx.find_relationship(id)?.map(|row| row.known.client)),
        None => None,
    };
    if let Some(through) = named.or(of_relationship) {
        let identities = match through {
            Some(client) => tx.identities_of(client)?,
            None => Vec::new(),
        };
        let theirs = |of: Option<ClientKey>| of.is_some_and(|of| identities.contains(&of));
        let through = through.filter(|_| of_relationship.is_none_or(theirs));
        let (mut scopes, mut denied) = (Vec::new(), None);
        if let Some(client) = through {
            if inquiry.might_show(tx, client)? {
                scopes = scopes_of_client(tx, &identities)?;
            } else {
                denied = Some(Denial::NoRelationship);
            }
        }
        return Ok(Where { scopes, about: through, through, denied });
    }
    let mut clients: Vec<ClientKey> = match (&query.case, &query.main_document) {
        (Some(case), _) => {
            let row = tx.find_case(case)?;
            row.iter().flat_map(|row| &row.known.clients).map(|one| one.client).collect()
        }
        (None, Some(id)) => tx.find_version(id)?.map(|row| row.client).into_iter().collect(),
        (None, None) => {
            let caller = inquiry.caller();
            let registers = match &query.controller {
                // Nothing in another's register could be shown; it is not walked through in vain.
                Some(controller) if !caller.registers.contains(controller) => Vec::new(),
                Some(controller) => vec![controller.clone()],
                None => caller.registers.clone(),
            };
            let scopes = registers.into_iter().map(Scope::Register).collect();
            return Ok(Where { scopes, about: None, through: None, denied: None });
        }
    };
    clients.dedup();
    let about = if clients.len() == 1 { clients.first().copied() } else { None };
    let mut scopes = Vec::new();
    for client in clients {
        if inquiry.might_show(tx, client)? {
            scopes.push(Scope::Client(client));
        }
    }
    Ok(Where { scopes, about, through: None, denied: None })
}

/// What narrows the list; `None` when it names something that is not there.
fn filter(
    tx: &ReadTx<'_>,
    caller: &Caller,
    query: &DocumentQuery,
) -> Result<Option<Filter>, StoreError> {
    // In its own registers' situations a caller with one register finds nothing in others, so the
    // statement need not look there.
    let own = matches!(
        query.situation,
        Some(Situation::OwnRegister | Situation::Archivist | Situation::DataProtectionReview)
    );
    let only = match caller.registers.as_slice() {
        [only] if own => Some(only.clone()),
        _ => None,
    };
    let mut filter = Filter {
        controller: query.controller.clone().or(only),
        group: query.group,
        general_type: query.general_type.clone(),
        specific_type: query.specific_type.clone(),
        service_task: query.service_task.clone(),
        organiser: query.organiser.clone(),
        unit: query.unit.clone(),
        from: query.from,
        before: query.before,
        states: query.states.clone(),
        ..Filter::default()
    };
    if filter.states.is_empty() {
        filter.states.push(VersionState::InForce);
    }
    if let Some(id) = &query.case {
        let Some(row) = tx.find_case(id)? else { return Ok(None) };
        filter.case_key = Some(row.key);
    }
    if let Some(id) = &query.relationship {
        let Some(row) = tx.find_relationship(id)? else { return Ok(None) };
        filter.relationship_key = Some(row.key);
    }
    if let Some(id) = &query.main_document {
        let Some(row) = tx.find_version(id)? else { return Ok(None) };
        filter.main = Some(row.set);
    }
    Ok(Some(filter))
}

/// The newest documents that a search for clients is about; none of a search of registers.
fn newest_of_clients(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    query: &DocumentQuery,
) -> Result<Vec<VersionRow>, StoreError> {
    let mut scopes = places(tx, inquiry, query)?.scopes;
    scopes.retain(|scope| !matches!(scope, Scope::Register(_)));
    match filter(tx, inquiry.caller(), query)? {
        Some(filter) => newest_of(tx, &scopes, &filter, None, LOOKED_AT_BEFORE),
        None => Ok(Vec::new()),
    }
}

/// How many of a client's newest documents are looked at before it is asked whether what is shown turns on facts of
/// the client's person: it does for most of them, or for none.
const LOOKED_AT_BEFORE: usize = 256;

/// The newest versions over several scopes.
fn newest_of(
    tx: &ReadTx<'_>,
    scopes: &[Scope],
    filter: &Filter,
    after: Option<After>,
    most: usize,
) -> Result<Vec<VersionRow>, StoreError> {
    let mut rows = Vec::new();
    for scope in scopes {
        rows.extend(tx.find_versions(scope, filter, after, most)?);
    }
    if scopes.len() > 1 {
        rows.sort_by_key(|row| std::cmp::Reverse((row.written_at, row.version)));
        rows.dedup_by_key(|row| row.version);
        rows.truncate(most);
    }
    Ok(rows)
}
